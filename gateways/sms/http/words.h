/*
 * What a provider says of a failure, for people.
 */
#ifndef SMS_HTTP_WORDS_H
#define SMS_HTTP_WORDS_H

#include "base/arena.h"
#include "base/slice.h"

/* "words (code)", or what there is of it, clean and not too long; NULL: there
 * is nothing. */
const char *words_of(struct slice words, struct slice code, struct arena *a);

#endif
