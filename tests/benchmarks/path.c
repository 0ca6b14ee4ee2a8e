/* gst-ice: benchmarks: a way for datagrams, of one kind or another.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "path.h"

#include <nice/interfaces.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define PATIENCE 60 /* seconds for all paths */

static GMutex lock;
static GCond changed;

static gint receive_buffer; /* the smallest, as the kernel counts */

/**
 * bench_fail:
 * @format: says why
 *
 * Ends the program.
 */
void
bench_fail (const gchar *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  fputs ("bench: ", stderr);
  vfprintf (stderr, format, arguments);
  fputc ('\n', stderr);
  va_end (arguments);
  exit (1);
}

/**
 * bench_set_receive_buffer:
 * @fd: a socket; gets the buffer that all have
 */
void
bench_set_receive_buffer (gint fd)
{
  const gint size = BENCH_RECEIVE_BUFFER;
  socklen_t length = sizeof (gint);
  gint got;

  if (setsockopt (fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof (size)) < 0)
    setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof (size));
  if (getsockopt (fd, SOL_SOCKET, SO_RCVBUF, &got, &length) == 0
      && (receive_buffer == 0 || got < receive_buffer))
    receive_buffer = got;
}

/**
 * bench_get_receive_buffer:
 *
 * Returns: the smallest that a socket got, bytes as the kernel counts them; 0:
 *   there was none
 */
gint
bench_get_receive_buffer (void)
{
  return receive_buffer;
}

/**
 * bench_kind_is_available:
 * @kind: a kind
 *
 * Returns: whether its elements are installed
 */
gboolean
bench_kind_is_available (const BenchKind *kind)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (kind->elements); i++) {
    g_autoptr (GstElementFactory) factory = NULL;

    if (kind->elements[i] == NULL)
      continue;
    factory = gst_element_factory_find (kind->elements[i]);
    if (factory == NULL)
      return FALSE;
  }
  return TRUE;
}

static gboolean
has_address (GList *all, guint i)
{
  g_autofree gchar *address = g_strdup_printf (BENCH_ADDRESS, i);

  return g_list_find_custom (all, address, (GCompareFunc) g_strcmp0) != NULL;
}

/**
 * bench_has_addresses:
 * @n: how many
 *
 * An agent takes only addresses that an interface has.
 *
 * Returns: whether loopback has so many, from 127.0.0.1 on
 */
gboolean
bench_has_addresses (guint n)
{
  GList *all = nice_interfaces_get_local_ips (TRUE);
  guint i = 2; /* loopback has the first one */

  while (i <= n && has_address (all, i))
    i++;
  g_list_free_full (all, g_free);
  return i > n;
}

/**
 * bench_path_lock:
 *
 * Before the times of any path are written.
 */
void
bench_path_lock (void)
{
  g_mutex_lock (&lock);
}

/**
 * bench_path_unlock:
 *
 * After they were written.
 */
void
bench_path_unlock (void)
{
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

static void
wait_for (BenchPath **paths, guint n, goffset member, const gchar *what)
{
  gint64 end = g_get_monotonic_time () + PATIENCE * G_TIME_SPAN_SECOND;
  guint i;

  g_mutex_lock (&lock);
  for (i = 0; i < n; i++)
    while (G_STRUCT_MEMBER (guint, paths[i], member) < paths[i]->kind->ends)
      if (!g_cond_wait_until (&changed, &lock, end))
        bench_fail ("%s: path %u of %u was not %s in time",
            paths[i]->kind->name, i + 1, n, what);
  g_mutex_unlock (&lock);
}

/**
 * bench_paths_open:
 * @kind: a kind
 * @n: how many
 * @addresses: of each end that gathers; it has a host candidate on each
 *
 * Returns: (transfer full): paths that have gathered
 */
BenchPath **
bench_paths_open (const BenchKind *kind, guint n, guint addresses)
{
  BenchPath **paths = g_new0 (BenchPath *, n);
  guint i;

  for (i = 0; i < n; i++)
    paths[i] = kind->open (kind, addresses);
  wait_for (paths, n, G_STRUCT_OFFSET (BenchPath, gathered), "gathered");
  return paths;
}

/**
 * bench_paths_connect:
 * @paths: (array length=n): paths that have gathered
 * @n: how many
 *
 * Waits until datagrams can go.
 */
void
bench_paths_connect (BenchPath **paths, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    if (paths[i]->kind->ends > 0) {
      paths[i]->exchanged = g_get_monotonic_time ();
      paths[i]->kind->connect (paths[i]);
    }
  wait_for (paths, n, G_STRUCT_OFFSET (BenchPath, connected), "connected");
}

/**
 * bench_paths_close:
 * @paths: (transfer full) (array length=n): paths
 * @n: how many
 */
void
bench_paths_close (BenchPath **paths, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    paths[i]->kind->close (paths[i]);
  g_free (paths);
}

/**
 * bench_path_forward:
 * @path: a connected path of a kind that forwards
 * @forwarder: has the number of peers; must outlive the process's paths
 * @ports: (array): the port of each peer, on 127.0.0.1
 *
 * Waits until it is connected with all peers. It is never taken apart.
 */
void
bench_path_forward (
    BenchPath *path, BenchForwarder *forwarder, const guint16 *ports)
{
  gint64 end = g_get_monotonic_time () + PATIENCE * G_TIME_SPAN_SECOND;

  path->kind->forward (path, forwarder, ports);
  g_mutex_lock (&lock);
  while (path->kind->ends > 0 && forwarder->connected < forwarder->n)
    if (!g_cond_wait_until (&changed, &lock, end))
      bench_fail ("%s: %u of %u peers were not connected in time",
          path->kind->forwarder, forwarder->n - forwarder->connected,
          forwarder->n);
  g_mutex_unlock (&lock);
}
