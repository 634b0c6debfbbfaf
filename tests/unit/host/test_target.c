/*
 * Addresses that name no account (GW_CAP_SHARED_NAMES): by which of his
 * accounts a user speaks to whom.
 */
#include "host/host_fixture.h"

#include "host/contact.h"
#include "host/target.h"

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

/* --- How this user writes names (ops->spell_out) ------------------------- */

/* "7en" is "ben"; nobody is called "8...". */
static int spell_out(const struct gw_session *s, const char *text, char *out,
	size_t size, const char **reason_r)
{
	assert_string_equal(s->user, BARE);
	if (text[0] == '8') {
		*reason_r = "no digits here";
		return -1;
	}
	if (text[0] != '7')
		return 0;
	return text_format(out, size, "b%s", text + 1) ? 1 : -1;
}

static void test_spelled_by_the_user(void **state)
{
	(void)state;
	net_ops.spell_out = spell_out;
	be_shared();
	says("<message from='" ALICE "' to='7en@" GW
	     "' type='chat'><body>x</body></message>");
	EXPECT_CALL("send person ben x");
	forget();
	says("<message from='" ALICE "' to='8en@" GW
	     "' type='chat'><body>x</body></message>");
	EXPECT("<jid-malformed", "no digits here");
	/* Others have no settings. */
	struct target t;
	const char *reason;
	const struct jid to = { .local = "7en", .resource = "" };
	assert_int_equal(target_read(gateway, NULL, &to, &t, &reason), 0);
	assert_string_equal(t.address.name, "7en");
	assert_false(t.is_spelled);
}

/* He speaks with him by the account that knows him, however he is spelled. */
static void test_spelled_account(void **state)
{
	(void)state;
	net_ops.spell_out = spell_out;
	be_shared();
	hears("canyon", "ben");
	assert_string_equal(writes_by("7en@" GW), "canyon");
	assert_string_equal(writes_by("7arl@" GW), "dale");
}

static void test_spelled_in_prompt(void **state)
{
	(void)state;
	net_ops.spell_out = spell_out;
	net_ops.read_input = parse_shared;
	be_shared();
	says("<iq from='" ALICE "' to='" GW
	     "' type='set' id='q'><query xmlns='" NS_GATEWAY
	     "'><prompt>7en</prompt></query></iq>");
	EXPECT("type='result'", "<jid>" BEN "</jid>");
	says("<iq from='" ALICE "' to='" GW
	     "' type='set' id='q'><query xmlns='" NS_GATEWAY
	     "'><prompt>8en</prompt></query></iq>");
	EXPECT("<not-acceptable", "no digits here");
}

static void test_spelled_contact(void **state)
{
	(void)state;
	net_ops.spell_out = spell_out;
	be_shared();
	says("<presence from='" BARE "' to='7en@" GW "' type='subscribe'/>");
	EXPECT("from='7en@" GW "'", "type='unsubscribed'");
	EXPECT("from='" BEN "'", "type='subscribe'");
	assert_null(contact_find(alice(), "7en"));
	assert_non_null(contact_find(alice(), "ben"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_by_the_first),
		TEST(test_by_which_he_wrote),
		TEST(test_by_what_is_left),
		TEST(test_spelled_by_the_user),
		TEST(test_spelled_account),
		TEST(test_spelled_in_prompt),
		TEST(test_spelled_contact),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
