/* gst-ice: libFuzzer entry point of icemessage and icemessageorder: no crash,
 * exact round trip, and an end of what is wrong.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "candidates/icecandidate.h"
#include "model/icestream.h"
#include "candidates/icecredentials.h"
#include "signalling/icemessageorder.h"

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

static IceMessage *
parse (const gchar *line, gsize size)
{
  g_autoptr (GError) error = NULL;
  IceMessage *message = ice_message_parse (line, size, &error);

  if (message == NULL) {
    g_assert_true (error != NULL && error->domain == ICE_MESSAGE_ERROR);
    g_assert_true (g_str_is_ascii (error->message));
    g_assert_cmpuint (strlen (error->message), <, 300);
    return NULL;
  }

  g_assert_no_error (error);
  g_assert_cmpuint (message->stream, <=, ICE_STREAM_MAX_INDEX);
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
  return message;
}

/* Returns: whether the line goes on */
static gboolean
check_order (IceMessageOrder *order, const IceMessage *message)
{
  g_autoptr (GError) error = NULL;
  gboolean ended = ice_message_order_has_ended (order);
  IceMessageOrderVerdict verdict = ice_message_order_check (
      order, message, &error);

  g_assert_true ((error != NULL) == (verdict == ICE_MESSAGE_ORDER_WRONG));
  if (error != NULL) {
    g_assert_true (error->domain == ICE_MESSAGE_ORDER_ERROR);
    g_assert_cmpuint (strlen (error->message), <, 300);
    return FALSE;
  }
  g_assert_false (ended);
  g_assert_true (ice_message_order_has_ended (order)
      == (message->type == ICE_MESSAGE_BYE));
  return TRUE;
}

/* As lines that come one after the other, up to the first wrong one. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (IceMessageOrder) order = ice_message_order_new ();
  const gchar *line = (const gchar *) data;
  gboolean goes_on = TRUE;

  do {
    const gchar *end = size > 0 ? memchr (line, '\n', size) : NULL;
    gsize length = end != NULL ? (gsize) (end - line) + 1 : size;
    g_autoptr (IceMessage) message = parse (line, length);

    goes_on = message != NULL && check_order (order, message);
    line += length;
    size -= length;
  } while (goes_on && size > 0);
  return 0;
}
