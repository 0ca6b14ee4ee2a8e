/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice's debug log, tapped: what it says of our agents, and of nobody else.
 * The lines carry credentials; they are passed on only to who asked for them
 * before (NICE_DEBUG, G_MESSAGES_DEBUG). */
#pragma once

#include "nicetrace.h"

G_BEGIN_DECLS

/* In whatever thread works for the agent, with the agent's lock held: must not
 * call libnice. */
typedef void (*NiceLogFunc) (const NiceTraceEvent *event, gpointer user_data);

void nice_log_watch (gpointer agent, gboolean error_codes, NiceLogFunc function,
    gpointer user_data);
void nice_log_unwatch (gpointer agent, gpointer user_data);
gboolean nice_log_works (void);
guint nice_log_get_age (void);
gboolean nice_log_has_connection (gconstpointer agent, gint fd);

G_END_DECLS
