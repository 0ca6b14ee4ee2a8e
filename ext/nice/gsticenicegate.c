/* gst-ice: who gets in to libnice by TCP.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticenicegate.h"

#ifdef __linux__

#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "gsticenicebridge.h"
#include "nicelog.h"

/* libnice's is 10: the kernel keeps the others while the gate is shut. */
#define BACKLOG 128
/* RFC 8445 section 6.1.2.5: no more pairs, so no more addresses */
#define MAX_REMOTES 100
/* A connection takes three. */
#define SPARE_DESCRIPTORS 4

typedef struct
{
  GstIceNiceGate *gate;
  GstIceNiceBridge *bridge;
  guint generation;
} Connection;

typedef struct
{
  gint fd;
  NiceAddress address;
} Listener;

/* Its context's thread alone. */
struct _GstIceNiceGate
{
  GMainContext *context;
  GstIceNiceGateFunc lost;
  gpointer user_data;

  GArray *listeners;  /* of Listener */
  GArray *remotes;    /* of NiceAddress */
  GQueue connections; /* of Connection; the oldest first */
  guint generation;
  gchar *ufrag, *password, *remote_password;
  gboolean is_tcp_selected;
  NiceAddress selected_local, selected_base, selected_remote;

  gboolean is_accepting; /* libnice was told of somebody who knocks */
  gint64 period;         /* when it began */
  guint accepted;        /* in it */
  gint64 shut_until;
};

/* Of the process: a poll function knows its thread only. */
G_LOCK_DEFINE_STATIC (gates);
static GPtrArray *gates;

static void
connection_free (gpointer data)
{
  Connection *connection = data;

  gst_ice_nice_bridge_free (connection->bridge);
  g_free (connection);
}

static guint
count (const GstIceNiceGate *self, GstIceNiceBridgeState min,
    GstIceNiceBridgeState max)
{
  const GList *i;
  guint n = 0;

  for (i = self->connections.head; i != NULL; i = i->next) {
    const Connection *connection = i->data;
    GstIceNiceBridgeState state = gst_ice_nice_bridge_get_state (
        connection->bridge);

    n += state >= min && state <= max;
  }
  return n;
}

static gboolean
is_selected (const GstIceNiceGate *self, const Connection *connection)
{
  return self->is_tcp_selected
      && (gst_ice_nice_bridge_is_between (
              connection->bridge, &self->selected_local, &self->selected_remote)
          || gst_ice_nice_bridge_is_between (connection->bridge,
              &self->selected_base, &self->selected_remote));
}

static NiceFrameSender
judge (GstIceNiceBridge *bridge, const guint8 *data, gsize size, gpointer data_)
{
  Connection *connection = data_;
  GstIceNiceGate *self = connection->gate;
  const NiceFrameCredentials credentials = { self->ufrag, self->password,
    self->remote_password };
  NiceFrameSender sender = nice_frame_judge (data, size, &credentials);

  if (sender == NICE_FRAME_PEER
      && count (self, GST_ICE_NICE_BRIDGE_PEER, GST_ICE_NICE_BRIDGE_LOST)
          >= GST_ICE_NICE_GATE_PEERS)
    sender = NICE_FRAME_STRANGER;
  return sender;
}

static void
on_changed (GstIceNiceBridge *bridge, gpointer data)
{
  Connection *connection = data;
  GstIceNiceGate *self = connection->gate;

  switch (gst_ice_nice_bridge_get_state (bridge)) {
    case GST_ICE_NICE_BRIDGE_STRANGER:
    case GST_ICE_NICE_BRIDGE_PEER:
      break;
    case GST_ICE_NICE_BRIDGE_LOST:
      if (is_selected (self, connection))
        self->lost (self->user_data);
      break;
    case GST_ICE_NICE_BRIDGE_CLOSED:
      g_queue_remove (&self->connections, connection);
      connection_free (connection);
      break;
  }
}

static const GstIceNiceBridgeFuncs bridge_funcs = { judge, on_changed };

/* The stranger who has been one for longest. */
static void
turn_one_away (GstIceNiceGate *self)
{
  GList *i;

  for (i = self->connections.head; i != NULL; i = i->next) {
    Connection *connection = i->data;

    if (gst_ice_nice_bridge_get_state (connection->bridge)
        != GST_ICE_NICE_BRIDGE_STRANGER)
      continue;
    g_queue_delete_link (&self->connections, i);
    connection_free (connection);
    return;
  }
}

/* Without a bridge libnice finds the connection ended. */
static void
adopt (GstIceNiceGate *self, gint fd)
{
  Connection *connection = g_new0 (Connection, 1);

  if (count (self, GST_ICE_NICE_BRIDGE_STRANGER, GST_ICE_NICE_BRIDGE_STRANGER)
      >= GST_ICE_NICE_GATE_STRANGERS)
    turn_one_away (self);
  connection->gate = self;
  connection->generation = self->generation;
  connection->bridge = gst_ice_nice_bridge_new (self->context, fd,
      g_get_monotonic_time () + GST_ICE_NICE_GATE_PATIENCE, &bridge_funcs,
      connection);
  if (connection->bridge == NULL) {
    shutdown (fd, SHUT_RDWR);
    g_free (connection);
    return;
  }
  g_queue_push_tail (&self->connections, connection);
}

/* What a descriptor is. */

typedef struct
{
  gint fd;
  NiceAddress local, remote;
} Socket;

static gboolean
is_tcp (gint fd)
{
  gint protocol;
  socklen_t size = sizeof (protocol);

  return getsockopt (fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0
      && protocol == IPPROTO_TCP;
}

static gboolean
get_address (gint fd,
    int (*get) (int fd, struct sockaddr *address, socklen_t *size),
    NiceAddress *result)
{
  struct sockaddr_storage address;
  socklen_t size = sizeof (address);

  if (get (fd, (struct sockaddr *) &address, &size) != 0
      || (address.ss_family != AF_INET && address.ss_family != AF_INET6))
    return FALSE;
  nice_address_init (result);
  nice_address_set_from_sockaddr (result, (struct sockaddr *) &address);
  return TRUE;
}

/* Whether it is a connection of TCP's. */
static gboolean
look_at (gint fd, Socket *socket)
{
  socket->fd = fd;
  return is_tcp (fd) && get_address (fd, getpeername, &socket->remote)
      && get_address (fd, getsockname, &socket->local);
}

static gboolean
is_listener (const GstIceNiceGate *self, gint fd)
{
  guint i;

  for (i = 0; i < self->listeners->len; i++)
    if (g_array_index (self->listeners, Listener, i).fd == fd)
      return TRUE;
  return FALSE;
}

static gboolean
was_accepted (const GstIceNiceGate *self, const Socket *socket)
{
  guint i;

  for (i = 0; i < self->listeners->len; i++)
    if (nice_address_equal (
            &g_array_index (self->listeners, Listener, i).address,
            &socket->local))
      return TRUE;
  return FALSE;
}

/* Whether libnice made it to a candidate of the peer's. */
static gboolean
was_made (const GstIceNiceGate *self, const Socket *socket)
{
  guint i;

  for (i = 0; i < self->remotes->len; i++)
    if (nice_address_equal (
            &g_array_index (self->remotes, NiceAddress, i), &socket->remote))
      return nice_log_has_socket (socket->fd);
  return FALSE;
}

/* Whether it must get a bridge. Those that have one are in the same context. */
static gboolean
needs_bridge (const GstIceNiceGate *self, const Socket *socket)
{
  const GList *i;

  for (i = self->connections.head; i != NULL; i = i->next) {
    const Connection *connection = i->data;

    if (gst_ice_nice_bridge_owns (connection->bridge, socket->fd))
      return FALSE;
  }
  return was_accepted (self, socket) || was_made (self, socket);
}

/* The door. */

static gboolean
has_descriptors (void)
{
  gint spare[SPARE_DESCRIPTORS];
  guint n = 0, i;

  while (n < SPARE_DESCRIPTORS
      && (spare[n] = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) >= 0)
    n++;
  for (i = 0; i < n; i++)
    close (spare[i]);
  return n == SPARE_DESCRIPTORS;
}

/* Somebody knocks. Where there is no descriptor libnice tries for ever. */
static gboolean
may_accept (GstIceNiceGate *self, gint64 now)
{
  if (now - self->period >= GST_ICE_NICE_GATE_PERIOD) {
    self->period = now;
    self->accepted = 0;
  }
  if (self->accepted < GST_ICE_NICE_GATE_RATE && has_descriptors ()) {
    self->accepted++;
    self->is_accepting = TRUE;
    return TRUE;
  }
  self->shut_until = now + GST_ICE_NICE_GATE_PERIOD;
  return FALSE;
}

/* libnice has accepted: the connection is among these, be it silent. */
static void
find_accepted (GstIceNiceGate *self, const GPollFD *fds, guint n)
{
  Socket socket;
  guint i;

  if (!self->is_accepting)
    return;
  self->is_accepting = FALSE;
  for (i = 0; i < n; i++)
    if (look_at (fds[i].fd, &socket) && needs_bridge (self, &socket))
      adopt (self, fds[i].fd);
}

static gint
shorten (gint timeout, gint64 left)
{
  gint limit = (gint) ((left + 999) / 1000);

  return timeout < 0 ? limit : MIN (timeout, limit);
}

/* poll() passes over negative descriptors. */
static void
hide_listeners (const GstIceNiceGate *self, GPollFD *fds, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    if (is_listener (self, fds[i].fd))
      fds[i].fd = ~fds[i].fd;
}

static void
show_listeners (GPollFD *fds, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    if (fds[i].fd < 0) {
      fds[i].fd = ~fds[i].fd;
      fds[i].revents = 0;
    }
}

static void
before_poll (
    GstIceNiceGate *self, GPollFD *fds, guint n, gint64 now, gint *timeout)
{
  find_accepted (self, fds, n);
  if (self->shut_until <= now)
    return;
  hide_listeners (self, fds, n);
  *timeout = shorten (*timeout, self->shut_until - now);
}

/* Those of the context that this thread polls. */
static GstIceNiceGate *
next_gate (guint *i)
{
  while (*i < gates->len) {
    GstIceNiceGate *gate = g_ptr_array_index (gates, (*i)++);

    if (g_main_context_is_owner (gate->context))
      return gate;
  }
  return NULL;
}

/* Whether libnice must not see that it is ready. */
static gboolean
stops (gint fd, gint64 now)
{
  GstIceNiceGate *gate;
  Socket socket;
  guint i = 0;

  while ((gate = next_gate (&i)) != NULL)
    if (is_listener (gate, fd))
      return !may_accept (gate, now);
  if (!look_at (fd, &socket))
    return FALSE;
  i = 0;
  while ((gate = next_gate (&i)) != NULL)
    if (needs_bridge (gate, &socket)) {
      adopt (gate, fd);
      return TRUE;
    }
  return FALSE;
}

/**
 * gst_ice_nice_gate_poll:
 * @fds: (array length=n): as for g_poll()
 * @n: how many
 * @timeout: ms, -1: none
 *
 * The poll function of a gate's context: g_poll(), but that libnice does not
 * see a connection before a bridge has it, nor that somebody knocks while the
 * gate is shut.
 *
 * Returns: how many are ready
 */
gint
gst_ice_nice_gate_poll (GPollFD *fds, guint n, gint timeout)
{
  gint64 now = g_get_monotonic_time ();
  GstIceNiceGate *gate;
  gint ready, left;
  guint i = 0;

  G_LOCK (gates);
  while ((gate = next_gate (&i)) != NULL)
    before_poll (gate, fds, n, now, &timeout);
  G_UNLOCK (gates);
  left = ready = g_poll (fds, n, timeout);
  show_listeners (fds, n);
  now = g_get_monotonic_time ();
  G_LOCK (gates);
  for (i = 0; left > 0 && i < n; i++) {
    if (fds[i].revents == 0)
      continue;
    left--;
    if ((fds[i].revents & (G_IO_IN | G_IO_OUT)) != 0
        && stops (fds[i].fd, now)) {
      fds[i].revents = 0;
      ready--;
    }
  }
  G_UNLOCK (gates);
  return ready;
}

/**
 * gst_ice_nice_gate_new:
 * @context: in which libnice reads; has another poll function from now on
 * @lost: called when the selected pair's connection has ended
 * @user_data: for @lost
 *
 * In the thread of @context, as all that follows.
 *
 * Returns: (transfer full): a gate that stands nowhere yet
 */
GstIceNiceGate *
gst_ice_nice_gate_new (
    GMainContext *context, GstIceNiceGateFunc lost, gpointer user_data)
{
  GstIceNiceGate *self = g_new0 (GstIceNiceGate, 1);

  self->context = g_main_context_ref (context);
  self->lost = lost;
  self->user_data = user_data;
  self->listeners = g_array_new (FALSE, FALSE, sizeof (Listener));
  self->remotes = g_array_new (FALSE, FALSE, sizeof (NiceAddress));
  self->ufrag = g_strdup ("");
  self->password = g_strdup ("");
  g_main_context_set_poll_func (context, gst_ice_nice_gate_poll);
  G_LOCK (gates);
  if (gates == NULL)
    gates = g_ptr_array_new ();
  g_ptr_array_add (gates, self);
  G_UNLOCK (gates);
  return self;
}

/**
 * gst_ice_nice_gate_free:
 * @self: (transfer full): a gate
 *
 * Ends its connections.
 */
void
gst_ice_nice_gate_free (GstIceNiceGate *self)
{
  G_LOCK (gates);
  g_ptr_array_remove_fast (gates, self);
  G_UNLOCK (gates);
  g_queue_clear_full (&self->connections, connection_free);
  g_array_unref (self->listeners);
  g_array_unref (self->remotes);
  g_free (self->ufrag);
  g_free (self->password);
  g_free (self->remote_password);
  g_main_context_unref (self->context);
  g_free (self);
}

/**
 * gst_ice_nice_gate_add_socket:
 * @self: a gate
 * @socket: one of libnice's; it stands where one listens
 *
 * Before anybody knows the candidate.
 */
void
gst_ice_nice_gate_add_socket (GstIceNiceGate *self, GSocket *socket)
{
  Listener listener = { g_socket_get_fd (socket) };
  gint listens = 0;
  socklen_t size = sizeof (listens);

  if (!is_tcp (listener.fd)
      || getsockopt (listener.fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size)
          != 0
      || !listens || !get_address (listener.fd, getsockname, &listener.address))
    return;
  listen (listener.fd, BACKLOG);
  g_array_append_val (self->listeners, listener);
}

/**
 * gst_ice_nice_gate_add_remote:
 * @self: a gate
 * @remote: a candidate of the peer's, which libnice may connect to
 *
 * Before libnice gets it.
 */
void
gst_ice_nice_gate_add_remote (GstIceNiceGate *self, const NiceCandidate *remote)
{
  if (remote->transport == NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE
      && self->remotes->len < MAX_REMOTES)
    g_array_append_val (self->remotes, remote->addr);
}

/**
 * gst_ice_nice_gate_set_remote:
 * @self: a gate
 * @password: the peer's
 */
void
gst_ice_nice_gate_set_remote (GstIceNiceGate *self, const gchar *password)
{
  g_free (self->remote_password);
  self->remote_password = g_strdup (password);
}

/* A generation later nobody uses them any more. */
static void
end_old_ones (GstIceNiceGate *self)
{
  GList *i = self->connections.head;

  while (i != NULL) {
    Connection *connection = i->data;
    GList *next = i->next;

    if (connection->generation < self->generation
        && !is_selected (self, connection)) {
      g_queue_delete_link (&self->connections, i);
      connection_free (connection);
    }
    i = next;
  }
}

/**
 * gst_ice_nice_gate_set_local:
 * @self: a gate
 * @ufrag: our user name fragment
 * @password: ours
 *
 * Begins a generation. Of the last one's connections the peer may still use
 * some; libnice never closes one.
 */
void
gst_ice_nice_gate_set_local (
    GstIceNiceGate *self, const gchar *ufrag, const gchar *password)
{
  g_free (self->ufrag);
  g_free (self->password);
  self->ufrag = g_strdup (ufrag);
  self->password = g_strdup (password);
  end_old_ones (self);
  self->generation++;
}

/**
 * gst_ice_nice_gate_select:
 * @self: a gate
 * @local: of the pair that was selected
 * @remote: likewise
 */
void
gst_ice_nice_gate_select (GstIceNiceGate *self, const NiceCandidate *local,
    const NiceCandidate *remote)
{
  GList *i;

  self->is_tcp_selected = local->transport != NICE_CANDIDATE_TRANSPORT_UDP;
  self->selected_local = local->addr;
  self->selected_base = local->base_addr;
  self->selected_remote = remote->addr;
  for (i = self->connections.head; i != NULL; i = i->next) {
    Connection *connection = i->data;

    if (gst_ice_nice_bridge_get_state (connection->bridge)
            == GST_ICE_NICE_BRIDGE_LOST
        && is_selected (self, connection)) {
      self->lost (self->user_data);
      return;
    }
  }
}

#else

struct _GstIceNiceGate
{
  gint unused;
};

gint
gst_ice_nice_gate_poll (GPollFD *fds, guint n, gint timeout)
{
  return g_poll (fds, n, timeout);
}

GstIceNiceGate *
gst_ice_nice_gate_new (
    GMainContext *context, GstIceNiceGateFunc lost, gpointer user_data)
{
  return g_new0 (GstIceNiceGate, 1);
}

void
gst_ice_nice_gate_free (GstIceNiceGate *self)
{
  g_free (self);
}

void
gst_ice_nice_gate_add_socket (GstIceNiceGate *self, GSocket *socket)
{
}

void
gst_ice_nice_gate_add_remote (GstIceNiceGate *self, const NiceCandidate *remote)
{
}

void
gst_ice_nice_gate_set_local (
    GstIceNiceGate *self, const gchar *ufrag, const gchar *password)
{
}

void
gst_ice_nice_gate_set_remote (GstIceNiceGate *self, const gchar *password)
{
}

void
gst_ice_nice_gate_select (GstIceNiceGate *self, const NiceCandidate *local,
    const NiceCandidate *remote)
{
}

#endif
