/* Answers of providers: a byte for the rules, two for the status, headers up
 * to an empty line, the body. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "sms_http/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SEND "title = \"x\"; send = { url = \"u\"; fields = ( \"a=b\" ); };"

static const char *const texts[] = {
	SEND "result = { id = \"json:sid\"; code = \"json:code\";"
	     " text = \"json:message\"; refusals = ("
	     " { status = ( 401 ); class = \"auth\"; },"
	     " { code = ( \"1\" ); class = \"bad_dest\"; } ); };",
	SEND "result = { test = \"json:m[*].s\"; equals = ( \"0\" );"
	     " id = \"json:m[*].id\"; code = \"json:m[0].s\"; };",
	SEND "result = { test = \"regex:^(Success|Error)\";"
	     " equals = ( \"Success\" ); id = \"regex:\\\"([^\\\"]+)\\\"\";"
	     " text = \"regex:.*\"; };",
	SEND "result = { test = \"header:X-Ok\"; id = \"header:X-Id\";"
	     " text = \"json:a[-1].b\"; };",
	SEND "result = { id = \"own\"; };",
};

static struct provider *providers[COUNT(texts)];

static void load(void)
{
	struct str error = { .max = 4096 };

	for (size_t i = 0; i < COUNT(texts); i++) {
		providers[i] = provider_parse(texts[i], "fuzz.conf", &error);
		if (providers[i] == NULL)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_answer from = { .reason = "", .type = "" };
	struct arena arena;
	struct answer a;
	const uint8_t *end;

	if (providers[0] == NULL)
		load();
	if (size < 3)
		return 0;
	from.status = 100 + (data[1] | data[2] << 8) % 500;
	from.body = slice_make((const char *)data + 3, size - 3);
	end = memmem(data + 3, size - 3, "\n\n", 2);
	if (end != NULL) {
		from.head = slice_make(
			(const char *)data + 3, (size_t)(end - data - 3));
		from.body = slice_make(
			(const char *)end + 2, (size_t)(data + size - end - 2));
	}
	arena_init(&arena, 256 * 1024);
	answer_read(&providers[data[0] % COUNT(texts)]->result, &from, "own",
		&arena, &a);
	if (a.kind == ANSWER_REFUSED &&
		(a.class == SMS_OK || a.class >= SMS_CLASS_COUNT))
		abort();
	if (a.wait_ms < 0 || a.wait_ms > INT64_C(86400000))
		abort();
	arena_finish(&arena);
	return 0;
}
