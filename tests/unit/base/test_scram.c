/*
 * SCRAM-SHA-256 with the example of RFC 7677. How a hostile server is
 * answered stands in test_sasl.c.
 */
#include "base/scram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/macros.h"

#define NONCE "rOprNGfwEbeRWgbNEkqO"
#define BOTH  NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"

static void test_example(void **state)
{
	(void)state;
	struct scram s;
	struct secret *password = secret_new(slice_of("pencil"));
	const char *reason;
	struct str reply;

	scram_init(&s);
	str_init(&reply, 1000);
	/* A finished exchange leaves nothing to the next one. */
	for (int i = 0; i < 2; i++) {
		str_reset(&reply);
		scram_first(&s, "user", NONCE, &reply);
		assert_string_equal(str_text(&reply), "n,,n=user,r=" NONCE);
		str_reset(&reply);
		assert_int_equal(
			scram_final(&s, password,
				slice_of("r=" BOTH
					 ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"),
				&reply, &reason),
			0);
		assert_string_equal(str_text(&reply),
			"c=biws,r=" BOTH
			",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
		assert_int_equal(
			scram_verify(&s,
				slice_of(
					"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95"
					"G4="),
				&reason),
			0);
		assert_int_equal(
			scram_verify(&s,
				slice_of(
					"v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95"
					"G4="),
				&reason),
			-1);
		scram_finish(&s);
	}
	str_finish(&reply);
	secret_free(&password);
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *message;
		bool good;
	} rows[] = {
		{ "r=" BOTH ",s=QQ==,i=4096", true },
		{ "r=" BOTH ",s=QQ==,i=4096,x=later", true },
		{ "r=" BOTH ",s=QQ==,i=004096", true },
		{ "", false },
		{ "e=other-error", false },
		{ "s=QQ==,r=" BOTH ",i=4096", false },
		{ "r=" NONCE ",s=QQ==,i=4096", false },
		{ "r=x" BOTH ",s=QQ==,i=4096", false },
		{ "r=" BOTH ",s=QQ=,i=4096", false },
		{ "r=" BOTH ",s=QQ==,i=0", false },
		{ "r=" BOTH ",s=QQ==,i=-4096", false },
		{ "r=" BOTH ",s=QQ==,i=0004096", false },
		{ "r=" BOTH ",s=QQ==,i=999999", false },
	};
	struct secret *password = secret_new(slice_of("pencil"));

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scram s;
		const char *reason = NULL;
		struct str reply;

		scram_init(&s);
		str_init(&reply, 1000);
		scram_first(&s, "user", NONCE, &reply);
		str_reset(&reply);
		assert_int_equal(
			scram_final(&s, password, slice_of(rows[i].message),
				&reply, &reason),
			rows[i].good ? 0 : -1);
		assert_int_equal(reply.len > 0, rows[i].good);
		if (!rows[i].good)
			assert_non_null(reason);
		str_finish(&reply);
		scram_finish(&s);
	}
	secret_free(&password);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
