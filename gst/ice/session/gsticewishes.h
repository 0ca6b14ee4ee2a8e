/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Remembers which element has set which setting of an agent, to find elements
 * that set different values. The owner holds a lock. */
#pragma once

#include "api/gsticesettings.h"

G_BEGIN_DECLS

typedef struct _GstIceWishes GstIceWishes;

GstIceWishes *gst_ice_wishes_new (void);
void gst_ice_wishes_free (GstIceWishes *wishes);

GError *gst_ice_wishes_add (GstIceWishes *wishes, GstObject *user,
    GstIceSetting id, const GValue *value);
void gst_ice_wishes_remove (GstIceWishes *wishes, GstObject *user);

G_END_DECLS
