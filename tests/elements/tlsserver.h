/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For tests: a server on a loopback address, in a thread of its own, that does
 * one thing with one connection. The certificates in certificates/ are valid
 * for localhost, 127.0.0.1 and ::1, until 2120, but for what their names say.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _TlsServer TlsServer;
typedef void (*TlsServerAct) (GIOStream *stream, GCancellable *until_stopped);

/* certificate: NULL = it does not speak TLS; address: NULL = 127.0.0.1 */
TlsServer *tls_server_new (
    const gchar *address, const gchar *certificate, TlsServerAct act);
void tls_server_free (TlsServer *server); /* stops it */

guint16 tls_server_get_port (TlsServer *server);
void tls_server_wait (TlsServer *server); /* until act has returned */
GTlsDatabase *tls_server_load_authority (void);

G_END_DECLS
