/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Network namespaces of a test's own, one for each thread that wants one. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The calling thread is in a new one from now on, where loopback is up.
 * Returns: a descriptor of it; -1: this process may not */
int netns_enter_new (void);
void netns_enter (int descriptor);
/* Runs a command there. Returns: whether it succeeded */
gboolean netns_run (const gchar *format, ...) G_GNUC_PRINTF (1, 2);
/* Runs function in a thread of its own, in a new one; skips the test where that
 * is not possible. */
void netns_test (void (*function) (int descriptor));

G_END_DECLS
