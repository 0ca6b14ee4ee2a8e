/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ice://host:port?mode=...&stream=...&component=... sets signalling-uri, stream
 * and component of an element: GstURIHandler of icesrc and icesink. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void gst_ice_src_init_uri_handler (gpointer iface, gpointer data);
void gst_ice_sink_init_uri_handler (gpointer iface, gpointer data);

G_END_DECLS
