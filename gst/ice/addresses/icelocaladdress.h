/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which addresses of a machine host candidates are made of: the rules of RFC
 * 8445 section 5.1.1.1. Pure: makes no system call. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define ICE_INTERFACE_NAME_SIZE 16 /* IFNAMSIZ */

typedef enum
{
  ICE_LOCAL_ADDRESS_DEPRECATED = 1 << 0, /* RFC 4862 section 5.5.4 */
  ICE_LOCAL_ADDRESS_TENTATIVE = 1 << 1, /* RFC 4862 section 5.4; or duplicate */
  ICE_LOCAL_ADDRESS_TEMPORARY = 1 << 2, /* RFC 8981 */
} IceLocalAddressFlags;

/* How the settings `interfaces` and `local-addresses` apply to an address. */
typedef enum
{
  ICE_LOCAL_ADDRESS_UNSET,   /* nothing: local-addresses is empty */
  ICE_LOCAL_ADDRESS_NAMED,   /* local-addresses has this very address */
  ICE_LOCAL_ADDRESS_COVERED, /* a prefix in local-addresses covers it */
  ICE_LOCAL_ADDRESS_NOT_COVERED,
  ICE_LOCAL_ADDRESS_OTHER_INTERFACE, /* interfaces excludes it */
} IceLocalAddressWish;

typedef enum
{
  ICE_LOCAL_ADDRESS_USED,
  ICE_LOCAL_ADDRESS_EXCLUDED_BY_INTERFACES,
  ICE_LOCAL_ADDRESS_EXCLUDED_BY_ADDRESSES,
  ICE_LOCAL_ADDRESS_IS_LOOPBACK,
  ICE_LOCAL_ADDRESS_IS_LINK_LOCAL,
  ICE_LOCAL_ADDRESS_IS_OBSOLETE, /* site-local, or IPv4-compatible */
  ICE_LOCAL_ADDRESS_IS_DEPRECATED,
  ICE_LOCAL_ADDRESS_IS_TENTATIVE,
  ICE_LOCAL_ADDRESS_IS_STABLE, /* a temporary address of its prefix is used */
} IceLocalAddressChoice;

typedef struct
{
  gboolean ipv6;
  guint8 bytes[16]; /* 4 of them for IPv4; network byte order */
  guint prefix_length;
  guint interface; /* its index */
  gchar name[ICE_INTERFACE_NAME_SIZE];
  IceLocalAddressFlags flags;
  IceLocalAddressWish wish;
} IceLocalAddress;

gboolean ice_local_address_is_loopback (const IceLocalAddress *address);
gboolean ice_local_address_is_link_local (const IceLocalAddress *address);
gboolean ice_local_address_is_broadcast (
    const IceLocalAddress *address, const guint8 *octets);
IceLocalAddressChoice ice_local_address_choose (
    const IceLocalAddress *addresses, gsize n_addresses, gsize index);

G_END_DECLS
