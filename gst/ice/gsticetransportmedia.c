/* gst-ice: datagrams of one component: who reads and who writes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticetransport.h"

/* Under the lock. Returns: whether the pair was silent until now */
static gboolean
count_received (GstIceTransportPrivate *priv, guint n, gsize bytes)
{
  priv->packets_received += n;
  priv->bytes_received += bytes;
  priv->last_received = g_get_monotonic_time ();
  return priv->machine.path == ICE_PATH_SILENT;
}

static void
report_heard (GstIceTransport *self)
{
  GstIceTransportClass *klass = GST_ICE_TRANSPORT_GET_CLASS (self);

  if (klass->heard != NULL)
    klass->heard (self);
}

/* Returns: whether somebody reads */
static gboolean
count_one (GstIceTransport *self, gsize size)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  gboolean silent, wanted;

  g_mutex_lock (&priv->lock);
  silent = count_received (priv, 1, size);
  wanted = priv->owners[GST_ICE_DIRECTION_RECEIVE] != NULL;
  if (!wanted)
    priv->packets_unread++;
  g_mutex_unlock (&priv->lock);
  if (silent)
    report_heard (self);
  return wanted;
}

/**
 * gst_ice_transport_receive:
 * @self: a transport
 * @data: (array length=size): a datagram
 * @size: its length, bytes
 *
 * Any thread, never blocks. A datagram that nobody reads is counted and
 * dropped. gst_ice_transport_received_all() is to follow, unless the reader
 * itself iterates the context.
 */
void
gst_ice_transport_receive (
    GstIceTransport *self, gconstpointer data, gsize size)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  GstBuffer *buffer;

  if (!count_one (self, size))
    return;

  /* UDP has empty datagrams, a GstMemory has none. */
  buffer = size > 0 ? gst_buffer_new_memdup (data, size) : gst_buffer_new ();
  GST_BUFFER_DTS (buffer) = gst_util_get_timestamp ();
  gst_ice_inbox_push_quietly (priv->inbox, buffer); /* which counts drops */
}

/**
 * gst_ice_transport_received_all:
 * @self: a transport
 *
 * Any thread, never blocks. No more datagrams wait in the socket: their reader
 * wakes up.
 */
void
gst_ice_transport_received_all (GstIceTransport *self)
{
  gst_ice_inbox_wake (gst_ice_transport_get_private (self)->inbox);
}

/**
 * gst_ice_transport_get_sources:
 * @self: a transport
 *
 * Any thread.
 *
 * Returns: (transfer none): whose datagrams are taken
 */
GstIceSources *
gst_ice_transport_get_sources (GstIceTransport *self)
{
  return gst_ice_transport_get_private (self)->sources;
}

/**
 * gst_ice_transport_set_context:
 * @self: a transport
 * @context: (transfer none) (nullable): where the backend receives, so that the
 *   reader can iterate it
 *
 * I/O thread.
 */
void
gst_ice_transport_set_context (GstIceTransport *self, GstIceContext *context)
{
  gst_ice_inbox_set_context (
      gst_ice_transport_get_private (self)->inbox, context);
}

/**
 * gst_ice_transport_add_socket:
 * @self: a transport
 * @socket: (transfer none): a media socket, which the reader reads itself until
 *   the transport is closed
 *
 * I/O thread.
 *
 * Returns: whether it has it; %FALSE when it has too many
 */
gboolean
gst_ice_transport_add_socket (
    GstIceTransport *self, GstIceDatagramSocket *socket)
{
  return gst_ice_inbox_add_socket (
      gst_ice_transport_get_private (self)->inbox, socket);
}

/**
 * gst_ice_transport_remove_socket:
 * @self: a transport
 * @socket: (transfer none): a media socket of its
 *
 * I/O thread. Its reader reads it no more.
 */
void
gst_ice_transport_remove_socket (
    GstIceTransport *self, GstIceDatagramSocket *socket)
{
  gst_ice_inbox_remove_socket (
      gst_ice_transport_get_private (self)->inbox, socket);
}

/**
 * gst_ice_transport_set_offload_active:
 * @self: a transport
 * @direction: receive or send
 * @active: whether its datagrams take media sockets now
 *
 * I/O thread.
 */
void
gst_ice_transport_set_offload_active (
    GstIceTransport *self, GstIceDirection direction, gboolean active)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  gboolean changed;

  g_mutex_lock (&priv->lock);
  changed = priv->offload_active[direction] != active;
  priv->offload_active[direction] = active;
  g_mutex_unlock (&priv->lock);
  if (changed)
    g_object_notify (G_OBJECT (self),
        direction == GST_ICE_DIRECTION_RECEIVE ? "receive-offload-active"
                                               : "send-offload-active");
}

/* For elements. */

/**
 * gst_ice_transport_claim:
 * @self: a transport
 * @direction: receive or send
 * @owner: who wants it
 *
 * Any thread. One icesrc reads a transport and one icesink writes it.
 *
 * Returns: whether @owner has it; %FALSE with @error naming both otherwise
 */
gboolean
gst_ice_transport_claim (GstIceTransport *self, GstIceDirection direction,
    GstObject *owner, GError **error)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  g_autofree gchar *name = gst_object_get_path_string (owner);
  g_autofree gchar *other = NULL;

  g_mutex_lock (&priv->lock);
  if (priv->owners[direction] == NULL || priv->owners[direction] == owner) {
    priv->owners[direction] = owner;
    g_free (priv->owner_names[direction]);
    priv->owner_names[direction] = g_steal_pointer (&name);
  } else {
    other = g_strdup (priv->owner_names[direction]);
  }
  g_mutex_unlock (&priv->lock);

  if (other == NULL)
    return TRUE;
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY,
      "%s and %s both want to %s stream %u component %u of one agent; give "
      "them another stream, component or connection-id",
      other, name,
      direction == GST_ICE_DIRECTION_RECEIVE ? "read from" : "write to",
      priv->stream, priv->component);
  return FALSE;
}

/**
 * gst_ice_transport_is_claimed:
 * @self: a transport
 * @direction: receive or send
 *
 * Any thread.
 *
 * Returns: whether an element has it
 */
gboolean
gst_ice_transport_is_claimed (GstIceTransport *self, GstIceDirection direction)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  gboolean claimed;

  g_mutex_lock (&priv->lock);
  claimed = priv->owners[direction] != NULL;
  g_mutex_unlock (&priv->lock);
  return claimed;
}

/**
 * gst_ice_transport_unclaim:
 * @self: a transport
 * @direction: receive or send
 * @owner: who does not want it any more
 *
 * Any thread.
 */
void
gst_ice_transport_unclaim (
    GstIceTransport *self, GstIceDirection direction, GstObject *owner)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  gboolean mine;

  g_mutex_lock (&priv->lock);
  mine = priv->owners[direction] == owner;
  if (mine) {
    priv->owners[direction] = NULL;
    g_clear_pointer (&priv->owner_names[direction], g_free);
  }
  g_mutex_unlock (&priv->lock);
  if (mine && direction == GST_ICE_DIRECTION_RECEIVE)
    gst_ice_inbox_clear (priv->inbox);
}

/**
 * gst_ice_transport_set_socket_options:
 * @self: a transport
 * @direction: receive or send
 * @options: (nullable): what its sockets shall have; %NULL: nobody uses that
 *   direction any more
 *
 * I/O thread.
 */
void
gst_ice_transport_set_socket_options (GstIceTransport *self,
    GstIceDirection direction, const GstIceSocketOptions *options)
{
  GstIceTransportClass *klass = GST_ICE_TRANSPORT_GET_CLASS (self);

  if (klass->set_socket_options != NULL)
    klass->set_socket_options (self, direction, options);
  if (options == NULL && direction == GST_ICE_DIRECTION_RECEIVE)
    gst_ice_inbox_clear (gst_ice_transport_get_private (self)->inbox);
}

/**
 * gst_ice_transport_set_retrieve_sender_address:
 * @self: a transport
 * @retrieve: whether buffers of media sockets get a GstNetAddressMeta
 *
 * Any thread.
 */
void
gst_ice_transport_set_retrieve_sender_address (
    GstIceTransport *self, gboolean retrieve)
{
  gst_ice_inbox_set_with_sender (
      gst_ice_transport_get_private (self)->inbox, retrieve);
}

/**
 * gst_ice_transport_is_offload_active:
 * @self: a transport
 * @direction: receive or send
 *
 * Any thread.
 *
 * Returns: whether its datagrams take media sockets now
 */
gboolean
gst_ice_transport_is_offload_active (
    GstIceTransport *self, GstIceDirection direction)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  gboolean active;

  g_mutex_lock (&priv->lock);
  active = priv->offload_active[direction];
  g_mutex_unlock (&priv->lock);
  return active;
}

/**
 * gst_ice_transport_set_flushing:
 * @self: a transport
 * @direction: which side
 * @flushing: whether waits of that side end at once
 *
 * Any thread; never blocks.
 */
void
gst_ice_transport_set_flushing (
    GstIceTransport *self, GstIceDirection direction, gboolean flushing)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);

  switch (direction) {
    case GST_ICE_DIRECTION_RECEIVE:
      gst_ice_inbox_set_flushing (priv->inbox, flushing);
      break;
    case GST_ICE_DIRECTION_SEND:
      gst_ice_outbox_set_flushing (priv->outbox, flushing);
      break;
    case GST_ICE_N_DIRECTIONS:
      break;
  }
}

/**
 * gst_ice_transport_send:
 * @self: a transport
 * @datagrams: (array length=n): datagrams
 * @n: how many
 * @wait: whether to wait for a usable pair, else drop and count
 * @done: (out): how many were sent, or dropped and counted
 *
 * The streaming thread. Flushing and closing end every wait at once.
 *
 * Returns: %GST_FLOW_OK when all are done, %GST_FLOW_FLUSHING, %GST_FLOW_EOS
 *   when the transport was closed or the peer reads no more, %GST_FLOW_ERROR
 *   once it has failed
 */
GstFlowReturn
gst_ice_transport_send (GstIceTransport *self, const GstIceDatagram *datagrams,
    guint n, gboolean wait, guint *done)
{
  return gst_ice_outbox_send (
      gst_ice_transport_get_private (self)->outbox, datagrams, n, wait, done);
}

/**
 * gst_ice_transport_count_discarded:
 * @self: a transport
 * @datagrams: (array length=n): datagrams that will not be sent
 * @n: how many
 *
 * Any thread.
 */
void
gst_ice_transport_count_discarded (
    GstIceTransport *self, const GstIceDatagram *datagrams, guint n)
{
  gst_ice_outbox_count_discarded (
      gst_ice_transport_get_private (self)->outbox, datagrams, n);
}

static void
count_from_socket (
    GstIceTransport *self, const GstIceDatagramSocketReceived *received)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  gboolean silent;

  g_mutex_lock (&priv->lock);
  silent = count_received (priv, received->n, received->bytes);
  g_mutex_unlock (&priv->lock);
  if (silent)
    report_heard (self);
}

/**
 * gst_ice_transport_pop:
 * @self: a transport
 * @timeout: nanoseconds to wait at most, 0 = for ever
 * @datagrams: (out) (transfer full): what came
 *
 * The streaming thread.
 *
 * Returns: %GST_FLOW_OK, %GST_FLOW_FLUSHING, %GST_FLOW_EOS after
 *   gst_ice_transport_end_of_stream(), %GST_FLOW_CUSTOM_SUCCESS at the timeout
 */
GstFlowReturn
gst_ice_transport_pop (
    GstIceTransport *self, guint64 timeout, GstBufferList **datagrams)
{
  GstIceTransportPrivate *priv = gst_ice_transport_get_private (self);
  GstIceDatagramSocketReceived from_socket;

  switch (gst_ice_inbox_pop (priv->inbox, timeout, datagrams, &from_socket)) {
    case GST_ICE_INBOX_DATA:
      if (from_socket.n > 0)
        count_from_socket (self, &from_socket);
      return GST_FLOW_OK;
    case GST_ICE_INBOX_EOS:
      return GST_FLOW_EOS;
    case GST_ICE_INBOX_FLUSHING:
      return GST_FLOW_FLUSHING;
    case GST_ICE_INBOX_TIMEOUT:
      break;
  }
  return GST_FLOW_CUSTOM_SUCCESS;
}
