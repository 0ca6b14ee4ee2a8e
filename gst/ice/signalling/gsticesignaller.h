/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Built-in signalling: JSON lines over a TCP or Unix stream, see
 * docs/signalling.md. */
#pragma once

#include <gio/gio.h>
#include "signalling/gsticeupgrade.h"
#include "signalling/icemessage.h"
#include "model/icesignallinguri.h"

G_BEGIN_DECLS

typedef struct _GstIceSignaller GstIceSignaller;

/* All are called in the thread that runs the GMainContext given to
 * gst_ice_signaller_new(), never after gst_ice_signaller_close(), and never
 * from within one of our functions. Any of them may be NULL, and each may
 * call gst_ice_signaller_send() and gst_ice_signaller_close(). */
typedef struct
{
  /* The line to the peer is open: send our parameters and candidates now. A
   * listener calls it once. A caller calls it for each line it gets connected:
   * a listener that serves another client closes our line without a message,
   * the caller tries again, and then everything has to be sent again. After the
   * first message it is not called any more. */
  void (*opened) (GstIceSignaller *signaller, gpointer user_data);
  /* A valid message, in a valid order; exact repeats of parameters are left
   * out. message is the signaller's. */
  void (*message) (GstIceSignaller *signaller, const IceMessage *message,
      gpointer user_data);
  /* A line that was not (yet) the peer's was closed, and why; the listener
   * continues to listen. */
  void (*refused) (
      GstIceSignaller *signaller, const GError *error, gpointer user_data);
  /* The end: the caller gave up, a listener's host name could not be used, or
   * the peer's line broke (error has the cause); error NULL: the peer closed
   * the line after its bye. Once; nothing follows but, by the owner,
   * gst_ice_signaller_close(). */
  void (*closed) (
      GstIceSignaller *signaller, const GError *error, gpointer user_data);
} GstIceSignallerCallbacks;

GstIceSignaller *gst_ice_signaller_new (const IceSignallingUri *uri,
    GMainContext *context, const GstIceSignallerCallbacks *callbacks,
    gpointer user_data);
void gst_ice_signaller_set_silence_limit (
    GstIceSignaller *signaller, guint milliseconds);
void gst_ice_signaller_set_upgrade (
    GstIceSignaller *signaller, GstIceUpgrade *upgrade);
gboolean gst_ice_signaller_start (GstIceSignaller *signaller, GError **error);
void gst_ice_signaller_send (
    GstIceSignaller *signaller, const IceMessage *message);
void gst_ice_signaller_close (GstIceSignaller *signaller);

G_END_DECLS
