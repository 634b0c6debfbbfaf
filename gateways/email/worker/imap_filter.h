/*
 * What stands between an IMAP server and libetpan's parser, which trusts
 * servers more than we do: a scanner of responses (RFC 3501 section 7, 9) that
 * knows literals. Pure.
 *
 * Of each response one of these becomes:
 *   passed   FETCH, SEARCH, EXISTS, EXPUNGE and RECENT, as they are, within
 *            limits of line length, depth and literals;
 *   told     every other, and EXISTS, EXPUNGE: to a function of ours;
 *   both     states (OK, NO, BAD, BYE), which are told as they came, and passed
 *            without their code and words: "* OK done". Also "+".
 * In own mode everything is told and nothing is passed.
 */
#ifndef EMAIL_WORKER_IMAP_FILTER_H
#define EMAIL_WORKER_IMAP_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

/* A whole response without its line end; literals are in it as they came. */
typedef void (*imap_told_fn)(struct slice response, void *arg);

/* Bytes of a response that is told, and of one that is passed, the latter
 * without its literals. */
#define IMAP_TOLD_MAX         ((size_t)1024 * 1024)
#define IMAP_LINE_MAX         ((size_t)64 * 1024)
/* A literal that is passed: one slice of a mail. One that is told: a name. */
#define IMAP_LITERAL_MAX      ((size_t)256 * 1024)
#define IMAP_LITERAL_TOLD_MAX ((size_t)4096)
/* Literals in one response, and nesting of its parentheses. */
#define IMAP_LITERALS_MAX     8
#define IMAP_DEPTH_MAX        8

struct imap_filter {
	imap_told_fn told;
	void *arg;
	bool is_own;         /* mode; changes between commands only */
	struct str line;     /* of this response, not yet used */
	size_t scanned;      /* of it: no line end in there */
	size_t literal_left; /* bytes of a literal that are to come */
	bool is_passing;     /* the response began with something passed */
	unsigned literals, depth;
};

void imap_filter_init(struct imap_filter *f, imap_told_fn told, void *arg);
void imap_filter_finish(struct imap_filter *f);

/* Nothing of a response has come and not been used. */
bool imap_filter_is_clear(const struct imap_filter *f);

/* Take bytes from `in` (`*used_r`: not always all), append what passes to
 * `out`. Stops after each response that was told, so that what is told can
 * change the mode. -1 with words for the user. */
int imap_filter_feed(struct imap_filter *f, struct slice in, size_t *used_r,
	struct str *out, const char **words_r);

#endif
