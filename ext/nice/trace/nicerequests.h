/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The peer's authenticated requests, as libnice's trace shows them: libnice
 * writes that it answers (NICE_TRACE_REPLY) only for requests with our
 * password. Also the remote addresses from which libnice forwards datagrams,
 * which the trace does not show directly: libnice forwards from each address
 * that sent such a request, or an answer to one of libnice's own checks. If
 * there was only one such pair, a datagram came on that pair. Pure. */
#pragma once

#include "trace/nicetraceevent.h"

G_BEGIN_DECLS

/* Requests that were not taken yet, one for each pair. */
#define NICE_REQUESTS_MAX 16

/* The socket of a relayed message: the trace names none. */
#define NICE_REQUESTS_NO_SOCKET G_MAXUINT32

typedef struct
{
  NiceTraceEndpoint remote;
  guint64 socket; /* its descriptor, or NICE_REQUESTS_NO_SOCKET */
  gboolean use_candidate;
  guintptr pair; /* libnice's pair, if it has one; else 0 */
  gint64 at;     /* arrival time of the pair's last request */
} NiceRequest;

/* A remote address from which libnice forwards datagrams. */
typedef struct
{
  NiceTraceEndpoint remote; /* port 0: not known yet */
  gboolean has_socket;
  guint64 socket;   /* where its request came in */
  guintptr matched; /* libnice's pair whose check it answered; 0: none */
  gboolean are_many;
} NiceSenders;

/* Which senders libnice can have forwarded datagrams from. */
typedef enum
{
  NICE_REQUESTS_SENDERS_MANY,
  NICE_REQUESTS_SENDERS_APART, /* the selected pair's remote end, on that pair:
                                * if the steered sockets get nothing else */
  NICE_REQUESTS_SENDERS_ONE,   /* the same, whatever the steered sockets receive
                                */
} NiceRequestsSenders;

/* All zero at first. */
typedef struct
{
  NiceRequest list[NICE_REQUESTS_MAX];
  guint n;
  gboolean is_open; /* the last line was about the last sender of the list */
  NiceTraceEndpoint
      from; /* of the STUN message that the next lines are about */

  NiceSenders all;
  NiceSenders
      others; /* how many of them did not come through a steered socket */
} NiceRequests;

gboolean nice_requests_step (NiceRequests *self, const NiceTraceEvent *line,
    gboolean is_steered, gint64 now);
gboolean nice_requests_take (NiceRequests *self, NiceRequest *request);
NiceRequestsSenders nice_requests_get_senders (const NiceRequests *self,
    const NiceTraceEndpoint *remote, gboolean is_steered);
void nice_requests_restart (NiceRequests *self);

G_END_DECLS
