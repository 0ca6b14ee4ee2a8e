/* gst-ice: brings changes of the pairs to the transport.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * They are made under the lock, as structures, and reported by the I/O thread
 * without it. */

#include "pairs/gsticenicepairreports.h"
#include "api/gsticepair.h"
#include "pairs/gsticenicepairclaims.h"

/* A change of a pair or of the role, on its way to the I/O thread. */
typedef struct
{
  GstIceNicePairs *pairs;
  GstStructure *pair;                      /* NULL: the role */
  guint32 local_priority, remote_priority; /* 0: not known */
  gboolean is_state;
  GstIceRole role;
} Change;

static GstStructure *
make_structure (GstIceTransport *transport, const IceCheckPair *row)
{
  GstStructure *pair = gst_ice_pair_new_structure (
      gst_ice_transport_get_stream (transport),
      gst_ice_transport_get_component (transport), row->generation,
      row->local_candidate, row->remote_candidate, row->state, row->nominated,
      row->selected);

  /* learnt from a check, and incomplete */
  if (row->local_candidate->priority == 0)
    gst_structure_remove_field (pair, "local-candidate");
  if (row->remote_candidate->priority == 0)
    gst_structure_remove_field (pair, "remote-candidate");
  gst_structure_set (pair, "requests-sent", G_TYPE_UINT64, row->requests_sent,
      "requests-received", G_TYPE_UINT64, row->requests_received,
      "responses-sent", G_TYPE_UINT64, row->responses_sent,
      "responses-received", G_TYPE_UINT64, row->responses_received,
      "retransmissions-sent", G_TYPE_UINT64, row->retransmissions_sent, NULL);
  if (row->current_rtt >= 0)
    gst_structure_set (pair, "current-round-trip-time", G_TYPE_DOUBLE,
        row->current_rtt / (gdouble) G_USEC_PER_SEC, "total-round-trip-time",
        G_TYPE_DOUBLE, row->total_rtt / (gdouble) G_USEC_PER_SEC, NULL);
  return pair;
}

static void
set_priority (
    GstStructure *pair, guint32 local, guint32 remote, GstIceRole role)
{
  if (local != 0 && remote != 0)
    gst_ice_pair_set_priority (pair, role, local, remote);
}

static gboolean
copy_candidate_field (GQuark field, const GValue *value, gpointer pair)
{
  static const gchar *const fields[] = { "local-candidate", "remote-candidate",
    "local-type", "remote-type", "priority", NULL };

  if (g_strv_contains (fields, g_quark_to_string (field)))
    gst_structure_id_set_value (pair, field, value);
  return TRUE;
}

/* libnice makes pairs of a candidate before it reports the candidate; by now it
 * has reported it. */
static void
complete_pair (GstIceTransport *transport, GstStructure *pair)
{
  g_autoptr (GPtrArray) pairs = NULL;
  guint i;

  if (gst_structure_has_field (pair, "local-candidate")
      && gst_structure_has_field (pair, "remote-candidate"))
    return;
  pairs = GST_ICE_TRANSPORT_GET_CLASS (transport)->list_pairs (transport);
  for (i = 0; pairs != NULL && i < pairs->len; i++) {
    const GstStructure *other = g_ptr_array_index (pairs, i);

    if (g_str_equal (gst_structure_get_string (other, "id"),
            gst_structure_get_string (pair, "id")))
      gst_structure_foreach (other, copy_candidate_field, pair);
  }
}

static gboolean
run_change (gpointer data)
{
  Change *change = data;
  GstIceTransport *transport = change->pairs->transport;

  if (change->pairs->retired)
    return G_SOURCE_REMOVE;
  if (change->pair != NULL) {
    set_priority (change->pair, change->local_priority, change->remote_priority,
        gst_ice_transport_get_role (transport));
    complete_pair (transport, change->pair);
    gst_ice_transport_report_pair (transport, change->pair, change->is_state);
  } else {
    gst_ice_nice_roles_follow (change->pairs->roles, change->role);
  }
  return G_SOURCE_REMOVE;
}

static void
change_free (gpointer data)
{
  Change *change = data;

  if (change->pair != NULL)
    gst_structure_free (change->pair);
  gst_ice_nice_pairs_unref (change->pairs);
  g_free (change);
}

static void
queue_pair (GstIceNicePairs *self, const IceCheckChange *what)
{
  Change *change;

  if (what->pair->local_candidate == NULL
      || what->pair->remote_candidate == NULL)
    return;
  change = g_new0 (Change, 1);
  change->pairs = g_atomic_rc_box_acquire (self);
  change->pair = make_structure (self->transport, what->pair);
  change->local_priority = what->pair->local_candidate->priority;
  change->remote_priority = what->pair->remote_candidate->priority;
  change->is_state = (what->what
                         & (ICE_CHECK_CHANGE_ADDED | ICE_CHECK_CHANGE_STATE
                             | ICE_CHECK_CHANGE_NOMINATED))
      != 0;
  if (change->is_state)
    gst_ice_alarm_set (self->checked, 0);
  gst_ice_io_invoke (self->io, run_change, change, change_free);
}

/**
 * gst_ice_nice_pairs_report_changes:
 * @self: the pairs
 * @changes: (array length=n): changes of the check list
 * @n: their number
 *
 * Under the lock. Reports them in the I/O thread later, unless the pairs are
 * retired by then.
 */
void
gst_ice_nice_pairs_report_changes (
    GstIceNicePairs *self, const IceCheckChange *changes, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    queue_pair (self, &changes[i]);
}

/**
 * gst_ice_nice_pairs_report_role:
 * @self: the pairs
 * @role: the role that libnice has after a conflict
 *
 * Any thread. Reports it in the I/O thread later, after earlier changes.
 */
void
gst_ice_nice_pairs_report_role (GstIceNicePairs *self, NiceTraceRole role)
{
  Change *change = g_new0 (Change, 1);

  change->pairs = g_atomic_rc_box_acquire (self);
  change->role = role == NICE_TRACE_ROLE_CONTROLLING ? GST_ICE_ROLE_CONTROLLING
                                                     : GST_ICE_ROLE_CONTROLLED;
  gst_ice_io_invoke (self->io, run_change, change, change_free);
}

/**
 * gst_ice_nice_pairs_step:
 * @self: the pairs
 * @event: an event of the check list
 * @now: its time, microseconds, monotonic
 *
 * Under the lock. Reports its changes in the I/O thread later.
 */
void
gst_ice_nice_pairs_step (
    GstIceNicePairs *self, const IceCheckEvent *event, gint64 now)
{
  const IceCheckChange *changes;
  guint n_changes;

  changes = ice_checklist_step (self->list, event, now, &n_changes);
  gst_ice_nice_pairs_report_changes (self, changes, n_changes);
  gst_ice_nice_pairs_count_packets (self, event);
}

/**
 * gst_ice_nice_pairs_list:
 * @self: the pairs
 * @role: this agent's role
 *
 * Any thread.
 *
 * Returns: (transfer full) (element-type GstStructure): all pairs, in the order
 * of their creation
 */
GPtrArray *
gst_ice_nice_pairs_list (GstIceNicePairs *self, GstIceRole role)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_structure_free);
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < ice_checklist_get_n_pairs (self->list); i++) {
    const IceCheckPair *row = ice_checklist_get_pair (self->list, i);

    GstStructure *pair;

    if (row->local_candidate == NULL || row->remote_candidate == NULL)
      continue;
    pair = make_structure (self->transport, row);
    set_priority (pair, row->local_candidate->priority,
        row->remote_candidate->priority, role);
    g_ptr_array_add (list, pair);
  }
  g_mutex_unlock (&self->lock);
  return list;
}
