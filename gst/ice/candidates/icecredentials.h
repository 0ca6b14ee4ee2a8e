/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ICE user name fragments and passwords, RFC 8839 section 5.4. Pure: no I/O,
 * no globals. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* RFC 8839 section 5.4: ufrag = 4*256ice-char, password = 22*256ice-char */
#define ICE_UFRAG_MIN_LENGTH 4
#define ICE_PASSWORD_MIN_LENGTH 22
#define ICE_CREDENTIAL_MAX_LENGTH 256

#define ICE_CREDENTIALS_ERROR (ice_credentials_error_quark ())

typedef enum
{
  ICE_CREDENTIALS_ERROR_UFRAG,
  ICE_CREDENTIALS_ERROR_PASSWORD
} IceCredentialsError;

GQuark ice_credentials_error_quark (void);

gboolean ice_ufrag_check (const gchar *ufrag, GError **error);
gboolean ice_password_check (const gchar *password, GError **error);
gchar *ice_credential_from_random (const guint8 *bytes, gsize length);

G_END_DECLS
