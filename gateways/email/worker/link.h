/*
 * A link: one connection to an IMAP or SMTP server, one fiber that drives it,
 * and the requests that wait for it.
 */
#ifndef EMAIL_WORKER_LINK_H
#define EMAIL_WORKER_LINK_H

#include "base/secret.h"
#include "email_worker/request.h"
#include "email_worker/stream.h"

/* Mails that may be under way without being TAKEN. */
#define LINK_MAILS_MAX 8

struct link {
	uint32_t id;
	struct worker *worker;
	struct fiber *fiber; /* NULL: over */
	struct stream *stream;
	enum link_protocol protocol;
	enum tls_mode tls;
	enum link_login login;
	char *host, *user, *our_name, *authserv_id;
	struct secret *secret;
	struct list requests;
	struct imap *imap; /* of LINK_IMAP */
	unsigned mails;    /* not TAKEN */
	bool is_closing;   /* nobody hears any more: log out */
	/* Why it is over. */
	enum link_error error;
	char words[512];
};

/* OPEN. -1: it makes no sense. */
int link_open(struct worker *w, const struct frame *f) MUST_CHECK;
/* NULL: there is none (any more). */
struct link *link_find(struct worker *w, uint32_t id);
/* CLOSE. */
void link_close(struct link *link);
/* A request for it, in its order. */
void link_ask(struct link *link, const struct frame *f);
/* TAKEN. */
void link_taken(struct link *link);

/* --- For the protocols, in the link's fiber ------------------------------ */

/* The first request that waits; stays in the queue until request_done(). */
struct request *link_next(struct link *link);

void link_state(struct link *link, enum link_state state, const char *words,
	const char *capabilities);

/* It is over for this reason, unless there is one already. Returns -1. */
int link_fail(struct link *link, enum link_error error, const char *words);
/* The same for what the stream says, or, if that works, for a server that
 * does not follow the protocol. Returns -1. */
int link_fail_stream(struct link *link);

/* Who dies now dies of this. */
void link_blame(struct link *link, uint32_t request, uint64_t uid);

#endif
