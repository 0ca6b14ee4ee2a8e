/* gst-ice: test of what both elements share: messages, what a failure does,
 * statistics and actions, and what is left when an element is unbound.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "elements/gsticeendpoint.h"
#include "fakeagent.h"
#include "suite.h"
#include "api/gsticeenumtypes.h"
#include "model/iceserver.h"
#include <string.h>

static GstElement *
make (const gchar *type)
{
  GstElement *element = gst_element_factory_make (type, NULL);

  g_object_set (element, "connection-id", "call", NULL);
  return gst_object_ref_sink (element);
}

static void
end (GstElement *element)
{
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
}

static void
to_ready (GstElement *element)
{
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_READY), ==,
      GST_STATE_CHANGE_SUCCESS);
}

/* Errors of GIO and of others have GStreamer's codes. */
static void
test_post (void)
{
  static const struct
  {
    gint code; /* of GIO; -1: of another domain; -2: of GStreamer's resources */
    gint expected;
  } rows[] = {
    { G_IO_ERROR_ADDRESS_IN_USE, GST_RESOURCE_ERROR_BUSY },
    { G_IO_ERROR_BUSY, GST_RESOURCE_ERROR_BUSY },
    { G_IO_ERROR_INVALID_ARGUMENT, GST_RESOURCE_ERROR_SETTINGS },
    { G_IO_ERROR_FAILED, GST_RESOURCE_ERROR_OPEN_READ_WRITE },
    { -1, GST_RESOURCE_ERROR_SETTINGS },
    { -2, GST_RESOURCE_ERROR_NOT_FOUND },
  };
  GstElement *element = make ("icesrc");
  GstBus *bus = gst_bus_new ();
  guint i;

  gst_element_set_bus (element, bus);
  for (i = 0; i < 2 * G_N_ELEMENTS (rows); i++) {
    gint code = rows[i / 2].code;
    gboolean fatal = i % 2;
    g_autoptr (GError) error = code >= 0
        ? g_error_new_literal (G_IO_ERROR, code, "why")
        : g_error_new_literal (
            code == -1 ? ICE_SERVER_ERROR : GST_RESOURCE_ERROR,
            GST_RESOURCE_ERROR_NOT_FOUND, "why");
    g_autoptr (GError) posted = NULL;
    GstMessage *message;

    gst_ice_endpoint_post (gst_ice_endpoint_get (element), error, fatal);
    message = gst_bus_pop (bus);
    if (fatal)
      gst_message_parse_error (message, &posted, NULL);
    else
      gst_message_parse_warning (message, &posted, NULL);
    g_assert_error (posted, GST_RESOURCE_ERROR, rows[i / 2].expected);
    g_assert_cmpstr (posted->message, ==, "why");
    gst_message_unref (message);
    g_assert_null (gst_bus_pop (bus));
  }
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  end (element);
}

static void
assert_on_failed (GstElement *element, GstIceOnFailed expected)
{
  g_assert_cmpint (
      gst_ice_endpoint_get_on_failed (gst_ice_endpoint_get (element)), ==,
      expected);
}

/* Its own setting, else the agent's; no error where a restart follows. */
static void
test_on_failed (void)
{
  GstElement *src = make ("icesrc"), *other = make ("icesrc");
  g_autoptr (GstIceAgent) agent = NULL;

  assert_on_failed (src, GST_ICE_ON_FAILED_ERROR);
  to_ready (src);
  agent = gst_ice_endpoint_get_agent (gst_ice_endpoint_get (src));
  assert_on_failed (src, GST_ICE_ON_FAILED_ERROR);
  g_object_set (agent, "restart-on", GST_ICE_RESTART_ON_FAILED, NULL);
  assert_on_failed (src, GST_ICE_ON_FAILED_WARNING);
  assert_on_failed (other, GST_ICE_ON_FAILED_ERROR); /* which has no agent */
  g_object_set (agent, "on-failed", GST_ICE_ON_FAILED_EOS, NULL);
  assert_on_failed (src, GST_ICE_ON_FAILED_EOS);
  g_object_set (src, "on-failed", GST_ICE_ON_FAILED_NONE, NULL);
  assert_on_failed (src, GST_ICE_ON_FAILED_NONE);
  end (src);
  end (other);
}

static void
test_binding (void)
{
  GstElement *src = make ("icesrc");
  GstIceEndpoint *endpoint = gst_ice_endpoint_get (src);
  GstIceTransport *transport, *shown;

  g_assert_null (gst_ice_endpoint_get_agent (endpoint));
  g_assert_null (gst_ice_endpoint_get_transport (endpoint));
  to_ready (src);
  transport = gst_ice_endpoint_get_transport (endpoint);
  g_object_get (src, "transport", &shown, NULL);
  g_assert_true (transport == shown);
  gst_object_unref (shown);
  gst_object_unref (transport);
  gst_element_set_state (src, GST_STATE_NULL);
  g_assert_null (gst_ice_endpoint_get_transport (endpoint));
  end (src);
}

/* An element's place is free again when it has gone. */
static void
test_unbind (void)
{
  GstElement *src = make ("icesrc"), *sink = make ("icesink");
  GstElement *next = make ("icesrc");

  to_ready (src);
  to_ready (sink);
  g_assert_cmpint (gst_element_set_state (next, GST_STATE_READY), ==,
      GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (src, GST_STATE_NULL);
  to_ready (next);
  end (src);
  end (next);
  end (sink);
}

static void
assert_entry (GstElement *element, const gchar *type)
{
  GstStructure *stats = NULL, *entry = NULL;

  g_signal_emit_by_name (element, "get-stats", &stats);
  g_assert_true (
      gst_structure_has_field_typed (stats, type, GST_TYPE_STRUCTURE));
  gst_structure_get (stats, type, GST_TYPE_STRUCTURE, &entry, NULL);
  g_assert_cmpstr (gst_structure_get_string (entry, "type"), ==, type);
  g_assert_cmpstr (
      gst_structure_get_string (entry, "id"), ==, GST_OBJECT_NAME (element));
  gst_structure_free (entry);
  gst_structure_free (stats);
}

/* An entry of the element's own, by the name of its factory, else its type. */
static void
test_stats (void)
{
  GstElement *src = make ("icesrc");
  GstElement *plain = gst_object_ref_sink (
      g_object_new (G_OBJECT_TYPE (src), NULL));

  assert_entry (src, "icesrc");
  to_ready (src);
  assert_entry (src, "icesrc");
  gst_element_set_state (src, GST_STATE_NULL);
  GST_ELEMENT_GET_CLASS (plain)->elementfactory = NULL;
  assert_entry (plain, G_OBJECT_TYPE_NAME (src));
  end (plain);
  end (src);
}

static void
test_actions (void)
{
  GstElement *src = make ("icesrc");
  g_autoptr (GstIceAgent) agent = NULL;
  g_autofree gchar *before = NULL, *after = NULL;
  gboolean done = FALSE;

  to_ready (src);
  agent = gst_ice_endpoint_get_agent (gst_ice_endpoint_get (src));
  g_signal_emit_by_name (src, "restart", &done); /* of nothing */
  g_assert_false (done);
  g_signal_emit_by_name (src, "gather-candidates", &done);
  g_assert_true (done);
  g_object_get (agent, "local-ufrag", &before, NULL);
  g_signal_emit_by_name (src, "restart", &done);
  g_assert_true (done);
  g_object_get (agent, "local-ufrag", &after, NULL);
  g_assert_cmpstr (before, !=, after);
  g_signal_emit_by_name (src, "add-ice-candidate", 0, "wrong", &done);
  g_assert_false (done);
  g_assert_false (gst_ice_agent_is_closed (agent));
  g_signal_emit_by_name (src, "close");
  suite_wait_until (gst_ice_agent_is_closed (agent));
  end (src);
}

static void
count_notify (GObject *object, GParamSpec *spec, gpointer count)
{
  ++*(guint *) count;
}

/* How often a change is notified of. */
static guint
count_changes (GstElement *element, const gchar *property, guint value)
{
  g_autofree gchar *signal = g_strconcat ("notify::", property, NULL);
  guint count = 0;
  gulong id = g_signal_connect (
      element, signal, G_CALLBACK (count_notify), &count);

  g_object_set (element, property, value, NULL);
  fake_settle ();
  g_signal_handler_disconnect (element, id);
  return count;
}

/* Once, whoever notifies of it, and not where nothing has changed. */
static void
test_notify (void)
{
  GstElement *src = make ("icesrc");
  guint i;

  for (i = 0; i < 2; i++) {
    g_assert_cmpuint (count_changes (src, "min-port", 5000 + i), ==, 1);
    g_assert_cmpuint (count_changes (src, "min-port", 5000 + i), ==, 0);
    g_assert_cmpuint (count_changes (src, "on-failed",
                          i ? GST_ICE_ON_FAILED_EOS : GST_ICE_ON_FAILED_NONE),
        ==, 1);
    to_ready (src);
  }
  end (src);
}

/* A bad value is reported at once while it is bound, else when it is. */
static void
test_bad_value (void)
{
  GstElement *src = make ("icesrc");
  GstBus *bus = gst_bus_new ();
  GstMessage *message;

  gst_element_set_bus (src, bus);
  g_object_set (src, "stun-server", "stun:192.0.2.1", NULL);
  to_ready (src);
  g_assert_null (gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING));
  g_object_set (src, "stun-server", "stun:192.0.2.2", NULL);
  g_assert_null (gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING));
  g_object_set (src, "stun-server", "http:wrong", NULL);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_unref (message);
  gst_element_set_bus (src, NULL);
  gst_object_unref (bus);
  end (src);
}

/* The documentation lists these types, with their members. */
static void
test_types (void)
{
  static const gchar *const names[] = { "GstIceAgent", "GstIceTransport",
    "GstIceConnectionState", "GstIceGatheringState", "GstIceCandidatePairState",
    "GstIceRole", "GstIceTransportPolicy", "GstIceOnFailed", "GstIceRestartOn",
    "GstIceOffload" };
  GstElement *src = make ("icesrc");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    GType type = g_type_from_name (names[i]);
    GstPluginAPIFlags flags = 1;

    g_assert_cmpuint (type, !=, 0);
    g_assert_true (gst_type_is_plugin_api (type, &flags));
    g_assert_cmpuint (flags, ==, 0);
  }
  end (src);
}

static const SuiteTest tests[] = {
  { "/endpoint/post", test_post },
  { "/endpoint/on-failed", test_on_failed },
  { "/endpoint/binding", test_binding },
  { "/endpoint/unbind", test_unbind },
  { "/endpoint/actions", test_actions },
  { "/endpoint/stats", test_stats },
  { "/endpoint/notify", test_notify },
  { "/endpoint/bad-value", test_bad_value },
  { "/endpoint/types", test_types },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
