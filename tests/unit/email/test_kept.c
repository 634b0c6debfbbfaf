/*
 * What the user asks for by a word or a command is answered when it is kept. If
 * that fails he hears so, and nothing is changed.
 */
#include "email/choices.h"
#include "email/email_fixture.h"
#include "email/peers.h"

#define BOB   "bob@example.com"
#define CAROL "carol@example.com"

#define FAILED "failed * GW_BUSY The gateway's storage does not*Try again*"

static struct email_session *mailbox(void)
{
	return session->impl;
}

/* A word of the user's, or (the first is '!') a command. */
static void asks(const char *what)
{
	char name[40];

	if (what[0] != '!') {
		types(what);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(what + 1, " "),
		what + 1);
	runs(name, strchr(what, ' ') + 1);
}

/* Not before it is kept, and not if it is not. */
static void is_kept_first(const char *what, const char *answer)
{
	fake_run(core, 100);
	fake_clear(core);
	fake_keeping(session, FAKE_KEEPS_NOT);
	asks(what);
	fake_expect(core, FAILED);
	assert_int_equal(fake_count(core, "accepted*"), 0);
	fake_keeping(session, FAKE_KEEPS);
	fake_run(core, 100);
	fake_clear(core);
	fake_keeping(session, FAKE_KEEPS_LATER);
	asks(what);
	fake_expect_none(core, "accepted*", 20000);
	fake_keeping(session, FAKE_KEEPS);
	fake_expect(core, answer);
	assert_int_equal(fake_count(core, "failed*"), 0);
	fake_run(core, 100);
}

static void invitations_are_answered(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "Please come.");

	(void)state;
	m.event = (struct mail_event){
		.method = "REQUEST",
		.uid = "u@example.net",
		.summary = "Lunch",
		.organizer = ALICE,
		.start_ms = 1793887200000,
		.attendees = ME,
	};
	be_online();
	comes(10, &m);
	is_kept_first("accept", "accepted * You have accepted: Lunch.*");
	is_kept_first("decline", "accepted * You have declined: Lunch.*");
	/* What failed left nothing: two mails go out. */
	fake_clear(core);
	is_sent();
	is_sent();
	fake_run(core, 60000);
	assert_null(pool_request(FRAME_COMPOSE));
	assert_int_equal(fake_count(core, "*not delivered*"), 0);
}

static void lists_are_left(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "News");

	(void)state;
	be_online();
	m.unsubscribe_mail = "mailto:leave@example.net?subject=off";
	comes(10, &m);
	is_kept_first("unsubscribe", "accepted * *leave@example.net.");
	fake_clear(core);
	is_sent();
	fake_run(core, 60000);
	assert_null(pool_request(FRAME_COMPOSE));
}

static void people_are_blocked(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "one");

	(void)state;
	be_online();
	fake_keeping(session, FAKE_KEEPS_NOT);
	types("block");
	fake_expect(core, FAILED);
	fake_keeping(session, FAKE_KEEPS);
	comes(10, &m);
	fake_expect(core, "message*one*");
	is_kept_first("block", "accepted * Mails of " ALICE " are not*");
	/* Once more is nothing new, and true. */
	types("block");
	fake_expect(core, "accepted * Mails of " ALICE " are not*");
	is_kept_first("unblock", "accepted * Mails of " ALICE " are shown*");
	is_kept_first("!block " BOB, "accepted * Mails of " BOB " are not*");
	fake_keeping(session, FAKE_KEEPS_NOT);
	runs("unblock", BOB);
	fake_expect(core, FAILED);
	fake_keeping(session, FAKE_KEEPS);
	types("blocked");
	fake_expect(core, "accepted * " BOB);
}

static enum choices_place place(void)
{
	return choices_place_of(&mailbox()->choices, ALICE);
}

static void senders_are_moved(void **state)
{
	(void)state;
	be_online();
	is_kept_first("contact", "accepted * Mails of " ALICE " come from*");
	fake_keeping(session, FAKE_KEEPS_NOT);
	types("newsletter");
	fake_expect(core, FAILED);
	assert_int_equal(place(), PLACE_CONTACT);
	is_kept_first("newsletter", "accepted * Mails of " ALICE " come with*");
	assert_int_equal(place(), PLACE_NEWSLETTERS);
}

static void receipts_are_chosen(void **state)
{
	(void)state;
	be_online();
	is_kept_first("receipts on", "accepted * Who asks for it here*");
	fake_keeping(session, FAKE_KEEPS_NOT);
	types("receipts off");
	fake_expect(core, FAILED);
	assert_int_equal(peers_get(mailbox()->peers, ALICE), PEER_TELL);
	is_kept_first("receipts off", "accepted * Nobody is told here*");
}

static void choices_are_made(void **state)
{
	struct choices *c;

	(void)state;
	be_online();
	c = &mailbox()->choices;
	is_kept_first("!groups flat", "accepted * *come from their senders*");
	fake_keeping(session, FAKE_KEEPS_NOT);
	runs("groups", "rooms");
	fake_expect(core, FAILED);
	assert_true(c->flat);
	is_kept_first("!groups rooms", "accepted * *are rooms now.");
	is_kept_first("!digest 7", "accepted * Newsletters come once a day*");
	assert_int_equal(c->digest_hour, 7);
	fake_keeping(session, FAKE_KEEPS_NOT);
	runs("digest", "off");
	fake_expect(core, FAILED);
	assert_int_equal(c->digest_hour, 7);
	is_kept_first("!digest off", "accepted * Newsletters come one by one*");
}

/* The process ends while it is held, and it leaves all the same. */
static void outlives_the_process(const char *line, const char *mail)
{
	types(line);
	fake_expect(core, "accepted*");
	fake_close(session, NULL);
	be_online();
	await_request(FRAME_COMPOSE);
	pool_compose();
	assert_true(slice_equals(pool_body(await_submit()), mail));
	pool_done(pool_request(FRAME_SUBMIT), LINK_OK, 250, "", "");
	pool_done(await_request(FRAME_APPEND), LINK_OK, 1, "", "");
	fake_run(core, 100);
	fake_clear(core);
}

static void what_was_answered_is_not_lost(void **state)
{
	struct mail_address all[] = { { NULL, ME }, { NULL, BOB } };
	struct mail m = mail_from_alice("1@example.net", "one");

	(void)state;
	be_online();
	runs("groups", "flat");
	m.to = (struct mail_addresses){ all, 2, 0 };
	m.unsubscribe_mail = "mailto:leave@example.net?subject=off";
	comes(10, &m);
	fake_clear(core);
	outlives_the_process("all Hello all.",
		"Re: Lunch|alice@example.net,bob@example.com|1@example.net|"
		"Hello all.");
	outlives_the_process(
		"unsubscribe", "off|leave@example.net|-|unsubscribe");
}

/* --- Groups -------------------------------------------------------------- */

static struct gw_room *room;

static void enter(void)
{
	char name[100];
	const char *line;

	be_online();
	runs("group", BOB "\n" CAROL);
	line = fake_expect(core, "room-open g.*");
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(line + 10, ":"),
		line + 10);
	room = fake_join(session, name, NULL, NULL);
	fake_expect(
		core, "accepted * You are invited into the room.*2 people.");
	fake_run(core, 100);
}

/* Run in the room; it fails at first. */
static void changes(void (*run)(void), const char *taken_back)
{
	fake_clear(core);
	fake_keeping(session, FAKE_KEEPS_NOT);
	run();
	fake_expect(core, FAILED);
	fake_run(core, 100);
	if (taken_back != NULL && fake_count(core, taken_back) == 0)
		fail_msg("no %s", taken_back);
	fake_clear(core);
	fake_keeping(session, FAKE_KEEPS_LATER);
	run();
	fake_expect_none(core, "accepted*", 20000);
	fake_keeping(session, FAKE_KEEPS);
	fake_expect(core, "accepted*");
}

static void says(const char *line)
{
	gateway_email.slash(session, fake_request(session), room, NULL, line);
	fake_run(core, 100);
}

static void adds(void)
{
	says("add dave@example.com");
}

static void drops(void)
{
	says("drop dave");
}

static void invites(void)
{
	gateway_email.invite(
		room, fake_request(session), "erin@example.com", NULL);
	fake_run(core, 100);
}

static void kicks(void)
{
	const struct gw_moderation m = {
		.verb = GW_SET_ROLE, .nick = "erin", .role = GW_ROLE_NONE
	};

	gateway_email.moderate(room, fake_request(session), &m);
	fake_run(core, 100);
}

static void names(void)
{
	gateway_email.set_subject(room, fake_request(session), "Picnic");
	fake_run(core, 100);
}

static void groups_are_changed(void **state)
{
	(void)state;
	enter();
	changes(adds, "*: gone dave left*");
	changes(drops, "*: occupant dave *");
	changes(invites, "*: gone erin left*");
	changes(kicks, "*: occupant erin *");
	changes(names, "*: subject*: ");
	says("who");
	fake_expect(core, "accepted * *bob*carol*");
	assert_int_equal(fake_count(core, "accepted * *dave*"), 0);
}

static void groups_are_begun(void **state)
{
	(void)state;
	be_online();
	fake_keeping(session, FAKE_KEEPS_LATER);
	runs("group", BOB "\n" CAROL);
	const char *line = fake_expect(core, "room-open g.*");
	char name[100];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(line + 10, ":"),
		line + 10);
	room = fake_join(session, name, NULL, NULL);
	fake_expect_none(core, "accepted*", 20000);
	fake_keeping(session, FAKE_KEEPS);
	fake_expect(core, "accepted * You are invited into the room.*");
	/* It is there, but whether that is kept is another matter. */
	fake_keeping(session, FAKE_KEEPS_NOT);
	runs("group", BOB "\n" CAROL);
	fake_expect(core, FAILED);
}

/* --- What cannot be read ------------------------------------------------- */

static void what_cannot_be_read_is_said(void **state)
{
	static const char *const words[] = { "who", "full", "accept", "all x",
		"unsubscribe", "fetch" };

	(void)state;
	be_online();
	fake_run(core, 100);
	fake_fail_store(session, true);
	for (size_t i = 0; i < COUNT(words); i++) {
		types(words[i]);
		fake_expect(core, FAILED);
	}
	gateway_email.slash(
		session, fake_request(session), NULL, "newsletters", "contact");
	fake_expect(core, FAILED);
	fake_fail_store(session, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EMAIL_TEST(invitations_are_answered),
		EMAIL_TEST(lists_are_left),
		EMAIL_TEST(people_are_blocked),
		EMAIL_TEST(senders_are_moved),
		EMAIL_TEST(receipts_are_chosen),
		EMAIL_TEST(choices_are_made),
		EMAIL_TEST(what_was_answered_is_not_lost),
		EMAIL_TEST(groups_are_changed),
		EMAIL_TEST(groups_are_begun),
		EMAIL_TEST(what_cannot_be_read_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
