/*
 * Registration: the input is what stands inside jabber:iq:register, a form or
 * the old elements. What the checks let through keeps to the limits of its
 * row, and comes back the same when it is sent as a form.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../unit/xmpp/tree.h"
#include "api/gateway.h"
#include "base/utf8.h"
#include "host/settings.h"
#include "xmpp/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const struct gateway_ops *const gateway_list[] = { NULL };

static const char *const moods[] = { "calm", "windy", NULL };

static const char *check(const char *value)
{
	return strchr(value, ' ') != NULL ? "must not hold spaces." : NULL;
}

/* A row of every kind. */
static const struct gw_setting rows[] = {
	{ .name = "valley",
		.label = "Valley",
		.use = GW_USE_ACCOUNT,
		.required = true,
		.max = 63 },
	{ .name = "nick",
		.label = "Nick",
		.element = "nick",
		.def = "traveller",
		.max = 30,
		.check = check },
	{ .name = "password",
		.label = "Password",
		.type = GW_SECRET,
		.element = "password" },
	{ .name = "stay", .label = "Stay", .type = GW_BOOL, .def = "0" },
	{ .name = "mood",
		.label = "Mood",
		.type = GW_CHOICE,
		.choices = moods,
		.element = "misc" },
	{ .name = "times",
		.label = "Times",
		.type = GW_INT,
		.min = -3,
		.max = 3 },
	{ .name = "caves",
		.label = "Caves",
		.type = GW_TEXT_LIST,
		.max = 50,
		.check = check },
	{ .name = NULL },
};

static void write_form(struct str *out, const struct settings_values *v)
{
	struct xml_writer w;
	tree_writer(out, &w);
	form_open(&w, "submit", NULL, NULL, NULL);
	for (size_t i = 0; i < v->count; i++) {
		if (v->values[i] == NULL)
			continue;
		const struct form_field field = { .var = rows[i].name,
			.type = rows[i].type == GW_TEXT_LIST ? FORM_TEXT_MULTI
							     : FORM_TEXT,
			.value = v->values[i] };
		form_put(&w, &field);
	}
	xml_close(&w);
}

static void check_again(const struct settings_values *v)
{
	struct settings_values again;
	struct form form;
	struct str text;
	struct tree t;
	write_form(&text, v);
	tree_init(&t, str_text(&text));
	/* A list of more lines than a form may have is refused. */
	if (form_read(&form, t.root, &t.arena) == 0) {
		settings_from_form(&again, rows, &form, &t.arena);
		for (size_t i = 0; i < v->count; i++) {
			const char *a = v->values[i], *b = again.values[i];
			if ((a == NULL) != (b == NULL) ||
				(a != NULL && strcmp(a, b) != 0))
				abort();
		}
	}
	tree_finish(&t);
	str_finish(&text);
}

static void check_line(const struct gw_setting *row, struct slice line)
{
	if (row->max > 0 && line.len > (size_t)row->max)
		abort();
	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.data[i] < ' ')
			abort();
}

/* It passed: hold it against its row once more. */
static void check_value(const struct gw_setting *row, const char *value)
{
	struct slice rest = slice_of(value);
	if (!utf8_is_valid(rest))
		abort();
	switch (row->type) {
	case GW_BOOL:
		if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
			abort();
		break;
	case GW_CHOICE:
		if (strcmp(value, moods[0]) != 0 &&
			strcmp(value, moods[1]) != 0)
			abort();
		break;
	case GW_INT:
		if (strtol(value, NULL, 10) < row->min ||
			strtol(value, NULL, 10) > row->max)
			abort();
		break;
	case GW_TEXT:
	case GW_SECRET:
		check_line(row, rest);
		break;
	case GW_TEXT_LIST:
		while (rest.data != NULL)
			check_line(row, slice_trim(slice_cut(&rest, '\n')));
		break;
	}
}

static void check_values(const struct settings_values *v)
{
	struct str scratch = { .max = 1024 };
	const char *wrong = settings_check_all(rows, v, NULL, &scratch);
	if (wrong != NULL && (wrong[0] == '\0' || scratch.overflow))
		abort();
	for (size_t i = 0; wrong == NULL && i < v->count; i++)
		if (v->values[i] != NULL && v->values[i][0] != '\0')
			check_value(&rows[i], v->values[i]);
	if (wrong == NULL)
		check_again(v);
	str_finish(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings_values values;
	struct form form;
	struct str text;
	struct tree t;
	str_init(&text, LIMIT_STANZA_IN);
	str_add(&text, "<query xmlns='" NS_REGISTER "'>");
	str_add_bytes(&text, data, size);
	str_add(&text, "</query>");
	tree_init(&t, str_text(&text));
	const struct xml *x = xml_child(t.root, "x", NS_DATA_FORM);
	if (x != NULL && form_read(&form, x, &t.arena) == 0) {
		settings_from_form(&values, rows, &form, &t.arena);
		check_values(&values);
	}
	if (t.root != NULL) {
		settings_from_elements(&values, rows, t.root, &t.arena);
		check_values(&values);
	}
	tree_finish(&t);
	str_finish(&text);
	return 0;
}
