/*
 * The audit log: a line for each text that came or went, and one more when it
 * is known what became of it at last. Without words of people, unless the
 * operator wants them. A line is
 *
 *	TIME in|out key=value ...
 *
 * in the daemon's log (area "audit"), or in a file that is opened anew with
 * SIGHUP. Values that hold more than plain characters are quoted, with escapes:
 * nothing that comes from outside makes a line or a key.
 */
#ifndef SMS_AUDIT_H
#define SMS_AUDIT_H

#include "sms/inbound.h"
#include "sms/outbound.h"

/* NULL with a reason: the file cannot be opened. */
struct audit *audit_new(struct sms *s, const char **reason_r);
/* Takes NULL inside, sets NULL. */
void audit_free(struct audit **slot);
/* s->config is another one, or the file was moved away. */
void audit_configure(struct sms *s);

/* What became of a message, which is on disk; nothing when that is no news. */
void audit_out(struct outbound *o, const struct gw_result *result);
/* It did not become one. */
void audit_refused(const struct owner *owner, const char *to, const char *text,
	enum gw_reason reason);

/* A text that came: "stored", "held", "nobody". */
void audit_in(const struct inbound *in, const char *outcome);
/* ... one that nobody gets: it was a word like STOP. */
void audit_word(struct sms *s, const struct inbound_text *text);

#endif
