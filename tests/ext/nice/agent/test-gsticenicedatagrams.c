/* gst-ice: test of gsticenicedatagrams: turns are bounded, and libnice always
 * has a function to call. libnice is played by this file.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicedatagrams.h"
#include "datapath/gsticeinbox.h"
#include "agent/gsticenicetransport.h"
#include "session/gsticeagent.h"
#include <string.h>

#define NICE ((NiceAgent *) &fake)

/* What libnice knows of its component. */
static struct
{
  GSource *source; /* of the one socket, which always has something to read */
  GMainContext *context;
  NiceAgentRecvFunc function;
  gpointer data;
  guint n_read;
} fake;

/* As component_io_cb(): until the source is gone. */
static gboolean
read_socket (gpointer unused)
{
  gchar datagram[] = "datagram";

  while (!g_source_is_destroyed (g_main_current_source ())) {
    fake.n_read++;
    fake.function (NICE, 1, 1, sizeof datagram, datagram, fake.data);
    g_assert_cmpuint (fake.n_read, <, 100 * GST_ICE_INBOX_BATCH);
  }
  return G_SOURCE_REMOVE;
}

/* Instead of libnice's. */
gboolean
nice_agent_attach_recv (NiceAgent *agent, guint stream, guint component,
    GMainContext *context, NiceAgentRecvFunc function, gpointer data)
{
  g_assert_nonnull (function);
  fake.function = function;
  fake.data = data;
  if (context == fake.context)
    return TRUE;
  if (fake.source != NULL)
    g_source_destroy (fake.source);
  g_clear_pointer (&fake.source, g_source_unref);
  fake.context = context;
  fake.source = g_idle_source_new ();
  g_source_set_priority (fake.source, G_PRIORITY_DEFAULT);
  g_source_set_callback (fake.source, read_socket, NULL, NULL);
  g_source_attach (fake.source, context);
  return TRUE;
}

typedef struct
{
  GstIceAgent *agent;
  GstIceTransport *transport;
  GMainContext *io;
  GstIceNiceDatagrams *receiver;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  memset (&fake, 0, sizeof fake);
  gst_ice_agent_set_backend (GST_TYPE_ICE_NICE_TRANSPORT);
  f->agent = g_object_new (GST_TYPE_ICE_AGENT, NULL);
  gst_object_ref_sink (f->agent);
  f->transport = gst_ice_session_get_transport (
      gst_ice_agent_get_session (f->agent), 0, 1, NULL);
  g_assert_nonnull (f->transport);
  f->io = g_main_context_new ();
  f->receiver = gst_ice_nice_datagrams_new (f->transport, f->io);
  gst_ice_nice_datagrams_attach (f->receiver, NICE, 1, 1);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  gst_ice_nice_datagrams_close (f->receiver);
  g_source_destroy (fake.source);
  g_source_unref (fake.source);
  gst_ice_nice_datagrams_free (f->receiver);
  gst_object_unref (f->transport);
  gst_object_unref (f->agent);
  g_main_context_unref (f->io);
}

/* The streaming thread gets a batch each time, and then the next one. */
static void
test_reader (Fixture *f, gconstpointer unused)
{
  GstIceSharedContext *context = gst_ice_nice_datagrams_get_context (
      f->receiver);
  guint i;

  for (i = 1; i < 20; i++) {
    gst_ice_shared_context_iterate (context, TRUE, -1);
    g_assert_cmpuint (fake.n_read, ==, i * GST_ICE_INBOX_BATCH);
  }
}

/* The I/O thread goes on watching what it has read a batch of. */
static void
test_io_thread (Fixture *f, gconstpointer unused)
{
  guint i = 0;

  while (i < 20) {
    guint before = fake.n_read;

    g_main_context_iteration (f->io, TRUE);
    /* one for what is ready, one for the tick that asks where the reader is */
    g_assert_cmpuint (fake.n_read - before, <=, 2 * GST_ICE_INBOX_BATCH);
    g_assert_true (fake.context
        == gst_ice_shared_context_get (
            gst_ice_nice_datagrams_get_context (f->receiver)));
    i += fake.n_read > before;
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/gsticenicedatagrams/reader", Fixture, NULL, set_up, test_reader,
      tear_down);
  g_test_add ("/gsticenicedatagrams/io-thread", Fixture, NULL, set_up,
      test_io_thread, tear_down);
  return g_test_run ();
}
