/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The WebSocket handshake (RFC 6455 section 4) as texts. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The longest head of a request or an answer, bytes. */
#define GST_ICE_SOUP_HANDSHAKE_MAX_HEAD 8192
/* The first byte of a client over TLS, RFC 8446 section 5.1. */
#define GST_ICE_SOUP_HANDSHAKE_TLS 22
#define GST_ICE_SOUP_PROTOCOL "gst-ice"

typedef struct
{
  gboolean secure; /* wss: */
  gchar *host;     /* IPv6 without brackets */
  guint port;
  gchar *resource; /* decoded path */
  gchar *origin;   /* (nullable): of web pages that may call; "*": any */
} GstIceSoupPlace;

gchar *gst_ice_soup_handshake_ask (
    const GstIceSoupPlace *place, gchar **expected);
gboolean gst_ice_soup_handshake_is_interim (const gchar *head, gsize size);
gboolean gst_ice_soup_handshake_check_answer (const gchar *head, gsize size,
    const gchar *expected, gchar **invalid, gchar **lost);
gboolean gst_ice_soup_handshake_answer (const GstIceSoupPlace *place,
    const gchar *head, gsize size, gchar **answer, gchar **invalid);

G_END_DECLS
