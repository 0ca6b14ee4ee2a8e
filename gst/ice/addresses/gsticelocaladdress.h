/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which of this machine's addresses to gather from. */
#pragma once

#include <gio/gio.h>
#include "candidates/iceaddress.h"

G_BEGIN_DECLS

GStrv gst_ice_local_addresses (const gchar *const *prefixes,
    const gchar *const *interfaces, GError **error);

gboolean gst_ice_local_addresses_have_loopback (
    const gchar *const *prefixes, const gchar *const *interfaces);

IceAddressUse gst_ice_local_addresses_judge (const gchar *address);

/* One IP version on one network interface. */
typedef struct
{
  gchar *name;
  guint index;
  GSocketFamily family;
} GstIceLocalLink;

GArray *gst_ice_local_links (
    const gchar *const *prefixes, const gchar *const *interfaces);

G_END_DECLS
