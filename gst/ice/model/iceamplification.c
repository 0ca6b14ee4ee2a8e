/* gst-ice: how many packets go to a host that never answers.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An answer of the address ends the bound: it shows that a host there takes
 * part. A check from the address does not, though it is authenticated: the peer
 * can write any source address on it. Such a check is answered and checked back
 * by the backend, and the answer to that is what counts.
 *
 * The peer cannot reset the count, neither by new credentials nor by other
 * addresses, since an address that has not answered is only forgotten after
 * ICE_AMPLIFICATION_FORGET_TIME. */

#include "model/iceamplification.h"
#include <string.h>

#define IPV4_SIZE 4
#define IPV6_SIZE 16

typedef struct
{
  guint8 octets[IPV6_SIZE];
} Key;

typedef struct
{
  Key key;
  gboolean answered;
  guint sent;                    /* packets */
  IceAmplificationClaim claimed; /* the sum of all claims */
  gint64 used;                   /* when it was last claimed or sent to */
} Address;

struct _IceAmplification
{
  GTree *addresses; /* Key to Address; no hash that a peer could make collide */
};

static gint
compare (gconstpointer a, gconstpointer b, gpointer unused)
{
  return memcmp (a, b, sizeof (Key));
}

/**
 * ice_amplification_new:
 *
 * Any thread; the owner locks.
 *
 * Returns: (transfer full): no addresses yet
 */
IceAmplification *
ice_amplification_new (void)
{
  IceAmplification *self = g_new0 (IceAmplification, 1);

  self->addresses = g_tree_new_full (compare, NULL, NULL, g_free);
  return self;
}

/**
 * ice_amplification_free:
 * @self: (transfer full) (nullable): the addresses of a session
 */
void
ice_amplification_free (IceAmplification *self)
{
  if (self == NULL)
    return;
  g_tree_destroy (self->addresses);
  g_free (self);
}

/* Packets to an IPv6 address of one of these two prefixes reach the host with
 * the IPv4 address at its end: RFC 4291 section 2.5.5.2, RFC 6052 section 2.1
 * (NAT64). */
static Key
make_key (const guint8 *octets, gsize size)
{
  static const guint8 mapped[12] = { [10] = 0xFF, [11] = 0xFF };
  static const guint8 translated[12] = { 0x00, 0x64, 0xFF, 0x9B };
  Key key;

  if (size == IPV6_SIZE && memcmp (octets, mapped, sizeof mapped) != 0
      && memcmp (octets, translated, sizeof translated) != 0) {
    memcpy (key.octets, octets, IPV6_SIZE);
    return key;
  }
  memcpy (key.octets, mapped, sizeof mapped);
  memcpy (key.octets + sizeof mapped, octets + size - IPV4_SIZE, IPV4_SIZE);
  return key;
}

static Address *
find (IceAmplification *self, const guint8 *octets, gsize size)
{
  Key key = make_key (octets, size);

  return g_tree_lookup (self->addresses, &key);
}

typedef struct
{
  gint64 before;
  Address *oldest;
} Search;

static gboolean
compare_age (gpointer key, gpointer value, gpointer data)
{
  Address *address = value;
  Search *search = data;

  if (address->claimed.checks == 0 && address->used <= search->before
      && (search->oldest == NULL || address->used < search->oldest->used))
    search->oldest = address;
  return FALSE;
}

static gboolean
make_room (IceAmplification *self, gint64 now)
{
  Search search = { now - ICE_AMPLIFICATION_FORGET_TIME, NULL };

  if (ice_amplification_get_n_addresses (self)
      < ICE_AMPLIFICATION_MAX_ADDRESSES)
    return TRUE;
  g_tree_foreach (self->addresses, compare_age, &search);
  return search.oldest != NULL
      && g_tree_remove (self->addresses, &search.oldest->key);
}

/* Returns: (nullable): NULL where no more addresses are remembered */
static Address *
obtain (IceAmplification *self, const guint8 *octets, gsize size, gint64 now)
{
  Address *address = find (self, octets, size);

  if (address == NULL && make_room (self, now)) {
    address = g_new0 (Address, 1);
    address->key = make_key (octets, size);
    g_tree_insert (self->addresses, &address->key, address);
  }
  if (address != NULL)
    address->used = now;
  return address;
}

/* A candidate that alone exceeds the limit, on a machine with many addresses,
 * is still checked once: otherwise no call could be made. */
static IceAmplificationVerdict
judge (const Address *address, guint checks)
{
  guint packets = checks * ICE_AMPLIFICATION_CHECK_PACKETS;

  if (address->answered)
    return ICE_AMPLIFICATION_ALLOWED;
  if (address->sent == 0 && address->claimed.checks == 0)
    return ICE_AMPLIFICATION_ALLOWED;
  if (address->sent + packets > ICE_AMPLIFICATION_MAX_PACKETS)
    return ICE_AMPLIFICATION_EXHAUSTED;
  return address->claimed.checks + checks > ICE_AMPLIFICATION_MAX_CHECKS
          || address->sent + address->claimed.packets + packets
              > ICE_AMPLIFICATION_MAX_PACKETS
      ? ICE_AMPLIFICATION_WAIT
      : ICE_AMPLIFICATION_ALLOWED;
}

/**
 * ice_amplification_claim:
 * @self: the addresses of a session
 * @octets: (array length=size): the address of a candidate of the peer,
 *   network byte order
 * @size: 4 or 16
 * @checks: how many checks the candidate makes, one from each local address
 * @now: now
 * @claim: (out caller-allocates): what is reserved for them, all with
 *   %ICE_AMPLIFICATION_ALLOWED, else nothing; ends by
 *   ice_amplification_change()
 *
 * Returns: whether these checks may be made
 */
IceAmplificationVerdict
ice_amplification_claim (IceAmplification *self, const guint8 *octets,
    gsize size, guint checks, gint64 now, IceAmplificationClaim *claim)
{
  Address *address = obtain (self, octets, size, now);
  IceAmplificationVerdict verdict = address != NULL
      ? judge (address, checks)
      : ICE_AMPLIFICATION_EXHAUSTED;

  memset (claim, 0, sizeof *claim);
  if (verdict == ICE_AMPLIFICATION_ALLOWED)
    ice_amplification_change (self, octets, size, claim,
        (IceAmplificationClaim){
            checks, checks * ICE_AMPLIFICATION_CHECK_PACKETS });
  return verdict;
}

/**
 * ice_amplification_change:
 * @self: the addresses of a session
 * @octets: (array length=size): the address, network byte order
 * @size: 4 or 16
 * @claim: (inout): what is reserved of a candidate
 * @to: what its checks still need; nothing when they have ended
 */
void
ice_amplification_change (IceAmplification *self, const guint8 *octets,
    gsize size, IceAmplificationClaim *claim, IceAmplificationClaim to)
{
  Address *address = find (self, octets, size);

  g_return_if_fail (address != NULL);
  address->claimed.checks += to.checks - claim->checks;
  address->claimed.packets += to.packets - claim->packets;
  *claim = to;
}

/**
 * ice_amplification_count:
 * @self: the addresses of a session
 * @octets: (array length=size): the address, network byte order
 * @size: 4 or 16
 * @packets: how many requests went there
 * @now: now
 */
void
ice_amplification_count (IceAmplification *self, const guint8 *octets,
    gsize size, guint packets, gint64 now)
{
  Address *address = obtain (self, octets, size, now);

  if (address != NULL)
    address->sent += MIN (packets, G_MAXUINT - address->sent);
}

/**
 * ice_amplification_uncount:
 * @self: the addresses of a session
 * @octets: (array length=size): the address, network byte order
 * @size: 4 or 16
 *
 * A request that was counted did not go out after all.
 */
void
ice_amplification_uncount (
    IceAmplification *self, const guint8 *octets, gsize size)
{
  Address *address = find (self, octets, size);

  if (address != NULL && address->sent > 0)
    address->sent--;
}

/**
 * ice_amplification_answered:
 * @self: the addresses of a session
 * @octets: (array length=size): the address, network byte order
 * @size: 4 or 16
 * @now: now
 *
 * An authenticated answer to a check came from there.
 *
 * Returns: whether it is the first one
 */
gboolean
ice_amplification_answered (
    IceAmplification *self, const guint8 *octets, gsize size, gint64 now)
{
  Address *address = obtain (self, octets, size, now);

  if (address == NULL || address->answered)
    return FALSE;
  return address->answered = TRUE;
}

/**
 * ice_amplification_get_packets:
 * @self: the addresses of a session
 * @octets: (array length=size): an address, network byte order
 * @size: 4 or 16
 *
 * Returns: how many requests went there, as far as is remembered
 */
guint
ice_amplification_get_packets (
    IceAmplification *self, const guint8 *octets, gsize size)
{
  const Address *address = find (self, octets, size);

  return address != NULL ? address->sent : 0;
}

/**
 * ice_amplification_get_n_addresses:
 * @self: the addresses of a session
 *
 * Returns: how many are remembered
 */
guint
ice_amplification_get_n_addresses (const IceAmplification *self)
{
  return (guint) g_tree_nnodes (self->addresses);
}
