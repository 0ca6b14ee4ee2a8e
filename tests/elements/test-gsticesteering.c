/* gst-ice: test of gsticesteering: what the kernel gives to whom.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticesteering.h"

#include <string.h>

#define TAG 0x1CE1CE01
#define COOKIE 0x2112A442
#define MAX_SIZE 1500
#define HEADER 20
#define BINDING_SUCCESS 0x0101
#define BINDING_ERROR 0x0111

typedef struct
{
  GMainContext *context;
  GSocket *agent;  /* libnice's */
  GSocket *sender; /* the peer's */
  GSocketAddress *to;
  GSocketAddress *from;
  GstIceSteering *steering;
  guint8 got[MAX_SIZE + 1];
  gssize got_size; /* by the steering socket; -1 = nothing */
} Fixture;

static void
on_received (
    GSocketAddress *from, const guint8 *data, gsize size, gpointer user_data)
{
  Fixture *f = user_data;
  gboolean is_sender = g_inet_socket_address_get_port (
                           G_INET_SOCKET_ADDRESS (from))
      == g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (f->from));

  g_assert_true (is_sender);
  g_assert_cmpint (f->got_size, ==, -1);
  memcpy (f->got, data, size);
  f->got_size = (gssize) size;
}

static GSocket *
open_socket (const gchar *host, GSocketAddress **address)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string (host, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new (g_socket_address_get_family (any),
      G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, &error);

  g_assert_no_error (error);
  if (!g_socket_bind (socket, any, FALSE, &error)) {
    g_test_message ("%s: %s", host, error->message);
    return NULL;
  }
  g_socket_set_blocking (socket, FALSE);
  *address = g_socket_get_local_address (socket, &error);
  g_assert_no_error (error);
  return g_steal_pointer (&socket);
}

static void
tear_down (Fixture *f)
{
  g_clear_pointer (&f->steering, gst_ice_steering_free);
  g_clear_object (&f->agent);
  g_clear_object (&f->sender);
  g_clear_object (&f->to);
  g_clear_object (&f->from);
  g_clear_pointer (&f->context, g_main_context_unref);
}

/* Returns: whether this system can; the test is skipped otherwise */
static gboolean
set_up (Fixture *f, const gchar *host)
{
  g_autoptr (GError) error = NULL;

  *f = (Fixture){ .got_size = -1 };
  f->context = g_main_context_new ();
  f->agent = open_socket (host, &f->to);
  f->sender = open_socket (host, &f->from);
  if (f->agent == NULL || f->sender == NULL) {
    g_test_skip ("this machine does not have the address");
    tear_down (f);
    return FALSE;
  }
  f->steering = gst_ice_steering_new (
      f->agent, TAG, f->context, on_received, f, &error);
  if (f->steering == NULL) {
    g_test_skip (error->message);
    tear_down (f);
    return FALSE;
  }
  return TRUE;
}

typedef enum
{
  AGENT,
  US
} Reader;

/* Sends it and says who got it, whole. */
static Reader
deliver (Fixture *f, const guint8 *data, gsize size)
{
  gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  guint8 got[MAX_SIZE + 1];

  f->got_size = -1;
  g_assert_cmpint (g_socket_send_to (f->sender, f->to, (const gchar *) data,
                       size, NULL, NULL),
      ==, (gssize) size);
  while (TRUE) {
    gssize n = g_socket_receive (
        f->agent, (gchar *) got, sizeof (got), NULL, NULL);

    g_main_context_iteration (f->context, FALSE);
    if (n >= 0) {
      g_assert_cmpmem (got, n, data, size);
      g_assert_cmpint (f->got_size, ==, -1);
      return AGENT;
    }
    if (f->got_size >= 0) {
      g_assert_cmpmem (f->got, f->got_size, data, size);
      return US;
    }
    if (g_get_monotonic_time () > end)
      g_error ("a datagram of %" G_GSIZE_FORMAT " bytes is lost", size);
  }
}

static void
put_word (guint8 *data, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (data, &value, sizeof (value));
}

static void
make_stun (guint8 *data, guint16 type, guint32 cookie, guint32 tag)
{
  memset (data, 0x5A, MAX_SIZE);
  data[0] = type >> 8;
  data[1] = type & 0xFF;
  put_word (data + 4, cookie);
  put_word (data + 8, tag);
}

static void
check_answers (Fixture *f, Reader reader)
{
  static const guint16 types[] = { BINDING_SUCCESS, BINDING_ERROR };
  guint8 data[MAX_SIZE];
  gsize size;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    make_stun (data, types[i], COOKIE, TAG);
    for (size = HEADER; size <= MAX_SIZE; size += 37)
      g_assert_cmpint (deliver (f, data, size), ==, reader);
    g_assert_cmpint (deliver (f, data, MAX_SIZE), ==, reader);
  }
}

static void
check_short (Fixture *f)
{
  guint8 data[MAX_SIZE];
  gsize size;

  make_stun (data, BINDING_SUCCESS, COOKIE, TAG);
  for (size = 0; size < HEADER; size++)
    g_assert_cmpint (deliver (f, data, size), ==, AGENT);
}

/* All types but the two: requests, indications, other methods. */
static void
check_types (Fixture *f)
{
  guint8 data[MAX_SIZE];
  guint type;

  for (type = 0; type <= G_MAXUINT16; type++) {
    Reader wanted = type == BINDING_SUCCESS || type == BINDING_ERROR ? US
                                                                     : AGENT;

    make_stun (data, (guint16) type, COOKIE, TAG);
    g_assert_cmpint (deliver (f, data, HEADER + 8), ==, wanted);
  }
}

static void
check_tags_and_cookies (Fixture *f)
{
  guint8 data[MAX_SIZE];
  guint bit;

  for (bit = 0; bit < 32; bit++) {
    make_stun (data, BINDING_SUCCESS, COOKIE, TAG ^ 1u << bit);
    g_assert_cmpint (deliver (f, data, 100), ==, AGENT);
    make_stun (data, BINDING_SUCCESS, COOKIE ^ 1u << bit, TAG);
    g_assert_cmpint (deliver (f, data, 100), ==, AGENT);
  }
}

static void
check_media (Fixture *f)
{
  guint8 data[MAX_SIZE];
  gsize size;
  guint first;

  memset (data, 0xA5, sizeof (data));
  for (first = 0; first <= G_MAXUINT8; first++) {
    data[0] = (guint8) first;
    for (size = 0; size <= MAX_SIZE; size += 50)
      g_assert_cmpint (deliver (f, data, size), ==, AGENT);
  }
  for (size = 0; size <= MAX_SIZE; size++)
    g_assert_cmpint (deliver (f, data, size), ==, AGENT);
}

static void
test_who_gets_what (gconstpointer host)
{
  Fixture f;

  if (!set_up (&f, host))
    return;
  check_answers (&f, US);
  check_short (&f);
  check_types (&f);
  check_tags_and_cookies (&f);
  check_media (&f);
  tear_down (&f);
}

static void
test_all_back_after_free (gconstpointer host)
{
  Fixture f;

  if (!set_up (&f, host))
    return;
  check_answers (&f, US);
  g_clear_pointer (&f.steering, gst_ice_steering_free);
  check_answers (&f, AGENT);
  check_short (&f);
  check_media (&f);
  tear_down (&f);
}

/* What we send leaves from the agent's address. */
static void
test_send (gconstpointer host)
{
  g_autoptr (GSocketAddress) from = NULL;
  g_autoptr (GError) error = NULL;
  gchar got[MAX_SIZE];
  Fixture f;
  gssize size;

  if (!set_up (&f, host))
    return;
  g_assert_true (
      gst_ice_steering_is_at (f.steering, G_INET_SOCKET_ADDRESS (f.to)));
  g_assert_false (
      gst_ice_steering_is_at (f.steering, G_INET_SOCKET_ADDRESS (f.from)));
  g_assert_true (gst_ice_steering_send (
      f.steering, f.from, (const guint8 *) "ask", 3, &error));
  g_assert_no_error (error);
  g_socket_set_timeout (f.sender, 10);
  g_socket_set_blocking (f.sender, TRUE);
  size = g_socket_receive_from (
      f.sender, &from, got, sizeof (got), NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (got, size, "ask", 3);
  g_assert_true (
      gst_ice_steering_is_at (f.steering, G_INET_SOCKET_ADDRESS (from)));
  tear_down (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func (
      "/steering/ipv4/who-gets-what", "127.0.0.1", test_who_gets_what);
  g_test_add_data_func (
      "/steering/ipv6/who-gets-what", "::1", test_who_gets_what);
  g_test_add_data_func (
      "/steering/ipv4/after-free", "127.0.0.1", test_all_back_after_free);
  g_test_add_data_func (
      "/steering/ipv6/after-free", "::1", test_all_back_after_free);
  g_test_add_data_func ("/steering/ipv4/send", "127.0.0.1", test_send);
  g_test_add_data_func ("/steering/ipv6/send", "::1", test_send);
  return g_test_run ();
}
