#include "store/inbox.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/limits.h"
#include "store/script.h"

/* A page ends after so many rows, or when it is so big. */
#define PAGE_ROWS  50
#define PAGE_BYTES ((size_t)1 * MIB)
#define PAGE_MAX   ((size_t)8 * MIB)

/* Messages that one step makes short. */
#define STEP_ROWS 200

static struct db_value db_key(const struct inbox_key *key)
{
	return db_blob(key->bytes, sizeof(key->bytes));
}

/* --- One ----------------------------------------------------------------- */

struct one {
	struct job job;
	char *gateway, *user, *account;
	struct inbox_key key;
	int64_t run, wall_ms, expires_ms;
	struct str data;
	char *ref;
	int64_t archived; /* to be stored, or of `ref` */
	struct inbox_key ref_key;
	store_inbox_fn fn;
	store_inbox_find_fn found;
	void *arg;
	int64_t before;
};

static int ask_state(struct one *o, struct db *db)
{
	o->before = INBOX_NONE;
	return db_ask(db, DB_INBOX_STATE,
		DB_VALUES(db_text(o->gateway), db_text(o->user),
			db_text(o->account), db_key(&o->key)),
		&o->before);
}

static int find_run(struct job *j, struct db *db)
{
	struct one *o = CONTAINER(j, struct one, job);
	struct db_value gateway = db_text(o->gateway);
	struct db_value user = db_text(o->user);
	struct db_value account = db_text(o->account);

	o->archived = 0;
	if (ask_state(o, db) != 0)
		return -1;
	if (o->ref == NULL)
		return 0;
	if (db_ask(db, DB_INBOX_ARCHIVED,
		    DB_VALUES(gateway, user, account, db_key(&o->ref_key)),
		    &o->archived) != 0)
		return -1;
	if (o->archived != 0)
		return 0;
	return db_ask(db, DB_OUTBOX_ARCHIVED,
		DB_VALUES(gateway, user, account, db_text(o->ref)),
		&o->archived);
}

static int put_run(struct job *j, struct db *db)
{
	struct one *o = CONTAINER(j, struct one, job);
	struct db_value gateway = db_text(o->gateway);
	struct db_value data = db_blob(NULL, 0);
	int64_t number = 0, state = INBOX_OVER;

	if (ask_state(o, db) != 0)
		return -1;
	if (o->before != INBOX_NONE)
		return 0;
	if (db_run(db, DB_NUMBER_TAKE, DB_VALUES(gateway)) != 0 ||
		db_ask(db, DB_NUMBER_LAST, DB_VALUES(gateway), &number) != 0)
		return -1;
	if (o->data.len > 0) {
		data = db_blob(o->data.data, o->data.len);
		state = INBOX_WAITING;
	}
	return db_run(db, DB_INBOX_PUT,
		DB_VALUES(gateway, db_text(o->user), db_text(o->account),
			db_key(&o->key), db_number(number), db_number(state),
			db_number(o->run), db_number(o->wall_ms),
			db_number(o->expires_ms), data, db_text(o->ref),
			db_number(o->archived)));
}

static void one_finish(struct job *j)
{
	struct one *o = CONTAINER(j, struct one, job);

	if (o->found != NULL)
		o->found(j->status, (enum inbox_state)o->before,
			(uint64_t)o->archived, o->arg);
	else
		o->fn(j->status, (enum inbox_state)o->before, o->arg);
	str_finish(&o->data);
	xfree(o->ref);
	xfree(o->gateway);
	xfree(o->user);
	xfree(o->account);
	xfree(o);
}

static struct one *one_new(const struct store_owner *owner,
	const struct inbox_key *key, const char *ref, void *arg)
{
	struct one *o = xalloc(sizeof(*o));

	o->gateway = xstrdup(owner->gateway);
	o->user = xstrdup(owner->user);
	o->account = xstrdup(owner->account);
	o->key = *key;
	o->ref = xstrdup(ref);
	o->arg = arg;
	return o;
}

void store_inbox_put(struct store *s, const struct store_incoming_new *m,
	store_inbox_fn fn, void *arg)
{
	static const struct job_type type = {
		.name = "incoming message", .run = put_run, .finish = one_finish
	};
	struct one *o = one_new(&m->owner, &m->key, m->ref, arg);

	o->fn = fn;
	o->archived = (int64_t)m->archived;
	o->run = m->run;
	o->wall_ms = m->wall_ms;
	o->expires_ms = m->expires_ms;
	str_init(&o->data, m->data.len + 1);
	str_add_slice(&o->data, m->data);
	store_submit(s, &o->job, &type);
}

void store_inbox_find(struct store *s, const struct inbox_name *name,
	const char *ref, const struct inbox_key *ref_key,
	store_inbox_find_fn fn, void *arg)
{
	static const struct job_type type = { .name = "incoming message",
		.run = find_run,
		.finish = one_finish,
		.reads = true };

	struct one *o = one_new(&name->owner, &name->key, ref, arg);

	o->ref_key = *ref_key;
	o->found = fn;
	store_submit(s, &o->job, &type);
}

/* --- Pages --------------------------------------------------------------- */

struct row {
	struct row *next;
	struct store_incoming m;
};

struct reading {
	struct job job;
	char *gateway, *user; /* `user` NULL: of all, what waits */
	uint32_t after;
	int64_t settled_ms;
	struct store_inbox_events events;
	void *arg;
	struct arena arena;
	struct row *rows;
	bool has_more;
};

/* From the columns number, state, run, jid, account, same, data, own id. NULL: too
 * big, or damaged. */
static struct row *copy_row(struct reading *r, struct db *db)
{
	struct row *row = arena_alloc(&r->arena, sizeof(*row));
	struct slice key = db_get_bytes(db, 5);
	struct slice data = db_get_bytes(db, 6);

	if (row == NULL || data.data == NULL ||
		key.len != sizeof(row->m.key.bytes))
		return NULL;
	memcpy(row->m.key.bytes, key.data, key.len);
	row->m.number = (uint32_t)db_get_number(db, 0);
	row->m.state = (enum inbox_state)db_get_number(db, 1);
	row->m.run = db_get_number(db, 2);
	row->m.owner.gateway = r->gateway;
	row->m.owner.user = arena_copy(&r->arena, db_get_bytes(db, 3));
	row->m.owner.account = arena_copy(&r->arena, db_get_bytes(db, 4));
	row->m.data = slice_make(arena_copy(&r->arena, data), data.len);
	struct slice own_id = db_get_bytes(db, 7);
	if (own_id.data != NULL)
		row->m.own_id = arena_copy(&r->arena, own_id);
	bool whole = row->m.owner.user != NULL &&
		     row->m.owner.account != NULL && row->m.data.data != NULL;
	return whole ? row : NULL;
}

static int start_page(const struct reading *r, struct db *db)
{
	struct db_value gateway = db_text(r->gateway);
	struct db_value after = db_number(r->after);

	if (r->user != NULL)
		return db_start(db, DB_INBOX_RETURNED_PAGE,
			DB_VALUES(gateway, after, db_text(r->user),
				db_number(PAGE_ROWS)));
	return db_start(db, DB_INBOX_PAGE,
		DB_VALUES(gateway, after, db_number(r->settled_ms),
			db_number(PAGE_ROWS)));
}

static int read_rows(struct reading *r, struct db *db)
{
	struct row **end = &r->rows;
	size_t count = 0, bytes = 0;
	int got = start_page(r, db);

	while (got >= 0 && bytes < PAGE_BYTES && (got = db_step(db)) > 0) {
		struct row *row = copy_row(r, db);

		if (row == NULL) {
			db->error = DB_FAILED;
			text_copy(db->message, sizeof(db->message),
				"too big, or damaged");
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

static int page_run(struct job *j, struct db *db)
{
	struct reading *r = CONTAINER(j, struct reading, job);

	arena_reset(&r->arena);
	r->rows = NULL;
	int status = read_rows(r, db);
	db_stop(db);
	return status;
}

static void page_finish(struct job *j)
{
	struct reading *r = CONTAINER(j, struct reading, job);

	for (const struct row *row = r->rows; j->status == 0 && row != NULL;
		row = row->next)
		r->events.each(&row->m, r->arg);
	r->events.done(j->status, !r->has_more, r->arg);
	arena_finish(&r->arena);
	xfree(r->gateway);
	xfree(r->user);
	xfree(r);
}

static void submit_page(struct store *s, struct reading *r, const char *gateway,
	const struct store_inbox_events *events, void *arg)
{
	static const struct job_type type = { .name = "incoming messages",
		.run = page_run,
		.finish = page_finish,
		.reads = true,
		.patient = true };

	arena_init(&r->arena, PAGE_MAX);
	r->gateway = xstrdup(gateway);
	r->events = *events;
	r->arg = arg;
	store_submit(s, &r->job, &type);
}

void store_inbox_page(struct store *s, const char *gateway, uint32_t after,
	int64_t settled_ms, const struct store_inbox_events *events, void *arg)
{
	struct reading *r = xalloc(sizeof(*r));

	r->after = after;
	r->settled_ms = settled_ms;
	submit_page(s, r, gateway, events, arg);
}

void store_inbox_returned(struct store *s, const char *gateway,
	const char *user, uint32_t after,
	const struct store_inbox_events *events, void *arg)
{
	struct reading *r = xalloc(sizeof(*r));

	r->after = after;
	r->user = xstrdup(user);
	submit_page(s, r, gateway, events, arg);
}

/* --- Changes ------------------------------------------------------------- */

void store_inbox_settle(struct store *s, const struct inbox_name *names,
	size_t count, int64_t wall_ms, store_done_fn fn, void *arg)
{
	static const struct job_type type =
		SCRIPT_TYPE(.name = "settled messages", .patient = true);
	struct script *script = script_new(fn, arg);

	for (size_t i = 0; i < count; i++)
		script_add(script, DB_INBOX_SETTLE,
			DB_VALUES(db_number(wall_ms),
				db_text(names[i].owner.gateway),
				db_text(names[i].owner.user),
				db_text(names[i].owner.account),
				db_key(&names[i].key)));
	script_submit(script, s, &type);
}

void store_inbox_return(struct store *s, const struct inbox_name *name)
{
	static const struct job_type type =
		SCRIPT_TYPE(.name = "returned message", .patient = true);
	struct script *script = script_new(NULL, NULL);

	script_add(script, DB_INBOX_RETURN,
		DB_VALUES(db_text(name->owner.gateway),
			db_text(name->owner.user), db_text(name->owner.account),
			db_key(&name->key)));
	script_submit(script, s, &type);
}

void store_inbox_retry(
	struct store *s, const struct inbox_name *name, int64_t wall_ms)
{
	static const struct job_type type =
		SCRIPT_TYPE(.name = "message tried again", .patient = true);
	struct script *script = script_new(NULL, NULL);

	script_add(script, DB_INBOX_RETRY,
		DB_VALUES(db_number(wall_ms), db_text(name->owner.gateway),
			db_text(name->owner.user), db_text(name->owner.account),
			db_key(&name->key)));
	script_submit(script, s, &type);
}

/* --- The end ------------------------------------------------------------- */

struct ending {
	struct job job;
	int64_t settled_ms;
	bool has_more;
};

static int ending_run(struct job *j, struct db *db)
{
	struct ending *e = CONTAINER(j, struct ending, job);

	if (db_run(db, DB_INBOX_EMPTY,
		    DB_VALUES(db_number(e->settled_ms),
			    db_number(STEP_ROWS))) != 0)
		return -1;
	e->has_more = db->changes >= STEP_ROWS;
	return 0;
}

static void ending_finish(struct job *j);

static const struct job_type ending_type = {
	.name = "end of messages",
	.run = ending_run,
	.finish = ending_finish,
};

static void ending_finish(struct job *j)
{
	struct ending *e = CONTAINER(j, struct ending, job);

	if (j->status == 0 && e->has_more)
		store_submit(j->store, j, &ending_type);
	else
		xfree(e);
}

void store_inbox_end(struct store *s, int64_t settled_ms)
{
	struct ending *e = xalloc(sizeof(*e));

	e->settled_ms = settled_ms;
	store_submit(s, &e->job, &ending_type);
}

void store_inbox_end_all(struct store *s, const char *gateway)
{
	static const struct job_type type =
		SCRIPT_TYPE(.name = "end of messages");
	struct script *script = script_new(NULL, NULL);

	script_add(script, DB_INBOX_EMPTY_ALL, DB_VALUES(db_text(gateway)));
	script_submit(script, s, &type);
}
