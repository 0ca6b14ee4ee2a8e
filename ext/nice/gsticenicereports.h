/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a NiceAgent says, on its way to the session; and the generation as the
 * files that make it up see it. */
#pragma once

#include "gsticealarm.h"
#include "gsticecontext.h"
#include "gsticenicebreaker.h"
#include "gsticeniceconsent.h"
#include "gsticenicegate.h"
#include "gsticenicegeneration.h"
#include "gsticenicepairs.h"
#include "gsticeniceservers.h"

G_BEGIN_DECLS

/* libnice's own number of our component; ours is in the candidates only */
#define GST_ICE_NICE_COMPONENT 1

typedef enum
{
  GST_ICE_NICE_CURRENT,
  GST_ICE_NICE_RETIRED, /* only consent, on the old pair, is reported */
  GST_ICE_NICE_LEFT,    /* media too is the new one's; late datagrams pass */
  GST_ICE_NICE_CLOSED
} GstIceNicePhase;

struct _GstIceNiceGeneration
{
  gint references;            /* atomic */
  GstIceTransport *transport; /* not referenced: it owns us */
  const GstIceNiceGenerationCallbacks *callbacks;
  GstIceIo *io;
  GstIceNiceMedia *media;             /* the transport's */
  const GstIceSocketOptions *options; /* the transport's, by direction */

  /* set before other threads know of it; NULL and 0: could not begin */
  NiceAgent *nice;
  guint stream_id;

  GMutex lock;
  GstIceNicePairs *pairs; /* under the lock; written by the I/O thread */

  /* I/O thread */
  GstIceNicePhase phase;
  gchar *ufrag;    /* ours */
  GStrv addresses; /* gathered from */
  gboolean relay_only;
  gboolean ice_tcp;
  gboolean has_relays;
  gboolean gathered;
  gboolean has_selected;
  gboolean selected_tcp;
  NiceComponentState component_state;
  GPtrArray *steerings; /* of GstIceSteering, not owned */
  GstIceNiceServers *servers;
  GstIceNiceConsent *consent;
  GstIceNiceBreaker *breaker;
  GstIceNiceGate *gate; /* NULL: no ICE-TCP */
  GstIceAlarm *checked; /* due when the state of a pair has changed */

  gint restarts; /* in place; atomic */

  GstIceContext *context; /* where libnice receives */
  /* whoever iterates it */
  guint n_received; /* in this iteration */
  gboolean paused;  /* libnice has nobody to give them to until the next one */
};

void gst_ice_nice_reports_connect (GstIceNiceGeneration *generation);
void gst_ice_nice_reports_repeat (GstIceNiceGeneration *generation);
void gst_ice_nice_reports_pair_checked (gpointer generation);
void gst_ice_nice_reports_gathered (gpointer generation);
void gst_ice_nice_reports_connection_lost (gpointer generation);

G_END_DECLS
