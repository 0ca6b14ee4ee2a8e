/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Parses one line of libnice's debug log into an event. Pure: no allocation, no
 * regular expressions, bounded. */
#pragma once

#include "trace/nicetraceevent.h"

G_BEGIN_DECLS

NiceTraceKind nice_trace_parse (
    const gchar *line, gssize length, NiceTraceEvent *event);
guint nice_trace_parse_error_code (const gchar *line);
gboolean nice_trace_has_secret (const gchar *line);
gchar *nice_trace_redact (const gchar *line);
const gchar *nice_trace_kind_to_string (NiceTraceKind kind);

G_END_DECLS
