# SPDX-License-Identifier: LGPL-2.1-or-later
"""A headless Chromium, driven by the DevTools protocol over two named pipes."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import threading

from icetest import PATIENCE, Process

COMMAND = "chromium"
MISSING = None if shutil.which(COMMAND) else "chromium is not installed"
# headless, in a container, as root, and quiet
FLAGS = ("--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --mute-audio "
         "--disable-background-networking --disable-component-update --disable-sync "
         "--autoplay-policy=no-user-gesture-required --remote-debugging-pipe").split()
FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
NO_MDNS = "--disable-features=WebRtcHideLocalIpsWithMdns"


class Chromium:
    """The browser, in a network namespace of its own where it has `apart`; that and
    `pid` are there before it starts. `start` opens its DevTools."""

    def __init__(self, test, *flags, apart=True):
        self.test = test
        self._pipes = [test.path(name) for name in ("to-chromium", "from-chromium")]
        for pipe in self._pipes:
            os.mkfifo(pipe)
        command = [COMMAND, *FLAGS, *flags, f"--user-data-dir={test.path('profile')}", "about:blank"]
        # 3 and 4 are the numbers that --remote-debugging-pipe means
        self._process = Process([*(("unshare", "-n") if apart else ()), "sh", "-c",
                                 'echo there; read start; exec "$@" 3<"$TO" 4>"$FROM"', "sh", *command],
                                env=dict(zip(("TO", "FROM"), self._pipes), HOME=test.dir,
                                         LD_PRELOAD=""),  # no sanitizer of ours
                                cwd=test.dir, stdin=subprocess.PIPE)
        test.addCleanup(self._end)
        self._process.wait_for("there\n")
        self.pid = self._process.pid
        self._more = threading.Condition()
        self._last = 0
        self._answers = {}
        self._handlers = {}  # (session, binding) -> callback
        self._loaded = set()  # sessions
        self._down = self._up = None

    def start(self):
        self._process.write_line("start")
        self._down = open(self._pipes[0], "wb", buffering=0)
        self._up = open(self._pipes[1], "rb")
        threading.Thread(target=self._read, daemon=True).start()
        self.call("Browser.getVersion")

    def _end(self):
        if self._down is not None:
            with contextlib.suppress(OSError):
                self.begin("Browser.close")
            with contextlib.suppress(AssertionError):
                self._process.wait()
        self._process.kill()

    def _read(self):
        rest = b""
        while chunk := self._up.read1(1 << 16):
            *messages, rest = (rest + chunk).split(b"\0")
            for message in map(json.loads, messages):
                self._hear(message)
        with self._more:
            self._answers = None
            self._more.notify_all()

    def _hear(self, message):
        if "id" in message:
            with self._more:
                self._answers[message["id"]] = message
                self._more.notify_all()
        elif message["method"] == "Page.loadEventFired":
            with self._more:
                self._loaded.add(message["sessionId"])
                self._more.notify_all()
        elif message["method"] == "Runtime.bindingCalled":
            what = message["params"]
            self._handlers[message["sessionId"], what["name"]](json.loads(what["payload"]))

    def begin(self, method, session=None, **parameters):
        """Asks, and does not wait."""
        with self._more:
            self._last += 1
            number = self._last
            message = {"id": number, "method": method, "params": parameters}
            if session is not None:
                message["sessionId"] = session
            self._down.write(json.dumps(message).encode() + b"\0")
        return number

    def call(self, method, session=None, **parameters):
        number = self.begin(method, session, **parameters)
        with self._more:
            came = self._more.wait_for(lambda: self._answers is None or number in self._answers, PATIENCE)
            assert came and self._answers is not None, f"no answer to {method}:\n{self._process.text}"
            answer = self._answers.pop(number)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def handle(self, session, binding, callback):
        self._handlers[session, binding] = callback

    def wait_loaded(self, session):
        with self._more:
            assert self._more.wait_for(lambda: session in self._loaded, PATIENCE), "the page does not load"

    def open(self, url):
        return Page(self, url)


class Page:
    """A tab."""

    def __init__(self, chromium, url):
        self.chromium = chromium
        self._target = chromium.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = chromium.call("Target.attachToTarget", targetId=self._target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Page.navigate", url=url)
        chromium.wait_loaded(self._session)

    def call(self, method, **parameters):
        return self.chromium.call(method, self._session, **parameters)

    def run(self, expression):
        """The value of a JavaScript expression, or of what it promises."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        error = answer.get("exceptionDetails")
        assert error is None, error.get("exception", error).get("description", error)
        return answer["result"].get("value")

    def ask(self, function, *arguments):
        return self.run(f"{function}({', '.join(map(json.dumps, arguments))})")

    def expose(self, name, callback):
        """name(text) in the page calls back, in a thread of ours, with what is in the JSON text."""
        self.chromium.handle(self._session, name, callback)
        self.call("Runtime.addBinding", name=name)

    def screenshot(self, path):
        picture = self.call("Page.captureScreenshot", format="png")
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def close(self):
        self.chromium.call("Target.closeTarget", targetId=self._target)
