/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What libnice's UDP sockets get: no errors that anybody can forge
 * (gsticenicefilter.h), no floods of STUN, no checks from ever more addresses.
 * libnice reads a socket until it is empty, with its lock held: messages that
 * come faster than it handles them would keep who receives and who sends for as
 * long as they come. When one turn of the context has handled too many, the
 * kernel drops for a moment what does not come from the selected pair's remote
 * address. */
#pragma once

#include <nice/agent.h>
#include "gsticecontext.h"
#include "gsticetransport.h"

G_BEGIN_DECLS

/* STUN messages that one turn may handle */
#define GST_ICE_NICE_BREAKER_BUDGET 256
/* after these the remote address is no exception: somebody has borrowed it */
#define GST_ICE_NICE_BREAKER_LIMIT (32 * GST_ICE_NICE_BREAKER_BUDGET)
/* for how long, us */
#define GST_ICE_NICE_BREAKER_PAUSE (10 * G_TIME_SPAN_MILLISECOND)

/* Addresses of the peer's that libnice may learn from its checks; then only
 * those count that the peer has told, and after as many more only the selected
 * pair's. RFC 8445 section 6.1.2.5 limits pairs to that. Two symmetric NATs
 * that let in anybody make a new address of each check, and so does who wants
 * to. */
#define GST_ICE_NICE_BREAKER_LEARNED 100

typedef struct _GstIceNiceBreaker GstIceNiceBreaker;

GstIceNiceBreaker *gst_ice_nice_breaker_new (
    GstIceTransport *transport, GMainContext *io, GstIceContext *context);
void gst_ice_nice_breaker_free (GstIceNiceBreaker *breaker);

void gst_ice_nice_breaker_add_socket (
    GstIceNiceBreaker *breaker, GSocket *socket);
void gst_ice_nice_breaker_set_server (
    GstIceNiceBreaker *breaker, const NiceAddress *server);
void gst_ice_nice_breaker_set_peer (
    GstIceNiceBreaker *breaker, const NiceAddress *peer);
void gst_ice_nice_breaker_add_remote (
    GstIceNiceBreaker *breaker, const NiceAddress *remote);
void gst_ice_nice_breaker_learned (GstIceNiceBreaker *breaker);
void gst_ice_nice_breaker_restart (GstIceNiceBreaker *breaker);
void gst_ice_nice_breaker_count (GstIceNiceBreaker *breaker);
void gst_ice_nice_breaker_retire (GstIceNiceBreaker *breaker);
void gst_ice_nice_breaker_shut (GstIceNiceBreaker *breaker);

G_END_DECLS
