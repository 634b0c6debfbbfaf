#include "host/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "xmpp/ns.h"

size_t settings_count(const struct gw_setting *rows)
{
	size_t count = 0;
	while (rows != NULL && rows[count].name != NULL)
		count++;
	return count;
}

int settings_by_use(const struct gw_setting *rows, enum gw_setting_use use)
{
	for (int i = 0; rows != NULL && rows[i].name != NULL; i++)
		if (rows[i].use == use)
			return i;
	return -1;
}

/* --- Writing --------------------------------------------------------------- */

static const enum form_field_type field_types[] = {
	[GW_TEXT] = FORM_TEXT,
	[GW_TEXT_LIST] = FORM_TEXT_MULTI,
	[GW_SECRET] = FORM_SECRET,
	[GW_BOOL] = FORM_BOOLEAN,
	[GW_INT] = FORM_TEXT,
	[GW_CHOICE] = FORM_LIST,
};

/* What the form shows: the stored value; of a secret, nothing. */
static const char *shown(
	const struct gw_setting *row, const struct account *a)
{
	if (row->type == GW_SECRET)
		return NULL;
	return a != NULL ? account_value(a, row->name) : row->def;
}

#define CHOICES_MAX 100

static void put_field(struct xml_writer *w, const struct gw_setting *row,
	const struct account *a)
{
	struct form_option options[CHOICES_MAX];
	struct form_field field = { .var = row->name,
		.type = field_types[row->type],
		.label = row->label,
		.desc = row->help,
		.value = shown(row, a),
		.required = row->required && a == NULL };
	for (size_t i = 0; row->choices != NULL && row->choices[i] != NULL &&
		i < CHOICES_MAX; i++) {
		options[i].label = options[i].value = row->choices[i];
		field.option_count = i + 1;
	}
	field.options = options;
	char min[24], max[24];
	if (row->type == GW_INT) {
		text_format(min, sizeof(min), "%ld", row->min);
		text_format(max, sizeof(max), "%ld", row->max);
		field.datatype = "xs:int";
		field.min = min;
		field.max = max;
	}
	form_put(w, &field);
}

void settings_put_form(struct xml_writer *w, const struct gw_setting *rows,
	const struct account *a, const char *form_type, const char *title,
	const char *instructions)
{
	form_open(w, "form", form_type, title, instructions);
	for (size_t i = 0; rows != NULL && rows[i].name != NULL; i++)
		put_field(w, &rows[i], a);
	xml_close(w);
}

/* --- Reading ------------------------------------------------------------------ */

static void make_values(struct settings_values *v,
	const struct gw_setting *rows, struct arena *a)
{
	v->count = settings_count(rows);
	v->values = arena_alloc(a, (v->count + 1) * sizeof(v->values[0]));
	if (v->values == NULL)
		v->count = 0;
}

static const char *join_lines(
	const struct form_value *field, struct arena *a)
{
	const char *text = "";
	for (size_t i = 0; i < field->count && text != NULL; i++)
		text = arena_printf(a, "%s%s%s", text, i > 0 ? "\n" : "",
			field->values[i]);
	return text;
}

void settings_from_form(struct settings_values *v,
	const struct gw_setting *rows, const struct form *form,
	struct arena *a)
{
	make_values(v, rows, a);
	for (size_t i = 0; i < v->count; i++) {
		const struct form_value *field =
			form_field_of(form, rows[i].name);
		if (field == NULL)
			continue;
		const char *value = rows[i].type == GW_TEXT_LIST
			? join_lines(field, a)
			: form_get(form, rows[i].name);
		bool on;
		if (rows[i].type == GW_BOOL && form_boolean(value, &on) == 0)
			value = on ? "1" : "0";
		v->values[i] = value;
	}
}

void settings_from_elements(struct settings_values *v,
	const struct gw_setting *rows, const struct xml *query,
	struct arena *a)
{
	make_values(v, rows, a);
	for (size_t i = 0; i < v->count; i++)
		if (rows[i].element != NULL)
			v->values[i] = xml_child_text(
				query, rows[i].element, NS_REGISTER, a);
}

/* --- Checking ------------------------------------------------------------------ */

static const char *complain(
	struct str *scratch, const struct gw_setting *row, const char *what)
{
	str_reset(scratch);
	str_addf(scratch, "%s: %s", row->label, what);
	return str_text(scratch);
}

static bool is_choice(const struct gw_setting *row, const char *value)
{
	for (size_t i = 0; row->choices[i] != NULL; i++)
		if (strcmp(row->choices[i], value) == 0)
			return true;
	return false;
}

static const char *check_int(const struct gw_setting *row, const char *value,
	struct str *scratch)
{
	char *end;
	errno = 0;
	long number = strtol(value, &end, 10);
	if (*value != '\0' && *end == '\0' && errno == 0 &&
		number >= row->min && number <= row->max)
		return NULL;
	char what[96];
	text_format(what, sizeof(what),
		"must be a whole number from %ld to %ld.", row->min,
		row->max);
	return complain(scratch, row, what);
}

/* Lists may have line ends; nothing else may have a control character. */
static bool has_control(const struct gw_setting *row, const char *value)
{
	for (const char *p = value; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;
		if ((c < 0x20 || c == 0x7f) &&
			!(row->type == GW_TEXT_LIST && c == '\n'))
			return true;
	}
	return false;
}

/* The network's own check; of a list, on every line. */
static const char *check_own(const struct gw_setting *row, const char *value)
{
	if (row->check == NULL)
		return NULL;
	if (row->type != GW_TEXT_LIST)
		return row->check(value);
	const char *wrong = NULL;
	struct slice rest = slice_of(value);
	while (rest.data != NULL && rest.len > 0 && wrong == NULL) {
		struct slice cut = slice_trim(slice_cut(&rest, '\n'));
		char *line = xstrndup(cut.data, cut.len);
		wrong = cut.len > 0 ? row->check(line) : NULL;
		xfree(line);
	}
	return wrong;
}

const char *settings_check(const struct gw_setting *row, const char *value,
	struct str *scratch)
{
	if (value[0] == '\0')
		return NULL;
	size_t max = row->max > 0 && row->type != GW_INT
		? (size_t)row->max
		: LIMIT_CONFIG_STRING;
	if (strlen(value) > max)
		return complain(scratch, row, "is too long.");
	if (has_control(row, value))
		return complain(scratch, row,
			"must not contain control characters.");
	if (row->type == GW_BOOL && strcmp(value, "0") != 0 &&
		strcmp(value, "1") != 0)
		return complain(scratch, row, "must be yes or no.");
	if (row->type == GW_CHOICE && !is_choice(row, value))
		return complain(
			scratch, row, "must be one of the choices.");
	if (row->type == GW_INT)
		return check_int(row, value, scratch);
	const char *wrong = check_own(row, value);
	return wrong != NULL ? complain(scratch, row, wrong) : NULL;
}

const char *settings_check_all(const struct gw_setting *rows,
	const struct settings_values *v, const struct account *a,
	struct str *scratch)
{
	for (size_t i = 0; i < v->count; i++) {
		const char *value = v->values[i];
		bool empty = value == NULL || value[0] == '\0';
		bool stored =
			a != NULL && account_value(a, rows[i].name)[0] != '\0';
		bool keeps = value == NULL || rows[i].type == GW_SECRET;
		if (rows[i].required && empty && !(stored && keeps) &&
			(rows[i].def == NULL || value != NULL))
			return complain(scratch, &rows[i], "is needed.");
		const char *wrong = empty
			? NULL
			: settings_check(&rows[i], value, scratch);
		if (wrong != NULL)
			return wrong;
	}
	return NULL;
}
