/* gst-ice: forwards between text lines and a WebSocket.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text lines are on a pair of Unix sockets, whose other end the core has. A
 * text frame is a line there: newlines in JSON mean nothing outside of strings,
 * and cannot be within one, so they become blanks. The core limits time, size
 * and number of the lines, and closes its end when a limit is exceeded.
 *
 * Everything happens in the thread-default main context of the thread that
 * opens it. Sources and asynchronous calls hold a reference, and the last one
 * reports that it is gone: the main context need not run any longer then. */

#include "gsticesoupbridge.h"
#include "gsticesoupopening.h"
#include "gsticesoupstream.h"

#include <libsoup/soup.h>
#include <string.h>
#include <sys/socket.h>

/* The longest message without its newline, as with tcp:. */
#define MAX_MESSAGE 65535
/* Bytes that came from the WebSocket and that the core has not read. */
#define MAX_UNREAD (1024 * 1024)
/* ms that the last messages may take to be written. */
#define LINGER 500
/* ms; the socket is tried again while it takes nothing more */
#define BLOCKED_PAUSE 20
/* Bytes that are read and discarded on closing, as in gsticeline. */
#define MAX_DISCARDED (1024 * 1024)
#define CHUNK 4096
/* Close codes that IANA registered after RFC 6455 (section 7.4.2): these and
 * 1013, Try Again Later, in between. */
#define CLOSE_SERVICE_RESTART 1012
#define CLOSE_BAD_GATEWAY 1014

#define INVALID_KEY "ice-invalid"
#define LOST_KEY "ice-lost"

typedef enum
{
  BRIDGE_OPENING,
  BRIDGE_OPEN,
  BRIDGE_LINGERING, /* the core has closed, or has been informed of the end */
  BRIDGE_CLOSED
} BridgeState;

struct _GstIceSoupBridge
{
  BridgeState state;
  GstIceSoupPlace place; /* strings are ours */
  gboolean listens;
  GstIceSoupBridgeFunc gone;
  gpointer user_data;
  GMainContext *context;

  GSocketConnection *tcp;
  GstIceSoupOpening *opening; /* OPENING */

  SoupWebsocketConnection *web;
  GstIceSoupStream *limited; /* of web */

  GSocketConnection *theirs; /* for its data only */
  GSocket *lines;
  GByteArray *line;   /* from the core, not whole yet */
  GByteArray *unread; /* for the core */
  GSource *readable, *writable, *hung_up, *limit;
};

static void
bridge_clear (gpointer data)
{
  GstIceSoupBridge *self = data;

  g_free (self->place.host);
  g_free (self->place.resource);
  g_free (self->place.origin);
  g_main_context_unref (self->context);
  g_object_unref (self->tcp);
  g_object_unref (self->theirs);
  g_object_unref (self->lines);
  g_byte_array_unref (self->line);
  g_byte_array_unref (self->unread);
  self->gone (self->user_data);
}

static GstIceSoupBridge *
bridge_ref (GstIceSoupBridge *self)
{
  return g_rc_box_acquire (self);
}

static void
bridge_unref (gpointer self)
{
  g_rc_box_release_full (self, bridge_clear);
}

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
attach (GstIceSoupBridge *self, GSource **place, GSource *source,
    GSourceFunc function)
{
  clear_source (place);
  g_source_set_callback (source, function, bridge_ref (self), bridge_unref);
  g_source_attach (source, self->context);
  *place = source;
}

/* The end */

/* The system resets a connection that is closed with unread data, which could
 * lose what was written last. */
static void
close_socket (GSocket *socket)
{
  gchar buffer[CHUNK];
  gsize discarded = 0;
  gssize n;

  g_socket_shutdown (socket, FALSE, TRUE, NULL);
  do {
    n = g_socket_receive (socket, buffer, sizeof (buffer), NULL, NULL);
    discarded += (gsize) MAX (n, 0);
  } while (n > 0 && discarded < MAX_DISCARDED);
  g_socket_close (socket, NULL);
}

static void
drop_web (GstIceSoupBridge *self)
{
  SoupWebsocketConnection *web = g_steal_pointer (&self->web);

  if (web == NULL)
    return;
  g_signal_handlers_disconnect_by_data (web, self);
  g_clear_object (&self->limited);
  g_main_context_push_thread_default (self->context);
  g_object_unref (web);
  g_main_context_pop_thread_default (self->context);
}

static void
finish (GstIceSoupBridge *self)
{
  if (self->state == BRIDGE_CLOSED)
    return;
  self->state = BRIDGE_CLOSED;
  g_clear_pointer (&self->opening, gst_ice_soup_opening_close);
  clear_source (&self->readable);
  clear_source (&self->writable);
  clear_source (&self->hung_up);
  clear_source (&self->limit);
  close_socket (g_socket_connection_get_socket (self->tcp));
  drop_web (self);
  close_socket (self->lines);
  bridge_unref (self);
}

static gboolean
on_limit (gpointer data)
{
  finish (data);
  return G_SOURCE_REMOVE;
}

/* Whether the last frame is written is asked, since libsoup reports only that
 * the other end has closed, too. */
static gboolean
on_lingering (gpointer data)
{
  GstIceSoupBridge *self = data;

  if (self->unread->len > 0)
    return G_SOURCE_CONTINUE;
  if (self->web == NULL || gst_ice_soup_stream_has_closed (self->limited)
      || soup_websocket_connection_get_state (self->web)
          == SOUP_WEBSOCKET_STATE_CLOSED)
    finish (self);
  return G_SOURCE_CONTINUE;
}

/* Ends the WebSocket with @code. Never finishes at once: libsoup may be the
 * caller. */
static void
linger (GstIceSoupBridge *self, gushort code)
{
  if (self->state >= BRIDGE_LINGERING)
    return;
  self->state = BRIDGE_LINGERING;
  clear_source (&self->readable);
  clear_source (&self->hung_up);
  g_clear_pointer (&self->opening, gst_ice_soup_opening_close);
  if (self->web != NULL
      && soup_websocket_connection_get_state (self->web)
          == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (self->web, code, NULL);
  attach (self, &self->readable, g_timeout_source_new (1), on_lingering);
  attach (self, &self->limit, g_timeout_source_new (LINGER), on_limit);
}

/* Informs the core of the end, after all lines that came before. text:
 * (transfer full) (nullable): why */
static void
end_lines (GstIceSoupBridge *self, const gchar *key, gchar *text)
{
  if (text != NULL && self->state < BRIDGE_LINGERING)
    g_object_set_data_full (G_OBJECT (self->theirs), key, text, g_free);
  else
    g_free (text);
  if (self->unread->len == 0)
    g_socket_shutdown (self->lines, FALSE, TRUE, NULL);
}

static void
refuse (GstIceSoupBridge *self, gushort code, gchar *text)
{
  end_lines (self, INVALID_KEY, text);
  linger (self, code);
}

/* From the WebSocket to the core */

static gboolean on_writable (
    GSocket *socket, GIOCondition condition, gpointer data);

static void
write_lines (GstIceSoupBridge *self)
{
  gsize written = 0;
  gssize n = 0;

  while (written < self->unread->len && n >= 0) {
    n = g_socket_send (self->lines, (gchar *) self->unread->data + written,
        self->unread->len - written, NULL, NULL);
    written += (gsize) MAX (n, 0);
  }
  g_byte_array_remove_range (self->unread, 0, (guint) written);
  if (self->unread->len == 0) {
    clear_source (&self->writable);
    if (self->state >= BRIDGE_LINGERING)
      g_socket_shutdown (self->lines, FALSE, TRUE, NULL);
  } else if (self->writable == NULL) {
    attach (self, &self->writable,
        g_socket_create_source (self->lines, G_IO_OUT, NULL),
        G_SOURCE_FUNC (on_writable));
  }
}

static gboolean
on_writable (GSocket *socket, GIOCondition condition, gpointer data)
{
  write_lines (data);
  return G_SOURCE_CONTINUE;
}

static void
on_message (SoupWebsocketConnection *web, gint type, GBytes *message,
    GstIceSoupBridge *self)
{
  gsize size, i;
  const gchar *text = g_bytes_get_data (message, &size);
  guint start = self->unread->len;

  if (self->state != BRIDGE_OPEN)
    return;
  gst_ice_soup_stream_note_message (self->limited);
  if (type != SOUP_WEBSOCKET_DATA_TEXT) {
    refuse (self, SOUP_WEBSOCKET_CLOSE_UNSUPPORTED_DATA,
        g_strdup ("sent a binary frame; a message is a text frame"));
  } else if (size > MAX_MESSAGE) {
    refuse (self, SOUP_WEBSOCKET_CLOSE_TOO_BIG,
        g_strdup_printf ("sent a message of more than %u bytes", MAX_MESSAGE));
  } else if (start + size + 1 > MAX_UNREAD) {
    refuse (self, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION,
        g_strdup ("sends faster than messages can be read"));
  } else {
    g_byte_array_append (self->unread, (const guint8 *) text, (guint) size);
    for (i = start; i < self->unread->len; i++)
      if (self->unread->data[i] == '\n' || self->unread->data[i] == '\r')
        self->unread->data[i] = ' ';
    g_byte_array_append (self->unread, (const guint8 *) "\n", 1);
    write_lines (self);
  }
}

static void
on_closing (SoupWebsocketConnection *web, GstIceSoupBridge *self)
{
  end_lines (self, LOST_KEY, NULL);
  linger (self, SOUP_WEBSOCKET_CLOSE_NORMAL);
}

/* libsoup (up to 3.6) reports a close frame with one of them as an error. */
static gboolean
is_closed_with_newer_code (SoupWebsocketConnection *web)
{
  gushort code = soup_websocket_connection_get_close_code (web);

  return code >= CLOSE_SERVICE_RESTART && code <= CLOSE_BAD_GATEWAY;
}

static void
on_error (
    SoupWebsocketConnection *web, const GError *error, GstIceSoupBridge *self)
{
  if (is_closed_with_newer_code (web))
    on_closing (web, self);
  else if (g_error_matches (
               error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_TOO_BIG))
    end_lines (self, INVALID_KEY,
        g_strdup_printf ("sent a message of more than %u bytes", MAX_MESSAGE));
  else if (error->domain == SOUP_WEBSOCKET_ERROR)
    end_lines (self, INVALID_KEY,
        g_strdup ("sent what is no WebSocket frame, or no UTF-8 text"));
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE))
    end_lines (self, INVALID_KEY, g_strdup (error->message));
}

/* From the core to the WebSocket */

static void
send_line (GstIceSoupBridge *self)
{
  if (self->line->len == 0)
    return;
  g_byte_array_append (self->line, (const guint8 *) "", 1);
  if (soup_websocket_connection_get_state (self->web)
      == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_send_text (self->web, (gchar *) self->line->data);
  g_byte_array_set_size (self->line, 0);
}

static void
send_lines (GstIceSoupBridge *self, const gchar *text, gsize size)
{
  gsize i;

  for (i = 0; i < size; i++) {
    if (text[i] == '\n')
      send_line (self);
    else
      g_byte_array_append (self->line, (const guint8 *) &text[i], 1);
  }
}

static gboolean on_readable (
    GSocket *socket, GIOCondition condition, gpointer data);

static void
watch_lines (GstIceSoupBridge *self)
{
  attach (self, &self->readable,
      g_socket_create_source (self->lines, G_IO_IN, NULL),
      G_SOURCE_FUNC (on_readable));
}

static gboolean
on_blocked_pause_over (gpointer data)
{
  GstIceSoupBridge *self = data;

  if (gst_ice_soup_stream_is_blocked (self->limited))
    return G_SOURCE_CONTINUE;
  watch_lines (self);
  return G_SOURCE_REMOVE;
}

/* While nothing can be written, the core keeps what it sends, with its limit.
 */
static gboolean
on_readable (GSocket *socket, GIOCondition condition, gpointer data)
{
  GstIceSoupBridge *self = data;
  gchar buffer[CHUNK];
  g_autoptr (GError) error = NULL;
  gssize n;

  if (gst_ice_soup_stream_is_blocked (self->limited)) {
    attach (self, &self->readable, g_timeout_source_new (BLOCKED_PAUSE),
        on_blocked_pause_over);
    return G_SOURCE_REMOVE;
  }
  n = g_socket_receive (socket, buffer, sizeof (buffer), NULL, &error);
  if (n > 0)
    send_lines (self, buffer, (gsize) n);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    linger (self, SOUP_WEBSOCKET_CLOSE_NORMAL);
  return self->state == BRIDGE_OPEN ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* The handshake */

/* The core closed its end before the WebSocket was open. */
static gboolean
on_hung_up (GSocket *socket, GIOCondition condition, gpointer data)
{
  finish (data);
  return G_SOURCE_REMOVE;
}

static GUri *
make_uri (const GstIceSoupPlace *place)
{
  return g_uri_build (G_URI_FLAGS_NONE, place->secure ? "wss" : "ws", NULL,
      place->host, (gint) place->port, place->resource, NULL, NULL);
}

static void
on_opened (GIOStream *stream, gconstpointer unread, gsize size, gpointer data)
{
  GstIceSoupBridge *self = data;
  g_autoptr (GUri) uri = make_uri (&self->place);
  g_autoptr (GIOStream)
      limited = gst_ice_soup_stream_new (stream, unread, size);

  self->state = BRIDGE_OPEN;
  clear_source (&self->hung_up);
  g_clear_pointer (&self->opening, gst_ice_soup_opening_close);
  self->limited = GST_ICE_SOUP_STREAM (g_object_ref (limited));
  self->web = soup_websocket_connection_new (limited, uri,
      self->listens ? SOUP_WEBSOCKET_CONNECTION_SERVER
                    : SOUP_WEBSOCKET_CONNECTION_CLIENT,
      NULL, NULL, NULL);
  soup_websocket_connection_set_max_incoming_payload_size (
      self->web, MAX_MESSAGE);
  g_signal_connect (self->web, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->web, "error", G_CALLBACK (on_error), self);
  g_signal_connect (self->web, "closing", G_CALLBACK (on_closing), self);
  g_signal_connect (self->web, "closed", G_CALLBACK (on_closing), self);
  watch_lines (self);
}

static void
on_failed (gchar *invalid, gchar *lost, gpointer data)
{
  GstIceSoupBridge *self = data;

  if (invalid != NULL)
    end_lines (self, INVALID_KEY, invalid);
  else
    end_lines (self, LOST_KEY, lost);
  linger (self, SOUP_WEBSOCKET_CLOSE_NORMAL);
}

static GSocketConnection *
get_base (GIOStream *connection)
{
  GIOStream *base = NULL;

  if (G_IS_SOCKET_CONNECTION (connection))
    return g_object_ref (G_SOCKET_CONNECTION (connection));
  g_object_get (connection, "base-io-stream", &base, NULL);
  return G_SOCKET_CONNECTION (base);
}

/* Returns: whether there were two descriptors */
static gboolean
make_pair (GSocket **ours, GSocketConnection **theirs)
{
  g_autoptr (GSocket) other = NULL;
  int pair[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair)
      != 0)
    return FALSE;
  *ours = g_socket_new_from_fd (pair[0], NULL);
  other = g_socket_new_from_fd (pair[1], NULL);
  g_socket_set_blocking (*ours, FALSE);
  *theirs = g_socket_connection_factory_create_connection (other);
  return TRUE;
}

/**
 * gst_ice_soup_bridge_open:
 * @connection: (transfer none): a new connection: TCP, or TLS over it
 * @place: (transfer none): what the listener serves
 * @listens: whether this end is the listener
 * @certificate: (nullable) (transfer none): a listener's, over TLS
 * @gone: called once, never within this function
 * @user_data: for @gone
 *
 * Returns: (transfer full) (nullable): the text lines; %NULL: there are no more
 *   descriptors
 */
GSocketConnection *
gst_ice_soup_bridge_open (GIOStream *connection, const GstIceSoupPlace *place,
    gboolean listens, GTlsCertificate *certificate, GstIceSoupBridgeFunc gone,
    gpointer user_data)
{
  static const GstIceSoupOpeningCallbacks callbacks = { on_opened, on_failed };
  GSocketConnection *theirs;
  GstIceSoupBridge *self;
  GSocket *lines;

  if (!make_pair (&lines, &theirs))
    return NULL;
  self = g_rc_box_new0 (GstIceSoupBridge);
  self->lines = lines;
  self->theirs = g_object_ref (theirs);
  self->place = *place;
  self->place.host = g_strdup (place->host);
  self->place.resource = g_strdup (place->resource);
  self->place.origin = g_strdup (place->origin);
  self->listens = listens;
  self->gone = gone;
  self->user_data = user_data;
  self->context = g_main_context_ref_thread_default ();
  self->tcp = get_base (connection);
  self->line = g_byte_array_new ();
  self->unread = g_byte_array_new ();
  attach (self, &self->hung_up,
      g_socket_create_source (self->lines, G_IO_HUP, NULL),
      G_SOURCE_FUNC (on_hung_up));
  self->opening = gst_ice_soup_opening_new (connection, &self->place, listens,
      certificate, &callbacks, bridge_ref (self), bridge_unref);
  return theirs;
}
