/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of peers in this network -> addresses, by multicast DNS (RFC 6762). We
 * send the questions ourselves: GResolver asks the name server where there is
 * no nss-mdns, and its threads wait for the answer even after the look-up was
 * cancelled. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GstIceMdns GstIceMdns;

/* How long a name may take, milliseconds. */
#define GST_ICE_MDNS_TIMEOUT 5000
/* Names that are looked up at once; the others wait. */
#define GST_ICE_MDNS_MAX_NAMES 32

/* The I/O thread. address NULL: error has the cause. */
typedef void (*GstIceMdnsSettled) (const gchar *name, const gchar *address,
    const GError *error, gpointer user_data);

GstIceMdns *gst_ice_mdns_new (GMainContext *context,
    const gchar *const *prefixes, const gchar *const *interfaces,
    GstIceMdnsSettled settled, gpointer user_data);
void gst_ice_mdns_look_up (GstIceMdns *mdns, const GPtrArray *names);
void gst_ice_mdns_free (GstIceMdns *mdns);

G_END_DECLS
