/* gst-ice: test of nicerequests: the peer's requests, and whose data libnice
 * passes on.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "trace/nicerequests.h"
#include <string.h>

#define HERE 7 /* a socket */
#define THERE 8
#define UNSTEERED NICE_REQUESTS_NO_SOCKET

static const NiceTraceEndpoint a = { "192.0.2.1", 1000 };
static const NiceTraceEndpoint nobody;
static const NiceTraceEndpoint b = { "192.0.2.1", 1001 };

static gboolean
replied (NiceRequests *self, const NiceTraceEndpoint *remote, guint64 socket,
    gboolean use_candidate, gint64 now)
{
  const NiceTraceEvent inbound = { .kind = NICE_TRACE_INBOUND,
    .remote = *remote };
  const NiceTraceEvent reply = { .kind = NICE_TRACE_REPLY,
    .remote = *remote,
    .use_candidate = use_candidate,
    .number = { socket } };

  g_assert_false (nice_requests_step (self, &inbound, FALSE, now));
  return nice_requests_step (self, &reply, socket != UNSTEERED, now);
}

static void
matched_by (NiceRequests *self, const NiceTraceEndpoint *remote, guintptr pair,
    gboolean is_steered)
{
  const NiceTraceEvent inbound = { .kind = NICE_TRACE_INBOUND,
    .remote = *remote };
  const NiceTraceEvent match = { .kind = NICE_TRACE_MATCHED, .pair = pair };

  g_assert_false (nice_requests_step (self, &inbound, FALSE, 1));
  g_assert_false (nice_requests_step (self, &match, is_steered, 1));
}

static void
matched (NiceRequests *self, const NiceTraceEndpoint *remote, guintptr pair)
{
  matched_by (self, remote, pair, TRUE);
}

static void
step (NiceRequests *self, NiceTraceKind kind, guintptr pair)
{
  const NiceTraceEvent line = { .kind = kind, .pair = pair };

  g_assert_false (nice_requests_step (self, &line, FALSE, 1));
}

static void
assert_senders (const NiceRequests *self, const NiceTraceEndpoint *remote,
    gboolean is_steered, NiceRequestsSenders senders)
{
  g_assert_cmpint (
      nice_requests_get_senders (self, remote, is_steered), ==, senders);
}

#define ONE NICE_REQUESTS_SENDERS_ONE
#define APART NICE_REQUESTS_SENDERS_APART
#define MANY NICE_REQUESTS_SENDERS_MANY

static void
assert_next (NiceRequests *self, const NiceTraceEndpoint *remote,
    guint64 socket, gboolean use_candidate, guintptr pair, gint64 at)
{
  NiceRequest request;

  g_assert_true (nice_requests_take (self, &request));
  g_assert_cmpstr (request.remote.address, ==, remote->address);
  g_assert_cmpuint (request.remote.port, ==, remote->port);
  g_assert_cmpuint (request.socket, ==, socket);
  g_assert_cmpint (request.use_candidate, ==, use_candidate);
  g_assert_cmpuint (request.pair, ==, pair);
  g_assert_cmpint (request.at, ==, at);
}

static void
assert_none (NiceRequests *self)
{
  NiceRequest request;

  g_assert_false (nice_requests_take (self, &request));
}

/* What was not answered was not authenticated. */
static void
test_answered_ones (void)
{
  NiceRequests self = { 0 };

  step (&self, NICE_TRACE_INBOUND, 0);
  step (&self, NICE_TRACE_NOT_AUTHENTIC, 0);
  step (&self, NICE_TRACE_TRIGGER_FOUND, 5);
  assert_none (&self);
  g_assert_true (replied (&self, &a, HERE, FALSE, 10));
  assert_next (&self, &a, HERE, FALSE, 0, 10);
  assert_none (&self);
}

static void
test_one_for_a_pair (void)
{
  NiceRequests self = { 0 };

  g_assert_true (replied (&self, &a, HERE, TRUE, 10));
  g_assert_true (replied (&self, &b, HERE, FALSE, 11));
  g_assert_true (replied (&self, &a, THERE, FALSE, 12));
  g_assert_true (replied (&self, &a, HERE, FALSE, 13));
  assert_next (&self, &b, HERE, FALSE, 0, 11);
  assert_next (&self, &a, THERE, FALSE, 0, 12);
  assert_next (&self, &a, HERE, TRUE, 0, 13);
  assert_none (&self);
}

/* The pair is named next, if at all, and for this request only. */
static void
test_pair (void)
{
  NiceRequests self = { 0 };

  replied (&self, &a, HERE, FALSE, 1);
  step (&self, NICE_TRACE_OTHER, 0);
  step (&self, NICE_TRACE_TRIGGER_FOUND, 5);
  replied (&self, &b, HERE, FALSE, 2);
  step (&self, NICE_TRACE_TRIGGER_NEW, 0);
  step (&self, NICE_TRACE_TRIGGER_FOUND, 6);
  assert_next (&self, &a, HERE, FALSE, 5, 1);
  assert_next (&self, &b, HERE, FALSE, 0, 2);
  step (&self, NICE_TRACE_TRIGGER_FOUND, 7);
  replied (&self, &a, HERE, FALSE, 3);
  assert_next (&self, &a, HERE, FALSE, 0, 3);
  step (&self, NICE_TRACE_TRIGGER_FOUND, 8);
  assert_none (&self);
}

static void
test_flood (void)
{
  NiceRequests self = { 0 };
  NiceTraceEndpoint remote = a;
  guint i;

  for (i = 0; i < 10 * NICE_REQUESTS_MAX; i++) {
    remote.port = (guint16) (1000 + i);
    g_assert_cmpint (
        replied (&self, &remote, HERE, FALSE, i), ==, i < NICE_REQUESTS_MAX);
    step (&self, NICE_TRACE_TRIGGER_FOUND, i + 1);
  }
  for (i = 0; i < NICE_REQUESTS_MAX; i++) {
    remote.port = (guint16) (1000 + i);
    assert_next (&self, &remote, HERE, FALSE, i + 1, i);
  }
  assert_none (&self);
}

static void
test_of_one (void)
{
  NiceRequests self = { 0 };

  assert_senders (&self, &nobody, TRUE, MANY);
  assert_senders (&self, &nobody, FALSE, MANY);
  assert_senders (&self, &a, FALSE, MANY);
  replied (&self, &a, HERE, FALSE, 1);
  matched (&self, &a, 5);
  replied (&self, &a, HERE, TRUE, 2);
  matched (&self, &a, 5);
  assert_senders (&self, &a, TRUE, ONE);
  assert_senders (&self, &b, TRUE, APART); /* a lite peer's other address */
  assert_senders (&self, &b, FALSE, MANY);
  assert_senders (&self, &nobody, TRUE, MANY);
}

/* Another address, one of ours included, may send data to us: that is
 * recognised where all of them come through steered sockets. */
static void
test_of_many (void)
{
  NiceRequests self = { 0 };

  replied (&self, &a, HERE, FALSE, 1);
  replied (&self, &b, HERE, FALSE, 1);
  assert_senders (&self, &a, TRUE, APART);
  assert_senders (&self, &b, TRUE, APART);
  assert_senders (&self, &a, FALSE, MANY);
  nice_requests_restart (&self);
  assert_none (&self);
  assert_senders (&self, &a, FALSE, MANY);
  replied (&self, &a, HERE, FALSE, 1);
  assert_senders (&self, &a, TRUE, ONE);
  replied (&self, &a, THERE, FALSE, 1);
  assert_senders (&self, &a, TRUE, APART);

  nice_requests_restart (&self);
  matched (&self, &a, 5); /* a lite peer sends no requests */
  assert_senders (&self, &a, TRUE, ONE);
  matched (&self, &a, 6);
  assert_senders (&self, &a, TRUE, APART);

  nice_requests_restart (&self);
  replied (&self, &a, HERE, FALSE, 1);
  matched (&self, &b, 5);
  assert_senders (&self, &a, TRUE, APART);
}

/* A TURN server or a connection delivers too: a datagram of these is recognised
 * only where there is no other sender. */
static void
test_not_steered (void)
{
  NiceRequests self = { 0 };

  replied (&self, &a, HERE, FALSE, 1);
  replied (&self, &b, UNSTEERED, FALSE, 1);
  assert_senders (&self, &a, TRUE, MANY);
  assert_senders (&self, &b, FALSE, APART);
  assert_senders (&self, &a, FALSE, MANY);
  matched_by (&self, &b, 5, FALSE);
  assert_senders (&self, &b, FALSE, APART);
  matched_by (&self, &b, 6, FALSE);
  assert_senders (&self, &b, FALSE, MANY);

  nice_requests_restart (&self);
  replied (&self, &a, HERE, FALSE, 1);
  matched_by (&self, &a, 5, FALSE);
  assert_senders (&self, &a, TRUE, ONE);
  replied (&self, &a, THERE, FALSE, 1);
  assert_senders (&self, &a, TRUE, MANY);
  assert_senders (&self, &a, FALSE, APART);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nicerequests/answered-ones", test_answered_ones);
  g_test_add_func ("/nicerequests/one-for-a-pair", test_one_for_a_pair);
  g_test_add_func ("/nicerequests/pair", test_pair);
  g_test_add_func ("/nicerequests/flood", test_flood);
  g_test_add_func ("/nicerequests/of-one", test_of_one);
  g_test_add_func ("/nicerequests/of-many", test_of_many);
  g_test_add_func ("/nicerequests/not-steered", test_not_steered);
  return g_test_run ();
}
