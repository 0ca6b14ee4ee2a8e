/* gst-ice: what a session knows.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticesessiontables.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ice_session_debug);
#define GST_CAT_DEFAULT gst_ice_session_debug

typedef struct
{
  GstIceSession *session;
  GstObject *owner; /* keeps session */
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

/* Queues task where the session runs; else drops it: gathering begins with the
 * tables as they are. */
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

/* Under the lock. */
IceStream *
gst_ice_session_find_stream (GstIceSession *self, guint index)
{
  IceStream *stream;
  const gchar *ufrag, *password;
  guint i;

  for (i = 0; i < self->streams->len; i++) {
    stream = g_ptr_array_index (self->streams, i);
    if (stream->index == index)
      return stream;
  }
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

/* I/O thread. */
void
gst_ice_session_tell_problem (
    GstIceSession *self, const GError *error, gboolean fatal)
{
  if (fatal) {
    g_mutex_lock (&self->lock);
    self->broken = TRUE;
    g_mutex_unlock (&self->lock);
  }
  self->callbacks->problem (self->owner, error, fatal);
}

/* The components of a stream ask the same servers. */
static gboolean
is_news (GstIceSession *self, guint stream, const GstIceCandidateError *error)
{
  return error->url == NULL
      || g_hash_table_add (self->server_errors,
          g_strdup_printf ("%u %u %s", stream, error->code, error->url));
}

/* I/O thread. */
void
gst_ice_session_tell_candidate_error (
    GstIceSession *self, guint stream, const GstIceCandidateError *error)
{
  GstStructure *event;

  if (!is_news (self, stream, error))
    return;
  event = gst_structure_new ("ice-candidate-error", "error-code", G_TYPE_UINT,
      error->code, "error-text", G_TYPE_STRING, error->text, "stream",
      G_TYPE_UINT, stream, NULL);

  GST_WARNING_OBJECT (self->owner, "stream %u: %s", stream, error->text);
  if (error->address != NULL)
    gst_structure_set (event, "address", G_TYPE_STRING, error->address, NULL);
  if (error->port != 0)
    gst_structure_set (event, "port", G_TYPE_UINT, (guint) error->port, NULL);
  if (error->url != NULL)
    gst_structure_set (event, "url", G_TYPE_STRING, error->url, NULL);
  self->callbacks->candidate_error (self->owner, event);
  self->callbacks->event (self->owner, event);
}
