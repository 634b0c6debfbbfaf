#include "sms_http/request.h"

#include <string.h>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "sms_http/field.h"
#include "sms_http/json.h"

#define URL_MAX    ((size_t)16 * KIB)
#define BODY_MAX   ((size_t)64 * KIB)
#define HEADER_MAX ((size_t)8 * KIB)

static void wipe(struct str *s)
{
	if (s->data != NULL)
		crypto_wipe(s->data, s->cap);
	str_finish(s);
}

void request_finish(struct request *r)
{
	wipe(&r->url);
	wipe(&r->body);
	for (size_t i = 0; i < REQUEST_HEADERS; i++)
		wipe(&r->lines[i]);
}

/* --- Headers ------------------------------------------------------------- */

/* An empty line for one more, or NULL. */
static struct str *next_line(struct request *r)
{
	return r->header_count < REQUEST_HEADERS ? &r->lines[r->header_count]
						 : NULL;
}

/* The line counts if something was written. */
static void end_line(struct request *r, const struct str *line)
{
	if (line->len == 0)
		return;
	r->headers[r->header_count++] = str_text(line);
}

static void add_basic(struct str *out, const struct provider_auth *auth,
	const struct template_values *values)
{
	struct str pair;

	str_init(&pair, HEADER_MAX);
	template_write(&pair, auth->user, values, 0, TEMPLATE_PLAIN);
	str_add_char(&pair, ':');
	template_write(&pair, auth->password, values, 0, TEMPLATE_PLAIN);
	str_add(out, "Authorization: Basic ");
	base64_encode(out, str_slice(&pair));
	wipe(&pair);
}

void request_authorize(struct str *out, const struct provider_auth *auth,
	const struct template_values *values)
{
	switch ((enum provider_login)auth->kind) {
	case LOGIN_NONE:
		break;
	case LOGIN_BASIC:
		add_basic(out, auth, values);
		break;
	case LOGIN_BEARER:
		str_add(out, "Authorization: Bearer ");
		template_write(out, auth->token, values, 0, TEMPLATE_PLAIN);
		break;
	}
}

static void add_headers(struct request *r, const struct provider *p,
	const struct provider_request *from,
	const struct template_values *values)
{
	static const char *const types[] = {
		[PROVIDER_FORM] =
			"Content-Type: application/x-www-form-urlencoded",
		[PROVIDER_JSON] = "Content-Type: application/json",
		[PROVIDER_QUERY] = "",
	};
	struct str *line = next_line(r);

	str_add(line, types[from->format]);
	end_line(r, line);
	line = next_line(r);
	request_authorize(line, &p->auth, values);
	end_line(r, line);
	for (size_t i = 0; i < from->headers.count; i++) {
		const char *text = from->headers.items[i];

		line = next_line(r);
		if (line == NULL || template_count(text, values) == 0)
			continue;
		template_write(line, text, values, 0, TEMPLATE_PLAIN);
		end_line(r, line);
	}
}

/* --- Fields -------------------------------------------------------------- */

struct writer {
	enum provider_format format;
	struct str *pairs; /* of a form, or behind the URL */
	struct json *json;
	const struct template_values *values;
	unsigned flags;
};

static void add_pair(struct str *out, const char *name, struct slice value)
{
	if (out->len > 0)
		str_add_char(out, '&');
	percent_encode(out, slice_of(name));
	str_add_char(out, '=');
	percent_encode(out, value);
}

static void add_field(struct writer *w, const struct field *f)
{
	size_t count = template_count(f->value, w->values);
	struct str value;

	if (f->flag != 0 && ((w->flags & f->flag) != 0) == f->is_negated)
		return;
	str_init(&value, BODY_MAX);
	for (size_t i = 0; i < count; i++) {
		str_reset(&value);
		template_write(&value, f->value, w->values, i, TEMPLATE_PLAIN);
		if (value.overflow)
			w->pairs->overflow = true;
		else if (w->format == PROVIDER_JSON)
			json_set(w->json, f->name, str_slice(&value),
				f->is_json);
		else
			add_pair(w->pairs, f->name, str_slice(&value));
	}
	wipe(&value);
}

static void add_fields(struct writer *w, const struct cfg_list *fields)
{
	for (size_t i = 0; i < fields->count; i++) {
		const char *reason;
		struct field f;

		if (field_read(fields->items[i], &f, &reason) == 0)
			add_field(w, &f);
	}
}

static void write_fields(struct request *r, const struct provider_request *from,
	const struct template_values *values, unsigned flags)
{
	struct str query;
	struct writer w = {
		.format = (enum provider_format)from->format,
		.pairs = from->format == PROVIDER_QUERY ? &query : &r->body,
		.values = values,
		.flags = flags,
	};

	str_init(&query, URL_MAX);
	if (w.format == PROVIDER_JSON)
		w.json = json_new();
	add_fields(&w, &from->fields);
	if (w.format == PROVIDER_JSON)
		json_write(w.json, &r->body);
	json_free(&w.json);
	if (w.format == PROVIDER_QUERY) {
		str_add_char(&r->url,
			strchr(str_text(&r->url), '?') != NULL ? '&' : '?');
		str_add_slice(&r->url, str_slice(&query));
		r->url.overflow = r->url.overflow || query.overflow;
	}
	wipe(&query);
}

int request_build(struct request *out, const struct provider *p,
	const struct template_values *values, unsigned flags,
	const char **reason_r)
{
	bool is_group = (flags & FIELD_GROUP) != 0 && p->group.url != NULL;
	const struct provider_request *from = is_group ? &p->group : &p->send;

	*out = (struct request){ .method = from->method };
	str_init(&out->url, URL_MAX);
	str_init(&out->body, BODY_MAX);
	for (size_t i = 0; i < REQUEST_HEADERS; i++)
		str_init(&out->lines[i], HEADER_MAX);
	template_write(&out->url, from->url, values, 0, TEMPLATE_IN_URL);
	add_headers(out, p, from, values);
	write_fields(out, from, values, flags);
	if (!out->url.overflow && !out->body.overflow)
		return 0;
	*reason_r = "the request would be too long";
	return -1;
}
