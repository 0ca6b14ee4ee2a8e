/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bounds the packets that a peer's candidates cause to hosts that never answer,
 * for all transports of a session. Any thread. */
#pragma once

#include "iothread/gsticealarm.h"
#include "model/iceamplification.h"

G_BEGIN_DECLS

typedef struct _GstIceAmplification GstIceAmplification;

GstIceAmplification *gst_ice_amplification_new (void);
GstIceAmplification *gst_ice_amplification_ref (GstIceAmplification *self);
void gst_ice_amplification_unref (GstIceAmplification *self);

void gst_ice_amplification_watch (
    GstIceAmplification *self, GstIceAlarm *changed);
void gst_ice_amplification_unwatch (
    GstIceAmplification *self, GstIceAlarm *changed);

IceAmplificationVerdict gst_ice_amplification_claim (GstIceAmplification *self,
    const gchar *address, guint checks, IceAmplificationClaim *claim);
void gst_ice_amplification_change (GstIceAmplification *self,
    const gchar *address, IceAmplificationClaim *claim,
    IceAmplificationClaim to);
void gst_ice_amplification_count (
    GstIceAmplification *self, const gchar *address, guint packets);
void gst_ice_amplification_uncount (
    GstIceAmplification *self, const gchar *address);
void gst_ice_amplification_answered (
    GstIceAmplification *self, const gchar *address);
guint gst_ice_amplification_get_packets (
    GstIceAmplification *self, const gchar *address);

G_END_DECLS
