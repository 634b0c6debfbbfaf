/*
 * The bytes of archived messages: records one behind the other, gathered
 * into blocks that are the rows of the archive, and into rows of its log.
 *
 *	block   version, records, checksum
 *	log     version, parts, checksum
 *	part    channel, base, length of records, records
 *	record  number - number before (of the first one: base), time - the
 *	        number's time, flags, from, text and what flags name
 *
 * Numbers are varints (7 bits a byte, lowest first), signed ones folded
 * (0, -1, 1, -2); strings have their length in front. The base of a block is
 * its first number.
 */
#ifndef STORE_ARCHIVE_BLOCK_H
#define STORE_ARCHIVE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"
#include "store/archive.h"

/* A block that has this much is complete. */
#define BLOCK_MESSAGES 256
#define BLOCK_BYTES    ((size_t)64 * 1024)

/* Times are at most this far ahead of their numbers. */
#define ARCHIVE_AHEAD_MS INT64_C(86400000)

/* A message as it stands in a block: borrowed, data NULL for what it does
 * not have. */
struct archive_record {
	uint64_t number;
	int64_t wall_ms;
	enum archive_kind kind;
	struct slice from, text, network_id, stanza_id, occupant;
};

/* A block being filled. */
struct archive_block {
	uint64_t first, last;    /* numbers */
	int64_t low_ms, high_ms; /* times */
	unsigned count;
	bool is_sealed;
	struct str data;
};

/* Empty, and without memory. */
void archive_block_init(struct archive_block *b);
/* Free its memory; it can be used again after init. */
void archive_block_finish(struct archive_block *b);

/* Add a message; its number must be higher than the last one. What is too
 * long is cut (from, text) or left out (ids); a time far ahead of the
 * number's is set back. */
void archive_block_add(struct archive_block *b, const struct archive_record *r);

/* Has it BLOCK_MESSAGES or BLOCK_BYTES? */
bool archive_block_is_full(const struct archive_block *b);

/* The record of a message; the strings are borrowed. */
void archive_record_of(
	struct archive_record *r, const struct archive_message *m);

/* The finished bytes of a block that has messages; nothing can be added any
 * more. */
struct slice archive_block_bytes(struct archive_block *b);

/* --- Reading: hostile input, for a damaged disk is one. ------------------ */

struct archive_cursor {
	const unsigned char *at, *end;
	uint64_t number;
};

/* 1: a record. 0: no more. -1: damaged. */
int archive_cursor_next(
	struct archive_cursor *c, struct archive_record *r) MUST_CHECK;

/* All records of a block into `records` (BLOCK_MESSAGES of them): their
 * number; -1 when it is damaged. */
int archive_block_read(struct slice block, uint64_t first,
	struct archive_record *records) MUST_CHECK;

/* --- Rows of the log ----------------------------------------------------- */

/* Add what block `b` holds from byte `from` on, behind number `base`. */
void archive_log_add(struct str *log, const struct archive_channel_id *channel,
	const struct archive_block *b, size_t from, uint64_t base);
/* Finish the row; nothing can be added any more. */
void archive_log_seal(struct str *log);

struct archive_log_reader {
	const unsigned char *at, *end;
};

/* Look at version and checksum; -1: damaged. */
int archive_log_open(struct archive_log_reader *l, struct slice row) MUST_CHECK;

/* The next part: 1 with a cursor over its records, 0: no more, -1. */
int archive_log_next(struct archive_log_reader *l,
	struct archive_channel_id *channel_r,
	struct archive_cursor *c) MUST_CHECK;

#endif
