/* gst-ice: the media sockets of one transport.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicemedia.h"
#include "datapath/gsticeelsewhere.h"
#include "agent/gsticenicesocket.h"

#include <gio/gnetworking.h>

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_media_debug);
#define GST_CAT_DEFAULT gst_ice_nice_media_debug

/* The way to the peer through a TURN server over UDP. */
typedef struct
{
  GstIceSteering *steering; /* on the port of the allocation; NULL: not known */
  struct sockaddr_storage server;
  guint16 channel;
} Relay;

struct _GstIceNiceMedia
{
  GstIceTransport *transport; /* not referenced: it owns us */

  /* I/O thread */
  GPtrArray *steerings;   /* of GstIceSteering, not owned */
  GHashTable *elsewheres; /* of these, the media socket that we read */
  GMainContext *context;  /* the I/O thread's; NULL: no steering yet */
  GstIcePeerAddresses *turn_servers; /* NULL: none is in use */
  GstIceSocketOptions options[GST_ICE_N_DIRECTIONS];
  gboolean has_reader; /* an element exists for this direction */
  GstIceSteering
      *selected; /* NULL: the selected pair sends from none of our sockets */
  gboolean has_pair; /* any one */
  struct sockaddr_storage remote;
  Relay relay; /* of the selected pair */

  gint is_apart; /* atomic */
};

/**
 * gst_ice_nice_media_new:
 * @transport: (transfer none): the transport; outlives them
 *
 * Returns: (transfer full): media sockets, none of them open yet
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
  self->elsewheres = g_hash_table_new_full (
      NULL, NULL, NULL, (GDestroyNotify) gst_ice_elsewhere_free);
  for (i = 0; i < GST_ICE_N_DIRECTIONS; i++)
    self->options[i].dscp = -1;
  return self;
}

/**
 * gst_ice_nice_media_free:
 * @self: (transfer full): media sockets that were closed
 */
void
gst_ice_nice_media_free (GstIceNiceMedia *self)
{
  g_ptr_array_unref (self->steerings);
  g_hash_table_unref (self->elsewheres);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->turn_servers, gst_ice_peer_addresses_unref);
  g_free (self);
}

static gboolean
is_wanted (GstIceNiceMedia *self, GstIceDirection direction)
{
  return self->options[direction].offload;
}

static gboolean
may_offload (GstIceNiceMedia *self)
{
  return is_wanted (self, GST_ICE_DIRECTION_RECEIVE)
      || is_wanted (self, GST_ICE_DIRECTION_SEND);
}

static void
apply_options (GstIceNiceMedia *self, GstIceDatagramSocket *media)
{
  GSocket *socket = gst_ice_datagram_socket_get_socket (media);

  gst_ice_nice_socket_set_buffer_sizes (socket,
      self->has_reader || !may_offload (self)
          ? self->options[GST_ICE_DIRECTION_RECEIVE].buffer_size
          : 1,
      self->options[GST_ICE_DIRECTION_SEND].buffer_size);
  gst_ice_nice_socket_set_dscp (
      socket, self->options[GST_ICE_DIRECTION_SEND].dscp);
}

/* The transport's reader reads all its media sockets and waits for them.
 * Without offload it waits in the agent's context, so the I/O thread reads the
 * media socket instead.
 *
 * Returns: whether the media socket is read */
static gboolean
add_reader (GstIceNiceMedia *self, GstIceSteering *steering,
    GstIceDatagramSocket *media, gboolean is_new)
{
  gpointer elsewhere = NULL;

  if (may_offload (self)) {
    g_hash_table_steal_extended (self->elsewheres, steering, NULL, &elsewhere);
    g_clear_pointer (&elsewhere, gst_ice_elsewhere_hand_over);
    return gst_ice_datapath_add_socket (
        gst_ice_transport_get_datapath (self->transport), media);
  }
  if (is_new)
    g_hash_table_insert (self->elsewheres, steering,
        gst_ice_elsewhere_new (gst_ice_transport_get_datapath (self->transport),
            self->context, media));
  return TRUE;
}

/* With offload the kernel gives all data to the media socket; also without a
 * reader, so that the kernel drops it instead of libnice. Otherwise it gives
 * only data that did not come on the selected pair, since libnice would not
 * report its source.
 *
 * Returns: whether the media socket gets data of the selected pair */
static gboolean
steer_media (GstIceNiceMedia *self, GstIceSteering *steering, GError **error)
{
  gboolean whole = is_wanted (self, GST_ICE_DIRECTION_RECEIVE)
      || (may_offload (self) && !self->has_reader);
  gboolean spared = !whole && self->selected == steering;

  return gst_ice_steering_steer_media (steering, whole || self->has_pair,
      self->turn_servers != NULL, spared ? &self->remote : NULL, error);
}

/* Returns: (transfer none) (nullable): its media socket, if it can have one */
static GstIceDatagramSocket *
update_steering (GstIceNiceMedia *self, GstIceSteering *steering)
{
  gboolean is_new = gst_ice_steering_get_media (steering) == NULL;
  g_autoptr (GError) error = NULL;
  GstIceDatagramSocket *media;

  if (!may_offload (self) && !self->has_pair && is_new)
    return NULL;
  media = gst_ice_steering_open_media (steering,
      gst_ice_datapath_get_peer_addresses (
          gst_ice_transport_get_datapath (self->transport)),
      &error);
  if (media != NULL && is_new)
    apply_options (self, media);
  if (media != NULL && add_reader (self, steering, media, is_new)
      && steer_media (self, steering, &error))
    return media;
  GST_INFO_OBJECT (self->transport, "no media socket: %s",
      error != NULL ? error->message : "there are too many");
  return NULL;
}

static gsize
get_size (const struct sockaddr_storage *address)
{
  return address->ss_family == AF_INET6 ? sizeof (struct sockaddr_in6)
                                        : sizeof (struct sockaddr_in);
}

/* Avoids libnice's lookup, which formats the peer's address for its log. */
static GstIceDatagramSocket *
get_plain_route (GstIceNiceMedia *self)
{
  GstIceDatagramSocket *plain = gst_ice_steering_get_plain (self->selected,
      gst_ice_datapath_get_peer_addresses (
          gst_ice_transport_get_datapath (self->transport)));
  GSocket *socket = gst_ice_datagram_socket_get_socket (plain);

  gst_ice_nice_socket_set_buffer_sizes (
      socket, 0, self->options[GST_ICE_DIRECTION_SEND].buffer_size);
  gst_ice_nice_socket_set_dscp (
      socket, self->options[GST_ICE_DIRECTION_SEND].dscp);
  return plain;
}

/* @media: the media socket of @steering */
static void
update_peer (GstIceNiceMedia *self, GstIceSteering *steering,
    GstIceDatagramSocket *media)
{
  gst_ice_datagram_socket_set_peer (media,
      steering == self->selected ? &self->remote : NULL, sizeof (self->remote));
}

/* @media: (nullable): the media socket of the port that the selected pair, or
 * its allocation, sends from */
static void
update_route (GstIceNiceMedia *self, GstIceDatagramSocket *media)
{
  const struct sockaddr_storage *to = self->selected != NULL
      ? &self->remote
      : &self->relay.server;
  gboolean sends = media != NULL && is_wanted (self, GST_ICE_DIRECTION_SEND);
  guint16 channel = sends && self->selected == NULL ? self->relay.channel : 0;

  gst_ice_transport_report_offload_active (
      self->transport, GST_ICE_DIRECTION_SEND, sends);
  gst_ice_transport_report_offload_active (self->transport,
      GST_ICE_DIRECTION_RECEIVE,
      media != NULL && self->selected != NULL
          && is_wanted (self, GST_ICE_DIRECTION_RECEIVE));
  if (!sends)
    media = self->selected != NULL ? get_plain_route (self) : NULL;
  gst_ice_datapath_set_route (gst_ice_transport_get_datapath (self->transport),
      media, to, get_size (to), channel);
}

/* Makes sockets, filters and the route follow the settings. */
static void
update (GstIceNiceMedia *self)
{
  GstIceSteering *sender = self->selected != NULL ? self->selected
                                                  : self->relay.steering;
  GstIceDatagramSocket *route = NULL;
  gboolean is_apart = self->has_pair;
  guint i;

  for (i = 0; i < self->steerings->len; i++) {
    GstIceSteering *steering = g_ptr_array_index (self->steerings, i);
    GstIceDatagramSocket *media = update_steering (self, steering);

    if (steering == sender)
      route = media;
    is_apart &= media != NULL;
    if (media != NULL)
      update_peer (self, steering, media);
  }
  g_atomic_int_set (&self->is_apart, is_apart);
  update_route (self, route);
}

/**
 * gst_ice_nice_media_add_turn_server:
 * @self: media sockets
 * @address: (nullable): its address, numeric; %NULL: of a server over TCP
 * @port: its port
 *
 * I/O thread, before the first steering socket: the server may send
 * ChannelData, which then goes to the agent's socket.
 */
void
gst_ice_nice_media_add_turn_server (
    GstIceNiceMedia *self, const gchar *address, guint16 port)
{
  if (self->turn_servers == NULL)
    self->turn_servers = gst_ice_peer_addresses_new ();
  if (address != NULL)
    gst_ice_peer_addresses_add (self->turn_servers, address, port);
}

/**
 * gst_ice_nice_media_set_relay:
 * @relay: how an authenticated answer of the peer came on the selected pair
 * @data: the media sockets
 *
 * I/O thread. The channel is bound to the peer: datagrams can go that way
 * without the agent. libnice, which the requests for consent go through, keeps
 * the binding; without it no more answers come, and the pair is given up.
 */
void
gst_ice_nice_media_set_relay (const GstIceStunRelay *relay, gpointer data)
{
  GstIceNiceMedia *self = data;
  struct sockaddr_storage server = { 0 };

  if (self->selected != NULL || self->turn_servers == NULL
      || !g_ptr_array_find (self->steerings, relay->taker, NULL)
      || !g_socket_address_to_native (
          relay->server, &server, sizeof (server), NULL)
      || !gst_ice_peer_addresses_contain (
          self->turn_servers, &server, get_size (&server)))
    return;
  if (self->relay.steering == relay->taker
      && self->relay.channel == relay->channel
      && gst_ice_peer_addresses_is_same (&self->relay.server, &server))
    return;
  self->relay = (Relay){ relay->taker, server, relay->channel };
  GST_DEBUG_OBJECT (
      self->transport, "sends by TURN channel 0x%04x itself", relay->channel);
  update (self);
}

/* I/O thread. */
static void
on_empty (GstIceSteering *steering, GSocketAddress *from, gpointer data)
{
  GstIceNiceMedia *self = data;
  GstIceDatapath *datapath = gst_ice_transport_get_datapath (self->transport);
  struct sockaddr_storage native = { 0 };
  gssize size = g_socket_address_get_native_size (from);

  if (!g_socket_address_to_native (from, &native, sizeof (native), NULL)
      || !gst_ice_peer_addresses_contain (
          gst_ice_datapath_get_peer_addresses (datapath), &native,
          (gsize) size)) {
    gst_ice_datapath_count_unknown_source (datapath, 1);
    return;
  }
  gst_ice_datapath_receive (datapath, NULL, 0,
      self->selected == steering
          && gst_ice_peer_addresses_is_same (&native, &self->remote));
  gst_ice_datapath_received_all (datapath);
}

/**
 * gst_ice_nice_media_add_steering:
 * @self: media sockets
 * @steering: (transfer none): beside one of the agent's UDP sockets; lives
 *   until gst_ice_nice_media_remove_steerings() or gst_ice_nice_media_close()
 * @context: the I/O thread's main context
 *
 * I/O thread.
 */
void
gst_ice_nice_media_add_steering (
    GstIceNiceMedia *self, GstIceSteering *steering, GMainContext *context)
{
  if (self->context == NULL)
    self->context = g_main_context_ref (context);
  g_ptr_array_add (self->steerings, steering);
  gst_ice_steering_take_empty (steering, on_empty, self);
  update (self);
}

static void
forget_steering (GstIceNiceMedia *self, GstIceSteering *steering)
{
  GstIceDatagramSocket *media = gst_ice_steering_get_media (steering);

  gst_ice_steering_take_empty (steering, NULL, NULL);
  g_hash_table_remove (self->elsewheres, steering);
  if (self->selected == steering)
    self->selected = NULL;
  if (self->relay.steering == steering)
    self->relay = (Relay){ 0 };
  if (media != NULL)
    gst_ice_datapath_remove_socket (
        gst_ice_transport_get_datapath (self->transport), media);
}

/**
 * gst_ice_nice_media_remove_steerings:
 * @self: media sockets
 * @steerings: (element-type GstIceSteering): those that are freed next
 *
 * I/O thread.
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
      continue; /* gst_ice_nice_media_close() has removed all */
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
 * @options: (nullable): the element's options; %NULL: no element
 *
 * I/O thread.
 */
void
gst_ice_nice_media_set_options (GstIceNiceMedia *self,
    GstIceDirection direction, const GstIceSocketOptions *options)
{
  guint i;

  self->options[direction] = options != NULL
      ? *options
      : (GstIceSocketOptions){ .dscp = -1 };
  if (direction == GST_ICE_DIRECTION_RECEIVE)
    self->has_reader = options != NULL;
  for (i = 0; i < self->steerings->len; i++) {
    GstIceDatagramSocket *media = gst_ice_steering_get_media (
        g_ptr_array_index (self->steerings, i));

    if (media != NULL)
      apply_options (self, media);
  }
  update (self);
}

/**
 * gst_ice_nice_media_select:
 * @self: media sockets
 * @steering: (nullable): the socket that the selected pair sends from; %NULL
 * for a relayed or TCP pair
 * @remote: the selected pair's remote address
 *
 * I/O thread.
 */
void
gst_ice_nice_media_select (
    GstIceNiceMedia *self, GstIceSteering *steering, const NiceAddress *remote)
{
  gchar text[NICE_ADDRESS_STRING_LEN];
  g_autoptr (GSocketAddress) to = NULL;

  self->has_pair = TRUE;
  nice_address_to_string (remote, text);
  if (steering != NULL)
    to = gst_ice_steering_make_remote (
        steering, text, (guint16) nice_address_get_port (remote));
  self->selected = NULL;
  self->relay = (Relay){ 0 };
  if (to != NULL
      && g_socket_address_to_native (
          to, &self->remote, sizeof (self->remote), NULL))
    self->selected = steering;
  update (self);
}

/**
 * gst_ice_nice_media_forget_pair:
 * @self: media sockets
 *
 * I/O thread. No pair is selected any more.
 */
void
gst_ice_nice_media_forget_pair (GstIceNiceMedia *self)
{
  self->selected = NULL;
  self->relay = (Relay){ 0 };
  self->has_pair = FALSE;
  update (self);
}

/**
 * gst_ice_nice_media_close:
 * @self: media sockets
 *
 * I/O thread, before the steering sockets are freed.
 */
void
gst_ice_nice_media_close (GstIceNiceMedia *self)
{
  guint i;

  for (i = 0; i < self->steerings->len; i++)
    gst_ice_steering_take_empty (
        g_ptr_array_index (self->steerings, i), NULL, NULL);
  g_ptr_array_set_size (self->steerings, 0);
  g_hash_table_remove_all (self->elsewheres);
  gst_ice_nice_media_forget_pair (self);
  g_clear_pointer (&self->context, g_main_context_unref);
}

/**
 * gst_ice_nice_media_is_apart:
 * @self: media sockets
 *
 * Any thread.
 *
 * Returns: whether the agent's UDP sockets receive data only on the selected
 *   pair and through a TURN server
 */
gboolean
gst_ice_nice_media_is_apart (GstIceNiceMedia *self)
{
  return g_atomic_int_get (&self->is_apart);
}
