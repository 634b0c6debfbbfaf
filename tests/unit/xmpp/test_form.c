#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "xmpp/form.h"
#include "xmpp/tree.h"

#define X(inside) "<x xmlns='" NS_DATA_FORM "' type='submit'>" inside "</x>"

static void test_read(void **state)
{
	struct tree t;
	struct form f;

	(void)state;
	tree_init(&t, X("<title>t</title>"
			"<field var='FORM_TYPE' type='hidden'><value>u:t"
			"</value></field>"
			"<field var='a'><value>one</value></field>"
			"<field var='b'><value>1</value><value>2</value>"
			"<value/></field>"
			"<field var='c'/>"
			"<field var='d'><value/></field>"
			"<field type='fixed'><value>read me</value></field>"
			"<field xmlns='u' var='a'/>"
			"<field var='e'><value>x<y/>z</value></field>"));
	assert_int_equal(form_read(&f, t.root, &t.arena), 0);
	assert_string_equal(f.type, "submit");
	assert_string_equal(f.form_type, "u:t");
	assert_int_equal(f.count, 6);
	assert_string_equal(form_get(&f, "a"), "one");
	assert_string_equal(form_get(&f, "b"), "1");
	assert_string_equal(form_get(&f, "c"), "");
	assert_string_equal(form_get(&f, "d"), "");
	assert_string_equal(form_get(&f, "e"), "xz");
	assert_null(form_get(&f, "f"));
	assert_int_equal(form_field_of(&f, "b")->count, 3);
	assert_string_equal(form_field_of(&f, "b")->values[1], "2");
	assert_string_equal(form_field_of(&f, "b")->values[2], "");
	assert_null(form_field_of(&f, "b")->values[3]);
	assert_int_equal(form_field_of(&f, "c")->count, 0);
	assert_null(form_field_of(&f, "zz"));
	tree_finish(&t);
}

static const struct {
	const char *xml;
	int rc;
} forms[] = {
	{ X(""), 0 },
	{ "<x xmlns='" NS_DATA_FORM "' type='cancel'/>", 0 },
	{ "<x xmlns='" NS_DATA_FORM "' type='form'/>", 0 },
	{ "<x xmlns='" NS_DATA_FORM "' type='result'/>", 0 },
	{ "<x xmlns='" NS_DATA_FORM "'/>", -1 },
	{ "<x xmlns='" NS_DATA_FORM "' type='foo'/>", -1 },
	{ "<x type='submit'/>", -1 },
	{ "<y xmlns='" NS_DATA_FORM "' type='submit'/>", -1 },
	{ X("<field/>"), 0 },
	{ X("<field var=''/>"), 0 },
	{ X("<field var='a'/><field var='a'/>"), -1 },
	{ X("<field var='a'/><field var='A'/>"), 0 },
};

static void test_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		struct tree t;
		struct form f;
		tree_init(&t, forms[i].xml);
		int rc = form_read(&f, t.root, &t.arena);
		if (rc != forms[i].rc)
			fail_msg("row %zu: %d", i, rc);
		tree_finish(&t);
	}
	struct form f;
	struct arena a;
	arena_init(&a, KIB);
	assert_int_equal(form_read(&f, NULL, &a), -1);
	arena_finish(&a);
}

static int read_many(unsigned fields, unsigned values, size_t bytes)
{
	struct str xml;
	struct tree t;
	struct form f;

	str_init(&xml, MIB);
	str_add(&xml, "<x xmlns='" NS_DATA_FORM "' type='submit'>");
	for (unsigned i = 0; i < fields; i++) {
		str_addf(&xml, "<field var='f%u'>", i);
		for (unsigned j = 0; j < values; j++) {
			str_add(&xml, "<value>");
			for (size_t k = 0; k < bytes; k++)
				str_add_char(&xml, 'x');
			str_add(&xml, "</value>");
		}
		str_add(&xml, "</field>");
	}
	str_add(&xml, "</x>");
	tree_init(&t, str_text(&xml));
	assert_non_null(t.root);
	int rc = form_read(&f, t.root, &t.arena);
	tree_finish(&t);
	str_finish(&xml);
	return rc;
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(read_many(LIMIT_FORM_FIELDS, 1, 1), 0);
	assert_int_equal(read_many(LIMIT_FORM_FIELDS + 1, 1, 1), -1);
	assert_int_equal(read_many(1, LIMIT_FORM_VALUES, 1), 0);
	assert_int_equal(read_many(1, LIMIT_FORM_VALUES + 1, 1), -1);
	assert_int_equal(read_many(1, 1, LIMIT_FORM_VALUE), 0);
	assert_int_equal(read_many(1, 1, LIMIT_FORM_VALUE + 1), -1);
}

static void test_full_arena(void **state)
{
	struct tree t;
	struct form f;

	(void)state;
	tree_init(&t, X("<field var='a'><value>x<y/>z</value></field>"));
	for (size_t max = 0; max < 64; max += 8) {
		struct arena a;
		arena_init(&a, max);
		assert_int_equal(form_read(&f, t.root, &a), -1);
		arena_finish(&a);
	}
	tree_finish(&t);
}

static void test_boolean(void **state)
{
	static const struct {
		const char *text;
		int rc;
		bool value;
	} rows[] = {
		{ "1", 0, true },
		{ "true", 0, true },
		{ "0", 0, false },
		{ "false", 0, false },
		{ "", -1, false },
		{ "TRUE", -1, false },
		{ "yes", -1, false },
		{ "01", -1, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool value = false;
		int rc = form_boolean(rows[i].text, &value);
		if (rc != rows[i].rc || value != rows[i].value)
			fail_msg("row %zu: %d %d", i, rc, value);
	}
}

static void test_write(void **state)
{
	static const struct form_option options[] = {
		{ "One", "1" },
		{ NULL, "2" },
	};
	static const struct form_field fields[] = {
		{ .var = "a",
			.type = FORM_TEXT,
			.label = "A & B",
			.desc = "what",
			.value = "v",
			.required = true },
		{ .var = "b", .type = FORM_TEXT_MULTI, .value = "1\n\n2" },
		{ .var = "c", .type = FORM_SECRET },
		{ .var = "d", .type = FORM_BOOLEAN, .value = "1" },
		{ .var = "e",
			.type = FORM_LIST,
			.value = "1",
			.options = options,
			.option_count = 2 },
		{ .var = "f", .type = FORM_LIST_MULTI, .value = "1\n2" },
		{ .var = "g", .type = FORM_JID, .value = "x\ny" },
		{ .var = "h", .type = FORM_JID_MULTI, .value = "" },
		{ .type = FORM_FIXED, .value = "read me" },
		{ .var = "i", .type = FORM_HIDDEN, .value = "s" },
		{ .var = "j",
			.type = FORM_TEXT,
			.datatype = "xs:int",
			.min = "1",
			.max = "65535" },
		{ .var = "k", .type = FORM_TEXT, .datatype = "xs:anyURI" },
		{ .var = "l",
			.type = FORM_TEXT,
			.datatype = "xs:int",
			.min = "0" },
	};
	struct xml_writer w;
	struct str out;

	(void)state;
	tree_writer(&out, &w);
	form_open(&w, "form", "u:t", "Title", "line 1\nline 2");
	for (size_t i = 0; i < COUNT(fields); i++)
		form_put(&w, &fields[i]);
	xml_close(&w);
	assert_string_equal(str_text(&out),
		"<x xmlns='" NS_DATA_FORM "' type='form'><title>Title</title>"
		"<instructions>line 1</instructions>"
		"<instructions>line 2</instructions>"
		"<field var='FORM_TYPE' type='hidden'><value>u:t</value>"
		"</field>"
		"<field var='a' type='text-single' label='A &amp; B'>"
		"<desc>what</desc><required/><value>v</value></field>"
		"<field var='b' type='text-multi'><value>1</value><value/>"
		"<value>2</value></field>"
		"<field var='c' type='text-private'/>"
		"<field var='d' type='boolean'><value>1</value></field>"
		"<field var='e' type='list-single'><value>1</value>"
		"<option label='One'><value>1</value></option>"
		"<option><value>2</value></option></field>"
		"<field var='f' type='list-multi'><value>1</value>"
		"<value>2</value></field>"
		"<field var='g' type='jid-single'><value>x\ny</value></field>"
		"<field var='h' type='jid-multi'><value/></field>"
		"<field type='fixed'><value>read me</value></field>"
		"<field var='i' type='hidden'><value>s</value></field>"
		"<field var='j' type='text-single'><validate xmlns='" NS_FORM_VALIDATE
		"' datatype='xs:int'>"
		"<range min='1' max='65535'/></validate></field>"
		"<field var='k' type='text-single'><validate xmlns='" NS_FORM_VALIDATE
		"' datatype='xs:anyURI'><basic/></validate>"
		"</field>"
		"<field var='l' type='text-single'><validate xmlns='" NS_FORM_VALIDATE
		"' datatype='xs:int'><range min='0'/>"
		"</validate></field></x>");
	str_finish(&out);
}

static void test_round_trip(void **state)
{
	struct xml_writer w;
	struct str out;
	struct tree t;
	struct form f;

	(void)state;
	tree_writer(&out, &w);
	form_open(&w, "submit", "u:t", NULL, NULL);
	form_put(&w, &(struct form_field){ .var = "a", .value = "<&>" });
	form_put(&w, &(struct form_field){ .var = "b", .value = "" });
	xml_close(&w);
	tree_init(&t, str_text(&out));
	assert_int_equal(form_read(&f, t.root, &t.arena), 0);
	assert_string_equal(f.form_type, "u:t");
	assert_string_equal(form_get(&f, "a"), "<&>");
	assert_string_equal(form_get(&f, "b"), "");
	tree_finish(&t);
	str_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_full_arena),
		cmocka_unit_test(test_boolean),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
