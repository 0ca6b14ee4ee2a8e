/* gst-ice: restarts a session by `restart-on`.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessionautorestart.h"
#include "session/gsticesessionsignals.h"
#include "iothread/gsticealarm.h"
#include "addresses/gsticelocaladdress.h"
#include "addresses/gsticenetworkwatch.h"
#include "session/gsticesessionrestart.h"
#include "model/icerestart.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ice_session_debug);
#define GST_CAT_DEFAULT gst_ice_session_debug

struct _GstIceSessionRestarts
{
  IceRestart rule;
  guint generation;            /* the newest one that the rule knows */
  GstIceAlarm *alarm;          /* due when a restart is due */
  GstIceNetworkWatch *network; /* NULL: not wanted, or not available */
  GStrv addresses;             /* the addresses when that generation began */
};

/* Under the lock. */
static GstIceRestartOn
get_wish (GstIceSession *self)
{
  return gst_ice_settings_get_flags (
      &self->settings, GST_ICE_SETTING_RESTART_ON);
}

/* Returns: (transfer full) (nullable): the addresses to gather from */
static GStrv
list_addresses (GstIceSession *self)
{
  g_auto (GStrv) prefixes = NULL;
  g_auto (GStrv) interfaces = NULL;

  g_mutex_lock (&self->lock);
  prefixes = gst_ice_settings_get_strings (
      &self->settings, GST_ICE_SETTING_LOCAL_ADDRESSES);
  interfaces = gst_ice_settings_get_strings (
      &self->settings, GST_ICE_SETTING_INTERFACES);
  g_mutex_unlock (&self->lock);
  return gst_ice_local_addresses (
      (const gchar *const *) prefixes, (const gchar *const *) interfaces, NULL);
}

/* Notes a new generation, whatever began it. */
static void
note_generation (GstIceSession *self, gint64 now)
{
  GstIceSessionRestarts *restarts = self->restarts;
  guint generation;

  g_mutex_lock (&self->lock);
  generation = self->generation;
  g_mutex_unlock (&self->lock);
  if (generation == restarts->generation)
    return;
  restarts->generation = generation;
  ice_restart_note (&restarts->rule, now);
  if (restarts->network != NULL) {
    g_strfreev (restarts->addresses);
    restarts->addresses = list_addresses (self);
  }
}

static void
note_states (GstIceSession *self, gint64 now)
{
  g_autoptr (GPtrArray) entries = gst_ice_session_list_entries (self);
  g_autofree GstIceConnectionState *states = g_new (
      GstIceConnectionState, MAX (entries->len, 1));
  guint i;

  for (i = 0; i < entries->len; i++) {
    GstIceSessionEntry *entry = g_ptr_array_index (entries, i);

    states[i] = gst_ice_transport_get_state (entry->transport);
  }
  ice_restart_set_states (&self->restarts->rule, states, entries->len, now);
}

/* A restart is pointless once built-in signalling has ended: it could not be
 * signalled to the peer. */
static gboolean
is_cut_off (GstIceSession *self)
{
  gboolean cut_off;

  g_mutex_lock (&self->lock);
  cut_off = self->cut_off;
  g_mutex_unlock (&self->lock);
  return cut_off;
}

/**
 * gst_ice_session_consider_restart:
 * @self: a session
 *
 * I/O thread. To be called after each event that may need a restart or be one.
 */
void
gst_ice_session_consider_restart (GstIceSession *self)
{
  gint64 now = g_get_monotonic_time ();

  if (self->restarts == NULL || gst_ice_session_is_closed (self))
    return;
  note_generation (self, now);
  note_states (self, now);
  gst_ice_alarm_set (self->restarts->alarm,
      is_cut_off (self) ? -1 : ice_restart_get_due (&self->restarts->rule));
}

static void
on_stepped (gpointer data)
{
  gst_ice_session_consider_restart (data);
}

static void
on_due (gpointer data)
{
  GstIceSession *self = data;
  g_autofree gchar *causes = g_flags_to_string (
      GST_TYPE_ICE_RESTART_ON, self->restarts->rule.causes);

  GST_INFO_OBJECT (self->owner, "automatic restart: %s", causes);
  gst_ice_session_restart_once (self, self->restarts->generation);
  gst_ice_session_consider_restart (self);
}

static gboolean
has_all (GStrv addresses, GStrv others)
{
  guint i;

  for (i = 0; others[i] != NULL; i++)
    if (!g_strv_contains ((const gchar *const *) addresses, others[i]))
      return FALSE;
  return TRUE;
}

static void
on_network_changed (gpointer data)
{
  GstIceSession *self = data;
  GstIceSessionRestarts *restarts = self->restarts;
  g_auto (GStrv) addresses = list_addresses (self);
  gboolean gone = FALSE, found = FALSE;

  /* Without an address a restart could gather nothing; the next address is
   * another change. */
  if (addresses != NULL) {
    gone = restarts->addresses == NULL
        || !has_all (addresses, restarts->addresses);
    found = restarts->addresses == NULL
        || !has_all (restarts->addresses, addresses);
  }
  GST_DEBUG_OBJECT (self->owner, "the network changed, %s and %s",
      gone ? "an address was removed" : "no address was removed",
      found ? "there is a new one" : "there is no new one");
  ice_restart_set_network_changed (&restarts->rule, gone, found);
  gst_ice_session_consider_restart (self);
}

static void
watch_network (GstIceSession *self)
{
  g_autoptr (GError) error = NULL;

  self->restarts->network = gst_ice_network_watch_new (
      gst_ice_io_get_context (self->io), on_network_changed, self, &error);
  if (self->restarts->network == NULL)
    gst_ice_session_warn (self, error);
  else
    self->restarts->addresses = list_addresses (self);
}

/**
 * gst_ice_session_start_restarts:
 * @self: a session that gathers
 *
 * I/O thread. A second call has no effect; neither has `restart-on=none`.
 */
void
gst_ice_session_start_restarts (GstIceSession *self)
{
  GstIceRestartOn on;

  g_mutex_lock (&self->lock);
  on = get_wish (self);
  g_mutex_unlock (&self->lock);
  if (on == GST_ICE_RESTART_ON_NONE || self->restarts != NULL)
    return;
  self->restarts = g_new0 (GstIceSessionRestarts, 1);
  ice_restart_init (&self->restarts->rule, on);
  self->restarts->generation = self->adopted_generation;
  self->restarts->alarm = gst_ice_alarm_new (
      gst_ice_io_get_context (self->io), on_due, self);
  self->stepped = gst_ice_alarm_new (
      gst_ice_io_get_context (self->io), on_stepped, self);
  if (on & GST_ICE_RESTART_ON_NETWORK_CHANGE)
    watch_network (self);
}

/**
 * gst_ice_session_stop_restarts:
 * @self: a session
 *
 * I/O thread.
 */
void
gst_ice_session_stop_restarts (GstIceSession *self)
{
  GstIceSessionRestarts *restarts = g_steal_pointer (&self->restarts);

  if (restarts == NULL)
    return;
  g_clear_pointer (&restarts->network, gst_ice_network_watch_free);
  g_clear_pointer (&self->stepped, gst_ice_alarm_free);
  gst_ice_alarm_free (restarts->alarm);
  g_strfreev (restarts->addresses);
  g_free (restarts);
}

/**
 * gst_ice_session_restarts_on_failure:
 * @self: a session
 *
 * Any thread.
 *
 * Returns: whether a failure causes a restart, and so does not end the call
 */
gboolean
gst_ice_session_restarts_on_failure (GstIceSession *self)
{
  gboolean restarts;

  g_mutex_lock (&self->lock);
  restarts = !self->cut_off
      && (get_wish (self) & GST_ICE_RESTART_ON_FAILED) != 0;
  g_mutex_unlock (&self->lock);
  return restarts;
}
