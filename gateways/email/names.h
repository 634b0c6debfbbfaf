/*
 * JIDs of the gateway and what they stand for:
 *
 *	alice@example.net	a person (also written alice%example.net)
 *	g.<id>			a room: a mail to several people
 *	list.<list-id>		a room: a mailing list
 *	newsletters		a collected contact for what machines send
 *
 * None of them says which of the user's mailboxes it belongs to.
 */
#ifndef EMAIL_NAMES_H
#define EMAIL_NAMES_H

#include <stdbool.h>

#include "api/gateway.h"

struct mail_address; /* wire/mail.h */

#define NAME_NEWSLETTERS "newsletters"
#define NAME_GROUP       "g."
#define NAME_LIST        "list."

/* Ops of the same names: api/gateway.h. */
int email_parse_address(const struct gw *gw, const char *local,
	struct gw_address *out, const char **reason_r);
/* The inverse; letters of ASCII in lower case. */
int email_format_address(const struct gw *gw, const struct gw_address *a,
	char *out, size_t size);
/* Also mailto: URIs and "Alice <alice@example.net>". */
int email_read_input(const struct gw *gw, const char *text,
	struct gw_address *out, const char **reason_r);
/* A mailbox, in lower case. */
int email_canonical_account(const struct gw *gw, const char *text, char *out,
	size_t size, const char **reason_r);

/* The name of a person in the form that JIDs use; false when it is none. */
bool email_person_name(const char *address, char *out, size_t size);

/* What a person calls himself; NULL: nothing, or something that looks like
 * another's address. Lives as long as `who`. */
const char *email_nick(const struct mail_address *who);

#endif
