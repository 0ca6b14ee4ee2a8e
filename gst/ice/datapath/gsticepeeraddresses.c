/* gst-ice: the addresses whose datagrams are accepted.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/gsticepeeraddresses.h"

#include <gio/gnetworking.h>
#include <string.h>

typedef union
{
  struct sockaddr_in6 ipv6; /* the longest, so that {0} clears all */
  struct sockaddr_in ipv4;
} Address;

typedef struct
{
  Address address;
  guint generation; /* in which it was added last */
} Entry;

struct _GstIcePeerAddresses
{
  gatomicrefcount references;
  GMutex lock;  /* a leaf */
  GArray *list; /* of Entry, GST_ICE_PEER_ADDRESSES_MAX at most */
  guint next;   /* which one a new one replaces when the list is full */
  guint generation;
  gint changes; /* atomic */
};

/**
 * gst_ice_peer_addresses_new:
 *
 * Returns: (transfer full): no addresses
 */
GstIcePeerAddresses *
gst_ice_peer_addresses_new (void)
{
  GstIcePeerAddresses *self = g_new0 (GstIcePeerAddresses, 1);

  g_atomic_ref_count_init (&self->references);
  g_mutex_init (&self->lock);
  self->list = g_array_new (FALSE, FALSE, sizeof (Entry));
  return self;
}

/**
 * gst_ice_peer_addresses_ref:
 * @self: addresses
 *
 * Returns: (transfer full): @self
 */
GstIcePeerAddresses *
gst_ice_peer_addresses_ref (GstIcePeerAddresses *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

/**
 * gst_ice_peer_addresses_unref:
 * @self: (transfer full): addresses
 */
void
gst_ice_peer_addresses_unref (GstIcePeerAddresses *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_mutex_clear (&self->lock);
  g_array_unref (self->list);
  g_free (self);
}

static gboolean
is_same_ipv6 (const struct sockaddr_in6 *a, const struct sockaddr_in6 *b)
{
  /* Candidates carry no scope. */
  return a->sin6_port == b->sin6_port
      && memcmp (&a->sin6_addr, &b->sin6_addr, sizeof (a->sin6_addr)) == 0;
}

static gboolean
is_same_ipv4 (const struct sockaddr_in *a, const struct sockaddr_in *b)
{
  return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

/**
 * gst_ice_peer_addresses_is_same:
 * @native_address: a struct sockaddr of an IP address, whole
 * @other: another one
 *
 * Any thread.
 *
 * Returns: whether both are the same address and port
 */
gboolean
gst_ice_peer_addresses_is_same (
    gconstpointer native_address, gconstpointer other)
{
  const struct sockaddr *a = native_address, *b = other;

  if (a->sa_family != b->sa_family)
    return FALSE;
  if (a->sa_family == AF_INET)
    return is_same_ipv4 (native_address, other);
  if (a->sa_family == AF_INET6)
    return is_same_ipv6 (native_address, other);
  return FALSE;
}

/* Under the lock. Returns: (nullable): its entry */
static Entry *
find (GstIcePeerAddresses *self, const Address *address)
{
  guint i;

  for (i = 0; i < self->list->len; i++) {
    Entry *entry = &g_array_index (self->list, Entry, i);

    if (gst_ice_peer_addresses_is_same (&entry->address, address))
      return entry;
  }
  return NULL;
}

/* Under the lock. */
static void
add (GstIcePeerAddresses *self, const Entry *entry)
{
  if (self->list->len < GST_ICE_PEER_ADDRESSES_MAX)
    g_array_append_val (self->list, *entry);
  else {
    g_array_index (self->list, Entry, self->next) = *entry;
    self->next = (self->next + 1) % GST_ICE_PEER_ADDRESSES_MAX;
  }
  g_atomic_int_inc (&self->changes);
}

/**
 * gst_ice_peer_addresses_add:
 * @self: addresses
 * @address: an IP address as text; others are ignored
 * @port: its port
 *
 * Any thread.
 */
void
gst_ice_peer_addresses_add (
    GstIcePeerAddresses *self, const gchar *address, guint16 port)
{
  g_autoptr (GSocketAddress)
      parsed = g_inet_socket_address_new_from_string (address, port);
  Entry entry = { 0 }, *known;

  if (parsed == NULL
      || !g_socket_address_to_native (
          parsed, &entry.address, sizeof (entry.address), NULL))
    return;
  g_mutex_lock (&self->lock);
  entry.generation = self->generation;
  known = find (self, &entry.address);
  if (known != NULL)
    known->generation = self->generation;
  else
    add (self, &entry);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_peer_addresses_begin:
 * @self: addresses
 *
 * Any thread. What is added from now on is of a new generation.
 */
void
gst_ice_peer_addresses_begin (GstIcePeerAddresses *self)
{
  g_mutex_lock (&self->lock);
  self->generation++;
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_peer_addresses_forget_old:
 * @self: addresses
 *
 * Any thread. Only those remain that were added since the last
 * gst_ice_peer_addresses_begin().
 */
void
gst_ice_peer_addresses_forget_old (GstIcePeerAddresses *self)
{
  guint i = 0;

  g_mutex_lock (&self->lock);
  while (i < self->list->len)
    if (g_array_index (self->list, Entry, i).generation != self->generation)
      g_array_remove_index (self->list, i);
    else
      i++;
  self->next = 0;
  g_atomic_int_inc (&self->changes);
  g_mutex_unlock (&self->lock);
}

/**
 * gst_ice_peer_addresses_get_changes:
 * @self: addresses
 *
 * Any thread; takes no lock. Read it before gst_ice_peer_addresses_contain(),
 * whose result is valid while the number stays the same.
 *
 * Returns: how often addresses were added or removed
 */
guint
gst_ice_peer_addresses_get_changes (GstIcePeerAddresses *self)
{
  return (guint) g_atomic_int_get (&self->changes);
}

/**
 * gst_ice_peer_addresses_contain:
 * @self: addresses
 * @native_address: a struct sockaddr
 * @size: its size, bytes
 *
 * Any thread.
 *
 * Returns: whether it is one of them
 */
gboolean
gst_ice_peer_addresses_contain (
    GstIcePeerAddresses *self, gconstpointer native_address, gsize size)
{
  Address native = { 0 };
  gboolean found;

  memcpy (&native, native_address, MIN (size, sizeof (native)));
  g_mutex_lock (&self->lock);
  found = find (self, &native) != NULL;
  g_mutex_unlock (&self->lock);
  return found;
}
