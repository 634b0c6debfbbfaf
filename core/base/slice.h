/*
 * A borrowed run of bytes: not NUL-terminated, not owned, may hold NUL.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *data;
	size_t len;
};

/* A whole C string; NULL is empty. */
static inline struct slice slice_of(const char *text)
{
	return (struct slice){ text, text ? strlen(text) : 0 };
}

static inline struct slice slice_make(const char *data, size_t len)
{
	return (struct slice){ data, len };
}

/* The same bytes as a C string. */
static inline bool slice_equals(struct slice s, const char *text)
{
	return s.len == strlen(text) &&
	       (s.len == 0 || memcmp(s.data, text, s.len) == 0);
}

/* Equality that ignores the case of ASCII letters. */
bool slice_equals_nocase(struct slice s, const char *text);

/* Cut `*rest` at the first `sep`: returns what stands before it and leaves
 * the remainder (after `sep`) in `*rest`. Without `sep` all is returned and
 * `*rest` becomes empty with data == NULL. */
struct slice slice_cut(struct slice *rest, char sep);

/* Without leading and trailing ASCII white space. */
struct slice slice_trim(struct slice s);

#endif
