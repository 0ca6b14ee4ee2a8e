/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One NiceAgent and all that belongs to it: its candidates, pairs, servers,
 * sockets, and consent. An ICE restart creates the next generation. Media uses
 * the old generation's pair until the new one has selected its own (RFC 8445
 * section 9). */
#pragma once

#include <nice/agent.h>
#include "iothread/gsticeio.h"
#include "agent/gsticenicemedia.h"
#include "component/gsticetransport.h"
#include "model/iceratelimit.h"

G_BEGIN_DECLS

typedef struct _GstIceNiceGeneration GstIceNiceGeneration;

/* Called for the transport, on the I/O thread. */
typedef struct _GstIceNiceGenerationCallbacks
{
  /* the generation has selected a pair, which is reported next */
  void (*selected) (
      GstIceTransport *transport, GstIceNiceGeneration *generation);
  /* gst_ice_nice_generation_close() is done */
  void (*closed) (GstIceTransport *transport);
} GstIceNiceGenerationCallbacks;

GstIceNiceGeneration *gst_ice_nice_generation_new (GstIceTransport *transport,
    GstIceIo *io, GstIceNiceMedia *media, const GstIceSocketOptions *options,
    IceRateLimit *conflict_warnings,
    const GstIceNiceGenerationCallbacks *callbacks);
GstIceNiceGeneration *gst_ice_nice_generation_ref (
    GstIceNiceGeneration *generation);
void gst_ice_nice_generation_unref (GstIceNiceGeneration *generation);

/* I/O thread */
gboolean gst_ice_nice_generation_gather (GstIceNiceGeneration *generation,
    const GstIceGatherOptions *options, GError **error);
GstIceSharedContext *gst_ice_nice_generation_get_context (
    GstIceNiceGeneration *generation);
void gst_ice_nice_generation_set_remote_credentials (
    GstIceNiceGeneration *generation, const gchar *ufrag,
    const gchar *password);
void gst_ice_nice_generation_add_remote_candidate (
    GstIceNiceGeneration *generation, const IceCandidate *candidate);
void gst_ice_nice_generation_remote_end_of_candidates (
    GstIceNiceGeneration *generation);
gboolean gst_ice_nice_generation_has_ufrag (
    GstIceNiceGeneration *generation, const gchar *ufrag);
gboolean gst_ice_nice_generation_has_role (
    GstIceNiceGeneration *generation, GstIceRole role);
gboolean gst_ice_nice_generation_is_up_to_date (
    GstIceNiceGeneration *generation, const GstIceSettings *settings);
gboolean gst_ice_nice_generation_hold_pair (GstIceNiceGeneration *generation);
void gst_ice_nice_generation_restart (GstIceNiceGeneration *generation,
    const gchar *local_ufrag, const gchar *local_password);
void gst_ice_nice_generation_apply_options (GstIceNiceGeneration *generation);
gboolean gst_ice_nice_generation_has_selected (
    GstIceNiceGeneration *generation);
void gst_ice_nice_generation_retire (GstIceNiceGeneration *generation);
void gst_ice_nice_generation_leave (GstIceNiceGeneration *generation);
gint64 gst_ice_nice_generation_get_last_check (
    GstIceNiceGeneration *generation);
void gst_ice_nice_generation_close (GstIceNiceGeneration *generation);
gboolean gst_ice_nice_generation_can_free_ports (
    GstIceNiceGeneration *generation);
void gst_ice_nice_generation_close_ports (GstIceNiceGeneration *generation);

/* any thread */
guint gst_ice_nice_generation_send (GstIceNiceGeneration *generation,
    const GstIceDatagram *datagrams, guint n, GError **error);
guint64 gst_ice_nice_generation_count_filtered (
    GstIceNiceGeneration *generation);
GPtrArray *gst_ice_nice_generation_list_pairs (
    GstIceNiceGeneration *generation, GstIceRole role);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (
    GstIceNiceGeneration, gst_ice_nice_generation_unref)

G_END_DECLS
