/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connecting to the listener of the built-in signalling, again and again until
 * it is there or time has run out. */
#pragma once

#include <gio/gio.h>
#include "icesignallinguri.h"

G_BEGIN_DECLS

typedef struct _GstIceCaller GstIceCaller;

typedef struct
{
  /* An attempt worked. The callee takes a reference on connection. It calls
   * gst_ice_caller_retry() if the connection turns out to be of no use, and
   * gst_ice_caller_close() when it is what was wanted. */
  void (*connected) (
      GstIceCaller *caller, GSocketConnection *connection, gpointer user_data);
  /* Time has run out. Once, nothing follows; gst_ice_caller_close() is still
   * to be called. */
  void (*failed) (
      GstIceCaller *caller, const GError *error, gpointer user_data);
} GstIceCallerCallbacks;

GstIceCaller *gst_ice_caller_new (const IceSignallingUri *uri,
    GMainContext *context, const GstIceCallerCallbacks *callbacks,
    gpointer user_data);
void gst_ice_caller_retry (GstIceCaller *caller, const gchar *reason);
void gst_ice_caller_close (GstIceCaller *caller);

G_END_DECLS
