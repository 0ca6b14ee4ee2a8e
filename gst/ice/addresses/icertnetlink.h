/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A Linux kernel's lists of links and addresses as rtnetlink reports them (RFC
 * 3549). Pure: makes requests and reads answers, sends and receives nothing. */
#pragma once

#include "addresses/icelocaladdress.h"

G_BEGIN_DECLS

/* Links or addresses that are kept of one list. */
#define ICE_RTNETLINK_MAX_ENTRIES 4096

typedef enum
{
  ICE_RTNETLINK_LINKS,
  ICE_RTNETLINK_ADDRESSES,
} IceRtnetlinkList;

typedef enum
{
  ICE_RTNETLINK_MORE,   /* the list continues in another datagram */
  ICE_RTNETLINK_DONE,   /* the list is complete */
  ICE_RTNETLINK_FAILED, /* `code` has the cause */
} IceRtnetlinkResult;

typedef struct
{
  guint index;
  gboolean up;
  gchar name[ICE_INTERFACE_NAME_SIZE];
} IceRtnetlinkLink;

typedef struct
{
  GArray *links;     /* of IceRtnetlinkLink */
  GArray *addresses; /* of IceLocalAddress */
  guint32 sequence;  /* of the request that is being answered */
  gboolean
      interrupted; /* the list changed while it was read: request it again */
  gint code;       /* an errno */
} IceRtnetlinkDump;

void ice_rtnetlink_dump_init (IceRtnetlinkDump *dump);
void ice_rtnetlink_dump_clear (IceRtnetlinkDump *dump);
GBytes *ice_rtnetlink_dump_request (
    IceRtnetlinkDump *dump, IceRtnetlinkList list);
IceRtnetlinkResult ice_rtnetlink_dump_read (
    IceRtnetlinkDump *dump, const guint8 *data, gsize length);
GArray *ice_rtnetlink_dump_take_addresses (IceRtnetlinkDump *dump);

G_END_DECLS
