/*
 * SQLite: one connection, used by one thread at a time. WAL with
 * synchronous=FULL: what was committed survives the loss of power.
 * Statements are prepared at their first use and kept.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "store/db.h"

/* How long a lock of another process (a backup, the sqlite3 shell) is waited
 * for before the transaction is tried again. */
#define BUSY_MS 5000

/* "Cway": marks our files, so that those of others are not touched. */
#define APPLICATION_ID 0x43776179

struct sqlite {
	struct db db;
	sqlite3 *handle;
	sqlite3_stmt *statements[DB_STATEMENT_COUNT];
	sqlite3_stmt *current;
};

static struct sqlite *sqlite_of(struct db *db)
{
	assert(db->driver == &db_sqlite);
	return CONTAINER(db, struct sqlite, db);
}

static enum db_error error_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return DB_FULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return DB_LOST;
	default:
		return DB_FAILED;
	}
}

static int failed(struct sqlite *s, int code)
{
	s->db.error = error_of(code);
	text_format(s->db.message, sizeof(s->db.message), "%s (%d)",
		sqlite3_errmsg(s->handle), code);
	return -1;
}

static int exec(struct sqlite *s, const char *sql)
{
	int code = sqlite3_exec(s->handle, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : failed(s, code);
}

/* --- Opening ------------------------------------------------------------- */

/* The first number that a statement without values gives; -1 on error. */
static int64_t ask(struct sqlite *s, const char *sql)
{
	sqlite3_stmt *statement;
	int64_t number = -1;

	int code = sqlite3_prepare_v2(s->handle, sql, -1, &statement, NULL);
	if (code == SQLITE_OK) {
		code = sqlite3_step(statement);
		if (code == SQLITE_ROW)
			number = sqlite3_column_int64(statement, 0);
		sqlite3_finalize(statement);
	}
	if (code != SQLITE_ROW)
		(void)failed(s, code);
	return number;
}

/* Make the file readable for us alone; SQLite gives its companions the same
 * mode. */
static int create_file(const char *path, const char **reason_r)
{
	static char reason[512];
	int fd;

	if (strcmp(path, ":memory:") == 0)
		return 0; /* SQLite's name for no file at all */
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0) {
		text_format(reason, sizeof(reason),
			"%s can't be opened for writing: %s", path,
			strerror(errno));
		*reason_r = reason;
		return -1;
	}
	close(fd);
	return 0;
}

/* -1 when the file has tables of somebody else. */
static int check_owner(struct sqlite *s)
{
	int64_t id = ask(s, "PRAGMA application_id");
	int64_t tables = ask(s, "SELECT COUNT(*) FROM sqlite_master");

	if (id < 0 || tables < 0)
		return -1;
	if (id == APPLICATION_ID)
		return 0;
	if (id != 0 || tables != 0) {
		text_format(s->db.message, sizeof(s->db.message),
			"it is the database of another program");
		return -1;
	}
	return 0;
}

/* The tables without which nothing works are small: look at all of them.
 * A damaged block of the archive is passed over when it is read. */
static int check_tables(struct sqlite *s)
{
	static const char *const checks[] = {
		"PRAGMA quick_check(account)",
		"PRAGMA quick_check(account_setting)",
		"PRAGMA quick_check(contact)",
		"PRAGMA quick_check(room_choice)",
	};
	sqlite3_stmt *statement;
	int code;

	if (ask(s, "SELECT COUNT(*) FROM sqlite_master") <= 0)
		return 0;
	for (size_t i = 0; i < COUNT(checks); i++) {
		code = sqlite3_prepare_v2(
			s->handle, checks[i], -1, &statement, NULL);
		if (code == SQLITE_OK)
			code = sqlite3_step(statement);
		if (code != SQLITE_ROW) {
			sqlite3_finalize(statement);
			return failed(s, code);
		}
		const char *said =
			(const char *)sqlite3_column_text(statement, 0);
		bool is_sound = said != NULL && strcmp(said, "ok") == 0;
		if (!is_sound)
			text_format(s->db.message, sizeof(s->db.message), "%s",
				said ? said : "no answer");
		sqlite3_finalize(statement);
		if (!is_sound)
			return -1;
	}
	return 0;
}

static int set_up(struct sqlite *s)
{
	char mark[64];

	sqlite3_extended_result_codes(s->handle, 1);
	sqlite3_busy_timeout(s->handle, BUSY_MS);
	if (check_owner(s) != 0)
		return -1;
	text_format(mark, sizeof(mark), "PRAGMA application_id = %d",
		APPLICATION_ID);
	/* secure_delete: what a user had removed is overwritten. */
	if (exec(s, "PRAGMA journal_mode = WAL") != 0 ||
		exec(s, "PRAGMA synchronous = FULL;"
			"PRAGMA foreign_keys = ON;"
			"PRAGMA temp_store = MEMORY;"
			"PRAGMA mmap_size = 67108864;"
			"PRAGMA cache_size = -8192;"
			"PRAGMA journal_size_limit = 16777216;"
			"PRAGMA secure_delete = ON;"
			"PRAGMA trusted_schema = OFF;"
			"PRAGMA cell_size_check = ON") != 0)
		return -1;
	if (ask(s, "PRAGMA application_id") != APPLICATION_ID &&
		exec(s, mark) != 0)
		return -1;
	return check_tables(s);
}

static void sqlite_purge(struct db *db)
{
	struct sqlite *s = sqlite_of(db);

	/* The write-ahead log still holds pages from before. */
	if (exec(s, "PRAGMA wal_checkpoint(TRUNCATE)") != 0)
		log_warning("store",
			"removed data may still be readable in "
			"the write-ahead log: %s",
			s->db.message);
}

static void sqlite_close(struct db *db)
{
	struct sqlite *s = sqlite_of(db);

	for (size_t i = 0; i < DB_STATEMENT_COUNT; i++)
		sqlite3_finalize(s->statements[i]);
	sqlite3_close(s->handle);
	xfree(s);
}

static struct db *sqlite_open(const char *path, const char **reason_r)
{
	static char reason[1024];
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	struct sqlite *s;

	if (create_file(path, reason_r) != 0)
		return NULL;
	s = xalloc(sizeof(*s));
	s->db.driver = &db_sqlite;
	int code = sqlite3_open_v2(path, &s->handle, flags, NULL);
	if (code == SQLITE_OK ? set_up(s) == 0 : failed(s, code) == 0) {
		/* A removal's last step, where a crash came before it. */
		sqlite_purge(&s->db);
		return &s->db;
	}
	text_format(reason, sizeof(reason),
		"%s can't be used: %s. If it is damaged, stop every program "
		"that uses it, keep a copy, and restore a backup; without "
		"one, \"sqlite3 %s .recover | sqlite3 NEW\" saves what is "
		"readable, and moving the file away starts an empty database",
		path, s->db.message, path);
	*reason_r = reason;
	sqlite_close(&s->db);
	return NULL;
}

static int sqlite_reopen(struct db *db UNUSED)
{
	return 0;
}

/* --- Transactions -------------------------------------------------------- */

static int sqlite_begin(struct db *db)
{
	/* The write lock at once: waiting for it later, in the middle of a
	 * transaction, could not be repeated. */
	return exec(sqlite_of(db), "BEGIN IMMEDIATE");
}

static int sqlite_commit(struct db *db)
{
	return exec(sqlite_of(db), "COMMIT");
}

static void sqlite_rollback(struct db *db)
{
	struct sqlite *s = sqlite_of(db);

	/* Some errors have rolled back already. */
	if (!sqlite3_get_autocommit(s->handle))
		(void)sqlite3_exec(s->handle, "ROLLBACK", NULL, NULL, NULL);
}

/* --- Statements ---------------------------------------------------------- */

static int bind(sqlite3_stmt *statement, int at, const struct db_value *v)
{
	if (v->type == DB_NUMBER)
		return sqlite3_bind_int64(statement, at, v->number);
	if (v->bytes.data == NULL)
		return sqlite3_bind_null(statement, at);
	if (v->type == DB_TEXT)
		return sqlite3_bind_text64(statement, at, v->bytes.data,
			v->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
	return sqlite3_bind_blob64(
		statement, at, v->bytes.data, v->bytes.len, SQLITE_STATIC);
}

static int sqlite_start(struct db *db, enum db_statement id,
	const struct db_value *values, size_t count)
{
	struct sqlite *s = sqlite_of(db);
	sqlite3_stmt **slot = &s->statements[id];
	int code = SQLITE_OK;

	assert(s->current == NULL);
	if (*slot == NULL)
		code = sqlite3_prepare_v3(s->handle, db_statement_text(id), -1,
			SQLITE_PREPARE_PERSISTENT, slot, NULL);
	if (code != SQLITE_OK)
		return failed(s, code);
	assert(sqlite3_bind_parameter_count(*slot) == (int)count);
	s->current = *slot;
	for (size_t i = 0; i < count && code == SQLITE_OK; i++)
		code = bind(*slot, (int)i + 1, &values[i]);
	return code == SQLITE_OK ? 0 : failed(s, code);
}

static int sqlite_step(struct db *db)
{
	struct sqlite *s = sqlite_of(db);
	int code = sqlite3_step(s->current);

	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : failed(s, code);
}

static void sqlite_stop(struct db *db)
{
	struct sqlite *s = sqlite_of(db);

	if (s->current == NULL)
		return;
	sqlite3_reset(s->current);
	/* The values are borrowed: leave no pointer to them behind. */
	sqlite3_clear_bindings(s->current);
	s->current = NULL;
}

static int64_t sqlite_number(struct db *db, int column)
{
	return sqlite3_column_int64(sqlite_of(db)->current, column);
}

static struct slice sqlite_bytes(struct db *db, int column)
{
	sqlite3_stmt *statement = sqlite_of(db)->current;

	if (sqlite3_column_type(statement, column) == SQLITE_NULL)
		return slice_make(NULL, 0);
	/* For text this is its UTF-8; NULL when there are no bytes. */
	const char *data = sqlite3_column_blob(statement, column);
	return slice_make(data ? data : "",
		(size_t)sqlite3_column_bytes(statement, column));
}

static long sqlite_changes(struct db *db)
{
	return sqlite3_changes(sqlite_of(db)->handle);
}

static int sqlite_script(struct db *db, const char *sql)
{
	return exec(sqlite_of(db), sql);
}

const struct db_driver db_sqlite = {
	.scheme = "sqlite:",
	.dialect = DB_SQLITE,
	.open = sqlite_open,
	.close = sqlite_close,
	.reopen = sqlite_reopen,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.begin_alone = sqlite_begin,
	.start = sqlite_start,
	.step = sqlite_step,
	.stop = sqlite_stop,
	.number = sqlite_number,
	.bytes = sqlite_bytes,
	.changes = sqlite_changes,
	.script = sqlite_script,
	.purge = sqlite_purge,
};
