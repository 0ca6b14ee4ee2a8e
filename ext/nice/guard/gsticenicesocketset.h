/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The UDP sockets of one NiceAgent and what their filters pass at present
 * (gsticenicesocketfilter.h). Not thread-safe: the flood guard has a lock. */
#pragma once

#include "guard/gsticenicesocketfilter.h"

G_BEGIN_DECLS

/* The peer-reflexive remote candidates that libnice may learn from checks.
 * After this number only checks from ports of candidates that the peer has
 * signalled pass, and after twice this number only those from the selected
 * pair's remote address. RFC 8445 section 6.1.2.5 limits a check list to as
 * many pairs. If both ends are behind symmetric NATs with endpoint-independent
 * filtering, each check comes from a new address; an attacker can do the same.
 */
#define GST_ICE_NICE_FLOOD_GUARD_PEER_REFLEXIVE 100

typedef struct
{
  GPtrArray *sockets;       /* of GSocket */
  NiceAddress *stun_server; /* nullable */
  NiceAddress *selected;    /* the selected pair's remote address; nullable */
  IceTurnPeers *peers;      /* NULL: there is no TURN server */
  GArray *signalled;        /* of guint16: ports of signalled candidates */
  guint n_peer_reflexive;   /* remote candidates */
  gboolean is_retired;      /* only checks of the selected pair pass */
  gboolean drops_all;
  gboolean is_held; /* drops everything for a moment */
  gboolean drops_role_conflicts;
  GstIceNiceDropped dropped;
  guint64 n_drained; /* datagrams, taken from the sockets */
  GArray *tunnels;   /* of NiceAddress: where libnice finds TURN over TCP */
} GstIceNiceSocketSet;

void gst_ice_nice_socket_set_init (GstIceNiceSocketSet *set);
void gst_ice_nice_socket_set_clear (GstIceNiceSocketSet *set);

void gst_ice_nice_socket_set_add (GstIceNiceSocketSet *set, GSocket *socket);
void gst_ice_nice_socket_set_apply (GstIceNiceSocketSet *set);
void gst_ice_nice_socket_set_pass_only_selected (GstIceNiceSocketSet *set);
void gst_ice_nice_socket_set_drop_all (GstIceNiceSocketSet *set);
void gst_ice_nice_socket_set_prepare_close (GstIceNiceSocketSet *set);

void gst_ice_nice_socket_set_drop_server_errors (
    GstIceNiceSocketSet *set, const NiceAddress *server);
gboolean gst_ice_nice_socket_set_refuse (
    GstIceNiceSocketSet *set, gint fd, const NiceAddress *remote);
void gst_ice_nice_socket_set_refuse_relayed (
    GstIceNiceSocketSet *set, const IceTurnPeer *peer);
void gst_ice_nice_socket_set_drain (GstIceNiceSocketSet *set);
void gst_ice_nice_socket_set_restart (GstIceNiceSocketSet *set);

G_END_DECLS
