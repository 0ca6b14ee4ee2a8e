/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which element reads a transport and which one writes it: one of each. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstIceClaims GstIceClaims;

typedef enum
{
  GST_ICE_DIRECTION_RECEIVE,
  GST_ICE_DIRECTION_SEND,
  GST_ICE_N_DIRECTIONS
} GstIceDirection;

GstIceClaims *gst_ice_claims_new (guint stream, guint component);
void gst_ice_claims_free (GstIceClaims *claims);

gboolean gst_ice_claims_claim (GstIceClaims *claims, GstIceDirection direction,
    GstObject *owner, GError **error);
gboolean gst_ice_claims_give_back (
    GstIceClaims *claims, GstIceDirection direction, GstObject *owner);
gboolean gst_ice_claims_has (GstIceClaims *claims, GstIceDirection direction);

G_END_DECLS
