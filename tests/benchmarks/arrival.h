/* gst-ice: benchmarks: what arrives, counted for all paths together.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void bench_arrival_reset (void);
void bench_arrival_expect_stamps (gint64 *delays, guint room);
guint bench_arrival_count_stamps (void);
guint bench_arrival_count (void);
gboolean bench_arrival_wait (guint least, guint milliseconds);

void bench_arrival_add (guint n);
gboolean bench_arrival_wants_stamps (void);
void bench_arrival_add_stamp (gint64 sent);
void bench_arrival_add_list (GstBufferList *list);
GstPad *bench_arrival_new_pad (void);

gint64 bench_get_nanoseconds (clockid_t clock);

G_END_DECLS
