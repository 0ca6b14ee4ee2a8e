/* gst-ice: test of the errors of a system call that sends.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticesendbatch.h"

#include <errno.h>

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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sendbatch/error", test_error);
  return g_test_run ();
}
