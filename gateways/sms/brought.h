/*
 * Accounts at providers by HTTP that users bring: such a user's texts, and his
 * alone, leave by his account from his number, at his cost. What his provider
 * calls us with is for him, whatever number it names.
 */
#ifndef SMS_BROUGHT_H
#define SMS_BROUGHT_H

#include "sms/backend.h"
#include "sms/owner.h"

/* Do the settings of this session name a provider? */
bool brought_is_wanted(const struct owner *owner);

/* Open the account that his settings describe. False: `words` say why not. */
bool brought_open(
	struct owner *owner, enum gw_reason *reason_r, struct str *words);
/* His session is online: what he has to do at his provider, once. */
void brought_tell(const struct owner *owner);
/* His session is closed. What is not answered yet is lost; his provider is to
 * call again. */
void brought_close(struct owner *owner);
/* What stands for his number where things are counted or put into order, which
 * are not to be mixed with those of others; NULL: he brought nothing. */
const char *brought_scope(const struct owner *owner);
struct backend *brought_backend(const struct owner *owner);

/* May so many more texts come? His provider does not fill our disk. */
bool brought_takes(struct backend *b, size_t texts);
/* His provider does not know him. */
void brought_refused(const struct backend *b);

/* For people: whose account it is, where callbacks go, what is wrong. */
void brought_describe(const struct owner *owner, struct str *out);
/* ops->measure. */
void brought_measure(const struct sms *s, struct str *out);

#endif
