/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages of the built-in signalling, one JSON object a line, text <->
 * struct. Pure. */
#pragma once

#include <glib.h>
#include "model/icestate.h"

G_BEGIN_DECLS

#define ICE_MESSAGE_ERROR (ice_message_error_quark ())

typedef enum
{
  ICE_MESSAGE_ERROR_SYNTAX,
  ICE_MESSAGE_ERROR_SIZE,
  ICE_MESSAGE_ERROR_TYPE,
  ICE_MESSAGE_ERROR_MEMBER
} IceMessageError;

typedef enum
{
  ICE_MESSAGE_PARAMETERS,
  ICE_MESSAGE_CANDIDATE,
  ICE_MESSAGE_BYE
} IceMessageType;

/* The longest line, its newline included. */
#define ICE_MESSAGE_MAX_SIZE 65536
#define ICE_MESSAGE_MAX_GENERATION 2147483647u

typedef struct
{
  IceMessageType type;
  guint stream;     /* parameters, candidate */
  gchar *ufrag;     /* parameters; candidate: NULL when absent */
  gchar *password;  /* parameters */
  GstIceRole role;  /* parameters */
  guint generation; /* parameters */
  gchar *candidate; /* candidate; "" = end of candidates */
} IceMessage;

GQuark ice_message_error_quark (void);

IceMessage *ice_message_parse (const gchar *line, gsize length, GError **error);
gchar *ice_message_to_line (const IceMessage *message);
void ice_message_free (IceMessage *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IceMessage, ice_message_free)

G_END_DECLS
