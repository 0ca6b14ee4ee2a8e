/* gst-ice: addresses: numeric ones and names.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "iceaddress.h"
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
 * Tells numeric addresses from names. Any thread.
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
 *   3.1.1). Other names of multicast DNS are devices'.
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
