/* gst-ice: the fields of libnice's debug lines.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each function takes one field off the front and returns whether it was there.
 * @next is the character after the field, '\0' at the end of the line. */

#include "trace/nicetracefield.h"
#include <string.h>

gboolean
nice_trace_take (NiceTraceScanner *scanner, const gchar *text, gsize length)
{
  if ((gsize) (scanner->end - scanner->at) < length
      || memcmp (scanner->at, text, length) != 0)
    return FALSE;
  scanner->at += length;
  return TRUE;
}

/* The length up to the template's next character, or up to the end. */
static gsize
span_until (const NiceTraceScanner *scanner, gchar next)
{
  gsize left = scanner->end - scanner->at;
  const gchar *found = next != '\0' ? memchr (scanner->at, next, left) : NULL;

  return found != NULL ? (gsize) (found - scanner->at) : left;
}

gboolean
nice_trace_take_number (NiceTraceScanner *scanner, guint64 max, guint64 *value)
{
  const gchar *start = scanner->at;

  *value = 0;
  while (scanner->at < scanner->end && g_ascii_isdigit (*scanner->at)) {
    guint digit = *scanner->at - '0';

    if (digit > max || *value > (max - digit) / 10)
      return FALSE;
    *value = *value * 10 + digit;
    scanner->at++;
  }
  return scanner->at > start;
}

static gboolean
take_hex (NiceTraceScanner *scanner, guint digits, guint64 *value)
{
  const gchar *start = scanner->at;

  *value = 0;
  while (scanner->at < scanner->end && g_ascii_isxdigit (*scanner->at)) {
    if ((gsize) (scanner->at - start) >= digits)
      return FALSE;
    *value = *value << 4 | (guint) g_ascii_xdigit_value (*scanner->at);
    scanner->at++;
  }
  return scanner->at > start;
}

/* %p of the C library: 0x and hex digits, or a word for NULL. */
gboolean
nice_trace_take_pointer (NiceTraceScanner *scanner, guintptr *pointer)
{
  guint64 value;

  *pointer = 0;
  if (nice_trace_take (scanner, "(nil)", 5))
    return TRUE;
  if (!nice_trace_take (scanner, "0x", 2)
      || !take_hex (scanner, 2 * sizeof (guintptr), &value))
    return FALSE;
  *pointer = (guintptr) value;
  return TRUE;
}

gboolean
nice_trace_take_pair (NiceTraceScanner *scanner, guintptr *pointer)
{
  return nice_trace_take_pointer (scanner, pointer) && *pointer != 0;
}

gboolean
nice_trace_take_uint (NiceTraceScanner *scanner, guint *value)
{
  guint64 number;

  if (!nice_trace_take_number (scanner, G_MAXUINT, &number))
    return FALSE;
  *value = (guint) number;
  return TRUE;
}

/* One of @words, which is then followed by @next. */
gboolean
nice_trace_take_word (NiceTraceScanner *scanner, gchar next,
    const gchar *const *words, guint *value)
{
  gsize length = span_until (scanner, next);
  guint i;

  for (i = 0; words[i] != NULL; i++)
    if (length > 0 && strlen (words[i]) == length
        && memcmp (words[i], scanner->at, length) == 0) {
      scanner->at += length;
      *value = i;
      return TRUE;
    }
  return FALSE;
}

gboolean
nice_trace_take_text (
    NiceTraceScanner *scanner, gchar next, gchar *buffer, gsize size)
{
  gsize length = span_until (scanner, next);

  if (length == 0 || length >= size)
    return FALSE;
  memcpy (buffer, scanner->at, length);
  buffer[length] = '\0';
  scanner->at += length;
  return TRUE;
}

static gboolean
set_address (NiceTraceEndpoint *endpoint, const gchar *text, gsize length)
{
  gsize i;

  if (length == 0 || length >= sizeof endpoint->address)
    return FALSE;
  for (i = 0; i < length; i++)
    if (!g_ascii_isxdigit (text[i]) && text[i] != '.' && text[i] != ':')
      return FALSE;
  memcpy (endpoint->address, text, length);
  endpoint->address[length] = '\0';
  return TRUE;
}

static gboolean
take_port (NiceTraceScanner *scanner, NiceTraceEndpoint *endpoint)
{
  guint64 port;

  if (!nice_trace_take_number (scanner, G_MAXUINT16, &port))
    return FALSE;
  endpoint->port = (guint16) port;
  return TRUE;
}

/* [address]:port */
gboolean
nice_trace_take_bracketed (
    NiceTraceScanner *scanner, NiceTraceEndpoint *endpoint)
{
  gsize length;

  if (!nice_trace_take (scanner, "[", 1))
    return FALSE;
  length = span_until (scanner, ']');
  if (!set_address (endpoint, scanner->at, length))
    return FALSE;
  scanner->at += length;
  return nice_trace_take (scanner, "]:", 2) && take_port (scanner, endpoint);
}

/* address:port; an IPv6 address has no brackets here */
gboolean
nice_trace_take_bare (
    NiceTraceScanner *scanner, gchar next, NiceTraceEndpoint *endpoint)
{
  gsize length = span_until (scanner, next);

  while (length > 0 && scanner->at[length - 1] != ':')
    length--;
  if (length < 2 || !set_address (endpoint, scanner->at, length - 1))
    return FALSE;
  scanner->at += length;
  return take_port (scanner, endpoint);
}

/* without a port */
gboolean
nice_trace_take_address (
    NiceTraceScanner *scanner, gchar next, NiceTraceEndpoint *endpoint)
{
  gsize length = span_until (scanner, next);

  if (!set_address (endpoint, scanner->at, length))
    return FALSE;
  scanner->at += length;
  return TRUE;
}

/* xxxxxxxx:xxxxxxxx:d, nice_candidate_pair_priority_to_string() */
gboolean
nice_trace_take_pair_priority (NiceTraceScanner *scanner, guint64 *priority)
{
  guint64 high, low, bit;

  if (!take_hex (scanner, 8, &high) || !nice_trace_take (scanner, ":", 1)
      || !take_hex (scanner, 8, &low) || !nice_trace_take (scanner, ":", 1)
      || !nice_trace_take_number (scanner, 1, &bit))
    return FALSE;
  *priority = (high << 32) + (low << 1) + bit;
  return TRUE;
}

/* A number or a pair priority that is not needed. */
gboolean
nice_trace_skip_number (NiceTraceScanner *scanner)
{
  const gchar *start = scanner->at;

  while (scanner->at < scanner->end
      && (g_ascii_isxdigit (*scanner->at) || *scanner->at == ':'
          || (*scanner->at == '-' && scanner->at == start)))
    scanner->at++;
  return scanner->at > start;
}

/* Up to the literal text that follows in the template. */
gboolean
nice_trace_skip_to (NiceTraceScanner *scanner, const gchar *literal)
{
  gsize length = strcspn (literal, "@");
  const gchar *found;

  if (length == 0) {
    scanner->at = scanner->end;
    return TRUE;
  }
  found = memmem (scanner->at, scanner->end - scanner->at, literal, length);
  if (found == NULL)
    return FALSE;
  scanner->at = found;
  return TRUE;
}

gboolean
nice_trace_skip_word (NiceTraceScanner *scanner)
{
  const gchar *start = scanner->at;

  while (scanner->at < scanner->end && g_ascii_isalpha (*scanner->at))
    scanner->at++;
  return scanner->at > start;
}

gboolean
nice_trace_take_function (
    NiceTraceScanner *scanner, gchar next, gboolean *is_new)
{
  gchar name[64];

  if (!nice_trace_take_text (scanner, next, name, sizeof name))
    return FALSE;
  *is_new = strcmp (name, "priv_add_new_check_pair") == 0
      || strcmp (name, "priv_add_peer_reflexive_pair") == 0;
  return TRUE;
}

gboolean
nice_trace_take_flag (NiceTraceScanner *scanner, gboolean *value)
{
  guint64 number;

  if (!nice_trace_take_number (scanner, G_MAXINT, &number))
    return FALSE;
  *value = number != 0;
  return TRUE;
}

gboolean
nice_trace_take_priority (NiceTraceScanner *scanner, guint32 *priority)
{
  guint64 value;

  if (!take_hex (scanner, 8, &value))
    return FALSE;
  *priority = (guint32) value;
  return TRUE;
}

gboolean
nice_trace_take_transaction (NiceTraceScanner *scanner)
{
  guint64 id;

  return take_hex (scanner, 32, &id);
}
