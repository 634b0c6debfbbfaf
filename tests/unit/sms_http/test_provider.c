/* Files of providers: those that come with the program, and bad ones; the
 * requests they make, and what answers mean. */
#include "http_fixture.h"

#include "base/config_source.h"
#include "base/macros.h"
#include "sms_http/answer.h"
#include "sms_http/config.h"
#include "sms_http/field.h"
#include "sms_http/request.h"

static const char *const shipped[] = { "twilio", "signalwire", "bandwidth",
	"telnyx", "vonage", "kannel", "jasmin", "playsms", "smsgate" };

static struct provider *p;

/* --- Files --------------------------------------------------------------- */

static void all_that_come_along_are_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(shipped); i++) {
		p = load_shipped(shipped[i]);

		assert_non_null(p->send.url);
		assert_true(p->callbacks.rules.count > 0);
		provider_free(&p);
		assert_null(p);
	}
}

#define SEND "title = \"x\"; send = { url = \"u\"; fields = ( \"a=b\" ); };\n"

static void bad_files_are_explained(void **state)
{
	(void)state;
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ "", "t.conf:1: title is missing" },
		{ "title = \"x\";", "send is missing" },
		{ SEND "colour = 1;", "t.conf:2: unknown key colour" },
		{ "title = \"x\"; send = { url = \"${text}\"; "
		  "fields = ( \"a=b\" ); };",
			"send.url: has a variable without a value here" },
		{ "title = \"x\"; send = { url = \"u\"; "
		  "fields = ( \"a\" ); };",
			"send.fields: must be NAME=VALUE" },
		{ "title = \"x\"; send = { url = \"u\"; method = \"GET\"; "
		  "fields = ( \"a=b\" ); };",
			"send.method: GET has no body" },
		{ "title = \"x\"; send = { url = \"u\"; method = \"get\"; "
		  "fields = ( \"a=b\" ); };",
			"send.method: must be GET, POST or PUT" },
		{ "title = \"x\"; send = { url = \"u\"; "
		  "fields = ( \"a:=1\" ); };",
			"send.fields: has := where no JSON is sent" },
		{ "title = \"x\"; send = { url = \"u\"; format = \"json\"; "
		  "fields = ( \"a..b=1\" ); };",
			"send.fields: must be a path" },
		{ SEND "auth = { kind = \"basic\"; user = \"${key}\"; };",
			"auth.kind: basic needs user and password" },
		{ SEND "auth = { kind = \"digest\"; };", "auth.kind must be" },
		{ SEND "needs = ( \"money\" );", "needs: must be of" },
		{ SEND "result = { id = \"sid\"; };",
			"result.id: must be json:PATH" },
		{ SEND "result = { equals = ( \"0\" ); };", "result.equals" },
		{ SEND "result = { refusals = ( { class = \"maybe\"; } ); };",
			"class must be" },
		{ SEND "callbacks = { rules = ( { is = \"mo\"; } ); };",
			"needs the group mo" },
		{ SEND "callbacks = { rules = ( { is = \"report\"; } ); };",
			"needs the group report" },
		{ SEND "callbacks = { rules = ( { is = \"ignore\"; "
		       "when = ( \"=\" ); } ); };",
			"when: must be PATH=VALUE" },
		{ SEND "callbacks = { rules = ( { is = \"ignore\"; } ); "
		       "verify = { kind = \"ed25519\"; key = \"${key}\"; }; };",
			"callbacks.verify.kind: needs header and signed" },
		{ SEND "callbacks = { rules = ( { is = \"ignore\"; } ); "
		       "verify = { kind = \"twilio\"; }; };",
			"callbacks.verify.kind: needs key" },
		{ SEND "callbacks = { rules = ( { is = \"ignore\"; } ); "
		       "verify = { kind = \"ip\"; "
		       "addresses = ( \"192.0.2.0/33\" ); }; };",
			"callbacks.verify.addresses: must be addresses" },
		{ SEND "callbacks = { rules = ( { is = \"ignore\"; } ); "
		       "mo = { from = \"a\"; text = \"b\"; "
		       "media_auth = true; }; };",
			"callbacks.mo.media_auth: needs media_hosts" },
		{ SEND "callbacks = { rules = ( { is = \"ignore\"; } ); "
		       "mo = { from = \"a[\"; text = \"b\"; }; };",
			"callbacks.mo.from: must be a path" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str error = { .max = 4096 };
		p = provider_parse(rows[i].text, "t.conf", &error);

		if (p != NULL ||
			strstr(str_text(&error), rows[i].words) == NULL)
			fail_msg("row %zu: %s", i, str_text(&error));
		str_finish(&error);
	}
}

/* --- Requests ------------------------------------------------------------ */

struct text {
	const char *from, *to, *text;
	const char *ttl, *dlr_url;
	const char *const *all, *const *media;
	unsigned flags;
};

static struct request built;

static void build(const char *name, const struct text *t)
{
	struct template_values v = some_values();
	const char *reason;

	v.values[TEMPLATE_FROM] = slice_of(t->from);
	v.values[TEMPLATE_TO] = slice_of(t->to);
	v.values[TEMPLATE_TEXT] = slice_of(t->text);
	v.values[TEMPLATE_ID] = slice_of("id1");
	v.values[TEMPLATE_TTL] = slice_of(t->ttl);
	v.values[TEMPLATE_DLR_URL] = slice_of(t->dlr_url);
	v.values[TEMPLATE_APPLICATION] = slice_of("app");
	v.to = t->all;
	v.media = t->media;
	request_finish(&built);
	provider_free(&p);
	p = load_shipped(name);
	assert_int_equal(request_build(&built, p, &v, t->flags, &reason), 0);
}

static bool has_header(const char *line)
{
	for (size_t i = 0; i < built.header_count; i++)
		if (strcmp(built.headers[i], line) == 0)
			return true;
	return false;
}

static void a_form_is_sent(void **state)
{
	(void)state;
	static const char *const media[] = { "https://m/1", "https://m/2",
		NULL };
	const struct text t = { .from = "+15550001",
		.to = "+15550002",
		.text = "a & b",
		.ttl = "60",
		.dlr_url = "https://us/x",
		.media = media,
		.flags = FIELD_GSM | FIELD_MEDIA | FIELD_REPORT };

	build("twilio", &t);
	assert_string_equal(built.method, "POST");
	assert_string_equal(str_text(&built.url),
		"https://api.example.org/2010-04-01/Accounts/AC1/"
		"Messages.json");
	assert_string_equal(str_text(&built.body),
		"To=%2B15550002&From=%2B15550001&Body=a%20%26%20b&"
		"MediaUrl=https%3A%2F%2Fm%2F1&MediaUrl=https%3A%2F%2Fm%2F2&"
		"StatusCallback=https%3A%2F%2Fus%2Fx&ValidityPeriod=60");
	assert_true(
		has_header("Content-Type: application/x-www-form-urlencoded"));
	assert_true(has_header("Authorization: Basic dXNlcjpwYXNzOndvcmQ="));
	assert_null(built.headers[built.header_count]);
}

static void json_is_sent(void **state)
{
	(void)state;
	static const char *const all[] = { "+15550002", "+15550003", NULL };
	struct text t = { .from = "+15550001",
		.to = "+15550002",
		.text = "\xe2\x82\xac \"x\"" };

	build("telnyx", &t);
	assert_string_equal(
		str_text(&built.url), "https://api.example.org/v2/messages");
	assert_string_equal(str_text(&built.body),
		"{\"from\":\"+15550001\",\"to\":\"+15550002\","
		"\"text\":\"\xe2\x82\xac \\\"x\\\"\","
		"\"messaging_profile_id\":\"app\"}");
	assert_true(has_header("Authorization: Bearer pass:word"));
	t.all = all;
	t.flags = FIELD_GROUP;
	build("telnyx", &t);
	assert_string_equal(str_text(&built.url),
		"https://api.example.org/v2/messages/group_mms");
	assert_non_null(strstr(
		str_text(&built.body), "\"to\":[\"+15550002\",\"+15550003\"]"));
	build("bandwidth", &t);
	assert_string_equal(str_text(&built.body),
		"{\"applicationId\":\"app\",\"from\":\"+15550001\","
		"\"to\":[\"+15550002\",\"+15550003\"],"
		"\"text\":\"\xe2\x82\xac \\\"x\\\"\",\"tag\":\"id1\"}");
	t.flags = FIELD_REPORT;
	t.ttl = "60";
	build("smsgate", &t);
	assert_string_equal(str_text(&built.body),
		"{\"id\":\"id1\",\"textMessage\":{\"text\":"
		"\"\xe2\x82\xac \\\"x\\\"\"},"
		"\"phoneNumbers\":[\"+15550002\"],\"deviceId\":\"app\","
		"\"ttl\":60,\"withDeliveryReport\":true}");
}

static void a_query_is_sent(void **state)
{
	(void)state;
	struct text t = { .from = "ACME",
		.to = "+15550002",
		.text = "x",
		.dlr_url = "http://us/x",
		.flags = FIELD_GSM | FIELD_REPORT };

	build("kannel", &t);
	assert_string_equal(built.method, "GET");
	assert_int_equal(built.body.len, 0);
	assert_string_equal(str_text(&built.url),
		"https://api.example.org/cgi-bin/sendsms?username=user&"
		"password=pass%3Aword&from=ACME&to=%2B15550002&text=x&"
		"charset=UTF-8&coding=0&dlr-mask=31&"
		"dlr-url=http%3A%2F%2Fus%2Fx%3Fkind%3Dreport%26id%3Did1%26"
		"state%3D%25d%26answer%3D%25A%26to%3D%25p%26time%3D%25T");
	t.flags = 0;
	t.dlr_url = NULL;
	build("kannel", &t);
	assert_null(strstr(str_text(&built.url), "dlr"));
	assert_non_null(strstr(str_text(&built.url), "&coding=2"));
	/* Behind what is there already. */
	build("playsms", &t);
	assert_non_null(strstr(str_text(&built.url), "/index.php?app=ws"));
	assert_non_null(strstr(str_text(&built.body), "&unicode=1"));
	build("jasmin", &t);
	assert_non_null(
		strstr(str_text(&built.body), "&coding=8&hex-content=0078"));
	assert_null(strstr(str_text(&built.body), "dlr"));
}

static void long_requests_are_refused(void **state)
{
	(void)state;
	struct template_values v = some_values();
	struct str text = { .max = 100000 };
	const char *reason = "";

	for (int i = 0; i < 20000; i++)
		str_add_char(&text, 'x');
	v.values[TEMPLATE_TEXT] = str_slice(&text);
	request_finish(&built);
	provider_free(&p);
	p = load_shipped("kannel");
	assert_int_equal(request_build(&built, p, &v, 0, &reason), -1);
	assert_string_equal(reason, "the request would be too long");
	provider_free(&p);
	p = load_shipped("twilio");
	for (int i = 0; i < 70000; i++)
		str_add_char(&text, 'x');
	v.values[TEMPLATE_TEXT] = str_slice(&text);
	request_finish(&built);
	assert_int_equal(request_build(&built, p, &v, 0, &reason), -1);
	request_finish(&built);
	provider_free(&p);
	str_finish(&text);
}

/* --- Answers ------------------------------------------------------------- */

static void answers_have_a_meaning(void **state)
{
	(void)state;
	static const struct {
		const char *provider;
		int status;
		const char *head, *body;
		enum answer_kind kind;
		enum sms_class class;
		const char *id, *text;
		int64_t wait_ms;
	} rows[] = {
		{ "twilio", 201, "", "{\"sid\":\"SM1\",\"code\":null}",
			ANSWER_ACCEPTED, 0, "SM1", NULL, 0 },
		/* What has no id is not of the provider. */
		{ "twilio", 201, "", "{}", ANSWER_UNCLEAR, 0, NULL, NULL, 0 },
		{ "twilio", 400, "", "{\"code\":21211,\"message\":\"bad\"}",
			ANSWER_REFUSED, SMS_BAD_DEST, NULL,
			"bad (HTTP 400, 21211)", 0 },
		{ "twilio", 400, "", "{\"code\":1}", ANSWER_REFUSED, SMS_PERM,
			NULL, "HTTP 400, 1", 0 },
		{ "twilio", 429, "Retry-After: 7\r\n", "", ANSWER_REFUSED,
			SMS_THROTTLE, NULL, "HTTP 429", 7000 },
		{ "twilio", 429, "Retry-After: soon\r\n", "", ANSWER_REFUSED,
			SMS_THROTTLE, NULL, "HTTP 429", 0 },
		{ "twilio", 429, "Retry-After: 99999999\r\n", "",
			ANSWER_REFUSED, SMS_THROTTLE, NULL, "HTTP 429",
			86400000 },
		{ "twilio", 401, "", "", ANSWER_REFUSED, SMS_AUTH, NULL,
			"HTTP 401", 0 },
		{ "twilio", 500, "", "", ANSWER_UNCLEAR, 0, NULL, NULL, 0 },
		{ "twilio", 504, "", "", ANSWER_UNCLEAR, 0, NULL, NULL, 0 },
		{ "twilio", 503, "", "", ANSWER_REFUSED, SMS_RETRY, NULL,
			"HTTP 503", 0 },
		{ "twilio", 201, "", "<html>", ANSWER_UNCLEAR, 0, NULL, NULL,
			0 },
		{ "signalwire", 200, "", "{\"sid\":null}", ANSWER_UNCLEAR, 0,
			NULL, NULL, 0 },
		{ "bandwidth", 202, "", "{}", ANSWER_UNCLEAR, 0, NULL, NULL,
			0 },
		{ "telnyx", 200, "", "{\"data\":{}}", ANSWER_UNCLEAR, 0, NULL,
			NULL, 0 },
		{ "smsgate", 202, "", "", ANSWER_UNCLEAR, 0, NULL, NULL, 0 },
		{ "vonage", 200, "",
			"{\"messages\":[{\"status\":\"0\",\"message-id\":"
			"\"A\"}]}",
			ANSWER_ACCEPTED, 0, "A", NULL, 0 },
		{ "vonage", 200, "",
			"{\"messages\":[{\"status\":\"0\",\"message-id\":"
			"\"A\"},{\"status\":\"0\",\"message-id\":\"B\"}]}",
			ANSWER_ACCEPTED, 0, "A B", NULL, 0 },
		{ "vonage", 200, "",
			"{\"messages\":[{\"status\":\"1\",\"error-text\":"
			"\"slow\"}]}",
			ANSWER_REFUSED, SMS_THROTTLE, NULL,
			"slow (HTTP 200, 1)", 0 },
		{ "vonage", 200, "",
			"{\"messages\":[{\"status\":\"0\",\"message-id\":"
			"\"A\"},{\"status\":\"1\"}]}",
			ANSWER_UNCLEAR, 0, NULL, NULL, 0 },
		{ "vonage", 200, "", "<html>", ANSWER_UNCLEAR, 0, NULL, NULL,
			0 },
		{ "vonage", 200, "", "{}", ANSWER_UNCLEAR, 0, NULL, NULL, 0 },
		{ "kannel", 202, "", "0: Accepted for delivery",
			ANSWER_ACCEPTED, 0, "own1", NULL, 0 },
		{ "kannel", 403, "", "Authorization failed for sendsms",
			ANSWER_REFUSED, SMS_AUTH, NULL,
			"Authorization failed for sendsms (HTTP 403)", 0 },
		{ "jasmin", 200, "", "Success \"0703-5\"", ANSWER_ACCEPTED, 0,
			"0703-5", NULL, 0 },
		{ "jasmin", 200, "", "Error \"No\"", ANSWER_REFUSED, SMS_PERM,
			NULL, "No (HTTP 200)", 0 },
		{ "jasmin", 412, "", "Error \"No route found\"", ANSWER_REFUSED,
			SMS_BAD_DEST, NULL, "No route found (HTTP 412)", 0 },
		{ "jasmin", 403, "",
			"Error \"Authentication failure for username:u\"",
			ANSWER_REFUSED, SMS_AUTH, NULL,
			"Authentication failure for username:u (HTTP 403)", 0 },
		{ "jasmin", 403, "", "Error \"User throughput exceeded\"",
			ANSWER_REFUSED, SMS_THROTTLE, NULL,
			"User throughput exceeded (HTTP 403, User throughput "
			"exceeded)",
			0 },
		{ "jasmin", 403, "",
			"Error \"Cannot charge submit_sm, check it\"",
			ANSWER_REFUSED, SMS_NO_CREDIT, NULL,
			"Cannot charge submit_sm, check it (HTTP 403, Cannot "
			"charge)",
			0 },
		{ "jasmin", 200, "", "", ANSWER_UNCLEAR, 0, NULL, NULL, 0 },
		{ "playsms", 200, "",
			"{\"data\":[{\"status\":\"OK\",\"error\":\"0\","
			"\"smslog_id\":\"30\"}],\"error_string\":null}",
			ANSWER_ACCEPTED, 0, "30", NULL, 0 },
		{ "playsms", 200, "",
			"{\"status\":\"ERR\",\"error\":\"100\","
			"\"error_string\":\"authentication failed\"}",
			ANSWER_REFUSED, SMS_AUTH, NULL,
			"authentication failed (HTTP 200, 100)", 0 },
		{ "playsms", 200, "",
			"{\"data\":[{\"status\":\"ERR\",\"error\":\"103\","
			"\"smslog_id\":null}],\"error_string\":null}",
			ANSWER_REFUSED, SMS_NO_CREDIT, NULL, "HTTP 200, 103",
			0 },
		{ "telnyx", 200, "", "{\"data\":{\"id\":\"u-1\"}}",
			ANSWER_ACCEPTED, 0, "u-1", NULL, 0 },
		{ "telnyx", 422, "",
			"{\"errors\":[{\"code\":\"40310\",\"detail\":\"no\"}]}",
			ANSWER_REFUSED, SMS_BAD_DEST, NULL,
			"no (HTTP 422, 40310)", 0 },
		{ "bandwidth", 202, "", "{\"id\":\"b1\",\"segmentCount\":2}",
			ANSWER_ACCEPTED, 0, "b1", NULL, 0 },
		{ "smsgate", 202, "", "{\"id\":\"p1\",\"state\":\"Pending\"}",
			ANSWER_ACCEPTED, 0, "p1", NULL, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct http_answer from = { .error = HTTP_OK,
			.reason = "",
			.status = rows[i].status,
			.type = "",
			.head = slice_of(rows[i].head),
			.body = slice_of(rows[i].body) };
		struct arena arena;
		struct answer a;

		p = load_shipped(rows[i].provider);
		arena_init(&arena, 65536);
		answer_read(&p->result, &from, "own1", &arena, &a);
		if (a.kind != rows[i].kind || !text_equals(a.id, rows[i].id))
			fail_msg("row %zu: kind %d id %s", i, (int)a.kind,
				a.id != NULL ? a.id : "-");
		if (a.kind == ANSWER_REFUSED &&
			(a.class != rows[i].class ||
				!text_equals(a.text, rows[i].text) ||
				a.wait_ms != rows[i].wait_ms))
			fail_msg("row %zu: class %d text %s", i, (int)a.class,
				a.text);
		arena_finish(&arena);
		provider_free(&p);
	}
}

static void without_an_answer_it_counts_what_left(void **state)
{
	(void)state;
	static const struct {
		enum http_error error;
		bool has_left;
		enum answer_kind kind;
		enum sms_class class;
	} rows[] = {
		{ HTTP_TIMEOUT, true, ANSWER_UNCLEAR, 0 },
		{ HTTP_TIMEOUT, false, ANSWER_REFUSED, SMS_LINK },
		{ HTTP_LOST, true, ANSWER_UNCLEAR, 0 },
		{ HTTP_LOST, false, ANSWER_REFUSED, SMS_LINK },
		{ HTTP_TOO_MUCH, true, ANSWER_UNCLEAR, 0 },
		{ HTTP_UNREACHABLE, false, ANSWER_REFUSED, SMS_LINK },
		{ HTTP_NO_SUCH_HOST, false, ANSWER_REFUSED, SMS_LINK },
		{ HTTP_TLS, false, ANSWER_REFUSED, SMS_LINK },
		{ HTTP_FORBIDDEN, false, ANSWER_REFUSED, SMS_LINK },
		{ HTTP_REDIRECT, true, ANSWER_REFUSED, SMS_LINK },
		{ HTTP_BAD_URL, false, ANSWER_REFUSED, SMS_PERM },
		{ HTTP_FULL, false, ANSWER_REFUSED, SMS_RETRY },
	};
	p = load_shipped("twilio");

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct http_answer from = { .error = rows[i].error,
			.reason = "why",
			.has_left = rows[i].has_left };
		struct arena arena;
		struct answer a;

		arena_init(&arena, 65536);
		answer_read(&p->result, &from, "own1", &arena, &a);
		if (a.kind != rows[i].kind ||
			(a.kind == ANSWER_REFUSED && a.class != rows[i].class))
			fail_msg("row %zu", i);
		assert_string_equal(a.text, "why");
		arena_finish(&arena);
	}
	provider_free(&p);
}

/* --- The configuration of a backend -------------------------------------- */

static void a_backend_is_checked(void **state)
{
	(void)state;
	static const struct {
		const char *text, *words; /* NULL: it is good */
	} rows[] = {
		{ "", "provider is missing" },
		{ "provider = \"nobody\";", "there is no provider \"nobody\"" },
		{ "provider = \"../x\";", "x: " },
		{ "provider = \"" SHIPPED("kannel") "\";",
			"Kannel needs url, which is missing" },
		{ "provider = \"" SHIPPED("kannel") "\"; url = \"ftp://x\";",
			"url: must begin with https://" },
		{ "provider = \"" SHIPPED(
			  "kannel") "\"; url = \"http://x\"; "
				    "key = \"a\"; secret = \"b\"; token = \"short\";",
			"token: must be 16" },
		{ "provider = \"" SHIPPED(
			  "kannel") "\"; url = \"http://x\"; "
				    "key = \"a\"; secret = \"b\"; "
				    "callback_url = \"http://y\";",
			"token is needed" },
		{ "provider = \"" SHIPPED(
			  "kannel") "\"; url = \"http://x\"; "
				    "key = \"a\"; secret = \"b\"; callback_url = \"http://y\"; "
				    "token = \"0123456789abcdef\";",
			NULL },
		{ "provider = \"" SHIPPED(
			  "twilio") "\"; account = \"a\"; "
				    "key = \"b\"; secret = \"c\"; signature = \"d\"; rate = 5;",
			NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str error = { .max = 4096 };
		void *config = cfg_parse(
			rows[i].text, "t.conf", &http_config_schema, &error);

		if ((config != NULL) != (rows[i].words == NULL) ||
			(rows[i].words != NULL &&
				strstr(str_text(&error), rows[i].words) ==
					NULL))
			fail_msg("row %zu: %s", i, str_text(&error));
		cfg_free(config, &http_config_schema);
		str_finish(&error);
	}
}

static void look_for_key(
	const char *dotted, const struct cfg_item *item, void *arg)
{
	/* Of small groups, which the text shows whole. */
	static const char *const small[] = { "when", "is", "class" };
	const char *text = arg;
	char quoted[128];

	for (size_t i = 0; i < COUNT(small); i++)
		if (strcmp(item->name, small[i]) == 0)
			return;
	(void)text_format(quoted, sizeof(quoted), "`%s`", item->name);
	if (strstr(text, quoted) == NULL)
		fail_msg("docs/sms-providers.md does not tell of %s", dotted);
}

/* Whoever writes a file finds every key of it. */
static void every_key_is_documented(void **state)
{
	(void)state;
	struct str text = { .max = 100000 };
	bool is_public;

	assert_null(cfg_read_file(
		SOURCE_DIR "/docs/sms-providers.md", 90000, &text, &is_public));
	cfg_each_key(&provider_schema, look_for_key, text.data);
	str_finish(&text);
}

/* The tests run where the programs are built: the files lie beside them. */
static void files_are_found_by_name(void **state)
{
	(void)state;
	struct str path = { .max = 4096 };

	for (size_t i = 0; i < COUNT(shipped); i++) {
		str_reset(&path);
		assert_int_equal(provider_find(shipped[i], NULL, &path), 0);
		assert_non_null(strstr(str_text(&path), shipped[i]));
	}
	str_reset(&path);
	assert_int_equal(provider_find("nobody", NULL, &path), -1);
	assert_int_equal(provider_find("Twilio", NULL, &path), -1);
	assert_int_equal(provider_find("", NULL, &path), -1);
	str_reset(&path);
	assert_int_equal(
		provider_find("./own.conf", "/etc/causeway/a.conf", &path), 0);
	assert_string_equal(str_text(&path), "/etc/causeway/./own.conf");
	str_reset(&path);
	assert_int_equal(provider_find("/x/own.conf", "/etc/a.conf", &path), 0);
	assert_string_equal(str_text(&path), "/x/own.conf");
	str_finish(&path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_come_along_are_good),
		cmocka_unit_test(bad_files_are_explained),
		cmocka_unit_test(a_form_is_sent),
		cmocka_unit_test(json_is_sent),
		cmocka_unit_test(a_query_is_sent),
		cmocka_unit_test(long_requests_are_refused),
		cmocka_unit_test(answers_have_a_meaning),
		cmocka_unit_test(without_an_answer_it_counts_what_left),
		cmocka_unit_test(a_backend_is_checked),
		cmocka_unit_test(every_key_is_documented),
		cmocka_unit_test(files_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
