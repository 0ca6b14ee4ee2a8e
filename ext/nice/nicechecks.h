/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What libnice's lines mean to a checklist, and to which pair those belong that
 * name none: a line is understood by the ones before it. Pure. One NiceAgent is
 * one transport. */
#pragma once

#include "icechecklist.h"
#include "nicetrace.h"

G_BEGIN_DECLS

/* The most that one line can mean. */
#define NICE_CHECKS_MAX 3

typedef struct
{
  IceCheckEvent event;
  gint64 at; /* when, microseconds */
} NiceCheck;

typedef enum
{
  NICE_REPLY_NONE,
  NICE_REPLY_SENT, /* to a request whose pair the next lines name */
  NICE_REPLY_NEW   /* ... or make */
} NiceReply;

/* All zero at first. */
typedef struct
{
  gint64 inbound_at;        /* when the STUN message at hand came in */
  guintptr answered;        /* the pair whose request it answers */
  NiceReply reply;          /* to the request at hand */
  guintptr request;         /* the pair whose request is being sent */
  guint32 request_priority; /* its PRIORITY attribute */
  gboolean request_built;
  guintptr endpoints_of; /* the new pair that has these */
  NiceTraceEndpoint local;
  NiceTraceEndpoint remote;
  NiceTraceEvent selected; /* its local side */
} NiceChecks;

guint nice_checks_translate (NiceChecks *self, const NiceTraceEvent *line,
    gint64 now, NiceCheck checks[NICE_CHECKS_MAX]);

G_END_DECLS
