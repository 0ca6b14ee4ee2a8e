/* gst-ice: test of the selected pair of a generation: what is reported of it.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice and the admission of TCP connections are played by this file. */

#include "agent/gsticeniceselection.h"
#include "pairsfixture.h"

#define UNLIMITED 0 /* ms */
#define LOCAL "candidate:1 1 TCP 1 192.0.2.1 40001 typ host tcptype passive"
#define REMOTE "candidate:2 1 TCP 1 192.0.2.2 9 typ host tcptype active"

typedef struct
{
  PairsFixture *pairs;
  GString *log; /* what was reported, a word each */
  GstIceNiceConsent *consent;
  GstIceNiceMedia *media;
  GstIceNiceSelection *selection;
} Fixture;

static gboolean connection_is_open;

gboolean
gst_ice_nice_tcp_admission_select (GstIceNiceTcpAdmission *admission,
    const NiceCandidate *local, const NiceCandidate *remote)
{
  g_assert_cmpuint (nice_address_get_port (&local->addr), ==, 40001);
  g_assert_cmpuint (nice_address_get_port (&remote->addr), ==, 9);
  return connection_is_open;
}

static void
on_event (GstIceTransport *transport, IceEvent event, gpointer data)
{
  g_string_append (((Fixture *) data)->log,
      event == ICE_EVENT_SOCKET_ERROR      ? "lost "
          : event == ICE_EVENT_CHECKS_DONE ? "done "
                                           : "other ");
}

static void
on_selected_pair (GstIceTransport *transport, const GstStructure *pair,
    gboolean nominated, gpointer data)
{
  g_string_append (
      ((Fixture *) data)->log, nominated ? "nominated " : "selected ");
}

static void
on_pair (GstIceTransport *transport, const GstStructure *pair,
    gboolean is_state, gpointer data)
{
}

static void
on_selects (const NiceCandidate *local, gpointer data)
{
  g_string_append (((Fixture *) data)->log, "selects ");
}

static void
open_selection (Fixture *f, PairsFixture *pairs)
{
  static const GstIceTransportObserver observer = {
    .event = on_event,
    .selected_pair = on_selected_pair,
    .pair = on_pair,
  };
  GstIceNiceSelectionParts parts = {
    .transport = pairs->transport,
    .pairs = pairs->pairs,
    .flood_guard = pairs->flood_guard,
    .admission = (GstIceNiceTcpAdmission *) f, /* played */
  };

  f->pairs = pairs;
  f->log = g_string_new (NULL);
  gst_ice_transport_set_observer (pairs->transport, &observer, f);
  parts.consent = f->consent = gst_ice_nice_consent_new (
      pairs->transport, pairs->context, pairs->roles, UNLIMITED, UNLIMITED);
  parts.media = f->media = gst_ice_nice_media_new (pairs->transport);
  f->selection = gst_ice_nice_selection_new (
      pairs->context, &parts, on_selects, f);
}

static void
close_selection (Fixture *f)
{
  pairs_drain (f->pairs);
  gst_ice_nice_selection_free (f->selection);
  gst_ice_nice_media_close (f->media);
  gst_ice_nice_media_free (f->media);
  gst_ice_nice_consent_free (f->consent);
  g_string_free (f->log, TRUE);
}

static void
take (Fixture *f, gboolean nominated)
{
  g_autoptr (IceCandidate) local = ice_candidate_parse (LOCAL, NULL);
  g_autoptr (IceCandidate) remote = ice_candidate_parse (REMOTE, NULL);
  IceCheckEndpoint base;

  ice_check_endpoint_set (&base, local);
  gst_ice_nice_selection_take (f->selection, local, &base, remote, nominated);
}

static void
assert_reported (Fixture *f, const gchar *expected)
{
  g_assert_cmpstr (f->log->str, ==, expected);
  g_string_truncate (f->log, 0);
}

/* A connection that has ended before its pair is selected: the path is lost,
 * and there is nothing more to wait for. */
static void
test_connection (PairsFixture *pairs, gconstpointer unused)
{
  Fixture f;

  open_selection (&f, pairs);
  g_assert_false (gst_ice_nice_selection_has_pair (f.selection));
  connection_is_open = FALSE;
  take (&f, FALSE);
  assert_reported (&f, "selects selected lost done ");
  connection_is_open = TRUE;
  take (&f, TRUE);
  assert_reported (&f, "selects nominated ");
  g_assert_true (gst_ice_nice_selection_has_pair (f.selection));
  g_assert_true (gst_ice_nice_selection_is_tcp (f.selection));
  close_selection (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  pairs_add_test ("/selection/connection", test_connection);
  return g_test_run ();
}
