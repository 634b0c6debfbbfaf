/*
 * An answer is one of three: the provider has it, the provider does not want
 * it, nobody knows. The last is for what breaks on the way back, and for the
 * errors of proxies and servers that may have gone on before they failed.
 */
#include "sms_http/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sms_http/json.h"
#include "sms_http/selector.h"
#include "sms_http/words.h"

#define IDS_MAX           2048
#define RETRY_AFTER_MAX_S 86400

/* --- Without an answer --------------------------------------------------- */

static const struct {
	enum http_error error;
	enum answer_kind kind;
	enum sms_class class;
} failures[] = {
	{ HTTP_BAD_URL, ANSWER_REFUSED, SMS_PERM },
	{ HTTP_REDIRECT, ANSWER_REFUSED, SMS_LINK },
	{ HTTP_NO_SUCH_HOST, ANSWER_REFUSED, SMS_LINK },
	{ HTTP_FORBIDDEN, ANSWER_REFUSED, SMS_LINK },
	{ HTTP_UNREACHABLE, ANSWER_REFUSED, SMS_LINK },
	{ HTTP_TLS, ANSWER_REFUSED, SMS_LINK },
	{ HTTP_FULL, ANSWER_REFUSED, SMS_RETRY },
};

static void read_failure(const struct http_answer *from, struct answer *out)
{
	out->kind = from->has_left ? ANSWER_UNCLEAR : ANSWER_REFUSED;
	out->class = SMS_LINK;
	for (size_t i = 0; i < COUNT(failures); i++) {
		if (failures[i].error != from->error)
			continue;
		out->kind = failures[i].kind;
		out->class = failures[i].class;
	}
}

/* --- Success ------------------------------------------------------------- */

static bool has_status(const struct cfg_list *list, int status)
{
	for (size_t i = 0; i < list->count; i++)
		if (*(const int *)list->items[i] == status)
			return true;
	return false;
}

static bool has_text(const struct cfg_list *list, struct slice text)
{
	for (size_t i = 0; i < list->count; i++)
		if (slice_equals(text, list->items[i]))
			return true;
	return false;
}

struct testing {
	const struct provider_result *rules;
	struct arena *arena;
	size_t good, bad;
};

static void test_one(struct testing *t, struct slice found)
{
	if (found.data == NULL)
		return;
	if (t->rules->equals.count == 0 || has_text(&t->rules->equals, found))
		t->good++;
	else
		t->bad++;
}

static bool test_each(const struct json *value, void *arg)
{
	struct testing *t = arg;

	test_one(t, json_get(value, "", t->arena));
	return true;
}

/* All that the test finds has to be good. */
static enum answer_kind test(const struct provider_result *rules,
	const struct selector_source *source, struct arena *a)
{
	struct testing t = { .rules = rules, .arena = a };

	if (rules->test == NULL)
		return ANSWER_ACCEPTED;
	if (!selector_is_list(rules->test))
		test_one(&t, selector_get(rules->test, source, a));
	else if (source->json != NULL)
		json_each(source->json, strchr(rules->test, ':') + 1, test_each,
			&t);
	if (t.good > 0 && t.bad == 0)
		return ANSWER_ACCEPTED;
	return t.good == 0 && t.bad > 0 ? ANSWER_REFUSED : ANSWER_UNCLEAR;
}

struct gathering {
	struct str ids;
	struct arena *arena;
};

static bool gather_id(const struct json *value, void *arg)
{
	struct gathering *g = arg;
	struct slice id = json_get(value, "", g->arena);

	if (id.len == 0 || memchr(id.data, ' ', id.len) != NULL)
		return true;
	if (g->ids.len > 0)
		str_add_char(&g->ids, ' ');
	str_add_slice(&g->ids, id);
	return true;
}

static const char *read_id(const struct provider_result *rules,
	const struct selector_source *source, struct arena *a)
{
	struct gathering g = { .arena = a };
	struct slice id;

	if (rules->id == NULL)
		return NULL;
	if (!selector_is_list(rules->id) || source->json == NULL) {
		id = selector_get(rules->id, source, a);
		return id.len > 0 && id.len <= IDS_MAX ? arena_copy(a, id)
						       : NULL;
	}
	str_init(&g.ids, IDS_MAX);
	json_each(source->json, strchr(rules->id, ':') + 1, gather_id, &g);
	const char *ids = g.ids.len > 0 && !g.ids.overflow
				  ? arena_copy(a, str_slice(&g.ids))
				  : NULL;
	str_finish(&g.ids);
	return ids;
}

/* --- Refusals ------------------------------------------------------------ */

/* Of statuses about which the file says nothing. */
static const struct {
	int status;
	enum answer_kind kind;
	enum sms_class class;
} usual[] = {
	{ 401, ANSWER_REFUSED, SMS_AUTH },
	{ 402, ANSWER_REFUSED, SMS_NO_CREDIT },
	{ 403, ANSWER_REFUSED, SMS_AUTH },
	{ 408, ANSWER_REFUSED, SMS_RETRY },
	{ 425, ANSWER_REFUSED, SMS_RETRY },
	{ 429, ANSWER_REFUSED, SMS_THROTTLE },
	{ 500, ANSWER_UNCLEAR, SMS_RETRY },
	{ 502, ANSWER_UNCLEAR, SMS_RETRY },
	{ 503, ANSWER_REFUSED, SMS_RETRY },
	{ 504, ANSWER_UNCLEAR, SMS_RETRY },
};

static void classify_usual(int status, struct answer *out)
{
	out->kind = ANSWER_REFUSED;
	out->class = status >= 500 ? SMS_RETRY : SMS_PERM;
	for (size_t i = 0; i < COUNT(usual); i++) {
		if (usual[i].status != status)
			continue;
		out->kind = usual[i].kind;
		out->class = usual[i].class;
	}
}

static void classify(const struct provider_result *rules, int status,
	struct slice code, struct answer *out)
{
	classify_usual(status, out);
	for (size_t i = 0; i < rules->refusals.count; i++) {
		const struct provider_refusal *r = rules->refusals.items[i];

		if (r->statuses.count > 0 && !has_status(&r->statuses, status))
			continue;
		if (r->codes.count > 0 &&
			(code.data == NULL || !has_text(&r->codes, code)))
			continue;
		out->kind = ANSWER_REFUSED;
		out->class = (enum sms_class)(r->class + 1);
		return;
	}
}

/* RFC 9110 section 10.2.3, in seconds. */
static int64_t read_wait(const struct http_answer *from)
{
	struct slice value = http_answer_header(from, "Retry-After");
	char text[16], *end;
	long seconds;

	if (value.len == 0 || value.len >= sizeof(text))
		return 0;
	memcpy(text, value.data, value.len);
	text[value.len] = '\0';
	seconds = strtol(text, &end, 10);
	if (*end != '\0' || seconds < 0)
		return 0;
	if (seconds > RETRY_AFTER_MAX_S)
		seconds = RETRY_AFTER_MAX_S;
	return (int64_t)seconds * 1000;
}

/* "Words (HTTP 400, 21211)". */
static const char *describe(
	int status, struct slice code, struct slice words, struct arena *a)
{
	char text[64];

	(void)text_format(text, sizeof(text), "HTTP %d%s%.*s", status,
		code.len > 0 ? ", " : "", (int)(code.len % 40),
		code.len > 0 ? code.data : "");
	return words_of(words, slice_of(text), a);
}

/* --- All ----------------------------------------------------------------- */

static struct slice header_of(const void *arg, const char *name)
{
	return http_answer_header(arg, name);
}

static struct slice get(const char *selector,
	const struct selector_source *source, struct arena *a)
{
	return selector != NULL ? selector_get(selector, source, a)
				: slice_make(NULL, 0);
}

static void read_refusal(const struct provider_result *rules,
	const struct http_answer *from, const struct selector_source *source,
	struct arena *a, struct answer *out)
{
	struct slice code = get(rules->code, source, a);
	struct slice words = get(rules->text, source, a);

	classify(rules, from->status, code, out);
	out->wait_ms = read_wait(from);
	out->text = describe(from->status, code, words, a);
}

void answer_read(const struct provider_result *rules,
	const struct http_answer *from, const char *own, struct arena *a,
	struct answer *out)
{
	struct selector_source source = {
		.body = from->body, .header = header_of, .arg = from, .own = own
	};
	struct json *json = NULL;

	*out = (struct answer){ .text = from->reason };
	if (from->error != HTTP_OK) {
		read_failure(from, out);
		return;
	}
	json = json_parse(from->body);
	source.json = json;
	out->kind = has_status(&rules->statuses, from->status)
			    ? test(rules, &source, a)
			    : ANSWER_REFUSED;
	switch (out->kind) {
	case ANSWER_ACCEPTED:
		out->id = read_id(rules, &source, a);
		break;
	case ANSWER_REFUSED:
		read_refusal(rules, from, &source, a, out);
		break;
	case ANSWER_UNCLEAR:
		out->text = "the answer is not understood";
		break;
	}
	json_free(&json);
}
