/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The cause in a message of GIO. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

const gchar *ice_error_get_reason (const GError *error);

G_END_DECLS
