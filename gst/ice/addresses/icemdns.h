/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages of multicast DNS (RFC 6762): the question for the address of a name,
 * and the answer to it. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define ICE_MDNS_PORT 5353
#define ICE_MDNS_GROUP_IPV4 "224.0.0.251"
#define ICE_MDNS_GROUP_IPV6 "ff02::fb"

/* Header, the longest name, type and class: RFC 1035 section 4.1 */
#define ICE_MDNS_MAX_QUESTION (12 + 255 + 4)
/* RFC 6762 section 17 */
#define ICE_MDNS_MAX_MESSAGE 9000
/* Over how many pointers (RFC 1035 section 4.1.4) a name is followed;
 * responders need one for each label at most. */
#define ICE_MDNS_MAX_POINTERS 16

/* Resource record types, RFC 1035 section 3.2.2 and RFC 3596 */
typedef enum
{
  ICE_MDNS_TYPE_A = 1,
  ICE_MDNS_TYPE_AAAA = 28
} IceMdnsType;

typedef enum
{
  ICE_MDNS_NOTHING,  /* no answer to this question */
  ICE_MDNS_ADDRESS,  /* this one */
  ICE_MDNS_SEVERAL,  /* more than one address */
  ICE_MDNS_UNUSABLE, /* one that no peer in the network can have */
  ICE_MDNS_N_ANSWERS
} IceMdnsAnswer;

gsize ice_mdns_write_question (
    guint8 *message, const gchar *name, IceMdnsType type);
IceMdnsAnswer ice_mdns_read_answer (const guint8 *message, gsize size,
    const gchar *name, guint8 *address, gsize *address_size);

G_END_DECLS
