/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "candidates/iceaddress.h"
#include <string.h>

/* Every first octet, with each last one; 255.255.255.255 is one of them. */
static void
test_ipv4 (void)
{
  guint first, last, middle;

  for (first = 0; first < 256; first++)
    for (last = 0; last < 256; last++)
      for (middle = 0; middle < 2; middle++) {
        const guint8 octets[4] = { first, middle * 255, middle * 255, last };
        IceAddressUse use = ice_address_judge_ipv4 (octets);

        if (first == 0)
          g_assert_cmpint (use, ==, ICE_ADDRESS_UNSPECIFIED);
        else if (first == 127)
          g_assert_cmpint (use, ==, ICE_ADDRESS_LOOPBACK);
        else if (first == 255 && middle == 1 && last == 255)
          g_assert_cmpint (use, ==, ICE_ADDRESS_BROADCAST);
        else if (first >= 240)
          g_assert_cmpint (use, ==, ICE_ADDRESS_RESERVED);
        else if (first >= 224)
          g_assert_cmpint (use, ==, ICE_ADDRESS_MULTICAST);
        else
          g_assert_cmpint (use, ==, ICE_ADDRESS_USABLE);
      }
}

/* Mapped and compatible addresses are what their IPv4 address is. */
static void
test_ipv4_in_ipv6 (void)
{
  guint first, form;

  for (first = 0; first < 256; first++)
    for (form = 0; form < 2; form++) {
      guint8 octets[16] = { 0 };
      const guint8 ipv4[4] = { first, 1, 2, 255 };

      memset (octets + 10, form == 0 ? 0 : 0xFF, 2);
      memcpy (octets + 12, ipv4, sizeof ipv4);
      g_assert_cmpint (
          ice_address_judge_ipv6 (octets), ==, ice_address_judge_ipv4 (ipv4));
    }
}

/* Every value of each octet of the prefix. */
static void
test_embedded_ipv4 (void)
{
  guint8 octets[16] = { 0 };
  guint at, value;

  for (value = 0; value <= 0xFFFF; value++) {
    octets[10] = value >> 8;
    octets[11] = value & 0xFF;
    g_assert_true (ice_address_get_embedded_ipv4 (octets)
        == (value == 0 || value == 0xFFFF ? octets + 12 : NULL));
  }
  for (at = 0; at < 10; at++) {
    for (value = 1; value <= 0xFF; value++) {
      octets[at] = value;
      g_assert_null (ice_address_get_embedded_ipv4 (octets));
    }
    octets[at] = 0;
  }
}

static void
test_link_local (void)
{
  guint8 octets[16] = { [15] = 1 };
  guint value;

  for (value = 0; value <= 0xFFFF; value++) {
    octets[0] = value >> 8;
    octets[1] = value & 0xFF;
    g_assert_cmpint (ice_address_is_link_local_ipv6 (octets), ==,
        value >= 0xFE80 && value <= 0xFEBF);
  }
}

/* As the octets: every first group of an IPv6 address. */
static void
test_link_local_text (void)
{
  guint value;

  for (value = 0; value <= 0xFFFF; value++) {
    g_autofree gchar *address = g_strdup_printf ("%x::1", value);

    g_assert_cmpint (ice_address_is_link_local (address), ==,
        value >= 0xFE80 && value <= 0xFEBF);
  }
  g_assert_true (ice_address_is_link_local ("FE80::1"));
  g_assert_true (ice_address_is_link_local ("fe80::1%eth0"));
  g_assert_false (ice_address_is_link_local ("::fe80"));
  g_assert_true (ice_address_is_link_local ("169.254.0.1"));
  g_assert_false (ice_address_is_link_local ("169.253.0.1"));
  g_assert_false (ice_address_is_link_local ("169.255.0.1"));
  g_assert_false (ice_address_is_link_local ("169.254.example"));
  g_assert_false (ice_address_is_link_local ("fe80.example"));
}

/* What getaddrinfo() would take for an address is no name. */
static void
test_numeric (void)
{
  g_assert_false (ice_address_is_valid ("a.0xff"));
  g_assert_false (ice_address_is_valid ("a.12"));
  g_assert_true (ice_address_is_valid ("a.0xfg"));
  g_assert_true (ice_address_is_valid ("a.0xg"));
  g_assert_true (ice_address_is_valid ("a.12b"));
  g_assert_true (ice_address_is_valid ("a.b"));
}

static void
test_ipv6 (void)
{
  guint8 octets[16] = { 0 };
  guint first, last;

  g_assert_cmpint (
      ice_address_judge_ipv6 (octets), ==, ICE_ADDRESS_UNSPECIFIED);
  octets[15] = 1;
  g_assert_cmpint (ice_address_judge_ipv6 (octets), ==, ICE_ADDRESS_LOOPBACK);
  octets[15] = 2; /* 0.0.0.2 */
  g_assert_cmpint (
      ice_address_judge_ipv6 (octets), ==, ICE_ADDRESS_UNSPECIFIED);
  /* fd00::/8, fe80::/10 and fec0::/10 among them */
  for (first = 1; first < 256; first++)
    for (last = 0; last < 256; last++) {
      octets[0] = first;
      octets[15] = last;
      g_assert_cmpint (ice_address_judge_ipv6 (octets), ==,
          first == 255 ? ICE_ADDRESS_MULTICAST : ICE_ADDRESS_USABLE);
    }
  /* 64:ff9b::/96 is a NAT64's, RFC 6052 */
  memset (octets, 0, sizeof octets);
  octets[1] = 0x64;
  octets[2] = 0xFF;
  octets[3] = 0x9B;
  octets[12] = 127;
  g_assert_cmpint (ice_address_judge_ipv6 (octets), ==, ICE_ADDRESS_USABLE);
  /* between the two forms */
  memset (octets, 0, sizeof octets);
  octets[11] = 0xFF;
  octets[12] = 224;
  g_assert_cmpint (ice_address_judge_ipv6 (octets), ==, ICE_ADDRESS_USABLE);
}

static void
test_names (void)
{
  guint i, j;

  for (i = 0; i < ICE_ADDRESS_N_USES; i++)
    for (j = 0; j < ICE_ADDRESS_N_USES; j++)
      g_assert_cmpint (g_str_equal (ice_address_use_to_string (i),
                           ice_address_use_to_string (j)),
          ==, i == j);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/address/ipv4", test_ipv4);
  g_test_add_func ("/address/ipv4-in-ipv6", test_ipv4_in_ipv6);
  g_test_add_func ("/address/embedded-ipv4", test_embedded_ipv4);
  g_test_add_func ("/address/link-local", test_link_local);
  g_test_add_func ("/address/link-local-text", test_link_local_text);
  g_test_add_func ("/address/ipv6", test_ipv6);
  g_test_add_func ("/address/numeric", test_numeric);
  g_test_add_func ("/address/names", test_names);
  return g_test_run ();
}
