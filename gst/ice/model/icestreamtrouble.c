/* gst-ice: why a wait for the peer of one stream does not end.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/icestream.h"
#include "model/iceratelimit.h"

/**
 * ice_stream_note_checked:
 * @stream: a stream
 * @now: monotonic time in microseconds
 *
 * The peer has checked it with our password.
 */
void
ice_stream_note_checked (IceStream *stream, gint64 now)
{
  if (stream->checked < 0)
    stream->checked = now;
}

/* Of several troubles with one cure one is reported. */
static gboolean
has_reported_credentials (const IceStream *stream)
{
  return (stream->troubles
             & (1u << ICE_STREAM_NO_CREDENTIALS
                 | 1u << ICE_STREAM_ONLY_DATAGRAMS))
      != 0;
}

/**
 * ice_stream_lacks_credentials:
 * @stream: a stream
 *
 * Returns: whether the peer's credentials are missing, and it was not yet
 *   reported in this generation that the peer waits for them
 */
gboolean
ice_stream_lacks_credentials (const IceStream *stream)
{
  return stream->remote_ufrag == NULL && !has_reported_credentials (stream);
}

/**
 * ice_stream_note_unasked:
 * @stream: a stream
 * @now: monotonic time in microseconds
 *
 * Datagrams keep coming, for long enough, while the peer's credentials are not
 * known.
 */
void
ice_stream_note_unasked (IceStream *stream, gint64 now)
{
  if (stream->unasked < 0)
    stream->unasked = now;
}

/**
 * ice_stream_note_mentioned:
 * @stream: a stream
 * @now: monotonic time in microseconds
 *
 * The peer has signalled credentials or a candidate of it.
 */
void
ice_stream_note_mentioned (IceStream *stream, gint64 now)
{
  if (stream->mentioned < 0)
    stream->mentioned = now;
}

/* Whether the time has come, and it was not reported. */
static gboolean
is_due (IceStream *stream, IceStreamTrouble trouble, gint64 when, gint64 now,
    gint64 quiet[ICE_STREAM_N_TROUBLES], gint64 *due)
{
  when = MAX (when, quiet[trouble]);
  if ((stream->troubles & (1u << trouble)) != 0)
    return FALSE;
  if (now < when) {
    *due = *due < 0 ? when : MIN (*due, when);
    return FALSE;
  }
  stream->troubles |= 1u << trouble;
  quiet[trouble] = now + ICE_RATE_LIMIT_INTERVAL;
  return TRUE;
}

/* Whether it has lasted long enough, and was not reported. */
static gboolean
has_lasted (IceStream *stream, IceStreamTrouble trouble, gint64 since,
    gint64 now, gint64 quiet[ICE_STREAM_N_TROUBLES], gint64 *due)
{
  return since >= 0
      && is_due (stream, trouble, since + ICE_STREAM_PATIENCE, now, quiet, due);
}

/* A check proves more than datagrams do. */
static IceStreamTrouble
find_missing_credentials (IceStream *stream, gint64 now,
    gint64 quiet[ICE_STREAM_N_TROUBLES], gint64 *due)
{
  if (!ice_stream_lacks_credentials (stream))
    return ICE_STREAM_FINE;
  if (has_lasted (
          stream, ICE_STREAM_NO_CREDENTIALS, stream->checked, now, quiet, due))
    return ICE_STREAM_NO_CREDENTIALS;
  if (stream->checked >= 0 || stream->unasked < 0)
    return ICE_STREAM_FINE;
  return is_due (stream, ICE_STREAM_ONLY_DATAGRAMS, now, now, quiet, due)
      ? ICE_STREAM_ONLY_DATAGRAMS
      : ICE_STREAM_FINE;
}

/**
 * ice_stream_find_trouble:
 * @stream: a stream
 * @here: which components this end has; the first one: whether it has any
 * @now: monotonic time in microseconds
 * @quiet: (inout): by trouble, of all streams: the time, microseconds, before
 *   which no further one of that kind is reported; 0 at first
 * @due: (inout): becomes the time when there will be trouble, where that is
 *   earlier, or it was -1
 * @component: (out): for %ICE_STREAM_NO_COMPONENT
 *
 * Returns: why a wait for the peer does not end; each reason once in a
 *   generation, and of all streams one of a kind in %ICE_RATE_LIMIT_INTERVAL: a
 *   peer can name many streams, and restart often. The others are reported then
 */
IceStreamTrouble
ice_stream_find_trouble (IceStream *stream,
    const gboolean here[ICE_STREAM_MAX_COMPONENT + 1], gint64 now,
    gint64 quiet[ICE_STREAM_N_TROUBLES], gint64 *due, guint *component)
{
  IceStreamTrouble trouble;
  guint i;

  if (!here[0])
    return has_lasted (stream, ICE_STREAM_NO_TRANSPORT, stream->mentioned, now,
               quiet, due)
        ? ICE_STREAM_NO_TRANSPORT
        : ICE_STREAM_FINE;
  trouble = find_missing_credentials (stream, now, quiet, due);
  if (trouble != ICE_STREAM_FINE)
    return trouble;
  for (i = 0; i < stream->remote->len; i++) {
    const IceCandidate *candidate = g_ptr_array_index (stream->remote, i);

    *component = candidate->component;
    if (!here[candidate->component]
        && has_lasted (stream, ICE_STREAM_NO_COMPONENT, stream->mentioned, now,
            quiet, due))
      return ICE_STREAM_NO_COMPONENT;
  }
  return ICE_STREAM_FINE;
}
