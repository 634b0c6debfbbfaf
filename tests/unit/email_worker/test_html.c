/*
 * HTML to text.
 */
#include "email_worker/html.h"

#include "email_worker/html_filter.h"
#include "email_worker/rows.h"

/* As body.c has it: without blanks and line breaks at the end. */
static void convert(struct str *out, struct slice html, bool full)
{
	struct html_result result;

	html_to_text(out, html, full, &result);
	while (out->len > 0 && (out->data[out->len - 1] == '\n' ||
				       out->data[out->len - 1] == ' '))
		str_truncate(out, out->len - 1);
}

static void to_text(struct str *out, struct slice html)
{
	convert(out, html, true);
}

static void to_new_text(struct str *out, struct slice html)
{
	convert(out, html, false);
}

/* clang-format off */
static const struct text_row layout[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "a &amp; b &lt;c&gt; &euro; &#8364; &nosuch;", "a & b <c> € € &nosuch;" },
	{ "a\n  b\t c", "a b c" },
	{ "<p>a</p><p>b</p>", "a\n\nb" },
	{ "<p>a<p>b", "a\n\nb" },
	{ "<div>a</div><div>b</div>", "a\nb" },
	{ "<div>a</div><div><br></div><div>b</div>", "a\n\nb" },
	{ "a<br>b<br><br>c", "a\nb\n\nc" },
	{ "a<br><br><br><br>b", "a\n\nb" },
	{ "<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>b</p>", "a\n\nb" },
	{ "<p style='margin:0cm'>a</p><p style='margin:0cm'>b</p>", "a\nb" },
	{ "<h1>Head</h1>text<hr>more", "Head\n\ntext\n\nmore" },
	{ "a&nbsp;&zwnj;&shy;b", "a b" },
	{ "<ul><li>a<li>b<ul><li>c</ul></ul>d", "- a\n- b\n  - c\n\nd" },
	{ "<ol><li>a</li><li><p>b</p></li></ol>", "1. a\n2. b" },
	{ "<ol start=5><li>a</li></ol>", "5. a" },
	{ "<table><tr><th>a<th>b</tr><tr><td>1<td>2</tr></table>", "a | b\n1 | 2" },
	{ "<table><tr><td></td><td>a</td><td></td></tr></table>", "a" },
	{ "<table><tr><td><table><tr><td>a</td></tr></table></td><td>b</td></tr></table>", "a\nb" },
	{ "<table><tr><td>a<br>b</td><td>c</td></tr></table>", "a\nb\nc" },
	{ "<pre>a\n  b</pre>", "```\na\n  b\n```" },
	{ "<blockquote>a<p>b</blockquote>c", "> a\n>\n> b\n\nc" },
	{ "<blockquote><blockquote>a</blockquote>b</blockquote>", "> > a\n>\n> b" },
	{ "<script>x</script><style>y</style><title>t</title>a<!-- c -->b", "ab" },
	{ "a<![endif]>b<?php x ?>c", "abc" },
	{ "1 < 2 <3", "1 < 2 <3" },
	{ "<p>unclosed <b>bold", "unclosed *bold*" },
	{ "<td>no table</td><td>b</td>", "no tableb" },
};

static const struct text_row links[] = {
	{ "<a href='https://x.y/z'>text</a>", "text (https://x.y/z)" },
	{ "<a href='https://x.y/z'>https://x.y/z</a>", "https://x.y/z" },
	{ "<a href='https://www.x.y/'>x.y</a>", "x.y" },
	{ "<a href='mailto:a@b.c'>a@b.c</a>", "a@b.c" },
	{ "<a href='javascript:alert(1)'>text</a>", "text" },
	{ "<a href='data:text/html,x'>text</a>", "text" },
	{ "<a href='#top'>text</a>", "text" },
	{ "<a href='https://x.y/ z'>text</a>", "text" },
	{ "<a href='https://x.y'><img src=z></a>", "" },
	{ "<a href='https://x.y'><img src=z alt=Logo></a>", "Logo (https://x.y)" },
	{ "<img src='https://x.y/p.gif' width=1 height=1 alt=x>a", "a" },
	{ "<a href='https://x.y/z'><b>bold</b></a>", "*bold* (https://x.y/z)" },
};

static const struct text_row styles[] = {
	{ "<b>a</b>", "*a*" },
	{ "<strong>a b</strong> c", "*a b* c" },
	{ "<i>a</i> <em>b</em> <s>c</s> <del>d</del> <code>e</code>", "_a_ _b_ ~c~ ~d~ `e`" },
	{ "<b>H</b>ello", "Hello" },
	{ "un<b>bold</b>", "unbold" },
	{ "<b> a</b>b", "ab" },
	{ "<b>a </b>b", "*a* b" },
	{ "<b></b>x", "x" },
	{ "<b><b>a</b></b>", "*a*" },
	{ "<b><i>a</i></b>", "*_a_*" },
	{ "<b>2*3</b>", "2*3" },
	{ "(<b>a</b>)", "(*a*)" },
	{ "<b>a<br>b</b>", "a\nb" },
	{ "<b><p>a</p></b>", "a" },
	{ "<pre><b>a</b></pre>", "```\na\n```" },
};

static const struct text_row hidden[] = {
	{ "<div style='display:none'>x</div>a", "a" },
	{ "<div style='DISPLAY : none !important'>x</div>a", "a" },
	{ "<div style='display:block'>x</div>", "x" },
	{ "<span style='visibility:hidden'>x</span>a", "a" },
	{ "<div style='max-height:0;overflow:hidden'>x</div>a", "a" },
	{ "<div style='max-height:0.5em'>x</div>", "x" },
	{ "<div style='opacity:0'>x</div>a", "a" },
	{ "<div style='opacity:0.9'>x</div>", "x" },
	{ "<div style='mso-hide:all'>x</div>a", "a" },
	{ "<div hidden>x</div>a", "a" },
	{ "<td style='font-size:0px'>x</td>a", "a" },
	{ "<div style='font-size:0'><p style='font-size:13px'>a</p></div>", "a" },
	{ "<div style='display:none'><div>x</div>y</div>a", "a" },
};

static const struct text_row quotes[] = {
	{ "<div>new</div><div class='gmail_quote'>On x, Bob wrote:<blockquote class='gmail_quote'>old</blockquote></div>", "new" },
	{ "new<blockquote type=cite>old</blockquote>", "new" },
	{ "<blockquote type=cite>old</blockquote>new", "> old\n\nnew" },
	{ "<div class='moz-cite-prefix'>On x, Bob wrote:<br></div><blockquote type=cite>old</blockquote><p>new", "On x, Bob wrote:\n\n> old\n\nnew" },
	{ "new<div class='moz-cite-prefix'>On x, Bob wrote:</div><blockquote type=cite>old</blockquote>", "new" },
	{ "new<hr><div id=divRplyFwdMsg><b>From:</b> Bob<br><b>Sent:</b> x</div><div>old</div>", "new" },
	{ "<div>new</div><div id=appendonsend></div><div>old</div>", "new" },
	{ "<p class=MsoNormal>new</p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>From:</b> Bob</p></div><p class=MsoNormal>old</p>", "new" },
	{ "<p class=MsoNormal>new</p><div style='border-top:solid #B5C4DF 1.0pt'>Von: Bob</div>old", "new" },
	{ "new<div class=yahoo_quoted>old</div>", "new" },
	{ "new<div class=protonmail_quote>old</div>", "new" },
	{ "new<div class='gmail_signature'>-- <br>Alice</div>", "new" },
	{ "new<div id=mail-editor-reference-message-container>old</div>", "new" },
	{ "<div class=gmail_quote>all there is</div>", "all there is" },
	{ "new <div class=gmail_quote>old</div> and more", "new\nold\nand more" },
};
/* clang-format on */

static void test_layout(void **state)
{
	(void)state;
	CHECK_ROWS(layout, to_text);
}

static void test_links(void **state)
{
	(void)state;
	CHECK_ROWS(links, to_text);
}

static void test_styles(void **state)
{
	(void)state;
	CHECK_ROWS(styles, to_text);
}

static void test_hidden(void **state)
{
	(void)state;
	CHECK_ROWS(hidden, to_text);
}

static void test_quotes(void **state)
{
	(void)state;
	CHECK_ROWS(quotes, to_new_text);
}

static void filter(struct str *out, struct slice html)
{
	html_filter(out, html);
}

static void test_filter(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{ "a<b>c", "a<b>c" },
		{ "<!-- x > y -->a", "a" },
		{ "<!-->a", "a" },
		{ "<!doctype html>a", "a" },
		{ "<!-- open", "" },
		{ "<script>a<b></script>c", "<script></script>c" },
		{ "<STYLE>a</style>c", "<STYLE></style>c" },
		{ "<a title='>'>b", "<a title='>'>b" },
		{ "<a title='x", "<a title='x" },
		{ "a < b", "a &lt; b" },
		{ "<meta charset=koi8-r>a", "a" },
		{ "<", "" },
	};

	CHECK_ROWS(rows, filter);
}

/* Thousands of attributes, and a value without an end, are left out. */
static void test_big_tags(void **state)
{
	(void)state;
	struct str html, out;

	str_init(&html, 1 << 20);
	str_init(&out, 1 << 20);
	str_add(&html, "<p ");
	for (unsigned i = 0; i < 5000; i++)
		str_addf(&html, "a%u=b ", i);
	str_add(&html, ">text");
	html_filter(&out, str_slice(&html));
	assert_in_range(out.len, 100, 1000);
	assert_non_null(strstr(str_text(&out), ">text"));

	str_reset(&html);
	str_reset(&out);
	str_add(&html, "<img src='data:");
	for (unsigned i = 0; i < 50000; i++)
		str_add_char(&html, 'x');
	str_add(&html, "'>text");
	html_filter(&out, str_slice(&html));
	assert_in_range(out.len, 4, 100);
	assert_non_null(strstr(str_text(&out), "text"));
	str_finish(&html);
	str_finish(&out);
}

static void charset(struct str *out, struct slice html)
{
	str_add_slice(out, html_charset(html));
}

static void test_charset(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{ "", "" },
		{ "<meta charset=utf-8>", "utf-8" },
		{ "<meta charset=\"koi8-r\" />", "koi8-r" },
		{ "<meta content='text/html; charset=big5'>", "big5" },
		{ "<META CHARSET='x'>", "x" },
		{ "charset=", "" },
	};

	CHECK_ROWS(rows, charset);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_styles),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_big_tags),
		cmocka_unit_test(test_charset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
