#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "xmpp/stanza.h"
#include "xmpp/tree.h"

#define ADDRESSES " from='a@b/c' to='gw' "

static const struct {
	const char *xml;
	enum stanza_error error;
	enum stanza_kind kind;
	enum stanza_type type;
} reads[] = {
	{ "<message" ADDRESSES "/>", ERR_NONE, STANZA_MESSAGE, TYPE_NORMAL },
	{ "<message" ADDRESSES "type='normal'/>", ERR_NONE, STANZA_MESSAGE,
		TYPE_NORMAL },
	{ "<message" ADDRESSES "type='chat'/>", ERR_NONE, STANZA_MESSAGE,
		TYPE_CHAT },
	{ "<message" ADDRESSES "type='groupchat'/>", ERR_NONE, STANZA_MESSAGE,
		TYPE_GROUPCHAT },
	{ "<message" ADDRESSES "type='headline'/>", ERR_NONE, STANZA_MESSAGE,
		TYPE_HEADLINE },
	{ "<message" ADDRESSES "type='error'/>", ERR_NONE, STANZA_MESSAGE,
		TYPE_ERROR },
	{ "<message" ADDRESSES "type='foo'/>", ERR_NONE, STANZA_MESSAGE,
		TYPE_NORMAL },
	{ "<message" ADDRESSES "type='subscribe'/>", ERR_NONE, STANZA_MESSAGE,
		TYPE_NORMAL },
	{ "<message" ADDRESSES "type=''/>", ERR_NONE, STANZA_MESSAGE,
		TYPE_NORMAL },
	{ "<message xmlns='jabber:client'" ADDRESSES "/>", ERR_NONE,
		STANZA_MESSAGE, TYPE_NORMAL },

	{ "<presence" ADDRESSES "/>", ERR_NONE, STANZA_PRESENCE,
		TYPE_AVAILABLE },
	{ "<presence" ADDRESSES "type='unavailable'/>", ERR_NONE,
		STANZA_PRESENCE, TYPE_UNAVAILABLE },
	{ "<presence" ADDRESSES "type='subscribe'/>", ERR_NONE, STANZA_PRESENCE,
		TYPE_SUBSCRIBE },
	{ "<presence" ADDRESSES "type='subscribed'/>", ERR_NONE,
		STANZA_PRESENCE, TYPE_SUBSCRIBED },
	{ "<presence" ADDRESSES "type='unsubscribe'/>", ERR_NONE,
		STANZA_PRESENCE, TYPE_UNSUBSCRIBE },
	{ "<presence" ADDRESSES "type='unsubscribed'/>", ERR_NONE,
		STANZA_PRESENCE, TYPE_UNSUBSCRIBED },
	{ "<presence" ADDRESSES "type='probe'/>", ERR_NONE, STANZA_PRESENCE,
		TYPE_PROBE },
	{ "<presence" ADDRESSES "type='error'/>", ERR_NONE, STANZA_PRESENCE,
		TYPE_ERROR },
	{ "<presence" ADDRESSES "type='available'/>", ERR_BAD_REQUEST,
		STANZA_PRESENCE, TYPE_UNKNOWN },
	{ "<presence" ADDRESSES "type=''/>", ERR_BAD_REQUEST, STANZA_PRESENCE,
		TYPE_UNKNOWN },
	{ "<presence" ADDRESSES "type='chat'/>", ERR_BAD_REQUEST,
		STANZA_PRESENCE, TYPE_UNKNOWN },

	{ "<iq" ADDRESSES "type='get' id='1'><q xmlns='x'/></iq>", ERR_NONE,
		STANZA_IQ, TYPE_GET },
	{ "<iq" ADDRESSES "type='set' id='1'> <q/> </iq>", ERR_NONE, STANZA_IQ,
		TYPE_SET },
	{ "<iq" ADDRESSES "type='get' id='1'/>", ERR_BAD_REQUEST, STANZA_IQ,
		TYPE_GET },
	{ "<iq" ADDRESSES "type='get' id='1'>text</iq>", ERR_BAD_REQUEST,
		STANZA_IQ, TYPE_GET },
	{ "<iq" ADDRESSES "type='set' id='1'><q/><q/></iq>", ERR_BAD_REQUEST,
		STANZA_IQ, TYPE_SET },
	{ "<iq" ADDRESSES "type='get'><q/></iq>", ERR_BAD_REQUEST, STANZA_IQ,
		TYPE_GET },
	{ "<iq" ADDRESSES "id='1'><q/></iq>", ERR_BAD_REQUEST, STANZA_IQ,
		TYPE_UNKNOWN },
	{ "<iq" ADDRESSES "id='1' type='foo'><q/></iq>", ERR_BAD_REQUEST,
		STANZA_IQ, TYPE_UNKNOWN },
	{ "<iq" ADDRESSES "type='result' id='1'/>", ERR_NONE, STANZA_IQ,
		TYPE_RESULT },
	{ "<iq" ADDRESSES "type='result' id='1'><a/><b/></iq>", ERR_NONE,
		STANZA_IQ, TYPE_RESULT },
	{ "<iq" ADDRESSES "type='error' id='1'><a/><error/></iq>", ERR_NONE,
		STANZA_IQ, TYPE_ERROR },
	{ "<iq" ADDRESSES "type='result'/>", ERR_BAD_REQUEST, STANZA_IQ,
		TYPE_RESULT },

	{ "<message from='a@b' type='chat'/>", ERR_JID_MALFORMED,
		STANZA_MESSAGE, TYPE_CHAT },
	{ "<message from='a@b' to='a b@gw'/>", ERR_JID_MALFORMED,
		STANZA_MESSAGE, TYPE_NORMAL },
	{ "<message to='gw'/>", ERR_UNDEFINED_CONDITION, STANZA_MESSAGE,
		TYPE_NORMAL },
	{ "<message from='' to='gw'/>", ERR_UNDEFINED_CONDITION, STANZA_MESSAGE,
		TYPE_NORMAL },
	{ "<message from='@b' to='gw'/>", ERR_UNDEFINED_CONDITION,
		STANZA_MESSAGE, TYPE_NORMAL },
	{ "<message xmlns='u:x'" ADDRESSES "/>", ERR_UNDEFINED_CONDITION,
		STANZA_MESSAGE, TYPE_NORMAL },
	{ "<handshake/>", ERR_UNDEFINED_CONDITION, STANZA_MESSAGE,
		TYPE_NORMAL },
};

static void test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(reads); i++) {
		struct tree t;
		struct stanza s;
		tree_init(&t, reads[i].xml);
		assert_non_null(t.root);
		enum stanza_error error = stanza_read(&s, t.root, &t.arena);
		if (error != reads[i].error || s.kind != reads[i].kind ||
			s.type != reads[i].type)
			fail_msg("row %zu: error %d, kind %d, type %d", i,
				(int)error, (int)s.kind, (int)s.type);
		tree_finish(&t);
	}
}

static void test_fields(void **state)
{
	struct tree t;
	struct stanza s;

	(void)state;
	tree_init(&t, "<message from='A@B/C' to='X%y@GW/z' id='&lt;1' "
		      "xml:lang='de'/>");
	assert_int_equal(stanza_read(&s, t.root, &t.arena), ERR_NONE);
	assert_string_equal(s.from.full, "a@b/C");
	assert_string_equal(s.to.full, "x%y@gw/z");
	assert_string_equal(s.id, "<1");
	assert_string_equal(s.lang, "de");
	assert_ptr_equal(s.xml, t.root);
	assert_ptr_equal(s.arena, &t.arena);
	tree_finish(&t);

	tree_init(&t, "<presence from='a@b' to='a b@c'/>");
	assert_int_equal(stanza_read(&s, t.root, &t.arena), ERR_JID_MALFORMED);
	assert_string_equal(s.from.full, "a@b");
	assert_null(s.to.full);
	assert_null(s.id);
	assert_null(s.lang);
	tree_finish(&t);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(stanza_type_name(TYPE_NORMAL), "normal");
	assert_string_equal(stanza_type_name(TYPE_PROBE), "probe");
	assert_string_equal(stanza_type_name(TYPE_ERROR), "error");
	assert_null(stanza_type_name(TYPE_AVAILABLE));
	assert_null(stanza_type_name(TYPE_UNKNOWN));
}

/* RFC 6120 section 8.3.3 and XEP-0086. */
static const struct {
	enum stanza_error error;
	const char *xml;
} errors[] = {
	{ ERR_BAD_REQUEST, "modify' code='400'><bad-request" },
	{ ERR_CONFLICT, "cancel' code='409'><conflict" },
	{ ERR_FEATURE_NOT_IMPLEMENTED,
		"cancel' code='501'><feature-not-implemented" },
	{ ERR_FORBIDDEN, "auth' code='403'><forbidden" },
	{ ERR_GONE, "cancel' code='302'><gone" },
	{ ERR_INTERNAL_SERVER_ERROR,
		"cancel' code='500'><internal-server-error" },
	{ ERR_ITEM_NOT_FOUND, "cancel' code='404'><item-not-found" },
	{ ERR_JID_MALFORMED, "modify' code='400'><jid-malformed" },
	{ ERR_NOT_ACCEPTABLE, "modify' code='406'><not-acceptable" },
	{ ERR_NOT_ALLOWED, "cancel' code='405'><not-allowed" },
	{ ERR_NOT_AUTHORIZED, "auth' code='401'><not-authorized" },
	{ ERR_POLICY_VIOLATION, "modify'><policy-violation" },
	{ ERR_RECIPIENT_UNAVAILABLE,
		"wait' code='404'><recipient-unavailable" },
	{ ERR_REDIRECT, "modify' code='302'><redirect" },
	{ ERR_REGISTRATION_REQUIRED,
		"auth' code='407'><registration-required" },
	{ ERR_REMOTE_SERVER_NOT_FOUND,
		"cancel' code='404'><remote-server-not-found" },
	{ ERR_REMOTE_SERVER_TIMEOUT,
		"wait' code='504'><remote-server-timeout" },
	{ ERR_RESOURCE_CONSTRAINT, "wait' code='500'><resource-constraint" },
	{ ERR_SERVICE_UNAVAILABLE, "cancel' code='503'><service-unavailable" },
	{ ERR_SUBSCRIPTION_REQUIRED,
		"auth' code='407'><subscription-required" },
	{ ERR_UNDEFINED_CONDITION, "cancel' code='500'><undefined-condition" },
	{ ERR_UNEXPECTED_REQUEST, "wait' code='400'><unexpected-request" },
};

static void test_put_error(void **state)
{
	(void)state;
	assert_int_equal(COUNT(errors), ERR_COUNT - 1);
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct stanza_error_detail d = { .error = errors[i].error };
		struct xml_writer w;
		struct str out;
		char want[256];
		tree_writer(&out, &w);
		stanza_put_error(&w, &d);
		snprintf(want, sizeof(want),
			"<error type='%s xmlns='" NS_STANZA_ERRORS
			"'/></error>",
			errors[i].xml);
		if (strcmp(str_text(&out), want) != 0)
			fail_msg("row %zu: %s", i, str_text(&out));
		str_finish(&out);
	}
}

static void test_put_error_detail(void **state)
{
	const struct stanza_error_detail d = {
		.error = ERR_BAD_REQUEST,
		.text = "<no>",
		.child = "bad-payload",
		.child_ns = NS_COMMANDS,
	};
	struct xml_writer w;
	struct str out;

	(void)state;
	tree_writer(&out, &w);
	stanza_put_error(&w, &d);
	assert_string_equal(str_text(&out),
		"<error type='modify' code='400'><bad-request xmlns='" NS_STANZA_ERRORS
		"'/><text xmlns='" NS_STANZA_ERRORS
		"' xml:lang='en'>&lt;no&gt;</text><bad-payload xmlns='" NS_COMMANDS
		"'/></error>");
	str_finish(&out);
}

#define CONDITION(name) "<" name " xmlns='" NS_STANZA_ERRORS "'/>"
#define TEXT            "<text xmlns='" NS_STANZA_ERRORS "'>why</text>"

static const struct {
	const char *inside;
	enum stanza_error error;
	const char *text;
} conditions[] = {
	{ "<error>" CONDITION("conflict") "</error>", ERR_CONFLICT, NULL },
	{ "<error>" CONDITION("gone") TEXT "</error><body/>", ERR_GONE, "why" },
	{ "<body/><x xmlns='u'><error/></x><error>" TEXT CONDITION(
		  "forbidden") "</error>",
		ERR_FORBIDDEN, "why" },
	{ "<error><x xmlns='u'/>" CONDITION("not-allowed") "</error>",
		ERR_NOT_ALLOWED, NULL },
	{ "<error>" CONDITION("unheard-of") TEXT "</error>",
		ERR_UNDEFINED_CONDITION, "why" },
	{ "<error/>", ERR_UNDEFINED_CONDITION, NULL },
	{ "<error><conflict/></error>", ERR_UNDEFINED_CONDITION, NULL },
	{ "<body/>", ERR_UNDEFINED_CONDITION, NULL },
	{ "", ERR_UNDEFINED_CONDITION, NULL },
};

static void test_error_of(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(conditions); i++) {
		struct tree t;
		struct stanza s;
		char xml[1024];
		const char *text = "unset";
		snprintf(xml, sizeof(xml),
			"<message" ADDRESSES "type='error'>%s</message>",
			conditions[i].inside);
		tree_init(&t, xml);
		assert_int_equal(stanza_read(&s, t.root, &t.arena), ERR_NONE);
		enum stanza_error error = stanza_error_of(&s, &text);
		const char *want = conditions[i].text;
		if (error != conditions[i].error ||
			(text == NULL) != (want == NULL) ||
			(want != NULL && strcmp(text, want) != 0))
			fail_msg("row %zu: %d, %s", i, (int)error,
				text ? text : "no text");
		tree_finish(&t);
	}
}

/* What we write is what we read. */
static void test_error_round_trip(void **state)
{
	(void)state;
	for (enum stanza_error e = ERR_NONE + 1; e < ERR_COUNT; e++) {
		struct stanza_error_detail d = { .error = e, .text = "why" };
		struct xml_writer w;
		struct str out;
		struct tree t;
		struct stanza s;
		const char *text;
		tree_writer(&out, &w);
		xml_open(&w, "iq", NULL);
		xml_put_attr(&w, "from", "a@b");
		xml_put_attr(&w, "to", "gw");
		xml_put_attr(&w, "type", "error");
		xml_put_attr(&w, "id", "1");
		stanza_put_error(&w, &d);
		xml_close(&w);
		tree_init(&t, str_text(&out));
		assert_int_equal(stanza_read(&s, t.root, &t.arena), ERR_NONE);
		assert_int_equal(stanza_error_of(&s, &text), e);
		assert_string_equal(text, "why");
		tree_finish(&t);
		str_finish(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_put_error),
		cmocka_unit_test(test_put_error_detail),
		cmocka_unit_test(test_error_of),
		cmocka_unit_test(test_error_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
