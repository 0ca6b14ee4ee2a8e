/* gst-ice: properties of icesrc, copied to another class.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names, ranges, defaults and texts are written once, in the elements. */

#include "gsticewebrtcspecs.h"

/**
 * gst_ice_webrtc_specs_ref_source_class:
 *
 * Loads the plugin `ice`. Any thread.
 *
 * Returns: (transfer full) (nullable): the class of icesrc; %NULL where the
 *   plugin `ice` is not installed
 */
GObjectClass *
gst_ice_webrtc_specs_ref_source_class (void)
{
  GstElementFactory *factory = gst_element_factory_find ("icesrc");
  GstPluginFeature *loaded = NULL;
  GObjectClass *klass = NULL;

  if (factory != NULL)
    loaded = gst_plugin_feature_load (GST_PLUGIN_FEATURE (factory));
  if (loaded != NULL)
    klass = g_type_class_ref (
        gst_element_factory_get_element_type (GST_ELEMENT_FACTORY (loaded)));
  gst_clear_object (&factory);
  gst_clear_object (&loaded);
  return klass;
}

static GParamSpec *
copy_number (GParamSpec *from, GParamFlags flags)
{
  if (G_IS_PARAM_SPEC_UINT (from)) {
    GParamSpecUInt *number = G_PARAM_SPEC_UINT (from);

    return g_param_spec_uint (from->name, g_param_spec_get_nick (from),
        g_param_spec_get_blurb (from), number->minimum, number->maximum,
        number->default_value, flags);
  }
  if (G_IS_PARAM_SPEC_ENUM (from))
    return g_param_spec_enum (from->name, g_param_spec_get_nick (from),
        g_param_spec_get_blurb (from), from->value_type,
        G_PARAM_SPEC_ENUM (from)->default_value, flags);
  return g_param_spec_boolean (from->name, g_param_spec_get_nick (from),
      g_param_spec_get_blurb (from), G_PARAM_SPEC_BOOLEAN (from)->default_value,
      flags);
}

static GParamSpec *
copy_spec (GParamSpec *from, GParamFlags flags)
{
  const gchar *nick = g_param_spec_get_nick (from);
  const gchar *blurb = g_param_spec_get_blurb (from);

  if (GST_IS_PARAM_SPEC_ARRAY_LIST (from))
    return gst_param_spec_array (from->name, nick, blurb,
        GST_PARAM_SPEC_ARRAY_LIST (from)->element_spec, flags);
  if (G_IS_PARAM_SPEC_BOXED (from))
    return g_param_spec_boxed (
        from->name, nick, blurb, from->value_type, flags);
  if (G_IS_PARAM_SPEC_STRING (from))
    return g_param_spec_string (from->name, nick, blurb,
        G_PARAM_SPEC_STRING (from)->default_value, flags);
  return copy_number (from, flags);
}

/**
 * gst_ice_webrtc_specs_install:
 * @klass: a class that gets properties
 * @source_class: the class of icesrc
 * @names: properties of @source_class, %NULL at the end
 * @first_id: property id of the first one; the others follow
 * @access: %G_PARAM_READABLE or %G_PARAM_READWRITE
 *
 * In class_init.
 */
void
gst_ice_webrtc_specs_install (GObjectClass *klass, GObjectClass *source_class,
    const gchar *const *names, guint first_id, GParamFlags access)
{
  guint i;

  for (i = 0; names[i] != NULL; i++) {
    GParamSpec *from = g_object_class_find_property (source_class, names[i]);

    g_assert (from != NULL);
    g_object_class_install_property (
        klass, first_id + i, copy_spec (from, access | G_PARAM_STATIC_STRINGS));
  }
}
