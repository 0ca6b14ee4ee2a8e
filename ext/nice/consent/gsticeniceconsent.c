/* gst-ice: consent on the selected pair.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Schedules the requests and acts on the answers; gsticeniceconsentpath sends
 * and receives them. */

#include "consent/gsticeniceconsent.h"
#include "iothread/gsticealarm.h"
#include "model/iceconsent.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_consent_debug);
#define GST_CAT_DEFAULT gst_ice_nice_consent_debug

struct _GstIceNiceConsent
{
  GstIceTransport *transport; /* not referenced: it owns us */
  GstIceNiceRoles *roles;     /* not referenced: they outlive us */
  guint disconnected_timeout; /* ms */
  guint failed_timeout;       /* ms */
  gchar *local_ufrag;
  gchar *remote_ufrag, *remote_password;

  GstIceNiceConsentRelayed relayed; /* nullable */
  gpointer relayed_data;

  GstIceNiceConsentPath *consent_path; /* open for the watched pair */
  IceConsent schedule;
  gboolean is_watching;       /* whether a pair is watched and not paused */
  gboolean nominated;         /* whether the watched pair is nominated */
  gboolean asked_controlling; /* the role in the last request */
  GstIceAlarm *timer;
};

static void
arm (GstIceNiceConsent *self)
{
  gst_ice_alarm_set (self->timer, ice_consent_get_look (&self->schedule));
}

static void
report_round_trip_time (GstIceNiceConsent *self)
{
  gst_ice_transport_pairs_set_round_trip_time (
      gst_ice_transport_get_pairs (self->transport),
      self->schedule.requests_sent, self->schedule.responses_received,
      self->schedule.round_trip_time, self->schedule.total_round_trip_time);
}

/* Where no answer could be received, silence proves nothing. */
static void
give_up (GstIceNiceConsent *self)
{
  gst_ice_nice_consent_pause (self);
  gst_ice_transport_set_timeouts (self->transport, 0, 0);
}

static gboolean
is_controlling (GstIceNiceConsent *self)
{
  return gst_ice_transport_get_role (self->transport)
      == GST_ICE_ROLE_CONTROLLING;
}

static void
ask (GstIceNiceConsent *self, gint64 now)
{
  guint32 id = ice_consent_ask (&self->schedule, now);
  g_autoptr (GError) error = NULL;

  self->asked_controlling = is_controlling (self);
  if (!gst_ice_nice_consent_path_send (self->consent_path, id,
          self->asked_controlling, self->nominated, &error))
    GST_DEBUG_OBJECT (
        self->transport, "consent request %u: %s", id, error->message);
  else
    GST_LOG_OBJECT (self->transport, "consent request %u", id);
}

static void
on_due (gpointer data)
{
  GstIceNiceConsent *self = data;
  gint64 now = g_get_monotonic_time ();

  ice_consent_note_media (&self->schedule,
      gst_ice_datapath_get_last_received (
          gst_ice_transport_get_datapath (self->transport)),
      now);
  if (now < ice_consent_get_next (&self->schedule)) {
    arm (self);
    return;
  }
  if (ice_consent_has_expired (&self->schedule, now)) {
    gst_ice_nice_consent_pause (self);
    return;
  }
  if (!gst_ice_nice_consent_path_works (self->consent_path)) {
    give_up (self);
    return;
  }
  ask (self, now);
  report_round_trip_time (self);
  arm (self);
}

/* Returns: whether the answer belongs to an open request */
static gboolean
note_answer (
    GstIceNiceConsent *self, NiceStunAnswer answer, guint32 id, gint64 at)
{
  gdouble chance = g_random_double ();

  if (answer == NICE_STUN_CONSENT)
    return id != 0 ? ice_consent_answer (&self->schedule, id, chance, at)
                   : ice_consent_answer_to_any (&self->schedule, chance, at);
  return ice_consent_error (&self->schedule, id, chance, at);
}

/* RFC 8445 section 7.2.5.1: the peer has the greater tie-breaker, or has not
 * yet learnt that a conflict changed our role. Only an answer to the last
 * request counts: earlier requests may have had another role. */
static void
switch_role (GstIceNiceConsent *self, guint32 id)
{
  if (id != self->schedule.last_id
      || self->asked_controlling != is_controlling (self))
    return;
  GST_INFO_OBJECT (
      self->transport, "role conflict: the peer claims the same role");
  switch (gst_ice_nice_roles_refuse (self->roles)) {
    case ICE_ROLE_CONFLICT_FIRST:
      ice_consent_hurry (&self->schedule, g_get_monotonic_time ());
      break;
    case ICE_ROLE_CONFLICT_AGAIN:
      ice_consent_retry (&self->schedule, g_get_monotonic_time ());
      break;
    case ICE_ROLE_CONFLICT_SETTLED:
    case ICE_ROLE_CONFLICT_IGNORED:
      break; /* then the usual interval, as after every other error */
  }
}

static IceEvent
get_event (NiceStunAnswer answer)
{
  switch (answer) {
    case NICE_STUN_CONSENT:
      return ICE_EVENT_CONSENT;
    case NICE_STUN_REVOKED:
      return ICE_EVENT_CONSENT_REVOKED;
    case NICE_STUN_ROLE_CONFLICT:
    case NICE_STUN_ERROR:
    case NICE_STUN_INVALID: /* this is not reported */
      break;
  }
  return ICE_EVENT_PROOF_OF_LIFE;
}

static void
report_relay (GstIceNiceConsent *self)
{
  const GstIceStunRelay *relay = gst_ice_stun_responses_get_relay (
      gst_ice_nice_consent_path_get_answers (self->consent_path));

  if (relay != NULL && self->relayed != NULL)
    self->relayed (relay, self->relayed_data);
}

static void
on_answer (NiceStunAnswer answer, guint32 id, gint64 at, gpointer user_data)
{
  GstIceNiceConsent *self = user_data;

  if (!note_answer (self, answer, id, at)) {
    GST_DEBUG_OBJECT (self->transport, "an answer without a request");
    return;
  }
  if (answer == NICE_STUN_CONSENT)
    report_relay (self);
  if (answer == NICE_STUN_ROLE_CONFLICT)
    switch_role (self, id);
  report_round_trip_time (self);
  arm (self);
  if (answer == NICE_STUN_REVOKED)
    gst_ice_nice_consent_pause (self);
  gst_ice_transport_report_event (self->transport, get_event (answer));
}

/**
 * gst_ice_nice_consent_new:
 * @transport: (transfer none): the transport; outlives the watch
 * @context: the I/O thread's main context
 * @roles: (transfer none): the judge of role conflicts; outlives the watch
 * @disconnected_timeout: milliseconds, 0 = never
 * @failed_timeout: milliseconds, 0 = never
 *
 * Returns: (transfer full): a watch that watches no pair yet
 */
GstIceNiceConsent *
gst_ice_nice_consent_new (GstIceTransport *transport, GMainContext *context,
    GstIceNiceRoles *roles, guint disconnected_timeout, guint failed_timeout)
{
  GstIceNiceConsent *self = g_new0 (GstIceNiceConsent, 1);

  GST_DEBUG_CATEGORY_INIT (
      gst_ice_nice_consent_debug, "iceconsent", 0, "ICE consent");
  self->transport = transport;
  self->roles = roles;
  self->disconnected_timeout = disconnected_timeout;
  self->failed_timeout = failed_timeout;
  self->consent_path = gst_ice_nice_consent_path_new (
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
  gst_ice_nice_consent_path_free (self->consent_path);
  g_free (self->local_ufrag);
  g_free (self->remote_ufrag);
  g_free (self->remote_password);
  g_free (self);
}

/**
 * gst_ice_nice_consent_get_answers:
 * @self: a watch
 *
 * Returns: (transfer none): the filter that takes our answers out of what is on
 *   its way to libnice; may outlive the watch
 */
GstIceStunResponses *
gst_ice_nice_consent_get_answers (GstIceNiceConsent *self)
{
  return gst_ice_nice_consent_path_get_answers (self->consent_path);
}

/**
 * gst_ice_nice_consent_add_socket:
 * @self: a watch
 * @socket: a libnice socket; nothing was sent from it to the peer yet
 *
 * Returns: (transfer none) (nullable): the steering socket beside it, which
 *   lives as long as the watch does
 */
GstIceSteering *
gst_ice_nice_consent_add_socket (GstIceNiceConsent *self, GSocket *socket)
{
  return gst_ice_nice_consent_path_add_socket (self->consent_path, socket);
}

/**
 * gst_ice_nice_consent_find_steering:
 * @self: a watch
 * @local: a local candidate
 *
 * Returns: (transfer none) (nullable): the steering socket beside the socket
 *   that this candidate sends from
 */
GstIceSteering *
gst_ice_nice_consent_find_steering (
    GstIceNiceConsent *self, const NiceCandidate *local)
{
  return gst_ice_nice_consent_path_find_steering (self->consent_path, local);
}

/**
 * gst_ice_nice_consent_set_agent:
 * @self: a watch
 * @agent: (transfer none): libnice's agent; outlives the watch
 * @stream: the transport's stream in @agent
 * @component: the transport's component
 * @pairs: (transfer none): the pairs of @agent; they outlive the watch
 *
 * To be called after nice_agent_gather_candidates().
 */
void
gst_ice_nice_consent_set_agent (GstIceNiceConsent *self, NiceAgent *agent,
    guint stream, guint component, GstIceNicePairs *pairs)
{
  gst_ice_nice_consent_path_set_agent (
      self->consent_path, agent, stream, component, pairs);
}

/**
 * gst_ice_nice_consent_set_relayed:
 * @self: a watch
 * @relayed: (nullable): is called for answers that a TURN server has relayed
 * @user_data: for @relayed
 */
void
gst_ice_nice_consent_set_relayed (GstIceNiceConsent *self,
    GstIceNiceConsentRelayed relayed, gpointer user_data)
{
  self->relayed = relayed;
  self->relayed_data = user_data;
}

/**
 * gst_ice_nice_consent_set_local:
 * @self: a watch
 * @ufrag: the local ufrag
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
 * @ufrag: the peer's ufrag
 * @password: the peer's password
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
 * @local: the local candidate of the selected pair
 * @remote: its remote candidate
 *
 * Watches this pair from now on. To be called before the pair is reported: it
 * sets the transport's timeouts, none where no request can be sent on this
 * pair.
 */
void
gst_ice_nice_consent_watch (GstIceNiceConsent *self, const NiceCandidate *local,
    const NiceCandidate *remote)
{
  g_autofree gchar *username = NULL;

  if (self->remote_ufrag != NULL)
    username = g_strdup_printf ("%s:%s", self->remote_ufrag, self->local_ufrag);
  if (username == NULL
      || !gst_ice_nice_consent_path_open (
          self->consent_path, local, remote, username, self->remote_password)) {
    give_up (self);
    return;
  }
  gst_ice_transport_set_timeouts (
      self->transport, self->disconnected_timeout, self->failed_timeout);
  ice_consent_select (&self->schedule,
      self->disconnected_timeout * (gint64) 1000,
      self->failed_timeout * (gint64) 1000, g_get_monotonic_time ());
  self->is_watching = TRUE;
  arm (self);
}

/**
 * gst_ice_nice_consent_set_nominated:
 * @self: a watch
 * @nominated: whether the pair that it watches, or will watch next, is
 *   nominated; requests have USE-CANDIDATE only on a nominated pair
 */
void
gst_ice_nice_consent_set_nominated (GstIceNiceConsent *self, gboolean nominated)
{
  self->nominated = nominated;
}

/**
 * gst_ice_nice_consent_is_from_peer:
 * @self: a watch
 * @from: an address
 *
 * Returns: whether @from is the remote address of the watched pair, and that
 *   pair sends from a UDP socket of this machine
 */
gboolean
gst_ice_nice_consent_is_from_peer (
    GstIceNiceConsent *self, GInetSocketAddress *from)
{
  return gst_ice_nice_consent_path_is_from_peer (self->consent_path, from);
}

/**
 * gst_ice_nice_consent_has_request:
 * @self: a watch
 * @request: a request of the peer, from libnice's trace
 *
 * Returns: whether it came on the watched pair, and that pair sends from a UDP
 *   socket of this machine
 */
gboolean
gst_ice_nice_consent_has_request (
    GstIceNiceConsent *self, const NiceRequest *request)
{
  return gst_ice_nice_consent_path_has_request (self->consent_path, request);
}

/**
 * gst_ice_nice_consent_note_request:
 * @self: a watch
 *
 * Reports that an authenticated request of the peer came on the watched pair,
 * which libnice answers: it proves that the peer is alive. The transport's
 * observer may free @self in consequence.
 */
void
gst_ice_nice_consent_note_request (GstIceNiceConsent *self)
{
  if (self->is_watching)
    gst_ice_transport_report_event (self->transport, ICE_EVENT_PROOF_OF_LIFE);
}

/**
 * gst_ice_nice_consent_send_soon:
 * @self: a watch
 *
 * Sends the next request as soon as pacing allows: there is reason to doubt the
 * watched pair.
 */
void
gst_ice_nice_consent_send_soon (GstIceNiceConsent *self)
{
  if (!self->is_watching)
    return;
  ice_consent_hurry (&self->schedule, g_get_monotonic_time ());
  arm (self);
}

/**
 * gst_ice_nice_consent_get_round_trip_time:
 * @self: a watch
 *
 * Returns: the last round-trip time on the watched pair, microseconds; -1 if
 *   none was measured
 */
gint64
gst_ice_nice_consent_get_round_trip_time (GstIceNiceConsent *self)
{
  return self->schedule.round_trip_time;
}

/**
 * gst_ice_nice_consent_set_checked:
 * @self: a watch
 * @checked: (nullable): called when a check on another pair was answered with
 *   an authenticated success response
 * @user_data: for @checked
 */
void
gst_ice_nice_consent_set_checked (GstIceNiceConsent *self,
    GstIceNiceConsentPathChecked checked, gpointer user_data)
{
  gst_ice_nice_consent_path_set_checked (
      self->consent_path, checked, user_data);
}

/**
 * gst_ice_nice_consent_find_socket:
 * @self: a watch
 * @descriptor: the descriptor of a libnice socket
 *
 * Returns: (transfer none) (nullable): the steering socket beside it
 */
GstIceSteering *
gst_ice_nice_consent_find_socket (GstIceNiceConsent *self, guint64 descriptor)
{
  return gst_ice_nice_consent_path_find_socket (self->consent_path, descriptor);
}

/**
 * gst_ice_nice_consent_can_check:
 * @self: a watch
 *
 * Returns: whether gst_ice_nice_consent_check() may be called: a pair is
 *   watched
 */
gboolean
gst_ice_nice_consent_can_check (GstIceNiceConsent *self)
{
  return self->is_watching;
}

/**
 * gst_ice_nice_consent_check:
 * @self: a watch on a pair
 * @steering: the socket to send it from
 * @remote: the address to send it to
 * @id: distinguishes this check from others, below 2^31
 * @error: return location, set if it was not sent
 *
 * Sends a check on another pair than the watched one, with the same
 * credentials.
 *
 * Returns: whether it was sent
 */
gboolean
gst_ice_nice_consent_check (GstIceNiceConsent *self, GstIceSteering *steering,
    const IceCheckEndpoint *remote, guint32 id, GError **error)
{
  return gst_ice_nice_consent_path_check (
      self->consent_path, steering, remote, id, is_controlling (self), error);
}

/**
 * gst_ice_nice_consent_pause:
 * @self: a watch
 *
 * Sends no request and takes no answer until the next pair is selected. The
 * timeouts go on.
 */
void
gst_ice_nice_consent_pause (GstIceNiceConsent *self)
{
  self->is_watching = FALSE;
  gst_ice_alarm_set (self->timer, -1);
  gst_ice_nice_consent_path_close (self->consent_path);
}
