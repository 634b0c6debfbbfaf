/*
 * A step is written once as a macro over what the back-ends spell apart: the
 * type of bytes, and SQLite's wish to be told that the primary key is the
 * table. A step that was released is never changed; add another one.
 */
#include "store/migrations.h"

#include <assert.h>

#include "base/log.h"
#include "base/str.h"

/* Accounts, contacts, choices, farewells, archive.
 *
 * A setting has `value`, or `sealed` under the key `key_id`.
 * archive_block keeps its rows in the order of writing, and its key holds all
 * that a search asks for before it looks at the data.
 * archive_time.last is NULL while the reader is there; `holder` stands for
 * the process that will close it, so that several can share a database. */
#define STEP_1(BYTES, TABLE_END)                                         \
	"CREATE TABLE account ("                                         \
	" gateway TEXT NOT NULL, jid TEXT NOT NULL, name TEXT NOT NULL," \
	" PRIMARY KEY (gateway, jid, name)" TABLE_END ";"                \
	"CREATE TABLE account_setting ("                                 \
	" gateway TEXT NOT NULL, jid TEXT NOT NULL,"                     \
	" account TEXT NOT NULL, name TEXT NOT NULL,"                    \
	" value TEXT, key_id TEXT, sealed " BYTES ","                    \
	" PRIMARY KEY (gateway, jid, account, name),"                    \
	" FOREIGN KEY (gateway, jid, account)"                           \
	" REFERENCES account (gateway, jid, name)"                       \
	" ON DELETE CASCADE" TABLE_END ";"                               \
	"CREATE TABLE contact ("                                         \
	" gateway TEXT NOT NULL, jid TEXT NOT NULL,"                     \
	" contact TEXT NOT NULL, name TEXT, state BIGINT NOT NULL,"      \
	" PRIMARY KEY (gateway, jid, contact)" TABLE_END ";"             \
	"CREATE TABLE room_choice ("                                     \
	" gateway TEXT NOT NULL, jid TEXT NOT NULL,"                     \
	" room TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,"  \
	" PRIMARY KEY (gateway, jid, room, name)" TABLE_END ";"          \
	"CREATE TABLE announced ("                                       \
	" gateway TEXT NOT NULL, peer TEXT NOT NULL, jid TEXT NOT NULL," \
	" run BIGINT NOT NULL,"                                          \
	" PRIMARY KEY (gateway, peer, jid)" TABLE_END ";"                \
	"CREATE TABLE archive_block ("                                   \
	" channel " BYTES " NOT NULL,"                                   \
	" first BIGINT NOT NULL, last BIGINT NOT NULL,"                  \
	" messages BIGINT NOT NULL,"                                     \
	" low_ms BIGINT NOT NULL, high_ms BIGINT NOT NULL,"              \
	" data " BYTES " NOT NULL,"                                      \
	" PRIMARY KEY (channel, first, last, messages,"                  \
	" low_ms, high_ms));"                                            \
	"CREATE TABLE archive_log ("                                     \
	" holder BIGINT NOT NULL, number BIGINT NOT NULL,"               \
	" data " BYTES " NOT NULL,"                                      \
	" PRIMARY KEY (holder, number)" TABLE_END ";"                    \
	"CREATE TABLE archive_state ("                                   \
	" holder BIGINT NOT NULL PRIMARY KEY,"                           \
	" highest BIGINT NOT NULL" TABLE_END ";"                         \
	"CREATE TABLE archive_time ("                                    \
	" reader TEXT NOT NULL, channel " BYTES " NOT NULL,"             \
	" first BIGINT NOT NULL, last BIGINT, holder BIGINT NOT NULL,"   \
	" PRIMARY KEY (reader, channel, first)" TABLE_END ";"

/* What each reader has in the archive, so that it can be listed and erased;
 * and removals that began. */
#define STEP_2(BYTES, TABLE_END)                                       \
	"CREATE TABLE archive_source ("                                \
	" gateway TEXT NOT NULL, jid TEXT NOT NULL,"                   \
	" channel " BYTES " NOT NULL,"                                 \
	" account TEXT NOT NULL, name TEXT NOT NULL,"                  \
	" chat BIGINT NOT NULL, noted BIGINT NOT NULL,"                \
	" PRIMARY KEY (gateway, jid, channel)" TABLE_END ";"           \
	"CREATE INDEX archive_time_channel ON archive_time (channel);" \
	"CREATE TABLE removal ("                                       \
	" gateway TEXT NOT NULL, jid TEXT NOT NULL,"                   \
	" account TEXT NOT NULL,"                                      \
	" PRIMARY KEY (gateway, jid, account)" TABLE_END ";"

/* What must not get lost: things of gateways, messages towards networks, and
 * messages towards users. `expires` is in milliseconds, 0: never. Names are
 * bytes, so that they are in the same order everywhere.
 *
 * outbox.ref is the id of a message that this one is about, sent_as what the
 * network calls it; inbox.ref is a name of the network. archived: its number.
 * outbox.stage is 0 while its outcome is not known. `same` is made of what
 * says that two are one message; `run` is of the process that wrote it.
 * inbox.state: see inbox.h. `same` says which message it is, `settled` when the
 * user's server had it; `data` is NULL when that is over. */
#define STEP_3(BYTES, TABLE_END)                                              \
	"CREATE TABLE kept ("                                                 \
	" gateway TEXT NOT NULL, jid TEXT NOT NULL, account TEXT NOT NULL,"   \
	" name " BYTES " NOT NULL, expires BIGINT NOT NULL,"                  \
	" key_id TEXT NOT NULL, sealed " BYTES " NOT NULL,"                   \
	" PRIMARY KEY (gateway, jid, account, name));"                        \
	"CREATE INDEX kept_expires ON kept (expires) WHERE expires <> 0;"     \
	"CREATE TABLE message_number ("                                       \
	" gateway TEXT NOT NULL PRIMARY KEY, number BIGINT NOT NULL);"        \
	"CREATE TABLE outbox ("                                               \
	" gateway TEXT NOT NULL, jid TEXT NOT NULL, account TEXT NOT NULL,"   \
	" number BIGINT NOT NULL, stage BIGINT NOT NULL,"                     \
	" run BIGINT NOT NULL, same " BYTES ", noted BIGINT NOT NULL,"        \
	" expires BIGINT NOT NULL, data " BYTES " NOT NULL,"                  \
	" stanza_id TEXT, ref TEXT, sent_as TEXT,"                            \
	" archived BIGINT NOT NULL DEFAULT 0,"                                \
	" PRIMARY KEY (gateway, jid, account, number));"                      \
	"CREATE INDEX outbox_id ON outbox (gateway, jid, stanza_id);"         \
	"CREATE INDEX outbox_sent_as ON outbox (gateway, jid, sent_as);"      \
	"CREATE INDEX outbox_same ON outbox (gateway, jid, same, noted);"     \
	"CREATE INDEX outbox_waiting ON outbox (gateway, jid, account)"       \
	" WHERE stage = 0;"                                                   \
	"CREATE INDEX outbox_expires ON outbox (expires) WHERE expires <> 0;" \
	"CREATE TABLE inbox ("                                                \
	" gateway TEXT NOT NULL, jid TEXT NOT NULL, account TEXT NOT NULL,"   \
	" same " BYTES " NOT NULL, number BIGINT NOT NULL,"                   \
	" state BIGINT NOT NULL, run BIGINT NOT NULL,"                        \
	" noted BIGINT NOT NULL,"                                             \
	" settled BIGINT NOT NULL, expires BIGINT NOT NULL, data " BYTES ","  \
	" ref TEXT, archived BIGINT NOT NULL DEFAULT 0,"                      \
	" PRIMARY KEY (gateway, jid, account, same));"                        \
	"CREATE INDEX inbox_number ON inbox (gateway, number)"                \
	" WHERE data IS NOT NULL;"                                            \
	"CREATE INDEX inbox_settled ON inbox (settled) WHERE state = 1;"      \
	"CREATE INDEX inbox_expires ON inbox (expires) WHERE expires <> 0;"

#define STEP(step)                                             \
	{                                                      \
		[DB_SQLITE] = step("BLOB", ") WITHOUT ROWID"), \
		[DB_POSTGRES] = step("BYTEA", ")"),            \
	}

static const char *const steps[][DB_DIALECT_COUNT] = {
	STEP(STEP_1),
	STEP(STEP_2),
	STEP(STEP_3),
};

int migrations_count(void)
{
	return (int)COUNT(steps);
}

static int set_version(struct db *db, int64_t version)
{
	if (db_run(db, DB_VERSION_CLEAR, NULL, 0) != 0)
		return -1;
	return db_run(db, DB_VERSION_SET, DB_VALUES(db_number(version)));
}

static int run_steps(struct db *db, int64_t done)
{
	for (size_t i = (size_t)done; i < COUNT(steps); i++) {
		const char *sql = steps[i][db->driver->dialect];

		if (db->driver->script(db, sql) != 0)
			return -1;
		log_info("store", "tables brought to version %zu", i + 1);
	}
	return set_version(db, (int64_t)COUNT(steps));
}

/* Inside the transaction. */
static int bring_up_to_date(struct db *db, const char **reason_r)
{
	int64_t version = 0;

	if (db->driver->script(db, "CREATE TABLE IF NOT EXISTS store_version"
				   " (version BIGINT NOT NULL)") != 0 ||
		db_ask(db, DB_VERSION_GET, NULL, 0, &version) != 0)
		return -1;
	if (version < 0 || version > (int64_t)COUNT(steps)) {
		*reason_r = "the database was written by a newer version of "
			    "this program: install that version, or restore "
			    "a backup made before the upgrade";
		return -1;
	}
	if (version == (int64_t)COUNT(steps))
		return 0;
	return run_steps(db, version);
}

int migrations_run(struct db *db, const char **reason_r)
{
	static char reason[512];

	*reason_r = NULL;
	if (db->driver->begin_alone(db) == 0 &&
		bring_up_to_date(db, reason_r) == 0 &&
		db->driver->commit(db) == 0)
		return 0;
	if (*reason_r == NULL) {
		text_format(reason, sizeof(reason),
			"the tables can't be made or brought up to date: %s",
			db->message);
		*reason_r = reason;
	}
	db->driver->rollback(db);
	return -1;
}
