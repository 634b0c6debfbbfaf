/*
 * The same rows that read a file say what may stand in it.
 */
#include "base/config_text.h"

#include <limits.h>

#define LONGEST_NAME 64u
#define PATH_SIZE    256u

static void add_range(const struct cfg_item *item, struct str *out)
{
	if (item->min == 0 && item->max == 0)
		return;
	if (item->max >= INT_MAX)
		str_addf(out, " of at least %.10g", item->min);
	else
		str_addf(out, " from %.10g to %.10g", item->min, item->max);
}

static void add_number(
	const struct cfg_item *item, const char *noun, struct str *out)
{
	str_add(out, noun);
	add_range(item, out);
	if (item->unit != NULL)
		str_addf(out, " (%s)", item->unit);
}

static void add_choices(const struct cfg_item *item, struct str *out)
{
	for (size_t i = 0; item->choices[i] != NULL; i++)
		str_addf(out, "%s\"%s\"", i > 0 ? ", " : "one of ",
			item->choices[i]);
}

void cfg_describe(const struct cfg_item *item, bool element, struct str *out)
{
	switch (item->type) {
	case CFG_STRING:
	case CFG_SECRET:
		str_add(out, "a string");
		break;
	case CFG_BOOL:
		str_add(out, "true or false");
		break;
	case CFG_INT:
		add_number(item, "a whole number", out);
		break;
	case CFG_REAL:
		add_number(item, "a number", out);
		break;
	case CFG_CHOICE:
		add_choices(item, out);
		break;
	case CFG_STRING_LIST:
		str_add(out,
			element ? "a string"
				: "a list of strings ( \"...\", \"...\" )");
		break;
	case CFG_INT_LIST:
		if (!element)
			str_add(out, "a list ( ..., ... ), each ");
		add_number(item, "a whole number", out);
		break;
	case CFG_GROUP:
		str_add(out, "a group { ... }");
		break;
	case CFG_GROUP_LIST:
		str_add(out, element ? "a group { ... }"
				     : "a list of groups ( { ... }, { ... } )");
		break;
	}
}

/* --- Misspelt names ------------------------------------------------------ */

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap neighbours) from `a` to `b`. */
static unsigned distance(
	const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][LONGEST_NAME + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *now = rows[i % 3];
		const unsigned *last = rows[(i + 2) % 3];
		const unsigned *before = rows[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			now[j] = least(least(last[j], now[j - 1]) + 1,
				last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

/* The distance when it is small beside the length of the names, or 0. */
static unsigned similarity(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > LONGEST_NAME || b_len > LONGEST_NAME)
		return 0;
	unsigned edits = distance(a, a_len, b, b_len);
	size_t shorter = a_len < b_len ? a_len : b_len;
	return edits <= (shorter > 3 ? 2u : 1u) ? edits : 0;
}

bool cfg_is_similar(const char *a, const char *b)
{
	return similarity(a, b) > 0;
}

static void find_nearest(const char *name, const struct cfg_group *group,
	const char **nearest, unsigned *fewest)
{
	for (const struct cfg_item *i = group->items; i->name != NULL; i++) {
		unsigned edits = similarity(name, i->name);

		if (edits > 0 && edits < *fewest) {
			*fewest = edits;
			*nearest = i->name;
		}
	}
}

static void add_names(
	const struct cfg_group *group, const char *before, struct str *out)
{
	for (const struct cfg_item *i = group->items; i->name != NULL; i++) {
		str_addf(out, "%s%s", before, i->name);
		before = ", ";
	}
}

void cfg_hint(const char *name, const struct cfg_group *group,
	const struct cfg_group *extension, struct str *out)
{
	const char *nearest = NULL;
	unsigned fewest = UINT_MAX;

	find_nearest(name, group, &nearest, &fewest);
	if (extension != NULL)
		find_nearest(name, extension, &nearest, &fewest);
	if (nearest != NULL) {
		str_addf(out, "did you mean %s?", nearest);
		return;
	}
	add_names(group, "allowed here: ", out);
	if (extension != NULL)
		add_names(extension, ", ", out);
}

/* --- All keys ------------------------------------------------------------ */

struct walk {
	void (*fn)(const char *dotted, const struct cfg_item *item, void *arg);
	void *arg;
	struct str path;
};

static void walk_group(struct walk *w, const struct cfg_group *group)
{
	size_t len = w->path.len;

	for (const struct cfg_item *i = group->items; i->name != NULL; i++) {
		str_addf(&w->path, "%s%s", len > 0 ? "." : "", i->name);
		w->fn(str_text(&w->path), i, w->arg);
		if (i->type == CFG_GROUP || i->type == CFG_GROUP_LIST)
			walk_group(w, i->group);
		str_truncate(&w->path, len);
	}
	const char *word;
	const struct cfg_group *variant;
	for (size_t i = 0; group->variant != NULL &&
			   (variant = group->variant(i, &word)) != NULL;
		i++) {
		str_addf(&w->path, "(%s)", word);
		walk_group(w, variant);
		str_truncate(&w->path, len);
	}
}

void cfg_each_key(const struct cfg_group *root,
	void (*fn)(const char *dotted, const struct cfg_item *item, void *arg),
	void *arg)
{
	struct walk w = { fn, arg, { 0 } };

	str_init(&w.path, PATH_SIZE);
	walk_group(&w, root);
	str_finish(&w.path);
}

/* --- Manual page --------------------------------------------------------- */

/* Text that troff shows as it is. */
static void add_troff(struct str *out, const char *text)
{
	bool line_start = true;

	for (; *text != '\0'; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			str_add(out, "\\&");
		line_start = *text == '\n';
		if (*text == '\\')
			str_add(out, "\\e");
		else if (*text == '-')
			str_add(out, "\\-");
		else
			str_add_char(out, *text);
	}
}

static void document_default(const struct cfg_item *item, struct str *out)
{
	bool is_text = item->type == CFG_STRING ||
		       item->type == CFG_STRING_LIST ||
		       item->type == CFG_CHOICE;

	if ((item->flags & CFG_REQUIRED) != 0) {
		str_add(out, "required");
		return;
	}
	str_add(out, "default ");
	if (item->def != NULL && item->def[0] != '\0') {
		str_add(out, is_text ? "\"" : "");
		add_troff(out, item->def);
		str_add(out, is_text ? "\"" : "");
	} else if (item->type == CFG_BOOL) {
		str_add(out, "false");
	} else if (item->type == CFG_INT || item->type == CFG_REAL) {
		str_add(out, "0");
	} else if (item->type == CFG_CHOICE) {
		str_addf(out, "\"%s\"", item->choices[0]);
	} else {
		str_add(out, "none");
	}
}

static void document_key(
	const char *dotted, const struct cfg_item *item, void *arg)
{
	struct str *out = arg;
	struct str kind;

	str_add(out, ".TP\n.B ");
	add_troff(out, dotted);
	str_add_char(out, '\n');
	if (item->help != NULL) {
		add_troff(out, item->help);
		str_add(out, "\n.br\n");
	}
	str_init(&kind, out->max);
	cfg_describe(item, false, &kind);
	str_add(out, "Value: ");
	add_troff(out, str_text(&kind));
	str_finish(&kind);
	if (item->type == CFG_SECRET) {
		str_add(out, ", or ");
		add_troff(out, dotted);
		str_add(out, "_file = \"PATH\" with the file that holds it");
	}
	if (item->type != CFG_GROUP) {
		str_add(out, "; ");
		document_default(item, out);
	}
	if ((item->flags & CFG_RELOADABLE) != 0)
		str_add(out, "; reloadable");
	str_add(out, ".\n");
}

void cfg_document(const struct cfg_group *root, struct str *out)
{
	cfg_each_key(root, document_key, out);
}
