/* gst-ice: tests of a socket set: what it refuses, drains and forgets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard/gsticenicesocketset.h"
#include "loopback.h"

/* Two sockets of a set, and two that send to them. */
typedef struct
{
  GstIceNiceSocketSet set;
  GSocket *sockets[2];
  GSocket *peer, *stranger;
  NiceAddress address; /* the peer's */
} Fixture;

static void
set_up (Fixture *f, gconstpointer host)
{
  guint i;

  gst_ice_nice_socket_set_init (&f->set);
  for (i = 0; i < G_N_ELEMENTS (f->sockets); i++) {
    f->sockets[i] = loopback_make_socket (host);
    gst_ice_nice_socket_set_add (&f->set, f->sockets[i]);
  }
  f->peer = loopback_make_socket (host);
  f->stranger = loopback_make_socket (host);
  loopback_get_address (f->peer, &f->address);
}

static void
tear_down (Fixture *f, gconstpointer host)
{
  guint i;

  gst_ice_nice_socket_set_clear (&f->set);
  for (i = 0; i < G_N_ELEMENTS (f->sockets); i++)
    g_object_unref (f->sockets[i]);
  g_object_unref (f->peer);
  g_object_unref (f->stranger);
}

static gboolean
passes (GSocket *from, GSocket *to)
{
  return loopback_gets_through (from, to, "x", 1);
}

/* Only from that address, and only to that socket. */
static void
assert_refused (Fixture *f)
{
  g_assert_false (passes (f->peer, f->sockets[0]));
  g_assert_true (passes (f->stranger, f->sockets[0]));
  g_assert_true (passes (f->peer, f->sockets[1]));
}

static void
test_refuse (Fixture *f, gconstpointer host)
{
  gint fd = g_socket_get_fd (f->sockets[0]);

  g_assert_false (gst_ice_nice_socket_set_refuse (&f->set, -1, &f->address));
  g_assert_true (gst_ice_nice_socket_set_refuse (&f->set, fd, &f->address));
  gst_ice_nice_socket_set_apply (&f->set);
  assert_refused (f);
  /* by each kind of filter */
  f->set.n_peer_reflexive = 1000;
  gst_ice_nice_socket_set_apply (&f->set);
  assert_refused (f);
  f->set.is_retired = TRUE;
  gst_ice_nice_socket_set_apply (&f->set);
  assert_refused (f);
  f->set.selected = nice_address_dup (&f->address);
  gst_ice_nice_socket_set_pass_only_selected (&f->set);
  g_assert_false (passes (f->peer, f->sockets[0]));
  g_assert_true (passes (f->peer, f->sockets[1]));
  gst_ice_nice_socket_set_prepare_close (&f->set);
  assert_refused (f);
  gst_ice_nice_socket_set_restart (&f->set);
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_true (passes (f->peer, f->sockets[0]));
}

static void
test_no_room (Fixture *f, gconstpointer host)
{
  gint fd = g_socket_get_fd (f->sockets[0]);
  guint i;

  for (i = 0; i < GST_ICE_NICE_SOCKET_FILTER_REFUSED; i++) {
    NiceAddress other = f->address;

    nice_address_set_port (&other, i + 1);
    g_assert_true (gst_ice_nice_socket_set_refuse (&f->set, fd, &other));
  }
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_true (passes (f->peer, f->sockets[0]));
  g_assert_true (gst_ice_nice_socket_set_refuse (&f->set, fd, &f->address));
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_false (passes (f->stranger, f->sockets[0]));
  g_assert_false (passes (f->stranger, f->sockets[1]));
  f->set.selected = nice_address_dup (&f->address);
  gst_ice_nice_socket_set_pass_only_selected (&f->set);
  g_assert_false (passes (f->peer, f->sockets[1]));
  gst_ice_nice_socket_set_prepare_close (&f->set);
  g_assert_false (passes (f->peer, f->sockets[1]));
}

static void
send_to (GSocket *from, GSocket *to)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (to, NULL);
  g_autoptr (GError) error = NULL;

  g_socket_send_to (from, address, "x", 1, NULL, &error);
  g_assert_no_error (error);
  /* loopback does not always deliver before send returns */
  g_socket_condition_timed_wait (to, G_IO_IN, LOOPBACK_PATIENCE, NULL, &error);
  g_assert_no_error (error);
}

static void
test_drain (Fixture *f, gconstpointer host)
{
  send_to (f->peer, f->sockets[0]);
  send_to (f->peer, f->sockets[1]);
  gst_ice_nice_socket_set_drain (&f->set);
  g_assert_cmpuint (f->set.n_drained, ==, 2);
  g_assert_cmpint (
      g_socket_condition_check (f->sockets[0], G_IO_IN) & G_IO_IN, ==, 0);
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_true (passes (f->peer, f->sockets[0]));
  gst_ice_nice_socket_set_drain (&f->set);
  g_assert_cmpuint (f->set.n_drained, ==, 2);
}

static void
test_held (Fixture *f, gconstpointer host)
{
  f->set.selected = nice_address_dup (&f->address);
  f->set.is_held = TRUE;
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_false (passes (f->peer, f->sockets[0]));
  gst_ice_nice_socket_set_pass_only_selected (&f->set);
  g_assert_false (passes (f->peer, f->sockets[0]));
  gst_ice_nice_socket_set_prepare_close (&f->set);
  g_assert_false (passes (f->peer, f->sockets[0]));
  f->set.is_held = FALSE;
  gst_ice_nice_socket_set_pass_only_selected (&f->set);
  g_assert_true (passes (f->peer, f->sockets[0]));
  g_assert_false (passes (f->stranger, f->sockets[0]));
  gst_ice_nice_socket_set_apply (&f->set);
  g_assert_true (passes (f->stranger, f->sockets[0]));
}

static void
add (const gchar *name, void (*test) (Fixture *, gconstpointer))
{
  static const gchar *const hosts[] = { "127.0.0.1", "::1" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (hosts); i++) {
    g_autofree gchar *path = g_strdup_printf (
        "/socket-set/%s/%s", name, hosts[i]);

    g_test_add (path, Fixture, hosts[i], set_up, test, tear_down);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#ifdef __linux__
  add ("refuse", test_refuse);
  add ("no-room", test_no_room);
  add ("drain", test_drain);
  add ("held", test_held);
#endif
  return g_test_run ();
}
