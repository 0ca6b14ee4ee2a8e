# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the system tests share: processes, pipelines, what users read.

Every wait has a watchdog and every process dies with the test that started it.
"""

import codecs
import collections
import contextlib
import ctypes
import faulthandler
import os
import queue
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GObject, Gst  # noqa: E402

LONG = os.environ.get("ICE_TEST_LONG") == "1"
LOOPBACK = "local-addresses=<127.0.0.1>"
PATIENCE = 20  # seconds a wait may take; what is expected takes far less
TEST_LIMIT = 150  # seconds one test may take



def _isolate():
    """A network namespace for this process and those it starts, where it may
    make one: nothing there but loopback, and every port is free."""
    new_network = 0x40000000  # CLONE_NEWNET, sched.h
    if "ICE_TEST_ISOLATED" in os.environ:
        return True
    if ctypes.CDLL(None).unshare(new_network) != 0:
        return False
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True, timeout=PATIENCE)
    os.environ["ICE_TEST_ISOLATED"] = "1"
    return True


ISOLATED = _isolate()  # before there is a second thread
Gst.init(None)
# PyGObject makes a class when somebody first asks for it, in Python: a second
# thread that asks meanwhile gets it half made, without its values.
for _name in ("Buffer", "BufferList", "Bus", "Caps", "Element", "ElementFactory", "Event", "FlowReturn", "Message",
              "MessageType", "Pad", "PadProbeInfo", "PadProbeReturn", "PadProbeType", "Pipeline", "State",
              "StateChangeReturn", "Structure"):
    getattr(Gst, _name)


def get_object(element, name):
    """The object that is this property of a webrtcbin. Before 1.26.10 webrtcbin leaves some of
    its objects floating, and Python would take the only reference."""
    gobject = ctypes.CDLL("libgobject-2.0.so.0")
    pointer = ctypes.c_void_p()
    gobject.g_object_get(ctypes.c_void_p(hash(element)), name.encode(), ctypes.byref(pointer), None)
    if gobject.g_object_is_floating(pointer):
        gobject.g_object_ref_sink(pointer)
    gobject.g_object_unref(pointer)
    return element.get_property(name)


def list_values(kind):
    """The values of an enum or flags GType, by number."""
    GObject.Value(kind).get_value()  # PyGObject makes the class now
    members = getattr(kind.pytype, "__members__", None)  # PyGObject 3.52 on: Python's enum
    if members is not None:
        return {int(value): value for value in members.values()}
    return kind.pytype.__enum_values__ if kind.is_a(GObject.TYPE_ENUM) else kind.pytype.__flags_values__


def get_default(spec):
    """The default value of a property; newer PyGObject's attribute is not there for objects, and an int for an enum."""
    return spec.get_default_value() if hasattr(spec, "get_default_value") else spec.default_value


def free_port(kind=socket.SOCK_STREAM, host="127.0.0.1"):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as s:
        s.bind((host, 0))
        return s.getsockname()[1]


def close_read_socket(sock, *threads):
    """Closes a socket that these threads block in, after they have ended. A
    descriptor closed under a blocked system call is another file's soon, and the
    kernel may restart the call: it then reads what is meant for that file."""
    with contextlib.suppress(OSError):  # ENOTCONN, of one that is not connected; it wakes them too
        sock.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), f"{thread} still reads {sock}"
    sock.close()


def read_datagrams(sock):
    """(data, source) of each until close_read_socket()."""
    while True:
        data, source = sock.recvfrom(65536)
        if source is None:
            return
        yield data, source


class Process:
    """A command line; `text` is what it wrote so far, both outputs together."""

    def __init__(self, line, env=None, cwd=None, stdin=subprocess.DEVNULL):
        command = line if isinstance(line, list) else shlex.split(line)
        self.text = ""
        self._ended = False
        self._more = threading.Condition()
        self._child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL"] + command,
            env={**os.environ, "PYTHONUNBUFFERED": "",  # each print() one write, not torn by those of other threads
                 **(env or {})}, cwd=cwd, stdin=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while chunk := self._child.stdout.read1(1 << 20):
            with self._more:
                self.text += decoder.decode(chunk)
                self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()

    @property
    def pid(self):
        return self._child.pid

    def wait_for(self, *needles, timeout=PATIENCE):
        """Until its output has all of them."""
        def there():
            return self._ended or all(n in self.text for n in needles)
        with self._more:
            self._more.wait_for(there, timeout)
        missing = [n for n in needles if n not in self.text]
        assert not missing, f"{missing} did not come in:\n{self.text}"

    def lines(self, timeout=PATIENCE):
        """Its lines, each as soon as it is there, until it ends."""
        at = 0
        while True:
            with self._more:
                came = self._more.wait_for(lambda: "\n" in self.text[at:] or self._ended, timeout)
                line, newline, _ = self.text[at:].partition("\n")
            assert came, f"silent for {timeout} s:\n{self.text}"
            if not newline:
                return
            at += len(line) + 1
            yield line

    def wait(self, timeout=PATIENCE):
        """Until it ends by itself; its exit status."""
        try:
            status = self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still runs after {timeout} s:\n{self.text}")
        self._reader.join(PATIENCE)
        return status

    def runs(self):
        return self._child.poll() is None

    def write_line(self, line):
        self._child.stdin.write(line.encode() + b"\n")
        self._child.stdin.flush()

    def signal(self, number):
        self._child.send_signal(number)

    def kill(self):
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGKILL)
        self._child.wait()
        self._reader.join(PATIENCE)
        for stream in (self._child.stdin, self._child.stdout):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()


def fields(structure):
    """A GstStructure as a dictionary; enums as their nicks, without lists."""
    result = {}
    for i in range(structure.n_fields()):
        name = structure.nth_field_name(i)
        if structure.get_field_type(name).name == "GstValueList":  # which Python can not read
            continue
        value = structure.get_value(name)
        if isinstance(value, Gst.Structure):
            value = fields(value)
        result[name] = getattr(value, "value_nick", value)
    return result


def element_message(name, **wanted):
    """Matches the bus messages of that name with these fields."""
    def match(message):
        structure = message.get_structure()
        if message.type != Gst.MessageType.ELEMENT or structure.get_name() != name:
            return False
        have = fields(structure)
        return all(have.get(k) == v for k, v in wanted.items())
    match.__doc__ = f"{name} {wanted}"
    return match


def of_type(kind):
    def match(message):
        return message.type == kind
    match.__doc__ = str(kind)
    return match


EOS = of_type(Gst.MessageType.EOS)
ERROR = of_type(Gst.MessageType.ERROR)
WARNING = of_type(Gst.MessageType.WARNING)


def error_text(message):
    """The text of a warning or an error."""
    parse = message.parse_error if ERROR(message) else message.parse_warning
    return parse()[0].message


class Pipeline:
    """A pipeline of this process; `history` has the messages of its bus so far."""

    def __init__(self, description):
        self.element = Gst.parse_launch(description)
        if not isinstance(self.element, Gst.Pipeline):
            only, self.element = self.element, Gst.Pipeline.new(None)
            self.element.add(only)
        self.bus = self.element.get_bus()
        self.history = []

    def __getitem__(self, name):
        return self.element.get_by_name(name)

    def set_state(self, state):
        return self.element.set_state(state)

    def play(self):
        result = self.set_state(Gst.State.PLAYING)
        assert result != Gst.StateChangeReturn.FAILURE, self.describe()
        return self

    def fail_to_play(self):
        assert self.set_state(Gst.State.PLAYING) == Gst.StateChangeReturn.FAILURE, self.describe()
        return self

    def stop(self):
        self.set_state(Gst.State.NULL)

    def drain(self):
        while (message := self.bus.pop()) is not None:
            self.history.append(message)

    def wait(self, match, timeout=PATIENCE):
        """The next message that matches; an unexpected error ends it early."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            message = self.bus.timed_pop(int(left * Gst.SECOND))
            if message is None:
                break
            self.history.append(message)
            if match(message):
                return message
            assert not ERROR(message), error_text(message)
        raise AssertionError(f"no {match.__doc__} in {timeout} s, only\n{self.describe()}")

    def wait_connected(self, timeout=PATIENCE):
        def match(message):
            return (element_message("ice-connection-state", new="connected")(message)
                    or element_message("ice-connection-state", new="completed")(message))
        match.__doc__ = "ice-connection-state connected"
        return self.wait(match, timeout)

    def messages(self, name):
        self.drain()
        return [fields(m.get_structure()) for m in self.history
                if element_message(name)(m)]

    def errors(self):
        self.drain()
        return [error_text(m) for m in self.history if ERROR(m)]

    def warnings(self):
        self.drain()
        return [error_text(m) for m in self.history if WARNING(m)]

    def describe(self):
        self.drain()
        return "\n".join(
            f"{m.src.get_name() if m.src else '?'}: {m.get_structure().to_string()}"
            for m in self.history if m.get_structure())


def push(appsrc, data):
    """Gives one buffer to an appsrc."""
    flow = appsrc.emit("push-buffer", Gst.Buffer.new_wrapped(data))
    assert flow == Gst.FlowReturn.OK, flow


LISTS = collections.deque(maxlen=64)


def push_list(appsrc, items):
    """Gives one list of buffers to an appsrc, and keeps it: if somebody else has a reference too, appsrc (up to
    1.28) hands a copy on, drops its own reference, and then reads the list once more."""
    items = list(items)
    buffers = Gst.BufferList.new_sized(len(items))
    for data in items:
        buffers.insert(-1, Gst.Buffer.new_wrapped(data) if data else Gst.Buffer.new())
    LISTS.append(buffers)
    flow = appsrc.emit("push-buffer-list", buffers)
    assert flow == Gst.FlowReturn.OK, flow


class Collector:
    """The buffers that reach a fakesink, as bytes, in order."""

    def __init__(self, fakesink):
        self._buffers = queue.SimpleQueue()
        fakesink.set_property("signal-handoffs", True)
        fakesink.set_property("async", False)  # needs no buffer to play
        fakesink.connect("handoff", lambda _, buffer, pad: self._buffers.put(
            buffer.extract_dup(0, buffer.get_size())))

    def take(self, n, timeout=PATIENCE):
        """The next n buffers."""
        taken = []
        for _ in range(n):
            try:
                taken.append(self._buffers.get(timeout=timeout))
            except queue.Empty:
                raise AssertionError(f"only {len(taken)} of {n} buffers came") from None
        return taken

    def is_empty(self):
        return self._buffers.empty()


def datagrams(label, n=50):
    """Datagrams of many sizes, each recognizable."""
    return [f"{label} {i} ".encode() + bytes((i + k) % 256 for k in range(i * 28))
            for i in range(n)]


def set_array(element, name, items):
    """Sets a property that is a GstValueArray of strings."""
    text = ", ".join('"' + i.replace("\\", "\\\\").replace('"', '\\"') + '"' for i in items)
    Gst.util_set_object_arg(element, name, f"<{text}>")


def set_ice_servers(element, *entries):
    """Sets ice-servers to (urls, username, credential) each, as it is done without python3-gst-1.0."""
    array = GObject.ValueArray.new(0)
    for urls, *credentials in entries:
        entry = Gst.Structure.new_empty("ice-server")
        for name, value in zip(("urls", "username", "credential"), (urls, *credentials)):
            if value is not None:
                entry.set_value(name, value)
        array.append(entry)
    assert Gst.util_set_object_array(element, "ice-servers", array)


def get_ice_servers(element):
    _, array = Gst.util_get_object_array(element, "ice-servers")
    return [fields(array.get_nth(i)) for i in range(array.n_values)]


def signal_to(element, other):
    """Signalling by the application, one way: gives the credentials and candidates of
    `element` to `other`. Returns a list of what `other` has refused."""
    refused = []

    def forward(_, stream, candidate):
        if candidate is not None and not other.emit("add-ice-candidate", stream, candidate):
            refused.append(candidate)

    element.connect("on-ice-candidate", forward)
    if not other.emit("set-remote-credentials", element.get_property("stream"),
                      element.get_property("agent").get_property("local-ufrag"),
                      element.get_property("agent").get_property("local-pwd")):
        refused.append("credentials")
    return refused


def read_examples(name):
    """The launch lines in the SECTION docs of an element, gsticesrc.c or gsticesink.c."""
    sources = os.path.join(os.path.dirname(__file__), "..", "..", "gst", "ice", "elements")
    with open(os.path.join(sources, name)) as file:
        docs = re.search(r"/\*\*\n \* SECTION:.*?\*/", file.read(), re.S).group()
    lines = re.findall(r"\|\[\n(.*?)\]\|", docs, re.S)
    return [" ".join(line.replace("\n *", " ").lstrip(" *").split()) for line in lines]


def get_stats(element):
    return fields(element.emit("get-stats"))


class IceTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        faulthandler.dump_traceback_later(TEST_LIMIT, exit=True)
        self.addCleanup(faulthandler.cancel_dump_traceback_later)
        self.dir = tempfile.mkdtemp(prefix="icetest-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.dir, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run_line(self, line, **options):
        """Starts a command line."""
        options.setdefault("cwd", self.dir)
        process = Process(line, **options)
        self.addCleanup(process.kill)
        return process

    def pipeline(self, description):
        pipeline = Pipeline(description)
        self.addCleanup(pipeline.stop)
        return pipeline

    def run_self(self, *arguments, **options):
        """Another process with the calling script; `write_line` writes to its input."""
        return self.run_line([sys.executable, sys.modules["__main__"].__file__, *arguments],
                             stdin=subprocess.PIPE, **options)

    def assert_ends_well(self, *processes, timeout=PATIENCE):
        for process in processes:
            self.assertEqual(process.wait(timeout), 0, process.text)

    def assert_contains(self, text, *needles):
        for needle in needles:
            self.assertIn(needle, text)

    def assert_in_order(self, text, *needles):
        at = 0
        for needle in needles:
            found = text.find(needle, at)
            self.assertNotEqual(found, -1, f"{needle!r} is not there, or not in order:\n{text}")
            at = found + len(needle)

    @contextlib.contextmanager
    def within(self, seconds, what):
        start = time.monotonic()
        yield
        took = time.monotonic() - start
        self.assertLess(took, seconds, f"{what} took {took:.1f} s")


def todo(reason):
    """Marks a test of what is known not to work yet; TAP's TODO."""
    def mark(test):
        test.todo = reason
        return test
    return mark


class _TapResult(unittest.TestResult):
    count = 0

    def _print(self, ok, test, note=""):
        self.printed = True
        _TapResult.count += 1
        took = time.monotonic() - self.started
        print(f"{'ok' if ok else 'not ok'} {self.count} - {test._testMethodName}{note}")
        print(f"# {took:.1f} s", flush=True)

    def _complain(self, test, error):
        """To stderr: of a failed TAP test meson shows nothing else."""
        print(f"{test.id()}:\n{self._exc_info_to_string(error, test)}", file=sys.stderr, flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()
        self.printed = False

    def addSuccess(self, test):
        self._print(True, test)

    def addSkip(self, test, reason):
        self._print(True, test, f" # SKIP {reason}")

    def addFailure(self, test, error):
        reason = getattr(getattr(test, test._testMethodName, None), "todo", None)
        self._complain(test, error)
        if reason is None:
            super().addFailure(test, error)
        self._print(False, test, f" # TODO {reason}" if reason else "")

    addError = addFailure

    def addSubTest(self, test, subtest, error):
        if error:
            self.failures.append((subtest, ""))
            self._complain(subtest, error)

    def stopTest(self, test):
        if not self.printed:  # some of its subtests failed
            self._print(False, test)
        super().stopTest(test)


def main():
    """Runs the tests of the calling script, or those named, and prints TAP."""
    module = sys.modules["__main__"]
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromModule(module)
    if sys.argv[1:]:
        suite = loader.loadTestsFromNames(sys.argv[1:], module)
    print(f"1..{suite.countTestCases()}", flush=True)
    result = _TapResult()
    suite.run(result)
    sys.exit(not result.wasSuccessful())
