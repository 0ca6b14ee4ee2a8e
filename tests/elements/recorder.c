/* gst-ice: what users are told, in order.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "recorder.h"
#include <string.h>

struct _Recorder
{
  GMutex lock;
  GCond cond;
  GString *lines;     /* under the lock */
  GPtrArray *watched; /* of GObject */
  GPtrArray *buses;   /* of GstBus */
};

Recorder *
recorder_new (void)
{
  Recorder *self = g_new0 (Recorder, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->lines = g_string_new (NULL);
  self->watched = g_ptr_array_new_with_free_func (g_object_unref);
  self->buses = g_ptr_array_new_with_free_func (gst_object_unref);
  return self;
}

void
recorder_free (Recorder *self)
{
  guint i;

  for (i = 0; i < self->watched->len; i++)
    g_signal_handlers_disconnect_by_data (
        g_ptr_array_index (self->watched, i), self);
  for (i = 0; i < self->buses->len; i++)
    gst_bus_set_sync_handler (
        g_ptr_array_index (self->buses, i), NULL, NULL, NULL);
  g_ptr_array_unref (self->watched);
  g_ptr_array_unref (self->buses);
  g_string_free (self->lines, TRUE);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
recorder_note (Recorder *self, const gchar *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_mutex_lock (&self->lock);
  g_string_append_vprintf (self->lines, format, arguments);
  g_string_append_c (self->lines, '\n');
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  va_end (arguments);
}

void
recorder_wait (Recorder *self, const gchar *line)
{
  gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&self->lock);
  while (strstr (self->lines->str, line) == NULL)
    if (!g_cond_wait_until (&self->cond, &self->lock, end))
      g_error ("no \"%s\" after 10 s in:\n%s", line, self->lines->str);
  g_mutex_unlock (&self->lock);
}

/* (transfer full) */
gchar *
recorder_take (Recorder *self)
{
  gchar *lines;

  g_mutex_lock (&self->lock);
  lines = g_string_free (self->lines, FALSE);
  self->lines = g_string_new (NULL);
  g_mutex_unlock (&self->lock);
  return lines;
}

/* Signals. */

/* Without the `ufrag` that is made at random. */
static gchar *
shorten (const gchar *candidate)
{
  const gchar *ufrag = candidate != NULL ? strstr (candidate, " ufrag ") : NULL;

  if (candidate == NULL)
    return g_strdup ("NULL");
  if (candidate[0] == '\0')
    return g_strdup ("\"\"");
  return ufrag != NULL ? g_strndup (candidate, (gsize) (ufrag - candidate))
                       : g_strdup (candidate);
}

typedef struct
{
  Recorder *recorder;
  gchar *name;
} Watch;

static void
watch_free (gpointer data, GClosure *closure)
{
  Watch *watch = data;

  g_free (watch->name);
  g_free (watch);
}

static void
on_candidate (
    gpointer object, guint stream, const gchar *candidate, Recorder *self)
{
  g_autofree gchar *text = shorten (candidate);

  recorder_note (self, "candidate %u %s", stream, text);
}

static void
on_candidate_error (gpointer object, const GstStructure *error, Recorder *self)
{
  guint stream = 99, code = 0;

  gst_structure_get (error, "stream", G_TYPE_UINT, &stream, "error-code",
      G_TYPE_UINT, &code, NULL);
  recorder_note (self, "error %u %u %s", stream, code,
      gst_structure_get_string (error, "error-text"));
}

static void
on_selected_pair (gpointer object, guint stream, guint component,
    const GstStructure *pair, Recorder *self)
{
  recorder_note (self, "pair %u/%u %s", stream, component,
      gst_structure_get_string (pair, "remote-address"));
}

static gchar *
get_value (GObject *object, GParamSpec *spec)
{
  GValue value = G_VALUE_INIT;
  gchar *text = NULL;

  g_value_init (&value, spec->value_type);
  g_object_get_property (object, spec->name, &value);
  if (G_IS_PARAM_SPEC_ENUM (spec)) {
    GEnumValue *item = g_enum_get_value (
        G_PARAM_SPEC_ENUM (spec)->enum_class, g_value_get_enum (&value));

    text = g_strdup (item->value_nick);
  } else if (GST_VALUE_HOLDS_ARRAY (&value)) {
    text = g_strdup_printf ("%u", gst_value_array_get_size (&value));
  } else if (GST_VALUE_HOLDS_STRUCTURE (&value)) {
    text = g_strdup (g_value_get_boxed (&value) != NULL ? "pair" : "NULL");
  }
  g_value_unset (&value);
  return text;
}

static void
on_notify (GObject *object, GParamSpec *spec, Watch *watch)
{
  g_autofree gchar *text = get_value (object, spec);

  recorder_note (watch->recorder, "%s %s %s", watch->name, spec->name,
      text != NULL ? text : "-");
}

static void
on_transport_notify (GObject *object, GParamSpec *spec, Recorder *self)
{
  g_autofree gchar *text = get_value (object, spec);
  guint stream, component;

  g_object_get (object, "stream", &stream, "component", &component, NULL);
  recorder_note (self, "transport %u/%u %s %s", stream, component, spec->name,
      text != NULL ? text : "-");
}

/* object: an agent, or an element, which has the same signals */
void
recorder_watch_agent (Recorder *self, gpointer object, const gchar *name)
{
  Watch *watch = g_new0 (Watch, 1);

  watch->recorder = self;
  watch->name = g_strdup (name);
  g_ptr_array_add (self->watched, g_object_ref (object));
  g_signal_connect (
      object, "on-ice-candidate", G_CALLBACK (on_candidate), self);
  g_signal_connect (
      object, "on-ice-candidate-error", G_CALLBACK (on_candidate_error), self);
  g_signal_connect (object, "on-selected-candidate-pair-change",
      G_CALLBACK (on_selected_pair), self);
  g_signal_connect_data (
      object, "notify", G_CALLBACK (on_notify), watch, watch_free, 0);
}

void
recorder_watch_transport (Recorder *self, gpointer transport)
{
  g_ptr_array_add (self->watched, g_object_ref (transport));
  g_signal_connect (
      transport, "notify", G_CALLBACK (on_transport_notify), self);
}

/* Messages. */

static const gchar *
get_nick (const GstStructure *structure, const gchar *field)
{
  const GValue *value = gst_structure_get_value (structure, field);
  GEnumClass *klass;
  const gchar *nick;

  if (value == NULL)
    return "-";
  klass = g_type_class_ref (G_VALUE_TYPE (value));
  nick = g_enum_get_value (klass, g_value_get_enum (value))->value_nick;
  g_type_class_unref (klass);
  return nick;
}

static void
note_element_message (Recorder *self, const GstStructure *s)
{
  guint stream = 0, component = 0;

  gst_structure_get_uint (s, "stream", &stream);
  gst_structure_get_uint (s, "component", &component);
  if (gst_structure_has_name (s, "ice-candidate")) {
    g_autofree gchar *text = shorten (
        gst_structure_get_string (s, "candidate"));

    recorder_note (self, "bus ice-candidate %u %s", stream, text);
  } else if (gst_structure_has_name (s, "ice-connection-state")
      || gst_structure_has_name (s, "ice-gathering-state")) {
    recorder_note (self, "bus %s %s %s %s", gst_structure_get_name (s),
        get_nick (s, "old"), get_nick (s, "new"),
        gst_structure_has_field (s, "reason")
            ? gst_structure_get_string (s, "reason")
            : "");
  } else if (gst_structure_has_name (s, "ice-transport-state")) {
    recorder_note (self, "bus ice-transport-state %u/%u %s %s %s", stream,
        component, get_nick (s, "old"), get_nick (s, "new"),
        gst_structure_get_string (s, "reason"));
  } else if (gst_structure_has_name (s, "ice-selected-candidate-pair")) {
    recorder_note (
        self, "bus ice-selected-candidate-pair %u/%u", stream, component);
  } else {
    recorder_note (self, "bus %s", gst_structure_get_name (s));
  }
}

static void
note_problem (Recorder *self, GstMessage *message)
{
  g_autoptr (GError) error = NULL;
  gboolean fatal = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;

  if (fatal)
    gst_message_parse_error (message, &error, NULL);
  else
    gst_message_parse_warning (message, &error, NULL);
  recorder_note (
      self, "bus %s %s", fatal ? "ERROR" : "WARNING", error->message);
}

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Recorder *self = data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      note_element_message (self, gst_message_get_structure (message));
      break;
    case GST_MESSAGE_ERROR:
    case GST_MESSAGE_WARNING:
      note_problem (self, message);
      break;
    case GST_MESSAGE_EOS:
      recorder_note (self, "bus EOS");
      break;
    default:
      break;
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* The element's own bus, made where it has none. */
void
recorder_watch_bus (Recorder *self, GstElement *element)
{
  GstBus *bus = gst_element_get_bus (element);

  if (bus == NULL) {
    bus = gst_bus_new ();
    gst_element_set_bus (element, bus);
  }
  gst_bus_set_sync_handler (bus, on_message, self, NULL);
  g_ptr_array_add (self->buses, bus);
}
