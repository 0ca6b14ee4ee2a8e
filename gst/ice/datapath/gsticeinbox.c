/* gst-ice: received datagrams on their way to a streaming thread.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticeinbox.h"
#include "datapath/gsticemediasockets.h"
#include "datapath/icebusypoll.h"
#include <gst/base/gstqueuearray.h>

/* Memory of a small buffer besides its payload, bytes. */
#define OVERHEAD 256

/* How long the reader sleeps where no thread can wake it, us. */
#define MAX_UNWAKEABLE (20 * G_TIME_SPAN_MILLISECOND)

/* How the reader waits: a thread that adds data wakes it only if necessary,
 * because that is a system call. */
typedef enum
{
  AWAKE,
  ON_COND,
  ON_CONTEXT,
  BUSY, /* polls the sockets for a moment */
  ON_POLL,
  ON_SOCKETS
} Sleep;

struct _GstIceInbox
{
  gint sleep; /* atomic, Sleep; other threads make it AWAKE, under the lock */

  /* the reader's */
  gboolean has_visited;   /* the context, whose I/O thread expects it back */
  gboolean sockets_first; /* they and the queue take turns */
  gboolean drained;       /* the last reading emptied the socket: wait first */
  IceBusyPoll busy_poll;

  GMutex lock;
  GCond cond;
  /* under the lock */
  GstIceMediaSockets *sockets;
  GstIceSharedContext *context; /* nullable: its sources fill the queue */
  gboolean with_sender;
  guint64 timeout;      /* ns; 0: never */
  GstQueueArray *queue; /* of GstBuffer; DTS = arrival, monotonic */
  gsize limit, waiting; /* bytes */
  gboolean eos, eos_lasts;
  gboolean flushing;
  guint64 dropped;
};

/* One call of gst_ice_inbox_pop(). */
typedef struct
{
  gint64 begun; /* g_get_monotonic_time(); 0: it has not waited yet */
  gint64 end;   /* -1: never */
  gboolean with_sender;
  GstBufferList *datagrams;              /* NULL: none yet */
  GstIceDatagramSocketReceived received; /* of these, from a socket */
} Pop;

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
  inbox->sockets = gst_ice_media_sockets_new ();
  inbox->limit = limit;
  return inbox;
}

/**
 * gst_ice_inbox_free:
 * @inbox: (transfer full): an inbox that no thread uses
 */
void
gst_ice_inbox_free (GstIceInbox *inbox)
{
  gst_queue_array_free (inbox->queue);
  g_clear_pointer (&inbox->context, gst_ice_shared_context_unref);
  gst_ice_media_sockets_free (inbox->sockets);
  g_cond_clear (&inbox->cond);
  g_mutex_clear (&inbox->lock);
  g_free (inbox);
}

/* Under the lock. The reader may wake up by itself just now, or look soon. */
static void
wake (GstIceInbox *inbox)
{
  gint sleep;

  do {
    sleep = g_atomic_int_get (&inbox->sleep);
  } while (sleep != AWAKE
      && !g_atomic_int_compare_and_exchange (&inbox->sleep, sleep, AWAKE));
  switch (sleep) {
    case ON_COND:
      g_cond_signal (&inbox->cond);
      break;
    case ON_CONTEXT:
      gst_ice_shared_context_wake (inbox->context);
      break;
    case ON_POLL:
      gst_ice_media_sockets_wake (inbox->sockets);
      break;
  }
}

/**
 * gst_ice_inbox_push:
 * @inbox: an inbox
 * @datagram: (transfer full): a datagram, its DTS the time of its arrival
 *
 * Any thread; never blocks. The reader sleeps on until gst_ice_inbox_wake(), or
 * until a batch waits: one wake-up for all that the socket held.
 *
 * Returns: whether it was taken; a full inbox counts and drops it
 */
gboolean
gst_ice_inbox_push (GstIceInbox *inbox, GstBuffer *datagram)
{
  gsize size = gst_buffer_get_size (datagram) + OVERHEAD;
  gboolean taken;

  g_mutex_lock (&inbox->lock);
  taken = !inbox->eos && inbox->waiting + size <= inbox->limit;
  if (taken) {
    gst_queue_array_push_tail (inbox->queue, datagram);
    inbox->waiting += size;
    if (gst_queue_array_get_length (inbox->queue) >= GST_ICE_INBOX_BATCH)
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
 * @lasts: %FALSE: until gst_ice_inbox_clear()
 *
 * Any thread. Waiting datagrams are still handed out; no more are accepted.
 */
void
gst_ice_inbox_set_eos (GstIceInbox *inbox, gboolean lasts)
{
  g_mutex_lock (&inbox->lock);
  inbox->eos = TRUE;
  inbox->eos_lasts |= lasts;
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

static gboolean
take_queue (GstIceInbox *inbox, Pop *pop)
{
  if (gst_queue_array_is_empty (inbox->queue))
    return FALSE;
  pop->datagrams = take_batch (inbox);
  return TRUE;
}

/* Without the lock. Returns: whether something was there */
static gboolean
read_list (GstIceInbox *inbox, Pop *pop, const GstIceMediaSocketList *list)
{
  pop->datagrams = gst_ice_media_socket_list_read (
      list, pop->with_sender, &pop->received);
  inbox->drained = list->n == 1 && !pop->received.more;
  return pop->datagrams != NULL;
}

/* Under the lock, which it releases; it takes the lock again only if nothing
 * was there. Returns: whether something was there */
static gboolean
read_sockets (GstIceInbox *inbox, Pop *pop)
{
  GstIceMediaSocketList list;
  gboolean found;

  gst_ice_media_sockets_list (inbox->sockets, &list);
  pop->with_sender = inbox->with_sender;
  g_mutex_unlock (&inbox->lock);
  found = read_list (inbox, pop, &list);
  gst_ice_media_socket_list_clear (&list);
  if (!found)
    g_mutex_lock (&inbox->lock);
  return found;
}

/* Under the lock. Returns: FALSE at the end */
static gboolean
sleep_on_cond (GstIceInbox *inbox, gint64 end)
{
  g_atomic_int_set (&inbox->sleep, ON_COND);
  if (end >= 0)
    return g_cond_wait_until (&inbox->cond, &inbox->lock, end);
  g_cond_wait (&inbox->cond, &inbox->lock);
  return TRUE;
}

/* Under the lock, which it releases meanwhile: this thread itself receives in
 * the context and fills the queue. Returns: FALSE at the end */
static gboolean
visit_context (GstIceInbox *inbox, gboolean wait, gint64 end)
{
  GstIceSharedContext *context = gst_ice_shared_context_ref (inbox->context);

  g_atomic_int_set (&inbox->sleep, wait ? ON_CONTEXT : AWAKE);
  inbox->has_visited = TRUE;
  g_mutex_unlock (&inbox->lock);
  gst_ice_shared_context_iterate (context, wait, end);
  gst_ice_shared_context_unref (context);
  g_mutex_lock (&inbox->lock);
  return end < 0 || !gst_queue_array_is_empty (inbox->queue)
      || g_get_monotonic_time () < end;
}

/* Under the lock. The I/O thread takes over at once: STUN checks arrive. */
static void
leave_context (GstIceInbox *inbox)
{
  if (inbox->has_visited && inbox->context != NULL)
    gst_ice_shared_context_leave (inbox->context);
  inbox->has_visited = FALSE;
}

/* Without the lock. Returns: whether something came */
static gboolean
poll_busily (GstIceInbox *inbox, Pop *pop, const GstIceMediaSocketList *list)
{
  while (g_atomic_int_get (&inbox->sleep) == BUSY
      && ice_busy_poll_again (&inbox->busy_poll, g_get_monotonic_time ()))
    if (read_list (inbox, pop, list))
      return TRUE;
  return FALSE;
}

/* Without the lock. If no descriptor was left to wake this thread with, only
 * datagrams end the wait, so it is short.
 * Returns: whether a socket can be read, and no other thread woke this one */
static gboolean
sleep_on_sockets (GstIceInbox *inbox, const GstIceMediaSocketList *list,
    gint wake, gint64 end)
{
  const Sleep how = wake >= 0 ? ON_POLL : ON_SOCKETS;
  gint64 left = end >= 0 ? MAX (end - g_get_monotonic_time (), 0) : -1;
  gboolean ready;

  if (!g_atomic_int_compare_and_exchange (&inbox->sleep, BUSY, how))
    return FALSE;
  if (wake < 0)
    left = left >= 0 ? MIN (left, MAX_UNWAKEABLE) : MAX_UNWAKEABLE;
  ready = gst_ice_media_socket_list_wait (list, wake, left);
  return g_atomic_int_compare_and_exchange (&inbox->sleep, how, AWAKE) && ready;
}

/* Under the lock, which it releases. A datagram that wakes the reader is read
 * at once: the guarded data has not changed, or another thread would have woken
 * the reader.
 * Returns: whether to look again, under the lock; FALSE: something was read,
 * without the lock, or it is the end, under the lock */
static gboolean
wait_on_sockets (GstIceInbox *inbox, Pop *pop)
{
  const gint wake = gst_ice_media_sockets_begin_wait (inbox->sockets);
  GstIceMediaSocketList list;
  gboolean found;

  leave_context (inbox);
  gst_ice_media_sockets_list (inbox->sockets, &list);
  pop->with_sender = inbox->with_sender;
  g_atomic_int_set (&inbox->sleep, BUSY);
  g_mutex_unlock (&inbox->lock);
  found = poll_busily (inbox, pop, &list);
  if (!found) {
    inbox->drained = FALSE;
    found = sleep_on_sockets (inbox, &list, wake, pop->end)
        && read_list (inbox, pop, &list);
  }
  gst_ice_media_socket_list_clear (&list);
  g_atomic_int_set (&inbox->sleep, AWAKE);
  gst_ice_media_sockets_end_wait (inbox->sockets);
  if (found)
    return FALSE;
  g_mutex_lock (&inbox->lock);
  gst_ice_media_sockets_forget_wake (inbox->sockets);
  return pop->end < 0 || g_get_monotonic_time () < pop->end;
}

/* Under the lock. The timeout may have changed since the wait began.
 * Returns: as wait_on_sockets() */
static gboolean
wait_for_more (GstIceInbox *inbox, Pop *pop)
{
  gboolean in_time;

  if (pop->begun == 0)
    pop->begun = g_get_monotonic_time ();
  pop->end = inbox->timeout > 0
      ? pop->begun + (gint64) (inbox->timeout / GST_USECOND)
      : -1;
  if (gst_ice_media_sockets_get_n (inbox->sockets) > 0)
    return wait_on_sockets (inbox, pop);
  if (inbox->context != NULL)
    in_time = visit_context (inbox,
        !ice_busy_poll_again (&inbox->busy_poll, g_get_monotonic_time ()),
        pop->end);
  else
    in_time = sleep_on_cond (inbox, pop->end);
  inbox->drained = FALSE;
  g_atomic_int_set (&inbox->sleep, AWAKE);
  return in_time;
}

/* Under the lock, which is released if a socket had data.
 * GST_ICE_INBOX_TIMEOUT: there is nothing to return. */
static GstIceInboxResult
look (GstIceInbox *inbox, Pop *pop)
{
  gboolean eos = inbox->eos;

  if (inbox->flushing)
    return GST_ICE_INBOX_FLUSHING;
  inbox->sockets_first = !inbox->sockets_first;
  if (!inbox->sockets_first && take_queue (inbox, pop))
    return GST_ICE_INBOX_DATA;
  if (gst_ice_media_sockets_get_n (inbox->sockets) > 0
      && (!inbox->drained || eos) && read_sockets (inbox, pop))
    return GST_ICE_INBOX_DATA;
  if (inbox->flushing)
    return GST_ICE_INBOX_FLUSHING;
  if (take_queue (inbox, pop))
    return GST_ICE_INBOX_DATA;
  if (eos)
    return GST_ICE_INBOX_EOS;
  /* EOS came during the reading: read again what came before it */
  return inbox->eos ? look (inbox, pop) : GST_ICE_INBOX_TIMEOUT;
}

/**
 * gst_ice_inbox_pop:
 * @inbox: an inbox
 * @datagrams: (out) (transfer full): datagrams in their order, where the result
 *   is %GST_ICE_INBOX_DATA
 * @from_socket: (out): how many the streaming thread read itself
 *
 * The streaming thread. Flushing ends the wait at once, the timeout in time.
 *
 * Returns: data, or why there is none
 */
GstIceInboxResult
gst_ice_inbox_pop (GstIceInbox *inbox, GstBufferList **datagrams,
    GstIceDatagramSocketReceived *from_socket)
{
  Pop pop = { .end = -1 };
  GstIceInboxResult result;

  g_mutex_lock (&inbox->lock);
  do {
    result = look (inbox, &pop);
  } while (result == GST_ICE_INBOX_TIMEOUT && wait_for_more (inbox, &pop));
  if (pop.received.n > 0) /* from a socket, so without the lock */
    result = GST_ICE_INBOX_DATA;
  else
    g_mutex_unlock (&inbox->lock);
  ice_busy_poll_stop (&inbox->busy_poll);
  *datagrams = pop.datagrams;
  *from_socket = pop.received;
  return result;
}

/**
 * gst_ice_inbox_set_timeout:
 * @inbox: an inbox
 * @timeout: nanoseconds that a wait lasts at most, the present one too; 0: no
 *   limit. Any thread; never blocks.
 */
void
gst_ice_inbox_set_timeout (GstIceInbox *inbox, guint64 timeout)
{
  g_mutex_lock (&inbox->lock);
  inbox->timeout = timeout;
  wake (inbox);
  g_mutex_unlock (&inbox->lock);
}

/**
 * gst_ice_inbox_set_context:
 * @inbox: an inbox
 * @context: (transfer none) (nullable): the reader iterates it while it waits
 *   and has no socket to read; its sources push datagrams
 *
 * Any thread; never blocks.
 */
void
gst_ice_inbox_set_context (GstIceInbox *inbox, GstIceSharedContext *context)
{
  GstIceSharedContext *old;

  g_mutex_lock (&inbox->lock);
  wake (inbox);
  old = inbox->context;
  inbox->context = context != NULL ? gst_ice_shared_context_ref (context)
                                   : NULL;
  g_mutex_unlock (&inbox->lock);
  if (old != NULL && old != context)
    gst_ice_shared_context_leave (old);
  g_clear_pointer (&old, gst_ice_shared_context_unref);
}

/**
 * gst_ice_inbox_add_socket:
 * @inbox: an inbox
 * @socket: (transfer none): one that its reader reads too
 *
 * Any thread; never blocks.
 *
 * Returns: whether it has it; %FALSE when it has too many
 */
gboolean
gst_ice_inbox_add_socket (GstIceInbox *inbox, GstIceDatagramSocket *socket)
{
  gboolean has;

  g_mutex_lock (&inbox->lock);
  has = gst_ice_media_sockets_add (inbox->sockets, socket);
  wake (inbox);
  g_mutex_unlock (&inbox->lock);
  return has;
}

/**
 * gst_ice_inbox_remove_socket:
 * @inbox: an inbox
 * @socket: (transfer none): one that it may have
 *
 * Any thread; never blocks. Its counters remain; datagrams that wait in it are
 * lost.
 */
void
gst_ice_inbox_remove_socket (GstIceInbox *inbox, GstIceDatagramSocket *socket)
{
  gst_ice_datagram_socket_ref (socket);
  g_mutex_lock (&inbox->lock);
  if (gst_ice_media_sockets_remove (inbox->sockets, socket))
    wake (inbox);
  g_mutex_unlock (&inbox->lock);
  gst_ice_datagram_socket_unref (socket);
}

/**
 * gst_ice_inbox_remove_sockets:
 * @inbox: an inbox
 *
 * Any thread; never blocks. Their counters remain.
 */
void
gst_ice_inbox_remove_sockets (GstIceInbox *inbox)
{
  g_autoptr (GPtrArray) sockets = NULL;

  g_mutex_lock (&inbox->lock);
  sockets = gst_ice_media_sockets_steal (inbox->sockets);
  wake (inbox);
  g_mutex_unlock (&inbox->lock);
}

/**
 * gst_ice_inbox_get_socket_counters:
 * @inbox: an inbox
 * @counters: (out caller-allocates): of all sockets that it has and had
 *
 * Any thread.
 */
void
gst_ice_inbox_get_socket_counters (
    GstIceInbox *inbox, GstIceDatagramSocketCounters *counters)
{
  g_mutex_lock (&inbox->lock);
  gst_ice_media_sockets_get_counters (inbox->sockets, counters);
  g_mutex_unlock (&inbox->lock);
}

/**
 * gst_ice_inbox_set_with_sender:
 * @inbox: an inbox
 * @with_sender: whether datagrams of sockets get a GstNetAddressMeta
 *
 * Any thread.
 */
void
gst_ice_inbox_set_with_sender (GstIceInbox *inbox, gboolean with_sender)
{
  g_mutex_lock (&inbox->lock);
  inbox->with_sender = with_sender;
  g_mutex_unlock (&inbox->lock);
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
  if (flushing && inbox->context != NULL)
    gst_ice_shared_context_leave (inbox->context);
  g_mutex_unlock (&inbox->lock);
}

/**
 * gst_ice_inbox_clear:
 * @inbox: an inbox
 *
 * Any thread. Drops what waits, uncounted; reads the sockets without the lock.
 */
void
gst_ice_inbox_clear (GstIceInbox *inbox)
{
  GstIceMediaSocketList list;

  g_mutex_lock (&inbox->lock);
  gst_queue_array_clear (inbox->queue);
  inbox->waiting = 0;
  inbox->eos = inbox->eos_lasts;
  gst_ice_media_sockets_list (inbox->sockets, &list);
  g_mutex_unlock (&inbox->lock);
  gst_ice_media_socket_list_discard (&list);
  gst_ice_media_socket_list_clear (&list);
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
