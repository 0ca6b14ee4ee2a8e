/* gst-ice: names of STUN and TURN servers -> addresses.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/gsticeresolver.h"

struct _GstIceResolver
{
  gint users; /* the caller, and each look-up under way; one thread */
  GPtrArray *queries;
  guint open;
  GCancellable *cancellable;
  GSource *timeout;
  GSource *start;
  gboolean timed_out;
  GstIceResolved resolved; /* NULL after gst_ice_resolver_cancel() */
  GstIceResolverDone done;
  gpointer user_data;
};

typedef struct
{
  GstIceResolver *resolver;
  IceServer *server;
} Query;

static void
query_free (gpointer data)
{
  Query *query = data;

  ice_server_free (query->server);
  g_free (query);
}

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
unref (GstIceResolver *self)
{
  if (--self->users > 0)
    return;
  clear_source (&self->timeout);
  clear_source (&self->start);
  g_ptr_array_unref (self->queries);
  g_object_unref (self->cancellable);
  g_free (self);
}

/* One query has its answer. */
static void
finish (GstIceResolver *self, const IceServer *server, const GError *error)
{
  self->open--;
  if (self->resolved != NULL)
    self->resolved (server, error, self->user_data);
  if (self->open == 0) {
    clear_source (&self->timeout);
    if (self->resolved != NULL)
      self->done (self->user_data);
  }
}

/* The first address is the system's choice (RFC 6724), for TURN servers. A STUN
 * server is asked from our addresses of either IP version. */
static void
take_addresses (IceServer *server, const GList *addresses)
{
  GSocketFamily first = g_inet_address_get_family (addresses->data);
  const GList *i;

  server->address = g_inet_address_to_string (addresses->data);
  for (i = addresses->next; i != NULL && server->other_address == NULL;
       i = i->next)
    if (g_inet_address_get_family (i->data) != first)
      server->other_address = g_inet_address_to_string (i->data);
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer data)
{
  Query *query = data;
  GstIceResolver *self = query->resolver;
  g_autoptr (GError) error = NULL;
  GList *addresses = g_resolver_lookup_by_name_finish (
      G_RESOLVER (source), result, &error);

  if (addresses != NULL) {
    take_addresses (query->server, addresses);
    g_resolver_free_addresses (addresses);
  } else if (self->timed_out) {
    g_clear_error (&error);
    g_set_error (&error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
        "looking up \"%s\" took longer than %u s", query->server->host,
        GST_ICE_RESOLVER_TIMEOUT / 1000);
  }
  finish (self, query->server, error);
  unref (self);
}

static gboolean
on_timeout (gpointer data)
{
  GstIceResolver *self = data;

  self->timed_out = TRUE;
  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_REMOVE;
}

static gboolean
on_start (gpointer data)
{
  GstIceResolver *self = data;
  g_autoptr (GResolver) resolver = g_resolver_get_default ();
  guint i;

  self->users++;
  for (i = 0; i < self->queries->len && self->resolved != NULL; i++) {
    Query *query = g_ptr_array_index (self->queries, i);

    if (query->server->transport != ICE_SERVER_TRANSPORT_UDP
        || g_hostname_is_ip_address (query->server->host)) {
      query->server->address = g_strdup (query->server->host);
      finish (self, query->server, NULL);
      continue;
    }
    self->users++;
    g_resolver_lookup_by_name_async (
        resolver, query->server->host, self->cancellable, on_looked_up, query);
  }
  unref (self);
  return G_SOURCE_REMOVE;
}

static GSource *
attach (GSource *source, GSourceFunc function, GstIceResolver *self)
{
  g_source_set_callback (source, function, self, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  return source;
}

/**
 * gst_ice_resolver_new:
 * @servers: (element-type IceServer): at least one; copied. Those over TCP
 *   and TLS are not looked up, #GstIceTunnel does that
 * @resolved: called for each, in any order
 * @done: called after the last one
 * @user_data: for both
 *
 * All in the caller's thread, in its thread-default context.
 *
 * Returns: (transfer full): the look-up; gst_ice_resolver_cancel() frees it,
 *   before or after it is done
 */
GstIceResolver *
gst_ice_resolver_new (GPtrArray *servers, GstIceResolved resolved,
    GstIceResolverDone done, gpointer user_data)
{
  GstIceResolver *self = g_new0 (GstIceResolver, 1);
  guint i;

  self->users = 1;
  self->queries = g_ptr_array_new_with_free_func (query_free);
  self->cancellable = g_cancellable_new ();
  self->resolved = resolved;
  self->done = done;
  self->user_data = user_data;
  self->open = servers->len;
  for (i = 0; i < servers->len; i++) {
    Query *query = g_new0 (Query, 1);

    query->resolver = self;
    query->server = ice_server_copy (g_ptr_array_index (servers, i));
    g_ptr_array_add (self->queries, query);
  }
  self->start = attach (g_idle_source_new (), on_start, self);
  self->timeout = attach (
      g_timeout_source_new (GST_ICE_RESOLVER_TIMEOUT), on_timeout, self);
  return self;
}

/**
 * gst_ice_resolver_cancel:
 * @resolver: (transfer full): a look-up
 *
 * The thread that began it. No callback comes after this.
 */
void
gst_ice_resolver_cancel (GstIceResolver *resolver)
{
  resolver->resolved = NULL;
  clear_source (&resolver->start);
  clear_source (&resolver->timeout);
  g_cancellable_cancel (resolver->cancellable);
  unref (resolver);
}
