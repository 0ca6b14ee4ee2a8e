/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One data stream of a session (RFC 8445 section 4; sdpMLineIndex): the peer's
 * credentials and candidates of this generation, and ours. Pure. */
#pragma once

#include <glib.h>
#include "candidates/icecandidate.h"

G_BEGIN_DECLS

#define ICE_STREAM_ERROR (ice_stream_error_quark ())

typedef enum
{
  ICE_STREAM_ERROR_COMPLETE, /* after the end of candidates, RFC 8838 */
  ICE_STREAM_ERROR_UFRAG,    /* not the peer's of this generation */
  ICE_STREAM_ERROR_EARLIER,  /* of an earlier generation */
  ICE_STREAM_ERROR_TOO_MANY
} IceStreamError;

/* Limits the names that a hostile peer can make us keep and look up. Browsers
 * have one name for each of their addresses. */
#define ICE_STREAM_MAX_CANDIDATES 256
#define ICE_STREAM_MAX_NAMES 16

/* Generations before this one whose credentials are remembered. */
#define ICE_STREAM_MAX_EARLIER 16

/* How a name in place of a remote candidate's address is handled. */
typedef enum
{
  ICE_NAME_LOOK_UP,
  ICE_NAME_NOT_MDNS,   /* not looked up: W3C endpoints have mDNS names only */
  ICE_NAME_RELAY_ONLY, /* the look-up would disclose our address */
  ICE_NAME_TOO_MANY,
  ICE_NAME_N_FATES
} IceNameFate;

typedef struct
{
  gchar *name;
  gboolean pending; /* its address is not known yet */
  gchar *address;   /* NULL: not found */
} IceStreamName;

/* The progress of checks with the peer's credentials. */
typedef enum
{
  ICE_STREAM_UNTRIED,
  ICE_STREAM_SUCCEEDED, /* a pair succeeded */
  ICE_STREAM_SELECTED,  /* one was selected */
  ICE_STREAM_CONSENTED  /* ... and the peer consented after that: a pair
                           succeeded at its end too */
} IceStreamProgress;

/* The peer's credentials in a generation before this one. */
typedef struct
{
  gchar *ufrag;
  gchar *password;
} IceStreamCredentials;

/* sdpMLineIndex; no real session has more. */
#define ICE_STREAM_MAX_INDEX 255
#define ICE_STREAM_MAX_COMPONENT 256

/* The time that the missing part may need to arrive, microseconds. */
#define ICE_STREAM_PATIENCE (2 * G_TIME_SPAN_SECOND)

/* The maximum number of restarts of the peer that are answered with restarts in
 * a row, as long as none of them has settled for this time (microseconds). This
 * ends a loop of two agents that each take the other's answer for a restart. */
#define ICE_STREAM_MAX_ANSWERS 32
#define ICE_STREAM_SETTLED (3 * G_TIME_SPAN_SECOND)

/* Why a wait for the peer cannot end by itself. */
typedef enum
{
  ICE_STREAM_FINE,
  ICE_STREAM_NO_CREDENTIALS, /* the peer checks, and we lack its credentials */
  ICE_STREAM_ONLY_DATAGRAMS, /* the same, but datagrams come, and no checks */
  ICE_STREAM_NO_TRANSPORT,   /* the peer signals it, and no element here uses it
                              */
  ICE_STREAM_NO_COMPONENT,   /* the same of a component */
  ICE_STREAM_N_TROUBLES
} IceStreamTrouble;

typedef struct
{
  guint index;
  gint64 checked;   /* when the peer first checked it; -1: it has not */
  gint64 unasked;   /* when datagrams began to keep coming, while its
                       credentials are not known; -1: they have not */
  gint64 mentioned; /* when the peer first signalled it; -1: it has not */
  guint troubles;   /* bits of IceStreamTrouble that were reported */
  guint generation;
  gchar *remote_ufrag; /* NULL until known */
  gchar *remote_password;
  IceStreamProgress progress;
  guint n_answers;    /* restarts of ours in a row that answered the peer's */
  gint64 answered;    /* when the last of them was */
  GPtrArray *earlier; /* of IceStreamCredentials, the oldest first */
  gboolean reported_earlier;  /* it was reported in this generation that
                                 something of an earlier one was refused */
  gboolean reported_too_many; /* ... or that candidates were */
  guint n_filtered;           /* of its candidates, dropped by the user */
  gboolean remote_complete;   /* the peer's end of candidates is in */
  gboolean end_came_early;    /* ... before its credentials or candidates: the
                               * end names none, so it may be of the generation
                               * before */
  gboolean local_complete;    /* ours was sent */
  GPtrArray *remote;          /* of IceCandidate, in order of arrival */
  gsize remote_bytes;         /* ... about how much memory they take */
  GPtrArray *usable; /* ... those with an address, in the order they got it */
  GPtrArray *names;  /* of IceStreamName, that stand in remote */
  GPtrArray *local;  /* of IceCandidate, in gathering order */
} IceStream;

GQuark ice_stream_error_quark (void);

IceStream *ice_stream_new (guint index);
void ice_stream_free (IceStream *stream);

void ice_stream_restart (IceStream *stream);
void ice_stream_restart_ours (IceStream *stream);
gboolean ice_stream_may_answer (IceStream *stream, gint64 now);
void ice_stream_note_checked (IceStream *stream, gint64 now);
gboolean ice_stream_lacks_credentials (const IceStream *stream);
void ice_stream_note_unasked (IceStream *stream, gint64 now);
void ice_stream_note_mentioned (IceStream *stream, gint64 now);
IceStreamTrouble ice_stream_find_trouble (IceStream *stream,
    const gboolean here[ICE_STREAM_MAX_COMPONENT + 1], gint64 now,
    gint64 quiet[ICE_STREAM_N_TROUBLES], gint64 *due, guint *component);
void ice_stream_begin_call (IceStream *stream);
void ice_stream_forget_local (IceStream *stream);
void ice_stream_begin_anew (IceStream *stream);
void ice_stream_advance (IceStream *stream, IceStreamProgress progress);
gboolean ice_stream_check_remote_credentials (const IceStream *stream,
    const gchar *ufrag, const gchar *password, gboolean restart,
    GError **error);
gboolean ice_stream_set_remote_credentials (
    IceStream *stream, const gchar *ufrag, const gchar *password);
gboolean ice_stream_add_local_candidate (
    IceStream *stream, const IceCandidate *candidate);
void ice_stream_end_remote_candidates (IceStream *stream);
gboolean ice_stream_add_remote_candidate (IceStream *stream,
    const IceCandidate *candidate, gboolean *is_new, GError **error);
IceNameFate ice_stream_judge_name (
    const IceStream *stream, guint index, gboolean relay_only);
gboolean ice_stream_settle_name (
    IceStream *stream, const gchar *name, const gchar *address);
gboolean ice_stream_has_all_remote (const IceStream *stream, gboolean trickle);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IceStream, ice_stream_free)

G_END_DECLS
