/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Answers to our own STUN requests, found among what is the library's: their
 * transaction ids begin with a tag. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  const guint8 *data;
  gsize size;
  gboolean relayed; /* it was in a TURN server's ChannelData */
} IceAnswer;

gboolean ice_answer_find (
    IceAnswer *answer, const guint8 *data, gsize size, guint32 tag);

G_END_DECLS
