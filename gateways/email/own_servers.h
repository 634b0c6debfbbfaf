/*
 * The servers of one mailbox, and how to log in there: what was found for its
 * address once, under what the user says himself. Kept, so that they need not
 * be found again; and with which settings SMTP has worked, so that it need not
 * be tried again whenever IMAP connects.
 */
#ifndef EMAIL_OWN_SERVERS_H
#define EMAIL_OWN_SERVERS_H

#include <stdbool.h>

#include "email/discovery.h"
#include "email/memory.h"

#define OWN_SERVERS_KEPT "a/settings"

/* What the user said himself. */
enum own_given {
	GIVEN_IMAP = 1,
	GIVEN_SMTP = 2,
	GIVEN_USER = 4,
};

struct own_servers {
	struct mail_server imap, smtp;
	char user[MAIL_USER_SIZE];
	unsigned flags;             /* enum provider_flag */
	char proof[MEMORY_ID_SIZE]; /* of the settings that SMTP took; "" */
	unsigned given;             /* bits of enum own_given */
	bool is_found;              /* by an earlier discovery */
};

/* What was kept under OWN_SERVERS_KEPT; what is damaged has to be found
 * again. */
void own_servers_load(struct own_servers *o, struct slice data);
void own_servers_keep(const struct own_servers *o, struct memory *m);

/* The user's settings, over what was found. False: that is not enough, servers
 * have to be found. */
bool own_servers_choose(struct own_servers *o, const struct gw_session *s);
/* They were (its reason is GW_OK); the user's settings are above them. */
void own_servers_found(struct own_servers *o, const struct discovery_result *r,
	const struct gw_session *s);

/* SMTP took these settings with the password that the user has set now. */
void own_servers_prove(struct own_servers *o, const struct gw_session *s);
/* Has it, with the same? */
bool own_servers_are_proven(
	const struct own_servers *o, const struct gw_session *s);

#endif
