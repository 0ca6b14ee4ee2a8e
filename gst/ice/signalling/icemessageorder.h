/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * In which order messages may come on one signalling line. Pure. */
#pragma once

#include <glib.h>
#include "signalling/icemessage.h"

G_BEGIN_DECLS

#define ICE_MESSAGE_ORDER_ERROR (ice_message_order_error_quark ())

typedef enum
{
  ICE_MESSAGE_ORDER_ERROR_CANDIDATE,
  ICE_MESSAGE_ORDER_ERROR_GENERATION,
  ICE_MESSAGE_ORDER_ERROR_CREDENTIALS,
  ICE_MESSAGE_ORDER_ERROR_BYE,
  ICE_MESSAGE_ORDER_ERROR_COUNT
} IceMessageOrderError;

typedef enum
{
  ICE_MESSAGE_ORDER_WRONG,  /* close the line */
  ICE_MESSAGE_ORDER_REPEAT, /* known already, ignore it */
  ICE_MESSAGE_ORDER_NEW
} IceMessageOrderVerdict;

/* Far more than any session needs; repeats count too. */
#define ICE_MESSAGE_ORDER_MAX_MESSAGES 100000

/* A generation may be greater than the greatest one before it on the line by
 * this much. So the messages of one line cannot reach the end of the range, and
 * a restart that answers one of the peer always has a generation left. */
#define ICE_MESSAGE_ORDER_MAX_STEP 16384
G_STATIC_ASSERT (
    G_MAXINT32 / ICE_MESSAGE_ORDER_MAX_STEP > ICE_MESSAGE_ORDER_MAX_MESSAGES);

typedef struct _IceMessageOrder IceMessageOrder;

GQuark ice_message_order_error_quark (void);

IceMessageOrder *ice_message_order_new (void);
void ice_message_order_free (IceMessageOrder *self);

IceMessageOrderVerdict ice_message_order_check (
    IceMessageOrder *self, const IceMessage *message, GError **error);
gboolean ice_message_order_has_ended (const IceMessageOrder *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IceMessageOrder, ice_message_order_free)

G_END_DECLS
