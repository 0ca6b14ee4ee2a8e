/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of niceservers.h: STUN and TURN servers, the bases that requests
 * are sent from, and libnice's attempts, one for each server and base. For that
 * module's files only. */
#pragma once

#include "stun/iceturnretries.h"
#include "trace/niceservers.h"

G_BEGIN_DECLS

typedef struct
{
  IceServer *server;
  gchar *address; /* where libnice sends its requests */
  guint16 port;
  gchar *local;        /* over TCP: our end of the connection */
  gboolean is_pending; /* not reached yet */
  gchar *detail;
  guint n_attempts;
  gboolean worked;
  gboolean unauthenticated_error;
  gboolean challenged; /* it answered 401, which asks for credentials */
  gboolean refused;
  gboolean exceeds_retries;  /* too many answers that ask for a retry */
  guint code;                /* of the last refusal; 0 = not known */
  guint refused_at;          /* the index of the attempt that it refused */
  gboolean needs_other_port; /* than the base's, RFC 8656 section 7.4 */
  gboolean has_other_port;   /* libnice reaches it through GstIceTurnPort */
} NiceServer;

/* A base (RFC 8445): a local address that requests are sent from. */
typedef struct
{
  gchar address[NICE_TRACE_ADDRESS_SIZE];
  guint16 port; /* 0 = not known */
  NiceTraceTransport transport;
} NiceServerBase;

typedef struct
{
  guintptr id;
  guint server;
  guint index; /* among the server's */
  gboolean challenged;
  gboolean open; /* libnice has not ended it */
  gboolean done; /* it has its final answer, or was given up */
  IceTurnRetries retries;
  gboolean tcp; /* over a TCP connection of its own */
} NiceServerAttempt;

struct _NiceServers
{
  GArray *servers; /* of NiceServer; TURN servers in their order, then STUN */
  guint n_turn;
  guint n_turn_begun;
  GArray *given; /* of guint: TURN servers in the order that libnice got them;
                  * one with another port comes twice */
  guint current; /* new attempts are of this TURN server, + 1; 0: of none */
  guint n_pending;
  gboolean ice_tcp;
  GArray *bases;    /* of NiceServerBase */
  GArray *attempts; /* of NiceServerAttempt */
  NiceTraceEndpoint
      from; /* source of the STUN message that the lines are about */
  NiceTraceEndpoint
      loop_source; /* see nice_servers_take_retry_loop(); port 0: none */
  guint n_lost;    /* sockets lost while attempts were open */
  gboolean has_trace;
  gboolean awaits_stun; /* the STUN server's attempts have not begun */
  gboolean awaits_turn; /* ... and the TURN servers' */
  gboolean has_relay;
};

NiceServer *nice_server_table_get (const NiceServers *self, guint index);
NiceServerBase *nice_server_table_get_base (
    const NiceServers *self, guint index);
NiceServerAttempt *nice_server_table_get_attempt (
    const NiceServers *self, guint index);
gboolean nice_server_table_is_stun (const NiceServers *self, guint server);
gboolean nice_server_table_is_tcp (const NiceServer *server);
guint nice_server_table_count_open (const NiceServers *self);
gboolean nice_server_table_needs_other_port (const NiceServers *self);

G_END_DECLS
