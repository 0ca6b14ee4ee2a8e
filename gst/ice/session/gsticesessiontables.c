/* gst-ice: a session's data.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessiontables.h"
#include "model/icenopair.h"
#include "model/iceremoteload.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ice_session_debug);
#define GST_CAT_DEFAULT gst_ice_session_debug

typedef struct
{
  GstIceSession *session;
  GstObject *owner; /* references the session */
  GstIceSessionTask task;
  gpointer argument;
  GDestroyNotify notify;
} Call;

static gboolean
run_task (gpointer data)
{
  Call *call = data;

  call->task (call->session, call->argument);
  return G_SOURCE_REMOVE;
}

static void
call_free (gpointer data)
{
  Call *call = data;

  if (call->notify != NULL)
    call->notify (call->argument);
  gst_object_unref (call->owner);
  g_free (call);
}

/* Queues a task if the session runs; otherwise drops it, since gathering begins
 * with the tables as they are. */
void
gst_ice_session_queue (GstIceSession *self, GstIceSessionTask task,
    gpointer argument, GDestroyNotify notify)
{
  g_autoptr (GstIceIo) io = NULL;
  Call *call;

  g_mutex_lock (&self->lock);
  if (self->io != NULL)
    io = gst_ice_io_ref (self->io);
  g_mutex_unlock (&self->lock);
  if (io == NULL) {
    if (notify != NULL)
      notify (argument);
    return;
  }

  call = g_new0 (Call, 1);
  call->session = self;
  call->owner = gst_object_ref (self->owner);
  call->task = task;
  call->argument = argument;
  call->notify = notify;
  gst_ice_io_invoke (io, run_task, call, call_free);
}

GPtrArray *
gst_ice_session_list_entries (GstIceSession *self)
{
  GPtrArray *list = g_ptr_array_new ();
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->entries->len; i++)
    g_ptr_array_add (list, g_ptr_array_index (self->entries, i));
  g_mutex_unlock (&self->lock);
  return list;
}

gboolean
gst_ice_session_is_closed (GstIceSession *self)
{
  return g_atomic_int_get (&self->closing);
}

GstIceSessionEntry *
gst_ice_session_find_entry (
    GPtrArray *entries, const GstIceTransport *transport)
{
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (entry->transport == transport)
      return entry;
  }
  return NULL;
}

/* Under the lock. Returns: NULL if there is no such stream */
IceStream *
gst_ice_session_look_up_stream (GstIceSession *self, guint index)
{
  guint i;

  for (i = 0; i < self->streams->len; i++) {
    IceStream *stream = g_ptr_array_index (self->streams, i);

    if (stream->index == index)
      return stream;
  }
  return NULL;
}

/* Under the lock. Makes the stream if it does not exist: for adding to it,
 * never for reading. */
IceStream *
gst_ice_session_ensure_stream (GstIceSession *self, guint index)
{
  IceStream *stream = gst_ice_session_look_up_stream (self, index);
  const gchar *ufrag, *password;

  if (stream != NULL)
    return stream;
  stream = ice_stream_new (index);
  g_ptr_array_add (self->streams, stream);
  ufrag = gst_ice_settings_get_string (
      &self->settings, GST_ICE_SETTING_REMOTE_UFRAG);
  password = gst_ice_settings_get_string (
      &self->settings, GST_ICE_SETTING_REMOTE_PWD);
  if (ufrag != NULL && password != NULL)
    ice_stream_set_remote_credentials (stream, ufrag, password);
  return stream;
}

/* Under the lock. */
static guint
count_unknown (GstIceSession *self)
{
  guint i, k, n = 0;

  for (i = 0; i < self->streams->len; i++) {
    for (k = 0; k < self->entries->len; k++)
      if (((GstIceSessionEntry *) g_ptr_array_index (self->entries, k))->stream
          == g_ptr_array_index (self->streams, i))
        break;
    if (k == self->entries->len)
      n++;
  }
  return n;
}

/* Under the lock. Whether there is room for a stream that only the peer has.
 * Makes nothing. */
gboolean
gst_ice_session_has_room (GstIceSession *self, guint index, GError **error)
{
  return gst_ice_session_look_up_stream (self, index) != NULL
      || ice_remote_load_check_stream (count_unknown (self), index, error);
}

/* Under the lock. As gst_ice_session_ensure_stream(), for valid data of the
 * peer. Returns: NULL with error set if there is no room for the stream */
IceStream *
gst_ice_session_admit_stream (GstIceSession *self, guint index, GError **error)
{
  return gst_ice_session_has_room (self, index, error)
      ? gst_ice_session_ensure_stream (self, index)
      : NULL;
}

/**
 * gst_ice_session_is_stale:
 * @self: a session, locked
 *
 * I/O thread.
 *
 * Returns: whether a restart waits to be carried out: events now belong to the
 * old generation and will come again
 */
gboolean
gst_ice_session_is_stale (GstIceSession *self)
{
  return self->adopted_generation != self->generation;
}

/**
 * gst_ice_session_explain_no_pair:
 * @self: a session
 * @stream: sdpMLineIndex
 * @component: the component whose transport has no candidate pair
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the reason, as ice_no_pair_explain()
 */
gchar *
gst_ice_session_explain_no_pair (
    GstIceSession *self, guint stream, guint component)
{
  const IceStream *known;
  gchar *text = NULL;

  g_mutex_lock (&self->lock);
  known = gst_ice_session_look_up_stream (self, stream);
  if (known != NULL)
    text = ice_no_pair_explain (known, component,
        gst_ice_settings_get_boolean (
            &self->settings, GST_ICE_SETTING_ICE_TCP));
  g_mutex_unlock (&self->lock);
  return text;
}

/**
 * gst_ice_session_list_candidates:
 * @self: a session
 * @local: whether local candidates; otherwise the peer's
 *
 * Any thread.
 *
 * Returns: (transfer full) (element-type IceCandidate): copies of all of them
 */
GPtrArray *
gst_ice_session_list_candidates (GstIceSession *self, gboolean local)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_candidate_free);
  guint i, k;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->streams->len; i++) {
    const IceStream *stream = g_ptr_array_index (self->streams, i);
    GPtrArray *candidates = local ? stream->local : stream->remote;

    for (k = 0; k < candidates->len; k++)
      g_ptr_array_add (
          list, ice_candidate_copy (g_ptr_array_index (candidates, k)));
  }
  g_mutex_unlock (&self->lock);
  return list;
}

/**
 * gst_ice_session_take_candidates:
 * @self: a session
 * @local: whether local candidates; otherwise the peer's
 * @array: (inout): a GstValueArray for the candidates
 *
 * Any thread.
 */
void
gst_ice_session_take_candidates (
    GstIceSession *self, gboolean local, GValue *array)
{
  g_autoptr (GPtrArray) list = gst_ice_session_list_candidates (self, local);
  guint i;

  for (i = 0; i < list->len; i++) {
    GValue item = G_VALUE_INIT;

    g_value_init (&item, G_TYPE_STRING);
    g_value_take_string (
        &item, ice_candidate_to_string (g_ptr_array_index (list, i)));
    gst_value_array_append_and_take_value (array, &item);
  }
}
