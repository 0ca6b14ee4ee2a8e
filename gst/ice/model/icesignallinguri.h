/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * signalling-uri: tcp://host:port?mode=...&timeout=... and
 * unix:///path?mode=..., text -> struct; and the URI of an element:
 * ice://host:port?...&stream=...&component=... Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define ICE_SIGNALLING_URI_ERROR (ice_signalling_uri_error_quark ())

typedef enum
{
  ICE_SIGNALLING_URI_ERROR_SYNTAX,
  ICE_SIGNALLING_URI_ERROR_SCHEME,
  ICE_SIGNALLING_URI_ERROR_HOST,
  ICE_SIGNALLING_URI_ERROR_PORT,
  ICE_SIGNALLING_URI_ERROR_PATH,
  ICE_SIGNALLING_URI_ERROR_PARAMETER
} IceSignallingUriError;

typedef enum
{
  ICE_SIGNALLING_CALLER,
  ICE_SIGNALLING_LISTENER
} IceSignallingMode;

#define ICE_SIGNALLING_DEFAULT_TIMEOUT 30 /* seconds */
#define ICE_SIGNALLING_MAX_TIMEOUT 86400
#define ICE_SIGNALLING_DEFAULT_COMPONENT 1

typedef struct
{
  IceSignallingMode mode;
  gchar *path; /* of unix:; NULL for tcp: */
  gchar *host; /* of tcp:, IPv6 without brackets; NULL = loopback */
  guint16 port;
  guint timeout; /* seconds that a caller keeps trying */
  guint stream;  /* of ice:, as the next one; 0 */
  guint component;
} IceSignallingUri;

GQuark ice_signalling_uri_error_quark (void);

IceSignallingUri *ice_signalling_uri_parse (const gchar *text, GError **error);

IceSignallingUri *ice_signalling_uri_parse_element (
    const gchar *text, GError **error);
gchar *ice_signalling_uri_from_element (const gchar *text);
gchar *ice_signalling_uri_to_element (
    const gchar *text, guint stream, guint component);

void ice_signalling_uri_free (IceSignallingUri *uri);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IceSignallingUri, ice_signalling_uri_free)

G_END_DECLS
