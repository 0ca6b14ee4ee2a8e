/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Properties with passwords in them: an application that asks for one by name
 * can read it; code that prints all properties of an element leaves it out. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GParamSpec *gst_ice_secret_spec_string (const gchar *name, const gchar *nick,
    const gchar *blurb, GParamFlags flags);
GParamSpec *gst_ice_secret_spec_strings (const gchar *name, const gchar *nick,
    const gchar *blurb, const gchar *item, GParamFlags flags);
GParamSpec *gst_ice_secret_spec_structures (const gchar *name,
    const gchar *nick, const gchar *blurb, const gchar *item,
    GParamFlags flags);
gboolean gst_ice_secret_spec_is_one (const GParamSpec *spec);

G_END_DECLS
