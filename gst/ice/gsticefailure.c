/* gst-ice: a transport that failed: why, and what to do.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticefailure.h"

static gboolean
has_items (GstIceAgent *agent, const gchar *property)
{
  g_auto (GValue) items = G_VALUE_INIT;

  g_object_get_property (G_OBJECT (agent), property, &items);
  return gst_value_array_get_size (&items) > 0;
}

/* What to do where no check succeeded, or none could be made. */
static const gchar *
explain_checks (GstIceAgent *agent)
{
  gboolean has_turn = has_items (agent, "turn-servers");
  GstIceTransportPolicy policy;

  g_object_get (agent, "ice-transport-policy", &policy, NULL);
  if (!has_items (agent, "local-candidates")) {
    if (policy != GST_ICE_TRANSPORT_POLICY_RELAY)
      return "there is no local candidate; check local-addresses, interfaces "
             "and that the network is up";
    if (!has_turn)
      return "there is no local candidate, since ice-transport-policy is relay "
             "and there is no TURN server; set turn-server";
    return "there is no local candidate, since ice-transport-policy is relay "
           "and no TURN server gave one; check turn-servers, what "
           "ice-candidate-error says of them, and try transport=tcp";
  }
  if (!has_items (agent, "remote-candidates"))
    return "the peer told no candidate; check its servers and the signalling";
  if (!has_turn)
    return "no candidate pair works, every check went unanswered or was "
           "refused; check that remote-ufrag and remote-pwd are the peer's, "
           "that the network lets UDP through, or add a TURN server";
  return "no candidate pair works, every check went unanswered or was refused; "
         "check that remote-ufrag and remote-pwd are the peer's, that the "
         "network lets UDP through, or that there is a TURN server with "
         "transport=tcp, and what ice-candidate-error says of it";
}

static const gchar *
explain (GstIceAgent *agent, IceReason reason)
{
  switch (reason) {
    case ICE_REASON_CONSENT_EXPIRED:
      return "the peer has not answered for failed-timeout; it is gone, or the "
             "path to it is";
    case ICE_REASON_CONSENT_REVOKED:
      return "the peer does not want to receive any more";
    case ICE_REASON_SOCKET_ERROR:
      return "the selected pair's socket failed";
    case ICE_REASON_CHECKS:
    case ICE_REASON_END_OF_CANDIDATES:
    case ICE_REASON_CONSENT_RESPONSE:
    case ICE_REASON_CONSENT_MISSING:
    case ICE_REASON_CHECKS_EXHAUSTED:
    case ICE_REASON_RESTART:
    case ICE_REASON_CLOSED:
      break;
  }
  return explain_checks (agent);
}

/**
 * gst_ice_failure_describe:
 * @agent: an agent
 * @transport: its transport, whose state is "failed"
 *
 * Any thread.
 *
 * Returns: (transfer full): which one failed, why, and what to do
 */
GError *
gst_ice_failure_describe (GstIceAgent *agent, GstIceTransport *transport)
{
  IceReason reason = gst_ice_transport_get_reason (transport);

  return g_error_new (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
      "ICE failed on stream %u component %u (%s): %s",
      gst_ice_transport_get_stream (transport),
      gst_ice_transport_get_component (transport),
      ice_reason_to_string (reason), explain (agent, reason));
}
