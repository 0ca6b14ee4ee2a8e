/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Receives a NiceAgent's datagrams in batches, in the thread that iterates the
 * context: the streaming thread or the I/O thread. */
#pragma once

#include <nice/agent.h>
#include "iothread/gsticesharedcontext.h"
#include "agent/gsticenicemedia.h"
#include "component/gsticetransport.h"
#include "trace/nicerequests.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceDatagrams GstIceNiceDatagrams;

/* I/O thread */
GstIceNiceDatagrams *gst_ice_nice_datagrams_new (
    GstIceTransport *transport, GMainContext *io);
void gst_ice_nice_datagrams_set_media (
    GstIceNiceDatagrams *receiver, GstIceNiceMedia *media);
void gst_ice_nice_datagrams_attach (GstIceNiceDatagrams *receiver,
    NiceAgent *nice, guint stream, guint component);
void gst_ice_nice_datagrams_close (GstIceNiceDatagrams *receiver);

/* any thread */
void gst_ice_nice_datagrams_free (GstIceNiceDatagrams *receiver);
gint *gst_ice_nice_datagrams_get_senders (GstIceNiceDatagrams *datagrams);
GstIceSharedContext *gst_ice_nice_datagrams_get_context (
    GstIceNiceDatagrams *receiver);

G_END_DECLS
