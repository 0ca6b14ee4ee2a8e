/* gst-ice: libnice's check-list dumps against a checklist.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "checkdump.h"
#include <string.h>

void
check_dump_init (CheckDump *dump)
{
  *dump = (CheckDump){ FALSE };
  dump->pairs = g_hash_table_new (NULL, NULL);
  dump->nominated = g_hash_table_new (NULL, NULL);
}

void
check_dump_clear (CheckDump *dump)
{
  g_hash_table_unref (dump->pairs);
  g_hash_table_unref (dump->nominated);
}

static GstIceCandidatePairState
state_of_letter (gchar letter)
{
  switch (letter) {
    case 'Z':
      return GST_ICE_CANDIDATE_PAIR_STATE_FROZEN;
    case 'W':
      return GST_ICE_CANDIDATE_PAIR_STATE_WAITING;
    case 'I':
      return GST_ICE_CANDIDATE_PAIR_STATE_IN_PROGRESS;
    case 'F':
      return GST_ICE_CANDIDATE_PAIR_STATE_FAILED;
    case 'S':
    case 'D':
      return GST_ICE_CANDIDATE_PAIR_STATE_SUCCEEDED;
  }
  g_error ("state %c", letter);
}

static gchar *
write_endpoint (const IceCheckEndpoint *endpoint)
{
  return g_strdup_printf ("[%s]:%u", endpoint->address, endpoint->port);
}

/* "pair 0x.. : f=.. t=.. sock=.. udp:[a]:1 > udp:[b]:2 prio=.. state=SVN" */
static void
compare_row (CheckDump *dump, const IceChecklist *list, const gchar *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  const IceCheckPair *pair;
  g_autofree gchar *local = NULL, *base = NULL, *remote = NULL;
  const gchar *state, *local_text, *remote_text;

  g_assert_cmpuint (g_strv_length (words), ==, 11);
  pair = ice_checklist_find (
      list, (guintptr) g_ascii_strtoull (words[1], NULL, 16));
  if (pair == NULL)
    g_error ("not in the checklist: %s", line);
  g_assert_true (pair->live);
  state = words[10] + strlen ("state=");
  if (state[0] != 'D')
    g_assert_cmpint (pair->state, ==, state_of_letter (state[0]));

  local = write_endpoint (&pair->local);
  base = write_endpoint (&pair->base);
  remote = write_endpoint (&pair->remote);
  local_text = strchr (words[6], '[');
  remote_text = strchr (words[8], '[');
  g_assert_true (
      strcmp (local_text, local) == 0 || strcmp (local_text, base) == 0);
  g_assert_cmpstr (remote_text, ==, remote);
  g_hash_table_add (dump->pairs, (gpointer) pair);
  if (strchr (state, 'N') != NULL)
    g_hash_table_add (dump->nominated, (gpointer) pair);
}

static void
end_dump (CheckDump *dump, const IceChecklist *list)
{
  guint i, live = 0;

  for (i = 0; i < ice_checklist_get_n_pairs (list); i++) {
    const IceCheckPair *pair = ice_checklist_get_pair (list, i);

    if (!pair->live)
      continue;
    live++;
    g_assert_true (g_hash_table_contains (dump->pairs, pair));
    g_assert_true (
        g_hash_table_contains (dump->nominated, pair) == pair->nominated);
  }
  g_assert_cmpuint (live, ==, g_hash_table_size (dump->pairs));
  dump->running = FALSE;
  dump->n++;
}

/* Whether @line is part of a dump; the one after it ends it. Aborts where the
 * dump differs from @list. */
gboolean
check_dump_take (CheckDump *dump, const IceChecklist *list, const gchar *line)
{
  const gchar *text = strstr (line, " : *** ");
  const gchar *row = strstr (line, " : pair 0x");

  if (text != NULL && strstr (text, "conncheck list DUMP") != NULL) {
    if (dump->running)
      end_dump (dump, list);
    dump->running = TRUE;
    g_hash_table_remove_all (dump->pairs);
    g_hash_table_remove_all (dump->nominated);
    return TRUE;
  }
  if (!dump->running)
    return text != NULL;
  if (text == NULL || g_str_has_prefix (text, " : *** priv_mark")) {
    end_dump (dump, list);
    return text != NULL;
  }
  if (row != NULL && strstr (row, " : f=") != NULL)
    compare_row (dump, list, row + 3);
  return TRUE;
}
