/* gst-ice: opens a WebSocket on a new connection.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything happens in the thread-default main context of the thread that
 * makes it. Sources and asynchronous calls hold a reference. Time is limited by
 * the core, which closes the connection. */

#include "gsticesoupopening.h"
#include <string.h>
#include <sys/socket.h>

struct _GstIceSoupOpening
{
  const GstIceSoupPlace *place; /* the owner's */
  gboolean listens;
  const GstIceSoupOpeningCallbacks *callbacks;
  gpointer user_data;
  GDestroyNotify notify;

  GSocketConnection *tcp;       /* a listener's, over TLS */
  GTlsCertificate *certificate; /* of tcp */
  GIOStream *stream;            /* nullable */
  GCancellable *cancellable;
  GMainContext *context;
  GSource *next;
  GByteArray *head;
  gsize begin;     /* in head, behind interim answers */
  gchar *expected; /* a caller's, for the answer */
  gboolean done;
};

static void
opening_clear (gpointer data)
{
  GstIceSoupOpening *self = data;

  g_clear_object (&self->tcp);
  g_clear_object (&self->certificate);
  g_clear_object (&self->stream);
  g_object_unref (self->cancellable);
  g_main_context_unref (self->context);
  g_byte_array_unref (self->head);
  g_free (self->expected);
  self->notify (self->user_data);
}

static GstIceSoupOpening *
opening_ref (GstIceSoupOpening *self)
{
  return g_rc_box_acquire (self);
}

static void
opening_unref (gpointer self)
{
  g_rc_box_release_full (self, opening_clear);
}

static void
stop (GstIceSoupOpening *self)
{
  self->done = TRUE;
  g_cancellable_cancel (self->cancellable);
  if (self->next != NULL)
    g_source_destroy (self->next);
  g_clear_pointer (&self->next, g_source_unref);
}

static void
attach (GstIceSoupOpening *self, GSource *source, GSourceFunc function)
{
  g_source_set_callback (source, function, opening_ref (self), opening_unref);
  g_source_attach (source, self->context);
  self->next = source;
}

static void
fail (GstIceSoupOpening *self, gchar *invalid, gchar *lost)
{
  stop (self);
  self->callbacks->failed (invalid, lost, self->user_data);
}

/* A few hundred bytes on a new connection. */
static gboolean
write_text (GstIceSoupOpening *self, const gchar *text)
{
  GOutputStream *output = g_io_stream_get_output_stream (self->stream);
  gsize size = strlen (text);

  return g_pollable_output_stream_write_nonblocking (
             G_POLLABLE_OUTPUT_STREAM (output), text, size, NULL, NULL)
      == (gssize) size;
}

/* end: of the head in self->head, without the empty line */
static void
judge_head (GstIceSoupOpening *self, gsize end)
{
  const gchar *head = (const gchar *) self->head->data + self->begin;
  gsize size = end - self->begin, whole = end + strlen ("\r\n");
  gchar *invalid = NULL, *lost = NULL;
  g_autofree gchar *answer = NULL;

  if (self->listens)
    gst_ice_soup_handshake_answer (self->place, head, size, &answer, &invalid);
  else
    gst_ice_soup_handshake_check_answer (
        head, size, self->expected, &invalid, &lost);
  if (answer != NULL && !write_text (self, answer) && invalid == NULL)
    lost = g_strdup ("does not read");
  if (invalid != NULL || lost != NULL) {
    fail (self, invalid, lost);
    return;
  }
  stop (self);
  self->callbacks->opened (self->stream, self->head->data + whole,
      self->head->len - whole, self->user_data);
}

/* first: the first byte; empty lines before a request are allowed (RFC 9112
 * section 2.2) */
static gboolean
may_be_http (guint8 first)
{
  return g_ascii_isalpha (first) || first == '\r' || first == '\n';
}

/* end: as of judge_head() */
static gboolean
is_interim (const GstIceSoupOpening *self, gsize end)
{
  const gchar *head = (const gchar *) self->head->data;

  return !self->listens
      && gst_ice_soup_handshake_is_interim (
          head + self->begin, end - self->begin);
}

/* The empty line behind the head, NULL while it has not come. */
static const guint8 *
find_end (const GstIceSoupOpening *self)
{
  return memmem (self->head->data + self->begin, self->head->len - self->begin,
      "\r\n\r\n", 4);
}

static void
take_head (GstIceSoupOpening *self)
{
  const guint8 *head = self->head->data;
  const guint8 *found = find_end (self);
  gsize end = 0;

  for (; found != NULL; found = find_end (self)) {
    end = (gsize) (found - head) + strlen ("\r\n");
    if (!is_interim (self, end))
      break;
    self->begin = end + strlen ("\r\n");
  }
  if (found != NULL)
    judge_head (self, end);
  else if (self->begin == 0 && !may_be_http (head[0]))
    judge_head (self, self->head->len); /* its end need not come */
  else if (self->head->len >= GST_ICE_SOUP_HANDSHAKE_MAX_HEAD)
    fail (self,
        g_strdup_printf ("sent more than %u bytes in place of a WebSocket "
                         "handshake",
            GST_ICE_SOUP_HANDSHAKE_MAX_HEAD),
        NULL);
}

static gboolean
on_readable (GObject *input, gpointer data)
{
  GstIceSoupOpening *self = data;
  guint length = self->head->len;
  g_autoptr (GError) error = NULL;
  gssize n;

  g_byte_array_set_size (self->head, GST_ICE_SOUP_HANDSHAKE_MAX_HEAD);
  n = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (input),
      self->head->data + length, GST_ICE_SOUP_HANDSHAKE_MAX_HEAD - length, NULL,
      &error);
  g_byte_array_set_size (self->head, length + (guint) MAX (n, 0));
  if (n > 0)
    take_head (self);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    fail (self, NULL,
        length > 0 || !self->listens
            ? g_strdup ("closed the connection within the WebSocket handshake")
            : NULL);
  return self->done ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
greet (GstIceSoupOpening *self)
{
  GInputStream *input = g_io_stream_get_input_stream (self->stream);
  g_autofree gchar *request = NULL;

  if (!self->listens) {
    request = gst_ice_soup_handshake_ask (self->place, &self->expected);
    write_text (self, request); /* if it cannot, reading fails */
  }
  attach (self,
      g_pollable_input_stream_create_source (
          G_POLLABLE_INPUT_STREAM (input), NULL),
      G_SOURCE_FUNC (on_readable));
}

static void
fail_tls (GstIceSoupOpening *self, const gchar *reason)
{
  fail (self,
      g_strdup_printf ("did not agree on TLS (%s); is the scheme of its URI "
                       "wss:, and does it trust the certificate?",
          reason),
      NULL);
}

static void
on_secured (GObject *tls, GAsyncResult *result, gpointer data)
{
  GstIceSoupOpening *self = data;
  g_autoptr (GError) error = NULL;

  g_tls_connection_handshake_finish (G_TLS_CONNECTION (tls), result, &error);
  if (!self->done && error == NULL)
    greet (self);
  else if (!self->done)
    fail_tls (self, error->message);
  opening_unref (self);
}

static void
secure (GstIceSoupOpening *self)
{
  self->stream = g_tls_server_connection_new (
      G_IO_STREAM (self->tcp), self->certificate, NULL);
  if (self->stream == NULL) {
    fail (self, NULL,
        g_strdup ("cannot be served over TLS here: install glib-networking"));
    return;
  }
  g_tls_connection_set_require_close_notify (
      G_TLS_CONNECTION (self->stream), FALSE);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (self->stream),
      G_PRIORITY_DEFAULT, self->cancellable, on_secured, opening_ref (self));
}

/* A client without TLS gets an answer that it understands, so that it does not
 * try again in vain. */
static gboolean
on_first_byte (GSocket *socket, GIOCondition condition, gpointer data)
{
  GstIceSoupOpening *self = data;
  g_autofree gchar *answer = NULL, *invalid = NULL;
  guint8 first;
  gssize n = recv (
      g_socket_get_fd (socket), &first, 1, MSG_PEEK | MSG_DONTWAIT);

  g_clear_pointer (&self->next, g_source_unref);
  if (n == 1 && first != GST_ICE_SOUP_HANDSHAKE_TLS) {
    self->stream = G_IO_STREAM (g_object_ref (self->tcp));
    gst_ice_soup_handshake_answer (self->place, "", 0, &answer, &invalid);
    write_text (self, answer);
    fail_tls (self, "it has sent something else");
  } else {
    secure (self); /* which reports the end, too */
  }
  return G_SOURCE_REMOVE;
}

/**
 * gst_ice_soup_opening_new:
 * @connection: (transfer none): a new connection: TCP, or TLS over it
 * @place: (transfer none): what the listener serves; outlives the opening
 * @listens: whether this end is the listener
 * @certificate: (nullable) (transfer none): a listener's, over TLS
 * @callbacks: static
 * @user_data: for @callbacks
 * @notify: frees @user_data, when no asynchronous call is running any more
 *
 * Returns: (transfer full): free it with gst_ice_soup_opening_close()
 */
GstIceSoupOpening *
gst_ice_soup_opening_new (GIOStream *connection, const GstIceSoupPlace *place,
    gboolean listens, GTlsCertificate *certificate,
    const GstIceSoupOpeningCallbacks *callbacks, gpointer user_data,
    GDestroyNotify notify)
{
  GstIceSoupOpening *self = g_rc_box_new0 (GstIceSoupOpening);

  self->place = place;
  self->listens = listens;
  self->callbacks = callbacks;
  self->user_data = user_data;
  self->notify = notify;
  self->cancellable = g_cancellable_new ();
  self->context = g_main_context_ref_thread_default ();
  self->head = g_byte_array_new ();
  if (certificate != NULL) {
    self->tcp = G_SOCKET_CONNECTION (g_object_ref (connection));
    self->certificate = g_object_ref (certificate);
    attach (self,
        g_socket_create_source (
            g_socket_connection_get_socket (self->tcp), G_IO_IN, NULL),
        G_SOURCE_FUNC (on_first_byte));
  } else {
    self->stream = g_object_ref (connection);
    greet (self);
  }
  return self;
}

/**
 * gst_ice_soup_opening_close:
 * @self: (transfer full): an opening, perhaps within its callback
 *
 * No callback follows.
 */
void
gst_ice_soup_opening_close (GstIceSoupOpening *self)
{
  stop (self);
  opening_unref (self);
}
