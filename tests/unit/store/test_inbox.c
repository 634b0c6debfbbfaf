/*
 * Incoming messages, on SQLite.
 */
#include "store/inbox_cases.h"

int main(void)
{
	const struct CMUnitTest tests[] = {
		INBOX_CASES(open_world, close_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
