/*
 * Files to the upload service of the user's server (XEP-0363): finding it,
 * slots, the PUT, and whatever goes wrong.
 */
#include "host/host_fixture.h"
#include "net/certs.h"
#include "net/web_server.h"

#define SERVICE "upload.example.org"
#define FEATURE "<feature var='" NS_HTTP_UPLOAD "'/>"
#define LIMIT(bytes)                                                  \
	"<x xmlns='" NS_DATA_FORM "' type='result'>"                  \
	"<field var='FORM_TYPE' type='hidden'><value>" NS_HTTP_UPLOAD \
	"</value></field><field var='max-file-size'><value>" bytes    \
	"</value></field></x>"
#define INFO(inside) "<query xmlns='" NS_DISCO_INFO "'>" inside "</query>"
#define ITEMS                                                    \
	"<query xmlns='" NS_DISCO_ITEMS "'><item jid='" GW "'/>" \
	"<item jid='muc.example.org'/><item jid='" SERVICE "'/>" \
	"<item jid='a@example.org'/></query>"

static struct certs certs;
static struct web_server web;
static struct web_page pages[2];

static int begin_web(const char *identity, const char *top)
{
	char text[512];

	begin();
	web_server_start(&web, loop, identity, pages);
	pages[0] = (struct web_page){ "PUT /put", "201 Created\r\n\r\n" };
	snprintf(text, sizeof(text),
		"network = { allow = ( \"127.0.0.1\" ); ca_file = \"%s\"; };\n"
		"%s",
		certs_path(&certs, "ca"), top);
	configure(text, "");
	start_host();
	be_online();
	return 0;
}

/* --- The network --------------------------------------------------------- */

static size_t given;
static bool gives, cancels;

static void net_upload_more(struct gw_session *s, uint32_t upload, size_t room)
{
	char data[1000];
	size_t len = room < sizeof(data) ? room : sizeof(data);

	for (size_t i = 0; i < len; i++)
		data[i] = (char)('a' + (given + i) % 23);
	given += len;
	if (cancels)
		gw_upload_cancel(s, upload);
	else if (gives)
		gw_upload_data(s, upload, data, len);
}

static void net_uploaded(struct gw_session *s, uint32_t upload, const char *url,
	enum gw_reason reason, const char *text)
{
	(void)s;
	note("uploaded %u %s %d %s", upload, or_dash(url), (int)reason,
		or_dash(text));
}

static int set_up(const char *identity, const char *top)
{
	begin_web(identity, top);
	net_ops.upload_more = net_upload_more;
	net_ops.uploaded = net_uploaded;
	given = 0;
	gives = true;
	cancels = false;
	return 0;
}

static int setup_https(void **state)
{
	(void)state;
	return set_up(certs_path(&certs, "web"), "");
}

static int setup_http(void **state)
{
	(void)state;
	return set_up(NULL, "");
}

static int setup_named(void **state)
{
	(void)state;
	return set_up(NULL, "upload = { service = \"files.example.net\"; };\n");
}

static int teardown_web(void **state)
{
	/* The host goes first: it may be talking to it. */
	host_free(&host);
	web_server_stop(&web);
	return teardown(state);
}

static struct gw_session *session(void)
{
	return &account_at(BARE, "canyon")->session;
}

/* Run until the network was called, or `ms` have passed. */
static void wait_call(int64_t ms)
{
	for (int64_t i = 0; i < ms && asked.next == asked.count; i += 10)
		pass(10);
}

/* --- The XMPP server ----------------------------------------------------- */

/* Answer the stanza taken out last. */
static void answer(const char *from, const char *type, const char *inside)
{
	char id[64];
	const char *at = strstr(last_sent, " id='");

	assert_non_null(at);
	snprintf(id, sizeof(id), "%.*s", (int)strcspn(at + 5, "'"), at + 5);
	saysf("<iq from='%s' to='" GW "' type='%s' id='%s'>%s</iq>", from, type,
		id, inside);
}

static void expect_info(const char *jid)
{
	char to[128];

	snprintf(to, sizeof(to), "<iq from='" GW "' to='%s' type='get'", jid);
	EXPECT_AMONG(to, "<query xmlns='" NS_DISCO_INFO "'/>");
}

static void be_found(const char *info)
{
	expect_info("example.org");
	answer("example.org", "result", INFO("<feature var='x'/>"));
	EXPECT_AMONG("<iq from='" GW "' to='example.org' type='get'",
		"<query xmlns='" NS_DISCO_ITEMS "'/>");
	answer("example.org", "result", ITEMS);
	expect_info("muc.example.org");
	answer("muc.example.org", "result", INFO(""));
	expect_info(SERVICE);
	answer(SERVICE, "result", info);
}

static void give_slot(const char *scheme, const char *headers)
{
	char slot[2048];

	snprintf(slot, sizeof(slot),
		"<slot xmlns='" NS_HTTP_UPLOAD
		"'><put url='%s://upload.localhost:%u/put/x'>%s</put>"
		"<get url='https://upload.localhost/get/x'/></slot>",
		scheme, web.port, headers);
	answer(SERVICE, "result", slot);
}

static void expect_slot_request(const char *attributes)
{
	EXPECT("<iq from='" GW "' to='" SERVICE "' type='get'",
		"<request xmlns='" NS_HTTP_UPLOAD "'", attributes);
}

/* --- It works ------------------------------------------------------------ */

static void test_a_file_goes_up(void **state)
{
	const char *body;
	(void)state;
	pages[0].request = "PUT /put/x";
	assert_int_equal(
		gw_upload(session(), "a <b>.txt", "text/plain", 200001), 1);
	EXPECT_QUIET();
	settle();
	be_found(INFO(FEATURE LIMIT("300000")));
	expect_slot_request("filename='a &lt;b&gt;.txt' size='200001' "
			    "content-type='text/plain'");
	give_slot("https",
		"<header name='Authorization'>Bearer\n x</header>"
		"<header name='cookie'>y=z</header>"
		"<header name='X-Evil'>1</header><header name='Host'>h</header>"
		"<header name='Expires'/>");
	wait_call(60000);
	EXPECT_CALL("uploaded 1 https://upload.localhost/get/x 0 -");
	assert_int_equal(web.requests, 1);
	body = str_text(&web.last);
	assert_non_null(strstr(body, "\r\nAuthorization: Bearer x\r\n"));
	assert_non_null(strstr(body, "\r\ncookie: y=z\r\n"));
	assert_non_null(strstr(body, "\r\nContent-Type: text/plain\r\n"));
	assert_non_null(strstr(body, "\r\nContent-Length: 200001\r\n"));
	assert_null(strstr(body, "X-Evil"));
	assert_null(strstr(body, "Host: h"));
	body = strstr(body, "\r\n\r\n") + 4;
	assert_int_equal(strlen(body), 200001);
	for (size_t i = 0; i < 200001; i++)
		if (body[i] != (char)('a' + i % 23))
			fail_msg("byte %zu", i);
	/* The service is known now, also how much it takes. */
	assert_int_equal(gw_upload_limit(session()), 300000);
	assert_int_equal(gw_upload(session(), "b", NULL, 0), 2);
	settle();
	expect_slot_request("content-type='application/octet-stream'");
	give_slot("https", "");
	wait_call(60000);
	EXPECT_CALL("uploaded 2 https://upload.localhost/get/x 0 -");
	EXPECT_QUIET();
}

static void test_a_named_service(void **state)
{
	(void)state;
	pages[0].request = "PUT /put/x";
	assert_int_equal(gw_upload_limit(session()), -1);
	gw_upload(session(), "a", NULL, 10);
	settle();
	EXPECT("<iq from='" GW "' to='files.example.net' type='get'",
		"<query xmlns='" NS_DISCO_INFO "'/>");
	assert_int_equal(heard.count, 0);
	answer("files.example.net", "result", INFO(FEATURE));
	EXPECT("to='files.example.net'", "<request ", "size='10'");
	assert_int_equal(gw_upload_limit(session()), INT64_MAX);
	char slot[512];
	snprintf(slot, sizeof(slot),
		"<slot xmlns='" NS_HTTP_UPLOAD
		"'><put url='http://upload.localhost:%u/put/x'/>"
		"<get url='https://x.example.org/g'/></slot>",
		web.port);
	answer("files.example.net", "result", slot);
	wait_call(60000);
	EXPECT_CALL("uploaded 1 https://x.example.org/g 0 -");
}

/* --- It does not --------------------------------------------------------- */

static void expect_failure(enum gw_reason reason, const char *words)
{
	char prefix[64];
	wait_call(120000);
	assert_true(asked.next < asked.count);
	const char *call = asked.calls[asked.next++];
	unsigned id;
	assert_int_equal(sscanf(call, "uploaded %u", &id), 1);
	snprintf(prefix, sizeof(prefix), "uploaded %u - %d ", id, (int)reason);
	if (strncmp(call, prefix, strlen(prefix)) != 0 ||
		strstr(call, words) == NULL)
		fail_msg("%s", call);
}

static void test_servers_without_one(void **state)
{
	(void)state;
	assert_int_equal(gw_upload_limit(session()), -1);
	gw_upload(session(), "a", NULL, 10);
	gw_upload(session(), "b", NULL, 10);
	settle();
	be_found(INFO(""));
	expect_failure(GW_UNSUPPORTED, "has no service for files");
	expect_failure(GW_UNSUPPORTED, "has no service for files");
	assert_int_equal(gw_upload_limit(session()), 0);
	/* Not asked for again at once, but some time later. */
	gw_upload(session(), "c", NULL, 10);
	expect_failure(GW_UNSUPPORTED, "has no service for files");
	EXPECT_QUIET();
	pass(600 * SECOND);
	assert_int_equal(gw_upload_limit(session()), -1);
	settle();
	be_found(INFO(FEATURE));
	assert_int_equal(gw_upload_limit(session()), INT64_MAX);
}

static void test_servers_that_are_silent(void **state)
{
	(void)state;
	gw_upload(session(), "a", NULL, 10);
	expect_failure(GW_UNREACHABLE, "does not answer");
	assert_int_equal(gw_upload_limit(session()), -1);
	pass(30 * SECOND);
	forget();
	gw_upload(session(), "a", NULL, 10);
	settle();
	be_found(INFO(FEATURE));
	expect_slot_request("size='10'");
	expect_failure(GW_UNREACHABLE, SERVICE " does not answer");
}

static void test_files_that_are_too_large(void **state)
{
	(void)state;
	gw_upload(session(), "a", NULL, 1001);
	settle();
	be_found(INFO(FEATURE LIMIT("1000")));
	expect_failure(GW_NOT_ACCEPTABLE, "has 1001 bytes");
	assert_int_equal(gw_upload(session(), "a", NULL, -1), 0);
	EXPECT_QUIET();
}

#define ERROR(type, condition, text)                                     \
	"<error type='" type "'><" condition " xmlns='" NS_STANZA_ERRORS \
	"'/>" text "</error>"

static void test_slots_that_are_refused(void **state)
{
	static const struct {
		const char *type, *inside;
		enum gw_reason reason;
		const char *words;
	} rows[] = {
		{ "error",
			ERROR("cancel", "not-allowed",
				"<text xmlns='" NS_STANZA_ERRORS
				"'>Only for people.</text>"),
			GW_POLICY, "from here: Only for people." },
		{ "error", ERROR("modify", "not-acceptable", ""),
			GW_NOT_ACCEPTABLE, "does not take the file" },
		{ "error", ERROR("wait", "resource-constraint", ""), GW_BUSY,
			"does not take the file" },
		{ "result", "", GW_UNREACHABLE, "makes no sense" },
		{ "result", "<slot xmlns='" NS_HTTP_UPLOAD "'/>",
			GW_UNREACHABLE, "makes no sense" },
		{ "result",
			"<slot xmlns='" NS_HTTP_UPLOAD
			"'><put url='ftp://x/'/><get url='https://x/'/></slot>",
			GW_UNREACHABLE, "makes no sense" },
		{ "result",
			"<slot xmlns='" NS_HTTP_UPLOAD
			"'><put url='https://x/'/><get url='javascript:1'/>"
			"</slot>",
			GW_UNREACHABLE, "makes no sense" },
		{ "result",
			"<slot xmlns='" NS_HTTP_UPLOAD
			"'><put url='https://10.0.0.1/'/>"
			"<get url='https://x/'/></slot>",
			GW_POLICY, "outbound policy" },
		{ "result",
			"<slot xmlns='" NS_HTTP_UPLOAD
			"'><put url='http://192.0.1.1/'/>"
			"<get url='https://x/'/></slot>",
			GW_POLICY, "outbound policy" },
		{ "result",
			"<slot xmlns='" NS_HTTP_UPLOAD
			"'><put url='https://u:p@x/'/>"
			"<get url='https://x/'/></slot>",
			GW_POLICY, "URL" },
	};
	(void)state;
	gw_upload_limit(session());
	settle();
	be_found(INFO(FEATURE));
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		gw_upload(session(), "a", NULL, 10);
		settle();
		expect_slot_request("size='10'");
		answer(SERVICE, rows[i].type, rows[i].inside);
		expect_failure(rows[i].reason, rows[i].words);
	}
	EXPECT_QUIET();
}

static void test_web_servers_that_refuse(void **state)
{
	static const struct {
		const char *answer;
		enum gw_reason reason;
		const char *words;
	} rows[] = {
		{ "413 Too Large\r\n\r\n", GW_NOT_ACCEPTABLE, "(413)" },
		{ "500 Oh\r\n\r\n", GW_UNREACHABLE, "(500)" },
		{ "301 Moved\r\nLocation: https://upload.localhost/\r\n\r\n",
			GW_POLICY, "points elsewhere" },
		{ NULL, GW_UNREACHABLE, "does not answer" },
	};
	(void)state;
	gw_upload_limit(session());
	settle();
	be_found(INFO(FEATURE));
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		pages[0] = (struct web_page){ "PUT /put/x", rows[i].answer };
		gw_upload(session(), "a", NULL, 100000);
		settle();
		expect_slot_request("size='100000'");
		give_slot("http", "");
		expect_failure(rows[i].reason, rows[i].words);
	}
}

static void test_there_are_only_so_many(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LIMIT_UPLOADS; i++)
		assert_int_equal(gw_upload(session(), "a", NULL, 10), i + 1);
	assert_int_equal(gw_upload(session(), "a", NULL, 10), 0);
	gw_upload_cancel(session(), 2);
	gw_upload_cancel(session(), 77);
	assert_int_not_equal(gw_upload(session(), "a", NULL, 10), 0);
	gw_upload_data(session(), 1, "x", 1);
	gw_upload_data(session(), 77, "x", 1);
}

/* A gateway that gives more than it has announced, or nothing at all. */
static void test_gateways_that_miscount(void **state)
{
	static const char data[100];
	uint32_t id;
	(void)state;
	gw_upload_limit(session());
	settle();
	be_found(INFO(FEATURE));
	pages[0].request = "PUT /put/x";
	gives = false;
	id = gw_upload(session(), "a", NULL, 10);
	settle();
	expect_slot_request("size='10'");
	give_slot("http", "");
	pass(1000);
	gw_upload_data(session(), id, data, sizeof(data));
	wait_call(60000);
	EXPECT_CALL("uploaded 1 https://upload.localhost/get/x 0 -");
	gw_upload(session(), "a", NULL, 10);
	settle();
	expect_slot_request("size='10'");
	give_slot("http", "");
	expect_failure(GW_UNREACHABLE, "took too long");
}

/* At every step, by the gateway or with the session. */
static void test_cancelled_ones_are_silent(void **state)
{
	(void)state;
	for (int step = 0; step < 10; step++) {
		uint32_t id = gw_upload(session(), "a", NULL, 100000);
		cancels = step == 4 || step == 9;
		if (step % 5 > 0)
			settle();
		if (step == 1)
			be_found(INFO(FEATURE));
		if (step % 5 > 1)
			expect_slot_request("size='100000'");
		if (step % 5 > 2)
			give_slot("http", "");
		if (step % 5 > 2)
			pass(500);
		if (step < 5) {
			gw_upload_cancel(session(), id);
		} else {
			account_close(account_at(BARE, "canyon"), "bye");
			account_open(account_at(BARE, "canyon"));
		}
		forget();
		pass(100);
		for (size_t i = asked.next; i < asked.count; i++)
			assert_null(strstr(asked.calls[i], "uploaded"));
		forget();
	}
}

#define UPLOAD_TEST(name, setup) \
	cmocka_unit_test_setup_teardown(name, setup, teardown_web)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UPLOAD_TEST(test_a_file_goes_up, setup_https),
		UPLOAD_TEST(test_a_named_service, setup_named),
		UPLOAD_TEST(test_servers_without_one, setup_http),
		UPLOAD_TEST(test_servers_that_are_silent, setup_http),
		UPLOAD_TEST(test_files_that_are_too_large, setup_http),
		UPLOAD_TEST(test_slots_that_are_refused, setup_http),
		UPLOAD_TEST(test_web_servers_that_refuse, setup_http),
		UPLOAD_TEST(test_there_are_only_so_many, setup_http),
		UPLOAD_TEST(test_gateways_that_miscount, setup_http),
		UPLOAD_TEST(test_cancelled_ones_are_silent, setup_http),
	};
	certs_init(&certs, "causeway test");
	certs_issue(&certs, "web", "DNS:upload.localhost", -1, 1);
	int status = cmocka_run_group_tests(tests, NULL, NULL);
	certs_finish(&certs);
	return status;
}
