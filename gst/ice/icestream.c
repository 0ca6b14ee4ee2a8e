/* gst-ice: one data stream of a session, the peer's side and ours.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "icestream.h"
#include <string.h>

G_DEFINE_QUARK (ice - stream - error - quark, ice_stream_error)

/**
 * ice_stream_new:
 * @index: sdpMLineIndex
 *
 * Returns: (transfer full): an empty stream
 */
IceStream *
ice_stream_new (guint index)
{
  IceStream *stream = g_new0 (IceStream, 1);

  stream->index = index;
  stream->remote = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_candidate_free);
  stream->local = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_candidate_free);
  return stream;
}

/**
 * ice_stream_free:
 * @stream: (transfer full): a stream
 */
void
ice_stream_free (IceStream *stream)
{
  g_free (stream->remote_ufrag);
  g_free (stream->remote_password);
  g_ptr_array_unref (stream->remote);
  g_ptr_array_unref (stream->local);
  g_free (stream);
}

/**
 * ice_stream_begin_anew:
 * @stream: a stream
 *
 * Both sides' candidates and the peer's credentials are dropped.
 */
void
ice_stream_begin_anew (IceStream *stream)
{
  g_clear_pointer (&stream->remote_ufrag, g_free);
  g_clear_pointer (&stream->remote_password, g_free);
  g_ptr_array_set_size (stream->remote, 0);
  g_ptr_array_set_size (stream->local, 0);
  stream->remote_complete = FALSE;
  stream->local_complete = FALSE;
}

/**
 * ice_stream_restart:
 * @stream: a stream
 *
 * Begins the next generation (RFC 8445 section 9).
 */
void
ice_stream_restart (IceStream *stream)
{
  stream->generation++;
  ice_stream_begin_anew (stream);
}

/**
 * ice_stream_restart_ours:
 * @stream: a stream
 *
 * Begins the next generation as an answer to the peer's, of which everything is
 * kept.
 */
void
ice_stream_restart_ours (IceStream *stream)
{
  stream->generation++;
  g_ptr_array_set_size (stream->local, 0);
  stream->local_complete = FALSE;
}

static void
drop_strangers (IceStream *stream)
{
  guint i = 0;

  while (i < stream->remote->len) {
    IceCandidate *candidate = g_ptr_array_index (stream->remote, i);

    if (candidate->ufrag != NULL
        && strcmp (candidate->ufrag, stream->remote_ufrag) != 0)
      g_ptr_array_remove_index (stream->remote, i);
    else
      i++;
  }
}

/**
 * ice_stream_set_remote_credentials:
 * @stream: a stream
 * @ufrag: the peer's user name fragment, checked
 * @password: the peer's password, checked
 *
 * Candidates of other generations, which came before, are dropped.
 *
 * Returns: whether the credentials are new
 */
gboolean
ice_stream_set_remote_credentials (
    IceStream *stream, const gchar *ufrag, const gchar *password)
{
  if (g_strcmp0 (stream->remote_ufrag, ufrag) == 0
      && g_strcmp0 (stream->remote_password, password) == 0)
    return FALSE;
  g_free (stream->remote_ufrag);
  g_free (stream->remote_password);
  stream->remote_ufrag = g_strdup (ufrag);
  stream->remote_password = g_strdup (password);
  drop_strangers (stream);
  return TRUE;
}

static gboolean
is_same (const IceCandidate *a, const IceCandidate *b)
{
  g_autofree gchar *text_a = ice_candidate_to_string (a);
  g_autofree gchar *text_b = ice_candidate_to_string (b);

  return strcmp (text_a, text_b) == 0;
}

static gboolean
is_known (GPtrArray *candidates, const IceCandidate *candidate)
{
  guint i;

  for (i = 0; i < candidates->len; i++)
    if (is_same (g_ptr_array_index (candidates, i), candidate))
      return TRUE;
  return FALSE;
}

/**
 * ice_stream_add_local_candidate:
 * @stream: a stream
 * @candidate: one of ours
 *
 * Returns: whether it was not there yet
 */
gboolean
ice_stream_add_local_candidate (
    IceStream *stream, const IceCandidate *candidate)
{
  if (is_known (stream->local, candidate))
    return FALSE;
  g_ptr_array_add (stream->local, ice_candidate_copy (candidate));
  return TRUE;
}

/**
 * ice_stream_add_remote_candidate:
 * @stream: a stream
 * @candidate: the peer's candidate
 * @is_new: (out): whether it was not there yet
 *
 * Returns: whether @candidate belongs into @stream; %FALSE with @error set
 *   otherwise, and nothing changed
 */
gboolean
ice_stream_add_remote_candidate (IceStream *stream,
    const IceCandidate *candidate, gboolean *is_new, GError **error)
{
  *is_new = FALSE;
  if (candidate->ufrag != NULL && stream->remote_ufrag != NULL
      && strcmp (candidate->ufrag, stream->remote_ufrag) != 0) {
    g_set_error (error, ICE_STREAM_ERROR, ICE_STREAM_ERROR_UFRAG,
        "stream %u: the candidate's ufrag is not the peer's of this generation",
        stream->index);
    return FALSE;
  }
  if (is_known (stream->remote, candidate))
    return TRUE;
  if (stream->remote_complete) {
    g_set_error (error, ICE_STREAM_ERROR, ICE_STREAM_ERROR_COMPLETE,
        "stream %u: a candidate after the end of candidates of its generation",
        stream->index);
    return FALSE;
  }
  if (stream->remote->len >= ICE_STREAM_MAX_CANDIDATES) {
    g_set_error (error, ICE_STREAM_ERROR, ICE_STREAM_ERROR_TOO_MANY,
        "stream %u: more than %u remote candidates", stream->index,
        ICE_STREAM_MAX_CANDIDATES);
    return FALSE;
  }
  g_ptr_array_add (stream->remote, ice_candidate_copy (candidate));
  *is_new = TRUE;
  return TRUE;
}
