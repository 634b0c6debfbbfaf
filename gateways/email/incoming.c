#include "email/incoming.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "email/block.h"
#include "email/files.h"
#include "email/group.h"
#include "email/inbox.h"
#include "email/invitation.h"
#include "email/names.h"
#include "email/newsletter.h"
#include "email/peers.h"
#include "email/photos.h"
#include "email/reached.h"
#include "email/readback.h"
#include "email/report.h"
#include "email/revision.h"
#include "email/seen.h"
#include "email/words.h"
#include "email_wire/address.h"

/* Text of 1 MB, its encoding, and what is remembered of parents. */
#define ARENA_MAX ((size_t)8 * MIB)

/* Ancestors that are looked for; a thread that was not seen before is not
 * found among older ones either. */
#define PARENTS_MAX 6

/* Servers that a mail can have passed through. */
#define RECEIVED_MAX 50

/* How long what is remembered of a mail can be referred to. */
#define MEMORY_DAYS 400

/* A Date so far from when the mail came in is not believed. */
#define DATE_SLACK_MS 86400000LL

struct incoming {
	struct email_session *session;
	incoming_fn fn;
	void *arg;
	struct arena arena;
	struct mail mail;
	uint32_t uid;
	unsigned flags;
	int64_t internal_ms;
	char id[MEMORY_ID_SIZE];
	bool is_sent; /* of the folder of sent mails */
	bool is_ours; /* sent from here, and known already */
	bool is_gathered;
	bool is_old; /* the user asked for it: no news */
	/* Parents: Message-IDs still to be looked for, nearest first. */
	const char *parents[PARENTS_MAX];
	size_t parent_count, parent;
	bool has_parent;
	struct memory_mail parent_mail;
	/* The conversation. */
	char name[GW_NAME_SIZE];
	bool in_room;
	struct group *group;    /* of a room */
	bool is_own;            /* the user sent it, from elsewhere */
	bool is_blind;          /* he got a blind copy */
	bool left_list;         /* he wrote about it, not to it */
	bool is_stranger;       /* to the group that the mail names */
	bool is_removed;        /* the user, from that group */
	struct reached reached; /* ... of a message of its sender */
	struct mail_address
		people[GROUP_MAX + 1]; /* whom it reaches, but him */
	size_t people_count, people_more;
	struct str audience; /* of a mail that is shown as its sender's */
	struct str news;     /* of who was added or left out */
	bool has_talk;
	struct memory_talk talk;
	struct invitation invited; /* what was known of it */
	bool was_invited;
	const char *own[3]; /* the user's addresses; ends with NULL */
	unsigned messages;
	bool is_incomplete;
	struct files *files;
	struct revision *revision;
};

/* --- Remembering --------------------------------------------------------- */

static const char *thread_of(struct incoming *in)
{
	const struct mail *m = &in->mail;
	const char *root = m->reference_count > 0   ? m->references[0]
			   : m->in_reply_to != NULL ? m->in_reply_to
						    : m->message_id;
	char id[MEMORY_ID_SIZE];
	char *thread;

	if (in->has_parent && in->parent_mail.thread != NULL)
		return in->parent_mail.thread;
	memory_id(root != NULL ? root : m->key, id);
	thread = arena_alloc(&in->arena, MEMORY_ID_SIZE + 2);
	if (thread != NULL)
		text_format(thread, MEMORY_ID_SIZE + 2, "t.%s", id);
	return thread;
}

/* RFC 5322 section 3.6.4, for the answer to this mail. */
static void references_for_reply(const struct mail *m, struct str *out)
{
	for (size_t i = 0; i < m->reference_count; i++)
		str_addf(out, "%s%s", i > 0 ? " " : "", m->references[i]);
	if (m->reference_count == 0 && m->in_reply_to != NULL)
		str_add(out, m->in_reply_to);
}

static const char *identity_of(const struct incoming *in)
{
	if (in->is_sent && in->mail.from.address[0] != '\0')
		return in->mail.from.address;
	return in->mail.delivered_to != NULL ? in->mail.delivered_to
					     : email_own_address(in->session);
}

/* Of the event in it; NULL: nothing. */
static const struct invitation *known(const struct incoming *in)
{
	return in->was_invited ? &in->invited : NULL;
}

static void remember(struct incoming *in, const char *thread)
{
	const struct mail *m = &in->mail;
	struct str references = { .max = 64 * KIB };
	struct str mail = { .max = 128 * KIB }, talk = { .max = 128 * KIB };
	char mail_name[MEMORY_NAME_SIZE], talk_name[MEMORY_NAME_SIZE];
	char hash[MEMORY_ID_SIZE], event_name[MEMORY_NAME_SIZE] = "";
	struct str event = { .max = 64 * KIB };
	struct invitation invitation;
	bool invites = !in->is_own && invitation_learn(&invitation, m, in->id,
					      in->own, known(in));
	const struct mail_address *other =
		in->is_own ? &in->people[0] : &m->from;

	if (invites) {
		invitation_name(&m->event, event_name);
		invitation_encode(&event, &invitation);
	}
	references_for_reply(m, &references);
	const struct memory_mail record = {
		.message_id = m->message_id != NULL ? m->message_id : "",
		.name = in->name,
		.in_room = in->in_room,
		.is_own = in->is_own,
		.thread = thread,
		.subject = m->base_subject,
		.references = str_text(&references),
		.identity = identity_of(in),
		.author = m->from.address,
		.receipt_to = in->in_room || in->is_blind || in->is_own
				      ? NULL
				      : readback_asked(m),
		.uid = in->is_sent ? 0 : in->uid,
		.uidvalidity = email_inbox_uidvalidity(in->session->inbox),
	};
	struct memory_talk now = {
		.address = in->in_room ? NULL : other->address,
		.display = in->in_room ? NULL : other->name,
		.last_id = m->message_id,
		.references = record.references,
		.thread = thread,
		.subject = m->base_subject,
		.identity = record.identity,
		.last_in = in->is_own ? in->talk.last_in : in->id,
		.unsubscribe_url = m->unsubscribe_url,
		.unsubscribe_mail = m->unsubscribe_mail,
		.one_click = m->one_click,
		.last_ms = clock_wall_ms(),
		.audience =
			in->audience.len > 0 ? str_text(&in->audience) : NULL,
		.invitation = invites ? event_name : in->talk.invitation,
	};

	if (in->is_own) {
		now.unsubscribe_url = in->talk.unsubscribe_url;
		now.unsubscribe_mail = in->talk.unsubscribe_mail;
		now.one_click = in->talk.one_click;
	}
	memory_mail_encode(&mail, &record);
	memory_talk_encode(&talk, &now);
	text_format(mail_name, sizeof(mail_name), "m/%s", in->id);
	memory_id(in->name, hash);
	text_format(talk_name, sizeof(talk_name), "c/%s", hash);
	const struct gw_kept items[] = {
		{ mail_name, mail.data, mail.len, MEMORY_DAYS },
		{ talk_name, talk.data, talk.len, 0 },
		{ event_name, event.data, event.len, INVITATION_DAYS },
	};

	memory_keep(in->session->memory, items, invites ? 3 : 2, NULL, NULL);
	str_finish(&references);
	str_finish(&mail);
	str_finish(&talk);
	str_finish(&event);
}

/* --- Handing over -------------------------------------------------------- */

static int64_t time_of(const struct incoming *in)
{
	int64_t date = in->mail.date_ms, came = in->internal_ms;

	if (came == 0)
		came = clock_wall_ms();
	if (date == 0 || date > came + DATE_SLACK_MS)
		return came;
	return date;
}

static bool is_newsletter(const struct incoming *in)
{
	return !in->in_room && strcmp(in->name, NAME_NEWSLETTERS) == 0;
}

static bool is_quiet(const struct incoming *in)
{
	enum mail_kind kind = in->mail.kind;

	return in->is_old || is_newsletter(in) || kind == MAIL_AUTO_REPLY ||
	       kind == MAIL_BULK || kind == MAIL_MACHINE ||
	       kind == MAIL_DELIVERED;
}

/* The mail that this one answers, when that is not simply the last one. */
static const char *answers(const struct incoming *in, char id[MEMORY_ID_SIZE])
{
	const char *parent = in->parent_mail.message_id;

	/* Of what he sent himself his clients know no id that we know. */
	if (!in->has_parent || in->parent != 1 ||
		(in->is_own && !in->in_room && in->parent_mail.is_own) ||
		(in->has_talk && text_equals(in->talk.last_id, parent)))
		return NULL;
	memory_id(parent, id);
	return id;
}

static void finish(struct incoming *in)
{
	in->fn(in, in->messages, !in->is_incomplete, in->arg);
}

/* The store failed, or the link: with the next one it comes again. */
static void give_up(struct incoming *in)
{
	in->is_incomplete = true;
	finish(in);
}

static struct gw_room *room_of(const struct incoming *in)
{
	return in->in_room ? in->group->room : NULL;
}

static const char *sender(struct incoming *in)
{
	if (!in->in_room)
		return in->name;
	return in->is_own ? NULL : group_author(in->group, &in->mail.from);
}

/* For the message of its sender: who else has it. Of a blind copy nobody is to
 * know, so clients must not answer to all; an audience is too many. */
static void list_reached(struct incoming *in)
{
	bool several = in->people_count > 1;

	if (in->in_room || in->people_more > 0)
		return;
	if (several)
		reached_keep(
			&in->audience, &in->mail, in->people, in->people_count);
	reached_list(&in->reached, &in->mail,
		several && !in->is_blind ? in->people : NULL, in->people_count);
}

/* What the text itself does not say: whom it reached, and how. */
static void add_notes(struct incoming *in, struct str *text)
{
	const struct mail *m = &in->mail;

	if (in->is_blind)
		str_add(text, "\n(blind copy: your answer goes to the sender "
			      "alone)");
	else if (in->people_more > 0)
		str_addf(text,
			"\n(to %zu people; your answer goes to the "
			"sender alone)",
			in->people_count + in->people_more);
	else if (!in->in_room && !in->is_own && in->has_parent &&
		 in->parent_mail.in_room)
		str_addf(text, "\n(only to you, about \"%s\")",
			m->base_subject != NULL ? m->base_subject : "");
	else if (!in->in_room && in->audience.len > 0)
		reached_words(text, m);
}

/* What changed in the room, before what is said there. */
static void tell_room(struct incoming *in)
{
	struct group *g = in->group;
	const char *subject = in->mail.base_subject;

	if (!in->in_room)
		return;
	if (in->news.len > 0) {
		const struct gw_message news = { .kind = GW_NOTICE,
			.text = str_text(&in->news) };

		gw_message(in->session->session, g->room, &news);
	}
	if (g->chat_id != NULL && in->mail.chat_group_name != NULL &&
		!in->is_stranger)
		group_name(g, in->mail.chat_group_name);
	if (subject == NULL || text_equals(subject, g->subject))
		return;
	xstrset(&g->subject, subject);
	group_keep(g);
	gw_room_subject(g->room, subject, sender(in), 0);
}

static void enter_room(struct incoming *in);

static void on_file(const struct gw_file *file, const char *words,
	const char *network_id, void *arg)
{
	struct incoming *in = arg;
	const struct gw_message message = {
		.kind = GW_MESSAGE,
		.from = sender(in),
		.text = words != NULL ? words : "",
		.file = file,
		.network_id = network_id,
		.wall_ms = time_of(in),
		.thread = thread_of(in),
		.durable = true,
		.quiet = is_quiet(in),
		.own = in->is_own,
		.to = in->is_own && !in->in_room ? in->name : NULL,
	};

	if (in->in_room && room_of(in) == NULL) {
		in->is_incomplete = true;
		return;
	}
	in->messages++;
	gw_message(in->session->session, room_of(in), &message);
}

static void all_over(void *arg)
{
	finish(arg);
}

/* What the sender's program is able to do; of several the last one counts. */
static void note_program(const struct incoming *in)
{
	const struct mail *m = &in->mail;
	char name[ADDRESS_MAX + 1];

	if (in->is_own || m->kind != MAIL_PERSON || m->is_automatic ||
		!email_person_name(m->from.address, name, sizeof(name)))
		return;
	peers_set(in->session->peers, name, PEER_CHAT,
		m->is_chat ? PEER_CHAT : 0);
	photos_note(in->session, name, m);
}

static void hand_over_files(struct incoming *in)
{
	const struct files_source source = {
		.mail = &in->mail,
		.id = in->id,
		.folder = in->is_sent ? folders_get(&in->session->folders,
						FOLDER_SENT)
				      : "INBOX",
		.uid = in->uid,
	};

	in->files = files_start(in->session, &source, on_file, all_over, in);
}

/* Nobody but his server can show him what he said elsewhere as his own; if he
 * wants, he is told of it. */
static void own_note(struct incoming *in, const char *text)
{
	struct gw_session *s = in->session->session;
	struct str words = { .max = 2 * MIB };
	char id[MEMORY_ID_SIZE + 8];
	struct gw_message note = {
		.kind = GW_NOTICE,
		.from = in->name,
		.network_id = id,
		.wall_ms = time_of(in),
		.thread = thread_of(in),
		.durable = true,
		.quiet = true,
	};

	if (strcmp(gw_setting(s, "sent_notes"), "1") != 0)
		return;
	str_addf(&words, "(you wrote elsewhere)\n%s", text);
	text_format(id, sizeof(id), "%s.note", in->id);
	note.text = str_text(&words);
	in->messages++;
	gw_message(s, NULL, &note);
	str_finish(&words);
}

static void hand_over(struct incoming *in)
{
	const struct mail *m = &in->mail;
	const char *thread = thread_of(in);
	struct str text = { .max = 2 * MIB };
	char parent[MEMORY_ID_SIZE];

	if (in->in_room && in->group->room == NULL) {
		/* The link broke meanwhile. */
		enter_room(in);
		return;
	}
	bool is_new = !in->has_talk ||
		      !text_equals(in->talk.subject, m->base_subject);

	if (is_newsletter(in))
		newsletter_words(&text, m, true);
	else
		words_for_mail(&text, m, is_new);
	if (!in->is_own)
		invitation_words(&text, m, in->own, known(in));
	list_reached(in);
	add_notes(in, &text);
	const struct gw_message message = {
		.kind = GW_MESSAGE,
		.from = sender(in),
		.text = str_text(&text),
		.network_id = in->id,
		.wall_ms = time_of(in),
		.subject = is_new ? m->subject : NULL,
		.thread = thread,
		.reply_to = answers(in, parent),
		.durable = true,
		.quiet = is_quiet(in),
		.own = in->is_own,
		.to = in->is_own && !in->in_room ? in->name : NULL,
		.receivers = in->reached.list,
		.receiver_count = in->reached.count,
	};

	remember(in, thread);
	note_program(in);
	tell_room(in);
	in->messages++;
	gw_message(in->session->session, room_of(in), &message);
	if (in->is_removed && in->in_room && in->group->chat_id != NULL)
		group_empty(in->group);
	if (!in->is_own && (in->flags & FLAG_SEEN) == 0)
		seen_shown(in->session->seen, in->name, in->uid);
	bool is_unseen = in->is_own && !in->in_room &&
			 !gw_shows_own(in->session->session);

	if (is_unseen)
		own_note(in, str_text(&text));
	str_finish(&text);
	if (m->part_count > 0 && !is_unseen)
		hand_over_files(in);
	else
		finish(in);
}

/* --- The conversation ---------------------------------------------------- */

static void on_invitation(
	const char *name, struct slice data, bool ok, void *arg)
{
	struct incoming *in = arg;

	if (name != NULL)
		in->was_invited =
			invitation_decode(data, &in->arena, &in->invited) == 0;
	else if (ok)
		hand_over(in);
	else
		give_up(in);
}

static void find_invitation(struct incoming *in)
{
	char kept[MEMORY_NAME_SIZE];

	if (in->mail.event.uid == NULL) {
		hand_over(in);
		return;
	}
	in->own[0] = identity_of(in);
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
		give_up(in);
}

static void find_talk(struct incoming *in)
{
	char hash[MEMORY_ID_SIZE], kept[MEMORY_NAME_SIZE];

	memory_id(in->name, hash);
	text_format(kept, sizeof(kept), "c/%s", hash);
	memory_recall_one(in->session->memory, kept, on_talk, in);
}

static void choose_by_people(struct incoming *in);

static void gathered(bool ok, void *arg)
{
	if (ok)
		finish(arg);
	else
		give_up(arg);
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

	digest_add(in->session->digest, &in->mail, time_of(in), in->id, &record,
		gathered, in);
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

static void enter_room(struct incoming *in)
{
	struct group *g = in->group;
	const char *subject = in->mail.subject;
	char words[300];

	text_format(words, sizeof(words), "%s%s",
		group_is_list(g)     ? "Mailing list: "
		: g->chat_id != NULL ? "Group: "
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
		give_up(in);
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
		group_reach(g, in->people, in->people_count, &in->news);
		if (in->news.len > 0)
			group_keep(g);
	}
	enter_room(in);
}

static bool is_self(const struct incoming *in, const char *address)
{
	return address_equals(address, email_own_address(in->session)) ||
	       address_equals(address, identity_of(in));
}

/* Who is removed hears of it, and is not in it any more. */
static bool is_leaving(const struct incoming *in, const char *address)
{
	const char *removed = in->mail.chat_member_removed;

	return removed != NULL && address_equals(removed, address);
}

static void add_person(struct incoming *in, const struct mail_address *who)
{
	if (who->address[0] == '\0' || is_self(in, who->address) ||
		is_leaving(in, who->address))
		return;
	for (size_t i = 0; i < in->people_count; i++)
		if (address_equals(in->people[i].address, who->address))
			return;
	if (in->people_count == COUNT(in->people))
		in->people_more++;
	else
		in->people[in->people_count++] = *who;
}

static bool is_addressed(
	const struct incoming *in, const struct mail_addresses *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (is_self(in, list->items[i].address))
			return true;
	return false;
}

/* A blind copy: that the user has it must not show, so nothing he says may go
 * to the others. */
static bool is_blind(const struct incoming *in)
{
	const struct mail *m = &in->mail;

	return !in->is_own && m->to.left_out + m->cc.left_out == 0 &&
	       in->people_count > 1 && !is_addressed(in, &m->to) &&
	       !is_addressed(in, &m->cc);
}

static void list_people(struct incoming *in)
{
	const struct mail *m = &in->mail;

	in->is_own = in->is_sent || is_self(in, m->from.address);
	if (!in->is_own)
		add_person(in, &m->from);
	for (size_t i = 0; i < m->to.count; i++)
		add_person(in, &m->to.items[i]);
	for (size_t i = 0; i < m->cc.count; i++)
		add_person(in, &m->cc.items[i]);
	in->people_more += m->to.left_out + m->cc.left_out;
	if (in->people_count > GROUP_MAX)
		in->people_more++;
	in->is_blind = is_blind(in);
	in->is_removed = m->chat_member_removed != NULL &&
			 is_self(in, m->chat_member_removed);
}

/* The group that the mail it answers was in, as long as it still goes to more
 * than one. */
static bool stays_in_room(const struct incoming *in)
{
	size_t least = in->is_sent ? 1 : 2;

	if (!in->has_parent || !in->parent_mail.in_room || in->left_list)
		return false;
	if (strncmp(in->parent_mail.name, NAME_LIST, strlen(NAME_LIST)) != 0)
		least = 2;
	return in->people_count >= least;
}

/* To a message of this conversation: nothing new is said. */
static void tell_reaction(
	struct incoming *in, struct gw_room *room, const char *from)
{
	const char *reactions = in->mail.reactions;
	char parent[MEMORY_ID_SIZE];

	memory_id(in->parent_mail.message_id, parent);
	const struct gw_message m = {
		.kind = GW_REACTION,
		.from = from,
		.text = reactions != NULL ? reactions : "",
		.reply_to = parent,
		.network_id = in->id,
		.wall_ms = time_of(in),
		.durable = true,
	};

	in->messages++;
	gw_message(in->session->session, room, &m);
	seen_by_us(in->session->seen, in->uid, in->flags);
	finish(in);
}

static void reaction_entered(struct group *g, void *arg)
{
	struct incoming *in = arg;

	if (g->room == NULL)
		give_up(in);
	else
		tell_reaction(in, g->room, group_author(g, &in->mail.from));
}

static void reaction_group(struct group *g, void *arg)
{
	struct incoming *in = arg;

	if (g == NULL)
		give_up(in);
	else
		group_enter(g, "Mail to several people", reaction_entered, in);
}

static void hand_over_reaction(struct incoming *in)
{
	char person[ADDRESS_MAX + 1];
	bool is_person = email_person_name(
		in->mail.from.address, person, sizeof(person));

	if (is_person)
		peers_set(in->session->peers, person, PEER_REACTS, PEER_REACTS);
	if (in->parent_mail.in_room)
		group_find(
			in->session, in->parent_mail.name, reaction_group, in);
	else if (is_person)
		tell_reaction(in, NULL, person);
	else
		finish(in);
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
	bool is_chat = in->mail.chat_group_id != NULL;
	bool is_group = !in->is_blind && in->people_more == 0 &&
			(is_chat || !in->session->choices.flat);

	if (is_group && !in->is_stranger && in->mail.chat_group_id != NULL)
		group_of_chat(in->session, in->mail.chat_group_id,
			in->mail.chat_group_name, in->people, in->people_count,
			on_chat_group, in);
	else if (is_group && stays_in_room(in))
		group_find(in->session, in->parent_mail.name, on_group, in);
	else if (is_group && in->people_count > 1)
		group_of_people(in->session, in->people, in->people_count,
			on_group, in);
	else
		with_person(in);
}

static void choose_conversation(struct incoming *in)
{
	struct email_session *s = in->session;
	const struct mail *m = &in->mail;

	if (is_reaction(in)) {
		hand_over_reaction(in);
		return;
	}
	list_people(in);
	if (!is_said(in)) {
		finish(in);
		return;
	}
	if (m->kind == MAIL_LIST && m->list_id != NULL)
		group_of_list(s, m->list_id, m->list_name, m->list_post,
			on_group, in);
	else
		choose_by_people(in);
}

/* --- Parents ------------------------------------------------------------- */

static void find_parent(struct incoming *in);

/* Good news are read with that; of a bounce he may want to see the mail. */
static void reported(struct incoming *in)
{
	if (in->mail.kind == MAIL_RECEIPT || in->mail.kind == MAIL_DELIVERED)
		seen_by_us(in->session->seen, in->uid, in->flags);
	finish(in);
}

/* The mail that a report is about has been looked for. */
static void on_reported(const char *name, struct slice data, bool ok, void *arg)
{
	struct incoming *in = arg;

	if (name != NULL)
		in->has_parent = memory_mail_decode(data, &in->arena,
					 &in->parent_mail) == 0;
	else if (ok && in->has_parent &&
		 report_tell(in->session, &in->mail, &in->parent_mail))
		reported(in);
	else if (ok)
		find_parent(in);
	else
		give_up(in);
}

static void recall_mail(
	struct incoming *in, const char *message_id, memory_fn fn)
{
	char id[MEMORY_ID_SIZE], kept[MEMORY_NAME_SIZE];

	memory_id(message_id, id);
	text_format(kept, sizeof(kept), "m/%s", id);
	memory_recall_one(in->session->memory, kept, fn, in);
}

static void on_parent(const char *name, struct slice data, bool ok, void *arg)
{
	struct incoming *in = arg;

	if (name != NULL)
		in->has_parent = memory_mail_decode(data, &in->arena,
					 &in->parent_mail) == 0;
	else if (ok)
		find_parent(in);
	else
		give_up(in);
}

static void find_parent(struct incoming *in)
{
	if (in->has_parent || in->parent == in->parent_count)
		choose_conversation(in);
	else
		recall_mail(in, in->parents[in->parent++], on_parent);
}

static void list_parents(struct incoming *in)
{
	const struct mail *m = &in->mail;

	if (m->in_reply_to != NULL)
		in->parents[in->parent_count++] = m->in_reply_to;
	for (size_t i = m->reference_count;
		i > 0 && in->parent_count < PARENTS_MAX; i--)
		if (!text_equals(m->references[i - 1], m->in_reply_to))
			in->parents[in->parent_count++] = m->references[i - 1];
}

/* It said what others say now; or it is one like others after all. */
static void revised(unsigned messages, bool ok, void *arg)
{
	struct incoming *in = arg;

	in->revision = NULL;
	in->messages += messages;
	if (!ok) {
		give_up(in);
	} else if (messages == 0) {
		find_parent(in);
	} else {
		seen_by_us(in->session->seen, in->uid, in->flags);
		finish(in);
	}
}

/* --- Is it one of ours? -------------------------------------------------- */

/* It goes around between servers (RFC 5321 section 6.3); nobody has to read it
 * each time. */
static bool is_looping(const struct incoming *in)
{
	if (in->mail.received <= RECEIVED_MAX)
		return false;
	in->session->gateway->loops++;
	log_warning("email",
		"[%s] UID %u is not shown: %u servers passed it "
		"on, it is in a loop; %lu such mails so far",
		in->session->session->id, in->uid, in->mail.received,
		in->session->gateway->loops);
	return true;
}

/* Of somebody whom the user blocked: wherever it belongs. */
static bool is_hidden(const struct incoming *in)
{
	struct block *b = in->session->block;

	if (!block_has(b, in->mail.from.address))
		return false;
	block_dispose(b, in->uid);
	return true;
}

/* Some providers give a mail another Message-ID on its way; answers are to
 * that one. */
static void remember_alias(struct incoming *in, struct memory_mail *self)
{
	struct str data = { .max = 128 * KIB };
	char name[MEMORY_NAME_SIZE];

	self->message_id = in->mail.message_id;
	memory_mail_encode(&data, self);
	text_format(name, sizeof(name), "m/%s", in->id);
	const struct gw_kept item = { name, data.data, data.len, MEMORY_DAYS };

	memory_keep(in->session->memory, &item, 1, NULL, NULL);
	str_finish(&data);
}

static void go_on(struct incoming *in)
{
	if (!in->is_sent && report_is_one(&in->mail) && !in->is_old)
		recall_mail(in, in->mail.report.message_id, on_reported);
	else
		find_parent(in);
}

static void on_original(const char *name, struct slice data, bool ok, void *arg)
{
	struct incoming *in = arg;
	struct memory_mail self;

	if (name != NULL) {
		in->is_ours =
			memory_mail_decode(data, &in->arena, &self) == 0 &&
			self.requests != NULL;
		if (in->is_ours)
			remember_alias(in, &self);
	} else if (!ok) {
		give_up(in);
	} else if (in->is_ours) {
		finish(in);
	} else {
		go_on(in);
	}
}

static void on_self(const char *name, struct slice data, bool ok, void *arg)
{
	struct incoming *in = arg;
	const struct mail *m = &in->mail;
	struct memory_mail self;

	if (name != NULL) {
		bool good = memory_mail_decode(data, &in->arena, &self) == 0;

		in->is_ours = good && self.is_own && self.requests != NULL;
		in->is_gathered = good && self.is_gathered;
		return;
	}
	/* What was sent from here comes back: by a list, or as a copy. */
	if (!ok)
		give_up(in);
	else if (in->is_ours || in->is_gathered ||
		 (!in->is_sent && (is_looping(in) || is_hidden(in))))
		finish(in);
	else if (in->is_sent && m->original_id != NULL &&
		 !text_equals(m->original_id, m->message_id) &&
		 m->message_id != NULL)
		recall_mail(in, m->original_id, on_original);
	else if (!in->is_sent && revision_is_one(&in->mail))
		in->revision = revision_start(in->session, &in->mail, in->id,
			time_of(in), revised, in);
	else
		go_on(in);
}

void incoming_set_old(struct incoming *in)
{
	in->is_old = true;
}

void incoming_start(struct incoming *in)
{
	char kept[MEMORY_NAME_SIZE];

	list_parents(in);
	text_format(kept, sizeof(kept), "m/%s", in->id);
	memory_recall_one(in->session->memory, kept, on_self, in);
}

/* --- Life ---------------------------------------------------------------- */

struct incoming *incoming_new(struct email_session *s, const struct frame *f,
	incoming_fn fn, void *arg)
{
	struct incoming *in = xalloc(sizeof(*in));

	in->session = s;
	in->fn = fn;
	in->arg = arg;
	in->is_sent = f->type == FRAME_SENT;
	in->uid = (uint32_t)f->numbers[0];
	in->flags = (unsigned)f->numbers[2];
	in->internal_ms = (int64_t)f->numbers[3];
	arena_init(&in->arena, ARENA_MAX);
	str_init(&in->news, 16 * KIB);
	str_init(&in->audience, 32 * KIB);
	if (mail_decode(f->texts[0], &in->arena, &in->mail) != 0) {
		incoming_free(&in);
		return NULL;
	}
	memory_id(in->mail.message_id != NULL ? in->mail.message_id
					      : in->mail.key,
		in->id);
	return in;
}

void incoming_free(struct incoming **slot)
{
	struct incoming *in = *slot;

	if (in == NULL)
		return;
	*slot = NULL;
	memory_forget_calls(in->session->memory, in);
	group_forget_calls(in->session, in);
	files_stop(&in->files);
	revision_cancel(&in->revision);
	arena_finish(&in->arena);
	str_finish(&in->news);
	str_finish(&in->audience);
	xfree(in);
}

uint32_t incoming_uid(const struct incoming *in)
{
	return in->uid;
}

const char *incoming_id(const struct incoming *in)
{
	return in->id;
}
