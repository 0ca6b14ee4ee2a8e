/* gst-ice: a session's generations.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessionrestart.h"
#include "session/gsticesessionsignals.h"
#include "session/gsticesessionmdns.h"
#include "session/gsticesessionstates.h"
#include "candidates/icecredentials.h"
#include "signalling/icemessage.h"
#include <unistd.h>

GST_DEBUG_CATEGORY_EXTERN (gst_ice_session_debug);
#define GST_CAT_DEFAULT gst_ice_session_debug

/* RFC 8839 section 5.4: 24 and 128 random bits; a character has 6 bits */
#define UFRAG_LENGTH 8
#define PASSWORD_LENGTH 24

#define ALL_STREAMS (-1)

static gchar *
make_credential (gsize length)
{
  guint8 bytes[ICE_CREDENTIAL_MAX_LENGTH];

  g_assert (length <= sizeof (bytes));
  if (getentropy (bytes, length) != 0)
    g_error ("no random numbers from the system");
  return ice_credential_from_random (bytes, length);
}

/**
 * gst_ice_session_make_ufrag:
 *
 * Returns: (transfer full): a random user name fragment
 */
gchar *
gst_ice_session_make_ufrag (void)
{
  return make_credential (UFRAG_LENGTH);
}

/**
 * gst_ice_session_make_password:
 *
 * Returns: (transfer full): a random password
 */
gchar *
gst_ice_session_make_password (void)
{
  return make_credential (PASSWORD_LENGTH);
}

/**
 * gst_ice_session_adopt_generation:
 * @self: a session
 *
 * I/O thread. Signals with the newest credentials from now on.
 *
 * Returns: whether they are new
 */
gboolean
gst_ice_session_adopt_generation (GstIceSession *self)
{
  gboolean is_new;

  g_mutex_lock (&self->lock);
  is_new = self->adopted_ufrag == NULL
      || self->adopted_generation != self->generation;
  if (is_new) {
    g_free (self->adopted_ufrag);
    g_free (self->adopted_password);
    self->adopted_ufrag = g_strdup (self->local_ufrag);
    self->adopted_password = g_strdup (self->local_password);
    self->adopted_generation = self->generation;
  }
  g_mutex_unlock (&self->lock);
  if (is_new)
    GST_INFO_OBJECT (self->owner, "generation %u, local ufrag %s",
        self->adopted_generation, self->adopted_ufrag);
  return is_new;
}

/**
 * gst_ice_session_send_parameters:
 * @self: a session
 * @stream: one of its streams
 *
 * I/O thread. Sends the stream's parameters by built-in signalling, if it is
 * on.
 */
void
gst_ice_session_send_parameters (GstIceSession *self, IceStream *stream)
{
  GstIceRole role;

  g_mutex_lock (&self->lock);
  role = self->role;
  g_mutex_unlock (&self->lock);
  if (self->channel != NULL)
    gst_ice_channel_send_parameters (self->channel, stream->index,
        self->adopted_ufrag, self->adopted_password, role,
        self->adopted_generation);
}

static void
reset_entry (GstIceSession *self, GstIceSessionEntry *entry)
{
  entry->gathered = FALSE;
  entry->applied = 0;
  entry->complete = FALSE;
  entry->succeeded = FALSE;
  g_clear_pointer (&entry->ufrag, g_free);
  gst_ice_session_step (self, entry->transport, ICE_EVENT_RESTART, NULL);
  if (gst_ice_transport_set_gathering_state (
          entry->transport, GST_ICE_GATHERING_STATE_GATHERING)) {
    g_object_notify (G_OBJECT (entry->transport), "gathering-state");
    gst_ice_session_step (self, entry->transport, ICE_EVENT_GATHERING, NULL);
  }
}

static void
send_all_parameters (GstIceSession *self, GPtrArray *entries)
{
  IceStream *last = NULL;
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    /* a repeat for a stream of several components is ignored by the peer */
    if (entry->stream != last)
      gst_ice_session_send_parameters (self, entry->stream);
    last = entry->stream;
  }
}

static GPtrArray *
list_entries_of (GstIceSession *self, gint stream)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  GPtrArray *list = g_ptr_array_new ();
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (stream == ALL_STREAMS || entry->stream->index == (guint) stream)
      g_ptr_array_add (list, entry);
  }
  return list;
}

/**
 * gst_ice_session_take_options:
 * @self: a session
 * @settings: (out caller-allocates): a copy of the settings, to be cleared
 * @options: (out caller-allocates): what transports gather with; points into
 *   @settings and to data of the I/O thread
 *
 * I/O thread.
 */
void
gst_ice_session_take_options (
    GstIceSession *self, GstIceSettings *settings, GstIceGatherOptions *options)
{
  g_mutex_lock (&self->lock);
  gst_ice_settings_copy (settings, &self->settings);
  *options = (GstIceGatherOptions){
    .settings = settings,
    .local_ufrag = self->adopted_ufrag,
    .local_password = self->adopted_password,
    .role = self->role,
    .stun_server = self->stun_server,
    .turn_servers = self->turn_servers,
    .amplification = self->amplification,
  };
  g_mutex_unlock (&self->lock);
}

static void
restart_transports (GstIceSession *self, GPtrArray *entries)
{
  GstIceSettings settings;
  GstIceGatherOptions options;
  guint i;

  gst_ice_session_take_options (self, &settings, &options);
  for (i = 0; i < entries->len && !gst_ice_session_is_closed (self); i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (!entry->begun)
      continue;
    gst_ice_transport_set_role (entry->transport, options.role);
    gst_ice_transport_restart (entry->transport, &options);
  }
  gst_ice_settings_clear (&settings);
}

/* The credentials are signalled before the first candidate. What the peer has
 * signalled already is applied at the end. */
static void
begin_anew (GstIceSession *self, gint stream)
{
  g_autoptr (GPtrArray) entries = list_entries_of (self, stream);
  guint i;

  gst_ice_session_notify (self, "local-ufrag");
  gst_ice_session_notify (self, "local-pwd");
  gst_ice_session_notify_candidates (self, TRUE);
  send_all_parameters (self, entries);
  for (i = 0; i < entries->len && !gst_ice_session_is_closed (self); i++)
    reset_entry (self, g_ptr_array_index (entries, i));
  if (!gst_ice_session_is_closed (self))
    gst_ice_session_update_gathering_state (self);
  restart_transports (self, entries);
  gst_ice_session_look_up_and_apply (self, NULL);
}

static void
do_restart (GstIceSession *self, gpointer unused)
{
  if (gst_ice_session_is_closed (self)
      || !gst_ice_session_adopt_generation (self))
    return; /* a later restart was carried out by an earlier task */
  gst_ice_session_forget_server_errors (self);
  begin_anew (self, ALL_STREAMS);
}

/**
 * gst_ice_session_gather_anew:
 * @self: a session without a pair yet
 *
 * I/O thread. Gathers again with its present role and the same credentials; the
 * candidates are reported again. The remote side is kept.
 */
void
gst_ice_session_gather_anew (GstIceSession *self)
{
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->streams->len; i++)
    ice_stream_forget_local (g_ptr_array_index (self->streams, i));
  g_mutex_unlock (&self->lock);
  begin_anew (self, ALL_STREAMS);
}

static void
do_offer_again (GstIceSession *self, gpointer stream)
{
  gboolean stale;

  g_mutex_lock (&self->lock);
  stale = gst_ice_session_is_stale (self);
  g_mutex_unlock (&self->lock);
  if (!stale && !gst_ice_session_is_closed (self))
    begin_anew (self, GPOINTER_TO_INT (stream));
}

/**
 * gst_ice_session_offer_again:
 * @self: a session
 * @stream: sdpMLineIndex
 *
 * Any thread. Signals all parameters and candidates again, with the present
 * credentials: the peer of @stream is a new one, or has begun again.
 */
void
gst_ice_session_offer_again (GstIceSession *self, guint stream)
{
  g_mutex_lock (&self->lock);
  ice_stream_begin_anew (gst_ice_session_ensure_stream (self, stream));
  g_mutex_unlock (&self->lock);
  /* The caller notifies of the new remote credentials. */
  gst_ice_session_queue (self, do_offer_again, GUINT_TO_POINTER (stream), NULL);
}

/* Under the lock. */
static gboolean
is_running (GstIceSession *self)
{
  return self->io != NULL && !gst_ice_session_is_closed (self);
}

/* Under the lock. Returns: whether the peer's credentials of stream 0 are
 * forgotten. */
static gboolean
begin_generation (GstIceSession *self, gboolean by_itself)
{
  const IceStream *first = gst_ice_session_look_up_stream (self, 0);
  gboolean had_remote = first != NULL && first->remote_ufrag != NULL;
  guint i;

  self->generation++;
  if (by_itself)
    self->asked_again.next = 0;
  g_free (self->local_ufrag);
  g_free (self->local_password);
  self->local_ufrag = gst_ice_session_make_ufrag ();
  self->local_password = gst_ice_session_make_password ();
  for (i = 0; i < self->streams->len; i++) {
    IceStream *stream = g_ptr_array_index (self->streams, i);

    /* The peer does not repeat what it signalled with its own restart. */
    if (self->answers)
      ice_stream_restart_ours (stream);
    else
      ice_stream_restart (stream);
    if (by_itself)
      stream->n_answers = 0;
  }
  return had_remote && first->remote_ufrag == NULL;
}

static void
report_forgotten_remote (GstIceSession *self)
{
  gst_ice_session_report_remote (self, 0);
  gst_ice_session_notify_candidates (self, FALSE);
}

/* answers: as of gst_ice_session_answer_restart(); set under the same lock, for
 * do_restart(), which may run before this returns. */
static gboolean
restart (
    GstIceSession *self, gboolean by_itself, gboolean answers, GError **error)
{
  gboolean running, last, forgotten;

  g_mutex_lock (&self->lock);
  running = is_running (self);
  last = self->generation >= ICE_MESSAGE_MAX_GENERATION;
  forgotten = running && !last && begin_generation (self, by_itself);
  self->answers |= running && !last && answers;
  g_mutex_unlock (&self->lock);

  if (!running) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_INITIALIZED,
        "there is nothing to restart: no candidates were gathered yet, or the "
        "agent is closed");
    return FALSE;
  }
  if (last) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "generation %u is the last one, no restart follows it; use a new agent",
        ICE_MESSAGE_MAX_GENERATION);
    return FALSE;
  }
  if (forgotten)
    report_forgotten_remote (self);
  gst_ice_session_queue (self, do_restart, NULL, NULL);
  return TRUE;
}

/**
 * gst_ice_session_restart:
 * @self: a session
 * @error: return location, set on failure
 *
 * Any thread. Makes new local credentials, which can be read at once, and
 * forgets the peer's; new ones can be set at once. What the peer signalled in a
 * restart of its own that crosses this one is kept.
 *
 * Returns: whether the session gathers or has gathered
 */
gboolean
gst_ice_session_restart (GstIceSession *self, GError **error)
{
  g_mutex_lock (&self->lock);
  self->failures.next = 0;
  g_mutex_unlock (&self->lock);
  return restart (self, TRUE, FALSE, error);
}

/**
 * gst_ice_session_answer_restart:
 * @self: a session
 * @answers: whether what the peer signals now is kept if this end restarts
 *   again before a pair is selected, since the peer does not repeat it
 * @error: return location, set on failure
 *
 * Any thread. As gst_ice_session_restart(), in answer to the peer's restart.
 *
 * Returns: whether the session gathers or has gathered
 */
gboolean
gst_ice_session_answer_restart (
    GstIceSession *self, gboolean answers, GError **error)
{
  return restart (self, FALSE, answers, error);
}

/**
 * gst_ice_session_restart_once:
 * @self: a session
 * @generation: the generation for which the restart was decided
 *
 * Any thread. As gst_ice_session_restart(), unless the session has restarted
 * since then.
 */
void
gst_ice_session_restart_once (GstIceSession *self, guint generation)
{
  gboolean once, forgotten;

  g_mutex_lock (&self->lock);
  once = is_running (self) && self->generation == generation
      && generation < ICE_MESSAGE_MAX_GENERATION;
  forgotten = once && begin_generation (self, TRUE);
  g_mutex_unlock (&self->lock);
  if (forgotten)
    report_forgotten_remote (self);
  if (once)
    gst_ice_session_queue (self, do_restart, NULL, NULL);
}
