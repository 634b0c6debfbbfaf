/*
 * Delta Chat's mails in clear: answers, and groups that have no id. The other
 * tests of its dialect are in test_dialect.c.
 */
#include "email/email_fixture.h"

#define BOB   "bob@example.com"
#define CAROL "carol@example.com"

static struct mail answer_from(
	const char *sender, const char *id, const char *text, const char *name)
{
	struct mail m = group_mail(id, text, name, 3);

	m.from = (struct mail_address){ NULL, sender };
	m.in_reply_to = "1@example.net";
	return m;
}

/* --- Answers ------------------------------------------------------------- */

static void only_what_is_quoted_is_answered(void **state)
{
	struct mail m = chat_mail("1@example.net", "One");
	char id[40], line[100];

	(void)state;
	be_online();
	comes(10, &m);
	take_id(fake_expect(core, "message " ALICE ": *One*"), id);
	m = chat_mail("2@example.net", "Two");
	comes(11, &m);
	m = chat_mail("3@example.net", "Three");
	m.in_reply_to = "1@example.net";
	comes(12, &m);
	fake_expect(core, "message " ALICE ": Three*");
	assert_int_equal(fake_count(core, "*reply=*"), 0);
	m.message_id = "4@example.net";
	m.text = "Four";
	m.chat_quote = "One";
	comes(13, &m);
	snprintf(line, sizeof(line), "message " ALICE ": Four*reply=%s*", id);
	fake_expect(core, line);
	/* The last one, too; of one that is not known the words are shown. */
	m.message_id = m.key = "5@example.net";
	m.in_reply_to = "4@example.net";
	m.text = "Five";
	m.chat_quote = "Four";
	comes(14, &m);
	fake_expect(core, "message " ALICE ": Five*reply=*");
	m.message_id = m.key = "6@example.net";
	m.in_reply_to = "0@example.net";
	m.text = "Six";
	m.chat_quote = "Half\nNull";
	comes(15, &m);
	fake_expect(core, "message " ALICE ": > Half*> Null*Six*");
}

static void an_answer_quotes(void **state)
{
	struct mail m = chat_mail("1@example.net", "One");
	const char *references[] = { "1@example.net", "1@example.net" };
	char id[40];

	(void)state;
	be_online();
	m.references = references;
	m.reference_count = 2;
	comes(10, &m);
	take_id(fake_expect(core, "message " ALICE ": *One*"), id);
	tells((struct gw_outgoing){
		.text = "Yes", .reply_to = id, .quote = "One" });
	const struct draft *d = next_draft();
	assert_string_equal(d->quote, "One");
	assert_string_equal(d->text, "Yes");
	assert_int_equal(d->reference_count, 1);
	is_sent();
	/* For others it is enough to say which mail is answered. */
	m = mail_from_alice("2@example.net", "From my office");
	comes(11, &m);
	tells((struct gw_outgoing){
		.text = "Yes", .reply_to = id, .quote = "One" });
	assert_null(next_draft()->quote);
	is_sent();
}

/* --- Groups -------------------------------------------------------------- */

static void groups_are_told_apart_by_their_names(void **state)
{
	struct mail m = group_mail("1@example.net", "All?", "Team", 3);

	(void)state;
	be_online();
	comes(10, &m);
	struct gw_room *team = enter_group("Group: Team");
	fake_expect(core, "*title=Team");
	m = group_mail("2@example.net", "Cake?", "Picnic", 3);
	comes(11, &m);
	struct gw_room *picnic = enter_group("Group: Picnic");
	assert_string_not_equal(team->name, picnic->name);
	fake_expect(core, "*title=Picnic");
	/* The name and the people are enough, and an answer is, too. */
	m = group_mail("3@example.net", "Again", "Team", 3);
	comes(12, &m);
	m = answer_from(BOB, "4@example.net", "Me", "Crew");
	people[1] = (struct mail_address){ "Alice", ALICE };
	comes(13, &m);
	people[1] = (struct mail_address){ "Bob", BOB };
	char line[200];
	snprintf(line, sizeof(line), "%s: message Alice: Again*", team->name);
	fake_expect(core, line);
	fake_expect(core, "*title=Crew");
	snprintf(line, sizeof(line), "%s: message Bob: Me*", team->name);
	fake_expect(core, line);
	/* One who is not in it gives it no name. */
	m = answer_from("mallory@example.org", "5@example.net", "Hm", "Spam");
	comes(14, &m);
	assert_int_equal(fake_count(core, "*title=Spam*"), 0);
}

static void a_group_of_two_is_one(void **state)
{
	struct mail m = group_mail("1@example.net", "You?", "Duo", 1);

	(void)state;
	be_online();
	comes(10, &m);
	struct gw_room *room = enter_group("Group: Duo");
	fake_expect(core, "*title=Duo");
	tells((struct gw_outgoing){ .room = room, .text = "Me." });
	const struct draft *d = next_draft();
	assert_int_equal(d->to.count, 1);
	assert_false(d->is_chat);
	is_sent();
}

/* Among people with other programs it is a mail like others. */
static void what_is_said_in_a_group_is_a_mail(void **state)
{
	struct mail m = group_mail("1@example.net", "All?", "Team", 3);
	char id[40];

	(void)state;
	be_online();
	comes(10, &m);
	struct gw_room *room = enter_group("Group: Team");
	take_id(fake_expect(core, "*message Alice: *All?*"), id);
	tells((struct gw_outgoing){ .room = room,
		.text = "Yes",
		.id = "m1",
		.reply_to = id,
		.quote = "All?" });
	const struct draft *d = next_draft();
	assert_false(d->is_chat);
	assert_null(d->quote);
	is_sent();
	fake_expect(core, "accepted *");
	gateway_email.set_subject(room, fake_request(session), "Crew");
	tells((struct gw_outgoing){
		.room = room, .text = "No", .id = "m2", .replaces = "m1" });
	fake_expect(core, "ask *");
}

static void a_group_of_theirs_speaks_it(void **state)
{
	struct mail m = group_mail("1@example.net", "All?", "Team", 2);
	char id[40], sent[100];

	(void)state;
	be_online();
	comes(10, &m);
	struct gw_room *room = enter_group("Group: Team");
	take_id(fake_expect(core, "*message Alice: *All?*"), id);
	m = chat_mail("2@example.net", "Hi");
	m.from = people[1];
	comes(11, &m);
	tells((struct gw_outgoing){ .room = room,
		.text = "Yes",
		.id = "m1",
		.reply_to = id,
		.quote = "All?" });
	const struct draft *d = next_draft();
	assert_false(d->is_chat);
	assert_null(d->chat_group_name);
	assert_string_equal(d->quote, "All?");
	snprintf(sent, sizeof(sent), "%s", d->message_id);
	is_sent();
	tells((struct gw_outgoing){
		.room = room, .text = "No", .id = "m2", .replaces = "m1" });
	d = next_draft();
	assert_true(d->is_chat);
	assert_string_equal(d->chat_edit, sent);
	is_sent();
	gateway_email.set_subject(room, fake_request(session), "Crew");
	d = next_draft();
	assert_true(d->is_chat);
	assert_null(d->chat_group_id);
	assert_string_equal(d->chat_name_changed, "Team");
	assert_string_equal(d->chat_group_name, "Crew");
	is_sent();
}

static void who_is_removed_writes_to_nobody(void **state)
{
	struct mail_address all[] = { people[0], people[1], people[2],
		{ NULL, ALICE } };
	struct mail m = group_mail("1@example.net", "All?", "Team", 3);

	(void)state;
	be_online();
	comes(10, &m);
	struct gw_room *room = enter_group("Group: Team");
	m = group_mail("2@example.net", "Out!", "Team", 3);
	m.from = (struct mail_address){ NULL, "mallory@example.org" };
	m.to = (struct mail_addresses){ all, COUNT(all), 0 };
	m.in_reply_to = "1@example.net";
	m.chat_member_removed = ME;
	comes(11, &m);
	/* Not by a stranger. */
	tells((struct gw_outgoing){ .room = room, .text = "Hm?" });
	assert_int_equal(next_draft()->to.count, 4);
	is_sent();
	/* Delta Chat has him in none of the usual headers then. */
	m = group_mail("3@example.net", "Bye", "Team", 3);
	m.to = (struct mail_addresses){ people + 1, 2, 0 };
	m.in_reply_to = "1@example.net";
	m.chat_member_removed = ME;
	comes(12, &m);
	fake_expect(core, "g.*: message Alice: Bye*");
	gw_request r =
		tells((struct gw_outgoing){ .room = room, .text = "Why?" });
	fake_wait(core, about("failed", r), 60000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EMAIL_TEST(only_what_is_quoted_is_answered),
		EMAIL_TEST(an_answer_quotes),
		EMAIL_TEST(groups_are_told_apart_by_their_names),
		EMAIL_TEST(a_group_of_two_is_one),
		EMAIL_TEST(what_is_said_in_a_group_is_a_mail),
		EMAIL_TEST(a_group_of_theirs_speaks_it),
		EMAIL_TEST(who_is_removed_writes_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
