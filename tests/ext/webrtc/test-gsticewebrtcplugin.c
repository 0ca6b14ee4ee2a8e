/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The module is loaded only by the minor version of GStreamer that it was built
 * with. The plugin calls this program's gst_version(). */

#include <gmodule.h>
#include <gst/gst.h>

static guint later; /* minor versions */

G_MODULE_EXPORT void
gst_version (guint *major, guint *minor, guint *micro, guint *nano)
{
  *major = GST_VERSION_MAJOR;
  *minor = GST_VERSION_MINOR + later;
  *micro = GST_VERSION_MICRO;
  *nano = GST_VERSION_NANO;
}

static void
test_same_version (void)
{
  g_assert_true (gst_dynamic_type_factory_load ("GstIceWebRTCAgent") != 0);
}

static void
test_later_version (void)
{
  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 0, 0);
    g_test_trap_assert_passed ();
    return;
  }
  later = 2;
  g_test_expect_message (
      "gst-ice", G_LOG_LEVEL_WARNING, "*was built with*build gst-ice again");
  g_assert_true (gst_dynamic_type_factory_load ("GstIceWebRTCAgent") == 0);
  g_test_assert_expected_messages ();
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/webrtc/plugin/same-version", test_same_version);
  g_test_add_func ("/webrtc/plugin/later-version", test_later_version);
  return g_test_run ();
}
