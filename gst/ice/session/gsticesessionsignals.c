/* gst-ice: a session's reports, as signals of the agent.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessionsignals.h"
#include "api/gsticesignals.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ice_session_debug);
#define GST_CAT_DEFAULT gst_ice_session_debug

enum
{
  /**
   * GstIceAgent::event:
   * @agent: the agent
   * @message: the structure of an element message
   *
   * For icesrc and icesink: the first of them posts it on the bus. From the I/O
   * thread.
   *
   * Since: 0.1
   */
  SIGNAL_EVENT,

  /**
   * GstIceAgent::problem:
   * @agent: the agent
   * @error: the cause and the cure
   * @fatal: whether it is an error or a warning
   *
   * What is wrong; icesrc or icesink posts it on the bus. For an application
   * whose agent has no element yet. From any thread, often the I/O thread.
   *
   * Since: 0.1
   */
  SIGNAL_PROBLEM,

  /**
   * GstIceAgent::progress:
   * @agent: the agent
   * @type: a GstProgressType
   * @code: `gather`, `signal` or `connect`
   * @text: what is waited for
   *
   * For icesrc and icesink: the first of them posts it as a progress message.
   * From the I/O thread.
   *
   * Since: 0.1
   */
  SIGNAL_PROGRESS,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/**
 * gst_ice_session_install_signals:
 * @type: the type of the owners of sessions
 *
 * Installs the signals that only elements use.
 */
void
gst_ice_session_install_signals (GType type)
{
  signals[SIGNAL_EVENT] = g_signal_new ("event", type, G_SIGNAL_RUN_LAST, 0,
      NULL, NULL, NULL, G_TYPE_NONE, 1, GST_TYPE_STRUCTURE);
  signals[SIGNAL_PROGRESS] = g_signal_new ("progress", type, G_SIGNAL_RUN_LAST,
      0, NULL, NULL, NULL, G_TYPE_NONE, 3, G_TYPE_INT, G_TYPE_STRING,
      G_TYPE_STRING);
  signals[SIGNAL_PROBLEM] = g_signal_new ("problem", type, G_SIGNAL_RUN_FIRST,
      0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_ERROR, G_TYPE_BOOLEAN);
}

/**
 * gst_ice_session_emit_event:
 * @self: a session
 * @message: (transfer full): an element message of docs/reference.md
 *
 * I/O thread.
 */
void
gst_ice_session_emit_event (GstIceSession *self, GstStructure *message)
{
  g_signal_emit (self->owner, signals[SIGNAL_EVENT], 0, message);
  gst_structure_free (message);
}

/**
 * gst_ice_session_emit_progress:
 * @self: a session
 * @type: the kind of progress message
 * @code: `gather`, `signal` or `connect`
 * @text: what is waited for
 *
 * I/O thread.
 */
void
gst_ice_session_emit_progress (GstIceSession *self, GstProgressType type,
    const gchar *code, const gchar *text)
{
  GST_INFO_OBJECT (self->owner, "%s: %s", code, text);
  g_signal_emit (
      self->owner, signals[SIGNAL_PROGRESS], 0, (gint) type, code, text);
}

/**
 * gst_ice_session_emit_problem:
 * @self: a session
 * @error: what went wrong
 * @fatal: whether elements post it as an error; otherwise as a warning
 *
 * Any thread.
 */
void
gst_ice_session_emit_problem (
    GstIceSession *self, const GError *error, gboolean fatal)
{
  GST_WARNING_OBJECT (self->owner, "%s", error->message);
  g_signal_emit (self->owner, signals[SIGNAL_PROBLEM], 0, error, fatal);
}

/**
 * gst_ice_session_warn:
 * @self: a session
 * @error: what went wrong; not fatal
 *
 * I/O thread.
 */
void
gst_ice_session_warn (GstIceSession *self, const GError *error)
{
  gst_ice_session_emit_problem (self, error, FALSE);
}

/**
 * gst_ice_session_forget_server_errors:
 * @self: a session that asks its servers again
 *
 * I/O thread. Their errors are reported again, but at a limited rate: the peer
 * can restart, and strangers can end calls, as often as they like. The first
 * time after this end's own restart passes.
 */
void
gst_ice_session_forget_server_errors (GstIceSession *self)
{
  g_autofree gchar *pass = NULL;

  g_mutex_lock (&self->lock);
  pass = ice_rate_limit_pass (&self->asked_again, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
  if (pass != NULL)
    g_hash_table_remove_all (self->server_errors);
}

/* Reports an error of a server once for all components of a stream. */
static gboolean
is_news (GstIceSession *self, guint stream, const GstIceCandidateError *error)
{
  return error->url == NULL
      || g_hash_table_add (self->server_errors,
          g_strdup_printf ("%u %u %s", stream, error->code, error->url));
}

/* I/O thread. */
void
gst_ice_session_report_candidate_error (
    GstIceSession *self, guint stream, const GstIceCandidateError *error)
{
  GstStructure *event;

  if (!is_news (self, stream, error))
    return;
  event = gst_structure_new ("ice-candidate-error", "error-code", G_TYPE_UINT,
      error->code, "error-text", G_TYPE_STRING, error->text, "stream",
      G_TYPE_UINT, stream, NULL);

  GST_WARNING_OBJECT (self->owner, "stream %u: %s", stream, error->text);
  if (error->address != NULL)
    gst_structure_set (event, "address", G_TYPE_STRING, error->address, NULL);
  if (error->port != 0)
    gst_structure_set (event, "port", G_TYPE_UINT, (guint) error->port, NULL);
  if (error->url != NULL)
    gst_structure_set (event, "url", G_TYPE_STRING, error->url, NULL);
  gst_ice_signal_emit (
      self->owner, GST_ICE_SIGNAL_ID_ON_ICE_CANDIDATE_ERROR, event);
  gst_ice_session_emit_event (self, event);
}

/**
 * gst_ice_session_notify:
 * @self: a session
 * @property: a property of its owner that has changed
 *
 * Any thread.
 */
void
gst_ice_session_notify (GstIceSession *self, const gchar *property)
{
  g_object_notify (G_OBJECT (self->owner), property);
}

/* Any thread. Notifies of changed credentials of the peer; the properties are
 * stream 0's. */
void
gst_ice_session_report_remote (GstIceSession *self, guint stream)
{
  if (stream != 0)
    return;
  gst_ice_session_notify (self, "remote-ufrag");
  gst_ice_session_notify (self, "remote-pwd");
}

/**
 * gst_ice_session_report_first_credentials:
 * @self: a session
 *
 * Any thread. Notifies of the first local credentials; a restart notifies of
 * later ones.
 */
void
gst_ice_session_report_first_credentials (GstIceSession *self)
{
  gboolean first;

  g_mutex_lock (&self->lock);
  first = !self->credentials_reported;
  self->credentials_reported = TRUE;
  g_mutex_unlock (&self->lock);
  if (!first)
    return;
  gst_ice_session_notify (self, "local-ufrag");
  gst_ice_session_notify (self, "local-pwd");
}
