/* gst-ice: test of gsticelocaladdress, by the loopback that every machine has,
 * and by links in a network namespace of its own.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/gsticelocaladdress.h"
#include "netns.h"
#include <net/if.h>
#include <string.h>
#ifdef __linux__
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

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
  assert_addresses (STRINGS ("nonsense", "127.0.0.1"), none, "127.0.0.1", TRUE);
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

/* What is taken of: two addresses on eth0, one on docker0, a link-local one on
 * wlan0, one on a link that is down, loopback; and IPv6 link-local on eth0. */

#define ETH4 "10.1.0.1 "
#define ETH6 "2001:db8:1::1 "
#define DOCKER "172.17.0.1 "
#define WLAN "169.254.7.7 "
#define LOOP4 "127.0.0.1 "
#define LOOP6 "::1 "
#define LINK6 "fe80::7%eth0 "

static const struct
{
  const gchar *prefixes[4], *interfaces[4];
  const gchar *addresses; /* in the kernel's order: IPv4 first */
} wishes[] = {
  { { NULL }, { NULL }, ETH4 DOCKER WLAN ETH6 },
  { { NULL }, { "eth0" }, ETH4 ETH6 },
  { { NULL }, { "eth*", "wlan?" }, ETH4 WLAN ETH6 },
  { { NULL }, { "!docker*" }, ETH4 WLAN ETH6 },
  { { NULL }, { "!docker*", "!wlan*" }, ETH4 ETH6 },
  { { NULL }, { "!docker*", "*0" }, ETH4 WLAN ETH6 },
  { { NULL }, { "*0", "!eth0" }, DOCKER WLAN },
  { { NULL }, { "lo" }, "" },
  { { NULL }, { "down0" }, "" },
  { { "10.0.0.0/8" }, { NULL }, ETH4 },
  { { "10.1.0.0/24" }, { NULL }, ETH4 },
  { { "10.1.1.0/24" }, { NULL }, "" },
  { { "10.2.0.0/16" }, { NULL }, "" }, /* is down */
  { { "10.1.0.1" }, { NULL }, ETH4 },
  { { "10.1.0.1/32" }, { NULL }, ETH4 },
  { { "172.16.0.0/12", "2001:db8::/32" }, { NULL }, DOCKER ETH6 },
  { { "172.16.0.0/12", "2001:db8::/32" }, { "eth0" }, ETH6 },
  { { "2001:db8:1::/64" }, { NULL }, ETH6 },
  { { "2001:db8:2::/64" }, { NULL }, "" },
  { { "2001:db8:1::1/128" }, { NULL }, ETH6 },
  { { "2001:db8:1:0:0::1" }, { NULL }, ETH6 },
  { { "0.0.0.0/0" }, { "!docker0" }, LOOP4 ETH4 WLAN },
  { { "::/0" }, { NULL }, LOOP6 ETH6 LINK6 },
  { { "127.0.0.0/8", "::1" }, { NULL }, LOOP4 LOOP6 },
  { { "fe80::/10" }, { NULL }, LINK6 },
  { { "fe80::7" }, { "eth*" }, LINK6 },
  { { "fe80::/10" }, { "!eth0" }, "" },
  { { "169.254.0.0/16" }, { NULL }, WLAN },
};

static void
lay_links (void)
{
  static const gchar *const names[] = { "eth0", "docker0", "wlan0", "down0" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_assert_true (
        netns_run ("ip link add %s type veth peer name peer%u", names[i], i));
    g_assert_true (netns_run ("ip link set %s addrgenmode none", names[i]));
    g_assert_true (netns_run ("ip link set %s up", names[i]));
    g_assert_true (netns_run ("ip link set peer%u addrgenmode none up", i));
  }
  g_assert_true (netns_run ("ip addr add 10.1.0.1/24 dev eth0"));
  g_assert_true (netns_run ("ip addr add 2001:db8:1::1/64 dev eth0 nodad"));
  g_assert_true (netns_run ("ip addr add fe80::7/64 dev eth0 nodad"));
  g_assert_true (netns_run ("ip addr add 172.17.0.1/16 dev docker0"));
  g_assert_true (netns_run ("ip addr add 169.254.7.7/16 dev wlan0"));
  g_assert_true (netns_run ("ip addr add 10.2.0.1/24 dev down0"));
  g_assert_true (netns_run ("ip link set down0 down"));
}

static void
test_wishes (int namespace)
{
  guint i;

  lay_links ();
  for (i = 0; i < G_N_ELEMENTS (wishes); i++) {
    g_autoptr (GError) error = NULL;
    g_auto (GStrv) found = gst_ice_local_addresses (
        wishes[i].prefixes, wishes[i].interfaces, &error);
    GString *text = g_string_new (NULL);
    guint k;

    g_test_message ("row %u", i);
    for (k = 0; found != NULL && found[k] != NULL; k++)
      g_string_append_printf (text, "%s ", found[k]);
    g_assert_cmpstr (text->str, ==, wishes[i].addresses);
    g_assert_true ((error != NULL) == (text->len == 0));
    g_string_free (text, TRUE);
  }
}

/* Not for an address of another kind, nor for loopback that is left out. */
static void
test_have_loopback (int namespace)
{
  lay_links ();
  g_assert_true (
      gst_ice_local_addresses_have_loopback (STRINGS ("127.0.0.0/8"), none));
  g_assert_true (
      gst_ice_local_addresses_have_loopback (STRINGS ("::1"), STRINGS ("lo")));
  g_assert_false (gst_ice_local_addresses_have_loopback (none, none));
  g_assert_false (
      gst_ice_local_addresses_have_loopback (STRINGS ("10.1.0.1"), none));
  g_assert_false (gst_ice_local_addresses_have_loopback (
      STRINGS ("127.0.0.0/8"), STRINGS ("eth0")));
}

/* The broadcast addresses of this machine's subnets are not those of a host,
 * whatever version of IP they are written in. */
static const struct
{
  const gchar *address;
  IceAddressUse use;
} judged[] = {
  { "10.1.0.255", ICE_ADDRESS_BROADCAST },
  { "10.1.0.7", ICE_ADDRESS_USABLE }, /* it would be that of a longer prefix */
  { "10.1.0.254", ICE_ADDRESS_USABLE },
  { "10.1.1.255", ICE_ADDRESS_USABLE },
  { "10.3.0.6", ICE_ADDRESS_USABLE },
  { "10.3.0.7", ICE_ADDRESS_BROADCAST },
  { "172.17.255.255", ICE_ADDRESS_BROADCAST },
  { "255.255.255.255", ICE_ADDRESS_BROADCAST },
  { "::ffff:10.1.0.255", ICE_ADDRESS_BROADCAST },
  { "::ffff:10.1.0.254", ICE_ADDRESS_USABLE },
  { "2001:db8:1::ff", ICE_ADDRESS_USABLE },
  { "stun.example.com", ICE_ADDRESS_USABLE },
};

static void
test_judge (int namespace)
{
  guint i;

  lay_links ();
  g_assert_true (netns_run ("ip addr add 10.3.0.5/30 dev eth0"));
  for (i = 0; i < G_N_ELEMENTS (judged); i++) {
    g_test_message ("row %u", i);
    g_assert_cmpint (
        gst_ice_local_addresses_judge (judged[i].address), ==, judged[i].use);
  }
}

/* Whether an address can be used does not depend on who has which port. */
static void
test_ports (int namespace)
{
  g_autoptr (GSocketAddress)
      where = g_inet_socket_address_new_from_string ("10.1.0.1", 1);
  g_autoptr (GSocket) socket = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, 0, NULL);
  g_autoptr (GError) error = NULL;

  lay_links ();
  g_socket_bind (socket, where, FALSE, &error);
  g_assert_no_error (error);
  assert_addresses (STRINGS ("10.1.0.1"), none, "10.1.0.1", TRUE);
}

/* One that is not to be used yet is not there. */
static void
test_tentative (int namespace)
{
  lay_links ();
  /* nobody answers in the first second */
  g_assert_true (netns_run ("ip addr add 2001:db8:2::1/64 dev wlan0"));
  assert_addresses (STRINGS ("2001:db8:2::1"), none, "2001:db8:2::1", FALSE);
}

/* The addresses that are used, in the kernel's order. */
static gchar *
list (const gchar *const *prefixes, const gchar *const *interfaces)
{
  g_auto (GStrv) found = gst_ice_local_addresses (prefixes, interfaces, NULL);

  return found != NULL ? g_strjoinv (" ", found) : g_strdup ("");
}

static void
assert_list (const gchar *const *prefixes, const gchar *expected)
{
  g_autofree gchar *found = list (prefixes, none);

  g_assert_cmpstr (found, ==, expected);
}

static void
lay_ipv6 (void)
{
  g_assert_true (netns_run ("ip link add eth0 type veth peer name peer0"));
  g_assert_true (netns_run ("ip link set eth0 addrgenmode none up"));
  g_assert_true (netns_run ("ip link set peer0 addrgenmode none up"));
  g_assert_true (netns_run ("ip addr add 2001:db8:1::2/64 dev eth0 nodad "
                            "preferred_lft 0 valid_lft 900"));
  g_assert_true (netns_run ("ip addr add fec0::3/64 dev eth0 nodad"));
}

/* RFC 8445 section 5.1.1.1 */
static void
test_flags (int namespace)
{
  g_autoptr (GError) error = NULL;

  lay_ipv6 ();
  g_assert_null (gst_ice_local_addresses (none, none, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "(RFC 3879): fec0::3 (eth0)"));
  g_assert_nonnull (
      strstr (error->message, "(deprecated): 2001:db8:1::2 (eth0)"));
  g_assert_true (netns_run ("ip addr add 2001:db8:1::1/64 dev eth0 nodad"));
  assert_list (none, "2001:db8:1::1");
  assert_list (STRINGS ("2001:db8:1::2"), "2001:db8:1::2");
  assert_list (STRINGS ("2001:db8:1::2/128"), "2001:db8:1::2");
  assert_list (STRINGS ("2001:db8:1::/64"), "2001:db8:1::1");
  assert_list (STRINGS ("fec0::/10"), "");
  assert_list (STRINGS ("fec0::3", "2001:db8::/32"), "2001:db8:1::1 fec0::3");
}

/* Linux makes a temporary address of a stable one that has the flag for it. */
static void
test_temporary (int namespace)
{
  g_autofree gchar *found = NULL;

  g_assert_true (netns_run ("ip link add eth0 type veth peer name peer0"));
  g_assert_true (netns_run ("ip link set eth0 addrgenmode none up"));
  g_assert_true (netns_run ("ip link set peer0 addrgenmode none up"));
  if (!netns_run ("sysctl -qw net.ipv6.conf.eth0.accept_dad=0 "
                  "net.ipv6.conf.eth0.use_tempaddr=2")) {
    g_test_skip ("this kernel makes no temporary addresses");
    return;
  }
  g_assert_true (netns_run ("ip addr add 2001:db8:1::1/64 dev eth0 nodad "
                            "mngtmpaddr valid_lft 3600 preferred_lft 1800"));
  g_assert_true (netns_run ("ip addr add 2001:db8:2::1/64 dev eth0 nodad"));
  /* the kernel ends duplicate address detection in another thread */
  g_assert_true (netns_run ("timeout 10 sh -c 'until ip -o addr show dev eth0 "
                            "temporary -tentative | grep -q 2001:db8:1; do "
                            "sleep 0.01; done'"));
  found = list (STRINGS ("2001:db8:1::/64"), none);
  g_assert_cmpstr (found, !=, "");
  g_assert_cmpstr (found, !=, "2001:db8:1::1");
  g_assert_null (strchr (found, ' '));
  assert_addresses (none, none, "2001:db8:1::1", FALSE);
  assert_addresses (none, none, "2001:db8:2::1", TRUE);
  assert_addresses (none, none, found, TRUE);
  assert_addresses (STRINGS ("2001:db8:1::1"), none, "2001:db8:1::1", TRUE);
}

/* A machine without any, and one with more than an error names. */
static void
test_excluded (int namespace)
{
  g_autoptr (GError) nowhere = NULL, few = NULL, excluded = NULL;
  guint i;

  g_assert_true (netns_run ("ip link set lo down"));
  g_assert_null (gst_ice_local_addresses (none, none, &nowhere));
  g_assert_cmpstr (nowhere->message, ==,
      "no local address: no network interface of this machine is up and has an "
      "address; see `ip address`");
  g_assert_true (netns_run ("ip link set lo up"));
  for (i = 1; i < 7; i++)
    g_assert_true (netns_run ("ip addr add 10.0.0.%u/32 dev lo", i));
  g_assert_null (gst_ice_local_addresses (STRINGS ("192.0.2.1"), none, &few));
  g_assert_cmpstr (few->message, ==,
      "no usable local address with local-addresses \"192.0.2.1\" and "
      "interfaces \"\"; local-addresses excludes 127.0.0.1 (lo), 10.0.0.1 "
      "(lo), 10.0.0.2 (lo), 10.0.0.3 (lo), 10.0.0.4 (lo), 10.0.0.5 (lo), "
      "10.0.0.6 (lo), ::1 (lo); change these properties so that one is used");
  for (i = 7; i < 11; i++)
    g_assert_true (netns_run ("ip addr add 10.0.0.%u/32 dev lo", i));
  g_assert_null (gst_ice_local_addresses (
      STRINGS ("192.0.2.1"), STRINGS ("!e*"), &excluded));
  g_assert_true (g_str_has_prefix (excluded->message,
      "no usable local address with local-addresses \"192.0.2.1\" and "
      "interfaces \"!e*\"; local-addresses excludes 127.0.0.1 (lo), 10.0.0.1 "
      "(lo), "));
  g_assert_true (g_str_has_suffix (excluded->message,
      " (lo) and 4 more; change these properties so that one is used"));
}

#ifdef __linux__

/* From now on this thread gets no netlink socket that does not block; nor any,
 * if all. */
static gboolean
forbid_netlink (gboolean all)
{
  struct sock_filter program[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 5),
    BPF_STMT (
        BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, args[0])),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 3),
    BPF_STMT (
        BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, args[1])),
    BPF_JUMP (BPF_JMP | BPF_JSET | BPF_K, all ? SOCK_RAW : SOCK_NONBLOCK, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = { G_N_ELEMENTS (program), program };

  return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
      && prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/* The C library of i386 makes sockets by socketcall(), whose arguments are in
 * memory, where no filter reads them. */
static gboolean
is_netlink_forbidden (void)
{
  gint fd = socket (AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE);

  if (fd >= 0)
    close (fd);
  return fd < 0;
}

/* In a sandbox there may be a list without flags, or none. Big-endian machines
 * of 64 bits have the arguments elsewhere. */
static void
test_forbidden (int namespace)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) links = NULL;

  lay_ipv6 ();
  /* without a carrier it stays tentative, which no list reports */
  g_assert_true (netns_run ("ip link add off0 type veth peer name peer1"));
  g_assert_true (netns_run ("ip link set off0 addrgenmode none up"));
  g_assert_true (netns_run ("ip addr add 2001:db8:3::1/64 dev off0"));
  if (G_BYTE_ORDER != G_LITTLE_ENDIAN || !forbid_netlink (FALSE)) {
    g_test_skip ("seccomp is needed");
    return;
  }
  if (!is_netlink_forbidden ()) {
    g_test_skip ("seccomp does not see the arguments of socketcall()");
    return;
  }
  assert_list (none, "2001:db8:1::2");
  assert_list (STRINGS ("127.0.0.0/8"), "127.0.0.1");
  assert_list (STRINGS ("fec0::3"), "fec0::3");
  assert_list (STRINGS ("2001:db8:3::1", "fec0::3"), "fec0::3");
  g_assert_true (forbid_netlink (TRUE));
  g_assert_null (gst_ice_local_addresses (none, none, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  g_assert_nonnull (strstr (error->message, "AF_NETLINK"));
  /* it may be, where it is asked for */
  g_assert_true (
      gst_ice_local_addresses_have_loopback (STRINGS ("127.0.0.1"), none));
  g_assert_false (gst_ice_local_addresses_have_loopback (none, none));
  links = gst_ice_local_links (none, none);
  g_assert_cmpuint (links->len, ==, 0);
  g_assert_cmpint (
      gst_ice_local_addresses_judge ("10.1.0.255"), ==, ICE_ADDRESS_USABLE);
}

#endif

/* Each link once for each version of IP. */
static void
test_links (int namespace)
{
  g_autoptr (GArray) links = NULL;
  GString *text = g_string_new (NULL);
  guint i;

  lay_links ();
  g_assert_true (netns_run ("ip addr add 10.1.0.2/24 dev eth0"));
  links = gst_ice_local_links (none, STRINGS ("!docker0"));
  for (i = 0; i < links->len; i++) {
    const GstIceLocalLink *link = &g_array_index (links, GstIceLocalLink, i);

    g_assert_cmpuint (link->index, ==, if_nametoindex (link->name));
    g_string_append_printf (text, "%s/%u ", link->name,
        link->family == G_SOCKET_FAMILY_IPV4 ? 4 : 6);
  }
  g_assert_cmpstr (text->str, ==, "eth0/4 wlan0/4 eth0/6 ");
  g_string_free (text, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/localaddress/default", test_default);
  g_test_add_func ("/localaddress/prefixes", test_prefixes);
  g_test_add_func ("/localaddress/interfaces", test_interfaces);
  g_test_add_func ("/localaddress/error", test_error);
  netns_add_test ("/localaddress/wishes", test_wishes);
  netns_add_test ("/localaddress/have-loopback", test_have_loopback);
  netns_add_test ("/localaddress/judge", test_judge);
  netns_add_test ("/localaddress/ports", test_ports);
  netns_add_test ("/localaddress/tentative", test_tentative);
  netns_add_test ("/localaddress/flags", test_flags);
  netns_add_test ("/localaddress/temporary", test_temporary);
  netns_add_test ("/localaddress/excluded", test_excluded);
#ifdef __linux__
  netns_add_test ("/localaddress/forbidden", test_forbidden);
#endif
  netns_add_test ("/localaddress/links", test_links);
  return g_test_run ();
}
