/*
 * Walks the tree that libconfig makes of the text of config_source.c along
 * the tables. Every function that reads returns -1 with the message written,
 * and what was read by then is released by cfg_free().
 */
#include "base/config.h"

#include <assert.h>
#include <errno.h>
#include <libconfig.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/config_source.h"
#include "base/config_text.h"
#include "base/crypto.h"
#include "base/intern.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"

#define PATH_SIZE 256
#define LONG_TEXT (2u * KIB)

struct reader {
	config_t tree;
	struct cfg_source source;
	struct str *error;
};

/* One key of the file on its way into the struct at `data`. */
struct entry {
	struct reader *reader;
	config_setting_t *setting;
	const struct cfg_item *item;
	void *data;
};

static int read_group(struct reader *r, config_setting_t *setting,
	const struct cfg_group *group, void *data);
static void fill_group(
	const struct cfg_group *group, void *data, struct cfg_place place);
static void free_group(const struct cfg_group *group, void *data);

static void *slot_of(const struct cfg_item *item, void *data)
{
	return (char *)data + item->offset;
}

/* --- Messages ------------------------------------------------------------ */

static struct cfg_place place_of(
	const struct reader *r, const config_setting_t *s)
{
	return cfg_source_place(&r->source, (int)config_setting_source_line(s));
}

/* "gateways.flood.burst" of a setting; "" for the root. */
static void path_of(const config_setting_t *s, struct str *out)
{
	if (config_setting_is_root(s))
		return;
	path_of(config_setting_parent(s), out);
	if (config_setting_name(s) == NULL)
		return;
	if (out->len > 0)
		str_add_char(out, '.');
	str_add(out, config_setting_name(s));
}

static const char *kind_of(const config_setting_t *s)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_GROUP:
		return "a group";
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return "a whole number";
	case CONFIG_TYPE_FLOAT:
		return "a number with a point";
	case CONFIG_TYPE_STRING:
		return "a string";
	case CONFIG_TYPE_BOOL:
		return "true or false";
	default:
		return "a list";
	}
}

/* "FILE:LINE: KEY " and the text, about the setting of an entry. */
PRINTF(3, 4)
static int fail(
	const struct entry *e, const config_setting_t *at, const char *fmt, ...)
{
	struct str path, text;
	va_list args;

	str_init(&path, PATH_SIZE);
	str_init(&text, LONG_TEXT);
	path_of(e->setting, &path);
	va_start(args, fmt);
	str_addv(&text, fmt, args);
	va_end(args);
	cfg_error(e->reader->error, place_of(e->reader, at), "%s%s %s",
		at == e->setting ? "" : "an element of ", str_text(&path),
		str_text(&text));
	str_finish(&path);
	str_finish(&text);
	return -1;
}

static int fail_type(const struct entry *e, const config_setting_t *at)
{
	struct str allowed;

	str_init(&allowed, LONG_TEXT);
	cfg_describe(e->item, at != e->setting, &allowed);
	fail(e, at, "must be %s, not %s", str_text(&allowed), kind_of(at));
	str_finish(&allowed);
	return -1;
}

/* `got` is the value as the file has it. */
static int fail_value(
	const struct entry *e, const config_setting_t *at, const char *got)
{
	struct str allowed;

	str_init(&allowed, LONG_TEXT);
	cfg_describe(e->item, at != e->setting, &allowed);
	fail(e, at, "must be %s, not %s", str_text(&allowed), got);
	str_finish(&allowed);
	return -1;
}

/* --- One value ----------------------------------------------------------- */

static int get_string(
	const struct entry *e, config_setting_t *s, const char **text_r)
{
	if (config_setting_type(s) != CONFIG_TYPE_STRING)
		return fail_type(e, s);
	const char *text = config_setting_get_string(s);
	struct slice rest = slice_of(text);
	if (rest.len > LIMIT_CONFIG_STRING)
		return fail(
			e, s, "is longer than %u bytes", LIMIT_CONFIG_STRING);
	while (rest.len > 0) {
		uint32_t code;
		size_t len = utf8_next(rest, &code);

		if (len == 0)
			return fail(e, s, "is not valid UTF-8");
		if (code < 0x20 || (code >= 0x7f && code < 0xa0))
			return fail(e, s, "holds a control character");
		rest = slice_make(rest.data + len, rest.len - len);
	}
	*text_r = text;
	return 0;
}

static bool in_range(const struct cfg_item *item, double value)
{
	if (item->min == 0 && item->max == 0)
		return true;
	return value >= item->min && value <= item->max;
}

static int get_int(const struct entry *e, config_setting_t *s, int *value_r)
{
	char got[32];

	if (config_setting_type(s) != CONFIG_TYPE_INT &&
		config_setting_type(s) != CONFIG_TYPE_INT64)
		return fail_type(e, s);
	long long value = config_setting_type(s) == CONFIG_TYPE_INT
				  ? config_setting_get_int(s)
				  : config_setting_get_int64(s);
	if (value < INT_MIN || value > INT_MAX)
		return fail(e, s, "must be from %d to %d, not %lld", INT_MIN,
			INT_MAX, value);
	if (!in_range(e->item, (double)value)) {
		text_format(got, sizeof(got), "%lld", value);
		return fail_value(e, s, got);
	}
	*value_r = (int)value;
	return 0;
}

static int get_real(const struct entry *e, config_setting_t *s, double *value_r)
{
	double value;
	char got[32];

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
		value = config_setting_get_int(s);
		break;
	case CONFIG_TYPE_INT64:
		value = (double)config_setting_get_int64(s);
		break;
	case CONFIG_TYPE_FLOAT:
		value = config_setting_get_float(s);
		break;
	default:
		return fail_type(e, s);
	}
	if (!isfinite(value) || !in_range(e->item, value)) {
		text_format(got, sizeof(got), "%g", value);
		return fail_value(e, s, got);
	}
	*value_r = value;
	return 0;
}

static int find_choice(const struct cfg_item *item, const char *name)
{
	for (int i = 0; item->choices[i] != NULL; i++) {
		if (strcmp(item->choices[i], name) == 0)
			return i;
	}
	return -1;
}

static int get_choice(const struct entry *e, int *value_r)
{
	const char *text;
	char got[64];

	if (get_string(e, e->setting, &text) != 0)
		return -1;
	*value_r = find_choice(e->item, text);
	if (*value_r >= 0)
		return 0;
	text_format(got, sizeof(got), "\"%s\"", text);
	return fail_value(e, e->setting, got);
}

static char *string_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? xstrdup(text) : NULL;
}

static int must_not_be_empty(const struct entry *e, bool empty)
{
	if (empty && (e->item->flags & CFG_REQUIRED) != 0)
		return fail(e, e->setting, "must not be empty");
	return 0;
}

static int read_string(const struct entry *e)
{
	char **slot = slot_of(e->item, e->data);
	const char *text;

	if (get_string(e, e->setting, &text) != 0)
		return -1;
	*slot = string_or_null(text);
	return must_not_be_empty(e, *slot == NULL);
}

/* --- Secrets ------------------------------------------------------------- */

static void warn_if_public(const struct entry *e)
{
	struct cfg_place place = place_of(e->reader, e->setting);
	struct cfg_file *file = cfg_source_file(&e->reader->source, place.file);

	if (file == NULL || !file->is_public || file->warned)
		return;
	file->warned = true;
	log_warning("config",
		"%s holds secrets and every user of this "
		"machine can read it",
		file->name);
}

static int read_secret(const struct entry *e)
{
	struct secret **slot = slot_of(e->item, e->data);
	const char *text;

	if (*slot != NULL)
		return fail(e, e->setting, "and %s_file exclude each other",
			e->item->name);
	if (get_string(e, e->setting, &text) != 0)
		return -1;
	*slot = secret_new(slice_of(text));
	warn_if_public(e);
	return must_not_be_empty(e, *slot == NULL);
}

/* One newline at the end belongs to the file, not to the secret. */
static struct slice without_newline(struct slice text)
{
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	if (text.len > 0 && text.data[text.len - 1] == '\r')
		text.len--;
	return text;
}

static int read_secret_from(const struct entry *e, const char *path)
{
	struct secret **slot = slot_of(e->item, e->data);
	struct str text;
	bool is_public = false;
	int ret = -1;

	str_init(&text, LIMIT_CONFIG_STRING + 1);
	const char *reason =
		cfg_read_file(path, LIMIT_CONFIG_STRING, &text, &is_public);
	struct slice found = without_newline(str_slice(&text));
	if (reason != NULL)
		fail(e, e->setting, "cannot be read: %s: %s", path, reason);
	else if (found.len == 0)
		fail(e, e->setting, "is empty: %s", path);
	else if (memchr(found.data, '\0', found.len) != NULL ||
		 memchr(found.data, '\n', found.len) != NULL)
		fail(e, e->setting, "holds more than one line of text: %s",
			path);
	else
		ret = 0;
	if (ret == 0)
		*slot = secret_new(found);
	if (ret == 0 && is_public)
		log_warning("config",
			"%s holds a secret and every user of this machine "
			"can read it",
			path);
	if (text.data != NULL)
		crypto_wipe(text.data, text.len);
	str_finish(&text);
	return ret;
}

static int read_secret_file(const struct entry *e)
{
	struct secret **slot = slot_of(e->item, e->data);
	struct str path;
	const char *text;

	if (*slot != NULL)
		return fail(e, e->setting, "and %s exclude each other",
			e->item->name);
	if (get_string(e, e->setting, &text) != 0)
		return -1;
	str_init(&path, 2 * LIMIT_CONFIG_STRING);
	cfg_source_path(
		&path, place_of(e->reader, e->setting).file, slice_of(text));
	int ret = read_secret_from(e, str_text(&path));
	str_finish(&path);
	return ret;
}

/* --- Lists --------------------------------------------------------------- */

static void append(struct cfg_list *list, void *element)
{
	list->items = xrealloc(list->items, list->count + 1, sizeof(void *));
	list->items[list->count++] = element;
}

static int read_element(const struct entry *e, config_setting_t *s)
{
	struct cfg_list *list = slot_of(e->item, e->data);
	const char *text = NULL;
	int value = 0;

	if (e->item->type == CFG_STRING_LIST) {
		if (get_string(e, s, &text) != 0)
			return -1;
		append(list, xstrdup(text));
	} else if (e->item->type == CFG_INT_LIST) {
		if (get_int(e, s, &value) != 0)
			return -1;
		int *copy = xalloc(sizeof(*copy));
		*copy = value;
		append(list, copy);
	} else {
		if (!config_setting_is_group(s))
			return fail_type(e, s);
		append(list, xalloc(e->item->group->size));
		return read_group(e->reader, s, e->item->group,
			list->items[list->count - 1]);
	}
	return 0;
}

static int read_list(const struct entry *e)
{
	config_setting_t *s = e->setting;

	if (!config_setting_is_list(s) && !config_setting_is_array(s))
		return fail_type(e, s);
	int count = config_setting_length(s);
	if (count > (int)LIMIT_CONFIG_LIST)
		return fail(
			e, s, "has more than %u elements", LIMIT_CONFIG_LIST);
	for (int i = 0; i < count; i++) {
		if (read_element(e, config_setting_get_elem(s, (unsigned)i)) !=
			0)
			return -1;
	}
	return must_not_be_empty(e, count == 0);
}

static int read_value(const struct entry *e)
{
	void *slot = slot_of(e->item, e->data);

	switch (e->item->type) {
	case CFG_STRING:
		return read_string(e);
	case CFG_SECRET:
		if (strcmp(config_setting_name(e->setting), e->item->name) != 0)
			return read_secret_file(e);
		return read_secret(e);
	case CFG_BOOL:
		if (config_setting_type(e->setting) != CONFIG_TYPE_BOOL)
			return fail_type(e, e->setting);
		*(bool *)slot = config_setting_get_bool(e->setting) != 0;
		return 0;
	case CFG_INT:
		return get_int(e, e->setting, slot);
	case CFG_REAL:
		return get_real(e, e->setting, slot);
	case CFG_CHOICE:
		return get_choice(e, slot);
	case CFG_STRING_LIST:
	case CFG_INT_LIST:
	case CFG_GROUP_LIST:
		return read_list(e);
	case CFG_GROUP:
		if (!config_setting_is_group(e->setting))
			return fail_type(e, e->setting);
		return read_group(e->reader, e->setting, e->item->group, slot);
	}
	return -1;
}

/* --- Defaults ------------------------------------------------------------ */

/* A default that cannot be read is a mistake in the table. */
static double default_number(const struct cfg_item *item, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	assert(end != text && *end == '\0' && in_range(item, value));
	return value;
}

static void fill_list(const struct cfg_item *item, struct cfg_list *list)
{
	struct slice rest = slice_of(item->def);

	while (rest.len > 0) {
		struct slice part = slice_trim(slice_cut(&rest, ','));
		char *text = xstrndup(part.data, part.len);

		if (item->type == CFG_STRING_LIST) {
			append(list, text);
		} else {
			int *copy = xalloc(sizeof(*copy));

			*copy = (int)default_number(item, text);
			append(list, copy);
			xfree(text);
		}
	}
}

static void fill(
	const struct cfg_item *item, void *data, struct cfg_place place)
{
	void *slot = slot_of(item, data);

	if (item->type == CFG_GROUP)
		fill_group(item->group, slot, place);
	if (item->def == NULL)
		return;
	switch (item->type) {
	case CFG_STRING:
		*(char **)slot = string_or_null(item->def);
		break;
	case CFG_BOOL:
		*(bool *)slot = strcmp(item->def, "true") == 0;
		break;
	case CFG_INT:
		*(int *)slot = (int)default_number(item, item->def);
		break;
	case CFG_REAL:
		*(double *)slot = default_number(item, item->def);
		break;
	case CFG_CHOICE:
		*(int *)slot = find_choice(item, item->def);
		assert(*(int *)slot >= 0);
		break;
	case CFG_STRING_LIST:
	case CFG_INT_LIST:
		fill_list(item, slot);
		break;
	case CFG_SECRET:
	case CFG_GROUP:
	case CFG_GROUP_LIST:
		break;
	}
}

static void set_place(
	const struct cfg_group *group, void *data, struct cfg_place place)
{
	if (group->place_offset == 0)
		return;
	struct cfg_place *slot = (void *)((char *)data + group->place_offset);
	slot->file = intern_ref(place.file);
	slot->line = place.line;
}

/* A group that is not in the file. */
static void fill_group(
	const struct cfg_group *group, void *data, struct cfg_place place)
{
	set_place(group, data, place);
	for (const struct cfg_item *i = group->items; i->name != NULL; i++)
		fill(i, data, place);
}

/* --- Groups -------------------------------------------------------------- */

/* True if the row is about the key `name`, NAME_file of secrets included. */
static bool is_key(const struct cfg_item *item, const char *name)
{
	size_t len = strlen(item->name);

	if (strncmp(item->name, name, len) != 0)
		return false;
	return name[len] == '\0' ||
	       (item->type == CFG_SECRET && strcmp(name + len, "_file") == 0);
}

static const struct cfg_item *find_item(
	const struct cfg_group *group, const char *name)
{
	for (const struct cfg_item *i = group->items; i->name != NULL; i++) {
		if (is_key(i, name))
			return i;
	}
	return NULL;
}

/* The key of the file that a row is about, or NULL. */
static config_setting_t *find_setting(
	config_setting_t *group, const struct cfg_item *item)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		config_setting_t *s =
			config_setting_get_elem(group, (unsigned)i);

		if (is_key(item, config_setting_name(s)))
			return s;
	}
	return NULL;
}

/* One group of the file while it is read. */
struct group_read {
	struct reader *reader;
	config_setting_t *setting;
	const struct cfg_group *group;
	const struct cfg_group *extension; /* NULL: not known, or none */
	void *data;
};

static int fail_unknown(const struct group_read *g, config_setting_t *s)
{
	struct str path, hint;
	const char *name = config_setting_name(s);

	str_init(&path, PATH_SIZE);
	str_init(&hint, LONG_TEXT);
	path_of(s, &path);
	cfg_hint(name, g->group, g->extension, &hint);
	cfg_error(g->reader->error, place_of(g->reader, s),
		"unknown key %s; %s", str_text(&path), str_text(&hint));
	str_finish(&path);
	str_finish(&hint);
	return -1;
}

/* A required key is missing. The likely reason is that it is misspelt. */
static int fail_missing(const struct group_read *g, const struct cfg_item *item)
{
	struct str path;
	config_setting_t *group = g->setting;

	for (int i = 0; i < config_setting_length(group); i++) {
		config_setting_t *s =
			config_setting_get_elem(group, (unsigned)i);
		const char *name = config_setting_name(s);

		if (find_item(g->group, name) == NULL &&
			(g->extension == NULL ||
				find_item(g->extension, name) == NULL) &&
			cfg_is_similar(name, item->name))
			return fail_unknown(g, s);
	}
	str_init(&path, PATH_SIZE);
	path_of(group, &path);
	if (path.len > 0)
		str_add_char(&path, '.');
	str_add(&path, item->name);
	bool secret = item->type == CFG_SECRET;
	cfg_error(g->reader->error, place_of(g->reader, group),
		"%s is missing%s%s%s", str_text(&path),
		secret ? "; a file that holds it can be given as " : "",
		secret ? item->name : "", secret ? "_file" : "");
	str_finish(&path);
	return -1;
}

/* Read the keys of `rows` that the file has, in the order of the file. */
static int read_keys(
	const struct group_read *g, const struct cfg_group *rows, void *data)
{
	for (int i = 0; i < config_setting_length(g->setting); i++) {
		struct entry e = {
			.reader = g->reader,
			.setting = config_setting_get_elem(
				g->setting, (unsigned)i),
			.data = data,
		};
		const char *name = config_setting_name(e.setting);

		e.item = find_item(rows, name);
		if (e.item != NULL) {
			if (rows != g->group && find_item(g->group, name))
				continue;
			if (read_value(&e) != 0)
				return -1;
		} else if (rows == g->extension || g->group->extend == NULL) {
			if (rows != g->group && find_item(g->group, name))
				continue;
			return fail_unknown(g, e.setting);
		}
	}
	return 0;
}

/* Give every row that the file does not mention its default. */
static int fill_missing(
	const struct group_read *g, const struct cfg_group *rows, void *data)
{
	for (const struct cfg_item *i = rows->items; i->name != NULL; i++) {
		if (find_setting(g->setting, i) != NULL)
			continue;
		if ((i->flags & CFG_REQUIRED) != 0)
			return fail_missing(g, i);
		fill(i, data, place_of(g->reader, g->setting));
	}
	return 0;
}

static int run_check(const struct group_read *g, const struct cfg_group *rows,
	const void *data)
{
	const char *key = NULL, *reason = "wrong";
	const config_setting_t *at = g->setting;
	struct str path;

	if (rows->check == NULL || rows->check(data, &key, &reason) == 0)
		return 0;
	if (key != NULL && config_setting_get_member(g->setting, key) != NULL)
		at = config_setting_get_member(g->setting, key);
	str_init(&path, PATH_SIZE);
	path_of(g->setting, &path);
	if (key != NULL && path.len > 0)
		str_add_char(&path, '.');
	str_add(&path, key != NULL ? key : "");
	cfg_error(g->reader->error, place_of(g->reader, at), "%s%s%s",
		str_text(&path), path.len > 0 ? ": " : "", reason);
	str_finish(&path);
	return -1;
}

static int fail_extension(const struct group_read *g, const char *reason)
{
	const char *name = g->group->items[0].name;
	struct str path;
	config_setting_t *at = config_setting_get_member(g->setting, name);

	str_init(&path, PATH_SIZE);
	path_of(g->setting, &path);
	cfg_error(g->reader->error,
		place_of(g->reader, at != NULL ? at : g->setting), "%s%s%s: %s",
		str_text(&path), path.len > 0 ? "." : "", name, reason);
	str_finish(&path);
	return -1;
}

static void **extension_slot(const struct cfg_group *group, void *data)
{
	return (void *)((char *)data + group->extension_offset);
}

static int read_extension(struct group_read *g)
{
	const char *reason = NULL;
	static const struct cfg_item no_items[] = { { .name = NULL } };
	static const struct cfg_group no_keys = { .items = no_items };

	g->extension = g->group->extend(g->data, &reason);
	if (g->extension == NULL && reason != NULL)
		return fail_extension(g, reason);
	if (g->extension == NULL) {
		g->extension = &no_keys;
		return read_keys(g, g->extension, NULL);
	}
	assert(g->extension->extend == NULL);
	void *data = xalloc(g->extension->size);
	*extension_slot(g->group, g->data) = data;
	set_place(g->extension, data, place_of(g->reader, g->setting));
	if (read_keys(g, g->extension, data) != 0 ||
		fill_missing(g, g->extension, data) != 0)
		return -1;
	return run_check(g, g->extension, data);
}

static int read_group(struct reader *r, config_setting_t *setting,
	const struct cfg_group *group, void *data)
{
	struct group_read g = { r, setting, group, NULL, data };

	set_place(group, data, place_of(r, setting));
	if (read_keys(&g, group, data) != 0 ||
		fill_missing(&g, group, data) != 0)
		return -1;
	if (group->extend != NULL && read_extension(&g) != 0)
		return -1;
	return run_check(&g, group, data);
}

/* --- Release ------------------------------------------------------------- */

static void free_list(const struct cfg_item *item, struct cfg_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (item->type == CFG_GROUP_LIST && list->items[i] != NULL)
			free_group(item->group, list->items[i]);
		xfree(list->items[i]);
	}
	xfree(list->items);
	*list = (struct cfg_list){ 0 };
}

static void free_value(const struct cfg_item *item, void *data)
{
	void *slot = slot_of(item, data);

	switch (item->type) {
	case CFG_STRING:
		xfree(*(char **)slot);
		*(char **)slot = NULL;
		break;
	case CFG_SECRET:
		secret_free(slot);
		break;
	case CFG_STRING_LIST:
	case CFG_INT_LIST:
	case CFG_GROUP_LIST:
		free_list(item, slot);
		break;
	case CFG_GROUP:
		free_group(item->group, slot);
		break;
	case CFG_BOOL:
	case CFG_INT:
	case CFG_REAL:
	case CFG_CHOICE:
		break;
	}
}

static void free_group(const struct cfg_group *group, void *data)
{
	const char *reason = NULL;

	/* The values decide which extension it is, so they go last. */
	if (group->extend != NULL && *extension_slot(group, data) != NULL) {
		void **slot = extension_slot(group, data);
		const struct cfg_group *extension =
			group->extend(data, &reason);

		assert(extension != NULL);
		free_group(extension, *slot);
		xfree(*slot);
		*slot = NULL;
	}
	for (const struct cfg_item *i = group->items; i->name != NULL; i++)
		free_value(i, data);
	if (group->place_offset != 0) {
		struct cfg_place *place =
			(void *)((char *)data + group->place_offset);

		intern_drop(&place->file);
	}
}

void cfg_free(void *data, const struct cfg_group *root)
{
	if (data == NULL)
		return;
	free_group(root, data);
	xfree(data);
}

/* --- The whole ----------------------------------------------------------- */

/* Strings of the tree may be secrets. */
static void wipe_tree(config_setting_t *s)
{
	if (config_setting_type(s) == CONFIG_TYPE_STRING &&
		s->value.sval != NULL)
		crypto_wipe(s->value.sval, strlen(s->value.sval));
	if (!config_setting_is_aggregate(s))
		return;
	for (int i = 0; i < config_setting_length(s); i++)
		wipe_tree(config_setting_get_elem(s, (unsigned)i));
}

/* libconfig notices some mistakes only behind the last line. */
static void fail_syntax(struct reader *r)
{
	const char *text = config_error_text(&r->tree);
	int line = config_error_line(&r->tree);
	const char *help = "";

	if (line >= r->source.line)
		line = r->source.line - 1;
	if (strcmp(text, "syntax error") == 0)
		help = " here or just before; a setting is written NAME = "
		       "VALUE;";
	cfg_error(r->error, cfg_source_place(&r->source, line), "%s%s", text,
		help);
}

static void *read_tree(struct reader *r, const struct cfg_group *root)
{
	void *data = NULL;

	config_init(&r->tree);
	if (!config_read_string(&r->tree, str_text(&r->source.text))) {
		fail_syntax(r);
	} else {
		data = xalloc(root->size);
		if (read_group(r, config_root_setting(&r->tree), root, data) !=
			0) {
			cfg_free(data, root);
			data = NULL;
		}
	}
	wipe_tree(config_root_setting(&r->tree));
	config_destroy(&r->tree);
	return data;
}

void *cfg_load(
	const char *path, const struct cfg_group *root, struct str *error)
{
	struct reader r = { .error = error };
	void *data = NULL;

	if (cfg_source_load(&r.source, path, error) == 0)
		data = read_tree(&r, root);
	cfg_source_finish(&r.source);
	return data;
}

void *cfg_parse(const char *text, const char *name,
	const struct cfg_group *root, struct str *error)
{
	struct reader r = { .error = error };
	void *data = NULL;

	if (cfg_source_parse(&r.source, text, name, error) == 0)
		data = read_tree(&r, root);
	cfg_source_finish(&r.source);
	return data;
}
