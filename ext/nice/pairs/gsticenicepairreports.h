/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Brings changes of the pairs to the transport. Private to the files of this
 * folder. */
#pragma once

#include "pairs/gsticenicepairtable.h"
#include "trace/nicetraceevent.h"

G_BEGIN_DECLS

void gst_ice_nice_pairs_report_changes (
    GstIceNicePairs *pairs, const IceCheckChange *changes, guint n);
void gst_ice_nice_pairs_report_role (
    GstIceNicePairs *pairs, NiceTraceRole role);
void gst_ice_nice_pairs_step (
    GstIceNicePairs *pairs, const IceCheckEvent *event, gint64 now);

G_END_DECLS
