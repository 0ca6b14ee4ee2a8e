/* gst-ice: names of peers in this network -> addresses.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/gsticemdns.h"
#include "iothread/gsticealarm.h"
#include "addresses/gsticelocaladdress.h"
#include "addresses/icemdns.h"
#include <gio/gnetworking.h>
#include <gst/gst.h>
#include <net/if.h>

/* struct ip_mreqn is Linux's and the BSDs'. */
#ifndef IP_MULTICAST_ALL
#define IP_MULTICAST_ALL 49 /* linux/in.h */
#endif

GST_DEBUG_CATEGORY_STATIC (gst_ice_mdns_debug);
#define GST_CAT_DEFAULT gst_ice_mdns_debug

#define TIME_TO_LIVE 255 /* RFC 6762 section 11 */
/* RFC 6762 section 5.2: a second between the first two, then twice as long */
#define FIRST_INTERVAL (1 * G_TIME_SPAN_SECOND)
#define MAX_LINKS 16
/* Messages that one turn of the I/O thread reads of a link; the next turn reads
 * more */
#define MAX_READ 8

/* A socket for each: a socket that is bound to the group receives only messages
 * to the group, so it takes no unicast answer away from the system's responder,
 * which has the same port; and an IPv6 one needs its interface. */
typedef struct
{
  GSocket *socket;
  GSocketAddress *group;
  GSource *source;
} Link;

typedef struct
{
  gchar *name;
  gint64 next; /* when the next question is sent */
  gint64 interval;
  gint64 end; /* when it is given up */
} Query;

struct _GstIceMdns
{
  guint users; /* the caller, and the callback that runs; one thread */
  GMainContext *context;
  GStrv prefixes;
  GStrv interfaces;
  GPtrArray *links;   /* of Link; empty while there is no query */
  GError *error;      /* the reason where there is none */
  GPtrArray *queries; /* of Query */
  GstIceAlarm *alarm;
  GstIceMdnsSettled settled; /* NULL after gst_ice_mdns_free() */
  gpointer user_data;
};

static void
link_free (gpointer data)
{
  Link *link = data;

  if (link->source != NULL) {
    g_source_destroy (link->source);
    g_source_unref (link->source);
  }
  g_clear_object (&link->socket);
  g_clear_object (&link->group);
  g_free (link);
}

static void
query_free (gpointer data)
{
  Query *query = data;

  g_free (query->name);
  g_free (query);
}

static void
unref (GstIceMdns *self)
{
  if (--self->users > 0)
    return;
  g_ptr_array_unref (self->queries);
  g_ptr_array_unref (self->links);
  g_clear_error (&self->error);
  gst_ice_alarm_free (self->alarm);
  g_strfreev (self->prefixes);
  g_strfreev (self->interfaces);
  g_main_context_unref (self->context);
  g_free (self);
}

/* The next thing to do, in time. */
static void
schedule (GstIceMdns *self)
{
  gint64 when = -1;
  guint i;

  for (i = 0; i < self->queries->len; i++) {
    const Query *query = g_ptr_array_index (self->queries, i);
    gint64 next = MIN (query->next, query->end);

    if (when < 0 || next < when)
      when = next;
  }
  gst_ice_alarm_set (self->alarm, when);
  if (self->queries->len == 0)
    g_ptr_array_set_size (self->links, 0);
}

static void
settle (GstIceMdns *self, Query *query, const gchar *address, GError *error)
{
  g_autofree gchar *name = g_strdup (query->name);

  GST_INFO ("%s: %s", name, address != NULL ? address : error->message);
  g_ptr_array_remove (self->queries, query);
  self->settled (name, address, error, self->user_data);
}

/* Sockets. */

static GError *
explain (IceMdnsAnswer answer)
{
  switch (answer) {
    case ICE_MDNS_SEVERAL:
      return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
          "the answer has more than one address");
    case ICE_MDNS_UNUSABLE:
      return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
          "the answer's address is not usable by another host");
    case ICE_MDNS_NOTHING:
    case ICE_MDNS_ADDRESS:
    case ICE_MDNS_N_ANSWERS:
      break;
  }
  return NULL;
}

static void
take_answer (GstIceMdns *self, const guint8 *message, gsize size)
{
  guint i = 0;

  while (i < self->queries->len && self->settled != NULL) {
    Query *query = g_ptr_array_index (self->queries, i);
    guint8 bytes[16];
    gsize n;
    IceMdnsAnswer answer = ice_mdns_read_answer (
        message, size, query->name, bytes, &n);
    g_autoptr (GError) error = explain (answer);
    g_autoptr (GInetAddress) address = NULL;
    g_autofree gchar *text = NULL;

    if (answer == ICE_MDNS_NOTHING) {
      i++;
      continue;
    }
    if (answer == ICE_MDNS_ADDRESS) {
      address = g_inet_address_new_from_bytes (
          bytes, n == 4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);
      text = g_inet_address_to_string (address);
    }
    settle (self, query, text, error);
    i = 0; /* the callback may have changed the queries */
  }
}

/* RFC 6762 section 6: answers from other ports are ignored. */
static gboolean
is_answer_port (GSocketAddress *source)
{
  return source != NULL
      && g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (source))
      == ICE_MDNS_PORT;
}

static gboolean
on_readable (GSocket *socket, GIOCondition condition, gpointer data)
{
  GstIceMdns *self = data;
  g_autoptr (GSocket) held = g_object_ref (socket);
  guint8 message[ICE_MDNS_MAX_MESSAGE];
  guint i;

  self->users++;
  for (i = 0; i < MAX_READ && self->queries->len > 0; i++) {
    g_autoptr (GSocketAddress) source = NULL;
    gssize size = g_socket_receive_from (
        held, &source, (gchar *) message, sizeof message, NULL, NULL);

    if (size < 0)
      break;
    if (is_answer_port (source))
      take_answer (self, message, size);
  }
  if (self->settled != NULL)
    schedule (self);
  unref (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
set_option (GSocket *socket, gint level, gint option, gconstpointer value,
    gsize size, GError **error)
{
  gint code;

  if (setsockopt (g_socket_get_fd (socket), level, option, value, size) == 0)
    return TRUE;
  code = errno;
  g_set_error_literal (
      error, G_IO_ERROR, g_io_error_from_errno (code), g_strerror (code));
  return FALSE;
}

/* Sends and receives on this interface only. */
static gboolean
set_options (GSocket *socket, const GstIceLocalLink *local, GError **error)
{
  const gint no = 0, ttl = TIME_TO_LIVE;

  if (local->family == G_SOCKET_FAMILY_IPV4) {
    struct ip_mreqn on = { .imr_ifindex = local->index };

    set_option (socket, IPPROTO_IP, IP_MULTICAST_ALL, &no, sizeof no, NULL);
    return set_option (
               socket, IPPROTO_IP, IP_MULTICAST_IF, &on, sizeof on, error)
        && set_option (
            socket, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl, error);
  }
  return set_option (socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, &local->index,
             sizeof local->index, error)
      && set_option (
          socket, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &ttl, sizeof ttl, error);
}

static GSocketAddress *
make_group (const GstIceLocalLink *local)
{
  gboolean ipv4 = local->family == G_SOCKET_FAMILY_IPV4;
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (
      ipv4 ? ICE_MDNS_GROUP_IPV4 : ICE_MDNS_GROUP_IPV6);

  return g_object_new (G_TYPE_INET_SOCKET_ADDRESS, "address", address, "port",
      ICE_MDNS_PORT, "scope-id", ipv4 ? 0 : local->index, NULL);
}

static Link *
open_link (GstIceMdns *self, const GstIceLocalLink *local, GError **error)
{
  Link *link = g_new0 (Link, 1);

  link->group = make_group (local);
  link->socket = g_socket_new (
      local->family, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, error);
  if (link->socket == NULL || !set_options (link->socket, local, error)
      || !g_socket_bind (link->socket, link->group, TRUE, error)
      || !g_socket_join_multicast_group (link->socket,
          g_inet_socket_address_get_address (
              G_INET_SOCKET_ADDRESS (link->group)),
          FALSE, local->name, error)) {
    link_free (link);
    return NULL;
  }
  g_socket_set_blocking (link->socket, FALSE);
  link->source = g_socket_create_source (link->socket, G_IO_IN, NULL);
  g_source_set_callback (link->source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (link->source, self->context);
  return link;
}

static void
open_links (GstIceMdns *self)
{
  g_autoptr (GArray)
      found = gst_ice_local_links ((const gchar *const *) self->prefixes,
          (const gchar *const *) self->interfaces);
  guint i;

  g_clear_error (&self->error);
  for (i = 0; i < found->len && self->links->len < MAX_LINKS; i++) {
    const GstIceLocalLink *local = &g_array_index (found, GstIceLocalLink, i);
    g_autoptr (GError) error = NULL;
    Link *link = open_link (self, local, &error);

    if (link != NULL) {
      g_ptr_array_add (self->links, link);
      continue;
    }
    GST_INFO ("cannot query on %s: %s", local->name, error->message);
    if (self->error == NULL)
      self->error = g_error_new (error->domain, error->code,
          "cannot query on %s: %s", local->name, error->message);
  }
  if (found->len == 0)
    self->error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "there is no network interface to query on");
}

/* Queries. */

static void
ask (GstIceMdns *self, const Query *query)
{
  static const IceMdnsType types[] = { ICE_MDNS_TYPE_A, ICE_MDNS_TYPE_AAAA };
  guint8 message[ICE_MDNS_MAX_QUESTION];
  guint i, t;

  for (i = 0; i < self->links->len; i++) {
    const Link *link = g_ptr_array_index (self->links, i);

    for (t = 0; t < G_N_ELEMENTS (types); t++) {
      gsize size = ice_mdns_write_question (message, query->name, types[t]);
      g_autoptr (GError) error = NULL;

      if (g_socket_send_to (link->socket, link->group, (const gchar *) message,
              size, NULL, &error)
          < 0)
        GST_DEBUG ("%s: %s", query->name, error->message);
    }
  }
}

static void
give_up (GstIceMdns *self, Query *query)
{
  g_autoptr (GError) error = NULL;

  if (self->links->len == 0)
    error = g_error_copy (self->error);
  else
    error = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
        "no host in this network answered for %u s",
        GST_ICE_MDNS_TIMEOUT / 1000);
  settle (self, query, NULL, error);
}

static Query *
find_due (GstIceMdns *self, gint64 now)
{
  guint i;

  for (i = 0; i < self->queries->len; i++) {
    Query *query = g_ptr_array_index (self->queries, i);

    if (query->next <= now || query->end <= now)
      return query;
  }
  return NULL;
}

static void
on_alarm (gpointer data)
{
  GstIceMdns *self = data;
  gint64 now = g_get_monotonic_time ();
  Query *query;

  self->users++;
  while (self->settled != NULL && (query = find_due (self, now)) != NULL) {
    if (query->end <= now || self->links->len == 0) {
      give_up (self, query);
      continue;
    }
    ask (self, query);
    query->next = now + query->interval;
    query->interval *= 2;
  }
  if (self->settled != NULL)
    schedule (self);
  unref (self);
}

static gboolean
has_name (const GPtrArray *names, const gchar *name)
{
  guint i;

  for (i = 0; i < names->len; i++)
    if (g_ascii_strcasecmp (g_ptr_array_index (names, i), name) == 0)
      return TRUE;
  return FALSE;
}

static void
drop_unwanted (GstIceMdns *self, const GPtrArray *names)
{
  guint i = 0;

  while (i < self->queries->len) {
    const Query *query = g_ptr_array_index (self->queries, i);

    if (has_name (names, query->name))
      i++;
    else
      g_ptr_array_remove_index (self->queries, i);
  }
}

static gboolean
is_asked_for (GstIceMdns *self, const gchar *name)
{
  guint i;

  for (i = 0; i < self->queries->len; i++) {
    const Query *query = g_ptr_array_index (self->queries, i);

    if (g_ascii_strcasecmp (query->name, name) == 0)
      return TRUE;
  }
  return FALSE;
}

static void
begin (GstIceMdns *self, const gchar *name)
{
  gint64 now = g_get_monotonic_time ();
  Query *query = g_new0 (Query, 1);

  if (self->links->len == 0)
    open_links (self);
  query->name = g_strdup (name);
  query->next = now;
  query->interval = FIRST_INTERVAL;
  query->end = now + GST_ICE_MDNS_TIMEOUT * G_TIME_SPAN_MILLISECOND;
  g_ptr_array_add (self->queries, query);
  GST_DEBUG ("%s: is queried on %u links", name, self->links->len);
}

/**
 * gst_ice_mdns_look_up:
 * @mdns: the look-ups
 * @names: (element-type utf8): the names that are wanted now, for which
 *   ice_address_is_mdns_name() is %TRUE
 *
 * The I/O thread. Continues the look-ups that are under way, drops those that
 * are not in @names, and begins the others, up to the limit. It does not call
 * back.
 */
void
gst_ice_mdns_look_up (GstIceMdns *mdns, const GPtrArray *names)
{
  guint i;

  drop_unwanted (mdns, names);
  for (i = 0; i < names->len && mdns->queries->len < GST_ICE_MDNS_MAX_NAMES;
       i++) {
    const gchar *name = g_ptr_array_index (names, i);

    if (!is_asked_for (mdns, name))
      begin (mdns, name);
  }
  schedule (mdns);
}

/**
 * gst_ice_mdns_new:
 * @context: the I/O thread's
 * @prefixes: (array zero-terminated=1): as in gst_ice_local_addresses(): the
 *   addresses to ask from
 * @interfaces: (array zero-terminated=1): the same
 * @settled: called once for each name that is found or given up
 * @user_data: for @settled
 *
 * The I/O thread.
 *
 * Returns: (transfer full): an object without look-ups and sockets
 */
GstIceMdns *
gst_ice_mdns_new (GMainContext *context, const gchar *const *prefixes,
    const gchar *const *interfaces, GstIceMdnsSettled settled,
    gpointer user_data)
{
  GstIceMdns *self = g_new0 (GstIceMdns, 1);

  GST_DEBUG_CATEGORY_INIT (
      gst_ice_mdns_debug, "icemdns", 0, "ICE multicast DNS");
  self->users = 1;
  self->context = g_main_context_ref (context);
  self->prefixes = g_strdupv ((gchar **) prefixes);
  self->interfaces = g_strdupv ((gchar **) interfaces);
  self->links = g_ptr_array_new_with_free_func (link_free);
  self->queries = g_ptr_array_new_with_free_func (query_free);
  self->alarm = gst_ice_alarm_new (context, on_alarm, self);
  self->settled = settled;
  self->user_data = user_data;
  return self;
}

/**
 * gst_ice_mdns_free:
 * @mdns: (transfer full): look-ups
 *
 * The I/O thread, in a callback too. No callback comes after this.
 */
void
gst_ice_mdns_free (GstIceMdns *mdns)
{
  mdns->settled = NULL;
  g_ptr_array_set_size (mdns->queries, 0);
  schedule (mdns);
  unref (mdns);
}
