/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Gathers server-reflexive candidates for one NiceAgent's host candidates, by
 * Binding requests of our own (RFC 8489) from the sockets beside the agent's:
 * libnice sends requests of RFC 3489, which many servers do not answer. libnice
 * does not need these candidates, since checks are sent from the base (RFC 8445
 * section 6.1.2.4). I/O thread. */
#pragma once

#include <nice/agent.h>
#include "stun/gsticestunresponses.h"
#include "consent/gsticeniceconsent.h"
#include "component/gsticetransport.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceStunDiscovery GstIceNiceStunDiscovery;

typedef struct
{
  void (*found) (const NiceCandidate *candidate, gpointer user_data);
  /* all requests were answered or have failed; errors were reported */
  void (*done) (gpointer user_data);
} GstIceNiceStunDiscoveryFuncs;

gboolean gst_ice_nice_stun_discovery_is_possible (
    const GstIceGatherOptions *options);
GstIceNiceStunDiscovery *gst_ice_nice_stun_discovery_new (
    GstIceTransport *transport, GMainContext *context,
    GstIceStunResponses *answers, const IceServer *server,
    const GstIceNiceStunDiscoveryFuncs *functions, gpointer user_data);
void gst_ice_nice_stun_discovery_free (GstIceNiceStunDiscovery *discovery);

void gst_ice_nice_stun_discovery_begin (GstIceNiceStunDiscovery *discovery,
    GstIceNiceConsent *consent, GSList *candidates);
gboolean gst_ice_nice_stun_discovery_is_done (
    const GstIceNiceStunDiscovery *discovery);
GSList *gst_ice_nice_stun_discovery_restart (
    GstIceNiceStunDiscovery *discovery);

void gst_ice_nice_stun_discovery_select (
    GstIceNiceStunDiscovery *discovery, const NiceCandidate *local);
void gst_ice_nice_stun_discovery_set_checking (
    GstIceNiceStunDiscovery *discovery, gboolean checking);
const NiceCandidate *gst_ice_nice_stun_discovery_find (
    const GstIceNiceStunDiscovery *discovery, const NiceCandidate *local);
const IceServer *gst_ice_nice_stun_discovery_find_server (
    const GstIceNiceStunDiscovery *discovery, const NiceCandidate *local);

G_END_DECLS
