/*
 * The archive of messages. A channel (a room or a private chat) is named by
 * 16 bytes that the caller derives; its messages are kept once, in blocks,
 * and a reader sees the part that falls into the times he was there.
 *
 * Messages are numbered by the store: a number is unique, grows with time
 * and encodes milliseconds, so it is known before the message is on disk.
 * Appends are gathered and committed together, at the latest after
 * ARCHIVE_LINGER_MS; a query sees everything appended before it.
 */
#ifndef STORE_ARCHIVE_H
#define STORE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "store/store.h"

#define ARCHIVE_CHANNEL_SIZE 16
#define ARCHIVE_LINGER_MS    250

struct archive;

struct archive_channel_id {
	unsigned char bytes[ARCHIVE_CHANNEL_SIZE];
};

enum archive_kind {
	ARCHIVE_MESSAGE,
	ARCHIVE_SUBJECT,
	ARCHIVE_NOTICE,
	ARCHIVE_RETRACTION, /* withdraws another; the text is the caller's */
	ARCHIVE_TOMBSTONE,  /* archive_bury() */
};

struct archive_message {
	uint64_t number;
	int64_t wall_ms;
	enum archive_kind kind;
	const char *from; /* nick in a room; in a chat "" is the user */
	const char *text;
	const char *network_id; /* or NULL */
	const char *stanza_id;  /* id attribute of the message, or NULL */
	const char *occupant;   /* occupant id, or NULL */
};

/* Opens with the store; blocks. Messages that a crash left in the log are
 * put in their place, times that it left open end with the last message
 * known. NULL when the database fails; the reason is in the log. */
struct archive *archive_open(struct store *s) MUST_CHECK;
/* Queue what is gathered; closed before the store. Queries under way are
 * called back with status -1. */
void archive_close(struct archive **slot);

/* The next number: never given before, not even before a restart. */
uint64_t archive_next_number(struct archive *a);
/* The moment that is in a number. */
int64_t archive_number_ms(uint64_t number);

/* Queue one message (copied); numbers of one channel must grow. Text over
 * LIMIT_ARCHIVE_TEXT is cut, an id over LIMIT_ARCHIVE_ID left out, a time
 * more than a day ahead set back. While the database does not work, messages
 * wait up to LIMIT_ARCHIVE_MEMORY; then they are lost, with a log line. */
void archive_append(struct archive *a, const struct archive_channel_id *channel,
	const struct archive_message *m);

/* Of this message stay the time, who wrote it and its ids; its text is gone from
 * the files, and `words` (cut to ARCHIVE_TOMBSTONE_MAX bytes) stand there. Nothing
 * happens to subjects, and to a number that is not there. */
#define ARCHIVE_TOMBSTONE_MAX 120
void archive_bury(struct archive *a, const struct archive_channel_id *channel,
	uint64_t number, const char *words);

/* `reader` (a bare JID) sees what is appended from now on ... until. Entering
 * twice or leaving twice changes nothing. */
void archive_enter(struct archive *a, const struct archive_channel_id *channel,
	const char *reader);
/* The time ends with what was appended before. */
void archive_leave(struct archive *a, const struct archive_channel_id *channel,
	const char *reader);

struct archive_query {
	struct archive_channel_id channel;
	const char *reader;       /* NULL: the channel has no times (a chat) */
	int64_t start_ms, end_ms; /* 0: open; both inclusive */
	uint64_t above, below;    /* numbers, exclusive; 0: open */
	uint64_t after, before;   /* the same, for paging */
	const char *with;         /* only from this nick; NULL: all */
	const uint64_t *numbers;  /* only these; `count` of them */
	size_t number_count;
	size_t max;          /* messages wanted */
	bool from_end;       /* the last `max` instead of the first */
	bool count;          /* compute `total` too */
	bool count_if_cheap; /* ... when the blocks' rows tell nearly all */
};

struct archive_page {
	const struct archive_message *messages; /* oldest first */
	size_t count;
	bool complete;    /* nothing more in the direction of the query */
	long total;       /* of the whole query; -1: not asked */
	long first_index; /* of messages[0] in the whole; -1: not asked */
	bool missing;     /* a number asked for (ids, above, below, after,
			     before) is not in the archive */
};

typedef void (*archive_page_fn)(
	int status, const struct archive_page *page, void *arg);

/* Strings of `q` are copied. The page lives for the callback; with status -1
 * it is NULL. `max` and `number_count` are at most LIMIT_ARCHIVE_PAGE, and a
 * page of big messages ends early; `complete` tells. `after` and `before`
 * page through the whole query: `total` and `first_index` do without them,
 * but not without `above` and `below`.
 * A query whose `arg` is forgotten is not called back. */
void archive_query(struct archive *a, const struct archive_query *q,
	archive_page_fn fn, void *arg);
/* Drop the queries with this argument. */
void archive_forget(struct archive *a, void *arg);

/* First and last message of what the reader may see (XEP-0313 section 5):
 * a page of none, one or two. */
void archive_bounds(struct archive *a, const struct archive_channel_id *channel,
	const char *reader, archive_page_fn fn, void *arg);

/* Delete what was archived before that moment, and times that ended before
 * it; runs in small steps. */
void archive_expire(struct archive *a, int64_t before_ms);

/* --- What a reader has --------------------------------------------------- */

/* A channel that a reader has something in. */
struct archive_source {
	struct archive_channel_id channel;
	const char *gateway, *reader;
	const char *account, *name; /* of the room or person */
	bool is_chat;               /* nobody else's; it has no times */
};

/* Note it before he enters, or before the first message of a chat; again when
 * archive_is_gathering() says no. What is noted can be listed and erased. */
void archive_note(struct archive *a, const struct archive_source *source);

/* Messages of this channel wait to become a block: its source was noted not
 * long ago. */
bool archive_is_gathering(
	const struct archive *a, const struct archive_channel_id *channel);

/* `sources` live for the call; NULL with status -1. At most
 * LIMIT_ARCHIVE_PAGE, ordered by account, rooms before chats, and name. */
typedef void (*archive_sources_fn)(int status,
	const struct archive_source *sources, size_t count, void *arg);
void archive_sources(struct archive *a, const char *gateway, const char *reader,
	archive_sources_fn fn, void *arg);

/* Delete what the reader has of one account, or of all with `account` NULL:
 * his chats, his times, and the messages of rooms that are then in nobody's
 * time. He has left the rooms before, or enters them again afterwards. Runs in
 * small steps; what is erased is gone from the files. -1: the database failed;
 * some may be left, and erasing again goes on. */
void archive_erase(struct archive *a, const char *gateway, const char *reader,
	const char *account, store_done_fn fn, void *arg);

/* Opaque, unguessable text for a number, and back. -1: not one of ours, or
 * of another channel. At most 32 bytes. */
#define ARCHIVE_ID_SIZE 33
void archive_id_format(const struct archive *a,
	const struct archive_channel_id *channel, uint64_t number,
	char out[ARCHIVE_ID_SIZE]);
/* Hostile input: any text. */
int archive_id_parse(const struct archive *a,
	const struct archive_channel_id *channel, const char *text,
	uint64_t *number_r) MUST_CHECK;

#endif
