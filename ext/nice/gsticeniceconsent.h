/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Consent (RFC 7675) on the selected pair of a transport, by requests of our
 * own beside libnice. I/O thread. */
#pragma once

#include <nice/agent.h>
#include "gsticetransport.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceConsent GstIceNiceConsent;

GstIceNiceConsent *gst_ice_nice_consent_new (GstIceTransport *transport,
    GMainContext *context, guint disconnected_timeout, guint failed_timeout);
void gst_ice_nice_consent_free (GstIceNiceConsent *consent);

void gst_ice_nice_consent_add_socket (
    GstIceNiceConsent *consent, GSocket *socket);
void gst_ice_nice_consent_set_local (
    GstIceNiceConsent *consent, const gchar *ufrag);
void gst_ice_nice_consent_set_remote (
    GstIceNiceConsent *consent, const gchar *ufrag, const gchar *password);
void gst_ice_nice_consent_watch (GstIceNiceConsent *consent,
    const NiceCandidate *local, const NiceCandidate *remote);
void gst_ice_nice_consent_pause (GstIceNiceConsent *consent);

G_END_DECLS
