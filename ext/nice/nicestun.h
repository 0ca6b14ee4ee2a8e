/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Consent requests and their answers as octets (RFC 7675 section 5.1, RFC
 * 8489), and whether a message is from the peer, by libnice's STUN library. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define NICE_STUN_MAX_REQUEST 1024

typedef enum
{
  NICE_STUN_CONSENT, /* an authenticated success response */
  NICE_STUN_REVOKED, /* an authenticated 403 */
  NICE_STUN_INVALID  /* anything else, which proves nothing */
} NiceStunAnswer;

gsize nice_stun_make_request (guint8 *buffer, gsize size, guint32 tag,
    guint32 id, const gchar *username, const gchar *password);
NiceStunAnswer nice_stun_read_answer (const guint8 *data, gsize size,
    guint32 tag, const gchar *password, guint32 *id);
gboolean nice_stun_is_check (
    const guint8 *data, gsize size, const gchar *ufrag, const gchar *password);
gboolean nice_stun_is_answer (
    const guint8 *data, gsize size, const gchar *password);

G_END_DECLS
