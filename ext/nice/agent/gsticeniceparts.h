/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parts of a generation. Private to gsticenicegeneration, -gathering,
 * -remote, -reports and -sending. */
#pragma once

#include <nice/agent.h>
#include "agent/gsticenicedatagrams.h"
#include "agent/gsticeniceevents.h"
#include "agent/gsticenicefollower.h"
#include "agent/gsticenicemedia.h"
#include "agent/gsticenicepace.h"
#include "agent/gsticeniceselection.h"
#include "agent/gsticeniceservers.h"
#include "agent/gsticenicestundiscovery.h"
#include "consent/gsticeniceanswerer.h"
#include "consent/gsticeniceconsent.h"
#include "guard/gsticenicefloodguard.h"
#include "guard/gsticeniceroles.h"
#include "guard/gsticenicetcpadmission.h"
#include "pairs/gsticenicepairs.h"
#include "iothread/gsticealarm.h"
#include "model/icewaitinglist.h"

G_BEGIN_DECLS

/* The component's number in libnice; candidates have the session's number */
#define GST_ICE_NICE_COMPONENT 1

typedef enum
{
  GST_ICE_NICE_PHASE_CURRENT, /* all events are reported */
  GST_ICE_NICE_PHASE_RETIRED, /* there is a newer one; only consent on
                                 the selected pair is reported */
  GST_ICE_NICE_PHASE_LEFT,    /* media uses the newer one; only datagrams
                                 are forwarded */
  GST_ICE_NICE_PHASE_CLOSED
} GstIceNicePhase;

struct _GstIceNiceGeneration
{
  gint references;            /* atomic */
  GstIceTransport *transport; /* not referenced: it owns us */
  const struct _GstIceNiceGenerationCallbacks *callbacks;
  GstIceIo *io;
  GstIceNiceMedia *media;             /* the transport's */
  const GstIceSocketOptions *options; /* the transport's, by direction */

  /* set before other threads use it; NULL and 0: gathering could not begin */
  NiceAgent *nice;
  guint stream_id;

  gint by_tcp; /* atomic: whether the selected pair is a TCP pair */

  GMutex lock;
  GstIceNicePairs *pairs; /* under the lock; written by the I/O thread */

  /* I/O thread */
  GstIceNicePhase phase;
  gchar *ufrag, *password; /* local */
  gchar *remote_ufrag;     /* NULL: not known yet */
  GStrv addresses;         /* local addresses that it gathered from */
  gboolean relay_only;
  gboolean ice_tcp;
  guint n_turn_servers;
  gboolean discovering; /* candidates are still expected or being reported */
  gboolean asked;       /* all servers have answered or failed, except the
                           STUN server of our own discovery */
  gboolean gathered;
  NiceComponentState component_state;
  IceWaitingList waiting; /* remote candidates that libnice is given later */
  IceRateLimit refused;   /* limits warnings about candidates that it refuses */
  IceRateLimit exhausted; /* ... and about those that libnice is not given */
  GstIceAmplification *amplification;
  IceEvent checking;    /* the last report about checks under way */
  GPtrArray *steerings; /* of GstIceSteering, not owned */
  GstIceNiceServers *servers;
  GstIceNicePace *pace;
  GstIceNiceStunDiscovery
      *discovery; /* NULL: libnice sends the requests, or no server is set */
  GstIceNiceConsent *consent;
  GstIceNiceAnswerer *answerer;
  GstIceNiceFloodGuard *flood_guard; /* under the lock, as pairs */
  IceTurnPeers *turn_peers;          /* NULL: there is no TURN server */
  GstIceNiceRoles *roles;
  GstIceNiceTcpAdmission *admission; /* NULL: no ICE-TCP */
  GstIceAlarm *checked; /* due when the state of a pair has changed */
  GstIceNiceSelection *selection;
  GstIceNiceFollower *follower;
  GstIceNiceEvents *events;
  IceRateLimit *conflict_warnings;
  GstIceNiceDatagrams *receiver;
};

/* For gathering. */
void gst_ice_nice_generation_set_local (
    struct _GstIceNiceGeneration *generation, const gchar *ufrag,
    const gchar *password);

G_END_DECLS
