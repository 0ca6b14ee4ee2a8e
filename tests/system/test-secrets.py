#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Passwords of ICE and TURN are what an application reads that asks for them. They
are in no DOT file, no output of gst-launch-1.0 -v, no debug line of anybody's here,
libnice's included, no message of the bus, and no error text."""

import glob
import sys
import urllib.parse

from icetest import (LONG, LOOPBACK, Gst, IceTest, Pipeline, element_message, get_ice_servers, main, set_array,
                     set_ice_servers)
from turnserver import TurnServer

# `'` quotes in libnice's lines, the others have to be written in another way in a URI
TURN = "Turn'Secret -- Pass@w0rd"
CREDENTIAL = "Ice:Secret/+=%of@servers"  # as it is
URI = "turn://user:{}@127.0.0.1:{}?transport={}"
PWDS = ("LocalSecretOfTheListener", "LocalSecretOfTheCaller00")
LEVEL = 9 if LONG else 6
BAD = (  # what is wrong with each is near the password
    "turn:user:{}", "turn://user:{}@", "turn://user:{}@host:port", "turn://user:{}@host:0", "turn://user:{}@ho st",
    "turn://user:{}@host/path", "turn://user:{}@host?transport=sctp", "turn://user:{}@host?transpor=udp",
    "turn://user:{}@host#fragment", "turn://:{}@host", "turn://user:{}@@host", "turn://user:{}/more@host",
    "turn://user:{}?more@host", "turn://user:{}#more@host", "stun://user:{}@host", "http://user:{}@host", "user:{}@host",
    "turn://user:{}%@host", "turn://user:{}%zz@host", "turn://1700000000:user:{}@host", "turns://user:{}@host?transport=udp",
    "turn://user:{}@[::1", "turn://user:{}@999.999.999.999", "turn://user:{}\x01@host")


BAD_ENTRIES = (
    ("turn:user:{}@host", "user", "{}"), ("turn:host:0", "user", "{}"), ("turn:host", "", "{}"), ("turn:host", None, "{}"),
    ("turn:host", "{}"), ("stuns:host", "user", "{}"), ("http://{}@host", "user", "{}"), ("{}", "user", "{}"),
    ("turn:ho st", "user", "{}"), ("turn:host/{}", "user", "x"), ("turn:host", "user{}" + 600 * "x", "{}"), ("", "u", "{}"))


def end(mode, folder, port, *servers):
    """One end, in a process of its own: prints the secrets that it read on purpose, and
    writes everything else that users can see into files."""
    pipeline = Pipeline(
        f'icesrc name=ice connection-id=a {LOOPBACK} signalling-uri="unix://{folder}/call?mode={mode}" '
        f"! fakesink async=false audiotestsrc is-live=true ! icesink name=sink connection-id=a")
    ice, read = pipeline["ice"], set()
    set_array(ice, "turn-servers", servers)
    pipeline.set_state(Gst.State.READY)
    assert ice.get_property("turn-server") == servers[0]
    agent = ice.get_property("agent")
    # on an element, and on the agent
    set_ice_servers(ice if mode == "caller" else agent, (f"turn:127.0.0.1:{port}", "user", CREDENTIAL))
    for reader in ice, agent:
        assert [entry["credential"] for entry in get_ice_servers(reader)] == [CREDENTIAL], reader
    pipeline.play().wait_connected()
    for generation in 1, 2:
        for element in ice, pipeline["sink"]:
            read |= {element.get_property("local-pwd"), element.get_property("remote-pwd")}
        Gst.debug_bin_to_dot_file(pipeline.element, Gst.DebugGraphDetails.ALL, f"{mode}-{generation}")
        with open(f"{folder}/{mode}.data", "w") as file:
            file.write(Gst.debug_bin_to_dot_data(pipeline.element, Gst.DebugGraphDetails.ALL))
        if generation == 1:
            print("connected", flush=True)
            if mode == "listener":
                input()  # both are connected
                ice.emit("restart")
            pipeline.wait(element_message("ice-selected-candidate-pair"))
    pipeline.drain()
    with open(f"{folder}/{mode}.bus", "w") as file:
        file.write(pipeline.describe() + "\n".join(pipeline.warnings()) + ice.emit("get-stats").to_string())
    print("read", *sorted(read), flush=True)
    input()
    pipeline.stop()


def bad(secret):
    """Prints all messages about URIs that are refused."""
    for uri in (text.format(secret) for text in BAD):
        for name in "turn-server", "turn-servers", "stun-server":
            pipeline = Pipeline("icesrc name=ice on-failed=warning ! fakesink")
            if name == "turn-servers":
                set_array(pipeline["ice"], name, [uri])
            else:
                pipeline["ice"].set_property(name, uri)
            pipeline.set_state(Gst.State.PLAYING)
            pipeline.drain()
            texts = [*pipeline.errors(), *pipeline.warnings()]
            assert texts, f"{name} {uri} was taken"
            print(pipeline.describe(), *texts, sep="\n", flush=True)
            pipeline.stop()
    for entry in BAD_ENTRIES:
        pipeline = Pipeline("icesrc name=ice on-failed=warning ! fakesink")
        set_ice_servers(pipeline["ice"], ("stun:127.0.0.1",), [text and text.format(secret) for text in entry])
        assert get_ice_servers(pipeline["ice"]) == [], entry
        pipeline.fail_to_play()
        texts = pipeline.errors()
        assert "ice-servers: entry 1: " in texts[0], texts
        print(pipeline.describe(), *texts, sep="\n", flush=True)
        pipeline.stop()


class TestSecrets(IceTest):
    def assert_secret(self, secrets, text, where):
        for secret in secrets:
            at = text.find(secret)
            self.assertEqual(at, -1, f"{where}: ...{text[max(0, at - 150):at + 50]!r}")

    def servers(self):
        """Over UDP they answer, and sign with the password."""
        return [TurnServer(self, password=password) for password in (TURN, TURN, CREDENTIAL)]

    def test_whole_call(self):
        servers = self.servers()
        quoted = urllib.parse.quote(TURN, safe="")
        uris = [URI.format(quoted, s.port, t) for s, t in zip(servers, ("udp", "tcp"))]
        ends = [self.run_self("end", mode, self.dir, str(servers[2].port), *uris, env={
            "GST_DEBUG": f"*:{LEVEL}", "GST_DEBUG_NO_COLOR": "1", "GST_DEBUG_FILE": self.path(f"{mode}.gst"),
            "G_MESSAGES_DEBUG": "all", "NICE_DEBUG": "all", "GST_DEBUG_DUMP_DOT_DIR": self.dir})
            for mode in ("listener", "caller")]
        for process in ends:
            process.wait_for("\nconnected\n")
        ends[0].write_line("")
        read = set()
        for process in ends:
            process.wait_for("\nread ")
            read |= set(process.text.split("\nread ")[1].splitlines()[0].split())
        for process in ends:
            process.write_line("")
        self.assert_ends_well(*ends)
        self.assertGreaterEqual(len(read), 4, "two passwords each generation")
        self.assertTrue(all(len(pwd) >= 22 for pwd in read), read)
        keys = [server.key.hex() for server in servers]
        secrets = [*read, TURN, quoted, CREDENTIAL, urllib.parse.quote(CREDENTIAL, safe=""), *keys]
        self.assertTrue(servers[2].asked, "the server of ice-servers was not used")
        for process in ends:
            self.assertIn("user/pass : ****", process.text, "libnice wrote nothing that has to be hidden")
            rest = "\n".join(l for l in process.text.splitlines() if not l.startswith("read "))
            self.assert_secret(secrets, rest, "stdout, stderr")
        dots = glob.glob(self.path("*.dot")) + glob.glob(self.path("*.data"))
        self.assertGreaterEqual(len(dots), 4)
        for name in dots + glob.glob(self.path("*.gst")) + glob.glob(self.path("*.bus")):
            text = self.read(name).decode(errors="replace")
            self.assertGreater(len(text), 100, name)
            if name in dots:
                self.assertIn("local-ufrag=", text, "the properties are not in it")
            # what this test sets, GStreamer's own parser logs
            self.assert_secret(secrets, text, name)

    def test_verbose(self):
        """What gst-launch-1.0 -v prints of a call."""
        server, _, other = self.servers()
        uri = URI.format(urllib.parse.quote(TURN, safe=""), server.port, "udp")
        call = self.path("call")
        lines = [self.run_line([
            "gst-launch-1.0", "-v", "-m", "icesrc", "name=ice", "connection-id=a", LOOPBACK, f"turn-server={uri}",
            f'ice-servers=<[ice-server,urls="turn:127.0.0.1:{other.port}",username="user",credential="{CREDENTIAL}"]>',
            f"signalling-uri=unix://{call}?mode={mode}", f"local-pwd={pwd}", "!", "fakesink", "async=false",
            "audiotestsrc", "is-live=true", "!", "icesink", "connection-id=a"], env={"GST_DEBUG_DUMP_DOT_DIR": self.dir})
            for mode, pwd in zip(("listener", "caller"), PWDS)]
        for line in lines:
            line.wait_for("remote-ufrag = ", "new=(GstIceConnectionState)connected")
            line.signal(2)
            line.wait()
            self.assert_secret([*PWDS, TURN, uri, CREDENTIAL], line.text, "gst-launch-1.0 -v")
        dots = glob.glob(self.path("*.dot"))
        self.assertGreater(len(dots), 2)
        for name in dots:
            self.assert_secret([*PWDS, TURN, uri, CREDENTIAL], self.read(name).decode(), name)

    def test_bad_uris(self):
        secret = "Se-cret_Pass0rd"
        process = self.run_self("bad", secret, env={"GST_DEBUG": "ice*:9", "GST_DEBUG_NO_COLOR": "1"})
        self.assertEqual(process.wait(), 0, process.text[-2000:])
        self.assertGreater(process.text.count("turn-server"), len(BAD))
        self.assert_secret([secret], process.text, "an error text")


if __name__ == "__main__":
    {"end": end, "bad": bad}[sys.argv[1]](*sys.argv[2:]) if sys.argv[1:2] in (["end"], ["bad"]) else main()
