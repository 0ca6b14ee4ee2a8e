/* gst-ice: lines of libnice 0.1.21, from two NiceAgents in one process, on
 * 127.0.0.1 and ::1.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A line and all that it says. */
static const struct
{
  const gchar *line;
  const gchar *said;
} lines[] = {
  { "Agent 0x56412b9d50a0 : In ICE-FULL mode, starting candidate gathering.",
      "gathering agent=56412b9d50a0" },
  { "Agent 0x56412b9d50a0: Candidate gathering FINISHED, no scheduled items.",
      "gathered agent=56412b9d50a0" },
  { "Agent 0x56412b9d50a0 : creating a new pair",
      "pair-creating agent=56412b9d50a0" },
  { "Agent 0x56412b9d50a0 : pair 0x56412ba29030 state FROZEN "
    "(priv_add_new_check_pair)",
      "pair-state agent=56412b9d50a0 pair=56412ba29030 state=frozen new" },
  { "Agent 0x56412b9d50a0 : pair 0x56412ba29030 state WAITING "
    "(priv_conn_check_unfreeze_next)",
      "pair-state agent=56412b9d50a0 pair=56412ba29030 state=waiting" },
  { "Agent 0x55841d119220 : pair 0x55841d16d0e0 state WAITING "
    "(priv_add_new_check_pair)",
      "pair-state agent=55841d119220 pair=55841d16d0e0 state=waiting new" },
  { "Agent 0x56412b9d50a0 : pair 0x56412ba29030 state IN_PROGRESS "
    "(priv_conn_check_initiate)",
      "pair-state agent=56412b9d50a0 pair=56412ba29030 state=in-progress" },
  { "Agent 0x56412b9d5220 : pair 0x56412ba290e0 state SUCCEEDED "
    "(priv_process_response_check_for_reflexive)",
      "pair-state agent=56412b9d5220 pair=56412ba290e0 state=succeeded" },
  { "Agent 0x5641506670a0 : pair 0x5641506bb030 state FAILED "
    "(candidate_check_pair_fail)",
      "pair-state agent=5641506670a0 pair=5641506bb030 state=failed" },
  { "Agent 0x55f87c9000a0 : pair 0x55f87c9562f0 state DISCOVERED "
    "(priv_add_peer_reflexive_pair)",
      "pair-state agent=55f87c9000a0 pair=55f87c9562f0 state=discovered new" },
  { "Agent 0x56412b9d50a0 : new pair 0x56412ba29030 : [127.0.0.1]:45121 --> "
    "[127.0.0.1]:48704",
      "pair-endpoints agent=56412b9d50a0 pair=56412ba29030 "
      "local=[127.0.0.1]:45121 remote=[127.0.0.1]:48704" },
  { "Agent 0x560f5e6ca0a0 : new pair 0x560f5e71e030 : [::1]:53550 --> "
    "[::1]:43043",
      "pair-endpoints agent=560f5e6ca0a0 pair=560f5e71e030 local=[::1]:53550 "
      "remote=[::1]:43043" },
  { "Agent 0x55f87c9000a0 : new pair 0x55f87c956030 : [127.0.0.1]:0 --> "
    "[127.0.0.1]:56187",
      "pair-endpoints agent=55f87c9000a0 pair=55f87c956030 local=[127.0.0.1]:0 "
      "remote=[127.0.0.1]:56187" },
  { "Agent 0x56412b9d50a0 : added a new pair 0x56412ba29030 with foundation "
    "'1:1' and transport udp:udp to stream 1 component 1",
      "pair-added agent=56412b9d50a0 pair=56412ba29030 1/1 f=1:1 udp:udp" },
  { "Agent 0x55f87c9000a0 : added a new pair 0x55f87c956030 with foundation "
    "'1:2' and transport tcp-act:tcp-pass to stream 1 component 1",
      "pair-added agent=55f87c9000a0 pair=55f87c956030 1/1 f=1:2 "
      "active:passive" },
  { "Agent 0x55f87c9000a0 : added a new peer-discovered pair 0x55f87c9562f0 "
    "with foundation '3:2' and transport tcp-act:tcp-pass to stream 1 "
    "component 1",
      "pair-discovered agent=55f87c9000a0 pair=55f87c9562f0 1/1 f=3:2 "
      "active:passive" },
  { "Agent 0x5570f4efe0a0 : do not create a pair that would have a priority "
    "00000064:782003ff:1 lower than selected pair priority "
    "782003ff:782003ff:0.",
      "pair-refused agent=5570f4efe0a0 pair-priority=64f04007ff" },
  { "Agent 0x56412b9d50a0 : Pair 0x56412ba29030 with s/c-id 1/1 (1:1) "
    "unfrozen.",
      "pair-unfrozen agent=56412b9d50a0 pair=56412ba29030 1/1 f=1:1" },
  { "Agent 0x55841d119220 : Updating pair 0x55841d16d0e0 foundation to '1:1'",
      "pair-foundation agent=55841d119220 pair=55841d16d0e0 f=1:1" },
  { "Agent 0x5582ccb71220 : pair 0x5582ccbc63a0 removed.",
      "pair-removed agent=5582ccb71220 pair=5582ccbc63a0" },
  { "Agent 0x55dc1ad790a0 : Retransmissions failed, giving up on pair "
    "0x55dc1adcd030",
      "pair-given-up agent=55dc1ad790a0 pair=55dc1adcd030" },
  { "Agent 0x56412b9d50a0, freeing conncheck_list of stream 0x56412b9d9210",
      "list-freed agent=56412b9d50a0 other=56412b9d9210" },
  { "Agent 0x55f87c9000a0 : added a new peer-reflexive local candidate "
    "0x55f87c957170 with transport tcp-act",
      "local-prflx agent=55f87c9000a0 other=55f87c957170 active:-" },
  { "Agent 0x55841d119220 : No matching remote candidate for incoming check -> "
    "peer-reflexive candidate.",
      "remote-prflx agent=55841d119220" },
  { "Agent 0x564e054e80a0 : marking pair 0x564e0553c030 (1:1) as nominated",
      "nominated agent=564e054e80a0 pair=564e0553c030 f=1:1" },
  { "Agent 0x564e054e8220 : marking pair 0x564e0553c0e0 (1:1) as nominated "
    "(regular nomination, controlling, use_cand_on_next_check=1).",
      "nominated agent=564e054e8220 pair=564e0553c0e0 f=1:1" },
  { "Agent 0x56412b9d50a0 : marking pair 0x56412ba29030 (1:1) as nominated "
    "(aggressive nomination, controlling).",
      "nominated agent=56412b9d50a0 pair=56412ba29030 f=1:1" },
  { "Agent 0x56412b9d5220 : marking pair 0x56412ba290e0 (1:1) as nominated "
    "(aggressive nomination, controlled, mark_on_response=1).",
      "nominated agent=56412b9d5220 pair=56412ba290e0 f=1:1" },
  { "Agent 0x55841d119220 : marking pair 0x55841d16d0e0 (1:1) as nominated "
    "(regular nomination, controlled, mark_on_response=1).",
      "nominated agent=55841d119220 pair=55841d16d0e0 f=1:1" },
  { "Agent 0x564e054e8220 : restarting check of udp:udp pair 0x564e0553c0e0 "
    "with USE-CANDIDATE attrib (regular nomination) for stream 1 component 1",
      "nominating agent=564e054e8220 pair=564e0553c0e0 1/1 udp:udp" },
  { "Agent 0x55f87c9000a0 : restarting check of tcp-pass:tcp-act pair "
    "0x55f87c956190 with USE-CANDIDATE attrib (regular nomination) for stream "
    "1 component 1",
      "nominating agent=55f87c9000a0 pair=55f87c956190 1/1 passive:active" },
  { "Agent 0x56412b9d5220 : pair 0x56412ba290e0 (1:1) is IN_PROGRESS, will be "
    "nominated on response receipt.",
      "nomination-pending agent=56412b9d5220 pair=56412ba290e0 f=1:1 "
      "state=in-progress" },
  { "Agent 0x56412b9d5220 : Updating nominated flag (UDP): "
    "ok_pair=0x56412ba290e0 (0/1) p=0x56412ba290e0 (0/1) (ucnc/mnora)",
      "nomination-flags agent=56412b9d5220 pair=56412ba290e0 "
      "other=56412ba290e0" },
  { "Agent 0x55f87c9000a0 : Updating nominated flag (TCP): "
    "ok_pair=0x55f87c9562f0 (0/0) p=0x55f87c956030 (0/0) (ucnc/mnora)",
      "nomination-flags agent=55f87c9000a0 pair=55f87c956030 "
      "other=55f87c9562f0" },
  { "Agent 0x56412b9d5220 : changing SELECTED PAIR for component 1: 1:1 "
    "(prio:782003ff:782003ff:0).",
      "selected agent=56412b9d5220 0/1 f=1:1 pair-priority=782003fff04007fe" },
  { "Agent 0x55a38b1f9220 : updating SELECTED PAIR for component 1: 1:1 "
    "(prio:782003ff:782003ff:0).",
      "selected agent=55a38b1f9220 0/1 f=1:1 pair-priority=782003fff04007fe" },
  { "Agent 0x56412b9d5220: Local selected pair: 1:1 1 UDP 127.0.0.1:48704 HOST",
      "selected-local agent=56412b9d5220 1/1 local=[127.0.0.1]:48704 f=1 "
      "udp:-" },
  { "Agent 0x560f5e6ca220: Local selected pair: 1:1 1 UDP ::1:43043 HOST",
      "selected-local agent=560f5e6ca220 1/1 local=[::1]:43043 f=1 udp:-" },
  { "Agent 0x55f87c900220: Local selected pair: 1:1 3 TCP-ACT 127.0.0.1:47375 "
    "PEER-RFLX",
      "selected-local agent=55f87c900220 1/1 local=[127.0.0.1]:47375 f=3 "
      "active:-" },
  { "Agent 0x560ffe9cf220: Remote selected pair: 1:1 remote1 UDP "
    "127.0.0.1:45721 PEER-RFLX",
      "selected-remote agent=560ffe9cf220 1/1 remote=[127.0.0.1]:45721 "
      "f=remote1 -:udp" },
  { "Agent 0x55f87c900220: Remote selected pair: 1:1 2 TCP-PASS "
    "127.0.0.1:33021 HOST",
      "selected-remote agent=55f87c900220 1/1 remote=[127.0.0.1]:33021 f=2 "
      "-:passive" },
  { "Agent 0x56412b9d50a0 : STUN-CC REQ [127.0.0.1]:45121 --> "
    "[127.0.0.1]:48704, socket=6, pair=0x56412ba29030 (c-id:1), "
    "tie=6545775123339351923, username='xK2E:m38n' (9), "
    "password='F3dcodZpujTEJ9TsIMueW8' (22), prio=6e2003ff, controlling.",
      "request agent=56412b9d50a0 pair=56412ba29030 0/1 "
      "local=[127.0.0.1]:45121 remote=[127.0.0.1]:48704 controlling "
      "priority=6e2003ff n0=6" },
  { "Agent 0x560f5e6ca220 : STUN-CC REQ [::1]:43043 --> [::1]:53550, socket=7, "
    "pair=0x560f5e71e0e0 (c-id:1), tie=14502655611757216790, "
    "username='XedY:FwL/' (9), password='FcYbZJUprbzRz0GP8Sj3E2' (22), "
    "prio=6e2004ff, controlled.",
      "request agent=560f5e6ca220 pair=560f5e71e0e0 0/1 local=[::1]:43043 "
      "remote=[::1]:53550 controlled priority=6e2004ff n0=7" },
  { "Agent 0x55f87c9000a0 : STUN-CC REQ [127.0.0.1]:0 --> [127.0.0.1]:56187, "
    "socket=4294967295, pair=0x55f87c956030 (c-id:1), "
    "tie=10003321575232739321, username='ueLb:WcN7' (9), "
    "password='BPggw4iuMvL8Dfl1gaRuiT' (22), prio=37c003ff, controlling.",
      "request agent=55f87c9000a0 pair=55f87c956030 0/1 local=[127.0.0.1]:0 "
      "remote=[127.0.0.1]:56187 controlling priority=37c003ff n0=4294967295" },
  { "Agent 0x56412b9d50a0: conncheck created 92 - 0x56412ba2a378",
      "request-built agent=56412b9d50a0 other=56412ba2a378 n0=92" },
  { "Agent 0x56412b9d50a0 : timer set to 500ms, waiting+in_progress=1",
      "request-timer agent=56412b9d50a0 n0=500 n1=1" },
  { "Agent 0x55dc1ad790a0 :STUN transaction retransmitted on pair "
    "0x55dc1adcd030 (timer=2/3 0/1000ms).",
      "retransmission agent=55dc1ad790a0 pair=55dc1adcd030 n0=2 n1=3" },
  { "Agent 0x56412b9d5220 : stun_bind_process/conncheck for 0x56412ba290e0: "
    "controlled,res=success,stun#=0.",
      "response agent=56412b9d5220 pair=56412ba290e0 controlled result=0" },
  { "Agent 0x564e054e80a0 : stun_bind_process/conncheck for 0x564e0553c030: "
    "controlled,res=role conflict,stun#=0.",
      "response agent=564e054e80a0 pair=564e0553c030 controlled result=3" },
  { "Agent 0x56412b9d5220 : pair 0x56412ba290e0 MATCHED.",
      "matched agent=56412b9d5220 pair=56412ba290e0" },
  { "Agent 0x56412b9d50a0 : Integrity check failed - bad request.",
      "not-authentic agent=56412b9d50a0" },
  { "Agent 0x56412b9d50a0: inbound STUN packet for 1/1 (stream/component) from "
    "[127.0.0.1]:48704 (88 octets) :",
      "inbound agent=56412b9d50a0 1/1 remote=[127.0.0.1]:48704 n0=88" },
  { "Agent 0x560f5e6ca220: inbound STUN packet for 1/1 (stream/component) from "
    "[::1]:53550 (88 octets) :",
      "inbound agent=560f5e6ca220 1/1 remote=[::1]:53550 n0=88" },
  { "Agent 0x56412b9d50a0 : STUN-CC RESP to '127.0.0.1:48704', socket=6, "
    "len=80, cand=0x56412ba22b20 (c-id:1), use-cand=0, "
    "transactionId=2112a44212f24c89be26140e1fe2a80",
      "reply agent=56412b9d50a0 other=56412ba22b20 0/1 "
      "remote=[127.0.0.1]:48704 n0=6 n1=80" },
  { "Agent 0x560f5e6ca220 : STUN-CC RESP to '::1:53550', socket=7, len=92, "
    "cand=0x560f5e717d00 (c-id:1), use-cand=1, "
    "transactionId=2112a4424e1e35b4b832f226b908d8c",
      "reply agent=560f5e6ca220 other=560f5e717d00 0/1 remote=[::1]:53550 "
      "use-candidate n0=7 n1=92" },
  { "Agent 0x55841d119220 : replaying icheck=0x55841d11a600 "
    "(sock=0x55841d16b170)",
      "replay agent=55841d119220 other=55841d16b170" },
  { "Agent 0x56412b9d50a0 : Found a matching pair 0x56412ba29030 (1:1) "
    "(IN_PROGRESS) ...",
      "trigger-found agent=56412b9d50a0 pair=56412ba29030 f=1:1 "
      "state=in-progress" },
  { "Agent 0x55841d119220 : Adding a triggered check to conn.check list "
    "(local=0x55841d166940).",
      "trigger-new agent=55841d119220 other=55841d166940" },
  { "Agent 0x56412b9d50a0 : pair 0x56412ba29030 added for a triggered check.",
      "triggered agent=56412b9d50a0 pair=56412ba29030" },
  { "Agent 0x564e054e80a0 : Role conflict, changing agent role to "
    "\"controlled\".",
      "role-changed agent=564e054e80a0 controlled" },
  { "Agent 0x564e054e8220 : Role conflict, staying with role \"controlling\".",
      "role-kept agent=564e054e8220 controlling" },
  { "Agent 0x564e054e80a0 : Role conflict with pair 0x564e0553c030, restarting",
      "role-conflict agent=564e054e80a0 pair=564e0553c030" },
  { "Agent 0x56412b9d50a0 : stream 1 component 1 STATE-CHANGE gathering -> "
    "connecting.",
      "component-state agent=56412b9d50a0 1/1 1>2" },
  { "Agent 0x56412b9d5220 : stream 1 component 1 STATE-CHANGE connected -> "
    "ready.",
      "component-state agent=56412b9d5220 1/1 3>4" },
  { "Agent 0x56412b9d50a0 : waiting 5000 msecs before checking for failed "
    "components.",
      "checks-idle agent=56412b9d50a0 n0=5000" },
  { "Agent 0x564150667220 : checking for failed components now.",
      "checks-done agent=564150667220" },
  { "Agent 0x564150667220 : Keepalive STUN-CC REQ to '127.0.0.1:54820', "
    "(c-id:1), username='/Nen:gNx1' (9), password='OpkTQWDAtF81mIKh6fRBI1' "
    "(22), priority=6e2003ff.",
      "consent-request agent=564150667220 0/1 remote=[127.0.0.1]:54820 "
      "priority=6e2003ff" },
  { "Agent 0x564150667220 : Keepalive for selected pair 0x564150691030 "
    "received.",
      "consent-response agent=564150667220 other=564150691030" },
  { "Agent 0x564150667220 : pair 0x564150691030 rechecking consent in 10.000s",
      "consent-check agent=564150667220 other=564150691030 n0=10" },
  { "Agent 0x5648e4a6b0a0 : pair 0x5648e4a71420 consent for stream/component "
    "1/1 timed out! -> FAILED.  Last consent received: 10.7287s ago",
      "consent-timeout agent=5648e4a6b0a0 other=5648e4a71420 1/1 n0=10 "
      "n1=7287" },
  { "Agent 0x5641506670a0 : pair 0x56415066d420 lost consent for 1/1 "
    "(stream/component)",
      "consent-lost agent=5641506670a0 other=56415066d420 1/1" },
  { "Agent 0x5641506670a0 : received 403: 'Forbidden' for 1/1 "
    "(stream/component) from [127.0.0.1]:48328",
      "forbidden agent=5641506670a0 1/1 remote=[127.0.0.1]:48328" },
  { "Agent 0x564150667220 : returning FORBIDDEN on stream/component 1/1 for "
    "lost local consent",
      "consent-refused agent=564150667220 1/1" },
  { "Agent 0x564150667220: local consent lost for stream/component 1/1",
      "local-consent-lost agent=564150667220 1/1" },
  { "Agent 0x56412b9d5220 : resending STUN to keep the selected base address "
    "127.0.0.1:48704 alive in s1/c1.",
      "keepalive agent=56412b9d5220 1/1 local=[127.0.0.1]:48704" },
  { "Agent 0x56412b9d50a0 : stream 1: timer tick #1: 0 frozen, 1 in-progress, "
    "0 waiting, 0 succeeded, 0 discovered, 0 nominated, 0 waiting-for-nom, 0 "
    "valid",
      "other agent=56412b9d50a0" },
  { "Agent 0x564e054e8220 : nothing to do for pair 0x564e0553c0e0.",
      "other agent=564e054e8220" },
  { "Agent 0x55dc1ad790a0 : pair 0x55dc1adcd030 kept IN_PROGRESS because "
    "priority 782003ff:7effffff:0 is higher than priority of best nominated "
    "pair.",
      "other agent=55dc1ad790a0" },
  { "Agent 0x55a38b1f9220 : pair 0x55a38b24d0e0 is the selected pair, updating "
    "its priority.",
      "other agent=55a38b1f9220" },
  { "Agent 0x56412b9d50a0: gathered UDP local candidate : [127.0.0.1]:45121 "
    "for s1/c1. U/P '(null)'/'(null)'",
      "other agent=56412b9d50a0" },
  /* not seen, but printed by conncheck.c like this */
  { "Agent 0x564e054e80a0 : restarting check of pair 0x564e0553c0e0 as the "
    "nominated pair.",
      "nominated agent=564e054e80a0 pair=564e0553c0e0" },
  { "Agent 0x564e054e80a0 : priv_mark_pair_nominated: conncheck pair "
    "0x564e0553c0e0 - replace with discovered pair 0x564e0553c190",
      "nomination-moved agent=564e054e80a0 pair=564e0553c0e0 "
      "other=564e0553c190" },
  { "Agent 0x564e054e80a0: no credentials found, cancelling conncheck",
      "request-cancelled agent=564e054e80a0" },
  { "Agent 0x564e054e80a0: buffer is empty, cancelling conncheck",
      "request-cancelled agent=564e054e80a0" },
  { "Agent 0x564e054e80a0: conncheck created 0 - (nil)",
      "request-built agent=564e054e80a0" },
  { "Agent 0x564e054e80a0 : stun_bind_process/conncheck for 0x564e0553c0e0: "
    "controlled,res=error,stun#=1.",
      "response agent=564e054e80a0 pair=564e0553c0e0 controlled result=1 "
      "n0=1" },
  { "Agent 0x564e054e80a0 : stun_bind_process/conncheck for 0x564e0553c0e0: "
    "controlled,res=no mapped address,stun#=0.",
      "response agent=564e054e80a0 pair=564e0553c0e0 controlled result=8" },
  { "Agent 0x564e054e80a0 : pair 0x564e0553c0e0 FAILED (mismatch of source "
    "address).",
      "mismatch agent=564e054e80a0 pair=564e0553c0e0" },
  { "Agent 0x564e054e80a0 : pair 0x564e0553c0e0 FAILED (got a matching pair "
    "without a known remote candidate).",
      "mismatch agent=564e054e80a0 pair=564e0553c0e0" },
  { "Agent 0x564e054e80a0 : related discovered pair 0x564e0553c190 of pair "
    "0x564e0553c0e0 will fail too.",
      "related-failed agent=564e054e80a0 pair=564e0553c0e0 "
      "other=564e0553c190" },
  { "Agent 0x564e054e80a0 : Valid STUN response for which we don't have a "
    "request, ignoring",
      "stray-response agent=564e054e80a0" },
  { "Agent 0x564e054e80a0 : STUN-CC RESP to '127.0.0.1:48704', socket=6, "
    "len=80, cand=(nil) (c-id:1), use-cand=0, "
    "transactionId=2112a44212f24c89be26140e1fe2a80",
      "reply agent=564e054e80a0 0/1 remote=[127.0.0.1]:48704 n0=6 n1=80" },
  { "Agent 0x564e054e80a0 : Didn't find a matching pair for triggered check "
    "(remote-cand=0x564e05535b20).",
      "trigger-none agent=564e054e80a0 other=564e05535b20" },
  { "Agent 0x564e054e80a0 : Role conflict with pair 0x564e0553c0e0, not "
    "restarting",
      "role-conflict agent=564e054e80a0 pair=564e0553c0e0" },
  { "Agent 0x564e054e80a0 : resending STUN to keep the local candidate "
    "::1:43043 alive in s1/c1.",
      "keepalive agent=564e054e80a0 1/1 local=[::1]:43043" },
  { "Agent 0x564e054e80a0 : priv_conn_keepalive_tick_unlocked: stopping "
    "keepalive timer",
      "keepalive-stopped agent=564e054e80a0" },
  { "Agent 0x564e054e80a0 : pair 0x564e0553c0e0 will be retransmitted.",
      "other agent=564e054e80a0" },
  /* STUN and TURN servers; coturn 4.6.1 on 127.0.0.1 */
  { "Agent 0x1e4a28e0 : allocating stream id 1 (0x7f902400d950)",
      "stream-added agent=1e4a28e0 other=7f902400d950 1/0" },
  { "Agent 0x1e4a28e0: s1/c1: creation of host candidate "
    "udp:[127.0.0.1]:0: success",
      "host-added agent=1e4a28e0 1/1 local=[127.0.0.1]:0 udp:-" },
  { "Agent 0x1e4a28e0: s1/c1: creation of host candidate tcp-act:[::1]:0: "
    "success",
      "host-added agent=1e4a28e0 1/1 local=[::1]:0 active:-" },
  { "Agent 0x1e4a28e0: s1/c1: creation of host candidate "
    "tcp-pass:[::1]:5000: success (accept duplicate)",
      "host-added agent=1e4a28e0 1/1 local=[::1]:5000 passive:-" },
  { "Agent 0x1e4a28e0: s1/c1: creation of host candidate "
    "udp:[127.0.0.1]:5000: duplicate port",
      "other agent=1e4a28e0" },
  { "Agent 0x1e4a28e0: s:1: Resolved STUN server 10.77.0.2 to 10.77.0.2",
      "stun-found agent=1e4a28e0 1/0 remote=[10.77.0.2]:0" },
  { "Agent 0x1e4a28e0 : Adding new srv-rflx candidate discovery "
    "0x7f0960038d30",
      "stun-asked agent=1e4a28e0 other=7f0960038d30" },
  { "Agent 0x1e4a28e0 : Adding new relay-rflx candidate discovery "
    "0x7f1b58037210",
      "turn-asked agent=1e4a28e0 other=7f1b58037210" },
  /* upstream's current source */
  { "Agent 0x1e4a28e0 : Adding new relay-rflx candidate discovery "
    "0x7f1b58037210 sock=tcp-turn",
      "turn-asked agent=1e4a28e0 other=7f1b58037210" },
  { "Agent 0x1e4a28e0 : stun_bind_process/disc for 0x7f0960038d30 res 0.",
      "stun-answer agent=1e4a28e0 other=7f0960038d30" },
  { "Agent 0x1e4a28e0 : stun_turn_process/disc for 0x7f1b58037210 res 2.",
      "turn-answer agent=1e4a28e0 other=7f1b58037210 n0=2" },
  { "Agent 0x1e4a28e0: agent_recv_message_unlocked returned -1, errno (104) "
    ": Connection reset by peer",
      "socket-lost agent=1e4a28e0 n0=104" },
  { "Agent 0x1e4a28e0: s1/c1: creation of host candidate "
    "udp:[127.0.0.1]:5000: can't create socket (accept duplicate)",
      "other agent=1e4a28e0" },
  { "Agent 0x1e4a28e0: set_remote_candidates 1 1", "other agent=1e4a28e0" },
  { "Agent 0x1e4a28e0: set_remote_credentials 1", "other agent=1e4a28e0" },
  { "Agent 0x1e4a28e0: NiceSocket 0x7f902400e340 has received HUP",
      "socket-lost agent=1e4a28e0 other=7f902400e340" },
};
