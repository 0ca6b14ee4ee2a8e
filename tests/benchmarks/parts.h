/* gst-ice: benchmarks: the parts of a run, a table each.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "options.h"
#include "report.h"

G_BEGIN_DECLS

void bench_run_paced (const BenchOptions *options, BenchReport *report);
void bench_run_throughput (const BenchOptions *options, BenchReport *report);
void bench_run_delay (const BenchOptions *options, BenchReport *report);
void bench_run_connect (const BenchOptions *options, BenchReport *report);
void bench_run_footprint (const BenchOptions *options, BenchReport *report);
void bench_run_forward (const BenchOptions *options, BenchReport *report);

void bench_print_own_footprint (const BenchOptions *options);
void bench_be_forwarder (const BenchOptions *options);

G_END_DECLS
