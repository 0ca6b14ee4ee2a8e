/* gst-ice: tests of which sockets' checks are answered after a restart.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "consent/gsticeniceanswerer.h"
#include "loopback.h"
#include "pairsfixture.h"
#include "stun/nicestun.h"
#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define N_SOCKETS 3
#define PASSWORD "password+of+ours+01234567"

typedef struct
{
  PairsFixture *pairs;
  GstIceStunResponses *answers;
  GSocket *sockets[N_SOCKETS], *peer;
  GPtrArray *steerings;
  GstIceNiceAnswerer *answerer;
  guint n_answered;
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
  ((Fixture *) data)->n_answered++;
}

/* Returns: whether this system can steer */
static gboolean
start (Fixture *f, PairsFixture *pairs)
{
  guint i;

  *f = (Fixture){ .pairs = pairs };
  calls_until_failure = 0;
  f->answers = gst_ice_stun_responses_new (pairs->context, 1, on_answer, f);
  f->steerings = g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_ice_steering_free);
  f->peer = loopback_make_socket ("127.0.0.1");
  for (i = 0; i < N_SOCKETS; i++) {
    GstIceSteering *steering;

    f->sockets[i] = loopback_make_socket ("127.0.0.1");
    steering = gst_ice_steering_new (
        f->sockets[i], f->answers, pairs->context, NULL);
    if (steering != NULL)
      g_ptr_array_add (f->steerings, steering);
  }
  f->answerer = gst_ice_nice_answerer_new (
      pairs->context, f->steerings, on_answered, f);
  gst_ice_nice_answerer_set_agent (f->answerer, pairs->pairs, pairs->roles);
  if (f->steerings->len < N_SOCKETS)
    g_test_skip ("this system cannot steer");
  return f->steerings->len == N_SOCKETS;
}

static void
finish (Fixture *f)
{
  guint i;

  g_clear_pointer (&f->answerer, gst_ice_nice_answerer_free);
  g_ptr_array_unref (f->steerings);
  gst_ice_stun_responses_close (f->answers);
  gst_ice_stun_responses_unref (f->answers);
  for (i = 0; i < N_SOCKETS; i++)
    g_object_unref (f->sockets[i]);
  g_object_unref (f->peer);
}

/* Waits for the check. Returns: whether libnice would get it; otherwise it was
 * answered */
static gboolean
agent_gets (Fixture *f, GSocket *socket)
{
  gint64 end = g_get_monotonic_time () + LOOPBACK_PATIENCE;
  guint n = f->n_answered;
  gchar data[NICE_STUN_MAX_REQUEST];

  while (g_socket_receive (socket, data, sizeof data, NULL, NULL) < 0) {
    g_main_context_iteration (f->pairs->context, FALSE);
    if (f->n_answered != n)
      return FALSE;
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  }
  return TRUE;
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

    g_assert_cmpint (
        g_socket_send_to (f->peer, to, (gchar *) data, size, NULL, NULL), ==,
        size);
    n += agent_gets (f, f->sockets[i]);
  }
  return n;
}

/* The checks of all sockets are answered, and libnice gets none. */
static void
test_sockets (PairsFixture *pairs, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  Fixture f;

  if (start (&f, pairs)) {
    g_assert_cmpuint (count_agents_checks (&f), ==, N_SOCKETS);
    gst_ice_nice_answerer_select (f.answerer, "ours", PASSWORD, "theirs");
    g_assert_true (gst_ice_nice_answerer_begin (f.answerer, &error));
    g_assert_no_error (error);
    g_assert_cmpuint (count_agents_checks (&f), ==, 0);
    g_clear_pointer (&f.answerer, gst_ice_nice_answerer_free);
    g_assert_cmpuint (count_agents_checks (&f), ==, N_SOCKETS);
  }
  finish (&f);
}

/* Where one socket cannot be steered, libnice gets the checks of all. */
static void
test_failure (PairsFixture *pairs, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  Fixture f;

  if (start (&f, pairs)) {
    gst_ice_nice_answerer_select (f.answerer, "ours", PASSWORD, "theirs");
    calls_until_failure = 2;
    g_assert_false (gst_ice_nice_answerer_begin (f.answerer, &error));
    g_assert_nonnull (error);
    g_assert_cmpuint (calls_until_failure, ==, 0);
    g_assert_cmpuint (count_agents_checks (&f), ==, N_SOCKETS);

    /* the next restart tries it again */
    g_clear_error (&error);
    g_assert_true (gst_ice_nice_answerer_begin (f.answerer, &error));
    g_assert_no_error (error);
    g_assert_cmpuint (count_agents_checks (&f), ==, 0);
  }
  finish (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  pairs_add_test ("/answerer/sockets", test_sockets);
  pairs_add_test ("/answerer/failure", test_failure);
  return g_test_run ();
}
