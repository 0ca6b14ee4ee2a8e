/* gst-ice: test of icelocaladdress.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/icelocaladdress.h"
#include <arpa/inet.h>
#include <string.h>

#define DEPRECATED ICE_LOCAL_ADDRESS_DEPRECATED
#define TENTATIVE ICE_LOCAL_ADDRESS_TENTATIVE
#define TEMPORARY ICE_LOCAL_ADDRESS_TEMPORARY
#define UNSET ICE_LOCAL_ADDRESS_UNSET
#define NAMED ICE_LOCAL_ADDRESS_NAMED
#define COVERED ICE_LOCAL_ADDRESS_COVERED

static IceLocalAddress
make (const gchar *text, guint prefix_length, guint interface,
    IceLocalAddressFlags flags, IceLocalAddressWish wish)
{
  IceLocalAddress address = { .prefix_length = prefix_length,
    .interface = interface,
    .flags = flags,
    .wish = wish };

  address.ipv6 = strchr (text, ':') != NULL;
  g_assert_cmpint (
      inet_pton (address.ipv6 ? AF_INET6 : AF_INET, text, address.bytes), ==,
      1);
  return address;
}

/* The verdict on a single address. */
static const struct
{
  const gchar *text;
  IceLocalAddressFlags flags;
  IceLocalAddressWish wish;
  IceLocalAddressChoice choice;
} alone[] = {
  { "192.0.2.1", 0, UNSET, ICE_LOCAL_ADDRESS_USED },
  { "169.254.1.1", 0, UNSET, ICE_LOCAL_ADDRESS_USED },
  { "2001:db8::1", 0, UNSET, ICE_LOCAL_ADDRESS_USED },
  { "2001:db8::1", TEMPORARY, UNSET, ICE_LOCAL_ADDRESS_USED },
  { "fd00::1", 0, UNSET, ICE_LOCAL_ADDRESS_USED },
  /* IPv4 knows no deprecated addresses that a host should leave out */
  { "192.0.2.1", DEPRECATED, UNSET, ICE_LOCAL_ADDRESS_USED },
  { "192.0.2.1", DEPRECATED, COVERED, ICE_LOCAL_ADDRESS_USED },

  { "127.0.0.1", 0, UNSET, ICE_LOCAL_ADDRESS_IS_LOOPBACK },
  { "127.255.255.254", 0, UNSET, ICE_LOCAL_ADDRESS_IS_LOOPBACK },
  { "::1", 0, UNSET, ICE_LOCAL_ADDRESS_IS_LOOPBACK },
  { "::101", 0, UNSET, ICE_LOCAL_ADDRESS_IS_OBSOLETE },
  { "::2", 0, UNSET, ICE_LOCAL_ADDRESS_IS_OBSOLETE },
  { "126.0.0.1", 0, UNSET, ICE_LOCAL_ADDRESS_USED },
  { "128.0.0.1", 0, UNSET, ICE_LOCAL_ADDRESS_USED },
  { "127.0.0.1", 0, COVERED, ICE_LOCAL_ADDRESS_USED },
  { "::1", 0, COVERED, ICE_LOCAL_ADDRESS_USED },
  { "::1", 0, NAMED, ICE_LOCAL_ADDRESS_USED },

  { "fe80::1", 0, UNSET, ICE_LOCAL_ADDRESS_IS_LINK_LOCAL },
  { "febf::1", 0, UNSET, ICE_LOCAL_ADDRESS_IS_LINK_LOCAL },
  { "fe80::1", 0, COVERED, ICE_LOCAL_ADDRESS_USED },
  { "fe7f::1", 0, UNSET, ICE_LOCAL_ADDRESS_USED },

  { "fec0::1", 0, UNSET, ICE_LOCAL_ADDRESS_IS_OBSOLETE },
  { "feff:ffff::1", 0, UNSET, ICE_LOCAL_ADDRESS_IS_OBSOLETE },
  { "fec0::1", 0, COVERED, ICE_LOCAL_ADDRESS_IS_OBSOLETE },
  { "fec0::1", 0, NAMED, ICE_LOCAL_ADDRESS_USED },
  { "::192.0.2.1", 0, UNSET, ICE_LOCAL_ADDRESS_IS_OBSOLETE },
  { "::192.0.2.1", 0, NAMED, ICE_LOCAL_ADDRESS_USED },
  { "::ffff:192.0.2.1", 0, UNSET, ICE_LOCAL_ADDRESS_USED },
  { "::1:192.0.2.1", 0, UNSET, ICE_LOCAL_ADDRESS_USED },
  { "20c0::1", 0, UNSET, ICE_LOCAL_ADDRESS_USED },

  { "2001:db8::1", DEPRECATED, UNSET, ICE_LOCAL_ADDRESS_IS_DEPRECATED },
  { "2001:db8::1", DEPRECATED, COVERED, ICE_LOCAL_ADDRESS_IS_DEPRECATED },
  { "2001:db8::1", DEPRECATED, NAMED, ICE_LOCAL_ADDRESS_USED },
  { "2001:db8::1", DEPRECATED | TEMPORARY, UNSET,
      ICE_LOCAL_ADDRESS_IS_DEPRECATED },

  { "2001:db8::1", TENTATIVE, UNSET, ICE_LOCAL_ADDRESS_IS_TENTATIVE },
  { "2001:db8::1", TENTATIVE, COVERED, ICE_LOCAL_ADDRESS_IS_TENTATIVE },
  /* nobody can bind to it, whoever names it */
  { "2001:db8::1", TENTATIVE, NAMED, ICE_LOCAL_ADDRESS_IS_TENTATIVE },
  { "192.0.2.1", TENTATIVE, UNSET, ICE_LOCAL_ADDRESS_IS_TENTATIVE },

  { "192.0.2.1", 0, ICE_LOCAL_ADDRESS_NOT_COVERED,
      ICE_LOCAL_ADDRESS_EXCLUDED_BY_ADDRESSES },
  { "127.0.0.1", TENTATIVE, ICE_LOCAL_ADDRESS_OTHER_INTERFACE,
      ICE_LOCAL_ADDRESS_EXCLUDED_BY_INTERFACES },
};

static void
test_alone (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (alone); i++) {
    IceLocalAddress address = make (
        alone[i].text, 64, 1, alone[i].flags, alone[i].wish);

    g_test_message ("row %" G_GSIZE_FORMAT ": %s", i, alone[i].text);
    g_assert_cmpint (
        ice_local_address_choose (&address, 1, 0), ==, alone[i].choice);
  }
}

/* Whether the stable address 2001:db8:0:7::5 of interface 1, of this prefix
 * length and wish, is left out beside this other one. */
static const struct
{
  const gchar *other;
  guint prefix_length, interface;
  IceLocalAddressFlags flags;
  IceLocalAddressWish other_wish, wish;
  gboolean left_out;
} beside[] = {
  { "2001:db8:0:7::9", 64, 1, TEMPORARY, UNSET, UNSET, TRUE },
  { "2001:db8:0:7::9", 64, 1, TEMPORARY, COVERED, COVERED, TRUE },
  { "2001:db8:0:7::9", 64, 1, TEMPORARY, COVERED, NAMED, FALSE },
  { "2001:db8:0:7::9", 64, 1, TEMPORARY, NAMED, COVERED, TRUE },
  { "2001:db8:0:7::9", 64, 1, 0, UNSET, UNSET, FALSE },
  { "2001:db8:0:7::9", 64, 2, TEMPORARY, UNSET, UNSET, FALSE },
  { "2001:db8:0:8::9", 64, 1, TEMPORARY, UNSET, UNSET, FALSE },
  { "2001:db8:0:8::9", 60, 1, TEMPORARY, UNSET, UNSET, TRUE },
  { "2001:db8:0:17::9", 60, 1, TEMPORARY, UNSET, UNSET, FALSE },
  { "2001:db8:0:7::9", 127, 1, TEMPORARY, UNSET, UNSET, FALSE },
  { "2001:db8:0:7::4", 127, 1, TEMPORARY, UNSET, UNSET, TRUE },
  { "fd00::9", 0, 1, TEMPORARY, UNSET, UNSET, TRUE },
  { "2001:db8:0:7::9", 129, 1, TEMPORARY, UNSET, UNSET, FALSE },
  /* no prefix is that long */
  { "2001:db8:0:7::5", 129, 1, TEMPORARY, UNSET, UNSET, FALSE },
  { "2001:db8:0:7::5", 128, 1, TEMPORARY, UNSET, UNSET, TRUE },
  /* one that is not used itself hides nobody */
  { "2001:db8:0:7::9", 64, 1, TEMPORARY | DEPRECATED, UNSET, UNSET, FALSE },
  { "2001:db8:0:7::9", 64, 1, TEMPORARY | TENTATIVE, UNSET, UNSET, FALSE },
  { "2001:db8:0:7::9", 64, 1, TEMPORARY, ICE_LOCAL_ADDRESS_NOT_COVERED, COVERED,
      FALSE },
  { "2001:db8:0:7::9", 64, 1, TEMPORARY | DEPRECATED, NAMED, COVERED, TRUE },
};

static void
test_temporary (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (beside); i++) {
    IceLocalAddress addresses[2] = {
      make ("2001:db8:0:7::5", beside[i].prefix_length, 1, 0, beside[i].wish),
      make (beside[i].other, beside[i].prefix_length, beside[i].interface,
          beside[i].flags, beside[i].other_wish),
    };

    g_test_message ("row %" G_GSIZE_FORMAT, i);
    g_assert_cmpint (ice_local_address_choose (addresses, 2, 0), ==,
        beside[i].left_out ? ICE_LOCAL_ADDRESS_IS_STABLE
                           : ICE_LOCAL_ADDRESS_USED);
    g_assert_cmpint (
        ice_local_address_choose (addresses, 2, 1) == ICE_LOCAL_ADDRESS_USED,
        ==,
        beside[i].other_wish == NAMED
            || (beside[i].other_wish != ICE_LOCAL_ADDRESS_NOT_COVERED
                && (beside[i].flags & (DEPRECATED | TENTATIVE)) == 0));
  }
}

/* The bit of "temporary" means "secondary" for IPv4: nothing. */
static void
test_ipv4 (void)
{
  IceLocalAddress addresses[] = {
    make ("192.0.2.1", 24, 1, 0, UNSET),
    make ("192.0.2.2", 24, 1, TEMPORARY, UNSET),
  };

  g_assert_cmpint (
      ice_local_address_choose (addresses, 2, 0), ==, ICE_LOCAL_ADDRESS_USED);
  g_assert_cmpint (
      ice_local_address_choose (addresses, 2, 1), ==, ICE_LOCAL_ADDRESS_USED);
}

/* Each prefix length and each address that differs in one bit. */
static void
test_broadcast (void)
{
  static const struct
  {
    guint prefix;
    guint8 octets[4];
  } broadcast[] = {
    { 1, { 255, 255, 255, 255 } },
    { 8, { 192, 255, 255, 255 } },
    { 20, { 192, 0, 15, 255 } },
    { 24, { 192, 0, 2, 255 } },
    { 29, { 192, 0, 2, 7 } },
    { 30, { 192, 0, 2, 3 } },
  };
  guint i, bit;

  for (i = 0; i < G_N_ELEMENTS (broadcast); i++) {
    IceLocalAddress address = make (
        "192.0.2.1", broadcast[i].prefix, 1, 0, UNSET);

    g_assert_true (
        ice_local_address_is_broadcast (&address, broadcast[i].octets));
    for (bit = 0; bit < 32; bit++) {
      guint8 other[4];

      memcpy (other, broadcast[i].octets, sizeof other);
      other[bit / 8] ^= 0x80 >> bit % 8;
      g_assert_false (ice_local_address_is_broadcast (&address, other));
    }
    g_assert_false (ice_local_address_is_broadcast (&address, address.bytes));
  }
}

static void
test_no_broadcast (void)
{
  static const guint8 all[4] = { 255, 255, 255, 255 },
                      own[4] = { 192, 0, 2, 3 };
  static const guint prefixes[] = { 0, 31, 32, 33 };
  IceLocalAddress ipv6 = make ("2001:db8::1", 16, 1, 0, UNSET);
  guint i;

  g_assert_false (ice_local_address_is_broadcast (&ipv6, all));
  for (i = 0; i < G_N_ELEMENTS (prefixes); i++) {
    IceLocalAddress address = make ("192.0.2.3", prefixes[i], 1, 0, UNSET);

    g_assert_false (ice_local_address_is_broadcast (&address, own));
    g_assert_false (ice_local_address_is_broadcast (&address, all));
  }
}

/* Prefixes of different lengths are different ones. */
static void
test_other_length (void)
{
  const IceLocalAddress both[] = {
    make ("2001:db8:0:7::5", 64, 1, 0, UNSET),
    make ("2001:db8:0:7::9", 60, 1, TEMPORARY, UNSET),
  };

  g_assert_cmpint (
      ice_local_address_choose (both, 2, 0), ==, ICE_LOCAL_ADDRESS_USED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/icelocaladdress/alone", test_alone);
  g_test_add_func ("/icelocaladdress/temporary", test_temporary);
  g_test_add_func ("/icelocaladdress/ipv4", test_ipv4);
  g_test_add_func ("/icelocaladdress/broadcast", test_broadcast);
  g_test_add_func ("/icelocaladdress/no-broadcast", test_no_broadcast);
  g_test_add_func ("/icelocaladdress/other-length", test_other_length);
  return g_test_run ();
}
