#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/whip-publish.py, docs/whip-serve.py and Chromium: it publishes by WHIP, trickles and restarts ICE from a page of
another origin, and plays by WHEP, what it published and what our publisher does."""

import importlib
import signal
import sys
import unittest
from pathlib import Path

import webrtcpeer  # noqa: F401: it has the path
import chromium
import wire
from icetest import ISOLATED, IceTest, main

foreign = importlib.import_module("test-foreign-chromium")
DOCS = Path(__file__).resolve().parents[3] / "docs"
RED = (255, 0, 0)
# A WHIP client: a red picture and silence. patch() is a PATCH with the candidates of the description.
PUBLISH = """
async function publish(url) {
  const canvas = document.createElement("canvas")
  const paint = canvas.getContext("2d")
  setInterval(() => { paint.fillStyle = "#f00"; paint.fillRect(0, 0, canvas.width, canvas.height) }, 50)
  const stream = canvas.captureStream(15)
  stream.addTrack(new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0])
  window.pc = new RTCPeerConnection({bundlePolicy: "max-bundle"})
  for (const track of stream.getTracks())
    pc.addTransceiver(track, {direction: "sendonly", streams: [stream]})
  await pc.setLocalDescription()
  const reply = await fetch(url, {method: "POST", headers: {"Content-Type": "application/sdp"}, body: pc.localDescription.sdp})
  window.session = new URL(reply.headers.get("Location"), url)
  window.etag = reply.headers.get("ETag")
  window.answer = await reply.text()
  await pc.setRemoteDescription({type: "answer", sdp: answer})
  return [reply.status, (await patch(etag)).status]
}
async function patch(match) {
  while (pc.iceGatheringState != "complete")
    await new Promise(done => pc.onicegatheringstatechange = done)
  const lines = pc.localDescription.sdp.split("\\r\\n"), first = lines.findIndex(line => line.startsWith("m="))
  const second = lines.findIndex((line, i) => line.startsWith("m=") && i > first)
  const body = [...lines.slice(0, first).filter(line => /^a=group/.test(line)), lines[first],
                ...lines.slice(first, second).filter(line => /^a=(mid|ice-|candidate|end-of)/.test(line))]
  return fetch(session, {method: "PATCH", headers: {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": match},
                         body: body.join("\\r\\n") + "\\r\\n"})
}
async function restart() {
  pc.restartIce()
  await pc.setLocalDescription()
  const reply = await patch("*"), text = await reply.text()
  const [ufrag, pwd] = ["ice-ufrag", "ice-pwd"].map(name => text.match(RegExp(`a=${name}:.*`))[0])
  const candidates = text.match(/a=(candidate|end-of).*\\r\\n/g).join("")
  const parts = answer.replace(/a=(candidate|end-of).*\\r\\n/g, "").replace(/a=ice-ufrag:.*/g, ufrag)
    .replace(/a=ice-pwd:.*/g, pwd).split(/^(?=m=)/m)
  await pc.setRemoteDescription({type: "answer", sdp: [parts[0], parts[1] + candidates, ...parts.slice(2)].join("")})
  return [reply.status, reply.headers.get("ETag") != etag]
}
const end = async () => (await fetch(session, {method: "DELETE"})).status
"""


@unittest.skipUnless(ISOLATED, "makes network namespaces: needs root")
@unittest.skipIf(chromium.MISSING, chromium.MISSING)
class TestWhipChromium(IceTest):
    def run_example(self, command, *arguments):
        program = str(DOCS / f"whip-{command}.py")
        return self.run_line([sys.executable, program, "--address", wire.ADDRESSES[0], *arguments])

    def test_both(self):
        wire.lay_here(self)
        url = f"http://{wire.ADDRESSES[0]}:8080/"
        server = self.run_example("serve")
        server.wait_for("/whep\n")
        browser = chromium.Chromium(self, apart=False)
        browser.start()
        page = browser.open(foreign.URL)
        page.run(PUBLISH)
        self.assertEqual(page.ask("publish", url + "whip"), [201, 204])
        server.wait_for("whip: connected\n")
        player = browser.open(url)
        player.run((foreign.HERE / "look.js").read_text())
        self.wait_colours(player, [RED] * len(foreign.BARS))
        self.assertEqual(page.ask("restart"), [200, True])
        player.ask("showMore", 5)
        self.assertEqual(page.ask("end"), 200)
        server.wait_for("whip: deleted\n")
        publisher = self.run_example("publish", url + "whip")
        self.wait_colours(player, foreign.BARS)  # the player stays
        player.call("Page.navigate", url="about:blank")
        server.wait_for("whep: deleted\n")
        for process in publisher, server:
            process.signal(signal.SIGINT)
            self.assertEqual(process.wait(), 0, process.text)
            self.assertNotIn("Traceback", process.text)

    def wait_colours(self, player, wanted):
        for _ in range(20):
            seen = player.ask("showMore", 5)
            colours = player.ask("look", *foreign.PLACES)["colours"]
            if all(abs(a - b) < 40 for one, other in zip(colours, wanted) for a, b in zip(one, other)):
                return
        self.fail(f"{colours}, {seen}")


if __name__ == "__main__":
    main()
