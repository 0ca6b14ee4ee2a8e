/* gst-ice: the media sockets of one transport.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticenicemedia.h"
#include "gsticenicesocket.h"

#include <gio/gnetworking.h>

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_media_debug);
#define GST_CAT_DEFAULT gst_ice_nice_media_debug

struct _GstIceNiceMedia
{
  GstIceTransport *transport; /* not referenced: it owns us */

  /* I/O thread */
  GPtrArray *steerings; /* of GstIceSteering, not owned */
  gboolean spare_channel_data;
  GstIceSocketOptions options[GST_ICE_N_DIRECTIONS];
  gboolean has_reader;      /* an element, whatever it wants */
  GstIceSteering *selected; /* NULL: the pair is none of ours */
  struct sockaddr_storage remote;

  GMutex lock; /* a leaf */
  /* under the lock: where to send from, NULL: through the agent */
  GstIceDatagramSocket *route;
  struct sockaddr_storage to;
};

/**
 * gst_ice_nice_media_new:
 * @transport: (transfer none): whose media; outlives it
 *
 * Returns: (transfer full): no sockets yet
 */
GstIceNiceMedia *
gst_ice_nice_media_new (GstIceTransport *transport)
{
  GstIceNiceMedia *self = g_new0 (GstIceNiceMedia, 1);
  guint i;

  GST_DEBUG_CATEGORY_INIT (
      gst_ice_nice_media_debug, "icemedia", 0, "ICE media sockets");
  self->transport = transport;
  self->steerings = g_ptr_array_new ();
  for (i = 0; i < GST_ICE_N_DIRECTIONS; i++)
    self->options[i].dscp = -1;
  g_mutex_init (&self->lock);
  return self;
}

/**
 * gst_ice_nice_media_free:
 * @self: (transfer full): media sockets that were closed
 *
 * Nobody sends any more.
 */
void
gst_ice_nice_media_free (GstIceNiceMedia *self)
{
  g_assert (self->route == NULL);
  g_ptr_array_unref (self->steerings);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static gboolean
is_wanted (GstIceNiceMedia *self, GstIceDirection direction)
{
  return self->options[direction].offload;
}

static void
apply_options (GstIceNiceMedia *self, GstIceDatagramSocket *media)
{
  GSocket *socket = gst_ice_datagram_socket_get_socket (media);

  gst_ice_nice_socket_set_buffer_sizes (socket,
      self->has_reader ? self->options[GST_ICE_DIRECTION_RECEIVE].buffer_size
                       : 1,
      self->options[GST_ICE_DIRECTION_SEND].buffer_size);
  gst_ice_nice_socket_set_dscp (
      socket, self->options[GST_ICE_DIRECTION_SEND].dscp);
}

/* Where nobody reads, the kernel drops what comes, instead of libnice.
 *
 * Returns: (transfer none) (nullable): its media socket, where it can have one
 */
static GstIceDatagramSocket *
update_steering (GstIceNiceMedia *self, GstIceSteering *steering)
{
  gboolean wanted = is_wanted (self, GST_ICE_DIRECTION_RECEIVE)
      || is_wanted (self, GST_ICE_DIRECTION_SEND);
  gboolean steer_it = is_wanted (self, GST_ICE_DIRECTION_RECEIVE)
      || (wanted && !self->has_reader);
  g_autoptr (GError) error = NULL;
  GstIceDatagramSocket *media;

  if (!wanted && gst_ice_steering_get_media (steering) == NULL)
    return NULL;
  media = gst_ice_steering_open_media (
      steering, gst_ice_transport_get_sources (self->transport), &error);
  if (media != NULL) {
    apply_options (self, media);
    if (gst_ice_transport_add_socket (self->transport, media)
        && gst_ice_steering_steer_media (
            steering, steer_it, self->spare_channel_data, &error))
      return media;
  }
  GST_INFO_OBJECT (self->transport, "no media socket: %s",
      error != NULL ? error->message : "there are too many");
  return NULL;
}

/* (transfer none) (nullable) for route */
static void
set_route (GstIceNiceMedia *self, GstIceDatagramSocket *route)
{
  GstIceDatagramSocket *old;

  g_mutex_lock (&self->lock);
  old = self->route;
  self->route = route != NULL ? gst_ice_datagram_socket_ref (route) : NULL;
  self->to = self->remote;
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&old, gst_ice_datagram_socket_unref);
}

/* libnice would say the peer's address to its log for each call, as text. */
static GstIceDatagramSocket *
get_plain_route (GstIceNiceMedia *self)
{
  GstIceDatagramSocket *plain = gst_ice_steering_get_plain (
      self->selected, gst_ice_transport_get_sources (self->transport));
  GSocket *socket = gst_ice_datagram_socket_get_socket (plain);

  gst_ice_nice_socket_set_buffer_sizes (
      socket, 0, self->options[GST_ICE_DIRECTION_SEND].buffer_size);
  gst_ice_nice_socket_set_dscp (
      socket, self->options[GST_ICE_DIRECTION_SEND].dscp);
  return plain;
}

/* Brings sockets, filters and the route up to what is wanted. */
static void
update (GstIceNiceMedia *self)
{
  GstIceDatagramSocket *route = NULL;
  gboolean is_sent;
  guint i;

  for (i = 0; i < self->steerings->len; i++) {
    GstIceSteering *steering = g_ptr_array_index (self->steerings, i);
    GstIceDatagramSocket *media = update_steering (self, steering);

    if (steering == self->selected)
      route = media;
  }
  is_sent = route != NULL && is_wanted (self, GST_ICE_DIRECTION_SEND);
  gst_ice_transport_set_offload_active (
      self->transport, GST_ICE_DIRECTION_SEND, is_sent);
  gst_ice_transport_set_offload_active (self->transport,
      GST_ICE_DIRECTION_RECEIVE,
      route != NULL && is_wanted (self, GST_ICE_DIRECTION_RECEIVE));
  if (!is_sent)
    route = self->selected != NULL ? get_plain_route (self) : NULL;
  set_route (self, route);
}

/**
 * gst_ice_nice_media_spare_channel_data:
 * @self: media sockets
 *
 * The I/O thread, before the first steering socket: a TURN server may send
 * ChannelData, which is the agent's.
 */
void
gst_ice_nice_media_spare_channel_data (GstIceNiceMedia *self)
{
  self->spare_channel_data = TRUE;
}

/**
 * gst_ice_nice_media_add_steering:
 * @self: media sockets
 * @steering: (transfer none): beside one of the agent's UDP sockets; lives
 *   until gst_ice_nice_media_remove_steerings() or gst_ice_nice_media_close()
 *
 * The I/O thread.
 */
void
gst_ice_nice_media_add_steering (
    GstIceNiceMedia *self, GstIceSteering *steering)
{
  g_ptr_array_add (self->steerings, steering);
  update (self);
}

static void
forget_steering (GstIceNiceMedia *self, GstIceSteering *steering)
{
  GstIceDatagramSocket *media = gst_ice_steering_get_media (steering);

  if (self->selected == steering)
    self->selected = NULL;
  if (media != NULL)
    gst_ice_transport_remove_socket (self->transport, media);
}

/**
 * gst_ice_nice_media_remove_steerings:
 * @self: media sockets
 * @steerings: (element-type GstIceSteering): some that are freed next
 *
 * The I/O thread.
 */
void
gst_ice_nice_media_remove_steerings (
    GstIceNiceMedia *self, GPtrArray *steerings)
{
  gboolean changed = FALSE;
  guint i;

  for (i = 0; i < steerings->len; i++) {
    GstIceSteering *steering = g_ptr_array_index (steerings, i);

    if (!g_ptr_array_remove (self->steerings, steering))
      continue; /* all were, by gst_ice_nice_media_close() */
    forget_steering (self, steering);
    changed = TRUE;
  }
  if (changed)
    update (self);
}

/**
 * gst_ice_nice_media_set_options:
 * @self: media sockets
 * @direction: receive or send
 * @options: (nullable): what is wanted; %NULL: nobody is there
 *
 * The I/O thread.
 */
void
gst_ice_nice_media_set_options (GstIceNiceMedia *self,
    GstIceDirection direction, const GstIceSocketOptions *options)
{
  self->options[direction] = options != NULL
      ? *options
      : (GstIceSocketOptions){ .dscp = -1 };
  if (direction == GST_ICE_DIRECTION_RECEIVE)
    self->has_reader = options != NULL;
  update (self);
}

/**
 * gst_ice_nice_media_select:
 * @self: media sockets
 * @steering: (nullable): where the selected pair's datagrams leave from; %NULL:
 *   it is relayed, or TCP
 * @remote: the selected pair's remote address
 *
 * The I/O thread.
 */
void
gst_ice_nice_media_select (
    GstIceNiceMedia *self, GstIceSteering *steering, const NiceAddress *remote)
{
  gchar text[NICE_ADDRESS_STRING_LEN];
  g_autoptr (GSocketAddress) to = NULL;

  nice_address_to_string (remote, text);
  if (steering != NULL)
    to = gst_ice_steering_make_remote (
        steering, text, (guint16) nice_address_get_port (remote));
  self->selected = NULL;
  if (to != NULL
      && g_socket_address_to_native (
          to, &self->remote, sizeof (self->remote), NULL))
    self->selected = steering;
  update (self);
}

/**
 * gst_ice_nice_media_close:
 * @self: media sockets
 *
 * The I/O thread, before the steering sockets are freed.
 */
void
gst_ice_nice_media_close (GstIceNiceMedia *self)
{
  g_ptr_array_set_size (self->steerings, 0);
  self->selected = NULL;
  update (self);
}

static gsize
get_size (const struct sockaddr_storage *address)
{
  return address->ss_family == AF_INET6 ? sizeof (struct sockaddr_in6)
                                        : sizeof (struct sockaddr_in);
}

/**
 * gst_ice_nice_media_send:
 * @self: media sockets
 * @datagrams: (array length=n): datagrams
 * @n: how many
 * @sent: (out): how many were sent
 * @error: says why fewer were sent, as in GstIceTransportClass.send()
 *
 * The sending thread; never blocks.
 *
 * Returns: whether this is the way; %FALSE: it is the agent's to send
 */
gboolean
gst_ice_nice_media_send (GstIceNiceMedia *self, const GstIceDatagram *datagrams,
    guint n, guint *sent, GError **error)
{
  GstIceDatagramSocket *route = NULL;
  struct sockaddr_storage to;

  g_mutex_lock (&self->lock);
  if (self->route != NULL) {
    route = gst_ice_datagram_socket_ref (self->route);
    to = self->to;
  }
  g_mutex_unlock (&self->lock);
  if (route == NULL)
    return FALSE;
  *sent = gst_ice_datagram_socket_send (
      route, &to, get_size (&to), datagrams, n, error);
  gst_ice_datagram_socket_unref (route);
  return TRUE;
}
