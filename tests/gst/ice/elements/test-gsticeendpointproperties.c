/* gst-ice: test of the public properties and signals, name by name.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fakeagent.h"
#include "suite.h"
#include <string.h>

/* another one in each agent, there before anything runs */
#define GENERATED "generated"

/* who has it: A agent, S icesrc, K icesink, T transport */
static const struct
{
  const gchar *who, *name, *type, *initial;
  const gchar *access; /* r, w; R: changes in NULL and READY; P: in PLAYING */
  guint64 min, max;    /* both 0: not a number */
} table[] = {
  { "SK", "connection-id", "gchararray", "NULL", "rwR", 0, 0 },
  { "SK", "agent", "GstIceAgent", "NULL", "rwR", 0, 0 },
  { "SK", "stream", "guint", "0", "rwR", 0, 255 },
  { "SK", "component", "guint", "1", "rwR", 1, 256 },
  { "SK", "transport", "GstIceTransport", "NULL", "r", 0, 0 },

  { "ASK", "role", "GstIceRole", "controlling", "rwP", 0, 0 },
  { "ASK", "local-ufrag", "gchararray", GENERATED, "rwP", 0, 0 },
  { "ASK", "local-pwd", "gchararray", GENERATED, "rwP", 0, 0 },
  { "ASK", "remote-ufrag", "gchararray", "NULL", "rwP", 0, 0 },
  { "ASK", "remote-pwd", "gchararray", "NULL", "rwP", 0, 0 },
  { "ASK", "stun-server", "gchararray", "NULL", "rwR", 0, 0 },
  { "ASK", "turn-servers", "GstValueArray", "<  >", "rwR", 0, 0 },
  { "ASK", "turn-server", "gchararray", "NULL", "rwR", 0, 0 },
  { "ASK", "ice-servers", "GstValueArray", "<  >", "rwR", 0, 0 },
  { "ASK", "ice-transport-policy", "GstIceTransportPolicy", "all", "rwR", 0,
      0 },
  { "ASK", "ice-tcp", "gboolean", "false", "rwR", 0, 0 },
  { "ASK", "upnp", "gboolean", "false", "rwR", 0, 0 },
  { "ASK", "auto-gather", "gboolean", "true", "rwR", 0, 0 },
  { "ASK", "trickle", "gboolean", "true", "rwR", 0, 0 },
  { "ASK", "min-port", "guint", "0", "rwR", 0, 65535 },
  { "ASK", "max-port", "guint", "0", "rwR", 0, 65535 },
  { "ASK", "local-addresses", "GstValueArray", "<  >", "rwR", 0, 0 },
  { "ASK", "interfaces", "GstValueArray", "<  >", "rwR", 0, 0 },
  { "ASK", "disconnected-timeout", "guint", "5000", "rwR", 0, G_MAXUINT },
  { "ASK", "failed-timeout", "guint", "30000", "rwR", 0, G_MAXUINT },
  { "ASK", "end-of-candidates-timeout", "guint", "60000", "rwR", 0, G_MAXUINT },
  { "ASK", "remote-candidates", "GstValueArray", "<  >", "rwP", 0, 0 },
  { "ASK", "local-candidates", "GstValueArray", "<  >", "r", 0, 0 },
  { "ASK", "signalling-uri", "gchararray", "NULL", "rwR", 0, 0 },
  { "ASK", "on-failed", "GstIceOnFailed", "error", "rwP", 0, 0 },
  { "ASK", "restart-on", "GstIceRestartOn", "none", "rwR", 0, 0 },

  { "K", "wait-for-connection", "gboolean", "true", "rwP", 0, 0 },
  { "K", "qos-dscp", "gint", "-1", "rwP", 0, 0 },
  { "S", "caps", "GstCaps", "NULL", "rwP", 0, 0 },
  { "S", "mtu", "guint", "1500", "rwR", 1, 65535 },
  { "S", "timeout", "guint64", "0", "rwP", 0, G_MAXUINT64 },
  { "S", "retrieve-sender-address", "gboolean", "false", "rwR", 0, 0 },
  { "S", "do-timestamp", "gboolean", "true", "rw", 0, 0 },
  { "SK", "buffer-size", "guint", "0", "rwR", 0, G_MAXINT },
  { "SK", "offload", "GstIceOffload", "auto", "rwP", 0, 0 },
  { "SK", "offload-active", "gboolean", "false", "r", 0, 0 },

  { "ASK", "ice-connection-state", "GstIceConnectionState", "new", "r", 0, 0 },
  { "ASK", "ice-gathering-state", "GstIceGatheringState", "new", "r", 0, 0 },
  { "SK", "ice-transport-state", "GstIceConnectionState", "new", "r", 0, 0 },
  { "T", "receive-offload-active", "gboolean", "false", "r", 0, 0 },
  { "T", "send-offload-active", "gboolean", "false", "r", 0, 0 },
  { "SKT", "candidate-pairs", "GstValueArray", "<  >", "r", 0, 0 },
  { "SKT", "selected-candidate-pair", "GstStructure", "NULL", "r", 0, 0 },
  { "T", "state", "GstIceConnectionState", "new", "r", 0, 0 },
  { "T", "gathering-state", "GstIceGatheringState", "new", "r", 0, 0 },
  { "T", "role", "GstIceRole", "unknown", "r", 0, 0 },
  { "T", "stream", "guint", "0", "rw", 0, G_MAXUINT },
  { "T", "component", "guint", "1", "rw", 1, 256 },
};

static GObject *
make (gchar who)
{
  switch (who) {
    case 'A':
      return G_OBJECT (fake_agent_new ());
    case 'S':
      return gst_object_ref_sink (gst_element_factory_make ("icesrc", NULL));
    case 'K':
      return gst_object_ref_sink (gst_element_factory_make ("icesink", NULL));
    default:
      return gst_object_ref_sink (g_object_new (FAKE_TYPE_TRANSPORT, NULL));
  }
}

static gchar *
get_value (GObject *object, GParamSpec *spec)
{
  GValue value = G_VALUE_INIT;
  gchar *text = NULL;

  g_value_init (&value, spec->value_type);
  g_object_get_property (object, spec->name, &value);
  if (G_VALUE_HOLDS_STRING (&value))
    text = g_value_dup_string (&value);
  else if (G_VALUE_HOLDS_OBJECT (&value) || G_VALUE_HOLDS_BOXED (&value))
    text = g_value_peek_pointer (&value) != NULL ? g_strdup ("set") : NULL;
  else if (G_IS_PARAM_SPEC_ENUM (spec))
    text = g_strdup (g_enum_get_value (
        G_PARAM_SPEC_ENUM (spec)->enum_class, g_value_get_enum (&value))
                         ->value_nick);
  else if (G_IS_PARAM_SPEC_FLAGS (spec))
    text = g_strdup (g_flags_get_first_value (
        G_PARAM_SPEC_FLAGS (spec)->flags_class, g_value_get_flags (&value))
                         ->value_nick);
  else
    text = gst_value_serialize (&value);
  g_value_unset (&value);
  return text != NULL ? text : g_strdup ("NULL");
}

static void
check_range (GParamSpec *spec, guint64 min, guint64 max)
{
  if (min == 0 && max == 0)
    return;
  if (G_IS_PARAM_SPEC_UINT64 (spec)) {
    g_assert_cmpuint (G_PARAM_SPEC_UINT64 (spec)->minimum, ==, min);
    g_assert_cmpuint (G_PARAM_SPEC_UINT64 (spec)->maximum, ==, max);
  } else {
    g_assert_cmpuint (G_PARAM_SPEC_UINT (spec)->minimum, ==, min);
    g_assert_cmpuint (G_PARAM_SPEC_UINT (spec)->maximum, ==, max);
  }
}

static void
check_row (guint row, gchar who)
{
  const gchar *access = table[row].access;
  GObject *object = make (who);
  GParamSpec *spec = g_object_class_find_property (
      G_OBJECT_GET_CLASS (object), table[row].name);
  g_autofree gchar *value = NULL;

  g_test_message ("%c %s", who, table[row].name);
  g_assert_nonnull (spec);
  g_assert_cmpstr (g_type_name (spec->value_type), ==, table[row].type);
  value = get_value (object, spec);
  if (g_str_equal (table[row].initial, GENERATED))
    g_assert_cmpstr (value, !=, "NULL");
  else
    g_assert_cmpstr (value, ==, table[row].initial);
  g_assert_cmpint (
      !!(spec->flags & G_PARAM_READABLE), ==, strchr (access, 'r') != NULL);
  g_assert_cmpint (
      !!(spec->flags & G_PARAM_WRITABLE), ==, strchr (access, 'w') != NULL);
  g_assert_cmpint (!!(spec->flags & GST_PARAM_MUTABLE_READY), ==,
      strchr (access, 'R') != NULL);
  g_assert_cmpint (!!(spec->flags & GST_PARAM_MUTABLE_PLAYING), ==,
      strchr (access, 'P') != NULL);
  check_range (spec, table[row].min, table[row].max);
  gst_object_unref (object);
}

static void
test_properties (void)
{
  const gchar *who;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (table); i++)
    for (who = table[i].who; *who != '\0'; who++)
      check_row (i, *who);
}

/* Nothing has a property that the table does not know. */
static void
test_no_other_properties (void)
{
  static const gchar whos[] = "ASKT";
  guint i, k, w, n;

  for (w = 0; w < strlen (whos); w++) {
    GObject *object = make (whos[w]);
    GParamSpec **specs = g_object_class_list_properties (
        G_OBJECT_GET_CLASS (object), &n);

    for (i = 0; i < n; i++) {
      gboolean known = strchr (g_type_name (specs[i]->owner_type), 'B') != NULL
          || g_str_equal (specs[i]->name, "name")
          || g_str_equal (specs[i]->name, "parent")
          || (whos[w] == 'T' && strstr (specs[i]->name, "-timeout") != NULL);

      for (k = 0; k < G_N_ELEMENTS (table); k++)
        known |= g_str_equal (specs[i]->name, table[k].name)
            && strchr (table[k].who, whos[w]) != NULL;
      if (!known)
        g_error ("%c: nobody knows %s", whos[w], specs[i]->name);
    }
    g_free (specs);
    gst_object_unref (object);
  }
}

static const struct
{
  const gchar *name;
  const gchar *returns;
  const gchar *arguments;
  gboolean action;
} signals[] = {
  { "on-ice-candidate", "void", "guint gchararray ", FALSE },
  { "on-ice-candidate-error", "void", "GstStructure ", FALSE },
  { "on-candidate-pair-state-change", "void", "guint guint GstStructure ",
      FALSE },
  { "on-selected-candidate-pair-change", "void", "guint guint GstStructure ",
      FALSE },
  { "filter-candidate", "gchararray", "guint gchararray gboolean ", FALSE },
  { "add-ice-candidate", "gboolean", "guint gchararray ", TRUE },
  { "set-remote-credentials", "gboolean", "guint gchararray gchararray ",
      TRUE },
  { "gather-candidates", "gboolean", "", TRUE },
  { "restart", "gboolean", "", TRUE },
  { "get-stats", "GstStructure", "", TRUE },
  { "close", "void", "", TRUE },
};

static void
test_signals (void)
{
  static const gchar whos[] = "ASK";
  guint i, k, w;

  for (w = 0; w < strlen (whos); w++) {
    GObject *object = make (whos[w]);

    for (i = 0; i < G_N_ELEMENTS (signals); i++) {
      g_autoptr (GString) arguments = g_string_new (NULL);
      GSignalQuery query;

      g_signal_query (
          g_signal_lookup (signals[i].name, G_OBJECT_TYPE (object)), &query);
      g_assert_cmpstr (query.signal_name, ==, signals[i].name);
      g_assert_cmpstr (g_type_name (query.return_type), ==, signals[i].returns);
      for (k = 0; k < query.n_params; k++)
        g_string_append_printf (
            arguments, "%s ", g_type_name (query.param_types[k]));
      g_assert_cmpstr (arguments->str, ==, signals[i].arguments);
      g_assert_cmpint (
          !!(query.signal_flags & G_SIGNAL_ACTION), ==, signals[i].action);
    }
    gst_object_unref (object);
  }
}

/* Numbers and nicks as in GstWebRTCICEConnectionState and W3C. */
static void
test_enums (void)
{
  static const struct
  {
    const gchar *type;
    const gchar *nicks;
  } enums[] = {
    { "GstIceConnectionState",
        "new checking connected completed failed disconnected closed " },
    { "GstIceGatheringState", "new gathering complete " },
    { "GstIceCandidatePairState",
        "frozen waiting in-progress failed succeeded " },
    { "GstIceRole", "unknown controlling controlled " },
    { "GstIceTransportPolicy", "all relay " },
    { "GstIceOnFailed", "error warning eos none " },
    { "GstIceOffload", "auto none " },
  };
  guint i, k;

  for (i = 0; i < G_N_ELEMENTS (enums); i++) {
    GEnumClass *klass = g_type_class_ref (g_type_from_name (enums[i].type));
    g_autoptr (GString) nicks = g_string_new (NULL);

    for (k = 0; k < klass->n_values; k++) {
      g_assert_cmpint (klass->values[k].value, ==, (gint) k);
      g_string_append_printf (nicks, "%s ", klass->values[k].value_nick);
    }
    g_assert_cmpstr (nicks->str, ==, enums[i].nicks);
    g_type_class_unref (klass);
  }
}

static void
test_elements (void)
{
  static const struct
  {
    const gchar *name, *klass, *pad;
  } elements[] = {
    { "icesrc", "Source/Network", "src" },
    { "icesink", "Sink/Network", "sink" },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (elements); i++) {
    GstElement *element = gst_object_ref_sink (
        gst_element_factory_make (elements[i].name, NULL));
    GstPad *pad = gst_element_get_static_pad (element, elements[i].pad);
    GstCaps *caps = gst_pad_get_pad_template_caps (pad);

    g_assert_cmpstr (
        gst_element_get_metadata (element, "klass"), ==, elements[i].klass);
    g_assert_true (gst_caps_is_any (caps));
    g_assert_cmpuint (element->numpads, ==, 1);
    gst_caps_unref (caps);
    gst_object_unref (pad);
    gst_object_unref (element);
  }
}

static void
take_item (GValue *list, const gchar *text)
{
  GValue item = G_VALUE_INIT;

  g_value_init (&item, G_TYPE_STRING);
  g_value_set_string (&item, text);
  gst_value_array_append_and_take_value (list, &item);
}

/* What is set is read back, in NULL, in READY and after NULL again. */
static void
test_round_trip (void)
{
  static const gchar turn[] = "turn://user:pass@192.0.2.1:3478?transport=udp";
  static const GstState states[] = { GST_STATE_NULL, GST_STATE_READY,
    GST_STATE_NULL };
  GstElement *element = GST_ELEMENT (make ('K'));
  GValue list = G_VALUE_INIT;
  guint i;

  g_value_init (&list, GST_TYPE_ARRAY);
  take_item (&list, turn);
  g_object_set_property (G_OBJECT (element), "turn-servers", &list);
  g_object_set (element, "role", GST_ICE_ROLE_CONTROLLED, "local-ufrag", "mine",
      "min-port", 5000, "max-port", 6000, "disconnected-timeout", 0,
      "on-failed", GST_ICE_ON_FAILED_EOS, "stun-server", "stun:192.0.2.1",
      NULL);
  for (i = 0; i < G_N_ELEMENTS (states); i++) {
    g_autofree gchar *ufrag = NULL, *server = NULL, *stun = NULL;
    GstIceOnFailed on_failed;
    guint min, max, timeout;
    GstIceRole role;

    gst_element_set_state (element, states[i]);
    g_object_get (element, "role", &role, "local-ufrag", &ufrag, "min-port",
        &min, "max-port", &max, "disconnected-timeout", &timeout, "on-failed",
        &on_failed, "turn-server", &server, "stun-server", &stun, NULL);
    g_assert_cmpint (role, ==, GST_ICE_ROLE_CONTROLLED);
    g_assert_cmpstr (ufrag, ==, "mine");
    g_assert_cmpuint (min, ==, 5000);
    g_assert_cmpuint (max, ==, 6000);
    g_assert_cmpuint (timeout, ==, 0);
    g_assert_cmpint (on_failed, ==, GST_ICE_ON_FAILED_EOS);
    g_assert_cmpstr (server, ==, turn);
    g_assert_cmpstr (stun, ==, "stun:192.0.2.1");
  }
  g_value_unset (&list);
  gst_object_unref (element);
}

/* Each property that icesrc or icesink can be given, as text: the value that it
 * has, and another one. */
static const struct
{
  gchar who;
  const gchar *name, *initial, *other;
} writable[] = {
  { 'S', "connection-id", NULL, "call" },
  { 'K', "stream", "0", "7" },
  { 'S', "component", "1", "2" },
  { 'K', "buffer-size", "0", "65536" },
  { 'K', "offload", "auto", "none" },
  { 'K', "wait-for-connection", "true", "false" },
  { 'K', "qos-dscp", "-1", "46" },
  { 'S', "caps", NULL, "application/x-rtp" },
  { 'S', "mtu", "1500", "1200" },
  { 'S', "timeout", "0", "1000" },
  { 'S', "retrieve-sender-address", "false", "true" },
  { 'K', "role", "controlling", "controlled" },
  { 'K', "min-port", "0", "5000" },
  { 'K', "stun-server", NULL, "stun:192.0.2.1" },
  { 'K', "on-failed", "error", "eos" },
};

static void
count_notify (GObject *object, GParamSpec *spec, guint *count)
{
  (*count)++;
}

static void
set_text (GObject *object, const gchar *name, const gchar *text)
{
  if (text != NULL)
    gst_util_set_object_arg (object, name, text);
  else
    g_object_set (object, name, NULL, NULL);
}

/* notify is emitted only where the value has changed. */
static void
test_notify_of_changes (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (writable); i++) {
    GObject *object = make (writable[i].who);
    g_autofree gchar *signal = g_strdup_printf ("notify::%s", writable[i].name);
    guint count = 0;

    g_test_message ("%s", writable[i].name);
    g_signal_connect (object, signal, G_CALLBACK (count_notify), &count);
    set_text (object, writable[i].name, writable[i].initial);
    g_assert_cmpuint (count, ==, 0);
    set_text (object, writable[i].name, writable[i].other);
    set_text (object, writable[i].name, writable[i].other);
    g_assert_cmpuint (count, ==, 1);
    gst_object_unref (object);
  }
}

/* turn-server and turn-servers show one list: either notifies of both. */
static void
test_notify_of_both_names (void)
{
  static const gchar *const names[] = { "turn-server", "turn-servers" };
  static const gchar *const values[] = { "turn://u:p@192.0.2.1",
    "<\"turn://u:p@192.0.2.2\">" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    GObject *object = make ('K');
    guint counts[2] = { 0 };

    g_signal_connect (
        object, "notify::turn-server", G_CALLBACK (count_notify), &counts[0]);
    g_signal_connect (
        object, "notify::turn-servers", G_CALLBACK (count_notify), &counts[1]);
    set_text (object, names[i], values[i]);
    g_assert_cmpuint (counts[0], ==, 1);
    g_assert_cmpuint (counts[1], ==, 1);
    gst_object_unref (object);
  }
}

/* What is set to the value that it has gives no agent up. */
static void
test_same_binding (void)
{
  GstElement *element = GST_ELEMENT (make ('K'));
  GstIceAgent *agent, *now;

  gst_element_set_state (element, GST_STATE_READY);
  g_object_get (element, "agent", &agent, NULL);
  g_object_set (
      element, "stream", 0, "component", 1, "connection-id", NULL, NULL);
  g_object_get (element, "agent", &now, NULL);
  g_assert_true (now == agent);
  g_assert_false (gst_ice_agent_is_closed (agent));
  gst_object_unref (now);
  gst_object_unref (agent);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
}

static const SuiteTest tests[] = {
  { "/properties/table", test_properties },
  { "/properties/no-others", test_no_other_properties },
  { "/properties/signals", test_signals },
  { "/properties/enums", test_enums },
  { "/properties/elements", test_elements },
  { "/properties/round-trip", test_round_trip },
  { "/properties/notify-of-changes", test_notify_of_changes },
  { "/properties/notify-of-both-names", test_notify_of_both_names },
  { "/properties/same-binding", test_same_binding },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
