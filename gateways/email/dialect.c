#include "email/dialect.h"

#include <string.h>

#include "base/limits.h"
#include "email/outbox.h"
#include "email/peers.h"

/* What Delta Chat puts before a correction, and takes away again. */
#define EDITED "\xe2\x9c\x8f\xef\xb8\x8f"

bool dialect_is_chat(const struct outgoing *m, const struct group *group)
{
	if (m->in_room)
		return group != NULL && group->chat_id != NULL;
	return (peers_get(m->outbox->session->peers, m->name) & PEER_CHAT) != 0;
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

/* RFC 9078 knows no way to take one back, Delta Chat does. */
static int put_reaction(struct draft *d, const struct outgoing *m,
	struct arena *arena, const char **words_r)
{
	bool is_gone = m->value == NULL || m->value[0] == '\0';
	char text[300];

	if (is_gone && !d->is_chat) {
		*words_r = "A reaction that was sent by mail cannot be taken "
			   "back.";
		return -1;
	}
	text_format(text, sizeof(text), "Reacted with %s",
		is_gone ? "nothing more" : m->value);
	d->text = arena_copy(arena, slice_of(text));
	d->reaction = is_gone ? " " : m->value;
	return d->text != NULL ? 0 : -1;
}

/* Does the user want to hear who has read his mails? */
static bool asks(const struct outgoing *m)
{
	return strcmp(gw_setting(m->outbox->session->session, "ask_read"),
		       "1") == 0;
}

int dialect_draft(struct draft *d, const struct outgoing *m,
	const struct group *group, const struct memory_mail *parent,
	struct arena *arena, const char **words_r)
{
	bool is_about =
		m->kind == OUTGOING_EDIT || m->kind == OUTGOING_WITHDRAWAL;

	d->is_chat = dialect_is_chat(m, group);
	if (d->is_chat && group != NULL) {
		d->chat_group_id = group->chat_id;
		d->chat_group_name = group->title;
	}
	if (is_about && (!d->is_chat || parent == NULL)) {
		*words_r = "The mail has left: it cannot be changed any more.";
		return -1;
	}
	if ((m->kind == OUTGOING_REACTION || m->kind == OUTGOING_RECEIPT) &&
		parent == NULL) {
		*words_r = "This message is not known any more.";
		return -1;
	}
	switch (m->kind) {
	case OUTGOING_TEXT:
		if (!m->in_room && asks(m))
			d->receipt_to = d->from.address;
		break;
	case OUTGOING_RECEIPT:
		d->is_receipt = true;
		break;
	case OUTGOING_REACTION:
		return put_reaction(d, m, arena, words_r);
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
	return 0;
}
