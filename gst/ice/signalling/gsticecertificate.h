/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The certificate of a listener with wss:. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

GTlsCertificate *gst_ice_certificate_read (
    const gchar *file, const gchar *key_file, GError **error);

G_END_DECLS
