/*
 * Files that come with texts: kept with them, fetched, uploaded, told about.
 */
#include "sms/fake_carrier.h"

#include "base/alloc.h"
#include "base/str.h"
#include "net/web_server.h"

#define OWN  "+15551230000"
#define PEER "+15557770000"
#define PNG  "\x89PNG\r\n\x1a\n"

static const char config[] =
	"country = \"US\";"
	"assign = ( { number = \"" OWN "\"; users = "
	"( \"user@example.test\" ); } );"
	"backends = ( { kind = \"fake\"; name = \"main\"; numbers = ( \"" OWN
	"\" ); } );";

static struct gw_session *alice;
static struct web_server web;
static char url[100];

static const struct web_page pages[] = {
	{ "GET /ok", "200 OK\r\nContent-Type: image/gif\r\n\r\nGIF89a" },
	{ "GET /png", "200 OK\r\n\r\n" PNG },
	{ "GET /no", "403 No\r\n\r\n" },
	{ "GET /later", "503 Later\r\n\r\n" },
	{ "GET /silent", NULL },
	{ NULL, NULL },
};

static int set_up(void **state)
{
	(void)state;
	carriers_reset();
	core = fake_core_new(&gateway_sms, config);
	assert_int_equal(
		policy_allow(fake_core_policy(core), "127.0.0.0/8"), 0);
	web_server_start(&web, fake_core_loop(core), NULL, pages);
	alice = fake_session(core, OWN);
	fake_allow_uploads(alice, 1000000);
	fake_open(alice);
	fake_expect(core, "online *");
	carrier_goes("main", CARRIER_UP);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	web_server_stop(&web);
	fake_core_free(&core);
	return 0;
}

static void comes(const char *path, const char *text, const char *type)
{
	static const char *const headers[] = { "Authorization: Basic x", NULL };
	const struct carrier_media file = {
		.url = url, .type = type, .headers = headers
	};
	text_format(url, sizeof(url), "http://127.0.0.1:%u%s", web.port, path);
	carrier_brings_file(
		"main", 1, "15557770000", "15551230000", text, "x", &file);
}

static void is_uploaded(uint32_t upload)
{
	gateway_sms.upload_more(alice, upload, 4);
	gateway_sms.upload_more(alice, upload, 100);
	gateway_sms.upload_more(alice, upload, 100);
	gateway_sms.uploaded(
		alice, upload, "https://up.example/1", GW_OK, NULL);
}

static void is_brought_behind_the_words(void **state)
{
	(void)state;
	comes("/ok", "look", "image/gif");
	EXPECT_LINE("settled main 1 ok");
	fake_expect(core, "message " PEER ": look id=* [[]durable]");
	fake_expect(core, "upload file.gif image/gif 6");
	assert_non_null(strstr(str_text(&web.last), "Authorization: Basic x"));
	is_uploaded(1);
	fake_expect(core, "upload 1: GIF8");
	fake_expect(core, "upload 1: 9a");
	fake_expect(
		core, "message " PEER ":  id=*.1 file=https://up.example/1 *");
	fake_expect(core, "own-keep i/* (no longer)");
}

static void comes_alone(void **state)
{
	(void)state;
	comes("/png", "", NULL);
	EXPECT_LINE("settled main 1 ok");
	fake_expect(core, "upload file.png image/png 8");
	gateway_sms.uploaded(alice, 1, "https://up.example/1", GW_OK, NULL);
	fake_expect(
		core, "message " PEER ":  id=* file=https://up.example/1 *");
	assert_int_equal(fake_count(core, "message *"), 1);
}

static void comes_once(void **state)
{
	(void)state;
	comes("/silent", "look", NULL);
	comes("/silent", "look", NULL);
	EXPECT_LINE("settled main 1 ok");
	EXPECT_LINE("settled main 1 ok");
	fake_run(core, 1000);
	assert_int_equal(web.requests, 1);
}

static void is_kept_before_it_is_acknowledged(void **state)
{
	(void)state;
	fake_keeping(alice, FAKE_KEEPS_LATER);
	comes("/ok", "look", NULL);
	fake_run(core, 1000);
	EXPECT_NO_LINE();
	assert_int_equal(web.requests, 0);
	fake_keeping(alice, FAKE_KEEPS);
	fake_run(core, 0);
	EXPECT_LINE("settled main 1 ok");
	fake_expect(core, "upload file.gif *");
}

static void a_restart_begins_anew(void **state)
{
	(void)state;
	comes("/silent", "look", NULL);
	fake_run(core, 1000);
	assert_int_equal(web.requests, 1);
	carriers_reset();
	fake_core_restart(core);
	fake_open(alice);
	fake_expect(core, "online *");
	fake_run(core, 1000);
	assert_int_equal(web.requests, 2);
	assert_non_null(strstr(str_text(&web.last), "Authorization: Basic x"));
}

static void what_is_refused_is_told(void **state)
{
	char line[300];
	(void)state;
	comes("/no", "look", "image/jpeg");
	text_format(line, sizeof(line),
		"message " PEER ": * file.jpg (image/jpeg): it could not be "
		"fetched: the provider's server says 403. It is at %s id=*.1 *",
		url);
	fake_expect(core, line);
	assert_int_equal(web.requests, 1);
}

/* Providers may say anything. */
static void addresses_may_be_none(void **state)
{
	static const char *const urls[] = { "https://\xff\x01\r\n/a", "x",
		"file:///etc/passwd", "gopher://127.0.0.1/", "https://" };
	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		char id[2] = { (char)('a' + i), '\0' };
		const struct carrier_media file = { .url = urls[i] };
		carrier_brings_file(
			"main", 1, "15557770000", "15551230000", "", id, &file);
		EXPECT_LINE("settled main 1 ok");
		fake_expect(core, "message " PEER ": *could not be fetched*");
	}
}

static void what_is_away_is_tried_again(void **state)
{
	(void)state;
	comes("/later", "", NULL);
	fake_run(core, 1000);
	assert_int_equal(web.requests, 1);
	fake_run(core, 5000);
	assert_int_equal(web.requests, 2);
	fake_expect_none(core, "message *", 600000);
	fake_wait(core, "message " PEER ": *says 503*", 3000000);
	assert_int_equal(web.requests, 6);
}

static void servers_may_have_no_place(void **state)
{
	(void)state;
	fake_allow_uploads(alice, 0);
	comes("/ok", "", NULL);
	fake_expect(core, "message " PEER ": *no place for files*");
	assert_int_equal(web.requests, 0);
}

static void uploads_are_tried_again(void **state)
{
	(void)state;
	comes("/ok", "", NULL);
	fake_expect(core, "upload file.gif *");
	gateway_sms.uploaded(alice, 1, NULL, GW_UNREACHABLE, "Away.");
	fake_run(core, 6000);
	fake_expect(core, "upload file.gif *");
	gateway_sms.uploaded(alice, 2, NULL, GW_POLICY, "Not from you.");
	fake_expect(core, "message " PEER ": *Not from you.*");
}

static void nothing_goes_on_without_the_session(void **state)
{
	(void)state;
	comes("/ok", "", NULL);
	fake_expect(core, "upload file.gif *");
	fake_close(alice, NULL);
	fake_run(core, 10000);
	assert_int_equal(web.requests, 1);
	fake_open(alice);
	fake_expect(core, "upload file.gif *");
	is_uploaded(2);
	fake_expect(core, "message " PEER ":  id=* file=*");
}

int main(void)
{
#define ONE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		ONE(is_brought_behind_the_words),
		ONE(comes_alone),
		ONE(comes_once),
		ONE(is_kept_before_it_is_acknowledged),
		ONE(a_restart_begins_anew),
		ONE(what_is_refused_is_told),
		ONE(addresses_may_be_none),
		ONE(what_is_away_is_tried_again),
		ONE(servers_may_have_no_place),
		ONE(uploads_are_tried_again),
		ONE(nothing_goes_on_without_the_session),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
