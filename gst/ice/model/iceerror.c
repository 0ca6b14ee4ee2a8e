/* gst-ice: the cause in a message of GIO.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceerror.h"

/**
 * ice_error_get_reason:
 * @error: an error of GIO
 *
 * Any thread.
 *
 * Returns: (transfer none): the system's message, without GLib's "Error doing
 *   this: " before it; a part of @error
 */
const gchar *
ice_error_get_reason (const GError *error)
{
  const gchar *tail = g_strrstr (error->message, ": ");

  return tail != NULL ? tail + 2 : error->message;
}
