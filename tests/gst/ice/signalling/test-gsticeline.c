/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The peer's line: its order, its framing, its ends and its queue. */
#include "signallerharness.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>

static gchar oversize[70 * 1024 + 1]; /* a string */

static void
test_no_bye (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
  g_autoptr (Peer) caller = peer_new ("tcp://:%u", port);

  peer_connect_two (listener, caller);
  peer_close (caller);
  WAIT (listener->n_closed);
  g_assert_cmpstr (listener->closed, ==,
      "the peer closed the signalling line without a bye; it failed or was "
      "stopped, its output has the cause");
}

/* A listener, and its peer who has sent parameters. */
static Raw *
open_raw (Peer **listener)
{
  guint16 port = harness_free_port ();
  g_autoptr (GSocketAddress) address = raw_tcp_address (port);
  Raw *raw;

  *listener = peer_start (peer_new ("tcp://:%u?mode=listener", port));
  raw = raw_connect (address);
  raw_send (raw, PARAMETERS, -1);
  WAIT ((*listener)->n_messages == 1);
  return raw;
}

#define PARAMETERS_OF(generation, ufrag)                                       \
  "{\"type\":\"parameters\",\"stream\":0,\"usernameFragment\":\"" ufrag        \
  "\",\"password\":\"" PASSWORD                                                \
  "\",\"role\":\"controlling\",\"generation\":" #generation "}\n"

typedef struct
{
  const gchar *name;
  const gchar *text;
  const gchar *log;
  const gchar *closed; /* a part of the error */
} Violation;

static const Violation violations[] = {
  { "garbage", CANDIDATE "secret\n" CANDIDATE, " candidate:candidate:1",
      "sent an invalid message: " },
  { "oversize", oversize, "", "more than 65536 bytes" },
  { "unknown-stream",
      "{\"type\":\"candidate\",\"sdpMLineIndex\":1,\"candidate\":\"\"}\n", "",
      "stream 1 came before" },
  { "generation-back", PARAMETERS_OF (2, "gart") PARAMETERS_OF (1, "trag"),
      " parameters:2", "from generation 2 to 1" },
  { "other-credentials", PARAMETERS_OF (0, "frag") PARAMETERS_OF (0, "gart"),
      "", "credentials within generation 0" },
  { "after-bye", BYE CANDIDATE, " bye", "after the bye" },
};

static void
test_violation (gconstpointer data)
{
  const Violation *violation = data;
  g_autofree gchar *expected = g_strdup_printf (
      "opened parameters:0%s closed", violation->log);
  g_autoptr (Peer) listener = NULL;
  g_autoptr (Raw) raw = open_raw (&listener);

  raw_send (raw, violation->text, -1);
  WAIT (listener->n_closed && raw->eof);
  g_assert_cmpstr (listener->log->str, ==, expected);
  g_assert_nonnull (strstr (listener->closed, violation->closed));
}

static void
test_restart_generation (void)
{
  g_autoptr (Peer) listener = NULL;
  g_autoptr (Raw) raw = open_raw (&listener);

  raw_send (
      raw, PARAMETERS CANDIDATE PARAMETERS_OF (1, "gart") CANDIDATE BYE, -1);
  g_socket_shutdown (raw->socket, FALSE, TRUE, NULL);
  WAIT (listener->n_closed);
  g_assert_cmpstr (listener->log->str, ==,
      "opened parameters:0 candidate:candidate:1 parameters:1 "
      "candidate:candidate:1 bye closed");
  g_assert_null (listener->closed);
}

/* After the bye any end will do, a reset as well. */
static void
test_reset_after_bye (void)
{
  g_autoptr (Directory) directory = directory_new ();
  g_autofree gchar *path = g_build_filename (directory, "socket", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (Peer) listener = peer_new ("unix://%s?mode=listener", path);
  g_autoptr (Raw) raw = NULL;

  listener->on_opened = peer_send_hello;
  peer_start (listener);
  raw = raw_connect (address);
  raw_stop_reading (raw);
  raw_send (raw, PARAMETERS BYE, -1);
  WAIT (listener->n_messages == 2);
  raw_free (g_steal_pointer (&raw)); /* our hello was not read */
  WAIT (listener->n_closed);
  g_assert_null (listener->closed);
}

/* Writing fails before we have read the bye, which is there. */
static void
test_bye_behind_broken_pipe (void)
{
  g_autoptr (Directory) directory = directory_new ();
  g_autofree gchar *path = g_build_filename (directory, "socket", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (Peer) listener = peer_new ("unix://%s?mode=listener", path);
  g_autoptr (Raw) raw = NULL;

  peer_start (listener);
  raw = raw_connect (address);
  raw_send (raw, PARAMETERS, -1);
  WAIT (listener->n_messages == 1);
  raw_send (raw, CANDIDATE BYE, -1);
  raw_free (g_steal_pointer (&raw));
  peer_send_hello (listener); /* EPIPE */
  g_assert_cmpuint (listener->n_closed, ==, 0);
  WAIT (listener->n_closed);
  g_assert_cmpstr (listener->log->str, ==,
      "opened parameters:0 candidate:candidate:1 bye closed");
  g_assert_null (listener->closed);
}

/* The peer does not close, but does not take any more either. */
static void
test_broken_pipe (void)
{
  g_autoptr (Directory) directory = directory_new ();
  g_autofree gchar *path = g_build_filename (directory, "socket", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (Peer) listener = peer_new ("unix://%s?mode=listener", path);
  g_autoptr (Raw) raw = NULL;

  peer_start (listener);
  raw = raw_connect (address);
  raw_send (raw, PARAMETERS, -1);
  WAIT (listener->n_messages == 1);
  raw_stop_reading (raw);
  g_socket_shutdown (raw->socket, TRUE, FALSE, NULL);
  peer_send_hello (listener);
  WAIT (listener->n_closed);
  g_assert_nonnull (strstr (listener->closed, "Broken pipe"));
}

/* Framing */

static void
test_every_byte (void)
{
  static const gchar text[] = CANDIDATE END_OF_CANDIDATES
      "{\"type\":\"bye\"}\r\n";
  g_autoptr (Peer) listener = NULL;
  g_autoptr (Raw) raw = open_raw (&listener);

  for (gsize i = 0; i + 1 < sizeof (text); i++) {
    raw_send (raw, text + i, 1);
    harness_settle ();
  }
  WAIT (listener->n_messages == 4);
  g_assert_cmpstr (listener->log->str, ==, HELLO " bye");
}

static void
test_every_split (void)
{
  static const gchar text[] = CANDIDATE END_OF_CANDIDATES;
  g_autoptr (Peer) listener = NULL;
  g_autoptr (Raw) raw = open_raw (&listener);

  for (gsize i = 0; i + 1 < sizeof (text); i++) {
    raw_send (raw, text, i);
    harness_settle ();
    raw_send (raw, text + i, sizeof (text) - 1 - i);
    WAIT (listener->n_messages == 1 + 2 * (i + 1));
  }
  g_assert_cmpuint (listener->n_closed, ==, 0);
}

static void
test_thousand_at_once (void)
{
  g_autoptr (Peer) listener = NULL;
  g_autoptr (Raw) raw = open_raw (&listener);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GString) expected = g_string_new ("opened parameters:0");

  for (guint i = 0; i < 1000; i++) {
    g_string_append_printf (text,
        "{\"type\":\"candidate\",\"sdpMLineIndex\":0,\"candidate\":\"%011u\"}"
        "\n",
        i);
    g_string_append_printf (expected, " candidate:%011u", i);
  }
  raw_send (raw, text->str, text->len);
  harness_set_watchdog ("1000 messages");
  while (listener->n_messages < 1001) {
    guint before = listener->n_messages;

    /* others get their turn; two of our sources may be ready in one */
    g_main_context_iteration (harness_context, TRUE);
    g_assert_cmpuint (listener->n_messages - before, <=, 2 * 64);
  }
  harness_set_watchdog (NULL);
  g_assert_cmpstr (listener->log->str, ==, expected->str);
}

/* The longest line there may be. */
static void
test_longest_line (void)
{
  g_autoptr (Peer) listener = NULL;
  g_autoptr (Raw) raw = open_raw (&listener);
  g_autoptr (GString) text = g_string_new (
      "{\"type\":\"candidate\",\"sdpMLineIndex\":0,\"candidate\":\"x\"}");

  while (text->len < ICE_MESSAGE_MAX_SIZE - 1)
    g_string_append_c (text, ' ');
  g_string_append_c (text, '\n');
  raw_send (raw, text->str, text->len);
  WAIT (listener->n_messages == 2);
  g_string_insert_c (text, text->len - 1, ' ');
  raw_send (raw, text->str, text->len);
  WAIT (listener->n_closed);
  g_assert_nonnull (strstr (listener->closed, "more than 65536 bytes"));
}

/* Writing */

static void
test_not_open (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
  g_autoptr (Peer) caller = peer_new ("tcp://:%u", port);

  peer_send_hello (listener);
  peer_send_hello (caller);
  peer_connect_two (listener, caller);
  peer_send (caller, BYE);
  peer_close (caller);
  WAIT (listener->n_closed);
  peer_send (listener, BYE);
}

static void
test_stuck (void)
{
  g_autoptr (Peer) listener = NULL;
  g_autoptr (Raw) raw = open_raw (&listener);
  guint sent = 0;

  raw_stop_reading (raw);
  while (!listener->n_closed && sent < 1000000) {
    peer_send (listener, CANDIDATE);
    if (++sent % 1000 == 0)
      harness_settle ();
  }
  g_assert_cmpuint (listener->n_closed, ==, 1);
  g_assert_nonnull (strstr (listener->closed, "does not read"));
}

/* More than the system takes at once gets there all the same. */
static void
test_much (void)
{
  guint16 port = harness_free_port ();
  g_autoptr (Peer) listener = peer_new ("tcp://:%u?mode=listener", port);
  g_autoptr (Peer) caller = peer_new ("tcp://:%u", port);

  peer_connect_two (listener, caller);
  for (guint i = 0; i < 5000; i++)
    peer_send (caller, CANDIDATE);
  peer_send (caller, BYE);
  WAIT (listener->n_messages == 3 + 5000 + 1);
  peer_close (caller);
  WAIT (listener->n_closed);
  g_assert_null (listener->closed);
}

/* Once all is written, nothing is left to do. */
static void
test_written (void)
{
  g_autoptr (Directory) directory = directory_new ();
  g_autofree gchar *path = g_build_filename (directory, "socket", NULL);
  g_autoptr (Peer) listener = peer_new ("unix://%s?mode=listener", path);
  g_autoptr (Peer) caller = peer_new ("unix://%s", path);
  guint i;

  peer_connect_two (listener, caller);
  for (i = 0; i < 8000; i++) /* more than a Unix socket takes at once */
    peer_send (caller, CANDIDATE);
  WAIT (listener->n_messages == 3 + 8000);
  for (i = 0; i < 100 && g_main_context_iteration (harness_context, FALSE); i++)
    ;
  g_assert_cmpuint (i, <, 100);
  peer_send (caller, BYE);
  WAIT (listener->n_messages == 3 + 8000 + 1);
}

static void
test_close_stuck (void)
{
  g_autoptr (Peer) listener = NULL;
  g_autoptr (Raw) raw = open_raw (&listener);

  raw_stop_reading (raw);
  for (guint i = 0; i < 40000; i++)
    peer_send (listener, CANDIDATE);
  peer_close (listener);
  harness_settle ();
}

static const HarnessTest tests[] = {
  { "/line/no-bye", test_no_bye },
  { "/line/restart-generation", test_restart_generation },
  { "/line/reset-after-bye", test_reset_after_bye },
  { "/line/bye-behind-broken-pipe", test_bye_behind_broken_pipe },
  { "/line/broken-pipe", test_broken_pipe },
  { "/line/every-byte", test_every_byte },
  { "/line/every-split", test_every_split },
  { "/line/thousand-at-once", test_thousand_at_once },
  { "/line/longest-line", test_longest_line },
  { "/line/not-open", test_not_open },
  { "/line/stuck", test_stuck },
  { "/line/much", test_much },
  { "/line/written", test_written },
  { "/line/close-stuck", test_close_stuck },
};

int
main (int argc, char **argv)
{
  harness_init (&argc, &argv);
  memset (oversize, 's', sizeof (oversize) - 1);
  for (guint i = 0; i < G_N_ELEMENTS (violations); i++) {
    g_autofree gchar *path = g_strconcat (
        "/line/violation-", violations[i].name, NULL);

    g_test_add_data_func (path, &violations[i], test_violation);
  }
  return harness_run (tests, G_N_ELEMENTS (tests));
}
