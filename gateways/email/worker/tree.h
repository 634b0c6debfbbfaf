/*
 * The parts of a mail, as GMime finds them, in one flat array under limits.
 */
#ifndef EMAIL_WORKER_TREE_H
#define EMAIL_WORKER_TREE_H

#include <gmime/gmime.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "email_worker/transfer.h"

#define TREE_PARTS_MAX  200
#define TREE_DEPTH_MAX  20
#define TREE_TYPE_SIZE  64
/* Of the mail itself; the rest is left out. */
#define TREE_HEADER_MAX ((size_t)256 * 1024)

struct tree_part {
	uint32_t number; /* from 1, the same at every reading */
	int parent;      /* index of the multipart it is in; -1: none */
	GMimeObject *object;
	char type[TREE_TYPE_SIZE]; /* "text/plain", in lower case */
	bool is_multipart;
	bool is_message;  /* a mail inside, see tree_decode() */
	struct slice raw; /* bytes as they stand in the mail */
	enum transfer_encoding encoding;
};

struct tree {
	struct slice bytes;  /* of the mail */
	struct str repaired; /* ... if they had to be changed */
	GByteArray *lent;
	GMimeParserOptions *options;
	GMimeMessage *message;
	struct tree_part parts[TREE_PARTS_MAX]; /* each before its children */
	size_t count;
	bool is_cut; /* a limit was reached */
};

/* GMime, once per process. */
void tree_preload(void);

/* `bytes` are borrowed until tree_close(). */
void tree_open(struct tree *t, struct slice bytes);
void tree_close(struct tree *t);

/* Parts directly inside `parent` (-1: the mail): the first after `after` (-1:
 * from the start), or -1. */
int tree_child(const struct tree *t, int parent, int after);

bool tree_is(const struct tree_part *p, const char *type);

/* "attachment", "inline" and so on in lower case as sent; "" when there is
 * none. Borrowed from the part. */
const char *tree_disposition(const struct tree_part *p);
/* A parameter of Content-Type, decoded; or NULL. */
const char *tree_parameter(const struct tree_part *p, const char *name);

/* Decode the part; see transfer_decode(). */
int64_t tree_decode(const struct tree_part *p, const struct mail_sink *sink);

/* Append the decoded bytes, at most as many as fit. False when there were
 * more. */
bool tree_read(const struct tree_part *p, struct str *out);

#endif
