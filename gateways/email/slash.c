#include "email/slash.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"
#include "email/group.h"
#include "email/inbox.h"
#include "email/names.h"
#include "email/outbox.h"
#include "email_wire/address.h"
#include "net/http_client.h"

#define INBOX     "INBOX"
#define FOUND_MAX 10

/* One line that is being worked on. */
struct errand {
	struct list link; /* session->errands */
	struct email_session *session;
	gw_request request;
	const struct row *row;
	char *name; /* of the person or room */
	char *args;
	struct arena arena;
	struct memory_talk talk;
	struct memory_mail mail;
	bool has_talk, has_mail;
	struct mail_request *ask;
	struct http_call *call;
	struct str text; /* of the answer */
	char uids[FOUND_MAX * 12];
	struct slice left; /* of them */
};

struct row {
	const char *name, *help;
	/* What it needs: the last mail that came in this chat, the talk. */
	enum need { NEED_NOTHING, NEED_TALK, NEED_MAIL } need;
	void (*run)(struct errand *e);
};

/* --- Ends ---------------------------------------------------------------- */

static void errand_free(struct errand *e)
{
	list_remove(&e->link);
	memory_forget_calls(e->session->memory, e);
	group_forget_calls(e->session, e);
	mail_request_cancel(&e->ask);
	http_client_cancel(&e->call);
	arena_finish(&e->arena);
	str_finish(&e->text);
	xfree(e->name);
	xfree(e->args);
	xfree(e);
}

static void done(struct errand *e, const char *text)
{
	gw_done(e->session->session, e->request, text);
	errand_free(e);
}

static void fail(struct errand *e, enum gw_reason reason, const char *text)
{
	gw_fail(e->session->session, e->request, reason, text);
	errand_free(e);
}

static void fail_link(struct errand *e, const struct frame *f)
{
	char text[400];

	text_format(text, sizeof(text), "The mail server said: %.*s",
		(int)(f->texts[0].len < 300 ? f->texts[0].len : 300),
		f->texts[0].data);
	fail(e, GW_NOT_ALLOWED,
		f->texts[0].len > 0 ? text
				    : "The mail server did not do it. Try "
				      "again later.");
}

static bool is_online(struct errand *e)
{
	if (e->session->state == EMAIL_ONLINE)
		return true;
	fail(e, GW_UNREACHABLE,
		"The mailbox cannot be reached now. Try again later.");
	return false;
}

static void ask(struct errand *e, const struct frame *f, mail_fn fn)
{
	e->ask = mail_link_ask(e->session->imap, f, slice_make(NULL, 0), fn, e);
}

/* --- /full --------------------------------------------------------------- */

static void on_text(const struct frame *f, void *arg)
{
	struct errand *e = arg;

	if (f->type == FRAME_DATA) {
		str_add_slice(&e->text, f->texts[0]);
		mail_request_used(e->ask, f->texts[0].len);
		return;
	}
	if (f->type != FRAME_DONE)
		return;
	e->ask = NULL;
	if (f->numbers[0] != LINK_OK)
		fail_link(e, f);
	else
		done(e, e->text.len > 0 ? str_text(&e->text)
					: "There is no text in it.");
}

static void full(struct errand *e)
{
	const struct frame f = {
		.type = FRAME_FETCH,
		.numbers = { e->mail.uid, FETCH_TEXT },
		.texts = { slice_of(INBOX) },
		.fd = -1,
	};

	if (is_online(e))
		ask(e, &f, on_text);
}

/* --- Moving -------------------------------------------------------------- */

static void on_moved(const struct frame *f, void *arg)
{
	struct errand *e = arg;

	if (f->type != FRAME_DONE)
		return;
	e->ask = NULL;
	if (f->numbers[0] != LINK_OK)
		fail_link(e, f);
	else
		done(e, str_text(&e->text));
}

static void move_to(struct errand *e, const char *folder)
{
	char uid[16];

	if (!is_online(e))
		return;
	text_format(uid, sizeof(uid), "%u", e->mail.uid);
	const struct frame f = {
		.type = FRAME_MOVE,
		.texts = { slice_of(uid), slice_of(folder) },
		.fd = -1,
	};

	str_addf(&e->text, "Moved to %s: %s", folder,
		e->mail.subject != NULL ? e->mail.subject : "the last mail");
	ask(e, &f, on_moved);
}

static void move_to_role(struct errand *e, enum folder_role role)
{
	const char *folder = folders_get(&e->session->folders, role);

	if (folder != NULL)
		move_to(e, folder);
	else
		fail(e, GW_NO_SUCH, "Your mailbox has no folder for that.");
}

static void delete_mail(struct errand *e)
{
	move_to_role(e, FOLDER_TRASH);
}

static void junk(struct errand *e)
{
	move_to_role(e, FOLDER_JUNK);
}

static void archive(struct errand *e)
{
	move_to_role(e, FOLDER_ARCHIVE);
}

static void move(struct errand *e)
{
	char folder[512];

	if (folders_find(&e->session->folders, e->args, folder, sizeof(folder)))
		move_to(e, folder);
	else
		fail(e, GW_NO_SUCH,
			"There is no such folder. Write its whole name, as in "
			"/move Work/Done.");
}

/* --- /unsubscribe -------------------------------------------------------- */

static void show_page(struct errand *e)
{
	str_addf(&e->text, "Open this page to unsubscribe: %s",
		e->talk.unsubscribe_url);
	done(e, str_text(&e->text));
}

static void on_answer(const struct http_answer *a, void *arg)
{
	struct errand *e = arg;

	e->call = NULL;
	if (a->error == HTTP_OK && a->status >= 200 && a->status < 300)
		done(e, "You are unsubscribed.");
	else
		show_page(e);
}

static void one_click(struct errand *e)
{
	static const char *const headers[] = {
		"Content-Type: application/x-www-form-urlencoded", NULL
	};
	const struct http_order order = {
		.url = e->talk.unsubscribe_url,
		.method = "POST",
		.headers = headers,
		.body = slice_of("List-Unsubscribe=One-Click"),
		.done = on_answer,
		.arg = e,
	};

	e->call = http_client_start(e->session->gateway->gw->env->http, &order);
}

/* RFC 2369 section 3.2: "mailto:x@y?subject=z". */
static void unsubscribe_by_mail(struct errand *e)
{
	static const char mark[] = "subject=";
	const char *uri = e->talk.unsubscribe_mail;
	char address[ADDRESS_MAX + 1], subject[200] = "unsubscribe";

	if (strncasecmp(uri, "mailto:", 7) == 0)
		uri += 7;
	const char *query = strchr(uri, '?');
	const char *named = query != NULL ? strstr(query, mark) : NULL;

	if (named != NULL)
		text_format(subject, sizeof(subject), "%.*s",
			(int)strcspn(named + strlen(mark), "&%"),
			named + strlen(mark));
	if (address_normalize(slice_make(uri, strcspn(uri, "?")), address,
		    sizeof(address)) != 0) {
		fail(e, GW_UNSUPPORTED,
			"The last mail here does not say how to unsubscribe.");
		return;
	}
	email_outbox_write(e->session->outbox, address, subject, "unsubscribe");
	str_addf(&e->text, "A mail that unsubscribes you goes to %s.", address);
	done(e, str_text(&e->text));
}

static void unsubscribe(struct errand *e)
{
	if (e->talk.unsubscribe_url != NULL && e->talk.one_click) {
		one_click(e);
	} else if (e->talk.unsubscribe_url != NULL) {
		show_page(e);
	} else if (e->talk.unsubscribe_mail != NULL) {
		unsubscribe_by_mail(e);
	} else {
		fail(e, GW_UNSUPPORTED,
			"The last mail here does not say how to unsubscribe.");
	}
}

/* --- /search ------------------------------------------------------------- */

static void next_found(struct errand *e);

static void on_summary(const struct frame *f, void *arg)
{
	struct errand *e = arg;
	struct mail m;
	char stamp[CLOCK_STAMP_SIZE];

	if (f->type == FRAME_DATA) {
		arena_reset(&e->arena);
		if (mail_decode(f->texts[0], &e->arena, &m) == 0) {
			clock_format(stamp, m.date_ms);
			str_addf(&e->text, "%s%.10s %s: %s",
				e->text.len > 0 ? "\n" : "", stamp,
				m.from.name != NULL ? m.from.name
						    : m.from.address,
				m.subject != NULL ? m.subject : "");
		}
		mail_request_used(e->ask, f->texts[0].len);
		return;
	}
	if (f->type != FRAME_DONE)
		return;
	e->ask = NULL;
	if (f->numbers[0] == LINK_LOST || f->numbers[0] == LINK_CRASHED)
		fail_link(e, f);
	else
		next_found(e);
}

static void next_found(struct errand *e)
{
	struct slice word = slice_cut(&e->left, ' ');
	uint32_t uid = 0;

	if (word.len == 0) {
		done(e, e->text.len > 0 ? str_text(&e->text)
					: "Nothing was found.");
		return;
	}
	for (size_t i = 0; i < word.len; i++)
		uid = uid * 10 + (uint32_t)(word.data[i] - '0');
	const struct frame f = {
		.type = FRAME_FETCH,
		.numbers = { uid, FETCH_SUMMARY },
		.texts = { slice_of(INBOX) },
		.fd = -1,
	};

	if (is_online(e))
		ask(e, &f, on_summary);
}

static void on_found(const struct frame *f, void *arg)
{
	struct errand *e = arg;

	if (f->type != FRAME_DONE)
		return;
	e->ask = NULL;
	if (f->numbers[0] != LINK_OK) {
		fail_link(e, f);
		return;
	}
	text_format(e->uids, sizeof(e->uids), "%.*s", (int)f->texts[1].len,
		f->texts[1].data);
	e->left = slice_of(e->uids);
	next_found(e);
}

static void search(struct errand *e)
{
	char keys[1200];

	if (e->args[0] == '\0') {
		fail(e, GW_NOT_ACCEPTABLE,
			"Say what to look for, as in /search invoice.");
		return;
	}
	if (!is_online(e))
		return;
	text_format(keys, sizeof(keys), "TEXT\n%s\n", e->args);
	const struct frame f = {
		.type = FRAME_SEARCH,
		.numbers = { FOUND_MAX, 0 },
		.texts = { slice_of(INBOX), slice_of(keys) },
		.fd = -1,
	};

	ask(e, &f, on_found);
}

/* --- Of rooms ------------------------------------------------------------ */

static void on_who(struct group *g, void *arg)
{
	struct errand *e = arg;

	if (g == NULL) {
		fail(e, GW_NO_SUCH, "This is not a group.");
		return;
	}
	if (g->post != NULL)
		str_addf(&e->text, "The list is %s.", g->post);
	for (size_t i = 0; i < g->count; i++)
		str_addf(&e->text, "%s%s <%s>", e->text.len > 0 ? "\n" : "",
			g->members[i].nick, g->members[i].address);
	done(e, e->text.len > 0 ? str_text(&e->text) : "Nobody but you.");
}

static void who(struct errand *e)
{
	group_find(e->session, e->name, on_who, e);
}

/* --- The table ----------------------------------------------------------- */

static void help(struct errand *e);

static const struct row rows[] = {
	{ "full", "the last mail with all that was left out", NEED_MAIL, full },
	{ "delete", "move the last mail to the trash", NEED_MAIL, delete_mail },
	{ "archive", "move the last mail to the archive", NEED_MAIL, archive },
	{ "junk", "report the last mail as spam", NEED_MAIL, junk },
	{ "move", "move the last mail: /move Folder", NEED_MAIL, move },
	{ "unsubscribe", "from this list or newsletter", NEED_TALK,
		unsubscribe },
	{ "search", "in the whole inbox: /search words", NEED_NOTHING, search },
	{ "who", "whom a message in this room reaches", NEED_NOTHING, who },
	{ "help", "this", NEED_NOTHING, help },
};

static void help(struct errand *e)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		str_addf(&e->text, "%s/%s - %s", i > 0 ? "\n" : "",
			rows[i].name, rows[i].help);
	done(e, str_text(&e->text));
}

/* --- What it needs ------------------------------------------------------- */

static void on_mail(const char *name, struct slice data, bool ok, void *arg)
{
	struct errand *e = arg;

	if (name != NULL)
		e->has_mail =
			memory_mail_decode(data, &e->arena, &e->mail) == 0;
	else if (!ok)
		fail(e, GW_BUSY, "The gateway's storage does not work now.");
	else if (!e->has_mail || e->mail.uid == 0 ||
		 e->mail.uidvalidity !=
			 email_inbox_uidvalidity(e->session->inbox))
		fail(e, GW_NO_SUCH, "That mail is not in the inbox any more.");
	else
		e->row->run(e);
}

static void on_talk(const char *name, struct slice data, bool ok, void *arg)
{
	struct errand *e = arg;
	char kept[MEMORY_NAME_SIZE];

	if (name != NULL) {
		e->has_talk =
			memory_talk_decode(data, &e->arena, &e->talk) == 0;
		return;
	}
	if (!ok) {
		fail(e, GW_BUSY, "The gateway's storage does not work now.");
	} else if (!e->has_talk || e->talk.last_in == NULL) {
		fail(e, GW_NO_SUCH, "No mail has come here yet.");
	} else if (e->row->need == NEED_TALK) {
		e->row->run(e);
	} else {
		text_format(kept, sizeof(kept), "m/%s", e->talk.last_in);
		memory_recall_one(e->session->memory, kept, on_mail, e);
	}
}

static const struct row *find(struct slice name)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (slice_equals_nocase(name, rows[i].name))
			return &rows[i];
	return NULL;
}

static char *copy(struct slice s)
{
	char *text = xalloc(s.len + 1);

	if (s.len > 0)
		memcpy(text, s.data, s.len);
	return text;
}

void email_slash(struct gw_session *gw, gw_request request,
	struct gw_room *room, const char *person, const char *line)
{
	struct slice rest = slice_of(line);
	struct slice name = slice_cut(&rest, ' ');
	const struct row *row = find(name);
	char kept[MEMORY_NAME_SIZE], hash[MEMORY_ID_SIZE];

	if (row == NULL || (room == NULL && person == NULL)) {
		gw_fail(gw, request, GW_NOT_ACCEPTABLE,
			"There is no such command. Send /help to see those "
			"there are; a text that begins with a slash begins "
			"with two.");
		return;
	}
	struct errand *e = xalloc(sizeof(*e));

	e->session = email_session_of(gw);
	e->request = request;
	e->row = row;
	e->name = xstrdup(room != NULL ? room->name : person);
	e->args = copy(slice_trim(rest));
	arena_init(&e->arena, 256 * KIB);
	str_init(&e->text, MIB);
	list_append(&e->session->errands, &e->link);
	if (row->need == NEED_NOTHING) {
		row->run(e);
		return;
	}
	memory_id(e->name, hash);
	text_format(kept, sizeof(kept), "c/%s", hash);
	memory_recall_one(e->session->memory, kept, on_talk, e);
}

void slash_stop_all(struct email_session *s)
{
	while (!list_is_empty(&s->errands))
		errand_free(CONTAINER(s->errands.next, struct errand, link));
}
