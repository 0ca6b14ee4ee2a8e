/* gst-ice: test of the signals: what each of them has, and who decides on a
 * candidate.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gsticesignals.h"
#include <gst/gst.h>

#define STRUCTURE "GstStructure"

/* An object that has the signals. */

typedef struct
{
  GObject parent;
} Owner;

typedef struct
{
  GObjectClass parent_class;
} OwnerClass;

GType owner_get_type (void);
G_DEFINE_TYPE (Owner, owner, G_TYPE_OBJECT)

static gboolean
add_ice_candidate (gpointer self, guint stream, const gchar *candidate)
{
  return stream == 3 && g_str_equal (candidate, "a");
}

static gboolean
set_remote_credentials (
    gpointer self, guint stream, const gchar *ufrag, const gchar *password)
{
  return stream == 3 && g_str_equal (ufrag, "a") && g_str_equal (password, "b");
}

static gboolean
return_true (gpointer self)
{
  return TRUE;
}

static GstStructure *
get_stats (gpointer self)
{
  return gst_structure_new_empty ("stats");
}

static guint n_closed;

static void
count_close (gpointer self)
{
  n_closed++;
}

static void
owner_class_init (OwnerClass *klass)
{
  static const GstIceActions actions = {
    .add_ice_candidate = (gpointer) add_ice_candidate,
    .set_remote_credentials = (gpointer) set_remote_credentials,
    .gather_candidates = (gpointer) return_true,
    .restart = (gpointer) return_true,
    .get_stats = (gpointer) get_stats,
    .close = (gpointer) count_close,
  };

  gst_ice_signals_install (G_TYPE_FROM_CLASS (klass), &actions);
}

static void
owner_init (Owner *self)
{
}

/* "result name (arguments)", and "!" before actions */
static gchar *
describe (guint id)
{
  GSignalQuery query;
  GString *text = g_string_new (NULL);
  guint i;

  g_signal_query (id, &query);
  g_string_append_printf (text, "%s%s %s",
      query.signal_flags & G_SIGNAL_ACTION ? "!" : "",
      g_type_name (query.return_type), query.signal_name);
  for (i = 0; i < query.n_params; i++)
    g_string_append_printf (text, " %s", g_type_name (query.param_types[i]));
  return g_string_free (text, FALSE);
}

static void
test_signatures (void)
{
  static const gchar *const expected[] = {
    "void on-ice-candidate guint gchararray",
    "void on-ice-candidate-error " STRUCTURE,
    "gchararray filter-candidate guint gchararray gboolean",
    "void on-candidate-pair-state-change guint guint " STRUCTURE,
    "void on-selected-candidate-pair-change guint guint " STRUCTURE,
    "!gboolean add-ice-candidate guint gchararray",
    "!gboolean set-remote-credentials guint gchararray gchararray",
    "!gboolean gather-candidates",
    "!gboolean restart",
    "!" STRUCTURE " get-stats",
    "!void close",
  };
  Owner *owner = g_object_new (owner_get_type (), NULL);
  g_autofree guint *ids = NULL;
  guint n, i;

  ids = g_signal_list_ids (owner_get_type (), &n);
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (expected));
  for (i = 0; i < n; i++) {
    g_autofree gchar *text = describe (ids[i]);

    g_assert_cmpstr (text, ==, expected[i]);
  }
  g_object_unref (owner);
}

static void
test_actions (void)
{
  Owner *owner = g_object_new (owner_get_type (), NULL);
  GstStructure *stats = NULL;
  gboolean result = FALSE;

  g_signal_emit_by_name (owner, "add-ice-candidate", 3, "a", &result);
  g_assert_true (result);
  result = FALSE;
  g_signal_emit_by_name (owner, "set-remote-credentials", 3, "a", "b", &result);
  g_assert_true (result);
  result = FALSE;
  g_signal_emit_by_name (owner, "gather-candidates", &result);
  g_assert_true (result);
  result = FALSE;
  g_signal_emit_by_name (owner, "restart", &result);
  g_assert_true (result);
  g_signal_emit_by_name (owner, "get-stats", &stats);
  g_assert_true (gst_structure_has_name (stats, "stats"));
  gst_structure_free (stats);
  n_closed = 0;
  g_signal_emit_by_name (owner, "close");
  g_assert_cmpuint (n_closed, ==, 1);
  g_object_unref (owner);
}

static guint n_events;

static void
on_candidate (Owner *owner, guint stream, const gchar *text, gpointer data)
{
  n_events += stream == 3 && g_str_equal (text, "a");
}

static void
on_error (Owner *owner, const GstStructure *error, gpointer data)
{
  n_events += gst_structure_has_name (error, "pair");
}

static void
on_pair (Owner *owner, guint stream, guint component, const GstStructure *pair,
    gpointer data)
{
  n_events += stream == 3 && component == 2
      && gst_structure_has_name (pair, "pair");
}

static void
test_events (void)
{
  g_autoptr (GstStructure) pair = gst_structure_new_empty ("pair");
  Owner *owner = g_object_new (owner_get_type (), NULL);

  /* without a handler */
  gst_ice_signal_emit (owner, GST_ICE_SIGNAL_ID_ON_ICE_CANDIDATE, 3, "a");
  gst_ice_signal_emit (owner, GST_ICE_SIGNAL_ID_ON_ICE_CANDIDATE_ERROR, pair);
  gst_ice_signal_emit (
      owner, GST_ICE_SIGNAL_ID_ON_CANDIDATE_PAIR_STATE_CHANGE, 3, 2, pair);
  gst_ice_signal_emit (
      owner, GST_ICE_SIGNAL_ID_ON_SELECTED_CANDIDATE_PAIR_CHANGE, 3, 2, pair);
  g_signal_connect (owner, "on-ice-candidate", G_CALLBACK (on_candidate), NULL);
  g_signal_connect (
      owner, "on-ice-candidate-error", G_CALLBACK (on_error), NULL);
  g_signal_connect (
      owner, "on-candidate-pair-state-change", G_CALLBACK (on_pair), NULL);
  g_signal_connect (
      owner, "on-selected-candidate-pair-change", G_CALLBACK (on_pair), NULL);
  n_events = 0;
  gst_ice_signal_emit (owner, GST_ICE_SIGNAL_ID_ON_ICE_CANDIDATE, 3, "a");
  g_assert_cmpuint (n_events, ==, 1);
  gst_ice_signal_emit (owner, GST_ICE_SIGNAL_ID_ON_ICE_CANDIDATE_ERROR, pair);
  g_assert_cmpuint (n_events, ==, 2);
  gst_ice_signal_emit (
      owner, GST_ICE_SIGNAL_ID_ON_CANDIDATE_PAIR_STATE_CHANGE, 3, 2, pair);
  g_assert_cmpuint (n_events, ==, 3);
  gst_ice_signal_emit (
      owner, GST_ICE_SIGNAL_ID_ON_SELECTED_CANDIDATE_PAIR_CHANGE, 3, 2, pair);
  g_assert_cmpuint (n_events, ==, 4);
  g_object_unref (owner);
}

static gchar *
answer (Owner *owner, guint stream, const gchar *candidate, gboolean local,
    gpointer text)
{
  g_assert_cmpuint (stream, ==, 3);
  g_assert_cmpstr (candidate, ==, "a");
  g_assert_true (local);
  return g_strdup (text);
}

static void
assert_filtered (Owner *owner, const gchar *expected)
{
  g_autofree gchar *result = gst_ice_signal_filter (owner, 3, "a", TRUE);

  g_assert_cmpstr (result, ==, expected);
}

/* The last handler that has an opinion decides; NULL does at once. */
static void
test_filter (void)
{
  static const struct
  {
    const gchar *first, *second, *expected;
  } rows[] = {
    { "b", "c", "c" }, { "b", GST_ICE_FILTER_NO_OPINION, "b" },
    { GST_ICE_FILTER_NO_OPINION, "c", "c" },
    { GST_ICE_FILTER_NO_OPINION, GST_ICE_FILTER_NO_OPINION,
        GST_ICE_FILTER_NO_OPINION },
    { NULL, "c", NULL }, { "b", NULL, NULL },
    { "a", "a", GST_ICE_FILTER_NO_OPINION }, /* unchanged */
  };
  Owner *owner = g_object_new (owner_get_type (), NULL);
  guint i;

  assert_filtered (owner, GST_ICE_FILTER_NO_OPINION);
  g_object_unref (owner);
  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    owner = g_object_new (owner_get_type (), NULL);
    g_signal_connect (owner, "filter-candidate", G_CALLBACK (answer),
        (gpointer) rows[i].first);
    g_signal_connect (owner, "filter-candidate", G_CALLBACK (answer),
        (gpointer) rows[i].second);
    assert_filtered (owner, rows[i].expected);
    g_object_unref (owner);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/signals/signatures", test_signatures);
  g_test_add_func ("/signals/actions", test_actions);
  g_test_add_func ("/signals/events", test_events);
  g_test_add_func ("/signals/filter", test_filter);
  return g_test_run ();
}
