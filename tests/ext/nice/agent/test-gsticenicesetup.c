/* gst-ice: test of how a NiceAgent is set up.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The constructor of libnice is played by this file, for not all of its options
 * can be read from the agent. */

#include "agent/gsticenicesetup.h"
#include "api/gsticeenumtypes.h"

typedef struct
{
  GMainContext *context;
  GstIceSettings settings;
  GstIceGatherOptions options;
} Fixture;

/* of libnice 0.1.23 */
#define OPTION_CLOSE_FORCED 0x80

static guint options_of_agent;

NiceAgent *
nice_agent_new_full (GMainContext *context, NiceCompatibility compatibility,
    NiceAgentOption options)
{
  g_assert_cmpint (compatibility, ==, NICE_COMPATIBILITY_RFC5245);
  options_of_agent = options;
  return g_object_new (NICE_TYPE_AGENT, "compatibility", compatibility,
      "main-context", context, NULL);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->context = g_main_context_new ();
  gst_ice_settings_init (&f->settings);
  f->options = (GstIceGatherOptions){ .settings = &f->settings,
    .role = GST_ICE_ROLE_CONTROLLED };
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  gst_ice_settings_clear (&f->settings);
  g_main_context_unref (f->context);
}

static void
set_boolean (Fixture *f, GstIceSetting id, gboolean value)
{
  g_auto (GValue) boolean = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  g_value_init (&boolean, G_TYPE_BOOLEAN);
  g_value_set_boolean (&boolean, value);
  g_assert_true (gst_ice_settings_set (&f->settings, id, &boolean, &error));
  g_assert_no_error (error);
}

static gboolean
get_boolean (NiceAgent *nice, const gchar *property)
{
  gboolean value;

  g_object_get (nice, property, &value, NULL);
  return value;
}

static void
test_defaults (Fixture *f, gconstpointer unused)
{
  NiceAgent *nice = gst_ice_nice_setup_make_agent (f->context, &f->options);
  g_autofree gchar *server = NULL;

  g_assert_cmphex (options_of_agent, ==,
      NICE_AGENT_OPTION_REGULAR_NOMINATION | NICE_AGENT_OPTION_ICE_TRICKLE
          | OPTION_CLOSE_FORCED);
  g_object_get (nice, "stun-server", &server, NULL);
  g_assert_null (server);
  g_assert_false (get_boolean (nice, "ice-tcp"));
  g_assert_false (get_boolean (nice, "controlling-mode"));
  g_object_unref (nice);
}

static void
test_settings (Fixture *f, gconstpointer unused)
{
  IceServer *server = ice_server_parse ("stun://127.0.0.1:3479", NULL);
  g_autofree gchar *address = NULL;
  NiceAgent *nice;
  guint port;

  server->address = g_strdup (server->host);
  set_boolean (f, GST_ICE_SETTING_ICE_TCP, TRUE);
  f->options.role = GST_ICE_ROLE_CONTROLLING;
  f->options.stun_server = server;
  nice = gst_ice_nice_setup_make_agent (f->context, &f->options);
  g_object_get (nice, "stun-server", &address, "stun-server-port", &port, NULL);
  g_assert_cmpstr (address, ==, "127.0.0.1");
  g_assert_cmpuint (port, ==, 3479);
  g_assert_true (get_boolean (nice, "ice-tcp"));
  g_assert_true (get_boolean (nice, "controlling-mode"));
  g_object_unref (nice);
  ice_server_free (server);
}

static guint
get_idle_timeout (NiceAgent *nice)
{
  guint timeout;

  g_object_get (nice, "idle-timeout", &timeout, NULL);
  return timeout;
}

/* Without a nominated pair, the end of libnice's timer fails the component. */
static void
test_ready (Fixture *f, gconstpointer unused)
{
  NiceAgent *nice = gst_ice_nice_setup_make_agent (f->context, &f->options);

  g_assert_cmpuint (get_idle_timeout (nice), ==, 5000);
  gst_ice_nice_setup_set_ready (nice, TRUE);
  g_assert_cmpuint (get_idle_timeout (nice), ==, 50);
  gst_ice_nice_setup_set_ready (nice, FALSE);
  g_assert_cmpuint (get_idle_timeout (nice), ==, 5000);
  g_object_unref (nice);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add (
      "/setup/defaults", Fixture, NULL, set_up, test_defaults, tear_down);
  g_test_add (
      "/setup/settings", Fixture, NULL, set_up, test_settings, tear_down);
  g_test_add ("/setup/ready", Fixture, NULL, set_up, test_ready, tear_down);
  return g_test_run ();
}
