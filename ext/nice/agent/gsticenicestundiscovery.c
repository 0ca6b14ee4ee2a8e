/* gst-ice: server-reflexive candidates.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/gsticenicestundiscovery.h"
#include "iothread/gsticealarm.h"
#include "agent/gsticenicestunbase.h"
#include "stun/icestundiscovery.h"

/* an rc box: an observer of an error may free it */
struct _GstIceNiceStunDiscovery
{
  GstIceTransport
      *transport; /* not referenced: it owns us; NULL after it was freed */
  GstIceStunResponses *answers;
  IceServer *server;
  const GstIceNiceStunDiscoveryFuncs *functions;
  gpointer user_data;
  GPtrArray *bases; /* of GstIceNiceStunBase */
  GSList *tcp;      /* of NiceCandidate: host candidates over TCP */
  gboolean done;    /* the end was reported */
  NiceCandidate
      *selected;     /* local candidate of the selected pair; NULL: none */
  gboolean checking; /* a check may still need a mapping */
  GstIceAlarm *alarm;
};

static void
clear (gpointer data)
{
  GstIceNiceStunDiscovery *self = data;

  g_ptr_array_unref (self->bases);
  g_slist_free_full (self->tcp, (GDestroyNotify) nice_candidate_free);
  g_clear_pointer (&self->selected, nice_candidate_free);
  gst_ice_stun_responses_unref (self->answers);
  ice_server_free (self->server);
}

static void
unref (GstIceNiceStunDiscovery *self)
{
  g_rc_box_release_full (self, clear);
}

static GstIceNiceStunBase *
base_at (const GstIceNiceStunDiscovery *self, guint i)
{
  return g_ptr_array_index (self->bases, i);
}

static void
arm (GstIceNiceStunDiscovery *self)
{
  gint64 next = -1;
  guint i;

  for (i = 0; i < self->bases->len; i++) {
    gint64 due = gst_ice_nice_stun_base_get_next (base_at (self, i));

    if (due >= 0 && (next < 0 || due < next))
      next = due;
  }
  gst_ice_alarm_set (self->alarm, next);
}

/* Reports the most specific failure of all local addresses. */
static guint
rank (const IceServerFailure *failure)
{
  switch (failure->reason) {
    case ICE_SERVER_FAILURE_REFUSED:
      return 4;
    case ICE_SERVER_FAILURE_NO_ADDRESS:
    case ICE_SERVER_FAILURE_UNUSABLE_ADDRESS:
    case ICE_SERVER_FAILURE_UNKNOWN_ATTRIBUTE:
      return 3;
    case ICE_SERVER_FAILURE_INVALID:
    case ICE_SERVER_FAILURE_OTHER_SOURCE:
      return 2;
    case ICE_SERVER_FAILURE_NO_ANSWER:
      return 1;
    case ICE_SERVER_FAILURE_TOO_MANY:
    case ICE_SERVER_FAILURE_NOT_ASKED:
    case ICE_SERVER_FAILURE_NO_ANSWER_AFTER_CHALLENGE:
    case ICE_SERVER_FAILURE_RETRY_LOOP:
    case ICE_SERVER_FAILURE_UNAUTHENTICATED_ERROR:
    case ICE_SERVER_FAILURE_UNREACHABLE:
    case ICE_SERVER_FAILURE_LOST:
    case ICE_SERVER_FAILURE_UNKNOWN:
      break;
  }
  return 0;
}

/* A server has not failed if it answered one local address. */
static gboolean
has_failed (const GstIceNiceStunDiscovery *self, IceServerFailure *failure)
{
  guint i;

  *failure = (IceServerFailure){ .server = self->server,
    .reason = ICE_SERVER_FAILURE_NOT_ASKED };
  for (i = 0; i < self->bases->len; i++) {
    IceServerFailure other = { .server = self->server };

    if (gst_ice_nice_stun_base_has_worked (base_at (self, i)))
      return FALSE;
    gst_ice_nice_stun_base_get_failure (base_at (self, i), &other);
    if (rank (&other) > rank (failure))
      *failure = other;
  }
  return TRUE;
}

static void
report_failure (GstIceNiceStunDiscovery *self, const IceServerFailure *failure)
{
  g_autofree gchar *url = ice_server_to_string (self->server);
  g_autofree gchar *text = ice_server_failure_to_string (failure);
  GstIceCandidateError error = {
    .address = failure->address,
    .port = failure->port,
    .url = url,
    .code = failure->code != 0 ? failure->code : GST_ICE_ERROR_CODE_UNREACHABLE,
    .text = text,
  };

  gst_ice_transport_report_candidate_error (self->transport, &error);
}

static void
finish_when_done (GstIceNiceStunDiscovery *self)
{
  IceServerFailure failure;
  guint i;

  for (i = 0; i < self->bases->len; i++)
    if (gst_ice_nice_stun_base_is_open (base_at (self, i)))
      return;
  if (self->done)
    return;
  self->done = TRUE;
  g_rc_box_acquire (self);
  if (has_failed (self, &failure))
    report_failure (self, &failure);
  if (self->transport != NULL)
    self->functions->done (self->user_data);
  unref (self);
}

/* Requests. */

/* A failed call sends no requests until a restart. */
static gboolean
is_wanted (const GstIceNiceStunDiscovery *self)
{
  return gst_ice_transport_get_state (self->transport)
      != GST_ICE_CONNECTION_STATE_FAILED;
}

static void
on_due (gpointer data)
{
  GstIceNiceStunDiscovery *self = data;
  gint64 now = g_get_monotonic_time ();
  guint i;

  for (i = 0; i < self->bases->len; i++)
    gst_ice_nice_stun_base_step (base_at (self, i), is_wanted (self), now);
  arm (self);
  finish_when_done (self);
}

/* Answers. */

static void
report_found (GstIceNiceStunDiscovery *self, const GstIceNiceStunBase *base)
{
  GSList *list = gst_ice_nice_stun_base_list_candidates (base, self->tcp), *i;

  for (i = list; i != NULL; i = i->next)
    self->functions->found (i->data, self->user_data);
  g_slist_free_full (list, (GDestroyNotify) nice_candidate_free);
}

static GstIceNiceStunBase *
find_asking (
    const GstIceNiceStunDiscovery *self, const guint8 *data, gsize size)
{
  guint i;

  for (i = 0; i < self->bases->len; i++)
    if (gst_ice_nice_stun_base_has_asked (base_at (self, i), data, size))
      return base_at (self, i);
  return NULL;
}

/* After the end of candidates a new address is not reported, but pairs may have
 * it. */
static gboolean
on_answer (GSocketAddress *from, const guint8 *data, gsize size, gint64 at,
    gpointer user_data)
{
  GstIceNiceStunDiscovery *self = user_data;
  GstIceNiceStunBase *base = find_asking (self, data, size);
  GstIceNiceStunNews news;

  if (base == NULL)
    return FALSE;
  news = gst_ice_nice_stun_base_take_answer (base, from, data, size, at);
  if (news == GST_ICE_NICE_STUN_NEW_CANDIDATE
      || (news == GST_ICE_NICE_STUN_SAME_CANDIDATE && !self->done))
    report_found (self, base);
  arm (self);
  finish_when_done (self);
  return TRUE;
}

/**
 * gst_ice_nice_stun_discovery_is_possible:
 * @options: what is gathered with
 *
 * Returns: whether a STUN server is set and this system can steer its answers;
 *   otherwise libnice sends the requests
 */
gboolean
gst_ice_nice_stun_discovery_is_possible (const GstIceGatherOptions *options)
{
  return options->stun_server != NULL
      && gst_ice_settings_get_enum (
             options->settings, GST_ICE_SETTING_ICE_TRANSPORT_POLICY)
      != GST_ICE_TRANSPORT_POLICY_RELAY
      && gst_ice_steering_is_possible ();
}

/**
 * gst_ice_nice_stun_discovery_new:
 * @transport: (transfer none): the transport; outlives the discovery
 * @context: the I/O thread's main context
 * @answers: (transfer none): delivers what the steered sockets receive
 * @server: a STUN server, with its addresses; copied
 * @functions: static
 * @user_data: for @functions
 *
 * Returns: (transfer full): a discovery that has not begun
 */
GstIceNiceStunDiscovery *
gst_ice_nice_stun_discovery_new (GstIceTransport *transport,
    GMainContext *context, GstIceStunResponses *answers,
    const IceServer *server, const GstIceNiceStunDiscoveryFuncs *functions,
    gpointer user_data)
{
  GstIceNiceStunDiscovery *self = g_rc_box_new0 (GstIceNiceStunDiscovery);

  self->transport = transport;
  self->answers = gst_ice_stun_responses_ref (answers);
  self->server = ice_server_copy (server);
  self->functions = functions;
  self->user_data = user_data;
  self->bases = g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_ice_nice_stun_base_free);
  self->checking = TRUE;
  self->alarm = gst_ice_alarm_new (context, on_due, self);
  gst_ice_stun_responses_set_filter (answers, on_answer, self);
  return self;
}

/**
 * gst_ice_nice_stun_discovery_free:
 * @self: (transfer full): a discovery
 *
 * No request is sent and nothing is reported after this. To be called before
 * the sockets beside the agent's are closed.
 */
void
gst_ice_nice_stun_discovery_free (GstIceNiceStunDiscovery *self)
{
  gst_ice_stun_responses_set_filter (self->answers, NULL, NULL);
  g_clear_pointer (&self->alarm, gst_ice_alarm_free);
  self->transport = NULL;
  unref (self);
}

/* Returns: (transfer full) (nullable): the server's address for this socket */
static GSocketAddress *
find_server (
    GstIceNiceStunDiscovery *self, GstIceSteering *steering, const gchar *host)
{
  const gchar *addresses[] = { self->server->address,
    self->server->other_address };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (addresses); i++)
    if (addresses[i] != NULL
        && ice_address_kind (addresses[i]) == ice_address_kind (host)
        && (!ice_address_is_link_local (host)
            || ice_address_is_link_local (addresses[i])))
      return gst_ice_steering_make_remote (
          steering, addresses[i], self->server->port);
  return NULL;
}

static void
add (GstIceNiceStunDiscovery *self, GstIceSteering *steering,
    const NiceCandidate *host, gint64 now)
{
  gchar address[NICE_ADDRESS_STRING_LEN];
  GSocketAddress *server;

  nice_address_to_string (&host->addr, address);
  server = find_server (self, steering, address);
  if (server != NULL)
    g_ptr_array_add (self->bases,
        gst_ice_nice_stun_base_new (self->transport,
            gst_ice_stun_responses_get_tag (self->answers), steering, host,
            server, now + self->bases->len * ICE_STUN_DISCOVERY_TA));
}

/**
 * gst_ice_nice_stun_discovery_begin:
 * @self: a new discovery
 * @consent: (transfer none): has the sockets beside the agent's; outlives the
 *   discovery
 * @candidates: (element-type NiceCandidate): the agent's host candidates
 *
 * Sends requests from each host candidate of the server's IP version.
 */
void
gst_ice_nice_stun_discovery_begin (GstIceNiceStunDiscovery *self,
    GstIceNiceConsent *consent, GSList *candidates)
{
  gint64 now = g_get_monotonic_time ();
  GSList *i;

  for (i = candidates; i != NULL; i = i->next) {
    const NiceCandidate *host = i->data;
    GstIceSteering *steering = gst_ice_nice_consent_find_steering (
        consent, host);

    if (host->type != NICE_CANDIDATE_TYPE_HOST)
      continue;
    if (host->transport != NICE_CANDIDATE_TRANSPORT_UDP)
      self->tcp = g_slist_append (self->tcp, nice_candidate_copy (host));
    else if (steering != NULL)
      add (self, steering, host, now);
  }
  gst_ice_alarm_set (self->alarm, now);
}

/**
 * gst_ice_nice_stun_discovery_is_done:
 * @self: (nullable): a discovery
 *
 * Returns: whether no more candidates will be found
 */
gboolean
gst_ice_nice_stun_discovery_is_done (const GstIceNiceStunDiscovery *self)
{
  return self == NULL || self->done;
}

static void
keep (GstIceNiceStunDiscovery *self)
{
  gboolean udp = self->selected != NULL
      && self->selected->type != NICE_CANDIDATE_TYPE_RELAYED
      && self->selected->transport == NICE_CANDIDATE_TRANSPORT_UDP;
  gint64 now = g_get_monotonic_time ();
  guint i;

  for (i = 0; i < self->bases->len; i++)
    gst_ice_nice_stun_base_keep (
        base_at (self, i), self->checking && !udp, now);
  arm (self);
}

static gboolean
is_used (const GstIceNiceStunDiscovery *self, const GstIceNiceStunBase *base)
{
  return self->selected != NULL
      && gst_ice_nice_stun_base_is_found (base, self->selected);
}

/**
 * gst_ice_nice_stun_discovery_restart:
 * @self: (nullable): a discovery
 *
 * For an ICE restart in place, at which candidates are reported again. Sends
 * requests where a NAT may have forgotten the mapping.
 *
 * Returns: (transfer full) (element-type NiceCandidate): the candidates that
 * can be taken as unchanged
 */
GSList *
gst_ice_nice_stun_discovery_restart (GstIceNiceStunDiscovery *self)
{
  gint64 now = g_get_monotonic_time ();
  GSList *known = NULL;
  guint i;

  if (self == NULL)
    return NULL;
  for (i = 0; i < self->bases->len; i++) {
    GstIceNiceStunBase *base = base_at (self, i);

    if (gst_ice_nice_stun_base_ask_again (
            base, is_used (self, base), now, now + i * ICE_STUN_DISCOVERY_TA))
      known = g_slist_concat (
          known, gst_ice_nice_stun_base_list_candidates (base, self->tcp));
    else
      self->done = FALSE;
  }
  self->checking = TRUE;
  g_clear_pointer (&self->selected, nice_candidate_free);
  keep (self);
  return known;
}

/**
 * gst_ice_nice_stun_discovery_select:
 * @self: (nullable): a discovery
 * @local: the local candidate of the selected pair
 *
 * Stops keeping mappings alive that are not needed: a selected pair of this
 * machine's UDP sockets keeps its own alive. A relayed or TCP pair may still be
 * replaced by one with a server-reflexive candidate.
 */
void
gst_ice_nice_stun_discovery_select (
    GstIceNiceStunDiscovery *self, const NiceCandidate *local)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->selected, nice_candidate_free);
  self->selected = nice_candidate_copy (local);
  keep (self);
}

/**
 * gst_ice_nice_stun_discovery_set_checking:
 * @self: (nullable): a discovery
 * @checking: whether a check is open that may still change the selected pair
 */
void
gst_ice_nice_stun_discovery_set_checking (
    GstIceNiceStunDiscovery *self, gboolean checking)
{
  if (self == NULL || self->checking == checking)
    return;
  self->checking = checking;
  keep (self);
}

/**
 * gst_ice_nice_stun_discovery_find:
 * @self: (nullable): a discovery
 * @local: a local libnice candidate, which sees our server-reflexive
 *   candidates as peer-reflexive
 *
 * Returns: (transfer none): our server-reflexive candidate of that address, or
 *   @local
 */
const NiceCandidate *
gst_ice_nice_stun_discovery_find (
    const GstIceNiceStunDiscovery *self, const NiceCandidate *local)
{
  guint i;

  if (self == NULL || local->type != NICE_CANDIDATE_TYPE_PEER_REFLEXIVE)
    return local;
  for (i = 0; i < self->bases->len; i++)
    if (gst_ice_nice_stun_base_is_found (base_at (self, i), local))
      return gst_ice_nice_stun_base_get_found (base_at (self, i));
  return local;
}
