/* gst-ice: test of the media sockets: when there is one, and what for.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicemedia.h"
#include "loopback.h"
#include "recordingtransport.h"

#define TAG 0x12345678

typedef struct
{
  GMainContext *context;
  GString *log;
  GstIceTransport *transport;
  GstIceDatapath *datapath;
  GSocket *socket;
  GstIceStunResponses *answers;
  GstIceSteering *steering;
  GstIceNiceMedia *media;
  NiceAddress remote;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->context = g_main_context_new ();
  f->log = g_string_new (NULL);
  f->transport = recording_transport_new (f->log);
  f->datapath = gst_ice_transport_get_datapath (f->transport);
  f->socket = loopback_make_socket ("127.0.0.1");
  f->answers = gst_ice_stun_responses_new (f->context, TAG, NULL, NULL);
  f->steering = gst_ice_steering_new (f->socket, f->answers, f->context, NULL);
  f->media = gst_ice_nice_media_new (f->transport);
  nice_address_init (&f->remote);
  nice_address_set_from_string (&f->remote, "127.0.0.2");
  nice_address_set_port (&f->remote, 50001);
  if (f->steering == NULL)
    g_test_skip ("this system cannot steer");
  else
    gst_ice_nice_media_add_steering (f->media, f->steering, f->context);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_autoptr (GPtrArray) steerings = g_ptr_array_new ();

  if (f->steering != NULL) {
    g_ptr_array_add (steerings, f->steering);
    gst_ice_nice_media_remove_steerings (f->media, steerings);
    gst_ice_steering_free (f->steering);
  }
  gst_ice_nice_media_close (f->media);
  gst_ice_nice_media_free (f->media);
  gst_ice_stun_responses_close (f->answers);
  gst_ice_stun_responses_unref (f->answers);
  g_object_unref (f->socket);
  gst_object_unref (f->transport);
  g_string_free (f->log, TRUE);
  g_main_context_unref (f->context);
}

static void
set_offload (Fixture *f, GstIceDirection direction, gboolean offload)
{
  const GstIceSocketOptions options = { .dscp = -1, .offload = offload };

  gst_ice_nice_media_set_options (f->media, direction, &options);
}

static gboolean
is_open (Fixture *f)
{
  return gst_ice_steering_get_media (f->steering) != NULL;
}

static gboolean
is_active (Fixture *f, GstIceDirection direction)
{
  return gst_ice_datapath_is_offload_active (f->datapath, direction);
}

/* With offload it is open from the start: media may come before a pair is
 * selected. Offload is active with the pair. */
static void
test_offload (Fixture *f, gconstpointer unused)
{
  if (f->steering == NULL)
    return;
  g_assert_false (is_open (f));
  set_offload (f, GST_ICE_DIRECTION_SEND, FALSE);
  g_assert_false (is_open (f));
  set_offload (f, GST_ICE_DIRECTION_RECEIVE, TRUE);
  g_assert_true (is_open (f));
  g_assert_false (is_active (f, GST_ICE_DIRECTION_RECEIVE));
  g_assert_false (gst_ice_nice_media_is_apart (f->media));
  gst_ice_nice_media_select (f->media, f->steering, &f->remote);
  g_assert_true (is_active (f, GST_ICE_DIRECTION_RECEIVE));
  g_assert_false (is_active (f, GST_ICE_DIRECTION_SEND));
  g_assert_true (gst_ice_nice_media_is_apart (f->media));
  set_offload (f, GST_ICE_DIRECTION_SEND, TRUE);
  g_assert_true (is_active (f, GST_ICE_DIRECTION_SEND));
  /* a relayed pair */
  gst_ice_nice_media_select (f->media, NULL, &f->remote);
  g_assert_false (is_active (f, GST_ICE_DIRECTION_RECEIVE));
  g_assert_false (is_active (f, GST_ICE_DIRECTION_SEND));
}

/* Without offload it receives what comes on other pairs than the selected one,
 * so it is opened with that. */
static void
test_no_offload (Fixture *f, gconstpointer unused)
{
  if (f->steering == NULL)
    return;
  set_offload (f, GST_ICE_DIRECTION_RECEIVE, FALSE);
  set_offload (f, GST_ICE_DIRECTION_SEND, FALSE);
  g_assert_false (is_open (f));
  g_assert_false (gst_ice_nice_media_is_apart (f->media));
  gst_ice_nice_media_select (f->media, f->steering, &f->remote);
  g_assert_true (is_open (f));
  g_assert_true (gst_ice_nice_media_is_apart (f->media));
  g_assert_false (is_active (f, GST_ICE_DIRECTION_RECEIVE));
  g_assert_false (is_active (f, GST_ICE_DIRECTION_SEND));
}

static void
set_relay (Fixture *f, gpointer taker, const gchar *server, guint16 channel)
{
  g_autoptr (GSocketAddress)
      address = g_inet_socket_address_new_from_string (server, 3478);
  const GstIceStunRelay relay = { taker, address, channel };

  gst_ice_nice_media_set_relay (&relay, f->media);
}

/* A relayed pair: once the channel is known, datagrams are sent without the
 * agent. */
static void
test_relay (Fixture *f, gconstpointer unused)
{
  if (f->steering == NULL)
    return;
  set_offload (f, GST_ICE_DIRECTION_RECEIVE, TRUE);
  set_offload (f, GST_ICE_DIRECTION_SEND, TRUE);
  gst_ice_nice_media_select (f->media, NULL, &f->remote);
  set_relay (f, f->steering, "127.0.0.3", 0x4000); /* before any server */
  g_assert_false (is_active (f, GST_ICE_DIRECTION_SEND));
  gst_ice_nice_media_add_turn_server (f->media, NULL, 3478);
  gst_ice_nice_media_add_turn_server (f->media, "127.0.0.3", 3478);
  set_relay (f, f->steering, "127.0.0.4", 0x4000); /* by somebody else */
  set_relay (f, f, "127.0.0.3", 0x4000);           /* on another port of ours */
  g_assert_false (is_active (f, GST_ICE_DIRECTION_SEND));

  set_relay (f, f->steering, "127.0.0.3", 0x4000);
  g_assert_true (is_active (f, GST_ICE_DIRECTION_SEND));
  g_assert_false (is_active (f, GST_ICE_DIRECTION_RECEIVE));
  set_offload (f, GST_ICE_DIRECTION_SEND, FALSE);
  g_assert_false (is_active (f, GST_ICE_DIRECTION_SEND));
  set_offload (f, GST_ICE_DIRECTION_SEND, TRUE);
  g_assert_true (is_active (f, GST_ICE_DIRECTION_SEND));

  /* another pair, whose channel is not known */
  gst_ice_nice_media_select (f->media, NULL, &f->remote);
  g_assert_false (is_active (f, GST_ICE_DIRECTION_SEND));
  set_relay (f, f->steering, "127.0.0.3", 0x4001);
  g_assert_true (is_active (f, GST_ICE_DIRECTION_SEND));

  /* a direct one: a late answer changes nothing */
  gst_ice_nice_media_select (f->media, f->steering, &f->remote);
  set_relay (f, f->steering, "127.0.0.3", 0x4001);
  g_assert_true (is_active (f, GST_ICE_DIRECTION_RECEIVE));
  gst_ice_nice_media_select (f->media, NULL, &f->remote);
  g_assert_false (is_active (f, GST_ICE_DIRECTION_SEND));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add ("/media/relay", Fixture, NULL, set_up, test_relay, tear_down);
  g_test_add ("/media/offload", Fixture, NULL, set_up, test_offload, tear_down);
  g_test_add (
      "/media/no-offload", Fixture, NULL, set_up, test_no_offload, tear_down);
  return g_test_run ();
}
