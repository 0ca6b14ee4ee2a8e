/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The gathering of one NiceAgent from STUN and TURN servers: begins the
 * requests, ends in bounded time, and reports servers that failed. I/O thread.
 */
#pragma once

#include <nice/agent.h>
#include "guard/gsticenicefloodguard.h"
#include "stun/gsticestunresponses.h"
#include "stun/iceturnpeers.h"
#include "iothread/gsticeio.h"
#include "component/gsticetransport.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceServers GstIceNiceServers;

/* Once, when gathering is over and the errors were reported. */
typedef void (*GstIceNiceGathered) (gpointer user_data);

GstIceNiceServers *gst_ice_nice_servers_new (GstIceTransport *transport,
    GstIceIo *io, NiceAgent *agent, const GstIceGatherOptions *options,
    GstIceStunResponses *answers, IceTurnPeers *peers,
    GstIceNiceFloodGuard *flood_guard, GstIceNiceGathered gathered,
    gpointer user_data);
void gst_ice_nice_servers_free (GstIceNiceServers *servers);

gboolean gst_ice_nice_servers_gather (
    GstIceNiceServers *servers, guint stream, guint component);
void gst_ice_nice_servers_add_candidate (
    GstIceNiceServers *servers, const IceCandidate *candidate);
void gst_ice_nice_servers_refuse_candidate (
    GstIceNiceServers *servers, const IceCandidate *candidate);
void gst_ice_nice_servers_signalled (GstIceNiceServers *servers);
gboolean gst_ice_nice_servers_has_lost (const GstIceNiceServers *servers);

G_END_DECLS
