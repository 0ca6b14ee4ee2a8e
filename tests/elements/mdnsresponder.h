/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Answers questions of multicast DNS on ice0, a link that it makes in this
 * network namespace. The first digits of a name say how; see the .c. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MDNS_REST "-5b6a-4978-8695-a4b3c2d1e0f9.local"
#define MDNS_FOUND "00000001" MDNS_REST   /* 10.77.0.9 */
#define MDNS_SILENT "00000002" MDNS_REST  /* no answer */
#define MDNS_SEVERAL "00000003" MDNS_REST /* 10.77.0.9 and 10.77.0.10 */
#define MDNS_USELESS "00000004" MDNS_REST /* 127.0.0.1 */
#define MDNS_SLOW "00000005" MDNS_REST    /* 10.77.0.9, when asked again */
#define MDNS_IPV6 "00000006" MDNS_REST    /* 2001:db8::9 */

typedef struct _MdnsResponder MdnsResponder;

MdnsResponder *mdns_responder_new (void);
void mdns_responder_free (MdnsResponder *self);
/* How many questions came, for the name or, with NULL, for all. Any thread. */
guint mdns_responder_count (MdnsResponder *self, const gchar *name);

G_END_DECLS
