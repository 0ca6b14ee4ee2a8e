/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What happens in one ICE session: its streams and transports, gathering, the
 * remote side, the aggregate states, built-in signalling, closing. The agent
 * is its face. Events happen on the I/O thread, in W3C's order. */
#pragma once

#include <gst/gst.h>
#include "gsticesettings.h"
#include "gsticetransport.h"

G_BEGIN_DECLS

  typedef struct _GstIceSession GstIceSession;

  /* What users are told; the I/O thread, without a lock, but for filter(),
   * which is called in the thread that adds a remote candidate too. */
  typedef struct
  {
    void (*candidate) (GstObject *owner, guint stream, const gchar *candidate);
    void (*candidate_error) (GstObject *owner, const GstStructure *error);
    void (*selected_pair) (GstObject *owner, guint stream, guint component,
        const GstStructure *pair);
    gchar *(*filter) (
        GstObject *owner, guint stream, const gchar *candidate, gboolean local);
    /* a property of the owner has another value */
    void (*notify) (GstObject *owner, const gchar *property);
    /* (transfer full): an element message of the contract */
    void (*event) (GstObject *owner, GstStructure *message);
    void (*problem) (GstObject *owner, const GError *error, gboolean fatal);
  } GstIceSessionCallbacks;

  GstIceSession *gst_ice_session_new (GstObject * owner, GType transport_type,
      const GstIceSessionCallbacks *callbacks);
  void gst_ice_session_free (GstIceSession * session);

  gboolean gst_ice_session_set (GstIceSession * session, GstIceSetting id,
      const GValue *value, GError **error);
  void gst_ice_session_get (
      GstIceSession * session, GstIceSetting id, GValue * value);
  gboolean gst_ice_session_verify (GstIceSession * session, GError * *error);

  GstIceTransport *gst_ice_session_get_transport (
      GstIceSession * session, guint stream, guint component, GError * *error);
  GPtrArray *gst_ice_session_list_transports (GstIceSession * session);
  gboolean gst_ice_session_add_candidate (GstIceSession * session, guint stream,
      const gchar *candidate, GError **error);
  gboolean gst_ice_session_set_remote_credentials (GstIceSession * session,
      guint stream, const gchar *ufrag, const gchar *password, GError **error);
  void gst_ice_session_take_candidates (
      GstIceSession * session, gboolean local, GValue * array);

  gboolean gst_ice_session_gather (GstIceSession * session);
  void gst_ice_session_end_of_stream (
      GstIceSession * session, GstIceTransport * transport);
  void gst_ice_session_set_socket_options (GstIceSession * session,
      GstIceTransport * transport, const GstIceSocketOptions *options);
  void gst_ice_session_close (GstIceSession * session);
  gboolean gst_ice_session_is_closed (GstIceSession * session);

  GstIceConnectionState gst_ice_session_get_connection_state (
      GstIceSession * session);
  GstIceGatheringState gst_ice_session_get_gathering_state (
      GstIceSession * session);

G_END_DECLS
