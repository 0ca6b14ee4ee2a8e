/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Translates libnice's trace lines into events of a checklist. A line that
 * names no pair belongs to the pair of the lines before it. Pure. One NiceAgent
 * is one transport. */
#pragma once

#include "model/icechecklist.h"
#include "trace/nicetrace.h"

G_BEGIN_DECLS

/* The maximum number of events that one line can mean. */
#define NICE_CHECKS_MAX 3

typedef struct
{
  IceCheckEvent event;
  gint64 at; /* when, microseconds */
} NiceCheck;

typedef enum
{
  NICE_REPLY_NONE,
  NICE_REPLY_SENT, /* of a request whose pair the next lines name */
  NICE_REPLY_NEW   /* ... or create */
} NiceReply;

/* All zero at first. */
typedef struct
{
  gint64 inbound_at; /* arrival time of the STUN message that the next lines are
                        about */
  guintptr answered; /* the pair whose request that message answers */
  NiceReply reply;   /* of the peer's request that the next lines are about */
  guintptr request;  /* the pair whose request is being sent */
  guint32 request_priority; /* its PRIORITY attribute */
  gboolean request_built;
  guintptr endpoints_of; /* the new pair that has these ends */
  NiceTraceEndpoint local;
  NiceTraceEndpoint remote;
  NiceTraceEvent selected; /* its local end */
} NiceChecks;

guint nice_checks_translate (NiceChecks *self, const NiceTraceEvent *line,
    gint64 now, NiceCheck checks[NICE_CHECKS_MAX]);

G_END_DECLS
