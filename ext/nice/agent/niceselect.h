/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Makes a NiceAgent select a valid pair that was not nominated, for datagrams
 * that only libnice can send: those of relayed and TCP pairs. */
#pragma once

#include <nice/agent.h>

G_BEGIN_DECLS

gboolean nice_select_pair (NiceAgent *agent, guint stream_id,
    guint component_id, const NiceCandidate *local,
    const NiceCandidate *remote);

G_END_DECLS
