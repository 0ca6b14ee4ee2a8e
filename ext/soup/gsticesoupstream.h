/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A connection as libsoup's WebSocket reads and writes it: limits how much the
 * other end may send, at once and without a message, and shows when nothing
 * more can be written. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Bytes that may come without a whole message: more than the longest message in
 * small pieces. A new connection has all of them; then some more come each
 * second, for the pings of a long call. */
#define GST_ICE_SOUP_STREAM_ALLOWANCE (256 * 1024)
#define GST_ICE_SOUP_STREAM_ALLOWANCE_PER_SECOND 1024

#define GST_TYPE_ICE_SOUP_STREAM (gst_ice_soup_stream_get_type ())
G_DECLARE_FINAL_TYPE (
    GstIceSoupStream, gst_ice_soup_stream, GST, ICE_SOUP_STREAM, GIOStream)

GIOStream *gst_ice_soup_stream_new (
    GIOStream *base, gconstpointer unread, gsize size);
void gst_ice_soup_stream_note_message (GstIceSoupStream *stream);
gboolean gst_ice_soup_stream_is_blocked (GstIceSoupStream *stream);
gboolean gst_ice_soup_stream_has_closed (GstIceSoupStream *stream);

G_END_DECLS
