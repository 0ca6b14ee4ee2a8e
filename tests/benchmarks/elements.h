/* gst-ice: benchmarks: a sink that we feed and a source that is counted.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "path.h"

G_BEGIN_DECLS

typedef struct
{
  BenchPath path;
  GstElement *source;
  GstElement *sink;
  GstPad *feed;  /* before the sink */
  GstPad *count; /* after the source */
} BenchElements;

void bench_elements_make (BenchElements *self, const BenchKind *kind);
void bench_elements_play (BenchElements *self);
void bench_elements_send (BenchPath *path, const BenchBurst *burst);
void bench_elements_forward (BenchElements *self, GstElement *forwarder);
GstElement *bench_elements_make_branch (
    GstElement *tee, const BenchForwarder *forwarder, const gchar *factory);
void bench_elements_stop (BenchElements *self);

G_END_DECLS
