/* gst-ice: parses libnice's debug lines into events.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A line is compared with templates. In a template, `@` and a letter stand for
 * a field (parse_field has them all) and all other characters for themselves. A
 * line that begins with the text before a template's first `@` must match such
 * a template to its end, or it is malformed. */

#include "trace/nicetrace.h"
#include "trace/nicetracefield.h"
#include <string.h>

/* A user name and a password follow this, up to the end of the line. */
#define USER_AND_PASSWORD "user/pass : "

typedef struct
{
  NiceTraceKind kind;
  const gchar *text; /* after "Agent %p" */
} Template;

#define ADDED(what)                                                            \
  " : added a new " what " @P with foundation '@F' and transport @t:@T to "    \
  "stream @s component @c"
#define SELECTED(side, endpoint, transport)                                    \
  ": " side " selected pair: @s:@c @F " transport " " endpoint " @y"
#define HOST_CANDIDATE(result)                                                 \
  ": s@s/c@c: creation of host candidate @t:@L: " result

static const Template templates[] = {
  { NICE_TRACE_GATHERING, " : In ICE-@w mode, starting candidate gathering." },
  { NICE_TRACE_GATHERED,
      ": Candidate gathering FINISHED, no scheduled items." },
  { NICE_TRACE_GATHERED,
      " : Candidate gathering FINISHED, stopping discovery timer." },

  { NICE_TRACE_REMOTE_SET, " : conn_check_remote_candidates_set @s @c" },
  { NICE_TRACE_PAIR_CREATING, " : creating a new pair" },
  { NICE_TRACE_PAIR_STATE, " : pair @P state @S (@f)" },
  { NICE_TRACE_PAIR_ENDPOINTS, " : new pair @P : @L --> @R" },
  { NICE_TRACE_PAIR_ADDED, ADDED ("pair") },
  { NICE_TRACE_PAIR_DISCOVERED, ADDED ("peer-discovered pair") },
  { NICE_TRACE_PAIR_REFUSED,
      " : do not create a pair that would have a priority @p lower than "
      "selected pair priority @_." },
  { NICE_TRACE_PAIR_UNFROZEN, " : Pair @P with s/c-id @s/@c (@F) unfrozen." },
  { NICE_TRACE_OTHER, " : Unfreezing check @P (after successful check @Q)." },
  { NICE_TRACE_PAIR_FOUNDATION, " : Updating pair @P foundation to '@F'" },
  { NICE_TRACE_PRUNING, ": Pruning pending checks for s@s/c@c" },
  { NICE_TRACE_PAIR_REMOVED, " : pair @P removed." },
  { NICE_TRACE_PAIR_GIVEN_UP,
      " : Retransmissions failed, giving up on pair @P" },
  { NICE_TRACE_LIST_FREED, ", freeing conncheck_list of stream @Q" },
  { NICE_TRACE_LOCAL_PRFLX,
      " : added a new peer-reflexive local candidate @Q with transport @t" },
  { NICE_TRACE_REMOTE_PRFLX,
      " : No matching remote candidate for incoming check -> peer-reflexive "
      "candidate." },

  { NICE_TRACE_NOMINATED, " : marking pair @P (@F) as nominated" },
  { NICE_TRACE_NOMINATED,
      " : marking pair @P (@F) as nominated (regular nomination, controlling, "
      "use_cand_on_next_check=1)." },
  { NICE_TRACE_NOMINATED,
      " : marking pair @P (@F) as nominated (aggressive nomination, "
      "controlling)." },
  { NICE_TRACE_NOMINATED,
      " : marking pair @P (@F) as nominated (@w nomination, controlled, "
      "mark_on_response=1)." },
  { NICE_TRACE_NOMINATED,
      " : restarting check of pair @P as the nominated pair." },
  { NICE_TRACE_NOMINATING,
      " : restarting check of @t:@T pair @P with USE-CANDIDATE attrib (regular "
      "nomination) for stream @s component @c" },
  { NICE_TRACE_NOMINATION_PENDING,
      " : pair @P (@F) is @S, will be nominated on response receipt." },
  { NICE_TRACE_NOMINATION_FLAGS,
      " : Updating nominated flag (@w): ok_pair=@Q (@_/@_) p=@P (@_/@_) "
      "(ucnc/mnora)" },
  { NICE_TRACE_NOMINATION_MOVED,
      " : priv_mark_pair_nominated: conncheck pair @P - replace with "
      "discovered pair @Q" },
  { NICE_TRACE_SELECTED,
      " : changing SELECTED PAIR for component @c: @F (prio:@p)." },
  { NICE_TRACE_SELECTED,
      " : updating SELECTED PAIR for component @c: @F (prio:@p)." },
  { NICE_TRACE_SELECTED_LOCAL, SELECTED ("Local", "@l", "@u") },
  { NICE_TRACE_SELECTED_REMOTE, SELECTED ("Remote", "@r", "@U") },

  { NICE_TRACE_REQUEST,
      " : STUN-CC REQ @L --> @R, socket=@0, pair=@P (c-id:@c), tie=@1, "
      "username='@*), prio=@x, @o." },
  { NICE_TRACE_REQUEST_BUILT, ": conncheck created @0 - @Q" },
  { NICE_TRACE_REQUEST_TIMER, " : timer set to @0ms, waiting+in_progress=@1" },
  { NICE_TRACE_REQUEST_CANCELLED,
      ": no credentials found, cancelling conncheck" },
  { NICE_TRACE_REQUEST_CANCELLED, ": buffer is empty, cancelling conncheck" },
  { NICE_TRACE_RETRANSMISSION,
      " :STUN transaction retransmitted on pair @P (timer=@0/@1 @_/@_ms)." },
  { NICE_TRACE_RESPONSE,
      " : stun_bind_process/conncheck for @P: @o,res=@k,stun#=@0." },
  { NICE_TRACE_MATCHED, " : pair @P MATCHED." },
  { NICE_TRACE_MISMATCH, " : pair @P FAILED (mismatch of source address)." },
  { NICE_TRACE_MISMATCH,
      " : pair @P FAILED (got a matching pair without a known remote "
      "candidate)." },
  { NICE_TRACE_RELATED_FAILED,
      " : related discovered pair @Q of pair @P will fail too." },
  { NICE_TRACE_STRAY_RESPONSE,
      " : Valid STUN response for which we don't have a request, ignoring" },
  { NICE_TRACE_NOT_AUTHENTIC, " : Integrity check failed." },
  { NICE_TRACE_NOT_AUTHENTIC, " : Integrity check failed - bad request." },
  { NICE_TRACE_INBOUND,
      ": inbound STUN packet for @s/@c (stream/component) from @R (@0 octets) "
      ":" },
  { NICE_TRACE_REPLY,
      " : STUN-CC RESP to '@r', socket=@0, len=@1, cand=@Q (c-id:@c), "
      "use-cand=@b, transactionId=@h" },
  { NICE_TRACE_REPLAY, " : replaying icheck=@Q (sock=@Q)" },
  { NICE_TRACE_TRIGGER_FOUND, " : Found a matching pair @P (@F) (@S) ..." },
  { NICE_TRACE_TRIGGER_NEW,
      " : Adding a triggered check to conn.check list (local=@Q)." },
  { NICE_TRACE_TRIGGER_NONE,
      " : Didn't find a matching pair for triggered check (remote-cand=@Q)." },
  { NICE_TRACE_TRIGGERED, " : pair @P added for a triggered check." },

  { NICE_TRACE_ROLE_CHANGED,
      " : Role conflict, changing agent role to \"@o\"." },
  { NICE_TRACE_ROLE_KEPT, " : Role conflict, staying with role \"@o\"." },
  { NICE_TRACE_ROLE_CONFLICT, " : Role conflict with pair @P, restarting" },
  { NICE_TRACE_ROLE_CONFLICT, " : Role conflict with pair @P, not restarting" },
  { NICE_TRACE_COMPONENT_STATE,
      " : stream @s component @c STATE-CHANGE @A -> @B." },
  { NICE_TRACE_OTHER, " : stream @s: timer tick #@*" },
  { NICE_TRACE_CHECKS_IDLE,
      " : waiting @0 msecs before checking for failed components." },
  { NICE_TRACE_CHECKS_DONE, " : checking for failed components now." },

  { NICE_TRACE_CONSENT_REQUEST,
      " : Keepalive STUN-CC REQ to '@r', (c-id:@c), username='@*), "
      "priority=@x." },
  { NICE_TRACE_CONSENT_RESPONSE,
      " : Keepalive for selected pair @Q received." },
  { NICE_TRACE_CONSENT_CHECK, " : pair @Q rechecking consent in @0.@1s" },
  { NICE_TRACE_CONSENT_TIMEOUT,
      " : pair @Q consent for stream/component @s/@c timed out! -> FAILED.  "
      "Last consent received: @0.@1s ago" },
  { NICE_TRACE_CONSENT_LOST,
      " : pair @Q lost consent for @s/@c (stream/component)" },
  { NICE_TRACE_FORBIDDEN,
      " : received 403: 'Forbidden' for @s/@c (stream/component) from @R" },
  { NICE_TRACE_CONSENT_REFUSED,
      " : returning FORBIDDEN on stream/component @s/@c for lost local "
      "consent" },
  { NICE_TRACE_LOCAL_CONSENT_LOST,
      ": local consent lost for stream/component @s/@c" },
  { NICE_TRACE_KEEPALIVE,
      " : resending STUN to keep the selected base address @l alive in "
      "s@s/c@c." },
  { NICE_TRACE_KEEPALIVE,
      " : resending STUN to keep the local candidate @l alive in s@s/c@c." },
  { NICE_TRACE_KEEPALIVE_STOPPED,
      " : priv_conn_keepalive_tick_unlocked: stopping keepalive timer" },

  { NICE_TRACE_STREAM_ADDED, " : allocating stream id @s (@Q)" },
  { NICE_TRACE_HOST_ADDED, HOST_CANDIDATE ("success") },
  { NICE_TRACE_HOST_ADDED, HOST_CANDIDATE ("success (accept duplicate)") },
  { NICE_TRACE_OTHER, HOST_CANDIDATE ("@v") },
  { NICE_TRACE_STUN_FOUND, ": s:@s: Resolved STUN server @* to @a" },
  { NICE_TRACE_STUN_ASKED, " : Adding new srv-rflx candidate discovery @Q" },
  { NICE_TRACE_TURN_ASKED, " : Adding new relay-rflx candidate discovery @Q" },
  { NICE_TRACE_TURN_ASKED, /* 0.1.22 */
      " : Adding new relay-rflx candidate discovery @Q sock=@g" },
  { NICE_TRACE_STUN_ANSWER, " : stun_bind_process/disc for @Q res @0." },
  { NICE_TRACE_TURN_ANSWER, " : stun_turn_process/disc for @Q res @0." },
  { NICE_TRACE_REFRESH_ANSWER,
      " : stun_turn_refresh_process for @Q res @0 with lifetime @_." },
  { NICE_TRACE_SOCKET_LOST,
      ": agent_recv_message_unlocked returned -1, errno (@0) : @*" },
  { NICE_TRACE_SOCKET_LOST, ": NiceSocket @Q has received HUP" },
  /* about streams and components; not reported */
  { NICE_TRACE_OTHER, ": s@s/c@c: host candidate @*" },
  { NICE_TRACE_OTHER, ": s@s:@c pseudo Tcp socket @*" },
  { NICE_TRACE_OTHER, ": s@s:@c Tcp socket writable" },
  { NICE_TRACE_OTHER, ": s:@s/c:@c: Resolved TURN server @*" },
  { NICE_TRACE_OTHER, ": set_remote_credentials @s" },
  { NICE_TRACE_OTHER, ": set_remote_candidates @s @c" },

  /* about pairs; not reported */
  { NICE_TRACE_OTHER, " : nothing to do for pair @P." },
  { NICE_TRACE_OTHER, " : pair @P will be retransmitted." },
  { NICE_TRACE_OTHER, " : pair @P will not be retransmitted." },
  { NICE_TRACE_OTHER,
      " : pair @P kept IN_PROGRESS because priority @p is higher than priority "
      "of best nominated pair." },
  { NICE_TRACE_OTHER,
      " : pair @P is the selected pair, updating its priority." },
};

static const gchar *const state_words[] = { "FROZEN", "WAITING", "IN_PROGRESS",
  "SUCCEEDED", "FAILED", "DISCOVERED", NULL };
static const gchar *const role_words[] = { "", "controlling", "controlled",
  NULL };
static const gchar *const transport_words[] = { "", "udp", "tcp-act",
  "tcp-pass", "tcp-so", NULL };
static const gchar *const selected_transport_words[] = { "???", "UDP",
  "TCP-ACT", "TCP-PASS", NULL };
static const gchar *const selected_type_words[] = { "HOST", "SRV-RFLX",
  "PEER-RFLX", "RELAYED", "???", NULL };
static const gchar *const result_words[] = { "success", "error", "invalid",
  "role conflict", "invalid request", "invalid method", "memory error",
  "invalid address", "no mapped address", NULL };
static const gchar *const component_words[] = { "disconnected", "gathering",
  "connecting", "connected", "ready", "failed", NULL };

static const gchar *const host_failure_words[] = { "failed",
  "can't create socket", "redundant", "duplicate port",
  "failed (accept duplicate)", "can't create socket (accept duplicate)",
  "redundant (accept duplicate)", "duplicate port (accept duplicate)", NULL };
static const gchar *const socket_words[] = { "udp", "tcp", "ssl", "http",
  "socks", "udp-turn", "tcp-turn", "tcp-act", "tcp-pass", "tcp-so", "<unknown>",
  NULL };

static gboolean
parse_word_field (
    NiceTraceScanner *scanner, gchar code, gchar next, NiceTraceEvent *event)
{
  const gchar *const *words;
  guint value;

  words = code == 'S'              ? state_words
      : code == 'o'                ? role_words
      : code == 't' || code == 'T' ? transport_words
      : code == 'u' || code == 'U' ? selected_transport_words
      : code == 'y'                ? selected_type_words
      : code == 'k'                ? result_words
      : code == 'v'                ? host_failure_words
      : code == 'g'                ? socket_words
                                   : component_words;
  if (!nice_trace_take_word (scanner, next, words, &value))
    return FALSE;
  switch (code) {
    case 'S':
      event->state = (NiceTraceState) value;
      break;
    case 'o':
      event->role = (NiceTraceRole) value;
      break;
    case 't':
    case 'u':
      event->local_transport = (NiceTraceTransport) value;
      break;
    case 'T':
    case 'U':
      event->remote_transport = (NiceTraceTransport) value;
      break;
    case 'k':
      event->result = (NiceTraceResult) value;
      break;
    case 'A':
      event->old_component_state = (NiceTraceComponentState) value;
      break;
    case 'B':
      event->component_state = (NiceTraceComponentState) value;
      break;
  }
  return TRUE;
}

/* @rest is the template after the field. */
static gboolean
parse_field (NiceTraceScanner *scanner, gchar code, const gchar *rest,
    NiceTraceEvent *event)
{
  switch (code) {
    case 'P':
      return nice_trace_take_pair (scanner, &event->pair);
    case 'Q':
      return nice_trace_take_pointer (scanner, &event->other);
    case 's':
      return nice_trace_take_uint (scanner, &event->stream);
    case 'c':
      return nice_trace_take_uint (scanner, &event->component);
    case 'L':
      return nice_trace_take_bracketed (scanner, &event->local);
    case 'R':
      return nice_trace_take_bracketed (scanner, &event->remote);
    case 'l':
      return nice_trace_take_bare (scanner, *rest, &event->local);
    case 'r':
      return nice_trace_take_bare (scanner, *rest, &event->remote);
    case 'a':
      return nice_trace_take_address (scanner, *rest, &event->remote);
    case 'F':
      return nice_trace_take_text (
          scanner, *rest, event->foundation, sizeof event->foundation);
    case 'f':
      return nice_trace_take_function (scanner, *rest, &event->is_new);
    case 'p':
      return nice_trace_take_pair_priority (scanner, &event->pair_priority);
    case 'x':
      return nice_trace_take_priority (scanner, &event->priority);
    case 'b':
      return nice_trace_take_flag (scanner, &event->use_candidate);
    case 'h':
      return nice_trace_take_transaction (scanner);
    case '0':
    case '1':
      return nice_trace_take_number (
          scanner, G_MAXUINT64, &event->number[code - '0']);
    case '_':
      return nice_trace_skip_number (scanner);
    case 'w':
      return nice_trace_skip_word (scanner);
    case '*':
      return nice_trace_skip_to (scanner, rest);
    default:
      return parse_word_field (scanner, code, *rest, event);
  }
}

static gboolean
match (NiceTraceScanner scanner, const gchar *text, NiceTraceEvent *event)
{
  while (*text != '\0') {
    gsize length = strcspn (text, "@");

    if (!nice_trace_take (&scanner, text, length))
      return FALSE;
    text += length;
    if (*text == '\0')
      break;
    if (!parse_field (&scanner, text[1], text + 2, event))
      return FALSE;
    text += 2;
  }
  return scanner.at == scanner.end;
}

static gboolean
begins_like (const NiceTraceScanner *scanner, const gchar *text)
{
  const gchar *c = scanner->at;

  while (*text != '@' && *text != '\0' && c < scanner->end && *c == *text) {
    c++;
    text++;
  }
  return *text == '@' || *text == '\0';
}

static NiceTraceKind
parse_agent_line (NiceTraceScanner *scanner, NiceTraceEvent *event)
{
  NiceTraceKind kind = NICE_TRACE_OTHER;
  NiceTraceEvent found = *event;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (templates); i++) {
    if (!begins_like (scanner, templates[i].text))
      continue;
    kind = NICE_TRACE_MALFORMED;
    if (!match (*scanner, templates[i].text, &found)) {
      found = *event;
      continue;
    }
    kind = templates[i].kind;
    if (kind != NICE_TRACE_OTHER)
      *event = found;
    break;
  }
  return kind;
}

/**
 * nice_trace_parse:
 * @line: one message of GLib log domain "libnice", without a newline
 * @length: its length in bytes; -1 if it ends with a NUL
 * @event: (out caller-allocates): the event
 *
 * Any thread. Does not allocate and does not read more than
 * %NICE_TRACE_MAX_LENGTH bytes.
 *
 * Returns: `event->kind`; %NICE_TRACE_MALFORMED for a line that begins like one
 *   of libnice 0.1.21 but differs later. For that and for
 *   %NICE_TRACE_OTHER only `event->agent` is set.
 */
NiceTraceKind
nice_trace_parse (const gchar *line, gssize length, NiceTraceEvent *event)
{
  gsize size = length < 0 ? strnlen (line, NICE_TRACE_MAX_LENGTH + 1)
                          : (gsize) length;
  NiceTraceScanner scanner = { line, line + size };

  *event = (NiceTraceEvent){ .kind = NICE_TRACE_OTHER };
  if (size > NICE_TRACE_MAX_LENGTH || !nice_trace_take (&scanner, "Agent ", 6)
      || !nice_trace_take_pair (&scanner, &event->agent))
    return event->kind;
  event->kind = parse_agent_line (&scanner, event);
  return event->kind;
}

/**
 * nice_trace_parse_error_code:
 * @line: one message of GLib log domain "libnice-stun", without a newline
 *
 * Any thread.
 *
 * Returns: the error code of the STUN message that libnice is parsing; 0 if
 *   @line does not name it
 */
guint
nice_trace_parse_error_code (const gchar *line)
{
  static const gchar text[] = " STUN error message received (code: ";
  NiceTraceScanner scanner = { line,
    line + strnlen (line, NICE_TRACE_MAX_LENGTH) };
  guint64 code;

  if (!nice_trace_take (&scanner, text, strlen (text))
      || !nice_trace_take_number (&scanner, 699, &code)
      || !nice_trace_take (&scanner, ")", 1) || scanner.at != scanner.end
      || code < 300) /* RFC 8489 section 14.8 */
    return 0;
  return (guint) code;
}

/**
 * nice_trace_has_secret:
 * @line: one message of GLib log domain "libnice"
 *
 * Any thread. Errs on the safe side: a word about credentials is enough. Each
 * line of domain "libnice-stun" is secret, whatever this returns.
 *
 * Returns: whether @line may contain a user name fragment, a password or a key,
 *   and therefore must be redacted before it is written
 */
gboolean
nice_trace_has_secret (const gchar *line)
{
  static const gchar *const words[] = { "username", "password", "user/pass",
    "u/p", "ufrag", "passwd", "pwd", "secret", "key" };
  g_autofree gchar *lower = g_ascii_strdown (line, -1);
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (words); i++)
    if (strstr (lower, words[i]) != NULL)
      return TRUE;
  return FALSE;
}

/**
 * nice_trace_redact:
 * @line: one message of libnice
 *
 * Any thread.
 *
 * Returns: (transfer full): @line. If nice_trace_has_secret() is true of it,
 * all quoted text is replaced, and all text after a TURN server's "user/pass :
 * ", which libnice does not quote
 */
gchar *
nice_trace_redact (const gchar *line)
{
  GString *redacted = g_string_new (NULL);
  gboolean hide = nice_trace_has_secret (line), quoted = FALSE;
  const gchar *server = strstr (line, USER_AND_PASSWORD);
  const gchar *end = server == NULL ? line + strlen (line)
                                    : server + strlen (USER_AND_PASSWORD);

  for (; line < end; line++) {
    if (!quoted || !hide || *line == '\'')
      g_string_append_c (redacted, *line);
    if (*line != '\'')
      continue;
    quoted = !quoted;
    if (quoted && hide)
      g_string_append (redacted, "****");
  }
  if (server != NULL)
    g_string_append (redacted, "****");
  return g_string_free (redacted, FALSE);
}

/**
 * nice_trace_kind_to_string:
 * @kind: a kind
 *
 * Returns: (transfer none): a word for logs and tests
 */
const gchar *
nice_trace_kind_to_string (NiceTraceKind kind)
{
  static const gchar *const names[] = { "other", "malformed", "gathering",
    "gathered", "remote-set", "pair-creating", "pair-state", "pair-endpoints",
    "pair-added", "pair-discovered", "pair-refused", "pair-unfrozen",
    "pair-foundation", "pruning", "pair-removed", "pair-given-up", "list-freed",
    "local-prflx", "remote-prflx", "nominated", "nomination-pending",
    "nominating", "nomination-flags", "nomination-moved", "selected",
    "selected-local", "selected-remote", "request", "request-built",
    "request-timer", "request-cancelled", "retransmission", "response",
    "matched", "mismatch", "related-failed", "stray-response", "not-authentic",
    "inbound", "reply", "replay", "trigger-found", "trigger-new",
    "trigger-none", "triggered", "role-changed", "role-kept", "role-conflict",
    "component-state", "checks-idle", "checks-done", "consent-request",
    "consent-response", "consent-check", "consent-timeout", "consent-lost",
    "forbidden", "consent-refused", "local-consent-lost", "keepalive",
    "keepalive-stopped", "stream-added", "host-added", "stun-found",
    "stun-asked", "turn-asked", "stun-answer", "turn-answer", "refresh-answer",
    "socket-lost" };

  G_STATIC_ASSERT (G_N_ELEMENTS (names) == NICE_TRACE_N_KINDS);
  g_return_val_if_fail ((guint) kind < G_N_ELEMENTS (names), NULL);
  return names[kind];
}
