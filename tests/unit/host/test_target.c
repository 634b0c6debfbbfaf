/*
 * Addresses that name no account (GW_CAP_SHARED_NAMES): by which of his
 * accounts a user speaks to whom.
 */
#include "host/host_fixture.h"

#define BEN "ben@" GW

static int parse_shared(const struct gw *gw, const char *local,
	struct gw_address *out, const char **reason_r)
{
	(void)gw;
	(void)reason_r;
	out->kind = GW_PERSON;
	out->account[0] = '\0';
	return text_copy(out->name, sizeof(out->name), local) ? 0 : -1;
}

static int format_shared(
	const struct gw *gw, const struct gw_address *a, char *out, size_t size)
{
	(void)gw;
	return a->kind != GW_NETWORK && text_copy(out, size, a->name) ? 0 : -1;
}

/* Two accounts; the first one is the one that was registered first. */
static void be_shared(void)
{
	net_ops.parse_address = parse_shared;
	net_ops.format_address = format_shared;
	net_ops.caps |= GW_CAP_SHARED_NAMES;
	says(REGISTER(ALICE, GW, FIELD("valley", "dale")));
	says(REGISTER(ALICE, GW, FIELD("valley", "canyon")));
	says("<presence from='" ALICE "' to='" GW "'/>");
	pass(1 * SECOND);
	forget();
}

/* The account that the message left by. */
static const char *writes_by(const char *to)
{
	saysf("<message from='" ALICE "' to='%s' type='chat'><body>x</body>"
	      "</message>",
		to);
	const char *account = net.session->account;
	forget();
	return account;
}

static void hears(const char *account, const char *from)
{
	const struct gw_message m = {
		.kind = GW_MESSAGE, .from = from, .text = "hi"
	};
	gw_message(&account_at(BARE, account)->session, NULL, &m);
	settle();
	forget();
}

static void test_by_the_first(void **state)
{
	(void)state;
	be_shared();
	assert_string_equal(writes_by(BEN), "dale");
}

static void test_by_which_he_wrote(void **state)
{
	(void)state;
	be_shared();
	hears("canyon", "ben");
	assert_string_equal(writes_by(BEN), "canyon");
	assert_string_equal(writes_by("carl@" GW), "dale");
	hears("dale", "ben");
	assert_string_equal(writes_by(BEN), "dale");
}

/* The account of before is gone. */
static void test_by_what_is_left(void **state)
{
	(void)state;
	be_shared();
	hears("canyon", "ben");
	struct account *a = account_at(BARE, "canyon");
	account_free(&a, NULL);
	assert_string_equal(writes_by(BEN), "dale");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_by_the_first),
		TEST(test_by_which_he_wrote),
		TEST(test_by_what_is_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
