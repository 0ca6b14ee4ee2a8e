/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The functions of a session that the agent and its elements call. Any thread.
 * They are in the gsticesession*.c files of their concepts. */
#pragma once

#include "api/gsticesettings.h"
#include "component/gsticetransport.h"

G_BEGIN_DECLS

typedef struct _GstIceSession GstIceSession;

/* gsticesessionsettings */
gboolean gst_ice_session_set (GstIceSession *session, GstIceSetting id,
    const GValue *value, GError **error);
void gst_ice_session_get (
    GstIceSession *session, GstIceSetting id, GValue *value);
gboolean gst_ice_session_verify (GstIceSession *session, GError **error);
gboolean gst_ice_session_verify_gathering (
    GstIceSession *session, GError **error);

/* gsticesession */
GstIceTransport *gst_ice_session_get_transport (
    GstIceSession *session, guint stream, guint component, GError **error);
gboolean gst_ice_session_request_gathering (
    GstIceSession *session, GError **error);
void gst_ice_session_close (GstIceSession *session);

/* gsticesessiontables */
gboolean gst_ice_session_is_closed (GstIceSession *session);
GPtrArray *gst_ice_session_list_candidates (
    GstIceSession *session, gboolean local);
void gst_ice_session_take_candidates (
    GstIceSession *session, gboolean local, GValue *array);
gchar *gst_ice_session_explain_no_pair (
    GstIceSession *session, guint stream, guint component);

/* gsticesessionbegin */
gboolean gst_ice_session_gather (GstIceSession *session);
gboolean gst_ice_session_wait_for_gathering (GstIceSession *session);

/* gsticesessionremote */
gboolean gst_ice_session_add_candidate (GstIceSession *session, guint stream,
    const gchar *candidate, GError **error);
gboolean gst_ice_session_add_candidates (GstIceSession *session, guint stream,
    const GValue *candidates, GError **error);
gboolean gst_ice_session_set_remote_credentials (GstIceSession *session,
    guint stream, const gchar *ufrag, const gchar *password, GError **error);

/* gsticesessionrestart, gsticesessionautorestart */
gboolean gst_ice_session_restart (GstIceSession *session, GError **error);
gboolean gst_ice_session_restarts_on_failure (GstIceSession *session);

/* gsticesessionstates */
GstIceConnectionState gst_ice_session_get_connection_state (
    GstIceSession *session);
GstIceGatheringState gst_ice_session_get_gathering_state (
    GstIceSession *session);
guint gst_ice_session_get_failures (GstIceSession *session);
gchar *gst_ice_session_pass_failure (GstIceSession *session);

/* gsticesessionsockets */
void gst_ice_session_set_socket_options (GstIceSession *session,
    GstIceTransport *transport, GstIceDirection direction,
    const GstIceSocketOptions *options);

/* gsticesessioncall */
gboolean gst_ice_session_keeps (GstIceSession *session);

/* gsticesessionsignalling, gsticesessionprogress, gsticesessionsignals */
void gst_ice_session_end_of_stream (
    GstIceSession *session, GstIceTransport *transport);
void gst_ice_session_show_progress (GstIceSession *session);
void gst_ice_session_report_first_credentials (GstIceSession *session);

/* gsticestats */
GstStructure *gst_ice_session_get_stats (GstIceSession *session);

G_END_DECLS
