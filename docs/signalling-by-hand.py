# SPDX-License-Identifier: LGPL-2.1-or-later
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
Gst.init(None)
end = "name=ice local-addresses=<127.0.0.1>"  # this machine only
receive = Gst.parse_launch(f"icesrc {end} role=controlled ! fakesink num-buffers=500")
send = Gst.parse_launch(f"fakesrc num-buffers=500 sizetype=fixed sizemax=1000 ! icesink {end}")
def pass_on(ice, stream, candidate, peer):  # in the I/O thread
    if candidate is not None:  # None: gathering is complete; not for the peer
        peer.emit("add-ice-candidate", stream, candidate)
for mine, other in (receive, send), (send, receive):
    ice, peer = mine.get_by_name("ice"), other.get_by_name("ice")
    ice.connect("on-ice-candidate", pass_on, peer)
    ice.connect("notify::ice-connection-state", lambda ice, _: print(ice.props.ice_connection_state.value_nick))
    mine.set_state(Gst.State.PLAYING)
    peer.emit("set-remote-credentials", 0, ice.props.local_ufrag, ice.props.local_pwd)
for mine in receive, send:
    print(Gst.MessageType.get_name(mine.bus.timed_pop_filtered(10**10, Gst.MessageType.EOS | Gst.MessageType.ERROR).type))
    mine.set_state(Gst.State.NULL)
