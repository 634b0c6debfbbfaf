/* What providers call us with: texts and reports, and what is neither. */
#include "http_fixture.h"

#include "base/macros.h"
#include "sms_http/callback.h"
#include "sms_http/hook_text.h"

#define URL  "https://us.example.org/sms/a/b"
#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

/* What came, in the lines that operators see. */
static struct str seen = { .max = 1u << 20 };
static unsigned headers_seen;

static void on_incoming(void *arg, const struct carrier_incoming *incoming)
{
	assert_ptr_equal(arg, &seen);
	assert_int_equal(incoming->ticket, 7);
	for (size_t i = 0; i < incoming->media_count; i++) {
		const char *const *headers = incoming->media[i].headers;

		if (headers == NULL)
			continue;
		headers_seen++;
		assert_string_equal(headers[0],
			"Authorization: Basic dXNlcjpwYXNzOndvcmQ=");
		assert_null(headers[1]);
	}
	hook_text_incoming(&seen, incoming);
}

static void on_report(void *arg, const struct carrier_report *report)
{
	assert_ptr_equal(arg, &seen);
	assert_int_equal(report->ticket, 7);
	hook_text_report(&seen, report);
}

static int read_as(const struct provider *p, const char *url, const char *type,
	const char *body)
{
	static const struct callback_sink sink = { 7, on_incoming, on_report,
		&seen };
	const char *const headers[] = { "Content-Type", type, NULL };
	struct web_request r = web_request(
		url != NULL ? url : URL, type != NULL ? headers : NULL, body);
	struct template_values v = some_values();
	const char *reason = NULL;
	int count;

	str_reset(&seen);
	headers_seen = 0;
	count = callback_read(p, &v, &r, &sink, &reason);
	assert_int_equal(count < 0, reason != NULL);
	return count;
}

struct row {
	const char *provider, *url, *type, *body;
	int count;
	const char *lines;
};

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct provider *p = load_shipped(rows[i].provider);
		int got = read_as(p, rows[i].url, rows[i].type, rows[i].body);

		if (got != rows[i].count ||
			strcmp(str_text(&seen), rows[i].lines) != 0)
			fail_msg("row %zu: %d\n%s", i, got, str_text(&seen));
		provider_free(&p);
	}
}

static void texts_come(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "twilio", NULL, FORM,
			"MessageSid=SM1&SmsStatus=received&From=%2B15550002&"
			"To=%2B15550001&Body=hi%0A%22you%22&NumMedia=0",
			1,
			"mo id=\"SM1\" from=\"+15550002\" to=\"+15550001\" "
			"text=\"hi\\n\\\"you\\\"\"\n" },
		{ "twilio", NULL, FORM,
			"MessageSid=MM1&SmsStatus=received&From=%2B15550002&"
			"To=%2B15550001&Body=&NumMedia=2&"
			"MediaUrl0=https%3A%2F%2Fapi.twilio.com%2F1&"
			"MediaContentType0=image%2Fpng&"
			"MediaUrl1=https%3A%2F%2Fapi.twilio.com%2F2&"
			"MediaContentType1=text%2Fx-vcard",
			1,
			"mo id=\"MM1\" from=\"+15550002\" to=\"+15550001\" "
			"text=\"\" media=\"https://api.twilio.com/1\" "
			"type=\"image/png\" media=\"https://api.twilio.com/2\" "
			"type=\"text/x-vcard\"\n" },
		{ "signalwire", NULL, FORM,
			"MessageSid=S1&From=%2B15550002&To=%2B15550001&Body=x",
			1,
			"mo id=\"S1\" from=\"+15550002\" to=\"+15550001\" "
			"text=\"x\"\n" },
		{ "bandwidth", NULL, JSON,
			"[{\"type\":\"message-received\",\"time\":"
			"\"2023-11-14T22:13:21Z\",\"to\":\"+15550001\","
			"\"message\":{\"id\":\"b1\",\"owner\":\"+15550001\","
			"\"time\":\"2023-11-14T22:13:20Z\","
			"\"from\":\"+15550002\",\"to\":[\"+15550001\","
			"\"+15550003\"],\"text\":\"hi\","
			"\"media\":[\"https://messaging.bandwidth.com/1\"]}},"
			"{\"type\":\"message-received\",\"message\":{"
			"\"id\":\"b2\",\"owner\":\"+15550004\","
			"\"from\":\"+15550002\",\"text\":\"ho\"}}]",
			2,
			"mo id=\"b1\" from=\"+15550002\" to=\"+15550001\" "
			"other=\"+15550003\" text=\"hi\" "
			"media=\"https://messaging.bandwidth.com/1\" "
			"time=2023-11-14T22:13:20Z\n"
			"mo id=\"b2\" from=\"+15550002\" to=\"+15550004\" "
			"text=\"ho\"\n" },
		{ "telnyx", NULL, JSON,
			"{\"data\":{\"event_type\":\"message.received\","
			"\"payload\":{\"id\":\"t1\",\"from\":{"
			"\"phone_number\":\"+15550002\"},\"to\":[{"
			"\"phone_number\":\"+15550001\"}],\"cc\":[{"
			"\"phone_number\":\"+15550003\"}],\"text\":\"hi\","
			"\"media\":[{\"url\":\"https://m/1\","
			"\"content_type\":\"image/gif\"}],"
			"\"received_at\":\"2023-11-14T22:13:20.000+00:00\"}}}",
			1,
			"mo id=\"t1\" from=\"+15550002\" to=\"+15550001\" "
			"other=\"+15550003\" text=\"hi\" "
			"media=\"https://m/1\" type=\"image/gif\" "
			"time=2023-11-14T22:13:20Z\n" },
		{ "vonage", NULL, JSON,
			"{\"msisdn\":\"447700900001\",\"to\":\"447700900000\","
			"\"messageId\":\"v1\",\"text\":\"part\","
			"\"type\":\"text\",\"concat\":\"true\","
			"\"concat-ref\":\"12\",\"concat-total\":\"3\","
			"\"concat-part\":\"2\",\"message-timestamp\":"
			"\"2023-11-14 22:13:20\"}",
			1,
			"mo id=\"v1\" from=\"447700900001\" "
			"to=\"447700900000\" text=\"part\" part=2/3 ref=12 "
			"time=2023-11-14T22:13:20Z\n" },
		{ "vonage",
			URL "?msisdn=447700900001&to=447700900000&"
			    "messageId=v2&type=binary&data=0001ff&"
			    "udh=06050415820000",
			NULL, "", 1,
			"mo id=\"v2\" from=\"447700900001\" "
			"to=\"447700900000\" binary=0001ff "
			"header=06050415820000\n" },
		{ "kannel",
			URL "?kind=mo&from=%2B15550002&to=15550001&"
			    "text=hi+%e2%82%ac&charset=UTF-8&coding=0&id=k1&"
			    "time=1700000000",
			NULL, "", 1,
			"mo id=\"k1\" from=\"+15550002\" to=\"15550001\" "
			"text=\"hi \xe2\x82\xac\" time=2023-11-14T22:13:20Z\n" },
		{ "kannel",
			URL "?kind=mo&from=%2B15550002&to=15550001&"
			    "text=%20%ac%00a&charset=UTF-16BE&coding=2&id=k2",
			NULL, "", 1,
			"mo id=\"k2\" from=\"+15550002\" to=\"15550001\" "
			"ucs2=20ac0061\n" },
		{ "jasmin", NULL, FORM,
			"id=j1&from=%2B15550002&to=15550001&"
			"origin-connector=c&coding=0&content=hi&binary=6869",
			1,
			"mo id=\"j1\" from=\"+15550002\" to=\"15550001\" "
			"text=\"hi\"\n" },
		{ "jasmin", NULL, FORM,
			"id=j2&from=%2B15550002&to=15550001&"
			"origin-connector=c&coding=8&content=%20%AC&binary=20ac",
			1,
			"mo id=\"j2\" from=\"+15550002\" to=\"15550001\" "
			"ucs2=20ac\n" },
		{ "playsms", URL "?from=%2B15550002&to=%2B15550001&text=a+b",
			NULL, "", 1,
			"mo from=\"+15550002\" to=\"+15550001\" "
			"text=\"a b\"\n" },
		{ "smsgate", NULL, JSON,
			"{\"event\":\"sms:received\",\"id\":\"E1\","
			"\"payload\":{\"messageId\":\"same\",\"message\":"
			"\"hi\",\"phoneNumber\":\"6505551212\","
			"\"simNumber\":null,\"receivedAt\":"
			"\"2023-11-15T05:13:20.000+07:00\"}}",
			1,
			"mo id=\"E1\" from=\"6505551212\" to=\"\" "
			"text=\"hi\" time=2023-11-14T22:13:20Z\n" },
	};

	check(rows, COUNT(rows));
}

static void reports_come(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "twilio", NULL, FORM,
			"MessageSid=SM1&MessageStatus=delivered&"
			"To=%2B15550002&From=%2B15550001&ErrorCode=",
			1,
			"report id=\"SM1\" to=\"+15550002\" "
			"state=delivered\n" },
		{ "twilio", NULL, FORM,
			"MessageSid=SM1&MessageStatus=undelivered&"
			"To=%2B15550002&ErrorCode=30005",
			1,
			"report id=\"SM1\" to=\"+15550002\" "
			"state=undeliverable class=bad_dest text=\"30005\"\n" },
		{ "twilio", NULL, FORM,
			"MessageSid=SM1&MessageStatus=new&To=%2B15550002", 0,
			"" },
		{ "twilio", NULL, FORM, "MessageStatus=sent", 0, "" },
		{ "bandwidth", NULL, JSON,
			"[{\"type\":\"message-failed\",\"errorCode\":4775,"
			"\"description\":\"rejected\",\"to\":\"+15550002\","
			"\"time\":\"2023-11-14T22:13:20Z\","
			"\"message\":{\"id\":\"b1\"}},"
			"{\"type\":\"message-delivered\",\"to\":\"+15550002\","
			"\"message\":{\"id\":\"b2\"}},{\"type\":\"other\"}]",
			2,
			"report id=\"b1\" to=\"+15550002\" "
			"state=undeliverable class=blocked "
			"text=\"rejected (4775)\" time=2023-11-14T22:13:20Z\n"
			"report id=\"b2\" to=\"+15550002\" "
			"state=delivered\n" },
		{ "telnyx", NULL, JSON,
			"{\"data\":{\"event_type\":\"message.finalized\","
			"\"occurred_at\":\"2023-11-14T22:13:20.000Z\","
			"\"payload\":{\"id\":\"t1\",\"to\":[{\"phone_number\":"
			"\"+15550002\",\"status\":\"delivery_failed\"}],"
			"\"errors\":[{\"code\":\"40300\",\"title\":\"STOP\"}]"
			"}}}",
			1,
			"report id=\"t1\" to=\"+15550002\" "
			"state=undeliverable class=stopped "
			"text=\"STOP (40300)\" time=2023-11-14T22:13:20Z\n" },
		{ "vonage", NULL, JSON,
			"{\"msisdn\":\"447700900001\",\"to\":\"447700900000\","
			"\"messageId\":\"v1\",\"status\":\"delivered\","
			"\"err-code\":\"0\",\"message-timestamp\":"
			"\"2023-11-14 22:13:20\"}",
			1,
			"report id=\"v1\" to=\"447700900001\" state=delivered "
			"time=2023-11-14T22:13:20Z\n" },
		{ "kannel",
			URL "?kind=report&id=own1&state=8&answer=ACK%2f&"
			    "to=%2B15550002",
			NULL, "", 1,
			"report id=\"own1\" to=\"+15550002\" state=enroute "
			"text=\"ACK/\"\n" },
		{ "kannel",
			URL "?kind=report&id=own1&state=1&"
			    "answer=id%3A1%20stat%3ADELIVRD&to=%2B15550002&"
			    "time=1700000000",
			NULL, "", 1,
			"report id=\"own1\" to=\"+15550002\" state=delivered "
			"time=2023-11-14T22:13:20Z\n" },
		{ "kannel", URL "?kind=report&state=1", NULL, "", 0, "" },
		{ "jasmin", NULL, FORM,
			"id=j1&message_status=DELIVRD&level=3&connector=c", 1,
			"report id=\"j1\" to=\"\" state=delivered\n" },
		{ "jasmin", NULL, FORM,
			"id=j1&message_status=ESME_RINVDSTADR&level=3&"
			"connector=c",
			1, "report id=\"j1\" to=\"\" state=rejected\n" },
		{ "smsgate", NULL, JSON,
			"{\"event\":\"sms:failed\",\"id\":\"E2\",\"payload\":{"
			"\"messageId\":\"own1\",\"phoneNumber\":\"+15550002\","
			"\"reason\":\"RESULT_ERROR\"}}",
			1,
			"report id=\"own1\" to=\"+15550002\" "
			"state=undeliverable text=\"RESULT_ERROR\"\n" },
	};

	check(rows, COUNT(rows));
}

static void what_is_neither_is_ignored(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "telnyx", NULL, JSON, "{\"data\":{\"event_type\":\"x\"}}", 0,
			"" },
		{ "telnyx", NULL, JSON, "[]", 0, "" },
		{ "telnyx", NULL, JSON, "{\"data\":[1]}", 0, "" },
		{ "telnyx", NULL, FORM, "data.event_type=message.received", 0,
			"" },
		{ "telnyx", NULL, JSON, "", -1, "" },
		{ "telnyx", NULL, JSON, "{\"data\":", -1, "" },
		{ "bandwidth", NULL, JSON, "{\"type\":\"message-received\"}", 0,
			"" },
		{ "smsgate", NULL, JSON, "{\"event\":\"system:ping\"}", 0, "" },
		{ "kannel", URL, NULL, "", 0, "" },
		{ "kannel", URL "?kind=mo", NULL, "", 1,
			"mo from=\"\" to=\"\" text=\"\"\n" },
	};

	check(rows, COUNT(rows));
}

/* Our password is for the provider alone, whatever URL a text has. */
static void passwords_go_to_known_hosts_only(void **state)
{
	(void)state;
	static const struct {
		const char *url;
		unsigned headers;
	} rows[] = {
		{ "https://api.twilio.com/x", 1 },
		{ "HTTPS://API.twilio.com:443/x", 1 },
		{ "http://api.twilio.com/x", 0 },
		{ "https://api.twilio.com.example.org/x", 0 },
		{ "https://api.twilio.com@example.org/x", 0 },
		{ "https://example.org/?api.twilio.com", 0 },
		{ "https://example.org\\@api.twilio.com/", 0 },
		{ "https://evilapi.twilio.com/", 0 },
		{ "https://", 0 },
	};
	struct provider *p = load_shipped("twilio");

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str body = { .max = 4096 };

		str_add(&body, "MessageSid=1&SmsStatus=received&From=x&"
			       "MediaUrl0=");
		str_add(&body, rows[i].url);
		assert_int_equal(read_as(p, NULL, FORM, str_text(&body)), 1);
		if (headers_seen != rows[i].headers)
			fail_msg("row %zu", i);
		str_finish(&body);
	}
	provider_free(&p);
	p = load_shipped("signalwire");
	assert_int_equal(read_as(p, NULL, FORM,
				 "MessageSid=1&From=x&MediaUrl0="
				 "https://a.signalwire.com/1&"
				 "MediaUrl1=https://signalwire.com/1"),
		1);
	assert_int_equal(headers_seen, 1);
	provider_free(&p);
}

static void long_callbacks_are_not_read(void **state)
{
	(void)state;
	struct provider *p = load_shipped("bandwidth");
	struct str body = { .max = 1u << 20 };

	str_add(&body, "[");
	for (int i = 0; i < 100000; i++)
		str_add(&body, "{},");
	str_add(&body, "{}]");
	assert_int_equal(read_as(p, NULL, JSON, str_text(&body)), -1);
	/* Many events are many, as long as it is not too long. */
	str_reset(&body);
	str_add(&body, "[");
	for (int i = 0; i < 500; i++)
		str_add(&body, "{\"type\":\"message-delivered\","
			       "\"message\":{\"id\":\"x\"}},");
	str_add(&body, "{}]");
	assert_int_equal(read_as(p, NULL, JSON, str_text(&body)), 500);
	str_finish(&body);
	provider_free(&p);
}

/* --- Saved requests ------------------------------------------------------ */

static void requests_are_read_from_files(void **state)
{
	(void)state;
	struct web_saved s;

	assert_int_equal(web_saved_read(&s, slice_of("POST /a?b=c HTTP/1.1\r\n"
						     "Host: x\r\n"
						     "X-Signature:  y z\r\n\r\n"
						     "body\r\n")),
		0);
	assert_string_equal(s.path, "/a?b=c");
	assert_string_equal(web_saved_header(&s, "x-signature"), "y z");
	assert_null(web_saved_header(&s, "body"));
	assert_true(slice_equals(s.body, "body\r\n"));
	web_saved_finish(&s);
	assert_int_equal(web_saved_read(&s, slice_of("GET /\n\n")), 0);
	assert_int_equal(s.body.len, 0);
	web_saved_finish(&s);
	static const char *const bad[] = { "", "\n", "GET / HTTP/1.1",
		"GET / HTTP/1.1\r\nA: b", "hello\n\n", "GET x HTTP/1.1\n\n" };
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (web_saved_read(&s, slice_of(bad[i])) == 0)
			fail_msg("row %zu", i);
		web_saved_finish(&s);
	}
}

static int tear_down(void **state)
{
	(void)state;
	str_finish(&seen);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_come),
		cmocka_unit_test(reports_come),
		cmocka_unit_test(what_is_neither_is_ignored),
		cmocka_unit_test(passwords_go_to_known_hosts_only),
		cmocka_unit_test(long_callbacks_are_not_read),
		cmocka_unit_test(requests_are_read_from_files),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
