/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The classic BPF program by which the kernel gives each datagram of a port to
 * one of the sockets that share it (Linux: SO_ATTACH_REUSEPORT_CBPF). */
#pragma once

#include <gio/gnetworking.h>

G_BEGIN_DECLS

/* The sockets that share a port, by order of binding. */
typedef enum
{
  GST_ICE_STEER_TO_AGENT,
  GST_ICE_STEER_TO_US,
  GST_ICE_STEER_TO_MEDIA
} GstIceSteerTo;

/* The rule by which the kernel steers. */
typedef struct
{
  guint32 tag;        /* in the id of our requests, and so of answers */
  GstIceSteerTo rest; /* the socket for everything that is not STUN */
  gboolean spare_channel_data; /* ChannelData goes to the agent */
  /* datagrams of this source, except empty ones, go to the agent; AF_UNSPEC:
   * none */
  struct sockaddr_storage spared;
  gchar *username; /* of the requests that come to us; NULL: none */
} GstIceSteeringRule;

GArray *gst_ice_steering_program_new (const GstIceSteeringRule *rule);

G_END_DECLS
