/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ports of min-port to max-port that are free, or are freed. libnice takes half
 * a millisecond to find that one is not, in the thread that all agents share.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A range of ports, both ends in it. */
typedef struct
{
  guint min;
  guint max;
} GstIcePortRange;

gboolean gst_ice_local_ports_narrow (
    GStrv addresses, gboolean tcp, GstIcePortRange *range);
void gst_ice_local_ports_vacate (GPtrArray *sockets);

G_END_DECLS
