/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why a STUN or TURN server gave no candidate, in words, with the cure. Pure.
 */
#pragma once

#include "model/iceserver.h"

G_BEGIN_DECLS

typedef enum
{
  ICE_SERVER_FAILURE_TOO_MANY,  /* there is a limit to their number */
  ICE_SERVER_FAILURE_NOT_ASKED, /* no local address of its kind, or no route */
  ICE_SERVER_FAILURE_NO_ANSWER, /* TCP: or no connection */
  ICE_SERVER_FAILURE_FELL_SILENT, /* after it had asked for credentials */
  ICE_SERVER_FAILURE_UNSIGNED,    /* its error can not be trusted */
  ICE_SERVER_FAILURE_REFUSED,     /* with an error code */
  ICE_SERVER_FAILURE_CIRCLES,  /* with one that asks to repeat the request, too
                                  often */
  ICE_SERVER_FAILURE_OBSTACLE, /* on the way to it: text names it */
  ICE_SERVER_FAILURE_UNKNOWN,  /* no candidate, for an unknown reason */
  /* of STUN servers */
  ICE_SERVER_FAILURE_INVALID,          /* its answers are no STUN messages */
  ICE_SERVER_FAILURE_OTHER_SOURCE,     /* another one answered: text names it */
  ICE_SERVER_FAILURE_NO_ADDRESS,       /* its answer has none */
  ICE_SERVER_FAILURE_UNUSABLE_ADDRESS, /* ... one without a use: text has it */
  ICE_SERVER_FAILURE_UNKNOWN_ATTRIBUTE /* its answer has one that has to be
                                           understood: text has its type */
} IceServerFailureReason;

typedef struct
{
  const IceServer *server;
  IceServerFailureReason reason;
  guint code; /* STUN error code (RFC 8489 section 14.8); 0 = not known */
  /* the local end that was refused; NULL and 0 where not known */
  const gchar *address;
  guint16 port;
  const gchar *obstacle; /* the text; on the way to a server it completes a
                            sentence that begins with the server */
} IceServerFailure;

gchar *ice_server_failure_to_string (const IceServerFailure *failure);

G_END_DECLS
