/*
 * Statements and copies of their values live in one arena.
 */
#include "store/script.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/limits.h"

/* Everything in it was capped where it came in: only a bug gets there. */
#define SCRIPT_MAX ((size_t)64 * MIB)

struct line {
	struct line *next;
	enum db_statement id;
	size_t count;
	struct db_value values[];
};

struct script {
	struct job job;
	struct arena arena;
	struct line *first, **end;
	bool is_too_big;
	store_done_fn fn;
	void *arg;
};

struct script *script_new(store_done_fn fn, void *arg)
{
	struct script *s = xalloc(sizeof(*s));

	arena_init(&s->arena, SCRIPT_MAX);
	s->end = &s->first;
	s->fn = fn;
	s->arg = arg;
	return s;
}

static bool copy_values(
	struct script *s, struct line *line, const struct db_value *values)
{
	for (size_t i = 0; i < line->count; i++) {
		struct db_value *v = &line->values[i];

		*v = values[i];
		if (v->bytes.data == NULL)
			continue;
		v->bytes.data = arena_copy(&s->arena, v->bytes);
		if (v->bytes.data == NULL)
			return false;
	}
	return true;
}

void script_add(struct script *s, enum db_statement id,
	const struct db_value *values, size_t count)
{
	struct line *line =
		arena_alloc(&s->arena, sizeof(*line) + count * sizeof(*values));

	if (line == NULL) {
		s->is_too_big = true;
		return;
	}
	line->id = id;
	line->count = count;
	if (!copy_values(s, line, values)) {
		s->is_too_big = true;
		return;
	}
	*s->end = line;
	s->end = &line->next;
}

void script_refuse(struct script *s)
{
	s->is_too_big = true;
}

void script_submit(
	struct script *s, struct store *store, const struct job_type *type)
{
	store_submit(store, &s->job, type);
}

int script_run(struct job *j, struct db *db)
{
	struct script *s = CONTAINER(j, struct script, job);

	if (s->is_too_big) {
		db->error = DB_FAILED;
		text_copy(db->message, sizeof(db->message), "too big");
		return -1;
	}
	for (struct line *l = s->first; l != NULL; l = l->next) {
		if (db_run(db, l->id, l->values, l->count) != 0)
			return -1;
	}
	return 0;
}

void script_finish(struct job *j)
{
	struct script *s = CONTAINER(j, struct script, job);

	if (s->fn != NULL)
		s->fn(j->status, s->arg);
	arena_finish(&s->arena);
	xfree(s);
}
