/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The messages that one system call receives (Linux: recvmmsg()), in memory
 * that all media sockets share, each with its sender and time of arrival. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstIceReceiveBatch GstIceReceiveBatch;

/* Pointers are valid until the batch is received again or given back. */
typedef struct
{
  const guint8 *data;
  gsize size;           /* bytes */
  gsize segment;        /* bytes in each datagram but the last */
  GstClockTime arrival; /* gst_util_get_timestamp() */
  gconstpointer sender; /* a struct sockaddr */
  gsize sender_size;    /* bytes */
} GstIceReceivedMessage;

void gst_ice_receive_batch_add_user (void);
void gst_ice_receive_batch_remove_user (void);
GstIceReceiveBatch *gst_ice_receive_batch_take (void);
void gst_ice_receive_batch_give_back (GstIceReceiveBatch *batch);

gint gst_ice_receive_batch_receive (GstIceReceiveBatch *batch, gint fd, gint n);
GstClockTime gst_ice_receive_batch_get_time (GstIceReceiveBatch *batch);
void gst_ice_receive_batch_read (
    GstIceReceiveBatch *batch, gint i, GstIceReceivedMessage *message);

G_END_DECLS
