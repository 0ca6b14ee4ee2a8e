/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Creates a NiceAgent and translates a session's settings into libnice's
 * properties. I/O thread. */
#pragma once

#include <nice/agent.h>
#include "addresses/gsticelocalport.h"
#include "component/gsticetransport.h"

G_BEGIN_DECLS

gboolean gst_ice_nice_setup_check_descriptors (
    const GstIceSettings *settings, GError **error);
NiceAgent *gst_ice_nice_setup_make_agent (
    GMainContext *context, const GstIceGatherOptions *options);
void gst_ice_nice_setup_set_ready (NiceAgent *nice, gboolean ready);
GStrv gst_ice_nice_setup_list_addresses (
    const GstIceSettings *settings, GError **error);
GStrv gst_ice_nice_setup_choose_local (
    const GstIceSettings *settings, GstIcePortRange *range, GError **error);
void gst_ice_nice_setup_explain_no_socket (
    const GstIceSettings *settings, GError **error);

G_END_DECLS
