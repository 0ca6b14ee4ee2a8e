/* gst-ice: the answers to our own STUN requests.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stun/gsticestunresponses.h"
#include "stun/icestunresponse.h"

#include <string.h>

/* Answers have about a hundred octets; a longer message is not one. */
#define MAX_SIZE 1500
/* libnice's STUN library looks a little beyond a cut attribute. */
#define SLACK 64
/* The maximum number of answers that are queued for the other thread, so that a
 * flood does not fill the memory. */
#define MAX_PENDING 16

struct _GstIceStunResponses
{
  gatomicrefcount references;
  GMainContext *context;
  guint32 tag;
  GstIceStunResponsesFunc function;
  gpointer user_data;
  GstIceStunResponsesFilter filter; /* nullable; the thread of the context */
  gpointer filter_data;
  GstIceStunRelay relay; /* of the answer that is reported; channel 0: none */
  gint closed;           /* atomic; the thread of the context sets it */
  gint pending;          /* atomic */
};

/* An answer on its way to the thread of the context. */
typedef struct
{
  GstIceStunResponses *answers;
  gint64 at;
  gsize size;
  guint8 data[MAX_SIZE + SLACK];
} Pending;

/**
 * gst_ice_stun_responses_new:
 * @context: the context in whose thread answers are reported
 * @tag: the first word of the transaction ids of our requests
 * @function: is called for each answer
 * @user_data: for @function
 *
 * Returns: (transfer full): waits until gst_ice_stun_responses_close()
 */
GstIceStunResponses *
gst_ice_stun_responses_new (GMainContext *context, guint32 tag,
    GstIceStunResponsesFunc function, gpointer user_data)
{
  GstIceStunResponses *self = g_new0 (GstIceStunResponses, 1);

  g_atomic_ref_count_init (&self->references);
  self->context = g_main_context_ref (context);
  self->tag = tag;
  self->function = function;
  self->user_data = user_data;
  return self;
}

/**
 * gst_ice_stun_responses_ref:
 * @self: answers
 *
 * Any thread.
 *
 * Returns: (transfer full): @self
 */
GstIceStunResponses *
gst_ice_stun_responses_ref (GstIceStunResponses *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

/**
 * gst_ice_stun_responses_unref:
 * @self: (transfer full): answers
 *
 * Any thread.
 */
void
gst_ice_stun_responses_unref (GstIceStunResponses *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_main_context_unref (self->context);
  g_free (self);
}

/**
 * gst_ice_stun_responses_close:
 * @self: answers
 *
 * The thread of the context. Answers are not awaited any more; no function is
 * called after this.
 */
void
gst_ice_stun_responses_close (GstIceStunResponses *self)
{
  g_atomic_int_set (&self->closed, TRUE);
}

/**
 * gst_ice_stun_responses_set_filter:
 * @self: answers
 * @filter: (nullable): is called first for answers that come as a datagram of
 *   their own
 * @user_data: for @filter
 *
 * The thread of the context. For requests to servers, whose transaction ids
 * begin with the same tag.
 */
void
gst_ice_stun_responses_set_filter (GstIceStunResponses *self,
    GstIceStunResponsesFilter filter, gpointer user_data)
{
  self->filter = filter;
  self->filter_data = user_data;
}

/**
 * gst_ice_stun_responses_get_tag:
 * @self: answers
 *
 * Returns: the first word of the transaction ids of our requests
 */
guint32
gst_ice_stun_responses_get_tag (const GstIceStunResponses *self)
{
  return self->tag;
}

/**
 * gst_ice_stun_responses_get_relay:
 * @self: answers
 *
 * To be called by the function of gst_ice_stun_responses_new().
 *
 * Returns: (transfer none) (nullable): how the answer came that is reported;
 *   %NULL if not in the ChannelData of a datagram. The server is whoever has
 *   sent the datagram
 */
const GstIceStunRelay *
gst_ice_stun_responses_get_relay (const GstIceStunResponses *self)
{
  return self->relay.channel != 0 ? &self->relay : NULL;
}

/* The function may close the answers and drop its reference. */
static void
deliver_relayed (GstIceStunResponses *self, const GstIceStunRelay *relay,
    const IceStunResponse *answer, gint64 at)
{
  gst_ice_stun_responses_ref (self);
  self->relay = *relay;
  self->function (NULL, answer->data, answer->size, at, self->user_data);
  self->relay = (GstIceStunRelay){ 0 };
  gst_ice_stun_responses_unref (self);
}

static void
deliver_now (GstIceStunResponses *self, gpointer taker, GSocketAddress *from,
    const IceStunResponse *answer)
{
  gint64 at = g_get_monotonic_time ();

  if (answer->channel != 0) {
    const GstIceStunRelay relay = { taker, from, answer->channel };

    deliver_relayed (self, &relay, answer, at);
    return;
  }
  if (self->filter == NULL
      || !self->filter (
          from, answer->data, answer->size, at, self->filter_data))
    self->function (from, answer->data, answer->size, at, self->user_data);
}

static void
pending_free (gpointer data)
{
  Pending *pending = data;

  g_atomic_int_dec_and_test (&pending->answers->pending);
  gst_ice_stun_responses_unref (pending->answers);
  g_free (pending);
}

static gboolean
deliver_pending (gpointer data)
{
  Pending *pending = data;
  GstIceStunResponses *self = pending->answers;

  if (!g_atomic_int_get (&self->closed))
    self->function (
        NULL, pending->data, pending->size, pending->at, self->user_data);
  return G_SOURCE_REMOVE;
}

/* An answer that is too long or exceeds the limit is dropped: the next request
 * replaces it. */
static void
post (GstIceStunResponses *self, const IceStunResponse *answer)
{
  g_autoptr (GSource) source = NULL;
  Pending *pending;

  if (answer->size > MAX_SIZE)
    return;
  if (g_atomic_int_add (&self->pending, 1) >= MAX_PENDING) {
    g_atomic_int_dec_and_test (&self->pending);
    return;
  }
  pending = g_new0 (Pending, 1);
  pending->answers = gst_ice_stun_responses_ref (self);
  pending->at = g_get_monotonic_time ();
  pending->size = answer->size;
  memcpy (pending->data, answer->data, answer->size);
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, deliver_pending, pending, pending_free);
  g_source_attach (source, self->context);
}

/**
 * gst_ice_stun_responses_take:
 * @self: answers
 * @taker: (nullable): who has read it, for gst_ice_stun_responses_get_relay()
 * @from: (nullable): its sender, in the thread of the context; %NULL: a stream
 * @data: (array length=size): a message on its way to the library; as it came
 *   from @from some octets more can be read
 * @size: its length, bytes
 *
 * Any thread, with @from that of the context.
 *
 * Returns: whether it is an answer to our own requests; do not pass it to the
 *   library then
 */
gboolean
gst_ice_stun_responses_take (GstIceStunResponses *self, gpointer taker,
    GSocketAddress *from, const guint8 *data, gsize size)
{
  IceStunResponse answer;

  if (g_atomic_int_get (&self->closed)
      || !ice_stun_response_find (&answer, data, size, self->tag))
    return FALSE;
  if (from == NULL)
    post (self, &answer);
  else
    deliver_now (self, taker, from, &answer);
  return TRUE;
}
