/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What carries consent requests to the peer of the selected pair, and tells of
 * its answers. I/O thread.
 *
 * - Where the pair's datagrams leave from a UDP socket of this machine's and
 * the system can steer: a socket beside libnice's. It has the answers
 * themselves, so each is one to a request, and authenticated.
 * - Else (relayed and TCP pairs; other systems) the agent, which sends them
 * like data. Where we have in hand what it gets - a TURN server's ChannelData,
 * a TCP connection - the answers are taken out of it, and authenticated too.
 * Until there was one, and elsewhere, libnice keeps them and its trace is the
 * witness: that one came from the peer's address and has the right length, not
 * what is in it. */
#pragma once

#include <nice/agent.h>
#include "gsticenicepairs.h"
#include "gsticesteering.h"
#include "nicestun.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceCarrier GstIceNiceCarrier;

/* @id: the request that it answers; 0: one of them. @at: when it came,
 * microseconds, monotonic. */
typedef void (*GstIceNiceCarrierAnswered) (
    NiceStunAnswer answer, guint32 id, gint64 at, gpointer user_data);

GstIceNiceCarrier *gst_ice_nice_carrier_new (GstIceTransport *transport,
    GMainContext *context, GstIceNiceCarrierAnswered answered,
    gpointer user_data);
void gst_ice_nice_carrier_free (GstIceNiceCarrier *carrier);

GstIceAnswers *gst_ice_nice_carrier_get_answers (GstIceNiceCarrier *carrier);

GstIceSteering *gst_ice_nice_carrier_add_socket (
    GstIceNiceCarrier *carrier, GSocket *socket);
GstIceSteering *gst_ice_nice_carrier_find_steering (
    GstIceNiceCarrier *carrier, const NiceCandidate *local);
void gst_ice_nice_carrier_set_agent (GstIceNiceCarrier *carrier,
    NiceAgent *agent, guint stream, guint component, GstIceNicePairs *pairs);

gboolean gst_ice_nice_carrier_open (GstIceNiceCarrier *carrier,
    const NiceCandidate *local, const NiceCandidate *remote,
    const gchar *username, const gchar *password);
void gst_ice_nice_carrier_close (GstIceNiceCarrier *carrier);
gboolean gst_ice_nice_carrier_works (GstIceNiceCarrier *carrier);
gboolean gst_ice_nice_carrier_send (
    GstIceNiceCarrier *carrier, guint32 id, GError **error);

G_END_DECLS
