/* gst-ice: warns about waits that cannot end by themselves.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessionstuck.h"
#include "session/gsticesessionsignals.h"

/* Under the lock. Returns: bit c is set if component c has a transport here */
static void
list_components (GstIceSession *self, const IceStream *stream,
    gboolean here[ICE_STREAM_MAX_COMPONENT + 1])
{
  guint i;

  for (i = 0; i < self->entries->len; i++) {
    const GstIceSessionEntry *entry = g_ptr_array_index (self->entries, i);

    if (entry->stream == stream)
      here[gst_ice_transport_get_component (entry->transport)] = here[0] = TRUE;
  }
}

static GError *
describe (const IceStream *stream, IceStreamTrouble trouble, guint component)
{
  switch (trouble) {
    case ICE_STREAM_NO_CREDENTIALS:
      return g_error_new (G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED,
          "the peer checks stream %u, but its credentials are not known here, "
          "so nothing can be sent, and what it sends is dropped; pass them on: "
          "set remote-ufrag and remote-pwd, or call set-remote-credentials",
          stream->index);
    case ICE_STREAM_ONLY_DATAGRAMS:
      return g_error_new (G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED,
          "datagrams keep coming to stream %u and are dropped: no credentials "
          "of a peer are known here, and the sender does not check the path; "
          "pass the peer's on (set remote-ufrag and remote-pwd, or call "
          "set-remote-credentials), and this end's to the peer; a sender that "
          "does not speak ICE, such as udpsink, needs udpsrc here",
          stream->index);
    case ICE_STREAM_NO_TRANSPORT:
      return g_error_new (G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
          "the peer signals stream %u, but no element here uses it; add one "
          "with stream=%u to this agent (agent or connection-id), or pass the "
          "peer's candidates and credentials to the stream that is in use",
          stream->index, stream->index);
    case ICE_STREAM_NO_COMPONENT:
      return g_error_new (G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
          "the peer has candidates of component %u of stream %u, but no "
          "element here uses it; add one with stream=%u component=%u%s",
          component, stream->index, stream->index, component,
          component == 2 ? ", or let the peer multiplex RTCP (rtcp-mux)" : "");
    case ICE_STREAM_FINE:
    case ICE_STREAM_N_TROUBLES:
      break;
  }
  return NULL;
}

/* Under the lock. */
static void
look_for_datagrams (GstIceSession *self, GstIceSessionEntry *entry,
    guint64 count, gint64 now, gint64 *due)
{
  if (self->gathering_state == GST_ICE_GATHERING_STATE_NEW
      || !ice_stream_lacks_credentials (entry->stream))
    ice_unasked_stop (&entry->unasked);
  else if (ice_unasked_look (&entry->unasked, count, now, due))
    ice_stream_note_unasked (entry->stream, now);
}

/* Such a datagram is dropped by the streaming thread or the kernel without an
 * event, so the counters are read while credentials are missing. While a pair
 * of an earlier generation is in use, there is no wait. */
static void
look_at_counters (GstIceSession *self, gint64 now, gint64 *due)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);
    GstIceDatapathCounters counters;

    if (gst_ice_transport_get_state (entry->transport)
        != GST_ICE_CONNECTION_STATE_NEW)
      continue;
    gst_ice_datapath_get_counters (
        gst_ice_transport_get_datapath (entry->transport), &counters);
    g_mutex_lock (&self->lock);
    look_for_datagrams (
        self, entry, counters.packets_discarded_on_receive, now, due);
    g_mutex_unlock (&self->lock);
  }
}

/* Under the lock. Returns: the next trouble to report */
static GError *
find_trouble (GstIceSession *self, gint64 now, gint64 *due)
{
  guint i;

  for (i = 0; i < self->streams->len; i++) {
    gboolean here[ICE_STREAM_MAX_COMPONENT + 1] = { FALSE };
    IceStream *stream = g_ptr_array_index (self->streams, i);
    IceStreamTrouble trouble;
    guint component;

    list_components (self, stream, here);
    trouble = ice_stream_find_trouble (
        stream, here, now, self->quiet, due, &component);
    if (trouble != ICE_STREAM_FINE)
      return describe (stream, trouble, component);
  }
  return NULL;
}

/**
 * gst_ice_session_warn_of_stuck:
 * @self: a session
 * @now: monotonic time in microseconds
 *
 * I/O thread. Warns about each trouble once in a generation, and about one of a
 * kind in 10 s.
 *
 * Returns: when to call it again; -1: after the next event
 */
gint64
gst_ice_session_warn_of_stuck (GstIceSession *self, gint64 now)
{
  gint64 due;

  while (TRUE) {
    g_autoptr (GError) error = NULL;

    due = -1;
    look_at_counters (self, now, &due);
    g_mutex_lock (&self->lock);
    error = find_trouble (self, now, &due);
    g_mutex_unlock (&self->lock);
    if (error == NULL || gst_ice_session_is_closed (self))
      return due;
    gst_ice_session_warn (self, error);
  }
}
