/*
 * Reactions of phones, which come as texts: 'Liked "Are you there?"'. Pure.
 */
#ifndef SMS_TAPBACK_H
#define SMS_TAPBACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

#define TAPBACK_EMOJI 40 /* bytes, with NUL: one character as it is shown */

struct tapback {
	char emoji[TAPBACK_EMOJI]; /* "": it is taken back */
	struct str quote;          /* folded; what the phone quotes */
};

/* Is that one, in the words of iOS or of Google Messages, in English, German,
 * French or Spanish? They say nothing else, so that a text with more in it is
 * none. Release `out->quote` in any case. */
bool tapback_read(const char *text, struct tapback *out) MUST_CHECK;

/* Append a text as it can be compared with a quotation: phones write quotes,
 * spaces and dashes as they like, and so do we (translit.h). */
void tapback_fold(struct str *out, const char *text);

/* Bytes of the beginning of a text by which a shortened quotation knows it. */
#define TAPBACK_HEAD 160

enum tapback_match {
	TAPBACK_OTHER,
	TAPBACK_BEGINNING, /* the quotation ends with "..." */
	TAPBACK_WHOLE,
};

/* Is it this text that is quoted? `digest` is tapback_digest() of it, `head` its
 * beginning, not folded, of TAPBACK_HEAD bytes if it is longer. */
enum tapback_match tapback_match(
	const struct tapback *t, const char *digest, const char *head);

#define TAPBACK_DIGEST 33 /* hexadecimal digits, with NUL */
void tapback_digest(const char *text, char out[TAPBACK_DIGEST]);

#endif
