/* gst-ice: bounds the packets to hosts that never answer, for a session.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * iceamplification has the rule; this module adds the lock, the clock,
 * addresses as text, and the waiting transports. */

#include "component/gsticeamplification.h"
#include <gio/gio.h>

/* an atomic rc box */
struct _GstIceAmplification
{
  GMutex lock; /* a leaf, except for the locks of alarms */
  IceAmplification *addresses;
  GPtrArray *watchers; /* of GstIceAlarm, one for each backend */
  gboolean refused; /* a claim was refused since the watchers were last woken */
};

/**
 * gst_ice_amplification_new:
 *
 * Returns: (transfer full): no addresses yet
 */
GstIceAmplification *
gst_ice_amplification_new (void)
{
  GstIceAmplification *self = g_atomic_rc_box_new0 (GstIceAmplification);

  g_mutex_init (&self->lock);
  self->addresses = ice_amplification_new ();
  self->watchers = g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_ice_alarm_unref);
  return self;
}

/**
 * gst_ice_amplification_ref:
 * @self: the addresses of a session
 *
 * Returns: (transfer full): @self
 */
GstIceAmplification *
gst_ice_amplification_ref (GstIceAmplification *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  GstIceAmplification *self = data;

  ice_amplification_free (self->addresses);
  g_ptr_array_unref (self->watchers);
  g_mutex_clear (&self->lock);
}

/**
 * gst_ice_amplification_unref:
 * @self: (transfer full): the addresses of a session
 */
void
gst_ice_amplification_unref (GstIceAmplification *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

/**
 * gst_ice_amplification_watch:
 * @self: the addresses of a session
 * @changed: (transfer none): an alarm that becomes due when a refused claim may
 * be allowed, until gst_ice_amplification_unwatch()
 */
void
gst_ice_amplification_watch (GstIceAmplification *self, GstIceAlarm *changed)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->watchers, gst_ice_alarm_ref (changed));
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_amplification_unwatch:
 * @self: the addresses of a session
 * @changed: an alarm that watches
 */
void
gst_ice_amplification_unwatch (GstIceAmplification *self, GstIceAlarm *changed)
{
  gst_ice_alarm_ref (changed); /* freed without the lock */
  g_mutex_lock (&self->lock);
  g_ptr_array_remove (self->watchers, changed);
  g_mutex_unlock (&self->lock);
  gst_ice_alarm_unref (changed);
}

/* Under the lock. */
static void
notify (GstIceAmplification *self)
{
  guint i;

  if (!self->refused)
    return;
  self->refused = FALSE;
  for (i = 0; i < self->watchers->len; i++)
    gst_ice_alarm_set (g_ptr_array_index (self->watchers, i), 0);
}

/* Returns: (nullable): NULL if it is not numeric */
static GInetAddress *
read_address (const gchar *text, const guint8 **octets, gsize *size)
{
  GInetAddress *address = g_inet_address_new_from_string (text);

  if (address == NULL)
    return NULL;
  *octets = g_inet_address_to_bytes (address);
  *size = g_inet_address_get_native_size (address);
  return address;
}

/**
 * gst_ice_amplification_claim:
 * @self: the addresses of a session
 * @address: the address of a candidate of the peer
 * @checks: the number of its checks, one from each local address
 * @claim: (out caller-allocates): as ice_amplification_claim()
 *
 * Returns: as ice_amplification_claim(); %ICE_AMPLIFICATION_EXHAUSTED if
 * @address is not numeric
 */
IceAmplificationVerdict
gst_ice_amplification_claim (GstIceAmplification *self, const gchar *address,
    guint checks, IceAmplificationClaim *claim)
{
  const guint8 *octets;
  gsize size;
  g_autoptr (GInetAddress) inet = read_address (address, &octets, &size);
  IceAmplificationVerdict verdict;

  *claim = (IceAmplificationClaim){ 0, 0 };
  if (inet == NULL)
    return ICE_AMPLIFICATION_EXHAUSTED;
  g_mutex_lock (&self->lock);
  verdict = ice_amplification_claim (
      self->addresses, octets, size, checks, g_get_monotonic_time (), claim);
  self->refused |= verdict != ICE_AMPLIFICATION_ALLOWED;
  g_mutex_unlock (&self->lock);
  return verdict;
}

/**
 * gst_ice_amplification_change:
 * @self: the addresses of a session
 * @address: the address of a claim
 * @claim: (inout): the reserved amount
 * @to: the amount that is still needed
 */
void
gst_ice_amplification_change (GstIceAmplification *self, const gchar *address,
    IceAmplificationClaim *claim, IceAmplificationClaim to)
{
  const guint8 *octets;
  gsize size;
  g_autoptr (GInetAddress) inet = NULL;

  if (claim->checks == to.checks && claim->packets == to.packets)
    return;
  inet = read_address (address, &octets, &size);
  g_return_if_fail (inet != NULL);
  g_mutex_lock (&self->lock);
  if (to.checks < claim->checks || to.packets < claim->packets)
    notify (self);
  ice_amplification_change (self->addresses, octets, size, claim, to);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_amplification_count:
 * @self: the addresses of a session
 * @address: the address that requests were sent to
 * @packets: their number
 */
void
gst_ice_amplification_count (
    GstIceAmplification *self, const gchar *address, guint packets)
{
  const guint8 *octets;
  gsize size;
  g_autoptr (GInetAddress) inet = read_address (address, &octets, &size);

  if (inet == NULL)
    return;
  g_mutex_lock (&self->lock);
  ice_amplification_count (
      self->addresses, octets, size, packets, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_amplification_uncount:
 * @self: the addresses of a session
 * @address: the address of a counted request that was not sent after all
 */
void
gst_ice_amplification_uncount (GstIceAmplification *self, const gchar *address)
{
  const guint8 *octets;
  gsize size;
  g_autoptr (GInetAddress) inet = read_address (address, &octets, &size);

  if (inet == NULL)
    return;
  g_mutex_lock (&self->lock);
  ice_amplification_uncount (self->addresses, octets, size);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_amplification_answered:
 * @self: the addresses of a session
 * @address: the source of an authenticated answer to a check
 */
void
gst_ice_amplification_answered (GstIceAmplification *self, const gchar *address)
{
  const guint8 *octets;
  gsize size;
  g_autoptr (GInetAddress) inet = read_address (address, &octets, &size);

  if (inet == NULL)
    return;
  g_mutex_lock (&self->lock);
  if (ice_amplification_answered (
          self->addresses, octets, size, g_get_monotonic_time ()))
    notify (self);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_amplification_get_packets:
 * @self: the addresses of a session
 * @address: an address
 *
 * Returns: the number of requests sent there, as far as is remembered
 */
guint
gst_ice_amplification_get_packets (
    GstIceAmplification *self, const gchar *address)
{
  const guint8 *octets;
  gsize size;
  g_autoptr (GInetAddress) inet = read_address (address, &octets, &size);
  guint packets;

  if (inet == NULL)
    return 0;
  g_mutex_lock (&self->lock);
  packets = ice_amplification_get_packets (self->addresses, octets, size);
  g_mutex_unlock (&self->lock);
  return packets;
}
