/* gst-ice: receives a NiceAgent's datagrams.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicedatagrams.h"
#include "datapath/gsticeinbox.h"

/* The maximum number of datagrams in one iteration: libnice reads a socket
 * until it is empty, which under load it may never be. */
#define BATCH GST_ICE_INBOX_BATCH

struct _GstIceNiceDatagrams
{
  GstIceTransport *transport; /* not referenced: it outlives us */
  GstIceSharedContext *context;

  GMainContext *parking; /* not referenced */

  /* set before a datagram is received */
  NiceAgent *nice; /* not referenced: it outlives us */
  guint stream, component;
  GstIceNiceMedia *media; /* not referenced: it outlives us; nullable */

  gint senders; /* atomic, NiceRequestsSenders */

  /* used by the thread that iterates the context */
  guint n_received; /* received in this iteration */
  gboolean
      parked; /* pending: libnice reads no socket until the next iteration */
};

/* A context that no thread iterates, shared by all receivers. */
static GMainContext *
get_parking (void)
{
  static GMainContext *parking;

  if (g_once_init_enter (&parking))
    g_once_init_leave (&parking, g_main_context_new ());
  return parking;
}

/* GLib removes a source that cannot recurse from the poll set while it is
 * dispatched: two system calls and one iteration without use. Our callbacks do
 * not iterate the context, so allowing recursion is safe. */
static void
allow_recursion (void)
{
  GSource *source = g_main_current_source ();

  if (source != NULL && !g_source_get_can_recurse (source))
    g_source_set_can_recurse (source, TRUE);
}

static void on_received (NiceAgent *nice, guint stream_id, guint component_id,
    guint length, gchar *data, gpointer user_data);

/* libnice stops reading a socket if the socket's source is gone when a callback
 * returns, and attaching to another context makes new sources. Attaching NULL
 * instead of a function would stop it too, by libnice's documentation, but from
 * 0.1.24 on libnice calls that NULL. */
static void
park (GstIceNiceDatagrams *self)
{
  self->parked = TRUE;
  nice_agent_attach_recv (self->nice, self->stream, self->component,
      self->parking, on_received, self);
}

static gboolean
is_of_pair (GstIceNiceDatagrams *self)
{
  switch ((NiceRequestsSenders) g_atomic_int_get (&self->senders)) {
    case NICE_REQUESTS_SENDERS_ONE:
      return TRUE;
    case NICE_REQUESTS_SENDERS_APART:
      return self->media != NULL && gst_ice_nice_media_is_apart (self->media);
    case NICE_REQUESTS_SENDERS_MANY:
      break;
  }
  return FALSE;
}

static void
on_received (NiceAgent *nice, guint stream_id, guint component_id, guint length,
    gchar *data, gpointer user_data)
{
  GstIceNiceDatagrams *self = user_data;

  if (self->n_received == 0)
    allow_recursion ();
  gst_ice_datapath_receive (gst_ice_transport_get_datapath (self->transport),
      data, length, is_of_pair (self));
  if (++self->n_received >= BATCH && !self->parked)
    park (self);
}

static void
attach (GstIceNiceDatagrams *self)
{
  self->parked = FALSE;
  nice_agent_attach_recv (self->nice, self->stream, self->component,
      gst_ice_shared_context_get (self->context), on_received, self);
}

static void
before_iteration (gpointer data)
{
  GstIceNiceDatagrams *self = data;

  self->n_received = 0;
  if (self->parked)
    attach (self);
}

/* The I/O thread watches the sources that are attached now. */
static void
after_iteration (gpointer data)
{
  GstIceNiceDatagrams *self = data;

  if (self->parked)
    attach (self);
  if (self->n_received > 0)
    gst_ice_datapath_received_all (
        gst_ice_transport_get_datapath (self->transport));
}

/**
 * gst_ice_nice_datagrams_new:
 * @transport: (transfer none): gets the datagrams; outlives the receiver
 * @io: the I/O thread's context
 *
 * Returns: (transfer full): a receiver that receives nothing yet; to be closed
 *   by gst_ice_nice_datagrams_close()
 */
GstIceNiceDatagrams *
gst_ice_nice_datagrams_new (GstIceTransport *transport, GMainContext *io)
{
  static const GstIceSharedContextFuncs functions = {
    .before = before_iteration,
    .after = after_iteration,
  };
  GstIceNiceDatagrams *self = g_new0 (GstIceNiceDatagrams, 1);

  self->transport = transport;
  self->parking = get_parking ();
  self->context = gst_ice_shared_context_new (io, &functions, self);
  return self;
}

/**
 * gst_ice_nice_datagrams_set_media:
 * @self: a receiver that is not attached yet
 * @media: (transfer none): decides what the agent's sockets receive; outlives
 *   the receiver
 */
void
gst_ice_nice_datagrams_set_media (
    GstIceNiceDatagrams *self, GstIceNiceMedia *media)
{
  self->media = media;
}

/**
 * gst_ice_nice_datagrams_attach:
 * @self: a receiver
 * @nice: (transfer none): an agent; outlives the receiver
 * @stream: a stream of @nice
 * @component: a component of @stream
 *
 * To be called before gathering: libnice never reads sockets without an
 * attached receiver.
 */
void
gst_ice_nice_datagrams_attach (
    GstIceNiceDatagrams *self, NiceAgent *nice, guint stream, guint component)
{
  self->nice = nice;
  self->stream = stream;
  self->component = component;
  attach (self);
}

/**
 * gst_ice_nice_datagrams_get_senders:
 * @self: a receiver
 *
 * Any thread.
 *
 * Returns: (transfer none): an atomic NiceRequestsSenders: the possible senders
 *   of datagrams; written by the pairs
 */
gint *
gst_ice_nice_datagrams_get_senders (GstIceNiceDatagrams *self)
{
  return &self->senders;
}

/**
 * gst_ice_nice_datagrams_close:
 * @self: a receiver
 *
 * No datagram is received any more when this returns.
 */
void
gst_ice_nice_datagrams_close (GstIceNiceDatagrams *self)
{
  gst_ice_shared_context_close (self->context);
}

/**
 * gst_ice_nice_datagrams_free:
 * @self: (transfer full): a receiver that was closed
 */
void
gst_ice_nice_datagrams_free (GstIceNiceDatagrams *self)
{
  gst_ice_shared_context_unref (self->context);
  g_free (self);
}

/**
 * gst_ice_nice_datagrams_get_context:
 * @self: a receiver
 *
 * Returns: (transfer none): the context in which the agent's sockets are read
 */
GstIceSharedContext *
gst_ice_nice_datagrams_get_context (GstIceNiceDatagrams *self)
{
  return self->context;
}
