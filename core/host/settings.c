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

int settings_by_name(const struct gw_setting *rows, const char *name)
{
	for (int i = 0; rows != NULL && rows[i].name != NULL; i++)
		if (strcmp(rows[i].name, name) == 0)
			return i;
	return -1;
}

int settings_by_use(const struct gw_setting *rows, enum gw_setting_use use)
{
	for (int i = 0; rows != NULL && rows[i].name != NULL; i++)
		if (rows[i].use == use)
			return i;
	return -1;
}

bool settings_is_hidden(const struct gw *gw, const struct gw_setting *row)
{
	return gw != NULL && gw->ops->hides != NULL &&
	       gw->ops->hides(gw, row->name);
}

bool settings_have_secret(const struct gw *gw, const struct gw_setting *rows)
{
	for (int i = 0; rows != NULL && rows[i].name != NULL; i++)
		if (rows[i].type == GW_SECRET &&
			!settings_is_hidden(gw, &rows[i]))
			return true;
	return false;
}

/* --- Writing ------------------------------------------------------------- */

static const enum form_field_type field_types[] = {
	[GW_TEXT] = FORM_TEXT,
	[GW_TEXT_LIST] = FORM_TEXT_MULTI,
	[GW_SECRET] = FORM_SECRET,
	[GW_BOOL] = FORM_BOOLEAN,
	[GW_INT] = FORM_TEXT,
	[GW_CHOICE] = FORM_LIST,
};

/* What a field shows: what was given, or is stored; of a secret, nothing. */
static const char *shown(const struct settings_form *form, size_t index)
{
	const struct gw_setting *row = &form->rows[index];
	if (row->type == GW_SECRET)
		return NULL;
	if (form->given != NULL && form->given->values[index] != NULL)
		return form->given->values[index];
	return form->account != NULL ? account_value(form->account, row->name)
				     : row->def;
}

void settings_put_help(
	struct str *out, const struct gw_setting *row, const struct account *a)
{
	char used[300];
	if (row->help != NULL)
		str_add(out, row->help);
	if (a != NULL && account_is_live(a) && account_ops(a)->in_use != NULL &&
		row->type != GW_SECRET &&
		account_value(a, row->name)[0] == '\0' &&
		account_ops(a)->in_use(
			&a->session, row->name, used, sizeof(used)))
		str_addf(out, "%sNow: %s", out->len > 0 ? ". " : "", used);
}

#define CHOICES_MAX 100

static void put_field(
	struct xml_writer *w, const struct settings_form *form, size_t index)
{
	const struct gw_setting *row = &form->rows[index];
	struct form_option options[CHOICES_MAX];
	struct str help = { .max = LIMIT_CONFIG_STRING };
	settings_put_help(&help, row, form->account);
	struct form_field field = { .var = row->name,
		.type = field_types[row->type],
		.label = row->label,
		.desc = help.len > 0 ? str_text(&help) : NULL,
		.value = shown(form, index),
		.required = row->required && form->account == NULL };
	for (size_t i = 0; row->choices != NULL && row->choices[i] != NULL &&
			   i < CHOICES_MAX;
		i++) {
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
	str_finish(&help);
}

void settings_put_form(struct xml_writer *w, const struct settings_form *form)
{
	form_open(w, "form", form->form_type, form->title, form->instructions);
	size_t count = settings_count(form->rows);
	for (size_t i = 0; i < count; i++)
		if (!settings_is_hidden(form->gw, &form->rows[i]))
			put_field(w, form, i);
	xml_close(w);
}

/* --- Reading ------------------------------------------------------------- */

static void make_values(struct settings_values *v,
	const struct gw_setting *rows, struct arena *a)
{
	v->cleared = NULL;
	v->count = settings_count(rows);
	v->values = arena_alloc(a, (v->count + 1) * sizeof(v->values[0]));
	if (v->values == NULL)
		v->count = 0;
}

/* NULL when it is more than the arena holds. */
static const char *join_lines(const struct form_value *field, struct arena *a)
{
	size_t len = 1;
	for (size_t i = 0; i < field->count; i++)
		len += strlen(field->values[i]) + 1;
	char *text = arena_alloc(a, len), *end = text;
	for (size_t i = 0; i < field->count && text != NULL; i++) {
		size_t part = strlen(field->values[i]);
		if (i > 0)
			*end++ = '\n';
		memcpy(end, field->values[i], part);
		end += part;
	}
	return text;
}

void settings_from_form(struct settings_values *v,
	const struct gw_setting *rows, const struct form *form, struct arena *a)
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
	const struct gw_setting *rows, const struct xml *query, struct arena *a)
{
	make_values(v, rows, a);
	for (size_t i = 0; i < v->count; i++)
		if (rows[i].element != NULL)
			v->values[i] = xml_child_text(
				query, rows[i].element, NS_REGISTER, a);
}

/* --- Checking ------------------------------------------------------------ */

static const char *complain(
	struct str *scratch, const struct gw_setting *row, const char *what)
{
	str_reset(scratch);
	bool asks = row->label[strlen(row->label) - 1] == '?';
	str_addf(scratch, "%s%s %s", row->label, asks ? "" : ":", what);
	return str_text(scratch);
}

static bool is_choice(const struct gw_setting *row, const char *value)
{
	for (size_t i = 0; row->choices[i] != NULL; i++)
		if (strcmp(row->choices[i], value) == 0)
			return true;
	return false;
}

static const char *check_int(
	const struct gw_setting *row, const char *value, struct str *scratch)
{
	char *end;
	errno = 0;
	/* strtol() would skip white space and take a plus. */
	bool digit =
		value[value[0] == '-'] >= '0' && value[value[0] == '-'] <= '9';
	long number = strtol(value, &end, 10);
	if (digit && *end == '\0' && errno == 0 && number >= row->min &&
		number <= row->max)
		return NULL;
	char what[96];
	text_format(what, sizeof(what),
		"This must be a whole number from %ld to %ld.", row->min,
		row->max);
	return complain(scratch, row, what);
}

static bool has_control(const char *value)
{
	for (const char *p = value; *p != '\0'; p++)
		if ((*p >= 0 && *p < ' ') || *p == 0x7f)
			return true;
	return false;
}

/* One text, or one line of a list. */
static const char *check_text(const struct gw_setting *row, const char *value)
{
	size_t max = row->max > 0 ? (size_t)row->max : LIMIT_CONFIG_STRING;
	if (strlen(value) > max)
		return "This is too long.";
	if (has_control(value))
		return "This must not contain control characters.";
	return row->check != NULL ? row->check(value) : NULL;
}

static const char *check_list(const struct gw_setting *row, const char *value)
{
	const char *wrong = NULL;
	struct slice rest = slice_of(value);
	if (rest.len > LIMIT_FORM_VALUE)
		return "This is too long.";
	while (rest.data != NULL && wrong == NULL) {
		struct slice cut = slice_trim(slice_cut(&rest, '\n'));
		char *line = xstrndup(cut.data, cut.len);
		wrong = cut.len > 0 ? check_text(row, line) : NULL;
		xfree(line);
	}
	return wrong;
}

static const char *check_fixed(const struct gw_setting *row, const char *value)
{
	if (row->type == GW_BOOL)
		return strcmp(value, "0") == 0 || strcmp(value, "1") == 0
			       ? NULL
			       : "This must be yes or no.";
	return is_choice(row, value) ? NULL
				     : "This must be one of the choices.";
}

const char *settings_check(
	const struct gw_setting *row, const char *value, struct str *scratch)
{
	const char *wrong = NULL;
	if (value[0] == '\0')
		return NULL;
	switch (row->type) {
	case GW_TEXT:
	case GW_SECRET:
		wrong = check_text(row, value);
		break;
	case GW_TEXT_LIST:
		wrong = check_list(row, value);
		break;
	case GW_INT:
		return check_int(row, value, scratch);
	case GW_BOOL:
	case GW_CHOICE:
		wrong = check_fixed(row, value);
		break;
	}
	return wrong != NULL ? complain(scratch, row, wrong) : NULL;
}

const char *settings_check_all(const struct gw_setting *rows,
	const struct settings_values *v, const struct account *a,
	struct str *scratch)
{
	for (size_t i = 0; i < v->count; i++) {
		bool cleared = settings_is_cleared(v, i);
		const char *value = cleared ? "" : v->values[i];
		bool empty = value == NULL || value[0] == '\0';
		bool stored =
			a != NULL && account_value(a, rows[i].name)[0] != '\0';
		bool keeps = value == NULL ||
			     (rows[i].type == GW_SECRET && !cleared);
		if (rows[i].required && empty && !(stored && keeps) &&
			(rows[i].def == NULL || value != NULL))
			return complain(scratch, &rows[i], "This is needed.");
		const char *wrong =
			empty ? NULL : settings_check(&rows[i], value, scratch);
		if (wrong != NULL)
			return wrong;
	}
	return NULL;
}
