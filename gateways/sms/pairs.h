/*
 * Who has written with whom: one of our numbers (or what stands for one that a
 * user brought: brought_scope()) and a person; and whether the person has said
 * STOP. Kept for as long as they write, and STOP for ever.
 */
#ifndef SMS_PAIRS_H
#define SMS_PAIRS_H

#include "base/list.h"
#include "sms/sms.h"
#include "sms_law/optout.h"

#define PAIR_PREFIX "n/"

/* Of one number: whoever writes to it makes them. Beyond that, those who have not
 * written for longest are strangers again; not those who said STOP. */
#define PAIRS_OF_NUMBER 20000

struct pair_scope;

struct pair {
	struct list link; /* of its scope */
	struct pair_scope *scope;
	char *key; /* "own\npeer" */
	struct sms_pair state;
	bool is_apart;    /* with those who said STOP */
	int64_t saved_ms; /* state.seen_ms on disk */
};

struct pairs *pairs_new(void);
/* Takes NULL inside, sets NULL; what is kept stays. */
void pairs_free(struct pairs **slot);
void pairs_load(struct sms *s, const char *name, struct slice data);
/* That was all that an earlier process kept. */
void pairs_loaded(struct sms *s);

/* NULL: they never wrote. */
struct pair *pairs_find(const struct sms *s, const char *own, const char *peer);
/* Made if there is none. */
struct pair *pairs_get(struct sms *s, const char *own, const char *peer);
/* They write now; `is_changed`: the state is to be kept. */
void pairs_seen(struct sms *s, struct pair *p, bool is_changed);
/* All of this number are strangers. */
void pairs_forget(struct sms *s, const char *own);

/* Those who said STOP, for people. */
void pairs_list_stopped(const struct sms *s, struct str *out);

#endif
