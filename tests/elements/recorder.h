/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What users are told, in order, one line each: signals and notifies of an
 * agent, its transports and elements, and messages on a bus.
 *
 *   candidate 0 candidate:1 ...     on-ice-candidate
 *   error 0 701 text                on-ice-candidate-error
 *   pair 0/1 10.0.0.2               on-selected-candidate-pair-change
 *   agent ice-connection-state connected    notify
 *   transport 0/1 state connected           notify
 *   bus ice-connection-state new connected checks */
#pragma once

#include <gst/gst.h>
#include "gsticeagent.h"

G_BEGIN_DECLS

typedef struct _Recorder Recorder;

Recorder *recorder_new (void);
void recorder_free (Recorder *recorder);
void recorder_watch_agent (
    Recorder *recorder, gpointer object, const gchar *name);
void recorder_watch_transport (Recorder *recorder, gpointer transport);
void recorder_watch_bus (Recorder *recorder, GstElement *element);
void recorder_note (Recorder *recorder, const gchar *format, ...)
    G_GNUC_PRINTF (2, 3);
/* Until such a line was noted; the watchdog barks after 10 s. */
void recorder_wait (Recorder *recorder, const gchar *line);
gchar *recorder_take (Recorder *recorder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Recorder, recorder_free)

#define assert_recorded(recorder, expected)                                    \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree gchar *lines_ = recorder_take (recorder);                       \
    g_assert_cmpstr (lines_, ==, expected);                                    \
  }                                                                            \
  G_STMT_END

G_END_DECLS
