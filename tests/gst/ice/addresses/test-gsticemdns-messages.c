/* gst-ice: test of what gsticemdns asks, when and where, and which answers it
 * takes, on links in a network namespace of its own. Time and its alarm are
 * played.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/gsticemdns.h"
#include "contexts.h"
#include "descriptors.h"
#include "netns.h"
#include "playedalarms.h"

#include <errno.h>
#include <gio/gnetworking.h>
#include <net/if.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef IP_MULTICAST_ALL
#define IP_MULTICAST_ALL 49 /* linux/in.h */
#endif

#define REST "-5b6a-4978-8695-a4b3c2d1e0f9.local"
#define NAME(digit) "0000000" digit REST
#define NAME_SIZE (1 + 36 + 1 + 5 + 1)
#define HEADER 12
#define TAIL 4 /* type, class */
#define TYPE_A 1
#define TYPE_AAAA 28
#define PORT 5353
#define TTL 255        /* RFC 6762 section 11 */
#define AT_ONCE 8      /* messages that are read in one turn */
#define MAX_LINKS 16   /* that are asked on */
#define WATCHDOG 10000 /* ms */
#define SECOND G_TIME_SPAN_SECOND

/* Played time. */
static const gint64 start = 1000 * SECOND;
static gint64 now;
static gint bad_option;  /* a socket does not have it; 0: it has all */
static gboolean endless; /* there is always one more message, an empty one */
static guint n_received;

/* Instead of GLib's. */
gint64
g_get_monotonic_time (void)
{
  return now;
}

/* Instead of the C library's. */
int
setsockopt (int fd, int level, int option, const void *value, socklen_t size)
{
  if (bad_option != 0 && option == bad_option) {
    errno = EPERM;
    return -1;
  }
  return syscall (SYS_setsockopt, fd, level, option, value, size);
}

/* Instead of GIO's. */
gssize
g_socket_receive_from (GSocket *socket, GSocketAddress **source, gchar *buffer,
    gsize size, GCancellable *cancellable, GError **error)
{
  GInputVector vector = { buffer, size };

  n_received++;
  if (endless)
    return 0;
  return g_socket_receive_message (
      socket, source, &vector, 1, NULL, NULL, NULL, NULL, NULL);
}

typedef struct
{
  GMainContext *context;
  GstIceMdns *mdns;
  GPtrArray *names;
  GSocket *sockets[2]; /* of a host on ice0: IPv4, IPv6 */
  GString *log;        /* what was settled */
  gboolean ends;       /* with the first that is settled */
} Fixture;

static void
on_settled (
    const gchar *name, const gchar *address, const GError *error, gpointer data)
{
  g_autoptr (GEnumClass) codes = g_type_class_ref (G_TYPE_IO_ERROR_ENUM);
  Fixture *f = data;

  g_assert_true ((address == NULL) == (error != NULL));
  if (address != NULL)
    g_string_append_printf (f->log, "%c=%s ", name[7], address);
  else
    g_string_append_printf (f->log, "%c: %s: %s ", name[7],
        g_enum_get_value (codes, error->code)->value_nick, error->message);
  if (f->ends)
    g_clear_pointer (&f->mdns, gst_ice_mdns_free);
}

static void
lay_link (const gchar *name, const gchar *other, guint number)
{
  g_assert_true (
      netns_run ("ip link add %s type veth peer name %s", name, other));
  g_assert_true (netns_run ("ip link set %s addrgenmode none up", name));
  g_assert_true (netns_run ("ip link set %s addrgenmode none up", other));
  g_assert_true (netns_run ("ip addr add 10.77.%u.1/24 dev %s", number, name));
  g_assert_true (
      netns_run ("ip addr add 2001:db8:%u::1/64 dev %s nodad", number, name));
}

static GSocketAddress *
make_group (gboolean ipv6, const gchar *interface)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (
      ipv6 ? "ff02::fb" : "224.0.0.251");

  return g_object_new (G_TYPE_INET_SOCKET_ADDRESS, "address", address, "port",
      PORT, "scope-id", ipv6 ? if_nametoindex (interface) : 0, NULL);
}

/* A host on a link; what comes on other links is not for it. */
static GSocket *
open_host (gboolean ipv6, const gchar *interface)
{
  g_autoptr (GSocketAddress) group = make_group (ipv6, interface);
  struct ip_mreqn on = { .imr_ifindex = if_nametoindex (interface) };
  gint yes = 1, no = 0;
  GSocket *socket = g_socket_new (
      ipv6 ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4,
      G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  gint fd = g_socket_get_fd (socket);

  g_assert_true (g_socket_bind (socket, group, TRUE, NULL));
  g_assert_true (g_socket_join_multicast_group (socket,
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (group)), FALSE,
      interface, NULL));
  if (ipv6) {
    setsockopt (fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &on.imr_ifindex,
        sizeof on.imr_ifindex);
    setsockopt (fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &yes, sizeof yes);
  } else {
    setsockopt (fd, IPPROTO_IP, IP_MULTICAST_IF, &on, sizeof on);
    setsockopt (fd, IPPROTO_IP, IP_MULTICAST_ALL, &no, sizeof no);
    setsockopt (fd, IPPROTO_IP, IP_RECVTTL, &yes, sizeof yes);
  }
  return socket;
}

static void
begin (Fixture *f, const gchar *interface)
{
  static const gchar *const any[] = { NULL };
  const gchar *const interfaces[] = { interface, NULL };

  *f = (Fixture){ .context = g_main_context_new () };
  n_alarms = 0;
  now = start;
  f->names = g_ptr_array_new ();
  f->log = g_string_new (NULL);
  f->mdns = gst_ice_mdns_new (f->context, any, interfaces, on_settled, f);
}

static void
open_hosts (Fixture *f)
{
  guint i;

  for (i = 0; i < 2; i++)
    f->sockets[i] = open_host (i == 1, "ice0");
}

static void
end (Fixture *f)
{
  guint i;

  g_clear_pointer (&f->mdns, gst_ice_mdns_free);
  context_run (f->context);
  g_assert_null (alarms[0].function);
  for (i = 0; i < 2; i++)
    g_clear_object (&f->sockets[i]);
  g_ptr_array_unref (f->names);
  g_string_free (f->log, TRUE);
  g_main_context_unref (f->context);
}

static void
look_up (Fixture *f, const gchar *name, const gchar *other)
{
  g_ptr_array_set_size (f->names, 0);
  if (name != NULL)
    g_ptr_array_add (f->names, (gpointer) name);
  if (other != NULL)
    g_ptr_array_add (f->names, (gpointer) other);
  gst_ice_mdns_look_up (f->mdns, f->names);
}

/* The alarm, when it is due. */
static void
ring (gint64 expected)
{
  g_assert_cmpint (alarms[0].when, ==, expected);
  now = expected;
  alarms[0].when = -1;
  alarms[0].function (alarms[0].user_data);
}

static void
wait_readable (GSocket *socket)
{
  GPollFD poll = { g_socket_get_fd (socket), G_IO_IN, 0 };

  if (g_poll (&poll, 1, WATCHDOG) != 1)
    g_error ("no message came");
}

/* Reads a question, which is sent as RFC 6762 demands. */
static void
read_question (GSocket *socket, gchar *name, guint *type)
{
  union
  {
    struct cmsghdr header;
    guint8 space[256];
  } control;
  guint8 message[1500];
  struct sockaddr_storage from;
  struct iovec data = { message, sizeof message };
  struct msghdr all = { &from, sizeof from, &data, 1, &control, sizeof control,
    0 };
  struct cmsghdr *header;
  gint ttl = 0;

  wait_readable (socket);
  g_assert_cmpint (recvmsg (g_socket_get_fd (socket), &all, 0), ==,
      HEADER + NAME_SIZE + TAIL);
  header = CMSG_FIRSTHDR (&all);
  g_assert_nonnull (header);
  memcpy (&ttl, CMSG_DATA (header), sizeof ttl);
  g_assert_cmpint (ttl, ==, TTL);
  /* at the same place for both versions of IP */
  g_assert_cmpuint (
      g_ntohs (((struct sockaddr_in *) &from)->sin_port), ==, PORT);
  *type = message[HEADER + NAME_SIZE + 1];
  g_snprintf (name, NAME_SIZE, "%.36s.%.5s", (gchar *) message + HEADER + 1,
      (gchar *) message + HEADER + 38);
}

/* Questions for both kinds of addresses on both versions of IP came, and no
 * other ones. */
static void
assert_asked (Fixture *f, const gchar *expected)
{
  static const guint types[] = { TYPE_A, TYPE_AAAA };
  guint i, t;

  for (i = 0; i < 2; i++)
    for (t = 0; expected != NULL && t < G_N_ELEMENTS (types); t++) {
      gchar name[NAME_SIZE];
      guint type;

      read_question (f->sockets[i], name, &type);
      g_assert_cmpstr (name, ==, expected);
      g_assert_cmpuint (type, ==, types[t]);
    }
  for (i = 0; i < 2; i++)
    g_assert_false (
        g_socket_condition_check (f->sockets[i], G_IO_IN) & G_IO_IN);
}

static void
assert_settled (Fixture *f, const gchar *expected)
{
  g_assert_cmpstr (f->log->str, ==, expected);
  g_string_truncate (f->log, 0);
}

/* At once, after a second, after two more; given up after five. Sockets are
 * open meanwhile only. */
static void
test_times (int namespace)
{
  Fixture f;
  guint descriptors;

  lay_link ("ice0", "ice1", 0);
  begin (&f, "ice0");
  open_hosts (&f);
  descriptors = count_descriptors ();
  look_up (&f, NAME ("1"), NULL);
  g_assert_cmpuint (count_descriptors (), ==, descriptors + 2);
  assert_asked (&f, NULL);
  ring (start);
  assert_asked (&f, NAME ("1"));
  ring (start + 1 * SECOND);
  assert_asked (&f, NAME ("1"));
  ring (start + 3 * SECOND);
  assert_asked (&f, NAME ("1"));
  assert_settled (&f, "");
  ring (start + 5 * SECOND);
  assert_settled (
      &f, "1: timed-out: no host in this network answered for 5 s ");
  assert_asked (&f, NULL);
  g_assert_cmpint (alarms[0].when, ==, -1);
  context_run (f.context);
  g_assert_cmpuint (count_descriptors (), ==, descriptors);
  /* again, as if it were new */
  look_up (&f, NAME ("1"), NULL);
  ring (start + 5 * SECOND);
  assert_asked (&f, NAME ("1"));
  end (&f);
  g_assert_cmpuint (count_descriptors (), ==, descriptors - 3);
}

/* Each has its own times, and the alarm is set for the first of them. A name
 * in capitals is the same; one that is not wanted any more is not asked for. */
static void
test_two (int namespace)
{
  g_autofree gchar *capitals = g_ascii_strup (NAME ("a"), -1);
  Fixture f;

  lay_link ("ice0", "ice1", 0);
  begin (&f, "ice0");
  open_hosts (&f);
  look_up (&f, NAME ("a"), NULL);
  ring (start);
  assert_asked (&f, NAME ("a"));
  now = start + SECOND / 2;
  look_up (&f, NAME ("2"), capitals);
  ring (start + SECOND / 2);
  assert_asked (&f, NAME ("2"));
  ring (start + SECOND);
  assert_asked (&f, NAME ("a"));
  ring (start + 3 * SECOND / 2);
  assert_asked (&f, NAME ("2"));
  look_up (&f, capitals, NULL);
  ring (start + 3 * SECOND);
  assert_asked (&f, NAME ("a"));
  look_up (&f, NULL, NULL);
  g_assert_cmpint (alarms[0].when, ==, -1);
  assert_settled (&f, "");
  end (&f);
}

static void
add_answer (GByteArray *message, const gchar *name, const gchar *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);
  gsize size = g_inet_address_get_native_size (address);
  guint8 tail[10] = { 0, size == 4 ? TYPE_A : TYPE_AAAA, 0x80, 1, 0, 0, 0, 120,
    0, size };
  guint8 label = 36;

  message->data[7]++;
  g_byte_array_append (message, &label, 1);
  g_byte_array_append (message, (const guint8 *) name, 36);
  g_byte_array_append (message, (const guint8 *) "\5local", 7);
  g_byte_array_append (message, tail, sizeof tail);
  g_byte_array_append (message, g_inet_address_to_bytes (address), size);
}

/* One message: a name, its address, and so on; ends with NULL. */
static void
answer (GSocket *socket, const gchar *interface, ...)
{
  static const guint8 header[HEADER] = { 0, 0, 0x84 };
  g_autoptr (GByteArray) message = g_byte_array_new ();
  g_autoptr (GSocketAddress) group = make_group (
      g_socket_get_family (socket) == G_SOCKET_FAMILY_IPV6, interface);
  g_autoptr (GError) error = NULL;
  const gchar *name;
  va_list args;

  g_byte_array_append (message, header, sizeof header);
  va_start (args, interface);
  while ((name = va_arg (args, const gchar *)) != NULL)
    add_answer (message, name, va_arg (args, const gchar *));
  va_end (args);
  g_socket_send_to (
      socket, group, (const gchar *) message->data, message->len, NULL, &error);
  g_assert_no_error (error);
}

static gboolean
bark (gpointer unused)
{
  g_error ("no answer came");
  return G_SOURCE_REMOVE;
}

/* Until something is settled. */
static void
wait_settled (Fixture *f, const gchar *expected)
{
  GSource *dog = g_timeout_source_new (WATCHDOG);

  g_source_set_callback (dog, bark, NULL, NULL);
  g_source_attach (dog, f->context);
  while (f->log->len == 0)
    g_main_context_iteration (f->context, TRUE);
  g_source_destroy (dog);
  g_source_unref (dog);
  assert_settled (f, expected);
}

/* Of either version of IP, by either; each is settled once. */
static void
test_answers (int namespace)
{
  Fixture f;

  lay_link ("ice0", "ice1", 0);
  begin (&f, "ice0");
  open_hosts (&f);
  look_up (&f, NAME ("1"), NAME ("2"));
  answer (f.sockets[0], "ice0", NAME ("2"), "10.77.0.9", NULL);
  wait_settled (&f, "2=10.77.0.9 ");
  g_assert_cmpint (alarms[0].when, ==, start); /* for the other one */
  answer (f.sockets[1], "ice0", NAME ("1"), "2001:db8::9", NULL);
  wait_settled (&f, "1=2001:db8::9 ");
  g_assert_cmpint (alarms[0].when, ==, -1);

  look_up (&f, NAME ("3"), NAME ("4"));
  answer (f.sockets[0], "ice0", NAME ("4"), "10.77.0.7", NAME ("9"),
      "10.77.0.9", NAME ("3"), "10.77.0.8", NULL);
  wait_settled (&f, "3=10.77.0.8 4=10.77.0.7 ");

  look_up (&f, NAME ("5"), NULL);
  answer (f.sockets[0], "ice0", NAME ("5"), "10.77.0.7", NAME ("5"),
      "10.77.0.8", NULL);
  wait_settled (&f, "5: invalid-data: the answer has more than one address ");
  look_up (&f, NAME ("6"), NULL);
  answer (f.sockets[0], "ice0", NAME ("6"), "127.0.0.1", NULL);
  wait_settled (&f,
      "6: invalid-data: the answer's address is not usable by another host ");
  end (&f);
}

/* No callback comes after that, though the message answers both. */
static void
test_free_in_callback (int namespace)
{
  Fixture f;

  lay_link ("ice0", "ice1", 0);
  begin (&f, "ice0");
  open_hosts (&f);
  f.ends = TRUE;
  look_up (&f, NAME ("1"), NAME ("2"));
  answer (f.sockets[0], "ice0", NAME ("1"), "10.77.0.8", NAME ("2"),
      "10.77.0.9", NULL);
  wait_settled (&f, "1=10.77.0.8 ");
  g_assert_null (f.mdns);
  context_run (f.context);
  assert_settled (&f, "");
  end (&f);
}

/* What comes on a link that it does not ask on is not for it. */
static void
test_other_link (int namespace)
{
  GSocket *other;
  Fixture f;

  lay_link ("ice0", "ice1", 0);
  lay_link ("ice2", "ice3", 1);
  begin (&f, "ice0");
  open_hosts (&f);
  other = open_host (FALSE, "ice2");
  look_up (&f, NAME ("1"), NULL);
  answer (other, "ice2", NAME ("1"), "10.77.1.9", NULL);
  wait_readable (other);
  answer (f.sockets[0], "ice0", NAME ("1"), "10.77.0.9", NULL);
  wait_settled (&f, "1=10.77.0.9 ");
  g_object_unref (other);
  end (&f);
}

/* RFC 6762 section 6: an answer comes from port 5353. */
static void
test_other_port (int namespace)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string ("10.77.0.1", 0);
  GSocket *other;
  Fixture f;

  lay_link ("ice0", "ice1", 0);
  begin (&f, "ice0");
  open_hosts (&f);
  other = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
      G_SOCKET_PROTOCOL_UDP, NULL);
  g_assert_true (g_socket_bind (other, any, FALSE, NULL));
  look_up (&f, NAME ("1"), NULL);
  answer (other, "ice0", NAME ("1"), "10.77.0.8", NULL);
  wait_readable (f.sockets[0]);
  answer (f.sockets[0], "ice0", NAME ("1"), "10.77.0.9", NULL);
  wait_settled (&f, "1=10.77.0.9 ");
  g_object_unref (other);
  end (&f);
}

/* Other sources of the thread get their turn, whoever sends. */
static void
test_flood (int namespace)
{
  Fixture f;

  lay_link ("ice0", "ice1", 0);
  begin (&f, "ice0");
  open_hosts (&f);
  look_up (&f, NAME ("1"), NULL);
  answer (f.sockets[0], "ice0", NULL);
  n_received = 0;
  endless = TRUE;
  while (n_received == 0)
    g_main_context_iteration (f.context, TRUE);
  endless = FALSE;
  g_assert_cmpuint (n_received, ==, AT_ONCE);
  /* nor does it read on when it knows all that it asked for */
  context_run (f.context);
  n_received = 0;
  answer (f.sockets[0], "ice0", NAME ("1"), "10.77.0.9", NULL);
  wait_settled (&f, "1=10.77.0.9 ");
  g_assert_cmpuint (n_received, ==, 1);
  end (&f);
}

/* However many are wanted, and however many links there are. */
static void
test_limits (int namespace)
{
  gchar names[GST_ICE_MDNS_MAX_NAMES + 1][NAME_SIZE];
  guint descriptors, i;
  Fixture f;

  for (i = 0; i < MAX_LINKS / 2 + 1; i++) {
    g_autofree gchar *name = g_strdup_printf ("ice%u", 2 * i);
    g_autofree gchar *other = g_strdup_printf ("ice%u", 2 * i + 1);

    lay_link (name, other, i);
  }
  begin (&f, "*");
  open_hosts (&f);
  descriptors = count_descriptors ();
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_snprintf (names[i], sizeof names[i], "%08u" REST, i);
    g_ptr_array_add (f.names, names[i]);
  }
  gst_ice_mdns_look_up (f.mdns, f.names);
  g_assert_cmpuint (count_descriptors (), ==, descriptors + MAX_LINKS);
  ring (start);
  for (i = 0; i < GST_ICE_MDNS_MAX_NAMES; i++) {
    gchar name[NAME_SIZE];
    guint type, t;

    for (t = 0; t < 2; t++) {
      read_question (f.sockets[0], name, &type);
      g_assert_cmpstr (name, ==, names[i]);
    }
  }
  g_assert_false (g_socket_condition_check (f.sockets[0], G_IO_IN) & G_IO_IN);
  end (&f);
}

/* The first cause is reported where no link can be asked on. */
static void
assert_no_link (const gchar *expected)
{
  guint descriptors;
  Fixture f;

  begin (&f, "ice0");
  descriptors = count_descriptors ();
  look_up (&f, NAME ("1"), NULL);
  g_assert_cmpuint (count_descriptors (), ==, descriptors);
  ring (start);
  assert_settled (&f, expected);
  g_assert_cmpint (alarms[0].when, ==, -1);
  end (&f);
}

static void
test_no_link (int namespace)
{
  static const gchar busy[] = "1: address-in-use: cannot query on ice0: ",
                     forbidden[] =
                         "1: permission-denied: cannot query on ice0: "
                         "Operation not permitted ";
  g_autoptr (GSocketAddress) ipv4 = NULL, ipv6 = NULL;
  g_autoptr (GSocket) one = g_socket_new (
      G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, 0, NULL);
  g_autoptr (GSocket) two = g_socket_new (
      G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_DATAGRAM, 0, NULL);
  Fixture f;

  lay_link ("ice0", "ice1", 0);
  g_assert_true (netns_run ("ip addr del 2001:db8:0::1/64 dev ice0"));
  bad_option = IP_MULTICAST_TTL;
  assert_no_link (forbidden);
  bad_option = IP_MULTICAST_IF;
  assert_no_link (forbidden);
  g_assert_true (netns_run ("ip addr del 10.77.0.1/24 dev ice0"));
  g_assert_true (netns_run ("ip addr add 2001:db8:0::1/64 dev ice0 nodad"));
  bad_option = IPV6_MULTICAST_HOPS;
  assert_no_link (forbidden);
  bad_option = IPV6_MULTICAST_IF;
  assert_no_link (forbidden);
  bad_option = 0;

  g_assert_true (netns_run ("ip addr add 10.77.0.1/24 dev ice0"));
  ipv4 = make_group (FALSE, "ice0");
  ipv6 = make_group (TRUE, "ice0");
  g_assert_true (g_socket_bind (one, ipv4, FALSE, NULL));
  g_assert_true (g_socket_bind (two, ipv6, FALSE, NULL));
  begin (&f, "ice0");
  look_up (&f, NAME ("1"), NULL);
  ring (start);
  g_assert_true (g_str_has_prefix (f.log->str, busy));
  end (&f);

  /* one of both is enough, and the one that failed is no cause any more */
  g_clear_object (&two);
  begin (&f, "ice0");
  look_up (&f, NAME ("1"), NULL);
  ring (start);
  assert_settled (&f, "");
  ring (start + 1 * SECOND);
  ring (start + 3 * SECOND);
  ring (start + 5 * SECOND);
  assert_settled (
      &f, "1: timed-out: no host in this network answered for 5 s ");
  end (&f);
}

/* An older system cannot keep other links' messages away, which is no reason
 * not to ask. */
static void
test_optional (int namespace)
{
  Fixture f;

  lay_link ("ice0", "ice1", 0);
  begin (&f, "ice0");
  open_hosts (&f);
  bad_option = IP_MULTICAST_ALL;
  look_up (&f, NAME ("1"), NULL);
  bad_option = 0;
  ring (start);
  assert_asked (&f, NAME ("1"));
  end (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  netns_add_test ("/mdns/times", test_times);
  netns_add_test ("/mdns/two", test_two);
  netns_add_test ("/mdns/answers", test_answers);
  netns_add_test ("/mdns/free-in-callback", test_free_in_callback);
  netns_add_test ("/mdns/other-link", test_other_link);
  netns_add_test ("/mdns/other-port", test_other_port);
  netns_add_test ("/mdns/flood", test_flood);
  netns_add_test ("/mdns/limits", test_limits);
  netns_add_test ("/mdns/no-link", test_no_link);
  netns_add_test ("/mdns/optional", test_optional);
  return g_test_run ();
}
