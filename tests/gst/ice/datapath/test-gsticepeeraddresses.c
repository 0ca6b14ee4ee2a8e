/* gst-ice: test of gsticepeeraddresses.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticepeeraddresses.h"

#include <gio/gnetworking.h>
#include <string.h>

/* A source address as the kernel reports it; IPv6 with this scope. */
static gboolean
contain (GstIcePeerAddresses *sources, const gchar *address, guint16 port,
    guint32 scope)
{
  g_autoptr (GSocketAddress)
      parsed = g_inet_socket_address_new_from_string (address, port);
  struct sockaddr_storage native = { 0 };
  gsize size;

  g_assert_nonnull (parsed);
  size = (gsize) g_socket_address_get_native_size (parsed);
  g_assert_true (
      g_socket_address_to_native (parsed, &native, sizeof (native), NULL));
  if (native.ss_family == AF_INET6) {
    ((struct sockaddr_in6 *) &native)->sin6_scope_id = scope;
    ((struct sockaddr_in6 *) &native)->sin6_flowinfo = scope;
  }
  return gst_ice_peer_addresses_contain (sources, &native, size);
}

static void
test_ipv4 (void)
{
  GstIcePeerAddresses *sources = gst_ice_peer_addresses_new ();

  g_assert_false (contain (sources, "127.0.0.1", 5000, 0));
  gst_ice_peer_addresses_add (sources, "127.0.0.1", 5000);
  g_assert_true (contain (sources, "127.0.0.1", 5000, 0));
  g_assert_false (contain (sources, "127.0.0.1", 5001, 0));
  g_assert_false (contain (sources, "127.0.0.2", 5000, 0));
  gst_ice_peer_addresses_unref (sources);
}

static void
test_ipv6 (void)
{
  GstIcePeerAddresses *sources = gst_ice_peer_addresses_new ();

  gst_ice_peer_addresses_add (sources, "fe80::1", 5000);
  g_assert_true (contain (sources, "fe80::1", 5000, 0));
  g_assert_true (contain (sources, "fe80::1", 5000, 7));
  g_assert_false (contain (sources, "fe80::1", 5001, 7));
  g_assert_false (contain (sources, "fe80::2", 5000, 7));
  g_assert_false (contain (sources, "127.0.0.1", 5000, 0));
  gst_ice_peer_addresses_add (sources, "::1", 5000);
  g_assert_true (contain (sources, "::1", 5000, 0));
  gst_ice_peer_addresses_unref (sources);
}

/* Addresses of the earlier generation are forgotten on request, except those
 * that came again. */
static void
test_generations (void)
{
  GstIcePeerAddresses *sources = gst_ice_peer_addresses_new ();
  guint16 i;

  gst_ice_peer_addresses_add (sources, "127.0.0.1", 1);
  gst_ice_peer_addresses_add (sources, "127.0.0.1", 2);
  gst_ice_peer_addresses_begin (sources);
  gst_ice_peer_addresses_add (sources, "127.0.0.1", 2);
  gst_ice_peer_addresses_add (sources, "127.0.0.1", 3);
  for (i = 1; i <= 3; i++)
    g_assert_true (contain (sources, "127.0.0.1", i, 0));
  gst_ice_peer_addresses_forget_old (sources);
  for (i = 1; i <= 3; i++)
    g_assert_cmpint (contain (sources, "127.0.0.1", i, 0), ==, i > 1);
  gst_ice_peer_addresses_begin (sources);
  gst_ice_peer_addresses_begin (sources);
  gst_ice_peer_addresses_forget_old (sources);
  for (i = 1; i <= 3; i++)
    g_assert_false (contain (sources, "127.0.0.1", i, 0));
  for (i = 1; i <= GST_ICE_PEER_ADDRESSES_MAX;
       i++) /* and all places are free */
    gst_ice_peer_addresses_add (sources, "127.0.0.1", i);
  gst_ice_peer_addresses_forget_old (sources);
  gst_ice_peer_addresses_add (sources, "127.0.0.1", 1000);
  for (i = 1; i <= GST_ICE_PEER_ADDRESSES_MAX; i++)
    g_assert_cmpint (contain (sources, "127.0.0.1", i, 0), ==, i > 1);
  g_assert_true (contain (sources, "127.0.0.1", 1000, 0));
  gst_ice_peer_addresses_unref (sources);
}

static void
test_junk (void)
{
  static const gchar *const junk[] = { "", " ", "127.0.0", "127.0.0.1 ",
    "127.0.0.256", "localhost", "example.local", "::1::", "1:2:3", "[::1]",
    "\xff\xfe" };
  static const guint8 bytes[200] = { 0 };
  GstIcePeerAddresses *sources = gst_ice_peer_addresses_new ();
  guint8 cut[] = { AF_INET, 0, 5000 >> 8, 5000 & 0xFF };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (junk); i++)
    gst_ice_peer_addresses_add (sources, junk[i], 5000);
  gst_ice_peer_addresses_add (sources, "0.0.0.0", 0);
  g_assert_true (contain (sources, "0.0.0.0", 0, 0)); /* and nothing else */
  for (i = 0; i <= sizeof (bytes); i++)
    g_assert_false (gst_ice_peer_addresses_contain (sources, bytes, i));
  g_assert_false (gst_ice_peer_addresses_contain (sources, cut, sizeof (cut)));
  gst_ice_peer_addresses_unref (sources);
}

/* The oldest goes first, and what is there already is not added again. */
static void
test_bound (void)
{
  GstIcePeerAddresses *sources = gst_ice_peer_addresses_new ();
  guint i, n = GST_ICE_PEER_ADDRESSES_MAX;

  for (i = 0; i < n; i++) {
    gst_ice_peer_addresses_add (sources, "10.0.0.1", (guint16) (1000 + i));
    gst_ice_peer_addresses_add (sources, "10.0.0.1", 1000);
  }
  for (i = 0; i < n; i++)
    g_assert_true (contain (sources, "10.0.0.1", (guint16) (1000 + i), 0));
  for (i = 0; i < n; i++) {
    gst_ice_peer_addresses_add (sources, "10.0.0.1", (guint16) (1000 + n + i));
    g_assert_true (contain (sources, "10.0.0.1", (guint16) (1000 + n + i), 0));
    g_assert_false (contain (sources, "10.0.0.1", (guint16) (1000 + i), 0));
    if (i + 1 < n)
      g_assert_true (
          contain (sources, "10.0.0.1", (guint16) (1000 + i + 1), 0));
  }
  gst_ice_peer_addresses_unref (sources);
}

#define THREADS 4
#define ROUNDS 20000

static gpointer
add_and_ask (gpointer data)
{
  GstIcePeerAddresses *sources = data;
  guint i;

  for (i = 0; i < ROUNDS; i++) {
    gst_ice_peer_addresses_add (sources, "10.0.0.1", (guint16) (i % 32));
    g_assert_true (contain (sources, "10.0.0.1", (guint16) (i % 32), 0));
  }
  gst_ice_peer_addresses_unref (sources);
  return NULL;
}

static void
test_threads (void)
{
  GstIcePeerAddresses *sources = gst_ice_peer_addresses_new ();
  GThread *threads[THREADS];
  guint i;

  for (i = 0; i < THREADS; i++)
    threads[i] = g_thread_new (
        "sources", add_and_ask, gst_ice_peer_addresses_ref (sources));
  gst_ice_peer_addresses_unref (sources); /* the last thread frees it */
  for (i = 0; i < THREADS; i++)
    g_thread_join (threads[i]);
}

/* A reader that keeps a result notices that it may be old. */
static void
test_changes (void)
{
  GstIcePeerAddresses *addresses = gst_ice_peer_addresses_new ();
  guint changes = gst_ice_peer_addresses_get_changes (addresses);

  gst_ice_peer_addresses_add (addresses, "192.0.2.1", 5000);
  g_assert_cmpuint (
      gst_ice_peer_addresses_get_changes (addresses), !=, changes);
  changes = gst_ice_peer_addresses_get_changes (addresses);
  gst_ice_peer_addresses_begin (addresses);
  gst_ice_peer_addresses_forget_old (addresses);
  g_assert_cmpuint (
      gst_ice_peer_addresses_get_changes (addresses), !=, changes);
  gst_ice_peer_addresses_unref (addresses);
}

/* Addresses of other families are none of the peer's. */
static void
test_other_family (void)
{
  const struct sockaddr_storage address = { .ss_family = AF_UNIX };

  g_assert_false (gst_ice_peer_addresses_is_same (&address, &address));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sources/ipv4", test_ipv4);
  g_test_add_func ("/sources/ipv6", test_ipv6);
  g_test_add_func ("/sources/junk", test_junk);
  g_test_add_func ("/sources/bound", test_bound);
  g_test_add_func ("/sources/generations", test_generations);
  g_test_add_func ("/sources/threads", test_threads);
  g_test_add_func ("/sources/changes", test_changes);
  g_test_add_func ("/sources/other-family", test_other_family);
  return g_test_run ();
}
