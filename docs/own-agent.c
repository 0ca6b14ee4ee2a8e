/* A call between two agents that the application makes, before there is an
 * element. docs/c.md explains it:
 *   cc own-agent.c -o own-agent $(pkg-config --cflags --libs gst-ice-1.0)
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/gst.h>
#include <gst/ice/ice.h>

/* In the I/O thread. */
static void
pass_on (GstObject *agent, guint stream, const gchar *candidate, gpointer peer)
{
  gboolean taken;

  (void) agent;
  if (candidate != NULL) /* NULL: gathering is complete; not for the peer */
    g_signal_emit_by_name (
        peer, GST_ICE_ACTION_ADD_ICE_CANDIDATE, stream, candidate, &taken);
}

static void
show_state (GstObject *agent, GParamSpec *spec, gpointer unused)
{
  GstIceConnectionState state;
  GEnumClass *states = g_type_class_ref (GST_TYPE_ICE_CONNECTION_STATE);

  (void) unused;
  g_object_get (agent, spec->name, &state, NULL);
  g_print ("%s\n", g_enum_get_value (states, (gint) state)->value_nick);
  g_type_class_unref (states);
}

static void
show_problem (
    GstObject *agent, const GError *error, gboolean fatal, gpointer unused)
{
  (void) agent;
  (void) fatal;
  (void) unused;
  g_print ("%s\n", error->message);
}

static GstObject *
make (GType type, GstIceRole role)
{
  GstObject *agent = g_object_new (type, GST_ICE_PROP_ROLE, role, NULL);

  gst_util_set_object_arg (G_OBJECT (agent), GST_ICE_PROP_LOCAL_ADDRESSES,
      "<127.0.0.1>"); /* this machine only */
  g_signal_connect (agent, "notify::" GST_ICE_PROP_ICE_CONNECTION_STATE,
      G_CALLBACK (show_state), NULL);
  g_signal_connect (
      agent, GST_ICE_SIGNAL_PROBLEM, G_CALLBACK (show_problem), NULL);
  return gst_object_ref_sink (agent);
}

static void
signal_to (GstObject *agent, GstObject *peer)
{
  g_autofree gchar *ufrag = NULL;
  g_autofree gchar *pwd = NULL;
  gboolean done;

  g_signal_connect (
      agent, GST_ICE_SIGNAL_ON_ICE_CANDIDATE, G_CALLBACK (pass_on), peer);
  g_signal_emit_by_name (agent, GST_ICE_ACTION_GATHER_CANDIDATES, &done);
  g_object_get (agent, GST_ICE_PROP_LOCAL_UFRAG, &ufrag, GST_ICE_PROP_LOCAL_PWD,
      &pwd, NULL);
  g_signal_emit_by_name (
      peer, GST_ICE_ACTION_SET_REMOTE_CREDENTIALS, 0, ufrag, pwd, &done);
}

static GstElement *
play (const gchar *description, GstObject *agent)
{
  GstElement *pipeline = gst_parse_launch (description, NULL);
  g_autoptr (GstElement) ice = gst_bin_get_by_name (GST_BIN (pipeline), "ice");

  g_object_set (ice, GST_ICE_PROP_AGENT, agent, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return pipeline;
}

static void
end (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
      bus, 10 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  g_print ("%s\n", message != NULL ? GST_MESSAGE_TYPE_NAME (message) : "late");
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

int
main (int argc, char **argv)
{
  GstObject *caller, *callee;
  GstElement *receiving, *sending;
  GType type;

  gst_init (&argc, &argv);
  type = gst_dynamic_type_factory_load (GST_ICE_AGENT);
  if (type == G_TYPE_INVALID)
    g_error ("the plugin ice is not installed");
  caller = make (type, GST_ICE_ROLE_CONTROLLING);
  callee = make (type, GST_ICE_ROLE_CONTROLLED);
  signal_to (caller, callee);
  signal_to (callee, caller);

  receiving = play ("icesrc name=ice ! fakesink num-buffers=500", callee);
  sending = play ("fakesrc num-buffers=500 sizetype=fixed sizemax=1000 ! "
                  "icesink name=ice",
      caller);
  end (receiving);
  end (sending);
  g_signal_emit_by_name (caller, GST_ICE_ACTION_CLOSE);
  g_signal_emit_by_name (callee, GST_ICE_ACTION_CLOSE);
  gst_object_unref (caller);
  gst_object_unref (callee);
  return 0;
}
