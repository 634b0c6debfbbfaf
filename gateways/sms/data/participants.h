/*
 * Who is in a group text besides us. Networks give groups no id: the same
 * people are the same group, in whatever order they are named. Pure.
 */
#ifndef SMS_PARTICIPANTS_H
#define SMS_PARTICIPANTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/pack.h"

/* The user and these are all that one message can name (LIMIT_RECEIVERS). */
#define PARTICIPANTS_MAX 49

/* Zeroed, nobody. */
struct participants {
	size_t count;
	/* Canonical, sorted; behind them NULL. */
	char *numbers[PARTICIPANTS_MAX + 1];
};

void participants_finish(struct participants *p);

/* One more, unless he is among them, or cannot be written to: a word, and who
 * hides his number, is left out. False: they are too many. */
bool participants_add(struct participants *p, const char *number);
bool participants_have(const struct participants *p, const char *number);
void participants_remove(struct participants *p, const char *number);

/* The room of this number of ours and these people. */
#define ROOM_PREFIX    "g."
#define ROOM_NAME_SIZE 24
void participants_room(const char *own, const struct participants *p,
	char out[ROOM_NAME_SIZE]);
/* Is it the name of such a room? */
bool participants_are_room(const char *name);

/* For people: "+15551230001, +15551230002, +15551230003 and 2 more". */
void participants_title(const struct participants *p, struct str *out);

/* For the store. -1: damaged, `p` is empty. */
void participants_encode(const struct participants *p, struct str *out);
int participants_decode(struct participants *p, struct unpack *in) MUST_CHECK;

#endif
