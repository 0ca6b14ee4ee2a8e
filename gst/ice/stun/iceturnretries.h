/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How often a TURN server may ask for the same request again: 401
 * (Unauthenticated) with another realm, 438 (Stale Nonce), 300 (Try Alternate);
 * RFC 8489 sections 9.2.5 and 10. libnice (0.1.21 to 0.1.23) follows each of
 * these answers at once, and for as long as they come. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Answers to Allocate, in all: one asks for the credentials, one for a nonce
 * that has just ended, and some more redirect to other servers. Over UDP a
 * request that was sent again has two answers. */
#define ICE_TURN_RETRIES_ALLOCATE 8
/* Answers to Refresh, CreatePermission and ChannelBind, at once: when a nonce
 * ends, each request under way is answered with 438, and there may be a
 * CreatePermission for each of the 100 pairs of a check list (RFC 8445 section
 * 6.1.2.5). */
#define ICE_TURN_RETRIES_OTHER 128
/* One of these is forgotten in this time, microseconds, before there were so
 * many: in a long call many nonces expire. */
#define ICE_TURN_RETRIES_FORGET G_TIME_SPAN_SECOND

typedef enum
{
  ICE_TURN_RETRIES_PASS,
  ICE_TURN_RETRIES_DROP,   /* the client is not to have it */
  ICE_TURN_RETRIES_GIVE_UP /* no allocation comes of it */
} IceTurnRetriesVerdict;

/* What one server has answered to one socket of ours. All zero at first. */
typedef struct
{
  guint n_allocate;
  guint n_other;    /* that are not forgotten */
  gboolean is_over; /* there was one too many */
  gint64 since;     /* when the last one was forgotten, or the first one came */
} IceTurnRetries;

gboolean ice_turn_retries_is_retry (guint code);
gboolean ice_turn_retries_add_allocate (IceTurnRetries *retries);
gboolean ice_turn_retries_add_other (IceTurnRetries *retries, gint64 now);
IceTurnRetriesVerdict ice_turn_retries_look (IceTurnRetries *retries,
    const guint8 *data, gsize size, gint64 now, guint *code);

G_END_DECLS
