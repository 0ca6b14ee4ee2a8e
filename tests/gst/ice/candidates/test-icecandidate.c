/* gst-ice: test of icecandidate.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mutation.h"
#include "../fuzz/fuzz-candidate.c"

#define LABEL_63                                                               \
  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

#define HOST "candidate:1 1 UDP 1 192.0.2.1 5000 typ host"
#define SRFLX "candidate:1 1 UDP 1 192.0.2.1 5000 typ srflx"
#define TCP "candidate:1 1 TCP 1 192.0.2.1 5000 typ host"

/* The first 32 digits of sha256sum's. */
#define SUM_OF_33 "fb17f8f400d53d50efb163dd8ab40a1b"
#define SUM_OF_A_B "d44362d67d921091c7b9674d752e9e23"

/* As they were seen on the wire; printed is NULL where it is text itself. */
static const struct
{
  const gchar *text;
  const gchar *printed;
} accepted[] = {
  /* libnice */
  { "candidate:1 1 UDP 2015363327 192.168.1.7 50123 typ host", NULL },
  { "a=candidate:2 1 TCP 1015021823 192.168.1.7 9 typ host tcptype active",
      "candidate:2 1 TCP 1015021823 192.168.1.7 9 typ host tcptype active" },
  { "candidate:3 2 TCP 1010827518 fe80::5054:ff:fe12:3456 40001 typ host "
    "tcptype passive",
      NULL },
  { "candidate:4 1 UDP 1677722111 203.0.113.9 50123 typ srflx raddr "
    "192.168.1.7 rport 50123",
      NULL },
  { "candidate:5 1 UDP 8191 203.0.113.200 61000 typ relay raddr 203.0.113.9 "
    "rport 50123",
      NULL },
  { "candidate:6 1 UDP 1677722111 203.0.113.9 50123 typ srflx", NULL },
  { "candidate:7 1 TCP 1677722111 203.0.113.9 50123 typ prflx raddr "
    "192.168.1.7 rport 0 tcptype so",
      NULL },
  /* Chrome */
  { "candidate:842163049 1 udp 1677729535 203.0.113.9 46154 typ srflx raddr "
    "0.0.0.0 rport 0 generation 0 ufrag 7Yc0 network-cost 999",
      "candidate:842163049 1 UDP 1677729535 203.0.113.9 46154 typ srflx raddr "
      "0.0.0.0 rport 0 generation 0 network-cost 999 ufrag 7Yc0" },
  { "candidate:2999745851 1 tcp 1518280447 10.0.0.5 9 typ host tcptype active "
    "generation 0 ufrag EEtu network-id 3 network-cost 10",
      "candidate:2999745851 1 TCP 1518280447 10.0.0.5 9 typ host tcptype "
      "active generation 0 network-id 3 network-cost 10 ufrag EEtu" },
  { "candidate:1467250027 1 udp 2122260223 "
    "9b36eaac-bb2e-49bb-bb78-21c41c499900.local 46243 typ host generation 0 "
    "ufrag 7Yc0 network-cost 999",
      "candidate:1467250027 1 UDP 2122260223 "
      "9b36eaac-bb2e-49bb-bb78-21c41c499900.local 46243 typ host generation 0 "
      "network-cost 999 ufrag 7Yc0" },
  { "candidate:3885250869 1 udp 33562623 2001:db8:85a3::8a2e:370:7334 62000 "
    "typ relay raddr :: rport 0 generation 0 ufrag 7Yc0 network-id 1",
      "candidate:3885250869 1 UDP 33562623 2001:db8:85a3::8a2e:370:7334 62000 "
      "typ relay raddr :: rport 0 generation 0 network-id 1 ufrag 7Yc0" },
  /* Firefox */
  { "candidate:0 1 UDP 2122252543 192.168.1.7 50123 typ host", NULL },
  { "candidate:2 1 TCP 2105524479 192.168.1.7 9 typ host tcptype active",
      NULL },
  { "candidate:1 2 UDP 1686052862 203.0.113.9 50124 typ srflx raddr "
    "192.168.1.7 rport 50124",
      NULL },
  { "a=candidate:0 1 UDP 2122187007 "
    "1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9.local 50123 typ host",
      "candidate:0 1 UDP 2122187007 "
      "1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9.local 50123 typ host" },
  /* aioice, pion */
  { "candidate:6815297761 1 udp 659136 1.2.3.4 31102 typ host generation 0 "
    "ufrag b7l3",
      "candidate:6815297761 1 UDP 659136 1.2.3.4 31102 typ host generation 0 "
      "ufrag b7l3" },
  { "candidate:9b0e8a2c1d3f4e5a6b7c8d9e0f1a2b3c 1 udp 1694498815 1.2.3.4 "
    "31102 typ srflx raddr 192.168.1.2 rport 31102",
      "candidate:9b0e8a2c1d3f4e5a6b7c8d9e0f1a2b3c 1 UDP 1694498815 1.2.3.4 "
      "31102 typ srflx raddr 192.168.1.2 rport 31102" },
  { "candidate:233762139 1 udp 2130706431 172.17.0.1 40020 typ host ufrag "
    "AbCdEfGh",
      "candidate:233762139 1 UDP 2130706431 172.17.0.1 40020 typ host ufrag "
      "AbCdEfGh" },
  /* the edges of the grammar */
  { "candidate:+/aZ09 256 uDp 1 0.0.0.0 1 typ host",
      "candidate:+/aZ09 256 UDP 1 0.0.0.0 1 typ host" },
  { "candidate:1 001 UDP 0000000001 a 00001 typ host",
      "candidate:1 1 UDP 1 a 1 typ host" },
  { "candidate:1 1 UDP 2147483647 turn.example.com 65535 typ relay", NULL },
  { "candidate:1 1 TCP 1 ::ffff:192.0.2.1 0 typ host tcptype active", NULL },
  { "candidate:1 1 UDP 1 h_o-st.1.example 1 typ srflx raddr a.local rport 9",
      NULL },
  { "candidate:1 1 UDP 1 " LABEL_63 ".a1 1 typ host", NULL },
  { "candidate:1 1 UDP 1 ::1 1 typ host x ~!\"#$%&'()*,:;<=>?@[\\]^`{|} x y",
      NULL },
  { "candidate:1 1 UDP 1 ::1 1 typ host Raddr x TYP host ufrag aaaa", NULL },
  /* what browsers accept beside it */
  { "a=" HOST "\r\n", HOST },
  { HOST "\n", HOST },
  { HOST "\t", HOST },
  { HOST "  \t ", HOST },
  { HOST " generation 0 ", HOST " generation 0" },
  { HOST " generation 0\r\n", HOST " generation 0" },
  { HOST " ufrag abcd\n", HOST " ufrag abcd" },
  { HOST " raddr 127.0.0.1 rport 9", HOST },
  { HOST " raddr 127.0.0.1 rport 9 generation 0", HOST " generation 0" },
  { SRFLX " rport 9 raddr 127.0.0.1 generation 0",
      SRFLX " raddr 127.0.0.1 rport 9 generation 0" },
  { SRFLX " raddr 10.0.0.1", SRFLX " raddr 10.0.0.1 rport 0" },
  { SRFLX " raddr 10.0.0.1 generation 0",
      SRFLX " raddr 10.0.0.1 rport 0 generation 0" },
  { SRFLX " rport 5000", SRFLX },
  { "candidate:012345678901234567890123456789012 1 UDP 1 192.0.2.1 5000 typ "
    "host",
      "candidate:" SUM_OF_33 " 1 UDP 1 192.0.2.1 5000 typ host" },
  { "candidate:a-b 1 UDP 1 192.0.2.1 5000 typ host",
      "candidate:" SUM_OF_A_B " 1 UDP 1 192.0.2.1 5000 typ host" },
};

static void
test_accepted (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (accepted); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (IceCandidate)
        candidate = ice_candidate_parse (accepted[i].text, &error);
    g_autofree gchar *printed = NULL;

    g_assert_no_error (error);
    assert_round_trip (candidate);
    printed = ice_candidate_to_string (candidate);
    g_assert_cmpstr (printed, ==,
        accepted[i].printed != NULL ? accepted[i].printed : accepted[i].text);
  }
}

static void
test_fields (void)
{
  g_autoptr (IceCandidate) candidate = ice_candidate_parse (
      "a=candidate:ab+/ 2 TCP 1015021823 2001:db8::1 9 typ srflx raddr "
      "10.0.0.1 rport 5000 tcptype active generation 0 ufrag 7Yc0 x y",
      NULL);
  static const gchar *const extensions[] = { "generation", "0", "x", "y",
    NULL };

  g_assert_nonnull (candidate);
  g_assert_cmpstr (candidate->foundation, ==, "ab+/");
  g_assert_cmpuint (candidate->component, ==, 2);
  g_assert_cmpint (candidate->protocol, ==, ICE_CANDIDATE_PROTOCOL_TCP);
  g_assert_cmpuint (candidate->priority, ==, 1015021823);
  g_assert_cmpstr (candidate->address, ==, "2001:db8::1");
  g_assert_cmpuint (candidate->port, ==, 9);
  g_assert_cmpint (candidate->type, ==, ICE_CANDIDATE_TYPE_SRFLX);
  g_assert_cmpstr (candidate->related_address, ==, "10.0.0.1");
  g_assert_cmpuint (candidate->related_port, ==, 5000);
  g_assert_cmpint (candidate->tcp_type, ==, ICE_CANDIDATE_TCP_ACTIVE);
  g_assert_cmpstr (candidate->ufrag, ==, "7Yc0");
  g_assert_cmpstrv (candidate->extensions, extensions);
}

static void
test_absent_fields (void)
{
  g_autoptr (IceCandidate) candidate = ice_candidate_parse (
      "candidate:1 1 udp 1 192.0.2.1 5000 typ relay", NULL);

  g_assert_nonnull (candidate);
  g_assert_null (candidate->related_address);
  g_assert_cmpuint (candidate->related_port, ==, 0);
  g_assert_cmpint (candidate->tcp_type, ==, ICE_CANDIDATE_TCP_NONE);
  g_assert_null (candidate->ufrag);
  g_assert_null (candidate->extensions);
}

static const struct
{
  const gchar *text;
  IceCandidateError code;
  const gchar *fragment;
} refused[] = {
  { NULL, ICE_CANDIDATE_ERROR_PREFIX, "the text is empty" },
  { "", ICE_CANDIDATE_ERROR_PREFIX, "the text is empty" },
  { " " HOST, ICE_CANDIDATE_ERROR_PREFIX, "begin with \"candidate:\"" },
  { "\n", ICE_CANDIDATE_ERROR_PREFIX, "text \"\\n\"" },
  { "candidate", ICE_CANDIDATE_ERROR_PREFIX, "text \"candidate\"" },
  { "Candidate:1 1 UDP 1 192.0.2.1 5000 typ host", ICE_CANDIDATE_ERROR_PREFIX,
      "text \"Candidate:1" },
  { "1 1 UDP 1 192.0.2.1 5000 typ host", ICE_CANDIDATE_ERROR_PREFIX,
      "\"1 1 UDP" },
  { "a=a=" HOST, ICE_CANDIDATE_ERROR_PREFIX, "\"a=a=candidate:1" },
  { "a=", ICE_CANDIDATE_ERROR_PREFIX, "text \"a=\"" },
  { "a=end-of-candidates", ICE_CANDIDATE_ERROR_PREFIX, "end-of-candidates" },
  { "m=" HOST, ICE_CANDIDATE_ERROR_PREFIX, "\"m=candidate:1" },

  { "candidate:", ICE_CANDIDATE_ERROR_FOUNDATION, "foundation is missing" },
  { "candidate: 1 UDP 1 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_FOUNDATION, "foundation \"\"" },
  { "candidate:" LABEL_63 LABEL_63 LABEL_63 LABEL_63
    "aaaaa 1 UDP 1 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_FOUNDATION, "expected 1 to 256 printable ASCII" },
  { "candidate:\303\251 1 UDP 1 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_FOUNDATION, "\"\\303\\251\"" },

  { "candidate:1", ICE_CANDIDATE_ERROR_COMPONENT, "the component is missing" },
  { "candidate:1  1 UDP 1 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_COMPONENT, "component \"\"" },
  { "candidate:1 0 UDP 1 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_COMPONENT, "component \"0\"" },
  { "candidate:1 257 UDP 1 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_COMPONENT, "expected a number from 1 to 256" },
  { "candidate:1 0001 UDP 1 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_COMPONENT, "component \"0001\"" },
  { "candidate:1 +1 UDP 1 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_COMPONENT, "\"+1\"" },
  { "candidate:1 -1 UDP 1 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_COMPONENT, "\"-1\"" },
  { "candidate:1 0x1 UDP 1 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_COMPONENT, "\"0x1\"" },
  { "candidate:1\t1 UDP 1 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_FOUNDATION, "\"1\\t1\"" },

  { "candidate:1 1", ICE_CANDIDATE_ERROR_TRANSPORT,
      "the transport is missing" },
  { "candidate:1 1 SCTP 1 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_TRANSPORT, "no other transport is supported" },
  { "candidate:1 1 TCP-ACT 1 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_TRANSPORT, "transport \"TCP-ACT\"" },
  { "candidate:1 1 ssltcp 1 192.0.2.1 443 typ host",
      ICE_CANDIDATE_ERROR_TRANSPORT, "\"ssltcp\"" },

  { "candidate:1 1 UDP", ICE_CANDIDATE_ERROR_PRIORITY, "priority is missing" },
  { "candidate:1 1 UDP 0 192.0.2.1 5000 typ host", ICE_CANDIDATE_ERROR_PRIORITY,
      "priority \"0\"" },
  { "candidate:1 1 UDP 2147483648 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_PRIORITY, "1 to 2147483647" },
  { "candidate:1 1 UDP 00000000001 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_PRIORITY, "\"00000000001\"" },
  { "candidate:1 1 UDP 18446744073709551617 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_PRIORITY, "\"18446744073709551617\"" },
  { "candidate:1 1 UDP 1e3 192.0.2.1 5000 typ host",
      ICE_CANDIDATE_ERROR_PRIORITY, "\"1e3\"" },

  { "candidate:1 1 UDP 1", ICE_CANDIDATE_ERROR_ADDRESS, "address is missing" },
  { "candidate:1 1 UDP 1  5000 typ host", ICE_CANDIDATE_ERROR_ADDRESS,
      "address \"\"" },

  { "candidate:1 1 UDP 1 192.0.2.1", ICE_CANDIDATE_ERROR_PORT,
      "the port is missing" },
  { "candidate:1 1 UDP 1 192.0.2.1 65536 typ host", ICE_CANDIDATE_ERROR_PORT,
      "0 to 65535" },
  { "candidate:1 1 UDP 1 192.0.2.1 050000 typ host", ICE_CANDIDATE_ERROR_PORT,
      "port \"050000\"" },
  { "candidate:1 1 UDP 1 192.0.2.1 -1 typ host", ICE_CANDIDATE_ERROR_PORT,
      "port \"-1\"" },
  { "candidate:1 1 UDP 1 192.0.2.1 0 typ host", ICE_CANDIDATE_ERROR_PORT,
      "0 only on an active tcp candidate" },
  { "candidate:1 1 TCP 1 192.0.2.1 0 typ host tcptype passive",
      ICE_CANDIDATE_ERROR_PORT, "0 only on an active tcp candidate" },
  { "candidate:1 1 TCP 1 192.0.2.1 0 typ host tcptype so",
      ICE_CANDIDATE_ERROR_PORT, "0 only on an active tcp candidate" },

  { "candidate:1 1 UDP 1 192.0.2.1 5000", ICE_CANDIDATE_ERROR_TYPE,
      "the keyword before the type is missing" },
  { "candidate:1 1 UDP 1 192.0.2.1 5000 host", ICE_CANDIDATE_ERROR_TYPE,
      "expected \"typ\"" },
  { "candidate:1 1 UDP 1 192.0.2.1 5000 TYP host", ICE_CANDIDATE_ERROR_TYPE,
      "\"TYP\"" },
  { "candidate:1 1 UDP 1 192.0.2.1 5000 typ", ICE_CANDIDATE_ERROR_TYPE,
      "the type is missing" },
  { "candidate:1 1 UDP 1 192.0.2.1 5000 typ local", ICE_CANDIDATE_ERROR_TYPE,
      "type \"local\"" },
  { "candidate:1 1 UDP 1 192.0.2.1 5000 typ Host", ICE_CANDIDATE_ERROR_TYPE,
      "expected \"host\", \"srflx\", \"prflx\" or \"relay\"" },
  { HOST "\r\n ufrag abcd", ICE_CANDIDATE_ERROR_TYPE, "type \"host\\r\\n\"" },

  { HOST " raddr 300.1.1.1 rport 5000", ICE_CANDIDATE_ERROR_RELATED_ADDRESS,
      "raddr \"300.1.1.1\"" },
  { SRFLX " raddr", ICE_CANDIDATE_ERROR_RELATED_ADDRESS, "raddr is missing" },
  { SRFLX " raddr 300.1.1.1 rport 5000", ICE_CANDIDATE_ERROR_RELATED_ADDRESS,
      "raddr \"300.1.1.1\"" },
  { SRFLX " raddr  rport 5000", ICE_CANDIDATE_ERROR_RELATED_ADDRESS,
      "raddr \"\"" },
  { SRFLX " rport 5000 raddr", ICE_CANDIDATE_ERROR_RELATED_ADDRESS,
      "raddr is missing" },
  { SRFLX " raddr 10.0.0.1 rport 5000 raddr 10.0.0.1 rport 5000",
      ICE_CANDIDATE_ERROR_RELATED_ADDRESS, "once, right after the type" },
  { SRFLX " generation 0 raddr 10.0.0.1 rport 5000",
      ICE_CANDIDATE_ERROR_RELATED_ADDRESS, "once, right after the type" },
  { HOST " generation 0 raddr 10.0.0.1 rport 5000",
      ICE_CANDIDATE_ERROR_RELATED_ADDRESS, "once, right after the type" },
  { SRFLX " raddr 10.0.0.1 generation 0 rport 5000",
      ICE_CANDIDATE_ERROR_RELATED_PORT, "once, right after the type" },
  { SRFLX " raddr 10.0.0.1 rport", ICE_CANDIDATE_ERROR_RELATED_PORT,
      "rport is missing" },
  { SRFLX " raddr 10.0.0.1 rport 65536", ICE_CANDIDATE_ERROR_RELATED_PORT,
      "rport \"65536\"" },
  { SRFLX " raddr 10.0.0.1 rport 5000 rport 5000",
      ICE_CANDIDATE_ERROR_RELATED_PORT, "once, right after the type" },

  { TCP, ICE_CANDIDATE_ERROR_TCP_TYPE, "the tcptype is missing" },
  { TCP " tcptype", ICE_CANDIDATE_ERROR_TCP_TYPE, "tcptype is missing" },
  { TCP " tcptype both", ICE_CANDIDATE_ERROR_TCP_TYPE, "tcptype \"both\"" },
  { TCP " tcptype Active", ICE_CANDIDATE_ERROR_TCP_TYPE,
      "\"active\", \"passive\" or \"so\"" },
  { TCP " tcptype so tcptype so", ICE_CANDIDATE_ERROR_TCP_TYPE, "once" },
  { HOST " tcptype active", ICE_CANDIDATE_ERROR_TCP_TYPE,
      "only on a tcp candidate" },

  { HOST " ufrag", ICE_CANDIDATE_ERROR_UFRAG, "the ufrag is missing" },
  { HOST " ufrag abc", ICE_CANDIDATE_ERROR_UFRAG, "ufrag \"abc\"" },
  { HOST " ufrag ab-d", ICE_CANDIDATE_ERROR_UFRAG, "expected 4 to 256" },
  { HOST " ufrag abcd ufrag abcd", ICE_CANDIDATE_ERROR_UFRAG, "once" },
  { HOST " ufrag abcd\n x y", ICE_CANDIDATE_ERROR_UFRAG, "\"abcd\\n\"" },

  { HOST " \n x", ICE_CANDIDATE_ERROR_EXTENSION, "extension name \"\\n\"" },
  { HOST "  generation 0", ICE_CANDIDATE_ERROR_EXTENSION, "a single space" },
  { HOST " generation", ICE_CANDIDATE_ERROR_EXTENSION,
      "extension \"generation\" is not accepted, expected a value" },
  { HOST " generation ", ICE_CANDIDATE_ERROR_EXTENSION,
      "extension \"generation\" is not accepted, expected a value" },
  { HOST " generation  0", ICE_CANDIDATE_ERROR_EXTENSION,
      "extension value \"\"" },
  { HOST " generation 0\r\n x y", ICE_CANDIDATE_ERROR_EXTENSION,
      "extension value \"0\\r\\n\"" },
  { HOST " password s\303\251cret", ICE_CANDIDATE_ERROR_EXTENSION,
      "extension value \"***\"" },
  { HOST " generation 0\177", ICE_CANDIDATE_ERROR_EXTENSION, "\"0\\177\"" },
  { HOST " x \303\251", ICE_CANDIDATE_ERROR_EXTENSION, "\"\\303\\251\"" },
  { HOST " a:b c", ICE_CANDIDATE_ERROR_EXTENSION, "extension name \"a:b\"" },
  { HOST " a@b c", ICE_CANDIDATE_ERROR_EXTENSION, "extension name \"a@b\"" },
  { HOST " a\"b c", ICE_CANDIDATE_ERROR_EXTENSION, "\"a\\\"b\"" },
  { HOST "\r\n" HOST, ICE_CANDIDATE_ERROR_TYPE, "\\r\\n" },
};

static void
assert_refused (
    const gchar *text, IceCandidateError code, const gchar *fragment)
{
  g_autofree gchar *escaped = g_strescape (text != NULL ? text : "NULL", NULL);
  g_autoptr (GError) error = NULL;

  g_test_message ("%.100s", escaped);
  g_assert_null (ice_candidate_parse (text, &error));
  g_assert_error (error, ICE_CANDIDATE_ERROR, (gint) code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, fragment));
  g_assert_null (ice_candidate_parse (text, NULL));
}

static void
test_refused (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (refused); i++)
    assert_refused (refused[i].text, refused[i].code, refused[i].fragment);
}

#define BIG_LABELS LABEL_63 "." LABEL_63 "." LABEL_63 "."

static const gchar *const bad_addresses[] = {
  "[::1]",
  "::1%eth0",
  "fe80::1%25eth0",
  ":",
  ":::",
  "1:2:3",
  ":1",
  "::1::",
  "12345::",
  "::ffff:300.1.1.1",
  "1.2.3",
  "1.2.3.4.5",
  "1.2.3.256",
  "01.2.3.4",
  "12345",
  "0x7f000001",
  "0x7f.1",
  "127.0x1",
  "a.0X1",
  "0x",
  "a.1",
  "a.example.",
  ".a",
  "a..b",
  "-a",
  "a-",
  "a-.b",
  "a.-b",
  "a b",
  "a/b",
  "a:b",
  "a,b",
  "a@b",
  "*",
  "a%41",
  "\303\251.example",
  "a\n",
  LABEL_63 "a",
  /* 254 characters */
  BIG_LABELS "a" LABEL_63,
  BIG_LABELS "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.a",
};

static const struct
{
  const gchar *address;
  IceAddressKind kind;
} good_addresses[] = {
  { "0.0.0.0", ICE_ADDRESS_IPV4 },
  { "255.255.255.255", ICE_ADDRESS_IPV4 },
  { "::", ICE_ADDRESS_IPV6 },
  { "::1", ICE_ADDRESS_IPV6 },
  { "1::", ICE_ADDRESS_IPV6 },
  { "FE80::aB", ICE_ADDRESS_IPV6 },
  { "1:2:3:4:5:6:7:8", ICE_ADDRESS_IPV6 },
  { "::ffff:192.0.2.1", ICE_ADDRESS_IPV6 },
  { "1:2:3:4:5:6:192.0.2.1", ICE_ADDRESS_IPV6 },
  { "a", ICE_ADDRESS_NAME },
  { "localhost", ICE_ADDRESS_NAME },
  { "a.local", ICE_ADDRESS_NAME },
  { "1.example", ICE_ADDRESS_NAME },
  { "_turn.a-b.c_d", ICE_ADDRESS_NAME },
  { "a.0xg", ICE_ADDRESS_NAME },
  { "1a", ICE_ADDRESS_NAME },
  /* 253 characters */
  { BIG_LABELS "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.a",
      ICE_ADDRESS_NAME },
};

static void
test_addresses (void)
{
  gsize i;

  g_assert_false (ice_address_is_valid (NULL));
  g_assert_false (ice_address_is_valid (""));

  for (i = 0; i < G_N_ELEMENTS (bad_addresses); i++) {
    g_autofree gchar *text = g_strdup_printf (
        "candidate:1 1 UDP 1 %s 5000 typ host", bad_addresses[i]);

    g_assert_false (ice_address_is_valid (bad_addresses[i]));
    if (strchr (bad_addresses[i], ' ') == NULL)
      assert_refused (
          text, ICE_CANDIDATE_ERROR_ADDRESS, "ICE candidate: address");
  }

  for (i = 0; i < G_N_ELEMENTS (good_addresses); i++) {
    g_test_message ("%s", good_addresses[i].address);
    assert_address (good_addresses[i].address);
    g_assert_cmpint (ice_address_kind (good_addresses[i].address), ==,
        good_addresses[i].kind);
  }
}

static void
test_bounds (void)
{
  g_autoptr (GString) text = g_string_new (HOST);
  g_autoptr (IceCandidate) candidate = NULL;
  gint i;

  for (i = 0; i < 32; i++)
    g_string_append (text, " x y");
  candidate = ice_candidate_parse (text->str, NULL);
  g_assert_nonnull (candidate);
  assert_round_trip (candidate);
  g_assert_cmpuint (g_strv_length (candidate->extensions), ==, 64);

  g_string_append (text, " x y");
  assert_refused (
      text->str, ICE_CANDIDATE_ERROR_EXTENSION, "at most 32 extensions");

  g_string_assign (text, HOST " x ");
  while (text->len < ICE_CANDIDATE_MAX_LENGTH)
    g_string_append_c (text, 'y');
  g_clear_pointer (&candidate, ice_candidate_free);
  candidate = ice_candidate_parse (text->str, NULL);
  g_assert_nonnull (candidate);
  assert_round_trip (candidate);

  g_string_append_c (text, 'y');
  assert_refused (text->str, ICE_CANDIDATE_ERROR_LENGTH,
      "2049 bytes, expected at most 2048");
}

/* A long token is quoted in part only. */
static void
test_quoting (void)
{
  g_autofree gchar *token = g_strnfill (1500, '\001');
  g_autofree gchar *text = g_strconcat ("candidate:", token, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (ice_candidate_parse (text, &error));
  g_assert_cmpuint (strlen (error->message), <, 200);
  g_assert_nonnull (strstr (error->message, "\\001\\001\"... is not"));
}

static const struct
{
  const gchar *text, *quoted;
} quotes[] = {
  { "", "\"\"" },
  { " ", "\" \"" },
  { "candidate:", "\"candidate:\"" },
  { HOST, "\"" HOST "\"" },
  { HOST "\r\n", "\"" HOST "\\r\\n\"" },
  { HOST " pwd secret", "\"" HOST "\"..." },
  { "a=" SRFLX " ", "\"a=" SRFLX "\"..." },
  { "candidate:1  1 udp", "\"candidate:1  1 udp\"" },
  { LABEL_63 LABEL_63 "bbc", "\"" LABEL_63 LABEL_63 "bb\"..." },
};

static void
test_line_quoting (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (quotes); i++) {
    g_autofree gchar *quoted = ice_candidate_quote (quotes[i].text);

    g_assert_cmpstr (quoted, ==, quotes[i].quoted);
  }
}

/* Equal foundations stay equal, others stay others. */
static void
test_foundations (void)
{
  static const gchar *const texts[] = { "1", "01", "a-b", "a-c", LABEL_63,
    (LABEL_63 "a"), ("A" LABEL_63) };
  gchar *found[G_N_ELEMENTS (texts)];
  gsize i, k;

  for (i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree gchar *line = g_strdup_printf (
        "candidate:%s 1 UDP 1 192.0.2.1 5000 typ host", texts[i]);
    g_autoptr (IceCandidate) first = ice_candidate_parse (line, NULL);
    g_autoptr (IceCandidate) second = ice_candidate_parse (line, NULL);

    g_assert_cmpstr (first->foundation, ==, second->foundation);
    found[i] = g_strdup (first->foundation);
    g_assert_cmpuint (strlen (found[i]), <=, 32);
    for (k = 0; k < i; k++)
      g_assert_cmpstr (found[i], !=, found[k]);
  }
  for (i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (found[i]);
}

static void
test_names (void)
{
  g_assert_cmpstr (
      ice_candidate_type_to_string (ICE_CANDIDATE_TYPE_PRFLX), ==, "prflx");
  g_assert_cmpstr (
      ice_candidate_protocol_to_string (ICE_CANDIDATE_PROTOCOL_UDP), ==, "udp");
  g_assert_cmpstr (
      ice_candidate_protocol_to_string (ICE_CANDIDATE_PROTOCOL_TCP), ==, "tcp");
  ice_candidate_free (NULL);
}

static void
test_mutations (void)
{
  const gchar *seeds[G_N_ELEMENTS (accepted)];
  g_autoptr (GRand) rand = g_rand_new_with_seed (MUTATION_SEED);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (accepted); i++)
    seeds[i] = accepted[i].text;
  for (i = 0; i < mutation_count (); i++) {
    g_autoptr (GString) text = mutate (rand, seeds, G_N_ELEMENTS (seeds));

    LLVMFuzzerTestOneInput ((const guint8 *) text->str, text->len);
  }
}

/* Each text with its end, and a pointer to each extension's. */
static void
test_size (void)
{
  g_autoptr (IceCandidate) small = ice_candidate_parse (
      "candidate:1 1 udp 1 192.0.2.1 5000 typ host", NULL);
  g_autoptr (IceCandidate) large = ice_candidate_parse (
      "candidate:1234 1 udp 1 192.0.2.123 5000 typ srflx raddr 10.0.0.1 "
      "rport 9 ufrag abcd name value",
      NULL);

  g_assert_cmpuint (ice_candidate_get_size (small), ==,
      sizeof (IceCandidate) + sizeof ("1") + sizeof ("192.0.2.1"));
  g_assert_cmpuint (ice_candidate_get_size (large), ==,
      sizeof (IceCandidate) + sizeof ("1234") + sizeof ("192.0.2.123")
          + sizeof ("10.0.0.1") + sizeof ("abcd") + 2 * sizeof (gchar *)
          + sizeof ("name") + sizeof ("value"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/icecandidate/accepted", test_accepted);
  g_test_add_func ("/icecandidate/fields", test_fields);
  g_test_add_func ("/icecandidate/absent-fields", test_absent_fields);
  g_test_add_func ("/icecandidate/refused", test_refused);
  g_test_add_func ("/icecandidate/addresses", test_addresses);
  g_test_add_func ("/icecandidate/bounds", test_bounds);
  g_test_add_func ("/icecandidate/quoting", test_quoting);
  g_test_add_func ("/icecandidate/line-quoting", test_line_quoting);
  g_test_add_func ("/icecandidate/foundations", test_foundations);
  g_test_add_func ("/icecandidate/names", test_names);
  g_test_add_func ("/icecandidate/mutations", test_mutations);
  g_test_add_func ("/icecandidate/size", test_size);
  return g_test_run ();
}
