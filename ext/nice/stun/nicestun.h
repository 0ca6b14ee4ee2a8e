/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes our own connectivity checks (RFC 8445 section 7; consent requests are
 * checks too, RFC 7675 section 5.1), reads their answers, authenticates the
 * peer's messages and answers its checks. Uses libnice's STUN library. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define NICE_STUN_MAX_REQUEST 1024
#define NICE_STUN_MAX_ANSWER 1024

typedef enum
{
  NICE_STUN_CONSENT,       /* an authenticated success response */
  NICE_STUN_REVOKED,       /* an authenticated 403, RFC 7675 section 5.2 */
  NICE_STUN_ROLE_CONFLICT, /* an authenticated 487, RFC 8445 section 7.2.5.1 */
  NICE_STUN_ERROR,         /* another authenticated error */
  NICE_STUN_INVALID        /* any other message; it proves nothing */
} NiceStunAnswer;

/* The attributes of a check beside its credentials, RFC 8445 section 7.1. */
typedef struct
{
  gboolean controlling;
  guint64 tie_breaker;    /* never 0: some peers take 0 for no tie-breaker */
  guint32 priority;       /* section 7.1.1 */
  gboolean use_candidate; /* section 7.1.2 */
} NiceStunCheck;

/* The role of the end that answers, RFC 8445 section 7.3.1.1. */
typedef struct
{
  gboolean controlling;
  guint64 tie_breaker; /* 0: not known; then no conflict is detected */
  gboolean loses;      /* (out) the request claims our role and wins it */
} NiceStunRole;

gsize nice_stun_make_request (guint8 *buffer, gsize size, guint32 tag,
    guint32 id, const gchar *username, const gchar *password,
    const NiceStunCheck *check);
NiceStunAnswer nice_stun_read_answer (const guint8 *data, gsize size,
    guint32 tag, const gchar *password, guint32 *id);
guint32 nice_stun_get_id (const guint8 *data, gsize size);
gboolean nice_stun_is_check (
    const guint8 *data, gsize size, const gchar *ufrag, const gchar *password);
gsize nice_stun_answer_check (guint8 *answer, gsize answer_size,
    const guint8 *data, gsize size, const gchar *ufrag, const gchar *password,
    GSocketAddress *from, NiceStunRole *role);
gboolean nice_stun_is_answer (
    const guint8 *data, gsize size, const gchar *password);

G_END_DECLS
