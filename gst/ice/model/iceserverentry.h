/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An entry of ice-servers, W3C's RTCIceServer (webrtc section 4.2.4): URLs of
 * RFC 7064 and 7065, and the user name and the credential as they are. Pure. */
#pragma once

#include "model/iceserver.h"

G_BEGIN_DECLS

GPtrArray *ice_server_entry_parse (const gchar *const *urls,
    const gchar *username, const gchar *credential, GError **error);

G_END_DECLS
