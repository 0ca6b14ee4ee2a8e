/* gst-ice: a session's remote side.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessionremote.h"
#include "api/gsticesignals.h"
#include "session/gsticesessionsignals.h"
#include "session/gsticesessionaddress.h"
#include "session/gsticesessionrestart.h"
#include "session/gsticesessionmdns.h"
#include "session/gsticesessionstates.h"
#include "candidates/icecredentials.h"
#include "signalling/icemessage.h"
#include "model/iceremoteload.h"
#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_ice_session_debug);
#define GST_CAT_DEFAULT gst_ice_session_debug

gboolean
gst_ice_session_check_stream (guint stream, GError **error)
{
  if (stream <= ICE_STREAM_MAX_INDEX)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "stream %u is out of range, 0 to %u", stream, ICE_STREAM_MAX_INDEX);
  return FALSE;
}

gboolean
gst_ice_session_check_open (GstIceSession *self, GError **error)
{
  if (!gst_ice_session_is_closed (self))
    return TRUE;
  g_set_error_literal (
      error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the agent is closed");
  return FALSE;
}

/* Returns: the candidate as filter-candidate has changed it; NULL = dropped */
gchar *
gst_ice_session_filter (
    GstIceSession *self, guint stream, const gchar *candidate, gboolean local)
{
  g_autofree gchar *answer = gst_ice_signal_filter (
      self->owner, stream, candidate, local);

  if (answer == NULL)
    GST_INFO_OBJECT (self->owner, "stream %u: a %s candidate was filtered out",
        stream, local ? "local" : "remote");
  else if (answer[0] == '\0')
    return g_strdup (candidate);
  return g_steal_pointer (&answer);
}

static void
report_warning (GstIceSession *self, gpointer error)
{
  if (!gst_ice_session_is_closed (self))
    gst_ice_session_warn (self, error);
}

/* Warns about a refused credential or candidate of an earlier generation, or
 * one beyond the limits: once for each stream and generation, and at a limited
 * rate, since a peer can restart often and have many streams. The caller gets
 * an error each time. */
static void
warn_at_a_rate (GstIceSession *self, IceRateLimit *limit, gboolean *warned,
    const GError *error)
{
  g_autofree gchar *more = NULL;
  GError *warning;

  g_mutex_lock (&self->lock);
  if (warned == NULL || !*warned)
    more = ice_rate_limit_pass (limit, g_get_monotonic_time ());
  if (warned != NULL)
    *warned = TRUE;
  g_mutex_unlock (&self->lock);
  if (more == NULL)
    return;
  warning = g_error_new (
      error->domain, error->code, "%s%s", error->message, more);
  gst_ice_session_queue (
      self, report_warning, warning, (GDestroyNotify) g_error_free);
}

/* stream: (nullable): NULL if there is no room for it */
static void
warn_of_refusal (GstIceSession *self, IceStream *stream, const GError *error)
{
  if (stream != NULL
      && g_error_matches (error, ICE_STREAM_ERROR, ICE_STREAM_ERROR_EARLIER))
    warn_at_a_rate (self, &self->earlier, &stream->reported_earlier, error);
  else if (g_error_matches (error, ICE_STREAM_ERROR, ICE_STREAM_ERROR_TOO_MANY))
    warn_at_a_rate (self, &self->too_many,
        stream != NULL ? &stream->reported_too_many : NULL, error);
}

/* Returns: FALSE, with error and a warning to the user */
static gboolean
refuse (
    GstIceSession *self, IceStream *stream, GError **refusal, GError **error)
{
  warn_of_refusal (self, stream, *refusal);
  g_propagate_error (error, g_steal_pointer (refusal));
  return FALSE;
}

static gboolean
end_remote_candidates (
    GstIceSession *self, gboolean all, guint index, GError **error)
{
  g_autoptr (GError) refusal = NULL;
  gboolean admitted;
  guint i;

  g_mutex_lock (&self->lock);
  admitted = all
      || gst_ice_session_admit_stream (self, index, &refusal) != NULL;
  for (i = 0; admitted && i < self->streams->len; i++) {
    IceStream *stream = g_ptr_array_index (self->streams, i);

    if (all || stream->index == index)
      ice_stream_end_remote_candidates (stream);
  }
  g_mutex_unlock (&self->lock);
  if (!admitted)
    return refuse (self, NULL, &refusal, error);
  if (all)
    GST_INFO_OBJECT (self->owner, "all streams: remote end of candidates");
  else
    GST_INFO_OBJECT (self->owner, "stream %u: remote end of candidates", index);
  gst_ice_session_queue (self, gst_ice_session_look_up_and_apply, NULL, NULL);
  return TRUE;
}

/**
 * gst_ice_session_check_credentials:
 * @self: a session
 * @stream: sdpMLineIndex
 * @ufrag: a user name fragment, signalled as the peer's
 * @password: a password, signalled as the peer's
 * @restart: whether the peer begins a new generation with them
 * @error: return location, set if they are refused
 *
 * Any thread. Credentials of an earlier generation are refused.
 *
 * Returns: whether they can be set now
 */
gboolean
gst_ice_session_check_credentials (GstIceSession *self, guint stream,
    const gchar *ufrag, const gchar *password, gboolean restart, GError **error)
{
  g_autoptr (GError) refusal = NULL;
  const IceStream *known;
  gboolean good;

  g_mutex_lock (&self->lock);
  known = gst_ice_session_look_up_stream (self, stream);
  good = gst_ice_session_has_room (self, stream, &refusal)
      && (known == NULL
          || ice_stream_check_remote_credentials (
              known, ufrag, password, restart, error));
  g_mutex_unlock (&self->lock);
  if (refusal != NULL)
    return refuse (self, NULL, &refusal, error);
  return good;
}

/* Parses the peer's candidate, before and after the user's filter. candidate:
 * (out) (nullable): %NULL: the filter has dropped it. */
static gboolean
read_candidate (GstIceSession *self, guint stream, const gchar *text,
    IceCandidate **candidate, GError **error)
{
  g_autoptr (IceCandidate) parsed = ice_candidate_parse (text, error);
  g_autofree gchar *filtered = NULL;

  if (parsed == NULL)
    return FALSE;
  filtered = gst_ice_session_filter (self, stream, text, FALSE);
  if (filtered == NULL)
    return TRUE;
  if (strcmp (filtered, text) != 0) {
    ice_candidate_free (g_steal_pointer (&parsed));
    parsed = ice_candidate_parse (filtered, error);
    if (parsed == NULL) {
      g_prefix_error (error, "filter-candidate's answer: ");
      return FALSE;
    }
  }
  if (!gst_ice_session_check_address (self, parsed, error))
    return FALSE;
  *candidate = g_steal_pointer (&parsed);
  return TRUE;
}

/* As gst_ice_session_add_candidate(), without report_new(). is_new: (out):
 * whether it is a candidate that was not known */
static gboolean
add_candidate (GstIceSession *self, guint stream, const gchar *text,
    gboolean *is_new, GError **error)
{
  g_autoptr (IceCandidate) candidate = NULL;
  g_autoptr (GError) refusal = NULL;
  IceStream *s;
  gboolean taken;

  *is_new = FALSE;
  if (!gst_ice_session_check_stream (stream, error)
      || !gst_ice_session_check_open (self, error))
    return FALSE;
  if (text == NULL || text[0] == '\0')
    return end_remote_candidates (self, text == NULL, stream, error);
  if (!read_candidate (self, stream, text, &candidate, error))
    return FALSE;

  g_mutex_lock (&self->lock);
  s = gst_ice_session_admit_stream (self, stream, &refusal);
  if (s != NULL && candidate == NULL)
    s->n_filtered++;
  taken = s != NULL
      && (candidate == NULL
          || (ice_remote_load_check_candidate (
                  self->streams, candidate, &refusal)
              && ice_stream_add_remote_candidate (
                  s, candidate, is_new, &refusal)));
  if (taken && candidate != NULL)
    ice_stream_note_mentioned (s, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
  if (*is_new) {
    g_autofree gchar *quoted = ice_candidate_quote (text);

    GST_INFO_OBJECT (self->owner, "stream %u: remote %s", stream, quoted);
  }
  return taken || refuse (self, s, &refusal, error);
}

static void
report_new (GstIceSession *self)
{
  gst_ice_session_note_candidates (self, FALSE);
  gst_ice_session_queue (self, gst_ice_session_look_up_and_apply, NULL, NULL);
}

/**
 * gst_ice_session_add_candidate:
 * @self: a session
 * @stream: sdpMLineIndex
 * @text: (nullable): the peer's candidate; "" = the end of candidates of
 *   @stream; %NULL = of all streams
 * @error: return location, set if it is refused
 *
 * Any thread.
 *
 * Returns: whether it was accepted; %FALSE with @error set otherwise, and
 * nothing changed
 */
gboolean
gst_ice_session_add_candidate (
    GstIceSession *self, guint stream, const gchar *text, GError **error)
{
  gboolean is_new;
  gboolean taken = add_candidate (self, stream, text, &is_new, error);

  if (is_new)
    report_new (self);
  return taken;
}

/* Reports a refused candidate by its text, at a limited rate: an application
 * forwards the peer's candidates. */
static void
report_refusal (GstIceSession *self, const gchar *text, const GError *reason)
{
  g_autofree gchar *quoted = ice_candidate_quote (text != NULL ? text : "");
  g_autofree gchar *more = NULL;
  g_autoptr (GError) error = NULL;

  if (g_error_matches (reason, ICE_STREAM_ERROR, ICE_STREAM_ERROR_EARLIER)
      || g_error_matches (reason, ICE_STREAM_ERROR, ICE_STREAM_ERROR_TOO_MANY))
    return; /* warn_of_refusal() has reported it */
  g_mutex_lock (&self->lock);
  more = ice_rate_limit_pass (&self->refusals, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
  if (more == NULL)
    return;
  error = g_error_new (reason->domain, reason->code,
      "remote-candidates: %s was refused: %s%s", quoted, reason->message, more);
  gst_ice_session_emit_problem (self, error, FALSE);
}

/**
 * gst_ice_session_add_candidates:
 * @self: a session
 * @stream: sdpMLineIndex
 * @texts: a GstValueArray of the peer's candidates, as for
 *   gst_ice_session_add_candidate()
 * @error: return location, set for the first refused candidate
 *
 * Any thread. Adds all valid candidates and reports the others as problems.
 *
 * Returns: whether all were added
 */
gboolean
gst_ice_session_add_candidates (
    GstIceSession *self, guint stream, const GValue *texts, GError **error)
{
  gboolean all = TRUE, is_new, any_new = FALSE;
  guint i;

  for (i = 0; i < gst_value_array_get_size (texts); i++) {
    const GValue *item = gst_value_array_get_value (texts, i);
    const gchar *text = G_VALUE_HOLDS_STRING (item) ? g_value_get_string (item)
                                                    : NULL;
    g_autoptr (GError) reason = NULL;

    if (text == NULL) {
      g_set_error (&reason, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
          "item %u is not a string", i);
    } else if (add_candidate (self, stream, text, &is_new, &reason)) {
      any_new |= is_new;
      continue;
    }
    report_refusal (self, text, reason);
    if (all)
      g_propagate_error (error, g_steal_pointer (&reason));
    all = FALSE;
  }
  if (any_new)
    report_new (self);
  return all;
}

/* Whether new credentials mean that the peer has restarted, so that we restart
 * too. Before a pair is selected they correct earlier ones or answer our own
 * restart; if these caused a restart, two ends would restart for ever. */
static gboolean
is_restart (GstIceSession *self, guint index)
{
  IceStream *stream;
  gboolean restart;

  g_mutex_lock (&self->lock);
  stream = gst_ice_session_look_up_stream (self, index);
  restart = stream != NULL && stream->progress >= ICE_STREAM_SELECTED
      && ice_stream_may_answer (stream, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
  return restart;
}

static gboolean
replace_remote (GstIceSession *self, guint index, GError **error)
{
  if (!is_restart (self, index)) {
    gst_ice_session_offer_again (self, index);
    return TRUE;
  }
  return gst_ice_session_answer_restart (self, TRUE, error);
}

/**
 * gst_ice_session_set_remote_credentials:
 * @self: a session
 * @stream: sdpMLineIndex
 * @ufrag: the peer's ufrag
 * @password: the peer's password
 * @error: return location, set if they are refused
 *
 * Any thread. Credentials other than those of the selected pair mean that the
 * peer has restarted: then this session restarts too. Credentials of an earlier
 * generation (a repeated or late message) are refused with a warning.
 *
 * Returns: whether they were accepted
 */
gboolean
gst_ice_session_set_remote_credentials (GstIceSession *self, guint stream,
    const gchar *ufrag, const gchar *password, GError **error)
{
  g_autoptr (GError) refusal = NULL;
  gboolean good, changed, replace;
  IceStream *s;

  if (!gst_ice_session_check_stream (stream, error)
      || !gst_ice_session_check_open (self, error)
      || !ice_ufrag_check (ufrag, error)
      || !ice_password_check (password, error))
    return FALSE;
  good = gst_ice_session_check_credentials (
      self, stream, ufrag, password, FALSE, &refusal);
  g_mutex_lock (&self->lock);
  s = gst_ice_session_look_up_stream (self, stream);
  changed = s == NULL || g_strcmp0 (s->remote_ufrag, ufrag) != 0
      || g_strcmp0 (s->remote_password, password) != 0;
  replace = changed && s != NULL && s->remote_ufrag != NULL && self->io != NULL;
  g_mutex_unlock (&self->lock);
  if (!good)
    return refuse (self, s, &refusal, error);
  if (replace && !replace_remote (self, stream, error))
    return FALSE;
  g_mutex_lock (&self->lock);
  s = gst_ice_session_admit_stream (self, stream, &refusal);
  if (s != NULL) {
    ice_stream_set_remote_credentials (s, ufrag, password);
    ice_stream_note_mentioned (s, g_get_monotonic_time ());
  }
  g_mutex_unlock (&self->lock);
  if (s == NULL)
    return refuse (self, NULL, &refusal, error);
  if (changed) {
    GST_INFO_OBJECT (self->owner, "stream %u: remote ufrag %s", stream, ufrag);
    gst_ice_session_report_remote (self, stream);
    gst_ice_session_queue (self, gst_ice_session_look_up_and_apply, NULL, NULL);
  }
  return TRUE;
}
