/*
 * Outgoing messages, on SQLite.
 */
#include "store/outbox_cases.h"

int main(void)
{
	const struct CMUnitTest tests[] = {
		OUTBOX_CASES(open_world, close_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
