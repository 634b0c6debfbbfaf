/*
 * What the gateway keeps: together, in order, and again where the store
 * refuses what nobody waits for.
 */
#include "sms/fake_carrier.h"

#include <string.h>

#include "base/str.h"
#include "sms/ledger.h"
#include "sms/sms.h"

#define OWN "+15551230000"

static const char config[] =
	"country = \"US\";"
	"backends = ( { kind = \"fake\"; name = \"main\"; numbers = ( \"" OWN
	"\" ); } );";

static struct gw_session *any;
static struct ledger *ledger;
static char told[64];

static int set_up(void **state)
{
	(void)state;
	carriers_reset();
	core = fake_core_new(&gateway_sms, config);
	fake_run(core, 0);
	any = fake_session(core, OWN);
	ledger = sms_of(fake_core_gw(core))->ledger;
	told[0] = '\0';
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_core_free(&core);
	return 0;
}

static void put(const char *name, const char *text)
{
	ledger_put(ledger, name, slice_of(text), 1, NULL, NULL);
}

static void tell(bool ok, void *arg)
{
	size_t len = strlen(told);
	text_format(told + len, sizeof(told) - len, "%s %s. ",
		(const char *)arg, ok ? "ok" : "not");
}

static void is_kept(const char *name, const char *text)
{
	const char *kept = fake_own_kept(core, name, NULL);
	if (text == NULL)
		assert_null(kept);
	else
		assert_string_equal(kept != NULL ? kept : "(none)", text);
}

static void refused_is_put_in_again(void **state)
{
	static char one[] = "one", two[] = "two";
	(void)state;
	fake_keeping(any, FAKE_KEEPS_NOT);
	put("n/a", "1");
	ledger_put(ledger, "n/b", slice_of("2"), 1, tell, one);
	ledger_wait(ledger, tell, two);
	fake_run(core, 0);
	assert_string_equal(told, "one not. two not. ");
	fake_keeping(any, FAKE_KEEPS);
	/* By itself, after a while; not what somebody was told of. */
	fake_run(core, 120000);
	is_kept("n/a", "1");
	is_kept("n/b", NULL);
	fake_clear(core);
	fake_expect_none(core, "own-keep *", 600000);
}

static void refused_goes_with_the_next(void **state)
{
	static char one[] = "one";
	(void)state;
	fake_keeping(any, FAKE_KEEPS_NOT);
	put("n/a", "1");
	fake_run(core, 0);
	fake_keeping(any, FAKE_KEEPS);
	ledger_wait(ledger, tell, one);
	fake_run(core, 0);
	assert_string_equal(told, "one ok. ");
	is_kept("n/a", "1");
}

static void the_newest_counts(void **state)
{
	(void)state;
	fake_keeping(any, FAKE_KEEPS_NOT);
	put("n/a", "old");
	put("n/b", "old");
	put("n/c", "older");
	put("n/c", "old");
	fake_run(core, 0);
	fake_keeping(any, FAKE_KEEPS);
	put("n/a", "new");
	ledger_drop(ledger, "n/b");
	fake_run(core, 120000);
	is_kept("n/a", "new");
	is_kept("n/b", NULL);
	is_kept("n/c", "old");
}

/* More than are put in again at once: who waits for all waits for them, too. */
static void there_may_be_many(void **state)
{
	static char one[] = "one", two[] = "two", three[] = "three";
	char name[32];
	(void)state;
	fake_keeping(any, FAKE_KEEPS_NOT);
	fake_mute(core, true);
	for (unsigned i = 0; i < 2500; i++) {
		text_format(name, sizeof(name), "n/%04u", i);
		put(name, "x");
	}
	fake_run(core, 0);
	fake_mute(core, false);
	fake_keeping(any, FAKE_KEEPS_LATER);
	ledger_wait(ledger, tell, one);
	fake_run(core, 0);
	ledger_put(ledger, "n/b", slice_of("2"), 1, tell, two);
	fake_keeping(any, FAKE_KEEPS);
	fake_run(core, 0);
	assert_string_equal(told, "one not. two ok. ");
	ledger_wait(ledger, tell, three);
	fake_run(core, 0);
	assert_string_equal(told, "one not. two ok. three ok. ");
	is_kept("n/2499", "x");
}

/* What is filled in goes with what it belongs to. */
static void fill(void *arg)
{
	put("u/a", arg);
}

static void the_rest_is_filled_in(void **state)
{
	static char one[] = "one", text[] = "1";
	(void)state;
	ledger_fill(ledger, fill, text);
	fake_keeping(any, FAKE_KEEPS_NOT);
	ledger_put(ledger, "o/a", slice_of("x"), 1, tell, one);
	fake_run(core, 0);
	assert_string_equal(told, "one not. ");
	is_kept("u/a", NULL);
	fake_keeping(any, FAKE_KEEPS);
	fake_clear(core);
	ledger_due(ledger);
	fake_run(core, 0);
	is_kept("u/a", "1");
	/* Once. */
	assert_int_equal(fake_count(core, "own-keep *"), 1);
	ledger_fill(ledger, NULL, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(refused_is_put_in_again),
		TEST(refused_goes_with_the_next),
		TEST(the_newest_counts),
		TEST(there_may_be_many),
		TEST(the_rest_is_filled_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
