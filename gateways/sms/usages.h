/*
 * What users and numbers have sent (sms_law/limits.h). It is on disk before what
 * it counts leaves: it is kept together with the record of that.
 */
#ifndef SMS_USAGES_H
#define SMS_USAGES_H

#include "base/list.h"
#include "sms/sms.h"
#include "sms_law/limits.h"

#define USAGE_PREFIX "u/"

struct usage {
	struct list dirty; /* usages->dirty; or in none */
	char *key;         /* of a bare JID or number: ledger_hash() */
	struct sms_usage *counted;
};

struct usages *usages_new(struct sms *s);
/* Takes NULL inside, sets NULL; what is kept stays. */
void usages_free(struct usages **slot);
void usages_load(struct sms *s, const char *name, struct slice data);

/* `who`: bare JID, or number. NULL: nothing was counted. */
struct usage *usages_find(const struct sms *s, const char *who);
/* Made if there is none. */
struct usage *usages_get(struct sms *s, const char *who);
/* What is counted has changed, and goes to disk with what else is put into the
 * ledger in this turn. */
void usages_changed(struct sms *s, struct usage *u);

#endif
