/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What gsticetransport*.c share. */
#pragma once

#include "gsticeinbox.h"
#include "gsticetransport.h"

G_BEGIN_DECLS

typedef struct
{
  guint stream;
  guint component;
  guint disconnected_timeout; /* ms */
  guint failed_timeout;       /* ms */

  const GstIceTransportObserver *observer; /* I/O thread */
  gpointer observer_data;

  GstIceInbox *inbox;
  GstIceOutbox *outbox;
  GstIceSources *sources;

  GMutex lock;
  /* under the lock */
  IceTransportState machine;
  GstIceGatheringState gathering_state;
  GstIceRole role;
  GstStructure *selected_pair;
  GstIceOutboxCounters before_pair; /* sent when it was selected ... */
  guint64 packets_before_pair, bytes_before_pair; /* ... and received */
  guint64 packets_received, bytes_received, packets_unread;
  gint64 last_received; /* g_get_monotonic_time() */
  guint64 selected_pair_changes;
  gpointer owners[GST_ICE_N_DIRECTIONS]; /* compared and named, not used */
  gchar *owner_names[GST_ICE_N_DIRECTIONS];
  gboolean offload_active[GST_ICE_N_DIRECTIONS];
} GstIceTransportPrivate;

GstIceTransportPrivate *gst_ice_transport_get_private (
    GstIceTransport *transport);

G_END_DECLS
