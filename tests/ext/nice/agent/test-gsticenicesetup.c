/* gst-ice: test of how a NiceAgent is set up.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The constructor of libnice is played by this file, for not all of its options
 * can be read from the agent; so are the local addresses and ports. */

#include "agent/gsticenicesetup.h"
#include "addresses/gsticelocaladdress.h"
#include "api/gsticeenumtypes.h"
#include "iothread/gsticedescriptors.h"
#include <string.h>

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

static const gchar *local_addresses; /* NULL: there are none */
static gboolean has_port, has_descriptors;
static guint n_descriptors, n_narrowed;
static gboolean narrowed_for_tcp;

GStrv
gst_ice_local_addresses (const gchar *const *prefixes,
    const gchar *const *interfaces, GError **error)
{
  if (local_addresses != NULL)
    return g_strsplit (local_addresses, " ", 0);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "none");
  return NULL;
}

gboolean
gst_ice_local_ports_narrow (
    GStrv addresses, gboolean tcp, GstIcePortRange *range)
{
  n_narrowed++;
  narrowed_for_tcp = tcp;
  return has_port;
}

gboolean
gst_ice_descriptors_check (guint n, GError **error)
{
  n_descriptors = n;
  if (has_descriptors)
    return TRUE;
  g_set_error_literal (
      error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES, "too many");
  return FALSE;
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  local_addresses = "10.0.0.1 10.0.0.2";
  has_port = has_descriptors = TRUE;
  n_narrowed = 0;
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

static guint
get_uint (NiceAgent *nice, const gchar *property)
{
  guint value;

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
  g_assert_false (get_boolean (nice, "force-relay"));
  g_assert_false (get_boolean (nice, "upnp"));
  g_assert_cmpuint (get_uint (nice, "max-connectivity-checks"), ==, 2048);
  g_assert_cmpuint (get_uint (nice, "stun-pacing-timer"), ==, 10);
  g_object_unref (nice);
}

static void
set_relay_only (Fixture *f)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, GST_TYPE_ICE_TRANSPORT_POLICY);
  g_value_set_enum (&value, GST_ICE_TRANSPORT_POLICY_RELAY);
  g_assert_true (gst_ice_settings_set (
      &f->settings, GST_ICE_SETTING_ICE_TRANSPORT_POLICY, &value, NULL));
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
  set_boolean (f, GST_ICE_SETTING_UPNP, TRUE);
  set_relay_only (f);
  f->options.role = GST_ICE_ROLE_CONTROLLING;
  f->options.stun_server = server;
  nice = gst_ice_nice_setup_make_agent (f->context, &f->options);
  g_object_get (nice, "stun-server", &address, "stun-server-port", &port, NULL);
  g_assert_cmpstr (address, ==, "127.0.0.1");
  g_assert_cmpuint (port, ==, 3479);
  g_assert_true (get_boolean (nice, "ice-tcp"));
  g_assert_true (get_boolean (nice, "controlling-mode"));
  g_assert_true (get_boolean (nice, "force-relay"));
  g_assert_true (get_boolean (nice, "upnp"));
  g_object_unref (nice);
  ice_server_free (server);
}

static void
set_port (Fixture *f, GstIceSetting id, guint port)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_UINT);
  g_value_set_uint (&value, port);
  g_assert_true (gst_ice_settings_set (&f->settings, id, &value, NULL));
}

/* Returns: the error; NULL: addresses and ports were chosen */
static GError *
choose (Fixture *f, guint min, guint max, GstIcePortRange *range)
{
  g_auto (GStrv) addresses = NULL;
  GError *error = NULL;

  set_port (f, GST_ICE_SETTING_MIN_PORT, min);
  set_port (f, GST_ICE_SETTING_MAX_PORT, max);
  addresses = gst_ice_nice_setup_choose_local (&f->settings, range, &error);
  g_assert_true ((addresses == NULL) == (error != NULL));
  if (addresses != NULL)
    g_assert_cmpstr (addresses[1], ==, "10.0.0.2");
  return error;
}

/* A range that is open at one end; none: libnice chooses. */
static void
test_ports (Fixture *f, gconstpointer unused)
{
  static const GstIcePortRange rows[][2] = {
    { { 0, 0 }, { 0, 0 } },
    { { 0, 5000 }, { 1, 5000 } },
    { { 0, 1 }, { 1, 1 } },
    { { 5000, 0 }, { 5000, 65535 } },
    { { 1, 0 }, { 1, 65535 } },
    { { 5000, 6000 }, { 5000, 6000 } },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    GstIcePortRange range = { 7, 7 };

    n_narrowed = 0;
    set_boolean (f, GST_ICE_SETTING_ICE_TCP, i % 2);
    g_assert_no_error (choose (f, rows[i][0].min, rows[i][0].max, &range));
    g_assert_cmpuint (range.min, ==, rows[i][1].min);
    g_assert_cmpuint (range.max, ==, rows[i][1].max);
    g_assert_cmpuint (n_narrowed, ==, i > 0);
    if (i > 0)
      g_assert_cmpint (narrowed_for_tcp, ==, i % 2);
  }
}

static void
assert_fails (Fixture *f, guint min, guint max, gint code, const gchar *text)
{
  g_autoptr (GError) error = NULL;
  GstIcePortRange range;

  error = choose (f, min, max, &range);
  g_assert_error (error, G_IO_ERROR, code);
  g_assert_nonnull (strstr (error->message, text));
}

static void
test_no_ports (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  has_port = FALSE;
  assert_fails (f, 5000, 0, G_IO_ERROR_ADDRESS_IN_USE,
      "no UDP port from min-port 5000 to max-port 65535 is free");
  assert_fails (f, 0, 5001, G_IO_ERROR_ADDRESS_IN_USE,
      "no UDP port from min-port 0 to max-port 5001 is free");
  set_port (f, GST_ICE_SETTING_MAX_PORT, 0);
  gst_ice_nice_setup_explain_no_socket (&f->settings, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  has_descriptors = FALSE;
  assert_fails (f, 5000, 0, G_IO_ERROR_TOO_MANY_OPEN_FILES, "too many");
  g_assert_cmpuint (n_descriptors, ==, 1);
  has_descriptors = TRUE;
  local_addresses = NULL;
  assert_fails (f, 5000, 0, G_IO_ERROR_NOT_FOUND, "none");
}

/* UPnP opens some of its own. */
static void
test_descriptors (Fixture *f, gconstpointer unused)
{
  g_assert_true (gst_ice_nice_setup_check_descriptors (&f->settings, NULL));
  g_assert_cmpuint (n_descriptors, ==, GST_ICE_DESCRIPTORS_SPARE);
  set_boolean (f, GST_ICE_SETTING_UPNP, TRUE);
  has_descriptors = FALSE;
  g_assert_false (gst_ice_nice_setup_check_descriptors (&f->settings, NULL));
  g_assert_cmpuint (n_descriptors, ==, GST_ICE_DESCRIPTORS_SPARE + 16);
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
  g_test_add ("/setup/ports", Fixture, NULL, set_up, test_ports, tear_down);
  g_test_add (
      "/setup/no-ports", Fixture, NULL, set_up, test_no_ports, tear_down);
  g_test_add (
      "/setup/descriptors", Fixture, NULL, set_up, test_descriptors, tear_down);
  g_test_add ("/setup/ready", Fixture, NULL, set_up, test_ready, tear_down);
  return g_test_run ();
}
