/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The candidate pairs of one transport (RFC 8445 section 6.1.2), from the
 * reports of its ICE backend. Pure: now is an argument, in microseconds of a
 * monotonic clock. */
#pragma once

#include "model/icechecktable.h"

G_BEGIN_DECLS

/* How long a pair may be checked without an answer until that counts as a
 * failed check: each check of the peer restarts ours (RFC 8445 section
 * 7.3.1.4), so that none ends if the peer sends checks more often than one of
 * ours takes. Microseconds. */
#define ICE_CHECKLIST_ANSWER_TIME (G_GINT64_CONSTANT (5000000))

/* Limits the memory that a hostile peer can use. */
#define ICE_CHECKLIST_MAX_PAIRS 1024

typedef struct _IceChecklist IceChecklist;

IceChecklist *ice_checklist_new (guint component, guint max_pairs);
void ice_checklist_free (IceChecklist *self);
void ice_checklist_set_generation (IceChecklist *self, guint generation);

const IceCheckChange *ice_checklist_step (IceChecklist *self,
    const IceCheckEvent *event, gint64 now, guint *n_changes);
const IceCheckChange *ice_checklist_add_candidate (IceChecklist *self,
    const IceCandidate *candidate, gboolean local, guint *n_changes);

gboolean ice_checklist_count_answered (
    IceChecklist *self, const IceCheckEndpoint *from);
const IceCheckChange *ice_checklist_learn (
    IceChecklist *self, const IceCandidate *candidate, guint *n_changes);

gboolean ice_checklist_check_came (
    IceChecklist *self, const IceCheckEndpoint *from);
gboolean ice_checklist_had_check (
    const IceChecklist *self, const IceCandidate *candidate);
guint ice_checklist_get_n_pairs (const IceChecklist *self);
const IceCheckPair *ice_checklist_get_pair (
    const IceChecklist *self, guint position);
gint64 ice_checklist_get_failing_time (const IceChecklist *self);
const IceCheckPair *ice_checklist_find (const IceChecklist *self, guintptr id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IceChecklist, ice_checklist_free)

G_END_DECLS
