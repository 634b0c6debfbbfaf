/*
 * A job made of statements: what to write is copied now and executed later,
 * all or nothing.
 */
#ifndef STORE_SCRIPT_H
#define STORE_SCRIPT_H

#include "store/job.h"

struct script;

/* `fn` may be NULL. */
struct script *script_new(store_done_fn fn, void *arg);

/* Append a statement; its values are copied. */
void script_add(struct script *s, enum db_statement id,
	const struct db_value *values, size_t count);

/* Something does not fit: fail the whole when it is queued. */
void script_refuse(struct script *s);

/* Queue; `type` is made with SCRIPT_TYPE. */
void script_submit(
	struct script *s, struct store *store, const struct job_type *type);

#define SCRIPT_TYPE(...)                                                \
	{                                                               \
		.run = script_run, .finish = script_finish, __VA_ARGS__ \
	}

/* On the store's thread; -1 fails the job, as job_type says. */
int script_run(struct job *j, struct db *db);
/* On the loop: tells the caller and frees the script. */
void script_finish(struct job *j);

#endif
