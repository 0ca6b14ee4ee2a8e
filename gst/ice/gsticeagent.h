/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One ICE session, what an RTCPeerConnection has: settings, streams,
 * transports, aggregate states, signals. Abstract: a backend makes the
 * transports. */
#pragma once

#include <gst/gst.h>
#include "gsticesettings.h"
#include "gsticetransport.h"

G_BEGIN_DECLS

#define GST_TYPE_ICE_AGENT (gst_ice_agent_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstIceAgent, gst_ice_agent, GST, ICE_AGENT, GstObject)

/**
 * GstIceAgentClass:
 * @transport_type: the backend's GstIceTransport type
 */
struct _GstIceAgentClass
{
  GstObjectClass parent_class;

  GType transport_type;
};

/* Elements come and go; the last one closes the session. Any thread. */
gboolean gst_ice_agent_bind (
    GstIceAgent *agent, GstObject *user, GError **error);
void gst_ice_agent_unbind (GstIceAgent *agent, GstObject *user);
gboolean gst_ice_agent_is_first (GstIceAgent *agent, GstObject *user);
gboolean gst_ice_agent_restarts_on_failure (GstIceAgent *agent);
gboolean gst_ice_agent_claim_failure (GstIceAgent *agent);

GstIceTransport *gst_ice_agent_get_transport (
    GstIceAgent *agent, guint stream, guint component, GError **error);
gboolean gst_ice_agent_verify (GstIceAgent *agent, GError **error);
gboolean gst_ice_agent_set (
    GstIceAgent *agent, GstIceSetting id, const GValue *value, GError **error);

gboolean gst_ice_agent_add_ice_candidate (
    GstIceAgent *agent, guint stream, const gchar *candidate, GError **error);
gboolean gst_ice_agent_set_remote_credentials (GstIceAgent *agent, guint stream,
    const gchar *ufrag, const gchar *pwd, GError **error);
gboolean gst_ice_agent_gather_candidates (GstIceAgent *agent);
gboolean gst_ice_agent_wait_for_gathering (GstIceAgent *agent);
gboolean gst_ice_agent_restart (GstIceAgent *agent, GError **error);
GstStructure *gst_ice_agent_get_stats (GstIceAgent *agent);
void gst_ice_agent_close (GstIceAgent *agent);
gboolean gst_ice_agent_is_closed (GstIceAgent *agent);

void gst_ice_agent_set_socket_options (GstIceAgent *agent,
    GstIceTransport *transport, GstIceDirection direction,
    const GstIceSocketOptions *options);
void gst_ice_agent_end_of_stream (
    GstIceAgent *agent, GstIceTransport *transport);

G_END_DECLS
