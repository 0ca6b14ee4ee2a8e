/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frames of a TCP connection (RFC 4571: two octets of length, then a message).
 * The first frame shows whether the other end is the peer (RFC 6544 section 7).
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define NICE_TCP_FRAME_HEADER 2
#define NICE_TCP_FRAME_MAX (NICE_TCP_FRAME_HEADER + G_MAXUINT16)
/* octets that libnice's STUN library may read behind a message */
#define NICE_TCP_FRAME_SLACK 64

typedef enum
{
  NICE_TCP_FRAME_UNKNOWN, /* more octets are needed */
  NICE_TCP_FRAME_PEER,    /* its sender has a password */
  NICE_TCP_FRAME_STRANGER /* no peer of ours begins like that */
} NiceTcpFrameSender;

typedef struct
{
  const gchar *local_ufrag;
  const gchar *local_password;
  const gchar *remote_password; /* nullable: then no answer is expected */
} NiceTcpFrameCredentials;

gsize nice_tcp_frame_size (const guint8 *data, gsize size);
NiceTcpFrameSender nice_tcp_frame_judge (
    const guint8 *data, gsize size, const NiceTcpFrameCredentials *credentials);

G_END_DECLS
