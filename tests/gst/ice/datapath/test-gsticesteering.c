/* gst-ice: test of gsticesteering: what the kernel gives to whom.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "netns.h"
#include "stunmessage.h"
#include "datapath/gsticesteering.h"
#include "stun/icerequest.h"

#include <gio/gnetworking.h>
#include <net/if.h>
#include <string.h>

#define TAG 0x1CE1CE01
#define MAX_SIZE 1500
#define BINDING_SUCCESS 0x0101
#define BINDING_ERROR 0x0111
#define FIRST_CHANNEL 64
#define LAST_CHANNEL 79
#define CHANNEL_HEADER 4

typedef struct
{
  GMainContext *context;
  GSocket *agent;  /* libnice's */
  GSocket *sender; /* the peer's */
  GSocketAddress *to;
  GSocketAddress *from;
  GstIceStunResponses *answers;
  GstIceSteering *steering;
  GstIcePeerAddresses *sources;
  GstIceDatagramSocket *media; /* NULL: not open */
  guint8 got[MAX_SIZE + 1];
  gssize got_size; /* by the steering socket; -1 = nothing */
  gboolean relayed;
} Fixture;

static void
on_received (GSocketAddress *from, const guint8 *data, gsize size, gint64 at,
    gpointer user_data)
{
  Fixture *f = user_data;

  f->relayed = from == NULL;
  if (from != NULL)
    g_assert_cmpuint (
        g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (from)), ==,
        g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (f->from)));
  g_assert_cmpint (f->got_size, ==, -1);
  memcpy (f->got, data, size);
  f->got_size = (gssize) size;
}

static void
on_empty (GstIceSteering *steering, GSocketAddress *from, gpointer data)
{
  on_received (from, (const guint8 *) "", 0, 0, data);
}

static GSocket *
open_socket (const gchar *host, GSocketAddress **address)
{
  g_autoptr (GSocketAddress)
      any = g_inet_socket_address_new_from_string (host, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new (g_socket_address_get_family (any),
      G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, &error);

  g_assert_no_error (error);
  if (!g_socket_bind (socket, any, FALSE, &error)) {
    g_test_message ("%s: %s", host, error->message);
    return NULL;
  }
  g_socket_set_blocking (socket, FALSE);
  *address = g_socket_get_local_address (socket, &error);
  g_assert_no_error (error);
  return g_steal_pointer (&socket);
}

static void
tear_down (Fixture *f)
{
  g_clear_pointer (&f->steering, gst_ice_steering_free);
  gst_ice_stun_responses_close (f->answers);
  g_clear_pointer (&f->answers, gst_ice_stun_responses_unref);
  g_clear_pointer (&f->sources, gst_ice_peer_addresses_unref);
  g_clear_object (&f->agent);
  g_clear_object (&f->sender);
  g_clear_object (&f->to);
  g_clear_object (&f->from);
  g_clear_pointer (&f->context, g_main_context_unref);
}

/* Returns: whether this system can; the test is skipped otherwise */
static gboolean
set_up (Fixture *f, const gchar *host)
{
  g_autoptr (GError) error = NULL;

  *f = (Fixture){ .got_size = -1 };
  f->context = g_main_context_new ();
  f->answers = gst_ice_stun_responses_new (f->context, TAG, on_received, f);
  f->agent = open_socket (host, &f->to);
  f->sender = open_socket (host, &f->from);
  if (f->agent == NULL || f->sender == NULL) {
    g_test_skip ("this machine does not have the address");
    tear_down (f);
    return FALSE;
  }
  f->steering = gst_ice_steering_new (f->agent, f->answers, f->context, &error);
  if (f->steering == NULL) {
    g_test_skip (error->message);
    tear_down (f);
    return FALSE;
  }
  gst_ice_steering_take_empty (f->steering, on_empty, f);
  return TRUE;
}

/* Steers nothing to it yet. */
static void
open_media (Fixture *f)
{
  GInetSocketAddress *from = G_INET_SOCKET_ADDRESS (f->from);
  g_autofree gchar *host = g_inet_address_to_string (
      g_inet_socket_address_get_address (from));
  g_autoptr (GError) error = NULL;

  f->sources = gst_ice_peer_addresses_new ();
  gst_ice_peer_addresses_add (
      f->sources, host, g_inet_socket_address_get_port (from));
  g_assert_null (gst_ice_steering_get_media (f->steering));
  f->media = gst_ice_steering_open_media (f->steering, f->sources, &error);
  g_assert_no_error (error);
  g_assert_nonnull (gst_ice_steering_get_media (f->steering));
  g_assert_true (gst_ice_steering_open_media (f->steering, f->sources, &error)
      == f->media);
}

static void
steer_but (Fixture *f, gboolean steer_it, gboolean spare_channel_data,
    const struct sockaddr_storage *spared)
{
  g_autoptr (GError) error = NULL;

  gst_ice_steering_steer_media (
      f->steering, steer_it, spare_channel_data, spared, &error);
  g_assert_no_error (error);
}

static void
steer (Fixture *f, gboolean steer_it, gboolean spare_channel_data)
{
  steer_but (f, steer_it, spare_channel_data, NULL);
}

typedef enum
{
  AGENT,
  US,
  MEDIA
} Reader;

/* Reads the media socket once. Returns: whether it had this one, whole */
static gboolean
is_in_media (Fixture *f, const guint8 *data, gsize size)
{
  GstIceDatagramSocketReceived received;
  guint8 got[MAX_SIZE + 1];
  GstBufferList *list;

  if (f->media == NULL)
    return FALSE;
  list = gst_ice_datagram_socket_receive (f->media, FALSE, &received);
  if (list == NULL)
    return FALSE;
  g_assert_cmpuint (received.n, ==, 1);
  g_assert_cmpmem (got,
      gst_buffer_extract (gst_buffer_list_get (list, 0), 0, got, sizeof (got)),
      data, size);
  gst_buffer_list_unref (list);
  return TRUE;
}

/* What a TURN server put into its datagram. */
static void
assert_payload (Fixture *f, const guint8 *data, gsize size)
{
  gsize length = (gsize) data[2] << 8 | data[3];

  g_assert_cmpmem (f->got, f->got_size, data + CHANNEL_HEADER,
      MIN (length, size - CHANNEL_HEADER));
}

/* Sends a datagram. Returns the socket that received it whole. */
static Reader
deliver (Fixture *f, const guint8 *data, gsize size)
{
  gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  guint8 got[MAX_SIZE + 1];

  f->got_size = -1;
  g_assert_cmpint (g_socket_send_to (f->sender, f->to, (const gchar *) data,
                       size, NULL, NULL),
      ==, (gssize) size);
  while (TRUE) {
    gssize n = g_socket_receive (
        f->agent, (gchar *) got, sizeof (got), NULL, NULL);

    g_main_context_iteration (f->context, FALSE);
    if (n >= 0) {
      g_assert_cmpmem (got, n, data, size);
      g_assert_cmpint (f->got_size, ==, -1);
      return AGENT;
    }
    if (f->got_size >= 0) {
      if (f->relayed)
        assert_payload (f, data, size);
      else
        g_assert_cmpmem (f->got, f->got_size, data, size);
      return US;
    }
    if (is_in_media (f, data, size))
      return MEDIA;
    if (g_get_monotonic_time () > end)
      g_error ("a datagram of %" G_GSIZE_FORMAT " bytes is lost", size);
  }
}

/* Who gets what is the agent's: empty ones, which it can't take, are ours. */
static Reader
get_agents_reader (Fixture *f, gsize size)
{
  return size == 0 && f->steering != NULL ? US : AGENT;
}

static void
make_stun (guint8 *data, guint16 type, guint32 cookie, guint32 tag)
{
  memset (data, 0x5A, MAX_SIZE);
  test_stun_put_header (data, type, cookie, tag);
}

static void
check_answers (Fixture *f, Reader reader)
{
  static const guint16 types[] = { BINDING_SUCCESS, BINDING_ERROR };
  guint8 data[MAX_SIZE];
  gsize size;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    make_stun (data, types[i], STUN_COOKIE, TAG);
    for (size = STUN_HEADER; size <= MAX_SIZE; size += 37)
      g_assert_cmpint (deliver (f, data, size), ==, reader);
    g_assert_cmpint (deliver (f, data, MAX_SIZE), ==, reader);
  }
}

static void
check_short (Fixture *f)
{
  guint8 data[MAX_SIZE];
  gsize size;

  make_stun (data, BINDING_SUCCESS, STUN_COOKIE, TAG);
  for (size = 0; size < STUN_HEADER; size++)
    g_assert_cmpint (deliver (f, data, size), ==, get_agents_reader (f, size));
}

/* All types but the two: requests, indications, other methods. */
static void
check_types (Fixture *f)
{
  guint8 data[MAX_SIZE];
  guint type;

  for (type = 0; type <= G_MAXUINT16; type++) {
    Reader wanted = type == BINDING_SUCCESS || type == BINDING_ERROR ? US
                                                                     : AGENT;

    make_stun (data, (guint16) type, STUN_COOKIE, TAG);
    g_assert_cmpint (deliver (f, data, STUN_HEADER + 8), ==, wanted);
  }
}

static void
check_tags_and_cookies (Fixture *f)
{
  guint8 data[MAX_SIZE];
  guint bit;

  for (bit = 0; bit < 32; bit++) {
    make_stun (data, BINDING_SUCCESS, STUN_COOKIE, TAG ^ 1u << bit);
    g_assert_cmpint (deliver (f, data, 100), ==, AGENT);
    make_stun (data, BINDING_SUCCESS, STUN_COOKIE ^ 1u << bit, TAG);
    g_assert_cmpint (deliver (f, data, 100), ==, AGENT);
  }
}

static void
check_media (Fixture *f)
{
  guint8 data[MAX_SIZE];
  gsize size;
  guint first;

  memset (data, 0xA5, sizeof (data));
  for (first = 0; first <= G_MAXUINT8; first++) {
    data[0] = (guint8) first;
    for (size = 0; size <= MAX_SIZE; size += 50)
      g_assert_cmpint (
          deliver (f, data, size), ==, get_agents_reader (f, size));
  }
  for (size = 0; size <= MAX_SIZE; size++)
    g_assert_cmpint (deliver (f, data, size), ==, get_agents_reader (f, size));
}

static void
test_readers (gconstpointer host)
{
  Fixture f;

  if (!set_up (&f, host))
    return;
  check_answers (&f, US);
  check_short (&f);
  check_types (&f);
  check_tags_and_cookies (&f);
  check_media (&f);
  tear_down (&f);
}

static void
test_all_back_after_free (gconstpointer host)
{
  Fixture f;

  if (!set_up (&f, host))
    return;
  check_answers (&f, US);
  g_clear_pointer (&f.steering, gst_ice_steering_free);
  check_answers (&f, AGENT);
  check_short (&f);
  check_media (&f);
  tear_down (&f);
}

/* What we send leaves from the agent's address. */
static void
test_send (gconstpointer host)
{
  g_autoptr (GSocketAddress) from = NULL;
  g_autoptr (GError) error = NULL;
  gchar got[MAX_SIZE];
  Fixture f;
  gssize size;

  if (!set_up (&f, host))
    return;
  g_assert_true (
      gst_ice_steering_is_at (f.steering, G_INET_SOCKET_ADDRESS (f.to)));
  g_assert_false (
      gst_ice_steering_is_at (f.steering, G_INET_SOCKET_ADDRESS (f.from)));
  g_assert_true (gst_ice_steering_send (
      f.steering, f.from, (const guint8 *) "ask", 3, &error));
  g_assert_no_error (error);
  g_socket_set_timeout (f.sender, 10);
  g_socket_set_blocking (f.sender, TRUE);
  size = g_socket_receive_from (
      f.sender, &from, got, sizeof (got), NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (got, size, "ask", 3);
  g_assert_true (
      gst_ice_steering_is_at (f.steering, G_INET_SOCKET_ADDRESS (from)));
  tear_down (&f);
}

static gboolean
is_channel_data (const guint8 *data, gsize size)
{
  return size > 0 && data[0] >= FIRST_CHANNEL && data[0] <= LAST_CHANNEL;
}

static guint32
get_word (const guint8 *data)
{
  guint32 value;

  memcpy (&value, data, sizeof (value));
  return GUINT32_FROM_BE (value);
}

static gboolean
is_stun (const guint8 *data, gsize size)
{
  return size >= STUN_HEADER && data[0] < 4
      && get_word (data + 4) == STUN_COOKIE;
}

static gboolean
is_answer (const guint8 *data, gsize size)
{
  guint type = (guint) data[0] << 8 | data[1];

  return is_stun (data, size) && get_word (data + 8) == TAG
      && (type == BINDING_SUCCESS || type == BINDING_ERROR);
}

/* The socket that must receive it. */
static Reader
get_reader (
    const guint8 *data, gsize size, gboolean steer_it, gboolean spare_channels)
{
  gboolean channel = is_channel_data (data, size);

  if (is_answer (data, size)
      || (channel && size >= CHANNEL_HEADER
          && is_answer (data + CHANNEL_HEADER, size - CHANNEL_HEADER)))
    return US;
  if (size == 0)
    return steer_it ? MEDIA : US;
  if (is_stun (data, size) || !steer_it)
    return AGENT;
  return spare_channels && channel ? AGENT : MEDIA;
}

/* ChannelData of a TURN server; length: its length field. */
static void
check_relayed (Fixture *f, gsize size, gsize length, gboolean steer_it,
    gboolean spare_channels)
{
  static const guint16 types[] = { 0x0001, 0x0011, BINDING_SUCCESS,
    BINDING_ERROR, 0x0103, 0x0017 };
  guint8 data[CHANNEL_HEADER + MAX_SIZE];
  guint first, i;

  for (first = FIRST_CHANNEL - 1; first <= LAST_CHANNEL + 1; first++)
    for (i = 0; i < G_N_ELEMENTS (types) * 4; i++) {
      make_stun (data + CHANNEL_HEADER, types[i / 4],
          i % 2 == 0 ? STUN_COOKIE : STUN_COOKIE + 1,
          i / 2 % 2 == 0 ? TAG : TAG ^ 1);
      test_stun_put (data, 4, first << 24 | 0x5A0000 | (guint32) length);
      g_assert_cmpint (deliver (f, data, size), ==,
          get_reader (data, size, steer_it, spare_channels));
    }
}

static void
check_steering (Fixture *f, gboolean steer_it, gboolean spare_channels)
{
  static const gsize sizes[] = { 0, 1, 2, 3, 4, 7, 8, 11, 12, 19, 20, 21, 23,
    24, 25, 44, 100, 1200, MAX_SIZE };
  static const guint16 types[] = { 0x0001, 0x0011, BINDING_SUCCESS,
    BINDING_ERROR, 0x0003, 0x0103, 0x0017, 0x0000, 0x03FF };
  guint8 data[MAX_SIZE];
  guint first, i, k;

  steer (f, steer_it, spare_channels);
  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    for (first = 0; first <= G_MAXUINT8; first++) {
      memset (data, 0xA5, sizeof (data));
      data[0] = (guint8) first;
      g_assert_cmpint (deliver (f, data, sizes[i]), ==,
          get_reader (data, sizes[i], steer_it, spare_channels));
      make_stun (data, BINDING_SUCCESS, STUN_COOKIE, TAG);
      data[0] = (guint8) first;
      g_assert_cmpint (deliver (f, data, sizes[i]), ==,
          get_reader (data, sizes[i], steer_it, spare_channels));
    }
    for (k = 0; k < G_N_ELEMENTS (types) * 4; k++) {
      make_stun (data, types[k / 4], k % 2 == 0 ? STUN_COOKIE : STUN_COOKIE + 1,
          k / 2 % 2 == 0 ? TAG : TAG + 1);
      g_assert_cmpint (deliver (f, data, sizes[i]), ==,
          get_reader (data, sizes[i], steer_it, spare_channels));
    }
    check_relayed (f, sizes[i], sizes[i], steer_it, spare_channels);
    check_relayed (f, sizes[i], 40, steer_it, spare_channels);
  }
}

/* Sends from the address that is spared, then from one that is not. */
static void
check_spared (Fixture *f, const struct sockaddr_storage *spared,
    gboolean spare_channels, Reader whole)
{
  guint8 data[MAX_SIZE];
  gsize size;
  guint first;

  steer_but (f, TRUE, spare_channels, spared);
  check_answers (f, US);
  memset (data, 0xA5, sizeof (data));
  for (first = 0; first <= G_MAXUINT8; first++) {
    data[0] = (guint8) first;
    for (size = 0; size <= MAX_SIZE; size += 250) {
      Reader reader = size == 0 ? US : whole;

      if (spare_channels && is_channel_data (data, size))
        reader = AGENT;
      g_assert_cmpint (deliver (f, data, size), ==, reader);
    }
  }
  make_stun (data, 0x0001, STUN_COOKIE, TAG);
  g_assert_cmpint (deliver (f, data, 100), ==, AGENT);
}

/* One port, one bit of the address. */
static void
change_address (struct sockaddr_storage *address, guint which)
{
  struct sockaddr_in *v4 = (struct sockaddr_in *) address;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) address;

  if (address->ss_family == AF_INET) {
    if (which == 0)
      v4->sin_port ^= 1;
    else
      v4->sin_addr.s_addr ^= GUINT32_TO_BE (1u << (which - 1) % 32);
  } else if (which == 0) {
    v6->sin6_port ^= 1;
  } else {
    v6->sin6_addr.s6_addr[(which - 1) / 8 % 16] ^= 1u << (which - 1) % 8;
  }
}

static void
test_spared (gconstpointer host)
{
  struct sockaddr_storage spared = { 0 }, other;
  g_autoptr (GError) error = NULL;
  Fixture f;
  guint i;

  if (!set_up (&f, host))
    return;
  open_media (&f);
  g_assert_true (
      g_socket_address_to_native (f.from, &spared, sizeof (spared), &error));
  g_assert_no_error (error);
  check_spared (&f, &spared, FALSE, AGENT);
  check_spared (&f, &spared, TRUE, AGENT);
  for (i = 0; i <= 128; i += i < 32 ? 1 : 8) {
    other = spared;
    change_address (&other, i);
    check_spared (&f, &other, i % 2 == 1, MEDIA);
  }
  tear_down (&f);
}

static void
test_media (gconstpointer host)
{
  guint i;
  Fixture f;

  if (!set_up (&f, host))
    return;
  open_media (&f);
  check_answers (&f, US); /* nothing is steered to it yet */
  check_media (&f);
  for (i = 0; i < 4; i++)
    check_steering (&f, i % 2 == 1, i / 2 == 1);
  f.media = NULL; /* freed with it */
  g_clear_pointer (&f.steering, gst_ice_steering_free);
  check_answers (&f, AGENT);
  check_short (&f);
  check_media (&f);
  tear_down (&f);
}

/* The media socket answers from the agent's address too. */
static void
test_media_send (gconstpointer host)
{
  GOutputVector vector = { (gpointer) "media", 5 };
  GstIceDatagram datagram = { &vector, 1 };
  g_autoptr (GSocketAddress) from = NULL;
  g_autoptr (GError) error = NULL;
  struct sockaddr_storage native;
  gchar got[MAX_SIZE];
  gssize size;
  Fixture f;

  if (!set_up (&f, host))
    return;
  open_media (&f);
  g_assert_true (
      g_socket_address_to_native (f.from, &native, sizeof (native), NULL));
  g_assert_cmpuint (gst_ice_datagram_socket_send (f.media, &native,
                        (gsize) g_socket_address_get_native_size (f.from),
                        &datagram, 1, &error),
      ==, 1);
  g_socket_set_timeout (f.sender, 10);
  g_socket_set_blocking (f.sender, TRUE);
  size = g_socket_receive_from (
      f.sender, &from, got, sizeof (got), NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (got, size, "media", 5);
  g_assert_true (
      gst_ice_steering_is_at (f.steering, G_INET_SOCKET_ADDRESS (from)));
  tear_down (&f);
}

/* Requests by their user name: as ice_request_has_username() reads it. */

#define BINDING_REQUEST 0x0001
#define USERNAME_ATTRIBUTE 0x0006
#define OTHER_ATTRIBUTE 0x8029
#define MAX_USERNAME 513
#define MESSAGES 3000

static void
on_requested (GstIceSteering *steering, GSocketAddress *from,
    const guint8 *data, gsize size, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_true (steering == f->steering);
  on_received (from, data, size, 0, f);
}

/* Mostly right: a user name that may differ in one octet, behind some others.
 */
static gsize
make_request (guint8 *data, const gchar *username)
{
  g_autofree gchar *value = g_strdup (username);
  gsize size = STUN_HEADER, length = strlen (value);
  gint n = g_test_rand_int_range (0, ICE_REQUEST_MAX_ATTRIBUTES + 2);

  make_stun (data, g_test_rand_int_range (0, 8) ? BINDING_REQUEST : 0x0011,
      STUN_COOKIE, TAG);
  memset (data + STUN_HEADER, 0, MAX_SIZE - STUN_HEADER);
  for (; n > 0; n--)
    size += test_stun_put_attribute (
        data + size, OTHER_ATTRIBUTE, username, (gsize) (n * 3 % 8));
  if (g_test_rand_int_range (0, 3) == 0)
    value[g_test_rand_int_range (0, (gint32) length)] ^= 1;
  if (g_test_rand_int_range (0, 8) == 0)
    length--;
  size += test_stun_put_attribute (
      data + size, USERNAME_ATTRIBUTE, value, length);
  if (g_test_rand_int_range (0, 8) == 0)
    test_stun_put (
        data + STUN_HEADER + 2, 2, (guint) g_test_rand_int_range (0, 1 << 16));
  if (g_test_rand_int_range (0, 4) == 0)
    size = (gsize) g_test_rand_int_range (0, (gint32) size);
  return size;
}

static Reader
get_request_reader (const guint8 *data, gsize size, const gchar *username)
{
  return ice_request_has_username (data, size, username) ? US : AGENT;
}

static void
take_requests (Fixture *f, const gchar *username)
{
  g_autoptr (GError) error = NULL;

  gst_ice_steering_take_requests (
      f->steering, username, on_requested, f, &error);
  g_assert_no_error (error);
}

/* The kernel compares no more than the beginning of a long one; the rest we do,
 * and what it has given to us is dropped then. */
static gboolean
is_long (const gchar *username)
{
  return strlen (username) > 64;
}

static void
check_requests (Fixture *f, const gchar *username)
{
  guint8 data[MAX_SIZE];
  guint i, n_ours = 0;

  take_requests (f, username);
  for (i = 0; i < MESSAGES; i++) {
    gsize size = make_request (data, username);
    Reader wanted = get_request_reader (data, size, username);

    if (wanted == AGENT)
      wanted = get_agents_reader (f, size);
    if (wanted == AGENT && is_long (username))
      continue;
    g_assert_cmpint (deliver (f, data, size), ==, wanted);
    n_ours += wanted == US;
  }
  g_assert_cmpuint (n_ours, >, 100);
  check_answers (f, US); /* as before */
  take_requests (f, NULL);
  do
    make_request (data, username);
  while (get_request_reader (data, MAX_SIZE, username) != US);
  g_assert_cmpint (deliver (f, data, MAX_SIZE), ==, AGENT);
}

static void
test_requests (gconstpointer host)
{
  g_autofree gchar *longest = g_strnfill (MAX_USERNAME, 'x');
  Fixture f;

  if (!set_up (&f, host))
    return;
  check_requests (&f, "oldU:peer");
  check_requests (&f, "oldU:peerX");
  check_requests (&f, "abcdefgh:ijklmnop");
  check_requests (&f, longest);
  check_types (&f);
  open_media (&f);
  steer (&f, TRUE, FALSE);
  take_requests (&f, "oldU:peer");
  check_steering (&f, TRUE, FALSE); /* the rest goes where it went */
  tear_down (&f);
}

/* Switching loses nothing and doubles nothing. */

#define SWITCHES 3000
#define FLIGHT 32

typedef struct
{
  Fixture f;
  gint sent, received, stop; /* atomic */
} Stream;

static gpointer
run_sender (gpointer data)
{
  Stream *stream = data;
  g_autoptr (GError) error = NULL;
  guint32 number[25] = { 0xA5A5A5A5 }; /* no STUN */

  while (!g_atomic_int_get (&stream->stop)) {
    gint sent = g_atomic_int_get (&stream->sent);

    if (sent - g_atomic_int_get (&stream->received) >= FLIGHT) {
      g_thread_yield ();
      continue;
    }
    number[1] = (guint32) sent;
    g_socket_send_to (stream->f.sender, stream->f.to, (const gchar *) number,
        sizeof (number), NULL, &error);
    g_assert_no_error (error);
    g_atomic_int_inc (&stream->sent);
  }
  return NULL;
}

/* Marks it as seen; each reader's are in order. */
static void
note_number (GByteArray *seen, const guint32 *data, gint64 *last)
{
  guint8 none = FALSE;

  g_assert_cmpint (data[1], >, *last);
  *last = data[1];
  while (seen->len <= data[1])
    g_byte_array_append (seen, &none, 1);
  g_assert_false (seen->data[data[1]]);
  seen->data[data[1]] = TRUE;
}

static void
read_agent (Stream *stream, GByteArray *seen, gint64 *last)
{
  guint32 data[25];

  while (g_socket_receive (
             stream->f.agent, (gchar *) data, sizeof (data), NULL, NULL)
      == sizeof (data)) {
    note_number (seen, data, last);
    g_atomic_int_inc (&stream->received);
  }
}

static void
read_media (Stream *stream, GByteArray *seen, gint64 *last)
{
  GstIceDatagramSocketReceived received;
  GstBufferList *list = gst_ice_datagram_socket_receive (
      stream->f.media, FALSE, &received);
  guint i;

  for (i = 0; i < received.n; i++) {
    guint32 data[25];

    g_assert_cmpuint (gst_buffer_extract (gst_buffer_list_get (list, i), 0,
                          data, sizeof (data)),
        ==, sizeof (data));
    note_number (seen, data, last);
    g_atomic_int_inc (&stream->received);
  }
  g_clear_pointer (&list, gst_buffer_list_unref);
}

static void
test_switching (gconstpointer host)
{
  Stream stream = { .sent = 0 };
  g_autoptr (GByteArray) seen = g_byte_array_new ();
  gint64 agent = -1, media = -1;
  GThread *thread;
  gint i;

  if (!set_up (&stream.f, host))
    return;
  open_media (&stream.f);
  thread = g_thread_new ("sender", run_sender, &stream);
  for (i = 0; i <= SWITCHES; i++) {
    const gint64 *reader = i % 2 == 0 ? &media : &agent;
    gint64 after = g_atomic_int_get (&stream.sent);
    gint wanted = 0;
    gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

    if (i == SWITCHES) { /* the last ones */
      g_atomic_int_set (&stream.stop, TRUE);
      g_thread_join (thread);
      wanted = stream.sent;
      after = -1;
    } else {
      steer (&stream.f, i % 2 == 0, i % 4 < 2);
    }
    do {
      read_agent (&stream, seen, &agent);
      read_media (&stream, seen, &media);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
    } while (*reader < after || g_atomic_int_get (&stream.received) < wanted);
  }
  g_assert_cmpint (stream.received, ==, stream.sent);
  g_assert_cmpint (agent, >, 0);
  g_assert_cmpint (media, >, 0);
  g_test_message ("%d datagrams", stream.sent);
  tear_down (&stream.f);
}

/* Where it works it reports that. */
static void
test_is_possible (void)
{
  Fixture f;

  set_up (&f, "127.0.0.1");
  g_assert_true (gst_ice_steering_is_possible ());
  tear_down (&f);
}

static void
assert_remote (Fixture *f, const gchar *address, gint scope)
{
  g_autoptr (GSocketAddress)
      remote = gst_ice_steering_make_remote (f->steering, address, 5000);
  g_autofree gchar *text = NULL;

  g_assert_nonnull (remote);
  text = g_inet_address_to_string (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote)));
  g_assert_cmpstr (text, ==, address);
  g_assert_cmpuint (
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (remote)), ==,
      5000);
  if (strchr (address, ':') == NULL)
    return;
  g_assert_cmpint (
      g_inet_socket_address_get_scope_id (G_INET_SOCKET_ADDRESS (remote)), ==,
      scope);
}

/* Only a link-local address of IPv6 needs the link. */
static void
test_remote (int descriptor)
{
  gint link;
  Fixture f;

  g_assert_true (netns_run ("ip link add v0 type veth peer name v1"));
  g_assert_true (netns_run ("ip address add fe80::5/64 dev v0 nodad"));
  g_assert_true (netns_run ("ip link set v0 up"));
  link = (gint) if_nametoindex ("v0");
  if (!set_up (&f, "fe80::5%v0"))
    return;
  assert_remote (&f, "fe80::9", link);
  assert_remote (&f, "2001:db8::9", 0);
  assert_remote (&f, "169.254.0.9", 0);
  assert_remote (&f, "10.0.0.9", 0);
  g_assert_null (gst_ice_steering_make_remote (f.steering, "nowhere", 5000));
  tear_down (&f);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const gchar *name;
    GTestDataFunc function;
  } tests[] = {
    { "readers", test_readers },
    { "after-free", test_all_back_after_free },
    { "send", test_send },
    { "media", test_media },
    { "spared", test_spared },
    { "media-send", test_media_send },
    { "requests", test_requests },
    { "switching", test_switching },
  };
  int result;
  guint i;

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/steering/is-possible", test_is_possible);
  netns_add_test ("/steering/remote", test_remote);
  for (i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autofree gchar *v4 = g_strconcat ("/steering/ipv4/", tests[i].name, NULL);
    g_autofree gchar *v6 = g_strconcat ("/steering/ipv6/", tests[i].name, NULL);

    g_test_add_data_func (v4, "127.0.0.1", tests[i].function);
    g_test_add_data_func (v6, "::1", tests[i].function);
  }
  result = g_test_run ();
  gst_deinit ();
  return result;
}
