/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Alarms of the I/O thread. All of a context are one GSource, which knows the
 * next one: a main loop looks at every source it has at each turn, and a
 * thousand transports have thousands of alarms. A GMainContext that sorts its
 * sources by their time would end that. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GstIceAlarm GstIceAlarm;
typedef void (*GstIceAlarmFunc) (gpointer user_data);

GstIceAlarm *gst_ice_alarm_new (
    GMainContext *context, GstIceAlarmFunc function, gpointer user_data);
GstIceAlarm *gst_ice_alarm_ref (GstIceAlarm *alarm);
void gst_ice_alarm_unref (GstIceAlarm *alarm);
void gst_ice_alarm_free (GstIceAlarm *alarm);

void gst_ice_alarm_set (GstIceAlarm *alarm, gint64 when);
gboolean gst_ice_alarm_is_set (GstIceAlarm *alarm);

G_END_DECLS
