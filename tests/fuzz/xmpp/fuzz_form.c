/*
 * Data forms: the input is a form, or what stands in the place of one; what
 * was read is written and read again.
 */
#include <stdint.h>
#include <stdlib.h>

#include "../../unit/xmpp/tree.h"
#include "xmpp/form.h"
#include "xmpp/rsm.h"
#include "xmpp/stanza.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_form(struct str *out, const struct form *form)
{
	struct xml_writer w;

	tree_writer(out, &w);
	form_open(&w, form->type, NULL, NULL, NULL);
	for (size_t i = 0; i < form->count; i++) {
		const struct form_value *field = &form->fields[i];
		xml_open(&w, "field", NULL);
		xml_put_attr(&w, "var", field->var);
		for (size_t j = 0; j < field->count; j++)
			xml_put(&w, "value", NULL, field->values[j]);
		xml_close(&w);
	}
	xml_close(&w);
}

static void check_same(const struct form *a, const struct form *b)
{
	if (strcmp(a->type, b->type) != 0 || a->count != b->count)
		abort();
	for (size_t i = 0; i < a->count; i++) {
		const struct form_value *x = &a->fields[i];
		const struct form_value *y = form_field_of(b, x->var);
		if (y == NULL || x->count != y->count)
			abort();
		for (size_t j = 0; j < x->count; j++)
			if (strcmp(x->values[j], y->values[j]) != 0)
				abort();
	}
}

static void check_form(const struct xml *x, struct arena *a)
{
	struct form form, again;
	struct str text;
	struct tree t;

	if (form_read(&form, x, a) != 0)
		return;
	write_form(&text, &form);
	tree_init(&t, str_text(&text));
	if (form_read(&again, t.root, &t.arena) != 0)
		abort();
	check_same(&form, &again);
	tree_finish(&t);
	str_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text;
	struct tree t;
	struct stanza s;
	struct rsm rsm;
	const char *words;

	str_init(&text, LIMIT_STANZA_IN);
	str_add_bytes(&text, data, size);
	tree_init(&t, str_text(&text));
	if (t.root != NULL) {
		check_form(t.root, &t.arena);
		if (rsm_read(&rsm, t.root, &t.arena) == 0 && rsm.max < -1)
			abort();
		if (stanza_read(&s, t.root, &t.arena) == ERR_NONE)
			(void)stanza_error_of(&s, &words);
	}
	tree_finish(&t);
	str_finish(&text);
	return 0;
}
