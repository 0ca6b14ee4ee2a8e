/* gst-ice: test of how a tunnel in use is closed. GIO's function that
 * closes the connection to the server is played by this file: it ends only when
 * it is cancelled, as if the server took nothing any more.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tunnel/gsticetunnel.h"

#define PATIENCE 20 /* seconds */

static gint n_closing; /* atomic */

static gboolean
on_cancelled (GCancellable *cancellable, gpointer task)
{
  g_task_return_new_error (
      task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s", "cancelled");
  return G_SOURCE_REMOVE;
}

/* Instead of GIO's. */
void
g_io_stream_close_async (GIOStream *stream, int priority,
    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GTask) task = g_task_new (stream, cancellable, callback, data);
  g_autoptr (GSource) source = g_cancellable_source_new (cancellable);

  g_task_attach_source (task, source, G_SOURCE_FUNC (on_cancelled));
  g_atomic_int_inc (&n_closing);
}

typedef struct
{
  GstIceIo *io;
  IceServer *server;
  GstIceTunnel *tunnel;
  GSocket *library, *accepted;

  GMutex lock;
  GCond cond;
  gboolean done;
} Fixture;

static gboolean
set_done (gpointer data)
{
  Fixture *f = data;

  g_mutex_lock (&f->lock);
  f->done = TRUE;
  g_cond_signal (&f->cond);
  g_mutex_unlock (&f->lock);
  return G_SOURCE_REMOVE;
}

static void
wait_until_done (Fixture *f)
{
  gint64 end = g_get_monotonic_time () + PATIENCE * G_TIME_SPAN_SECOND;

  g_mutex_lock (&f->lock);
  while (!f->done)
    if (!g_cond_wait_until (&f->cond, &f->lock, end))
      g_error ("waited too long");
  f->done = FALSE;
  g_mutex_unlock (&f->lock);
}

static void
on_reached (GstIceTunnel *tunnel, gpointer data)
{
  set_done (data);
}

static void
on_failed (GstIceTunnel *tunnel, guint code, const gchar *why, gpointer data)
{
  g_error ("%s", why);
}

static gboolean
make (gpointer data)
{
  static const GstIceTunnelCallbacks callbacks = { on_reached, on_failed };
  Fixture *f = data;

  f->tunnel = gst_ice_tunnel_new (f->server, f->io, NULL,
      PATIENCE * G_TIME_SPAN_MILLISECOND, &callbacks, f);
  return G_SOURCE_REMOVE;
}

/* The library has its connection; nobody else needs the tunnel. */
static gboolean
join (gpointer data)
{
  Fixture *f = data;
  g_autoptr (GError) error = NULL;
  GInetSocketAddress *address = gst_ice_tunnel_listen (
      f->tunnel, G_SOCKET_FAMILY_IPV4, &error);

  g_assert_no_error (error);
  f->library = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  g_socket_connect (f->library, G_SOCKET_ADDRESS (address), NULL, &error);
  g_assert_no_error (error);
  gst_ice_tunnel_accept (f->tunnel);
  gst_ice_tunnel_let_go (f->tunnel);
  return set_done (f);
}

static GSocket *
listen_at (guint16 *port)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) bound = NULL;
  GSocket *listener = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

  g_assert_true (g_socket_bind (listener, any, FALSE, NULL));
  g_assert_true (g_socket_listen (listener, NULL));
  bound = g_socket_get_local_address (listener, NULL);
  *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  return listener;
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocket) listener = NULL;

  g_mutex_init (&f->lock);
  g_cond_init (&f->cond);
  f->io = gst_ice_io_acquire ();
  f->server = g_new0 (IceServer, 1);
  f->server->scheme = ICE_SERVER_TURN;
  f->server->transport = ICE_SERVER_TRANSPORT_TCP;
  f->server->host = g_strdup ("127.0.0.1");
  listener = listen_at (&f->server->port);
  gst_ice_io_invoke (f->io, make, f, NULL);
  wait_until_done (f);
  f->accepted = g_socket_accept (listener, NULL, NULL);
  gst_ice_io_invoke (f->io, join, f, NULL);
  wait_until_done (f);
  g_socket_set_timeout (f->accepted, PATIENCE);
  g_socket_set_timeout (f->library, PATIENCE);
  g_atomic_int_set (&n_closing, 0);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_object_unref (f->accepted);
  g_object_unref (f->library);
  gst_ice_io_release (f->io);
  ice_server_free (f->server);
  g_cond_clear (&f->cond);
  g_mutex_clear (&f->lock);
}

/* A connection to the server that cannot be closed properly is cut off. */
static void
test_limit (Fixture *f, gconstpointer unused)
{
  gint64 begin = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;
  gchar byte;
  gssize n;

  g_assert_true (g_socket_close (f->library, NULL));
  n = g_socket_receive (f->accepted, &byte, 1, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (n, ==, 0);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, G_TIME_SPAN_SECOND / 2);
  g_assert_cmpint (g_atomic_int_get (&n_closing), ==, 1);
}

/* The server's end is closed at once, the library's when the library closes. */
static void
test_server_gone (Fixture *f, gconstpointer unused)
{
  /* RFC 8656: an Allocate success response with LIFETIME */
  static const guint8 granted[] = { 0x01, 0x03, 0, 8, 0x21, 0x12, 0xA4, 0x42, 1,
    2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0x0D, 0, 4, 0, 0, 2, 0x58 };
  gchar data[sizeof granted];

  g_assert_cmpint (g_socket_send (f->accepted, (const gchar *) granted,
                       sizeof granted, NULL, NULL),
      ==, sizeof granted);
  g_assert_cmpint (g_socket_receive (f->library, data, sizeof data, NULL, NULL),
      ==, sizeof granted);
  /* neither STUN nor ChannelData begins with it */
  g_assert_cmpint (g_socket_send (f->accepted, "\x80", 1, NULL, NULL), ==, 1);
  g_assert_cmpint (
      g_socket_receive (f->accepted, data, sizeof data, NULL, NULL), ==, 0);
  g_socket_set_blocking (f->library, FALSE);
  g_assert_cmpint (
      g_socket_receive (f->library, data, sizeof data, NULL, NULL), ==, -1);
  g_assert_true (g_socket_close (f->library, NULL));
}

static gboolean
has_io_thread (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  gboolean found = FALSE;
  const gchar *id;

  while (tasks != NULL && (id = g_dir_read_name (tasks)) != NULL) {
    g_autofree gchar *path = g_strdup_printf ("/proc/self/task/%s/comm", id);
    g_autofree gchar *name = NULL;

    if (g_file_get_contents (path, &name, NULL, NULL))
      found |= g_str_has_prefix (name, "ice-io");
  }
  return found;
}

/* The I/O thread ends when no tunnel holds it any more. */
static void
test_io_thread (void)
{
  gint64 end = g_get_monotonic_time () + PATIENCE * G_TIME_SPAN_SECOND;

  while (has_io_thread ()) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (1000);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add (
      "/tunnel/closing/limit", Fixture, NULL, set_up, test_limit, tear_down);
  g_test_add ("/tunnel/closing/server-gone", Fixture, NULL, set_up,
      test_server_gone, tear_down);
  g_test_add_func ("/tunnel/closing/io-thread", test_io_thread);
  return g_test_run ();
}
