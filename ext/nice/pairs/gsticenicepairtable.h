/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of one NiceAgent's pairs and its lock. Private to the files of this
 * folder. Under the lock unless noted. */
#pragma once

#include "pairs/gsticenicepairs.h"
#include "model/icechecklist.h"
#include "trace/niceanswertrace.h"
#include "trace/nicechecks.h"
#include "trace/nicediscoveries.h"

G_BEGIN_DECLS

/* The maximum number of our own pairs; a peer seldom moves. */
#define GST_ICE_NICE_PAIRS_MAX_OWN 16

/* an atomic rc box: pending changes hold it too */
struct _GstIceNicePairs
{
  GstIceTransport *transport; /* not referenced: it owns us */
  gboolean retired;           /* written by the I/O thread, under the lock */
  GstIceIo *io;
  gpointer agent;
  GstIceNiceFloodGuard *flood_guard;
  GstIceNiceRoles *roles; /* not referenced: they outlive us */
  GstIceAmplification *amplification;
  GstIceAlarm *checked; /* not referenced: due when the checks may be done */

  GMutex lock; /* only the amplification's and alarms' are taken under it */
  NiceChecks checks;
  NiceDiscoveries discoveries; /* under libnice's lock only, as the next */
  gboolean is_held;            /* libnice reads nothing over UDP */
  IceChecklist *list;
  GHashTable *claims; /* reservations of the amplification bound */
  gboolean has_trace;
  gboolean prunes;     /* freeing of the list is not a restart */
  gint64 last_check;   /* when a check of the peer was last answered */
  guint64 tie_breaker; /* the agent's; 0: not seen yet */
  /* only their addresses are used, as ids of our own pairs */
  gchar own[GST_ICE_NICE_PAIRS_MAX_OWN];
  guint next_own;
  NiceRequests requests;
  NiceTraceEndpoint remote; /* the selected pair's; port 0: there is none */
  gboolean is_steered;      /* the selected pair's socket is steered */
  GArray *steered;          /* of guint64: the descriptors of steered sockets */
  gboolean has_unsteered;   /* a UDP socket is not steered */
  gint *senders; /* atomic, NiceRequestsSenders; outlives us; nullable */
  GstIceAlarm *requested; /* due when there are requests; nullable */
  NiceAnswerTrace answer_trace;
  GstIceAlarm *answer_alarm; /* due when the answer trace has an answer; NULL:
                                not wanted */
};

void gst_ice_nice_pairs_unref (gpointer pairs);
const IceCheckPair *gst_ice_nice_pairs_find_live (GstIceNicePairs *pairs,
    const IceCheckEndpoint *base, const IceCheckEndpoint *remote);
const IceCheckPair *gst_ice_nice_pairs_find_selected (GstIceNicePairs *pairs);

G_END_DECLS
