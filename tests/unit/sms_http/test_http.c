/*
 * The carrier at work: a provider on loopback answers what the test says, and
 * calls the real HTTP server of the core.
 */
#include "http_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/encoding.h"
#include "base/log.h"
#include "net/http.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "net/policy.h"
#include "net/resolve.h"
#include "net/web_server.h"
#include "sms_http/config.h"
#include "sms_http/http.h"

#define PATH "/sms/sms.example.org/main/0123456789abcdef"

static struct loop *loop;
static struct resolver *resolver;
static struct policy *policy;
static struct http_client *client;
static struct http_server *server;
static uint16_t server_port;
static struct web_server web; /* the provider */
static struct carrier *carrier;
static struct http_config *config;
static char url[64], callback_url[64];

/* --- What the gateway hears ---------------------------------------------- */

static struct {
	struct str lines;
	uint64_t ticket;
	unsigned events, readies;
	bool has_event;
	int settle_now; /* 1: ok, -1: not, 0: later */
} heard;

static void note(const char *fmt, ...) PRINTF(1, 2);
static void note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	str_addv(&heard.lines, fmt, args);
	va_end(args);
	heard.events++;
	heard.has_event = true;
}

static void on_link(void *arg, enum carrier_state state, const char *why)
{
	assert_null(arg);
	assert_non_null(why);
	note("link %d\n", (int)state);
}

static void on_ready(void *arg)
{
	assert_null(arg);
	heard.readies++;
}

static void on_accepted(void *arg, uint64_t token, const char *id)
{
	assert_null(arg);
	note("accepted %llu %s\n", (unsigned long long)token,
		id != NULL ? id : "-");
}

static void on_rejected(
	void *arg, uint64_t token, const struct carrier_refusal *refusal)
{
	assert_null(arg);
	note("rejected %llu class=%d wait=%lld\n", (unsigned long long)token,
		(int)refusal->class, (long long)refusal->wait_ms);
}

static void on_lost(void *arg, uint64_t token)
{
	assert_null(arg);
	note("lost %llu\n", (unsigned long long)token);
}

static void settle(uint64_t ticket)
{
	heard.ticket = ticket;
	if (heard.settle_now != 0)
		carrier_http.settle(carrier, ticket, heard.settle_now > 0);
}

static void on_report(void *arg, const struct carrier_report *report)
{
	assert_null(arg);
	note("report %s state=%d\n", report->id, (int)report->state);
	settle(report->ticket);
}

static void on_incoming(void *arg, const struct carrier_incoming *incoming)
{
	assert_null(arg);
	note("mo %s %s\n", incoming->from.text, incoming->text);
	settle(incoming->ticket);
}

static const struct carrier_events events = {
	.link = on_link,
	.ready = on_ready,
	.accepted = on_accepted,
	.rejected = on_rejected,
	.lost = on_lost,
	.report = on_report,
	.incoming = on_incoming,
};

static void forget(void)
{
	str_reset(&heard.lines);
	heard.events = heard.readies = 0;
	heard.has_event = false;
}

static void expect(const char *lines)
{
	if (strcmp(str_text(&heard.lines), lines) != 0)
		fail_msg("heard:\n%s", str_text(&heard.lines));
	forget();
}

/* Until so many events were heard. */
static void wait_for(unsigned count)
{
	for (int i = 0; heard.events < count && i < 1000; i++) {
		heard.has_event = false;
		loop_settle(loop, 1000, &heard.has_event);
	}
	if (heard.events < count)
		fail_msg("heard only:\n%s", str_text(&heard.lines));
}

/* --- The provider -------------------------------------------------------- */

/* What it answers next, and the bodies that came. */
static const char *answers[64];
static unsigned next_answer;
static struct str asked;

static const char *on_asked(struct web_server *s, const char *request UNUSED)
{
	const char *body = strstr(str_text(&s->last), "\r\n\r\n");

	str_add(&asked, body != NULL ? body + 4 : "");
	str_add_char(&asked, '\n');
	if (answers[next_answer] == NULL)
		return "201 Created\r\n\r\n{\"id\":\"ok\"}";
	return answers[next_answer++];
}

static void answer_with(const char *const *list)
{
	memset(answers, 0, sizeof(answers));
	for (size_t i = 0; list[i] != NULL; i++)
		answers[i] = list[i];
	next_answer = 0;
	str_reset(&asked);
}

/* --- Set-up -------------------------------------------------------------- */

static const char provider_text[] =
	"title = \"Test\"; rate = 100.0; parallel = 2;\n"
	"send = { url = \"${url}/send\"; format = \"json\"; fields = (\n"
	"  \"to=${to}\", \"text=${text}\", \"id=${id}\",\n"
	"  \"media[]=${media[]}\", \"ttl:=${ttl}\", \"gsm? gsm=1\",\n"
	"  \"dlr=${dlr_url}\" ); };\n"
	"group = { url = \"${url}/group\"; format = \"json\"; fields = (\n"
	"  \"to[]=${to[]}\" ); };\n"
	"group_max = 7;\n"
	"result = { id = \"json:id\"; code = \"json:code\"; refusals = (\n"
	"  { code = ( \"5\" ); class = \"bad_dest\"; } ); };\n"
	"callbacks = { root = \"[*]\"; verify = { kind = \"token\"; };\n"
	"  rules = ( { when = ( \"s\" ); is = \"report\"; },\n"
	"            { when = ( \"from\" ); is = \"mo\"; } );\n"
	"  mo = { from = \"from\"; text = \"text\"; };\n"
	"  report = { id = \"id\"; state = \"s\"; states = (\n"
	"    { when = ( \"d\" ); is = \"delivered\"; } ); };\n"
	"  reply = { status = 202; type = \"text/xml\"; body = \"<r/>\"; };\n"
	"};\n";

static char provider_path[] = "/tmp/causeway-provider-XXXXXX";

static void open_carrier(const char *further)
{
	struct str text = { .max = 4096 }, error = { .max = 4096 };
	struct carrier_setup setup = { .name = "main",
		.loop = loop,
		.resolver = resolver,
		.policy = policy,
		.http = client,
		.http_server = server,
		.gateway = "sms.example.org",
		.events = &events };
	const char *reason = "";

	str_addf(&text,
		"provider = \"%s\"; url = \"%s\"; callback_url = \"%s/\";"
		"token = \"0123456789abcdef\"; %s %s",
		provider_path, url, callback_url,
		strstr(further, "timeout") == NULL ? "timeout = 5;" : "",
		further);
	config = cfg_parse(
		str_text(&text), "test.conf", &http_config_schema, &error);
	if (config == NULL)
		fail_msg("%s", str_text(&error));
	setup.config = config;
	carrier = carrier_http.open(&setup, &reason);
	if (carrier == NULL)
		fail_msg("%s", reason);
	str_finish(&text);
	str_finish(&error);
	wait_for(1);
	expect("link 2\n");
}

static void close_carrier(void)
{
	carrier_http.close(&carrier);
	assert_null(carrier);
	cfg_free(config, &http_config_schema);
	config = NULL;
}

static int set_up_group(void **state UNUSED)
{
	int fd = mkstemp(provider_path);
	ssize_t len = (ssize_t)sizeof(provider_text) - 1;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, provider_text, (size_t)len), len);
	close(fd);
	return 0;
}

static int tear_down_group(void **state UNUSED)
{
	unlink(provider_path);
	return 0;
}

static int set_up(void **state UNUSED)
{
	const char *reason;

	log_set_level(LOG_ERROR);
	clock_use_virtual(INT64_C(1700000000000));
	loop = loop_new();
	resolver = resolver_new(loop, "127.0.0.1:1");
	policy = policy_new();
	assert_int_equal(policy_allow(policy, "127.0.0.0/8"), 0);
	client = http_client_new(loop, resolver, policy, NULL, "causeway");
	server_port = 0;
	server = http_server_new(loop, "127.0.0.1", &server_port, &reason);
	assert_non_null(server);
	web_server_start(&web, loop, NULL, NULL);
	web.answer = on_asked;
	text_format(url, sizeof(url), "http://127.0.0.1:%u", web.port);
	text_format(callback_url, sizeof(callback_url), "http://127.0.0.1:%u",
		server_port);
	memset(&heard, 0, sizeof(heard));
	str_init(&heard.lines, 65536);
	str_init(&asked, 65536);
	answer_with((const char *[]){ NULL });
	return 0;
}

static int tear_down(void **state UNUSED)
{
	if (carrier != NULL)
		close_carrier();
	web_server_stop(&web);
	http_server_free(&server);
	http_client_free(&client);
	policy_free(&policy);
	resolver_free(&resolver);
	loop_free(&loop);
	str_finish(&heard.lines);
	str_finish(&asked);
	clock_use_real();
	log_set_level(LOG_INFO);
	return 0;
}

/* --- Sending ------------------------------------------------------------- */

static void submit(uint64_t token, const char *to, const char *text)
{
	const struct carrier_submit s = {
		.token = token, .from = "+15550001", .to = to, .text = text
	};

	assert_true(carrier_http.room(carrier) > 0);
	carrier_http.submit(carrier, &s);
}

static void texts_are_accepted(void **state UNUSED)
{
	static const char *const media[] = { "https://m/1", NULL };
	const struct carrier_submit s = { .token = 9,
		.from = "+15550001",
		.to = "12345;phone-context=us.sms.example.org",
		.text = "\xd0\xb6",
		.media = media,
		.wants_report = true,
		.valid_ms = 59001 };

	open_carrier("");
	assert_int_equal(
		carrier_http.caps(carrier), CARRIER_CUTS | CARRIER_GROUPS);
	assert_int_equal(carrier_http.room(carrier), 2);
	carrier_http.submit(carrier, &s);
	assert_int_equal(carrier_http.room(carrier), 1);
	assert_int_equal(heard.events, 0);
	wait_for(1);
	loop_settle(loop, 10, NULL);
	assert_true(heard.readies > 0);
	expect("accepted 9 ok\n");
	assert_int_equal(carrier_http.room(carrier), 2);
	assert_non_null(strstr(str_text(&asked),
		"\"to\":\"12345\",\"text\":\"\xd0\xb6\",\"id\":\""));
	assert_non_null(
		strstr(str_text(&asked), "\"media\":[\"https://m/1\"]"));
	assert_non_null(strstr(str_text(&asked), "\"ttl\":60"));
	assert_null(strstr(str_text(&asked), "gsm"));
	assert_non_null(strstr(str_text(&asked), PATH));
	forget();
	submit(10, "+15550002", "a");
	wait_for(1);
	expect("accepted 10 ok\n");
	assert_non_null(strstr(str_text(&asked), "\"gsm\":\"1\""));
	assert_null(strstr(strstr(str_text(&asked), "\n") + 1, "dlr"));
}

static void groups_are_asked_for_elsewhere(void **state UNUSED)
{
	static const char *const others[] = { "+15550003", "+15550004", NULL };
	const struct carrier_submit s = { .token = 1,
		.from = "+15550001",
		.to = "+15550002",
		.text = "x",
		.others = others };

	open_carrier("");
	carrier_http.submit(carrier, &s);
	wait_for(1);
	expect("accepted 1 ok\n");
	assert_string_equal(str_text(&asked),
		"{\"to\":[\"+15550002\",\"+15550003\",\"+15550004\"]}\n");
	assert_non_null(strstr(str_text(&web.last), "POST /group "));
	assert_int_equal(carrier_http.group_max(carrier), 7);
}

/* Never two to one number at a time, and in their order. */
static void order_is_kept_for_each_number(void **state UNUSED)
{
	const char *first, *second;

	open_carrier("parallel = 5;");
	submit(1, "+15550002", "one");
	submit(2, "+15550002", "two");
	submit(3, "+15550003", "three");
	wait_for(3);
	first = strstr(str_text(&asked), "\"one\"");
	second = strstr(str_text(&asked), "\"two\"");
	assert_non_null(first);
	assert_non_null(second);
	assert_true(first < second);
	first = strstr(str_text(&heard.lines), "accepted 1");
	second = strstr(str_text(&heard.lines), "accepted 2");
	assert_true(first != NULL && second != NULL && first < second);
	/* The one to another number did not wait for the second. */
	assert_true(strstr(str_text(&asked), "three") <
		    strstr(str_text(&asked), "\"two\""));
}

static void refusals_are_of_one_text(void **state UNUSED)
{
	open_carrier("");
	answer_with((const char *[]){
		"400 Bad\r\n\r\n{\"code\":5}",
		NULL,
	});
	submit(1, "+15550002", "x");
	wait_for(1);
	expect("rejected 1 class=3 wait=0\n");
	assert_int_equal(carrier_http.room(carrier), 2);
	submit(2, "+15550002", "x");
	wait_for(1);
	expect("accepted 2 ok\n");
}

/* Those that wait go back with the one that came too early, and nothing is
 * taken until the provider wants more. */
static void a_throttled_provider_is_left_alone(void **state UNUSED)
{
	int64_t before;

	open_carrier("parallel = 3;");
	answer_with((const char *[]){
		"429 Slow\r\nRetry-After: 40\r\n\r\n",
		NULL,
	});
	submit(1, "+15550002", "one");
	submit(2, "+15550002", "two");
	submit(3, "+15550002", "three");
	before = clock_ms();
	wait_for(3);
	expect("rejected 1 class=2 wait=40000\n"
	       "rejected 2 class=9 wait=0\n"
	       "rejected 3 class=9 wait=0\n");
	assert_int_equal(carrier_http.room(carrier), 0);
	heard.readies = 0;
	while (heard.readies == 0 && clock_ms() - before < 60000)
		loop_settle(loop, 1000, NULL);
	assert_in_range(clock_ms() - before, 39000, 42000);
	assert_int_equal(carrier_http.room(carrier), 3);
	submit(1, "+15550002", "one");
	wait_for(1);
	expect("accepted 1 ok\n");
}

/* Gone: down, then one is tried, then up. */
static void a_provider_may_be_away(void **state UNUSED)
{
	uint16_t port = web.port;

	open_carrier("");
	web_server_stop(&web);
	submit(1, "+15550002", "x");
	wait_for(2);
	expect("rejected 1 class=9 wait=0\nlink 0\n");
	assert_int_equal(carrier_http.room(carrier), 0);
	wait_for(1);
	expect("link 1\n");
	assert_int_equal(carrier_http.room(carrier), 1);
	submit(2, "+15550002", "x");
	wait_for(2);
	expect("rejected 2 class=9 wait=0\nlink 0\n");
	wait_for(1);
	expect("link 1\n");
	assert_int_not_equal(port, 0);
}

/* What left and was not answered may have been taken: nobody knows. */
static void what_left_without_an_answer_is_lost(void **state UNUSED)
{
	open_carrier("");
	answer_with((const char *[]){
		"!HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
		"502 Bad Gateway\r\n\r\n",
		NULL,
	});
	submit(1, "+15550002", "x");
	submit(2, "+15550002", "y");
	wait_for(3);
	expect("lost 1\nrejected 2 class=9 wait=0\nlink 0\n");
	wait_for(1);
	expect("link 1\n");
	submit(3, "+15550002", "x");
	wait_for(2);
	expect("lost 3\nlink 0\n");
	wait_for(1);
	expect("link 1\n");
	submit(4, "+15550002", "x");
	wait_for(2);
	expect("accepted 4 ok\nlink 2\n");
}

static void a_refused_password_is_not_insisted_on(void **state UNUSED)
{
	int64_t before;

	open_carrier("");
	answer_with((const char *[]){ "401 No\r\n\r\n", NULL });
	submit(1, "+15550002", "x");
	wait_for(2);
	expect("rejected 1 class=8 wait=0\nlink 0\n");
	before = clock_ms();
	wait_for(1);
	expect("link 1\n");
	assert_in_range(clock_ms() - before, 59000, 901000);
}

/* An administrator has mended it. */
static void nothing_is_waited_for_after_that(void **state UNUSED)
{
	int64_t before;

	open_carrier("");
	answer_with((const char *[]){ "401 No\r\n\r\n", NULL });
	submit(1, "+15550002", "x");
	wait_for(2);
	expect("rejected 1 class=8 wait=0\nlink 0\n");
	before = clock_ms();
	carrier_http.reconnect(carrier);
	wait_for(1);
	expect("link 1\n");
	assert_in_range(clock_ms() - before, 0, 1000);
	submit(2, "+15550002", "x");
	wait_for(2);
	expect("accepted 2 ok\nlink 2\n");
}

static void texts_have_a_pace(void **state UNUSED)
{
	int64_t before = clock_ms();

	open_carrier("rate = 0.5; parallel = 4;");
	submit(1, "+15550002", "x");
	submit(2, "+15550003", "x");
	submit(3, "+15550004", "x");
	wait_for(3);
	assert_in_range(clock_ms() - before, 3900, 5000);
}

static void too_long_texts_are_refused(void **state UNUSED)
{
	struct str text = { .max = 200000 };

	open_carrier("");
	for (int i = 0; i < 100000; i++)
		str_add_char(&text, 'x');
	submit(1, "+15550002", str_text(&text));
	assert_int_equal(heard.events, 0);
	wait_for(1);
	expect("rejected 1 class=5 wait=0\n");
	str_finish(&text);
}

static void a_drained_carrier_takes_nothing(void **state UNUSED)
{
	open_carrier("");
	submit(1, "+15550002", "x");
	carrier_http.drain(carrier);
	assert_int_equal(carrier_http.room(carrier), 0);
	wait_for(2);
	expect("accepted 1 ok\nlink 0\n");
	close_carrier();
	/* One that is never answered ends all the same. */
	open_carrier("timeout = 60;");
	answer_with((const char *[]){
		"!HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
		NULL,
	});
	submit(2, "+15550002", "x");
	loop_settle(loop, 100, NULL);
	carrier_http.drain(carrier);
	wait_for(1);
	expect("link 0\n");
}

static void a_closed_carrier_is_silent(void **state UNUSED)
{
	open_carrier("parallel = 3; rate = 1;");
	for (uint64_t i = 0; i < 3; i++)
		submit(i, "+15550002", "x");
	loop_settle(loop, 1, NULL);
	close_carrier();
	forget();
	loop_settle(loop, 5000, NULL);
	expect("");
}

/* --- Callbacks ----------------------------------------------------------- */

/* A request to our own server, written at once. */
static int call(const char *path, const char *type, const char *body)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(server_port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct str text = { .max = 65536 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	str_addf(&text,
		"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n"
		"Content-Length: %zu\r\n\r\n%s",
		path, type, strlen(body), body);
	assert_int_equal(
		send(fd, text.data, text.len, MSG_NOSIGNAL), (ssize_t)text.len);
	str_finish(&text);
	return fd;
}

/* The status of the answer, 0: none yet. */
static int status_of(int fd, char text[4096])
{
	ssize_t len;

	for (int i = 0; i < 20; i++) {
		loop_settle(loop, 1, NULL);
		len = recv(fd, text, 4095, MSG_DONTWAIT);
		if (len > 12) {
			text[len] = '\0';
			close(fd);
			return atoi(text + 9);
		}
	}
	return 0;
}

static void callbacks_are_answered_when_stored(void **state UNUSED)
{
	static const char body[] = "[{\"from\":\"+15550002\",\"text\":\"hi\"},"
				   "{\"s\":\"d\",\"id\":\"x\"}]";
	char text[4096];
	int fd;

	open_carrier("");
	fd = call(PATH, "application/json", body);
	wait_for(2);
	expect("mo +15550002 hi\nreport x state=2\n");
	assert_int_equal(status_of(fd, text), 0);
	carrier_http.settle(carrier, heard.ticket, true);
	assert_int_equal(status_of(fd, text), 0);
	carrier_http.settle(carrier, heard.ticket, true);
	assert_int_equal(status_of(fd, text), 202);
	assert_non_null(strstr(text, "Content-Type: text/xml\r\n"));
	assert_non_null(strstr(text, "\r\n\r\n<r/>"));
	/* Again means nothing. */
	carrier_http.settle(carrier, heard.ticket, true);
	carrier_http.settle(carrier, 999, true);
	/* It could not be stored: it has to come again. */
	fd = call(PATH, "application/json", body);
	wait_for(2);
	carrier_http.settle(carrier, heard.ticket, false);
	carrier_http.settle(carrier, heard.ticket, true);
	assert_int_equal(status_of(fd, text), 503);
	/* Settled before the event has returned. */
	heard.settle_now = 1;
	assert_int_equal(
		status_of(call(PATH, "application/json", body), text), 202);
	heard.settle_now = -1;
	assert_int_equal(
		status_of(call(PATH, "application/json", body), text), 503);
}

static void other_callbacks_are_refused(void **state UNUSED)
{
	char text[4096];

	open_carrier("");
	assert_int_equal(status_of(call("/sms/sms.example.org/main/wrong",
					   "application/json", "[]"),
				 text),
		404);
	assert_int_equal(
		status_of(call(PATH, "application/json", "[]"), text), 202);
	assert_int_equal(
		status_of(call(PATH, "application/json", "[{}]"), text), 202);
	assert_int_equal(
		status_of(call(PATH, "application/json", "[{"), text), 400);
	carrier_http.stall(carrier, true);
	assert_int_equal(
		status_of(call(PATH, "application/json", "[]"), text), 503);
	carrier_http.stall(carrier, false);
	assert_int_equal(
		status_of(call(PATH, "application/json", "[]"), text), 202);
	expect("");
}

static void closing_answers_what_waits(void **state UNUSED)
{
	char text[4096];
	int fd;

	open_carrier("");
	fd = call(PATH, "application/json", "[{\"from\":\"1\"}]");
	wait_for(1);
	close_carrier();
	assert_int_equal(status_of(fd, text), 503);
	assert_int_equal(
		status_of(call(PATH, "application/json", "[]"), text), 404);
}

/* --- For operators ------------------------------------------------------- */

static void it_is_described(void **state UNUSED)
{
	struct str out = { .max = 4096 };

	open_carrier("");
	carrier_http.describe(carrier, &out);
	assert_non_null(
		strstr(str_text(&out), "Test by HTTP, up; 0 under way"));
	assert_non_null(strstr(str_text(&out), "/sms/sms.example.org/main/"));
	assert_null(strstr(str_text(&out), "0123456789abcdef"));
	str_reset(&out);
	carrier_http.measure(carrier, &out);
	assert_non_null(strstr(str_text(&out), "accepted_total 0\n"));
	str_finish(&out);
}

#define SAVED_PATH "/sms/sms.example.org/main/0123456789abcdef"

static void saved_callbacks_are_replayed(void **state UNUSED)
{
	struct carrier_setup setup = { .name = "main",
		.gateway = "sms.example.org" };
	struct str out = { .max = 4096 };
	const char *reason = "";

	open_carrier("");
	setup.config = config;
	assert_int_equal(
		carrier_http.replay(&setup,
			slice_of("POST " SAVED_PATH " HTTP/1.1\n"
				 "Content-Type: application/json\n\n"
				 "[{\"from\":\"1\",\"text\":\"hi\"},{},"
				 "{\"s\":\"d\",\"id\":\"7\"}]"),
			&out, &reason),
		0);
	assert_non_null(strstr(str_text(&out),
		"verified=yes\n"
		"mo from=\"1\" to=\"\" text=\"hi\"\n"
		"report id=\"7\" to=\"\" state=delivered\n"
		"events=2\n"));
	assert_int_equal(
		carrier_http.replay(&setup,
			slice_of("POST " SAVED_PATH "0 HTTP/1.1\n\n[{}]"), &out,
			&reason),
		0);
	assert_non_null(
		strstr(str_text(&out), "verified=no reason=\"its path"));
	assert_int_equal(
		carrier_http.replay(&setup, slice_of("hello"), &out, &reason),
		-1);
	assert_non_null(strstr(reason, "no saved request"));
	expect("");
	str_finish(&out);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(texts_are_accepted),
		TEST(groups_are_asked_for_elsewhere),
		TEST(order_is_kept_for_each_number),
		TEST(refusals_are_of_one_text),
		TEST(a_throttled_provider_is_left_alone),
		TEST(a_provider_may_be_away),
		TEST(what_left_without_an_answer_is_lost),
		TEST(a_refused_password_is_not_insisted_on),
		TEST(nothing_is_waited_for_after_that),
		TEST(texts_have_a_pace),
		TEST(too_long_texts_are_refused),
		TEST(a_drained_carrier_takes_nothing),
		TEST(a_closed_carrier_is_silent),
		TEST(callbacks_are_answered_when_stored),
		TEST(other_callbacks_are_refused),
		TEST(closing_answers_what_waits),
		TEST(it_is_described),
		TEST(saved_callbacks_are_replayed),
	};

	return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
