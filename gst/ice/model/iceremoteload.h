/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How many of a peer's candidates a session keeps, of all streams together.
 * icestream has the limit of one stream. Pure. */
#pragma once

#include <glib.h>
#include "model/icestream.h"

G_BEGIN_DECLS

/* Enough for many streams with many candidates each, but a peer cannot fill the
 * memory: each candidate is kept twice at most, and passed to the backend. */
#define ICE_REMOTE_LOAD_MAX_CANDIDATES 4096
#define ICE_REMOTE_LOAD_MAX_BYTES (1024 * 1024)
/* Streams that no element uses: the peer may signal streams of elements that
 * are added later. */
#define ICE_REMOTE_LOAD_MAX_UNKNOWN 16

gboolean ice_remote_load_check_stream (
    guint n_unknown, guint index, GError **error);
gboolean ice_remote_load_check_candidate (
    const GPtrArray *streams, const IceCandidate *candidate, GError **error);

G_END_DECLS
