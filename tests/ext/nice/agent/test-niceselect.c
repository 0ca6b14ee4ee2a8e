/* gst-ice: test of how libnice is made to select a pair.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice is played by this file. As libnice does, it selects by foundations,
 * and refuses to set a peer-reflexive candidate. */

#include "agent/niceselect.h"
#include <string.h>

#define STREAM 7
#define COMPONENT 2
#define FOUNDATION "1"
#define PRIORITY 100

static GSList *locals, *remotes; /* of NiceCandidate */
static NiceCandidate *selected_local, *selected_remote;
static guint32 selected_priority; /* of the remote candidate, at that time */
static guint n_set;
static gboolean refuses_set;

static NiceCandidate *
make_candidate (const gchar *address, guint port)
{
  NiceCandidate *candidate = nice_candidate_new (NICE_CANDIDATE_TYPE_HOST);

  candidate->transport = NICE_CANDIDATE_TRANSPORT_UDP;
  g_assert_true (nice_address_set_from_string (&candidate->addr, address));
  nice_address_set_port (&candidate->addr, port);
  g_strlcpy (candidate->foundation, FOUNDATION, sizeof candidate->foundation);
  candidate->priority = PRIORITY;
  return candidate;
}

static gpointer
copy_candidate (gconstpointer candidate, gpointer unused)
{
  return nice_candidate_copy (candidate);
}

static void
assert_component (guint stream, guint component)
{
  g_assert_cmpuint (stream, ==, STREAM);
  g_assert_cmpuint (component, ==, COMPONENT);
}

/* libnice. */

GSList *
nice_agent_get_local_candidates (
    NiceAgent *agent, guint stream, guint component)
{
  assert_component (stream, component);
  return g_slist_copy_deep (locals, copy_candidate, NULL);
}

GSList *
nice_agent_get_remote_candidates (
    NiceAgent *agent, guint stream, guint component)
{
  assert_component (stream, component);
  return g_slist_copy_deep (remotes, copy_candidate, NULL);
}

int
nice_agent_set_remote_candidates (
    NiceAgent *agent, guint stream, guint component, const GSList *candidates)
{
  const NiceCandidate *new = candidates->data;
  GSList *i;

  assert_component (stream, component);
  g_assert_null (candidates->next);
  n_set++;
  if (refuses_set)
    return 0;
  for (i = remotes; i != NULL; i = i->next) {
    NiceCandidate *old = i->data;

    if (old->transport == new->transport
        && nice_address_equal (&old->addr, &new->addr)) {
      g_assert_cmpint (old->type, !=, NICE_CANDIDATE_TYPE_PEER_REFLEXIVE);
      old->priority = new->priority;
      g_strlcpy (old->foundation, new->foundation, sizeof old->foundation);
    }
  }
  return 1;
}

static NiceCandidate *
find_foundation (GSList *list, const gchar *foundation)
{
  for (; list != NULL; list = list->next)
    if (strcmp (((NiceCandidate *) list->data)->foundation, foundation) == 0)
      return list->data;
  return NULL;
}

gboolean
nice_agent_set_selected_pair (NiceAgent *agent, guint stream, guint component,
    const gchar *local, const gchar *remote)
{
  NiceCandidate *found_local = find_foundation (locals, local);
  NiceCandidate *found_remote = find_foundation (remotes, remote);

  assert_component (stream, component);
  if (found_local == NULL || found_remote == NULL)
    return FALSE;
  selected_local = found_local;
  selected_remote = found_remote;
  selected_priority = found_remote->priority;
  return TRUE;
}

gboolean
nice_agent_get_selected_pair (NiceAgent *agent, guint stream, guint component,
    NiceCandidate **local, NiceCandidate **remote)
{
  assert_component (stream, component);
  *local = selected_local;
  *remote = selected_remote;
  return selected_local != NULL;
}

/* The test. */

static void
set_up (void)
{
  locals = g_slist_append (NULL, make_candidate ("192.0.2.1", 40001));
  locals = g_slist_append (locals, make_candidate ("192.0.2.1", 40001));
  ((NiceCandidate *) locals->next->data)->transport =
      NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE;
  g_strlcpy (((NiceCandidate *) locals->next->data)->foundation, "2",
      NICE_CANDIDATE_MAX_FOUNDATION);
  remotes = g_slist_append (NULL, make_candidate ("192.0.2.2", 50001));
  remotes = g_slist_append (remotes, make_candidate ("192.0.2.3", 50001));
  remotes = g_slist_append (remotes, make_candidate ("192.0.2.3", 50002));
  selected_local = selected_remote = NULL;
  selected_priority = 0;
  n_set = 0;
  refuses_set = FALSE;
}

static void
tear_down (void)
{
  GSList *i;

  for (i = remotes; i != NULL; i = i->next) {
    g_assert_cmpstr (((NiceCandidate *) i->data)->foundation, ==, FOUNDATION);
    g_assert_cmpuint (((NiceCandidate *) i->data)->priority, ==, PRIORITY);
  }
  g_slist_free_full (locals, (GDestroyNotify) nice_candidate_free);
  g_slist_free_full (remotes, (GDestroyNotify) nice_candidate_free);
}

static gboolean
select_pair (NiceCandidateTransport transport, const gchar *remote, guint port)
{
  NiceCandidate *its_local = make_candidate ("192.0.2.1", 40001);
  NiceCandidate *its_remote = make_candidate (remote, port);
  gboolean selected;

  its_local->transport = transport;
  selected = nice_select_pair (NULL, STREAM, COMPONENT, its_local, its_remote);
  nice_candidate_free (its_local);
  nice_candidate_free (its_remote);
  return selected;
}

/* All remote candidates have one foundation: the right one is selected, with
 * the lowest priority, which it has only meanwhile. */
static void
test_selects (void)
{
  guint i;

  for (i = 0; i < 3; i++) {
    gchar text[NICE_ADDRESS_STRING_LEN];
    const NiceCandidate *wanted;

    set_up ();
    wanted = g_slist_nth_data (remotes, i);
    nice_address_to_string (&wanted->addr, text);
    g_assert_true (select_pair (NICE_CANDIDATE_TRANSPORT_UDP, text,
        nice_address_get_port (&wanted->addr)));
    g_assert_true (selected_local == locals->data);
    g_assert_true (selected_remote == wanted);
    g_assert_cmpuint (selected_priority, ==, 1);
    g_assert_cmpuint (n_set, ==, 2);
    tear_down ();
  }
}

/* Of two at one address the one of the transport. */
static void
test_transport (void)
{
  set_up ();
  g_assert_true (
      select_pair (NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE, "192.0.2.2", 50001));
  g_assert_true (selected_local == locals->next->data);
  tear_down ();
}

/* libnice would not set it: the first one of its foundation is selected, which
 * may be another. */
static void
test_peer_reflexive (void)
{
  guint i;

  for (i = 0; i < 2; i++) {
    gchar text[NICE_ADDRESS_STRING_LEN];
    NiceCandidate *wanted;

    set_up ();
    wanted = g_slist_nth_data (remotes, i);
    wanted->type = NICE_CANDIDATE_TYPE_PEER_REFLEXIVE;
    nice_address_to_string (&wanted->addr, text);
    g_assert_cmpint (
        select_pair (NICE_CANDIDATE_TRANSPORT_UDP, text, 50001), ==, i == 0);
    g_assert_true (selected_remote == remotes->data);
    g_assert_cmpuint (selected_priority, ==, PRIORITY);
    g_assert_cmpuint (n_set, ==, 0);
    tear_down ();
  }
}

/* Unknown candidates, and one that libnice does not take. */
static void
test_fails (void)
{
  set_up ();
  g_assert_false (
      select_pair (NICE_CANDIDATE_TRANSPORT_UDP, "192.0.2.9", 50001));
  g_assert_false (
      select_pair (NICE_CANDIDATE_TRANSPORT_UDP, "192.0.2.2", 50002));
  g_assert_false (
      select_pair (NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE, "192.0.2.2", 50001));
  g_assert_cmpuint (n_set, ==, 0);
  g_assert_null (selected_local);

  refuses_set = TRUE;
  g_assert_false (
      select_pair (NICE_CANDIDATE_TRANSPORT_UDP, "192.0.2.2", 50001));
  g_assert_null (selected_local);

  /* another pair was selected before, of which only one end is the same */
  selected_local = locals->data;
  selected_remote = remotes->next->data;
  g_assert_false (
      select_pair (NICE_CANDIDATE_TRANSPORT_UDP, "192.0.2.2", 50001));
  selected_local = locals->next->data;
  selected_remote = remotes->data;
  g_assert_false (
      select_pair (NICE_CANDIDATE_TRANSPORT_UDP, "192.0.2.2", 50001));
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/niceselect/selects", test_selects);
  g_test_add_func ("/niceselect/transport", test_transport);
  g_test_add_func ("/niceselect/peer-reflexive", test_peer_reflexive);
  g_test_add_func ("/niceselect/fails", test_fails);
  return g_test_run ();
}
