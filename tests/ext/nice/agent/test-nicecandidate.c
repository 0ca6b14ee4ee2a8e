/* gst-ice: test of the conversions between libnice's candidates and ours.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "agent/nicecandidate.h"

static void
set_address (NiceAddress *address, const gchar *text, guint port)
{
  nice_address_init (address);
  if (text == NULL)
    return;
  g_assert_true (nice_address_set_from_string (address, text));
  nice_address_set_port (address, port);
}

static const struct
{
  NiceCandidateType nice;
  IceCandidateType ice;
} types[] = {
  { NICE_CANDIDATE_TYPE_HOST, ICE_CANDIDATE_TYPE_HOST },
  { NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE, ICE_CANDIDATE_TYPE_SRFLX },
  { NICE_CANDIDATE_TYPE_PEER_REFLEXIVE, ICE_CANDIDATE_TYPE_PRFLX },
  { NICE_CANDIDATE_TYPE_RELAYED, ICE_CANDIDATE_TYPE_RELAY },
};

static const struct
{
  NiceCandidateTransport nice;
  IceCandidateProtocol protocol;
  IceCandidateTcpType tcp_type;
} transports[] = {
  { NICE_CANDIDATE_TRANSPORT_UDP, ICE_CANDIDATE_PROTOCOL_UDP,
      ICE_CANDIDATE_TCP_NONE },
  { NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE, ICE_CANDIDATE_PROTOCOL_TCP,
      ICE_CANDIDATE_TCP_ACTIVE },
  { NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE, ICE_CANDIDATE_PROTOCOL_TCP,
      ICE_CANDIDATE_TCP_PASSIVE },
  { NICE_CANDIDATE_TRANSPORT_TCP_SO, ICE_CANDIDATE_PROTOCOL_TCP,
      ICE_CANDIDATE_TCP_SO },
};

/* base: NULL: none */
static NiceCandidate *
make (
    NiceCandidateType type, const gchar *address, guint port, const gchar *base)
{
  NiceCandidate *nice = nice_candidate_new (type);

  set_address (&nice->addr, address, port);
  set_address (&nice->base_addr, base, 5001);
  nice->priority = 4711;
  g_strlcpy (nice->foundation, "f1", sizeof (nice->foundation));
  return nice;
}

static void
test_types (void)
{
  guint i, k;

  for (i = 0; i < G_N_ELEMENTS (types); i++)
    for (k = 0; k < G_N_ELEMENTS (transports); k++) {
      NiceCandidate *nice = make (types[i].nice, "192.0.2.1", 5000, "10.0.0.1");
      g_autoptr (IceCandidate) ice = NULL;
      gboolean is_host = types[i].ice == ICE_CANDIDATE_TYPE_HOST;
      NiceCandidate *back;

      nice->transport = transports[k].nice;
      ice = nice_candidate_to_ice (nice, 2);
      g_assert_cmpint (ice->type, ==, types[i].ice);
      g_assert_cmpint (ice->protocol, ==, transports[k].protocol);
      g_assert_cmpint (ice->tcp_type, ==, transports[k].tcp_type);
      g_assert_cmpstr (ice->foundation, ==, "f1");
      g_assert_cmpuint (ice->component, ==, 2);
      g_assert_cmpuint (ice->priority, ==, 4711);
      g_assert_cmpstr (ice->address, ==, "192.0.2.1");
      g_assert_cmpuint (ice->port, ==, 5000);
      g_assert_cmpstr (ice->related_address, ==, is_host ? NULL : "10.0.0.1");
      g_assert_cmpuint (ice->related_port, ==, is_host ? 0 : 5001);

      back = nice_candidate_from_ice (ice, 7, 8);
      g_assert_cmpint (back->type, ==, nice->type);
      g_assert_cmpint (back->transport, ==, nice->transport);
      g_assert_true (nice_address_equal (&back->addr, &nice->addr));
      g_assert_true (nice_address_equal (
          &back->base_addr, is_host ? &nice->addr : &nice->base_addr));
      g_assert_cmpuint (back->stream_id, ==, 7);
      g_assert_cmpuint (back->component_id, ==, 8);
      g_assert_cmpuint (back->priority, ==, 4711);
      g_assert_cmpstr (back->foundation, ==, "f1");
      nice_candidate_free (back);
      nice_candidate_free (nice);
    }
}

/* Only an active candidate may have no port of its own. */
static void
test_port (void)
{
  guint k;

  for (k = 0; k < G_N_ELEMENTS (transports); k++) {
    NiceCandidate *nice = make (
        NICE_CANDIDATE_TYPE_HOST, "192.0.2.1", 0, "192.0.2.1");
    g_autoptr (IceCandidate) ice = NULL;

    nice->transport = transports[k].nice;
    ice = nice_candidate_to_ice (nice, 1);
    g_assert_cmpuint (ice->port, ==,
        transports[k].tcp_type == ICE_CANDIDATE_TCP_ACTIVE ? 9 : 0);
    nice_candidate_free (nice);
  }
}

/* All types but host have a related address (RFC 8839 section 5.1). */
static void
test_related (void)
{
  static const struct
  {
    NiceCandidateType type;
    const gchar *address, *base;
    gboolean is_local;
    const gchar *related;
    guint port;
  } rows[] = {
    { NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE, "192.0.2.1", NULL, FALSE, "0.0.0.0",
        0 },
    { NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE, "2001:db8::1", NULL, FALSE,
        "::", 0 },
    { NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE, "192.0.2.1", "10.0.0.1", TRUE,
        "10.0.0.1", 5001 },
    { NICE_CANDIDATE_TYPE_RELAYED, "192.0.2.1", "10.0.0.1", TRUE, "0.0.0.0",
        0 },
    { NICE_CANDIDATE_TYPE_RELAYED, "192.0.2.1", "10.0.0.1", FALSE, "10.0.0.1",
        5001 },
    { NICE_CANDIDATE_TYPE_HOST, "10.0.0.1", "10.0.0.1", TRUE, NULL, 0 },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    NiceCandidate *nice = make (
        rows[i].type, rows[i].address, 5000, rows[i].base);
    g_autoptr (IceCandidate) ice = rows[i].is_local
        ? nice_candidate_local_to_ice (nice, 1)
        : nice_candidate_to_ice (nice, 1);

    g_assert_cmpstr (ice->related_address, ==, rows[i].related);
    g_assert_cmpuint (ice->related_port, ==, rows[i].port);
    nice_candidate_free (nice);
  }
}

static void
test_base (void)
{
  NiceCandidate *nice = make (
      NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE, "192.0.2.1", 5000, NULL);
  IceCheckEndpoint base;

  nice_candidate_get_base (nice, &base);
  g_assert_cmpstr (base.address, ==, "192.0.2.1");
  g_assert_cmpuint (base.port, ==, 5000);

  g_strlcpy (base.address, "10.0.0.1", sizeof (base.address));
  base.port = 5001;
  nice_candidate_set_base (nice, &base);
  g_strlcpy (base.address, "no address", sizeof (base.address));
  nice_candidate_set_base (nice, &base);
  nice_candidate_get_base (nice, &base);
  g_assert_cmpstr (base.address, ==, "10.0.0.1");
  g_assert_cmpuint (base.port, ==, 5001);
  nice_candidate_free (nice);
}

/* A name has to be looked up first; a related one is not needed. */
static void
test_name (void)
{
  g_autoptr (IceCandidate) ice = ice_candidate_parse (
      "candidate:1 1 UDP 1 a.local 5000 typ srflx raddr b.local rport 5001",
      NULL);
  NiceCandidate *nice;

  g_assert_nonnull (ice);
  g_assert_null (nice_candidate_from_ice (ice, 1, 1));
  g_free (ice->address);
  ice->address = g_strdup ("192.0.2.1");
  nice = nice_candidate_from_ice (ice, 1, 1);
  g_assert_nonnull (nice);
  g_assert_true (nice_address_equal (&nice->addr, &nice->base_addr));
  g_assert_cmpuint (nice_address_get_port (&nice->addr), ==, 5000);
  nice_candidate_free (nice);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nicecandidate/types", test_types);
  g_test_add_func ("/nicecandidate/port", test_port);
  g_test_add_func ("/nicecandidate/related", test_related);
  g_test_add_func ("/nicecandidate/base", test_base);
  g_test_add_func ("/nicecandidate/name", test_name);
  return g_test_run ();
}
