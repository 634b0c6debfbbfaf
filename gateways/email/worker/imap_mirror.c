/*
 * The folder of sent mails, beside the one that is watched. There is one
 * connection for both: STATUS (RFC 3501 section 6.3.10) tells whether anything
 * came into it, without leaving the other; only then it is selected. Where the
 * server has NOTIFY (RFC 5465), it says so by itself.
 */
#include <string.h>

#include "base/alloc.h"
#include "email_worker/imap.h"
#include "email_worker/imap_utf7.h"

#define NAME_MAX_BYTES 2000

#define EVENTS "(MessageNew MessageExpunge FlagChange)"

/* As often as IDLE is issued anew. */
#define LOOK_MS (8 * 60 * 1000)
/* A server may say without end that something came. */
#define SOON_MS 500

static int64_t now_of(const struct imap *m)
{
	return loop_now_ms(m->link->worker->loop);
}

static void forget_found(struct imap_mirror *mirror)
{
	xfree(mirror->found);
	mirror->found = NULL;
	mirror->found_count = mirror->found_at = 0;
}

void imap_mirror_finish(struct imap *m)
{
	forget_found(&m->mirror);
	xfree(m->mirror.folder);
	m->mirror = (struct imap_mirror){ .folder = NULL };
}

/* --- Its numbers --------------------------------------------------------- */

static bool is_it(const struct imap_mirror *mirror, struct slice word)
{
	struct str name;
	bool result;

	str_init(&name, NAME_MAX_BYTES);
	result = imap_utf7_decode(&name, word) == 0 && mirror->folder != NULL &&
		 strcmp(str_text(&name), mirror->folder) == 0;
	str_finish(&name);
	return result;
}

/* "(MESSAGES 3 UIDNEXT 4 UIDVALIDITY 5)" */
static void read_numbers(
	struct imap_mirror *mirror, struct slice rest, struct str *space)
{
	struct slice key, value;
	bool is_string;
	uint64_t number;

	mirror->status_next = mirror->status_validity = 0;
	if (!imap_word(&rest, &key, space, &is_string))
		return;
	while (imap_word(&rest, &key, space, &is_string) && !is_string &&
		imap_word(&rest, &value, space, &is_string)) {
		if (imap_number(value, &number) != 0)
			continue;
		if (slice_equals_nocase(key, "UIDNEXT"))
			mirror->status_next = number;
		else if (slice_equals_nocase(key, "UIDVALIDITY"))
			mirror->status_validity = number;
	}
}

void imap_mirror_told(struct imap *m, const struct imap_response *r)
{
	struct imap_mirror *mirror = &m->mirror;
	struct slice rest = r->rest, word;
	struct str space;
	bool is_string;

	str_init(&space, NAME_MAX_BYTES);
	if (imap_word(&rest, &word, &space, &is_string) &&
		is_it(mirror, word)) {
		read_numbers(mirror, rest, &space);
		mirror->is_due |= mirror->status_next > mirror->done_uid + 1;
	}
	str_finish(&space);
}

/* A command about it, with its name in `first` and `last`. */
static enum link_error ask(struct imap *m, const char *first, const char *last)
{
	struct str command, name;
	enum link_error error = LINK_BAD;

	str_init(&command, 2 * NAME_MAX_BYTES);
	str_init(&name, NAME_MAX_BYTES);
	str_add(&command, first);
	if (imap_utf7_encode(&name, slice_of(m->mirror.folder)) == 0 &&
		imap_add_quoted(&command, str_slice(&name)) == 0) {
		str_add(&command, last);
		error = imap_command(m, str_slice(&command));
	}
	str_finish(&command);
	str_finish(&name);
	return error;
}

/* --- Beginning ----------------------------------------------------------- */

void imap_mirror(struct imap *m, const struct request *r)
{
	imap_mirror_finish(m);
	if (r->frame.texts[0].len == 0)
		return;
	xstrset(&m->mirror.folder, r->frame.texts[0].data);
	m->mirror.validity = r->frame.numbers[0];
	m->mirror.done_uid = r->frame.numbers[1];
	m->mirror.is_due = true;
	/* It has to be said of both; a server that refuses is asked. */
	if (imap_can(m, "NOTIFY"))
		(void)ask(m,
			"NOTIFY SET (selected-delayed " EVENTS ") (mailboxes ",
			" (MessageNew MessageExpunge))");
}

void imap_mirror_saved(struct imap *m, struct slice folder, uint64_t uid)
{
	struct imap_mirror *mirror = &m->mirror;

	if (mirror->folder != NULL && slice_equals(folder, mirror->folder) &&
		!imap_mirror_has_mails(m) && uid == mirror->done_uid + 1)
		mirror->done_uid = uid;
}

/* What is there now is old. */
static void begin_anew(struct imap *m)
{
	struct imap_mirror *mirror = &m->mirror;
	struct frame f = { .type = FRAME_MIRRORED,
		.link = m->link->id,
		.texts = { slice_of(mirror->folder) },
		.fd = -1 };

	mirror->validity = f.numbers[0] = mirror->status_validity;
	mirror->done_uid = f.numbers[1] =
		mirror->status_next > 0 ? mirror->status_next - 1 : 0;
	worker_send(m->link->worker, &f);
}

/* --- Looking ------------------------------------------------------------- */

bool imap_mirror_is_due(const struct imap *m)
{
	const struct imap_mirror *mirror = &m->mirror;

	return mirror->folder != NULL &&
	       (mirror->is_due || mirror->looked_ms == 0 ||
		       now_of(m) - mirror->looked_ms >= LOOK_MS);
}

static enum link_error list_new(struct imap *m)
{
	struct imap_mirror *mirror = &m->mirror;
	enum link_error error = imap_select(m, mirror->folder);

	forget_found(mirror);
	if (error != LINK_OK || m->uid_validity != mirror->validity ||
		m->exists == 0)
		return error;
	error = imap_list_mails(m, false, (uint32_t)mirror->done_uid + 1, 0, 0,
		&mirror->found, &mirror->found_count);
	/* What was there and is gone again is not asked for each time. */
	if (error == LINK_OK && mirror->found_count == 0 &&
		mirror->status_next > 0)
		mirror->done_uid = mirror->status_next - 1;
	return error;
}

enum link_error imap_mirror_look(struct imap *m)
{
	struct imap_mirror *mirror = &m->mirror;
	enum link_error error;

	if (mirror->looked_ms != 0 && now_of(m) - mirror->looked_ms < SOON_MS) {
		mirror->is_due = true;
		return LINK_OK;
	}
	mirror->looked_ms = now_of(m);
	mirror->status_next = mirror->status_validity = 0;
	error = ask(m, "STATUS ", " (UIDNEXT UIDVALIDITY)");
	if (error == LINK_OK && mirror->status_validity != 0 &&
		mirror->status_validity != mirror->validity)
		begin_anew(m);
	mirror->is_due = false;
	if (error == LINK_OK && mirror->status_validity != 0 &&
		mirror->status_next > mirror->done_uid + 1)
		error = list_new(m);
	/* A folder that is gone, or shut, is no reason to give up the other. */
	if (error == LINK_NO || error == LINK_NO_SUCH || error == LINK_BAD ||
		error == LINK_LATER)
		error = LINK_OK;
	return error;
}

enum link_error imap_mirror_go_on(struct imap *m)
{
	int64_t left_ms = m->mirror.looked_ms + SOON_MS - now_of(m);

	if (m->mirror.looked_ms != 0 && left_ms > 0) {
		(void)stream_feed(m->stream, left_ms);
		return stream_error(m->stream);
	}
	return imap_mirror_look(m);
}

bool imap_mirror_has_mails(const struct imap *m)
{
	return m->mirror.found_at < m->mirror.found_count;
}

enum link_error imap_mirror_tell_next(struct imap *m)
{
	struct imap_mirror *mirror = &m->mirror;
	const struct imap_found *f = &mirror->found[mirror->found_at];
	enum link_error error = imap_select(m, mirror->folder);

	if (error == LINK_OK && m->uid_validity == mirror->validity)
		error = imap_tell_mail(m, f, FRAME_SENT);
	if (error == LINK_NO_SUCH)
		error = LINK_OK;
	if (error == LINK_OK) {
		mirror->done_uid = f->uid;
		mirror->found_at++;
	}
	return error;
}
