/* gst-ice: libFuzzer entry point of icemessage: no crash, exact round trip.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "candidates/icecandidate.h"
#include "candidates/icecredentials.h"
#include "signalling/icemessage.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
assert_messages_equal (const IceMessage *a, const IceMessage *b)
{
  g_assert_cmpint (a->type, ==, b->type);
  g_assert_cmpuint (a->stream, ==, b->stream);
  g_assert_cmpstr (a->ufrag, ==, b->ufrag);
  g_assert_cmpstr (a->password, ==, b->password);
  g_assert_cmpint (a->role, ==, b->role);
  g_assert_cmpuint (a->generation, ==, b->generation);
  g_assert_cmpstr (a->candidate, ==, b->candidate);
}

static void
assert_round_trip (const IceMessage *message)
{
  g_autoptr (IceMessage) again = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *line = ice_message_to_line (message);
  g_autofree gchar *line_again = NULL;

  g_assert_true (strchr (line, '\n') == line + strlen (line) - 1);
  g_assert_true (g_utf8_validate (line, -1, NULL));
  again = ice_message_parse (line, strlen (line), &error);
  g_assert_no_error (error);
  assert_messages_equal (message, again);
  line_again = ice_message_to_line (again);
  g_assert_cmpstr (line, ==, line_again);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (IceMessage)
      message = ice_message_parse ((const gchar *) data, size, &error);

  if (message == NULL) {
    g_assert_true (error != NULL && error->domain == ICE_MESSAGE_ERROR);
    g_assert_true (g_str_is_ascii (error->message));
    g_assert_cmpuint (strlen (error->message), <, 300);
    return 0;
  }

  g_assert_no_error (error);
  g_assert_cmpuint (message->stream, <=, ICE_MESSAGE_MAX_STREAM);
  g_assert_true (
      message->ufrag == NULL || ice_ufrag_check (message->ufrag, NULL));
  g_assert_true (
      (message->type == ICE_MESSAGE_CANDIDATE) == (message->candidate != NULL));
  g_assert_true (
      (message->type == ICE_MESSAGE_PARAMETERS) == (message->password != NULL));
  if (message->candidate != NULL)
    g_assert_cmpuint (
        strlen (message->candidate), <=, ICE_CANDIDATE_MAX_LENGTH);
  if (message->password != NULL)
    g_assert_true (ice_password_check (message->password, NULL));
  assert_round_trip (message);
  return 0;
}
