/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Properties of icesrc and icesink that objects of webrtcbin have too. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GObjectClass *gst_ice_webrtc_specs_ref_source_class (void);
void gst_ice_webrtc_specs_install (GObjectClass *klass,
    GObjectClass *source_class, const gchar *const *names, guint first_id,
    GParamFlags access);

G_END_DECLS
