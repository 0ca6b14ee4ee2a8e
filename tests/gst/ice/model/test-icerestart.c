/* gst-ice: test of icerestart: the intervals, every cause, every short event
 * against what the rule promises.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/icerestart.h"

#define S (G_GINT64_CONSTANT (1000000))
#define FAILED GST_ICE_RESTART_ON_FAILED
#define DISCONNECTED GST_ICE_RESTART_ON_DISCONNECTED
#define NETWORK_CHANGE GST_ICE_RESTART_ON_NETWORK_CHANGE
#define ALL (FAILED | DISCONNECTED | NETWORK_CHANGE)

static void
set_state (IceRestart *self, GstIceConnectionState state, gint64 now)
{
  ice_restart_set_states (self, &state, 1, now);
}

#define set_failed(self, now)                                                  \
  set_state (self, GST_ICE_CONNECTION_STATE_FAILED, now)
#define set_connected(self, now)                                               \
  set_state (self, GST_ICE_CONNECTION_STATE_CONNECTED, now)
#define set_checking(self, now)                                                \
  set_state (self, GST_ICE_CONNECTION_STATE_CHECKING, now)

/* Which cause is one, for each setting and each state of two transports. */
static void
test_causes (void)
{
  GstIceRestartOn on;
  guint code;

  for (on = 0; on <= ALL; on++) {
    for (code = 0; code < 8 * 7 * 7; code++) {
      GstIceConnectionState states[] = { code % 7, code / 7 % 7 };
      gboolean gone = code / 49 % 2, found = code / 98 % 2;
      gboolean network_first = code / 196;
      gboolean due = gone && (on & NETWORK_CHANGE);
      IceRestart self;
      guint i;

      for (i = 0; i < 2; i++) {
        gboolean failed = states[i] == GST_ICE_CONNECTION_STATE_FAILED;
        gboolean disconnected = states[i]
            == GST_ICE_CONNECTION_STATE_DISCONNECTED;

        due |= (failed && (on & FAILED))
            || (disconnected && (on & DISCONNECTED))
            || ((failed || disconnected) && found && (on & NETWORK_CHANGE));
      }
      ice_restart_init (&self, on);
      g_assert_cmpint (ice_restart_get_due (&self), ==, -1);
      if (network_first)
        ice_restart_set_network_changed (&self, gone, found);
      ice_restart_set_states (&self, states, 2, 7 * S);
      if (!network_first)
        ice_restart_set_network_changed (&self, gone, found);
      g_assert_cmpint (ice_restart_get_due (&self), ==, due ? 0 : -1);
      ice_restart_note (&self, 7 * S);
      g_assert_cmpint (ice_restart_get_due (&self), ==, -1);
    }
  }
}

static void
test_cause_goes (void)
{
  IceRestart self;

  ice_restart_init (&self, ALL);
  ice_restart_note (&self, 0);
  set_failed (&self, 1 * S);
  g_assert_cmpint (ice_restart_get_due (&self), ==, 5 * S);
  set_checking (&self, 2 * S);
  g_assert_cmpint (ice_restart_get_due (&self), ==, -1);
  ice_restart_set_network_changed (&self, TRUE, FALSE);
  g_assert_cmpint (ice_restart_get_due (&self), ==, 5 * S);
  ice_restart_set_network_changed (&self, FALSE, FALSE);
  g_assert_cmpint (ice_restart_get_due (&self), ==, -1);
  ice_restart_init (&self, NETWORK_CHANGE);
  set_failed (&self, 1 * S);
  ice_restart_set_network_changed (&self, FALSE, TRUE);
  g_assert_cmpint (ice_restart_get_due (&self), ==, 0);
  set_connected (&self, 2 * S);
  g_assert_cmpint (ice_restart_get_due (&self), ==, -1);
}

static void
test_no_transports (void)
{
  IceRestart self;

  ice_restart_init (&self, ALL);
  ice_restart_set_states (&self, NULL, 0, 0);
  g_assert_cmpint (ice_restart_get_due (&self), ==, -1);
}

/* Each in vain: 5, 10, 20, 40, 60, 60 s. */
static void
test_back_off (void)
{
  static const gint64 intervals[] = { 5, 10, 20, 40, 60, 60, 60 };
  gint64 now = 100 * S;
  IceRestart self;
  guint i;

  ice_restart_init (&self, FAILED);
  set_failed (&self, now);
  g_assert_cmpint (ice_restart_get_due (&self), ==, 0); /* at once */
  for (i = 0; i < G_N_ELEMENTS (intervals); i++) {
    ice_restart_note (&self, now);
    set_checking (&self, now);
    g_assert_cmpint (ice_restart_get_due (&self), ==, -1);
    set_failed (&self, now + 1 * S);
    g_assert_cmpint (ice_restart_get_due (&self), ==, now + intervals[i] * S);
    now = ice_restart_get_due (&self);
  }
}

/* It was up for long enough, at a stretch, and is forgiven. */
static void
test_forgives (void)
{
  IceRestart self;

  ice_restart_init (&self, FAILED);
  ice_restart_note (&self, 0);
  ice_restart_note (&self, 5 * S);
  g_assert_cmpint (self.interval, ==, 20 * S);
  set_connected (&self, 6 * S);
  set_checking (&self, 25 * S); /* 19 s */
  set_connected (&self, 26 * S);
  set_failed (&self, 45 * S); /* 19 s */
  ice_restart_note (&self, 46 * S);
  g_assert_cmpint (self.interval, ==, 40 * S);
  set_connected (&self, 50 * S);
  set_connected (&self, 60 * S); /* again: it was up before */
  set_failed (&self, 90 * S);
  ice_restart_note (&self, 90 * S);
  set_failed (&self, 90 * S);
  g_assert_cmpint (ice_restart_get_due (&self), ==, 95 * S);
  ice_restart_note (&self, 95 * S);
  set_failed (&self, 95 * S);
  g_assert_cmpint (ice_restart_get_due (&self), ==, 105 * S);
}

/* A call is up while each of its transports works, and there is one. */
static void
test_up (void)
{
  static const GstIceConnectionState
      up[] = { GST_ICE_CONNECTION_STATE_CONNECTED,
        GST_ICE_CONNECTION_STATE_COMPLETED },
      half[] = { GST_ICE_CONNECTION_STATE_COMPLETED,
        GST_ICE_CONNECTION_STATE_CHECKING };
  IceRestart self;

  ice_restart_init (&self, FAILED);
  ice_restart_set_states (&self, up, 2, 6 * S);
  g_assert_cmpint (self.up_since, ==, 6 * S);
  ice_restart_set_states (&self, half, 2, 7 * S);
  g_assert_cmpint (self.up_since, ==, -1);
  ice_restart_set_states (&self, up, 2, 8 * S);
  g_assert_cmpint (self.up_since, ==, 8 * S);
  ice_restart_set_states (&self, NULL, 0, 9 * S);
  g_assert_cmpint (self.up_since, ==, -1);
  ice_restart_init (&self, FAILED);
  set_connected (&self, 0);
  set_connected (&self, 1 * S);
  g_assert_cmpint (self.up_since, ==, 0);
}

/* It was up until the restart, and no other state was set in between. */
static void
test_forgives_at_restart (void)
{
  IceRestart self;

  ice_restart_init (&self, FAILED);
  ice_restart_note (&self, 0);
  ice_restart_note (&self, 5 * S);
  set_connected (&self, 6 * S);
  ice_restart_note (&self, 26 * S);
  g_assert_cmpint (self.interval, ==, 10 * S);
  /* from now on it counts again */
  set_connected (&self, 30 * S);
  ice_restart_note (&self, 39 * S);
  g_assert_cmpint (self.interval, ==, 20 * S);
}

/* All stories of a length: no restart by itself without a cause, none earlier
 * than 5 s after another one, none later than 60 s after the cause. */

typedef enum
{
  EVENT_FAILED,
  EVENT_DISCONNECTED,
  EVENT_CONNECTED,
  EVENT_NETWORK,
  EVENT_NETWORK_NEW,
  EVENT_NETWORK_BACK,
  EVENT_BY_OTHERS,
  EVENT_WAIT,      /* 3 s */
  EVENT_WAIT_LONG, /* 61 s */
  N_EVENTS
} Event;

#define LENGTH 6

typedef struct
{
  IceRestart rule;
  gint64 now;
  gint64 last;  /* restart; -1 = none */
  gint64 cause; /* since when there is one; -1 = none */
  gboolean failed, disconnected, gone, found;
  guint restarts;
} Simulation;

static gboolean
has_cause (const Simulation *self)
{
  gboolean down = self->failed || self->disconnected;

  return self->gone || (down && (self->found || self->rule.on == ALL));
}

static void
check_restart (Simulation *self, gint64 now)
{
  g_assert_cmpint (self->cause, >=, 0);
  g_assert_cmpint (now - self->cause, <=, 60 * S);
  if (self->last >= 0)
    g_assert_cmpint (now - self->last, >=, 5 * S);
  self->restarts++;
}

/* As who waits for what is due would do it; the cause outlives it. */
static void
let_pass (Simulation *self, gint64 time)
{
  gint64 end = self->now + time, due;

  while ((due = ice_restart_get_due (&self->rule)) >= 0
      && MAX (due, self->now) <= end) {
    self->now = MAX (due, self->now);
    check_restart (self, self->now);
    ice_restart_note (&self->rule, self->now);
    self->last = self->cause = self->now;
    self->gone = self->found = FALSE;
    if (self->failed || self->disconnected)
      set_state (&self->rule,
          self->failed ? GST_ICE_CONNECTION_STATE_FAILED
                       : GST_ICE_CONNECTION_STATE_DISCONNECTED,
          self->now);
    if (!has_cause (self))
      self->cause = -1;
  }
  self->now = end;
}

static void
apply (Simulation *self, Event event)
{
  gboolean had_cause = self->cause >= 0;

  switch (event) {
    case EVENT_FAILED:
    case EVENT_DISCONNECTED:
    case EVENT_CONNECTED:
      self->failed = event == EVENT_FAILED;
      self->disconnected = event == EVENT_DISCONNECTED;
      set_state (&self->rule,
          self->failed             ? GST_ICE_CONNECTION_STATE_FAILED
              : self->disconnected ? GST_ICE_CONNECTION_STATE_DISCONNECTED
                                   : GST_ICE_CONNECTION_STATE_CONNECTED,
          self->now);
      break;
    case EVENT_NETWORK:
    case EVENT_NETWORK_NEW:
    case EVENT_NETWORK_BACK:
      self->gone = event == EVENT_NETWORK;
      self->found = event == EVENT_NETWORK_NEW;
      ice_restart_set_network_changed (&self->rule, self->gone, self->found);
      break;
    case EVENT_BY_OTHERS:
      ice_restart_note (&self->rule, self->now);
      set_checking (&self->rule, self->now);
      self->last = self->now;
      self->failed = self->disconnected = self->gone = self->found = FALSE;
      break;
    case EVENT_WAIT:
    case EVENT_WAIT_LONG:
    case N_EVENTS:
      break;
  }
  if (!has_cause (self))
    self->cause = -1;
  else if (!had_cause)
    self->cause = self->now;
  let_pass (self,
      event == EVENT_WAIT            ? 3 * S
          : event == EVENT_WAIT_LONG ? 61 * S
                                     : 0);
}

static void
test_sequences (gconstpointer on)
{
  guint code, total = 1, i, restarts = 0;

  for (i = 0; i < LENGTH; i++)
    total *= N_EVENTS;
  for (code = 0; code < total; code++) {
    Simulation self = { .now = 1000 * S, .last = -1, .cause = -1 };
    guint rest = code;

    ice_restart_init (&self.rule, (GstIceRestartOn) GPOINTER_TO_UINT (on));
    for (i = 0; i < LENGTH; i++, rest /= N_EVENTS)
      apply (&self, rest % N_EVENTS);
    restarts += self.restarts;
  }
  g_assert_cmpuint (
      restarts, >, total / 4); /* so the sequences do cause restarts */
}

static const struct
{
  const gchar *path;
  GTestFunc function;
} tests[] = {
  { "/icerestart/causes", test_causes },
  { "/icerestart/causes/go", test_cause_goes },
  { "/icerestart/causes/no-transports", test_no_transports },
  { "/icerestart/back-off", test_back_off },
  { "/icerestart/up", test_up },
  { "/icerestart/forgives", test_forgives },
  { "/icerestart/forgives/at-restart", test_forgives_at_restart },
};

int
main (int argc, char **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_func (tests[i].path, tests[i].function);
  g_test_add_data_func (
      "/icerestart/sequences/all", GUINT_TO_POINTER (ALL), test_sequences);
  g_test_add_data_func ("/icerestart/sequences/network",
      GUINT_TO_POINTER (NETWORK_CHANGE), test_sequences);
  return g_test_run ();
}
