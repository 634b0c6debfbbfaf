/*
 * Which conversation a mail belongs to: a chat with its sender, a room of several
 * people, or what nobody reads.
 */
#include "email/incoming_private.h"

#include <string.h>

#include "email/group.h"
#include "email/inbox.h"
#include "email/invitation.h"
#include "email/names.h"
#include "email/newsletter.h"
#include "email_wire/address.h"

static void choose_by_people(struct incoming *in);

static void on_invitation(
	const char *name, struct slice data, bool ok, void *arg)
{
	struct incoming *in = arg;

	if (name != NULL)
		in->was_invited =
			invitation_decode(data, &in->arena, &in->invited) == 0;
	else if (ok)
		incoming_tell(in);
	else
		incoming_give_up(in);
}

static void find_invitation(struct incoming *in)
{
	char kept[MEMORY_NAME_SIZE];

	if (in->mail.event.uid == NULL) {
		incoming_tell(in);
		return;
	}
	in->own[0] = incoming_identity(in);
	in->own[1] = email_own_address(in->session);
	invitation_name(&in->mail.event, kept);
	memory_recall_one(in->session->memory, kept, on_invitation, in);
}

static void on_talk(const char *name, struct slice data, bool ok, void *arg)
{
	struct incoming *in = arg;

	if (name != NULL)
		in->has_talk =
			memory_talk_decode(data, &in->arena, &in->talk) == 0;
	else if (ok)
		find_invitation(in);
	else
		incoming_give_up(in);
}

static void find_talk(struct incoming *in)
{
	memory_recall_talk(in->session->memory, in->name, on_talk, in);
}

static void gathered(bool ok, void *arg)
{
	if (ok)
		incoming_finish(arg);
	else
		incoming_give_up(arg);
}

/* Once a day is often enough for it. */
static void gather(struct incoming *in)
{
	const struct memory_mail record = {
		.message_id = in->mail.message_id,
		.name = in->name,
		.subject = in->mail.base_subject,
		.uid = in->uid,
		.uidvalidity = email_inbox_uidvalidity(in->session->inbox),
		.is_gathered = true,
	};

	digest_add(in->session->digest, &in->mail, incoming_time(in), in->id,
		&record, gathered, in);
}

static void with_person(struct incoming *in)
{
	const struct mail *m = &in->mail;
	const char *address = m->from.address;

	/* Sent from elsewhere: to whom. */
	if (in->is_own && in->people_count > 0)
		address = in->people[0].address;
	else
		in->is_own = false;
	bool answers = in->has_parent && in->parent_mail.is_own;
	bool is_news = !in->is_own &&
		       newsletter_is_one(&in->session->choices, m, answers);

	if (is_news || !email_person_name(address, in->name, sizeof(in->name)))
		text_copy(in->name, sizeof(in->name), NAME_NEWSLETTERS);
	if (is_news && digest_takes(in->session->digest, m))
		gather(in);
	else
		find_talk(in);
}

static void on_entered(struct group *g, void *arg)
{
	(void)g;
	find_talk(arg);
}

void incoming_enter_room(struct incoming *in)
{
	struct group *g = in->group;
	const char *subject = in->mail.subject;
	char words[300];

	text_format(words, sizeof(words), "%s%s",
		group_is_list(g)   ? "Mailing list: "
		: g->title != NULL ? "Group: "
				   : "Mail to several people: ",
		g->title != NULL  ? g->title
		: subject != NULL ? subject
				  : "(no subject)");
	group_enter(g, words, on_entered, in);
}

/* What the user wrote in a thread of a list need not go there. */
static bool leaves_list(const struct incoming *in, const struct group *g)
{
	if (!in->is_sent || !group_is_list(g))
		return false;
	for (size_t i = 0; i < in->people_count; i++)
		if (g->post != NULL &&
			address_equals(in->people[i].address, g->post))
			return false;
	return true;
}

static void on_group(struct group *g, void *arg)
{
	struct incoming *in = arg;

	if (g == NULL) {
		incoming_give_up(in);
		return;
	}
	if (leaves_list(in, g)) {
		in->left_list = true;
		choose_by_people(in);
		return;
	}
	in->group = g;
	in->in_room = true;
	text_copy(in->name, sizeof(in->name), g->name);
	if (!group_is_list(g)) {
		in->is_stranger =
			!in->is_own && !group_has(g, in->mail.from.address);
		group_reach(g, in->people, in->people_count, &in->news);
		if (in->news.len > 0)
			group_keep(g);
	}
	incoming_enter_room(in);
}

/* As long as it goes to more than one. Delta Chat's may be two. */
static bool is_for_group(const struct incoming *in)
{
	size_t least = in->mail.chat_group_name != NULL ? 1 : 2;

	return in->people_count >= least;
}

/* In the room that the mail it answers was in. */
static bool stays_in_room(const struct incoming *in)
{
	if (!in->has_parent || !in->parent_mail.in_room || in->left_list)
		return false;
	if (in->is_sent && strncmp(in->parent_mail.name, NAME_LIST,
				   strlen(NAME_LIST)) == 0)
		return in->people_count > 0;
	return is_for_group(in);
}

static bool is_reaction(const struct incoming *in)
{
	return !in->is_sent && in->mail.kind == MAIL_REACTION && in->has_parent;
}

/* Of what lies among the sent mails: did the user say it, to somebody whom he
 * can talk with? */
static bool is_said(const struct incoming *in)
{
	static const unsigned unsaid =
		1U << MAIL_BOUNCE | 1U << MAIL_DELAYED | 1U << MAIL_RECEIPT |
		1U << MAIL_REACTION | 1U << MAIL_AUTO_REPLY;

	return !in->is_sent ||
	       (in->people_count > 0 && in->people_more == 0 &&
		       (unsaid >> in->mail.kind & 1) == 0 &&
		       (in->flags & (FLAG_DRAFT | FLAG_DELETED)) == 0);
}

/* Delta Chat's groups: only who is in one writes into it. */
static void on_chat_group(struct group *g, void *arg)
{
	struct incoming *in = arg;
	const struct mail *m = &in->mail;

	if (g == NULL || in->is_own || group_has(g, m->from.address) ||
		in->people_count == 0) {
		on_group(g, in);
		return;
	}
	in->is_stranger = true;
	choose_by_people(in);
}

static void choose_by_people(struct incoming *in)
{
	bool is_chat = in->mail.chat_group_name != NULL ||
		       in->mail.chat_group_id != NULL;
	bool is_group = !in->is_blind && in->people_more == 0 &&
			(is_chat || !in->session->choices.flat);

	if (is_group && !in->is_stranger && in->mail.chat_group_id != NULL)
		group_of_chat(in->session, in->mail.chat_group_id,
			in->mail.chat_group_name, in->people, in->people_count,
			on_chat_group, in);
	else if (is_group && stays_in_room(in))
		group_find(in->session, in->parent_mail.name, on_group, in);
	else if (is_group && is_for_group(in))
		group_of_people(in->session, in->people, in->people_count,
			in->mail.chat_group_name, on_group, in);
	else
		with_person(in);
}

void incoming_choose(struct incoming *in)
{
	struct email_session *s = in->session;
	const struct mail *m = &in->mail;

	if (is_reaction(in)) {
		incoming_react(in);
		return;
	}
	incoming_list_people(in);
	if (!is_said(in)) {
		incoming_finish(in);
		return;
	}
	if (m->kind == MAIL_LIST && m->list_id != NULL)
		group_of_list(s, m->list_id, m->list_name, m->list_post,
			on_group, in);
	else
		choose_by_people(in);
}
