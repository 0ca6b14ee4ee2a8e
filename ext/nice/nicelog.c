/* gst-ice: libnice's debug log, tapped.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "nicelog.h"
#include <nice/debug.h>
#include <string.h>

#define DOMAIN "libnice"

typedef struct
{
  NiceLogFunc function;
  gpointer user_data;
} Watch;

G_LOCK_DEFINE_STATIC (watches);
static GHashTable *watches; /* agent -> Watch */
static gboolean asked;      /* somebody wanted to see the lines before us */
static GPrivate probe;      /* set by a line that comes now: a gboolean */

static gboolean
was_asked (void)
{
  const gchar *domains = g_getenv ("G_MESSAGES_DEBUG");

  return g_getenv ("NICE_DEBUG") != NULL
      || (domains != NULL
          && (strstr (domains, DOMAIN) != NULL
              || strstr (domains, "all") != NULL));
}

/* The lock is a leaf; holding it, nice_log_unwatch() knows that no call is
 * under way when it returns. */
static void
tell (const NiceTraceEvent *event)
{
  const Watch *watch;

  G_LOCK (watches);
  watch = g_hash_table_lookup (watches, GSIZE_TO_POINTER (event->agent));
  if (watch != NULL)
    watch->function (event, watch->user_data);
  G_UNLOCK (watches);
}

static void
on_line (const gchar *domain, GLogLevelFlags level, const gchar *line,
    gpointer unused)
{
  NiceTraceEvent event;
  gboolean *came = g_private_get (&probe);

  if (came != NULL) {
    *came = TRUE;
    return;
  }
  if (asked)
    g_log_default_handler (domain, level, line, NULL);
  if (nice_trace_parse (line, -1, &event) != NICE_TRACE_OTHER)
    tell (&event);
}

/**
 * nice_log_watch:
 * @agent: a NiceAgent
 * @function: hears what libnice says of it
 * @user_data: for @function
 *
 * Any thread. The first call installs the process's handler.
 */
void
nice_log_watch (gpointer agent, NiceLogFunc function, gpointer user_data)
{
  Watch *watch = g_new0 (Watch, 1);
  gboolean first;

  watch->function = function;
  watch->user_data = user_data;
  G_LOCK (watches);
  first = watches == NULL;
  if (first)
    watches = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  g_hash_table_replace (watches, agent, watch);
  G_UNLOCK (watches);

  if (!first)
    return;
  asked = was_asked ();
  g_log_set_handler (DOMAIN, G_LOG_LEVEL_DEBUG, on_line, NULL);
  nice_debug_enable (FALSE);
}

/**
 * nice_log_unwatch:
 * @agent: a NiceAgent
 *
 * Any thread, without the agent's lock. No call comes after this.
 */
void
nice_log_unwatch (gpointer agent)
{
  G_LOCK (watches);
  if (watches != NULL)
    g_hash_table_remove (watches, agent);
  G_UNLOCK (watches);
}

/**
 * nice_log_works:
 *
 * Any thread. Also asks libnice to write its lines, should somebody have told
 * it not to.
 *
 * Returns: whether they reach us: a handler for them that was installed after
 *   ours has them instead
 */
gboolean
nice_log_works (void)
{
  gboolean came = FALSE;

  nice_debug_enable (FALSE);
  g_private_set (&probe, &came);
  g_log (DOMAIN, G_LOG_LEVEL_DEBUG, "gst-ice: who reads this?");
  g_private_set (&probe, NULL);
  return came;
}
