/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A way to a TURN server over TCP or TLS (RFC 8656 section 3.1) for a library
 * that speaks TURN over plain TCP: its connection to a port of this machine
 * goes on to the server, as TLS with the certificate checked, and only messages
 * that do the library no harm come back. Bounded in both directions. In the I/O
 * thread. */
#pragma once

#include "gsticeanswers.h"
#include "gsticeio.h"
#include "iceserver.h"
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GstIceTunnel GstIceTunnel;

/* Never within a call of the tunnel's. */
typedef struct
{
  /* The server is reached: time for gst_ice_tunnel_listen(). */
  void (*reached) (GstIceTunnel *tunnel, gpointer user_data);
  /* It is of no use (any more). code is the server's error code, or 0; why
   * completes a sentence that begins with the server. */
  void (*failed) (
      GstIceTunnel *tunnel, guint code, const gchar *why, gpointer user_data);
} GstIceTunnelCallbacks;

GstIceTunnel *gst_ice_tunnel_new (const IceServer *server, GstIceIo *io,
    GTlsDatabase *trusted, guint timeout,
    const GstIceTunnelCallbacks *callbacks, gpointer user_data);
void gst_ice_tunnel_set_answers (GstIceTunnel *tunnel, GstIceAnswers *answers);
void gst_ice_tunnel_let_go (GstIceTunnel *tunnel);

GSocketFamily gst_ice_tunnel_get_family (GstIceTunnel *tunnel);
gchar *gst_ice_tunnel_dup_local_address (GstIceTunnel *tunnel);
GInetSocketAddress *gst_ice_tunnel_listen (
    GstIceTunnel *tunnel, GSocketFamily family, GError **error);
void gst_ice_tunnel_accept (GstIceTunnel *tunnel);

G_END_DECLS
