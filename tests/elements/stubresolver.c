/* gst-ice: name look-ups without a network.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stubresolver.h"

typedef GResolver StubResolver;
typedef GResolverClass StubResolverClass;

static GType stub_resolver_get_type (void);

G_DEFINE_TYPE (StubResolver, stub_resolver, G_TYPE_RESOLVER)

static gint count;

static void
on_cancelled (GCancellable *cancellable, gpointer task)
{
  g_task_return_error_if_cancelled (task);
  g_object_unref (task);
}

static void
stub_resolver_lookup_by_name_async (GResolver *resolver, const gchar *name,
    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GTask) task = g_task_new (resolver, cancellable, callback, data);

  g_atomic_int_inc (&count);
  if (g_str_has_prefix (name, "slow.")) {
    g_cancellable_connect (
        cancellable, G_CALLBACK (on_cancelled), g_object_ref (task), NULL);
    return;
  }
  if (g_str_has_suffix (name, ".invalid"))
    g_task_return_new_error (
        task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "no such name");
  else
    g_task_return_pointer (
        task, g_inet_address_new_from_string ("192.0.2.1"), g_object_unref);
}

static GList *
stub_resolver_lookup_by_name_finish (
    GResolver *resolver, GAsyncResult *result, GError **error)
{
  GInetAddress *address = g_task_propagate_pointer (G_TASK (result), error);

  return address != NULL ? g_list_append (NULL, address) : NULL;
}

static void
stub_resolver_init (StubResolver *self)
{
}

static void
stub_resolver_class_init (StubResolverClass *klass)
{
  klass->lookup_by_name_async = stub_resolver_lookup_by_name_async;
  klass->lookup_by_name_finish = stub_resolver_lookup_by_name_finish;
}

void
stub_resolver_install (void)
{
  g_autoptr (GResolver)
      resolver = g_object_new (stub_resolver_get_type (), NULL);

  g_resolver_set_default (resolver);
}

guint
stub_resolver_take_count (void)
{
  return (guint) g_atomic_int_and ((guint *) &count, 0);
}
