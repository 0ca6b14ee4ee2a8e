/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Admission control for ICE-TCP connections. Linux only; elsewhere all are
 * admitted. libnice accepts any number of connections from any host and trusts
 * their input. The admission is a source of the context that libnice reads in:
 * before that context polls, each TCP connection opened since then becomes a
 * GstIceNiceTcpProxy, so all octets reach libnice through a proxy. The number
 * of connections and their rate are bounded. A libnice with such bounds would
 * end this; 0.1.23 has none. */
#pragma once

#include <nice/agent.h>
#include "stun/gsticestunresponses.h"

G_BEGIN_DECLS

/* incoming connections, without and with a password shown */
#define GST_ICE_NICE_TCP_ADMISSION_STRANGERS 16
#define GST_ICE_NICE_TCP_ADMISSION_PEERS 32
/* the time to show a password, microseconds */
#define GST_ICE_NICE_TCP_ADMISSION_PATIENCE (5 * G_TIME_SPAN_SECOND)
/* incoming connections in one period; then no more are let in until it ends */
#define GST_ICE_NICE_TCP_ADMISSION_RATE 32
#define GST_ICE_NICE_TCP_ADMISSION_PERIOD (100 * G_TIME_SPAN_MILLISECOND)
/* TCP_SYNCNT of a connection that libnice opens: the kernel sends two SYN, or
 * three since Linux 6.5 (tcp_syn_linear_timeouts), and gives up after 3 s. That
 * is what iceamplification.h counts for a check. */
#define GST_ICE_NICE_TCP_ADMISSION_SYN_RETRIES 1

typedef struct _GstIceNiceTcpAdmission GstIceNiceTcpAdmission;
typedef void (*GstIceNiceTcpAdmissionFunc) (gpointer user_data);

GstIceNiceTcpAdmission *gst_ice_nice_tcp_admission_new (GMainContext *context,
    NiceAgent *agent, const gchar *ufrag, const gchar *password,
    GstIceStunResponses *answers, GstIceNiceTcpAdmissionFunc lost,
    gpointer user_data);
void gst_ice_nice_tcp_admission_free (GstIceNiceTcpAdmission *admission);

void gst_ice_nice_tcp_admission_add_socket (
    GstIceNiceTcpAdmission *admission, GSocket *socket);
void gst_ice_nice_tcp_admission_set_local (GstIceNiceTcpAdmission *admission,
    const gchar *ufrag, const gchar *password);
void gst_ice_nice_tcp_admission_set_remote (
    GstIceNiceTcpAdmission *admission, const gchar *password);
gboolean gst_ice_nice_tcp_admission_select (GstIceNiceTcpAdmission *admission,
    const NiceCandidate *local, const NiceCandidate *remote);

G_END_DECLS
