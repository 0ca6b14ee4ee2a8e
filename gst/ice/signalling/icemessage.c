/* gst-ice: messages of the built-in signalling, text to struct and back.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "signalling/icemessage.h"

#include <string.h>
#include <json-glib/json-glib.h>

#include "candidates/icecandidate.h"
#include "candidates/icecredentials.h"
#include "model/iceerror.h"
#include "model/icestream.h"

/* Our messages have a depth of one; json-glib recurses as deep as its input. */
#define DEPTH_MAX 16
/* How much of a refused value goes into a message. */
#define QUOTE_MAX_LENGTH 48

G_DEFINE_QUARK (ice_message_error, ice_message_error)

/* --- JSON text --- */

/* json-glib 1.6 reads a superset of RFC 8259: comments, octal and hexadecimal
 * numbers, 'strings', unknown escapes, lone surrogates, a second object after
 * the first. It cuts strings off at \u0000. So the lexemes and the depth are
 * checked here first; json-glib then checks the grammar. */

/* Reads "\uXXXX" at @text; returns the text behind it, or NULL. */
static const gchar *
read_unit (const gchar *text, guint *unit)
{
  guint i;

  if (text[0] != '\\' || text[1] != 'u')
    return NULL;

  *unit = 0;
  for (i = 2; i < 6; i++) {
    if (!g_ascii_isxdigit (text[i]))
      return NULL;
    *unit = *unit * 16 + g_ascii_xdigit_value (text[i]);
  }
  return text + i;
}

/* Returns the text behind the escape that begins at @text, or NULL. UTF-16
 * surrogates come in pairs, RFC 8259 section 7. */
static const gchar *
skip_escape (const gchar *text)
{
  guint unit, low;

  if (text[1] != '\0' && strchr ("\"\\/bfnrt", text[1]) != NULL)
    return text + 2;

  text = read_unit (text, &unit);
  if (text == NULL || unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff))
    return NULL;
  if (unit >= 0xd800 && unit <= 0xdbff) {
    text = read_unit (text, &low);
    if (text == NULL || low < 0xdc00 || low > 0xdfff)
      return NULL;
  }
  return text;
}

/* Returns the text behind the string that begins at @text, or NULL. */
static const gchar *
skip_string (const gchar *text)
{
  text++;
  while (text != NULL && *text != '"') {
    if (*text == '\\')
      text = skip_escape (text);
    else
      text = (guchar) *text < 0x20 ? NULL : text + 1;
  }
  return text != NULL ? text + 1 : NULL;
}

static const gchar *
skip_digits (const gchar *text)
{
  if (!g_ascii_isdigit (*text))
    return NULL;
  while (g_ascii_isdigit (*text))
    text++;
  return text;
}

static const gchar *
skip_number (const gchar *text)
{
  if (*text == '-')
    text++;
  text = *text == '0' ? text + 1 : skip_digits (text);
  if (text != NULL && *text == '.')
    text = skip_digits (text + 1);
  if (text != NULL && (*text == 'e' || *text == 'E')) {
    text++;
    if (*text == '+' || *text == '-')
      text++;
    text = skip_digits (text);
  }
  return text;
}

/* Returns the text behind the number or literal at @text, or NULL. */
static const gchar *
skip_word (const gchar *text)
{
  static const gchar *const literals[] = { "true", "false", "null" };
  const gchar *end = NULL;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (literals) && end == NULL; i++) {
    if (g_str_has_prefix (text, literals[i]))
      end = text + strlen (literals[i]);
  }
  if (end == NULL)
    end = skip_number (text);

  return end != NULL && strchr (" \t,]}", *end) != NULL ? end : NULL;
}

static gboolean
refuse_syntax (
    const gchar *text, const gchar *at, const gchar *expected, GError **error)
{
  g_set_error (error, ICE_MESSAGE_ERROR, ICE_MESSAGE_ERROR_SYNTAX,
      "signalling message: not accepted at byte %" G_GSSIZE_FORMAT
      ", expected %s",
      (gssize) (at - text) + 1, expected);
  return FALSE;
}

/* One object of at most DEPTH_MAX, made of JSON's lexemes, and nothing else. */
static gboolean
check_lexemes (const gchar *text, GError **error)
{
  const gchar *at = text + strspn (text, " \t");
  const gchar *next;
  guint depth = 0;

  if (*at != '{')
    return refuse_syntax (text, at, "an object", error);

  do {
    next = at + 1;
    if (*at == '{' || *at == '[') {
      if (++depth > DEPTH_MAX)
        return refuse_syntax (text, at,
            "at most " G_STRINGIFY (DEPTH_MAX) " objects and arrays in each "
                                               "other",
            error);
    } else if (*at == '}' || *at == ']') {
      depth--;
    } else if (*at == '"') {
      next = skip_string (at);
    } else if (strchr (" \t:,", *at) == NULL || *at == '\0') {
      next = skip_word (at);
    }
    if (next == NULL)
      return refuse_syntax (text, at,
          "a string, a number, true, false, null or the object's end", error);
    at = next;
  } while (depth > 0);

  at += strspn (at, " \t");
  if (*at != '\0')
    return refuse_syntax (text, at, "nothing after the object", error);
  return TRUE;
}

/* Returns the line without its end as a string of its own, or NULL. */
static gchar *
take_text (const gchar *line, gsize length, GError **error)
{
  gsize content = length;

  if (content > 0 && line[content - 1] == '\n')
    content--;
  if (content > 0 && line[content - 1] == '\r')
    content--;

  if (length > ICE_MESSAGE_MAX_SIZE || content >= ICE_MESSAGE_MAX_SIZE) {
    g_set_error (error, ICE_MESSAGE_ERROR, ICE_MESSAGE_ERROR_SIZE,
        "signalling message: the line has %" G_GSIZE_FORMAT
        " bytes, expected at most %d with its newline",
        length, ICE_MESSAGE_MAX_SIZE);
    return NULL;
  }
  if (!g_utf8_validate_len (line, content, NULL)) {
    g_set_error_literal (error, ICE_MESSAGE_ERROR, ICE_MESSAGE_ERROR_SYNTAX,
        "signalling message: the line is not UTF-8 text, or has a NUL in it");
    return NULL;
  }
  return g_strndup (line, content);
}

/* --- members --- */

static gboolean
refuse_member (GError **error, const gchar *name, const gchar *expected)
{
  g_set_error (error, ICE_MESSAGE_ERROR, ICE_MESSAGE_ERROR_MEMBER,
      "signalling message: member \"%s\" is missing or not valid, expected %s",
      name, expected);
  return FALSE;
}

static gboolean
get_number (JsonObject *object, const gchar *name, guint max, guint *number,
    GError **error)
{
  JsonNode *node = json_object_get_member (object, name);
  gint64 value = -1;

  if (node != NULL && JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_INT64)
    value = json_node_get_int (node);

  if (value < 0 || value > max) {
    g_autofree gchar *expected = g_strdup_printf (
        "a whole number from 0 to %u", max);

    return refuse_member (error, name, expected);
  }

  *number = value;
  return TRUE;
}

/* The string is @object's. */
static const gchar *
get_string (JsonObject *object, const gchar *name, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);
  const gchar *text = NULL;

  if (node != NULL && JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_STRING)
    text = json_node_get_string (node);

  if (text == NULL) {
    refuse_member (error, name, "a string");
    return NULL;
  }
  return text;
}

static gboolean
get_credential (JsonObject *object, const gchar *name,
    gboolean (*check) (const gchar *text, GError **error), gchar **credential,
    GError **error)
{
  g_autoptr (GError) reason = NULL;
  const gchar *text = get_string (object, name, error);

  if (text == NULL)
    return FALSE;
  if (!check (text, &reason)) {
    g_set_error (error, ICE_MESSAGE_ERROR, ICE_MESSAGE_ERROR_MEMBER,
        "signalling message: member \"%s\": %s", name, reason->message);
    return FALSE;
  }

  *credential = g_strdup (text);
  return TRUE;
}

/* RTCIceRole of webrtc-pc section 5.6 */
static const gchar *
role_to_string (GstIceRole role)
{
  switch (role) {
    case GST_ICE_ROLE_UNKNOWN:
      return "unknown";
    case GST_ICE_ROLE_CONTROLLING:
      return "controlling";
    case GST_ICE_ROLE_CONTROLLED:
      return "controlled";
  }
  g_return_val_if_reached (NULL);
}

static gboolean
get_role (JsonObject *object, GstIceRole *role, GError **error)
{
  static const GstIceRole roles[] = { GST_ICE_ROLE_UNKNOWN,
    GST_ICE_ROLE_CONTROLLING, GST_ICE_ROLE_CONTROLLED };
  const gchar *text = get_string (object, "role", error);
  gsize i;

  if (text == NULL)
    return FALSE;
  for (i = 0; i < G_N_ELEMENTS (roles); i++) {
    if (strcmp (text, role_to_string (roles[i])) == 0) {
      *role = roles[i];
      return TRUE;
    }
  }
  return refuse_member (error, "role", "controlling, controlled or unknown");
}

/* --- the messages --- */

static gboolean
take_parameters (IceMessage *message, JsonObject *object, GError **error)
{
  return get_number (
             object, "stream", ICE_STREAM_MAX_INDEX, &message->stream, error)
      && get_credential (
          object, "usernameFragment", ice_ufrag_check, &message->ufrag, error)
      && get_credential (
          object, "password", ice_password_check, &message->password, error)
      && get_role (object, &message->role, error)
      && get_number (object, "generation", ICE_MESSAGE_MAX_GENERATION,
          &message->generation, error);
}

/* RTCIceCandidateInit of webrtc-pc section 4.8.1, where usernameFragment may be
 * absent or null. */
static gboolean
take_candidate (IceMessage *message, JsonObject *object, GError **error)
{
  const gchar *candidate;

  if (!get_number (object, "sdpMLineIndex", ICE_STREAM_MAX_INDEX,
          &message->stream, error))
    return FALSE;

  candidate = get_string (object, "candidate", error);
  if (candidate == NULL)
    return FALSE;
  if (strlen (candidate) > ICE_CANDIDATE_MAX_LENGTH)
    return refuse_member (error, "candidate",
        "at most " G_STRINGIFY (ICE_CANDIDATE_MAX_LENGTH) " bytes");
  message->candidate = g_strdup (candidate);

  if (!json_object_has_member (object, "usernameFragment")
      || json_object_get_null_member (object, "usernameFragment"))
    return TRUE;
  return get_credential (
      object, "usernameFragment", ice_ufrag_check, &message->ufrag, error);
}

static gboolean
take_nothing (IceMessage *message, JsonObject *object, GError **error)
{
  return TRUE;
}

static const struct
{
  IceMessageType type;
  const gchar *name;
  gboolean (*take) (IceMessage *message, JsonObject *object, GError **error);
} types[] = {
  { ICE_MESSAGE_PARAMETERS, "parameters", take_parameters },
  { ICE_MESSAGE_CANDIDATE, "candidate", take_candidate },
  { ICE_MESSAGE_BYE, "bye", take_nothing },
};

static gboolean
take_message (IceMessage *message, JsonObject *object, GError **error)
{
  g_autofree gchar *quoted = NULL;
  const gchar *type = get_string (object, "type", error);
  gsize i;

  if (type == NULL)
    return FALSE;
  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    if (strcmp (type, types[i].name) == 0) {
      message->type = types[i].type;
      return types[i].take (message, object, error);
    }
  }

  quoted = ice_error_quote (type, QUOTE_MAX_LENGTH);
  g_set_error (error, ICE_MESSAGE_ERROR, ICE_MESSAGE_ERROR_TYPE,
      "signalling message: type %s is unknown, expected parameters, candidate "
      "or bye",
      quoted);
  return FALSE;
}

/**
 * ice_message_parse:
 * @line: (array length=length): one line, with or without its "\n" or "\r\n"
 * @length: bytes in @line
 * @error: return location for an #IceMessageError, or %NULL
 *
 * Parses one message of the built-in signalling, a JSON object (RFC 8259) of
 * at most %ICE_MESSAGE_MAX_SIZE bytes. Unknown members are ignored. A message's
 * `candidate` is only known to be a string of bounded length; it is parsed with
 * ice_candidate_parse(). No error message holds a password. Any thread.
 *
 * Returns: (transfer full) (nullable): the message, or %NULL with @error set
 */
IceMessage *
ice_message_parse (const gchar *line, gsize length, GError **error)
{
  g_autoptr (IceMessage) message = NULL;
  g_autoptr (JsonParser) parser = NULL;
  g_autofree gchar *text = NULL;
  JsonNode *root;

  g_return_val_if_fail (line != NULL, NULL);

  text = take_text (line, length, error);
  if (text == NULL || !check_lexemes (text, error))
    return NULL;

  /* json-glib's message may repeat any part of the line. */
  parser = json_parser_new ();
  if (!json_parser_load_from_data (parser, text, -1, NULL)
      || (root = json_parser_get_root (parser)) == NULL
      || !JSON_NODE_HOLDS_OBJECT (root)) {
    g_set_error_literal (error, ICE_MESSAGE_ERROR, ICE_MESSAGE_ERROR_SYNTAX,
        "signalling message: the line is not one JSON object");
    return NULL;
  }

  message = g_new0 (IceMessage, 1);
  if (!take_message (message, json_node_get_object (root), error))
    return NULL;
  return g_steal_pointer (&message);
}

/* --- printing --- */

static void
add_string (JsonBuilder *builder, const gchar *name, const gchar *text)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, text);
}

static void
add_number (JsonBuilder *builder, const gchar *name, guint number)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, number);
}

static void
add_members (JsonBuilder *builder, const IceMessage *message)
{
  switch (message->type) {
    case ICE_MESSAGE_PARAMETERS:
      add_string (builder, "type", "parameters");
      add_number (builder, "stream", message->stream);
      add_string (builder, "usernameFragment", message->ufrag);
      add_string (builder, "password", message->password);
      add_string (builder, "role", role_to_string (message->role));
      add_number (builder, "generation", message->generation);
      break;
    case ICE_MESSAGE_CANDIDATE:
      add_string (builder, "type", "candidate");
      add_number (builder, "sdpMLineIndex", message->stream);
      if (message->ufrag != NULL)
        add_string (builder, "usernameFragment", message->ufrag);
      add_string (builder, "candidate", message->candidate);
      break;
    case ICE_MESSAGE_BYE:
      add_string (builder, "type", "bye");
      break;
  }
}

/**
 * ice_message_to_line:
 * @message: a message whose strings are UTF-8
 *
 * Prints one line of JSON with its "\n", the only one in it.
 * ice_message_parse() gives an equal struct back. Any thread.
 *
 * Returns: (transfer full): the line
 */
gchar *
ice_message_to_line (const IceMessage *message)
{
  g_autoptr (JsonBuilder) builder = NULL;
  g_autoptr (JsonNode) root = NULL;
  g_autofree gchar *text = NULL;

  g_return_val_if_fail (message != NULL, NULL);

  builder = json_builder_new ();
  json_builder_begin_object (builder);
  add_members (builder, message);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);

  return g_strconcat (text, "\n", NULL);
}

/**
 * ice_message_free:
 * @message: (transfer full) (nullable): a message
 *
 * Any thread.
 */
void
ice_message_free (IceMessage *message)
{
  if (message == NULL)
    return;

  g_free (message->ufrag);
  g_free (message->password);
  g_free (message->candidate);
  g_free (message);
}
