/* gst-ice: test of the channel: what is sent, and what is reported.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The signaller is played by this file. */

#include "signalling/gsticechannel.h"
#include "signalling/gsticesignaller.h"

#define GRACE 100 /* ms */

typedef struct
{
  GMainContext *context;
  GstIceChannel *channel;
} Fixture;

static GString *calls; /* a word each */
static const GstIceSignallerCallbacks *peer;
static gpointer peer_data;
static gboolean accepts, starts;
static guint n_low; /* how often a source of low priority ran */

/* The signaller. */

GstIceSignaller *
gst_ice_signaller_new (const IceSignallingUri *uri, GMainContext *context,
    const GstIceSignallerCallbacks *callbacks, gpointer user_data)
{
  peer = callbacks;
  peer_data = user_data;
  return (GstIceSignaller *) &accepts;
}

void
gst_ice_signaller_set_upgrade (
    GstIceSignaller *signaller, GstIceUpgrade *upgrade)
{
  g_assert_null (upgrade);
}

void
gst_ice_signaller_set_silence_limit (
    GstIceSignaller *signaller, guint milliseconds)
{
}

gboolean
gst_ice_signaller_start (GstIceSignaller *signaller, GError **error)
{
  return starts;
}

void
gst_ice_signaller_send (GstIceSignaller *signaller, const IceMessage *message)
{
  if (message->type == ICE_MESSAGE_PARAMETERS)
    g_string_append_printf (calls, "send-parameters:%u:%s:%s:%d:%u ",
        message->stream, message->ufrag, message->password, message->role,
        message->generation);
  else if (message->type == ICE_MESSAGE_CANDIDATE)
    g_string_append_printf (calls, "send-candidate:%u:%s:%s ", message->stream,
        message->ufrag, message->candidate);
  else
    g_string_append (calls, "send-bye ");
}

void
gst_ice_signaller_close (GstIceSignaller *signaller)
{
  g_string_append (calls, "signaller-closed ");
}

/* The channel's user. */

static void
on_opened (gpointer data)
{
  g_string_append (calls, "opened ");
}

static gboolean
answer (GError **error)
{
  if (!accepts)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "wrong");
  return accepts;
}

static gboolean
on_parameters (guint stream, const gchar *ufrag, const gchar *password,
    guint generation, gpointer data, GError **error)
{
  g_string_append_printf (
      calls, "parameters:%u:%s:%s:%u ", stream, ufrag, password, generation);
  return answer (error);
}

static gboolean
on_candidate (guint stream, const gchar *ufrag, const gchar *candidate,
    gpointer data, GError **error)
{
  g_string_append_printf (
      calls, "candidate:%u:%s:%s ", stream, ufrag, candidate);
  return answer (error);
}

static void
on_bye (gpointer data)
{
  g_string_append (calls, "bye ");
}

static void
on_closed (gboolean after_bye, gpointer data)
{
  g_string_append (calls, after_bye ? "closed-after-bye " : "closed ");
}

static void
on_problem (const GError *error, gboolean over, gpointer data)
{
  g_string_append_printf (
      calls, "%s(%s) ", over ? "over" : "problem", error->message);
}

static void
on_gone (gpointer unused)
{
  g_string_append (calls, "gone ");
}

static void
assert_calls (const gchar *expected)
{
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  static const IceSignallingUri uri = { 0 };
  static const GstIceChannelCallbacks callbacks = {
    .opened = on_opened,
    .parameters = on_parameters,
    .candidate = on_candidate,
    .bye = on_bye,
    .closed = on_closed,
    .problem = on_problem,
  };

  calls = g_string_new (NULL);
  accepts = starts = TRUE;
  f->context = g_main_context_new ();
  f->channel = gst_ice_channel_new (&uri, f->context, &callbacks, f);
  g_assert_true (gst_ice_channel_start (f->channel, NULL));
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_string_truncate (calls, 0);
  gst_ice_channel_close (f->channel, on_gone, NULL);
  assert_calls ("signaller-closed gone ");
  g_assert_false (g_main_context_iteration (f->context, FALSE));
  g_main_context_unref (f->context);
  g_string_free (calls, TRUE);
}

static void
receive (IceMessageType type)
{
  const IceMessage message = {
    .type = type,
    .stream = 3,
    .ufrag = (gchar *) "ufrag",
    .password = (gchar *) "password",
    .candidate = (gchar *) "text",
    .generation = 4,
  };

  peer->message (NULL, &message, peer_data);
}

static void
refuse (void)
{
  g_autoptr (GError)
      error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "stranger");

  peer->refused (NULL, error, peer_data);
}

static void
close_line (const gchar *why)
{
  g_autoptr (GError) error = why != NULL
      ? g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, why)
      : NULL;

  peer->closed (NULL, error, peer_data);
}

/* Nothing is sent before the line is open, nor after it is closed. */
static void
test_send (Fixture *f, gconstpointer unused)
{
  gst_ice_channel_send_candidate (f->channel, 1, "a", "b");
  assert_calls ("");
  peer->opened (NULL, peer_data);
  assert_calls ("opened ");
  gst_ice_channel_send_candidate (f->channel, 1, "a", "b");
  gst_ice_channel_send_parameters (
      f->channel, 2, "c", "d", GST_ICE_ROLE_CONTROLLED, 5);
  assert_calls ("send-candidate:1:a:b send-parameters:2:c:d:2:5 ");
  close_line (NULL);
  assert_calls ("closed ");
  gst_ice_channel_send_candidate (f->channel, 1, "a", "b");
  assert_calls ("");
}

static void
test_start (Fixture *f, gconstpointer unused)
{
  g_assert_true (gst_ice_channel_start (f->channel, NULL));
  starts = FALSE;
  g_assert_false (gst_ice_channel_start (f->channel, NULL));
}

/* One BYE, and one more for each line that is opened later. */
static void
test_send_bye (Fixture *f, gconstpointer unused)
{
  gst_ice_channel_send_bye (f->channel);
  assert_calls ("");
  peer->opened (NULL, peer_data);
  assert_calls ("opened send-bye ");
  gst_ice_channel_send_bye (f->channel);
  assert_calls ("");
  close_line ("lost"); /* nobody waits for it any more */
  assert_calls ("closed ");
}

static void
test_send_bye_now (Fixture *f, gconstpointer unused)
{
  peer->opened (NULL, peer_data);
  g_string_truncate (calls, 0);
  gst_ice_channel_send_bye (f->channel);
  assert_calls ("send-bye ");
}

static void
test_lost (Fixture *f, gconstpointer unused)
{
  close_line ("lost");
  assert_calls ("closed over(lost) ");
}

/* The user's errors are reported at a bounded rate, and strangers apart. */
static void
test_problems (Fixture *f, gconstpointer unused)
{
  receive (ICE_MESSAGE_PARAMETERS);
  assert_calls ("parameters:3:ufrag:password:4 ");
  accepts = FALSE;
  receive (ICE_MESSAGE_CANDIDATE);
  assert_calls (
      "candidate:3:ufrag:text problem(the peer's signalling: wrong) ");
  receive (ICE_MESSAGE_PARAMETERS);
  assert_calls ("parameters:3:ufrag:password:4 ");
  refuse ();
  assert_calls ("problem(stranger) ");
  refuse ();
  assert_calls ("");
}

static gboolean
count_low (gpointer data)
{
  n_low++;
  return G_SOURCE_REMOVE;
}

/* The peer's BYE waits a little, for datagrams that the kernel still has, and
 * for sources that are always due. */
static void
test_bye (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  gint64 start = g_get_monotonic_time ();

  n_low = 0;
  receive (ICE_MESSAGE_BYE);
  receive (ICE_MESSAGE_BYE);
  g_usleep (2 * GRACE * 1000);
  g_source_set_priority (source, G_PRIORITY_DEFAULT_IDLE);
  g_source_set_callback (source, count_low, NULL, NULL);
  g_source_attach (source, f->context);
  g_main_context_iteration (f->context, FALSE);
  g_assert_cmpuint (n_low, ==, 1); /* before it */
  assert_calls ("");
  g_main_context_iteration (f->context, FALSE);
  assert_calls ("bye ");
  g_assert_cmpint (g_get_monotonic_time () - start, >=, GRACE * 1000);
  g_assert_false (g_main_context_iteration (f->context, FALSE));

  /* again, on the next line; nothing comes once the channel is freed */
  receive (ICE_MESSAGE_BYE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define TEST(name)                                                             \
  g_test_add ("/channel/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  TEST (send);
  TEST (start);
  TEST (send_bye);
  TEST (send_bye_now);
  TEST (lost);
  TEST (problems);
  TEST (bye);
  return g_test_run ();
}
