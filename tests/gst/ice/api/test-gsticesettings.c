/* gst-ice: test of gsticesettings.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gsticesettings.h"
#include "model/iceserver.h"
#include "suite.h"
#include <string.h>

#define TURN_A "turn://user:secret@192.0.2.1:3478?transport=udp"
#define TURN_B "turn://user:secret@192.0.2.2:3478?transport=tcp"

static gboolean
set_string (GstIceSettings *settings, GstIceSetting id, const gchar *text,
    GError **error)
{
  GValue value = G_VALUE_INIT;
  gboolean taken;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, text);
  taken = gst_ice_settings_set (settings, id, &value, error);
  g_value_unset (&value);
  return taken;
}

static gboolean
set_list (GstIceSettings *settings, GstIceSetting id, const gchar *items,
    GError **error)
{
  g_auto (GStrv) list = g_strsplit (items, " ", -1);
  GValue value = G_VALUE_INIT;
  gboolean taken;
  guint i;

  g_value_init (&value, GST_TYPE_ARRAY);
  for (i = 0; list[i] != NULL; i++) {
    GValue item = G_VALUE_INIT;

    g_value_init (&item, G_TYPE_STRING);
    g_value_set_string (&item, list[i]);
    gst_value_array_append_and_take_value (&value, &item);
  }
  taken = gst_ice_settings_set (settings, id, &value, error);
  g_value_unset (&value);
  return taken;
}

static void
set_uint (GstIceSettings *settings, GstIceSetting id, guint number)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_UINT);
  g_value_set_uint (&value, number);
  g_assert_true (gst_ice_settings_set (settings, id, &value, NULL));
  g_value_unset (&value);
}

static gchar *
join (GstIceSettings *settings, GstIceSetting id)
{
  g_auto (GStrv) strings = gst_ice_settings_get_strings (settings, id);

  return g_strjoinv (" ", strings);
}

#define assert_list(settings, id, expected)                                    \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree gchar *list_ = join (settings, id);                             \
    g_assert_cmpstr (list_, ==, expected);                                     \
  }                                                                            \
  G_STMT_END

static void
test_defaults (void)
{
  GstIceSettings settings;
  GstIceSetting id;

  gst_ice_settings_init (&settings);
  for (id = 0; id < GST_ICE_N_SETTINGS; id++) {
    g_assert_false (settings.chosen[id]);
    g_assert_null (settings.refused[id]);
    g_assert_true (gst_ice_setting_check (id, &settings.values[id], NULL));
    g_assert_nonnull (gst_ice_setting_get_name (id));
  }
  g_assert_true (gst_ice_settings_verify (&settings, NULL));
  gst_ice_settings_clear (&settings);
}

static const struct
{
  GstIceSetting id;
  const gchar *value, *fragment;
} bad[] = {
  { GST_ICE_SETTING_LOCAL_UFRAG, "abc", "3 characters" },
  { GST_ICE_SETTING_LOCAL_UFRAG, "ab c", "byte 3" },
  { GST_ICE_SETTING_LOCAL_PWD, "secret", "6 characters" },
  { GST_ICE_SETTING_REMOTE_UFRAG, "", "0 characters" },
  { GST_ICE_SETTING_REMOTE_PWD, "secretsecretsecretsecret-", "byte 25" },
  { GST_ICE_SETTING_STUN_SERVER, "example.com",
      "stun-server: \"example.com\" does not begin with \"stun:\"; write "
      "stun://example.com" },
  { GST_ICE_SETTING_STUN_SERVER, "http://example.com", "stun://host:port" },
  { GST_ICE_SETTING_STUN_SERVER, "turn:user:secret@example.com",
      "turn-servers" },
  { GST_ICE_SETTING_STUN_SERVER, "stuns:example.com", "not supported" },
  { GST_ICE_SETTING_TURN_SERVER, "stun:example.com", "stun-server" },
  { GST_ICE_SETTING_TURN_SERVER, "turn:example.com", "user:password" },
  { GST_ICE_SETTING_TURN_SERVER, "turns:example.com", "user:password" },
  { GST_ICE_SETTING_TURN_SERVER, "turns://u:secret@example.com?transport=udp",
      "DTLS" },
  { GST_ICE_SETTING_SIGNALLING_URI, "http://example.com", "signalling-uri: " },
};

/* Refused, nothing changed, remembered until a good value comes; the error has
 * no secret. */
static void
test_bad_strings (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL, again = NULL;
    GValue value = G_VALUE_INIT;
    GstIceSettings settings;

    g_test_message ("%s", bad[i].value);
    gst_ice_settings_init (&settings);
    g_assert_false (set_string (&settings, bad[i].id, bad[i].value, &error));
    g_assert_true (g_str_has_prefix (
        error->message, gst_ice_setting_get_name (bad[i].id)));
    if (strstr (error->message, bad[i].fragment) == NULL)
      g_error ("no \"%s\" in \"%s\"", bad[i].fragment, error->message);
    g_assert_null (strstr (error->message, "secret"));
    g_assert_false (settings.chosen[bad[i].id]);
    g_value_init (&value, G_TYPE_STRING);
    gst_ice_settings_get (&settings, bad[i].id, &value);
    g_assert_null (g_value_get_string (&value));
    g_value_unset (&value);

    g_assert_false (gst_ice_settings_verify (&settings, &again));
    g_assert_cmpstr (again->message, ==, error->message);
    g_assert_true (set_string (&settings, bad[i].id, NULL, NULL));
    g_assert_true (gst_ice_settings_verify (&settings, NULL));
    gst_ice_settings_clear (&settings);
  }
}

static void
test_bad_lists (void)
{
  static const struct
  {
    GstIceSetting id;
    const gchar *items, *fragment;
  } lists[] = {
    { GST_ICE_SETTING_LOCAL_ADDRESSES, "127.0.0.1 localhost", "item 1" },
    { GST_ICE_SETTING_LOCAL_ADDRESSES, "10.0.0.0/33", "10.0.0.0/33" },
    { GST_ICE_SETTING_INTERFACES, "eth* !", "item 1" },
    { GST_ICE_SETTING_TURN_SERVERS, TURN_A " turn:example.com", "item 1" },
    { GST_ICE_SETTING_REMOTE_CANDIDATES, "candidate:1", "remote-candidates" },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (lists); i++) {
    g_autoptr (GError) error = NULL;
    GstIceSettings settings;

    g_test_message ("%s", lists[i].items);
    gst_ice_settings_init (&settings);
    g_assert_false (set_list (&settings, lists[i].id, lists[i].items, &error));
    g_assert_nonnull (strstr (error->message, lists[i].fragment));
    g_assert_null (strstr (error->message, "secret"));
    assert_list (&settings, lists[i].id, "");
    gst_ice_settings_clear (&settings);
  }
}

/* What a GstValueArray can hold beside strings. */
static void
test_wrong_items (void)
{
  GValue list = G_VALUE_INIT, item = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;
  GstIceSettings settings;
  guint i;

  gst_ice_settings_init (&settings);
  g_value_init (&list, GST_TYPE_ARRAY);
  g_value_init (&item, G_TYPE_INT);
  gst_value_array_append_value (&list, &item);
  g_value_unset (&item);
  g_assert_false (gst_ice_settings_set (
      &settings, GST_ICE_SETTING_INTERFACES, &list, &error));
  g_assert_nonnull (strstr (error->message, "item 0 is not a string"));
  g_clear_error (&error);

  g_value_reset (&list);
  g_value_init (&item, G_TYPE_STRING);
  gst_value_array_append_value (&list, &item); /* NULL */
  g_assert_false (gst_ice_settings_set (
      &settings, GST_ICE_SETTING_INTERFACES, &list, &error));
  g_clear_error (&error);

  g_value_reset (&list);
  g_value_set_static_string (&item, "eth0");
  for (i = 0; i < 1025; i++)
    gst_value_array_append_value (&list, &item);
  g_assert_false (gst_ice_settings_set (
      &settings, GST_ICE_SETTING_INTERFACES, &list, &error));
  g_assert_nonnull (strstr (error->message, "1025"));
  g_value_unset (&item);
  g_value_unset (&list);
  gst_ice_settings_clear (&settings);
}

static void
test_turn_server (void)
{
  GstIceSettings settings;
  GValue value = G_VALUE_INIT;

  gst_ice_settings_init (&settings);
  g_value_init (&value, G_TYPE_STRING);
  g_assert_true (set_list (
      &settings, GST_ICE_SETTING_TURN_SERVERS, TURN_A " " TURN_B, NULL));
  gst_ice_settings_get (&settings, GST_ICE_SETTING_TURN_SERVER, &value);
  g_assert_cmpstr (g_value_get_string (&value), ==, TURN_A);
  g_assert_true (
      set_string (&settings, GST_ICE_SETTING_TURN_SERVER, TURN_B, NULL));
  assert_list (&settings, GST_ICE_SETTING_TURN_SERVERS, TURN_B);
  g_assert_true (settings.chosen[GST_ICE_SETTING_TURN_SERVERS]);
  g_assert_true (
      set_string (&settings, GST_ICE_SETTING_TURN_SERVER, NULL, NULL));
  assert_list (&settings, GST_ICE_SETTING_TURN_SERVERS, "");

  /* A good value of one name mends a bad one of the other. */
  g_assert_false (set_string (
      &settings, GST_ICE_SETTING_TURN_SERVER, "stun:192.0.2.1", NULL));
  g_assert_false (gst_ice_settings_verify (&settings, NULL));
  g_assert_true (
      set_list (&settings, GST_ICE_SETTING_TURN_SERVERS, TURN_A, NULL));
  g_assert_true (gst_ice_settings_verify (&settings, NULL));
  g_assert_false (set_list (
      &settings, GST_ICE_SETTING_TURN_SERVERS, "stun:192.0.2.1", NULL));
  g_assert_false (gst_ice_settings_verify (&settings, NULL));
  g_assert_true (
      set_string (&settings, GST_ICE_SETTING_TURN_SERVER, TURN_A, NULL));
  g_assert_true (gst_ice_settings_verify (&settings, NULL));
  g_value_unset (&value);
  gst_ice_settings_clear (&settings);
}

/* Setting remote-candidates adds. */
static void
test_remote_candidates (void)
{
  GValue list = G_VALUE_INIT, item = G_VALUE_INIT;
  GstIceSettings settings;

  gst_ice_settings_init (&settings);
  g_value_init (&list, GST_TYPE_ARRAY);
  g_value_init (&item, G_TYPE_STRING);
  g_value_set_static_string (
      &item, "candidate:1 1 udp 1 10.0.0.1 5000 typ host");
  gst_value_array_append_value (&list, &item);
  g_assert_true (gst_ice_settings_set (
      &settings, GST_ICE_SETTING_REMOTE_CANDIDATES, &list, NULL));
  g_value_reset (&list);
  g_value_set_static_string (&item, "");
  gst_value_array_append_value (&list, &item);
  g_assert_true (gst_ice_settings_set (
      &settings, GST_ICE_SETTING_REMOTE_CANDIDATES, &list, NULL));
  assert_list (&settings, GST_ICE_SETTING_REMOTE_CANDIDATES,
      "candidate:1 1 udp 1 10.0.0.1 5000 typ host ");
  g_value_unset (&item);
  g_value_unset (&list);
  gst_ice_settings_clear (&settings);
}

static void
test_ports (void)
{
  g_autoptr (GError) error = NULL;
  GstIceSettings settings;

  gst_ice_settings_init (&settings);
  set_uint (&settings, GST_ICE_SETTING_MIN_PORT, 6000);
  g_assert_true (gst_ice_settings_verify (&settings, NULL));
  set_uint (&settings, GST_ICE_SETTING_MAX_PORT, 5999);
  g_assert_false (gst_ice_settings_verify (&settings, &error));
  g_assert_nonnull (strstr (error->message, "6000"));
  g_assert_nonnull (strstr (error->message, "5999"));
  set_uint (&settings, GST_ICE_SETTING_MAX_PORT, 6000);
  g_assert_true (gst_ice_settings_verify (&settings, NULL));
  gst_ice_settings_clear (&settings);
}

static void
test_copy (void)
{
  g_autoptr (GError) error = NULL;
  GstIceSettings settings, copy;

  gst_ice_settings_init (&settings);
  set_uint (&settings, GST_ICE_SETTING_MIN_PORT, 6000);
  set_list (&settings, GST_ICE_SETTING_INTERFACES, "eth0 !eth1", NULL);
  set_string (&settings, GST_ICE_SETTING_LOCAL_UFRAG, "abc", NULL);
  gst_ice_settings_copy (&copy, &settings);
  gst_ice_settings_clear (&settings);
  g_assert_cmpuint (
      gst_ice_settings_get_uint (&copy, GST_ICE_SETTING_MIN_PORT), ==, 6000);
  assert_list (&copy, GST_ICE_SETTING_INTERFACES, "eth0 !eth1");
  g_assert_true (copy.chosen[GST_ICE_SETTING_MIN_PORT]);
  g_assert_false (copy.chosen[GST_ICE_SETTING_MAX_PORT]);
  g_assert_false (gst_ice_settings_verify (&copy, &error));
  gst_ice_settings_clear (&copy);
}

static gboolean
set_ice_servers (GstIceSettings *settings, const gchar *text, GError **error)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree gchar *copy = g_strdup (text); /* GStreamer writes into it */
  GParamSpec *spec = g_param_spec_ref_sink (
      gst_ice_setting_make_spec (GST_ICE_SETTING_ICE_SERVERS));

  g_value_init (&value, GST_TYPE_ARRAY);
  g_assert_true (gst_value_deserialize_with_pspec (&value, copy, spec));
  g_param_spec_unref (spec);
  return gst_ice_settings_set (
      settings, GST_ICE_SETTING_ICE_SERVERS, &value, error);
}

/* The servers to gather with, as they may be printed. */
static gchar *
list_servers (GstIceSettings *settings)
{
  g_autoptr (GPtrArray) servers = gst_ice_settings_list_servers (settings);
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < servers->len; i++) {
    g_autofree gchar *one = ice_server_to_string (
        g_ptr_array_index (servers, i));

    g_string_append_printf (text, "%s ", one);
  }
  return g_string_free (text, FALSE);
}

#define assert_servers(settings, expected)                                     \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree gchar *servers_ = list_servers (settings);                      \
    g_assert_cmpstr (servers_, ==, expected);                                  \
  }                                                                            \
  G_STMT_END

/* They are added to the others; one STUN server is asked. */
static void
test_ice_servers (void)
{
  GstIceSettings settings;
  GValue value = G_VALUE_INIT;

  gst_ice_settings_init (&settings);
  g_assert_true (set_ice_servers (&settings,
      "<[s,urls=<\"stun:a\",\"turn:a\">,username=\"1700000000:me\",credential="
      "\"p/+=@:%\"],[t,urls=\"stun:b\"],[u,urls=\"turns:c\",username=\"u\","
      "credential=\"p\"]>",
      NULL));
  assert_servers (&settings,
      "stun:a:3478 turn://1700000000%3Ame:***@a:3478?transport=udp "
      "turns://u:***@c:5349?transport=tcp ");
  g_assert_true (
      set_string (&settings, GST_ICE_SETTING_STUN_SERVER, "stun:first", NULL));
  g_assert_true (
      set_string (&settings, GST_ICE_SETTING_TURN_SERVER, TURN_A, NULL));
  assert_servers (&settings,
      "stun:first:3478 turn://user:***@192.0.2.1:3478?transport=udp "
      "turn://1700000000%3Ame:***@a:3478?transport=udp "
      "turns://u:***@c:5349?transport=tcp ");
  g_value_init (&value, GST_TYPE_ICE_TRANSPORT_POLICY);
  g_value_set_enum (&value, GST_ICE_TRANSPORT_POLICY_RELAY);
  g_assert_true (gst_ice_settings_set (
      &settings, GST_ICE_SETTING_ICE_TRANSPORT_POLICY, &value, NULL));
  g_value_unset (&value);
  assert_servers (&settings,
      "turn://user:***@192.0.2.1:3478?transport=udp "
      "turn://1700000000%3Ame:***@a:3478?transport=udp "
      "turns://u:***@c:5349?transport=tcp ");
  g_assert_true (gst_ice_settings_verify_gathering (&settings, NULL));
  set_string (&settings, GST_ICE_SETTING_TURN_SERVER, NULL, NULL);
  g_assert_true (gst_ice_settings_verify_gathering (&settings, NULL));
  g_assert_true (set_ice_servers (&settings, "<[t,urls=\"stun:b\"]>", NULL));
  g_assert_false (gst_ice_settings_verify_gathering (&settings, NULL));
  gst_ice_settings_clear (&settings);
}

/* The entry and the field are named, no value is. */
static void
test_bad_ice_servers (void)
{
  const struct
  {
    const gchar *text, *message;
  } cases[] = {
    { "<[s,urls=\"stun:a\"],[s,username=\"secret\",credential=\"secret\"]>",
        "ice-servers: entry 1: urls is missing or empty, expected stun:, turn: "
        "or turns: URLs" },
    { "<[s,urls=\"turn:a\",credential=\"secret\"]>",
        "ice-servers: entry 0: username is missing, which turn: and turns: "
        "need beside urls (long-term credentials, RFC 8656)" },
    { "<[s,urls=<\"stun:a\",\"secret\">]>",
        "ice-servers: entry 0: urls, item 1: STUN or TURN server URI: the "
        "scheme is unknown, expected stun:, stuns:, turn: or turns:" },
    { "<[s,urls=(int)5]>",
        "ice-servers: entry 0: urls has a value that is not a string, expected "
        "a string or an array of strings" },
    { "<[s,urls=<(int)5>]>",
        "ice-servers: entry 0: urls has a value that is not a string, expected "
        "a string or an array of strings" },
    { "<[s,urls=\"turn:a\",username=\"u\",credential=1234]>",
        "ice-servers: entry 0: credential is a gint, expected a string; in a "
        "launch line write credential=(string)..." },
    { "<[s,urls=\"turn:a\",username=\"u\",credential=\"p\",secret=1]>",
        "ice-servers: entry 0: an unknown field, expected urls, username and "
        "credential; text with special characters stands in double quotes" },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL, again = NULL;
    GstIceSettings settings;

    gst_ice_settings_init (&settings);
    g_assert_true (set_ice_servers (&settings, "<[s,urls=\"stun:z\"]>", NULL));
    g_assert_false (set_ice_servers (&settings, cases[i].text, &error));
    g_assert_cmpstr (error->message, ==, cases[i].message);
    assert_servers (&settings, "stun:z:3478 ");
    g_assert_false (gst_ice_settings_verify (&settings, &again));
    g_assert_cmpstr (again->message, ==, error->message);
    g_assert_true (set_ice_servers (&settings, "<>", NULL));
    g_assert_true (gst_ice_settings_verify (&settings, NULL));
    assert_servers (&settings, "");
    gst_ice_settings_clear (&settings);
  }
}

/* Values that are not from a text. */
static void
test_ice_server_values (void)
{
  static const gchar *urls[] = { "stun:a", "stun:b", NULL };
  GstIceSettings settings;
  GValue array = G_VALUE_INIT, item = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  gst_ice_settings_init (&settings);
  g_value_init (&array, GST_TYPE_ARRAY);
  g_value_init (&item, GST_TYPE_STRUCTURE);
  g_value_take_boxed (
      &item, gst_structure_new ("s", "urls", G_TYPE_STRV, urls, NULL));
  gst_value_array_append_value (&array, &item);
  g_assert_true (gst_ice_settings_set (
      &settings, GST_ICE_SETTING_ICE_SERVERS, &array, NULL));
  assert_servers (&settings, "stun:a:3478 ");
  g_value_set_boxed (&item, NULL);
  gst_value_array_append_and_take_value (&array, &item);
  g_assert_false (gst_ice_settings_set (
      &settings, GST_ICE_SETTING_ICE_SERVERS, &array, &error));
  g_assert_cmpstr (error->message, ==,
      "ice-servers: entry 1: it is not a structure, expected "
      "ice-server,urls=...,username=...,credential=...");
  g_value_unset (&array);
  gst_ice_settings_clear (&settings);
}

static const SuiteTest tests[] = {
  { "/settings/defaults", test_defaults },
  { "/settings/bad/strings", test_bad_strings },
  { "/settings/bad/lists", test_bad_lists },
  { "/settings/bad/items", test_wrong_items },
  { "/settings/turn-server", test_turn_server },
  { "/settings/ice-servers", test_ice_servers },
  { "/settings/ice-servers/bad", test_bad_ice_servers },
  { "/settings/ice-servers/values", test_ice_server_values },
  { "/settings/remote-candidates", test_remote_candidates },
  { "/settings/ports", test_ports },
  { "/settings/copy", test_copy },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
