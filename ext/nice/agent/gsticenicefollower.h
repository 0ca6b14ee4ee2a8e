/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Follows a peer whose address changes during a call, because its NAT lost the
 * mapping or the peer moved. libnice answers the peer's checks from the new
 * address, but makes no pair of lower priority than the selected one. This
 * module sends a triggered check to the new address and moves media there once
 * it was answered. Only for UDP sockets of this machine. I/O thread. */
#pragma once

#include "agent/gsticeniceselection.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceFollower GstIceNiceFollower;

/* All of these outlive the follower. */
typedef struct
{
  GstIceTransport *transport;
  NiceAgent *agent;
  guint stream, component;
  GstIceNicePairs *pairs;
  GstIceNiceConsent *consent;
  GstIceNiceSelection *selection;
} GstIceNiceFollowerParts;

GstIceNiceFollower *gst_ice_nice_follower_new (
    GMainContext *context, const GstIceNiceFollowerParts *parts);
void gst_ice_nice_follower_free (GstIceNiceFollower *follower);

void gst_ice_nice_follower_begin (GstIceNiceFollower *follower);
void gst_ice_nice_follower_restart (GstIceNiceFollower *follower);

G_END_DECLS
