/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The events that a line of libnice's debug log can mean. Formats: libnice
 * 0.1.21, unchanged in 0.1.23. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Written by conncheck.c and agent.c of libnice; `pair` and `other` are pairs
 * of the check list unless noted. */
typedef enum
{
  NICE_TRACE_OTHER,     /* not about checks */
  NICE_TRACE_MALFORMED, /* begins like one of these but differs later */

  NICE_TRACE_GATHERING, /* the self-test line: gathering began */
  NICE_TRACE_GATHERED,  /* ... and ended */

  NICE_TRACE_REMOTE_SET,     /* stream, component: the remote candidates are
                              * paired */
  NICE_TRACE_PAIR_CREATING,  /* the next lines describe a new pair */
  NICE_TRACE_PAIR_STATE,     /* pair, state, is_new */
  NICE_TRACE_PAIR_ENDPOINTS, /* pair, local, remote */
  NICE_TRACE_PAIR_ADDED, /* pair, foundation, transports, stream, component */
  NICE_TRACE_PAIR_DISCOVERED, /* the same, by a response on another pair */
  NICE_TRACE_PAIR_REFUSED,  /* not created: lower priority than the selected one
                             */
  NICE_TRACE_PAIR_UNFROZEN, /* pair; the state line follows */
  NICE_TRACE_PAIR_FOUNDATION, /* pair, foundation: its remote became known */
  NICE_TRACE_PRUNING,         /* stream, component: after a nomination, pairs
                               * are freed one by one */
  NICE_TRACE_PAIR_REMOVED,    /* pair, freed */
  NICE_TRACE_PAIR_GIVEN_UP,   /* pair; a state line follows */
  NICE_TRACE_LIST_FREED,      /* every pair of a stream */
  NICE_TRACE_LOCAL_PRFLX,  /* a local candidate was learnt, local_transport */
  NICE_TRACE_REMOTE_PRFLX, /* a remote candidate was learnt */

  NICE_TRACE_NOMINATED,          /* pair is nominated now */
  NICE_TRACE_NOMINATION_PENDING, /* pair will be nominated by the response */
  NICE_TRACE_NOMINATING,         /* pair will be checked with USE-CANDIDATE */
  NICE_TRACE_NOMINATION_FLAGS,   /* other: valid pair of the check on pair */
  NICE_TRACE_NOMINATION_MOVED,   /* other, discovered by pair, replaces it */
  NICE_TRACE_SELECTED,           /* component, pair_priority */
  NICE_TRACE_SELECTED_LOCAL,     /* stream, component, local, local_transport */
  NICE_TRACE_SELECTED_REMOTE, /* stream, component, remote, remote_transport */

  NICE_TRACE_REQUEST,           /* pair, local, remote, priority, role;
                                 * number[0]: of the socket, number[1]: the
                                 * tie-breaker */
  NICE_TRACE_REQUEST_BUILT,     /* number[0] octets; sent next */
  NICE_TRACE_REQUEST_TIMER,     /* number[0] ms to its first retransmission */
  NICE_TRACE_REQUEST_CANCELLED, /* the last request was not sent */
  NICE_TRACE_RETRANSMISSION,    /* pair; its newest request */
  NICE_TRACE_RESPONSE, /* pair, result; number[0] newer requests unanswered */
  NICE_TRACE_MATCHED,  /* pair: the response was a success */
  NICE_TRACE_MISMATCH, /* pair failed: response from another address */
  NICE_TRACE_RELATED_FAILED, /* other, discovered by pair, fails with it */
  NICE_TRACE_STRAY_RESPONSE, /* response without a request */
  NICE_TRACE_NOT_AUTHENTIC,  /* the request was refused */
  NICE_TRACE_INBOUND,        /* stream, component, remote: a STUN message */
  NICE_TRACE_REPLY,          /* component, remote, use_candidate; number[0]: of
                              * the socket. To an authenticated request */
  NICE_TRACE_REPLAY,         /* an early request is processed again */
  NICE_TRACE_TRIGGER_FOUND,  /* pair: where the request came in */
  NICE_TRACE_TRIGGER_NEW,    /* a new pair is created for the request */
  NICE_TRACE_TRIGGER_NONE,   /* no pair for the request */
  NICE_TRACE_TRIGGERED,      /* pair will be checked next */

  NICE_TRACE_ROLE_CHANGED,    /* role */
  NICE_TRACE_ROLE_KEPT,       /* role */
  NICE_TRACE_ROLE_CONFLICT,   /* pair: the peer answered 487 */
  NICE_TRACE_COMPONENT_STATE, /* stream, component, old and new state */
  NICE_TRACE_CHECKS_IDLE,     /* number[0] ms until components may fail */
  NICE_TRACE_CHECKS_DONE,     /* components without nomination fail now */

  /* libnice's own consent; `other` names the component's selected pair, which
   * is not one of the check list */
  NICE_TRACE_CONSENT_REQUEST,    /* component, remote, priority */
  NICE_TRACE_CONSENT_RESPONSE,   /* other */
  NICE_TRACE_CONSENT_CHECK,      /* other, number[0] s, number[1] ms */
  NICE_TRACE_CONSENT_TIMEOUT,    /* other, stream, component */
  NICE_TRACE_CONSENT_LOST,       /* other, stream, component */
  NICE_TRACE_FORBIDDEN,          /* stream, component, remote: 403 */
  NICE_TRACE_CONSENT_REFUSED,    /* stream, component: we answered 403 */
  NICE_TRACE_LOCAL_CONSENT_LOST, /* stream, component */
  NICE_TRACE_KEEPALIVE,          /* stream, component, local: an indication */
  NICE_TRACE_KEEPALIVE_STOPPED,

  /* STUN and TURN servers; `other` names an attempt from one local address */
  NICE_TRACE_STREAM_ADDED, /* stream */
  NICE_TRACE_HOST_ADDED,   /* stream, component, local without port,
                            * local_transport; attempts at TURN servers follow */
  NICE_TRACE_STUN_FOUND,   /* stream, remote without port: the STUN server's;
                            * attempts at it follow */
  NICE_TRACE_STUN_ASKED,   /* other: a new attempt */
  NICE_TRACE_TURN_ASKED,   /* other: a new attempt */
  NICE_TRACE_STUN_ANSWER,  /* other, number[0]: StunUsageBindReturn, error_code
                            */
  NICE_TRACE_TURN_ANSWER,  /* other, number[0]: StunUsageTurnReturn, error_code
                            */
  NICE_TRACE_REFRESH_ANSWER, /* other: what is refreshed, number[0]:
                              * StunUsageTurnReturn */
  NICE_TRACE_SOCKET_LOST,    /* with the attempts over it, if any */
  NICE_TRACE_N_KINDS
} NiceTraceKind;

typedef enum
{
  NICE_TRACE_STATE_FROZEN,
  NICE_TRACE_STATE_WAITING,
  NICE_TRACE_STATE_IN_PROGRESS,
  NICE_TRACE_STATE_SUCCEEDED,
  NICE_TRACE_STATE_FAILED,
  NICE_TRACE_STATE_DISCOVERED
} NiceTraceState;

typedef enum
{
  NICE_TRACE_TRANSPORT_UNKNOWN,
  NICE_TRACE_TRANSPORT_UDP,
  NICE_TRACE_TRANSPORT_TCP_ACTIVE,
  NICE_TRACE_TRANSPORT_TCP_PASSIVE,
  NICE_TRACE_TRANSPORT_TCP_SO
} NiceTraceTransport;

typedef enum
{
  NICE_TRACE_ROLE_UNKNOWN,
  NICE_TRACE_ROLE_CONTROLLING,
  NICE_TRACE_ROLE_CONTROLLED
} NiceTraceRole;

typedef enum
{
  NICE_TRACE_RESULT_SUCCESS,
  NICE_TRACE_RESULT_ERROR,
  NICE_TRACE_RESULT_INVALID,
  NICE_TRACE_RESULT_ROLE_CONFLICT,
  NICE_TRACE_RESULT_INVALID_REQUEST,
  NICE_TRACE_RESULT_INVALID_METHOD,
  NICE_TRACE_RESULT_MEMORY_ERROR,
  NICE_TRACE_RESULT_INVALID_ADDRESS,
  NICE_TRACE_RESULT_NO_MAPPED_ADDRESS
} NiceTraceResult;

typedef enum
{
  NICE_TRACE_COMPONENT_DISCONNECTED,
  NICE_TRACE_COMPONENT_GATHERING,
  NICE_TRACE_COMPONENT_CONNECTING,
  NICE_TRACE_COMPONENT_CONNECTED,
  NICE_TRACE_COMPONENT_READY,
  NICE_TRACE_COMPONENT_FAILED
} NiceTraceComponentState;

/* StunUsageTurnReturn */
#define NICE_TRACE_TURN_ERROR 2

/* INET6_ADDRSTRLEN */
#define NICE_TRACE_ADDRESS_SIZE 46
/* NICE_CANDIDATE_PAIR_MAX_FOUNDATION */
#define NICE_TRACE_FOUNDATION_SIZE 66
/* The longest line of interest, a request with credentials of RFC 8839's
 * maximum length, is far shorter. */
#define NICE_TRACE_MAX_LENGTH 4096

typedef struct
{
  gchar address[NICE_TRACE_ADDRESS_SIZE]; /* numeric, no brackets */
  guint16 port;                           /* 0 on an active tcp candidate */
} NiceTraceEndpoint;

/* A member that the line does not name is 0. */
typedef struct
{
  NiceTraceKind kind;
  guintptr agent; /* 0: the line names none */
  guintptr pair;
  guintptr other;
  guint stream;
  guint component;
  NiceTraceEndpoint local;
  NiceTraceEndpoint remote;
  NiceTraceTransport local_transport;
  NiceTraceTransport remote_transport;
  gchar foundation[NICE_TRACE_FOUNDATION_SIZE]; /* local:remote */
  NiceTraceState state;
  gboolean is_new; /* it is the first state of a new pair */
  NiceTraceRole role;
  NiceTraceResult result;
  NiceTraceComponentState old_component_state;
  NiceTraceComponentState component_state;
  gboolean use_candidate;
  guint32 priority;      /* of the PRIORITY attribute, RFC 8445 section 7.1.1 */
  guint64 pair_priority; /* RFC 8445 section 6.1.2.3 */
  guint64 number[2];
  guint error_code; /* STUN error code of an answer, from another line */
} NiceTraceEvent;

G_END_DECLS
