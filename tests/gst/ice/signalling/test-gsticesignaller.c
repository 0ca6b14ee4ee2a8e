/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The built-in signalling between two signallers, with strangers about, and how
 * it is closed. */
#include "signallerharness.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/ioctl.h>
static void
check_happy (Peer *listener, Peer *caller, gboolean caller_ends)
{
  Peer *ender = caller_ends ? caller : listener;
  Peer *other = caller_ends ? listener : caller;

  peer_connect_two (listener, caller);
  peer_send (other, CANDIDATE);
  WAIT (ender->n_messages == 4);
  peer_send (ender, CANDIDATE);
  peer_send (ender, BYE);
  peer_send (ender, CANDIDATE); /* too late, dropped */
  peer_close (ender);
  WAIT (other->n_closed);
  g_assert_cmpstr (
      other->log->str, ==, HELLO " candidate:candidate:1 bye closed");
  g_assert_null (other->closed);
}

static void
test_happy_tcp (void)
{
  for (guint i = 0; i < 2; i++) {
    guint16 port = harness_free_port ();
    g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
    g_autoptr (Peer) caller = peer_new ("tcp://127.0.0.1:%u", port);

    check_happy (listener, caller, i);
  }
}

static void
test_happy_localhost (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (Peer)
      listener = peer_new ("tcp://localhost:%u?mode=listener", port);
  g_autoptr (Peer) caller = peer_new ("tcp://localhost:%u", port);

  /* an application that has made the context its thread's default */
  g_main_context_push_thread_default (harness_context);
  check_happy (listener, caller, TRUE);
  g_main_context_pop_thread_default (harness_context);
}

static void
test_happy_unix (void)
{
  for (guint i = 0; i < 2; i++) {
    g_autoptr (Directory) directory = directory_new ();
    g_autofree gchar *path = g_build_filename (directory, "socket", NULL);
    g_autoptr (Peer) listener = peer_new ("unix://%s?mode=listener", path);
    g_autoptr (Peer) caller = peer_new ("unix://%s", path);

    check_happy (listener, caller, i);
  }
}

/* Strangers */

typedef struct
{
  const gchar *name;
  const gchar *text;
  gssize length;        /* -1: a string */
  const gchar *refused; /* a part of the error; NULL: none */
  gboolean hangs_up;
} Stranger;

static gchar oversize[70 * 1024 + 1]; /* a string */

static const Stranger strangers[] = {
  { "garbage", "GET / HTTP/1.1\r\n", -1, "sent an invalid message: ", FALSE },
  { "binary", "\0\1\2\377\n", 5, "sent an invalid message: ", FALSE },
  { "empty", "\n", -1, "sent an invalid message: ", FALSE },
  { "other-json", "{\"secret\":\"x\"}\n", -1,
      "sent an invalid message: ", FALSE },
  { "type", "{\"type\":\"se\\u001bcret\"}\n", -1,
      "sent an invalid message: ", FALSE },
  { "password",
      "{\"type\":\"parameters\",\"stream\":0,\"usernameFragment\":"
      "\"frag\",\"password\":\"secret\"}\n",
      -1, "sent an invalid message: ", FALSE },
  { "oversize", oversize, -1, "more than 65536 bytes", FALSE },
  { "candidate-first", CANDIDATE, -1, "before that stream's parameters",
      FALSE },
  { "bye-first", BYE, -1, "sent bye before", FALSE },
  { "within-a-message", "{\"type\":", -1, "within a message", TRUE },
  { "without-a-word", "", 0, NULL, TRUE },
};

static void
test_stranger (gconstpointer data)
{
  const Stranger *stranger = data;
  guint16 port = harness_free_port ();
  g_autoptr (GSocketAddress) address = raw_tcp_address (port);
  g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
  g_autoptr (Peer) caller = peer_new ("tcp://:%u", port);
  g_autoptr (Raw) raw = NULL;

  peer_start (listener);
  raw = raw_connect (address);
  raw_send (raw, stranger->text, stranger->length);
  if (stranger->hangs_up)
    g_socket_shutdown (raw->socket, FALSE, TRUE, NULL);
  WAIT (raw->eof);
  g_assert_cmpuint (raw->received->len, ==, 0);
  if (stranger->refused) {
    WAIT (listener->n_refused);
    g_assert_nonnull (strstr (listener->refused, stranger->refused));
  }

  listener->on_opened = caller->on_opened = peer_send_hello;
  peer_start (caller);
  WAIT (listener->n_messages == 3 && caller->n_messages == 3);
  g_assert_cmpstr (
      listener->log->str, ==, stranger->refused ? "refused " HELLO : HELLO);
}

static void
test_silence (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (GSocketAddress) address = raw_tcp_address (port);
  g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
  g_autoptr (Raw) mute = NULL;
  g_autoptr (Raw) slow = NULL;
  g_autoptr (Raw) right = NULL;

  gst_ice_signaller_set_silence_limit (listener->signaller, 50);
  peer_start (listener);
  mute = raw_connect (address);
  slow = raw_connect (address);
  raw_send (slow, "{\"type\"", -1);
  WAIT (mute->eof && slow->eof && listener->n_refused == 2);
  g_assert_nonnull (strstr (listener->refused, "sent nothing valid in time"));

  /* for the peer there is no such limit */
  right = raw_connect (address);
  raw_send (right, PARAMETERS, -1);
  WAIT (listener->n_messages == 1);
  g_assert_cmpstr (
      listener->log->str, ==, "refused refused opened parameters:0");
}

/* The oldest goes for the ninth; each of those that are left can be the peer.
 */
static void
test_nine_strangers (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (GSocketAddress) address = raw_tcp_address (port);
  g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
  g_autoptr (GPtrArray)
      raws = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_free);
  Raw *oldest;

  peer_start (listener);
  for (guint i = 0; i < 9; i++)
    g_ptr_array_add (raws, raw_connect (address));
  oldest = g_ptr_array_index (raws, 0);
  WAIT (oldest->eof && listener->n_refused);
  g_assert_nonnull (strstr (listener->refused, "when 8 others"));
  for (guint i = 1; i < 9; i++)
    g_assert_false (((Raw *) g_ptr_array_index (raws, i))->eof);

  /* one of the eight is the peer; the others go, and learn nothing */
  raw_send (g_ptr_array_index (raws, 5), PARAMETERS, -1);
  listener->on_opened = peer_send_hello;
  WAIT (listener->n_messages == 1);
  for (guint i = 0; i < 9; i++) {
    Raw *raw = g_ptr_array_index (raws, i);

    if (i == 5) {
      WAIT (g_str_has_suffix (raw->received->str, END_OF_CANDIDATES));
      g_assert_false (raw->eof);
    } else {
      WAIT (raw->eof);
      g_assert_cmpuint (raw->received->len, ==, 0);
    }
  }
  g_assert_cmpstr (listener->log->str, ==, "refused opened parameters:0");
}

/* Those that have left hold no place. */
static void
test_gone_strangers (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (GSocketAddress) address = raw_tcp_address (port);
  g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);

  peer_start (listener);
  for (guint i = 0; i < 9; i++) {
    g_autoptr (Raw) raw = raw_connect (address);

    g_socket_shutdown (raw->socket, FALSE, TRUE, NULL);
    WAIT (raw->eof);
  }
  g_assert_cmpstr (listener->log->str, ==, "");
}

/* Eight hold all places, and more come with the caller: it gets in. */
static void
test_caller_among_holders (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (GSocketAddress) address = raw_tcp_address (port);
  g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
  g_autoptr (GPtrArray)
      raws = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_free);
  g_autoptr (Raw) caller = NULL;

  peer_start (listener);
  for (guint i = 0; i < 8; i++)
    g_ptr_array_add (raws, raw_connect (address));
  harness_settle ();
  g_assert_cmpuint (listener->n_refused, ==, 0);
  caller = raw_connect (address);
  raw_send (caller, PARAMETERS, -1);
  for (guint i = 0; i < 10; i++)
    g_ptr_array_add (raws, raw_connect (address));
  WAIT (listener->n_messages == 1);
  g_assert_false (caller->eof);
}

/* Until all that was written is at the other end. */
static void
wait_delivered (Raw *raw)
{
  gint unsent = 1;

  while (unsent != 0)
    g_assert_cmpint (
        ioctl (g_socket_get_fd (raw->socket), TIOCOUTQ, &unsent), ==, 0);
}

/* The oldest of eight has said who it is before the ninth came. */
static void
test_oldest_speaks (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (GSocketAddress) address = raw_tcp_address (port);
  g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
  g_autoptr (GPtrArray)
      raws = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_free);

  peer_start (listener);
  for (guint i = 0; i < 8; i++)
    g_ptr_array_add (raws, raw_connect (address));
  harness_settle ();
  raw_send (g_ptr_array_index (raws, 0), PARAMETERS, -1);
  wait_delivered (g_ptr_array_index (raws, 0));
  g_ptr_array_add (raws, raw_connect (address));
  WAIT (listener->n_opened || listener->n_refused);
  harness_settle ();
  g_assert_cmpstr (listener->log->str, ==, "opened parameters:0");
}

/* Closing */

static void
test_close_early (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (Directory) directory = directory_new ();
  g_autofree gchar *path = g_build_filename (directory, "socket", NULL);
  g_autoptr (Peer) unused = peer_new ("tcp://:%u?mode=listener", port);
  g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
  g_autoptr (Peer) at_once = peer_new ("tcp://:%u", port);
  g_autoptr (Peer) pausing = peer_new ("unix://%s", path);
  g_autoptr (Peer) connecting = peer_new ("tcp://localhost:%u", port);

  peer_close (unused);
  peer_close (peer_start (pausing));
  peer_start (at_once);
  peer_close (at_once);
  peer_start (listener);
  peer_start (connecting);
  g_main_context_iteration (harness_context, FALSE);
  peer_close (connecting);
  harness_settle ();
  peer_close (listener);
  harness_settle ();
}

static void
test_close_while_pausing (void)
{
  g_autoptr (Peer) caller = peer_new ("unix:///nowhere/at/all");

  peer_start (caller);
  harness_settle ();
  peer_close (caller);
  harness_settle ();
}

static void
test_close_with_strangers (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (GSocketAddress) address = raw_tcp_address (port);
  g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
  g_autoptr (Raw) first = NULL;
  g_autoptr (Raw) second = NULL;

  peer_start (listener);
  first = raw_connect (address);
  harness_settle ();
  second = raw_connect (address); /* in the backlog */
  raw_send (first, PARAMETERS, -1);
  raw_send (second, PARAMETERS, -1);
  peer_close (listener);
  WAIT (first->eof && second->eof);
}

/* What was sent last gets there, and a clean end behind it, though we have not
 * read all that the peer sent. */
static void
test_close_with_unsent (void)
{
  g_autoptr (Directory) directory = directory_new ();
  g_autofree gchar *path = g_build_filename (directory, "socket", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (Raw) listener = raw_listen (address);
  g_autoptr (Peer) caller = peer_new ("unix://%s", path);
  g_autoptr (Raw) line = NULL;

  peer_start (caller);
  line = raw_accept (listener);
  WAIT (caller->n_opened);
  raw_send (line, PARAMETERS CANDIDATE, -1);
  peer_send_hello (caller);
  peer_send (caller, BYE);
  peer_close (caller);
  WAIT (line->eof);
  g_assert_false (line->reset);
  g_assert_true (g_str_has_suffix (line->received->str, BYE));
}

static void
close_at_bye (Peer *peer)
{
  if (g_str_has_suffix (peer->log->str, "bye"))
    peer_close (peer);
}

static void
test_close_in_callbacks (void)
{
  static const gchar *const logs[] = { "refused", "refused opened",
    "refused opened parameters:0", "refused opened parameters:0 bye",
    "refused opened parameters:0 bye closed" };

  for (guint i = 0; i < G_N_ELEMENTS (logs); i++) {
    guint16 port = harness_free_port ();
    g_autoptr (GSocketAddress) address = raw_tcp_address (port);
    g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
    g_autoptr (Raw) stranger = NULL;
    g_autoptr (Raw) raw = NULL;

    listener->on_refused = i == 0 ? peer_close : NULL;
    listener->on_opened = i == 1 ? peer_close : NULL;
    listener->on_message = i == 2 ? peer_close : i == 3 ? close_at_bye : NULL;
    listener->on_closed = i == 4 ? peer_close : NULL;
    peer_start (listener);
    raw = raw_connect (address);
    harness_settle ();
    stranger = raw_connect (address);
    raw_send (stranger, "\n", -1);
    WAIT (stranger->eof);
    if (i > 0)
      raw_send (raw, PARAMETERS BYE, -1);
    g_socket_shutdown (raw->socket, FALSE, TRUE, NULL);
    WAIT (raw->eof && !listener->signaller);
    g_assert_cmpstr (listener->log->str, ==, logs[i]);
  }
}

static void
test_close_in_callers_callbacks (void)
{
  static const gchar *const logs[] = { "opened", "opened parameters:0",
    "opened parameters:0 closed" };

  for (guint i = 0; i < G_N_ELEMENTS (logs); i++) {
    guint16 port = harness_free_port ();
    g_autoptr (GSocketAddress) address = raw_tcp_address (port);
    g_autoptr (Raw) listener = raw_listen (address);
    g_autoptr (Peer) caller = peer_new ("tcp://:%u", port);
    g_autoptr (Raw) line = NULL;

    caller->on_opened = i == 0 ? peer_close : NULL;
    caller->on_message = i == 1 ? peer_close : NULL;
    caller->on_closed = i == 2 ? peer_close : NULL;
    peer_start (caller);
    line = raw_accept (listener);
    if (i > 0)
      raw_send (line, PARAMETERS, -1);
    g_socket_shutdown (line->socket, FALSE, TRUE, NULL);
    WAIT (line->eof && !caller->signaller);
    g_assert_cmpstr (caller->log->str, ==, logs[i]);
  }
}

/* The caller has given up; the ninth stranger; the name that does not exist. */
static void
test_close_when_failed (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (GSocketAddress) address = raw_tcp_address (port);
  g_autoptr (Peer) caller = peer_new ("unix:///nowhere/at/all?timeout=1");
  g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
  g_autoptr (GPtrArray)
      raws = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_free);

  caller->on_closed = listener->on_refused = peer_close;
  peer_start (caller);
  peer_start (listener);
  for (guint i = 0; i < 9; i++)
    g_ptr_array_add (raws, raw_connect (address));
  WAIT (!caller->signaller && !listener->signaller);
  for (guint i = 0; i < 9; i++)
    WAIT (((Raw *) g_ptr_array_index (raws, i))->eof);
}

static const HarnessTest tests[] = {
  { "/signaller/happy-tcp", test_happy_tcp },
  { "/signaller/happy-localhost", test_happy_localhost },
  { "/signaller/happy-unix", test_happy_unix },
  { "/signaller/silence", test_silence },
  { "/signaller/nine-strangers", test_nine_strangers },
  { "/signaller/gone-strangers", test_gone_strangers },
  { "/signaller/caller-among-holders", test_caller_among_holders },
  { "/signaller/oldest-speaks", test_oldest_speaks },
  { "/signaller/close-early", test_close_early },
  { "/signaller/close-while-pausing", test_close_while_pausing },
  { "/signaller/close-with-strangers", test_close_with_strangers },
  { "/signaller/close-with-unsent", test_close_with_unsent },
  { "/signaller/close-in-callbacks", test_close_in_callbacks },
  { "/signaller/close-in-callers-callbacks", test_close_in_callers_callbacks },
  { "/signaller/close-when-failed", test_close_when_failed },
};

int
main (int argc, char **argv)
{
  harness_init (&argc, &argv);
  memset (oversize, 's', sizeof (oversize) - 1);
  for (guint i = 0; i < G_N_ELEMENTS (strangers); i++) {
    g_autofree gchar *path = g_strconcat (
        "/signaller/stranger-", strangers[i].name, NULL);

    g_test_add_data_func (path, &strangers[i], test_stranger);
  }
  return harness_run (tests, G_N_ELEMENTS (tests));
}
