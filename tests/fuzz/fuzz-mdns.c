/* gst-ice: libFuzzer entry point of icemdns: it ends, and what it finds is an
 * address that a host can have.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "addresses/icemdns.h"

#define NAME "1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9.local"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  guint8 address[16];
  gsize address_size = 0;
  IceMdnsAnswer answer = ice_mdns_read_answer (
      data, size, NAME, address, &address_size);

  g_assert_cmpint (answer, <, ICE_MDNS_N_ANSWERS);
  if (answer != ICE_MDNS_ADDRESS)
    return 0;
  g_assert_true (address_size == 4 || address_size == 16);
  g_assert_true (address_size == 16 || address[0] < 224);
  return 0;
}
