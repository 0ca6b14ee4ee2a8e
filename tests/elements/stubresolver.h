/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Name look-ups without a network: `*.invalid` is not found, `slow.*` is not
 * answered before it is cancelled, all others are 192.0.2.1. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void stub_resolver_install (void);
/* How many look-ups were begun since the last call. */
guint stub_resolver_take_count (void);

G_END_DECLS
