/*
 * What the servers of a mailbox are told, and what the user is, when they do
 * not take it. The provider's side (oauth_login.c, oauth_keeper.c, which have
 * tests of their own) is played by the test.
 */
#include "email/email_fixture.h"
#include "email/login.h"
#include "email/oauth.h"

#define URL "https://login.example.org/"

/* --- The provider -------------------------------------------------------- */

struct oauth_login {
	oauth_login_fn fn;
	void *arg;
	enum oauth_way way;
};

struct oauth_keeper {
	const struct oauth_keeper_events *events;
	void *arg;
	char grant[64];
};

static struct {
	struct oauth_login *login;
	struct oauth_keeper *keeper;
	unsigned starts, wants, fresh;
	char pasted[64];
} provider;

struct oauth_login *oauth_login_start(const struct gw_env *env,
	const struct oauth_client *client, enum oauth_way way,
	const char *address, oauth_login_fn fn, void *arg)
{
	(void)env, (void)client;
	assert_string_equal(address, ME);
	provider.login = xalloc(sizeof(*provider.login));
	*provider.login = (struct oauth_login){ fn, arg, way };
	provider.starts++;
	return provider.login;
}

int oauth_login_answer(
	struct oauth_login *l, const char *pasted, const char **reason_r)
{
	assert_ptr_equal(l, provider.login);
	snprintf(provider.pasted, sizeof(provider.pasted), "%s", pasted);
	*reason_r = "this is another address";
	return strcmp(pasted, "good") == 0 ? 0 : -1;
}

void oauth_login_cancel(struct oauth_login **slot)
{
	if (*slot == NULL)
		return;
	assert_ptr_equal(*slot, provider.login);
	xfree(*slot);
	*slot = provider.login = NULL;
}

struct oauth_keeper *oauth_keeper_new(const struct gw_env *env,
	const struct oauth_client *client, const char *grant,
	const struct oauth_keeper_events *events, void *arg,
	const char **reason_r)
{
	struct oauth_keeper *k;

	(void)env, (void)client;
	*reason_r = "it is damaged";
	if (strcmp(grant, "damaged") == 0)
		return NULL;
	k = provider.keeper = xalloc(sizeof(*k));
	k->events = events;
	k->arg = arg;
	snprintf(k->grant, sizeof(k->grant), "%s", grant);
	return k;
}

void oauth_keeper_want(struct oauth_keeper *k, bool fresh)
{
	assert_ptr_equal(k, provider.keeper);
	provider.wants++;
	provider.fresh += fresh;
}

void oauth_keeper_free(struct oauth_keeper **slot)
{
	if (*slot == NULL)
		return;
	xfree(*slot);
	*slot = provider.keeper = NULL;
}

/* What it says; the login is over unless it is only shown. */
static void says(struct oauth_news news)
{
	struct oauth_login *l = provider.login;

	assert_non_null(l);
	if (news.event == OAUTH_SHOW) {
		l->fn(&news, l->arg);
	} else {
		provider.login = NULL;
		l->fn(&news, l->arg);
		xfree(l);
	}
	fake_run(core, 10);
}

static void shows_code(void)
{
	says((struct oauth_news){ .event = OAUTH_SHOW,
		.url = URL,
		.code = "AB-CD",
		.expires_s = 900 });
}

static void grants(const char *grant)
{
	says((struct oauth_news){ .event = OAUTH_GRANTED, .grant = grant });
}

static void fails(const char *text, bool is_late)
{
	says((struct oauth_news){ .event = OAUTH_FAILED,
		.reason = GW_BAD_PASSWORD,
		.text = text,
		.is_late = is_late });
}

static void gives(const char *token)
{
	provider.keeper->events->token(token, provider.keeper->arg);
	fake_run(core, 10);
}

/* --- The mailbox --------------------------------------------------------- */

static int setup_with(void **state, const char *url)
{
	char config[400];

	memset(&provider, 0, sizeof(provider));
	snprintf(config, sizeof(config),
		"oauth = ( { provider = \"test\"; client_id = \"us\"; "
		"token_url = \"" URL "token\"; %s "
		"hosts = ( \"127.0.0.1\" ); } );",
		url);
	email_setup_with(state, config);
	fake_set(session, "password", "");
	return 0;
}

static int setup_device(void **state)
{
	return setup_with(state, "device_url = \"" URL "device\";");
}

static int setup_paste(void **state)
{
	return setup_with(state, "authorize_url = \"" URL "begin\";");
}

static int teardown(void **state)
{
	email_teardown(state);
	assert_null(provider.login);
	assert_null(provider.keeper);
	return 0;
}

#define DEVICE_TEST(f) \
	cmocka_unit_test_setup_teardown(f, setup_device, teardown)
#define PASTE_TEST(f) cmocka_unit_test_setup_teardown(f, setup_paste, teardown)

static struct email_session *mailbox(void)
{
	return session->impl;
}

static void open_it(void)
{
	fake_open(session);
	fake_run(core, 100);
}

static enum link_login kind_of(const struct mail_link *link)
{
	return (enum link_login)link->open.frame.numbers[2];
}

static void command_login(const char *answer)
{
	const char *const none[] = { NULL };
	size_t i = 0;

	while (strcmp(gateway_email.commands[i].name, "login") != 0)
		i++;
	gateway_email.command(session, fake_request(session), i, none);
	fake_run(core, 10);
	fake_expect(core, answer);
}

/* --- Passwords ----------------------------------------------------------- */

static void the_password_is_used(void **state)
{
	struct mail_link *link;

	(void)state;
	open_it();
	link = await_link(LINK_IMAP);
	assert_string_equal(pool_secret(link), "secret");
	assert_int_equal(kind_of(link), LOGIN_PASSWORD);
	/* Nothing waits for anything else. */
	assert_false(login_anew(mailbox()->login));
	assert_false(login_refused(mailbox()->login));
	assert_false(login_answer(mailbox()->login, 0, NULL));
}

static void without_a_password(void **state)
{
	(void)state;
	fake_set(session, "password", "");
	open_it();
	fake_expect(core,
		"closed GW_BAD_PASSWORD never The password of the mailbox is "
		"missing: give it in the form.");
}

/* What became of a link that failed so, before anything worked. */
static const char *after(enum link_error error, const char *words)
{
	open_it();
	pool_state(await_link(LINK_IMAP), LINK_FAILED, error, words);
	return fake_expect(core, "closed *");
}

static void expect_words(const char *line, const char *words)
{
	if (strstr(line, words) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", line, words);
}

static void a_password_that_is_refused(void **state)
{
	const char *line = after(LINK_REFUSED, "Invalid credentials");

	(void)state;
	expect_words(line, "closed GW_BAD_PASSWORD never The IMAP server ");
	expect_words(line, "did not accept the login: Invalid credentials");
}

static void no_mechanism_is_safe(void **state)
{
	const char *line = after(LINK_NO_WAY, "");

	(void)state;
	expect_words(line, "closed GW_NOT_ACCEPTABLE never ");
	expect_words(line, "offers no safe way to log in.");
}

static void a_server_that_is_silent(void **state)
{
	const char *line = after(LINK_LOST, "It said nothing for 60 s.");

	(void)state;
	expect_words(line, "closed GW_UNREACHABLE retry ");
	expect_words(line, "said nothing");
}

static void a_server_that_has_too_much_to_do(void **state)
{
	const char *line = after(LINK_BUSY, "Too many connections");

	(void)state;
	expect_words(line, "closed GW_BUSY slowly ");
	expect_words(line, "Too many connections");
}

/* Not even a worker that was taken over makes the stream illegal; nor do words
 * that are cut amid a character. The fake core looks. */
static void words_that_are_hostile(void **state)
{
	char words[1000] = "a";

	(void)state;
	for (size_t i = 1; i + 2 < sizeof(words); i += 2)
		memcpy(words + i, "\xc3\xa9", 3);
	after(LINK_REFUSED, words);
	fake_clear(core);
	expect_words(
		after(LINK_REFUSED, "\x1b[31m <b>&amp;\x01\xff\xfe\xed\xa0\x80"
				    "\xe2\x80\xae\r\n no"),
		"<b>&amp;");
}

static void the_second_server_refuses(void **state)
{
	(void)state;
	open_it();
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	pool_state(await_link(LINK_SMTP), LINK_FAILED, LINK_REFUSED, "No.");
	fake_expect(core, "closed GW_BAD_PASSWORD never The SMTP server *");
}

/* It worked once: a server has a bad hour, but not three. */
static void a_password_that_worked_before(void **state)
{
	(void)state;
	be_online();
	for (int i = 0; i < 2; i++) {
		pool_state(imap(), LINK_FAILED, LINK_REFUSED, "Not now.");
		fake_run(core, 10);
		assert_int_equal(fake_count(core, "closed *"), 0);
		await_link(LINK_IMAP);
	}
	pool_state(imap(), LINK_FAILED, LINK_REFUSED, "Not now.");
	fake_expect(core, "closed GW_BAD_PASSWORD never *Not now.*");
}

/* --- In the browser ------------------------------------------------------ */

static void a_code_is_shown(void **state)
{
	struct mail_link *link;

	(void)state;
	open_it();
	assert_int_equal(provider.starts, 1);
	assert_int_equal(provider.login->way, OAUTH_DEVICE);
	shows_code();
	fake_expect(core,
		"tell Open " URL " in any browser, log in, and enter the code "
		"AB-CD there. If it takes you longer than 15 minutes, send me "
		"\"login\" for a new link.");
	grants("g1");
	assert_string_equal(fake_kept(session, LOGIN_KEPT, NULL), "g1");
	assert_string_equal(provider.keeper->grant, "g1");
	assert_int_equal(provider.wants, 1);
	gives("t1");
	link = await_link(LINK_IMAP);
	assert_string_equal(pool_secret(link), "t1");
	assert_int_equal(kind_of(link), LOGIN_OAUTH);
	/* The next connection wants another. */
	pool_state(link, LINK_READY, LINK_OK, "");
	fake_run(core, 10);
	assert_int_equal(provider.wants, 2);
	gives("t2");
	link = await_link(LINK_SMTP);
	assert_string_equal(pool_secret(link), "t2");
}

static uint32_t asked(void)
{
	const char *line = fake_expect(core, "ask * Open this page*" URL "*");

	return (uint32_t)strtoul(line + 4, NULL, 10);
}

static uint32_t shows_page(void)
{
	says((struct oauth_news){
		.event = OAUTH_SHOW, .url = URL, .expires_s = 600 });
	return asked();
}

static void an_address_is_pasted(void **state)
{
	const char *const bad[] = { "bad", NULL }, *const good[] = { "good",
		NULL };
	uint32_t question;

	(void)state;
	open_it();
	assert_int_equal(provider.login->way, OAUTH_PASTE);
	question = shows_page();
	assert_false(login_answer(mailbox()->login, question + 1, good));
	gateway_email.answer(session, question, bad);
	fake_run(core, 10);
	fake_expect(core,
		"tell That did not work: this is another address. Send "
		"\"login\" to begin anew.");
	command_login("accepted * A new link follows.");
	question = shows_page();
	gateway_email.answer(session, question, good);
	fake_run(core, 10);
	assert_string_equal(provider.pasted, "good");
	grants("g1");
	gives("t1");
	assert_string_equal(pool_secret(await_link(LINK_IMAP)), "t1");
	command_login("accepted * Nothing waits for a login.");
}

static void who_declines_has_no_mailbox(void **state)
{
	(void)state;
	open_it();
	gateway_email.answer(session, shows_page(), NULL);
	fake_expect(core, "closed GW_BAD_PASSWORD never Without a login at the "
			  "provider*");
}

static void an_answer_that_comes_too_late(void **state)
{
	const char *const good[] = { "good", NULL };
	uint32_t question;

	(void)state;
	open_it();
	question = shows_page();
	fails("it took too long", true);
	fake_expect(core, "unask*");
	fake_expect(core,
		"closed GW_BAD_PASSWORD never The login at your provider "
		"failed: it took too long.");
	assert_false(login_answer(mailbox()->login, question, good));
}

static void the_old_link_is_void(void **state)
{
	(void)state;
	open_it();
	shows_page();
	command_login("accepted * A new link follows.");
	assert_int_equal(fake_count(core, "unask*"), 1);
	assert_int_equal(provider.starts, 2);
}

static void the_provider_says_no(void **state)
{
	(void)state;
	open_it();
	fails("access denied", false);
	fake_expect(core, "closed GW_BAD_PASSWORD never *: access denied.");
}

/* --- Tokens -------------------------------------------------------------- */

static void with_a_grant(void)
{
	fake_keep(session, LOGIN_KEPT, "g0");
	open_it();
	assert_string_equal(provider.keeper->grant, "g0");
	assert_int_equal(provider.starts, 0);
	gives("t0");
}

static void a_token_that_is_too_old(void **state)
{
	struct mail_link *link;

	(void)state;
	with_a_grant();
	link = await_link(LINK_IMAP);
	pool_state(link, LINK_FAILED, LINK_REFUSED, "expired");
	fake_run(core, 10);
	/* A fresh one at once, and the user hears nothing. */
	assert_int_equal(provider.fresh, 1);
	assert_int_equal(fake_count(core, "closed*"), 0);
	gives("t1");
	link = await_link(LINK_IMAP);
	assert_string_equal(pool_secret(link), "t1");
}

static void a_new_grant_is_kept(void **state)
{
	(void)state;
	with_a_grant();
	provider.keeper->events->changed("g1", provider.keeper->arg);
	assert_string_equal(fake_kept(session, LOGIN_KEPT, NULL), "g1");
}

static void no_token_for_now(void **state)
{
	(void)state;
	fake_keep(session, LOGIN_KEPT, "g0");
	open_it();
	provider.keeper->events->failed(
		"503 from login.example.org", provider.keeper->arg);
	fake_expect(core,
		"closed GW_UNREACHABLE retry Your provider gave no new "
		"permission for the mailbox: 503 from login.example.org.");
	assert_string_equal(fake_kept(session, LOGIN_KEPT, NULL), "g0");
}

static void a_grant_that_is_revoked(void **state)
{
	(void)state;
	fake_keep(session, LOGIN_KEPT, "g0");
	open_it();
	provider.keeper->events->revoked(
		"the password was changed", provider.keeper->arg);
	fake_run(core, 10);
	assert_null(fake_kept(session, LOGIN_KEPT, NULL));
	fake_expect(core, "status xa login failed: the password was changed");
	shows_code();
	fake_expect(core,
		"tell I cannot read the mailbox " ME " any more: the password "
		"was changed. Log in again. Open " URL "*AB-CD*");
	/* Who is asleep finds the word in that message. */
	fails("it took too long", true);
	fake_expect_none(core, "closed*", 1000);
	command_login("accepted * A new link follows.");
	shows_code();
	grants("g1");
	gives("t1");
	assert_string_equal(pool_secret(await_link(LINK_IMAP)), "t1");
	pool_state(imap(), LINK_READY, LINK_OK, "");
	fake_run(core, 10);
	gives("t2");
	pool_state(await_link(LINK_SMTP), LINK_READY, LINK_OK, "");
	pool_mailbox(imap(), 77, 10, FOLDERS);
	fake_expect(core, "online " ME);
	fake_expect(core, "status available");
}

/* ... while nothing wants a token: the mailbox begins anew. */
static void revoked_while_it_is_online(void **state)
{
	(void)state;
	with_a_grant();
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	fake_run(core, 10);
	gives("t0");
	pool_state(await_link(LINK_SMTP), LINK_READY, LINK_OK, "");
	pool_mailbox(imap(), 77, 10, FOLDERS);
	fake_expect(core, "online " ME);
	fake_run(core, 10);
	provider.keeper->events->revoked("gone", provider.keeper->arg);
	fake_run(core, 100);
	assert_int_equal(provider.starts, 1);
	assert_null(pool_link(LINK_IMAP));
	assert_int_equal(fake_count(core, "closed*"), 0);
	shows_code();
	fake_expect(core, "tell I cannot read the mailbox * any more: gone. *");
}

static void a_grant_that_is_damaged(void **state)
{
	(void)state;
	fake_keep(session, LOGIN_KEPT, "damaged");
	open_it();
	fake_expect(core,
		"closed GW_BAD_PASSWORD never The login at the provider has to "
		"be done again.");
	assert_null(fake_kept(session, LOGIN_KEPT, NULL));
}

static void who_wants_it_no_more_hears_nothing(void **state)
{
	(void)state;
	fake_keep(session, LOGIN_KEPT, "g0");
	open_it();
	fake_close(session, NULL);
	fake_expect_none(core, "closed*", 1000);
	assert_null(provider.keeper);
	fake_keep(session, LOGIN_KEPT, NULL);
	open_it();
	assert_non_null(provider.login);
	fake_close(session, NULL);
	assert_null(provider.login);
	login_free(&(struct login *){ NULL });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EMAIL_TEST(the_password_is_used),
		EMAIL_TEST(without_a_password),
		EMAIL_TEST(a_password_that_is_refused),
		EMAIL_TEST(no_mechanism_is_safe),
		EMAIL_TEST(a_server_that_is_silent),
		EMAIL_TEST(a_server_that_has_too_much_to_do),
		EMAIL_TEST(words_that_are_hostile),
		EMAIL_TEST(the_second_server_refuses),
		EMAIL_TEST(a_password_that_worked_before),
		DEVICE_TEST(a_code_is_shown),
		PASTE_TEST(an_address_is_pasted),
		PASTE_TEST(who_declines_has_no_mailbox),
		PASTE_TEST(an_answer_that_comes_too_late),
		PASTE_TEST(the_old_link_is_void),
		DEVICE_TEST(the_provider_says_no),
		DEVICE_TEST(a_token_that_is_too_old),
		DEVICE_TEST(a_new_grant_is_kept),
		DEVICE_TEST(no_token_for_now),
		DEVICE_TEST(a_grant_that_is_revoked),
		DEVICE_TEST(revoked_while_it_is_online),
		DEVICE_TEST(a_grant_that_is_damaged),
		DEVICE_TEST(who_wants_it_no_more_hears_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
