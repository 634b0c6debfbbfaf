/*
 * mIRC formatting in received text to plain UTF-8 and a list of formatted
 * runs (modern-irc "IRC Formatting"). Where only the text is wanted, use
 * irc_strip() (ircclient.h).
 */
#ifndef IRC_FORMAT_H
#define IRC_FORMAT_H

#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"
#include "base/utf8.h"

/* Formatted runs kept of one message: a rainbow of single letters is not
 * worth more. What comes after stays plain. */
#define IRC_MAX_SPANS 64

enum irc_style {
	IRC_STYLE_BOLD = 1,
	IRC_STYLE_ITALIC = 2,
	IRC_STYLE_UNDERLINE = 4,
	IRC_STYLE_STRIKE = 8,
	IRC_STYLE_MONO = 16,
};

/* A run of text in one format that is not the default one. */
struct irc_span {
	size_t start, end; /* byte offsets in the plain text, start < end */
	unsigned style;    /* enum irc_style */
	int fg, bg;        /* 0xRRGGBB, -1: default; reverse is resolved */
};

/* Append the plain text of `raw` to `out`, decoded by `fallback` where it is
 * not UTF-8 and safe for XML (charset_decode()), and describe its formatted
 * runs in `spans`: ordered, not overlapping, never inside a character, with
 * offsets counted from the start of `out`. Returns their number. */
size_t irc_format_parse(struct slice raw, enum charset fallback,
	struct str *out, struct irc_span spans[IRC_MAX_SPANS]);

#endif
