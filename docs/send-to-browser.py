# SPDX-License-Identifier: LGPL-2.1-or-later
# Sends a test picture to a browser that opens http://127.0.0.1:8000/, one browser at a time.
import hashlib
import http.server
import itertools
import queue
import re
import ssl
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
Gst.init(None)
numbers = itertools.count()
PAGE = """<!DOCTYPE html><video autoplay muted></video><script type="module">
const pc = new RTCPeerConnection()
pc.ontrack = event => document.querySelector("video").srcObject = new MediaStream([event.track])
pc.addTransceiver("video", {direction: "recvonly"})
await pc.setLocalDescription()
while (pc.iceGatheringState != "complete")
  await new Promise(done => pc.onicegatheringstatechange = done)
const answer = await fetch("/", {method: "POST", body: pc.localDescription.sdp})
await pc.setRemoteDescription({type: "answer", sdp: await answer.text()})
</script>"""
PIPELINE = """rtpbin name=rtp
  videotestsrc is-live=true ! vp8enc deadline=1 ! rtpvp8pay pt={pt} mtu=1200 ! rtp.send_rtp_sink_0
  rtp.send_rtp_src_0 ! enc.rtp_sink_0  rtp.send_rtcp_src_0 ! enc.rtcp_sink_0
  dtlssrtpenc name=enc connection-id=dtls{n} ! icesink name=ice connection-id=ice{n} sync=false async=false
  icesrc connection-id=ice{n} role=controlled trickle=false ! dtlssrtpdec name=dec connection-id=dtls{n}
  dec.rtcp_src ! rtp.recv_rtcp_sink_0"""
ANSWER = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE {mid}
m=video 9 UDP/TLS/RTP/SAVPF {pt}
c=IN IP4 0.0.0.0
a=mid:{mid}
a=sendonly
a=rtcp-mux
a=rtpmap:{pt} VP8/90000
a=rtcp-fb:{pt} nack pli
a=ice-ufrag:{ufrag}
a=ice-pwd:{pwd}
a=fingerprint:sha-256 {fingerprint}
a=setup:passive
{candidates}
a=end-of-candidates
"""
def fingerprint(pem):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest().hex(":").upper()
def answer(offer):
    def read(pattern):
        return re.search(f"^a={pattern}", offer, re.M)[1]
    pt, mid = read(r"rtpmap:(\d+) VP8/"), read(r"mid:(\S+)")
    pipeline = Gst.parse_launch(PIPELINE.format(pt=pt, n=next(numbers)))
    ice, dec = pipeline.get_by_name("ice"), pipeline.get_by_name("dec")
    def check(*_):  # the peer must own the certificate named in the offer
        if fingerprint(dec.props.peer_pem) != read(r"fingerprint:sha-256 (\S+)"):
            ice.emit("close")
    dec.connect("notify::peer-pem", check)
    ice.connect("notify::ice-connection-state", lambda *_: print(ice.props.ice_connection_state.value_nick, flush=True))
    found = queue.SimpleQueue()
    ice.connect("on-ice-candidate", lambda ice, stream, candidate: found.put(candidate))
    pipeline.set_state(Gst.State.PLAYING)
    ice.emit("set-remote-credentials", 0, read(r"ice-ufrag:(\S+)"), read(r"ice-pwd:(\S+)"))
    for candidate in re.findall(r"^a=(candidate:.*?)\r?$", offer, re.M):
        ice.emit("add-ice-candidate", 0, candidate)
    candidates = "\n".join(f"a={text}" for text in iter(found.get, None) if text)
    return pipeline, ANSWER.format(mid=mid, pt=pt, ufrag=ice.props.local_ufrag, pwd=ice.props.local_pwd,
                                   fingerprint=fingerprint(dec.props.pem), candidates=candidates)
class Handler(http.server.BaseHTTPRequestHandler):
    call = None
    def reply(self, kind, text):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())
    def do_GET(self):
        self.reply("text/html", PAGE)
    def do_POST(self):
        if Handler.call:
            Handler.call.set_state(Gst.State.NULL)
        Handler.call, text = answer(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.reply("application/sdp", text.replace("\n", "\r\n"))
http.server.HTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
