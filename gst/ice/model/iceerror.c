/* gst-ice: parts of messages: the cause in one of GIO, a refused value.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceerror.h"
#include <string.h>

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

/**
 * ice_error_quote:
 * @text: what a user has set
 * @most: how many characters of it are repeated
 *
 * Any thread.
 *
 * Returns: (transfer full): @text in quotes, in ASCII and without control
 *   characters; the end is left out if there are more
 */
gchar *
ice_error_quote (const gchar *text, gint most)
{
  g_autofree gchar *escaped = g_strescape (text, NULL);

  return g_strdup_printf ("\"%.*s\"%s", most, escaped,
      strlen (escaped) > (gsize) most ? "..." : "");
}
