/*
 * Who writes with somebody from a number that several users share, and so whose
 * an answer is. Pure: the caller gives the time and keeps what is packed.
 *
 * An answer belongs to the one user who wrote lately. When several did, the
 * sender is asked; whom he names has his answers until another user writes to
 * him. A text never goes to somebody who did not write to its sender, and what
 * may be for a user who is gone does not go to those who are left.
 */
#ifndef SMS_SHARING_H
#define SMS_SHARING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

#define SHARING_USERS 9 /* a digit tells them apart */

/* Whoever wrote longer ago than this does not count any more. */
#define SHARING_DAYS 30

struct sharing_user {
	char *user;       /* bare JID */
	char *account;    /* ... and his account */
	int64_t wrote_ms; /* wall clock: last */
	int listed;       /* his number in the question; 0: he is not in it */
};

struct sharing {
	struct sharing_user users[SHARING_USERS];
	size_t count;
	char *chosen;      /* user: whom the other named; or NULL */
	int64_t chosen_ms; /* when */
	int64_t asked_ms;  /* the other was asked, and did not answer; 0: not */
	int listed;        /* numbers in that question */
	int64_t gone_ms;   /* when one wrote who is not in the list any more */
};

/* Releases what is in it. */
void sharing_finish(struct sharing *t);

/* This user writes to the other; the one who has not for longest makes room.
 * Says whether that is worth keeping. */
bool sharing_wrote(struct sharing *t, const char *user, const char *account,
	int64_t wall_ms);

/* This user is gone; `account` NULL: with whichever he wrote. Says whether he
 * was there. */
bool sharing_forget(struct sharing *t, const char *user, const char *account);

/* Has this one written lately? */
bool sharing_is_recent(const struct sharing_user *u, int64_t wall_ms);

enum sharing_route {
	SHARING_NOBODY, /* nobody wrote to him who is there */
	SHARING_USER,
	SHARING_ASK, /* several did */
};

/* Whose a text of the other is. */
enum sharing_route sharing_route(const struct sharing *t, int64_t wall_ms,
	const struct sharing_user **user_r);

/* Append what to ask him, and note it as asked now. */
void sharing_ask(struct str *out, struct sharing *t, int64_t wall_ms);

enum sharing_reply {
	SHARING_NO_REPLY,   /* a text like all others */
	SHARING_REPLY,      /* to the question: a number of it, or a name */
	SHARING_REPLY_GONE, /* ... one whom no text can reach any more */
	SHARING_ADDRESSED,  /* "@name text": this one alone is for him */
};

/* What this text says about whom it is for; a reply is noted. Of a text that is
 * addressed `text_r` is the rest. */
enum sharing_reply sharing_read(struct sharing *t, const char *text,
	int64_t wall_ms, const struct sharing_user **user_r,
	const char **text_r);

/* As bytes, and back; -1: they are damaged. */
void sharing_encode(struct str *out, const struct sharing *t);
int sharing_decode(struct sharing *t, struct slice data) MUST_CHECK;

#endif
