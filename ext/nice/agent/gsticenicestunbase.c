/* gst-ice: the STUN transactions of one local address.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * icestundiscovery schedules the requests, icebinding parses the answers. */

#include "agent/gsticenicestunbase.h"
#include "stun/icebinding.h"
#include "stun/icestundiscovery.h"

#include <string.h>
#include <unistd.h>

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_stun_base_debug);
#define GST_CAT_DEFAULT gst_ice_nice_stun_base_debug

/* RFC 8489 section 5: the magic cookie and the transaction id. The id's first
 * word is the tag that the kernel steers by, the rest is random */
#define ID_OFFSET 8
#define TAG_SIZE 4

/* RFC 8445 section 5.1.2.1, RFC 6544 section 4.2; the same as libnice's */
#define TYPE_PREFERENCE 100
#define TYPE_PREFERENCE_TCP 50
#define TYPE_PREFERENCE_SHIFT 24

struct _GstIceNiceStunBase
{
  GstIceTransport *transport; /* not referenced; for the log */
  GstIceSteering *steering;   /* not referenced: outlives it */
  guint32 tag;
  NiceCandidate *host;
  gchar *address; /* the address of host */
  GSocketAddress *server;
  IceStunDiscovery schedule;
  guint8 id[ICE_BINDING_ID_SIZE]; /* the transaction's id */
  NiceCandidate *found; /* NULL: none, or equal to the host candidate */
  gboolean worked;      /* the server has reported an address */
  IceServerFailureReason reason; /* the reason of a failure */
  guint code;
  gchar *text;
};

/**
 * gst_ice_nice_stun_base_new:
 * @transport: (transfer none): the transport; outlives the base
 * @tag: the first word of the transaction ids, by which answers are steered
 * @steering: (transfer none): the socket beside the agent's; outlives the base
 * @host: the host candidate of this address
 * @server: (transfer full): the STUN server's address
 * @when: the time of the first request, microseconds, monotonic
 *
 * I/O thread, like all functions of this file.
 *
 * Returns: (transfer full): a base with a request due at @when
 */
GstIceNiceStunBase *
gst_ice_nice_stun_base_new (GstIceTransport *transport, guint32 tag,
    GstIceSteering *steering, const NiceCandidate *host, GSocketAddress *server,
    gint64 when)
{
  GstIceNiceStunBase *self = g_new0 (GstIceNiceStunBase, 1);
  gchar address[NICE_ADDRESS_STRING_LEN];

  GST_DEBUG_CATEGORY_INIT (gst_ice_nice_stun_base_debug, "icestunbase", 0,
      "ICE local addresses at a STUN server");
  nice_address_to_string (&host->addr, address);
  self->transport = transport;
  self->tag = tag;
  self->steering = steering;
  self->host = nice_candidate_copy (host);
  self->address = g_strdup (address);
  self->server = server;
  self->reason = ICE_SERVER_FAILURE_NO_ANSWER;
  ice_stun_discovery_begin (&self->schedule, when);
  return self;
}

/**
 * gst_ice_nice_stun_base_free:
 * @self: (transfer full): a base
 */
void
gst_ice_nice_stun_base_free (GstIceNiceStunBase *self)
{
  g_clear_pointer (&self->found, nice_candidate_free);
  nice_candidate_free (self->host);
  g_free (self->address);
  g_object_unref (self->server);
  g_free (self->text);
  g_free (self);
}

/**
 * gst_ice_nice_stun_base_get_next:
 * @self: a base
 *
 * Returns: the time when gst_ice_nice_stun_base_step() is due; -1: never
 */
gint64
gst_ice_nice_stun_base_get_next (const GstIceNiceStunBase *self)
{
  return self->schedule.next;
}

/**
 * gst_ice_nice_stun_base_is_open:
 * @self: a base
 *
 * Returns: whether the server's answer is still awaited
 */
gboolean
gst_ice_nice_stun_base_is_open (const GstIceNiceStunBase *self)
{
  return self->schedule.open;
}

/**
 * gst_ice_nice_stun_base_has_worked:
 * @self: a base
 *
 * Returns: whether the server has reported an address, which may be the host
 *   candidate's own
 */
gboolean
gst_ice_nice_stun_base_has_worked (const GstIceNiceStunBase *self)
{
  return self->worked;
}

/**
 * gst_ice_nice_stun_base_get_found:
 * @self: a base
 *
 * Returns: (transfer none) (nullable): its server-reflexive candidate
 */
const NiceCandidate *
gst_ice_nice_stun_base_get_found (const GstIceNiceStunBase *self)
{
  return self->found;
}

/* Failures. */

static void
fail (GstIceNiceStunBase *self, IceServerFailureReason reason, guint code,
    const gchar *text)
{
  self->worked = FALSE;
  self->reason = reason;
  self->code = code;
  g_free (self->text);
  self->text = g_strdup (text);
}

/**
 * gst_ice_nice_stun_base_get_failure:
 * @self: a base that has not worked
 * @failure: (inout): the reason; its strings belong to the base
 */
void
gst_ice_nice_stun_base_get_failure (
    const GstIceNiceStunBase *self, IceServerFailure *failure)
{
  failure->reason = self->reason;
  failure->code = self->code;
  failure->detail = self->text;
  if (self->code == 0)
    return;
  failure->address = self->address;
  failure->port = (guint16) nice_address_get_port (&self->host->addr);
}

/* Requests. */

static void
make_id (GstIceNiceStunBase *self)
{
  guint32 tag = GUINT32_TO_BE (self->tag);

  memcpy (self->id, &tag, TAG_SIZE);
  if (getentropy (self->id + TAG_SIZE, sizeof (self->id) - TAG_SIZE) != 0)
    g_error ("no random numbers from the system");
}

/* A failure that a later request would not mend. */
static gboolean
is_no_way (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
send_request (GstIceNiceStunBase *self)
{
  guint8 request[ICE_BINDING_REQUEST_SIZE];
  g_autoptr (GError) error = NULL;

  ice_binding_write_request (request, self->id);
  if (gst_ice_steering_send (
          self->steering, self->server, request, sizeof (request), &error))
    return;
  GST_DEBUG_OBJECT (self->transport, "STUN server: %s", error->message);
  if (!self->schedule.open || !is_no_way (error))
    return;
  fail (self, ICE_SERVER_FAILURE_NOT_ASKED, 0, NULL);
  ice_stun_discovery_give_up (&self->schedule);
}

/**
 * gst_ice_nice_stun_base_step:
 * @self: a base
 * @wanted: whether the mapping is to be kept alive once it is known
 * @now: the current time, microseconds, monotonic
 *
 * Sends a request if one is due.
 */
void
gst_ice_nice_stun_base_step (
    GstIceNiceStunBase *self, gboolean wanted, gint64 now)
{
  switch (ice_stun_discovery_step (&self->schedule, now)) {
    case ICE_STUN_DISCOVERY_NOTHING:
      break;
    case ICE_STUN_DISCOVERY_REQUEST:
      if (!wanted && !self->schedule.open) {
        ice_stun_discovery_keep (&self->schedule, FALSE, now);
        break;
      }
      make_id (self);
      send_request (self);
      break;
    case ICE_STUN_DISCOVERY_AGAIN:
      send_request (self);
      break;
    case ICE_STUN_DISCOVERY_TIMEOUT:
      GST_DEBUG_OBJECT (self->transport, "the STUN server does not answer");
      break;
  }
}

/**
 * gst_ice_nice_stun_base_keep:
 * @self: a base
 * @keep: whether further requests keep the mapping alive
 * @now: the current time, microseconds, monotonic
 */
void
gst_ice_nice_stun_base_keep (
    GstIceNiceStunBase *self, gboolean keep, gint64 now)
{
  ice_stun_discovery_keep (&self->schedule, keep, now);
}

/**
 * gst_ice_nice_stun_base_ask_again:
 * @self: a base
 * @used: whether media uses the mapping
 * @now: the current time, microseconds, monotonic
 * @when: the time of the next request
 *
 * Sends requests again if a NAT may have forgotten the mapping: the server has
 * not reported it for Tr (RFC 8445 section 5.1.1.4), and media does not use it.
 *
 * Returns: whether the mapping can be taken as unchanged
 */
gboolean
gst_ice_nice_stun_base_ask_again (
    GstIceNiceStunBase *self, gboolean used, gint64 now, gint64 when)
{
  if (self->worked
      && (used || ice_stun_discovery_is_recent (&self->schedule, now)))
    return TRUE;
  if (self->schedule.open)
    return FALSE;
  fail (self, ICE_SERVER_FAILURE_NO_ANSWER, 0, NULL);
  ice_stun_discovery_ask_again (&self->schedule, when);
  return FALSE;
}

/* Candidates. */

/* RFC 8445 section 5.1.1.3: candidates of the same type, base address and
 * server have one foundation, so it is derived from the host candidate's.
 * Section 5.1.2.1: so is the local preference. */
static NiceCandidate *
make_candidate (const NiceCandidate *host, const NiceAddress *mapped)
{
  NiceCandidate *candidate = nice_candidate_new (
      NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE);
  gboolean udp = host->transport == NICE_CANDIDATE_TRANSPORT_UDP;
  const guint32 mask = (1U << TYPE_PREFERENCE_SHIFT) - 1;

  candidate->transport = host->transport;
  candidate->addr = *mapped;
  candidate->base_addr = host->addr;
  candidate->stream_id = host->stream_id;
  candidate->component_id = host->component_id;
  candidate->priority = (guint32) (udp ? TYPE_PREFERENCE : TYPE_PREFERENCE_TCP)
          << TYPE_PREFERENCE_SHIFT
      | (host->priority & mask);
  g_snprintf (candidate->foundation, sizeof (candidate->foundation), "s%.*s",
      (int) sizeof (candidate->foundation) - 2, host->foundation);
  return candidate;
}

/* A NAT that translates addresses one to one does so for TCP, with the same
 * port: RFC 6544 section 5.2 has no other way for passive candidates. */
static NiceCandidate *
make_tcp_candidate (const GstIceNiceStunBase *self, const NiceCandidate *host)
{
  NiceAddress mapped = self->found->addr;

  if (!nice_address_equal_no_port (&host->addr, &self->host->addr)
      || nice_address_equal_no_port (&host->addr, &mapped))
    return NULL;
  nice_address_set_port (&mapped, nice_address_get_port (&host->addr));
  return make_candidate (host, &mapped);
}

/**
 * gst_ice_nice_stun_base_list_candidates:
 * @self: a base
 * @tcp: (element-type NiceCandidate): host candidates over TCP
 *
 * Returns: (transfer full) (element-type NiceCandidate): the server-reflexive
 *   candidates of this base
 */
GSList *
gst_ice_nice_stun_base_list_candidates (
    const GstIceNiceStunBase *self, GSList *tcp)
{
  GSList *list = NULL, *i;

  if (self->found == NULL)
    return NULL;
  list = g_slist_prepend (list, nice_candidate_copy (self->found));
  for (i = tcp; i != NULL; i = i->next) {
    NiceCandidate *candidate = make_tcp_candidate (self, i->data);

    if (candidate != NULL)
      list = g_slist_prepend (list, candidate);
  }
  return g_slist_reverse (list);
}

/**
 * gst_ice_nice_stun_base_is_found:
 * @self: a base
 * @local: a local libnice candidate
 *
 * Returns: whether it has the server-reflexive candidate's address and base
 */
gboolean
gst_ice_nice_stun_base_is_found (
    const GstIceNiceStunBase *self, const NiceCandidate *local)
{
  return self->found != NULL
      && nice_address_equal (&local->addr, &self->found->addr)
      && nice_address_equal (&local->base_addr, &self->host->addr);
}

/* Answers. */

static gboolean
is_same (GSocketAddress *one, GSocketAddress *other)
{
  GInetSocketAddress *a, *b;

  if (!G_IS_INET_SOCKET_ADDRESS (other))
    return FALSE;
  a = G_INET_SOCKET_ADDRESS (one);
  b = G_INET_SOCKET_ADDRESS (other);
  return g_inet_socket_address_get_port (a)
      == g_inet_socket_address_get_port (b)
      && g_inet_address_equal (g_inet_socket_address_get_address (a),
          g_inet_socket_address_get_address (b));
}

static gchar *
describe (const NiceAddress *address)
{
  gchar text[NICE_ADDRESS_STRING_LEN];

  nice_address_to_string (address, text);
  return g_strdup_printf ("%s port %u", text, nice_address_get_port (address));
}

static gchar *
describe_source (GSocketAddress *from)
{
  g_autofree gchar *text = g_inet_address_to_string (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (from)));

  return g_strdup_printf ("%s port %u", text,
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (from)));
}

static void
to_nice_address (NiceAddress *nice, const IceBindingAddress *address)
{
  guint32 ipv4;

  nice_address_init (nice);
  if (address->is_ipv6) {
    nice_address_set_ipv6 (nice, address->octets);
  } else {
    memcpy (&ipv4, address->octets, sizeof (ipv4));
    nice_address_set_ipv4 (nice, GUINT32_FROM_BE (ipv4));
  }
  nice_address_set_port (nice, address->port);
}

static gboolean
is_loopback (const NiceAddress *address)
{
  gchar text[NICE_ADDRESS_STRING_LEN];

  nice_address_to_string (address, text);
  return g_str_has_prefix (text, "127.") || g_str_equal (text, "::1");
}

/* A NAT64 (RFC 6146) maps IPv6 to IPv4; no device on the way to a server maps
 * IPv4 to IPv6. */
static gboolean
can_be_of (const NiceAddress *mapped, const NiceAddress *base)
{
  if (nice_address_ip_version (mapped) == 6
      && nice_address_ip_version (base) == 4)
    return FALSE;
  return !is_loopback (mapped) || is_loopback (base);
}

/* RFC 8445 section 5.1.3: without a NAT, the candidate is redundant. */
static GstIceNiceStunNews
note_mapped (GstIceNiceStunBase *self, const NiceAddress *mapped)
{
  g_autofree gchar *text = describe (mapped);

  GST_DEBUG_OBJECT (self->transport, "%s port %u is %s outside", self->address,
      nice_address_get_port (&self->host->addr), text);
  self->worked = TRUE;
  if (self->found != NULL && nice_address_equal (&self->found->addr, mapped))
    return GST_ICE_NICE_STUN_SAME_CANDIDATE;
  g_clear_pointer (&self->found, nice_candidate_free);
  if (nice_address_equal (mapped, &self->host->addr))
    return GST_ICE_NICE_STUN_NO_CANDIDATE;
  self->found = make_candidate (self->host, mapped);
  return GST_ICE_NICE_STUN_NEW_CANDIDATE;
}

static void
note_failure (GstIceNiceStunBase *self, IceServerFailureReason reason,
    guint code, const gchar *text)
{
  if (self->schedule.open)
    fail (self, reason, code, text);
  else
    GST_DEBUG_OBJECT (
        self->transport, "the STUN server does not keep the address alive");
  ice_stun_discovery_give_up (&self->schedule);
}

static GstIceNiceStunNews
note_address (
    GstIceNiceStunBase *self, const IceBindingAnswer *answer, gint64 at)
{
  NiceAddress mapped;

  to_nice_address (&mapped, &answer->address);
  if (answer->kind == ICE_BINDING_UNUSABLE
      || !can_be_of (&mapped, &self->host->addr)) {
    g_autofree gchar *text = describe (&mapped);

    note_failure (self, ICE_SERVER_FAILURE_UNUSABLE_ADDRESS, 0, text);
    return GST_ICE_NICE_STUN_NO_CANDIDATE;
  }
  ice_stun_discovery_answered (&self->schedule, at);
  return note_mapped (self, &mapped);
}

/* An answer that counts may still follow. */
static void
note_useless (
    GstIceNiceStunBase *self, IceServerFailureReason reason, const gchar *text)
{
  if (self->schedule.open && self->reason == ICE_SERVER_FAILURE_NO_ANSWER)
    fail (self, reason, 0, text);
}

static GstIceNiceStunNews
note_answer (
    GstIceNiceStunBase *self, const IceBindingAnswer *answer, gint64 at)
{
  gchar type[16];

  switch (answer->kind) {
    case ICE_BINDING_OTHER:
      note_useless (self, ICE_SERVER_FAILURE_INVALID, NULL);
      break;
    case ICE_BINDING_MAPPED:
    case ICE_BINDING_UNUSABLE:
      return note_address (self, answer, at);
    case ICE_BINDING_NO_ADDRESS:
      note_failure (self, ICE_SERVER_FAILURE_NO_ADDRESS, 0, NULL);
      break;
    case ICE_BINDING_UNKNOWN_ATTRIBUTE:
      g_snprintf (type, sizeof (type), "0x%04X", answer->code);
      note_failure (self, ICE_SERVER_FAILURE_UNKNOWN_ATTRIBUTE, 0, type);
      break;
    case ICE_BINDING_ERROR:
      note_failure (self, ICE_SERVER_FAILURE_REFUSED, answer->code, NULL);
      break;
  }
  return GST_ICE_NICE_STUN_NO_CANDIDATE;
}

/**
 * gst_ice_nice_stun_base_has_asked:
 * @self: a base
 * @data: (array length=size): a message
 * @size: its length, bytes
 *
 * Returns: whether it has the transaction id of the base's last request
 */
gboolean
gst_ice_nice_stun_base_has_asked (
    const GstIceNiceStunBase *self, const guint8 *data, gsize size)
{
  return size >= ID_OFFSET + ICE_BINDING_ID_SIZE
      && memcmp (self->id, data + ID_OFFSET, ICE_BINDING_ID_SIZE) == 0;
}

/**
 * gst_ice_nice_stun_base_take_answer:
 * @self: the base that sent the request
 * @from: the answer's source address
 * @data: (array length=size): an answer
 * @size: its length, bytes
 * @at: its arrival time, microseconds, monotonic
 *
 * The answer is authenticated only by its transaction id and its source address
 * (RFC 8489 section 6.3).
 *
 * Returns: whether it gives a candidate
 */
GstIceNiceStunNews
gst_ice_nice_stun_base_take_answer (GstIceNiceStunBase *self,
    GSocketAddress *from, const guint8 *data, gsize size, gint64 at)
{
  IceBindingAnswer answer;

  if (self->schedule.sent == 0) /* there was an answer before */
    return GST_ICE_NICE_STUN_NO_CANDIDATE;
  if (!is_same (self->server, from)) {
    g_autofree gchar *text = describe_source (from);

    note_useless (self, ICE_SERVER_FAILURE_OTHER_SOURCE, text);
    return GST_ICE_NICE_STUN_NO_CANDIDATE;
  }
  ice_binding_read_answer (&answer, data, size, self->id);
  return note_answer (self, &answer, at);
}
