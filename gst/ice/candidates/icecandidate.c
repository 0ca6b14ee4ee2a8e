/* gst-ice: a candidate, struct to text; copies and compares them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "candidates/icecandidate.h"

#include <string.h>

#define PREFIX "candidate:"

/**
 * ice_candidate_to_string:
 * @candidate: a candidate
 *
 * Prints the candidate-attribute of RFC 8839 section 5.1 without "a=".
 * ice_candidate_parse() gives an equal struct back. The fields are printed as
 * they are, not checked. Any thread.
 *
 * Returns: (transfer full): the text
 */
gchar *
ice_candidate_to_string (const IceCandidate *candidate)
{
  GString *text;
  const gchar *tcp_type;
  gsize i;

  g_return_val_if_fail (candidate != NULL, NULL);

  text = g_string_new (PREFIX);
  g_string_append_printf (text, "%s %u %s %u %s %u typ %s",
      candidate->foundation, candidate->component,
      candidate->protocol == ICE_CANDIDATE_PROTOCOL_TCP ? "TCP" : "UDP",
      candidate->priority, candidate->address, candidate->port,
      ice_candidate_type_to_string (candidate->type));

  if (candidate->related_address != NULL)
    g_string_append_printf (text, " raddr %s rport %u",
        candidate->related_address, candidate->related_port);

  tcp_type = ice_candidate_tcp_type_to_string (candidate->tcp_type);
  if (tcp_type != NULL)
    g_string_append_printf (text, " tcptype %s", tcp_type);

  for (i = 0; candidate->extensions != NULL && candidate->extensions[i]; i++)
    g_string_append_printf (text, " %s", candidate->extensions[i]);

  if (candidate->ufrag != NULL)
    g_string_append_printf (text, " ufrag %s", candidate->ufrag);

  return g_string_free (text, FALSE);
}

static gboolean
equal_extensions (GStrv a, GStrv b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return g_strv_equal ((const gchar *const *) a, (const gchar *const *) b);
}

/**
 * ice_candidate_equal:
 * @a: a candidate
 * @b: a candidate
 *
 * Any thread. Makes no text: a peer can have it called often.
 *
 * Returns: whether they are the same in every field of their text
 */
gboolean
ice_candidate_equal (const IceCandidate *a, const IceCandidate *b)
{
  return a->port == b->port && a->priority == b->priority
      && a->component == b->component && a->protocol == b->protocol
      && a->type == b->type && a->related_port == b->related_port
      && a->tcp_type == b->tcp_type
      && g_strcmp0 (a->foundation, b->foundation) == 0
      && g_strcmp0 (a->address, b->address) == 0
      && g_strcmp0 (a->related_address, b->related_address) == 0
      && g_strcmp0 (a->ufrag, b->ufrag) == 0
      && equal_extensions (a->extensions, b->extensions);
}

static gsize
size_of (const gchar *text)
{
  return text != NULL ? strlen (text) + 1 : 0;
}

/**
 * ice_candidate_get_size:
 * @candidate: a candidate
 *
 * Any thread.
 *
 * Returns: about how many bytes of memory it takes
 */
gsize
ice_candidate_get_size (const IceCandidate *candidate)
{
  gsize size = sizeof (*candidate) + size_of (candidate->foundation)
      + size_of (candidate->address) + size_of (candidate->related_address)
      + size_of (candidate->ufrag) + size_of (candidate->url);
  guint i;

  for (i = 0; candidate->extensions && candidate->extensions[i]; i++)
    size += sizeof (gchar *) + size_of (candidate->extensions[i]);
  return size;
}

/**
 * ice_candidate_copy:
 * @candidate: a candidate
 *
 * Any thread.
 *
 * Returns: (transfer full): a deep copy
 */
IceCandidate *
ice_candidate_copy (const IceCandidate *candidate)
{
  IceCandidate *copy;

  g_return_val_if_fail (candidate != NULL, NULL);

  copy = g_memdup2 (candidate, sizeof *candidate);
  copy->foundation = g_strdup (candidate->foundation);
  copy->address = g_strdup (candidate->address);
  copy->related_address = g_strdup (candidate->related_address);
  copy->ufrag = g_strdup (candidate->ufrag);
  copy->extensions = g_strdupv (candidate->extensions);
  copy->url = g_strdup (candidate->url);

  return copy;
}

/**
 * ice_candidate_free:
 * @candidate: (transfer full) (nullable): a candidate
 *
 * Any thread.
 */
void
ice_candidate_free (IceCandidate *candidate)
{
  if (candidate == NULL)
    return;

  g_free (candidate->foundation);
  g_free (candidate->address);
  g_free (candidate->related_address);
  g_free (candidate->ufrag);
  g_strfreev (candidate->extensions);
  g_free (candidate->url);
  g_free (candidate);
}

/**
 * ice_candidate_type_to_string:
 * @type: a candidate type
 *
 * Any thread.
 *
 * Returns: (transfer none): candidate-types of RFC 8839 section 5.1, also
 *   RTCIceCandidateType: "host", "srflx", "prflx" or "relay"
 */
const gchar *
ice_candidate_type_to_string (IceCandidateType type)
{
  switch (type) {
    case ICE_CANDIDATE_TYPE_HOST:
      return "host";
    case ICE_CANDIDATE_TYPE_SRFLX:
      return "srflx";
    case ICE_CANDIDATE_TYPE_PRFLX:
      return "prflx";
    case ICE_CANDIDATE_TYPE_RELAY:
      return "relay";
  }
  g_return_val_if_reached (NULL);
}

/**
 * ice_candidate_protocol_to_string:
 * @protocol: a protocol
 *
 * Any thread.
 *
 * Returns: (transfer none): RTCIceProtocol: "udp" or "tcp"
 */
const gchar *
ice_candidate_protocol_to_string (IceCandidateProtocol protocol)
{
  switch (protocol) {
    case ICE_CANDIDATE_PROTOCOL_UDP:
      return "udp";
    case ICE_CANDIDATE_PROTOCOL_TCP:
      return "tcp";
  }
  g_return_val_if_reached (NULL);
}

/**
 * ice_candidate_tcp_type_to_string:
 * @tcp_type: a TCP type
 *
 * Any thread.
 *
 * Returns: (transfer none) (nullable): RTCIceTcpCandidateType: "active",
 *   "passive" or "so"; %NULL for UDP
 */
const gchar *
ice_candidate_tcp_type_to_string (IceCandidateTcpType tcp_type)
{
  switch (tcp_type) {
    case ICE_CANDIDATE_TCP_ACTIVE:
      return "active";
    case ICE_CANDIDATE_TCP_PASSIVE:
      return "passive";
    case ICE_CANDIDATE_TCP_SO:
      return "so";
    case ICE_CANDIDATE_TCP_NONE:
      break;
  }
  return NULL;
}
