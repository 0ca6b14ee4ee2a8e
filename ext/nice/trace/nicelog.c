/* gst-ice: reads libnice's debug log.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice's own line does not name the error code of a server's answer; the
 * line that its STUN library writes before it does. That library writes many
 * lines, and keys among them, so its debug output is switched on only while
 * libnice parses a message whose error code a watcher has asked for. */

#include "trace/nicelog.h"
#include <nice/debug.h>
#include <stun/debug.h>
#include <stdlib.h>
#include <string.h>

#define DOMAIN "libnice"
#define STUN_DOMAIN "libnice-stun"

typedef struct
{
  gboolean error_codes;
  NiceLogFunc function;
  gpointer user_data;
} Watch;

/* The watchers of one agent; an atomic rc box. An agent's lines come one after
 * the other, so that its watchers are called under a lock of their own and
 * agents do not wait for each other. */
typedef struct
{
  guint n; /* watchers; under the lock of the tables */

  GMutex lock;
  GArray *watches; /* of Watch */
} Watchers;

/* The tables: taken for a look-up only, never together with an agent's lock. */
G_LOCK_DEFINE_STATIC (tables);
static GHashTable *watched;  /* agent -> Watchers */
static gboolean was_enabled; /* libnice's debug output, by the user */
static GHashTable
    *connections; /* TCP connections that libnice opened: number -> agent */
/* the connection being opened by the thread that has the agent's lock */
static __thread gconstpointer connecting, connecting_agent;
static gint socket_serial;        /* atomic: counts attached sockets */
static GPrivate probe;            /* gboolean, set by any line that arrives */
static gboolean was_stun_enabled; /* ... and the STUN library's */

/* The thread in which libnice parses a message; atomic. Only that thread uses
 * error_code. */
static GThread *parsing_thread;
static guint error_code;

static gboolean
is_debug_enabled (const gchar *nice_word, const gchar *domain)
{
  const gchar *words = g_getenv ("NICE_DEBUG");
  const gchar *domains = g_getenv ("G_MESSAGES_DEBUG");

  return (words != NULL
             && (strstr (words, nice_word) != NULL
                 || strstr (words, "all") != NULL))
      || (domains != NULL
          && (strstr (domains, domain) != NULL
              || strstr (domains, "all") != NULL));
}

static void
watchers_clear (gpointer data)
{
  Watchers *self = data;

  g_array_unref (self->watches);
  g_mutex_clear (&self->lock);
}

static void
watchers_unref (gpointer self)
{
  g_atomic_rc_box_release_full (self, watchers_clear);
}

static Watchers *
watchers_new (void)
{
  Watchers *self = g_atomic_rc_box_new0 (Watchers);

  g_mutex_init (&self->lock);
  self->watches = g_array_new (FALSE, FALSE, sizeof (Watch));
  return self;
}

/* Returns: (transfer full) (nullable): the agent's watchers */
static Watchers *
find_watchers (gconstpointer agent)
{
  Watchers *found;

  G_LOCK (tables);
  found = watched != NULL ? g_hash_table_lookup (watched, agent) : NULL;
  if (found != NULL)
    g_atomic_rc_box_acquire (found);
  G_UNLOCK (tables);
  return found;
}

/* Calls the agent's watchers under their lock, so that nice_log_unwatch() waits
 * for such a call. Returns: whether a watcher wants the
 * error code. */
static gboolean
call_watchers (const NiceTraceEvent *event)
{
  Watchers *watchers = find_watchers (GSIZE_TO_POINTER (event->agent));
  gboolean wanted = FALSE;
  guint i;

  if (watchers == NULL)
    return FALSE;
  g_mutex_lock (&watchers->lock);
  for (i = 0; i < watchers->watches->len; i++) {
    const Watch *watch = &g_array_index (watchers->watches, Watch, i);

    watch->function (event, watch->user_data);
    wanted |= watch->error_codes;
  }
  g_mutex_unlock (&watchers->lock);
  watchers_unref (watchers);
  return wanted;
}

static void
enable_stun_debug (void)
{
  if (!g_atomic_pointer_compare_and_exchange (
          &parsing_thread, NULL, g_thread_self ()))
    return;
  error_code = 0;
  if (!was_stun_enabled)
    stun_debug_enable ();
}

/* Returns: the error code in the STUN library's lines since then, or 0 */
static guint
disable_stun_debug (void)
{
  guint code;

  if (g_atomic_pointer_get (&parsing_thread) != g_thread_self ())
    return 0;
  if (!was_stun_enabled)
    stun_debug_disable ();
  code = error_code;
  g_atomic_pointer_set (&parsing_thread, NULL);
  return code;
}

/* Writes the line, without passwords, if libnice's debug output was asked for.
 */
static void
write_line (const gchar *domain, GLogLevelFlags level, const gchar *line)
{
  g_autofree gchar *redacted = nice_trace_redact (line);

  g_log_default_handler (domain, level, redacted, NULL);
}

/* A connection begins with "Agent 0x1: add to tcp-act socket 0x2 a new tcp
 * connect socket 0x3 on pair 0x4 in s/c 1/1" and "Attaching source 0x5 (socket
 * 0x3, FD 6) to context 0x7"; it ends with the "Detaching source" line. */
static gconstpointer
find_pointer (const gchar *line, const gchar *before)
{
  const gchar *found = strstr (line, before);

  return found == NULL
      ? NULL
      : GSIZE_TO_POINTER (g_ascii_strtoull (found + strlen (before), NULL, 16));
}

static void
note_descriptor (const gchar *line, gboolean is_ours)
{
  const gchar *number = strstr (line, ", FD ");
  gpointer fd = GINT_TO_POINTER (number != NULL ? atoi (number + 5) : -1);

  G_LOCK (tables);
  if (connections != NULL && is_ours)
    g_hash_table_insert (connections, fd, (gpointer) connecting_agent);
  else if (connections != NULL)
    g_hash_table_remove (connections, fd);
  G_UNLOCK (tables);
}

static void
note_socket (const gchar *line)
{
  gconstpointer socket;
  gboolean attaches = g_str_has_prefix (line, "Attaching source ");

  socket = find_pointer (line, " a new tcp connect socket ");
  if (socket != NULL) {
    connecting = socket;
    connecting_agent = find_pointer (line, "Agent ");
  } else if (attaches || g_str_has_prefix (line, "Detaching source ")) {
    gboolean is_ours = attaches
        && find_pointer (line, "(socket ") == connecting;

    note_descriptor (line, is_ours);
    if (is_ours)
      connecting = NULL;
  }
  if (attaches)
    g_atomic_int_inc (&socket_serial);
}

static void
on_line (const gchar *domain, GLogLevelFlags level, const gchar *line,
    gpointer unused)
{
  guint code = disable_stun_debug ();
  NiceTraceEvent event;
  gboolean *came = g_private_get (&probe);

  if (came != NULL) {
    *came = TRUE;
    return;
  }
  if (was_enabled)
    write_line (domain, level, line);
  note_socket (line);
  if (nice_trace_parse (line, -1, &event) == NICE_TRACE_OTHER)
    return;
  event.error_code = code;
  if (call_watchers (&event) && event.kind == NICE_TRACE_INBOUND)
    enable_stun_debug ();
}

static void
on_stun_line (const gchar *domain, GLogLevelFlags level, const gchar *line,
    gpointer unused)
{
  guint code;

  /* its lines have keys without quotes */
  if (was_stun_enabled && !nice_trace_has_secret (line))
    g_log_default_handler (domain, level, line, NULL);
  if (g_atomic_pointer_get (&parsing_thread) != g_thread_self ())
    return;
  code = nice_trace_parse_error_code (line);
  if (code != 0)
    error_code = code;
}

/**
 * nice_log_watch:
 * @agent: a NiceAgent
 * @error_codes: whether events need their error_code; libnice then writes more
 *   lines for each STUN message of @agent
 * @function: called with each event of @agent
 * @user_data: for @function; identifies the watcher
 *
 * Any thread. The first call installs the log handler of the process and
 * switches libnice's debug output on. libnice does not report whether it was
 * on before, so it stays on.
 */
void
nice_log_watch (gpointer agent, gboolean error_codes, NiceLogFunc function,
    gpointer user_data)
{
  const Watch watch = { error_codes, function, user_data };
  Watchers *watchers;
  gboolean first;

  G_LOCK (tables);
  first = watched == NULL;
  if (first) {
    watched = g_hash_table_new_full (NULL, NULL, NULL, watchers_unref);
    connections = g_hash_table_new (NULL, NULL);
  }
  watchers = g_hash_table_lookup (watched, agent);
  if (watchers == NULL) {
    watchers = watchers_new ();
    g_hash_table_insert (watched, agent, watchers);
  }
  watchers->n++;
  g_atomic_rc_box_acquire (watchers);
  G_UNLOCK (tables);

  g_mutex_lock (&watchers->lock);
  g_array_append_val (watchers->watches, watch);
  g_mutex_unlock (&watchers->lock);
  watchers_unref (watchers);
  if (!first)
    return;
  was_enabled = is_debug_enabled ("", DOMAIN);
  was_stun_enabled = is_debug_enabled ("stun", STUN_DOMAIN);
  g_log_set_handler (DOMAIN, G_LOG_LEVEL_DEBUG, on_line, NULL);
  g_log_set_handler (STUN_DOMAIN, G_LOG_LEVEL_DEBUG, on_stun_line, NULL);
  nice_debug_enable (FALSE);
}

/* Returns: whether there was such a watcher */
static gboolean
remove_watch (Watchers *self, gpointer user_data)
{
  gboolean found = FALSE;
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; !found && i < self->watches->len; i++) {
    found = g_array_index (self->watches, Watch, i).user_data == user_data;
    if (found)
      g_array_remove_index (self->watches, i);
  }
  g_mutex_unlock (&self->lock);
  return found;
}

/**
 * nice_log_unwatch:
 * @agent: a NiceAgent
 * @user_data: the watcher
 *
 * Any thread, without the agent's lock. @function is not called after this
 * returns.
 */
void
nice_log_unwatch (gpointer agent, gpointer user_data)
{
  Watchers *watchers = find_watchers (agent);

  if (watchers == NULL)
    return;
  if (remove_watch (watchers, user_data)) {
    G_LOCK (tables);
    if (--watchers->n == 0)
      g_hash_table_remove (watched, agent);
    G_UNLOCK (tables);
  }
  watchers_unref (watchers);
}

/**
 * nice_log_works:
 *
 * Any thread. Switches libnice's debug output on again if it was switched off.
 *
 * Returns: whether libnice's lines reach us; they do not if another log handler
 *   was installed after ours
 */
gboolean
nice_log_works (void)
{
  gboolean came = FALSE;

  nice_debug_enable (FALSE);
  g_private_set (&probe, &came);
  g_log (DOMAIN, G_LOG_LEVEL_DEBUG, "gst-ice: tests whether this line arrives");
  g_private_set (&probe, NULL);
  return came;
}

/**
 * nice_log_get_socket_serial:
 *
 * Any thread.
 *
 * Returns: a number that changes whenever libnice begins to read another
 * socket, as far as its lines show
 */
guint
nice_log_get_socket_serial (void)
{
  return (guint) g_atomic_int_get (&socket_serial);
}

/**
 * nice_log_has_connection:
 * @agent: a NiceAgent; may be freed already
 * @fd: a descriptor
 *
 * Any thread.
 *
 * Returns: whether @fd is a TCP connection that @agent opened to a candidate of
 *   the peer, as far as its lines show
 */
gboolean
nice_log_has_connection (gconstpointer agent, gint fd)
{
  gboolean has;

  G_LOCK (tables);
  has = connections != NULL
      && g_hash_table_lookup (connections, GINT_TO_POINTER (fd)) == agent;
  G_UNLOCK (tables);
  return has;
}
