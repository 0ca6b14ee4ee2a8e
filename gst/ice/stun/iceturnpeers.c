/* gst-ice: the peers of a TURN client.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/iceturnpeers.h"
#include "stun/icestunheader.h"
#include <string.h>

struct _IceTurnPeers
{
  gatomicrefcount references;
  GMutex lock;       /* a leaf */
  GArray *known;     /* of IceTurnPeer, the newest one last */
  GArray *others;    /* of IceTurnPeer, in this interval */
  GArray *refused;   /* of IceTurnPeer */
  gint64 next;       /* the end of the interval; others is empty: any */
  guint64 n_dropped; /* by ice_turn_peers_judge() */
  gboolean is_closed;
};

/**
 * ice_turn_peers_new:
 *
 * Returns: (transfer full): the peers of one client, none so far
 */
IceTurnPeers *
ice_turn_peers_new (void)
{
  IceTurnPeers *self = g_new0 (IceTurnPeers, 1);

  g_atomic_ref_count_init (&self->references);
  g_mutex_init (&self->lock);
  self->known = g_array_new (FALSE, FALSE, sizeof (IceTurnPeer));
  self->others = g_array_new (FALSE, FALSE, sizeof (IceTurnPeer));
  self->refused = g_array_new (FALSE, FALSE, sizeof (IceTurnPeer));
  return self;
}

/**
 * ice_turn_peers_ref:
 * @self: the peers
 *
 * Returns: (transfer full): @self
 */
IceTurnPeers *
ice_turn_peers_ref (IceTurnPeers *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

/**
 * ice_turn_peers_unref:
 * @self: (transfer full): the peers
 */
void
ice_turn_peers_unref (IceTurnPeers *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_array_unref (self->known);
  g_array_unref (self->others);
  g_array_unref (self->refused);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* --- under the lock --- */

static gboolean
is_same_host (const IceTurnPeer *a, const IceTurnPeer *b)
{
  return a->n_words == b->n_words
      && memcmp (a->words, b->words, a->n_words * sizeof (guint32)) == 0;
}

/* Returns: the index of it, or -1 */
static gint
find (const GArray *list, const IceTurnPeer *peer)
{
  guint i;

  for (i = 0; i < list->len; i++) {
    const IceTurnPeer *at = &g_array_index (list, IceTurnPeer, i);

    if (at->port == peer->port && is_same_host (at, peer))
      return (gint) i;
  }
  return -1;
}

static gboolean
has_host (const GArray *list, const IceTurnPeer *peer)
{
  guint i;

  for (i = 0; i < list->len; i++)
    if (is_same_host (&g_array_index (list, IceTurnPeer, i), peer))
      return TRUE;
  return FALSE;
}

static void
begin_interval (IceTurnPeers *self, gint64 now)
{
  if (self->others->len > 0 && now >= self->next)
    g_array_set_size (self->others, 0);
}

static gboolean
is_full (const IceTurnPeers *self)
{
  return self->others->len >= ICE_TURN_PEERS_MAX_OTHERS;
}

/* Returns: whether checks from further ports may pass. A port that is refused
 *   would be one of these. */
static gboolean
is_open (const IceTurnPeers *self)
{
  return !is_full (self) && self->refused->len == 0;
}

/* Returns: whether it is known, or one of the others, now */
static gboolean
take_other (IceTurnPeers *self, const IceTurnPeer *peer, gint64 now)
{
  begin_interval (self, now);
  if (find (self->others, peer) >= 0)
    return TRUE;
  if (!is_open (self) || !has_host (self->known, peer))
    return FALSE;
  if (self->others->len == 0)
    self->next = now + ICE_TURN_PEERS_INTERVAL;
  g_array_append_val (self->others, *peer);
  return TRUE;
}

/* --- the list --- */

/**
 * ice_turn_peers_add:
 * @self: the peers
 * @peer: the address of one of the peer's candidates
 *
 * Permissions may be asked for from now on.
 *
 * Returns: whether it is a new one
 */
gboolean
ice_turn_peers_add (IceTurnPeers *self, const IceTurnPeer *peer)
{
  IceTurnPeer copy = *peer;
  gint i;

  g_mutex_lock (&self->lock);
  i = find (self->known, peer);
  if (i >= 0)
    g_array_remove_index (self->known, (guint) i);
  else if (self->known->len == ICE_TURN_PEERS_MAX_KNOWN)
    g_array_remove_index (self->known, 0);
  g_array_append_val (self->known, copy);
  g_mutex_unlock (&self->lock);
  return i < 0;
}

/**
 * ice_turn_peers_refuse:
 * @self: the peers
 * @peer: an address of the peer
 *
 * No data from @peer passes from now on, nor checks from further ports. No
 * ChannelData either: it does not name the address that it is from.
 */
void
ice_turn_peers_refuse (IceTurnPeers *self, const IceTurnPeer *peer)
{
  IceTurnPeer copy = *peer;

  g_mutex_lock (&self->lock);
  if (find (self->refused, peer) < 0)
    g_array_append_val (self->refused, copy);
  g_mutex_unlock (&self->lock);
}

/**
 * ice_turn_peers_restart:
 * @self: the peers
 *
 * Forgets the addresses that were refused.
 */
void
ice_turn_peers_restart (IceTurnPeers *self)
{
  g_mutex_lock (&self->lock);
  g_array_set_size (self->refused, 0);
  g_mutex_unlock (&self->lock);
}

/**
 * ice_turn_peers_saw_check:
 * @self: the peers
 * @peer: where a check came from, whether a server relayed it or not
 * @now: monotonic time, microseconds
 *
 * For what passes without ice_turn_peers_judge().
 *
 * Returns: whether no checks from further ports may pass, by this one
 */
gboolean
ice_turn_peers_saw_check (
    IceTurnPeers *self, const IceTurnPeer *peer, gint64 now)
{
  gboolean was_full, closed;

  g_mutex_lock (&self->lock);
  begin_interval (self, now);
  was_full = is_full (self);
  if (find (self->known, peer) < 0)
    take_other (self, peer, now);
  closed = !was_full && is_full (self);
  g_mutex_unlock (&self->lock);
  return closed;
}

/**
 * ice_turn_peers_get_next_open:
 * @self: the peers
 * @now: monotonic time, microseconds
 *
 * Returns: when checks from further ports may pass again; -1: they may now
 */
gint64
ice_turn_peers_get_next_open (IceTurnPeers *self, gint64 now)
{
  gint64 next;

  g_mutex_lock (&self->lock);
  begin_interval (self, now);
  next = is_full (self) ? self->next : -1;
  g_mutex_unlock (&self->lock);
  return next;
}

/**
 * ice_turn_peers_list:
 * @self: the peers
 * @now: monotonic time, microseconds
 * @open: (out): whether checks from other ports of these hosts may pass
 *
 * The rule of ice_turn_peers_judge() for those who apply it elsewhere.
 *
 * Returns: (transfer full) (element-type IceTurnPeer): from where everything
 *   may pass
 */
GArray *
ice_turn_peers_list (IceTurnPeers *self, gint64 now, gboolean *open)
{
  GArray *list;
  guint i;
  gint at;

  g_mutex_lock (&self->lock);
  begin_interval (self, now);
  list = g_array_copy (self->known);
  g_array_append_vals (list, self->others->data, self->others->len);
  for (i = 0; i < self->refused->len; i++) {
    at = find (list, &g_array_index (self->refused, IceTurnPeer, i));
    if (at >= 0)
      g_array_remove_index_fast (list, (guint) at);
  }
  *open = is_open (self);
  g_mutex_unlock (&self->lock);
  return list;
}

/**
 * ice_turn_peers_pass_channel_data:
 * @self: the peers
 *
 * Returns: whether ChannelData may pass
 */
gboolean
ice_turn_peers_pass_channel_data (IceTurnPeers *self)
{
  gboolean pass;

  g_mutex_lock (&self->lock);
  pass = self->refused->len == 0;
  g_mutex_unlock (&self->lock);
  return pass;
}

/**
 * ice_turn_peers_close:
 * @self: the peers
 *
 * The client gives its allocations back. From now on no data passes, and no
 * further allocation: libnice (0.1.21) would not give that back, but refresh
 * it, and keep itself, for ever.
 */
void
ice_turn_peers_close (IceTurnPeers *self)
{
  g_mutex_lock (&self->lock);
  self->is_closed = TRUE;
  g_mutex_unlock (&self->lock);
}

/* --- Data indications --- */

/* The first attribute of a type counts (RFC 8489 section 14).
 * Returns: (nullable): its value */
static const guint8 *
find_attribute (
    const guint8 *message, gsize size, guint type, gsize *value_size)
{
  gsize at = ICE_STUN_HEADER_SIZE;

  while (at + ICE_STUN_ATTRIBUTE_HEADER_SIZE <= size) {
    guint found = ice_stun_read_16 (message + at),
          length = ice_stun_read_16 (message + at + 2);

    at += ICE_STUN_ATTRIBUTE_HEADER_SIZE;
    if (at + length > size || found == ICE_STUN_ATTRIBUTE_MESSAGE_INTEGRITY
        || found == ICE_STUN_ATTRIBUTE_FINGERPRINT)
      return NULL;
    if (found == type) {
      *value_size = length;
      return message + at;
    }
    at += ice_stun_pad (length);
  }
  return NULL;
}

/* RFC 8489 section 14.2: XORed with the cookie and the transaction id. */
static gboolean
read_peer (const guint8 *message, gsize size, IceTurnPeer *peer)
{
  const guint8 *mask = message + ICE_STUN_COOKIE_OFFSET, *value;
  gsize length;
  guint i;

  value = find_attribute (
      message, size, ICE_TURN_ATTRIBUTE_XOR_PEER_ADDRESS, &length);
  if (value == NULL || length <= ICE_STUN_ADDRESS_OFFSET)
    return FALSE;
  *peer = (IceTurnPeer){
    .n_words = value[ICE_STUN_ADDRESS_FAMILY_OFFSET] == ICE_STUN_FAMILY_IPV4 ? 1
        : value[ICE_STUN_ADDRESS_FAMILY_OFFSET] == ICE_STUN_FAMILY_IPV6
        ? ICE_TURN_PEER_MAX_WORDS
        : 0
  };
  if (peer->n_words == 0
      || length != ICE_STUN_ADDRESS_OFFSET + peer->n_words * sizeof (guint32))
    return FALSE;
  peer->port = ice_stun_read_16 (value + ICE_STUN_ADDRESS_PORT_OFFSET)
      ^ ice_stun_read_16 (mask);
  for (i = 0; i < peer->n_words; i++)
    peer->words[i] = ice_stun_read_32 (value + ICE_STUN_ADDRESS_OFFSET + 4 * i)
        ^ ice_stun_read_32 (mask + 4 * i);
  return TRUE;
}

/* A Binding request, which its attributes fill to the end. */
static gboolean
carries_check (const guint8 *message, gsize size)
{
  gsize length = 0, at = ICE_STUN_HEADER_SIZE;
  const guint8 *data = find_attribute (
      message, size, ICE_TURN_ATTRIBUTE_DATA, &length);

  if (data == NULL || length < ICE_STUN_HEADER_SIZE
      || ice_stun_read_16 (data) != ICE_STUN_BINDING_REQUEST
      || ice_stun_read_32 (data + ICE_STUN_COOKIE_OFFSET) != ICE_STUN_COOKIE
      || (gsize) ice_stun_read_16 (data + 2) + ICE_STUN_HEADER_SIZE != length)
    return FALSE;
  while (at + ICE_STUN_ATTRIBUTE_HEADER_SIZE <= length)
    at += ICE_STUN_ATTRIBUTE_HEADER_SIZE
        + ice_stun_pad (ice_stun_read_16 (data + at + 2));
  return at == length;
}

static gboolean
judge_channel_data (IceTurnPeers *self)
{
  gboolean passes;

  g_mutex_lock (&self->lock);
  passes = self->refused->len == 0;
  if (!passes)
    self->n_dropped++;
  g_mutex_unlock (&self->lock);
  return passes;
}

/**
 * ice_turn_peers_judge:
 * @self: the peers
 * @message: (array length=size): a message of a TURN server's
 * @size: its length, bytes
 * @now: monotonic time, microseconds
 *
 * A Data indication may pass from an address that was passed to
 * ice_turn_peers_add(). A check may also pass from other ports of these hosts,
 * since a permission is for a host (RFC 8656 section 9) and a NAT may give the
 * peer a port that it does not know: %ICE_TURN_PEERS_MAX_OTHERS ports in one
 * %ICE_TURN_PEERS_INTERVAL.
 *
 * Returns: whether it may pass; so may each message but a Data indication,
 *   except what ice_turn_peers_close() and ice_turn_peers_refuse() end
 */
gboolean
ice_turn_peers_judge (
    IceTurnPeers *self, const guint8 *message, gsize size, gint64 now)
{
  IceTurnPeer peer;
  gboolean passes, is_data;

  if (size > 0 && message[0] >= ICE_TURN_CHANNEL_FIRST_OCTET
      && message[0] <= ICE_TURN_CHANNEL_LAST_OCTET)
    return judge_channel_data (self);
  if (size < ICE_STUN_HEADER_SIZE)
    return TRUE;
  is_data = ice_stun_read_16 (message) == ICE_TURN_DATA_INDICATION;
  if (!is_data && ice_stun_read_16 (message) != ICE_TURN_ALLOCATE_SUCCESS)
    return TRUE;
  passes = !is_data || read_peer (message, size, &peer);
  g_mutex_lock (&self->lock);
  if (self->is_closed)
    passes = FALSE;
  else if (is_data)
    passes = passes && find (self->refused, &peer) < 0
        && (find (self->known, &peer) >= 0
            || (carries_check (message, size)
                && take_other (self, &peer, now)));
  if (!passes)
    self->n_dropped++;
  g_mutex_unlock (&self->lock);
  return passes;
}

/**
 * ice_turn_peers_get_dropped:
 * @self: the peers
 *
 * Returns: how many messages did not pass ice_turn_peers_judge()
 */
guint64
ice_turn_peers_get_dropped (IceTurnPeers *self)
{
  guint64 n;

  g_mutex_lock (&self->lock);
  n = self->n_dropped;
  g_mutex_unlock (&self->lock);
  return n;
}
