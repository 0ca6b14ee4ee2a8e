/* gst-ice: admission control for ICE-TCP connections.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard/gsticenicetcpadmission.h"

#ifdef __linux__

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "guard/gsticenicetcplistener.h"
#include "guard/gsticenicetcpproxy.h"
#include "trace/nicelog.h"

/* The maximum number of descriptors of a context that are examined. */
#define MAX_FDS 1024

typedef struct
{
  GstIceNiceTcpAdmission *admission;
  GstIceNiceTcpProxy *proxy;
  GstIceNiceTcpProxyState state;
  gboolean is_incoming; /* else libnice opened it */
} Connection;

struct _GstIceNiceTcpAdmission
{
  GSource source;
  gconstpointer agent;
  GstIceStunResponses *answers;
  GstIceNiceTcpAdmissionFunc lost;
  gpointer user_data;

  /* used by the thread that iterates the context */
  guint socket_serial;   /* nice_log_get_socket_serial() when last examined */
  gboolean is_accepting; /* a listener is readable */
  gint64 period;         /* its beginning */
  guint accepted;        /* connections in this period */
  gboolean is_shut;

  /* a leaf lock; it protects: */
  GMutex lock;
  GPtrArray *listeners; /* of GstIceNiceTcpListener */
  GQueue connections;   /* of Connection, the oldest first */
  gchar *ufrag, *password, *remote_password;
  gboolean is_tcp_selected;
  NiceAddress selected_local, selected_base, selected_remote;
};

static void
connection_free (gpointer data)
{
  Connection *connection = data;

  gst_ice_nice_tcp_proxy_free (connection->proxy);
  g_free (connection);
}

/* Counts incoming connections. Under the lock. */
static guint
count (const GstIceNiceTcpAdmission *self, GstIceNiceTcpProxyState min,
    GstIceNiceTcpProxyState max)
{
  const GList *i;
  guint n = 0;

  for (i = self->connections.head; i != NULL; i = i->next) {
    const Connection *connection = i->data;

    n += connection->is_incoming && connection->state >= min
        && connection->state <= max;
  }
  return n;
}

/* Under the lock. */
static gboolean
is_selected (const GstIceNiceTcpAdmission *self, const Connection *connection)
{
  return self->is_tcp_selected
      && (gst_ice_nice_tcp_proxy_is_between (
              connection->proxy, &self->selected_local, &self->selected_remote)
          || gst_ice_nice_tcp_proxy_is_between (
              connection->proxy, &self->selected_base, &self->selected_remote));
}

static NiceTcpFrameSender
judge (
    GstIceNiceTcpProxy *proxy, const guint8 *data, gsize size, gpointer data_)
{
  Connection *connection = data_;
  GstIceNiceTcpAdmission *self = connection->admission;
  NiceTcpFrameCredentials credentials;
  NiceTcpFrameSender sender;

  g_mutex_lock (&self->lock);
  credentials.local_ufrag = self->ufrag;
  credentials.local_password = self->password;
  credentials.remote_password = self->remote_password;
  sender = nice_tcp_frame_judge (data, size, &credentials);
  if (sender == NICE_TCP_FRAME_PEER && connection->is_incoming
      && count (self, GST_ICE_NICE_TCP_PROXY_PEER, GST_ICE_NICE_TCP_PROXY_LOST)
          >= GST_ICE_NICE_TCP_ADMISSION_PEERS)
    sender = NICE_TCP_FRAME_STRANGER;
  g_mutex_unlock (&self->lock);
  return sender;
}

static void
on_changed (GstIceNiceTcpProxy *proxy, gpointer data)
{
  Connection *connection = data;
  GstIceNiceTcpAdmission *self = connection->admission;
  gboolean lost = FALSE;

  g_mutex_lock (&self->lock);
  connection->state = gst_ice_nice_tcp_proxy_get_state (proxy);
  switch (connection->state) {
    case GST_ICE_NICE_TCP_PROXY_STRANGER:
    case GST_ICE_NICE_TCP_PROXY_PEER:
      break;
    case GST_ICE_NICE_TCP_PROXY_LOST:
      lost = is_selected (self, connection);
      break;
    case GST_ICE_NICE_TCP_PROXY_CLOSED:
      g_queue_remove (&self->connections, connection);
      connection_free (connection);
      break;
  }
  g_mutex_unlock (&self->lock);
  if (lost)
    self->lost (self->user_data);
}

static const GstIceNiceTcpProxyFuncs proxy_funcs = { judge, on_changed };

/* Closes the oldest connection without a password. Under the lock. */
static void
close_oldest_stranger (GstIceNiceTcpAdmission *self)
{
  GList *i;

  for (i = self->connections.head; i != NULL; i = i->next) {
    Connection *connection = i->data;

    if (!connection->is_incoming
        || connection->state != GST_ICE_NICE_TCP_PROXY_STRANGER)
      continue;
    g_queue_delete_link (&self->connections, i);
    connection_free (connection);
    return;
  }
}

/* By default the kernel goes on for two minutes, long after the check has
 * ended, and a peer may have named any host. */
static void
limit_attempts (gint fd)
{
  const int retries = GST_ICE_NICE_TCP_ADMISSION_SYN_RETRIES;

  setsockopt (fd, IPPROTO_TCP, TCP_SYNCNT, &retries, sizeof (retries));
}

/* If no proxy can be made, libnice finds the connection closed. Under the lock.
 */
static void
adopt (GstIceNiceTcpAdmission *self, gint fd, gboolean is_incoming)
{
  Connection *connection = g_new0 (Connection, 1);
  gint64 now = g_get_monotonic_time ();

  if (is_incoming
      && count (self, GST_ICE_NICE_TCP_PROXY_STRANGER,
             GST_ICE_NICE_TCP_PROXY_STRANGER)
          >= GST_ICE_NICE_TCP_ADMISSION_STRANGERS)
    close_oldest_stranger (self);
  if (!is_incoming)
    limit_attempts (fd);
  connection->admission = self;
  connection->is_incoming = is_incoming;
  connection->proxy = gst_ice_nice_tcp_proxy_new (
      g_source_get_context (&self->source), fd,
      is_incoming ? now + GST_ICE_NICE_TCP_ADMISSION_PATIENCE : -1,
      self->answers, &proxy_funcs, connection);
  if (connection->proxy == NULL) {
    shutdown (fd, SHUT_RDWR);
    g_free (connection);
    return;
  }
  connection->state = GST_ICE_NICE_TCP_PROXY_STRANGER;
  g_queue_push_tail (&self->connections, connection);
}

/* Whether it came in through one of our listeners. Under the lock. */
static gboolean
is_incoming_fd (const GstIceNiceTcpAdmission *self, gint fd)
{
  guint i;

  for (i = 0; i < self->listeners->len; i++)
    if (gst_ice_nice_tcp_listener_has_accepted (
            g_ptr_array_index (self->listeners, i), fd))
      return TRUE;
  return FALSE;
}

/* Under the lock. */
static gboolean
is_proxied (const GstIceNiceTcpAdmission *self, gint fd)
{
  const GList *i;

  for (i = self->connections.head; i != NULL; i = i->next)
    if (gst_ice_nice_tcp_proxy_owns (((const Connection *) i->data)->proxy, fd))
      return TRUE;
  return FALSE;
}

/* Puts proxies into all connections opened since the last time. Returns: the
 * number of incoming ones */
static guint
adopt_new_connections (GstIceNiceTcpAdmission *self)
{
  GPollFD fds[MAX_FDS];
  gint timeout, i;
  gint n = g_main_context_query (
      g_source_get_context (&self->source), G_MAXINT, &timeout, fds, MAX_FDS);
  guint n_incoming = 0;

  g_mutex_lock (&self->lock);
  for (i = 0; i < MIN (n, MAX_FDS); i++) {
    gint fd = fds[i].fd;

    if (nice_log_has_connection (self->agent, fd)
        && gst_ice_nice_tcp_is_socket (fd) && !is_proxied (self, fd)) {
      adopt (self, fd, FALSE);
    } else if (is_incoming_fd (self, fd) && !is_proxied (self, fd)) {
      adopt (self, fd, TRUE);
      n_incoming++;
    }
  }
  g_mutex_unlock (&self->lock);
  return n_incoming;
}

/* While the listeners are shut, connections wait in the kernel. Under the lock.
 */
static void
set_shut (GstIceNiceTcpAdmission *self, gboolean is_shut)
{
  guint i;

  if (self->is_shut == is_shut)
    return;
  self->is_shut = is_shut;
  for (i = 0; i < self->listeners->len; i++)
    gst_ice_nice_tcp_listener_set_shut (
        g_ptr_array_index (self->listeners, i), is_shut);
  g_source_set_ready_time (&self->source,
      is_shut ? self->period + GST_ICE_NICE_TCP_ADMISSION_PERIOD : -1);
}

static void
count_accepted (GstIceNiceTcpAdmission *self, guint n)
{
  gint64 now = g_source_get_time (&self->source);

  if (now - self->period >= GST_ICE_NICE_TCP_ADMISSION_PERIOD) {
    self->period = now;
    self->accepted = 0;
  }
  self->accepted += n;
  if (self->accepted < GST_ICE_NICE_TCP_ADMISSION_RATE)
    return;
  g_mutex_lock (&self->lock);
  set_shut (self, TRUE);
  g_mutex_unlock (&self->lock);
}

/* Runs before the context polls, so that no new connection is read without its
 * proxy. */
static gboolean
prepare (GSource *source, gint *timeout)
{
  GstIceNiceTcpAdmission *self = (GstIceNiceTcpAdmission *) source;
  guint socket_serial = nice_log_get_socket_serial ();

  *timeout = -1;
  if (!self->is_accepting && self->socket_serial == socket_serial)
    return FALSE;
  self->socket_serial = socket_serial;
  self->is_accepting = FALSE;
  count_accepted (self, adopt_new_connections (self));
  return FALSE;
}

/* A listener is readable, or the period of a shut one is over. */
static gboolean
dispatch (GSource *source, GSourceFunc unused, gpointer unused_too)
{
  GstIceNiceTcpAdmission *self = (GstIceNiceTcpAdmission *) source;
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->listeners->len; i++) {
    GstIceNiceTcpListener *listener = g_ptr_array_index (self->listeners, i);

    if (!gst_ice_nice_tcp_listener_is_readable (listener))
      continue;
    self->is_accepting = TRUE;
    gst_ice_nice_tcp_listener_check_descriptors (listener);
  }
  if (self->is_shut
      && g_source_get_time (source)
          >= self->period + GST_ICE_NICE_TCP_ADMISSION_PERIOD)
    set_shut (self, FALSE);
  g_mutex_unlock (&self->lock);
  return G_SOURCE_CONTINUE;
}

static void
finalize (GSource *source)
{
  GstIceNiceTcpAdmission *self = (GstIceNiceTcpAdmission *) source;

  g_ptr_array_unref (self->listeners);
  gst_ice_stun_responses_unref (self->answers);
  g_free (self->ufrag);
  g_free (self->password);
  g_free (self->remote_password);
  g_mutex_clear (&self->lock);
}

static GSourceFuncs source_funcs = { prepare, NULL, dispatch, finalize };

/**
 * gst_ice_nice_tcp_admission_new:
 * @context: the main context in which libnice reads
 * @agent: (transfer none): the agent that opens the connections
 * @ufrag: our user name fragment
 * @password: our password
 * @answers: (transfer none): takes the answers to our own requests out of the
 *   input
 * @lost: called when the selected pair's connection has ended, in the thread
 *   that iterates @context
 * @user_data: for @lost
 *
 * Any thread, as all but gst_ice_nice_tcp_admission_free().
 *
 * Returns: (transfer full): an admission without listening sockets yet
 */
GstIceNiceTcpAdmission *
gst_ice_nice_tcp_admission_new (GMainContext *context, NiceAgent *agent,
    const gchar *ufrag, const gchar *password, GstIceStunResponses *answers,
    GstIceNiceTcpAdmissionFunc lost, gpointer user_data)
{
  GSource *source = g_source_new (
      &source_funcs, sizeof (GstIceNiceTcpAdmission));
  GstIceNiceTcpAdmission *self = (GstIceNiceTcpAdmission *) source;

  g_mutex_init (&self->lock);
  self->agent = agent;
  self->answers = gst_ice_stun_responses_ref (answers);
  self->lost = lost;
  self->user_data = user_data;
  self->listeners = g_ptr_array_new_with_free_func (
      gst_ice_nice_tcp_listener_free);
  gst_ice_nice_tcp_admission_set_local (self, ufrag, password);
  g_source_attach (source, context);
  return self;
}

/**
 * gst_ice_nice_tcp_admission_free:
 * @self: (transfer full): an admission
 *
 * Closes its connections. To be called while no thread iterates the context;
 * libnice must close its sockets before the context is iterated again, so that
 * it does not find its connections closed.
 */
void
gst_ice_nice_tcp_admission_free (GstIceNiceTcpAdmission *self)
{
  g_queue_clear_full (&self->connections, connection_free);
  g_source_destroy (&self->source);
  g_source_unref (&self->source);
}

/**
 * gst_ice_nice_tcp_admission_add_socket:
 * @self: an admission
 * @socket: a libnice socket; ignored unless it is a TCP listener
 *
 * To be called before the socket's candidate is reported.
 */
void
gst_ice_nice_tcp_admission_add_socket (
    GstIceNiceTcpAdmission *self, GSocket *socket)
{
  GstIceNiceTcpListener *listener = gst_ice_nice_tcp_listener_new (
      socket, &self->source);

  if (listener == NULL)
    return;
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->listeners, listener);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_tcp_admission_set_local:
 * @self: an admission
 * @ufrag: our user name fragment
 * @password: our password
 */
void
gst_ice_nice_tcp_admission_set_local (
    GstIceNiceTcpAdmission *self, const gchar *ufrag, const gchar *password)
{
  g_mutex_lock (&self->lock);
  g_free (self->ufrag);
  g_free (self->password);
  self->ufrag = g_strdup (ufrag);
  self->password = g_strdup (password);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_tcp_admission_set_remote:
 * @self: an admission
 * @password: the peer's password
 */
void
gst_ice_nice_tcp_admission_set_remote (
    GstIceNiceTcpAdmission *self, const gchar *password)
{
  g_mutex_lock (&self->lock);
  g_free (self->remote_password);
  self->remote_password = g_strdup (password);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_nice_tcp_admission_select:
 * @self: an admission
 * @local: the local candidate of the selected pair
 * @remote: its remote candidate
 *
 * Returns: whether its connection is still open
 */
gboolean
gst_ice_nice_tcp_admission_select (GstIceNiceTcpAdmission *self,
    const NiceCandidate *local, const NiceCandidate *remote)
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

    lost |= connection->state == GST_ICE_NICE_TCP_PROXY_LOST
        && is_selected (self, connection);
  }
  g_mutex_unlock (&self->lock);
  return !lost;
}

#else

struct _GstIceNiceTcpAdmission
{
  gint unused;
};

GstIceNiceTcpAdmission *
gst_ice_nice_tcp_admission_new (GMainContext *context, NiceAgent *agent,
    const gchar *ufrag, const gchar *password, GstIceStunResponses *answers,
    GstIceNiceTcpAdmissionFunc lost, gpointer user_data)
{
  return g_new0 (GstIceNiceTcpAdmission, 1);
}

void
gst_ice_nice_tcp_admission_free (GstIceNiceTcpAdmission *self)
{
  g_free (self);
}

void
gst_ice_nice_tcp_admission_add_socket (
    GstIceNiceTcpAdmission *self, GSocket *socket)
{
}

void
gst_ice_nice_tcp_admission_set_local (
    GstIceNiceTcpAdmission *self, const gchar *ufrag, const gchar *password)
{
}

void
gst_ice_nice_tcp_admission_set_remote (
    GstIceNiceTcpAdmission *self, const gchar *password)
{
}

gboolean
gst_ice_nice_tcp_admission_select (GstIceNiceTcpAdmission *self,
    const NiceCandidate *local, const NiceCandidate *remote)
{
  return TRUE;
}

#endif
