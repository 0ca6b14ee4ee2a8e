/* gst-ice: received datagrams on their way to a streaming thread.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticeinbox.h"
#include <gst/base/gstqueuearray.h>

/* What a small buffer costs beside its payload. */
#define OVERHEAD 256

struct _GstIceInbox
{
  GMutex lock;
  GCond cond;
  GstQueueArray
      *queue; /* of GstBuffer; DTS = arrival, gst_util_get_timestamp() */
  gsize limit;
  gsize waiting; /* bytes */
  gboolean eos;
  gboolean flushing;
  gboolean asleep; /* the reader waits: g_cond_signal() is a system call */
  guint64 dropped;
};

/**
 * gst_ice_inbox_new:
 * @limit: bytes that wait at most
 *
 * Returns: (transfer full): an empty inbox
 */
GstIceInbox *
gst_ice_inbox_new (gsize limit)
{
  GstIceInbox *inbox = g_new0 (GstIceInbox, 1);

  g_mutex_init (&inbox->lock);
  g_cond_init (&inbox->cond);
  inbox->queue = gst_queue_array_new (GST_ICE_INBOX_BATCH);
  gst_queue_array_set_clear_func (
      inbox->queue, (GDestroyNotify) gst_buffer_unref);
  inbox->limit = limit;
  return inbox;
}

/**
 * gst_ice_inbox_free:
 * @inbox: (transfer full): an inbox that nobody uses any more
 */
void
gst_ice_inbox_free (GstIceInbox *inbox)
{
  gst_queue_array_free (inbox->queue);
  g_cond_clear (&inbox->cond);
  g_mutex_clear (&inbox->lock);
  g_free (inbox);
}

/* Under the lock. */
static void
wake (GstIceInbox *inbox)
{
  if (inbox->asleep)
    g_cond_signal (&inbox->cond);
  inbox->asleep = FALSE;
}

static gboolean
push (GstIceInbox *inbox, GstBuffer *datagram, gboolean quietly)
{
  gsize size = gst_buffer_get_size (datagram) + OVERHEAD;
  gboolean taken;

  g_mutex_lock (&inbox->lock);
  taken = !inbox->eos && inbox->waiting + size <= inbox->limit;
  if (taken) {
    gst_queue_array_push_tail (inbox->queue, datagram);
    inbox->waiting += size;
    if (!quietly
        || gst_queue_array_get_length (inbox->queue) >= GST_ICE_INBOX_BATCH)
      wake (inbox);
  } else {
    inbox->dropped++;
  }
  g_mutex_unlock (&inbox->lock);

  if (!taken)
    gst_buffer_unref (datagram);
  return taken;
}

/**
 * gst_ice_inbox_push:
 * @inbox: an inbox
 * @datagram: (transfer full): a datagram, its DTS the time of its arrival
 *
 * Any thread; never blocks.
 *
 * Returns: whether it was taken; a full inbox counts and drops it
 */
gboolean
gst_ice_inbox_push (GstIceInbox *inbox, GstBuffer *datagram)
{
  return push (inbox, datagram, FALSE);
}

/**
 * gst_ice_inbox_push_quietly:
 * @inbox: an inbox
 * @datagram: (transfer full): a datagram, its DTS the time of its arrival
 *
 * As gst_ice_inbox_push(), but the reader sleeps on until gst_ice_inbox_wake(),
 * or until a batch waits: one wake-up for all that the socket held.
 *
 * Returns: whether it was taken
 */
gboolean
gst_ice_inbox_push_quietly (GstIceInbox *inbox, GstBuffer *datagram)
{
  return push (inbox, datagram, TRUE);
}

/**
 * gst_ice_inbox_wake:
 * @inbox: an inbox
 *
 * Any thread; never blocks.
 */
void
gst_ice_inbox_wake (GstIceInbox *inbox)
{
  g_mutex_lock (&inbox->lock);
  wake (inbox);
  g_mutex_unlock (&inbox->lock);
}

/**
 * gst_ice_inbox_set_eos:
 * @inbox: an inbox
 *
 * Any thread. What waits is still handed out, nothing more is taken.
 */
void
gst_ice_inbox_set_eos (GstIceInbox *inbox)
{
  g_mutex_lock (&inbox->lock);
  inbox->eos = TRUE;
  wake (inbox);
  g_mutex_unlock (&inbox->lock);
}

static GstBufferList *
take_batch (GstIceInbox *inbox)
{
  guint n = MIN (
      gst_queue_array_get_length (inbox->queue), GST_ICE_INBOX_BATCH);
  GstBufferList *list = gst_buffer_list_new_sized (n);

  for (; n > 0; n--) {
    GstBuffer *datagram = gst_queue_array_pop_head (inbox->queue);

    inbox->waiting -= gst_buffer_get_size (datagram) + OVERHEAD;
    gst_buffer_list_add (list, datagram);
  }
  return list;
}

/**
 * gst_ice_inbox_pop:
 * @inbox: an inbox
 * @timeout: nanoseconds to wait at most; 0 = for ever
 * @datagrams: (out) (transfer full): the datagrams that wait, at most
 *   %GST_ICE_INBOX_BATCH, where the result is %GST_ICE_INBOX_DATA
 *
 * The streaming thread. Flushing ends the wait at once.
 *
 * Returns: what came
 */
GstIceInboxResult
gst_ice_inbox_pop (
    GstIceInbox *inbox, guint64 timeout, GstBufferList **datagrams)
{
  gint64 end = g_get_monotonic_time () + (gint64) (timeout / 1000);
  GstIceInboxResult result;

  g_mutex_lock (&inbox->lock);
  while (TRUE) {
    if (inbox->flushing) {
      result = GST_ICE_INBOX_FLUSHING;
      break;
    }
    if (!gst_queue_array_is_empty (inbox->queue)) {
      *datagrams = take_batch (inbox);
      result = GST_ICE_INBOX_DATA;
      break;
    }
    if (inbox->eos) {
      result = GST_ICE_INBOX_EOS;
      break;
    }
    inbox->asleep = TRUE;
    if (timeout == 0) {
      g_cond_wait (&inbox->cond, &inbox->lock);
    } else if (!g_cond_wait_until (&inbox->cond, &inbox->lock, end)) {
      result = GST_ICE_INBOX_TIMEOUT;
      break;
    }
  }
  inbox->asleep = FALSE;
  g_mutex_unlock (&inbox->lock);
  return result;
}

/**
 * gst_ice_inbox_set_flushing:
 * @inbox: an inbox
 * @flushing: whether waits end at once
 *
 * Any thread; never blocks.
 */
void
gst_ice_inbox_set_flushing (GstIceInbox *inbox, gboolean flushing)
{
  g_mutex_lock (&inbox->lock);
  inbox->flushing = flushing;
  wake (inbox);
  g_mutex_unlock (&inbox->lock);
}

/**
 * gst_ice_inbox_clear:
 * @inbox: an inbox
 *
 * Any thread. Drops what waits, not counted as a drop: nobody wants it.
 */
void
gst_ice_inbox_clear (GstIceInbox *inbox)
{
  g_mutex_lock (&inbox->lock);
  gst_queue_array_clear (inbox->queue);
  inbox->waiting = 0;
  g_mutex_unlock (&inbox->lock);
}

/**
 * gst_ice_inbox_get_dropped:
 * @inbox: an inbox
 *
 * Returns: how many datagrams were dropped because it was full
 */
guint64
gst_ice_inbox_get_dropped (GstIceInbox *inbox)
{
  guint64 dropped;

  g_mutex_lock (&inbox->lock);
  dropped = inbox->dropped;
  g_mutex_unlock (&inbox->lock);
  return dropped;
}
