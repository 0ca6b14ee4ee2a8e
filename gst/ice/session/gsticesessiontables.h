/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session's data: settings, streams and transports, and states. Any thread
 * fills the tables under the lock, which is a leaf; the I/O thread applies them
 * to the backend and writes the states. */
#pragma once

#include "signalling/gsticechannel.h"
#include "iothread/gsticealarm.h"
#include "iothread/gsticeio.h"
#include "addresses/gsticemdns.h"
#include "addresses/gsticeresolver.h"
#include "session/gsticesessioncalls.h"
#include "model/icenotifylimit.h"
#include "model/iceratelimit.h"
#include "model/iceprogress.h"
#include "model/icestream.h"
#include "model/iceunasked.h"

G_BEGIN_DECLS

typedef struct _GstIceSessionEntry GstIceSessionEntry;
typedef struct _GstIceSessionRestarts GstIceSessionRestarts;
typedef struct _GstIceSessionCall GstIceSessionCall;

/* One transport. */
struct _GstIceSessionEntry
{
  GstIceTransport *transport;
  IceStream *stream;
  /* I/O thread */
  gboolean begun;    /* the backend began to gather */
  gboolean gathered; /* ... and has gathered */
  gchar *ufrag;      /* the backend has these remote credentials */
  guint applied;     /* ... and this number of the usable candidates */
  gboolean complete; /* ... and the end of candidates */
  gboolean closed;
  gboolean succeeded;   /* connected in this generation */
  IceUnasked unasked;   /* datagrams before the peer's credentials */
  IceNotifyLimit pairs; /* of candidate-pairs */
  gint ended;           /* EOS at our side; atomic */
};

struct _GstIceSession
{
  GstObject *owner;
  GType transport_type;
  GstIceAmplification *amplification;

  GMutex lock;
  GCond cond; /* closed, gathers_begun */
  /* under the lock */
  GstIceSettings settings;
  gchar *local_ufrag; /* the newest generation's */
  gchar *local_password;
  guint generation; /* counts ICE restarts */
  gboolean answers; /* the peer restarted, and no pair was selected since */
  GstIceRole role;
  gboolean paired;    /* a pair was made: only ICE changes the role */
  GPtrArray *waiting; /* tasks about sockets, until there is an I/O thread */
  GPtrArray *streams; /* of IceStream */
  GPtrArray *entries; /* of GstIceSessionEntry; only added to */
  GstIceConnectionState connection_state;
  GstIceGatheringState gathering_state;
  GstIceIo *io;                  /* NULL before gathering and after closing */
  guint gathers_wanted;          /* calls of gst_ice_session_gather() */
  guint gathers_begun;           /* ... that the I/O thread has handled */
  gboolean broken;               /* a fatal problem was reported */
  guint n_failures;              /* states "failed" that have ended */
  gboolean credentials_reported; /* the first ones */
  /* notifications of remote-candidates, and at TRUE of local-candidates */
  IceNotifyLimit candidates[2];
  IceRateLimit failures;    /* limits warnings, since the user's last restart */
  IceRateLimit asked_again; /* limits errors of servers that were reported
                             * before our own last restart */
  IceRateLimit refusals;    /* of remote candidates */
  IceRateLimit earlier;     /* limits warnings about an earlier generation */
  IceRateLimit too_many;    /* ... about candidates beyond the limits */
  IceRateLimit
      names[ICE_NAME_N_FATES]; /* ... about names that give no address */
  gint64 quiet[ICE_STREAM_N_TROUBLES]; /* ... about waits that cannot end */
  gboolean cut_off;                    /* built-in signalling has ended */
  gboolean channel_opened;             /* ... it has had a line to the peer */
  gboolean keeps;                      /* another call follows this one */
  gboolean keeps_owner;                /* it has a reference to its owner */
  gboolean closed;
  gint closing;  /* atomic; written under the lock */
  gboolean over; /* the states are `closed` */

  /* I/O thread: the generation that the backend and the peer have */
  gchar *adopted_ufrag;
  gchar *adopted_password;
  guint adopted_generation;
  gboolean announced; /* `closed` was reported */
  GstIceResolver *resolver;
  gboolean resolved;
  IceServer *stun_server;
  GPtrArray *turn_servers;
  GPtrArray
      *lost_servers; /* of { url, reason, NULL }: names that were not found */
  GHashTable *server_errors; /* those that were reported */
  GstIceMdns *mdns;          /* NULL before the first name */
  GstIceChannel *channel;
  gboolean channel_started; /* for this call */
  gboolean channel_closes;  /* its last messages are not sent yet */
  GstIceAlarm *tick;
  IceProgress progress;
  GstIceAlarm *patience;           /* NULL before there is progress to report */
  gint shows_progress;             /* atomic: an element was PLAYING */
  GstIceSessionRestarts *restarts; /* NULL: no automatic restarts */
  GstIceSessionCall *call;         /* NULL: no other call follows */
  GstIceAlarm *stepped;            /* due after each event; NULL: likewise */
  GstIceAlarm *call_stepped;       /* the same, for call */
};

/* A call that is queued for the I/O thread. */
typedef void (*GstIceSessionTask) (GstIceSession *self, gpointer argument);

void gst_ice_session_queue (GstIceSession *self, GstIceSessionTask task,
    gpointer argument, GDestroyNotify notify);

gboolean gst_ice_session_is_stale (GstIceSession *self);
GPtrArray *gst_ice_session_list_entries (GstIceSession *self);
GstIceSessionEntry *gst_ice_session_find_entry (
    GPtrArray *entries, const GstIceTransport *transport);
IceStream *gst_ice_session_look_up_stream (GstIceSession *self, guint index);
IceStream *gst_ice_session_ensure_stream (GstIceSession *self, guint index);
gboolean gst_ice_session_has_room (
    GstIceSession *self, guint index, GError **error);
IceStream *gst_ice_session_admit_stream (
    GstIceSession *self, guint index, GError **error);

G_END_DECLS
