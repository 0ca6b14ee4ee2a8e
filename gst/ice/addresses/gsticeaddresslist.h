/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * This machine's addresses, as the kernel lists them. */
#pragma once

#include <gio/gio.h>

#include "addresses/icelocaladdress.h"

G_BEGIN_DECLS

GArray *gst_ice_address_list_read (GError **error);

G_END_DECLS
