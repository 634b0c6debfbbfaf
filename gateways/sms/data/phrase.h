/*
 * What XMPP says beside its text, in words that any phone shows. Pure.
 */
#ifndef SMS_PHRASE_H
#define SMS_PHRASE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

/* Bytes of a text that are enough to recognize it by. */
#define PHRASE_EXCERPT 60

/* Append the beginning of a text, on one line, no character cut; "..." behind
 * it when there is more. */
void phrase_excerpt(struct str *out, const char *text);

/* An answer to what is quoted. */
void phrase_reply(struct str *out, const char *quote, const char *text);

/* What the user does (XEP-0245, "/me waves"), as he may have no name that the
 * other side knows. False: it is no such text. */
bool phrase_action(struct str *out, const char *text);

/* A text that takes the place of an earlier one. */
void phrase_correction(struct str *out, const char *text);

/* A file: its URL, behind what is said about it ("": nothing). */
void phrase_file(struct str *out, const char *text, const char *url);

/* Reactions, as in struct gw_outgoing, to a text; `excerpt` NULL: it is not
 * known which. In words where there are usual ones, so that it stays one cheap
 * text. */
void phrase_reaction(
	struct str *out, const char *reactions, const char *excerpt);

#endif
