/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Callbacks of a generation's parts, which report to its transport.
 * Private to the generation's files. */
#pragma once

#include "agent/gsticenicegeneration.h"
#include "agent/gsticeniceevents.h"

G_BEGIN_DECLS

void gst_ice_nice_reports_selects (
    const NiceCandidate *local, gpointer generation);
void gst_ice_nice_reports_new_candidate (
    const NiceCandidate *nice, gpointer generation);
void gst_ice_nice_reports_event (
    const GstIceNiceEvent *event, gpointer generation);
void gst_ice_nice_reports_servers_done (gpointer generation);
void gst_ice_nice_reports_answered (
    GInetSocketAddress *from, gpointer generation);
void gst_ice_nice_reports_connection_lost (gpointer generation);
void gst_ice_nice_reports_checking (GstIceNiceGeneration *generation);
void gst_ice_nice_reports_compare_checking (GstIceNiceGeneration *generation);
void gst_ice_nice_reports_checks_done (GstIceNiceGeneration *generation);

G_END_DECLS
