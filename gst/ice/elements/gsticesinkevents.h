/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Events that an application sends to icesink, or to a bin that it is in. A
 * streaming thread that waits in icesink for a connection holds the locks of
 * its source, and a source to which EOS is sent waits for them. So EOS has to
 * reach icesink, and before the sources: it counts as a source, and stands
 * before the others in its bin. */
#pragma once

#include <gst/base/gstbasesink.h>
#include "datapath/gsticedatapath.h"

G_BEGIN_DECLS

void gst_ice_sink_events_join (GstBaseSink *sink);
void gst_ice_sink_events_stand_first (GstBaseSink *sink);
void gst_ice_sink_events_send (
    GstIceDatapath *datapath, gint *flushing, GstEvent *event);
void gst_ice_sink_events_receive (
    GstIceDatapath *datapath, gint *flushing, GstEvent *event);

G_END_DECLS
