/* gst-ice: test of the media sockets: what the kernel, the reader and the route
 * get.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Steering, sockets and the datapath are played by this file. */

#include "agent/gsticenicemedia.h"
#include "agent/gsticenicesocket.h"
#include "datapath/gsticeelsewhere.h"
#include <gio/gnetworking.h>
#include <string.h>

#define N_STEERINGS 2
#define REMOTE "192.0.2.9"
#define REMOTE_PORT 50001
#define SERVER_PORT 3478
#define STRANGER_PORT 9
#define CHANNEL 0x4001
#define IDLE "send:0 receive:0 "

struct _GstIceSteering
{
  gchar number;
  gboolean is_open;
};

/* What a steering has; only their addresses are used. */
static gint media_sockets[N_STEERINGS], plain_sockets[N_STEERINGS];
static gint elsewheres[N_STEERINGS], datapath, transport, turn_servers;

static GMainContext *context;

static GstIceSteering steerings[N_STEERINGS];
static GString *calls; /* a word each */
static gboolean opens, has_room, steers, knows_address, contains;
static GstIceSteeringEmpty on_empty;
static gpointer on_empty_data;

static guint16
get_port (gconstpointer native)
{
  const struct sockaddr_in *address = native;

  return GUINT16_FROM_BE (address->sin_port); /* IPv6 has it there, too */
}

/* "m0": the media socket beside the first one; "p0": its plain one */
static void
append (const gchar *what, gconstpointer socket)
{
  guint i;

  for (i = 0; i < N_STEERINGS; i++) {
    if (socket == &media_sockets[i] || socket == &elsewheres[i])
      g_string_append_printf (calls, "%sm%u ", what, i);
    if (socket == &plain_sockets[i])
      g_string_append_printf (calls, "%sp%u ", what, i);
  }
}

static void
append_number (const gchar *format, gint number)
{
  g_string_truncate (calls, calls->len - 1);
  g_string_append_printf (calls, format, number);
  g_string_append_c (calls, ' ');
}

/* Sockets. */

GSocket *
gst_ice_datagram_socket_get_socket (GstIceDatagramSocket *self)
{
  return (GSocket *) self;
}

void
gst_ice_datagram_socket_set_peer (
    GstIceDatagramSocket *self, gconstpointer address, gsize size)
{
  g_assert_cmpuint (size, ==, sizeof (struct sockaddr_storage));
  append ("peer:", self);
  append_number (":%d", address != NULL ? get_port (address) : 0);
}

void
gst_ice_nice_socket_set_buffer_sizes (
    GSocket *socket, guint receive, guint send)
{
  append ("buffers:", socket);
  append_number (":%d", (gint) receive);
  append_number (":%d", (gint) send);
}

void
gst_ice_nice_socket_set_dscp (GSocket *socket, gint dscp)
{
  append ("dscp:", socket);
  append_number (":%d", dscp);
}

/* Steering. */

GstIceDatagramSocket *
gst_ice_steering_get_media (GstIceSteering *steering)
{
  return steering->is_open
      ? (GstIceDatagramSocket *) &media_sockets[(guint) steering->number]
      : NULL;
}

GstIceDatagramSocket *
gst_ice_steering_open_media (GstIceSteering *steering,
    GstIcePeerAddresses *peer_addresses, GError **error)
{
  if (!opens) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "full");
    return NULL;
  }
  if (!steering->is_open)
    append ("open:", &media_sockets[(guint) steering->number]);
  steering->is_open = TRUE;
  return gst_ice_steering_get_media (steering);
}

GstIceDatagramSocket *
gst_ice_steering_get_plain (
    GstIceSteering *steering, GstIcePeerAddresses *peer_addresses)
{
  return (GstIceDatagramSocket *) &plain_sockets[(guint) steering->number];
}

/* "on" or "off", "spare" if channel data is not steered, and whose data is not
 * steered either. */
gboolean
gst_ice_steering_steer_media (GstIceSteering *steering, gboolean steer_it,
    gboolean spare_channel_data, const struct sockaddr_storage *spared,
    GError **error)
{
  append (steer_it ? "on:" : "off:", &media_sockets[(guint) steering->number]);
  if (spare_channel_data)
    append_number (":spare%.0d", 0);
  if (spared != NULL)
    append_number ("-%d", get_port (spared));
  if (!steers)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "full");
  return steers;
}

void
gst_ice_steering_take_empty (
    GstIceSteering *steering, GstIceSteeringEmpty empty, gpointer user_data)
{
  g_string_append_printf (
      calls, "empty%u:%s ", steering->number, empty != NULL ? "on" : "off");
  on_empty = empty;
  on_empty_data = user_data;
}

GSocketAddress *
gst_ice_steering_make_remote (
    GstIceSteering *steering, const gchar *address, guint16 port)
{
  return knows_address ? g_inet_socket_address_new_from_string (address, port)
                       : NULL;
}

/* The transport, its datapath, and the readers of media sockets. */

GstIceDatapath *
gst_ice_transport_get_datapath (GstIceTransport *self)
{
  g_assert_true ((gpointer) self == &transport);
  return (GstIceDatapath *) &datapath;
}

void
gst_ice_transport_report_offload_active (
    GstIceTransport *self, GstIceDirection direction, gboolean active)
{
  g_string_append_printf (calls, "%s:%d ",
      direction == GST_ICE_DIRECTION_SEND ? "send" : "receive", active);
}

gboolean
gst_ice_datapath_add_socket (GstIceDatapath *self, GstIceDatagramSocket *socket)
{
  append ("read:", socket);
  return has_room;
}

void
gst_ice_datapath_remove_socket (
    GstIceDatapath *self, GstIceDatagramSocket *socket)
{
  append ("remove:", socket);
}

void
gst_ice_datapath_set_route (GstIceDatapath *self, GstIceDatagramSocket *socket,
    gconstpointer to, gsize to_size, guint16 channel)
{
  append ("route:", socket);
  if (socket == NULL) {
    g_assert_cmpuint (channel, ==, 0);
    return;
  }
  append_number (":%d", get_port (to));
  append_number (":%d", (gint) to_size);
  if (channel != 0)
    append_number (":%x", channel);
}

void
gst_ice_datapath_receive (
    GstIceDatapath *self, gconstpointer data, gsize size, gboolean is_of_pair)
{
  g_assert_null (data);
  g_assert_cmpuint (size, ==, 0);
  g_string_append (calls, is_of_pair ? "of-pair " : "of-other ");
}

void
gst_ice_datapath_received_all (GstIceDatapath *self)
{
  g_string_append (calls, "all ");
}

void
gst_ice_datapath_count_unknown_source (GstIceDatapath *self, guint64 n)
{
  g_string_append_printf (calls, "unknown:%u ", (guint) n);
}

GstIcePeerAddresses *
gst_ice_datapath_get_peer_addresses (GstIceDatapath *self)
{
  return NULL;
}

GstIcePeerAddresses *
gst_ice_peer_addresses_new (void)
{
  return (GstIcePeerAddresses *) &turn_servers;
}

void
gst_ice_peer_addresses_unref (GstIcePeerAddresses *self)
{
  g_string_append (calls, "servers-freed ");
}

void
gst_ice_peer_addresses_add (
    GstIcePeerAddresses *self, const gchar *address, guint16 port)
{
  g_string_append_printf (calls, "server:%s:%u ", address, port);
}

gboolean
gst_ice_peer_addresses_contain (
    GstIcePeerAddresses *self, gconstpointer native_address, gsize size)
{
  g_assert_cmpuint (size, ==, sizeof (struct sockaddr_in));
  if ((gpointer) self == &turn_servers)
    return get_port (native_address) != STRANGER_PORT;
  return contains;
}

gboolean
gst_ice_peer_addresses_is_same (
    gconstpointer native_address, gconstpointer other)
{
  return get_port (native_address) == get_port (other);
}

GstIceElsewhere *
gst_ice_elsewhere_new (GstIceDatapath *its_datapath, GMainContext *its_context,
    GstIceDatagramSocket *socket)
{
  guint i = (gint *) socket - media_sockets;

  g_assert_true (its_context == context);
  append ("elsewhere:", socket);
  return (GstIceElsewhere *) &elsewheres[i];
}

void
gst_ice_elsewhere_free (GstIceElsewhere *elsewhere)
{
  append ("freed:", elsewhere);
}

void
gst_ice_elsewhere_hand_over (GstIceElsewhere *elsewhere)
{
  append ("hand-over:", elsewhere);
}

/* The test. */

static GstIceNiceMedia *media;

static void
assert_calls (const gchar *expected)
{
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

static void
add (guint i)
{
  gst_ice_nice_media_add_steering (media, &steerings[i], context);
}

static void
remove_steering (guint i)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new ();

  g_ptr_array_add (list, &steerings[i]);
  gst_ice_nice_media_remove_steerings (media, list);
}

static void
set_options (
    GstIceDirection direction, guint buffer_size, gint dscp, gboolean offload)
{
  const GstIceSocketOptions options = { buffer_size, dscp, offload };

  gst_ice_nice_media_set_options (media, direction, &options);
}

static void
select_at (guint i, const gchar *address)
{
  NiceAddress remote;

  nice_address_init (&remote);
  g_assert_true (nice_address_set_from_string (&remote, address));
  nice_address_set_port (&remote, REMOTE_PORT);
  gst_ice_nice_media_select (
      media, i < N_STEERINGS ? &steerings[i] : NULL, &remote);
}

static void
set_up (gint *unused, gconstpointer n_steerings)
{
  guint i;

  calls = g_string_new (NULL);
  context = g_main_context_new ();
  opens = has_room = steers = knows_address = contains = TRUE;
  media = gst_ice_nice_media_new ((GstIceTransport *) &transport);
  for (i = 0; i < N_STEERINGS; i++)
    steerings[i] = (GstIceSteering){ (gchar) i, FALSE };
  for (i = 0; i < GPOINTER_TO_UINT (n_steerings); i++) {
    add (i);
    g_assert_true (g_str_has_suffix (calls->str, ":on " IDLE));
    g_string_truncate (calls, 0);
  }
}

static void
tear_down (gint *unused, gconstpointer unused_too)
{
  gst_ice_nice_media_close (media);
  gst_ice_nice_media_free (media);
  g_main_context_unref (context);
  g_string_free (calls, TRUE);
}

/* Without offload the I/O thread reads what comes on other pairs than the
 * selected one. */
static void
test_no_offload (gint *unused, gconstpointer unused_too)
{
  set_options (GST_ICE_DIRECTION_SEND, 1000, 46, FALSE);
  assert_calls (IDLE);
  select_at (0, REMOTE);
  assert_calls ("open:m0 buffers:m0:0:1000 dscp:m0:46 elsewhere:m0 "
                "on:m0-50001 peer:m0:50001 " IDLE
                "buffers:p0:0:1000 dscp:p0:46 route:p0:50001:16 ");
  g_assert_true (gst_ice_nice_media_is_apart (media));
  set_options (GST_ICE_DIRECTION_RECEIVE, 500, 10, FALSE);
  assert_calls ("buffers:m0:500:1000 dscp:m0:46 on:m0-50001 peer:m0:50001 " IDLE
                "buffers:p0:0:1000 dscp:p0:46 route:p0:50001:16 ");
  gst_ice_nice_media_set_options (media, GST_ICE_DIRECTION_SEND, NULL);
  assert_calls ("buffers:m0:500:0 dscp:m0:-1 on:m0-50001 peer:m0:50001 " IDLE
                "buffers:p0:0:0 dscp:p0:-1 route:p0:50001:16 ");
}

/* With offload the reader reads all. */
static void
test_offload (gint *unused, gconstpointer unused_too)
{
  set_options (GST_ICE_DIRECTION_RECEIVE, 500, -1, TRUE);
  assert_calls ("open:m0 buffers:m0:500:0 dscp:m0:-1 read:m0 on:m0 "
                "peer:m0:0 " IDLE);
  g_assert_false (gst_ice_nice_media_is_apart (media));
  select_at (0, REMOTE);
  assert_calls ("read:m0 on:m0 peer:m0:50001 "
                "send:0 receive:1 buffers:p0:0:0 dscp:p0:-1 "
                "route:p0:50001:16 ");
  g_assert_true (gst_ice_nice_media_is_apart (media));
  set_options (GST_ICE_DIRECTION_SEND, 1000, 46, TRUE);
  assert_calls ("buffers:m0:500:1000 dscp:m0:46 read:m0 on:m0 peer:m0:50001 "
                "send:1 receive:1 route:m0:50001:16 ");
  /* the element that reads has gone: nothing is kept for it */
  gst_ice_nice_media_set_options (media, GST_ICE_DIRECTION_RECEIVE, NULL);
  assert_calls ("buffers:m0:1:1000 dscp:m0:46 read:m0 on:m0 peer:m0:50001 "
                "send:1 receive:0 route:m0:50001:16 ");
}

/* Offload of the sender only: the reader's data stays with libnice's socket. */
static void
test_offload_of_sender (gint *unused, gconstpointer unused_too)
{
  set_options (GST_ICE_DIRECTION_RECEIVE, 500, -1, FALSE);
  assert_calls (IDLE);
  set_options (GST_ICE_DIRECTION_SEND, 1000, 46, TRUE);
  assert_calls ("open:m0 buffers:m0:500:1000 dscp:m0:46 read:m0 off:m0 "
                "peer:m0:0 " IDLE);
  select_at (0, REMOTE);
  assert_calls ("read:m0 on:m0-50001 "
                "peer:m0:50001 send:1 receive:0 route:m0:50001:16 ");
}

/* When offload is switched on, the reader takes over from the I/O thread. */
static void
test_hand_over (gint *unused, gconstpointer unused_too)
{
  select_at (0, REMOTE);
  g_string_truncate (calls, 0);
  set_options (GST_ICE_DIRECTION_RECEIVE, 500, -1, TRUE);
  assert_calls ("buffers:m0:500:0 dscp:m0:-1 hand-over:m0 read:m0 on:m0 "
                "peer:m0:50001 send:0 receive:1 buffers:p0:0:0 dscp:p0:-1 "
                "route:p0:50001:16 ");
  set_options (GST_ICE_DIRECTION_RECEIVE, 500, -1, TRUE);
  assert_calls ("buffers:m0:500:0 dscp:m0:-1 read:m0 on:m0 "
                "peer:m0:50001 send:0 receive:1 buffers:p0:0:0 dscp:p0:-1 "
                "route:p0:50001:16 ");
}

/* No media socket: what works without one goes on. */
static void
test_failures (gint *unused, gconstpointer unused_too)
{
  const gchar *plain = IDLE "buffers:p0:0:0 dscp:p0:-1 route:p0:50001:16 ";
  g_autofree gchar *full = NULL, *not_steered = NULL;

  opens = FALSE;
  select_at (0, REMOTE);
  assert_calls (plain);
  g_assert_false (gst_ice_nice_media_is_apart (media));
  opens = TRUE;
  has_room = FALSE;
  set_options (GST_ICE_DIRECTION_RECEIVE, 0, -1, TRUE);
  full = g_strconcat (
      "open:m0 buffers:m0:0:0 dscp:m0:-1 read:m0 ", plain, NULL);
  assert_calls (full);
  g_assert_false (gst_ice_nice_media_is_apart (media));
  has_room = TRUE;
  steers = FALSE;
  set_options (GST_ICE_DIRECTION_RECEIVE, 0, -1, TRUE);
  not_steered = g_strconcat (
      "buffers:m0:0:0 dscp:m0:-1 read:m0 on:m0 ", plain, NULL);
  assert_calls (not_steered);
  g_assert_false (gst_ice_nice_media_is_apart (media));
}

/* Of two sockets one has the selected pair. */
static void
test_two (gint *unused, gconstpointer unused_too)
{
  select_at (1, REMOTE);
  assert_calls (
      "open:m0 buffers:m0:0:0 dscp:m0:-1 elsewhere:m0 on:m0 peer:m0:0 "
      "open:m1 buffers:m1:0:0 dscp:m1:-1 elsewhere:m1 on:m1-50001 "
      "peer:m1:50001 " IDLE "buffers:p1:0:0 dscp:p1:-1 route:p1:50001:16 ");
  remove_steering (0);
  assert_calls ("empty0:off freed:m0 remove:m0 "
                "on:m1-50001 peer:m1:50001 " IDLE
                "buffers:p1:0:0 dscp:p1:-1 route:p1:50001:16 ");
  remove_steering (0); /* it is not there any more */
  assert_calls ("");
  remove_steering (1);
  assert_calls ("empty1:off freed:m1 remove:m1 " IDLE);
}

/* A pair that sends from none of them: a TURN server's, or TCP. */
static void
test_other_pair (gint *unused, gconstpointer unused_too)
{
  const gchar *expected = "on:m0 peer:m0:0 " IDLE;

  select_at (0, REMOTE);
  g_string_truncate (calls, 0);
  select_at (N_STEERINGS, REMOTE);
  assert_calls (expected);
  select_at (0, REMOTE);
  g_string_truncate (calls, 0);
  knows_address = FALSE;
  select_at (0, REMOTE);
  assert_calls (expected);
}

static void
test_ipv6 (gint *unused, gconstpointer unused_too)
{
  select_at (0, "2001:db8::9");
  g_assert_true (g_str_has_suffix (calls->str, "route:p0:50001:28 "));
}

/* Of a TURN server's socket libnice needs the channel data. */
static void
test_channel_data (gint *unused, gconstpointer unused_too)
{
  gst_ice_nice_media_add_turn_server (media, NULL, SERVER_PORT); /* over TCP */
  assert_calls ("");
  gst_ice_nice_media_add_turn_server (media, "192.0.2.8", SERVER_PORT);
  assert_calls ("server:192.0.2.8:3478 ");
  select_at (0, REMOTE);
  g_assert_nonnull (strstr (calls->str, " on:m0:spare-50001 "));
}

static void
set_relay (guint i, guint port, guint16 channel)
{
  g_autoptr (GSocketAddress)
      server = g_inet_socket_address_new_from_string ("192.0.2.8", port);
  const GstIceStunRelay relay = { &steerings[i], server, channel };

  gst_ice_nice_media_set_relay (&relay, media);
}

#define RELAYED                                                                \
  "read:m0 on:m0:spare peer:m0:0 send:1 "                                      \
  "receive:0 route:m0:3478:16:"

/* Through a TURN server's channel, once consent has come that way. */
static void
test_relay (gint *unused, gconstpointer unused_too)
{
  gst_ice_nice_media_add_turn_server (media, "192.0.2.8", SERVER_PORT);
  set_options (GST_ICE_DIRECTION_RECEIVE, 0, -1, TRUE);
  set_options (GST_ICE_DIRECTION_SEND, 1000, 46, TRUE);
  select_at (0, REMOTE);
  g_string_truncate (calls, 0);
  set_relay (0, SERVER_PORT, CHANNEL); /* that pair is not relayed */
  assert_calls ("");
  select_at (N_STEERINGS, REMOTE);
  g_string_truncate (calls, 0);
  set_relay (0, STRANGER_PORT, CHANNEL);
  set_relay (1, SERVER_PORT, CHANNEL); /* of another transport */
  assert_calls ("");
  set_relay (0, SERVER_PORT, CHANNEL);
  assert_calls (RELAYED "4001 ");
  set_relay (0, SERVER_PORT, CHANNEL);
  assert_calls ("");
  set_relay (0, SERVER_PORT, CHANNEL + 1);
  assert_calls (RELAYED "4002 ");
  set_relay (0, SERVER_PORT + 1, CHANNEL + 1);
  g_assert_true (g_str_has_suffix (calls->str, "route:m0:3479:16:4002 "));
  g_string_truncate (calls, 0);
  /* the next pair begins without one, and so does that without its socket */
  select_at (N_STEERINGS, REMOTE);
  g_assert_null (strstr (calls->str, "route"));
  set_relay (0, SERVER_PORT, CHANNEL);
  g_string_truncate (calls, 0);
  set_options (GST_ICE_DIRECTION_SEND, 1000, 46, FALSE);
  g_assert_null (strstr (calls->str, "route"));
  remove_steering (0);
  add (0);
  set_options (GST_ICE_DIRECTION_SEND, 1000, 46, TRUE);
  g_assert_null (strstr (calls->str, "route"));
}

static void
test_relay_without_servers (gint *unused, gconstpointer unused_too)
{
  select_at (N_STEERINGS, REMOTE);
  g_string_truncate (calls, 0);
  set_relay (0, SERVER_PORT, CHANNEL);
  assert_calls ("");
}

/* Without a media socket there is nothing to remove from the readers. */
static void
test_not_open (gint *unused, gconstpointer unused_too)
{
  remove_steering (0);
  assert_calls ("empty0:off " IDLE);
}

static void
test_close (gint *unused, gconstpointer unused_too)
{
  select_at (1, REMOTE);
  g_string_truncate (calls, 0);
  gst_ice_nice_media_close (media);
  g_assert_true (g_str_has_prefix (calls->str, "empty0:off empty1:off "));
  g_assert_nonnull (strstr (calls->str, "freed:m0 "));
  g_assert_nonnull (strstr (calls->str, "freed:m1 "));
  g_assert_true (g_str_has_suffix (calls->str, IDLE));
  g_assert_false (gst_ice_nice_media_is_apart (media));
  g_string_truncate (calls, 0);
  remove_steering (0);
  assert_calls ("");
  /* there is no pair any more */
  steerings[0].is_open = FALSE;
  add (0);
  assert_calls ("empty0:on " IDLE);
}

static void
receive_empty (guint i, guint port)
{
  g_autoptr (GSocketAddress)
      from = g_inet_socket_address_new_from_string (REMOTE, port);

  on_empty (&steerings[i], from, on_empty_data);
}

/* A datagram without data, which only the steering gets. */
static void
test_empty (gint *unused, gconstpointer unused_too)
{
  guint8 octets[sizeof (struct sockaddr_storage) + 1] = { 0 };
  g_autoptr (GSocketAddress)
      unknown = g_native_socket_address_new (octets, sizeof octets);

  select_at (0, REMOTE);
  g_string_truncate (calls, 0);
  receive_empty (0, REMOTE_PORT);
  assert_calls ("of-pair all ");
  receive_empty (0, REMOTE_PORT + 1);
  assert_calls ("of-other all ");
  receive_empty (1, REMOTE_PORT);
  assert_calls ("of-other all ");
  contains = FALSE;
  receive_empty (0, REMOTE_PORT);
  assert_calls ("unknown:1 ");
  on_empty (&steerings[0], unknown, on_empty_data);
  assert_calls ("unknown:1 ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
#define TEST(name, n_steerings)                                                \
  g_test_add ("/media/" #name, gint, GUINT_TO_POINTER (n_steerings), set_up,   \
      test_##name, tear_down)
  TEST (no_offload, 1);
  TEST (offload, 1);
  TEST (offload_of_sender, 1);
  TEST (hand_over, 1);
  TEST (failures, 1);
  TEST (two, 2);
  TEST (other_pair, 1);
  TEST (ipv6, 1);
  TEST (channel_data, 1);
  TEST (relay, 1);
  TEST (relay_without_servers, 1);
  TEST (not_open, 1);
  TEST (close, 2);
  TEST (empty, 2);
  return g_test_run ();
}
