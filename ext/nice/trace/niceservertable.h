/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of niceservers.h: STUN and TURN servers, the local addresses that
 * they are asked from, libnice's attempts. For that module's files only. */
#pragma once

#include "stun/iceturnretries.h"
#include "trace/niceservers.h"

G_BEGIN_DECLS

typedef struct
{
  IceServer *server;
  gchar *address; /* where libnice asks it */
  guint16 port;
  gchar *local;  /* over TCP: our end of the connection */
  gboolean held; /* is not asked before nice_servers_reached() */
  gchar *obstacle;
  guint n_attempts;
  gboolean worked;
  gboolean unsigned_error;
  gboolean challenged; /* it asked for credentials */
  gboolean refused;
  gboolean circles;    /* it answered too often so that it is asked again */
  guint code;          /* of the last refusal; 0 = not known */
  guint refused_at;    /* which of its attempts that was */
  gboolean wants_port; /* another local one, RFC 8656 section 7.4 */
  gboolean has_port;   /* it was given one; libnice asks there over TCP */
} NiceServer;

/* A local address that servers are asked from. */
typedef struct
{
  gchar address[NICE_TRACE_ADDRESS_SIZE];
  guint16 port; /* 0 = not known */
  NiceTraceTransport transport;
} NiceServerOrigin;

typedef struct
{
  guintptr id;
  guint server;
  guint index; /* among the server's */
  gboolean challenged;
  gboolean open; /* libnice works at it */
  gboolean done; /* it has its last answer, or is given up */
  IceTurnRetries retries;
  gboolean tcp; /* and has a connection of its own for it */
} NiceServerAttempt;

struct _NiceServers
{
  GArray
      *servers; /* of NiceServer; TURN servers as they are asked, then STUN */
  guint n_turn;
  guint n_turn_asked;
  guint asking; /* the TURN server that is being asked, + 1 */
  guint n_held;
  gboolean ice_tcp;
  GArray *origins;            /* of NiceServerOrigin */
  GArray *attempts;           /* of NiceServerAttempt */
  NiceTraceEndpoint from;     /* of the STUN message at hand */
  NiceTraceEndpoint circling; /* port 0: none, see below */
  guint n_lost; /* sockets that were lost since there are open attempts */
  gboolean has_trace;
  gboolean awaits_stun; /* the STUN server's attempts are still to be made */
  gboolean awaits_turn; /* ... and the TURN servers' */
  gboolean has_relay;
};

NiceServer *nice_server_table_get (const NiceServers *self, guint index);
NiceServerOrigin *nice_server_table_get_origin (
    const NiceServers *self, guint index);
NiceServerAttempt *nice_server_table_get_attempt (
    const NiceServers *self, guint index);
gboolean nice_server_table_is_stun (const NiceServers *self, guint server);
gboolean nice_server_table_is_tcp (const NiceServer *server);
guint nice_server_table_count_open (const NiceServers *self);
gboolean nice_server_table_wants_any_port (const NiceServers *self);

G_END_DECLS
