/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A backend that moves nothing by itself: it notes what it is told and reports
 * what the test says, on the I/O thread. */
#pragma once

#include "gsticeagent.h"

G_BEGIN_DECLS

/* How long a test waits for anything, microseconds. */
#define FAKE_WATCHDOG (10 * G_TIME_SPAN_SECOND)

#define FAKE_LOCAL "candidate:1 1 udp 2130706431 10.0.0.1 5001 typ host"
#define FAKE_REMOTE "candidate:2 1 udp 2130706431 10.0.0.2 5002 typ host"
#define FAKE_UFRAG "peer"
#define FAKE_PWD "peerpeerpeerpeerpeerpeer"

#define FAKE_TYPE_TRANSPORT (fake_transport_get_type ())
G_DECLARE_FINAL_TYPE (
    FakeTransport, fake_transport, FAKE, TRANSPORT, GstIceTransport)
#define FAKE_TYPE_AGENT (fake_agent_get_type ())
G_DECLARE_FINAL_TYPE (FakeAgent, fake_agent, FAKE, AGENT, GstIceAgent)

/* The I/O thread. */
void fake_call (GSourceFunc function, gpointer data);
void fake_settle (void);

/* Finding. */
GstIceAgent *fake_agent_new (void);
FakeTransport *fake_transport_of_agent (
    GstIceAgent *agent, guint stream, guint component);
FakeTransport *fake_transport_of (GstElement *element);

/* What it was told since the last time: "gather credentials:peer
 * candidate:10.0.0.2 end options close "; any thread. */
gchar *fake_take_log (FakeTransport *self);
void fake_wait_log (FakeTransport *self, const gchar *text);

#define assert_log(transport, expected)                                        \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree gchar *log_ = NULL;                                             \
    fake_settle ();                                                            \
    log_ = fake_take_log (transport);                                          \
    g_assert_cmpstr (log_, ==, expected);                                      \
  }                                                                            \
  G_STMT_END

/* What happens; returns when everybody has heard of it. Not from the I/O
 * thread. */
void fake_candidate (FakeTransport *self, const gchar *candidate);
void fake_gathered (FakeTransport *self);
void fake_event (FakeTransport *self, IceEvent event);
void fake_select (FakeTransport *self, const gchar *local, const gchar *remote);
void fake_connect (FakeTransport *self);
void fake_complete (FakeTransport *self);
void fake_fail (FakeTransport *self);
void fake_candidate_error (FakeTransport *self, const gchar *text);
void fake_problem (FakeTransport *self, const gchar *text);

/* close() is reported by fake_closed(), else at once. */
void fake_close_later (FakeTransport *self);
void fake_closed (FakeTransport *self);

/* Every transport made from now on gathers, connects and completes by
 * itself. */
void fake_set_automatic (gboolean automatic);

/* Datagrams. */
void fake_receive (FakeTransport *self, const gchar *text);
void fake_block_sends (FakeTransport *self, guint count);
void fake_refuse_datagram (FakeTransport *self, guint index);
void fake_fail_sends (FakeTransport *self, gboolean fail);
void fake_wait_sends (FakeTransport *self, guint count);
void fake_wait_sent (FakeTransport *self, guint count);
guint fake_get_calls (FakeTransport *self);
gchar *fake_take_sent (FakeTransport *self);

G_END_DECLS
