/*
 * One configured gateway: its JID, its component stream, its network module
 * and its users.
 */
#ifndef HOST_GATEWAY_H
#define HOST_GATEWAY_H

#include <stdbool.h>

#include "api/gateway.h"
#include "base/list.h"
#include "base/map.h"
#include "base/str.h"
#include "host/host.h"
#include "host/options.h"
#include "host/quota.h"
#include "store/queues.h"
#include "xmpp/component.h"

/* The `node` of XEP-0115 for everything this program announces: a name, not a
 * place, as the project has no home of its own. */
#define CAPS_NODE "urn:causeway:gateway"

struct gateway {
	struct gw api; /* first: the boundary's view */
	struct list link;
	struct host *host;
	const struct gateway_options *options;
	struct component *component;
	struct map users; /* struct user by bare JID */
	struct quota quota;
	struct map upload_services; /* struct upload_service by domain */
	/* XEP-0115 hashes of disco#info: the gateway's own, and everybody's
	 * on its network. */
	struct str caps, person_caps;
	bool loaded;                /* accounts were read from the store */
	bool draining;              /* ops->drain was called, it goes on */
	bool stopping;              /* nothing is opened any more */
	bool closed;                /* only waits for answers of the store */
	bool withdrawn;             /* what an earlier process announced was */
	bool crashed;               /* ... and it had no time for a farewell */
	bool waiting;               /* gw_must_wait(): ops->resume is owed */
	struct list privileges;     /* struct privilege (privilege.c) */
	struct list marks;          /* struct mark (displayed.c) */
	struct list refusals;       /* struct refusal (blocklist.c) */
	struct list keeping;        /* struct own_keeping.link (kept.c) */
	struct store_queues queues; /* when metrics.c last asked */
	struct inbox *inbox;        /* inbox.c */
	struct deferred drained;    /* gw_drained() was called */
	void (*stop_done)(void *arg);
	void *stop_arg;
	struct timer sweep;   /* deadlines; runs while something has one */
	struct list swept;    /* struct account.swept: those that may have */
	struct timer logins;  /* paces those after the start */
	struct timer probes;  /* paces the probes of presence.c */
	struct list askers;   /* struct asker: users' probes (contact.c) */
	struct timer answers; /* ... when they are due */
	bool probed;          /* all were sent, answers are awaited */
};

/* Create it, start its network module, load its users; the stream connects
 * when they are there. NULL with a reason. */
struct gateway *gateway_new(struct host *h,
	const struct gateway_options *options,
	const char **reason_r) MUST_CHECK;
/* Read its users from the store; then its stream connects. */
void gateway_start(struct gateway *g);
/* What is under way on the network ends; then farewells and closing sessions,
 * then the stream; `done` at the end. */
void gateway_stop(struct gateway *g, void (*done)(void *arg), void *arg);
/* Wait no longer for the network. */
void gateway_hurry(struct gateway *g);
/* Forget the users and stop the network module; answers of the store that are
 * still due find a gateway, but nobody in it. */
void gateway_close(struct gateway *g);
/* Close it if it was not, and free it: after the store, which still calls. */
void gateway_free(struct gateway **slot);

/* Something with a deadline is open: look at it now and then. */
void gateway_sweep_later(struct gateway *g);

static inline struct gateway *gateway_of(struct gw *api)
{
	return CONTAINER(api, struct gateway, api);
}

/* "name%account" escaped plus "@jid" (or just "@jid"-less the gateway for a
 * NULL address) into `out`; false when it can't be a JID. */
#define GATEWAY_JID_SIZE 3073
bool gateway_address_jid(const struct gateway *g, const struct gw_address *a,
	char out[GATEWAY_JID_SIZE]);

/* The JID of a person or room by its account and name. */
bool gateway_jid(const struct gateway *g, enum gw_kind kind,
	const char *account, const char *name, char out[GATEWAY_JID_SIZE]);

/* Only the escaped localpart of it. */
bool gateway_local(const struct gateway *g, enum gw_kind kind,
	const char *account, const char *name, char out[GATEWAY_JID_SIZE]);

/* The stanza error of a reason: the one table (errors.c). */
enum stanza_error reason_error(enum gw_reason reason);
/* For stanza_error_detail.type. */
const char *reason_type(enum gw_reason reason);

#endif
