/* gst-ice: libnice's check-list dumps against a checklist.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "icechecklist.h"

typedef struct
{
  gboolean running;      /* one is being written */
  GHashTable *pairs;     /* of IceCheckPair, in the one at hand */
  GHashTable *nominated; /* of IceCheckPair */
  guint n;               /* how many there were */
} CheckDump;

void check_dump_init (CheckDump *dump);
void check_dump_clear (CheckDump *dump);
gboolean check_dump_take (
    CheckDump *dump, const IceChecklist *list, const gchar *line);
