/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frames of a TCP connection (RFC 4571: two octets of length, then a message),
 * and who the other end is, by the first of them (RFC 6544 section 7). */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define NICE_FRAME_HEADER 2
#define NICE_FRAME_MAX (NICE_FRAME_HEADER + G_MAXUINT16)
/* what libnice's STUN library may read beyond a message */
#define NICE_FRAME_SLACK 64

typedef enum
{
  NICE_FRAME_UNKNOWN, /* more octets are needed */
  NICE_FRAME_PEER,    /* who sent it has a password */
  NICE_FRAME_STRANGER /* nobody that we know begins like that */
} NiceFrameSender;

typedef struct
{
  const gchar *local_ufrag;
  const gchar *local_password;
  const gchar *remote_password; /* nullable: no answer is expected */
} NiceFrameCredentials;

gsize nice_frame_size (const guint8 *data, gsize size);
NiceFrameSender nice_frame_judge (
    const guint8 *data, gsize size, const NiceFrameCredentials *credentials);

G_END_DECLS
