/* gst-ice: how much of a peer's candidates a session keeps.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceremoteload.h"

/**
 * ice_remote_load_check_stream:
 * @n_unknown: how many streams are kept that no element has
 * @index: sdpMLineIndex of one more
 * @error: set to the cause on failure
 *
 * Any thread.
 *
 * Returns: whether that one may be kept; %FALSE with
 *   %ICE_STREAM_ERROR_TOO_MANY otherwise
 */
gboolean
ice_remote_load_check_stream (guint n_unknown, guint index, GError **error)
{
  if (n_unknown < ICE_REMOTE_LOAD_MAX_UNKNOWN)
    return TRUE;
  g_set_error (error, ICE_STREAM_ERROR, ICE_STREAM_ERROR_TOO_MANY,
      "stream %u: no element has it, nor %u others that the peer has "
      "signalled; "
      "more are not kept",
      index, n_unknown);
  return FALSE;
}

/**
 * ice_remote_load_check_candidate:
 * @streams: (element-type IceStream): all streams of a session
 * @candidate: one more of the peer's candidates
 * @error: set to the cause on failure
 *
 * Not thread-safe: @streams are not to change meanwhile. Does not look at the
 * candidates that are there.
 *
 * Returns: whether @candidate may be kept; %FALSE with
 *   %ICE_STREAM_ERROR_TOO_MANY otherwise
 */
gboolean
ice_remote_load_check_candidate (
    const GPtrArray *streams, const IceCandidate *candidate, GError **error)
{
  gsize bytes = ice_candidate_get_size (candidate);
  guint i, n = 0;

  for (i = 0; i < streams->len; i++) {
    const IceStream *stream = g_ptr_array_index (streams, i);

    n += stream->remote->len;
    bytes += stream->remote_bytes;
  }
  if (n < ICE_REMOTE_LOAD_MAX_CANDIDATES && bytes <= ICE_REMOTE_LOAD_MAX_BYTES)
    return TRUE;
  g_set_error (error, ICE_STREAM_ERROR, ICE_STREAM_ERROR_TOO_MANY,
      "the remote candidates of all streams would be more than %u, or more "
      "than %u bytes",
      ICE_REMOTE_LOAD_MAX_CANDIDATES, ICE_REMOTE_LOAD_MAX_BYTES);
  return FALSE;
}
