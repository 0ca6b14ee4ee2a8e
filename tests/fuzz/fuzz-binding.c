/* gst-ice: libFuzzer entry point of icebinding: nothing is read beyond the end,
 * and an address is one that the message has.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sealed.h"
#include "stun/icebinding.h"

#define HEADER ICE_BINDING_REQUEST_SIZE

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* What a parser would refuse at once: type, length, cookie, transaction id; and
 * FINGERPRINT, where the first octet is odd. */
static void
make_plausible (guint8 *data, gsize size)
{
  static const guint8 id[ICE_BINDING_ID_SIZE] = { 0 };
  guint8 sealed = data[0], first = data[1];

  ice_binding_write_request (data, id);
  data[0] = 1;
  data[1] = (first & 1) != 0 ? 0x01 : 0x11;
  data[2] = (guint8) ((size - HEADER) >> 8);
  data[3] = (guint8) (size - HEADER);
  if ((sealed & 1) != 0 && size >= HEADER + SEALED_FINGERPRINT)
    sealed_make (data, size, NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const guint8 id[ICE_BINDING_ID_SIZE] = { 0 };
  g_autofree guint8 *exact = size > 0 ? g_memdup2 (data, size) : NULL;
  IceBindingAnswer answer;

  if (size >= HEADER)
    make_plausible (exact, size);
  ice_binding_read_answer (&answer, exact, size, id);
  if (size < HEADER || size % 4 != 0 || size > ICE_BINDING_MAX_ANSWER)
    g_assert_cmpint (answer.kind, ==, ICE_BINDING_OTHER);
  if (answer.kind == ICE_BINDING_MAPPED) {
    g_assert_cmpuint (size, >=, HEADER + 12);
    g_assert_cmpuint (answer.address.port, !=, 0);
    g_assert_cmpint (answer.address.octets[0], !=, 0xFF);
  }
  if (answer.kind == ICE_BINDING_ERROR)
    g_assert_true (
        answer.code == 0 || (answer.code >= 300 && answer.code < 700));
  return 0;
}
