/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One component of one stream, as RTCIceTransport: states, selected pair,
 * counters, datagrams in and out. Abstract: a backend moves the datagrams and
 * reports what happened. */
#pragma once

#include <gst/gst.h>
#include <gio/gio.h>
#include "gsticecontext.h"
#include "gsticedatagramsocket.h"
#include "gsticeinbox.h"
#include "gsticeoutbox.h"
#include "gsticesettings.h"
#include "icecandidate.h"
#include "iceserver.h"
#include "icestate.h"

G_BEGIN_DECLS

#define GST_TYPE_ICE_TRANSPORT (gst_ice_transport_get_type ())
G_DECLARE_DERIVABLE_TYPE (
    GstIceTransport, gst_ice_transport, GST, ICE_TRANSPORT, GstObject)

/* What a backend needs to begin with; servers have their addresses. */
typedef struct
{
  const GstIceSettings *settings;
  const gchar *local_ufrag;
  const gchar *local_password;
  GstIceRole role;
  const IceServer *stun_server; /* nullable */
  GPtrArray *turn_servers;      /* of IceServer */
} GstIceGatherOptions;

typedef enum
{
  GST_ICE_DIRECTION_RECEIVE,
  GST_ICE_DIRECTION_SEND,
  GST_ICE_N_DIRECTIONS
} GstIceDirection;

/* What an element asks of a transport's sockets, for its direction; 0 and -1 =
 * the default. */
typedef struct
{
  guint buffer_size; /* bytes */
  gint dscp;         /* RFC 2474 code point */
  gboolean offload;  /* datagrams may take the kernel-steered path */
} GstIceSocketOptions;

typedef struct
{
  guint64 packets_sent, bytes_sent;
  guint64 packets_received, bytes_received;
  guint64 packets_discarded_on_send, bytes_discarded_on_send;
  guint64 packets_discarded_on_receive; /* all of these: */
  guint64 discarded_no_reader, discarded_buffer_full;
  guint64 selected_pair_changes;
  GstIceDatagramSocketCounters offload;
} GstIceTransportCounters;

/**
 * GstIceTransportClass:
 * @gather: I/O thread: gather; reports candidates, then gathered or a problem
 * @set_remote_credentials: I/O thread
 * @add_remote_candidate: I/O thread: only after credentials
 * @remote_end_of_candidates: (nullable): I/O thread
 * @restart: I/O thread: begin anew with these local credentials and without
 *   remote ones; media goes on over the selected pair. Gathers again where that
 *   helps, else reports its candidates again; then gathered
 * @set_socket_options: (nullable): I/O thread: before or after gathering; no
 *   options: nobody uses that direction any more
 * @heard: (nullable): any thread, never blocks: the silent peer was heard of
 * @list_pairs: (nullable): any thread: (transfer full): all pairs as
 * structures; %NULL where they are not known
 * @close: I/O thread: ends everything, then
 * gst_ice_transport_report_closed(), at once or later
 * @send: any thread, never blocks: hands datagrams over until one can't be
 *   sent. Returns how many were; when fewer than n, error says why
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
  void (*set_socket_options) (GstIceTransport *transport,
      GstIceDirection direction, const GstIceSocketOptions *options);
  void (*heard) (GstIceTransport *transport);
  GPtrArray *(*list_pairs) (GstIceTransport *transport);
  void (*close) (GstIceTransport *transport);
  guint (*send) (GstIceTransport *transport, const GstIceDatagram *datagrams,
      guint n, GError **error);
};

/* RTCPeerConnectionIceErrorEvent; texts are NULL where not known. */
typedef struct
{
  const gchar *address; /* ours, that a server refused */
  guint16 port;         /* 0 where not known */
  const gchar *url;     /* without a password */
  guint code;           /* STUN error code, or GST_ICE_ERROR_CODE_UNREACHABLE */
  const gchar *text;
} GstIceCandidateError;

/* W3C webrtc-pc section 4.8.2: the server could not be reached */
#define GST_ICE_ERROR_CODE_UNREACHABLE 701

/* Who hears what a backend reports: the session. I/O thread. */
typedef struct
{
  void (*candidate) (GstIceTransport *transport, const IceCandidate *candidate,
      gpointer observer);
  void (*gathered) (GstIceTransport *transport, gpointer observer);
  void (*event) (GstIceTransport *transport, IceEvent event, gpointer observer);
  void (*selected_pair) (
      GstIceTransport *transport, const GstStructure *pair, gpointer observer);
  /* is_state: the pair is new, or its state or nomination changed */
  void (*pair) (GstIceTransport *transport, const GstStructure *pair,
      gboolean is_state, gpointer observer);
  void (*role) (GstIceTransport *transport, GstIceRole role, gpointer observer);
  void (*candidate_error) (GstIceTransport *transport,
      const GstIceCandidateError *error, gpointer observer);
  void (*problem) (
      GstIceTransport *transport, const GError *error, gpointer observer);
  void (*closed) (GstIceTransport *transport, gpointer observer);
} GstIceTransportObserver;

/* for backends, I/O thread */
void gst_ice_transport_report_candidate (
    GstIceTransport *transport, const IceCandidate *candidate);
void gst_ice_transport_report_gathered (GstIceTransport *transport);
void gst_ice_transport_report_event (
    GstIceTransport *transport, IceEvent event);
void gst_ice_transport_report_selected_pair (GstIceTransport *transport,
    const IceCandidate *local, const IceCandidate *remote);
void gst_ice_transport_report_pair (
    GstIceTransport *transport, const GstStructure *pair, gboolean is_state);
void gst_ice_transport_report_role (
    GstIceTransport *transport, GstIceRole role);
void gst_ice_transport_report_candidate_error (
    GstIceTransport *transport, const GstIceCandidateError *error);
void gst_ice_transport_set_timeouts (GstIceTransport *transport,
    guint disconnected_timeout, guint failed_timeout);
void gst_ice_transport_set_round_trip_time (GstIceTransport *transport,
    guint64 requests_sent, guint64 responses_received, gint64 current,
    gint64 total);
void gst_ice_transport_report_problem (
    GstIceTransport *transport, const GError *error);
void gst_ice_transport_report_closed (GstIceTransport *transport);
void gst_ice_transport_set_context (
    GstIceTransport *transport, GstIceContext *context);
gboolean gst_ice_transport_add_socket (
    GstIceTransport *transport, GstIceDatagramSocket *socket);
void gst_ice_transport_remove_socket (
    GstIceTransport *transport, GstIceDatagramSocket *socket);
void gst_ice_transport_set_offload_active (
    GstIceTransport *transport, GstIceDirection direction, gboolean active);
/* for backends, any thread */
GstIceSources *gst_ice_transport_get_sources (GstIceTransport *transport);
void gst_ice_transport_received_all (GstIceTransport *transport);
void gst_ice_transport_receive (
    GstIceTransport *transport, gconstpointer data, gsize size);

/* for the session, I/O thread */
void gst_ice_transport_set_observer (GstIceTransport *transport,
    const GstIceTransportObserver *callbacks, gpointer observer);
void gst_ice_transport_set_role (GstIceTransport *transport, GstIceRole role);
void gst_ice_transport_gather (
    GstIceTransport *transport, const GstIceGatherOptions *options);
void gst_ice_transport_set_remote_credentials (
    GstIceTransport *transport, const gchar *ufrag, const gchar *password);
void gst_ice_transport_add_remote_candidate (
    GstIceTransport *transport, const IceCandidate *candidate);
void gst_ice_transport_remote_end_of_candidates (GstIceTransport *transport);
void gst_ice_transport_restart (
    GstIceTransport *transport, const GstIceGatherOptions *options);
void gst_ice_transport_close (GstIceTransport *transport);
gboolean gst_ice_transport_step (GstIceTransport *transport, IceEvent event,
    gint64 now, GstIceConnectionState *old_state, IceReason *reason);
void gst_ice_transport_wake_sender (GstIceTransport *transport);
gint64 gst_ice_transport_get_deadline (GstIceTransport *transport);
gboolean gst_ice_transport_set_gathering_state (
    GstIceTransport *transport, GstIceGatheringState state);
void gst_ice_transport_set_selected_pair (
    GstIceTransport *transport, const GstStructure *pair);
void gst_ice_transport_end_of_stream (GstIceTransport *transport);

/* for everybody, any thread */
guint gst_ice_transport_get_stream (GstIceTransport *transport);
guint gst_ice_transport_get_component (GstIceTransport *transport);
GstIceRole gst_ice_transport_get_role (GstIceTransport *transport);
GstIceConnectionState gst_ice_transport_get_state (GstIceTransport *transport);
gboolean gst_ice_transport_has_worked (GstIceTransport *transport);
IceReason gst_ice_transport_get_reason (GstIceTransport *transport);
GstIceGatheringState gst_ice_transport_get_gathering_state (
    GstIceTransport *transport);
GstStructure *gst_ice_transport_get_selected_pair (GstIceTransport *transport);
void gst_ice_transport_take_pairs (GstIceTransport *transport, GValue *array);
void gst_ice_transport_get_counters (
    GstIceTransport *transport, GstIceTransportCounters *counters);

/* for elements */
gboolean gst_ice_transport_claim (GstIceTransport *transport,
    GstIceDirection direction, GstObject *owner, GError **error);
gboolean gst_ice_transport_is_claimed (
    GstIceTransport *transport, GstIceDirection direction);
void gst_ice_transport_unclaim (
    GstIceTransport *transport, GstIceDirection direction, GstObject *owner);
void gst_ice_transport_set_socket_options (GstIceTransport *transport,
    GstIceDirection direction, const GstIceSocketOptions *options);
void gst_ice_transport_set_retrieve_sender_address (
    GstIceTransport *transport, gboolean retrieve);
gboolean gst_ice_transport_is_offload_active (
    GstIceTransport *transport, GstIceDirection direction);
void gst_ice_transport_set_flushing (
    GstIceTransport *transport, GstIceDirection direction, gboolean flushing);
GstFlowReturn gst_ice_transport_send (GstIceTransport *transport,
    const GstIceDatagram *datagrams, guint n, gboolean wait, guint *done);
void gst_ice_transport_count_discarded (
    GstIceTransport *transport, const GstIceDatagram *datagrams, guint n);
GstFlowReturn gst_ice_transport_pop (
    GstIceTransport *transport, guint64 timeout, GstBufferList **datagrams);

/* For gsticetransport*.c only. */
typedef struct
{
  guint stream;
  guint component;
  guint disconnected_timeout; /* ms */
  guint failed_timeout;       /* ms */

  const GstIceTransportObserver *observer; /* I/O thread */
  gpointer observer_data;

  GstIceInbox *inbox;
  GstIceOutbox *outbox;
  GstIceSources *sources;

  GMutex lock;
  /* under the lock */
  IceTransportState machine;
  GstIceGatheringState gathering_state;
  GstIceRole role;
  GstStructure *selected_pair;
  GstIceOutboxCounters before_pair; /* sent when it was selected ... */
  guint64 packets_before_pair, bytes_before_pair; /* ... and received */
  guint64 packets_received, bytes_received, packets_unread;
  gint64 last_received; /* g_get_monotonic_time() */
  guint64 selected_pair_changes;
  gpointer owners[GST_ICE_N_DIRECTIONS]; /* compared and named, not used */
  gchar *owner_names[GST_ICE_N_DIRECTIONS];
  gboolean offload_active[GST_ICE_N_DIRECTIONS];
} GstIceTransportPrivate;

GstIceTransportPrivate *gst_ice_transport_get_private (
    GstIceTransport *transport);

G_END_DECLS
