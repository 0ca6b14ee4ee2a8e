/* gst-ice: test of a tunnel whose library does not read for a while.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tunnel/gsticetunnelflow.h"
#include <string.h>
#include <sys/socket.h>

#define PATIENCE (20 * G_TIME_SPAN_SECOND)
#define N_FRAMES 400
#define FRAME 1000 /* octets of ChannelData, its header included */
#define BUFFER 4096

typedef struct
{
  GMainContext *context;
  GSocketConnection *ends[2]; /* the flow's: of the library and of the server */
  GSocket *library, *server;  /* at the other ends */
  GstIceTunnelFlow *flow;
  GByteArray *to_library, *received;
  gsize sent;
} Fixture;

static void
on_ended (GstIceTunnelFlowEnd end, guint code, gpointer data)
{
  g_assert_not_reached ();
}

static GSocket *
make_socket (int fd)
{
  GSocket *socket = g_socket_new_from_fd (fd, NULL);
  const int size = BUFFER;

  g_assert_nonnull (socket);
  g_assert_cmpint (
      setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), ==, 0);
  g_socket_set_blocking (socket, FALSE);
  return socket;
}

/* Returns: the other end of a new connection */
static GSocket *
connect_end (GSocketConnection **end)
{
  g_autoptr (GSocket) socket = NULL;
  int pair[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
  socket = make_socket (pair[0]);
  *end = g_socket_connection_factory_create_connection (socket);
  return make_socket (pair[1]);
}

/* A Binding response, then ChannelData. */
static GByteArray *
make_messages (void)
{
  static const guint8 response[20] = { 0x01, 0x01, 0, 0, 0x21, 0x12, 0xA4,
    0x42 };
  GByteArray *messages = g_byte_array_new ();
  guint i;

  g_byte_array_append (messages, response, sizeof response);
  for (i = 0; i < N_FRAMES; i++) {
    guint8 frame[FRAME] = { 0x40, 0x00, (FRAME - 4) >> 8, (FRAME - 4) & 0xFF };

    memset (frame + 4, (int) i, FRAME - 4);
    g_byte_array_append (messages, frame, FRAME);
  }
  return messages;
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->context = g_main_context_new ();
  f->library = connect_end (&f->ends[0]);
  f->server = connect_end (&f->ends[1]);
  f->to_library = make_messages ();
  f->received = g_byte_array_new ();
  f->flow = gst_ice_tunnel_flow_new (f->context, f->ends[0],
      G_IO_STREAM (f->ends[1]), f->ends[1], NULL, NULL, on_ended, f);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  gst_ice_tunnel_flow_free (f->flow);
  g_byte_array_unref (f->to_library);
  g_byte_array_unref (f->received);
  g_object_unref (f->library);
  g_object_unref (f->server);
  g_object_unref (f->ends[0]);
  g_object_unref (f->ends[1]);
  g_main_context_unref (f->context);
}

/* Returns: whether it could send something */
static gboolean
send_some (Fixture *f)
{
  gssize n = g_socket_send (f->server, (gchar *) f->to_library->data + f->sent,
      f->to_library->len - f->sent, NULL, NULL);

  if (n > 0)
    f->sent += (gsize) n;
  return n > 0;
}

static void
receive_some (Fixture *f)
{
  gchar data[FRAME];
  gssize n = g_socket_receive (f->library, data, sizeof data, NULL, NULL);

  if (n > 0)
    g_byte_array_append (f->received, (guint8 *) data, (guint) n);
}

/* The server waits too, and nothing is lost. */
static void
test_library_waits (Fixture *f, gconstpointer unused)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (send_some (f) || g_main_context_pending (f->context))
    g_main_context_iteration (f->context, FALSE);
  g_assert_cmpuint (f->sent, <, f->to_library->len);
  while (f->received->len < f->to_library->len) {
    receive_some (f);
    send_some (f);
    g_main_context_iteration (f->context, FALSE);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  }
  g_assert_cmpmem (f->received->data, f->received->len, f->to_library->data,
      f->to_library->len);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/tunnelflow/library-waits", Fixture, NULL, set_up,
      test_library_waits, tear_down);
  return g_test_run ();
}
