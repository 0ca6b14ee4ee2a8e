/* Writes the contents of the plugins as the JSON that GStreamer's documentation
 * is made from (gst_plugins_cache.json of hotdoc's GStreamer extension).
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Usage: plugin-cache OUTPUT MODULE...
 *
 * libgstreamer1.0-dev of Debian 12 has no gst-hotdoc-plugins-scanner, which
 * GStreamer's own modules use. Defaults are those of the classes, so that two
 * runs give the same file. It has all types that a plugin marks as its API, and
 * its dynamic types. */

#include <gst/gst.h>
#include <json-glib/json-glib.h>

static void
add_string (JsonBuilder *json, const gchar *name, const gchar *value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_string_value (json, value != NULL ? value : "NULL");
}

static void
add_boolean (JsonBuilder *json, const gchar *name, gboolean value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_boolean_value (json, value);
}

static void
begin_object (JsonBuilder *json, const gchar *name)
{
  json_builder_set_member_name (json, name);
  json_builder_begin_object (json);
}

static void
begin_array (JsonBuilder *json, const gchar *name)
{
  json_builder_set_member_name (json, name);
  json_builder_begin_array (json);
}

/* min and max, of a number */
static void
add_range (JsonBuilder *json, GParamSpec *spec)
{
  g_autofree gchar *min = NULL;
  g_autofree gchar *max = NULL;

  if (G_IS_PARAM_SPEC_INT (spec)) {
    min = g_strdup_printf ("%d", G_PARAM_SPEC_INT (spec)->minimum);
    max = g_strdup_printf ("%d", G_PARAM_SPEC_INT (spec)->maximum);
  } else if (G_IS_PARAM_SPEC_UINT (spec)) {
    min = g_strdup_printf ("%u", G_PARAM_SPEC_UINT (spec)->minimum);
    max = g_strdup_printf ("%u", G_PARAM_SPEC_UINT (spec)->maximum);
  } else if (G_IS_PARAM_SPEC_UINT64 (spec)) {
    min = g_strdup_printf (
        "%" G_GUINT64_FORMAT, G_PARAM_SPEC_UINT64 (spec)->minimum);
    max = g_strdup_printf (
        "%" G_GUINT64_FORMAT, G_PARAM_SPEC_UINT64 (spec)->maximum);
  } else {
    return;
  }
  add_string (json, "min", min);
  add_string (json, "max", max);
}

/* nicks, joined as gst_parse_launch() takes them; free it */
static gchar *
write_flags (GFlagsClass *klass, guint flags)
{
  g_autoptr (GPtrArray) nicks = g_ptr_array_new ();
  guint i;

  for (i = 0; i < klass->n_values; i++)
    if (klass->values[i].value == flags
        || (klass->values[i].value != 0
            && (klass->values[i].value & flags) == klass->values[i].value))
      g_ptr_array_add (nicks, (gpointer) klass->values[i].value_nick);
  g_ptr_array_add (nicks, NULL);
  return g_strjoinv ("+", (gchar **) nicks->pdata);
}

static void
add_default (JsonBuilder *json, GParamSpec *spec)
{
  const GValue *value = g_param_spec_get_default_value (spec);
  g_autofree gchar *text = NULL;

  if (G_IS_PARAM_SPEC_STRING (spec)) {
    text = g_value_dup_string (value);
  } else if (G_IS_PARAM_SPEC_ENUM (spec)) {
    const GEnumValue *of = g_enum_get_value (
        G_PARAM_SPEC_ENUM (spec)->enum_class, g_value_get_enum (value));

    text = g_strdup_printf ("%s (%d)", of->value_nick, of->value);
  } else if (G_IS_PARAM_SPEC_FLAGS (spec)) {
    text = write_flags (
        G_PARAM_SPEC_FLAGS (spec)->flags_class, g_value_get_flags (value));
  } else if (G_IS_PARAM_SPEC_OBJECT (spec) || G_IS_PARAM_SPEC_BOXED (spec)
      || GST_IS_PARAM_SPEC_ARRAY_LIST (spec)) {
    return;
  } else {
    text = gst_value_serialize (value);
  }
  add_string (json, "default", text);
}

static const gchar *
describe_mutability (GParamSpec *spec)
{
  if (spec->flags & GST_PARAM_MUTABLE_PLAYING)
    return "playing";
  if (spec->flags & GST_PARAM_MUTABLE_PAUSED)
    return "paused";
  return spec->flags & GST_PARAM_MUTABLE_READY ? "ready" : "null";
}

static void
add_property (JsonBuilder *json, GParamSpec *spec)
{
  const GParamFlags flags = spec->flags;

  begin_object (json, spec->name);
  add_string (json, "blurb", g_param_spec_get_blurb (spec));
  add_boolean (json, "conditionally-available",
      (flags & GST_PARAM_CONDITIONALLY_AVAILABLE) != 0);
  add_boolean (json, "construct", (flags & G_PARAM_CONSTRUCT) != 0);
  add_boolean (json, "construct-only", (flags & G_PARAM_CONSTRUCT_ONLY) != 0);
  add_boolean (json, "controllable", (flags & GST_PARAM_CONTROLLABLE) != 0);
  add_default (json, spec);
  add_range (json, spec);
  add_string (json, "mutable", describe_mutability (spec));
  add_boolean (json, "readable", (flags & G_PARAM_READABLE) != 0);
  add_string (json, "type", g_type_name (spec->value_type));
  add_boolean (json, "writable", (flags & G_PARAM_WRITABLE) != 0);
  json_builder_end_object (json);
}

/* those that the type itself installs */
static void
add_properties (JsonBuilder *json, GObjectClass *klass, GType type)
{
  guint i, n;
  g_autofree GParamSpec **specs = g_object_class_list_properties (klass, &n);

  begin_object (json, "properties");
  for (i = 0; i < n; i++)
    if (specs[i]->owner_type == type)
      add_property (json, specs[i]);
  json_builder_end_object (json);
}

static void
add_signal (JsonBuilder *json, guint id)
{
  GSignalQuery query;
  guint i;

  g_signal_query (id, &query);
  begin_object (json, query.signal_name);
  begin_array (json, "args");
  for (i = 0; i < query.n_params; i++) {
    g_autofree gchar *name = g_strdup_printf ("arg%u", i);

    json_builder_begin_object (json);
    add_string (json, "name", name);
    add_string (json, "type", g_type_name (query.param_types[i]));
    json_builder_end_object (json);
  }
  json_builder_end_array (json);
  add_string (json, "return-type", g_type_name (query.return_type));
  if (query.signal_flags & G_SIGNAL_RUN_FIRST)
    add_string (json, "when", "first");
  else if (query.signal_flags & G_SIGNAL_RUN_LAST)
    add_string (json, "when", "last");
  else if (query.signal_flags & G_SIGNAL_RUN_CLEANUP)
    add_string (json, "when", "cleanup");
  if (query.signal_flags & G_SIGNAL_NO_RECURSE)
    add_boolean (json, "no-recurse", TRUE);
  if (query.signal_flags & G_SIGNAL_DETAILED)
    add_boolean (json, "detailed", TRUE);
  if (query.signal_flags & G_SIGNAL_ACTION)
    add_boolean (json, "action", TRUE);
  if (query.signal_flags & G_SIGNAL_NO_HOOKS)
    add_boolean (json, "no-hooks", TRUE);
  json_builder_end_object (json);
}

/* The members that elements and other objects have. */
static void
add_object_details (JsonBuilder *json, GType type)
{
  GObjectClass *klass = g_type_class_ref (type);
  guint i, n;
  g_autofree GType *interfaces = g_type_interfaces (type, &n);
  g_autofree guint *signals = NULL;
  GType parent;

  begin_array (json, "hierarchy");
  for (parent = type; parent != 0; parent = g_type_parent (parent))
    json_builder_add_string_value (json, g_type_name (parent));
  json_builder_end_array (json);
  if (n > 0) {
    begin_array (json, "interfaces");
    for (i = 0; i < n; i++)
      json_builder_add_string_value (json, g_type_name (interfaces[i]));
    json_builder_end_array (json);
  }
  add_properties (json, klass, type);
  begin_object (json, "signals");
  signals = g_signal_list_ids (type, &n);
  for (i = 0; i < n; i++)
    add_signal (json, signals[i]);
  json_builder_end_object (json);
  g_type_class_unref (klass);
}

static void
add_pad_template (JsonBuilder *json, GstPadTemplate *template)
{
  static const gchar *const directions[] = { "unknown", "src", "sink" };
  static const gchar *const presences[] = { "always", "sometimes", "request" };
  g_autoptr (GstCaps) caps = gst_pad_template_get_documentation_caps (template);
  g_autofree gchar *text = gst_caps_to_string (caps);

  begin_object (json, GST_PAD_TEMPLATE_NAME_TEMPLATE (template));
  add_string (json, "caps", text);
  add_string (
      json, "direction", directions[GST_PAD_TEMPLATE_DIRECTION (template)]);
  add_string (
      json, "presence", presences[GST_PAD_TEMPLATE_PRESENCE (template)]);
  json_builder_end_object (json);
}

static const gchar *
describe_rank (GstPluginFeature *feature)
{
  switch (gst_plugin_feature_get_rank (feature)) {
    case GST_RANK_NONE:
      return "none";
    case GST_RANK_MARGINAL:
      return "marginal";
    case GST_RANK_SECONDARY:
      return "secondary";
    default:
      return "primary";
  }
}

static void
add_element (JsonBuilder *json, GstElementFactory *factory)
{
  g_auto (GStrv) keys = gst_element_factory_get_metadata_keys (factory);
  GType type = gst_element_factory_get_element_type (factory);
  GstElementClass *klass = g_type_class_ref (type);
  GList *templates = gst_element_class_get_pad_template_list (klass);
  guint i;

  begin_object (json, GST_OBJECT_NAME (factory));
  add_string (json, "name", GST_OBJECT_NAME (factory));
  add_string (json, "rank", describe_rank (GST_PLUGIN_FEATURE (factory)));
  for (i = 0; keys != NULL && keys[i] != NULL; i++)
    add_string (
        json, keys[i], gst_element_factory_get_metadata (factory, keys[i]));
  add_object_details (json, type);
  begin_object (json, "pad-templates");
  for (; templates != NULL; templates = templates->next)
    add_pad_template (json, templates->data);
  json_builder_end_object (json);
  json_builder_end_object (json);
  g_type_class_unref (klass);
}

static void
add_value (JsonBuilder *json, const gchar *nick, const gchar *value,
    const gchar *description)
{
  json_builder_begin_object (json);
  add_string (json, "desc", description);
  add_string (json, "name", nick);
  add_string (json, "value", value);
  json_builder_end_object (json);
}

static void
add_values (JsonBuilder *json, GTypeClass *klass)
{
  guint i;

  begin_array (json, "values");
  if (G_IS_ENUM_CLASS (klass)) {
    for (i = 0; i < G_ENUM_CLASS (klass)->n_values; i++) {
      const GEnumValue *of = &G_ENUM_CLASS (klass)->values[i];
      g_autofree gchar *number = g_strdup_printf ("%d", of->value);

      add_value (json, of->value_nick, number, of->value_name);
    }
  } else {
    for (i = 0; i < G_FLAGS_CLASS (klass)->n_values; i++) {
      const GFlagsValue *of = &G_FLAGS_CLASS (klass)->values[i];
      g_autofree gchar *number = g_strdup_printf ("0x%08x", of->value);

      add_value (json, of->value_nick, number, of->value_name);
    }
  }
  json_builder_end_array (json);
}

static void
add_type (JsonBuilder *json, GType type)
{
  begin_object (json, g_type_name (type));
  if (G_TYPE_IS_ENUM (type) || G_TYPE_IS_FLAGS (type)) {
    GTypeClass *klass = g_type_class_ref (type);

    add_string (json, "kind", G_TYPE_IS_ENUM (type) ? "enum" : "flags");
    add_values (json, klass);
    g_type_class_unref (klass);
  } else {
    add_string (json, "kind", "object");
    add_object_details (json, type);
  }
  json_builder_end_object (json);
}

/* The types below @type that a plugin has marked as its API, as keys. */
static void
find_api_types (GHashTable *found, GType type)
{
  guint i, n;
  g_autofree GType *children = g_type_children (type, &n);

  for (i = 0; i < n; i++) {
    if (gst_type_is_plugin_api (children[i], NULL))
      g_hash_table_add (found, (gpointer) g_type_name (children[i]));
    find_api_types (found, children[i]);
  }
}

static GHashTable *
list_api_types (void)
{
  GHashTable *found = g_hash_table_new (g_str_hash, g_str_equal);

  find_api_types (found, G_TYPE_ENUM);
  find_api_types (found, G_TYPE_FLAGS);
  find_api_types (found, G_TYPE_OBJECT);
  return found;
}

/* Those that came with this plugin: its elements' classes have marked them. */
static void
add_other_types (JsonBuilder *json, GList *features, GHashTable *before)
{
  g_autoptr (GHashTable) types = list_api_types ();
  g_autoptr (GList) names = NULL;
  GList *i;

  for (i = features; i != NULL; i = i->next)
    if (GST_IS_DYNAMIC_TYPE_FACTORY (i->data))
      g_hash_table_add (types, GST_OBJECT_NAME (i->data));
  names = g_list_sort (g_hash_table_get_keys (types), (GCompareFunc) strcmp);
  begin_object (json, "other-types");
  for (i = names; i != NULL; i = i->next)
    if (!g_hash_table_contains (before, i->data))
      add_type (json, g_type_from_name (i->data));
  json_builder_end_object (json);
}

/* Features by name, each loaded. */
static GList *
load_features (GstPlugin *plugin)
{
  GList *found = gst_registry_get_feature_list_by_plugin (
      gst_registry_get (), gst_plugin_get_name (plugin));
  GList *i;

  found = g_list_sort (found, gst_plugin_feature_rank_compare_func);
  for (i = found; i != NULL; i = i->next) {
    GstPluginFeature *loaded = gst_plugin_feature_load (i->data);

    if (loaded == NULL)
      g_error ("%s cannot be loaded", GST_OBJECT_NAME (i->data));
    gst_object_unref (i->data);
    i->data = loaded;
    if (GST_IS_DYNAMIC_TYPE_FACTORY (loaded))
      gst_dynamic_type_factory_load (GST_OBJECT_NAME (loaded));
  }
  return found;
}

static void
add_plugin (JsonBuilder *json, const gchar *module)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) before = list_api_types ();
  g_autoptr (GstPlugin) plugin = gst_plugin_load_file (module, &error);
  g_autofree gchar *file = g_path_get_basename (module);
  GList *features, *i;

  if (plugin == NULL)
    g_error ("%s cannot be loaded: %s", module, error->message);
  features = load_features (plugin);
  *strchrnul (file, '.') = '\0';
  begin_object (json, gst_plugin_get_name (plugin));
  add_string (json, "description", gst_plugin_get_description (plugin));
  add_string (json, "filename",
      g_str_has_prefix (file, "lib") ? file + strlen ("lib") : file);
  add_string (json, "license", gst_plugin_get_license (plugin));
  add_string (json, "package", gst_plugin_get_package (plugin));
  add_string (json, "source", gst_plugin_get_source (plugin));
  add_string (json, "url", gst_plugin_get_origin (plugin));
  begin_object (json, "elements");
  for (i = features; i != NULL; i = i->next)
    if (GST_IS_ELEMENT_FACTORY (i->data))
      add_element (json, i->data);
  json_builder_end_object (json);
  begin_object (json, "tracers");
  json_builder_end_object (json);
  add_other_types (json, features, before);
  json_builder_end_object (json);
  gst_plugin_feature_list_free (features);
}

int
main (int argc, char **argv)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GError) error = NULL;
  int i;

  if (argc < 3) {
    g_printerr ("Usage: plugin-cache OUTPUT MODULE...\n");
    return 2;
  }
  /* the modules that were given, and no others */
  g_setenv ("GST_REGISTRY_DISABLE", "yes", TRUE);
  gst_init (NULL, NULL);
  json_builder_begin_object (json);
  for (i = 2; i < argc; i++)
    add_plugin (json, argv[i]);
  json_builder_end_object (json);
  json_generator_set_pretty (generator, TRUE);
  json_generator_set_indent (generator, 4);
  root = json_builder_get_root (json);
  json_generator_set_root (generator, root);
  if (!json_generator_to_file (generator, argv[1], &error))
    g_error ("%s cannot be written: %s", argv[1], error->message);
  return 0;
}
