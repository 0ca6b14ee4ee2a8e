/* gst-ice: which addresses of a machine host candidates are made of.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/icelocaladdress.h"
#include "candidates/iceaddress.h"
#include <string.h>

#define IPV6_BITS 128

static gboolean
is_all_zero (const guint8 *bytes, gsize length)
{
  gsize i;

  for (i = 0; i < length && bytes[i] == 0; i++)
    ;
  return i == length;
}

/**
 * ice_local_address_is_loopback:
 * @address: an address
 *
 * Any thread.
 *
 * Returns: whether @address is ::1 or of 127.0.0.0/8
 */
gboolean
ice_local_address_is_loopback (const IceLocalAddress *address)
{
  if (!address->ipv6)
    return address->bytes[0] == 127;
  return is_all_zero (address->bytes, 15) && address->bytes[15] == 1;
}

/**
 * ice_local_address_is_link_local:
 * @address: an address
 *
 * Any thread.
 *
 * Returns: whether @address is of fe80::/10; IPv4 link-local addresses are as
 *   good as others
 */
gboolean
ice_local_address_is_link_local (const IceLocalAddress *address)
{
  return address->ipv6 && ice_address_is_link_local_ipv6 (address->bytes);
}

/**
 * ice_local_address_is_broadcast:
 * @address: an address of this machine
 * @octets: (array fixed-size=4): an IPv4 address, network byte order
 *
 * Any thread. A prefix of 31 bits has no broadcast address (RFC 3021), nor has
 * one of 32 bits, or one that is not known.
 *
 * Returns: whether @octets is the broadcast address of the subnet of @address
 *   (RFC 919 section 7)
 */
gboolean
ice_local_address_is_broadcast (
    const IceLocalAddress *address, const guint8 *octets)
{
  guint bits, prefix = address->prefix_length;

  if (address->ipv6 || prefix == 0 || prefix > 30)
    return FALSE;
  for (bits = 0; bits < 32; bits++) {
    guint mask = 0x80 >> bits % 8;
    guint wanted = bits < prefix ? address->bytes[bits / 8] & mask : mask;

    if ((octets[bits / 8] & mask) != wanted)
      return FALSE;
  }
  return TRUE;
}

/* fec0::/10 (RFC 3879) and ::/96 (RFC 4291 section 2.5.5.1) */
static gboolean
is_obsolete (const IceLocalAddress *address)
{
  if (!address->ipv6)
    return FALSE;
  return (address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0xc0)
      || (is_all_zero (address->bytes, 12)
          && !ice_local_address_is_loopback (address));
}

/* All rules but the one that compares addresses. */
static IceLocalAddressChoice
choose_alone (const IceLocalAddress *address)
{
  switch (address->wish) {
    case ICE_LOCAL_ADDRESS_OTHER_INTERFACE:
      return ICE_LOCAL_ADDRESS_EXCLUDED_BY_INTERFACES;
    case ICE_LOCAL_ADDRESS_NOT_COVERED:
      return ICE_LOCAL_ADDRESS_EXCLUDED_BY_ADDRESSES;
    case ICE_LOCAL_ADDRESS_NAMED:
      if ((address->flags & ICE_LOCAL_ADDRESS_TENTATIVE) != 0)
        return ICE_LOCAL_ADDRESS_IS_TENTATIVE;
      return ICE_LOCAL_ADDRESS_USED;
    case ICE_LOCAL_ADDRESS_UNSET:
      if (ice_local_address_is_loopback (address))
        return ICE_LOCAL_ADDRESS_IS_LOOPBACK;
      if (ice_local_address_is_link_local (address))
        return ICE_LOCAL_ADDRESS_IS_LINK_LOCAL;
      break;
    case ICE_LOCAL_ADDRESS_COVERED:
      break;
  }
  if (is_obsolete (address))
    return ICE_LOCAL_ADDRESS_IS_OBSOLETE;
  if ((address->flags & ICE_LOCAL_ADDRESS_TENTATIVE) != 0)
    return ICE_LOCAL_ADDRESS_IS_TENTATIVE;
  if (address->ipv6 && (address->flags & ICE_LOCAL_ADDRESS_DEPRECATED) != 0)
    return ICE_LOCAL_ADDRESS_IS_DEPRECATED;
  return ICE_LOCAL_ADDRESS_USED;
}

static gboolean
have_same_prefix (const IceLocalAddress *a, const IceLocalAddress *b)
{
  guint bits = a->prefix_length, bytes = bits / 8;
  guint8 mask = 0xff << (8 - bits % 8);

  if (a->interface != b->interface || a->prefix_length != b->prefix_length
      || bits > IPV6_BITS || memcmp (a->bytes, b->bytes, bytes) != 0)
    return FALSE;
  return bits % 8 == 0 || ((a->bytes[bytes] ^ b->bytes[bytes]) & mask) == 0;
}

static gboolean
hides_stable (const IceLocalAddress *temporary, const IceLocalAddress *stable)
{
  return temporary->ipv6
      && (temporary->flags & ICE_LOCAL_ADDRESS_TEMPORARY) != 0
      && have_same_prefix (temporary, stable)
      && choose_alone (temporary) == ICE_LOCAL_ADDRESS_USED;
}

/**
 * ice_local_address_choose:
 * @addresses: (array length=n_addresses): all addresses of the machine
 * @n_addresses: how many
 * @index: the index of the address in question
 *
 * The rules of RFC 8445 section 5.1.1.1 for host candidates: no loopback and no
 * IPv6 link-local address unless local-addresses covers it; no site-local,
 * IPv4-compatible, deprecated or tentative IPv6 address; no stable address
 * beside a temporary one of the same interface and prefix. An address that
 * local-addresses names outright is used, if it can be. Any thread.
 *
 * Returns: whether the address is used, or why not
 */
IceLocalAddressChoice
ice_local_address_choose (
    const IceLocalAddress *addresses, gsize n_addresses, gsize index)
{
  const IceLocalAddress *address = &addresses[index];
  IceLocalAddressChoice choice = choose_alone (address);
  gsize i;

  if (choice != ICE_LOCAL_ADDRESS_USED || !address->ipv6
      || address->wish == ICE_LOCAL_ADDRESS_NAMED
      || (address->flags & ICE_LOCAL_ADDRESS_TEMPORARY) != 0)
    return choice;
  for (i = 0; i < n_addresses; i++) {
    if (hides_stable (&addresses[i], address))
      return ICE_LOCAL_ADDRESS_IS_STABLE;
  }
  return ICE_LOCAL_ADDRESS_USED;
}
