/*
 * A text of a phone, and one that it may quote: folding settles at once, and
 * what is read as a reaction has one emoji and a quotation.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "sms_data/tapback.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As texts come to it. */
static char *clean(const uint8_t *data, size_t size)
{
	struct str out = { .max = 1 * MIB };

	utf8_clean(&out, slice_make((const char *)data, size));
	char *text = strdup(str_text(&out));
	assert(text != NULL);
	str_finish(&out);
	return text;
}

static void check_fold(const char *text)
{
	struct str once = { .max = 1 * MIB }, twice = { .max = 1 * MIB };

	tapback_fold(&once, text);
	tapback_fold(&twice, str_text(&once));
	assert(strcmp(str_text(&once), str_text(&twice)) == 0);
	assert(utf8_is_valid(str_slice(&once)));
	str_finish(&once);
	str_finish(&twice);
}

static void check_match(const struct tapback *t, const char *text)
{
	char digest[TAPBACK_DIGEST];

	tapback_digest(text, digest);
	(void)tapback_match(t, digest, text);
	tapback_digest(str_text(&t->quote), digest);
	assert(tapback_match(t, digest, text) == TAPBACK_WHOLE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	size_t len = end != NULL ? (size_t)(end - data) : size;
	char *text = clean(data, len);
	char *other = clean(data + len, size - len);
	struct tapback t;

	check_fold(text);
	if (tapback_read(text, &t)) {
		assert(t.quote.len > 0);
		assert(utf8_is_valid(slice_of(t.emoji)));
		check_match(&t, other);
	}
	str_finish(&t.quote);
	free(text);
	free(other);
	return 0;
}
