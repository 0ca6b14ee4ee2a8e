/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The remote side of a generation. Private to the generation's files. */
#pragma once

#include "agent/gsticenicegeneration.h"

G_BEGIN_DECLS

void gst_ice_nice_remote_pair_checked (gpointer generation);

G_END_DECLS
