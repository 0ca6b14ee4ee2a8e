/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One ICE session as a GObject, as an RTCPeerConnection has one: settings,
 * streams, transports, aggregate states, signals. Abstract: a backend creates
 * the transports. */
#pragma once

#include <gst/gst.h>
#include "api/gsticesettings.h"
#include "session/gsticesessioncalls.h"

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

GstIceSession *gst_ice_agent_get_session (GstIceAgent *agent);

/* Elements are bound and unbound; the last one closes the session. Any thread.
 */
gboolean gst_ice_agent_bind (
    GstIceAgent *agent, GstObject *user, GError **error);
void gst_ice_agent_unbind (GstIceAgent *agent, GstObject *user);
gboolean gst_ice_agent_is_first (GstIceAgent *agent, GstObject *user);
gboolean gst_ice_agent_is_closed (GstIceAgent *agent);
GError *gst_ice_agent_wish (
    GstIceAgent *agent, GstObject *user, GstIceSetting id, const GValue *value);

G_END_DECLS
