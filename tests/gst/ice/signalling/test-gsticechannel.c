/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a session gets of its peer's messages. */
#include "signallerharness.h"
#include "signalling/gsticechannel.h"

typedef struct
{
  GString *log;
  guint n_byes;
} Owner;

static void
on_opened (gpointer data)
{
  g_string_append (((Owner *) data)->log, "opened ");
}

static gboolean
on_parameters (guint stream, const gchar *ufrag, const gchar *password,
    guint generation, gpointer data, GError **error)
{
  g_string_append_printf (((Owner *) data)->log, "%s ", ufrag);
  return TRUE;
}

static gboolean
on_candidate (guint stream, const gchar *ufrag, const gchar *candidate,
    gpointer data, GError **error)
{
  g_string_append (((Owner *) data)->log, "candidate ");
  return TRUE;
}

static void
on_bye (gpointer data)
{
  Owner *owner = data;

  g_string_append (owner->log, "bye ");
  owner->n_byes++;
}

static void
on_closed (gboolean after_bye, gpointer data)
{
  g_string_append (((Owner *) data)->log, "closed ");
}

static void
on_problem (const GError *error, gboolean over, gpointer data)
{
  g_string_append_printf (((Owner *) data)->log, "problem:%s ", error->message);
}

static const GstIceChannelCallbacks callbacks = {
  .opened = on_opened,
  .parameters = on_parameters,
  .candidate = on_candidate,
  .bye = on_bye,
  .closed = on_closed,
  .problem = on_problem,
};

/* The end of the peer's stream is reported once, and no timer is left. */
static void
test_bye (void)
{
  const IceSignallingUri uri = { .mode = ICE_SIGNALLING_LISTENER,
    .port = harness_free_port (),
    .timeout = ICE_SIGNALLING_DEFAULT_TIMEOUT };
  g_autoptr (GSocketAddress) address = raw_tcp_address (uri.port);
  g_autoptr (GString) log = g_string_new (NULL);
  Owner owner = { log, 0 };
  GstIceChannel *channel = gst_ice_channel_new (
      &uri, harness_context, &callbacks, &owner);
  g_autoptr (GError) error = NULL;
  g_autoptr (Raw) raw = NULL;

  g_assert_true (gst_ice_channel_start (channel, &error));
  g_assert_no_error (error);
  raw = raw_connect (address);
  raw_send (raw, PARAMETERS CANDIDATE BYE, -1);
  WAIT (owner.n_byes > 0);
  g_assert_cmpstr (log->str, ==, "opened frag candidate bye ");
  g_assert_cmpint (harness_get_timeout (), ==, -1);
  gst_ice_channel_close (channel, NULL, NULL);
  harness_settle ();
}

static const HarnessTest tests[] = {
  { "/channel/bye", test_bye },
};

int
main (int argc, char **argv)
{
  harness_init (&argc, &argv);
  return harness_run (tests, G_N_ELEMENTS (tests));
}
