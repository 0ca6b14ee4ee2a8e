# SPDX-License-Identifier: LGPL-2.1-or-later
"""Restarts that cross their answers: signalling takes longer than the checks, and
an end restarts again, or the other one does, before an answer has come. Two ends
that each take the other's answer for a restart must not restart for ever."""
import queue
import threading
import time

from icetest import IceTest, Pipeline, element_message, main

LATE = 0.1  # seconds that a message of the application's takes
GAPS = 0.15, 0.2, 0.25  # until the second restart
MOST = 36  # new credentials of an end: its restarts, and ICE_STREAM_MAX_ANSWERS with one that crossed


class End:
    def __init__(self, role):
        self.pipeline = Pipeline(f"icesrc name=ice role={role} local-addresses=<127.0.0.1> ! fakesink")
        self.ice = self.pipeline["ice"]
        self.n_credentials = 0
        self.line = queue.SimpleQueue()

    def begin(self, other):
        self.other = other
        threading.Thread(target=self.carry, daemon=True).start()
        self.ice.connect("notify::local-ufrag", self.on_credentials)
        self.ice.connect("on-ice-candidate", self.on_candidate)
        self.pipeline.play()

    def carry(self):
        """Messages to the other end, late and in order."""
        while (item := self.line.get()) is not None:
            due, action, *arguments = item
            time.sleep(max(0, due - time.monotonic()))
            self.other.ice.emit(action, *arguments)

    def later(self, action, *arguments):
        self.line.put((time.monotonic() + LATE, action, *arguments))

    def on_credentials(self, ice, _spec):
        self.n_credentials += 1
        self.later("set-remote-credentials", 0, ice.get_property("local-ufrag"), ice.get_property("local-pwd"))

    def on_candidate(self, _ice, stream, candidate):
        if candidate is not None:
            self.later("add-ice-candidate", stream, candidate)


class TestRestartsCross(IceTest):
    def test_ends(self):
        calls = []
        for gap in GAPS:
            for second in 0, 1:
                ends = End("controlling"), End("controlled")
                ends[0].begin(ends[1])
                ends[1].begin(ends[0])
                calls.append((gap, second, ends))
        for _, _, ends in calls:
            for end in ends:
                end.pipeline.wait(element_message("ice-connection-state", new="completed"))
        for gap, second, ends in calls:
            for end in ends:
                end.n_credentials = 0
            ends[0].ice.emit("restart")
            threading.Timer(gap, ends[second].ice.emit, ("restart",)).start()
        time.sleep(max(GAPS) + MOST * 2.5 * LATE)
        counts = {(gap, second): [end.n_credentials for end in ends] for gap, second, ends in calls}
        time.sleep(5 * LATE)
        for gap, second, ends in calls:
            with self.subTest(gap=gap, second=second):
                print(f"# {gap} s, {second}: {counts[gap, second]}", flush=True)
                self.assertEqual([end.n_credentials for end in ends], counts[gap, second])
                self.assertLessEqual(max(counts[gap, second]), MOST)
                for end in ends:
                    state = end.ice.get_property("ice-connection-state").value_nick
                    self.assertIn(state, ("connected", "completed"))
                    end.line.put(None)
                    end.pipeline.stop()


if __name__ == "__main__":
    main()
