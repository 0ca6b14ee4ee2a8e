/* gst-ice: what every test of the elements begins and ends with.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "suite.h"
#include "fakeagent.h"
#include "gsticeelements.h"
#include "gsticeregistry.h"

/* Of this process, by name; all for NULL. */
guint
suite_count_threads (const gchar *name)
{
  GDir *tasks = g_dir_open ("/proc/self/task", 0, NULL);
  const gchar *task;
  guint count = 0;

  while ((task = g_dir_read_name (tasks)) != NULL) {
    g_autofree gchar *path = g_strdup_printf ("/proc/self/task/%s/comm", task);
    g_autofree gchar *comm = NULL;

    if (g_file_get_contents (path, &comm, NULL, NULL)
        && (name == NULL || g_str_equal (g_strchomp (comm), name)))
      count++;
  }
  g_dir_close (tasks);
  return count;
}

static gboolean
wake (gpointer unused)
{
  return G_SOURCE_REMOVE;
}

/* Once, a millisecond at most. */
void
suite_iterate (void)
{
  guint id = g_timeout_add (1, wake, NULL);

  g_main_context_iteration (NULL, TRUE);
  if (g_main_context_find_source_by_id (NULL, id) != NULL)
    g_source_remove (id);
}

void
suite_wait_for_io (void)
{
  suite_wait_until (suite_count_threads ("ice-io") == 0);
}

int
suite_run (int argc, char **argv, const SuiteTest *tests, guint n)
{
  int result;
  guint i;

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  GST_ELEMENT_REGISTER (icesrc, NULL);
  GST_ELEMENT_REGISTER (icesink, NULL);
  gst_ice_registry_set_backend (FAKE_TYPE_AGENT);
  for (i = 0; i < n; i++)
    g_test_add_func (tests[i].path, tests[i].function);
  result = g_test_run ();
  suite_wait_for_io ();
  /* The leaks tracer warns of what is left, and warnings are fatal. */
  gst_deinit ();
  return result;
}
