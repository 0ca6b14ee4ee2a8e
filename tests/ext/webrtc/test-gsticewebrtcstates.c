/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * W3C's states over many transports, for all combinations of three. */

#include "gsticewebrtcstates.h"
#include <glib.h>

#define N_STATES 7
#define MAX_TRANSPORTS 3

typedef struct
{
  guint n;
  guint of[N_STATES]; /* how many transports are in which state */
} Count;

#define OF(count, state) ((count)->of[GST_WEBRTC_ICE_CONNECTION_STATE_##state])

/* W3C webrtc-pc section 5.6.4, sentence by sentence. */
static GstWebRTCICEConnectionState
expect (const Count *c)
{
  if (OF (c, FAILED) > 0)
    return GST_WEBRTC_ICE_CONNECTION_STATE_FAILED;
  if (OF (c, DISCONNECTED) > 0)
    return GST_WEBRTC_ICE_CONNECTION_STATE_DISCONNECTED;
  if (OF (c, NEW) + OF (c, CLOSED) == c->n)
    return GST_WEBRTC_ICE_CONNECTION_STATE_NEW;
  if (OF (c, NEW) + OF (c, CHECKING) > 0)
    return GST_WEBRTC_ICE_CONNECTION_STATE_CHECKING;
  if (OF (c, COMPLETED) + OF (c, CLOSED) == c->n)
    return GST_WEBRTC_ICE_CONNECTION_STATE_COMPLETED;
  return GST_WEBRTC_ICE_CONNECTION_STATE_CONNECTED;
}

static void
check_all (GstWebRTCICEConnectionState *states, guint n, guint at, Count *count)
{
  gint state;

  if (at == n) {
    g_assert_cmpint (gst_ice_webrtc_states_get_connection (states, n, FALSE),
        ==, expect (count));
    g_assert_cmpint (gst_ice_webrtc_states_get_connection (states, n, TRUE), ==,
        GST_WEBRTC_ICE_CONNECTION_STATE_CLOSED);
    return;
  }
  for (state = 0; state < N_STATES; state++) {
    states[at] = state;
    count->of[state]++;
    check_all (states, n, at + 1, count);
    count->of[state]--;
  }
}

static void
test_connection (void)
{
  GstWebRTCICEConnectionState states[MAX_TRANSPORTS];
  guint n;

  for (n = 0; n <= MAX_TRANSPORTS; n++) {
    Count count = { .n = n };

    check_all (states, n, 0, &count);
  }
}

static void
test_gathering (void)
{
  const GstWebRTCICEGatheringState NEW = GST_WEBRTC_ICE_GATHERING_STATE_NEW;
  const GstWebRTCICEGatheringState GATHERING =
      GST_WEBRTC_ICE_GATHERING_STATE_GATHERING;
  const GstWebRTCICEGatheringState COMPLETE =
      GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE;
  const struct
  {
    guint n;
    GstWebRTCICEGatheringState states[2], expected;
  } rows[] = {
    { 0, { NEW, NEW }, NEW },
    { 1, { NEW, NEW }, NEW },
    { 1, { GATHERING, NEW }, GATHERING },
    { 1, { COMPLETE, NEW }, COMPLETE },
    { 2, { COMPLETE, COMPLETE }, COMPLETE },
    { 2, { COMPLETE, NEW }, NEW },
    { 2, { NEW, GATHERING }, GATHERING },
    { 2, { COMPLETE, GATHERING }, GATHERING },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (
        gst_ice_webrtc_states_get_gathering (rows[i].states, rows[i].n), ==,
        rows[i].expected);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/webrtc/states/connection", test_connection);
  g_test_add_func ("/webrtc/states/gathering", test_gathering);
  return g_test_run ();
}
