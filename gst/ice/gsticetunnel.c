/* gst-ice: TURN over TLS for who speaks TURN over TCP.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each operation under way has a reference. So a tunnel that carries lives
 * until one of its ends is closed, also when nobody else has it any more: the
 * library's last request, which gives the allocation back, goes through it. */

#include "gsticetunnel.h"

#include "gsticealarm.h"
#include "gsticeloopback.h"
#include "iceturnframe.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

/* The library connects at once, in the same thread. */
#define ACCEPT_TIMEOUT (2 * G_TIME_SPAN_SECOND)
/* How long a server may take to hear that we close (RFC 8446 section 6.1). */
#define CLOSE_TIMEOUT (G_TIME_SPAN_SECOND / 2)
#define OUT_SIZE (16 * 1024)

typedef enum
{
  TUNNEL_CONNECTING, /* to the server, and TLS's handshake */
  TUNNEL_REACHED,
  TUNNEL_LISTENING,
  TUNNEL_CARRYING,
  TUNNEL_CLOSING, /* the library is gone, one direction is still busy */
  TUNNEL_ENDED
} TunnelState;

struct _GstIceTunnel
{
  TunnelState state;
  GstIceIo *io;
  GstIceTunnelCallbacks callbacks; /* no functions: nobody listens */
  gpointer user_data;
  GSocketConnectable *identity;
  gchar *host;
  GTlsDatabase *trusted;
  GCancellable *cancellable; /* of all that is under way */
  guint timeout;             /* ms, to reach the server */
  GstIceAlarm *limit;        /* for what the state waits for */

  GSocketConnection *tcp; /* to the server */
  GIOStream *tls;         /* the same, encrypted */
  GstIceLoopback *loopback;
  GSocketConnection *local; /* to the library */

  guint8 *out; /* OUT_SIZE, to the server */
  guint8 *in;  /* ICE_TURN_FRAME_MAX, to the library */
  gsize in_size;
  gsize in_whole; /* of it: messages that may pass */
  gsize in_skip;  /* of what comes next */
  gboolean in_begun;
};

static void read_out (GstIceTunnel *self);
static void read_in (GstIceTunnel *self);

static void
close_local (GstIceTunnel *self)
{
  if (self->local != NULL)
    g_io_stream_close (G_IO_STREAM (self->local), NULL, NULL);
  g_clear_object (&self->local);
}

static void
clear (gpointer data)
{
  GstIceTunnel *self = data;

  g_clear_pointer (&self->limit, gst_ice_alarm_free);
  g_clear_pointer (&self->loopback, gst_ice_loopback_free);
  close_local (self);
  if (self->tcp != NULL)
    g_io_stream_close (G_IO_STREAM (self->tcp), NULL, NULL);
  g_clear_object (&self->tls);
  g_clear_object (&self->tcp);
  g_clear_object (&self->trusted);
  g_object_unref (self->cancellable);
  g_object_unref (self->identity);
  g_free (self->host);
  g_free (self->out);
  g_free (self->in);
  gst_ice_io_release (self->io);
}

static GstIceTunnel *
ref (GstIceTunnel *self)
{
  return g_rc_box_acquire (self);
}

static void
unref (GstIceTunnel *self)
{
  g_rc_box_release_full (self, clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceTunnel, unref)

/* --- the end --- */

static void
end (GstIceTunnel *self)
{
  self->state = TUNNEL_ENDED;
  g_cancellable_cancel (self->cancellable);
  g_clear_pointer (&self->limit, gst_ice_alarm_free);
  g_clear_pointer (&self->loopback, gst_ice_loopback_free);
}

static void
on_tls_closed (GObject *tls, GAsyncResult *result, gpointer data)
{
  g_autoptr (GstIceTunnel) self = data;

  g_io_stream_close_finish (G_IO_STREAM (tls), result, NULL);
}

static void
on_close_limit (gpointer data)
{
  GstIceTunnel *self = data;

  g_cancellable_cancel (self->cancellable);
}

static void
close_tls (GstIceTunnel *self)
{
  self->limit = gst_ice_alarm_new (
      gst_ice_io_get_context (self->io), on_close_limit, self);
  gst_ice_alarm_set (self->limit, g_get_monotonic_time () + CLOSE_TIMEOUT);
  g_io_stream_close_async (self->tls, G_PRIORITY_DEFAULT, self->cancellable,
      on_tls_closed, ref (self));
}

/* From one direction, and when the other one has ended too: TLS's goodbye. */
static void
library_is_gone (GstIceTunnel *self)
{
  gboolean first = self->state == TUNNEL_CARRYING;

  end (self);
  if (first) {
    self->state = TUNNEL_CLOSING;
    return;
  }
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
  close_tls (self);
}

/* Returns: whether a direction is to go on */
static gboolean
carries (GstIceTunnel *self)
{
  if (self->state == TUNNEL_CLOSING)
    library_is_gone (self);
  else if (self->state == TUNNEL_ENDED) /* the other direction has failed */
    close_local (self);
  return self->state == TUNNEL_CARRYING;
}

static void
fail (GstIceTunnel *self, guint code, const gchar *why)
{
  g_autoptr (GstIceTunnel) held = ref (self);

  if (self->state == TUNNEL_ENDED)
    return;
  end (self);
  if (self->callbacks.failed != NULL)
    self->callbacks.failed (self, code, why, self->user_data);
}

/* --- to the server --- */

static void
on_out_written (GObject *stream, GAsyncResult *result, gpointer data)
{
  g_autoptr (GstIceTunnel) self = data;
  gboolean good = g_output_stream_write_all_finish (
      G_OUTPUT_STREAM (stream), result, NULL, NULL);

  if (!carries (self))
    return;
  if (good)
    read_out (self);
  else
    fail (self, 0, "closed the TLS connection");
}

static void
on_out_read (GObject *stream, GAsyncResult *result, gpointer data)
{
  g_autoptr (GstIceTunnel) self = data;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (stream), result, NULL);

  if (!carries (self))
    return;
  if (n > 0)
    g_output_stream_write_all_async (g_io_stream_get_output_stream (self->tls),
        self->out, n, G_PRIORITY_DEFAULT, self->cancellable, on_out_written,
        ref (self));
  else
    library_is_gone (self);
}

static void
read_out (GstIceTunnel *self)
{
  g_input_stream_read_async (
      g_io_stream_get_input_stream (G_IO_STREAM (self->local)), self->out,
      OUT_SIZE, G_PRIORITY_DEFAULT, self->cancellable, on_out_read, ref (self));
}

/* --- from the server --- */

static void
on_in_written (GObject *stream, GAsyncResult *result, gpointer data)
{
  g_autoptr (GstIceTunnel) self = data;
  gboolean good = g_output_stream_write_all_finish (
      G_OUTPUT_STREAM (stream), result, NULL, NULL);

  if (!carries (self))
    return;
  if (!good) {
    library_is_gone (self);
    return;
  }
  self->in_size -= self->in_whole;
  memmove (self->in, self->in + self->in_whole, self->in_size);
  self->in_whole = 0;
  read_in (self);
}

static void
drop (GstIceTunnel *self, gsize length)
{
  gsize n = MIN (length, self->in_size - self->in_whole);

  self->in_size -= n;
  memmove (self->in + self->in_whole, self->in + self->in_whole + n,
      self->in_size - self->in_whole);
  self->in_skip = length - n;
}

/* Returns: whether all is well */
static gboolean
sift (GstIceTunnel *self)
{
  drop (self, self->in_skip);
  for (;;) {
    gsize length;

    switch (ice_turn_frame_look (self->in + self->in_whole,
        self->in_size - self->in_whole, !self->in_begun, &length)) {
      case ICE_TURN_FRAME_INCOMPLETE:
        return TRUE;
      case ICE_TURN_FRAME_PASS:
        self->in_whole += length;
        self->in_begun = TRUE;
        break;
      case ICE_TURN_FRAME_DROP:
        drop (self, length);
        break;
      case ICE_TURN_FRAME_REDIRECT:
        fail (self, 300, "sends us to another server");
        return FALSE;
      case ICE_TURN_FRAME_GARBAGE:
        fail (self, 0, "speaks TLS, but what it says is not TURN");
        return FALSE;
    }
  }
}

/* What is there already: a read gives one record, and a server makes one of
 * each message. The end and errors are left to the next read. */
static void
read_more (GstIceTunnel *self)
{
  GPollableInputStream *stream = G_POLLABLE_INPUT_STREAM (
      g_io_stream_get_input_stream (self->tls));
  gssize n;

  do {
    n = g_pollable_input_stream_read_nonblocking (stream,
        self->in + self->in_size, ICE_TURN_FRAME_MAX - self->in_size, NULL,
        NULL);
    self->in_size += MAX (n, 0);
  } while (n > 0 && self->in_size < ICE_TURN_FRAME_MAX);
}

static void
on_in_read (GObject *stream, GAsyncResult *result, gpointer data)
{
  g_autoptr (GstIceTunnel) self = data;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (stream), result, NULL);

  if (!carries (self))
    return;
  if (n <= 0) {
    fail (self, 0, "closed the TLS connection");
    return;
  }
  self->in_size += n;
  if (self->in_size < ICE_TURN_FRAME_MAX)
    read_more (self);
  if (!sift (self))
    return;
  if (self->in_whole == 0)
    read_in (self);
  else
    g_output_stream_write_all_async (
        g_io_stream_get_output_stream (G_IO_STREAM (self->local)), self->in,
        self->in_whole, G_PRIORITY_DEFAULT, self->cancellable, on_in_written,
        ref (self));
}

/* There is room: no message that is waited for is longer than the buffer. */
static void
read_in (GstIceTunnel *self)
{
  g_input_stream_read_async (g_io_stream_get_input_stream (self->tls),
      self->in + self->in_size, ICE_TURN_FRAME_MAX - self->in_size,
      G_PRIORITY_DEFAULT, self->cancellable, on_in_read, ref (self));
}

/* --- the library --- */

static void
set_no_delay (GSocketConnection *connection)
{
  g_socket_set_option (g_socket_connection_get_socket (connection), IPPROTO_TCP,
      TCP_NODELAY, TRUE, NULL);
}

static void
on_accepted (GSocketConnection *connection, gpointer data)
{
  GstIceTunnel *self = data;

  gst_ice_alarm_set (self->limit, -1);
  g_clear_pointer (&self->loopback, gst_ice_loopback_free);
  self->local = g_object_ref (connection);
  set_no_delay (connection);
  self->out = g_malloc (OUT_SIZE);
  self->in = g_malloc (ICE_TURN_FRAME_MAX);
  self->state = TUNNEL_CARRYING;
  read_out (self);
  read_in (self);
}

/**
 * gst_ice_tunnel_get_family:
 * @self: a tunnel that has reached its server
 *
 * Returns: the kind of address over which it did
 */
GSocketFamily
gst_ice_tunnel_get_family (GstIceTunnel *self)
{
  return g_socket_get_family (g_socket_connection_get_socket (self->tcp));
}

/**
 * gst_ice_tunnel_dup_local_address:
 * @self: a tunnel that has reached its server
 *
 * Returns: (transfer full) (nullable): the address of this machine from which
 */
gchar *
gst_ice_tunnel_dup_local_address (GstIceTunnel *self)
{
  g_autoptr (GSocketAddress)
      local = g_socket_connection_get_local_address (self->tcp, NULL);

  if (!G_IS_INET_SOCKET_ADDRESS (local))
    return NULL;
  return g_inet_address_to_string (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (local)));
}

/**
 * gst_ice_tunnel_listen:
 * @self: a tunnel that has reached its server
 * @family: the kind of address that the library can connect to
 * @error: return location for a #GIOErrorEnum, or %NULL
 *
 * Returns: (transfer none) (nullable): where the library is to connect, now;
 *   %NULL with @error set where this machine has no such address
 */
GInetSocketAddress *
gst_ice_tunnel_listen (GstIceTunnel *self, GSocketFamily family, GError **error)
{
  g_return_val_if_fail (self->state == TUNNEL_REACHED, NULL);
  self->loopback = gst_ice_loopback_new (
      family, gst_ice_io_get_context (self->io), on_accepted, self, error);
  if (self->loopback == NULL)
    return NULL;
  self->state = TUNNEL_LISTENING;
  gst_ice_alarm_set (self->limit, g_get_monotonic_time () + ACCEPT_TIMEOUT);
  return gst_ice_loopback_get_address (self->loopback);
}

/**
 * gst_ice_tunnel_accept:
 * @self: a tunnel that listens
 *
 * Right after the library has connected: the port is closed by this.
 */
void
gst_ice_tunnel_accept (GstIceTunnel *self)
{
  if (self->loopback != NULL)
    gst_ice_loopback_accept (self->loopback);
}

/* --- the server --- */

/* What goes into the thread that makes TLS of a TCP connection. */
typedef struct
{
  GIOStream *tcp;
  GSocketConnectable *identity;
  GTlsDatabase *trusted;
  GTlsCertificateFlags wrong; /* with the certificate */
} Handshake;

static void
handshake_free (gpointer data)
{
  Handshake *handshake = data;

  g_object_unref (handshake->tcp);
  g_object_unref (handshake->identity);
  g_clear_object (&handshake->trusted);
  g_free (handshake);
}

static gboolean
on_bad_certificate (GTlsConnection *tls, GTlsCertificate *certificate,
    GTlsCertificateFlags wrong, gpointer data)
{
  Handshake *handshake = data;

  handshake->wrong = wrong;
  return FALSE;
}

/* In a thread of GIO's pool: it blocks, and glib-networking reads all of the
 * system's certificates, for 10 to 20 ms, each time. */
static void
run_handshake (
    GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Handshake *handshake = data;
  GError *error = NULL;
  g_autoptr (GIOStream) tls = g_tls_client_connection_new (
      handshake->tcp, handshake->identity, &error);

  if (tls == NULL) {
    g_task_return_error (task, error);
    return;
  }
  if (handshake->trusted != NULL)
    g_tls_connection_set_database (G_TLS_CONNECTION (tls), handshake->trusted);
  /* it says so by shutting the connection too */
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls), FALSE);
  g_signal_connect (
      tls, "accept-certificate", G_CALLBACK (on_bad_certificate), handshake);
  if (g_tls_connection_handshake (
          G_TLS_CONNECTION (tls), cancellable, &error)) {
    g_signal_handlers_disconnect_by_data (tls, handshake);
    g_task_return_pointer (task, g_steal_pointer (&tls), g_object_unref);
  } else {
    g_task_return_error (task, error);
  }
}

/* The last word of GIO's, without "Could not do this: " before it. */
static const gchar *
tail (const GError *error)
{
  const gchar *colon = g_strrstr (error->message, ": ");

  return colon != NULL ? colon + 2 : error->message;
}

static gchar *
explain_certificate (const gchar *host, GTlsCertificateFlags wrong)
{
  if (wrong & G_TLS_CERTIFICATE_BAD_IDENTITY)
    return g_strdup_printf (
        "has a certificate for another name: check that its name is \"%s\"",
        host);
  if (wrong & G_TLS_CERTIFICATE_EXPIRED)
    return g_strdup ("has a certificate that has expired: tell who runs it, "
                     "or check the clock here");
  if (wrong & G_TLS_CERTIFICATE_NOT_ACTIVATED)
    return g_strdup ("has a certificate that is not valid yet: check the clock "
                     "here");
  if (wrong & G_TLS_CERTIFICATE_REVOKED)
    return g_strdup ("has a certificate that was revoked: tell who runs it");
  if (wrong & G_TLS_CERTIFICATE_INSECURE)
    return g_strdup ("has a certificate with a signature that is too weak: "
                     "tell who runs it");
  if (wrong & G_TLS_CERTIFICATE_UNKNOWN_CA)
    return g_strdup ("has a certificate of nobody whom this system trusts: "
                     "install its authority's certificate among the system's "
                     "(update-ca-certificates)");
  return g_strdup ("has a certificate that is not valid");
}

static gchar *
explain_handshake (
    const gchar *host, GTlsCertificateFlags wrong, const GError *error)
{
  if (wrong != 0)
    return explain_certificate (host, wrong);
  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE))
    return g_strdup ("can not be reached, for GIO has no TLS here: install "
                     "glib-networking");
  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_CERTIFICATE_REQUIRED))
    return g_strdup ("wants a certificate of ours, which TURN has no use for");
  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_EOF)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
    return g_strdup ("closed the connection before TLS was agreed on: check "
                     "that this is its TLS port");
  return g_strdup_printf ("did not agree on TLS (%s): check that this is its "
                          "TLS port",
      tail (error));
}

static void
on_secured (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GstIceTunnel) self = data;
  g_autoptr (GError) error = NULL;
  GIOStream *tls = g_task_propagate_pointer (G_TASK (result), &error);
  Handshake *handshake = g_task_get_task_data (G_TASK (result));

  if (self->state != TUNNEL_CONNECTING) {
    g_clear_object (&tls);
    return;
  }
  if (tls == NULL) {
    g_autofree gchar *why = explain_handshake (
        self->host, handshake->wrong, error);

    fail (self, 0, why);
    return;
  }
  self->tls = tls;
  self->state = TUNNEL_REACHED;
  gst_ice_alarm_set (self->limit, -1);
  self->callbacks.reached (self, self->user_data);
}

static void
secure (GstIceTunnel *self)
{
  Handshake *handshake = g_new0 (Handshake, 1);
  g_autoptr (GTask)
      task = g_task_new (NULL, self->cancellable, on_secured, ref (self));

  handshake->tcp = G_IO_STREAM (g_object_ref (self->tcp));
  handshake->identity = g_object_ref (self->identity);
  if (self->trusted != NULL)
    handshake->trusted = g_object_ref (self->trusted);
  g_task_set_task_data (task, handshake, handshake_free);
  g_task_set_return_on_cancel (task, TRUE);
  g_task_run_in_thread (task, run_handshake);
}

static gchar *
explain_connection (const GError *error)
{
  if (error->domain == G_RESOLVER_ERROR)
    return g_strdup_printf (
        "could not be looked up (%s): check its name", tail (error));
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    return g_strdup ("refused the TCP connection: check host and port, and "
                     "that it serves TLS there");
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE))
    return g_strdup ("could not be asked: there is no route to it");
  return g_strdup_printf (
      "could not be connected to (%s): check host and port", tail (error));
}

static void
on_connected (GObject *client, GAsyncResult *result, gpointer data)
{
  g_autoptr (GstIceTunnel) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = g_socket_client_connect_finish (
      G_SOCKET_CLIENT (client), result, &error);

  if (self->state != TUNNEL_CONNECTING)
    return;
  if (connection == NULL) {
    g_autofree gchar *why = explain_connection (error);

    fail (self, 0, why);
    return;
  }
  self->tcp = g_steal_pointer (&connection);
  set_no_delay (self->tcp);
  g_socket_set_keepalive (g_socket_connection_get_socket (self->tcp), TRUE);
  secure (self);
}

static void
fail_late (GstIceTunnel *self)
{
  g_autofree gchar *why = self->tcp == NULL
      ? g_strdup_printf ("did not answer over TCP within %u ms: check host and "
                         "port, and that no firewall drops TCP to it",
          self->timeout)
      : g_strdup_printf ("took the TCP connection and did not agree on TLS "
                         "within %u ms: check that this is its TLS port",
          self->timeout);

  fail (self, 0, why);
}

static void
on_limit (gpointer data)
{
  GstIceTunnel *self = data;

  if (self->state == TUNNEL_LISTENING)
    end (self); /* the library had no use for it */
  else
    fail_late (self);
}

/* An address as GNetworkAddress would be told to the server as a name, which
 * RFC 6066 section 3 does not allow, and not every server takes. */
static GSocketConnectable *
identify (const IceServer *server)
{
  GSocketAddress *address = g_inet_socket_address_new_from_string (
      server->host, server->port);

  if (address != NULL)
    return G_SOCKET_CONNECTABLE (address);
  return g_network_address_new (server->host, server->port);
}

/**
 * gst_ice_tunnel_new:
 * @server: (transfer none): the server; its name is looked up, and its
 *   addresses are tried one after the other
 * @io: (transfer none): the I/O thread, in which this is
 * @trusted: (nullable): whose certificates to believe; %NULL: the system's
 * @timeout: how long it may take until the server is reached, ms
 * @callbacks: copied
 * @user_data: for both
 *
 * Returns: (transfer full): a tunnel that is being built
 */
GstIceTunnel *
gst_ice_tunnel_new (const IceServer *server, GstIceIo *io,
    GTlsDatabase *trusted, guint timeout,
    const GstIceTunnelCallbacks *callbacks, gpointer user_data)
{
  GstIceTunnel *self = g_rc_box_new0 (GstIceTunnel);
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  self->io = gst_ice_io_ref (io);
  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->host = g_strdup (server->host);
  self->identity = identify (server);
  self->trusted = trusted != NULL ? g_object_ref (trusted) : NULL;
  self->cancellable = g_cancellable_new ();
  self->limit = gst_ice_alarm_new (gst_ice_io_get_context (io), on_limit, self);
  gst_ice_alarm_set (
      self->limit, g_get_monotonic_time () + timeout * G_TIME_SPAN_MILLISECOND);
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_async (
      client, self->identity, self->cancellable, on_connected, ref (self));
  return self;
}

/**
 * gst_ice_tunnel_let_go:
 * @self: (transfer full): a tunnel in any state
 *
 * No callback comes any more. One that carries goes on until the library closes
 * its end, or the server does; all others end now.
 */
void
gst_ice_tunnel_let_go (GstIceTunnel *self)
{
  memset (&self->callbacks, 0, sizeof self->callbacks);
  if (self->state < TUNNEL_CARRYING)
    end (self);
  unref (self);
}
