/* gst-ice: STUN messages of the peer's as octets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "nicestun.h"

#include <stun/stunagent.h>
#include <string.h>

/* RFC 8489 section 5: the transaction id is three words. Ours: the tag that the
 * kernel steers by, which request it is, and chance. */
#define ID_OFFSET 8
#define ID_WORDS 3
/* RFC 7675 section 5.3 */
#define ERROR_FORBIDDEN 403

static const guint16 known_attributes[] = { STUN_ATTRIBUTE_MAPPED_ADDRESS,
  STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, STUN_ATTRIBUTE_USERNAME,
  STUN_ATTRIBUTE_MESSAGE_INTEGRITY, STUN_ATTRIBUTE_FINGERPRINT,
  STUN_ATTRIBUTE_ERROR_CODE, STUN_ATTRIBUTE_PRIORITY,
  STUN_ATTRIBUTE_USE_CANDIDATE, 0 };

static void
init_agent (StunAgent *agent)
{
  stun_agent_init (agent, known_attributes, STUN_COMPATIBILITY_RFC5389,
      STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS
          | STUN_AGENT_USAGE_USE_FINGERPRINT);
}

static guint32
get_word (const guint8 *data, guint word)
{
  guint32 value;

  memcpy (&value, data + ID_OFFSET + 4 * word, sizeof (value));
  return GUINT32_FROM_BE (value);
}

static void
set_word (guint8 *data, guint word, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (data + ID_OFFSET + 4 * word, &value, sizeof (value));
}

/**
 * nice_stun_make_request:
 * @buffer: (out caller-allocates): takes the request
 * @size: its size, %NICE_STUN_MAX_REQUEST at best
 * @tag: the first word of the transaction id
 * @id: the second
 * @username: `remote ufrag:local ufrag`
 * @password: the peer's
 *
 * Any thread. Without a role: a consent request nominates nothing, and a role
 * that was lost in a conflict would start another one.
 *
 * Returns: its length; 0 when it does not fit
 */
gsize
nice_stun_make_request (guint8 *buffer, gsize size, guint32 tag, guint32 id,
    const gchar *username, const gchar *password)
{
  StunAgent agent;
  StunMessage message;

  init_agent (&agent);
  if (!stun_agent_init_request (&agent, &message, buffer, size, STUN_BINDING))
    return 0;
  set_word (buffer, 0, tag);
  set_word (buffer, 1, id);
  if (stun_message_append_bytes (
          &message, STUN_ATTRIBUTE_USERNAME, username, strlen (username))
      != STUN_MESSAGE_RETURN_SUCCESS)
    return 0;
  return stun_agent_finish_message (
      &agent, &message, (const guint8 *) password, strlen (password));
}

/* stun_agent_validate() looks an answer's request up among those that the same
 * agent sent; ours come and go, so it is told of this one. */
static void
expect (StunAgent *agent, const guint8 *data, const gchar *password)
{
  guint8 buffer[NICE_STUN_MAX_REQUEST];
  StunMessage message;

  stun_agent_init_request (
      agent, &message, buffer, sizeof (buffer), STUN_BINDING);
  memcpy (buffer + ID_OFFSET, data + ID_OFFSET, 4 * ID_WORDS);
  stun_agent_finish_message (
      agent, &message, (const guint8 *) password, strlen (password));
}

/* Whether it is a Binding answer whose MESSAGE-INTEGRITY is the password's. */
static gboolean
is_signed_answer (StunAgent *agent, StunMessage *message, const guint8 *data,
    gsize size, const gchar *password)
{
  init_agent (agent);
  expect (agent, data, password);
  return stun_agent_validate (agent, message, data, size, NULL, NULL)
      == STUN_VALIDATION_SUCCESS
      && stun_message_has_attribute (message, STUN_ATTRIBUTE_MESSAGE_INTEGRITY)
      && stun_message_get_method (message) == STUN_BINDING;
}

/**
 * nice_stun_read_answer:
 * @data: (array length=size): a datagram
 * @size: its length, bytes
 * @tag: the first word of our transaction ids
 * @password: the peer's
 * @id: (out): the second, where the answer is not invalid
 *
 * Any thread. Whether the request of that id was sent is for the caller to
 * know. An answer without MESSAGE-INTEGRITY is invalid, an error like 401 too,
 * which anybody can send.
 *
 * Returns: what it is
 */
NiceStunAnswer
nice_stun_read_answer (const guint8 *data, gsize size, guint32 tag,
    const gchar *password, guint32 *id)
{
  StunAgent agent;
  StunMessage message;
  gint code = 0;

  *id = 0;
  if (size < ID_OFFSET + 4 * ID_WORDS || get_word (data, 0) != tag)
    return NICE_STUN_INVALID;
  if (!is_signed_answer (&agent, &message, data, size, password))
    return NICE_STUN_INVALID;

  *id = get_word (data, 1);
  if (stun_message_get_class (&message) == STUN_RESPONSE)
    return NICE_STUN_CONSENT;
  if (stun_message_get_class (&message) == STUN_ERROR
      && stun_message_find_error (&message, &code)
          == STUN_MESSAGE_RETURN_SUCCESS
      && code == ERROR_FORBIDDEN)
    return NICE_STUN_REVOKED;
  return NICE_STUN_INVALID;
}

typedef struct
{
  const gchar *ufrag;
  const gchar *password;
} Local;

/* RFC 8445 section 7.2.2: the user name is `local ufrag:remote ufrag`. */
static bool
find_password (StunAgent *agent, StunMessage *message, guint8 *username,
    guint16 size, guint8 **password, size_t *password_size, void *data)
{
  const Local *local = data;
  gsize length = strlen (local->ufrag);

  if (username == NULL || size <= length || username[length] != ':'
      || memcmp (username, local->ufrag, length) != 0)
    return FALSE;
  *password = (guint8 *) local->password;
  *password_size = strlen (local->password);
  return TRUE;
}

/**
 * nice_stun_is_check:
 * @data: (array length=size): a message, and some octets that may be read
 *   behind it
 * @size: its length, bytes
 * @ufrag: our user name fragment
 * @password: ours
 *
 * Any thread.
 *
 * Returns: whether it is a Binding request to us from who has our password
 */
gboolean
nice_stun_is_check (
    const guint8 *data, gsize size, const gchar *ufrag, const gchar *password)
{
  Local local = { ufrag, password };
  StunAgent agent;
  StunMessage message;
  StunValidationStatus status;

  if (size < ID_OFFSET + 4 * ID_WORDS)
    return FALSE;
  init_agent (&agent);
  status = stun_agent_validate (
      &agent, &message, data, size, find_password, &local);
  /* An attribute that libnice does not know is for it to answer: the integrity
   * was right. */
  return (status == STUN_VALIDATION_SUCCESS
             || status == STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE)
      && stun_message_get_class (&message) == STUN_REQUEST
      && stun_message_get_method (&message) == STUN_BINDING;
}

/**
 * nice_stun_is_answer:
 * @data: (array length=size): a message, and some octets that may be read
 *   behind it
 * @size: its length, bytes
 * @password: the peer's
 *
 * Any thread. Whether anything was asked is for the caller to know.
 *
 * Returns: whether it is an answer to a Binding request from who has the peer's
 *   password
 */
gboolean
nice_stun_is_answer (const guint8 *data, gsize size, const gchar *password)
{
  StunAgent agent;
  StunMessage message;

  return size >= ID_OFFSET + 4 * ID_WORDS
      && is_signed_answer (&agent, &message, data, size, password)
      && (stun_message_get_class (&message) == STUN_RESPONSE
          || stun_message_get_class (&message) == STUN_ERROR);
}
