/* gst-ice: the answers to our own STUN requests.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticeanswers.h"
#include "iceanswer.h"

#include <string.h>

/* Answers are a hundred octets; what is longer is none of ours. */
#define MAX_SIZE 1500
/* libnice's STUN library looks a little beyond a cut attribute. */
#define SLACK 64
/* On their way to the other thread at once: who floods us fills no memory. */
#define MAX_PENDING 16

struct _GstIceAnswers
{
  gatomicrefcount references;
  GMainContext *context;
  guint32 tag;
  GstIceAnswersFunc function;
  gpointer user_data;
  gint closed;  /* atomic; the thread of the context sets it */
  gint pending; /* atomic */
};

/* One on its way to the thread of the context. */
typedef struct
{
  GstIceAnswers *answers;
  gint64 at;
  gsize size;
  guint8 data[MAX_SIZE + SLACK];
} Letter;

/**
 * gst_ice_answers_new:
 * @context: in whose thread answers are told
 * @tag: the first word of the transaction ids of our requests
 * @function: is told
 * @user_data: for @function
 *
 * Returns: (transfer full): waits until gst_ice_answers_close()
 */
GstIceAnswers *
gst_ice_answers_new (GMainContext *context, guint32 tag,
    GstIceAnswersFunc function, gpointer user_data)
{
  GstIceAnswers *self = g_new0 (GstIceAnswers, 1);

  g_atomic_ref_count_init (&self->references);
  self->context = g_main_context_ref (context);
  self->tag = tag;
  self->function = function;
  self->user_data = user_data;
  return self;
}

/**
 * gst_ice_answers_ref:
 * @self: answers
 *
 * Any thread.
 *
 * Returns: (transfer full): @self
 */
GstIceAnswers *
gst_ice_answers_ref (GstIceAnswers *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

/**
 * gst_ice_answers_unref:
 * @self: (transfer full): answers
 *
 * Any thread.
 */
void
gst_ice_answers_unref (GstIceAnswers *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_main_context_unref (self->context);
  g_free (self);
}

/**
 * gst_ice_answers_close:
 * @self: answers
 *
 * The thread of the context. Nobody waits any more; nothing is told after this.
 */
void
gst_ice_answers_close (GstIceAnswers *self)
{
  g_atomic_int_set (&self->closed, TRUE);
}

/**
 * gst_ice_answers_get_tag:
 * @self: answers
 *
 * Returns: the first word of the transaction ids of our requests
 */
guint32
gst_ice_answers_get_tag (const GstIceAnswers *self)
{
  return self->tag;
}

static void
letter_free (gpointer data)
{
  Letter *letter = data;

  g_atomic_int_dec_and_test (&letter->answers->pending);
  gst_ice_answers_unref (letter->answers);
  g_free (letter);
}

static gboolean
tell (gpointer data)
{
  Letter *letter = data;
  GstIceAnswers *self = letter->answers;

  if (!g_atomic_int_get (&self->closed))
    self->function (
        NULL, letter->data, letter->size, letter->at, self->user_data);
  return G_SOURCE_REMOVE;
}

/* One that is too many, or too long, is dropped: the next request will do. */
static void
post (GstIceAnswers *self, const IceAnswer *answer)
{
  g_autoptr (GSource) source = NULL;
  Letter *letter;

  if (answer->size > MAX_SIZE)
    return;
  if (g_atomic_int_add (&self->pending, 1) >= MAX_PENDING) {
    g_atomic_int_dec_and_test (&self->pending);
    return;
  }
  letter = g_new0 (Letter, 1);
  letter->answers = gst_ice_answers_ref (self);
  letter->at = g_get_monotonic_time ();
  letter->size = answer->size;
  memcpy (letter->data, answer->data, answer->size);
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, tell, letter, letter_free);
  g_source_attach (source, self->context);
}

/**
 * gst_ice_answers_take:
 * @self: answers
 * @from: (nullable): who sent it, in the thread of the context; %NULL: a stream
 * @data: (array length=size): a message on its way to the library; as it came
 *   from @from some octets more can be read
 * @size: its length, bytes
 *
 * Any thread, with @from that of the context.
 *
 * Returns: whether it is an answer that somebody waits for; the library is not
 *   to have it then
 */
gboolean
gst_ice_answers_take (
    GstIceAnswers *self, GSocketAddress *from, const guint8 *data, gsize size)
{
  IceAnswer answer;

  if (g_atomic_int_get (&self->closed)
      || !ice_answer_find (&answer, data, size, self->tag))
    return FALSE;
  if (from == NULL)
    post (self, &answer);
  else
    self->function (answer.relayed ? NULL : from, answer.data, answer.size,
        g_get_monotonic_time (), self->user_data);
  return TRUE;
}
