/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The candidate pairs of one transport (RFC 8445 section 6.1.2), as its ICE
 * backend tells of them. Pure: now is an argument, in microseconds of a
 * monotonic clock. */
#pragma once

#include "icecheckpair.h"

G_BEGIN_DECLS

/* What a hostile peer can make us keep. */
#define ICE_CHECKLIST_MAX_PAIRS 1024

typedef enum
{
  ICE_CHECK_CHANGE_ADDED = 1 << 0,
  ICE_CHECK_CHANGE_STATE = 1 << 1,
  ICE_CHECK_CHANGE_NOMINATED = 1 << 2,
  ICE_CHECK_CHANGE_SELECTED = 1 << 3,
  ICE_CHECK_CHANGE_CANDIDATES = 1 << 4, /* which ones they are is known now */
  ICE_CHECK_CHANGE_REMOVED = 1 << 5
} IceCheckChanges;

typedef struct
{
  const IceCheckPair *pair;
  IceCheckChanges what;
} IceCheckChange;

typedef struct _IceChecklist IceChecklist;

IceChecklist *ice_checklist_new (guint component, guint max_pairs);
void ice_checklist_free (IceChecklist *self);

const IceCheckChange *ice_checklist_step (IceChecklist *self,
    const IceCheckEvent *event, gint64 now, guint *n_changes);
const IceCheckChange *ice_checklist_add_candidate (IceChecklist *self,
    const IceCandidate *candidate, gboolean local, guint *n_changes);

gboolean ice_checklist_check_came (
    IceChecklist *self, const IceCheckEndpoint *from);
gboolean ice_checklist_had_check (
    const IceChecklist *self, const IceCandidate *candidate);
guint ice_checklist_get_n_pairs (const IceChecklist *self);
const IceCheckPair *ice_checklist_get_pair (
    const IceChecklist *self, guint position);
const IceCheckPair *ice_checklist_find (const IceChecklist *self, guintptr id);
guint64 ice_checklist_get_n_refused (const IceChecklist *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IceChecklist, ice_checklist_free)

G_END_DECLS
