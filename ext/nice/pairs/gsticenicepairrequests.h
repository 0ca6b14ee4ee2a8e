/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The peer's requests. Private to the files of this folder. */
#pragma once

#include "pairs/gsticenicepairtable.h"

G_BEGIN_DECLS

void gst_ice_nice_pairs_update_senders (GstIceNicePairs *pairs);
void gst_ice_nice_pairs_note_requests (
    GstIceNicePairs *pairs, const NiceTraceEvent *event, gint64 now);

G_END_DECLS
