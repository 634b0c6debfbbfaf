#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "xmpp/tree.h"

static struct str out;
static struct xml_writer w;

static int set_up(void **state)
{
	(void)state;
	tree_writer(&out, &w);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	str_finish(&out);
	return 0;
}

static void test_elements(void **state)
{
	(void)state;
	xml_open(&w, "message", NULL);
	xml_put_attr(&w, "to", "x@y");
	xml_put_attr(&w, "from", NULL);
	xml_put_attr_int(&w, "n", -42);
	xml_put_lang(&w, "de");
	xml_put_lang(&w, NULL);
	xml_put(&w, "body", NULL, "hello");
	xml_put(&w, "empty", NULL, "");
	xml_put(&w, "empty", NULL, NULL);
	xml_open(&w, "x", "u:x");
	xml_put(&w, "y", NULL, NULL);
	xml_put(&w, "z", "u:z", NULL);
	xml_put(&w, "back", NS_COMPONENT, NULL);
	xml_put(&w, "none", "", NULL);
	xml_close(&w);
	xml_put_text(&w, "tail");
	xml_put_text(&w, NULL);
	xml_close(&w);
	assert_string_equal(str_text(&out),
		"<message to='x@y' n='-42' xml:lang='de'><body>hello</body>"
		"<empty/><empty/><x xmlns='u:x'><y/><z xmlns='u:z'/>"
		"<back xmlns='" NS_COMPONENT "'/><none xmlns=''/></x>tail"
		"</message>");
	assert_int_equal(w.depth, 0);
}

static void test_close_to(void **state)
{
	(void)state;
	xml_open(&w, "a", NULL);
	xml_open(&w, "b", NULL);
	xml_open(&w, "c", NULL);
	xml_close_to(&w, 1);
	assert_string_equal(str_text(&out), "<a><b><c/></b>");
	xml_close_to(&w, 1);
	xml_close_to(&w, 0);
	assert_string_equal(str_text(&out), "<a><b><c/></b></a>");
}

static void test_depth(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(w.stack) - 1; i++)
		xml_open(&w, "a", NULL);
	assert_int_equal(w.depth, 23);
	xml_close_to(&w, 0);
	assert_int_equal(out.len, 22 * strlen("<a></a>") + strlen("<a/>"));
}

static const struct {
	struct slice in;
	const char *text;  /* written as text */
	const char *value; /* written as the value of an attribute */
} escapes[] = {
#define IN(s)                    \
	{                        \
		s, sizeof(s) - 1 \
	}
	{ IN(""), "", "" },
	{ IN("plain"), "plain", "plain" },
	{ IN("<>&\"'"), "&lt;&gt;&amp;&quot;&apos;",
		"&lt;&gt;&amp;&quot;&apos;" },
	{ IN("]]>"), "]]&gt;", "]]&gt;" },
	{ IN("a\tb\nc\rd"), "a\tb\nc&#13;d", "a&#9;b&#10;c&#13;d" },
	{ IN("\0"), "\xef\xbf\xbd", "\xef\xbf\xbd" },
	{ IN("a\x01\x02z"), "a\xef\xbf\xbd\xef\xbf\xbdz",
		"a\xef\xbf\xbd\xef\xbf\xbdz" },
	{ IN("\x1f\x7f"), "\xef\xbf\xbd\x7f", "\xef\xbf\xbd\x7f" },
	{ IN("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
		"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
		"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
	/* U+07FF, U+0800, U+D7FF, U+E000, U+FFFD, U+10FFFF */
	{ IN("\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd"
	     "\xf4\x8f\xbf\xbf"),
		"\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd"
		"\xf4\x8f\xbf\xbf",
		"\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd"
		"\xf4\x8f\xbf\xbf" },
	/* U+FFFE, U+FFFF: three bytes, one replacement */
	{ IN("\xef\xbf\xbe\xef\xbf\xbf"), "\xef\xbf\xbd\xef\xbf\xbd",
		"\xef\xbf\xbd\xef\xbf\xbd" },
	/* Not UTF-8: one replacement per byte. */
	{ IN("\xff"), "\xef\xbf\xbd", "\xef\xbf\xbd" },
	{ IN("\xc0\x80"), "\xef\xbf\xbd\xef\xbf\xbd",
		"\xef\xbf\xbd\xef\xbf\xbd" },
	{ IN("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
		"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ IN("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd",
		"\xef\xbf\xbd\xef\xbf\xbd" },
	{ IN("\xe2\x82<"), "\xef\xbf\xbd\xef\xbf\xbd&lt;",
		"\xef\xbf\xbd\xef\xbf\xbd&lt;" },
	{ IN("\xf4\x90\x80\x80"),
		"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
		"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ IN("x\xc3"), "x\xef\xbf\xbd", "x\xef\xbf\xbd" },
};

static void test_escapes(void **state)
{
	char expected[256];

	(void)state;
	for (size_t i = 0; i < COUNT(escapes); i++) {
		str_reset(&out);
		xml_open(&w, "a", NULL);
		xml_put_slice(&w, escapes[i].in);
		xml_close(&w);
		snprintf(expected, sizeof(expected),
			escapes[i].in.len ? "<a>%s</a>" : "<a/>",
			escapes[i].text);
		if (strcmp(str_text(&out), expected) != 0)
			fail_msg("row %zu: %s", i, str_text(&out));
		if (memchr(escapes[i].in.data, '\0', escapes[i].in.len))
			continue;
		str_reset(&out);
		xml_open(&w, "a", NULL);
		xml_put_attr(&w, "b", escapes[i].in.data);
		xml_close(&w);
		snprintf(expected, sizeof(expected), "<a b='%s'/>",
			escapes[i].value);
		if (strcmp(str_text(&out), expected) != 0)
			fail_msg("row %zu: %s", i, str_text(&out));
	}
}

/* Each byte alone and at each place of a short run comes back from the
 * parser as itself or as U+FFFD. */
static void test_every_byte(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 256; c++) {
		for (size_t at = 0; at < 9; at++) {
			char text[10] = "abcdefghi";
			char want[16] = "";
			struct tree t;
			bool legal = (c >= 0x20 && c < 0x80) || c == '\t' ||
				     c == '\n' || c == '\r';
			text[at] = (char)c;
			snprintf(want, sizeof(want), "%.*s%s%s", (int)at, text,
				legal ? (char[]){ (char)c, '\0' }
				      : "\xef\xbf\xbd",
				text + at + 1);
			str_reset(&out);
			xml_open(&w, "a", NULL);
			xml_put_attr(&w, "b", text);
			xml_put_text(&w, text);
			xml_close(&w);
			tree_init(&t, str_text(&out));
			if (t.root == NULL ||
				strcmp(xml_attr(t.root, "b"), want) != 0 ||
				strcmp(xml_text(t.root, &t.arena), want) != 0)
				fail_msg("byte %02x at %zu: %s", c, at,
					str_text(&out));
			tree_finish(&t);
		}
	}
}

static void test_tree(void **state)
{
	static const char *const same[] = {
		"<message to='a' xml:lang='de'><body>x &lt; y</body></message>",
		"<a><b xmlns='u:b'><c/>text<d xmlns=''/></b></a>",
		"<a xmlns:n1='u:1' n1:x='1' xmlns:n2='u:2' n2:x='2' y='3'/>",
		"<a>1&#13;2</a>",
		"<a b='&#9;&#10;&#13; '/>",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		struct tree t;
		str_reset(&out);
		tree_init(&t, same[i]);
		xml_put_tree(&w, t.root);
		if (strcmp(str_text(&out), same[i]) != 0)
			fail_msg("row %zu: %s", i, str_text(&out));
		tree_finish(&t);
	}
}

static void test_tree_inside(void **state)
{
	struct tree t;

	(void)state;
	tree_init(
		&t, "<message xmlns='jabber:client'><x xmlns='u'/></message>");
	xml_open(&w, "forwarded", NS_FORWARD);
	xml_put_tree(&w, t.root);
	xml_put(&w, "after", NULL, NULL);
	xml_close(&w);
	assert_string_equal(str_text(&out),
		"<forwarded xmlns='" NS_FORWARD
		"'><message xmlns='" NS_COMPONENT "'><x xmlns='u'/></message>"
		"<after/></forwarded>");
	tree_finish(&t);
}

static void test_deep_tree(void **state)
{
	struct str deep;
	struct tree t;

	(void)state;
	str_init(&deep, MIB);
	for (size_t i = 0; i < LIMIT_XML_DEPTH; i++)
		str_add(&deep, "<a>");
	str_add(&deep, "x");
	for (size_t i = 0; i < LIMIT_XML_DEPTH; i++)
		str_add(&deep, "</a>");
	tree_init(&t, str_text(&deep));
	xml_put_tree(&w, t.root);
	assert_string_equal(str_text(&out), str_text(&deep));
	tree_finish(&t);
	str_finish(&deep);
}

static void test_full(void **state)
{
	struct str small;

	(void)state;
	for (size_t max = 1; max < 40; max++) {
		str_init(&small, max);
		xml_writer_init(&w, &small, "");
		xml_open(&w, "message", "u:m");
		xml_put_attr(&w, "to", "<x>");
		xml_put_text(&w, "<text>");
		xml_close(&w);
		assert_true(small.overflow);
		assert_true(small.len < max);
		str_finish(&small);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_elements, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_close_to, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_depth, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_escapes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_every_byte, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tree, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_tree_inside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_deep_tree, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
