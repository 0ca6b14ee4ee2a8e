/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How many packets the candidates of a peer may cause to a host that never
 * answers (RFC 8445 section 19.5.1). Pure: now is an argument, in microseconds
 * of a monotonic clock.
 *
 * A peer can name any host, with many ports, in many streams and after many
 * restarts, and each of its candidates is checked from each local address. So
 * packets are counted by IP address, for a whole session. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Requests that a backend sends in one check without an answer; none follows
 * the one before it, or the end of the check, sooner than ICE_CHECK_MIN_RTO. */
#define ICE_AMPLIFICATION_CHECK_PACKETS 3

/* Packets in all to an address that has never answered. */
#define ICE_AMPLIFICATION_MAX_PACKETS 100

/* Checks that are under way there at once: each sends at most two packets in
 * any second, so this is less than 50 packets a second. */
#define ICE_AMPLIFICATION_MAX_CHECKS 24

/* Addresses that are remembered: as many as ICE_REMOTE_LOAD_MAX_CANDIDATES. */
#define ICE_AMPLIFICATION_MAX_ADDRESSES 4096

/* If all are in use, one to which nothing was sent for this long is replaced by
 * a new one. Microseconds. */
#define ICE_AMPLIFICATION_FORGET_TIME (60 * 60 * G_GINT64_CONSTANT (1000000))

/* What is reserved for the checks of one candidate. */
typedef struct
{
  guint checks;  /* to be made or under way */
  guint packets; /* that they may still send */
} IceAmplificationClaim;

typedef enum
{
  ICE_AMPLIFICATION_ALLOWED,
  ICE_AMPLIFICATION_WAIT,      /* until checks there have ended */
  ICE_AMPLIFICATION_EXHAUSTED, /* until the address answers */
  ICE_AMPLIFICATION_N_VERDICTS
} IceAmplificationVerdict;

typedef struct _IceAmplification IceAmplification;

IceAmplification *ice_amplification_new (void);
void ice_amplification_free (IceAmplification *self);

IceAmplificationVerdict ice_amplification_claim (IceAmplification *self,
    const guint8 *octets, gsize size, guint checks, gint64 now,
    IceAmplificationClaim *claim);
void ice_amplification_change (IceAmplification *self, const guint8 *octets,
    gsize size, IceAmplificationClaim *claim, IceAmplificationClaim to);
void ice_amplification_count (IceAmplification *self, const guint8 *octets,
    gsize size, guint packets, gint64 now);
void ice_amplification_uncount (
    IceAmplification *self, const guint8 *octets, gsize size);
gboolean ice_amplification_answered (
    IceAmplification *self, const guint8 *octets, gsize size, gint64 now);
guint ice_amplification_get_packets (
    IceAmplification *self, const guint8 *octets, gsize size);
guint ice_amplification_get_n_addresses (const IceAmplification *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IceAmplification, ice_amplification_free)

G_END_DECLS
