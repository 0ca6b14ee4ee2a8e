/* gst-ice: a backend's reports about one component, for the session.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "component/gsticetransport.h"
#include "api/gsticeenumtypes.h"
#include "api/gsticepair.h"

static void
accept_from (GstIceTransport *self, const gchar *address, guint16 port)
{
  gst_ice_peer_addresses_add (gst_ice_datapath_get_peer_addresses (
                                  gst_ice_transport_get_datapath (self)),
      address, port);
}

/**
 * gst_ice_transport_report_candidate:
 * @self: a transport
 * @candidate: a local candidate, in gathering order
 *
 * I/O thread.
 */
void
gst_ice_transport_report_candidate (
    GstIceTransport *self, const IceCandidate *candidate)
{
  gpointer data;
  const GstIceTransportObserver *observer = gst_ice_transport_get_observer (
      self, &data);

  if (observer != NULL)
    observer->candidate (self, candidate, data);
}

/**
 * gst_ice_transport_report_gathered:
 * @self: a transport
 *
 * I/O thread. No more local candidates will come.
 */
void
gst_ice_transport_report_gathered (GstIceTransport *self)
{
  gpointer data;
  const GstIceTransportObserver *observer = gst_ice_transport_get_observer (
      self, &data);

  if (observer != NULL)
    observer->gathered (self, data);
}

/**
 * gst_ice_transport_report_event:
 * @self: a transport
 * @event: an event
 *
 * I/O thread.
 */
void
gst_ice_transport_report_event (GstIceTransport *self, IceEvent event)
{
  gpointer data;
  const GstIceTransportObserver *observer = gst_ice_transport_get_observer (
      self, &data);

  if (observer != NULL)
    observer->event (self, event, data);
}

/**
 * gst_ice_transport_report_selected_pair:
 * @self: a transport
 * @local: the pair's local candidate
 * @remote: the pair's remote candidate
 * @nominated: whether the controlling agent has nominated it; otherwise it is a
 *   valid pair that is used until one is nominated (RFC 8445 section 12.1.1)
 *
 * I/O thread. Reports that media uses this pair now.
 */
void
gst_ice_transport_report_selected_pair (GstIceTransport *self,
    const IceCandidate *local, const IceCandidate *remote, gboolean nominated)
{
  gpointer data;
  const GstIceTransportObserver *observer = gst_ice_transport_get_observer (
      self, &data);
  GstStructure *pair;

  accept_from (self, remote->address, remote->port);
  if (observer == NULL)
    return;
  pair = gst_ice_pair_new_structure (gst_ice_transport_get_stream (self),
      gst_ice_transport_get_component (self),
      gst_ice_transport_pairs_get_generation (
          gst_ice_transport_get_pairs (self)),
      local, remote, GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED, nominated, TRUE);
  gst_ice_pair_set_priority (pair, gst_ice_transport_get_role (self),
      local->priority, remote->priority);
  observer->selected_pair (self, pair, nominated, data);
  gst_structure_free (pair);
}

/**
 * gst_ice_transport_report_nominated:
 * @self: a transport
 *
 * I/O thread. Reports that the selected pair has been nominated.
 */
void
gst_ice_transport_report_nominated (GstIceTransport *self)
{
  gst_ice_transport_pairs_set_nominated (gst_ice_transport_get_pairs (self));
  gst_ice_transport_report_event (self, ICE_EVENT_PAIR_USABLE);
}

/* Accepts data from the remote address of a pair that succeeded. */
static void
trust_source (GstIceTransport *self, const GstStructure *pair)
{
  GstIceCandidatePairState state;
  const gchar *address = gst_structure_get_string (pair, "remote-address");
  guint port;

  if (address != NULL
      && gst_structure_get_enum (
          pair, "state", GST_TYPE_ICE_CANDIDATE_PAIR_STATE, (gint *) &state)
      && state == GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED
      && gst_structure_get_uint (pair, "remote-port", &port))
    accept_from (self, address, (guint16) port);
}

/**
 * gst_ice_transport_report_pair:
 * @self: a transport
 * @pair: a changed pair
 * @is_state: whether it is new, or its state or nomination has changed
 *
 * I/O thread.
 */
void
gst_ice_transport_report_pair (
    GstIceTransport *self, const GstStructure *pair, gboolean is_state)
{
  gpointer data;
  const GstIceTransportObserver *observer = gst_ice_transport_get_observer (
      self, &data);

  trust_source (self, pair);
  if (observer != NULL)
    observer->pair (self, pair, is_state, data);
}

/**
 * gst_ice_transport_report_role:
 * @self: a transport
 * @role: the role after a conflict, RFC 8445 section 7.3.1.1
 *
 * I/O thread.
 */
void
gst_ice_transport_report_role (GstIceTransport *self, GstIceRole role)
{
  gpointer data;
  const GstIceTransportObserver *observer = gst_ice_transport_get_observer (
      self, &data);

  if (observer != NULL)
    observer->role (self, role, data);
}

/**
 * gst_ice_transport_report_checked:
 * @self: a transport
 *
 * I/O thread. Reports that the peer has sent a check with our password, whether
 * or not its credentials are known here.
 */
void
gst_ice_transport_report_checked (GstIceTransport *self)
{
  gpointer data;
  const GstIceTransportObserver *observer = gst_ice_transport_get_observer (
      self, &data);

  if (observer != NULL)
    observer->checked (self, data);
}

/**
 * gst_ice_transport_report_candidate_error:
 * @self: a transport
 * @error: what went wrong with a server or a candidate
 *
 * I/O thread.
 */
void
gst_ice_transport_report_candidate_error (
    GstIceTransport *self, const GstIceCandidateError *error)
{
  gpointer data;
  const GstIceTransportObserver *observer = gst_ice_transport_get_observer (
      self, &data);

  if (observer != NULL)
    observer->candidate_error (self, error, data);
}

/**
 * gst_ice_transport_report_problem:
 * @self: a transport
 * @error: what went wrong
 * @fatal: whether the transport cannot go on
 *
 * I/O thread.
 */
void
gst_ice_transport_report_problem (
    GstIceTransport *self, const GError *error, gboolean fatal)
{
  gpointer data;
  const GstIceTransportObserver *observer = gst_ice_transport_get_observer (
      self, &data);

  if (observer != NULL)
    observer->problem (self, error, fatal, data);
}

/**
 * gst_ice_transport_report_closed:
 * @self: a transport
 *
 * I/O thread. Reports that GstIceTransportClass.close() is complete.
 */
void
gst_ice_transport_report_closed (GstIceTransport *self)
{
  gpointer data;
  const GstIceTransportObserver *observer = gst_ice_transport_get_observer (
      self, &data);

  if (observer != NULL)
    observer->closed (self, data);
}

/**
 * gst_ice_transport_report_offload_active:
 * @self: a transport
 * @direction: receive or send
 * @active: whether its datagrams use media sockets now
 *
 * I/O thread.
 */
void
gst_ice_transport_report_offload_active (
    GstIceTransport *self, GstIceDirection direction, gboolean active)
{
  if (gst_ice_datapath_set_offload_active (
          gst_ice_transport_get_datapath (self), direction, active))
    g_object_notify (G_OBJECT (self),
        direction == GST_ICE_DIRECTION_RECEIVE ? "receive-offload-active"
                                               : "send-offload-active");
}
