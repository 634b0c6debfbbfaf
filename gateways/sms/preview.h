/*
 * A long text is several, each of which is paid for: its sender is asked first,
 * if he wants that.
 */
#ifndef SMS_PREVIEW_H
#define SMS_PREVIEW_H

#include "sms/owner.h"

struct previews *previews_new(void);
/* Takes NULL inside, sets NULL. */
void previews_free(struct previews **slot);

/* Hand it on to the queue, at once or when he has said yes. */
void preview_send(struct owner *owner, const struct gw_outgoing *m);
/* ops->answer. */
void preview_answer(
	struct owner *owner, uint32_t question, const char *const *values);
/* He has his number no longer: who was asked hears that. */
void preview_refuse(struct owner *owner);
/* His session is closed: the core gives again what waits. */
void preview_close(struct owner *owner);

#endif
