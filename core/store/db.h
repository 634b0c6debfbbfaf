/*
 * What the store needs of a database: one table of functions per back-end.
 * All SQL stands in statements.c, once, in the subset that SQLite and
 * PostgreSQL share, with `?` for values.
 *
 * One thread at a time, one open statement at a time. Whoever gets -1 looks
 * at db->error; the words are in db->message.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/slice.h"
#include "store/statements.h"

enum db_error {
	DB_FAILED, /* this statement; others may work */
	DB_FULL,   /* no space left, or the disk is failing */
	DB_LOST,   /* connection or lock lost: nothing of the transaction
		      happened, and it can be tried again */
};

enum db_dialect { DB_SQLITE, DB_POSTGRES, DB_DIALECT_COUNT };

enum db_type { DB_NUMBER, DB_TEXT, DB_BLOB };

/* A value for a `?`. Text and blob are borrowed until the statement ends;
 * with data NULL they stand for SQL's NULL. */
struct db_value {
	enum db_type type;
	int64_t number;
	struct slice bytes;
};

static inline struct db_value db_number(int64_t number)
{
	return (struct db_value){ .type = DB_NUMBER, .number = number };
}

static inline struct db_value db_text(const char *text)
{
	return (struct db_value){ .type = DB_TEXT, .bytes = slice_of(text) };
}

static inline struct db_value db_blob(const void *data, size_t len)
{
	return (struct db_value){ .type = DB_BLOB,
		.bytes = slice_make(data, len) };
}

/* The last two arguments of db_start() and db_run(). */
#define DB_VALUES(...)                            \
	(const struct db_value[]){ __VA_ARGS__ }, \
		COUNT(((const struct db_value[]){ __VA_ARGS__ }))

struct db {
	const struct db_driver *driver;
	enum db_error error;
	char message[256];
	long changes; /* rows that the last db_run() wrote or deleted */
	/* Set by another thread: the program ends, wait for nothing long. */
	atomic_bool is_hurried;
};

struct db_driver {
	const char *scheme; /* how a location starts: "sqlite:" */
	enum db_dialect dialect;

	/* Connect to `place`, the location behind the scheme. NULL with a
	 * reason (static memory) for the operator. */
	struct db *(*open)(const char *place, const char **reason_r);
	void (*close)(struct db *db);
	/* After DB_LOST: connect again if need be. */
	int (*reopen)(struct db *db);

	int (*begin)(struct db *db);
	int (*commit)(struct db *db);
	/* Harmless outside a transaction; never fails. */
	void (*rollback)(struct db *db);
	/* Begin a transaction that no other process's one overlaps. */
	int (*begin_alone)(struct db *db);

	int (*start)(struct db *db, enum db_statement id,
		const struct db_value *values, size_t count);
	/* 1: a row. 0: no more. -1: error. */
	int (*step)(struct db *db);
	/* End the statement; always, also after an error. */
	void (*stop)(struct db *db);
	/* Columns of the row, from 0; bytes live until the next step. NULL
	 * is 0 or a slice with data NULL. */
	int64_t (*number)(struct db *db, int column);
	struct slice (*bytes)(struct db *db, int column);
	/* Rows that the statement wrote or deleted; after its last step. */
	long (*changes)(struct db *db);

	/* Several statements without values or rows. */
	int (*script)(struct db *db, const char *sql);
	/* Let nothing that was deleted stay readable in the files. */
	void (*purge)(struct db *db);
};

extern const struct db_driver db_sqlite, db_postgres;

/* Open by location ("sqlite:PATH") and bring the tables up to date. */
struct db *db_open(const char *location, const char **reason_r) MUST_CHECK;
/* Takes NULL inside, sets NULL. */
void db_close(struct db **db);

/* Run a statement that gives no rows. */
int db_run(struct db *db, enum db_statement id, const struct db_value *values,
	size_t count) MUST_CHECK;

/* Run a statement that gives one number; `*number_r` stays as it is when
 * there is no row. */
int db_ask(struct db *db, enum db_statement id, const struct db_value *values,
	size_t count, int64_t *number_r) MUST_CHECK;

/* Short forms of the table. */
static inline int db_start(struct db *db, enum db_statement id,
	const struct db_value *values, size_t count)
{
	return db->driver->start(db, id, values, count);
}

static inline int db_step(struct db *db)
{
	return db->driver->step(db);
}

static inline void db_stop(struct db *db)
{
	db->driver->stop(db);
}

static inline int64_t db_get_number(struct db *db, int column)
{
	return db->driver->number(db, column);
}

static inline struct slice db_get_bytes(struct db *db, int column)
{
	return db->driver->bytes(db, column);
}

#endif
