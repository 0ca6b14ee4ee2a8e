/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The peers of a TURN client: the addresses for which it may have asked its
 * servers for a permission (RFC 8656 section 9), and which Data indications
 * (section 11.4) can come from a server that respects them. libnice (0.1.21 to
 * 0.1.23) asks for a permission, three times, for each address that a Data
 * indication names. Pure: time is an argument. Any thread. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Addresses with their port; a new one replaces the oldest one. */
#define ICE_TURN_PEERS_MAX_KNOWN 128
/* The number of ports of known hosts, not named by the peer, whose checks pass
 * in one %ICE_TURN_PEERS_INTERVAL. A peer behind a symmetric NAT has a port for
 * each of its bases; two symmetric NATs with endpoint-independent filtering use
 * a new port for each check, and with 64 the relayed pair of the best priority
 * did not succeed (tests/network/test-matrix.py). */
#define ICE_TURN_PEERS_MAX_OTHERS 256
#define ICE_TURN_PEERS_INTERVAL G_TIME_SPAN_MINUTE

#define ICE_TURN_PEER_MAX_WORDS 4

typedef struct
{
  guint n_words; /* 32-bit words of the address: 1 IPv4, 4 IPv6 */
  guint32 words[ICE_TURN_PEER_MAX_WORDS]; /* host byte order; unused ones 0 */
  guint16 port;
} IceTurnPeer;

typedef struct _IceTurnPeers IceTurnPeers;

IceTurnPeers *ice_turn_peers_new (void);
IceTurnPeers *ice_turn_peers_ref (IceTurnPeers *peers);
void ice_turn_peers_unref (IceTurnPeers *peers);

gboolean ice_turn_peers_add (IceTurnPeers *peers, const IceTurnPeer *peer);
void ice_turn_peers_refuse (IceTurnPeers *peers, const IceTurnPeer *peer);
void ice_turn_peers_restart (IceTurnPeers *peers);
gboolean ice_turn_peers_saw_check (
    IceTurnPeers *peers, const IceTurnPeer *peer, gint64 now);
void ice_turn_peers_close (IceTurnPeers *peers);
gint64 ice_turn_peers_get_next_open (IceTurnPeers *peers, gint64 now);
GArray *ice_turn_peers_list (IceTurnPeers *peers, gint64 now, gboolean *open);
gboolean ice_turn_peers_pass_channel_data (IceTurnPeers *peers);

gboolean ice_turn_peers_judge (
    IceTurnPeers *peers, const guint8 *message, gsize size, gint64 now);
guint64 ice_turn_peers_get_dropped (IceTurnPeers *peers);

G_END_DECLS
