/*
 * Many scripts may wait at once, so they are kept small: all values in one
 * array, all their bytes in one string, joined when the script is queued.
 */
#include "store/script.h"

#include "base/alloc.h"
#include "base/limits.h"

/* Everything in it was capped where it came in: only a bug gets there. */
#define SCRIPT_MAX ((size_t)64 * MIB)

/* One statement, and how many of the values are its own. */
struct line {
	enum db_statement id;
	size_t count;
};

struct script {
	struct job job;
	struct line *lines;
	size_t line_count, line_room;
	struct db_value *values;
	size_t value_count, value_room;
	struct str bytes;
	bool is_refused;
	store_done_fn fn;
	void *arg;
};

struct script *script_new(store_done_fn fn, void *arg)
{
	struct script *s = xalloc(sizeof(*s));

	str_init(&s->bytes, SCRIPT_MAX);
	s->fn = fn;
	s->arg = arg;
	return s;
}

static void add_value(struct script *s, struct db_value v)
{
	if (s->value_count == s->value_room) {
		s->value_room = s->value_room == 0 ? 8 : s->value_room * 2;
		s->values =
			xrealloc(s->values, s->value_room, sizeof(*s->values));
	}
	/* The string may still move: note where in it the bytes begin. */
	if (v.bytes.data != NULL) {
		v.number = (int64_t)s->bytes.len;
		str_add_slice(&s->bytes, v.bytes);
	}
	s->values[s->value_count++] = v;
}

void script_add(struct script *s, enum db_statement id,
	const struct db_value *values, size_t count)
{
	if (s->line_count == s->line_room) {
		s->line_room = s->line_room == 0 ? 2 : s->line_room * 2;
		s->lines = xrealloc(s->lines, s->line_room, sizeof(*s->lines));
	}
	s->lines[s->line_count++] = (struct line){ id, count };
	for (size_t i = 0; i < count; i++)
		add_value(s, values[i]);
}

void script_refuse(struct script *s)
{
	s->is_refused = true;
}

void script_submit(
	struct script *s, struct store *store, const struct job_type *type)
{
	const char *bytes = str_text(&s->bytes);

	for (size_t i = 0; i < s->value_count; i++) {
		struct db_value *v = &s->values[i];

		if (v->bytes.data != NULL)
			v->bytes.data = bytes + v->number;
	}
	if (s->bytes.overflow)
		s->is_refused = true;
	store_submit(store, &s->job, type);
}

int script_run(struct job *j, struct db *db)
{
	struct script *s = CONTAINER(j, struct script, job);
	const struct db_value *values = s->values;

	if (s->is_refused) {
		db->error = DB_FAILED;
		text_copy(db->message, sizeof(db->message), "too big");
		return -1;
	}
	for (size_t i = 0; i < s->line_count; i++) {
		const struct line *l = &s->lines[i];

		if (db_run(db, l->id, values, l->count) != 0)
			return -1;
		values += l->count;
	}
	return 0;
}

void script_finish(struct job *j)
{
	struct script *s = CONTAINER(j, struct script, job);

	if (s->fn != NULL)
		s->fn(j->status, s->arg);
	str_finish(&s->bytes);
	xfree(s->values);
	xfree(s->lines);
	xfree(s);
}
