/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bounds what the checks of a NiceAgent send to addresses that have not
 * answered. Private to the files of this folder. Under the lock. */
#pragma once

#include "pairs/gsticenicepairtable.h"

G_BEGIN_DECLS

GHashTable *gst_ice_nice_pairs_make_claims (void);
void gst_ice_nice_pairs_count_packets (
    GstIceNicePairs *pairs, const IceCheckEvent *event);
void gst_ice_nice_pairs_end_claims (GstIceNicePairs *pairs, gboolean sends);

G_END_DECLS
