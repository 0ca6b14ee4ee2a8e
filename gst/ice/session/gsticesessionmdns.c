/* gst-ice: resolves the names of a session's remote candidates.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessionmdns.h"
#include "session/gsticesessionsignals.h"
#include "api/gsticeenumtypes.h"
#include "session/gsticesessionapply.h"

/* A name without an address, and the error that reports it. */
typedef struct
{
  guint stream;
  gchar *text;
} Loss;

static void
loss_free (gpointer data)
{
  Loss *loss = data;

  g_free (loss->text);
  g_free (loss);
}

static GPtrArray *
make_losses (void)
{
  return g_ptr_array_new_with_free_func (loss_free);
}

/* Under the lock. A peer can signal any number of names, so each kind of loss
 * is reported at a limited rate. Takes @text. */
static void
add_loss (GstIceSession *self, GPtrArray *losses, guint stream,
    IceNameFate fate, gchar *text)
{
  g_autofree gchar *owned G_GNUC_UNUSED = text;
  g_autofree gchar *more = ice_rate_limit_pass (
      &self->names[fate], g_get_monotonic_time ());
  Loss *loss;

  if (more == NULL)
    return;
  loss = g_new0 (Loss, 1);
  loss->stream = stream;
  loss->text = g_strconcat (text, more, NULL);
  g_ptr_array_add (losses, loss);
}

/* W3C's address and port are local ones, which do not exist here. */
static void
report_losses (GstIceSession *self, GPtrArray *losses)
{
  guint i;

  for (i = 0; i < losses->len && !gst_ice_session_is_closed (self); i++) {
    const Loss *loss = g_ptr_array_index (losses, i);
    GstIceCandidateError error = {
      .code = GST_ICE_ERROR_CODE_UNREACHABLE,
      .text = loss->text,
    };

    gst_ice_session_report_candidate_error (self, loss->stream, &error);
  }
}

static void
on_settled (
    const gchar *name, const gchar *address, const GError *error, gpointer data)
{
  GstIceSession *self = data;
  g_autoptr (GPtrArray) losses = make_losses ();
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->streams->len; i++) {
    IceStream *stream = g_ptr_array_index (self->streams, i);

    if (ice_stream_settle_name (stream, name, address) && address == NULL)
      add_loss (self, losses, stream->index, ICE_NAME_LOOK_UP,
          g_strdup_printf (
              "could not look up the name \"%s\" of a remote candidate: %s; "
              "the candidate is left out",
              name, error->message));
  }
  g_mutex_unlock (&self->lock);
  report_losses (self, losses);
  if (!gst_ice_session_is_closed (self))
    gst_ice_session_look_up_and_apply (self, NULL);
}

static gchar *
explain (IceNameFate fate, const gchar *name)
{
  switch (fate) {
    case ICE_NAME_NOT_MDNS:
      return g_strdup_printf (
          "the remote candidate \"%s\" has a name that is not looked up: only "
          "those of multicast DNS are, a UUID and .local; the candidate is "
          "left "
          "out",
          name);
    case ICE_NAME_RELAY_ONLY:
      return g_strdup_printf (
          "the name \"%s\" of a remote candidate is not looked up: with "
          "ice-transport-policy=relay that would show this machine to its "
          "network; the candidate is left out",
          name);
    case ICE_NAME_TOO_MANY:
      return g_strdup_printf (
          "the remote candidates have more than %u names; those of the others "
          "are left out",
          ICE_STREAM_MAX_NAMES);
    case ICE_NAME_LOOK_UP:
    case ICE_NAME_N_FATES:
      break;
  }
  return NULL;
}

/* Under the lock. */
static void
sort_names (GstIceSession *self, IceStream *stream, gboolean relay_only,
    GPtrArray *wanted, GPtrArray *losses)
{
  guint i;

  for (i = 0; i < stream->names->len; i++) {
    const IceStreamName *name = g_ptr_array_index (stream->names, i);
    IceNameFate fate = ice_stream_judge_name (stream, i, relay_only);

    if (!name->pending)
      continue;
    if (fate == ICE_NAME_LOOK_UP) {
      g_ptr_array_add (wanted, g_strdup (name->name));
      continue;
    }
    ice_stream_settle_name (stream, name->name, NULL);
    if (fate != ICE_NAME_TOO_MANY || i == ICE_STREAM_MAX_NAMES) /* once */
      add_loss (self, losses, stream->index, fate, explain (fate, name->name));
  }
}

/* Under the lock. The names of streams that have a transport and the peer's
 * credentials. */
static GPtrArray *
list_wanted (GstIceSession *self, GPtrArray *losses)
{
  GPtrArray *wanted = g_ptr_array_new_with_free_func (g_free);
  gboolean relay_only = gst_ice_settings_get_enum (&self->settings,
                            GST_ICE_SETTING_ICE_TRANSPORT_POLICY)
      == GST_ICE_TRANSPORT_POLICY_RELAY;
  guint i;

  for (i = 0; i < self->entries->len; i++) {
    const GstIceSessionEntry *entry = g_ptr_array_index (self->entries, i);

    if (entry->begun && entry->stream->remote_ufrag != NULL)
      sort_names (self, entry->stream, relay_only, wanted, losses);
  }
  return wanted;
}

static GstIceMdns *
make_mdns (GstIceSession *self)
{
  g_auto (GStrv) prefixes = NULL;
  g_auto (GStrv) interfaces = NULL;

  g_mutex_lock (&self->lock);
  prefixes = gst_ice_settings_get_strings (
      &self->settings, GST_ICE_SETTING_LOCAL_ADDRESSES);
  interfaces = gst_ice_settings_get_strings (
      &self->settings, GST_ICE_SETTING_INTERFACES);
  g_mutex_unlock (&self->lock);
  return gst_ice_mdns_new (gst_ice_io_get_context (self->io),
      (const gchar *const *) prefixes, (const gchar *const *) interfaces,
      on_settled, self);
}

/**
 * gst_ice_session_look_up_names:
 * @self: a session
 *
 * I/O thread. Looks up the names in the tables and cancels all other look-ups:
 * a restart ends those of the generation before. Each answer goes to all
 * streams that have the name.
 */
void
gst_ice_session_look_up_names (GstIceSession *self)
{
  g_autoptr (GPtrArray) losses = make_losses ();
  g_autoptr (GPtrArray) wanted = NULL;

  if (gst_ice_session_is_closed (self))
    return;
  g_mutex_lock (&self->lock);
  if (!gst_ice_session_is_stale (self))
    wanted = list_wanted (self, losses);
  g_mutex_unlock (&self->lock);
  if (wanted == NULL)
    return;
  if (self->mdns == NULL && wanted->len > 0)
    self->mdns = make_mdns (self);
  if (self->mdns != NULL)
    gst_ice_mdns_look_up (self->mdns, wanted);
  report_losses (self, losses);
}

/**
 * gst_ice_session_look_up_and_apply:
 * @self: a session
 * @unused: nothing
 *
 * I/O thread. Gives the backend what the remote tables have, and looks up the
 * names in them.
 */
void
gst_ice_session_look_up_and_apply (GstIceSession *self, gpointer unused)
{
  gst_ice_session_look_up_names (self);
  gst_ice_session_apply_all_remote (self);
}
