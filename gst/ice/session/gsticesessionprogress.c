/* gst-ice: reports what a session waits for.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * iceprogress has the rule. Nothing is reported before an element is PLAYING:
 * gst-launch-1.0 waits in preroll for the end of a running operation, and a
 * call needs no such wait. */

#include "session/gsticesessionprogress.h"
#include "session/gsticesessionsignals.h"
#include "session/gsticesessionstuck.h"

/* Returns: the transport that decides the session's state, else NULL */
static const GstIceSessionEntry *
choose_entry (GPtrArray *entries, GstIceConnectionState whole)
{
  g_autofree GstIceConnectionState *states = g_new (
      GstIceConnectionState, entries->len);
  gint chosen;
  guint i;

  for (i = 0; i < entries->len; i++) {
    const GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    states[i] = gst_ice_transport_get_state (entry->transport);
  }
  chosen = ice_progress_choose (whole, states, entries->len);
  return chosen >= 0 ? g_ptr_array_index (entries, chosen) : NULL;
}

/* Under the lock. */
static void
take_channel_facts (GstIceSession *self, IceProgressFacts *facts)
{
  const gchar *text = gst_ice_settings_get_string (
      &self->settings, GST_ICE_SETTING_SIGNALLING_URI);
  g_autoptr (IceSignallingUri) uri = NULL;

  if (text == NULL)
    return;
  uri = ice_signalling_uri_parse (text, NULL);
  facts->signals = TRUE;
  facts->listens = uri->mode == ICE_SIGNALLING_LISTENER;
  facts->is_open = self->channel_opened;
  facts->is_over = self->cut_off;
}

/* Under the lock. */
static gboolean
has_candidates (const IceStream *stream, guint component)
{
  guint i;

  for (i = 0; i < stream->remote->len; i++) {
    const IceCandidate *candidate = g_ptr_array_index (stream->remote, i);

    if (candidate->component == component)
      return TRUE;
  }
  return FALSE;
}

static void
take_transport_facts (GstIceSession *self, const GstIceSessionEntry *entry,
    IceProgressFacts *facts)
{
  facts->place.stream = gst_ice_transport_get_stream (entry->transport);
  facts->place.component = gst_ice_transport_get_component (entry->transport);
  facts->transport_state = gst_ice_transport_get_state (entry->transport);
  facts->unpaired = facts->transport_state == GST_ICE_CONNECTION_STATE_NEW;
  facts->selected = gst_ice_transport_has_worked (entry->transport);
  facts->succeeded = entry->succeeded || facts->selected;
  facts->complete = entry->complete;
  g_mutex_lock (&self->lock);
  facts->credentials = entry->stream->remote_ufrag != NULL;
  facts->candidates = has_candidates (entry->stream, facts->place.component);
  g_mutex_unlock (&self->lock);
}

static void
take_facts (GstIceSession *self, GPtrArray *entries, IceProgressFacts *facts)
{
  const GstIceSessionEntry *entry;

  *facts = (IceProgressFacts){ 0 };
  g_mutex_lock (&self->lock);
  facts->begun = self->io != NULL && self->adopted_ufrag != NULL;
  facts->broken = self->broken;
  facts->gathering = self->gathering_state;
  facts->state = self->connection_state;
  facts->controlled = self->role == GST_ICE_ROLE_CONTROLLED;
  take_channel_facts (self, facts);
  g_mutex_unlock (&self->lock);
  entry = choose_entry (entries, facts->state);
  if (entry != NULL)
    take_transport_facts (self, entry, facts);
}

/* (transfer full) */
static gchar *
get_uri (GstIceSession *self)
{
  gchar *text;

  g_mutex_lock (&self->lock);
  text = g_strdup (gst_ice_settings_get_string (
      &self->settings, GST_ICE_SETTING_SIGNALLING_URI));
  g_mutex_unlock (&self->lock);
  return text;
}

/* For an operation that had ended before it was reported. */
static const gchar *
describe_begun (IceProgressCode code)
{
  static const gchar *const texts[ICE_PROGRESS_N_CODES] = {
    "gathering local candidates",
    "waiting for the peer's signalling",
    "connecting",
  };

  return texts[code];
}

/* (transfer full) */
static gchar *
describe_gathering (GstIceSession *self)
{
  g_autoptr (GPtrArray) servers = NULL;

  g_mutex_lock (&self->lock);
  servers = gst_ice_settings_list_servers (&self->settings);
  g_mutex_unlock (&self->lock);
  return g_strdup_printf ("%s%s", describe_begun (ICE_PROGRESS_GATHER),
      servers->len > 0 ? ": waiting for the STUN and TURN servers" : "");
}

/* (transfer full) */
static gchar *
describe_credentials (GstIceSession *self)
{
  gboolean has_ufrag, has_password;

  g_mutex_lock (&self->lock);
  has_ufrag = gst_ice_settings_get_string (
                  &self->settings, GST_ICE_SETTING_REMOTE_UFRAG)
      != NULL;
  has_password = gst_ice_settings_get_string (
                     &self->settings, GST_ICE_SETTING_REMOTE_PWD)
      != NULL;
  g_mutex_unlock (&self->lock);
  if (has_ufrag != has_password)
    return g_strdup_printf (
        "waiting for the peer's credentials: %s is set, %s is not",
        has_ufrag ? "remote-ufrag" : "remote-pwd",
        has_ufrag ? "remote-pwd" : "remote-ufrag");
  return g_strdup ("waiting for the peer's credentials (remote-ufrag, "
                   "remote-pwd or set-remote-credentials)");
}

/* Returns: (transfer full): why there is no pair, if that is known */
static gchar *
describe_no_pair (GstIceSession *self, const IceProgressFacts *facts)
{
  g_autofree gchar *why = NULL;

  if (facts->gathering == GST_ICE_GATHERING_STATE_COMPLETE)
    why = gst_ice_session_explain_no_pair (
        self, facts->place.stream, facts->place.component);
  if (why == NULL)
    return g_strdup ("no candidate pair can be checked so far, waiting for "
                     "more candidates");
  return g_strdup_printf ("waiting for more candidates, so far %s", why);
}

/* (transfer full) */
static gchar *
describe_wait (GstIceSession *self, const IceProgressNews *news,
    const IceProgressFacts *facts)
{
  g_autofree gchar *uri = get_uri (self);

  switch (news->wait) {
    case ICE_WAIT_CALLER:
      return g_strdup_printf (
          "waiting for the peer's signalling: listening on %s", uri);
    case ICE_WAIT_LISTENER:
      return g_strdup_printf (
          "waiting for the peer's signalling: calling %s", uri);
    case ICE_WAIT_SERVERS:
      return describe_gathering (self);
    case ICE_WAIT_CREDENTIALS:
      return describe_credentials (self);
    case ICE_WAIT_CANDIDATES:
      return g_strdup ("waiting for the peer's candidates (add-ice-candidate)");
    case ICE_WAIT_PAIR:
      return describe_no_pair (self, facts);
    case ICE_WAIT_PEER_CHECKS:
      return g_strdup_printf (
          "the peer has signalled all of its candidates%s, and no candidate "
          "pair can be checked; waiting for the peer's checks for 39.5 s at "
          "most (RFC 8863)",
          facts->candidates ? "" : " (none)");
    case ICE_WAIT_CHECKS:
      return g_strdup ("waiting for answers to connectivity checks");
    case ICE_WAIT_NOMINATION:
      return g_strdup ("a candidate pair works, waiting for the peer's "
                       "nomination");
    case ICE_WAIT_END_OF_CANDIDATES:
      return g_strdup ("no candidate pair works so far, waiting for more of "
                       "the peer's candidates or its end of candidates");
    case ICE_WAIT_LIFE:
      return g_strdup ("the peer is silent, waiting for a sign of life");
    case ICE_WAIT_NOTHING:
    case ICE_N_WAITS:
      break;
  }
  return g_strdup (describe_begun (news->code));
}

static const gchar *
describe_end (const IceProgressNews *news)
{
  static const gchar *const texts[ICE_PROGRESS_N_CODES][2] = {
    { "local candidates were gathered", "no candidates can be gathered" },
    { "the peer's signalling is connected",
        "the peer's signalling did not connect, or ended too early" },
    { "connected", "no connection" },
  };

  if (news->type == ICE_PROGRESS_CANCELED)
    return "stopped before it was done";
  return texts[news->code][news->type == ICE_PROGRESS_ERROR];
}

static GstProgressType
get_type (IceProgressType type)
{
  switch (type) {
    case ICE_PROGRESS_START:
      return GST_PROGRESS_TYPE_START;
    case ICE_PROGRESS_CONTINUE:
      return GST_PROGRESS_TYPE_CONTINUE;
    case ICE_PROGRESS_COMPLETE:
      return GST_PROGRESS_TYPE_COMPLETE;
    case ICE_PROGRESS_ERROR:
      return GST_PROGRESS_TYPE_ERROR;
    case ICE_PROGRESS_CANCELED:
      break;
  }
  return GST_PROGRESS_TYPE_CANCELED;
}

/* With several transports the text names the one that it is about. */
static void
emit (GstIceSession *self, const IceProgressNews *news,
    const IceProgressFacts *facts, gboolean one_of_many)
{
  g_autofree gchar *text = news->type == ICE_PROGRESS_START
          || news->type == ICE_PROGRESS_CONTINUE
      ? describe_wait (self, news, facts)
      : g_strdup (describe_end (news));

  if (one_of_many && news->is_of_place) {
    g_autofree gchar *what = g_steal_pointer (&text);

    text = g_strdup_printf ("stream %u component %u: %s", facts->place.stream,
        facts->place.component, what);
  }
  gst_ice_session_emit_progress (self, get_type (news->type),
      ice_progress_code_to_string (news->code), text);
}

static void
on_patience_over (gpointer session)
{
  gst_ice_session_consider_progress (session);
}

/* A handler of the emission may call this again. */
static void
report_progress (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  IceProgressNews news;
  IceProgressFacts facts;

  while (TRUE) {
    take_facts (self, entries, &facts);
    if (!ice_progress_next (
            &self->progress, &facts, g_get_monotonic_time (), &news))
      return;
    emit (self, &news, &facts, entries->len > 1);
  }
}

static gboolean
has_io (GstIceSession *self)
{
  gboolean has;

  g_mutex_lock (&self->lock);
  has = self->io != NULL;
  g_mutex_unlock (&self->lock);
  return has;
}

/**
 * gst_ice_session_consider_progress:
 * @self: a session
 *
 * I/O thread. To be called after each event and when its alarm is due. Without
 * an I/O thread (no descriptor was left for it) any thread may call this.
 */
void
gst_ice_session_consider_progress (GstIceSession *self)
{
  gint64 due = -1, stuck;

  if (!has_io (self))
    return;
  if (g_atomic_int_get (&self->shows_progress)) {
    report_progress (self);
    due = ice_progress_get_deadline (&self->progress);
  }
  if (gst_ice_session_is_closed (self))
    return;
  stuck = gst_ice_session_warn_of_stuck (self, g_get_monotonic_time ());
  if (stuck >= 0 && (due < 0 || stuck < due))
    due = stuck;
  if (gst_ice_session_is_closed (self))
    return;
  if (self->patience == NULL)
    self->patience = gst_ice_alarm_new (
        gst_ice_io_get_context (self->io), on_patience_over, self);
  gst_ice_alarm_set (self->patience, due);
}

/**
 * gst_ice_session_report_problem:
 * @self: a session
 * @error: what went wrong
 * @fatal: whether it ends the session
 *
 * I/O thread.
 */
void
gst_ice_session_report_problem (
    GstIceSession *self, const GError *error, gboolean fatal)
{
  if (!fatal) {
    gst_ice_session_warn (self, error);
    return;
  }
  gst_ice_session_emit_problem (self, error, TRUE);
  /* not before: a state change that fails because of it must find the error on
   * the bus */
  g_mutex_lock (&self->lock);
  self->broken = TRUE;
  g_mutex_unlock (&self->lock);
  if (!gst_ice_session_is_closed (self))
    gst_ice_session_consider_progress (self);
}

static void
do_consider (GstIceSession *self, gpointer unused)
{
  if (!gst_ice_session_is_closed (self))
    gst_ice_session_consider_progress (self);
}

/**
 * gst_ice_session_show_progress:
 * @self: a session
 *
 * Any thread. Reports progress from now on, and the operations that began
 * before.
 */
void
gst_ice_session_show_progress (GstIceSession *self)
{
  g_atomic_int_set (&self->shows_progress, TRUE);
  gst_ice_session_queue (self, do_consider, NULL, NULL);
}
