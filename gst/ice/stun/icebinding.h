/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Binding requests to a STUN server and their answers as octets (RFC 8489),
 * without credentials. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* RFC 8489 section 5: a header, and the transaction id in it */
#define ICE_BINDING_REQUEST_SIZE 20
#define ICE_BINDING_ID_SIZE 12

/* The part of an answer that is read; the rest is ignored. */
#define ICE_BINDING_MAX_ANSWER 1500

typedef struct
{
  gboolean is_ipv6;
  guint8 octets[16]; /* of IPv4 the first four, zero behind; network order */
  guint16 port;
} IceBindingAddress;

typedef enum
{
  ICE_BINDING_OTHER,    /* not an answer to this request, or not whole: to be
                           ignored, as if it had not come */
  ICE_BINDING_MAPPED,   /* address is the server-reflexive transport address */
  ICE_BINDING_UNUSABLE, /* ... but no host can be reached at address */
  ICE_BINDING_NO_ADDRESS,
  ICE_BINDING_UNKNOWN_ATTRIBUTE, /* has to be understood and is not: code is
                                    its type */
  ICE_BINDING_ERROR              /* code is the error code; 0 = none in it */
} IceBindingKind;

typedef struct
{
  IceBindingKind kind;
  IceBindingAddress address;
  guint code;
} IceBindingAnswer;

void ice_binding_write_request (guint8 request[ICE_BINDING_REQUEST_SIZE],
    const guint8 id[ICE_BINDING_ID_SIZE]);
void ice_binding_read_answer (IceBindingAnswer *answer, const guint8 *data,
    gsize size, const guint8 id[ICE_BINDING_ID_SIZE]);

G_END_DECLS
