/* gst-ice: whether descriptors are left.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "iothread/gsticedescriptors.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MAX_CHECKED 64

/**
 * gst_ice_descriptors_explain:
 * @error: return location for %G_IO_ERROR_TOO_MANY_OPEN_FILES, or %NULL; it has
 *   the cure
 *
 * Any thread. For callers that found no descriptor left.
 */
void
gst_ice_descriptors_explain (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES,
      "too many open files: raise the limit (ulimit -n) or close something");
}

/**
 * gst_ice_descriptors_check:
 * @n: descriptors, 64 at most
 * @error: as of gst_ice_descriptors_explain()
 *
 * Any thread; never blocks. Others may take them meanwhile.
 *
 * Returns: whether as many could be opened now
 */
gboolean
gst_ice_descriptors_check (guint n, GError **error)
{
  int spare[MAX_CHECKED], first = open ("/", O_RDONLY | O_CLOEXEC);
  guint opened = 0, i;

  g_return_val_if_fail (n <= MAX_CHECKED, FALSE);
  if (first < 0 && errno != EMFILE && errno != ENFILE)
    return TRUE; /* the folder may not be opened */
  if (first >= 0)
    spare[opened++] = first;
  while (opened > 0 && opened < n
      && (spare[opened] = fcntl (first, F_DUPFD_CLOEXEC, 0)) >= 0)
    opened++;
  for (i = 0; i < opened; i++)
    close (spare[i]);
  if (opened >= n)
    return TRUE;
  gst_ice_descriptors_explain (error);
  return FALSE;
}

/**
 * gst_ice_descriptors_hold:
 * @cancellable: one that will be given to a blocking function
 * @error: as of gst_ice_descriptors_explain()
 *
 * Any thread. GIO waits for a cancellable by a descriptor, which it makes when
 * it waits for the first time. After this it has one, until it is freed.
 *
 * Returns: whether there was one for it
 */
gboolean
gst_ice_descriptors_hold (GCancellable *cancellable, GError **error)
{
  if (!gst_ice_descriptors_check (GST_ICE_DESCRIPTORS_SPARE, error))
    return FALSE;
  g_cancellable_get_fd (cancellable);
  return TRUE;
}
