/* gst-ice: addresses: numeric ones and names.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "candidates/iceaddress.h"
#include <string.h>

/* RFC 1035 section 2.3.4 */
#define NAME_MAX_LENGTH 253
#define LABEL_MAX_LENGTH 63

/* inet_aton() and getaddrinfo() take "12345", "1.2.3" and "0x7f000001" for IPv4
 * addresses; a name never ends in such a label (RFC 3696 section 2). */
static gboolean
is_numeric_label (const gchar *label, gsize length)
{
  gsize i;

  if (length > 1 && label[0] == '0' && g_ascii_tolower (label[1]) == 'x') {
    for (i = 2; i < length && g_ascii_isxdigit (label[i]); i++)
      ;
    return i == length;
  }

  for (i = 0; i < length && g_ascii_isdigit (label[i]); i++)
    ;
  return i == length;
}

static gboolean
is_label (const gchar *label, gsize length)
{
  gsize i;

  if (length == 0 || length > LABEL_MAX_LENGTH || label[0] == '-'
      || label[length - 1] == '-')
    return FALSE;

  for (i = 0; i < length; i++) {
    if (!g_ascii_isalnum (label[i]) && label[i] != '-' && label[i] != '_')
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_name (const gchar *name)
{
  const gchar *label = name;

  if (strlen (name) > NAME_MAX_LENGTH)
    return FALSE;

  for (;;) {
    gsize length = strcspn (label, ".");

    if (!is_label (label, length))
      return FALSE;
    if (label[length] == '\0')
      return !is_numeric_label (label, length);
    label += length + 1;
  }
}

/**
 * ice_address_is_valid:
 * @address: (nullable): text
 *
 * Checks for a numeric IPv4 address, a numeric IPv6 address without brackets
 * and without a zone ("%eth0" means nothing to another host), or a domain name
 * of letters, digits, '-' and '_' (RFC 1123 section 2.1; an underscore occurs
 * in practice). Never looks a name up. Any thread.
 *
 * Returns: %TRUE if @address is one of these
 */
gboolean
ice_address_is_valid (const gchar *address)
{
  if (address == NULL || strchr (address, '%') != NULL)
    return FALSE;
  /* g_hostname_is_ip_address (":") is TRUE in GLib 2.74 */
  if (address[0] == ':' && address[1] != ':')
    return FALSE;

  return g_hostname_is_ip_address (address) || is_name (address);
}

/**
 * ice_address_kind:
 * @address: an address for which ice_address_is_valid() is %TRUE
 *
 * Distinguishes numeric addresses from names. Any thread.
 *
 * Returns: the kind of @address
 */
IceAddressKind
ice_address_kind (const gchar *address)
{
  g_return_val_if_fail (address != NULL, ICE_ADDRESS_NAME);

  if (!g_hostname_is_ip_address (address))
    return ICE_ADDRESS_NAME;
  return strchr (address, ':') != NULL ? ICE_ADDRESS_IPV6 : ICE_ADDRESS_IPV4;
}

#define UUID_LENGTH 36

/**
 * ice_address_is_mdns_name:
 * @address: an address for which ice_address_is_valid() is %TRUE
 *
 * Any thread.
 *
 * Returns: whether @address is a name that an ICE agent hides an address
 *   behind: a UUID and ".local" (draft-ietf-mmusic-mdns-ice-candidates section
 *   3.1.1). Other names of multicast DNS belong to devices.
 */
gboolean
ice_address_is_mdns_name (const gchar *address)
{
  gchar uuid[UUID_LENGTH + 1];

  if (g_strlcpy (uuid, address, sizeof uuid) <= UUID_LENGTH)
    return FALSE;
  return g_uuid_string_is_valid (uuid)
      && g_ascii_strcasecmp (address + UUID_LENGTH, ".local") == 0;
}

/**
 * ice_address_judge_ipv4:
 * @octets: (array fixed-size=4): an IPv4 address, network byte order
 *
 * Any thread.
 *
 * Returns: whether a host can be reached there
 */
IceAddressUse
ice_address_judge_ipv4 (const guint8 *octets)
{
  static const guint8 broadcast[4] = { 255, 255, 255, 255 };

  if (octets[0] == 0)
    return ICE_ADDRESS_UNSPECIFIED;
  if (octets[0] == 127)
    return ICE_ADDRESS_LOOPBACK;
  if (memcmp (octets, broadcast, sizeof broadcast) == 0)
    return ICE_ADDRESS_BROADCAST;
  if (octets[0] >= 240)
    return ICE_ADDRESS_RESERVED;
  return octets[0] >= 224 ? ICE_ADDRESS_MULTICAST : ICE_ADDRESS_USABLE;
}

/**
 * ice_address_get_embedded_ipv4:
 * @octets: (array fixed-size=16): an IPv6 address, network byte order
 *
 * Any thread.
 *
 * Returns: (array fixed-size=4) (transfer none) (nullable): the IPv4 address
 *   that @octets is the IPv4-mapped or IPv4-compatible form of (RFC 4291
 *   section 2.5.5), a part of @octets; %NULL for other addresses. The latter
 *   form includes :: and ::1.
 */
const guint8 *
ice_address_get_embedded_ipv4 (const guint8 *octets)
{
  static const guint8 zeros[10];

  if (memcmp (octets, zeros, sizeof zeros) != 0)
    return NULL;
  return (octets[10] == 0 && octets[11] == 0)
          || (octets[10] == 0xFF && octets[11] == 0xFF)
      ? octets + 12
      : NULL;
}

/**
 * ice_address_is_link_local_ipv6:
 * @octets: (array fixed-size=16): an IPv6 address, network byte order
 *
 * Any thread.
 *
 * Returns: whether it is of fe80::/10 (RFC 4291 section 2.5.6), where a host is
 *   reached with a zone only
 */
gboolean
ice_address_is_link_local_ipv6 (const guint8 *octets)
{
  return octets[0] == 0xFE && (octets[1] & 0xC0) == 0x80;
}

/**
 * ice_address_is_link_local:
 * @address: an address for which ice_address_is_valid() is %TRUE, or an IPv6
 *   one with a zone
 *
 * Any thread.
 *
 * Returns: whether it is a numeric address of fe80::/10 (RFC 4291 section
 *   2.5.6) or of 169.254.0.0/16 (RFC 3927)
 */
gboolean
ice_address_is_link_local (const gchar *address)
{
  switch (ice_address_kind (address)) {
    case ICE_ADDRESS_IPV4:
      return g_str_has_prefix (address, "169.254.");
    case ICE_ADDRESS_IPV6:
      return address[0] != ':'
          && (g_ascii_strtoull (address, NULL, 16) & 0xFFC0) == 0xFE80;
    case ICE_ADDRESS_NAME:
      break;
  }
  return FALSE;
}

/**
 * ice_address_judge_ipv6:
 * @octets: (array fixed-size=16): an IPv6 address, network byte order
 *
 * An IPv4 address in the form of IPv6, mapped or compatible (RFC 4291 section
 * 2.5.5), is judged as that IPv4 address: a socket of both IP versions sends
 * there. Site-local (RFC 3879) and unique local addresses (RFC 4193) belong to
 * hosts. Any thread.
 *
 * Returns: whether a host can be reached there
 */
IceAddressUse
ice_address_judge_ipv6 (const guint8 *octets)
{
  static const guint8 loopback[16] = { [15] = 1 };
  const guint8 *ipv4 = ice_address_get_embedded_ipv4 (octets);

  if (octets[0] == 0xFF)
    return ICE_ADDRESS_MULTICAST;
  if (memcmp (octets, loopback, sizeof loopback) == 0)
    return ICE_ADDRESS_LOOPBACK;
  return ipv4 != NULL ? ice_address_judge_ipv4 (ipv4) : ICE_ADDRESS_USABLE;
}

/**
 * ice_address_use_to_string:
 * @use: the verdict on an address
 *
 * Returns: an adjective for it
 */
const gchar *
ice_address_use_to_string (IceAddressUse use)
{
  static const gchar *const names[ICE_ADDRESS_N_USES] = {
    [ICE_ADDRESS_USABLE] = "usable",
    [ICE_ADDRESS_UNSPECIFIED] = "unspecified",
    [ICE_ADDRESS_MULTICAST] = "multicast",
    [ICE_ADDRESS_BROADCAST] = "broadcast",
    [ICE_ADDRESS_RESERVED] = "reserved",
    [ICE_ADDRESS_LOOPBACK] = "loopback",
  };

  g_return_val_if_fail (use < ICE_ADDRESS_N_USES, NULL);
  return names[use];
}
