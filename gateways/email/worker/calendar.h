/*
 * Invitations: the first event of a calendar object (RFC 5545, 5546).
 */
#ifndef EMAIL_WORKER_CALENDAR_H
#define EMAIL_WORKER_CALENDAR_H

#include "base/arena.h"
#include "base/slice.h"
#include "email_wire/mail.h"

/* Load the time zones that calendars name. */
void calendar_preload(void);

/* Read `text` (UTF-8). False when there is no event with a UID in it; then
 * `event` is empty. `method`: of the part's type, or NULL. */
bool calendar_read(struct slice text, const char *method, struct arena *arena,
	struct mail_event *event);

#endif
