/* gst-ice: a stream of numbered datagrams.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "numbered.h"
#include <string.h>

#define MTU 1472 /* what fits into an Ethernet frame */
#define MAX_SIZE 65507
/* The first octet is none of STUN's or TURN's; then the number, as much of it
 * as there is room for; then what everybody knows. */
#define MARK 0x80
#define NUMBER 8
#define HEADER (1 + NUMBER)
#define BLOCK 64 /* numbers of one kind */
#define RUN 16   /* of one size */

#define BODY 65536
static guint8 body[2 * BODY];

static const guint8 *
get_body (guint32 hash)
{
  static gsize filled = 0;

  if (g_once_init_enter (&filled)) {
    GRand *rand = g_rand_new_with_seed (1);
    gsize i;

    for (i = 0; i < sizeof (body); i++)
      body[i] = (guint8) g_rand_int (rand);
    g_rand_free (rand);
    g_once_init_leave (&filled, 1);
  }
  return body + hash % BODY;
}

/* Fmix of MurmurHash3, which is in the public domain. */
static guint32
get_hash (guint32 seed, guint64 number)
{
  guint64 h = number ^ (guint64) seed << 32 ^ seed;

  h = (h ^ h >> 33) * G_GUINT64_CONSTANT (0xff51afd7ed558ccd);
  h = (h ^ h >> 33) * G_GUINT64_CONSTANT (0xc4ceb9fe1a85ec53);
  return (guint32) (h ^ h >> 33);
}

gsize
numbered_get_size (const Numbered *self, guint64 number)
{
  guint32 kind = get_hash (self->seed + 1, number / BLOCK);
  guint32 hash = get_hash (self->seed, number);
  guint32 size = 1 + kind / 100 % MTU;

  switch (kind % 25) {
    case 0: /* any */
      return hash % (MAX_SIZE + 1);
    case 1: /* empty ones in between */
      return number % 2 == 0 ? 0 : 100;
    case 2:
    case 3: /* tiny */
      return hash % (HEADER + 3);
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
    case 12: /* any that fits into a packet */
      return 1 + hash % MTU;
    default: /* a frame of packets: the last one is shorter */
      return number % RUN == RUN - 1 ? 1 + hash % size : size;
  }
}

static void
write_header (guint8 *header, guint64 number)
{
  number = GUINT64_TO_LE (number);
  header[0] = MARK;
  memcpy (header + 1, &number, NUMBER);
}

GstBuffer *
numbered_make (Numbered *self, guint64 number)
{
  gsize size = numbered_get_size (self, number);
  guint32 hash = get_hash (self->seed, number);
  const guint8 *rest = get_body (hash);
  guint8 header[HEADER];
  GstBuffer *buffer;

  if (size == 0) {
    self->made_empty++;
    return gst_buffer_new ();
  }
  write_header (header, number);
  buffer = gst_buffer_new_memdup (header, MIN (size, HEADER));
  if (size <= HEADER)
    return buffer;
  gst_buffer_append_memory (buffer,
      gst_memory_new_wrapped (GST_MEMORY_FLAG_READONLY, (gpointer) rest,
          size - HEADER, 0, size - HEADER, NULL, NULL));
  if (hash >> 16 & 1) /* else header and payload are apart, as RTP's are */
    gst_buffer_replace_all_memory (buffer, gst_buffer_get_all_memory (buffer));
  return buffer;
}

static gboolean
is_due (const Numbered *self, guint64 number, gsize size)
{
  return number >= self->base && number - self->base < NUMBERED_WINDOW
      && !self->came[number % NUMBERED_WINDOW]
      && numbered_get_size (self, number) == size;
}

/* The first one that is due and looks like this. */
static guint64
find (const Numbered *self, const guint8 *data, gsize size)
{
  guint64 number;

  for (number = self->base; number < self->base + NUMBERED_WINDOW; number++) {
    guint8 header[HEADER];

    write_header (header, number);
    if (is_due (self, number, size) && memcmp (header, data, size) == 0)
      return number;
  }
  g_error ("a datagram of %" G_GSIZE_FORMAT " bytes was never sent", size);
}

static void
mark (Numbered *self, guint64 number)
{
  self->came[number % NUMBERED_WINDOW] = TRUE;
  self->n++;
  while (self->came[self->base % NUMBERED_WINDOW]
      || numbered_get_size (self, self->base) == 0) {
    self->came[self->base % NUMBERED_WINDOW] = FALSE;
    self->base++;
  }
}

static void
check (Numbered *self, const guint8 *data, gsize size, guint path)
{
  guint64 number;

  g_assert_cmphex (data[0], ==, MARK);
  if (size < HEADER) { /* which one is not sure, nor in what order */
    mark (self, find (self, data, size));
    return;
  }
  memcpy (&number, data + 1, NUMBER);
  number = GUINT64_FROM_LE (number);
  if (!is_due (self, number, size))
    g_error ("datagram %" G_GUINT64_FORMAT " of %" G_GSIZE_FORMAT " bytes is "
             "not due; all before %" G_GUINT64_FORMAT " came",
        number, size, self->base);
  if (memcmp (data + HEADER, get_body (get_hash (self->seed, number)),
          size - HEADER)
      != 0)
    g_error (
        "datagram %" G_GUINT64_FORMAT " came with another content", number);
  if (number < self->last[path])
    g_error ("datagram %" G_GUINT64_FORMAT " came after %" G_GUINT64_FORMAT
             " on path %u",
        number, self->last[path] - 1, path);
  self->last[path] = number + 1;
  mark (self, number);
}

gsize
numbered_check_off (Numbered *self, GstBuffer *buffer, guint path)
{
  GstMapInfo map;
  gsize size;

  if (gst_buffer_get_size (buffer) == 0) {
    self->n_empty++;
    return 0;
  }
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  check (self, map.data, map.size, path);
  size = map.size;
  gst_buffer_unmap (buffer, &map);
  return size;
}
