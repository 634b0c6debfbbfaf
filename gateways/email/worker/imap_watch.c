/*
 * A folder that is watched: what was missed, what is new, what changed.
 *
 *	WATCH --> open --> MAILBOX --> list --> MAIL, MAIL, ... --> flags
 *	                                ^                             |
 *	                                `------ wait <-- UNREAD <-----'
 *
 * A list stays until all of it was told, so that requests get their turn in
 * between, and so that nothing is told while the daemon has its hands full.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "email_wire/mail.h"
#include "email_worker/imap.h"
#include "email_worker/mime.h"

/* What is fetched of a mail; of a larger one its first bytes are. */
#define MAIL_MAX   ((size_t)30 * 1024 * 1024)
#define MAIL_FIRST ((size_t)1024 * 1024)

/* Without CONDSTORE: the newest mails whose flags are compared. */
#define SEEN_MAX 300

/* Between two looks at a folder of which the server says that it changes. */
#define LOOK_MS 500

static const char trouble[] = "The folder can't be read";

/* --- Opening ------------------------------------------------------------- */

static void tell_mailbox(struct imap *m)
{
	struct frame f = { .type = FRAME_MAILBOX,
		.link = m->link->id,
		.numbers = { m->uid_validity, m->uid_next, m->mod_seq,
			m->exists },
		.texts = { slice_of(m->watched), str_slice(&m->folders) },
		.fd = -1 };

	worker_send(m->link->worker, &f);
}

static void forget_found(struct imap *m)
{
	xfree(m->found);
	m->found = NULL;
	m->found_count = m->found_at = 0;
}

/* The UID after which everything is new, when nothing is known of before:
 * that of the last mail, or `count` mails before it. */
static enum link_error find_start(struct imap *m, uint64_t count)
{
	uint32_t first =
		m->exists > count ? m->exists - (uint32_t)count + 1 : 1;
	struct imap_found *found = NULL;
	size_t found_count = 0;
	enum link_error error;

	m->done_uid = m->uid_next > 0 ? m->uid_next - 1 : 0;
	if (m->exists == 0 || (count == 0 && m->uid_next > 0))
		return LINK_OK;
	error = imap_list_mails(m, true, count == 0 ? m->exists : first, 0, 0,
		&found, &found_count);
	if (found_count > 0)
		m->done_uid = count == 0 ? found[found_count - 1].uid
					 : found[0].uid - 1;
	xfree(found);
	return error;
}

static enum link_error open_watched(struct imap *m)
{
	enum link_error error = imap_read_folders(m);

	if (error == LINK_OK)
		error = imap_select(m, m->watched);
	return error;
}

int imap_watch(struct imap *m, const struct request *r)
{
	const uint64_t *n = r->frame.numbers;
	enum link_error error;
	bool is_import = (n[3] & WATCH_IMPORT) != 0;

	xstrset(&m->watched, r->frame.texts[0].data);
	m->watched_validity = n[0];
	m->done_uid = n[1];
	m->done_mod_seq = n[2];
	m->watch_flags = (unsigned)n[3];
	forget_found(m);
	m->seen_count = 0;
	m->has_told_unread = false;
	/* Its numbers may be old. */
	xstrset(&m->selected, NULL);
	error = open_watched(m);
	if (error == LINK_OK && m->watched_validity == 0) {
		m->watched_validity = m->uid_validity;
		error = find_start(m, is_import ? n[1] : 0);
	}
	if (error != LINK_OK)
		return imap_fail(m, error, "The folder can't be opened");
	m->is_scan_due = true;
	tell_mailbox(m);
	return 0;
}

/* --- One mail ------------------------------------------------------------ */

/* Its bytes, up to `max`. */
static enum link_error fetch_bytes(
	struct imap *m, uint32_t uid, size_t max, struct str *out)
{
	size_t before;
	enum link_error error;

	do {
		before = out->len;
		error = imap_fetch_slice(m, uid, (uint32_t)out->len, out);
	} while (error == LINK_OK && out->len - before == IMAP_SLICE &&
		 out->len < max && !out->overflow);
	/* The end of one whose size is a multiple of a slice. */
	return error == LINK_NO_SUCH && before > 0 ? LINK_OK : error;
}

static void send_mail(struct imap *m, const struct imap_found *f,
	enum frame_type type, struct slice record)
{
	uint64_t mod_seq = f->mod_seq > m->mod_seq ? f->mod_seq : m->mod_seq;
	struct frame frame = { .type = type,
		.link = m->link->id,
		.numbers = { f->uid,
			type == FRAME_SENT ? m->uid_validity : mod_seq,
			f->flags, (uint64_t)f->date_ms },
		.texts = { record },
		.fd = -1 };

	m->link->mails++;
	worker_send(m->link->worker, &frame);
}

/* What is said of a mail that cannot be said: that there is one. */
static void encode_nothing(struct imap *m, uint32_t uid, struct str *record)
{
	char key[64];
	struct mail mail = { .key = key,
		.text = "",
		.from = { NULL, "" },
		.sender = { NULL, "" },
		.warnings = MAIL_CUT | MAIL_NO_SENDER };

	(void)text_format(key, sizeof(key), "%llu-%u",
		(unsigned long long)m->uid_validity, uid);
	str_reset(record);
	mail_encode(record, &mail);
}

/* From bytes to what the daemon gets to know. */
static void encode_mail(struct imap *m, const struct imap_found *f,
	struct slice bytes, bool is_cut, struct str *record)
{
	struct mail_read_context context = { .now_ms = clock_wall_ms() };
	struct arena arena;
	struct mail mail;

	if (m->link->authserv_id[0] != '\0')
		context.authserv_id = m->link->authserv_id;
	arena_init(&arena, MAIL_ARENA_MAX);
	if (mail_read(bytes, &context, &arena, &mail) == 0) {
		if (is_cut)
			mail.warnings |= MAIL_CUT;
		mail_encode(record, &mail);
	} else {
		record->overflow = true;
	}
	if (record->overflow)
		encode_nothing(m, f->uid, record);
	arena_finish(&arena);
}

enum link_error imap_tell_mail(
	struct imap *m, const struct imap_found *f, enum frame_type type)
{
	bool is_cut = f->size > MAIL_MAX;
	size_t max = is_cut ? MAIL_FIRST : MAIL_MAX;
	size_t bulk = f->size < max ? f->size : max;
	struct str bytes, record;
	enum link_error error;

	str_init(&bytes, MAIL_MAX + IMAP_SLICE);
	str_init(&record, FRAME_MAX - 1024);
	worker_take_bulk(m->link->worker, bulk);
	link_blame(
		m->link, 0, f->uid | (type == FRAME_SENT ? BLAME_MIRROR : 0));
	error = fetch_bytes(m, f->uid, max, &bytes);
	if (error == LINK_OK) {
		encode_mail(m, f, str_slice(&bytes),
			is_cut || bytes.len >= MAIL_MAX, &record);
		str_finish(&bytes);
		send_mail(m, f, type, str_slice(&record));
	}
	link_blame(m->link, 0, 0);
	worker_give_bulk(m->link->worker, bulk);
	str_finish(&bytes);
	str_finish(&record);
	return error;
}

/* --- New mails ----------------------------------------------------------- */

static enum link_error list_new(struct imap *m)
{
	enum link_error error;
	size_t known = 0;

	forget_found(m);
	if (m->watch_flags & WATCH_NO_MAIL || m->exists == 0)
		return LINK_OK;
	error = imap_list_mails(m, false, (uint32_t)m->done_uid + 1, 0, 0,
		&m->found, &m->found_count);
	/* "n:*" is also the last one, whatever it is. */
	while (known < m->found_count && m->found[known].uid <= m->done_uid)
		known++;
	m->found_at = known;
	return error;
}

static enum link_error tell_next(struct imap *m)
{
	const struct imap_found *f = &m->found[m->found_at];
	enum link_error error = imap_tell_mail(m, f, FRAME_MAIL);

	/* It is gone again. */
	if (error == LINK_NO_SUCH)
		error = LINK_OK;
	if (error == LINK_OK) {
		m->done_uid = f->uid;
		m->found_at++;
	}
	return error;
}

/* --- Flags --------------------------------------------------------------- */

static void tell_flags(struct imap *m, const struct imap_found *f)
{
	struct frame frame = { .type = FRAME_FLAGGED,
		.link = m->link->id,
		.numbers = { f->uid, f->flags, f->mod_seq },
		.fd = -1 };

	worker_send(m->link->worker, &frame);
}

static enum link_error tell_changed_since(struct imap *m)
{
	struct imap_found *found = NULL;
	size_t count = 0;
	enum link_error error;

	if (m->done_mod_seq == 0) {
		m->done_mod_seq = m->mod_seq;
		return LINK_OK;
	}
	error = imap_list_mails(
		m, false, 1, 0, m->done_mod_seq, &found, &count);
	for (size_t i = 0; i < count && error == LINK_OK; i++) {
		if (found[i].uid <= m->done_uid)
			tell_flags(m, &found[i]);
		if (found[i].mod_seq > m->done_mod_seq)
			m->done_mod_seq = found[i].mod_seq;
	}
	xfree(found);
	return error;
}

static const struct imap_seen *seen_of(const struct imap *m, uint32_t uid)
{
	for (size_t i = 0; i < m->seen_count; i++) {
		if (m->seen[i].uid == uid)
			return &m->seen[i];
	}
	return NULL;
}

/* Both are ordered, and nearly the same. */
static void tell_differences(
	struct imap *m, const struct imap_found *found, size_t count)
{
	struct imap_seen *seen = xcalloc(count > 0 ? count : 1, sizeof(*seen));

	for (size_t i = 0; i < count; i++) {
		const struct imap_seen *before = seen_of(m, found[i].uid);

		seen[i].uid = found[i].uid;
		seen[i].flags = found[i].flags;
		if (before != NULL && before->flags != found[i].flags)
			tell_flags(m, &found[i]);
	}
	xfree(m->seen);
	m->seen = seen;
	m->seen_count = count;
}

static enum link_error tell_changed(struct imap *m)
{
	struct imap_found *found = NULL;
	size_t count = 0;
	enum link_error error;

	if (m->exists == 0 || !(m->watch_flags & WATCH_FLAGS))
		return LINK_OK;
	if (m->mod_seq > 0)
		return tell_changed_since(m);
	error = imap_list_mails(m, true,
		m->exists > SEEN_MAX ? m->exists - SEEN_MAX + 1 : 1, 0, 0,
		&found, &count);
	if (error == LINK_OK)
		tell_differences(m, found, count > SEEN_MAX ? SEEN_MAX : count);
	xfree(found);
	return error;
}

/* --- The watch ----------------------------------------------------------- */

static bool is_watched_selected(const struct imap *m)
{
	return m->selected != NULL && strcmp(m->selected, m->watched) == 0;
}

/* Look at the folder; what is new is in m->found then. */
static enum link_error look(struct imap *m)
{
	int64_t since_ms = loop_now_ms(m->link->worker->loop) - m->scanned_ms;
	enum link_error error;

	/* A server may say without end that something came. */
	if (m->scanned_ms != 0 && since_ms < LOOK_MS) {
		(void)stream_feed(m->stream, LOOK_MS - since_ms);
		return stream_error(m->stream);
	}
	/* What the news answer may have been sent from elsewhere. */
	if (m->has_news && m->mirror.folder != NULL) {
		m->is_scan_due = true;
		error = imap_mirror_look(m);
		if (error != LINK_OK || !is_watched_selected(m))
			return error;
	}
	m->scanned_ms = loop_now_ms(m->link->worker->loop);
	m->is_scan_due = m->has_news = m->has_changes = false;
	m->is_count_due = true;
	error = list_new(m);
	return error == LINK_OK ? tell_changed(m) : error;
}

/* One step of what is to be done. */
static enum link_error step(struct imap *m, bool *is_idle_r)
{
	*is_idle_r = false;
	if (imap_mirror_has_mails(m)) {
		*is_idle_r = m->link->mails >= LINK_MAILS_MAX;
		return *is_idle_r ? LINK_OK : imap_mirror_tell_next(m);
	}
	if (!is_watched_selected(m)) {
		m->is_scan_due = true;
		return imap_select(m, m->watched);
	}
	*is_idle_r = m->uid_validity != m->watched_validity;
	if (*is_idle_r)
		return LINK_OK;
	if (m->found_at < m->found_count) {
		*is_idle_r = m->link->mails >= LINK_MAILS_MAX;
		return *is_idle_r ? LINK_OK : tell_next(m);
	}
	if (m->is_scan_due || m->has_news || m->has_changes)
		return look(m);
	if (m->is_count_due && !(m->watch_flags & WATCH_NO_MAIL))
		return imap_count_unread(m);
	if (imap_mirror_is_due(m))
		return imap_mirror_go_on(m);
	*is_idle_r = true;
	return LINK_OK;
}

int imap_keep_watch(struct imap *m)
{
	bool is_idle = true;
	enum link_error error =
		m->watched != NULL ? step(m, &is_idle) : LINK_OK;

	if (error != LINK_OK)
		return imap_fail(m, error, trouble);
	return is_idle ? imap_wait(m) : 0;
}
