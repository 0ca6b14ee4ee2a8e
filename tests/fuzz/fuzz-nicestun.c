/* gst-ice: libFuzzer entry point of nicestun: no crash, nothing forged; who has
 * the password gets an answer.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sealed.h"
#include "stun/nicestun.h"

#define SLACK 64 /* as gsticesteering.c gives it */
#define TAG 0x1CE1CE01
#define UFRAG "ours"

/* What the first octet says of the message to be made of the others. */
#define FROM_PEER 0x01
#define REQUEST 0x02
#define ERROR 0x04
#define CONTROLLING 0x08
#define NO_TIE_BREAKER 0x10
#define IPV6 0x20

/* The peer's. */
static gchar password[] = "password+of+the+peer+0123456789ABCDEF";

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* libFuzzer copies what comparisons compare, a valid digest too, into its
 * inputs. So each input has another password. */
static void
change_password (const guint8 *data, gsize size)
{
  guint64 hash = G_GUINT64_CONSTANT (0xCBF29CE484222325); /* FNV-1a */
  gsize i;

  for (i = 0; i < size; i++)
    hash = (hash ^ data[i]) * G_GUINT64_CONSTANT (0x100000001B3);
  g_snprintf (password + strlen (password) - 16, 17,
      "%016" G_GINT64_MODIFIER "X", hash);
}

static void
make_plausible (guint8 *data, gsize size, guint how)
{
  guint type = (how & REQUEST) != 0 ? 0x0001 : 0x0101;

  if ((how & ERROR) != 0)
    type |= 0x0110;
  sealed_put_16 (data, type);
  sealed_put_32 (data + 8, TAG);
  sealed_make (data, size, (how & FROM_PEER) != 0 ? password : NULL);
}

/* Returns: whether it is one that the peer can have sent */
static gboolean
read_answer (const guint8 *data, gsize size)
{
  guint32 id = 1;
  NiceStunAnswer answer = nice_stun_read_answer (
      data, size, TAG, password, &id);

  g_assert_cmpint (answer, <=, NICE_STUN_INVALID);
  g_assert_cmpuint (
      id, ==, answer == NICE_STUN_INVALID ? 0 : nice_stun_get_id (data, size));
  if (answer != NICE_STUN_INVALID)
    g_assert_true (nice_stun_is_answer (data, size, password));
  return answer != NICE_STUN_INVALID
      || nice_stun_is_answer (data, size, password);
}

static gboolean
answer_check (const guint8 *data, gsize size, guint how)
{
  g_autoptr (GSocketAddress) from = g_inet_socket_address_new_from_string (
      (how & IPV6) != 0 ? "::1" : "127.0.0.1", 40000);
  NiceStunRole role = { (how & CONTROLLING) != 0,
    (how & NO_TIE_BREAKER) != 0 ? 0 : G_GUINT64_CONSTANT (0x123456789ABCDEF),
    TRUE };
  guint8 answer[NICE_STUN_MAX_ANSWER + SLACK] = { 0 };
  gsize length = nice_stun_answer_check (
      answer, NICE_STUN_MAX_ANSWER, data, size, UFRAG, password, from, &role);

  g_assert_cmpuint (length, <=, NICE_STUN_MAX_ANSWER);
  g_assert_true (!role.loses || length > 0);
  if (length == 0)
    return FALSE;
  g_assert_true (nice_stun_is_check (data, size, UFRAG, password));
  g_assert_cmpmem (answer + 4, 16, data + 4, 16);
  return TRUE;
}

static void
read_message (const guint8 *data, gsize size, guint how)
{
  gboolean is_answer = read_answer (data, size),
           is_check = answer_check (data, size, how);

  g_assert_false (is_answer && is_check);
  if ((how & FROM_PEER) == 0)
    g_assert_false (is_answer || is_check);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree guint8 *message = g_malloc0 (size + SLACK);
  guint how = size > 0 ? data[0] : 0;

  change_password (data, size);
  if (size > 0)
    memcpy (message, data, size);
  read_message (message, size, 0); /* not signed with the password */
  if (size >= SEALED_MIN && size % 4 == 0) {
    make_plausible (message, size, how);
    read_message (message, size, how);
  }
  return 0;
}
