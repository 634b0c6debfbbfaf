/*
 * Which parts of a mail are its text, and the text itself; the others are
 * files or of no interest.
 */
#ifndef EMAIL_WORKER_BODY_H
#define EMAIL_WORKER_BODY_H

#include <stdbool.h>

#include "base/str.h"
#include "email_worker/tree.h"

/* Of a text, decoded. */
#define BODY_TEXT_MAX ((size_t)1024 * 1024)

struct body {
	struct str text; /* clean UTF-8, quotes still in it (HTML: marked) */
	/* Not offered as a file: it is in the text, or says nothing. */
	bool is_hidden[TREE_PARTS_MAX];
	bool used_html; /* the text, or a piece of it, was HTML */
	bool is_cut;    /* a limit was reached */
	bool html_cut;  /* quotes were cut out of HTML */
	bool is_encrypted;
	bool has_remote; /* a part is said to be elsewhere */
	int calendar;    /* index of a text/calendar, or -1 */
	int report;      /* index of a multipart/report, or -1 */
	int tnef;        /* index of a winmail.dat, or -1 */
};

/* With `full`, quotes in HTML stay. */
void body_read(const struct tree *t, bool full, struct body *b);
void body_finish(struct body *b);

/* The text of one part: decoded, unflowed, HTML converted. */
void body_part_text(const struct tree *t, int index, bool full, struct body *b);

#endif
