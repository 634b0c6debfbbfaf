#include "sms_http/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/limits.h"

#define NAME_SIZE    128
#define NUMBERED_MAX 100
#define FORM_MAX     1000
#define VALUE_MAX    ((size_t)1 * MIB)

/* A struct json is a json_t under a name that others may know. Trees are only
 * changed by who made them. */
static json_t *tree_of(const struct json *j)
{
	const union {
		const struct json *known;
		json_t *tree;
	} both = { .known = j };

	return both.tree;
}

static struct json *json_of(json_t *tree)
{
	return (struct json *)(void *)tree;
}

struct json *json_parse(struct slice text)
{
	return json_of(json_loadb(
		text.len > 0 ? text.data : "", text.len, JSON_ALLOW_NUL, NULL));
}

struct json *json_new(void)
{
	return json_of(json_object());
}

void json_free(struct json **slot)
{
	if (slot == NULL || *slot == NULL)
		return;
	json_decref(tree_of(*slot));
	*slot = NULL;
}

/* --- Forms --------------------------------------------------------------- */

void form_decode(struct str *out, struct slice in)
{
	while (in.data != NULL) {
		bool has_plus = in.len > 0 && memchr(in.data, '+', in.len);
		struct slice part = slice_cut(&in, '+');

		percent_decode(out, part);
		if (has_plus)
			str_add_char(out, ' ');
	}
}

void json_add_form(struct json *root, struct slice pairs)
{
	json_t *tree = tree_of(root);
	struct str name, value;

	str_init(&name, NAME_SIZE);
	str_init(&value, VALUE_MAX);
	while (pairs.len > 0 && json_object_size(tree) < FORM_MAX) {
		struct slice rest = slice_cut(&pairs, '&');
		struct slice key = slice_cut(&rest, '=');

		str_reset(&name);
		str_reset(&value);
		form_decode(&name, key);
		form_decode(&value, rest);
		if (name.len > 0 && !name.overflow && !value.overflow &&
			json_object_get(tree, str_text(&name)) == NULL)
			json_object_set_new_nocheck(tree, str_text(&name),
				json_stringn_nocheck(
					str_text(&value), value.len));
	}
	str_finish(&name);
	str_finish(&value);
}

/* --- Paths --------------------------------------------------------------- */

enum step_kind { STEP_NAME, STEP_NUMBERED, STEP_INDEX, STEP_ALL, STEP_ADD };

struct step {
	enum step_kind kind;
	char name[NAME_SIZE];
	long index;
};

/* Read "[...]" at `*at`, which moves behind it. */
static bool next_bracket(const char **at, struct step *s)
{
	const char *p = *at + 1;
	char *end;

	if (*p == '*' || *p == ']') {
		s->kind = *p == '*' ? STEP_ALL : STEP_ADD;
		p += *p == '*';
	} else {
		s->kind = STEP_INDEX;
		s->index = strtol(p, &end, 10);
		if (end == p || end - p > 6)
			return false;
		p = end;
	}
	if (*p != ']' || (p[1] != '\0' && p[1] != '.' && p[1] != '['))
		return false;
	*at = p + 1;
	return true;
}

/* The next step of a path; false at its end, and when it is none. */
static bool next_step(const char **at, struct step *s)
{
	const char *p = *at;
	size_t len;

	if (*p == '[')
		return next_bracket(at, s);
	if (*p == '.')
		p++;
	len = strcspn(p, ".[]");
	if (len == 0 || len >= sizeof(s->name) || p[len] == ']' ||
		(len == 1 && p[0] == '#'))
		return false;
	s->kind = p[len - 1] == '#' ? STEP_NUMBERED : STEP_NAME;
	*at = p + len;
	if (s->kind == STEP_NUMBERED)
		len--;
	memcpy(s->name, p, len);
	s->name[len] = '\0';
	return true;
}

bool json_path_is_good(const char *path, const char **reason_r)
{
	struct step s;

	if (path[0] == '.') {
		*reason_r = "a path does not begin with a point";
		return false;
	}
	while (next_step(&path, &s))
		;
	if (*path != '\0')
		*reason_r = "must be a path: names with points between them, "
			    "and [0], [-1] or [*] behind a list";
	return *path == '\0';
}

struct walk {
	json_fn fn;
	void *arg;
};

static bool walk(json_t *node, const char *path, const struct walk *w);

static bool walk_numbered(json_t *node, const struct step *s, const char *path,
	const struct walk *w)
{
	for (unsigned i = 0; i < NUMBERED_MAX; i++) {
		char name[NAME_SIZE + 16];
		json_t *child;

		(void)text_format(name, sizeof(name), "%s%u", s->name, i);
		child = json_object_get(node, name);
		if (child == NULL)
			return true;
		if (!walk(child, path, w))
			return false;
	}
	return true;
}

static bool walk_all(json_t *node, const char *path, const struct walk *w)
{
	for (size_t i = 0; i < json_array_size(node); i++)
		if (!walk(json_array_get(node, i), path, w))
			return false;
	return true;
}

static json_t *element(json_t *node, long index)
{
	long count = (long)json_array_size(node);

	if (index < 0)
		index += count;
	return index >= 0 ? json_array_get(node, (size_t)index) : NULL;
}

/* False: `fn` wants no more. Not deeper than the path is long. */
static bool walk(json_t *node, const char *path, const struct walk *w)
{
	struct step s;

	if (node == NULL)
		return true;
	if (!next_step(&path, &s))
		return *path != '\0' || w->fn(json_of(node), w->arg);
	switch (s.kind) {
	case STEP_NUMBERED:
		return walk_numbered(node, &s, path, w);
	case STEP_ALL:
		return walk_all(node, path, w);
	case STEP_INDEX:
		return walk(element(node, s.index), path, w);
	case STEP_NAME:
		return walk(json_object_get(node, s.name), path, w);
	case STEP_ADD:
		break;
	}
	return true;
}

void json_each(const struct json *root, const char *path, json_fn fn, void *arg)
{
	const struct walk w = { fn, arg };

	(void)walk(tree_of(root), path, &w);
}

/* --- Reading ------------------------------------------------------------- */

struct getting {
	struct slice text;
	struct arena *arena;
};

/* What is printed here is short: a number or a word. */
static struct slice print(const json_t *value, struct arena *a)
{
	char *text =
		json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	char *copy = text != NULL ? arena_copy(a, slice_of(text)) : NULL;

	free(text);
	return slice_of(copy);
}

static bool get_first(const struct json *value, void *arg)
{
	struct getting *g = arg;
	const json_t *tree = tree_of(value);

	if (json_is_string(tree))
		g->text = slice_make(
			json_string_value(tree), json_string_length(tree));
	else if (json_is_number(tree) || json_is_boolean(tree))
		g->text = print(tree, g->arena);
	return false;
}

struct slice json_get(
	const struct json *root, const char *path, struct arena *a)
{
	struct getting g = { .arena = a };

	json_each(root, path, get_first, &g);
	return g.text;
}

void json_members(
	const struct json *root, struct arena *a, json_member_fn fn, void *arg)
{
	const char *name;
	json_t *value;

	json_object_foreach(tree_of(root), name, value)
	{
		struct slice text = json_get(json_of(value), "", a);

		if (text.data != NULL)
			fn(name, text, arg);
	}
}

/* --- Writing ------------------------------------------------------------- */

/* The member of that name, made when it is not there, or is something else. */
static json_t *child_of(json_t *node, const char *name, bool is_list)
{
	json_t *child = json_object_get(node, name);

	if (is_list ? !json_is_array(child) : !json_is_object(child)) {
		child = is_list ? json_array() : json_object();
		json_object_set_new(node, name, child);
	}
	return child;
}

static json_t *value_of(struct slice text, bool is_json)
{
	if (is_json)
		return json_loadb(text.data, text.len, JSON_DECODE_ANY, NULL);
	return json_stringn(text.len > 0 ? text.data : "", text.len);
}

void json_set(
	struct json *root, const char *path, struct slice text, bool is_json)
{
	json_t *node = tree_of(root), *value = value_of(text, is_json);
	struct step s;

	while (value != NULL && next_step(&path, &s) && s.kind == STEP_NAME) {
		if (*path == '\0') {
			json_object_set_new(node, s.name, value);
			return;
		}
		if (strcmp(path, "[]") == 0) {
			json_array_append_new(
				child_of(node, s.name, true), value);
			return;
		}
		node = child_of(node, s.name, false);
	}
	json_decref(value);
}

void json_write(const struct json *root, struct str *out)
{
	char *text = json_dumps(tree_of(root), JSON_COMPACT);

	if (text != NULL)
		str_add(out, text);
	free(text);
}
