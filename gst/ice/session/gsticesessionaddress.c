/* gst-ice: checks the addresses of remote candidates.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessionaddress.h"
#include "addresses/gsticelocaladdress.h"

/* Under the lock. Spares a question to the kernel for each remote candidate. */
static gboolean
has_gathered_loopback (GstIceSession *self)
{
  guint i, j;

  for (i = 0; i < self->streams->len; i++) {
    const IceStream *stream = g_ptr_array_index (self->streams, i);

    for (j = 0; j < stream->local->len; j++) {
      const IceCandidate *local = g_ptr_array_index (stream->local, j);
      g_autoptr (GInetAddress)
          address = g_inet_address_new_from_string (local->address);

      if (address != NULL && g_inet_address_get_is_loopback (address))
        return TRUE;
    }
  }
  return FALSE;
}

static gboolean
gathers_loopback (GstIceSession *self)
{
  g_auto (GStrv) prefixes = NULL;
  g_auto (GStrv) interfaces = NULL;
  gboolean has_gathered;

  g_mutex_lock (&self->lock);
  has_gathered = has_gathered_loopback (self);
  prefixes = gst_ice_settings_get_strings (
      &self->settings, GST_ICE_SETTING_LOCAL_ADDRESSES);
  interfaces = gst_ice_settings_get_strings (
      &self->settings, GST_ICE_SETTING_INTERFACES);
  g_mutex_unlock (&self->lock);
  return has_gathered
      || gst_ice_local_addresses_have_loopback (
          (const gchar *const *) prefixes, (const gchar *const *) interfaces);
}

/**
 * gst_ice_session_check_address:
 * @self: a session
 * @candidate: a remote candidate; a name is not checked
 * @error: return location, set if none may be sent
 *
 * Any thread, without the session's lock.
 *
 * Returns: whether checks may be sent to @candidate's address
 */
gboolean
gst_ice_session_check_address (
    GstIceSession *self, const IceCandidate *candidate, GError **error)
{
  IceAddressUse use = gst_ice_local_addresses_judge (candidate->address);

  if (use == ICE_ADDRESS_USABLE
      || (use == ICE_ADDRESS_LOOPBACK && gathers_loopback (self)))
    return TRUE;
  if (use == ICE_ADDRESS_LOOPBACK)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "%s is a loopback address, and local-addresses has none",
        candidate->address);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "no host can be reached at %s, a %s address", candidate->address,
        ice_address_use_to_string (use));
  return FALSE;
}
