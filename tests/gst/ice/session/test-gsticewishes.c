/* gst-ice: test of elements that set an agent's setting to different values.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/gsticewishes.h"
#include "suite.h"

#include <string.h>

typedef struct
{
  GstIceWishes *wishes;
  GstObject *a, *b, *c;
} Fixture;

static void
begin (Fixture *f)
{
  f->wishes = gst_ice_wishes_new ();
  f->a = gst_object_ref_sink (gst_bin_new ("first"));
  f->b = gst_object_ref_sink (gst_bin_new ("second"));
  f->c = gst_object_ref_sink (gst_bin_new ("third"));
}

static void
end (Fixture *f)
{
  gst_ice_wishes_free (f->wishes);
  gst_object_unref (f->a);
  gst_object_unref (f->b);
  gst_object_unref (f->c);
}

/* Returns: (transfer full) (nullable): the disagreement's text */
static gchar *
add_value (Fixture *f, GstObject *user, GstIceSetting id, const GValue *value)
{
  g_autoptr (GError) error = gst_ice_wishes_add (f->wishes, user, id, value);

  return error != NULL ? g_strdup (error->message) : NULL;
}

static gchar *
add (Fixture *f, GstObject *user, GstIceSetting id, const gchar *text)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, text);
  return add_value (f, user, id, &value);
}

static void
agree (Fixture *f, GstObject *user, GstIceSetting id, const gchar *text)
{
  g_autofree gchar *message = add (f, user, id, text);

  g_assert_cmpstr (message, ==, NULL);
}

static void
disagree (Fixture *f, GstObject *user, GstIceSetting id, const gchar *text,
    const gchar *fragment)
{
  g_autofree gchar *message = add (f, user, id, text);

  g_assert_nonnull (message);
  if (strstr (message, fragment) == NULL)
    g_error ("no \"%s\" in \"%s\"", fragment, message);
}

#define UFRAG GST_ICE_SETTING_LOCAL_UFRAG
#define SERVER GST_ICE_SETTING_STUN_SERVER

/* Of each setting, whoever it is, once. */
static void
test_once (void)
{
  Fixture f;

  begin (&f);
  agree (&f, f.a, UFRAG, "aaaa");
  agree (&f, f.b, UFRAG, "aaaa");
  agree (&f, f.b, SERVER, "stun:bbbb"); /* another setting */
  disagree (&f, f.c, UFRAG, "cccc", "set its local-ufrag to different values");
  agree (&f, f.a, UFRAG, "dddd");
  agree (&f, f.c, UFRAG, "eeee");
  disagree (
      &f, f.a, SERVER, "stun:aaaa", "stun:bbbb (second) and stun:aaaa (first)");
  end (&f);
}

/* Only the last value of an element counts, and none of one that left. */
static void
test_replaced (void)
{
  Fixture f;

  begin (&f);
  agree (&f, f.a, UFRAG, "aaaa");
  agree (&f, f.a, UFRAG, "bbbb");
  agree (&f, f.a, SERVER, "stun:aaaa");
  agree (&f, f.b, UFRAG, "bbbb");
  gst_ice_wishes_remove (f.wishes, f.a);
  agree (&f, f.b, UFRAG, "cccc");
  agree (&f, f.b, SERVER, "stun:bbbb");
  agree (&f, f.c, UFRAG, "cccc");
  gst_ice_wishes_remove (f.wishes, f.a); /* is not there */
  disagree (&f, f.a, UFRAG, "aaaa", "cccc (third) and aaaa (first)");
  end (&f);
}

/* What each element adds, or decides for itself. */
static void
test_own (void)
{
  g_auto (GValue) one = G_VALUE_INIT, other = G_VALUE_INIT;
  Fixture f;

  begin (&f);
  g_value_init (&one, GST_TYPE_ARRAY);
  g_value_init (&other, GST_TYPE_ARRAY);
  gst_value_array_append_value (&other, &one);
  g_assert_null (add_value (&f, f.a, GST_ICE_SETTING_REMOTE_CANDIDATES, &one));
  g_assert_null (
      add_value (&f, f.b, GST_ICE_SETTING_REMOTE_CANDIDATES, &other));
  agree (&f, f.a, GST_ICE_SETTING_ON_FAILED, "eos");
  agree (&f, f.b, GST_ICE_SETTING_ON_FAILED, "none");
  end (&f);
}

/* What can have a password in it is not shown. */
static void
test_secrets (void)
{
  static const struct
  {
    GstIceSetting id;
    const gchar *shown;
  } rows[] = {
    { GST_ICE_SETTING_LOCAL_PWD, ": a password (first) and a password (sec" },
    { GST_ICE_SETTING_REMOTE_PWD, ": a password (first) and a password (sec" },
    { GST_ICE_SETTING_TURN_SERVER, ": a server (first) and a server (second)" },
  };
  Fixture f;
  guint i;

  begin (&f);
  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    agree (&f, f.a, rows[i].id, "secret");
    disagree (&f, f.b, rows[i].id, "hidden", rows[i].shown);
  }
  agree (&f, f.a, SERVER, NULL);
  disagree (
      &f, f.b, SERVER, "stun:bbbb", "NULL (first) and stun:bbbb (second)");
  end (&f);
}

static void
set_servers (GValue *list, guint n)
{
  g_auto (GValue) item = G_VALUE_INIT;
  guint i;

  g_value_init (list, GST_TYPE_ARRAY);
  g_value_init (&item, G_TYPE_STRING);
  for (i = 0; i < n; i++) {
    g_value_set_static_string (&item, "turn:name:secret@192.0.2.1");
    gst_value_array_append_value (list, &item);
  }
}

static void
test_values (void)
{
  g_auto (GValue) one = G_VALUE_INIT, two = G_VALUE_INIT;
  g_auto (GValue) low = G_VALUE_INIT, high = G_VALUE_INIT;
  g_autofree gchar *lists = NULL, *ports = NULL;
  Fixture f;

  begin (&f);
  set_servers (&one, 1);
  set_servers (&two, 2);
  g_assert_null (add_value (&f, f.a, GST_ICE_SETTING_TURN_SERVERS, &one));
  lists = add_value (&f, f.b, GST_ICE_SETTING_TURN_SERVERS, &two);
  g_assert_nonnull (
      strstr (lists, ": a list of 1 (first) and a list of 2 (second)"));
  g_assert_null (strstr (lists, "secret"));
  g_value_init (&low, G_TYPE_UINT);
  g_value_init (&high, G_TYPE_UINT);
  g_value_set_uint (&low, 5000);
  g_value_set_uint (&high, 6000);
  g_assert_null (add_value (&f, f.a, GST_ICE_SETTING_MIN_PORT, &low));
  ports = add_value (&f, f.b, GST_ICE_SETTING_MIN_PORT, &high);
  g_assert_nonnull (strstr (ports, "5000 (first) and 6000 (second)"));
  end (&f);
}

static const SuiteTest tests[] = {
  { "/wishes/once", test_once },
  { "/wishes/replaced", test_replaced },
  { "/wishes/own", test_own },
  { "/wishes/secrets", test_secrets },
  { "/wishes/values", test_values },
};

int
main (int argc, char **argv)
{
  return suite_run (argc, argv, tests, G_N_ELEMENTS (tests));
}
