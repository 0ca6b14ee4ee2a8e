/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The public signals (docs/reference.md), the same on the agent and on both
 * elements. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum
{
  /**
   * GstIceAgent::on-ice-candidate:
   * @object: the agent or element
   * @stream: sdpMLineIndex
   * @candidate: (nullable): `candidate:...`; "" = the end of candidates of that
   *   stream's generation, forward it to the peer; %NULL = gathering is
   *   complete, do not forward
   *
   * From the I/O thread.
   *
   * Since: 0.1
   */
  GST_ICE_SIGNAL_ID_ON_ICE_CANDIDATE,

  /**
   * GstIceAgent::on-ice-candidate-error:
   * @object: the agent or element
   * @error: address, port, url, error-code, error-text, stream;
   *   RTCPeerConnectionIceErrorEvent
   *
   * A STUN or TURN server gave no candidate: once for each server, error code
   * and stream, while gathering. error-code is the server's, or 701 where it
   * gave no valid answer; error-text has the cause and the cure; url is without
   * the password. address and port are the local end that was refused, left out
   * where there is no one such end.
   *
   * From the I/O thread.
   *
   * Since: 0.1
   */
  GST_ICE_SIGNAL_ID_ON_ICE_CANDIDATE_ERROR,

  /**
   * GstIceAgent::on-candidate-pair-state-change:
   * @object: the agent or element
   * @stream: sdpMLineIndex
   * @component: 1 RTP, 2 RTCP
   * @pair: the pair
   *
   * From the I/O thread, once per real change.
   *
   * Since: 0.1
   */
  GST_ICE_SIGNAL_ID_ON_CANDIDATE_PAIR_STATE_CHANGE,

  /**
   * GstIceAgent::on-selected-candidate-pair-change:
   * @object: the agent or element
   * @stream: sdpMLineIndex
   * @component: 1 RTP, 2 RTCP
   * @pair: the pair that media uses from now on
   *
   * From the I/O thread.
   *
   * Since: 0.1
   */
  GST_ICE_SIGNAL_ID_ON_SELECTED_CANDIDATE_PAIR_CHANGE,

  /**
   * GstIceAgent::filter-candidate:
   * @object: the agent or element
   * @stream: sdpMLineIndex
   * @candidate: `candidate:...`
   * @local: whether it is ours
   *
   * Local ones come from the I/O thread, remote ones from the thread that adds
   * them.
   *
   * Returns: (nullable): @candidate as it is, another one, or %NULL to drop it
   *
   * Since: 0.1
   */
  GST_ICE_SIGNAL_ID_FILTER_CANDIDATE,

  /**
   * GstIceAgent::add-ice-candidate:
   * @object: the agent or element
   * @stream: sdpMLineIndex
   * @candidate: (nullable): the peer's `candidate:...`; "" = that stream's end
   *   of candidates; %NULL = all streams'
   *
   * Any thread.
   *
   * Returns: whether it was taken; %FALSE for text that does not parse, for an
   *   address or port that no host can have, for candidates of another
   *   generation or after the end of candidates, and for more candidates or
   *   streams than are kept
   *
   * Since: 0.1
   */
  GST_ICE_SIGNAL_ID_ADD_ICE_CANDIDATE,

  /**
   * GstIceAgent::set-remote-credentials:
   * @object: the agent or element
   * @stream: sdpMLineIndex
   * @ufrag: the peer's user name fragment, RFC 8839 section 5.4
   * @pwd: the peer's password
   *
   * Any thread. Candidates that came earlier wait for it.
   *
   * Returns: whether they were taken; %FALSE when one is malformed, and for
   *   those of an earlier generation
   *
   * Since: 0.1
   */
  GST_ICE_SIGNAL_ID_SET_REMOTE_CREDENTIALS,

  /**
   * GstIceAgent::gather-candidates:
   * @object: the agent or element
   *
   * Any thread. Also done by READY->PAUSED, unless auto-gather is %FALSE. It
   * is refused with ice-transport-policy=relay and no TURN server.
   *
   * Returns: whether gathering was begun or is done
   *
   * Since: 0.1
   */
  GST_ICE_SIGNAL_ID_GATHER_CANDIDATES,

  /**
   * GstIceAgent::restart:
   * @object: the agent or element
   *
   * ICE restart, RFC 8445 section 9: `local-ufrag` and `local-pwd` are new at
   * once; forward them to the peer. Candidates and "" are emitted again, and
   * are gathered again where no path works or this machine's addresses have
   * changed. The peer's new credentials have to be set then. Setting other
   * credentials than the peer had before restarts too. Media continues over the
   * old pair until a new one is selected. Any thread.
   *
   * Returns: whether it was begun
   *
   * Since: 0.1
   */
  GST_ICE_SIGNAL_ID_RESTART,

  /**
   * GstIceAgent::get-stats:
   * @object: the agent or element
   *
   * Any thread.
   *
   * Returns: (transfer full): a structure `ice-stats` with the session's states
   *   and one structure for each transport, candidate pair, local and remote
   *   candidate, and element; their members are named as in W3C webrtc-stats
   *
   * Since: 0.1
   */
  GST_ICE_SIGNAL_ID_GET_STATS,

  /**
   * GstIceAgent::close:
   * @object: the agent or element
   *
   * Any thread. Ends the session; nothing is emitted after `closed`.
   *
   * Since: 0.1
   */
  GST_ICE_SIGNAL_ID_CLOSE,

  GST_ICE_N_SIGNALS
} GstIceSignal;

/* The functions of the action signals; self is the agent or the element. Any
 * thread. */
typedef struct
{
  gboolean (*add_ice_candidate) (
      gpointer self, guint stream, const gchar *candidate);
  gboolean (*set_remote_credentials) (
      gpointer self, guint stream, const gchar *ufrag, const gchar *pwd);
  gboolean (*gather_candidates) (gpointer self);
  gboolean (*restart) (gpointer self);
  GstStructure *(*get_stats) (gpointer self);
  void (*close) (gpointer self);
} GstIceActions;

/* The answer of a forwarder of filter-candidate that has no handlers. */
#define GST_ICE_FILTER_NO_OPINION ""

void gst_ice_signals_install (GType type, const GstIceActions *actions);
void gst_ice_signal_emit (gpointer self, GstIceSignal signal, ...);
gchar *gst_ice_signal_filter (
    gpointer self, guint stream, const gchar *candidate, gboolean local);

G_END_DECLS
