/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fields of libnice's debug lines. Pure. */
#pragma once

#include "trace/nicetraceevent.h"

G_BEGIN_DECLS

/* The part of a line that was not parsed yet. */
typedef struct
{
  const gchar *at;
  const gchar *end;
} NiceTraceScanner;

gboolean nice_trace_take (
    NiceTraceScanner *scanner, const gchar *text, gsize length);
gboolean nice_trace_take_number (
    NiceTraceScanner *scanner, guint64 max, guint64 *value);
gboolean nice_trace_take_pointer (NiceTraceScanner *scanner, guintptr *pointer);
gboolean nice_trace_take_pair (NiceTraceScanner *scanner, guintptr *pointer);
gboolean nice_trace_take_uint (NiceTraceScanner *scanner, guint *value);
gboolean nice_trace_take_word (NiceTraceScanner *scanner, gchar next,
    const gchar *const *words, guint *value);
gboolean nice_trace_take_text (
    NiceTraceScanner *scanner, gchar next, gchar *buffer, gsize size);
gboolean nice_trace_take_bracketed (
    NiceTraceScanner *scanner, NiceTraceEndpoint *endpoint);
gboolean nice_trace_take_bare (
    NiceTraceScanner *scanner, gchar next, NiceTraceEndpoint *endpoint);
gboolean nice_trace_take_address (
    NiceTraceScanner *scanner, gchar next, NiceTraceEndpoint *endpoint);
gboolean nice_trace_take_pair_priority (
    NiceTraceScanner *scanner, guint64 *priority);
gboolean nice_trace_skip_number (NiceTraceScanner *scanner);
gboolean nice_trace_skip_to (NiceTraceScanner *scanner, const gchar *literal);
gboolean nice_trace_skip_word (NiceTraceScanner *scanner);
gboolean nice_trace_take_function (
    NiceTraceScanner *scanner, gchar next, gboolean *is_new);
gboolean nice_trace_take_flag (NiceTraceScanner *scanner, gboolean *value);
gboolean nice_trace_take_priority (
    NiceTraceScanner *scanner, guint32 *priority);
gboolean nice_trace_take_transaction (NiceTraceScanner *scanner);

G_END_DECLS
