/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Converts between NiceCandidate and IceCandidate. */
#pragma once

#include <nice/agent.h>
#include "candidates/icecandidate.h"
#include "model/icecheckpair.h"

G_BEGIN_DECLS

IceCandidate *nice_candidate_to_ice (
    const NiceCandidate *nice, guint component);
IceCandidate *nice_candidate_local_to_ice (
    const NiceCandidate *nice, guint component);
void nice_candidate_get_base (
    const NiceCandidate *nice, IceCheckEndpoint *base);
void nice_candidate_set_base (
    NiceCandidate *nice, const IceCheckEndpoint *base);
NiceCandidate *nice_candidate_from_ice (
    const IceCandidate *candidate, guint stream_id, guint component_id);

G_END_DECLS
