/* gst-ice: test of icenopair.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/icenopair.h"
#include <string.h>

#define HERE_4 "1 1 udp 9 10.0.0.1 5000 typ host"
#define HERE_6 "1 1 udp 9 2001:db8::1 5000 typ host"
#define HERE_ACTIVE "1 1 tcp 9 10.0.0.1 9 typ host tcptype active"
#define THERE_4 "2 1 udp 9 10.0.0.2 5000 typ host"
#define THERE_6 "2 1 udp 9 2001:db8::2 5000 typ host"
#define THERE_RTCP "2 2 udp 9 10.0.0.2 5001 typ host"
#define THERE_ACTIVE "2 1 tcp 9 10.0.0.2 9 typ host tcptype active"
#define THERE_PASSIVE "2 1 tcp 9 10.0.0.2 5002 typ host tcptype passive"
#define THERE_NAME                                                             \
  "2 1 udp 9 1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9.local 5000 typ host"

#define NO_PAIR "no candidate pair could be made: "
#define VERSIONS                                                               \
  "give both ends addresses of one IP version, or add a TURN server"

typedef struct
{
  const gchar *local[3];
  const gchar *remote[4];
  gboolean ice_tcp;
  const gchar *text; /* NULL: a pair can be made */
} Row;

static const Row rows[] = {
  { { HERE_4 }, { THERE_4 }, FALSE, NULL },
  { { HERE_6 }, { THERE_6 }, FALSE, NULL },
  { { HERE_4, HERE_6 }, { THERE_RTCP, THERE_6 }, FALSE, NULL },
  { { HERE_ACTIVE }, { THERE_PASSIVE }, TRUE, NULL },
  { { HERE_4 }, { NULL }, FALSE,
      NO_PAIR
      "the peer signalled no candidate; check its servers and the signalling" },
  { { HERE_4 }, { THERE_6 }, FALSE,
      NO_PAIR "of the peer's 1 candidate 1 is IPv6, and this end has IPv4 "
              "candidates only. To do: " VERSIONS },
  { { HERE_6 }, { THERE_4 }, FALSE,
      NO_PAIR "of the peer's 1 candidate 1 is IPv4, and this end has IPv6 "
              "candidates only. To do: " VERSIONS },
  { { HERE_4 }, { THERE_ACTIVE }, FALSE,
      NO_PAIR "of the peer's 1 candidate 1 is TCP, and ice-tcp is off here. To "
              "do: set ice-tcp at this end, or let the peer gather UDP "
              "candidates" },
  { { HERE_4, HERE_ACTIVE }, { THERE_ACTIVE }, TRUE,
      NO_PAIR "of the peer's 1 candidate 1 is TCP that this end has no "
              "counterpart of. To do: let both ends gather UDP candidates" },
  { { HERE_ACTIVE }, { THERE_4 }, TRUE,
      NO_PAIR "of the peer's 1 candidate 1 is UDP, and this end has no UDP "
              "candidate. To do: check local-addresses and interfaces" },
  { { HERE_4 }, { THERE_RTCP }, FALSE,
      NO_PAIR "of the peer's 1 candidate 1 is of another component. To do: "
              "give both ends the same components, or multiplex (rtcp-mux)" },
  { { HERE_4 }, { THERE_NAME }, FALSE,
      NO_PAIR "of the peer's 1 candidate 1 is with a name that has no address "
              "here. To do: see ice-candidate-error" },
  { { HERE_4 }, { THERE_RTCP, THERE_6, THERE_ACTIVE, THERE_NAME }, FALSE,
      NO_PAIR "of the peer's 4 candidates 1 is of another component; 1 is with "
              "a name that has no address here; 1 is TCP, and ice-tcp is off "
              "here; 1 is IPv6, and this end has IPv4 candidates only. To do: "
              "give both ends the same components, or multiplex (rtcp-mux); "
              "see ice-candidate-error; set ice-tcp at this end, or let the "
              "peer gather UDP candidates; " VERSIONS },
};

static IceCandidate *
make (const gchar *rest)
{
  g_autofree gchar *text = g_strdup_printf ("candidate:%s", rest);
  g_autoptr (GError) error = NULL;
  IceCandidate *candidate = ice_candidate_parse (text, &error);

  g_assert_no_error (error);
  return candidate;
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (IceStream) stream = ice_stream_new (0);
  g_autofree gchar *text = NULL;
  gboolean is_new;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (row->local) && row->local[i] != NULL; i++) {
    g_autoptr (IceCandidate) candidate = make (row->local[i]);

    ice_stream_add_local_candidate (stream, candidate);
  }
  for (i = 0; i < G_N_ELEMENTS (row->remote) && row->remote[i] != NULL; i++) {
    g_autoptr (IceCandidate) candidate = make (row->remote[i]);

    ice_stream_add_remote_candidate (stream, candidate, &is_new, NULL);
  }
  text = ice_no_pair_explain (stream, 1, row->ice_tcp);
  g_assert_cmpstr (text, ==, row->text);
  if (text != NULL)
    g_assert_null (strstr (text, "remote-pwd"));
}

static void
test_filtered (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);
  g_autofree gchar *text = NULL;

  stream->n_filtered = 3;
  text = ice_no_pair_explain (stream, 1, FALSE);
  g_assert_cmpstr (text, ==,
      NO_PAIR "filter-candidate dropped all of the peer's candidates (3)");
  ice_stream_restart (stream);
  g_assert_cmpuint (stream->n_filtered, ==, 0);
}

int
main (int argc, char **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *path = g_strdup_printf ("/icenopair/%u", i);

    g_test_add_data_func (path, &rows[i], test_row);
  }
  g_test_add_func ("/icenopair/filtered", test_filtered);
  return g_test_run ();
}
