/* Files of providers: one that is good makes requests. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sms_http/field.h"
#include "sms_http/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig 1.5 forgets a string in front of a syntax error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static void build(const struct provider *p, unsigned flags)
{
	static const char *const list[] = { "+15550002", "+15550003", NULL };
	struct template_values v = { .to = list, .media = list };
	struct request r;
	const char *reason;

	for (size_t i = 0; i < TEMPLATE_VARIABLES; i++)
		v.values[i] = slice_of(
			i % 2 != 0 ? "a\"\xe2\x82\xac&%\n" : "+15550001");
	if (request_build(&r, p, &v, flags, &reason) == 0 &&
		r.headers[r.header_count] != NULL)
		abort();
	request_finish(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str error = { .max = 4096 };
	char *text = strndup((const char *)data, size);
	struct provider *p = provider_parse(text, "fuzz.conf", &error);

	if (p != NULL) {
		build(p, 0);
		build(p, FIELD_GSM | FIELD_MEDIA | FIELD_REPORT | FIELD_GROUP);
	} else if (error.len == 0) {
		abort();
	}
	provider_free(&p);
	str_finish(&error);
	free(text);
	return 0;
}
