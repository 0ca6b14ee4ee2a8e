/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What webrtcbin and the application have set on an agent, and the
 * transports it applies to: existing ones and later ones. Any thread. */
#pragma once

#include <gst/gst.h>
#include "gsticewebrtcsettings.h"
#include "gsticewebrtcstreams.h"

G_BEGIN_DECLS

typedef struct
{
  GstIceWebRTCStreams *streams; /* of the same agent */
  GMutex lock;
  /* under the lock */
  GstIceWebRTCSettings settings;
  gboolean controlling;
  gchar *http_proxy;
} GstIceWebRTCConfig;

void gst_ice_webrtc_config_init (
    GstIceWebRTCConfig *self, GstIceWebRTCStreams *streams);
void gst_ice_webrtc_config_clear (GstIceWebRTCConfig *self);
void gst_ice_webrtc_config_apply (
    GstIceWebRTCConfig *self, GstIceWebRTCTransport *transport);
void gst_ice_webrtc_config_set (
    GstIceWebRTCConfig *self, const gchar *name, const GValue *value);
void gst_ice_webrtc_config_get (
    GstIceWebRTCConfig *self, GParamSpec *spec, GValue *value);
gboolean gst_ice_webrtc_config_add_turn_server (
    GstIceWebRTCConfig *self, const gchar *uri);
gboolean gst_ice_webrtc_config_set_turn_server (
    GstIceWebRTCConfig *self, const gchar *uri);
gchar *gst_ice_webrtc_config_get_turn_server (GstIceWebRTCConfig *self);
gchar *gst_ice_webrtc_config_get_first_turn_server (GstIceWebRTCConfig *self);
gboolean gst_ice_webrtc_config_add_local_address (
    GstIceWebRTCConfig *self, const gchar *address);
void gst_ice_webrtc_config_set_controlling (
    GstIceWebRTCConfig *self, gboolean controlling);
gboolean gst_ice_webrtc_config_is_controlling (GstIceWebRTCConfig *self);
void gst_ice_webrtc_config_set_http_proxy (
    GstIceWebRTCConfig *self, const gchar *uri);
gchar *gst_ice_webrtc_config_get_http_proxy (GstIceWebRTCConfig *self);

G_END_DECLS
