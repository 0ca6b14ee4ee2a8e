/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The datagrams of one system call that sends them, many in a message where the
 * kernel cuts it into segments (Linux: sendmmsg(), UDP_SEGMENT). */
#pragma once

#include <gio/gnetworking.h>
#include <sys/socket.h>
#include "datapath/gsticedatagram.h"
#include "datapath/icesegments.h"

G_BEGIN_DECLS

/* Messages at most. */
#define GST_ICE_SEND_BATCH_MAX 32

typedef union
{
  struct cmsghdr header; /* for its alignment */
  gchar space[CMSG_SPACE (sizeof (guint16))];
} GstIceSendControl;

typedef struct
{
  struct mmsghdr headers[GST_ICE_SEND_BATCH_MAX];
  GstIceSendControl controls[GST_ICE_SEND_BATCH_MAX];
  guint counts[GST_ICE_SEND_BATCH_MAX]; /* datagrams in each message */
  gsize segment;                        /* of the first message, bytes */
  guint n;                              /* messages */
} GstIceSendBatch;

void gst_ice_send_batch_fill (GstIceSendBatch *batch,
    const IceSegmentLimits *limits, gconstpointer to, gsize to_size,
    const GstIceDatagram *datagrams, guint n);
gint gst_ice_send_batch_send (GstIceSendBatch *batch, gint fd);
gboolean gst_ice_send_batch_is_in_flight (gint fd);
void gst_ice_send_batch_set_error (gint code, GError **error);

G_END_DECLS
