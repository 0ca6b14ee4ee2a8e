/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One candidate pair (RFC 8445 section 6.1.2): its candidates, its requests and
 * their measurements. Pure. */
#pragma once

#include "candidates/icecandidate.h"
#include "model/icestate.h"

G_BEGIN_DECLS

/* Limits the candidates of one side that a hostile peer can make us keep. */
#define ICE_CHECK_MAX_CANDIDATES 512

/* RFC 8445 section 14.3: no retransmission timer is shorter */
#define ICE_CHECK_MIN_RTO (G_GINT64_CONSTANT (500000))

/* "not known" where 0 is a value */
#define ICE_CHECK_UNKNOWN G_MAXUINT

/* INET6_ADDRSTRLEN */
#define ICE_CHECK_ADDRESS_SIZE 46
/* RFC 8839 section 5.1: 1 to 32 characters */
#define ICE_CHECK_FOUNDATION_SIZE 33

typedef struct
{
  gchar address[ICE_CHECK_ADDRESS_SIZE]; /* numeric, no brackets */
  guint16 port;                          /* 0: an active tcp candidate's */
} IceCheckEndpoint;

/* One side of a pair as the backend reports it; all but the endpoint is used
 * where no candidate was signalled there. */
typedef struct
{
  IceCheckEndpoint endpoint;
  IceCandidateTcpType tcp_type;
  guint32 priority;                            /* 0: not known */
  gchar foundation[ICE_CHECK_FOUNDATION_SIZE]; /* "": not known */
} IceCheckSide;

/* What can happen to a pair. `id` is the backend's name of it, which it may use
 * again once it is done with a pair. */
typedef enum
{
  ICE_CHECK_ADDED,             /* id, parent, endpoints and what is known of the
                                  candidates; its state may have come before */
  ICE_CHECK_STATE,             /* id, state */
  ICE_CHECK_NOMINATED,         /* id */
  ICE_CHECK_SELECTED,          /* id, or else the endpoints; without: no pair */
  ICE_CHECK_REQUEST_SENT,      /* id */
  ICE_CHECK_REQUEST_UNSENT,    /* id: the last one was not sent after all */
  ICE_CHECK_RETRANSMITTED,     /* id: the newest request was sent again */
  ICE_CHECK_RESPONSE_RECEIVED, /* id, newer */
  ICE_CHECK_REQUEST_RECEIVED,  /* id */
  ICE_CHECK_RESPONSE_SENT,     /* id */
  ICE_CHECK_REMOVED,           /* id: the backend forgot it */
  ICE_CHECK_PRUNED,    /* ... and all others; the generation continues */
  ICE_CHECK_RESTARTED, /* ... and a new generation begins, RFC 8445 section 9 */
  ICE_CHECK_N_KINDS
} IceCheckKind;

typedef struct
{
  IceCheckKind kind;
  guintptr id;
  guintptr parent; /* ADDED: the pair whose check found this one; 0: none */
  IceCheckSide local;
  IceCheckSide remote;
  IceCandidateProtocol protocol;
  GstIceCandidatePairState state;
  guint newer; /* RESPONSE_RECEIVED: how many unanswered requests on the pair
                  are newer than the answered one; or ICE_CHECK_UNKNOWN */
} IceCheckEvent;

/* Unanswered requests of one pair that are remembered; a backend cancels older
 * ones when it starts a new one. */
#define ICE_CHECK_MAX_REQUESTS 8

typedef struct
{
  struct
  {
    gint64 at;
    gboolean retransmitted;
  } list[ICE_CHECK_MAX_REQUESTS]; /* the newest is the last */
  guint n;
} IceCheckRequests;

typedef struct
{
  guint index; /* for as long as the checklist lives, no other pair has it */
  guint generation; /* the number that ice_checklist_set_generation() set */
  gboolean live;    /* the backend still has it */
  GstIceCandidatePairState state;
  gint64 valid_since; /* when its check succeeded and none has failed since,
                         microseconds; 0: it is not valid */
  gboolean failing;   /* its last check that has ended failed, in this
                         generation; one may be under way again */
  gboolean nominated;
  gboolean selected;

  IceCandidateProtocol protocol;
  IceCheckEndpoint local; /* as the peer sees it, once that is known */
  IceCheckEndpoint base;  /* the address that checks are sent from */
  IceCheckEndpoint remote;
  IceCandidate *local_candidate; /* prflx where none was signalled; priority 0
                                    where it is not known */
  IceCandidate *remote_candidate;

  guint32 request_priority; /* the PRIORITY attribute of its checks, which a
                             * candidate that they find gets; 0: not known */
  guint64 requests_sent;    /* without retransmissions */
  guint64 retransmissions_sent;
  guint64 responses_received;
  guint64 requests_received;
  guint64 responses_sent;
  gint64 current_rtt; /* microseconds; -1: not known */
  gint64 total_rtt;   /* microseconds, of rtt_samples answers */
  guint64 rtt_samples;
  IceCheckRequests unanswered; /* used by icecheckpair only */
  gint64 asked_since; /* when the first request was sent after which there was
                         neither an answer nor the end of its check; 0: none */
} IceCheckPair;

void ice_check_endpoint_set (
    IceCheckEndpoint *endpoint, const IceCandidate *candidate);
gboolean ice_check_endpoint_equal (
    const IceCheckEndpoint *a, const IceCheckEndpoint *b);

void ice_check_add_candidate (
    GPtrArray *signalled, const IceCandidate *candidate);
gboolean ice_check_is_at (const IceCandidate *candidate,
    const IceCheckEndpoint *endpoint, IceCandidateProtocol protocol);
gboolean ice_check_pair_match (
    IceCheckPair *pair, GPtrArray *local, GPtrArray *remote);
void ice_check_pair_set_local (IceCheckPair *pair, const IceCheckSide *side,
    GPtrArray *signalled, guint component);
void ice_check_pair_set_remote (IceCheckPair *pair, const IceCheckSide *side,
    GPtrArray *signalled, guint component);
gboolean ice_check_pair_get_priority (
    const IceCheckPair *pair, GstIceRole role, guint64 *priority);

void ice_check_pair_count (
    IceCheckPair *pair, const IceCheckEvent *event, gint64 now);

const gchar *ice_check_kind_to_string (IceCheckKind kind);

G_END_DECLS
