/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * connection-address of RFC 8839 section 5.1: numeric addresses and names.
 * Pure: never looks a name up. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  ICE_ADDRESS_IPV4,
  ICE_ADDRESS_IPV6,
  ICE_ADDRESS_NAME
} IceAddressKind;

gboolean ice_address_is_valid (const gchar *address);
IceAddressKind ice_address_kind (const gchar *address);
gboolean ice_address_is_mdns_name (const gchar *address);

G_END_DECLS
