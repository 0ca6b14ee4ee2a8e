/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The settings of an ICE session: the properties that the agent has and both
 * elements pass on. One table makes the GParamSpecs, stores and checks. */
#pragma once

#include <gst/gst.h>
#include "gsticeenumtypes.h"

G_BEGIN_DECLS

typedef enum
{
  GST_ICE_SETTING_ROLE,
  GST_ICE_SETTING_LOCAL_UFRAG,
  GST_ICE_SETTING_LOCAL_PWD,
  GST_ICE_SETTING_REMOTE_UFRAG,
  GST_ICE_SETTING_REMOTE_PWD,
  GST_ICE_SETTING_STUN_SERVER,
  GST_ICE_SETTING_TURN_SERVERS,
  GST_ICE_SETTING_TURN_SERVER,
  GST_ICE_SETTING_ICE_TRANSPORT_POLICY,
  GST_ICE_SETTING_ICE_TCP,
  GST_ICE_SETTING_UPNP,
  GST_ICE_SETTING_TRICKLE,
  GST_ICE_SETTING_MIN_PORT,
  GST_ICE_SETTING_MAX_PORT,
  GST_ICE_SETTING_LOCAL_ADDRESSES,
  GST_ICE_SETTING_INTERFACES,
  GST_ICE_SETTING_DISCONNECTED_TIMEOUT,
  GST_ICE_SETTING_FAILED_TIMEOUT,
  GST_ICE_SETTING_REMOTE_CANDIDATES,
  GST_ICE_SETTING_SIGNALLING_URI,
  GST_ICE_SETTING_ON_FAILED,
  GST_ICE_SETTING_RESTART_ON,
  GST_ICE_N_SETTINGS
} GstIceSetting;

/* Not locked: the owner does that. */
typedef struct
{
  GValue values[GST_ICE_N_SETTINGS];
  gboolean chosen[GST_ICE_N_SETTINGS]; /* set by the user, not a default */
  GError *refused[GST_ICE_N_SETTINGS]; /* why the last value was refused */
} GstIceSettings;

void gst_ice_settings_install (GObjectClass *klass, guint first_id);

void gst_ice_settings_init (GstIceSettings *settings);
void gst_ice_settings_copy (GstIceSettings *copy, const GstIceSettings *from);
void gst_ice_settings_clear (GstIceSettings *settings);

const gchar *gst_ice_setting_get_name (GstIceSetting id);
gboolean gst_ice_setting_check (
    GstIceSetting id, const GValue *value, GError **error);
gboolean gst_ice_settings_set (GstIceSettings *settings, GstIceSetting id,
    const GValue *value, GError **error);
void gst_ice_settings_get (
    const GstIceSettings *settings, GstIceSetting id, GValue *value);
gboolean gst_ice_settings_verify (
    const GstIceSettings *settings, GError **error);

const gchar *gst_ice_settings_get_string (
    const GstIceSettings *settings, GstIceSetting id);
guint gst_ice_settings_get_uint (
    const GstIceSettings *settings, GstIceSetting id);
gint gst_ice_settings_get_enum (
    const GstIceSettings *settings, GstIceSetting id);
guint gst_ice_settings_get_flags (
    const GstIceSettings *settings, GstIceSetting id);
gboolean gst_ice_settings_get_boolean (
    const GstIceSettings *settings, GstIceSetting id);
GStrv gst_ice_settings_get_strings (
    const GstIceSettings *settings, GstIceSetting id);

G_END_DECLS
