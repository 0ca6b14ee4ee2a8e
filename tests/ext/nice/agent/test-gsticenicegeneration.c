/* gst-ice: test of ICE restart over libnice: what the next generation gathers,
 * what media does meanwhile, and that nothing of the old ones is left.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two sessions in one process, in a network namespace of each test's own, where
 * addresses come and go. ICE_TEST_SLOW=1 (valgrind) makes fewer rounds. */

#include "session/gsticestats.h"
#include "netns.h"
#include "api/gsticeenumtypes.h"
#include "agent/gsticeniceagent.h"
#include "candidates/icecandidate.h"

#include <string.h>

#define PATIENCE (20 * G_TIME_SPAN_SECOND)
#define PERIOD (2 * G_TIME_SPAN_MILLISECOND) /* of datagrams */
#define RESTARTS 50
#define MAX_SIZE 64

typedef struct _End End;

struct _End
{
  GstIceAgent *agent;
  GstIceTransport *transport;
  GstObject *owner; /* of both directions */
  End *peer;
  GThread *reader, *sender;
  gint stop; /* atomic */
  guint64 n_sent;

  GMutex lock;
  GCond cond;
  gboolean mute;   /* its signalling is dropped */
  guint refused;   /* by the peer */
  guint64 n_taken; /* datagrams */
  gint64 last;     /* when the last one came */
  gint64 gap;      /* the longest between two */
  guint bad_pairs; /* reports of another generation than the newest */
};

/* Signalling, in the I/O thread or the test's. */

static gboolean
is_mute (End *self)
{
  gboolean mute;

  g_mutex_lock (&self->lock);
  mute = self->mute;
  g_mutex_unlock (&self->lock);
  return mute;
}

static void
set_mute (End *self, gboolean mute)
{
  g_mutex_lock (&self->lock);
  self->mute = mute;
  g_mutex_unlock (&self->lock);
}

static void
note_answer (End *self, gboolean taken)
{
  g_mutex_lock (&self->lock);
  self->refused += !taken;
  g_mutex_unlock (&self->lock);
}

static void
on_candidate (
    GstIceAgent *agent, guint stream, const gchar *candidate, End *self)
{
  if (candidate != NULL && !is_mute (self))
    note_answer (self,
        gst_ice_session_add_candidate (
            gst_ice_agent_get_session (self->peer->agent), stream, candidate,
            NULL));
}

static void
signal_credentials (End *self)
{
  g_autofree gchar *ufrag = NULL, *pwd = NULL;

  if (is_mute (self))
    return;
  g_object_get (self->agent, "local-ufrag", &ufrag, "local-pwd", &pwd, NULL);
  note_answer (self,
      gst_ice_session_set_remote_credentials (
          gst_ice_agent_get_session (self->peer->agent), 0, ufrag, pwd, NULL));
}

static void
on_ufrag (GstIceAgent *agent, GParamSpec *spec, End *self)
{
  signal_credentials (self);
}

/* Signals everything again that it has signalled so far. */
static void
signal_again (End *self)
{
  GValue array = G_VALUE_INIT;
  guint i;

  signal_credentials (self);
  g_value_init (&array, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (self->agent), "local-candidates", &array);
  for (i = 0; i < gst_value_array_get_size (&array); i++)
    on_candidate (self->agent, 0,
        g_value_get_string (gst_value_array_get_value (&array, i)), self);
  on_candidate (self->agent, 0, "", self);
  g_value_unset (&array);
}

/* Datagrams. */

static void
note_datagrams (End *self, guint n)
{
  gint64 now = g_get_monotonic_time ();

  g_mutex_lock (&self->lock);
  if (self->last != 0)
    self->gap = MAX (self->gap, now - self->last);
  self->last = now;
  self->n_taken += n;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static guint64
count_taken (End *self)
{
  guint64 n;

  g_mutex_lock (&self->lock);
  n = self->n_taken;
  g_mutex_unlock (&self->lock);
  return n;
}

static gpointer
run_reader (gpointer data)
{
  End *self = data;
  GstBufferList *list;

  while (gst_ice_datapath_pop (
             gst_ice_transport_get_datapath (self->transport), 0, &list)
      == GST_FLOW_OK) {
    note_datagrams (self, gst_buffer_list_length (list));
    gst_buffer_list_unref (list);
  }
  return NULL;
}

static gpointer
run_sender (gpointer data)
{
  End *self = data;

  while (!g_atomic_int_get (&self->stop)) {
    gchar text[MAX_SIZE];
    GOutputVector vector = { text, 0 };
    GstIceDatagram datagram = { &vector, 1 };
    guint done;

    vector.size = (gsize) g_snprintf (
        text, sizeof (text), "x%" G_GUINT64_FORMAT, self->n_sent);
    if (gst_ice_datapath_send (gst_ice_transport_get_datapath (self->transport),
            &datagram, 1, TRUE, &done, NULL)
        != GST_FLOW_OK)
      break;
    self->n_sent++;
    g_usleep (PERIOD);
  }
  return NULL;
}

static void
wait_taken (End *self, guint more)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  guint64 wanted;

  g_mutex_lock (&self->lock);
  wanted = self->n_taken + more;
  while (self->n_taken < wanted)
    if (!g_cond_wait_until (&self->cond, &self->lock, end))
      g_error ("datagrams do not arrive");
  g_mutex_unlock (&self->lock);
}

static gint64
take_gap (End *self)
{
  gint64 gap;

  g_mutex_lock (&self->lock);
  gap = self->gap;
  self->gap = 0;
  g_mutex_unlock (&self->lock);
  return gap;
}

/* Two ends. */

/* A pair that changes is one of the newest generation's. */
static void
on_pair (GstIceAgent *agent, guint stream, guint component,
    const GstStructure *pair, End *self)
{
  const gchar *text = gst_structure_get_string (pair, "local-candidate");
  GValue array = G_VALUE_INIT;
  gboolean found = text == NULL
      || strcmp (gst_structure_get_string (pair, "local-type"), "host") != 0;
  guint port, i;

  g_assert_true (gst_structure_get_uint (pair, "local-port", &port));
  g_value_init (&array, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (agent), "local-candidates", &array);
  for (i = 0; i < gst_value_array_get_size (&array); i++) {
    g_autoptr (IceCandidate) candidate = ice_candidate_parse (
        g_value_get_string (gst_value_array_get_value (&array, i)), NULL);

    found |= candidate->port == port;
  }
  g_value_unset (&array);
  g_mutex_lock (&self->lock);
  self->bad_pairs += !found;
  g_mutex_unlock (&self->lock);
}

static void
end_set (End *self, const gchar *property, const gchar *value)
{
  gst_util_set_object_arg (G_OBJECT (self->agent), property, value);
}

static void
end_open (End *self, End *peer, const gchar *role, const gchar *addresses)
{
  self->agent = gst_object_ref_sink (
      g_object_new (GST_TYPE_ICE_NICE_AGENT, NULL));
  self->owner = gst_object_ref_sink (gst_bin_new (NULL));
  self->peer = peer;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  end_set (self, "role", role);
  end_set (self, "local-addresses", addresses);
  g_signal_connect (
      self->agent, "on-ice-candidate", G_CALLBACK (on_candidate), self);
  g_signal_connect (self->agent, "on-candidate-pair-state-change",
      G_CALLBACK (on_pair), self);
  self->transport = gst_ice_session_get_transport (
      gst_ice_agent_get_session (self->agent), 0, 1, NULL);
  g_assert_true (gst_ice_agent_bind (self->agent, self->owner, NULL));
  /* of restarts: there is no peer yet that could get the first ones */
  g_signal_connect (
      self->agent, "notify::local-ufrag", G_CALLBACK (on_ufrag), self);
}

static void
end_claim (End *self, gboolean offload)
{
  GstIceSocketOptions options = { .dscp = -1, .offload = offload };
  guint i;

  for (i = 0; i < GST_ICE_N_DIRECTIONS; i++) {
    g_assert_true (gst_ice_claims_claim (
        gst_ice_datapath_get_claims (
            gst_ice_transport_get_datapath (self->transport)),
        (GstIceDirection) i, self->owner, NULL));
    gst_ice_session_set_socket_options (gst_ice_agent_get_session (self->agent),
        self->transport, (GstIceDirection) i, &options);
  }
}

static void
end_start (End *self)
{
  self->reader = g_thread_new ("reader", run_reader, self);
  self->sender = g_thread_new ("sender", run_sender, self);
}

static void
end_close (End *self)
{
  guint i;

  g_atomic_int_set (&self->stop, TRUE);
  for (i = 0; i < GST_ICE_N_DIRECTIONS; i++)
    gst_ice_datapath_set_flushing (
        gst_ice_transport_get_datapath (self->transport), (GstIceDirection) i,
        TRUE);
  g_clear_pointer (&self->reader, g_thread_join);
  g_clear_pointer (&self->sender, g_thread_join);
  for (i = 0; i < GST_ICE_N_DIRECTIONS; i++)
    gst_ice_datapath_unclaim (gst_ice_transport_get_datapath (self->transport),
        (GstIceDirection) i, self->owner);
  gst_ice_agent_unbind (self->agent, self->owner);
}

static void
end_clear (End *self)
{
  g_signal_handlers_disconnect_by_data (self->agent, self);
  g_assert_cmpuint (self->refused, ==, 0);
  gst_object_unref (self->transport);
  gst_object_unref (self->agent);
  gst_object_unref (self->owner);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
}

static GstIceConnectionState
get_state (End *self)
{
  return gst_ice_transport_get_state (self->transport);
}

static void
wait_state (End *self, GstIceConnectionState wanted)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (get_state (self) != wanted) {
    if (g_get_monotonic_time () > end)
      g_error ("still %s, not %s",
          ice_connection_state_to_string (get_state (self)),
          ice_connection_state_to_string (wanted));
    g_usleep (500);
  }
}

/* Addresses of each end's network. */
static void
add_address (guint end, guint host)
{
  g_assert_true (netns_run ("ip address add 10.9.%u.%u/32 dev lo", end, host));
}

static void
remove_address (guint end, guint host)
{
  g_assert_true (netns_run ("ip address del 10.9.%u.%u/32 dev lo", end, host));
}

/* Both have one address. */
static void
open_both (End *ends)
{
  guint i;

  memset (ends, 0, 2 * sizeof (*ends));
  for (i = 0; i < 2; i++) {
    g_autofree gchar *network = g_strdup_printf ("<\"10.9.%u.0/24\">", i);

    add_address (i, 1);
    end_open (
        &ends[i], &ends[!i], i == 0 ? "controlling" : "controlled", network);
  }
}

static void
connect_both (End *ends, gboolean offload)
{
  guint i;

  for (i = 0; i < 2; i++) {
    end_claim (&ends[i], offload);
    signal_credentials (&ends[i]);
  }
  for (i = 0; i < 2; i++)
    g_assert_true (
        gst_ice_session_gather (gst_ice_agent_get_session (ends[i].agent)));
  for (i = 0; i < 2; i++)
    wait_state (&ends[i], GST_ICE_CONNECTION_STATE_COMPLETED);
  for (i = 0; i < 2; i++)
    end_start (&ends[i]);
  for (i = 0; i < 2; i++)
    wait_taken (&ends[i], 10);
}

static void
flush_addresses (void)
{
  guint i;

  for (i = 0; i < 2; i++)
    g_assert_true (netns_run ("ip address flush to 10.9.%u.0/24 dev lo", i));
}

static void
close_both (End *ends)
{
  guint i;

  for (i = 0; i < 2; i++)
    set_mute (&ends[i], TRUE); /* who is closed takes nothing */
  for (i = 0; i < 2; i++)
    end_close (&ends[i]);
  for (i = 0; i < 2; i++)
    end_clear (&ends[i]);
  flush_addresses ();
}

/* What users see. */

static gchar *
get_local (End *self, guint *port)
{
  GstStructure *pair = gst_ice_transport_pairs_get_selected (
      gst_ice_transport_get_pairs (self->transport));
  gchar *address;

  g_assert_nonnull (pair);
  address = g_strdup (gst_structure_get_string (pair, "local-address"));
  g_assert_true (gst_structure_get_uint (pair, "local-port", port));
  gst_structure_free (pair);
  return address;
}

static guint
get_port (End *self)
{
  guint port;

  g_free (get_local (self, &port));
  return port;
}

/* A pair of get-stats without the members that all entries have; NULL: there is
 * no such pair. */
static GstStructure *
get_from_stats (GstStructure *stats, const gchar *id)
{
  GstStructure *pair = NULL;

  if (gst_structure_has_field_typed (stats, id, GST_TYPE_STRUCTURE))
    gst_structure_get (stats, id, GST_TYPE_STRUCTURE, &pair, NULL);
  if (pair != NULL)
    gst_structure_remove_fields (
        pair, "type", "timestamp", "transport-id", NULL);
  return pair;
}

/* Returns: whether all sources had the same about each pair at about one time
 */
static gboolean
sources_agree (End *self)
{
  GstStructure *selected = gst_ice_transport_pairs_get_selected (
      gst_ice_transport_get_pairs (self->transport));
  GstStructure *stats = gst_structure_new_empty ("ice-stats");
  GValue array = G_VALUE_INIT;
  gboolean agree = TRUE;
  guint i;

  g_value_init (&array, GST_TYPE_ARRAY);
  gst_ice_transport_pairs_take_all (
      gst_ice_transport_get_pairs (self->transport), &array);
  gst_ice_stats_add_transport (stats, self->transport);
  for (i = 0; i < gst_value_array_get_size (&array); i++) {
    const GstStructure *pair = g_value_get_boxed (
        gst_value_array_get_value (&array, i));
    const gchar *id = gst_structure_get_string (pair, "id");
    GstStructure *other = get_from_stats (stats, id);

    agree &= other != NULL && gst_structure_is_equal (pair, other);
    if (selected != NULL
        && g_str_equal (gst_structure_get_string (selected, "id"), id))
      agree &= gst_structure_is_equal (pair, selected);
    g_clear_pointer (&other, gst_structure_free);
  }
  g_value_unset (&array);
  gst_structure_free (stats);
  g_clear_pointer (&selected, gst_structure_free);
  return agree;
}

/* Of all reported pairs; and how many of these are selected. */
static guint
count_pairs_at (End *self, guint wanted, guint *selected)
{
  GValue array = G_VALUE_INIT;
  gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  guint i, n = 0;

  while (!sources_agree (self)) { /* checks and media may go on */
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (1000);
  }
  *selected = 0;
  g_value_init (&array, GST_TYPE_ARRAY);
  gst_ice_transport_pairs_take_all (
      gst_ice_transport_get_pairs (self->transport), &array);
  for (i = 0; i < gst_value_array_get_size (&array); i++) {
    const GstStructure *pair = g_value_get_boxed (
        gst_value_array_get_value (&array, i));
    gboolean is_selected;
    guint port;

    g_assert_true (gst_structure_get_uint (pair, "local-port", &port));
    g_assert_true (gst_structure_get_boolean (pair, "selected", &is_selected));
    n += port == wanted;
    *selected += is_selected;
  }
  g_value_unset (&array);
  return n;
}

static guint
count_candidates (End *self)
{
  GValue array = G_VALUE_INIT;
  guint n;

  g_value_init (&array, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (self->agent), "local-candidates", &array);
  n = gst_value_array_get_size (&array);
  g_value_unset (&array);
  return n;
}

/* After a restart, which leaves no candidates. */
static void
wait_gathered (End *self)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (count_candidates (self) == 0
      || gst_ice_transport_get_gathering_state (self->transport)
          != GST_ICE_GATHERING_STATE_COMPLETE) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (500);
  }
}

static void
restart (End *self)
{
  g_assert_true (
      gst_ice_session_restart (gst_ice_agent_get_session (self->agent), NULL));
}

/* Until the first one has selected again and both are completed. */
static void
wait_changed (End *ends, guint64 changes)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (gst_ice_transport_pairs_get_n_changes (
             gst_ice_transport_get_pairs (ends[0].transport))
      == changes) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (500);
  }
  wait_state (&ends[0], GST_ICE_CONNECTION_STATE_COMPLETED);
  wait_state (&ends[1], GST_ICE_CONNECTION_STATE_COMPLETED);
}

/* Until both ends are completed on other ports. */
static void
wait_restarted (End *ends, guint old_a, guint old_b)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (get_port (&ends[0]) == old_a || get_port (&ends[1]) == old_b
      || get_state (&ends[0]) != GST_ICE_CONNECTION_STATE_COMPLETED
      || get_state (&ends[1]) != GST_ICE_CONNECTION_STATE_COMPLETED) {
    if (g_get_monotonic_time () > end)
      g_error ("the restart does not end: %u %s, %u %s", get_port (&ends[0]),
          ice_connection_state_to_string (get_state (&ends[0])),
          get_port (&ends[1]),
          ice_connection_state_to_string (get_state (&ends[1])));
    g_usleep (500);
  }
}

/* What a process has. */

static guint
count_entries (const gchar *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static guint
count_descriptors (void)
{
  return count_entries ("/proc/self/fd");
}

/* Until there are no more than that. */
static void
wait_descriptors (guint wanted)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (count_descriptors () > wanted) {
    if (g_get_monotonic_time () > end)
      g_error ("%u descriptors, not %u", count_descriptors (), wanted);
    g_usleep (1000);
  }
}

static guint
get_rounds (guint n)
{
  return g_getenv ("ICE_TEST_SLOW") != NULL ? n / 10 : n;
}

/* Tests, in a network namespace. */

/* Another address for each, so that it gathers anew. */
static void
change_addresses (guint round)
{
  guint i;

  for (i = 0; i < 2; i++)
    if (round % 2 == 0)
      add_address (i, 2);
    else
      remove_address (i, 2);
}

static void
assert_pairs (End *self, guint old_port)
{
  guint selected;

  g_assert_cmpuint (count_pairs_at (self, old_port, &selected), ==, 0);
  g_assert_cmpuint (selected, ==, 1);
  g_assert_cmpuint (count_pairs_at (self, get_port (self), &selected), >, 0);
}

/* New ports at both ends, for one end's restart is the other's; no datagram is
 * lost, and all reports are of the new generation. */
static void
gather_again (gboolean offload)
{
  guint by, i;
  End ends[2];

  open_both (ends);
  connect_both (ends, offload);
  for (by = 0; by < 2; by++) {
    guint old[] = { get_port (&ends[0]), get_port (&ends[1]) };

    add_address (0, 2 + by);
    add_address (1, 2 + by);
    restart (&ends[by]);
    wait_restarted (ends, old[0], old[1]);
    for (i = 0; i < 2; i++) {
      assert_pairs (&ends[i], old[i]);
      wait_taken (&ends[i], 20);
    }
  }
  for (i = 0; i < 2; i++) {
    g_atomic_int_set (&ends[i].stop, TRUE);
    g_clear_pointer (&ends[i].sender, g_thread_join);
  }
  for (i = 0; i < 2; i++) {
    while (count_taken (&ends[i]) < ends[!i].n_sent)
      wait_taken (&ends[i], 1);
    g_assert_cmpuint (ends[i].bad_pairs, ==, 0);
  }
  g_test_message ("%" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT
                  " datagrams, none lost; longest gaps %.1f and %.1f ms",
      ends[0].n_sent, ends[1].n_sent, take_gap (&ends[0]) / 1000.0,
      take_gap (&ends[1]) / 1000.0);
  close_both (ends);
}

static void
test_gathers_again (int descriptor)
{
  gather_again (TRUE);
  gather_again (FALSE);
}

/* Where nothing has changed the restart is made in place. */
static void
test_same_addresses (int descriptor)
{
  guint old[2], i;
  End ends[2];

  open_both (ends);
  connect_both (ends, TRUE);
  for (i = 0; i < 2; i++)
    old[i] = get_port (&ends[i]);
  for (i = 0; i < 2; i++) {
    guint64 changes = gst_ice_transport_pairs_get_n_changes (
        gst_ice_transport_get_pairs (ends[0].transport));

    restart (&ends[i]);
    wait_changed (ends, changes);
  }
  for (i = 0; i < 2; i++) {
    g_assert_cmpuint (get_port (&ends[i]), ==, old[i]);
    wait_taken (&ends[i], 10);
  }
  close_both (ends);
}

/* There is no second port: it is made in place, too. */
static void
test_one_port (int descriptor)
{
  const guint port = 5000;
  guint64 changes;
  End ends[2];
  guint i;

  open_both (ends);
  g_object_set (ends[0].agent, "min-port", port, "max-port", port, NULL);
  connect_both (ends, TRUE);
  g_assert_cmpuint (get_port (&ends[0]), ==, port);
  add_address (0, 2);
  changes = gst_ice_transport_pairs_get_n_changes (
      gst_ice_transport_get_pairs (ends[0].transport));
  restart (&ends[0]);
  wait_changed (ends, changes);
  g_assert_cmpuint (get_port (&ends[0]), ==, port);
  for (i = 0; i < 2; i++)
    wait_taken (&ends[i], 10);
  close_both (ends);
}

/* Three restarts are not signalled to the peer: media goes on over the first
 * pair, which is the only one; the last restart counts. */
static void
test_restart_while_restarting (int descriptor)
{
  guint old[2], selected, i, descriptors;
  End ends[2];

  open_both (ends);
  connect_both (ends, TRUE);
  for (i = 0; i < 2; i++)
    old[i] = get_port (&ends[i]);
  set_mute (&ends[0], TRUE);
  add_address (0, 2);
  add_address (1, 2);
  restart (&ends[0]);
  wait_state (&ends[0], GST_ICE_CONNECTION_STATE_CONNECTED);
  wait_taken (&ends[0], 20);
  descriptors = count_descriptors ();
  for (i = 0; i < 2; i++) {
    remove_address (0, 2 + i);
    add_address (0, 3 + i);
    restart (&ends[0]);
    wait_taken (&ends[0], 20);
    wait_taken (&ends[1], 20);
  }
  wait_descriptors (descriptors); /* two live, no more */
  g_assert_cmpuint (get_port (&ends[0]), ==, old[0]);
  g_assert_cmpuint (count_pairs_at (&ends[0], old[0], &selected), ==, 1);
  g_assert_cmpuint (selected, ==, 1);
  for (i = 0; i < 2; i++)
    g_assert_cmpint (take_gap (&ends[i]), <, G_USEC_PER_SEC);
  set_mute (&ends[0], FALSE);
  signal_again (&ends[0]);
  wait_restarted (ends, old[0], old[1]);
  for (i = 0; i < 2; i++)
    wait_taken (&ends[i], 10);
  close_both (ends);
}

/* One, the other, or both at once, and nothing is left of them. */
static void
test_again_and_again (int descriptor)
{
  guint i, k, rounds = get_rounds (RESTARTS) / 2 * 2;
  guint descriptors, threads, most = 0;
  End ends[2];

  open_both (ends);
  connect_both (ends, TRUE);
  descriptors = count_descriptors ();
  threads = count_entries ("/proc/self/task");
  for (i = 0; i < rounds; i++) {
    guint old[] = { get_port (&ends[0]), get_port (&ends[1]) };

    change_addresses (i); /* at the end they have one each again */
    restart (&ends[i % 2]);
    if (i % 3 == 0)
      restart (&ends[!(i % 2)]);
    wait_restarted (ends, old[0], old[1]);
    most = MAX (most, count_descriptors ());
  }
  for (k = 0; k < 2; k++)
    wait_taken (&ends[k], 10);
  g_test_message ("%u restarts, %u descriptors, %u at most, longest gaps %.1f "
                  "and %.1f ms",
      rounds, descriptors, most, take_gap (&ends[0]) / 1000.0,
      take_gap (&ends[1]) / 1000.0);
  g_assert_cmpuint (most, <=, 5 * descriptors);
  wait_descriptors (descriptors);
  g_assert_cmpuint (count_entries ("/proc/self/task"), ==, threads);
  close_both (ends);
}

/* At any moment of a restart. */
static void
test_close (int descriptor)
{
  guint i, k, rounds = get_rounds (40), descriptors = 0;
  gint64 longest = 0;

  for (i = 0; i < rounds; i++) {
    gint64 start;
    End ends[2];

    open_both (ends);
    connect_both (ends, i % 2);
    add_address (0, 2);
    add_address (1, 2);
    restart (&ends[i / 2 % 2]);
    g_usleep (i % 4 * i * 500);
    if (i % 3 == 0)
      restart (&ends[0]);
    for (k = 0; k < 2; k++)
      set_mute (&ends[k], TRUE);
    start = g_get_monotonic_time ();
    for (k = 0; k < 2; k++)
      end_close (&ends[k]);
    longest = MAX (longest, g_get_monotonic_time () - start);
    for (k = 0; k < 2; k++)
      end_clear (&ends[k]);
    flush_addresses ();
    if (i == 0)
      descriptors = count_descriptors ();
    wait_descriptors (descriptors);
  }
  g_test_message ("closed within %.1f ms", longest / 1000.0);
  g_assert_cmpint (longest, <, 3 * G_USEC_PER_SEC);
}

static guint
count_failed (End *self)
{
  GValue array = G_VALUE_INIT;
  guint i, n = 0;

  g_value_init (&array, GST_TYPE_ARRAY);
  gst_ice_transport_pairs_take_all (
      gst_ice_transport_get_pairs (self->transport), &array);
  for (i = 0; i < gst_value_array_get_size (&array); i++) {
    gint state;

    g_assert_true (gst_structure_get_enum (
        g_value_get_boxed (gst_value_array_get_value (&array, i)), "state",
        GST_TYPE_ICE_CANDIDATE_PAIR_STATE, &state));
    n += state == GST_ICE_CANDIDATE_PAIR_STATE_FAILED;
  }
  g_value_unset (&array);
  return n;
}

/* libnice gives up 5 s after the last check. */
static void
wait_given_up (End *ends)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  guint i;

  while (count_failed (&ends[0]) == 0) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (10000);
  }
  end = g_get_monotonic_time () + 6 * G_TIME_SPAN_SECOND;
  while (g_get_monotonic_time () < end)
    for (i = 0; i < 2; i++) {
      wait_taken (&ends[i], 10);
      g_assert_cmpint (
          get_state (&ends[0]), ==, GST_ICE_CONNECTION_STATE_CONNECTED);
      g_assert_cmpint (
          get_state (&ends[1]), ==, GST_ICE_CONNECTION_STATE_COMPLETED);
    }
}

/* The new generation's checks fail: the old path, which works, goes on, and the
 * next restart finds a pair. */
static void
fails (gboolean anew)
{
  guint old[2], selected;
  End ends[2];

  open_both (ends);
  connect_both (ends, TRUE);
  old[0] = get_port (&ends[0]);
  old[1] = get_port (&ends[1]);
  set_mute (&ends[0], TRUE);
  if (anew)
    add_address (0, 2);
  restart (&ends[0]);
  wait_state (&ends[0], GST_ICE_CONNECTION_STATE_CONNECTED);
  wait_gathered (&ends[0]);
  g_assert_true (gst_ice_session_set_remote_credentials (
      gst_ice_agent_get_session (ends[0].agent), 0, "nobody",
      "0123456789012345678901", NULL));
  g_assert_true (
      gst_ice_session_add_candidate (gst_ice_agent_get_session (ends[0].agent),
          0, "candidate:1 1 UDP 1 10.9.0.1 9 typ host", NULL));
  g_assert_true (gst_ice_session_add_candidate (
      gst_ice_agent_get_session (ends[0].agent), 0, "", NULL));
  wait_given_up (ends);
  g_assert_cmpuint (count_pairs_at (&ends[0], old[0], &selected), >, 0);
  g_assert_cmpuint (selected, ==, 1);
  set_mute (&ends[0], FALSE);
  add_address (0, 3);
  add_address (1, 2);
  restart (&ends[0]);
  wait_restarted (ends, old[0], old[1]);
  wait_taken (&ends[0], 10);
  wait_taken (&ends[1], 10);
  close_both (ends);
}

static void
test_fails (int descriptor)
{
  fails (TRUE);
  fails (FALSE);
}

/* An address of this machine is replaced; a call with media goes on by a
 * restart, also with one port only. */
static void
replace_address (guint port)
{
  g_autofree gchar *address = NULL;
  guint now, old[2], i;
  End ends[2];

  open_both (ends);
  if (port != 0)
    g_object_set (ends[0].agent, "min-port", port, "max-port", port, NULL);
  connect_both (ends, TRUE);
  old[1] = get_port (&ends[1]);
  address = get_local (&ends[0], &old[0]);
  g_assert_cmpstr (address, ==, "10.9.0.1");
  add_address (0, 2);
  remove_address (0, 1);
  add_address (1, 2); /* the other one gathers anew too */
  restart (&ends[0]);
  wait_restarted (ends, port == 0 ? old[0] : 0, old[1]);
  g_clear_pointer (&address, g_free);
  address = get_local (&ends[0], &now);
  g_assert_cmpstr (address, ==, "10.9.0.2");
  if (port != 0)
    g_assert_cmpuint (now, ==, port);
  for (i = 0; i < 2; i++)
    wait_taken (&ends[i], 10);
  g_test_message ("longest gaps %.1f and %.1f ms", take_gap (&ends[0]) / 1000.0,
      take_gap (&ends[1]) / 1000.0);
  close_both (ends);
}

static void
test_address_is_replaced (int descriptor)
{
  replace_address (0);
  replace_address (5000);
}

/* None is there for a while: the first restart is made in place, the next one
 * is not. */
static void
test_no_address (int descriptor)
{
  guint64 changes;
  guint old, i;
  End ends[2];

  open_both (ends);
  connect_both (ends, TRUE);
  old = get_port (&ends[0]);
  remove_address (0, 1);
  changes = gst_ice_transport_pairs_get_n_changes (
      gst_ice_transport_get_pairs (ends[0].transport));
  restart (&ends[0]);
  wait_gathered (&ends[0]);
  add_address (0, 2);
  restart (&ends[0]);
  wait_changed (ends, changes);
  g_assert_cmpuint (get_port (&ends[0]), !=, old);
  for (i = 0; i < 2; i++)
    wait_taken (&ends[i], 10);
  close_both (ends);
}

/* Nothing is left of it but what the first one left. */
static void
run (gconstpointer function)
{
  static guint descriptors;

  netns_test ((void (*) (int)) function);
  if (descriptors == 0)
    descriptors = count_descriptors ();
  wait_descriptors (descriptors);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const gchar *path;
    void (*function) (int descriptor);
  } tests[] = {
    { "/generation/gathers-again", test_gathers_again },
    { "/generation/same-addresses", test_same_addresses },
    { "/generation/one-port", test_one_port },
    { "/generation/restart-while-restarting", test_restart_while_restarting },
    { "/generation/again-and-again", test_again_and_again },
    { "/generation/close", test_close },
    { "/generation/fails", test_fails },
    { "/generation/address-is-replaced", test_address_is_replaced },
    { "/generation/no-address", test_no_address },
  };
  guint i;

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  for (i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_data_func (
        tests[i].path, (gconstpointer) tests[i].function, run);
  return g_test_run ();
}
