/*
 * Responses of an IMAP server (RFC 3501 section 7) as far as we read them
 * ourselves. Pure; everything is borrowed from the line.
 */
#ifndef EMAIL_WORKER_IMAP_RESPONSE_H
#define EMAIL_WORKER_IMAP_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

enum imap_kind {
	/* States, tagged or not. */
	IMAP_OK,
	IMAP_NO,
	IMAP_BAD,
	IMAP_BYE,
	IMAP_PREAUTH,
	IMAP_CONTINUE, /* "+" */
	/* With a number. */
	IMAP_EXISTS,
	IMAP_EXPUNGE,
	IMAP_RECENT,
	IMAP_FETCH,
	/* Others. */
	IMAP_CAPABILITY,
	IMAP_LIST,
	IMAP_SEARCH,
	IMAP_ESEARCH,
	IMAP_STATUS,
	IMAP_OTHER,
};

struct imap_response {
	enum imap_kind kind;
	struct slice tag;  /* "*", "+", or that of a command */
	uint32_t number;   /* in front of EXISTS and the like */
	struct slice code; /* of a state: "UIDNEXT 5", without brackets */
	struct slice rest; /* after the keyword and the code */
};

/* A whole response, or the first line of one. -1: it is none. */
int imap_response_parse(struct slice line, struct imap_response *r) MUST_CHECK;

/* "OK"; "+" for IMAP_CONTINUE; "" for what is no state. */
const char *imap_state_name(enum imap_kind kind);

/* If the code has this name, what follows it (or nothing) in `*value_r`. */
bool imap_code(
	const struct imap_response *r, const char *name, struct slice *value_r);

/* A decimal number of up to 20 digits; -1 when it is none. */
int imap_number(struct slice text, uint64_t *number_r) MUST_CHECK;

/* Cut the next word off: up to a space, a parenthesis as a word of its own, a
 * quoted string or a literal without its quoting in `out` (true in
 * `*is_string_r`). False at the end, or when it is damaged. */
bool imap_word(struct slice *rest, struct slice *word_r, struct str *out,
	bool *is_string_r);

#endif
