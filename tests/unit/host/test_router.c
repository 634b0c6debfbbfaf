/*
 * Who may, to whom, and what is always answered (RFC 6120 section 8).
 */
#include "host/host_fixture.h"

static void test_first(void **state)
{
	(void)state;
	says("<iq from='" ALICE "' to='" GW "' type='get' id='1'>"
	     "<ping xmlns='" NS_PING "'/></iq>");
	EXPECT("<iq from='" GW "' to='" ALICE "' type='result' id='1'/>");
	EXPECT_QUIET();
	be_online();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
