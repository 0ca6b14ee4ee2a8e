/* gst-ice: filters on libnice's UDP sockets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gsticenicefilter.h"

#ifdef __linux__

#include <linux/filter.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* RFC 791 section 3.1, RFC 8200 section 3: where a source address is */
#define IPV4_SOURCE 12
#define IPV6_SOURCE 8
#define IPV6_WORDS 4
/* RFC 768: a filter sees UDP's header first */
#define UDP_SOURCE 0
#define UDP_HEADER_SIZE 8
/* RFC 8489 section 5 */
#define STUN_HEADER_SIZE 20
#define STUN_TYPE (UDP_HEADER_SIZE + 0)
#define STUN_COOKIE (UDP_HEADER_SIZE + 4)
#define STUN_COOKIE_VALUE 0x2112A442
#define STUN_BINDING_REQUEST 0x0001
#define STUN_BINDING_ERROR 0x0111
/* sections 14 and 14.8: an attribute's type, its length, a multiple of four
 * octets; of ERROR-CODE the class, three bits, and the number */
#define STUN_ATTRIBUTE_VALUE 4
#define STUN_ATTRIBUTE_LENGTH 2
#define STUN_ATTRIBUTE_ALIGNED 0x1FFFC
#define STUN_ERROR_CODE_MASK 0x7FF
#define STUN_ERROR_CODE_TYPE 0x0009
#define STUN_ERROR_CODE(class, number) ((class) << 8 | (number))

/* An error's code comes first, or after SOFTWARE. */
#define MAX_ATTRIBUTES 4

#define ALL 0xFFFFFFFF
#define MAX_STEPS 256

/* Where a test leads; all but NEXT are placed later. */
typedef enum
{
  NEXT,
  OTHER_SOURCE,
  OTHER_PEER,
  NO_REQUEST,
  CODE,
  PASS,
  DROP,
  N_LABELS
} Label;

typedef struct
{
  struct sock_filter steps[MAX_STEPS];
  Label yes[MAX_STEPS], no[MAX_STEPS];
  guint n;
  guint at[N_LABELS];
} Program;

static void
add (Program *program, guint16 what, guint32 value)
{
  g_assert (program->n < MAX_STEPS);
  program->steps[program->n].code = what;
  program->steps[program->n].k = value;
  program->n++;
}

static void
test (Program *program, guint16 what, guint32 value, Label yes, Label no)
{
  program->yes[program->n] = yes;
  program->no[program->n] = no;
  add (program, BPF_JMP | BPF_K | what, value);
}

static void
place (Program *program, Label label)
{
  program->at[label] = program->n;
}

static guint8
distance (const Program *program, guint from, Label label)
{
  return label == NEXT ? 0 : program->at[label] - from - 1;
}

static void
link_labels (Program *program)
{
  guint i;

  for (i = 0; i < program->n; i++) {
    if (BPF_CLASS (program->steps[i].code) != BPF_JMP)
      continue;
    program->steps[i].jt = distance (program, i, program->yes[i]);
    program->steps[i].jf = distance (program, i, program->no[i]);
  }
}

static void
match_words (Program *program, guint32 offset, const void *address, guint n,
    Label otherwise)
{
  guint i;

  for (i = 0; i < n; i++) {
    guint32 word;

    memcpy (&word, (const guint8 *) address + 4 * i, sizeof (word));
    add (program, BPF_LD | BPF_W | BPF_ABS,
        (guint32) SKF_NET_OFF + offset + 4 * i);
    test (program, BPF_JEQ, GUINT32_FROM_BE (word), NEXT, otherwise);
  }
}

static void
match_source (Program *program, const NiceAddress *address, Label otherwise)
{
  union
  {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } source;

  nice_address_copy_to_sockaddr (address, &source.any);
  add (program, BPF_LD | BPF_H | BPF_ABS, UDP_SOURCE);
  test (program, BPF_JEQ, nice_address_get_port (address), NEXT, otherwise);
  if (source.any.sa_family == AF_INET)
    match_words (program, IPV4_SOURCE, &source.v4.sin_addr, 1, otherwise);
  else
    match_words (
        program, IPV6_SOURCE, &source.v6.sin6_addr, IPV6_WORDS, otherwise);
}

/* What libnice believes without MESSAGE-INTEGRITY: stun_agent_validate(). */
static void
drop_codes (Program *program)
{
  static const guint32 codes[] = { STUN_ERROR_CODE (3, 0),
    STUN_ERROR_CODE (4, 0), STUN_ERROR_CODE (4, 1), STUN_ERROR_CODE (4, 38) };
  guint i;

  add (program, BPF_LD | BPF_H | BPF_IND,
      STUN_ATTRIBUTE_VALUE + sizeof (guint16));
  add (program, BPF_ALU | BPF_AND | BPF_K, STUN_ERROR_CODE_MASK);
  for (i = 0; i < G_N_ELEMENTS (codes); i++)
    test (program, BPF_JEQ, codes[i], DROP, NEXT);
}

/* Continues at CODE with the index at ERROR-CODE. A load beyond the end drops.
 */
static void
find_code (Program *program)
{
  guint i;

  add (program, BPF_LDX | BPF_IMM, UDP_HEADER_SIZE + STUN_HEADER_SIZE);
  for (i = 0; i < MAX_ATTRIBUTES; i++) {
    add (program, BPF_LD | BPF_H | BPF_IND, 0);
    test (program, BPF_JEQ, STUN_ERROR_CODE_TYPE, CODE, NEXT);
    add (program, BPF_LD | BPF_H | BPF_IND, STUN_ATTRIBUTE_LENGTH);
    add (program, BPF_ALU | BPF_ADD | BPF_K, 3);
    add (program, BPF_ALU | BPF_AND | BPF_K, STUN_ATTRIBUTE_ALIGNED);
    add (program, BPF_ALU | BPF_ADD | BPF_K, STUN_ATTRIBUTE_VALUE);
    add (program, BPF_ALU | BPF_ADD | BPF_X, 0);
    add (program, BPF_MISC | BPF_TAX, 0);
  }
  add (program, BPF_RET | BPF_K, 0);
}

static void
match_stun (Program *program, guint32 type, Label otherwise)
{
  add (program, BPF_LD | BPF_W | BPF_LEN, 0);
  test (program, BPF_JGE, UDP_HEADER_SIZE + STUN_HEADER_SIZE, NEXT, otherwise);
  add (program, BPF_LD | BPF_H | BPF_ABS, STUN_TYPE);
  test (program, BPF_JEQ, type, NEXT, otherwise);
  add (program, BPF_LD | BPF_W | BPF_ABS, STUN_COOKIE);
  test (program, BPF_JEQ, STUN_COOKIE_VALUE, NEXT, otherwise);
}

/* No jump is longer than 255 steps: nothing comes after those of the ports. */
static void
drop_requests (Program *program, const NiceAddress *peer, const guint16 *ports,
    guint n_ports)
{
  guint i;

  match_stun (program, STUN_BINDING_REQUEST, NO_REQUEST);
  if (peer != NULL) {
    match_source (program, peer, OTHER_PEER);
    add (program, BPF_RET | BPF_K, ALL);
    place (program, OTHER_PEER);
  }
  add (program, BPF_LD | BPF_H | BPF_ABS, UDP_SOURCE);
  for (i = 0; i < n_ports; i++)
    test (program, BPF_JEQ, ports[i], PASS, NEXT);
  add (program, BPF_RET | BPF_K, 0);
  place (program, NO_REQUEST);
}

static void
drop_forged_errors (Program *program, const NiceAddress *server)
{
  match_stun (program, STUN_BINDING_ERROR, PASS);
  if (server != NULL) {
    match_source (program, server, OTHER_SOURCE);
    add (program, BPF_RET | BPF_K, ALL);
    place (program, OTHER_SOURCE);
  }
  find_code (program);
  place (program, CODE);
  drop_codes (program);
}

static void
attach (GSocket *socket, Program *program)
{
  struct sock_fprog attached = { 0, program->steps };

  place (program, PASS);
  add (program, BPF_RET | BPF_K, ALL);
  place (program, DROP);
  add (program, BPF_RET | BPF_K, 0);
  link_labels (program);
  attached.len = program->n;
  /* where that is not allowed everything passes, as without us */
  setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_ATTACH_FILTER, &attached,
      sizeof (attached));
}

static gboolean
can_come_from (GSocket *socket, const NiceAddress *address)
{
  return g_socket_get_family (socket)
      == (nice_address_ip_version (address) == 4 ? G_SOCKET_FAMILY_IPV4
                                                 : G_SOCKET_FAMILY_IPV6);
}

/**
 * gst_ice_nice_filter_guard:
 * @socket: a UDP socket of libnice's
 * @server: (nullable): a STUN server, whose errors are believed
 *
 * Drops those errors, as all of these do. Any thread; never blocks.
 */
void
gst_ice_nice_filter_guard (GSocket *socket, const NiceAddress *server)
{
  Program program = { 0 };

  if (server != NULL && !can_come_from (socket, server))
    server = NULL;
  drop_forged_errors (&program, server);
  attach (socket, &program);
}

/**
 * gst_ice_nice_filter_restrict:
 * @socket: a UDP socket of libnice's
 * @server: (nullable): a STUN server, whose errors are believed
 * @peer: (nullable): an address
 * @ports: (array length=n_ports): ports
 * @n_ports: how many, %GST_ICE_NICE_FILTER_PORTS at most
 *
 * As gst_ice_nice_filter_guard(), and also drops Binding requests which come
 * neither from @peer nor from one of @ports, whatever the host.
 */
void
gst_ice_nice_filter_restrict (GSocket *socket, const NiceAddress *server,
    const NiceAddress *peer, const guint16 *ports, guint n_ports)
{
  Program program = { 0 };

  g_return_if_fail (n_ports <= GST_ICE_NICE_FILTER_PORTS);
  if (server != NULL && !can_come_from (socket, server))
    server = NULL;
  if (peer != NULL && !can_come_from (socket, peer))
    peer = NULL;
  drop_requests (&program, peer, ports, n_ports);
  drop_forged_errors (&program, server);
  attach (socket, &program);
}

/**
 * gst_ice_nice_filter_spare:
 * @socket: a UDP socket of libnice's
 * @peer: an address
 *
 * Drops what comes from elsewhere.
 */
void
gst_ice_nice_filter_spare (GSocket *socket, const NiceAddress *peer)
{
  Program program = { 0 };

  if (!can_come_from (socket, peer)) {
    gst_ice_nice_filter_shut (socket);
    return;
  }
  match_source (&program, peer, DROP);
  drop_forged_errors (&program, NULL);
  attach (socket, &program);
}

/**
 * gst_ice_nice_filter_shut:
 * @socket: a UDP socket of libnice's
 *
 * Drops everything.
 */
void
gst_ice_nice_filter_shut (GSocket *socket)
{
  Program program = { 0 };

  add (&program, BPF_RET | BPF_K, 0);
  attach (socket, &program);
}

/**
 * gst_ice_nice_filter_remove:
 * @socket: a UDP socket of libnice's
 *
 * Drops nothing.
 */
void
gst_ice_nice_filter_remove (GSocket *socket)
{
  const gint unused = 0;

  setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_DETACH_FILTER, &unused,
      sizeof (unused));
}

#else

void
gst_ice_nice_filter_restrict (GSocket *socket, const NiceAddress *server,
    const NiceAddress *peer, const guint16 *ports, guint n_ports)
{
}

void
gst_ice_nice_filter_guard (GSocket *socket, const NiceAddress *server)
{
}

void
gst_ice_nice_filter_spare (GSocket *socket, const NiceAddress *peer)
{
}

void
gst_ice_nice_filter_shut (GSocket *socket)
{
}

void
gst_ice_nice_filter_remove (GSocket *socket)
{
}

#endif
