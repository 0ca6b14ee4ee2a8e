/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why a STUN or TURN server gave no candidate, or gives none any more, in
 * words, with the cure. Pure.
 */
#pragma once

#include "model/iceserver.h"

G_BEGIN_DECLS

typedef enum
{
  ICE_SERVER_FAILURE_TOO_MANY,  /* beyond the maximum number of servers */
  ICE_SERVER_FAILURE_NOT_ASKED, /* no local address of its kind, or no route */
  ICE_SERVER_FAILURE_NO_ANSWER, /* TCP: or no connection */
  ICE_SERVER_FAILURE_NO_ANSWER_AFTER_CHALLENGE, /* only the 401 came */
  ICE_SERVER_FAILURE_UNAUTHENTICATED_ERROR,     /* without MESSAGE-INTEGRITY */
  ICE_SERVER_FAILURE_REFUSED,                   /* with an error code */
  ICE_SERVER_FAILURE_RETRY_LOOP,  /* too many errors that ask for a retry */
  ICE_SERVER_FAILURE_UNREACHABLE, /* the detail is the reason */
  ICE_SERVER_FAILURE_LOST,        /* likewise, after there was an allocation */
  ICE_SERVER_FAILURE_UNKNOWN,     /* no candidate, for an unknown reason */
  /* of STUN servers; the detail is what the comment names first */
  ICE_SERVER_FAILURE_INVALID,          /* its answers are no STUN messages */
  ICE_SERVER_FAILURE_OTHER_SOURCE,     /* the source of the answer */
  ICE_SERVER_FAILURE_NO_ADDRESS,       /* its answer has none */
  ICE_SERVER_FAILURE_UNUSABLE_ADDRESS, /* the address, at which no host can be
                                        */
  ICE_SERVER_FAILURE_UNKNOWN_ATTRIBUTE /* the type of a comprehension-required
                                          attribute */
} IceServerFailureReason;

typedef struct
{
  const IceServer *server;
  IceServerFailureReason reason;
  guint code; /* STUN error code (RFC 8489 section 14.8); 0 = not known */
  /* the local address that was refused; NULL and 0 if not known */
  const gchar *address;
  guint16 port;
  const gchar *detail; /* with UNREACHABLE and LOST, a sentence without its
                          subject, the server */
} IceServerFailure;

gchar *ice_server_failure_to_string (const IceServerFailure *failure);

G_END_DECLS
