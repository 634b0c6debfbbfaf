/*
 * The SMS gateway: what it holds together.
 *
 *	sms.c		the table that the core sees
 *	commands	what users run
 *	config		the operator's keys (configure: taken over)
 *	backend		one configured way to the networks, and its carrier
 *	owner		a user's account: what is his, whether he is there or not
 *	outbound	a message on its way: segments, outcome, record
 *	queue		order, routes and retries of those
 *	receipts	which report belongs to which segment
 *	inbound		texts for our numbers, and whose they are
 *	inherited	... of which an earlier process may not have told the
 *			network that it has them
 *	group		texts to several people: which groups there are
 *	group_room	... as rooms (group_begin), group_route: how they leave
 *	participants	... and who is in them
 *	shared		numbers of several users, and whose an answer is
 *	sharing		... by who wrote to whom
 *	brought		accounts of their own at providers, that users send by
 *	claims		phones that users have proven to be theirs (claim)
 *	rules		what may leave, and STOP (policy, limits, optout)
 *	pairs		who has written with whom, and said STOP
 *	usages		what users and numbers have sent
 *	wording		answers, reactions, corrections in words (phrase)
 *	recent		what was said lately, for reactions (tapback)
 *	uploads		octets that become files of users (attachment)
 *	person		what is known of a number
 *	preview		is a long text really meant?
 *	route		which backend carries a text, and how it is cut there
 *	enclosed	files that came with texts, on their way to the user
 *	parts		of long texts, until they are complete
 *	erasure		what goes with a user who leaves
 *	status		whether texts leave, for users to see
 *	admin		what administrators run (admin_queue)
 *	audit		a line for each text
 *	ledger		what is kept over restarts
 *
 * Below: data (numbers, alphabets), carrier (the boundary to smpp, http,
 * modem).
 */
#ifndef SMS_SMS_H
#define SMS_SMS_H

#include "api/services.h"
#include "base/list.h"
#include "base/map.h"
#include "sms/config.h"
#include "sms_data/number.h"

struct sms {
	struct gw *gw;
	const struct sms_config *config;
	struct number_place place;
	const char *home; /* country, where texts may go if nothing is said;
			     NULL: nowhere */
	struct ledger *ledger;
	struct list backends; /* struct backend.link, in the order of the
				 configuration */
	struct list brought_backends; /* ... of users (brought.h) */
	struct list erasures;         /* that wait until all is known */
	struct map owners;            /* struct owner by its key */
	struct queue *queue;
	struct receipts *receipts;
	struct inbounds *inbounds;
	struct enclosures *enclosures;
	struct parts *parts;
	struct groups *groups;
	struct shared *shared;
	struct status *status;
	struct claims *claims;
	struct brought *brought;
	struct pairs *pairs;
	struct usages *usages;
	struct audit *audit;
	struct wording *wording;
	struct recents *recents;
	struct uploads *uploads;
	struct previews *previews;
	unsigned last_ref; /* of a concatenation */
	size_t kinds_read; /* of what is kept */
	bool is_loaded;    /* what an earlier process kept is known */
	bool is_draining;  /* it is about to stop */
	void (*drained)(struct sms *s); /* of backends_drain(), or NULL */
};

static inline struct sms *sms_of(const struct gw *gw)
{
	return gw->impl;
}

#endif
