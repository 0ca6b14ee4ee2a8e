/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A stream of numbered datagrams of random sizes: who has a number knows size
 * and content. One thread makes them, another checks them off. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Sent and not checked off at most. */
#define NUMBERED_WINDOW 8192
#define NUMBERED_PATHS 2

typedef struct
{
  guint32 seed;
  guint64 made_empty; /* by who makes them */

  /* by who checks them off */
  guint64 base; /* all before it came, or are empty */
  gboolean came[NUMBERED_WINDOW];
  guint64 last[NUMBERED_PATHS]; /* number + 1 */
  guint64 n, n_empty;
} Numbered;

gsize numbered_get_size (const Numbered *self, guint64 number);
GstBuffer *numbered_make (Numbered *self, guint64 number);
/* An error where it never was, came already, or not in order on its path.
 * Returns: its size */
gsize numbered_check_off (Numbered *self, GstBuffer *buffer, guint path);

G_END_DECLS
