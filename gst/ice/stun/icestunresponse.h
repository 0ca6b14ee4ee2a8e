/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Answers to our own STUN requests, found among the library's messages: their
 * transaction ids begin with a tag. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  const guint8 *data;
  gsize size;
  guint16 channel; /* of the TURN server's ChannelData; 0: not in such */
} IceStunResponse;

gboolean ice_stun_response_find (
    IceStunResponse *answer, const guint8 *data, gsize size, guint32 tag);

G_END_DECLS
