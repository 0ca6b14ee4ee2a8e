/* gst-ice: a responder of multicast DNS.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mdnsresponder.h"
#include "netns.h"

#include <gio/gio.h>
#include <gio/gnetworking.h>
#include <string.h>

#ifndef IP_MULTICAST_ALL
#define IP_MULTICAST_ALL 49 /* linux/in.h */
#endif

#define HEADER 12
#define TYPE_A 1
#define TYPE_AAAA 28

struct _MdnsResponder
{
  GSocket *socket;
  GSocketAddress *group;
  GCancellable *cancellable;
  GThread *thread;
  GMutex lock;
  GPtrArray *asked; /* names */
};

static void
add_record (GByteArray *message, const guint8 *name, gsize name_size,
    guint type, const gchar *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);
  gsize size = g_inet_address_get_native_size (address);
  guint8 tail[10] = { 0, type, 0x80, 1, 0, 0, 0, 120, 0, size };

  message->data[7]++;
  g_byte_array_append (message, name, name_size);
  g_byte_array_append (message, tail, sizeof tail);
  g_byte_array_append (message, g_inet_address_to_bytes (address), size);
}

static void
answer (MdnsResponder *self, gchar kind, const guint8 *name, gsize name_size,
    guint type, guint times)
{
  static const guint8 header[HEADER] = { 0, 0, 0x84 };
  g_autoptr (GByteArray) message = g_byte_array_new ();

  g_byte_array_append (message, header, sizeof header);
  if (type == TYPE_AAAA && kind == '6') {
    add_record (message, name, name_size, type, "2001:db8::9");
  } else if (type == TYPE_A && kind == '4') {
    add_record (message, name, name_size, type, "127.0.0.1");
  } else if (type == TYPE_A && strchr ("135", kind) != NULL) {
    if (kind == '5' && times < 3) /* A, AAAA, A */
      return;
    add_record (message, name, name_size, type, "10.77.0.9");
    if (kind == '3')
      add_record (message, name, name_size, type, "10.77.0.10");
  } else {
    return;
  }
  g_socket_send_to (self->socket, self->group, (const gchar *) message->data,
      message->len, NULL, NULL);
}

/* One question of two labels, which ours are; others' messages are not. */
static void
hear (MdnsResponder *self, const guint8 *message, gsize size)
{
  const guint8 *name = message + HEADER;
  gsize name_size = 1 + 36 + 1 + 5 + 1;
  gchar *text;

  if ((message[2] & 0x80) != 0)
    return;
  g_assert_cmpuint (size, ==, HEADER + name_size + 4);
  g_assert_cmpuint (message[5], ==, 1);
  g_assert_cmpuint (name[0], ==, 36);
  text = g_strdup_printf (
      "%.36s.%.5s", (gchar *) name + 1, (gchar *) name + 38);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->asked, text);
  g_mutex_unlock (&self->lock);
  answer (self, text[7], name, name_size, message[size - 3],
      mdns_responder_count (self, text));
}

static gpointer
run (gpointer data)
{
  MdnsResponder *self = data;
  guint8 message[1500];
  gssize size;

  while ((size = g_socket_receive (self->socket, (gchar *) message,
              sizeof message, self->cancellable, NULL))
      > 0)
    hear (self, message, size);
  return NULL;
}

MdnsResponder *
mdns_responder_new (void)
{
  MdnsResponder *self = g_new0 (MdnsResponder, 1);
  g_autoptr (GInetAddress)
      group = g_inet_address_new_from_string ("224.0.0.251");
  g_autoptr (GError) error = NULL;

  g_assert_true (netns_run ("ip link add ice0 type veth peer name ice1"));
  g_assert_true (netns_run ("ip addr add 10.77.0.1/24 dev ice0"));
  g_assert_true (netns_run ("ip addr add 2001:db8::1/64 dev ice0 nodad"));
  g_assert_true (netns_run ("ip link set ice0 up"));
  g_assert_true (netns_run ("ip link set ice1 up"));
  g_assert_true (netns_run ("ip route add 224.0.0.0/4 dev ice0"));
  self->group = g_inet_socket_address_new (group, 5353);
  self->cancellable = g_cancellable_new ();
  self->asked = g_ptr_array_new_with_free_func (g_free);
  g_mutex_init (&self->lock);
  self->socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
      G_SOCKET_PROTOCOL_UDP, &error);
  g_assert_no_error (error);
  g_socket_bind (self->socket, self->group, TRUE, &error);
  g_assert_no_error (error);
  g_socket_join_multicast_group (self->socket, group, FALSE, "ice0", &error);
  g_assert_no_error (error);
  /* what others ask on other links is not for it */
  g_assert_true (g_socket_set_option (
      self->socket, IPPROTO_IP, IP_MULTICAST_ALL, 0, NULL));
  self->thread = g_thread_new ("responder", run, self);
  return self;
}

void
mdns_responder_free (MdnsResponder *self)
{
  g_cancellable_cancel (self->cancellable);
  g_thread_join (self->thread);
  g_object_unref (self->cancellable);
  g_object_unref (self->socket);
  g_object_unref (self->group);
  g_ptr_array_unref (self->asked);
  g_mutex_clear (&self->lock);
  g_free (self);
}

guint
mdns_responder_count (MdnsResponder *self, const gchar *name)
{
  guint n = 0, i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->asked->len; i++)
    n += name == NULL || strcmp (g_ptr_array_index (self->asked, i), name) == 0;
  g_mutex_unlock (&self->lock);
  return n;
}
