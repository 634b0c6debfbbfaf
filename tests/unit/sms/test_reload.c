/*
 * The operator's keys change while texts are under way.
 */
#include "sms/fake_carrier.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"

#define OWN    "+15551230000"
#define OTHER  "+15551230001"
#define PEER   "+15557770000"
#define PARIS  "+33612345678"
#define ASSIGN "assign = ( { number = \"" OWN "\"; users = ( \"%s\" ); } ); "
#define BACKEND(name, more)                                          \
	"{ kind = \"fake\"; name = \"" name "\"; numbers = ( \"" OWN \
	"\" ); " more " }"
#define MAIN  BACKEND("main", "")
#define ALICE "user@example.test"

static struct gw_session *alice;
static struct str logged;

static void on_log(enum log_level level, const char *line, void *arg)
{
	(void)level, (void)arg;
	str_addf(&logged, "%s\n", line);
}

static const char *config(
	const char *user, const char *keys, const char *backends)
{
	static char text[2000];
	text_format(text, sizeof(text),
		"country = \"US\"; " ASSIGN "%s backends = ( %s );", user, keys,
		backends);
	return text;
}

static int set_up(void **state)
{
	(void)state;
	logged = (struct str){ .max = 64 * KIB };
	log_set_sink(on_log, NULL);
	alice = begin_gateway(config(ALICE, "", MAIN), OWN);
	carrier_goes("main", CARRIER_UP);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_core_free(&core);
	log_set_sink(NULL, NULL);
	str_finish(&logged);
	return 0;
}

static void reload(const char *text)
{
	str_reset(&logged);
	fake_reload(core, text);
	fake_run(core, 0);
}

static bool is_logged(const char *words)
{
	return strstr(str_text(&logged), words) != NULL;
}

static gw_request text(const char *to, const char *words)
{
	return sent_text(alice, to, words);
}

static void rules_are_others(void **state)
{
	(void)state;
	heard("failed", text(PARIS, "x"), " GW_POLICY *");
	reload(config(ALICE,
		"destinations = { countries = ( \"FR\" ); }; "
		"user_limits = { per_day = 2; };",
		MAIN));
	assert_false(is_logged("restart"));
	text(PARIS, "x");
	EXPECT_LINE("submit main " OWN " > " PARIS ": x");
	heard("failed", text(PEER, "x"), " GW_POLICY *");
	text(PARIS, "y");
	heard("failed", text(PARIS, "z"), " GW_BUSY *");
}

/* What is under way goes on, and its report is found. */
static void a_new_backend_is_opened(void **state)
{
	(void)state;
	gw_request r = text(PEER, "x");
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	reload(config(ALICE, "", BACKEND("new", "") ", " MAIN));
	assert_false(is_logged("restart"));
	carrier_goes("new", CARRIER_UP);
	carrier_accepts("main", "a");
	heard("accepted", r, "");
	/* It is the first now. */
	text(PEER, "y");
	EXPECT_LINE("submit new " OWN " > " PEER ": y");
	carrier_reports("main", 1, "a", SMS_DELIVERED);
	heard("delivered", r, "");
}

static void what_waits_has_another_way(void **state)
{
	(void)state;
	carrier_goes("main", CARRIER_DOWN);
	text(PEER, "x");
	EXPECT_NO_LINE();
	reload(config(ALICE, "", MAIN ", " BACKEND("new", "")));
	carrier_goes("new", CARRIER_UP);
	EXPECT_LINE("submit new " OWN " > " PEER ": x");
}

static void routes_of_a_backend_change(void **state)
{
	(void)state;
	reload(config(ALICE, "", BACKEND("main", "prefixes = ( \"+44\" );")));
	assert_false(is_logged("restart"));
	heard("failed", text(PEER, "x"), " GW_NO_SUCH *no way*");
	reload(config(ALICE, "", MAIN));
	text(PEER, "y");
	EXPECT_LINE("submit main " OWN " > " PEER ": y");
}

/* With other keys it ends what it has, and is opened anew. */
static void a_carrier_is_opened_anew(void **state)
{
	(void)state;
	gw_request first = text(PEER, "x");
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	reload(config(ALICE, "", BACKEND("main", "pin = \"2\";")));
	assert_false(is_logged("restart"));
	EXPECT_LINE("drain main");
	assert_string_equal(carrier_pin("main"), "");
	gw_request second = text(PEER, "y");
	EXPECT_NO_LINE();
	carrier_accepts("main", "a");
	heard("accepted", first, "");
	carrier_goes("main", CARRIER_DOWN);
	assert_string_equal(carrier_pin("main"), "2");
	EXPECT_NO_LINE();
	carrier_goes("main", CARRIER_UP);
	EXPECT_LINE("submit main " OWN " > " PEER ": y");
	/* What the old one accepted is still known. */
	carrier_reports("main", 0, "a", SMS_DELIVERED);
	heard("delivered", first, "");
	carrier_accepts("main", "b");
	heard("accepted", second, "");
}

/* ... with those that the file has by then. */
static void keys_change_while_it_ends(void **state)
{
	(void)state;
	reload(config(ALICE, "", BACKEND("main", "pin = \"2\";")));
	reload(config(ALICE, "", BACKEND("main", "pin = \"3\";")));
	EXPECT_LINE("drain main");
	EXPECT_NO_LINE();
	carrier_goes("main", CARRIER_DOWN);
	assert_string_equal(carrier_pin("main"), "3");
	assert_true(is_logged("closed backend=main"));
}

static void one_that_is_gone_ends_what_it_has(void **state)
{
	(void)state;
	gw_request first = text(PEER, "x");
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	for (int i = 0; i < 2; i++)
		reload(config(ALICE, "", BACKEND("new", "")));
	EXPECT_LINE("drain main");
	carrier_goes("new", CARRIER_UP);
	/* Behind the first, in their order. */
	text(PEER, "y");
	EXPECT_NO_LINE();
	carrier_accepts("main", "a");
	heard("accepted", first, "");
	EXPECT_LINE("submit new " OWN " > " PEER ": y");
	carrier_accepts("new", "a");
	carrier_goes("main", CARRIER_DOWN);
	assert_true(is_logged("closed backend=main"));
	text(PEER, "z");
	EXPECT_LINE("submit new " OWN " > " PEER ": z");
	carrier_accepts("new", "b");
	reload(config(ALICE, "", MAIN ", " BACKEND("new", "")));
	carrier_goes("main", CARRIER_UP);
	text(PEER, "z");
	EXPECT_LINE("submit main " OWN " > " PEER ": z");
	carrier_reports("main", 0, "a", SMS_DELIVERED);
	heard("delivered", first, "");
}

/* It could not end what it had in time. */
static void one_that_is_gone_never_answered(void **state)
{
	(void)state;
	gw_request first = text(PEER, "x");
	EXPECT_LINE("submit main " OWN " > " PEER ": x");
	gw_request second = text(PEER, "y");
	carrier_brings("main", 7, PEER, OWN, "hello", NULL);
	EXPECT_LINE("settled main 7 ok");
	reload(config(ALICE, "", BACKEND("new", "")));
	EXPECT_LINE("drain main");
	carrier_goes("new", CARRIER_UP);
	carrier_goes("main", CARRIER_DOWN);
	heard("failed", first, " GW_LOST *");
	EXPECT_LINE("submit new " OWN " > " PEER ": y");
	carrier_accepts("new", "a");
	heard("accepted", second, "");
}

/* A part of it is sent, and the rest cannot follow. */
static void half_of_a_text_is_sent(void **state)
{
	char words[201];
	(void)state;
	memset(words, 'x', 200);
	words[200] = '\0';
	gw_request r = text(PEER, words);
	assert_non_null(strstr(last_line(), "submit main"));
	carrier_accepts("main", "a");
	carrier_rejects("main", SMS_RETRY, NULL);
	carriers_reset();
	reload(config(ALICE, "", BACKEND("new", "")));
	EXPECT_LINE("drain main");
	carrier_goes("new", CARRIER_UP);
	carrier_goes("main", CARRIER_DOWN);
	fake_run(core, 10000);
	heard("failed", r, " GW_*");
	EXPECT_NO_LINE();
}

static void numbers_change_hands(void **state)
{
	(void)state;
	reload(config("bob@example.test", "", MAIN));
	fake_expect(core, "closed GW_NOT_ALLOWED * not yours here any more*");
	struct gw_session *bob = fake_session_of(core, "bob@example.test", OWN);
	fake_open(bob);
	fake_expect(core, "online *");
}

#define FIFTY "01234567890123456789012345678901234567890123456789"
#define LONG  FIFTY FIFTY FIFTY FIFTY /* two texts */

/* What waits does not leave from the number of somebody else, and its sender
 * hears that. */
static void what_waits_is_not_sent_by_another(void **state)
{
	(void)state;
	carrier_goes("main", CARRIER_DOWN);
	gw_request waits = text(PEER, "x");
	gw_request other = text(PEER, "y");
	fake_set(alice, "ask_above", "1");
	gw_request asked = text(PEER, LONG);
	reload(config("bob@example.test", "", MAIN));
	heard("failed", waits, " GW_NOT_ALLOWED * not yours here any more*");
	heard("failed", other, " GW_NOT_ALLOWED * not yours here any more*");
	heard("failed", asked, " GW_NOT_ALLOWED * not yours here any more*");
	fake_expect(core, "closed GW_NOT_ALLOWED * not yours here any more*");
	carrier_goes("main", CARRIER_UP);
	EXPECT_NO_LINE();
}

int main(void)
{
#define ONE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		ONE(rules_are_others),
		ONE(a_new_backend_is_opened),
		ONE(what_waits_has_another_way),
		ONE(routes_of_a_backend_change),
		ONE(a_carrier_is_opened_anew),
		ONE(keys_change_while_it_ends),
		ONE(one_that_is_gone_ends_what_it_has),
		ONE(one_that_is_gone_never_answered),
		ONE(half_of_a_text_is_sent),
		ONE(numbers_change_hands),
		ONE(what_waits_is_not_sent_by_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
