/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Consent (RFC 7675) on the selected pair of a transport, by requests of our
 * own beside libnice. I/O thread. */
#pragma once

#include <nice/agent.h>
#include "gsticenicepairs.h"
#include "gsticesteering.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceConsent GstIceNiceConsent;

GstIceNiceConsent *gst_ice_nice_consent_new (GstIceTransport *transport,
    GMainContext *context, guint disconnected_timeout, guint failed_timeout);
void gst_ice_nice_consent_free (GstIceNiceConsent *consent);

GstIceAnswers *gst_ice_nice_consent_get_answers (GstIceNiceConsent *consent);
GstIceSteering *gst_ice_nice_consent_add_socket (
    GstIceNiceConsent *consent, GSocket *socket);
GstIceSteering *gst_ice_nice_consent_find_steering (
    GstIceNiceConsent *consent, const NiceCandidate *local);
void gst_ice_nice_consent_set_agent (GstIceNiceConsent *consent,
    NiceAgent *agent, guint stream, guint component, GstIceNicePairs *pairs);
void gst_ice_nice_consent_set_local (
    GstIceNiceConsent *consent, const gchar *ufrag);
void gst_ice_nice_consent_set_remote (
    GstIceNiceConsent *consent, const gchar *ufrag, const gchar *password);
void gst_ice_nice_consent_watch (GstIceNiceConsent *consent,
    const NiceCandidate *local, const NiceCandidate *remote);
void gst_ice_nice_consent_pause (GstIceNiceConsent *consent);

G_END_DECLS
