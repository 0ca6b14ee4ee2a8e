/* gst-ice: explains why a transport failed, and what to do.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "elements/gsticefailure.h"
#include "api/gsticeservers.h"

static gboolean
has_items (GstIceAgent *agent, const gchar *property)
{
  g_auto (GValue) items = G_VALUE_INIT;

  g_object_get_property (G_OBJECT (agent), property, &items);
  return gst_value_array_get_size (&items) > 0;
}

static gboolean
has_turn_server (GstIceAgent *agent)
{
  g_auto (GValue) turn = G_VALUE_INIT;
  g_auto (GValue) entries = G_VALUE_INIT;
  g_autoptr (GPtrArray) servers = NULL;

  g_object_get_property (G_OBJECT (agent), "turn-servers", &turn);
  g_object_get_property (G_OBJECT (agent), "ice-servers", &entries);
  servers = gst_ice_servers_list (NULL, &turn, &entries, FALSE);
  return servers->len > 0;
}

/* The advice if there is no local candidate. */
static const gchar *
explain_no_local (GstIceAgent *agent)
{
  GstIceTransportPolicy policy;

  g_object_get (agent, "ice-transport-policy", &policy, NULL);
  if (policy != GST_ICE_TRANSPORT_POLICY_RELAY)
    return "there is no local candidate; check local-addresses, interfaces "
           "and that the network is up";
  if (!has_turn_server (agent))
    return "there is no local candidate, since ice-transport-policy is relay "
           "and there is no TURN server; set turn-server or ice-servers";
  return "there is no local candidate, since ice-transport-policy is relay "
         "and no TURN server gave one; check turn-servers and ice-servers, "
         "what "
         "ice-candidate-error reports of them, and try transport=tcp";
}

/* The advice if no check succeeded. */
static const gchar *
explain_checks (GstIceAgent *agent)
{
  if (!has_turn_server (agent))
    return "no candidate pair works, every check went unanswered or was "
           "refused; check that remote-ufrag and remote-pwd are the peer's, "
           "that the network lets UDP through, or add a TURN server";
  return "no candidate pair works, every check went unanswered or was refused; "
         "check that remote-ufrag and remote-pwd are the peer's, that the "
         "network lets UDP through, or that there is a TURN server with "
         "transport=tcp, and what ice-candidate-error reports of it";
}

/* (transfer full) */
static gchar *
explain_expiry (GstIceAgent *agent)
{
  guint timeout;

  g_object_get (agent, "failed-timeout", &timeout, NULL);
  return g_strdup_printf (
      "the peer has not answered for failed-timeout (%u ms): it has ended, or "
      "the path to it is lost; where it may come back, call restart, or set "
      "restart-on=failed",
      timeout);
}

/* Returns: (transfer full): %NULL if no pair ever worked */
static gchar *
explain_loss (GstIceAgent *agent, IceReason reason)
{
  switch (reason) {
    case ICE_REASON_CONSENT_EXPIRED:
      return explain_expiry (agent);
    case ICE_REASON_CONSENT_REVOKED:
      return g_strdup ("the peer answered that it does not want to receive any "
                       "more (403, RFC 7675); if that is a mistake, call "
                       "restart and signal anew");
    case ICE_REASON_SOCKET_ERROR:
      return g_strdup ("the selected pair's socket failed; check that its "
                       "address and interface are still there, and call "
                       "restart, or set restart-on=failed");
    case ICE_REASON_CHECKS:
    case ICE_REASON_END_OF_CANDIDATES:
    case ICE_REASON_CONSENT_RESPONSE:
    case ICE_REASON_CONSENT_MISSING:
    case ICE_REASON_CHECKS_EXHAUSTED:
    case ICE_REASON_RESTART:
    case ICE_REASON_CLOSED:
      break;
  }
  return NULL;
}

static gboolean
has_pairs (GstIceTransport *transport)
{
  g_auto (GValue) pairs = G_VALUE_INIT;

  g_object_get_property (G_OBJECT (transport), "candidate-pairs", &pairs);
  return gst_value_array_get_size (&pairs) > 0;
}

static gchar *
explain_no_path (GstIceAgent *agent, GstIceTransport *transport)
{
  g_autofree gchar *no_pair = NULL;

  if (!has_items (agent, "local-candidates"))
    return g_strdup (explain_no_local (agent));
  if (!has_pairs (transport))
    no_pair = gst_ice_session_explain_no_pair (
        gst_ice_agent_get_session (agent),
        gst_ice_transport_get_stream (transport),
        gst_ice_transport_get_component (transport));
  return no_pair != NULL ? g_steal_pointer (&no_pair)
                         : g_strdup (explain_checks (agent));
}

/**
 * gst_ice_failure_describe:
 * @agent: an agent
 * @transport: its transport, whose state is "failed"
 *
 * Any thread.
 *
 * Returns: (transfer full): an error that names the transport, the cause and
 * the advice
 */
GError *
gst_ice_failure_describe (GstIceAgent *agent, GstIceTransport *transport)
{
  IceReason reason = gst_ice_transport_get_reason (transport);
  g_autofree gchar *why = explain_loss (agent, reason);

  if (why == NULL)
    why = explain_no_path (agent, transport);
  return g_error_new (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
      "ICE failed on stream %u component %u (%s): %s",
      gst_ice_transport_get_stream (transport),
      gst_ice_transport_get_component (transport),
      ice_reason_to_string (reason), why);
}
