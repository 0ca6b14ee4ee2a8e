/* gst-ice: tests of how often lists are notified of, and of states that time
 * changes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gsticepair.h"
#include "sessionfixture.h"
#include "suite.h"

#define INTERVAL (100 * G_TIME_SPAN_MILLISECOND)

typedef struct _Fixture Fixture;

/* One of the properties that are lists. */
typedef struct
{
  const gchar *signal;
  void (*change) (Fixture *f, guint n);
} List;

struct _Fixture
{
  const List *list;
  GstElement *sink;
  FakeTransport *transport;
  GMutex lock;
  /* under the lock */
  guint reported; /* changes */
  guint known;    /* ... at the last notification */
  guint notified;
  guint states; /* notifications of ice-transport-state */
  gint64 last;
  gint64 gap; /* the shortest */
};

static void
on_list (GstElement *sink, GParamSpec *spec, gpointer data)
{
  Fixture *f = data;
  gint64 now = g_get_monotonic_time ();

  g_mutex_lock (&f->lock);
  if (f->notified++ > 0)
    f->gap = MIN (f->gap, now - f->last);
  f->last = now;
  f->known = f->reported;
  g_mutex_unlock (&f->lock);
}

static void
on_state (GstElement *sink, GParamSpec *spec, gpointer data)
{
  Fixture *f = data;

  g_mutex_lock (&f->lock);
  f->states++;
  g_mutex_unlock (&f->lock);
}

static guint
count (Fixture *f)
{
  guint n;

  g_mutex_lock (&f->lock);
  n = f->notified;
  g_mutex_unlock (&f->lock);
  return n;
}

static void
count_up (guint *n)
{
  (*n)++;
}

static guint
get_size (Fixture *f, const gchar *property)
{
  g_auto (GValue) list = G_VALUE_INIT;

  g_object_get_property (G_OBJECT (f->sink), property, &list);
  return gst_value_array_get_size (&list);
}

static gboolean
is_up_to_date (Fixture *f)
{
  gboolean known;

  g_mutex_lock (&f->lock);
  known = f->known == f->reported;
  g_mutex_unlock (&f->lock);
  return known;
}

static void
begin (Fixture *f, const List *list)
{
  *f = (Fixture){ .list = list, .gap = G_MAXINT64 };
  g_mutex_init (&f->lock);
  f->sink = gst_object_ref_sink (gst_element_factory_make ("icesink", NULL));
  gst_element_set_state (f->sink, GST_STATE_PAUSED);
  f->transport = fake_transport_of (f->sink);
  fake_settle ();
  g_signal_connect (f->sink, list->signal, G_CALLBACK (on_list), f);
  g_signal_connect (
      f->sink, "notify::ice-transport-state", G_CALLBACK (on_state), f);
}

static void
end (Fixture *f)
{
  gst_element_set_state (f->sink, GST_STATE_NULL);
  gst_object_unref (f->transport);
  gst_object_unref (f->sink);
  g_mutex_clear (&f->lock);
}

static gboolean
report_pair (gpointer data)
{
  Fixture *f = data;
  g_autoptr (IceCandidate) local = ice_candidate_parse (FAKE_LOCAL, NULL);
  g_autoptr (IceCandidate) remote = ice_candidate_parse (FAKE_REMOTE, NULL);
  GstStructure *pair = gst_ice_pair_new_structure (0, 1, 0, local, remote,
      GST_ICE_CANDIDATE_PAIR_STATE_IN_PROGRESS, FALSE, FALSE);

  gst_ice_transport_report_pair (GST_ICE_TRANSPORT (f->transport), pair, FALSE);
  gst_structure_free (pair);
  return G_SOURCE_REMOVE;
}

static void
change_pairs (Fixture *f, guint n)
{
  fake_call (report_pair, f);
}

static gchar *
make_candidate (guint n)
{
  return g_strdup_printf (
      "candidate:1 1 udp 2130706431 10.0.0.1 %u typ host", 1 + n);
}

static void
change_local (Fixture *f, guint n)
{
  g_autofree gchar *candidate = make_candidate (n);

  fake_candidate (f->transport, candidate);
}

static void
change_remote (Fixture *f, guint n)
{
  g_autofree gchar *candidate = make_candidate (n);
  gboolean added;

  g_signal_emit_by_name (f->sink, "add-ice-candidate", 0, candidate, &added);
  g_assert_true (added);
}

static const List lists[] = {
  { "notify::candidate-pairs", change_pairs },
  { "notify::local-candidates", change_local },
  { "notify::remote-candidates", change_remote },
};

static void
report (Fixture *f)
{
  guint n;

  g_mutex_lock (&f->lock);
  n = f->reported++;
  g_mutex_unlock (&f->lock);
  f->list->change (f, n);
}

/* The first one at once, the others of a burst together, the last one too. */
static void
check_burst (const List *list)
{
  Fixture f;
  gint64 start;
  guint i, n;

  begin (&f, list);
  report (&f);
  g_assert_cmpuint (count (&f), ==, 1);
  start = g_get_monotonic_time ();
  for (i = 0; i < 40; i++)
    report (&f);
  suite_wait_until (is_up_to_date (&f));
  n = count (&f);
  g_assert_cmpuint (n, <=, 2 + (g_get_monotonic_time () - start) / INTERVAL);
  g_usleep (3 * INTERVAL);
  g_assert_cmpuint (count (&f), ==, n); /* nothing is left to do */
  g_assert_cmpint (f.gap, >=, INTERVAL - G_TIME_SPAN_MILLISECOND);
  report (&f);
  g_assert_cmpuint (count (&f), ==, n + 1);
  end (&f);
}

static void
test_burst (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (lists); i++)
    check_burst (&lists[i]);
}

static void
test_steady (void)
{
  Fixture f;
  gint64 start = g_get_monotonic_time ();

  begin (&f, &lists[0]);
  while (g_get_monotonic_time () < start + 5 * INTERVAL)
    report (&f);
  suite_wait_until (is_up_to_date (&f));
  g_assert_cmpuint (count (&f), >=, 2);
  g_assert_cmpuint (
      count (&f), <=, 2 + (g_get_monotonic_time () - start) / INTERVAL);
  g_assert_cmpint (f.gap, >=, INTERVAL - G_TIME_SPAN_MILLISECOND);
  end (&f);
}

/* The value can be read at once, and on-ice-candidate does not wait. */
static void
test_candidates (void)
{
  Fixture f;
  guint i, n_signals = 0;

  begin (&f, &lists[1]);
  g_signal_connect_swapped (
      f.sink, "on-ice-candidate", G_CALLBACK (count_up), &n_signals);
  for (i = 1; i <= 10; i++) {
    report (&f);
    g_assert_cmpuint (get_size (&f, "local-candidates"), ==, i);
    g_assert_cmpuint (n_signals, ==, i);
  }
  for (i = 1; i <= 10; i++) {
    change_remote (&f, i);
    g_assert_cmpuint (get_size (&f, "remote-candidates"), ==, i);
  }
  end (&f);
}

static void
on_gathering_state (GstElement *sink, GParamSpec *spec, gpointer data)
{
  g_assert_true (is_up_to_date (data));
}

/* What is owed is notified of before `complete`. */
static void
test_gathered (void)
{
  Fixture f;

  begin (&f, &lists[1]);
  g_signal_connect (f.sink, "notify::ice-gathering-state",
      G_CALLBACK (on_gathering_state), &f);
  report (&f);
  report (&f);
  fake_gathered (f.transport);
  g_assert_true (is_up_to_date (&f));
  g_assert_cmpuint (count (&f), <=, 2);
  end (&f);
}

/* Without an I/O thread nothing could notify later. */
static void
test_before_gathering (void)
{
  GstElement *sink = gst_object_ref_sink (
      gst_element_factory_make ("icesink", NULL));
  Fixture f = { .sink = sink };
  guint i, notified = 0;

  g_object_set (sink, "auto-gather", FALSE, NULL);
  gst_element_set_state (sink, GST_STATE_PAUSED);
  g_signal_connect_swapped (
      sink, "notify::remote-candidates", G_CALLBACK (count_up), &notified);
  for (i = 1; i <= 3; i++) {
    change_remote (&f, i);
    g_assert_cmpuint (notified, ==, i);
  }
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_object_unref (sink);
}

/* A state does not wait, and the value is there to be read. */
static void
test_states (void)
{
  Fixture f;
  GstStructure *pair = NULL;

  begin (&f, &lists[0]);
  fake_event (f.transport, ICE_EVENT_CHECKING);
  report (&f);
  fake_select (f.transport, FAKE_LOCAL, FAKE_REMOTE);
  g_assert_cmpuint (f.states, ==, 2);
  g_object_get (f.sink, "selected-candidate-pair", &pair, NULL);
  g_assert_nonnull (pair);
  gst_structure_free (pair);
  end (&f);
}

static void
on_closed (GstElement *sink, GParamSpec *spec, gpointer data)
{
  GstIceConnectionState state;

  g_object_get (sink, "ice-transport-state", &state, NULL);
  if (state == GST_ICE_CONNECTION_STATE_CLOSED)
    g_assert_true (is_up_to_date (data));
}

/* What is owed is notified of before `closed`. */
static void
check_closed (const List *list)
{
  Fixture f;

  begin (&f, list);
  g_signal_connect (
      f.sink, "notify::ice-transport-state", G_CALLBACK (on_closed), &f);
  report (&f);
  report (&f);
  g_signal_emit_by_name (f.sink, "close");
  fake_settle ();
  g_assert_true (is_up_to_date (&f));
  g_assert_cmpuint (f.states, ==, 1);
  end (&f);
}

static void
test_closed (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (lists); i++)
    check_closed (&lists[i]);
}

/* The earliest deadline of several transports counts, whichever has it; some
 * have none. */
static void
test_deadlines (void)
{
  guint turn;

  for (turn = 0; turn < 4; turn++) {
    FakeTransport *transports[4];
    gint64 begin;
    guint i;
    Session s;

    session_start_four (&s);
    session_list_four (&s, transports);
    session_gather (&s);
    for (i = 0; i < 4; i++) {
      if ((i - turn) % 4 == 3) /* one has none */
        continue;
      gst_ice_transport_set_timeouts (
          GST_ICE_TRANSPORT (transports[i]), i == turn ? 100 : 3600 * 1000, 0);
      fake_connect (transports[i]);
    }
    begin = g_get_monotonic_time ();
    while (gst_ice_transport_get_state (GST_ICE_TRANSPORT (transports[turn]))
        != GST_ICE_CONNECTION_STATE_DISCONNECTED) {
      g_assert_cmpint (
          g_get_monotonic_time () - begin, <, 10 * G_TIME_SPAN_SECOND);
      fake_settle ();
    }
    recorder_wait (s.recorder, "connected disconnected consent-missing\n");
    session_end (&s);
  }
}

static gboolean
report_pair_of (gpointer transport)
{
  Fixture f = { .transport = transport };

  return report_pair (&f);
}

static void
count_up_atomically (guint *n)
{
  g_atomic_int_inc (n);
}

/* What is owed for each of several transports is notified of: in time, and
 * before `closed`. */
static void
test_pairs_of_several (void)
{
  guint round;

  for (round = 0; round < 2; round++) {
    FakeTransport *transports[4];
    guint counts[4] = { 0 };
    guint i;
    Session s;

    session_start_four (&s);
    session_list_four (&s, transports);
    session_gather (&s);
    for (i = 0; i < 4; i++)
      g_signal_connect_swapped (transports[i], "notify::candidate-pairs",
          G_CALLBACK (count_up_atomically), &counts[i]);
    for (i = 0; i < 4; i++) {
      fake_call (report_pair_of, transports[i]);
      fake_call (report_pair_of, transports[i]);
    }
    if (round == 1) {
      gst_ice_session_close (gst_ice_agent_get_session (s.agent));
      fake_settle ();
    }
    for (i = 0; i < 4; i++) {
      suite_wait_until (g_atomic_int_get (&counts[i]) == 2);
      g_signal_handlers_disconnect_by_data (transports[i], &counts[i]);
    }
    session_end (&s);
  }
}

/* The list is notified of when its checks have ended without a usable pair, for
 * elements that did not forward the changes during the checks. */
static void
test_pairs_after_checks (void)
{
  guint count = 0;
  Session s;

  session_start (&s);
  session_gather (&s);
  g_signal_connect_swapped (s.a1, "notify::candidate-pairs",
      G_CALLBACK (count_up_atomically), &count);
  fake_event (s.a1, ICE_EVENT_CREDENTIALS);
  fake_event (s.a1, ICE_EVENT_CHECKING);
  fake_settle ();
  g_assert_cmpuint (g_atomic_int_get (&count), ==, 0);
  fake_event (s.a1, ICE_EVENT_CHECKS_DONE);
  recorder_wait (s.recorder, "checking disconnected checks-exhausted\n");
  suite_wait_until (g_atomic_int_get (&count) == 1);
  g_signal_handlers_disconnect_by_data (s.a1, &count);
  session_end (&s);
}

int
main (int argc, char **argv)
{
  static const SuiteTest tests[] = {
    { "/states/deadlines", test_deadlines },
    { "/lists/burst", test_burst },
    { "/lists/steady", test_steady },
    { "/lists/candidates", test_candidates },
    { "/lists/gathered", test_gathered },
    { "/lists/before-gathering", test_before_gathering },
    { "/lists/states", test_states },
    { "/lists/closed", test_closed },
    { "/lists/pairs-of-several", test_pairs_of_several },
    { "/lists/pairs-after-checks", test_pairs_after_checks },
  };

  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
