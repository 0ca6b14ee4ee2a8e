/* gst-ice: test of nicelog: which watcher gets which lines, the error codes
 * that only the STUN library writes, and the installed libnice's lines about
 * servers. SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "trace/nicelog.h"
#include <nice/agent.h>
#include <string.h>

#define WATCHDOG (30 * G_USEC_PER_SEC)

/* RFC 8489 section 14.8; one of those that libnice takes unsigned */
#define BAD_REQUEST 400

typedef struct
{
  guint lines[NICE_TRACE_N_KINDS];
  guint64 stun_result, turn_result;
  guint stun_code, turn_code;
} Events;

static void
on_event (const NiceTraceEvent *event, gpointer data)
{
  Events *self = data;

  self->lines[event->kind]++;
  if (event->kind == NICE_TRACE_STUN_ANSWER) {
    self->stun_result = event->number[0];
    self->stun_code = event->error_code;
  } else if (event->kind == NICE_TRACE_TURN_ANSWER) {
    self->turn_result = event->number[0];
    self->turn_code = event->error_code;
  } else if (event->kind != NICE_TRACE_INBOUND)
    g_assert_cmpuint (event->error_code, ==, 0);
}

static void
ignore_data (NiceAgent *agent, guint stream, guint component, guint length,
    gchar *data, gpointer user_data)
{
}

static NiceAgent *
make_agent (void)
{
  NiceAgent *agent = nice_agent_new_full (
      NULL, NICE_COMPATIBILITY_RFC5245, NICE_AGENT_OPTION_NONE);
  NiceAddress address;

  g_object_set (agent, "upnp", FALSE, "ice-tcp", FALSE, NULL);
  nice_address_init (&address);
  g_assert_true (nice_address_set_from_string (&address, "127.0.0.1"));
  nice_agent_add_local_address (agent, &address);
  return agent;
}

static guint
add_stream (NiceAgent *agent)
{
  guint stream = nice_agent_add_stream (agent, 1);

  nice_agent_attach_recv (agent, stream, 1, NULL, ignore_data, NULL);
  return stream;
}

static void
on_gathered (NiceAgent *agent, guint stream, gpointer done)
{
  *(gboolean *) done = TRUE;
}

static gboolean
wake (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Refuses whatever it is asked: RFC 8489 sections 5 and 14.8. */
static gboolean
answer (GSocket *socket, GIOCondition condition, gpointer unused)
{
  static const guint8 error[] = { 0, 9, 0, 4, 0, 0, BAD_REQUEST / 100,
    BAD_REQUEST % 100 };
  g_autoptr (GSocketAddress) from = NULL;
  guint8 message[1500];
  gssize length = g_socket_receive_from (
      socket, &from, (gchar *) message, sizeof message, NULL, NULL);

  g_assert_cmpint (length, >=, 20);
  message[0] |= 1; /* the class is "error response" */
  message[1] |= 0x10;
  message[2] = 0;
  message[3] = sizeof error;
  memcpy (message + 20, error, sizeof error);
  g_socket_send_to (
      socket, from, (gchar *) message, 20 + sizeof error, NULL, NULL);
  return G_SOURCE_CONTINUE;
}

static GSocket *
make_server (guint *port)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) bound = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
      G_SOCKET_PROTOCOL_UDP, NULL);

  g_assert_true (g_socket_bind (socket, any, FALSE, NULL));
  bound = g_socket_get_local_address (socket, NULL);
  *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  return socket;
}

static void
wait_until (const gboolean *done)
{
  gint64 deadline = g_get_monotonic_time () + WATCHDOG;
  guint ticker = g_timeout_add (5, wake, NULL);

  while (!*done) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    g_main_context_iteration (NULL, TRUE);
  }
  g_source_remove (ticker);
}

/* Gathers from a server that refuses everything: by STUN, then by TURN. */
static void
gather (NiceAgent *agent, guint stream)
{
  guint port;
  g_autoptr (GSocket) server = make_server (&port);
  g_autoptr (GSource) answers = g_socket_create_source (server, G_IO_IN, NULL);
  gboolean done = FALSE;

  g_source_set_callback (answers, G_SOURCE_FUNC (answer), NULL, NULL);
  g_source_attach (answers, NULL);
  g_signal_connect (
      agent, "candidate-gathering-done", G_CALLBACK (on_gathered), &done);
  g_object_set (
      agent, "stun-server", "127.0.0.1", "stun-server-port", port, NULL);
  g_assert_true (nice_agent_gather_candidates (agent, stream));
  wait_until (&done);
  done = FALSE;
  g_assert_true (nice_agent_set_relay_info (agent, stream, 1, "127.0.0.1", port,
      "user", "password", NICE_RELAY_TYPE_TURN_UDP));
  wait_until (&done);
  g_source_destroy (answers);
}

static void
test_servers (void)
{
  g_autoptr (GObject) agent = G_OBJECT (make_agent ());
  Events all = { { 0 } }, early = { { 0 } };

  nice_log_watch (agent, FALSE, on_event, &early);
  nice_log_watch (agent, TRUE, on_event, &all);
  nice_log_unwatch (agent, &early);
  gather (NICE_AGENT (agent), add_stream (NICE_AGENT (agent)));
  g_assert_cmpuint (all.lines[NICE_TRACE_STREAM_ADDED], ==, 1);
  g_assert_cmpuint (all.lines[NICE_TRACE_GATHERING], ==, 1);
  g_assert_cmpuint (all.lines[NICE_TRACE_HOST_ADDED], ==, 1);
  g_assert_cmpuint (all.lines[NICE_TRACE_STUN_FOUND], ==, 1);
  g_assert_cmpuint (all.lines[NICE_TRACE_STUN_ASKED], ==, 1);
  g_assert_cmpuint (all.lines[NICE_TRACE_TURN_ASKED], ==, 1);
  g_assert_cmpuint (all.lines[NICE_TRACE_STUN_ANSWER], ==, 1);
  g_assert_cmpuint (all.lines[NICE_TRACE_TURN_ANSWER], ==, 1);
  g_assert_cmpuint (all.lines[NICE_TRACE_GATHERED], ==, 2);
  g_assert_cmpuint (all.lines[NICE_TRACE_MALFORMED], ==, 0);
  g_assert_cmpuint (all.stun_result, ==, 1); /* STUN_USAGE_BIND_RETURN_ERROR */
  g_assert_cmpuint (all.turn_result, ==, 2); /* STUN_USAGE_TURN_RETURN_ERROR */
  g_assert_cmpuint (all.stun_code, ==, BAD_REQUEST);
  g_assert_cmpuint (all.turn_code, ==, BAD_REQUEST);
  g_assert_cmpuint (early.lines[NICE_TRACE_GATHERING], ==, 0);
  nice_log_unwatch (agent, &all);
}

/* Nobody wants codes: the STUN library is silent, both watchers receive the
 * rest. */
static void
test_no_codes (void)
{
  g_autoptr (GObject) agent = G_OBJECT (make_agent ());
  Events first = { { 0 } }, second = { { 0 } };

  nice_log_watch (agent, FALSE, on_event, &first);
  nice_log_watch (agent, FALSE, on_event, &second);
  gather (NICE_AGENT (agent), add_stream (NICE_AGENT (agent)));
  g_assert_cmpuint (first.lines[NICE_TRACE_TURN_ANSWER], ==, 1);
  g_assert_cmpuint (first.turn_result, ==, 2);
  g_assert_cmpuint (first.stun_code, ==, 0);
  g_assert_cmpuint (first.turn_code, ==, 0);
  g_assert_cmpmem (&first, sizeof first, &second, sizeof second);
  nice_log_unwatch (agent, &first);
  nice_log_unwatch (agent, &second);
  nice_log_unwatch (agent, &second); /* once more does nothing */
}

/* A watcher that does not return before it may, or the watchdog bites. */
typedef struct
{
  gpointer agent;
  GMutex lock;
  GCond cond;
  gboolean called, may_return, returned;
} Slow;

static void
hear_slowly (const NiceTraceEvent *event, gpointer data)
{
  Slow *self = data;
  gint64 deadline = g_get_monotonic_time () + WATCHDOG / 10;

  g_mutex_lock (&self->lock);
  self->called = TRUE;
  g_cond_broadcast (&self->cond);
  while (!self->may_return)
    if (!g_cond_wait_until (&self->cond, &self->lock, deadline))
      break;
  self->returned = self->may_return;
  g_mutex_unlock (&self->lock);
}

/* A line of the agent's, as libnice writes it. */
static void
write_line (gpointer agent)
{
  g_log ("libnice", G_LOG_LEVEL_DEBUG,
      "Agent %p : Role conflict, changing agent role to \"controlled\".",
      agent);
}

static gpointer
write_in_thread (gpointer data)
{
  write_line (((Slow *) data)->agent);
  return NULL;
}

static GThread *
call_slowly (Slow *self)
{
  GThread *thread;

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  nice_log_watch (self->agent, FALSE, hear_slowly, self);
  thread = g_thread_new ("line", write_in_thread, self);
  g_mutex_lock (&self->lock);
  while (!self->called)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
  return thread;
}

static void
let_return (Slow *self)
{
  g_mutex_lock (&self->lock);
  self->may_return = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
slow_clear (Slow *self, GThread *thread)
{
  g_thread_join (thread);
  g_assert_true (self->returned);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
}

/* While a watcher of one agent is busy another agent's is called. */
static void
test_agents_apart (void)
{
  gint one, two;
  Slow slow = { .agent = &one };
  Events events = { { 0 } };
  GThread *thread = call_slowly (&slow);

  nice_log_watch (&two, FALSE, on_event, &events);
  write_line (&two);
  g_assert_cmpuint (events.lines[NICE_TRACE_ROLE_CHANGED], ==, 1);
  nice_log_unwatch (&two, &events);
  write_line (&two);
  g_assert_cmpuint (events.lines[NICE_TRACE_ROLE_CHANGED], ==, 1);
  let_return (&slow);
  slow_clear (&slow, thread);
  nice_log_unwatch (&one, &slow);
}

static gpointer
let_return_later (gpointer data)
{
  g_usleep (20000);
  let_return (data);
  return NULL;
}

/* nice_log_unwatch() waits for a call that is under way. */
static void
test_unwatch_waits (void)
{
  gint one;
  Slow slow = { .agent = &one };
  GThread *thread = call_slowly (&slow);
  GThread *later = g_thread_new ("later", let_return_later, &slow);

  nice_log_unwatch (&one, &slow);
  g_assert_true (slow.returned);
  write_line (&one); /* would wait for the watchdog, were it called once more */
  g_thread_join (later);
  slow_clear (&slow, thread);
}

/* A TCP connection that libnice opens is its agent's until it is closed; each
 * socket that libnice begins to read is counted. */
static void
test_connections (void)
{
  gint one, two;
  Events events = { { 0 } };
  guint serial;

  nice_log_watch (&one, FALSE, on_event, &events);
  serial = nice_log_get_socket_serial ();
  g_log ("libnice", G_LOG_LEVEL_DEBUG,
      "Agent %p: add to tcp-act socket 0x2 a new tcp connect socket 0x3 on "
      "pair 0x4 in s/c 1/1",
      (gpointer) &one);
  g_assert_false (nice_log_has_connection (&one, 6));
  g_assert_cmpuint (nice_log_get_socket_serial (), ==, serial);
  g_log ("libnice", G_LOG_LEVEL_DEBUG,
      "Attaching source 0x5 (socket 0x3, FD 6) to context 0x7");
  g_assert_true (nice_log_has_connection (&one, 6));
  g_assert_false (nice_log_has_connection (&two, 6));
  g_assert_cmpuint (nice_log_get_socket_serial (), ==, serial + 1);
  /* another socket, which no connection was opened for */
  g_log ("libnice", G_LOG_LEVEL_DEBUG,
      "Attaching source 0x8 (socket 0x9, FD 10) to context 0x7");
  g_assert_false (nice_log_has_connection (&one, 10));
  g_assert_cmpuint (nice_log_get_socket_serial (), ==, serial + 2);
  g_log ("libnice", G_LOG_LEVEL_DEBUG,
      "Detaching source 0x5 (socket 0x3, FD 6) from context 0x7");
  g_assert_false (nice_log_has_connection (&one, 6));
  g_assert_cmpuint (nice_log_get_socket_serial (), ==, serial + 2);
  nice_log_unwatch (&one, &events);
}

/* In a process of its own: the first watcher decides what is written. */
static void
write_debug_output (void)
{
  gint one;
  Events events = { { 0 } };

  nice_log_watch (&one, FALSE, on_event, &events);
  g_log ("libnice", G_LOG_LEVEL_DEBUG,
      "Agent %p : Keepalive STUN-CC REQ to '::1:1', (c-id:1), "
      "username='open:sesame' (11), password='hunter2' (7), priority=1.",
      (gpointer) &one);
  g_log ("libnice-stun", G_LOG_LEVEL_DEBUG, "STUN demux: OK!");
  g_log ("libnice-stun", G_LOG_LEVEL_DEBUG, "HMAC(key=hunter2)");
  nice_log_unwatch (&one, &events);
}

/* Who asked for libnice's debug output gets it, without passwords. */
static void
test_debug_output (void)
{
  if (g_test_subprocess ()) {
    write_debug_output ();
    return;
  }
  g_setenv ("G_MESSAGES_DEBUG", "libnice libnice-stun", TRUE);
  g_unsetenv ("NICE_DEBUG");
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_unsetenv ("G_MESSAGES_DEBUG");
  g_test_trap_assert_passed ();
  g_test_trap_assert_stdout ("*Keepalive STUN-CC REQ*password=* (7)*");
  g_test_trap_assert_stdout ("*STUN demux: OK!*");
  g_test_trap_assert_stdout_unmatched ("*hunter2*");
  g_test_trap_assert_stdout_unmatched ("*sesame*");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nicelog/servers", test_servers);
  g_test_add_func ("/nicelog/no-codes", test_no_codes);
  g_test_add_func ("/nicelog/agents-apart", test_agents_apart);
  g_test_add_func ("/nicelog/unwatch-waits", test_unwatch_waits);
  g_test_add_func ("/nicelog/connections", test_connections);
  g_test_add_func ("/nicelog/debug-output", test_debug_output);
  return g_test_run ();
}
