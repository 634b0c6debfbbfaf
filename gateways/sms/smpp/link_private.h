/*
 * The parts of a link that link.c and its helpers share.
 */
#ifndef SMS_SMPP_LINK_PRIVATE_H
#define SMS_SMPP_LINK_PRIVATE_H

#include "base/list.h"
#include "base/magic.h"
#include "net/backoff.h"
#include "net/dial.h"
#include "net/loop.h"
#include "net/tls.h"
#include "sms_carrier/carrier.h"
#include "sms_smpp/config.h"
#include "sms_smpp/incoming.h"
#include "sms_smpp/outbind.h"
#include "sms_smpp/outgoing.h"
#include "sms_smpp/pace.h"
#include "sms_smpp/session.h"

#define SMPP_LINK_MAGIC 0x736d6c6bu

struct smpp_link;

/* One session that there should be: waiting, dialling, or in `session`. */
struct smpp_member {
	struct smpp_link *link;
	char name[80]; /* "main/1", for the log */
	enum smpp_role role;
	bool is_guest; /* of an outbind: comes when the SMSC likes */
	struct dial *dial;
	struct smpp_session *session;
	uint32_t incarnation; /* of the session: tickets begin with it */
	struct timer retry;
	struct backoff backoff;  /* after a loss */
	struct backoff refusals; /* the login was refused */
	int64_t bound_ms;        /* 0: it is not */
	char why[160];           /* it is not bound; "" */
};

/* What was counted since the link was opened. */
struct smpp_counts {
	uint64_t submitted, accepted, rejected, throttled, lost;
	uint64_t incoming, reports, again;
};

struct smpp_link {
	struct carrier carrier; /* first */
	unsigned magic;
	const struct carrier_setup *setup;
	const struct smpp_config *config;
	struct tls_client *tls; /* NULL: none */
	struct smpp_member *members;
	size_t member_count;
	struct smpp_outbind *outbind; /* NULL: none */
	uint32_t incarnations;
	struct smpp_member *sticky; /* takes the next segment too; or NULL */
	struct smpp_pace pace;
	struct timer pace_timer;
	struct deferred review; /* tell the gateway what changed */
	struct list refusals;   /* of submits that could not be built */
	enum carrier_state state;
	bool is_draining, is_stalled;
	bool is_room_news; /* ready() is owed */
	bool is_end_told;  /* of drain() */
	struct smpp_outgoing outgoing;
	struct smpp_incoming incoming;
	struct smpp_counts counts;
};

static inline struct smpp_link *smpp_link_of(struct carrier *c)
{
	struct smpp_link *link = CONTAINER(c, struct smpp_link, carrier);

	MAGIC_CHECK(link, SMPP_LINK_MAGIC);
	return link;
}

static inline const struct smpp_link *smpp_const_link_of(
	const struct carrier *c)
{
	const struct smpp_link *link = (const void *)c;

	MAGIC_CHECK(link, SMPP_LINK_MAGIC);
	return link;
}

static inline bool smpp_member_is_bound(const struct smpp_member *m)
{
	return m->session != NULL && smpp_session_is_bound(m->session);
}

static inline bool smpp_member_sends(const struct smpp_member *m)
{
	return m->role != SMPP_RECEIVER;
}

/* --- member.c ------------------------------------------------------------ */

/* Begin: connect in the next turn of the loop. */
void smpp_member_init(struct smpp_member *m, struct smpp_link *link,
	unsigned number, enum smpp_role role);
void smpp_member_finish(struct smpp_member *m);
/* The same for one that waits for an outbind. */
void smpp_member_init_guest(
	struct smpp_member *m, struct smpp_link *link, unsigned number);
/* Bind over a connection. */
void smpp_member_take(struct smpp_member *m, struct conn *conn);
/* Say goodbye, and do not come back. */
void smpp_member_leave(struct smpp_member *m);
/* Say goodbye, if need be, and come back soon. */
void smpp_member_reconnect(struct smpp_member *m);

/* --- link.c -------------------------------------------------------------- */

/* Something that the gateway wants to know may have changed. */
void smpp_link_review(struct smpp_link *link);

/* What state it is in; and why, if it is not up. */
enum carrier_state smpp_link_judge(
	const struct smpp_link *link, const char **why_r);

/* A session of `m` was given a text or a receipt. */
void smpp_link_delivered(
	struct smpp_member *m, const struct smpp_pdu *pdu, uint32_t handle);

/* --- link_send.c --------------------------------------------------------- */

/* A submit was answered. */
void smpp_link_answered(
	struct smpp_member *m, uint64_t token, const struct smpp_pdu *response);
/* ... or never will be. */
void smpp_link_lost(struct smpp_link *link, uint64_t token, bool has_left);
/* ... but then it was, after all. */
void smpp_link_late(
	struct smpp_member *m, uint64_t token, const struct smpp_pdu *response);
/* Tell of the submits that could not be sent; forget them. */
void smpp_link_tell_refusals(struct smpp_link *link);
void smpp_link_forget_refusals(struct smpp_link *link);
/* Of the pace's timer. */
void smpp_link_on_pace(void *arg);

#endif
