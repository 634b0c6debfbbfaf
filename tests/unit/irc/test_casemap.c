/*
 * Case mapping.
 */
#include "irc/casemap.h"

#include "base/macros.h"
#include "irc/rows.h"

static void test_names(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum irc_casemap map;
	} rows[] = {
		{ "ascii", IRC_CASEMAP_ASCII },
		{ "rfc1459", IRC_CASEMAP_RFC1459 },
		{ "RFC1459", IRC_CASEMAP_RFC1459 },
		{ "rfc1459-strict", IRC_CASEMAP_RFC1459_STRICT },
		{ "rfc7613", IRC_CASEMAP_ASCII },
		{ "", IRC_CASEMAP_ASCII },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		row_number(i, "map",
			irc_casemap_by_name(slice_of(rows[i].name)),
			rows[i].map);
	assert_string_equal(
		irc_casemap_name(IRC_CASEMAP_RFC1459_STRICT), "rfc1459-strict");
}

static void test_fold(void **state)
{
	(void)state;
	static const char all[] = "@AZ[\\]^_`az{|}~\xc3\x84";
	static const struct {
		enum irc_casemap map;
		const char *folded;
	} rows[] = {
		{ IRC_CASEMAP_ASCII, "@az[\\]^_`az{|}~\xc3\x84" },
		{ IRC_CASEMAP_RFC1459, "@az{|}~_`az{|}~\xc3\x84" },
		{ IRC_CASEMAP_RFC1459_STRICT, "@az{|}^_`az{|}~\xc3\x84" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[sizeof(all)];
		struct slice folded =
			irc_fold(rows[i].map, slice_of(all), out, sizeof(out));

		row_slice(i, "folded", folded, rows[i].folded);
		row_number(i, "in place", folded.data == out, 1);
		row_number(i, "same",
			irc_same(rows[i].map, slice_of(all), folded), 1);
	}
}

/* Folding twice is folding once, and equality is equality of the folded. */
static void test_every_pair(void **state)
{
	(void)state;
	for (unsigned map = 0; map <= IRC_CASEMAP_ASCII; map++) {
		enum irc_casemap m = (enum irc_casemap)map;

		for (int a = 0; a < 256; a++) {
			char ca = (char)a, fa = irc_fold_char(m, ca);

			assert_int_equal(irc_fold_char(m, fa), fa);
			for (int b = 0; b < 256; b++) {
				char cb = (char)b;
				bool same = irc_same(m, slice_make(&ca, 1),
					slice_make(&cb, 1));

				assert_int_equal(
					same, fa == irc_fold_char(m, cb));
			}
		}
	}
}

static void test_sizes(void **state)
{
	(void)state;
	char out[4];

	assert_int_equal(
		irc_fold(IRC_CASEMAP_ASCII, slice_of("ABCD"), out, sizeof(out))
			.len,
		4);
	assert_int_equal(
		irc_fold(IRC_CASEMAP_ASCII, slice_of("ABCDE"), out, sizeof(out))
			.len,
		0);
	assert_int_equal(irc_fold(IRC_CASEMAP_ASCII, slice_make(NULL, 0), out,
				 sizeof(out))
				 .len,
		0);
	assert_false(
		irc_same(IRC_CASEMAP_ASCII, slice_of("abc"), slice_of("ab")));
	assert_true(
		irc_same(IRC_CASEMAP_ASCII, slice_make(NULL, 0), slice_of("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_sizes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
