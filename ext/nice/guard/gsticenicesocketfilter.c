/* gst-ice: filters on libnice's UDP sockets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "guard/gsticenicesocketfilter.h"
#include "guard/gsticeniceindicationfilter.h"
#include "stun/iceturnanswer.h"

#ifdef __linux__

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* RFC 791 section 3.1, RFC 8200 section 3: offsets of the source address */
#define IPV4_SOURCE 12
#define IPV6_SOURCE 8
/* RFC 768: a filter's data begins with the UDP header */
#define UDP_SOURCE 0
/* RFC 8489 section 14.8: of ERROR-CODE the class, three bits, and the number */
#define STUN_ERROR_CODE_MASK 0x7FF
#define STUN_ERROR_CODE(class, number) ((class) << 8 | (number))
/* RFC 8445 section 7.3.1.1 */
#define STUN_ROLE_CONFLICT STUN_ERROR_CODE (4, 87)

/* An error's code comes first, or after SOFTWARE. */
#define MAX_ATTRIBUTES 4
/* LIFETIME comes after the addresses; RESERVATION-TOKEN, SOFTWARE, NONCE and
 * attributes of the server's own may precede it. */
#define MAX_ALLOCATION_ATTRIBUTES 12

/* Pending errors of a socket, which an ICMP message can cause. */
#define MAX_SOCKET_ERRORS 16

/* One error in so many is lost; a power of two. libnice sends a request three
 * or four times. */
#define RETRY_LOSS 32

static void
match_words (FilterProgram *program, guint32 offset, const void *address,
    guint n, FilterLabel otherwise)
{
  guint i;

  for (i = 0; i < n; i++) {
    guint32 word;

    memcpy (&word, (const guint8 *) address + 4 * i, sizeof (word));
    filter_add (program, BPF_LD | BPF_W | BPF_ABS,
        (guint32) SKF_NET_OFF + offset + 4 * i);
    filter_test (program, BPF_JEQ, GUINT32_FROM_BE (word), NEXT, otherwise);
  }
}

static void
match_source (
    FilterProgram *program, const NiceAddress *address, FilterLabel otherwise)
{
  union
  {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } source;

  nice_address_copy_to_sockaddr (address, &source.any);
  filter_add (program, BPF_LD | BPF_H | BPF_ABS, UDP_SOURCE);
  filter_test (
      program, BPF_JEQ, nice_address_get_port (address), NEXT, otherwise);
  if (source.any.sa_family == AF_INET)
    match_words (program, IPV4_SOURCE, &source.v4.sin_addr, 1, otherwise);
  else
    match_words (
        program, IPV6_SOURCE, &source.v6.sin6_addr, IPV6_WORDS, otherwise);
}

/* The errors that stun_agent_validate() accepts without MESSAGE-INTEGRITY. */
static void
drop_codes (FilterProgram *program, gboolean role_conflicts)
{
  static const guint32 codes[] = { STUN_ERROR_CODE (3, 0),
    STUN_ERROR_CODE (4, 0), STUN_ERROR_CODE (4, 1), STUN_ERROR_CODE (4, 38) };
  guint i;

  filter_add (program, BPF_LD | BPF_H | BPF_IND,
      ICE_STUN_ATTRIBUTE_HEADER_SIZE + sizeof (guint16));
  filter_add (program, BPF_ALU | BPF_AND | BPF_K, STUN_ERROR_CODE_MASK);
  for (i = 0; i < G_N_ELEMENTS (codes); i++)
    filter_test (program, BPF_JEQ, codes[i], DROP, NEXT);
  if (role_conflicts)
    filter_test (program, BPF_JEQ, STUN_ROLE_CONFLICT, DROP, NEXT);
}

/* Continues at LIFETIME with the index register at that attribute, at the one
 * that libnice will find too. A load beyond the end of the message drops it. */
static void
find_lifetime (FilterProgram *program)
{
  guint i;

  filter_add (
      program, BPF_LDX | BPF_IMM, UDP_HEADER_SIZE + ICE_STUN_HEADER_SIZE);
  for (i = 0; i < MAX_ALLOCATION_ATTRIBUTES; i++) {
    filter_add (program, BPF_LD | BPF_H | BPF_IND, 0);
    filter_test (program, BPF_JEQ, ICE_TURN_ATTRIBUTE_LIFETIME, LIFETIME, NEXT);
    filter_test (program, BPF_JEQ, ICE_STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
        NO_LIFETIME, NEXT);
    filter_test (
        program, BPF_JEQ, ICE_STUN_ATTRIBUTE_FINGERPRINT, NO_LIFETIME, NEXT);
    filter_skip_attribute (program);
  }
  filter_place (program, NO_LIFETIME);
  filter_add (program, BPF_RET | BPF_K, 0);
}

/* The rule of ice_turn_answer_judge(), except that a filter cannot know whether
 * a Refresh released the allocation: gst_ice_nice_socket_filter_prepare_close()
 * is for that time. Other messages continue at the next part of the filter. */
static void
drop_allocations (FilterProgram *program)
{
  filter_add (program, BPF_LD | BPF_W | BPF_LEN, 0);
  filter_test (program, BPF_JGE, UDP_HEADER_SIZE + ICE_STUN_HEADER_SIZE, NEXT,
      NO_TURN_ANSWER);
  filter_add (program, BPF_LD | BPF_H | BPF_ABS, STUN_TYPE);
  filter_test (program, BPF_JEQ, ICE_TURN_ALLOCATE_SUCCESS, TURN_ANSWER, NEXT);
  filter_test (
      program, BPF_JEQ, ICE_TURN_REFRESH_SUCCESS, TURN_ANSWER, NO_TURN_ANSWER);
  filter_place (program, TURN_ANSWER);
  filter_add (program, BPF_LD | BPF_W | BPF_ABS, STUN_COOKIE);
  filter_test (program, BPF_JEQ, ICE_STUN_COOKIE, NEXT, NO_TURN_ANSWER);
  find_lifetime (program);
  filter_place (program, LIFETIME);
  filter_add (
      program, BPF_LD | BPF_H | BPF_IND, ICE_STUN_ATTRIBUTE_LENGTH_OFFSET);
  filter_test (program, BPF_JEQ, ICE_TURN_LIFETIME_SIZE, NEXT, UNUSABLE);
  filter_add (
      program, BPF_LD | BPF_W | BPF_IND, ICE_STUN_ATTRIBUTE_HEADER_SIZE);
  filter_test (program, BPF_JGE, ICE_TURN_MIN_LIFETIME, NEXT, UNUSABLE);
  filter_test (program, BPF_JGT, ICE_TURN_MAX_LIFETIME, NEXT, NO_TURN_ANSWER);
  filter_place (program, UNUSABLE);
  filter_add (program, BPF_RET | BPF_K, 0);
  filter_place (program, NO_TURN_ANSWER);
}

static gboolean
can_come_from (GSocket *socket, const NiceAddress *address)
{
  return g_socket_get_family (socket)
      == (nice_address_ip_version (address) == 4 ? G_SOCKET_FAMILY_IPV4
                                                 : G_SOCKET_FAMILY_IPV6);
}

static void
drop_refused (
    FilterProgram *program, GSocket *socket, const GstIceNiceDropped *dropped)
{
  guint i;

  G_STATIC_ASSERT (FILTER_MAX_REFUSED == GST_ICE_NICE_SOCKET_FILTER_REFUSED);
  for (i = 0; i < dropped->n_refused; i++) {
    if (dropped->refused[i].fd != g_socket_get_fd (socket)
        || !can_come_from (socket, &dropped->refused[i].remote))
      continue;
    match_source (program, &dropped->refused[i].remote, NOT_REFUSED + i);
    filter_add (program, BPF_RET | BPF_K, 0);
    filter_place (program, NOT_REFUSED + i);
  }
}

/* libnice repeats a request at once after error 401 or 438. One error in
 * RETRY_LOSS is dropped at random; libnice then retransmits after 500 ms, so
 * that no server can make it send requests without a pause. With a nonce that
 * expires from time to time (RFC 8489 section 9.2.5) that delay is rare. */
static void
drop_at_random (FilterProgram *program)
{
  filter_add (
      program, BPF_LD | BPF_W | BPF_ABS, (guint32) SKF_AD_OFF + SKF_AD_RANDOM);
  filter_test (program, BPF_JSET, RETRY_LOSS - 1, NO_TURN_ERROR, NEXT);
  filter_add (program, BPF_RET | BPF_K, 0);
}

/* Other messages continue at the next part of the filter. */
static void
drop_turn_errors (
    FilterProgram *program, GSocket *socket, const GstIceNiceDropped *dropped)
{
  guint i;

  G_STATIC_ASSERT (FILTER_MAX_SERVERS == GST_ICE_NICE_SOCKET_FILTER_SERVERS);
  filter_add (program, BPF_LD | BPF_W | BPF_LEN, 0);
  filter_test (program, BPF_JGE, UDP_HEADER_SIZE + ICE_STUN_HEADER_SIZE, NEXT,
      NO_TURN_ERROR);
  filter_add (program, BPF_LD | BPF_W | BPF_ABS, STUN_COOKIE);
  filter_test (program, BPF_JEQ, ICE_STUN_COOKIE, NEXT, NO_TURN_ERROR);
  filter_add (program, BPF_LD | BPF_H | BPF_ABS, STUN_TYPE);
  filter_test (program, BPF_JEQ, ICE_TURN_ALLOCATE_ERROR,
      dropped->allocations ? REFUSED_ERROR : TURN_ERROR, NEXT);
  filter_test (program, BPF_JEQ, ICE_TURN_REFRESH_ERROR, TURN_ERROR, NEXT);
  filter_test (
      program, BPF_JEQ, ICE_TURN_CREATE_PERMISSION_ERROR, TURN_ERROR, NEXT);
  filter_test (
      program, BPF_JEQ, ICE_TURN_CHANNEL_BIND_ERROR, TURN_ERROR, NO_TURN_ERROR);
  filter_place (program, TURN_ERROR);
  for (i = 0; i < dropped->n_servers; i++) {
    if (!can_come_from (socket, &dropped->servers[i]))
      continue;
    match_source (program, &dropped->servers[i], OTHER_SERVER + i);
    filter_add (program, BPF_RET | BPF_K, 0);
    filter_place (program, OTHER_SERVER + i);
  }
  filter_add (program, BPF_LD | BPF_H | BPF_ABS, STUN_TYPE);
  filter_test (program, BPF_JEQ, ICE_TURN_ALLOCATE_ERROR, NO_TURN_ERROR, NEXT);
  drop_at_random (program);
  filter_place (program, REFUSED_ERROR);
  filter_add (program, BPF_RET | BPF_K, 0);
  filter_place (program, NO_TURN_ERROR);
}

/* A conditional jump reaches 255 instructions at most, so the tests of the
 * ports come last. */
static void
drop_requests (FilterProgram *program, const NiceAddress *remote,
    const guint16 *ports, guint n_ports)
{
  guint i;

  filter_match_stun (program, ICE_STUN_BINDING_REQUEST, NO_REQUEST);
  if (remote != NULL) {
    match_source (program, remote, OTHER_PEER);
    filter_add (program, BPF_RET | BPF_K, ALL);
    filter_place (program, OTHER_PEER);
  }
  filter_add (program, BPF_LD | BPF_H | BPF_ABS, UDP_SOURCE);
  for (i = 0; i < n_ports; i++)
    filter_test (program, BPF_JEQ, ports[i], PASS, NEXT);
  filter_add (program, BPF_RET | BPF_K, 0);
  filter_place (program, NO_REQUEST);
}

static void
drop_errors (
    FilterProgram *program, const NiceAddress *server, gboolean role_conflicts)
{
  filter_match_stun (program, ICE_STUN_BINDING_ERROR, PASS);
  if (server != NULL) {
    match_source (program, server, OTHER_SOURCE);
    filter_add (program, BPF_RET | BPF_K, ALL);
    filter_place (program, OTHER_SOURCE);
  }
  filter_find_attribute (
      program, ICE_STUN_ATTRIBUTE_ERROR_CODE, MAX_ATTRIBUTES, CODE);
  filter_place (program, CODE);
  drop_codes (program, role_conflicts);
}

static void
attach (GSocket *socket, FilterProgram *program)
{
  struct sock_fprog attached = { 0, program->steps };

  filter_place (program, PASS);
  filter_add (program, BPF_RET | BPF_K, ALL);
  filter_place (program, DROP);
  filter_add (program, BPF_RET | BPF_K, 0);
  filter_link (program);
  attached.len = program->n;
  /* on failure, where filters are not permitted, everything passes */
  setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_ATTACH_FILTER, &attached,
      sizeof (attached));
}

/**
 * gst_ice_nice_socket_filter_apply:
 * @socket: a libnice UDP socket
 * @peers: (nullable): the rule for Data indications; %NULL: all pass
 * @dropped: what is dropped, too
 * @server: (nullable): a STUN server; its Binding errors pass
 * @role_conflicts: whether error 487 from other sources is dropped, too
 *
 * Drops the errors and allocations that the head of the header file names, as
 * all functions of this file do except
 * gst_ice_nice_socket_filter_prepare_close(). Any thread; never blocks.
 */
void
gst_ice_nice_socket_filter_apply (GSocket *socket, IceTurnPeers *peers,
    const GstIceNiceDropped *dropped, const NiceAddress *server,
    gboolean role_conflicts)
{
  FilterProgram program = { 0 };

  if (server != NULL && !can_come_from (socket, server))
    server = NULL;
  drop_refused (&program, socket, dropped);
  drop_turn_errors (&program, socket, dropped);
  gst_ice_nice_indication_filter_add (&program, peers);
  drop_allocations (&program);
  drop_errors (&program, server, role_conflicts);
  attach (socket, &program);
}

/**
 * gst_ice_nice_socket_filter_limit_checks:
 * @socket: a libnice UDP socket
 * @peers: (nullable): the rule for Data indications; %NULL: all pass
 * @dropped: what is dropped, too
 * @server: (nullable): a STUN server; its Binding errors pass
 * @role_conflicts: whether error 487 from other sources is dropped, too
 * @remote: (nullable): a remote address
 * @ports: (array length=n_ports): remote ports
 * @n_ports: their number, %GST_ICE_NICE_SOCKET_FILTER_PORTS at most
 *
 * As gst_ice_nice_socket_filter_apply(), and also drops Binding requests that
 * come neither from @remote nor from one of @ports of any host.
 */
void
gst_ice_nice_socket_filter_limit_checks (GSocket *socket, IceTurnPeers *peers,
    const GstIceNiceDropped *dropped, const NiceAddress *server,
    gboolean role_conflicts, const NiceAddress *remote, const guint16 *ports,
    guint n_ports)
{
  FilterProgram program = { 0 };

  g_return_if_fail (n_ports <= GST_ICE_NICE_SOCKET_FILTER_PORTS);
  if (server != NULL && !can_come_from (socket, server))
    server = NULL;
  if (remote != NULL && !can_come_from (socket, remote))
    remote = NULL;
  drop_refused (&program, socket, dropped);
  drop_turn_errors (&program, socket, dropped);
  gst_ice_nice_indication_filter_add (&program, peers);
  drop_allocations (&program);
  drop_requests (&program, remote, ports, n_ports);
  drop_errors (&program, server, role_conflicts);
  attach (socket, &program);
}

/**
 * gst_ice_nice_socket_filter_pass_only:
 * @socket: a libnice UDP socket
 * @peers: (nullable): the rule for Data indications; %NULL: all pass
 * @dropped: what it refuses is dropped, too
 * @remote: a remote address
 *
 * Drops all datagrams that do not come from @remote.
 */
void
gst_ice_nice_socket_filter_pass_only (GSocket *socket, IceTurnPeers *peers,
    const GstIceNiceDropped *dropped, const NiceAddress *remote)
{
  FilterProgram program = { 0 };

  if (!can_come_from (socket, remote)) {
    gst_ice_nice_socket_filter_drop_all (socket);
    return;
  }
  drop_refused (&program, socket, dropped);
  gst_ice_nice_indication_filter_add (&program, peers);
  drop_allocations (&program);
  match_source (&program, remote, DROP);
  drop_errors (&program, NULL, FALSE);
  attach (socket, &program);
}

/**
 * gst_ice_nice_socket_filter_drop_all:
 * @socket: a libnice UDP socket
 *
 * Drops everything.
 */
void
gst_ice_nice_socket_filter_drop_all (GSocket *socket)
{
  FilterProgram program = { 0 };

  filter_add (&program, BPF_RET | BPF_K, 0);
  attach (socket, &program);
}

/**
 * gst_ice_nice_socket_filter_prepare_close:
 * @socket: a libnice UDP socket, which will be closed
 * @dropped: what it refuses is dropped, too
 *
 * Drops success responses to Allocate, because no allocation is wanted any
 * more, the data that a TURN server relays, and errors of TURN servers as
 * before. Everything else passes: the response to the release of an allocation
 * must arrive.
 */
void
gst_ice_nice_socket_filter_prepare_close (
    GSocket *socket, const GstIceNiceDropped *dropped)
{
  FilterProgram program = { 0 };

  drop_refused (&program, socket, dropped);
  drop_turn_errors (&program, socket, dropped);
  gst_ice_nice_indication_filter_drop_channel_data (&program);
  filter_match_stun (&program, ICE_TURN_ALLOCATE_SUCCESS, NO_TURN_ANSWER);
  filter_add (&program, BPF_RET | BPF_K, 0);
  filter_place (&program, NO_TURN_ANSWER);
  filter_match_stun (&program, ICE_TURN_DATA_INDICATION, PASS);
  filter_add (&program, BPF_RET | BPF_K, 0);
  attach (socket, &program);
}

/**
 * gst_ice_nice_socket_filter_drain:
 * @socket: a libnice UDP socket
 *
 * Takes the datagrams that have come already, and drops everything until the
 * next filter is applied. libnice must not read the socket meanwhile.
 *
 * Returns: their number
 */
guint
gst_ice_nice_socket_filter_drain (GSocket *socket)
{
  guint n = 0, n_errors = 0;
  guint8 octet;

  gst_ice_nice_socket_filter_drop_all (socket);
  while (n_errors < MAX_SOCKET_ERRORS) {
    if (recv (g_socket_get_fd (socket), &octet, 1, MSG_DONTWAIT) >= 0)
      n++;
    else if (errno == EAGAIN)
      break;
    else
      n_errors++;
  }
  return n;
}

/**
 * gst_ice_nice_socket_filter_count_drops:
 * @socket: a UDP socket
 *
 * Any thread.
 *
 * Returns: how many datagrams the kernel has dropped at this socket, by a
 *   filter or because its buffer was full
 */
guint32
gst_ice_nice_socket_filter_count_drops (GSocket *socket)
{
#ifdef SO_MEMINFO
  guint32 info[SK_MEMINFO_DROPS + 1] = { 0 };
  socklen_t size = sizeof (info);

  if (getsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_MEMINFO, info, &size)
      == 0)
    return info[SK_MEMINFO_DROPS];
#endif
  return 0;
}

#else

guint32
gst_ice_nice_socket_filter_count_drops (GSocket *socket)
{
  return 0;
}

void
gst_ice_nice_socket_filter_limit_checks (GSocket *socket, IceTurnPeers *peers,
    const GstIceNiceDropped *dropped, const NiceAddress *server,
    gboolean role_conflicts, const NiceAddress *remote, const guint16 *ports,
    guint n_ports)
{
}

void
gst_ice_nice_socket_filter_apply (GSocket *socket, IceTurnPeers *peers,
    const GstIceNiceDropped *dropped, const NiceAddress *server,
    gboolean role_conflicts)
{
}

void
gst_ice_nice_socket_filter_pass_only (GSocket *socket, IceTurnPeers *peers,
    const GstIceNiceDropped *dropped, const NiceAddress *remote)
{
}

void
gst_ice_nice_socket_filter_drop_all (GSocket *socket)
{
}

void
gst_ice_nice_socket_filter_prepare_close (
    GSocket *socket, const GstIceNiceDropped *dropped)
{
}

guint
gst_ice_nice_socket_filter_drain (GSocket *socket)
{
  return 0;
}

#endif
