/*
 * The tables, as numbered steps. A database remembers the number of the last
 * step it saw; opening it runs the steps behind that in one transaction.
 */
#ifndef STORE_MIGRATIONS_H
#define STORE_MIGRATIONS_H

#include "store/db.h"

/* Bring the tables up to date. -1 with a reason (static memory), for
 * instance when a newer version of the program wrote the database. */
int migrations_run(struct db *db, const char **reason_r) MUST_CHECK;

/* How many steps there are: the version of a database that is up to date. */
int migrations_count(void);

#endif
