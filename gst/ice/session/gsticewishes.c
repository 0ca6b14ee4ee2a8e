/* gst-ice: finds elements that set an agent's setting to different values.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticewishes.h"
#include <gio/gio.h>

/* One element's value of one setting. */
typedef struct
{
  GstObject *user; /* not referenced */
  gchar *name;
  GstIceSetting id;
  GValue value;
} Wish;

struct _GstIceWishes
{
  GPtrArray *list; /* of Wish, in the order of setting */
  gboolean reported[GST_ICE_N_SETTINGS];
};

static void
wish_free (gpointer data)
{
  Wish *wish = data;

  g_free (wish->name);
  g_value_unset (&wish->value);
  g_free (wish);
}

/**
 * gst_ice_wishes_new:
 *
 * Returns: (transfer full): no wishes yet
 */
GstIceWishes *
gst_ice_wishes_new (void)
{
  GstIceWishes *self = g_new0 (GstIceWishes, 1);

  self->list = g_ptr_array_new_with_free_func (wish_free);
  return self;
}

/**
 * gst_ice_wishes_free:
 * @self: (transfer full): wishes
 */
void
gst_ice_wishes_free (GstIceWishes *self)
{
  g_ptr_array_unref (self->list);
  g_free (self);
}

/* remote-candidates adds, and on-failed is each element's own: no conflict. */
static gboolean
can_disagree (GstIceSetting id)
{
  return id != GST_ICE_SETTING_REMOTE_CANDIDATES
      && id != GST_ICE_SETTING_ON_FAILED;
}

/* Returns: (transfer full): the value as text, without passwords, also in URIs
 */
static gchar *
show (GstIceSetting id, const GValue *value)
{
  switch ((guint) id) {
    case GST_ICE_SETTING_LOCAL_PWD:
    case GST_ICE_SETTING_REMOTE_PWD:
      return g_strdup ("a password");
    case GST_ICE_SETTING_TURN_SERVER:
      return g_strdup ("a server");
    case GST_ICE_SETTING_TURN_SERVERS:
    case GST_ICE_SETTING_ICE_SERVERS:
      return g_strdup_printf ("a list of %u", gst_value_array_get_size (value));
    default:
      break;
  }
  if (!G_VALUE_HOLDS_STRING (value))
    return gst_value_serialize (value);
  if (g_value_get_string (value) == NULL)
    return g_strdup ("NULL");
  return g_strdup (g_value_get_string (value));
}

static GError *
disagree (const Wish *other, const Wish *wish)
{
  g_autofree gchar *theirs = show (other->id, &other->value);
  g_autofree gchar *ours = show (wish->id, &wish->value);

  return g_error_new (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "%s and %s share an ICE agent and set its %s to different values: %s "
      "(%s) and %s (%s); the agent has one for all of its elements, set it on "
      "one of them, or to the same value",
      other->name, wish->name, gst_ice_setting_get_name (wish->id), theirs,
      other->name, ours, wish->name);
}

/* Returns: another element's different value; NULL if there is none. Forgets
 * the element's own earlier value. */
static const Wish *
replace (GstIceWishes *self, Wish *wish)
{
  const Wish *other = NULL;
  guint i = 0;

  while (i < self->list->len) {
    Wish *earlier = g_ptr_array_index (self->list, i);

    if (earlier->id == wish->id && earlier->user == wish->user) {
      g_ptr_array_remove_index (self->list, i);
      continue;
    }
    if (earlier->id == wish->id
        && gst_value_compare (&earlier->value, &wish->value) != GST_VALUE_EQUAL)
      other = earlier;
    i++;
  }
  g_ptr_array_add (self->list, wish);
  return other;
}

/**
 * gst_ice_wishes_add:
 * @self: wishes
 * @user: (transfer none): an element, until gst_ice_wishes_remove()
 * @id: the setting
 * @value: its value
 *
 * Returns: (transfer full) (nullable): a text that names an element with
 * another value; once for each setting
 */
GError *
gst_ice_wishes_add (
    GstIceWishes *self, GstObject *user, GstIceSetting id, const GValue *value)
{
  const Wish *other;
  Wish *wish;

  if (!can_disagree (id))
    return NULL;
  wish = g_new0 (Wish, 1);
  wish->user = user;
  wish->name = gst_object_get_name (user);
  wish->id = id;
  g_value_init (&wish->value, G_VALUE_TYPE (value));
  g_value_copy (value, &wish->value);
  other = replace (self, wish);
  if (other == NULL || self->reported[id])
    return NULL;
  self->reported[id] = TRUE;
  return disagree (other, wish);
}

/**
 * gst_ice_wishes_remove:
 * @self: wishes
 * @user: an element that does not share the agent any more
 */
void
gst_ice_wishes_remove (GstIceWishes *self, GstObject *user)
{
  guint i = 0;

  while (i < self->list->len) {
    const Wish *wish = g_ptr_array_index (self->list, i);

    if (wish->user == user)
      g_ptr_array_remove_index (self->list, i);
    else
      i++;
  }
}
