/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Binding requests of the peer, distinguished by their USERNAME (RFC 8445
 * section 7.1.2), which shows the generation of their credentials. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Attributes before which USERNAME is looked for. Every known stack has it
 * among the first three. */
#define ICE_REQUEST_MAX_ATTRIBUTES 12

gboolean ice_request_has_username (
    const guint8 *data, gsize size, const gchar *username);

G_END_DECLS
