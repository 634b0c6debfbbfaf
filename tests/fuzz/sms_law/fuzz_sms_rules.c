/*
 * Records of limits, opt-outs and codes as a store may give them back, damaged
 * or not: what is taken can be used, and is kept as it was. The rest is text
 * that came: words, and what is compared with others.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sms_law/claim.h"
#include "sms_law/limits.h"
#include "sms_law/optout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW    INT64_C(1795341600000)
#define NUMBER "+15551234567"

static void check_usage(struct slice data, const char *text)
{
	static const struct sms_limits_config config = { 3, 30, 300, 0.5, 1, 10,
		3, 2, { NULL, 0 } };
	const struct sms_use use = { .to = NUMBER,
		.text = text,
		.segments = 2,
		.money = 8000,
		.is_new = true };
	struct sms_usage *u = sms_usage_decode(data);
	struct str out = { .max = 100000 };
	struct sms_limit_hit hit;
	char words[200];

	if (u == NULL)
		return;
	sms_usage_encode(u, &out);
	assert(out.len == data.len &&
		memcmp(out.data, data.data, out.len) == 0);
	for (int i = 0; i < 3; i++) {
		if (sms_limits_check(&config, u, &use, NOW + i, &hit))
			sms_usage_count(u, &use, NOW + i);
		else
			assert(hit.limit != SMS_LIMIT_NONE);
		sms_limits_words(&hit, false, NOW, words, sizeof(words));
	}
	sms_usage_describe(u, &config, NOW, &out);
	str_finish(&out);
	sms_usage_free(&u);
}

static void check_pair(struct slice data, const char *text)
{
	static char words[] = "words";
	static const struct sms_optout_config config = { words, words, words,
		{ NULL, 0 } };
	struct sms_optout_act act;
	struct sms_pair pair;
	struct str out = { .max = 1000 };

	if (sms_pair_decode(data, &pair) != 0)
		assert(pair.is_stopped);
	for (int mode = SMS_P2P; mode <= SMS_A2P; mode++) {
		sms_optout_receive(&config, (enum sms_number_mode)mode, &pair,
			text, NOW, &act);
		assert(act.is_passed || sms_optout_word(text) != 0);
		assert(act.answer == NULL || act.is_changed);
	}
	sms_pair_is_over(&pair, NOW);
	sms_pair_encode(&pair, &out);
	assert(sms_pair_decode(str_slice(&out), &pair) == 0);
	str_finish(&out);
}

static void check_claims(struct slice data, const char *text)
{
	static const struct sms_claim_config config = { 6, 3, 3, 10, 100,
		{ NULL, 0 } };
	struct sms_claims *c = sms_claims_new(&config);
	struct str out = { .max = 1000000 };
	char sent[SMS_CLAIM_TEXT];

	if (sms_claims_decode(c, data) == 0) {
		sms_claims_encode(c, &out);
		assert(sms_claims_decode(c, str_slice(&out)) == 0);
	}
	assert(sms_claims_try(c, "alice@x", NUMBER, text, NOW) !=
		SMS_CLAIM_PROVEN);
	sms_claims_start(c, "alice@x", NUMBER, "sms.x", NOW, sent);
	sms_claims_try(c, "alice@x", NUMBER, text, NOW);
	str_finish(&out);
	sms_claims_free(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const checks[])(struct slice,
		const char *) = { check_usage, check_pair, check_claims };

	if (size < 1)
		return 0;
	struct slice record = slice_make((const char *)data + 1, size - 1);
	char *text = strndup(record.data, record.len);
	assert(text != NULL);
	checks[data[0] % 3](record, text);
	free(text);
	return 0;
}
