/* gst-ice: test of gsticechannelsend: datagrams arrive at the server as
 * ChannelData (RFC 8656 section 12.4), each with its header.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticechannelsend.h"

#include <gio/gnetworking.h>
#include <string.h>

#define CHANNEL 0x4ABC
#define PATIENCE (10 * G_TIME_SPAN_SECOND)

typedef struct
{
  GstIcePeerAddresses *sources;
  GSocket *server;
  GstIceDatagramSocket *socket;
  struct sockaddr_in to;
} Fixture;

static GSocket *
make_socket (void)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
      G_SOCKET_PROTOCOL_UDP, &error);

  g_assert_no_error (error);
  g_socket_bind (socket, any, FALSE, &error);
  g_assert_no_error (error);
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_option (socket, SOL_SOCKET, SO_RCVBUF, 4 * 1024 * 1024, NULL);
  return socket;
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocketAddress) address = NULL;

  f->sources = gst_ice_peer_addresses_new ();
  f->server = make_socket ();
  f->socket = gst_ice_datagram_socket_new (make_socket (), f->sources);
  address = g_socket_get_local_address (f->server, NULL);
  g_socket_address_to_native (address, &f->to, sizeof (f->to), NULL);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  gst_ice_datagram_socket_unref (f->socket);
  gst_ice_peer_addresses_unref (f->sources);
  g_object_unref (f->server);
}

static guint
send_all (Fixture *f, const GstIceDatagram *datagrams, guint n, GError **error)
{
  return gst_ice_channel_send (
      f->socket, &f->to, sizeof (f->to), CHANNEL, datagrams, n, error);
}

/* The header is written out here by the RFC's text. */
static void
check_next (Fixture *f, const guint8 *payload, gsize size)
{
  static guint8 got[65536];
  const guint8 header[] = { 0x4A, 0xBC, (guint8) (size >> 8), (guint8) size };
  gssize n;

  g_assert_true (
      g_socket_condition_timed_wait (f->server, G_IO_IN, PATIENCE, NULL, NULL));
  n = g_socket_receive (f->server, (gchar *) got, sizeof (got), NULL, NULL);
  g_assert_cmpint (n, >=, 4);
  g_assert_cmpmem (got, 4, header, 4);
  g_assert_cmpmem (got + 4, (gsize) n - 4, payload, size);
}

static void
check_no_more (Fixture *f)
{
  gchar byte;

  g_assert_cmpint (g_socket_receive (f->server, &byte, 1, NULL, NULL), ==, -1);
}

/* Each of @sizes in two pieces of memory. */
static void
exchange (Fixture *f, const gsize *sizes, guint n)
{
  g_autofree GOutputVector *vectors = g_new (GOutputVector, 2 * n);
  g_autofree GstIceDatagram *datagrams = g_new (GstIceDatagram, n);
  g_autofree guint8 *bytes = g_malloc (65536 + n);
  g_autoptr (GError) error = NULL;
  guint i;

  for (i = 0; i < 65536 + n; i++)
    bytes[i] = (guint8) g_test_rand_int ();
  for (i = 0; i < n; i++) {
    vectors[2 * i] = (GOutputVector){ bytes + i, sizes[i] / 3 };
    vectors[2 * i + 1] = (GOutputVector){ bytes + i + sizes[i] / 3,
      sizes[i] - sizes[i] / 3 };
    datagrams[i] = (GstIceDatagram){ &vectors[2 * i], 2 };
  }
  g_assert_cmpuint (send_all (f, datagrams, n, &error), ==, n);
  g_assert_no_error (error);
  for (i = 0; i < n; i++)
    check_next (f, bytes + i, sizes[i]);
  check_no_more (f);
}

static void
test_sizes (Fixture *f, gconstpointer unused)
{
  static const gsize sizes[] = { 1200, 0, 1, 2, 3, 4, 5, 1200, 1200, 1199, 256,
    65503 };

  exchange (f, sizes, G_N_ELEMENTS (sizes));
}

/* Datagrams of one size are a message, as without a server. */
static void
test_segments (Fixture *f, gconstpointer unused)
{
  GstIceDatagramSocketCounters counters = { 0 };
  gsize sizes[32];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++)
    sizes[i] = 1200;
  exchange (f, sizes, G_N_ELEMENTS (sizes));
  gst_ice_datagram_socket_add_counters (f->socket, &counters);
  g_assert_cmpuint (counters.datagrams_sent, ==, G_N_ELEMENTS (sizes));
  g_assert_cmpuint (counters.send_calls, ==, 1);
  if (counters.send_fallbacks == 0)
    g_assert_cmpuint (counters.messages_sent, ==, 1);
}

/* More than one call takes. */
static void
test_many (Fixture *f, gconstpointer unused)
{
  gsize sizes[200];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++)
    sizes[i] = (gsize) g_test_rand_int_range (0, 1500);
  exchange (f, sizes, G_N_ELEMENTS (sizes));
}

/* 511 pieces fit beside the header; one more is copied. */
static void
test_pieces (Fixture *f, gconstpointer unused)
{
  static const gint numbers[] = { 1, 511, 512, 1000 };
  GOutputVector vectors[1000];
  guint8 bytes[1000];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (vectors); i++) {
    bytes[i] = (guint8) g_test_rand_int ();
    vectors[i] = (GOutputVector){ &bytes[i], 1 };
  }
  for (i = 0; i < G_N_ELEMENTS (numbers); i++) {
    const GstIceDatagram datagrams[] = { { vectors, numbers[i] },
      { vectors, 1 } };

    g_assert_cmpuint (send_all (f, datagrams, 2, NULL), ==, 2);
    check_next (f, bytes, (gsize) numbers[i]);
    check_next (f, bytes, 1);
  }
  check_no_more (f);
}

/* With its header it is larger than a datagram can be. */
static void
test_too_large (Fixture *f, gconstpointer unused)
{
  g_autofree guint8 *bytes = g_malloc0 (65504);
  GOutputVector vectors[] = { { bytes, 10 }, { bytes, 65504 }, { bytes, 20 } };
  const GstIceDatagram datagrams[] = { { &vectors[0], 1 }, { &vectors[1], 1 },
    { &vectors[2], 1 } };
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (send_all (f, datagrams, 3, &error), ==, 1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
  check_next (f, bytes, 10);
  check_no_more (f);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const gchar *path;
    void (*run) (Fixture *f, gconstpointer unused);
  } tests[] = {
    { "/channel-send/sizes", test_sizes },
    { "/channel-send/segments", test_segments },
    { "/channel-send/many", test_many },
    { "/channel-send/pieces", test_pieces },
    { "/channel-send/too-large", test_too_large },
  };
  guint i;

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  for (i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);
  return g_test_run ();
}
