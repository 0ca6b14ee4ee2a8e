/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every test of the elements begins and ends with. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct
{
  const gchar *path;
  GTestFunc function;
} SuiteTest;

/* The I/O thread drops the last references after the elements went to NULL;
 * returns when it has ended. */
void suite_wait_for_io (void);
guint suite_count_threads (const gchar *name);

/* Iterates the main context until condition holds; barks after 10 s. */
#define suite_wait_until(condition)                                            \
  G_STMT_START                                                                 \
  {                                                                            \
    gint64 end_ = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;           \
    while (!(condition)) {                                                     \
      if (g_get_monotonic_time () > end_)                                      \
        g_error ("not within 10 s: %s", #condition);                           \
      suite_iterate ();                                                        \
    }                                                                          \
  }                                                                            \
  G_STMT_END
void suite_iterate (void);

/* Registers elements and the fake backend, runs the tests, ends GStreamer,
 * which is fatal where an object is left. */
int suite_run (int argc, char **argv, const SuiteTest *tests, guint n);

G_END_DECLS
