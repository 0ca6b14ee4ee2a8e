/* gst-ice: test of a connection to a server: how it is set up.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tunnel/gsticetunnelconnect.h"
#include "tlsserver.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define PATIENCE 60000   /* ms */
#define USER_TIMEOUT 100 /* s, RFC 1122 section 4.2.3.5 */

typedef struct
{
  GMainContext *context;
  TlsServer *server;
  GTlsDatabase *trusted;
  GIOStream *stream; /* connected to the server */
} Fixture;

static void
act_nothing (GIOStream *stream, GCancellable *until_stopped)
{
  GPollFD fd;

  g_assert_true (g_cancellable_make_pollfd (until_stopped, &fd));
  g_poll (&fd, 1, -1);
  g_cancellable_release_fd (until_stopped);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *f = data;
  g_autoptr (GError) error = NULL;

  f->stream = gst_ice_tunnel_connect_finish (result, &error);
  g_assert_no_error (error);
}

static void
connect_to (Fixture *f, IceServerTransport transport)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  IceServer server = { .host = (gchar *) "127.0.0.1", .transport = transport };

  server.scheme = transport == ICE_SERVER_TRANSPORT_TLS ? ICE_SERVER_TURNS
                                                        : ICE_SERVER_TURN;
  server.port = tls_server_get_port (f->server);
  g_main_context_push_thread_default (f->context);
  gst_ice_tunnel_connect_async (
      &server, f->trusted, PATIENCE, cancellable, on_connected, f);
  while (f->stream == NULL)
    g_main_context_iteration (f->context, TRUE);
  g_main_context_pop_thread_default (f->context);
}

static void
set_up (Fixture *f, gconstpointer certificate)
{
  f->context = g_main_context_new ();
  f->trusted = tls_server_load_authority ();
  f->server = tls_server_new (NULL, certificate, act_nothing);
  connect_to (f,
      certificate != NULL ? ICE_SERVER_TRANSPORT_TLS
                          : ICE_SERVER_TRANSPORT_TCP);
}

/* Threads of GLib's pools, one of which has made the handshake; one that only
 * makes them stays. */
static guint
count_pool_threads (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  const gchar *id;
  guint n = 0;

  while (tasks != NULL && (id = g_dir_read_name (tasks)) != NULL) {
    g_autofree gchar *path = g_strdup_printf ("/proc/self/task/%s/comm", id);
    g_autofree gchar *name = NULL;

    if (g_file_get_contents (path, &name, NULL, NULL))
      n += g_str_has_prefix (name, "pool-")
          && !g_str_has_prefix (name, "pool-spawner");
  }
  return n;
}

/* LeakSanitizer crashes in the memory that GnuTLS has for such a thread, so
 * they end before the process does. */
static void
end_pool_threads (void)
{
  g_thread_pool_set_max_unused_threads (0);
  while (count_pool_threads () > 0)
    g_usleep (10000);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_object_unref (f->stream);
  tls_server_free (f->server);
  g_object_unref (f->trusted);
  g_main_context_unref (f->context);
}

static gint
get_option (Fixture *f, gint option)
{
  GSocket *socket = g_socket_connection_get_socket (
      G_SOCKET_CONNECTION (f->stream));
  g_autoptr (GError) error = NULL;
  gint value;

  g_socket_get_option (socket, IPPROTO_TCP, option, &value, &error);
  g_assert_no_error (error);
  return value;
}

/* Requests are sent at once, and a server that is gone is noticed. */
static void
test_options (Fixture *f, gconstpointer unused)
{
  GSocket *socket = g_socket_connection_get_socket (
      G_SOCKET_CONNECTION (f->stream));

  g_assert_cmpint (get_option (f, TCP_NODELAY), !=, 0);
  g_assert_true (g_socket_get_keepalive (socket));
#ifdef TCP_USER_TIMEOUT
  g_assert_cmpint (get_option (f, TCP_USER_TIMEOUT), ==, USER_TIMEOUT * 1000);
#endif
}

/* Whoever judged the certificate is not there any more after the handshake. */
static void
test_handshake_is_over (Fixture *f, gconstpointer unused)
{
  guint signal = g_signal_lookup ("accept-certificate", G_TYPE_TLS_CONNECTION);

  g_assert_true (G_IS_TLS_CONNECTION (f->stream));
  g_assert_false (g_signal_has_handler_pending (f->stream, signal, 0, TRUE));
}

int
main (int argc, char **argv)
{
  gint result;

  g_test_init (&argc, &argv, NULL);
  g_test_add ("/tunnel-connect/options", Fixture, NULL, set_up, test_options,
      tear_down);
  g_test_add ("/tunnel-connect/handshake-is-over", Fixture, "server", set_up,
      test_handshake_is_over, tear_down);
  result = g_test_run ();
  end_pool_threads ();
  return result;
}
