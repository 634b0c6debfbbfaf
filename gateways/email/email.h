/*
 * What the parts of the email gateway share: the gateway, and one mailbox of a
 * user as a session. See README.md for how they work together.
 */
#ifndef EMAIL_EMAIL_H
#define EMAIL_EMAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "api/services.h"
#include "base/list.h"
#include "email/choices.h"
#include "email/config.h"
#include "email/digest.h"
#include "email/discovery.h"
#include "email/folders.h"
#include "email/memory.h"
#include "email/own_servers.h"
#include "email/pool.h"
#include "net/backoff.h"
#include "net/loop.h"

struct email_inbox;  /* inbox.h */
struct email_outbox; /* outbox.h */
struct seen;         /* seen.h */
struct guard;        /* guard.h */
struct peers;        /* peers.h */
struct login;        /* login.h */
struct approach;     /* approach.h */
struct status;       /* status.h */
struct block;        /* block.h */

/* Mails in a list that is shown. */
#define FOUND_MAX 10

struct email_gateway {
	struct gw *gw;
	const struct email_config *config;
	struct tls_client *tls;
	struct mail_pool *pool;
	struct digest_clock digests;
	struct provider_list *providers;
	struct discovery_env discovery;
	unsigned long loops; /* mails not shown as they were in one */
};

/*
 *	LOADING -> FINDING -> IMAP -> SMTP -> LOOKING -> ONLINE
 *	   (lost: DOWN, until open() is called again)
 */
enum email_state {
	EMAIL_DOWN,
	EMAIL_LOADING, /* what was kept is read */
	EMAIL_FINDING, /* the servers are looked for */
	EMAIL_IMAP,    /* logging in */
	EMAIL_SMTP,    /* likewise, to see whether it works */
	EMAIL_LOOKING, /* where the inbox ends is found out, for the first time */
	EMAIL_ONLINE,
};

struct email_session {
	struct gw_session *session;
	struct email_gateway *gateway;
	enum email_state state;
	bool loaded; /* what was kept has been read once */
	struct memory *memory;
	struct own_servers servers;
	uint32_t consent; /* the question about them; 0: none is open */
	struct discovery *discovery;
	struct approach *approach;
	struct mail_link *imap, *smtp_trial;
	struct email_inbox *inbox, *sent;
	struct email_outbox *outbox;
	struct seen *seen;
	struct guard *guard;
	struct peers *peers;
	struct block *block;
	uint32_t spam[FOUND_MAX]; /* UIDs in Junk, as /spam listed them */
	struct login *login;
	struct status *status;
	struct list uploads; /* struct files */
	struct choices choices;
	struct digest *digest;
	struct folders folders;  /* folders.h */
	struct list tasks;       /* commands.c: under way */
	struct list errands;     /* slash.c: under way */
	struct list groups;      /* struct group: those in use */
	struct list group_calls; /* ... being looked for */
	unsigned refusals;       /* of a login that worked before */
	unsigned crashes;        /* of workers, at its servers' answers */
	int64_t crashed_ms;      /* loop time of the last one */
	/* A link that was lost is made again without telling: mails wait. */
	bool is_announced; /* the core was told that it is online */
	int64_t lost_ms;   /* loop time of the loss; 0: none */
	struct backoff backoff;
	struct timer again;
};

static inline struct email_session *email_session_of(struct gw_session *s)
{
	return s->impl;
}

/* The address of the mailbox. */
static inline const char *email_own_address(const struct email_session *s)
{
	return s->session->account;
}

/* --- session.c ----------------------------------------------------------- */

/* ops->open, close. */
void email_open(struct gw_session *gw);
void email_close(struct gw_session *gw, const char *text);

/* ops->answer to the question whether the servers are the right ones. False:
 * it was another one. */
bool email_answer(
	struct email_session *s, uint32_t question, const char *const *values);

/* The first look at the inbox is over: what is new from now on is on disk; or
 * (`ok` false) that could not be kept. Nothing happens at any other time. */
void email_looked(struct email_session *s, bool ok);

/* The same at once, and nobody is told: a token was too old. */
void email_again(struct email_session *s);

/* The link to the inbox is over, or not to be used: it is made again, and if
 * that does not help soon, the session goes down. */
void email_lose(struct email_session *s, enum gw_reason reason,
	enum gw_retry retry, const char *text);

#endif
