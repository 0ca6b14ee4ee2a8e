/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The contract's signals, the same on the agent and on both elements. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum
{
  GST_ICE_SIGNAL_ON_ICE_CANDIDATE,
  GST_ICE_SIGNAL_ON_ICE_CANDIDATE_ERROR,
  GST_ICE_SIGNAL_ON_CANDIDATE_PAIR_STATE_CHANGE,
  GST_ICE_SIGNAL_ON_SELECTED_CANDIDATE_PAIR_CHANGE,
  GST_ICE_SIGNAL_FILTER_CANDIDATE,
  GST_ICE_SIGNAL_ADD_ICE_CANDIDATE,
  GST_ICE_SIGNAL_SET_REMOTE_CREDENTIALS,
  GST_ICE_SIGNAL_GATHER_CANDIDATES,
  GST_ICE_SIGNAL_RESTART,
  GST_ICE_SIGNAL_GET_STATS,
  GST_ICE_SIGNAL_CLOSE,
  GST_ICE_N_SIGNALS
} GstIceSignal;

/* What the action signals do; self is the agent or the element. Any thread.
 */
typedef struct
{
  gboolean (*add_ice_candidate) (
      gpointer self, guint stream, const gchar *candidate);
  gboolean (*set_remote_credentials) (
      gpointer self, guint stream, const gchar *ufrag, const gchar *pwd);
  gboolean (*gather_candidates) (gpointer self);
  gboolean (*restart) (gpointer self);
  GstStructure *(*get_stats) (gpointer self);
  void (*close) (gpointer self);
} GstIceActions;

/* What a forwarder answers to filter-candidate when nobody listens to it. */
#define GST_ICE_FILTER_NO_OPINION ""

void gst_ice_signals_install (GType type, const GstIceActions *actions);
guint gst_ice_signal_get_id (gpointer self, GstIceSignal signal);
const gchar *gst_ice_signal_get_name (GstIceSignal signal);
gchar *gst_ice_signal_filter (gpointer self, guint id, guint stream,
    const gchar *candidate, gboolean local);

G_END_DECLS
