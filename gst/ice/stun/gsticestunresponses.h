/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The answers to our own STUN requests. The code that handles the library's
 * incoming messages, in any thread, takes them out. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GstIceStunResponses GstIceStunResponses;

/* Where an answer came from that was in a TURN server's ChannelData. */
typedef struct
{
  gpointer taker; /* who has read it, of gst_ice_stun_responses_take() */
  GSocketAddress *server; /* not referenced */
  guint16 channel;        /* RFC 8656 section 12 */
} GstIceStunRelay;

/* Called in the thread that runs the context. from is NULL: a TURN server
 * relayed it, or it came over TCP. at is the time of arrival, microseconds,
 * monotonic. Some octets more than size may be read of data, as the STUN
 * library does. */
typedef void (*GstIceStunResponsesFunc) (GSocketAddress *from,
    const guint8 *data, gsize size, gint64 at, gpointer user_data);

/* Called in the thread that runs the context, for an answer that came as a
 * datagram of its own.
 * Returns: whether it is an answer to a request of its own. */
typedef gboolean (*GstIceStunResponsesFilter) (GSocketAddress *from,
    const guint8 *data, gsize size, gint64 at, gpointer user_data);

GstIceStunResponses *gst_ice_stun_responses_new (GMainContext *context,
    guint32 tag, GstIceStunResponsesFunc function, gpointer user_data);
GstIceStunResponses *gst_ice_stun_responses_ref (GstIceStunResponses *answers);
void gst_ice_stun_responses_unref (GstIceStunResponses *answers);
void gst_ice_stun_responses_close (GstIceStunResponses *answers);
void gst_ice_stun_responses_set_filter (GstIceStunResponses *answers,
    GstIceStunResponsesFilter filter, gpointer user_data);

guint32 gst_ice_stun_responses_get_tag (const GstIceStunResponses *answers);
const GstIceStunRelay *gst_ice_stun_responses_get_relay (
    const GstIceStunResponses *answers);
gboolean gst_ice_stun_responses_take (GstIceStunResponses *answers,
    gpointer taker, GSocketAddress *from, const guint8 *data, gsize size);

G_END_DECLS
