/* gst-ice: test of gsticestunresponses: which answers are taken, and in which
 * thread they are reported. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/gsticestunresponses.h"

#include <string.h>

#define TAG 0x1CE1CE01
#define SIZE 24
#define MAX_SIZE 1500
#define MAX_PENDING 16

typedef struct
{
  GMainContext *context;
  GstIceStunResponses *answers;
  GSocketAddress *from;
  guint n;
  gboolean direct;
  gint64 at;
  guint8 data[MAX_SIZE];
  gsize size;
  GstIceStunRelay relay; /* channel 0: none was reported */
} Fixture;

static void
on_answer (GSocketAddress *from, const guint8 *data, gsize size, gint64 at,
    gpointer user_data)
{
  Fixture *f = user_data;
  const GstIceStunRelay *relay = gst_ice_stun_responses_get_relay (f->answers);

  f->relay = relay != NULL ? *relay : (GstIceStunRelay){ 0 };
  f->n++;
  f->direct = from != NULL;
  f->at = at;
  f->size = size;
  memcpy (f->data, data, size);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->context = g_main_context_new ();
  f->answers = gst_ice_stun_responses_new (f->context, TAG, on_answer, f);
  f->from = g_inet_socket_address_new_from_string ("127.0.0.1", 7);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  gst_ice_stun_responses_close (f->answers);
  gst_ice_stun_responses_unref (f->answers);
  while (g_main_context_iteration (f->context, FALSE))
    continue;
  g_main_context_unref (f->context);
  g_object_unref (f->from);
}

static void
make (guint8 *data, guint8 last_of_tag)
{
  const guint8 header[] = { 1, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 0x1C, 0xE1,
    0xCE, last_of_tag };

  memset (data, 0x5A, MAX_SIZE + 1);
  memcpy (data, header, sizeof (header));
}

static void
test_direct (Fixture *f, gconstpointer unused)
{
  guint8 data[MAX_SIZE + 1];

  make (data, 1);
  g_assert_true (
      gst_ice_stun_responses_take (f->answers, NULL, f->from, data, SIZE));
  g_assert_cmpuint (f->n, ==, 1);
  g_assert_true (f->direct);
  g_assert_cmpmem (f->data, f->size, data, SIZE);
  g_assert_cmpuint (gst_ice_stun_responses_get_tag (f->answers), ==, TAG);
}

/* In a TURN server's datagram; then the same in a stream, and by itself. */
static void
test_relayed (Fixture *f, gconstpointer unused)
{
  guint8 data[MAX_SIZE + 5] = { 0x4F, 0x12, 0, SIZE };

  make (data + 4, 1);
  g_assert_true (
      gst_ice_stun_responses_take (f->answers, f, f->from, data, SIZE + 4));
  g_assert_cmphex (f->relay.channel, ==, 0x4F12);
  g_assert_true (f->relay.taker == f);
  g_assert_true (f->relay.server == f->from);
  g_assert_null (gst_ice_stun_responses_get_relay (f->answers));
  g_assert_cmpuint (f->n, ==, 1);
  g_assert_false (f->direct);
  g_assert_cmpmem (f->data, f->size, data + 4, SIZE);

  g_assert_true (
      gst_ice_stun_responses_take (f->answers, f, NULL, data, SIZE + 4));
  g_assert_true (g_main_context_iteration (f->context, FALSE));
  g_assert_cmpuint (f->n, ==, 2);
  g_assert_cmphex (f->relay.channel, ==, 0);
  g_assert_true (
      gst_ice_stun_responses_take (f->answers, f, f->from, data + 4, SIZE));
  g_assert_cmpuint (f->n, ==, 3);
  g_assert_cmphex (f->relay.channel, ==, 0);
}

static void
test_others (Fixture *f, gconstpointer unused)
{
  guint8 data[MAX_SIZE + 1];

  make (data, 2);
  g_assert_false (
      gst_ice_stun_responses_take (f->answers, NULL, f->from, data, SIZE));
  g_assert_false (
      gst_ice_stun_responses_take (f->answers, NULL, NULL, data, SIZE));
  g_assert_false (g_main_context_iteration (f->context, FALSE));
  g_assert_cmpuint (f->n, ==, 0);
}

static gpointer
take (gpointer data)
{
  Fixture *f = data;
  guint8 message[MAX_SIZE + 1];

  make (message, 1);
  g_assert_true (
      gst_ice_stun_responses_take (f->answers, NULL, NULL, message, SIZE));
  return NULL;
}

/* Found in another thread, reported in the context's thread. */
static void
test_other_thread (Fixture *f, gconstpointer unused)
{
  gint64 before = g_get_monotonic_time (), after;

  g_thread_join (g_thread_new ("finder", take, f));
  after = g_get_monotonic_time ();
  g_assert_cmpuint (f->n, ==, 0);
  g_assert_true (g_main_context_iteration (f->context, FALSE));
  g_assert_cmpuint (f->n, ==, 1);
  g_assert_false (f->direct);
  g_assert_cmpuint (f->size, ==, SIZE);
  g_assert_cmpint (f->at, >=, before);
  g_assert_cmpint (f->at, <=, after);
}

/* Who floods us fills no memory, and has it none the less not for the library.
 */
static void
test_flood (Fixture *f, gconstpointer unused)
{
  guint8 data[MAX_SIZE + 1];
  guint i;

  make (data, 1);
  g_assert_true (
      gst_ice_stun_responses_take (f->answers, NULL, NULL, data, MAX_SIZE + 1));
  g_assert_false (g_main_context_iteration (f->context, FALSE));
  for (i = 0; i < 3 * MAX_PENDING; i++)
    g_assert_true (
        gst_ice_stun_responses_take (f->answers, NULL, NULL, data, MAX_SIZE));
  while (g_main_context_iteration (f->context, FALSE))
    continue;
  g_assert_cmpuint (f->n, ==, MAX_PENDING);
  g_assert_true (
      gst_ice_stun_responses_take (f->answers, NULL, NULL, data, SIZE));
  g_assert_true (g_main_context_iteration (f->context, FALSE));
  g_assert_cmpuint (f->n, ==, MAX_PENDING + 1);
}

static gboolean
is_for_filter (GSocketAddress *from, const guint8 *data, gsize size, gint64 at,
    gpointer user_data)
{
  guint *n = user_data;

  g_assert_nonnull (from);
  (*n)++;
  return data[SIZE - 1] == 0x5A;
}

/* Somebody else's requests, to a server: datagrams by themselves only. */
static void
test_filter (Fixture *f, gconstpointer unused)
{
  guint8 data[MAX_SIZE + 5] = { 0x40, 0, 0, SIZE };
  guint n = 0;

  make (data + 4, 1);
  gst_ice_stun_responses_set_filter (f->answers, is_for_filter, &n);
  g_assert_true (
      gst_ice_stun_responses_take (f->answers, NULL, f->from, data + 4, SIZE));
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (f->n, ==, 0);
  g_assert_true (
      gst_ice_stun_responses_take (f->answers, NULL, f->from, data, SIZE + 4));
  g_assert_true (
      gst_ice_stun_responses_take (f->answers, NULL, NULL, data + 4, SIZE));
  g_assert_true (g_main_context_iteration (f->context, FALSE));
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (f->n, ==, 2);
  data[4 + SIZE - 1] = 0; /* not its own */
  g_assert_true (
      gst_ice_stun_responses_take (f->answers, NULL, f->from, data + 4, SIZE));
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpuint (f->n, ==, 3);
  gst_ice_stun_responses_set_filter (f->answers, NULL, NULL);
  g_assert_true (
      gst_ice_stun_responses_take (f->answers, NULL, f->from, data + 4, SIZE));
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpuint (f->n, ==, 4);
}

static void
test_close (Fixture *f, gconstpointer unused)
{
  guint8 data[MAX_SIZE + 1];

  make (data, 1);
  g_assert_true (
      gst_ice_stun_responses_take (f->answers, NULL, NULL, data, SIZE));
  gst_ice_stun_responses_close (f->answers);
  while (g_main_context_iteration (f->context, FALSE))
    continue;
  g_assert_false (
      gst_ice_stun_responses_take (f->answers, NULL, NULL, data, SIZE));
  g_assert_false (
      gst_ice_stun_responses_take (f->answers, NULL, f->from, data, SIZE));
  g_assert_cmpuint (f->n, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test)                                                        \
  g_test_add ("/answers/" name, Fixture, NULL, set_up, test, tear_down)
  ADD ("direct", test_direct);
  ADD ("relayed", test_relayed);
  ADD ("others", test_others);
  ADD ("other-thread", test_other_thread);
  ADD ("flood", test_flood);
  ADD ("filter", test_filter);
  ADD ("close", test_close);
  return g_test_run ();
}
