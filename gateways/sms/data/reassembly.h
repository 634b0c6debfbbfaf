/*
 * Puts texts together whose parts come one by one, in any order, some of them
 * twice or never. A pure data structure: the caller gives the time and asks
 * for what is ready. What is in it can be made again after a restart: the
 * caller stores each part before he adds it, and adds those that are left.
 */
#ifndef SMS_DATA_REASSEMBLY_H
#define SMS_DATA_REASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "sms_data/content.h"
#include "sms_data/udh.h"

struct reassembly;

/* What would be more makes the oldest text go, with gaps. */
struct reassembly_limits {
	size_t texts;        /* that wait for parts */
	size_t sender_texts; /* ... from one number */
	size_t bytes;        /* of all parts */
	int64_t wait_ms;     /* for the next part */
};

struct reassembly *reassembly_new(
	const struct reassembly_limits *limits) MUST_CHECK;
/* Takes NULL inside, sets NULL. */
void reassembly_free(struct reassembly **slot);

/* All is copied. */
struct reassembly_part {
	uint64_t token; /* the caller's: under which it is stored */
	/* Parts of one text have the same; numbers as number.h writes them. */
	const char *backend, *from, *to;
	struct carrier_part part;
	struct content_segment segment;
	int64_t wall_ms; /* when it came, not when it was added again */
};

enum reassembly_result {
	REASSEMBLY_KEPT,
	/* Not kept: it belongs to no others (its numbers make no sense, or it
	 * is larger than all may be); content_read() it alone. */
	REASSEMBLY_SINGLE,
	/* Not kept: the same part of the same text has been here, up to two
	 * minutes ago if the text was complete. */
	REASSEMBLY_REPEATED,
};

/* Then reassembly_take() until there is nothing. A part that contradicts one
 * which is there begins another text: the sender uses its reference again. */
enum reassembly_result reassembly_add(
	struct reassembly *r, const struct reassembly_part *part) MUST_CHECK;

/* A text, complete or with "[...]" for what did not come. */
struct reassembled {
	const char *backend, *from, *to;
	struct content content;
	struct slice body; /* UTF-8, or octets of what is binary */
	bool is_complete;
	int64_t wall_ms; /* when its first part came */
	/* Of its parts. */
	const uint64_t *tokens;
	size_t count;
};

/* The next text that is complete, has waited long enough, or had to go; NULL:
 * none. Release with reassembled_free(). Who was away for long, and expects
 * the parts that came meanwhile, says an earlier time for a while. */
struct reassembled *reassembly_take(
	struct reassembly *r, int64_t wall_ms) MUST_CHECK;
/* Takes NULL inside, sets NULL. */
void reassembled_free(struct reassembled **slot);

/* When reassembly_take() has to be asked without a new part; -1: never. */
int64_t reassembly_due(const struct reassembly *r);

/* How many texts wait. */
size_t reassembly_count(const struct reassembly *r);

#endif
