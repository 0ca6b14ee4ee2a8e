/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The part that icesrc and icesink share. The other gsticeendpoint*.h have its
 * functions, by concept. */
#pragma once

#include "session/gsticeagent.h"
#include "model/iceratelimit.h"

G_BEGIN_DECLS

#define DEFAULT_STREAM 0
#define DEFAULT_COMPONENT 1
#define DEFAULT_BUFFER_SIZE 0
#define DEFAULT_OFFLOAD GST_ICE_OFFLOAD_AUTO

typedef struct
{
  /* (nullable): I/O thread: the transport has a usable pair, or has one again
   */
  void (*connected) (GstElement *element);
  /* I/O thread: the call has ended, another one begins */
  void (*call_ended) (GstElement *element);
  /* adds the element's own counters to a get-stats entry */
  void (*add_stats) (GstElement *element, GstStructure *entry);
} GstIceEndpointFuncs;

typedef struct
{
  GstElement *element; /* the element that embeds this */
  GstIceDirection direction;
  const GstIceEndpointFuncs *funcs;

  GRecMutex binding; /* held while a thread binds */
  GMutex lock;
  /* under the lock */
  gchar *connection_id;
  gchar *uri; /* nullable: the last ice: URI that was set */
  GstIceAgent *wanted_agent;
  guint stream;
  guint component;
  guint buffer_size;
  gint dscp; /* -1 = the system's default */
  GstIceOffload offload;
  GstIceSettings settings;
  gboolean candidates_used; /* its remote-candidates, by a session */
  GstIceAgent *agent;       /* kept after unbinding, to show its states */
  GstIceTransport *transport;
  gboolean binds; /* a thread binds it and holds `binding` */
  gboolean bound;
  IceRateLimit refusals; /* of actions */
  gboolean started;      /* it was in PAUSED since it was bound */
  gboolean up;           /* the transport's last state had a usable pair */
  GstIceAgent *prospect; /* nullable: the agent it will have, while not bound */

  gint restarted; /* atomic: no pair of the new generation is selected yet */
} GstIceEndpoint;

void gst_ice_endpoint_init (GstIceEndpoint *endpoint, GstElement *element,
    GstIceDirection direction, const GstIceEndpointFuncs *funcs);
void gst_ice_endpoint_finalize (GstIceEndpoint *endpoint);

GstIceEndpoint *gst_ice_endpoint_get (gpointer element);
GstIceAgent *gst_ice_endpoint_get_agent (GstIceEndpoint *endpoint);
GstIceTransport *gst_ice_endpoint_get_transport (GstIceEndpoint *endpoint);
GstIceOnFailed gst_ice_endpoint_get_on_failed (GstIceEndpoint *endpoint);
void gst_ice_endpoint_post (
    GstIceEndpoint *endpoint, const GError *error, gboolean fatal);

G_END_DECLS
