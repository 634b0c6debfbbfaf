#include "host/export.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "host/account.h"
#include "host/contact.h"
#include "host/message.h"
#include "store/archive.h"
#include "xmpp/jid.h"

/* Bytes of one message to the user, and messages at a time: what servers and
 * clients take without complaint. */
#define PART_BYTES (32u * KIB)
#define PARTS_MAX  20u

/* The answer; of contacts and rooms what fits into so much of it, and at most
 * so many conversations are named in it. */
#define ANSWER_MAX (64u * KIB)
#define LINES_MAX  (24u * KIB)
#define NAMED_MAX  50u

/* A message longer than this is cut. */
#define TEXT_BYTES (16u * KIB)

/* Messages read from the store in one go. */
#define PAGE_MESSAGES 500u

/* A room or person, with what is read of it next. */
struct conversation {
	struct archive_channel_id channel;
	char *jid;
	bool is_chat;
};

/* One export, until the store has answered. */
struct export
{
	struct command_call *call;
	char *reader; /* bare JID */
	struct archive *archive;
	struct conversation *conversations;
	size_t count, index;
	char *only; /* JID of the one asked for, prepared; or NULL */
	int64_t since_ms;
	uint64_t after;     /* number of the last message read */
	bool has_head;      /* the present conversation was named */
	int64_t stopped_ms; /* the first message left out; 0: none was */
	size_t messages;
	unsigned parts;
	struct str part, answer;
};

/* --- What is asked for --------------------------------------------------- */

/* A day, or a day with a time (XEP-0082). */
static int read_time(const char *text, int64_t *ms_r)
{
	char whole[64];
	if (clock_parse(slice_of(text), ms_r) == 0)
		return 0;
	return text_format(whole, sizeof(whole), "%sT00:00:00Z", text)
		       ? clock_parse(slice_of(whole), ms_r)
		       : -1;
}

static const char *check_time(const char *text)
{
	int64_t ms;
	return read_time(text, &ms) == 0 ? NULL
					 : "This must look like 2026-01-31 or "
					   "2026-01-31T18:00:00Z.";
}

const struct gw_setting export_rows[] = {
	{ .name = "conversation",
		.label = "Messages of",
		.help = "Address of a room or a person; empty for all.",
		.type = GW_TEXT,
		.max = LIMIT_JID },
	{ .name = "since",
		.label = "Messages since",
		.help = "A day such as 2026-01-31, or a day and time such as "
			"2026-01-31T18:00:00Z; empty for all.",
		.type = GW_TEXT,
		.max = 40,
		.check = check_time },
	{ .name = NULL },
};

static bool read_jid(struct export *e, const char *text)
{
	struct arena arena;
	struct jid jid;
	arena_init(&arena, 16 * KIB);
	bool good = jid_parse(&jid, slice_of(text), &arena) == 0;
	if (good)
		e->only = xstrdup(jid.bare);
	arena_finish(&arena);
	return good;
}

/* --- Settings and contacts ----------------------------------------------- */

static void put_account(const struct account *a, struct str *text)
{
	const struct gw_setting *rows = account_ops(a)->settings;
	str_addf(text, "account %s\n", a->key);
	for (size_t i = 0; rows[i].name != NULL; i++) {
		const char *value = account_value(a, rows[i].name);
		if (value[0] == '\0')
			continue;
		if (rows[i].type == GW_SECRET)
			value = "(stored, not exported)";
		struct slice rest = slice_of(value);
		while (rest.data != NULL) {
			struct slice line = slice_cut(&rest, '\n');
			str_addf(text, "  %s = %.*s\n", rows[i].name,
				(int)line.len, line.data);
		}
	}
}

/* Send what was gathered. */
static void flush(struct export *e)
{
	struct gateway *g = e->call->user->gateway;
	if (e->part.len == 0)
		return;
	const struct command_call *call = e->call;
	message_answer(g, g->options->jid, call->from,
		call->by_chat ? call->user->thread : NULL, str_text(&e->part));
	str_reset(&e->part);
	e->parts++;
}

/* Lines go into the answer while they are few, and then before it. */
static void put_line(struct export *e, struct str *line)
{
	struct str *to =
		e->answer.len + line->len <= LINES_MAX ? &e->answer : &e->part;
	if (to == &e->part && e->part.len + line->len > PART_BYTES)
		flush(e);
	str_add_slice(to, str_slice(line));
	str_reset(line);
}

static void put_lists(struct export *e, const struct user *u)
{
	const char *domain = u->gateway->options->jid;
	struct str line = { .max = PART_BYTES };
	const struct contact *c;
	const struct room_choice *choice;
	size_t pos = 0;
	while ((c = map_next(&u->contacts, &pos)) != NULL) {
		str_addf(&line, "contact %s%s%s\n", c->local,
			c->local[0] != '\0' ? "@" : "", domain);
		put_line(e, &line);
	}
	pos = 0;
	while ((choice = map_next(&u->choices, &pos)) != NULL) {
		int len = (int)strcspn(choice->key, "\n");
		str_addf(&line, "room %.*s@%s %s = %s\n", len, choice->key,
			domain, choice->key + len + 1, choice->value);
		put_line(e, &line);
	}
	str_finish(&line);
}

static void put_user(struct export *e, const struct user *u)
{
	str_addf(&e->answer, "user %s\n", u->jid);
	list_for_each(it, &u->accounts) {
		const struct account *a = CONTAINER(it, struct account, link);
		if (a->registered)
			put_account(a, &e->answer);
	}
	put_lists(e, u);
	flush(e);
	if (e->parts > 0)
		str_addf(&e->answer,
			"More contacts and rooms were sent to you before "
			"this, in %u %s.\n",
			e->parts, e->parts == 1 ? "part" : "parts");
	e->parts = 0;
}

/* --- The end ------------------------------------------------------------- */

static void export_free(struct export *e)
{
	for (size_t i = 0; i < e->count; i++)
		xfree(e->conversations[i].jid);
	xfree(e->conversations);
	xfree(e->only);
	xfree(e->reader);
	str_finish(&e->part);
	str_finish(&e->answer);
	xfree(e);
}

static void fail(struct export *e, enum stanza_error error, const char *text)
{
	struct command_call *call = e->call;
	export_free(e);
	command_fail(call, error, text);
}

static void put_left_out(struct export *e)
{
	char stamp[CLOCK_STAMP_SIZE];
	size_t next = e->index;
	if (e->stopped_ms != 0) {
		clock_format(stamp, e->stopped_ms);
		str_addf(&e->answer, "\nNot sent: %s since %s",
			e->conversations[next++].jid, stamp);
	}
	for (size_t i = next; i < e->count && i < next + NAMED_MAX; i++)
		str_addf(&e->answer, "\nNot sent: %s", e->conversations[i].jid);
	if (e->count > next + NAMED_MAX)
		str_addf(&e->answer, "\nand %zu more",
			e->count - next - NAMED_MAX);
	str_add(&e->answer, "\nTo get them, export again with the address of "
			    "the conversation and the time. Rooms can also be "
			    "read by a client that knows archives (XEP-0313).");
}

static void finish(struct export *e)
{
	struct command_call *call = e->call;
	flush(e);
	if (e->messages == 0)
		str_add(&e->answer, "No archived messages were found.");
	else
		str_addf(&e->answer,
			"Archived messages sent to you: %zu, in %u %s. Times "
			"are UTC.",
			e->messages, e->parts,
			e->parts == 1 ? "part" : "parts");
	if (e->index < e->count)
		put_left_out(e);
	call->scratch = xstrdup(str_text(&e->answer));
	export_free(e);
	command_done(call, call->scratch);
}

/* --- Messages ------------------------------------------------------------ */

/* "2026-11-21 15:00:03 <nick> text"; further lines are indented. */
static const char *export_text(const struct archive_message *m)
{
	if (m->kind == ARCHIVE_TOMBSTONE)
		return "(withdrawn)";
	return m->kind == ARCHIVE_RETRACTION ? "(withdraws a message)"
					     : m->text;
}

static void put_message(struct str *line, const struct export *e,
	const struct archive_message *m)
{
	char stamp[CLOCK_STAMP_SIZE];
	struct slice text = slice_of(export_text(m));
	size_t all = text.len;
	clock_format(stamp, m->wall_ms);
	stamp[10] = ' ';
	stamp[19] = '\0';
	bool is_subject = m->kind == ARCHIVE_SUBJECT;
	str_addf(line, "%s %s%s%s ", stamp, is_subject ? "* " : "<",
		m->from[0] != '\0' ? m->from : e->reader,
		is_subject ? " set the subject:" : ">");
	if (text.len > TEXT_BYTES)
		text.len = utf8_prefix(text, TEXT_BYTES);
	struct slice rest = text;
	for (bool first = true; rest.data != NULL; first = false) {
		struct slice part = slice_cut(&rest, '\n');
		str_addf(line, "%s%.*s\n", first ? "" : "    ", (int)part.len,
			part.data);
	}
	if (text.len < all)
		str_addf(line, "    (%zu bytes more)\n", all - text.len);
}

/* False: enough was sent. */
static bool add_message(struct export *e, const struct archive_message *m)
{
	const struct conversation *c = &e->conversations[e->index];
	struct str line = { .max = 2 * TEXT_BYTES + PART_BYTES };
	if (!e->has_head)
		str_addf(&line, "\n# %s %s\n", c->is_chat ? "person" : "room",
			c->jid);
	put_message(&line, e, m);
	if (e->part.len > 0 && e->part.len + line.len > PART_BYTES)
		flush(e);
	bool fits = e->parts < PARTS_MAX;
	if (fits) {
		str_add_slice(&e->part, str_slice(&line));
		e->has_head = true;
		e->messages++;
		e->after = m->number;
	} else {
		e->stopped_ms = m->wall_ms;
	}
	str_finish(&line);
	return fits;
}

static void read_more(struct export *e);

static void got_page(int status, const struct archive_page *page, void *arg)
{
	struct export *e = arg;
	if (status != 0 || e->call->user == NULL) {
		fail(e, ERR_INTERNAL_SERVER_ERROR,
			"The archive could not be read. Try again later.");
		return;
	}
	for (size_t i = 0; i < page->count; i++)
		if (!add_message(e, &page->messages[i])) {
			finish(e);
			return;
		}
	/* `missing`: what was read last has expired meanwhile, and with it
	 * all before it. */
	if (page->complete && !page->missing)
		e->index++;
	if (page->complete) {
		e->has_head = page->missing;
		e->after = 0;
	}
	read_more(e);
}

static void read_more(struct export *e)
{
	if (e->index == e->count) {
		finish(e);
		return;
	}
	const struct conversation *c = &e->conversations[e->index];
	const struct archive_query q = { .channel = c->channel,
		.reader = c->is_chat ? NULL : e->reader,
		.start_ms = e->since_ms,
		.after = e->after,
		.max = PAGE_MESSAGES };
	archive_query(e->archive, &q, got_page, e);
}

static void add_conversation(
	struct export *e, const struct archive_source *source)
{
	const struct gateway *g = e->call->user->gateway;
	const char *network = e->call->network;
	struct conversation *c = &e->conversations[e->count];
	char jid[GATEWAY_JID_SIZE];
	struct str prepared = { .max = sizeof(jid) };
	if ((network != NULL && strcmp(network, source->account) != 0) ||
		!gateway_local(g, source->is_chat ? GW_PERSON : GW_ROOM,
			source->account, source->name, jid))
		return;
	/* As it is written in an address. */
	if (jid_prepare_local(&prepared, slice_of(jid)) != 0) {
		str_finish(&prepared);
		return;
	}
	str_addf(&prepared, "@%s", g->options->jid);
	if (e->only == NULL || strcmp(e->only, str_text(&prepared)) == 0) {
		c->channel = source->channel;
		c->is_chat = source->is_chat;
		c->jid = xstrdup(str_text(&prepared));
		e->count++;
	}
	str_finish(&prepared);
}

static void got_sources(int status, const struct archive_source *sources,
	size_t count, void *arg)
{
	struct export *e = arg;
	if (status != 0 || e->call->user == NULL) {
		fail(e, ERR_INTERNAL_SERVER_ERROR,
			"The archive could not be read. Try again later.");
		return;
	}
	e->conversations = xcalloc(count + 1, sizeof(e->conversations[0]));
	for (size_t i = 0; i < count; i++)
		add_conversation(e, &sources[i]);
	if (e->only != NULL && e->count == 0)
		fail(e, ERR_ITEM_NOT_FOUND,
			"Nothing is archived of that room or person.");
	else
		read_more(e);
}

void export_run(struct command_call *call, const struct settings_values *values)
{
	struct gateway *g = call->user->gateway;
	struct export *e = xalloc(sizeof(*e));
	const char *only = values->values[0], *since = values->values[1];
	e->call = call;
	e->reader = xstrdup(call->user->jid);
	e->archive = g->host->archive;
	str_init(&e->part, PART_BYTES + 4 * TEXT_BYTES);
	str_init(&e->answer, ANSWER_MAX);
	if (only != NULL && only[0] != '\0' && !read_jid(e, only)) {
		fail(e, ERR_NOT_ACCEPTABLE,
			"That is not the address of a room or a person. "
			"Send \"export\" to try again.");
		return;
	}
	if (since != NULL && since[0] != '\0')
		(void)read_time(since, &e->since_ms); /* was checked */
	put_user(e, call->user);
	archive_sources(e->archive, g->options->jid, e->reader, got_sources, e);
}
