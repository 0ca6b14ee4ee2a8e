/* gst-ice: the signals of agent and elements.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gsticesignals.h"
#include <string.h>

static const gchar *const names[GST_ICE_N_SIGNALS] = {
  [GST_ICE_SIGNAL_ID_ON_ICE_CANDIDATE] = "on-ice-candidate",
  [GST_ICE_SIGNAL_ID_ON_ICE_CANDIDATE_ERROR] = "on-ice-candidate-error",
  [GST_ICE_SIGNAL_ID_ON_CANDIDATE_PAIR_STATE_CHANGE] =
      "on-candidate-pair-state-change",
  [GST_ICE_SIGNAL_ID_ON_SELECTED_CANDIDATE_PAIR_CHANGE] =
      "on-selected-candidate-pair-change",
  [GST_ICE_SIGNAL_ID_FILTER_CANDIDATE] = "filter-candidate",
  [GST_ICE_SIGNAL_ID_ADD_ICE_CANDIDATE] = "add-ice-candidate",
  [GST_ICE_SIGNAL_ID_SET_REMOTE_CREDENTIALS] = "set-remote-credentials",
  [GST_ICE_SIGNAL_ID_GATHER_CANDIDATES] = "gather-candidates",
  [GST_ICE_SIGNAL_ID_RESTART] = "restart",
  [GST_ICE_SIGNAL_ID_GET_STATS] = "get-stats",
  [GST_ICE_SIGNAL_ID_CLOSE] = "close",
};

/* The last handler that does not return GST_ICE_FILTER_NO_OPINION decides; NULL
 * drops the candidate and ends the emission. */
static gboolean
accumulate_filter (GSignalInvocationHint *hint, GValue *result,
    const GValue *answer, gpointer unused)
{
  const gchar *text = g_value_get_string (answer);

  if (text == NULL || strcmp (text, GST_ICE_FILTER_NO_OPINION) != 0)
    g_value_set_string (result, text);
  else if (g_value_get_string (result) == NULL)
    g_value_set_string (result, GST_ICE_FILTER_NO_OPINION);
  return text != NULL;
}

static void
install_candidate_events (GType type)
{
  const GSignalFlags flags = G_SIGNAL_RUN_LAST;

  g_signal_new (names[GST_ICE_SIGNAL_ID_ON_ICE_CANDIDATE], type, flags, 0, NULL,
      NULL, NULL, G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_STRING);
  g_signal_new (names[GST_ICE_SIGNAL_ID_ON_ICE_CANDIDATE_ERROR], type, flags, 0,
      NULL, NULL, NULL, G_TYPE_NONE, 1, GST_TYPE_STRUCTURE);
  g_signal_new (names[GST_ICE_SIGNAL_ID_FILTER_CANDIDATE], type, flags, 0,
      accumulate_filter, NULL, NULL, G_TYPE_STRING, 3, G_TYPE_UINT,
      G_TYPE_STRING, G_TYPE_BOOLEAN);
}

static void
install_pair_events (GType type)
{
  const GSignalFlags flags = G_SIGNAL_RUN_LAST;

  g_signal_new (names[GST_ICE_SIGNAL_ID_ON_CANDIDATE_PAIR_STATE_CHANGE], type,
      flags, 0, NULL, NULL, NULL, G_TYPE_NONE, 3, G_TYPE_UINT, G_TYPE_UINT,
      GST_TYPE_STRUCTURE);
  g_signal_new (names[GST_ICE_SIGNAL_ID_ON_SELECTED_CANDIDATE_PAIR_CHANGE],
      type, flags, 0, NULL, NULL, NULL, G_TYPE_NONE, 3, G_TYPE_UINT,
      G_TYPE_UINT, GST_TYPE_STRUCTURE);
}

static void
install_remote_actions (GType type, const GstIceActions *actions)
{
  const GSignalFlags flags = G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION;

  g_signal_new_class_handler (names[GST_ICE_SIGNAL_ID_ADD_ICE_CANDIDATE], type,
      flags, G_CALLBACK (actions->add_ice_candidate), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 2, G_TYPE_UINT, G_TYPE_STRING);
  g_signal_new_class_handler (names[GST_ICE_SIGNAL_ID_SET_REMOTE_CREDENTIALS],
      type, flags, G_CALLBACK (actions->set_remote_credentials), NULL, NULL,
      NULL, G_TYPE_BOOLEAN, 3, G_TYPE_UINT, G_TYPE_STRING, G_TYPE_STRING);
}

static void
install_session_actions (GType type, const GstIceActions *actions)
{
  const GSignalFlags flags = G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION;

  g_signal_new_class_handler (names[GST_ICE_SIGNAL_ID_GATHER_CANDIDATES], type,
      flags, G_CALLBACK (actions->gather_candidates), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 0);
  g_signal_new_class_handler (names[GST_ICE_SIGNAL_ID_RESTART], type, flags,
      G_CALLBACK (actions->restart), NULL, NULL, NULL, G_TYPE_BOOLEAN, 0);
  g_signal_new_class_handler (names[GST_ICE_SIGNAL_ID_GET_STATS], type, flags,
      G_CALLBACK (actions->get_stats), NULL, NULL, NULL, GST_TYPE_STRUCTURE, 0);
  g_signal_new_class_handler (names[GST_ICE_SIGNAL_ID_CLOSE], type, flags,
      G_CALLBACK (actions->close), NULL, NULL, NULL, G_TYPE_NONE, 0);
}

/**
 * gst_ice_signals_install:
 * @type: the type of an agent or an element
 * @actions: the functions of the action signals
 */
void
gst_ice_signals_install (GType type, const GstIceActions *actions)
{
  install_candidate_events (type);
  install_pair_events (type);
  install_remote_actions (type, actions);
  install_session_actions (type, actions);
}

static guint
get_id (gpointer self, GstIceSignal signal)
{
  return g_signal_lookup (names[signal], G_OBJECT_TYPE (self));
}

/**
 * gst_ice_signal_emit:
 * @self: an agent or an element
 * @signal: one of its signals that return nothing
 * @...: the arguments of the signal
 *
 * In the thread of the caller, which holds no lock.
 */
void
gst_ice_signal_emit (gpointer self, GstIceSignal signal, ...)
{
  va_list arguments;

  va_start (arguments, signal);
  g_signal_emit_valist (self, get_id (self, signal), 0, arguments);
  va_end (arguments);
}

/**
 * gst_ice_signal_filter:
 * @self: the agent or element
 * @stream: sdpMLineIndex
 * @candidate: a candidate
 * @local: whether it is ours
 *
 * Asks the handlers of filter-candidate.
 *
 * Returns: (transfer full) (nullable): the candidate to use instead of
 *   @candidate; %NULL to drop it; %GST_ICE_FILTER_NO_OPINION when no handler
 *   changes it
 */
gchar *
gst_ice_signal_filter (
    gpointer self, guint stream, const gchar *candidate, gboolean local)
{
  guint id = get_id (self, GST_ICE_SIGNAL_ID_FILTER_CANDIDATE);
  gchar *answer = NULL;

  if (!g_signal_has_handler_pending (self, id, 0, FALSE))
    return g_strdup (GST_ICE_FILTER_NO_OPINION);
  g_signal_emit (self, id, 0, stream, candidate, local, &answer);
  /* An unchanged candidate does not undo the change of another object's
   * handler. */
  if (g_strcmp0 (answer, candidate) == 0) {
    g_free (answer);
    answer = g_strdup (GST_ICE_FILTER_NO_OPINION);
  }
  return answer;
}
