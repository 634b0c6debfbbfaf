/*
 * What registration.c and removal.c share: one piece of work a user.
 */
#ifndef HOST_REGISTRATION_PRIVATE_H
#define HOST_REGISTRATION_PRIVATE_H

#include "base/list.h"
#include "host/registration.h"
#include "net/loop.h"

/* A change or a removal under way: the network is asked whether it lets him
 * in, or the store has not finished. A user has one at a time, so that what
 * is in memory is what it was made from. */
struct work {
	struct list link; /* of `works` */
	struct gateway *gateway;
	char *user;
	char *key;          /* the account; NULL: all */
	registration_fn fn; /* NULL: answered, or nobody asked */
	void *arg;
	/* Of a removal: it ends with the answer to a ping behind the farewells,
	 * or begins again with registration_resume(). */
	bool waits;
	char **partings; /* localparts of the contacts that say farewell */
	size_t parting_count;
	/* Of a change. The account has the new settings meanwhile; these are
	 * the old ones, one per row: "" the default, NULL has not changed. */
	char **values;
	size_t count;
	bool is_new;      /* the account exists because of this */
	bool was_blocked; /* with the old settings it is no use either */
	bool is_trying;   /* the session decides, until `patience` ends */
	bool is_untested; /* it ended */
	/* What the network wants to know, and its words; or NULL. */
	const struct gw_setting *wanted;
	const char *question;
	struct timer patience;
};

struct work *work_new(struct gateway *g, const char *user, const char *key,
	registration_fn fn, void *arg);
void work_free(struct work *w);

/* A removal that waits for registration_resume(); NULL: none does. */
struct work *work_waiting(const struct gateway *g);

/* Does this user have work under way? */
bool work_any(const struct user *u);

/* The answer, once. */
void work_conclude(struct work *w, enum stanza_error error, const char *text,
	struct account *a);
/* The same where there is no work. */
void registration_tell(registration_fn fn, void *arg, enum stanza_error error,
	const char *text, struct account *a);

#define TEXT_UNDER_WAY \
	"Your last change is still under way. Try again in a moment."

#endif
