/* gst-ice: tests of a transport over libnice that cannot gather.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * In a network namespace of each test's own. */

#include "agent/gsticenicetransport.h"
#include "iothread/gsticedescriptors.h"
#include "iothread/gsticeio.h"
#include "netns.h"
#include "niceends.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#define PORT 5000 /* its only one */

typedef struct
{
  GstIceIo *io;
  GstIceTransport *transport;
  GstIceSettings settings;
  GstIceGatherOptions options;
  gboolean lacks_descriptors;

  /* I/O thread, then the test's after settle() */
  GString *log; /* what was reported, a word each */
} Fixture;

static void
on_candidate (
    GstIceTransport *transport, const IceCandidate *candidate, gpointer data)
{
  g_string_append_printf (((Fixture *) data)->log, "%u ", candidate->port);
}

static void
on_gathered (GstIceTransport *transport, gpointer data)
{
  g_string_append (((Fixture *) data)->log, "gathered ");
}

static void
on_role (GstIceTransport *transport, GstIceRole role, gpointer data)
{
  g_string_append (((Fixture *) data)->log, "role ");
}

static void
on_problem (GstIceTransport *transport, const GError *error, gboolean fatal,
    gpointer data)
{
  g_string_append_printf (((Fixture *) data)->log, "%s:%s:%d ",
      fatal ? "fatal" : "problem", g_quark_to_string (error->domain),
      error->code);
}

static void
on_closed (GstIceTransport *transport, gpointer data)
{
  g_string_append (((Fixture *) data)->log, "closed ");
}

static void
set (Fixture *f, GstIceSetting id, GType type, const gchar *text)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  g_value_init (&value, type);
  g_assert_true (gst_value_deserialize (&value, text));
  g_assert_true (gst_ice_settings_set (&f->settings, id, &value, &error));
  g_assert_no_error (error);
}

static void
start (Fixture *f)
{
  static const GstIceTransportObserver observer = {
    .candidate = on_candidate,
    .gathered = on_gathered,
    .role = on_role,
    .problem = on_problem,
    .closed = on_closed,
  };

  ends_add_address (0, 1);
  f->io = gst_ice_io_acquire ();
  f->log = g_string_new (NULL);
  f->lacks_descriptors = FALSE;
  f->transport = gst_object_ref_sink (g_object_new (
      GST_TYPE_ICE_NICE_TRANSPORT, "stream", 0, "component", 1, NULL));
  gst_ice_transport_set_observer (f->transport, &observer, f);
  gst_ice_settings_init (&f->settings);
  set (f, GST_ICE_SETTING_LOCAL_ADDRESSES, GST_TYPE_ARRAY, "<10.9.0.1>");
  set (f, GST_ICE_SETTING_MIN_PORT, G_TYPE_UINT, G_STRINGIFY (PORT));
  set (f, GST_ICE_SETTING_MAX_PORT, G_TYPE_UINT, G_STRINGIFY (PORT));
  f->options = (GstIceGatherOptions){
    .settings = &f->settings,
    .local_ufrag = "ours",
    .local_password = "password+of+ours+01234567",
    .role = GST_ICE_ROLE_CONTROLLING,
    .turn_servers = g_ptr_array_new (),
  };
}

/* One fewer are left than a transport needs at least. */
static void
take_descriptors (struct rlimit *before)
{
  gint lowest = open ("/", O_RDONLY | O_CLOEXEC);
  struct rlimit few;

  g_assert_cmpint (lowest, >=, 0);
  close (lowest);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, before), ==, 0);
  few = (struct rlimit){ lowest + GST_ICE_DESCRIPTORS_SPARE - 1,
    before->rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &few), ==, 0);
}

static gboolean
do_gather (gpointer data)
{
  Fixture *f = data;
  struct rlimit before;

  if (f->lacks_descriptors)
    take_descriptors (&before);
  GST_ICE_TRANSPORT_GET_CLASS (f->transport)
      ->gather (f->transport, &f->options);
  if (f->lacks_descriptors)
    g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  return G_SOURCE_REMOVE;
}

static gboolean
do_restart (gpointer data)
{
  Fixture *f = data;

  GST_ICE_TRANSPORT_GET_CLASS (f->transport)
      ->restart (f->transport, &f->options);
  return G_SOURCE_REMOVE;
}

static gboolean
do_close (gpointer data)
{
  Fixture *f = data;

  GST_ICE_TRANSPORT_GET_CLASS (f->transport)->close (f->transport);
  return G_SOURCE_REMOVE;
}

/* Waits until this was reported, and nothing else. */
static void
assert_reported (Fixture *f, GSourceFunc function, const gchar *expected)
{
  gint64 end = g_get_monotonic_time () + ENDS_PATIENCE;

  gst_ice_io_invoke (f->io, function, f, NULL);
  do {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (500);
    gst_ice_io_synchronize (f->io, end);
  } while (f->log->len < strlen (expected));
  g_assert_cmpstr (f->log->str, ==, expected);
  g_string_truncate (f->log, 0);
}

static void
finish (Fixture *f)
{
  assert_reported (f, do_close, "closed ");
  gst_object_unref (f->transport);
  g_ptr_array_unref (f->options.turn_servers);
  gst_ice_settings_clear (&f->settings);
  g_string_free (f->log, TRUE);
  gst_ice_io_release (f->io);
  ends_flush_addresses ();
}

static GSocket *
occupy_port (void)
{
  g_autoptr (GSocketAddress)
      address = g_inet_socket_address_new_from_string ("10.9.0.1", PORT);
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
      G_SOCKET_PROTOCOL_UDP, NULL);

  g_assert_true (g_socket_bind (socket, address, FALSE, NULL));
  return socket;
}

static gchar *
describe (const gchar *kind, GIOErrorEnum code, const gchar *then)
{
  return g_strdup_printf (
      "%s:%s:%d %s", kind, g_quark_to_string (G_IO_ERROR), code, then);
}

static void
test_port_in_use (int descriptor)
{
  g_autofree gchar *expected = describe (
      "fatal", G_IO_ERROR_ADDRESS_IN_USE, "gathered ");
  g_autoptr (GSocket) socket = NULL;
  Fixture f;

  start (&f);
  socket = occupy_port ();
  assert_reported (&f, do_gather, expected);
  finish (&f);
}

/* Nothing that needs closing was made. */
static void
test_no_descriptor (int descriptor)
{
  g_autofree gchar *expected = describe (
      "fatal", G_IO_ERROR_TOO_MANY_OPEN_FILES, "gathered ");
  Fixture f;

  start (&f);
  f.lacks_descriptors = TRUE;
  assert_reported (&f, do_gather, expected);
  finish (&f);
}

/* There is no second port: the new role's generation takes that of the last
 * one. */
static void
test_role_on_one_port (int descriptor)
{
  Fixture f;

  start (&f);
  assert_reported (&f, do_gather, G_STRINGIFY (PORT) " gathered ");
  f.options.role = GST_ICE_ROLE_CONTROLLED;
  assert_reported (&f, do_restart, G_STRINGIFY (PORT) " gathered ");
  finish (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  netns_add_test ("/transport/port-in-use", test_port_in_use);
  netns_add_test ("/transport/no-descriptor", test_no_descriptor);
  netns_add_test ("/transport/role-on-one-port", test_role_on_one_port);
  return g_test_run ();
}
