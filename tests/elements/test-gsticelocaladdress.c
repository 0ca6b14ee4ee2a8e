/* gst-ice: test of gsticelocaladdress, by the loopback that every machine has.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticelocaladdress.h"
#include "netns.h"
#include <string.h>

#define STRINGS(...) ((const gchar *const[]){ __VA_ARGS__, NULL })
static const gchar *const none[] = { NULL };

static void
assert_addresses (const gchar *const *prefixes, const gchar *const *interfaces,
    const gchar *address, gboolean wanted)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) found = gst_ice_local_addresses (prefixes, interfaces, &error);

  if (found == NULL)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  else
    g_assert_no_error (error);
  g_assert_cmpint (
      found != NULL && g_strv_contains ((const gchar *const *) found, address),
      ==, wanted);
}

/* Loopback is for those who ask for it. */
static void
test_default (void)
{
  assert_addresses (none, none, "127.0.0.1", FALSE);
  assert_addresses (none, STRINGS ("lo"), "127.0.0.1", FALSE);
}

static void
test_prefixes (void)
{
  assert_addresses (STRINGS ("127.0.0.1"), none, "127.0.0.1", TRUE);
  assert_addresses (STRINGS ("127.0.0.0/8"), none, "127.0.0.1", TRUE);
  assert_addresses (STRINGS ("0.0.0.0/0"), none, "127.0.0.1", TRUE);
  assert_addresses (STRINGS ("127.0.0.2"), none, "127.0.0.1", FALSE);
  assert_addresses (STRINGS ("192.0.2.0/24"), none, "127.0.0.1", FALSE);
  assert_addresses (
      STRINGS ("192.0.2.0/24", "127.0.0.1"), none, "127.0.0.1", TRUE);
  assert_addresses (STRINGS ("::/0"), none, "127.0.0.1", FALSE);
}

static void
test_interfaces (void)
{
  const gchar *const *all = STRINGS ("127.0.0.0/8");

  assert_addresses (all, STRINGS ("lo"), "127.0.0.1", TRUE);
  assert_addresses (all, STRINGS ("l*"), "127.0.0.1", TRUE);
  assert_addresses (all, STRINGS ("?o"), "127.0.0.1", TRUE);
  assert_addresses (all, STRINGS ("eth*"), "127.0.0.1", FALSE);
  assert_addresses (all, STRINGS ("!lo"), "127.0.0.1", FALSE);
  assert_addresses (all, STRINGS ("!docker*"), "127.0.0.1", TRUE);
  assert_addresses (all, STRINGS ("*", "!lo"), "127.0.0.1", FALSE);
  assert_addresses (all, STRINGS ("!lo", "*"), "127.0.0.1", FALSE);
  assert_addresses (all, STRINGS ("eth*", "!docker*"), "127.0.0.1", FALSE);
  assert_addresses (all, STRINGS ("eth*", "lo"), "127.0.0.1", TRUE);
}

static void
test_error (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gst_ice_local_addresses (
      STRINGS ("192.0.2.0/24", "198.51.100.1"), STRINGS ("nowhere*"), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "192.0.2.0/24 198.51.100.1"));
  g_assert_nonnull (strstr (error->message, "nowhere*"));
}

/* An IPv6 address is none until no other machine turns out to have it. */
static void
add_tentative (int descriptor)
{
  const gchar *const *prefixes = STRINGS ("fd00::/16");
  gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  GStrv found;

  if (!netns_run ("ip link add ice0 type veth peer name ice1")) {
    g_test_skip ("there is no veth, or no ip");
    return;
  }
  g_assert_true (netns_run ("ip link set ice1 up"));
  g_assert_true (netns_run ("ip link set ice0 up"));
  g_assert_true (netns_run ("ip address add fd00::1/64 dev ice0"));
  assert_addresses (prefixes, none, "fd00::1", FALSE);
  g_assert_true (netns_run ("ip address add fd00::2/64 dev ice0 nodad"));
  assert_addresses (prefixes, none, "fd00::2", TRUE);
  while (g_strv_length (found = gst_ice_local_addresses (prefixes, none, NULL))
      < 2) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_strfreev (found);
    g_usleep (10000);
  }
  g_strfreev (found);
}

static void
test_tentative (void)
{
  netns_test (add_tentative);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/localaddress/default", test_default);
  g_test_add_func ("/localaddress/prefixes", test_prefixes);
  g_test_add_func ("/localaddress/interfaces", test_interfaces);
  g_test_add_func ("/localaddress/error", test_error);
  g_test_add_func ("/localaddress/tentative", test_tentative);
  return g_test_run ();
}
