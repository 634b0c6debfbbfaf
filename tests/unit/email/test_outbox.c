/*
 * What is held, corrected, withdrawn, sent again, refused, and what a restart
 * finds.
 */
#include "email/email_fixture.h"

static gw_request sends(const char *text)
{
	gw_request r = fake_send(session, ALICE, text);

	fake_expect(core, about("accepted", r));
	return r;
}

static gw_request revises(
	const char *text, const char *replaces, const char *retracts)
{
	return tells((struct gw_outgoing){
		.text = text,
		.replaces = replaces,
		.retracts = retracts,
	});
}

static gw_request sends_as(const char *text, const char *id)
{
	gw_request r = tells((struct gw_outgoing){
		.text = text,
		.id = id,
	});

	fake_expect(core, about("accepted", r));
	return r;
}

/* The mail that is about to leave, as pool_compose() wrote it. */
static struct mail_request *leaves(const char *expected)
{
	struct mail_request *r;

	await_request(FRAME_COMPOSE);
	pool_compose();
	r = await_submit();
	if (!slice_equals(pool_body(r), expected))
		fail_msg("%.*s", (int)pool_body(r).len, pool_body(r).data);
	return r;
}

/* The same bytes again, after the first attempt. */
static struct mail_request *leaves_again(int attempt, const char *text)
{
	struct mail_request *r;

	if (attempt == 0) {
		await_request(FRAME_COMPOSE);
		pool_compose();
	} else {
		fake_run(core, 600000);
	}
	r = await_submit();
	assert_non_null(memmem(
		pool_body(r).data, pool_body(r).len, text, strlen(text)));
	return r;
}

/* Its worker is gone. */
static void drop_smtp(void)
{
	if (pool_link(LINK_SMTP) != NULL)
		pool_crash(pool_link(LINK_SMTP), false, 0);
	fake_run(core, 10);
}

static void is_taken(struct mail_request *r)
{
	pool_done(r, LINK_OK, 250, "", "");
	pool_done(await_request(FRAME_APPEND), LINK_OK, 1, "", "");
	fake_run(core, 10);
}

static void lines_become_one(void **state)
{
	(void)state;
	be_online();
	gw_request a = sends("one");
	fake_run(core, 15000);
	gw_request b = sends("two");
	fake_run(core, 15000);
	assert_null(pool_request(FRAME_COMPOSE));
	struct mail_request *r = leaves("one|" ALICE "|-|one\ntwo");
	is_taken(r);
	fake_expect(core, about("delivered", a));
	fake_expect(core, about("delivered", b));
}

static void typing_is_waited_for(void **state)
{
	(void)state;
	be_online();
	sends("one");
	fake_run(core, 15000);
	gateway_email.typing(session, NULL, ALICE, true);
	fake_run(core, 60000);
	assert_null(pool_request(FRAME_COMPOSE));
	gateway_email.typing(session, NULL, ALICE, false);
	fake_run(core, 19000);
	assert_null(pool_request(FRAME_COMPOSE));
	is_taken(leaves("one|" ALICE "|-|one"));
	/* Nobody types for ever. */
	sends("two");
	for (int i = 0; i < 20; i++) {
		gateway_email.typing(session, NULL, ALICE, true);
		fake_run(core, 10000);
	}
	assert_non_null(pool_request(FRAME_COMPOSE));
}

static void is_corrected(void **state)
{
	(void)state;
	be_online();
	gw_request a = sends_as("helo", "m1");
	gw_request b = revises("hello", "m1", NULL);
	fake_expect(core, about("accepted", b));
	struct mail_request *r = leaves("hello|" ALICE "|-|hello");
	pool_done(r, LINK_OK, 250, "", "");
	fake_expect(core, about("delivered", a));
	pool_done(await_request(FRAME_APPEND), LINK_OK, 1, "", "");
	/* Too late: it is a mail of its own, if he wants, in the same thread. */
	static const char *const yes[] = { "1" };
	gw_request c = revises("hello!", "m1", NULL);
	uint32_t question = (uint32_t)strtoul(
		fake_expect(core, "ask *") + strlen("ask "), NULL, 10);
	gateway_email.answer(session, question, yes);
	fake_expect(core, about("accepted", c));
	await_request(FRAME_COMPOSE);
	pool_compose();
	r = await_submit();
	assert_non_null(strstr(pool_body(r).data, "Correction: hello!"));
	assert_true(strncmp(pool_body(r).data, "Re: hello|", 10) == 0);
}

static void is_withdrawn(void **state)
{
	(void)state;
	be_online();
	sends_as("one", "m1");
	sends_as("two", "m2");
	gw_request r = revises("", NULL, "m1");
	fake_expect(core, about("accepted", r));
	is_taken(leaves("two|" ALICE "|-|two"));
	/* All of it: nothing leaves, nothing stays. */
	sends_as("three", "m3");
	r = revises("", NULL, "m3");
	fake_expect(core, about("accepted", r));
	fake_run(core, 60000);
	assert_null(pool_request(FRAME_COMPOSE));
	r = revises("", NULL, "m2");
	fake_expect(core, about("failed", r));
}

/* Refusals, and what becomes of the message. */
static void is_refused(void **state)
{
	static const struct {
		unsigned code;
		const char *status, *outcome;
	} rows[] = {
		{ 550, "5.1.1", "GW_NO_SUCH No. Check the address." },
		{ 552, "5.2.2", "GW_BUSY No. Try again *" },
		{ 554, "5.7.1",
			"GW_POLICY No. To send it again does not help*" },
		{ 550, "5.1.2", "GW_NO_HOST No. Check what is behind the @*" },
	};

	(void)state;
	be_online();
	for (size_t i = 0; i < COUNT(rows); i++) {
		char expected[100];
		gw_request q = sends("x");

		await_request(FRAME_COMPOSE);
		pool_compose();
		fake_run(core, 50);
		if (pool_request(FRAME_SUBMIT) == NULL)
			pool_state(
				await_link(LINK_SMTP), LINK_READY, LINK_OK, "");
		struct mail_request *r = await_submit();

		pool_refused(r, ALICE, rows[i].code, rows[i].status, "No.");
		pool_done(r, LINK_NO, rows[i].code, "No.", "");
		snprintf(expected, sizeof(expected), "failed %u %s", q,
			rows[i].outcome);
		fake_expect(core, expected);
	}
	fake_run(core, 1000);
	assert_null(pool_request(FRAME_APPEND));
}

/* Refused for now: again and again for two days, then it is said why not. */
static void is_tried_again(void **state)
{
	unsigned tries = 0;

	(void)state;
	be_online();
	gw_request q = sends("x");

	await_request(FRAME_COMPOSE);
	pool_compose();
	for (int hour = 0; hour < 60 * 60; hour++) {
		struct mail_request *r;

		fake_run(core, 60000);
		if (pool_link(LINK_SMTP) != NULL &&
			pool_request(FRAME_SUBMIT) == NULL)
			pool_state(
				pool_link(LINK_SMTP), LINK_READY, LINK_OK, "");
		r = pool_request(FRAME_SUBMIT);
		if (r == NULL)
			continue;
		assert_true(slice_equals(pool_body(r), "x|" ALICE "|-|x"));
		tries++;
		pool_done(r, LINK_LATER, 451, "4.7.1 Greylisted", "");
		if (fake_count(core, about("failed", q)) > 0)
			break;
	}
	assert_true(tries > 20 && tries < 80);
	fake_expect(core, about("failed", q));
}

/* The answer to the last byte is lost: the same bytes go out again. */
static void answer_is_lost(void **state)
{
	(void)state;
	be_online();
	gw_request q = sends("x");
	struct mail_request *r = leaves("x|" ALICE "|-|x");

	pool_state(pool_link(LINK_SMTP), LINK_FAILED, LINK_LOST, "");
	fake_run(core, 30000);
	assert_null(pool_request(FRAME_SUBMIT));
	r = await_submit();
	assert_true(slice_equals(pool_body(r), "x|" ALICE "|-|x"));
	pool_done(r, LINK_OK, 250, "", "");
	fake_expect(core, about("delivered", q));
}

static void again(void)
{
	fake_close(session, NULL);
	fake_clear(core);
	be_online();
}

/* A restart at each step: nothing is lost, and nothing is said twice but what
 * nobody can know. */
static void restarts(void **state)
{
	struct mail_request *r;

	(void)state;
	be_online();
	/* Held. */
	gw_request q = sends("x");
	again();
	r = leaves("x|" ALICE "|-|x");
	/* Being sent. */
	again();
	r = await_submit();
	assert_true(slice_equals(pool_body(r), "x|" ALICE "|-|x"));
	pool_done(r, LINK_OK, 250, "", "");
	fake_expect(core, about("delivered", q));
	/* Sent; perhaps there is a copy. */
	again();
	r = await_request(FRAME_SEARCH);
	assert_true(slice_equals(pool_frame(r)->texts[0], "Sent"));
	pool_done(r, LINK_OK, 0, "", "");
	r = await_request(FRAME_APPEND);
	assert_true(slice_equals(pool_body(r), "x|" ALICE "|-|x"));
	assert_null(pool_request(FRAME_SUBMIT));
	pool_done(r, LINK_OK, 1, "", "");
	fake_run(core, 1000);
	again();
	fake_run(core, 60000);
	assert_null(pool_request(FRAME_APPEND));
	assert_null(pool_request(FRAME_SUBMIT));
}

/* It died after the copy was made: there is one already. */
static void is_saved_once(void **state)
{
	(void)state;
	be_online();
	sends("x");
	pool_done(leaves("x|" ALICE "|-|x"), LINK_OK, 250, "", "");
	await_request(FRAME_APPEND);
	again();
	pool_done(await_request(FRAME_SEARCH), LINK_OK, 0, "", "12");
	fake_run(core, 60000);
	assert_null(pool_request(FRAME_APPEND));
	again();
	fake_run(core, 60000);
	assert_null(pool_request(FRAME_SEARCH));
}

static void store_fails(void **state)
{
	(void)state;
	be_online();
	fake_fail_store(session, true);
	gw_request q = fake_send(session, ALICE, "x");

	fake_expect(core, about("failed", q));
	fake_fail_store(session, false);
	sends("y");
	leaves("y|" ALICE "|-|y");
}

static void order_is_kept(void **state)
{
	(void)state;
	be_online();
	sends("first");
	struct mail_request *r = leaves("first|" ALICE "|-|first");

	pool_done(r, LINK_LATER, 451, "Later", "");
	sends("second");
	await_request(FRAME_COMPOSE);
	pool_compose();
	r = await_submit();
	assert_non_null(strstr(pool_body(r).data, "first"));
}

static void worker_dies_while_it_writes(void **state)
{
	(void)state;
	be_online();
	gw_request r = sends("one");

	/* Of others: it is written again, but not without a pause. */
	for (int i = 0; i < 5; i++) {
		pool_crash_request(
			await_request(FRAME_COMPOSE), LINK_CRASHED, false);
		fake_run(core, 100);
		assert_null(pool_request(FRAME_COMPOSE));
	}
	pool_crash_request(await_request(FRAME_COMPOSE), LINK_CRASHED, true);
	await_request(FRAME_COMPOSE);
	assert_int_equal(fake_count(core, "failed*"), 0);
	/* A restart does not begin to count anew. */
	fake_close(session, NULL);
	fake_open(session);
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	pool_crash_request(await_request(FRAME_COMPOSE), LINK_CRASHED, true);
	fake_expect(core, about("failed", r));
	fake_run(core, 60000);
	assert_null(pool_request(FRAME_COMPOSE));
}

static void worker_dies_while_it_sends(void **state)
{
	(void)state;
	be_online();
	gw_request a = sends("one");

	for (int i = 0; i < 4; i++) {
		pool_crash_request(
			leaves_again(i, "|one"), LINK_CRASHED, i % 2 == 1);
		assert_int_equal(fake_count(core, about("failed", a)), i == 3);
		drop_smtp();
	}
	/* The next one leaves, and may have left. */
	gw_request b = sends("two");
	for (int i = 0; i < 2; i++) {
		pool_crash_request(leaves_again(i, "|two"), LINK_UNKNOWN, true);
		drop_smtp();
	}
	fake_expect(core, about("failed", b));
}

/* The mail may have left: it is looked for, and found under this key, or (NULL)
 * not at all. */
static void is_doubted(struct mail_request *submit, const char *found)
{
	static const char *const keys[] = { "MESSAGE-ID\n",
		"ORIGINAL-MESSAGE-ID\n" };

	pool_done(submit, LINK_UNKNOWN, 0, "", "");
	fake_run(core, 120000);
	for (size_t i = 0; i < COUNT(keys); i++) {
		struct mail_request *r = await_request(FRAME_SEARCH);
		const struct frame *f = pool_frame(r);
		bool is_found = text_equals(found, keys[i]);

		assert_true(slice_equals(f->texts[0], "Sent"));
		assert_memory_equal(f->texts[1].data, keys[i], strlen(keys[i]));
		assert_null(pool_request(FRAME_SUBMIT));
		pool_done(r, LINK_OK, is_found, "", is_found ? "5" : "");
		if (is_found)
			return;
	}
}

/* Providers that save what they send know. */
static void is_looked_for_first(void **state)
{
	static const char *const keys[] = { "MESSAGE-ID\n",
		"ORIGINAL-MESSAGE-ID\n" };

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		be_online();
		email_session_of(session)->servers.flags |= PROVIDER_SAVES_SENT;
		gw_request q = fake_send(session,
			i == 0 ? "a@example.net" : "b@example.net", "x");

		fake_expect(core, about("accepted", q));
		is_doubted(leaves(i == 0 ? "x|a@example.net|-|x"
					 : "x|b@example.net|-|x"),
			NULL);
		is_doubted(await_submit(), keys[i]);
		fake_expect(core, about("delivered", q));
		fake_run(core, 200000);
		assert_null(pool_request(FRAME_SUBMIT));
		assert_null(pool_request(FRAME_APPEND));
		again();
		fake_close(session, NULL);
	}
	be_online();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EMAIL_TEST(lines_become_one),
		EMAIL_TEST(typing_is_waited_for),
		EMAIL_TEST(is_corrected),
		EMAIL_TEST(is_withdrawn),
		EMAIL_TEST(is_refused),
		EMAIL_TEST(is_tried_again),
		EMAIL_TEST(answer_is_lost),
		EMAIL_TEST(restarts),
		EMAIL_TEST(is_saved_once),
		EMAIL_TEST(store_fails),
		EMAIL_TEST(order_is_kept),
		EMAIL_TEST(worker_dies_while_it_writes),
		EMAIL_TEST(worker_dies_while_it_sends),
		EMAIL_TEST(is_looked_for_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
