/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an application has set on the agent, for each icesrc and icesink of it.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Not locked: the owner does that. */
typedef struct
{
  GstStructure *values; /* the chosen ones, by their names */
  gchar *turn_server;   /* nullable: webrtcbin's `turn-server` */
  GPtrArray *more_turn_servers;
} GstIceWebRTCSettings;

const gchar *const *gst_ice_webrtc_settings_get_names (void);

void gst_ice_webrtc_settings_init (GstIceWebRTCSettings *self);
void gst_ice_webrtc_settings_clear (GstIceWebRTCSettings *self);
void gst_ice_webrtc_settings_set (
    GstIceWebRTCSettings *self, const gchar *name, const GValue *value);
void gst_ice_webrtc_settings_get (
    const GstIceWebRTCSettings *self, GParamSpec *spec, GValue *value);
void gst_ice_webrtc_settings_set_turn_server (
    GstIceWebRTCSettings *self, const gchar *uri);
void gst_ice_webrtc_settings_add_turn_server (
    GstIceWebRTCSettings *self, const gchar *uri);
const gchar *gst_ice_webrtc_settings_get_first_turn_server (
    const GstIceWebRTCSettings *self);
void gst_ice_webrtc_settings_add_local_address (
    GstIceWebRTCSettings *self, const gchar *address);
GstStructure *gst_ice_webrtc_settings_copy (const GstIceWebRTCSettings *self);

gboolean gst_ice_webrtc_settings_verify (const gchar *name, const gchar *text);
void gst_ice_webrtc_settings_apply (
    const GstStructure *values, GstElement *src, GstElement *sink);

G_END_DECLS
