/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One component of one stream, as RTCIceTransport: states and selected pair; it
 * owns the datapath. Abstract: a backend checks candidates, sends and receives
 * datagrams and reports events. */
#pragma once

#include <gst/gst.h>
#include <gio/gio.h>
#include "datapath/gsticedatapath.h"
#include "component/gsticeamplification.h"
#include "component/gsticetransportpairs.h"
#include "api/gsticesettings.h"
#include "candidates/icecandidate.h"
#include "model/iceserver.h"
#include "model/icestate.h"

G_BEGIN_DECLS

#define GST_TYPE_ICE_TRANSPORT (gst_ice_transport_get_type ())
G_DECLARE_DERIVABLE_TYPE (
    GstIceTransport, gst_ice_transport, GST, ICE_TRANSPORT, GstObject)

/* What a backend gathers with; servers have numeric addresses. */
typedef struct
{
  const GstIceSettings *settings;
  const gchar *local_ufrag;
  const gchar *local_password;
  GstIceRole role;
  const IceServer *stun_server; /* nullable */
  GPtrArray *turn_servers;      /* of IceServer */
  /* nullable: the backend has one of its own */
  GstIceAmplification *amplification;
} GstIceGatherOptions;

/**
 * GstIceTransportClass:
 * @gather: I/O thread: gather; reports candidates, then gathered or a problem
 * @set_remote_credentials: I/O thread
 * @add_remote_candidate: I/O thread: only after credentials
 * @remote_end_of_candidates: (nullable): I/O thread
 * @restart: I/O thread: begin again with these local credentials and without
 *   remote ones; media continues over the selected pair. Gathers again if that
 *   helps, otherwise reports its candidates again; then gathered
 * @end_call: (nullable): I/O thread: forget the peer and all candidates, and
 * free the ports; gather() follows
 * @set_socket_options: (nullable): I/O thread: before or after gathering; no
 *   options: no element uses that direction any more
 * @silence_ended: (nullable): any thread, never blocks: a datagram of a silent
 * peer has arrived
 * @list_pairs: (nullable): any thread: (transfer full): all pairs as
 * structures; %NULL if they are not known
 * @count_filtered: (nullable): any thread: the number of datagrams dropped
 * before the backend, except those of gst_ice_datapath_count_filtered()
 * @close: I/O thread: close, then
 * gst_ice_transport_report_closed(), at once or later
 * @send: any thread, never blocks: sends datagrams until one cannot be sent.
 *   Returns the number sent; if fewer than n, error is set
 *   (%G_IO_ERROR_WOULD_BLOCK: try again; others: that datagram can't be
 * sent).
 */
struct _GstIceTransportClass
{
  GstObjectClass parent_class;

  void (*gather) (
      GstIceTransport *transport, const GstIceGatherOptions *options);
  void (*set_remote_credentials) (
      GstIceTransport *transport, const gchar *ufrag, const gchar *password);
  void (*add_remote_candidate) (
      GstIceTransport *transport, const IceCandidate *candidate);
  void (*remote_end_of_candidates) (GstIceTransport *transport);
  void (*restart) (
      GstIceTransport *transport, const GstIceGatherOptions *options);
  void (*end_call) (GstIceTransport *transport);
  void (*set_socket_options) (GstIceTransport *transport,
      GstIceDirection direction, const GstIceSocketOptions *options);
  void (*silence_ended) (GstIceTransport *transport);
  GPtrArray *(*list_pairs) (GstIceTransport *transport);
  guint64 (*count_filtered) (GstIceTransport *transport);
  void (*close) (GstIceTransport *transport);
  guint (*send) (GstIceTransport *transport, const GstIceDatagram *datagrams,
      guint n, GError **error);
};

/* RTCPeerConnectionIceErrorEvent; texts are NULL if not known. */
typedef struct
{
  const gchar *address; /* the local address that a server refused */
  guint16 port;         /* 0 if not known */
  const gchar *url;     /* without a password */
  guint code;           /* STUN error code, or GST_ICE_ERROR_CODE_UNREACHABLE */
  const gchar *text;
} GstIceCandidateError;

/* W3C webrtc-pc section 4.8.2: the server could not be reached */
#define GST_ICE_ERROR_CODE_UNREACHABLE 701

/* Called with a backend's reports, for the session. I/O thread. */
typedef struct
{
  void (*candidate) (GstIceTransport *transport, const IceCandidate *candidate,
      gpointer observer);
  void (*gathered) (GstIceTransport *transport, gpointer observer);
  void (*event) (GstIceTransport *transport, IceEvent event, gpointer observer);
  void (*selected_pair) (GstIceTransport *transport, const GstStructure *pair,
      gboolean nominated, gpointer observer);
  /* is_state: the pair is new, or its state or nomination changed */
  void (*pair) (GstIceTransport *transport, const GstStructure *pair,
      gboolean is_state, gpointer observer);
  void (*role) (GstIceTransport *transport, GstIceRole role, gpointer observer);
  /* the peer's first check in a generation has arrived */
  void (*checked) (GstIceTransport *transport, gpointer observer);
  void (*candidate_error) (GstIceTransport *transport,
      const GstIceCandidateError *error, gpointer observer);
  void (*problem) (GstIceTransport *transport, const GError *error,
      gboolean fatal, gpointer observer);
  void (*closed) (GstIceTransport *transport, gpointer observer);
} GstIceTransportObserver;

/* for backends, I/O thread */
void gst_ice_transport_report_candidate (
    GstIceTransport *transport, const IceCandidate *candidate);
void gst_ice_transport_report_gathered (GstIceTransport *transport);
void gst_ice_transport_report_event (
    GstIceTransport *transport, IceEvent event);
void gst_ice_transport_report_selected_pair (GstIceTransport *transport,
    const IceCandidate *local, const IceCandidate *remote, gboolean nominated);
void gst_ice_transport_report_nominated (GstIceTransport *transport);
void gst_ice_transport_report_pair (
    GstIceTransport *transport, const GstStructure *pair, gboolean is_state);
void gst_ice_transport_report_role (
    GstIceTransport *transport, GstIceRole role);
void gst_ice_transport_report_checked (GstIceTransport *transport);
void gst_ice_transport_report_candidate_error (
    GstIceTransport *transport, const GstIceCandidateError *error);
void gst_ice_transport_set_timeouts (GstIceTransport *transport,
    guint disconnected_timeout, guint failed_timeout);
void gst_ice_transport_report_problem (
    GstIceTransport *transport, const GError *error, gboolean fatal);
void gst_ice_transport_report_closed (GstIceTransport *transport);
void gst_ice_transport_report_offload_active (
    GstIceTransport *transport, GstIceDirection direction, gboolean active);
/* for backends, any thread */
gint64 gst_ice_transport_get_last_life (GstIceTransport *transport);

/* for the session, I/O thread */
void gst_ice_transport_set_observer (GstIceTransport *transport,
    const GstIceTransportObserver *callbacks, gpointer observer);
void gst_ice_transport_set_role (GstIceTransport *transport, GstIceRole role);
void gst_ice_transport_set_end_timeout (
    GstIceTransport *transport, guint end_timeout);
void gst_ice_transport_gather (
    GstIceTransport *transport, const GstIceGatherOptions *options);
void gst_ice_transport_set_remote_credentials (
    GstIceTransport *transport, const gchar *ufrag, const gchar *password);
void gst_ice_transport_add_remote_candidate (
    GstIceTransport *transport, const IceCandidate *candidate);
void gst_ice_transport_remote_end_of_candidates (GstIceTransport *transport);
void gst_ice_transport_restart (
    GstIceTransport *transport, const GstIceGatherOptions *options);
void gst_ice_transport_end_call (GstIceTransport *transport);
gboolean gst_ice_transport_begin_call (
    GstIceTransport *transport, GstIceConnectionState *old_state);
void gst_ice_transport_close (GstIceTransport *transport);
gboolean gst_ice_transport_step (GstIceTransport *transport, IceEvent event,
    gint64 now, GstIceConnectionState *old_state, IceReason *reason);
void gst_ice_transport_wake_sender (GstIceTransport *transport);
gint64 gst_ice_transport_get_deadline (GstIceTransport *transport);
gboolean gst_ice_transport_set_gathering_state (
    GstIceTransport *transport, GstIceGatheringState state);

/* any thread */
guint gst_ice_transport_get_stream (GstIceTransport *transport);
guint gst_ice_transport_get_component (GstIceTransport *transport);
GstIceRole gst_ice_transport_get_role (GstIceTransport *transport);
GstIceConnectionState gst_ice_transport_get_state (GstIceTransport *transport);
gboolean gst_ice_transport_may_send (GstIceTransport *transport);
gboolean gst_ice_transport_has_worked (GstIceTransport *transport);
IceReason gst_ice_transport_get_reason (GstIceTransport *transport);
GstIceGatheringState gst_ice_transport_get_gathering_state (
    GstIceTransport *transport);
GstIceDatapath *gst_ice_transport_get_datapath (GstIceTransport *transport);
guint64 gst_ice_transport_count_filtered (GstIceTransport *transport);
GstIceTransportPairs *gst_ice_transport_get_pairs (GstIceTransport *transport);

/* for elements, I/O thread */
void gst_ice_transport_set_socket_options (GstIceTransport *transport,
    GstIceDirection direction, const GstIceSocketOptions *options);

/* for gsticetransportreports.c */
const GstIceTransportObserver *gst_ice_transport_get_observer (
    GstIceTransport *transport, gpointer *observer);

G_END_DECLS
