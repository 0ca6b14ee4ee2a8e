/* gst-ice: test of a system call that sends.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticesendbatch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A lack of room or memory passes, and nothing else does. */
static void
test_error (void)
{
  static const struct
  {
    gint code;
    GIOErrorEnum error;
  } rows[] = {
    { EAGAIN, G_IO_ERROR_WOULD_BLOCK },
    { ENOBUFS, G_IO_ERROR_WOULD_BLOCK },
    { ENOMEM, G_IO_ERROR_WOULD_BLOCK },
    { ENETUNREACH, G_IO_ERROR_NETWORK_UNREACHABLE },
    { ECONNREFUSED, G_IO_ERROR_CONNECTION_REFUSED },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;

    gst_ice_send_batch_set_error (rows[i].code, &error);
    g_assert_error (error, G_IO_ERROR, (gint) rows[i].error);
  }
}

static gint
make_socket (struct sockaddr_in *address)
{
  gint fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  socklen_t size = sizeof (*address);

  *address = (struct sockaddr_in){ .sin_family = AF_INET,
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  g_assert_cmpint (bind (fd, (struct sockaddr *) address, size), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) address, &size), ==, 0);
  return fd;
}

/* One datagram, in as many pieces as it may have, to an address or to the one
 * that the socket is connected to. */
static void
test_one (void)
{
  static const struct
  {
    guint pieces;
    gboolean connected;
  } rows[] = { { 0, FALSE }, { 1, FALSE }, { 2, FALSE }, { 1, TRUE },
    { 2, TRUE } };
  const IceSegmentLimits limits = { 64, 65487, 65487, 1024 };
  GOutputVector vectors[] = { { "header ", 7 }, { "payload", 7 } };
  struct sockaddr_in to, own;
  gint in = make_socket (&to);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    const GstIceDatagram datagram = { vectors, (gint) rows[i].pieces };
    gint out = make_socket (&own);
    GstIceSendBatch batch;
    gchar bytes[32];

    if (rows[i].connected)
      g_assert_cmpint (
          connect (out, (struct sockaddr *) &to, sizeof (to)), ==, 0);
    gst_ice_send_batch_fill (&batch, &limits, &to,
        rows[i].connected ? 0 : sizeof (to), &datagram, 1);
    g_assert_cmpint (gst_ice_send_batch_send (&batch, out), ==, 1);
    g_assert_cmpint (
        recv (in, bytes, sizeof (bytes), 0), ==, 7 * (gint) rows[i].pieces);
    g_assert_cmpint (
        memcmp (bytes, "header payload", 7 * rows[i].pieces), ==, 0);
    close (out);
  }
  close (in);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sendbatch/error", test_error);
  g_test_add_func ("/sendbatch/one", test_one);
  return g_test_run ();
}
