/* gst-ice: test of niceservers: which servers failed, why, and when gathering
 * is over, by libnice's lines.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "trace/niceservers.h"
#include <string.h>

#define STUN "stun:10.0.0.9:3478"
#define UDP1 "turn://u:p@10.0.0.1:3478"
#define TCP1 "turn://u:p@10.0.0.1:3478?transport=tcp"
#define UDP2 "turn://u:p@10.0.0.2:3478"
#define TCP2 "turn://u:p@10.0.0.2:3478?transport=tcp"
#define TLS1 "turns://u:p@10.0.0.1:5349"
#define TLS2 "turns://u:p@10.0.0.2:5349"
#define UDP6 "turn://u:p@[2001:db8::1]:3478"

#define STREAM " : allocating stream id 1 (0x9)"
#define HOST(type, address)                                                    \
  ": s1/c1: creation of host candidate " type ":[" address "]:0: success"
#define FOUND ": s:1: Resolved STUN server 10.0.0.9 to 10.0.0.9"
#define TURN(id) " : Adding new relay-rflx candidate discovery " id
#define BIND(id) " : Adding new srv-rflx candidate discovery " id
#define FROM(address)                                                          \
  ": inbound STUN packet for 1/1 (stream/component) from [" address            \
  "]:3478 (100 octets) :"
#define CODE(code) " STUN error message received (code: " #code ")"
#define UNSIGNED " : Integrity check failed."
#define TURNED(id, result)                                                     \
  " : stun_turn_process/disc for " id " res " result "."
#define BOUND(id, result) " : stun_bind_process/disc for " id " res " result "."
#define LOST                                                                   \
  ": agent_recv_message_unlocked returned -1, errno (104) : Connection reset " \
  "by peer"
#define DONE " : Candidate gathering FINISHED, stopping discovery timer."
#define NOTHING ": Candidate gathering FINISHED, no scheduled items."

#define REFUSE(id, code) CODE (code), TURNED (id, "2")
#define CHALLENGE(id) REFUSE (id, 401)
#define RELAY(id) TURNED (id, "1")

#define CIRCLE_3(id) REFUSE (id, 438), REFUSE (id, 438), REFUSE (id, 438)
#define CIRCLE_6(id) CIRCLE_3 (id), CIRCLE_3 (id)
#define ALTERNATE(id) CODE (300), TURNED (id, "4")

/* The result of nice_servers_take_retry_loop(): 10.0.0.1, or nothing. */
#define RETRY_LOOP "retry-loop"
#define NO_RETRY_LOOP "no retry-loop"

/* Not lines: the next TURN server is asked, or they all were. */
#define ASK "ask"
#define ASKED "asked"
/* Nor these: the next server over TCP or TLS was reached; it, or where they all
 * were the last one, was given up. */
#define REACHED "reached"
#define GIVEN_UP "given up"
/* The next one over UDP wants another local port, which is pending as those
 * are; or none does. */
#define PORT "port"
#define NO_PORT "no port"
#define MISMATCH "mismatch"
#define REDIRECTED "redirected"
#define STALE "stale"
/* The result of nice_servers_has_gathered() here, without and with libnice's
 * signal. */
#define NOT_YET "- not yet"
#define ON_SIGNAL "- on signal"
#define OVER "- over"
/* ... and nice_servers_have_others_answered() */
#define SETTLES "- settles"

/* One local address; TURN servers are asked at once. */
#define BEGIN STREAM, HOST ("udp", "10.0.0.5"), NOTHING

#define MAX_LINES 48

typedef struct
{
  const gchar *name;
  const gchar *servers; /* the STUN server comes last here, too */
  const gchar *lines[MAX_LINES];
  const gchar *failures;
} Script;

static const Script scripts[] = {
  { "nothing-to-ask", "",
      { STREAM, HOST ("udp", "10.0.0.5"), NOTHING, ON_SIGNAL }, "" },
  { "udp-works", UDP1,
      { BEGIN, NOT_YET, ASK, TURN ("0x1"), NOT_YET, ASKED, NOT_YET,
          CHALLENGE ("0x1"), RELAY ("0x1"), NOT_YET, DONE, ON_SIGNAL },
      "" },
  { "without-mapped-address", UDP1,
      { BEGIN, ASK, TURN ("0x1"), ASKED, TURNED ("0x1", "0"), DONE }, "" },
  { "wrong-password", UDP1,
      { BEGIN, ASK, TURN ("0x1"), ASKED, CHALLENGE ("0x1"), REFUSE ("0x1", 401),
          DONE, ON_SIGNAL },
      "10.0.0.1/udp refused 401 10.0.0.5:5005" },
  { "refused-at-once", UDP1,
      { BEGIN, ASK, TURN ("0x1"), ASKED, REFUSE ("0x1", 400), DONE },
      "10.0.0.1/udp refused 400 10.0.0.5:5005" },
  { "no-answer", UDP1, { BEGIN, ASK, TURN ("0x1"), ASKED, DONE, ON_SIGNAL },
      "10.0.0.1/udp no-answer" },
  { "no-answer-after-challenge", UDP1,
      { BEGIN, ASK, TURN ("0x1"), ASKED, CHALLENGE ("0x1"), DONE },
      "10.0.0.1/udp no-answer-after-challenge" },
  { "stale-nonce", UDP1,
      { BEGIN, ASK, TURN ("0x1"), ASKED, CHALLENGE ("0x1"), REFUSE ("0x1", 438),
          DONE },
      "10.0.0.1/udp refused 438 10.0.0.5:5005" },
  { "stale-nonce-then-works", UDP1,
      { BEGIN, ASK, TURN ("0x1"), ASKED, CHALLENGE ("0x1"), REFUSE ("0x1", 438),
          RELAY ("0x1"), DONE },
      "" },
  { "retry-loop", UDP1,
      { BEGIN, ASK, TURN ("0x1"), ASKED, CHALLENGE ("0x1"), CIRCLE_6 ("0x1"),
          NO_RETRY_LOOP, REFUSE ("0x1", 438), NO_RETRY_LOOP, NOT_YET,
          FROM ("10.0.0.1"), REFUSE ("0x1", 438), RETRY_LOOP, NO_RETRY_LOOP,
          SETTLES },
      "10.0.0.1/udp retry-loop 438 10.0.0.5:5005" },
  { "retry-loop-of-realms", UDP1,
      { BEGIN, ASK, TURN ("0x1"), ASKED, CHALLENGE ("0x1"), CHALLENGE ("0x1"),
          CIRCLE_6 ("0x1"), FROM ("10.0.0.1"), CHALLENGE ("0x1"), RETRY_LOOP,
          SETTLES },
      "10.0.0.1/udp retry-loop 401 10.0.0.5:5005" },
  { "retry-loop-of-servers", UDP1,
      { BEGIN, ASK, TURN ("0x1"), ASKED, CIRCLE_6 ("0x1"), CHALLENGE ("0x1"),
          ALTERNATE ("0x1"), FROM ("10.0.0.1"), ALTERNATE ("0x1"), RETRY_LOOP,
          SETTLES, FROM ("10.0.0.1"), ALTERNATE ("0x1"), RETRY_LOOP },
      "10.0.0.1/udp retry-loop 300 10.0.0.5:5005" },
  { "retry-loop-without-code",
      UDP1, /* the last line of the STUN library is missing */
      { BEGIN, ASK, TURN ("0x1"), ASKED, CHALLENGE ("0x1"), CIRCLE_6 ("0x1"),
          REFUSE ("0x1", 438), FROM ("10.0.0.1"), TURNED ("0x1", "2"),
          RETRY_LOOP, SETTLES },
      "10.0.0.1/udp retry-loop 438 10.0.0.5:5005" },
  { "retry-loop-then-works", UDP1,
      { BEGIN, ASK, TURN ("0x1"), ASKED, CHALLENGE ("0x1"), CIRCLE_6 ("0x1"),
          REFUSE ("0x1", 438), NO_RETRY_LOOP, RELAY ("0x1"), NOT_YET, DONE,
          ON_SIGNAL },
      "" },
  { "retry-loop-beside-one-that-works", UDP1 " " UDP2,
      { BEGIN, ASK, TURN ("0x1"), ASK, TURN ("0x2"), ASKED, CHALLENGE ("0x1"),
          CHALLENGE ("0x2"), CIRCLE_6 ("0x1"), REFUSE ("0x1", 438),
          FROM ("10.0.0.1"), REFUSE ("0x1", 438), RETRY_LOOP, NOT_YET,
          RELAY ("0x2"), SETTLES },
      "10.0.0.1/udp retry-loop 438 10.0.0.5:5005" },
  { "retry-loop-beside-one-that-refuses", UDP1 " " UDP2,
      { BEGIN, ASK, TURN ("0x1"), ASK, TURN ("0x2"), ASKED, CHALLENGE ("0x1"),
          CIRCLE_6 ("0x1"), REFUSE ("0x1", 438), FROM ("10.0.0.1"),
          REFUSE ("0x1", 438), RETRY_LOOP, CHALLENGE ("0x2"), NOT_YET,
          REFUSE ("0x2", 486), SETTLES },
      "10.0.0.1/udp retry-loop 438 10.0.0.5:5005, 10.0.0.2/udp refused 486 "
      "10.0.0.5:5005" },
  { "retry-loop-beside-a-dead-one", UDP1 " " UDP2,
      { BEGIN, ASK, TURN ("0x1"), ASK, TURN ("0x2"), ASKED, CHALLENGE ("0x1"),
          CIRCLE_6 ("0x1"), REFUSE ("0x1", 438), FROM ("10.0.0.1"),
          REFUSE ("0x1", 438), RETRY_LOOP, NOT_YET, DONE, ON_SIGNAL },
      "10.0.0.1/udp retry-loop 438 10.0.0.5:5005, 10.0.0.2/udp no-answer" },
  { "no-code", UDP1, /* no line of the STUN library */
      { BEGIN, ASK, TURN ("0x1"), ASKED, TURNED ("0x1", "2"),
          TURNED ("0x1", "2"), DONE },
      "10.0.0.1/udp refused 0 10.0.0.5:5005" },
  { "redirected", UDP1, /* to one that answers nothing */
      { BEGIN, ASK, TURN ("0x1"), ASKED, CODE (300), TURNED ("0x1", "4"),
          DONE },
      "10.0.0.1/udp no-answer" },
  { "redirected-and-works", UDP1,
      { BEGIN, ASK, TURN ("0x1"), ASKED, CODE (300), TURNED ("0x1", "4"),
          RELAY ("0x1"), DONE },
      "" },
  { "unauthenticated-error", UDP1 " " TCP2,
      { BEGIN, ASK, TURN ("0x1"), ASK, ASKED, REACHED, TURN ("0x2"),
          FROM ("10.0.0.1"), UNSIGNED, FROM ("10.0.0.7"), UNSIGNED, DONE },
      "10.0.0.1/udp unauthenticated, 10.0.0.2/tcp no-answer" },
  { "two-servers", UDP1 " " UDP2,
      { BEGIN, ASK, TURN ("0x1"), ASK, TURN ("0x2"), ASKED, RELAY ("0x2"),
          DONE },
      "10.0.0.1/udp no-answer" },
  { "udp-blocked", UDP1 " " TCP1,
      { BEGIN, ASK, TURN ("0x1"), ASK, ASKED, REACHED, TURN ("0x2"),
          CHALLENGE ("0x2"), RELAY ("0x2"), DONE },
      "10.0.0.1/udp no-answer" },
  { "tcp-refused", UDP1 " " TCP1,
      { BEGIN, ASK, TURN ("0x1"), ASK, ASKED, GIVEN_UP, NOT_YET, RELAY ("0x1"),
          DONE, ON_SIGNAL },
      "10.0.0.1/tcp unreachable" },
  { "tcp-code", TCP1,
      { BEGIN, ASK, ASKED, REACHED, TURN ("0x1"), CHALLENGE ("0x1"),
          REFUSE ("0x1", 486), DONE },
      "10.0.0.1/tcp refused 486 10.0.0.7:0" },
  { "tcp-redirected", TCP1,
      { BEGIN, ASK, ASKED, REACHED, TURN ("0x1"), REDIRECTED, LOST, OVER },
      "10.0.0.1/tcp refused 300 10.0.0.7:0" },
  { "tcp-retry-loop", TCP1,
      { BEGIN, ASK, ASKED, REACHED, TURN ("0x1"), CHALLENGE ("0x1"), STALE,
          LOST, OVER },
      "10.0.0.1/tcp retry-loop 438 10.0.0.7:0" },
  { "tcp-sends-garbage", TCP1,
      { BEGIN, ASK, ASKED, REACHED, TURN ("0x1"), GIVEN_UP, LOST, OVER },
      "10.0.0.1/tcp unreachable" },
  /* libnice makes no attempt */
  { "tcp-not-begun", TCP1 " " UDP1,
      { BEGIN, ASK, ASK, TURN ("0x1"), ASKED, REACHED, CHALLENGE ("0x1"),
          REFUSE ("0x1", 441), DONE },
      "10.0.0.1/tcp not-asked, 10.0.0.1/udp refused 441 10.0.0.5:5005" },
  { "none-begun", TCP1,
      { BEGIN, NOT_YET, ASK, NOT_YET, ASKED, NOT_YET, REACHED, ON_SIGNAL },
      "10.0.0.1/tcp not-asked" },
  { "tcp-begun-from-one-of-two", TCP1,
      { STREAM, HOST ("udp", "10.0.0.5"), HOST ("udp", "10.0.0.6"), NOTHING,
          ASK, ASKED, REACHED, TURN ("0x1"), CHALLENGE ("0x1"),
          REFUSE ("0x1", 401), DONE },
      "10.0.0.1/tcp refused 401 10.0.0.7:0" },
  { "too-many",
      UDP1 " " UDP1 " " UDP1 " " UDP1 " " UDP1 " " UDP1 " " UDP1 " " UDP1
           " " UDP2,
      { BEGIN, ASK, TURN ("0x1"), RELAY ("0x1"), ASK, TURN ("0x2"),
          RELAY ("0x2"), ASK, TURN ("0x3"), RELAY ("0x3"), ASK, TURN ("0x4"),
          RELAY ("0x4"), ASK, TURN ("0x5"), RELAY ("0x5"), ASK, TURN ("0x6"),
          RELAY ("0x6"), ASK, TURN ("0x7"), RELAY ("0x7"), ASK, TURN ("0x8"),
          RELAY ("0x8"), ASKED, DONE, ON_SIGNAL },
      "10.0.0.2/udp too-many" },
  /* IP versions */
  { "no-address-of-its-kind", UDP6 " " UDP1,
      { BEGIN, ASK, ASK, TURN ("0x1"), ASKED, RELAY ("0x1"), DONE },
      "2001:db8::1/udp not-asked" },
  { "both-kinds", UDP6 " " UDP1,
      { STREAM, HOST ("udp", "10.0.0.5"), HOST ("udp", "2001:db8::5"), NOTHING,
          ASK, TURN ("0x2"), ASK, TURN ("0x1"), ASKED, REFUSE ("0x2", 400),
          DONE },
      "2001:db8::1/udp refused 400 2001:db8::5:5005, 10.0.0.1/udp no-answer" },
  /* several local addresses: one is enough, and one error is */
  { "from-one-of-two", UDP1,
      { STREAM, HOST ("udp", "10.0.0.5"), HOST ("udp", "10.0.0.6"), NOTHING,
          ASK, TURN ("0x1"), TURN ("0x2"), ASKED, REFUSE ("0x1", 400),
          RELAY ("0x2"), DONE },
      "" },
  { "from-none-of-two", UDP1,
      { STREAM, HOST ("udp", "10.0.0.6"), HOST ("udp", "10.0.0.5"), NOTHING,
          ASK, TURN ("0x1"), TURN ("0x2"), ASKED, CHALLENGE ("0x1"),
          CHALLENGE ("0x2"), REFUSE ("0x1", 401), REFUSE ("0x2", 401), DONE },
      "10.0.0.1/udp refused 401 10.0.0.5:5005" },
  { "pointer-used-again", UDP1,
      { STREAM, HOST ("udp", "10.0.0.5"), HOST ("udp", "10.0.0.6"), NOTHING,
          ASK, TURN ("0x1"), TURN ("0x1"), ASKED, REFUSE ("0x1", 400), DONE },
      "10.0.0.1/udp refused 400 10.0.0.6:0" },
  /* ICE-TCP's candidates ask TCP servers only, and passive ones nobody */
  { "ice-tcp", "ice-tcp " UDP1 " " TCP2,
      { STREAM, HOST ("udp", "10.0.0.5"), HOST ("tcp-act", "10.0.0.6"),
          HOST ("tcp-pass", "10.0.0.7"), NOTHING, ASK, TURN ("0x1"), ASK, ASKED,
          REACHED, TURN ("0x2"), TURN ("0x3"), REFUSE ("0x3", 442), DONE },
      "10.0.0.1/udp no-answer, 10.0.0.2/tcp refused 442 10.0.0.7:0" },
  /* STUN */
  { "stun-works", STUN,
      { STREAM, HOST ("udp", "10.0.0.5"), NOT_YET, FOUND, BIND ("0x1"), NOT_YET,
          BOUND ("0x1", "0"), NOT_YET, DONE, ON_SIGNAL },
      "" },
  { "stun-dead", STUN,
      { STREAM, HOST ("udp", "10.0.0.5"), FOUND, BIND ("0x1"), DONE,
          ON_SIGNAL },
      "10.0.0.9/udp no-answer" },
  { "stun-refuses", STUN,
      { STREAM, HOST ("udp", "10.0.0.6"), HOST ("tcp-act", "10.0.0.5"),
          HOST ("udp", "169.254.0.1"), HOST ("udp", "10.0.0.5"), FOUND,
          BIND ("0x1"), BIND ("0x2"), CODE (401), BOUND ("0x2", "1"), DONE },
      "10.0.0.9/udp refused 401 10.0.0.5:5005" },
  { "stun-refuses-link-local-only", "stun:[2001:db8::9]",
      { STREAM, HOST ("udp", "fe80::1"), HOST ("udp", "febf::1"),
          HOST ("udp", "fec0::1"), FOUND, BIND ("0x1"), CODE (400),
          BOUND ("0x1", "1"), DONE },
      "2001:db8::9/udp refused 400 fec0::1:0" },
  { "stun-not-asked", STUN,
      { STREAM, HOST ("udp", "2001:db8::5"), FOUND, ON_SIGNAL },
      "10.0.0.9/udp not-asked" },
  { "stun-never-found", STUN, { STREAM, HOST ("udp", "10.0.0.5"), NOT_YET },
      "10.0.0.9/udp not-asked" },
  /* TURN servers are asked after it */
  { "stun-then-turn", UDP1 " " STUN,
      { STREAM, HOST ("udp", "10.0.0.5"), NOT_YET, FOUND, BIND ("0x1"), NOT_YET,
          ASK, TURN ("0x2"), ASKED, NOT_YET, BOUND ("0x1", "0"),
          CHALLENGE ("0x2"), RELAY ("0x2"), NOT_YET, DONE, ON_SIGNAL },
      "" },
  { "stun-is-done-before-turn-is-asked", TCP1 " " STUN,
      { STREAM, HOST ("udp", "10.0.0.5"), FOUND, BIND ("0x1"),
          BOUND ("0x1", "0"), DONE, NOT_YET, ASK, ASKED, NOT_YET, REACHED,
          TURN ("0x1"), NOT_YET, RELAY ("0x1"), DONE, ON_SIGNAL },
      "" },
  /* libnice never signals here */
  { "tcp-closed", TCP1,
      { BEGIN, ASK, ASKED, REACHED, TURN ("0x1"), NOT_YET, LOST, OVER },
      "10.0.0.1/tcp no-answer" },
  { "tcp-closed-after-challenge", TCP1,
      { BEGIN, ASK, ASKED, REACHED, TURN ("0x1"), CHALLENGE ("0x1"), LOST,
          OVER },
      "10.0.0.1/tcp no-answer-after-challenge" },
  { "two-tcp-closed", TCP1 " " TCP2,
      { BEGIN, ASK, ASK, ASKED, REACHED, TURN ("0x1"), REACHED, TURN ("0x2"),
          LOST, NOT_YET, LOST, OVER },
      "10.0.0.1/tcp no-answer, 10.0.0.2/tcp no-answer" },
  { "one-tcp-closed-one-not-reached", TCP1 " " TLS2,
      { BEGIN, ASK, ASK, ASKED, REACHED, TURN ("0x1"), LOST, NOT_YET, GIVEN_UP,
          OVER },
      "10.0.0.1/tcp no-answer, 10.0.0.2/tls unreachable" },
  { "closed-beside-udp", UDP2 " " TCP1,
      { BEGIN, ASK, TURN ("0x1"), ASK, ASKED, REACHED, TURN ("0x2"), LOST, LOST,
          NOT_YET, DONE, ON_SIGNAL },
      "10.0.0.2/udp no-answer, 10.0.0.1/tcp no-answer" },
  { "closed-beside-stun", TCP1 " " STUN,
      { STREAM, HOST ("udp", "10.0.0.5"), FOUND, BIND ("0x1"), ASK, ASKED,
          REACHED, TURN ("0x2"), LOST, LOST, NOT_YET, BOUND ("0x1", "0"), DONE,
          ON_SIGNAL },
      "10.0.0.1/tcp no-answer" },
  { "closed-after-done", TCP1, /* the connection failed at once */
      { BEGIN, ASK, ASKED, REACHED, TURN ("0x1"), DONE, LOST, ON_SIGNAL },
      "10.0.0.1/tcp no-answer" },
  { "closed-beside-ice-tcp", "ice-tcp " TCP1, /* whose socket was it? */
      { BEGIN, ASK, ASKED, REACHED, TURN ("0x1"), LOST, NOT_YET, DONE,
          ON_SIGNAL },
      "10.0.0.1/tcp no-answer" },
  /* lines that nobody can place */
  { "strangers", UDP1,
      { STREAM, TURN ("0x7"), BIND ("0x8"), TURNED ("0x9", "1"), LOST,
          TURNED ("0x7", "1"), BOUND ("0x8", "0"), NOT_YET,
          HOST ("udp", "10.0.0.5"), ASK, TURN ("0x1"), BOUND ("0x1", "0"),
          TURNED ("0x1", "3"), ASKED, DONE, ON_SIGNAL },
      "10.0.0.1/udp no-answer" },
  /* no trace: only TURN servers that all gave nothing prove something */
  { "dark", UDP1 " " TCP2 " " STUN, { ON_SIGNAL },
      "10.0.0.1/udp unknown, 10.0.0.2/tcp unknown" },
  /* TLS: what happens before libnice connects to the server does not count */
  { "tls-works", TLS1,
      { BEGIN, ASK, ASKED, NOT_YET, REACHED, TURN ("0x1"), NOT_YET,
          CHALLENGE ("0x1"), RELAY ("0x1"), DONE, ON_SIGNAL },
      "" },
  { "tls-not-reached", TLS1,
      { BEGIN, ASK, ASKED, NOT_YET, GIVEN_UP, ON_SIGNAL },
      "10.0.0.1/tls unreachable" },
  { "tls-wrong-password", TLS1,
      { BEGIN, ASK, ASKED, REACHED, TURN ("0x1"), CHALLENGE ("0x1"),
          REFUSE ("0x1", 401), DONE, ON_SIGNAL },
      "10.0.0.1/tls refused 401 10.0.0.7:0" },
  { "tls-closed-with-the-refusal", TLS1,
      { BEGIN, ASK, ASKED, REACHED, TURN ("0x1"), CHALLENGE ("0x1"),
          REFUSE ("0x1", 486), LOST, GIVEN_UP, OVER },
      "10.0.0.1/tls refused 486 10.0.0.7:0" },
  { "tls-after-udp", TLS1 " " UDP2,
      { BEGIN, ASK, ASK, TURN ("0x1"), ASKED, CHALLENGE ("0x1"), RELAY ("0x1"),
          DONE, NOT_YET, REACHED, TURN ("0x2"), NOT_YET, DONE, ON_SIGNAL },
      "10.0.0.1/tls no-answer" },
  { "tls-during-udp", TLS1 " " UDP2,
      { BEGIN, ASK, ASK, TURN ("0x1"), ASKED, REACHED, TURN ("0x2"),
          RELAY ("0x2"), NOT_YET, DONE, ON_SIGNAL },
      "10.0.0.2/udp no-answer" },
  { "tls-closed-at-once", TLS1, /* libnice forgets it with its connection */
      { BEGIN, ASK, ASKED, REACHED, TURN ("0x1"), NOT_YET, LOST, GIVEN_UP,
          OVER },
      "10.0.0.1/tls unreachable" },
  { "tls-one-of-two-is-enough", TLS1, /* local addresses */
      { STREAM, HOST ("udp", "10.0.0.5"), HOST ("udp", "10.0.0.6"), NOTHING,
          ASK, ASKED, REACHED, TURN ("0x1"), TURN ("0x2"), LOST, NOT_YET,
          RELAY ("0x1"), DONE, ON_SIGNAL },
      "" },
  { "tls-redirected", TLS1,
      { BEGIN, ASK, ASKED, REACHED, TURN ("0x1"), REDIRECTED, LOST, OVER },
      "10.0.0.1/tls refused 300 10.0.0.7:0" },
  { "tls-closed-after-it-worked", TLS1,
      { BEGIN, ASK, ASKED, REACHED, TURN ("0x1"), RELAY ("0x1"), DONE, GIVEN_UP,
          ON_SIGNAL },
      "" },
  { "tls-unauthenticated-error",
      TLS1, /* libnice knows the tunnel's address only */
      { BEGIN, ASK, ASKED, REACHED, TURN ("0x1"), FROM ("127.0.0.1"), UNSIGNED,
          DONE, ON_SIGNAL },
      "10.0.0.1/tls unauthenticated" },
  { "mismatch", UDP1,
      { BEGIN, ASK, TURN ("0x1"), ASKED, NO_PORT, FROM ("10.0.0.1"), UNSIGNED,
          NOT_YET, PORT, NO_PORT, NOT_YET, REACHED, TURN ("0x2"), NOT_YET,
          FROM ("10.0.0.1"), UNSIGNED, NO_PORT, CHALLENGE ("0x2"),
          RELAY ("0x2"), DONE, ON_SIGNAL },
      "" },
  { "signed-mismatch", UDP1,
      { BEGIN, ASK, TURN ("0x1"), ASKED, CHALLENGE ("0x1"), NO_PORT,
          REFUSE ("0x1", 437), DONE, NOT_YET, PORT, REACHED, TURN ("0x2"),
          NOT_YET, CHALLENGE ("0x2"), RELAY ("0x2"), DONE, ON_SIGNAL },
      "" },
  { "mismatch-of-the-second", UDP1 " " UDP2,
      { BEGIN, ASK, TURN ("0x1"), ASK, TURN ("0x2"), ASKED, CHALLENGE ("0x1"),
          RELAY ("0x1"), CHALLENGE ("0x2"), REFUSE ("0x2", 437), PORT, NO_PORT,
          REACHED, TURN ("0x3"), CHALLENGE ("0x3"), RELAY ("0x3"), DONE,
          ON_SIGNAL },
      "" },
  { "mismatches", UDP1, /* its connection ends when the last port was tried */
      { BEGIN, ASK, TURN ("0x1"), ASKED, FROM ("10.0.0.1"), UNSIGNED, PORT,
          REACHED, TURN ("0x2"), DONE, MISMATCH, NO_PORT, ON_SIGNAL },
      "10.0.0.1/udp refused 437 10.0.0.7:0" },
  { "mismatches-after-all-else", UDP1,
      { BEGIN, ASK, TURN ("0x1"), ASKED, REFUSE ("0x1", 437), DONE, PORT,
          REACHED, TURN ("0x2"), MISMATCH, NOT_YET, LOST, OVER },
      "10.0.0.1/udp refused 437 10.0.0.7:0" },
  { "other-errors-want-no-port", UDP1,
      { BEGIN, ASK, TURN ("0x1"), ASKED, CHALLENGE ("0x1"), REFUSE ("0x1", 486),
          NO_PORT, DONE, ON_SIGNAL },
      "10.0.0.1/udp refused 486 10.0.0.5:5005" },
  { "no-port-over-tcp", TCP1,
      { BEGIN, ASK, ASKED, REACHED, TURN ("0x1"), CHALLENGE ("0x1"),
          REFUSE ("0x1", 437), NO_PORT, DONE, ON_SIGNAL },
      "10.0.0.1/tcp refused 437 10.0.0.7:0" },
  { "dark-tls", TLS1, { ASK, ASKED, NOT_YET, GIVEN_UP, ON_SIGNAL },
      "10.0.0.1/tls unreachable" },
  { "dark-with-relay", "relay " UDP1 " " TCP2, { ON_SIGNAL }, "" },
};

typedef struct
{
  NiceServers *servers;
  guint code;
  const IceServer *pending[NICE_SERVERS_MAX_TURN]; /* over TCP and TLS */
  guint n_pending, n_ended; /* of them, those that were reached or given up */
} Run;

static void
add_candidate (NiceServers *servers, const gchar *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IceCandidate) candidate = ice_candidate_parse (text, &error);

  g_assert_no_error (error);
  nice_servers_add_candidate (servers, candidate);
}

static NiceServers *
make_servers (const gchar *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  g_autoptr (GPtrArray)
      turn = g_ptr_array_new_with_free_func ((GDestroyNotify) ice_server_free);
  g_autoptr (IceServer) stun = NULL;
  NiceServers *servers;
  guint i;

  for (i = 0; words[i] != NULL; i++) {
    IceServer *server = ice_server_parse (words[i], NULL);

    if (server == NULL) /* "relay" and "ice-tcp" */
      continue;
    server->address = g_strdup (server->host);
    if (server->scheme == ICE_SERVER_STUN)
      stun = server;
    else
      g_ptr_array_add (turn, server);
  }
  servers = nice_servers_new (
      stun, turn, g_strv_contains ((const gchar *const *) words, "ice-tcp"));
  if (g_strv_contains ((const gchar *const *) words, "relay"))
    add_candidate (servers,
        "candidate:9 1 UDP 99 10.0.0.1 50000 typ relay raddr 0.0.0.0 rport 9");
  return servers;
}

static void
take_line (Run *run, const gchar *text)
{
  g_autofree gchar *line = g_strconcat ("Agent 0x1", text, NULL);
  gboolean over = nice_servers_has_gathered (run->servers, TRUE);
  gboolean done = nice_servers_have_others_answered (run->servers);
  gboolean may_ask = nice_servers_may_ask_turn (run->servers);
  NiceTraceEvent event;
  gboolean changed;

  if (g_str_has_prefix (text, " STUN")) {
    run->code = nice_trace_parse_error_code (text);
    g_assert_cmpuint (run->code, !=, 0);
    return;
  }
  g_assert_cmpint (
      nice_trace_parse (line, -1, &event), >, NICE_TRACE_MALFORMED);
  event.error_code = run->code;
  run->code = 0;
  changed = nice_servers_step (run->servers, &event);
  if (!over && nice_servers_has_gathered (run->servers, TRUE))
    g_assert_true (changed);
  if (!done && nice_servers_have_others_answered (run->servers))
    g_assert_true (changed);
  if (!may_ask && nice_servers_may_ask_turn (run->servers))
    g_assert_true (changed);
}

static void
take (Run *run, const gchar *text)
{
  if (strcmp (text, ASK) == 0) {
    const IceServer *server;

    g_assert_true (nice_servers_may_ask_turn (run->servers));
    server = nice_servers_take_next_turn (run->servers);
    g_assert_nonnull (server);
    if (server->transport != ICE_SERVER_TRANSPORT_UDP)
      run->pending[run->n_pending++] = server;
    return;
  }
  if (strcmp (text, PORT) == 0) {
    run->pending[run->n_pending] = nice_servers_take_other_port (run->servers);
    g_assert_nonnull (run->pending[run->n_pending++]);
    return;
  }
  if (strcmp (text, NO_PORT) == 0) {
    g_assert_null (nice_servers_take_other_port (run->servers));
    return;
  }
  if (strcmp (text, MISMATCH) == 0) {
    nice_servers_set_failed (
        run->servers, run->pending[run->n_ended - 1], 437, "");
    return;
  }
  if (strcmp (text, RETRY_LOOP) == 0 || strcmp (text, NO_RETRY_LOOP) == 0) {
    NiceTraceEndpoint from;

    g_assert_cmpint (nice_servers_take_retry_loop (run->servers, &from), ==,
        strcmp (text, RETRY_LOOP) == 0);
    if (strcmp (text, RETRY_LOOP) == 0)
      g_assert_cmpstr (from.address, ==, "10.0.0.1");
    return;
  }
  if (strcmp (text, STALE) == 0) {
    nice_servers_set_failed (
        run->servers, run->pending[run->n_ended - 1], 438, "");
    return;
  }
  if (strcmp (text, REACHED) == 0) {
    nice_servers_set_reached (run->servers, run->pending[run->n_ended++],
        "127.0.0.1", 3478, "10.0.0.7");
    return;
  }
  if (strcmp (text, GIVEN_UP) == 0 || strcmp (text, REDIRECTED) == 0) {
    run->n_ended = MIN (run->n_ended + 1, run->n_pending);
    nice_servers_set_failed (run->servers, run->pending[run->n_ended - 1],
        strcmp (text, REDIRECTED) == 0 ? 300 : 0, "is gone");
    return;
  }
  if (strcmp (text, ASKED) == 0) {
    g_assert_null (nice_servers_take_next_turn (run->servers));
    g_assert_false (nice_servers_may_ask_turn (run->servers));
    return;
  }
  if (text[0] != '-') {
    take_line (run, text);
    return;
  }
  g_assert_true (nice_servers_have_others_answered (run->servers)
      == (strcmp (text, SETTLES) == 0));
  g_assert_true (nice_servers_has_gathered (run->servers, FALSE)
      == (strcmp (text, OVER) == 0));
  g_assert_true (nice_servers_has_gathered (run->servers, TRUE)
      == (strcmp (text, NOT_YET) != 0 && strcmp (text, SETTLES) != 0));
}

static gchar *
describe_failures (NiceServers *servers)
{
  static const gchar *const reasons[] = { "too-many", "not-asked", "no-answer",
    "no-answer-after-challenge", "unauthenticated", "refused", "retry-loop",
    "unreachable", "lost", "unknown" };
  static const gchar *const transports[] = { "udp", "tcp", "tls" };
  g_autoptr (GArray) failures = nice_servers_list_failures (servers);
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < failures->len; i++) {
    const IceServerFailure *failure = &g_array_index (
        failures, IceServerFailure, i);

    g_string_append_printf (text, "%s%s/%s %s", i > 0 ? ", " : "",
        failure->server->host, transports[failure->server->transport],
        reasons[failure->reason]);
    if (failure->reason == ICE_SERVER_FAILURE_REFUSED
        || failure->reason == ICE_SERVER_FAILURE_RETRY_LOOP)
      g_string_append_printf (
          text, " %u %s:%u", failure->code, failure->address, failure->port);
    else
      g_assert_cmpuint (failure->code, ==, 0);
    if (failure->reason == ICE_SERVER_FAILURE_UNREACHABLE)
      g_assert_cmpstr (failure->detail, ==, "is gone");
  }
  return g_string_free (text, FALSE);
}

static void
test_script (gconstpointer data)
{
  const Script *script = data;
  Run run = { .servers = make_servers (script->servers) };
  g_autofree gchar *failures = NULL;
  guint i;

  for (i = 0; script->lines[i] != NULL; i++) {
    g_test_message ("%s", script->lines[i]);
    take (&run, script->lines[i]);
  }
  add_candidate (run.servers, "candidate:1 1 UDP 99 10.0.0.5 5005 typ host");
  add_candidate (
      run.servers, "candidate:2 1 TCP 99 10.0.0.5 9 typ host tcptype active");
  add_candidate (run.servers, "candidate:3 1 UDP 99 2001:db8::5 5005 typ host");
  failures = describe_failures (run.servers);
  g_assert_cmpstr (failures, ==, script->failures);
  nice_servers_free (run.servers);
}

int
main (int argc, char **argv)
{
  gsize i;

  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (scripts); i++) {
    g_autofree gchar *path = g_strconcat (
        "/niceservers/", scripts[i].name, NULL);

    g_test_add_data_func (path, &scripts[i], test_script);
  }
  return g_test_run ();
}
