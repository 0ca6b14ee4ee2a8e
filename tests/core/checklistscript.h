/* gst-ice: checklists by script, for tests.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdio.h>
#include <string.h>

#include "icechecklist.h"

static const gchar *const script_states[] = { "frozen", "waiting",
  "in-progress", "failed", "succeeded" };

static inline guint
script_find (const gchar *word, const gchar *const *words, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    if (g_strcmp0 (word, words[i]) == 0)
      return i;
  g_error ("no word \"%s\"", word);
}

/* A letter. */
static inline void
script_endpoint (IceCheckEndpoint *endpoint, gchar letter)
{
  g_snprintf (endpoint->address, sizeof endpoint->address, "10.0.0.%u", letter);
  endpoint->port = letter * 100;
}

static inline IceCheckEvent
script_event (const gchar *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  guint n = g_strv_length (words), kind;
  IceCheckEvent event = { .newer = ICE_CHECK_UNKNOWN };

  for (kind = 0; kind < ICE_CHECK_N_KINDS; kind++)
    if (strcmp (words[0], ice_check_kind_to_string (kind)) == 0)
      break;
  g_assert_cmpuint (kind, <, ICE_CHECK_N_KINDS);
  event.kind = kind;
  if (n > 1)
    event.id = g_ascii_strtoull (words[1], NULL, 10);
  if (kind == ICE_CHECK_STATE)
    event.state = script_find (
        words[2], script_states, G_N_ELEMENTS (script_states));
  else if (kind == ICE_CHECK_RESPONSE_RECEIVED && words[2][0] != '?')
    event.newer = g_ascii_strtoull (words[2], NULL, 10);
  else if (n > 3) {
    script_endpoint (&event.local.endpoint, words[2][0]);
    script_endpoint (&event.remote.endpoint, words[3][0]);
  }
  if (kind == ICE_CHECK_ADDED && n > 4)
    event.parent = g_ascii_strtoull (words[4], NULL, 10);
  return event;
}

/* "0:state,nominated 3:removed" */
static inline gchar *
script_changes (const IceCheckChange *changes, guint n)
{
  static const gchar *const names[] = { "added", "state", "nominated",
    "selected", "candidates", "removed" };
  GString *text = g_string_new (NULL);
  guint i, bit;

  for (i = 0; i < n; i++) {
    gchar separator = ':';

    g_assert_cmpint (changes[i].what, !=, 0);
    g_string_append_printf (
        text, "%s%u", i > 0 ? " " : "", changes[i].pair->index);
    for (bit = 0; bit < G_N_ELEMENTS (names); bit++)
      if (changes[i].what & (1 << bit)) {
        g_string_append_printf (text, "%c%s", separator, names[bit]);
        separator = ',';
      }
  }
  return g_string_free (text, FALSE);
}

static inline gchar *
script_step (IceChecklist *list, const gchar *text, gint64 now)
{
  IceCheckEvent event = script_event (text);
  guint n;
  const IceCheckChange *changes = ice_checklist_step (list, &event, now, &n);

  return script_changes (changes, n);
}

/* "0 a-b succeeded N S gone;" */
static inline gchar *
script_table (const IceChecklist *list)
{
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < ice_checklist_get_n_pairs (list); i++) {
    const IceCheckPair *pair = ice_checklist_get_pair (list, i);

    g_string_append_printf (text, "%s%u %c-%c %s%s%s%s;", i > 0 ? " " : "",
        pair->index, pair->local.port / 100, pair->remote.port / 100,
        script_states[pair->state], pair->nominated ? " N" : "",
        pair->selected ? " S" : "", pair->live ? "" : " gone");
  }
  return g_string_free (text, FALSE);
}
