/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * candidate-attribute of RFC 8839 section 5.1, text <-> struct. Pure: never
 * looks a name up. */
#pragma once

#include "candidates/iceaddress.h"

G_BEGIN_DECLS

#define ICE_CANDIDATE_ERROR (ice_candidate_error_quark ())

/* One code for each field, so that callers and tests know which field was
 * refused. */
typedef enum
{
  ICE_CANDIDATE_ERROR_PREFIX,
  ICE_CANDIDATE_ERROR_FOUNDATION,
  ICE_CANDIDATE_ERROR_COMPONENT,
  ICE_CANDIDATE_ERROR_TRANSPORT,
  ICE_CANDIDATE_ERROR_PRIORITY,
  ICE_CANDIDATE_ERROR_ADDRESS,
  ICE_CANDIDATE_ERROR_PORT,
  ICE_CANDIDATE_ERROR_TYPE,
  ICE_CANDIDATE_ERROR_RELATED_ADDRESS,
  ICE_CANDIDATE_ERROR_RELATED_PORT,
  ICE_CANDIDATE_ERROR_TCP_TYPE,
  ICE_CANDIDATE_ERROR_UFRAG,
  ICE_CANDIDATE_ERROR_EXTENSION,
  ICE_CANDIDATE_ERROR_LENGTH
} IceCandidateError;

typedef enum
{
  ICE_CANDIDATE_TYPE_HOST,
  ICE_CANDIDATE_TYPE_SRFLX,
  ICE_CANDIDATE_TYPE_PRFLX,
  ICE_CANDIDATE_TYPE_RELAY
} IceCandidateType;

typedef enum
{
  ICE_CANDIDATE_PROTOCOL_UDP,
  ICE_CANDIDATE_PROTOCOL_TCP
} IceCandidateProtocol;

/* RFC 6544 section 4.5 */
typedef enum
{
  ICE_CANDIDATE_TCP_NONE,
  ICE_CANDIDATE_TCP_ACTIVE,
  ICE_CANDIDATE_TCP_PASSIVE,
  ICE_CANDIDATE_TCP_SO
} IceCandidateTcpType;

/* The longest candidate line that is looked at; RFC 8839 has no limit, hostile
 * input needs one. */
#define ICE_CANDIDATE_MAX_LENGTH 2048

typedef struct
{
  gchar *foundation;
  guint component;
  IceCandidateProtocol protocol;
  guint32 priority;
  gchar *address; /* numeric IPv4, IPv6 without brackets, or a name */
  guint16 port;
  IceCandidateType type;
  gchar *related_address; /* NULL when absent */
  guint16 related_port;
  IceCandidateTcpType tcp_type;
  gchar *ufrag;     /* NULL when absent */
  GStrv extensions; /* name, value, name, value, ... NULL; NULL when none */

  /* Not part of the text, as RTCIceCandidate has them: the server that gave a
   * local candidate. NULL when not known. */
  gchar *url;
  const gchar *relay_protocol; /* static; to the TURN server */
} IceCandidate;

GQuark ice_candidate_error_quark (void);

IceCandidate *ice_candidate_parse (const gchar *text, GError **error);
gchar *ice_candidate_to_string (const IceCandidate *candidate);
gchar *ice_candidate_quote (const gchar *text);
IceCandidate *ice_candidate_copy (const IceCandidate *candidate);
gboolean ice_candidate_equal (const IceCandidate *a, const IceCandidate *b);
gsize ice_candidate_get_size (const IceCandidate *candidate);
void ice_candidate_free (IceCandidate *candidate);

const gchar *ice_candidate_type_to_string (IceCandidateType type);
const gchar *ice_candidate_protocol_to_string (IceCandidateProtocol protocol);
const gchar *ice_candidate_tcp_type_to_string (IceCandidateTcpType tcp_type);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IceCandidate, ice_candidate_free)

G_END_DECLS
