/* gst-ice: counters of a transport and of its selected pair.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticetraffic.h"

struct _GstIceTraffic
{
  GMutex lock; /* a leaf */
  /* under the lock */
  gboolean is_silent;               /* the pair, until a datagram comes on it */
  GstIceOutboxCounters before_pair; /* sent before the pair was selected */
  GstIcePairTraffic pair;           /* received on it */
  GstIceTrafficReceived received;   /* on any pair */
};

/**
 * gst_ice_traffic_new:
 *
 * Returns: (transfer full): no traffic yet
 */
GstIceTraffic *
gst_ice_traffic_new (void)
{
  GstIceTraffic *self = g_new0 (GstIceTraffic, 1);

  g_mutex_init (&self->lock);
  return self;
}

/**
 * gst_ice_traffic_free:
 * @self: (transfer full): traffic that no thread uses
 */
void
gst_ice_traffic_free (GstIceTraffic *self)
{
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Under the lock. Returns: whether the pair was silent until now */
static gboolean
count_on_pair (GstIceTraffic *self, guint n, gsize bytes)
{
  if (n == 0)
    return FALSE;
  self->pair.packets_received += n;
  self->pair.bytes_received += bytes;
  self->pair.last_received = g_get_monotonic_time ();
  return self->is_silent;
}

/**
 * gst_ice_traffic_count_received:
 * @self: traffic
 * @received: the received datagrams
 * @is_read: whether an element reads it; else it is dropped
 *
 * Any thread.
 *
 * Returns: whether the selected pair was silent and has received something
 */
gboolean
gst_ice_traffic_count_received (GstIceTraffic *self,
    const GstIceDatagramSocketReceived *received, gboolean is_read)
{
  gboolean ends_silence;

  g_mutex_lock (&self->lock);
  self->received.packets += received->n;
  self->received.bytes += received->bytes;
  if (!is_read)
    self->received.packets_unread += received->n;
  ends_silence = count_on_pair (
      self, received->n_of_peer, received->bytes_of_peer);
  g_mutex_unlock (&self->lock);
  return ends_silence;
}

/**
 * gst_ice_traffic_count_unknown:
 * @self: traffic
 * @n: how many datagrams from unknown addresses were dropped
 *
 * Any thread.
 */
void
gst_ice_traffic_count_unknown (GstIceTraffic *self, guint64 n)
{
  g_mutex_lock (&self->lock);
  self->received.packets_unknown += n;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_traffic_count_filtered:
 * @self: traffic
 * @n: how many datagrams did not get to a backend that is closed now
 *
 * Any thread.
 */
void
gst_ice_traffic_count_filtered (GstIceTraffic *self, guint64 n)
{
  g_mutex_lock (&self->lock);
  self->received.packets_filtered += n;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_traffic_get_received:
 * @self: traffic
 * @received: (out caller-allocates): all received datagrams
 *
 * Any thread.
 */
void
gst_ice_traffic_get_received (
    GstIceTraffic *self, GstIceTrafficReceived *received)
{
  g_mutex_lock (&self->lock);
  *received = self->received;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_traffic_get_last_received:
 * @self: traffic
 *
 * Any thread.
 *
 * Returns: when a datagram came on the selected pair last, microseconds,
 *   monotonic; 0 = never
 */
gint64
gst_ice_traffic_get_last_received (GstIceTraffic *self)
{
  gint64 last;

  g_mutex_lock (&self->lock);
  last = self->pair.last_received;
  g_mutex_unlock (&self->lock);
  return last;
}

/**
 * gst_ice_traffic_set_silent:
 * @self: traffic
 * @silent: whether the selected pair is silent
 * @since: the last datagram that the caller knows of, as
 *   gst_ice_traffic_get_last_received() returned it
 *
 * Any thread.
 *
 * Returns: whether a datagram came after @since already
 */
gboolean
gst_ice_traffic_set_silent (GstIceTraffic *self, gboolean silent, gint64 since)
{
  gboolean ends_silence;

  g_mutex_lock (&self->lock);
  ends_silence = silent && !self->is_silent && self->pair.last_received > since;
  self->is_silent = silent;
  g_mutex_unlock (&self->lock);
  return ends_silence;
}

/* Under the lock. */
static void
set_traffic (const GstIceTraffic *self, const GstIceOutboxCounters *sent,
    GstIcePairTraffic *traffic)
{
  const GstIceOutboxCounters *before = &self->before_pair;

  *traffic = self->pair;
  traffic->packets_sent = sent->packets_sent - before->packets_sent;
  traffic->bytes_sent = sent->bytes_sent - before->bytes_sent;
  traffic->packets_discarded_on_send = sent->packets_discarded
      - before->packets_discarded;
  traffic->last_sent = sent->last_sent > before->last_sent ? sent->last_sent
                                                           : 0;
}

/**
 * gst_ice_traffic_begin_pair:
 * @self: traffic
 * @sent: all datagrams sent until now
 * @ended: (out caller-allocates): the traffic of the pair that was selected
 *
 * I/O thread. Another pair is selected, whose traffic begins at 0.
 */
void
gst_ice_traffic_begin_pair (GstIceTraffic *self,
    const GstIceOutboxCounters *sent, GstIcePairTraffic *ended)
{
  g_mutex_lock (&self->lock);
  set_traffic (self, sent, ended);
  self->before_pair = *sent;
  self->pair = (GstIcePairTraffic){ 0 };
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_traffic_get_pair:
 * @self: traffic
 * @sent: all datagrams sent until now
 * @pair: (out caller-allocates): the traffic of the selected pair, since it was
 *   selected
 *
 * Any thread.
 */
void
gst_ice_traffic_get_pair (GstIceTraffic *self, const GstIceOutboxCounters *sent,
    GstIcePairTraffic *pair)
{
  g_mutex_lock (&self->lock);
  set_traffic (self, sent, pair);
  g_mutex_unlock (&self->lock);
}
