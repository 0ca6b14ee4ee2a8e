/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What icesrc and icesink share; gsticeendpoint*.h are what can be done with
 * it. */
#pragma once

#include "gsticeagent.h"

G_BEGIN_DECLS

#define DEFAULT_STREAM 0
#define DEFAULT_COMPONENT 1
#define DEFAULT_BUFFER_SIZE 0
#define DEFAULT_OFFLOAD GST_ICE_OFFLOAD_AUTO

typedef struct
{
  GstElement *element; /* that this is part of */
  GstIceDirection direction;
  /* (nullable): I/O thread: the transport has a usable pair, perhaps again */
  void (*connected) (GstElement *element);
  /* (nullable): adds the element's own counters to a get-stats entry */
  void (*add_stats) (GstElement *element, GstStructure *entry);

  GRecMutex binding; /* one thread binds at a time */
  GMutex lock;
  /* under the lock */
  gchar *connection_id;
  GstIceAgent *wanted_agent;
  guint stream;
  guint component;
  guint buffer_size;
  gint dscp; /* -1 = the system's */
  GstIceOffload offload;
  GstIceSettings settings;
  GstIceAgent *agent; /* kept after unbinding, for its states */
  GstIceTransport *transport;
  gboolean bound;

  /* I/O thread */
  gboolean up;    /* the transport had a usable pair last */
  gint restarted; /* atomic: no pair of the new generation was selected yet */
} GstIceEndpoint;

void gst_ice_endpoint_init (
    GstIceEndpoint *endpoint, GstElement *element, GstIceDirection direction);
void gst_ice_endpoint_finalize (GstIceEndpoint *endpoint);

GstIceEndpoint *gst_ice_endpoint_get (gpointer element);
GstIceAgent *gst_ice_endpoint_get_agent (GstIceEndpoint *endpoint);
GstIceTransport *gst_ice_endpoint_get_transport (GstIceEndpoint *endpoint);
GstIceOnFailed gst_ice_endpoint_get_on_failed (GstIceEndpoint *endpoint);
void gst_ice_endpoint_post (
    GstIceEndpoint *endpoint, const GError *error, gboolean fatal);

G_END_DECLS
