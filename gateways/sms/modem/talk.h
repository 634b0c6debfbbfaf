/*
 * The conversation with a modem: one command at a time, its answer and its end
 * or a timeout, and what the modem says unasked.
 */
#ifndef SMS_MODEM_TALK_H
#define SMS_MODEM_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "net/conn.h"
#include "net/loop.h"
#include "sms_modem/at.h"

enum modem_talk_end {
	TALK_OK,
	TALK_ERROR,
	TALK_SILENCE, /* nothing came: nobody knows what it does now */
	TALK_GONE,    /* the line is closed */
};

struct modem_talk_result {
	enum modem_talk_end end;
	enum at_error error;
	int code;       /* of TALK_ERROR; -1: none */
	bool was_given; /* the payload left */
};

/* Copied, but for `answer` and the functions. Both are given the talk's
 * argument. */
struct modem_talk_command {
	const char *text;    /* from "AT" on */
	const char *answer;  /* the name of lines that answer it, or NULL */
	const char *payload; /* what follows the prompt, or NULL: no prompt */
	int64_t timeout_ms;
	/* For each line of `answer`; NULL with it. */
	void (*line)(void *arg, const struct at_line *line);
	/* Once; the next command may be said in it. */
	void (*done)(void *arg, const struct modem_talk_result *result);
};

struct modem_talk_owner {
	void (*news)(void *arg, enum at_news news, const struct at_line *line);
	/* The line broke; a command under way has ended before. */
	void (*broken)(void *arg, const char *why);
};

struct modem_talk {
	struct conn *conn; /* NULL: closed */
	const struct modem_talk_owner *owner;
	void *arg;
	const char *name; /* for the log */
	struct at_reader reader;
	struct timer timeout;
	bool is_busy; /* `command` is under way */
	bool was_given;
	struct modem_talk_command command;
	struct str payload;
};

/* `name` lives as long as the talk does. */
void modem_talk_init(struct modem_talk *t, struct loop *l, const char *name,
	const struct modem_talk_owner *owner, void *arg);
/* Nothing is called any more, not even for a command under way. */
void modem_talk_finish(struct modem_talk *t);

/* The limits of the connections it takes, and their callback, with the talk as
 * argument. */
extern const struct conn_limits modem_talk_limits;
/* See conn_fn. */
void modem_talk_on_conn(struct conn *c, enum conn_event event, void *arg);

/* Take over a connection made with these. */
void modem_talk_open(struct modem_talk *t, struct conn *c);
/* The command under way ends with TALK_GONE. Harmless when closed. */
void modem_talk_close(struct modem_talk *t);

static inline bool modem_talk_is_open(const struct modem_talk *t)
{
	return t->conn != NULL;
}

/* Only while it is open and none is under way. */
void modem_talk_say(
	struct modem_talk *t, const struct modem_talk_command *command);
static inline bool modem_talk_is_busy(const struct modem_talk *t)
{
	return t->is_busy;
}

/* Bytes that are no command: the end of what somebody else began. */
void modem_talk_interrupt(struct modem_talk *t);

#endif
