/* gst-ice: datagrams on their way from a streaming thread to a backend.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticeoutbox.h"

GST_DEBUG_CATEGORY_STATIC (gst_ice_outbox_debug);
#define GST_CAT_DEFAULT gst_ice_outbox_debug

/* A socket that is full is tried again after this, microseconds. */
#define RETRY 1000

struct _GstIceOutbox
{
  GstIceOutboxSend send;
  gpointer backend;

  GMutex lock;
  GCond cond; /* state, flushing */
  GstIceOutboxState state;
  gboolean flushing;
  gboolean warned; /* that datagrams can't be sent */
  GstIceOutboxCounters counters;
};

/**
 * gst_ice_outbox_new:
 * @send: hands datagrams over, in the streaming thread
 * @backend: (transfer none): for @send
 *
 * Returns: (transfer full): an outbox that waits
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
 * @outbox: (transfer full): an outbox that nobody uses any more
 */
void
gst_ice_outbox_free (GstIceOutbox *outbox)
{
  g_cond_clear (&outbox->cond);
  g_mutex_clear (&outbox->lock);
  g_free (outbox);
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
  if (outbox->state != GST_ICE_OUTBOX_ENDED)
    outbox->state = state;
  g_cond_broadcast (&outbox->cond);
  g_mutex_unlock (&outbox->lock);
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
  g_cond_broadcast (&outbox->cond);
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

/* Under the lock; GST_FLOW_NOT_LINKED: there is no path, and no wish to wait.
 */
static GstFlowReturn
wait_for_path (GstIceOutbox *outbox, gboolean wait)
{
  while (!outbox->flushing) {
    switch (outbox->state) {
      case GST_ICE_OUTBOX_OPEN:
        return GST_FLOW_OK;
      case GST_ICE_OUTBOX_FAILED:
        return GST_FLOW_ERROR;
      case GST_ICE_OUTBOX_ENDED:
        return GST_FLOW_EOS;
      case GST_ICE_OUTBOX_WAITING:
        break;
    }
    if (!wait)
      return GST_FLOW_NOT_LINKED;
    g_cond_wait (&outbox->cond, &outbox->lock);
  }
  return GST_FLOW_FLUSHING;
}

/* Under the lock. */
static void
refuse (
    GstIceOutbox *outbox, const GstIceDatagram *datagram, const GError *error)
{
  GST_CAT_LEVEL_LOG (GST_CAT_DEFAULT,
      outbox->warned ? GST_LEVEL_LOG : GST_LEVEL_WARNING, NULL,
      "a datagram of %" G_GSIZE_FORMAT " bytes can not be sent: %s",
      gst_ice_datagram_get_size (datagram),
      error != NULL ? error->message : "unknown reason");
  outbox->warned = TRUE;
  count_discarded (outbox, datagram, 1);
}

/* Under the lock, which it gives back for the call; sends what it can. */
static void
send_some (GstIceOutbox *outbox, const GstIceDatagram **datagrams, guint *n)
{
  g_autoptr (GError) error = NULL;
  guint sent;

  g_mutex_unlock (&outbox->lock);
  sent = outbox->send (outbox->backend, *datagrams, *n, &error);
  g_mutex_lock (&outbox->lock);

  if (sent > 0) {
    outbox->counters.packets_sent += sent;
    outbox->counters.last_sent = g_get_monotonic_time ();
    outbox->counters.bytes_sent += get_total (*datagrams, sent);
    outbox->warned = FALSE;
    *datagrams += sent;
    *n -= sent;
  }
  if (*n == 0)
    return;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
    if (!outbox->flushing)
      g_cond_wait_until (
          &outbox->cond, &outbox->lock, g_get_monotonic_time () + RETRY);
    return;
  }
  refuse (outbox, *datagrams, error);
  *datagrams += 1;
  *n -= 1;
}

/**
 * gst_ice_outbox_send:
 * @outbox: an outbox
 * @datagrams: (array length=n): datagrams
 * @n: how many
 * @wait: whether to wait for a path, else drop and count
 * @done: (out): how many were sent, or dropped and counted
 *
 * The streaming thread. Flushing ends every wait at once.
 *
 * Returns: %GST_FLOW_OK when all are done, %GST_FLOW_FLUSHING, or
 *   %GST_FLOW_ERROR and %GST_FLOW_EOS as the outbox has failed or ended
 */
GstFlowReturn
gst_ice_outbox_send (GstIceOutbox *outbox, const GstIceDatagram *datagrams,
    guint n, gboolean wait, guint *done)
{
  GstFlowReturn flow = GST_FLOW_OK;
  guint left = n;

  g_mutex_lock (&outbox->lock);
  while (left > 0 && flow == GST_FLOW_OK) {
    flow = wait_for_path (outbox, wait);
    if (flow == GST_FLOW_OK)
      send_some (outbox, &datagrams, &left);
  }
  if (flow == GST_FLOW_NOT_LINKED) {
    count_discarded (outbox, datagrams, left);
    left = 0;
    flow = GST_FLOW_OK;
  }
  g_mutex_unlock (&outbox->lock);
  *done = n - left;
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
