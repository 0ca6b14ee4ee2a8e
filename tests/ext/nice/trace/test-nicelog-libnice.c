/* gst-ice: test of nicelog: do the lines of the installed libnice reach us?
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <nice/agent.h>
#include <nice/debug.h>

#include "trace/nicelog.h"

static guint lines, stolen;

static void
count (const NiceTraceEvent *event, gpointer user_data)
{
  lines++;
}

static void
steal (const gchar *domain, GLogLevelFlags level, const gchar *line,
    gpointer user_data)
{
  stolen++;
}

/* How many lines of libnice came about this agent. */
static guint
count_lines (NiceAgent *agent)
{
  guint before = lines, stream = nice_agent_add_stream (agent, 1);

  nice_agent_attach_recv (agent, stream, 1, NULL, NULL, NULL);
  nice_agent_gather_candidates (agent, stream);
  nice_agent_remove_stream (agent, stream);
  return lines - before;
}

static void
test_works (void)
{
  NiceAgent *agent = nice_agent_new (NULL, NICE_COMPATIBILITY_RFC5245);
  NiceAddress local;
  guint handler, seen;

  g_object_set (agent, "upnp", FALSE, "ice-tcp", FALSE, NULL);
  nice_address_init (&local);
  nice_address_set_from_string (&local, "127.0.0.1");
  nice_agent_add_local_address (agent, &local);
  g_assert_false (nice_log_works ()); /* nobody has asked for it yet */

  nice_log_watch (agent, FALSE, count, NULL);
  g_assert_true (nice_log_works ());
  g_assert_cmpuint (lines, ==, 0); /* that is no line of an agent's */
  g_assert_cmpuint (count_lines (agent), >, 0);

  nice_debug_disable (FALSE);
  g_assert_cmpuint (count_lines (agent), ==, 0);
  g_assert_true (nice_log_works ()); /* switched on again */
  g_assert_cmpuint (count_lines (agent), >, 0);

  handler = g_log_set_handler ("libnice", G_LOG_LEVEL_DEBUG, steal, NULL);
  g_assert_false (nice_log_works ());
  seen = stolen;
  g_assert_cmpuint (seen, ==, 1);
  g_assert_cmpuint (count_lines (agent), ==, 0);
  g_assert_cmpuint (stolen, >, seen);
  g_log_remove_handler ("libnice", handler);
  g_assert_true (nice_log_works ());
  g_assert_cmpuint (count_lines (agent), >, 0);

  nice_log_unwatch (agent, NULL);
  g_assert_true (nice_log_works ());
  g_assert_cmpuint (count_lines (agent), ==, 0);
  g_object_unref (agent);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nicelog/works", test_works);
  return g_test_run ();
}
