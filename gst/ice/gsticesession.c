/* gst-ice: what happens in one ICE session.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any thread fills the tables (streams, settings) under the lock, which is a
 * leaf; the I/O thread brings the backend up to them and writes the states.
 * While it runs, a session keeps its owner and the I/O thread alive. */

#include "gsticesession.h"
#include "gsticecall.h"
#include "gsticeenumtypes.h"
#include "gsticeio.h"
#include "gsticeresolver.h"
#include "icecredentials.h"
#include "icemessage.h"
#include "icestream.h"
#include <string.h>
#include <unistd.h>

GST_DEBUG_CATEGORY_STATIC (gst_ice_session_debug);
#define GST_CAT_DEFAULT gst_ice_session_debug

/* How long close() waits for the backend; it goes on by itself afterwards. */
#define CLOSE_WAIT (1 * G_TIME_SPAN_SECOND)

/* RFC 8839 section 5.4 asks for 24 and 128 random bits; 6 bits a character */
#define UFRAG_LENGTH 8
#define PASSWORD_LENGTH 24

typedef struct
{
  GstIceTransport *transport;
  IceStream *stream;
  /* I/O thread */
  gboolean begun;    /* the backend was told to gather */
  gboolean gathered; /* ... and has */
  gchar *ufrag;      /* the backend has these remote credentials */
  guint applied;     /* ... and so many remote candidates */
  gboolean complete; /* ... and their end */
  gboolean closed;
  gint ended; /* our side's EOS; atomic */
} Entry;

struct _GstIceSession
{
  GstObject *owner;
  const GstIceSessionCallbacks *callbacks;
  GType transport_type;

  GMutex lock;
  GCond cond; /* closed */
  /* under the lock */
  GstIceSettings settings;
  gchar *local_ufrag;
  gchar *local_password;
  GstIceRole role;
  GPtrArray *streams; /* of IceStream */
  GPtrArray *entries; /* of Entry; only added to */
  GstIceConnectionState connection_state;
  GstIceGatheringState gathering_state;
  GstIceIo *io; /* NULL before gathering and after closing */
  gboolean closed;
  gint closing; /* atomic; written under the lock */

  /* I/O thread */
  gboolean announced; /* `closed` was told */
  GstIceResolver *resolver;
  gboolean resolved;
  IceServer *stun_server;
  GPtrArray *turn_servers;
  GstIceCall *call;
  GSource *tick;
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  gst_object_unref (entry->transport);
  g_free (entry->ufrag);
  g_free (entry);
}

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
  self->callbacks = callbacks;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  gst_ice_settings_init (&self->settings);
  self->local_ufrag = make_credential (UFRAG_LENGTH);
  self->local_password = make_credential (PASSWORD_LENGTH);
  self->role = GST_ICE_ROLE_CONTROLLING;
  self->streams = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_stream_free);
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  self->turn_servers = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_server_free);
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
  g_clear_pointer (&self->stun_server, ice_server_free);
  gst_ice_settings_clear (&self->settings);
  g_free (self->local_ufrag);
  g_free (self->local_password);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static gboolean
is_closing (GstIceSession *self)
{
  return g_atomic_int_get (&self->closing);
}

/* Calls that are queued for the I/O thread. */

typedef void (*Task) (GstIceSession *self, gpointer argument);

typedef struct
{
  GstIceSession *session;
  GstObject *owner; /* keeps session */
  Task task;
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
static void
queue (GstIceSession *self, Task task, gpointer argument, GDestroyNotify notify)
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

/* The aggregate states. I/O thread, or before it runs. */

static GPtrArray *
list_entries (GstIceSession *self)
{
  GPtrArray *list = g_ptr_array_new();
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->entries->len; i++)
    g_ptr_array_add (list, g_ptr_array_index (self->entries, i));
  g_mutex_unlock (&self->lock);
  return list;
}

static gboolean
write_connection_state (GstIceSession *self, GstIceConnectionState *old_state)
{
  g_autoptr (GPtrArray) entries = list_entries (self);
  g_autofree GstIceConnectionState *states = g_new (
      GstIceConnectionState, MAX (entries->len, 1));
  GstIceConnectionState state;
  guint i;

  for (i = 0; i < entries->len; i++) {
    Entry *entry = g_ptr_array_index (entries, i);

    states[i] = gst_ice_transport_get_state (entry->transport);
  }
  state = ice_connection_state_aggregate (states, entries->len);

  g_mutex_lock (&self->lock);
  if (is_closing (self))
    state = GST_ICE_CONNECTION_STATE_CLOSED;
  *old_state = self->connection_state;
  self->connection_state = state;
  g_mutex_unlock (&self->lock);
  return state != *old_state;
}

static gboolean
write_gathering_state (GstIceSession *self, GstIceGatheringState *old_state,
    GstIceGatheringState *state)
{
  g_autoptr (GPtrArray) entries = list_entries (self);
  g_autofree GstIceGatheringState *states = g_new (
      GstIceGatheringState, MAX (entries->len, 1));
  guint i;

  for (i = 0; i < entries->len; i++) {
    Entry *entry = g_ptr_array_index (entries, i);

    states[i] = gst_ice_transport_get_gathering_state (entry->transport);
  }
  *state = ice_gathering_state_aggregate (states, entries->len);

  g_mutex_lock (&self->lock);
  *old_state = self->gathering_state;
  self->gathering_state = *state;
  g_mutex_unlock (&self->lock);
  return *state != *old_state;
}

static void
tell_gathering_state (GstIceSession *self, GstIceGatheringState old_state,
    GstIceGatheringState state)
{
  self->callbacks->notify (self->owner, "ice-gathering-state");
  self->callbacks->event (self->owner,
      gst_structure_new ("ice-gathering-state", "old",
          GST_TYPE_ICE_GATHERING_STATE, old_state, "new",
          GST_TYPE_ICE_GATHERING_STATE, state, NULL));
}

static void on_tick (GstIceSession *self);

static gboolean
run_tick (gpointer data)
{
  on_tick (data);
  return G_SOURCE_REMOVE;
}

static void
clear_tick (GstIceSession *self)
{
  if (self->tick == NULL)
    return;
  g_source_destroy (self->tick);
  g_clear_pointer (&self->tick, g_source_unref);
}

/* Wakes up when time alone can change a transport's state. */
static void
schedule_tick (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = list_entries (self);
  gint64 next = -1;
  guint i;

  clear_tick (self);
  if (is_closing (self))
    return;
  for (i = 0; i < entries->len; i++) {
    Entry *entry = g_ptr_array_index (entries, i);
    gint64 deadline = gst_ice_transport_get_deadline (entry->transport);

    if (deadline >= 0 && (next < 0 || deadline < next))
      next = deadline;
  }
  if (next >= 0) {
    gint64 wait = MAX (next - g_get_monotonic_time(), 0) / 1000 + 1;

    self->tick = gst_ice_io_add_timeout (
        self->io, (guint) wait, run_tick, self);
  }
}

/* One event: write all values, then tell: selected pair, transport, aggregate
 * (W3C webrtc-pc section 5.6.4). pair is NULL but for a newly selected one. */
static void
step (GstIceSession *self, GstIceTransport *transport, IceEvent event,
    const GstStructure *pair)
{
  guint stream = gst_ice_transport_get_stream (transport);
  guint component = gst_ice_transport_get_component (transport);
  GstIceConnectionState old, old_aggregate;
  IceReason reason;
  gboolean changed, changed_aggregate;

  if (pair != NULL)
    gst_ice_transport_set_selected_pair (transport, pair);
  changed = gst_ice_transport_step (
      transport, event, g_get_monotonic_time(), &old, &reason);
  changed_aggregate = changed && write_connection_state (self, &old_aggregate);

  if (pair != NULL) {
    g_object_notify (G_OBJECT (transport), "selected-candidate-pair");
    g_object_notify (G_OBJECT (transport), "candidate-pairs");
    self->callbacks->selected_pair (self->owner, stream, component, pair);
    self->callbacks->event (self->owner,
        gst_structure_new ("ice-selected-candidate-pair", "stream", G_TYPE_UINT,
            stream, "component", G_TYPE_UINT, component, "pair",
            GST_TYPE_STRUCTURE, pair, NULL));
  }
  if (changed) {
    g_object_notify (G_OBJECT (transport), "state");
    self->callbacks->event (self->owner,
        gst_structure_new ("ice-transport-state", "stream", G_TYPE_UINT, stream,
            "component", G_TYPE_UINT, component, "old",
            GST_TYPE_ICE_CONNECTION_STATE, old, "new",
            GST_TYPE_ICE_CONNECTION_STATE,
            gst_ice_transport_get_state (transport), "reason", G_TYPE_STRING,
            ice_reason_to_string (reason), NULL));
  }
  if (changed_aggregate) {
    self->callbacks->notify (self->owner, "ice-connection-state");
    self->callbacks->event (self->owner,
        gst_structure_new ("ice-connection-state", "old",
            GST_TYPE_ICE_CONNECTION_STATE, old_aggregate, "new",
            GST_TYPE_ICE_CONNECTION_STATE,
            gst_ice_session_get_connection_state (self), "reason",
            G_TYPE_STRING, ice_reason_to_string (reason), NULL));
  }
  schedule_tick (self);
}

static void
on_tick (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = list_entries (self);
  guint i;

  for (i = 0; i < entries->len && !is_closing (self); i++) {
    Entry *entry = g_ptr_array_index (entries, i);

    step (self, entry->transport, ICE_EVENT_TICK, NULL);
  }
  schedule_tick (self);
}

/* The remote side: the backend is brought up to the tables. */

static void
apply_remote (GstIceSession *self, Entry *entry)
{
  g_autofree gchar *ufrag = NULL;
  g_autofree gchar *password = NULL;
  g_autoptr (GPtrArray) candidates = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_candidate_free);
  gboolean complete, credentials;
  guint i;

  g_mutex_lock (&self->lock);
  ufrag = g_strdup (entry->stream->remote_ufrag);
  password = g_strdup (entry->stream->remote_password);
  credentials = ufrag != NULL && g_strcmp0 (ufrag, entry->ufrag) != 0;
  if (ufrag != NULL) {
    for (i = entry->applied; i < entry->stream->remote->len; i++)
      g_ptr_array_add (candidates,
          ice_candidate_copy (g_ptr_array_index (entry->stream->remote, i)));
    entry->applied = entry->stream->remote->len;
  }
  complete = entry->stream->remote_complete
      || !gst_ice_settings_get_boolean (
          &self->settings, GST_ICE_SETTING_TRICKLE);
  g_mutex_unlock (&self->lock);

  if (ufrag == NULL || is_closing (self))
    return;
  if (credentials) {
    g_free (entry->ufrag);
    entry->ufrag = g_strdup (ufrag);
    gst_ice_transport_set_remote_credentials (
        entry->transport, ufrag, password);
    step (self, entry->transport, ICE_EVENT_CREDENTIALS, NULL);
  }
  for (i = 0; i < candidates->len; i++) {
    const IceCandidate *candidate = g_ptr_array_index (candidates, i);

    if (candidate->component
        == gst_ice_transport_get_component (entry->transport))
      gst_ice_transport_add_remote_candidate (entry->transport, candidate);
  }
  if (complete && !entry->complete) {
    entry->complete = TRUE;
    gst_ice_transport_remote_end_of_candidates (entry->transport);
    step (self, entry->transport, ICE_EVENT_REMOTE_END_OF_CANDIDATES, NULL);
  }
}

static void
apply_all_remote (GstIceSession *self, gpointer unused)
{
  g_autoptr (GPtrArray) entries = list_entries (self);
  guint i;

  for (i = 0; i < entries->len; i++) {
    Entry *entry = g_ptr_array_index (entries, i);

    if (entry->begun)
      apply_remote (self, entry);
  }
}

/* Under the lock. */
static IceStream *
find_stream (GstIceSession *self, guint index)
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

static gboolean
check_stream (guint stream, GError **error)
{
  if (stream <= ICE_MESSAGE_MAX_STREAM)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "stream %u is out of range, 0 to %u", stream, ICE_MESSAGE_MAX_STREAM);
  return FALSE;
}

static gboolean
check_open (GstIceSession *self, GError **error)
{
  if (!gst_ice_session_is_closed (self))
    return TRUE;
  g_set_error_literal (
      error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the agent is closed");
  return FALSE;
}

static void
end_remote_candidates (GstIceSession *self, gboolean all, guint index)
{
  guint i;

  g_mutex_lock (&self->lock);
  if (!all)
    find_stream (self, index);
  for (i = 0; i < self->streams->len; i++) {
    IceStream *stream = g_ptr_array_index (self->streams, i);

    if (all || stream->index == index)
      stream->remote_complete = TRUE;
  }
  g_mutex_unlock (&self->lock);
  queue (self, apply_all_remote, NULL, NULL);
}

/* What filter-candidate makes of a candidate; NULL = dropped. */
static gchar *
filter (
    GstIceSession *self, guint stream, const gchar *candidate, gboolean local)
{
  g_autofree gchar *answer = self->callbacks->filter (
      self->owner, stream, candidate, local);

  if (answer == NULL)
    GST_INFO_OBJECT (self->owner, "stream %u: a %s candidate was filtered out",
        stream, local ? "local" : "remote");
  else if (answer[0] == '\0')
    return g_strdup (candidate);
  return g_steal_pointer (&answer);
}

/**
 * gst_ice_session_add_candidate:
 * @self: a session
 * @stream: sdpMLineIndex
 * @text: (nullable): the peer's candidate; "" = the end of candidates of
 *   @stream; %NULL = of all streams
 *
 * Any thread.
 *
 * Returns: whether it was taken; %FALSE with @error set otherwise, and nothing
 *   changed
 */
gboolean
gst_ice_session_add_candidate (
    GstIceSession *self, guint stream, const gchar *text, GError **error)
{
  g_autoptr (IceCandidate) candidate = NULL;
  g_autofree gchar *filtered = NULL;
  gboolean taken, is_new;

  if (!check_stream (stream, error) || !check_open (self, error))
    return FALSE;
  if (text == NULL || text[0] == '\0') {
    end_remote_candidates (self, text == NULL, stream);
    return TRUE;
  }

  candidate = ice_candidate_parse (text, error);
  if (candidate == NULL)
    return FALSE;
  filtered = filter (self, stream, text, FALSE);
  if (filtered == NULL)
    return TRUE;
  if (strcmp (filtered, text) != 0) {
    ice_candidate_free (g_steal_pointer (&candidate));
    candidate = ice_candidate_parse (filtered, error);
    if (candidate == NULL) {
      g_prefix_error (error, "filter-candidate's answer: ");
      return FALSE;
    }
  }

  g_mutex_lock (&self->lock);
  taken = ice_stream_add_remote_candidate (
      find_stream (self, stream), candidate, &is_new, error);
  g_mutex_unlock (&self->lock);
  if (taken && is_new)
    queue (self, apply_all_remote, NULL, NULL);
  return taken;
}

/**
 * gst_ice_session_set_remote_credentials:
 * @self: a session
 * @stream: sdpMLineIndex
 * @ufrag: the peer's
 * @password: the peer's
 * @error: says what was wrong
 *
 * Any thread.
 *
 * Returns: whether they were taken
 */
gboolean
gst_ice_session_set_remote_credentials (GstIceSession *self, guint stream,
    const gchar *ufrag, const gchar *password, GError **error)
{
  gboolean changed;
  IceStream *s;

  if (!check_stream (stream, error) || !check_open (self, error)
      || !ice_ufrag_check (ufrag, error)
      || !ice_password_check (password, error))
    return FALSE;

  g_mutex_lock (&self->lock);
  s = find_stream (self, stream);
  changed = s->remote_ufrag == NULL || g_strcmp0 (s->remote_ufrag, ufrag) != 0
      || g_strcmp0 (s->remote_password, password) != 0;
  if (changed && s->remote_ufrag != NULL && self->io != NULL) {
    g_mutex_unlock (&self->lock);
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "stream %u: the peer's credentials change only by an ICE restart, "
        "which is not there yet",
        stream);
    return FALSE;
  }
  ice_stream_set_remote_credentials (s, ufrag, password);
  g_mutex_unlock (&self->lock);
  if (changed)
    queue (self, apply_all_remote, NULL, NULL);
  return TRUE;
}

/* Gathering. */

static void
begin_gathering (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = list_entries (self);
  GstIceSettings settings;
  GstIceGatherOptions options;
  guint i;

  g_mutex_lock (&self->lock);
  gst_ice_settings_copy (&settings, &self->settings);
  options = (GstIceGatherOptions){
    .settings = &settings,
    .local_ufrag = self->local_ufrag,
    .local_password = self->local_password,
    .role = self->role,
    .stun_server = self->stun_server,
    .turn_servers = self->turn_servers,
  };
  g_mutex_unlock (&self->lock);

  for (i = 0; i < entries->len && !is_closing (self); i++) {
    Entry *entry = g_ptr_array_index (entries, i);

    if (entry->begun
        || gst_ice_transport_get_gathering_state (entry->transport)
            != GST_ICE_GATHERING_STATE_GATHERING)
      continue;
    entry->begun = TRUE;
    gst_ice_transport_gather (entry->transport, &options);
    apply_remote (self, entry);
  }
  gst_ice_settings_clear (&settings);
}

static void
tell_candidate_error (
    GstIceSession *self, guint stream, const GstIceCandidateError *error)
{
  GstStructure *event = gst_structure_new ("ice-candidate-error", "error-code",
      G_TYPE_UINT, error->code, "error-text", G_TYPE_STRING, error->text,
      "stream", G_TYPE_UINT, stream, NULL);

  GST_WARNING_OBJECT (self->owner, "stream %u: %s", stream, error->text);
  if (error->address != NULL)
    gst_structure_set (event, "address", G_TYPE_STRING, error->address, "port",
        G_TYPE_UINT, (guint) error->port, NULL);
  if (error->url != NULL)
    gst_structure_set (event, "url", G_TYPE_STRING, error->url, NULL);
  self->callbacks->candidate_error (self->owner, event);
  self->callbacks->event (self->owner, event);
}

static void
on_server_resolved (const IceServer *server, const GError *error, gpointer data)
{
  GstIceSession *self = data;
  gboolean stun = server->scheme == ICE_SERVER_STUN;
  g_autofree gchar *url = NULL;
  g_autofree gchar *text = NULL;
  GstIceCandidateError failure;

  if (error == NULL) {
    if (stun)
      self->stun_server = ice_server_copy (server);
    else
      g_ptr_array_add (self->turn_servers, ice_server_copy (server));
    return;
  }
  url = ice_server_to_string (server);
  text = g_strdup_printf ("could not look up the %s server \"%s\": %s; "
                          "gathering goes on without it",
      stun ? "STUN" : "TURN", server->host, error->message);
  failure = (GstIceCandidateError){
    .address = server->host,
    .port = server->port,
    .url = url,
    .code = GST_ICE_ERROR_CODE_UNREACHABLE,
    .text = text,
  };
  tell_candidate_error (self, 0, &failure);
}

static void
on_all_resolved (gpointer data)
{
  GstIceSession *self = data;

  self->resolved = TRUE;
  begin_gathering (self);
}

static GPtrArray *
list_servers (GstIceSession *self)
{
  GPtrArray *servers = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_server_free);
  g_auto (GStrv) turn = NULL;
  const gchar *stun;
  guint i;

  g_mutex_lock (&self->lock);
  stun = gst_ice_settings_get_string (
      &self->settings, GST_ICE_SETTING_STUN_SERVER);
  if (stun != NULL)
    g_ptr_array_add (servers, ice_server_parse (stun, NULL));
  turn = gst_ice_settings_get_strings (
      &self->settings, GST_ICE_SETTING_TURN_SERVERS);
  g_mutex_unlock (&self->lock);
  for (i = 0; turn[i] != NULL; i++)
    g_ptr_array_add (servers, ice_server_parse (turn[i], NULL));
  return servers;
}

static void
resolve_and_gather (GstIceSession *self)
{
  g_autoptr (GPtrArray) servers = NULL;

  if (self->resolved) {
    begin_gathering (self);
    return;
  }
  if (self->resolver != NULL)
    return;
  servers = list_servers (self);
  if (servers->len == 0)
    on_all_resolved (self);
  else
    self->resolver = gst_ice_resolver_new (
        servers, on_server_resolved, on_all_resolved, self);
}

static void
announce_gathering (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = list_entries (self);
  GstIceGatheringState old_state, state;
  guint i;

  for (i = 0; i < entries->len; i++) {
    Entry *entry = g_ptr_array_index (entries, i);

    if (gst_ice_transport_get_gathering_state (entry->transport)
        != GST_ICE_GATHERING_STATE_NEW)
      continue;
    gst_ice_transport_set_gathering_state (
        entry->transport, GST_ICE_GATHERING_STATE_GATHERING);
    g_object_notify (G_OBJECT (entry->transport), "gathering-state");
    step (self, entry->transport, ICE_EVENT_GATHERING, NULL);
  }
  if (write_gathering_state (self, &old_state, &state))
    tell_gathering_state (self, old_state, state);
}

static void start_call (GstIceSession *self);

static void
do_gather (GstIceSession *self, gpointer unused)
{
  if (is_closing (self))
    return;
  start_call (self);
  announce_gathering (self);
  if (!is_closing (self))
    resolve_and_gather (self);
}

/**
 * gst_ice_session_gather:
 * @self: a session
 *
 * Any thread. Starts what has not been started: built-in signalling, and
 * gathering on every transport.
 *
 * Returns: whether the session is open
 */
gboolean
gst_ice_session_gather (GstIceSession *self)
{
  gboolean open;

  g_mutex_lock (&self->lock);
  open = !is_closing (self);
  if (open && self->io == NULL) {
    self->io = gst_ice_io_acquire();
    gst_object_ref (self->owner); /* until finish_close() */
  }
  g_mutex_unlock (&self->lock);
  if (open)
    queue (self, do_gather, NULL, NULL);
  return open;
}

/* What the transports report. I/O thread. */

static gboolean
has_gathered (GPtrArray *entries, const IceStream *stream)
{
  guint i;

  for (i = 0; i < entries->len; i++) {
    Entry *entry = g_ptr_array_index (entries, i);

    if (entry->stream == stream && !entry->gathered)
      return FALSE;
  }
  return TRUE;
}

static Entry *
find_entry (GPtrArray *entries, const GstIceTransport *transport)
{
  guint i;

  for (i = 0; i < entries->len; i++) {
    Entry *entry = g_ptr_array_index (entries, i);

    if (entry->transport == transport)
      return entry;
  }
  return NULL;
}

static void
tell_candidate (GstIceSession *self, guint stream, const gchar *text)
{
  self->callbacks->candidate (self->owner, stream, text);
  self->callbacks->event (self->owner,
      gst_structure_new ("ice-candidate", "stream", G_TYPE_UINT, stream,
          "candidate", G_TYPE_STRING, text, NULL));
  if (self->call != NULL && text != NULL)
    gst_ice_call_send_candidate (self->call, stream, self->local_ufrag, text);
}

static void
on_candidate (
    GstIceTransport *transport, const IceCandidate *found, gpointer data)
{
  GstIceSession *self = data;
  guint index = gst_ice_transport_get_stream (transport);
  g_autoptr (IceCandidate) candidate = NULL;
  g_autofree gchar *text = NULL;
  g_autofree gchar *filtered = NULL;
  g_autoptr (GError) error = NULL;

  if (is_closing (self))
    return;
  candidate = ice_candidate_copy (found);
  g_free (candidate->ufrag);
  candidate->ufrag = g_strdup (self->local_ufrag);
  text = ice_candidate_to_string (candidate);
  filtered = filter (self, index, text, TRUE);
  if (filtered == NULL)
    return;
  if (strcmp (filtered, text) != 0) {
    ice_candidate_free (candidate);
    candidate = ice_candidate_parse (filtered, &error);
    if (candidate == NULL) {
      g_prefix_error (&error, "filter-candidate's answer was dropped: ");
      self->callbacks->problem (self->owner, error, FALSE);
      return;
    }
  }

  g_mutex_lock (&self->lock);
  g_ptr_array_add (
      find_stream (self, index)->local, ice_candidate_copy (candidate));
  g_mutex_unlock (&self->lock);
  self->callbacks->notify (self->owner, "local-candidates");
  tell_candidate (self, index, filtered);
}

/* W3C webrtc-pc section 5.6.3: "" when the stream's last transport is done,
 * then the transports' gathering states, the aggregate's, then NULL. */
static void
on_gathered (GstIceTransport *transport, gpointer data)
{
  GstIceSession *self = data;
  g_autoptr (GPtrArray) entries = list_entries (self);
  Entry *entry = find_entry (entries, transport);
  IceStream *stream = entry->stream;
  GstIceGatheringState old_state, state;
  guint i;

  if (is_closing (self) || entry->gathered)
    return;
  entry->gathered = TRUE;
  if (!has_gathered (entries, stream))
    return;
  g_mutex_lock (&self->lock);
  stream->local_complete = TRUE;
  g_mutex_unlock (&self->lock);
  tell_candidate (self, stream->index, "");

  for (i = 0; i < entries->len && !is_closing (self); i++) {
    Entry *other = g_ptr_array_index (entries, i);

    if (other->stream != stream
        || !gst_ice_transport_set_gathering_state (
            other->transport, GST_ICE_GATHERING_STATE_COMPLETE))
      continue;
    g_object_notify (G_OBJECT (other->transport), "gathering-state");
    step (self, other->transport, ICE_EVENT_GATHERED, NULL);
  }
  if (is_closing (self))
    return;
  if (write_gathering_state (self, &old_state, &state)) {
    tell_gathering_state (self, old_state, state);
    if (state == GST_ICE_GATHERING_STATE_COMPLETE && !is_closing (self))
      tell_candidate (self, stream->index, NULL);
  }
}

static void
on_event (GstIceTransport *transport, IceEvent event, gpointer data)
{
  GstIceSession *self = data;

  if (!is_closing (self))
    step (self, transport, event, NULL);
}

static void
on_selected_pair (
    GstIceTransport *transport, const GstStructure *pair, gpointer data)
{
  GstIceSession *self = data;

  if (!is_closing (self))
    step (self, transport, ICE_EVENT_PAIR_USABLE, pair);
}

static void
on_candidate_error (GstIceTransport *transport,
    const GstIceCandidateError *error, gpointer data)
{
  GstIceSession *self = data;

  if (!is_closing (self))
    tell_candidate_error (
        self, gst_ice_transport_get_stream (transport), error);
}

static void
on_problem (GstIceTransport *transport, const GError *error, gpointer data)
{
  GstIceSession *self = data;

  if (!is_closing (self))
    self->callbacks->problem (self->owner, error, TRUE);
}

static void on_closed (GstIceTransport *transport, gpointer data);

static const GstIceTransportObserver observer = {
  .candidate = on_candidate,
  .gathered = on_gathered,
  .event = on_event,
  .selected_pair = on_selected_pair,
  .candidate_error = on_candidate_error,
  .problem = on_problem,
  .closed = on_closed,
};

/* Built-in signalling. I/O thread. */

static void
on_call_opened (gpointer data)
{
  GstIceSession *self = data;
  g_autoptr (GPtrArray) entries = list_entries (self);
  g_autoptr (GHashTable) sent = g_hash_table_new (NULL, NULL);
  guint i, k;

  for (i = 0; i < entries->len; i++) {
    Entry *entry = g_ptr_array_index (entries, i);
    IceStream *stream = entry->stream;

    if (!g_hash_table_add (sent, stream))
      continue;
    gst_ice_call_send_parameters (self->call, stream->index, self->local_ufrag,
        self->local_password, self->role, stream->generation);
    for (k = 0; k < stream->local->len; k++) {
      g_autofree gchar *text = ice_candidate_to_string (
          g_ptr_array_index (stream->local, k));

      gst_ice_call_send_candidate (
          self->call, stream->index, self->local_ufrag, text);
    }
    if (stream->local_complete)
      gst_ice_call_send_candidate (
          self->call, stream->index, self->local_ufrag, "");
  }
}

static gboolean
on_call_parameters (guint stream, const gchar *ufrag, const gchar *password,
    gpointer data, GError **error)
{
  return gst_ice_session_set_remote_credentials (
      data, stream, ufrag, password, error);
}

static gboolean
on_call_candidate (
    guint stream, const gchar *candidate, gpointer data, GError **error)
{
  return gst_ice_session_add_candidate (data, stream, candidate, error);
}

static void
on_call_bye (gpointer data)
{
  GstIceSession *self = data;
  g_autoptr (GPtrArray) entries = list_entries (self);
  guint i;

  for (i = 0; i < entries->len; i++) {
    Entry *entry = g_ptr_array_index (entries, i);

    gst_ice_transport_end_of_stream (entry->transport);
  }
}

/* Media needs the line no more once it flows; before that there is no call
 * without it. What a stranger did is only worth a warning. */
static void
on_call_problem (const GError *error, gboolean over, gpointer data)
{
  GstIceSession *self = data;
  GstIceConnectionState state = gst_ice_session_get_connection_state (self);
  gboolean needed = state == GST_ICE_CONNECTION_STATE_NEW
      || state == GST_ICE_CONNECTION_STATE_CHECKING;

  self->callbacks->problem (self->owner, error, over && needed);
}

static const GstIceCallCallbacks call_callbacks = {
  .opened = on_call_opened,
  .parameters = on_call_parameters,
  .candidate = on_call_candidate,
  .bye = on_call_bye,
  .problem = on_call_problem,
};

static void
set_role (GstIceSession *self, GstIceRole role)
{
  g_autoptr (GPtrArray) entries = list_entries (self);
  gboolean changed;
  guint i;

  g_mutex_lock (&self->lock);
  changed = self->role != role;
  self->role = role;
  g_mutex_unlock (&self->lock);
  for (i = 0; i < entries->len; i++) {
    Entry *entry = g_ptr_array_index (entries, i);

    gst_ice_transport_set_role (entry->transport, role);
  }
  if (changed)
    self->callbacks->notify (self->owner, "role");
}

static void
start_call (GstIceSession *self)
{
  g_autoptr (IceSignallingUri) uri = NULL;
  g_autoptr (GError) error = NULL;
  gboolean choose_role;

  g_mutex_lock (&self->lock);
  if (self->call == NULL
      && gst_ice_settings_get_string (
             &self->settings, GST_ICE_SETTING_SIGNALLING_URI)
          != NULL)
    uri = ice_signalling_uri_parse (
        gst_ice_settings_get_string (
            &self->settings, GST_ICE_SETTING_SIGNALLING_URI),
        NULL);
  choose_role = !self->settings.chosen[GST_ICE_SETTING_ROLE]
      || self->role == GST_ICE_ROLE_UNKNOWN;
  g_mutex_unlock (&self->lock);
  if (uri != NULL && choose_role)
    set_role (self,
        uri->mode == ICE_SIGNALLING_LISTENER ? GST_ICE_ROLE_CONTROLLED
                                             : GST_ICE_ROLE_CONTROLLING);
  else if (self->role == GST_ICE_ROLE_UNKNOWN)
    set_role (self, GST_ICE_ROLE_CONTROLLING);
  if (uri == NULL)
    return;

  self->call = gst_ice_call_new (
      uri, gst_ice_io_get_context (self->io), &call_callbacks, self);
  if (!gst_ice_call_start (self->call, &error))
    self->callbacks->problem (self->owner, error, TRUE);
}

static void
do_bye (GstIceSession *self, gpointer unused)
{
  if (self->call != NULL)
    gst_ice_call_send_bye (self->call);
}

/**
 * gst_ice_session_end_of_stream:
 * @self: a session
 * @transport: one of its transports, whose stream ended at our side
 *
 * Any thread. After the last transport's the peer is told.
 */
void
gst_ice_session_end_of_stream (GstIceSession *self, GstIceTransport *transport)
{
  g_autoptr (GPtrArray) entries = list_entries (self);
  gboolean all = TRUE;
  guint i;

  g_atomic_int_set (&find_entry (entries, transport)->ended, TRUE);
  for (i = 0; i < entries->len; i++) {
    Entry *entry = g_ptr_array_index (entries, i);

    if (gst_ice_transport_is_claimed (entry->transport, GST_ICE_DIRECTION_SEND)
        && !g_atomic_int_get (&entry->ended))
      all = FALSE;
  }
  if (all)
    queue (self, do_bye, NULL, NULL);
}

/* Transports. */

/* Under the lock. */
static Entry *
find_component (GstIceSession *self, guint stream, guint component)
{
  guint i;

  for (i = 0; i < self->entries->len; i++) {
    Entry *entry = g_ptr_array_index (self->entries, i);

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
  Entry *entry;

  if (!check_stream (stream, error) || !check_open (self, error))
    return NULL;
  transport = g_object_new (
      self->transport_type, "stream", stream, "component", component, NULL);
  gst_object_ref_sink (transport);
  gst_ice_transport_set_observer (transport, &observer, self);

  g_mutex_lock (&self->lock);
  role = self->role;
  entry = find_component (self, stream, component);
  if (entry == NULL) {
    IceStream *s = find_stream (self, stream);

    late = s->local_complete;
    if (!late) {
      entry = g_new0 (Entry, 1);
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
    Entry *entry = g_ptr_array_index (self->entries, i);

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

  if (!is_closing (self))
    gst_ice_transport_set_socket_options (task->transport, &task->options);
}

/**
 * gst_ice_session_set_socket_options:
 * @self: a session
 * @transport: one of its transports
 * @options: what its sockets shall have
 *
 * Any thread.
 */
void
gst_ice_session_set_socket_options (GstIceSession *self,
    GstIceTransport *transport, const GstIceSocketOptions *options)
{
  SocketTask *task = g_new0 (SocketTask, 1);

  task->transport = gst_object_ref (transport);
  task->options = *options;
  queue (self, do_set_socket_options, task, socket_task_free);
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
                                       : make_credential (UFRAG_LENGTH);
      break;
    case GST_ICE_SETTING_LOCAL_PWD:
      text = gst_ice_settings_get_string (&self->settings, id);
      g_free (self->local_password);
      self->local_password = text != NULL ? g_strdup (text)
                                          : make_credential (PASSWORD_LENGTH);
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
    queue (self, apply_all_remote, NULL, NULL);
  return taken;
}

/**
 * gst_ice_session_get:
 * @self: a session
 * @id: a setting
 * @value: (inout): takes its value: what is in force
 *
 * Any thread.
 */
void
gst_ice_session_get (GstIceSession *self, GstIceSetting id, GValue *value)
{
  if (id == GST_ICE_SETTING_REMOTE_CANDIDATES) {
    gst_ice_session_take_candidates (self, FALSE, value);
    return;
  }
  g_mutex_lock (&self->lock);
  if (id == GST_ICE_SETTING_ROLE)
    g_value_set_enum (value, self->role);
  else if (id == GST_ICE_SETTING_LOCAL_UFRAG)
    g_value_set_string (value, self->local_ufrag);
  else if (id == GST_ICE_SETTING_LOCAL_PWD)
    g_value_set_string (value, self->local_password);
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

  if (!check_open (self, error))
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
  g_autoptr (GPtrArray) entries = list_entries (self);
  guint i;

  for (i = 0; i < entries->len; i++) {
    Entry *entry = g_ptr_array_index (entries, i);

    if (!entry->closed)
      return;
  }
  finish_close (self);
}

static void
on_closed (GstIceTransport *transport, gpointer data)
{
  GstIceSession *self = data;
  g_autoptr (GPtrArray) entries = list_entries (self);
  Entry *entry = find_entry (entries, transport);

  g_return_if_fail (is_closing (self) && !entry->closed);
  entry->closed = TRUE;
  if (self->announced)
    check_closed (self);
}

/* All values, then the transports' notify, then the aggregate's; nothing after
 * that (W3C webrtc-pc section 4.4.1.9). */
static void
enter_closed (GstIceSession *self)
{
  g_autoptr (GPtrArray) entries = list_entries (self);
  GstIceConnectionState old, old_aggregate;
  IceReason reason;
  gboolean changed;
  guint i;

  for (i = 0; i < entries->len; i++) {
    Entry *entry = g_ptr_array_index (entries, i);

    gst_ice_transport_step (entry->transport, ICE_EVENT_CLOSE,
        g_get_monotonic_time(), &old, &reason);
    gst_ice_transport_end_of_stream (entry->transport);
  }
  changed = write_connection_state (self, &old_aggregate);
  for (i = 0; i < entries->len; i++) {
    Entry *entry = g_ptr_array_index (entries, i);

    g_object_notify (G_OBJECT (entry->transport), "state");
  }
  if (!changed)
    return;
  self->callbacks->notify (self->owner, "ice-connection-state");
  self->callbacks->event (self->owner,
      gst_structure_new ("ice-connection-state", "old",
          GST_TYPE_ICE_CONNECTION_STATE, old_aggregate, "new",
          GST_TYPE_ICE_CONNECTION_STATE, GST_ICE_CONNECTION_STATE_CLOSED,
          "reason", G_TYPE_STRING, ice_reason_to_string (ICE_REASON_CLOSED),
          NULL));
}

static void
do_close (GstIceSession *self, gpointer unused)
{
  g_autoptr (GPtrArray) entries = list_entries (self);
  guint i;

  clear_tick (self);
  g_clear_pointer (&self->resolver, gst_ice_resolver_cancel);
  g_clear_pointer (&self->call, gst_ice_call_free);
  for (i = 0; i < entries->len; i++) {
    Entry *entry = g_ptr_array_index (entries, i);

    gst_ice_transport_close (entry->transport);
  }
  enter_closed (self);
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
  gint64 end = g_get_monotonic_time() + CLOSE_WAIT;
  gboolean first;

  g_mutex_lock (&self->lock);
  first = !is_closing (self);
  g_atomic_int_set (&self->closing, TRUE);
  if (self->io != NULL)
    io = gst_ice_io_ref (self->io);
  g_mutex_unlock (&self->lock);

  if (io == NULL) {
    if (first)
      enter_closed (self);
    return;
  }
  if (first)
    queue (self, do_close, NULL, NULL);
  if (gst_ice_io_is_current (io))
    return;
  g_mutex_lock (&self->lock);
  while (!self->closed)
    if (!g_cond_wait_until (&self->cond, &self->lock, end))
      break;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_session_is_closed:
 * @self: a session
 *
 * Any thread.
 *
 * Returns: whether close was called
 */
gboolean
gst_ice_session_is_closed (GstIceSession *self)
{
  return is_closing (self);
}

/**
 * gst_ice_session_get_connection_state:
 * @self: a session
 *
 * Any thread.
 *
 * Returns: RTCIceConnectionState
 */
GstIceConnectionState
gst_ice_session_get_connection_state (GstIceSession *self)
{
  GstIceConnectionState state;

  g_mutex_lock (&self->lock);
  state = self->connection_state;
  g_mutex_unlock (&self->lock);
  return state;
}

/**
 * gst_ice_session_get_gathering_state:
 * @self: a session
 *
 * Any thread.
 *
 * Returns: RTCIceGatheringState
 */
GstIceGatheringState
gst_ice_session_get_gathering_state (GstIceSession *self)
{
  GstIceGatheringState state;

  g_mutex_lock (&self->lock);
  state = self->gathering_state;
  g_mutex_unlock (&self->lock);
  return state;
}
