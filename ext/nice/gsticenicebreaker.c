/* gst-ice: what libnice has to handle at once, bounded.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticenicebreaker.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#ifdef __linux__
#include <linux/filter.h>
#endif

GST_DEBUG_CATEGORY_STATIC (gst_ice_nice_breaker_debug);
#define GST_CAT_DEFAULT gst_ice_nice_breaker_debug

/* A warning for each flood, not for each time that it is interrupted. */
#define QUIET (10 * G_TIME_SPAN_SECOND)

struct _GstIceNiceBreaker
{
  GstIceTransport *transport; /* not referenced: it owns us */
  GSource *turn;
  GPtrArray *sockets; /* of GSocket */
  struct sockaddr_storage peer;
  guint handled; /* in this turn */
  gboolean open; /* whether the kernel drops */
  gint64 last;   /* when it did, last */
};

typedef struct
{
  GSource source;
  GstIceNiceBreaker *breaker;
} Turn;

#ifdef __linux__

/* RFC 791 section 3.1, RFC 8200 section 3: where a source address is */
#define IPV4_SOURCE 12
#define IPV6_SOURCE 8
#define IPV6_WORDS 4

#define ALL 0xFFFFFFFF
#define MAX_STEPS (2 * IPV6_WORDS + 4)

typedef struct
{
  struct sock_filter steps[MAX_STEPS];
  guint n;
} Program;

static void
step (Program *program, struct sock_filter what)
{
  program->steps[program->n++] = what;
}

/* The next load and what it must give, else the datagram is dropped. */
static void
demand (Program *program, struct sock_filter load, guint32 value)
{
  step (program, load);
  /* 0: the distance to the end, known when there is one */
  step (program,
      (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, value, 0, 0));
}

static void
demand_words (Program *program, guint32 offset, const void *address, guint n)
{
  guint i;

  for (i = 0; i < n; i++) {
    guint32 word;

    memcpy (&word, (const guint8 *) address + 4 * i, sizeof (word));
    demand (program,
        (struct sock_filter) BPF_STMT (
            BPF_LD | BPF_W | BPF_ABS, (guint32) SKF_NET_OFF + offset + 4 * i),
        GUINT32_FROM_BE (word));
  }
}

/* Passes what comes from `peer`, nothing when its family is none. */
static void
compile (Program *program, const struct sockaddr_storage *peer)
{
  const struct sockaddr_in *v4 = (const struct sockaddr_in *) peer;
  const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *) peer;
  const struct sock_filter port = BPF_STMT (BPF_LD | BPF_H | BPF_ABS, 0);
  guint i;

  program->n = 0;
  if (peer->ss_family == AF_INET) {
    demand (program, port, g_ntohs (v4->sin_port));
    demand_words (program, IPV4_SOURCE, &v4->sin_addr, 1);
  } else if (peer->ss_family == AF_INET6) {
    demand (program, port, g_ntohs (v6->sin6_port));
    demand_words (program, IPV6_SOURCE, &v6->sin6_addr, IPV6_WORDS);
  }
  if (program->n > 0)
    step (program, (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, ALL));
  step (program, (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, 0));
  for (i = 0; i < program->n; i++)
    if (BPF_CLASS (program->steps[i].code) == BPF_JMP)
      program->steps[i].jf = program->n - 1 - i - 1;
}

static void
drop (GstIceNiceBreaker *self, const struct sockaddr_storage *but)
{
  Program program;
  struct sock_fprog attached = { 0, program.steps };
  guint i;

  compile (&program, but);
  attached.len = program.n;
  for (i = 0; i < self->sockets->len; i++)
    setsockopt (g_socket_get_fd (g_ptr_array_index (self->sockets, i)),
        SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof (attached));
}

static void
pass (GstIceNiceBreaker *self)
{
  const gint unused = 0;
  guint i;

  for (i = 0; i < self->sockets->len; i++)
    setsockopt (g_socket_get_fd (g_ptr_array_index (self->sockets, i)),
        SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof (unused));
}

#else

static void
drop (GstIceNiceBreaker *self, const struct sockaddr_storage *but)
{
}

static void
pass (GstIceNiceBreaker *self)
{
}

#endif

/* The I/O thread asks this before each turn. */
static gboolean
turn_prepare (GSource *source, gint *timeout)
{
  ((Turn *) source)->breaker->handled = 0;
  *timeout = -1;
  return FALSE;
}

static gboolean
turn_dispatch (GSource *source, GSourceFunc function, gpointer data)
{
  GstIceNiceBreaker *self = ((Turn *) source)->breaker;
  gint64 now = g_get_monotonic_time ();

  if (now - self->last >= QUIET)
    GST_WARNING_OBJECT (self->transport,
        "more STUN messages come than can be handled; most are dropped");
  self->last = now;
  g_source_set_ready_time (source, -1);
  self->open = FALSE;
  pass (self);
  return G_SOURCE_CONTINUE;
}

static const struct sockaddr_storage nobody; /* of no family */

static GSourceFuncs turn_functions = { .prepare = turn_prepare,
  .dispatch = turn_dispatch };

/**
 * gst_ice_nice_breaker_new:
 * @transport: (transfer none) (nullable): whose sockets, for the log
 * @context: of the I/O thread
 *
 * The I/O thread, as all that follows.
 *
 * Returns: (transfer full): a breaker without sockets
 */
GstIceNiceBreaker *
gst_ice_nice_breaker_new (GstIceTransport *transport, GMainContext *context)
{
  GstIceNiceBreaker *self = g_new0 (GstIceNiceBreaker, 1);

  GST_DEBUG_CATEGORY_INIT (
      gst_ice_nice_breaker_debug, "icebreaker", 0, "Floods of STUN");
  self->transport = transport;
  self->sockets = g_ptr_array_new_with_free_func (g_object_unref);
  self->last = -QUIET;
  self->turn = g_source_new (&turn_functions, sizeof (Turn));
  ((Turn *) self->turn)->breaker = self;
  /* the preparation of sources is cut short by one of a higher priority */
  g_source_set_priority (self->turn, G_PRIORITY_HIGH);
  g_source_attach (self->turn, context);
  return self;
}

/**
 * gst_ice_nice_breaker_free:
 * @self: (transfer full): a breaker
 *
 * Its sockets get everything again.
 */
void
gst_ice_nice_breaker_free (GstIceNiceBreaker *self)
{
  if (self->open)
    pass (self);
  g_source_destroy (self->turn);
  g_source_unref (self->turn);
  g_ptr_array_unref (self->sockets);
  g_free (self);
}

/**
 * gst_ice_nice_breaker_add_socket:
 * @self: a breaker
 * @socket: one of libnice's; only UDP is guarded
 */
void
gst_ice_nice_breaker_add_socket (GstIceNiceBreaker *self, GSocket *socket)
{
  if (g_socket_get_socket_type (socket) == G_SOCKET_TYPE_DATAGRAM)
    g_ptr_array_add (self->sockets, g_object_ref (socket));
}

/**
 * gst_ice_nice_breaker_set_peer:
 * @self: a breaker
 * @peer: the remote address of the pair that was selected
 */
void
gst_ice_nice_breaker_set_peer (GstIceNiceBreaker *self, const NiceAddress *peer)
{
  nice_address_copy_to_sockaddr (peer, (struct sockaddr *) &self->peer);
}

/**
 * gst_ice_nice_breaker_count:
 * @self: a breaker
 *
 * libnice handles one more STUN message. Calls nothing of libnice's: its lock
 * is held.
 */
void
gst_ice_nice_breaker_count (GstIceNiceBreaker *self)
{
  self->handled++;
  if (self->handled == GST_ICE_NICE_BREAKER_LIMIT)
    drop (self, &nobody);
  if (self->handled != GST_ICE_NICE_BREAKER_BUDGET)
    return;
  drop (self, &self->peer);
  self->open = TRUE;
  g_source_set_ready_time (
      self->turn, g_get_monotonic_time () + GST_ICE_NICE_BREAKER_PAUSE);
}

/**
 * gst_ice_nice_breaker_shut:
 * @self: a breaker, free it next
 *
 * From now on its sockets get nothing, for good: before they are closed, which
 * a flood could delay.
 */
void
gst_ice_nice_breaker_shut (GstIceNiceBreaker *self)
{
  drop (self, &nobody);
  self->open = FALSE;
}
