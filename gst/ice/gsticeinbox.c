/* gst-ice: received datagrams on their way to a streaming thread.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticeinbox.h"
#include "icebusypoll.h"
#include <gst/base/gstqueuearray.h>

/* What a small buffer costs beside its payload. */
#define OVERHEAD 256

/* Media sockets of one transport at most, one for each local address. */
#define MAX_SOCKETS 32
/* Readings of a socket in a row that bring nothing of the peer's. */
#define MAX_STRANGERS 64
/* Readings of a socket that is emptied; it may be filled as fast. */
#define MAX_CLEARED 4096

/* How the reader waits, so that who brings something wakes it, if at all: that
 * is a system call. */
typedef enum
{
  AWAKE,
  ON_COND,
  ON_CONTEXT,
  ON_POLL
} Sleep;

struct _GstIceInbox
{
  GMutex lock;
  GCond cond;
  GstPoll *poll;          /* NULL: nobody slept on a socket yet */
  GPtrArray *sockets;     /* of GstIceDatagramSocket */
  GstIceContext *context; /* nullable: what fills the queue, iterated */
  gboolean has_visited;   /* the reader, and may be expected there */
  GstIceDatagramSocketCounters past; /* of sockets that are gone */
  gboolean sockets_first;            /* they and the queue take turns */
  guint next_socket;                 /* to be read first: they take turns */
  gboolean drained; /* by the last reading: wait before the next one */
  IceBusyPoll busy_poll;
  gboolean with_sender;
  GstQueueArray
      *queue; /* of GstBuffer; DTS = arrival, gst_util_get_timestamp() */
  gsize limit;
  gsize waiting; /* bytes */
  gboolean eos;
  gboolean flushing;
  Sleep sleep;
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
  inbox->sockets = g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_ice_datagram_socket_unref);
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
  g_clear_pointer (&inbox->poll, gst_poll_free);
  g_clear_pointer (&inbox->context, gst_ice_context_unref);
  g_ptr_array_unref (inbox->sockets);
  g_cond_clear (&inbox->cond);
  g_mutex_clear (&inbox->lock);
  g_free (inbox);
}

/* Under the lock. */
static void
wake (GstIceInbox *inbox)
{
  switch (inbox->sleep) {
    case AWAKE:
      break;
    case ON_COND:
      g_cond_signal (&inbox->cond);
      break;
    case ON_CONTEXT:
      gst_ice_context_wake (inbox->context);
      break;
    case ON_POLL:
      gst_poll_set_flushing (inbox->poll, TRUE);
      break;
  }
  inbox->sleep = AWAKE;
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

/* Returns: (transfer full) (nullable): what was there */
static GstBufferList *
read_socket (GstIceDatagramSocket *socket, gboolean with_sender,
    GstIceDatagramSocketReceived *received)
{
  GstBufferList *list = NULL;
  guint i;

  /* strangers' datagrams may be before ours */
  for (i = 0; i < MAX_STRANGERS && received->n == 0; i++) {
    g_clear_pointer (&list, gst_buffer_list_unref);
    list = gst_ice_datagram_socket_receive (socket, with_sender, received);
    if (list == NULL)
      return NULL;
  }
  if (received->n == 0)
    g_clear_pointer (&list, gst_buffer_list_unref);
  return list;
}

/* Under the lock, which it gives back to read. */
static void
read_sockets (GstIceInbox *inbox, GstBufferList **datagrams,
    GstIceDatagramSocketReceived *received)
{
  GstIceDatagramSocket *sockets[MAX_SOCKETS];
  guint i, n = inbox->sockets->len, first = inbox->next_socket++;
  gboolean with_sender = inbox->with_sender;

  for (i = 0; i < n; i++)
    sockets[i] = gst_ice_datagram_socket_ref (
        g_ptr_array_index (inbox->sockets, i));
  g_mutex_unlock (&inbox->lock);
  for (i = 0; i < n && *datagrams == NULL; i++)
    *datagrams = read_socket (sockets[(first + i) % n], with_sender, received);
  for (i = 0; i < n; i++)
    gst_ice_datagram_socket_unref (sockets[i]);
  g_mutex_lock (&inbox->lock);
  inbox->drained = n == 1 && !received->more;
}

static gboolean
take_queue (GstIceInbox *inbox, GstBufferList **datagrams)
{
  if (gst_queue_array_is_empty (inbox->queue))
    return FALSE;
  *datagrams = take_batch (inbox);
  return TRUE;
}

/* Under the lock. Returns: FALSE at the end */
static gboolean
sleep_on_cond (GstIceInbox *inbox, gint64 end)
{
  inbox->sleep = ON_COND;
  if (end >= 0)
    return g_cond_wait_until (&inbox->cond, &inbox->lock, end);
  g_cond_wait (&inbox->cond, &inbox->lock);
  return TRUE;
}

/* Under the lock, which it gives back: what comes meanwhile, this thread puts
 * into the queue itself. Returns: FALSE at the end */
static gboolean
visit_context (GstIceInbox *inbox, gboolean wait, gint64 end)
{
  GstIceContext *context = gst_ice_context_ref (inbox->context);

  inbox->sleep = wait ? ON_CONTEXT : AWAKE;
  inbox->has_visited = TRUE;
  g_mutex_unlock (&inbox->lock);
  gst_ice_context_iterate (context, wait, end);
  gst_ice_context_unref (context);
  g_mutex_lock (&inbox->lock);
  return end < 0 || !gst_queue_array_is_empty (inbox->queue)
      || g_get_monotonic_time () < end;
}

/* Under the lock, which it gives back. Returns: FALSE at the end */
static gboolean
sleep_on_poll (GstIceInbox *inbox, gint64 end)
{
  GstClockTime timeout = GST_CLOCK_TIME_NONE;
  gint ready;

  if (end >= 0)
    timeout = MAX (end - g_get_monotonic_time (), 0) * GST_USECOND;
  inbox->sleep = ON_POLL;
  g_mutex_unlock (&inbox->lock);
  ready = gst_poll_wait (inbox->poll, timeout);
  g_mutex_lock (&inbox->lock);
  if (inbox->sleep == AWAKE) /* somebody woke us */
    gst_poll_set_flushing (inbox->poll, FALSE);
  return ready != 0;
}

static void
watch_socket (gpointer socket, gpointer poll)
{
  GstPollFD fd = GST_POLL_FD_INIT;

  fd.fd = g_socket_get_fd (gst_ice_datagram_socket_get_socket (socket));
  gst_poll_add_fd (poll, &fd);
  gst_poll_fd_ctl_read (poll, &fd, TRUE);
}

static void
watch_sockets (GstIceInbox *inbox)
{
  if (inbox->poll != NULL || inbox->sockets->len == 0)
    return;
  inbox->poll = gst_poll_new (TRUE);
  g_ptr_array_foreach (inbox->sockets, watch_socket, inbox->poll);
}

/* Under the lock. What comes there is the I/O thread's at once: checks wait. */
static void
leave_context (GstIceInbox *inbox)
{
  if (inbox->has_visited && inbox->context != NULL)
    gst_ice_context_leave (inbox->context);
  inbox->has_visited = FALSE;
}

/* Returns: FALSE at the end */
static gboolean
fall_asleep (GstIceInbox *inbox, gint64 end)
{
  gboolean in_time;

  watch_sockets (inbox);
  if (inbox->sockets->len > 0) {
    leave_context (inbox);
    in_time = sleep_on_poll (inbox, end);
  } else if (inbox->context != NULL) {
    in_time = visit_context (inbox, TRUE, end);
  } else {
    in_time = sleep_on_cond (inbox, end);
  }
  inbox->drained = FALSE;
  inbox->sleep = AWAKE;
  return in_time;
}

/* Under the lock. Nothing was there: it may be in a moment, or not. Returns:
 * FALSE at the end */
static gboolean
wait_for_more (GstIceInbox *inbox, gint64 end)
{
  gboolean has_sockets = inbox->sockets->len > 0;

  if ((!has_sockets && inbox->context == NULL)
      || !ice_busy_poll_again (&inbox->busy_poll, g_get_monotonic_time ()))
    return fall_asleep (inbox, end);
  if (!has_sockets)
    return visit_context (inbox, FALSE, end);
  inbox->drained = FALSE;
  return TRUE;
}

/* Under the lock. GST_ICE_INBOX_TIMEOUT: nothing is there for us. */
static GstIceInboxResult
look (GstIceInbox *inbox, GstBufferList **datagrams,
    GstIceDatagramSocketReceived *from_socket)
{
  gboolean eos = inbox->eos;

  if (inbox->flushing)
    return GST_ICE_INBOX_FLUSHING;
  inbox->sockets_first = !inbox->sockets_first;
  if (!inbox->sockets_first && take_queue (inbox, datagrams))
    return GST_ICE_INBOX_DATA;
  if (inbox->sockets->len > 0 && (!inbox->drained || eos)) {
    read_sockets (inbox, datagrams, from_socket);
    if (*datagrams != NULL)
      return GST_ICE_INBOX_DATA;
  }
  if (inbox->flushing)
    return GST_ICE_INBOX_FLUSHING;
  if (take_queue (inbox, datagrams))
    return GST_ICE_INBOX_DATA;
  if (eos)
    return GST_ICE_INBOX_EOS;
  /* said while we read: once more, for what came before it */
  return inbox->eos ? look (inbox, datagrams, from_socket)
                    : GST_ICE_INBOX_TIMEOUT;
}

/**
 * gst_ice_inbox_pop:
 * @inbox: an inbox
 * @timeout: nanoseconds to wait at most; 0 = for ever
 * @datagrams: (out) (transfer full): the datagrams that were there, in their
 *   order, where the result is %GST_ICE_INBOX_DATA
 * @from_socket: (out): how many the streaming thread read itself
 *
 * The streaming thread. Flushing ends the wait at once.
 *
 * Returns: what came
 */
GstIceInboxResult
gst_ice_inbox_pop (GstIceInbox *inbox, guint64 timeout,
    GstBufferList **datagrams, GstIceDatagramSocketReceived *from_socket)
{
  gint64 end = timeout > 0
      ? g_get_monotonic_time () + (gint64) (timeout / GST_USECOND)
      : -1;
  GstIceInboxResult result;

  *datagrams = NULL;
  *from_socket = (GstIceDatagramSocketReceived){ 0 };
  g_mutex_lock (&inbox->lock);
  do {
    result = look (inbox, datagrams, from_socket);
  } while (result == GST_ICE_INBOX_TIMEOUT && wait_for_more (inbox, end));
  ice_busy_poll_stop (&inbox->busy_poll);
  g_mutex_unlock (&inbox->lock);
  return result;
}

/**
 * gst_ice_inbox_set_context:
 * @inbox: an inbox
 * @context: (transfer none) (nullable): what its reader iterates while it waits
 *   and has no socket to read: whoever reads there pushes
 *
 * Any thread; never blocks.
 */
void
gst_ice_inbox_set_context (GstIceInbox *inbox, GstIceContext *context)
{
  GstIceContext *old;

  g_mutex_lock (&inbox->lock);
  wake (inbox);
  old = inbox->context;
  inbox->context = context != NULL ? gst_ice_context_ref (context) : NULL;
  g_mutex_unlock (&inbox->lock);
  if (old != NULL && old != context)
    gst_ice_context_leave (old);
  g_clear_pointer (&old, gst_ice_context_unref);
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
  has = g_ptr_array_find (inbox->sockets, socket, NULL);
  if (!has && inbox->sockets->len < MAX_SOCKETS) {
    g_ptr_array_add (inbox->sockets, gst_ice_datagram_socket_ref (socket));
    if (inbox->poll != NULL)
      watch_socket (socket, inbox->poll);
    wake (inbox);
    has = TRUE;
  }
  g_mutex_unlock (&inbox->lock);
  return has;
}

/* Under the lock. */
static void
unwatch_socket (GstIceInbox *inbox, GstIceDatagramSocket *socket)
{
  GstPollFD fd = GST_POLL_FD_INIT;

  fd.fd = g_socket_get_fd (gst_ice_datagram_socket_get_socket (socket));
  if (inbox->poll != NULL)
    gst_poll_remove_fd (inbox->poll, &fd);
  gst_ice_datagram_socket_add_counters (socket, &inbox->past);
}

/**
 * gst_ice_inbox_remove_socket:
 * @inbox: an inbox
 * @socket: (transfer none): one that it may have
 *
 * Any thread; never blocks. Its counters remain, what waits in it does not.
 */
void
gst_ice_inbox_remove_socket (GstIceInbox *inbox, GstIceDatagramSocket *socket)
{
  gst_ice_datagram_socket_ref (socket);
  g_mutex_lock (&inbox->lock);
  if (g_ptr_array_find (inbox->sockets, socket, NULL)) {
    unwatch_socket (inbox, socket);
    g_ptr_array_remove (inbox->sockets, socket);
    wake (inbox);
  }
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
  guint i;

  g_mutex_lock (&inbox->lock);
  for (i = 0; i < inbox->sockets->len; i++)
    unwatch_socket (inbox, g_ptr_array_index (inbox->sockets, i));
  sockets = inbox->sockets;
  inbox->sockets = g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_ice_datagram_socket_unref);
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
  guint i;

  g_mutex_lock (&inbox->lock);
  *counters = inbox->past;
  for (i = 0; i < inbox->sockets->len; i++)
    gst_ice_datagram_socket_add_counters (
        g_ptr_array_index (inbox->sockets, i), counters);
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
    gst_ice_context_leave (inbox->context);
  g_mutex_unlock (&inbox->lock);
}

static void
clear_socket (gpointer socket, gpointer unused)
{
  GstIceDatagramSocketReceived received;
  GstBufferList *list;
  guint i;

  for (i = 0; i < MAX_CLEARED
       && (list = gst_ice_datagram_socket_receive (socket, FALSE, &received))
           != NULL;
       i++)
    gst_buffer_list_unref (list);
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
  g_ptr_array_foreach (inbox->sockets, clear_socket, NULL);
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
