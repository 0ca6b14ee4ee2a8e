/* gst-ice: test of icertnetlink, by datagrams as a kernel makes them, and by
 * broken ones.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/icertnetlink.h"
#include "guardedcopy.h"
#include "mutation.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <string.h>

static void
append (GByteArray *data, gconstpointer bytes, gsize length)
{
  static const guint8 zero[4] = { 0 };

  g_byte_array_append (data, bytes, length);
  g_byte_array_append (data, zero, NLMSG_ALIGN (length) - length);
}

static void
append_attribute (
    GByteArray *data, guint type, gconstpointer bytes, gsize length)
{
  struct rtattr header = { sizeof (header) + length, type };

  append (data, &header, sizeof (header));
  append (data, bytes, length);
}

/* Returns: where the message begins; end_message() writes its length */
static guint
begin_message (GByteArray *data, guint type, guint flags, guint sequence)
{
  struct nlmsghdr header = { 0, type, NLM_F_MULTI | flags, sequence, 0 };
  guint start = data->len;

  append (data, &header, sizeof (header));
  return start;
}

static void
end_message (GByteArray *data, guint start)
{
  guint32 length = data->len - start;

  memcpy (data->data + start, &length, sizeof (length));
}

/* Answers the first request. */
static void
append_header (GByteArray *data, guint32 length)
{
  guint start = begin_message (data, NLMSG_NOOP, 0, 1);

  memcpy (data->data + start, &length, sizeof length);
}

static void
append_code (GByteArray *data, guint type, guint sequence, gint32 code)
{
  guint start = begin_message (data, type, 0, sequence);

  append (data, &code, sizeof (code));
  end_message (data, start);
}

static void
append_link (GByteArray *data, guint index, const gchar *name, gboolean up)
{
  struct ifinfomsg body = { .ifi_index = index, .ifi_flags = up ? IFF_UP : 0 };
  guint start = begin_message (data, RTM_NEWLINK, 0, 1);

  append (data, &body, sizeof (body));
  append_attribute (data, IFLA_ADDRESS, "\1\2\3\4\5\6", 6);
  append_attribute (data, IFLA_IFNAME, name, strlen (name) + 1);
  end_message (data, start);
}

static void
append_address (GByteArray *data, guint index, const gchar *text, guint32 flags)
{
  gboolean ipv6 = strchr (text, ':') != NULL;
  struct ifaddrmsg body = { ipv6 ? AF_INET6 : AF_INET, 64, (guint8) flags, 0,
    index };
  guint start = begin_message (data, RTM_NEWADDR, 0, 2);
  guint8 bytes[16];

  g_assert_cmpint (inet_pton (body.ifa_family, text, bytes), ==, 1);
  append (data, &body, sizeof (body));
  append_attribute (data, IFA_ADDRESS, bytes, ipv6 ? 16 : 4);
  append_attribute (data, IFA_FLAGS, &flags, sizeof (flags));
  end_message (data, start);
}

static IceRtnetlinkResult
read_all (IceRtnetlinkDump *dump, GByteArray *data)
{
  /* only that many bytes are read, at any alignment */
  guint8 *copy = g_malloc (data->len + 1);
  IceRtnetlinkResult result;

  memcpy (copy + 1, data->data, data->len);
  result = ice_rtnetlink_dump_read (dump, copy + 1, data->len);
  g_free (copy);
  return result;
}

static GByteArray *
make_links (void)
{
  GByteArray *data = g_byte_array_new ();

  append_link (data, 1, "lo", TRUE);
  append_link (data, 7, "eth0", TRUE);
  append_link (data, 8, "down0", FALSE);
  append_code (data, NLMSG_DONE, 1, 0);
  return data;
}

static GByteArray *
make_addresses (void)
{
  GByteArray *data = g_byte_array_new ();

  append_address (data, 1, "127.0.0.1", IFA_F_PERMANENT);
  append_address (data, 7, "192.0.2.1", IFA_F_SECONDARY);
  append_address (data, 7, "2001:db8::1", IFA_F_TEMPORARY);
  append_address (
      data, 7, "2001:db8::2", IFA_F_DEPRECATED | IFA_F_MANAGETEMPADDR);
  append_address (data, 7, "2001:db8::3", IFA_F_TENTATIVE);
  append_address (data, 7, "2001:db8::4", IFA_F_DADFAILED);
  append_address (data, 7, "2001:db8::5", IFA_F_TENTATIVE | IFA_F_OPTIMISTIC);
  append_address (data, 8, "2001:db8::6", 0);
  append_address (data, 9, "2001:db8::7", 0);
  append_code (data, NLMSG_DONE, 2, 0);
  return data;
}

/* The first two requests; the answers to them have these numbers. */
static void
ask_for_both (IceRtnetlinkDump *dump)
{
  ice_rtnetlink_dump_init (dump);
  g_bytes_unref (ice_rtnetlink_dump_request (dump, ICE_RTNETLINK_LINKS));
  g_assert_cmpuint (dump->sequence, ==, 1);
}

static gchar *
describe (GArray *addresses)
{
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < addresses->len; i++) {
    const IceLocalAddress *address = &g_array_index (
        addresses, IceLocalAddress, i);
    gchar name[INET6_ADDRSTRLEN];

    inet_ntop (address->ipv6 ? AF_INET6 : AF_INET, address->bytes, name,
        sizeof (name));
    g_string_append_printf (text, "%s/%u@%s:%s%s%s ", name,
        address->prefix_length, address->name,
        (address->flags & ICE_LOCAL_ADDRESS_DEPRECATED) != 0 ? "d" : "",
        (address->flags & ICE_LOCAL_ADDRESS_TENTATIVE) != 0 ? "t" : "",
        (address->flags & ICE_LOCAL_ADDRESS_TEMPORARY) != 0 ? "p" : "");
  }
  return g_string_free (text, FALSE);
}

static void
test_lists (void)
{
  g_autoptr (GByteArray) links = make_links ();
  g_autoptr (GByteArray) addresses = make_addresses ();
  g_autoptr (GArray) found = NULL;
  g_autofree gchar *text = NULL;
  IceRtnetlinkDump dump;

  ask_for_both (&dump);
  g_assert_cmpint (read_all (&dump, links), ==, ICE_RTNETLINK_DONE);
  g_bytes_unref (ice_rtnetlink_dump_request (&dump, ICE_RTNETLINK_ADDRESSES));
  g_assert_cmpint (read_all (&dump, addresses), ==, ICE_RTNETLINK_DONE);
  g_assert_false (dump.interrupted);
  found = ice_rtnetlink_dump_take_addresses (&dump);
  text = describe (found);
  g_assert_cmpstr (text, ==,
      "127.0.0.1/64@lo: 192.0.2.1/64@eth0: 2001:db8::1/64@eth0:p "
      "2001:db8::2/64@eth0:d 2001:db8::3/64@eth0:t 2001:db8::4/64@eth0:t "
      "2001:db8::5/64@eth0: ");
  g_array_unref (found);
  found = ice_rtnetlink_dump_take_addresses (&dump); /* they are taken */
  g_assert_cmpuint (found->len, ==, 0);
  ice_rtnetlink_dump_clear (&dump);
}

/* A name of one letter is one, with and without the end of the text; so is a
 * link without a name. An attribute may be empty. */
static void
assert_short_name (gsize length)
{
  struct ifaddrmsg body = { AF_INET, 64, 0, 0, 7 };
  struct ifinfomsg nameless = { .ifi_index = 7, .ifi_flags = IFF_UP };
  g_autoptr (GByteArray) links = g_byte_array_new ();
  g_autoptr (GByteArray) addresses = g_byte_array_new ();
  g_autoptr (GArray) found = NULL;
  g_autofree gchar *text = NULL;
  IceRtnetlinkDump dump;
  guint start = begin_message (links, RTM_NEWLINK, 0, 1);

  append (links, &nameless, sizeof (nameless));
  end_message (links, start);
  append_code (links, NLMSG_DONE, 1, 0);
  start = begin_message (addresses, RTM_NEWADDR, 0, 2);
  append (addresses, &body, sizeof (body));
  append_attribute (addresses, IFA_ANYCAST, "", 0);
  append_attribute (addresses, IFA_LOCAL, "\xC0\0\2\1", 4);
  append_attribute (addresses, IFA_LABEL, "e", length);
  end_message (addresses, start);
  append_code (addresses, NLMSG_DONE, 2, 0);
  ask_for_both (&dump);
  g_assert_cmpint (read_all (&dump, links), ==, ICE_RTNETLINK_DONE);
  g_bytes_unref (ice_rtnetlink_dump_request (&dump, ICE_RTNETLINK_ADDRESSES));
  g_assert_cmpint (read_all (&dump, addresses), ==, ICE_RTNETLINK_DONE);
  found = ice_rtnetlink_dump_take_addresses (&dump);
  text = describe (found);
  g_assert_cmpstr (
      text, ==, length > 0 ? "192.0.2.1/64@e: " : "192.0.2.1/64@: ");
  ice_rtnetlink_dump_clear (&dump);
}

static void
test_short_name (void)
{
  assert_short_name (0);
  assert_short_name (1);
  assert_short_name (2);
}

/* The near end of a tunnel, and IPv4's name for an address. */
static void
test_attributes (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  struct ifaddrmsg body = { AF_INET, 32, IFA_F_TENTATIVE, 0, 7 };
  struct ifaddrmsg other = { AF_PACKET, 32, 0, 0, 7 };
  const IceLocalAddress *address;
  IceRtnetlinkDump dump;
  guint start;

  ask_for_both (&dump);
  start = begin_message (data, RTM_NEWADDR, 0, 1);
  append (data, &body, sizeof (body));
  append_attribute (data, IFA_ADDRESS, "\1\1\1\1", 4);
  append_attribute (data, IFA_LOCAL, "\2\2\2\2", 4);
  append_attribute (data, IFA_LABEL, "a-name-of-31-characters-or-more", 31);
  end_message (data, start);
  start = begin_message (data, RTM_NEWADDR, 0, 1);
  append (data, &other, sizeof (other));
  append_attribute (data, IFA_ADDRESS, "\1\1\1\1", 4);
  end_message (data, start);
  g_assert_cmpint (read_all (&dump, data), ==, ICE_RTNETLINK_MORE);
  g_assert_cmpuint (dump.addresses->len, ==, 1);
  address = &g_array_index (dump.addresses, IceLocalAddress, 0);
  g_assert_cmpmem (address->bytes, 4, "\2\2\2\2", 4);
  g_assert_cmpstr (address->name, ==, "a-name-of-31-ch");
  /* no IFA_FLAGS: an old kernel */
  g_assert_cmpint (address->flags, ==, ICE_LOCAL_ADDRESS_TENTATIVE);
  ice_rtnetlink_dump_clear (&dump);
}

static void
assert_end (guint type, guint sequence, gint32 code, IceRtnetlinkResult result,
    gint expected)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  IceRtnetlinkDump dump;

  ask_for_both (&dump);
  append_code (data, type, sequence, code);
  g_assert_cmpint (read_all (&dump, data), ==, result);
  g_assert_cmpint (dump.code, ==, expected);
  ice_rtnetlink_dump_clear (&dump);
}

static void
test_ends (void)
{
  assert_end (NLMSG_DONE, 1, 0, ICE_RTNETLINK_DONE, 0);
  assert_end (NLMSG_DONE, 1, -ENOMEM, ICE_RTNETLINK_FAILED, ENOMEM);
  assert_end (NLMSG_DONE, 1, -1, ICE_RTNETLINK_FAILED, 1);
  assert_end (NLMSG_DONE, 1, -4095, ICE_RTNETLINK_FAILED, 4095);
  assert_end (NLMSG_DONE, 1, -4096, ICE_RTNETLINK_DONE, 0); /* no errno */
  assert_end (NLMSG_DONE, 1, 20, ICE_RTNETLINK_DONE, 0);
  assert_end (NLMSG_ERROR, 1, -EPERM, ICE_RTNETLINK_FAILED, EPERM);
  assert_end (NLMSG_ERROR, 1, -EOPNOTSUPP, ICE_RTNETLINK_FAILED, EOPNOTSUPP);
  assert_end (NLMSG_ERROR, 1, 0, ICE_RTNETLINK_FAILED, EPROTO);
  assert_end (NLMSG_ERROR, 1, G_MININT32, ICE_RTNETLINK_FAILED, EPROTO);
  assert_end (NLMSG_OVERRUN, 1, 0, ICE_RTNETLINK_FAILED, ENOBUFS);
  assert_end (NLMSG_NOOP, 1, 0, ICE_RTNETLINK_MORE, 0);
  assert_end (RTM_NEWROUTE, 1, 0, ICE_RTNETLINK_MORE, 0);
  /* of an earlier request */
  assert_end (NLMSG_DONE, 0, 0, ICE_RTNETLINK_MORE, 0);
  assert_end (NLMSG_ERROR, 0, -EPERM, ICE_RTNETLINK_MORE, 0);
}

/* Messages that have no end, or end where they begin. */
static void
test_lengths (void)
{
  static const struct
  {
    guint32 length; /* in the header, of 16 octets */
    guint more;     /* octets that follow */
    IceRtnetlinkResult result;
  } lengths[] = {
    { 0, 0, ICE_RTNETLINK_FAILED },
    { 15, 0, ICE_RTNETLINK_FAILED },
    { 16, 0, ICE_RTNETLINK_MORE },
    { 17, 0, ICE_RTNETLINK_FAILED },
    { 16, 1, ICE_RTNETLINK_FAILED },
    { 16, 15, ICE_RTNETLINK_FAILED },
    { 17, 1, ICE_RTNETLINK_MORE }, /* the last one may be cut off so */
    { 20, 4, ICE_RTNETLINK_MORE },
    { G_MAXUINT32, 4, ICE_RTNETLINK_FAILED },
  };
  static const guint8 more[15] = { 0 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (lengths); i++) {
    g_autoptr (GByteArray) data = g_byte_array_new ();
    IceRtnetlinkDump dump;

    g_test_message ("row %u", i);
    ask_for_both (&dump);
    append_header (data, lengths[i].length);
    g_byte_array_append (data, more, lengths[i].more);
    g_assert_cmpint (read_all (&dump, data), ==, lengths[i].result);
    g_assert_cmpint (
        dump.code, ==, lengths[i].result == ICE_RTNETLINK_FAILED ? EBADMSG : 0);
    ice_rtnetlink_dump_clear (&dump);
  }
}

static void
test_interrupted (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  IceRtnetlinkDump dump;

  ask_for_both (&dump);
  end_message (
      data, begin_message (data, NLMSG_DONE, NLM_F_DUMP_INTR, dump.sequence));
  g_assert_cmpint (read_all (&dump, data), ==, ICE_RTNETLINK_DONE);
  g_assert_true (dump.interrupted);
  ice_rtnetlink_dump_clear (&dump);
}

/* However much is listed. */
static void
test_bound (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  g_autoptr (GByteArray) addresses = g_byte_array_new ();
  IceRtnetlinkDump dump;
  guint i;

  ask_for_both (&dump);
  append_link (data, 1, "lo", TRUE);
  append_address (addresses, 1, "127.0.0.1", 0);
  for (i = 0; i < 2 * ICE_RTNETLINK_MAX_ENTRIES; i++)
    g_assert_cmpint (read_all (&dump, data), ==, ICE_RTNETLINK_MORE);
  g_assert_cmpuint (dump.links->len, ==, ICE_RTNETLINK_MAX_ENTRIES);
  g_bytes_unref (ice_rtnetlink_dump_request (&dump, ICE_RTNETLINK_ADDRESSES));
  for (i = 0; i < 2 * ICE_RTNETLINK_MAX_ENTRIES; i++)
    g_assert_cmpint (read_all (&dump, addresses), ==, ICE_RTNETLINK_MORE);
  g_assert_cmpuint (dump.addresses->len, ==, ICE_RTNETLINK_MAX_ENTRIES);
  /* a list that is requested again begins anew */
  g_bytes_unref (ice_rtnetlink_dump_request (&dump, ICE_RTNETLINK_LINKS));
  g_assert_cmpuint (dump.links->len, ==, 0);
  g_assert_cmpuint (dump.addresses->len, ==, ICE_RTNETLINK_MAX_ENTRIES);
  g_bytes_unref (ice_rtnetlink_dump_request (&dump, ICE_RTNETLINK_ADDRESSES));
  g_assert_cmpuint (dump.addresses->len, ==, 0);
  ice_rtnetlink_dump_clear (&dump);
}

/* Cut short anywhere: an error, or less; nothing behind the end is read. */
static void
cut (GByteArray *data, guint sequence)
{
  while (data->len > 0) {
    IceRtnetlinkDump dump;
    GuardedCopy guarded;
    guint8 *copy;

    g_byte_array_set_size (data, data->len - 1);
    copy = guarded_copy_make (&guarded, data->data, data->len);
    ask_for_both (&dump);
    dump.sequence = sequence;
    g_assert_cmpint (ice_rtnetlink_dump_read (&dump, copy, data->len), !=,
        ICE_RTNETLINK_DONE);
    g_assert_cmpuint (dump.links->len, <=, 3);
    g_assert_cmpuint (dump.addresses->len, <=, 9);
    guarded_copy_clear (&guarded);
    ice_rtnetlink_dump_clear (&dump);
  }
}

static void
test_cut (void)
{
  g_autoptr (GByteArray) links = make_links ();
  g_autoptr (GByteArray) addresses = make_addresses ();

  cut (links, 1);
  cut (addresses, 2);
}

static void
test_mutations (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (MUTATION_SEED);
  g_autoptr (GByteArray) links = make_links ();
  g_autoptr (GByteArray) addresses = make_addresses ();
  guint i;

  for (i = 0; i < mutation_count (); i++) {
    GByteArray *seed = i % 2 == 0 ? links : addresses;
    g_autoptr (GByteArray) data = g_byte_array_new ();
    g_autoptr (GArray) found = NULL;
    IceRtnetlinkDump dump;
    guint k;

    append (data, seed->data, seed->len);
    for (k = g_rand_int_range (rand, 1, 8); k > 0; k--)
      data->data[g_rand_int_range (rand, 0, data->len)] = g_rand_int_range (
          rand, 0, 256);
    ask_for_both (&dump);
    dump.sequence = 1 + i % 2;
    read_all (&dump, data);
    found = ice_rtnetlink_dump_take_addresses (&dump);
    for (k = 0; k < found->len; k++) {
      const IceLocalAddress *address = &g_array_index (
          found, IceLocalAddress, k);

      g_assert_nonnull (memchr (address->name, 0, sizeof (address->name)));
      ice_local_address_choose (
          (const IceLocalAddress *) found->data, found->len, k);
    }
    ice_rtnetlink_dump_clear (&dump);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/icertnetlink/lists", test_lists);
  g_test_add_func ("/icertnetlink/short-name", test_short_name);
  g_test_add_func ("/icertnetlink/attributes", test_attributes);
  g_test_add_func ("/icertnetlink/ends", test_ends);
  g_test_add_func ("/icertnetlink/lengths", test_lengths);
  g_test_add_func ("/icertnetlink/interrupted", test_interrupted);
  g_test_add_func ("/icertnetlink/bound", test_bound);
  g_test_add_func ("/icertnetlink/cut", test_cut);
  g_test_add_func ("/icertnetlink/mutations", test_mutations);
  return g_test_run ();
}
