#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The call of tests/demo.sh: runs both ends and prints what they do.

Usage: demo.py BUILD_DIR
"""
import os
import queue
import re
import shlex
import socket
import subprocess
import sys
import threading
import time

LIMIT = 25  # s, for the whole call
GRACE = 2  # s, that one end has when the other has failed
BUILD = sys.argv[1]
PICTURE = os.path.join(BUILD, "demo-frame.png")

# identity marks where to count; GStreamer's own debug log has what it passed
RECEIVER = """icesrc signalling-uri="URI?mode=listener"
    local-addresses='<"127.0.0.1">'
    caps="application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96"
  ! identity name=received ! rtpjitterbuffer ! rtpvp8depay ! vp8dec
  ! identity name=decoded ! videoconvert ! pngenc
  ! multifilesink location=PICTURE"""
SENDER = """videotestsrc is-live=true num-buffers=150
  ! video/x-raw,width=640,height=360,framerate=30/1 ! vp8enc deadline=1
  ! identity name=encoded ! rtpvp8pay ! identity name=sent
  ! icesink signalling-uri="URI?mode=caller" local-addresses='<"127.0.0.1">'"""

MESSAGE = re.compile(r'Got message #\d+ from element "\w+" \(element\): ([\w-]+)(.*)')
NOISE = re.compile(r"state-changed|stream-status|\(tag\)")


class End:
    """One gst-launch process; each line that it writes goes into its log and,
    with the time, into `lines`."""

    def __init__(self, name, description, lines):
        self.name = name
        self.pair = None
        self.stopped = False  # did not end by itself
        self.log = os.path.join(BUILD, f"demo-{name}.log")
        self.debug_log = os.path.join(BUILD, f"demo-{name}-debug.log")
        self.process = subprocess.Popen(
            ["gst-launch-1.0", "-m"] + shlex.split(description),
            env={**os.environ, "GST_DEBUG": "GST_SCHEDULING:5", "GST_DEBUG_NO_COLOR": "1",
                 "GST_DEBUG_FILE": self.debug_log},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace")
        self.thread = threading.Thread(target=self.read, args=[lines], daemon=True)
        self.thread.start()

    def read(self, lines):
        with open(self.log, "w") as log:
            for line in self.process.stdout:
                log.write(line)
                lines.put((time.monotonic(), self, line))

    def is_running(self):
        return self.process.poll() is None

    def has_failed(self):
        return not self.is_running() and self.process.returncode != 0

    def stop(self):
        self.stopped = self.is_running()
        if self.stopped:
            self.process.kill()
        self.process.wait()
        self.thread.join(5)

    def count(self, name):
        """The buffers that the identity of that name passed on."""
        with open(self.debug_log, errors="replace") as log:
            return sum(f"<{name}:sink> called chainfunction " in line for line in log)


def field(text, name):
    found = re.search(name + r'=\([\w]+\)("[^"]*"|[^,;]*)', text)
    return found.group(1).strip('"') if found else ""


def explain_candidate(text):
    candidate = field(text, "candidate")
    words = candidate.split()
    if candidate == "NULL":
        return None
    if not candidate:
        return "signals the end of its candidates"
    return f"signals its candidate {words[4]}:{words[5]} ({words[2]}, {words[7]})"


def explain(end, line):
    """A bus message in plain words; None: nothing of interest."""
    found = MESSAGE.match(line)
    if not found:
        return None
    kind, text = found.group(1), found.group(2).replace("\\", "")
    if kind == "ice-candidate":
        return explain_candidate(text)
    if kind == "ice-candidate-error":
        return field(text, "error-text")
    if kind == "ice-gathering-state":
        return f"gathering is {field(text, 'new')}"
    if kind == "ice-connection-state":
        return f"connection is {field(text, 'new')}"
    if kind == "ice-selected-candidate-pair":
        end.pair = [f"{field(text, side + '-address')}:{field(text, side + '-port')}"
                    for side in ("local", "remote")]
        return f"uses the pair {end.pair[0]} <-> {end.pair[1]}"
    return None


def find_free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def print_events(start, lines):
    while not lines.empty():
        when, end, line = lines.get()
        text = explain(end, line)
        if text:
            print(f"  {when - start:6.3f}  {end.name:8}  {text}")


def complain(end):
    how = "did not end" if end.stopped else f"failed (exit status {end.process.returncode})"
    print(f"The {end.name} {how}; the end of {end.log}:")
    with open(end.log) as log:
        lines = [line for line in log if not NOISE.search(line)]
    print("".join("  " + line for line in lines[-12:]))


def make_call():
    uri = f"tcp://127.0.0.1:{find_free_port()}"
    texts = [text.replace("URI", uri).replace("PICTURE", shlex.quote(PICTURE))
             for text in (RECEIVER, SENDER)]
    print("\nA receiver and a sender, each one launch line:\n")
    for text in texts:
        print("  gst-launch-1.0 -m " + text.replace("\n", " \\\n  ") + "\n")

    lines = queue.Queue()
    start = time.monotonic()
    ends = [End(name, text, lines) for name, text in zip(("receiver", "sender"), texts)]
    limit = start + LIMIT
    while any(end.is_running() for end in ends) and time.monotonic() < limit:
        if any(end.has_failed() for end in ends):
            limit = min(limit, time.monotonic() + GRACE)
        time.sleep(0.1)
    print(f"What happened, in seconds after the start, until {time.monotonic() - start:.1f}:\n")
    for end in ends:
        end.stop()
    print_events(start, lines)
    print()
    # an end that failed by itself is to blame, else one that did not end
    blamed = [end for end in ends if end.has_failed() and not end.stopped]
    for end in blamed or [end for end in ends if end.stopped]:
        complain(end)
    return ends


def main():
    os.environ["GST_PLUGIN_PATH"] = os.path.abspath(os.path.join(BUILD, "ext/nice"))
    os.environ["GST_REGISTRY"] = os.path.abspath(os.path.join(BUILD, "demo-registry.bin"))
    subprocess.run(["gst-inspect-1.0", "icesrc"], stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, check=True, timeout=60)
    if os.path.exists(PICTURE):
        os.remove(PICTURE)

    receiver, sender = make_call()

    frames = receiver.count("decoded")
    agree = bool(receiver.pair) and receiver.pair == (sender.pair or [])[::-1]
    print("Packets   ", sender.count("sent"), "sent,",
          receiver.count("received"), "received")
    print("Frames    ", sender.count("encoded"), "encoded,", frames, "decoded")
    print("Pair      ", "both ends use the same one" if agree else "the ends do not agree")
    print("Picture   ", f"{PICTURE} (the last frame)" if os.path.exists(PICTURE) else "none")
    print("Logs      ", sender.log + ",", receiver.log)
    print()
    if frames == 0 or receiver.has_failed() or sender.has_failed() or not agree:
        print("The call FAILED.")
        return 1
    print("The call worked.")
    return 0


sys.exit(main())
