/*
 * What the daemon asks of a mailbox, one handler a frame. Own commands: the
 * daemon's words are checked here, and go out quoted or as literals.
 */
#include <string.h>
#include <time.h>

#include "email_worker/imap.h"
#include "email_worker/imap_utf7.h"
#include "email_worker/mime.h"

#define COMMAND_MAX 16384

/* As much of a mail as is held for one of its parts. */
#define MAIL_MAX ((size_t)30 * 1024 * 1024)

/* An APPEND, whatever its size; each piece of it has a minute. */
#define APPEND_MS 60000

/* UIDs of a SEARCH. */
#define UIDS_MAX 1000

/* --- Words --------------------------------------------------------------- */

static int add_folder(struct str *out, struct slice folder)
{
	struct str name;
	int result = -1;

	str_init(&name, COMMAND_MAX / 4);
	if (folder.len > 0 && imap_utf7_encode(&name, folder) == 0)
		result = imap_add_quoted(out, str_slice(&name));
	str_finish(&name);
	return result;
}

static int add_uids(struct str *out, struct slice set)
{
	for (size_t i = 0; i < set.len; i++) {
		if (strchr("0123456789,:*", set.data[i]) == NULL ||
			set.data[i] == '\0')
			return -1;
	}
	str_add_slice(out, set);
	return set.len > 0 && !out->overflow ? 0 : -1;
}

static const char *const flag_names[] = { "\\Seen", "\\Answered", "\\Flagged",
	"\\Deleted", "\\Draft", "$Junk", "$NotJunk", "$MDNSent" };

static void add_flags(struct str *out, uint64_t flags)
{
	bool is_first = true;

	str_add_char(out, '(');
	for (size_t i = 0; i < COUNT(flag_names); i++) {
		if ((flags & (uint64_t)1 << i) == 0)
			continue;
		str_addf(out, "%s%s", is_first ? "" : " ", flag_names[i]);
		is_first = false;
	}
	str_add_char(out, ')');
}

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static void split_date(uint64_t ms, struct tm *tm)
{
	time_t seconds = (time_t)(ms / 1000);

	if (gmtime_r(&seconds, tm) == NULL)
		*tm = (struct tm){ .tm_mday = 1, .tm_year = 70 };
}

/* --- Answers ------------------------------------------------------------- */

static const struct {
	enum link_error error;
	const char *words;
} phrases[] = {
	{ LINK_NO_SUCH, "there is no such folder or mail" },
	{ LINK_BAD, "this can't be asked of the mail server" },
};

/* -1 when the link is over. */
static int done(struct imap *m, struct request *r, enum link_error error,
	uint64_t number, struct slice result)
{
	const char *words = str_text(&m->words);

	for (size_t i = 0; i < COUNT(phrases) && words[0] == '\0'; i++) {
		if (phrases[i].error == error)
			words = phrases[i].words;
	}
	if (stream_error(m->stream) != LINK_OK)
		return imap_fail(m, stream_error(m->stream),
			"The connection to the mail server ended");
	request_done(&r, error, number, words, result);
	return 0;
}

static int just_done(struct imap *m, struct request *r, enum link_error error)
{
	return done(m, r, error, 0, slice_of(NULL));
}

/* Requests without a folder are about the one that is watched. */
static enum link_error select_for(struct imap *m, struct slice folder)
{
	str_reset(&m->words);
	if (folder.len > 0)
		return imap_select(m, folder.data);
	if (m->watched != NULL)
		return imap_select(m, m->watched);
	return m->selected != NULL ? LINK_OK : LINK_BAD;
}

/* --- FETCH --------------------------------------------------------------- */

/* The mail as it is, slice by slice. */
static enum link_error send_whole(
	struct imap *m, struct request *r, uint32_t uid)
{
	struct str slice;
	enum link_error error;
	uint32_t offset = 0;
	size_t len;

	str_init(&slice, 2 * IMAP_SLICE);
	do {
		str_reset(&slice);
		error = imap_fetch_slice(m, uid, offset, &slice);
		if (error == LINK_NO_SUCH && offset > 0)
			error = LINK_OK;
		len = slice.len;
		offset += (uint32_t)len;
		if (error == LINK_OK &&
			request_write(r, str_slice(&slice),
				len == IMAP_SLICE ? FRAME_LEFT_UNKNOWN : 0) !=
				0)
			error = LINK_BAD;
	} while (error == LINK_OK && len == IMAP_SLICE);
	str_finish(&slice);
	return error;
}

static int write_part(void *context, struct slice bytes)
{
	return request_write(context, bytes, FRAME_LEFT_UNKNOWN);
}

/* The whole of it in memory. */
static enum link_error hold_mail(struct imap *m, uint32_t uid, struct str *out)
{
	enum link_error error;
	size_t before;

	do {
		before = out->len;
		error = imap_fetch_slice(m, uid, (uint32_t)before, out);
	} while (error == LINK_OK && out->len - before == IMAP_SLICE &&
		 !out->overflow);
	return error == LINK_NO_SUCH && before > 0 ? LINK_OK : error;
}

static int write_text(struct request *r, struct mail *mail)
{
	return request_write(r, slice_of(mail->text), 0);
}

static int write_summary(struct request *r, struct mail *mail)
{
	struct str record;
	int result;

	mail->text = "";
	mail->part_count = 0;
	str_init(&record, FRAME_MAX / 2);
	mail_encode(&record, mail);
	result = request_write(r, str_slice(&record), 0);
	str_finish(&record);
	return result;
}

/* What was read of it, as FETCH_TEXT or FETCH_SUMMARY. */
static enum link_error send_read(struct imap *m, struct request *r,
	struct slice bytes, int (*write)(struct request *r, struct mail *mail))
{
	struct mail_read_context context = { .full = true };
	enum link_error error = LINK_NO_SUCH;
	struct arena arena;
	struct mail mail;

	if (m->link->authserv_id[0] != '\0')
		context.authserv_id = m->link->authserv_id;
	arena_init(&arena, MAIL_ARENA_MAX);
	if (mail_read(bytes, &context, &arena, &mail) == 0)
		error = write(r, &mail) == 0 ? LINK_OK : LINK_BAD;
	arena_finish(&arena);
	return error;
}

/* All its headers are in the first slice, or too long anyway. */
static enum link_error send_summary(
	struct imap *m, struct request *r, uint32_t uid)
{
	struct str slice;
	enum link_error error;

	str_init(&slice, 2 * IMAP_SLICE);
	link_blame(m->link, r->id, uid);
	error = imap_fetch_slice(m, uid, 0, &slice);
	if (error == LINK_OK)
		error = send_read(m, r, str_slice(&slice), write_summary);
	str_finish(&slice);
	return error;
}
static enum link_error send_part(
	struct imap *m, struct request *r, uint32_t uid, uint32_t part)
{
	struct mail_sink sink = { write_part, r };
	struct str bytes;
	enum link_error error;

	str_init(&bytes, MAIL_MAX);
	worker_take_bulk(r->worker, MAIL_MAX);
	link_blame(m->link, r->id, uid);
	error = hold_mail(m, uid, &bytes);
	if (error == LINK_OK && part == FETCH_TEXT)
		error = send_read(m, r, str_slice(&bytes), write_text);
	else if (error == LINK_OK &&
		 (mail_read_part(str_slice(&bytes), part, &sink) != 0 ||
			 request_write(r, slice_of(""), 0) != 0))
		error = LINK_NO_SUCH;
	worker_give_bulk(r->worker, MAIL_MAX);
	str_finish(&bytes);
	return error;
}

static int on_fetch(struct imap *m, struct request *r)
{
	uint64_t uid = r->frame.numbers[0], part = r->frame.numbers[1];
	enum link_error error = select_for(m, r->frame.texts[0]);

	if (uid == 0 || uid > UINT32_MAX || part > UINT32_MAX)
		error = LINK_BAD;
	if (error == LINK_OK && part == 0)
		error = send_whole(m, r, (uint32_t)uid);
	else if (error == LINK_OK && part == FETCH_SUMMARY)
		error = send_summary(m, r, (uint32_t)uid);
	else if (error == LINK_OK)
		error = send_part(m, r, (uint32_t)uid, (uint32_t)part);
	return just_done(m, r, error);
}

/* --- STORE, MOVE --------------------------------------------------------- */

static enum link_error store(
	struct imap *m, struct slice uids, bool is_add, uint64_t flags)
{
	struct str command;
	enum link_error error = LINK_BAD;

	m->is_count_due = true;
	str_init(&command, COMMAND_MAX);
	str_add(&command, "UID STORE ");
	if (add_uids(&command, uids) == 0) {
		str_addf(&command, " %cFLAGS.SILENT ", is_add ? '+' : '-');
		add_flags(&command, flags);
		error = imap_command(m, str_slice(&command));
	}
	str_finish(&command);
	return error;
}

static int on_store(struct imap *m, struct request *r)
{
	enum link_error error = select_for(m, r->frame.texts[1]);

	if (error == LINK_OK)
		error = store(m, r->frame.texts[0], r->frame.numbers[0] != 0,
			r->frame.numbers[1]);
	return just_done(m, r, error);
}

/* "UID MOVE 1,2 folder" */
static enum link_error say_uids_and_folder(
	struct imap *m, const char *verb, const struct request *r)
{
	struct str command;
	enum link_error error = LINK_BAD;

	str_init(&command, COMMAND_MAX);
	str_addf(&command, "UID %s ", verb);
	if (add_uids(&command, r->frame.texts[0]) == 0) {
		str_add_char(&command, ' ');
		if (add_folder(&command, r->frame.texts[1]) == 0)
			error = imap_command(m, str_slice(&command));
	}
	str_finish(&command);
	return error;
}

/* Only these mails, whatever else is marked: without UIDPLUS they stay, marked
 * as deleted. */
static enum link_error expunge(struct imap *m, struct slice uids)
{
	struct str command;
	enum link_error error = LINK_OK;

	if (!imap_can(m, "UIDPLUS"))
		return LINK_OK;
	str_init(&command, COMMAND_MAX);
	str_add(&command, "UID EXPUNGE ");
	if (add_uids(&command, uids) == 0)
		error = imap_command(m, str_slice(&command));
	str_finish(&command);
	return error;
}

/* Not every server keeps keywords: then it does without. */
static enum link_error mark_before(struct imap *m, const struct request *r)
{
	enum link_error error = LINK_OK;

	for (int i = 0; i < 2 && (error == LINK_OK || error == LINK_NO); i++)
		if (r->frame.numbers[i] != 0)
			error = store(m, r->frame.texts[0], i == 0,
				r->frame.numbers[i]);
	str_reset(&m->words);
	return error == LINK_NO ? LINK_OK : error;
}

static void on_there(struct imap *m, const struct imap_response *r,
	struct slice response UNUSED)
{
	*(bool *)m->hear_arg |= r->kind == IMAP_FETCH;
}

/* Servers say OK when what is to be moved is gone. */
static enum link_error find_any(struct imap *m, struct slice uids)
{
	struct str command;
	enum link_error error = LINK_BAD;
	bool is_there = false;

	str_init(&command, COMMAND_MAX);
	str_add(&command, "UID FETCH ");
	if (add_uids(&command, uids) == 0) {
		str_add(&command, " (UID)");
		m->hear = on_there;
		/* cppcheck-suppress autoVariables ; as long as it hears */
		m->hear_arg = &is_there;
		error = imap_command(m, str_slice(&command));
		m->hear = NULL;
	}
	str_finish(&command);
	if (error != LINK_OK || is_there)
		return error;
	str_reset(&m->words);
	return LINK_NO_SUCH;
}

static int on_move(struct imap *m, struct request *r)
{
	enum link_error error = select_for(m, r->frame.texts[2]);

	if (error == LINK_OK)
		error = find_any(m, r->frame.texts[0]);
	if (error == LINK_OK)
		error = mark_before(m, r);
	if (error == LINK_OK && imap_can(m, "MOVE")) {
		error = say_uids_and_folder(m, "MOVE", r);
	} else if (error == LINK_OK) {
		error = say_uids_and_folder(m, "COPY", r);
		if (error == LINK_OK)
			error = store(m, r->frame.texts[0], true, FLAG_DELETED);
		if (error == LINK_OK)
			error = expunge(m, r->frame.texts[0]);
	}
	return just_done(m, r, error);
}

/* --- APPEND -------------------------------------------------------------- */

/* Everything up to the literal. -1: it cannot be said. */
static int add_append(struct str *out, const struct request *r)
{
	struct tm tm;

	str_add(out, "APPEND ");
	if (add_folder(out, r->frame.texts[0]) != 0)
		return -1;
	str_add_char(out, ' ');
	add_flags(out, r->frame.numbers[1]);
	split_date(r->frame.numbers[2], &tm);
	if (r->frame.numbers[2] > 0)
		str_addf(out, " \"%2d-%s-%04d %02d:%02d:%02d +0000\"",
			tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
			tm.tm_hour, tm.tm_min, tm.tm_sec);
	str_addf(out, " {%llu}\r\n", (unsigned long long)r->frame.numbers[0]);
	return out->overflow ? -1 : 0;
}

/* Just so many bytes. -1: there were others; the link is of no use then. */
static int copy_body(struct imap *m, struct request *r, uint64_t size)
{
	struct slice bytes;

	while (size > 0) {
		if (request_read(r, &bytes) != 0 || bytes.len == 0 ||
			bytes.len > size)
			return -1;
		stream_set_budget(m->stream, IMAP_COMMAND_BYTES, APPEND_MS);
		if (imap_write(m, bytes) != 0)
			return -1;
		size -= bytes.len;
		request_used(r, bytes.len);
	}
	return 0;
}

static enum link_error append(struct imap *m, struct request *r)
{
	struct str command;
	enum link_error error = LINK_BAD;

	str_init(&command, COMMAND_MAX);
	str_reset(&m->words);
	if (add_append(&command, r) == 0) {
		imap_begin(m, IMAP_COMMAND_BYTES, IMAP_COMMAND_MS);
		(void)!imap_write(m, str_slice(&command));
		error = imap_await_go(m);
		if (error == LINK_OK &&
			copy_body(m, r, r->frame.numbers[0]) != 0)
			stream_fail(m->stream, LINK_LOST,
				"a mail was given up half-way");
		if (error == LINK_OK) {
			(void)!imap_write(m, slice_of("\r\n"));
			error = imap_await(m);
		}
	}
	str_finish(&command);
	return error;
}

static int on_append(struct imap *m, struct request *r)
{
	enum link_error error = append(m, r);

	if (error == LINK_OK)
		imap_mirror_saved(m, r->frame.texts[0], m->appended);
	return done(m, r, error, m->appended, slice_of(NULL));
}

/* --- SEARCH -------------------------------------------------------------- */

struct uids {
	uint32_t items[UIDS_MAX]; /* the newest */
	size_t count, max;
};

static void add_found_uid(struct uids *u, uint32_t uid)
{
	size_t at = u->count;

	while (at > 0 && u->items[at - 1] < uid)
		at--;
	if (at >= u->max)
		return;
	if (u->count < u->max)
		u->count++;
	memmove(&u->items[at + 1], &u->items[at],
		(u->count - at - 1) * sizeof(u->items[0]));
	u->items[at] = uid;
}

static void on_search_result(struct imap *m, const struct imap_response *r,
	struct slice response UNUSED)
{
	struct uids *u = m->hear_arg;
	struct slice rest = r->rest;

	if (r->kind != IMAP_SEARCH)
		return;
	while (rest.len > 0) {
		struct slice word = slice_cut(&rest, ' ');
		uint64_t uid;

		if (imap_number(word, &uid) == 0 && uid <= UINT32_MAX)
			add_found_uid(u, (uint32_t)uid);
	}
}

static const struct {
	const char *key, *words;
} search_keys[] = {
	{ "TEXT", "TEXT" },
	{ "FROM", "FROM" },
	{ "SUBJECT", "SUBJECT" },
	{ "MESSAGE-ID", "HEADER Message-ID" },
	{ "ORIGINAL-MESSAGE-ID", "HEADER X-Microsoft-Original-Message-ID" },
};

static const char *search_words(struct slice key)
{
	for (size_t i = 0; i < COUNT(search_keys); i++) {
		if (slice_equals(key, search_keys[i].key))
			return search_keys[i].words;
	}
	return NULL;
}

static bool has_only_ascii(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.data[i] > '~')
			return false;
	}
	return true;
}

/* One key: what stands before its literal is sent, the server lets us go on,
 * the literal follows. */
static enum link_error say_literal(
	struct imap *m, struct str *line, struct slice value)
{
	bool is_plus = imap_can(m, "LITERAL+");
	enum link_error error = LINK_OK;

	str_addf(line, "{%zu%s}\r\n", value.len, is_plus ? "+" : "");
	(void)!imap_write(m, str_slice(line));
	str_reset(line);
	if (!is_plus)
		error = imap_await_go(m);
	if (error == LINK_OK)
		(void)!imap_write(m, value);
	return error;
}

static enum link_error say_keys(
	struct imap *m, struct str *line, struct slice keys)
{
	enum link_error error = LINK_OK;

	while (keys.len > 0 && error == LINK_OK) {
		const char *words = search_words(slice_cut(&keys, '\n'));
		struct slice value = slice_cut(&keys, '\n');

		if (words == NULL || value.len > COMMAND_MAX / 4 ||
			memchr(value.data, '\r', value.len) != NULL ||
			memchr(value.data, '\0', value.len) != NULL)
			continue;
		str_addf(line, " %s ", words);
		if (has_only_ascii(value))
			error = imap_add_quoted(line, value) == 0 ? LINK_OK
								  : LINK_BAD;
		else
			error = say_literal(m, line, value);
	}
	return error;
}

static enum link_error search(struct imap *m, const struct request *r)
{
	struct slice keys = r->frame.texts[1];
	struct str line;
	struct tm tm;
	enum link_error error;

	str_init(&line, COMMAND_MAX);
	imap_begin(m, IMAP_TOLD_MAX * 2, IMAP_COMMAND_MS);
	str_add(&line, "UID SEARCH ");
	/* Some servers know no other charset than ASCII, not even by name. */
	if (!has_only_ascii(keys))
		str_add(&line, "CHARSET UTF-8 ");
	str_add(&line, "UNDELETED");
	split_date(r->frame.numbers[1], &tm);
	if (r->frame.numbers[1] > 0)
		str_addf(&line, " SINCE %d-%s-%d", tm.tm_mday,
			months[tm.tm_mon], tm.tm_year + 1900);
	error = say_keys(m, &line, keys);
	if (error == LINK_OK) {
		str_add(&line, "\r\n");
		(void)!imap_write(m, str_slice(&line));
		error = imap_await(m);
	} else if (!m->is_answered) {
		stream_fail(m->stream, LINK_PROTOCOL,
			"the mail server can't search");
	}
	str_finish(&line);
	return error;
}

static int on_search(struct imap *m, struct request *r)
{
	struct uids uids = { .max = UIDS_MAX };
	enum link_error error = select_for(m, r->frame.texts[0]);
	struct str result;
	int end;

	if (r->frame.numbers[0] < UIDS_MAX)
		uids.max = (size_t)r->frame.numbers[0];
	if (error == LINK_OK) {
		m->hear = on_search_result;
		/* cppcheck-suppress autoVariables ; as long as it hears */
		m->hear_arg = &uids;
		error = search(m, r);
		m->hear = NULL;
	}
	str_init(&result, UIDS_MAX * 11 + 1);
	for (size_t i = 0; i < uids.count; i++)
		str_addf(&result, "%s%u", i > 0 ? " " : "", uids.items[i]);
	end = done(m, r, error, uids.count, str_slice(&result));
	str_finish(&result);
	return end;
}

/* --- WATCH --------------------------------------------------------------- */

static int on_watch(struct imap *m, struct request *r)
{
	int result = imap_watch(m, r);

	request_free(&r);
	return result;
}

static int on_mirror(struct imap *m, struct request *r)
{
	imap_mirror(m, r);
	request_free(&r);
	return 0;
}

/* --- The table ----------------------------------------------------------- */

static const struct {
	enum frame_type type;
	int (*serve)(struct imap *m, struct request *r);
} servants[] = {
	{ FRAME_WATCH, on_watch },
	{ FRAME_FETCH, on_fetch },
	{ FRAME_STORE, on_store },
	{ FRAME_MOVE, on_move },
	{ FRAME_APPEND, on_append },
	{ FRAME_SEARCH, on_search },
	{ FRAME_MIRROR, on_mirror },
};

int imap_serve(struct imap *m, struct request *r)
{
	for (size_t i = 0; i < COUNT(servants); i++) {
		if (servants[i].type == r->frame.type)
			return servants[i].serve(m, r);
	}
	return just_done(m, r, LINK_BAD);
}
