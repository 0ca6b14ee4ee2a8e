/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One ICE session as a GObject, as an RTCPeerConnection has one: settings,
 * streams, transports, aggregate states, signals. The plugin sets the backend,
 * which makes the transports. */
#pragma once

#include <gst/gst.h>
#include "api/gsticesettings.h"
#include "session/gsticesessioncalls.h"

G_BEGIN_DECLS

#define GST_TYPE_ICE_AGENT (gst_ice_agent_get_type ())
G_DECLARE_FINAL_TYPE (GstIceAgent, gst_ice_agent, GST, ICE_AGENT, GstObject)

void gst_ice_agent_set_backend (GType transport_type);
GstIceAgent *gst_ice_agent_new_for_elements (const gchar *name);
gboolean gst_ice_agent_ends_with_elements (GstIceAgent *agent);

GstIceSession *gst_ice_agent_get_session (GstIceAgent *agent);

/* Elements are bound and unbound; the last one closes the session, unless the
 * application has made the agent. Any thread. */
gboolean gst_ice_agent_bind (
    GstIceAgent *agent, GstObject *user, GError **error);
void gst_ice_agent_unbind (GstIceAgent *agent, GstObject *user);
gboolean gst_ice_agent_is_first (GstIceAgent *agent, GstObject *user);
gboolean gst_ice_agent_is_closed (GstIceAgent *agent);
void gst_ice_agent_explain_closed (GstIceAgent *agent, GError **error);
GError *gst_ice_agent_claim_problem (GstIceAgent *agent, GstObject *user);
gboolean gst_ice_agent_claim_failure (
    GstIceAgent *agent, GstObject *user, gboolean fatal);
GError *gst_ice_agent_wish (
    GstIceAgent *agent, GstObject *user, GstIceSetting id, const GValue *value);

G_END_DECLS
