/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The STUN transactions of one local address with a STUN server: requests,
 * answers, and the resulting server-reflexive candidate. */
#pragma once

#include <nice/agent.h>
#include "datapath/gsticesteering.h"
#include "component/gsticetransport.h"
#include "model/iceserverfailure.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceStunBase GstIceNiceStunBase;

typedef enum
{
  GST_ICE_NICE_STUN_NO_CANDIDATE,
  GST_ICE_NICE_STUN_SAME_CANDIDATE, /* the candidate from before the answer */
  GST_ICE_NICE_STUN_NEW_CANDIDATE
} GstIceNiceStunNews;

GstIceNiceStunBase *gst_ice_nice_stun_base_new (GstIceTransport *transport,
    guint32 tag, GstIceSteering *steering, const NiceCandidate *host,
    GSocketAddress *server, gint64 when);
void gst_ice_nice_stun_base_free (GstIceNiceStunBase *base);

gint64 gst_ice_nice_stun_base_get_next (const GstIceNiceStunBase *base);
gboolean gst_ice_nice_stun_base_is_open (const GstIceNiceStunBase *base);
gboolean gst_ice_nice_stun_base_has_worked (const GstIceNiceStunBase *base);
const NiceCandidate *gst_ice_nice_stun_base_get_found (
    const GstIceNiceStunBase *base);
gboolean gst_ice_nice_stun_base_is_found (
    const GstIceNiceStunBase *base, const NiceCandidate *local);
GSList *gst_ice_nice_stun_base_list_candidates (
    const GstIceNiceStunBase *base, GSList *tcp);
void gst_ice_nice_stun_base_get_failure (
    const GstIceNiceStunBase *base, IceServerFailure *failure);

void gst_ice_nice_stun_base_step (
    GstIceNiceStunBase *base, gboolean wanted, gint64 now);
void gst_ice_nice_stun_base_keep (
    GstIceNiceStunBase *base, gboolean keep, gint64 now);
gboolean gst_ice_nice_stun_base_ask_again (
    GstIceNiceStunBase *base, gboolean used, gint64 now, gint64 when);
gboolean gst_ice_nice_stun_base_has_asked (
    const GstIceNiceStunBase *base, const guint8 *data, gsize size);
GstIceNiceStunNews gst_ice_nice_stun_base_take_answer (GstIceNiceStunBase *base,
    GSocketAddress *from, const guint8 *data, gsize size, gint64 at);

G_END_DECLS
