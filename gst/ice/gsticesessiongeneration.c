/* gst-ice: a session's generation.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticesessiongeneration.h"
#include "gsticesessionstates.h"
#include "icecredentials.h"
#include <unistd.h>

/* RFC 8839 section 5.4 asks for 24 and 128 random bits; 6 bits a character */
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
 * I/O thread. What is told from now on is told with the newest credentials.
 *
 * Returns: whether they are new
 */
gboolean
gst_ice_session_adopt_generation (GstIceSession *self)
{
  gboolean is_new;

  g_mutex_lock (&self->lock);
  is_new = self->told_ufrag == NULL
      || self->told_generation != self->generation;
  if (is_new) {
    g_free (self->told_ufrag);
    g_free (self->told_password);
    self->told_ufrag = g_strdup (self->local_ufrag);
    self->told_password = g_strdup (self->local_password);
    self->told_generation = self->generation;
  }
  g_mutex_unlock (&self->lock);
  return is_new;
}

/**
 * gst_ice_session_is_stale:
 * @self: a session, locked
 *
 * I/O thread.
 *
 * Returns: whether a restart waits to be told: what comes now is the old
 *   generation's, and comes again
 */
gboolean
gst_ice_session_is_stale (GstIceSession *self)
{
  return self->told_generation != self->generation;
}

/**
 * gst_ice_session_tell_parameters:
 * @self: a session
 * @stream: one of its streams
 *
 * I/O thread. Tells the peer of built-in signalling, where there is one.
 */
void
gst_ice_session_tell_parameters (GstIceSession *self, IceStream *stream)
{
  if (self->call != NULL)
    gst_ice_call_send_parameters (self->call, stream->index, self->told_ufrag,
        self->told_password, self->role, self->told_generation);
}

static void
reset_entry (GstIceSession *self, GstIceSessionEntry *entry)
{
  entry->gathered = FALSE;
  entry->applied = 0;
  entry->complete = FALSE;
  g_clear_pointer (&entry->ufrag, g_free);
  gst_ice_session_step (self, entry->transport, ICE_EVENT_RESTART, NULL);
  if (gst_ice_transport_set_gathering_state (
          entry->transport, GST_ICE_GATHERING_STATE_GATHERING)) {
    g_object_notify (G_OBJECT (entry->transport), "gathering-state");
    gst_ice_session_step (self, entry->transport, ICE_EVENT_GATHERING, NULL);
  }
}

static void
tell_all_parameters (GstIceSession *self, GPtrArray *entries)
{
  IceStream *last = NULL;
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    /* a repeat for a stream of several components is ignored by the peer */
    if (entry->stream != last)
      gst_ice_session_tell_parameters (self, entry->stream);
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
 * @settings: (out caller-allocates): takes a copy, to be cleared
 * @options: (out caller-allocates): what transports gather with; points to
 *   @settings, and to what the I/O thread owns
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
    .local_ufrag = self->told_ufrag,
    .local_password = self->told_password,
    .role = self->role,
    .stun_server = self->stun_server,
    .turn_servers = self->turn_servers,
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

    if (entry->begun)
      gst_ice_transport_restart (entry->transport, &options);
  }
  gst_ice_settings_clear (&settings);
}

/* The peer learns the credentials before it sees the first candidate; what it
 * has told already is applied to the new beginning at the end. */
static void
begin_anew (GstIceSession *self, gint stream)
{
  g_autoptr (GPtrArray) entries = list_entries_of (self, stream);
  guint i;

  self->callbacks->notify (self->owner, "local-ufrag");
  self->callbacks->notify (self->owner, "local-candidates");
  tell_all_parameters (self, entries);
  for (i = 0; i < entries->len && !gst_ice_session_is_closed (self); i++)
    reset_entry (self, g_ptr_array_index (entries, i));
  if (!gst_ice_session_is_closed (self))
    gst_ice_session_update_gathering_state (self);
  restart_transports (self, entries);
  self->apply_remote (self, NULL);
}

static void
do_restart (GstIceSession *self, gpointer unused)
{
  if (gst_ice_session_is_closed (self)
      || !gst_ice_session_adopt_generation (self))
    return; /* a later restart, which came before this task, took us along */
  g_hash_table_remove_all (self->server_errors); /* they are asked again */
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
 * Any thread. The peer of @stream is another one than before, or has begun
 * anew: it is told everything again, with the credentials that we have.
 */
void
gst_ice_session_offer_again (GstIceSession *self, guint stream)
{
  g_mutex_lock (&self->lock);
  ice_stream_begin_anew (gst_ice_session_find_stream (self, stream));
  g_mutex_unlock (&self->lock);
  gst_ice_session_queue (self, do_offer_again, GUINT_TO_POINTER (stream), NULL);
}

/* Under the lock. */
static gboolean
is_running (GstIceSession *self)
{
  return self->io != NULL && !gst_ice_session_is_closed (self);
}

/* Under the lock. */
static void
begin_generation (GstIceSession *self)
{
  guint i;

  self->generation++;
  g_free (self->local_ufrag);
  g_free (self->local_password);
  self->local_ufrag = gst_ice_session_make_ufrag ();
  self->local_password = gst_ice_session_make_password ();
  for (i = 0; i < self->streams->len; i++) {
    IceStream *stream = g_ptr_array_index (self->streams, i);

    /* What the peer told when it restarted it does not tell again. */
    if (self->answers)
      ice_stream_restart_ours (stream);
    else
      ice_stream_restart (stream);
  }
}

/**
 * gst_ice_session_restart:
 * @self: a session
 * @error: says why not
 *
 * Any thread. New local credentials, which can be read at once; the peer's are
 * forgotten, new ones can be set at once. But what the peer told in a restart
 * of its own, which this one crosses, is kept.
 *
 * Returns: whether the session gathers or has gathered
 */
gboolean
gst_ice_session_restart (GstIceSession *self, GError **error)
{
  gboolean running;

  g_mutex_lock (&self->lock);
  running = is_running (self);
  if (running)
    begin_generation (self);
  g_mutex_unlock (&self->lock);

  if (!running) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_INITIALIZED,
        "there is nothing to restart: no candidates were gathered yet, or the "
        "agent is closed");
    return FALSE;
  }
  gst_ice_session_queue (self, do_restart, NULL, NULL);
  return TRUE;
}

/**
 * gst_ice_session_restart_once:
 * @self: a session
 * @generation: the newest one when the restart was decided on
 *
 * Any thread. As gst_ice_session_restart(), but not after another restart.
 */
void
gst_ice_session_restart_once (GstIceSession *self, guint generation)
{
  gboolean once;

  g_mutex_lock (&self->lock);
  once = is_running (self) && self->generation == generation;
  if (once)
    begin_generation (self);
  g_mutex_unlock (&self->lock);
  if (once)
    gst_ice_session_queue (self, do_restart, NULL, NULL);
}
