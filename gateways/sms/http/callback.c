#include "sms_http/callback.h"

#include <string.h>
#include <strings.h>

#include "base/encoding.h"
#include "base/limits.h"
#include "sms_http/condition.h"
#include "sms_http/request.h"
#include "sms_http/stamp.h"
#include "sms_http/words.h"

/* Of one text. */
#define MEDIA_MAX  32u
#define OTHERS_MAX LIMIT_RECEIVERS

/* What is decoded and printed of one event. */
#define ARENA_MAX ((size_t)1 * MIB)

struct reading {
	const struct provider *provider;
	const struct template_values *values;
	const struct callback_sink *sink;
	const struct json *event;
	struct arena arena;
	int count;
};

/* NULL: there is nothing. */
static const char *text_at(struct reading *r, const char *path)
{
	return path != NULL ? json_get(r->event, path, &r->arena).data : NULL;
}

static const char *text_or_empty(struct reading *r, const char *path)
{
	const char *text = text_at(r, path);

	return text != NULL ? text : "";
}

static int64_t time_at(struct reading *r, const char *path)
{
	return path != NULL ? stamp_read(json_get(r->event, path, &r->arena))
			    : 0;
}

/* 0: there is none. */
static unsigned number_at(struct reading *r, const char *path)
{
	const char *text = text_at(r, path);
	unsigned number = 0;

	for (; text != NULL && *text >= '0' && *text <= '9'; text++) {
		if (number > 99999)
			return 0;
		number = number * 10 + (unsigned)(*text - '0');
	}
	return number;
}

static bool is_in(const struct cfg_list *list, const char *text)
{
	for (size_t i = 0; text != NULL && i < list->count; i++)
		if (strcmp(list->items[i], text) == 0)
			return true;
	return false;
}

/* --- Lists --------------------------------------------------------------- */

struct texts {
	struct reading *reading;
	const char **items;
	size_t count, max;
};

static bool add_text(const struct json *value, void *arg)
{
	struct texts *t = arg;
	const char *text = json_get(value, "", &t->reading->arena).data;

	if (text != NULL)
		t->items[t->count++] = text;
	return t->count < t->max;
}

static struct texts texts_at(struct reading *r, const char *path, size_t max)
{
	struct texts t = { .reading = r, .max = max };

	t.items = arena_alloc(&r->arena, max * sizeof(*t.items));
	if (path != NULL && t.items != NULL)
		json_each(r->event, path, add_text, &t);
	return t;
}

/* --- Texts --------------------------------------------------------------- */

static struct carrier_address address_of(
	const struct provider_mo *m, const char *text)
{
	return (struct carrier_address){
		m->is_international ? NUMBER_INTERNATIONAL : NUMBER_ANY, text
	};
}

static struct slice hex_at(struct reading *r, const char *path)
{
	struct slice bytes = { "", 0 };
	struct str out;

	str_init(&out, 64 * KIB);
	if (path != NULL &&
		hex_decode(&out, json_get(r->event, path, &r->arena)) == 0)
		bytes = slice_make(
			arena_copy(&r->arena, str_slice(&out)), out.len);
	str_finish(&out);
	return bytes.data != NULL ? bytes : slice_make("", 0);
}

static int coding_of(const struct provider_mo *m, const char *value)
{
	for (size_t i = 0; value != NULL && i < m->codings.count; i++) {
		const struct provider_coding *c = m->codings.items[i];

		if (strcasecmp(c->when, value) == 0)
			return c->is;
	}
	return 0;
}

static void read_text(struct reading *r, const struct provider_mo *m,
	struct carrier_incoming *in)
{
	static const enum sms_alphabet alphabets[] = { SMS_UCS2, SMS_UCS2,
		SMS_BINARY };
	int coding = coding_of(m, text_at(r, m->coding));

	in->header = hex_at(r, m->header);
	if (coding == 0) {
		in->text = text_or_empty(r, m->text);
		return;
	}
	in->alphabet = alphabets[coding];
	in->data = m->hex != NULL ? hex_at(r, m->hex)
				  : json_get(r->event, m->text, &r->arena);
}

static void read_part(struct reading *r, const struct provider_mo *m,
	struct carrier_incoming *in)
{
	in->part.total = number_at(r, m->parts);
	in->part.number = number_at(r, m->part);
	in->part.ref = number_at(r, m->part_ref);
	in->part.method = 'p';
}

/* "*.example.com" is everything below. */
static bool is_host(const char *pattern, struct slice host)
{
	size_t len = strlen(pattern);

	if (strncmp(pattern, "*.", 2) != 0)
		return slice_equals_nocase(host, pattern);
	pattern++;
	len--;
	return host.len > len &&
	       slice_equals_nocase(
		       slice_make(host.data + host.len - len, len), pattern);
}

/* Of "https://HOST/..."; a URL with a user in it is not meant. */
static bool is_trusted(const struct provider_mo *m, const char *url)
{
	struct slice host;

	if (strncasecmp(url, "https://", 8) != 0)
		return false;
	host = slice_make(url + 8, strcspn(url + 8, "/?#\\@:"));
	if (url[8 + host.len] == '@' || url[8 + host.len] == '\\')
		return false;
	for (size_t i = 0; i < m->media_hosts.count; i++)
		if (is_host(m->media_hosts.items[i], host))
			return true;
	return false;
}

static const char *const *authorization(struct reading *r)
{
	const char **lines = arena_alloc(&r->arena, 2 * sizeof(*lines));
	struct str line;

	str_init(&line, 8 * KIB);
	request_authorize(&line, &r->provider->auth, r->values);
	if (lines != NULL && line.len > 0)
		lines[0] = arena_copy(&r->arena, str_slice(&line));
	str_finish(&line);
	return lines;
}

static void read_media(struct reading *r, const struct provider_mo *m,
	struct carrier_incoming *in)
{
	struct texts urls = texts_at(r, m->media, MEDIA_MAX);
	struct texts types = texts_at(r, m->media_type, MEDIA_MAX);
	struct carrier_media *media =
		arena_alloc(&r->arena, MEDIA_MAX * sizeof(*media));

	if (media == NULL)
		return;
	for (size_t i = 0; i < urls.count; i++) {
		media[i].url = urls.items[i];
		if (types.count == urls.count)
			media[i].type = types.items[i];
		if (m->media_auth && is_trusted(m, urls.items[i]))
			media[i].headers = authorization(r);
	}
	in->media = media;
	in->media_count = urls.count;
}

static void read_others(struct reading *r, const struct provider_mo *m,
	struct carrier_incoming *in)
{
	struct texts t = texts_at(r, m->others, OTHERS_MAX);
	struct carrier_address *others =
		arena_alloc(&r->arena, OTHERS_MAX * sizeof(*others));

	if (others == NULL)
		return;
	for (size_t i = 0; i < t.count; i++)
		if (strcmp(t.items[i], in->to.text) != 0 &&
			strcmp(t.items[i], in->from.text) != 0)
			others[in->other_count++] = address_of(m, t.items[i]);
	in->others = others;
}

static void read_mo(struct reading *r)
{
	const struct provider_mo *m = &r->provider->callbacks.mo;
	struct carrier_incoming in = { .ticket = r->sink->ticket };

	in.from = address_of(m, text_or_empty(r, m->from));
	in.to = address_of(m, text_or_empty(r, m->to));
	in.id = text_at(r, m->id);
	in.wall_ms = time_at(r, m->time);
	read_text(r, m, &in);
	read_part(r, m, &in);
	read_media(r, m, &in);
	read_others(r, m, &in);
	r->count++;
	r->sink->incoming(r->sink->arg, &in);
}

/* --- Reports ------------------------------------------------------------- */

/* False: it says nothing of interest. */
static bool read_state(const struct provider_report *rules, const char *value,
	enum sms_state *state_r)
{
	for (size_t i = 0; i < rules->states.count; i++) {
		const struct provider_state *s = rules->states.items[i];

		if (!is_in(&s->when, value))
			continue;
		*state_r = (enum sms_state)s->is;
		return true;
	}
	return false;
}

static enum sms_class class_of(
	const struct provider_report *rules, const char *code)
{
	for (size_t i = 0; i < rules->failures.count; i++) {
		const struct provider_failure *f = rules->failures.items[i];

		if (is_in(&f->codes, code))
			return (enum sms_class)(f->class + 1);
	}
	return SMS_OK;
}

static void read_report(struct reading *r)
{
	const struct provider_report *rules = &r->provider->callbacks.report;
	const char *code = text_at(r, rules->code);
	const char *words = text_at(r, rules->text);
	struct carrier_report report = {
		.ticket = r->sink->ticket,
		.id = text_at(r, rules->id),
		.to = { NUMBER_ANY, text_or_empty(r, rules->to) },
		.class = SMS_OK,
		.wall_ms = time_at(r, rules->time),
	};

	if (report.id == NULL || report.id[0] == '\0' ||
		!read_state(rules, text_at(r, rules->state), &report.state))
		return;
	if (report.state != SMS_DELIVERED) {
		report.class = class_of(rules, code);
		report.text =
			words_of(slice_of(words), slice_of(code), &r->arena);
	}
	r->count++;
	r->sink->report(r->sink->arg, &report);
}

/* --- Events -------------------------------------------------------------- */

static bool holds(struct reading *r, const struct provider_rule *rule)
{
	for (size_t i = 0; i < rule->when.count; i++)
		if (!condition_holds(rule->when.items[i], r->event, &r->arena))
			return false;
	return true;
}

static enum provider_event kind_of(struct reading *r)
{
	const struct cfg_list *rules = &r->provider->callbacks.rules;

	for (size_t i = 0; i < rules->count; i++) {
		const struct provider_rule *rule = rules->items[i];

		if (holds(r, rule))
			return (enum provider_event)rule->is;
	}
	return EVENT_IGNORE;
}

static bool read_event(const struct json *event, void *arg)
{
	struct reading *r = arg;

	r->event = event;
	arena_reset(&r->arena);
	switch (kind_of(r)) {
	case EVENT_IGNORE:
		break;
	case EVENT_MO:
		read_mo(r);
		break;
	case EVENT_REPORT:
		read_report(r);
		break;
	}
	return true;
}

int callback_read(const struct provider *p,
	const struct template_values *values, const struct web_request *r,
	const struct callback_sink *sink, const char **reason_r)
{
	struct json *json = web_request_read(r);
	const char *root = p->callbacks.root;
	struct reading reading = {
		.provider = p,
		.values = values,
		.sink = sink,
	};

	if (json == NULL) {
		*reason_r = "the body is neither a form nor JSON";
		return -1;
	}
	arena_init(&reading.arena, ARENA_MAX);
	json_each(json, root != NULL ? root : "", read_event, &reading);
	arena_finish(&reading.arena);
	json_free(&json);
	return reading.count;
}
