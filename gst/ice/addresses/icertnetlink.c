/* gst-ice: a Linux kernel's lists of links and addresses, by rtnetlink.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/icertnetlink.h"
#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <string.h>

G_STATIC_ASSERT (ICE_INTERFACE_NAME_SIZE == IFNAMSIZ);

/**
 * ice_rtnetlink_dump_init:
 * @dump: (out caller-allocates): two lists, both empty
 */
void
ice_rtnetlink_dump_init (IceRtnetlinkDump *dump)
{
  *dump = (IceRtnetlinkDump){ 0 };
  dump->links = g_array_new (FALSE, FALSE, sizeof (IceRtnetlinkLink));
  dump->addresses = g_array_new (FALSE, FALSE, sizeof (IceLocalAddress));
}

/**
 * ice_rtnetlink_dump_clear:
 * @dump: two lists
 */
void
ice_rtnetlink_dump_clear (IceRtnetlinkDump *dump)
{
  g_clear_pointer (&dump->links, g_array_unref);
  g_clear_pointer (&dump->addresses, g_array_unref);
}

/**
 * ice_rtnetlink_dump_request:
 * @dump: two lists
 * @list: the list to request; it is emptied
 *
 * Returns: (transfer full): the datagram to send to the kernel
 */
GBytes *
ice_rtnetlink_dump_request (IceRtnetlinkDump *dump, IceRtnetlinkList list)
{
  struct
  {
    struct nlmsghdr header;
    struct ifinfomsg body; /* no shorter than ifaddrmsg */
  } request;

  memset (&request, 0, sizeof (request));
  request.header.nlmsg_len = sizeof (request);
  request.header.nlmsg_type = list == ICE_RTNETLINK_LINKS ? RTM_GETLINK
                                                          : RTM_GETADDR;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = ++dump->sequence;
  g_array_set_size (
      list == ICE_RTNETLINK_LINKS ? dump->links : dump->addresses, 0);
  return g_bytes_new (&request, sizeof (request));
}

/* Finds an attribute among those of a message: of at least *size bytes, which
 * becomes the number that it has. */
static const guint8 *
find_attribute (const guint8 *data, gsize length, guint type, gsize *size)
{
  struct rtattr header;

  while (length >= sizeof (header)) {
    gsize step;

    memcpy (&header, data, sizeof (header));
    if (header.rta_len < sizeof (header) || header.rta_len > length)
      return NULL;
    if ((header.rta_type & NLA_TYPE_MASK) == type
        && header.rta_len - sizeof (header) >= *size) {
      *size = header.rta_len - sizeof (header);
      return data + sizeof (header);
    }
    step = MIN (RTA_ALIGN ((gsize) header.rta_len), length);
    data += step;
    length -= step;
  }
  return NULL;
}

static void
copy_name (gchar *name, const guint8 *data, gsize length, guint type)
{
  gsize size = 1;
  const guint8 *found = find_attribute (data, length, type, &size);

  if (found == NULL)
    return;
  memset (name, 0, ICE_INTERFACE_NAME_SIZE);
  memcpy (name, found, MIN (size, (gsize) ICE_INTERFACE_NAME_SIZE - 1));
}

static void
read_link (IceRtnetlinkDump *dump, const guint8 *data, gsize length)
{
  IceRtnetlinkLink link = { 0 };
  struct ifinfomsg body;

  if (length < sizeof (body) || dump->links->len >= ICE_RTNETLINK_MAX_ENTRIES)
    return;
  memcpy (&body, data, sizeof (body));
  link.index = body.ifi_index;
  link.up = (body.ifi_flags & IFF_UP) != 0;
  copy_name (link.name, data + NLMSG_ALIGN (sizeof (body)),
      length - NLMSG_ALIGN (sizeof (body)), IFLA_IFNAME);
  g_array_append_val (dump->links, link);
}

static IceLocalAddressFlags
translate_flags (guint32 flags)
{
  IceLocalAddressFlags result = 0;

  if ((flags & IFA_F_DEPRECATED) != 0)
    result |= ICE_LOCAL_ADDRESS_DEPRECATED;
  /* An optimistic one can be used (RFC 4429 section 3.3). */
  if ((flags & IFA_F_DADFAILED) != 0
      || ((flags & IFA_F_TENTATIVE) != 0 && (flags & IFA_F_OPTIMISTIC) == 0))
    result |= ICE_LOCAL_ADDRESS_TENTATIVE;
  return result;
}

static void
read_address (IceRtnetlinkDump *dump, const guint8 *data, gsize length)
{
  IceLocalAddress address = { 0 };
  struct ifaddrmsg body;
  const guint8 *attributes = data + NLMSG_ALIGN (sizeof (body)), *found;
  guint32 flags;
  gsize size;

  if (length < NLMSG_ALIGN (sizeof (body))
      || dump->addresses->len >= ICE_RTNETLINK_MAX_ENTRIES)
    return;
  length -= NLMSG_ALIGN (sizeof (body));
  memcpy (&body, data, sizeof (body));
  if (body.ifa_family != AF_INET && body.ifa_family != AF_INET6)
    return;
  address.ipv6 = body.ifa_family == AF_INET6;
  size = address.ipv6 ? 16 : 4;
  /* where both are there, the other one is the far end of a tunnel */
  found = find_attribute (attributes, length, IFA_LOCAL, &size);
  if (found == NULL)
    found = find_attribute (attributes, length, IFA_ADDRESS, &size);
  if (found == NULL)
    return;
  memcpy (address.bytes, found, address.ipv6 ? 16 : 4);
  address.prefix_length = body.ifa_prefixlen;
  address.interface = body.ifa_index;

  flags = body.ifa_flags;
  size = sizeof (flags);
  found = find_attribute (attributes, length, IFA_FLAGS, &size);
  if (found != NULL)
    memcpy (&flags, found, sizeof (flags));
  address.flags = translate_flags (flags);
  /* the same bit means "secondary" for IPv4 */
  if (address.ipv6 && (flags & IFA_F_TEMPORARY) != 0)
    address.flags |= ICE_LOCAL_ADDRESS_TEMPORARY;
  copy_name (address.name, attributes, length, IFA_LABEL);
  g_array_append_val (dump->addresses, address);
}

/* NLMSG_DONE and NLMSG_ERROR have a negative errno in front. */
static gint
read_code (const guint8 *data, gsize length)
{
  gint32 code = 0;

  if (length >= sizeof (code))
    memcpy (&code, data, sizeof (code));
  return code < 0 && code > -4096 ? -code : 0;
}

static IceRtnetlinkResult
fail (IceRtnetlinkDump *dump, gint code)
{
  dump->code = code;
  return ICE_RTNETLINK_FAILED;
}

static IceRtnetlinkResult
read_message (IceRtnetlinkDump *dump, const struct nlmsghdr *header,
    const guint8 *data, gsize length)
{
  gint code;

  if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
    dump->interrupted = TRUE;
  switch (header->nlmsg_type) {
    case NLMSG_DONE:
      code = read_code (data, length);
      return code != 0 ? fail (dump, code) : ICE_RTNETLINK_DONE;
    case NLMSG_ERROR:
      code = read_code (data, length);
      return fail (dump, code != 0 ? code : EPROTO);
    case NLMSG_OVERRUN:
      return fail (dump, ENOBUFS);
    case RTM_NEWLINK:
      read_link (dump, data, length);
      break;
    case RTM_NEWADDR:
      read_address (dump, data, length);
      break;
    default:
      break;
  }
  return ICE_RTNETLINK_MORE;
}

/**
 * ice_rtnetlink_dump_read:
 * @dump: two lists
 * @data: (array length=length): a datagram from the kernel, of any alignment
 * @length: its size
 *
 * Adds what @data lists. Messages that do not answer the last request are
 * skipped; a list ends at %ICE_RTNETLINK_MAX_ENTRIES.
 *
 * Returns: whether there is more to come
 */
IceRtnetlinkResult
ice_rtnetlink_dump_read (
    IceRtnetlinkDump *dump, const guint8 *data, gsize length)
{
  struct nlmsghdr header;

  while (length >= sizeof (header)) {
    IceRtnetlinkResult result = ICE_RTNETLINK_MORE;
    gsize step;

    memcpy (&header, data, sizeof (header));
    if (header.nlmsg_len < sizeof (header) || header.nlmsg_len > length)
      return fail (dump, EBADMSG);
    if (header.nlmsg_seq == dump->sequence)
      result = read_message (
          dump, &header, data + NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN);
    if (result != ICE_RTNETLINK_MORE)
      return result;
    step = MIN (NLMSG_ALIGN ((gsize) header.nlmsg_len), length);
    data += step;
    length -= step;
  }
  return length == 0 ? ICE_RTNETLINK_MORE : fail (dump, EBADMSG);
}

static const IceRtnetlinkLink *
find_link (const IceRtnetlinkDump *dump, guint index)
{
  guint i;

  for (i = 0; i < dump->links->len; i++) {
    const IceRtnetlinkLink *link = &g_array_index (
        dump->links, IceRtnetlinkLink, i);

    if (link->index == index)
      return link;
  }
  return NULL;
}

/**
 * ice_rtnetlink_dump_take_addresses:
 * @dump: two lists, both complete
 *
 * Returns: (transfer full) (element-type IceLocalAddress): the addresses of
 *   links that are up, named as their links where they have no name of their
 *   own
 */
GArray *
ice_rtnetlink_dump_take_addresses (IceRtnetlinkDump *dump)
{
  GArray *result = g_array_new (FALSE, FALSE, sizeof (IceLocalAddress));
  guint i;

  for (i = 0; i < dump->addresses->len; i++) {
    IceLocalAddress *address = &g_array_index (
        dump->addresses, IceLocalAddress, i);
    const IceRtnetlinkLink *link = find_link (dump, address->interface);

    if (link == NULL || !link->up)
      continue;
    if (address->name[0] == '\0')
      g_strlcpy (address->name, link->name, sizeof (address->name));
    g_array_append_vals (result, address, 1);
  }
  g_array_set_size (dump->addresses, 0);
  return result;
}
