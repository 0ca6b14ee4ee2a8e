/* gst-ice: candidate-attribute of RFC 8839, text to struct.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "candidates/icecandidate.h"

#include <string.h>

#include "candidates/icecredentials.h"

#define PREFIX "candidate:"

/* RFC 8839 section 5.1 */
#define FOUNDATION_MAX_LENGTH 32
/* The longest foundation that is accepted: some agents send longer ones than
 * the RFC permits. */
#define FOREIGN_FOUNDATION_MAX_LENGTH 256
#define COMPONENT_MAX_DIGITS 3
#define COMPONENT_MAX 256 /* RFC 8839: 1 to 256 */
#define PRIORITY_MAX_DIGITS 10
#define PRIORITY_MAX G_MAXINT32 /* RFC 8445 section 5.1.2: 1 to 2**31 - 1 */
#define PORT_MAX_DIGITS 5
/* RFC 8839 has no limit; browsers send fewer than ten. */
#define EXTENSIONS_MAX 32
/* How much of a refused token goes into a message. */
#define QUOTE_MAX_LENGTH 48
#define LINE_QUOTE_MAX_LENGTH 128

/* Takes one token into the candidate; FALSE if the token is not of the expected
 * form. */
typedef gboolean (*TokenFunc) (IceCandidate *candidate, const gchar *token);

typedef struct
{
  IceCandidateError code;
  const gchar *name;
  const gchar *expected;
  TokenFunc take;
} Field;

G_DEFINE_QUARK (ice_candidate_error, ice_candidate_error)

static gboolean
refuse (GError **error, IceCandidateError code, const gchar *name,
    const gchar *token, const gchar *expected)
{
  g_autofree gchar *quoted = NULL;

  if (token == NULL) {
    g_set_error (error, ICE_CANDIDATE_ERROR, code,
        "ICE candidate: the %s is missing, expected %s", name, expected);
    return FALSE;
  }

  quoted = g_strescape (token, NULL);
  g_set_error (error, ICE_CANDIDATE_ERROR, code,
      "ICE candidate: %s \"%.*s\"%s is not accepted, expected %s", name,
      QUOTE_MAX_LENGTH, quoted, strlen (quoted) > QUOTE_MAX_LENGTH ? "..." : "",
      expected);
  return FALSE;
}

static gboolean
take_number (const gchar *token, gsize max_digits, guint64 min, guint64 max,
    guint64 *number)
{
  return strlen (token) <= max_digits
      && g_ascii_string_to_unsigned (token, 10, min, max, number, NULL);
}

static gboolean
take_port_number (const gchar *token, guint16 *port)
{
  guint64 number;

  if (!take_number (token, PORT_MAX_DIGITS, 0, G_MAXUINT16, &number))
    return FALSE;

  *port = number;
  return TRUE;
}

/* --- addresses --- */

/* RFC 8839 section 5.1: 1 to 32 ice-chars */
static gboolean
is_foundation (const gchar *token)
{
  gsize i;

  for (i = 0; token[i] != '\0'; i++) {
    if (!g_ascii_isalnum (token[i]) && token[i] != '+' && token[i] != '/')
      return FALSE;
  }
  return i > 0 && i <= FOUNDATION_MAX_LENGTH;
}

/* Foundations are only compared, so one of another form may be replaced by a
 * valid one, as long as equal ones stay equal. */
static gboolean
take_foundation (IceCandidate *candidate, const gchar *token)
{
  g_autofree gchar *sum = NULL;
  gsize i;

  if (is_foundation (token)) {
    candidate->foundation = g_strdup (token);
    return TRUE;
  }
  for (i = 0; token[i] != '\0'; i++) {
    if (!g_ascii_isgraph (token[i]))
      return FALSE;
  }
  if (i == 0 || i > FOREIGN_FOUNDATION_MAX_LENGTH)
    return FALSE;

  sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, token, i);
  candidate->foundation = g_strndup (sum, FOUNDATION_MAX_LENGTH);
  return TRUE;
}

static gboolean
take_component (IceCandidate *candidate, const gchar *token)
{
  guint64 number;

  if (!take_number (token, COMPONENT_MAX_DIGITS, 1, COMPONENT_MAX, &number))
    return FALSE;

  candidate->component = number;
  return TRUE;
}

static gboolean
take_transport (IceCandidate *candidate, const gchar *token)
{
  if (g_ascii_strcasecmp (token, "udp") == 0)
    candidate->protocol = ICE_CANDIDATE_PROTOCOL_UDP;
  else if (g_ascii_strcasecmp (token, "tcp") == 0)
    candidate->protocol = ICE_CANDIDATE_PROTOCOL_TCP;
  else
    return FALSE;
  return TRUE;
}

static gboolean
take_priority (IceCandidate *candidate, const gchar *token)
{
  guint64 number;

  if (!take_number (token, PRIORITY_MAX_DIGITS, 1, PRIORITY_MAX, &number))
    return FALSE;

  candidate->priority = number;
  return TRUE;
}

static gboolean
take_address (IceCandidate *candidate, const gchar *token)
{
  if (!ice_address_is_valid (token))
    return FALSE;

  candidate->address = g_strdup (token);
  return TRUE;
}

static gboolean
take_port (IceCandidate *candidate, const gchar *token)
{
  return take_port_number (token, &candidate->port);
}

static gboolean
take_typ (IceCandidate *candidate, const gchar *token)
{
  return strcmp (token, "typ") == 0;
}

static gboolean
take_type (IceCandidate *candidate, const gchar *token)
{
  static const IceCandidateType types[] = { ICE_CANDIDATE_TYPE_HOST,
    ICE_CANDIDATE_TYPE_SRFLX, ICE_CANDIDATE_TYPE_PRFLX,
    ICE_CANDIDATE_TYPE_RELAY };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    if (strcmp (token, ice_candidate_type_to_string (types[i])) == 0) {
      candidate->type = types[i];
      return TRUE;
    }
  }
  return FALSE;
}

#define ADDRESS_EXPECTED                                                       \
  "an IPv4 address, an IPv6 address without brackets and zone, or a name"

static const Field fields[] = {
  { ICE_CANDIDATE_ERROR_FOUNDATION, "foundation",
      "1 to " G_STRINGIFY (
          FOREIGN_FOUNDATION_MAX_LENGTH) " printable ASCII characters",
      take_foundation },
  { ICE_CANDIDATE_ERROR_COMPONENT, "component", "a number from 1 to 256",
      take_component },
  { ICE_CANDIDATE_ERROR_TRANSPORT, "transport",
      "\"udp\" or \"tcp\", no other transport is supported", take_transport },
  { ICE_CANDIDATE_ERROR_PRIORITY, "priority", "a number from 1 to 2147483647",
      take_priority },
  { ICE_CANDIDATE_ERROR_ADDRESS, "address", ADDRESS_EXPECTED, take_address },
  { ICE_CANDIDATE_ERROR_PORT, "port", "a number from 0 to 65535", take_port },
  { ICE_CANDIDATE_ERROR_TYPE, "keyword before the type", "\"typ\"", take_typ },
  { ICE_CANDIDATE_ERROR_TYPE, "type",
      "\"host\", \"srflx\", \"prflx\" or \"relay\"", take_type },
};

/* --- the part behind the type --- */

static gboolean
take_related_address (IceCandidate *candidate, const gchar *token)
{
  if (!ice_address_is_valid (token))
    return FALSE;

  candidate->related_address = g_strdup (token);
  return TRUE;
}

static gboolean
take_related_port (IceCandidate *candidate, const gchar *token)
{
  return take_port_number (token, &candidate->related_port);
}

static const Field related_address = { ICE_CANDIDATE_ERROR_RELATED_ADDRESS,
  "raddr", ADDRESS_EXPECTED, take_related_address };
static const Field related_port = { ICE_CANDIDATE_ERROR_RELATED_PORT, "rport",
  "a number from 0 to 65535", take_related_port };

static gboolean
take_misplaced (IceCandidate *candidate, const gchar *token)
{
  return FALSE;
}

static gboolean
take_tcp_type (IceCandidate *candidate, const gchar *token)
{
  if (candidate->tcp_type != ICE_CANDIDATE_TCP_NONE)
    return FALSE;

  if (strcmp (token, "active") == 0)
    candidate->tcp_type = ICE_CANDIDATE_TCP_ACTIVE;
  else if (strcmp (token, "passive") == 0)
    candidate->tcp_type = ICE_CANDIDATE_TCP_PASSIVE;
  else if (strcmp (token, "so") == 0)
    candidate->tcp_type = ICE_CANDIDATE_TCP_SO;
  else
    return FALSE;
  return TRUE;
}

static gboolean
take_ufrag (IceCandidate *candidate, const gchar *token)
{
  if (candidate->ufrag != NULL || !ice_ufrag_check (token, NULL))
    return FALSE;

  candidate->ufrag = g_strdup (token);
  return TRUE;
}

/* The attributes that are not kept as extensions. */
static const Field attributes[] = {
  { ICE_CANDIDATE_ERROR_RELATED_ADDRESS, "raddr",
      "it once, right after the type", take_misplaced },
  { ICE_CANDIDATE_ERROR_RELATED_PORT, "rport", "it once, right after the type",
      take_misplaced },
  { ICE_CANDIDATE_ERROR_TCP_TYPE, "tcptype",
      "\"active\", \"passive\" or \"so\", once", take_tcp_type },
  { ICE_CANDIDATE_ERROR_UFRAG, "ufrag",
      "4 to 256 letters, digits, '+' or '/', once", take_ufrag },
};

static const Field *
find_attribute (const gchar *name)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (attributes); i++) {
    if (strcmp (name, attributes[i].name) == 0)
      return &attributes[i];
  }
  return NULL;
}

/* token of RFC 8866 section 9, which extension-att-name is */
static gboolean
is_token (const gchar *text)
{
  gsize i;

  for (i = 0; text[i] != '\0'; i++) {
    if (!g_ascii_isgraph (text[i]) || strchr ("\"(),/:;<=>?@[\\]", text[i]))
      return FALSE;
  }
  return i > 0;
}

/* extension-att-value is *VCHAR; an empty one looks like a stray space. */
static gboolean
is_extension_value (const gchar *text)
{
  gsize i;

  for (i = 0; text[i] != '\0'; i++) {
    if (!g_ascii_isgraph (text[i]))
      return FALSE;
  }
  return i > 0;
}

/* --- parsing --- */

static gboolean
take_field (IceCandidate *candidate, const Field *field, const gchar *token,
    GError **error)
{
  if (token == NULL || !field->take (candidate, token))
    return refuse (error, field->code, field->name, token, field->expected);
  return TRUE;
}

/* The text behind the prefix, without ends of line and blanks at the end. */
static gchar *
trim (const gchar *value)
{
  gsize length = strlen (value);

  while (length > 0 && strchr (" \t\r\n", value[length - 1]) != NULL)
    length--;
  return g_strndup (value, length);
}

static GStrv
split_tokens (const gchar *text, GError **error)
{
  const gchar *attribute = text;
  g_autofree gchar *trimmed = NULL;

  if (text == NULL || text[0] == '\0') {
    g_set_error_literal (error, ICE_CANDIDATE_ERROR, ICE_CANDIDATE_ERROR_PREFIX,
        "ICE candidate: the text is empty, expected \"" PREFIX "\"");
    return NULL;
  }
  if (strlen (text) > ICE_CANDIDATE_MAX_LENGTH) {
    g_set_error (error, ICE_CANDIDATE_ERROR, ICE_CANDIDATE_ERROR_LENGTH,
        "ICE candidate: the text has %" G_GSIZE_FORMAT " bytes, expected at "
        "most %d",
        strlen (text), ICE_CANDIDATE_MAX_LENGTH);
    return NULL;
  }

  if (g_str_has_prefix (attribute, "a="))
    attribute += strlen ("a=");
  if (!g_str_has_prefix (attribute, PREFIX)) {
    refuse (error, ICE_CANDIDATE_ERROR_PREFIX, "text", text,
        "it to begin with \"" PREFIX "\" or \"a=" PREFIX "\"");
    return NULL;
  }

  /* One space exactly: a second one makes an empty token, which no field and
   * no extension takes. */
  trimmed = trim (attribute + strlen (PREFIX));
  return g_strsplit (trimmed, " ", -1);
}

/* RFC 8839 section 5.1 requires raddr, then rport, for srflx, prflx and relay,
 * and neither for host. Some peers leave one or both out, to hide the base, or
 * swap them. They are for information only, so all of these are accepted. Moves
 * @rest behind them. */
static gboolean
parse_related (IceCandidate *candidate, gchar ***rest, GError **error)
{
  gchar **tokens = *rest;
  gboolean has_port = FALSE;

  while (tokens[0] != NULL) {
    if (candidate->related_address == NULL
        && strcmp (tokens[0], "raddr") == 0) {
      if (!take_field (candidate, &related_address, tokens[1], error))
        return FALSE;
    } else if (!has_port && strcmp (tokens[0], "rport") == 0) {
      if (!take_field (candidate, &related_port, tokens[1], error))
        return FALSE;
      has_port = TRUE;
    } else {
      break;
    }
    tokens += 2;
  }
  if (candidate->type == ICE_CANDIDATE_TYPE_HOST)
    g_clear_pointer (&candidate->related_address, g_free);
  if (candidate->related_address == NULL)
    candidate->related_port = 0;
  *rest = tokens;
  return TRUE;
}

/* Older software sends a password beside the ufrag. */
static gboolean
is_secret (const gchar *extension)
{
  return strcmp (extension, "pwd") == 0 || strcmp (extension, "password") == 0;
}

static gboolean
check_extension (
    const gchar *name, const gchar *value, guint count, GError **error)
{
  if (!is_token (name))
    return refuse (error, ICE_CANDIDATE_ERROR_EXTENSION, "extension name", name,
        "a token (RFC 8866 section 9), after a single space");
  if (value == NULL)
    return refuse (error, ICE_CANDIDATE_ERROR_EXTENSION, "extension", name,
        "a value after it");
  if (!is_extension_value (value))
    return refuse (error, ICE_CANDIDATE_ERROR_EXTENSION, "extension value",
        is_secret (name) ? "***" : value,
        "printable ASCII characters, after a single space");
  if (count == EXTENSIONS_MAX)
    return refuse (error, ICE_CANDIDATE_ERROR_EXTENSION, "extension", name,
        "at most " G_STRINGIFY (EXTENSIONS_MAX) " extensions");
  return TRUE;
}

static gboolean
parse_attributes (IceCandidate *candidate, gchar **tokens, GError **error)
{
  g_autoptr (GStrvBuilder) extensions = g_strv_builder_new ();
  guint count = 0;

  while (tokens[0] != NULL) {
    const Field *attribute = find_attribute (tokens[0]);

    if (attribute != NULL) {
      if (!take_field (candidate, attribute, tokens[1], error))
        return FALSE;
    } else {
      if (!check_extension (tokens[0], tokens[1], count, error))
        return FALSE;
      g_strv_builder_add_many (extensions, tokens[0], tokens[1], NULL);
      count++;
    }
    tokens += 2;
  }

  if (count > 0)
    candidate->extensions = g_strv_builder_end (extensions);
  return TRUE;
}

/* RFC 6544 section 4.5: tcptype is present for TCP only. An active TCP
 * candidate has no port of its own; its port is written as 9, or as 0 by older
 * software. */
static gboolean
check_transport (const IceCandidate *candidate, GError **error)
{
  gboolean tcp = candidate->protocol == ICE_CANDIDATE_PROTOCOL_TCP;

  if (tcp && candidate->tcp_type == ICE_CANDIDATE_TCP_NONE)
    return refuse (error, ICE_CANDIDATE_ERROR_TCP_TYPE, "tcptype", NULL,
        "it on a tcp candidate (RFC 6544 section 4.5)");
  if (!tcp && candidate->tcp_type != ICE_CANDIDATE_TCP_NONE)
    return refuse (error, ICE_CANDIDATE_ERROR_TCP_TYPE, "attribute", "tcptype",
        "it only on a tcp candidate (RFC 6544 section 4.5)");
  if (candidate->port == 0 && candidate->tcp_type != ICE_CANDIDATE_TCP_ACTIVE)
    return refuse (error, ICE_CANDIDATE_ERROR_PORT, "port", "0",
        "1 to 65535; 0 only on an active tcp candidate");
  return TRUE;
}

/**
 * ice_candidate_parse:
 * @text: (nullable): "candidate:..." with or without "a=" before it
 * @error: return location for an #IceCandidateError, or %NULL
 *
 * Parses one candidate-attribute: RFC 8839 section 5.1, with tcptype of RFC
 * 6544 section 4.5 and the ufrag extension of trickle ICE (RFC 8838). Beyond
 * the grammar it accepts forms that browsers accept, where nothing is lost by
 * it: blanks and ends of line at the end; raddr and rport in either order, one
 * without the other, or on a host candidate, which drops them; a foundation
 * that is longer or has other characters, for which another one of 32
 * characters stands. ice_candidate_to_string() prints none of that. Empty text
 * and %NULL are errors here; a caller for whom they mean the end of candidates
 * looks at them first. Any thread.
 *
 * Returns: (transfer full) (nullable): the candidate, or %NULL with @error set
 */
IceCandidate *
ice_candidate_parse (const gchar *text, GError **error)
{
  g_autoptr (IceCandidate) candidate = NULL;
  g_auto (GStrv) tokens = NULL;
  gchar **rest;
  gsize i;

  tokens = split_tokens (text, error);
  if (tokens == NULL)
    return NULL;

  candidate = g_new0 (IceCandidate, 1);
  for (i = 0; i < G_N_ELEMENTS (fields); i++) {
    /* A missing field ends the loop, so nothing behind the NULL is read. */
    if (!take_field (candidate, &fields[i], tokens[i], error))
      return NULL;
  }

  rest = tokens + G_N_ELEMENTS (fields);
  if (!parse_related (candidate, &rest, error)
      || !parse_attributes (candidate, rest, error)
      || !check_transport (candidate, error))
    return NULL;

  return g_steal_pointer (&candidate);
}

/**
 * ice_candidate_quote:
 * @text: a candidate-attribute, or text that was meant to be one
 *
 * For messages: without the part behind the type, so that no password is
 * repeated, and without control characters. Any thread.
 *
 * Returns: (transfer full): the beginning of @text, in quotes
 */
gchar *
ice_candidate_quote (const gchar *text)
{
  g_autofree gchar *start = g_strndup (text, LINE_QUOTE_MAX_LENGTH);
  g_autofree gchar *escaped = NULL;
  gchar *end = start;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (fields) && *end != '\0'; i++)
    end += strcspn (end + (i > 0), " ") + (i > 0);
  *end = '\0';
  escaped = g_strescape (start, NULL);
  return g_strdup_printf (
      "\"%s\"%s", escaped, text[strlen (start)] != '\0' ? "..." : "");
}
