/* gst-ice: network namespaces of a test's own.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "netns.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>

int
netns_enter_new (void)
{
  int descriptor;

  if (unshare (CLONE_NEWNET) != 0)
    return -1;
  descriptor = open ("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (descriptor, >=, 0);
  g_assert_true (netns_run ("ip link set lo up"));
  return descriptor;
}

void
netns_enter (int descriptor)
{
  g_assert_cmpint (setns (descriptor, CLONE_NEWNET), ==, 0);
}

gboolean
netns_run (const gchar *format, ...)
{
  g_autofree gchar *line = NULL, *said = NULL;
  gint status = -1;
  va_list args;

  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  if (!g_spawn_command_line_sync (line, NULL, &said, &status, NULL))
    return FALSE;
  if (status != 0)
    g_test_message ("%s: %s", line, said);
  return status == 0;
}

typedef struct
{
  void (*function) (int descriptor);
  gboolean done;
} Test;

static gpointer
run (gpointer data)
{
  Test *test = data;
  int descriptor = netns_enter_new ();

  if (descriptor < 0)
    return NULL;
  test->function (descriptor);
  test->done = TRUE;
  g_close (descriptor, NULL);
  return NULL;
}

void
netns_test (void (*function) (int descriptor))
{
  Test test = { function, FALSE };

  g_thread_join (g_thread_new ("netns", run, &test));
  if (!test.done)
    g_test_skip ("a network namespace of its own is needed");
}
