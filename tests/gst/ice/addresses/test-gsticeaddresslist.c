/* gst-ice: test of how often the kernel is asked for this machine's addresses.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/gsticeaddresslist.h"

#include <errno.h>
#include <string.h>
#ifdef __linux__
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#define N_LISTS 2 /* of links, and of addresses */
#define LOOPBACK_PREFIX 8

#if defined(__linux__) && defined(SYS_sendto)

static guint n_requests, n_failures, n_failed_polls;
static gint failure;

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

/* Instead of GLib's. */
gint
g_poll (GPollFD *fds, guint n, gint timeout)
{
  if (n_failed_polls > 0) {
    n_failed_polls--;
    errno = failure != 0 ? failure : EBADF; /* of an earlier call */
    return failure != 0 ? -1 : 0;
  }
  return poll ((struct pollfd *) fds, n, timeout);
}

static gboolean
has_loopback (GArray *list)
{
  static const guint8 loopback[] = { 127, 0, 0, 1 };
  guint i;

  for (i = 0; list != NULL && i < list->len; i++) {
    const IceLocalAddress *address = &g_array_index (list, IceLocalAddress, i);

    if (!address->ipv6 && memcmp (address->bytes, loopback, 4) == 0)
      return address->prefix_length == LOOPBACK_PREFIX;
  }
  return FALSE;
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
}

#else

static void
test_requests (void)
{
  g_test_skip ("needs Linux");
}

static void
test_waits (void)
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
  return g_test_run ();
}
