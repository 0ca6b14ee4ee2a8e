/* gst-ice: test of the generations of a transport: which one gathers, is
 * restarted in place, keeps media, and is closed.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The generations, the media sockets, the I/O thread, alarms and the clock are
 * played by this file. */

#include "agent/gsticenicetransport.h"
#include "agent/gsticenicegeneration.h"
#include "agent/gsticenicemedia.h"
#include "consent/gsticeniceanswerer.h"
#include "iothread/gsticealarm.h"
#include "recordingtransport.h"
#include <gio/gnetworking.h>
#include <string.h>

#define MAX_GENERATIONS 5
#define LATE GST_ICE_NICE_ANSWERER_LATE
#define LIMIT GST_ICE_NICE_ANSWERER_LIMIT

struct _GstIceNiceGeneration
{
  guint number, references;
  const GstIceNiceGenerationCallbacks *callbacks;
  GstIceTransport *transport;
  GPtrArray *pairs; /* NULL: not known */
  gchar ufrag[8];
  GstIceRole role;
  gboolean is_selected, is_up_to_date, holds_pair, can_free_ports;
  gint64 last_check;
  guint64 filtered;
};

struct _GstIceAlarm
{
  GstIceAlarmFunc function;
  gpointer user_data;
  gint64 when;
};

typedef struct
{
  GstIceTransport *transport;
  GstIceTransportClass *functions;
  GstIceGatherOptions options;
} Fixture;

static GString *calls; /* a word each */
static GstIceNiceGeneration generations[MAX_GENERATIONS];
static guint n_generations;
static GstIceAlarm late;
static gint64 now;
static gint media_place, io_place; /* only their addresses are used */
static GIOErrorEnum gather_fails;  /* G_IO_ERROR_FAILED + 1: it works */
static GSource *invoked;
static gboolean closes_later;
static const GstIceSocketOptions *its_options;

#define WORKS G_IO_ERROR_NOT_FOUND

gint64
g_get_monotonic_time (void)
{
  return now;
}

/* The I/O thread and its alarms. */

GstIceAlarm *
gst_ice_alarm_new (
    GMainContext *context, GstIceAlarmFunc function, gpointer user_data)
{
  late = (GstIceAlarm){ function, user_data, -1 };
  return &late;
}

void
gst_ice_alarm_set (GstIceAlarm *alarm, gint64 when)
{
  alarm->when = when;
}

void
gst_ice_alarm_free (GstIceAlarm *alarm)
{
  g_string_append (calls, "alarm-freed ");
}

GstIceIo *
gst_ice_io_acquire (void)
{
  return (GstIceIo *) &io_place;
}

void
gst_ice_io_release (GstIceIo *io)
{
  g_string_append (calls, "released ");
}

GMainContext *
gst_ice_io_get_context (GstIceIo *io)
{
  return NULL;
}

void
gst_ice_io_invoke (
    GstIceIo *io, GSourceFunc function, gpointer data, GDestroyNotify notify)
{
  g_assert_null (invoked);
  invoked = g_idle_source_new ();
  g_source_set_callback (invoked, function, data, notify);
}

static void
run_invoked (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_assert_nonnull (invoked);
  g_source_attach (invoked, context);
  g_clear_pointer (&invoked, g_source_unref);
  g_main_context_iteration (context, FALSE);
  g_assert_false (g_main_context_iteration (context, FALSE));
}

/* Media sockets. */

GstIceNiceMedia *
gst_ice_nice_media_new (GstIceTransport *transport)
{
  return (GstIceNiceMedia *) &media_place;
}

void
gst_ice_nice_media_free (GstIceNiceMedia *media)
{
  g_string_append (calls, "media-freed ");
}

void
gst_ice_nice_media_forget_pair (GstIceNiceMedia *media)
{
  g_string_append (calls, "media-forgotten ");
}

void
gst_ice_nice_media_close (GstIceNiceMedia *media)
{
  g_string_append (calls, "media-closed ");
}

void
gst_ice_nice_media_set_options (GstIceNiceMedia *media,
    GstIceDirection direction, const GstIceSocketOptions *options)
{
  g_string_append_printf (
      calls, "media:%d:%d ", direction, options != NULL ? options->dscp : -2);
}

/* Generations. */

static void
append (const gchar *what, GstIceNiceGeneration *self)
{
  g_assert_cmpuint (self->references, >, 0);
  g_string_append_printf (calls, "%s%u ", what, self->number);
}

GstIceNiceGeneration *
gst_ice_nice_generation_new (GstIceTransport *transport, GstIceIo *io,
    GstIceNiceMedia *media, const GstIceSocketOptions *options,
    IceRateLimit *conflict_warnings,
    const GstIceNiceGenerationCallbacks *callbacks)
{
  GstIceNiceGeneration *self = &generations[n_generations++];

  g_assert_cmpuint (n_generations, <=, MAX_GENERATIONS);
  its_options = options;
  *self = (GstIceNiceGeneration){
    .number = n_generations,
    .references = 1,
    .callbacks = callbacks,
    .transport = transport,
    .is_up_to_date = TRUE,
    .holds_pair = TRUE,
    .can_free_ports = TRUE,
    .filtered = n_generations * 10,
  };
  return self;
}

GstIceNiceGeneration *
gst_ice_nice_generation_ref (GstIceNiceGeneration *self)
{
  self->references++;
  return self;
}

void
gst_ice_nice_generation_unref (GstIceNiceGeneration *self)
{
  self->references--;
}

gboolean
gst_ice_nice_generation_gather (GstIceNiceGeneration *self,
    const GstIceGatherOptions *options, GError **error)
{
  append ("gather", self);
  g_strlcpy (self->ufrag, options->local_ufrag, sizeof self->ufrag);
  self->role = options->role;
  if (gather_fails == WORKS)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, (gint) gather_fails, "cannot");
  return FALSE;
}

GstIceSharedContext *
gst_ice_nice_generation_get_context (GstIceNiceGeneration *self)
{
  append ("context", self);
  return NULL;
}

void
gst_ice_nice_generation_set_remote_credentials (
    GstIceNiceGeneration *self, const gchar *ufrag, const gchar *password)
{
  append ("credentials", self);
}

void
gst_ice_nice_generation_add_remote_candidate (
    GstIceNiceGeneration *self, const IceCandidate *candidate)
{
  append ("candidate", self);
}

void
gst_ice_nice_generation_remote_end_of_candidates (GstIceNiceGeneration *self)
{
  append ("end", self);
}

gboolean
gst_ice_nice_generation_has_ufrag (
    GstIceNiceGeneration *self, const gchar *ufrag)
{
  return g_str_equal (self->ufrag, ufrag);
}

gboolean
gst_ice_nice_generation_has_role (GstIceNiceGeneration *self, GstIceRole role)
{
  return self->role == role;
}

gboolean
gst_ice_nice_generation_is_up_to_date (
    GstIceNiceGeneration *self, const GstIceSettings *settings)
{
  return self->is_up_to_date;
}

gboolean
gst_ice_nice_generation_hold_pair (GstIceNiceGeneration *self)
{
  append ("hold", self);
  return self->holds_pair;
}

void
gst_ice_nice_generation_restart (GstIceNiceGeneration *self,
    const gchar *local_ufrag, const gchar *local_password)
{
  append ("restart", self);
  g_strlcpy (self->ufrag, local_ufrag, sizeof self->ufrag);
}

void
gst_ice_nice_generation_apply_options (GstIceNiceGeneration *self)
{
  append ("options", self);
}

gboolean
gst_ice_nice_generation_has_selected (GstIceNiceGeneration *self)
{
  return self->is_selected;
}

void
gst_ice_nice_generation_retire (GstIceNiceGeneration *self)
{
  append ("retire", self);
}

void
gst_ice_nice_generation_leave (GstIceNiceGeneration *self)
{
  append ("leave", self);
}

gint64
gst_ice_nice_generation_get_last_check (GstIceNiceGeneration *self)
{
  return self->last_check;
}

void
gst_ice_nice_generation_close (GstIceNiceGeneration *self)
{
  append ("close", self);
  if (!closes_later)
    self->callbacks->closed (self->transport);
}

gboolean
gst_ice_nice_generation_can_free_ports (GstIceNiceGeneration *self)
{
  return self->can_free_ports;
}

void
gst_ice_nice_generation_close_ports (GstIceNiceGeneration *self)
{
  append ("close-ports", self);
  self->callbacks->closed (self->transport);
}

guint
gst_ice_nice_generation_send (GstIceNiceGeneration *self,
    const GstIceDatagram *datagrams, guint n, GError **error)
{
  append ("send", self);
  return n;
}

guint64
gst_ice_nice_generation_count_filtered (GstIceNiceGeneration *self)
{
  return self->filtered;
}

static gpointer
copy_pair (gconstpointer pair, gpointer unused)
{
  return gst_structure_copy (pair);
}

GPtrArray *
gst_ice_nice_generation_list_pairs (GstIceNiceGeneration *self, GstIceRole role)
{
  return self->pairs != NULL ? g_ptr_array_copy (self->pairs, copy_pair, NULL)
                             : NULL;
}

/* What is reported. */

static void
on_gathered (GstIceTransport *transport, gpointer data)
{
  g_string_append (calls, "gathered ");
}

static void
on_event (GstIceTransport *transport, IceEvent event, gpointer data)
{
  g_string_append (
      calls, event == ICE_EVENT_PROOF_OF_LIFE ? "life " : "other ");
}

static void
on_role (GstIceTransport *transport, GstIceRole role, gpointer data)
{
  g_string_append (
      calls, role == GST_ICE_ROLE_CONTROLLING ? "controlling " : "controlled ");
}

static void
on_problem (GstIceTransport *transport, const GError *error, gboolean fatal,
    gpointer data)
{
  g_string_append_printf (
      calls, "%s(%s) ", fatal ? "fatal" : "problem", error->message);
}

static void
on_closed (GstIceTransport *transport, gpointer data)
{
  g_string_append (calls, "closed ");
}

/* The test. */

static void
assert_calls (const gchar *expected)
{
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  static const GstIceTransportObserver observer = {
    .gathered = on_gathered,
    .event = on_event,
    .role = on_role,
    .problem = on_problem,
    .closed = on_closed,
  };

  now = 100 * G_TIME_SPAN_SECOND;
  calls = g_string_new (NULL);
  n_generations = 0;
  gather_fails = WORKS;
  closes_later = FALSE;
  f->transport = gst_object_ref_sink (g_object_new (
      GST_TYPE_ICE_NICE_TRANSPORT, "stream", 0, "component", 1, NULL));
  f->functions = GST_ICE_TRANSPORT_GET_CLASS (f->transport);
  gst_ice_transport_set_observer (f->transport, &observer, f);
  f->options = (GstIceGatherOptions){
    .local_ufrag = "one",
    .role = GST_ICE_ROLE_CONTROLLING,
  };
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  guint i;

  g_string_truncate (calls, 0);
  f->functions->close (f->transport);
  g_assert_true (g_str_has_suffix (calls->str, "closed released ")
      || g_str_has_suffix (calls->str, "closed "));
  for (i = 0; i < n_generations; i++) {
    g_assert_cmpuint (generations[i].references, ==, 0);
    g_clear_pointer (&generations[i].pairs, g_ptr_array_unref);
  }
  gst_object_unref (f->transport);
  g_assert_true (g_str_has_suffix (calls->str, "media-freed "));
  g_string_free (calls, TRUE);
}

/* The first generation has gathered and is connected. */
static void
open_path (Fixture *f)
{
  GstIceConnectionState old;
  IceReason reason;

  f->functions->gather (f->transport, &f->options);
  gst_ice_transport_step (f->transport, ICE_EVENT_CHECKING, now, &old, &reason);
  gst_ice_transport_step (
      f->transport, ICE_EVENT_PAIR_USABLE, now, &old, &reason);
  g_assert_cmpint (gst_ice_transport_get_state (f->transport), ==,
      GST_ICE_CONNECTION_STATE_CONNECTED);
  generations[0].is_selected = TRUE;
  g_string_truncate (calls, 0);
}

static void
restart (Fixture *f, const gchar *ufrag)
{
  f->options.local_ufrag = ufrag;
  f->functions->restart (f->transport, &f->options);
}

/* A second generation gathers, media stays with the first. */
static void
follow (Fixture *f)
{
  open_path (f);
  generations[0].is_up_to_date = FALSE;
  restart (f, "two");
  assert_calls ("gather2 retire1 ");
}

static void
test_gather (Fixture *f, gconstpointer unused)
{
  f->functions->gather (f->transport, &f->options);
  assert_calls ("gather1 ");
}

static void
test_cannot_gather (Fixture *f, gconstpointer unused)
{
  gather_fails = G_IO_ERROR_ADDRESS_IN_USE;
  f->functions->gather (f->transport, &f->options);
  assert_calls ("gather1 fatal(cannot) gathered ");
}

/* In place, if the path works and nothing has changed. */
static void
test_in_place (Fixture *f, gconstpointer unused)
{
  open_path (f);
  restart (f, "two");
  assert_calls ("hold1 hold1 restart1 ");
  restart (f, "two"); /* the same again */
  assert_calls ("restart1 ");
}

static void
test_again (Fixture *f, gconstpointer unused)
{
  follow (f);
  g_assert_cmpint (late.when, ==, -1);
}

/* Other reasons to gather again. */
static void
test_again_otherwise (Fixture *f, gconstpointer unused)
{
  open_path (f);
  generations[0].holds_pair = FALSE;
  restart (f, "two");
  assert_calls ("hold1 gather2 retire1 ");
  generations[1].is_selected = TRUE;
  generations[1].role = GST_ICE_ROLE_CONTROLLED;
  restart (f, "three");
  assert_calls ("gather3 context2 close1 retire2 ");
}

/* A generation without a pair is closed, and the one that has it stays. */
static void
test_unused (Fixture *f, gconstpointer unused)
{
  follow (f);
  generations[1].is_up_to_date = FALSE;
  restart (f, "three");
  assert_calls ("gather3 close2 ");
  g_assert_cmpuint (f->functions->count_filtered (f->transport), ==, 10 + 30);
}

/* If it cannot gather again, it is made in place; warnings are limited. */
static void
test_not_again (Fixture *f, gconstpointer unused)
{
  open_path (f);
  generations[0].is_up_to_date = FALSE;
  gather_fails = G_IO_ERROR_TOO_MANY_OPEN_FILES;
  restart (f, "two");
  assert_calls ("gather2 close2 problem(could not gather again: cannot; the "
                "restart continues with the existing candidates) hold1 "
                "restart1 ");
  generations[0].holds_pair = FALSE;
  restart (f, "three");
  assert_calls ("gather3 close3 hold1 restart1 ");
}

/* A role that was set before the first pair needs another generation. */
static void
test_role (Fixture *f, gconstpointer unused)
{
  f->functions->gather (f->transport, &f->options);
  g_string_truncate (calls, 0);
  f->options.role = GST_ICE_ROLE_CONTROLLED;
  restart (f, "one");
  assert_calls ("gather2 close1 ");
  gather_fails = G_IO_ERROR_TOO_MANY_OPEN_FILES;
  f->options.role = GST_ICE_ROLE_CONTROLLING;
  restart (f, "one");
  assert_calls (
      "gather3 close3 controlled problem(role was not changed, because that "
      "needs new candidates: cannot) restart2 ");
  generations[1].role = GST_ICE_ROLE_CONTROLLING;
  f->options.role = GST_ICE_ROLE_CONTROLLED;
  restart (f, "one");
  g_assert_nonnull (strstr (calls->str, "controlling problem(role was not"));
}

/* With a pair it follows as any other. */
static void
test_role_of_pair (Fixture *f, gconstpointer unused)
{
  open_path (f);
  f->options.role = GST_ICE_ROLE_CONTROLLED;
  restart (f, "one");
  assert_calls ("gather2 retire1 ");
}

/* Where there is no second port, the new one takes the port of the last. */
static void
test_role_on_one_port (Fixture *f, gconstpointer unused)
{
  f->functions->gather (f->transport, &f->options);
  g_string_truncate (calls, 0);
  gather_fails = G_IO_ERROR_ADDRESS_IN_USE;
  f->options.role = GST_ICE_ROLE_CONTROLLED;
  restart (f, "one");
  assert_calls ("gather2 close2 close-ports1 gather3 fatal(cannot) "
                "gathered ");
  generations[2].can_free_ports = FALSE;
  f->options.role = GST_ICE_ROLE_CONTROLLING;
  restart (f, "one");
  g_assert_true (g_str_has_prefix (
      calls->str, "gather4 close4 controlled problem(role was not changed"));
}

/* When media uses the new one's pair, the old one is left, and closed when the
 * peer does not use its credentials any more. */
static void
test_selected (Fixture *f, gconstpointer unused)
{
  GstIceNiceGeneration *old = &generations[0], *new = &generations[1];
  gint64 left;

  open_path (f);
  old->callbacks->selected (f->transport, old);
  assert_calls ("context1 "); /* the reader receives */
  old->is_up_to_date = FALSE;
  restart (f, "two");
  g_string_truncate (calls, 0);
  left = now;
  new->is_selected = TRUE;
  new->callbacks->selected (f->transport, new);
  assert_calls ("context2 leave1 ");
  g_assert_cmpint (late.when, ==, left + LATE);
  new->callbacks->selected (f->transport, new); /* another pair */
  assert_calls ("context2 ");

  old->last_check = left + G_TIME_SPAN_SECOND;
  now = left + LATE;
  late.function (late.user_data);
  g_assert_cmpint (late.when, ==, old->last_check + LATE);
  old->last_check = left + LIMIT;
  late.function (late.user_data);
  g_assert_cmpint (late.when, ==, left + LIMIT);
  assert_calls ("");
  now = left + LIMIT;
  late.function (late.user_data);
  assert_calls ("context2 close1 ");
  g_assert_cmpint (late.when, ==, -1);
  now++;
}

static guint
send_one (Fixture *f, GError **error)
{
  const GstIceDatagram datagram = { 0 };

  return f->functions->send (f->transport, &datagram, 1, error);
}

/* Through the generation whose pair media uses. */
static void
test_send (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (send_one (f, &error), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  open_path (f);
  g_assert_cmpuint (send_one (f, NULL), ==, 1);
  assert_calls ("send1 ");
  generations[0].is_up_to_date = FALSE;
  restart (f, "two");
  g_string_truncate (calls, 0);
  send_one (f, NULL);
  assert_calls ("send1 ");
  generations[1].callbacks->selected (f->transport, &generations[1]);
  g_string_truncate (calls, 0);
  send_one (f, NULL);
  assert_calls ("send2 ");
}

static GPtrArray *
make_pairs (gboolean selected)
{
  GPtrArray *pairs = g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_structure_free);

  g_ptr_array_add (pairs,
      gst_structure_new ("pair", "selected", G_TYPE_BOOLEAN, selected, NULL));
  g_ptr_array_add (pairs, gst_structure_new_empty ("unknown"));
  return pairs;
}

/* -1: not known. */
static gint
count_pairs (Fixture *f)
{
  g_autoptr (GPtrArray) pairs = f->functions->list_pairs (f->transport);

  return pairs != NULL ? (gint) pairs->len : -1;
}

/* Also the old one's, while media uses its pair. */
static void
test_pairs (Fixture *f, gconstpointer unused)
{
  g_assert_cmpint (count_pairs (f), ==, -1);
  follow (f);
  g_assert_cmpint (count_pairs (f), ==, -1);
  generations[1].pairs = make_pairs (FALSE);
  g_assert_cmpint (count_pairs (f), ==, 2);
  generations[0].pairs = make_pairs (TRUE);
  g_assert_cmpint (count_pairs (f), ==, 4);
  generations[1].callbacks->selected (f->transport, &generations[1]);
  g_assert_cmpint (count_pairs (f), ==, 2);
}

static void
test_pairs_of_selected (Fixture *f, gconstpointer unused)
{
  follow (f);
  generations[0].pairs = make_pairs (TRUE);
  generations[1].pairs = make_pairs (TRUE);
  g_assert_cmpint (count_pairs (f), ==, 2);
}

static void
test_filtered (Fixture *f, gconstpointer unused)
{
  g_assert_cmpuint (f->functions->count_filtered (f->transport), ==, 0);
  follow (f);
  g_assert_cmpuint (f->functions->count_filtered (f->transport), ==, 10 + 20);
}

/* The remote side is the current generation's. */
static void
test_remote (Fixture *f, gconstpointer unused)
{
  follow (f);
  f->functions->set_remote_credentials (f->transport, "a", "b");
  f->functions->add_remote_candidate (f->transport, NULL);
  f->functions->remote_end_of_candidates (f->transport);
  assert_calls ("credentials2 candidate2 end2 ");
}

/* Both generations have sockets. */
static void
test_options (Fixture *f, gconstpointer unused)
{
  const GstIceSocketOptions options = { .dscp = 46 };

  f->functions->set_socket_options (
      f->transport, GST_ICE_DIRECTION_RECEIVE, &options);
  g_assert_cmpuint (GST_ICE_DIRECTION_RECEIVE, !=, GST_ICE_DIRECTION_SEND);
  g_string_truncate (calls, 0);
  follow (f);
  g_assert_cmpint (its_options[GST_ICE_DIRECTION_RECEIVE].dscp, ==, 46);
  g_assert_cmpint (its_options[GST_ICE_DIRECTION_SEND].dscp, ==, -1);
  f->functions->set_socket_options (
      f->transport, GST_ICE_DIRECTION_SEND, &options);
  g_assert_cmpint (its_options[GST_ICE_DIRECTION_SEND].dscp, ==, 46);
  f->functions->set_socket_options (f->transport, GST_ICE_DIRECTION_SEND, NULL);
  g_assert_cmpint (its_options[GST_ICE_DIRECTION_SEND].dscp, ==, 46);
  g_assert_true (g_str_has_suffix (calls->str, ":-2 options2 options1 "));
}

/* A datagram after a silence is a sign of life, reported once. */
static void
test_silence_ended (Fixture *f, gconstpointer unused)
{
  f->functions->silence_ended (f->transport); /* before it gathers */
  g_assert_null (invoked);
  open_path (f);
  f->functions->silence_ended (f->transport);
  f->functions->silence_ended (f->transport);
  run_invoked ();
  assert_calls ("life ");
  f->functions->silence_ended (f->transport);
  run_invoked ();
  assert_calls ("life ");
}

/* All that is open is closed, then it is reported. */
static void
test_close (Fixture *f, gconstpointer unused)
{
  follow (f);
  f->functions->close (f->transport);
  assert_calls ("alarm-freed media-closed close1 close2 closed released ");
  f->functions->silence_ended (f->transport);
  g_assert_null (invoked);
}

/* It is reported when the last generation is closed, too. */
static void
test_closed_later (Fixture *f, gconstpointer unused)
{
  follow (f);
  closes_later = TRUE;
  f->functions->close (f->transport);
  assert_calls ("alarm-freed media-closed close1 close2 released ");
  generations[0].callbacks->closed (f->transport);
  assert_calls ("");
  generations[1].callbacks->closed (f->transport);
  assert_calls ("closed ");
}

static gboolean
has_address (Fixture *f, guint16 its_port)
{
  const struct sockaddr_in address = { .sin_family = AF_INET,
    .sin_port = GUINT16_TO_BE (its_port),
    .sin_addr.s_addr = GUINT32_TO_BE (0xC0000209) };

  return gst_ice_peer_addresses_contain (
      gst_ice_datapath_get_peer_addresses (
          gst_ice_transport_get_datapath (f->transport)),
      &address, sizeof address);
}

/* What was accepted in the old generation only is forgotten with it. */
static void
test_addresses (Fixture *f, gconstpointer unused)
{
  GstIcePeerAddresses *addresses = gst_ice_datapath_get_peer_addresses (
      gst_ice_transport_get_datapath (f->transport));

  open_path (f);
  gst_ice_peer_addresses_add (addresses, "192.0.2.9", 1);
  generations[0].is_up_to_date = FALSE;
  restart (f, "two");
  gst_ice_peer_addresses_add (addresses, "192.0.2.9", 2);
  generations[1].callbacks->selected (f->transport, &generations[1]);
  g_assert_true (has_address (f, 1));
  now += LIMIT;
  late.function (late.user_data);
  g_assert_false (has_address (f, 1));
  g_assert_true (has_address (f, 2));
}

/* Likewise if the generation in between had to give its port to the next. */
static void
test_addresses_on_one_port (Fixture *f, gconstpointer unused)
{
  GstIcePeerAddresses *addresses = gst_ice_datapath_get_peer_addresses (
      gst_ice_transport_get_datapath (f->transport));

  follow (f);
  gst_ice_peer_addresses_add (addresses, "192.0.2.9", 1);
  gather_fails = G_IO_ERROR_ADDRESS_IN_USE;
  f->options.role = GST_ICE_ROLE_CONTROLLED;
  restart (f, "two");
  generations[3].callbacks->selected (f->transport, &generations[3]);
  now += LIMIT;
  late.function (late.user_data);
  g_assert_false (has_address (f, 1));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
#define TEST(name)                                                             \
  g_test_add (                                                                 \
      "/transport/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  TEST (gather);
  TEST (cannot_gather);
  TEST (in_place);
  TEST (again);
  TEST (again_otherwise);
  TEST (unused);
  TEST (not_again);
  TEST (role);
  TEST (role_of_pair);
  TEST (role_on_one_port);
  TEST (selected);
  TEST (send);
  TEST (pairs);
  TEST (pairs_of_selected);
  TEST (filtered);
  TEST (remote);
  TEST (options);
  TEST (silence_ended);
  TEST (close);
  TEST (closed_later);
  TEST (addresses);
  TEST (addresses_on_one_port);
  return g_test_run ();
}
