/*
 * Parts in any order, some broken, with time going by: nothing grows beyond
 * the limits, each part that was kept comes out once, and the time does not
 * run out with something left.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "sms_data/reassembly.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEP 6 /* octets of input for a part */

static const struct reassembly_limits limits = {
	.texts = 5, .sender_texts = 3, .bytes = 2000, .wait_ms = 1000
};

struct run {
	struct reassembly *r;
	unsigned char *kept; /* by token */
	size_t tokens;
	int64_t now;
};

static void take_all(struct run *run)
{
	struct reassembled *got;

	while ((got = reassembly_take(run->r, run->now)) != NULL) {
		assert(got->count > 0 && got->wall_ms <= run->now);
		for (size_t i = 0; i < got->count; i++) {
			assert(got->tokens[i] < run->tokens);
			assert(run->kept[got->tokens[i]] == 1);
			run->kept[got->tokens[i]] = 2;
		}
		if (got->content.kind != CONTENT_BINARY)
			assert(utf8_is_valid(got->body));
		reassembled_free(&got);
	}
	assert(reassembly_count(run->r) <= limits.texts);
	assert(reassembly_due(run->r) == -1 ||
		reassembly_due(run->r) > run->now);
}

static void add(struct run *run, const uint8_t *d, struct slice rest)
{
	static const char *const texts[] = { NULL, NULL, "caf\xc3", "\xa9" };
	static const char methods[] = "8wsp";
	size_t len = (size_t)d[4] % 40;
	struct reassembly_part part = { .token = run->tokens++,
		.backend = d[0] & 1 ? "a" : "b",
		.from = d[0] & 2 ? "+1" : "+2",
		.to = d[0] & 4 ? "+3" : "+4",
		.part = { d[1] % 6, d[2] % 7, d[0] >> 3 & 3,
			methods[d[0] >> 5 & 3] },
		.segment = { .alphabet = (enum sms_alphabet)(d[3] & 3),
			.text = texts[d[3] >> 2 & 3] },
		.wall_ms = run->now };

	part.segment.header = slice_make(
		rest.data, rest.len < (size_t)(d[3] >> 6) ? 0 : d[3] >> 6);
	part.segment.data =
		slice_make(rest.data, rest.len < len ? rest.len : len);
	run->now += d[5] * 3;
	run->kept[part.token] =
		reassembly_add(run->r, &part) == REASSEMBLY_KEPT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run = { .r = reassembly_new(&limits),
		.kept = calloc(size + 1, 1),
		.now = 1 };

	for (size_t i = 0; i + STEP <= size; i += STEP) {
		add(&run, data + i,
			slice_make((const char *)data + i, size - i));
		take_all(&run);
	}
	run.now += 2 * limits.wait_ms;
	take_all(&run);
	assert(reassembly_count(run.r) == 0);
	for (size_t i = 0; i < run.tokens; i++)
		assert(run.kept[i] != 1);
	reassembly_free(&run.r);
	free(run.kept);
	return 0;
}
