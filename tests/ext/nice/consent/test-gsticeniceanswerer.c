/* gst-ice: tests of which sockets' checks are answered after a restart.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "consent/gsticeniceanswerer.h"
#include "stun/nicestun.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define N_SOCKETS 3
#define PASSWORD "password+of+ours+01234567"

typedef struct
{
  GMainContext *context;
  GstIceStunResponses *answers;
  GSocket *sockets[N_SOCKETS], *peer;
  GPtrArray *steerings;
  GstIceNiceAnswerer *answerer;
} Fixture;

static guint calls_until_failure; /* 0: none fails */

/* The C library's, for this program and the code under test. */
int
setsockopt (int fd, int level, int option, const void *value, socklen_t size)
{
  if (calls_until_failure > 0 && --calls_until_failure == 0) {
    errno = ENOMEM;
    return -1;
  }
  return (int) syscall (SYS_setsockopt, fd, level, option, value, size);
}

static void
on_answer (GSocketAddress *from, const guint8 *data, gsize size, gint64 at,
    gpointer user_data)
{
  g_assert_not_reached ();
}

static void
on_answered (GInetSocketAddress *from, gpointer data)
{
  g_assert_not_reached ();
}

static GSocket *
make_socket (void)
{
  g_autoptr (GSocketAddress)
      address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
      G_SOCKET_PROTOCOL_UDP, &error);

  g_assert_no_error (error);
  g_assert_true (g_socket_bind (socket, address, FALSE, &error));
  g_assert_no_error (error);
  g_socket_set_blocking (socket, FALSE);
  return socket;
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  guint i;

  calls_until_failure = 0;
  f->context = g_main_context_new ();
  f->answers = gst_ice_stun_responses_new (f->context, 1, on_answer, f);
  f->steerings = g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_ice_steering_free);
  f->peer = make_socket ();
  for (i = 0; i < N_SOCKETS; i++) {
    GstIceSteering *steering;

    f->sockets[i] = make_socket ();
    steering = gst_ice_steering_new (
        f->sockets[i], f->answers, f->context, NULL);
    if (steering != NULL)
      g_ptr_array_add (f->steerings, steering);
  }
  f->answerer = gst_ice_nice_answerer_new (
      f->context, f->steerings, on_answered, f);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  guint i;

  g_clear_pointer (&f->answerer, gst_ice_nice_answerer_free);
  g_ptr_array_unref (f->steerings);
  gst_ice_stun_responses_close (f->answers);
  gst_ice_stun_responses_unref (f->answers);
  for (i = 0; i < N_SOCKETS; i++)
    g_object_unref (f->sockets[i]);
  g_object_unref (f->peer);
  g_main_context_unref (f->context);
}

static gboolean
can_steer (Fixture *f)
{
  if (f->steerings->len == N_SOCKETS)
    return TRUE;
  g_test_skip ("this system cannot steer");
  return FALSE;
}

/* Sends a check to each socket. Returns: how many of them libnice would get */
static guint
count_agents_checks (Fixture *f)
{
  const NiceStunCheck check = { .tie_breaker = 1, .priority = 1 };
  guint8 data[NICE_STUN_MAX_REQUEST];
  gsize size = nice_stun_make_request (
      data, sizeof data, 1, 2, "ours:theirs", PASSWORD, &check);
  guint i, n = 0;

  for (i = 0; i < N_SOCKETS; i++) {
    g_autoptr (GSocketAddress)
        to = g_socket_get_local_address (f->sockets[i], NULL);
    gchar received[NICE_STUN_MAX_REQUEST];

    g_assert_cmpint (
        g_socket_send_to (f->peer, to, (gchar *) data, size, NULL, NULL), ==,
        size);
    n += g_socket_receive (f->sockets[i], received, sizeof received, NULL, NULL)
        > 0;
  }
  return n;
}

/* The checks of all sockets are answered, and libnice gets none. */
static void
test_sockets (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  if (!can_steer (f))
    return;
  g_assert_cmpuint (count_agents_checks (f), ==, N_SOCKETS);
  gst_ice_nice_answerer_select (f->answerer, "ours", PASSWORD, "theirs");
  g_assert_true (gst_ice_nice_answerer_begin (f->answerer, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (count_agents_checks (f), ==, 0);
  g_clear_pointer (&f->answerer, gst_ice_nice_answerer_free);
  g_assert_cmpuint (count_agents_checks (f), ==, N_SOCKETS);
}

/* Where one socket cannot be steered, libnice gets the checks of all. */
static void
test_failure (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  if (!can_steer (f))
    return;
  gst_ice_nice_answerer_select (f->answerer, "ours", PASSWORD, "theirs");
  calls_until_failure = 2;
  g_assert_false (gst_ice_nice_answerer_begin (f->answerer, &error));
  g_assert_nonnull (error);
  g_assert_cmpuint (calls_until_failure, ==, 0);
  g_assert_cmpuint (count_agents_checks (f), ==, N_SOCKETS);

  /* the next restart tries it again */
  g_clear_error (&error);
  g_assert_true (gst_ice_nice_answerer_begin (f->answerer, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (count_agents_checks (f), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define TEST(name)                                                             \
  g_test_add ("/answerer/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  TEST (sockets);
  TEST (failure);
  return g_test_run ();
}
