/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Brings a NiceAgent's signals and trace events to the I/O thread, in order.
 * libnice emits its signals in the thread that happens to release its lock. */
#pragma once

#include <nice/agent.h>
#include "iothread/gsticeio.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceEvents GstIceNiceEvents;

typedef enum
{
  GST_ICE_NICE_EVENT_CANDIDATE, /* local: a local candidate */
  GST_ICE_NICE_EVENT_LEARNED,   /* remote: learnt from a check of the peer */
  GST_ICE_NICE_EVENT_CHECKED, /* the peer has sent a check with our password */
  GST_ICE_NICE_EVENT_GATHERED,
  GST_ICE_NICE_EVENT_DISCOVERED, /* our STUN discovery finds no more candidates
                                  */
  GST_ICE_NICE_EVENT_SELECTED_PAIR,  /* local, remote */
  GST_ICE_NICE_EVENT_COMPONENT_STATE /* state */
} GstIceNiceEventKind;

typedef struct
{
  GstIceNiceEventKind kind;
  NiceCandidate *local, *remote; /* NULL if the kind has none */
  NiceComponentState state;
} GstIceNiceEvent;

typedef struct
{
  /* any thread: a new local candidate, before any other event about it */
  void (*found) (const NiceCandidate *candidate, gpointer user_data);
  /* I/O thread */
  void (*event) (const GstIceNiceEvent *event, gpointer user_data);
} GstIceNiceEventsFuncs;

/* I/O thread */
GstIceNiceEvents *gst_ice_nice_events_new (GstIceIo *io, NiceAgent *nice,
    const GstIceNiceEventsFuncs *functions, gpointer user_data);
void gst_ice_nice_events_free (GstIceNiceEvents *events);
void gst_ice_nice_events_restart (GstIceNiceEvents *events);
void gst_ice_nice_events_repeat (GstIceNiceEvents *events,
    GstIceNiceEventKind kind, const NiceCandidate *local);

G_END_DECLS
