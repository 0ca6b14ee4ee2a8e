/* gst-ice: test of icebinding: requests, and each kind of answer.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stunmessage.h"
#include "stun/icebinding.h"

#define MAX_SIZE 200
#define SUCCESS 0x0101
#define ERROR_RESPONSE 0x0111

static const guint8 ipv4[] = { 203, 0, 113, 7 }, other[] = { 198, 51, 100, 1 };
static const guint8 ipv6[] = { 0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 7 };

/* Copied, so that a sanitizer sees what is read beyond it. */
static IceBindingAnswer
read_octets (const guint8 *data, gsize size)
{
  g_autofree guint8 *copy = size > 0 ? g_memdup2 (data, size) : NULL;
  IceBindingAnswer answer;

  ice_binding_read_answer (&answer, copy, size, test_stun_id);
  return answer;
}

static IceBindingAnswer
read_message (const TestStun *m)
{
  return read_octets (m->data, m->size);
}

static void
assert_mapped (const TestStun *m, const guint8 *octets, gsize size)
{
  IceBindingAnswer answer = read_message (m);

  g_assert_cmpint (answer.kind, ==, ICE_BINDING_MAPPED);
  g_assert_cmpint (answer.address.is_ipv6, ==, size == 16);
  g_assert_cmpmem (answer.address.octets, size, octets, size);
  for (; size < sizeof answer.address.octets; size++)
    g_assert_cmpuint (answer.address.octets[size], ==, 0);
  g_assert_cmpuint (answer.address.port, ==, 40000);
}

static void
test_request (void)
{
  static const guint8 expected[STUN_HEADER] = { 0, 1, 0, 0, 0x21, 0x12, 0xA4,
    0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
  guint8 request[ICE_BINDING_REQUEST_SIZE];

  ice_binding_write_request (request, test_stun_id);
  g_assert_cmpmem (request, sizeof (request), expected, sizeof (expected));
}

/* RFC 5769 section 2.2: as it is there, with a MESSAGE-INTEGRITY that is not
 * looked at and a FINGERPRINT that is. */
static void
test_vector (void)
{
  static const guint8 response[] = "\x01\x01\x00\x3c\x21\x12\xa4\x42"
                                   "\xb7\xe7\xa7\x01\xbc\x34\xd6\x86"
                                   "\xfa\x87\xdf\xae\x80\x22\x00\x0b"
                                   "\x74\x65\x73\x74\x20\x76\x65\x63"
                                   "\x74\x6f\x72\x20\x00\x20\x00\x08"
                                   "\x00\x01\xa1\x47\xe1\x12\xa6\x43"
                                   "\x00\x08\x00\x14\x2b\x91\xf5\x99"
                                   "\xfd\x9e\x90\xc3\x8c\x74\x89\xf9"
                                   "\x2a\xf9\xba\x53\xf0\x6b\xe7\xd7"
                                   "\x80\x28\x00\x04\xc0\x7d\x4c\x96";
  static const guint8 address[] = { 192, 0, 2, 1 };
  gsize size = sizeof (response) - 1, i;
  IceBindingAnswer answer;

  ice_binding_read_answer (&answer, response, size, response + 8);
  g_assert_cmpint (answer.kind, ==, ICE_BINDING_MAPPED);
  g_assert_cmpmem (answer.address.octets, 4, address, 4);
  g_assert_cmpuint (answer.address.port, ==, 32853);
  /* one bit wrong anywhere: no other address is believed */
  for (i = 0; i < size * 8; i++) {
    g_autofree guint8 *copy = g_memdup2 (response, size);

    copy[i / 8] ^= (guint8) (1 << i % 8);
    ice_binding_read_answer (&answer, copy, size, response + 8);
    if (answer.kind != ICE_BINDING_MAPPED)
      continue;
    g_assert_cmpmem (answer.address.octets, 4, address, 4);
    g_assert_cmpuint (answer.address.port, ==, 32853);
  }
}

/* The longest answer, and one that is longer. */
static void
test_longest (void)
{
  gsize rest;

  for (rest = 0; rest <= 4; rest += 4) {
    g_autofree guint8 *filling = g_malloc0 (ICE_BINDING_MAX_ANSWER);
    IceBindingAnswer answer;
    TestStun m;

    test_stun_begin (&m, SUCCESS);
    test_stun_add_address (&m, 0x0020, ipv4, 4, 40000, TRUE);
    test_stun_add (&m, 0x8022, filling,
        ICE_BINDING_MAX_ANSWER - m.size - STUN_ATTRIBUTE_HEADER + rest);
    g_assert_cmpuint (m.size, ==, ICE_BINDING_MAX_ANSWER + rest);
    ice_binding_read_answer (&answer, m.data, m.size, test_stun_id);
    g_assert_true ((answer.kind == ICE_BINDING_MAPPED) == (rest == 0));
  }
}

static void
test_addresses (void)
{
  TestStun m;

  test_stun_begin (&m, SUCCESS);
  test_stun_add_address (&m, 0x0020, ipv4, 4, 40000, TRUE);
  assert_mapped (&m, ipv4, 4);
  test_stun_begin (&m, SUCCESS);
  test_stun_add_address (&m, 0x0020, ipv6, 16, 40000, TRUE);
  assert_mapped (&m, ipv6, 16);
  test_stun_begin (&m, SUCCESS); /* RFC 3489 */
  test_stun_add_address (&m, 0x0001, ipv4, 4, 40000, FALSE);
  test_stun_add_address (&m, 0x0004, other, 4, 3478, FALSE);
  test_stun_add_address (&m, 0x0005, other, 4, 3479, FALSE);
  assert_mapped (&m, ipv4, 4);
  test_stun_begin (&m, SUCCESS); /* XOR-MAPPED-ADDRESS wins, wherever it is */
  test_stun_add_address (&m, 0x0001, other, 4, 1, FALSE);
  test_stun_add_address (&m, 0x0020, ipv4, 4, 40000, TRUE);
  assert_mapped (&m, ipv4, 4);
  test_stun_begin (&m, SUCCESS); /* the first one of a kind counts */
  test_stun_add_address (&m, 0x0020, ipv4, 4, 40000, TRUE);
  test_stun_add_address (&m, 0x0020, other, 4, 1, TRUE);
  assert_mapped (&m, ipv4, 4);
  test_stun_begin (
      &m, SUCCESS); /* one that is malformed, and one that is well */
  test_stun_add (&m, 0x0020, ipv4, 4);
  test_stun_add_address (&m, 0x0001, ipv4, 4, 40000, FALSE);
  assert_mapped (&m, ipv4, 4);
}

static void
test_no_address (void)
{
  static const guint8 family[] = { 0, 3, 1, 2, 3, 4, 5, 6 };
  TestStun m;

  test_stun_begin (&m, SUCCESS);
  g_assert_cmpint (read_message (&m).kind, ==, ICE_BINDING_NO_ADDRESS);
  test_stun_add_address (
      &m, 0x8020, ipv4, 4, 40000, TRUE); /* of an old draft */
  g_assert_cmpint (read_message (&m).kind, ==, ICE_BINDING_NO_ADDRESS);
  test_stun_add (&m, 0x0020, family, sizeof (family));
  g_assert_cmpint (read_message (&m).kind, ==, ICE_BINDING_NO_ADDRESS);
  test_stun_begin (&m, SUCCESS);
  test_stun_add (&m, 0x0020, ipv4, 0);
  test_stun_add_address (&m, 0x0001, ipv6, 15, 1, FALSE); /* cut */
  g_assert_cmpint (read_message (&m).kind, ==, ICE_BINDING_NO_ADDRESS);
}

static void
test_unusable (void)
{
  static const struct
  {
    guint8 octets[16];
    gsize size;
    guint port;
    gboolean usable;
  } addresses[] = {
    { { 203, 0, 113, 7 }, 4, 0, FALSE },
    { { 0, 0, 0, 0 }, 4, 5, FALSE },
    { { 0, 1, 2, 3 }, 4, 5, FALSE },
    { { 223, 255, 255, 255 }, 4, 5, TRUE },
    { { 224, 0, 0, 1 }, 4, 5, FALSE },
    { { 239, 1, 2, 3 }, 4, 5, FALSE },
    { { 240, 0, 0, 1 }, 4, 5, FALSE },
    { { 255, 255, 255, 255 }, 4, 5, FALSE },
    { { 127, 0, 0, 1 }, 4, 5, TRUE }, /* whose base it may be */
    { { 0 }, 16, 5, FALSE },
    { { [15] = 1 }, 16, 5, TRUE }, /* likewise */
    { { [12] = 203, 0, 113, 7 }, 16, 5, FALSE },
    { { [10] = 0xFF, 0xFF, 203, 0, 113, 7 }, 16, 5, FALSE },
    { { 0xFF, 2, [15] = 1 }, 16, 5, FALSE },
    { { 0x20, 1, 0xD, 0xB8 }, 16, 0, FALSE },
    { { 0x20, 1, 0xD, 0xB8 }, 16, 1, TRUE },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (addresses); i++) {
    IceBindingAnswer answer;
    TestStun m;

    test_stun_begin (&m, SUCCESS);
    test_stun_add_address (&m, 0x0020, addresses[i].octets, addresses[i].size,
        addresses[i].port, TRUE);
    answer = read_message (&m);
    g_assert_cmpint (answer.kind, ==,
        addresses[i].usable ? ICE_BINDING_MAPPED : ICE_BINDING_UNUSABLE);
    g_assert_cmpuint (answer.address.port, ==, addresses[i].port);
    g_assert_cmpmem (answer.address.octets, addresses[i].size,
        addresses[i].octets, addresses[i].size);
  }
}

/* RFC 8489 sections 6.3.3 and 6.3.4 */
static void
test_unknown (void)
{
  static const guint8 text[] = "ab";
  guint type;

  for (type = 0; type <= G_MAXUINT16; type++) {
    gboolean known = (type >= 1 && type <= 0xB) || type == 0x14 || type == 0x15
        || (type >= 0x1C && type <= 0x1E) || type == 0x20 || type >= 0x8000;
    IceBindingAnswer answer;
    TestStun m;

    test_stun_begin (&m, SUCCESS);
    test_stun_add_address (&m, 0x0020, ipv4, 4, 40000, TRUE);
    if (type == 0x8028)
      continue;
    test_stun_add (&m, type, text, 2);
    answer = read_message (&m);
    g_assert_cmpint (answer.kind, ==,
        known ? ICE_BINDING_MAPPED : ICE_BINDING_UNKNOWN_ATTRIBUTE);
    g_assert_cmpuint (answer.code, ==, known ? 0 : type);
  }
}

static void
assert_error (const guint8 *value, gsize size, guint code)
{
  static const guint8 realm[] = "example.org";
  IceBindingAnswer answer;
  TestStun m;

  test_stun_begin (&m, ERROR_RESPONSE);
  test_stun_add (&m, 0x0014, realm, sizeof (realm) - 1);
  test_stun_add (&m, 0x0015, realm, sizeof (realm) - 1);
  if (value != NULL)
    test_stun_add (&m, 0x0009, value, size);
  test_stun_add_address (&m, 0x0020, ipv4, 4, 40000, TRUE); /* means nothing */
  answer = read_message (&m);
  g_assert_cmpint (answer.kind, ==, ICE_BINDING_ERROR);
  g_assert_cmpuint (answer.code, ==, code);
}

static void
test_errors (void)
{
  guint class, number;

  for (class = 0; class < 256; class ++)
    for (number = 0; number < 256; number++) {
      guint8 value[] = { 0, 0, (guint8) class, (guint8) number, 'n', 'o' };
      gboolean valid = (class & 7) >= 3 && (class & 7) <= 6 && number <= 99;

      assert_error (
          value, sizeof (value), valid ? (class & 7) * 100 + number : 0);
    }
  assert_error ((const guint8 *) "\0\0\4\24", 4, 420);
  assert_error ((const guint8 *) "\0\0\4\24", 3, 0);
  assert_error (NULL, 0, 0);
}

/* What is not an answer to this request, or not whole. */
static void
test_others (void)
{
  IceBindingAnswer answer;
  TestStun m;
  gsize i;
  guint type;

  test_stun_begin (&m, SUCCESS);
  test_stun_add_address (&m, 0x0020, ipv4, 4, 40000, TRUE);
  for (i = 0; i < m.size; i++) /* cut anywhere */
    g_assert_cmpint (read_octets (m.data, i).kind, ==, ICE_BINDING_OTHER);
  g_assert_cmpint (
      read_octets (m.data, m.size + 4).kind, ==, ICE_BINDING_OTHER);
  for (i = 4; i < STUN_HEADER; i++) { /* another cookie, another id */
    m.data[i] ^= 0x80;
    g_assert_cmpint (read_message (&m).kind, ==, ICE_BINDING_OTHER);
    m.data[i] ^= 0x80;
  }
  for (type = 0; type <= G_MAXUINT16; type++) {
    test_stun_put (m.data, 2, type);
    answer = read_message (&m);
    g_assert_cmpint (answer.kind == ICE_BINDING_OTHER, ==,
        type != SUCCESS && type != ERROR_RESPONSE);
  }
  test_stun_begin (&m, SUCCESS);
  test_stun_add_address (&m, 0x0020, ipv4, 4, 40000, TRUE);
  test_stun_put (
      m.data + STUN_HEADER + 2, 2, 9); /* an attribute that goes on too long */
  g_assert_cmpint (read_message (&m).kind, ==, ICE_BINDING_OTHER);
  test_stun_put (m.data + STUN_HEADER + 2, 2, G_MAXUINT16);
  g_assert_cmpint (read_message (&m).kind, ==, ICE_BINDING_OTHER);
  test_stun_begin (&m, SUCCESS);
  test_stun_add_address (&m, 0x0020, ipv4, 4, 40000, TRUE);
  test_stun_add (
      &m, 0x8028, (const guint8 *) "1234", 4); /* a wrong FINGERPRINT */
  g_assert_cmpint (read_message (&m).kind, ==, ICE_BINDING_OTHER);
}

/* No octets behind the message are read, whatever its lengths are. */
static void
test_random (void)
{
  guint round;

  for (round = 0; round < 100000; round++) {
    gsize size = (gsize) g_test_rand_int_range (0, MAX_SIZE / 4) * 4, i;
    IceBindingAnswer answer;
    TestStun m;

    test_stun_begin (&m, g_test_rand_bit () ? SUCCESS : ERROR_RESPONSE);
    for (i = STUN_HEADER; i < size; i++)
      m.data[i] = (guint8) (g_test_rand_bit () ? g_test_rand_int_range (0, 256)
                                               : 0);
    test_stun_put (
        m.data + 2, 2, size < STUN_HEADER ? 0 : (guint) (size - STUN_HEADER));
    answer = read_octets (m.data, size);
    g_assert_cmpint (answer.kind, <=, ICE_BINDING_ERROR);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/binding/request", test_request);
  g_test_add_func ("/binding/vector", test_vector);
  g_test_add_func ("/binding/addresses", test_addresses);
  g_test_add_func ("/binding/longest", test_longest);
  g_test_add_func ("/binding/no-address", test_no_address);
  g_test_add_func ("/binding/unusable", test_unusable);
  g_test_add_func ("/binding/unknown", test_unknown);
  g_test_add_func ("/binding/errors", test_errors);
  g_test_add_func ("/binding/others", test_others);
  g_test_add_func ("/binding/random", test_random);
  return g_test_run ();
}
