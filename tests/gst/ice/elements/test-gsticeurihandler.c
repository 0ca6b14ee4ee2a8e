/* gst-ice: test of the elements as GstURIHandler.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "suite.h"
#include <gst/gst.h>

static const struct
{
  const gchar *name;
  GstURIType type;
} elements[] = { { "icesrc", GST_URI_SRC }, { "icesink", GST_URI_SINK } };

static GstElement *
make (guint i)
{
  return gst_object_ref_sink (
      gst_element_factory_make (elements[i].name, NULL));
}

#define assert_uri(element, expected)                                          \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree gchar *uri_ = gst_uri_handler_get_uri (                         \
        GST_URI_HANDLER (element));                                            \
    g_assert_cmpstr (uri_, ==, expected);                                      \
  }                                                                            \
  G_STMT_END

static void
assert_properties (
    GstElement *element, const gchar *signalling, guint stream, guint component)
{
  g_autofree gchar *text = NULL;
  guint s, c;

  g_object_get (
      element, "signalling-uri", &text, "stream", &s, "component", &c, NULL);
  g_assert_cmpstr (text, ==, signalling);
  g_assert_cmpuint (s, ==, stream);
  g_assert_cmpuint (c, ==, component);
}

static void
set (GstElement *element, const gchar *uri)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (
      gst_uri_handler_set_uri (GST_URI_HANDLER (element), uri, &error));
  g_assert_no_error (error);
}

static void
refuse (GstElement *element, const gchar *uri, GstURIError code,
    const gchar *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (
      gst_uri_handler_set_uri (GST_URI_HANDLER (element), uri, &error));
  g_assert_error (error, GST_URI_ERROR, (gint) code);
  g_assert_cmpstr (error->message, ==, message);
}

/* It has its text back while the properties are what it says. */
static void
test_set (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (elements); i++) {
    GstElement *element = make (i);

    g_assert_cmpint (gst_uri_handler_get_uri_type (GST_URI_HANDLER (element)),
        ==, elements[i].type);
    assert_uri (element, NULL);
    set (element, "ice://h:1?stream=2&mode=listener&component=3&timeout=4");
    assert_properties (element, "tcp://h:1?mode=listener&timeout=4", 2, 3);
    assert_uri (
        element, "ice://h:1?stream=2&mode=listener&component=3&timeout=4");
    g_object_set (element, "component", 1, NULL);
    assert_uri (element, "ice://h:1?mode=listener&timeout=4&stream=2");
    g_object_set (element, "component", 3, "stream", 0, NULL);
    assert_uri (element, "ice://h:1?mode=listener&timeout=4&component=3");
    g_object_set (element, "stream", 2, "signalling-uri", "tcp://h:2", NULL);
    assert_uri (element, "ice://h:2?stream=2&component=3");
    set (element, "ice://h:1");
    assert_properties (element, "tcp://h:1", 0, 1);
    gst_object_unref (element);
  }
}

static void
test_refused (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (elements); i++) {
    GstElement *element = make (i);

    set (element, "ice://h:1?stream=2");
    refuse (element, "ice://h", GST_URI_ERROR_BAD_URI,
        "ice URI: the port is missing or 0, expected a number from 1 to 65535");
    assert_properties (element, "tcp://h:1", 2, 1);
    assert_uri (element, "ice://h:1?stream=2");
    g_object_set (element, "signalling-uri", NULL, NULL);
    gst_element_set_state (element, GST_STATE_READY);
    set (element, "ice://h:2");
    g_object_set (element, "signalling-uri", NULL, NULL);
    gst_element_set_state (element, GST_STATE_PAUSED);
    refuse (element, "ice://h:3", GST_URI_ERROR_BAD_STATE,
        "the URI can only change in NULL and READY");
    assert_properties (element, NULL, 0, 1);
    gst_element_set_state (element, GST_STATE_NULL);
    gst_object_unref (element);
  }
}

static const SuiteTest tests[] = {
  { "/uri-handler/set", test_set },
  { "/uri-handler/refused", test_refused },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
