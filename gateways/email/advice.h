/*
 * What a person can do next when a mail server says no, in one table: the
 * server's own words seldom say.
 */
#ifndef EMAIL_ADVICE_H
#define EMAIL_ADVICE_H

#include "api/types.h"
#include "base/str.h"

/* What was refused. */
enum advice_about {
	ADVICE_MAIL, /* a mail, to somebody */
	ADVICE_WORD, /* what a word or command does in the mailbox */
	ADVICE_COUNT
};

/* Append the next step, behind the words of the server that are there: " Check
 * the address."; these end as a sentence then. Nothing, if there is none. */
void advice_add(
	struct str *text, enum advice_about about, enum gw_reason reason);

#endif
