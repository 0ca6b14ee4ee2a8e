/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The order in which messages may come on one signalling line. Pure: no I/O, no
 * clock, no globals. */
#include "signalling/icemessageorder.h"

/* The last parameters of one stream. */
typedef struct
{
  guint generation;
  GstIceRole role;
  gchar *ufrag;
  gchar *password;
} Parameters;

struct _IceMessageOrder
{
  guint n_messages;
  guint greatest; /* generation; of all streams */
  gboolean ended;
  GHashTable *streams; /* stream -> Parameters */
};

G_DEFINE_QUARK (ice_message_order_error, ice_message_order_error)

static void
parameters_free (gpointer data)
{
  Parameters *parameters = data;

  g_free (parameters->ufrag);
  g_free (parameters->password);
  g_free (parameters);
}

static Parameters *
parameters_new (const IceMessage *message)
{
  Parameters *parameters = g_new0 (Parameters, 1);

  parameters->generation = message->generation;
  parameters->role = message->role;
  parameters->ufrag = g_strdup (message->ufrag);
  parameters->password = g_strdup (message->password);
  return parameters;
}

/**
 * ice_message_order_new:
 *
 * Returns: (transfer full): the rules for one line on which nothing came yet
 */
IceMessageOrder *
ice_message_order_new (void)
{
  IceMessageOrder *self = g_new0 (IceMessageOrder, 1);

  self->streams = g_hash_table_new_full (
      g_direct_hash, g_direct_equal, NULL, parameters_free);
  return self;
}

/**
 * ice_message_order_free:
 * @self: (nullable) (transfer full): what ice_message_order_new() returned
 */
void
ice_message_order_free (IceMessageOrder *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->streams);
  g_free (self);
}

/* Returns: whether the generation is not too far ahead */
static gboolean
check_step (IceMessageOrder *self, const IceMessage *message, GError **error)
{
  if (message->generation <= self->greatest + ICE_MESSAGE_ORDER_MAX_STEP) {
    self->greatest = MAX (self->greatest, message->generation);
    return TRUE;
  }
  g_set_error (error, ICE_MESSAGE_ORDER_ERROR,
      ICE_MESSAGE_ORDER_ERROR_GENERATION,
      "parameters of stream %u have generation %u, more than %u after "
      "generation %u",
      message->stream, message->generation, ICE_MESSAGE_ORDER_MAX_STEP,
      self->greatest);
  return FALSE;
}

static IceMessageOrderVerdict
check_parameters (
    IceMessageOrder *self, const IceMessage *message, GError **error)
{
  Parameters *last = g_hash_table_lookup (
      self->streams, GUINT_TO_POINTER (message->stream));

  if (last && message->generation < last->generation) {
    g_set_error (error, ICE_MESSAGE_ORDER_ERROR,
        ICE_MESSAGE_ORDER_ERROR_GENERATION,
        "parameters of stream %u go back from generation %u to %u",
        message->stream, last->generation, message->generation);
    return ICE_MESSAGE_ORDER_WRONG;
  }
  if (last && message->generation == last->generation) {
    if (g_strcmp0 (message->ufrag, last->ufrag) != 0
        || g_strcmp0 (message->password, last->password) != 0) {
      g_set_error (error, ICE_MESSAGE_ORDER_ERROR,
          ICE_MESSAGE_ORDER_ERROR_CREDENTIALS,
          "parameters of stream %u change the credentials within generation "
          "%u; a restart needs a new generation",
          message->stream, message->generation);
      return ICE_MESSAGE_ORDER_WRONG;
    }
    if (message->role == last->role)
      return ICE_MESSAGE_ORDER_REPEAT;
  }
  if (!check_step (self, message, error))
    return ICE_MESSAGE_ORDER_WRONG;
  g_hash_table_insert (self->streams, GUINT_TO_POINTER (message->stream),
      parameters_new (message));
  return ICE_MESSAGE_ORDER_NEW;
}

/**
 * ice_message_order_check:
 * @self: the rules for the line on which @message came
 * @message: a valid message, the next one of that line
 * @error: (out) (optional): why the order is wrong
 *
 * Every message of a line goes through here once. Close the line after
 * %ICE_MESSAGE_ORDER_WRONG.
 *
 * Returns: how to handle @message; @error is set for %ICE_MESSAGE_ORDER_WRONG
 *   only
 */
IceMessageOrderVerdict
ice_message_order_check (
    IceMessageOrder *self, const IceMessage *message, GError **error)
{
  if (self->ended) {
    g_set_error_literal (error, ICE_MESSAGE_ORDER_ERROR,
        ICE_MESSAGE_ORDER_ERROR_BYE, "a message came after the bye");
    return ICE_MESSAGE_ORDER_WRONG;
  }
  if (self->n_messages++ >= ICE_MESSAGE_ORDER_MAX_MESSAGES) {
    g_set_error (error, ICE_MESSAGE_ORDER_ERROR, ICE_MESSAGE_ORDER_ERROR_COUNT,
        "more than %u messages came on one line",
        ICE_MESSAGE_ORDER_MAX_MESSAGES);
    return ICE_MESSAGE_ORDER_WRONG;
  }
  switch (message->type) {
    case ICE_MESSAGE_PARAMETERS:
      return check_parameters (self, message, error);
    case ICE_MESSAGE_CANDIDATE:
      if (!g_hash_table_contains (
              self->streams, GUINT_TO_POINTER (message->stream))) {
        g_set_error (error, ICE_MESSAGE_ORDER_ERROR,
            ICE_MESSAGE_ORDER_ERROR_CANDIDATE,
            "a candidate of stream %u came before that stream's parameters",
            message->stream);
        return ICE_MESSAGE_ORDER_WRONG;
      }
      return ICE_MESSAGE_ORDER_NEW;
    case ICE_MESSAGE_BYE:
      self->ended = TRUE;
      return ICE_MESSAGE_ORDER_NEW;
  }
  g_return_val_if_reached (ICE_MESSAGE_ORDER_WRONG);
}

/**
 * ice_message_order_has_ended:
 * @self: the rules for one line
 *
 * Returns: whether the bye came
 */
gboolean
ice_message_order_has_ended (const IceMessageOrder *self)
{
  return self->ended;
}
