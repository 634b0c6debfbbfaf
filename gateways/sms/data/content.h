/*
 * What an incoming text says: one segment or provider's text, or several that
 * belong together, as UTF-8; or that it is not for reading.
 */
#ifndef SMS_DATA_CONTENT_H
#define SMS_DATA_CONTENT_H

#include "base/slice.h"
#include "base/str.h"
#include "sms_data/alphabet.h"

/* A segment as it came; all borrowed. */
struct content_segment {
	enum sms_alphabet alphabet;
	struct slice header; /* user data header without its length, or empty */
	struct slice data;
	const char *text; /* instead of `data`: UTF-8, may be unclean */
};

enum content_kind {
	CONTENT_TEXT,
	CONTENT_FILE, /* a vCard, a calendar, what is for a program: text with a
			   type */
	CONTENT_BINARY, /* octets for a program */
};

struct content {
	enum content_kind kind;
	/* Of what is not CONTENT_TEXT; static, "" for a text. */
	const char *type, *name; /* "text/vcard", "contact.vcf" */
	unsigned port;           /* that it was sent to; 0: none */
};

/* What kind it is, by its alphabet and the port in its header. */
struct content content_of(const struct content_segment *segment);

/* Append what `count` segments say, in their order; NULL where one is missing.
 * The first that is there says what kind all are. What is binary is appended
 * as it came, the rest as clean text: parts with different alphabets each by
 * its own, neighbours with the same joined first, as some senders cut inside a
 * character. Each gap is "[...]". Nothing for no segments. */
struct content content_read(struct str *out,
	const struct content_segment *const *segments, size_t count);

#endif
