/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Built-in signalling: which end listens and which one connects, and which of
 * the lines is the peer's. gsticelistener, gsticeconnector and gsticeline
 * implement listening, connecting and a line.
 *
 * Everything but gst_ice_signaller_new() happens in the thread that runs the
 * main context. The owner has one reference, which gst_ice_signaller_close()
 * takes; the look-up of a name has another, and so has each function while it
 * calls back. */
#include "signalling/gsticesignaller.h"
#include "signalling/gsticeconnector.h"
#include "signalling/gsticeline.h"
#include "signalling/gsticelistener.h"

#include <gst/gst.h>

#define MAX_STRANGERS 8
#define SILENCE_LIMIT 5000 /* ms */

GST_DEBUG_CATEGORY_STATIC (icesignaller_debug);
#define GST_CAT_DEFAULT icesignaller_debug

typedef enum
{
  SIGNALLER_NEW,
  SIGNALLER_RESOLVING, /* listener: the host name */
  SIGNALLER_LISTENING, /* no client has sent parameters yet */
  SIGNALLER_CALLING,
  SIGNALLER_GREETING, /* caller: connected, nothing received yet */
  SIGNALLER_OPEN,     /* the peer has sent parameters */
  SIGNALLER_CLOSED
} SignallerState;

struct _GstIceSignaller
{
  SignallerState state;
  IceSignallingUri *uri;
  GstIceUpgrade *upgrade; /* (nullable): not ours */
  gchar *where;           /* the same, for messages to people */
  GMainContext *context;
  GstIceSignallerCallbacks callbacks;
  gpointer user_data;
  guint silence_limit;

  GstIceListener *listener;   /* LISTENING */
  GPtrArray *strangers;       /* LISTENING; GstIceLine, the oldest first */
  GCancellable *look_up;      /* RESOLVING */
  GstIceConnector *connector; /* CALLING, GREETING */
  GstIceLine *line;           /* GREETING, OPEN */
};

static void
signaller_clear (gpointer data)
{
  GstIceSignaller *self = data;

  ice_signalling_uri_free (self->uri);
  g_free (self->where);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_ptr_array_unref (self->strangers);
}

static GstIceSignaller *
signaller_ref (GstIceSignaller *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
signaller_unref (GstIceSignaller *self)
{
  g_atomic_rc_box_release_full (self, signaller_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceSignaller, signaller_unref)

static const gchar *
state_to_string (SignallerState state)
{
  switch (state) {
    case SIGNALLER_NEW:
      return "new";
    case SIGNALLER_RESOLVING:
      return "resolving";
    case SIGNALLER_LISTENING:
      return "listening";
    case SIGNALLER_CALLING:
      return "calling";
    case SIGNALLER_GREETING:
      return "greeting";
    case SIGNALLER_OPEN:
      return "open";
    case SIGNALLER_CLOSED:
      return "closed";
  }
  return "?";
}

static void
set_state (GstIceSignaller *self, SignallerState state)
{
  GST_DEBUG ("%s: %s -> %s", self->where, state_to_string (self->state),
      state_to_string (state));
  self->state = state;
}

static void
stop_listening (GstIceSignaller *self)
{
  g_clear_pointer (&self->listener, gst_ice_listener_close);
  g_ptr_array_set_size (self->strangers, 0);
}

/* Frees everything but the strings. */
static void
shut (GstIceSignaller *self)
{
  set_state (self, SIGNALLER_CLOSED);
  if (self->look_up)
    g_cancellable_cancel (self->look_up);
  g_clear_object (&self->look_up);
  g_clear_pointer (&self->connector, gst_ice_connector_close);
  stop_listening (self);
  g_clear_pointer (&self->line, gst_ice_line_close);
}

static void
finish (GstIceSignaller *self, const GError *error)
{
  GST_INFO ("%s: closed: %s", self->where, error ? error->message : "bye");
  shut (self);
  if (self->callbacks.closed)
    self->callbacks.closed (self, error, self->user_data);
}

static void
deliver (GstIceSignaller *self, GstIceLine *line, const IceMessage *message)
{
  GST_DEBUG ("%s: message %d of stream %u came from %s", self->where,
      message->type, message->stream, gst_ice_line_get_name (line));
  if (self->callbacks.message)
    self->callbacks.message (self, message, self->user_data);
}

/* Listening */

static void
refuse (GstIceSignaller *self, const GError *error)
{
  /* the callback warns, at a bounded rate */
  GST_INFO ("%s: refused: %s", self->where, error->message);
  if (self->callbacks.refused)
    self->callbacks.refused (self, error, self->user_data);
}

static void
on_stranger_message (
    GstIceLine *line, const IceMessage *message, gpointer user_data)
{
  g_autoptr (GstIceSignaller) self = signaller_ref (user_data);
  guint index;

  if (self->state == SIGNALLER_OPEN) {
    deliver (self, line, message);
    return;
  }
  g_ptr_array_find (self->strangers, line, &index);
  if (message->type != ICE_MESSAGE_PARAMETERS) {
    g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s sent bye before it sent parameters", gst_ice_line_get_name (line));

    g_ptr_array_remove_index (self->strangers, index);
    refuse (self, error);
    return;
  }

  self->line = g_ptr_array_steal_index (self->strangers, index);
  stop_listening (self);
  set_state (self, SIGNALLER_OPEN);
  GST_INFO ("%s: %s is the peer", self->where, gst_ice_line_get_name (line));
  if (self->callbacks.opened)
    self->callbacks.opened (self, self->user_data);
  if (self->state == SIGNALLER_OPEN)
    deliver (self, line, message);
}

static void
on_stranger_ended (GstIceLine *line, GstIceLineEnd end, const GError *error,
    gpointer user_data)
{
  g_autoptr (GstIceSignaller) self = signaller_ref (user_data);

  if (self->state == SIGNALLER_OPEN) {
    finish (self, error);
    return;
  }
  g_ptr_array_remove (self->strangers, line);
  if (end == GST_ICE_LINE_END_CLOSED
      && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT))
    GST_DEBUG (
        "%s: a client connected and left without a message", self->where);
  else
    refuse (self, error);
}

/* Clients that hold all places keep none out: a new connection takes the place
 * of the one that has been silent for the longest time. */
static void
drop_oldest_stranger (GstIceSignaller *self)
{
  GstIceLine *oldest = g_ptr_array_index (self->strangers, 0);
  g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_BUSY,
      "%s had not sent parameters when %d others had connected after it",
      gst_ice_line_get_name (oldest), MAX_STRANGERS);

  g_ptr_array_remove_index (self->strangers, 0);
  refuse (self, error);
}

/* Returns: (transfer full) (nullable): a stream of text lines */
static GSocketConnection *
open_stream (GstIceSignaller *self, GIOStream *connection, GError **error)
{
  if (self->upgrade)
    return gst_ice_upgrade_open (self->upgrade, connection, error);
  return G_SOCKET_CONNECTION (g_object_ref (connection));
}

static void
on_accepted (
    GstIceListener *listener, GSocketConnection *connection, gpointer user_data)
{
  static const GstIceLineCallbacks callbacks = { on_stranger_message,
    on_stranger_ended };
  g_autoptr (GstIceSignaller) self = signaller_ref (user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection)
      stream = open_stream (self, G_IO_STREAM (connection), &error);
  GstIceLine *line;

  if (!stream) {
    refuse (self, error);
    return;
  }
  line = gst_ice_line_new (
      stream, self->context, self->silence_limit, &callbacks, self);
  GST_DEBUG ("%s: %s connected", self->where, gst_ice_line_get_name (line));
  g_ptr_array_add (self->strangers, line);
  if (self->strangers->len > MAX_STRANGERS)
    drop_oldest_stranger (self);
}

static gboolean
listen_on_addresses (GstIceSignaller *self, GList *addresses, GError **error)
{
  self->listener = gst_ice_listener_new (self->context, on_accepted, self);
  if (self->uri->path) {
    if (!gst_ice_listener_listen_unix (self->listener, self->uri->path, error))
      return FALSE;
  } else if (!gst_ice_listener_listen_tcp (
                 self->listener, addresses, self->uri->port, error)) {
    return FALSE;
  }
  set_state (self, SIGNALLER_LISTENING);
  GST_INFO ("%s: listening", self->where);
  return TRUE;
}

static void
on_resolved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GstIceSignaller) self = user_data;
  g_autoptr (GError) error = NULL;
  GList *addresses = g_resolver_lookup_by_name_finish (
      G_RESOLVER (source), result, &error);

  if (self->state == SIGNALLER_RESOLVING) {
    g_clear_object (&self->look_up);
    if (!addresses) {
      g_autoptr (GError) cause = g_steal_pointer (&error);

      g_set_error (&error, cause->domain, cause->code,
          "could not listen on %s: %s; check the host name", self->where,
          cause->message);
    } else {
      listen_on_addresses (self, addresses, &error);
    }
    if (error)
      finish (self, error);
  }
  g_resolver_free_addresses (addresses);
}

static void
resolve (GstIceSignaller *self)
{
  g_autoptr (GResolver) resolver = g_resolver_get_default ();

  set_state (self, SIGNALLER_RESOLVING);
  self->look_up = g_cancellable_new ();
  g_main_context_push_thread_default (self->context);
  g_resolver_lookup_by_name_async (resolver, self->uri->host, self->look_up,
      on_resolved, signaller_ref (self));
  g_main_context_pop_thread_default (self->context);
}

static gboolean
start_listening (GstIceSignaller *self, GError **error)
{
  const gchar *host = self->uri->host;
  GList *addresses = NULL;
  gboolean listening;

  if (self->uri->path)
    return listen_on_addresses (self, NULL, error);
  if (!host || g_ascii_strcasecmp (host, "localhost") == 0) {
    addresses = g_list_append (
        addresses, g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4));
    addresses = g_list_append (
        addresses, g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV6));
  } else {
    GInetAddress *numeric = g_inet_address_new_from_string (host);

    if (!numeric) {
      resolve (self);
      return TRUE;
    }
    addresses = g_list_append (addresses, numeric);
  }
  listening = listen_on_addresses (self, addresses, error);
  g_list_free_full (addresses, g_object_unref);
  return listening;
}

/* Calling */

static void
on_peer_message (
    GstIceLine *line, const IceMessage *message, gpointer user_data)
{
  g_autoptr (GstIceSignaller) self = signaller_ref (user_data);

  if (self->state == SIGNALLER_GREETING) {
    g_clear_pointer (&self->connector, gst_ice_connector_close);
    set_state (self, SIGNALLER_OPEN);
    GST_INFO ("%s: %s is the peer", self->where, gst_ice_line_get_name (line));
  }
  deliver (self, line, message);
}

static void
on_peer_ended (GstIceLine *line, GstIceLineEnd end, const GError *error,
    gpointer user_data)
{
  g_autoptr (GstIceSignaller) self = signaller_ref (user_data);

  if (self->state == SIGNALLER_GREETING && end == GST_ICE_LINE_END_CLOSED) {
    g_clear_pointer (&self->line, gst_ice_line_close);
    set_state (self, SIGNALLER_CALLING);
    gst_ice_connector_retry (self->connector,
        g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED)
            ? error->message
            : "the listener closed the line at once, it may be in another "
              "call");
  } else {
    finish (self, error);
  }
}

static void
on_connected (
    GstIceConnector *connector, GIOStream *connection, gpointer user_data)
{
  static const GstIceLineCallbacks callbacks = { on_peer_message,
    on_peer_ended };
  g_autoptr (GstIceSignaller) self = signaller_ref (user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) stream = open_stream (self, connection, &error);

  if (!stream) {
    gst_ice_connector_retry (self->connector, error->message);
    return;
  }
  self->line = gst_ice_line_new (stream, self->context, 0, &callbacks, self);
  set_state (self, SIGNALLER_GREETING);
  GST_INFO ("%s: connected", self->where);
  if (self->callbacks.opened)
    self->callbacks.opened (self, self->user_data);
}

static void
on_connector_failed (
    GstIceConnector *connector, const GError *error, gpointer user_data)
{
  g_autoptr (GstIceSignaller) self = signaller_ref (user_data);

  finish (self, error);
}

static void
start_calling (GstIceSignaller *self)
{
  static const GstIceConnectorCallbacks callbacks = { on_connected,
    on_connector_failed };

  set_state (self, SIGNALLER_CALLING);
  self->connector = gst_ice_connector_new (
      self->uri, self->context, &callbacks, self);
}

/* The object */

/**
 * gst_ice_signaller_new:
 * @uri: (transfer none): the role of this end and the address; copied
 * @context: (nullable) (transfer none): where everything happens; NULL for the
 *   default one
 * @callbacks: (transfer none): copied; each may be NULL
 * @user_data: passed to them
 *
 * Any thread; call all other functions in the thread that runs @context.
 *
 * Returns: (transfer full): a signaller that was not started; free it with
 *   gst_ice_signaller_close()
 */
GstIceSignaller *
gst_ice_signaller_new (const IceSignallingUri *uri, GMainContext *context,
    const GstIceSignallerCallbacks *callbacks, gpointer user_data)
{
  static gsize once = 0;
  GstIceSignaller *self = g_atomic_rc_box_new0 (GstIceSignaller);

  if (g_once_init_enter (&once)) {
    GST_DEBUG_CATEGORY_INIT (
        icesignaller_debug, "icesignaller", 0, "ICE built-in signalling");
    g_once_init_leave (&once, 1);
  }
  self->uri = ice_signalling_uri_copy (uri);
  self->where = ice_signalling_uri_describe (uri);
  self->context = context ? g_main_context_ref (context) : NULL;
  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->silence_limit = SILENCE_LIMIT;
  self->strangers = g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_ice_line_close);
  return self;
}

/**
 * gst_ice_signaller_set_silence_limit:
 * @signaller: a signaller
 * @milliseconds: how long a client of the listener may take to send valid
 *   parameters; for tests, which cannot wait for the usual 5 s
 */
void
gst_ice_signaller_set_silence_limit (
    GstIceSignaller *signaller, guint milliseconds)
{
  signaller->silence_limit = milliseconds;
}

/**
 * gst_ice_signaller_set_upgrade:
 * @signaller: a new signaller
 * @upgrade: (transfer none): makes WebSockets of its connections; must outlive
 *   @signaller
 */
void
gst_ice_signaller_set_upgrade (
    GstIceSignaller *signaller, GstIceUpgrade *upgrade)
{
  signaller->upgrade = upgrade;
}

/**
 * gst_ice_signaller_start:
 * @signaller: a new signaller
 * @error: (out) (optional): what failed, the cause and the cure
 *
 * Listens, or begins to connect. Does not block and does not call back: where a
 * listener's host name has to be looked up first, that goes on meanwhile, and
 * the closed callback reports an error of it.
 *
 * Returns: FALSE when it is known at once that it cannot work; there will be no
 *   callback then, and gst_ice_signaller_close() has to be called still
 */
gboolean
gst_ice_signaller_start (GstIceSignaller *signaller, GError **error)
{
  g_return_val_if_fail (signaller->state == SIGNALLER_NEW, FALSE);

  switch (signaller->uri->mode) {
    case ICE_SIGNALLING_CALLER:
      start_calling (signaller);
      break;
    case ICE_SIGNALLING_LISTENER:
      if (!start_listening (signaller, error)) {
        shut (signaller);
        return FALSE;
      }
      break;
  }
  return TRUE;
}

/**
 * gst_ice_signaller_send:
 * @signaller: a signaller
 * @message: (transfer none): the message
 *
 * Queues @message for the peer, in order. Nothing is sent, and nothing happens,
 * while no line is open, and after a bye.
 */
void
gst_ice_signaller_send (GstIceSignaller *signaller, const IceMessage *message)
{
  if (!signaller->line) {
    GST_DEBUG ("%s: message %d of stream %u dropped: no line is open",
        signaller->where, message->type, message->stream);
    return;
  }
  GST_DEBUG ("%s: message %d of stream %u goes to %s", signaller->where,
      message->type, message->stream, gst_ice_line_get_name (signaller->line));
  gst_ice_line_send (signaller->line, message);
}

/**
 * gst_ice_signaller_close:
 * @signaller: (transfer full): a signaller in any state
 *
 * Writes as much as the socket takes without blocking, such as a bye that was
 * sent just before, closes everything and frees @signaller. No callback
 * follows. May be called within any callback.
 */
void
gst_ice_signaller_close (GstIceSignaller *signaller)
{
  if (signaller->state != SIGNALLER_CLOSED)
    shut (signaller);
  signaller_unref (signaller);
}
