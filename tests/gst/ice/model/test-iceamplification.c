/* gst-ice: test of iceamplification.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceamplification.h"
#include "model/icecheckpair.h"
#include "model/iceremoteload.h"
#include <string.h>

#define SECOND G_GINT64_CONSTANT (1000000)
#define MAX_IN_A_SECOND 49

G_STATIC_ASSERT (
    ICE_AMPLIFICATION_MAX_ADDRESSES >= ICE_REMOTE_LOAD_MAX_CANDIDATES);

static const guint8 host[4] = { 192, 0, 2, 1 };
static const guint8 other[4] = { 192, 0, 2, 2 };

static IceAmplificationVerdict
claim (IceAmplification *self, guint checks, IceAmplificationClaim *claim)
{
  return ice_amplification_claim (
      self, host, sizeof host, checks, SECOND, claim);
}

static void
change (IceAmplification *self, IceAmplificationClaim *claim, guint checks,
    guint packets)
{
  ice_amplification_change (self, host, sizeof host, claim,
      (IceAmplificationClaim){ checks, packets });
}

static void
count (IceAmplification *self, guint packets)
{
  ice_amplification_count (self, host, sizeof host, packets, SECOND);
}

/* Each amount sent, claimed and wanted: what is allowed keeps both bounds, and
 * what is not allowed would break one, now or for ever. */
static void
test_every_amount (void)
{
  guint sent, checks, packets, more;

  for (sent = 0; sent <= ICE_AMPLIFICATION_MAX_PACKETS + 3; sent++)
    for (checks = 0; checks <= ICE_AMPLIFICATION_MAX_CHECKS + 1; checks++)
      for (packets = checks; packets <= checks * 3; packets += 1 + checks)
        for (more = 1; more <= ICE_AMPLIFICATION_MAX_PACKETS / 3 + 1; more++) {
          g_autoptr (IceAmplification) self = ice_amplification_new ();
          IceAmplificationClaim first, second;
          IceAmplificationVerdict verdict;

          g_assert_cmpint (
              claim (self, checks, &first), ==, ICE_AMPLIFICATION_ALLOWED);
          change (self, &first, checks, packets);
          count (self, sent);
          verdict = claim (self, more, &second);
          if (sent == 0 && checks == 0)
            g_assert_cmpint (verdict, ==, ICE_AMPLIFICATION_ALLOWED);
          else if (sent + more * 3 > ICE_AMPLIFICATION_MAX_PACKETS)
            g_assert_cmpint (verdict, ==, ICE_AMPLIFICATION_EXHAUSTED);
          else if (sent + packets + more * 3 > ICE_AMPLIFICATION_MAX_PACKETS
              || checks + more > ICE_AMPLIFICATION_MAX_CHECKS)
            g_assert_cmpint (verdict, ==, ICE_AMPLIFICATION_WAIT);
          else
            g_assert_cmpint (verdict, ==, ICE_AMPLIFICATION_ALLOWED);
          g_assert_cmpuint (second.checks, ==,
              verdict == ICE_AMPLIFICATION_ALLOWED ? more : 0);
          g_assert_cmpuint (second.packets, ==, second.checks * 3);
        }
}

/* One candidate on a machine with more local addresses than the bounds have
 * room for: once. */
static void
test_large_candidate (void)
{
  g_autoptr (IceAmplification) self = ice_amplification_new ();
  IceAmplificationClaim first, second;

  g_assert_cmpint (claim (self, 40, &first), ==, ICE_AMPLIFICATION_ALLOWED);
  g_assert_cmpint (claim (self, 1, &second), ==, ICE_AMPLIFICATION_WAIT);
  count (self, 1);
  change (self, &first, 0, 0);
  g_assert_cmpint (claim (self, 40, &first), ==, ICE_AMPLIFICATION_EXHAUSTED);
  g_assert_cmpint (claim (self, 24, &first), ==, ICE_AMPLIFICATION_ALLOWED);
}

static void
test_answer (void)
{
  g_autoptr (IceAmplification) self = ice_amplification_new ();
  IceAmplificationClaim first;

  count (self, 200);
  g_assert_cmpint (claim (self, 1, &first), ==, ICE_AMPLIFICATION_EXHAUSTED);
  g_assert_true (
      ice_amplification_answered (self, other, sizeof other, SECOND));
  g_assert_cmpint (claim (self, 1, &first), ==, ICE_AMPLIFICATION_EXHAUSTED);
  g_assert_true (ice_amplification_answered (self, host, sizeof host, SECOND));
  g_assert_false (ice_amplification_answered (self, host, sizeof host, SECOND));
  g_assert_cmpint (claim (self, 1000, &first), ==, ICE_AMPLIFICATION_ALLOWED);
}

static void
test_uncount (void)
{
  g_autoptr (IceAmplification) self = ice_amplification_new ();

  ice_amplification_uncount (self, host, sizeof host);
  g_assert_cmpuint (ice_amplification_get_n_addresses (self), ==, 0);
  count (self, 1);
  ice_amplification_uncount (self, host, sizeof host);
  ice_amplification_uncount (self, host, sizeof host);
  g_assert_cmpuint (
      ice_amplification_get_packets (self, host, sizeof host), ==, 0);
  count (self, G_MAXUINT);
  count (self, 2);
  g_assert_cmpuint (
      ice_amplification_get_packets (self, host, sizeof host), ==, G_MAXUINT);
}

/* The same host in other words is not another one; other IPv6 addresses are. */
static void
test_addresses (void)
{
  static const struct
  {
    guint8 octets[16];
    gboolean same;
  } ipv6[] = {
    { { [10] = 0xFF, 0xFF, 192, 0, 2, 1 }, TRUE },
    { { 0x00, 0x64, 0xFF, 0x9B, [12] = 192, 0, 2, 1 }, TRUE },
    { { [10] = 0xFF, 0xFF, 192, 0, 2, 2 }, FALSE },
    { { 0x00, 0x64, 0xFF, 0x9B, 0, 1, [12] = 192, 0, 2, 1 }, FALSE },
    { { [12] = 192, 0, 2, 1 }, FALSE },
    { { 0x20, 0x01, 0x0D, 0xB8, [12] = 192, 0, 2, 1 }, FALSE },
    { { 192, 0, 2, 1 }, FALSE },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (ipv6); i++) {
    g_autoptr (IceAmplification) self = ice_amplification_new ();

    ice_amplification_count (self, ipv6[i].octets, 16, 7, SECOND);
    g_assert_cmpuint (
        ice_amplification_get_packets (self, ipv6[i].octets, 16), ==, 7);
    g_assert_cmpuint (ice_amplification_get_packets (self, host, sizeof host),
        ==, ipv6[i].same ? 7 : 0);
  }
}

static void
put (guint8 octets[16], guint n)
{
  memset (octets, 0, 16);
  octets[0] = 0x20;
  octets[14] = n >> 8;
  octets[15] = n & 0xFF;
}

/* More addresses than are remembered give back no packet, until one has been
 * left alone for long enough. */
static void
test_full (void)
{
  g_autoptr (IceAmplification) self = ice_amplification_new ();
  IceAmplificationClaim claim;
  guint8 octets[16];
  guint i;

  for (i = 0; i < ICE_AMPLIFICATION_MAX_ADDRESSES; i++) {
    put (octets, i);
    g_assert_cmpint (ice_amplification_claim (self, octets, 16, 1, i, &claim),
        ==, ICE_AMPLIFICATION_ALLOWED);
    if (i > 0) /* the first one's check goes on */
      ice_amplification_change (
          self, octets, 16, &claim, (IceAmplificationClaim){ 0, 0 });
    ice_amplification_count (self, octets, 16, 100, i);
  }
  put (octets, i);
  g_assert_cmpint (ice_amplification_claim (self, octets, 16, 1,
                       ICE_AMPLIFICATION_FORGET_TIME, &claim),
      ==, ICE_AMPLIFICATION_EXHAUSTED);
  ice_amplification_count (self, octets, 16, 1, ICE_AMPLIFICATION_FORGET_TIME);
  g_assert_false (ice_amplification_answered (
      self, octets, 16, ICE_AMPLIFICATION_FORGET_TIME));
  g_assert_cmpuint (ice_amplification_get_n_addresses (self), ==,
      ICE_AMPLIFICATION_MAX_ADDRESSES);
  g_assert_cmpint (ice_amplification_claim (self, octets, 16, 1,
                       ICE_AMPLIFICATION_FORGET_TIME + 1, &claim),
      ==, ICE_AMPLIFICATION_ALLOWED);
  for (i = 0; i < ICE_AMPLIFICATION_MAX_ADDRESSES; i++) {
    put (octets, i);
    g_assert_cmpuint (
        ice_amplification_get_packets (self, octets, 16), ==, i == 1 ? 0 : 100);
  }
}

/* A backend and a hostile peer, by chance. */

#define STEP (SECOND / 100)
#define MAX_TRANSPORTS 4
#define MAX_CHECKS 12
#define MAX_CANDIDATES 40

typedef struct
{
  gint64 begins; /* frozen and waiting until then */
  gint64 timeout;
  guint sent;
  gboolean ended;
} Check;

typedef struct
{
  IceAmplificationClaim claim;
  Check checks[MAX_CHECKS];
  guint n;
} Candidate;

typedef struct
{
  GRand *rand;
  IceAmplification *self;
  Candidate candidates[MAX_CANDIDATES];
  guint n;
  GArray *packets; /* gint64, when each was sent */
} World;

static void
run_check (World *world, Check *check, gint64 now)
{
  static const guint at[] = { 0, 1, 3, 4 }; /* timeouts: RFC 8489 6.2.1 */

  while (!check->ended
      && now >= check->begins + at[check->sent] * check->timeout) {
    if (check->sent == ICE_AMPLIFICATION_CHECK_PACKETS) {
      check->ended = TRUE;
      return;
    }
    check->sent++;
    g_array_append_val (world->packets, now);
    ice_amplification_count (world->self, host, sizeof host, 1, now);
  }
}

static void
run_candidate (World *world, Candidate *candidate, gint64 now)
{
  IceAmplificationClaim left = { 0, 0 };
  guint i;

  for (i = 0; i < candidate->n; i++) {
    Check *check = &candidate->checks[i];

    run_check (world, check, now);
    if (check->ended)
      continue;
    left.checks++;
    left.packets += ICE_AMPLIFICATION_CHECK_PACKETS - check->sent;
  }
  ice_amplification_change (
      world->self, host, sizeof host, &candidate->claim, left);
}

static void
offer_candidate (World *world, guint n_local, gint64 now)
{
  Candidate candidate = { .n = n_local };
  guint i;

  if (ice_amplification_claim (
          world->self, host, sizeof host, n_local, now, &candidate.claim)
      != ICE_AMPLIFICATION_ALLOWED)
    return;
  for (i = 0; i < n_local; i++) {
    candidate.checks[i].begins = now
        + g_rand_int_range (world->rand, 0, 200) * STEP;
    candidate.checks[i].timeout = ICE_CHECK_MIN_RTO
        + g_rand_int_range (world->rand, 0, 80) * STEP;
  }
  g_assert_cmpuint (world->n, <, MAX_CANDIDATES);
  world->candidates[world->n++] = candidate;
}

/* A restart: what has not begun does not begin. */
static void
restart (World *world, gint64 now)
{
  guint i, k;

  for (i = 0; i < world->n; i++) {
    for (k = 0; k < world->candidates[i].n; k++)
      world->candidates[i].checks[k].ended |=
          world->candidates[i].checks[k].begins >= now;
    run_candidate (world, &world->candidates[i], now);
  }
}

static void
forget_ended (World *world)
{
  guint i = 0;

  while (i < world->n)
    if (world->candidates[i].claim.checks == 0)
      world->candidates[i] = world->candidates[--world->n];
    else
      i++;
}

static void
assert_bounds (const World *world)
{
  guint i, first = 0;

  g_assert_cmpuint (world->packets->len, <=, ICE_AMPLIFICATION_MAX_PACKETS);
  for (i = 0; i < world->packets->len; i++) {
    while (g_array_index (world->packets, gint64, first)
        <= g_array_index (world->packets, gint64, i) - SECOND)
      first++;
    g_assert_cmpuint (i - first + 1, <=, MAX_IN_A_SECOND);
  }
}

static guint
run_world (guint32 seed)
{
  World world = { .rand = g_rand_new_with_seed (seed),
    .self = ice_amplification_new (),
    .packets = g_array_new (FALSE, FALSE, sizeof (gint64)) };
  guint n_local = g_rand_int_range (world.rand, 1, MAX_CHECKS + 1);
  gint64 now;
  guint i, n;

  for (now = 0; now < 40 * SECOND; now += STEP) {
    for (i = 0; i < MAX_TRANSPORTS; i++)
      if (now % (10 * STEP) == 0)
        offer_candidate (&world, n_local, now);
    for (i = 0; i < world.n; i++)
      run_candidate (&world, &world.candidates[i], now);
    if (g_rand_int_range (world.rand, 0, 300) == 0)
      restart (&world, now);
    forget_ended (&world);
  }
  assert_bounds (&world);
  g_assert_cmpuint (world.n, ==, 0);
  n = world.packets->len;
  g_array_unref (world.packets);
  ice_amplification_free (world.self);
  g_rand_free (world.rand);
  return n;
}

/* The most is sent that a whole check of a candidate leaves room for, unless a
 * check was broken off. */
static void
test_peer (void)
{
  guint32 seed;
  guint most = 0;

  for (seed = 0; seed < 300; seed++)
    most = MAX (most, run_world (seed));
  g_assert_cmpuint (most, >, ICE_AMPLIFICATION_MAX_PACKETS - 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/iceamplification/every-amount", test_every_amount);
  g_test_add_func ("/iceamplification/large-candidate", test_large_candidate);
  g_test_add_func ("/iceamplification/answer", test_answer);
  g_test_add_func ("/iceamplification/uncount", test_uncount);
  g_test_add_func ("/iceamplification/addresses", test_addresses);
  g_test_add_func ("/iceamplification/full", test_full);
  g_test_add_func ("/iceamplification/peer", test_peer);
  return g_test_run ();
}
