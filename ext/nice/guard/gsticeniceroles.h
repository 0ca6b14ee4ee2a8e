/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The role of one NiceAgent and its conflicts (RFC 8445 sections 7.2.5.1 and
 * 7.3.1.1), those that libnice resolves and those that a consent request meets.
 * I/O thread. */
#pragma once

#include "guard/gsticenicefloodguard.h"
#include "component/gsticetransport.h"
#include "model/iceratelimit.h"
#include "model/iceroleconflict.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceRoles GstIceNiceRoles;

GstIceNiceRoles *gst_ice_nice_roles_new (GstIceTransport *transport,
    GMainContext *context, GstIceNiceFloodGuard *flood_guard,
    gboolean controlling, IceRateLimit *warnings);
void gst_ice_nice_roles_free (GstIceNiceRoles *roles);

gboolean gst_ice_nice_roles_are_controlling (GstIceNiceRoles *roles);
IceRoleConflictVerdict gst_ice_nice_roles_refuse (GstIceNiceRoles *roles);
void gst_ice_nice_roles_follow (GstIceNiceRoles *roles, GstIceRole role);
void gst_ice_nice_roles_restart (GstIceNiceRoles *roles);
gboolean gst_ice_nice_roles_is_agent_controlling (GstIceNiceRoles *roles);

G_END_DECLS
