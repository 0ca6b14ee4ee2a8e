/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Parts of messages: the cause in one of GIO, a refused value. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

const gchar *ice_error_get_reason (const GError *error);
gchar *ice_error_quote (const gchar *text, gint most);

G_END_DECLS
