/* gst-ice: who gets in to libnice by TCP.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticenicegate.h"

#ifdef __linux__

#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "gsticenicebridge.h"
#include "gsticenicefilter.h"
#include "nicelog.h"

/* Those who wait in the kernel while the gate is shut; libnice's is 10. */
#define BACKLOG 32
/* What a context may poll; no more than a list that is looked through. */
#define MAX_FDS 1024

typedef struct
{
  GstIceNiceGate *gate;
  GstIceNiceBridge *bridge;
  GstIceNiceBridgeState state;
  gboolean knocked; /* else libnice made it */
} Connection;

typedef struct
{
  GSocket *socket;
  NiceAddress address;
  gpointer tag;
} Listener;

struct _GstIceNiceGate
{
  GSource source;
  gconstpointer agent;
  GstIceAnswers *answers;
  GstIceNiceGateFunc lost;
  gpointer user_data;

  /* whoever iterates the context */
  guint age;             /* of the sockets that were looked through */
  gboolean is_accepting; /* somebody knocked */
  gint reserve;          /* a descriptor for when there is no other */
  gint64 period;         /* when it began */
  guint accepted;        /* in it */
  gboolean is_shut;

  /* a leaf; under it: */
  GMutex lock;
  GArray *listeners;  /* of Listener */
  GQueue connections; /* of Connection; the oldest first */
  gchar *ufrag, *password, *remote_password;
  gboolean is_tcp_selected;
  NiceAddress selected_local, selected_base, selected_remote;
};

static void
connection_free (gpointer data)
{
  Connection *connection = data;

  gst_ice_nice_bridge_free (connection->bridge);
  g_free (connection);
}

static void
listener_clear (gpointer data)
{
  g_object_unref (((Listener *) data)->socket);
}

/* Of those who knocked. Under the lock. */
static guint
count (const GstIceNiceGate *self, GstIceNiceBridgeState min,
    GstIceNiceBridgeState max)
{
  const GList *i;
  guint n = 0;

  for (i = self->connections.head; i != NULL; i = i->next) {
    const Connection *connection = i->data;

    n += connection->knocked && connection->state >= min
        && connection->state <= max;
  }
  return n;
}

/* Under the lock. */
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
  NiceFrameCredentials credentials;
  NiceFrameSender sender;

  g_mutex_lock (&self->lock);
  credentials.local_ufrag = self->ufrag;
  credentials.local_password = self->password;
  credentials.remote_password = self->remote_password;
  sender = nice_frame_judge (data, size, &credentials);
  if (sender == NICE_FRAME_PEER && connection->knocked
      && count (self, GST_ICE_NICE_BRIDGE_PEER, GST_ICE_NICE_BRIDGE_LOST)
          >= GST_ICE_NICE_GATE_PEERS)
    sender = NICE_FRAME_STRANGER;
  g_mutex_unlock (&self->lock);
  return sender;
}

static void
on_changed (GstIceNiceBridge *bridge, gpointer data)
{
  Connection *connection = data;
  GstIceNiceGate *self = connection->gate;
  gboolean lost = FALSE;

  g_mutex_lock (&self->lock);
  connection->state = gst_ice_nice_bridge_get_state (bridge);
  switch (connection->state) {
    case GST_ICE_NICE_BRIDGE_STRANGER:
    case GST_ICE_NICE_BRIDGE_PEER:
      break;
    case GST_ICE_NICE_BRIDGE_LOST:
      lost = is_selected (self, connection);
      break;
    case GST_ICE_NICE_BRIDGE_CLOSED:
      g_queue_remove (&self->connections, connection);
      connection_free (connection);
      break;
  }
  g_mutex_unlock (&self->lock);
  if (lost)
    self->lost (self->user_data);
}

static const GstIceNiceBridgeFuncs bridge_funcs = { judge, on_changed };

/* The stranger who has been one for longest. Under the lock. */
static void
turn_one_away (GstIceNiceGate *self)
{
  GList *i;

  for (i = self->connections.head; i != NULL; i = i->next) {
    Connection *connection = i->data;

    if (!connection->knocked
        || connection->state != GST_ICE_NICE_BRIDGE_STRANGER)
      continue;
    g_queue_delete_link (&self->connections, i);
    connection_free (connection);
    return;
  }
}

/* Without a bridge libnice finds the connection ended. Under the lock. */
static void
adopt (GstIceNiceGate *self, gint fd, gboolean knocked)
{
  Connection *connection = g_new0 (Connection, 1);
  gint64 now = g_get_monotonic_time ();

  if (knocked
      && count (
             self, GST_ICE_NICE_BRIDGE_STRANGER, GST_ICE_NICE_BRIDGE_STRANGER)
          >= GST_ICE_NICE_GATE_STRANGERS)
    turn_one_away (self);
  connection->gate = self;
  connection->knocked = knocked;
  connection->bridge = gst_ice_nice_bridge_new (
      g_source_get_context (&self->source), fd,
      knocked ? now + GST_ICE_NICE_GATE_PATIENCE : -1, self->answers,
      &bridge_funcs, connection);
  if (connection->bridge == NULL) {
    shutdown (fd, SHUT_RDWR);
    g_free (connection);
    return;
  }
  connection->state = GST_ICE_NICE_BRIDGE_STRANGER;
  g_queue_push_tail (&self->connections, connection);
}

/* What a descriptor is. */

static gboolean
is_tcp (gint fd)
{
  gint protocol;
  socklen_t size = sizeof (protocol);

  return getsockopt (fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0
      && protocol == IPPROTO_TCP;
}

static gboolean
listens (gint fd)
{
  gint value = 0;
  socklen_t size = sizeof (value);

  return getsockopt (fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0
      && value != 0;
}

static gboolean
get_local_address (gint fd, NiceAddress *result)
{
  struct sockaddr_storage address;
  socklen_t size = sizeof (address);

  if (getsockname (fd, (struct sockaddr *) &address, &size) != 0)
    return FALSE;
  nice_address_init (result);
  nice_address_set_from_sockaddr (result, (struct sockaddr *) &address);
  return TRUE;
}

/* Whether it is somebody who knocked at one of our ports. Under the lock. */
static gboolean
has_knocked (const GstIceNiceGate *self, gint fd)
{
  NiceAddress address;
  guint i;

  if (!is_tcp (fd) || listens (fd) || !get_local_address (fd, &address))
    return FALSE;
  for (i = 0; i < self->listeners->len; i++)
    if (nice_address_equal (
            &g_array_index (self->listeners, Listener, i).address, &address))
      return TRUE;
  return FALSE;
}

/* Under the lock. */
static gboolean
is_bridge (const GstIceNiceGate *self, gint fd)
{
  const GList *i;

  for (i = self->connections.head; i != NULL; i = i->next)
    if (gst_ice_nice_bridge_owns (((const Connection *) i->data)->bridge, fd))
      return TRUE;
  return FALSE;
}

/* What libnice has opened since. Returns how many have knocked. */
static guint
look_through (GstIceNiceGate *self)
{
  GPollFD fds[MAX_FDS];
  gint timeout, i;
  gint n = g_main_context_query (
      g_source_get_context (&self->source), G_MAXINT, &timeout, fds, MAX_FDS);
  guint knocked = 0;

  g_mutex_lock (&self->lock);
  for (i = 0; i < MIN (n, MAX_FDS); i++) {
    gint fd = fds[i].fd;

    if (nice_log_has_connection (self->agent, fd) && is_tcp (fd)
        && !is_bridge (self, fd)) {
      adopt (self, fd, FALSE);
    } else if (has_knocked (self, fd) && !is_bridge (self, fd)) {
      adopt (self, fd, TRUE);
      knocked++;
    }
  }
  g_mutex_unlock (&self->lock);
  return knocked;
}

/* The door. */

/* For all who have not come so far; the kernel keeps some waiting. Under the
 * lock. */
static void
set_shut (GstIceNiceGate *self, gboolean is_shut)
{
  guint i;

  if (self->is_shut == is_shut)
    return;
  self->is_shut = is_shut;
  for (i = 0; i < self->listeners->len; i++) {
    GSocket *socket = g_array_index (self->listeners, Listener, i).socket;

    if (is_shut)
      gst_ice_nice_filter_shut (socket);
    else
      gst_ice_nice_filter_remove (socket);
  }
  g_source_set_ready_time (
      &self->source, is_shut ? self->period + GST_ICE_NICE_GATE_PERIOD : -1);
}

static void
count_accepted (GstIceNiceGate *self, guint n)
{
  gint64 now = g_source_get_time (&self->source);

  if (now - self->period >= GST_ICE_NICE_GATE_PERIOD) {
    self->period = now;
    self->accepted = 0;
  }
  self->accepted += n;
  if (self->accepted < GST_ICE_NICE_GATE_RATE)
    return;
  g_mutex_lock (&self->lock);
  set_shut (self, TRUE);
  g_mutex_unlock (&self->lock);
}

static gint
open_reserve (void)
{
  return fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
}

/* Where no descriptor is left libnice tries to accept for ever: what waits is
 * turned away with the one that was kept. Under the lock. */
static void
turn_away (GstIceNiceGate *self, const Listener *listener)
{
  gint fd = open_reserve ();

  if (fd >= 0) { /* there are more */
    close (fd);
    return;
  }
  if (self->reserve >= 0)
    close (self->reserve);
  fd = accept4 (g_socket_get_fd (listener->socket), NULL, NULL, SOCK_CLOEXEC);
  if (fd >= 0)
    close (fd);
  self->reserve = open_reserve ();
}

/* Before the context polls: what was opened since is not read before. */
static gboolean
prepare (GSource *source, gint *timeout)
{
  GstIceNiceGate *self = (GstIceNiceGate *) source;
  guint age = nice_log_get_age ();

  *timeout = -1;
  if (!self->is_accepting && self->age == age)
    return FALSE;
  self->age = age;
  self->is_accepting = FALSE;
  count_accepted (self, look_through (self));
  return FALSE;
}

/* Somebody knocks, or the door is to be opened. */
static gboolean
dispatch (GSource *source, GSourceFunc unused, gpointer unused_too)
{
  GstIceNiceGate *self = (GstIceNiceGate *) source;
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->listeners->len; i++) {
    const Listener *listener = &g_array_index (self->listeners, Listener, i);

    if (g_source_query_unix_fd (source, listener->tag) == 0)
      continue;
    self->is_accepting = TRUE;
    turn_away (self, listener);
  }
  if (self->is_shut
      && g_source_get_time (source) >= self->period + GST_ICE_NICE_GATE_PERIOD)
    set_shut (self, FALSE);
  g_mutex_unlock (&self->lock);
  return G_SOURCE_CONTINUE;
}

static void
finalize (GSource *source)
{
  GstIceNiceGate *self = (GstIceNiceGate *) source;

  if (self->reserve >= 0)
    close (self->reserve);
  g_array_unref (self->listeners);
  gst_ice_answers_unref (self->answers);
  g_free (self->ufrag);
  g_free (self->password);
  g_free (self->remote_password);
  g_mutex_clear (&self->lock);
}

static GSourceFuncs source_funcs = { prepare, NULL, dispatch, finalize };

/**
 * gst_ice_nice_gate_new:
 * @context: in which libnice reads
 * @agent: (transfer none): whose connections it makes
 * @ufrag: our user name fragment
 * @password: ours
 * @answers: (transfer none): who takes answers out of what comes
 * @lost: called when the selected pair's connection has ended, in the thread
 *   that iterates @context
 * @user_data: for @lost
 *
 * Any thread, as all but gst_ice_nice_gate_free().
 *
 * Returns: (transfer full): a gate that stands nowhere yet
 */
GstIceNiceGate *
gst_ice_nice_gate_new (GMainContext *context, NiceAgent *agent,
    const gchar *ufrag, const gchar *password, GstIceAnswers *answers,
    GstIceNiceGateFunc lost, gpointer user_data)
{
  GSource *source = g_source_new (&source_funcs, sizeof (GstIceNiceGate));
  GstIceNiceGate *self = (GstIceNiceGate *) source;

  g_mutex_init (&self->lock);
  self->agent = agent;
  self->answers = gst_ice_answers_ref (answers);
  self->lost = lost;
  self->user_data = user_data;
  self->reserve = open_reserve ();
  self->listeners = g_array_new (FALSE, FALSE, sizeof (Listener));
  g_array_set_clear_func (self->listeners, listener_clear);
  gst_ice_nice_gate_set_local (self, ufrag, password);
  g_source_attach (source, context);
  return self;
}

/**
 * gst_ice_nice_gate_free:
 * @self: (transfer full): a gate
 *
 * Ends its connections. While nobody iterates the context, and libnice closes
 * its sockets before anybody does: it must not find that they have ended.
 */
void
gst_ice_nice_gate_free (GstIceNiceGate *self)
{
  g_queue_clear_full (&self->connections, connection_free);
  g_source_destroy (&self->source);
  g_source_unref (&self->source);
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
  Listener listener = { socket };
  gint fd = g_socket_get_fd (socket);

  if (!is_tcp (fd) || !listens (fd)
      || !get_local_address (fd, &listener.address))
    return;
  listen (fd, BACKLOG);
  g_object_ref (socket);
  listener.tag = g_source_add_unix_fd (&self->source, fd, G_IO_IN);
  g_mutex_lock (&self->lock);
  g_array_append_val (self->listeners, listener);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_gate_set_local:
 * @self: a gate
 * @ufrag: our user name fragment
 * @password: ours
 */
void
gst_ice_nice_gate_set_local (
    GstIceNiceGate *self, const gchar *ufrag, const gchar *password)
{
  g_mutex_lock (&self->lock);
  g_free (self->ufrag);
  g_free (self->password);
  self->ufrag = g_strdup (ufrag);
  self->password = g_strdup (password);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_gate_set_remote:
 * @self: a gate
 * @password: the peer's
 */
void
gst_ice_nice_gate_set_remote (GstIceNiceGate *self, const gchar *password)
{
  g_mutex_lock (&self->lock);
  g_free (self->remote_password);
  self->remote_password = g_strdup (password);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_gate_select:
 * @self: a gate
 * @local: of the pair that was selected
 * @remote: likewise
 *
 * Returns: whether its connection has not ended yet
 */
gboolean
gst_ice_nice_gate_select (GstIceNiceGate *self, const NiceCandidate *local,
    const NiceCandidate *remote)
{
  gboolean lost = FALSE;
  GList *i;

  g_mutex_lock (&self->lock);
  self->is_tcp_selected = local->transport != NICE_CANDIDATE_TRANSPORT_UDP;
  self->selected_local = local->addr;
  self->selected_base = local->base_addr;
  self->selected_remote = remote->addr;
  for (i = self->connections.head; i != NULL; i = i->next) {
    const Connection *connection = i->data;

    lost |= connection->state == GST_ICE_NICE_BRIDGE_LOST
        && is_selected (self, connection);
  }
  g_mutex_unlock (&self->lock);
  return !lost;
}

#else

struct _GstIceNiceGate
{
  gint unused;
};

GstIceNiceGate *
gst_ice_nice_gate_new (GMainContext *context, NiceAgent *agent,
    const gchar *ufrag, const gchar *password, GstIceAnswers *answers,
    GstIceNiceGateFunc lost, gpointer user_data)
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
gst_ice_nice_gate_set_local (
    GstIceNiceGate *self, const gchar *ufrag, const gchar *password)
{
}

void
gst_ice_nice_gate_set_remote (GstIceNiceGate *self, const gchar *password)
{
}

gboolean
gst_ice_nice_gate_select (GstIceNiceGate *self, const NiceCandidate *local,
    const NiceCandidate *remote)
{
  return TRUE;
}

#endif
