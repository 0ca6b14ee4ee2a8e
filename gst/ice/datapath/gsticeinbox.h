/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Received datagrams on their way to one streaming thread: those that a library
 * receives wait in a queue, those of media sockets are read by the streaming
 * thread itself. Bounded and interruptible; every drop is counted. */
#pragma once

#include <gst/gst.h>
#include "iothread/gsticesharedcontext.h"
#include "datapath/gsticedatagramsocket.h"

G_BEGIN_DECLS

typedef struct _GstIceInbox GstIceInbox;

typedef enum
{
  GST_ICE_INBOX_DATA,
  GST_ICE_INBOX_EOS,
  GST_ICE_INBOX_FLUSHING,
  GST_ICE_INBOX_TIMEOUT
} GstIceInboxResult;

/* Size of the queue, payload and overhead, bytes. */
#define GST_ICE_INBOX_LIMIT (8 * 1024 * 1024)
/* Datagrams that one call hands out at most. */
#define GST_ICE_INBOX_BATCH 64

GstIceInbox *gst_ice_inbox_new (gsize limit);
void gst_ice_inbox_free (GstIceInbox *inbox);

gboolean gst_ice_inbox_push (GstIceInbox *inbox, GstBuffer *datagram);
void gst_ice_inbox_wake (GstIceInbox *inbox);
void gst_ice_inbox_set_eos (GstIceInbox *inbox, gboolean lasts);
GstIceInboxResult gst_ice_inbox_pop (GstIceInbox *inbox,
    GstBufferList **datagrams, GstIceDatagramSocketReceived *from_socket);
void gst_ice_inbox_set_timeout (GstIceInbox *inbox, guint64 timeout);
void gst_ice_inbox_set_flushing (GstIceInbox *inbox, gboolean flushing);
void gst_ice_inbox_clear (GstIceInbox *inbox);
guint64 gst_ice_inbox_get_dropped (GstIceInbox *inbox);

void gst_ice_inbox_set_context (
    GstIceInbox *inbox, GstIceSharedContext *context);
gboolean gst_ice_inbox_add_socket (
    GstIceInbox *inbox, GstIceDatagramSocket *socket);
void gst_ice_inbox_remove_socket (
    GstIceInbox *inbox, GstIceDatagramSocket *socket);
void gst_ice_inbox_remove_sockets (GstIceInbox *inbox);
void gst_ice_inbox_get_socket_counters (
    GstIceInbox *inbox, GstIceDatagramSocketCounters *counters);
void gst_ice_inbox_set_with_sender (GstIceInbox *inbox, gboolean with_sender);

G_END_DECLS
