/* gst-ice: test of iceserverfailure: each failure's words, and no secret.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceserverfailure.h"
#include <string.h>

#define SECRET "hunter2"
#define STUN_URI "stun:stun.example.com"
#define UDP_URI "turn://alice:" SECRET "@192.0.2.1"
#define TCP_URI "turn://alice:" SECRET "@[2001:db8::1]:80?transport=tcp"

#define TOO_MANY ICE_SERVER_FAILURE_TOO_MANY
#define UNAUTHENTICATED_ERROR ICE_SERVER_FAILURE_UNAUTHENTICATED_ERROR
#define NOT_ASKED ICE_SERVER_FAILURE_NOT_ASKED
#define NO_ANSWER ICE_SERVER_FAILURE_NO_ANSWER
#define NO_ANSWER_AFTER_CHALLENGE ICE_SERVER_FAILURE_NO_ANSWER_AFTER_CHALLENGE
#define RETRY_LOOP ICE_SERVER_FAILURE_RETRY_LOOP
#define REFUSED ICE_SERVER_FAILURE_REFUSED
#define UNKNOWN ICE_SERVER_FAILURE_UNKNOWN

static const struct
{
  const gchar *uri;
  IceServerFailureReason reason;
  guint code;
  const gchar *text;
  const gchar *detail;
} failures[] = {
  { STUN_URI, NO_ANSWER, 0,
      "the STUN server \"stun.example.com:3478\" did not answer: check "
      "host and port, and that no firewall drops UDP to it; gathering "
      "continued "
      "without it" },
  { UDP_URI, NO_ANSWER, 0,
      "the TURN server \"192.0.2.1:3478\" did not answer over UDP: check "
      "host and port; where a firewall drops UDP, try transport=tcp; "
      "gathering continued without it" },
  { TCP_URI, NO_ANSWER, 0,
      "the TURN server \"[2001:db8::1]:80\" closed the TCP connection "
      "or did not answer: check that it is a TURN server; gathering continued "
      "without it" },
  { TCP_URI, ICE_SERVER_FAILURE_LOST, 0,
      "the TURN server \"[2001:db8::1]:80\" closed the TCP connection; its "
      "relayed candidate is lost, and an ICE restart gathers a new one",
      "closed the TCP connection" },
  { TCP_URI, NOT_ASKED, 0,
      "the TURN server \"[2001:db8::1]:80\" could not be reached: there is "
      "no route to it, or no local address of its IP version; gathering "
      "continued without it" },
  { UDP_URI, TOO_MANY, 0,
      "the TURN server \"192.0.2.1:3478\" was not used: there are too many "
      "servers; gathering continued without it" },
  { UDP_URI, UNAUTHENTICATED_ERROR, 0,
      "the TURN server \"192.0.2.1:3478\" answered with an error that is not "
      "authenticated, so its code is not trusted: ask its operator whether "
      "it "
      "serves this user and this address; gathering continued without it" },
  { UDP_URI, NO_ANSWER_AFTER_CHALLENGE, 0,
      "the TURN server \"192.0.2.1:3478\" asked for a user name and "
      "password and then did not answer, or granted an allocation that "
      "expires within 30 s, which is too short: try again or use another "
      "server; "
      "gathering continued without it" },
  { UDP_URI, REFUSED, 401,
      "the TURN server \"192.0.2.1:3478\" answered 401 (Unauthenticated): "
      "check the user name and the password, and that they have "
      "not expired; gathering continued without it" },
  { UDP_URI, RETRY_LOOP, 438,
      "the TURN server \"192.0.2.1:3478\" answered 438 (Stale Nonce) again "
      "and again, each time asking for another request, and was given up: "
      "ask its operator, or use another server; gathering continued without "
      "it" },
  { TCP_URI, RETRY_LOOP, 399,
      "the TURN server \"[2001:db8::1]:80\" answered 399 again and again, "
      "each time asking for another request, and was given up: ask its "
      "operator, or use another server; gathering continued without it" },
  { UDP_URI, REFUSED, 486,
      "the TURN server \"192.0.2.1:3478\" answered 486 (Allocation Quota "
      "Reached): this user has too many relay candidates there; end other "
      "calls or raise its quota; gathering continued without it" },
  { STUN_URI, REFUSED, 500,
      "the STUN server \"stun.example.com:3478\" answered 500 (Server "
      "Error): try later or use another server; gathering continued without "
      "it" },
  { UDP_URI, REFUSED, 699,
      "the TURN server \"192.0.2.1:3478\" answered with error 699; "
      "gathering continued without it" },
  { UDP_URI, REFUSED, 0,
      "the TURN server \"192.0.2.1:3478\" refused the request with an "
      "unknown error code: check the user name and the password, "
      "and that "
      "they have not expired; gathering continued without it" },
  { UDP_URI, UNKNOWN, 0,
      "the TURN server \"192.0.2.1:3478\" gave no relay candidate: it does "
      "not answer, or it refuses the user name and the password; gathering "
      "continued without it" },
  { STUN_URI, REFUSED, 401,
      "the STUN server \"stun.example.com:3478\" answered 401 "
      "(Unauthenticated): it requires a user name and a password, which a "
      "STUN server's URI cannot contain; use another server; gathering "
      "continued "
      "without it" },
  { STUN_URI, REFUSED, 0,
      "the STUN server \"stun.example.com:3478\" refused the request with an "
      "unknown error code: check that it is a STUN server; gathering continued "
      "without it" },
  { STUN_URI, ICE_SERVER_FAILURE_INVALID, 0,
      "the STUN server \"stun.example.com:3478\" sent answers that are not "
      "valid STUN messages: check that it is a STUN server; gathering "
      "continued "
      "without it" },
  { STUN_URI, ICE_SERVER_FAILURE_OTHER_SOURCE, 0,
      "the STUN server \"stun.example.com:3478\" did not answer from its own "
      "address but from 192.0.2.9 port 5, which is ignored: use that "
      "address, or ask its operator to let it answer from the address that "
      "the request was sent to; "
      "gathering continued without it",
      "192.0.2.9 port 5" },
  { STUN_URI, ICE_SERVER_FAILURE_NO_ADDRESS, 0,
      "the STUN server \"stun.example.com:3478\" answered without an "
      "address: check that it is a STUN server; gathering continued without "
      "it" },
  { STUN_URI, ICE_SERVER_FAILURE_UNUSABLE_ADDRESS, 0,
      "the STUN server \"stun.example.com:3478\" reports 0.0.0.0 port 5 "
      "as our address, where no host can be reached: use another server; "
      "gathering "
      "continued without it",
      "0.0.0.0 port 5" },
  { STUN_URI, ICE_SERVER_FAILURE_UNKNOWN_ATTRIBUTE, 0,
      "the STUN server \"stun.example.com:3478\" answered with the "
      "attribute 0x7FF0, which is comprehension-required and unknown: use "
      "another "
      "server; gathering continued without it",
      "0x7FF0" },
};

static void
test_words (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (failures); i++) {
    g_autoptr (IceServer) server = ice_server_parse (failures[i].uri, NULL);
    const IceServerFailure failure = {
      .server = server,
      .reason = failures[i].reason,
      .code = failures[i].code,
      .detail = failures[i].detail,
    };
    g_autofree gchar *text = ice_server_failure_to_string (&failure);

    g_assert_cmpstr (text, ==, failures[i].text);
  }
}

/* Whatever a server answers: words, and neither user name nor password. */
static void
test_every_code (void)
{
  g_autoptr (IceServer) server = ice_server_parse (TCP_URI, NULL);
  guint code, reason;

  for (reason = TOO_MANY; reason <= ICE_SERVER_FAILURE_UNKNOWN_ATTRIBUTE;
       reason++)
    for (code = 0; code < 700; code++) {
      const IceServerFailure failure = { server, reason, code, NULL, 0,
        "is not to be reached" };
      g_autofree gchar *text = ice_server_failure_to_string (&failure);
      g_autofree gchar *number = g_strdup_printf (" %u", code);

      g_assert_null (strstr (text, SECRET));
      g_assert_null (strstr (text, "alice"));
      g_assert_nonnull (strstr (text, "[2001:db8::1]:80"));
      if (reason == REFUSED && code != 0)
        g_assert_nonnull (strstr (text, number));
    }
}

/* RFC 8489 section 19.3.1 and RFC 8656 section 19; other codes have none. */
static const struct
{
  guint code;
  const gchar *phrase;
} phrases[] = { { 300, "Try Alternate" }, { 400, "Bad Request" },
  { 401, "Unauthenticated" }, { 403, "Forbidden" },
  { 420, "Unknown Attribute" }, { 437, "Allocation Mismatch" },
  { 438, "Stale Nonce" }, { 440, "Address Family not Supported" },
  { 441, "Wrong Credentials" }, { 442, "Unsupported Transport Protocol" },
  { 486, "Allocation Quota Reached" }, { 500, "Server Error" },
  { 508, "Insufficient Capacity" } };

static void
test_phrases (void)
{
  g_autoptr (IceServer) server = ice_server_parse (UDP_URI, NULL);
  guint code, known = 0;

  for (code = 1; code < 700; code++) {
    const IceServerFailure failure = { server, REFUSED, code, NULL, 0, NULL };
    g_autofree gchar *text = ice_server_failure_to_string (&failure);
    g_autofree gchar *expected = NULL;

    if (known < G_N_ELEMENTS (phrases) && phrases[known].code == code)
      expected = g_strdup_printf (
          "\" answered %u (%s): ", code, phrases[known++].phrase);
    else
      expected = g_strdup_printf ("\" answered with error %u; ", code);
    g_assert_nonnull (strstr (text, expected));
  }
  g_assert_cmpuint (known, ==, G_N_ELEMENTS (phrases));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/iceserverfailure/words", test_words);
  g_test_add_func ("/iceserverfailure/every-code", test_every_code);
  g_test_add_func ("/iceserverfailure/phrases", test_phrases);
  return g_test_run ();
}
