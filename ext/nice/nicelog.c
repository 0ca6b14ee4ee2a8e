/* gst-ice: libnice's debug log, tapped.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A line of libnice's does not say which error code a server answered with, the
 * STUN library's line before it does. That library is talkative and prints
 * keys, so it may speak only while libnice looks at one message that somebody
 * wants the code of. */

#include "nicelog.h"
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

G_LOCK_DEFINE_STATIC (watches);
static GHashTable *watches;     /* agent -> GPtrArray of Watch */
static gboolean asked;          /* somebody wanted to see the lines before us */
static GHashTable *connections; /* TCP, made by libnice: number -> agent */
/* one that is being made, of a thread that has the agent's lock */
static __thread gconstpointer connecting, connecting_agent;
static gint age;            /* atomic: sockets were attached */
static GPrivate probe;      /* set by a line that comes now: a gboolean */
static gboolean asked_stun; /* ... and those of the STUN library */

/* The thread in which libnice looks at a message; atomic. It alone touches
 * error_code. */
static GThread *looking;
static guint error_code;

static gboolean
was_asked (const gchar *nice_word, const gchar *domain)
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

/* The lock is a leaf; holding it, nice_log_unwatch() knows that no call is
 * under way when it returns. Returns whether an error code is wanted. */
static gboolean
tell (const NiceTraceEvent *event)
{
  const GPtrArray *of_agent;
  gboolean wanted = FALSE;
  guint i;

  G_LOCK (watches);
  of_agent = g_hash_table_lookup (watches, GSIZE_TO_POINTER (event->agent));
  for (i = 0; of_agent != NULL && i < of_agent->len; i++) {
    const Watch *watch = g_ptr_array_index (of_agent, i);

    watch->function (event, watch->user_data);
    wanted |= watch->error_codes;
  }
  G_UNLOCK (watches);
  return wanted;
}

static void
let_stun_speak (void)
{
  if (!g_atomic_pointer_compare_and_exchange (&looking, NULL, g_thread_self ()))
    return;
  error_code = 0;
  if (!asked_stun)
    stun_debug_enable ();
}

/* Returns the error code that it named, or 0. */
static guint
silence_stun (void)
{
  guint code;

  if (g_atomic_pointer_get (&looking) != g_thread_self ())
    return 0;
  if (!asked_stun)
    stun_debug_disable ();
  code = error_code;
  g_atomic_pointer_set (&looking, NULL);
  return code;
}

/* To whoever asked to see libnice's lines, but for the passwords in them. */
static void
pass_on (const gchar *domain, GLogLevelFlags level, const gchar *line)
{
  g_autofree gchar *redacted = nice_trace_redact (line);

  g_log_default_handler (domain, level, redacted, NULL);
}

/* The lines are "Agent 0x1: add to tcp-act socket 0x2 a new tcp connect socket
 * 0x3 on pair 0x4 in s/c 1/1", and then "Attaching source 0x5 (socket 0x3, FD
 * 6) to context 0x7"; at its end "Detaching source" as the latter. */
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

  if (connections == NULL)
    return;
  if (is_ours)
    g_hash_table_insert (connections, fd, (gpointer) connecting_agent);
  else
    g_hash_table_remove (connections, fd);
}

static void
note_socket (const gchar *line)
{
  gconstpointer socket;
  gboolean attaches = g_str_has_prefix (line, "Attaching source ");

  socket = find_pointer (line, " a new tcp connect socket ");
  G_LOCK (watches);
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
  G_UNLOCK (watches);
  if (attaches)
    g_atomic_int_inc (&age);
}

static void
on_line (const gchar *domain, GLogLevelFlags level, const gchar *line,
    gpointer unused)
{
  guint code = silence_stun ();
  NiceTraceEvent event;
  gboolean *came = g_private_get (&probe);

  if (came != NULL) {
    *came = TRUE;
    return;
  }
  if (asked)
    pass_on (domain, level, line);
  note_socket (line);
  if (nice_trace_parse (line, -1, &event) == NICE_TRACE_OTHER)
    return;
  event.error_code = code;
  if (tell (&event) && event.kind == NICE_TRACE_INBOUND)
    let_stun_speak ();
}

static void
on_stun_line (const gchar *domain, GLogLevelFlags level, const gchar *line,
    gpointer unused)
{
  guint code;

  /* keys are not quoted there */
  if (asked_stun && !nice_trace_has_secret (line, -1))
    g_log_default_handler (domain, level, line, NULL);
  if (g_atomic_pointer_get (&looking) != g_thread_self ())
    return;
  code = nice_trace_parse_error_code (line);
  if (code != 0)
    error_code = code;
}

/**
 * nice_log_watch:
 * @agent: a NiceAgent
 * @error_codes: whether the events' error_code is wanted; costs some lines for
 *   each STUN message of @agent
 * @function: hears what libnice says of it
 * @user_data: for @function; tells apart who watches @agent
 *
 * Any thread. The first call installs the process's handler.
 */
void
nice_log_watch (gpointer agent, gboolean error_codes, NiceLogFunc function,
    gpointer user_data)
{
  Watch *watch = g_new0 (Watch, 1);
  GPtrArray *of_agent;
  gboolean first;

  watch->error_codes = error_codes;
  watch->function = function;
  watch->user_data = user_data;
  G_LOCK (watches);
  first = watches == NULL;
  if (first) {
    watches = g_hash_table_new_full (
        NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
    connections = g_hash_table_new (NULL, NULL);
  }
  of_agent = g_hash_table_lookup (watches, agent);
  if (of_agent == NULL) {
    of_agent = g_ptr_array_new_with_free_func (g_free);
    g_hash_table_insert (watches, agent, of_agent);
  }
  g_ptr_array_add (of_agent, watch);
  G_UNLOCK (watches);

  if (!first)
    return;
  asked = was_asked ("", DOMAIN);
  asked_stun = was_asked ("stun", STUN_DOMAIN);
  g_log_set_handler (DOMAIN, G_LOG_LEVEL_DEBUG, on_line, NULL);
  g_log_set_handler (STUN_DOMAIN, G_LOG_LEVEL_DEBUG, on_stun_line, NULL);
  nice_debug_enable (FALSE);
}

/**
 * nice_log_unwatch:
 * @agent: a NiceAgent
 * @user_data: who watches it
 *
 * Any thread, without the agent's lock. No call comes after this.
 */
void
nice_log_unwatch (gpointer agent, gpointer user_data)
{
  GPtrArray *of_agent;
  guint i;

  G_LOCK (watches);
  of_agent = watches != NULL ? g_hash_table_lookup (watches, agent) : NULL;
  for (i = 0; of_agent != NULL && i < of_agent->len; i++) {
    const Watch *watch = g_ptr_array_index (of_agent, i);

    if (watch->user_data == user_data) {
      g_ptr_array_remove_index (of_agent, i);
      break;
    }
  }
  if (of_agent != NULL && of_agent->len == 0)
    g_hash_table_remove (watches, agent);
  G_UNLOCK (watches);
}

/**
 * nice_log_works:
 *
 * Any thread. Also asks libnice to write its lines, should somebody have told
 * it not to.
 *
 * Returns: whether they reach us: a handler for them that was installed after
 *   ours has them instead
 */
gboolean
nice_log_works (void)
{
  gboolean came = FALSE;

  nice_debug_enable (FALSE);
  g_private_set (&probe, &came);
  g_log (DOMAIN, G_LOG_LEVEL_DEBUG, "gst-ice: who reads this?");
  g_private_set (&probe, NULL);
  return came;
}

/**
 * nice_log_get_age:
 *
 * Any thread.
 *
 * Returns: another number whenever libnice began to read a socket, as far as
 * its lines tell
 */
guint
nice_log_get_age (void)
{
  return (guint) g_atomic_int_get (&age);
}

/**
 * nice_log_has_connection:
 * @agent: a NiceAgent, maybe no more
 * @fd: a descriptor
 *
 * Any thread.
 *
 * Returns: whether it is a TCP connection that @agent made to a candidate of
 *   the peer's, as far as its lines told
 */
gboolean
nice_log_has_connection (gconstpointer agent, gint fd)
{
  gboolean has;

  G_LOCK (watches);
  has = connections != NULL
      && g_hash_table_lookup (connections, GINT_TO_POINTER (fd)) == agent;
  G_UNLOCK (watches);
  return has;
}
