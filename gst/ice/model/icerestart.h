/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * When a session restarts ICE automatically: after which events, and how often
 * at most. Pure: now is an argument, in microseconds of a monotonic clock. */
#pragma once

#include "model/icestate.h"

G_BEGIN_DECLS

/* From a restart, whichever side began it, to the next automatic one. The
 * interval doubles with each restart up to the last one; once all transports
 * were connected for as long as the interval, it is the first again. */
#define ICE_RESTART_FIRST_INTERVAL (G_GINT64_CONSTANT (5000000))
#define ICE_RESTART_LAST_INTERVAL (G_GINT64_CONSTANT (60000000))

typedef struct
{
  GstIceRestartOn on;
  GstIceRestartOn causes; /* the causes that hold now */
  gboolean gone, found;   /* how the network has changed */
  gboolean down;          /* a transport is disconnected or failed */
  gint64 not_before;      /* microseconds */
  gint64 interval;        /* after the next restart */
  gint64 up_since;        /* -1: not all transports are */
  gboolean worked;        /* they were for as long as `interval` */
} IceRestart;

void ice_restart_init (IceRestart *self, GstIceRestartOn on);
void ice_restart_set_states (
    IceRestart *self, const GstIceConnectionState *states, guint n, gint64 now);
void ice_restart_set_network_changed (
    IceRestart *self, gboolean gone, gboolean found);
void ice_restart_note (IceRestart *self, gint64 now);
gint64 ice_restart_get_due (const IceRestart *self);

G_END_DECLS
