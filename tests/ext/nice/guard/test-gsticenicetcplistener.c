/* gst-ice: tests of a TCP listener that can be shut: who gets through it, and
 * which descriptors it takes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard/gsticenicetcplistener.h"
#include "descriptors.h"
#include "hosts.h"
#include "loopback.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections that wait while it is shut. */
#define BACKLOG 32
#define MAX_DESCRIPTORS 256

/* libnice's socket, and the source that has the listener. */
typedef struct
{
  GMainContext *context;
  GSource *source;
  GSocket *socket;
  GSocketAddress *address; /* the socket's */
  GstIceNiceTcpListener *listener;
} Fixture;

static GSocket *
make_tcp (const gchar *host)
{
  g_autoptr (GSocketAddress)
      address = g_inet_socket_address_new_from_string (host, 0);
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (g_socket_address_get_family (address),
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);

  g_assert_no_error (error);
  g_socket_set_blocking (socket, FALSE);
  g_socket_bind (socket, address, FALSE, &error);
  g_assert_no_error (error);
  return socket;
}

static GSocket *
make_listening (const gchar *host)
{
  GSocket *socket = make_tcp (host);

  g_assert_true (g_socket_listen (socket, NULL));
  return socket;
}

typedef struct
{
  GSource source;
  const GstIceNiceTcpListener *listener;
  gboolean is_readable; /* in the last dispatch */
} Source;

static gboolean
dispatch (GSource *source, GSourceFunc unused, gpointer unused_too)
{
  Source *self = (Source *) source;

  self->is_readable = gst_ice_nice_tcp_listener_is_readable (self->listener);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { NULL, NULL, dispatch, NULL };

static void
set_up (Fixture *f, gconstpointer host)
{
  f->context = g_main_context_new ();
  f->source = g_source_new (&source_funcs, sizeof (Source));
  g_source_attach (f->source, f->context);
  f->socket = make_listening (host);
  f->address = g_socket_get_local_address (f->socket, NULL);
  f->listener = gst_ice_nice_tcp_listener_new (f->socket, f->source);
  g_assert_nonnull (f->listener);
}

static void
tear_down (Fixture *f, gconstpointer host)
{
  g_source_destroy (f->source);
  g_source_unref (f->source);
  g_main_context_unref (f->context);
  g_object_unref (f->address);
  g_object_unref (f->socket);
}

/* It has so many descriptors. */
static void
free_listener (Fixture *f, guint n)
{
  guint before = count_descriptors ();

  gst_ice_nice_tcp_listener_free (f->listener);
  g_assert_cmpuint (count_descriptors (), ==, before - n);
}

/* Returns: (transfer full): a connection, which need not be accepted yet */
static GSocket *
connect_to (GSocketAddress *address)
{
  GSocket *socket = g_socket_new (g_socket_address_get_family (address),
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

  g_assert_true (g_socket_connect (socket, address, NULL, NULL));
  g_socket_set_blocking (socket, FALSE);
  return socket;
}

static GSocket *
accept_from (GSocket *listening)
{
  g_autoptr (GError) error = NULL;
  GSocket *accepted;

  g_assert_true (g_socket_condition_timed_wait (
      listening, G_IO_IN, LOOPBACK_PATIENCE, NULL, &error));
  accepted = g_socket_accept (listening, NULL, &error);
  g_assert_no_error (error);
  return accepted;
}

static gboolean
is_readable (GSocket *socket)
{
  return (g_socket_condition_check (socket, G_IO_IN) & G_IO_IN) != 0;
}

static void
assert_ended (GSocket *socket)
{
  g_autoptr (GError) error = NULL;
  gchar octet;

  g_assert_true (g_socket_condition_timed_wait (
      socket, G_IO_IN, LOOPBACK_PATIENCE, NULL, &error));
  g_assert_cmpint (g_socket_receive (socket, &octet, 1, NULL, NULL), <=, 0);
}

/* While it is shut nobody is accepted, and then who has waited is. */
static void
assert_shuts (Fixture *f)
{
  g_autoptr (GSocket) waiting = NULL;
  g_autoptr (GSocket) accepted = NULL;

  gst_ice_nice_tcp_listener_set_shut (f->listener, TRUE);
  waiting = connect_to (f->address);
  g_assert_false (is_readable (f->socket));
  g_assert_null (g_socket_accept (f->socket, NULL, NULL));
  gst_ice_nice_tcp_listener_set_shut (f->listener, FALSE);
  accepted = accept_from (f->socket);
}

static void
test_is_socket (Fixture *f, gconstpointer host)
{
  g_autoptr (GSocket) tcp = make_tcp (host);
  g_autoptr (GSocket) udp = loopback_make_socket (host);

  g_assert_true (gst_ice_nice_tcp_is_socket (g_socket_get_fd (tcp)));
  g_assert_true (gst_ice_nice_tcp_is_socket (g_socket_get_fd (f->socket)));
  g_assert_false (gst_ice_nice_tcp_is_socket (g_socket_get_fd (udp)));
  g_assert_false (gst_ice_nice_tcp_is_socket (-1));
  free_listener (f, 1);
}

static void
test_no_listener (Fixture *f, gconstpointer host)
{
  g_autoptr (GSocket) tcp = make_tcp (host);
  g_autoptr (GSocket) udp = loopback_make_socket (host);

  g_assert_null (gst_ice_nice_tcp_listener_new (tcp, f->source));
  g_assert_null (gst_ice_nice_tcp_listener_new (udp, f->source));
  free_listener (f, 1);
}

/* The kernel shows it where other sockets have their unacknowledged segments.
 */
static void
test_backlog (Fixture *f, gconstpointer host)
{
  struct tcp_info info;
  socklen_t size = sizeof (info);

  g_assert_cmpint (getsockopt (g_socket_get_fd (f->socket), IPPROTO_TCP,
                       TCP_INFO, &info, &size),
      ==, 0);
  g_assert_cmpuint (info.tcpi_sacked, ==, BACKLOG);
  free_listener (f, 1);
}

/* Not those of another listener, nor what is no connection. */
static void
test_accepted (Fixture *f, gconstpointer host)
{
  g_autoptr (GSocket) other = make_listening (host);
  g_autoptr (GSocketAddress)
      other_address = g_socket_get_local_address (other, NULL);
  g_autoptr (GSocket) to_it = connect_to (f->address);
  g_autoptr (GSocket) to_other = connect_to (other_address);
  g_autoptr (GSocket) here = accept_from (f->socket);
  g_autoptr (GSocket) there = accept_from (other);
  g_autoptr (GSocket) udp = g_socket_new (g_socket_get_family (f->socket),
      G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  GSocket *const others[] = { f->socket, other, there, to_it, to_other, udp };
  guint i;

  if (!g_socket_bind (udp, f->address, FALSE, NULL))
    g_test_message ("the port is another one's over UDP");
  g_assert_true (gst_ice_nice_tcp_listener_has_accepted (
      f->listener, g_socket_get_fd (here)));
  for (i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (gst_ice_nice_tcp_listener_has_accepted (
        f->listener, g_socket_get_fd (others[i])));
  g_assert_false (gst_ice_nice_tcp_listener_has_accepted (f->listener, -1));
  free_listener (f, 1);
}

static void
test_readable (Fixture *f, gconstpointer host)
{
  g_autoptr (GSocket) waiting = NULL;
  Source *source = (Source *) f->source;

  source->listener = f->listener;
  source->is_readable = TRUE;
  g_source_set_ready_time (f->source, 0);
  g_assert_true (g_main_context_iteration (f->context, FALSE));
  g_source_set_ready_time (f->source, -1);
  g_assert_false (source->is_readable);
  g_assert_false (g_main_context_iteration (f->context, FALSE));
  waiting = connect_to (f->address);
  g_assert_true (g_socket_condition_timed_wait (
      f->socket, G_IO_IN, LOOPBACK_PATIENCE, NULL, NULL));
  g_assert_true (g_main_context_iteration (f->context, FALSE));
  g_assert_true (source->is_readable);
  free_listener (f, 1);
}

/* Opened without being shut before, too. */
static void
test_shut (Fixture *f, gconstpointer host)
{
  guint n = count_descriptors ();

  gst_ice_nice_tcp_listener_set_shut (f->listener, FALSE);
  assert_shuts (f);
  assert_shuts (f);
  g_assert_cmpuint (count_descriptors (), ==, n);
  gst_ice_nice_tcp_listener_set_shut (f->listener, TRUE);
  free_listener (f, 2);
}

/* Its descriptors while it is shut are 0 and another one, or the other way
 * round. */
static void
test_shut_without_input (Fixture *f, gconstpointer host)
{
  gint input = close_input ();

  assert_shuts (f);
  assert_shuts (f);
  restore_input (input);
  free_listener (f, 1);
  input = close_input ();
  f->listener = gst_ice_nice_tcp_listener_new (f->socket, f->source);
  assert_shuts (f);
  assert_shuts (f);
  free_listener (f, 1);
  restore_input (input);
  f->listener = gst_ice_nice_tcp_listener_new (f->socket, f->source);
  input = close_input ();
  gst_ice_nice_tcp_listener_set_shut (f->listener, TRUE);
  free_listener (f, 2);
  restore_input (input);
}

/* libnice has closed its socket, and the descriptor is another file's. */
static void
test_closed (Fixture *f, gconstpointer host)
{
  gint fd = g_socket_get_fd (f->socket), pipe_ends[2];
  guint i;

  for (i = 0; i < 2; i++) {
    if (i == 1)
      gst_ice_nice_tcp_listener_set_shut (f->listener, TRUE);
    g_assert_true (g_socket_close (f->socket, NULL));
    g_assert_cmpint (pipe (pipe_ends), ==, 0);
    g_assert_cmpint (pipe_ends[0], ==, fd);
    if (i == 0)
      gst_ice_nice_tcp_listener_set_shut (f->listener, TRUE);
    gst_ice_nice_tcp_listener_set_shut (f->listener, FALSE);
    g_assert_cmpint (write (pipe_ends[1], "x", 1), ==, 1);
    g_assert_cmpint (read (fd, &(gchar){ 0 }, 1), ==, 1);
    free_listener (f, 1);
    close (pipe_ends[0]);
    close (pipe_ends[1]);
    g_object_unref (f->socket);
    f->socket = make_listening (host);
    g_assert_cmpint (g_socket_get_fd (f->socket), ==, fd);
    f->listener = gst_ice_nice_tcp_listener_new (f->socket, f->source);
  }
  free_listener (f, 1);
}

/* One who waits is turned away where libnice could not accept, and nobody where
 * it can. */
static void
assert_turns_away (Fixture *f)
{
  g_autoptr (GSocket) first = connect_to (f->address);
  g_autoptr (GSocket) second = connect_to (f->address);
  g_autoptr (GSocket) accepted = NULL;
  rlim_t soft = limit_descriptors (MAX_DESCRIPTORS);
  guint n = count_descriptors ();
  GArray *taken;

  gst_ice_nice_tcp_listener_check_descriptors (f->listener);
  g_assert_cmpuint (count_descriptors (), ==, n);
  taken = take_descriptors (0);
  gst_ice_nice_tcp_listener_check_descriptors (f->listener);
  g_assert_cmpint (dup (STDERR_FILENO), ==, -1); /* it has its reserve again */
  give_back_descriptors (taken);
  assert_ended (first);
  g_assert_false (is_readable (second));
  g_assert_cmpuint (count_descriptors (), ==, n);
  /* with one that is left */
  taken = take_descriptors (1);
  gst_ice_nice_tcp_listener_check_descriptors (f->listener);
  accepted = accept_from (f->socket);
  give_back_descriptors (taken);
  g_assert_false (is_readable (second));
  limit_descriptors (soft);
}

static void
test_no_descriptors (Fixture *f, gconstpointer host)
{
  assert_turns_away (f);
  free_listener (f, 1);
}

/* The one that is left is 0, or the reserve is. */
static void
test_no_descriptors_without_input (Fixture *f, gconstpointer host)
{
  g_autoptr (GSocket) waiting = connect_to (f->address);
  g_autoptr (GSocket) accepted = NULL;
  gint input;

  input = close_input ();
  gst_ice_nice_tcp_listener_check_descriptors (f->listener);
  restore_input (input);
  accepted = accept_from (f->socket);
  g_assert_false (is_readable (waiting));
  free_listener (f, 1);
  input = close_input ();
  f->listener = gst_ice_nice_tcp_listener_new (f->socket, f->source);
  assert_turns_away (f);
  free_listener (f, 1);
  restore_input (input);
}

/* Without a reserve it cannot be shut. */
static void
test_no_reserve (Fixture *f, gconstpointer host)
{
  g_autoptr (GSocket) waiting = NULL;
  g_autoptr (GSocket) accepted = NULL;
  rlim_t soft = limit_descriptors (MAX_DESCRIPTORS);
  GArray *taken;

  free_listener (f, 1);
  taken = take_descriptors (0);
  f->listener = gst_ice_nice_tcp_listener_new (f->socket, f->source);
  give_back_descriptors (taken);
  gst_ice_nice_tcp_listener_set_shut (f->listener, TRUE);
  waiting = connect_to (f->address);
  accepted = accept_from (f->socket);
  gst_ice_nice_tcp_listener_set_shut (f->listener, FALSE);
  free_listener (f, 0);
  limit_descriptors (soft);
}

static void
add (const gchar *name, void (*test) (Fixture *, gconstpointer))
{
  hosts_add_test ("/tcp-listener", name, Fixture, set_up, test, tear_down);
}

#endif

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#ifdef __linux__
  add ("is-socket", test_is_socket);
  add ("no-listener", test_no_listener);
  add ("backlog", test_backlog);
  add ("accepted", test_accepted);
  add ("readable", test_readable);
  add ("shut", test_shut);
  add ("shut-without-input", test_shut_without_input);
  add ("closed", test_closed);
  add ("no-descriptors", test_no_descriptors);
  add ("no-descriptors-without-input", test_no_descriptors_without_input);
  add ("no-reserve", test_no_reserve);
#endif
  return g_test_run ();
}
