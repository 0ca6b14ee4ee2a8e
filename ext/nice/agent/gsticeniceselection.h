/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The selected pair of one generation. I/O thread. */
#pragma once

#include "consent/gsticeniceconsent.h"
#include "guard/gsticenicetcpadmission.h"
#include "agent/gsticenicemedia.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceSelection GstIceNiceSelection;

/* The parts that use the selected pair; all of them outlive the selection. */
typedef struct
{
  GstIceTransport *transport;
  GstIceNicePairs *pairs;
  GstIceNiceConsent *consent;
  GstIceNiceMedia *media;
  GstIceNiceFloodGuard *flood_guard;
  GstIceNiceTcpAdmission *admission; /* NULL: no ICE-TCP */
  NiceAgent *agent;
  guint stream_id, component_id; /* libnice's */
} GstIceNiceSelectionParts;

/* Called when media uses a pair of this generation, before it is reported. */
typedef void (*GstIceNiceSelectionFunc) (
    const NiceCandidate *local, gpointer user_data);

GstIceNiceSelection *gst_ice_nice_selection_new (GMainContext *context,
    const GstIceNiceSelectionParts *parts, GstIceNiceSelectionFunc selects,
    gpointer user_data);
void gst_ice_nice_selection_free (GstIceNiceSelection *selection);

void gst_ice_nice_selection_take (GstIceNiceSelection *selection,
    const IceCandidate *local, const IceCheckEndpoint *base,
    const IceCandidate *remote, gboolean nominated);
void gst_ice_nice_selection_follow (GstIceNiceSelection *selection,
    const NiceCandidate *local, const NiceCandidate *remote);
void gst_ice_nice_selection_notice_nomination (GstIceNiceSelection *selection);
void gst_ice_nice_selection_update (GstIceNiceSelection *selection);
void gst_ice_nice_selection_set_over (
    GstIceNiceSelection *selection, gboolean is_over);
void gst_ice_nice_selection_restart (GstIceNiceSelection *selection);

gboolean gst_ice_nice_selection_has_pair (GstIceNiceSelection *selection);
gboolean gst_ice_nice_selection_is_steered (GstIceNiceSelection *selection);
gboolean gst_ice_nice_selection_is_tcp (GstIceNiceSelection *selection);

G_END_DECLS
