/* gst-ice: one data stream of a session, the peer's side and ours.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/icestream.h"
#include <string.h>

G_DEFINE_QUARK (ice_stream_error, ice_stream_error)

static void
name_free (gpointer data)
{
  IceStreamName *name = data;

  g_free (name->name);
  g_free (name->address);
  g_free (name);
}

static void
credentials_free (gpointer data)
{
  IceStreamCredentials *credentials = data;

  g_free (credentials->ufrag);
  g_free (credentials->password);
  g_free (credentials);
}

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
  stream->earlier = g_ptr_array_new_with_free_func (credentials_free);
  stream->remote = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_candidate_free);
  stream->usable = g_ptr_array_new_with_free_func (
      (GDestroyNotify) ice_candidate_free);
  stream->checked = -1;
  stream->unasked = -1;
  stream->mentioned = -1;
  stream->names = g_ptr_array_new_with_free_func (name_free);
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
  g_ptr_array_unref (stream->earlier);
  g_ptr_array_unref (stream->remote);
  g_ptr_array_unref (stream->usable);
  g_ptr_array_unref (stream->names);
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
  stream->checked = stream->unasked = stream->mentioned = -1;
  stream->troubles = 0;
  g_clear_pointer (&stream->remote_ufrag, g_free);
  g_clear_pointer (&stream->remote_password, g_free);
  stream->progress = ICE_STREAM_UNTRIED;
  g_ptr_array_set_size (stream->remote, 0);
  stream->remote_bytes = 0;
  g_ptr_array_set_size (stream->usable, 0);
  g_ptr_array_set_size (stream->names, 0);
  g_ptr_array_set_size (stream->local, 0);
  stream->n_filtered = 0;
  stream->remote_complete = stream->end_came_early = FALSE;
  stream->local_complete = FALSE;
}

static void
remember_credentials (IceStream *stream)
{
  IceStreamCredentials *credentials;

  if (stream->remote_ufrag == NULL || stream->progress != ICE_STREAM_CONSENTED)
    return;
  if (stream->earlier->len >= ICE_STREAM_MAX_EARLIER)
    g_ptr_array_remove_index (stream->earlier, 0);
  credentials = g_new0 (IceStreamCredentials, 1);
  credentials->ufrag = g_strdup (stream->remote_ufrag);
  credentials->password = g_strdup (stream->remote_password);
  g_ptr_array_add (stream->earlier, credentials);
}

/**
 * ice_stream_restart:
 * @stream: a stream
 *
 * Begins the next generation (RFC 8445 section 9). The peer's credentials of
 * this one are refused from now on, if pairs succeeded with them at both ends:
 * before that a peer need not have taken new ones (RFC 8839 section 4.4.1.1.1
 * permits that, but agents like ours signal the same ones again).
 */
void
ice_stream_restart (IceStream *stream)
{
  stream->generation++;
  stream->reported_earlier = FALSE;
  stream->reported_too_many = FALSE;
  remember_credentials (stream);
  ice_stream_begin_anew (stream);
}

/**
 * ice_stream_begin_call:
 * @stream: a stream
 *
 * Forgets everything about the peer, for a call with another one.
 */
void
ice_stream_begin_call (IceStream *stream)
{
  ice_stream_begin_anew (stream);
  g_ptr_array_set_size (stream->earlier, 0);
  stream->generation = 0;
  stream->n_answers = 0;
  stream->answered = 0;
  stream->reported_earlier = FALSE;
  stream->reported_too_many = FALSE;
}

/**
 * ice_stream_forget_local:
 * @stream: a stream
 *
 * Our candidates of this generation are gathered again.
 */
void
ice_stream_forget_local (IceStream *stream)
{
  g_ptr_array_set_size (stream->local, 0);
  stream->local_complete = FALSE;
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
  stream->progress = ICE_STREAM_UNTRIED;
  g_ptr_array_set_size (stream->local, 0);
  stream->local_complete = FALSE;
}

/**
 * ice_stream_may_answer:
 * @stream: a stream
 * @now: monotonic time in microseconds
 *
 * The peer has signalled new credentials after a pair was selected. That is a
 * restart, which is answered with one (RFC 8839 section 5.4). Where restarts
 * cross each other, both ends may take each answer for a restart: then one of
 * them has to be the last.
 *
 * Returns: whether to answer with a restart; it is counted then. If not, the
 *   credentials are an answer
 */
gboolean
ice_stream_may_answer (IceStream *stream, gint64 now)
{
  if (now - stream->answered >= ICE_STREAM_SETTLED)
    stream->n_answers = 0;
  if (stream->n_answers >= ICE_STREAM_MAX_ANSWERS)
    return FALSE;
  stream->n_answers++;
  stream->answered = now;
  return TRUE;
}

static void
drop_strangers (GPtrArray *candidates, const gchar *ufrag)
{
  guint i = 0;

  while (i < candidates->len) {
    IceCandidate *candidate = g_ptr_array_index (candidates, i);

    if (candidate->ufrag != NULL && strcmp (candidate->ufrag, ufrag) != 0)
      g_ptr_array_remove_index (candidates, i);
    else
      i++;
  }
}

static gsize
count_bytes (const GPtrArray *candidates)
{
  gsize bytes = 0;
  guint i;

  for (i = 0; i < candidates->len; i++)
    bytes += ice_candidate_get_size (g_ptr_array_index (candidates, i));
  return bytes;
}

static gboolean
has_name (const IceCandidate *candidate, const IceStreamName *name)
{
  return g_ascii_strcasecmp (candidate->address, name->name) == 0;
}

static gboolean
is_in_use (const IceStream *stream, const IceStreamName *name)
{
  guint i;

  for (i = 0; i < stream->remote->len; i++)
    if (has_name (g_ptr_array_index (stream->remote, i), name))
      return TRUE;
  return FALSE;
}

static void
drop_unused_names (IceStream *stream)
{
  guint i = 0;

  while (i < stream->names->len)
    if (is_in_use (stream, g_ptr_array_index (stream->names, i)))
      i++;
    else
      g_ptr_array_remove_index (stream->names, i);
}

/**
 * ice_stream_advance:
 * @stream: a stream whose peer's credentials are in use
 * @progress: how far the checks with them have come
 *
 * Notes how far the checks have come. Consent counts only after a pair was
 * selected, for it may be the consent on a pair of the generation before.
 */
void
ice_stream_advance (IceStream *stream, IceStreamProgress progress)
{
  if (stream->remote_ufrag == NULL || progress <= stream->progress)
    return;
  if (progress == ICE_STREAM_CONSENTED
      && stream->progress != ICE_STREAM_SELECTED)
    return;
  stream->progress = progress;
}

static gboolean
had_credentials (
    const IceStream *stream, const gchar *ufrag, const gchar *password)
{
  guint i;

  for (i = 0; i < stream->earlier->len; i++) {
    const IceStreamCredentials *earlier = g_ptr_array_index (
        stream->earlier, i);

    if (strcmp (earlier->ufrag, ufrag) == 0
        && strcmp (earlier->password, password) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
has_credentials (
    const IceStream *stream, const gchar *ufrag, const gchar *password)
{
  return g_strcmp0 (stream->remote_ufrag, ufrag) == 0
      && g_strcmp0 (stream->remote_password, password) == 0;
}

/**
 * ice_stream_check_remote_credentials:
 * @stream: a stream
 * @ufrag: a user name fragment that was signalled as the peer's
 * @password: a password that was signalled as the peer's
 * @restart: whether the peer begins a new generation with them
 * @error: set to the cause on failure
 *
 * A restart changes both (RFC 8839 section 4.4.1.1.1), so the credentials that
 * the peer had before one come from a message that was repeated or was late.
 * The last %ICE_STREAM_MAX_EARLIER generations are remembered.
 *
 * Returns: whether the peer may have these credentials in this generation, or
 *   in the next one; %FALSE with @error set otherwise
 */
gboolean
ice_stream_check_remote_credentials (const IceStream *stream,
    const gchar *ufrag, const gchar *password, gboolean restart, GError **error)
{
  if (!had_credentials (stream, ufrag, password)
      && !(restart && has_credentials (stream, ufrag, password)))
    return TRUE;
  g_set_error (error, ICE_STREAM_ERROR, ICE_STREAM_ERROR_EARLIER,
      "stream %u: these are the peer's credentials of an earlier generation, "
      "before an ICE restart; the peer's new ones are needed",
      stream->index);
  return FALSE;
}

/**
 * ice_stream_set_remote_credentials:
 * @stream: a stream
 * @ufrag: the peer's user name fragment, checked
 * @password: the peer's password, checked
 *
 * Candidates of other generations, which came before, are dropped; the end of
 * candidates too, if it was that of other credentials.
 *
 * Returns: whether the credentials are new
 */
gboolean
ice_stream_set_remote_credentials (
    IceStream *stream, const gchar *ufrag, const gchar *password)
{
  if (has_credentials (stream, ufrag, password))
    return FALSE;
  if (stream->remote_ufrag != NULL && strcmp (stream->remote_ufrag, ufrag) != 0)
    stream->remote_complete = stream->end_came_early = FALSE;
  g_free (stream->remote_ufrag);
  g_free (stream->remote_password);
  stream->progress = ICE_STREAM_UNTRIED;
  stream->remote_ufrag = g_strdup (ufrag);
  stream->remote_password = g_strdup (password);
  drop_strangers (stream->remote, ufrag);
  stream->remote_bytes = count_bytes (stream->remote);
  drop_strangers (stream->usable, ufrag);
  drop_unused_names (stream);
  return TRUE;
}

static gboolean
is_known (GPtrArray *candidates, const IceCandidate *candidate)
{
  guint i;

  for (i = 0; i < candidates->len; i++)
    if (ice_candidate_equal (g_ptr_array_index (candidates, i), candidate))
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

static IceStreamName *
find_name (const IceStream *stream, const gchar *name)
{
  guint i;

  for (i = 0; i < stream->names->len; i++) {
    IceStreamName *known = g_ptr_array_index (stream->names, i);

    if (g_ascii_strcasecmp (known->name, name) == 0)
      return known;
  }
  return NULL;
}

static void
use (IceStream *stream, const IceCandidate *candidate, const gchar *address)
{
  IceCandidate *usable = ice_candidate_copy (candidate);

  g_free (usable->address);
  usable->address = g_strdup (address);
  g_ptr_array_add (stream->usable, usable);
}

/* Numeric ones can be used at once, others when their name is found. */
static void
use_or_wait (IceStream *stream, const IceCandidate *candidate)
{
  IceStreamName *name;

  if (ice_address_kind (candidate->address) != ICE_ADDRESS_NAME) {
    use (stream, candidate, candidate->address);
    return;
  }
  name = find_name (stream, candidate->address);
  if (name == NULL) {
    name = g_new0 (IceStreamName, 1);
    name->name = g_strdup (candidate->address);
    name->pending = TRUE;
    g_ptr_array_add (stream->names, name);
  } else if (name->address != NULL) {
    use (stream, candidate, name->address);
  }
}

static gboolean
is_of_earlier (const IceStream *stream, const IceCandidate *candidate)
{
  guint i;

  if (candidate->ufrag == NULL
      || g_strcmp0 (candidate->ufrag, stream->remote_ufrag) == 0)
    return FALSE;
  for (i = 0; i < stream->earlier->len; i++) {
    const IceStreamCredentials *earlier = g_ptr_array_index (
        stream->earlier, i);

    if (strcmp (earlier->ufrag, candidate->ufrag) == 0)
      return TRUE;
  }
  return FALSE;
}

/**
 * ice_stream_end_remote_candidates:
 * @stream: a stream
 *
 * The peer's end of candidates is in. If it came after a restart and before the
 * peer's credentials or its first candidate, it may be of the generation
 * before, or have overtaken this one's candidates: those with the new ufrag are
 * still accepted, until the end comes again.
 */
void
ice_stream_end_remote_candidates (IceStream *stream)
{
  stream->end_came_early = stream->generation > 0
      && (stream->remote_ufrag == NULL || stream->remote->len == 0);
  stream->remote_complete = TRUE;
}

/* The ufrag of the candidate is the peer's, where that is known. */
static gboolean
is_after_end (const IceStream *stream, const IceCandidate *candidate)
{
  return stream->remote_complete
      && !(stream->end_came_early && candidate->ufrag != NULL);
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
  if (is_of_earlier (stream, candidate)) {
    g_set_error (error, ICE_STREAM_ERROR, ICE_STREAM_ERROR_EARLIER,
        "stream %u: the candidate's ufrag is the peer's of an earlier "
        "generation, before an ICE restart",
        stream->index);
    return FALSE;
  }
  if (candidate->ufrag != NULL && stream->remote_ufrag != NULL
      && strcmp (candidate->ufrag, stream->remote_ufrag) != 0) {
    g_set_error (error, ICE_STREAM_ERROR, ICE_STREAM_ERROR_UFRAG,
        "stream %u: the candidate's ufrag is not the peer's of this generation",
        stream->index);
    return FALSE;
  }
  if (is_known (stream->remote, candidate))
    return TRUE;
  if (is_after_end (stream, candidate)) {
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
  stream->remote_bytes += ice_candidate_get_size (candidate);
  use_or_wait (stream, candidate);
  *is_new = TRUE;
  return TRUE;
}

/**
 * ice_stream_judge_name:
 * @stream: a stream
 * @index: which of its names
 * @relay_only: whether ice-transport-policy is `relay`
 *
 * Returns: whether to look that name up, and why not
 */
IceNameFate
ice_stream_judge_name (
    const IceStream *stream, guint index, gboolean relay_only)
{
  const IceStreamName *name = g_ptr_array_index (stream->names, index);

  if (index >= ICE_STREAM_MAX_NAMES)
    return ICE_NAME_TOO_MANY;
  if (!ice_address_is_mdns_name (name->name))
    return ICE_NAME_NOT_MDNS;
  return relay_only ? ICE_NAME_RELAY_ONLY : ICE_NAME_LOOK_UP;
}

/**
 * ice_stream_settle_name:
 * @stream: a stream
 * @name: a name
 * @address: (nullable): its address; %NULL: it has none
 *
 * The candidates of @name can be used, or never will be.
 *
 * Returns: whether @stream waited for that
 */
gboolean
ice_stream_settle_name (
    IceStream *stream, const gchar *name, const gchar *address)
{
  IceStreamName *known = find_name (stream, name);
  guint i;

  if (known == NULL || !known->pending)
    return FALSE;
  known->pending = FALSE;
  if (address == NULL)
    return TRUE;
  known->address = g_strdup (address);
  for (i = 0; i < stream->remote->len; i++) {
    const IceCandidate *candidate = g_ptr_array_index (stream->remote, i);

    if (has_name (candidate, known))
      use (stream, candidate, address);
  }
  return TRUE;
}

/**
 * ice_stream_has_all_remote:
 * @stream: a stream
 * @trickle: whether the peer signals the end of its candidates
 *
 * A name that is being looked up is a candidate that is yet to come, even after
 * the peer's end of candidates (RFC 8838 section 14: that is about those that
 * it sends).
 *
 * Returns: whether no more candidates of the peer will be usable
 */
gboolean
ice_stream_has_all_remote (const IceStream *stream, gboolean trickle)
{
  guint i;

  for (i = 0; i < stream->names->len; i++)
    if (((IceStreamName *) g_ptr_array_index (stream->names, i))->pending)
      return FALSE;
  return stream->remote_complete || !trickle;
}
