/* gst-ice: tests of the order of a component's states.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "trace/nicestateorder.h"

/* Letters are states. Lower case: a line of the log; upper case: its signal;
 * '!': a restart. */
static const struct
{
  const gchar *name, *input, *reported;
} tests[] = {
  { "in-order", "aAbBcC", "abc" },
  { "lines-before-signals", "abcABC", "abc" },
  { "overtaken", "abcBCA", "abc" },
  { "overtaken-by-the-last", "abcCAB", "abc" },
  { "one-waits", "abcBA", "ab" },
  { "a-state-again", "abaABA", "aba" },
  { "the-second-overtakes", "abaBAA", "aba" },
  { "without-a-log", "ABCA", "abca" },
  { "a-signal-without-a-line", "aAB", "a" },
  { "before-a-restart", "ab!AB", "" },
  { "late-after-a-restart", "ab!cACB", "c" },
  { "without-a-log-after-a-restart", "A!B", "ab" },
};

static void
test_order (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data), n, k;
  NiceStateOrder order = { 0 };
  g_autoptr (GString) reported = g_string_new (NULL);
  const gchar *c;

  for (c = tests[i].input; *c != '\0'; c++) {
    guint states[NICE_STATE_ORDER_MAX];

    if (*c == '!')
      nice_state_order_restart (&order);
    else if (g_ascii_islower (*c))
      nice_state_order_log (&order, *c);
    else {
      n = nice_state_order_signal (&order, g_ascii_tolower (*c), states);
      for (k = 0; k < n; k++)
        g_string_append_c (reported, states[k]);
    }
  }
  g_assert_cmpstr (reported->str, ==, tests[i].reported);
}

/* Signals that never come: the oldest lines are forgotten. */
static void
test_bounded (void)
{
  NiceStateOrder order = { 0 };
  guint states[NICE_STATE_ORDER_MAX], i, n;

  for (i = 0; i < 3 * NICE_STATE_ORDER_MAX; i++)
    nice_state_order_log (&order, i);
  g_assert_cmpuint (
      nice_state_order_signal (&order, 2 * NICE_STATE_ORDER_MAX - 1, states),
      ==, 0);
  n = nice_state_order_signal (&order, 3 * NICE_STATE_ORDER_MAX - 1, states);
  g_assert_cmpuint (n, ==, NICE_STATE_ORDER_MAX);
  for (i = 0; i < n; i++)
    g_assert_cmpuint (states[i], ==, 2 * NICE_STATE_ORDER_MAX + i);
}

int
main (int argc, char *argv[])
{
  guint i;

  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autofree gchar *path = g_strconcat (
        "/nicestateorder/", tests[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_order);
  }
  g_test_add_func ("/nicestateorder/bounded", test_bounded);
  return g_test_run ();
}
