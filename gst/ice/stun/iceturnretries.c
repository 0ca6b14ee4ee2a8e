/* gst-ice: how often a TURN server may ask for the same request again.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/iceturnretries.h"
#include "stun/icestunheader.h"
#include "stun/iceturnanswer.h"

#define TRY_ALTERNATE 300
#define UNAUTHENTICATED 401
#define STALE_NONCE 438

/**
 * ice_turn_retries_is_retry:
 * @code: of an error (RFC 8489 section 14.8)
 *
 * Returns: whether a client may send the request once more because of it
 */
gboolean
ice_turn_retries_is_retry (guint code)
{
  return code == TRY_ALTERNATE || code == UNAUTHENTICATED
      || code == STALE_NONCE;
}

static gboolean
add (guint *n, guint limit)
{
  if (*n == limit)
    return FALSE;
  (*n)++;
  return TRUE;
}

/**
 * ice_turn_retries_add_allocate:
 * @self: what one server has answered to one socket
 *
 * Adds an answer to Allocate after which it is sent once more. Nothing is
 * forgotten, so that the requests to a slow server end, too.
 *
 * Returns: whether the client may have it; %FALSE: it is one too many
 */
gboolean
ice_turn_retries_add_allocate (IceTurnRetries *self)
{
  return add (&self->n_allocate, ICE_TURN_RETRIES_ALLOCATE);
}

static void
forget (IceTurnRetries *self, gint64 now)
{
  gint64 n = (now - self->since) / ICE_TURN_RETRIES_FORGET;

  if (n >= self->n_other) {
    self->n_other = 0;
    self->since = now;
  } else if (n > 0) {
    self->n_other -= (guint) n;
    self->since += n * ICE_TURN_RETRIES_FORGET;
  }
}

/**
 * ice_turn_retries_add_other:
 * @self: what one server has answered to one socket
 * @now: microseconds, monotonic
 *
 * As ice_turn_retries_add_allocate(), for Refresh, CreatePermission and
 * ChannelBind. A success in between changes nothing: a server that leads its
 * clients in circles can send those, too. After one too many there are no more.
 *
 * Returns: whether the client may have it; %FALSE: it is one too many
 */
gboolean
ice_turn_retries_add_other (IceTurnRetries *self, gint64 now)
{
  if (!self->is_over)
    forget (self, now);
  self->is_over = !add (&self->n_other, ICE_TURN_RETRIES_OTHER);
  return !self->is_over;
}

/**
 * ice_turn_retries_look:
 * @self: what one server has answered to one socket
 * @data: (array length=size): one more message of the server
 * @size: its length, bytes
 * @now: microseconds, monotonic
 * @code: (out): of the error; 0: it is something else
 *
 * Adds the message where it is an answer after which a request is sent once
 * more. A client that gets no answer repeats the request after a while.
 *
 * Returns: what to do with it
 */
IceTurnRetriesVerdict
ice_turn_retries_look (IceTurnRetries *self, const guint8 *data, gsize size,
    gint64 now, guint *code)
{
  guint method;
  gboolean is_signed;

  *code = ice_turn_answer_get_error (data, size, &method, &is_signed);
  if (!ice_turn_retries_is_retry (*code))
    return ICE_TURN_RETRIES_PASS;
  if (method != ICE_TURN_METHOD_ALLOCATE)
    return ice_turn_retries_add_other (self, now) ? ICE_TURN_RETRIES_PASS
                                                  : ICE_TURN_RETRIES_DROP;
  return ice_turn_retries_add_allocate (self) ? ICE_TURN_RETRIES_PASS
                                              : ICE_TURN_RETRIES_GIVE_UP;
}
