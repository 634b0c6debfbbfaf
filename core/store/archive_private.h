/*
 * The inside of the archive, for the files archive*.c.
 */
#ifndef STORE_ARCHIVE_PRIVATE_H
#define STORE_ARCHIVE_PRIVATE_H

#include "base/crypto.h"
#include "base/map.h"
#include "store/archive.h"
#include "store/archive_block.h"
#include "store/job.h"

/* Low bits of a number: 524 288 messages a millisecond before it runs
 * ahead of the clock. */
#define ARCHIVE_COUNTER_BITS 19

/* The first number of a millisecond. */
static inline uint64_t archive_number_at(int64_t ms)
{
	return (uint64_t)ms << ARCHIVE_COUNTER_BITS;
}

/* Messages of a channel that are in no block of the database yet. What an
 * append touches stands together: with many channels none of it is cached. */
struct gathered {
	struct archive_channel_id channel;
	struct list unlogged; /* those with messages not in the log */
	struct archive_block block;
	struct list by_age;   /* all, by the number of the first message */
	size_t logged;        /* bytes of the block that the log has */
	uint64_t logged_last; /* number of the last one logged */
	int64_t since_ms;     /* when the first message came */
};

struct archive {
	unsigned magic;
	struct store *store;
	struct crypto_block *ids;
	int64_t holder;     /* stands for this process in shared tables */
	uint64_t last;      /* number given last */
	unsigned long uses; /* jobs under way, and 1 while it is open */

	struct map channels; /* of struct gathered */
	struct list by_age, unlogged;
	struct writing *full; /* complete blocks for the next job, or NULL */
	struct timer timer;
	size_t gathered;   /* bytes in `channels` */
	size_t in_flight;  /* bytes in jobs */
	uint64_t log_last; /* highest number in the log; 0: it is empty */
	unsigned long lost;

	struct list queries; /* that may still be forgotten */
};

#define ARCHIVE_MAGIC 0x61726368u

/* Write all that is gathered, or only what one channel has. */
void archive_write_all(struct archive *a);
/* Its messages gathered, and blocks of any channel that are full. */
void archive_write_channel(
	struct archive *a, const struct archive_channel_id *channel);

/* The highest number gathered for a channel; 0: none, the blocks know, as
 * far as they are queued now. */
uint64_t archive_gathered_last(
	struct archive *a, const struct archive_channel_id *channel);

/* End all queries: they are called back with status -1, now. */
void archive_fail_all(struct archive *a);

/* A job begins and ends to use the archive. */
void archive_hold(struct archive *a);
/* The last one frees it: jobs outlive archive_close(). */
void archive_release(struct archive *a);

/* Statements of more than one file. */
int archive_put_block(struct db *db, const struct archive_channel_id *channel,
	struct archive_block *b);
/* The number that restarts begin above; on the store's thread. -1 as
 * db_run(). */
int archive_put_highest(struct db *db, int64_t holder, uint64_t highest);

static inline struct db_value db_channel(const struct archive_channel_id *c)
{
	return db_blob(c->bytes, sizeof(c->bytes));
}

static inline struct db_value db_unsigned(uint64_t number)
{
	return db_number((int64_t)number);
}

/* What the log still holds after a crash becomes blocks, times left open
 * are closed, and the highest number known is found. Blocks. */
int archive_recover(
	struct store *s, int64_t holder, uint64_t *highest_r) MUST_CHECK;

/* Key of the identifiers (archive_id.c). */
struct crypto_block *archive_id_cipher(const struct vault *v);

#endif
