/* gst-ice: a session over the fake backend.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sessionfixture.h"
#include <string.h>

FakeTransport *
session_add_transport (Session *self, guint stream, guint component)
{
  FakeTransport *transport = fake_transport_of_agent (
      self->agent, stream, component);

  recorder_watch_transport (self->recorder, transport);
  return transport;
}

void
session_start (Session *self)
{
  *self = (Session){ 0 };
  self->recorder = recorder_new ();
  self->agent = fake_agent_new ();
  self->src = gst_object_ref_sink (gst_element_factory_make ("icesrc", NULL));
  recorder_watch_agent (self->recorder, self->agent, "agent");
  recorder_watch_bus (self->recorder, self->src);
  g_object_set (self->src, "agent", self->agent, NULL);
  g_assert_cmpint (gst_element_set_state (self->src, GST_STATE_READY), ==,
      GST_STATE_CHANGE_SUCCESS);
  self->a1 = session_add_transport (self, 0, 1);
}

/* Two streams of two components. */
void
session_start_four (Session *self)
{
  session_start (self);
  self->a2 = session_add_transport (self, 0, 2);
  self->b1 = session_add_transport (self, 1, 1);
  self->b2 = session_add_transport (self, 1, 2);
}

void
session_gather (Session *self)
{
  g_assert_true (gst_ice_agent_gather_candidates (self->agent));
  fake_settle ();
}

void
session_drain (Session *self)
{
  g_autofree gchar *lines = NULL;
  g_autofree gchar *log = NULL;

  fake_settle ();
  lines = recorder_take (self->recorder);
  log = fake_take_log (self->a1);
}

void
session_end (Session *self)
{
  gst_element_set_state (self->src, GST_STATE_NULL);
  recorder_free (self->recorder);
  gst_object_unref (self->src);
  gst_object_unref (self->a1);
  gst_clear_object (&self->a2);
  gst_clear_object (&self->b1);
  gst_clear_object (&self->b2);
  gst_object_unref (self->agent);
}

void
session_set_credentials (Session *self, guint stream, const gchar *ufrag)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (gst_ice_agent_set_remote_credentials (
      self->agent, stream, ufrag, FAKE_PWD, &error));
  g_assert_no_error (error);
}

void
session_add (Session *self, guint stream, const gchar *candidate)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (
      gst_ice_agent_add_ice_candidate (self->agent, stream, candidate, &error));
  g_assert_no_error (error);
}

void
session_refuse (
    Session *self, guint stream, const gchar *candidate, const gchar *fragment)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (
      gst_ice_agent_add_ice_candidate (self->agent, stream, candidate, &error));
  g_assert_nonnull (error);
  if (strstr (error->message, fragment) == NULL)
    g_error ("no \"%s\" in \"%s\"", fragment, error->message);
}
