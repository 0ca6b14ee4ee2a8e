/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who gets in to libnice by TCP (Linux; everybody elsewhere). libnice accepts
 * whoever connects, as often as they like, and believes what they write. The
 * gate is a source of the context that libnice reads in: before that polls,
 * each TCP connection that was opened since becomes a GstIceNiceBridge, so
 * libnice sees no octet of it that did not come over that. How many there are,
 * and how fast they come, is bounded. */
#pragma once

#include <nice/agent.h>
#include "gsticeanswers.h"

G_BEGIN_DECLS

/* connections that came: who has shown no password, and who has */
#define GST_ICE_NICE_GATE_STRANGERS 16
#define GST_ICE_NICE_GATE_PEERS 32
/* for how long somebody may be a stranger, us */
#define GST_ICE_NICE_GATE_PATIENCE (5 * G_TIME_SPAN_SECOND)
/* ... that may come in so many us, or the gate is shut until then */
#define GST_ICE_NICE_GATE_RATE 32
#define GST_ICE_NICE_GATE_PERIOD (100 * G_TIME_SPAN_MILLISECOND)

typedef struct _GstIceNiceGate GstIceNiceGate;
typedef void (*GstIceNiceGateFunc) (gpointer user_data);

GstIceNiceGate *gst_ice_nice_gate_new (GMainContext *context, NiceAgent *agent,
    const gchar *ufrag, const gchar *password, GstIceAnswers *answers,
    GstIceNiceGateFunc lost, gpointer user_data);
void gst_ice_nice_gate_free (GstIceNiceGate *gate);

void gst_ice_nice_gate_add_socket (GstIceNiceGate *gate, GSocket *socket);
void gst_ice_nice_gate_set_local (
    GstIceNiceGate *gate, const gchar *ufrag, const gchar *password);
void gst_ice_nice_gate_set_remote (GstIceNiceGate *gate, const gchar *password);
gboolean gst_ice_nice_gate_select (GstIceNiceGate *gate,
    const NiceCandidate *local, const NiceCandidate *remote);

G_END_DECLS
