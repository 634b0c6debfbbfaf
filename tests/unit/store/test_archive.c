/* The archive on SQLite. */
#include "store/archive_cases.h"

int main(void)
{
	const struct CMUnitTest tests[] = {
		ARCHIVE_CASES(open_world, close_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
