/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of STUN and TURN servers -> addresses, without blocking: libnice never
 * ends gathering when a look-up of its own fails. */
#pragma once

#include <gio/gio.h>
#include "model/iceserver.h"

G_BEGIN_DECLS

typedef struct _GstIceResolver GstIceResolver;

/* How long to wait for a name server, milliseconds. */
#define GST_ICE_RESOLVER_TIMEOUT 5000

/* In the thread that began; error NULL = found, server->address is set then.
 */
typedef void (*GstIceResolved) (
    const IceServer *server, const GError *error, gpointer user_data);
/* After the last one; never inside of gst_ice_resolver_new(). */
typedef void (*GstIceResolverDone) (gpointer user_data);

GstIceResolver *gst_ice_resolver_new (GPtrArray *servers,
    GstIceResolved resolved, GstIceResolverDone done, gpointer user_data);
void gst_ice_resolver_cancel (GstIceResolver *resolver);

G_END_DECLS
