/* gst-ice: messages of multicast DNS.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/icemdns.h"
#include "candidates/iceaddress.h"
#include <string.h>

/* RFC 1035 section 4.1 */
#define HEADER_SIZE 12
#define FLAGS_ANSWER 0x8000
/* opcode, and the error: RFC 6762 section 18 */
#define FLAGS_MUST_BE_0 0x780f
#define POINTER 0xc0
#define MAX_NAME 255 /* octets, with the last label, which is empty */
#define CLASS_IN 1
/* all but the cache-flush bit: RFC 6762 section 10.2 */
#define CLASS_MASK 0x7fff
/* type, class */
#define QUESTION_TAIL 4
/* type, class, time to live, size of the data */
#define RECORD_TAIL 10

static guint
read16 (const guint8 *at)
{
  return at[0] << 8 | at[1];
}

static guint8 *
write16 (guint8 *at, guint value)
{
  at[0] = value >> 8;
  at[1] = value & 0xff;
  return at + 2;
}

/**
 * ice_mdns_write_question:
 * @message: (out caller-allocates): at least %ICE_MDNS_MAX_QUESTION bytes
 * @name: a name for which ice_address_is_valid() is %TRUE
 * @type: which addresses
 *
 * One question (RFC 6762 section 5.2), with the name as it is written: Chromium
 * 156 does not answer a message of two questions, a question for a unicast
 * answer, or a name in other letter case than its own. Any thread.
 *
 * Returns: how many bytes it has
 */
gsize
ice_mdns_write_question (guint8 *message, const gchar *name, IceMdnsType type)
{
  guint8 *at = message + HEADER_SIZE;

  memset (message, 0, HEADER_SIZE);
  write16 (message + 4, 1);
  for (;;) {
    gsize length = strcspn (name, ".");

    *at++ = length;
    memcpy (at, name, length);
    at += length;
    if (name[length] == '\0')
      break;
    name += length + 1;
  }
  *at++ = 0;
  at = write16 (at, type);
  at = write16 (at, CLASS_IN);
  return at - message;
}

typedef struct
{
  const guint8 *message;
  gsize size;
  gsize at;
} Reader;

/* Returns: the rest of @name if its first label is this one, else NULL. */
static const gchar *
skip_label (const gchar *name, const guint8 *label, gsize length)
{
  if (strcspn (name, ".") != length
      || g_ascii_strncasecmp (name, (const gchar *) label, length) != 0)
    return NULL;
  return name + length + (name[length] == '.' ? 1 : 0);
}

/* Reads the name at the reader. It is followed to where pointers lead only
 * while it can be the wanted one: any host of the network can send thousands of
 * names that share a long chain of pointers. Pointers lead backwards only.
 * same: (out): whether it is the wanted one, if there is one. FALSE: there is
 * no name. */
static gboolean
read_name (Reader *reader, const gchar *wanted, gboolean *same)
{
  gsize at = reader->at, before = reader->at, length = 0;
  guint pointers = 0;

  *same = FALSE;
  while (pointers == 0 || wanted != NULL) {
    guint8 octet;

    if (at >= reader->size)
      return FALSE;
    octet = reader->message[at];
    if ((octet & POINTER) == POINTER) {
      if (at + 2 > reader->size)
        return FALSE;
      if (pointers++ == 0)
        reader->at = at + 2;
      at = read16 (reader->message + at) & ~(POINTER << 8);
      if (at >= before)
        return FALSE;
      before = at;
      if (pointers > ICE_MDNS_MAX_POINTERS)
        wanted = NULL;
      continue;
    }
    length += octet + 1;
    if ((octet & POINTER) != 0 || at + 1 + octet > reader->size
        || length > MAX_NAME)
      return FALSE;
    at += 1 + octet;
    if (octet == 0)
      break;
    if (wanted != NULL)
      wanted = skip_label (wanted, reader->message + at - octet, octet);
  }
  *same = wanted != NULL && *wanted == '\0';
  if (pointers == 0)
    reader->at = at;
  return TRUE;
}

/* Beside addresses that no host has: an AAAA record has no zone for a
 * link-local address, and a peer's IPv4 address comes in an A record. */
static gboolean
is_usable (const guint8 *address, gsize size)
{
  if (size == 4)
    return ice_address_judge_ipv4 (address) == ICE_ADDRESS_USABLE;
  return ice_address_judge_ipv6 (address) == ICE_ADDRESS_USABLE
      && !ice_address_is_link_local_ipv6 (address)
      && ice_address_get_embedded_ipv4 (address) == NULL;
}

static gboolean
is_address (guint type, guint class, gsize size)
{
  if ((class & CLASS_MASK) != CLASS_IN)
    return FALSE;
  return (type == ICE_MDNS_TYPE_A && size == 4)
      || (type == ICE_MDNS_TYPE_AAAA && size == 16);
}

/* The records of all sections. FALSE: the message is broken. */
static gboolean
read_records (Reader *reader, guint n, const gchar *name, guint8 *address,
    gsize *address_size, IceMdnsAnswer *answer)
{
  for (; n > 0; n--) {
    const guint8 *record;
    gboolean same;
    gsize size;

    if (!read_name (reader, name, &same)
        || reader->size - reader->at < RECORD_TAIL)
      return FALSE;
    record = reader->message + reader->at;
    reader->at += RECORD_TAIL;
    size = read16 (record + 8);
    if (reader->size - reader->at < size)
      return FALSE;
    reader->at += size;
    if (!same || !is_address (read16 (record), read16 (record + 2), size))
      continue;
    if (read16 (record + 4) == 0 && read16 (record + 6) == 0)
      continue; /* goodbye, RFC 6762 section 10.1 */
    record += RECORD_TAIL;
    if (*answer == ICE_MDNS_NOTHING) {
      memcpy (address, record, size);
      *address_size = size;
      *answer = ICE_MDNS_ADDRESS;
    } else if (size != *address_size || memcmp (address, record, size) != 0) {
      *answer = ICE_MDNS_SEVERAL;
    }
  }
  return TRUE;
}

/**
 * ice_mdns_read_answer:
 * @message: a datagram
 * @size: its size, bytes
 * @name: the name that was asked for
 * @address: (out caller-allocates): 16 bytes, for the address
 * @address_size: (out): 4 for IPv4, 16 for IPv6; with %ICE_MDNS_ADDRESS only
 *
 * Reads records of any section, asked for or not (RFC 6762 section 6). Any
 * thread.
 *
 * Returns: the answer of @message for @name
 */
IceMdnsAnswer
ice_mdns_read_answer (const guint8 *message, gsize size, const gchar *name,
    guint8 *address, gsize *address_size)
{
  Reader reader = { message, size, HEADER_SIZE };
  IceMdnsAnswer answer = ICE_MDNS_NOTHING;
  gboolean unused;
  guint n, flags;

  if (size < HEADER_SIZE || size > ICE_MDNS_MAX_MESSAGE)
    return ICE_MDNS_NOTHING;
  flags = read16 (message + 2);
  if ((flags & FLAGS_ANSWER) == 0 || (flags & FLAGS_MUST_BE_0) != 0)
    return ICE_MDNS_NOTHING;
  for (n = read16 (message + 4); n > 0; n--) {
    if (!read_name (&reader, NULL, &unused) || size - reader.at < QUESTION_TAIL)
      return ICE_MDNS_NOTHING;
    reader.at += QUESTION_TAIL;
  }
  n = read16 (message + 6) + read16 (message + 8) + read16 (message + 10);
  if (!read_records (&reader, n, name, address, address_size, &answer))
    return ICE_MDNS_NOTHING;
  if (answer == ICE_MDNS_ADDRESS && !is_usable (address, *address_size))
    return ICE_MDNS_UNUSABLE;
  return answer;
}
