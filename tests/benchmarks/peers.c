/* gst-ice: benchmarks: the peers of a forwarder, which drop what they get.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each peer is a plain UDP socket. A filter in the kernel drops everything but
 * STUN, so media wakes nobody and costs the same for all kinds; the kernel
 * counts it. A thread answers the checks, as an ICE lite agent (RFC 8445
 * section 2.5) does. */

#include "peers.h"
#include "measure.h"
#include "path.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <string.h>
#include <stun/stunagent.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_STUN 1500
#define UDP_HEADER 8
#define FIRST_NOT_STUN 4 /* RFC 7983: STUN begins with an octet of 0 to 3 */

struct _BenchPeers
{
  guint n;
  struct pollfd *polls; /* the sockets; then the end of a pipe */
  guint16 *ports;
  gint end; /* of that pipe; closed: the thread ends */
  GThread *thread;
  StunAgent stun;
};

static void
drop_media (gint fd)
{
  struct sock_filter program[] = {
    BPF_STMT (BPF_LD | BPF_B | BPF_ABS, UDP_HEADER),
    BPF_JUMP (BPF_JMP | BPF_JGE | BPF_K, FIRST_NOT_STUN, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, 0),
    BPF_STMT (BPF_RET | BPF_K, G_MAXUINT16),
  };
  const struct sock_fprog filter = { G_N_ELEMENTS (program), program };

  if (setsockopt (fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof (filter))
      < 0)
    bench_fail ("no filter on a peer's socket: %s", g_strerror (errno));
}

static gint
make_socket (guint16 *port)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t size = sizeof (address);
  gint fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0 || bind (fd, (struct sockaddr *) &address, size) < 0
      || getsockname (fd, (struct sockaddr *) &address, &size) < 0)
    bench_fail ("no socket for a peer: %s", g_strerror (errno));
  drop_media (fd);
  *port = ntohs (address.sin_port);
  return fd;
}

static bool
find_password (StunAgent *agent, StunMessage *message, uint8_t *username,
    uint16_t username_len, uint8_t **password, size_t *password_len,
    void *unused)
{
  *password = (uint8_t *) BENCH_PEER_PWD;
  *password_len = strlen (BENCH_PEER_PWD);
  return true;
}

static void
answer (BenchPeers *self, gint fd)
{
  guint8 bytes[MAX_STUN], reply[MAX_STUN];
  struct sockaddr_storage from;
  socklen_t from_size = sizeof (from);
  StunMessage request, response;
  ssize_t n = recvfrom (
      fd, bytes, sizeof (bytes), 0, (struct sockaddr *) &from, &from_size);
  size_t length;

  if (n <= 0
      || stun_agent_validate (
             &self->stun, &request, bytes, (size_t) n, find_password, NULL)
          != STUN_VALIDATION_SUCCESS
      || stun_message_get_class (&request) != STUN_REQUEST
      || !stun_agent_init_response (
          &self->stun, &response, reply, sizeof (reply), &request)
      || stun_message_append_xor_addr (
             &response, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &from, from_size)
          != STUN_MESSAGE_RETURN_SUCCESS)
    return;
  length = stun_agent_finish_message (&self->stun, &response,
      (const uint8_t *) BENCH_PEER_PWD, strlen (BENCH_PEER_PWD));
  if (length > 0
      && sendto (fd, reply, length, 0, (struct sockaddr *) &from, from_size)
          < 0)
    g_printerr ("bench: a peer's answer is lost: %s\n", g_strerror (errno));
}

static gpointer
answer_all (gpointer data)
{
  BenchPeers *self = data;
  guint i;

  while (self->polls[self->n].revents == 0) {
    poll (self->polls, self->n + 1, -1);
    for (i = 0; i < self->n; i++)
      if (self->polls[i].revents != 0)
        answer (self, self->polls[i].fd);
  }
  return NULL;
}

/**
 * bench_peers_new:
 * @n: how many
 *
 * Returns: (transfer full): peers that answer
 */
BenchPeers *
bench_peers_new (guint n)
{
  static const guint16 known[] = { STUN_ATTRIBUTE_USERNAME,
    STUN_ATTRIBUTE_MESSAGE_INTEGRITY, STUN_ATTRIBUTE_FINGERPRINT,
    STUN_ATTRIBUTE_PRIORITY, STUN_ATTRIBUTE_USE_CANDIDATE,
    STUN_ATTRIBUTE_ICE_CONTROLLED, STUN_ATTRIBUTE_ICE_CONTROLLING, 0 };
  BenchPeers *self = g_new0 (BenchPeers, 1);
  gint ends[2];
  guint i;

  bench_allow_descriptors ();
  self->n = n;
  self->ports = g_new (guint16, n);
  self->polls = g_new0 (struct pollfd, n + 1);
  for (i = 0; i < n; i++) {
    self->polls[i].fd = make_socket (&self->ports[i]);
    self->polls[i].events = POLLIN;
  }
  if (pipe (ends) < 0)
    bench_fail ("no pipe: %s", g_strerror (errno));
  self->polls[n].fd = ends[0];
  self->end = ends[1];
  stun_agent_init (&self->stun, known, STUN_COMPATIBILITY_RFC5389,
      STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS
          | STUN_AGENT_USAGE_USE_FINGERPRINT);
  self->thread = g_thread_new ("peers", answer_all, self);
  return self;
}

/**
 * bench_peers_free:
 * @self: (transfer full): peers
 */
void
bench_peers_free (BenchPeers *self)
{
  guint i;

  close (self->end);
  g_thread_join (self->thread);
  for (i = 0; i <= self->n; i++)
    close (self->polls[i].fd);
  g_free (self->polls);
  g_free (self->ports);
  g_free (self);
}

/**
 * bench_peers_get_ports:
 * @self: peers
 *
 * Returns: (transfer none): the port of each, on 127.0.0.1
 */
const guint16 *
bench_peers_get_ports (BenchPeers *self)
{
  return self->ports;
}

/**
 * bench_peers_count:
 * @self: peers
 *
 * Returns: how many datagrams came that are not STUN, to all of them
 */
guint64
bench_peers_count (BenchPeers *self)
{
  guint64 sum = 0;
  guint i;

  for (i = 0; i < self->n; i++) {
    guint32 info[SK_MEMINFO_DROPS + 1] = { 0 };
    socklen_t size = sizeof (info);

    if (getsockopt (self->polls[i].fd, SOL_SOCKET, SO_MEMINFO, info, &size) < 0)
      bench_fail ("a peer's drops can't be read: %s", g_strerror (errno));
    sum += info[SK_MEMINFO_DROPS];
  }
  return sum;
}
