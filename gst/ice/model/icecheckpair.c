/* gst-ice: one candidate pair.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/icecheckpair.h"
#include <string.h>

/* The last 32 bits of an IPv6 address, written as an IPv4 one. */
static gboolean
read_ipv4 (const gchar *text, guint8 *bytes)
{
  guint i;

  for (i = 0; i < 4; i++) {
    gchar *end;
    guint64 value = g_ascii_strtoull (text, &end, 10);

    if (end == text || value > 255 || *end != (i < 3 ? '.' : '\0'))
      return FALSE;
    bytes[i] = (guint8) value;
    text = end + 1;
  }
  return TRUE;
}

/* RFC 4291 section 2.2 */
static gboolean
read_ipv6 (const gchar *text, guint8 bytes[16])
{
  guint n = 0, gap = G_MAXUINT;

  memset (bytes, 0, 16);
  while (*text != '\0' && n < 16) {
    gchar *end;
    guint64 value;

    if (text[0] == ':' && text[1] == ':' && gap == G_MAXUINT) {
      gap = n;
      text += 2;
      continue;
    }
    if (n > 0 && gap != n && *text++ != ':')
      return FALSE;
    if (n <= 12 && strchr (text, ':') == NULL && strchr (text, '.') != NULL) {
      if (!read_ipv4 (text, bytes + n))
        return FALSE;
      n += 4;
      text = "";
      continue;
    }
    value = g_ascii_strtoull (text, &end, 16);
    if (end == text || value > G_MAXUINT16)
      return FALSE;
    bytes[n++] = (guint8) (value >> 8);
    bytes[n++] = (guint8) value;
    text = end;
  }
  if (gap != G_MAXUINT) {
    memmove (bytes + 16 - (n - gap), bytes + gap, n - gap);
    memset (bytes + gap, 0, 16 - n);
  }
  return *text == '\0' && (n == 16 || gap != G_MAXUINT);
}

static gboolean
same_address (const gchar *a, const gchar *b)
{
  guint8 bytes_a[16], bytes_b[16];

  if (strcmp (a, b) == 0)
    return TRUE;
  return strchr (a, ':') != NULL && strchr (b, ':') != NULL
      && read_ipv6 (a, bytes_a) && read_ipv6 (b, bytes_b)
      && memcmp (bytes_a, bytes_b, sizeof bytes_a) == 0;
}

/**
 * ice_check_endpoint_set:
 * @endpoint: (out): an endpoint
 * @candidate: a candidate with a numeric address
 *
 * Sets @endpoint to where @candidate is; RFC 6544 section 4.5: the port of an
 * active candidate means nothing, unless a connection has shown it
 * (peer-reflexive).
 */
void
ice_check_endpoint_set (
    IceCheckEndpoint *endpoint, const IceCandidate *candidate)
{
  g_strlcpy (endpoint->address, candidate->address, sizeof endpoint->address);
  endpoint->port = candidate->tcp_type == ICE_CANDIDATE_TCP_ACTIVE
          && candidate->type != ICE_CANDIDATE_TYPE_PRFLX
      ? 0
      : candidate->port;
}

/**
 * ice_check_endpoint_equal:
 * @a: an endpoint
 * @b: another one
 *
 * Returns: whether they are the same, however their addresses are written
 */
gboolean
ice_check_endpoint_equal (const IceCheckEndpoint *a, const IceCheckEndpoint *b)
{
  return a->port == b->port && same_address (a->address, b->address);
}

/**
 * ice_check_is_at:
 * @candidate: a candidate
 * @endpoint: an address and a port
 * @protocol: its protocol
 *
 * RFC 6544 section 4.5: an active candidate's port means nothing.
 *
 * Returns: whether @candidate is there
 */
gboolean
ice_check_is_at (const IceCandidate *candidate,
    const IceCheckEndpoint *endpoint, IceCandidateProtocol protocol)
{
  gboolean any_port = candidate->tcp_type == ICE_CANDIDATE_TCP_ACTIVE
      && endpoint->port == 0;

  return candidate->protocol == protocol
      && (any_port || candidate->port == endpoint->port)
      && same_address (candidate->address, endpoint->address);
}

static gboolean
same_candidate (const IceCandidate *a, const IceCandidate *b)
{
  g_autofree gchar *text_a = ice_candidate_to_string (a);
  g_autofree gchar *text_b = ice_candidate_to_string (b);

  return strcmp (text_a, text_b) == 0;
}

static gboolean
use_signalled (GPtrArray *signalled, const IceCheckEndpoint *endpoint,
    IceCandidateProtocol protocol, IceCandidate **candidate)
{
  guint i;

  for (i = 0; i < signalled->len; i++) {
    const IceCandidate *other = g_ptr_array_index (signalled, i);

    if (!ice_check_is_at (other, endpoint, protocol))
      continue;
    if (*candidate != NULL && same_candidate (*candidate, other))
      return FALSE;
    g_clear_pointer (candidate, ice_candidate_free);
    *candidate = ice_candidate_copy (other);
    return TRUE;
  }
  return FALSE;
}

/**
 * ice_check_add_candidate:
 * @signalled: (element-type IceCandidate): the candidates of one side
 * @candidate: a further candidate, or one of them again, of a new generation
 *
 * Of candidates with one address the first is shown. Candidates above
 * %ICE_CHECK_MAX_CANDIDATES are ignored.
 */
void
ice_check_add_candidate (GPtrArray *signalled, const IceCandidate *candidate)
{
  guint i;

  for (i = 0; i < signalled->len; i++) {
    IceCandidate **other = (IceCandidate **) &g_ptr_array_index (signalled, i);

    if ((*other)->type == candidate->type
        && (*other)->protocol == candidate->protocol
        && (*other)->tcp_type == candidate->tcp_type
        && (*other)->port == candidate->port
        && same_address ((*other)->address, candidate->address)) {
      ice_candidate_free (*other);
      *other = ice_candidate_copy (candidate);
      return;
    }
  }
  if (signalled->len < ICE_CHECK_MAX_CANDIDATES)
    g_ptr_array_add (signalled, ice_candidate_copy (candidate));
}

/**
 * ice_check_pair_match:
 * @pair: a pair
 * @local: (element-type IceCandidate): the local candidates
 * @remote: (element-type IceCandidate): the remote candidates
 *
 * Returns: whether a candidate of @pair has changed
 */
gboolean
ice_check_pair_match (IceCheckPair *pair, GPtrArray *local, GPtrArray *remote)
{
  gboolean is_new = use_signalled (
      local, &pair->local, pair->protocol, &pair->local_candidate);

  return use_signalled (
             remote, &pair->remote, pair->protocol, &pair->remote_candidate)
      || is_new;
}

/* RFC 8445 section 7.3.1.3 */
static IceCandidate *
new_prflx (
    const IceCheckSide *side, IceCandidateProtocol protocol, guint component)
{
  IceCandidate *candidate = g_new0 (IceCandidate, 1);

  candidate->foundation = g_strdup (
      side->foundation[0] != '\0' ? side->foundation : "0");
  candidate->component = component;
  candidate->protocol = protocol;
  candidate->priority = side->priority;
  candidate->address = g_strdup (side->endpoint.address);
  candidate->port = side->endpoint.port;
  candidate->type = ICE_CANDIDATE_TYPE_PRFLX;
  candidate->tcp_type = side->tcp_type;
  return candidate;
}

/**
 * ice_check_pair_set_local:
 * @pair: a pair with protocol and base
 * @side: its local end, as the peer sees it
 * @signalled: (element-type IceCandidate): the local candidates
 * @component: the transport's component
 *
 * Without a candidate at that address it is a peer-reflexive one.
 */
void
ice_check_pair_set_local (IceCheckPair *pair, const IceCheckSide *side,
    GPtrArray *signalled, guint component)
{
  pair->local = side->endpoint;
  g_clear_pointer (&pair->local_candidate, ice_candidate_free);
  if (use_signalled (
          signalled, &pair->local, pair->protocol, &pair->local_candidate))
    return;
  pair->local_candidate = new_prflx (side, pair->protocol, component);
  if (ice_check_endpoint_equal (&pair->local, &pair->base))
    return;
  pair->local_candidate->related_address = g_strdup (pair->base.address);
  pair->local_candidate->related_port = pair->base.port;
}

/**
 * ice_check_pair_set_remote:
 * @pair: a pair with protocol
 * @side: the other side
 * @signalled: (element-type IceCandidate): the remote candidates
 * @component: the transport's component
 *
 * As ice_check_pair_set_local().
 */
void
ice_check_pair_set_remote (IceCheckPair *pair, const IceCheckSide *side,
    GPtrArray *signalled, guint component)
{
  pair->remote = side->endpoint;
  g_clear_pointer (&pair->remote_candidate, ice_candidate_free);
  if (!use_signalled (
          signalled, &pair->remote, pair->protocol, &pair->remote_candidate))
    pair->remote_candidate = new_prflx (side, pair->protocol, component);
}

/**
 * ice_check_pair_get_priority:
 * @pair: a pair
 * @role: this agent's role
 * @priority: (out): RFC 8445 section 6.1.2.3
 *
 * Returns: whether it is known: it needs the role and both candidates'
 */
gboolean
ice_check_pair_get_priority (
    const IceCheckPair *pair, GstIceRole role, guint64 *priority)
{
  guint64 local = pair->local_candidate->priority;
  guint64 remote = pair->remote_candidate->priority;
  guint64 g = role == GST_ICE_ROLE_CONTROLLING ? local : remote;
  guint64 d = role == GST_ICE_ROLE_CONTROLLING ? remote : local;

  if (role == GST_ICE_ROLE_UNKNOWN || local == 0 || remote == 0)
    return FALSE;
  *priority = (MIN (g, d) << 32) + 2 * MAX (g, d) + (g > d ? 1 : 0);
  return TRUE;
}

static void
add_request (IceCheckRequests *self, gint64 now)
{
  if (self->n == ICE_CHECK_MAX_REQUESTS) {
    self->n--;
    memmove (&self->list[0], &self->list[1], self->n * sizeof self->list[0]);
  }
  self->list[self->n].at = now;
  self->list[self->n].retransmitted = FALSE;
  self->n++;
}

/* Where other requests are unanswered, a backend may have given up one of them
 * without a report, and no longer count it, once it is as old as a
 * retransmission timer. */
static gboolean
is_certain (const IceCheckRequests *self, guint i, gint64 now)
{
  guint j;

  for (j = i; self->n > 1 && j < self->n; j++)
    if (now - self->list[j].at >= ICE_CHECK_MIN_RTO)
      return FALSE;
  return !self->list[i].retransmitted;
}

/* Removes the answered request, or all of them where it is not known which one
 * was answered. Returns the round-trip time; -1 where it is not certain which
 * message was answered: after a retransmission (Karn's rule, RFC 6298 section
 * 3), or with several requests. */
static gint64
take_answered (IceCheckRequests *self, guint newer, gint64 now)
{
  gint64 rtt;
  guint i;

  if (newer == ICE_CHECK_UNKNOWN && self->n == 1)
    newer = 0;
  if (newer >= self->n) {
    self->n = 0;
    return -1;
  }
  i = self->n - 1 - newer;
  rtt = is_certain (self, i, now) ? now - self->list[i].at : -1;
  self->n--;
  memmove (
      &self->list[i], &self->list[i + 1], (self->n - i) * sizeof self->list[0]);
  return rtt;
}

static void
count_response (IceCheckPair *pair, guint newer, gint64 now)
{
  gint64 rtt = take_answered (&pair->unanswered, newer, now);

  pair->responses_received++;
  if (rtt < 0)
    return;
  pair->current_rtt = rtt;
  pair->total_rtt += rtt;
  pair->rtt_samples++;
}

static void
count_retransmission (IceCheckPair *pair)
{
  IceCheckRequests *requests = &pair->unanswered;

  pair->retransmissions_sent++;
  if (requests->n > 0)
    requests->list[requests->n - 1].retransmitted = TRUE;
}

static void
take_request_back (IceCheckPair *pair)
{
  if (pair->requests_sent > 0)
    pair->requests_sent--;
  if (pair->unanswered.n > 0)
    pair->unanswered.n--;
}

/**
 * ice_check_pair_count:
 * @pair: a pair
 * @event: what happened to it
 * @now: when, microseconds, monotonic
 *
 * Counts requests and responses, and measures round-trip times.
 */
void
ice_check_pair_count (
    IceCheckPair *pair, const IceCheckEvent *event, gint64 now)
{
  switch (event->kind) {
    case ICE_CHECK_REQUEST_SENT:
      pair->requests_sent++;
      pair->request_priority = event->local.priority;
      add_request (&pair->unanswered, now);
      if (pair->asked_since == 0)
        pair->asked_since = now;
      break;
    case ICE_CHECK_REQUEST_UNSENT:
      take_request_back (pair);
      break;
    case ICE_CHECK_RETRANSMITTED:
      count_retransmission (pair);
      break;
    case ICE_CHECK_RESPONSE_RECEIVED:
      count_response (pair, event->newer, now);
      pair->asked_since = 0;
      break;
    case ICE_CHECK_REQUEST_RECEIVED:
      pair->requests_received++;
      break;
    case ICE_CHECK_RESPONSE_SENT:
      pair->responses_sent++;
      break;
    case ICE_CHECK_ADDED:
    case ICE_CHECK_STATE:
    case ICE_CHECK_NOMINATED:
    case ICE_CHECK_SELECTED:
    case ICE_CHECK_REMOVED:
    case ICE_CHECK_PRUNED:
    case ICE_CHECK_RESTARTED:
    case ICE_CHECK_N_KINDS:
      break;
  }
}

/**
 * ice_check_kind_to_string:
 * @kind: a kind of event
 *
 * Returns: (transfer none): a word for logs and tests
 */
const gchar *
ice_check_kind_to_string (IceCheckKind kind)
{
  static const gchar *const names[] = { "added", "state", "nominated",
    "selected", "request-sent", "request-unsent", "retransmitted",
    "response-received", "request-received", "response-sent", "removed",
    "pruned", "restarted" };

  G_STATIC_ASSERT (G_N_ELEMENTS (names) == ICE_CHECK_N_KINDS);
  g_return_val_if_fail ((guint) kind < G_N_ELEMENTS (names), NULL);
  return names[kind];
}
