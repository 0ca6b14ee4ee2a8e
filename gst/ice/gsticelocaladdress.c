/* gst-ice: which of this machine's addresses to gather from.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticelocaladdress.h"
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

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
is_address_wanted (GInetAddress *address, const gchar *const *prefixes)
{
  if (*prefixes == NULL)
    return !g_inet_address_get_is_loopback (address)
        && !g_inet_address_get_is_link_local (address);
  for (; *prefixes != NULL; prefixes++) {
    g_autoptr (GInetAddressMask)
        mask = g_inet_address_mask_new_from_string (*prefixes, NULL);

    if (mask != NULL && g_inet_address_mask_matches (mask, address))
      return TRUE;
  }
  return FALSE;
}

/* An IPv6 address is there a second or two before it may be used (RFC 4862
 * section 5.4). */
static gboolean
is_tentative (const struct sockaddr *address)
{
  gint fd = socket (AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  gboolean tentative = fd >= 0
      && bind (fd, address, sizeof (struct sockaddr_in6)) != 0
      && errno == EADDRNOTAVAIL;

  if (fd >= 0)
    close (fd);
  return tentative;
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
  if (interface->ifa_addr->sa_family == AF_INET6
      && !is_tentative (interface->ifa_addr))
    return g_inet_address_new_from_bytes (
        (const guint8 *) &((struct sockaddr_in6 *) interface->ifa_addr)
            ->sin6_addr,
        G_SOCKET_FAMILY_IPV6);
  return NULL;
}

/**
 * gst_ice_local_addresses:
 * @prefixes: (array zero-terminated=1): addresses and CIDR prefixes; empty =
 *   every one but loopback and link-local
 * @interfaces: (array zero-terminated=1): glob patterns of interface names,
 *   `!glob` excludes; empty = all
 * @error: says why there is none
 *
 * Any thread; asks the kernel, does not block.
 *
 * Returns: (transfer full) (nullable): this machine's addresses that both
 *   want and that can be used already; %NULL with @error set where there is
 * none
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
    g_autoptr (GInetAddress) address = get_address (i);

    if (address != NULL && is_interface_wanted (i->ifa_name, interfaces)
        && is_address_wanted (address, prefixes))
      g_ptr_array_add (found, g_inet_address_to_string (address));
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
