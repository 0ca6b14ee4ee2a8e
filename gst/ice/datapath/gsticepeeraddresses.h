/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The addresses whose datagrams are accepted: the remote ends of the pairs that
 * succeeded, and the peer's candidates that its checks came from. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GstIcePeerAddresses GstIcePeerAddresses;

/* The maximum number; a new one replaces the oldest. */
#define GST_ICE_PEER_ADDRESSES_MAX 64

GstIcePeerAddresses *gst_ice_peer_addresses_new (void);
GstIcePeerAddresses *gst_ice_peer_addresses_ref (GstIcePeerAddresses *self);
void gst_ice_peer_addresses_unref (GstIcePeerAddresses *self);

void gst_ice_peer_addresses_begin (GstIcePeerAddresses *self);
void gst_ice_peer_addresses_forget_old (GstIcePeerAddresses *self);
void gst_ice_peer_addresses_add (
    GstIcePeerAddresses *self, const gchar *address, guint16 port);
guint gst_ice_peer_addresses_get_changes (GstIcePeerAddresses *self);
gboolean gst_ice_peer_addresses_contain (
    GstIcePeerAddresses *self, gconstpointer native_address, gsize size);
gboolean gst_ice_peer_addresses_is_same (
    gconstpointer native_address, gconstpointer other);

G_END_DECLS
