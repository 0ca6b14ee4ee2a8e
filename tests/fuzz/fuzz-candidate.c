/* gst-ice: libFuzzer entry point of icecandidate: no crash, exact round trip.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include <arpa/inet.h>
#include <string.h>

#include "candidates/icecandidate.h"
#include "candidates/icecredentials.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
assert_candidates_equal (const IceCandidate *a, const IceCandidate *b)
{
  g_assert_cmpstr (a->foundation, ==, b->foundation);
  g_assert_cmpuint (a->component, ==, b->component);
  g_assert_cmpint (a->protocol, ==, b->protocol);
  g_assert_cmpuint (a->priority, ==, b->priority);
  g_assert_cmpstr (a->address, ==, b->address);
  g_assert_cmpuint (a->port, ==, b->port);
  g_assert_cmpint (a->type, ==, b->type);
  g_assert_cmpstr (a->related_address, ==, b->related_address);
  g_assert_cmpuint (a->related_port, ==, b->related_port);
  g_assert_cmpint (a->tcp_type, ==, b->tcp_type);
  g_assert_cmpstr (a->ufrag, ==, b->ufrag);
  g_assert_true ((a->extensions == NULL) == (b->extensions == NULL));
  if (a->extensions != NULL)
    g_assert_cmpstrv (a->extensions, b->extensions);
}

/* The C library is the judge of what a numeric address is. */
static void
assert_address (const gchar *address)
{
  guint8 binary[16];
  gboolean v4 = inet_pton (AF_INET, address, binary) == 1;
  gboolean v6 = inet_pton (AF_INET6, address, binary) == 1;

  g_assert_true (ice_address_is_valid (address));
  if (v4)
    g_assert_cmpint (ice_address_kind (address), ==, ICE_ADDRESS_IPV4);
  else if (v6)
    g_assert_cmpint (ice_address_kind (address), ==, ICE_ADDRESS_IPV6);
  else
    g_assert_cmpint (ice_address_kind (address), ==, ICE_ADDRESS_NAME);

  /* what getaddrinfo() would take for an address must not pass for a name */
  if (!v4 && !v6)
    g_assert_cmpint (inet_aton (address, (struct in_addr *) binary), ==, 0);
}

static void
assert_round_trip (const IceCandidate *candidate)
{
  g_autoptr (IceCandidate) again = NULL;
  g_autoptr (IceCandidate) copy = ice_candidate_copy (candidate);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = ice_candidate_to_string (candidate);
  g_autofree gchar *text_again = NULL;

  assert_candidates_equal (candidate, copy);
  again = ice_candidate_parse (text, &error);
  g_assert_no_error (error);
  assert_candidates_equal (candidate, again);
  text_again = ice_candidate_to_string (again);
  g_assert_cmpstr (text, ==, text_again);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree gchar *text = g_strndup ((const gchar *) data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (IceCandidate) candidate = ice_candidate_parse (text, &error);
  g_autofree gchar *quoted = ice_candidate_quote (text);

  g_assert_true (g_str_is_ascii (quoted));
  g_assert_cmpuint (strlen (quoted), <, 600);
  if (candidate == NULL) {
    g_assert_true (error != NULL && error->domain == ICE_CANDIDATE_ERROR);
    g_assert_true (g_str_is_ascii (error->message));
    g_assert_cmpuint (strlen (error->message), <, 300);
    return 0;
  }

  g_assert_no_error (error);
  g_assert_cmpuint (candidate->component, >=, 1);
  g_assert_cmpuint (candidate->component, <=, 256);
  g_assert_cmpuint (candidate->priority, >=, 1);
  g_assert_cmpuint (candidate->priority, <=, G_MAXINT32);
  g_assert_cmpuint (strlen (candidate->foundation), <=, 32);
  g_assert_true (candidate->type != ICE_CANDIDATE_TYPE_HOST
      || candidate->related_address == NULL);
  assert_address (candidate->address);
  if (candidate->related_address != NULL)
    assert_address (candidate->related_address);
  if (candidate->ufrag != NULL)
    g_assert_true (ice_ufrag_check (candidate->ufrag, NULL));
  assert_round_trip (candidate);
  return 0;
}
