/* gst-ice: why a STUN or TURN server gave no candidate.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceserverfailure.h"
#include "candidates/iceaddress.h"

#define CHECK_CREDENTIALS                                                      \
  "check the user name and the password, and that they have not expired"

/* RFC 8489 section 19.3.1, RFC 8656 section 19; libnice does not show the
 * server's own reason phrase. */
static const struct
{
  guint code;
  const gchar *phrase;
  const gchar *advice;
} codes[] = {
  { 300, "Try Alternate", "name that other server instead" },
  { 400, "Bad Request", "check that it is a server of this kind" },
  { 401, "Unauthenticated", CHECK_CREDENTIALS },
  { 403, "Forbidden", "it does not serve this user or this address" },
  { 420, "Unknown Attribute", "check that it is a server of this kind" },
  { 437, "Allocation Mismatch",
      "it still holds an older allocation; try later" },
  { 438, "Stale Nonce", "it did not accept its own nonce" },
  { 440, "Address Family not Supported", "use another server" },
  { 441, "Wrong Credentials", CHECK_CREDENTIALS },
  { 442, "Unsupported Transport Protocol", "use another server" },
  { 486, "Allocation Quota Reached",
      "this user has too many relay candidates there; end other calls or "
      "raise its quota" },
  { 500, "Server Error", "try later or use another server" },
  { 508, "Insufficient Capacity",
      "it has no relay port left; try later or use another server" },
};

static gboolean
is_stun (const IceServer *server)
{
  return server->scheme == ICE_SERVER_STUN
      || server->scheme == ICE_SERVER_STUNS;
}

/* Not its URI: that carries the user name, which is not needed here. */
static void
add_name (GString *text, const IceServer *server)
{
  gboolean bracket = ice_address_kind (server->host) == ICE_ADDRESS_IPV6;

  g_string_append_printf (text, "the %s server \"%s%s%s:%u\" ",
      is_stun (server) ? "STUN" : "TURN", bracket ? "[" : "", server->host,
      bracket ? "]" : "", server->port);
}

static void
add_no_answer (GString *text, const IceServer *server)
{
  if (server->transport == ICE_SERVER_TRANSPORT_TLS)
    g_string_append (text,
        "closed the TLS connection or did not answer: check that it is a TURN "
        "server");
  else if (server->transport != ICE_SERVER_TRANSPORT_UDP)
    g_string_append (text,
        "closed the TCP connection or did not answer: check that it is a TURN "
        "server");
  else if (is_stun (server))
    g_string_append (text,
        "did not answer: check host and port, and that no firewall drops UDP "
        "to it");
  else
    g_string_append (text,
        "did not answer over UDP: check host and port; where a firewall drops "
        "UDP, try transport=tcp");
}

static void
add_refused (GString *text, const IceServer *server, guint code)
{
  gsize i;

  if (code == 0) {
    g_string_append_printf (text,
        "refused the request with an unknown error code: %s",
        is_stun (server) ? "check that it is a STUN server"
                         : CHECK_CREDENTIALS);
    return;
  }
  for (i = 0; i < G_N_ELEMENTS (codes); i++)
    if (codes[i].code == code) {
      gboolean credentials = g_str_equal (codes[i].advice, CHECK_CREDENTIALS);

      g_string_append_printf (text, "answered %u (%s): %s", code,
          codes[i].phrase,
          credentials && is_stun (server)
              ? "it requires a user name and a password, which a STUN server's "
                "URI cannot contain; use another server"
              : codes[i].advice);
      return;
    }
  g_string_append_printf (text, "answered with error %u", code);
}

static void
add_retry_loop (GString *text, guint code)
{
  const gchar *phrase = NULL;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (codes); i++)
    if (codes[i].code == code)
      phrase = codes[i].phrase;
  g_string_append_printf (text, "answered %u", code);
  if (phrase != NULL)
    g_string_append_printf (text, " (%s)", phrase);
  g_string_append (text,
      " again and again, each time asking for another request, and was given "
      "up: ask its operator, or use another server");
}

/* An answer that gives no candidate. */
static void
add_answer (GString *text, const IceServerFailure *failure)
{
  if (failure->reason == ICE_SERVER_FAILURE_INVALID)
    g_string_append (text,
        "sent answers that are not valid STUN messages: check that it is a "
        "STUN server");
  else if (failure->reason == ICE_SERVER_FAILURE_OTHER_SOURCE)
    g_string_append_printf (text,
        "did not answer from its own address but from %s, which is ignored: "
        "use "
        "that address, or ask its operator to let it answer from the address "
        "that the request was sent to",
        failure->detail);
  else if (failure->reason == ICE_SERVER_FAILURE_NO_ADDRESS)
    g_string_append (
        text, "answered without an address: check that it is a STUN server");
  else if (failure->reason == ICE_SERVER_FAILURE_UNUSABLE_ADDRESS)
    g_string_append_printf (text,
        "reports %s as our address, where no host can be reached: use another "
        "server",
        failure->detail);
  else
    g_string_append_printf (text,
        "answered with the attribute %s, which is comprehension-required and "
        "unknown: use another server",
        failure->detail);
}

/**
 * ice_server_failure_to_string:
 * @failure: what went wrong
 *
 * Any thread. Neither the user name nor the password is in the text.
 *
 * Returns: (transfer full): what failed, why, and what to do
 */
gchar *
ice_server_failure_to_string (const IceServerFailure *failure)
{
  const IceServer *server = failure->server;
  GString *text = g_string_new (NULL);

  add_name (text, server);
  switch (failure->reason) {
    case ICE_SERVER_FAILURE_TOO_MANY:
      g_string_append (text, "was not used: there are too many servers");
      break;
    case ICE_SERVER_FAILURE_NOT_ASKED:
      g_string_append (text,
          "could not be reached: there is no route to it, or no local address "
          "of its IP version");
      break;
    case ICE_SERVER_FAILURE_NO_ANSWER:
      add_no_answer (text, server);
      break;
    case ICE_SERVER_FAILURE_NO_ANSWER_AFTER_CHALLENGE:
      g_string_append (text,
          "asked for a user name and password and then did not answer, or "
          "granted an allocation that expires within 30 s, which is too "
          "short: try again or use another server");
      break;
    case ICE_SERVER_FAILURE_UNAUTHENTICATED_ERROR:
      g_string_append (text,
          "answered with an error that is not authenticated, so its code is "
          "not trusted: ask its operator whether it serves this user and this "
          "address");
      break;
    case ICE_SERVER_FAILURE_REFUSED:
      add_refused (text, server, failure->code);
      break;
    case ICE_SERVER_FAILURE_RETRY_LOOP:
      add_retry_loop (text, failure->code);
      break;
    case ICE_SERVER_FAILURE_UNREACHABLE:
    case ICE_SERVER_FAILURE_LOST:
      g_string_append (text, failure->detail);
      break;
    case ICE_SERVER_FAILURE_INVALID:
    case ICE_SERVER_FAILURE_OTHER_SOURCE:
    case ICE_SERVER_FAILURE_NO_ADDRESS:
    case ICE_SERVER_FAILURE_UNUSABLE_ADDRESS:
    case ICE_SERVER_FAILURE_UNKNOWN_ATTRIBUTE:
      add_answer (text, failure);
      break;
    case ICE_SERVER_FAILURE_UNKNOWN:
      g_string_append (text,
          "gave no relay candidate: it does not answer, or it refuses the user "
          "name and the password");
      break;
  }
  g_string_append (text,
      failure->reason == ICE_SERVER_FAILURE_LOST
          ? "; its relayed candidate is lost, and an ICE restart gathers a new "
            "one"
          : "; gathering continued without it");
  return g_string_free (text, FALSE);
}
