/* gst-ice: datagrams on their way from a streaming thread to a socket.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticeoutbox.h"
#include "datapath/gsticechannelsend.h"

#include <gio/gnetworking.h>
#include <string.h>

GST_DEBUG_CATEGORY_STATIC (gst_ice_outbox_debug);
#define GST_CAT_DEFAULT gst_ice_outbox_debug

/* Time to the next attempt if nothing reports that there is room again,
 * microseconds. */
#define RETRY 1000
/* Time without progress after which the rest of a stream that ends is given up,
 * microseconds. */
#define ENDING_PATIENCE (G_USEC_PER_SEC / 2)

/* Where datagrams go. */
typedef struct
{
  GstIceDatagramSocket *socket; /* NULL: the backend sends them */
  struct sockaddr_storage to;
  gsize to_size;
  guint16 channel; /* 0: datagrams go to the peer as they are */
} Route;

struct _GstIceOutbox
{
  GstIceOutboxSend send;
  gpointer backend;

  GMutex lock;
  GCond cond; /* state, flushing, ending, route */
  /* under the lock */
  GstIceOutboxState state;
  gboolean flushing;
  gboolean ending; /* nothing waits for a path any more, nor long for room */
  gint64 give_up;  /* while ending and full: when */
  Route route;
  GstPoll *poll; /* NULL: no socket was full yet, or no descriptor was left */
  gboolean is_polling;   /* the streaming thread */
  gboolean was_writable; /* at the last poll; nothing was sent since */
  gboolean full;         /* at the last attempt */
  gboolean warned;       /* that datagrams can't be sent */
  GstIceOutboxCounters counters;
};

/**
 * gst_ice_outbox_new:
 * @send: hands datagrams over where there is no route, in the streaming thread
 * @backend: (transfer none): for @send
 *
 * Returns: (transfer full): an outbox without a path
 */
GstIceOutbox *
gst_ice_outbox_new (GstIceOutboxSend send, gpointer backend)
{
  GstIceOutbox *outbox = g_new0 (GstIceOutbox, 1);

  GST_DEBUG_CATEGORY_INIT (gst_ice_outbox_debug, "iceoutbox", 0, "ICE outbox");
  outbox->send = send;
  outbox->backend = backend;
  g_mutex_init (&outbox->lock);
  g_cond_init (&outbox->cond);
  return outbox;
}

/**
 * gst_ice_outbox_free:
 * @outbox: (transfer full): an outbox that no thread uses
 */
void
gst_ice_outbox_free (GstIceOutbox *outbox)
{
  g_clear_pointer (&outbox->route.socket, gst_ice_datagram_socket_unref);
  g_clear_pointer (&outbox->poll, gst_poll_free);
  g_cond_clear (&outbox->cond);
  g_mutex_clear (&outbox->lock);
  g_free (outbox);
}

/* Under the lock. A waiting streaming thread checks the state again. */
static void
wake (GstIceOutbox *outbox)
{
  g_cond_broadcast (&outbox->cond);
  if (outbox->is_polling)
    gst_poll_set_flushing (outbox->poll, TRUE);
}

/* Under the lock. An element in NULL keeps no descriptor. */
static void
drop_last_poll (GstIceOutbox *outbox)
{
  if (outbox->state == GST_ICE_OUTBOX_ENDED && !outbox->is_polling)
    g_clear_pointer (&outbox->poll, gst_poll_free);
}

/**
 * gst_ice_outbox_set_state:
 * @outbox: an outbox
 * @state: whether datagrams can go; %GST_ICE_OUTBOX_ENDED lasts
 *
 * Any thread; never blocks.
 */
void
gst_ice_outbox_set_state (GstIceOutbox *outbox, GstIceOutboxState state)
{
  g_mutex_lock (&outbox->lock);
  if (outbox->state != GST_ICE_OUTBOX_ENDED && outbox->state != state) {
    outbox->state = state;
    wake (outbox);
    drop_last_poll (outbox);
  }
  g_mutex_unlock (&outbox->lock);
}

/**
 * gst_ice_outbox_set_route:
 * @outbox: an outbox
 * @socket: (transfer none) (nullable): the socket that datagrams are sent from;
 *   %NULL: the backend sends them
 * @to: (nullable): a struct sockaddr, where they go
 * @to_size: its size, bytes; 0: @socket is connected
 * @channel: the TURN channel at @to that is bound to the peer; 0: @to is the
 *   peer
 *
 * Any thread; never blocks.
 */
void
gst_ice_outbox_set_route (GstIceOutbox *outbox, GstIceDatagramSocket *socket,
    gconstpointer to, gsize to_size, guint16 channel)
{
  GstIceDatagramSocket *old;

  g_mutex_lock (&outbox->lock);
  old = outbox->route.socket;
  outbox->route.socket = socket != NULL ? gst_ice_datagram_socket_ref (socket)
                                        : NULL;
  outbox->route.to_size = MIN (to_size, sizeof (outbox->route.to));
  if (to != NULL)
    memcpy (&outbox->route.to, to, outbox->route.to_size);
  outbox->route.channel = channel;
  wake (outbox);
  g_mutex_unlock (&outbox->lock);
  g_clear_pointer (&old, gst_ice_datagram_socket_unref);
}

/**
 * gst_ice_outbox_set_flushing:
 * @outbox: an outbox
 * @flushing: whether waits end at once
 *
 * Any thread; never blocks.
 */
void
gst_ice_outbox_set_flushing (GstIceOutbox *outbox, gboolean flushing)
{
  g_mutex_lock (&outbox->lock);
  outbox->flushing = flushing;
  wake (outbox);
  g_mutex_unlock (&outbox->lock);
}

/**
 * gst_ice_outbox_set_ending:
 * @outbox: an outbox
 * @ending: whether the stream ends, so that what has no path does not wait for
 *   one, and what has a path waits for room for a moment only
 *
 * Any thread; never blocks.
 */
void
gst_ice_outbox_set_ending (GstIceOutbox *outbox, gboolean ending)
{
  g_mutex_lock (&outbox->lock);
  outbox->ending = ending;
  outbox->give_up = g_get_monotonic_time () + ENDING_PATIENCE;
  wake (outbox);
  g_mutex_unlock (&outbox->lock);
}

static gsize
get_total (const GstIceDatagram *datagrams, guint n)
{
  gsize total = 0;
  guint i;

  for (i = 0; i < n; i++)
    total += gst_ice_datagram_get_size (&datagrams[i]);
  return total;
}

/* Under the lock. */
static void
count_discarded (GstIceOutbox *outbox, const GstIceDatagram *datagrams, guint n)
{
  outbox->counters.packets_discarded += n;
  outbox->counters.bytes_discarded += get_total (datagrams, n);
}

/* Under the lock. */
static gboolean
gives_up (GstIceOutbox *outbox)
{
  return outbox->ending && outbox->full
      && g_get_monotonic_time () >= outbox->give_up;
}

/* Under the lock. GST_FLOW_NOT_LINKED: there is no path, and wait is FALSE. */
static GstFlowReturn
wait_for_path (GstIceOutbox *outbox, const gint *wait)
{
  while (!outbox->flushing) {
    switch (outbox->state) {
      case GST_ICE_OUTBOX_OPEN:
        return gives_up (outbox) ? GST_FLOW_EOS : GST_FLOW_OK;
      case GST_ICE_OUTBOX_FAILED:
        return GST_FLOW_ERROR;
      case GST_ICE_OUTBOX_ENDED:
        return GST_FLOW_EOS;
      case GST_ICE_OUTBOX_WAITING:
        break;
    }
    if (!g_atomic_int_get (wait))
      return GST_FLOW_NOT_LINKED;
    if (outbox->ending)
      return GST_FLOW_EOS;
    g_cond_wait (&outbox->cond, &outbox->lock);
  }
  return GST_FLOW_FLUSHING;
}

/* Whether the error is due to the datagram itself, not to the path. */
static gboolean
is_the_datagrams (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

/* Under the lock. */
static void
refuse (GstIceOutbox *outbox, const GstIceDatagram *datagram,
    const GError *error, GError **refusal)
{
  if (refusal != NULL && *refusal == NULL && is_the_datagrams (error))
    *refusal = g_error_new (error->domain, error->code,
        "a datagram of %" G_GSIZE_FORMAT " bytes was not sent: %s",
        gst_ice_datagram_get_size (datagram), error->message);
  GST_CAT_LEVEL_LOG (GST_CAT_DEFAULT,
      outbox->warned ? GST_LEVEL_LOG : GST_LEVEL_WARNING, NULL,
      "a datagram of %" G_GSIZE_FORMAT " bytes cannot be sent: %s",
      gst_ice_datagram_get_size (datagram),
      error != NULL ? error->message : "unknown reason");
  outbox->warned = TRUE;
  count_discarded (outbox, datagram, 1);
}

/* Without the lock. A datagram that is too large for any path is not handed
 * over: a backend might return %G_IO_ERROR_WOULD_BLOCK for it without end. */
static guint
hand_over (GstIceOutbox *outbox, const Route *route,
    const GstIceDatagram *datagrams, guint n, GError **error)
{
  guint fit = 0, sent = 0;

  while (fit < n
      && gst_ice_datagram_get_size (&datagrams[fit])
          <= GST_ICE_DATAGRAM_MAX_SIZE)
    fit++;
  if (fit > 0 && route->channel != 0)
    sent = gst_ice_channel_send (route->socket, &route->to, route->to_size,
        route->channel, datagrams, fit, error);
  else if (fit > 0 && route->socket != NULL)
    sent = gst_ice_datagram_socket_send (
        route->socket, &route->to, route->to_size, datagrams, fit, error);
  else if (fit > 0)
    sent = outbox->send (outbox->backend, datagrams, fit, error);
  if (sent == fit && fit < n)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
        "UDP has room for %u; send smaller buffers", GST_ICE_DATAGRAM_MAX_SIZE);
  return sent;
}

/* Under the lock, which it releases during the wait. */
static void
wait_until_writable (GstIceOutbox *outbox, GstIceDatagramSocket *socket)
{
  GstPollFD fd = GST_POLL_FD_INIT;

  fd.fd = g_socket_get_fd (gst_ice_datagram_socket_get_socket (socket));
  gst_poll_add_fd (outbox->poll, &fd);
  gst_poll_fd_ctl_write (outbox->poll, &fd, TRUE);
  outbox->is_polling = TRUE;
  g_mutex_unlock (&outbox->lock);
  gst_poll_wait (outbox->poll, GST_CLOCK_TIME_NONE);
  g_mutex_lock (&outbox->lock);
  outbox->is_polling = FALSE;
  gst_poll_set_flushing (outbox->poll, FALSE); /* if another thread woke it */
  gst_poll_remove_fd (outbox->poll, &fd);
  drop_last_poll (outbox);
}

static gboolean
has_poll (GstIceOutbox *outbox)
{
  if (outbox->poll == NULL)
    outbox->poll = gst_poll_new (TRUE);
  return outbox->poll != NULL;
}

/* Under the lock, which it releases. The socket or the backend is full. A
 * socket may be writable and still refuse: the kernel counts its own memory and
 * the device's queue too. So it is polled once, then tried again after RETRY.
 */
static void
wait_for_room (GstIceOutbox *outbox, GstIceDatagramSocket *socket)
{
  gboolean poll;

  outbox->full = TRUE;
  if (outbox->flushing || outbox->state != GST_ICE_OUTBOX_OPEN
      || outbox->route.socket != socket)
    return;
  poll = socket != NULL && !outbox->was_writable && !outbox->ending
      && has_poll (outbox);
  outbox->was_writable = poll;
  if (poll)
    wait_until_writable (outbox, socket);
  else
    g_cond_wait_until (
        &outbox->cond, &outbox->lock, g_get_monotonic_time () + RETRY);
}

/* Under the lock. */
static void
count_sent (GstIceOutbox *outbox, const GstIceDatagram *datagrams, guint n)
{
  outbox->counters.packets_sent += n;
  outbox->counters.last_sent = g_get_monotonic_time ();
  outbox->counters.bytes_sent += get_total (datagrams, n);
  outbox->give_up = outbox->counters.last_sent + ENDING_PATIENCE;
  outbox->warned = FALSE;
  outbox->was_writable = FALSE;
  outbox->full = FALSE;
}

/* The rest of a call of gst_ice_outbox_send(). */
typedef struct
{
  const GstIceDatagram *datagrams;
  guint n;
  Route route;      /* of the last attempt; its socket is referenced */
  GError **refusal; /* nullable */
} Rest;

/* Under the lock, which it releases for the system call. Sends as many as
 * possible; waits for room, or drops one datagram, where not all were. */
static void
send_some (GstIceOutbox *outbox, Rest *rest)
{
  GstIceDatagramSocket *old = rest->route.socket;
  g_autoptr (GError) error = NULL;
  guint sent;

  rest->route = outbox->route;
  if (rest->route.socket != NULL)
    gst_ice_datagram_socket_ref (rest->route.socket);
  g_mutex_unlock (&outbox->lock);
  g_clear_pointer (&old, gst_ice_datagram_socket_unref);
  sent = hand_over (outbox, &rest->route, rest->datagrams, rest->n, &error);
  g_mutex_lock (&outbox->lock);

  if (sent > 0)
    count_sent (outbox, rest->datagrams, sent);
  rest->datagrams += sent;
  rest->n -= sent;
  if (rest->n == 0)
    return;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
    wait_for_room (outbox, rest->route.socket);
    return;
  }
  refuse (outbox, rest->datagrams, error, rest->refusal);
  rest->datagrams++;
  rest->n--;
}

/**
 * gst_ice_outbox_send:
 * @outbox: an outbox
 * @datagrams: (array length=n): datagrams
 * @n: how many
 * @wait: atomic; whether to wait for a path, else drop and count. During a wait
 *   it is read again after each change of the outbox
 * @done: (out): how many were sent, or dropped and counted
 * @refusal: (inout) (nullable): where it is %NULL it is set if a datagram was
 *   dropped that no path can take (not a failure): the reason
 *
 * The streaming thread. Flushing ends every wait at once.
 *
 * Returns: %GST_FLOW_OK when all are done, %GST_FLOW_FLUSHING, or
 *   %GST_FLOW_ERROR and %GST_FLOW_EOS as the outbox has failed or ended;
 *   %GST_FLOW_EOS also for what would wait (long) in one that is ending
 */
GstFlowReturn
gst_ice_outbox_send (GstIceOutbox *outbox, const GstIceDatagram *datagrams,
    guint n, const gint *wait, guint *done, GError **refusal)
{
  Rest rest = { .datagrams = datagrams, .n = n, .refusal = refusal };
  GstFlowReturn flow = GST_FLOW_OK;

  g_mutex_lock (&outbox->lock);
  while (rest.n > 0 && flow == GST_FLOW_OK) {
    flow = wait_for_path (outbox, wait);
    if (flow == GST_FLOW_OK)
      send_some (outbox, &rest);
  }
  if (flow == GST_FLOW_NOT_LINKED) {
    count_discarded (outbox, rest.datagrams, rest.n);
    rest.n = 0;
    flow = GST_FLOW_OK;
  }
  g_mutex_unlock (&outbox->lock);
  g_clear_pointer (&rest.route.socket, gst_ice_datagram_socket_unref);
  *done = n - rest.n;
  return flow;
}

/**
 * gst_ice_outbox_count_discarded:
 * @outbox: an outbox
 * @datagrams: (array length=n): datagrams that will not be sent
 * @n: how many
 *
 * Any thread.
 */
void
gst_ice_outbox_count_discarded (
    GstIceOutbox *outbox, const GstIceDatagram *datagrams, guint n)
{
  g_mutex_lock (&outbox->lock);
  count_discarded (outbox, datagrams, n);
  g_mutex_unlock (&outbox->lock);
}

/**
 * gst_ice_outbox_get_counters:
 * @outbox: an outbox
 * @counters: (out caller-allocates): its counters, of payload
 *
 * Any thread.
 */
void
gst_ice_outbox_get_counters (
    GstIceOutbox *outbox, GstIceOutboxCounters *counters)
{
  g_mutex_lock (&outbox->lock);
  *counters = outbox->counters;
  g_mutex_unlock (&outbox->lock);
}
