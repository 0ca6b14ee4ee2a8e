/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a new connection to a WebSocket: TLS, as server, and the handshake. */
#pragma once

#include "gsticesouphandshake.h"

G_BEGIN_DECLS

typedef struct _GstIceSoupOpening GstIceSoupOpening;

/* One of them is called, once, never within gst_ice_soup_opening_new(). */
typedef struct
{
  /* unread: (array length=size): what came behind the handshake */
  void (*opened) (
      GIOStream *stream, gconstpointer unread, gsize size, gpointer user_data);
  /* Both (transfer full) (nullable): what the other end did wrong; or why there
   * is no WebSocket, though it may be good another time. */
  void (*failed) (gchar *invalid, gchar *lost, gpointer user_data);
} GstIceSoupOpeningCallbacks;

GstIceSoupOpening *gst_ice_soup_opening_new (GIOStream *connection,
    const GstIceSoupPlace *place, gboolean listens,
    GTlsCertificate *certificate, const GstIceSoupOpeningCallbacks *callbacks,
    gpointer user_data, GDestroyNotify notify);
void gst_ice_soup_opening_close (GstIceSoupOpening *opening);

G_END_DECLS
