/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a NiceAgent says, brought to the I/O thread in its order. Its signals
 * come in whichever thread releases its lock. */
#pragma once

#include <nice/agent.h>
#include "gsticeio.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceEvents GstIceNiceEvents;

typedef enum
{
  GST_ICE_NICE_EVENT_CANDIDATE, /* local: one of ours */
  GST_ICE_NICE_EVENT_LEARNED,   /* one of the peer's, by a check of its */
  GST_ICE_NICE_EVENT_GATHERED,
  GST_ICE_NICE_EVENT_SELECTED_PAIR,  /* local, remote */
  GST_ICE_NICE_EVENT_COMPONENT_STATE /* state */
} GstIceNiceEventKind;

typedef struct
{
  GstIceNiceEventKind kind;
  NiceCandidate *local, *remote; /* NULL where the kind has none */
  NiceComponentState state;
} GstIceNiceEvent;

typedef struct
{
  /* any thread: one of ours, before anything else is said of it */
  void (*found) (const NiceCandidate *candidate, gpointer user_data);
  /* I/O thread */
  void (*said) (const GstIceNiceEvent *event, gpointer user_data);
} GstIceNiceEventsFuncs;

/* I/O thread */
GstIceNiceEvents *gst_ice_nice_events_new (GstIceIo *io, NiceAgent *nice,
    const GstIceNiceEventsFuncs *functions, gpointer user_data);
void gst_ice_nice_events_free (GstIceNiceEvents *events);
void gst_ice_nice_events_restart (GstIceNiceEvents *events);
void gst_ice_nice_events_repeat (GstIceNiceEvents *events,
    GstIceNiceEventKind kind, const NiceCandidate *local);

G_END_DECLS
