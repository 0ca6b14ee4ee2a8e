/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The GTypes of the enums of public/iceenums.h.
 *
 * They are written by hand: glib-mkenums makes value names of C identifiers
 * (@VALUENAME@) and has no substitution for a description, which is what
 * gst-inspect-1.0 shows of a value. tests/docs compares the descriptions with
 * the gtk-doc comments of the enums. */
#pragma once

#include <glib-object.h>
#include "public/iceenums.h"

G_BEGIN_DECLS

#define GST_TYPE_ICE_CONNECTION_STATE (gst_ice_connection_state_get_type ())
GType gst_ice_connection_state_get_type (void);

#define GST_TYPE_ICE_GATHERING_STATE (gst_ice_gathering_state_get_type ())
GType gst_ice_gathering_state_get_type (void);

#define GST_TYPE_ICE_CANDIDATE_PAIR_STATE                                      \
  (gst_ice_candidate_pair_state_get_type ())
GType gst_ice_candidate_pair_state_get_type (void);

#define GST_TYPE_ICE_ROLE (gst_ice_role_get_type ())
GType gst_ice_role_get_type (void);

#define GST_TYPE_ICE_TRANSPORT_POLICY (gst_ice_transport_policy_get_type ())
GType gst_ice_transport_policy_get_type (void);

#define GST_TYPE_ICE_ON_FAILED (gst_ice_on_failed_get_type ())
GType gst_ice_on_failed_get_type (void);

#define GST_TYPE_ICE_RESTART_ON (gst_ice_restart_on_get_type ())
GType gst_ice_restart_on_get_type (void);

#define GST_TYPE_ICE_OFFLOAD (gst_ice_offload_get_type ())
GType gst_ice_offload_get_type (void);

G_END_DECLS
