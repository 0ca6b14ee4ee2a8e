/* gst-ice: test of the admission: which connections get a proxy and which are
 * closed, and when the listeners are shut.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The proxies, the listeners, libnice's log, the descriptors of the context and
 * the clock are played by this file. */

#include "guard/gsticenicetcpadmission.h"

#ifdef __linux__

#include "guard/gsticenicetcplistener.h"
#include "guard/gsticenicetcpproxy.h"
#include "trace/nicelog.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOW G_GINT64_CONSTANT (1000000000)
#define PERIOD GST_ICE_NICE_TCP_ADMISSION_PERIOD
#define RATE GST_ICE_NICE_TCP_ADMISSION_RATE
#define PEERS GST_ICE_NICE_TCP_ADMISSION_PEERS
#define STRANGERS GST_ICE_NICE_TCP_ADMISSION_STRANGERS
/* The admission looks at so many descriptors. */
#define MAX_FDS 1024
/* Descriptors, by what they are; the proxy of each has another one. */
#define OTHER 3
#define OUTGOING 1000
#define UDP 1999
#define INCOMING 2000 /* a thousand for each listener */
#define OF_PROXY 10000

struct _GstIceNiceTcpListener
{
  gint first; /* of its connections */
  gboolean is_readable;
};

struct _GstIceNiceTcpProxy
{
  gint fd;
  GstIceNiceTcpProxyFuncs funcs;
  gpointer user_data;
  GstIceNiceTcpProxyState state;
  guint local, remote; /* ports */
};

static GMainContext *context;
static GstIceNiceTcpAdmission *admission;
static GString *calls;      /* a word each */
static GArray *descriptors; /* of gint: of the context */
static GPtrArray *proxies, *listeners;
static gint64 now;
static guint serial;
static gint place; /* only its address is used */
static gboolean no_proxies;
static gint accepted; /* a real descriptor, of the first listener */
static NiceTcpFrameSender verdict;
static NiceTcpFrameCredentials shown;
static gint limited; /* whose attempts to connect were limited last */

gint64
g_get_monotonic_time (void)
{
  return now;
}

gint64
g_source_get_time (GSource *source)
{
  return now;
}

int
setsockopt (int fd, int level, int option, const void *value, socklen_t size)
{
  g_assert_cmpint (level, ==, IPPROTO_TCP);
  g_assert_cmpint (option, ==, TCP_SYNCNT);
  g_assert_cmpuint (size, ==, sizeof (int));
  g_assert_cmpint (
      *(const int *) value, ==, GST_ICE_NICE_TCP_ADMISSION_SYN_RETRIES);
  limited = fd;
  return 0;
}

/* Behind the last one there is garbage. */
gint
g_main_context_query (GMainContext *of, gint max_priority, gint *timeout,
    GPollFD *fds, gint n_fds)
{
  gint i;

  g_assert_true (of == context);
  g_string_append (calls, "query ");
  for (i = 0; i < n_fds; i++)
    fds[i].fd = i < (gint) descriptors->len
        ? g_array_index (descriptors, gint, i)
        : INCOMING + 999;
  return (gint) descriptors->len;
}

GstIceStunResponses *
gst_ice_stun_responses_ref (GstIceStunResponses *self)
{
  return self;
}

void
gst_ice_stun_responses_unref (GstIceStunResponses *self)
{
}

/* libnice's log. */

guint
nice_log_get_socket_serial (void)
{
  return serial;
}

gboolean
nice_log_has_connection (gconstpointer agent, gint fd)
{
  g_assert_true (agent == &place);
  return fd % OF_PROXY >= OUTGOING && fd % OF_PROXY < INCOMING;
}

NiceTcpFrameSender
nice_tcp_frame_judge (
    const guint8 *data, gsize size, const NiceTcpFrameCredentials *credentials)
{
  shown = *credentials;
  return verdict;
}

/* The listeners. */

GstIceNiceTcpListener *
gst_ice_nice_tcp_listener_new (GSocket *socket, GSource *source)
{
  GstIceNiceTcpListener *listener;

  if (socket == NULL)
    return NULL;
  g_assert_true (source == (GSource *) admission);
  listener = g_new0 (GstIceNiceTcpListener, 1);
  listener->first = INCOMING + 1000 * (gint) listeners->len;
  g_ptr_array_add (listeners, listener);
  return listener;
}

void
gst_ice_nice_tcp_listener_free (gpointer listener)
{
  g_assert_true (g_ptr_array_remove (listeners, listener));
  g_free (listener);
}

gboolean
gst_ice_nice_tcp_listener_has_accepted (
    const GstIceNiceTcpListener *listener, gint fd)
{
  return fd == accepted
      || (gst_ice_nice_tcp_is_socket (fd) && fd % OF_PROXY >= listener->first
          && fd % OF_PROXY < listener->first + 1000);
}

gboolean
gst_ice_nice_tcp_listener_is_readable (const GstIceNiceTcpListener *listener)
{
  return listener->is_readable;
}

void
gst_ice_nice_tcp_listener_set_shut (
    GstIceNiceTcpListener *listener, gboolean is_shut)
{
  g_string_append_printf (
      calls, "%s:%d ", is_shut ? "shut" : "open", listener->first);
}

void
gst_ice_nice_tcp_listener_check_descriptors (GstIceNiceTcpListener *listener)
{
  g_string_append_printf (calls, "check:%d ", listener->first);
}

/* Once libnice's descriptor has a proxy, it is none. */
gboolean
gst_ice_nice_tcp_is_socket (gint fd)
{
  guint i;

  for (i = 0; i < proxies->len; i++)
    if (((GstIceNiceTcpProxy *) g_ptr_array_index (proxies, i))->fd == fd)
      return FALSE;
  return fd != UDP;
}

/* The proxies. */

GstIceNiceTcpProxy *
gst_ice_nice_tcp_proxy_new (GMainContext *of, gint fd, gint64 deadline,
    GstIceStunResponses *answers, const GstIceNiceTcpProxyFuncs *funcs,
    gpointer user_data)
{
  GstIceNiceTcpProxy *proxy;

  g_assert_true (of == context);
  if (no_proxies)
    return NULL;
  g_string_append_printf (calls, "new:%d", fd);
  if (deadline != -1)
    g_string_append_printf (calls, ":%" G_GINT64_FORMAT, deadline - now);
  g_string_append_c (calls, ' ');
  proxy = g_new0 (GstIceNiceTcpProxy, 1);
  *proxy = (GstIceNiceTcpProxy){ fd, *funcs, user_data };
  g_ptr_array_add (proxies, proxy);
  return proxy;
}

/* libnice closes its descriptor. */
void
gst_ice_nice_tcp_proxy_free (GstIceNiceTcpProxy *proxy)
{
  guint i;

  for (i = 0; i < descriptors->len; i++)
    if (g_array_index (descriptors, gint, i) == proxy->fd)
      g_array_remove_index (descriptors, i);
  g_string_append_printf (calls, "free:%d ", proxy->fd);
  g_assert_true (g_ptr_array_remove (proxies, proxy));
  g_free (proxy);
}

GstIceNiceTcpProxyState
gst_ice_nice_tcp_proxy_get_state (const GstIceNiceTcpProxy *proxy)
{
  return proxy->state;
}

gboolean
gst_ice_nice_tcp_proxy_owns (const GstIceNiceTcpProxy *proxy, gint fd)
{
  return fd == OF_PROXY + proxy->fd;
}

gboolean
gst_ice_nice_tcp_proxy_is_between (const GstIceNiceTcpProxy *proxy,
    const NiceAddress *local, const NiceAddress *remote)
{
  return nice_address_get_port (local) == proxy->local
      && nice_address_get_port (remote) == proxy->remote;
}

/* The test. */

static void
assert_calls (const gchar *expected)
{
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

static void
on_lost (gpointer data)
{
  g_assert_true (data == &place);
  g_string_append (calls, "lost ");
}

static void
set_up (gint *unused, gconstpointer unused_too)
{
  now = NOW;
  serial = 0;
  accepted = limited = -1;
  no_proxies = FALSE;
  verdict = NICE_TCP_FRAME_PEER;
  calls = g_string_new (NULL);
  descriptors = g_array_new (FALSE, FALSE, sizeof (gint));
  proxies = g_ptr_array_new ();
  listeners = g_ptr_array_new ();
  context = g_main_context_new ();
  admission = gst_ice_nice_tcp_admission_new (context, (NiceAgent *) &place,
      "ufrag", "password", (GstIceStunResponses *) &place, on_lost, &place);
  gst_ice_nice_tcp_admission_add_socket (admission, (GSocket *) &place);
  gst_ice_nice_tcp_admission_add_socket (admission, NULL);
  gst_ice_nice_tcp_admission_add_socket (admission, (GSocket *) &place);
}

static void
tear_down (gint *unused, gconstpointer unused_too)
{
  gst_ice_nice_tcp_admission_free (admission);
  g_assert_cmpuint (proxies->len, ==, 0);
  g_assert_cmpuint (listeners->len, ==, 0);
  g_main_context_unref (context);
  g_ptr_array_unref (proxies);
  g_ptr_array_unref (listeners);
  g_array_unref (descriptors);
  g_string_free (calls, TRUE);
}

/* The context does so before it polls. */
static void
prepare (void)
{
  GSource *source = (GSource *) admission;
  gint timeout = 0;

  g_assert_false (source->source_funcs->prepare (source, &timeout));
  g_assert_cmpint (timeout, ==, -1);
}

static void
dispatch (void)
{
  GSource *source = (GSource *) admission;

  g_assert_true (source->source_funcs->dispatch (source, NULL, NULL));
}

static GstIceNiceTcpListener *
get_listener (guint i)
{
  return g_ptr_array_index (listeners, i);
}

static GstIceNiceTcpProxy *
get_proxy (gint fd)
{
  guint i;

  for (i = 0; i < proxies->len; i++) {
    GstIceNiceTcpProxy *proxy = g_ptr_array_index (proxies, i);

    if (proxy->fd == fd)
      return proxy;
  }
  g_assert_not_reached ();
}

static gint64
get_ready_time (void)
{
  return g_source_get_ready_time ((GSource *) admission);
}

/* n more descriptors, from the first one on, which libnice has opened. */
static void
open_connections (gint first, guint n)
{
  for (; n > 0; n--, first++)
    g_array_append_val (descriptors, first);
  serial++;
  prepare ();
}

static void
set_state (gint fd, GstIceNiceTcpProxyState state)
{
  GstIceNiceTcpProxy *proxy = get_proxy (fd);

  proxy->state = state;
  proxy->funcs.changed (proxy, proxy->user_data);
}

static NiceTcpFrameSender
judge (gint fd)
{
  GstIceNiceTcpProxy *proxy = get_proxy (fd);

  return proxy->funcs.judge (proxy, NULL, 0, proxy->user_data);
}

/* Each connection gets one proxy, an incoming one with a deadline; nothing else
 * gets one. */
static void
test_new (gint *unused, gconstpointer unused_too)
{
  prepare ();
  assert_calls ("");
  open_connections (OTHER, 2);
  assert_calls ("query ");
  prepare ();
  assert_calls (""); /* libnice has opened nothing since */
  open_connections (UDP, 1);
  open_connections (INCOMING + 5, 1);
  assert_calls ("query query new:2005:5000000 ");
  open_connections (INCOMING + 1005, 1);
  assert_calls ("query new:3005:5000000 ");
  g_assert_cmpint (limited, ==, -1);
  open_connections (OUTGOING, 1);
  assert_calls ("query new:1000 ");
  g_assert_cmpint (limited, ==, OUTGOING);
  open_connections (OF_PROXY + INCOMING + 5, 1);
  open_connections (OF_PROXY + OUTGOING, 1);
  assert_calls ("query query ");
}

/* Also those that came in while libnice reports no new socket. */
static void
test_accepting (gint *unused, gconstpointer unused_too)
{
  gint fd = INCOMING;

  dispatch ();
  prepare ();
  assert_calls ("");
  get_listener (1)->is_readable = TRUE;
  dispatch ();
  assert_calls ("check:3000 ");
  get_listener (1)->is_readable = FALSE;
  g_array_append_val (descriptors, fd);
  prepare ();
  assert_calls ("query new:2000:5000000 ");
  prepare ();
  assert_calls ("");
  get_listener (0)->is_readable = get_listener (1)->is_readable = TRUE;
  dispatch ();
  assert_calls ("check:2000 check:3000 ");
}

/* As many descriptors as there is room for, and one more. */
static void
test_many_descriptors (gint *unused, gconstpointer unused_too)
{
  const gint other = OTHER;
  guint i;

  for (i = 0; i < MAX_FDS - 1; i++)
    g_array_append_val (descriptors, other);
  open_connections (INCOMING, 1);
  assert_calls ("query new:2000:5000000 ");
  g_array_set_size (descriptors, 0);
  for (i = 0; i < MAX_FDS; i++)
    g_array_append_val (descriptors, other);
  open_connections (INCOMING + 1, 1);
  assert_calls ("query ");
}

static void
test_no_proxy (gint *unused, gconstpointer unused_too)
{
  gint ends[2];
  gchar octet;

  no_proxies = TRUE;
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
  accepted = ends[0];
  open_connections (accepted, 1);
  assert_calls ("query ");
  g_assert_cmpint (recv (ends[1], &octet, 1, MSG_DONTWAIT), ==, 0);
  close (ends[0]);
  close (ends[1]);
}

/* The oldest incoming one without a password gives way. */
static void
test_strangers (gint *unused, gconstpointer unused_too)
{
  now += 10 * PERIOD;
  open_connections (OUTGOING, 1);
  open_connections (INCOMING, 2);
  set_state (INCOMING, GST_ICE_NICE_TCP_PROXY_PEER);
  now += PERIOD;
  open_connections (INCOMING + 2, STRANGERS - 1);
  g_assert_null (strstr (calls->str, "free"));
  g_string_truncate (calls, 0);
  open_connections (OUTGOING + 1, 1);
  assert_calls ("query new:1001 ");
  open_connections (INCOMING + 100, 1);
  assert_calls ("query free:2001 new:2100:5000000 ");
  open_connections (INCOMING + 101, 1);
  assert_calls ("query free:2002 new:2101:5000000 ");
  set_state (INCOMING + 101, GST_ICE_NICE_TCP_PROXY_LOST);
  open_connections (INCOMING + 102, 1);
  assert_calls ("query new:2102:5000000 ");
}

/* No further incoming connection may show a password. */
static void
test_peers (gint *unused, gconstpointer unused_too)
{
  gint i;

  open_connections (OUTGOING, 2);
  set_state (OUTGOING, GST_ICE_NICE_TCP_PROXY_PEER);
  for (i = 0; i < PEERS; i++) {
    now += PERIOD;
    open_connections (INCOMING + i, 1);
    g_assert_cmpint (judge (INCOMING + i), ==, NICE_TCP_FRAME_PEER);
    set_state (INCOMING + i,
        i == 0 ? GST_ICE_NICE_TCP_PROXY_LOST : GST_ICE_NICE_TCP_PROXY_PEER);
  }
  now += PERIOD;
  open_connections (INCOMING + i, 1);
  g_assert_cmpint (judge (INCOMING + i), ==, NICE_TCP_FRAME_STRANGER);
  g_assert_cmpint (judge (OUTGOING + 1), ==, NICE_TCP_FRAME_PEER);
  verdict = NICE_TCP_FRAME_UNKNOWN;
  g_assert_cmpint (judge (INCOMING + i), ==, NICE_TCP_FRAME_UNKNOWN);
  verdict = NICE_TCP_FRAME_PEER;
  g_string_truncate (calls, 0);
  set_state (INCOMING, GST_ICE_NICE_TCP_PROXY_CLOSED);
  assert_calls ("free:2000 ");
  g_assert_cmpint (judge (INCOMING + i), ==, NICE_TCP_FRAME_PEER);
}

static void
test_credentials (gint *unused, gconstpointer unused_too)
{
  open_connections (INCOMING, 1);
  verdict = NICE_TCP_FRAME_STRANGER;
  g_assert_cmpint (judge (INCOMING), ==, NICE_TCP_FRAME_STRANGER);
  g_assert_cmpstr (shown.local_ufrag, ==, "ufrag");
  g_assert_cmpstr (shown.local_password, ==, "password");
  g_assert_null (shown.remote_password);
  gst_ice_nice_tcp_admission_set_local (admission, "new", "secret");
  gst_ice_nice_tcp_admission_set_remote (admission, "theirs");
  judge (INCOMING);
  g_assert_cmpstr (shown.local_ufrag, ==, "new");
  g_assert_cmpstr (shown.local_password, ==, "secret");
  g_assert_cmpstr (shown.remote_password, ==, "theirs");
}

/* Shut from the last connection of a period until its end. */
static void
test_rate (gint *unused, gconstpointer unused_too)
{
  open_connections (INCOMING, RATE - 1);
  open_connections (OUTGOING, 5);
  g_assert_null (strstr (calls->str, "shut"));
  now += PERIOD - 1;
  g_string_truncate (calls, 0);
  open_connections (INCOMING + 100, 1);
  g_assert_nonnull (strstr (calls->str, "shut:2000 shut:3000 "));
  g_assert_cmpint (get_ready_time (), ==, NOW + PERIOD);
  g_string_truncate (calls, 0);
  open_connections (INCOMING + 101, 1); /* was accepted already */
  g_assert_null (strstr (calls->str, "shut"));
  g_string_truncate (calls, 0);
  dispatch ();
  assert_calls ("");
  now++;
  dispatch ();
  assert_calls ("open:2000 open:3000 ");
  g_assert_cmpint (get_ready_time (), ==, -1);
  dispatch ();
  assert_calls ("");
}

/* What came in before the period does not count. */
static void
test_next_period (gint *unused, gconstpointer unused_too)
{
  open_connections (INCOMING, RATE - 1);
  now += PERIOD;
  open_connections (INCOMING + 100, RATE - 1);
  g_assert_null (strstr (calls->str, "shut"));
  open_connections (INCOMING + 200, 1);
  g_assert_nonnull (strstr (calls->str, "shut"));
  g_assert_cmpint (get_ready_time (), ==, NOW + 2 * PERIOD);
}

static gboolean
select_pair (
    NiceCandidateTransport transport, guint local, guint base, guint remote)
{
  NiceCandidate *ours = nice_candidate_new (NICE_CANDIDATE_TYPE_HOST);
  NiceCandidate *theirs = nice_candidate_new (NICE_CANDIDATE_TYPE_HOST);
  gboolean is_open;

  ours->transport = transport;
  g_assert_true (nice_address_set_from_string (&ours->addr, "192.0.2.1"));
  ours->base_addr = theirs->addr = ours->addr;
  nice_address_set_port (&ours->addr, local);
  nice_address_set_port (&ours->base_addr, base);
  nice_address_set_port (&theirs->addr, remote);
  is_open = gst_ice_nice_tcp_admission_select (admission, ours, theirs);
  nice_candidate_free (ours);
  nice_candidate_free (theirs);
  return is_open;
}

/* The end of the selected pair's connection is reported, of no other one. */
static void
test_selected (gint *unused, gconstpointer unused_too)
{
  const NiceCandidateTransport tcp = NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE;
  gint i;

  open_connections (INCOMING, 3);
  for (i = 0; i < 3; i++) {
    get_proxy (INCOMING + i)->local = 1 + (guint) i;
    get_proxy (INCOMING + i)->remote = 9;
    set_state (INCOMING + i, GST_ICE_NICE_TCP_PROXY_PEER);
  }
  g_string_truncate (calls, 0);
  g_assert_true (select_pair (tcp, 3, 4, 9));
  set_state (INCOMING, GST_ICE_NICE_TCP_PROXY_LOST);
  assert_calls ("");
  set_state (INCOMING + 2, GST_ICE_NICE_TCP_PROXY_LOST);
  assert_calls ("lost ");
  g_assert_true (select_pair (tcp, 4, 2, 9)); /* by its base */
  g_assert_false (select_pair (tcp, 4, 3, 9));
  g_assert_false (select_pair (tcp, 1, 4, 9));
  g_assert_true (select_pair (tcp, 1, 1, 8));
  g_assert_true (select_pair (NICE_CANDIDATE_TRANSPORT_UDP, 1, 1, 9));
  g_assert_true (select_pair (NICE_CANDIDATE_TRANSPORT_UDP, 2, 2, 9));
  set_state (INCOMING + 1, GST_ICE_NICE_TCP_PROXY_LOST);
  assert_calls ("");
  set_state (INCOMING + 1, GST_ICE_NICE_TCP_PROXY_CLOSED);
  assert_calls ("free:2001 ");
}

#endif

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#ifdef __linux__
#define TEST(name)                                                             \
  g_test_add (                                                                 \
      "/tcp-admission/" #name, gint, NULL, set_up, test_##name, tear_down)
  TEST (new);
  TEST (accepting);
  TEST (many_descriptors);
  TEST (no_proxy);
  TEST (strangers);
  TEST (peers);
  TEST (credentials);
  TEST (rate);
  TEST (next_period);
  TEST (selected);
#undef TEST
#endif
  return g_test_run ();
}
