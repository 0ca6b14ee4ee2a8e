/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What happens in one ICE session: its streams and transports, gathering, the
 * remote side, the aggregate states, built-in signalling, closing. The agent is
 * its face. Events happen on the I/O thread, in W3C's order. */
#pragma once

#include "gsticesessiontables.h"

G_BEGIN_DECLS

GstIceSession *gst_ice_session_new (GstObject *owner, GType transport_type,
    const GstIceSessionCallbacks *callbacks);
void gst_ice_session_free (GstIceSession *session);

gboolean gst_ice_session_set (GstIceSession *session, GstIceSetting id,
    const GValue *value, GError **error);
void gst_ice_session_get (
    GstIceSession *session, GstIceSetting id, GValue *value);
gboolean gst_ice_session_verify (GstIceSession *session, GError **error);

GstIceTransport *gst_ice_session_get_transport (
    GstIceSession *session, guint stream, guint component, GError **error);
GPtrArray *gst_ice_session_list_transports (GstIceSession *session);
void gst_ice_session_take_candidates (
    GstIceSession *session, gboolean local, GValue *array);

void gst_ice_session_set_socket_options (GstIceSession *session,
    GstIceTransport *transport, GstIceDirection direction,
    const GstIceSocketOptions *options);
void gst_ice_session_close (GstIceSession *session);

G_END_DECLS
