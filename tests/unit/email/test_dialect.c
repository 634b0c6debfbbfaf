/*
 * People whose programs understand more than text: Delta Chat's groups,
 * corrections and withdrawals, both ways.
 */
#include "email/email_fixture.h"

#define PENCIL "\xe2\x9c\x8f\xef\xb8\x8f"

static char line[300];

static gw_request says(struct gw_room *room, const char *text, const char *id,
	const char *replaces, const char *retracts)
{
	return tells((struct gw_outgoing){
		.room = room,
		.text = text,
		.id = id,
		.replaces = replaces,
		.retracts = retracts,
	});
}

static const char *replaces(const char *what, const char *id)
{
	snprintf(line, sizeof(line), "%s*%s*", what, id);
	return line;
}

static void others_correct(void **state)
{
	struct mail m = chat_mail("1@example.net", "Helo");
	char id[40];

	(void)state;
	be_online();
	comes(10, &m);
	take_id(fake_expect(core, "message " ALICE ": *Helo*"), id);
	m = chat_mail("2@example.net", "Hello");
	m.chat_edit = "1@example.net";
	comes(11, &m);
	fake_expect(core, replaces("message " ALICE ": Hello*replaces=", id));
	m = chat_mail("3@example.net", "\xf0\x9f\x9a\xae");
	m.chat_delete = "9@example.net 1@example.net";
	comes(12, &m);
	fake_expect(core, replaces("message " ALICE ":*retracts=", id));
	/* They are read: there is nothing to see in them. */
	fake_run(core, 3000);
	const struct mail_request *r = await_request(FRAME_STORE);
	assert_true(slice_equals(pool_frame(r)->texts[0], "11,12"));
}

static void nobody_corrects_others(void **state)
{
	struct mail m = chat_mail("1@example.net", "Mine");

	(void)state;
	be_online();
	comes(10, &m);
	fake_expect(core, "message " ALICE ": *Mine*");
	m = chat_mail("2@example.net", "Changed");
	m.from = (struct mail_address){ NULL, "mallory@example.net" };
	m.chat_edit = "1@example.net";
	comes(11, &m);
	fake_expect(core, "message mallory@example.net: *Changed*");
	m = chat_mail("3@example.net", "Forged");
	m.warnings = MAIL_NOT_AUTHENTIC;
	m.chat_edit = "1@example.net";
	comes(12, &m);
	fake_expect(core, "message " ALICE ": *Forged*");
	m = chat_mail("4@example.net", "Gone");
	m.chat_delete = "8@example.net";
	comes(13, &m);
	fake_expect(core, "message " ALICE ": *Gone*");
	assert_int_equal(fake_count(core, "*replaces=*"), 0);
	assert_int_equal(fake_count(core, "*retracts=*"), 0);
}

static void is_corrected_there(void **state)
{
	struct mail m = chat_mail("1@example.net", "Hi");

	(void)state;
	be_online();
	comes(10, &m);
	says(NULL, "one", "m1", NULL, NULL);
	says(NULL, "tow", "m2", NULL, NULL);
	const struct draft *d = next_draft();
	assert_true(d->is_chat);
	assert_string_equal(d->text, "one\ntow");
	char sent[100];
	snprintf(sent, sizeof(sent), "%s", d->message_id);
	is_sent();
	gw_request r = says(NULL, "two", "m3", "m2", NULL);
	d = next_draft();
	assert_string_equal(d->text, PENCIL "one\ntwo");
	assert_string_equal(d->chat_edit, sent);
	assert_string_equal(d->in_reply_to, sent);
	is_sent();
	fake_expect(core, about("delivered", r));
	/* The correction is corrected, the other line taken back. */
	says(NULL, "2", "m4", "m3", NULL);
	assert_string_equal(next_draft()->text, PENCIL "one\n2");
	is_sent();
	says(NULL, "", NULL, NULL, "m1");
	d = next_draft();
	assert_string_equal(d->text, PENCIL "2");
	assert_string_equal(d->chat_edit, sent);
	assert_null(d->chat_delete);
	is_sent();
	says(NULL, "", NULL, NULL, "m2");
	d = next_draft();
	assert_string_equal(d->chat_edit, sent);
	assert_string_equal(d->chat_delete, sent);
	is_sent();
	/* What is said next goes on with the last message. */
	says(NULL, "more", "m5", NULL, NULL);
	assert_string_equal(next_draft()->in_reply_to, sent);
	is_sent();
}

static void who_has_left_delta_chat(void **state)
{
	struct mail m = chat_mail("1@example.net", "Hi");

	(void)state;
	be_online();
	comes(10, &m);
	says(NULL, "one", "m1", NULL, NULL);
	assert_true(next_draft()->is_chat);
	is_sent();
	m = mail_from_alice("2@example.net", "From my office");
	comes(11, &m);
	gw_request r = says(NULL, "", NULL, NULL, "m1");
	fake_expect(core, about("failed", r));
	says(NULL, "two", "m2", NULL, NULL);
	assert_false(next_draft()->is_chat);
	is_sent();
}

static uint32_t asked(void)
{
	const char *found = fake_expect(core, "ask *");
	uint32_t question = 0;

	assert_int_equal(sscanf(found, "ask %u", &question), 1);
	return question;
}

static void others_are_asked_about(void **state)
{
	const char *yes[] = { "1" }, *no[] = { "0" };

	(void)state;
	be_online();
	says(NULL, "helo", "m1", NULL, NULL);
	assert_false(next_draft()->is_chat);
	is_sent();
	gw_request r = says(NULL, "hello", "m2", "m1", NULL);
	gateway_email.answer(session, asked(), no);
	fake_expect(core, about("failed", r));
	r = says(NULL, "hello", "m3", "m1", NULL);
	gateway_email.answer(session, asked(), yes);
	fake_expect(core, about("accepted", r));
	assert_string_equal(next_draft()->text, "Correction: hello");
	is_sent();
	/* No answer is one. */
	r = says(NULL, "hello", "m4", "m1", NULL);
	asked();
	fake_wait(core, about("failed", r), 700000);
}

/* --- Reactions ----------------------------------------------------------- */

static gw_request reacts(struct gw_room *room, const char *text, const char *to)
{
	return tells((struct gw_outgoing){
		.room = room,
		.text = text,
		.reaction = true,
		.reply_to = to,
	});
}

static bool may_react(struct gw_room *room)
{
	return (gateway_email.caps_of(
			session, room, room != NULL ? NULL : ALICE) &
		       GW_CAP_REACT) != 0;
}

static void who_shows_reactions(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "Lunch?");
	char id[40], own[40];

	(void)state;
	be_online();
	comes(10, &m);
	take_id(fake_expect(core, "message " ALICE ": *Lunch?*"), id);
	/* Nobody gets a mail for each thumb who would not see one. */
	assert_false(may_react(NULL));
	gw_request r = reacts(NULL, "+", id);
	fake_expect(core, about("failed", r));
	says(NULL, "Yes", "m1", NULL, NULL);
	snprintf(own, sizeof(own), "%s", next_draft()->message_id);
	is_sent();
	m = mail_from_alice("2@example.net", "");
	m.kind = MAIL_REACTION;
	m.reactions = "+";
	m.in_reply_to = own;
	comes(11, &m);
	memory_id(own, own);
	fake_expect(core, "changed " ALICE);
	fake_expect(core, replaces("reaction " ALICE ": +*reply=", own));
	assert_true(may_react(NULL));
	/* Changed while it is held. */
	r = reacts(NULL, "-", id);
	gw_request second = reacts(NULL, "- +", id);
	const struct draft *d = next_draft();
	assert_string_equal(d->reaction, "- +");
	assert_string_equal(d->in_reply_to, "1@example.net");
	assert_false(d->is_chat);
	is_sent();
	fake_expect(core, about("delivered", r));
	fake_expect(core, about("delivered", second));
	/* Only Delta Chat knows how to take one back. */
	r = reacts(NULL, "", id);
	fake_wait(core, about("failed", r), 60000);
	m = chat_mail("3@example.net", "Delta now");
	comes(12, &m);
	reacts(NULL, "", id);
	d = next_draft();
	assert_string_equal(d->reaction, " ");
	assert_true(d->is_chat);
	is_sent();
	/* After a restart it is known. */
	fake_close(session, NULL);
	fake_open(session);
	fake_run(core, 100);
	assert_true(may_react(NULL));
}

/* --- Having read --------------------------------------------------------- */

static void who_is_told_what_was_read(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "Read this");
	char first[40], second[40];

	(void)state;
	be_online();
	m.wants_receipt = ALICE;
	comes(10, &m);
	take_id(fake_expect(core, "message " ALICE ": *Read this*"), first);
	/* Not without having been asked whether he wants that. */
	gateway_email.displayed(session, NULL, ALICE, first);
	fake_run(core, 60000);
	assert_null(pool_request(FRAME_COMPOSE));
	types("receipts on");
	fake_expect(core, "accepted * Who asks for it*");
	gateway_email.displayed(session, NULL, ALICE, first);
	const struct draft *d = next_draft();
	assert_true(d->is_receipt);
	assert_string_equal(d->in_reply_to, "1@example.net");
	assert_int_equal(d->to.count, 1);
	assert_string_equal(d->to.items[0].address, ALICE);
	is_sent();
	/* Once. */
	gateway_email.displayed(session, NULL, ALICE, first);
	fake_run(core, 60000);
	assert_null(pool_request(FRAME_COMPOSE));
	/* Somebody else is none of his business. */
	m = mail_from_alice("2@example.net", "And this");
	m.wants_receipt = "boss@example.net";
	comes(11, &m);
	take_id(fake_expect(core, "message " ALICE ": *And this*"), second);
	gateway_email.displayed(session, NULL, ALICE, second);
	fake_run(core, 60000);
	assert_null(pool_request(FRAME_COMPOSE));
	/* For all but her. */
	fake_set(session, "tell_read", "1");
	types("receipts off");
	fake_expect(core, "accepted * Nobody is told*");
	m = mail_from_alice("3@example.net", "Or this");
	m.wants_receipt = ALICE;
	comes(12, &m);
	take_id(fake_expect(core, "message " ALICE ": *Or this*"), second);
	gateway_email.displayed(session, NULL, ALICE, second);
	fake_run(core, 60000);
	assert_null(pool_request(FRAME_COMPOSE));
}

static void asks_what_was_read(void **state)
{
	struct mail m = mail_from_alice("9@example.net", "");

	(void)state;
	be_online();
	says(NULL, "one", "m1", NULL, NULL);
	assert_null(next_draft()->receipt_to);
	is_sent();
	fake_set(session, "ask_read", "1");
	gw_request r = says(NULL, "two", "m2", NULL, NULL);
	const struct draft *d = next_draft();
	assert_string_equal(d->receipt_to, ME);
	m.kind = MAIL_RECEIPT;
	m.report.message_id = d->message_id;
	is_sent();
	/* Only of who got it. */
	struct mail other = m;
	other.from.address = "mallory@example.net";
	comes(10, &other);
	assert_int_equal(fake_count(core, about("displayed", r)), 0);
	comes(11, &m);
	fake_expect(core, about("displayed", r));
}

static int setup_dsn(void **state)
{
	return email_setup_with(state, "hold = 20; receipt = \"dsn\";");
}

static void arrives_when_it_is_reported(void **state)
{
	struct mail m = mail_from_alice("9@example.net", "");

	(void)state;
	be_online();
	gw_request r = says(NULL, "one", "m1", NULL, NULL);
	m.kind = MAIL_DELIVERED;
	m.from.address = "mailer-daemon@example.org";
	m.report.message_id = next_draft()->message_id;
	pool_compose();
	struct mail_request *submit = await_submit();
	assert_true((pool_frame(submit)->numbers[1] & SUBMIT_DSN) != 0);
	pool_done(submit, LINK_OK, 250, "", "");
	pool_done(await_request(FRAME_APPEND), LINK_OK, 1, "", "");
	fake_run(core, 10);
	assert_int_equal(fake_count(core, about("delivered", r)), 0);
	comes(10, &m);
	fake_expect(core, about("delivered", r));
	assert_int_equal(fake_count(core, "message *"), 0);
}

static int setup_never(void **state)
{
	return email_setup_with(state, "hold = 20; receipt = \"never\";");
}

static void arrives_without_a_word(void **state)
{
	(void)state;
	be_online();
	gw_request r = says(NULL, "one", "m1", NULL, NULL);
	next_draft();
	pool_compose();
	struct mail_request *submit = await_submit();
	assert_true((pool_frame(submit)->numbers[1] & SUBMIT_DSN) == 0);
	pool_done(submit, LINK_OK, 250, "", "");
	pool_done(await_request(FRAME_APPEND), LINK_OK, 1, "", "");
	fake_run(core, 1000);
	assert_int_equal(fake_count(core, about("delivered", r)), 0);
}

/* --- His own name -------------------------------------------------------- */

static void bears_a_name(void **state)
{
	(void)state;
	be_online();
	fake_user_name(core, "Alice Liddell");
	fake_send(session, ALICE, "Who am I?");
	assert_string_equal(next_draft()->from.name, "Alice Liddell");
}

/* --- Pictures ------------------------------------------------------------ */

static const struct gw_photo *photo_of_alice(void)
{
	static struct gw_photo photo;

	photo = (struct gw_photo){ .sha1 = "" };
	gateway_email.photo_of(session, ALICE, &photo);
	return &photo;
}

static void has_a_picture(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "Me");

	(void)state;
	be_online();
	assert_string_equal(photo_of_alice()->sha1, "");
	m.photo = "iVBORw0KGgo=";
	m.photo_type = "image/png";
	m.photo_width = m.photo_height = 48;
	comes(10, &m);
	fake_expect(core, "changed " ALICE);
	/* Of the bytes, not of how they are written. */
	assert_string_equal(photo_of_alice()->sha1,
		"4caece539b039b16e16206ea2478f8c5ffb2ca05");
	assert_string_equal(photo_of_alice()->type, "image/png");
	assert_int_equal(photo_of_alice()->bytes, 8);
	assert_int_equal(photo_of_alice()->width, 48);
	gateway_email.lookup(session, fake_request(session), GW_PROFILE, ALICE);
	fake_expect(core, "item * photo=image/png;iVBORw0KGgo=*");
	/* The same again is no news, a forged one none either. */
	m = mail_from_alice("2@example.net", "Me again");
	m.photo = "iVBORw0KGgo=";
	m.photo_type = "image/png";
	comes(11, &m);
	m = mail_from_alice("3@example.net", "Not me");
	m.photo = "iVBORw0KGgoA";
	m.photo_type = "image/png";
	m.warnings = MAIL_NOT_AUTHENTIC;
	comes(12, &m);
	assert_int_equal(fake_count(core, "changed *"), 1);
	fake_close(session, NULL);
	fake_open(session);
	fake_run(core, 100);
	assert_string_equal(photo_of_alice()->sha1,
		"4caece539b039b16e16206ea2478f8c5ffb2ca05");
	assert_string_equal(photo_of_alice()->type, "image/png");
	assert_int_equal(photo_of_alice()->bytes, 8);
	assert_int_equal(photo_of_alice()->height, 48);
}

static void has_none_any_more(void **state)
{
	struct mail m = mail_from_alice("1@example.net", "Me");

	(void)state;
	be_online();
	m.photo = "iVBORw0KGgo=";
	m.photo_type = "image/png";
	comes(10, &m);
	m = mail_from_alice("2@example.net", "Somebody else");
	m.is_photo_gone = true;
	m.warnings = MAIL_NOT_AUTHENTIC;
	comes(11, &m);
	assert_string_not_equal(photo_of_alice()->sha1, "");
	m = mail_from_alice("3@example.net", "Not me any more");
	m.is_photo_gone = true;
	comes(12, &m);
	assert_string_equal(photo_of_alice()->sha1, "");
	assert_int_equal(fake_count(core, "changed *"), 2);
	gateway_email.lookup(session, fake_request(session), GW_PROFILE, ALICE);
	fake_run(core, 100);
	assert_int_equal(fake_count(core, "item * photo=*"), 0);
	m = mail_from_alice("4@example.net", "Still not");
	m.is_photo_gone = true;
	comes(13, &m);
	assert_int_equal(fake_count(core, "changed *"), 2);
}

/* --- Groups -------------------------------------------------------------- */

static struct mail team_mail(
	const char *id, const char *text, const char *name, size_t count)
{
	struct mail m = group_mail(id, text, name, count);

	m.chat_group_id = "AbcDef";
	return m;
}

static void a_group_stays_one(void **state)
{
	struct mail m = team_mail("1@example.net", "All?", "Team", 3);
	char id[40];

	(void)state;
	be_online();
	comes(10, &m);
	struct gw_room *room = enter_group("*");
	fake_expect(core, "*title=Team");
	take_id(fake_expect(core, "*message Alice: *All?*"), id);
	/* Fewer people, another name, corrected. */
	m = team_mail("2@example.net", "Few", "Crew", 2);
	comes(11, &m);
	fake_expect(core, "*Carol <carol@example.com> was left out.*");
	fake_expect(core, "*title=Crew");
	fake_expect(core, "*message Alice: *Few*");
	m = team_mail("3@example.net", "All!", "Crew", 2);
	m.chat_edit = "1@example.net";
	comes(12, &m);
	fake_expect(core, replaces("*message Alice: All!*replaces=", id));
	snprintf(line, sizeof(line), "room-open %s*", room->name);
	assert_int_equal(
		fake_count(core, "room-open *"), fake_count(core, line));
	/* In rooms, all have to show reactions. */
	assert_false(may_react(room));
	m = team_mail("5@example.net", "Me too", "Crew", 2);
	m.from = people[1];
	people[1] = (struct mail_address){ "Alice", ALICE };
	comes(13, &m);
	people[1] = m.from;
	fake_expect(core, "*message Bob: *Me too*");
	assert_true(may_react(room));
	reacts(room, "+", id);
	assert_string_equal(next_draft()->reaction, "+");
	is_sent();
	m = team_mail("6@example.net", "", "Crew", 2);
	m.kind = MAIL_REACTION;
	m.in_reply_to = "1@example.net";
	comes(14, &m);
	fake_expect(core, replaces("*reaction Alice: *reply=", id));
	/* A stranger who knows its name is no member. */
	m = team_mail("4@example.net", "Spam", "Spam", 2);
	m.from = (struct mail_address){ NULL, "mallory@example.com" };
	comes(15, &m);
	fake_expect(core, "room-open *");
	assert_int_equal(fake_count(core, "*title=Spam"), 0);
	/* What is said there goes in its terms. */
	says(room, "Yes", "m1", NULL, NULL);
	const struct draft *d = next_draft();
	assert_true(d->is_chat);
	assert_string_equal(d->chat_group_id, "AbcDef");
	assert_string_equal(d->chat_group_name, "Crew");
	assert_int_equal(d->to.count, 2);
	is_sent();
}

static void members_and_names_are_told(void **state)
{
	struct mail m = team_mail("1@example.net", "All?", "Team", 3);
	const struct gw_moderation kick = {
		.verb = GW_SET_ROLE, .nick = "Bob", .role = GW_ROLE_NONE
	};
	const struct draft *d;

	(void)state;
	be_online();
	comes(10, &m);
	struct gw_room *room = enter_group("*");
	gateway_email.invite(
		room, fake_request(session), "dave@example.com", NULL);
	d = next_draft();
	assert_string_equal(d->chat_member_added, "dave@example.com");
	assert_int_equal(d->to.count, 4);
	is_sent();
	gateway_email.moderate(room, fake_request(session), &kick);
	d = next_draft();
	assert_string_equal(d->chat_member_removed, "bob@example.com");
	assert_int_equal(d->to.count, 4);
	is_sent();
	gateway_email.set_subject(room, fake_request(session), "Crew");
	d = next_draft();
	assert_string_equal(d->chat_name_changed, "Team");
	assert_string_equal(d->chat_group_name, "Crew");
	assert_int_equal(d->to.count, 3);
	is_sent();
	/* The user himself is removed. */
	m = team_mail("2@example.net", "Bye", "Crew", 3);
	m.chat_member_removed = ME;
	comes(11, &m);
	fake_expect(core, "*message Alice: *Bye*");
	gw_request r = says(room, "Why?", "m1", NULL, NULL);
	fake_wait(core, about("failed", r), 60000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EMAIL_TEST(others_correct),
		EMAIL_TEST(nobody_corrects_others),
		EMAIL_TEST(is_corrected_there),
		EMAIL_TEST(who_has_left_delta_chat),
		EMAIL_TEST(others_are_asked_about),
		EMAIL_TEST(who_shows_reactions),
		EMAIL_TEST(who_is_told_what_was_read),
		EMAIL_TEST(asks_what_was_read),
		cmocka_unit_test_setup_teardown(
			arrives_when_it_is_reported, setup_dsn, email_teardown),
		cmocka_unit_test_setup_teardown(
			arrives_without_a_word, setup_never, email_teardown),
		EMAIL_TEST(bears_a_name),
		EMAIL_TEST(has_a_picture),
		EMAIL_TEST(has_none_any_more),
		EMAIL_TEST(a_group_stays_one),
		EMAIL_TEST(members_and_names_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
