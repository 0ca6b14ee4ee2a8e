/* gst-ice: the settings of a session: effects of a new value, and until when it
 * can change.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessiontables.h"
#include "session/gsticesessionmdns.h"
#include "session/gsticesessionremote.h"
#include "session/gsticesessionrestart.h"
#include "session/gsticesessionrole.h"

/* Under the lock. Applies the effects of a new value; was_chosen: another value
 * had been set before. */
static void
take_setting (GstIceSession *self, GstIceSetting id, gboolean was_chosen)
{
  const gchar *text;
  guint i;

  switch ((guint) id) {
    case GST_ICE_SETTING_ROLE:
      self->role = gst_ice_settings_get_enum (&self->settings, id);
      break;
    case GST_ICE_SETTING_LOCAL_UFRAG:
      text = gst_ice_settings_get_string (&self->settings, id);
      if (!was_chosen && text == NULL)
        break; /* a generated one exists already and may have been read */
      g_free (self->local_ufrag);
      self->local_ufrag = text != NULL ? g_strdup (text)
                                       : gst_ice_session_make_ufrag ();
      break;
    case GST_ICE_SETTING_LOCAL_PWD:
      text = gst_ice_settings_get_string (&self->settings, id);
      if (!was_chosen && text == NULL)
        break;
      g_free (self->local_password);
      self->local_password = text != NULL ? g_strdup (text)
                                          : gst_ice_session_make_password ();
      break;
    case GST_ICE_SETTING_REMOTE_UFRAG:
    case GST_ICE_SETTING_REMOTE_PWD: {
      const gchar *ufrag = gst_ice_settings_get_string (
          &self->settings, GST_ICE_SETTING_REMOTE_UFRAG);
      const gchar *password = gst_ice_settings_get_string (
          &self->settings, GST_ICE_SETTING_REMOTE_PWD);

      if (ufrag == NULL || password == NULL)
        break;
      for (i = 0; i < self->streams->len; i++) {
        IceStream *stream = g_ptr_array_index (self->streams, i);

        if ((stream->remote_ufrag == NULL || self->io == NULL)
            && ice_stream_check_remote_credentials (
                stream, ufrag, password, FALSE, NULL))
          ice_stream_set_remote_credentials (stream, ufrag, password);
      }
      break;
    }
    default:
      break;
  }
}

/* Under the lock. */
static gboolean
have_remote_credentials (GstIceSession *self)
{
  guint i;

  for (i = 0; i < self->streams->len; i++) {
    const IceStream *stream = g_ptr_array_index (self->streams, i);

    if (stream->remote_ufrag == NULL)
      return FALSE;
  }
  return self->streams->len > 0;
}

/* Under the lock. Most settings are in use once gathering was requested.
 * Returns: (nullable): why it cannot change, a format for its name; NULL if it
 * can */
static const gchar *
explain_in_use (GstIceSession *self, GstIceSetting id)
{
  switch ((guint) id) {
    case GST_ICE_SETTING_ROLE:
      return self->paired
          ? "%s cannot change after the first candidate pair was made"
          : NULL;
    case GST_ICE_SETTING_REMOTE_UFRAG:
    case GST_ICE_SETTING_REMOTE_PWD:
      return self->io != NULL && have_remote_credentials (self)
          ? "%s cannot change once the peer's credentials are known; "
            "set-remote-credentials takes new ones, which restart ICE"
          : NULL;
    case GST_ICE_SETTING_REMOTE_CANDIDATES:
    case GST_ICE_SETTING_ON_FAILED:
      return NULL;
    default:
      return self->io != NULL ? "%s cannot change after gathering was requested"
                              : NULL;
  }
}

static gboolean
is_equal (GstIceSession *self, GstIceSetting id, const GValue *value)
{
  GValue now = G_VALUE_INIT;
  gboolean equal;

  if (id == GST_ICE_SETTING_ROLE) /* the one in force */
    return self->role == (GstIceRole) g_value_get_enum (value);
  g_value_init (&now, G_VALUE_TYPE (value));
  gst_ice_settings_get (&self->settings, id, &now);
  equal = gst_value_compare (&now, value) == GST_VALUE_EQUAL;
  g_value_unset (&now);
  return equal;
}

static gboolean
set_value (
    GstIceSession *self, GstIceSetting id, const GValue *value, GError **error)
{
  const gchar *in_use;
  gboolean taken, was_chosen;

  g_mutex_lock (&self->lock);
  in_use = explain_in_use (self, id);
  if (in_use != NULL && !is_equal (self, id, value)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, in_use,
        gst_ice_setting_get_name (id));
    taken = FALSE;
  } else {
    was_chosen = self->settings.chosen[id]
        && G_VALUE_HOLDS_STRING (&self->settings.values[id])
        && g_value_get_string (&self->settings.values[id]) != NULL;
    taken = gst_ice_settings_set (&self->settings, id, value, error);
    if (taken)
      take_setting (self, id, was_chosen);
  }
  g_mutex_unlock (&self->lock);
  if (taken && id == GST_ICE_SETTING_ROLE)
    gst_ice_session_apply_role (self);
  else if (taken)
    gst_ice_session_queue (self, gst_ice_session_look_up_and_apply, NULL, NULL);
  return taken;
}

/**
 * gst_ice_session_get:
 * @self: a session
 * @id: a setting
 * @value: (inout): the value in force; for the peer's credentials that of
 * stream
 *   0
 *
 * Any thread.
 */
void
gst_ice_session_get (GstIceSession *self, GstIceSetting id, GValue *value)
{
  const IceStream *remote = NULL;

  if (id == GST_ICE_SETTING_REMOTE_CANDIDATES) {
    gst_ice_session_take_candidates (self, FALSE, value);
    return;
  }
  g_mutex_lock (&self->lock);
  if (id == GST_ICE_SETTING_REMOTE_UFRAG || id == GST_ICE_SETTING_REMOTE_PWD)
    remote = gst_ice_session_look_up_stream (self, 0);
  if (id == GST_ICE_SETTING_ROLE)
    g_value_set_enum (value, self->role);
  else if (id == GST_ICE_SETTING_LOCAL_UFRAG)
    g_value_set_string (value, self->local_ufrag);
  else if (id == GST_ICE_SETTING_LOCAL_PWD)
    g_value_set_string (value, self->local_password);
  else if (remote != NULL && remote->remote_ufrag != NULL)
    g_value_set_string (value,
        id == GST_ICE_SETTING_REMOTE_UFRAG ? remote->remote_ufrag
                                           : remote->remote_password);
  else
    gst_ice_settings_get (&self->settings, id, value);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_session_set:
 * @self: a session
 * @id: a setting
 * @value: its new value; for remote-candidates those to add to stream 0
 * @error: return location, set if the value is refused
 *
 * Any thread. Notifies if the property has changed.
 *
 * Returns: whether it was accepted; %FALSE with @error set otherwise, and
 * nothing changed
 */
gboolean
gst_ice_session_set (
    GstIceSession *self, GstIceSetting id, const GValue *value, GError **error)
{
  g_auto (GValue) before = G_VALUE_INIT;
  g_auto (GValue) after = G_VALUE_INIT;
  gboolean taken;

  if (id == GST_ICE_SETTING_REMOTE_CANDIDATES) /* notifies itself */
    return gst_ice_session_add_candidates (self, 0, value, error);
  g_value_init (&before, G_VALUE_TYPE (value));
  g_value_init (&after, G_VALUE_TYPE (value));
  gst_ice_session_get (self, id, &before);
  taken = set_value (self, id, value, error);
  gst_ice_session_get (self, id, &after);
  if (gst_value_compare (&before, &after) != GST_VALUE_EQUAL)
    gst_ice_setting_notify (G_OBJECT (self->owner), id);
  return taken;
}

/**
 * gst_ice_session_verify:
 * @self: a session
 * @error: return location, set if they cannot be used
 *
 * Any thread.
 *
 * Returns: whether the settings can be used
 */
gboolean
gst_ice_session_verify (GstIceSession *self, GError **error)
{
  gboolean good;

  if (!gst_ice_session_check_open (self, error))
    return FALSE;
  g_mutex_lock (&self->lock);
  good = gst_ice_settings_verify (&self->settings, error);
  g_mutex_unlock (&self->lock);
  return good;
}

/**
 * gst_ice_session_verify_gathering:
 * @self: a session
 * @error: return location, set if there can be none
 *
 * Any thread. A value that is refused after gathering was requested prevents
 * nothing: the one before it stays in use.
 *
 * Returns: whether it is open, and its settings can be used and allow
 *   candidates
 */
gboolean
gst_ice_session_verify_gathering (GstIceSession *self, GError **error)
{
  gboolean good;

  if (!gst_ice_session_check_open (self, error))
    return FALSE;
  g_mutex_lock (&self->lock);
  good = (self->io != NULL || gst_ice_settings_verify (&self->settings, error))
      && gst_ice_settings_verify_gathering (&self->settings, error);
  g_mutex_unlock (&self->lock);
  return good;
}
