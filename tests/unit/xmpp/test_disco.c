#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "xmpp/disco.h"
#include "xmpp/tree.h"

static void test_info(void **state)
{
	static const struct disco_identity identities[] = {
		{ .category = "gateway", .type = "irc", .name = "I & C" },
		{ .category = "conference", .type = "text", .lang = "de" },
	};
	static const char *const features[] = { NS_DISCO_INFO, NS_PING };
	static const char *const values[] = { "mailto:a@b", "xmpp:a@b", NULL };
	static const struct disco_form_field fields[] = {
		{ "admin-addresses", values },
	};
	static const struct disco_form forms[] = {
		{ NS_SERVERINFO, fields, COUNT(fields) },
	};
	static const struct disco_info info = {
		.identities = identities,
		.identity_count = COUNT(identities),
		.features = features,
		.feature_count = COUNT(features),
		.forms = forms,
		.form_count = COUNT(forms),
	};
	struct xml_writer w;
	struct str out;

	(void)state;
	tree_writer(&out, &w);
	disco_put_info(&w, &info, "a<b");
	assert_string_equal(str_text(&out),
		"<query xmlns='" NS_DISCO_INFO "' node='a&lt;b'>"
		"<identity category='gateway' type='irc' name='I &amp; C'/>"
		"<identity category='conference' type='text' xml:lang='de'/>"
		"<feature var='" NS_DISCO_INFO "'/>"
		"<feature var='" NS_PING "'/>"
		"<x xmlns='" NS_DATA_FORM "' type='result'>"
		"<field var='FORM_TYPE' type='hidden'><value>" NS_SERVERINFO
		"</value></field><field var='admin-addresses'>"
		"<value>mailto:a@b</value><value>xmpp:a@b</value></field>"
		"</x></query>");
	str_finish(&out);
	tree_writer(&out, &w);
	disco_put_info(&w, &(struct disco_info){ 0 }, NULL);
	assert_string_equal(
		str_text(&out), "<query xmlns='" NS_DISCO_INFO "'/>");
	str_finish(&out);
}

static void test_caps(void **state)
{
	struct xml_writer w;
	struct str out;

	(void)state;
	tree_writer(&out, &w);
	disco_put_caps(&w, "https://x/", "abc=");
	disco_put_item(&w, "a@b", NULL, NULL);
	disco_put_item(&w, "a@b", "n", "N");
	assert_string_equal(str_text(&out),
		"<c xmlns='" NS_CAPS
		"' hash='sha-1' node='https://x/' ver='abc='/>"
		"<item jid='a@b'/><item jid='a@b' node='n' name='N'/>");
	str_finish(&out);
}

static void check_hash(const struct disco_info *info, const char *want)
{
	struct str out;

	str_init(&out, 64);
	disco_hash(info, &out);
	assert_string_equal(str_text(&out), want);
	str_finish(&out);
}

/* XEP-0115 section 5.2; the order of the input does not matter. */
static void test_hash_simple(void **state)
{
	static const struct disco_identity identities[] = {
		{ .category = "client", .type = "pc", .name = "Exodus 0.9.1" },
	};
	static const char *const features[] = { NS_MUC, NS_DISCO_ITEMS, NS_CAPS,
		NS_DISCO_INFO };
	static const struct disco_info info = {
		.identities = identities,
		.identity_count = COUNT(identities),
		.features = features,
		.feature_count = COUNT(features),
	};

	(void)state;
	check_hash(&info, "QgayPKawpkPSDYmwT/WM94uAlu0=");
}

/* Section 5.3. */
static void test_hash_complex(void **state)
{
	static const struct disco_identity identities[] = {
		{ .category = "client",
			.type = "pc",
			.lang = "en",
			.name = "Psi 0.11" },
		{ .category = "client",
			.type = "pc",
			.lang = "el",
			.name = "\xce\xa8 0.11" },
	};
	static const char *const features[] = { NS_CAPS, NS_DISCO_INFO,
		NS_DISCO_ITEMS, NS_MUC };
	static const char *const ip[] = { "ipv6", "ipv4", NULL };
	static const char *const os[] = { "Mac", NULL };
	static const char *const os_version[] = { "10.5.1", NULL };
	static const char *const software[] = { "Psi", NULL };
	static const char *const version[] = { "0.11", NULL };
	static const struct disco_form_field fields[] = {
		{ "software_version", version },
		{ "os", os },
		{ "ip_version", ip },
		{ "software", software },
		{ "os_version", os_version },
	};
	static const struct disco_form forms[] = {
		{ "urn:xmpp:dataforms:softwareinfo", fields, COUNT(fields) },
	};
	static const struct disco_info info = {
		.identities = identities,
		.identity_count = COUNT(identities),
		.features = features,
		.feature_count = COUNT(features),
		.forms = forms,
		.form_count = COUNT(forms),
	};

	(void)state;
	check_hash(&info, "q07IKJEyjvHSyhy//CH0CxmKi8w=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_hash_simple),
		cmocka_unit_test(test_hash_complex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
