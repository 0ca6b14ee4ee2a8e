/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The order of messages on one signalling line. */
#include "signalling/icemessageorder.h"

#include <string.h>

static gchar ufrag[] = "frag";
static gchar other_ufrag[] = "gart";
static gchar password[] = "a-password-of-22-chars";
static gchar other_password[] = "b-password-of-22-chars";
static gchar candidate[] = "";

static IceMessage
parameters (guint stream, guint generation)
{
  IceMessage message = { .type = ICE_MESSAGE_PARAMETERS,
    .stream = stream,
    .ufrag = ufrag,
    .password = password,
    .role = GST_ICE_ROLE_CONTROLLING,
    .generation = generation };

  return message;
}

static IceMessage
of_type (IceMessageType type, guint stream)
{
  IceMessage message = {
    .type = type, .stream = stream, .candidate = candidate
  };

  return message;
}

static void
check (
    IceMessageOrder *order, IceMessage message, IceMessageOrderVerdict expected)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (
      ice_message_order_check (order, &message, &error), ==, expected);
  g_assert_true ((error != NULL) == (expected == ICE_MESSAGE_ORDER_WRONG));
  if (error)
    g_assert_null (strstr (error->message, "password-of"));
}

static void
check_wrong (
    IceMessageOrder *order, IceMessage message, IceMessageOrderError expected)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (ice_message_order_check (order, &message, &error), ==,
      ICE_MESSAGE_ORDER_WRONG);
  g_assert_error (error, ICE_MESSAGE_ORDER_ERROR, (gint) expected);
}

static void
test_candidate (void)
{
  g_autoptr (IceMessageOrder) order = ice_message_order_new ();

  check_wrong (order, of_type (ICE_MESSAGE_CANDIDATE, 0),
      ICE_MESSAGE_ORDER_ERROR_CANDIDATE);
  check (order, parameters (0, 0), ICE_MESSAGE_ORDER_NEW);
  check (order, of_type (ICE_MESSAGE_CANDIDATE, 0), ICE_MESSAGE_ORDER_NEW);
  check (order, of_type (ICE_MESSAGE_CANDIDATE, 0), ICE_MESSAGE_ORDER_NEW);
  check_wrong (order, of_type (ICE_MESSAGE_CANDIDATE, 1),
      ICE_MESSAGE_ORDER_ERROR_CANDIDATE);
}

static void
test_generation (void)
{
  g_autoptr (IceMessageOrder) order = ice_message_order_new ();
  IceMessage again = parameters (0, 3);

  check (order, parameters (0, 3), ICE_MESSAGE_ORDER_NEW);
  check (order, parameters (0, 3), ICE_MESSAGE_ORDER_REPEAT);
  check (order, parameters (1, 0), ICE_MESSAGE_ORDER_NEW);
  check_wrong (order, parameters (0, 2), ICE_MESSAGE_ORDER_ERROR_GENERATION);
  again.ufrag = other_ufrag;
  check_wrong (order, again, ICE_MESSAGE_ORDER_ERROR_CREDENTIALS);
  again.ufrag = ufrag;
  again.password = other_password;
  check_wrong (order, again, ICE_MESSAGE_ORDER_ERROR_CREDENTIALS);
  again.generation = 4;
  check (order, again, ICE_MESSAGE_ORDER_NEW);
  check (order, again, ICE_MESSAGE_ORDER_REPEAT);
  check (order, parameters (0, 4), ICE_MESSAGE_ORDER_WRONG);
}

/* The border of one step, of the first message and of others; of all streams.
 */
static void
test_step (void)
{
  const guint step = ICE_MESSAGE_ORDER_MAX_STEP;
  g_autoptr (IceMessageOrder) first = ice_message_order_new ();
  g_autoptr (IceMessageOrder) last = ice_message_order_new ();
  g_autoptr (IceMessageOrder) order = ice_message_order_new ();

  check_wrong (
      first, parameters (0, step + 1), ICE_MESSAGE_ORDER_ERROR_GENERATION);
  check_wrong (last, parameters (0, ICE_MESSAGE_MAX_GENERATION),
      ICE_MESSAGE_ORDER_ERROR_GENERATION);
  check (order, parameters (0, step), ICE_MESSAGE_ORDER_NEW);
  check (order, parameters (1, 2 * step), ICE_MESSAGE_ORDER_NEW);
  check (order, parameters (0, 3 * step), ICE_MESSAGE_ORDER_NEW);
  check_wrong (
      order, parameters (1, 4 * step + 1), ICE_MESSAGE_ORDER_ERROR_GENERATION);
}

/* All messages of a line, each with the longest step, leave generations. */
static void
test_last_generation (void)
{
  g_autoptr (IceMessageOrder) order = ice_message_order_new ();
  guint generation = 0;

  for (guint i = 0; i < ICE_MESSAGE_ORDER_MAX_MESSAGES; i++) {
    generation += ICE_MESSAGE_ORDER_MAX_STEP;
    check (order, parameters (i % 2, generation), ICE_MESSAGE_ORDER_NEW);
  }
  g_assert_cmpuint (generation, <, ICE_MESSAGE_MAX_GENERATION);
  check_wrong (
      order, parameters (0, generation + 1), ICE_MESSAGE_ORDER_ERROR_COUNT);
}

/* A role conflict is no change of credentials, but it is news. */
static void
test_role (void)
{
  g_autoptr (IceMessageOrder) order = ice_message_order_new ();
  IceMessage controlled = parameters (0, 0);

  controlled.role = GST_ICE_ROLE_CONTROLLED;
  check (order, parameters (0, 0), ICE_MESSAGE_ORDER_NEW);
  check (order, controlled, ICE_MESSAGE_ORDER_NEW);
  check (order, controlled, ICE_MESSAGE_ORDER_REPEAT);
}

static void
test_bye (void)
{
  g_autoptr (IceMessageOrder) order = ice_message_order_new ();

  g_assert_false (ice_message_order_has_ended (order));
  check (order, of_type (ICE_MESSAGE_BYE, 0), ICE_MESSAGE_ORDER_NEW);
  g_assert_true (ice_message_order_has_ended (order));
  check_wrong (
      order, of_type (ICE_MESSAGE_BYE, 0), ICE_MESSAGE_ORDER_ERROR_BYE);
  check_wrong (order, parameters (0, 0), ICE_MESSAGE_ORDER_ERROR_BYE);
}

static void
test_count (void)
{
  g_autoptr (IceMessageOrder) order = ice_message_order_new ();

  check (order, parameters (0, 0), ICE_MESSAGE_ORDER_NEW);
  for (guint i = 1; i < ICE_MESSAGE_ORDER_MAX_MESSAGES; i++)
    check (order, parameters (0, 0), ICE_MESSAGE_ORDER_REPEAT);
  check_wrong (order, parameters (0, 0), ICE_MESSAGE_ORDER_ERROR_COUNT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/icemessageorder/candidate", test_candidate);
  g_test_add_func ("/icemessageorder/generation", test_generation);
  g_test_add_func ("/icemessageorder/step", test_step);
  g_test_add_func ("/icemessageorder/last-generation", test_last_generation);
  g_test_add_func ("/icemessageorder/role", test_role);
  g_test_add_func ("/icemessageorder/bye", test_bye);
  g_test_add_func ("/icemessageorder/count", test_count);
  return g_test_run ();
}
