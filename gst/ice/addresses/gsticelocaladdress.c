/* gst-ice: which of this machine's addresses to gather from.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/gsticelocaladdress.h"
#include "addresses/gsticeaddresslist.h"
#include "model/iceerror.h"
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

/* As many addresses are named in an error. */
#define MAX_NAMED 8

/* How much of a setting an error repeats. */
#define MAX_QUOTE 256

/* `!glob` excludes; where there are exclusions only, all others are included.
 */
static gboolean
is_interface_wanted (const gchar *name, const gchar *const *patterns)
{
  gboolean only_exclusions = TRUE, matched = FALSE;

  for (; *patterns != NULL; patterns++) {
    const gchar *pattern = *patterns;
    gboolean exclude = pattern[0] == '!';

    if (exclude)
      pattern++;
    else
      only_exclusions = FALSE;
    if (!g_pattern_match_simple (pattern, name))
      continue;
    if (exclude)
      return FALSE;
    matched = TRUE;
  }
  return matched || only_exclusions;
}

static GInetAddress *
get_inet_address (const IceLocalAddress *address)
{
  return g_inet_address_new_from_bytes (address->bytes,
      address->ipv6 ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4);
}

/* A prefix that has room for one address only names that address. */
static gboolean
names_one_address (GInetAddressMask *mask)
{
  GInetAddress *address = g_inet_address_mask_get_address (mask);

  return g_inet_address_mask_get_length (mask)
      == 8 * g_inet_address_get_native_size (address);
}

static IceLocalAddressWish
get_wish (const IceLocalAddress *address, const gchar *const *prefixes,
    const gchar *const *interfaces)
{
  g_autoptr (GInetAddress) inet = get_inet_address (address);
  IceLocalAddressWish wish = ICE_LOCAL_ADDRESS_NOT_COVERED;

  if (!is_interface_wanted (address->name, interfaces))
    return ICE_LOCAL_ADDRESS_OTHER_INTERFACE;
  if (*prefixes == NULL)
    return ICE_LOCAL_ADDRESS_UNSET;
  for (; *prefixes != NULL; prefixes++) {
    g_autoptr (GInetAddressMask)
        mask = g_inet_address_mask_new_from_string (*prefixes, NULL);

    if (mask == NULL || !g_inet_address_mask_matches (mask, inet))
      continue;
    if (names_one_address (mask))
      return ICE_LOCAL_ADDRESS_NAMED;
    wish = ICE_LOCAL_ADDRESS_COVERED;
  }
  return wish;
}

/* (transfer full) (nullable): all of this machine's addresses, with the wish of
 * both settings for each. */
static GArray *
list_addresses (const gchar *const *prefixes, const gchar *const *interfaces,
    GError **error)
{
  GArray *all = gst_ice_address_list_read (error);
  guint i;

  for (i = 0; all != NULL && i < all->len; i++) {
    IceLocalAddress *address = &g_array_index (all, IceLocalAddress, i);

    address->wish = get_wish (address, prefixes, interfaces);
  }
  return all;
}

static IceLocalAddressChoice
choose (GArray *all, guint index)
{
  return ice_local_address_choose (
      (const IceLocalAddress *) all->data, all->len, index);
}

/* IPv6 link-local addresses are on every link; a socket can be bound to one
 * only with its zone. */
static gchar *
to_string (const IceLocalAddress *address)
{
  g_autoptr (GInetAddress) inet = get_inet_address (address);
  g_autofree gchar *text = g_inet_address_to_string (inet);

  if (!ice_local_address_is_link_local (address))
    return g_steal_pointer (&text);
  return g_strdup_printf ("%s%%%s", text, address->name);
}

/* Where a list of addresses has no flags, a new IPv6 address that can't be used
 * for a second or two (RFC 4862 section 5.4) shows here; libnice would try
 * every port of min-port to max-port on it, twice. */
static gboolean
can_bind (const IceLocalAddress *address)
{
  g_autoptr (GInetAddress) inet = get_inet_address (address);
  g_autoptr (GSocketAddress) bound = g_object_new (G_TYPE_INET_SOCKET_ADDRESS,
      "address", inet, "port", 0, "scope-id",
      ice_local_address_is_link_local (address) ? address->interface : 0, NULL);
  g_autoptr (GSocket) socket = g_socket_new (g_inet_address_get_family (inet),
      G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);

  return socket == NULL || g_socket_bind (socket, bound, FALSE, NULL);
}

static void
mark_unusable (GArray *all)
{
  guint i;

  for (i = 0; i < all->len; i++) {
    if (choose (all, i) == ICE_LOCAL_ADDRESS_USED
        && !can_bind (&g_array_index (all, IceLocalAddress, i)))
      g_array_index (all, IceLocalAddress, i).flags |=
          ICE_LOCAL_ADDRESS_TENTATIVE;
  }
}

static const struct
{
  IceLocalAddressChoice choice;
  const gchar *text;
} reasons[] = {
  { ICE_LOCAL_ADDRESS_EXCLUDED_BY_ADDRESSES, "local-addresses excludes" },
  { ICE_LOCAL_ADDRESS_EXCLUDED_BY_INTERFACES, "interfaces excludes" },
  { ICE_LOCAL_ADDRESS_IS_LOOPBACK,
      "only local-addresses can ask for loopback" },
  { ICE_LOCAL_ADDRESS_IS_LINK_LOCAL,
      "only local-addresses can ask for link-local" },
  { ICE_LOCAL_ADDRESS_IS_OBSOLETE, "site-local is obsolete (RFC 3879):" },
  { ICE_LOCAL_ADDRESS_IS_DEPRECATED, "no longer preferred (deprecated):" },
  { ICE_LOCAL_ADDRESS_IS_TENTATIVE,
      "not usable yet, or another host has it (tentative):" },
};

static void
append_excluded (
    GString *text, GArray *all, IceLocalAddressChoice choice, const gchar *why)
{
  guint i, n = 0;

  for (i = 0; i < all->len; i++) {
    const IceLocalAddress *address = &g_array_index (all, IceLocalAddress, i);
    g_autoptr (GInetAddress) inet = get_inet_address (address);
    g_autofree gchar *name = g_inet_address_to_string (inet);

    if (choose (all, i) != choice || n++ >= MAX_NAMED)
      continue;
    if (n == 1)
      g_string_append_printf (text, "; %s", why);
    g_string_append_printf (
        text, "%s %s (%s)", n == 1 ? "" : ",", name, address->name);
  }
  if (n > MAX_NAMED)
    g_string_append_printf (text, " and %u more", n - MAX_NAMED);
}

/* (transfer full): the items of a setting, at most MAX_QUOTE bytes of them and
 * without control characters */
static gchar *
quote_all (const gchar *const *items)
{
  g_autofree gchar *joined = g_strjoinv (" ", (GStrv) items);

  return ice_error_quote (joined, MAX_QUOTE);
}

static void
explain_none (GArray *all, const gchar *const *prefixes,
    const gchar *const *interfaces, GError **error)
{
  g_autofree gchar *wanted = quote_all (prefixes);
  g_autofree gchar *names = quote_all (interfaces);
  g_autoptr (GString) text = g_string_new (NULL);
  guint i;

  if (all->len == 0) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "no local address: no network interface of this machine is up and has "
        "an address; see `ip address`");
    return;
  }
  for (i = 0; i < G_N_ELEMENTS (reasons); i++)
    append_excluded (text, all, reasons[i].choice, reasons[i].text);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
      "no usable local address with local-addresses %s and interfaces "
      "%s%s; change these properties so that one is used",
      wanted, names, text->str);
}

/**
 * gst_ice_local_addresses:
 * @prefixes: (array zero-terminated=1): addresses and CIDR prefixes; empty =
 *   every one but loopback and IPv6 link-local. Of IPv6 neither deprecated nor
 *   site-local ones, and of one prefix not the stable beside a temporary one,
 *   unless named outright (RFC 8445 section 5.1.1.1)
 * @interfaces: (array zero-terminated=1): glob patterns of interface names,
 *   `!glob` excludes; empty = all
 * @error: the cause, where there is none
 *
 * Any thread; asks the kernel, does not block.
 *
 * Returns: (transfer full) (nullable): this machine's addresses that both
 *   settings select and that can be bound to, IPv6 link-local ones with their
 *   zone; %NULL with @error set where there is none
 */
GStrv
gst_ice_local_addresses (const gchar *const *prefixes,
    const gchar *const *interfaces, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) all = list_addresses (prefixes, interfaces, error);
  guint i;

  if (all == NULL)
    return NULL;
  mark_unusable (all);
  for (i = 0; i < all->len; i++) {
    if (choose (all, i) == ICE_LOCAL_ADDRESS_USED)
      g_ptr_array_add (
          found, to_string (&g_array_index (all, IceLocalAddress, i)));
  }
  if (found->len == 0) {
    explain_none (all, prefixes, interfaces, error);
    return NULL;
  }
  g_ptr_array_add (found, NULL);
  return (GStrv) g_ptr_array_steal (found, NULL);
}

/**
 * gst_ice_local_addresses_have_loopback:
 * @prefixes: as in gst_ice_local_addresses()
 * @interfaces: as in gst_ice_local_addresses()
 *
 * Any thread; asks the kernel, does not block.
 *
 * Returns: whether a loopback address may be one to gather from; %TRUE where
 *   there are prefixes and the kernel cannot be asked, because no descriptor is
 *   left
 */
gboolean
gst_ice_local_addresses_have_loopback (
    const gchar *const *prefixes, const gchar *const *interfaces)
{
  g_autoptr (GArray) all = NULL;
  guint i;

  if (*prefixes == NULL)
    return FALSE;
  all = list_addresses (prefixes, interfaces, NULL);
  if (all == NULL)
    return TRUE;
  for (i = 0; i < all->len; i++) {
    if (ice_local_address_is_loopback (&g_array_index (all, IceLocalAddress, i))
        && choose (all, i) == ICE_LOCAL_ADDRESS_USED)
      return TRUE;
  }
  return FALSE;
}

/* Whether it is the broadcast address of a subnet that this machine is in;
 * FALSE where the kernel does not report it. */
static gboolean
is_broadcast (const guint8 *octets)
{
  g_autoptr (GArray) all = NULL;
  guint i;

  if ((octets[3] & 3) != 3) /* of no prefix that has one */
    return FALSE;
  all = gst_ice_address_list_read (NULL);
  for (i = 0; all != NULL && i < all->len; i++)
    if (ice_local_address_is_broadcast (
            &g_array_index (all, IceLocalAddress, i), octets))
      return TRUE;
  return FALSE;
}

/**
 * gst_ice_local_addresses_judge:
 * @address: an address, or a name
 *
 * Any thread; asks the kernel, does not block. ice_address_judge_ipv4() and
 * ice_address_judge_ipv6() have the rule; besides, the broadcast address of a
 * subnet that this machine is in (RFC 919 section 7) does not belong to a host.
 *
 * Returns: whether a host can be reached there; a name is %ICE_ADDRESS_USABLE
 */
IceAddressUse
gst_ice_local_addresses_judge (const gchar *address)
{
  g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (address);
  const guint8 *octets, *ipv4;
  IceAddressUse use;

  if (inet == NULL)
    return ICE_ADDRESS_USABLE;
  octets = g_inet_address_to_bytes (inet);
  ipv4 = g_inet_address_get_family (inet) == G_SOCKET_FAMILY_IPV4
      ? octets
      : ice_address_get_embedded_ipv4 (octets);
  use = ipv4 == octets ? ice_address_judge_ipv4 (octets)
                       : ice_address_judge_ipv6 (octets);
  return use == ICE_ADDRESS_USABLE && ipv4 != NULL && is_broadcast (ipv4)
      ? ICE_ADDRESS_BROADCAST
      : use;
}

static gboolean
is_known (const GArray *links, const GstIceLocalLink *link)
{
  guint i;

  for (i = 0; i < links->len; i++) {
    const GstIceLocalLink *known = &g_array_index (links, GstIceLocalLink, i);

    if (known->index == link->index && known->family == link->family)
      return TRUE;
  }
  return FALSE;
}

static void
clear_link (gpointer data)
{
  g_free (((GstIceLocalLink *) data)->name);
}

/**
 * gst_ice_local_links:
 * @prefixes: as in gst_ice_local_addresses()
 * @interfaces: as in gst_ice_local_addresses()
 *
 * Any thread; asks the kernel, does not block.
 *
 * Returns: (transfer full) (element-type GstIceLocalLink): the links of the
 *   addresses that both settings select
 */
GArray *
gst_ice_local_links (
    const gchar *const *prefixes, const gchar *const *interfaces)
{
  GArray *links = g_array_new (FALSE, FALSE, sizeof (GstIceLocalLink));
  g_autoptr (GArray) all = list_addresses (prefixes, interfaces, NULL);
  guint i;

  g_array_set_clear_func (links, clear_link);
  for (i = 0; all != NULL && i < all->len; i++) {
    const IceLocalAddress *address = &g_array_index (all, IceLocalAddress, i);
    GstIceLocalLink link = { NULL, address->interface,
      address->ipv6 ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4 };

    if (choose (all, i) != ICE_LOCAL_ADDRESS_USED || is_known (links, &link))
      continue;
    link.name = g_strdup (address->name);
    g_array_append_val (links, link);
  }
  return links;
}
