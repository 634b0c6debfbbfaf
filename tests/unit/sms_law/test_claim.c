/*
 * Codes prove numbers, are not to be guessed, and tell nothing.
 */
#include "sms_law/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"

#define MINUTE INT64_C(60000)
#define DAY    INT64_C(86400000)
#define NOW    INT64_C(1795341600000)

#define ALICE  "alice@example.org"
#define BOB    "bob@example.org"
#define NUMBER "+15551234567"

struct fixture {
	struct sms_claim_config config;
	struct sms_claims *claims;
	char text[SMS_CLAIM_TEXT];
	char code[16]; /* of the last text */
};

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .config = { .digits = 6,
				      .per_user = 3,
				      .per_number = 2,
				      .per_area = 4,
				      .per_day = 100 } };
	f.claims = sms_claims_new(&f.config);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	sms_claims_free(&f->claims);
	sms_claims_free(&f->claims);
	return 0;
}

static enum sms_claim_start start(struct fixture *f, const char *user,
	const char *number, int64_t wall_ms)
{
	enum sms_claim_start result = sms_claims_start(
		f->claims, user, number, "sms.example.org", wall_ms, f->text);

	text_format(f->code, sizeof(f->code), "%.*s",
		(int)strspn(f->text, "0123456789"), f->text);
	return result;
}

static enum sms_claim_end try_code(
	struct fixture *f, const char *user, const char *code, int64_t wall_ms)
{
	return sms_claims_try(f->claims, user, NUMBER, code, wall_ms);
}

/* One that is not right. */
static const char *wrong(const struct fixture *f)
{
	static char code[16];

	text_copy(code, sizeof(code), f->code);
	code[0] = code[0] == '1' ? '2' : '1';
	return code;
}

static void test_proven(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, ALICE, NUMBER, NOW), SMS_CLAIM_SEND);
	assert_int_equal(strlen(f->code), 6);
	assert_non_null(strstr(f->text, ALICE));
	assert_non_null(strstr(f->text, "sms.example.org"));
	assert_int_equal(try_code(f, ALICE, wrong(f), NOW), SMS_CLAIM_WRONG);
	assert_int_equal(try_code(f, ALICE, f->code, NOW), SMS_CLAIM_PROVEN);
	/* It is used up. */
	assert_int_equal(try_code(f, ALICE, f->code, NOW), SMS_CLAIM_OVER);
}

static void test_written_freely(void **state)
{
	struct fixture *f = *state;
	char code[32];

	start(f, ALICE, NUMBER, NOW);
	text_format(code, sizeof(code), " %.3s-%s\n", f->code, f->code + 3);
	assert_int_equal(try_code(f, ALICE, code, NOW), SMS_CLAIM_PROVEN);
	start(f, ALICE, NUMBER, NOW);
	text_format(code, sizeof(code), "%s0", f->code);
	assert_int_equal(try_code(f, ALICE, code, NOW), SMS_CLAIM_WRONG);
	assert_int_equal(try_code(f, ALICE, "", NOW), SMS_CLAIM_WRONG);
	assert_int_equal(try_code(f, ALICE, "1234567890123456789012345", NOW),
		SMS_CLAIM_WRONG);
}

static void test_whose(void **state)
{
	struct fixture *f = *state;

	start(f, ALICE, NUMBER, NOW);
	assert_int_equal(try_code(f, BOB, f->code, NOW), SMS_CLAIM_OVER);
	assert_int_equal(
		sms_claims_try(f->claims, ALICE, "+15551234568", f->code, NOW),
		SMS_CLAIM_OVER);
	assert_int_equal(try_code(f, ALICE, f->code, NOW), SMS_CLAIM_PROVEN);
}

static void test_tries(void **state)
{
	struct fixture *f = *state;

	start(f, ALICE, NUMBER, NOW);
	for (int i = 1; i < SMS_CLAIM_TRIES; i++)
		assert_int_equal(
			try_code(f, ALICE, wrong(f), NOW), SMS_CLAIM_WRONG);
	assert_int_equal(try_code(f, ALICE, wrong(f), NOW), SMS_CLAIM_OVER);
	assert_int_equal(try_code(f, ALICE, f->code, NOW), SMS_CLAIM_OVER);
}

static void test_time(void **state)
{
	struct fixture *f = *state;

	start(f, ALICE, NUMBER, NOW);
	assert_int_equal(
		try_code(f, ALICE, f->code, NOW + 10 * MINUTE), SMS_CLAIM_OVER);
	start(f, ALICE, NUMBER, NOW);
	assert_int_equal(try_code(f, ALICE, f->code, NOW + 10 * MINUTE - 1),
		SMS_CLAIM_PROVEN);
	/* A clock that was put back gives no code more life. */
	start(f, ALICE, NUMBER, NOW + DAY);
	assert_int_equal(try_code(f, ALICE, f->code, NOW), SMS_CLAIM_OVER);
}

static void test_newest(void **state)
{
	struct fixture *f = *state;
	char first[16];

	start(f, ALICE, NUMBER, NOW);
	text_copy(first, sizeof(first), f->code);
	do {
		f->config.per_user = f->config.per_number = 1000;
		f->config.per_area = 1000;
		assert_int_equal(start(f, ALICE, NUMBER, NOW), SMS_CLAIM_SEND);
	} while (strcmp(first, f->code) == 0);
	assert_int_equal(try_code(f, ALICE, first, NOW), SMS_CLAIM_WRONG);
	assert_int_equal(try_code(f, ALICE, f->code, NOW), SMS_CLAIM_PROVEN);
}

/* --- Limits -------------------------------------------------------------- */

static void test_per_user(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++) {
		char number[32];

		snprintf(number, sizeof(number), "+4930%d00000", i);
		assert_int_equal(start(f, ALICE, number, NOW), SMS_CLAIM_SEND);
	}
	assert_int_equal(start(f, ALICE, NUMBER, NOW), SMS_CLAIM_REFUSED);
	assert_string_equal(f->text, "");
	assert_int_equal(start(f, BOB, NUMBER, NOW), SMS_CLAIM_SEND);
	assert_int_equal(start(f, ALICE, NUMBER, NOW + DAY), SMS_CLAIM_SEND);
}

static void test_nobody(void **state)
{
	struct fixture *f = *state;

	f->config.per_user = 0;
	assert_int_equal(start(f, ALICE, NUMBER, NOW), SMS_CLAIM_REFUSED);
}

/* Who asks for a number that others asked for sees no difference. */
static void test_per_number(void **state)
{
	struct fixture *f = *state;

	start(f, "a@x", NUMBER, NOW);
	start(f, "b@x", NUMBER, NOW);
	assert_int_equal(start(f, ALICE, NUMBER, NOW), SMS_CLAIM_SILENT);
	assert_string_equal(f->text, "");
	for (int i = 1; i < SMS_CLAIM_TRIES; i++)
		assert_int_equal(
			try_code(f, ALICE, i == 1 ? "" : "123456", NOW),
			SMS_CLAIM_WRONG);
	assert_int_equal(try_code(f, ALICE, "", NOW), SMS_CLAIM_OVER);
}

static void test_per_area(void **state)
{
	struct fixture *f = *state;
	char user[32], number[32];

	for (int i = 0; i < 5; i++) {
		snprintf(user, sizeof(user), "user%d@example.org", i);
		snprintf(number, sizeof(number), "+155512345%02d", i);
		assert_int_equal(start(f, user, number, NOW),
			i < 4 ? SMS_CLAIM_SEND : SMS_CLAIM_SILENT);
	}
	assert_int_equal(start(f, ALICE, "+15551234600", NOW), SMS_CLAIM_SEND);
}

static void test_per_day(void **state)
{
	struct fixture *f = *state;
	char user[32], number[32];

	for (int i = 0; i < 101; i++) {
		snprintf(user, sizeof(user), "user%d@example.org", i);
		snprintf(number, sizeof(number), "+1555%07d", i * 1000);
		assert_int_equal(start(f, user, number, NOW),
			i < 100 ? SMS_CLAIM_SEND : SMS_CLAIM_REFUSED);
	}
}

/* --- Codes and texts ----------------------------------------------------- */

/* Of the length that was asked for, with every digit at every place. */
static void test_codes(void **state)
{
	struct fixture *f = *state;
	unsigned seen[8] = { 0 };

	f->config = (struct sms_claim_config){ .digits = 8,
		.per_user = 1000,
		.per_number = 1000,
		.per_area = 1000,
		.per_day = 1000 };
	for (int i = 0; i < 500; i++) {
		assert_int_equal(start(f, ALICE, NUMBER, NOW), SMS_CLAIM_SEND);
		assert_int_equal(strlen(f->code), 8);
		for (int k = 0; k < 8; k++)
			seen[k] |= 1u << (f->code[k] - '0');
	}
	for (int k = 0; k < 8; k++)
		assert_int_equal(seen[k], 0x3ff);
}

static void test_long_user(void **state)
{
	struct fixture *f = *state;
	char user[3000] = "";

	for (size_t i = 0; i + 3 < sizeof(user); i += 3)
		memcpy(user + i, "\xe2\x82\xac", 4);
	memcpy(user + sizeof(user) - 20, "@phishing.example", 18);
	assert_int_equal(start(f, user, NUMBER, NOW), SMS_CLAIM_SEND);
	assert_in_range(strlen(f->text), 100, 250);
	assert_non_null(strstr(f->text, "..."));
	assert_non_null(strstr(f->text, "@phishing.example "));
	assert_int_equal(try_code(f, user, f->code, NOW), SMS_CLAIM_PROVEN);
}

/* --- Kept ---------------------------------------------------------------- */

static void test_kept(void **state)
{
	struct fixture *f = *state;
	struct str out = { .max = 100000 };
	struct sms_claims *again = sms_claims_new(&f->config);

	start(f, "a@x", NUMBER, NOW);
	start(f, ALICE, NUMBER, NOW);
	sms_claims_encode(f->claims, &out);
	assert_null(memmem(out.data, out.len, "alice", 5));
	assert_null(memmem(out.data, out.len, "5551234567", 10));
	for (size_t len = 0; len < out.len; len++)
		assert_int_equal(
			sms_claims_decode(again, slice_make(out.data, len)),
			-1);
	assert_int_equal(sms_claims_decode(again, str_slice(&out)), 0);
	sms_claims_free(&f->claims);
	f->claims = again;
	assert_int_equal(try_code(f, ALICE, f->code, NOW), SMS_CLAIM_PROVEN);
	assert_int_equal(start(f, BOB, NUMBER, NOW), SMS_CLAIM_SILENT);
	str_finish(&out);
}

/* As much as there can be is one record, and is read again. */
static void test_most(void **state)
{
	struct fixture *f = *state;
	struct str out = { .max = LIMIT_KEPT };
	char user[32], number[32];

	f->config.per_day = 1500;
	for (int64_t day = 0; day < 2; day++)
		for (int i = 0; i < 1500; i++) {
			snprintf(user, sizeof(user), "user%d@example.org",
				i + 2000 * (int)day);
			snprintf(number, sizeof(number), "+1555%07d", i * 1000);
			/* The last minute of one day, the first of another. */
			assert_int_equal(start(f, user, number,
						 NOW + 14 * 60 * MINUTE -
							 MINUTE + day * MINUTE),
				SMS_CLAIM_SEND);
		}
	sms_claims_encode(f->claims, &out);
	assert_false(out.overflow);
	assert_int_equal(sms_claims_decode(f->claims, str_slice(&out)), 0);
	str_finish(&out);
}

static void test_config(void **state)
{
	(void)state;
	struct str error = { .max = 1000 };
	struct sms_claim_config *c =
		cfg_parse("", "test", &sms_claim_group, &error);

	assert_non_null(c);
	assert_int_equal(c->digits, 6);
	assert_int_equal(c->per_user, 3);
	cfg_free(c, &sms_claim_group);
	assert_null(cfg_parse("digits = 5;", "test", &sms_claim_group, &error));
	str_finish(&error);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_proven),
		TEST(test_written_freely),
		TEST(test_whose),
		TEST(test_tries),
		TEST(test_time),
		TEST(test_newest),
		TEST(test_per_user),
		TEST(test_nobody),
		TEST(test_per_number),
		TEST(test_per_area),
		TEST(test_per_day),
		TEST(test_codes),
		TEST(test_long_user),
		TEST(test_kept),
		TEST(test_most),
		cmocka_unit_test(test_config),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
