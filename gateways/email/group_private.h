/*
 * Between the parts of groups: group.c (which there are, what is kept of
 * them), group_member.c (who is in them), group_change.c (what the user changes
 * in them), group_room.c (as rooms).
 */
#ifndef EMAIL_GROUP_PRIVATE_H
#define EMAIL_GROUP_PRIVATE_H

#include "email/errand.h"
#include "email/group.h"
#include "email/outgoing.h"

/* Somebody waits for a group to be found, or its room to be entered. */
struct waiter {
	struct list link; /* group->waiting, or session->group_calls */
	struct email_session *session;
	group_fn fn;
	void *arg;
	char *name;                  /* of the room looked for */
	char *nick;                  /* the user wants it there; or NULL */
	struct arena arena;          /* of the people */
	struct mail_address *people; /* to make it of */
	size_t count;
	char *title, *post, *chat_id;
};

/* `name` NULL: the group is there. */
struct waiter *group_waiter_new(
	struct email_session *s, const char *name, group_fn fn, void *arg);
/* It is gone, and knows. */
void group_waiter_answer(struct waiter *w, struct group *g);

/* What the user is called in it. */
const char *group_own_nick(const struct group *g);
bool group_nick_is_taken(const struct group *g, const char *nick);

struct group_member *group_find_member(
	const struct group *g, const char *address);
/* `nick` is taken over; NULL: one is chosen. */
struct group_member *group_add_member(
	struct group *g, const struct mail_address *who, char *nick);
void group_drop_member(struct group *g, size_t i);
/* Who is meant by this nick or address; NULL: nobody. */
const struct group_member *group_meant_member(
	const struct group *g, const char *who);
/* A change of his could not be kept: he has this nick in it again, or (`nick`
 * NULL) is not in it again. Nobody else is told. */
void group_restore(struct group *g, const char *address, const char *nick);

/* group_change.c: group_add() and group_drop(), and the errand's end. */
void group_change_add(struct errand *e, struct group *g, const char *address);
void group_change_drop(struct errand *e, struct group *g, const char *who,
	enum gw_leaving how, const char *reason);

/* Delta Chat has the list of members, and its name, in all programs alike;
 * people in other groups hear nothing of such things. In a group without an id
 * it learns from the next mail who is new. */
void group_tell_chat(struct group *g, enum outgoing_kind kind,
	const char *value, const char *words, const char *name);
/* To the room, if it was entered. */
void group_show_member(const struct group *g, const struct group_member *m);
/* Also its title, which follows from its people when it has none. */
void group_show_info(const struct group *g);

#endif
