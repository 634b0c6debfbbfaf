/*
 * Which backend carries a text, and how it is cut there: one answer for the
 * question before a long text, its price, its quota and its segments.
 */
#ifndef SMS_ROUTE_H
#define SMS_ROUTE_H

#include "sms/backend.h"
#include "sms_data/segment.h"

/* Where a text of this user goes from this number to that, or to the group of
 * that room: the first backend
 * that is up, or else the first, as something comes up some day. `tried`: which
 * are out of the question, bit by index. NULL: none (is left). */
struct backend *route_choose(const struct sms *s, const char *user,
	const char *from, const char *to, unsigned tried);

/* How texts are cut that go by it. One that cuts them itself knows neither our
 * languages nor our references. */
struct segment_options route_options(const struct backend *b);

/* The same for a text that is not on its way yet; `from` NULL, or no route:
 * as every phone understands it. */
struct segment_options route_options_for(const struct sms *s, const char *user,
	const char *from, const char *to);

#endif
