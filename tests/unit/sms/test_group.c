/*
 * Group texts: as rooms, or with the addresses of all; one text to all, or one
 * to each.
 */
#include "sms/fake_carrier.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sms/group.h"

#define OWN "+15551230000"
#define BOB "+15557770001"
#define CAT "+15557770002"
#define DAN "+15557770003"

#define GROUPS (CARRIER_GROUPS | CARRIER_CUTS)

static const char config[] =
	"country = \"US\";"
	"assign = ( { number = \"" OWN "\"; mode = \"a2p\"; users = "
	"( \"user@example.test\" ); } );"
	"backends = ( { kind = \"fake\"; name = \"main\"; numbers = ( \"" OWN
	"\", \"+15551230009\" ); } );";

static struct gw_session *alice;

static int set_up_with(const char *text)
{
	alice = begin_gateway(text, OWN);
	carrier("main")->caps = GROUPS;
	carrier_goes("main", CARRIER_UP);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	return set_up_with(config);
}

static void restart(void)
{
	carriers_reset();
	fake_clear(core);
	fake_core_restart(core);
	fake_open(alice);
	fake_expect(core, "online *");
	carrier("main")->caps = GROUPS;
	carrier_goes("main", CARRIER_UP);
}

/* The room that was opened last. */
static void read_room(char out[ROOM_NAME_SIZE])
{
	const char *line = fake_expect(core, "room-open g.*");
	text_format(out, ROOM_NAME_SIZE, "%.22s", strstr(line, "g."));
}

static void bring(uint64_t ticket, const char *from, const char *others,
	const char *text, const char *id)
{
	carrier_brings_group("main", ticket, from, OWN, others, text, id);
}

static struct gw_room *enter(void)
{
	char name[ROOM_NAME_SIZE];
	read_room(name);
	struct gw_room *room = fake_join(alice, name, NULL, NULL);
	fake_expect(core, "g.*: joined *");
	return room;
}

/* --- In ------------------------------------------------------------------- */

static void a_text_to_several_is_in_a_room(void **state)
{
	(void)state;
	bring(1, BOB, CAT " " OWN, "hello all", "x");
	EXPECT_LINE("settled main 1 ok");
	char name[ROOM_NAME_SIZE];
	read_room(name);
	fake_expect_none(core, "*hello all*", 0);
	fake_join(alice, name, NULL, NULL);
	fake_expect(core, "g.*: occupant " BOB " participant member *");
	fake_expect(core, "g.*: occupant " CAT " participant member *");
	fake_expect(core, "g.*: occupant " OWN " moderator admin *");
	fake_expect(core, "g.*: info *" BOB ", " CAT "*");
	fake_expect(core, "g.*: joined " OWN);
	fake_expect(core, "g.*: message " BOB ": hello all id=*durable*");
	fake_expect(core, "own-keep i/* (no longer)");
	/* Another of them, in another order. */
	bring(2, CAT, "15557770001 " CAT, "me too", "y");
	fake_expect(core, "g.*: message " CAT ": me too *");
	assert_int_equal(fake_count(core, "own-keep g/*"), 1);
}

static void is_kept_before_it_is_acknowledged(void **state)
{
	(void)state;
	fake_keeping(alice, FAKE_KEEPS_LATER);
	bring(7, BOB, CAT, "hello", "x");
	EXPECT_NO_LINE();
	fake_expect_none(core, "room-open *", 0);
	fake_keeping(alice, FAKE_KEEPS);
	fake_expect(core, "room-open g.*: Group text with " BOB ", " CAT);
	EXPECT_LINE("settled main 7 ok");
}

static void a_repetition_is_one_text(void **state)
{
	(void)state;
	fake_hold_settled(alice, true);
	bring(1, BOB, CAT, "hello", "x");
	bring(2, BOB, CAT, "hello", "x");
	EXPECT_LINE("settled main 1 ok");
	EXPECT_LINE("settled main 2 ok");
	enter();
	assert_int_equal(fake_count(core, "g.*: message *"), 1);
}

static void outlives_a_restart(void **state)
{
	(void)state;
	bring(1, BOB, CAT, "hello", "x");
	char name[ROOM_NAME_SIZE], again[ROOM_NAME_SIZE];
	read_room(name);
	restart();
	read_room(again);
	assert_string_equal(name, again);
	struct gw_room *room = fake_join(alice, name, NULL, NULL);
	fake_expect(core, "g.*: message " BOB ": hello *");
	/* The user may enter when nothing is said, too. */
	fake_leave(room, NULL);
	restart();
	fake_join(alice, name, "me", NULL);
	fake_expect(core, "g.*: joined me");
}

static void what_is_no_group_is_a_chat(void **state)
{
	static const struct {
		const char *from, *others;
	} rows[] = {
		{ BOB, OWN },
		{ BOB, BOB " " OWN " " BOB },
		{ BOB, "" },
		{ BOB, "ACME" },
		{ OWN, BOB " " CAT },
		{ "", BOB " " CAT },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bring(0, rows[i].from, rows[i].others, "hi", NULL);
		fake_expect(core, "message *: hi *");
	}
	fake_expect_none(core, "room-open *", 0);
	assert_int_equal(fake_count(core, "own-keep g/*"), 0);
}

static void put_many(struct str *out, unsigned first, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		str_addf(out, "%s+1555888%04u", i > 0 ? " " : "", first + i);
}

static void too_many_are_a_chat(void **state)
{
	struct str others = { .max = 4000 };
	(void)state;
	put_many(&others, 0, 49);
	bring(1, BOB, str_text(&others), "crowd", NULL);
	fake_expect(core, "message " BOB ": crowd *");
	str_finish(&others);
}

static void a_number_has_so_many_groups(void **state)
{
	char other[40];
	(void)state;
	fake_set(alice, "groups", "addresses");
	for (unsigned i = 0; i < GROUPS_OF_NUMBER + 2; i++) {
		text_format(other, sizeof(other), "+1555888%04u", i);
		carriers_reset();
		bring(1, BOB, other, "flood", NULL);
	}
	assert_int_equal(fake_count(core, "message " BOB ": flood *"),
		GROUPS_OF_NUMBER + 2);
	assert_int_equal(fake_count(core, "own-keep g/*"), GROUPS_OF_NUMBER);
	fake_clear(core);
	carriers_reset();
	bring(1, BOB, "+15558880001", "known", NULL);
	fake_expect(core, "message " BOB ": known * to=" OWN " *");
	bring(1, BOB, "+15558889999", "new", NULL);
	assert_null(
		strstr(fake_expect(core, "message " BOB ": new *"), "to=" OWN));
}

static void without_rooms_all_are_named(void **state)
{
	(void)state;
	fake_set(alice, "groups", "addresses");
	bring(1, BOB, DAN " " OWN " " CAT, "hello", "x");
	fake_expect(core,
		"message " BOB ": hello id=* to=" OWN " to=" CAT " to=" DAN);
	fake_expect_none(core, "room-open *", 0);
}

/* Behind Cheogram there are none. */
static void a_relay_knows_no_rooms(void **state)
{
	(void)state;
	fake_core_free(&core);
	carriers_reset();
	core = fake_core_new(&gateway_sms,
		"country = \"US\";"
		"assign = ( { number = \"" OWN
		"\"; users = ( \"her\\\\40home@" FAKE_RELAY "\" ); } );"
		"backends = ( { kind = \"fake\"; name = \"main\"; "
		"numbers = ( \"" OWN "\" ); } );");
	alice = fake_session_of(core, "her\\40home@" FAKE_RELAY, OWN);
	fake_open(alice);
	fake_expect(core, "online *");
	carrier("main")->caps = GROUPS;
	carrier_goes("main", CARRIER_UP);
	bring(1, BOB, CAT, "hello", "x");
	fake_expect(core, "message " BOB ": hello id=* to=" OWN " to=" CAT);
	const char *values[] = { BOB "\n" CAT };
	gateway_sms.command(alice, fake_request(alice), 1, values);
	fake_expect(core, "failed * GW_NOT_ALLOWED *commas*");
	fake_expect_none(core, "room-open *", 0);
}

static void nobody_else_enters(void **state)
{
	(void)state;
	bring(1, BOB, CAT, "hello", "x");
	char name[ROOM_NAME_SIZE];
	read_room(name);
	fake_join(alice, "g.0123456789abcdef0123", NULL, NULL);
	fake_expect(core, "*: failed GW_NO_SUCH *");
	fake_leave(fake_join(alice, name, BOB, NULL), NULL);
	fake_expect(core, "g.*: joined " OWN);
}

static gw_request say(struct gw_room *room, const char *text)
{
	gw_request request = fake_send_room(room, text);
	fake_run(core, 0);
	return request;
}

static void tell(const char *to, const char *text)
{
	fake_send(alice, to, text);
	fake_run(core, 0);
}

/* --- Out ------------------------------------------------------------------ */

static struct gw_room *group(void)
{
	bring(1, BOB, CAT " " DAN, "hello", "x");
	EXPECT_LINE("settled main 1 ok");
	return enter();
}

static void what_is_said_goes_to_all(void **state)
{
	(void)state;
	gw_request request = say(group(), "hi all");
	char line[80];
	EXPECT_LINE(
		"submit main " OWN " > " BOB " & " CAT " & " DAN ": hi all");
	carrier_accepts("main", "id1");
	text_format(line, sizeof(line), "accepted %u", (unsigned)request);
	fake_expect(core, line);
	/* One of them has it: nobody hears that. */
	carrier_reports_to("main", 5, "id1", CAT, SMS_DELIVERED);
	EXPECT_LINE("settled main 5 ok");
	fake_expect_none(core, "delivered *", 0);
	carrier_reports_to("main", 6, "id1", DAN, SMS_UNDELIVERABLE);
	EXPECT_LINE("settled main 6 ok");
	text_format(
		line, sizeof(line), "failed %u *" DAN "*", (unsigned)request);
	fake_expect(core, line);
}

static void one_after_the_other(void **state)
{
	(void)state;
	struct gw_room *room = group();
	say(room, "one");
	say(room, "two");
	EXPECT_LINE("submit main " OWN " > " BOB " & " CAT " & " DAN ": one");
	EXPECT_NO_LINE();
	carrier_accepts("main", "a");
	EXPECT_LINE("submit main " OWN " > " BOB " & " CAT " & " DAN ": two");
}

static void nothing_goes_where_it_cannot(void **state)
{
	(void)state;
	struct gw_room *room = group();
	carrier("main")->caps = CARRIER_CUTS;
	say(room, "hi");
	fake_expect(core, "failed * GW_NOT_ALLOWED *each person*");
	carrier("main")->caps = GROUPS;
	carrier("main")->group_max = 2;
	say(room, "hi");
	fake_expect(core, "failed * GW_NOT_ALLOWED * 2 people at most*");
	carrier("main")->group_max = 3;
	say(room, "hi");
	EXPECT_LINE("submit main " OWN " > " BOB " & " CAT " & " DAN ": hi");
}

static void who_said_stop_is_named(void **state)
{
	(void)state;
	struct gw_room *room = group();
	carrier_brings("main", 2, CAT, OWN, "STOP", "s");
	carriers_reset();
	fake_run(core, 0);
	carriers_reset();
	fake_clear(core);
	say(room, "hi");
	fake_expect(core, "failed * GW_POLICY " CAT ": *STOP* Nobody got *");
	EXPECT_NO_LINE();
}

static void each_counts(void **state)
{
	static const char limited[] =
		"country = \"US\";"
		"user_limits = { per_minute = 5; };"
		"assign = ( { number = \"" OWN "\"; users = "
		"( \"user@example.test\" ); } );"
		"backends = ( { kind = \"fake\"; name = \"main\"; "
		"numbers = ( \"" OWN "\" ); } );";
	(void)state;
	fake_core_free(&core);
	set_up_with(limited);
	struct gw_room *room = group();
	say(room, "hi");
	EXPECT_LINE("submit main " OWN " > " BOB " & " CAT " & " DAN ": hi");
	carrier_accepts("main", "a");
	say(room, "hi");
	fake_expect(core, "failed * GW_BUSY *");
	EXPECT_NO_LINE();
	/* What was refused was not counted: two are left. */
	tell(BOB, "1");
	EXPECT_LINE("submit main " OWN " > " BOB ": 1");
	tell(BOB, "2");
	carrier_accepts("main", "b");
	EXPECT_LINE("submit main " OWN " > " BOB ": 2");
}

static void what_was_submitted_is_not_sent_again(void **state)
{
	(void)state;
	struct gw_room *room = group();
	gw_request request = say(room, "hi");
	restart();
	room = fake_join(alice, room->name, NULL, NULL);
	const struct gw_outgoing m = { .request = request,
		.kind = GW_ROOM,
		.room = room,
		.text = "hi",
		.again = true };
	gateway_sms.send(alice, &m);
	fake_expect(core, "failed * GW_LOST *");
	EXPECT_NO_LINE();
}

/* --- To several (XEP-0033) ------------------------------------------------ */

static void address(gw_request request, const struct gw_receiver *list,
	size_t count, const char *text)
{
	const struct gw_outgoing m = { .request = request,
		.kind = GW_PERSON,
		.to = list[0].person,
		.text = text,
		.receivers = list,
		.receiver_count = count };
	gateway_sms.send(alice, &m);
	fake_run(core, 0);
}

static const struct gw_receiver three[] = { { GW_TO, BOB, NULL },
	{ GW_CC, CAT, NULL }, { GW_BCC, DAN, NULL } };

static void who_sees_each_other_is_a_group(void **state)
{
	(void)state;
	address(fake_request(alice), three, 3, "hi");
	EXPECT_LINE("submit main " OWN " > " BOB " & " CAT ": hi");
	EXPECT_LINE("submit main " OWN " > " DAN ": hi");
	fake_expect_none(core, "accepted *", 0);
	carrier_accepts("main", "a");
	fake_expect_none(core, "accepted *", 0);
	carrier_accepts("main", "b");
	fake_expect(core, "accepted *");
}

static void else_each_gets_one(void **state)
{
	(void)state;
	carrier("main")->caps = CARRIER_CUTS;
	address(fake_request(alice), three, 3, "hi");
	EXPECT_LINE("submit main " OWN " > " BOB ": hi");
	EXPECT_LINE("submit main " OWN " > " CAT ": hi");
	EXPECT_LINE("submit main " OWN " > " DAN ": hi");
	carrier_accepts("main", "a");
	carrier_accepts("main", "b");
	carrier_accepts("main", "c");
	fake_expect(core, "accepted *");
	carrier_reports("main", 1, "a", SMS_DELIVERED);
	carrier_reports("main", 2, "b", SMS_DELIVERED);
	fake_expect_none(core, "delivered *", 0);
	carrier_reports("main", 3, "c", SMS_DELIVERED);
	fake_expect(core, "delivered *");
	fake_run(core, 60000);
	assert_int_equal(fake_count(core, "own-keep o/* (no longer)"), 3);
}

static void who_did_not_get_it_is_named(void **state)
{
	(void)state;
	carrier("main")->caps = CARRIER_CUTS;
	address(fake_request(alice), three, 3, "hi");
	carrier_accepts("main", NULL);
	carrier_rejects("main", SMS_BAD_DEST, NULL);
	fake_expect_none(core, "failed *", 0);
	carrier_rejects("main", SMS_BAD_DEST, NULL);
	fake_expect(core, "failed * GW_NO_SUCH " CAT ", " DAN ": *");
}

/* He may have got it; the others have. */
static void what_turns_out_of_one_is_told(void **state)
{
	(void)state;
	carrier("main")->caps = CARRIER_CUTS;
	address(fake_request(alice), three, 3, "hi");
	carrier_accepts("main", "a");
	carrier_loses("main");
	carrier_accepts("main", "c");
	fake_expect(core, "failed * GW_LOST " CAT ": *");
	fake_run(core, 60000);
	carrier_reports_to("main", 0, "a", BOB, SMS_DELIVERED);
	fake_expect_none(core, "tell *", 0);
	carrier_reports_to("main", 0, "b", CAT, SMS_DELIVERED);
	fake_expect(core, "tell Your text to " CAT " * was delivered: *");
}

static void none_or_all(void **state)
{
	static const struct gw_receiver word[] = { { GW_TO, BOB, NULL },
		{ GW_TO, "acme;phone-context=alpha.gw.example.test", NULL } };
	static const struct gw_receiver far[] = { { GW_TO, BOB, NULL },
		{ GW_TO, "+4915112345678", NULL } };
	static const struct gw_receiver self[] = { { GW_TO, OWN, NULL },
		{ GW_NO_REPLY, NULL, NULL } };
	(void)state;
	address(fake_request(alice), word, 2, "hi");
	fake_expect(core, "failed * GW_NOT_ALLOWED acme;*: *word*");
	address(fake_request(alice), far, 2, "hi");
	fake_expect(core, "failed * GW_POLICY +4915112345678: *Nobody got *");
	address(fake_request(alice), self, 2, "hi");
	fake_expect(core, "failed * GW_NOT_ACCEPTABLE *nobody but yourself*");
	EXPECT_NO_LINE();
}

/* An answer to all names the user himself. */
static void the_user_writes_not_to_himself(void **state)
{
	static const struct gw_receiver list[] = { { GW_TO, OWN, NULL },
		{ GW_TO, BOB, NULL } };
	(void)state;
	address(fake_request(alice), list, 2, "hi");
	EXPECT_LINE("submit main " OWN " > " BOB ": hi");
	EXPECT_NO_LINE();
}

static void each_outlives_a_restart(void **state)
{
	(void)state;
	carrier("main")->room = 1;
	carrier("main")->caps = CARRIER_CUTS;
	gw_request request = fake_request(alice);
	address(request, three, 3, "hi");
	EXPECT_LINE("submit main " OWN " > " BOB ": hi");
	carrier_accepts("main", "a");
	EXPECT_LINE("submit main " OWN " > " CAT ": hi");
	fake_expect_none(core, "accepted *", 0);
	/* One is taken, of one it is not known, one was never submitted; now
	 * groups are possible, too. */
	restart();
	address(request, three, 3, "hi");
	EXPECT_LINE("submit main " OWN " > " DAN ": hi");
	EXPECT_NO_LINE();
	carrier_accepts("main", "b");
	fake_expect(core, "failed * GW_LOST " CAT ": *");
}

/* --- Is a long one meant? --------------------------------------------------- */

#define TEN   "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define LONG  FIFTY FIFTY FIFTY FIFTY /* two texts */

static void answers(uint32_t question, const char *value)
{
	const char *values[] = { value };
	gateway_sms.answer(alice, question, values);
	fake_run(core, 0);
}

static void a_long_one_is_asked_about(void **state)
{
	static const char priced[] =
		"country = \"US\"; destinations = { price = 0.01; };"
		"assign = ( { number = \"" OWN "\"; users = "
		"( \"user@example.test\" ); } );"
		"backends = ( { kind = \"fake\"; name = \"main\"; "
		"numbers = ( \"" OWN "\" ); } );";
	(void)state;
	fake_core_free(&core);
	set_up_with(priced);
	fake_set(alice, "ask_above", "1");
	struct gw_room *room = group();
	say(room, "short");
	carrier_accepts("main", "a");
	EXPECT_LINE("submit main " OWN " > " BOB " & " CAT " & " DAN ": short");
	say(room, LONG);
	fake_expect(core, "ask 1 Your text to " BOB ", " CAT ", " DAN
			  " is as long as 2 texts for each of them, 6 in all, "
			  "which cost 0.060 together. Send it? *");
	EXPECT_NO_LINE();
	answers(1, "1");
	EXPECT_LINE("submit main " OWN " > " BOB " & " CAT " & " DAN ": " LONG);
	gw_request refused = say(room, LONG);
	fake_expect(core, "ask 2 *");
	answers(2, "0");
	char line[80];
	text_format(line, sizeof(line), "failed %u GW_NOT_ALLOWED *as you*",
		(unsigned)refused);
	fake_expect(core, line);
	EXPECT_NO_LINE();
}

/* All who get it, as one text or not; and once. */
static void so_is_one_to_several(void **state)
{
	(void)state;
	fake_set(alice, "ask_above", "1");
	gw_request request = fake_request(alice);
	address(request, three, 3, LONG);
	fake_expect(core, "ask 1 Your text to 3 people is as long as 2 texts "
			  "for each of them, 6 in all*");
	EXPECT_NO_LINE();
	/* Nobody has answered: he is asked again. */
	restart();
	address(request, three, 3, LONG);
	const char *ask = fake_expect(core, "ask * Your text to 3 people *");
	answers((uint32_t)strtoul(ask + strlen("ask "), NULL, 10), "1");
	EXPECT_LINE("submit main " OWN " > " BOB " & " CAT ": " LONG);
	EXPECT_LINE("submit main " OWN " > " DAN ": " LONG);
	restart();
	address(request, three, 3, LONG);
	fake_expect(core, "failed * GW_LOST *");
	fake_expect_none(core, "ask *", 0);
}

/* --- Beginning one, and what it is called ---------------------------------- */

static gw_request run_group(const char *people)
{
	const char *values[] = { people };
	gw_request request = fake_request(alice);
	gateway_sms.command(alice, request, 1, values);
	fake_run(core, 0);
	return request;
}

static void the_user_begins_one(void **state)
{
	(void)state;
	assert_string_equal(gateway_sms.commands[1].name, "group");
	run_group("(555) 777-0002\n tel:" BOB "\n\n" CAT "\n" OWN);
	char name[ROOM_NAME_SIZE], again[ROOM_NAME_SIZE];
	read_room(name);
	fake_expect(core, "accepted * You are invited* 2 people.*");
	run_group(BOB "\n" CAT);
	read_room(again);
	assert_string_equal(name, again);
	struct gw_room *room = fake_join(alice, name, NULL, NULL);
	say(room, "hi");
	EXPECT_LINE("submit main " OWN " > " BOB " & " CAT ": hi");
	bring(1, BOB, CAT, "hello", "x");
	fake_expect(core, "g.*: message " BOB ": hello *");
}

static void he_writes_as_in_his_country(void **state)
{
	(void)state;
	fake_set(alice, "country", "DE");
	run_group("0151 23456789\n" BOB);
	char name[ROOM_NAME_SIZE], again[ROOM_NAME_SIZE];
	read_room(name);
	run_group("+4915123456789\n" BOB);
	read_room(again);
	assert_string_equal(name, again);
	fake_set(alice, "country", "DK");
	run_group("(555) 777-0002\n" BOB);
	fake_expect(core, "failed * GW_BAD_ADDRESS (555) 777-0002: *");
}

static void not_any_group_can_be_begun(void **state)
{
	static const struct {
		const char *people, *line;
	} rows[] = {
		{ BOB, "failed * GW_NOT_ACCEPTABLE *two people*" },
		{ BOB "\n" OWN, "failed * GW_NOT_ACCEPTABLE *two people*" },
		{ BOB "\n1", "failed * GW_BAD_ADDRESS 1: *" },
		{ "", "failed * GW_NOT_ACCEPTABLE *" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run_group(rows[i].people);
		fake_expect(core, rows[i].line);
	}
	carrier("main")->caps = CARRIER_CUTS;
	run_group(BOB "\n" CAT);
	fake_expect(core, "failed * GW_NOT_ALLOWED *");
	fake_expect_none(core, "room-open *", 0);
}

static void is_told_when_it_is_kept(void **state)
{
	(void)state;
	fake_keeping(alice, FAKE_KEEPS_NOT);
	run_group(BOB "\n" CAT);
	fake_expect(core, "failed * GW_BUSY *");
	fake_keeping(alice, FAKE_KEEPS_LATER);
	run_group(BOB "\n" CAT);
	fake_expect_none(core, "room-open *", 0);
	fake_close(alice, NULL);
	fake_keeping(alice, FAKE_KEEPS);
	fake_run(core, 0);
}

static void he_calls_it_as_he_likes(void **state)
{
	(void)state;
	struct gw_room *room = group();
	gateway_sms.set_subject(room, fake_request(alice), "Picnic");
	fake_expect(core, "g.*: subject by " OWN "*: Picnic");
	fake_expect(core, "g.*: info *Picnic*");
	char name[ROOM_NAME_SIZE];
	text_format(name, sizeof(name), "%s", room->name);
	restart();
	room = fake_join(alice, name, NULL, NULL);
	fake_expect(core, "g.*: subject*: Picnic");
	gateway_sms.set_nick(room, fake_request(alice), BOB);
	fake_expect(core, "failed * GW_CONFLICT *");
	gateway_sms.set_nick(room, fake_request(alice), "me");
	fake_expect(core, "g.*: renamed " OWN " me");
	gateway_sms.set_subject(room, fake_request(alice), "");
	fake_expect(core, "g.*: info *" BOB "*");
}

/* Not told before it is kept; kept in the end, where nobody waits. */
static void the_store_may_refuse(void **state)
{
	(void)state;
	struct gw_room *room = group();
	fake_keeping(alice, FAKE_KEEPS_NOT);
	gateway_sms.set_subject(room, fake_request(alice), "Picnic");
	fake_expect(core, "failed * GW_BUSY *could not be stored*");
	assert_int_equal(fake_count(core, "g.*: subject*Picnic*"), 0);
	fake_keeping(alice, FAKE_KEEPS_LATER);
	gateway_sms.set_subject(room, fake_request(alice), "Lunch");
	fake_expect_none(core, "g.*: subject*", 0);
	fake_keeping(alice, FAKE_KEEPS);
	fake_expect(core, "g.*: subject*: Lunch");
	fake_expect(core, "accepted *");
	/* A request that ends with the room. */
	fake_keeping(alice, FAKE_KEEPS_LATER);
	gateway_sms.set_subject(room, fake_request(alice), "Dinner");
	fake_leave(room, NULL);
	fake_keeping(alice, FAKE_KEEPS);
	fake_run(core, 0);
	/* What users leave is forgotten in the end. */
	fake_keeping(alice, FAKE_KEEPS_NOT);
	gateway_sms.forget(fake_core_gw(core), "user@example.test", OWN);
	fake_run(core, 0);
	fake_keeping(alice, FAKE_KEEPS);
	fake_clear(core);
	fake_expect(core, "own-keep g/*");
}

/* ... until he leaves. */
static void what_he_called_it_goes_with_him(void **state)
{
	(void)state;
	struct gw_room *room = group();
	gateway_sms.set_subject(room, fake_request(alice), "Picnic");
	fake_expect(core, "g.*: info *Picnic*");
	char name[ROOM_NAME_SIZE];
	text_format(name, sizeof(name), "%s", room->name);
	gateway_sms.forget(fake_core_gw(core), "user@example.test", OWN);
	restart();
	fake_clear(core);
	(void)fake_join(alice, name, NULL, NULL);
	fake_expect_none(core, "g.*: subject*Picnic*", 0);
}

/* Whose would an answer be? */
static void shared_numbers_have_no_groups(void **state)
{
	(void)state;
	carrier_brings_group("main", 1, BOB, "+15551230009", CAT, "hi", "z");
	EXPECT_LINE("settled main 1 ok");
	assert_int_equal(fake_count(core, "own-keep g/*"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, end_gateway)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_text_to_several_is_in_a_room),
		TEST(is_kept_before_it_is_acknowledged),
		TEST(a_repetition_is_one_text),
		TEST(outlives_a_restart),
		TEST(what_is_no_group_is_a_chat),
		TEST(too_many_are_a_chat),
		TEST(a_number_has_so_many_groups),
		TEST(without_rooms_all_are_named),
		TEST(a_relay_knows_no_rooms),
		TEST(nobody_else_enters),
		TEST(what_is_said_goes_to_all),
		TEST(one_after_the_other),
		TEST(nothing_goes_where_it_cannot),
		TEST(who_said_stop_is_named),
		TEST(each_counts),
		TEST(what_was_submitted_is_not_sent_again),
		TEST(who_sees_each_other_is_a_group),
		TEST(else_each_gets_one),
		TEST(who_did_not_get_it_is_named),
		TEST(what_turns_out_of_one_is_told),
		TEST(none_or_all),
		TEST(the_user_writes_not_to_himself),
		TEST(each_outlives_a_restart),
		TEST(a_long_one_is_asked_about),
		TEST(so_is_one_to_several),
		TEST(the_user_begins_one),
		TEST(not_any_group_can_be_begun),
		TEST(he_writes_as_in_his_country),
		TEST(is_told_when_it_is_kept),
		TEST(he_calls_it_as_he_likes),
		TEST(what_he_called_it_goes_with_him),
		TEST(the_store_may_refuse),
		TEST(shared_numbers_have_no_groups),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
