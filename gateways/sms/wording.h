/*
 * Messages of users that are more than text: answers, reactions, corrections.
 * Phones, which know nothing of this, show it in words (phrase.h), with the
 * beginning of what it is about (recent.h). Files are their URL at the end of
 * the text from here on.
 */
#ifndef SMS_WORDING_H
#define SMS_WORDING_H

#include "sms/owner.h"

struct wording *wording_new(struct sms *s);
/* Takes NULL inside, sets NULL. */
void wording_free(struct wording **slot);

/* ops->send: puts it into words and hands it on (preview.h). */
void wording_send(struct owner *owner, const struct gw_outgoing *m);
/* His session is closed: the core gives again what waits. */
void wording_close(struct owner *owner);

#endif
