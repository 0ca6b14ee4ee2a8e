/* gst-ice: which of this machine's addresses to gather from.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticelocaladdress.h"
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

/* `!glob` excludes; where only exclusions stand, the rest is in. */
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

static gboolean
is_ipv6_link_local (GInetAddress *address)
{
  return g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6
      && g_inet_address_get_is_link_local (address);
}

/* RFC 8445 section 5.1.1.1: no loopback, and no IPv6 link-local beside
 * addresses that hide where the machine is. */
static gboolean
is_address_wanted (GInetAddress *address, const gchar *const *prefixes)
{
  if (*prefixes == NULL)
    return !g_inet_address_get_is_loopback (address)
        && !is_ipv6_link_local (address);
  for (; *prefixes != NULL; prefixes++) {
    g_autoptr (GInetAddressMask)
        mask = g_inet_address_mask_new_from_string (*prefixes, NULL);

    if (mask != NULL && g_inet_address_mask_matches (mask, address))
      return TRUE;
  }
  return FALSE;
}

static GInetAddress *
get_address (const struct ifaddrs *interface)
{
  if (interface->ifa_addr == NULL || (interface->ifa_flags & IFF_UP) == 0)
    return NULL;
  if (interface->ifa_addr->sa_family == AF_INET)
    return g_inet_address_new_from_bytes (
        (const guint8 *) &((struct sockaddr_in *) interface->ifa_addr)
            ->sin_addr,
        G_SOCKET_FAMILY_IPV4);
  if (interface->ifa_addr->sa_family == AF_INET6)
    return g_inet_address_new_from_bytes (
        (const guint8 *) &((struct sockaddr_in6 *) interface->ifa_addr)
            ->sin6_addr,
        G_SOCKET_FAMILY_IPV6);
  return NULL;
}

static GInetAddress *
get_wanted_address (const struct ifaddrs *interface,
    const gchar *const *prefixes, const gchar *const *interfaces)
{
  g_autoptr (GInetAddress) address = get_address (interface);

  if (address == NULL || !is_interface_wanted (interface->ifa_name, interfaces)
      || !is_address_wanted (address, prefixes))
    return NULL;
  return g_steal_pointer (&address);
}

/* Such an address is on every link; only with its zone can it be bound to. */
static gchar *
to_string (GInetAddress *address, const gchar *interface)
{
  g_autofree gchar *text = g_inet_address_to_string (address);

  if (!is_ipv6_link_local (address))
    return g_steal_pointer (&text);
  return g_strdup_printf ("%s%%%s", text, interface);
}

/* A new IPv6 address can't be used for a second or two (RFC 4862 section 5.4);
 * libnice would try every port of min-port to max-port on it, twice. */
static gboolean
can_bind (const struct ifaddrs *interface)
{
  gboolean ipv4 = interface->ifa_addr->sa_family == AF_INET;
  g_autoptr (GSocketAddress)
      address = g_socket_address_new_from_native (interface->ifa_addr,
          ipv4 ? sizeof (struct sockaddr_in) : sizeof (struct sockaddr_in6));
  g_autoptr (GSocket)
      socket = g_socket_new (g_socket_address_get_family (address),
          G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);

  return socket == NULL || g_socket_bind (socket, address, FALSE, NULL);
}

/**
 * gst_ice_local_addresses:
 * @prefixes: (array zero-terminated=1): addresses and CIDR prefixes; empty =
 *   every one but loopback and IPv6 link-local
 * @interfaces: (array zero-terminated=1): glob patterns of interface names,
 *   `!glob` excludes; empty = all
 * @error: says why there is none
 *
 * Any thread; asks the kernel, does not block.
 *
 * Returns: (transfer full) (nullable): this machine's addresses that both want
 *   and that can be bound to, IPv6 link-local ones with their zone; %NULL with
 *   @error set where there is none
 */
GStrv
gst_ice_local_addresses (const gchar *const *prefixes,
    const gchar *const *interfaces, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  struct ifaddrs *all, *i;

  if (getifaddrs (&all) != 0) {
    gint code = errno;

    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
        "could not list this machine's addresses: %s", g_strerror (code));
    return NULL;
  }
  for (i = all; i != NULL; i = i->ifa_next) {
    g_autoptr (GInetAddress)
        address = get_wanted_address (i, prefixes, interfaces);

    if (address != NULL && can_bind (i))
      g_ptr_array_add (found, to_string (address, i->ifa_name));
  }
  freeifaddrs (all);

  if (found->len == 0) {
    g_autofree gchar *wanted = g_strjoinv (" ", (GStrv) prefixes);
    g_autofree gchar *names = g_strjoinv (" ", (GStrv) interfaces);

    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "no address of this machine is wanted by local-addresses \"%s\" and "
        "interfaces \"%s\"; see `ip address`",
        wanted, names);
    return NULL;
  }
  g_ptr_array_add (found, NULL);
  return (GStrv) g_ptr_array_steal (found, NULL);
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
 * Returns: (transfer full) (element-type GstIceLocalLink): where the addresses
 *   are that both want
 */
GArray *
gst_ice_local_links (
    const gchar *const *prefixes, const gchar *const *interfaces)
{
  GArray *links = g_array_new (FALSE, FALSE, sizeof (GstIceLocalLink));
  struct ifaddrs *all, *i;

  g_array_set_clear_func (links, clear_link);
  if (getifaddrs (&all) != 0)
    return links;
  for (i = all; i != NULL; i = i->ifa_next) {
    g_autoptr (GInetAddress)
        address = get_wanted_address (i, prefixes, interfaces);
    GstIceLocalLink link = { NULL, if_nametoindex (i->ifa_name), 0 };

    if (address == NULL || link.index == 0)
      continue;
    link.family = g_inet_address_get_family (address);
    if (is_known (links, &link))
      continue;
    link.name = g_strdup (i->ifa_name);
    g_array_append_val (links, link);
  }
  freeifaddrs (all);
  return links;
}
