#include "email/dialect.h"

#include <string.h>

#include "base/limits.h"
#include "email/outbox.h"
#include "email/peers.h"

/* What Delta Chat puts before a correction, and takes away again. */
#define EDITED "\xe2\x9c\x8f\xef\xb8\x8f"

bool dialect_is_spoken(const struct outgoing *m, const struct group *group)
{
	if (m->in_room)
		return group != NULL && group_speaks_chat(group);
	return (peers_get(m->outbox->session->peers, m->name) & PEER_CHAT) != 0;
}

/* A group without an id is one of mails in clear: to have it that way, and so
 * that new people are let in, what is said there is a mail like others. */
static bool is_chat(const struct outgoing *m, const struct group *group)
{
	bool is_mail = m->in_room && group != NULL && group->chat_id == NULL &&
		       m->kind == OUTGOING_TEXT;

	return !is_mail && dialect_is_spoken(m, group);
}

static const char *edited(struct arena *arena, const char *text)
{
	struct str all = { .max = LIMIT_KEPT };

	str_addf(&all, EDITED "%s", text);
	const char *copy = arena_copy(arena, str_slice(&all));
	str_finish(&all);
	return copy != NULL ? copy : text;
}

/* Delta Chat withdraws nothing without encryption, but lets itself be
 * corrected; who withdraws may do as he is told. */
static void withdraw(
	struct draft *d, const struct memory_mail *parent, struct arena *arena)
{
	d->chat_edit = d->chat_delete = parent->message_id;
	d->text = edited(arena, "(withdrawn)");
}

static bool takes_back(const struct outgoing *m)
{
	return m->value == NULL || m->value[0] == '\0';
}

/* RFC 9078 knows no way to take one back, Delta Chat does. */
static void put_reaction(
	struct draft *d, const struct outgoing *m, struct arena *arena)
{
	bool is_gone = takes_back(m);
	char text[300];

	text_format(text, sizeof(text), "Reacted with %s",
		is_gone ? "nothing more" : m->value);
	const char *copy = arena_copy(arena, slice_of(text));

	d->text = copy != NULL ? copy : "Reacted";
	d->reaction = is_gone ? " " : m->value;
}

/* Does the user want to hear who has read his mails? */
static bool asks(const struct outgoing *m)
{
	return strcmp(gw_setting(m->outbox->session->session, "ask_read"),
		       "1") == 0;
}

/* Why it cannot be sent; NULL: it can. */
static const char *refusal(const struct draft *d, const struct outgoing *m,
	const struct memory_mail *parent)
{
	const char *unknown =
		parent == NULL ? "This message is not known any more." : NULL;

	switch (m->kind) {
	case OUTGOING_EDIT:
	case OUTGOING_WITHDRAWAL:
		return d->is_chat && parent != NULL
			       ? NULL
			       : "The mail has left: it cannot be changed any "
				 "more.";
	case OUTGOING_RECEIPT:
		return unknown;
	case OUTGOING_REACTION:
		if (unknown == NULL && takes_back(m) && !d->is_chat)
			return "A reaction that was sent by mail cannot be "
			       "taken back.";
		return unknown;
	case OUTGOING_TEXT:
	case OUTGOING_ADDED:
	case OUTGOING_REMOVED:
	case OUTGOING_RENAMED:
		break;
	}
	return NULL;
}

/* What the head says of a mail of this kind. */
static void put_kind(struct draft *d, const struct outgoing *m,
	const struct memory_mail *parent, struct arena *arena)
{
	switch (m->kind) {
	case OUTGOING_TEXT:
		if (!m->in_room && asks(m))
			d->receipt_to = d->from.address;
		break;
	case OUTGOING_RECEIPT:
		d->is_receipt = true;
		break;
	case OUTGOING_REACTION:
		put_reaction(d, m, arena);
		break;
	case OUTGOING_EDIT:
		d->chat_edit = parent->message_id;
		d->text = edited(arena, d->text);
		break;
	case OUTGOING_WITHDRAWAL:
		withdraw(d, parent, arena);
		break;
	case OUTGOING_ADDED:
		d->chat_member_added = m->value;
		break;
	case OUTGOING_REMOVED:
		d->chat_member_removed = m->value;
		break;
	case OUTGOING_RENAMED:
		d->chat_name_changed = m->value;
		break;
	}
}

int dialect_draft(struct draft *d, const struct outgoing *m,
	const struct group *group, const struct memory_mail *parent,
	struct arena *arena, const char **words_r)
{
	d->is_chat = is_chat(m, group);
	*words_r = refusal(d, m, parent);
	if (*words_r != NULL)
		return -1;
	if (d->is_chat && group != NULL) {
		d->chat_group_id = group->chat_id;
		d->chat_group_name = group->title;
	}
	if (m->kind == OUTGOING_TEXT && parent != NULL &&
		dialect_is_spoken(m, group))
		d->quote = m->quote;
	put_kind(d, m, parent, arena);
	return 0;
}
