/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The candidate pairs of one transport, as the structures that users see: the
 * results of their checks, which the backend lists, and the statistics of
 * consent and media on the selected pair. A pair keeps its statistics when
 * another one is selected, and they continue when it is selected again. */
#pragma once

#include <gst/gst.h>
#include "datapath/gsticedatapath.h"

G_BEGIN_DECLS

typedef struct _GstIceTransportPairs GstIceTransportPairs;

/* Any thread. Returns: (transfer full) (nullable): all pairs of the owner, as
 * structures; NULL if they are not known */
typedef GPtrArray *(*GstIceTransportPairsList) (gpointer owner);

GstIceTransportPairs *gst_ice_transport_pairs_new (
    GstIceDatapath *datapath, GstIceTransportPairsList list, gpointer owner);
void gst_ice_transport_pairs_free (GstIceTransportPairs *pairs);

/* I/O thread */
guint gst_ice_transport_pairs_begin_generation (GstIceTransportPairs *pairs);
guint gst_ice_transport_pairs_get_generation (GstIceTransportPairs *pairs);
void gst_ice_transport_pairs_begin_call (GstIceTransportPairs *pairs);
void gst_ice_transport_pairs_set_selected (
    GstIceTransportPairs *pairs, const GstStructure *pair);
void gst_ice_transport_pairs_set_nominated (GstIceTransportPairs *pairs);
void gst_ice_transport_pairs_set_round_trip_time (GstIceTransportPairs *pairs,
    guint64 requests_sent, guint64 responses_received, gint64 current,
    gint64 total);
void gst_ice_transport_pairs_close (GstIceTransportPairs *pairs);

/* any thread */
GstStructure *gst_ice_transport_pairs_get_selected (
    GstIceTransportPairs *pairs);
void gst_ice_transport_pairs_take_all (
    GstIceTransportPairs *pairs, GValue *array);
guint64 gst_ice_transport_pairs_get_n_changes (GstIceTransportPairs *pairs);

G_END_DECLS
