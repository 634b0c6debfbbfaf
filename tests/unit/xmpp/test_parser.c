#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "xmpp/trace.h"

static const struct {
	const char *input;
	const char *trace;
} cases[] = {
	/* The header. */
	{ HEADER, OPENED },
	{ "<stream:stream xmlns='a' xmlns:stream='" NS_STREAM "'>",
		"opened a - -\n" },
	{ "\xef\xbb\xbf" HEADER, OPENED },
	{ "<s:stream xmlns:s='" NS_STREAM "' id='&lt;&#39;&amp;'>",
		"opened  <'& -\n" },
	{ "<?xml version='1.0' encoding='iso-8859-1'?>"
	  "<s:stream xmlns:s='" NS_STREAM "' id='\xc3\xa4'>",
		"opened  \xc3\xa4 -\n" },
	{ "<stream xmlns='" NS_STREAM "'>", "opened " NS_STREAM " - -\n" },
	{ "<stream:stream xmlns:stream='x'>", "error invalid-namespace\n" },
	{ "<stream:stream>", "error not-well-formed\n" },
	{ "<html>", "error bad-format\n" },
	{ "<stream:features xmlns:stream='" NS_STREAM "'>",
		"error bad-format\n" },
	{ "HTTP/1.1 400 Bad Request\r\n", "error not-well-formed\n" },
	{ "<:stream xmlns='" NS_STREAM "'>", "error not-well-formed\n" },
	{ "<a:b:c xmlns:a='" NS_STREAM "'>", "error not-well-formed\n" },
	{ "<s:stream xmlns:s='" NS_STREAM "' xmlns:xml='x'>",
		"error not-well-formed\n" },
	{ "<s:stream xmlns:s='" NS_STREAM "' xmlns:b=''>",
		"error not-well-formed\n" },

	/* The end. */
	{ HEADER "</stream:stream>", OPENED "closed\n" },
	{ HEADER "</stream:stream> <x/>", OPENED "closed\n" },
	{ HEADER "</stream:stream><", OPENED "closed\n" },
	{ "<s:stream xmlns:s='" NS_STREAM "'/>", "opened  - -\nclosed\n" },

	/* Stanzas. */
	{ HEADER "<a/><b></b>\n <c>\n</c>\r\n",
		OPENED "<a/>\n<b/>\n<c>\n</c>\n" },
	{ HEADER "<message to='x'><body>one &lt; &#x32; <![CDATA[<3>]]>"
		 "</body></message>",
		OPENED "<message to='x'><body>one &lt; 2 &lt;3&gt;</body>"
		       "</message>\n" },
	{ HEADER "<a>x<b>y</b>z<c/></a>", OPENED "<a>x<b>y</b>z<c/></a>\n" },
	{ HEADER "<a>\xf0\x9f\x98\x80\xc3\xa4\xe2\x82\xac</a>",
		OPENED "<a>\xf0\x9f\x98\x80\xc3\xa4\xe2\x82\xac</a>\n" },
	{ HEADER "<a>1\r\n2\r3</a>", OPENED "<a>1\n2\n3</a>\n" },
	{ HEADER "<a b='1\n2&#10;&#9;>'/>",
		OPENED "<a b='1 2&#10;&#9;&gt;'/>\n" },

	/* Namespaces. */
	{ HEADER "<a><b xmlns='u:b'><c/><d xmlns=''/></b><e/></a>",
		OPENED "<a><b xmlns='u:b'><c/><d xmlns=''/></b><e/></a>\n" },
	{ HEADER "<p:a xmlns:p='u:p'><p:b/><c p:d='1' d='2'/></p:a>",
		OPENED "<a xmlns='u:p'><b/>"
		       "<c xmlns='" NS_COMPONENT
		       "' xmlns:n1='u:p' n1:d='1' d='2'/></a>\n" },
	{ HEADER "<a xml:lang='de'/>", OPENED "<a xml:lang='de'/>\n" },
	{ HEADER "<stream:error><conflict xmlns='" NS_STREAM_ERRORS "'/>"
		 "</stream:error>",
		OPENED "<error xmlns='" NS_STREAM
		       "'><conflict xmlns='" NS_STREAM_ERRORS "'/></error>\n" },
	{ HEADER "<a xmlns:p='1'><p:b/><c xmlns:p='2'><p:d/></c><p:e/></a>",
		OPENED "<a><b xmlns='1'/><c><d xmlns='2'/></c>"
		       "<e xmlns='1'/></a>\n" },

	/* The stanza's own namespace. */
	{ HEADER "<message xmlns='jabber:client'><body>x</body></message>",
		OPENED "<message><body>x</body></message>\n" },
	{ HEADER "<message xmlns='jabber:server'><body/></message>",
		OPENED "<message><body/></message>\n" },
	{ HEADER "<message xmlns=''><body/></message>",
		OPENED "<message><body/></message>\n" },
	{ HEADER "<c:message xmlns:c='jabber:client'><c:body/></c:message>",
		OPENED "<message><body/></message>\n" },
	{ HEADER "<message xmlns='jabber:client'>"
		 "<forwarded xmlns='" NS_FORWARD "'>"
		 "<message xmlns='jabber:client'><body/></message>"
		 "</forwarded></message>",
		OPENED "<message><forwarded xmlns='" NS_FORWARD "'>"
		       "<message xmlns='jabber:client'><body/></message>"
		       "</forwarded></message>\n" },
	{ HEADER "<message><x xmlns='u'><body xmlns='" NS_COMPONENT "'/></x>"
		 "</message>",
		OPENED "<message><x xmlns='u'><body xmlns='" NS_COMPONENT
		       "'/></x></message>\n" },
	{ HEADER "<message xmlns='other'><body/></message>",
		OPENED "<message xmlns='other'><body/></message>\n" },

	/* Refused, and the stream goes on. */
	{ HEADER "<message to='x' xmlns='jabber:client'><u:x/></message><b/>",
		OPENED "refused, XML namespaces are used wrongly: "
		       "<message to='x'/>\n<b/>\n" },
	{ HEADER "<u:message to='x' id='1'><b/></u:message><b/>",
		OPENED "refused, XML namespaces are used wrongly: "
		       "<message xmlns='' to='x' id='1'/>\n<b/>\n" },
	{ HEADER "<message u:to='x' to='y'>text</message><b/>",
		OPENED "refused, XML namespaces are used wrongly: "
		       "<message to='y'/>\n<b/>\n" },
	{ HEADER "<a p:x='' q:x='' xmlns:p='u' xmlns:q='u'/><b/>",
		OPENED "refused, XML namespaces are used wrongly: "
		       "<a/>\n<b/>\n" },
	{ HEADER "<a><b xmlns:p=''/><c>x</c></a><b/>",
		OPENED "refused, XML namespaces are used wrongly: "
		       "<a/>\n<b/>\n" },
	{ HEADER "<a><b xmlns:xmlns='x'/></a>",
		OPENED "refused, XML namespaces are used wrongly: <a/>\n" },
	{ HEADER "<a><b xmlns:p='" XML_NS_XML "'/></a>",
		OPENED "refused, XML namespaces are used wrongly: <a/>\n" },
	{ HEADER "<a><b:/></a>",
		OPENED "refused, XML namespaces are used wrongly: <a/>\n" },
	{ HEADER "<a xmlns:p='u' p:-1=''><p:b/></a>",
		OPENED "refused, XML namespaces are used wrongly: <a/>\n" },
	{ HEADER "<a><p:1 xmlns:p='u'/></a>",
		OPENED "refused, XML namespaces are used wrongly: <a/>\n" },
	{ HEADER "<a:b:c/>", OPENED "refused, XML namespaces are used wrongly: "
				    "<unknown/>\n" },

	/* What ends a stream. */
	{ HEADER "text", OPENED "error bad-format\n" },
	{ HEADER "<a/>x<b/>", OPENED "<a/>\nerror bad-format\n" },
	{ HEADER "<a></b>", OPENED "error not-well-formed\n" },
	{ HEADER "<a b='1' b='2'/>", OPENED "error not-well-formed\n" },
	{ HEADER "<a>\x01</a>", OPENED "error not-well-formed\n" },
	{ HEADER "<a>&#1;</a>", OPENED "error not-well-formed\n" },
	{ HEADER "<a>\xff</a>", OPENED "error not-well-formed\n" },
	{ HEADER "<a>\xc0\x80</a>", OPENED "error not-well-formed\n" },
	{ HEADER "<a>\xed\xa0\x80</a>", OPENED "error not-well-formed\n" },
	{ HEADER "<a>\xef\xbf\xbe</a>", OPENED "error not-well-formed\n" },
	{ HEADER "<a>]]></a>", OPENED "error not-well-formed\n" },
	{ HEADER "<a><?xml version='1.0'?></a>",
		OPENED "error not-well-formed\n" },
	{ HEADER "<a><!DOCTYPE x></a>", OPENED "error not-well-formed\n" },
	{ HEADER "<a>&nbsp;</a>", OPENED "error restricted-xml\n" },
	{ HEADER "<a b='&x;'/>", OPENED "error restricted-xml\n" },
	{ HEADER "<!-- x --><a/>", OPENED "error restricted-xml\n" },
	{ HEADER "<a><!-- x --></a>", OPENED "error restricted-xml\n" },
	{ HEADER "<a><?x y?></a>", OPENED "error restricted-xml\n" },
	{ "<!-- x -->" HEADER, "error restricted-xml\n" },
	{ "<?xml version='1.0'?><?x y?>", "error restricted-xml\n" },
	{ "<!DOCTYPE x><x/>", "error restricted-xml\n" },
	{ "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
		"error restricted-xml\n" },
	{ "<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>",
		"error restricted-xml\n" },
};

static void check_trace(
	const struct trace *t, size_t row, const char *how, size_t cut)
{
	if (strcmp(str_text(&t->text), cases[row].trace) == 0)
		return;
	fail_msg("row %zu, %s %zu:\n%s\nexpected:\n%s", row, how, cut,
		str_text(&t->text), cases[row].trace);
}

static void test_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trace t;
		trace_init(&t);
		trace_feed_text(&t, cases[i].input);
		check_trace(&t, i, "whole", 0);
		trace_finish(&t);
	}
}

static void test_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice all = slice_of(cases[i].input);
		struct trace t;
		trace_init(&t);
		for (size_t cut = 1; cut < all.len; cut++) {
			parser_reset(t.parser);
			str_reset(&t.text);
			if (trace_feed(&t, slice_make(all.data, cut)))
				trace_feed(&t, slice_make(all.data + cut,
						       all.len - cut));
			check_trace(&t, i, "cut at", cut);
		}
		trace_finish(&t);
	}
}

static void test_bytewise(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice all = slice_of(cases[i].input);
		struct trace t;
		trace_init(&t);
		for (size_t at = 0; at < all.len; at++) {
			/* From the heap, so that reading beyond is seen. */
			char *byte = xalloc(1);
			*byte = all.data[at];
			bool alive = trace_feed(&t, slice_make(byte, 1));
			xfree(byte);
			if (!alive)
				break;
		}
		check_trace(&t, i, "bytewise", 0);
		trace_finish(&t);
	}
}

/* A stanza is delivered with its last byte, however it was cut before. */
static void test_no_deferral(void **state)
{
	static const char stanza[] =
		"<message to='someone@gw.test'><body>x</body></message>";
	(void)state;

	for (size_t size = 100; size <= 20000; size *= 4) {
		struct trace t;
		struct str long_stanza;
		str_init(&long_stanza, MIB);
		str_add(&long_stanza, "<message to='");
		for (size_t i = 0; i < size; i++)
			str_add_char(&long_stanza, 'x');
		str_add(&long_stanza, "'/>");
		trace_init(&t);
		assert_true(trace_feed_text(&t, HEADER));
		size_t half = long_stanza.len / 2;
		assert_true(trace_feed(&t, slice_make(long_stanza.data, half)));
		assert_true(trace_feed(&t, slice_make(long_stanza.data + half,
						   long_stanza.len - half)));
		assert_int_equal(t.stanzas, 1);
		assert_true(trace_feed(&t, slice_make(stanza, 10)));
		assert_true(trace_feed_text(&t, stanza + 10));
		assert_int_equal(t.stanzas, 2);
		/* The switch is off in a parser that was reset, too. */
		parser_reset(t.parser);
		assert_true(trace_feed_text(&t, HEADER));
		assert_true(trace_feed(&t, slice_make(long_stanza.data, half)));
		assert_true(trace_feed(&t, slice_make(long_stanza.data + half,
						   long_stanza.len - half)));
		assert_int_equal(t.stanzas, 3);
		trace_finish(&t);
		str_finish(&long_stanza);
	}
}

static void test_stop(void **state)
{
	struct trace t;

	(void)state;
	trace_init(&t);
	t.stop_at = "stop";
	assert_true(trace_feed_text(&t, HEADER "<a/><stop/><b/><"));
	assert_true(trace_feed_text(&t, "garbage <<"));
	assert_string_equal(str_text(&t.text), OPENED "<a/>\n<stop/>\n");
	parser_reset(t.parser);
	str_reset(&t.text);
	assert_true(trace_feed_text(&t, HEADER "<a/>"));
	assert_string_equal(str_text(&t.text), OPENED "<a/>\n");
	trace_finish(&t);
}

static void test_error_stays(void **state)
{
	struct trace t;
	const char *condition = NULL;

	(void)state;
	trace_init(&t);
	assert_false(trace_feed_text(&t, HEADER "<a></b>"));
	assert_int_equal(
		parser_feed(t.parser, slice_of("<c/>"), &condition), -1);
	assert_string_equal(condition, "not-well-formed");
	trace_finish(&t);
}

/* --- Limits -------------------------------------------------------------- */

/* Feed `head`, `count` times `unit`, `tail`; then a good stanza, which must
 * still be read. Returns what was said about the first one. */
static void bomb(const char *head, const char *unit, size_t count,
	const char *tail, const char *expected)
{
	struct trace t;
	struct str all;
	static const size_t pieces[] = { 1 << 30, 65536, 1400, 333 };

	str_init(&all, 64 * MIB);
	str_add(&all, HEADER);
	str_add(&all, head);
	for (size_t i = 0; i < count; i++)
		str_add(&all, unit);
	str_add(&all, tail);
	str_add(&all, "<good/>");
	for (size_t i = 0; i < COUNT(pieces); i++) {
		trace_init(&t);
		struct slice rest = str_slice(&all);
		while (rest.len > 0) {
			struct slice piece = rest;
			if (piece.len > pieces[i])
				piece.len = pieces[i];
			if (!trace_feed(&t, piece))
				break;
			rest.data += piece.len;
			rest.len -= piece.len;
		}
		struct str want;
		str_init(&want, KIB);
		str_addf(&want, OPENED "%s", expected);
		if (strcmp(str_text(&t.text), str_text(&want)) != 0)
			fail_msg("%s, pieces of %zu: %.500s", head, pieces[i],
				str_text(&t.text));
		str_finish(&want);
		trace_finish(&t);
	}
	str_finish(&all);
}

static void test_too_big(void **state)
{
	(void)state;
	bomb("<m to='x'><body>", "0123456789", 27000, "</body></m>",
		"refused, it is too big: <m to='x'/>\n<good/>\n");
	bomb("<m to='x'>", "<b>0123456789</b>", 20000, "</m>",
		"refused, it is too big: <m to='x'/>\n<good/>\n");
}

static void test_depth(void **state)
{
	struct str tail;

	(void)state;
	str_init(&tail, MIB);
	for (size_t i = 0; i < 64; i++)
		str_add(&tail, "</a>");
	str_add(&tail, "</m>");
	bomb("<m to='x'>", "<a>", 64, str_text(&tail),
		"refused, it is nested too deeply: <m to='x'/>\n<good/>\n");
	str_reset(&tail);
	for (size_t i = 0; i < 30000; i++)
		str_add(&tail, "</a>");
	str_add(&tail, "</m>");
	bomb("<m to='x'>", "<a>", 30000, str_text(&tail),
		"refused, it is nested too deeply: <m to='x'/>\n<good/>\n");
	str_finish(&tail);
}

static void test_depth_allowed(void **state)
{
	struct trace t;

	(void)state;
	trace_init(&t);
	trace_feed_text(&t, HEADER);
	for (size_t i = 0; i < LIMIT_XML_DEPTH; i++)
		trace_feed_text(&t, "<a>");
	trace_feed_text(&t, "text");
	for (size_t i = 0; i < LIMIT_XML_DEPTH; i++)
		trace_feed_text(&t, "</a>");
	assert_int_equal(t.stanzas, 1);
	trace_finish(&t);
}

static void test_elements(void **state)
{
	(void)state;
	bomb("<m to='x'>", "<b/>", 25001, "</m>",
		"refused, it has too many elements: <m to='x'/>\n<good/>\n");
}

static void test_attributes(void **state)
{
	struct str tag;

	(void)state;
	str_init(&tag, MIB);
	for (unsigned i = 0; i < 129; i++)
		str_addf(&tag, " a%u=''", i);
	str_add(&tag, "/></m>");
	bomb("<m to='x'><b", "", 0, str_text(&tag),
		"refused, an element of it has too many attributes: "
		"<m to='x'/>\n<good/>\n");
	str_reset(&tag);
	for (unsigned i = 0; i < 2000; i++)
		str_addf(&tag, " a%u=''", i);
	str_add(&tag, " from='y' id='z' type='get'/>");
	bomb("<iq to='x'", "", 0, str_text(&tag),
		"refused, an element of it has too many attributes: "
		"<iq to='x' from='y' id='z' type='get'/>\n<good/>\n");
	str_finish(&tag);
}

static void test_namespaces(void **state)
{
	struct str tag;

	(void)state;
	str_init(&tag, MIB);
	for (unsigned i = 0; i < 65; i++)
		str_addf(&tag, " xmlns:a%u='u'", i);
	str_add(&tag, "/></m>");
	bomb("<m to='x'><b", "", 0, str_text(&tag),
		"refused, it declares too many namespaces: "
		"<m to='x'/>\n<good/>\n");
	str_finish(&tag);
}

static void test_tag(void **state)
{
	(void)state;
	bomb("<m to='x'><b c='", "0123456789", 4000, "'/></m>",
		"refused, a tag of it is too long: <m to='x'/>\n<good/>\n");
	bomb("<m to='x' c='", "0123456789", 40000, "' id='1'><b/></m>",
		"refused, a tag of it is too long: <m to='x' id='1'/>\n"
		"<good/>\n");
	/* With a '>' everywhere the tag is looked at more often. */
	bomb("<m to='x' c='", "0123>56789", 10000, "'/>",
		"refused, a tag of it is too long: <m to='x'/>\n<good/>\n");
	/* A tag that does not end ends the stream. */
	bomb("<m to='x' c='", "0123456789", 110000, "'/>",
		"error policy-violation\n");
	bomb("<", "0123456789", 110000, "", "error not-well-formed\n");
}

static void test_header_too_long(void **state)
{
	struct trace t;

	(void)state;
	trace_init(&t);
	bool alive = trace_feed_text(
		&t, "<stream:stream xmlns:stream='" NS_STREAM "' a='");
	for (unsigned i = 0; alive && i < 100; i++) {
		char piece[1001];
		memset(piece, 'x', 1000);
		piece[1000] = '\0';
		alive = trace_feed_text(&t, piece);
	}
	assert_string_equal(str_text(&t.text), "error policy-violation\n");
	trace_finish(&t);
}

/* Names are forgotten, no stanza is lost, and the tail of the input that was
 * not parsed yet is. */
static void test_names(void **state)
{
	struct trace t;
	struct str piece;
	unsigned sent = 0;

	(void)state;
	trace_init(&t);
	str_init(&piece, MIB);
	trace_feed_text(&t, HEADER);
	for (unsigned i = 0; i < 1000; i++) {
		str_reset(&piece);
		for (unsigned j = 0; j < 100; j++, sent++)
			str_addf(&piece,
				"<e%u><f%u xmlns='u:%u' a%u=''/>"
				"</e%u>",
				sent, sent, sent, sent, sent);
		assert_true(trace_feed(&t, str_slice(&piece)));
		assert_int_equal(t.stanzas, sent);
		str_reset(&t.text);
	}
	assert_int_equal(sent, 100000);
	assert_in_range(parser_generation(t.parser), 10, 200);
	/* What stream and stanza declared holds on. */
	assert_true(trace_feed_text(&t, "<m><a/></m><stream:error/>"));
	assert_string_equal(str_text(&t.text),
		"<m><a/></m>\n<error xmlns='" NS_STREAM "'/>\n");
	assert_true(trace_feed_text(&t, "</stream:stream>"));
	assert_non_null(strstr(str_text(&t.text), "closed\n"));
	str_finish(&piece);
	trace_finish(&t);
}

/* The parser is replaced at every cut of the input that follows. */
static void test_replaced_anywhere(void **state)
{
	static const char tail[] = "<a/> <b c='d'>e</b><f/></stream:stream>";
	struct str names;

	(void)state;
	str_init(&names, MIB);
	str_add(&names, HEADER "<big>");
	for (unsigned i = 0; i < 9000; i++)
		str_addf(&names, "<n%u/>", i);
	for (size_t cut = 0; cut < sizeof(tail) - 1; cut++) {
		struct trace t;
		struct str piece;
		trace_init(&t);
		str_init(&piece, MIB);
		assert_true(trace_feed(&t, str_slice(&names)));
		assert_int_equal(parser_generation(t.parser), 0);
		str_add(&piece, "</big>");
		str_add_bytes(&piece, tail, cut);
		assert_true(trace_feed(&t, str_slice(&piece)));
		assert_int_equal(parser_generation(t.parser), 1);
		str_reset(&t.text);
		assert_true(trace_feed_text(&t, tail + cut));
		assert_int_equal(t.stanzas, 4);
		assert_non_null(strstr(str_text(&t.text), "closed\n"));
		str_finish(&piece);
		trace_finish(&t);
	}
	str_finish(&names);
}

static void test_reset_mid_stanza(void **state)
{
	struct trace t;

	(void)state;
	trace_init(&t);
	for (unsigned i = 0; i < 3; i++) {
		parser_reset(t.parser);
		str_reset(&t.text);
		assert_true(trace_feed_text(&t, HEADER "<a><b>text"));
		assert_string_equal(str_text(&t.text), OPENED);
	}
	trace_finish(&t);
	parser_free(&t.parser);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_bytewise),
		cmocka_unit_test(test_no_deferral),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_error_stays),
		cmocka_unit_test(test_too_big),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_depth_allowed),
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_tag),
		cmocka_unit_test(test_header_too_long),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_replaced_anywhere),
		cmocka_unit_test(test_reset_mid_stanza),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
