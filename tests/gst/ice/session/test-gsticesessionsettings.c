/* gst-ice: test of a session's settings: effects, and until when they change.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessioncalls.h"
#include "sessionfixture.h"
#include "suite.h"

#include <string.h>

static gchar *
get (Session *s, const gchar *property)
{
  gchar *text = NULL;

  g_object_get (s->agent, property, &text, NULL);
  return text;
}

static void
assert_is (Session *s, const gchar *property, const gchar *expected)
{
  g_autofree gchar *text = get (s, property);

  g_assert_cmpstr (text, ==, expected);
}

/* One that is made up lasts until another one is set; without that one, there
 * is a new one. */
static void
test_made_up (void)
{
  static const struct
  {
    const gchar *property, *value;
    gsize length;
  } rows[] = { { "local-ufrag", "mine", 8 },
    { "local-pwd", "mine+mine+mine+mine+mine", 24 } };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    const gchar *property = rows[i].property;
    g_autofree gchar *first = NULL, *next = NULL;
    Session s;

    session_start (&s);
    first = get (&s, property);
    g_assert_cmpuint (strlen (first), ==, rows[i].length);
    g_object_set (s.agent, property, NULL, NULL);
    assert_is (&s, property, first);
    g_object_set (s.agent, property, rows[i].value, NULL);
    assert_is (&s, property, rows[i].value);
    g_object_set (s.agent, property, NULL, NULL);
    next = get (&s, property);
    g_assert_cmpuint (strlen (next), ==, rows[i].length);
    g_assert_cmpstr (next, !=, first);
    g_assert_cmpstr (next, !=, rows[i].value);
    g_object_set (s.agent, property, NULL, NULL); /* again */
    assert_is (&s, property, next);
    session_end (&s);
  }
}

/* Of a change, and of no other call. */
static void
test_notified (void)
{
  Session s;

  session_start (&s);
  g_object_set (s.agent, "min-port", 5000, NULL);
  assert_recorded (s.recorder, "agent min-port -\n");
  g_object_set (s.agent, "min-port", 5000, NULL);
  assert_recorded (s.recorder, "");
  g_object_set (s.agent, "stun-server", "http:wrong", NULL);
  {
    g_autofree gchar *lines = recorder_take (s.recorder);

    g_assert_true (g_str_has_prefix (lines, "bus WARNING "));
  }
  session_end (&s);
}

/* Once gathering was requested, only the same value is taken. */
static void
test_in_use (void)
{
  guint port;
  Session s;

  session_start (&s);
  g_object_set (s.agent, "min-port", 5000, NULL);
  session_gather (&s);
  session_drain (&s);
  g_object_set (s.agent, "min-port", 5000, NULL);
  assert_recorded (s.recorder, "");
  g_object_set (s.agent, "min-port", 6000, NULL);
  assert_recorded (s.recorder,
      "bus WARNING min-port cannot change after gathering was requested\n");
  g_object_get (s.agent, "min-port", &port, NULL);
  g_assert_cmpuint (port, ==, 5000);
  g_object_set (s.agent, "on-failed", GST_ICE_ON_FAILED_EOS, NULL);
  assert_recorded (s.recorder, "agent on-failed eos\n");
  session_end (&s);
}

/* The properties' credentials are those of each stream that has none. */
static void
test_credentials_of_streams (void)
{
  Session s;

  session_start (&s);
  s.b1 = session_add_transport (&s, 1, 1);
  session_gather (&s);
  session_set_credentials (&s, 0, "peer");
  fake_settle ();
  g_free (fake_take_log (s.a1));
  g_free (fake_take_log (s.b1));
  g_object_set (s.agent, "remote-ufrag", "next", "remote-pwd", FAKE_PWD, NULL);
  assert_log (s.a1, "");
  assert_log (s.b1, "credentials:next ");
  assert_is (&s, "remote-ufrag", "peer");
  assert_is (&s, "remote-pwd", FAKE_PWD);
  session_drain (&s);
  g_object_set (s.agent, "remote-ufrag", "late", NULL); /* all have them */
  recorder_wait (s.recorder, "remote-ufrag cannot change once the peer's");
  g_object_set (s.agent, "remote-pwd", "another+password+another", NULL);
  recorder_wait (s.recorder, "remote-pwd cannot change once the peer's");
  session_end (&s);
}

/* The stream that is there when the properties are set, or that comes later. */
static void
test_credentials_of_later_stream (void)
{
  Session s;

  session_start (&s);
  g_object_set (s.agent, "remote-ufrag", "peer", "remote-pwd", FAKE_PWD, NULL);
  session_gather (&s);
  s.b1 = session_add_transport (&s, 1, 1);
  session_gather (&s);
  assert_log (s.b1, "gather:controlling:stun=-:turn=0 credentials:peer ");
  session_end (&s);
}

static void
test_verify (void)
{
  g_autoptr (GError) error = NULL, gathering = NULL;
  GstIceSession *session;
  Session s;

  session_start (&s);
  session = gst_ice_agent_get_session (s.agent);
  g_assert_true (gst_ice_session_verify (session, NULL));
  g_assert_true (gst_ice_session_verify_gathering (session, NULL));
  gst_ice_session_close (session);
  g_assert_false (gst_ice_session_verify (session, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_false (gst_ice_session_verify_gathering (session, &gathering));
  g_assert_error (gathering, G_IO_ERROR, G_IO_ERROR_CLOSED);
  session_end (&s);
}

static const SuiteTest tests[] = {
  { "/session/settings/made-up", test_made_up },
  { "/session/settings/notified", test_notified },
  { "/session/settings/in-use", test_in_use },
  { "/session/settings/credentials/of-streams", test_credentials_of_streams },
  { "/session/settings/credentials/of-later-stream",
      test_credentials_of_later_stream },
  { "/session/settings/verify", test_verify },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
