/* gst-ice: this machine's addresses, as the kernel lists them.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * On Linux by rtnetlink, which also reports the flags of IPv6 addresses;
 * elsewhere, and if a sandbox forbids rtnetlink, by getifaddrs(), without
 * flags. */

#include "addresses/gsticeaddresslist.h"

#include <gst/gst.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#ifdef __linux__
#include "addresses/icertnetlink.h"
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

GST_DEBUG_CATEGORY_STATIC (gst_ice_address_list_debug);
#define GST_CAT_DEFAULT gst_ice_address_list_debug

#ifdef __linux__

/* For both lists together; a kernel answers within microseconds. */
#define MAX_TIME (1 * G_TIME_SPAN_SECOND)
/* No datagram of a list is longer (netlink_recvmsg() of Linux). */
#define DATAGRAM_SIZE 32768
/* Lists that changed while they were read are requested this often. */
#define MAX_ATTEMPTS 4

/* Waits for a datagram. Returns: an errno, 0: there is one */
static gint
wait_for_datagram (gint fd, gint64 deadline)
{
  for (;;) {
    gint64 left = deadline - g_get_monotonic_time ();
    GPollFD poll = { fd, G_IO_IN, 0 };
    gint n;

    if (left <= 0)
      return ETIMEDOUT;
    n = g_poll (&poll, 1, 1 + left / G_TIME_SPAN_MILLISECOND);
    if (n > 0)
      return 0;
    if (n < 0 && errno != EINTR)
      return errno;
  }
}

/* Datagrams of other senders than the kernel, which has port 0, are ignored.
 * Returns: an errno */
static gint
receive (gint fd, gint64 deadline, guint8 *data, gsize *length)
{
  for (;;) {
    struct sockaddr_nl from = { 0 };
    socklen_t size = sizeof (from);
    gint code = wait_for_datagram (fd, deadline);
    gssize n;

    if (code != 0)
      return code;
    n = recvfrom (
        fd, data, DATAGRAM_SIZE, MSG_TRUNC, (struct sockaddr *) &from, &size);
    if (n > DATAGRAM_SIZE)
      return EMSGSIZE;
    *length = MAX (n, 0);
    if (n >= 0 && size == sizeof (from) && from.nl_pid == 0)
      return 0;
    if (n < 0 && errno != EINTR && errno != EAGAIN)
      return errno;
  }
}

/* Returns: an errno */
static gint
ask (gint fd, gint64 deadline, IceRtnetlinkDump *dump, IceRtnetlinkList list)
{
  struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
  g_autoptr (GBytes) request = ice_rtnetlink_dump_request (dump, list);
  g_autofree guint8 *data = g_malloc (DATAGRAM_SIZE);
  gsize length;

  if (sendto (fd, g_bytes_get_data (request, NULL), g_bytes_get_size (request),
          0, (struct sockaddr *) &kernel, sizeof (kernel))
      < 0)
    return errno;
  for (;;) {
    gint code = receive (fd, deadline, data, &length);

    if (code != 0)
      return code;
    switch (ice_rtnetlink_dump_read (dump, data, length)) {
      case ICE_RTNETLINK_DONE:
        return 0;
      case ICE_RTNETLINK_FAILED:
        return dump->code;
      case ICE_RTNETLINK_MORE:
        break;
    }
  }
}

/* A socket for each attempt, so that the rest of an interrupted list is not
 * read. Returns: an errno */
static gint
attempt (gint64 deadline, IceRtnetlinkDump *dump)
{
  gint fd = socket (
      AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  gint code;

  if (fd < 0)
    return errno;
  dump->interrupted = FALSE;
  code = ask (fd, deadline, dump, ICE_RTNETLINK_LINKS);
  if (code == 0)
    code = ask (fd, deadline, dump, ICE_RTNETLINK_ADDRESSES);
  close (fd);
  return code;
}

/* Returns: (transfer full) (nullable): the list; NULL: rtnetlink cannot be
 *   used, code has the cause */
static GArray *
read_by_rtnetlink (gint *code)
{
  gint64 deadline = g_get_monotonic_time () + MAX_TIME;
  GArray *addresses = NULL;
  IceRtnetlinkDump dump;
  guint i;

  ice_rtnetlink_dump_init (&dump);
  for (i = 0; i < MAX_ATTEMPTS; i++) {
    *code = attempt (deadline, &dump);
    if (*code != EINTR && *code != ENOBUFS && !dump.interrupted)
      break;
  }
  if (*code == 0)
    addresses = ice_rtnetlink_dump_take_addresses (&dump);
  ice_rtnetlink_dump_clear (&dump);
  return addresses;
}

#else

static GArray *
read_by_rtnetlink (gint *code)
{
  *code = ENOTSUP;
  return NULL;
}

#endif

static guint
count_bits (const guint8 *bytes, gsize n)
{
  guint bits = 0;
  gsize i;

  for (i = 0; i < n && bytes[i] == 0xff; i++)
    bits += 8;
  if (i < n)
    bits += 8 - g_bit_storage ((guint8) ~bytes[i]);
  return bits;
}

static const guint8 *
get_bytes (const struct sockaddr *address)
{
  if (address->sa_family == AF_INET6)
    return ((const struct sockaddr_in6 *) address)->sin6_addr.s6_addr;
  return (const guint8 *) &((const struct sockaddr_in *) address)->sin_addr;
}

static void
append_ifaddrs (GArray *all, const struct ifaddrs *entry)
{
  IceLocalAddress address = { 0 };
  gsize size;

  if (entry->ifa_addr == NULL || (entry->ifa_flags & IFF_UP) == 0
      || (entry->ifa_addr->sa_family != AF_INET
          && entry->ifa_addr->sa_family != AF_INET6))
    return;
  address.ipv6 = entry->ifa_addr->sa_family == AF_INET6;
  size = address.ipv6 ? 16 : 4;
  memcpy (address.bytes, get_bytes (entry->ifa_addr), size);
  if (entry->ifa_netmask != NULL)
    address.prefix_length = count_bits (get_bytes (entry->ifa_netmask), size);
  address.interface = if_nametoindex (entry->ifa_name);
  g_strlcpy (address.name, entry->ifa_name, sizeof (address.name));
  g_array_append_val (all, address);
}

static GArray *
read_by_getifaddrs (GError **error)
{
  GArray *all;
  struct ifaddrs *list, *i;

  if (getifaddrs (&list) != 0) {
    gint code = errno;

    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
        "could not list this machine's addresses: %s; a sandbox has to allow "
        "sockets of AF_NETLINK",
        g_strerror (code));
    return NULL;
  }
  all = g_array_new (FALSE, FALSE, sizeof (IceLocalAddress));
  for (i = list; i != NULL; i = i->ifa_next)
    append_ifaddrs (all, i);
  freeifaddrs (list);
  return all;
}

/**
 * gst_ice_address_list_read:
 * @error: the cause, where there is no list
 *
 * Any thread; asks the kernel, for a second at most.
 *
 * Returns: (transfer full) (element-type IceLocalAddress) (nullable): the
 *   addresses of all interfaces that are up, in the kernel's order; %NULL with
 *   @error set where it gives no list
 */
GArray *
gst_ice_address_list_read (GError **error)
{
  GArray *all;
  gint code;

  GST_DEBUG_CATEGORY_INIT (gst_ice_address_list_debug, "iceaddresslist", 0,
      "addresses of this machine");
  all = read_by_rtnetlink (&code);
  if (all != NULL)
    return all;
  GST_INFO ("addresses are listed without their flags, so that deprecated and "
            "stable IPv6 ones are used too: no rtnetlink: %s",
      g_strerror (code));
  return read_by_getifaddrs (error);
}
