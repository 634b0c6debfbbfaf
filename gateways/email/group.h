/*
 * Mails to several people, and mailing lists, as rooms. A room is named by the
 * people it began with; who it reaches is who the last mail in it reached.
 * What is kept: g/<hash of the room> the group, p/<hash of people> which room they have.
 */
#ifndef EMAIL_GROUP_H
#define EMAIL_GROUP_H

#include "email/email.h"
#include "email_wire/mail.h"

/* More people than this are an audience, not a group. */
#define GROUP_MAX 49

struct group_member {
	char *address; /* as it is written; in JIDs: email_person_name() */
	char *nick;    /* in the room, unlike all others */
};

struct group {
	struct list link; /* session->groups */
	struct email_session *session;
	char *name;    /* of the room */
	char *title;   /* of a list, or what people call it; or NULL */
	char *chat_id; /* what Delta Chat calls it; NULL: it is none of its */
	char *post;    /* of a list: where mails to all go; or NULL */
	char *subject; /* the last base subject, or NULL */
	char *nick;    /* the user's own there, as his client asked; or NULL */
	struct group_member *members; /* without the user */
	size_t count;
	struct gw_room *room; /* NULL: not entered */
	struct list waiting;  /* for it to be entered */
};

/* NULL: the store failed, or there is no such group. Never before the call
 * returns, unless `group` is known already. */
typedef void (*group_fn)(struct group *group, void *arg);

/* The group of a room that exists. */
void group_find(
	struct email_session *s, const char *name, group_fn fn, void *arg);
/* Likewise, entered under this nick (or NULL), unless somebody has it. */
void group_find_as(struct email_session *s, const char *name, const char *nick,
	group_fn fn, void *arg);
/* The group of these people (without the user), made if there is none yet.
 * `title`: among them the one that they call so, as Delta Chat tells the groups
 * of mails in clear apart; or NULL. */
void group_of_people(struct email_session *s, const struct mail_address *people,
	size_t count, const char *title, group_fn fn, void *arg);
/* The group that Delta Chat has given this id, likewise: it stays the same
 * whoever comes and goes. */
void group_of_chat(struct email_session *s, const char *chat_id,
	const char *title, const struct mail_address *people, size_t count,
	group_fn fn, void *arg);
/* The group of a mailing list, likewise. `post` or `title` may be NULL. */
void group_of_list(struct email_session *s, const char *list_id,
	const char *title, const char *post, group_fn fn, void *arg);

/* Enter its room, unless that was done; `words` invite the user. */
void group_enter(struct group *g, const char *words, group_fn fn, void *arg);
/* Nothing more is called with this argument. */
void group_forget_calls(struct email_session *s, void *arg);

/* The mail in hand reaches these people: who is new is shown, who is not
 * among them has left. `news` gets a line for people about what changed, or
 * stays empty. */
void group_reach(struct group *g, const struct mail_address *people,
	size_t count, struct str *news);
/* Somebody writes in it who need not be reached: an author of a list. */
const char *group_author(struct group *g, const struct mail_address *from);

/* The nick of whoever is in it with this address (or NULL); NULL: nobody. */
const char *group_nick_of(struct group *g, const char *address);

bool group_has(const struct group *g, const char *address);
/* Is it one of Delta Chat's, or does everybody in it use that now? */
bool group_speaks_chat(const struct group *g);
/* Everybody has left, or the user himself: nobody is written to. */
void group_empty(struct group *g);
/* It is called so now. */
void group_name(struct group *g, const char *title);

/* The user adds or leaves out somebody, by nick or address. NULL, or why not,
 * for a person. */
const char *group_add(struct group *g, const char *address);
const char *group_drop(struct group *g, const char *who, enum gw_leaving how,
	const char *reason);

/* Write down what changed. */
void group_keep(struct group *g);

bool group_is_list(const struct group *g);

/* All groups of a session; when it closes. */
void group_free_all(struct email_session *s);
/* The link or session is over: rooms are. */
void group_leave_all(struct email_session *s);

/* --- Ops ------------------------------------------------------------------ */

void email_join(struct gw_room *r, const char *nick, const char *password);
void email_leave(struct gw_room *r, const char *text);
/* People are added and dropped; the next mail goes to those who are left. */
void email_invite(struct gw_room *r, gw_request request, const char *person,
	const char *reason);
void email_moderate(
	struct gw_room *r, gw_request request, const struct gw_moderation *m);
/* His nick is seen by himself alone: he has any that nobody else has. */
void email_set_nick(struct gw_room *r, gw_request request, const char *nick);
void email_set_subject(struct gw_room *r, gw_request request, const char *text);

#endif
