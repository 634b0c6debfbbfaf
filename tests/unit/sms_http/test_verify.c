/*
 * Is a callback the provider's? The signatures were made by others: those of
 * Twilio by its library for Node (twilio 6.2.0), tokens by jsonwebtoken 9,
 * the rest by Node's crypto. Those of Vonage pass the verification of its
 * library (@vonage/sms 1.14.0).
 */
#include "http_fixture.h"

#include "base/macros.h"
#include "sms_http/verify.h"

#define URL  "https://us.example.org/sms/a/b"
#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json; charset=utf-8"

struct row {
	const char *url;
	const char *headers[9];
	const char *body, *peer;
	const char *reason; /* NULL: it is good */
};

static void check(const struct provider_verify *rules,
	const struct template_values *values, const struct row *rows,
	size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct web_request r =
			web_request(rows[i].url != NULL ? rows[i].url : URL,
				rows[i].headers, rows[i].body);
		const char *reason = NULL;
		bool good;

		if (rows[i].peer != NULL)
			r.peer = rows[i].peer;
		good = verify_request(rules, values, &r, &reason);
		if (good != (rows[i].reason == NULL) ||
			(!good && strstr(reason, rows[i].reason) == NULL))
			fail_msg("row %zu: %s", i,
				reason != NULL ? reason : "good");
	}
}

static void check_shipped(
	const char *name, const struct row *rows, size_t count)
{
	struct provider *p = load_shipped(name);
	struct template_values v = some_values();

	check(&p->callbacks.verify, &v, rows, count);
	provider_free(&p);
}

/* A key that is not configured lets nobody in. */
static void check_without_key(const char *name, const struct row *row)
{
	struct provider *p = load_shipped(name);
	struct template_values v = some_values();
	struct web_request r = web_request(
		row->url != NULL ? row->url : URL, row->headers, row->body);
	const char *reason;

	v.values[TEMPLATE_SIGNATURE] = slice_of("");
	assert_false(verify_request(&p->callbacks.verify, &v, &r, &reason));
	provider_free(&p);
}

static void twilio_signs_url_and_form(void **state)
{
	(void)state;
	static const char form[] =
		"Body=a+%26+b+%3D+%E2%82%AC&MessageSid=SM1&From=%2B15550002&"
		"To=%2B15550001&NumMedia=0&A=&Z=2&Z=1&Z=2";
	static const char digest[] = "db4a7ecb114bc66c623a06c4ff6fe8da"
				     "a2f49cc270ebbf7a1f81e22ab061c837";
	char url[256], wrong[256];
	static const char good[] = "3zjtascDue9InROZYfbhS48yQ8c=";
	const struct row rows[] = {
		{ NULL, { "Content-Type", FORM, "X-Twilio-Signature", good },
			form, NULL, NULL },
		{ NULL, { "X-Twilio-Signature", good }, form, NULL, NULL },
		{ URL "/", { "X-Twilio-Signature", good }, form, NULL,
			"callback_url" },
		{ NULL, { "X-Twilio-Signature", good }, "Body=a", NULL,
			"wrong" },
		{ NULL, { "X-Twilio-Signature", "" }, form, NULL, "wrong" },
		{ NULL, { "X-Twilio-Signature", "3zjt" }, form, NULL, "wrong" },
		{ NULL, { "Content-Type", FORM }, form, NULL, "not signed" },
		{ URL "?a=b&c=%20",
			{ "X-Twilio-Signature",
				"h8uv9r+1F/DAimjyh7stIJVd5yg=" },
			"", NULL, NULL },
		{ url,
			{ "Content-Type", JSON, "X-Twilio-Signature",
				"2SCtRM2UWQs1mS/j6jDrEyznaUE=" },
			"{\"a\":\"b\"}", NULL, NULL },
		{ url,
			{ "Content-Type", JSON, "X-Twilio-Signature",
				"2SCtRM2UWQs1mS/j6jDrEyznaUE=" },
			"{\"a\":\"c\"}", NULL, "wrong" },
		{ wrong,
			{ "Content-Type", JSON, "X-Twilio-Signature",
				"2SCtRM2UWQs1mS/j6jDrEyznaUE=" },
			"{\"a\":\"b\"}", NULL, "wrong" },
	};

	(void)text_format(url, sizeof(url), URL "?bodySHA256=%s", digest);
	(void)text_format(
		wrong, sizeof(wrong), URL "?bodySHA256=%.62s", digest);
	check_shipped("twilio", rows, COUNT(rows));
	check_without_key("twilio", &rows[0]);
}

/* With or without the port, whatever callback_url says. */
static void a_port_may_be_signed(void **state)
{
	(void)state;
	static const char with[] = "3Up3RxVTRqD4nTbj0yBUKsDwhWw=";
	static const char without[] = "6R9UI9rF/W2uP/JYiW5ia1ptW50=";
	static const char host[] = "vXI+tKWD64WOexSfjLeLBizGnME=";
	static const struct row rows[] = {
		{ NULL,
			{ "X-SignalWire-Signature",
				"qsP2GdTDgYW9XVt2SHl3HZqdQD0=" },
			"Body=a", NULL, NULL },
		{ "http://[2001:db8::1]/x?y=:1",
			{ "X-SignalWire-Signature", with }, "Body=a", NULL,
			NULL },
		{ "http://[2001:db8::1]/x?y=:1",
			{ "X-SignalWire-Signature", without }, "Body=a", NULL,
			NULL },
		{ "http://[2001:db8::1]:80/x?y=:1",
			{ "X-SignalWire-Signature", without }, "Body=a", NULL,
			NULL },
		{ "http://[2001:db8::1]:80/x?y=:1",
			{ "X-SignalWire-Signature", with }, "Body=b", NULL,
			"wrong" },
		{ "http://us.example.org:8080/x",
			{ "X-SignalWire-Signature", host }, "Body=a", NULL,
			NULL },
		{ "http://us.example.com:8080/x",
			{ "X-SignalWire-Signature", host }, "Body=a", NULL,
			"wrong" },
		{ "https://us.example.org:8080",
			{ "X-SignalWire-Signature",
				"3rWy/5vIjqa7KIf9ntZkiMgFt2o=" },
			"Body=a", NULL, NULL },
	};

	check_shipped("signalwire", rows, COUNT(rows));
}

static void telnyx_signs_time_and_body(void **state)
{
	(void)state;
	static const char key[] =
		"6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";
	static const char sig[] =
		"5aw+wC14C5j5ar7wBFO3+YRoBaA5WTszSw9sLPj4Yoa+3mdhURYCUsSTfIiN"
		"OLsGSJKZTbKEy07ozBmnMONpDQ==";
	static const char body[] = "{\"data\":{\"event_type\":"
				   "\"message.received\"}}";
	static const struct row rows[] = {
		{ NULL,
			{ "Telnyx-Signature-Ed25519", sig, "Telnyx-Timestamp",
				"1700000000" },
			body, NULL, NULL },
		{ NULL,
			{ "telnyx-signature-ed25519", sig, "telnyx-timestamp",
				"1700000001" },
			body, NULL, "wrong" },
		{ NULL,
			{ "telnyx-signature-ed25519", sig, "telnyx-timestamp",
				"1700000000" },
			"{}", NULL, "wrong" },
		{ NULL,
			{ "telnyx-signature-ed25519", "AAAA",
				"telnyx-timestamp", "1700000000" },
			body, NULL, "wrong" },
		{ NULL,
			{ "telnyx-signature-ed25519", sig, "telnyx-timestamp",
				"1699999699" },
			body, NULL, "too old" },
		{ NULL,
			{ "telnyx-signature-ed25519", sig, "telnyx-timestamp",
				"1700000301" },
			body, NULL, "too old" },
		{ NULL,
			{ "telnyx-signature-ed25519", sig, "telnyx-timestamp",
				"99999999999999999999" },
			body, NULL, "too old" },
		{ NULL,
			{ "telnyx-signature-ed25519", sig, "telnyx-timestamp",
				"x" },
			body, NULL, "too old" },
		{ NULL, { "telnyx-signature-ed25519", sig }, body, NULL,
			"too old" },
		{ NULL, { "telnyx-timestamp", "1700000000" }, body, NULL,
			"not signed" },
	};
	struct provider *p = load_shipped("telnyx");
	struct template_values v = some_values();

	v.values[TEMPLATE_SIGNATURE] = slice_of(key);
	check(&p->callbacks.verify, &v, rows, COUNT(rows));
	v.values[TEMPLATE_SIGNATURE] = slice_of("AAAA");
	const struct row bad = { NULL,
		{ "telnyx-signature-ed25519", sig, "telnyx-timestamp",
			"1700000000" },
		body, NULL, "wrong" };
	check(&p->callbacks.verify, &v, &bad, 1);
	provider_free(&p);
	check_without_key("telnyx", &rows[0]);
}

static void the_phone_signs_body_and_time(void **state)
{
	(void)state;
	static const char sig[] = "55cc6914a583342025d651224ccb4cd0"
				  "5da1570bc81ba761884f417f01b97302";
	static const struct row rows[] = {
		{ NULL, { "X-Signature", sig, "X-Timestamp", "1700000000" },
			"{\"event\":\"x\"}", NULL, NULL },
		{ NULL, { "X-Signature", sig, "X-Timestamp", "1700000000" },
			"{\"event\":\"y\"}", NULL, "wrong" },
		{ NULL, { "X-Signature", "zz", "X-Timestamp", "1700000000" },
			"{\"event\":\"x\"}", NULL, "wrong" },
		{ NULL, { "X-Signature", "", "X-Timestamp", "1700000000" },
			"{\"event\":\"x\"}", NULL, "wrong" },
	};

	check_shipped("smsgate", rows, COUNT(rows));
	check_without_key("smsgate", &rows[0]);
}

#define VONAGE                                              \
	"msisdn=447700900001&to=447700900000&messageId=0A&" \
	"text=x+%26+y+%3D+z&type=text&"                     \
	"message-timestamp=2023-11-14+22%3A13%3A20&nonce=n1&"

#define VONAGE_SIG                         \
	"3C4EBBAB5F254D0C87A9627620830EE9" \
	"A4B7C7C8D815347BCCA7A556391380A8"
#define VONAGE_OLD                         \
	"8b9417b7eb93af786106e8a6a791084f" \
	"fd2b9627b40bd070d4720731435fc6a9"

#define VONAGE_SHA1 "e32909d65102409bdc54156d829eac179532aaed"
#define VONAGE_SHA512                      \
	"a52353213f5ce9d4da68746b0ad190d5" \
	"7404e9ec949c1c5c037a6577cfa7c48b" \
	"1b3be5cf98129891bea8f3b4ac091053" \
	"a6e109ba8d9399dc5b884826f27fa071"
#define VONAGE_MD5 "8b9357042b0072f66dcdc112716e6472"

/* The account has a method; MD5 is not taken. */
static void vonage_has_several_methods(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ NULL, { "Content-Type", FORM },
			VONAGE "timestamp=1700000000&sig=" VONAGE_SHA512, NULL,
			NULL },
		{ NULL, { "Content-Type", FORM },
			VONAGE "timestamp=1700000000&sig=" VONAGE_SHA1, NULL,
			NULL },
		{ NULL, { "Content-Type", FORM },
			VONAGE "timestamp=1700000000&x=y&sig=" VONAGE_SHA512,
			NULL, "wrong" },
		{ NULL, { "Content-Type", FORM },
			VONAGE "timestamp=1700000000&x=y&sig=" VONAGE_SHA1,
			NULL, "wrong" },
		{ NULL, { "Content-Type", FORM },
			VONAGE "timestamp=1700000000&sig=" VONAGE_MD5, NULL,
			"wrong" },
		{ NULL, { "Content-Type", FORM },
			VONAGE "timestamp=1700000000&sig=" VONAGE_SHA512 "00",
			NULL, "wrong" },
		{ NULL, { "Content-Type", FORM },
			VONAGE "timestamp=1700000000&sig=", NULL, "wrong" },
	};

	check_shipped("vonage", rows, COUNT(rows));
}

static void vonage_signs_all_parameters(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ NULL, { "Content-Type", FORM },
			VONAGE "timestamp=1700000000&sig=" VONAGE_SIG, NULL,
			NULL },
		{ URL "?" VONAGE "timestamp=1700000000&sig=" VONAGE_SIG, { 0 },
			"", NULL, NULL },
		{ NULL, { "Content-Type", JSON },
			"{\"msisdn\":\"447700900001\","
			"\"to\":\"447700900000\",\"messageId\":\"0A\","
			"\"text\":\"x & y = z\",\"type\":\"text\","
			"\"message-timestamp\":\"2023-11-14 22:13:20\","
			"\"nonce\":\"n1\",\"timestamp\":1700000000,"
			"\"sig\":\"" VONAGE_SIG "\"}",
			NULL, NULL },
		{ NULL, { "Content-Type", FORM },
			VONAGE "timestamp=1700000000&x=y&sig=" VONAGE_SIG, NULL,
			"wrong" },
		{ NULL, { "Content-Type", FORM }, VONAGE "timestamp=1700000000",
			NULL, "wrong" },
		{ NULL, { "Content-Type", FORM }, "", NULL, "wrong" },
		{ NULL, { "Content-Type", JSON }, "{", NULL, "not signed" },
		{ NULL, { "Content-Type", FORM },
			VONAGE "timestamp=1600000000&sig=" VONAGE_OLD, NULL,
			"too old" },
	};

	check_shipped("vonage", rows, COUNT(rows));
	check_without_key("vonage", &rows[0]);
}

#define HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

static void web_tokens_are_verified(void **state)
{
	(void)state;
	static const char good[] =
		"Bearer " HEADER
		"eyJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMDkwMCwicGF5bG9hZF9o"
		"YXNoIjoiNTA0MWJmMWY3MTNkZjIwNDc4NDM1M2U4MmY2YTRhNTM1OTMxY2I2"
		"NGYxZjRiNGE1YWVhZmZjYjcyMDkxOGIyMiJ9.Yl1Y1aE9KZ-IiYCXjaDEs6L"
		"L1OyX0xVh9ame2RSNMRc";
	static const char hs512[] =
		"Bearer eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9."
		"eyJpYXQiOjE3MDAwMDAwMDB9.PrGh50BMSOTtZ363dUSqhKINsBXrnv1WRpqj"
		"ujSQkSClovXewsCyhdzA8wYsRh2mKX4GRanGtVVsgutlwoH0BQ";
	static const char none[] = "Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0."
				   "eyJpYXQiOjE3MDAwMDAwMDB9.";
	static const char expired[] =
		"Bearer " HEADER
		"eyJpYXQiOjE2OTk5OTk5OTAsImV4cCI6MTY5OTk5OTk5OX0."
		"AAmhydIXuJupaBZ_zWIUNhxdjLkTlUnlL8klj1himJo";
	static const char endless[] =
		"Bearer " HEADER "eyJpYXQiOjE3MDAwMDAwMDB9."
		"WrnPxNzMj_NqQKDs_6yzjJ3RxFW5RlluIRCVyZNjuL8";
	static const struct row rows[] = {
		{ NULL, { "Authorization", good }, "{\"x\":1}", NULL, NULL },
		{ NULL, { "Authorization", good }, "{\"x\":2}", NULL,
			"another body" },
		{ NULL, { "Authorization", hs512 }, "", NULL, "wrong" },
		{ NULL, { "Authorization", none }, "", NULL, "wrong" },
		{ NULL, { "Authorization", expired }, "", NULL, "too old" },
		{ NULL, { "Authorization", endless }, "", NULL, NULL },
		{ NULL, { "Authorization", "Bearer " HEADER "." }, "", NULL,
			"wrong" },
		{ NULL, { "Authorization", "Bearer a.b.c.d" }, "", NULL,
			"wrong" },
		{ NULL, { "Authorization", "Basic x" }, "", NULL,
			"not signed" },
		{ NULL, { 0 }, "", NULL, "not signed" },
	};
	struct provider_verify rules = { .kind = VERIFY_JWT,
		.key = (char[]){ "${signature}" },
		.tolerance_s = 300 };
	struct template_values v = some_values();

	check(&rules, &v, rows, COUNT(rows));
}

static void passwords_are_compared(void **state)
{
	(void)state;
	static const struct row rows[] = {
		/* causeway:12345 */
		{ NULL, { "Authorization", "Basic Y2F1c2V3YXk6MTIzNDU=" }, "",
			NULL, NULL },
		{ NULL, { "authorization", "basic  Y2F1c2V3YXk6MTIzNDU=" }, "",
			NULL, NULL },
		{ NULL, { "Authorization", "Basic Y2F1c2V3YXk6MTIzNDY=" }, "",
			NULL, "wrong" },
		{ NULL, { "Authorization", "Basic Y2F1c2V3YXk6" }, "", NULL,
			"wrong" },
		{ NULL, { "Authorization", "Basic" }, "", NULL, "wrong" },
		{ NULL, { "Authorization", "" }, "", NULL, "wrong" },
		{ NULL, { 0 }, "", NULL, "wrong" },
	};

	check_shipped("bandwidth", rows, COUNT(rows));
	check_without_key("bandwidth", &rows[3]);
}

static void addresses_are_compared(void **state)
{
	(void)state;
	void *networks[] = { (char[]){ "192.0.2.0/24" },
		(char[]){ "2001:db8::/32" } };
	struct provider_verify rules = { .kind = VERIFY_IP,
		.addresses = { networks, COUNT(networks) } };
	static const struct row direct[] = {
		{ NULL, { 0 }, "", "192.0.2.7", NULL },
		{ NULL, { 0 }, "", "::ffff:192.0.2.7", NULL },
		{ NULL, { 0 }, "", "2001:db8:1::1", NULL },
		{ NULL, { 0 }, "", "192.0.3.7", "another address" },
		{ NULL, { 0 }, "", "", "another address" },
		{ NULL, { 0 }, "", "x", "another address" },
		{ NULL, { "X-Forwarded-For", "192.0.2.7" }, "", "192.0.3.1",
			"another address" },
	};
	static const struct row behind[] = {
		{ NULL, { "X-Forwarded-For", "192.0.3.1, 192.0.2.7" }, "",
			"127.0.0.1", NULL },
		{ NULL, { "X-Forwarded-For", "192.0.2.7, 192.0.3.1" }, "",
			"127.0.0.1", "another address" },
		{ NULL, { 0 }, "", "192.0.2.7", "does not say" },
	};
	struct template_values v = some_values();

	check(&rules, &v, direct, COUNT(direct));
	rules.header = (char[]){ "X-Forwarded-For" };
	check(&rules, &v, behind, COUNT(behind));
	assert_true(verify_network_is_good("192.0.2.1"));
	assert_false(verify_network_is_good("192.0.2.0/33"));
	assert_false(verify_network_is_good("example.org"));
}

/* "sha256=..." as some have it. */
static void signatures_may_have_a_prefix(void **state)
{
	(void)state;
	struct provider_verify rules = { .kind = VERIFY_HMAC_SHA256,
		.key = (char[]){ "${signature}" },
		.header = (char[]){ "X-Hub" },
		.signed_text = (char[]){ "${body}${timestamp}" },
		.timestamp = (char[]){ "X-Time" },
		.prefix = (char[]){ "sha256=" },
		.tolerance_s = 300 };
	static const struct row rows[] = {
		{ NULL,
			{ "X-Hub",
				"sha256=55cc6914a583342025d651224ccb4cd0"
				"5da1570bc81ba761884f417f01b97302",
				"X-Time", "1700000000" },
			"{\"event\":\"x\"}", NULL, NULL },
		{ NULL,
			{ "X-Hub",
				"55cc6914a583342025d651224ccb4cd0"
				"5da1570bc81ba761884f417f01b97302",
				"X-Time", "1700000000" },
			"{\"event\":\"x\"}", NULL, "wrong" },
	};
	struct template_values v = some_values();

	check(&rules, &v, rows, COUNT(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twilio_signs_url_and_form),
		cmocka_unit_test(telnyx_signs_time_and_body),
		cmocka_unit_test(the_phone_signs_body_and_time),
		cmocka_unit_test(a_port_may_be_signed),
		cmocka_unit_test(vonage_signs_all_parameters),
		cmocka_unit_test(vonage_has_several_methods),
		cmocka_unit_test(web_tokens_are_verified),
		cmocka_unit_test(passwords_are_compared),
		cmocka_unit_test(addresses_are_compared),
		cmocka_unit_test(signatures_may_have_a_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
