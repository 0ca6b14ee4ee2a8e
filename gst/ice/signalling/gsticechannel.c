/* gst-ice: built-in signalling of one session.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "signalling/gsticechannel.h"
#include "signalling/gsticesignaller.h"
#include "model/iceratelimit.h"

/* Datagrams that were sent before the bye may come after it: the stream ends
 * this much later, milliseconds. */
#define BYE_GRACE 100

struct _GstIceChannel
{
  GstIceSignaller *signaller; /* NULL: stopped */
  GstIceUpgrade *upgrade;     /* of ws: and wss:, from the first start on */
  IceSignallingUri *uri;
  GMainContext *context;
  const GstIceChannelCallbacks *callbacks;
  gpointer user_data;
  gboolean open;
  gboolean bye_sent;
  gboolean bye_came;
  GSource *bye;
  IceRateLimit refusals; /* of strangers */
  IceRateLimit mistakes; /* the peer's */
};

/* Events that others can cause without end are reported at a bounded rate. */
static void
report (GstIceChannel *self, IceRateLimit *limit, const GError *error)
{
  g_autofree gchar *more = ice_rate_limit_pass (limit, g_get_monotonic_time ());
  g_autoptr (GError) counted = NULL;

  if (more == NULL)
    return;
  counted = g_error_new (
      error->domain, error->code, "%s%s", error->message, more);
  self->callbacks->problem (counted, FALSE, self->user_data);
}

static gboolean
on_grace_over (gpointer data)
{
  GstIceChannel *self = data;

  g_clear_pointer (&self->bye, g_source_unref);
  self->callbacks->bye (self->user_data);
  return G_SOURCE_REMOVE;
}

/* A lower priority than the sockets have: datagrams in the kernel are read
 * first. */
static void
take_bye (GstIceChannel *self)
{
  if (self->bye_came)
    return;
  self->bye_came = TRUE;
  self->bye = g_timeout_source_new (BYE_GRACE);
  g_source_set_priority (self->bye, G_PRIORITY_LOW);
  g_source_set_callback (self->bye, on_grace_over, self, NULL);
  g_source_attach (self->bye, self->context);
}

static void
send (GstIceChannel *self, const IceMessage *message)
{
  if (self->open)
    gst_ice_signaller_send (self->signaller, message);
}

static void
on_opened (GstIceSignaller *signaller, gpointer data)
{
  GstIceChannel *self = data;

  self->open = TRUE;
  self->callbacks->opened (self->user_data);
  if (self->bye_sent)
    send (self, &(IceMessage){ .type = ICE_MESSAGE_BYE });
}

static void
on_message (
    GstIceSignaller *signaller, const IceMessage *message, gpointer data)
{
  GstIceChannel *self = data;
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
    report (self, &self->mistakes, error);
  }
}

static void
on_refused (GstIceSignaller *signaller, const GError *error, gpointer data)
{
  GstIceChannel *self = data;

  report (self, &self->refusals, error);
}

static void
on_closed (GstIceSignaller *signaller, const GError *error, gpointer data)
{
  GstIceChannel *self = data;

  self->open = FALSE;
  self->callbacks->closed (self->bye_came, self->user_data);
  if (error != NULL && !self->bye_sent)
    self->callbacks->problem (error, TRUE, self->user_data);
}

static const GstIceSignallerCallbacks signaller_callbacks = {
  .opened = on_opened,
  .message = on_message,
  .refused = on_refused,
  .closed = on_closed,
};

/**
 * gst_ice_channel_new:
 * @uri: where the peer is
 * @context: of the I/O thread
 * @callbacks: static
 * @user_data: for @callbacks
 *
 * Returns: (transfer full): a channel that is stopped
 */
GstIceChannel *
gst_ice_channel_new (const IceSignallingUri *uri, GMainContext *context,
    const GstIceChannelCallbacks *callbacks, gpointer user_data)
{
  GstIceChannel *self = g_new0 (GstIceChannel, 1);

  self->context = g_main_context_ref (context);
  self->callbacks = callbacks;
  self->user_data = user_data;
  self->uri = ice_signalling_uri_copy (uri);
  return self;
}

/**
 * gst_ice_channel_stop:
 * @self: a channel
 *
 * Ends the line, as gst_ice_channel_close(); the channel can be started again,
 * for another peer. What limits warnings goes on. Not from within a callback.
 */
void
gst_ice_channel_stop (GstIceChannel *self)
{
  if (self->bye != NULL)
    g_source_destroy (self->bye);
  g_clear_pointer (&self->bye, g_source_unref);
  g_clear_pointer (&self->signaller, gst_ice_signaller_close);
  self->open = FALSE;
  self->bye_sent = FALSE;
  self->bye_came = FALSE;
}

/**
 * gst_ice_channel_close:
 * @self: (transfer full): a channel
 * @gone: (nullable): called when the messages that were sent, a bye above all,
 *   have gone to the system, or could not in time; perhaps before this function
 *   returns
 * @user_data: for @gone
 *
 * Ends the line and frees @self. No other callback comes after this.
 */
void
gst_ice_channel_close (
    GstIceChannel *self, GDestroyNotify gone, gpointer user_data)
{
  GstIceUpgrade *upgrade = g_steal_pointer (&self->upgrade);

  gst_ice_channel_stop (self);
  ice_signalling_uri_free (self->uri);
  g_main_context_unref (self->context);
  g_free (self);
  if (upgrade != NULL)
    gst_ice_upgrade_close (upgrade, gone, user_data);
  else if (gone != NULL)
    gone (user_data);
}

/**
 * gst_ice_channel_start:
 * @self: a channel that is stopped
 * @error: the reason, where it cannot
 *
 * Returns: whether it listens, or tries to connect
 */
gboolean
gst_ice_channel_start (GstIceChannel *self, GError **error)
{
  if (self->uri->web && self->upgrade == NULL) {
    self->upgrade = gst_ice_upgrade_new (self->uri, self->context, error);
    if (self->upgrade == NULL)
      return FALSE;
  }
  self->signaller = gst_ice_signaller_new (
      self->uri, self->context, &signaller_callbacks, self);
  gst_ice_signaller_set_upgrade (self->signaller, self->upgrade);
  return gst_ice_signaller_start (self->signaller, error);
}

/**
 * gst_ice_channel_send_parameters:
 * @self: a channel
 * @stream: sdpMLineIndex
 * @ufrag: ours
 * @password: ours
 * @role: ours
 * @generation: counts ICE restarts
 *
 * Nothing is sent before the line is open.
 */
void
gst_ice_channel_send_parameters (GstIceChannel *self, guint stream,
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
 * gst_ice_channel_send_candidate:
 * @self: a channel
 * @stream: sdpMLineIndex
 * @ufrag: ours
 * @candidate: ours; "" = end of candidates
 *
 * Nothing is sent before the line is open.
 */
void
gst_ice_channel_send_candidate (GstIceChannel *self, guint stream,
    const gchar *ufrag, const gchar *candidate)
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
 * gst_ice_channel_send_bye:
 * @self: a channel
 *
 * Signals that we send no more media. It is sent once the line is open.
 */
void
gst_ice_channel_send_bye (GstIceChannel *self)
{
  if (self->bye_sent)
    return;
  self->bye_sent = TRUE;
  send (self, &(IceMessage){ .type = ICE_MESSAGE_BYE });
}
