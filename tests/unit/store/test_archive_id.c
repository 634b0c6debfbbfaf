/* Identifiers of archived messages. */
#include "store/fixture.h"

static int open_with_archive(void **state)
{
	if (open_world(state) != 0)
		return -1;
	open_archive();
	return 0;
}

static const struct archive_channel_id one = { "0123456789abcdef" };
static const struct archive_channel_id other = { "1123456789abcdef" };

static const uint64_t numbers[] = { 1, 2, 0x7f, 0x80, 1000000,
	(uint64_t)WALL_MS << 19, ((uint64_t)WALL_MS << 19) + 1, INT64_MAX };

static void goes_there_and_back(void **state UNUSED)
{
	char text[ARCHIVE_ID_SIZE], again[ARCHIVE_ID_SIZE];

	for (size_t i = 0; i < COUNT(numbers); i++) {
		uint64_t number = 0;

		archive_id_format(archive, &one, numbers[i], text);
		archive_id_format(archive, &one, numbers[i], again);
		assert_string_equal(text, again);
		assert_int_equal(strlen(text), 22);
		assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					      "abcdefghijklmnopqrstuvwxyz"
					      "0123456789-_"),
			22);
		assert_int_equal(
			archive_id_parse(archive, &one, text, &number), 0);
		assert_int_equal(number, numbers[i]);
	}
}

static void is_of_one_channel(void **state UNUSED)
{
	char text[ARCHIVE_ID_SIZE], elsewhere[ARCHIVE_ID_SIZE];
	uint64_t number;

	for (size_t i = 0; i < COUNT(numbers); i++) {
		archive_id_format(archive, &one, numbers[i], text);
		archive_id_format(archive, &other, numbers[i], elsewhere);
		assert_string_not_equal(text, elsewhere);
		assert_int_equal(
			archive_id_parse(archive, &other, text, &number), -1);
	}
}

/* Neighbours have nothing in common that one could count on. */
static void tells_nothing(void **state UNUSED)
{
	char a[ARCHIVE_ID_SIZE], b[ARCHIVE_ID_SIZE];
	int same = 0;

	for (uint64_t n = 1; n <= 100; n++) {
		archive_id_format(archive, &one, n, a);
		archive_id_format(archive, &one, n + 1, b);
		for (int i = 0; i < 21; i++)
			same += a[i] == b[i];
	}
	/* By chance 2100 / 64 = 33. */
	assert_in_range(same, 5, 100);
}

static void refuses_others(void **state UNUSED)
{
	static const char *const rows[] = { "", "A", "AAAAAAAAAAAAAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAA AAAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAAA\xc3", "+/AAAAAAAAAAAAAAAAAAAA",
		"1700000000000" };
	char text[ARCHIVE_ID_SIZE];
	uint64_t number = 7;

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (archive_id_parse(archive, &one, rows[i], &number) != -1)
			fail_msg("row %zu", i);
	}
	/* Every change of one that is ours, also in the unused bits. */
	for (int i = 0; i < 22; i++) {
		static const char digits[] =
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"abcdefghijklmnopqrstuvwxyz0123456789-_";

		archive_id_format(archive, &one, 12345, text);
		char right = text[i];
		for (const char *d = digits; *d != '\0'; d++) {
			text[i] = *d;
			if (*d != right && archive_id_parse(archive, &one, text,
						   &number) != -1)
				fail_msg("%s was accepted", text);
		}
	}
	assert_int_equal(number, 7);
}

static void is_the_same_after_a_restart(void **state UNUSED)
{
	char before[ARCHIVE_ID_SIZE], after[ARCHIVE_ID_SIZE];

	archive_id_format(archive, &one, 99, before);
	reopen();
	archive_id_format(archive, &one, 99, after);
	assert_string_equal(before, after);
	/* Another key, other ids. */
	close_all();
	assert_int_equal(unlink(key_path), 0);
	open_store();
	open_archive();
	archive_id_format(archive, &one, 99, after);
	assert_string_not_equal(before, after);
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_with_archive, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(goes_there_and_back),
		CASE(is_of_one_channel),
		CASE(tells_nothing),
		CASE(refuses_others),
		CASE(is_the_same_after_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
