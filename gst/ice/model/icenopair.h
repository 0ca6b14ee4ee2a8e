/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why no candidate pair could be made, in words. Pure. */
#pragma once

#include "model/icestream.h"

G_BEGIN_DECLS

gchar *ice_no_pair_explain (
    const IceStream *stream, guint component, gboolean ice_tcp);

G_END_DECLS
