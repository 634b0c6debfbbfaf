/*
 * Responses of a server, in one read or cut at any place, give the same; what
 * passes is lines that are no longer and no deeper than agreed, and passes
 * unchanged when it is filtered again. The first byte says which mode, and
 * the next two where the bytes are cut.
 */
#include <assert.h>
#include <stdint.h>

#include "email_worker/imap_filter.h"
#include "email_worker/imap_response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
	struct str passed, told;
	int code;
};

static void on_told(struct slice response, void *arg)
{
	struct result *result = arg;
	struct imap_response r;
	struct slice rest, word;
	struct str space;
	bool is_string;

	str_add_slice(&result->told, response);
	str_add(&result->told, "\r\n");
	if (imap_response_parse(response, &r) != 0)
		return;
	rest = r.rest;
	str_init(&space, 4096);
	while (imap_word(&rest, &word, &space, &is_string))
		assert(is_string || word.len > 0 || rest.len > 0);
	str_finish(&space);
}

static void feed(struct imap_filter *f, struct slice in, struct result *result)
{
	const char *words = "";
	size_t used;

	while (result->code == 0 && in.len > 0) {
		result->code =
			imap_filter_feed(f, in, &used, &result->passed, &words);
		assert(used <= in.len);
		assert(result->code == 0 ? used > 0 : words[0] != '\0');
		in.data += used;
		in.len -= used;
	}
}

static void run(struct slice in, size_t cut, bool is_own, struct result *result)
{
	struct imap_filter f;

	*result = (struct result){ .code = 0 };
	str_init(&result->passed, 4 * IMAP_TOLD_MAX);
	str_init(&result->told, 4 * IMAP_TOLD_MAX);
	imap_filter_init(&f, on_told, result);
	f.is_own = is_own;
	feed(&f, slice_make(in.data, cut), result);
	feed(&f, slice_make(in.data + cut, in.len - cut), result);
	imap_filter_finish(&f);
}

static void finish(struct result *result)
{
	str_finish(&result->passed);
	str_finish(&result->told);
}

static void check_same(const struct str *a, const struct str *b)
{
	assert(a->len == b->len);
	assert(a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result whole, parts, again;

	if (size < 3)
		return 0;
	struct slice in = slice_make((const char *)data + 3, size - 3);
	size_t cut = ((size_t)data[1] << 8 | data[2]) % (in.len + 1);
	run(in, in.len, data[0] & 1, &whole);
	run(in, cut, data[0] & 1, &parts);
	assert(whole.code == parts.code);
	if (whole.code == 0) {
		check_same(&whole.passed, &parts.passed);
		check_same(&whole.told, &parts.told);
		run(str_slice(&whole.passed), 0, false, &again);
		assert(again.code == 0);
		check_same(&again.passed, &whole.passed);
		finish(&again);
	}
	finish(&whole);
	finish(&parts);
	return 0;
}
