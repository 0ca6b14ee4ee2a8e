/* gst-ice: libFuzzer entry point of the kernel's filters on libnice's UDP
 * sockets (gsticenicesocketfilter, gsticeniceindicationfilter; Linux): what
 * gets through is harmless by the rules of iceturnanswer and iceturnpeers, and
 * no Binding error that libnice's STUN library would accept from anybody; what
 * is no STUN message gets through. Real datagrams, on 127.0.0.1.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../fixtures/loopback.h"
#include "guard/gsticenicesocketfilter.h"
#include "stun/icestunheader.h"
#include "stun/iceturnanswer.h"

#include <stun/stunagent.h>
#include <string.h>

#define MAX_SIZE LOOPBACK_MAX_SIZE
#define SLACK 64 /* octets that libnice's STUN library may read behind */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static const IceTurnPeer known[] = {
  { 1, { 0xC0000201 }, 32853 }, /* as in RFC 5769 */
  { 4, { 0x20010DB8, 0x12345678, 0x00112233, 0x44556677 }, 32853 },
  { 1, { 0x7F000001 }, 40000 },
};

static IceTurnPeers *
make_peers (void)
{
  IceTurnPeers *peers = ice_turn_peers_new ();
  guint i;

  for (i = 0; i < G_N_ELEMENTS (known); i++)
    ice_turn_peers_add (peers, &known[i]);
  return peers;
}

/* For the whole process. Returns: a socket with the filter */
static GSocket *
get_sockets (GSocket **sender)
{
  static const GstIceNiceDropped nothing;
  static GSocket *filtered, *sending;

  if (filtered == NULL) {
    IceTurnPeers *peers = make_peers ();

    filtered = loopback_make_socket ("127.0.0.1");
    sending = loopback_make_socket ("127.0.0.1");
    gst_ice_nice_socket_filter_apply (filtered, peers, &nothing, NULL, TRUE);
    ice_turn_peers_unref (peers);
  }
  *sender = sending;
  return filtered;
}

/* As if the request had been sent. */
static void
expect (StunAgent *agent, const guint8 *data)
{
  static const guint16 attributes[] = { STUN_ATTRIBUTE_ERROR_CODE,
    STUN_ATTRIBUTE_USERNAME, STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
    STUN_ATTRIBUTE_FINGERPRINT, STUN_ATTRIBUTE_SOFTWARE, 0 };
  guint8 buffer[256];
  StunMessage message;

  stun_agent_init (agent, attributes, STUN_COMPATIBILITY_RFC5389,
      STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS);
  stun_agent_init_request (
      agent, &message, buffer, sizeof buffer, STUN_BINDING);
  memcpy (buffer + ICE_STUN_COOKIE_OFFSET, data + ICE_STUN_COOKIE_OFFSET,
      sizeof (StunTransactionId));
  stun_agent_finish_message (
      agent, &message, (const guint8 *) "password", strlen ("password"));
}

/* Returns: whether libnice would end a pair because of it, or change its role,
 * though no password was needed for it */
static gboolean
is_forged_error (const guint8 *data, gsize size)
{
  guint8 padded[MAX_SIZE + SLACK] = { 0 };
  StunAgent agent;
  StunMessage message;

  if (size < ICE_STUN_HEADER_SIZE)
    return FALSE;
  memcpy (padded, data, size);
  expect (&agent, padded);
  return stun_agent_validate (&agent, &message, padded, size, NULL, NULL)
      == STUN_VALIDATION_SUCCESS
      && stun_message_get_class (&message) == STUN_ERROR
      && stun_message_get_method (&message) == STUN_BINDING;
}

static gboolean
is_stun (const guint8 *data, gsize size)
{
  return size >= ICE_STUN_HEADER_SIZE
      && ice_stun_read_32 (data + ICE_STUN_COOKIE_OFFSET) == ICE_STUN_COOKIE;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  IceTurnPeers *peers;
  GSocket *sender, *filtered;

  if (size == 0 || size > MAX_SIZE)
    return 0;
  filtered = get_sockets (&sender);
  if (!loopback_gets_through (sender, filtered, data, size)) {
    g_assert_true (is_stun (data, size));
    return 0;
  }
  peers = make_peers ();
  if (is_stun (data, size))
    g_assert_true (ice_turn_peers_judge (peers, data, size, 0));
  ice_turn_peers_unref (peers);
  g_assert_cmpint (
      ice_turn_answer_judge (data, size), ==, ICE_TURN_ANSWER_HARMLESS);
  g_assert_false (is_forged_error (data, size));
  return 0;
}
