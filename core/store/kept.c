#include "store/kept.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/load.h"
#include "store/script.h"

/* A page ends after so many rows, or when it is so big. */
#define PAGE_ROWS  200
#define PAGE_BYTES ((size_t)2 * MIB)
#define PAGE_MAX   ((size_t)8 * MIB)

/* What sealing adds is some bytes. */
#define SEALED_MAX (LIMIT_KEPT + KIB)

/* Behind the last of the names that begin with `prefix`. */
#define BOUND_SIZE (LIMIT_KEPT_NAME + 2)

bool store_kept_is_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	return len <= LIMIT_KEPT_NAME;
}

/* One part more than the context of a setting, so that neither opens in the
 * place of the other. */
static void context_of(
	struct str *out, const struct store_owner *o, struct slice name)
{
	const struct store_account a = {
		.gateway = o->gateway, .user = o->user, .account = o->account
	};

	account_context(out, &a, "");
	str_add_slice(out, name);
	str_add_char(out, '\0');
}

static struct db_value db_name(const char *name)
{
	return db_blob(name, strlen(name));
}

static void bound_of(const char *prefix, char bound[BOUND_SIZE])
{
	text_format(bound, BOUND_SIZE, "%s\x7f", prefix);
}

/* --- Writing ------------------------------------------------------------- */

/* Append the data of one, sealed, to `out`. */
static void seal(const struct vault *vault, const struct store_owner *o,
	struct slice name, struct slice data, struct str *out)
{
	struct str context;

	str_init(&context, ACCOUNT_CONTEXT_MAX);
	context_of(&context, o, name);
	vault_seal(vault, str_slice(&context), data, out);
	str_finish(&context);
}

static void add_item(struct script *script, struct store *s,
	const struct store_owner *o, const struct store_kept *item)
{
	struct str sealed;

	if (item->data == NULL) {
		script_add(script, DB_KEPT_REMOVE,
			DB_VALUES(db_text(o->gateway), db_text(o->user),
				db_text(o->account), db_name(item->name)));
		return;
	}
	str_init(&sealed, SEALED_MAX);
	seal(store_vault(s), o, slice_of(item->name),
		slice_make(item->data, item->len), &sealed);
	script_add(script, DB_KEPT_PUT,
		DB_VALUES(db_text(o->gateway), db_text(o->user),
			db_text(o->account), db_name(item->name),
			db_number(item->expires_ms),
			db_text(vault_key_id(store_vault(s))),
			db_blob(sealed.data, sealed.len)));
	str_finish(&sealed);
}

static bool is_good(const struct store_kept *item)
{
	return item->name[0] != '\0' && store_kept_is_name(item->name) &&
	       item->len <= LIMIT_KEPT;
}

void store_kept_put(struct store *s, const struct store_owner *owner,
	const struct store_kept *items, size_t count, store_done_fn fn,
	void *arg)
{
	static const struct job_type type = SCRIPT_TYPE(.name = "keeping");
	struct script *script = script_new(fn, arg);

	for (size_t i = 0; i < count; i++) {
		if (is_good(&items[i]))
			add_item(script, s, owner, &items[i]);
		else
			script_refuse(script);
	}
	script_submit(script, s, &type);
}

void store_kept_forget(struct store *s, const struct store_owner *owner,
	const char *prefix, store_done_fn fn, void *arg)
{
	static const struct job_type type =
		SCRIPT_TYPE(.name = "keeping no longer");
	struct script *script = script_new(fn, arg);
	char bound[BOUND_SIZE];

	if (!store_kept_is_name(prefix))
		script_refuse(script);
	bound_of(prefix, bound);
	script_add(script, DB_KEPT_FORGET,
		DB_VALUES(db_text(owner->gateway), db_text(owner->user),
			db_text(owner->account), db_name(prefix),
			db_name(bound)));
	script_submit(script, s, &type);
}

/* --- Reading ------------------------------------------------------------- */

struct item {
	struct item *next;
	const char *name;
	struct slice key_id, sealed;
};

struct reading {
	struct job job;
	char *gateway, *user, *account, *prefix;
	char *after; /* name of the last one delivered */
	struct store_kept_events events;
	void *arg;
	struct arena arena; /* of the page */
	struct item *items;
	bool has_more;
};

static struct store_owner owner_of(const struct reading *r)
{
	return (struct store_owner){ r->gateway, r->user, r->account };
}

/* On the store's thread; NULL: too big. */
static struct item *copy_item(struct reading *r, struct db *db)
{
	struct item *item = arena_alloc(&r->arena, sizeof(*item));
	struct slice parts[3];

	for (int i = 0; i < 3; i++) {
		parts[i] = db_get_bytes(db, i);
		if (parts[i].data == NULL)
			parts[i] = slice_of("");
		parts[i].data = arena_copy(&r->arena, parts[i]);
		if (parts[i].data == NULL)
			return NULL;
	}
	if (item != NULL)
		*item = (struct item){ NULL, parts[0].data, parts[1],
			parts[2] };
	return item;
}

static int read_page(struct reading *r, struct db *db)
{
	struct item **end = &r->items;
	size_t rows = 0, bytes = 0;
	char bound[BOUND_SIZE];
	int got;

	bound_of(r->prefix, bound);
	got = db_start(db, DB_KEPT_PAGE,
		DB_VALUES(db_text(r->gateway), db_text(r->user),
			db_text(r->account), db_name(r->prefix), db_name(bound),
			db_name(r->after), db_number(PAGE_ROWS)));
	while (got >= 0 && bytes < PAGE_BYTES && (got = db_step(db)) > 0) {
		struct item *item = copy_item(r, db);

		if (item == NULL) {
			db->error = DB_FAILED;
			text_copy(db->message, sizeof(db->message), "too big");
			return -1;
		}
		bytes += item->sealed.len;
		rows++;
		*end = item;
		end = &item->next;
	}
	r->has_more = rows == PAGE_ROWS || got > 0;
	return got < 0 ? -1 : 0;
}

static int reading_run(struct job *j, struct db *db)
{
	struct reading *r = CONTAINER(j, struct reading, job);

	arena_reset(&r->arena);
	r->items = NULL;
	int status = read_page(r, db);
	db_stop(db);
	return status;
}

/* Keys rotate: what an older key had sealed is sealed with the newest. */
static void seal_again(
	struct reading *r, const struct item *item, struct slice plain)
{
	static const struct job_type type = SCRIPT_TYPE(.name = "resealing");
	const struct vault *vault = store_vault(r->job.store);
	const struct store_owner o = owner_of(r);
	struct script *script;
	struct str sealed;

	if (slice_equals(item->key_id, vault_key_id(vault)))
		return;
	str_init(&sealed, SEALED_MAX);
	seal(vault, &o, slice_of(item->name), plain, &sealed);
	script = script_new(NULL, NULL);
	script_add(script, DB_KEPT_RESEAL,
		DB_VALUES(db_text(vault_key_id(vault)),
			db_blob(sealed.data, sealed.len), db_text(r->gateway),
			db_text(r->user), db_text(r->account),
			db_name(item->name),
			db_blob(item->sealed.data, item->sealed.len)));
	script_submit(script, r->job.store, &type);
	str_finish(&sealed);
}

/* False: the caller has enough. */
static bool deliver(struct reading *r, const struct item *item)
{
	const struct store_owner o = owner_of(r);
	struct str context, plain;
	bool goes_on = true;

	str_init(&context, ACCOUNT_CONTEXT_MAX);
	str_init(&plain, SEALED_MAX);
	context_of(&context, &o, slice_of(item->name));
	if (vault_unseal(store_vault(r->job.store), item->key_id,
		    str_slice(&context), item->sealed, &plain) == 0) {
		seal_again(r, item, str_slice(&plain));
		goes_on = r->events.each(
			item->name, str_text(&plain), plain.len, r->arg);
	} else {
		log_warning("store",
			"something kept does not open, its key is missing or "
			"the row was altered user=%s account=%s name=%s",
			r->user, r->account, item->name);
	}
	if (plain.data != NULL)
		crypto_wipe(plain.data, plain.cap);
	str_finish(&plain);
	str_finish(&context);
	return goes_on;
}

static void reading_free(struct reading *r)
{
	arena_finish(&r->arena);
	xfree(r->gateway);
	xfree(r->user);
	xfree(r->account);
	xfree(r->prefix);
	xfree(r->after);
	xfree(r);
}

static void reading_finish(struct job *j);

static const struct job_type reading_type = {
	.name = "reading what is kept",
	.run = reading_run,
	.finish = reading_finish,
	.reads = true,
};

static void reading_finish(struct job *j)
{
	struct reading *r = CONTAINER(j, struct reading, job);
	const struct item *item = j->status == 0 ? r->items : NULL;
	bool goes_on = true;

	for (; item != NULL && goes_on; item = item->next) {
		goes_on = deliver(r, item);
		xstrset(&r->after, item->name);
	}
	if (goes_on && j->status == 0 && r->has_more) {
		store_submit(j->store, j, &reading_type);
		return;
	}
	if (goes_on)
		r->events.done(j->status, r->arg);
	reading_free(r);
}

void store_kept_read(struct store *s, const struct store_owner *owner,
	const char *prefix, const struct store_kept_events *events, void *arg)
{
	struct reading *r = xalloc(sizeof(*r));

	arena_init(&r->arena, PAGE_MAX);
	r->gateway = xstrdup(owner->gateway);
	r->user = xstrdup(owner->user);
	r->account = xstrdup(owner->account);
	r->prefix = xstrndup(prefix, LIMIT_KEPT_NAME);
	r->after = xstrdup("");
	r->events = *events;
	r->arg = arg;
	store_submit(s, &r->job, &reading_type);
}
