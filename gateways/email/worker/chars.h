/*
 * Single ASCII characters.
 */
#ifndef EMAIL_WORKER_CHARS_H
#define EMAIL_WORKER_CHARS_H

#include <stdbool.h>
#include <string.h>

/* One of these characters; NUL is none. */
static inline bool char_is_in(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static inline bool char_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline char char_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline bool char_is_letter(char c)
{
	return char_lower(c) >= 'a' && char_lower(c) <= 'z';
}

#endif
