/*
 * Commands: one table, run as ad-hoc commands (XEP-0050) and by chat. A
 * command asks for values by a settings schema and answers with text.
 */
#ifndef HOST_COMMAND_H
#define HOST_COMMAND_H

#include <stdbool.h>

#include "host/settings.h"
#include "host/target.h"
#include "host/user.h"
#include "xmpp/stanza.h"

struct command_call;

struct command {
	const char *node; /* of XEP-0050; NULL: same as name */
	const char *name; /* typed in a chat */
	const char *label, *help;
	bool is_help_of_secrets; /* of use where a password is asked for */
	bool admin;
	const struct gw_command *of_gateway; /* it is the gateway's; or NULL */
	bool thorough; /* a chat asks for advanced settings too */
	/* What to ask; NULL: nothing. Called for every use, as it may depend
	 * on the user (choices). Lives until the call ends. */
	const struct gw_setting *(*settings)(struct command_call *call);
	/* The account whose values are shown in the form; or NULL slot. */
	struct account *(*subject)(struct command_call *call);
	/* Run it; end with command_done() or command_fail(), now or later. */
	void (*run)(struct command_call *call,
		const struct settings_values *values);
};

/* One use of a command. */
struct command_call {
	const struct command *command;
	struct user *user;           /* NULL: gone while it ran */
	const struct target *target; /* lives for the synchronous part */
	char *network; /* account key when it was called on a network JID */
	bool by_chat;
	void *scratch; /* the command's; freed by xfree() at the end */
	/* Private to command.c and chat.c. */
	struct command own; /* stands for a gateway's own command */
	char *from, *to, *iq_id, *session;
	int64_t deadline_ms;
	struct list link; /* of all calls */
	bool running;     /* run() was called: it ends by itself */
};

/* XEP-0050 at gateway and network JIDs. */
void command_iq(struct user *u, const struct target *t, const struct stanza *s);
/* XEP-0050 section 2.2: what this user may run. */
void command_disco_items(
	struct user *u, const struct target *t, const struct stanza *s);
/* Of the list (`node` is its namespace) or of one command. */
void command_disco_info(struct user *u, const struct target *t,
	const struct stanza *s, const char *node);

/* A chat message to the gateway JID (chat.c). */
void chat_message(struct user *u, const struct target *t,
	const struct stanza *s, const char *body);

/* Is a call open, whoever's? Then the sweep goes on. */
bool command_any_open(void);

/* Ask for one more of the command's settings, with these words first; run()
 * follows again, with the other values as they were. False, and nothing was
 * asked: that is possible in a chat alone. */
bool command_want(struct command_call *call, const struct gw_setting *row,
	const char *text);
/* Answer with words (NULL: "Done."); the call is freed. */
void command_done(struct command_call *call, const char *text);
/* The same for what went wrong: a note of type error in the answer. */
void command_fail(
	struct command_call *call, enum stanza_error error, const char *text);

/* The tables: users' commands (commands_user.c), administrators'
 * (commands_admin.c). The gateway's own follow. name NULL ends. */
extern const struct command commands_user[];
extern const struct command commands_admin[];

/* A new call of the command with this name or node by this user, who sent
 * `s`; NULL: there is none that he may use. */
struct command_call *command_new(struct user *u, const struct target *t,
	const struct stanza *s, const char *name, bool by_chat);
/* Without an answer; sets NULL. */
void command_free(struct command_call **slot);

/* The rows to ask for; NULL: none. */
const struct gw_setting *command_settings(struct command_call *call);
/* What is said in front of these rows; NULL: nothing. */
const char *command_help(
	const struct command_call *call, const struct gw_setting *rows);

/* The account whose values are shown; NULL: none. */
struct account *command_subject(struct command_call *call);

/* The commands a user may use, one by one: for lists. NULL at the end. */
const struct command *command_at(
	const struct user *u, size_t index, struct command *space);

/* chat.c: may a line that was typed ahead be read now? Not while a command
 * runs, and none is an answer to a question that the network asked later. */
bool chat_is_ready(const struct user *u);
/* chat.c: read it; `line` is the caller's. */
void chat_typed(struct user *u, const char *from, char *line);
/* chat.c: words to the user while his command runs. */
void chat_progress(struct command_call *call, const char *text);
/* chat.c: the call wants one more of its rows, with these words first, and
 * runs again. False: its questions are over. */
bool chat_want(struct command_call *call, const struct gw_setting *row,
	const char *text);
/* chat.c: the text of an ended call goes to the user's chat. */
void chat_ended(struct command_call *call, const char *text);
/* Drop the question that the user was asked, if any, and all that wait. */
void chat_forget(struct user *u);
/* He took too long for the one he was asked. */
void chat_expired(struct user *u);
/* An account is about to be freed: drop its question. */
void chat_forget_account(struct account *a);

/* Forget what a user had open. */
void command_forget_user(struct user *u);
/* End the calls that waited too long for their user. */
void command_sweep(int64_t now_ms);

#endif
