/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who gets in to libnice by TCP (Linux; everybody elsewhere). libnice accepts
 * whoever connects, as often as they like, and believes what they write. The
 * gate stands in the poll function of the context that libnice reads in: each
 * TCP connection becomes a GstIceNiceBridge before libnice has seen an octet of
 * it, and how many there are, and how fast they come, is bounded. */
#pragma once

#include <nice/agent.h>

G_BEGIN_DECLS

/* connections of a transport: who has shown no password, and who has */
#define GST_ICE_NICE_GATE_STRANGERS 16
#define GST_ICE_NICE_GATE_PEERS 32
/* for how long somebody may be a stranger, us */
#define GST_ICE_NICE_GATE_PATIENCE (5 * G_TIME_SPAN_SECOND)
/* connections of a transport that are accepted in so many us */
#define GST_ICE_NICE_GATE_RATE 32
#define GST_ICE_NICE_GATE_PERIOD (100 * G_TIME_SPAN_MILLISECOND)

typedef struct _GstIceNiceGate GstIceNiceGate;

/* The selected pair's connection has ended. In the gate's context. */
typedef void (*GstIceNiceGateFunc) (gpointer user_data);

GstIceNiceGate *gst_ice_nice_gate_new (
    GMainContext *context, GstIceNiceGateFunc lost, gpointer user_data);
void gst_ice_nice_gate_free (GstIceNiceGate *gate);

void gst_ice_nice_gate_add_socket (GstIceNiceGate *gate, GSocket *socket);
void gst_ice_nice_gate_add_remote (
    GstIceNiceGate *gate, const NiceCandidate *remote);
void gst_ice_nice_gate_set_local (
    GstIceNiceGate *gate, const gchar *ufrag, const gchar *password);
void gst_ice_nice_gate_set_remote (GstIceNiceGate *gate, const gchar *password);
void gst_ice_nice_gate_select (GstIceNiceGate *gate, const NiceCandidate *local,
    const NiceCandidate *remote);

gint gst_ice_nice_gate_poll (GPollFD *fds, guint n, gint timeout);

G_END_DECLS
