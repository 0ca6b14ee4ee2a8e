/* gst-ice: the filter of Data indications on libnice's UDP sockets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard/gsticeniceindicationfilter.h"

#ifdef __linux__

#include <unistd.h>

/* RFC 8489 section 14.2: offsets in an attribute, XORed with the cookie and,
 * from the address's second word on, with the transaction id */
#define XOR_ADDRESS_FAMILY 5
#define XOR_ADDRESS_PORT 6
#define XOR_ADDRESS_WORDS 8
#define XOR_ADDRESS_IPV4_LENGTH 8
#define XOR_ADDRESS_IPV6_LENGTH 20
/* XOR-PEER-ADDRESS and DATA come first, or after SOFTWARE and the like. */
#define MAX_INDICATION_ATTRIBUTES 6
/* A check has ten, including those that browsers add. */
#define MAX_CHECK_ATTRIBUTES 16

/* The kernel's scratch memory */
enum
{
  PORT_HASH,
  HOST_HASH,
  ID_WORDS, /* three words: the transaction id; later the next three members */
  CHECK_LENGTH = ID_WORDS,
  CHECK_BEGIN,
  CHECK_END,
  ADDRESS_WORDS = ID_WORDS + 3, /* three words: all but the first one */
  WORD = ADDRESS_WORDS + 3,     /* one of them */
  FIRST_WORD                    /* the product of its lower half */
};

#define N_HALVES (2 * IPV6_WORDS)

/* Addresses are compared by a hash of 32 bits: the sum of the halves of their
 * words, each multiplied by a random factor. Two addresses have the same hash
 * with a probability of at most 2^-17: the difference of two halves has at most
 * 15 trailing zeros. With whole words it may have 31. */
static const guint32 *
get_factors (void)
{
  static guint32 factors[N_HALVES + 1];
  static gsize once;

  if (g_once_init_enter (&once)) {
    guint i;

    if (getentropy (factors, sizeof (factors)) != 0)
      for (i = 0; i < G_N_ELEMENTS (factors); i++)
        factors[i] = g_random_int ();
    g_once_init_leave (&once, 1);
  }
  return factors;
}

static guint32
hash_host (const IceTurnPeer *peer)
{
  const guint32 *factors = get_factors ();
  guint32 hash = 0;
  guint i;

  for (i = 0; i < peer->n_words; i++)
    hash += (peer->words[i] >> 16) * factors[2 * i]
        + (peer->words[i] & 0xffff) * factors[2 * i + 1];
  return hash;
}

static guint32
hash_port (guint16 port)
{
  return port * get_factors ()[N_HALVES];
}

static void
multiply (FilterProgram *program, guint factor)
{
  filter_add (program, BPF_ALU | BPF_MUL | BPF_K, get_factors ()[factor]);
}

/* Of the word in the accumulator. */
static void
multiply_upper_half (FilterProgram *program, guint word)
{
  filter_add (program, BPF_ALU | BPF_RSH | BPF_K, 16);
  multiply (program, 2 * word);
}

static void
multiply_lower_half (FilterProgram *program, guint word)
{
  filter_add (program, BPF_ALU | BPF_AND | BPF_K, 0xffff);
  multiply (program, 2 * word + 1);
}

/* Adds the accumulator to HOST_HASH. */
static void
add_to_hash (FilterProgram *program)
{
  filter_add (program, BPF_LDX | BPF_MEM, HOST_HASH);
  filter_add (program, BPF_ALU | BPF_ADD | BPF_X, 0);
  filter_add (program, BPF_ST, HOST_HASH);
}

static void
hash_ipv4 (FilterProgram *program)
{
  filter_add (
      program, BPF_LD | BPF_H | BPF_IND, ICE_STUN_ATTRIBUTE_LENGTH_OFFSET);
  filter_test (program, BPF_JEQ, XOR_ADDRESS_IPV4_LENGTH, NEXT, BAD_INDICATION);
  filter_jump (program, PEER_HASHED);
}

/* Adds the words after the first one to HOST_HASH. */
static void
hash_ipv6 (FilterProgram *program)
{
  guint i;

  for (i = 1; i < IPV6_WORDS; i++) {
    filter_add (program, BPF_LD | BPF_W | BPF_IND, XOR_ADDRESS_WORDS + 4 * i);
    filter_add (program, BPF_ST, ADDRESS_WORDS + i - 1);
  }
  for (i = 1; i < IPV6_WORDS; i++) {
    filter_add (program, BPF_LD | BPF_MEM, ADDRESS_WORDS + i - 1);
    filter_add (program, BPF_LDX | BPF_MEM, ID_WORDS + i - 1);
    filter_add (program, BPF_ALU | BPF_XOR | BPF_X, 0);
    filter_add (program, BPF_ST, WORD);
    multiply_upper_half (program, i);
    add_to_hash (program);
    filter_add (program, BPF_LD | BPF_MEM, WORD);
    multiply_lower_half (program, i);
    add_to_hash (program);
  }
}

/* The index register is at XOR-PEER-ADDRESS. Stores both hashes. */
static void
hash_peer (FilterProgram *program)
{
  guint i;

  for (i = 1; i < IPV6_WORDS; i++) {
    filter_add (program, BPF_LD | BPF_W | BPF_ABS, STUN_COOKIE + 4 * i);
    filter_add (program, BPF_ST, ID_WORDS + i - 1);
  }
  filter_add (program, BPF_LD | BPF_H | BPF_IND, XOR_ADDRESS_PORT);
  filter_add (program, BPF_ALU | BPF_XOR | BPF_K, ICE_STUN_COOKIE >> 16);
  multiply (program, N_HALVES);
  filter_add (program, BPF_ST, PORT_HASH);
  filter_add (program, BPF_LD | BPF_W | BPF_IND, XOR_ADDRESS_WORDS);
  filter_add (program, BPF_ALU | BPF_XOR | BPF_K, ICE_STUN_COOKIE);
  filter_add (program, BPF_ST, WORD);
  multiply_upper_half (program, 0);
  filter_add (program, BPF_ST, HOST_HASH);
  filter_add (program, BPF_LD | BPF_MEM, WORD);
  multiply_lower_half (program, 0);
  filter_add (program, BPF_ST, FIRST_WORD);
  filter_add (program, BPF_LD | BPF_B | BPF_IND, XOR_ADDRESS_FAMILY);
  filter_test (program, BPF_JEQ, ICE_STUN_FAMILY_IPV6, PEER_IPV6, NEXT);
  filter_test (program, BPF_JEQ, ICE_STUN_FAMILY_IPV4, NEXT, BAD_INDICATION);
  hash_ipv4 (program);
  filter_place (program, BAD_INDICATION);
  filter_add (program, BPF_RET | BPF_K, 0);
  filter_place (program, PEER_IPV6);
  filter_add (
      program, BPF_LD | BPF_H | BPF_IND, ICE_STUN_ATTRIBUTE_LENGTH_OFFSET);
  filter_test (program, BPF_JEQ, XOR_ADDRESS_IPV6_LENGTH, AFTER_NEXT, NEXT);
  filter_add (program, BPF_RET | BPF_K, 0);
  hash_ipv6 (program);
  filter_place (program, PEER_HASHED);
  filter_add (program, BPF_LD | BPF_MEM, FIRST_WORD);
  add_to_hash (program);
}

static void
compare_peers (FilterProgram *program, const GArray *peers)
{
  guint i;

  filter_add (program, BPF_LDX | BPF_MEM, PORT_HASH);
  filter_add (program, BPF_LD | BPF_MEM, HOST_HASH);
  filter_add (program, BPF_ALU | BPF_ADD | BPF_X, 0);
  for (i = 0; i < peers->len; i++) {
    const IceTurnPeer *peer = &g_array_index (peers, IceTurnPeer, i);

    filter_test (program, BPF_JEQ, hash_host (peer) + hash_port (peer->port),
        NEXT, AFTER_NEXT);
    filter_add (program, BPF_RET | BPF_K, ALL);
  }
}

static void
compare_hosts (FilterProgram *program, const GArray *peers)
{
  guint i;

  filter_add (program, BPF_LD | BPF_MEM, HOST_HASH);
  for (i = 0; i < peers->len; i++) {
    filter_test (program, BPF_JEQ,
        hash_host (&g_array_index (peers, IceTurnPeer, i)), NEXT, AFTER_NEXT);
    filter_jump (program, CHECK);
  }
}

/* The index register is at DATA, which must be as long as the message in it,
 * and whole. */
static void
match_length (FilterProgram *program)
{
  filter_add (program, BPF_LD | BPF_H | BPF_IND,
      ICE_STUN_ATTRIBUTE_HEADER_SIZE + ICE_STUN_LENGTH_OFFSET);
  filter_add (program, BPF_ALU | BPF_ADD | BPF_K, ICE_STUN_HEADER_SIZE);
  filter_add (program, BPF_ST, CHECK_LENGTH);
  filter_add (program, BPF_MISC | BPF_TXA, 0);
  filter_add (
      program, BPF_ALU | BPF_ADD | BPF_K, ICE_STUN_ATTRIBUTE_HEADER_SIZE);
  filter_add (program, BPF_ST, CHECK_BEGIN);
  filter_add (
      program, BPF_LD | BPF_H | BPF_IND, ICE_STUN_ATTRIBUTE_LENGTH_OFFSET);
  filter_add (program, BPF_LDX | BPF_MEM, CHECK_LENGTH);
  filter_add (program, BPF_ALU | BPF_SUB | BPF_X, 0);
  filter_test (program, BPF_JEQ, 0, NEXT, NO_CHECK);
  filter_add (program, BPF_LD | BPF_MEM, CHECK_BEGIN);
  filter_add (program, BPF_ALU | BPF_ADD | BPF_X, 0);
  filter_add (program, BPF_ST, CHECK_END);
  filter_add (program, BPF_MISC | BPF_TAX, 0);
  filter_add (program, BPF_LD | BPF_W | BPF_LEN, 0);
  filter_add (program, BPF_ALU | BPF_SUB | BPF_X, 0);
  filter_test (program, BPF_JGE, G_MAXUINT16, NO_CHECK, NEXT); /* cut */
}

/* The index register is at DATA. Passes a Binding request whose attributes fill
 * it to the end: libnice writes a trace line for each of these, by which they
 * are counted. */
static void
match_check (FilterProgram *program)
{
  guint i;

  filter_add (
      program, BPF_LD | BPF_H | BPF_IND, ICE_STUN_ATTRIBUTE_HEADER_SIZE);
  filter_test (program, BPF_JEQ, ICE_STUN_BINDING_REQUEST, NEXT, NO_CHECK);
  filter_add (
      program, BPF_LD | BPF_W | BPF_IND, ICE_STUN_ATTRIBUTE_HEADER_SIZE + 4);
  filter_test (program, BPF_JEQ, ICE_STUN_COOKIE, NEXT, NO_CHECK);
  match_length (program);
  filter_add (program, BPF_LD | BPF_MEM, CHECK_BEGIN);
  filter_add (program, BPF_ALU | BPF_ADD | BPF_K, ICE_STUN_HEADER_SIZE);
  filter_add (program, BPF_MISC | BPF_TAX, 0);
  for (i = 0; i < MAX_CHECK_ATTRIBUTES; i++) {
    filter_add (program, BPF_LD | BPF_MEM, CHECK_END);
    filter_add (program, BPF_ALU | BPF_SUB | BPF_X, 0);
    filter_test (program, BPF_JEQ, 0, NEXT, AFTER_NEXT);
    filter_add (program, BPF_RET | BPF_K, ALL);
    filter_test (
        program, BPF_JGE, G_MAXUINT16, NO_CHECK, NEXT); /* beyond the end */
    filter_skip_attribute (program);
  }
  filter_place (program, NO_CHECK);
  filter_add (program, BPF_RET | BPF_K, 0);
}

/**
 * gst_ice_nice_indication_filter_drop_channel_data:
 * @program: the program
 *
 * Adds a part that drops ChannelData. Other messages continue at the next part.
 */
void
gst_ice_nice_indication_filter_drop_channel_data (FilterProgram *program)
{
  filter_add (program, BPF_LD | BPF_W | BPF_LEN, 0);
  filter_test (program, BPF_JGT, UDP_HEADER_SIZE, NEXT, NO_CHANNEL_DATA);
  filter_add (program, BPF_LD | BPF_B | BPF_ABS, UDP_HEADER_SIZE);
  filter_test (
      program, BPF_JGE, ICE_TURN_CHANNEL_FIRST_OCTET, NEXT, NO_CHANNEL_DATA);
  filter_test (
      program, BPF_JGT, ICE_TURN_CHANNEL_LAST_OCTET, NO_CHANNEL_DATA, NEXT);
  filter_add (program, BPF_RET | BPF_K, 0);
  filter_place (program, NO_CHANNEL_DATA);
}

/**
 * gst_ice_nice_indication_filter_add:
 * @program: the program
 * @peers: (nullable): the rule; %NULL: nothing is added
 *
 * Adds a part that drops Data indications and ChannelData by the rule of
 * ice_turn_peers_judge(), except its count, which is kept by
 * ice_turn_peers_saw_check(). Other messages continue at the next part.
 */
void
gst_ice_nice_indication_filter_add (FilterProgram *program, IceTurnPeers *peers)
{
  g_autoptr (GArray) list = NULL;
  gboolean open;

  if (peers == NULL)
    return;
  if (!ice_turn_peers_pass_channel_data (peers))
    gst_ice_nice_indication_filter_drop_channel_data (program);
  list = ice_turn_peers_list (peers, g_get_monotonic_time (), &open);
  filter_match_stun (program, ICE_TURN_DATA_INDICATION, NO_DATA);
  filter_jump (program, INDICATION);
  filter_place (program, NO_DATA);
  filter_jump (program, NO_INDICATION);
  filter_place (program, INDICATION);
  filter_find_attribute (program, ICE_TURN_ATTRIBUTE_XOR_PEER_ADDRESS,
      MAX_INDICATION_ATTRIBUTES, PEER_ADDRESS);
  filter_place (program, PEER_ADDRESS);
  hash_peer (program);
  compare_peers (program, list);
  if (open)
    compare_hosts (program, list);
  filter_add (program, BPF_RET | BPF_K, 0);
  filter_place (program, CHECK);
  if (open) {
    filter_find_attribute (program, ICE_TURN_ATTRIBUTE_DATA,
        MAX_INDICATION_ATTRIBUTES, CHECK_DATA);
    filter_place (program, CHECK_DATA);
    match_check (program);
  }
  filter_place (program, NO_INDICATION);
}

#endif
