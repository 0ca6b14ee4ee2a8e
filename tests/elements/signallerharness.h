/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For tests of the built-in signalling: signallers that note what they are
 * told, and raw sockets that say anything. Everything runs on one main context
 * of our own; nothing sleeps, every wait has a watchdog. */
#pragma once

#include <gio/gio.h>
#include "gsticesignaller.h"

#define PASSWORD "secret+of+22+characters"
#define PARAMETERS                                                             \
  "{\"type\":\"parameters\",\"stream\":0,\"usernameFragment\":\"frag\","       \
  "\"password\":\"" PASSWORD "\",\"role\":\"controlling\",\"generation\":0}\n"
#define CANDIDATE                                                              \
  "{\"type\":\"candidate\",\"sdpMLineIndex\":0,\"candidate\":"                 \
  "\"candidate:1 1 UDP 2130706431 10.0.0.1 5000 typ host\"}\n"
#define END_OF_CANDIDATES                                                      \
  "{\"type\":\"candidate\",\"sdpMLineIndex\":0,\"candidate\":\"\"}\n"
#define BYE "{\"type\":\"bye\"}\n"
/* What a peer notes when the other one did peer_send_hello(). */
#define HELLO "opened parameters:0 candidate:candidate:1 candidate:"

/* Waits, while the main context runs. */
#define WAIT(condition)                                                        \
  G_STMT_START                                                                 \
  {                                                                            \
    harness_set_watchdog (#condition);                                         \
    while (!(condition))                                                       \
      g_main_context_iteration (harness_context, TRUE);                        \
    harness_set_watchdog (NULL);                                               \
  }                                                                            \
  G_STMT_END

typedef struct _Peer Peer;
typedef struct _Raw Raw;

/* What a peer does in one of its callbacks, beside taking notes. */
typedef void (*PeerAction) (Peer *peer);

struct _Peer
{
  GstIceSignaller *signaller; /* NULL: closed by us */
  GString *log; /* "opened parameters:0 candidate:text bye closed" */
  guint n_opened, n_messages, n_refused, n_closed;
  gchar *refused; /* the last error */
  gchar *closed;  /* NULL: no error */
  PeerAction on_opened, on_message, on_refused, on_closed;
};

/* A socket of somebody who is not one of us, connected or listening. */
struct _Raw
{
  GSocket *socket;
  GSource *source;
  GString *received;
  gboolean eof;
  gboolean reset;    /* with eof: not a clean one */
  gboolean readable; /* listening: somebody is there */
};

typedef struct
{
  const gchar *path;
  GTestFunc function;
} HarnessTest;

extern GMainContext *harness_context;

void harness_init (int *argc, char ***argv);
int harness_run (const HarnessTest *tests, guint n);
void harness_set_watchdog (const gchar *what);
void harness_settle (void);
guint16 harness_free_port (void);

/* A directory for sockets; goes with the file "socket" in it. */
typedef gchar Directory;

Directory *directory_new (void);
void directory_free (Directory *directory);

Peer *peer_new (const gchar *format, ...) G_GNUC_PRINTF (1, 2);
Peer *peer_start (Peer *peer);
void peer_send (Peer *peer, const gchar *line);
void peer_send_hello (Peer *peer);
void peer_connect_two (Peer *listener, Peer *caller);
void peer_close (Peer *peer);
void peer_free (Peer *peer);

GSocketAddress *raw_tcp_address (guint16 port);
Raw *raw_connect (GSocketAddress *address);
Raw *raw_listen (GSocketAddress *address);
Raw *raw_accept (Raw *listener);
void raw_send (Raw *raw, const gchar *text, gssize length);
void raw_stop_reading (Raw *raw);
void raw_free (Raw *raw);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Directory, directory_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Peer, peer_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Raw, raw_free)
