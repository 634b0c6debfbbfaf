/*
 * Reading everything of a gateway in pages: one job a page, which the loop
 * delivers before it asks for the next one, so that memory and the time of
 * a callback stay bounded whatever the number of users.
 */
#include "store/load.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/secret.h"
#include "store/script.h"

/* Rows (or accounts with all their settings) in a page. */
#define PAGE_ROWS 200
#define PAGE_MAX  ((size_t)64 * MIB)

#define COLUMNS_MAX 6
#define KEYS_MAX    3

struct row {
	struct row *next;
	struct slice columns[COLUMNS_MAX]; /* NUL-terminated, or data NULL */
	int64_t number;                    /* the last column, if numeric */
};

struct load;

/* One of the tables, in the order in which they are read. */
struct part {
	enum db_statement id;
	int columns;
	int keys; /* the first columns, by which the pages are ordered */
	bool has_number;
	void (*deliver)(struct load *l);
};

struct load {
	struct job job;
	struct store_load_events events;
	void *arg;
	char *gateway;
	const struct part *part;
	char *after[KEYS_MAX]; /* keys of the last row delivered */

	struct arena arena; /* of the page */
	struct row *rows;
	size_t count; /* rows, or accounts */
};

/* --- Reading, on the store's thread -------------------------------------- */

static bool is_same_key(const struct row *a, const struct row *b, int keys)
{
	for (int i = 0; i < keys; i++) {
		if (a->columns[i].len != b->columns[i].len ||
			memcmp(a->columns[i].data, b->columns[i].data,
				a->columns[i].len) != 0)
			return false;
	}
	return true;
}

static struct row *copy_row(struct load *l, struct db *db)
{
	struct row *row = arena_alloc(&l->arena, sizeof(*row));

	if (row == NULL)
		return NULL;
	for (int i = 0; i < l->part->columns; i++) {
		struct slice bytes = db_get_bytes(db, i);

		if (bytes.data == NULL)
			continue;
		row->columns[i].len = bytes.len;
		row->columns[i].data = arena_copy(&l->arena, bytes);
		if (row->columns[i].data == NULL)
			return NULL;
	}
	if (l->part->has_number)
		row->number = db_get_number(db, l->part->columns);
	return row;
}

static int start_page(struct load *l, struct db *db)
{
	struct db_value values[2 + KEYS_MAX];
	size_t n = 0;

	values[n++] = db_text(l->gateway);
	for (int i = 0; i < l->part->keys; i++)
		values[n++] = db_text(l->after[i] ? l->after[i] : "");
	values[n++] = db_number(PAGE_ROWS);
	return db_start(db, l->part->id, values, n);
}

static int read_rows(struct load *l, struct db *db)
{
	struct row **end = &l->rows;
	struct row *last = NULL;
	int got;

	if (start_page(l, db) != 0)
		return -1;
	while ((got = db_step(db)) > 0) {
		struct row *row = copy_row(l, db);

		if (row == NULL) {
			db->error = DB_FAILED;
			text_copy(db->message, sizeof(db->message), "too big");
			return -1;
		}
		if (last == NULL || !is_same_key(last, row, l->part->keys))
			l->count++;
		*end = last = row;
		end = &row->next;
	}
	return got;
}

static int load_run(struct job *j, struct db *db)
{
	struct load *l = CONTAINER(j, struct load, job);

	arena_reset(&l->arena);
	l->rows = NULL;
	l->count = 0;
	int status = read_rows(l, db);
	db_stop(db);
	return status;
}

/* --- Accounts ------------------------------------------------------------ */

/* The columns of an account's row. */
enum { JID, ACCOUNT, NAME, VALUE, KEY_ID, SEALED };

/* NULL stands for an empty secret. */
static int open_secret(struct load *l, const struct row *row,
	struct slice context, struct secret **secret_r)
{
	struct str plain;
	int status;

	str_init(&plain, ACCOUNT_SEALED_MAX);
	status = vault_unseal(store_vault(l->job.store), row->columns[KEY_ID],
		context, row->columns[SEALED], &plain);
	if (status == 0)
		*secret_r = secret_new(str_slice(&plain));
	else
		log_warning("store",
			"a secret does not open, its key is missing or the "
			"row was altered user=%s account=%s setting=%s key=%s",
			row->columns[JID].data, row->columns[ACCOUNT].data,
			row->columns[NAME].data,
			row->columns[KEY_ID].data ? row->columns[KEY_ID].data
						  : "");
	if (plain.data != NULL)
		crypto_wipe(plain.data, plain.cap);
	str_finish(&plain);
	return status;
}

/* Keys rotate: what an older key had sealed is sealed with the newest. */
static void seal_again(struct load *l, const struct row *row,
	struct slice context, const struct secret *secret)
{
	static const struct job_type type = SCRIPT_TYPE(.name = "resealing");
	const struct vault *vault = store_vault(l->job.store);
	struct script *script;
	struct str sealed;

	if (slice_equals(row->columns[KEY_ID], vault_key_id(vault)))
		return;
	str_init(&sealed, ACCOUNT_SEALED_MAX);
	vault_seal(vault, context, secret_reveal(secret), &sealed);
	script = script_new(NULL, NULL);
	script_add(script, DB_SETTING_RESEAL,
		DB_VALUES(db_text(vault_key_id(vault)),
			db_blob(sealed.data, sealed.len), db_text(l->gateway),
			db_text(row->columns[JID].data),
			db_text(row->columns[ACCOUNT].data),
			db_text(row->columns[NAME].data),
			db_blob(row->columns[SEALED].data,
				row->columns[SEALED].len)));
	script_submit(script, l->job.store, &type);
	str_finish(&sealed);
}

/* One account while its rows are collected. */
struct collected {
	struct store_account account;
	struct store_setting *settings;
	struct secret **secrets;
	size_t secret_count;
};

static void add_secret(
	struct load *l, struct collected *c, const struct row *row)
{
	struct store_setting *setting = &c->settings[c->account.setting_count];
	struct secret *secret;
	struct str context;

	str_init(&context, ACCOUNT_CONTEXT_MAX);
	account_context(&context, &c->account, row->columns[NAME].data);
	if (open_secret(l, row, str_slice(&context), &secret) == 0) {
		seal_again(l, row, str_slice(&context), secret);
		*setting = (struct store_setting){ row->columns[NAME].data,
			secret_reveal(secret).data, true };
		c->account.setting_count++;
		c->secrets[c->secret_count++] = secret;
	}
	str_finish(&context);
}

static void add_row(struct load *l, struct collected *c, const struct row *row)
{
	const char *value = row->columns[VALUE].data;

	/* An account without settings has one row without a name. */
	if (row->columns[NAME].data == NULL)
		return;
	if (row->columns[SEALED].data != NULL) {
		add_secret(l, c, row);
		return;
	}
	c->settings[c->account.setting_count++] =
		(struct store_setting){ row->columns[NAME].data,
			value ? value : "", false };
}

/* Deliver the account whose first row is `row`; returns the next one's. */
static struct row *deliver_account(struct load *l, struct row *row)
{
	struct collected c = { .account = { .gateway = l->gateway,
				       .user = row->columns[JID].data,
				       .account =
					       row->columns[ACCOUNT].data } };
	struct row *end = row;
	size_t count = 0;

	for (; end != NULL && is_same_key(row, end, 2); end = end->next)
		count++;
	c.settings = xcalloc(count, sizeof(*c.settings));
	c.secrets = xcalloc(count, sizeof(struct secret *));
	c.account.settings = c.settings;
	for (; row != end; row = row->next)
		add_row(l, &c, row);
	l->events.account(&c.account, l->arg);
	for (size_t i = 0; i < c.secret_count; i++)
		secret_free(&c.secrets[i]);
	xfree(c.secrets);
	xfree(c.settings);
	return end;
}

static void deliver_accounts(struct load *l)
{
	struct row *row = l->rows;

	while (row != NULL)
		row = deliver_account(l, row);
}

/* --- Contacts and choices ------------------------------------------------ */

static void deliver_contacts(struct load *l)
{
	for (struct row *row = l->rows; row != NULL; row = row->next) {
		struct store_contact c = { .gateway = l->gateway,
			.user = row->columns[0].data,
			.contact = row->columns[1].data,
			.name = row->columns[2].data,
			.state = (int)row->number };

		l->events.contact(&c, l->arg);
	}
}

static void deliver_choices(struct load *l)
{
	for (struct row *row = l->rows; row != NULL; row = row->next) {
		struct store_room_choice c = { .gateway = l->gateway,
			.user = row->columns[0].data,
			.room = row->columns[1].data,
			.name = row->columns[2].data,
			.value = row->columns[3].data };

		l->events.room_choice(&c, l->arg);
	}
}

static void deliver_removals(struct load *l)
{
	for (struct row *row = l->rows; row != NULL; row = row->next) {
		const char *account = row->columns[1].data;

		l->events.removal(row->columns[0].data,
			account[0] != '\0' ? account : NULL, l->arg);
	}
}

static void deliver_waiting(struct load *l)
{
	for (struct row *row = l->rows; row != NULL; row = row->next)
		l->events.waiting(row->columns[0].data, row->columns[1].data,
			row->number, l->arg);
}

static const struct part parts[] = {
	{ DB_ACCOUNT_PAGE, 6, 2, false, deliver_accounts },
	{ DB_CONTACT_PAGE, 3, 2, true, deliver_contacts },
	{ DB_CHOICE_PAGE, 4, 3, false, deliver_choices },
	{ DB_REMOVAL_PAGE, 2, 2, false, deliver_removals },
	{ DB_OUTBOX_WAITING, 2, 2, true, deliver_waiting },
};

/* --- Page after page, on the loop ---------------------------------------- */

static void load_free(struct load *l)
{
	for (int i = 0; i < KEYS_MAX; i++)
		xfree(l->after[i]);
	arena_finish(&l->arena);
	xfree(l->gateway);
	xfree(l);
}

/* Where the next page goes on; false at the end of everything. */
static bool go_on(struct load *l)
{
	struct row *last = l->rows;

	while (last != NULL && last->next != NULL)
		last = last->next;
	if (l->count >= PAGE_ROWS) {
		assert(last != NULL);
		for (int i = 0; i < l->part->keys; i++)
			xstrset(&l->after[i], last->columns[i].data);
		return true;
	}
	for (int i = 0; i < KEYS_MAX; i++)
		xstrset(&l->after[i], NULL);
	return ++l->part < parts + COUNT(parts);
}

static void load_finish(struct job *j);

static const struct job_type load_type = {
	.name = "load",
	.run = load_run,
	.finish = load_finish,
	.reads = true,
};

static void load_finish(struct job *j)
{
	struct load *l = CONTAINER(j, struct load, job);

	if (j->status == 0) {
		l->part->deliver(l);
		if (go_on(l)) {
			store_submit(j->store, j, &load_type);
			return;
		}
	}
	l->events.done(j->status, l->arg);
	load_free(l);
}

void store_load(struct store *s, const char *gateway,
	const struct store_load_events *events, void *arg)
{
	struct load *l = xalloc(sizeof(*l));

	arena_init(&l->arena, PAGE_MAX);
	l->events = *events;
	l->arg = arg;
	l->gateway = xstrdup(gateway);
	l->part = parts;
	store_submit(s, &l->job, &load_type);
}
