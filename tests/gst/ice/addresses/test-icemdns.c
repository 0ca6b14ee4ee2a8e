/* gst-ice: test of icemdns.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/icemdns.h"
#include "guardedcopy.h"

#include <string.h>
#include <time.h>

#define NAME "1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9.local"
#define OTHER "2f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9.local"
#define IN 0x8001 /* with the cache-flush bit, as responders have it */

/* Messages. */

static GByteArray *
begin (guint flags, guint questions, guint answers, guint additional)
{
  guint8 header[12] = { 0, 0, flags >> 8, flags & 0xff, 0, questions, 0,
    answers, 0, 0, 0, additional };
  GByteArray *message = g_byte_array_new ();

  return g_byte_array_append (message, header, sizeof header);
}

static void
add16 (GByteArray *message, guint value)
{
  guint8 bytes[2] = { value >> 8, value & 0xff };

  g_byte_array_append (message, bytes, sizeof bytes);
}

static void
add_name (GByteArray *message, const gchar *name)
{
  g_auto (GStrv) labels = g_strsplit (name, ".", -1);
  guint8 zero = 0;
  guint i;

  for (i = 0; labels[i] != NULL; i++) {
    guint8 length = strlen (labels[i]);

    g_byte_array_append (message, &length, 1);
    g_byte_array_append (message, (const guint8 *) labels[i], length);
  }
  g_byte_array_append (message, &zero, 1);
}

static void
add_tail (GByteArray *message, guint type, guint class, guint ttl,
    const guint8 *data, gsize size)
{
  add16 (message, type);
  add16 (message, class);
  add16 (message, 0);
  add16 (message, ttl);
  add16 (message, size);
  g_byte_array_append (message, data, size);
}

static void
add_ipv4 (GByteArray *message, const gchar *name, guint8 a, guint8 b, guint8 c,
    guint8 d)
{
  guint8 address[4] = { a, b, c, d };

  add_name (message, name);
  add_tail (message, ICE_MDNS_TYPE_A, IN, 120, address, sizeof address);
}

static IceMdnsAnswer
read_answer (GByteArray *message, guint8 *address, gsize *size)
{
  GuardedCopy guarded;
  IceMdnsAnswer answer;

  answer = ice_mdns_read_answer (
      guarded_copy_make (&guarded, message->data, message->len), message->len,
      NAME, address, size);
  guarded_copy_clear (&guarded);
  return answer;
}

static void
expect (GByteArray *message, IceMdnsAnswer expected)
{
  guint8 address[16];
  gsize size;

  g_assert_cmpint (read_answer (message, address, &size), ==, expected);
  g_byte_array_unref (message);
}

static void
expect_ipv4 (GByteArray *message, guint8 last)
{
  const guint8 expected[4] = { 10, 77, 0, last };
  guint8 address[16];
  gsize size = 0;

  g_assert_cmpint (read_answer (message, address, &size), ==, ICE_MDNS_ADDRESS);
  g_assert_cmpmem (address, size, expected, sizeof expected);
  g_byte_array_unref (message);
}

/* The question. */

static void
test_question (void)
{
  static const guint8 expected[] = "\0\0\0\0\0\1\0\0\0\0\0\0"
                                   "\4Some\5local\0\0\034\0\1";
  guint8 message[ICE_MDNS_MAX_QUESTION];
  gsize size = ice_mdns_write_question (
      message, "Some.local", ICE_MDNS_TYPE_AAAA);

  g_assert_cmpmem (message, size, expected, sizeof expected - 1);
  message[0] = 1;
  size = ice_mdns_write_question (message, NAME, ICE_MDNS_TYPE_A);
  g_assert_cmpuint (size, ==, 12 + 1 + 36 + 1 + 5 + 1 + 4);
  g_assert_cmpuint (message[0], ==, 0);
}

static void
test_longest_question (void)
{
  guint8 message[ICE_MDNS_MAX_QUESTION];
  g_autofree gchar *label = g_strnfill (63, 'a');
  g_autofree gchar *name = g_strdup_printf ("%s.%s.%s.%.61s", label, label,
      label, label); /* 253 characters, RFC 1035 section 2.3.4 */

  g_assert_cmpuint (strlen (name), ==, 253);
  g_assert_cmpuint (ice_mdns_write_question (message, name, ICE_MDNS_TYPE_A),
      ==, ICE_MDNS_MAX_QUESTION);
}

/* Answers. */

/* As Chromium 156 sent it. */
static void
test_chromium (void)
{
  static const gchar chromium[] = "\0\0\204\0\0\0\0\1\0\0\0\1"
                                  "$"
                                  "296ad1d2-4a9a-44d8-a53a-0aa02385a787"
                                  "\5local\0"
                                  "\0\1\200\1\0\0\0\170\0\4\012\115\0\2"
                                  "$"
                                  "296ad1d2-4a9a-44d8-a53a-0aa02385a787"
                                  "\5local\0"
                                  "\0\57\200\1\0\0\0\170\0\5\300\106\0\1\100";
  static const guint8 expected[] = { 10, 77, 0, 2 };
  guint8 address[16];
  gsize size;

  g_assert_cmpint (
      ice_mdns_read_answer ((const guint8 *) chromium, sizeof chromium - 1,
          "296ad1d2-4a9a-44d8-a53a-0aa02385a787.local", address, &size),
      ==, ICE_MDNS_ADDRESS);
  g_assert_cmpmem (address, size, expected, sizeof expected);
  g_assert_cmpint (ice_mdns_read_answer ((const guint8 *) chromium,
                       sizeof chromium - 1, NAME, address, &size),
      ==, ICE_MDNS_NOTHING);
}

static void
test_ipv6 (void)
{
  static const guint8 global[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
  GByteArray *message = begin (0x8400, 0, 1, 0);
  guint8 address[16];
  gsize size;

  add_name (message, NAME);
  add_tail (message, ICE_MDNS_TYPE_AAAA, IN, 120, global, sizeof global);
  g_assert_cmpint (read_answer (message, address, &size), ==, ICE_MDNS_ADDRESS);
  g_assert_cmpmem (address, size, global, sizeof global);
  g_byte_array_unref (message);
}

/* An owner of the longest name there is; a longer one breaks the message. */
static void
test_longest_owner (void)
{
  g_autofree gchar *label = g_strnfill (63, 'a');
  guint last;

  for (last = 61; last <= 63; last++) {
    g_autofree gchar *name = g_strdup_printf (
        "%s.%s.%s.%.*s", label, label, label, (gint) last, label);
    GByteArray *message = begin (0x8000, 0, 2, 0);

    add_ipv4 (message, name, 10, 77, 0, 1);
    add_ipv4 (message, NAME, 10, 77, 0, 9);
    if (strlen (name) == 253)
      expect_ipv4 (message, 9);
    else
      expect (message, ICE_MDNS_NOTHING);
  }
}

/* Whose names and which section do not matter, the name's case neither. */
static void
test_found (void)
{
  GByteArray *message = begin (0x8400, 2, 2, 2);
  guint i;

  for (i = 0; i < 2; i++) {
    add_name (message, i == 0 ? NAME : OTHER);
    add16 (message, ICE_MDNS_TYPE_A);
    add16 (message, 1);
  }
  add_ipv4 (message, OTHER, 10, 77, 0, 1);
  add_name (message, NAME);
  add_tail (message, 16, IN, 120, (const guint8 *) "\3abc", 4); /* TXT */
  add_ipv4 (
      message, "1F2E3d4c-5b6a-4978-8695-a4b3c2d1e0f9.LOCAL", 10, 77, 0, 9);
  add_ipv4 (message, NAME, 10, 77, 0, 9); /* twice is once */
  expect_ipv4 (message, 9);
}

static void
test_several (void)
{
  static const guint8 global[16] = { 0x20, 0x01, [15] = 1 };
  GByteArray *message = begin (0x8400, 0, 2, 0);

  add_ipv4 (message, NAME, 10, 77, 0, 1);
  add_ipv4 (message, NAME, 10, 77, 0, 2);
  expect (message, ICE_MDNS_SEVERAL);

  message = begin (0x8400, 0, 1, 2);
  add_ipv4 (message, NAME, 10, 77, 0, 1);
  add_ipv4 (message, NAME, 10, 77, 0, 1);
  add_name (message, NAME);
  add_tail (message, ICE_MDNS_TYPE_AAAA, IN, 120, global, sizeof global);
  expect (message, ICE_MDNS_SEVERAL);
}

static void
test_compressed (void)
{
  static const guint8 address[4] = { 10, 77, 0, 3 };
  GByteArray *message = begin (0x8400, 1, 1, 0);

  add_name (message, NAME);
  add16 (message, ICE_MDNS_TYPE_A);
  add16 (message, 1);
  add16 (message, 0xc00c); /* the question's name */
  add_tail (message, ICE_MDNS_TYPE_A, IN, 120, address, sizeof address);
  expect_ipv4 (message, 3);

  message = begin (0x8400, 0, 2, 0);
  add_ipv4 (message, "local", 10, 77, 0, 4);
  g_byte_array_append (message, (const guint8 *) "$" NAME, 37);
  add16 (message, 0xc00c); /* its last label */
  add_tail (message, ICE_MDNS_TYPE_A, IN, 120, address, sizeof address);
  expect_ipv4 (message, 3);
}

static const struct
{
  guint flags;
  guint type;
  guint class;
  guint ttl;
  gsize size;
} nothing[] = {
  { 0x0000, ICE_MDNS_TYPE_A, IN, 120, 4 }, /* a question */
  { 0x0400, ICE_MDNS_TYPE_A, IN, 120, 4 }, /* one with an odd flag */
  { 0x8401, ICE_MDNS_TYPE_A, IN, 120, 4 }, /* format error */
  { 0x8403, ICE_MDNS_TYPE_A, IN, 120, 4 }, /* no such name */
  { 0x8800, ICE_MDNS_TYPE_A, IN, 120, 4 }, /* another opcode */
  { 0x8400, ICE_MDNS_TYPE_A, IN, 0, 4 },   /* goodbye */
  { 0x8400, ICE_MDNS_TYPE_A, IN, 120, 3 },
  { 0x8400, ICE_MDNS_TYPE_A, IN, 120, 5 },
  { 0x8400, ICE_MDNS_TYPE_A, IN, 120, 16 },
  { 0x8400, ICE_MDNS_TYPE_AAAA, IN, 120, 4 },
  { 0x8400, 5, IN, 120, 4 },              /* CNAME: no host has one here */
  { 0x8400, ICE_MDNS_TYPE_A, 3, 120, 4 }, /* CHAOS */
};

static void
test_nothing (void)
{
  static const guint8 data[16] = { 10, 77, 0, 1 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (nothing); i++) {
    GByteArray *message = begin (nothing[i].flags, 0, 1, 0);

    g_test_message ("row %u", i);
    add_name (message, NAME);
    add_tail (message, nothing[i].type, nothing[i].class, nothing[i].ttl, data,
        nothing[i].size);
    expect (message, ICE_MDNS_NOTHING);
  }
}

/* Each of the four octets counts; 0 would be a goodbye. */
static void
test_times_to_live (void)
{
  guint i;

  for (i = 0; i < 4; i++) {
    GByteArray *message = begin (0x8400, 0, 1, 0);

    add_ipv4 (message, NAME, 10, 77, 0, 4);
    memset (message->data + message->len - 10, 0, 4);
    message->data[message->len - 10 + i] = 1;
    expect_ipv4 (message, 4);
  }
}

/* The section in the middle has one too; the last record may be empty. */
static void
test_sections (void)
{
  GByteArray *message = begin (0x8400, 0, 0, 0);

  message->data[9] = 1;
  add_ipv4 (message, NAME, 10, 77, 0, 4);
  expect_ipv4 (message, 4);

  message = begin (0x8400, 0, 1, 1);
  add_ipv4 (message, NAME, 10, 77, 0, 5);
  add_name (message, OTHER);
  add_tail (message, 16, IN, 120, NULL, 0);
  expect_ipv4 (message, 5);
}

static const struct
{
  guint8 address[16];
  gsize size;
  IceMdnsAnswer answer;
} addresses[] = {
  { { 0, 0, 0, 0 }, 4, ICE_MDNS_UNUSABLE },
  { { 0, 1, 2, 3 }, 4, ICE_MDNS_UNUSABLE },
  { { 1, 0, 0, 1 }, 4, ICE_MDNS_ADDRESS },
  { { 126, 255, 255, 255 }, 4, ICE_MDNS_ADDRESS },
  { { 127, 0, 0, 1 }, 4, ICE_MDNS_UNUSABLE },
  { { 127, 255, 255, 255 }, 4, ICE_MDNS_UNUSABLE },
  { { 128, 0, 0, 1 }, 4, ICE_MDNS_ADDRESS },
  { { 169, 254, 0, 1 }, 4, ICE_MDNS_ADDRESS },
  { { 223, 255, 255, 255 }, 4, ICE_MDNS_ADDRESS },
  { { 224, 0, 0, 251 }, 4, ICE_MDNS_UNUSABLE },
  { { 240, 0, 0, 1 }, 4, ICE_MDNS_UNUSABLE },
  { { 255, 255, 255, 255 }, 4, ICE_MDNS_UNUSABLE },
  { { 0 }, 16, ICE_MDNS_UNUSABLE },
  { { [15] = 1 }, 16, ICE_MDNS_UNUSABLE },
  { { [12] = 10, [15] = 1 }, 16, ICE_MDNS_UNUSABLE },
  { { [10] = 0xff, [11] = 0xff, [12] = 10, [15] = 1 }, 16, ICE_MDNS_UNUSABLE },
  { { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 }, 16, ICE_MDNS_UNUSABLE },
  { { [10] = 0xff, [12] = 10, [15] = 1 }, 16, ICE_MDNS_ADDRESS },
  { { [9] = 1, [12] = 10, [15] = 1 }, 16, ICE_MDNS_ADDRESS },
  { { 0x20, 0x01, [15] = 1 }, 16, ICE_MDNS_ADDRESS },
  { { 0xfc, [15] = 1 }, 16, ICE_MDNS_ADDRESS },
  { { 0xfd, [15] = 1 }, 16, ICE_MDNS_ADDRESS },
  { { 0xfe, 0x7f, [15] = 1 }, 16, ICE_MDNS_ADDRESS },
  { { 0xfe, 0x80, [15] = 1 }, 16, ICE_MDNS_UNUSABLE },
  { { 0xfe, 0xbf, [15] = 1 }, 16, ICE_MDNS_UNUSABLE },
  { { 0xfe, 0xc0, [15] = 1 }, 16, ICE_MDNS_ADDRESS },
  { { 0xff, 0x02, [15] = 0xfb }, 16, ICE_MDNS_UNUSABLE },
};

static void
test_addresses (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (addresses); i++) {
    GByteArray *message = begin (0x8400, 0, 1, 0);
    gboolean ipv4 = addresses[i].size == 4;

    g_test_message ("row %u", i);
    add_name (message, NAME);
    add_tail (message, ipv4 ? ICE_MDNS_TYPE_A : ICE_MDNS_TYPE_AAAA, IN, 120,
        addresses[i].address, addresses[i].size);
    expect (message, addresses[i].answer);
  }
}

/* What is broken. */

/* Every pointer and every label length at each place of a good message: it
 * ends, and reads nothing behind the end. */
static void
test_mutations (void)
{
  GByteArray *message = begin (0x8400, 1, 2, 0);
  guint8 address[16];
  gsize size;
  guint i, value;

  add_name (message, NAME);
  add16 (message, ICE_MDNS_TYPE_A);
  add16 (message, 1);
  add_ipv4 (message, OTHER, 10, 77, 0, 1);
  add16 (message, 0xc00c);
  add_tail (
      message, ICE_MDNS_TYPE_A, IN, 120, (const guint8 *) "\12\115\0\5", 4);
  for (i = 0; i < message->len; i++) {
    guint8 was = message->data[i];

    for (value = 0; value < 256; value++) {
      message->data[i] = value;
      g_assert_cmpint (
          read_answer (message, address, &size), <, ICE_MDNS_N_ANSWERS);
    }
    message->data[i] = was;
  }
  expect_ipv4 (message, 5);
}

static void
test_cut (void)
{
  GByteArray *message = begin (0x8400, 0, 1, 0);
  guint8 address[16];
  gsize size;
  guint whole;

  add_ipv4 (message, NAME, 10, 77, 0, 5);
  whole = message->len;
  for (; message->len > 0; g_byte_array_set_size (message, message->len - 1))
    g_assert_cmpint (read_answer (message, address, &size), ==,
        message->len == whole ? ICE_MDNS_ADDRESS : ICE_MDNS_NOTHING);
  g_assert_cmpint (ice_mdns_read_answer (NULL, 0, NAME, address, &size), ==,
      ICE_MDNS_NOTHING);
  g_byte_array_unref (message);
}

/* The owner is at the end of a chain of pointers, as long as it may be. */
static void
test_chain (void)
{
  static const guint8 data[4] = { 10, 77, 0, 6 };
  guint n;

  for (n = ICE_MDNS_MAX_POINTERS; n <= ICE_MDNS_MAX_POINTERS + 1; n++) {
    GByteArray *message = begin (0x8400, 0, 2, 0);
    GByteArray *chain = g_byte_array_new ();
    guint target = 12, here = 12 + strlen (NAME) + 2 + 10, i;

    add_name (message, NAME);
    for (i = 1; i < n; i++) {
      add16 (chain, 0xc000 | target);
      target = here;
      here += 2;
    }
    add_tail (message, 16, IN, 120, chain->data, chain->len);
    add16 (message, 0xc000 | target);
    add_tail (message, ICE_MDNS_TYPE_A, IN, 120, data, sizeof data);
    if (n == ICE_MDNS_MAX_POINTERS)
      expect_ipv4 (message, 6);
    else
      expect (message, ICE_MDNS_NOTHING);
    g_byte_array_unref (chain);
  }
}

/* As many records as there is room for, behind 4096 octets of data; what the
 * last two octets of these are is the owner of all. */
static GByteArray *
make_full (const guint8 *data, guint owner)
{
  GByteArray *message = begin (0x8400, 0, 0, 0);
  guint n = 1;

  add_name (message, "");
  add_tail (message, 16, IN, 120, data, 4096);
  for (; message->len + 12 <= ICE_MDNS_MAX_MESSAGE; n++) {
    add16 (message, 0xc000 | owner);
    add_tail (message, 16, IN, 120, NULL, 0);
  }
  message->data[6] = n >> 8;
  message->data[7] = n & 0xff;
  return message;
}

/* Returns: what reading it costs, clock ticks */
static clock_t
get_cost (GByteArray *message)
{
  clock_t start = clock ();
  guint8 address[16];
  gsize size;
  guint i;

  for (i = 0; i < 500; i++)
    g_assert_cmpint (ice_mdns_read_answer (
                         message->data, message->len, NAME, address, &size),
        ==, ICE_MDNS_NOTHING);
  g_byte_array_unref (message);
  return clock () - start;
}

/* Owners that share a chain of 2047 pointers cost little more than others. */
static void
test_cost (void)
{
  guint8 data[4096] = { 0 };
  const guint first = 12 + 1 + 10;
  clock_t plain = get_cost (make_full (data, first)), chained;
  guint i;

  for (i = 2; i < sizeof data; i += 2) {
    data[i] = 0xc0 | (first + i - 2) >> 8;
    data[i + 1] = (first + i - 2) & 0xff;
  }
  chained = get_cost (make_full (data, first + sizeof data - 2));
  g_test_message ("%ld ticks, others %ld", (glong) chained, (glong) plain);
  g_assert_cmpint (chained, <, 30 * plain);
}

static void
test_circles (void)
{
  static const guint at[] = { 12, 13, 20, 0x3fff };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (at); i++) {
    GByteArray *message = begin (0x8400, 0, 1, 0);

    add16 (message, 0xc000 | at[i]);
    add_tail (
        message, ICE_MDNS_TYPE_A, IN, 120, (const guint8 *) "\12\1\1\1", 4);
    expect (message, ICE_MDNS_NOTHING);
  }
}

/* What follows a good record, and breaks the message. */
static const struct
{
  const gchar *what;
  const gchar *name;
  gsize size;
  gboolean tail; /* it could be a record */
} broken[] = {
  { "a pointer to itself", "\300\106", 2, TRUE },
  { "a pointer forward", "\300\107", 2, TRUE },
  { "half a pointer", "\24\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\300", 22,
      FALSE },
  { "no end of the name", "\24\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 21,
      FALSE },
  { "a label that ends too late", "\25\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
      21, FALSE },
  { "a reserved kind of label", "\100\1a\0", 4, TRUE },
  { "another one", "\200\1a\0", 4, TRUE },
  { "no name", "", 0, FALSE },
};

static void
test_broken (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (broken); i++) {
    GByteArray *message = begin (0x8400, 0, 2, 0);

    g_test_message ("%s", broken[i].what);
    add_ipv4 (message, NAME, 10, 77, 0, 5);
    g_assert_cmpuint (message->len, ==, 0106);
    g_byte_array_append (
        message, (const guint8 *) broken[i].name, broken[i].size);
    if (broken[i].tail)
      add_tail (message, 16, IN, 120, NULL, 0);
    expect (message, ICE_MDNS_NOTHING);
  }
}

/* Labels that hold a dot or an end of text do not look like the name. */
static void
test_odd_labels (void)
{
  static const guint8 data[4] = { 10, 77, 0, 1 };
  GByteArray *message = begin (0x8400, 0, 2, 0);
  guint8 length = strlen (NAME), zero = 0;

  g_byte_array_append (message, &length, 1);
  g_byte_array_append (message, (const guint8 *) NAME, length);
  g_byte_array_append (message, &zero, 1);
  add_tail (message, ICE_MDNS_TYPE_A, IN, 120, data, sizeof data);
  length = strlen (NAME) + 2;
  g_byte_array_append (message, &length, 1);
  g_byte_array_append (message, (const guint8 *) NAME "\0x", length);
  g_byte_array_append (message, &zero, 1);
  add_tail (message, ICE_MDNS_TYPE_A, IN, 120, data, sizeof data);
  expect (message, ICE_MDNS_NOTHING);
}

/* Labels of one letter, and odd ones after them. */
static const struct
{
  const gchar *owner;
  gsize size;
  const gchar *name;
  IceMdnsAnswer answer;
} labels[] = {
  { "\1x\5local", 9, "x.local", ICE_MDNS_ADDRESS },
  { "\1x\1y\5local", 11, "x.y.local", ICE_MDNS_ADDRESS },
  { "\1x\7y.local", 11, "x.y.local", ICE_MDNS_NOTHING },
  { "\1x\6local\0", 10, "x.local", ICE_MDNS_NOTHING },
  { "", 1, "x.local", ICE_MDNS_NOTHING },
};

static void
test_labels (void)
{
  static const guint8 data[4] = { 10, 77, 0, 1 };
  guint8 address[16];
  gsize size;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (labels); i++) {
    GByteArray *message = begin (0x8400, 0, 1, 0);

    g_test_message ("row %u", i);
    g_byte_array_append (
        message, (const guint8 *) labels[i].owner, labels[i].size);
    add_tail (message, ICE_MDNS_TYPE_A, IN, 120, data, sizeof data);
    g_assert_cmpint (ice_mdns_read_answer (message->data, message->len,
                         labels[i].name, address, &size),
        ==, labels[i].answer);
    g_byte_array_unref (message);
  }
}

/* 65535 records in 9000 bytes, and one byte too many. */
static void
test_sizes (void)
{
  GByteArray *message = begin (0x8400, 0, 1, 0);
  guint8 zero = 0;

  add_ipv4 (message, NAME, 10, 77, 0, 5);
  while (message->len < ICE_MDNS_MAX_MESSAGE)
    g_byte_array_append (message, &zero, 1);
  g_byte_array_ref (message);
  expect_ipv4 (message, 5);
  g_byte_array_append (message, &zero, 1);
  g_byte_array_ref (message);
  expect (message, ICE_MDNS_NOTHING);
  g_byte_array_set_size (message, ICE_MDNS_MAX_MESSAGE);
  message->data[6] = message->data[7] = 0xff;
  expect (message, ICE_MDNS_NOTHING);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/icemdns/question", test_question);
  g_test_add_func ("/icemdns/question/longest", test_longest_question);
  g_test_add_func ("/icemdns/chromium", test_chromium);
  g_test_add_func ("/icemdns/ipv6", test_ipv6);
  g_test_add_func ("/icemdns/longest-owner", test_longest_owner);
  g_test_add_func ("/icemdns/found", test_found);
  g_test_add_func ("/icemdns/several", test_several);
  g_test_add_func ("/icemdns/compressed", test_compressed);
  g_test_add_func ("/icemdns/nothing", test_nothing);
  g_test_add_func ("/icemdns/times-to-live", test_times_to_live);
  g_test_add_func ("/icemdns/sections", test_sections);
  g_test_add_func ("/icemdns/addresses", test_addresses);
  g_test_add_func ("/icemdns/mutations", test_mutations);
  g_test_add_func ("/icemdns/cut", test_cut);
  g_test_add_func ("/icemdns/chain", test_chain);
  g_test_add_func ("/icemdns/cost", test_cost);
  g_test_add_func ("/icemdns/circles", test_circles);
  g_test_add_func ("/icemdns/broken", test_broken);
  g_test_add_func ("/icemdns/odd-labels", test_odd_labels);
  g_test_add_func ("/icemdns/labels", test_labels);
  g_test_add_func ("/icemdns/sizes", test_sizes);
  return g_test_run ();
}
