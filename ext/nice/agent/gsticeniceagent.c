/* gst-ice: GstIceAgent over libnice.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticeniceagent.h"
#include "agent/gsticenicetransport.h"

struct _GstIceNiceAgent
{
  GstIceAgent parent;
};

G_DEFINE_TYPE (GstIceNiceAgent, gst_ice_nice_agent, GST_TYPE_ICE_AGENT)

static void
gst_ice_nice_agent_init (GstIceNiceAgent *self)
{
}

static void
gst_ice_nice_agent_class_init (GstIceNiceAgentClass *klass)
{
  GST_ICE_AGENT_CLASS (klass)->transport_type = GST_TYPE_ICE_NICE_TRANSPORT;
}
