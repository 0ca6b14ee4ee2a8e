/* gst-ice: answers to checks that use the credentials from before a restart.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "consent/gsticeniceanswerer.h"
#include "iothread/gsticealarm.h"
#include "stun/nicestun.h"

typedef struct
{
  gchar *ufrag, *password;
  gchar *username; /* USERNAME of the peer's requests; NULL: no credentials */
} Credentials;

struct _GstIceNiceAnswerer
{
  GPtrArray *steerings; /* of GstIceSteering; owned by the consent path, which
                           outlives us */
  GstIceNiceAnswered answered;
  gpointer user_data;
  GstIceNicePairs *pairs; /* not referenced: they outlive us */
  GstIceNiceRoles *roles;

  Credentials selected; /* in force when the pair was selected */
  Credentials old;      /* checks that use these are answered */
  gint64 last;          /* when the peer last used them */
  gint64 limit;      /* the latest time it may, once another pair is selected */
  GstIceAlarm *late; /* due when it may have stopped using them */
};

static void
clear_credentials (Credentials *self)
{
  g_clear_pointer (&self->ufrag, g_free);
  g_clear_pointer (&self->password, g_free);
  g_clear_pointer (&self->username, g_free);
}

static void
copy_credentials (Credentials *self, const Credentials *other)
{
  clear_credentials (self);
  self->ufrag = g_strdup (other->ufrag);
  self->password = g_strdup (other->password);
  self->username = g_strdup (other->username);
}

/* An answer that is lost needs no care: the peer retransmits its check. */
static void
on_requested (GstIceSteering *steering, GSocketAddress *from,
    const guint8 *data, gsize size, gpointer user_data)
{
  GstIceNiceAnswerer *self = user_data;
  NiceStunRole role = { gst_ice_nice_roles_are_controlling (self->roles),
    gst_ice_nice_pairs_get_tie_breaker (self->pairs), FALSE };
  guint8 answer[NICE_STUN_MAX_ANSWER];
  gsize answer_size = nice_stun_answer_check (answer, sizeof (answer), data,
      size, self->old.ufrag, self->old.password, from, &role);

  if (answer_size == 0
      || !gst_ice_steering_send (steering, from, answer, answer_size, NULL))
    return;
  self->last = g_get_monotonic_time ();
  if (role.loses)
    gst_ice_nice_roles_refuse (self->roles);
  self->answered (G_INET_SOCKET_ADDRESS (from), self->user_data);
}

static gboolean
steer (GstIceNiceAnswerer *self, GError **error)
{
  guint i;

  for (i = 0; i < self->steerings->len; i++)
    if (!gst_ice_steering_take_requests (g_ptr_array_index (self->steerings, i),
            self->old.username, on_requested, self, error))
      return FALSE;
  return TRUE;
}

static void
end (GstIceNiceAnswerer *self)
{
  gst_ice_alarm_set (self->late, -1);
  clear_credentials (&self->old);
  steer (self, NULL);
}

static void
on_late (gpointer data)
{
  GstIceNiceAnswerer *self = data;
  gint64 until = MIN (self->last + GST_ICE_NICE_ANSWERER_LATE, self->limit);

  if (g_get_monotonic_time () < until)
    gst_ice_alarm_set (self->late, until);
  else
    end (self);
}

/**
 * gst_ice_nice_answerer_new:
 * @context: of the I/O thread
 * @steerings: (transfer none) (element-type GstIceSteering): one beside each
 *   UDP socket of the agent; they outlive the answerer
 * @answered: called after each answer
 * @user_data: for @answered
 *
 * I/O thread, like all functions of this file.
 *
 * Returns: (transfer full): an answerer that answers nothing yet
 */
GstIceNiceAnswerer *
gst_ice_nice_answerer_new (GMainContext *context, GPtrArray *steerings,
    GstIceNiceAnswered answered, gpointer user_data)
{
  GstIceNiceAnswerer *self = g_new0 (GstIceNiceAnswerer, 1);

  self->steerings = steerings;
  self->answered = answered;
  self->user_data = user_data;
  self->late = gst_ice_alarm_new (context, on_late, self);
  return self;
}

/**
 * gst_ice_nice_answerer_free:
 * @self: (transfer full): an answerer
 */
void
gst_ice_nice_answerer_free (GstIceNiceAnswerer *self)
{
  if (self->old.username != NULL)
    end (self);
  clear_credentials (&self->selected);
  gst_ice_alarm_free (self->late);
  g_free (self);
}

/**
 * gst_ice_nice_answerer_set_agent:
 * @self: an answerer
 * @pairs: (transfer none): the agent's pairs, with its tie-breaker; they
 *   outlive the answerer
 * @roles: (transfer none): the agent's role and the judge of role conflicts;
 *   outlives the answerer
 *
 * To be called before gst_ice_nice_answerer_begin().
 */
void
gst_ice_nice_answerer_set_agent (
    GstIceNiceAnswerer *self, GstIceNicePairs *pairs, GstIceNiceRoles *roles)
{
  self->pairs = pairs;
  self->roles = roles;
}

/**
 * gst_ice_nice_answerer_select:
 * @self: an answerer
 * @ufrag: the local ufrag
 * @password: the local password
 * @remote_ufrag: the peer's ufrag
 *
 * Reports that a pair was selected that was checked with these credentials.
 */
void
gst_ice_nice_answerer_select (GstIceNiceAnswerer *self, const gchar *ufrag,
    const gchar *password, const gchar *remote_ufrag)
{
  clear_credentials (&self->selected);
  self->selected.ufrag = g_strdup (ufrag);
  self->selected.password = g_strdup (password);
  self->selected.username = g_strdup_printf ("%s:%s", ufrag, remote_ufrag);
  if (self->old.username == NULL || gst_ice_alarm_is_set (self->late))
    return;
  self->last = g_get_monotonic_time ();
  self->limit = self->last + GST_ICE_NICE_ANSWERER_LIMIT;
  gst_ice_alarm_set (self->late, self->last + GST_ICE_NICE_ANSWERER_LATE);
}

/**
 * gst_ice_nice_answerer_begin:
 * @self: an answerer
 * @error: return location, set where the system cannot steer these checks
 *
 * Reports that a restart in place begins: from now on, checks that use the
 * selected pair's credentials are answered here. A second restart before
 * another pair is selected keeps these credentials.
 *
 * Returns: whether they are answered; %TRUE where no pair was selected yet
 */
gboolean
gst_ice_nice_answerer_begin (GstIceNiceAnswerer *self, GError **error)
{
  gst_ice_alarm_set (self->late, -1);
  if (self->selected.username == NULL
      || g_strcmp0 (self->selected.username, self->old.username) == 0)
    return TRUE;
  copy_credentials (&self->old, &self->selected);
  if (steer (self, error))
    return TRUE;
  end (self);
  return FALSE;
}

/**
 * gst_ice_nice_answerer_get_last:
 * @self: an answerer
 *
 * Returns: the time of the last answer or the last selection of a pair,
 *   whichever is later; microseconds, monotonic
 */
gint64
gst_ice_nice_answerer_get_last (GstIceNiceAnswerer *self)
{
  return self->last;
}
