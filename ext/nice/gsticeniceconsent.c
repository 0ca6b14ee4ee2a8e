/* gst-ice: consent on the selected pair.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticeniceconsent.h"
#include "gsticeio.h"
#include "gsticesteering.h"
#include "iceconsent.h"
#include "nicestun.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_consent_debug);
#define GST_CAT_DEFAULT gst_ice_nice_consent_debug

struct _GstIceNiceConsent
{
  GstIceTransport *transport; /* not referenced: it owns us */
  GMainContext *context;
  guint disconnected_timeout; /* ms */
  guint failed_timeout;       /* ms */
  guint32 tag;
  GPtrArray *steerings; /* of GstIceSteering, one for each UDP socket */
  gchar *local_ufrag;

  /* the peer's, and those that the watched pair was selected with */
  gchar *remote_ufrag, *remote_password;
  gchar *username, *password;

  /* the watched pair */
  GstIceSteering *steering; /* NULL: none, or it can't be asked */
  GSocketAddress *peer;
  IceConsent schedule;
  GSource *timer;
};

static void
arm (GstIceNiceConsent *self)
{
  g_source_set_ready_time (self->timer, ice_consent_get_next (&self->schedule));
}

static void
tell_numbers (GstIceNiceConsent *self)
{
  gst_ice_transport_set_round_trip_time (self->transport,
      self->schedule.requests_sent, self->schedule.responses_received,
      self->schedule.round_trip_time, self->schedule.total_round_trip_time);
}

static gboolean
on_due (gpointer data)
{
  GstIceNiceConsent *self = data;
  guint8 request[NICE_STUN_MAX_REQUEST];
  gint64 now = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;
  guint32 id;
  gsize size;

  if (ice_consent_has_expired (&self->schedule, now)) {
    gst_ice_nice_consent_pause (self);
    return G_SOURCE_CONTINUE;
  }
  id = ice_consent_ask (&self->schedule, now);
  size = nice_stun_make_request (
      request, sizeof (request), self->tag, id, self->username, self->password);
  if (!gst_ice_steering_send (
          self->steering, self->peer, request, size, &error))
    GST_DEBUG_OBJECT (
        self->transport, "consent request %u: %s", id, error->message);
  else
    GST_LOG_OBJECT (self->transport, "consent request %u", id);
  tell_numbers (self);
  arm (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
is_from_peer (GstIceNiceConsent *self, GSocketAddress *from)
{
  GInetSocketAddress *a, *b;

  if (self->peer == NULL || !G_IS_INET_SOCKET_ADDRESS (from))
    return FALSE;
  a = G_INET_SOCKET_ADDRESS (self->peer);
  b = G_INET_SOCKET_ADDRESS (from);
  return g_inet_socket_address_get_port (a)
      == g_inet_socket_address_get_port (b)
      && g_inet_address_equal (g_inet_socket_address_get_address (a),
          g_inet_socket_address_get_address (b));
}

static void
on_answer (
    GSocketAddress *from, const guint8 *data, gsize size, gpointer user_data)
{
  GstIceNiceConsent *self = user_data;
  gint64 now = g_get_monotonic_time ();
  NiceStunAnswer answer;
  guint32 id;

  if (self->steering == NULL || !is_from_peer (self, from))
    return;
  answer = nice_stun_read_answer (data, size, self->tag, self->password, &id);
  if (answer == NICE_STUN_INVALID
      || !ice_consent_answer (&self->schedule, id, g_random_double (), now)) {
    GST_DEBUG_OBJECT (self->transport, "an answer that proves nothing");
    return;
  }
  tell_numbers (self);
  arm (self);
  if (answer == NICE_STUN_REVOKED)
    gst_ice_nice_consent_pause (self);
  gst_ice_transport_report_event (self->transport,
      answer == NICE_STUN_REVOKED ? ICE_EVENT_CONSENT_REVOKED
                                  : ICE_EVENT_CONSENT);
}

/**
 * gst_ice_nice_consent_new:
 * @transport: (transfer none): the transport, which outlives it
 * @context: of the I/O thread
 * @disconnected_timeout: milliseconds, 0 = never
 * @failed_timeout: milliseconds, 0 = never
 *
 * Returns: (transfer full): a watch on no pair
 */
GstIceNiceConsent *
gst_ice_nice_consent_new (GstIceTransport *transport, GMainContext *context,
    guint disconnected_timeout, guint failed_timeout)
{
  GstIceNiceConsent *self = g_new0 (GstIceNiceConsent, 1);

  GST_DEBUG_CATEGORY_INIT (
      gst_ice_nice_consent_debug, "iceconsent", 0, "ICE consent");
  self->transport = transport;
  self->context = g_main_context_ref (context);
  self->disconnected_timeout = disconnected_timeout;
  self->failed_timeout = failed_timeout;
  self->tag = g_random_int ();
  self->steerings = g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_ice_steering_free);
  self->timer = gst_ice_io_add_alarm (context, on_due, self);
  return self;
}

/**
 * gst_ice_nice_consent_free:
 * @self: (transfer full): a watch
 */
void
gst_ice_nice_consent_free (GstIceNiceConsent *self)
{
  g_source_destroy (self->timer);
  g_source_unref (self->timer);
  g_ptr_array_unref (self->steerings);
  g_clear_object (&self->peer);
  g_free (self->local_ufrag);
  g_free (self->remote_ufrag);
  g_free (self->remote_password);
  g_free (self->username);
  g_free (self->password);
  g_main_context_unref (self->context);
  g_free (self);
}

/**
 * gst_ice_nice_consent_add_socket:
 * @self: a watch
 * @socket: a UDP socket of libnice's, before anything is sent to the peer
 */
void
gst_ice_nice_consent_add_socket (GstIceNiceConsent *self, GSocket *socket)
{
  g_autoptr (GError) error = NULL;
  GstIceSteering *steering;

  if (g_socket_get_socket_type (socket) != G_SOCKET_TYPE_DATAGRAM)
    return;
  steering = gst_ice_steering_new (
      socket, self->tag, self->context, on_answer, self, &error);
  if (steering != NULL)
    g_ptr_array_add (self->steerings, steering);
  else
    GST_WARNING_OBJECT (self->transport,
        "%s; a peer that falls silent will not be noticed", error->message);
}

/**
 * gst_ice_nice_consent_set_local:
 * @self: a watch
 * @ufrag: ours
 */
void
gst_ice_nice_consent_set_local (GstIceNiceConsent *self, const gchar *ufrag)
{
  g_free (self->local_ufrag);
  self->local_ufrag = g_strdup (ufrag);
}

/**
 * gst_ice_nice_consent_set_remote:
 * @self: a watch
 * @ufrag: the peer's
 * @password: the peer's
 */
void
gst_ice_nice_consent_set_remote (
    GstIceNiceConsent *self, const gchar *ufrag, const gchar *password)
{
  g_free (self->remote_ufrag);
  g_free (self->remote_password);
  self->remote_ufrag = g_strdup (ufrag);
  self->remote_password = g_strdup (password);
}

static GInetSocketAddress *
to_socket_address (const NiceAddress *address)
{
  gchar text[NICE_ADDRESS_STRING_LEN];

  nice_address_to_string (address, text);
  return G_INET_SOCKET_ADDRESS (g_inet_socket_address_new_from_string (
      text, nice_address_get_port (address)));
}

/* The socket that the pair's datagrams leave from, where it is a UDP socket of
 * this machine's: not for relayed and TCP candidates. */
static GstIceSteering *
find_steering (GstIceNiceConsent *self, const NiceCandidate *local)
{
  g_autoptr (GInetSocketAddress) base = NULL;
  guint i;

  if (local->type == NICE_CANDIDATE_TYPE_RELAYED
      || local->transport != NICE_CANDIDATE_TRANSPORT_UDP)
    return NULL;
  base = to_socket_address (nice_address_is_valid (&local->base_addr)
          ? &local->base_addr
          : &local->addr);
  for (i = 0; base != NULL && i < self->steerings->len; i++) {
    GstIceSteering *steering = g_ptr_array_index (self->steerings, i);

    if (gst_ice_steering_is_at (steering, base))
      return steering;
  }
  return NULL;
}

/**
 * gst_ice_nice_consent_watch:
 * @self: a watch
 * @local: of the pair that was selected
 * @remote: of the pair that was selected
 *
 * Before the pair is reported: sets the transport's timeouts, none where the
 * peer can not be asked on this pair.
 */
void
gst_ice_nice_consent_watch (GstIceNiceConsent *self, const NiceCandidate *local,
    const NiceCandidate *remote)
{
  gst_ice_nice_consent_pause (self);
  g_clear_object (&self->peer);
  self->steering = find_steering (self, local);
  if (self->steering == NULL || self->remote_ufrag == NULL) {
    self->steering = NULL;
    gst_ice_transport_set_timeouts (self->transport, 0, 0);
    return;
  }
  self->peer = G_SOCKET_ADDRESS (to_socket_address (&remote->addr));
  g_free (self->username);
  g_free (self->password);
  self->username = g_strdup_printf (
      "%s:%s", self->remote_ufrag, self->local_ufrag);
  self->password = g_strdup (self->remote_password);
  gst_ice_transport_set_timeouts (
      self->transport, self->disconnected_timeout, self->failed_timeout);
  ice_consent_init (&self->schedule, self->disconnected_timeout * (gint64) 1000,
      self->failed_timeout * (gint64) 1000, g_get_monotonic_time ());
  arm (self);
}

/**
 * gst_ice_nice_consent_pause:
 * @self: a watch
 *
 * Asks no more until the next pair is selected; the timeouts go on.
 */
void
gst_ice_nice_consent_pause (GstIceNiceConsent *self)
{
  g_source_set_ready_time (self->timer, -1);
}
