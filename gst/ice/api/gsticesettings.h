/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The settings of an ICE session: properties of the agent, which both elements
 * pass on. One table makes, stores and checks them. */
#pragma once

#include <gst/gst.h>
#include "api/gsticesettingspecs.h"

G_BEGIN_DECLS

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

void gst_ice_setting_notify (GObject *object, GstIceSetting id);
gboolean gst_ice_setting_check (
    GstIceSetting id, const GValue *value, GError **error);
gboolean gst_ice_settings_set (GstIceSettings *settings, GstIceSetting id,
    const GValue *value, GError **error);
void gst_ice_settings_get (
    const GstIceSettings *settings, GstIceSetting id, GValue *value);
gboolean gst_ice_settings_verify (
    const GstIceSettings *settings, GError **error);
gboolean gst_ice_settings_verify_gathering (
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
GPtrArray *gst_ice_settings_list_servers (const GstIceSettings *settings);

G_END_DECLS
