/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which consecutive datagrams can be one message that the kernel cuts into
 * segments (Linux: UDP_SEGMENT): all of one size, except that the last may be
 * shorter. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint segments; /* datagrams in a message */
  gsize bytes;    /* in a message */
  gsize segment;  /* bytes in a datagram that is one of many */
  guint vectors;  /* pieces of memory in a message */
} IceSegmentLimits;

typedef struct
{
  gsize segment; /* bytes: the first datagram's */
  gsize bytes;   /* of all */
  guint n;       /* datagrams */
  guint vectors;
  gboolean complete; /* the last one was shorter */
} IceSegments;

void ice_segments_begin (IceSegments *self, gsize size, guint vectors);
gboolean ice_segments_add (IceSegments *self, const IceSegmentLimits *limits,
    gsize size, guint vectors);

G_END_DECLS
