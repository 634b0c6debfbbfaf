/*
 * An account of a user on one network, and its session: connecting, retrying
 * with backoff, closing. Guests' accounts exist only while they are used.
 *
 *	IDLE -> OPENING -> ONLINE -> (lost) WAITING -> OPENING ...
 *	                          -> (useless) BLOCKED until settings change
 */
#ifndef HOST_ACCOUNT_H
#define HOST_ACCOUNT_H

#include <stdbool.h>

#include "api/services.h"
#include "base/list.h"
#include "base/map.h"
#include "base/secret.h"
#include "host/user.h"
#include "net/backoff.h"
#include "net/loop.h"

enum account_state {
	ACCOUNT_IDLE,
	ACCOUNT_OPENING,
	ACCOUNT_ONLINE,
	ACCOUNT_WAITING,
	ACCOUNT_BLOCKED,
};

struct account {
	struct gw_session session; /* first: the boundary's view */
	struct list link;          /* user->accounts */
	struct list swept;         /* gateway->swept, or in none */
	struct user *user;
	const char *key; /* interned; as canonical_account() made it */
	char id[12];     /* session.id */
	bool registered;
	bool on_trial;   /* registration.c waits for the end of its login */
	bool is_leaving; /* being freed: contacts come after it */
	enum account_state state;
	/* One value per row of ops->settings; NULL: the default. Secrets are
	 * in `secrets`, at the same index. */
	char **values;
	struct secret **secrets;
	char *nick_before;    /* the nick's setting before a change that the
			    * rooms do not know yet; NULL: none */
	const char *own_name; /* interned; NULL while not online */
	enum gw_show fares;   /* as gw_status() said, with words or NULL */
	char *fares_words;
	char *last_error; /* why it is not online; NULL: no reason known */
	enum gw_reason last_reason;
	const struct gw_setting *wanted; /* gw_want() */
	struct map rooms;                /* struct room by name */
	struct list requests;            /* struct request.link: unanswered */
	struct list accepted; /* ... accepted, and not yet past regret */
	struct list awaited;  /* ... accepted, and more may be told of it */
	unsigned request_count, accepted_count, awaited_count;
	struct list keeping;    /* struct keeping.link (kept.c) */
	struct list uploads;    /* struct upload.link (upload.c) */
	uint32_t last_upload;   /* its number */
	struct outbox *outbox;  /* outbox.c; NULL: nothing was in it yet */
	int64_t used_ms;        /* loop time of the last private message */
	int64_t turn_ms;        /* loop time when gw_delayed() ends; 0: none */
	int64_t online_ms;      /* loop time of the last change to ONLINE */
	bool fresh;             /* just came online; settle() has work */
	bool rooms_due;         /* ... there are new rooms to be entered */
	bool slow;              /* WAITING because the network wants distance */
	struct deferred settle; /* what a gw_* service must not do itself */
	struct timer retry;
	struct backoff backoff;
};

static inline struct account *account_of(struct gw_session *s)
{
	return CONTAINER(s, struct account, session);
}

static inline const struct gateway_ops *account_ops(const struct account *a)
{
	return a->session.gw->ops;
}

static inline struct gateway *account_gateway(const struct account *a)
{
	return a->user->gateway;
}

/* Between open() and the session's end? */
static inline bool account_is_live(const struct account *a)
{
	return a->state == ACCOUNT_OPENING || a->state == ACCOUNT_ONLINE;
}

/* The account with this canonical key, registered or not; NULL: none. */
struct account *account_find(const struct user *u, const char *key);

/* The same, made as a guest's account when the gateway permits guests (and
 * the limit of accounts allows). NULL with a reason. */
struct account *account_get(struct user *u, const char *key,
	enum gw_reason *reason_r, const char **text_r);

/* A new registered account without values; the caller fills and saves it. */
struct account *account_new(struct user *u, const char *key);

/* Close its session, leave its rooms with `text`, free it. Not stored. What
 * the user sees of his contacts stays: contact_refresh_all(). */
void account_free(struct account **slot, const char *text);

/* Setting by row index; `value` NULL resets to the default. */
void account_set_value(struct account *a, size_t index, const char *value);
/* The value or default; secrets too. "" when there is none. */
const char *account_value(const struct account *a, const char *name);

/* Were the settings given another nick, which goes before the one that the open
 * rooms know when they are joined again? */
bool account_renames(const struct account *a);

/* A setting that is set; NULL: it has its default. Secrets too. */
const char *account_stored_value(const struct account *a, size_t index);

/* --- Session ------------------------------------------------------------- */

/* The user wants it online now: connect unless it is connected or connecting.
 * What waits for a retry is tried at once, unless the network asked for
 * distance. */
void account_open(struct account *a);
/* Close it; `text` goes to the network. It stays IDLE. */
void account_close(struct account *a, const char *text);
/* Close and open again with new settings. */
void account_restart(struct account *a);
/* The same to see whether the network lets the user in: registration_tried()
 * is called when that is known, and nobody else is told. */
void account_try(struct account *a);
/* The trial is over: it is used now. A user who is not online yet has some
 * time until it is closed, as he has to accept the gateway's request first. */
void account_keep(struct account *a);
/* Settings changed that need no new session: rooms, staying. */
void account_adapt(struct account *a);

/* A private message went through: the session stays for a while. */
void account_touch(struct account *a);
/* Is it a session of which the while is not over? Closes it then if
 * nothing else holds it; for the sweep. */
bool account_is_idling(struct account *a);

/* Something of it has a deadline: look at it now and then. */
void account_sweep_later(struct account *a);

/* The user's presence changed: let the network know. */
void account_tell_presence(struct account *a);

/* Would the user see now what the network says, or find it later? He has a
 * client that we know of, or has written a while ago. */
bool account_user_is_there(const struct account *a);

/* Has the user an account that is connected while he is offline? */
bool account_any_stays(const struct user *u);

/* What the contact list shows of it: not there at all when it is IDLE. */
enum gw_show account_show(const struct account *a);

/* Has the network let him in? Only then it takes messages and joins. */
bool account_is_online(const struct account *a);

/* Should it be online: a resource is there, `stay` is set, or a room is
 * occupied? Opens or closes accordingly, after the current callback; an
 * unused guest's account is freed then. */
void account_check(struct account *a);

/* Milliseconds until the network's gateway goes on opening it; 0: it does. */
int64_t account_delay_ms(const struct account *a);

/* Words for the user: "connected as alice", "connecting", "..." */
void account_describe(const struct account *a, struct str *out);

#endif
