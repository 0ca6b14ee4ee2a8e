/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a session knows: its settings, streams and transports, and where it
 * stands. Any thread fills the tables under the lock, which is a leaf; the I/O
 * thread brings the backend up to them and writes the states. */
#pragma once

#include "gsticecall.h"
#include "gsticealarm.h"
#include "gsticeio.h"
#include "gsticemdns.h"
#include "gsticeresolver.h"
#include "gsticetransport.h"
#include "icestream.h"

G_BEGIN_DECLS

typedef struct _GstIceSession GstIceSession;
typedef struct _GstIceSessionEntry GstIceSessionEntry;
typedef struct _GstIceSessionRestarts GstIceSessionRestarts;

/* What users are told; the I/O thread, without a lock, but for filter(),
 * which is called in the thread that adds a remote candidate too. */
typedef struct
{
  void (*candidate) (GstObject *owner, guint stream, const gchar *candidate);
  void (*candidate_error) (GstObject *owner, const GstStructure *error);
  void (*pair) (GstObject *owner, guint stream, guint component,
      const GstStructure *pair);
  void (*selected_pair) (GstObject *owner, guint stream, guint component,
      const GstStructure *pair);
  gchar *(*filter) (
      GstObject *owner, guint stream, const gchar *candidate, gboolean local);
  /* a property of the owner has another value */
  void (*notify) (GstObject *owner, const gchar *property);
  /* (transfer full): an element message of the contract */
  void (*event) (GstObject *owner, GstStructure *message);
  void (*problem) (GstObject *owner, const GError *error, gboolean fatal);
} GstIceSessionCallbacks;

/* One transport. */
struct _GstIceSessionEntry
{
  GstIceTransport *transport;
  IceStream *stream;
  /* I/O thread */
  gboolean begun;    /* the backend was told to gather */
  gboolean gathered; /* ... and has */
  gchar *ufrag;      /* the backend has these remote credentials */
  guint applied;     /* ... and so many of those that are usable */
  gboolean complete; /* ... and their end */
  gboolean closed;
  gint ended; /* our side's EOS; atomic */
};

struct _GstIceSession
{
  GstObject *owner;
  const GstIceSessionCallbacks *callbacks;
  GType transport_type;
  /* brings the backend up to the remote tables, after a restart */
  void (*apply_remote) (GstIceSession *self, gpointer unused);
  /* after each event */
  void (*consider_restart) (GstIceSession *self);

  GMutex lock;
  GCond cond; /* closed, gathers_begun */
  /* under the lock */
  GstIceSettings settings;
  gchar *local_ufrag; /* of the newest generation */
  gchar *local_password;
  guint generation; /* counts ICE restarts */
  gboolean answers; /* the peer restarted, and no pair worked since */
  GstIceRole role;
  GPtrArray *streams; /* of IceStream */
  GPtrArray *entries; /* of GstIceSessionEntry; only added to */
  GstIceConnectionState connection_state;
  GstIceGatheringState gathering_state;
  GstIceIo *io;         /* NULL before gathering and after closing */
  guint gathers_wanted; /* calls of gst_ice_session_gather() */
  guint gathers_begun;  /* ... that the I/O thread has come to */
  gboolean broken;      /* a fatal problem was told */
  gboolean cut_off;     /* built-in signalling has ended */
  gboolean closed;
  gint closing;  /* atomic; written under the lock */
  gboolean over; /* `closed` is what the states say */

  /* I/O thread: the generation that the backend and the peer know of */
  gchar *told_ufrag;
  gchar *told_password;
  guint told_generation;
  gboolean announced; /* `closed` was told */
  GstIceResolver *resolver;
  gboolean resolved;
  IceServer *stun_server;
  GPtrArray *turn_servers;
  GPtrArray *lost_servers;   /* of { url, why it was not found, NULL } */
  GHashTable *server_errors; /* those that were told */
  GstIceMdns *mdns;          /* NULL before the first name */
  GstIceCall *call;
  GstIceAlarm *tick;
  GstIceSessionRestarts *restarts; /* NULL: none by itself */
};

/* A call that is queued for the I/O thread. */
typedef void (*GstIceSessionTask) (GstIceSession *self, gpointer argument);

void gst_ice_session_tell_problem (
    GstIceSession *self, const GError *error, gboolean fatal);
void gst_ice_session_tell_candidate_error (
    GstIceSession *self, guint stream, const GstIceCandidateError *error);
void gst_ice_session_queue (GstIceSession *self, GstIceSessionTask task,
    gpointer argument, GDestroyNotify notify);

gboolean gst_ice_session_is_closed (GstIceSession *self);
GPtrArray *gst_ice_session_list_entries (GstIceSession *self);
GstIceSessionEntry *gst_ice_session_find_entry (
    GPtrArray *entries, const GstIceTransport *transport);
IceStream *gst_ice_session_find_stream (GstIceSession *self, guint index);

G_END_DECLS
