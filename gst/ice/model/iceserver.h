/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stun:, stuns:, turn: and turns: URIs of RFC 7064/7065, and webrtcbin's
 * `turn://user:password@host:port?transport=` form, text <-> struct. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define ICE_SERVER_ERROR (ice_server_error_quark ())

typedef enum
{
  ICE_SERVER_ERROR_SCHEME,
  ICE_SERVER_ERROR_HOST,
  ICE_SERVER_ERROR_PORT,
  ICE_SERVER_ERROR_TRANSPORT,
  ICE_SERVER_ERROR_CREDENTIALS,
  ICE_SERVER_ERROR_SYNTAX
} IceServerError;

typedef enum
{
  ICE_SERVER_STUN,
  ICE_SERVER_STUNS,
  ICE_SERVER_TURN,
  ICE_SERVER_TURNS
} IceServerScheme;

typedef enum
{
  ICE_SERVER_TRANSPORT_UDP,
  ICE_SERVER_TRANSPORT_TCP,
  ICE_SERVER_TRANSPORT_TLS
} IceServerTransport;

/* RFC 8489 section 18.6, RFC 8656 section 4 */
#define ICE_SERVER_PORT 3478
#define ICE_SERVER_PORT_TLS 5349

typedef struct
{
  IceServerScheme scheme;
  gchar *host; /* a name, IPv4, or IPv6 without brackets */
  guint16 port;
  IceServerTransport transport; /* of the hop to the server */
  gchar *username;              /* decoded; NULL when absent */
  gchar *password;              /* decoded; NULL when absent */
  gchar *address;               /* host, looked up: numeric; NULL before.
                                   Over TCP and TLS host as it is */
  gchar *other_address;         /* host, looked up: its first address of the
                                   other IP version; NULL: it has none */
} IceServer;

GQuark ice_server_error_quark (void);

IceServer *ice_server_parse (const gchar *uri, GError **error);
gboolean ice_server_check_supported (const IceServer *server, GError **error);
gchar *ice_server_to_string (const IceServer *server);
gchar *ice_server_to_url (const IceServer *server);
const gchar *ice_server_transport_to_string (IceServerTransport transport);
IceServer *ice_server_copy (const IceServer *server);
void ice_server_free (IceServer *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IceServer, ice_server_free)

G_END_DECLS
