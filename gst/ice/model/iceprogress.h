/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a session waits for, and when that is reported. Pure: facts and time are
 * arguments. */
#pragma once

#include <glib.h>
#include "model/icestate.h"

G_BEGIN_DECLS

/* Microseconds. A wait is reported when it has lasted this long. */
#define ICE_PROGRESS_PATIENCE (2 * G_TIME_SPAN_SECOND)

typedef enum
{
  ICE_PROGRESS_GATHER,
  ICE_PROGRESS_SIGNAL,
  ICE_PROGRESS_CONNECT,
  ICE_PROGRESS_N_CODES
} IceProgressCode;

typedef enum
{
  ICE_PROGRESS_START,
  ICE_PROGRESS_CONTINUE,
  ICE_PROGRESS_COMPLETE,
  ICE_PROGRESS_ERROR,
  ICE_PROGRESS_CANCELED
} IceProgressType;

typedef enum
{
  ICE_WAIT_NOTHING,
  ICE_WAIT_SERVERS,     /* our candidates: this machine's and the servers' */
  ICE_WAIT_CALLER,      /* built-in signalling listens */
  ICE_WAIT_LISTENER,    /* ... or calls */
  ICE_WAIT_CREDENTIALS, /* the peer's */
  ICE_WAIT_CANDIDATES,  /* the peer's */
  ICE_WAIT_PAIR,        /* a pair that can be checked */
  ICE_WAIT_PEER_CHECKS, /* the same, when the peer has signalled all its
                           candidates: only a check of the peer can bring one
                           (RFC 8863) */
  ICE_WAIT_CHECKS,      /* answers to checks */
  ICE_WAIT_NOMINATION,  /* the peer's */
  ICE_WAIT_END_OF_CANDIDATES, /* the peer's: all checks failed so far */
  ICE_WAIT_LIFE,              /* a sign of life from the peer */
  ICE_N_WAITS
} IceProgressWait;

/* Of a transport. */
typedef struct
{
  guint stream;
  guint component;
} IceProgressPlace;

/* What is known of a session, and of the transport that its state is about:
 * ice_progress_choose(). */
typedef struct
{
  gboolean begun;  /* gathering was asked for */
  gboolean broken; /* ... and cannot be done */
  GstIceGatheringState gathering;
  gboolean signals;            /* there is built-in signalling */
  gboolean listens;            /* ... as listener */
  gboolean is_open;            /* ... with a line to the peer, now or before */
  gboolean is_over;            /* ... and no more of it */
  GstIceConnectionState state; /* of the session */

  IceProgressPlace place;
  GstIceConnectionState transport_state;
  gboolean credentials; /* the peer's are known */
  gboolean candidates;  /* one of the peer's is known */
  gboolean unpaired;    /* no pair could be checked yet */
  gboolean complete;    /* the peer's end of candidates is known */
  gboolean succeeded;   /* a pair has, in this generation */
  gboolean selected;    /* ... and one was selected */
  gboolean controlled;  /* the peer nominates */
} IceProgressFacts;

typedef struct
{
  gboolean running;
  IceProgressType ended; /* its last result; START: it has not begun yet */
  IceProgressWait reported, wait;
  IceProgressPlace reported_place, place;
  gint64 since; /* wait */
} IceProgressOperation;

typedef struct
{
  IceProgressOperation operations[ICE_PROGRESS_N_CODES];
} IceProgress;

typedef struct
{
  IceProgressCode code;
  IceProgressType type;
  IceProgressWait wait; /* NOTHING but for START and CONTINUE */
  gboolean is_of_place; /* true of one transport, the facts' one, and perhaps of
                           no other */
} IceProgressNews;

gint ice_progress_choose (
    GstIceConnectionState whole, const GstIceConnectionState *states, guint n);
void ice_progress_init (IceProgress *progress);
gboolean ice_progress_next (IceProgress *progress,
    const IceProgressFacts *facts, gint64 now, IceProgressNews *news);
gint64 ice_progress_get_deadline (const IceProgress *progress);
const gchar *ice_progress_code_to_string (IceProgressCode code);

G_END_DECLS
