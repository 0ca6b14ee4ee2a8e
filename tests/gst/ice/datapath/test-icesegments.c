/* gst-ice: test of icesegments, exhaustive over small numbers, against what
 * Linux documents of UDP_SEGMENT.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "datapath/icesegments.h"

#define MAX_N 5
#define PLENTY 100

typedef struct
{
  gsize sizes[MAX_N];
  guint vectors[MAX_N];
  guint n;
} List;

/* Independent of the order of asking: is all of it one message? */
static gboolean
is_message (const List *list, const IceSegmentLimits *limits)
{
  gsize first = list->sizes[0], last = list->sizes[list->n - 1], bytes = 0;
  guint i, vectors = 0;

  if (list->n == 1)
    return TRUE;
  for (i = 0; i < list->n; i++) {
    bytes += list->sizes[i];
    vectors += list->vectors[i];
    if (i + 1 < list->n && list->sizes[i] != first)
      return FALSE;
  }
  return last > 0 && last <= first && first <= limits->segment
      && list->n <= limits->segments && bytes <= limits->bytes
      && vectors <= limits->vectors;
}

static void
append (List *list, gsize size, guint vectors)
{
  list->sizes[list->n] = size;
  list->vectors[list->n] = vectors;
  list->n++;
}

static void
assert_is (const IceSegments *self, const List *list)
{
  gsize bytes = 0;
  guint i, vectors = 0;

  for (i = 0; i < list->n; i++) {
    bytes += list->sizes[i];
    vectors += list->vectors[i];
  }
  g_assert_cmpuint (self->n, ==, list->n);
  g_assert_cmpuint (self->segment, ==, list->sizes[0]);
  g_assert_cmpuint (self->bytes, ==, bytes);
  g_assert_cmpuint (self->vectors, ==, vectors);
}

/* Offers all of @offered; those that were refused leave nothing behind. */
static void
check (const List *offered, const IceSegmentLimits *limits)
{
  List taken = { .n = 0 };
  IceSegments self;
  guint i;

  append (&taken, offered->sizes[0], offered->vectors[0]);
  ice_segments_begin (&self, offered->sizes[0], offered->vectors[0]);
  for (i = 1; i < offered->n; i++) {
    List longer = taken;

    append (&longer, offered->sizes[i], offered->vectors[i]);
    if (ice_segments_add (&self, limits, offered->sizes[i], offered->vectors[i])
        != is_message (&longer, limits))
      g_error ("%u datagrams, then %" G_GSIZE_FORMAT " bytes in %u pieces",
          taken.n, offered->sizes[i], offered->vectors[i]);
    if (self.n > taken.n)
      taken = longer;
    assert_is (&self, &taken);
  }
}

/* Digit i of number. */
static guint
get_digit (guint number, guint base, guint i)
{
  for (; i > 0; i--)
    number /= base;
  return number % base;
}

static guint
power (guint base, guint n)
{
  return n == 0 ? 1 : base * power (base, n - 1);
}

#define SIZES 4 /* 0 to 3 bytes */

static void
test_sizes (void)
{
  IceSegmentLimits limits = { .vectors = PLENTY };
  guint number, i;

  for (number = 0; number < power (SIZES, MAX_N); number++) {
    List list = { .n = 0 };

    for (i = 0; i < MAX_N; i++)
      append (&list, get_digit (number, SIZES, i), 1);
    for (limits.segments = 1; limits.segments <= MAX_N + 1; limits.segments++)
      for (limits.bytes = 0; limits.bytes <= SIZES * MAX_N; limits.bytes++)
        for (limits.segment = 0; limits.segment <= SIZES; limits.segment++)
          check (&list, &limits);
  }
}

#define PIECES 4 /* 0 to 3 */

static void
test_vectors (void)
{
  IceSegmentLimits limits = { PLENTY, PLENTY, PLENTY, 0 };
  guint number, i;

  for (number = 0; number < power (PIECES, MAX_N); number++) {
    List list = { .n = 0 };

    for (i = 0; i < MAX_N; i++)
      append (&list, i + 1 < MAX_N ? 2 : 1, get_digit (number, PIECES, i));
    for (limits.vectors = 0; limits.vectors <= PIECES * MAX_N; limits.vectors++)
      check (&list, &limits);
  }
}

/* What the kernel has as limits, and more than it can take. */
static void
test_as_linux (void)
{
  const IceSegmentLimits limits = { 64, 65487, 65487, 1024 };
  IceSegments self;
  guint i;

  ice_segments_begin (&self, 1200, 2);
  for (i = 1; i < 54; i++)
    g_assert_true (ice_segments_add (&self, &limits, 1200, 2));
  g_assert_false (ice_segments_add (&self, &limits, 1200, 2)); /* 66000 */
  g_assert_true (ice_segments_add (&self, &limits, 687, 2));   /* 65487 */
  g_assert_false (ice_segments_add (&self, &limits, 1, 1));
  g_assert_true (self.complete);

  ice_segments_begin (&self, 100, 1);
  for (i = 1; i < 64; i++)
    g_assert_true (ice_segments_add (&self, &limits, 100, 1));
  g_assert_false (ice_segments_add (&self, &limits, 100, 1));
  g_assert_false (self.complete);

  ice_segments_begin (&self, 65507, 1); /* alone, beyond every limit */
  g_assert_false (ice_segments_add (&self, &limits, 1, 1));
  ice_segments_begin (&self, 1, 2000);
  g_assert_false (ice_segments_add (&self, &limits, 1, 1));
  ice_segments_begin (&self, 1, 1);
  g_assert_false (ice_segments_add (&self, &limits, G_MAXSIZE, 1));
  g_assert_cmpuint (self.n, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/segments/sizes", test_sizes);
  g_test_add_func ("/segments/vectors", test_vectors);
  g_test_add_func ("/segments/as-linux", test_as_linux);
  return g_test_run ();
}
