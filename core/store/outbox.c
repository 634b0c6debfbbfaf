#include "store/outbox.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/limits.h"
#include "store/script.h"

/* A page ends after so many rows, or when it is so big. */
#define PAGE_ROWS  50
#define PAGE_BYTES ((size_t)1 * MIB)
#define PAGE_MAX   ((size_t)8 * MIB)

/* Whose it is, for a job. */
struct owned {
	char *gateway, *user, *account;
};

static struct owned own(const struct store_owner *o)
{
	return (struct owned){ xstrdup(o->gateway), xstrdup(o->user),
		xstrdup(o->account) };
}

static void disown(struct owned *o)
{
	xfree(o->gateway);
	xfree(o->user);
	xfree(o->account);
}

/* --- Putting ------------------------------------------------------------- */

struct putting {
	struct job job;
	struct owned owner;
	int64_t run, wall_ms, since_ms;
	struct str same, data;
	char *id, *ref;
	store_outbox_put_fn fn;
	void *arg;
	int64_t number;
	bool is_new;
};

static struct db_value db_slice(const struct str *s)
{
	return db_blob(str_text(s), s->len);
}

/* One that is the same: its number; 0: none. */
static int find_same(struct putting *p, struct db *db)
{
	p->number = 0;
	if (p->same.len == 0)
		return 0;
	return db_ask(db, DB_OUTBOX_SAME,
		DB_VALUES(db_text(p->owner.gateway), db_text(p->owner.user),
			db_slice(&p->same), db_number(p->since_ms)),
		&p->number);
}

static int take_number(struct putting *p, struct db *db)
{
	struct db_value gateway = db_text(p->owner.gateway);

	if (db_run(db, DB_NUMBER_TAKE, DB_VALUES(gateway)) != 0 ||
		db_ask(db, DB_NUMBER_LAST, DB_VALUES(gateway), &p->number) != 0)
		return -1;
	if (p->number <= INT32_MAX)
		return 0;
	db->error = DB_FAILED;
	text_copy(db->message, sizeof(db->message), "no number is left");
	return -1;
}

static int putting_run(struct job *j, struct db *db)
{
	struct putting *p = CONTAINER(j, struct putting, job);
	struct db_value gateway = db_text(p->owner.gateway);
	struct db_value user = db_text(p->owner.user);
	struct db_value account = db_text(p->owner.account);

	if (find_same(p, db) != 0)
		return -1;
	p->is_new = p->number == 0;
	if (!p->is_new)
		return db_run(db, DB_OUTBOX_RENEW,
			DB_VALUES(db_slice(&p->data), gateway, user, account,
				db_number(p->number)));
	if (take_number(p, db) != 0)
		return -1;
	return db_run(db, DB_OUTBOX_PUT,
		DB_VALUES(gateway, user, account, db_number(p->number),
			db_number(p->run),
			p->same.len > 0 ? db_slice(&p->same) : db_blob(NULL, 0),
			db_number(p->wall_ms), db_slice(&p->data),
			db_text(p->id), db_text(p->ref)));
}

static void putting_finish(struct job *j)
{
	struct putting *p = CONTAINER(j, struct putting, job);

	p->fn(j->status, (uint32_t)p->number, p->is_new, p->arg);
	str_finish(&p->same);
	str_finish(&p->data);
	xfree(p->id);
	xfree(p->ref);
	disown(&p->owner);
	xfree(p);
}

void store_outbox_put(struct store *s, const struct store_outgoing_new *m,
	store_outbox_put_fn fn, void *arg)
{
	static const struct job_type type = { .name = "outgoing message",
		.run = putting_run,
		.finish = putting_finish };
	struct putting *p = xalloc(sizeof(*p));

	p->owner = own(&m->owner);
	p->run = m->run;
	p->wall_ms = m->wall_ms;
	p->since_ms = m->since_ms;
	str_init(&p->same, m->same.len + 1);
	str_add_slice(&p->same, m->same);
	str_init(&p->data, m->data.len + 1);
	str_add_slice(&p->data, m->data);
	p->id = xstrdup(m->id);
	p->ref = xstrdup(m->ref);
	p->fn = fn;
	p->arg = arg;
	store_submit(s, &p->job, &type);
}

/* --- Reading ------------------------------------------------------------- */

struct row {
	struct row *next;
	struct store_outgoing m;
};

struct reading {
	struct job job;
	struct owned owner;
	uint32_t number; /* this one, or those behind it */
	struct store_outbox_events events;
	store_outbox_fn found;
	void *arg;
	struct arena arena;
	struct row *rows;
	bool has_more;
};

/* From the columns number, run, stage, data, own ref. NULL: too big. */
static struct row *copy_row(struct reading *r, struct db *db)
{
	struct row *row = arena_alloc(&r->arena, sizeof(*row));
	struct slice data = db_get_bytes(db, 3);

	if (row == NULL || data.data == NULL)
		return NULL;
	row->m.number = (uint32_t)db_get_number(db, 0);
	row->m.run = db_get_number(db, 1);
	row->m.stage = (int)db_get_number(db, 2);
	row->m.data = slice_make(arena_copy(&r->arena, data), data.len);
	struct slice ref = db_get_bytes(db, 4);
	if (ref.data != NULL)
		row->m.own_ref = arena_copy(&r->arena, ref);
	return row->m.data.data != NULL ? row : NULL;
}

static int read_rows(struct reading *r, struct db *db, enum db_statement id)
{
	struct row **end = &r->rows;
	size_t count = 0, bytes = 0;
	int got = db_start(db, id,
		DB_VALUES(db_text(r->owner.gateway), db_text(r->owner.user),
			db_text(r->owner.account), db_number(r->number),
			db_number(PAGE_ROWS)));

	while (got >= 0 && bytes < PAGE_BYTES && (got = db_step(db)) > 0) {
		struct row *row = copy_row(r, db);

		if (row == NULL) {
			db->error = DB_FAILED;
			text_copy(db->message, sizeof(db->message), "too big");
			return -1;
		}
		bytes += row->m.data.len;
		count++;
		*end = row;
		end = &row->next;
	}
	r->has_more = count == PAGE_ROWS || got > 0;
	return got < 0 ? -1 : 0;
}

static int read_all(struct job *j, struct db *db, enum db_statement id)
{
	struct reading *r = CONTAINER(j, struct reading, job);

	arena_reset(&r->arena);
	r->rows = NULL;
	int status = read_rows(r, db, id);
	db_stop(db);
	return status;
}

static int page_run(struct job *j, struct db *db)
{
	return read_all(j, db, DB_OUTBOX_PAGE);
}

static int find_run(struct job *j, struct db *db)
{
	return read_all(j, db, DB_OUTBOX_FIND);
}

static void reading_free(struct reading *r)
{
	arena_finish(&r->arena);
	disown(&r->owner);
	xfree(r);
}

static void page_finish(struct job *j)
{
	struct reading *r = CONTAINER(j, struct reading, job);

	for (const struct row *row = r->rows; j->status == 0 && row != NULL;
		row = row->next)
		r->events.each(&row->m, r->arg);
	r->events.done(j->status, !r->has_more, r->arg);
	reading_free(r);
}

static void find_finish(struct job *j)
{
	struct reading *r = CONTAINER(j, struct reading, job);
	bool is_there = j->status == 0 && r->rows != NULL;

	r->found(j->status, is_there ? &r->rows->m : NULL, r->arg);
	reading_free(r);
}

static struct reading *reading_new(
	const struct store_owner *owner, uint32_t number, void *arg)
{
	struct reading *r = xalloc(sizeof(*r));

	arena_init(&r->arena, PAGE_MAX);
	r->owner = own(owner);
	r->number = number;
	r->arg = arg;
	return r;
}

void store_outbox_page(struct store *s, const struct store_owner *owner,
	uint32_t after, const struct store_outbox_events *events, void *arg)
{
	static const struct job_type type = { .name = "outgoing messages",
		.run = page_run,
		.finish = page_finish,
		.reads = true,
		.patient = true };
	struct reading *r = reading_new(owner, after, arg);

	r->events = *events;
	store_submit(s, &r->job, &type);
}

void store_outbox_find(struct store *s, const struct store_owner *owner,
	uint32_t number, store_outbox_fn fn, void *arg)
{
	static const struct job_type type = { .name = "outgoing message",
		.run = find_run,
		.finish = find_finish,
		.reads = true,
		.patient = true };
	struct reading *r = reading_new(owner, number, arg);

	r->found = fn;
	store_submit(s, &r->job, &type);
}

/* --- What became of it --------------------------------------------------- */

void store_outbox_change(struct store *s, const struct store_owner *owner,
	const struct store_outgoing *m, int64_t expires_ms)
{
	static const struct job_type type =
		SCRIPT_TYPE(.name = "outcome of a message", .patient = true);
	struct script *script = script_new(NULL, NULL);

	script_add(script, DB_OUTBOX_CHANGE,
		DB_VALUES(db_number(m->stage), db_number(expires_ms),
			db_blob(m->data.data, m->data.len),
			db_text(owner->gateway), db_text(owner->user),
			db_text(owner->account), db_number(m->number)));
	script_submit(script, s, &type);
}

void store_outbox_sent(struct store *s, const struct store_owner *owner,
	uint32_t number, const char *sent_as, uint64_t archived)
{
	static const struct job_type type =
		SCRIPT_TYPE(.name = "name of a message", .patient = true);
	struct script *script = script_new(NULL, NULL);

	script_add(script, DB_OUTBOX_SENT,
		DB_VALUES(db_text(sent_as), db_number((int64_t)archived),
			db_text(owner->gateway), db_text(owner->user),
			db_text(owner->account), db_number(number)));
	script_submit(script, s, &type);
}

void store_outbox_remove(
	struct store *s, const struct store_owner *owner, uint32_t number)
{
	static const struct job_type type =
		SCRIPT_TYPE(.name = "end of a message", .patient = true);
	struct script *script = script_new(NULL, NULL);

	script_add(script, DB_OUTBOX_REMOVE,
		DB_VALUES(db_text(owner->gateway), db_text(owner->user),
			db_text(owner->account), db_number(number)));
	script_submit(script, s, &type);
}
