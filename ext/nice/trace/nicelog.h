/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads libnice's debug log and calls the watchers of an agent with the events
 * that its lines report. The lines are also written to the log if the user
 * enabled libnice's debug output (NICE_DEBUG, G_MESSAGES_DEBUG), without the
 * credentials in them. */
#pragma once

#include "trace/nicetrace.h"

G_BEGIN_DECLS

/* Called in the thread that runs the agent, with the agent's lock held: must
 * not call libnice. */
typedef void (*NiceLogFunc) (const NiceTraceEvent *event, gpointer user_data);

void nice_log_watch (gpointer agent, gboolean error_codes, NiceLogFunc function,
    gpointer user_data);
void nice_log_unwatch (gpointer agent, gpointer user_data);
gboolean nice_log_works (void);
guint nice_log_get_socket_serial (void);
gboolean nice_log_has_connection (gconstpointer agent, gint fd);

G_END_DECLS
