/* gst-ice: the settings that are STUN and TURN servers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "api/gsticeservers.h"
#include "model/iceerror.h"
#include "model/iceserverentry.h"
#include <gio/gio.h>
#include <string.h>

/* The longest ice-servers, and the longest urls in it; longer ones are
 * mistakes. */
#define MAX_ENTRIES 1024

#define ENTRY_FORM "ice-server,urls=...,username=...,credential=..."

#define QUOTE_MAX_LENGTH 64

/* A value that has a '@' may have a password, and is not repeated. */
static void
explain_scheme (
    const gchar *text, const gchar *scheme, const gchar *form, GError **error)
{
  g_autofree gchar *completed = g_strdup_printf ("%s://%s", scheme, text);
  g_autofree gchar *quoted = ice_error_quote (text, QUOTE_MAX_LENGTH);
  g_autoptr (IceServer) server = ice_server_parse (completed, NULL);

  g_clear_error (error);
  if (strchr (text, '@') != NULL)
    g_set_error (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_SCHEME,
        "it does not begin with \"%s:\"; write %s", scheme, form);
  else if (server != NULL && server->scheme == ICE_SERVER_STUN)
    g_set_error (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_SCHEME,
        "\"%s\" does not begin with \"stun:\"; write %s", text, completed);
  else
    g_set_error (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_SCHEME,
        "%s does not begin with \"%s:\"; write %s", quoted, scheme, form);
}

static IceServer *
parse (
    const gchar *text, const gchar *scheme, const gchar *form, GError **error)
{
  GError *refusal = NULL;
  IceServer *server = ice_server_parse (text, &refusal);

  if (g_error_matches (refusal, ICE_SERVER_ERROR, ICE_SERVER_ERROR_SCHEME))
    explain_scheme (text, scheme, form, &refusal);
  if (server == NULL)
    g_propagate_error (error, refusal);
  return server;
}

/**
 * gst_ice_servers_check_stun:
 * @text: a value of stun-server
 * @error: return location, set if it is refused
 *
 * Any thread.
 *
 * Returns: whether it is good
 */
gboolean
gst_ice_servers_check_stun (const gchar *text, GError **error)
{
  g_autoptr (IceServer)
      server = parse (text, "stun", "stun://host:port", error);

  if (server == NULL)
    return FALSE;
  if (server->scheme == ICE_SERVER_STUN)
    return TRUE;
  if (ice_server_check_supported (server, error))
    g_set_error_literal (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_SCHEME,
        "a STUN server is stun:host:port; turn: belongs into turn-servers");
  return FALSE;
}

static gboolean
check_tls (const IceServer *server, GError **error)
{
  if (server->transport != ICE_SERVER_TRANSPORT_TLS
      || g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    return TRUE;
  g_set_error_literal (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_TRANSPORT,
      "turns: (TURN over TLS) needs the TLS of GIO: install glib-networking");
  return FALSE;
}

/**
 * gst_ice_servers_check_turn:
 * @text: an item of turn-servers
 * @error: return location, set if it is refused
 *
 * Any thread.
 *
 * Returns: whether it is good
 */
gboolean
gst_ice_servers_check_turn (const gchar *text, GError **error)
{
  g_autoptr (IceServer)
      server = parse (text, "turn", "turn://user:password@host:port", error);

  if (server == NULL)
    return FALSE;
  if (server->scheme == ICE_SERVER_STUN || server->scheme == ICE_SERVER_STUNS) {
    g_set_error_literal (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_SCHEME,
        "a TURN server is turn://user:password@host:port; stun: belongs into "
        "stun-server");
    return FALSE;
  }
  if (!check_tls (server, error))
    return FALSE;
  if (server->username == NULL || server->password == NULL) {
    g_set_error_literal (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_CREDENTIALS,
        "a TURN server needs user:password@ (RFC 8656 long-term credentials); "
        "write turn://USER:PASSWORD@HOST:PORT");
    return FALSE;
  }
  return TRUE;
}

/* One entry's fields, not copied. */
typedef struct
{
  GPtrArray *urls; /* of gchar, %NULL at the end */
  const gchar *username;
  const gchar *credential;
} Entry;

static gboolean
refuse (GError **error, const gchar *message)
{
  g_set_error_literal (
      error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_SYNTAX, message);
  return FALSE;
}

static gboolean
take_url (Entry *entry, const GValue *value, GError **error)
{
  if (value == NULL || !G_VALUE_HOLDS_STRING (value)
      || g_value_get_string (value) == NULL)
    return refuse (error,
        "urls has a value that is not a string, expected a string or an array "
        "of strings");
  g_ptr_array_add (entry->urls, (gpointer) g_value_get_string (value));
  return TRUE;
}

static gboolean
take_urls (Entry *entry, const GValue *value, GError **error)
{
  gboolean array = GST_VALUE_HOLDS_ARRAY (value);
  guint i, n;

  if (G_VALUE_HOLDS (value, G_TYPE_STRV)) {
    const gchar *const *url = g_value_get_boxed (value);

    for (; url != NULL && *url != NULL; url++)
      g_ptr_array_add (entry->urls, (gpointer) *url);
    return TRUE;
  }
  if (!array && !GST_VALUE_HOLDS_LIST (value))
    return take_url (entry, value, error);
  n = array ? gst_value_array_get_size (value)
            : gst_value_list_get_size (value);
  if (n > MAX_ENTRIES)
    return refuse (error, "urls has too many items");
  for (i = 0; i < n; i++)
    if (!take_url (entry,
            array ? gst_value_array_get_value (value, i)
                  : gst_value_list_get_value (value, i),
            error))
      return FALSE;
  return TRUE;
}

/* In a text, what looks like a number is parsed as one. */
static gboolean
take_text (
    const gchar **text, const gchar *field, const GValue *value, GError **error)
{
  if (!G_VALUE_HOLDS_STRING (value)) {
    g_set_error (error, ICE_SERVER_ERROR, ICE_SERVER_ERROR_CREDENTIALS,
        "%s is a %s, expected a string; in a launch line write "
        "%s=(string)...",
        field, G_VALUE_TYPE_NAME (value), field);
    return FALSE;
  }
  *text = g_value_get_string (value);
  return TRUE;
}

/* Its name is not repeated: it may be a part of a password that was not quoted.
 */
static gboolean
take_field (
    Entry *entry, const gchar *name, const GValue *value, GError **error)
{
  if (strcmp (name, "urls") == 0)
    return take_urls (entry, value, error);
  if (strcmp (name, "username") == 0)
    return take_text (&entry->username, name, value, error);
  if (strcmp (name, "credential") == 0)
    return take_text (&entry->credential, name, value, error);
  return refuse (error,
      "an unknown field, expected urls, username and credential; text with "
      "special characters stands in double quotes");
}

static GPtrArray *
parse_fields (const GstStructure *structure, GError **error)
{
  g_autoptr (GPtrArray) urls = g_ptr_array_new ();
  Entry entry = { .urls = urls };
  gint i;

  for (i = 0; i < gst_structure_n_fields (structure); i++) {
    const gchar *name = gst_structure_nth_field_name (structure, i);

    if (!take_field (
            &entry, name, gst_structure_get_value (structure, name), error))
      return NULL;
  }
  g_ptr_array_add (urls, NULL);
  return ice_server_entry_parse ((const gchar *const *) urls->pdata,
      entry.username, entry.credential, error);
}

static gboolean
parse_entry (const GValue *value, GPtrArray *servers, GError **error)
{
  const GstStructure *structure = GST_VALUE_HOLDS_STRUCTURE (value)
      ? gst_value_get_structure (value)
      : NULL;
  g_autoptr (GPtrArray) more = NULL;
  guint i;

  if (structure == NULL)
    return refuse (error, "it is not a structure, expected " ENTRY_FORM);
  more = parse_fields (structure, error);
  if (more == NULL)
    return FALSE;
  for (i = 0; i < more->len; i++)
    if (!check_tls (g_ptr_array_index (more, i), error))
      return FALSE;
  g_ptr_array_extend_and_steal (servers, g_steal_pointer (&more));
  return TRUE;
}

static gboolean
parse_entries (const GValue *entries, GPtrArray *servers, GError **error)
{
  guint i, n = gst_value_array_get_size (entries);

  if (n > MAX_ENTRIES)
    return refuse (error, "it has too many entries");
  for (i = 0; i < n; i++)
    if (!parse_entry (gst_value_array_get_value (entries, i), servers, error)) {
      g_prefix_error (error, "entry %u: ", i);
      return FALSE;
    }
  return TRUE;
}

static GPtrArray *
new_list (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) ice_server_free);
}

/**
 * gst_ice_servers_check:
 * @entries: an array of structures, a value of ice-servers
 * @error: return location, set if it is refused; names the entry and the field,
 *   without any value
 *
 * Any thread.
 *
 * Returns: whether it is good
 */
gboolean
gst_ice_servers_check (const GValue *entries, GError **error)
{
  g_autoptr (GPtrArray) servers = new_list ();

  return parse_entries (entries, servers, error);
}

/**
 * gst_ice_servers_list:
 * @stun: (nullable): a value of stun-server
 * @turn: a value of turn-servers
 * @entries: a value of ice-servers
 * @with_stun: whether a STUN server is wanted
 *
 * All were accepted. Any thread.
 *
 * Returns: (transfer full) (element-type IceServer): all TURN servers, and at
 *   most one STUN server, the first one
 */
GPtrArray *
gst_ice_servers_list (const gchar *stun, const GValue *turn,
    const GValue *entries, gboolean with_stun)
{
  g_autoptr (GPtrArray) all = new_list ();
  GPtrArray *wanted = new_list ();
  guint i;

  if (stun != NULL)
    g_ptr_array_add (all, ice_server_parse (stun, NULL));
  for (i = 0; i < gst_value_array_get_size (turn); i++)
    g_ptr_array_add (all,
        ice_server_parse (
            g_value_get_string (gst_value_array_get_value (turn, i)), NULL));
  parse_entries (entries, all, NULL);
  for (i = 0; i < all->len; i++) {
    IceServer *server = g_ptr_array_index (all, i);
    gboolean is_stun = server->scheme == ICE_SERVER_STUN;

    if (!is_stun || with_stun)
      g_ptr_array_add (wanted, ice_server_copy (server));
    with_stun = with_stun && !is_stun;
  }
  return wanted;
}
