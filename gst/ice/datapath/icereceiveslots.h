/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decides how many messages one call reads from a socket at most. All slots but
 * for those that large messages would push out of the processor's cache; one
 * while messages come one by one, for an empty slot costs one more look into
 * the socket. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define ICE_RECEIVE_SLOTS_MAX 16
/* Bytes that one call may receive: they are read twice and written twice. */
#define ICE_RECEIVE_SLOTS_BYTES (128 * 1024)
/* After this number of calls in a row that received one message each, calls
 * have one slot, except each one of this number. */
#define ICE_RECEIVE_SLOTS_SINGLES 8

typedef struct
{
  gsize largest; /* message of the last call that received some, bytes */
  guint singles; /* calls in a row that received one message */
} IceReceiveSlots;

guint ice_receive_slots_count (const IceReceiveSlots *self);
gboolean ice_receive_slots_took (
    IceReceiveSlots *self, guint messages, gsize largest);

G_END_DECLS
