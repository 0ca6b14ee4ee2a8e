/* gst-ice: a connection with limits, for libsoup's WebSocket.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libsoup (3.2 to 3.6) reads as long as there is something to read, keeps the
 * parts of a message without a limit, and answers each ping, without a limit of
 * unsent answers. Here reading pauses after some bytes, so that other sources
 * of the main context get their turn, and while answers cannot be written; and
 * it fails when too much came without a message.
 *
 * Everything happens in one thread. Closing does not close the connection, and
 * ends without a worker thread. */

#include "gsticesoupstream.h"
#include <string.h>

/* Bytes that are read in one dispatch of the main context. */
#define MAX_TURN (64 * 1024)
/* ms; reading is tried again while answers cannot be written */
#define BLOCKED_PAUSE 20
#define OPCODE_MASK 0x0f
#define OPCODE_CLOSE 0x8 /* RFC 6455 section 5.2 */

struct _GstIceSoupStream
{
  GIOStream parent;

  GIOStream *base;
  GInputStream *input;
  GOutputStream *output;

  GByteArray *unread; /* came with the handshake */
  gsize turn;         /* left to read in this dispatch */
  gsize allowance;    /* left to read without a message */
  gint64 allowed_at;  /* when it grew last */

  gboolean blocked;
  gsize left_of_frame; /* bytes to write */
  gboolean is_close;   /* it is a close frame */
  gboolean closed;     /* one was written */
};

#define TYPE_INPUT (input_get_type ())
G_DECLARE_FINAL_TYPE (Input, input, ICE_SOUP, INPUT, GInputStream)

struct _Input
{
  GInputStream parent;
  GstIceSoupStream *stream; /* not referenced: it owns us */
};

#define TYPE_OUTPUT (output_get_type ())
G_DECLARE_FINAL_TYPE (Output, output, ICE_SOUP, OUTPUT, GOutputStream)

struct _Output
{
  GOutputStream parent;
  GstIceSoupStream *stream; /* not referenced: it owns us */
};

static void input_init_pollable (GPollableInputStreamInterface *interface);
static void output_init_pollable (GPollableOutputStreamInterface *interface);

G_DEFINE_TYPE (GstIceSoupStream, gst_ice_soup_stream, G_TYPE_IO_STREAM)
G_DEFINE_TYPE_WITH_CODE (Input, input, G_TYPE_INPUT_STREAM,
    G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, input_init_pollable))
G_DEFINE_TYPE_WITH_CODE (Output, output, G_TYPE_OUTPUT_STREAM,
    G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM, output_init_pollable))

/* Reading */

static GPollableInputStream *
get_base_input (GstIceSoupStream *self)
{
  return G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (self->base));
}

static void
grow_allowance (GstIceSoupStream *self)
{
  gint64 now = g_get_monotonic_time ();
  gint64 more = (now - self->allowed_at)
      * GST_ICE_SOUP_STREAM_ALLOWANCE_PER_SECOND / G_USEC_PER_SEC;

  if (more <= 0)
    return;
  self->allowance = (gsize) MIN (
      (gint64) self->allowance + more, GST_ICE_SOUP_STREAM_ALLOWANCE);
  self->allowed_at = now;
}

static gssize
take_unread (GstIceSoupStream *self, void *buffer, gsize size)
{
  gsize n = MIN (size, self->unread->len);

  memcpy (buffer, self->unread->data, n);
  g_byte_array_remove_range (self->unread, 0, n);
  return (gssize) n;
}

static gssize
read_nonblocking (
    GPollableInputStream *input, void *buffer, gsize size, GError **error)
{
  GstIceSoupStream *self = ICE_SOUP_INPUT (input)->stream;
  gssize n;

  if (self->unread->len > 0)
    return take_unread (self, buffer, size);
  if (self->turn == 0 || self->blocked) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "later");
    return -1;
  }
  grow_allowance (self);
  if (self->allowance == 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
        "sent %u bytes without a message", GST_ICE_SOUP_STREAM_ALLOWANCE);
    return -1;
  }
  n = g_pollable_input_stream_read_nonblocking (get_base_input (self), buffer,
      MIN (size, MIN (self->turn, self->allowance)), NULL, error);
  if (n > 0) {
    self->turn -= (gsize) n;
    self->allowance -= (gsize) n;
  }
  return n;
}

static gboolean
is_readable (GPollableInputStream *input)
{
  GstIceSoupStream *self = ICE_SOUP_INPUT (input)->stream;

  return self->unread->len > 0
      || (!self->blocked
          && g_pollable_input_stream_is_readable (get_base_input (self)));
}

/* libsoup makes a new one for each dispatch. */
static GSource *
create_input_source (GPollableInputStream *input, GCancellable *cancellable)
{
  GstIceSoupStream *self = ICE_SOUP_INPUT (input)->stream;
  g_autoptr (GSource) child = NULL;

  self->turn = MAX_TURN;
  if (self->unread->len > 0)
    child = g_timeout_source_new (0);
  else if (self->blocked)
    child = g_timeout_source_new (BLOCKED_PAUSE);
  else
    child = g_pollable_input_stream_create_source (get_base_input (self), NULL);
  return g_pollable_source_new_full (input, child, cancellable);
}

static void
input_init_pollable (GPollableInputStreamInterface *interface)
{
  interface->read_nonblocking = read_nonblocking;
  interface->is_readable = is_readable;
  interface->create_source = create_input_source;
}

/* libsoup does not use the blocking functions. */
static gssize
input_read (GInputStream *input, void *buffer, gsize size,
    GCancellable *cancellable, GError **error)
{
  g_set_error_literal (
      error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "not blocking");
  return -1;
}

static void
input_init (Input *self)
{
}

static void
input_class_init (InputClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = input_read;
}

/* Writing */

static GPollableOutputStream *
get_base_output (GstIceSoupStream *self)
{
  return G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (self->base));
}

/* libsoup writes one frame at a time, and what is left of it later. */
static gssize
write_nonblocking (GPollableOutputStream *output, const void *buffer,
    gsize size, GError **error)
{
  GstIceSoupStream *self = ICE_SOUP_OUTPUT (output)->stream;
  g_autoptr (GError) reason = NULL;
  gssize n;

  if (self->left_of_frame == 0) {
    self->left_of_frame = size;
    self->is_close = (*(const guint8 *) buffer & OPCODE_MASK) == OPCODE_CLOSE;
  }
  n = g_pollable_output_stream_write_nonblocking (
      get_base_output (self), buffer, size, NULL, &reason);
  self->blocked = g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  if (n > 0) {
    self->left_of_frame -= MIN (self->left_of_frame, (gsize) n);
    self->closed |= self->is_close && self->left_of_frame == 0;
  }
  if (reason != NULL)
    g_propagate_error (error, g_steal_pointer (&reason));
  return n;
}

static gboolean
is_writable (GPollableOutputStream *output)
{
  return g_pollable_output_stream_is_writable (
      get_base_output (ICE_SOUP_OUTPUT (output)->stream));
}

static GSource *
create_output_source (GPollableOutputStream *output, GCancellable *cancellable)
{
  g_autoptr (GSource) child = g_pollable_output_stream_create_source (
      get_base_output (ICE_SOUP_OUTPUT (output)->stream), NULL);

  return g_pollable_source_new_full (output, child, cancellable);
}

static void
output_init_pollable (GPollableOutputStreamInterface *interface)
{
  interface->write_nonblocking = write_nonblocking;
  interface->is_writable = is_writable;
  interface->create_source = create_output_source;
}

static gssize
output_write (GOutputStream *output, const void *buffer, gsize size,
    GCancellable *cancellable, GError **error)
{
  g_set_error_literal (
      error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "not blocking");
  return -1;
}

static void
output_init (Output *self)
{
}

static void
output_class_init (OutputClass *klass)
{
  G_OUTPUT_STREAM_CLASS (klass)->write_fn = output_write;
}

/* Both */

static GInputStream *
get_input_stream (GIOStream *stream)
{
  return GST_ICE_SOUP_STREAM (stream)->input;
}

static GOutputStream *
get_output_stream (GIOStream *stream)
{
  return GST_ICE_SOUP_STREAM (stream)->output;
}

static void
gst_ice_soup_stream_init (GstIceSoupStream *self)
{
  self->unread = g_byte_array_new ();
  self->allowance = GST_ICE_SOUP_STREAM_ALLOWANCE;
  self->allowed_at = g_get_monotonic_time ();
  self->input = g_object_new (TYPE_INPUT, NULL);
  ICE_SOUP_INPUT (self->input)->stream = self;
  self->output = g_object_new (TYPE_OUTPUT, NULL);
  ICE_SOUP_OUTPUT (self->output)->stream = self;
}

static void
gst_ice_soup_stream_finalize (GObject *object)
{
  GstIceSoupStream *self = GST_ICE_SOUP_STREAM (object);

  /* which closes both streams */
  G_OBJECT_CLASS (gst_ice_soup_stream_parent_class)->finalize (object);
  g_object_unref (self->input);
  g_object_unref (self->output);
  g_object_unref (self->base);
  g_byte_array_unref (self->unread);
}

/* GLib's own function closes in a worker thread, whose result would come to the
 * main context when its thread may have ended. Closing does not block here. */
static void
close_async (GIOStream *stream, int priority, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask)
      task = g_task_new (stream, cancellable, callback, user_data);
  g_autoptr (GError) error = NULL;

  g_task_set_priority (task, priority);
  if (G_IO_STREAM_GET_CLASS (stream)->close_fn (stream, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static gboolean
close_finish (GIOStream *stream, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
gst_ice_soup_stream_class_init (GstIceSoupStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_ice_soup_stream_finalize;
  G_IO_STREAM_CLASS (klass)->get_input_stream = get_input_stream;
  G_IO_STREAM_CLASS (klass)->get_output_stream = get_output_stream;
  G_IO_STREAM_CLASS (klass)->close_async = close_async;
  G_IO_STREAM_CLASS (klass)->close_finish = close_finish;
}

/**
 * gst_ice_soup_stream_new:
 * @base: (transfer none): a connection, plain or TLS
 * @unread: (array length=size) (nullable): what was read from it too early
 * @size: its length, bytes
 *
 * Returns: (transfer full): the same with limits
 */
GIOStream *
gst_ice_soup_stream_new (GIOStream *base, gconstpointer unread, gsize size)
{
  GstIceSoupStream *self = g_object_new (GST_TYPE_ICE_SOUP_STREAM, NULL);

  self->base = g_object_ref (base);
  if (size > 0)
    g_byte_array_append (self->unread, unread, (guint) size);
  return G_IO_STREAM (self);
}

/**
 * gst_ice_soup_stream_note_message:
 * @self: a stream
 *
 * A whole message came: as many bytes may come again.
 */
void
gst_ice_soup_stream_note_message (GstIceSoupStream *self)
{
  self->allowance = GST_ICE_SOUP_STREAM_ALLOWANCE;
}

/**
 * gst_ice_soup_stream_is_blocked:
 * @self: a stream
 *
 * Returns: whether the system takes nothing more at present
 */
gboolean
gst_ice_soup_stream_is_blocked (GstIceSoupStream *self)
{
  return self->blocked;
}

/**
 * gst_ice_soup_stream_has_closed:
 * @self: a stream
 *
 * Returns: whether a close frame was written, and all that came before it
 */
gboolean
gst_ice_soup_stream_has_closed (GstIceSoupStream *self)
{
  return self->closed;
}
