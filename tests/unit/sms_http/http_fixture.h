/*
 * For tests of the carrier for HTTP providers: files of providers, and
 * requests of theirs.
 */
#ifndef TEST_SMS_HTTP_FIXTURE_H
#define TEST_SMS_HTTP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sms_http/provider.h"
#include "sms_http/template.h"
#include "sms_http/web_request.h"

#define SHIPPED(name) SOURCE_DIR "/etc/sms-providers/" name ".conf"

/* One of those that come with the program. */
static inline struct provider *load_shipped(const char *name)
{
	struct provider *p;
	struct str error;
	char path[512];

	str_init(&error, 4096);
	(void)text_format(path, sizeof(path), "%s/etc/sms-providers/%s.conf",
		SOURCE_DIR, name);
	p = provider_load(path, &error);
	if (p == NULL)
		fail_msg("%s", str_text(&error));
	str_finish(&error);
	return p;
}

/* One that is written in the test. */
static inline struct provider *parse_provider(const char *text)
{
	struct provider *p;
	struct str error;

	str_init(&error, 4096);
	p = provider_parse(text, "test.conf", &error);
	if (p == NULL)
		fail_msg("%s", str_text(&error));
	str_finish(&error);
	return p;
}

/* What the configuration of a backend says. */
static inline struct template_values some_values(void)
{
	struct template_values v = { .to = NULL };

	v.values[TEMPLATE_URL] = slice_of("https://api.example.org");
	v.values[TEMPLATE_ACCOUNT] = slice_of("AC1");
	v.values[TEMPLATE_KEY] = slice_of("user");
	v.values[TEMPLATE_SECRET] = slice_of("pass:word");
	v.values[TEMPLATE_SIGNATURE] = slice_of("12345");
	v.values[TEMPLATE_MO_URL] = slice_of("https://us.example.org/sms/a/b");
	return v;
}

/* Headers as pairs, NULL at the end. */
static inline const char *header_of_pairs(const void *arg, const char *name)
{
	for (const char *const *p = arg; p != NULL && *p != NULL; p += 2)
		if (strcasecmp(p[0], name) == 0)
			return p[1];
	return NULL;
}

static inline struct web_request web_request(
	const char *url, const char *const *headers, const char *body)
{
	return (struct web_request){
		.url = url,
		.query = web_query(url),
		.body = slice_of(body),
		.peer = "192.0.2.7",
		.wall_ms = INT64_C(1700000000000),
		.header = header_of_pairs,
		.arg = headers,
	};
}

#endif
