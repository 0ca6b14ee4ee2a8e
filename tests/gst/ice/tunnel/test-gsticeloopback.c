/* gst-ice: test of gsticeloopback: connections of this process only.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tunnel/gsticeloopback.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  GMainContext *context;
  GstIceLoopback *loopback;
  GSocketConnection *accepted;
} Fixture;

static void
on_accepted (GSocketConnection *connection, gpointer data)
{
  Fixture *f = data;

  g_assert_null (f->accepted);
  f->accepted = g_object_ref (connection);
}

static gboolean
set_up (Fixture *f, GSocketFamily family)
{
  g_autoptr (GError) error = NULL;

  memset (f, 0, sizeof *f);
  f->context = g_main_context_new ();
  f->loopback = gst_ice_loopback_new (
      family, f->context, on_accepted, f, &error);
  if (f->loopback == NULL && family == G_SOCKET_FAMILY_IPV6) {
    g_test_skip ("there is no ::1");
    g_main_context_unref (f->context);
    return FALSE;
  }
  g_assert_no_error (error);
  return TRUE;
}

static void
tear_down (Fixture *f)
{
  gst_ice_loopback_free (f->loopback);
  g_clear_object (&f->accepted);
  g_main_context_unref (f->context);
}

/* As libnice does it. */
static GSocket *
make_connection (Fixture *f, gboolean good)
{
  GSocketAddress *address = G_SOCKET_ADDRESS (
      gst_ice_loopback_get_address (f->loopback));
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (g_socket_address_get_family (address),
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);

  g_assert_no_error (error);
  g_assert_true (g_socket_connect (socket, address, NULL, NULL) == good);
  g_socket_set_timeout (socket, 10);
  return socket;
}

static void
assert_is_other_end (Fixture *f, GSocket *socket)
{
  g_autoptr (GSocketAddress) ours = g_socket_get_local_address (socket, NULL);
  g_autoptr (GSocketAddress)
      theirs = g_socket_connection_get_remote_address (f->accepted, NULL);

  g_assert_cmpuint (
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (ours)), ==,
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (theirs)));
}

/* The kernel takes twice the size that it is asked for. */
static void
assert_buffer (Fixture *f)
{
  gint size;

  g_assert_true (
      g_socket_get_option (g_socket_connection_get_socket (f->accepted),
          SOL_SOCKET, SO_RCVBUF, &size, NULL));
  g_assert_cmpint (size, ==, 2 * 64 * 1024);
}

static void
assert_is_closed (GSocket *socket)
{
  gchar byte;

  g_assert_cmpint (g_socket_receive (socket, &byte, 1, NULL, NULL), <=, 0);
}

static void
check_accept (GSocketFamily family, gboolean wait)
{
  Fixture f;
  g_autoptr (GSocket) first = NULL;
  g_autoptr (GSocket) second = NULL;
  g_autoptr (GSocket) third = NULL;

  if (!set_up (&f, family))
    return;
  gst_ice_loopback_accept (f.loopback);
  g_assert_null (f.accepted);
  first = make_connection (&f, TRUE);
  second = make_connection (&f, TRUE);
  if (wait)
    while (f.accepted == NULL)
      g_main_context_iteration (f.context, TRUE);
  else
    gst_ice_loopback_accept (f.loopback);
  assert_is_other_end (&f, first);
  assert_buffer (&f);
  assert_is_closed (second);
  third = make_connection (&f, FALSE); /* nobody listens any more */
  while (g_main_context_iteration (f.context, FALSE))
    continue;
  tear_down (&f);
}

static void
test_accept (void)
{
  check_accept (G_SOCKET_FAMILY_IPV4, FALSE);
}

static void
test_accept_later (void)
{
  check_accept (G_SOCKET_FAMILY_IPV4, TRUE);
}

static void
test_accept_ipv6 (void)
{
  check_accept (G_SOCKET_FAMILY_IPV6, FALSE);
}

/* Another process of the same user connects first, and holds its connection:
 * it is closed, ours is taken. */
static void
test_stranger (void)
{
  Fixture f;
  g_autoptr (GSocket) ours = NULL;
  gint status, ready[2];
  gchar byte = 0;
  pid_t child;

  set_up (&f, G_SOCKET_FAMILY_IPV4);
  g_assert_cmpint (pipe (ready), ==, 0);
  child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0) {
    GSocket *socket = make_connection (&f, TRUE);

    if (write (ready[1], &byte, 1) != 1)
      _exit (2);
    _exit (g_socket_receive (socket, &byte, 1, NULL, NULL) <= 0 ? 0 : 1);
  }
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  gst_ice_loopback_accept (f.loopback);
  g_assert_null (f.accepted);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  ours = make_connection (&f, TRUE);
  gst_ice_loopback_accept (f.loopback);
  assert_is_other_end (&f, ours);
  close (ready[0]);
  close (ready[1]);
  tear_down (&f);
}

static void
test_unused (void)
{
  Fixture f;

  set_up (&f, G_SOCKET_FAMILY_IPV4);
  tear_down (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gsticeloopback/accept", test_accept);
  g_test_add_func ("/gsticeloopback/accept-later", test_accept_later);
  g_test_add_func ("/gsticeloopback/accept-ipv6", test_accept_ipv6);
  g_test_add_func ("/gsticeloopback/stranger", test_stranger);
  g_test_add_func ("/gsticeloopback/unused", test_unused);
  return g_test_run ();
}
