/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a NiceAgent receives for its component, in batches: whoever iterates the
 * context reads it, the streaming thread or the I/O thread. */
#pragma once

#include <nice/agent.h>
#include "gsticecontext.h"
#include "gsticetransport.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceReceiver GstIceNiceReceiver;

/* I/O thread */
GstIceNiceReceiver *gst_ice_nice_receiver_new (
    GstIceTransport *transport, GMainContext *io);
void gst_ice_nice_receiver_attach (GstIceNiceReceiver *receiver,
    NiceAgent *nice, guint stream, guint component);
void gst_ice_nice_receiver_close (GstIceNiceReceiver *receiver);

/* any thread */
void gst_ice_nice_receiver_free (GstIceNiceReceiver *receiver);
GstIceContext *gst_ice_nice_receiver_get_context (GstIceNiceReceiver *receiver);

G_END_DECLS
