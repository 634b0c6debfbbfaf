/* Templates, fields and JSON: what requests are made of. */
#include "http_fixture.h"

#include "base/arena.h"
#include "base/macros.h"
#include "sms_http/condition.h"
#include "sms_http/field.h"
#include "sms_http/json.h"
#include "sms_http/selector.h"
#include "sms_http/stamp.h"

static const char *written(const char *text,
	const struct template_values *values, size_t index,
	enum template_place place)
{
	static struct str out = { .max = 65536 };

	str_reset(&out);
	template_write(&out, text, values, index, place);
	return str_text(&out);
}

static void variables_are_put_in(void **state)
{
	(void)state;
	static const struct {
		const char *text, *plain, *in_url;
	} rows[] = {
		{ "", "", "" },
		{ "a$b$$c$", "a$b$c$", "a$b$c$" },
		{ "${url}/x/${account}", "https://api.example.org/x/AC1",
			"https://api.example.org/x/AC1" },
		{ "${text}", "a+b \"\xe2\x82\xac\"\n",
			"a%2Bb%20%22%E2%82%AC%22%0A" },
		{ "${text:url}", "a%2Bb%20%22%E2%82%AC%22%0A",
			"a%2Bb%20%22%E2%82%AC%22%0A" },
		{ "${text:json}", "a+b \\\"\xe2\x82\xac\\\"\\u000a", NULL },
		{ "${text:hexucs2}",
			"0061002b006200200022"
			"20ac0022000a",
			NULL },
		{ "${text:hex}", "612b622022e282ac220a", NULL },
		{ "${text:base64}", "YStiICLigqwiCg==", NULL },
		{ "${to:digits}|${from:digits}", "15550001|ACME", NULL },
		{ "<${secret}>", "<pass:word>", "<pass%3Aword>" },
	};
	struct template_values v = some_values();

	v.values[TEMPLATE_TEXT] = slice_of("a+b \"\xe2\x82\xac\"\n");
	v.values[TEMPLATE_TO] = slice_of("+15550001");
	v.values[TEMPLATE_FROM] = slice_of("ACME");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *out;

		assert_int_equal(template_count(rows[i].text, &v), 1);
		out = written(rows[i].text, &v, 0, TEMPLATE_PLAIN);
		if (strcmp(out, rows[i].plain) != 0)
			fail_msg("row %zu: %s", i, out);
		out = written(rows[i].text, &v, 0, TEMPLATE_IN_URL);
		if (rows[i].in_url != NULL && strcmp(out, rows[i].in_url) != 0)
			fail_msg("row %zu: %s", i, out);
	}
	v.values[TEMPLATE_TEXT] = slice_of("\xf0\x9f\x98\x80");
	assert_string_equal(
		written("${text:hexucs2}", &v, 0, TEMPLATE_PLAIN), "d83dde00");
}

static void lists_are_written_one_by_one(void **state)
{
	(void)state;
	static const char *const media[] = { "https://a/1", "https://a/2",
		NULL };
	struct template_values v = some_values();

	assert_int_equal(template_count("${media[]}", &v), 0);
	assert_int_equal(template_count("${to[]}", &v), 0);
	assert_int_equal(template_count("x${ttl}", &v), 0);
	assert_int_equal(template_count("x", &v), 1);
	v.media = media;
	assert_int_equal(template_count("<${media[]}>", &v), 2);
	assert_int_equal(template_count("${ttl}${media[]}", &v), 0);
	assert_string_equal(written("<${media[]}>", &v, 1, TEMPLATE_PLAIN),
		"<https://a/2>");
}

static void bad_templates_are_explained(void **state)
{
	(void)state;
	static const struct {
		const char *text, *words;
		unsigned scopes;
	} rows[] = {
		{ "${nothing}", "variable that there is not", 7 },
		{ "${}", "variable that there is not", 7 },
		{ "${to", "without }", 7 },
		{ "${to:upper}", "filter", 7 },
		{ "${to:}", "filter", 7 },
		{ "${media}", "without []", 7 },
		{ "${text[]}", "no list", 7 },
		{ "${to[]}${media[]}", "two lists", 7 },
		{ "${text}", "without a value", TEMPLATE_OF_BACKEND },
		{ "${body}", "without a value",
			TEMPLATE_OF_BACKEND | TEMPLATE_OF_MESSAGE },
	};
	const char *reason;

	for (size_t i = 0; i < COUNT(rows); i++) {
		reason = "";
		if (template_is_good(rows[i].text, rows[i].scopes, &reason) ||
			strstr(reason, rows[i].words) == NULL)
			fail_msg("row %zu: %s", i, reason);
	}
	assert_true(template_is_good(
		"$ ${key:url} $$ }", TEMPLATE_OF_BACKEND, &reason));
	assert_true(template_is_good(
		"${timestamp}|${body}", TEMPLATE_OF_CALLBACK, &reason));
}

static void fields_have_flags(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned flag;
		bool is_negated, is_json;
		const char *name, *value; /* NULL: it is none */
	} rows[] = {
		{ "To=${to}", 0, false, false, "To", "${to}" },
		{ "a=b=c?d", 0, false, false, "a", "b=c?d" },
		{ "empty=", 0, false, false, "empty", "" },
		{ "n:=1", 0, false, true, "n", "1" },
		{ "gsm? coding=0", FIELD_GSM, false, false, "coding", "0" },
		{ "!gsm?coding=2", FIELD_GSM, true, false, "coding", "2" },
		{ "report? a[]:=true", FIELD_REPORT, false, true, "a[]",
			"true" },
		{ "!media? x=y", FIELD_MEDIA, true, false, "x", "y" },
		{ "group? x=y", FIELD_GROUP, false, false, "x", "y" },
		{ "", 0, false, false, NULL, NULL },
		{ "name", 0, false, false, NULL, NULL },
		{ "=value", 0, false, false, NULL, NULL },
		{ ":=value", 0, false, false, NULL, NULL },
		{ "other? a=b", 0, false, false, NULL, NULL },
		{ "? a=b", 0, false, false, NULL, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *reason = NULL;
		struct field f;
		int ret = field_read(rows[i].text, &f, &reason);

		if ((ret == 0) != (rows[i].name != NULL))
			fail_msg("row %zu", i);
		if (ret != 0) {
			assert_non_null(reason);
			continue;
		}
		assert_string_equal(f.name, rows[i].name);
		assert_string_equal(f.value, rows[i].value);
		assert_int_equal(f.flag, rows[i].flag);
		assert_int_equal(f.is_negated, rows[i].is_negated);
		assert_int_equal(f.is_json, rows[i].is_json);
	}
}

/* --- JSON ---------------------------------------------------------------- */

static void values_are_found_by_path(void **state)
{
	(void)state;
	static const char text[] =
		"{\"a\":{\"b\":[1,{\"c\":\"x\"},[true,null]],\"n\":2.5},"
		"\"big\":12345678901234567,\"u\":\"\\u20ac\\u0000z\","
		"\"M0\":\"p\",\"M1\":\"q\",\"M3\":\"r\"}";
	static const struct {
		const char *path, *want; /* NULL: there is none */
	} rows[] = {
		{ "a.b[0]", "1" },
		{ "a.b[1].c", "x" },
		{ "a.b[-2].c", "x" },
		{ "a.b[2][0]", "true" },
		{ "a.b[2][1]", NULL },
		{ "a.b[*].c", "x" },
		{ "a.n", "2.5" },
		{ "big", "12345678901234567" },
		{ "M#", "p" },
		{ "a", NULL },
		{ "a.b[3]", NULL },
		{ "a.b[-4]", NULL },
		{ "a.x.y", NULL },
		{ "big.a", NULL },
		{ "", NULL },
	};
	struct json *json = json_parse(slice_of(text));
	struct arena a;

	arena_init(&a, 65536);
	assert_non_null(json);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice got = json_get(json, rows[i].path, &a);

		if (rows[i].want == NULL ? got.data != NULL
					 : !slice_equals(got, rows[i].want))
			fail_msg("row %zu: %.*s", i, (int)got.len, got.data);
	}
	assert_int_equal(json_get(json, "u", &a).len, 5);
	arena_finish(&a);
	json_free(&json);
	json_free(&json);
}

static bool count_one(const struct json *value, void *arg)
{
	size_t *count = arg;

	assert_non_null(value);
	return ++*count < 3;
}

static void lists_are_walked_until_enough(void **state)
{
	(void)state;
	struct json *json = json_parse(slice_of("[[1,2],[3,4],[5]]"));
	size_t count = 0;

	json_each(json, "[*][*]", count_one, &count);
	assert_int_equal(count, 3);
	count = 0;
	json_each(json, "[*][1]", count_one, &count);
	assert_int_equal(count, 2);
	json_free(&json);
	json = json_parse(slice_of("{\"m0\":1,\"m1\":2,\"m3\":3}"));
	count = 0;
	json_each(json, "m#", count_one, &count);
	assert_int_equal(count, 2);
	json_free(&json);
}

static void what_is_no_json_is_none(void **state)
{
	(void)state;
	static const char *const rows[] = { "", "{", "[1,]", "{\"a\":1}x",
		"nul", "\"\xff\"", "1 2" };
	struct str deep = { .max = 100000 };

	for (size_t i = 0; i < COUNT(rows); i++)
		if (json_parse(slice_of(rows[i])) != NULL)
			fail_msg("row %zu", i);
	for (int i = 0; i < 5000; i++)
		str_add_char(&deep, '[');
	assert_null(json_parse(str_slice(&deep)));
	str_finish(&deep);
}

static void forms_are_read(void **state)
{
	(void)state;
	struct json *json = json_new();
	struct arena a;

	arena_init(&a, 65536);
	json_add_form(json, slice_of("a=1+2%2B3&b=%00%FF&a=second&c&=x&d=="));
	json_add_form(json, slice_of("a=query&q=%zz&%71%72=t"));
	assert_true(slice_equals(json_get(json, "a", &a), "1 2+3"));
	assert_int_equal(json_get(json, "b", &a).len, 2);
	assert_true(slice_equals(json_get(json, "c", &a), ""));
	assert_true(slice_equals(json_get(json, "d", &a), "="));
	assert_true(slice_equals(json_get(json, "q", &a), "%zz"));
	assert_true(slice_equals(json_get(json, "qr", &a), "t"));
	arena_finish(&a);
	json_free(&json);
}

static void json_is_built(void **state)
{
	(void)state;
	struct json *json = json_new();
	struct str out = { .max = 4096 };

	json_set(json, "a.b", slice_of("x\"y"), false);
	json_set(json, "a.c", slice_of("true"), true);
	json_set(json, "l[]", slice_of("1"), false);
	json_set(json, "l[]", slice_of("2"), true);
	json_set(json, "a.d.e[]", slice_of("{\"f\":1}"), true);
	json_set(json, "bad", slice_of("{"), true);
	json_set(json, "bad", slice_of("\xff"), false);
	json_write(json, &out);
	assert_string_equal(str_text(&out),
		"{\"a\":{\"b\":\"x\\\"y\",\"c\":true,\"d\":{\"e\":[{\"f\":1}]}},"
		"\"l\":[\"1\",2]}");
	/* A value gives way to what has to stand there. */
	json_set(json, "a.b.c", slice_of("z"), false);
	json_set(json, "a.d[]", slice_of("z"), false);
	json_set(json, "l.x", slice_of("z"), false);
	str_reset(&out);
	json_write(json, &out);
	assert_string_equal(str_text(&out),
		"{\"a\":{\"b\":{\"c\":\"z\"},\"c\":true,\"d\":[\"z\"]},"
		"\"l\":{\"x\":\"z\"}}");
	str_finish(&out);
	json_free(&json);
}

static void bad_paths_are_explained(void **state)
{
	(void)state;
	static const char *const bad[] = { ".", ".a", "a.", "a..b", "a[",
		"a[]x", "a[x]", "a[1", "a]", "a[12345678]", "[*]]", "#" };
	static const char *const good[] = { "", "a", "a.b", "a[0]", "a[-1].b",
		"[*]", "[*].a[*].b", "a#", "a-b c", "a[]" };
	const char *reason;

	for (size_t i = 0; i < COUNT(bad); i++)
		if (json_path_is_good(bad[i], &reason))
			fail_msg("row %zu", i);
	for (size_t i = 0; i < COUNT(good); i++)
		if (!json_path_is_good(good[i], &reason))
			fail_msg("row %zu", i);
}

/* --- Selectors, conditions, times ---------------------------------------- */

static struct slice one_header(const void *arg, const char *name)
{
	assert_null(arg);
	return slice_of(strcasecmp(name, "X-Id") == 0 ? "h1" : "");
}

static void selectors_find_things(void **state)
{
	(void)state;
	static const struct {
		const char *selector, *want;
	} rows[] = {
		{ "json:id", "7" },
		{ "json:none", NULL },
		{ "regex:\"id\":([0-9]+)", "7" },
		{ "regex:i.", "id" },
		{ "regex:none", NULL },
		{ "header:x-id", "h1" },
		{ "header:other", NULL },
		{ "own", "mine" },
	};
	static const char *const bad[] = { "", "id", "json:.", "regex:(",
		"regex:a{2}", "regex:(a)\\1", "header:", "own2" };
	struct json *json = json_parse(slice_of("{\"id\":7}"));
	const struct selector_source source = { .json = json,
		.body = slice_of("{\"id\":7}"),
		.header = one_header,
		.own = "mine" };
	const char *reason;
	struct arena a;

	arena_init(&a, 65536);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice got;

		assert_true(selector_is_good(rows[i].selector, &reason));
		got = selector_get(rows[i].selector, &source, &a);
		if (rows[i].want == NULL ? got.data != NULL
					 : !slice_equals(got, rows[i].want))
			fail_msg("row %zu", i);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		if (selector_is_good(bad[i], &reason))
			fail_msg("bad row %zu", i);
	arena_finish(&a);
	json_free(&json);
}

static void conditions_hold_or_not(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool holds;
	} rows[] = {
		{ "a=1", true },
		{ "a=2", false },
		{ "a", true },
		{ "!a", false },
		{ "b", false },
		{ "!b", true },
		{ "c", false },
		{ "!c", true },
		{ "b=", true },
		{ "c=", false },
		{ "d=x=y", true },
	};
	struct json *json =
		json_parse(slice_of("{\"a\":1,\"b\":\"\",\"d\":\"x=y\"}"));
	const char *reason;
	struct arena a;

	arena_init(&a, 65536);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(condition_is_good(rows[i].text, &reason));
		if (condition_holds(rows[i].text, json, &a) != rows[i].holds)
			fail_msg("row %zu", i);
	}
	assert_false(condition_is_good("", &reason));
	assert_false(condition_is_good("!", &reason));
	assert_false(condition_is_good("=x", &reason));
	assert_false(condition_is_good("a..b=x", &reason));
	arena_finish(&a);
	json_free(&json);
}

static void times_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t want;
	} rows[] = {
		{ "2023-11-14T22:13:20Z", INT64_C(1700000000000) },
		{ "2023-11-14T22:13:20.5+00:00", INT64_C(1700000000500) },
		{ "2023-11-15T05:13:20.000+07:00", INT64_C(1700000000000) },
		{ "2023-11-14 22:13:20", INT64_C(1700000000000) },
		{ "2023-11-14 22:13", INT64_C(1699999980000) },
		{ "1700000000", INT64_C(1700000000000) },
		{ " 1700000000123 ", INT64_C(1700000000123) },
		{ "1700000000.9", INT64_C(1700000000000) },
		{ "", 0 },
		{ "yesterday", 0 },
		{ "-5", 0 },
		{ "2023-11-14 25:13:20", 0 },
		{ "99999999999999999999999999999", 0 },
		{ "2023-11-14 22:13:20 and something more than it can hold",
			0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t got = stamp_read(slice_of(rows[i].text));

		if (got != rows[i].want)
			fail_msg("row %zu: %lld", i, (long long)got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_are_put_in),
		cmocka_unit_test(lists_are_written_one_by_one),
		cmocka_unit_test(bad_templates_are_explained),
		cmocka_unit_test(fields_have_flags),
		cmocka_unit_test(values_are_found_by_path),
		cmocka_unit_test(lists_are_walked_until_enough),
		cmocka_unit_test(what_is_no_json_is_none),
		cmocka_unit_test(forms_are_read),
		cmocka_unit_test(json_is_built),
		cmocka_unit_test(bad_paths_are_explained),
		cmocka_unit_test(selectors_find_things),
		cmocka_unit_test(conditions_hold_or_not),
		cmocka_unit_test(times_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
