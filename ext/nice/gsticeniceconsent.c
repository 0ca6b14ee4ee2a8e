/* gst-ice: consent on the selected pair.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The schedule and what follows from an answer; gsticenicecarrier carries. */

#include "gsticeniceconsent.h"
#include "gsticealarm.h"
#include "gsticenicecarrier.h"
#include "iceconsent.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_consent_debug);
#define GST_CAT_DEFAULT gst_ice_nice_consent_debug

struct _GstIceNiceConsent
{
  GstIceTransport *transport; /* not referenced: it owns us */
  guint disconnected_timeout; /* ms */
  guint failed_timeout;       /* ms */
  gchar *local_ufrag;
  gchar *remote_ufrag, *remote_password;

  GstIceNiceCarrier *carrier; /* open: for the watched pair */
  IceConsent schedule;
  GstIceAlarm *timer;
};

static void
arm (GstIceNiceConsent *self)
{
  gst_ice_alarm_set (self->timer, ice_consent_get_next (&self->schedule));
}

static void
tell_numbers (GstIceNiceConsent *self)
{
  gst_ice_transport_set_round_trip_time (self->transport,
      self->schedule.requests_sent, self->schedule.responses_received,
      self->schedule.round_trip_time, self->schedule.total_round_trip_time);
}

/* Without an answer that could be heard silence means nothing. */
static void
give_up (GstIceNiceConsent *self)
{
  gst_ice_nice_consent_pause (self);
  gst_ice_transport_set_timeouts (self->transport, 0, 0);
}

static void
on_due (gpointer data)
{
  GstIceNiceConsent *self = data;
  gint64 now = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;
  guint32 id;

  if (ice_consent_has_expired (&self->schedule, now)) {
    gst_ice_nice_consent_pause (self);
    return;
  }
  if (!gst_ice_nice_carrier_works (self->carrier)) {
    give_up (self);
    return;
  }
  id = ice_consent_ask (&self->schedule, now);
  if (!gst_ice_nice_carrier_send (self->carrier, id, &error))
    GST_DEBUG_OBJECT (
        self->transport, "consent request %u: %s", id, error->message);
  else
    GST_LOG_OBJECT (self->transport, "consent request %u", id);
  tell_numbers (self);
  arm (self);
}

static void
on_answer (NiceStunAnswer answer, guint32 id, gint64 at, gpointer user_data)
{
  GstIceNiceConsent *self = user_data;
  gdouble chance = g_random_double ();

  if (id != 0 ? !ice_consent_answer (&self->schedule, id, chance, at)
              : !ice_consent_answer_to_any (&self->schedule, chance, at)) {
    GST_DEBUG_OBJECT (self->transport, "an answer that nobody asked for");
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
  self->disconnected_timeout = disconnected_timeout;
  self->failed_timeout = failed_timeout;
  self->carrier = gst_ice_nice_carrier_new (
      transport, context, on_answer, self);
  self->timer = gst_ice_alarm_new (context, on_due, self);
  return self;
}

/**
 * gst_ice_nice_consent_free:
 * @self: (transfer full): a watch
 */
void
gst_ice_nice_consent_free (GstIceNiceConsent *self)
{
  gst_ice_alarm_free (self->timer);
  gst_ice_nice_carrier_free (self->carrier);
  g_free (self->local_ufrag);
  g_free (self->remote_ufrag);
  g_free (self->remote_password);
  g_free (self);
}

/**
 * gst_ice_nice_consent_get_answers:
 * @self: a watch
 *
 * Returns: (transfer none): for whoever has the answers in hand on their way to
 *   libnice; they may outlive the watch
 */
GstIceAnswers *
gst_ice_nice_consent_get_answers (GstIceNiceConsent *self)
{
  return gst_ice_nice_carrier_get_answers (self->carrier);
}

/**
 * gst_ice_nice_consent_add_socket:
 * @self: a watch
 * @socket: a socket of libnice's, before anything is sent to the peer
 *
 * Returns: (transfer none) (nullable): the steering socket beside it, which
 *   lives as long as the watch does
 */
GstIceSteering *
gst_ice_nice_consent_add_socket (GstIceNiceConsent *self, GSocket *socket)
{
  return gst_ice_nice_carrier_add_socket (self->carrier, socket);
}

/**
 * gst_ice_nice_consent_find_steering:
 * @self: a watch
 * @local: a local candidate
 *
 * Returns: (transfer none) (nullable): the steering socket beside the one that
 *   its datagrams leave from
 */
GstIceSteering *
gst_ice_nice_consent_find_steering (
    GstIceNiceConsent *self, const NiceCandidate *local)
{
  return gst_ice_nice_carrier_find_steering (self->carrier, local);
}

/**
 * gst_ice_nice_consent_set_agent:
 * @self: a watch
 * @agent: (transfer none): libnice's agent; outlives it
 * @stream: of the transport
 * @component: likewise
 * @pairs: (transfer none): of @agent; outlive it
 *
 * After nice_agent_gather_candidates().
 */
void
gst_ice_nice_consent_set_agent (GstIceNiceConsent *self, NiceAgent *agent,
    guint stream, guint component, GstIceNicePairs *pairs)
{
  gst_ice_nice_carrier_set_agent (
      self->carrier, agent, stream, component, pairs);
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
  g_autofree gchar *username = NULL;

  if (self->remote_ufrag != NULL)
    username = g_strdup_printf ("%s:%s", self->remote_ufrag, self->local_ufrag);
  if (username == NULL
      || !gst_ice_nice_carrier_open (
          self->carrier, local, remote, username, self->remote_password)) {
    give_up (self);
    return;
  }
  gst_ice_transport_set_timeouts (
      self->transport, self->disconnected_timeout, self->failed_timeout);
  ice_consent_select (&self->schedule,
      self->disconnected_timeout * (gint64) 1000,
      self->failed_timeout * (gint64) 1000, g_get_monotonic_time ());
  arm (self);
}

/**
 * gst_ice_nice_consent_pause:
 * @self: a watch
 *
 * Asks no more, and hears no answer, until the next pair is selected; the
 * timeouts go on.
 */
void
gst_ice_nice_consent_pause (GstIceNiceConsent *self)
{
  gst_ice_alarm_set (self->timer, -1);
  gst_ice_nice_carrier_close (self->carrier);
}
