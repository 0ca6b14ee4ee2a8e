/* gst-ice: benchmarks: one measurement of one kind.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "measure.h"
#include "arrival.h"
#include "rounds.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 1000 /* ms until what was waited for is lost */
#define QUIET 50      /* ms without an arrival: it was the last one */
#define CLEAN 0.001   /* share that may be lost of a clean rate */
#define SLOWER 0.9    /* than the last try */
#define MAX_TRIES 10
#define MOST_FDS 65536

/* CPU time of this thread, and of the whole process. */
typedef struct
{
  gint64 thread, process;
} Cpu;

static Cpu
read_cpu (void)
{
  return (Cpu){ bench_get_nanoseconds (CLOCK_THREAD_CPUTIME_ID),
    bench_get_nanoseconds (CLOCK_PROCESS_CPUTIME_ID) };
}

/* Burst after burst to path after path. */
static void
send_chunk (BenchPath **paths, guint n, const BenchLoad *load, guint *next)
{
  guint i;

  for (i = 0; i < load->n_bursts; i++) {
    BenchPath *path = paths[(*next)++ % n];

    path->kind->send (path, &load->bursts[i]);
  }
}

/* How often the other threads of the process had to be woken. */
static glong
count_sleeps (void)
{
  struct rusage process, thread;

  getrusage (RUSAGE_SELF, &process);
  getrusage (RUSAGE_THREAD, &thread);
  return process.ru_nvcsw - thread.ru_nvcsw;
}

/**
 * bench_measure_paced:
 * @paths: (array length=n): connected paths
 * @n: how many
 * @load: a chunk
 * @datagrams: how many to send, rounded up to chunks
 *
 * Waits after each chunk until it has arrived, so that nothing is lost for want
 * of room. The CPU time of waiting is nobody's.
 *
 * Returns: what it took
 */
BenchThroughput
bench_measure_paced (
    BenchPath **paths, guint n, const BenchLoad *load, guint datagrams)
{
  gint64 sending = 0, waiting = 0, all, start;
  guint sent = 0, lost = 0, next = 0;
  glong sleeps = count_sleeps ();

  bench_arrival_reset ();
  start = g_get_monotonic_time ();
  all = bench_get_nanoseconds (CLOCK_PROCESS_CPUTIME_ID);
  while (sent < datagrams) {
    gint64 before = bench_get_nanoseconds (CLOCK_THREAD_CPUTIME_ID), after;

    send_chunk (paths, n, load, &next);
    sent += load->datagrams;
    after = bench_get_nanoseconds (CLOCK_THREAD_CPUTIME_ID);
    if (!bench_arrival_wait (sent - lost, PATIENCE))
      lost = sent - bench_arrival_count ();
    waiting += bench_get_nanoseconds (CLOCK_THREAD_CPUTIME_ID) - after;
    sending += after - before;
  }
  all = bench_get_nanoseconds (CLOCK_PROCESS_CPUTIME_ID) - all;
  return (BenchThroughput){
    .send = (gdouble) sending / sent,
    .receive = (gdouble) (all - sending - waiting) / sent,
    .sleeps = (gdouble) (count_sleeps () - sleeps) / sent,
    .lost = (gdouble) lost / sent,
    .rate = (gdouble) (sent - lost) * G_TIME_SPAN_SECOND
        / (g_get_monotonic_time () - start),
  };
}

/* Returns: when the last one came */
static gint64
wait_for_last (guint sent)
{
  gint64 last = g_get_monotonic_time ();
  guint arrived = bench_arrival_count ();

  while (bench_arrival_wait (arrived + 1, arrived < sent ? QUIET : 0)) {
    last = g_get_monotonic_time ();
    arrived = bench_arrival_count ();
  }
  return last;
}

static void
spin_until (gint64 microseconds)
{
  while (g_get_monotonic_time () < microseconds)
    ;
}

/* Adds the CPU time of it, which is not sending's. */
static void
keep_rate (gint64 start, guint sent, gdouble rate, gint64 *waiting)
{
  gint64 before = bench_get_nanoseconds (CLOCK_THREAD_CPUTIME_ID);

  spin_until (start + (gint64) (sent / rate * G_TIME_SPAN_SECOND));
  *waiting += bench_get_nanoseconds (CLOCK_THREAD_CPUTIME_ID) - before;
}

/* At a rate, datagrams a second; 0: as fast as it can. */
static BenchThroughput
measure_rate (BenchPath **paths, guint n, const BenchLoad *load,
    guint milliseconds, gdouble rate)
{
  gint64 start = g_get_monotonic_time (), last, sending, waiting = 0;
  gint64 end = start + milliseconds * G_TIME_SPAN_MILLISECOND;
  glong sleeps = count_sleeps ();
  Cpu before = read_cpu (), after;
  guint sent = 0, next = 0, arrived;

  bench_arrival_reset ();
  do {
    send_chunk (paths, n, load, &next);
    sent += load->datagrams;
    if (rate > 0)
      keep_rate (start, sent, rate, &waiting);
  } while (g_get_monotonic_time () < end);
  sending = bench_get_nanoseconds (CLOCK_THREAD_CPUTIME_ID) - before.thread
      - waiting;
  last = wait_for_last (sent);
  after = read_cpu ();
  arrived = bench_arrival_count ();
  return (BenchThroughput){
    .send = (gdouble) sending / sent,
    .receive = (gdouble) (after.process - before.process
                   - (after.thread - before.thread))
        / MAX (arrived, 1),
    .sleeps = (gdouble) (count_sleeps () - sleeps) / MAX (arrived, 1),
    .lost = 1 - (gdouble) arrived / sent,
    .rate = (gdouble) arrived * G_TIME_SPAN_SECOND / (last - start),
  };
}

/**
 * bench_measure_flat_out:
 * @paths: (array length=n): connected paths
 * @n: how many
 * @load: a chunk
 * @milliseconds: how long
 *
 * Sends as fast as it can.
 *
 * Returns: what it took, and what arrived
 */
BenchThroughput
bench_measure_flat_out (
    BenchPath **paths, guint n, const BenchLoad *load, guint milliseconds)
{
  return measure_rate (paths, n, load, milliseconds, 0);
}

/**
 * bench_measure_clean:
 * @paths: (array length=n): connected paths
 * @n: how many
 * @load: a chunk
 * @milliseconds: how long, each try
 * @flat_out: how it went flat out
 *
 * Where that lost too much it tries slower and slower.
 *
 * Returns: what it took where all but 0.1 % arrived; its rate is 0 if there was
 *   no such try
 */
BenchThroughput
bench_measure_clean (BenchPath **paths, guint n, const BenchLoad *load,
    guint milliseconds, const BenchThroughput *flat_out)
{
  BenchThroughput last = *flat_out;
  gdouble rate = flat_out->rate;
  guint i;

  for (i = 0; i < MAX_TRIES && last.lost >= CLEAN; i++) {
    last = measure_rate (paths, n, load, milliseconds, rate);
    rate *= SLOWER;
  }
  if (last.lost >= CLEAN)
    last.rate = 0;
  return last;
}

static void
set_timer_slack (gulong nanoseconds)
{
  prctl (PR_SET_TIMERSLACK, nanoseconds, 0L, 0L, 0L);
}

static void
sleep_until (gint64 nanoseconds)
{
  const struct timespec time = {
    .tv_sec = nanoseconds / 1000000000,
    .tv_nsec = nanoseconds % 1000000000,
  };

  while (clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
    ;
}

static void
stamp (const BenchBurst *burst)
{
  gint64 now = bench_get_nanoseconds (CLOCK_MONOTONIC);
  guint i;

  for (i = 0; i < burst->n; i++)
    memcpy (burst->bytes + (gsize) i * burst->size + BENCH_HEADER, &now,
        sizeof (now));
}

static BenchDelay
summarize (const gint64 *delays, guint n, guint sent)
{
  g_autofree gdouble *values = g_new (gdouble, n + 1);
  guint i;

  if (n == 0)
    return (BenchDelay){ .median = NAN, .p99 = NAN, .lost = 1 };
  for (i = 0; i < n; i++)
    values[i] = delays[i] / 1000.0;
  return (BenchDelay){
    .median = bench_get_quantile (values, n, 0.5),
    .p99 = bench_get_quantile (values, n, 0.99),
    .lost = 1 - (gdouble) n / sent,
  };
}

/**
 * bench_measure_delay:
 * @path: a connected path
 * @load: a chunk, its bytes are written to
 * @rate: datagrams a second
 * @datagrams: how many to send, rounded up to bursts
 *
 * Returns: how long they took
 */
BenchDelay
bench_measure_delay (
    BenchPath *path, const BenchLoad *load, guint rate, guint datagrams)
{
  guint room = datagrams + load->datagrams, sent = 0, next = 0, n;
  g_autofree gint64 *delays = g_new (gint64, room);
  gint64 start = bench_get_nanoseconds (CLOCK_MONOTONIC), sending = 0;
  Cpu before = read_cpu (), after;
  BenchDelay result;

  bench_arrival_reset ();
  bench_arrival_expect_stamps (delays, room);
  set_timer_slack (1); /* this thread's sleeps end when they are over */
  while (sent < datagrams) {
    const BenchBurst *burst = &load->bursts[next++ % load->n_bursts];

    sleep_until (start + (gint64) (sent * 1e9 / rate));
    sending -= bench_get_nanoseconds (CLOCK_THREAD_CPUTIME_ID);
    stamp (burst);
    path->kind->send (path, burst);
    sending += bench_get_nanoseconds (CLOCK_THREAD_CPUTIME_ID);
    sent += burst->n;
  }
  set_timer_slack (0); /* as it was */
  bench_arrival_wait (sent, PATIENCE);
  after = read_cpu ();
  n = bench_arrival_count_stamps ();
  bench_arrival_expect_stamps (NULL, 0);
  result = summarize (delays, n, sent);
  result.send = (gdouble) sending / sent;
  result.receive = (gdouble) (after.process - before.process
                       - (after.thread - before.thread))
      / sent;
  return result;
}

/**
 * bench_measure_forwarding:
 * @path: a connected path, behind whose source a forwarder sends
 * @load: a chunk
 * @rate: datagrams a second
 * @milliseconds: how long, rounded up to bursts
 *
 * Returns: what forwarding took, not what sending to the forwarder took
 */
BenchForwarding
bench_measure_forwarding (
    BenchPath *path, const BenchLoad *load, gdouble rate, guint milliseconds)
{
  gint64 start = bench_get_nanoseconds (CLOCK_MONOTONIC);
  gint64 end = start + milliseconds * G_GINT64_CONSTANT (1000000), at = start;
  Cpu before = read_cpu (), after;
  guint sent = 0, next = 0;

  while (at < end) {
    const BenchBurst *burst = &load->bursts[next++ % load->n_bursts];

    sleep_until (at);
    path->kind->send (path, burst);
    sent += burst->n;
    at = start + (gint64) (sent * 1e9 / rate);
  }
  sleep_until (at + QUIET * G_GINT64_CONSTANT (1000000));
  after = read_cpu ();
  return (BenchForwarding){
    .cpu = after.process - before.process - (after.thread - before.thread),
    .sent = sent,
  };
}

static gdouble
read_memory (void)
{
  g_autofree gchar *text = NULL;
  const gchar *found;

  if (!g_file_get_contents ("/proc/self/status", &text, NULL, NULL)
      || (found = strstr (text, "VmRSS:")) == NULL)
    bench_fail ("/proc/self/status can't be read");
  return (gdouble) g_ascii_strtoll (found + strlen ("VmRSS:"), NULL, 10);
}

static gdouble
count_fds (void)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (folder != NULL && g_dir_read_name (folder) != NULL)
    n++;
  return (gdouble) n - 1; /* that of the folder */
}

/* GStreamer names a streaming thread after the pad that it pushes from. */
static gboolean
is_streaming (const gchar *task)
{
  g_autofree gchar *path = g_strdup_printf ("/proc/self/task/%s/comm", task);
  g_autofree gchar *name = NULL;

  return g_file_get_contents (path, &name, NULL, NULL)
      && g_str_has_suffix (name, ":src\n");
}

static BenchFootprint
count_threads (void)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/task", 0, NULL);
  BenchFootprint footprint = { .cpu = NAN };
  const gchar *task;

  while (folder != NULL && (task = g_dir_read_name (folder)) != NULL)
    if (is_streaming (task))
      footprint.streaming++;
    else
      footprint.threads++;
  return footprint;
}

/**
 * bench_measure_footprint:
 * @streaming: streaming threads that were started; it waits until they run
 *
 * Returns: what this process holds now
 */
BenchFootprint
bench_measure_footprint (guint streaming)
{
  gint64 end = g_get_monotonic_time () + PATIENCE * G_TIME_SPAN_MILLISECOND;
  BenchFootprint footprint = count_threads ();

  while (footprint.streaming < streaming && g_get_monotonic_time () < end) {
    g_usleep (1000);
    footprint = count_threads ();
  }
  footprint.memory = read_memory ();
  footprint.fds = count_fds ();
  return footprint;
}

/**
 * bench_measure_idleness:
 * @milliseconds: how long; as long passes before, so that what connecting left
 *   behind is over
 *
 * Returns: the CPU time that the process takes to do nothing, ms a second
 */
gdouble
bench_measure_idleness (guint milliseconds)
{
  gint64 before;

  g_usleep (milliseconds * G_TIME_SPAN_MILLISECOND);
  before = bench_get_nanoseconds (CLOCK_PROCESS_CPUTIME_ID);
  g_usleep (milliseconds * G_TIME_SPAN_MILLISECOND);
  return (bench_get_nanoseconds (CLOCK_PROCESS_CPUTIME_ID) - before) / 1000.0
      / milliseconds;
}

/**
 * bench_allow_descriptors:
 *
 * Lets the process have as many as it may.
 */
void
bench_allow_descriptors (void)
{
  struct rlimit limit, more;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return;
  more = (struct rlimit){ MAX (limit.rlim_max, MOST_FDS),
    MAX (limit.rlim_max, MOST_FDS) };
  if (setrlimit (RLIMIT_NOFILE, &more) < 0) { /* only root may */
    limit.rlim_cur = limit.rlim_max;
    setrlimit (RLIMIT_NOFILE, &limit);
  }
}
