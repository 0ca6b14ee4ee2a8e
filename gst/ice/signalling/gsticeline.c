/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One signalling line: a connected stream socket, cut into messages whose order
 * is checked, and a bounded queue of unsent messages. Nothing blocks.
 *
 * Everything happens in the thread that runs the main context. The owner has
 * one reference, which gst_ice_line_close() takes; functions that call back
 * hold another one meanwhile.
 *
 * Ours because GDataInputStream reads a line of any length into memory, and
 * GIO's output streams bound no queue; here both come from a stranger. Limits
 * in GIO would end that. */
#include "signalling/gsticeline.h"
#include "signalling/gsticeupgrade.h"
#include "signalling/icemessageorder.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

/* Bytes that are read and discarded on closing, so that the system does not
 * reset the connection, which would lose the last messages. */
#define MAX_DISCARDED (1024 * 1024)

typedef enum
{
  LINE_OPEN,
  LINE_BYE_SENT, /* we may not send any more */
  LINE_CLOSED
} LineState;

struct _GstIceLine
{
  LineState state;
  GSocketConnection *connection;
  GSocket *socket; /* the connection's */
  gchar *name;
  GMainContext *context;
  GstIceLineCallbacks callbacks;
  gpointer user_data;

  GSource *readable;
  GSource *writable; /* while something is unsent */
  GSource *wake;     /* read again, though the socket may have nothing */
  GSource *silence;  /* until the first message */

  IceMessageOrder *order;
  gsize start, scanned, end; /* buffer[start, scanned) has no newline */
  gchar buffer[ICE_MESSAGE_MAX_SIZE];

  GByteArray *unsent;
  GstIceLineEnd write_end; /* with write_error: how the line will end */
  GError *write_error;     /* writing is over, reading not yet */
};

static void
line_clear (gpointer data)
{
  GstIceLine *line = data;

  g_object_unref (line->connection);
  g_free (line->name);
  g_clear_pointer (&line->context, g_main_context_unref);
  ice_message_order_free (line->order);
  g_byte_array_unref (line->unsent);
  g_clear_error (&line->write_error);
}

static GstIceLine *
line_ref (GstIceLine *line)
{
  return g_rc_box_acquire (line);
}

static void
line_unref (GstIceLine *line)
{
  g_rc_box_release_full (line, line_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceLine, line_unref)

static void
clear_source (GSource **source)
{
  if (!*source)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static GSource *
attach (GstIceLine *line, GSource *source, GSourceFunc function)
{
  g_source_set_callback (source, function, line, NULL);
  g_source_attach (source, line->context);
  return source;
}

/* Closes the socket. The peer gets all that was written, and an EOF. */
static void
hang_up (GstIceLine *line)
{
  gsize discarded = 0;
  gssize n = 0;

  if (line->state == LINE_CLOSED)
    return;
  line->state = LINE_CLOSED;
  clear_source (&line->readable);
  clear_source (&line->writable);
  clear_source (&line->wake);
  clear_source (&line->silence);

  g_socket_shutdown (line->socket, FALSE, TRUE, NULL);
  do {
    n = g_socket_receive (
        line->socket, line->buffer, sizeof (line->buffer), NULL, NULL);
    discarded += MAX (n, 0);
  } while (n > 0 && discarded < MAX_DISCARDED);
  g_socket_close (line->socket, NULL);
}

static void
end (GstIceLine *line, GstIceLineEnd how, const GError *error)
{
  hang_up (line);
  line->callbacks.ended (line, how, error, line->user_data);
}

static gboolean
on_silence (gpointer data)
{
  g_autoptr (GstIceLine) line = line_ref (data);
  g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
      "%s sent nothing valid in time", line->name);

  end (line, GST_ICE_LINE_END_SILENT, error);
  return G_SOURCE_REMOVE;
}

/* Reading */

/* Returns: whether to go on */
static gboolean
handle_line (GstIceLine *line, const gchar *text, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IceMessage) message = ice_message_parse (text, length, &error);
  IceMessageOrderVerdict verdict = ICE_MESSAGE_ORDER_WRONG;

  if (message)
    verdict = ice_message_order_check (line->order, message, &error);
  switch (verdict) {
    case ICE_MESSAGE_ORDER_WRONG:
      g_prefix_error (&error, "%s sent an invalid message: ", line->name);
      end (line, GST_ICE_LINE_END_INVALID, error);
      break;
    case ICE_MESSAGE_ORDER_REPEAT:
      break;
    case ICE_MESSAGE_ORDER_NEW:
      clear_source (&line->silence);
      line->callbacks.message (line, message, line->user_data);
      break;
  }
  return line->state != LINE_CLOSED;
}

/* Takes up to @budget lines out of the buffer.
 * Returns: how many are left of @budget, or -1 if the line is closed now */
static gint
handle_buffer (GstIceLine *line, gint budget)
{
  while (budget > 0) {
    const gchar *text = line->buffer + line->start;
    const gchar *newline = memchr (
        line->buffer + line->scanned, '\n', line->end - line->scanned);

    if (!newline) {
      line->scanned = line->end;
      break;
    }
    line->start = line->scanned = newline + 1 - line->buffer;
    if (!handle_line (line, text, newline - text))
      return -1;
    budget--;
  }
  return budget;
}

static void
end_at_eof (GstIceLine *line, const GError *broken)
{
  g_autoptr (GError)
      error = gst_ice_upgrade_get_error (line->connection, line->name);

  if (error) {
    end (line,
        g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA)
            ? GST_ICE_LINE_END_INVALID
            : GST_ICE_LINE_END_CLOSED,
        error);
    return;
  }
  if (line->start < line->end) {
    g_set_error (&error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT,
        "%s closed the signalling line within a message; each one ends with a "
        "newline",
        line->name);
  } else if (ice_message_order_has_ended (line->order)) {
    end (line, GST_ICE_LINE_END_BYE, NULL);
    return;
  } else if (broken) {
    g_set_error (&error, broken->domain, broken->code,
        "the signalling line to %s broke: %s", line->name, broken->message);
  } else {
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_CLOSED,
        "the peer closed the signalling line without a bye; it failed or was "
        "stopped, its output has the cause");
  }
  end (line, GST_ICE_LINE_END_CLOSED, error);
}

/* Returns: whether something came */
static gboolean
receive (GstIceLine *line)
{
  g_autoptr (GError) error = NULL;
  gssize n;

  memmove (line->buffer, line->buffer + line->start, line->end - line->start);
  line->end -= line->start;
  line->scanned -= line->start;
  line->start = 0;
  if (line->end == sizeof (line->buffer)) {
    g_set_error (&error, ICE_MESSAGE_ERROR, ICE_MESSAGE_ERROR_SIZE,
        "%s sent a line of more than %u bytes", line->name,
        (guint) sizeof (line->buffer));
    end (line, GST_ICE_LINE_END_INVALID, error);
    return FALSE;
  }

  n = g_socket_receive (line->socket, line->buffer + line->end,
      sizeof (line->buffer) - line->end, NULL, &error);
  if (n > 0) {
    line->end += n;
    return TRUE;
  }
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    end_at_eof (line, error);
  else if (line->write_error && line->write_end == GST_ICE_LINE_END_STUCK)
    end (line, GST_ICE_LINE_END_STUCK, line->write_error);
  else if (line->write_error)
    end_at_eof (line, line->write_error);
  return FALSE;
}

/* One dispatch: at most one read, and a bounded number of messages. Bytes that
 * are left in the buffer then, or were not read though writing is over, wait
 * for the next one. */
static void
read_some (GstIceLine *line)
{
  gint budget = handle_buffer (line, GST_ICE_LINE_MAX_MESSAGES_PER_DISPATCH);

  if (budget < 0)
    return;
  if (budget > 0) {
    if (!receive (line))
      return;
    budget = handle_buffer (line, budget);
  }
  if (budget == 0 || (budget > 0 && line->write_error))
    g_source_set_ready_time (line->wake, 0);
}

static gboolean
on_readable (GSocket *socket, GIOCondition condition, gpointer data)
{
  g_autoptr (GstIceLine) line = line_ref (data);

  read_some (line);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_wake (gpointer data)
{
  g_autoptr (GstIceLine) line = line_ref (data);

  g_source_set_ready_time (line->wake, -1);
  read_some (line);
  return G_SOURCE_CONTINUE;
}

/* Writing */

/* Nothing more can be written. Messages that the peer sent before, perhaps its
 * bye, are still delivered, then the line ends; never from within a call of the
 * owner. */
static void
stop_writing (GstIceLine *line, GstIceLineEnd how, GError *error)
{
  line->write_end = how;
  line->write_error = error;
  g_byte_array_set_size (line->unsent, 0);
  clear_source (&line->writable);
  g_source_set_ready_time (line->wake, 0);
}

static void
write_some (GstIceLine *line)
{
  GError *error = NULL;
  gsize written = 0;

  while (written < line->unsent->len && !error) {
    gssize n = g_socket_send (line->socket,
        (gchar *) line->unsent->data + written, line->unsent->len - written,
        NULL, &error);

    written += MAX (n, 0);
  }
  g_byte_array_remove_range (line->unsent, 0, written);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    g_clear_error (&error);
  if (error)
    stop_writing (line, GST_ICE_LINE_END_CLOSED, error);
}

static gboolean
on_writable (GSocket *socket, GIOCondition condition, gpointer data)
{
  g_autoptr (GstIceLine) line = line_ref (data);

  write_some (line);
  if (line->unsent->len == 0)
    clear_source (&line->writable);
  return G_SOURCE_CONTINUE;
}

/**
 * gst_ice_line_send:
 * @line: a line
 * @message: (transfer none): the message
 *
 * Queues @message behind those sent before and writes as much as the socket
 * takes without blocking. Does nothing after a bye was sent or the line ended.
 * When the peer does not read and more than %GST_ICE_LINE_MAX_UNSENT bytes
 * would be queued, the line ends, with %GST_ICE_LINE_END_STUCK; never within
 * this call.
 */
void
gst_ice_line_send (GstIceLine *line, const IceMessage *message)
{
  g_autofree gchar *text = NULL;
  gsize length;

  if (line->state != LINE_OPEN || line->write_error)
    return;
  text = ice_message_to_line (message);
  length = strlen (text);
  if (line->unsent->len + length > GST_ICE_LINE_MAX_UNSENT) {
    stop_writing (line, GST_ICE_LINE_END_STUCK,
        g_error_new (G_IO_ERROR, G_IO_ERROR_NO_SPACE,
            "%s does not read: %u bytes of signalling are waiting for it",
            line->name, line->unsent->len));
    return;
  }
  if (message->type == ICE_MESSAGE_BYE)
    line->state = LINE_BYE_SENT;
  g_byte_array_append (line->unsent, (const guint8 *) text, length);
  if (line->writable)
    return;
  write_some (line);
  if (line->unsent->len > 0)
    line->writable = attach (line,
        g_socket_create_source (line->socket, G_IO_OUT, NULL),
        G_SOURCE_FUNC (on_writable));
}

/* The line itself */

/* A source that is ready at the time of g_source_set_ready_time(). */
static gboolean
dispatch_wake (GSource *source, GSourceFunc function, gpointer data)
{
  return function (data);
}

static GSourceFuncs wake_functions = { .dispatch = dispatch_wake };

static gchar *
name_of_peer (GSocketConnection *connection)
{
  const gchar *name = gst_ice_upgrade_get_name (connection);
  g_autoptr (GSocketAddress)
      address = g_socket_connection_get_remote_address (connection, NULL);

  if (name)
    return g_strdup (name);
  if (G_IS_INET_SOCKET_ADDRESS (address))
    return g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
  return g_strdup ("a process of this machine");
}

/**
 * gst_ice_line_new:
 * @connection: (transfer none): a connected stream; the line closes it
 * @context: (nullable) (transfer none): where to read, write and call back;
 *   call this in the thread that runs it
 * @silence_limit: milliseconds in which a first message has to come, or 0
 * @callbacks: both functions; copied
 * @user_data: passed to them
 *
 * Returns: (transfer full): a new line; free it with gst_ice_line_close()
 */
GstIceLine *
gst_ice_line_new (GSocketConnection *connection, GMainContext *context,
    guint silence_limit, const GstIceLineCallbacks *callbacks,
    gpointer user_data)
{
  GstIceLine *line = g_rc_box_new0 (GstIceLine);

  line->connection = g_object_ref (connection);
  line->socket = g_socket_connection_get_socket (connection);
  line->name = name_of_peer (connection);
  line->context = context ? g_main_context_ref (context) : NULL;
  line->callbacks = *callbacks;
  line->user_data = user_data;
  line->order = ice_message_order_new ();
  line->unsent = g_byte_array_new ();

  g_socket_set_blocking (line->socket, FALSE);
  g_socket_set_keepalive (line->socket, TRUE);
  if (g_socket_get_family (line->socket) != G_SOCKET_FAMILY_UNIX)
    g_socket_set_option (line->socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);

  line->readable = attach (line,
      g_socket_create_source (line->socket, G_IO_IN, NULL),
      G_SOURCE_FUNC (on_readable));
  line->wake = attach (
      line, g_source_new (&wake_functions, sizeof (GSource)), on_wake);
  if (silence_limit > 0)
    line->silence = attach (
        line, g_timeout_source_new (silence_limit), on_silence);
  return line;
}

/**
 * gst_ice_line_get_name:
 * @line: a line
 *
 * Returns: (transfer none): the name of the other end, for messages to users
 */
const gchar *
gst_ice_line_get_name (GstIceLine *line)
{
  return line->name;
}

/**
 * gst_ice_line_close:
 * @line: (transfer full): a line, ended or not
 *
 * Writes as much as the socket takes without blocking, closes the connection
 * and frees @line. No callback follows. May be called within any callback.
 */
void
gst_ice_line_close (GstIceLine *line)
{
  if (line->state != LINE_CLOSED && !line->write_error)
    write_some (line);
  hang_up (line);
  line_unref (line);
}
