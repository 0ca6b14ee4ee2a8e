/* gst-ice: test of what an element's state changes ask of its session, and what
 * fails them.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The session and the binding are played by this file. */

#include "elements/gsticeendpointstates.h"
#include "elements/gsticeendpointbinding.h"
#include "elements/gsticeendpointevents.h"

/* An agent, as far as it is asked. */

typedef struct
{
  GstObject parent;
  gboolean auto_gather;
} Player;

typedef struct
{
  GstObjectClass parent_class;
} PlayerClass;

GType player_get_type (void);
G_DEFINE_TYPE (Player, player, GST_TYPE_OBJECT)

static void
player_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  g_value_set_boolean (value, ((Player *) object)->auto_gather);
}

static void
player_class_init (PlayerClass *klass)
{
  G_OBJECT_CLASS (klass)->get_property = player_get_property;
  g_object_class_install_property (G_OBJECT_CLASS (klass), 1,
      g_param_spec_boolean (
          "auto-gather", "Auto-gather", "-", TRUE, G_PARAM_READABLE));
}

static void
player_init (Player *self)
{
  self->auto_gather = TRUE;
}

static GString *calls; /* a word each */
static Player *agent, *transport;
static gboolean binds, is_bound, is_closed, verifies, gathers, waits,
    has_sender;

/* The binding. */

gboolean
gst_ice_endpoint_bind (GstIceEndpoint *self, GError **error)
{
  if (!binds)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "unbound");
  return binds;
}

GstIceAgent *
gst_ice_endpoint_get_agent (GstIceEndpoint *self)
{
  return is_bound ? gst_object_ref (agent) : NULL;
}

GstIceTransport *
gst_ice_endpoint_get_transport (GstIceEndpoint *self)
{
  return is_bound ? gst_object_ref (transport) : NULL;
}

void
gst_ice_endpoint_post (
    GstIceEndpoint *self, const GError *error, gboolean fatal)
{
  g_assert_true (fatal);
  g_string_append_printf (calls, "error:%d ", error->code);
}

/* The session. */

GstIceSession *
gst_ice_agent_get_session (GstIceAgent *self)
{
  g_assert_true ((gpointer) self == (gpointer) agent);
  return (GstIceSession *) self;
}

gboolean
gst_ice_session_is_closed (GstIceSession *session)
{
  return is_closed;
}

void
gst_ice_agent_explain_closed (GstIceAgent *self, GError **error)
{
  g_assert_true ((gpointer) self == (gpointer) agent);
  g_string_append (calls, "make-another ");
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "-");
}

gboolean
gst_ice_session_verify_gathering (GstIceSession *session, GError **error)
{
  g_string_append (calls, "verify ");
  if (!verifies)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "-");
  return verifies;
}

gboolean
gst_ice_session_gather (GstIceSession *session)
{
  g_string_append (calls, "gather ");
  return gathers;
}

gboolean
gst_ice_session_wait_for_gathering (GstIceSession *session)
{
  g_string_append (calls, "wait ");
  return waits;
}

void
gst_ice_endpoint_report_earlier_failure (
    GstIceEndpoint *self, GstIceAgent *agent, GstIceTransport *transport)
{
}

GError *
gst_ice_agent_claim_problem (GstIceAgent *agent, GstObject *user)
{
  return NULL;
}

void
gst_ice_session_show_progress (GstIceSession *session)
{
  g_string_append (calls, "progress ");
}

void
gst_ice_session_set_socket_options (GstIceSession *session,
    GstIceTransport *its_transport, GstIceDirection direction,
    const GstIceSocketOptions *options)
{
  g_assert_true ((gpointer) its_transport == (gpointer) transport);
  g_string_append_printf (calls, "options:%d:%u:%d:%d ", direction,
      options->buffer_size, options->dscp, options->offload);
}

void
gst_ice_session_end_of_stream (
    GstIceSession *session, GstIceTransport *its_transport)
{
  g_string_append (calls, "end ");
}

GstIceDatapath *
gst_ice_transport_get_datapath (GstIceTransport *self)
{
  return NULL;
}

GstIceClaims *
gst_ice_datapath_get_claims (GstIceDatapath *datapath)
{
  return NULL;
}

gboolean
gst_ice_claims_has (GstIceClaims *claims, GstIceDirection direction)
{
  g_assert_cmpint (direction, ==, GST_ICE_DIRECTION_SEND);
  return has_sender;
}

/* The test. */

static void
assert_calls (const gchar *expected)
{
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

static void
set_up (GstIceEndpoint *self, gconstpointer unused)
{
  calls = g_string_new (NULL);
  agent = gst_object_ref_sink (g_object_new (player_get_type (), NULL));
  transport = gst_object_ref_sink (g_object_new (player_get_type (), NULL));
  binds = is_bound = verifies = gathers = waits = TRUE;
  is_closed = has_sender = FALSE;
  g_mutex_init (&self->lock);
  self->direction = GST_ICE_DIRECTION_RECEIVE;
  self->buffer_size = 1000;
  self->dscp = 46;
  self->offload = GST_ICE_OFFLOAD_AUTO;
}

static void
tear_down (GstIceEndpoint *self, gconstpointer unused)
{
  g_mutex_clear (&self->lock);
  g_assert_cmpint (GST_OBJECT_REFCOUNT_VALUE (agent), ==, 1);
  g_assert_cmpint (GST_OBJECT_REFCOUNT_VALUE (transport), ==, 1);
  gst_object_unref (agent);
  gst_object_unref (transport);
  g_string_free (calls, TRUE);
}

#define OPTIONS "options:0:1000:46:1 "

static void
test_prepare (GstIceEndpoint *self, gconstpointer unused)
{
  g_assert_cmpint (GST_ICE_DIRECTION_RECEIVE, ==, 0);
  g_assert_true (gst_ice_endpoint_prepare (self));
  assert_calls ("");
  binds = FALSE;
  g_assert_false (gst_ice_endpoint_prepare (self));
  assert_calls ("error:0 ");
  g_assert_cmpint (G_IO_ERROR_FAILED, ==, 0);
  g_assert_false (gst_ice_endpoint_start (self));
  assert_calls ("error:0 ");
  g_assert_false (self->started);
}

/* It gathers, and waits for that where the application wants it. */
static void
test_start (GstIceEndpoint *self, gconstpointer unused)
{
  g_assert_true (gst_ice_endpoint_start (self));
  assert_calls ("verify gather " OPTIONS "wait ");
  g_assert_true (self->started);
  waits = FALSE;
  g_assert_false (gst_ice_endpoint_start (self));
  assert_calls ("verify gather " OPTIONS "wait ");
  waits = TRUE;
  agent->auto_gather = FALSE; /* the application gathers */
  g_assert_true (gst_ice_endpoint_start (self));
  assert_calls ("verify " OPTIONS "wait ");
}

static void
test_not_verified (GstIceEndpoint *self, gconstpointer unused)
{
  g_autofree gchar *expected = g_strdup_printf (
      "verify error:%d ", G_IO_ERROR_INVALID_DATA);

  verifies = FALSE;
  g_assert_false (gst_ice_endpoint_start (self));
  assert_calls (expected);
}

/* Gathering has failed, or the agent was closed: one message. */
static void
test_not_gathered (GstIceEndpoint *self, gconstpointer unused)
{
  g_autofree gchar *expected = g_strdup_printf (
      "verify gather wait error:%d ", G_IO_ERROR_CLOSED);

  gathers = FALSE;
  g_assert_false (gst_ice_endpoint_start (self));
  assert_calls (expected);
  waits = FALSE;
  g_assert_false (gst_ice_endpoint_start (self));
  assert_calls ("verify gather wait ");
}

/* Of one that the application has set, NULL does not help. */
static void
test_closed (GstIceEndpoint *self, gconstpointer unused)
{
  g_autofree gchar *own = g_strdup_printf ("error:%d ", G_IO_ERROR_CLOSED);
  g_autofree gchar *given = g_strdup_printf (
      "make-another error:%d ", G_IO_ERROR_CLOSED);
  g_autofree gchar *while_it_gathers = g_strdup_printf (
      "verify gather wait make-another error:%d ", G_IO_ERROR_CLOSED);

  is_closed = TRUE;
  g_assert_false (gst_ice_endpoint_start (self));
  assert_calls (own);
  self->wanted_agent = (GstIceAgent *) agent;
  g_assert_false (gst_ice_endpoint_start (self));
  assert_calls (given);
  is_closed = gathers = FALSE;
  g_assert_false (gst_ice_endpoint_start (self));
  assert_calls (while_it_gathers);
}

static void
test_progress (GstIceEndpoint *self, gconstpointer unused)
{
  gst_ice_endpoint_show_progress (self);
  assert_calls ("progress ");
  is_bound = FALSE;
  gst_ice_endpoint_show_progress (self);
  assert_calls ("");
}

/* Options that change while it is bound. */
static void
test_options (GstIceEndpoint *self, gconstpointer unused)
{
  gst_ice_endpoint_set_dscp (self, 10);
  assert_calls ("options:0:1000:10:1 ");
  gst_ice_endpoint_set_offload (self, GST_ICE_OFFLOAD_NONE);
  assert_calls ("options:0:1000:10:0 ");
  is_bound = FALSE;
  gst_ice_endpoint_set_dscp (self, 11);
  gst_ice_endpoint_set_offload (self, GST_ICE_OFFLOAD_AUTO);
  assert_calls ("");
  g_assert_cmpint (self->dscp, ==, 11);
  g_assert_cmpint (self->offload, ==, GST_ICE_OFFLOAD_AUTO);
}

/* Where one end of two has ended, the sender decides. */
static void
test_end (GstIceEndpoint *self, gconstpointer unused)
{
  gst_ice_endpoint_end_of_stream (self);
  assert_calls ("end ");
  has_sender = TRUE;
  gst_ice_endpoint_end_of_stream (self);
  assert_calls ("");
  self->direction = GST_ICE_DIRECTION_SEND;
  gst_ice_endpoint_end_of_stream (self);
  assert_calls ("end ");
  is_bound = FALSE;
  gst_ice_endpoint_end_of_stream (self);
  assert_calls ("");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define TEST(name)                                                             \
  g_test_add (                                                                 \
      "/states/" #name, GstIceEndpoint, NULL, set_up, test_##name, tear_down)
  TEST (prepare);
  TEST (start);
  TEST (not_verified);
  TEST (not_gathered);
  TEST (closed);
  TEST (progress);
  TEST (options);
  TEST (end);
  return g_test_run ();
}
