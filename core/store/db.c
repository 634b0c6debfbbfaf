/*
 * Choosing a back-end by the location, and what is the same for all.
 */
#include "store/db.h"

#include <string.h>

#include "store/migrations.h"

static const struct db_driver *const drivers[] = { &db_sqlite, &db_postgres };

static const struct db_driver *driver_of(const char *location)
{
	for (size_t i = 0; i < COUNT(drivers); i++) {
		const char *scheme = drivers[i]->scheme;

		if (strncmp(location, scheme, strlen(scheme)) == 0)
			return drivers[i];
	}
	return NULL;
}

struct db *db_open(const char *location, const char **reason_r)
{
	const struct db_driver *driver = driver_of(location);
	struct db *db;

	if (driver == NULL) {
		*reason_r = "a storage location is sqlite:PATH or "
			    "postgresql:CONNINFO";
		return NULL;
	}
	db = driver->open(location + strlen(driver->scheme), reason_r);
	if (db != NULL && migrations_run(db, reason_r) != 0)
		db_close(&db);
	return db;
}

void db_close(struct db **db)
{
	if (db == NULL || *db == NULL)
		return;
	(*db)->driver->close(*db);
	*db = NULL;
}

int db_run(struct db *db, enum db_statement id, const struct db_value *values,
	size_t count)
{
	int got = db_start(db, id, values, count);

	while (got >= 0 && (got = db_step(db)) > 0)
		;
	if (got == 0)
		db->changes = db->driver->changes(db);
	db_stop(db);
	return got;
}

int db_ask(struct db *db, enum db_statement id, const struct db_value *values,
	size_t count, int64_t *number_r)
{
	int got = db_start(db, id, values, count);

	if (got == 0)
		got = db_step(db);
	if (got > 0)
		*number_r = db_get_number(db, 0);
	db_stop(db);
	return got < 0 ? -1 : 0;
}
