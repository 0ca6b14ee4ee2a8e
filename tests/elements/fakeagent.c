/* gst-ice: a backend for tests.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fakeagent.h"
#include "gsticeio.h"
#include <string.h>

struct _FakeTransport
{
  GstIceTransport parent;

  gboolean automatic;
  gboolean closed; /* I/O thread */

  GMutex lock;
  GCond cond;
  /* under the lock */
  GString *log;
  GString *sent;  /* datagrams, "|" after each */
  guint n_sent;   /* accepted, ever */
  guint n_handed; /* accepted or refused, ever */
  guint calls;    /* of send() */
  guint blocks;   /* so many sends would block */
  gint refuse;    /* this datagram can't be sent; -1 = none */
  gboolean fail;
  gboolean close_later;
};

G_DEFINE_TYPE (FakeTransport, fake_transport, GST_TYPE_ICE_TRANSPORT)

struct _FakeAgent
{
  GstIceAgent parent;
};

G_DEFINE_TYPE (FakeAgent, fake_agent, GST_TYPE_ICE_AGENT)

static gint automatic;

/* The I/O thread. */

typedef struct
{
  GSourceFunc function;
  gpointer data;
  GMutex lock;
  GCond cond;
  gboolean done;
} Call;

static gboolean
run_call (gpointer data)
{
  Call *call = data;

  if (call->function != NULL)
    call->function (call->data);
  g_mutex_lock (&call->lock);
  call->done = TRUE;
  g_cond_signal (&call->cond);
  g_mutex_unlock (&call->lock);
  return G_SOURCE_REMOVE;
}

/* Runs function on the I/O thread and waits for it. */
void
fake_call (GSourceFunc function, gpointer data)
{
  g_autoptr (GstIceIo) io = gst_ice_io_acquire ();
  gint64 end = g_get_monotonic_time () + FAKE_WATCHDOG;
  Call call = { .function = function, .data = data };

  g_mutex_init (&call.lock);
  g_cond_init (&call.cond);
  gst_ice_io_invoke (io, run_call, &call, NULL);
  g_mutex_lock (&call.lock);
  while (!call.done)
    if (!g_cond_wait_until (&call.cond, &call.lock, end))
      g_error ("the I/O thread hangs");
  g_mutex_unlock (&call.lock);
  g_cond_clear (&call.cond);
  g_mutex_clear (&call.lock);
}

/* Whatever was asked for is done when it returns. */
void
fake_settle (void)
{
  fake_call (NULL, NULL);
}

/* What it is told. */

G_GNUC_PRINTF (2, 3)
static void
note (FakeTransport *self, const gchar *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_mutex_lock (&self->lock);
  g_string_append_vprintf (self->log, format, arguments);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  va_end (arguments);
}

static gboolean
run_automatic (gpointer data)
{
  FakeTransport *self = data;
  GstIceTransport *transport = data;
  g_autoptr (IceCandidate) local = ice_candidate_parse (FAKE_LOCAL, NULL);
  g_autoptr (IceCandidate) remote = ice_candidate_parse (FAKE_REMOTE, NULL);

  if (self->closed)
    return G_SOURCE_REMOVE;
  local->component = gst_ice_transport_get_component (GST_ICE_TRANSPORT (self));
  gst_ice_transport_report_candidate (transport, local);
  gst_ice_transport_report_gathered (transport);
  gst_ice_transport_report_event (transport, ICE_EVENT_CHECKING);
  gst_ice_transport_report_selected_pair (transport, local, remote);
  gst_ice_transport_report_event (transport, ICE_EVENT_CHECKS_DONE);
  return G_SOURCE_REMOVE;
}

static void
report_later (FakeTransport *self)
{
  g_autoptr (GstIceIo) io = gst_ice_io_acquire ();

  g_assert_true (gst_ice_io_is_current (io));
  gst_ice_io_invoke (
      io, run_automatic, gst_object_ref (self), gst_object_unref);
}

static void
fake_transport_gather (
    GstIceTransport *transport, const GstIceGatherOptions *options)
{
  FakeTransport *self = FAKE_TRANSPORT (transport);

  g_assert_cmpuint (strlen (options->local_ufrag), >=, 4);
  g_assert_cmpuint (strlen (options->local_password), >=, 22);
  note (self, "gather:%s:stun=%s:turn=%u ",
      options->role == GST_ICE_ROLE_CONTROLLING ? "controlling" : "controlled",
      options->stun_server != NULL ? options->stun_server->address : "-",
      options->turn_servers->len);
  if (self->automatic)
    report_later (self);
}

static void
fake_transport_set_remote_credentials (
    GstIceTransport *transport, const gchar *ufrag, const gchar *password)
{
  note (FAKE_TRANSPORT (transport), "credentials:%s ", ufrag);
}

static void
fake_transport_add_remote_candidate (
    GstIceTransport *transport, const IceCandidate *candidate)
{
  note (FAKE_TRANSPORT (transport), "candidate:%s ", candidate->address);
}

static void
fake_transport_remote_end_of_candidates (GstIceTransport *transport)
{
  note (FAKE_TRANSPORT (transport), "end ");
}

static void
fake_transport_restart (
    GstIceTransport *transport, const GstIceGatherOptions *options)
{
  FakeTransport *self = FAKE_TRANSPORT (transport);

  g_assert_cmpuint (strlen (options->local_ufrag), >=, 4);
  g_assert_cmpuint (strlen (options->local_password), >=, 22);
  note (self, "restart ");
  if (self->automatic)
    report_later (self);
}

static void
fake_transport_set_socket_options (GstIceTransport *transport,
    GstIceDirection direction, const GstIceSocketOptions *options)
{
  const gchar *name = direction == GST_ICE_DIRECTION_RECEIVE ? "receive"
                                                             : "send";

  if (options != NULL)
    note (FAKE_TRANSPORT (transport), "%s:%u:%d:%d ", name,
        options->buffer_size, options->dscp, options->offload);
  else
    note (FAKE_TRANSPORT (transport), "%s:none ", name);
}

static void
fake_transport_close (GstIceTransport *transport)
{
  FakeTransport *self = FAKE_TRANSPORT (transport);
  gboolean later;

  note (self, "close ");
  self->closed = TRUE; /* it reports nothing by itself any more */
  g_mutex_lock (&self->lock);
  later = self->close_later;
  g_mutex_unlock (&self->lock);
  if (!later)
    gst_ice_transport_report_closed (transport);
}

static void
append_datagram (FakeTransport *self, const GstIceDatagram *datagram)
{
  gint i;

  for (i = 0; i < datagram->n_vectors; i++)
    g_string_append_len (self->sent, datagram->vectors[i].buffer,
        (gssize) datagram->vectors[i].size);
  g_string_append_c (self->sent, '|');
}

static guint
fake_transport_send (GstIceTransport *transport,
    const GstIceDatagram *datagrams, guint n, GError **error)
{
  FakeTransport *self = FAKE_TRANSPORT (transport);
  guint i;

  g_mutex_lock (&self->lock);
  self->calls++;
  if (self->blocks > 0) {
    if (self->blocks != G_MAXUINT)
      self->blocks--;
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "full");
    n = 0;
  }
  for (i = 0; i < n; i++) {
    if (self->fail || (gint) self->n_handed++ == self->refuse) {
      g_set_error_literal (
          error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE, "too large");
      break;
    }
    append_datagram (self, &datagrams[i]);
    self->n_sent++;
  }
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  return i;
}

static void
fake_transport_init (FakeTransport *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->log = g_string_new (NULL);
  self->sent = g_string_new (NULL);
  self->refuse = -1;
  self->automatic = g_atomic_int_get (&automatic);
}

static void
fake_transport_finalize (GObject *object)
{
  FakeTransport *self = FAKE_TRANSPORT (object);

  g_string_free (self->log, TRUE);
  g_string_free (self->sent, TRUE);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (fake_transport_parent_class)->finalize (object);
}

static void
fake_transport_class_init (FakeTransportClass *klass)
{
  GstIceTransportClass *transport_class = GST_ICE_TRANSPORT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = fake_transport_finalize;
  transport_class->gather = fake_transport_gather;
  transport_class->set_remote_credentials =
      fake_transport_set_remote_credentials;
  transport_class->add_remote_candidate = fake_transport_add_remote_candidate;
  transport_class->remote_end_of_candidates =
      fake_transport_remote_end_of_candidates;
  transport_class->restart = fake_transport_restart;
  transport_class->set_socket_options = fake_transport_set_socket_options;
  transport_class->close = fake_transport_close;
  transport_class->send = fake_transport_send;
}

static void
fake_agent_init (FakeAgent *self)
{
}

static void
fake_agent_class_init (FakeAgentClass *klass)
{
  GST_ICE_AGENT_CLASS (klass)->transport_type = FAKE_TYPE_TRANSPORT;
}

/* Finding. */

/* (transfer full) */
GstIceAgent *
fake_agent_new (void)
{
  return gst_object_ref_sink (g_object_new (FAKE_TYPE_AGENT, NULL));
}

/* (transfer full) */
FakeTransport *
fake_transport_of_agent (GstIceAgent *agent, guint stream, guint component)
{
  g_autoptr (GError) error = NULL;
  GstIceTransport *transport = gst_ice_agent_get_transport (
      agent, stream, component, &error);

  g_assert_no_error (error);
  return FAKE_TRANSPORT (transport);
}

/* (transfer full): of an element that is bound */
FakeTransport *
fake_transport_of (GstElement *element)
{
  FakeTransport *transport = NULL;

  g_object_get (element, "transport", &transport, NULL);
  g_assert_nonnull (transport);
  return transport;
}

/* (transfer full) */
gchar *
fake_take_log (FakeTransport *self)
{
  gchar *log;

  g_mutex_lock (&self->lock);
  log = g_string_free (self->log, FALSE);
  self->log = g_string_new (NULL);
  g_mutex_unlock (&self->lock);
  return log;
}

/* Waits until it was told so since the last fake_take_log(). */
void
fake_wait_log (FakeTransport *self, const gchar *text)
{
  gint64 end = g_get_monotonic_time () + FAKE_WATCHDOG;

  g_mutex_lock (&self->lock);
  while (strstr (self->log->str, text) == NULL)
    if (!g_cond_wait_until (&self->cond, &self->lock, end))
      g_error ("no \"%s\" after 10 s in \"%s\"", text, self->log->str);
  g_mutex_unlock (&self->lock);
}

/* What happens. */

typedef struct
{
  GstIceTransport *transport;
  IceCandidate *local, *remote;
  IceEvent event;
  const gchar *text;
} Report;

static IceCandidate *
parse (const gchar *text)
{
  g_autoptr (GError) error = NULL;
  IceCandidate *candidate = ice_candidate_parse (text, &error);

  g_assert_no_error (error);
  return candidate;
}

static gboolean
report_candidate (gpointer data)
{
  Report *report = data;

  gst_ice_transport_report_candidate (report->transport, report->local);
  return G_SOURCE_REMOVE;
}

void
fake_candidate (FakeTransport *self, const gchar *candidate)
{
  g_autoptr (IceCandidate) local = parse (candidate);
  Report report = { GST_ICE_TRANSPORT (self), .local = local };

  fake_call (report_candidate, &report);
}

static gboolean
report_gathered (gpointer transport)
{
  gst_ice_transport_report_gathered (transport);
  return G_SOURCE_REMOVE;
}

void
fake_gathered (FakeTransport *self)
{
  fake_call (report_gathered, self);
}

static gboolean
report_event (gpointer data)
{
  Report *report = data;

  gst_ice_transport_report_event (report->transport, report->event);
  return G_SOURCE_REMOVE;
}

void
fake_event (FakeTransport *self, IceEvent event)
{
  Report report = { GST_ICE_TRANSPORT (self), .event = event };

  fake_call (report_event, &report);
}

static gboolean
report_selected_pair (gpointer data)
{
  Report *report = data;

  gst_ice_transport_report_selected_pair (
      report->transport, report->local, report->remote);
  return G_SOURCE_REMOVE;
}

void
fake_select (FakeTransport *self, const gchar *local, const gchar *remote)
{
  g_autoptr (IceCandidate) l = parse (local);
  g_autoptr (IceCandidate) r = parse (remote);
  Report report = { GST_ICE_TRANSPORT (self), .local = l, .remote = r };

  fake_call (report_selected_pair, &report);
}

/* To `connected`. */
void
fake_connect (FakeTransport *self)
{
  fake_event (self, ICE_EVENT_CHECKING);
  fake_select (self, FAKE_LOCAL, FAKE_REMOTE);
}

/* To `completed`, from the start. */
void
fake_complete (FakeTransport *self)
{
  fake_connect (self);
  fake_gathered (self);
  fake_event (self, ICE_EVENT_REMOTE_END_OF_CANDIDATES);
  fake_event (self, ICE_EVENT_CHECKS_DONE);
}

/* To `failed`, from the start. */
void
fake_fail (FakeTransport *self)
{
  fake_complete (self);
  fake_event (self, ICE_EVENT_SOCKET_ERROR);
}

static gboolean
report_candidate_error (gpointer data)
{
  Report *report = data;
  GstIceCandidateError error = {
    .address = "192.0.2.1",
    .port = 3478,
    .url = "stun:192.0.2.1:3478",
    .code = 401,
    .text = report->text,
  };

  gst_ice_transport_report_candidate_error (report->transport, &error);
  return G_SOURCE_REMOVE;
}

void
fake_candidate_error (FakeTransport *self, const gchar *text)
{
  Report report = { GST_ICE_TRANSPORT (self), .text = text };

  fake_call (report_candidate_error, &report);
}

static gboolean
report_problem (gpointer data)
{
  Report *report = data;
  g_autoptr (GError) error = g_error_new_literal (
      G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE, report->text);

  gst_ice_transport_report_problem (report->transport, error);
  return G_SOURCE_REMOVE;
}

void
fake_problem (FakeTransport *self, const gchar *text)
{
  Report report = { GST_ICE_TRANSPORT (self), .text = text };

  fake_call (report_problem, &report);
}

void
fake_close_later (FakeTransport *self)
{
  g_mutex_lock (&self->lock);
  self->close_later = TRUE;
  g_mutex_unlock (&self->lock);
}

static gboolean
report_closed (gpointer transport)
{
  gst_ice_transport_report_closed (transport);
  return G_SOURCE_REMOVE;
}

void
fake_closed (FakeTransport *self)
{
  fake_call (report_closed, self);
}

void
fake_set_automatic (gboolean value)
{
  g_atomic_int_set (&automatic, value);
}

/* Datagrams. */

void
fake_receive (FakeTransport *self, const gchar *text)
{
  gst_ice_transport_receive (GST_ICE_TRANSPORT (self), text, strlen (text));
  gst_ice_transport_received_all (GST_ICE_TRANSPORT (self));
}

/* G_MAXUINT = until it is told otherwise */
void
fake_block_sends (FakeTransport *self, guint count)
{
  g_mutex_lock (&self->lock);
  self->blocks = count;
  g_mutex_unlock (&self->lock);
}

/* index counts what is handed over, from the start */
void
fake_refuse_datagram (FakeTransport *self, guint index)
{
  g_mutex_lock (&self->lock);
  self->refuse = (gint) index;
  g_mutex_unlock (&self->lock);
}

void
fake_fail_sends (FakeTransport *self, gboolean fail)
{
  g_mutex_lock (&self->lock);
  self->fail = fail;
  g_mutex_unlock (&self->lock);
}

static void
wait_for (FakeTransport *self, const guint *counter, guint count)
{
  gint64 end = g_get_monotonic_time () + FAKE_WATCHDOG;

  g_mutex_lock (&self->lock);
  while (*counter < count)
    if (!g_cond_wait_until (&self->cond, &self->lock, end))
      g_error ("%u of %u after 10 s", *counter, count);
  g_mutex_unlock (&self->lock);
}

/* Waits until send() was called so often, ever. */
void
fake_wait_sends (FakeTransport *self, guint count)
{
  wait_for (self, &self->calls, count);
}

/* Waits until so many datagrams were sent, ever. */
void
fake_wait_sent (FakeTransport *self, guint count)
{
  wait_for (self, &self->n_sent, count);
}

guint
fake_get_calls (FakeTransport *self)
{
  guint calls;

  g_mutex_lock (&self->lock);
  calls = self->calls;
  g_mutex_unlock (&self->lock);
  return calls;
}

/* (transfer full): what was sent since the last time, "one|two|" */
gchar *
fake_take_sent (FakeTransport *self)
{
  gchar *sent;

  g_mutex_lock (&self->lock);
  sent = g_string_free (self->sent, FALSE);
  self->sent = g_string_new (NULL);
  g_mutex_unlock (&self->lock);
  return sent;
}
