/* gst-ice: why no candidate pair could be made.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/icenopair.h"

/* Why a remote candidate is not paired (RFC 8445 section 6.1.2.2), the first
 * reason that holds: the rest of the sentence about those candidates, and the
 * cure. */
typedef enum
{
  OTHER_COMPONENT,
  NO_ADDRESS,
  TCP_IS_OFF,
  NO_TCP,
  NO_UDP,
  NO_IPV6,
  NO_IPV4,
  PAIRABLE,
  N_OBSTACLES
} Obstacle;

static const struct
{
  const gchar *what;
  const gchar *cure;
} obstacles[PAIRABLE] = {
  [OTHER_COMPONENT] = { "of another component",
      "give both ends the same components, or multiplex (rtcp-mux)" },
  [NO_ADDRESS] = { "with a name that has no address here",
      "see ice-candidate-error" },
  [TCP_IS_OFF] = { "TCP, and ice-tcp is off here",
      "set ice-tcp at this end, or let the peer gather UDP candidates" },
  [NO_TCP] = { "TCP that this end has no counterpart of",
      "let both ends gather UDP candidates" },
  [NO_UDP] = { "UDP, and this end has no UDP candidate",
      "check local-addresses and interfaces" },
  [NO_IPV6] = { "IPv6, and this end has IPv4 candidates only",
      "give both ends addresses of one IP version, or add a TURN server" },
  [NO_IPV4] = { "IPv4, and this end has IPv6 candidates only",
      "give both ends addresses of one IP version, or add a TURN server" },
};

static gboolean
fits_tcp (IceCandidateTcpType ours, IceCandidateTcpType theirs)
{
  switch (ours) {
    case ICE_CANDIDATE_TCP_ACTIVE:
      return theirs == ICE_CANDIDATE_TCP_PASSIVE;
    case ICE_CANDIDATE_TCP_PASSIVE:
      return theirs == ICE_CANDIDATE_TCP_ACTIVE;
    case ICE_CANDIDATE_TCP_SO:
      return theirs == ICE_CANDIDATE_TCP_SO;
    case ICE_CANDIDATE_TCP_NONE:
      break;
  }
  return TRUE; /* UDP */
}

/* The remote candidate's address is numeric. */
static Obstacle
find_obstacle (GPtrArray *local, const IceCandidate *remote)
{
  gboolean protocol = FALSE;
  guint i;

  for (i = 0; i < local->len; i++) {
    const IceCandidate *candidate = g_ptr_array_index (local, i);

    if (candidate->component != remote->component
        || candidate->protocol != remote->protocol
        || !fits_tcp (candidate->tcp_type, remote->tcp_type))
      continue;
    protocol = TRUE;
    if (ice_address_kind (candidate->address)
        == ice_address_kind (remote->address))
      return PAIRABLE;
  }
  if (!protocol)
    return remote->protocol == ICE_CANDIDATE_PROTOCOL_TCP ? NO_TCP : NO_UDP;
  return ice_address_kind (remote->address) == ICE_ADDRESS_IPV6 ? NO_IPV6
                                                                : NO_IPV4;
}

static Obstacle
judge (const IceStream *stream, const IceCandidate *remote, guint component,
    gboolean ice_tcp)
{
  if (remote->component != component)
    return OTHER_COMPONENT;
  if (remote->protocol == ICE_CANDIDATE_PROTOCOL_TCP && !ice_tcp)
    return TCP_IS_OFF;
  return find_obstacle (stream->local, remote);
}

static void
count_obstacles (const IceStream *stream, guint component, gboolean ice_tcp,
    guint counts[N_OBSTACLES])
{
  guint i;

  for (i = 0; i < stream->usable->len; i++)
    counts[judge (
        stream, g_ptr_array_index (stream->usable, i), component, ice_tcp)]++;
  counts[NO_ADDRESS] = stream->remote->len - stream->usable->len;
}

static gchar *
describe_obstacles (guint total, const guint counts[N_OBSTACLES])
{
  GString *what = g_string_new (NULL);
  GString *cure = g_string_new (NULL);
  const gchar *last_cure = NULL;
  guint i;

  for (i = 0; i < PAIRABLE; i++) {
    if (counts[i] == 0)
      continue;
    g_string_append_printf (what, "%s%u %s %s", what->len > 0 ? "; " : "",
        counts[i], counts[i] == 1 ? "is" : "are", obstacles[i].what);
    if (g_strcmp0 (last_cure, obstacles[i].cure) != 0)
      g_string_append_printf (
          cure, "%s%s", cure->len > 0 ? "; " : "", obstacles[i].cure);
    last_cure = obstacles[i].cure;
  }
  g_string_prepend (what, total == 1 ? " candidate " : " candidates ");
  g_string_append_printf (what, ". To do: %s", cure->str);
  g_string_free (cure, TRUE);
  return g_string_free (what, FALSE);
}

/**
 * ice_no_pair_explain:
 * @stream: a stream, with both sides' candidates as they were signalled
 * @component: the component whose transport has no candidate pair
 * @ice_tcp: whether TCP candidates are paired here
 *
 * Any thread; the owner of @stream locks. Candidates that filter-candidate
 * dropped count, too.
 *
 * Returns: (transfer full) (nullable): why no pair could be made (RFC 8445
 *   section 6.1.2.2), and what to do; %NULL where one could
 */
gchar *
ice_no_pair_explain (const IceStream *stream, guint component, gboolean ice_tcp)
{
  guint counts[N_OBSTACLES] = { 0 };
  g_autofree gchar *obstacles = NULL;

  if (stream->remote->len == 0 && stream->n_filtered > 0)
    return g_strdup_printf (
        "no candidate pair could be made: filter-candidate dropped all of the "
        "peer's candidates (%u)",
        stream->n_filtered);
  if (stream->remote->len == 0)
    return g_strdup ("no candidate pair could be made: the peer signalled no "
                     "candidate; check its servers and the signalling");
  count_obstacles (stream, component, ice_tcp, counts);
  if (counts[PAIRABLE] > 0)
    return NULL;
  obstacles = describe_obstacles (stream->remote->len, counts);
  return g_strdup_printf ("no candidate pair could be made: of the peer's %u%s",
      stream->remote->len, obstacles);
}
