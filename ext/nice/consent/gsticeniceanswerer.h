/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Answers the peer's checks that use the credentials from before a restart in
 * place, which libnice has forgotten. gsticesteering delivers these checks.
 * They are answered until a pair of the new generation is selected, and after
 * that for as long as the peer continues to use them. */
#pragma once

#include "datapath/gsticesteering.h"
#include "guard/gsticeniceroles.h"
#include "pairs/gsticenicepairs.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceAnswerer GstIceNiceAnswerer;

/* RFC 7675 section 5.1: a peer sends a consent request every 6 s at the latest.
 * A peer that has sent none with the old credentials for this time no longer
 * uses them. Microseconds. */
#define GST_ICE_NICE_ANSWERER_LATE (7 * G_TIME_SPAN_SECOND)
/* The limit for a peer, or a replay of its checks, that never stops using them:
 * the time after which consent expires, RFC 7675 section 5.1. Microseconds. */
#define GST_ICE_NICE_ANSWERER_LIMIT (30 * G_TIME_SPAN_SECOND)

/* Called on the I/O thread after a check from @from was answered. */
typedef void (*GstIceNiceAnswered) (
    GInetSocketAddress *from, gpointer user_data);

GstIceNiceAnswerer *gst_ice_nice_answerer_new (GMainContext *context,
    GPtrArray *steerings, GstIceNiceAnswered answered, gpointer user_data);
void gst_ice_nice_answerer_free (GstIceNiceAnswerer *answerer);

void gst_ice_nice_answerer_set_agent (GstIceNiceAnswerer *answerer,
    GstIceNicePairs *pairs, GstIceNiceRoles *roles);
void gst_ice_nice_answerer_select (GstIceNiceAnswerer *answerer,
    const gchar *ufrag, const gchar *password, const gchar *remote_ufrag);
gboolean gst_ice_nice_answerer_begin (
    GstIceNiceAnswerer *answerer, GError **error);
gint64 gst_ice_nice_answerer_get_last (GstIceNiceAnswerer *answerer);

G_END_DECLS
