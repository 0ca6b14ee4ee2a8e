/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who waits for the answers to our own STUN requests. Whoever has what comes
 * for the library in hand, in whichever thread, takes them out of it. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GstIceAnswers GstIceAnswers;

/* In the thread that runs the context. From NULL: a TURN server relayed it, or
 * it came over TCP. At: when it came, microseconds, monotonic. Of data some
 * octets more than size may be read, as the STUN library does. */
typedef void (*GstIceAnswersFunc) (GSocketAddress *from, const guint8 *data,
    gsize size, gint64 at, gpointer user_data);

GstIceAnswers *gst_ice_answers_new (GMainContext *context, guint32 tag,
    GstIceAnswersFunc function, gpointer user_data);
GstIceAnswers *gst_ice_answers_ref (GstIceAnswers *answers);
void gst_ice_answers_unref (GstIceAnswers *answers);
void gst_ice_answers_close (GstIceAnswers *answers);

guint32 gst_ice_answers_get_tag (const GstIceAnswers *answers);
gboolean gst_ice_answers_take (GstIceAnswers *answers, GSocketAddress *from,
    const guint8 *data, gsize size);

G_END_DECLS
