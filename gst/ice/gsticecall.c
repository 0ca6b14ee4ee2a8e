/* gst-ice: built-in signalling of one session.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticecall.h"
#include "gsticesignaller.h"

/* Datagrams that were sent before the bye may come after it: the stream ends
 * this much later, milliseconds. */
#define BYE_GRACE 100

struct _GstIceCall
{
  GstIceSignaller *signaller;
  GMainContext *context;
  const GstIceCallCallbacks *callbacks;
  gpointer user_data;
  gboolean open;
  gboolean said_bye;
  GSource *bye;
};

static gboolean
on_grace_over (gpointer data)
{
  GstIceCall *self = data;

  g_clear_pointer (&self->bye, g_source_unref);
  self->callbacks->bye (self->user_data);
  return G_SOURCE_REMOVE;
}

/* Lower priority than the sockets': what the kernel holds is read first. */
static void
take_bye (GstIceCall *self)
{
  if (self->bye != NULL)
    return;
  self->bye = g_timeout_source_new (BYE_GRACE);
  g_source_set_priority (self->bye, G_PRIORITY_LOW);
  g_source_set_callback (self->bye, on_grace_over, self, NULL);
  g_source_attach (self->bye, self->context);
}

static void
send (GstIceCall *self, const IceMessage *message)
{
  if (self->open)
    gst_ice_signaller_send (self->signaller, message);
}

static void
on_opened (GstIceSignaller *signaller, gpointer data)
{
  GstIceCall *self = data;

  self->open = TRUE;
  self->callbacks->opened (self->user_data);
  if (self->said_bye)
    send (self, &(IceMessage){ .type = ICE_MESSAGE_BYE });
}

static void
on_message (
    GstIceSignaller *signaller, const IceMessage *message, gpointer data)
{
  GstIceCall *self = data;
  g_autoptr (GError) error = NULL;
  gboolean taken = TRUE;

  switch (message->type) {
    case ICE_MESSAGE_PARAMETERS:
      taken = self->callbacks->parameters (message->stream, message->ufrag,
          message->password, message->generation, self->user_data, &error);
      break;
    case ICE_MESSAGE_CANDIDATE:
      taken = self->callbacks->candidate (message->stream, message->ufrag,
          message->candidate, self->user_data, &error);
      break;
    case ICE_MESSAGE_BYE:
      take_bye (self);
      break;
  }
  if (!taken) {
    g_prefix_error (&error, "the peer's signalling: ");
    self->callbacks->problem (error, FALSE, self->user_data);
  }
}

static void
on_refused (GstIceSignaller *signaller, const GError *error, gpointer data)
{
  GstIceCall *self = data;

  self->callbacks->problem (error, FALSE, self->user_data);
}

static void
on_closed (GstIceSignaller *signaller, const GError *error, gpointer data)
{
  GstIceCall *self = data;

  self->open = FALSE;
  self->callbacks->closed (self->user_data);
  if (error != NULL && !self->said_bye)
    self->callbacks->problem (error, TRUE, self->user_data);
}

static const GstIceSignallerCallbacks signaller_callbacks = {
  .opened = on_opened,
  .message = on_message,
  .refused = on_refused,
  .closed = on_closed,
};

/**
 * gst_ice_call_new:
 * @uri: where the peer is
 * @context: of the I/O thread
 * @callbacks: static
 * @user_data: for @callbacks
 *
 * Returns: (transfer full): a call that was not started
 */
GstIceCall *
gst_ice_call_new (const IceSignallingUri *uri, GMainContext *context,
    const GstIceCallCallbacks *callbacks, gpointer user_data)
{
  GstIceCall *self = g_new0 (GstIceCall, 1);

  self->context = g_main_context_ref (context);
  self->callbacks = callbacks;
  self->user_data = user_data;
  self->signaller = gst_ice_signaller_new (
      uri, context, &signaller_callbacks, self);
  return self;
}

/**
 * gst_ice_call_free:
 * @self: (transfer full): a call
 *
 * Ends the line; what was sent, a bye above all, still goes out. No callback
 * comes after this.
 */
void
gst_ice_call_free (GstIceCall *self)
{
  if (self->bye != NULL) {
    g_source_destroy (self->bye);
    g_source_unref (self->bye);
  }
  gst_ice_signaller_close (self->signaller);
  g_main_context_unref (self->context);
  g_free (self);
}

/**
 * gst_ice_call_start:
 * @self: a call
 * @error: says why it can't
 *
 * Returns: whether it listens, or tries to connect
 */
gboolean
gst_ice_call_start (GstIceCall *self, GError **error)
{
  return gst_ice_signaller_start (self->signaller, error);
}

/**
 * gst_ice_call_send_parameters:
 * @self: a call
 * @stream: sdpMLineIndex
 * @ufrag: ours
 * @password: ours
 * @role: ours
 * @generation: counts ICE restarts
 *
 * Nothing is sent before the line is open.
 */
void
gst_ice_call_send_parameters (GstIceCall *self, guint stream,
    const gchar *ufrag, const gchar *password, GstIceRole role,
    guint generation)
{
  IceMessage message = {
    .type = ICE_MESSAGE_PARAMETERS,
    .stream = stream,
    .ufrag = (gchar *) ufrag,
    .password = (gchar *) password,
    .role = role,
    .generation = generation,
  };

  send (self, &message);
}

/**
 * gst_ice_call_send_candidate:
 * @self: a call
 * @stream: sdpMLineIndex
 * @ufrag: ours
 * @candidate: ours; "" = end of candidates
 *
 * Nothing is sent before the line is open.
 */
void
gst_ice_call_send_candidate (
    GstIceCall *self, guint stream, const gchar *ufrag, const gchar *candidate)
{
  IceMessage message = {
    .type = ICE_MESSAGE_CANDIDATE,
    .stream = stream,
    .ufrag = (gchar *) ufrag,
    .candidate = (gchar *) candidate,
  };

  send (self, &message);
}

/**
 * gst_ice_call_send_bye:
 * @self: a call
 *
 * We send no more media. Goes out once the line is open.
 */
void
gst_ice_call_send_bye (GstIceCall *self)
{
  if (self->said_bye)
    return;
  self->said_bye = TRUE;
  send (self, &(IceMessage){ .type = ICE_MESSAGE_BYE });
}
