/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Received datagrams between the I/O thread and one streaming thread: bounded,
 * interruptible, every drop counted. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstIceInbox GstIceInbox;

typedef enum
{
  GST_ICE_INBOX_DATA,
  GST_ICE_INBOX_EOS,
  GST_ICE_INBOX_FLUSHING,
  GST_ICE_INBOX_TIMEOUT
} GstIceInboxResult;

/* Payload and overhead that wait at most, bytes. */
#define GST_ICE_INBOX_LIMIT (8 * 1024 * 1024)
/* Datagrams handed out at once at most. */
#define GST_ICE_INBOX_BATCH 64

GstIceInbox *gst_ice_inbox_new (gsize limit);
void gst_ice_inbox_free (GstIceInbox *inbox);

gboolean gst_ice_inbox_push (GstIceInbox *inbox, GstBuffer *datagram);
gboolean gst_ice_inbox_push_quietly (GstIceInbox *inbox, GstBuffer *datagram);
void gst_ice_inbox_wake (GstIceInbox *inbox);
void gst_ice_inbox_set_eos (GstIceInbox *inbox);
GstIceInboxResult gst_ice_inbox_pop (
    GstIceInbox *inbox, guint64 timeout, GstBufferList **datagrams);
void gst_ice_inbox_set_flushing (GstIceInbox *inbox, gboolean flushing);
void gst_ice_inbox_clear (GstIceInbox *inbox);
guint64 gst_ice_inbox_get_dropped (GstIceInbox *inbox);

G_END_DECLS
