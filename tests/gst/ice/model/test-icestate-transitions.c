/* gst-ice: every change of state that a transport can make, by every sequence
 * of events, against the table of docs/states.md.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Breadth first over all that the machine can know. Time goes by in units of
 * half the patience of RFC 8863; timeouts are 0 (never) to 3 units and may
 * change at any time, so that every order of the deadlines comes. */

#include <string.h>

#include "model/icestate.h"

#define UNIT (ICE_PATIENCE / 2)
#define MAX_AGE 3 /* units, the longest timeout; older is not different */
#define NOW (1000 * UNIT)
#define N_STATES (GST_ICE_CONNECTION_STATE_CLOSED + 1)
#define N_REASONS (ICE_REASON_CLOSED + 1)
#define N_TIMEOUTS 4

typedef gboolean Seen[N_STATES][N_STATES][N_REASONS];

/* What led to a node: an event now or a unit later, or other timeouts. */
typedef struct
{
  IceTransportState machine; /* its time is NOW */
  guint parent;
  IceEvent event;
  gboolean later;
} Node;

typedef struct
{
  GArray *nodes;
  GHashTable *known; /* key -> key */
  Seen seen;
  gchar *examples[N_STATES][N_STATES][N_REASONS];
} Search;

static guint
units_ago (gint64 when)
{
  return (guint) CLAMP ((NOW - when) / UNIT, 0, MAX_AGE);
}

static guint
units_left (gint64 when)
{
  return when == 0 ? 3 : (guint) MAX ((when - NOW) / UNIT, 0);
}

/* All that decides a transition. The reason does not: it is only reported. */
static guint64
get_key (const IceTransportState *self)
{
  const guint facts[][2] = { { self->state, N_STATES }, { self->gathered, 2 },
    { self->remote_complete, 2 }, { self->worked, 2 }, { self->checks, 5 },
    { self->path, 4 }, { self->nominated, 2 }, { self->loss, N_REASONS },
    { self->old_path, 2 }, { self->old_silent, 2 },
    { units_left (self->patience_until), 4 },
    { (guint) (self->end_timeout / UNIT), 2 },
    { self->end_timeout > 0 && self->last_signalled != 0
            ? 1 + units_ago (self->last_signalled)
            : 0,
        3 },
    { units_ago (self->last_life), MAX_AGE + 1 },
    { units_ago (self->last_consent), MAX_AGE + 1 },
    { (guint) (self->disconnected_timeout / UNIT), N_TIMEOUTS },
    { (guint) (self->failed_timeout / UNIT), N_TIMEOUTS } };
  guint64 key = 0;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (facts); i++) {
    g_assert_cmpuint (facts[i][0], <, facts[i][1]);
    key = key * facts[i][1] + facts[i][0];
  }
  return key;
}

/* A unit later, as if that were NOW. */
static void
age (IceTransportState *self)
{
  self->last_life = MAX (self->last_life - UNIT, NOW - MAX_AGE * UNIT);
  self->last_consent = MAX (self->last_consent - UNIT, NOW - MAX_AGE * UNIT);
  if (self->last_signalled != 0) /* it is over after a unit */
    self->last_signalled = MAX (self->last_signalled - UNIT, NOW - UNIT);
  if (self->patience_until != 0)
    self->patience_until = MAX (self->patience_until - UNIT, NOW);
}

static void
add_node (Search *search, const IceTransportState *machine, guint parent,
    IceEvent event, gboolean later)
{
  Node node = { *machine, parent, event, later };
  guint64 *key = g_new (guint64, 1);

  *key = get_key (machine);
  if (g_hash_table_add (search->known, key))
    g_array_append_val (search->nodes, node);
}

/* "gathered, 19.75 s, checks-done" */
static gchar *
describe_way (
    const Search *search, guint parent, IceEvent event, gboolean later)
{
  GString *way = g_string_new (ice_event_to_string (event));

  for (;;) {
    const Node *node = &g_array_index (search->nodes, Node, parent);

    if (later)
      g_string_prepend (way, "19.75 s, ");
    if (parent == node->parent)
      return g_string_free (way, FALSE);
    g_string_prepend (way, ", ");
    g_string_prepend (way,
        node->event == ICE_N_EVENTS ? "other timeouts"
                                    : ice_event_to_string (node->event));
    later = node->later;
    parent = node->parent;
  }
}

static void
try_event (Search *search, guint parent, IceEvent event, gboolean later)
{
  IceTransportState machine =
      g_array_index (search->nodes, Node, parent).machine;
  GstIceConnectionState old = machine.state;

  if (later)
    age (&machine);
  if (ice_transport_state_step (&machine, event, NOW)) {
    gchar **example = &search->examples[old][machine.state][machine.reason];

    search->seen[old][machine.state][machine.reason] = TRUE;
    if (*example == NULL)
      *example = describe_way (search, parent, event, later);
  }
  add_node (search, &machine, parent, event, later);
}

static void
try_timeouts (Search *search, guint parent)
{
  guint silent, lost;

  for (silent = 0; silent < N_TIMEOUTS; silent++) {
    for (lost = 0; lost < N_TIMEOUTS; lost++) {
      IceTransportState machine =
          g_array_index (search->nodes, Node, parent).machine;

      ice_transport_state_set_timeouts (&machine, silent * UNIT, lost * UNIT);
      add_node (search, &machine, parent, ICE_N_EVENTS, FALSE);
    }
  }
}

static Search *
search_all (void)
{
  Search *search = g_new0 (Search, 1);
  IceTransportState first;
  guint i;

  search->nodes = g_array_new (FALSE, FALSE, sizeof (Node));
  search->known = g_hash_table_new_full (
      g_int64_hash, g_int64_equal, g_free, NULL);
  ice_transport_state_init (&first, UNIT, 2 * UNIT);
  age (&first);
  add_node (search, &first, 0, ICE_N_EVENTS, FALSE);
  /* with a time for the end of candidates; other timeouts as they are */
  ice_transport_state_set_end_timeout (&first, UNIT);
  add_node (search, &first, 1, ICE_N_EVENTS, FALSE);
  for (i = 0; i < search->nodes->len; i++) {
    IceEvent event;

    for (event = 0; event < ICE_N_EVENTS; event++) {
      try_event (search, i, event, FALSE);
      try_event (search, i, event, TRUE);
    }
    if (g_array_index (search->nodes, Node, i).machine.end_timeout == 0)
      try_timeouts (search, i);
  }
  g_test_message ("%u different machines", search->nodes->len);
  return search;
}

static void
free_search (Search *search)
{
  guint i;

  for (i = 0; i < sizeof (search->examples) / sizeof (gchar *); i++)
    g_free ((&search->examples[0][0][0])[i]);
  g_hash_table_unref (search->known);
  g_array_unref (search->nodes);
  g_free (search);
}

/* The values in backquotes in a cell of the table, by their names. */
static guint
parse_cell (const gchar *cell, const gchar *(*to_string) (guint), guint n)
{
  g_auto (GStrv) parts = g_strsplit (cell, "`", -1);
  guint i, value, set = 0;

  for (i = 1; parts[i] != NULL && parts[i + 1] != NULL; i += 2) {
    for (value = 0; value < n; value++)
      if (g_str_equal (parts[i], to_string (value)))
        break;
    if (value == n)
      g_error ("docs/states.md: what is `%s`?", parts[i]);
    set |= 1u << value;
  }
  g_assert_cmpuint (set, !=, 0);
  return set;
}

static const gchar *
state_to_string (guint state)
{
  return ice_connection_state_to_string ((GstIceConnectionState) state);
}

static const gchar *
reason_to_string (guint reason)
{
  return ice_reason_to_string ((IceReason) reason);
}

/* | `from`, ... | `to`, ... | when | `reason`, ... | is each of them. */
static void
parse_row (const gchar *row, Seen promised)
{
  g_auto (GStrv) cells = g_strsplit (row, "|", -1);
  guint from, to, reason, i, j, k;

  g_assert_cmpuint (g_strv_length (cells), ==, 6);
  from = parse_cell (cells[1], state_to_string, N_STATES);
  to = parse_cell (cells[2], state_to_string, N_STATES);
  reason = parse_cell (cells[4], reason_to_string, N_REASONS);
  for (i = 0; i < N_STATES; i++)
    for (j = 0; j < N_STATES; j++)
      for (k = 0; k < N_REASONS; k++)
        if ((from & 1u << i) != 0 && (to & 1u << j) != 0
            && (reason & 1u << k) != 0) {
          if (promised[i][j][k])
            g_error ("docs/states.md has %s to %s by %s twice",
                state_to_string (i), state_to_string (j), reason_to_string (k));
          promised[i][j][k] = TRUE;
        }
}

static void
read_page (Seen promised)
{
  g_autofree gchar *path = g_test_build_filename (
      G_TEST_DIST, "..", "..", "docs", "states.md", NULL);
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean in_table = FALSE;
  guint i;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (i = 0; lines[i] != NULL; i++) {
    if (g_str_equal (lines[i], "| from | to | when | reason |"))
      in_table = TRUE;
    else if (lines[i][0] != '|')
      in_table = FALSE;
    else if (in_table && lines[i][1] != '-')
      parse_row (lines[i], promised);
  }
}

static void
complain (GString *complaints, guint old, guint new, guint reason)
{
  g_string_append_printf (complaints, "\n| `%s` | `%s` | ... | `%s` |",
      state_to_string (old), state_to_string (new), reason_to_string (reason));
}

static void
test_page (void)
{
  Search *search = search_all ();
  g_autoptr (GString) missing = g_string_new (NULL);
  g_autoptr (GString) wrong = g_string_new (NULL);
  static Seen promised;
  guint i, j, k;

  read_page (promised);
  for (i = 0; i < N_STATES; i++)
    for (j = 0; j < N_STATES; j++)
      for (k = 0; k < N_REASONS; k++) {
        if (search->seen[i][j][k] && !promised[i][j][k]) {
          complain (missing, i, j, k);
          g_string_append_printf (
              missing, "   for instance: %s", search->examples[i][j][k]);
        }
        if (promised[i][j][k] && !search->seen[i][j][k])
          complain (wrong, i, j, k);
      }
  if (missing->len > 0)
    g_printerr ("Rows that docs/states.md lacks:%s\n", missing->str);
  if (wrong->len > 0)
    g_printerr (
        "Rows of docs/states.md that nothing leads to:%s\n", wrong->str);
  g_assert_true (missing->len == 0 && wrong->len == 0);
  free_search (search);
}

/* At any time, not only at units: the search has forgotten nothing that the
 * machine goes by, as get_key() would if it grew. */
static void
test_search_is_whole (void)
{
  Search *search = search_all ();
  GRand *rand = g_rand_new_with_seed (20250311);
  guint i, changes = 0;
  guint count = g_getenv ("ICE_TEST_SLOW") != NULL ? 20000 : 2000000;
  IceTransportState self = { .state = GST_ICE_CONNECTION_STATE_CLOSED };
  gint64 now = 0;

  for (i = 0; i < count; i++) {
    GstIceConnectionState old;
    IceEvent event = (IceEvent) g_rand_int_range (rand, 0, ICE_N_EVENTS);

    if (self.state == GST_ICE_CONNECTION_STATE_CLOSED) {
      ice_transport_state_init (&self, 0, 0);
      ice_transport_state_set_end_timeout (
          &self, g_rand_int_range (rand, -UNIT, 3 * UNIT));
    }
    if (g_rand_int_range (rand, 0, 20) == 0)
      ice_transport_state_set_timeouts (&self,
          g_rand_int_range (rand, -UNIT, 3 * UNIT),
          g_rand_int_range (rand, -UNIT, 3 * UNIT));
    now += MAX (0, g_rand_int_range (rand, -UNIT, UNIT));
    if (event == ICE_EVENT_CLOSE && g_rand_int_range (rand, 0, 5) != 0)
      event = ICE_EVENT_TICK;
    old = self.state;
    if (!ice_transport_state_step (&self, event, now))
      continue;
    changes++;
    if (!search->seen[old][self.state][self.reason])
      g_error ("%s to %s by %s was not found; does get_key() know all fields?",
          state_to_string (old), state_to_string (self.state),
          reason_to_string (self.reason));
  }
  g_assert_cmpuint (changes, >, count / 20);
  g_rand_free (rand);
  free_search (search);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/icestate/transitions/page", test_page);
  g_test_add_func ("/icestate/transitions/search", test_search_is_whole);
  return g_test_run ();
}
