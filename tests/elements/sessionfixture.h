/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session over the fake backend, with everything it tells recorded. */
#pragma once

#include "fakeagent.h"
#include "recorder.h"

G_BEGIN_DECLS

#define HOST(n, component, address)                                            \
  "candidate:" n " " component " UDP 2130706431 " address " 5000 typ host"
#define PEER_1 HOST ("1", "1", "10.0.1.1")
#define PEER_2 HOST ("2", "1", "10.0.1.2")
#define PEER_3 HOST ("3", "2", "10.0.1.3")

/* One agent with transports, which an icesrc on 0/1 speaks for on its bus. */
typedef struct
{
  GstIceAgent *agent;
  GstElement *src;
  FakeTransport *a1, *a2, *b1, *b2; /* stream 0 and 1, component 1 and 2 */
  Recorder *recorder;
} Session;

FakeTransport *session_add_transport (
    Session *self, guint stream, guint component);
void session_start (Session *self);
void session_start_four (Session *self);
void session_gather (Session *self);
void session_drain (Session *self);
void session_end (Session *self);
void session_set_credentials (Session *self, guint stream, const gchar *ufrag);
void session_add (Session *self, guint stream, const gchar *candidate);
void session_refuse (
    Session *self, guint stream, const gchar *candidate, const gchar *fragment);

G_END_DECLS
