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

/* Whether a host can be reached at an address, and why not. */
typedef enum
{
  ICE_ADDRESS_USABLE,
  ICE_ADDRESS_UNSPECIFIED, /* of "this network", RFC 1122 section 3.2.1.3, :: */
  ICE_ADDRESS_MULTICAST,   /* RFC 5771; RFC 4291 section 2.7 */
  ICE_ADDRESS_BROADCAST,   /* 255.255.255.255, RFC 919 section 7 */
  ICE_ADDRESS_RESERVED,    /* the rest of 240.0.0.0/4, RFC 1112 section 4 */
  ICE_ADDRESS_LOOPBACK,    /* this machine only */
  ICE_ADDRESS_N_USES
} IceAddressUse;

gboolean ice_address_is_valid (const gchar *address);
IceAddressKind ice_address_kind (const gchar *address);
gboolean ice_address_is_mdns_name (const gchar *address);
IceAddressUse ice_address_judge_ipv4 (const guint8 *octets);
const guint8 *ice_address_get_embedded_ipv4 (const guint8 *octets);
gboolean ice_address_is_link_local (const gchar *address);
gboolean ice_address_is_link_local_ipv6 (const guint8 *octets);
IceAddressUse ice_address_judge_ipv6 (const guint8 *octets);
const gchar *ice_address_use_to_string (IceAddressUse use);

G_END_DECLS
