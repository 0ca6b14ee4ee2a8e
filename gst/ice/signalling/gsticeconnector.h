/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connecting to the listener of the built-in signalling, repeatedly until it
 * listens, time has run out, or waiting cannot help. */
#pragma once

#include <gio/gio.h>
#include "model/icesignallinguri.h"

G_BEGIN_DECLS

typedef struct _GstIceConnector GstIceConnector;

typedef struct
{
  /* An attempt worked; over TLS the certificate is good. The callee takes a
   * reference on connection. It calls gst_ice_connector_retry() if the
   * connection cannot be used, and gst_ice_connector_close() if it can. */
  void (*connected) (
      GstIceConnector *self, GIOStream *connection, gpointer user_data);
  /* Time has run out, or what is wrong does not become good by waiting, as a
   * certificate. Called once, nothing follows; gst_ice_connector_close()
   * has to be called still. */
  void (*failed) (
      GstIceConnector *self, const GError *error, gpointer user_data);
} GstIceConnectorCallbacks;

GstIceConnector *gst_ice_connector_new (const IceSignallingUri *uri,
    GMainContext *context, const GstIceConnectorCallbacks *callbacks,
    gpointer user_data);
void gst_ice_connector_retry (GstIceConnector *self, const gchar *reason);
void gst_ice_connector_close (GstIceConnector *self);

G_END_DECLS
