/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One data stream of a session (RFC 8445 section 4; sdpMLineIndex): the peer's
 * credentials and candidates of this generation, and ours. Pure. */
#pragma once

#include <glib.h>
#include "icecandidate.h"

G_BEGIN_DECLS

#define ICE_STREAM_ERROR (ice_stream_error_quark ())

typedef enum
{
  ICE_STREAM_ERROR_COMPLETE, /* after the end of candidates, RFC 8838 */
  ICE_STREAM_ERROR_UFRAG,    /* of another generation */
  ICE_STREAM_ERROR_TOO_MANY
} IceStreamError;

/* What a hostile peer can make us keep, and look up. Browsers have one name for
 * each of their addresses. */
#define ICE_STREAM_MAX_CANDIDATES 256
#define ICE_STREAM_MAX_NAMES 16

/* What becomes of a name in place of a remote candidate's address. */
typedef enum
{
  ICE_NAME_LOOK_UP,
  ICE_NAME_NOT_MDNS,   /* looked up by nobody: W3C's ends have no other names */
  ICE_NAME_RELAY_ONLY, /* the look-up would tell where we are */
  ICE_NAME_TOO_MANY,
  ICE_NAME_N_FATES
} IceNameFate;

typedef struct
{
  gchar *name;
  gboolean pending; /* nobody has said yet what it means */
  gchar *address;   /* NULL: not found */
} IceStreamName;

typedef struct
{
  guint index;
  guint generation;
  gchar *remote_ufrag; /* NULL until known */
  gchar *remote_password;
  gboolean remote_complete; /* the peer's end of candidates is in */
  gboolean local_complete;  /* ours was sent */
  GPtrArray *remote;        /* of IceCandidate, in order of arrival */
  GPtrArray *usable; /* ... those with an address, in the order they got it */
  GPtrArray *names;  /* of IceStreamName, that stand in remote */
  GPtrArray *local;  /* of IceCandidate, in gathering order */
} IceStream;

GQuark ice_stream_error_quark (void);

IceStream *ice_stream_new (guint index);
void ice_stream_free (IceStream *stream);

void ice_stream_restart (IceStream *stream);
void ice_stream_restart_ours (IceStream *stream);
void ice_stream_begin_anew (IceStream *stream);
gboolean ice_stream_set_remote_credentials (
    IceStream *stream, const gchar *ufrag, const gchar *password);
gboolean ice_stream_add_local_candidate (
    IceStream *stream, const IceCandidate *candidate);
gboolean ice_stream_add_remote_candidate (IceStream *stream,
    const IceCandidate *candidate, gboolean *is_new, GError **error);
IceNameFate ice_stream_judge_name (
    const IceStream *stream, guint index, gboolean relay_only);
gboolean ice_stream_settle_name (
    IceStream *stream, const gchar *name, const gchar *address);
gboolean ice_stream_has_all_remote (const IceStream *stream, gboolean trickle);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IceStream, ice_stream_free)

G_END_DECLS
