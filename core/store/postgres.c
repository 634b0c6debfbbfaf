/*
 * PostgreSQL: one connection, used by one thread at a time. The thread waits
 * for each answer, but not for ever: a server that is stopped or out of reach
 * counts as a lost connection. Numbers and bytes travel in binary form.
 * Statements are prepared on the server at their first use after each
 * connect.
 *
 * An error ends the transaction on the server; the caller rolls back.
 */
#include <assert.h>
#include <libpq-fe.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "store/db.h"

/* Object identifiers of types, which never change (pg_type.dat). */
#define TYPE_BYTEA 17
#define TYPE_INT8  20
#define TYPE_TEXT  25

/* How long an answer may take; the server gives up a statement before that.
 * And how often is looked whether the program wants to end. */
#define ANSWER_MS  30000
#define HURRIED_MS 3000
#define POLL_MS    500

#define VALUES_MAX 16
#define SQL_MAX    2048

/* Key of the advisory lock around the migrations: any fixed number. */
#define LOCK_ALONE "SELECT pg_advisory_xact_lock(4860631225397113177)"

struct postgres {
	struct db db;
	PGconn *conn;
	PGresult *result;
	int row;
	bool is_stale; /* the connection must be made anew */
	bool has_time; /* migrations take what they need */
	bool is_prepared[DB_STATEMENT_COUNT];
};

static struct postgres *postgres_of(struct db *db)
{
	assert(db->driver == &db_postgres);
	return CONTAINER(db, struct postgres, db);
}

/* --- Errors -------------------------------------------------------------- */

/* By the SQLSTATE (PostgreSQL manual, appendix A), of which a row names the
 * beginning. */
static const struct {
	const char *state;
	enum db_error error;
	bool is_stale;
} errors[] = {
	{ "08", DB_LOST, true },     /* connection */
	{ "25006", DB_LOST, true },  /* read-only: a standby, after a switch */
	{ "25P03", DB_LOST, true },  /* idle in transaction for too long */
	{ "40", DB_LOST, false },    /* serialization, deadlock */
	{ "53300", DB_LOST, true },  /* too many connections */
	{ "53", DB_FULL, false },    /* disk full, out of memory */
	{ "55P03", DB_LOST, false }, /* lock not available in time */
	{ "57P", DB_LOST, true },    /* the server shuts down or starts */
	{ "58", DB_FULL, false },    /* I/O error */
};

static void set_error(struct postgres *p, const char *state)
{
	p->db.error = DB_FAILED;
	if (p->is_stale || PQstatus(p->conn) != CONNECTION_OK) {
		p->db.error = DB_LOST;
		p->is_stale = true;
		return;
	}
	for (size_t i = 0; state != NULL && i < COUNT(errors); i++) {
		const char *prefix = errors[i].state;

		if (strncmp(state, prefix, strlen(prefix)) != 0)
			continue;
		p->db.error = errors[i].error;
		p->is_stale |= errors[i].is_stale;
		return;
	}
}

/* libpq's messages end with a newline and may have several lines. */
static void set_message(struct postgres *p, const char *text)
{
	size_t len;

	text_copy(p->db.message, sizeof(p->db.message), text);
	len = strlen(p->db.message);
	while (len > 0 && p->db.message[len - 1] == '\n')
		p->db.message[--len] = '\0';
}

/* Keep `result` as the present one, or its error. */
static int take(struct postgres *p, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
		p->result = result;
		p->row = -1;
		return 0;
	}
	set_error(p, PQresultErrorField(result, PG_DIAG_SQLSTATE));
	set_message(p, result || !p->is_stale ? PQerrorMessage(p->conn)
					      : "the server does not answer");
	PQclear(result);
	return -1;
}

static void drop(struct postgres *p)
{
	PQclear(p->result);
	p->result = NULL;
}

/* --- Waiting for answers ------------------------------------------------- */

static int64_t real_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_too_late(const struct postgres *p, int64_t start_ms)
{
	int64_t waited_ms = real_ms() - start_ms;

	if (atomic_load(&p->db.is_hurried) && waited_ms >= HURRIED_MS)
		return true;
	return !p->has_time && waited_ms >= ANSWER_MS;
}

/* Send and receive a little more. -1: nothing more will come. */
static int exchange(struct postgres *p, int64_t start_ms)
{
	int unsent = PQflush(p->conn);
	struct pollfd fd = { .fd = PQsocket(p->conn), .events = POLLIN };

	if (unsent < 0 || fd.fd < 0)
		return -1;
	if (unsent > 0)
		fd.events |= POLLOUT;
	if (poll(&fd, 1, POLL_MS) == 0 && is_too_late(p, start_ms)) {
		p->is_stale = true;
		return -1;
	}
	return PQconsumeInput(p->conn) ? 0 : -1;
}

/* The last result of what was just sent; NULL when it did not come. */
static PGresult *receive(struct postgres *p, int sent)
{
	int64_t start_ms = real_ms();
	PGresult *result = NULL, *next;

	if (!sent)
		return NULL;
	while (PQflush(p->conn) > 0 || PQisBusy(p->conn)) {
		if (exchange(p, start_ms) != 0)
			break;
	}
	while (!p->is_stale && (next = PQgetResult(p->conn)) != NULL) {
		PQclear(result);
		result = next;
		while (PQisBusy(p->conn) && exchange(p, start_ms) == 0)
			;
	}
	return result;
}

static int exec(struct postgres *p, const char *sql)
{
	if (take(p, receive(p, PQsendQuery(p->conn, sql))) != 0)
		return -1;
	drop(p);
	return 0;
}

/* --- Connection ---------------------------------------------------------- */

static void on_notice(void *arg UNUSED, const char *text)
{
	log_debug("store", "PostgreSQL: %s", text);
}

/* What every session needs. A weaker synchronous_commit of the server's
 * configuration could lose what we acknowledged; a stronger one stays. */
static int set_up_session(struct postgres *p)
{
	memset(p->is_prepared, 0, sizeof(p->is_prepared));
	PQsetNoticeProcessor(p->conn, on_notice, NULL);
	if (PQsetnonblocking(p->conn, 1) != 0)
		return -1;
	return exec(p, "SELECT set_config('synchronous_commit', 'on', false)"
		       " WHERE current_setting('synchronous_commit')"
		       " IN ('off', 'local');"
		       "SET client_min_messages = warning;"
		       "SET lock_timeout = '10s';"
		       "SET statement_timeout = '20s';"
		       "SET idle_in_transaction_session_timeout = '60s'");
}

/* Keywords before dbname yield to the operator's, those behind win. Times
 * are short enough for a clean stop while the server is out of reach. */
static PGconn *make_connection(const char *conninfo)
{
	static const char *const keywords[] = { "connect_timeout",
		"keepalives_idle", "keepalives_interval", "keepalives_count",
		"tcp_user_timeout", "fallback_application_name", "dbname",
		"client_encoding", NULL };
	const char *const values[] = { "3", "20", "5", "3", "5000", "causeway",
		conninfo, "UTF8", NULL };

	return PQconnectdbParams(keywords, values, 1);
}

static void postgres_close(struct db *db)
{
	struct postgres *p = postgres_of(db);

	PQclear(p->result);
	PQfinish(p->conn);
	xfree(p);
}

static struct db *postgres_open(const char *conninfo, const char **reason_r)
{
	static char reason[512];
	struct postgres *p = xalloc(sizeof(*p));

	p->db.driver = &db_postgres;
	p->conn = make_connection(conninfo);
	if (PQstatus(p->conn) != CONNECTION_OK)
		set_message(p, PQerrorMessage(p->conn));
	else if (set_up_session(p) == 0)
		return &p->db;
	text_format(reason, sizeof(reason),
		"the PostgreSQL database can't be used: %s", p->db.message);
	*reason_r = reason;
	postgres_close(&p->db);
	return NULL;
}

static int postgres_reopen(struct db *db)
{
	struct postgres *p = postgres_of(db);

	if (!p->is_stale && PQstatus(p->conn) == CONNECTION_OK)
		return 0;
	PQreset(p->conn);
	p->is_stale = PQstatus(p->conn) != CONNECTION_OK;
	if (!p->is_stale)
		return set_up_session(p);
	p->db.error = DB_LOST;
	set_message(p, PQerrorMessage(p->conn));
	return -1;
}

/* --- Transactions -------------------------------------------------------- */

static int postgres_begin(struct db *db)
{
	return exec(postgres_of(db), "BEGIN");
}

static int postgres_commit(struct db *db)
{
	struct postgres *p = postgres_of(db);

	p->has_time = false;
	if (take(p, receive(p, PQsendQuery(p->conn, "COMMIT"))) != 0)
		return -1;
	/* A transaction that had failed is ended without an error. */
	bool is_done = strcmp(PQcmdStatus(p->result), "COMMIT") == 0;
	drop(p);
	if (is_done)
		return 0;
	p->db.error = DB_FAILED;
	set_message(p, "the transaction had failed");
	return -1;
}

static void postgres_rollback(struct db *db)
{
	struct postgres *p = postgres_of(db);

	drop(p);
	p->has_time = false;
	/* A new connection has no transaction. */
	if (!p->is_stale && PQtransactionStatus(p->conn) != PQTRANS_IDLE)
		PQclear(receive(p, PQsendQuery(p->conn, "ROLLBACK")));
}

static int postgres_begin_alone(struct db *db)
{
	struct postgres *p = postgres_of(db);

	p->has_time = true;
	if (exec(p, "BEGIN") != 0)
		return -1;
	return exec(p, "SET LOCAL statement_timeout = 0;"
		       "SET LOCAL lock_timeout = 0;" LOCK_ALONE);
}

/* --- Statements ---------------------------------------------------------- */

/* The n-th `?` becomes $n. */
static void number_values(const char *sql, struct str *out)
{
	int n = 0;

	for (; *sql != '\0'; sql++) {
		if (*sql == '?')
			str_addf(out, "$%d", ++n);
		else
			str_add_char(out, *sql);
	}
}

static int prepare(struct postgres *p, enum db_statement id, const char *name,
	const struct db_value *values, size_t count)
{
	static const Oid types[] = { [DB_NUMBER] = TYPE_INT8,
		[DB_TEXT] = TYPE_TEXT,
		[DB_BLOB] = TYPE_BYTEA };
	Oid oids[VALUES_MAX];
	struct str sql;

	for (size_t i = 0; i < count; i++)
		oids[i] = types[values[i].type];
	str_init(&sql, SQL_MAX);
	number_values(db_statement_text(id), &sql);
	assert(!sql.overflow);
	int sent =
		PQsendPrepare(p->conn, name, str_text(&sql), (int)count, oids);
	int status = take(p, receive(p, sent));
	str_finish(&sql);
	if (status != 0)
		return -1;
	drop(p);
	p->is_prepared[id] = true;
	return 0;
}

static void put_number(char out[8], int64_t number)
{
	for (int i = 7; i >= 0; i--) {
		out[i] = (char)(number & 0xff);
		number >>= 8;
	}
}

static int postgres_start(struct db *db, enum db_statement id,
	const struct db_value *values, size_t count)
{
	struct postgres *p = postgres_of(db);
	char numbers[VALUES_MAX][8];
	const char *data[VALUES_MAX];
	int lengths[VALUES_MAX], formats[VALUES_MAX];
	char name[16];

	assert(p->result == NULL && count <= VALUES_MAX);
	text_format(name, sizeof(name), "s%d", (int)id);
	if (!p->is_prepared[id] && prepare(p, id, name, values, count) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		formats[i] = 1;
		data[i] = values[i].bytes.data;
		lengths[i] = (int)values[i].bytes.len;
		if (values[i].type == DB_NUMBER) {
			put_number(numbers[i], values[i].number);
			data[i] = numbers[i];
			lengths[i] = 8;
		}
	}
	int sent = PQsendQueryPrepared(
		p->conn, name, (int)count, data, lengths, formats, 1);
	return take(p, receive(p, sent));
}

static int postgres_step(struct db *db)
{
	struct postgres *p = postgres_of(db);

	return ++p->row < PQntuples(p->result) ? 1 : 0;
}

static void postgres_stop(struct db *db)
{
	drop(postgres_of(db));
}

static int64_t postgres_number(struct db *db, int column)
{
	struct postgres *p = postgres_of(db);
	uint64_t number = 0;

	if (PQgetisnull(p->result, p->row, column))
		return 0;
	assert(PQftype(p->result, column) == TYPE_INT8);
	const char *at = PQgetvalue(p->result, p->row, column);
	for (int i = 0; i < 8; i++)
		number = number << 8 | (unsigned char)at[i];
	return (int64_t)number;
}

static struct slice postgres_bytes(struct db *db, int column)
{
	struct postgres *p = postgres_of(db);

	if (PQgetisnull(p->result, p->row, column))
		return slice_make(NULL, 0);
	return slice_make(PQgetvalue(p->result, p->row, column),
		(size_t)PQgetlength(p->result, p->row, column));
}

static long postgres_changes(struct db *db)
{
	const char *count = PQcmdTuples(postgres_of(db)->result);
	long number = 0;

	while (*count >= '0' && *count <= '9')
		number = number * 10 + (*count++ - '0');
	return number;
}

static int postgres_script(struct db *db, const char *sql)
{
	return exec(postgres_of(db), sql);
}

/* The server's VACUUM reuses what was deleted, in its own time. */
static void postgres_purge(struct db *db UNUSED)
{
}

const struct db_driver db_postgres = {
	.scheme = "postgresql:",
	.dialect = DB_POSTGRES,
	.open = postgres_open,
	.close = postgres_close,
	.reopen = postgres_reopen,
	.begin = postgres_begin,
	.commit = postgres_commit,
	.rollback = postgres_rollback,
	.begin_alone = postgres_begin_alone,
	.start = postgres_start,
	.step = postgres_step,
	.stop = postgres_stop,
	.number = postgres_number,
	.bytes = postgres_bytes,
	.changes = postgres_changes,
	.script = postgres_script,
	.purge = postgres_purge,
};
