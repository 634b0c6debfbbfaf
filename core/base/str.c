/*
 * Growth doubles the memory and stops at the cap. The memory always has room
 * for the terminator: cap is 0, or len < cap <= max.
 */
#include "base/str.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/utf8.h"

#define FIRST_SIZE 64u

void str_init(struct str *s, size_t max)
{
	*s = (struct str){ .max = max };
}

void str_finish(struct str *s)
{
	xfree(s->data);
	*s = (struct str){ .max = s->max };
}

void str_reset(struct str *s)
{
	if (s->data != NULL)
		s->data[0] = '\0';
	s->len = 0;
	s->overflow = false;
}

void str_release(struct str *s, size_t keep)
{
	if (s->cap > keep) {
		xfree(s->data);
		s->data = NULL;
		s->cap = 0;
	}
	str_reset(s);
}

/* Room for `more` bytes and the terminator. */
static bool grow(struct str *s, size_t more)
{
	if (s->max == 0 || more > s->max - 1 - s->len) {
		s->overflow = true;
		return false;
	}
	size_t need = s->len + more + 1;
	if (need <= s->cap)
		return true;
	size_t cap = s->cap > SIZE_MAX / 2 ? SIZE_MAX : s->cap * 2;
	if (cap < FIRST_SIZE)
		cap = FIRST_SIZE;
	if (cap < need)
		cap = need;
	if (cap > s->max)
		cap = s->max;
	s->data = xrealloc(s->data, cap, 1);
	s->cap = cap;
	s->data[s->len] = '\0';
	return true;
}

void str_add_slow(struct str *s, const void *data, size_t len)
{
	if (!grow(s, len))
		return;
	if (len > 0)
		memcpy(s->data + s->len, data, len);
	s->len += len;
	s->data[s->len] = '\0';
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	str_addv(s, fmt, args);
	va_end(args);
}

void str_addv(struct str *s, const char *fmt, va_list args)
{
	va_list again;
	size_t room = s->cap - s->len;

	va_copy(again, args);
	int len = vsnprintf(room ? s->data + s->len : NULL, room, fmt, args);
	if (len > 0 && (size_t)len >= room) {
		/* What the first try wrote is no part of the string yet. */
		if (room > 0)
			s->data[s->len] = '\0';
		if (grow(s, (size_t)len))
			vsnprintf(
				s->data + s->len, (size_t)len + 1, fmt, again);
		else
			len = 0;
	}
	va_end(again);
	if (len > 0)
		s->len += (size_t)len;
}

void str_truncate(struct str *s, size_t len)
{
	assert(len <= s->len);
	s->len = len;
	if (s->data != NULL)
		s->data[len] = '\0';
}

void str_consume(struct str *s, size_t len)
{
	assert(len <= s->len);
	if (len == 0)
		return;
	memmove(s->data, s->data + len, s->len - len);
	s->len -= len;
	s->data[s->len] = '\0';
}

char *str_reserve(struct str *s, size_t len)
{
	return grow(s, len) ? s->data + s->len : NULL;
}

void str_commit(struct str *s, size_t len)
{
	assert(len < s->cap - s->len);
	s->len += len;
	s->data[s->len] = '\0';
}

/* Bytes of `text` without a code point that its end has cut off. */
static size_t without_partial(const char *text, size_t len)
{
	size_t lead = len;

	for (size_t back = 1; back <= 3 && back <= len; back++) {
		unsigned char c = (unsigned char)text[len - back];

		if (c < 0x80)
			return len;
		if (c >= 0xc0) {
			lead = len - back;
			break;
		}
	}
	if (lead == len)
		return len;
	unsigned char c = (unsigned char)text[lead];
	size_t want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	return len - lead < want ? lead : len;
}

bool text_format(char *out, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	if (size == 0)
		return false;
	va_start(args, fmt);
	len = vsnprintf(out, size, fmt, args);
	va_end(args);
	if (len >= 0 && (size_t)len < size)
		return true;
	out[len < 0 ? 0 : without_partial(out, size - 1)] = '\0';
	return false;
}

bool text_copy(char *out, size_t size, const char *text)
{
	size_t len = strlen(text);
	bool fits = len < size;

	if (size == 0)
		return false;
	if (!fits)
		len = utf8_prefix(slice_make(text, len), size - 1);
	memcpy(out, text, len);
	out[len] = '\0';
	return fits;
}

const char *text_stop(const char *text)
{
	size_t len = strlen(text);
	return len > 0 && strchr(".!?", text[len - 1]) != NULL ? "" : ".";
}
