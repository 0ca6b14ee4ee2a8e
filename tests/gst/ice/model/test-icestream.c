/* gst-ice: test of icestream.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "model/iceratelimit.h"
#include "model/icestream.h"

#define PASSWORD_A "passwordpasswordpasswordA"
#define PASSWORD_B "passwordpasswordpasswordB"

static IceCandidate *
make (guint n, const gchar *ufrag)
{
  g_autofree gchar *text = g_strdup_printf (
      "candidate:1 1 udp 2130706431 10.0.%u.%u 5000 typ host%s%s", n / 256,
      n % 256, ufrag != NULL ? " ufrag " : "", ufrag != NULL ? ufrag : "");
  g_autoptr (GError) error = NULL;
  IceCandidate *candidate = ice_candidate_parse (text, &error);

  g_assert_no_error (error);
  return candidate;
}

/* Whether it was taken as a new one. */
static gboolean
add (IceStream *stream, guint n, const gchar *ufrag)
{
  g_autoptr (IceCandidate) candidate = make (n, ufrag);
  g_autoptr (GError) error = NULL;
  gboolean is_new;

  g_assert_true (
      ice_stream_add_remote_candidate (stream, candidate, &is_new, &error));
  g_assert_no_error (error);
  return is_new;
}

static void
refuse (IceStream *stream, guint n, const gchar *ufrag, IceStreamError code,
    const gchar *fragment)
{
  g_autoptr (IceCandidate) candidate = make (n, ufrag);
  g_autoptr (GError) error = NULL;
  guint before = stream->remote->len;
  gboolean is_new = TRUE;

  g_assert_false (
      ice_stream_add_remote_candidate (stream, candidate, &is_new, &error));
  g_assert_error (error, ICE_STREAM_ERROR, (gint) code);
  g_assert_null (strchr (g_quark_to_string (error->domain), ' '));
  g_assert_nonnull (strstr (error->message, fragment));
  g_assert_false (is_new);
  g_assert_cmpuint (stream->remote->len, ==, before);
}

/* The last numbers of the remote candidates' addresses, "1 2 ". */
static gchar *
list (const IceStream *stream)
{
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < stream->remote->len; i++) {
    const IceCandidate *candidate = g_ptr_array_index (stream->remote, i);

    g_string_append_printf (text, "%s ", strrchr (candidate->address, '.') + 1);
  }
  return g_string_free (text, FALSE);
}

#define assert_list(stream, expected)                                          \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree gchar *list_ = list (stream);                                   \
    g_assert_cmpstr (list_, ==, expected);                                     \
  }                                                                            \
  G_STMT_END

static void
test_new (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (7);

  g_assert_cmpuint (stream->index, ==, 7);
  g_assert_cmpuint (stream->generation, ==, 0);
  g_assert_null (stream->remote_ufrag);
  g_assert_null (stream->remote_password);
  g_assert_false (stream->remote_complete);
  g_assert_false (stream->local_complete);
  g_assert_cmpuint (stream->remote->len, ==, 0);
  g_assert_cmpuint (stream->local->len, ==, 0);
}

static void
test_order_of_arrival (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);

  g_assert_true (add (stream, 3, NULL));
  g_assert_true (add (stream, 1, NULL));
  g_assert_true (add (stream, 2, "frag"));
  assert_list (stream, "3 1 2 ");
}

static void
test_twice_is_once (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);

  g_assert_true (add (stream, 1, NULL));
  g_assert_false (add (stream, 1, NULL));
  g_assert_true (add (stream, 2, NULL));
  g_assert_false (add (stream, 1, NULL));
  assert_list (stream, "1 2 ");
}

static void
test_copies (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);
  IceCandidate *candidate = make (1, NULL);
  gboolean is_new;

  ice_stream_add_remote_candidate (stream, candidate, &is_new, NULL);
  ice_candidate_free (candidate);
  assert_list (stream, "1 ");
}

static void
test_credentials (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);

  g_assert_true (
      ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A));
  g_assert_false (
      ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A));
  g_assert_cmpstr (stream->remote_ufrag, ==, "aaaa");
  g_assert_cmpstr (stream->remote_password, ==, PASSWORD_A);
  g_assert_true (
      ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_B));
  g_assert_true (
      ice_stream_set_remote_credentials (stream, "bbbb", PASSWORD_B));
  g_assert_cmpstr (stream->remote_ufrag, ==, "bbbb");
  g_assert_cmpstr (stream->remote_password, ==, PASSWORD_B);
}

static void
test_strangers_are_dropped (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);

  add (stream, 1, "aaaa");
  add (stream, 2, "bbbb");
  add (stream, 3, NULL);
  add (stream, 4, "bbbb");
  add (stream, 5, "aaaa");
  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
  assert_list (stream, "1 3 5 ");
}

static void
test_other_generation (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (3);

  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
  refuse (stream, 1, "bbbb", ICE_STREAM_ERROR_UFRAG, "stream 3");
  refuse (stream, 1, "AAAA", ICE_STREAM_ERROR_UFRAG, "ufrag");
  g_assert_true (add (stream, 1, "aaaa"));
  g_assert_true (add (stream, 2, NULL));
}

static void
test_after_the_end (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);

  add (stream, 1, NULL);
  stream->remote_complete = TRUE;
  refuse (stream, 2, NULL, ICE_STREAM_ERROR_COMPLETE, "end of candidates");
  /* of another generation: the error is about its ufrag, not about the end */
  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
  refuse (stream, 2, "bbbb", ICE_STREAM_ERROR_UFRAG, "ufrag");
  assert_list (stream, "1 ");
}

/* The end of candidates of the generation before comes after our restart. */
static void
test_late_end (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);

  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
  ice_stream_restart (stream);
  ice_stream_end_remote_candidates (stream);
  g_assert_true (stream->remote_complete);
  ice_stream_set_remote_credentials (stream, "bbbb", PASSWORD_B);
  g_assert_true (stream->remote_complete);
  refuse (stream, 1, NULL, ICE_STREAM_ERROR_COMPLETE, "end of candidates");
  g_assert_true (add (stream, 1, "bbbb"));
  g_assert_true (add (stream, 2, "bbbb"));
  g_assert_true (stream->remote_complete);
  refuse (stream, 3, NULL, ICE_STREAM_ERROR_COMPLETE, "end of candidates");
  ice_stream_end_remote_candidates (stream);
  refuse (stream, 3, "bbbb", ICE_STREAM_ERROR_COMPLETE, "end of candidates");
}

/* An end that can be of this generation only. */
static void
test_end_in_time (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);

  ice_stream_end_remote_candidates (stream);
  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
  refuse (stream, 1, "aaaa", ICE_STREAM_ERROR_COMPLETE, "end of candidates");
  ice_stream_restart (stream);
  ice_stream_set_remote_credentials (stream, "bbbb", PASSWORD_B);
  add (stream, 1, "bbbb");
  ice_stream_end_remote_candidates (stream);
  refuse (stream, 2, "bbbb", ICE_STREAM_ERROR_COMPLETE, "end of candidates");
  /* ... which a late one does not change */
  ice_stream_end_remote_candidates (stream);
  refuse (stream, 2, "bbbb", ICE_STREAM_ERROR_COMPLETE, "end of candidates");
}

/* Other credentials are of another peer, or of the same one that began again;
 * another password alone corrects a mistake. */
static void
test_end_of_others (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);

  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
  add (stream, 1, "aaaa");
  ice_stream_end_remote_candidates (stream);
  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_B);
  refuse (stream, 2, "aaaa", ICE_STREAM_ERROR_COMPLETE, "end of candidates");
  ice_stream_set_remote_credentials (stream, "bbbb", PASSWORD_B);
  g_assert_false (stream->remote_complete);
  g_assert_true (add (stream, 2, "bbbb"));
  assert_list (stream, "2 ");
}

/* After a restart an end comes before the first candidate, once or twice: that
 * of the generation before, or its own that overtook the candidate. */
static void
test_end_before_candidates (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);
  guint n, i;

  for (n = 1; n <= 2; n++) {
    ice_stream_restart (stream);
    ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
    for (i = 0; i < n; i++)
      ice_stream_end_remote_candidates (stream);
    refuse (stream, 1, NULL, ICE_STREAM_ERROR_COMPLETE, "end of candidates");
    g_assert_true (add (stream, 1, "aaaa"));
    g_assert_true (add (stream, 2, "aaaa"));
    g_assert_true (stream->remote_complete);
  }
}

static void
test_too_many (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);
  guint i;

  for (i = 0; i < ICE_STREAM_MAX_CANDIDATES; i++)
    g_assert_true (add (stream, i, NULL));
  refuse (stream, i, NULL, ICE_STREAM_ERROR_TOO_MANY, "256");
  g_assert_false (add (stream, 5, NULL));
}

static void
test_local (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);
  g_autoptr (IceCandidate) a = make (1, "mine");
  g_autoptr (IceCandidate) b = make (1, "next");

  g_assert_true (ice_stream_add_local_candidate (stream, a));
  g_assert_false (ice_stream_add_local_candidate (stream, a));
  g_assert_true (ice_stream_add_local_candidate (stream, b));
  g_assert_cmpuint (stream->local->len, ==, 2);
}

/* Nothing of the old generation is left. */
static void
test_restart (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (4);
  g_autoptr (IceCandidate) mine = make (9, "mine");

  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
  add (stream, 1, "aaaa");
  ice_stream_add_local_candidate (stream, mine);
  stream->remote_complete = TRUE;
  stream->local_complete = TRUE;
  ice_stream_restart (stream);
  g_assert_cmpuint (stream->index, ==, 4);
  g_assert_cmpuint (stream->generation, ==, 1);
  g_assert_null (stream->remote_ufrag);
  g_assert_null (stream->remote_password);
  g_assert_false (stream->remote_complete);
  g_assert_false (stream->local_complete);
  g_assert_cmpuint (stream->remote->len, ==, 0);
  g_assert_cmpuint (stream->local->len, ==, 0);
  g_assert_true (add (stream, 1, "bbbb"));
  g_assert_true (
      ice_stream_set_remote_credentials (stream, "bbbb", PASSWORD_B));
  assert_list (stream, "1 ");
  ice_stream_restart (stream);
  g_assert_cmpuint (stream->generation, ==, 2);
}

/* Everything that the peer signalled is kept. */
static void
test_restart_ours (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (4);
  g_autoptr (IceCandidate) mine = make (9, "mine");

  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
  add (stream, 1, "aaaa");
  ice_stream_add_local_candidate (stream, mine);
  stream->remote_complete = TRUE;
  stream->local_complete = TRUE;
  ice_stream_restart_ours (stream);
  g_assert_cmpuint (stream->generation, ==, 1);
  g_assert_cmpstr (stream->remote_ufrag, ==, "aaaa");
  g_assert_cmpstr (stream->remote_password, ==, PASSWORD_A);
  assert_list (stream, "1 ");
  g_assert_true (stream->remote_complete);
  g_assert_false (stream->local_complete);
  g_assert_cmpuint (stream->local->len, ==, 0);
}

static void
check (const IceStream *stream, const gchar *ufrag, const gchar *password,
    gboolean good)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (ice_stream_check_remote_credentials (
                       stream, ufrag, password, FALSE, &error),
      ==, good);
  if (good) {
    g_assert_no_error (error);
    return;
  }
  g_assert_error (error, ICE_STREAM_ERROR, ICE_STREAM_ERROR_EARLIER);
  g_assert_nonnull (strstr (error->message, "earlier generation"));
  g_assert_null (strstr (error->message, password));
}

static void
work (IceStream *stream)
{
  ice_stream_advance (stream, ICE_STREAM_SUCCEEDED);
  ice_stream_advance (stream, ICE_STREAM_SELECTED);
  ice_stream_advance (stream, ICE_STREAM_CONSENTED);
  g_assert_cmpint (stream->progress, ==, ICE_STREAM_CONSENTED);
}

static void
test_progress (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);

  ice_stream_advance (stream, ICE_STREAM_SUCCEEDED); /* nobody's */
  g_assert_cmpint (stream->progress, ==, ICE_STREAM_UNTRIED);
  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
  ice_stream_advance (stream, ICE_STREAM_CONSENTED); /* on an old pair */
  g_assert_cmpint (stream->progress, ==, ICE_STREAM_UNTRIED);
  ice_stream_advance (stream, ICE_STREAM_SUCCEEDED);
  ice_stream_advance (stream, ICE_STREAM_CONSENTED);
  g_assert_cmpint (stream->progress, ==, ICE_STREAM_SUCCEEDED);
  ice_stream_advance (stream, ICE_STREAM_SELECTED);
  ice_stream_advance (stream, ICE_STREAM_SUCCEEDED); /* another pair */
  g_assert_cmpint (stream->progress, ==, ICE_STREAM_SELECTED);
  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
  g_assert_cmpint (stream->progress, ==, ICE_STREAM_SELECTED);
  ice_stream_set_remote_credentials (stream, "bbbb", PASSWORD_A);
  g_assert_cmpint (stream->progress, ==, ICE_STREAM_UNTRIED);
  work (stream);
  ice_stream_restart_ours (stream);
  g_assert_cmpint (stream->progress, ==, ICE_STREAM_UNTRIED);
  work (stream);
  ice_stream_begin_anew (stream);
  g_assert_cmpint (stream->progress, ==, ICE_STREAM_UNTRIED);
}

static void
test_earlier_credentials (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (4);

  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
  check (stream, "aaaa", PASSWORD_A, TRUE); /* the same once more */
  g_assert_false (ice_stream_check_remote_credentials (
      stream, "aaaa", PASSWORD_A, TRUE, NULL)); /* as a restart */
  g_assert_true (ice_stream_check_remote_credentials (
      stream, "aaaa", PASSWORD_B, TRUE, NULL));
  /* a correction is no new generation */
  ice_stream_set_remote_credentials (stream, "bbbb", PASSWORD_A);
  ice_stream_begin_anew (stream);
  check (stream, "aaaa", PASSWORD_A, TRUE);
  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
  ice_stream_restart_ours (stream); /* the peer's go on */
  check (stream, "aaaa", PASSWORD_A, TRUE);
  ice_stream_restart (stream); /* with which nothing worked */
  g_assert_cmpuint (stream->earlier->len, ==, 0);
  check (stream, "aaaa", PASSWORD_A, TRUE);
  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
  work (stream);
  ice_stream_restart (stream);
  ice_stream_restart (stream); /* of a generation without any */
  g_assert_cmpuint (stream->earlier->len, ==, 1);
  check (stream, "aaaa", PASSWORD_A, FALSE);
  check (stream, "aaaa", PASSWORD_B, TRUE);
  check (stream, "bbbb", PASSWORD_A, TRUE);
  ice_stream_set_remote_credentials (stream, "bbbb", PASSWORD_B);
  check (stream, "aaaa", PASSWORD_A, FALSE);
  check (stream, "bbbb", PASSWORD_B, TRUE);
}

static void
test_earlier_candidates (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (3);

  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
  work (stream);
  ice_stream_restart (stream);
  /* before the new credentials, and after them */
  refuse (stream, 1, "aaaa", ICE_STREAM_ERROR_EARLIER, "earlier generation");
  g_assert_true (add (stream, 2, "bbbb"));
  g_assert_true (add (stream, 3, NULL));
  ice_stream_set_remote_credentials (stream, "bbbb", PASSWORD_B);
  refuse (stream, 1, "aaaa", ICE_STREAM_ERROR_EARLIER, "stream 3");
  refuse (stream, 1, "cccc", ICE_STREAM_ERROR_UFRAG, "this generation");
  assert_list (stream, "2 3 ");
  /* a peer that keeps its user name fragment: only the password is new */
  work (stream);
  ice_stream_restart (stream);
  ice_stream_set_remote_credentials (stream, "bbbb", PASSWORD_A);
  g_assert_true (add (stream, 4, "bbbb"));
}

/* A session of many restarts remembers as much as one of 16. */
static void
test_earlier_are_bounded (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);
  guint i, n = ICE_STREAM_MAX_EARLIER + 3;

  for (i = 0; i < n; i++) {
    g_autofree gchar *ufrag = g_strdup_printf ("frag%u", i);

    stream->reported_earlier = TRUE;
    ice_stream_set_remote_credentials (stream, ufrag, PASSWORD_A);
    work (stream);
    ice_stream_restart (stream);
    g_assert_false (stream->reported_earlier);
    g_assert_cmpuint (
        stream->earlier->len, ==, MIN (i + 1, ICE_STREAM_MAX_EARLIER));
  }
  for (i = 0; i < n; i++) {
    g_autofree gchar *ufrag = g_strdup_printf ("frag%u", i);

    check (stream, ufrag, PASSWORD_A, i < 3);
  }
}

/* Names. */

#define NAME_1 "1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9.local"
#define NAME_2 "2f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9.local"

static void
add_named (IceStream *stream, const gchar *name, guint port, const gchar *ufrag)
{
  g_autofree gchar *text = g_strdup_printf (
      "candidate:1 1 udp 2130706431 %s %u typ host%s%s", name, port,
      ufrag != NULL ? " ufrag " : "", ufrag != NULL ? ufrag : "");
  g_autoptr (GError) error = NULL;
  g_autoptr (IceCandidate) candidate = ice_candidate_parse (text, &error);
  gboolean is_new;

  g_assert_no_error (error);
  g_assert_true (
      ice_stream_add_remote_candidate (stream, candidate, &is_new, &error));
  g_assert_no_error (error);
  g_assert_true (is_new);
}

/* "10.0.0.1:5000 ", in the order they became usable */
static gchar *
list_usable (const IceStream *stream)
{
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < stream->usable->len; i++) {
    const IceCandidate *candidate = g_ptr_array_index (stream->usable, i);

    g_string_append_printf (
        text, "%s:%u ", candidate->address, candidate->port);
  }
  return g_string_free (text, FALSE);
}

#define assert_usable(stream, expected)                                        \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree gchar *usable_ = list_usable (stream);                          \
    g_assert_cmpstr (usable_, ==, expected);                                   \
  }                                                                            \
  G_STMT_END

static void
test_names (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);
  const IceCandidate *named;

  add_named (stream, NAME_1, 1, NULL);
  add (stream, 1, NULL);
  add_named (stream, NAME_2, 2, NULL);
  add_named (stream, NAME_1, 3, NULL);
  assert_usable (stream, "10.0.0.1:5000 ");
  g_assert_cmpuint (stream->names->len, ==, 2);
  g_assert_false (ice_stream_settle_name (stream, "c.local", "10.0.0.9"));
  g_assert_true (ice_stream_settle_name (stream, NAME_1, "10.0.0.7"));
  assert_usable (stream, "10.0.0.1:5000 10.0.0.7:1 10.0.0.7:3 ");
  /* once; what is known can be used at once, in other letters too */
  g_assert_false (ice_stream_settle_name (stream, NAME_1, "10.0.0.8"));
  add_named (stream, "1F2E3D4C-5B6A-4978-8695-A4B3C2D1E0F9.LOCAL", 4, NULL);
  assert_usable (stream, "10.0.0.1:5000 10.0.0.7:1 10.0.0.7:3 10.0.0.7:4 ");
  g_assert_cmpuint (stream->names->len, ==, 2);
  /* not found: later ones of the same name neither */
  g_assert_true (ice_stream_settle_name (stream, NAME_2, NULL));
  add_named (stream, NAME_2, 5, NULL);
  g_assert_false (ice_stream_settle_name (stream, NAME_2, "10.0.0.8"));
  assert_usable (stream, "10.0.0.1:5000 10.0.0.7:1 10.0.0.7:3 10.0.0.7:4 ");
  /* the peer's own words stay */
  named = g_ptr_array_index (stream->remote, 0);
  g_assert_cmpstr (named->address, ==, NAME_1);
}

/* Whether all is there, for each of: the peer's end of candidates, trickle,
 * and what became of one name. */
static void
test_end_waits_for_names (void)
{
  enum
  {
    NO_NAME,
    PENDING,
    FOUND,
    LOST,
    N
  };
  guint complete, trickle, name;

  for (complete = 0; complete < 2; complete++)
    for (trickle = 0; trickle < 2; trickle++)
      for (name = 0; name < N; name++) {
        g_autoptr (IceStream) stream = ice_stream_new (0);

        add (stream, 1, NULL);
        if (name != NO_NAME) {
          add_named (stream, NAME_1, 1, NULL);
          add_named (stream, NAME_2, 1, NULL);
          ice_stream_settle_name (stream, NAME_2, NULL);
        }
        stream->remote_complete = complete;
        if (name == FOUND || name == LOST)
          ice_stream_settle_name (
              stream, NAME_1, name == FOUND ? "10.0.0.7" : NULL);
        g_test_message ("%u %u %u", complete, trickle, name);
        g_assert_cmpint (ice_stream_has_all_remote (stream, trickle), ==,
            name != PENDING && (complete || !trickle));
      }
}

static const struct
{
  const gchar *name;
  IceNameFate fate, relay_only;
} names[] = {
  { NAME_1, ICE_NAME_LOOK_UP, ICE_NAME_RELAY_ONLY },
  { "1F2E3D4C-5B6A-4978-8695-A4B3C2D1E0F9.Local", ICE_NAME_LOOK_UP,
      ICE_NAME_RELAY_ONLY },
  { "printer.local", ICE_NAME_NOT_MDNS, ICE_NAME_NOT_MDNS },
  { "1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f.local", ICE_NAME_NOT_MDNS,
      ICE_NAME_NOT_MDNS },
  { "1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9a.local", ICE_NAME_NOT_MDNS,
      ICE_NAME_NOT_MDNS },
  { "1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0g9.local", ICE_NAME_NOT_MDNS,
      ICE_NAME_NOT_MDNS },
  { "1f2e3d4c05b6a-4978-8695-a4b3c2d1e0f9.local", ICE_NAME_NOT_MDNS,
      ICE_NAME_NOT_MDNS },
  { "1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9", ICE_NAME_NOT_MDNS,
      ICE_NAME_NOT_MDNS },
  { "1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9.example", ICE_NAME_NOT_MDNS,
      ICE_NAME_NOT_MDNS },
  { "1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9.local.example", ICE_NAME_NOT_MDNS,
      ICE_NAME_NOT_MDNS },
  { "x.1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9.local", ICE_NAME_NOT_MDNS,
      ICE_NAME_NOT_MDNS },
  { "turn.example.com", ICE_NAME_NOT_MDNS, ICE_NAME_NOT_MDNS },
  { "a", ICE_NAME_NOT_MDNS, ICE_NAME_NOT_MDNS },
};

static void
test_fates (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);
  guint i;

  G_STATIC_ASSERT (G_N_ELEMENTS (names) < ICE_STREAM_MAX_NAMES);
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (IceStream) alone = ice_stream_new (0);

    g_test_message ("%s", names[i].name);
    add_named (alone, names[i].name, 1, NULL);
    g_assert_cmpint (
        ice_stream_judge_name (alone, 0, FALSE), ==, (gint) names[i].fate);
    g_assert_cmpint (
        ice_stream_judge_name (alone, 0, TRUE), ==, (gint) names[i].relay_only);
  }
  for (i = 0; i < ICE_STREAM_MAX_CANDIDATES; i++) {
    g_autofree gchar *name = g_strdup_printf (
        "1f2e3d4c-5b6a-4978-8695-a4b3c2d1%04x.local", i);
    IceNameFate fate = i < ICE_STREAM_MAX_NAMES ? ICE_NAME_LOOK_UP
                                                : ICE_NAME_TOO_MANY;

    add_named (stream, name, 1, NULL);
    g_assert_cmpint (ice_stream_judge_name (stream, i, FALSE), ==, (gint) fate);
  }
}

/* A stranger's names are not looked up, and do not count. */
static void
test_names_of_strangers (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);
  guint i;

  for (i = 0; i < 2 * ICE_STREAM_MAX_NAMES; i++) {
    g_autofree gchar *name = g_strdup_printf (
        "1f2e3d4c-5b6a-4978-8695-a4b3c2d1%04x.local", i);

    add_named (stream, name, 1, "bbbb");
  }
  add_named (stream, NAME_1, 1, "bbbb");
  add_named (stream, NAME_1, 2, "aaaa");
  add_named (stream, NAME_2, 3, NULL);
  add (stream, 1, "bbbb");
  add (stream, 2, "aaaa");
  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
  g_assert_cmpuint (stream->names->len, ==, 2);
  g_assert_cmpint (
      ice_stream_judge_name (stream, 1, FALSE), ==, ICE_NAME_LOOK_UP);
  assert_usable (stream, "10.0.0.2:5000 ");
  ice_stream_settle_name (stream, NAME_1, "10.0.0.7");
  ice_stream_settle_name (stream, NAME_2, "10.0.0.8");
  assert_usable (stream, "10.0.0.2:5000 10.0.0.7:2 10.0.0.8:3 ");
}

/* A restart ends what is pending; one of ours keeps it. */
static void
test_names_at_restart (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);

  ice_stream_set_remote_credentials (stream, "aaaa", PASSWORD_A);
  add_named (stream, NAME_1, 1, NULL);
  add_named (stream, NAME_2, 2, NULL);
  ice_stream_settle_name (stream, NAME_1, "10.0.0.7");
  ice_stream_restart_ours (stream);
  assert_usable (stream, "10.0.0.7:1 ");
  g_assert_false (ice_stream_has_all_remote (stream, FALSE));
  ice_stream_restart (stream);
  g_assert_cmpuint (stream->names->len, ==, 0);
  g_assert_false (ice_stream_settle_name (stream, NAME_2, "10.0.0.8"));
  assert_usable (stream, "");
  g_assert_true (ice_stream_has_all_remote (stream, FALSE));
  /* what it was is forgotten too */
  add_named (stream, NAME_1, 1, NULL);
  assert_usable (stream, "");
}

static void
test_answers (void)
{
  g_autoptr (IceStream) stream = ice_stream_new (0);
  gint64 now = 1000;
  guint i, round;

  for (round = 0; round < 2; round++) {
    for (i = 0; i < ICE_STREAM_MAX_ANSWERS; i++) {
      now += ICE_STREAM_SETTLED - 1;
      g_assert_true (ice_stream_may_answer (stream, now));
    }
    g_assert_false (ice_stream_may_answer (stream, now));
    g_assert_false (
        ice_stream_may_answer (stream, now + ICE_STREAM_SETTLED - 1));
    now += ICE_STREAM_SETTLED;
  }
  /* restarts that are far enough from each other are all answered */
  for (i = 0; i < 3 * ICE_STREAM_MAX_ANSWERS; i++) {
    g_assert_true (ice_stream_may_answer (stream, now));
    now += ICE_STREAM_SETTLED;
  }
}

static IceStreamTrouble
find_trouble (IceStream *stream, const gboolean *here, gint64 now, gint64 *due)
{
  gint64 quiet[ICE_STREAM_N_TROUBLES] = { 0 };
  guint component = 0;
  IceStreamTrouble trouble;

  *due = -1;
  trouble = ice_stream_find_trouble (stream, here, now, quiet, due, &component);
  if (trouble == ICE_STREAM_NO_COMPONENT)
    g_assert_cmpuint (component, ==, 1);
  return trouble;
}

/* Not before it has lasted, once, and again in the next generation. */
static void
check_trouble (
    IceStream *stream, const gboolean *here, IceStreamTrouble trouble)
{
  gint64 due;

  g_assert_cmpint (find_trouble (stream, here, 1000, &due), ==, 0);
  g_assert_cmpint (due, ==, 1000 + ICE_STREAM_PATIENCE);
  g_assert_cmpint (find_trouble (stream, here, due - 1, &due), ==, 0);
  g_assert_cmpint (due, ==, 1000 + ICE_STREAM_PATIENCE);
  g_assert_cmpint (find_trouble (stream, here, due, &due), ==, trouble);
  g_assert_cmpint (find_trouble (stream, here, G_MAXINT64, &due), ==, 0);
  g_assert_cmpint (due, ==, -1);
}

static void
test_trouble (void)
{
  const gboolean nobody[ICE_STREAM_MAX_COMPONENT + 1] = { FALSE };
  const gboolean first[ICE_STREAM_MAX_COMPONENT + 1] = { TRUE, TRUE };
  const gboolean second[ICE_STREAM_MAX_COMPONENT + 1] = { TRUE, FALSE, TRUE };
  IceStream *stream = ice_stream_new (3);
  guint i;

  for (i = 0; i < 2; i++) {
    gint64 due;

    g_assert_cmpint (find_trouble (stream, first, 5, &due), ==, 0);
    g_assert_cmpint (due, ==, -1);
    ice_stream_note_checked (stream, 1000);
    ice_stream_note_checked (stream, 2000);
    check_trouble (stream, first, ICE_STREAM_NO_CREDENTIALS);

    ice_stream_note_mentioned (stream, 1000);
    ice_stream_note_mentioned (stream, 2000);
    check_trouble (stream, nobody, ICE_STREAM_NO_TRANSPORT);
    add (stream, 1, NULL);
    g_assert_cmpint (find_trouble (stream, first, 9000, &due), ==, 0);
    check_trouble (stream, second, ICE_STREAM_NO_COMPONENT);
    ice_stream_restart (stream);
  }
  ice_stream_note_checked (stream, 1000);
  ice_stream_set_remote_credentials (stream, "fghi", PASSWORD_A);
  g_assert_cmpint (find_trouble (stream, first, G_MAXINT64, &(gint64){ 0 }), ==,
      ICE_STREAM_FINE);
  ice_stream_free (stream);
}

/* Of many streams, and of many generations, one of a kind in a while; the
 * others are not lost. */
static void
test_trouble_rate (void)
{
  const gboolean nobody[ICE_STREAM_MAX_COMPONENT + 1] = { FALSE };
  const gboolean first[ICE_STREAM_MAX_COMPONENT + 1] = { TRUE, TRUE };
  gint64 quiet[ICE_STREAM_N_TROUBLES] = { 0 };
  IceStream *streams[3];
  gint64 now = 1000 + ICE_STREAM_PATIENCE, due;
  guint i, component;

  for (i = 0; i < G_N_ELEMENTS (streams); i++) {
    streams[i] = ice_stream_new (i);
    ice_stream_note_mentioned (streams[i], 1000);
  }
  for (i = 0; i < G_N_ELEMENTS (streams); i++) {
    due = -1;
    g_assert_cmpint (ice_stream_find_trouble (
                         streams[i], nobody, now, quiet, &due, &component),
        ==, i == 0 ? ICE_STREAM_NO_TRANSPORT : ICE_STREAM_FINE);
    g_assert_cmpint (due, ==, i == 0 ? -1 : now + ICE_RATE_LIMIT_INTERVAL);
  }
  ice_stream_restart (streams[0]);
  ice_stream_note_mentioned (streams[0], 1000);
  g_assert_cmpint (ice_stream_find_trouble (
                       streams[0], nobody, now, quiet, &due, &component),
      ==, ICE_STREAM_FINE);
  /* another kind */
  ice_stream_note_unasked (streams[1], 1000);
  ice_stream_note_unasked (streams[2], 1000);
  g_assert_cmpint (
      ice_stream_find_trouble (streams[1], first, now, quiet, &due, &component),
      ==, ICE_STREAM_ONLY_DATAGRAMS);
  g_assert_cmpint (
      ice_stream_find_trouble (streams[2], first, now, quiet, &due, &component),
      ==, ICE_STREAM_FINE);
  for (i = 0; i < G_N_ELEMENTS (streams); i++) {
    now += ICE_RATE_LIMIT_INTERVAL;
    g_assert_cmpint (ice_stream_find_trouble (
                         streams[i], nobody, now, quiet, &due, &component),
        ==, ICE_STREAM_NO_TRANSPORT);
  }
  for (i = 0; i < G_N_ELEMENTS (streams); i++)
    ice_stream_free (streams[i]);
}

/* One warning in a generation. Of datagrams and a check at one time the check
 * is reported. */
static void
test_only_datagrams (void)
{
  const gboolean first[ICE_STREAM_MAX_COMPONENT + 1] = { TRUE, TRUE };
  IceStream *stream = ice_stream_new (0);
  gint64 due;

  g_assert_true (ice_stream_lacks_credentials (stream));
  ice_stream_note_unasked (stream, 1000);
  g_assert_cmpint (
      find_trouble (stream, first, 1000, &due), ==, ICE_STREAM_ONLY_DATAGRAMS);
  g_assert_cmpint (due, ==, -1);
  g_assert_false (ice_stream_lacks_credentials (stream));
  ice_stream_note_checked (stream, 1000);
  ice_stream_note_unasked (stream, 2000);
  g_assert_cmpint (find_trouble (stream, first, G_MAXINT64, &due), ==, 0);

  ice_stream_restart (stream);
  g_assert_true (ice_stream_lacks_credentials (stream));
  g_assert_cmpint (find_trouble (stream, first, 1000, &due), ==, 0);
  ice_stream_note_unasked (stream, 1000);
  ice_stream_note_checked (stream, 1000);
  check_trouble (stream, first, ICE_STREAM_NO_CREDENTIALS);
  g_assert_false (ice_stream_lacks_credentials (stream));

  ice_stream_restart (stream);
  ice_stream_set_remote_credentials (stream, "fghi", PASSWORD_A);
  g_assert_false (ice_stream_lacks_credentials (stream));
  ice_stream_note_unasked (stream, 1000);
  g_assert_cmpint (find_trouble (stream, first, G_MAXINT64, &due), ==, 0);
  ice_stream_free (stream);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/icestream/new", test_new);
  g_test_add_func ("/icestream/order-of-arrival", test_order_of_arrival);
  g_test_add_func ("/icestream/twice-is-once", test_twice_is_once);
  g_test_add_func ("/icestream/copies", test_copies);
  g_test_add_func ("/icestream/credentials", test_credentials);
  g_test_add_func (
      "/icestream/strangers-are-dropped", test_strangers_are_dropped);
  g_test_add_func ("/icestream/other-generation", test_other_generation);
  g_test_add_func ("/icestream/after-the-end", test_after_the_end);
  g_test_add_func ("/icestream/late-end", test_late_end);
  g_test_add_func ("/icestream/end-in-time", test_end_in_time);
  g_test_add_func ("/icestream/end-of-others", test_end_of_others);
  g_test_add_func (
      "/icestream/end-before-candidates", test_end_before_candidates);
  g_test_add_func ("/icestream/too-many", test_too_many);
  g_test_add_func ("/icestream/local", test_local);
  g_test_add_func ("/icestream/restart", test_restart);
  g_test_add_func ("/icestream/restart/ours", test_restart_ours);
  g_test_add_func ("/icestream/only-datagrams", test_only_datagrams);
  g_test_add_func ("/icestream/progress", test_progress);
  g_test_add_func ("/icestream/earlier/credentials", test_earlier_credentials);
  g_test_add_func ("/icestream/earlier/candidates", test_earlier_candidates);
  g_test_add_func ("/icestream/earlier/bounded", test_earlier_are_bounded);
  g_test_add_func ("/icestream/names", test_names);
  g_test_add_func ("/icestream/names/end-waits", test_end_waits_for_names);
  g_test_add_func ("/icestream/answers", test_answers);
  g_test_add_func ("/icestream/trouble", test_trouble);
  g_test_add_func ("/icestream/trouble-rate", test_trouble_rate);
  g_test_add_func ("/icestream/names/fates", test_fates);
  g_test_add_func ("/icestream/names/strangers", test_names_of_strangers);
  g_test_add_func ("/icestream/names/restart", test_names_at_restart);
  return g_test_run ();
}
