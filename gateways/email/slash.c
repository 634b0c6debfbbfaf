#include "email/slash.h"

#include <stdlib.h>

#include "base/str.h"
#include "email/errand.h"
#include "email/inbox.h"

struct row {
	const char *name, *help;
	/* What it needs: the last mail that came in this chat, the talk. */
	enum need { NEED_NOTHING, NEED_TALK, NEED_MAIL } need;
	void (*run)(struct errand *e);
};

/* --- The table ----------------------------------------------------------- */

static void help(struct errand *e);

static const struct row rows[] = {
	{ "full", "the last mail with all that was left out", NEED_MAIL,
		slash_full },
	{ "fetch", "files of the last mail that were not sent: /fetch 1",
		NEED_MAIL, slash_fetch },
	{ "delete", "move the last mail to the trash", NEED_MAIL,
		slash_delete },
	{ "archive", "move the last mail to the archive", NEED_MAIL,
		slash_archive },
	{ "junk", "report the last mail as spam", NEED_MAIL, slash_junk },
	{ "move", "move the last mail: /move Folder", NEED_MAIL, slash_move },
	{ "accept", "the last invitation: /accept, or /accept with a comment",
		NEED_TALK, slash_accept },
	{ "tentative", "perhaps you come", NEED_TALK, slash_tentative },
	{ "decline", "you do not come", NEED_TALK, slash_decline },
	{ "block", "mails of this person are not shown any more", NEED_NOTHING,
		slash_block },
	{ "unblock", "they are again", NEED_NOTHING, slash_unblock },
	{ "blocked", "whose mails are not shown", NEED_NOTHING, slash_blocked },
	{ "spam", "the newest mails in the Junk folder", NEED_NOTHING,
		slash_spam },
	{ "notspam", "one of them is none: /notspam 1", NEED_NOTHING,
		slash_notspam },
	{ "unsubscribe", "from this list or newsletter", NEED_TALK,
		slash_unsubscribe },
	{ "contact", "show mails of this sender as his own: /contact address",
		NEED_NOTHING, slash_contact },
	{ "newsletter", "put this sender with the newsletters", NEED_NOTHING,
		slash_newsletter },
	{ "search", "in the whole inbox: /search words", NEED_NOTHING,
		slash_search },
	{ "all", "answer the last mail to all who got it: /all text", NEED_TALK,
		slash_all },
	{ "replyto", "answer where the last mail asks for it: /replyto text",
		NEED_TALK, slash_replyto },
	{ "who", "whom a message in this room (or /all) reaches", NEED_NOTHING,
		slash_who },
	{ "add", "to this room: /add alice@example.net", NEED_NOTHING,
		slash_add },
	{ "drop", "from this room: /drop alice@example.net", NEED_NOTHING,
		slash_drop },
	{ "receipts", "who asks is told that you read a mail: on, off",
		NEED_NOTHING, slash_receipts },
	{ "help", "this", NEED_NOTHING, help },
};

static void help(struct errand *e)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		str_addf(&e->text, "%s/%s - %s", i > 0 ? "\n" : "",
			rows[i].name, rows[i].help);
	errand_done(e, str_text(&e->text));
}

/* --- What it needs ------------------------------------------------------- */

/* It was moved: what its UID is there only the server knows. */
static void on_place(const struct frame *f, void *arg)
{
	struct errand *e = arg;
	char text[700];

	if (f->type != FRAME_DONE)
		return;
	e->ask = NULL;
	text_format(text, sizeof(text), "%.*s", (int)f->texts[1].len,
		f->texts[1].data);
	e->mail.uid = (uint32_t)strtoul(text, NULL, 10);
	if (f->numbers[0] == LINK_OK && e->mail.uid != 0) {
		e->row->run(e);
		return;
	}
	text_format(text, sizeof(text),
		"You moved that mail to %s, and it is not found there.",
		e->mail.folder);
	errand_fail(e, GW_NO_SUCH, text);
}

static void find_moved(struct errand *e)
{
	char keys[1100];

	if (!errand_is_online(e))
		return;
	if (e->mail.message_id[0] == '\0' ||
		!text_format(keys, sizeof(keys), "MESSAGE-ID\n<%s>\n",
			e->mail.message_id)) {
		text_format(keys, sizeof(keys),
			"You moved that mail to %s, where it cannot be found "
			"again: it has no Message-ID.",
			e->mail.folder);
		errand_fail(e, GW_NO_SUCH, keys);
		return;
	}
	const struct frame f = {
		.type = FRAME_SEARCH,
		.numbers = { 1, 0 },
		.texts = { slice_of(e->mail.folder), slice_of(keys) },
		.fd = -1,
	};

	errand_ask(e, &f, on_place);
}

static void on_mail(const char *name, struct slice data, bool ok, void *arg)
{
	struct errand *e = arg;

	if (name != NULL)
		e->has_mail =
			memory_mail_decode(data, &e->arena, &e->mail) == 0;
	else if (!ok)
		errand_fail(e, GW_BUSY, MEMORY_RETRY);
	else if (e->has_mail && e->mail.folder != NULL)
		find_moved(e);
	else if (!e->has_mail || e->mail.uid == 0 ||
		 e->mail.uidvalidity !=
			 email_inbox_uidvalidity(e->session->inbox))
		errand_fail(e, GW_NO_SUCH,
			"That mail is not in the inbox any more.");
	else
		e->row->run(e);
}

static void on_talk(const char *name, struct slice data, bool ok, void *arg)
{
	struct errand *e = arg;

	if (name != NULL) {
		e->has_talk =
			memory_talk_decode(data, &e->arena, &e->talk) == 0;
		return;
	}
	if (!ok) {
		errand_fail(e, GW_BUSY, MEMORY_RETRY);
	} else if (!e->has_talk || e->talk.last_in == NULL) {
		errand_fail(e, GW_NO_SUCH, "No mail has come here yet.");
	} else if (e->row->need == NEED_TALK) {
		e->row->run(e);
	} else {
		memory_recall_mail(
			e->session->memory, e->talk.last_in, on_mail, e);
	}
}

static const struct row *find(struct slice name)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (slice_equals_nocase(name, rows[i].name))
			return &rows[i];
	return NULL;
}

void email_slash(struct gw_session *gw, gw_request request,
	struct gw_room *room, const char *person, const char *line)
{
	struct slice rest = slice_of(line);
	struct slice name = slice_cut(&rest, ' ');
	const struct row *row = find(name);

	if (row == NULL || (room == NULL && person == NULL)) {
		gw_fail(gw, request, GW_NOT_ACCEPTABLE,
			"There is no such command. Send /help to see those "
			"there are; a text that begins with a slash begins "
			"with two.");
		return;
	}
	struct errand *e = errand_new(email_session_of(gw), request,
		room != NULL ? room->name : person, slice_trim(rest));

	e->row = row;
	e->in_room = room != NULL;
	if (row->need == NEED_NOTHING) {
		row->run(e);
		return;
	}
	memory_recall_talk(e->session->memory, e->name, on_talk, e);
}

void slash_imap_lost(struct email_session *s)
{
	list_for_each_safe(it, &s->errands) {
		struct errand *e = CONTAINER(it, struct errand, link);

		if (e->ask != NULL)
			errand_fail(e, GW_LOST,
				"The connection to your mailbox broke. Try "
				"again.");
	}
}

void slash_stop_all(struct email_session *s)
{
	while (!list_is_empty(&s->errands)) {
		struct errand *e =
			CONTAINER(s->errands.next, struct errand, link);

		slash_fetch_stops(e);
		errand_free(e);
	}
}
