/*
 * Which parts of a mail are its text, and the text itself; the others are
 * files or of no interest.
 */
#ifndef EMAIL_WORKER_BODY_H
#define EMAIL_WORKER_BODY_H

#include <stdbool.h>

#include "base/macros.h"
#include "base/str.h"
#include "email_worker/filename.h"
#include "email_worker/tree.h"

/* Of a text, decoded. */
#define BODY_TEXT_MAX ((size_t)1024 * 1024)

/* A file inside a part: uuencoded in a text, or in a winmail.dat. */
struct body_file {
	uint32_t number; /* of the part, and its own above BODY_FILE_SHIFT */
	int64_t size;
	char name[FILENAME_MAX_BYTES + 1];
};
#define BODY_FILES_MAX  50
#define BODY_FILE_SHIFT 16
/* Texts that are put one behind the other. */
#define BODY_PIECES_MAX 20

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
	unsigned pieces;
	struct body_file files[BODY_FILES_MAX];
	size_t file_count;
};

/* With `full`, quotes in HTML stay. */
void body_read(const struct tree *t, bool full, struct body *b);
void body_finish(struct body *b);

/* Decode the file with this number, see body_file; -1 when there is none or
 * the sink failed. */
int body_read_file(const struct tree *t, uint32_t number,
	const struct mail_sink *sink) MUST_CHECK;

#endif
