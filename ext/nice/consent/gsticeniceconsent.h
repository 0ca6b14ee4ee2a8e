/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Consent (RFC 7675) on the selected pair of a transport, by requests that this
 * module sends itself, beside libnice. I/O thread. */
#pragma once

#include <nice/agent.h>
#include "consent/gsticeniceconsentpath.h"
#include "guard/gsticeniceroles.h"
#include "datapath/gsticesteering.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceConsent GstIceNiceConsent;

/* I/O thread: consent came on the watched pair in a TURN server's ChannelData,
 * over UDP. */
typedef void (*GstIceNiceConsentRelayed) (
    const GstIceStunRelay *relay, gpointer user_data);

GstIceNiceConsent *gst_ice_nice_consent_new (GstIceTransport *transport,
    GMainContext *context, GstIceNiceRoles *roles, guint disconnected_timeout,
    guint failed_timeout);
void gst_ice_nice_consent_free (GstIceNiceConsent *consent);

GstIceStunResponses *gst_ice_nice_consent_get_answers (
    GstIceNiceConsent *consent);
GstIceSteering *gst_ice_nice_consent_add_socket (
    GstIceNiceConsent *consent, GSocket *socket);
GstIceSteering *gst_ice_nice_consent_find_steering (
    GstIceNiceConsent *consent, const NiceCandidate *local);
void gst_ice_nice_consent_set_agent (GstIceNiceConsent *consent,
    NiceAgent *agent, guint stream, guint component, GstIceNicePairs *pairs);
void gst_ice_nice_consent_set_relayed (GstIceNiceConsent *consent,
    GstIceNiceConsentRelayed relayed, gpointer user_data);
void gst_ice_nice_consent_set_local (
    GstIceNiceConsent *consent, const gchar *ufrag);
void gst_ice_nice_consent_set_remote (
    GstIceNiceConsent *consent, const gchar *ufrag, const gchar *password);
void gst_ice_nice_consent_watch (GstIceNiceConsent *consent,
    const NiceCandidate *local, const NiceCandidate *remote);
void gst_ice_nice_consent_set_nominated (
    GstIceNiceConsent *consent, gboolean nominated);
gboolean gst_ice_nice_consent_is_from_peer (
    GstIceNiceConsent *consent, GInetSocketAddress *from);
gboolean gst_ice_nice_consent_has_request (
    GstIceNiceConsent *consent, const NiceRequest *request);
void gst_ice_nice_consent_note_request (GstIceNiceConsent *consent);
void gst_ice_nice_consent_send_soon (GstIceNiceConsent *consent);
gint64 gst_ice_nice_consent_get_round_trip_time (GstIceNiceConsent *consent);
void gst_ice_nice_consent_pause (GstIceNiceConsent *consent);

/* checks on pairs other than the watched one */
void gst_ice_nice_consent_set_checked (GstIceNiceConsent *consent,
    GstIceNiceConsentPathChecked checked, gpointer user_data);
GstIceSteering *gst_ice_nice_consent_find_socket (
    GstIceNiceConsent *consent, guint64 descriptor);
gboolean gst_ice_nice_consent_can_check (GstIceNiceConsent *consent);
gboolean gst_ice_nice_consent_check (GstIceNiceConsent *consent,
    GstIceSteering *steering, const IceCheckEndpoint *remote, guint32 id,
    GError **error);

G_END_DECLS
