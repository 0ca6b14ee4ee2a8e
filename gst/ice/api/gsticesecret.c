/* gst-ice: properties with passwords in them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gsticesecret.h"

/* Code that prints the properties of an element that are not at their defaults,
 * as for GStreamer's DOT files, asks the GParamSpec whether a value is the
 * default (g_param_value_defaults()). These GParamSpecs answer that each value
 * is. Nothing else compares by them: setting, getting and notify do not. */

typedef GParamSpecString GstIceSecretString;
typedef GParamSpecClass GstIceSecretStringClass;
typedef GstParamSpecArray GstIceSecretArray;
typedef GParamSpecClass GstIceSecretArrayClass;

GType gst_ice_secret_string_get_type (void);
GType gst_ice_secret_array_get_type (void);

G_DEFINE_TYPE (GstIceSecretString, gst_ice_secret_string, G_TYPE_PARAM_STRING)
G_DEFINE_TYPE (
    GstIceSecretArray, gst_ice_secret_array, GST_TYPE_PARAM_ARRAY_LIST)

static gint
compare_equal (GParamSpec *spec, const GValue *a, const GValue *b)
{
  return 0;
}

static void
gst_ice_secret_string_class_init (GstIceSecretStringClass *klass)
{
  klass->values_cmp = compare_equal;
}

static void
gst_ice_secret_string_init (GstIceSecretString *self)
{
}

static void
gst_ice_secret_array_class_init (GstIceSecretArrayClass *klass)
{
  klass->values_cmp = compare_equal;
}

static void
gst_ice_secret_array_init (GstIceSecretArray *self)
{
}

/**
 * gst_ice_secret_spec_string:
 * @name: the property's name
 * @nick: its nick
 * @blurb: what it is
 * @flags: its flags
 *
 * Any thread.
 *
 * Returns: (transfer floating): like g_param_spec_string() with the default
 *   %NULL, for a value that is a secret
 *
 * Since: 0.1
 */
GParamSpec *
gst_ice_secret_spec_string (
    const gchar *name, const gchar *nick, const gchar *blurb, GParamFlags flags)
{
  return g_param_spec_internal (
      gst_ice_secret_string_get_type (), name, nick, blurb, flags);
}

static GParamSpec *
make_array (const gchar *name, const gchar *nick, const gchar *blurb,
    GParamSpec *item, GParamFlags flags)
{
  GstParamSpecArray *spec = g_param_spec_internal (
      gst_ice_secret_array_get_type (), name, nick, blurb, flags);

  spec->element_spec = g_param_spec_ref_sink (item);
  return G_PARAM_SPEC (spec);
}

/**
 * gst_ice_secret_spec_strings:
 * @name: the property's name
 * @nick: its nick
 * @blurb: what it is
 * @item: the name of one of its strings
 * @flags: its flags
 *
 * Any thread.
 *
 * Returns: (transfer floating): like gst_param_spec_array() of strings, for
 *   values that have secrets in them
 *
 * Since: 0.1
 */
GParamSpec *
gst_ice_secret_spec_strings (const gchar *name, const gchar *nick,
    const gchar *blurb, const gchar *item, GParamFlags flags)
{
  return make_array (name, nick, blurb,
      gst_ice_secret_spec_string (item, item, item, flags), flags);
}

/**
 * gst_ice_secret_spec_structures:
 * @name: the property's name
 * @nick: its nick
 * @blurb: what it is
 * @item: the name of one of its structures
 * @flags: its flags
 *
 * Any thread.
 *
 * Returns: (transfer floating): like gst_param_spec_array() of structures, for
 *   values that have secrets in them
 *
 * Since: 0.1
 */
GParamSpec *
gst_ice_secret_spec_structures (const gchar *name, const gchar *nick,
    const gchar *blurb, const gchar *item, GParamFlags flags)
{
  return make_array (name, nick, blurb,
      g_param_spec_boxed (item, item, item, GST_TYPE_STRUCTURE, flags), flags);
}

/**
 * gst_ice_secret_spec_is_one:
 * @spec: a property
 *
 * Any thread.
 *
 * Returns: whether it was made by one of the functions above
 *
 * Since: 0.1
 */
gboolean
gst_ice_secret_spec_is_one (const GParamSpec *spec)
{
  return g_type_is_a (
             G_PARAM_SPEC_TYPE (spec), gst_ice_secret_string_get_type ())
      || g_type_is_a (
          G_PARAM_SPEC_TYPE (spec), gst_ice_secret_array_get_type ());
}
