/*
 * The boundary between the SMS gateway and what carries texts: an SMSC by
 * SMPP, a provider by HTTP, a modem. As api/gateway.h, one level down: the
 * gateway calls down through one constant `struct carrier_ops` per kind, a
 * carrier calls up through `struct carrier_events`. All arguments are plain
 * data, borrowed for the call.
 *
 * The gateway owns the queue, numbers, quotas, alphabets, segments, receipts,
 * retries and routes. A carrier owns its wire alone: connections, window, pace,
 * reconnecting. It keeps nothing on disk.
 *
 * Rules:
 * - One thread. No event is called before an op returns.
 * - Every submit ends in exactly one of accepted, rejected or lost, unless the
 *   carrier was closed first.
 * - Every incoming text and report with a ticket is answered to the network
 *   when settle() says what became of it, and not before.
 */
#ifndef SMS_CARRIER_CARRIER_H
#define SMS_CARRIER_CARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "sms_data/alphabet.h"
#include "sms_data/number.h"
#include "sms_data/udh.h"

struct cfg_group;   /* base/config.h */
struct loop;        /* net/loop.h */
struct resolver;    /* net/resolve.h */
struct policy;      /* net/policy.h */
struct http_client; /* net/http_client.h */
struct http_server; /* net/http.h */
struct str;         /* base/str.h */

/* --- What became of a text ----------------------------------------------- */

/* One class decides whether it is tried again, whether by another route, and
 * what the user is told. */
enum sms_class {
	SMS_OK,
	SMS_RETRY,       /* the same again, soon */
	SMS_THROTTLE,    /* slower */
	SMS_BAD_DEST,    /* there is no such number */
	SMS_BAD_SRC,     /* not from this number */
	SMS_BAD_CONTENT, /* not this text */
	SMS_BLOCKED, /* the receiver, the operator or a law does not want it */
	SMS_NO_CREDIT,
	SMS_AUTH,    /* the provider does not know us */
	SMS_LINK,    /* not taken, as the link is gone */
	SMS_PERM,    /* never, for another reason */
	SMS_STOPPED, /* the receiver has told the provider STOP */
	SMS_FAULT,   /* not before the operator has mended his settings */
	SMS_CLASS_COUNT
};

/* What a delivery receipt says (SMPP 3.4 section 5.2.28); the others' are
 * mapped to these. */
enum sms_state {
	SMS_SCHEDULED,
	SMS_ENROUTE,
	SMS_DELIVERED,
	SMS_EXPIRED,
	SMS_DELETED,
	SMS_UNDELIVERABLE,
	SMS_ACCEPTED, /* read by somebody on behalf of the receiver */
	SMS_UNKNOWN,
	SMS_REJECTED,
	SMS_SKIPPED,
	SMS_STATE_COUNT
};

/* --- Down ---------------------------------------------------------------- */

/* What a carrier can do; the gateway asks for nothing else. */
enum carrier_cap {
	CARRIER_CUTS = 1 << 0,   /* takes whole texts and cuts them itself */
	CARRIER_MEDIA = 1 << 1,  /* MMS, out and in */
	CARRIER_GROUPS = 1 << 2, /* ... to several who see each other */
	/* It writes the GSM alphabet in another one, and takes of it only what
	 * that has: enum gsm_subset. */
	CARRIER_LATIN1 = 1 << 3,
	CARRIER_ASCII = 1 << 4,
};

/* One text, or (without CARRIER_CUTS) one segment of one. */
struct carrier_submit {
	uint64_t token;        /* in the event that ends it */
	const char *from, *to; /* as number.h writes them */
	/* A segment: */
	enum sms_alphabet alphabet;
	struct slice header; /* user data header without its length octet */
	struct slice data;
	bool is_more; /* the next segment of the same text follows */
	/* The whole text, for CARRIER_CUTS: */
	const char *text;          /* clean UTF-8 */
	const char *const *media;  /* URLs; NULL at the end; or NULL */
	const char *const *others; /* further receivers (CARRIER_GROUPS) */
	bool wants_report;
	int64_t valid_ms; /* how long it is worth delivering; 0: as usual */
};

enum carrier_state {
	CARRIER_DOWN,
	CARRIER_DEGRADED, /* it carries, but not all of its links are up */
	CARRIER_UP,
};

/* What open() is given; lives as long as the carrier. */
struct carrier_setup {
	const char *name;   /* of the backend: for logs and texts */
	const void *config; /* the struct of ops->config */
	struct loop *loop;
	struct resolver *resolver;
	const struct policy *policy;
	struct http_client *http;
	struct http_server *http_server; /* NULL: none */
	const char *gateway;             /* its JID: part of paths */
	bool is_users; /* a user's account: the policy holds for its hosts */
	const struct carrier_events *events;
	void *arg; /* of the events */
};

struct carrier_ops;

/* One configured backend's; the first member of the kind's own struct. */
struct carrier {
	const struct carrier_ops *ops; /* set by who opened it */
};

struct carrier_ops {
	const char *kind;               /* "smpp", in the configuration */
	const struct cfg_group *config; /* keys beside those of every backend */

	/* MUST. The link goes up later, with an event. NULL with a reason when
	 * the operator has to mend something first. */
	struct carrier *(*open)(
		const struct carrier_setup *setup, const char **reason_r);
	/* MUST. At once; nothing is called after that. Not in an event, but
	 * in link() with CARRIER_DOWN. Takes NULL inside, sets NULL. */
	void (*close)(struct carrier **slot);
	/* MAY. Submit no more, let what is under way end, say goodbye: link()
	 * with CARRIER_DOWN follows, in 10 s at most. NULL: close() does. */
	void (*drain)(struct carrier *c);
	/* MAY. An administrator mended something: end what is there in order,
	 * and try anew at once, whatever it was waiting for. NULL: it waits for
	 * nothing that this could change. */
	void (*reconnect)(struct carrier *c);
	/* MUST. Of enum carrier_cap; may change with the link. */
	unsigned (*caps)(const struct carrier *c);
	/* MAY. How many people one submit can go to (CARRIER_GROUPS); 0, as
	 * without it: as many as one likes. */
	size_t (*group_max)(const struct carrier *c);
	/* MUST. How many submits it takes now; 0 while it is down, or slow. */
	size_t (*room)(const struct carrier *c);
	/* MUST. Not more of them than there is room; in this order for each
	 * `to`. The segments of one text go the same way. */
	void (*submit)(struct carrier *c, const struct carrier_submit *s);
	/* MUST if it gives tickets. What came with this one is on disk, or
	 * (not `ok`) is not: the network is to give it again later. */
	void (*settle)(struct carrier *c, uint64_t ticket, bool ok);
	/* MAY. Does the network still wait for settle() about this one? It does
	 * not when its link is gone: it did not hear us for certain, and gives
	 * it again. NULL: it does. */
	bool (*waits)(const struct carrier *c, uint64_t ticket);
	/* MAY. One line for people: what is up, how fast; and for operators'
	 * metrics, lines "name value". */
	void (*describe)(const struct carrier *c, struct str *out);
	void (*measure)(const struct carrier *c, struct str *out);
	/* MAY. The XMPP server keeps up again after stall(); read nothing from
	 * the network while it does not. */
	void (*stall)(struct carrier *c, bool on);
	/* MAY. For operators, with nothing open: append what would become of a
	 * request of the network that was saved as it came, in lines. Of the
	 * setup there are name, config and gateway. -1 with a reason. */
	int (*replay)(const struct carrier_setup *setup, struct slice saved,
		struct str *out, const char **reason_r);
};

/* --- Up ------------------------------------------------------------------ */

struct carrier_refusal {
	enum sms_class class;
	const char *text; /* the network's own words and code, or NULL */
	int64_t wait_ms;  /* as it asked for; 0: as the gateway likes */
	bool is_alphabet; /* SMS_BAD_CONTENT: it may take the same in UCS2 */
};

struct carrier_address {
	enum number_origin origin;
	const char *text; /* as it came; "": hidden */
};

struct carrier_media {
	const char *url, *type;
	/* How it is fetched: headers, NULL at the end; or NULL. */
	const char *const *headers;
};

/* A text for one of our numbers. */
struct carrier_incoming {
	uint64_t ticket; /* 0: nobody waits for settle() */
	struct carrier_address from, to;
	enum sms_alphabet alphabet;
	struct slice header; /* user data header, or empty; `part` is in it */
	struct slice data;
	const char *text; /* instead of `data`: UTF-8, may be unclean */
	struct carrier_part part;
	const char *id;  /* the provider's own, unique; or NULL */
	int64_t wall_ms; /* when it was sent; 0: unknown */
	const struct carrier_media *media;
	size_t media_count;
	const struct carrier_address *others; /* who else got it */
	size_t other_count;
};

/* What became of a text that was accepted. */
struct carrier_report {
	uint64_t ticket;
	const char *id;
	struct carrier_address to; /* of the text, as far as it says */
	enum sms_state state;
	enum sms_class class; /* of a failure, where it says more; or SMS_OK */
	const char *text;     /* the network's words and code, or NULL */
	int64_t wall_ms;      /* 0: unknown */
};

struct carrier_events {
	/* Up, down, degraded; `why` for operators. Repeats mean nothing. */
	void (*link)(void *arg, enum carrier_state state, const char *why);
	/* There is (more) room. */
	void (*ready)(void *arg);
	/* `id` NULL or "": it has none; several with a space between them:
	 * it was cut, and each part has its own reports. */
	void (*accepted)(void *arg, uint64_t token, const char *id);
	void (*rejected)(void *arg, uint64_t token,
		const struct carrier_refusal *refusal);
	/* It left, and no answer came: it may have been taken. */
	void (*lost)(void *arg, uint64_t token);
	/* MAY. Of one that was lost: the answer came after all, with an id (as
	 * above) or a refusal. */
	void (*late)(void *arg, uint64_t token, const char *id,
		const struct carrier_refusal *refusal);
	void (*report)(void *arg, const struct carrier_report *report);
	void (*incoming)(void *arg, const struct carrier_incoming *incoming);
};

#endif
