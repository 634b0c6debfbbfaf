/*
 * What is said of a mail.
 */
#include "email/incoming_private.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"
#include "email/files.h"
#include "email/names.h"
#include "email/newsletter.h"
#include "email/peers.h"
#include "email/photos.h"
#include "email/reached.h"
#include "email/seen.h"
#include "email/words.h"
#include "email_wire/address.h"

/* A Date so far from when the mail came in is not believed. */
#define DATE_SLACK_MS 86400000LL

/* --- What is true of it -------------------------------------------------- */

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

int64_t incoming_time(const struct incoming *in)
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

/* Does the sender mean the one mail that it answers? Programs name the last one
 * without being told to; Delta Chat any, and quotes the one that is meant. */
static bool means_parent(const struct incoming *in)
{
	if (in->mail.is_chat)
		return in->mail.chat_quote != NULL;
	return !in->has_talk ||
	       !text_equals(in->talk.last_id, in->parent_mail.message_id);
}

/* Is the message an answer to another one? Of what he sent himself his clients
 * know no id that we know. */
static bool is_answer(const struct incoming *in)
{
	return in->has_parent && in->parent == 1 &&
	       (!in->is_own || in->in_room || !in->parent_mail.is_own) &&
	       means_parent(in);
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

/* NULL where it comes from a contact that collects the mails of several, too.
 */
static const char *nick_of_sender(const struct incoming *in)
{
	const struct mail_address *from = &in->mail.from;
	char name[ADDRESS_MAX + 1];

	if (in->is_own)
		return NULL;
	if (!email_person_name(from->address, name, sizeof(name)))
		return NULL;
	return text_equals(name, in->name) ? email_nick(from) : NULL;
}

/* What its text and its files have in common. */
static struct gw_message message_of(struct incoming *in)
{
	return (struct gw_message){
		.kind = GW_MESSAGE,
		.from = sender(in),
		.name = nick_of_sender(in),
		.wall_ms = incoming_time(in),
		.thread = in->thread,
		.durable = true,
		.quiet = is_quiet(in),
		.own = in->is_own,
		.to = in->is_own && !in->in_room ? in->name : NULL,
	};
}

/* --- Its text ------------------------------------------------------------ */

/* Is it a message of its sender that is to say who else has it? An audience is
 * too many. */
static bool has_reached(const struct incoming *in)
{
	return !in->in_room && in->people_more == 0;
}

static void keep_reached(struct incoming *in)
{
	if (has_reached(in) && in->people_count > 1)
		reached_keep(
			&in->audience, &in->mail, in->people, in->people_count);
}

/* Of a blind copy nobody is to know, so clients must not answer to all. */
static void list_reached(const struct incoming *in, struct reached *r)
{
	bool is_named = in->people_count > 1 && !in->is_blind;

	r->count = 0;
	if (has_reached(in))
		reached_list(r, &in->mail, is_named ? in->people : NULL,
			in->people_count);
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

static void put_words(struct incoming *in, bool is_new, struct str *text)
{
	const struct mail *m = &in->mail;

	if (is_newsletter(in))
		newsletter_words(text, m, true);
	else
		words_for_mail(text, m, is_new, !is_answer(in));
	if (!in->is_own)
		invitation_words(text, m, in->own, incoming_event(in));
	keep_reached(in);
	add_notes(in, text);
}

/* --- Its files ----------------------------------------------------------- */

static void on_file(const struct gw_file *file, const char *words,
	const char *network_id, void *arg)
{
	struct incoming *in = arg;
	struct gw_message message = message_of(in);

	if (in->in_room && room_of(in) == NULL) {
		in->is_incomplete = true;
		return;
	}
	message.text = words != NULL ? words : "";
	message.file = file;
	message.network_id = network_id;
	in->messages++;
	gw_message(in->session->session, room_of(in), &message);
}

static void all_over(void *arg)
{
	incoming_finish(arg);
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

/* --- Telling ------------------------------------------------------------- */

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
	if (!group_is_list(g) && in->mail.chat_group_name != NULL &&
		!in->is_stranger)
		group_name(g, in->mail.chat_group_name);
	if (subject == NULL || text_equals(subject, g->subject))
		return;
	xstrset(&g->subject, subject);
	group_keep(g);
	gw_room_subject(g->room, subject, sender(in), 0);
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
		.wall_ms = incoming_time(in),
		.thread = in->thread,
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

static void say(struct incoming *in, bool is_new, const char *text)
{
	const struct mail *m = &in->mail;
	struct gw_message message = message_of(in);
	struct reached reached;
	char parent[MEMORY_ID_SIZE];

	list_reached(in, &reached);
	message.text = text;
	message.network_id = in->id;
	message.subject = is_new ? m->subject : NULL;
	if (is_answer(in)) {
		memory_id(in->parent_mail.message_id, parent);
		message.reply_to = parent;
	}
	message.receivers = reached.list;
	message.receiver_count = reached.count;
	tell_room(in);
	in->messages++;
	gw_message(in->session->session, room_of(in), &message);
	if (in->is_removed && in->in_room && !in->is_stranger)
		group_empty(in->group);
	if (!in->is_own && (in->flags & FLAG_SEEN) == 0)
		seen_shown(in->session->seen, in->name, in->uid);
}

void incoming_tell(struct incoming *in)
{
	const struct mail *m = &in->mail;
	struct str text = { .max = 2 * MIB };

	if (in->in_room && room_of(in) == NULL) {
		/* The link broke meanwhile. */
		incoming_enter_room(in);
		return;
	}
	bool is_new = !in->has_talk ||
		      !text_equals(in->talk.subject, m->base_subject);
	bool is_unseen = in->is_own && !in->in_room &&
			 !gw_shows_own(in->session->session);

	in->thread = thread_of(in);
	put_words(in, is_new, &text);
	incoming_remember(in);
	note_program(in);
	say(in, is_new, str_text(&text));
	if (is_unseen)
		own_note(in, str_text(&text));
	str_finish(&text);
	if (m->part_count > 0 && !is_unseen)
		hand_over_files(in);
	else
		incoming_finish(in);
}
