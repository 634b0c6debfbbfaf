/*
 * Why a link to a mail server ended, in the core's terms and in words.
 */
#ifndef EMAIL_FAILURE_H
#define EMAIL_FAILURE_H

#include "api/types.h"
#include "base/slice.h"
#include "email_wire/frames.h"

struct failure {
	enum gw_reason reason;
	enum gw_retry retry;
	char text[1400];
};

/* Words of a server as they may be shown: the beginning of them, clean. Workers
 * are not trusted with that. */
#define FAILURE_WORDS 901
void failure_words(struct slice words, char out[FAILURE_WORDS]);

/* What this error is to the core. */
enum gw_reason failure_reason(enum link_error error);

/* `protocol` is "IMAP" or "SMTP"; `words`: of the server or the worker. */
void failure_read(struct failure *f, const char *protocol, const char *host,
	enum link_error error, struct slice words);

#endif
