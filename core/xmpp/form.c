#include "xmpp/form.h"

#include <string.h>

#include "base/limits.h"
#include "base/slice.h"
#include "xmpp/ns.h"

/* --- Reading ------------------------------------------------------------- */

static const char *const form_types[] = { "form", "submit", "cancel",
	"result" };

static const char *known_type(const char *type)
{
	for (size_t i = 0; type != NULL && i < COUNT(form_types); i++)
		if (strcmp(type, form_types[i]) == 0)
			return form_types[i];
	return NULL;
}

static size_t count_children(const struct xml *parent, const char *name)
{
	size_t count = 0;

	for (const struct xml *it = xml_child(parent, name, NS_DATA_FORM);
		it != NULL; it = xml_next(it, name, NS_DATA_FORM))
		count++;
	return count;
}

static int read_values(
	struct form_value *field, const struct xml *node, struct arena *a)
{
	size_t count = count_children(node, "value");

	if (count > LIMIT_FORM_VALUES)
		return -1;
	field->values = arena_alloc(a, (count + 1) * sizeof(char *));
	if (field->values == NULL)
		return -1;
	for (const struct xml *it = xml_child(node, "value", NS_DATA_FORM);
		it != NULL; it = xml_next(it, "value", NS_DATA_FORM)) {
		const char *text = xml_text(it, a);
		if (text == NULL || strlen(text) > LIMIT_FORM_VALUE)
			return -1;
		field->values[field->count++] = text;
	}
	return 0;
}

/* A field without a name can only be text for people, sent back to us. */
static int read_field(
	struct form *form, const struct xml *node, struct arena *a)
{
	const char *var = xml_attr(node, "var");

	if (var == NULL || var[0] == '\0')
		return 0;
	if (form_field_of(form, var) != NULL)
		return -1;
	struct form_value *field = &form->fields[form->count];
	field->var = var;
	if (read_values(field, node, a) != 0)
		return -1;
	form->count++;
	return 0;
}

int form_read(struct form *form, const struct xml *x, struct arena *a)
{
	*form = (struct form){ 0 };
	if (!xml_is(x, "x", NS_DATA_FORM))
		return -1;
	form->type = known_type(xml_attr(x, "type"));
	size_t count = count_children(x, "field");
	if (form->type == NULL || count > LIMIT_FORM_FIELDS)
		return -1;
	form->fields = arena_alloc(a, (count + 1) * sizeof(*form->fields));
	if (form->fields == NULL)
		return -1;
	for (const struct xml *it = xml_child(x, "field", NS_DATA_FORM);
		it != NULL; it = xml_next(it, "field", NS_DATA_FORM))
		if (read_field(form, it, a) != 0)
			return -1;
	form->form_type = form_get(form, "FORM_TYPE");
	return 0;
}

const struct form_value *form_field_of(const struct form *form, const char *var)
{
	for (size_t i = 0; i < form->count; i++)
		if (strcmp(form->fields[i].var, var) == 0)
			return &form->fields[i];
	return NULL;
}

const char *form_get(const struct form *form, const char *var)
{
	const struct form_value *field = form_field_of(form, var);

	if (field == NULL)
		return NULL;
	return field->count > 0 ? field->values[0] : "";
}

int form_boolean(const char *value, bool *out_r)
{
	if (strcmp(value, "1") == 0 || strcmp(value, "true") == 0)
		*out_r = true;
	else if (strcmp(value, "0") == 0 || strcmp(value, "false") == 0)
		*out_r = false;
	else
		return -1;
	return 0;
}

/* --- Writing ------------------------------------------------------------- */

/* XEP-0004 section 3.3, in enum order; and whether each line of the text is
 * a value of its own. */
static const struct {
	const char *name;
	bool multi;
} field_types[] = {
	[FORM_TEXT] = { "text-single", false },
	[FORM_TEXT_MULTI] = { "text-multi", true },
	[FORM_SECRET] = { "text-private", false },
	[FORM_BOOLEAN] = { "boolean", false },
	[FORM_LIST] = { "list-single", false },
	[FORM_LIST_MULTI] = { "list-multi", true },
	[FORM_JID] = { "jid-single", false },
	[FORM_JID_MULTI] = { "jid-multi", true },
	[FORM_FIXED] = { "fixed", false },
	[FORM_HIDDEN] = { "hidden", false },
};

/* One element per line. */
static void put_lines(struct xml_writer *w, const char *name, const char *text)
{
	struct slice rest = slice_of(text);

	do {
		struct slice line = slice_cut(&rest, '\n');
		xml_open(w, name, NULL);
		xml_put_slice(w, line);
		xml_close(w);
	} while (rest.data != NULL);
}

void form_open(struct xml_writer *w, const char *type, const char *form_type,
	const char *title, const char *instructions)
{
	xml_open(w, "x", NS_DATA_FORM);
	xml_put_attr(w, "type", type);
	if (title != NULL)
		xml_put(w, "title", NULL, title);
	if (instructions != NULL)
		put_lines(w, "instructions", instructions);
	if (form_type == NULL)
		return;
	xml_open(w, "field", NULL);
	xml_put_attr(w, "var", "FORM_TYPE");
	xml_put_attr(w, "type", "hidden");
	xml_put(w, "value", NULL, form_type);
	xml_close(w);
}

static void put_option(struct xml_writer *w, const struct form_option *option)
{
	xml_open(w, "option", NULL);
	xml_put_attr(w, "label", option->label);
	xml_put(w, "value", NULL, option->value);
	xml_close(w);
}

/* XEP-0122 section 3; without a range the basic method says just the type. */
static void put_validate(struct xml_writer *w, const struct form_field *field)
{
	bool has_range = field->min != NULL || field->max != NULL;

	xml_open(w, "validate", NS_FORM_VALIDATE);
	xml_put_attr(w, "datatype", field->datatype);
	xml_open(w, has_range ? "range" : "basic", NULL);
	xml_put_attr(w, "min", field->min);
	xml_put_attr(w, "max", field->max);
	xml_close(w);
	xml_close(w);
}

void form_put(struct xml_writer *w, const struct form_field *field)
{
	xml_open(w, "field", NULL);
	xml_put_attr(w, "var", field->var);
	xml_put_attr(w, "type", field_types[field->type].name);
	xml_put_attr(w, "label", field->label);
	if (field->desc != NULL)
		xml_put(w, "desc", NULL, field->desc);
	if (field->required)
		xml_put(w, "required", NULL, NULL);
	if (field->value != NULL && field_types[field->type].multi)
		put_lines(w, "value", field->value);
	else if (field->value != NULL)
		xml_put(w, "value", NULL, field->value);
	for (size_t i = 0; i < field->option_count; i++)
		put_option(w, &field->options[i]);
	if (field->datatype != NULL)
		put_validate(w, field);
	xml_close(w);
}
