/* gst-ice: what happens in one ICE session.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * While it runs, a session keeps its owner and the I/O thread alive. */

#include "gsticesession.h"
#include "gsticesessiongathering.h"
#include "gsticesessiongeneration.h"
#include "gsticesessionremote.h"
#include "gsticesessionrestart.h"
#include "gsticesessionstates.h"

GST_DEBUG_CATEGORY (gst_ice_session_debug);
#define GST_CAT_DEFAULT gst_ice_session_debug

/* How long close() waits for the backend; it goes on by itself afterwards. */
#define CLOSE_WAIT (1 * G_TIME_SPAN_SECOND)

static void
entry_free (gpointer data)
{
  GstIceSessionEntry *entry = data;

  gst_object_unref (entry->transport);
  g_free (entry->ufrag);
  g_free (entry);
}

/**
 * gst_ice_session_new:
 * @owner: (transfer none): the agent, which outlives the session
 * @transport_type: the backend's GstIceTransport type
 * @callbacks: static
 *
 * Returns: (transfer full): a session that does nothing yet
 */
GstIceSession *
gst_ice_session_new (GstObject *owner, GType transport_type,
    const GstIceSessionCallbacks *callbacks)
{
  GstIceSession *self = g_new0 (GstIceSession, 1);

  GST_DEBUG_CATEGORY_INIT (
      gst_ice_session_debug, "icesession", 0, "ICE session");
  self->owner = owner;
  self->transport_type = transport_type;
  self->apply_remote = gst_ice_session_apply_all_remote;
  self->consider_restart = gst_ice_session_consider_restart;
  self->callbacks = callbacks;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  gst_ice_settings_init (&self->settings);
  self->local_ufrag = gst_ice_session_make_ufrag ();
  self->local_password = gst_ice_session_make_password ();
  self->role = GST_ICE_ROLE_CONTROLLING;
  self->streams = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_stream_free);
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  self->turn_servers = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_server_free);
  self->lost_servers = g_ptr_array_new_with_free_func (
      (GDestroyNotify) g_strfreev);
  self->server_errors = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

/**
 * gst_ice_session_free:
 * @self: (transfer full): a session that was closed, or never gathered
 */
void
gst_ice_session_free (GstIceSession *self)
{
  g_assert (self->io == NULL);
  g_ptr_array_unref (self->entries);
  g_ptr_array_unref (self->streams);
  g_ptr_array_unref (self->turn_servers);
  g_ptr_array_unref (self->lost_servers);
  g_hash_table_unref (self->server_errors);
  g_clear_pointer (&self->stun_server, ice_server_free);
  gst_ice_settings_clear (&self->settings);
  g_free (self->local_ufrag);
  g_free (self->local_password);
  g_free (self->told_ufrag);
  g_free (self->told_password);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* What the transports report. I/O thread. */

static void
on_event (GstIceTransport *transport, IceEvent event, gpointer data)
{
  GstIceSession *self = data;

  if (!gst_ice_session_is_closed (self))
    gst_ice_session_step (self, transport, event, NULL);
}

static void
on_selected_pair (
    GstIceTransport *transport, const GstStructure *pair, gpointer data)
{
  GstIceSession *self = data;

  if (gst_ice_session_is_closed (self))
    return;
  g_mutex_lock (&self->lock);
  self->answers = FALSE;
  g_mutex_unlock (&self->lock);
  gst_ice_session_step (self, transport, ICE_EVENT_PAIR_USABLE, pair);
}

static void
on_pair (GstIceTransport *transport, const GstStructure *pair,
    gboolean is_state, gpointer data)
{
  GstIceSession *self = data;
  guint stream = gst_ice_transport_get_stream (transport);
  guint component = gst_ice_transport_get_component (transport);

  if (gst_ice_session_is_closed (self))
    return;
  g_object_notify (G_OBJECT (transport), "candidate-pairs");
  if (!is_state)
    return;
  self->callbacks->pair (self->owner, stream, component, pair);
  self->callbacks->event (self->owner,
      gst_structure_new ("ice-candidate-pair", "stream", G_TYPE_UINT, stream,
          "component", G_TYPE_UINT, component, "pair", GST_TYPE_STRUCTURE, pair,
          NULL));
}

/* A conflict of one transport is one of the session: its transports share the
 * role (RFC 8445 section 7.3.1.1). */
static void
on_role (GstIceTransport *transport, GstIceRole role, gpointer data)
{
  GstIceSession *self = data;
  gboolean changed;

  if (gst_ice_session_is_closed (self))
    return;
  g_mutex_lock (&self->lock);
  changed = self->role != role;
  self->role = role;
  g_mutex_unlock (&self->lock);
  gst_ice_transport_set_role (transport, role);
  if (changed)
    self->callbacks->notify (self->owner, "role");
}

static void
on_problem (GstIceTransport *transport, const GError *error, gpointer data)
{
  GstIceSession *self = data;

  if (!gst_ice_session_is_closed (self))
    gst_ice_session_tell_problem (self, error, TRUE);
}

static void on_closed (GstIceTransport *transport, gpointer data);

static const GstIceTransportObserver observer = {
  .candidate = gst_ice_session_on_candidate,
  .gathered = gst_ice_session_on_gathered,
  .event = on_event,
  .selected_pair = on_selected_pair,
  .pair = on_pair,
  .role = on_role,
  .candidate_error = gst_ice_session_on_candidate_error,
  .problem = on_problem,
  .closed = on_closed,
};

/* Transports. */

/* Under the lock. */
static GstIceSessionEntry *
find_component (GstIceSession *self, guint stream, guint component)
{
  guint i;

  for (i = 0; i < self->entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (self->entries, i);

    if (entry->stream->index == stream
        && gst_ice_transport_get_component (entry->transport) == component)
      return entry;
  }
  return NULL;
}

/**
 * gst_ice_session_get_transport:
 * @self: a session
 * @stream: sdpMLineIndex
 * @component: 1 RTP, 2 RTCP
 * @error: says why not
 *
 * Any thread. Makes the transport where it is not there yet.
 *
 * Returns: (transfer full) (nullable): the transport; %NULL with @error set
 *   when the session is closed, or @stream has ended its candidates already
 */
GstIceTransport *
gst_ice_session_get_transport (
    GstIceSession *self, guint stream, guint component, GError **error)
{
  GstIceTransport *transport, *found = NULL;
  GstIceRole role;
  gboolean late = FALSE;
  GstIceSessionEntry *entry;

  if (!gst_ice_session_check_stream (stream, error)
      || !gst_ice_session_check_open (self, error))
    return NULL;
  transport = g_object_new (
      self->transport_type, "stream", stream, "component", component, NULL);
  gst_object_ref_sink (transport);
  gst_ice_transport_set_observer (transport, &observer, self);

  g_mutex_lock (&self->lock);
  role = self->role;
  entry = find_component (self, stream, component);
  if (entry == NULL) {
    IceStream *s = gst_ice_session_find_stream (self, stream);

    late = s->local_complete;
    if (!late) {
      entry = g_new0 (GstIceSessionEntry, 1);
      entry->transport = gst_object_ref (transport);
      entry->stream = s;
      g_ptr_array_add (self->entries, entry);
    }
  }
  if (entry != NULL)
    found = gst_object_ref (entry->transport);
  g_mutex_unlock (&self->lock);
  if (found == transport)
    gst_ice_transport_set_role (transport, role);
  gst_object_unref (transport);

  if (late)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
        "stream %u has gathered its candidates and told the peer that no more "
        "will come; add component %u before that",
        stream, component);
  return found;
}

/**
 * gst_ice_session_list_transports:
 * @self: a session
 *
 * Any thread.
 *
 * Returns: (transfer full) (element-type GstIceTransport): its transports
 */
GPtrArray *
gst_ice_session_list_transports (GstIceSession *self)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (gst_object_unref);
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (self->entries, i);

    g_ptr_array_add (list, gst_object_ref (entry->transport));
  }
  g_mutex_unlock (&self->lock);
  return list;
}

/**
 * gst_ice_session_take_candidates:
 * @self: a session
 * @local: ours, else the peer's
 * @array: (inout): a GstValueArray that takes them
 *
 * Any thread.
 */
void
gst_ice_session_take_candidates (
    GstIceSession *self, gboolean local, GValue *array)
{
  guint i, k;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->streams->len; i++) {
    IceStream *stream = g_ptr_array_index (self->streams, i);
    GPtrArray *candidates = local ? stream->local : stream->remote;

    for (k = 0; k < candidates->len; k++) {
      GValue item = G_VALUE_INIT;

      g_value_init (&item, G_TYPE_STRING);
      g_value_take_string (
          &item, ice_candidate_to_string (g_ptr_array_index (candidates, k)));
      gst_value_array_append_and_take_value (array, &item);
    }
  }
  g_mutex_unlock (&self->lock);
}

typedef struct
{
  GstIceTransport *transport;
  GstIceDirection direction;
  gboolean used;
  GstIceSocketOptions options;
} SocketTask;

static void
socket_task_free (gpointer data)
{
  SocketTask *task = data;

  gst_object_unref (task->transport);
  g_free (task);
}

static void
do_set_socket_options (GstIceSession *self, gpointer data)
{
  SocketTask *task = data;

  if (!gst_ice_session_is_closed (self))
    gst_ice_transport_set_socket_options (
        task->transport, task->direction, task->used ? &task->options : NULL);
}

/**
 * gst_ice_session_set_socket_options:
 * @self: a session
 * @transport: one of its transports
 * @direction: receive or send
 * @options: (nullable): what its sockets shall have; %NULL: nobody uses that
 *   direction any more
 *
 * Any thread.
 */
void
gst_ice_session_set_socket_options (GstIceSession *self,
    GstIceTransport *transport, GstIceDirection direction,
    const GstIceSocketOptions *options)
{
  SocketTask *task = g_new0 (SocketTask, 1);

  task->transport = gst_object_ref (transport);
  task->direction = direction;
  task->used = options != NULL;
  if (options != NULL)
    task->options = *options;
  gst_ice_session_queue (self, do_set_socket_options, task, socket_task_free);
}

/* Settings. */

/* Under the lock. What a new value of a setting means elsewhere. */
static void
take_setting (GstIceSession *self, GstIceSetting id)
{
  const gchar *text;
  guint i;

  switch ((guint) id) {
    case GST_ICE_SETTING_ROLE:
      self->role = gst_ice_settings_get_enum (&self->settings, id);
      break;
    case GST_ICE_SETTING_LOCAL_UFRAG:
      text = gst_ice_settings_get_string (&self->settings, id);
      g_free (self->local_ufrag);
      self->local_ufrag = text != NULL ? g_strdup (text)
                                       : gst_ice_session_make_ufrag ();
      break;
    case GST_ICE_SETTING_LOCAL_PWD:
      text = gst_ice_settings_get_string (&self->settings, id);
      g_free (self->local_password);
      self->local_password = text != NULL ? g_strdup (text)
                                          : gst_ice_session_make_password ();
      break;
    case GST_ICE_SETTING_REMOTE_UFRAG:
    case GST_ICE_SETTING_REMOTE_PWD: {
      const gchar *ufrag = gst_ice_settings_get_string (
          &self->settings, GST_ICE_SETTING_REMOTE_UFRAG);
      const gchar *password = gst_ice_settings_get_string (
          &self->settings, GST_ICE_SETTING_REMOTE_PWD);

      if (ufrag == NULL || password == NULL)
        break;
      for (i = 0; i < self->streams->len; i++) {
        IceStream *stream = g_ptr_array_index (self->streams, i);

        if (stream->remote_ufrag == NULL || self->io == NULL)
          ice_stream_set_remote_credentials (stream, ufrag, password);
      }
      break;
    }
    default:
      break;
  }
}

/* Under the lock. Once gathering was asked for most settings are in use. */
static gboolean
is_in_use (GstIceSession *self, GstIceSetting id)
{
  return self->io != NULL && id != GST_ICE_SETTING_REMOTE_UFRAG
      && id != GST_ICE_SETTING_REMOTE_PWD
      && id != GST_ICE_SETTING_REMOTE_CANDIDATES
      && id != GST_ICE_SETTING_ON_FAILED;
}

static gboolean
is_equal (GstIceSession *self, GstIceSetting id, const GValue *value)
{
  GValue now = G_VALUE_INIT;
  gboolean equal;

  g_value_init (&now, G_VALUE_TYPE (value));
  gst_ice_settings_get (&self->settings, id, &now);
  equal = gst_value_compare (&now, value) == GST_VALUE_EQUAL;
  g_value_unset (&now);
  return equal;
}

static gboolean
add_candidates (GstIceSession *self, const GValue *array, GError **error)
{
  guint i;

  if (!gst_ice_setting_check (GST_ICE_SETTING_REMOTE_CANDIDATES, array, error))
    return FALSE;
  for (i = 0; i < gst_value_array_get_size (array); i++)
    if (!gst_ice_session_add_candidate (self, 0,
            g_value_get_string (gst_value_array_get_value (array, i)), error))
      return FALSE;
  return TRUE;
}

/**
 * gst_ice_session_set:
 * @self: a session
 * @id: a setting
 * @value: its new value; for remote-candidates those of stream 0 to add
 *
 * Any thread.
 *
 * Returns: whether it was taken; %FALSE with @error set otherwise, and nothing
 *   changed
 */
gboolean
gst_ice_session_set (
    GstIceSession *self, GstIceSetting id, const GValue *value, GError **error)
{
  gboolean taken;

  if (id == GST_ICE_SETTING_REMOTE_CANDIDATES)
    return add_candidates (self, value, error);

  g_mutex_lock (&self->lock);
  if (is_in_use (self, id) && !is_equal (self, id, value)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
        "%s can not change after gathering was asked for",
        gst_ice_setting_get_name (id));
    taken = FALSE;
  } else {
    taken = gst_ice_settings_set (&self->settings, id, value, error);
    if (taken)
      take_setting (self, id);
  }
  g_mutex_unlock (&self->lock);
  if (taken)
    gst_ice_session_queue (self, gst_ice_session_apply_all_remote, NULL, NULL);
  return taken;
}

/**
 * gst_ice_session_get:
 * @self: a session
 * @id: a setting
 * @value: (inout): takes its value: what is in force; of the peer's credentials
 *   stream 0's
 *
 * Any thread.
 */
void
gst_ice_session_get (GstIceSession *self, GstIceSetting id, GValue *value)
{
  const IceStream *remote = NULL;

  if (id == GST_ICE_SETTING_REMOTE_CANDIDATES) {
    gst_ice_session_take_candidates (self, FALSE, value);
    return;
  }
  g_mutex_lock (&self->lock);
  if (id == GST_ICE_SETTING_REMOTE_UFRAG || id == GST_ICE_SETTING_REMOTE_PWD)
    remote = gst_ice_session_find_stream (self, 0);
  if (id == GST_ICE_SETTING_ROLE)
    g_value_set_enum (value, self->role);
  else if (id == GST_ICE_SETTING_LOCAL_UFRAG)
    g_value_set_string (value, self->local_ufrag);
  else if (id == GST_ICE_SETTING_LOCAL_PWD)
    g_value_set_string (value, self->local_password);
  else if (remote != NULL && remote->remote_ufrag != NULL)
    g_value_set_string (value,
        id == GST_ICE_SETTING_REMOTE_UFRAG ? remote->remote_ufrag
                                           : remote->remote_password);
  else
    gst_ice_settings_get (&self->settings, id, value);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_session_verify:
 * @self: a session
 * @error: says what is wrong
 *
 * Any thread.
 *
 * Returns: whether the settings can be used
 */
gboolean
gst_ice_session_verify (GstIceSession *self, GError **error)
{
  gboolean good;

  if (!gst_ice_session_check_open (self, error))
    return FALSE;
  g_mutex_lock (&self->lock);
  good = gst_ice_settings_verify (&self->settings, error);
  g_mutex_unlock (&self->lock);
  return good;
}

/* Closing. */

static void
finish_close (GstIceSession *self)
{
  GstIceIo *io;

  g_mutex_lock (&self->lock);
  io = g_steal_pointer (&self->io);
  self->closed = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  gst_object_unref (self->owner); /* that of gst_ice_session_gather() */
  gst_ice_io_release (io);
}

static void
check_closed (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    if (!entry->closed)
      return;
  }
  finish_close (self);
}

static void
on_closed (GstIceTransport *transport, gpointer data)
{
  GstIceSession *self = data;
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  GstIceSessionEntry *entry = gst_ice_session_find_entry (entries, transport);

  g_return_if_fail (gst_ice_session_is_closed (self) && !entry->closed);
  entry->closed = TRUE;
  if (self->announced)
    check_closed (self);
}

static void
do_close (GstIceSession *self, gpointer unused)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  guint i;

  gst_ice_session_stop_restarts (self);
  g_clear_pointer (&self->resolver, gst_ice_resolver_cancel);
  g_clear_pointer (&self->mdns, gst_ice_mdns_free);
  g_clear_pointer (&self->call, gst_ice_call_free);
  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    gst_ice_transport_close (entry->transport);
  }
  gst_ice_session_enter_closed (self);
  self->announced = TRUE;
  check_closed (self);
}

/**
 * gst_ice_session_close:
 * @self: a session
 *
 * Any thread. Ends everything; waits for that a second at most, and not at all
 * in the I/O thread.
 */
void
gst_ice_session_close (GstIceSession *self)
{
  g_autoptr (GstIceIo) io = NULL;
  gint64 end = g_get_monotonic_time () + CLOSE_WAIT;
  gboolean first, closed;

  g_mutex_lock (&self->lock);
  first = !gst_ice_session_is_closed (self);
  g_atomic_int_set (&self->closing, TRUE);
  if (self->io != NULL)
    io = gst_ice_io_ref (self->io);
  g_mutex_unlock (&self->lock);

  if (io == NULL) {
    if (first)
      gst_ice_session_enter_closed (self);
    return;
  }
  if (first)
    gst_ice_session_queue (self, do_close, NULL, NULL);
  if (gst_ice_io_is_current (io))
    return;
  g_mutex_lock (&self->lock);
  while (!self->closed)
    if (!g_cond_wait_until (&self->cond, &self->lock, end))
      break;
  closed = self->closed;
  g_mutex_unlock (&self->lock);
  if (closed) /* what the I/O thread lets go of after that is gone too */
    gst_ice_io_synchronize (io, end);
}
