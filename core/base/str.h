/*
 * A growing string with a cap that is fixed at birth.
 *
 * Invariants: data is NUL-terminated whenever it is not NULL; len < max.
 * An append that would pass the cap changes nothing and sets `overflow`,
 * which stays set until str_reset(): build first, check once at the end.
 * A zeroed `struct str` with `max` set is valid and owns no memory.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "macros.h"
#include "slice.h"

struct str {
	char *data;
	size_t len;
	size_t cap;    /* bytes allocated */
	size_t max;    /* bytes allowed, terminator included */
	bool overflow; /* an append was refused */
};

/* An empty string for at most `max` bytes; release with str_finish(). */
void str_init(struct str *s, size_t max);
/* Free its memory; it is an empty string with the same cap again. */
void str_finish(struct str *s);

/* Empty it, keep the memory, clear `overflow`. */
void str_reset(struct str *s);

/* Empty it and give memory above `keep` bytes back. */
void str_release(struct str *s, size_t keep);

/* The part of str_add_bytes() that has to grow or to refuse. */
void str_add_slow(struct str *s, const void *data, size_t len);

/* Append, all or nothing. What is added must not be part of `s`. */
static inline void str_add_bytes(struct str *s, const void *data, size_t len)
{
	if (len > 0 && len < s->cap - s->len) {
		memcpy(s->data + s->len, data, len);
		s->len += len;
		s->data[s->len] = '\0';
	} else {
		str_add_slow(s, data, len);
	}
}

static inline void str_add(struct str *s, const char *text)
{
	str_add_bytes(s, text, strlen(text));
}

static inline void str_add_char(struct str *s, char c)
{
	str_add_bytes(s, &c, 1);
}

static inline void str_add_slice(struct str *s, struct slice part)
{
	str_add_bytes(s, part.data, part.len);
}

/* Append what printf() would print, all or nothing. */
void str_addf(struct str *s, const char *fmt, ...) PRINTF(2, 3);
/* The same; `args` is used up. */
void str_addv(struct str *s, const char *fmt, va_list args) PRINTF(2, 0);

/* Shorten to `len` bytes, which must not be more than there are. */
void str_truncate(struct str *s, size_t len);

/* Remove the first `len` bytes. */
void str_consume(struct str *s, size_t len);

/* Room for `len` more bytes at data + len, or NULL and `overflow`; the
 * caller writes there and then calls str_commit() with what he used. */
char *str_reserve(struct str *s, size_t len);
/* `len` is at most what was reserved. */
void str_commit(struct str *s, size_t len);

/* The text, "" when nothing was added. Valid until the next change. */
static inline const char *str_text(const struct str *s)
{
	return s->data ? s->data : "";
}

static inline struct slice str_slice(const struct str *s)
{
	return (struct slice){ str_text(s), s->len };
}

/* printf into fixed memory: returns false, with the text cut at a UTF-8
 * boundary, when it did not fit. */
bool text_format(char *out, size_t size, const char *fmt, ...) PRINTF(3, 4);

/* Bounded copy under the same rule. */
bool text_copy(char *out, size_t size, const char *text);

/* What ends this text as a sentence: "." unless it has its end. */
const char *text_stop(const char *text);

/* Equal texts; NULL stands for "none" and equals itself alone. */
static inline bool text_equals(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

#endif
