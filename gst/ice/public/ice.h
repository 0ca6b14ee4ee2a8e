/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The names that an application in C needs to use icesrc and icesink: enums,
 * types, elements, properties, signals, messages, statistics. docs/reference.md
 * has the meaning, type and thread of each. Nothing is linked: the elements
 * come from the registry, as those of every plugin. `pkg-config --cflags --libs
 * gst-ice-1.0` gives the flags for GStreamer.
 *
 * A macro is GST_ICE_, its kind, and its text in upper case. All are there
 * since 0.1, unless their comment states another version. */
#pragma once

#include <glib-object.h>
#include <gst/ice/iceenums.h>

G_BEGIN_DECLS

/* The GTypes of the enums, for gst_structure_get_enum() and GValues. They are
 * registered when the first icesrc, icesink or GstIceAgent is made; before they
 * are G_TYPE_INVALID. */
#define GST_TYPE_ICE_CONNECTION_STATE                                          \
  (g_type_from_name ("GstIceConnectionState"))
#define GST_TYPE_ICE_GATHERING_STATE (g_type_from_name ("GstIceGatheringState"))
#define GST_TYPE_ICE_CANDIDATE_PAIR_STATE                                      \
  (g_type_from_name ("GstIceCandidatePairState"))
#define GST_TYPE_ICE_ROLE (g_type_from_name ("GstIceRole"))
#define GST_TYPE_ICE_TRANSPORT_POLICY                                          \
  (g_type_from_name ("GstIceTransportPolicy"))
#define GST_TYPE_ICE_ON_FAILED (g_type_from_name ("GstIceOnFailed"))
#define GST_TYPE_ICE_RESTART_ON (g_type_from_name ("GstIceRestartOn"))
#define GST_TYPE_ICE_OFFLOAD (g_type_from_name ("GstIceOffload"))

/* The elements. */
#define GST_ICE_ELEMENT_ICESRC "icesrc"
#define GST_ICE_ELEMENT_ICESINK "icesink"

/* The type of the ICE agent for webrtcbin (plugin icewebrtc), for
 * gst_dynamic_type_factory_load(). */
#define GST_ICE_WEBRTC_AGENT "GstIceWebRTCAgent"

/* The type of the ICE agent of icesrc and icesink, for
 * gst_dynamic_type_factory_load(): one that an application makes itself. */
#define GST_ICE_AGENT "GstIceAgent"

/* Properties of both elements, or of one of them. */
#define GST_ICE_PROP_CONNECTION_ID "connection-id"
#define GST_ICE_PROP_AGENT "agent"
#define GST_ICE_PROP_STREAM "stream"
#define GST_ICE_PROP_COMPONENT "component"
#define GST_ICE_PROP_TRANSPORT "transport"
#define GST_ICE_PROP_ICE_CONNECTION_STATE "ice-connection-state"
#define GST_ICE_PROP_ICE_GATHERING_STATE "ice-gathering-state"
#define GST_ICE_PROP_ICE_TRANSPORT_STATE "ice-transport-state"
#define GST_ICE_PROP_CANDIDATE_PAIRS "candidate-pairs"
#define GST_ICE_PROP_SELECTED_CANDIDATE_PAIR "selected-candidate-pair"
#define GST_ICE_PROP_LOCAL_CANDIDATES "local-candidates"
#define GST_ICE_PROP_BUFFER_SIZE "buffer-size"
#define GST_ICE_PROP_OFFLOAD "offload"
#define GST_ICE_PROP_OFFLOAD_ACTIVE "offload-active"
#define GST_ICE_PROP_ROLE "role"
#define GST_ICE_PROP_LOCAL_UFRAG "local-ufrag"
#define GST_ICE_PROP_LOCAL_PWD "local-pwd"
#define GST_ICE_PROP_REMOTE_UFRAG "remote-ufrag"
#define GST_ICE_PROP_REMOTE_PWD "remote-pwd"
#define GST_ICE_PROP_STUN_SERVER "stun-server"
#define GST_ICE_PROP_TURN_SERVERS "turn-servers"
#define GST_ICE_PROP_TURN_SERVER "turn-server"
#define GST_ICE_PROP_ICE_SERVERS "ice-servers"
#define GST_ICE_PROP_ICE_TRANSPORT_POLICY "ice-transport-policy"
#define GST_ICE_PROP_ICE_TCP "ice-tcp"
#define GST_ICE_PROP_UPNP "upnp"
#define GST_ICE_PROP_TRICKLE "trickle"
#define GST_ICE_PROP_MIN_PORT "min-port"
#define GST_ICE_PROP_MAX_PORT "max-port"
#define GST_ICE_PROP_LOCAL_ADDRESSES "local-addresses"
#define GST_ICE_PROP_INTERFACES "interfaces"
#define GST_ICE_PROP_DISCONNECTED_TIMEOUT "disconnected-timeout"
#define GST_ICE_PROP_FAILED_TIMEOUT "failed-timeout"
#define GST_ICE_PROP_END_OF_CANDIDATES_TIMEOUT "end-of-candidates-timeout"
#define GST_ICE_PROP_REMOTE_CANDIDATES "remote-candidates"
#define GST_ICE_PROP_SIGNALLING_URI "signalling-uri"
#define GST_ICE_PROP_ON_FAILED "on-failed"
#define GST_ICE_PROP_RESTART_ON "restart-on"
#define GST_ICE_PROP_AUTO_GATHER "auto-gather"
#define GST_ICE_PROP_CAPS "caps"
#define GST_ICE_PROP_MTU "mtu"
#define GST_ICE_PROP_TIMEOUT "timeout"
#define GST_ICE_PROP_RETRIEVE_SENDER_ADDRESS "retrieve-sender-address"
#define GST_ICE_PROP_WAIT_FOR_CONNECTION "wait-for-connection"
#define GST_ICE_PROP_QOS_DSCP "qos-dscp"

/* Signals. */
#define GST_ICE_SIGNAL_ON_ICE_CANDIDATE "on-ice-candidate"
#define GST_ICE_SIGNAL_ON_ICE_CANDIDATE_ERROR "on-ice-candidate-error"
#define GST_ICE_SIGNAL_ON_CANDIDATE_PAIR_STATE_CHANGE                          \
  "on-candidate-pair-state-change"
#define GST_ICE_SIGNAL_ON_SELECTED_CANDIDATE_PAIR_CHANGE                       \
  "on-selected-candidate-pair-change"
#define GST_ICE_SIGNAL_FILTER_CANDIDATE "filter-candidate"
/* Of the agent only. */
#define GST_ICE_SIGNAL_PROBLEM "problem"

/* Action signals, for g_signal_emit_by_name(). */
#define GST_ICE_ACTION_ADD_ICE_CANDIDATE "add-ice-candidate"
#define GST_ICE_ACTION_SET_REMOTE_CREDENTIALS "set-remote-credentials"
#define GST_ICE_ACTION_GATHER_CANDIDATES "gather-candidates"
#define GST_ICE_ACTION_RESTART "restart"
#define GST_ICE_ACTION_GET_STATS "get-stats"
#define GST_ICE_ACTION_CLOSE "close"
/* Of the agent only. */
#define GST_ICE_ACTION_ADD_TRANSPORT "add-transport"

/* Element messages: the names of their structures. */
#define GST_ICE_MESSAGE_ICE_CANDIDATE "ice-candidate"
#define GST_ICE_MESSAGE_ICE_CANDIDATE_ERROR "ice-candidate-error"
#define GST_ICE_MESSAGE_ICE_GATHERING_STATE "ice-gathering-state"
#define GST_ICE_MESSAGE_ICE_CONNECTION_STATE "ice-connection-state"
#define GST_ICE_MESSAGE_ICE_TRANSPORT_STATE "ice-transport-state"
#define GST_ICE_MESSAGE_ICE_CANDIDATE_PAIR "ice-candidate-pair"
#define GST_ICE_MESSAGE_ICE_SELECTED_CANDIDATE_PAIR                            \
  "ice-selected-candidate-pair"
#define GST_ICE_MESSAGE_ICE_CALL_ENDED "ice-call-ended"
#define GST_ICE_MESSAGE_SRC_TIMEOUT "GstIceSrcTimeout"

/* The fields of these structures. */
#define GST_ICE_FIELD_STREAM "stream"
#define GST_ICE_FIELD_CANDIDATE "candidate"
#define GST_ICE_FIELD_ERROR_CODE "error-code"
#define GST_ICE_FIELD_ERROR_TEXT "error-text"
#define GST_ICE_FIELD_ADDRESS "address"
#define GST_ICE_FIELD_PORT "port"
#define GST_ICE_FIELD_URL "url"
#define GST_ICE_FIELD_OLD "old"
#define GST_ICE_FIELD_NEW "new"
#define GST_ICE_FIELD_REASON "reason"
#define GST_ICE_FIELD_COMPONENT "component"
#define GST_ICE_FIELD_PAIR "pair"
#define GST_ICE_FIELD_TIMEOUT "timeout"
#define GST_ICE_FIELD_CALL "call"
#define GST_ICE_FIELD_STATS "stats"

/* Values of the field `reason`. */
#define GST_ICE_REASON_CHECKS "checks"
#define GST_ICE_REASON_END_OF_CANDIDATES "end-of-candidates"
#define GST_ICE_REASON_CONSENT_RESPONSE "consent-response"
#define GST_ICE_REASON_CONSENT_MISSING "consent-missing"
#define GST_ICE_REASON_CONSENT_EXPIRED "consent-expired"
#define GST_ICE_REASON_CONSENT_REVOKED "consent-revoked"
#define GST_ICE_REASON_CHECKS_EXHAUSTED "checks-exhausted"
#define GST_ICE_REASON_SOCKET_ERROR "socket-error"
#define GST_ICE_REASON_RESTART "restart"
#define GST_ICE_REASON_CLOSED "closed"
#define GST_ICE_REASON_NEXT_CALL "next-call"
#define GST_ICE_REASON_BYE "bye"
#define GST_ICE_REASON_SIGNALLING "signalling"
#define GST_ICE_REASON_FAILED "failed"

/* The codes of GST_MESSAGE_PROGRESS. */
#define GST_ICE_PROGRESS_GATHER "gather"
#define GST_ICE_PROGRESS_SIGNAL "signal"
#define GST_ICE_PROGRESS_CONNECT "connect"

/* The structure that get-stats returns, and the `type` of each of its entries.
 */
#define GST_ICE_STATS "ice-stats"
#define GST_ICE_STAT_TYPE_TRANSPORT "transport"
#define GST_ICE_STAT_TYPE_CANDIDATE_PAIR "candidate-pair"
#define GST_ICE_STAT_TYPE_LOCAL_CANDIDATE "local-candidate"
#define GST_ICE_STAT_TYPE_REMOTE_CANDIDATE "remote-candidate"
#define GST_ICE_STAT_TYPE_ICESRC "icesrc"
#define GST_ICE_STAT_TYPE_ICESINK "icesink"

/* Members of the entries, and of the structures that describe a pair. */
#define GST_ICE_STAT_ICE_CONNECTION_STATE "ice-connection-state"
#define GST_ICE_STAT_ICE_GATHERING_STATE "ice-gathering-state"
#define GST_ICE_STAT_ID "id"
#define GST_ICE_STAT_TYPE "type"
#define GST_ICE_STAT_TIMESTAMP "timestamp"
#define GST_ICE_STAT_STREAM "stream"
#define GST_ICE_STAT_COMPONENT "component"
#define GST_ICE_STAT_ICE_STATE "ice-state"
#define GST_ICE_STAT_PACKETS_SENT "packets-sent"
#define GST_ICE_STAT_BYTES_SENT "bytes-sent"
#define GST_ICE_STAT_PACKETS_RECEIVED "packets-received"
#define GST_ICE_STAT_BYTES_RECEIVED "bytes-received"
#define GST_ICE_STAT_SELECTED_CANDIDATE_PAIR_CHANGES                           \
  "selected-candidate-pair-changes"
#define GST_ICE_STAT_SELECTED_CANDIDATE_PAIR_ID "selected-candidate-pair-id"
#define GST_ICE_STAT_PACKETS_DISCARDED_ON_SEND "packets-discarded-on-send"
#define GST_ICE_STAT_BYTES_DISCARDED_ON_SEND "bytes-discarded-on-send"
#define GST_ICE_STAT_PACKETS_DISCARDED_ON_RECEIVE "packets-discarded-on-receive"
#define GST_ICE_STAT_PACKETS_DISCARDED_NO_READER "packets-discarded-no-reader"
#define GST_ICE_STAT_PACKETS_DISCARDED_BUFFER_FULL                             \
  "packets-discarded-buffer-full"
#define GST_ICE_STAT_PACKETS_DISCARDED_UNKNOWN_SOURCE                          \
  "packets-discarded-unknown-source"
#define GST_ICE_STAT_PACKETS_DISCARDED_MISROUTED "packets-discarded-misrouted"
#define GST_ICE_STAT_PACKETS_DISCARDED_BY_FILTER "packets-discarded-by-filter"
#define GST_ICE_STAT_OFFLOAD_SEND_CALLS "offload-send-calls"
#define GST_ICE_STAT_OFFLOAD_SEND_MESSAGES "offload-send-messages"
#define GST_ICE_STAT_OFFLOAD_PACKETS_SENT "offload-packets-sent"
#define GST_ICE_STAT_OFFLOAD_SEND_FALLBACKS "offload-send-fallbacks"
#define GST_ICE_STAT_OFFLOAD_RECEIVE_CALLS "offload-receive-calls"
#define GST_ICE_STAT_OFFLOAD_RECEIVE_MESSAGES "offload-receive-messages"
#define GST_ICE_STAT_OFFLOAD_PACKETS_RECEIVED "offload-packets-received"
#define GST_ICE_STAT_TRANSPORT_ID "transport-id"
#define GST_ICE_STAT_STATE "state"
#define GST_ICE_STAT_NOMINATED "nominated"
#define GST_ICE_STAT_SELECTED "selected"
#define GST_ICE_STAT_LOCAL_CANDIDATE "local-candidate"
#define GST_ICE_STAT_REMOTE_CANDIDATE "remote-candidate"
#define GST_ICE_STAT_LOCAL_TYPE "local-type"
#define GST_ICE_STAT_REMOTE_TYPE "remote-type"
#define GST_ICE_STAT_PROTOCOL "protocol"
#define GST_ICE_STAT_LOCAL_ADDRESS "local-address"
#define GST_ICE_STAT_LOCAL_PORT "local-port"
#define GST_ICE_STAT_REMOTE_ADDRESS "remote-address"
#define GST_ICE_STAT_REMOTE_PORT "remote-port"
#define GST_ICE_STAT_PRIORITY "priority"
#define GST_ICE_STAT_REQUESTS_SENT "requests-sent"
#define GST_ICE_STAT_REQUESTS_RECEIVED "requests-received"
#define GST_ICE_STAT_RESPONSES_SENT "responses-sent"
#define GST_ICE_STAT_RESPONSES_RECEIVED "responses-received"
#define GST_ICE_STAT_RETRANSMISSIONS_SENT "retransmissions-sent"
#define GST_ICE_STAT_CONSENT_REQUESTS_SENT "consent-requests-sent"
#define GST_ICE_STAT_CURRENT_ROUND_TRIP_TIME "current-round-trip-time"
#define GST_ICE_STAT_TOTAL_ROUND_TRIP_TIME "total-round-trip-time"
#define GST_ICE_STAT_LAST_PACKET_SENT_TIMESTAMP "last-packet-sent-timestamp"
#define GST_ICE_STAT_LAST_PACKET_RECEIVED_TIMESTAMP                            \
  "last-packet-received-timestamp"
#define GST_ICE_STAT_CANDIDATE "candidate"
#define GST_ICE_STAT_ADDRESS "address"
#define GST_ICE_STAT_PORT "port"
#define GST_ICE_STAT_CANDIDATE_TYPE "candidate-type"
#define GST_ICE_STAT_FOUNDATION "foundation"
#define GST_ICE_STAT_USERNAME_FRAGMENT "username-fragment"
#define GST_ICE_STAT_RELATED_ADDRESS "related-address"
#define GST_ICE_STAT_RELATED_PORT "related-port"
#define GST_ICE_STAT_TCP_TYPE "tcp-type"
#define GST_ICE_STAT_URL "url"
#define GST_ICE_STAT_RELAY_PROTOCOL "relay-protocol"
#define GST_ICE_STAT_BUFFERS_PUSHED "buffers-pushed"
#define GST_ICE_STAT_LISTS_PUSHED "lists-pushed"
#define GST_ICE_STAT_BUFFERS_RENDERED "buffers-rendered"
#define GST_ICE_STAT_LISTS_RENDERED "lists-rendered"
#define GST_ICE_STAT_FORCE_KEY_UNITS "force-key-units"

G_END_DECLS
