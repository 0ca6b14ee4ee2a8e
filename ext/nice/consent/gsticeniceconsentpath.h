/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sends consent requests to the peer of the selected pair and reports its
 * answers; also sends checks on other pairs, with the same credentials, where
 * they send from a UDP socket of this machine. I/O thread.
 *
 * - Where the selected pair sends from a UDP socket of this machine and the
 * system can steer, requests leave from a socket beside libnice's. That socket
 * receives the answers, so each one is matched to its request and
 * authenticated.
 * - Otherwise (relayed and TCP pairs; other systems) the agent sends the
 * requests like data. Where gst-ice forwards the agent's input (ChannelData of
 * a TURN server, a TCP connection), the answers are taken out of it and
 * authenticated too. Before the first such answer, and elsewhere, libnice keeps
 * the answers and only its trace shows them: it proves only that a message of
 * the right length came from the peer's address. */
#pragma once

#include <nice/agent.h>
#include "pairs/gsticenicepairs.h"
#include "datapath/gsticesteering.h"
#include "stun/nicestun.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceConsentPath GstIceNiceConsentPath;

/* @id: the request that was answered, 0 if not known which; @at: the time of
 * arrival, microseconds, monotonic. */
typedef void (*GstIceNiceConsentPathAnswered) (
    NiceStunAnswer answer, guint32 id, gint64 at, gpointer user_data);

/* Called when a check on another pair got an authenticated success response. */
typedef void (*GstIceNiceConsentPathChecked) (
    GSocketAddress *from, guint32 id, gpointer user_data);

GstIceNiceConsentPath *gst_ice_nice_consent_path_new (
    GstIceTransport *transport, GMainContext *context,
    GstIceNiceConsentPathAnswered answered, gpointer user_data);
void gst_ice_nice_consent_path_free (GstIceNiceConsentPath *consent_path);

GstIceStunResponses *gst_ice_nice_consent_path_get_answers (
    GstIceNiceConsentPath *consent_path);

GstIceSteering *gst_ice_nice_consent_path_add_socket (
    GstIceNiceConsentPath *consent_path, GSocket *socket);
GstIceSteering *gst_ice_nice_consent_path_find_steering (
    GstIceNiceConsentPath *consent_path, const NiceCandidate *local);
void gst_ice_nice_consent_path_set_agent (GstIceNiceConsentPath *consent_path,
    NiceAgent *agent, guint stream, guint component, GstIceNicePairs *pairs);

gboolean gst_ice_nice_consent_path_open (GstIceNiceConsentPath *consent_path,
    const NiceCandidate *local, const NiceCandidate *remote,
    const gchar *username, const gchar *password);
void gst_ice_nice_consent_path_close (GstIceNiceConsentPath *consent_path);
gboolean gst_ice_nice_consent_path_is_from_peer (
    GstIceNiceConsentPath *consent_path, GInetSocketAddress *from);
gboolean gst_ice_nice_consent_path_has_request (
    GstIceNiceConsentPath *consent_path, const NiceRequest *request);
GstIceSteering *gst_ice_nice_consent_path_find_socket (
    GstIceNiceConsentPath *consent_path, guint64 descriptor);
void gst_ice_nice_consent_path_set_checked (GstIceNiceConsentPath *consent_path,
    GstIceNiceConsentPathChecked checked, gpointer user_data);
gboolean gst_ice_nice_consent_path_check (GstIceNiceConsentPath *consent_path,
    GstIceSteering *steering, const IceCheckEndpoint *remote, guint32 id,
    gboolean controlling, GError **error);
gboolean gst_ice_nice_consent_path_works (GstIceNiceConsentPath *consent_path);
gboolean gst_ice_nice_consent_path_send (GstIceNiceConsentPath *consent_path,
    guint32 id, gboolean controlling, gboolean nominated, GError **error);

G_END_DECLS
