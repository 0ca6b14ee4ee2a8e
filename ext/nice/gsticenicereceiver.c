/* gst-ice: what a NiceAgent receives.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticenicereceiver.h"
#include "gsticeinbox.h"

/* Datagrams in a row, then somebody else has a turn: libnice reads a socket
 * until it is empty, which may be never. */
#define BATCH GST_ICE_INBOX_BATCH

struct _GstIceNiceReceiver
{
  GstIceTransport *transport; /* not referenced: it outlives us */
  GstIceContext *context;

  /* set before anybody receives */
  NiceAgent *nice; /* not referenced: it outlives us */
  guint stream, component;

  /* whoever iterates the context */
  guint n_received; /* in this iteration */
  gboolean paused;  /* libnice has nobody to give them to until the next one */
};

static void
attach (GstIceNiceReceiver *self, NiceAgentRecvFunc function)
{
  nice_agent_attach_recv (self->nice, self->stream, self->component,
      gst_ice_context_get (self->context), function, self);
}

/* GLib takes a source that might recurse out of the poll set while it is
 * dispatched, which is two system calls and an iteration for nothing. */
static void
say_not_to_recurse (void)
{
  GSource *source = g_main_current_source ();

  if (source != NULL && !g_source_get_can_recurse (source))
    g_source_set_can_recurse (source, TRUE);
}

static void
on_received (NiceAgent *nice, guint stream_id, guint component_id, guint length,
    gchar *data, gpointer user_data)
{
  GstIceNiceReceiver *self = user_data;

  if (self->n_received == 0)
    say_not_to_recurse ();
  gst_ice_transport_receive (self->transport, data, length);
  if (++self->n_received < BATCH)
    return;
  self->paused = TRUE;
  attach (self, NULL);
}

static void
before_iteration (gpointer data)
{
  GstIceNiceReceiver *self = data;

  self->n_received = 0;
  if (self->paused)
    attach (self, on_received);
  self->paused = FALSE;
}

static void
after_iteration (gpointer data)
{
  GstIceNiceReceiver *self = data;

  if (self->n_received > 0)
    gst_ice_transport_received_all (self->transport);
}

/**
 * gst_ice_nice_receiver_new:
 * @transport: (transfer none): gets what comes; outlives it
 * @io: the I/O thread's context
 *
 * Returns: (transfer full): one that receives nothing;
 *   gst_ice_nice_receiver_close() it
 */
GstIceNiceReceiver *
gst_ice_nice_receiver_new (GstIceTransport *transport, GMainContext *io)
{
  static const GstIceContextFuncs functions = {
    .before = before_iteration,
    .after = after_iteration,
  };
  GstIceNiceReceiver *self = g_new0 (GstIceNiceReceiver, 1);

  self->transport = transport;
  self->context = gst_ice_context_new (io, &functions, self);
  return self;
}

/**
 * gst_ice_nice_receiver_attach:
 * @self: a receiver
 * @nice: (transfer none): an agent; outlives it
 * @stream: a stream of its
 * @component: of the stream
 *
 * Before gathering: sockets that nobody attached to are never read.
 */
void
gst_ice_nice_receiver_attach (
    GstIceNiceReceiver *self, NiceAgent *nice, guint stream, guint component)
{
  self->nice = nice;
  self->stream = stream;
  self->component = component;
  attach (self, on_received);
}

/**
 * gst_ice_nice_receiver_close:
 * @self: a receiver
 *
 * Nothing is received any more when this returns.
 */
void
gst_ice_nice_receiver_close (GstIceNiceReceiver *self)
{
  gst_ice_context_close (self->context);
}

/**
 * gst_ice_nice_receiver_free:
 * @self: (transfer full): a receiver that was closed
 */
void
gst_ice_nice_receiver_free (GstIceNiceReceiver *self)
{
  gst_ice_context_unref (self->context);
  g_free (self);
}

/**
 * gst_ice_nice_receiver_get_context:
 * @self: a receiver
 *
 * Returns: (transfer none): where the agent's sockets are read
 */
GstIceContext *
gst_ice_nice_receiver_get_context (GstIceNiceReceiver *self)
{
  return self->context;
}
