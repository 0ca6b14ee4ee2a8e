#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""webrtcbin whose peer is stopped, goes on, and is killed: the states with our agent
beside those with webrtcbin's own, in the same run."""

import json
import signal
import sys
import time

from webrtcpeer import Peer, RemotePeer, run_remote_peer  # the first: it has the path
from icetest import LONG, IceTest, main

DISCONNECTED = 5, 7  # s, W3C and RFC 7675: after the last sign of life
BACK = 1
FAILED_TIMEOUT = 30000 if LONG else 10000  # ms


class TestStates(IceTest):
    def wait_since(self, end, since, nicks, timeout):
        """Seconds from then to one of these states; None if none came."""
        def find():
            return [when - since for when, prop, state in end.when
                    if prop == "ice-connection-state" and state in nicks and when >= since]
        with end.lock:
            end.lock.wait_for(find, max(0, since + timeout - time.monotonic()))
            return find()[0] if find() else None

    def test_peer_stops_goes_on_and_dies(self):
        ends = {"ours": Peer(self, "ours", failed_timeout=FAILED_TIMEOUT), "theirs": Peer(self, "theirs", ours=False)}
        remotes = {}
        for name, end in ends.items():
            end.pipeline.play()
            remotes[name] = RemotePeer(self, name == "ours")
            remotes[name].answer(end)
        for end in ends.values():
            end.wait_state("connected", "completed")
            end.wait_media()

        def measure(what, number, nicks, timeout):
            # both are asked at once
            since = time.monotonic()
            for remote in remotes.values():
                remote.process.signal(number)
            # the other one gets no time of its own but in the long test
            row = {name: self.wait_since(end, since, nicks, timeout if name == "ours" or LONG else 0)
                   for name, end in ends.items()}
            print(f"# {what}: {' or '.join(nicks)} after " + ", ".join(
                f"{'-' if took is None else f'{took:.1f} s'} ({name})" for name, took in row.items()), flush=True)
            return row["ours"]

        stopped = measure("peer is stopped", signal.SIGSTOP, ["disconnected"], 7)
        self.assertGreater(stopped, DISCONNECTED[0] - 0.5)  # the last sign of life may be that much older
        self.assertLess(stopped, DISCONNECTED[1])
        back = measure("peer goes on", signal.SIGCONT, ["connected", "completed"], BACK)
        self.assertLess(back, BACK)
        ends["ours"].wait_media()
        gone = measure("peer is killed", signal.SIGKILL, ["disconnected"], 7)
        self.assertLess(gone, DISCONNECTED[1])
        since = time.monotonic() - gone
        failed = self.wait_since(ends["ours"], since, ["failed"], FAILED_TIMEOUT / 1000 + 4)
        theirs = self.wait_since(ends["theirs"], since, ["failed"], 90 if LONG else 0)
        print(f"# peer is killed: failed after {failed:.1f} s (ours), {f'{theirs:.1f} s' if theirs else '-'} (theirs)")
        self.assertGreater(failed, FAILED_TIMEOUT / 1000 - 5)
        self.assertLess(failed, FAILED_TIMEOUT / 1000 + 2)
        self.assertEqual(ends["ours"].pipeline.errors(), [])  # a failed call is no end of the pipeline
        ends["ours"].wait(lambda: ends["ours"].connection[-1] == "failed", "connection-state failed")


if __name__ == "__main__":
    if sys.argv[1:2] == ["answer"]:
        run_remote_peer(json.loads(sys.argv[2]))
    else:
        main()
