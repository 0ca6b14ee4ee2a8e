/* gst-ice: applies elements' options to the sockets of a session's transports.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticesessionsockets.h"

typedef struct
{
  GstIceTransport *transport;
  GstIceDirection direction;
  gboolean used;
  GstIceSocketOptions options;
} SocketTask;

static void
socket_task_free (gpointer data)
{
  SocketTask *task = data;

  gst_object_unref (task->transport);
  g_free (task);
}

static void
do_set_socket_options (GstIceSession *self, gpointer data)
{
  SocketTask *task = data;

  if (!gst_ice_session_is_closed (self))
    gst_ice_transport_set_socket_options (
        task->transport, task->direction, task->used ? &task->options : NULL);
}

/* Under the lock. Keeps options until the session gathers; the last ones for
 * each direction of a transport count. */
static void
wait (GstIceSession *self, SocketTask *task)
{
  guint i;

  if (self->waiting == NULL)
    self->waiting = g_ptr_array_new_with_free_func (socket_task_free);
  for (i = 0; i < self->waiting->len; i++) {
    const SocketTask *other = g_ptr_array_index (self->waiting, i);

    if (other->transport == task->transport
        && other->direction == task->direction) {
      g_ptr_array_remove_index (self->waiting, i);
      break;
    }
  }
  g_ptr_array_add (self->waiting, task);
}

/**
 * gst_ice_session_set_socket_options:
 * @self: a session
 * @transport: one of its transports
 * @direction: receive or send
 * @options: (nullable): the options; %NULL: no element uses that direction any
 *   more
 *
 * Any thread.
 */
void
gst_ice_session_set_socket_options (GstIceSession *self,
    GstIceTransport *transport, GstIceDirection direction,
    const GstIceSocketOptions *options)
{
  SocketTask *task = g_new0 (SocketTask, 1);
  gboolean early;

  task->transport = gst_object_ref (transport);
  task->direction = direction;
  task->used = options != NULL;
  if (options != NULL)
    task->options = *options;
  g_mutex_lock (&self->lock);
  early = self->io == NULL;
  if (early)
    wait (self, task);
  g_mutex_unlock (&self->lock);
  if (!early)
    gst_ice_session_queue (self, do_set_socket_options, task, socket_task_free);
}

/**
 * gst_ice_session_set_waiting_options:
 * @self: a session
 *
 * I/O thread. Applies the options that were set before there was an I/O thread.
 */
void
gst_ice_session_set_waiting_options (GstIceSession *self)
{
  g_autoptr (GPtrArray) waiting = NULL;
  guint i;

  g_mutex_lock (&self->lock);
  waiting = g_steal_pointer (&self->waiting);
  g_mutex_unlock (&self->lock);
  for (i = 0; waiting != NULL && i < waiting->len; i++)
    do_set_socket_options (self, g_ptr_array_index (waiting, i));
}
