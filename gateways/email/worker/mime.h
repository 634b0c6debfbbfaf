/*
 * Mails, from bytes to struct mail: parts, charsets, text without quotes,
 * what kind of sender it is. Everything here takes any bytes whatever, in
 * linear time, with limits on depth, parts, headers and texts.
 *
 * Source: RFC 5322, 2045 to 2049, 2231, 3676; which mails there are in
 * practice, the fixtures of the tests.
 */
#ifndef EMAIL_WORKER_MIME_H
#define EMAIL_WORKER_MIME_H

#include "base/arena.h"
#include "base/slice.h"
#include "email_wire/mail.h"
#include "email_worker/transfer.h"

/* What an arena for mail_read() should hold. */
#define MAIL_ARENA_MAX ((size_t)8 * 1024 * 1024)

struct mail_read_context {
	/* The names by which the user's own server signs its
	 * Authentication-Results: `trusted` of authres_failed(); NULL: none is
	 * believed. */
	const char *authserv_id;
	int64_t now_ms; /* a Date beyond tomorrow is none; 0: not checked */
	bool full;      /* leave quotes and signatures in the text */
};

/* Load everything that would be read from disk at the first use: GMime, the
 * charsets, libxml2. Before the sandbox closes; again is harmless. */
void mail_preload(void);

/* Read the mail of these bytes. Texts of `m` live in `arena`. -1 when the
 * arena is too small; otherwise there is always a mail. Needs up to 160 KiB of
 * stack, whatever the mail. */
int mail_read(struct slice bytes, const struct mail_read_context *context,
	struct arena *arena, struct mail *m) MUST_CHECK;

/* Decode the part with this number (mail_part.number) into the sink. -1 when
 * there is none, or when the sink failed. */
int mail_read_part(struct slice bytes, uint32_t number,
	const struct mail_sink *sink) MUST_CHECK;

#endif
