/* gst-ice: test of iceremoteload.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/iceremoteload.h"
#include <string.h>

#define PASSWORD "password-of-22-characters"

/* The n-th candidate, with an extension of so many characters. */
static IceCandidate *
make_candidate (guint n, guint length)
{
  g_autofree gchar *value = g_strnfill (length, 'v');
  g_autofree gchar *text = g_strdup_printf (
      "candidate:1 1 UDP %u 10.0.0.1 5000 typ host x %s", n + 1, value);
  IceCandidate *candidate = ice_candidate_parse (text, NULL);

  g_assert_nonnull (candidate);
  return candidate;
}

static gboolean
allows (const GPtrArray *streams, guint n, guint length)
{
  g_autoptr (IceCandidate) candidate = make_candidate (n, length);
  g_autoptr (GError) error = NULL;

  if (ice_remote_load_check_candidate (streams, candidate, &error))
    return TRUE;
  g_assert_error (error, ICE_STREAM_ERROR, ICE_STREAM_ERROR_TOO_MANY);
  return FALSE;
}

/* Returns: how many are taken, of any number, in so many streams */
static guint
fill (GPtrArray *streams, guint n_streams, guint length)
{
  guint i, k, n = 0;

  for (i = 0; i < n_streams; i++) {
    IceStream *stream = ice_stream_new (i);

    g_ptr_array_add (streams, stream);
    for (k = 0; k < ICE_STREAM_MAX_CANDIDATES; k++) {
      g_autoptr (IceCandidate) candidate = make_candidate (k, length);
      gboolean is_new;

      if (!allows (streams, k, length))
        return n;
      g_assert_true (
          ice_stream_add_remote_candidate (stream, candidate, &is_new, NULL));
      g_assert_true (is_new);
      n++;
    }
  }
  return n;
}

static GPtrArray *
make_streams (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) ice_stream_free);
}

static void
test_candidates (void)
{
  g_autoptr (GPtrArray) streams = make_streams ();
  const guint most = ICE_REMOTE_LOAD_MAX_CANDIDATES / ICE_STREAM_MAX_CANDIDATES;

  g_assert_cmpuint (
      fill (streams, most, 1), ==, ICE_REMOTE_LOAD_MAX_CANDIDATES);
  g_assert_false (allows (streams, 0, 1));
  ice_stream_begin_anew (g_ptr_array_index (streams, 0));
  g_assert_true (allows (streams, 0, 1));
}

/* The border, to the byte, and what is given back. */
static void
test_bytes (void)
{
  g_autoptr (GPtrArray) streams = make_streams ();
  g_autoptr (IceCandidate) big = make_candidate (0, 1900);
  const gsize size = ice_candidate_get_size (big);
  const guint most = ICE_REMOTE_LOAD_MAX_BYTES / size;
  guint room;
  IceStream *first;

  g_assert_cmpuint (size, >, 1900);
  g_assert_cmpuint (fill (streams, 256, 1900), ==, most);
  room = 1900 + ICE_REMOTE_LOAD_MAX_BYTES - (most + 1) * size;
  g_assert_true (allows (streams, 0, room));
  g_assert_false (allows (streams, 0, room + 1));

  /* those of another generation go with its credentials */
  first = g_ptr_array_index (streams, 0);
  ice_stream_restart (first);
  g_assert_cmpuint (first->remote_bytes, ==, 0);
  g_assert_true (allows (streams, 0, 1900));
}

static void
test_dropped_strangers (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);
  g_autoptr (IceCandidate) theirs = make_candidate (0, 100);
  g_autoptr (IceCandidate) ours = make_candidate (1, 10);
  gboolean is_new;

  theirs->ufrag = g_strdup ("else");
  g_assert_true (
      ice_stream_add_remote_candidate (stream, theirs, &is_new, NULL));
  g_assert_true (ice_stream_add_remote_candidate (stream, ours, &is_new, NULL));
  g_assert_cmpuint (stream->remote_bytes, ==,
      ice_candidate_get_size (theirs) + ice_candidate_get_size (ours));
  ice_stream_set_remote_credentials (stream, "peer", PASSWORD);
  g_assert_cmpuint (stream->remote_bytes, ==, ice_candidate_get_size (ours));
}

static void
test_streams (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ice_remote_load_check_stream (
      ICE_REMOTE_LOAD_MAX_UNKNOWN - 1, 200, NULL));
  g_assert_false (
      ice_remote_load_check_stream (ICE_REMOTE_LOAD_MAX_UNKNOWN, 200, &error));
  g_assert_error (error, ICE_STREAM_ERROR, ICE_STREAM_ERROR_TOO_MANY);
  g_assert_nonnull (strstr (error->message, "stream 200"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/iceremoteload/candidates", test_candidates);
  g_test_add_func ("/iceremoteload/bytes", test_bytes);
  g_test_add_func ("/iceremoteload/dropped-strangers", test_dropped_strangers);
  g_test_add_func ("/iceremoteload/streams", test_streams);
  return g_test_run ();
}
