# SPDX-License-Identifier: LGPL-2.1-or-later
import gi
gi.require_version("Gst", "1.0")
from gi.repository import GObject, Gst
Gst.init(None)
AGENT = Gst.DynamicTypeFactory.load("GstIceAgent")
def make(role):
    agent = GObject.new(AGENT, role=role)
    Gst.util_set_object_arg(agent, "local-addresses", "<127.0.0.1>")  # this machine only
    return agent
def pass_on(agent, stream, candidate, peer):  # in the I/O thread
    if candidate is not None:  # None: gathering is complete; not for the peer
        peer.emit("add-ice-candidate", stream, candidate)
caller, callee = make("controlling"), make("controlled")
for agent, peer in (caller, callee), (callee, caller):
    agent.connect("on-ice-candidate", pass_on, peer)
    agent.connect("notify::ice-connection-state", lambda agent, _: print(agent.props.ice_connection_state.value_nick))
    agent.connect("problem", lambda agent, error, fatal: print(error.message))
    agent.emit("gather-candidates")  # for stream 0, component 1
    peer.emit("set-remote-credentials", 0, agent.props.local_ufrag, agent.props.local_pwd)
receive = Gst.parse_launch("icesrc name=ice ! fakesink num-buffers=500")
send = Gst.parse_launch("fakesrc num-buffers=500 sizetype=fixed sizemax=1000 ! icesink name=ice")
for pipeline, agent in (receive, callee), (send, caller):
    pipeline.get_by_name("ice").props.agent = agent
for call in range(2):  # the second one needs neither signalling nor checks
    for pipeline in receive, send:
        pipeline.set_state(Gst.State.PLAYING)
    for pipeline in receive, send:
        print(Gst.MessageType.get_name(pipeline.bus.timed_pop_filtered(
            10**10, Gst.MessageType.EOS | Gst.MessageType.ERROR).type))
        pipeline.set_state(Gst.State.NULL)
for agent in caller, callee:
    agent.emit("close")
