/* gst-ice: the contract's signals.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticesignals.h"
#include <string.h>

static const gchar *const names[GST_ICE_N_SIGNALS] = {
  [GST_ICE_SIGNAL_ON_ICE_CANDIDATE] = "on-ice-candidate",
  [GST_ICE_SIGNAL_ON_ICE_CANDIDATE_ERROR] = "on-ice-candidate-error",
  [GST_ICE_SIGNAL_ON_CANDIDATE_PAIR_STATE_CHANGE] =
      "on-candidate-pair-state-change",
  [GST_ICE_SIGNAL_ON_SELECTED_CANDIDATE_PAIR_CHANGE] =
      "on-selected-candidate-pair-change",
  [GST_ICE_SIGNAL_FILTER_CANDIDATE] = "filter-candidate",
  [GST_ICE_SIGNAL_ADD_ICE_CANDIDATE] = "add-ice-candidate",
  [GST_ICE_SIGNAL_SET_REMOTE_CREDENTIALS] = "set-remote-credentials",
  [GST_ICE_SIGNAL_GATHER_CANDIDATES] = "gather-candidates",
  [GST_ICE_SIGNAL_RESTART] = "restart",
  [GST_ICE_SIGNAL_GET_STATS] = "get-stats",
  [GST_ICE_SIGNAL_CLOSE] = "close",
};

/* The last handler with an opinion decides; NULL drops and ends the emission.
 */
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
install_events (GType type, guint ids[GST_ICE_N_SIGNALS])
{
  const GSignalFlags flags = G_SIGNAL_RUN_LAST;
  GstIceSignal s;

  /**
   * GstIceAgent::on-ice-candidate:
   * @object: the agent or element
   * @stream: sdpMLineIndex
   * @candidate: (nullable): `candidate:...`; "" = the end of candidates of that
   *   stream's generation, forward it to the peer; %NULL = gathering is
   *   complete, do not forward
   *
   * From the I/O thread. Since: 0.1
   */
  s = GST_ICE_SIGNAL_ON_ICE_CANDIDATE;
  ids[s] = g_signal_new (names[s], type, flags, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_STRING);

  /**
   * GstIceAgent::on-ice-candidate-error:
   * @object: the agent or element
   * @error: address, port, url, error-code, error-text, stream;
   *   RTCPeerConnectionIceErrorEvent
   *
   * A STUN or TURN server gave no candidate: once for each server, error code
   * and stream, while gathering. error-code is the server's, or 701 where it
   * gave no answer that counts; error-text says what to do; url is without the
   * password. address and port are the local end that was refused, left out
   * where there is no one such end.
   *
   * From the I/O thread. Since: 0.1
   */
  s = GST_ICE_SIGNAL_ON_ICE_CANDIDATE_ERROR;
  ids[s] = g_signal_new (names[s], type, flags, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 1, GST_TYPE_STRUCTURE);

  /**
   * GstIceAgent::on-candidate-pair-state-change:
   * @object: the agent or element
   * @stream: sdpMLineIndex
   * @component: 1 RTP, 2 RTCP
   * @pair: the pair
   *
   * From the I/O thread, once per real change. Since: 0.1
   */
  s = GST_ICE_SIGNAL_ON_CANDIDATE_PAIR_STATE_CHANGE;
  ids[s] = g_signal_new (names[s], type, flags, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 3, G_TYPE_UINT, G_TYPE_UINT, GST_TYPE_STRUCTURE);

  /**
   * GstIceAgent::on-selected-candidate-pair-change:
   * @object: the agent or element
   * @stream: sdpMLineIndex
   * @component: 1 RTP, 2 RTCP
   * @pair: the pair that media takes from now on
   *
   * From the I/O thread. Since: 0.1
   */
  s = GST_ICE_SIGNAL_ON_SELECTED_CANDIDATE_PAIR_CHANGE;
  ids[s] = g_signal_new (names[s], type, flags, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 3, G_TYPE_UINT, G_TYPE_UINT, GST_TYPE_STRUCTURE);

  /**
   * GstIceAgent::filter-candidate:
   * @object: the agent or element
   * @stream: sdpMLineIndex
   * @candidate: `candidate:...`
   * @local: whether it is ours
   *
   * Local ones come from the I/O thread, remote ones from the thread that adds
   * them. Since: 0.1
   *
   * Returns: (nullable): @candidate as it is, another one, or %NULL to drop it
   */
  s = GST_ICE_SIGNAL_FILTER_CANDIDATE;
  ids[s] = g_signal_new (names[s], type, flags, 0, accumulate_filter, NULL,
      NULL, G_TYPE_STRING, 3, G_TYPE_UINT, G_TYPE_STRING, G_TYPE_BOOLEAN);
}

static void
install_actions (
    GType type, const GstIceActions *actions, guint ids[GST_ICE_N_SIGNALS])
{
  const GSignalFlags flags = G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION;
  GstIceSignal s;

  /**
   * GstIceAgent::add-ice-candidate:
   * @object: the agent or element
   * @stream: sdpMLineIndex
   * @candidate: (nullable): the peer's `candidate:...`; "" = that stream's end
   *   of candidates; %NULL = all streams'
   *
   * Any thread. Since: 0.1
   *
   * Returns: whether it was taken; %FALSE for text that does not parse and for
   *   candidates of another generation or after the end of candidates
   */
  s = GST_ICE_SIGNAL_ADD_ICE_CANDIDATE;
  ids[s] = g_signal_new_class_handler (names[s], type, flags,
      G_CALLBACK (actions->add_ice_candidate), NULL, NULL, NULL, G_TYPE_BOOLEAN,
      2, G_TYPE_UINT, G_TYPE_STRING);

  /**
   * GstIceAgent::set-remote-credentials:
   * @object: the agent or element
   * @stream: sdpMLineIndex
   * @ufrag: the peer's user name fragment, RFC 8839 section 5.4
   * @pwd: the peer's password
   *
   * Any thread. Candidates that came earlier wait for it. Since: 0.1
   *
   * Returns: whether they were taken; %FALSE when one is malformed
   */
  s = GST_ICE_SIGNAL_SET_REMOTE_CREDENTIALS;
  ids[s] = g_signal_new_class_handler (names[s], type, flags,
      G_CALLBACK (actions->set_remote_credentials), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 3, G_TYPE_UINT, G_TYPE_STRING, G_TYPE_STRING);

  /**
   * GstIceAgent::gather-candidates:
   * @object: the agent or element
   *
   * Any thread. Also done by READY->PAUSED. Since: 0.1
   *
   * Returns: whether gathering was begun or is done
   */
  s = GST_ICE_SIGNAL_GATHER_CANDIDATES;
  ids[s] = g_signal_new_class_handler (names[s], type, flags,
      G_CALLBACK (actions->gather_candidates), NULL, NULL, NULL, G_TYPE_BOOLEAN,
      0);

  /**
   * GstIceAgent::restart:
   * @object: the agent or element
   *
   * ICE restart, RFC 8445 section 9: `local-ufrag` and `local-pwd` are new at
   * once and go to the peer, candidates and "" are emitted again, gathered anew
   * where no path works or this machine's addresses have changed, and the
   * peer's new credentials are to be set. Setting other credentials than the
   * peer had restarts too. Media goes on over the old pair until a new one is
   * selected. Any thread. Since: 0.1
   *
   * Returns: whether it was begun
   */
  s = GST_ICE_SIGNAL_RESTART;
  ids[s] = g_signal_new_class_handler (names[s], type, flags,
      G_CALLBACK (actions->restart), NULL, NULL, NULL, G_TYPE_BOOLEAN, 0);

  /**
   * GstIceAgent::get-stats:
   * @object: the agent or element
   *
   * Any thread. Since: 0.1
   *
   * Returns: (transfer full): a structure of structures, named as in W3C
   *   webrtc-stats
   */
  s = GST_ICE_SIGNAL_GET_STATS;
  ids[s] = g_signal_new_class_handler (names[s], type, flags,
      G_CALLBACK (actions->get_stats), NULL, NULL, NULL, GST_TYPE_STRUCTURE, 0);

  /**
   * GstIceAgent::close:
   * @object: the agent or element
   *
   * Any thread. Ends the session; nothing is emitted after `closed`. Since: 0.1
   */
  s = GST_ICE_SIGNAL_CLOSE;
  ids[s] = g_signal_new_class_handler (names[s], type, flags,
      G_CALLBACK (actions->close), NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static GQuark
get_quark (void) /* of a type: its signals' ids */
{
  return g_quark_from_static_string ("gst-ice-signals");
}

/**
 * gst_ice_signals_install:
 * @type: the type of an agent or an element
 * @actions: what the action signals do
 */
void
gst_ice_signals_install (GType type, const GstIceActions *actions)
{
  guint *ids = g_new0 (guint, GST_ICE_N_SIGNALS);

  install_events (type, ids);
  install_actions (type, actions, ids);
  g_type_set_qdata (type, get_quark (), ids);
}

/**
 * gst_ice_signal_get_id:
 * @self: an agent or an element
 * @signal: a signal
 *
 * Any thread.
 *
 * Returns: its id
 */
guint
gst_ice_signal_get_id (gpointer self, GstIceSignal signal)
{
  GType type = G_OBJECT_TYPE (self);
  const guint *ids = NULL;

  for (; ids == NULL; type = g_type_parent (type))
    ids = g_type_get_qdata (type, get_quark ());
  return ids[signal];
}

/**
 * gst_ice_signal_get_name:
 * @signal: a signal
 *
 * Returns: (transfer none): its name
 */
const gchar *
gst_ice_signal_get_name (GstIceSignal signal)
{
  return names[signal];
}

/**
 * gst_ice_signal_filter:
 * @self: the agent or element
 * @id: its filter-candidate signal
 * @stream: sdpMLineIndex
 * @candidate: a candidate
 * @local: whether it is ours
 *
 * Asks the handlers of filter-candidate.
 *
 * Returns: (transfer full) (nullable): what to use instead of @candidate;
 *   %NULL to drop it; %GST_ICE_FILTER_NO_OPINION when nobody had one
 */
gchar *
gst_ice_signal_filter (gpointer self, guint id, guint stream,
    const gchar *candidate, gboolean local)
{
  gchar *answer = NULL;

  if (!g_signal_has_handler_pending (self, id, 0, FALSE))
    return g_strdup (GST_ICE_FILTER_NO_OPINION);
  g_signal_emit (self, id, 0, stream, candidate, local, &answer);
  /* As it is: that does not undo what another object's handler rewrote. */
  if (g_strcmp0 (answer, candidate) == 0) {
    g_free (answer);
    answer = g_strdup (GST_ICE_FILTER_NO_OPINION);
  }
  return answer;
}
