/* gst-ice: test of nicediscoveries: after which lines libnice must not read.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "trace/nicediscoveries.h"
#include "trace/nicetrace.h"

#define INBOUND                                                                \
  ": inbound STUN packet for 1/1 (stream/component) from [::2]:2 (88 octets) " \
  ":"
#define REQUEST_ON(pair, socket)                                               \
  " : STUN-CC REQ [::1]:1 --> [::2]:2, socket=" socket ", pair=" pair          \
  " (c-id:1), tie=1, username='a:b' (3), password='c' (1), prio=6e2003ff, "    \
  "controlling."
#define REQUEST(pair) REQUEST_ON (pair, "6")
#define RELAYED(pair) REQUEST_ON (pair, "4294967295")
#define STATE(pair, state) " : pair " pair " state " state " (f)"
#define NEW(pair) " : pair " pair " state FROZEN (priv_add_new_check_pair)"
#define CREATING " : creating a new pair"
#define DISCOVERED(pair)                                                       \
  " : added a new peer-discovered pair " pair                                  \
  " with foundation '3:2' and transport udp:udp to stream 1 component 1"
#define RESPONSE(pair)                                                         \
  " : stun_bind_process/conncheck for " pair ": controlling,res=success,"      \
  "stun#=0."
#define VALID(valid, pair)                                                     \
  " : Updating nominated flag (UDP): ok_pair=" valid " (0/1) p=" pair          \
  " (0/1) (ucnc/mnora)"
#define RELATED(pair, other)                                                   \
  " : related discovered pair " other " of pair " pair " will fail too."
#define PRUNING ": Pruning pending checks for s1/c1"
#define REMOVED(pair) " : pair " pair " removed."
#define NOMINATING(pair)                                                       \
  " : restarting check of udp:udp pair " pair                                  \
  " with USE-CANDIDATE attrib (regular nomination) for stream 1 component 1"
#define TRIGGERED(pair) " : pair " pair " added for a triggered check."
#define ROLE " : Role conflict, changing agent role to \"controlled\"."
#define FREED ", freeing conncheck_list of stream 0x9"

#define REFUSED "refuse 6 [::2]:2"
#define REFUSED_RELAY "refuse 4294967295 [::2]:2"

/* A line a step, and what it has as a consequence. */
typedef struct
{
  const gchar *line;
  const gchar *consequence;
} Step;

#define DISCOVER(pair, other)                                                  \
  { REQUEST (pair), "" }, { INBOUND, "" }, { RESPONSE (pair), "" },            \
      { CREATING, "" }, { DISCOVERED (other), "" },                            \
  {                                                                            \
    STATE (pair, "SUCCEEDED"), ""                                              \
  }

static const Step freed_alone[] = {
  DISCOVER ("0x5", "0x6"),
  { VALID ("0x6", "0x5"), "" },
  { PRUNING, "" },
  { REMOVED ("0x7"), "" },
  { REMOVED ("0x5"), REFUSED },
  { REMOVED ("0x5"), "" },
  { NULL },
};

/* Pairs that libnice frees to have less of them go together. */
static const Step freed_together[] = {
  DISCOVER ("0x5", "0x6"),
  { REMOVED ("0x5"), "" },
  { REMOVED ("0x6"), "" },
  DISCOVER ("0x5", "0x6"),
  { PRUNING, "" },
  { CREATING, "" },
  { REMOVED ("0x5"), "" },
  DISCOVER ("0x5", "0x6"),
  { PRUNING, "" },
  { INBOUND, "" },
  { REMOVED ("0x5"), "" },
  { NULL },
};

static const Step nothing_discovered[] = {
  /* by another response, by one that is not known */
  { REQUEST ("0x5"), "" },
  { INBOUND, "" },
  { RESPONSE ("0x5"), "" },
  { INBOUND, "" },
  { DISCOVERED ("0x6"), "" },
  { RESPONSE ("0x8"), "" },
  { DISCOVERED ("0x9"), "" },
  { PRUNING, "" },
  { REMOVED ("0x5"), "" },
  { REMOVED ("0x8"), "" },
  /* of another pair with the same address */
  DISCOVER ("0x5", "0x6"),
  { NEW ("0x5"), "" },
  { PRUNING, "" },
  { REMOVED ("0x5"), "" },
  DISCOVER ("0x5", "0x6"),
  { FREED, "" },
  { PRUNING, "" },
  { REMOVED ("0x5"), "" },
  /* nobody's */
  { RELATED ("0x5", "0x6"), "" },
  { VALID ("0x5", "0x5"), "" },
  { NULL },
};

static const Step succeeds_by_itself[] = {
  DISCOVER ("0x5", "0x6"),
  { VALID ("0x6", "0x5"), "" },
  { VALID ("0x5", "0x5"), "" }, /* nothing has failed */
  { RELATED ("0x5", "0x6"), "" },
  { VALID ("0x6", "0x5"), "" }, /* both are well again */
  { VALID ("0x5", "0x5"), "" },
  { RELATED ("0x5", "0x6"), "" },
  { INBOUND, "" },
  { RESPONSE ("0x5"), "" },
  { VALID ("0x5", "0x5"), REFUSED },
  { NULL },
};

/* Another discovered pair takes the place of the failed one. */
static const Step discovers_another[] = {
  DISCOVER ("0x5", "0x6"),
  { RELATED ("0x5", "0x6"), "" },
  DISCOVER ("0x5", "0x7"),
  { VALID ("0x5", "0x5"), "" },
  { PRUNING, "" },
  { REMOVED ("0x5"), REFUSED },
  { NULL },
};

static const Step relayed[] = {
  { RELAYED ("0x5"), "" },
  { INBOUND, "" },
  { RESPONSE ("0x5"), "" },
  { DISCOVERED ("0x6"), "" },
  { RELATED ("0x5", "0x6"), REFUSED_RELAY },
  { NULL },
};

#define MAKE_VALID(pair)                                                       \
  { REQUEST (pair), "" }, { RESPONSE (pair), "" }, { VALID (pair, pair), "" }, \
  {                                                                            \
    STATE (pair, "SUCCEEDED"), ""                                              \
  }

static const Step waits[] = {
  MAKE_VALID ("0x5"),
  { NOMINATING ("0x5"), "" }, /* as in each call */
  { ROLE, "fragile" },
  { INBOUND, "fragile" },
  { STATE ("0x5", "IN_PROGRESS"), "" },
  { TRIGGERED ("0x5"), "" }, /* its check is under way */
  { STATE ("0x5", "FAILED"), "" },
  { TRIGGERED ("0x5"), "fragile" },
  { TRIGGERED ("0x5"), "fragile" },
  { STATE ("0x5", "IN_PROGRESS"), "" },
  { NULL },
};

static const Step waits_no_more[] = {
  { ROLE, "" },
  MAKE_VALID ("0x5"),
  { NOMINATING ("0x5"), "fragile" },
  { REMOVED ("0x5"), "" },
  MAKE_VALID ("0x5"),
  { NOMINATING ("0x5"), "fragile" },
  { NEW ("0x5"), "" },
  MAKE_VALID ("0x5"),
  { NOMINATING ("0x5"), "fragile" },
  { FREED, "" },
  MAKE_VALID ("0x5"),
  { NOMINATING ("0x5"), "" }, /* no role conflict since then */
  { NULL },
};

static const Step never_valid[] = {
  { ROLE, "" },
  { TRIGGERED ("0x5"), "" },
  { REQUEST ("0x5"), "" },
  { STATE ("0x5", "FAILED"), "" },
  { TRIGGERED ("0x5"), "" },
  { NULL },
};

static void
test_steps (gconstpointer data)
{
  const Step *step;
  NiceDiscoveries state;

  nice_discoveries_init (&state);
  for (step = data; step->line != NULL; step++) {
    g_autofree gchar *line = g_strconcat ("Agent 0x1", step->line, NULL);
    g_autofree gchar *consequence = NULL;
    const NiceDiscovery *refused;
    gboolean is_fragile;
    NiceTraceEvent event;

    nice_trace_parse (line, -1, &event);
    g_test_message ("%s", line);
    g_assert_cmpint (event.kind, !=, NICE_TRACE_OTHER);
    g_assert_cmpint (event.kind, !=, NICE_TRACE_MALFORMED);
    refused = nice_discoveries_step (&state, &event);
    is_fragile = nice_discoveries_are_fragile (&state);
    if (refused != NULL)
      consequence = g_strdup_printf ("refuse %" G_GUINT64_FORMAT " [%s]:%u%s",
          refused->socket, refused->remote.address, refused->remote.port,
          is_fragile ? " fragile" : "");
    g_assert_cmpstr (consequence != NULL ? consequence
            : is_fragile                 ? "fragile"
                                         : "",
        ==, step->consequence);
  }
  nice_discoveries_clear (&state);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const gchar *name;
    const Step *steps;
  } tests[] = {
    { "freed-alone", freed_alone },
    { "freed-together", freed_together },
    { "nothing-discovered", nothing_discovered },
    { "succeeds-by-itself", succeeds_by_itself },
    { "discovers-another", discovers_another },
    { "relayed", relayed },
    { "waits", waits },
    { "waits-no-more", waits_no_more },
    { "never-valid", never_valid },
  };
  guint i;

  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autofree gchar *path = g_strconcat (
        "/nicediscoveries/", tests[i].name, NULL);

    g_test_add_data_func (path, tests[i].steps, test_steps);
  }
  return g_test_run ();
}
