/*
 * Numbers that users have proven to be theirs, and the codes by which they do
 * (claim.h). Such a user writes from a shared number.
 */
#ifndef SMS_CLAIMS_H
#define SMS_CLAIMS_H

#include "sms/owner.h"

#define CLAIMS_PREFIX "k/"

struct claims *claims_new(struct sms *s);
/* s->config is another one. */
void claims_configure(struct sms *s);
/* Takes NULL inside, sets NULL; what is kept stays. */
void claims_free(struct claims **slot);
void claims_load(struct sms *s, const char *name, struct slice data);

/* Has this user proven that the number is his? */
bool claims_holds(const struct sms *s, const char *number, const char *user);

/* He has proven nothing any more; `account` NULL: of all numbers. */
void claims_forget(struct sms *s, const char *user, const char *account);

/* He wants it: looks at the code he gave, or sends him one. True: it is his
 * now. False: not (yet); `words` say what to do, `reason_r` why. */
bool claims_open(struct owner *owner, const char *code,
	enum gw_reason *reason_r, struct str *words);

#endif
