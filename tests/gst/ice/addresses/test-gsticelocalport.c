/* gst-ice: test of ports that are free, or are freed.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/gsticelocalport.h"

#include <fcntl.h>
#include <unistd.h>

/* Time goes on only while somebody sleeps. */
static gint64 now = 1000 * G_TIME_SPAN_SECOND;
static guint n_sleeps;

/* Instead of GLib's. */
gint64
g_get_monotonic_time (void)
{
  return now;
}

/* Instead of GLib's. */
void
g_usleep (gulong microseconds)
{
  now += microseconds;
  n_sleeps++;
}

/* port 0: any. NULL: it is not free */
static GSocket *
take_port (const gchar *host, guint port, GSocketType type)
{
  g_autoptr (GSocketAddress)
      address = g_inet_socket_address_new_from_string (host, port);
  g_autoptr (GSocket) socket = g_socket_new (
      G_SOCKET_FAMILY_IPV4, type, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  return g_socket_bind (socket, address, FALSE, NULL)
      ? g_steal_pointer (&socket)
      : NULL;
}

static guint
get_port (GSocket *socket)
{
  g_autoptr (GSocketAddress)
      address = g_socket_get_local_address (socket, NULL);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

/* Two ports that follow each other and are free on all of them; others may take
 * them meanwhile, as long as the test has closed them. */
static guint
find_two (void)
{
  guint i;

  for (i = 0; i < 1000; i++) {
    g_autoptr (GSocket)
        one = take_port ("127.0.0.1", 0, G_SOCKET_TYPE_DATAGRAM);
    guint port = get_port (one);
    g_autoptr (GSocket)
        two = take_port ("127.0.0.1", port + 1, G_SOCKET_TYPE_DATAGRAM);
    g_autoptr (GSocket)
        three = take_port ("127.0.0.2", port, G_SOCKET_TYPE_DATAGRAM);
    g_autoptr (GSocket)
        four = take_port ("127.0.0.2", port + 1, G_SOCKET_TYPE_DATAGRAM);
    g_autoptr (GSocket)
        five = take_port ("127.0.0.1", port, G_SOCKET_TYPE_STREAM);
    g_autoptr (GSocket)
        six = take_port ("127.0.0.1", port + 1, G_SOCKET_TYPE_STREAM);

    if (two != NULL && three != NULL && four != NULL && five != NULL
        && six != NULL)
      return port;
  }
  g_error ("no two free ports");
}

static gboolean
narrow (const gchar *const *hosts, gboolean tcp, GstIcePortRange *range,
    const gchar *const *left)
{
  g_auto (GStrv) addresses = g_strdupv ((gchar **) hosts);
  gboolean found = gst_ice_local_ports_narrow (addresses, tcp, range);

  g_assert_true (g_strv_equal ((const gchar *const *) addresses, left));
  return found;
}

/* No port lies between them, not even outside of the range. */
static void
test_empty_range (void)
{
  static const gchar *const first[] = { "127.0.0.1", NULL };
  static const gchar *const none[] = { NULL };
  GstIcePortRange range = { 6000, 5000 };

  g_assert_false (narrow (first, FALSE, &range, none));
  g_assert_cmpuint (range.min, ==, 6000);
  g_assert_cmpuint (range.max, ==, 5000);
}

static void
test_narrow (void)
{
  static const gchar *const both[] = { "127.0.0.1", "127.0.0.2", NULL };
  static const gchar *const first[] = { "127.0.0.1", NULL };
  static const gchar *const second[] = { "127.0.0.2", NULL };
  static const gchar *const none[] = { NULL };
  static const gchar *const no_address[] = { "nowhere", "127.0.0.1", NULL };
  guint port = find_two (), i;
  GSocket *taken[4];

  /* either */
  for (i = 0; i < 100; i++) {
    GstIcePortRange range = { port, port + 1 };

    g_assert_true (narrow (both, TRUE, &range, both));
    g_assert_cmpuint (range.min, ==, range.max);
    g_assert_true (range.min == port || range.min == port + 1);
  }
  /* the only one that is free on both, whether it is the first or the last */
  for (i = 0; i < 2; i++) {
    GSocket *socket = take_port ("127.0.0.2", port + i, G_SOCKET_TYPE_DATAGRAM);
    guint k;

    for (k = 0; k < 10; k++) {
      GstIcePortRange range = { port, port + 1 };

      g_assert_true (narrow (both, FALSE, &range, both));
      g_assert_cmpuint (range.min, ==, port + !i);
      g_assert_cmpuint (range.max, ==, port + !i);
    }
    g_object_unref (socket);
  }
  /* TCP's matter only with TCP */
  for (i = 0; i < 10; i++) {
    GSocket *socket = take_port ("127.0.0.1", port, G_SOCKET_TYPE_STREAM);
    GstIcePortRange with = { port, port + 1 }, only = { port, port };

    g_assert_true (narrow (first, TRUE, &with, first));
    g_assert_cmpuint (with.min, ==, port + 1);
    g_assert_true (narrow (first, FALSE, &only, first));
    g_assert_cmpuint (only.max, ==, port);
    g_assert_false (narrow (first, TRUE, &only, none));
    g_object_unref (socket);
  }
  /* an address without any is left out; none is left */
  for (i = 0; i < 2; i++) {
    GstIcePortRange range = { port, port + 1 };

    taken[i] = take_port ("127.0.0.1", port + i, G_SOCKET_TYPE_DATAGRAM);
    g_assert_true (narrow (both, FALSE, &range, i == 0 ? both : second));
    g_assert_cmpuint (range.min, ==, range.max);
  }
  for (i = 0; i < 2; i++)
    taken[2 + i] = take_port ("127.0.0.2", port + i, G_SOCKET_TYPE_DATAGRAM);
  {
    GstIcePortRange range = { port, port + 1 };

    g_assert_false (narrow (both, FALSE, &range, none));
  }
  for (i = 0; i < G_N_ELEMENTS (taken); i++)
    g_object_unref (taken[i]);
  {
    GstIcePortRange range = { port, port + 1 };

    g_assert_true (narrow (no_address, FALSE, &range, first));
    g_assert_cmpuint (range.min, ==, range.max);
  }
}

/* No port is free on both, but each has one: the range stays. */
static void
test_different (void)
{
  static const gchar *const both[] = { "127.0.0.1", "127.0.0.2", NULL };
  guint port = find_two ();
  GstIcePortRange range = { port, port + 1 };
  g_autoptr (GSocket)
      one G_GNUC_UNUSED = take_port ("127.0.0.1", port, G_SOCKET_TYPE_DATAGRAM);
  g_autoptr (GSocket) two G_GNUC_UNUSED = take_port (
      "127.0.0.2", port + 1, G_SOCKET_TYPE_DATAGRAM);

  g_assert_true (narrow (both, FALSE, &range, both));
  g_assert_cmpuint (range.min, ==, port);
  g_assert_cmpuint (range.max, ==, port + 1);
}

/* The ports are free at once, though the sockets are still held; these never
 * block, and no child process gets them. */
static void
test_vacate (void)
{
  static const GSocketType types[] = { G_SOCKET_TYPE_DATAGRAM,
    G_SOCKET_TYPE_STREAM };
  g_autoptr (GPtrArray)
      sockets = g_ptr_array_new_with_free_func (g_object_unref);
  guint ports[G_N_ELEMENTS (types)], i;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    GSocket *socket = take_port ("127.0.0.1", 0, types[i]);

    ports[i] = get_port (socket);
    g_ptr_array_add (sockets, socket);
    g_assert_null (take_port ("127.0.0.1", ports[i], types[i]));
  }
  n_sleeps = 0;
  gst_ice_local_ports_vacate (sockets);
  g_assert_cmpuint (n_sleeps, ==, 0);
  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    g_autoptr (GSocket) again = take_port ("127.0.0.1", ports[i], types[i]);
    gint fd = g_socket_get_fd (g_ptr_array_index (sockets, i));
    gchar octet;

    g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
    g_assert_cmpint (fcntl (fd, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);

    g_assert_nonnull (again);
    g_assert_cmpint (
        g_socket_receive_with_blocking (
            g_ptr_array_index (sockets, i), &octet, 1, FALSE, NULL, NULL),
        ==, -1);
  }
}

/* One that is closed already is none to wait for. */
static void
test_closed (void)
{
  g_autoptr (GPtrArray)
      sockets = g_ptr_array_new_with_free_func (g_object_unref);
  GSocket *socket = take_port ("127.0.0.1", 0, G_SOCKET_TYPE_DATAGRAM);

  g_assert_true (g_socket_close (socket, NULL));
  g_ptr_array_add (sockets, socket);
  n_sleeps = 0;
  gst_ice_local_ports_vacate (sockets);
  g_assert_cmpuint (n_sleeps, ==, 0);
}

/* A port that another socket shares is waited for for 50 ms, which is the time
 * for all of them. */
static void
test_shared (void)
{
  g_autoptr (GPtrArray)
      sockets = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray)
      copies = g_ptr_array_new_with_free_func (g_object_unref);
  guint i;

  for (i = 0; i < 2; i++) {
    GSocket *socket = take_port ("127.0.0.1", 0, G_SOCKET_TYPE_DATAGRAM);
    GSocket *copy = g_socket_new_from_fd (dup (g_socket_get_fd (socket)), NULL);

    g_assert_nonnull (copy);
    g_ptr_array_add (sockets, socket);
    g_ptr_array_add (copies, copy);
  }
  n_sleeps = 0;
  gst_ice_local_ports_vacate (sockets);
  g_assert_cmpuint (n_sleeps, ==, 50);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#ifdef G_OS_UNIX
  g_test_add_func ("/localport/narrow", test_narrow);
  g_test_add_func ("/localport/empty-range", test_empty_range);
  g_test_add_func ("/localport/different", test_different);
  g_test_add_func ("/localport/vacate", test_vacate);
  g_test_add_func ("/localport/closed", test_closed);
  g_test_add_func ("/localport/shared", test_shared);
#endif
  return g_test_run ();
}
