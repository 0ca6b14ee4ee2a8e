/* gst-ice: tests of the connection that libsoup's WebSocket gets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticesoupstream.h"
#include <sys/socket.h>
#include <unistd.h>

static GIOStream *
make_stream (int *other)
{
  g_autoptr (GSocketConnection) base = NULL;
  g_autoptr (GSocket) socket = NULL;
  int pair[2];

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
  *other = pair[1];
  socket = g_socket_new_from_fd (pair[0], NULL);
  base = g_socket_connection_factory_create_connection (socket);
  return gst_ice_soup_stream_new (G_IO_STREAM (base), NULL, 0);
}

static void
on_closed (GObject *stream, GAsyncResult *result, gpointer closed)
{
  g_autoptr (GError) error = NULL;

  g_io_stream_close_finish (G_IO_STREAM (stream), result, &error);
  g_assert_no_error (error);
  *(gboolean *) closed = TRUE;
}

/* The I/O thread runs what is queued, then ends: nothing may come later, such
 * as the result of a worker thread. */
static void
test_close_without_worker (void)
{
  guint i;

  for (i = 0; i < 100; i++) {
    g_autoptr (GMainContext) context = g_main_context_new ();
    g_autoptr (GIOStream) stream = NULL;
    gboolean closed = FALSE;
    int other;

    g_main_context_push_thread_default (context);
    stream = make_stream (&other);
    g_io_stream_close_async (
        stream, G_PRIORITY_DEFAULT, NULL, on_closed, &closed);
    g_assert_false (closed);
    while (g_main_context_iteration (context, FALSE))
      continue;
    g_assert_true (closed);
    g_assert_true (g_io_stream_is_closed (stream));
    g_main_context_pop_thread_default (context);
    close (other);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func (
      "/soup/stream/close-without-worker", test_close_without_worker);
  return g_test_run ();
}
