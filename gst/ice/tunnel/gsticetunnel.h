/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connects a library that speaks TURN over plain TCP to a TURN server over TCP
 * or TLS (RFC 8656 section 3.1). The library connects to a local port; the
 * tunnel forwards to the server, over TLS with the certificate checked, and
 * back only messages that do the library no harm. Bounded in both directions.
 * I/O thread. Ours because libnice (up to 0.1.23) has no TURN over TLS and
 * believes what a server sends; one that has it and checks that would end it.
 */
#pragma once

#include "stun/gsticestunresponses.h"
#include "stun/iceturnpeers.h"
#include "iothread/gsticeio.h"
#include "model/iceserver.h"
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GstIceTunnel GstIceTunnel;

/* Never called within a function of the tunnel. */
typedef struct
{
  /* The server is reached: gst_ice_tunnel_listen() may be called. */
  void (*reached) (GstIceTunnel *tunnel, gpointer user_data);
  /* It has failed. code is the server's error code, or 0; why completes a
   * sentence that begins with the server. */
  void (*failed) (
      GstIceTunnel *tunnel, guint code, const gchar *why, gpointer user_data);
  /* It has failed after the server made an allocation, which is lost. why as
   * for failed. */
  void (*lost) (GstIceTunnel *tunnel, const gchar *why, gpointer user_data);
} GstIceTunnelCallbacks;

GstIceTunnel *gst_ice_tunnel_new (const IceServer *server, GstIceIo *io,
    GTlsDatabase *trusted, guint timeout,
    const GstIceTunnelCallbacks *callbacks, gpointer user_data);
void gst_ice_tunnel_set_answers (
    GstIceTunnel *tunnel, GstIceStunResponses *answers);
void gst_ice_tunnel_set_peers (GstIceTunnel *tunnel, IceTurnPeers *peers);
void gst_ice_tunnel_let_go (GstIceTunnel *tunnel);

GSocketFamily gst_ice_tunnel_get_family (GstIceTunnel *tunnel);
gchar *gst_ice_tunnel_dup_local_address (GstIceTunnel *tunnel);
GInetSocketAddress *gst_ice_tunnel_listen (
    GstIceTunnel *tunnel, GSocketFamily family, GError **error);
void gst_ice_tunnel_accept (GstIceTunnel *tunnel);

G_END_DECLS
