// SPDX-License-Identifier: LGPL-2.1-or-later
// Calls a listener of gst-ice over WebSocket, sends it datagrams and prints what comes.
// Usage: node peer.mjs ws://127.0.0.1:5000/
import { Candidate, Connection } from "werift-ice"
import WebSocket from "ws"

const ice = new Connection(true, { additionalHostAddresses: ["127.0.0.1"] }) // loopback: for this example
const socket = new WebSocket(process.argv[2])
const send = message => socket.send(JSON.stringify(message))
let answer
const answered = new Promise(resolve => answer = resolve)
ice.onData.subscribe(data => console.log(`received: ${data}`))
socket.on("message", async text => {
  const message = JSON.parse(text)
  if (message.type == "parameters")
    answer(ice.setRemoteParams({ iceLite: false, ...message }))
  else if (message.type == "candidate") // "": no more
    await ice.addRemoteCandidate(message.candidate ? Candidate.fromSdp(message.candidate) : undefined)
  else
    socket.close() // bye
})
socket.on("close", () => process.exit())
await new Promise(open => socket.on("open", open))
send({ type: "parameters", stream: 0, usernameFragment: ice.localUsername, password: ice.localPassword,
       role: "controlling", generation: 0 })
await ice.gatherCandidates()
for (const candidate of ice.localCandidates)
  send({ type: "candidate", sdpMLineIndex: 0, candidate: `candidate:${candidate.toSdp()}` })
send({ type: "candidate", sdpMLineIndex: 0, candidate: "" })
await answered
await ice.connect()
for (let n = 1; n <= 10; n++)
  await ice.send(Buffer.from(`datagram ${n} of Node\n`))
setTimeout(() => send({ type: "bye" }), 200)
