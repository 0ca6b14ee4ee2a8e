/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * NiceCandidate <-> IceCandidate. */
#pragma once

#include <nice/agent.h>
#include "icecandidate.h"

G_BEGIN_DECLS

IceCandidate *nice_candidate_to_ice (
    const NiceCandidate *nice, guint component);
IceCandidate *nice_candidate_local_to_ice (
    const NiceCandidate *nice, guint component);
NiceCandidate *nice_candidate_from_ice (
    const IceCandidate *candidate, guint stream_id, guint component_id);

G_END_DECLS
