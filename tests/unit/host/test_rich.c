/*
 * Formatted text of a network as XEP-0393 and XHTML-IM.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "api/gateway.h"
#include "base/limits.h"
#include "base/str.h"
#include "host/rich.h"
#include "xmpp/xml.h"

const struct gateway_ops *const gateway_list[] = { NULL };

#define PLAIN -1, -1
#define ALL   (GW_BOLD | GW_ITALIC | GW_UNDERLINE | GW_STRIKE | GW_MONO)

static const struct row {
	enum gw_message_kind kind;
	const char *text;
	struct gw_span spans[4]; /* end 0: none */
	const char *body, *html;
} rows[] = {
	{ GW_MESSAGE, "plain", { { 0, 0, 0, PLAIN } }, "plain", NULL },
	{ GW_ACTION, "waves", { { 0, 0, 0, PLAIN } }, "/me waves", NULL },
	{ GW_MESSAGE, "one", { { 0, 3, GW_BOLD, PLAIN } }, "*one*",
		"<span style='font-weight:bold;'>one</span>" },
	{ GW_MESSAGE, "one", { { 0, 3, GW_ITALIC, PLAIN } }, "_one_",
		"<span style='font-style:italic;'>one</span>" },
	{ GW_MESSAGE, "one", { { 0, 3, GW_STRIKE, PLAIN } }, "~one~",
		"<span style='text-decoration:line-through;'>one</span>" },
	{ GW_MESSAGE, "one", { { 0, 3, GW_MONO, PLAIN } }, "`one`",
		"<span style='font-family:monospace;'>one</span>" },
	/* XEP-0393 has no sign for it. */
	{ GW_MESSAGE, "one", { { 0, 3, GW_UNDERLINE, PLAIN } }, "one",
		"<span style='text-decoration:underline;'>one</span>" },
	{ GW_MESSAGE, "one", { { 0, 3, GW_BOLD | GW_ITALIC, PLAIN } },
		"*_one_*",
		"<span style='font-weight:bold;font-style:italic;'>one"
		"</span>" },
	/* Nothing is read inside `mono`. */
	{ GW_MESSAGE, "one", { { 0, 3, GW_BOLD | GW_MONO, PLAIN } }, "`one`",
		"<span style='font-weight:bold;font-family:monospace;'>one"
		"</span>" },
	{ GW_MESSAGE, "a b c",
		{ { 0, 1, GW_BOLD, PLAIN }, { 4, 5, GW_ITALIC, PLAIN } },
		"*a* b _c_",
		"<span style='font-weight:bold;'>a</span> b "
		"<span style='font-style:italic;'>c</span>" },
	{ GW_ACTION, "a b", { { 0, 1, GW_BOLD, PLAIN } }, "/me *a* b",
		"/me <span style='font-weight:bold;'>a</span> b" },
	/* XEP-0393 section 6: where a sign would not be one. */
	{ GW_MESSAGE, "onetwo", { { 3, 6, GW_BOLD, PLAIN } }, "onetwo",
		"one<span style='font-weight:bold;'>two</span>" },
	{ GW_MESSAGE, "onetwo", { { 0, 3, GW_BOLD, PLAIN } }, "onetwo",
		"<span style='font-weight:bold;'>one</span>two" },
	{ GW_MESSAGE, "a b ", { { 2, 4, GW_BOLD, PLAIN } }, "a b ",
		"a <span style='font-weight:bold;'>b </span>" },
	{ GW_MESSAGE, " b", { { 0, 2, GW_BOLD, PLAIN } }, " b",
		"<span style='font-weight:bold;'> b</span>" },
	{ GW_MESSAGE, "a\nb", { { 0, 3, GW_BOLD, PLAIN } }, "a\nb",
		"<span style='font-weight:bold;'>a<br/>b</span>" },
	{ GW_MESSAGE, "(one), two", { { 1, 4, GW_BOLD, PLAIN } },
		"(*one*), two",
		"(<span style='font-weight:bold;'>one</span>), two" },
	/* Colours. */
	{ GW_MESSAGE, "one", { { 0, 3, 0, 0x00ff80, 0x000001 } }, "one",
		"<span style='color:#00ff80;background-color:#000001;'>one"
		"</span>" },
	{ GW_MESSAGE, "one", { { 0, 3, ALL, 0xffffff, 0xffffff } }, "`one`",
		"background-color:#ffffff;'>one</span>" },
	/* Text that looks like XML, lines, and other alphabets. */
	{ GW_MESSAGE, "<b> & \"q\"", { { 0, 3, GW_BOLD, PLAIN } },
		"*<b>* & \"q\"",
		"<span style='font-weight:bold;'>&lt;b&gt;</span> &amp; "
		"&quot;q&quot;" },
	{ GW_MESSAGE, "a\n\xc3\xa4 c", { { 2, 4, GW_BOLD, PLAIN } },
		"a\n*\xc3\xa4* c",
		"a<br/><span style='font-weight:bold;'>\xc3\xa4</span> c" },
	/* Spans that cannot be. */
	{ GW_MESSAGE, "one", { { 2, 9, GW_BOLD, PLAIN } }, "one",
		"<p>one</p>" },
	{ GW_MESSAGE, "one", { { 3, 4, GW_BOLD, PLAIN } }, "one",
		"<p>one</p>" },
	{ GW_MESSAGE, "one", { { 2, 1, GW_BOLD, PLAIN } }, "one",
		"<p>one</p>" },
	{ GW_MESSAGE, "a b",
		{ { 2, 3, GW_BOLD, PLAIN }, { 0, 1, GW_BOLD, PLAIN } }, "a *b*",
		"a <span style='font-weight:bold;'>b</span>" },
	{ GW_MESSAGE, "", { { 0, 1, GW_BOLD, PLAIN } }, "", "<p/>" },
};

static struct gw_message message_of(const struct row *row)
{
	struct gw_message m = {
		.kind = row->kind, .text = row->text, .spans = row->spans
	};
	while (m.span_count < 4 && row->spans[m.span_count].end != 0)
		m.span_count++;
	return m;
}

static void test_bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct gw_message m = message_of(&rows[i]);
		const char *body = rich_body(&m);
		if (strcmp(body, rows[i].body) != 0)
			fail_msg("row %zu: %s", i, body);
	}
}

static void test_xhtml(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str out = { .max = 4 * KIB };
		struct xml_writer w;
		const struct gw_message m = message_of(&rows[i]);
		assert_int_equal(rich_has_xhtml(&m), rows[i].html != NULL);
		if (rows[i].html == NULL)
			continue;
		xml_writer_init(&w, &out, "");
		rich_put_xhtml(&w, &m);
		assert_int_equal(w.depth, 0);
		if (strstr(str_text(&out), rows[i].html) == NULL)
			fail_msg("row %zu: %s", i, str_text(&out));
		str_finish(&out);
	}
}

/* No span at any place, whole or cut, does any harm. */
static void test_any_span(void **state)
{
	static const char text[] = "a \xc3\xa4*b_ `c`\n~d";
	(void)state;
	for (size_t start = 0; start <= sizeof(text) + 1; start++)
		for (size_t end = 0; end <= sizeof(text) + 1; end++) {
			const struct gw_span span = { start, end, ALL, 1, 2 };
			const struct gw_message m = {
				.text = text, .spans = &span, .span_count = 1
			};
			struct str out = { .max = 4 * KIB };
			struct xml_writer w;
			assert_true(strlen(rich_body(&m)) >= strlen(text));
			xml_writer_init(&w, &out, "");
			rich_put_xhtml(&w, &m);
			assert_false(out.overflow);
			str_finish(&out);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_xhtml),
		cmocka_unit_test(test_any_span),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
