/* gst-ice: Binding requests to a STUN server, and their answers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/icebinding.h"
#include "candidates/iceaddress.h"
#include "stun/icestunheader.h"

#include <string.h>

#define IPV4_SIZE 4
#define IPV6_SIZE 16
#define CRC_32_POLYNOMIAL 0xEDB88320 /* ITU-T V.42, low bit first */

typedef struct
{
  guint16 type;
  const guint8 *value;
  gsize size;
} Attribute;

/* The first one of each kind that is known. */
typedef struct
{
  Attribute xor_mapped, mapped, error; /* value NULL: there is none */
  gboolean has_unknown;                /* a comprehension-required one */
  guint unknown;
} Attributes;

static guint32
crc_32 (const guint8 *data, gsize size)
{
  guint32 crc = G_MAXUINT32;
  guint bit;
  gsize i;

  for (i = 0; i < size; i++) {
    crc ^= data[i];
    for (bit = 0; bit < 8; bit++)
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? CRC_32_POLYNOMIAL : 0);
  }
  return ~crc;
}

/**
 * ice_binding_write_request:
 * @request: (out caller-allocates): takes the request
 * @id: the transaction id, which cannot be guessed
 *
 * Any thread. A request without attributes: every server understands it.
 */
void
ice_binding_write_request (guint8 request[ICE_BINDING_REQUEST_SIZE],
    const guint8 id[ICE_BINDING_ID_SIZE])
{
  const guint32 cookie = GUINT32_TO_BE (ICE_STUN_COOKIE);

  G_STATIC_ASSERT (ICE_BINDING_REQUEST_SIZE == ICE_STUN_HEADER_SIZE);
  memset (request, 0, ICE_BINDING_REQUEST_SIZE);
  request[1] = ICE_STUN_BINDING_REQUEST;
  memcpy (request + ICE_STUN_COOKIE_OFFSET, &cookie, sizeof (cookie));
  memcpy (request + ICE_STUN_ID_OFFSET, id, ICE_BINDING_ID_SIZE);
}

static gboolean
is_answer (const guint8 *data, gsize size, const guint8 *id)
{
  return size >= ICE_STUN_HEADER_SIZE && size <= ICE_BINDING_MAX_ANSWER
      && (ice_stun_read_16 (data) == ICE_STUN_BINDING_SUCCESS
          || ice_stun_read_16 (data) == ICE_STUN_BINDING_ERROR)
      && ice_stun_read_16 (data + ICE_STUN_LENGTH_OFFSET)
      == size - ICE_STUN_HEADER_SIZE
      && size % 4 == 0
      && ice_stun_read_32 (data + ICE_STUN_COOKIE_OFFSET) == ICE_STUN_COOKIE
      && memcmp (data + ICE_STUN_ID_OFFSET, id, ICE_BINDING_ID_SIZE) == 0;
}

/* Returns: how many octets it takes with its padding; 0: it is cut */
static gsize
read_attribute (Attribute *attribute, const guint8 *data, gsize size)
{
  gsize whole;

  if (size < ICE_STUN_ATTRIBUTE_HEADER_SIZE)
    return 0;
  attribute->type = ice_stun_read_16 (data);
  attribute->size = ice_stun_read_16 (data + 2);
  attribute->value = data + ICE_STUN_ATTRIBUTE_HEADER_SIZE;
  whole = ICE_STUN_ATTRIBUTE_HEADER_SIZE + ice_stun_pad (attribute->size);
  return whole <= size ? whole : 0;
}

static void
keep (Attribute *kept, const Attribute *attribute)
{
  if (kept->value == NULL)
    *kept = *attribute;
}

/* Attributes that have to be understood and have no use here: of RFC 3489
 * section 11.2, where servers of that time send them unasked, and of RFC 8489
 * section 14 those about credentials, which errors carry. */
static gboolean
is_known (guint16 type)
{
  return (type >= ICE_STUN_ATTRIBUTE_MAPPED_ADDRESS
             && type <= ICE_STUN_ATTRIBUTE_REFLECTED_FROM)
      || type == ICE_STUN_ATTRIBUTE_REALM || type == ICE_STUN_ATTRIBUTE_NONCE
      || (type >= ICE_STUN_ATTRIBUTE_MESSAGE_INTEGRITY_SHA256
          && type <= ICE_STUN_ATTRIBUTE_USERHASH);
}

static void
note_attribute (Attributes *found, const Attribute *attribute)
{
  if (attribute->type == ICE_STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS)
    keep (&found->xor_mapped, attribute);
  else if (attribute->type == ICE_STUN_ATTRIBUTE_MAPPED_ADDRESS)
    keep (&found->mapped, attribute);
  else if (attribute->type == ICE_STUN_ATTRIBUTE_ERROR_CODE)
    keep (&found->error, attribute);
  else if (attribute->type < ICE_STUN_FIRST_OPTIONAL_ATTRIBUTE
      && !is_known (attribute->type) && !found->has_unknown) {
    found->has_unknown = TRUE;
    found->unknown = attribute->type;
  }
}

/* FINGERPRINT is the last attribute, and right. Returns: whether all of them
 * are whole. */
static gboolean
read_attributes (Attributes *found, const guint8 *data, gsize size)
{
  gsize at = ICE_STUN_HEADER_SIZE;

  memset (found, 0, sizeof (*found));
  while (at < size) {
    Attribute attribute;
    gsize whole = read_attribute (&attribute, data + at, size - at);

    if (whole == 0)
      return FALSE;
    if (attribute.type == ICE_STUN_ATTRIBUTE_FINGERPRINT)
      return attribute.size == ICE_STUN_FINGERPRINT_SIZE && at + whole == size
          && ice_stun_read_32 (attribute.value)
          == (crc_32 (data, at) ^ ICE_STUN_FINGERPRINT_XOR);
    note_attribute (found, &attribute);
    at += whole;
  }
  return TRUE;
}

/* RFC 8489 section 14.2: XORed with the cookie and the transaction id, which
 * follow each other in the header. */
static gboolean
read_address (
    IceBindingAddress *address, const Attribute *attribute, const guint8 *key)
{
  gsize size, i;

  memset (address, 0, sizeof (*address));
  if (attribute->value == NULL || attribute->size < ICE_STUN_ADDRESS_OFFSET)
    return FALSE;
  address->is_ipv6 = attribute->value[ICE_STUN_ADDRESS_FAMILY_OFFSET]
      == ICE_STUN_FAMILY_IPV6;
  size = address->is_ipv6 ? IPV6_SIZE : IPV4_SIZE;
  if (attribute->size != ICE_STUN_ADDRESS_OFFSET + size
      || (!address->is_ipv6
          && attribute->value[ICE_STUN_ADDRESS_FAMILY_OFFSET]
              != ICE_STUN_FAMILY_IPV4))
    return FALSE;
  address->port = ice_stun_read_16 (
      attribute->value + ICE_STUN_ADDRESS_PORT_OFFSET);
  memcpy (address->octets, attribute->value + ICE_STUN_ADDRESS_OFFSET, size);
  if (key == NULL)
    return TRUE;
  address->port ^= ice_stun_read_16 (key);
  for (i = 0; i < size; i++)
    address->octets[i] ^= key[i];
  return TRUE;
}

/* RFC 8445 section 5.1.1.1 excludes IPv4 addresses in the form of IPv6. */
static gboolean
is_ipv4_in_ipv6 (const guint8 *octets)
{
  static const guint8 loopback[16] = { [15] = 1 };

  return ice_address_get_embedded_ipv4 (octets) != NULL
      && memcmp (octets, loopback, sizeof (loopback)) != 0;
}

/* Whether a loopback address is usable depends on the server's address. */
static gboolean
is_usable (const IceBindingAddress *address)
{
  IceAddressUse use = address->is_ipv6
      ? ice_address_judge_ipv6 (address->octets)
      : ice_address_judge_ipv4 (address->octets);

  return address->port != 0
      && (use == ICE_ADDRESS_USABLE || use == ICE_ADDRESS_LOOPBACK)
      && !(address->is_ipv6 && is_ipv4_in_ipv6 (address->octets));
}

static void
read_error (IceBindingAnswer *answer, const Attribute *error)
{
  guint class, number;

  answer->kind = ICE_BINDING_ERROR;
  if (error->value == NULL || error->size < ICE_STUN_ERROR_CODE_SIZE)
    return;
  class = error->value[ICE_STUN_ERROR_CLASS_OFFSET] & 7;
  number = error->value[ICE_STUN_ERROR_NUMBER_OFFSET];
  if (class >= 3 && class <= 6 && number <= 99)
    answer->code = class * 100 + number;
}

static void
read_mapped (
    IceBindingAnswer *answer, const guint8 *data, const Attributes *found)
{
  if (!read_address (
          &answer->address, &found->xor_mapped, data + ICE_STUN_COOKIE_OFFSET)
      && !read_address (&answer->address, &found->mapped, NULL))
    answer->kind = ICE_BINDING_NO_ADDRESS;
  else
    answer->kind = is_usable (&answer->address) ? ICE_BINDING_MAPPED
                                                : ICE_BINDING_UNUSABLE;
}

/**
 * ice_binding_read_answer:
 * @answer: (out caller-allocates): the answer
 * @data: (array length=size): a datagram
 * @size: its length, bytes
 * @id: the request's transaction id
 *
 * Any thread. Reads nothing beyond @size. The caller checks that it came from
 * the server (RFC 8489 section 6.3). XOR-MAPPED-ADDRESS counts; for a server of
 * RFC 3489, which has none, MAPPED-ADDRESS does, and that server's other
 * attributes do not have to be understood.
 */
void
ice_binding_read_answer (IceBindingAnswer *answer, const guint8 *data,
    gsize size, const guint8 id[ICE_BINDING_ID_SIZE])
{
  Attributes found;

  memset (answer, 0, sizeof (*answer));
  answer->kind = ICE_BINDING_OTHER;
  if (!is_answer (data, size, id) || !read_attributes (&found, data, size))
    return;
  if (found.has_unknown) {
    answer->kind = ICE_BINDING_UNKNOWN_ATTRIBUTE;
    answer->code = found.unknown;
  } else if (ice_stun_read_16 (data) == ICE_STUN_BINDING_ERROR) {
    read_error (answer, &found.error);
  } else {
    read_mapped (answer, data, &found);
  }
}
