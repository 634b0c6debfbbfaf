/*
 * A mail to several people, of whom the server takes some and refuses others:
 * who has it never gets it again, the others are tried alone, and the user
 * hears at the end who will not get it.
 */
#include "email/email_fixture.h"

#define BOB   "bob@example.net"
#define CAROL "carol@example.net"

/* Between two lines, as the fake core writes it and its patterns want it. */
#define NL   "\\\\n"
/* What can be done when somebody is unknown (advice.h). */
#define STEP " Check the address."

#define HOUR_MS 3600000LL

static const char greylisted[] = "Come back later.";

/* To Alice, Bob and Carol. */
static gw_request sends_to_all(const char *text)
{
	static const struct gw_receiver all[] = {
		{ GW_TO, ALICE, NULL },
		{ GW_TO, BOB, NULL },
		{ GW_CC, CAROL, NULL },
	};
	gw_request r = tells((struct gw_outgoing){
		.text = text,
		.receivers = all,
		.receiver_count = COUNT(all),
	});

	fake_expect(core, about("accepted", r));
	return r;
}

static struct mail_request *leaves(void)
{
	await_request(FRAME_COMPOSE);
	pool_compose();
	return await_submit();
}

static void goes_to(const struct mail_request *r, const char *recipients)
{
	if (!slice_equals(pool_frame(r)->texts[1], recipients))
		fail_msg("goes to %.*s", (int)pool_frame(r)->texts[1].len,
			pool_frame(r)->texts[1].data);
}

/* It is tried again, and goes to these. */
static struct mail_request *goes_again_to(const char *recipients)
{
	struct mail_request *r;

	assert_null(pool_request(FRAME_SUBMIT));
	for (int i = 0; i < 200 && pool_request(FRAME_SUBMIT) == NULL; i++) {
		fake_run(core, 60000);
		if (pool_link(LINK_SMTP) != NULL &&
			!pool_was_ready(pool_link(LINK_SMTP)))
			pool_state(
				pool_link(LINK_SMTP), LINK_READY, LINK_OK, "");
	}
	r = await_submit();
	goes_to(r, recipients);
	return r;
}

static void is_taken(struct mail_request *r)
{
	pool_done(r, LINK_OK, 250, "", "");
	fake_run(core, 10);
}

static void not_now(struct mail_request *r, const char *who)
{
	pool_refused(r, who, 451, "4.7.1", greylisted);
}

static void never(struct mail_request *r, const char *who)
{
	pool_refused(r, who, 550, "5.1.1", "Unknown.");
}

static void is_copied(void)
{
	pool_done(await_request(FRAME_APPEND), LINK_OK, 1, "", "");
	fake_run(core, 10);
}

/* Nothing of it is left to do: attempts are an hour apart at most. */
static void is_over(void)
{
	fake_run(core, 2 * HOUR_MS);
	assert_null(pool_request(FRAME_SUBMIT));
	assert_null(pool_request(FRAME_APPEND));
}

static void restarts(void)
{
	fake_close(session, NULL);
	fake_clear(core);
	be_online();
}

/* The one outcome is this error. */
static void fails(gw_request r, const char *reason_and_text)
{
	char line[400];

	snprintf(line, sizeof(line), "failed %u %s", r, reason_and_text);
	fake_expect(core, line);
	assert_int_equal(fake_count(core, about("failed", r)), 1);
	assert_int_equal(fake_count(core, about("delivered", r)), 0);
}

static void hears_nothing(gw_request r)
{
	fake_run(core, 10);
	assert_int_equal(fake_count(core, about("failed", r)), 0);
	assert_int_equal(fake_count(core, about("delivered", r)), 0);
}

static void refused_for_now(void **state)
{
	(void)state;
	be_online();
	gw_request q = sends_to_all("x");
	struct mail_request *r = leaves();

	goes_to(r, ALICE "\n" BOB "\n" CAROL);
	not_now(r, BOB);
	is_taken(r);
	/* Most have it: there is a copy, and not yet a receipt. */
	is_copied();
	hears_nothing(q);
	r = goes_again_to(BOB);
	not_now(r, BOB);
	pool_done(r, LINK_NO, 451, greylisted, "");
	hears_nothing(q);
	is_taken(goes_again_to(BOB));
	fake_expect(core, about("delivered", q));
	is_over();
	assert_int_equal(fake_count(core, about("failed", q)), 0);
}

/* One will never get it, one later, one has it. */
static void three_fates(void **state)
{
	(void)state;
	be_online();
	gw_request q = sends_to_all("x");
	struct mail_request *r = leaves();

	never(r, ALICE);
	not_now(r, BOB);
	is_taken(r);
	is_copied();
	hears_nothing(q);
	is_taken(goes_again_to(BOB));
	fails(q, "GW_NO_SUCH " ALICE ": Unknown." STEP);
	is_over();
}

static void refused_in_the_end(void **state)
{
	(void)state;
	be_online();
	gw_request q = sends_to_all("x");
	struct mail_request *r = leaves();

	never(r, CAROL);
	not_now(r, BOB);
	is_taken(r);
	is_copied();
	r = goes_again_to(BOB);
	pool_refused(r, BOB, 552, "5.2.2", "Full.");
	pool_done(r, LINK_NO, 552, "Full.", "");
	fails(q, "GW_BUSY " CAROL ": Unknown." STEP NL BOB
		 ": Full. Try again in some hours.");
	is_over();
}

/* Two days, and not longer: then who refused it last is named, and why. */
static void refused_for_now_for_ever(void **state)
{
	unsigned tries = 0;

	(void)state;
	be_online();
	gw_request q = sends_to_all("x");
	struct mail_request *r = leaves();

	not_now(r, BOB);
	is_taken(r);
	is_copied();
	while (fake_count(core, about("failed", q)) == 0) {
		r = goes_again_to(BOB);
		not_now(r, BOB);
		pool_done(r, LINK_NO, 451, greylisted, "");
		fake_run(core, 10);
		tries++;
	}
	assert_true(tries > 40 && tries < 80);
	fails(q, "GW_UNREACHABLE It could not be sent for two days: " BOB
		 ": Come back later.");
	is_over();
}

/* Who is not reached for another reason is named as well. */
static void not_reached_for_ever(void **state)
{
	(void)state;
	be_online();
	gw_request q = sends_to_all("x");
	struct mail_request *r = leaves();

	never(r, ALICE);
	not_now(r, BOB);
	not_now(r, CAROL);
	pool_done(r, LINK_NO, 451, greylisted, "");
	while (fake_count(core, about("failed", q)) == 0) {
		r = goes_again_to(BOB "\n" CAROL);
		pool_done(r, LINK_LATER, 451, "Disk full.", "");
		fake_run(core, 10);
	}
	fails(q, "GW_UNREACHABLE " ALICE ": Unknown." STEP NL BOB ", " CAROL
		 ": It could not be sent for two days: Disk full.");
	is_over();
}

/* The mail itself is refused, after some recipients were. */
static void whole_is_refused(void **state)
{
	(void)state;
	be_online();
	gw_request q = sends_to_all("x");
	struct mail_request *r = leaves();

	never(r, ALICE);
	not_now(r, BOB);
	/* For now: all who can still get it. */
	pool_done(r, LINK_LATER, 451, "4.3.0 Disk full.", "");
	hears_nothing(q);
	r = goes_again_to(BOB "\n" CAROL);
	not_now(r, CAROL);
	pool_done(r, LINK_NO, 554, "5.7.1 Spam.", "");
	fails(q, "GW_POLICY " ALICE ": Unknown." STEP NL BOB ", " CAROL
		 ": 5.7.1 Spam. To send it again does not help*");
	is_over();
	/* Nobody was refused before: it is about all. */
	q = sends_to_all("y");
	r = leaves();
	not_now(r, ALICE);
	pool_done(r, LINK_NO, 554, "5.7.1 Spam.", "");
	fails(q, "GW_POLICY 5.7.1 Spam. To send it again *");
	is_over();
}

static void nobody_is_taken(void **state)
{
	(void)state;
	be_online();
	gw_request q = sends_to_all("x");
	struct mail_request *r = leaves();

	never(r, ALICE);
	not_now(r, BOB);
	never(r, CAROL);
	pool_done(r, LINK_NO, 550, "Unknown.", "");
	hears_nothing(q);
	assert_null(pool_request(FRAME_APPEND));
	r = goes_again_to(BOB);
	never(r, BOB);
	pool_done(r, LINK_NO, 550, "Unknown.", "");
	fails(q, "GW_NO_SUCH " ALICE ": Unknown." STEP NL CAROL
		 ": Unknown." STEP NL BOB ": Unknown." STEP);
	is_over();
}

/* Between the first attempt and the second, and again after the copy. */
static void restart_in_between(void **state)
{
	(void)state;
	be_online();
	gw_request q = sends_to_all("x");
	struct mail_request *r = leaves();

	never(r, ALICE);
	not_now(r, BOB);
	is_taken(r);
	await_request(FRAME_APPEND);
	restarts();
	/* Perhaps the copy was made. */
	pool_done(await_request(FRAME_SEARCH), LINK_OK, 0, "", "12");
	fake_run(core, 10);
	assert_null(pool_request(FRAME_APPEND));
	restarts();
	r = goes_again_to(BOB);
	assert_null(pool_request(FRAME_SEARCH));
	/* It died while it was sent. */
	restarts();
	is_taken(goes_again_to(BOB));
	fails(q, "GW_NO_SUCH " ALICE ": Unknown." STEP);
	is_over();
}

static void saves_sent(void)
{
	email_session_of(session)->servers.flags |= PROVIDER_SAVES_SENT;
}

/* No answer to the last byte; but it is among the sent mails: those who were
 * refused did not get it. */
static void doubt_with_refusals(void **state)
{
	(void)state;
	be_online();
	saves_sent();
	gw_request q = sends_to_all("x");
	struct mail_request *r = leaves();

	never(r, ALICE);
	not_now(r, BOB);
	pool_done(r, LINK_UNKNOWN, 0, "", "");
	fake_run(core, 60000);
	pool_done(await_request(FRAME_SEARCH), LINK_OK, 1, "", "5");
	hears_nothing(q);
	is_taken(goes_again_to(BOB));
	fails(q, "GW_NO_SUCH " ALICE ": Unknown." STEP);
	is_over();
}

/* Where it is among the sent ones anyway, that says nothing about the rest. */
static void doubt_about_the_rest(void **state)
{
	(void)state;
	be_online();
	saves_sent();
	gw_request q = sends_to_all("x");
	struct mail_request *r = leaves();

	not_now(r, BOB);
	is_taken(r);
	pool_done(goes_again_to(BOB), LINK_UNKNOWN, 0, "", "");
	r = goes_again_to(BOB);
	assert_null(pool_request(FRAME_SEARCH));
	is_taken(r);
	fake_expect(core, about("delivered", q));
	is_over();
}

/* A server that never answers the last byte is not asked for ever. */
static void doubt_has_an_end(void **state)
{
	(void)state;
	be_online();
	gw_request q = sends_to_all("x");

	pool_done(leaves(), LINK_UNKNOWN, 0, "", "");
	for (int i = 0; i < 4; i++)
		pool_done(goes_again_to(ALICE "\n" BOB "\n" CAROL),
			LINK_UNKNOWN, 0, "", "");
	fails(q, "GW_LOST * It may have arrived.");
	is_over();
}

/* Who takes mails does not wait for who refuses one. */
static void nobody_is_held_up(void **state)
{
	(void)state;
	be_online();
	sends_to_all("one");
	struct mail_request *r = leaves();

	not_now(r, BOB);
	is_taken(r);
	is_copied();
	gw_request q = sends_to_all("two");
	r = leaves();
	goes_to(r, ALICE "\n" BOB "\n" CAROL);
	is_taken(r);
	fake_expect(core, about("delivered", q));
	is_copied();
	is_taken(goes_again_to(BOB));
	is_over();
}

/* A worker can name anybody. */
static void refusals_of_strangers(void **state)
{
	(void)state;
	be_online();
	gw_request q = sends_to_all("x");
	struct mail_request *r = leaves();

	not_now(r, "mallory@example.net");
	never(r, "mallory@example.net");
	not_now(r, BOB "\n" CAROL);
	not_now(r, "");
	not_now(r, BOB);
	not_now(r, BOB);
	is_taken(r);
	is_copied();
	is_taken(goes_again_to(BOB));
	fake_expect(core, about("delivered", q));
	is_over();
}

/* The daemon was off for days: two attempts are not two days of them. */
static void off_for_days(void **state)
{
	(void)state;
	be_online();
	gw_request q = sends_to_all("x");
	struct mail_request *r = leaves();

	fake_close(session, NULL);
	fake_run(core, 72 * HOUR_MS);
	fake_clear(core);
	be_online();
	r = await_submit();
	not_now(r, BOB);
	is_taken(r);
	is_copied();
	hears_nothing(q);
	is_taken(goes_again_to(BOB));
	fake_expect(core, about("delivered", q));
}

/* What no attempt can change. */
static void unfit(void **state)
{
	static const struct {
		enum link_error error;
		unsigned code;
	} rows[] = {
		{ LINK_TOO_MUCH, 552 },
		{ LINK_BAD, 0 },
	};

	(void)state;
	be_online();
	for (size_t i = 0; i < COUNT(rows); i++) {
		gw_request q = sends_to_all("x");

		pool_done(leaves(), rows[i].error, rows[i].code, "No.", "");
		fails(q, "GW_NOT_ACCEPTABLE No. Change the message *");
		is_over();
	}
}

/* The link to the mailbox breaks while the copy is made: another one makes it,
 * and the rest goes on meanwhile. */
static void copy_is_interrupted(void **state)
{
	(void)state;
	be_online();
	sends_to_all("x");
	struct mail_request *r = leaves();

	not_now(r, BOB);
	is_taken(r);
	await_request(FRAME_APPEND);
	pool_state(imap(), LINK_FAILED, LINK_LOST, "");
	r = goes_again_to(BOB);
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	pool_mailbox(imap(), 77, 10, FOLDERS);
	is_taken(r);
	is_copied();
	is_over();
}

/* A copy whose bytes cannot be read is nothing to send again. */
static void store_fails_for_the_copy(void **state)
{
	(void)state;
	be_online();
	gw_request q = sends_to_all("x");

	is_taken(leaves());
	fake_expect(core, about("delivered", q));
	await_request(FRAME_APPEND);
	fake_close(session, NULL);
	fake_clear(core);
	fake_open(session);
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	fake_fail_store(session, true);
	pool_mailbox(imap(), 77, 10, FOLDERS);
	fake_run(core, 60000);
	fake_fail_store(session, false);
	fake_run(core, 60000);
	pool_done(await_request(FRAME_SEARCH), LINK_OK, 0, "", "");
	is_copied();
	is_over();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EMAIL_TEST(refused_for_now),
		EMAIL_TEST(three_fates),
		EMAIL_TEST(refused_in_the_end),
		EMAIL_TEST(refused_for_now_for_ever),
		EMAIL_TEST(not_reached_for_ever),
		EMAIL_TEST(whole_is_refused),
		EMAIL_TEST(nobody_is_taken),
		EMAIL_TEST(restart_in_between),
		EMAIL_TEST(doubt_with_refusals),
		EMAIL_TEST(doubt_about_the_rest),
		EMAIL_TEST(doubt_has_an_end),
		EMAIL_TEST(nobody_is_held_up),
		EMAIL_TEST(refusals_of_strangers),
		EMAIL_TEST(off_for_days),
		EMAIL_TEST(unfit),
		EMAIL_TEST(copy_is_interrupted),
		EMAIL_TEST(store_fails_for_the_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
