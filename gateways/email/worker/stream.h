/*
 * A connection to a mail server as a fiber sees it: reading and writing wait.
 * libetpan runs on it by a driver of our own (its sockets, its TLS and its
 * select() are not used). Everything it gets to read has gone through a
 * filter; every command has a budget of bytes and of time.
 */
#ifndef EMAIL_WORKER_STREAM_H
#define EMAIL_WORKER_STREAM_H

#include <libetpan/mailstream.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "email_wire/frames.h"
#include "net/loop.h"
#include "net/tls.h"

struct stream;
struct fiber;

/* What stands between the server and the library: take from `in` what is
 * understood (`*used_r`), and append to `out` what the library may see. -1
 * with words for the user: the server is not to be listened to. */
typedef int (*stream_filter_fn)(void *arg, struct slice in, size_t *used_r,
	struct str *out, const char **words_r);

struct stream_options {
	struct loop *loop;
	const char *name; /* for the log */
	const char *host; /* for TLS */
	struct tls_client *tls;
	struct fiber *fiber;     /* which uses it, and is woken by it */
	stream_filter_fn filter; /* NULL: everything passes */
	void *filter_arg;
};

/* Takes the connected socket over. `options` is copied; its strings live
 * longer. */
struct stream *stream_new(int fd, const struct stream_options *options);
/* With `gently`, what was written still leaves. Takes NULL inside, sets
 * NULL. */
void stream_free(struct stream **slot, bool gently);

/* For the library; freed with the stream (mailimap_free() and others must not
 * close it before). */
mailstream *stream_library(struct stream *s);

/* In a fiber: TLS from the next byte on, verified. What was read before and is
 * not used yet is an injection. -1: see stream_error(). */
int stream_start_tls(struct stream *s) MUST_CHECK;

/* From now on at most so many bytes and milliseconds, for reading and writing
 * together. */
void stream_set_budget(struct stream *s, size_t bytes, int64_t ms);

/* No budget of any stream is longer than this, from now on. For tests. */
void stream_limit_patience(int64_t ms);

/* The time of this budget and of all later ones ends in `ms`. */
void stream_hurry(struct stream *s, int64_t ms);

/* --- Lines, without the library ------------------------------------------ */

/* Let the filter have what comes, for `ms` at most (-1: as the budget says),
 * resting. False when nothing came: see stream_error(), or the time is over,
 * or the fiber was woken for another reason. */
bool stream_feed(struct stream *s, int64_t ms);

/* Write it all, and out. -1: see stream_error(). */
int stream_write(struct stream *s, struct slice bytes) MUST_CHECK;

/* --- The end ------------------------------------------------------------- */

/* LINK_OK while it works. */
enum link_error stream_error(const struct stream *s);
/* Why it does not, for a person. */
const char *stream_words(const struct stream *s);
/* Give it up for this reason, unless there is one already. */
void stream_fail(struct stream *s, enum link_error error, const char *words);
/* Bytes written that did not leave this machine's queue. */
size_t stream_unsent(const struct stream *s);

#endif
