/* gst-ice: test of how often the kernel is asked for this machine's addresses,
 * and of what is done with odd answers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/gsticeaddresslist.h"
#include "descriptors.h"

#include <errno.h>
#include <string.h>
#ifdef __linux__
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#define N_LISTS 2 /* of links, and of addresses */
#define LOOPBACK_PREFIX 8

#if defined(__linux__) && defined(SYS_sendto) && defined(SYS_recvfrom)

#define DATAGRAM_SIZE 32768 /* the longest that is read */

static guint n_requests, n_failures, n_failed_polls;
static gint failure;

/* What the next calls of recvfrom() do, before one that reads really. */
typedef enum
{
  NOTHING_MORE,
  FAILS,       /* with an errno */
  COMES,       /* the datagram below, from the kernel */
  FROM_ANOTHER /* from another process */
} OddKind;

typedef struct
{
  OddKind kind;
  gint code;   /* FAILS */
  gssize size; /* COMES */
} Odd;

static const Odd *odd;
static guint8 datagram[DATAGRAM_SIZE];
static gboolean interrupts; /* the next list is marked as interrupted */

/* -1: the system's time; otherwise it goes on only while somebody waits */
static gint64 played_time = -1;
static guint n_played_polls;

/* Instead of GLib's. */
gint64
g_get_monotonic_time (void)
{
  struct timespec now;

  if (played_time >= 0)
    return played_time;
  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * G_TIME_SPAN_SECOND + now.tv_nsec / 1000;
}

/* Instead of the C library's: the first requests fail. */
ssize_t
sendto (int fd, const void *data, size_t size, int flags,
    const struct sockaddr *to, socklen_t to_size)
{
  n_requests++;
  if (n_failures > 0) {
    n_failures--;
    errno = failure;
    return -1;
  }
  return syscall (SYS_sendto, fd, data, size, flags, to, to_size);
}

static ssize_t
receive_odd (void *data, size_t size, struct sockaddr *from)
{
  const Odd *now = odd++;

  if (now->kind == FAILS) {
    errno = now->code;
    return -1;
  }
  ((struct sockaddr_nl *) from)->nl_pid = now->kind == FROM_ANOTHER;
  memcpy (data, datagram, MIN (size, sizeof datagram));
  return now->size;
}

/* Instead of the C library's. */
ssize_t
recvfrom (int fd, void *data, size_t size, int flags, struct sockaddr *from,
    socklen_t *from_size)
{
  gssize n;

  if (odd != NULL && odd->kind != NOTHING_MORE)
    return receive_odd (data, size, from);
  n = syscall (SYS_recvfrom, fd, data, size, flags, from, from_size);
  if (interrupts && n >= (gssize) sizeof (struct nlmsghdr)) {
    ((struct nlmsghdr *) data)->nlmsg_flags |= NLM_F_DUMP_INTR;
    interrupts = FALSE;
  }
  return n;
}

/* Instead of GLib's. */
gint
g_poll (GPollFD *fds, guint n, gint timeout)
{
  if (played_time >= 0) {
    g_assert_cmpint (timeout, >, 0);
    n_played_polls++;
    /* it ends a millisecond early */
    played_time += MAX (timeout - 1, 1) * G_TIME_SPAN_MILLISECOND;
    return 0;
  }
  if (n_failed_polls > 0) {
    n_failed_polls--;
    errno = failure != 0 ? failure : EBADF; /* of an earlier call */
    return failure != 0 ? -1 : 0;
  }
  return poll ((struct pollfd *) fds, n, timeout);
}

/* Once. */
static gboolean
has_loopback (GArray *list)
{
  static const guint8 loopback[] = { 127, 0, 0, 1 };
  guint i, n = 0;

  for (i = 0; list != NULL && i < list->len; i++) {
    const IceLocalAddress *address = &g_array_index (list, IceLocalAddress, i);

    n += !address->ipv6 && memcmp (address->bytes, loopback, 4) == 0
        && address->prefix_length == LOOPBACK_PREFIX;
  }
  return n == 1;
}

/* There is a list in any case, without rtnetlink too. */
static void
assert_read (guint expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) list = NULL;

  n_requests = 0;
  list = gst_ice_address_list_read (&error);
  g_assert_no_error (error);
  g_assert_true (has_loopback (list));
  g_assert_cmpuint (n_requests, ==, expected);
}

static void
assert_requests (guint failures, gint code, guint expected)
{
  n_failures = failures;
  failure = code;
  assert_read (expected);
}

/* Once, but where that was interrupted or the kernel's queue was full: again,
 * four times at most. */
static void
test_requests (void)
{
  assert_requests (0, 0, N_LISTS);
  assert_requests (1, EINTR, 1 + N_LISTS);
  assert_requests (1, ENOBUFS, 1 + N_LISTS);
  assert_requests (3, ENOBUFS, 3 + N_LISTS);
  assert_requests (100, ENOBUFS, 4);
  assert_requests (100, EACCES, 1);
}

/* Neither a signal nor a late answer ends the wait for it; an error does. */
static void
test_waits (void)
{
  n_failures = 0;
  n_failed_polls = 3;
  failure = 0;
  assert_read (N_LISTS);
  n_failed_polls = 3;
  failure = EINTR;
  assert_read (N_LISTS);
  g_assert_cmpuint (n_failed_polls, ==, 0);
  n_failed_polls = 1;
  failure = ENOMEM;
  assert_read (1);
  failure = 0;
}

/* A kernel that does not answer is waited for for a second. */
static void
test_deadline (void)
{
  gint64 start = 1000 * G_TIME_SPAN_SECOND;

  n_failures = 0;
  n_played_polls = 0;
  played_time = start;
  assert_read (1);
  g_assert_cmpint (played_time, ==, start + G_TIME_SPAN_SECOND);
  g_assert_cmpuint (n_played_polls, ==, 1);
  played_time = -1;
}

static void
assert_odd (const Odd *kinds, guint expected)
{
  odd = kinds;
  assert_read (expected);
  g_assert_cmpint (odd->kind, ==, NOTHING_MORE);
  odd = NULL;
}

/* A failure that a second attempt to read may not have is none; nor does it
 * count what another process sends, here the end of a list. */
static void
test_receives (void)
{
  static const Odd again[] = { { FAILS, EINTR, 0 }, { FAILS, EAGAIN, 0 },
    { NOTHING_MORE, 0, 0 } };
  static const Odd full[] = { { FAILS, ENOBUFS, 0 }, { NOTHING_MORE, 0, 0 } };
  static const Odd broken[] = { { FAILS, EIO, 0 }, { NOTHING_MORE, 0, 0 } };
  static const Odd forged[] = { { FROM_ANOTHER, 0, NLMSG_LENGTH (4) },
    { NOTHING_MORE, 0, 0 } };
  struct nlmsghdr header = {
    .nlmsg_len = NLMSG_LENGTH (4), .nlmsg_type = NLMSG_DONE, .nlmsg_seq = 1
  };

  n_failures = 0;
  assert_odd (again, N_LISTS);
  assert_odd (full, 1 + N_LISTS);
  assert_odd (broken, 1);
  memcpy (datagram, &header, sizeof header);
  assert_odd (forged, N_LISTS);
}

/* A list that changed while it was read is read again, both are. */
static void
test_interrupted (void)
{
  n_failures = 0;
  interrupts = TRUE;
  assert_read (2 * N_LISTS);
  g_assert_false (interrupts);
}

/* The longest datagram that a kernel sends is read; a longer one would be cut.
 */
static void
test_long (void)
{
  static const Odd longest[] = { { COMES, 0, DATAGRAM_SIZE },
    { NOTHING_MORE, 0, 0 } };
  static const Odd longer[] = { { COMES, 0, DATAGRAM_SIZE + 1 },
    { NOTHING_MORE, 0, 0 } };
  struct nlmsghdr header = {
    .nlmsg_len = DATAGRAM_SIZE, .nlmsg_type = NLMSG_NOOP, .nlmsg_seq = 1
  };

  n_failures = 0;
  memcpy (datagram, &header, sizeof header);
  assert_odd (longest, N_LISTS);
  header.nlmsg_len++;
  memcpy (datagram, &header, sizeof header);
  assert_odd (longer, 1);
}

/* Nothing is left open, and a descriptor may have the number 0. */
static void
test_descriptors (void)
{
  gint input = close_input ();
  guint before;

  n_failures = 0;
  before = count_descriptors ();
  assert_read (N_LISTS);
  assert_requests (100, EACCES, 1);
  n_failures = 0;
  g_assert_cmpuint (count_descriptors (), ==, before);
  restore_input (input);
}

/* Where rtnetlink cannot be used. */

typedef struct
{
  struct ifaddrs entry;
  struct sockaddr_in6 address, mask;
} Entry;

#define N_ENTRIES 10
static Entry entries[N_ENTRIES];
static guint n_entries;
static gint list_error; /* 0: the system's list; -1: the entries above */

/* Instead of the C library's. */
int
getifaddrs (struct ifaddrs **list)
{
  static struct sockaddr_in loopback = { .sin_family = AF_INET },
                            mask = { .sin_family = AF_INET };
  static struct ifaddrs only = { .ifa_name = (char *) "lo",
    .ifa_flags = IFF_UP,
    .ifa_addr = (struct sockaddr *) &loopback,
    .ifa_netmask = (struct sockaddr *) &mask };

  loopback.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  mask.sin_addr.s_addr = htonl (0xff000000);
  *list = list_error < 0 ? &entries[0].entry : &only;
  errno = list_error;
  return list_error > 0 ? -1 : 0;
}

void
freeifaddrs (struct ifaddrs *list)
{
}

static Entry *
add_entry (sa_family_t family, guint flags)
{
  Entry *entry = &entries[n_entries++];

  g_assert_cmpuint (n_entries, <=, N_ENTRIES);
  *entry = (Entry){ .entry = { .ifa_name = (char *) "lo",
                        .ifa_flags = flags,
                        .ifa_addr = (struct sockaddr *) &entry->address,
                        .ifa_netmask = (struct sockaddr *) &entry->mask },
    .address = { .sin6_family = family },
    .mask = { .sin6_family = family } };
  if (n_entries > 1)
    entries[n_entries - 2].entry.ifa_next = &entry->entry;
  return entry;
}

static void
add_ipv4 (guint32 address, guint32 mask)
{
  Entry *entry = add_entry (AF_INET, IFF_UP);

  ((struct sockaddr_in *) &entry->address)->sin_addr.s_addr = htonl (address);
  ((struct sockaddr_in *) &entry->mask)->sin_addr.s_addr = htonl (mask);
}

static void
add_ipv6 (guint8 last, guint prefix)
{
  Entry *entry = add_entry (AF_INET6, IFF_UP);
  guint i;

  entry->address.sin6_addr.s6_addr[0] = 0x20;
  entry->address.sin6_addr.s6_addr[15] = last;
  for (i = 0; i < prefix; i++)
    entry->mask.sin6_addr.s6_addr[i / 8] |= 0x80 >> i % 8;
}

static const struct
{
  gboolean ipv6;
  guint8 bytes[16];
  guint prefix_length;
} listed[] = {
  { FALSE, { 10, 0, 0, 1 }, 32 },
  { FALSE, { 10, 0, 0, 2 }, 20 },
  { FALSE, { 10, 0, 0, 3 }, 0 },
  { TRUE, { 0x20, [15] = 1 }, 128 },
  { TRUE, { 0x20, [15] = 2 }, 61 },
  { FALSE, { 10, 0, 0, 4 }, 0 },
};

/* Of interfaces that are up, each with its prefix; an address has no prefix
 * where the system reports none. */
static void
test_without_rtnetlink (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) list = NULL;
  guint i;

  n_entries = 0;
  add_entry (AF_INET, IFF_UP)->entry.ifa_addr = NULL;
  add_ipv4 (0x0a000001, 0xffffffff);
  add_entry (AF_INET, 0);
  add_ipv4 (0x0a000002, 0xfffff000);
  add_entry (AF_PACKET, IFF_UP);
  add_ipv4 (0x0a000003, 0);
  add_ipv6 (1, 128);
  add_ipv6 (2, 61);
  add_ipv4 (0x0a000004, 0xff000000);
  entries[n_entries - 1].entry.ifa_netmask = NULL;
  list_error = -1;
  n_failures = 1;
  failure = EACCES;
  list = gst_ice_address_list_read (&error);
  g_assert_no_error (error);
  g_assert_cmpuint (list->len, ==, G_N_ELEMENTS (listed));
  for (i = 0; i < list->len; i++) {
    const IceLocalAddress *address = &g_array_index (list, IceLocalAddress, i);

    g_test_message ("row %u", i);
    g_assert_cmpint (address->ipv6, ==, listed[i].ipv6);
    g_assert_cmpmem (address->bytes, 16, listed[i].bytes, 16);
    g_assert_cmpuint (address->prefix_length, ==, listed[i].prefix_length);
    g_assert_cmpstr (address->name, ==, "lo");
    g_assert_cmpuint (address->interface, ==, if_nametoindex ("lo"));
    g_assert_cmpint (address->flags, ==, 0);
  }
  list_error = 0;
}

/* Neither of both. */
static void
test_no_list (void)
{
  g_autoptr (GError) error = NULL;

  n_failures = 1;
  failure = EACCES;
  list_error = EMFILE;
  g_assert_null (gst_ice_address_list_read (&error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  g_assert_nonnull (strstr (error->message, g_strerror (EMFILE)));
  list_error = 0;
}

#else

#define test_requests skip
#define test_waits skip
#define test_deadline skip
#define test_receives skip
#define test_interrupted skip
#define test_long skip
#define test_descriptors skip
#define test_without_rtnetlink skip
#define test_no_list skip

static void
skip (void)
{
  g_test_skip ("needs Linux");
}

#endif

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/address-list/requests", test_requests);
  g_test_add_func ("/address-list/waits", test_waits);
  g_test_add_func ("/address-list/deadline", test_deadline);
  g_test_add_func ("/address-list/receives", test_receives);
  g_test_add_func ("/address-list/interrupted", test_interrupted);
  g_test_add_func ("/address-list/long", test_long);
  g_test_add_func ("/address-list/descriptors", test_descriptors);
  g_test_add_func ("/address-list/without-rtnetlink", test_without_rtnetlink);
  g_test_add_func ("/address-list/no-list", test_no_list);
  return g_test_run ();
}
