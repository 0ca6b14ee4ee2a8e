/* gst-ice: writes and reads STUN messages to and from the peer.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/nicestun.h"
#include "stun/icestunheader.h"

#include <stun/stunagent.h>
#include <string.h>

/* RFC 8489 section 5: the transaction id is three words. Ours are the tag that
 * the kernel steers by, the request's id, and a random one. */
#define ID_WORDS 3
/* RFC 8489 section 14.5 */
#define INTEGRITY_SIZE 20
/* RFC 7675 section 5.2 */
#define ERROR_FORBIDDEN 403
/* RFC 8445 section 7.3.1.1 */
#define ERROR_ROLE_CONFLICT 487

static const guint16 known_attributes[] = { STUN_ATTRIBUTE_MAPPED_ADDRESS,
  STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, STUN_ATTRIBUTE_USERNAME,
  STUN_ATTRIBUTE_MESSAGE_INTEGRITY, STUN_ATTRIBUTE_FINGERPRINT,
  STUN_ATTRIBUTE_ERROR_CODE, STUN_ATTRIBUTE_PRIORITY,
  STUN_ATTRIBUTE_USE_CANDIDATE, STUN_ATTRIBUTE_ICE_CONTROLLED,
  STUN_ATTRIBUTE_ICE_CONTROLLING, 0 };

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

  memcpy (&value, data + ICE_STUN_ID_OFFSET + 4 * word, sizeof (value));
  return GUINT32_FROM_BE (value);
}

static void
set_word (guint8 *data, guint word, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (data + ICE_STUN_ID_OFFSET + 4 * word, &value, sizeof (value));
}

static gboolean
append_attributes (
    StunMessage *message, const gchar *username, const NiceStunCheck *check)
{
  StunAttribute role = check->controlling ? STUN_ATTRIBUTE_ICE_CONTROLLING
                                          : STUN_ATTRIBUTE_ICE_CONTROLLED;

  return stun_message_append_bytes (
             message, STUN_ATTRIBUTE_USERNAME, username, strlen (username))
      == STUN_MESSAGE_RETURN_SUCCESS
      && stun_message_append32 (
             message, STUN_ATTRIBUTE_PRIORITY, check->priority)
      == STUN_MESSAGE_RETURN_SUCCESS
      && stun_message_append64 (message, role, check->tie_breaker)
      == STUN_MESSAGE_RETURN_SUCCESS
      && (!check->use_candidate
          || stun_message_append_flag (message, STUN_ATTRIBUTE_USE_CANDIDATE)
              == STUN_MESSAGE_RETURN_SUCCESS);
}

/**
 * nice_stun_make_request:
 * @buffer: (out caller-allocates): for the request
 * @size: its size; %NICE_STUN_MAX_REQUEST is always enough
 * @tag: the first word of the transaction id
 * @id: the second word
 * @username: `remote ufrag:local ufrag`
 * @password: the peer's password
 * @check: the attributes of the check
 *
 * Any thread. Writes a check (RFC 8445 section 7.1). Strict peers answer 400 to
 * a check without role or priority.
 *
 * Returns: its length; 0 if @buffer is too small
 */
gsize
nice_stun_make_request (guint8 *buffer, gsize size, guint32 tag, guint32 id,
    const gchar *username, const gchar *password, const NiceStunCheck *check)
{
  StunAgent agent;
  StunMessage message;

  init_agent (&agent);
  if (!stun_agent_init_request (&agent, &message, buffer, size, STUN_BINDING))
    return 0;
  set_word (buffer, 0, tag);
  set_word (buffer, 1, id);
  if (!append_attributes (&message, username, check))
    return 0;
  return stun_agent_finish_message (
      &agent, &message, (const guint8 *) password, strlen (password));
}

/* stun_agent_validate() accepts only answers to requests that the same agent
 * sent. We make an agent for each message, so the request is entered here. */
static void
expect (StunAgent *agent, const guint8 *data, const gchar *password)
{
  guint8 buffer[NICE_STUN_MAX_REQUEST];
  StunMessage message;

  stun_agent_init_request (
      agent, &message, buffer, sizeof (buffer), STUN_BINDING);
  memcpy (buffer + ICE_STUN_ID_OFFSET, data + ICE_STUN_ID_OFFSET, 4 * ID_WORDS);
  stun_agent_finish_message (
      agent, &message, (const guint8 *) password, strlen (password));
}

/* RFC 8489 section 14.5: over all that precedes the attribute, with a length in
 * the header as if the attribute were the last. libnice's library does not
 * check it in some errors (400, 401, 438 and 300), which may lack it. */
static gboolean
is_signed (
    const StunMessage *message, const guint8 *data, const gchar *password)
{
  uint16_t size;
  const guint8 *received = stun_message_find (
      message, STUN_ATTRIBUTE_MESSAGE_INTEGRITY, &size);
  g_autoptr (GHmac) hmac = NULL;
  guint8 header[ICE_STUN_HEADER_SIZE], digest[INTEGRITY_SIZE];
  gsize before, length = sizeof (digest);
  guint16 whole;

  if (received == NULL || size != INTEGRITY_SIZE)
    return FALSE;
  before = (gsize) (received - data) - ICE_STUN_ATTRIBUTE_HEADER_SIZE;
  whole = GUINT16_TO_BE (before + ICE_STUN_ATTRIBUTE_HEADER_SIZE
      + INTEGRITY_SIZE - ICE_STUN_HEADER_SIZE);
  memcpy (header, data, ICE_STUN_HEADER_SIZE);
  memcpy (header + ICE_STUN_LENGTH_OFFSET, &whole, sizeof (whole));
  hmac = g_hmac_new (
      G_CHECKSUM_SHA1, (const guint8 *) password, strlen (password));
  g_hmac_update (hmac, header, ICE_STUN_HEADER_SIZE);
  g_hmac_update (hmac, data + ICE_STUN_HEADER_SIZE,
      (gssize) (before - ICE_STUN_HEADER_SIZE));
  g_hmac_get_digest (hmac, digest, &length);
  return memcmp (digest, received, INTEGRITY_SIZE) == 0;
}

/* Whether it is a Binding response with the password's MESSAGE-INTEGRITY. */
static gboolean
is_signed_answer (StunAgent *agent, StunMessage *message, const guint8 *data,
    gsize size, const gchar *password)
{
  init_agent (agent);
  expect (agent, data, password);
  return stun_agent_validate (agent, message, data, size, NULL, NULL)
      == STUN_VALIDATION_SUCCESS
      && stun_message_get_method (message) == STUN_BINDING
      && is_signed (message, data, password);
}

/**
 * nice_stun_get_id:
 * @data: (array length=size): a STUN message
 * @size: its length, bytes
 *
 * Any thread. Does not authenticate the message.
 *
 * Returns: the second word of its transaction id; 0 if it is too short
 */
guint32
nice_stun_get_id (const guint8 *data, gsize size)
{
  return size < ICE_STUN_ID_OFFSET + 4 * ID_WORDS ? 0 : get_word (data, 1);
}

static NiceStunAnswer
read_error (StunMessage *message)
{
  gint code = 0;

  if (stun_message_find_error (message, &code) != STUN_MESSAGE_RETURN_SUCCESS)
    return NICE_STUN_INVALID;
  if (code == ERROR_FORBIDDEN)
    return NICE_STUN_REVOKED;
  return code == ERROR_ROLE_CONFLICT ? NICE_STUN_ROLE_CONFLICT
                                     : NICE_STUN_ERROR;
}

/**
 * nice_stun_read_answer:
 * @data: (array length=size): a datagram
 * @size: its length, bytes
 * @tag: the first word of our transaction ids
 * @password: the peer's password
 * @id: (out): the second word, unless the answer is invalid
 *
 * Any thread. The caller has to check that a request of that id is open. An
 * answer without MESSAGE-INTEGRITY is invalid, errors like 401 included:
 * any host can send one.
 *
 * Returns: the kind of answer
 */
NiceStunAnswer
nice_stun_read_answer (const guint8 *data, gsize size, guint32 tag,
    const gchar *password, guint32 *id)
{
  StunAgent agent;
  StunMessage message;
  NiceStunAnswer answer;

  *id = 0;
  if (size < ICE_STUN_ID_OFFSET + 4 * ID_WORDS || get_word (data, 0) != tag)
    return NICE_STUN_INVALID;
  if (!is_signed_answer (&agent, &message, data, size, password))
    return NICE_STUN_INVALID;

  answer = NICE_STUN_INVALID;
  if (stun_message_get_class (&message) == STUN_RESPONSE)
    answer = NICE_STUN_CONSENT;
  else if (stun_message_get_class (&message) == STUN_ERROR)
    answer = read_error (&message);
  if (answer != NICE_STUN_INVALID)
    *id = get_word (data, 1);
  return answer;
}

typedef struct
{
  const gchar *ufrag;
  const gchar *password;
} Local;

/* RFC 8445 section 7.2.2: USERNAME is `local ufrag:remote ufrag`. */
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

/* A message with an attribute that libnice's STUN library does not know is
 * still authenticated: its integrity was right. */
static StunValidationStatus
read_check (StunAgent *agent, StunMessage *message, const guint8 *data,
    gsize size, const Local *local)
{
  StunValidationStatus status;

  if (size < ICE_STUN_ID_OFFSET + 4 * ID_WORDS)
    return STUN_VALIDATION_NOT_STUN;
  init_agent (agent);
  status = stun_agent_validate (
      agent, message, data, size, find_password, (gpointer) local);
  if ((status == STUN_VALIDATION_SUCCESS
          || status == STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE)
      && (stun_message_get_class (message) != STUN_REQUEST
          || stun_message_get_method (message) != STUN_BINDING))
    return STUN_VALIDATION_NOT_STUN;
  return status;
}

/**
 * nice_stun_is_check:
 * @data: (array length=size): a message, and some octets that may be read
 *   behind it
 * @size: its length, bytes
 * @ufrag: our user name fragment
 * @password: our password
 *
 * Any thread.
 *
 * Returns: whether it is a Binding request to us, authenticated by our password
 */
gboolean
nice_stun_is_check (
    const guint8 *data, gsize size, const gchar *ufrag, const gchar *password)
{
  const Local local = { ufrag, password };
  StunAgent agent;
  StunMessage message;
  StunValidationStatus status = read_check (
      &agent, &message, data, size, &local);

  return status == STUN_VALIDATION_SUCCESS
      || status == STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE;
}

/**
 * nice_stun_is_answer:
 * @data: (array length=size): a message, and some octets that may be read
 *   behind it
 * @size: its length, bytes
 * @password: the peer's password
 *
 * Any thread. The caller has to check that a request is open.
 *
 * Returns: whether it is a response to a Binding request, authenticated by the
 *   peer's password
 */
gboolean
nice_stun_is_answer (const guint8 *data, gsize size, const gchar *password)
{
  StunAgent agent;
  StunMessage message;

  return size >= ICE_STUN_ID_OFFSET + 4 * ID_WORDS
      && is_signed_answer (&agent, &message, data, size, password)
      && (stun_message_get_class (&message) == STUN_RESPONSE
          || stun_message_get_class (&message) == STUN_ERROR);
}

static gsize
make_success (StunAgent *agent, const StunMessage *request, guint8 *answer,
    gsize size, GSocketAddress *from)
{
  struct sockaddr_storage to;
  StunMessage message;

  if (!g_socket_address_to_native (from, &to, sizeof (to), NULL)
      || !stun_agent_init_response (agent, &message, answer, size, request)
      || stun_message_append_xor_addr (
             &message, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &to, sizeof (to))
          != STUN_MESSAGE_RETURN_SUCCESS)
    return 0;
  return stun_agent_finish_message (
      agent, &message, request->key, request->key_len);
}

static gsize
make_role_conflict (
    StunAgent *agent, const StunMessage *request, guint8 *answer, gsize size)
{
  StunMessage message;

  if (!stun_agent_init_error (
          agent, &message, answer, size, request, STUN_ERROR_ROLE_CONFLICT))
    return 0;
  return stun_agent_finish_message (
      agent, &message, request->key, request->key_len);
}

/* The end with the greater tie-breaker controls; if they are equal, the end
 * that answers. Returns: whether the request is refused with 487; otherwise its
 * sender keeps its role */
static gboolean
keeps_role (const StunMessage *request, NiceStunRole *role)
{
  StunAttribute same = role->controlling ? STUN_ATTRIBUTE_ICE_CONTROLLING
                                         : STUN_ATTRIBUTE_ICE_CONTROLLED;
  guint64 theirs;
  gboolean keeps;

  role->loses = FALSE;
  if (role->tie_breaker == 0
      || stun_message_find64 (request, same, &theirs)
          != STUN_MESSAGE_RETURN_SUCCESS)
    return FALSE;
  keeps = (role->tie_breaker >= theirs) == role->controlling;
  role->loses = !keeps;
  return keeps;
}

/**
 * nice_stun_answer_check:
 * @answer: (out caller-allocates): for the answer
 * @answer_size: its size; %NICE_STUN_MAX_ANSWER is always enough
 * @data: (array length=size): a message, and some octets that may be read
 *   behind it
 * @size: its length, bytes
 * @ufrag: our user name fragment
 * @password: our password
 * @from: (transfer none): its source address
 * @role: (inout): our role
 *
 * Any thread. A sender without our password gets no answer.
 *
 * Returns: the length of the answer to a Binding request, with
 *   MESSAGE-INTEGRITY: a success (RFC 8445 section 7.3), 487 if the sender has
 *   to change its role, or 420 if it has an unknown comprehension-required
 *   attribute; 0 for any other message
 */
gsize
nice_stun_answer_check (guint8 *answer, gsize answer_size, const guint8 *data,
    gsize size, const gchar *ufrag, const gchar *password, GSocketAddress *from,
    NiceStunRole *role)
{
  const Local local = { ufrag, password };
  StunAgent agent;
  StunMessage request, message;
  StunValidationStatus status = read_check (
      &agent, &request, data, size, &local);

  role->loses = FALSE;
  if (status == STUN_VALIDATION_SUCCESS && keeps_role (&request, role))
    return make_role_conflict (&agent, &request, answer, answer_size);
  if (status == STUN_VALIDATION_SUCCESS)
    return make_success (&agent, &request, answer, answer_size, from);
  if (status == STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE)
    return stun_agent_build_unknown_attributes_error (
        &agent, &message, answer, answer_size, &request);
  return 0;
}
