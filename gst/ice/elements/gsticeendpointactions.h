/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The signals of icesrc and icesink, and the handlers of the action signals. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void gst_ice_endpoint_install_signals (GstElementClass *klass);

G_END_DECLS
