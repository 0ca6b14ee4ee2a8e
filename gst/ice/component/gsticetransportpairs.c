/* gst-ice: the candidate pairs of one transport and their statistics.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The datapath's locks are taken under this lock. */

#include "component/gsticetransportpairs.h"
#include "api/gsticepair.h"

struct _GstIceTransportPairs
{
  GstIceDatapath *datapath;
  GstIceTransportPairsList list;
  gpointer owner;
  guint generation; /* I/O thread */

  GMutex lock;
  /* under the lock */
  GstStructure *pair;   /* the selected pair; nullable */
  GHashTable *measured; /* id of a formerly selected pair -> GstStructure of its
                           statistics */
  GstStructure *earlier; /* the selected pair's earlier statistics; nullable */
  guint64 n_changes;
  gboolean closed;
};

#define TOTAL_ROUND_TRIP_TIME "total-round-trip-time"

/* Counters that begin when a pair is selected and continue when it is selected
 * again. */
static const gchar *const counted[] = { "consent-requests-sent", "packets-sent",
  "bytes-sent", "packets-discarded-on-send", "packets-received",
  "bytes-received", NULL };
/* Values of the last event only. */
static const gchar *const latest[] = { "current-round-trip-time",
  "last-packet-sent-timestamp", "last-packet-received-timestamp", NULL };

/* The number of formerly selected pairs whose statistics are kept. */
#define MAX_MEASURED 64

static void
add_count (GstStructure *pair, const GstStructure *earlier, const gchar *field)
{
  guint64 now = 0, before;

  if (!gst_structure_get_uint64 (earlier, field, &before))
    return;
  gst_structure_get_uint64 (pair, field, &now);
  gst_structure_set (pair, field, G_TYPE_UINT64, now + before, NULL);
}

/* webrtc-stats counts the checks from before the selection, too. */
static void
add_round_trip_time (GstStructure *pair, const GstStructure *other)
{
  gdouble now = 0, more;

  if (!gst_structure_get_double (other, TOTAL_ROUND_TRIP_TIME, &more))
    return;
  gst_structure_get_double (pair, TOTAL_ROUND_TRIP_TIME, &now);
  gst_structure_set (
      pair, TOTAL_ROUND_TRIP_TIME, G_TYPE_DOUBLE, now + more, NULL);
}

/* The pair was selected before. */
static void
add_earlier (GstStructure *pair, const GstStructure *earlier)
{
  guint i;

  for (i = 0; counted[i] != NULL; i++)
    add_count (pair, earlier, counted[i]);
  for (i = 0; latest[i] != NULL; i++)
    if (!gst_structure_has_field (pair, latest[i])
        && gst_structure_has_field (earlier, latest[i]))
      gst_structure_set_value (
          pair, latest[i], gst_structure_get_value (earlier, latest[i]));
  add_round_trip_time (pair, earlier);
}

static void
set_timestamp (GstStructure *pair, const gchar *field, gint64 time)
{
  if (time != 0)
    gst_structure_set (
        pair, field, GST_TYPE_CLOCK_TIME, time * GST_USECOND, NULL);
}

static void
set_traffic (GstStructure *pair, const GstIcePairTraffic *traffic)
{
  gst_structure_set (pair, "packets-sent", G_TYPE_UINT64, traffic->packets_sent,
      "bytes-sent", G_TYPE_UINT64, traffic->bytes_sent,
      "packets-discarded-on-send", G_TYPE_UINT64,
      traffic->packets_discarded_on_send, "packets-received", G_TYPE_UINT64,
      traffic->packets_received, "bytes-received", G_TYPE_UINT64,
      traffic->bytes_received, NULL);
  set_timestamp (pair, "last-packet-sent-timestamp", traffic->last_sent);
  set_timestamp (
      pair, "last-packet-received-timestamp", traffic->last_received);
}

/**
 * gst_ice_transport_pairs_new:
 * @datapath: (transfer none): counts the selected pair's datagrams; must
 * outlive the returned struct
 * @list: lists the pairs with the results of their checks
 * @owner: for @list; must outlive the returned struct
 *
 * Returns: (transfer full): no pairs yet
 */
GstIceTransportPairs *
gst_ice_transport_pairs_new (
    GstIceDatapath *datapath, GstIceTransportPairsList list, gpointer owner)
{
  GstIceTransportPairs *self = g_new0 (GstIceTransportPairs, 1);

  self->datapath = datapath;
  self->list = list;
  self->owner = owner;
  g_mutex_init (&self->lock);
  self->measured = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify) gst_structure_free);
  return self;
}

/**
 * gst_ice_transport_pairs_free:
 * @self: (transfer full): a transport's pairs
 */
void
gst_ice_transport_pairs_free (GstIceTransportPairs *self)
{
  g_clear_pointer (&self->pair, gst_structure_free);
  g_clear_pointer (&self->earlier, gst_structure_free);
  g_hash_table_unref (self->measured);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Under the lock. @traffic: the selected pair's. Returns: (transfer full)
 * (nullable): its statistics */
static GstStructure *
copy_with_traffic (
    const GstIceTransportPairs *self, const GstIcePairTraffic *traffic)
{
  GstStructure *pair;

  if (self->pair == NULL)
    return NULL;
  pair = gst_structure_copy (self->pair);
  set_traffic (pair, traffic);
  if (self->earlier != NULL)
    add_earlier (pair, self->earlier);
  return pair;
}

/* Under the lock. (transfer full) (nullable) */
static GstStructure *
copy_selected (GstIceTransportPairs *self)
{
  GstIcePairTraffic traffic;

  if (self->closed)
    return NULL;
  gst_ice_datapath_get_pair_traffic (self->datapath, &traffic);
  return copy_with_traffic (self, &traffic);
}

/* Under the lock. Keeps the selected pair's statistics, and continues those of
 * @next. */
static void
keep_measured (GstIceTransportPairs *self, const GstStructure *next)
{
  const GstStructure *earlier;
  GstIcePairTraffic ended;
  GstStructure *pair;

  gst_ice_datapath_begin_pair (self->datapath, &ended);
  pair = copy_with_traffic (self, &ended);
  if (g_hash_table_size (self->measured) >= MAX_MEASURED)
    g_hash_table_remove_all (self->measured);
  if (pair != NULL)
    g_hash_table_insert (
        self->measured, g_strdup (gst_structure_get_string (pair, "id")), pair);
  g_clear_pointer (&self->earlier, gst_structure_free);
  earlier = g_hash_table_lookup (
      self->measured, gst_structure_get_string (next, "id"));
  if (earlier != NULL)
    self->earlier = gst_structure_copy (earlier);
}

/**
 * gst_ice_transport_pairs_begin_generation:
 * @self: a transport's pairs
 *
 * I/O thread. To be called when the credentials change.
 *
 * Returns: the generation of the pairs that follow, for
 *   gst_ice_pair_new_structure()
 */
guint
gst_ice_transport_pairs_begin_generation (GstIceTransportPairs *self)
{
  return ++self->generation;
}

/**
 * gst_ice_transport_pairs_get_generation:
 * @self: a transport's pairs
 *
 * I/O thread.
 *
 * Returns: the generation of the pairs of the current credentials
 */
guint
gst_ice_transport_pairs_get_generation (GstIceTransportPairs *self)
{
  return self->generation;
}

/**
 * gst_ice_transport_pairs_begin_call:
 * @self: a transport's pairs
 *
 * I/O thread. Forgets all pairs, for a call with another peer. The ids of later
 * pairs are new ones.
 */
void
gst_ice_transport_pairs_begin_call (GstIceTransportPairs *self)
{
  GstIcePairTraffic ended;

  g_mutex_lock (&self->lock);
  gst_ice_datapath_begin_pair (self->datapath, &ended);
  g_clear_pointer (&self->pair, gst_structure_free);
  g_clear_pointer (&self->earlier, gst_structure_free);
  g_hash_table_remove_all (self->measured);
  self->n_changes = 0;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_transport_pairs_set_selected:
 * @self: a transport's pairs
 * @pair: (transfer none): the new selected pair
 *
 * I/O thread.
 */
void
gst_ice_transport_pairs_set_selected (
    GstIceTransportPairs *self, const GstStructure *pair)
{
  g_mutex_lock (&self->lock);
  keep_measured (self, pair);
  g_clear_pointer (&self->pair, gst_structure_free);
  self->pair = gst_structure_copy (pair);
  self->n_changes++;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_transport_pairs_set_nominated:
 * @self: a transport's pairs; a selected one is not required
 *
 * I/O thread. Marks the selected pair as nominated, which it was not before.
 */
void
gst_ice_transport_pairs_set_nominated (GstIceTransportPairs *self)
{
  g_mutex_lock (&self->lock);
  if (self->pair != NULL)
    gst_structure_set (self->pair, "nominated", G_TYPE_BOOLEAN, TRUE, NULL);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_transport_pairs_set_round_trip_time:
 * @self: a transport's pairs; a selected one is not required
 * @requests_sent: the number of consent requests on the selected pair
 * @responses_received: the number of their answers
 * @current: the last round-trip time, microseconds; -1 = not known
 * @total: the sum of all round-trip times, microseconds
 *
 * I/O thread.
 */
void
gst_ice_transport_pairs_set_round_trip_time (GstIceTransportPairs *self,
    guint64 requests_sent, guint64 responses_received, gint64 current,
    gint64 total)
{
  g_mutex_lock (&self->lock);
  if (self->pair != NULL) {
    gst_structure_set (self->pair, "consent-requests-sent", G_TYPE_UINT64,
        requests_sent, NULL);
    if (responses_received > 0 && current >= 0)
      gst_structure_set (self->pair, "current-round-trip-time", G_TYPE_DOUBLE,
          current / (gdouble) G_USEC_PER_SEC, TOTAL_ROUND_TRIP_TIME,
          G_TYPE_DOUBLE, total / (gdouble) G_USEC_PER_SEC, NULL);
  }
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_transport_pairs_close:
 * @self: a transport's pairs
 *
 * I/O thread. Drops the selected pair (RTCIceTransport in `closed`).
 */
void
gst_ice_transport_pairs_close (GstIceTransportPairs *self)
{
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_mutex_unlock (&self->lock);
}

static void
set_field (GstStructure *pair, const GstStructure *measured, const gchar *field)
{
  const GValue *value = gst_structure_get_value (measured, field);

  if (value != NULL)
    gst_structure_set_value (pair, field, value);
}

/* @pair: with the results of its checks */
static void
set_measured (GstStructure *pair, const GstStructure *measured)
{
  guint i;

  for (i = 0; counted[i] != NULL; i++)
    set_field (pair, measured, counted[i]);
  for (i = 0; latest[i] != NULL; i++)
    set_field (pair, measured, latest[i]);
  add_round_trip_time (pair, measured);
}

static gboolean
same_pair (const GstStructure *a, const GstStructure *b)
{
  return g_strcmp0 (gst_structure_get_string (a, "id"),
             gst_structure_get_string (b, "id"))
      == 0;
}

/* The one place where a pair gets all its members. @pairs: all pairs, as the
 * backend lists them; each gets its statistics. Returns: (transfer full)
 * (nullable): the selected pair; it equals that of @pairs if the backend lists
 * it
 */
static GstStructure *
complete (GstIceTransportPairs *self, GPtrArray *pairs)
{
  GstStructure *selected, *found = NULL;
  guint i;

  g_mutex_lock (&self->lock);
  selected = copy_selected (self);
  for (i = 0; i < pairs->len; i++) {
    GstStructure *pair = g_ptr_array_index (pairs, i);
    gboolean is_selected = selected != NULL && same_pair (pair, selected);
    const GstStructure *measured = is_selected
        ? selected
        : g_hash_table_lookup (
            self->measured, gst_structure_get_string (pair, "id"));

    if (measured != NULL)
      set_measured (pair, measured);
    if (is_selected && found == NULL)
      found = gst_structure_copy (pair);
  }
  g_mutex_unlock (&self->lock);
  if (found == NULL)
    return selected;
  gst_structure_free (selected);
  return found;
}

/**
 * gst_ice_transport_pairs_get_selected:
 * @self: a transport's pairs
 *
 * Any thread. NULL in `new` and `closed`; the last pair in `disconnected` and
 * `failed` (RTCIceTransport.getSelectedCandidatePair()). It has the same
 * members as in gst_ice_transport_pairs_take_all().
 *
 * Returns: (transfer full) (nullable): the selected pair
 */
GstStructure *
gst_ice_transport_pairs_get_selected (GstIceTransportPairs *self)
{
  g_autoptr (GPtrArray) pairs = self->list (self->owner);
  GstStructure *selected;

  if (pairs != NULL)
    return complete (self, pairs);
  g_mutex_lock (&self->lock);
  selected = copy_selected (self);
  g_mutex_unlock (&self->lock);
  return selected;
}

/**
 * gst_ice_transport_pairs_take_all:
 * @self: a transport's pairs
 * @array: (inout): a GstValueArray for the known pairs
 *
 * Any thread. Only the selected pair if the backend cannot list them.
 */
void
gst_ice_transport_pairs_take_all (GstIceTransportPairs *self, GValue *array)
{
  g_autoptr (GPtrArray) pairs = self->list (self->owner);
  GstStructure *selected;
  guint i;

  if (pairs == NULL) {
    selected = gst_ice_transport_pairs_get_selected (self);
    if (selected != NULL)
      gst_ice_pair_append (array, selected);
    return;
  }
  selected = complete (self, pairs);
  g_clear_pointer (&selected, gst_structure_free);
  for (i = 0; i < pairs->len; i++)
    gst_ice_pair_append (
        array, gst_structure_copy (g_ptr_array_index (pairs, i)));
}

/**
 * gst_ice_transport_pairs_get_n_changes:
 * @self: a transport's pairs
 *
 * Any thread.
 *
 * Returns: the number of times a pair was selected
 */
guint64
gst_ice_transport_pairs_get_n_changes (GstIceTransportPairs *self)
{
  guint64 n;

  g_mutex_lock (&self->lock);
  n = self->n_changes;
  g_mutex_unlock (&self->lock);
  return n;
}
