/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pairs that libnice has not made. Private to the files of this folder. */
#pragma once

#include "pairs/gsticenicepairtable.h"

G_BEGIN_DECLS

void gst_ice_nice_pairs_replace_own (
    GstIceNicePairs *pairs, const IceCheckEvent *event, gint64 now);

G_END_DECLS
