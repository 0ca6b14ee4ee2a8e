/* gst-ice: test of how long a tunnel waits for a library that never connects.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GLib's clock is played by this file for the functions of the tunnel: it can
 * be behind, so that a time limit has passed for GLib as soon as it is set. */

#include "tunnel/gsticetunnel.h"
#include <time.h>

#define LIMIT (2 * G_TIME_SPAN_SECOND)
#define PATIENCE 20 /* seconds */

static gint behind; /* atomic, microseconds */

/* Instead of GLib's. */
gint64
g_get_monotonic_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000
      - g_atomic_int_get (&behind);
}

typedef struct
{
  GstIceIo *io;
  IceServer *server;
  GstIceTunnel *tunnel;
  gboolean reached;        /* I/O thread, or while it is waited for */
  GSocketAddress *address; /* that the library has to connect to */
  gint wait;               /* how far the clock is behind */
} Fixture;

static void
on_reached (GstIceTunnel *tunnel, gpointer data)
{
  ((Fixture *) data)->reached = TRUE;
}

static void
on_failed (GstIceTunnel *tunnel, guint code, const gchar *why, gpointer data)
{
  g_error ("%s", why);
}

/* Until all that is due was done. */
static void
settle (Fixture *f)
{
  guint i;

  for (i = 0; i < 3; i++)
    gst_ice_io_synchronize (
        f->io, g_get_monotonic_time () + PATIENCE * G_TIME_SPAN_SECOND);
}

static gboolean
make (gpointer data)
{
  static const GstIceTunnelCallbacks callbacks = { on_reached, on_failed };
  Fixture *f = data;

  f->tunnel = gst_ice_tunnel_new (f->server, f->io, NULL,
      PATIENCE * G_TIME_SPAN_MILLISECOND, &callbacks, f);
  return G_SOURCE_REMOVE;
}

static gboolean
listen_for_library (gpointer data)
{
  Fixture *f = data;
  g_autoptr (GError) error = NULL;

  g_atomic_int_set (&behind, f->wait);
  f->address = G_SOCKET_ADDRESS (
      gst_ice_tunnel_listen (f->tunnel, G_SOCKET_FAMILY_IPV4, &error));
  g_atomic_int_set (&behind, 0);
  g_assert_no_error (error);
  g_object_ref (f->address);
  return G_SOURCE_REMOVE;
}

static gboolean
let_go (gpointer data)
{
  gst_ice_tunnel_let_go (((Fixture *) data)->tunnel);
  return G_SOURCE_REMOVE;
}

static GSocket *
listen_at (guint16 *port)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) bound = NULL;
  GSocket *listener = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

  g_assert_true (g_socket_bind (listener, any, FALSE, NULL));
  g_assert_true (g_socket_listen (listener, NULL));
  bound = g_socket_get_local_address (listener, NULL);
  *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  return listener;
}

/* Returns: whether the library could connect so late */
static gboolean
listens_after (gint wait)
{
  Fixture f = {
    .io = gst_ice_io_acquire (), .server = g_new0 (IceServer, 1), .wait = wait
  };
  g_autoptr (GSocket) listener G_GNUC_UNUSED = listen_at (&f.server->port);
  g_autoptr (GSocket) library = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  gboolean listens;

  f.server->scheme = ICE_SERVER_TURN;
  f.server->transport = ICE_SERVER_TRANSPORT_TCP;
  f.server->host = g_strdup ("127.0.0.1");
  gst_ice_io_invoke (f.io, make, &f, NULL);
  while (!f.reached)
    settle (&f);
  gst_ice_io_invoke (f.io, listen_for_library, &f, NULL);
  settle (&f);
  listens = g_socket_connect (library, f.address, NULL, NULL);
  gst_ice_io_invoke (f.io, let_go, &f, NULL);
  settle (&f);
  gst_ice_io_release (f.io);
  g_object_unref (f.address);
  ice_server_free (f.server);
  return listens;
}

static void
test_limit (void)
{
  g_assert_false (listens_after (LIMIT));
  g_assert_true (listens_after (0));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tunnel/accepting/limit", test_limit);
  return g_test_run ();
}
