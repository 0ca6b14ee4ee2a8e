/* A call between icesink and icesrc by the installed header, built as an
 * application builds it:
 *   cc call.c -o call $(pkg-config --cflags --libs gst-ice-1.0)
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/gst.h>
#include <gst/ice/ice.h>

#define PATIENCE (60 * GST_SECOND)

/* From the I/O thread. */
static void
pass_on (GstElement *ice, guint stream, const gchar *candidate, gpointer peer)
{
  gboolean taken = FALSE;

  (void) ice;
  if (candidate == NULL) /* all is gathered; the peer needs not know */
    return;
  g_signal_emit_by_name (
      peer, GST_ICE_ACTION_ADD_ICE_CANDIDATE, stream, candidate, &taken);
  g_assert_true (taken);
}

static void
pass_on_credentials (GstElement *ice, GstElement *peer)
{
  g_autofree gchar *ufrag = NULL;
  g_autofree gchar *pwd = NULL;
  gboolean taken = FALSE;

  g_object_get (ice, GST_ICE_PROP_LOCAL_UFRAG, &ufrag, GST_ICE_PROP_LOCAL_PWD,
      &pwd, NULL);
  g_signal_emit_by_name (
      peer, GST_ICE_ACTION_SET_REMOTE_CREDENTIALS, 0, ufrag, pwd, &taken);
  g_assert_true (taken);
}

static void
print_connection_state (const GstStructure *message)
{
  gint state = -1;

  g_assert_true (gst_structure_get_enum (
      message, GST_ICE_FIELD_NEW, GST_TYPE_ICE_CONNECTION_STATE, &state));
  g_print ("%s %d %s\n", GST_ICE_MESSAGE_ICE_CONNECTION_STATE, state,
      gst_structure_get_string (message, GST_ICE_FIELD_REASON));
}

static GstMessageType
wait_for_end (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  const GstMessageType ends = GST_MESSAGE_EOS | GST_MESSAGE_ERROR;

  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        bus, PATIENCE, ends | GST_MESSAGE_ELEMENT);

    if (message == NULL || GST_MESSAGE_TYPE (message) & ends)
      return message == NULL ? GST_MESSAGE_UNKNOWN : GST_MESSAGE_TYPE (message);
    if (gst_message_has_name (message, GST_ICE_MESSAGE_ICE_CONNECTION_STATE))
      print_connection_state (gst_message_get_structure (message));
  }
}

static void
print_stats (GstElement *ice, const gchar *type)
{
  g_autoptr (GstStructure) stats = NULL;
  gint i;

  g_signal_emit_by_name (ice, GST_ICE_ACTION_GET_STATS, &stats);
  g_assert_true (gst_structure_has_name (stats, GST_ICE_STATS));
  for (i = 0; i < gst_structure_n_fields (stats); i++) {
    const GValue *entry = gst_structure_get_value (
        stats, gst_structure_nth_field_name (stats, (guint) i));
    guint64 packets = 0;

    if (!GST_VALUE_HOLDS_STRUCTURE (entry)
        || g_strcmp0 (gst_structure_get_string (
                          gst_value_get_structure (entry), GST_ICE_STAT_TYPE),
               type)
            != 0)
      continue;
    g_assert_true (gst_structure_get_uint64 (gst_value_get_structure (entry),
        GST_ICE_STAT_PACKETS_RECEIVED, &packets));
    g_print (
        "%s %" G_GUINT64_FORMAT "\n", GST_ICE_STAT_PACKETS_RECEIVED, packets);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GstElement) sending = NULL;
  g_autoptr (GstElement) receiving = NULL;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstElement) src = NULL;
  GstMessageType end;
  GstIceRole role = GST_ICE_ROLE_UNKNOWN;

  gst_init (&argc, &argv);
  sending = gst_parse_launch ("fakesrc num-buffers=5 sizetype=fixed ! icesink "
                              "name=ice local-addresses=<127.0.0.1>",
      NULL);
  receiving = gst_parse_launch (
      "icesrc name=ice local-addresses=<127.0.0.1> ! fakesink num-buffers=5",
      NULL);
  g_assert_true (sending != NULL && receiving != NULL);
  sink = gst_bin_get_by_name (GST_BIN (sending), "ice");
  src = gst_bin_get_by_name (GST_BIN (receiving), "ice");
  g_object_set (src, GST_ICE_PROP_ROLE, GST_ICE_ROLE_CONTROLLED, NULL);
  g_object_get (src, GST_ICE_PROP_ROLE, &role, NULL);
  g_assert_cmpint (role, ==, GST_ICE_ROLE_CONTROLLED);
  g_signal_connect (
      sink, GST_ICE_SIGNAL_ON_ICE_CANDIDATE, G_CALLBACK (pass_on), src);
  g_signal_connect (
      src, GST_ICE_SIGNAL_ON_ICE_CANDIDATE, G_CALLBACK (pass_on), sink);

  gst_element_set_state (receiving, GST_STATE_PLAYING);
  gst_element_set_state (sending, GST_STATE_PLAYING);
  pass_on_credentials (sink, src);
  pass_on_credentials (src, sink);
  end = wait_for_end (receiving);
  if (end == GST_MESSAGE_EOS)
    print_stats (src, GST_ICE_STAT_TYPE_TRANSPORT);
  gst_element_set_state (sending, GST_STATE_NULL);
  gst_element_set_state (receiving, GST_STATE_NULL);
  return end == GST_MESSAGE_EOS ? 0 : 1;
}
