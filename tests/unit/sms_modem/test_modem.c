/*
 * Modems as a carrier, against ones that say what a test wants.
 */
#include "sms_modem/modem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macros.h"
#include "sms_modem/fake_modem.h"

#define START                                                       \
	"AT|ATE0|AT+CMEE=1|AT+CPIN?|AT+CMGF=0|AT+CSMS=1|"           \
	"AT+CPMS=\"SM\",\"SM\",\"SM\"|AT+CNMI=2,1,0,2,0|AT+CREG=1|" \
	"AT+CPMS=\"SM\"|AT+CMGL=4|"

#define ALICE "+15557770000"

/* "x" of +15557771111; a report: text 7 was delivered to ALICE. */
#define TEXT_PDU "07915155009099F9040B915155771711F10000621122110000400178"
#define REPORT_PDU \
	"07915155009099F906070B915155770700F0621122110000406211221100004000"

#define ONE_STORED "\r\n+CMGL: 3,0,,20\r\n" TEXT_PDU "\r\n" OK

static void open_one(void)
{
	fake_open(NULL);
	fake_forget();
}

static void open_two(void)
{
	fake_open("modems = ("
		  "{ device = \"/dev/1\"; number = \"+15551234561\"; name = "
		  "\"sim1\"; }, "
		  "{ device = \"/dev/2\"; number = \"+15551234562\"; name = "
		  "\"sim2\"; } );");
	fake_forget();
}

static size_t room(void)
{
	return fake.carrier->ops->room(fake.carrier);
}

/* --- Starting ------------------------------------------------------------ */

static void test_start(void **state)
{
	(void)state;
	fake_open(NULL);
	fake_heard(0, START);
	fake_told("up|");
	assert_int_equal(room(), 1);
	assert_int_equal(fake.carrier->ops->caps(fake.carrier), 0);
}

static void test_refused_commands(void **state)
{
	(void)state;
	fake_answer(0, "ATE0", "\r\nERROR\r\n");
	fake_answer(0, "AT+CSMS=1", "\r\nERROR\r\n");
	fake_answer(0, "AT+CPMS", "\r\nERROR\r\n");
	fake_answer(0, "AT+CNMI=2,1,0,2,0", "\r\nERROR\r\n");
	fake_answer(0, "AT+CNMI=1,1,0,2,0", "\r\nERROR\r\n");
	fake_answer(0, "AT+CREG", "\r\nERROR\r\n");
	fake_open("modems = ( { device = \"/dev/1\"; memory = \"ME\"; "
		  "init = ( \"AT+CFUN=1\", \"AT^CURC=0\" ); } );");
	fake_heard(0,
		"AT|ATE0|AT+CMEE=1|AT+CPIN?|AT+CFUN=1|AT^CURC=0|AT+CMGF=0|"
		"AT+CSMS=1|AT+CPMS=\"ME\",\"ME\",\"ME\"|AT+CNMI=2,1,0,2,0|"
		"AT+CNMI=1,1,0,2,0|AT+CNMI=2,1,0,1,0|AT+CREG=1|"
		"AT+CPMS=\"ME\"|AT+CMGL=4|"
		/* It does not say whether it has texts. */
		"AT+CMGL=4|");
	fake_told("up|");
}

static void test_no_pdu_mode(void **state)
{
	(void)state;
	fake_answer(0, "AT+CMGF=0", "\r\n+CMS ERROR: 303\r\n");
	fake_open(NULL);
	fake_told("down sim1: operation not supported|");
	assert_int_equal(room(), 0);
}

static void test_silence(void **state)
{
	(void)state;
	fake.modems[0].is_silent = true;
	fake_open(NULL);
	fake_pass(60000);
	assert_true(fake.modems[0].opened > 1);
	fake.modems[0].is_silent = false;
	fake_pass(30000);
	fake_told("down sim1: it does not answer|up|");
}

static void test_late_answer(void **state)
{
	(void)state;
	/* The first "AT" is answered while the second is under way. */
	fake_answer(0, "AT", NULL);
	fake_answer(0, "AT+CPIN?", "\r\n+CPIN: READY\r\n" OK);
	fake_answer(0, "ATE0", OK);
	fake_answer(0, "AT+CMEE=1", OK);
	fake_answer(0, "AT+CMGF=0", OK);
	fake_answer(0, "AT+C", OK);
	fake_answer(0, "AT+CREG?", "\r\n+CREG: 1,1\r\n" OK);
	fake_open(NULL);
	fake_say(0, OK OK OK);
	fake_pass(5000);
	fake_told("up|");
}

/* --- The SIM ------------------------------------------------------------- */

#define WITH_PIN                                                    \
	"modems = ( { device = \"/dev/1\"; name = \"sim1\"; pin = " \
	"\"1234\"; } );"

static void test_pin(void **state)
{
	(void)state;
	fake_answer(0, "AT+CPIN?", "\r\n+CPIN: SIM PIN\r\n" OK);
	fake_open(WITH_PIN);
	fake_heard(0, "AT|ATE0|AT+CMEE=1|AT+CPIN?|AT+CPIN=\"1234\"|AT+CPIN?|"
		      "AT+CPIN?|");
	fake_answer(0, "AT+CPIN?", "\r\n+CPIN: READY\r\n" OK);
	fake_pass(2000);
	fake_told("up|");
}

static void test_pin_is_tried_once(void **state)
{
	(void)state;
	fake_answer(0, "AT+CPIN?", "\r\n+CPIN: SIM PIN\r\n" OK);
	fake_answer(0, "AT+CPIN=", "\r\n+CME ERROR: 16\r\n");
	fake_open(WITH_PIN);
	fake_told("down sim1: the SIM refused its PIN|");
	fake_forget();
	/* Not after any time, nor after it was taken out. */
	fake_pass(INT64_C(7200000));
	fake_unplug(0);
	fake_plug(0);
	fake_pass(INT64_C(7200000));
	assert_null(strstr(str_text(&fake.modems[0].said), "AT+CPIN="));
	assert_non_null(strstr(str_text(&fake.modems[0].said), "AT+CPIN?"));
}

static void test_blocked_sims(void **state)
{
	(void)state;
	fake_answer(0, "AT+CPIN?", "\r\n+CPIN: SIM PUK\r\n" OK);
	fake_open(NULL);
	fake_told("down sim1: the SIM is blocked, or bound to another phone: "
		  "open it in a phone with its PUK|");
	fake_answer(0, "AT+CPIN?", "\r\n+CPIN: SIM PIN\r\n" OK);
	fake_pass(301000);
	fake_told("down sim1: the SIM wants its PIN: set pin|");
	fake_answer(0, "AT+CPIN?", "\r\n+CME ERROR: 10\r\n");
	fake_pass(301000);
	fake_told("down sim1: no SIM|");
	fake_answer(0, "AT+CPIN?", "\r\n+CPIN: READY\r\n" OK);
	fake_pass(11000);
	fake_told("up|");
	fake_say(0, "\r\n+CPIN: NOT INSERTED\r\n");
	fake_told("down sim1: the SIM is gone|");
}

/* --- The line ------------------------------------------------------------ */

static void test_hot_plug(void **state)
{
	(void)state;
	fake.modems[0].is_absent = true;
	fake_open(NULL);
	fake_pass(60000);
	fake_told("down sim1: No such file or directory|");
	fake_plug(0);
	fake_told("up|");
	fake_unplug(0);
	fake_told("down sim1: the peer closed the connection|");
	fake_pass(60000);
	fake_plug(0);
	fake_told("down sim1: No such file or directory|up|");
}

static void test_new_start(void **state)
{
	(void)state;
	open_one();
	fake_say(0, "\r\n^SYSSTART\r\n");
	fake_told("down sim1: it has started anew|");
	fake_pass(3000);
	fake_told("up|");
}

static void test_noise(void **state)
{
	(void)state;
	open_one();
	fake_say(0, "\r\nRING\r\n\r\n^RSSI: 5\r\nOK\r\nERROR\r\n> \x1b\x7f\r\n"
		    "+CMTI:\r\n+CMTI: \"s\",1\r\n+CMT: 5\r\n+CDS:\r\nRING\r\n"
		    "+CREG:\r\n+CREG: x\r\n+CPMS: 1\r\n");
	fake_told("");
	fake_heard(0, "");
	fake_submit(1, NULL, ALICE);
	fake_told("accepted 1 sim1:7:7770000|");
}

static void test_liveness(void **state)
{
	(void)state;
	open_one();
	fake.modems[0].is_silent = true;
	fake_pass(75000);
	fake_told("down sim1: it does not answer|");
	assert_int_equal(room(), 0);
}

/* --- The network --------------------------------------------------------- */

static void test_registration(void **state)
{
	(void)state;
	fake_answer(0, "AT+CREG?", "\r\n+CREG: 1,2\r\n" OK);
	fake_open(NULL);
	fake_told("down sim1: it looks for a network|");
	fake_say(0, "\r\n+CREG: 1,\"00C3\",\"0001\"\r\n");
	fake_told("up|");
	/* The answer to a question has another form; so has roaming. */
	fake_answer(0, "AT+CREG?", "\r\n+CREG: 2,5,\"00C3\"\r\n" OK);
	fake_pass(61000);
	fake_told("");
	fake_answer(0, "AT+CREG?", "\r\n+CREG: 2,0\r\n" OK);
	fake_pass(61000);
	fake_told("down sim1: it is in no network|");
}

static void test_no_network_rejects(void **state)
{
	(void)state;
	open_one();
	fake_answer(0, PAYLOAD, NULL);
	fake_submit(1, NULL, ALICE);
	fake_submit(2, NULL, ALICE);
	fake_pass(0);
	/* What is under way goes on, what waits was not taken. */
	fake_say(0, "\r\n+CREG: 3\r\n");
	fake_told("rejected 2 9 the network does not accept the SIM|"
		  "down sim1: the network does not accept the SIM|");
	fake_say(0, "\r\n+CMGS: 8\r\n" OK);
	fake_told("accepted 1 sim1:8:7770000|");
	fake_pass(6000);
	fake_told("up|");
}

static void test_description(void **state)
{
	(void)state;
	struct str out;

	open_one();
	str_init(&out, 4096);
	fake.carrier->ops->describe(fake.carrier, &out);
	assert_string_equal(str_text(&out),
		"sim1: Net, signal 21 of 31, 0 of 20 texts in its memory");
	str_reset(&out);
	fake.carrier->ops->measure(fake.carrier, &out);
	assert_string_equal(str_text(&out),
		"modem_up{modem=\"sim1\"} 1\n"
		"modem_signal{modem=\"sim1\"} 21\n"
		"modem_stored{modem=\"sim1\"} 0\n"
		"modem_stored_max{modem=\"sim1\"} 20\n"
		"modem_waiting{modem=\"sim1\"} 0\n");
	str_reset(&out);
	fake_unplug(0);
	fake.carrier->ops->describe(fake.carrier, &out);
	assert_string_equal(
		str_text(&out), "sim1: the peer closed the connection");
	str_finish(&out);
}

/* --- Sending ------------------------------------------------------------- */

static void test_send(void **state)
{
	(void)state;
	open_one();
	fake_submit(1, NULL, ALICE);
	fake_submit(2, NULL, "12345;phone-context=us.sms.example.org");
	assert_int_equal(room(), 0);
	/* Nothing is told before an op returns. */
	assert_int_equal(fake.events.len, 0);
	fake_told("accepted 1 sim1:7:7770000|accepted 2 sim1:7:12345|");
	fake_heard(0, "AT+CMGS=18|AT+CMGS=15|");
	assert_string_equal(str_text(&fake.modems[0].payload), "0021000581"
							       "2143F50000"
							       "05E8329BFD06");
	assert_int_equal(room(), 1);
}

static void test_refusals(void **state)
{
	(void)state;
	static const struct {
		const char *prompt, *answer, *told;
	} rows[] = {
		{ "\r\n> ", "\r\n+CMS ERROR: 1\r\n",
			"rejected 1 3 unassigned number (CMS ERROR 1)|" },
		{ "\r\n> ", "\r\n+CMS ERROR: 42\r\n",
			"rejected 1 2 congestion (CMS ERROR 42)|" },
		{ "\r\n> ", "\r\nERROR\r\n", "rejected 1 1 the modem failed|" },
		{ "\r\n+CMS ERROR: 304\r\n", "",
			"rejected 1 5 invalid PDU (CMS ERROR 304)|" },
		/* The network said nothing: it may have taken it. */
		{ "\r\n> ", "\r\n+CMS ERROR: 332\r\n", "lost 1|" },
		{ "\r\n+CMS ERROR: 332\r\n", "",
			"rejected 1 1 the network did not answer (CMS ERROR "
			"332)|" },
		/* Taken, but as which one it does not say. */
		{ "\r\n> ", OK, "accepted 1 -|" },
		{ "\r\n> ", "\r\n+CMGS: 256\r\n" OK, "accepted 1 -|" },
	};

	open_one();
	for (size_t i = 0; i < COUNT(rows); i++) {
		fake_answer(0, "AT+CMGS=", rows[i].prompt);
		fake_answer(0, PAYLOAD, rows[i].answer);
		fake_submit(1, NULL, ALICE);
		fake_told(rows[i].told);
	}
}

static void test_impossible(void **state)
{
	(void)state;
	open_one();
	fake_submit(1, NULL, "acme;phone-context=alpha.sms.example.org");
	fake_told("rejected 1 5 a modem sends to numbers only|");
	fake_heard(0, "");
}

static void test_no_prompt(void **state)
{
	(void)state;
	open_one();
	fake_answer(0, "AT+CMGS=", NULL);
	fake_submit(1, NULL, ALICE);
	fake_pass(11000);
	fake_told("rejected 1 9 the modem did not take it|"
		  "down sim1: it does not answer|");
	fake_answer(0, "AT+CMGS=", "\r\n> ");
	fake_pass(11000);
	fake_told("up|");
}

static void test_no_answer(void **state)
{
	(void)state;
	open_one();
	fake_answer(0, PAYLOAD, NULL);
	fake_submit(1, NULL, ALICE);
	fake_submit(2, NULL, ALICE);
	fake_pass(119000);
	fake_told("");
	fake_pass(2000);
	fake_told("lost 1|rejected 2 9 it does not answer|"
		  "down sim1: it does not answer|");
	/* It is asked whether it lives before it gets the next. */
	fake_pass(11000);
	fake_told("up|");
}

/* What took it, and then fell silent, took it. */
static void test_half_an_answer(void **state)
{
	(void)state;
	open_one();
	fake_answer(0, PAYLOAD, "\r\n+CMGS: 9\r\n");
	fake_submit(1, NULL, ALICE);
	fake_told("");
	fake_unplug(0);
	fake_told("accepted 1 sim1:9:7770000|"
		  "down sim1: the peer closed the connection|");
}

static void test_unplugged_while_sending(void **state)
{
	(void)state;
	open_one();
	fake_answer(0, PAYLOAD, NULL);
	fake_submit(1, NULL, ALICE);
	fake_submit(2, NULL, ALICE);
	fake_pass(0);
	fake_unplug(0);
	fake_told("lost 1|rejected 2 9 the peer closed the connection|"
		  "down sim1: the peer closed the connection|");
	fake_answer(0, "AT+CMGS=", NULL);
	fake_plug(0);
	fake_forget();
	fake_submit(3, NULL, ALICE);
	fake_pass(0);
	fake_unplug(0);
	fake_told("rejected 3 9 the modem did not take it|"
		  "down sim1: the peer closed the connection|");
	/* And while it is away. */
	fake_submit(4, NULL, ALICE);
	fake_told("rejected 4 9 the peer closed the connection|");
}

static void test_no_reports(void **state)
{
	(void)state;
	fake_open("modems = ( { device = \"/dev/1\"; service_centre = "
		  "\"+15550009999\"; } ); reports = false;");
	fake_submit(1, NULL, ALICE);
	fake_pass(0);
	assert_string_equal(str_text(&fake.modems[0].payload),
		"07915155009099F9"
		"01000B91"
		"5155770700F0"
		"0000"
		"05E8329BFD06");
}

/* --- Several ------------------------------------------------------------- */

static void test_number_chooses(void **state)
{
	(void)state;
	open_two();
	assert_int_equal(room(), 2);
	fake_submit(1, "+15551234561", ALICE);
	fake_told("accepted 1 sim1:7:7770000|");
	fake_submit(2, "+15551234562", ALICE);
	fake_told("accepted 2 sim2:7:7770000|");
	/* Not from a number that the receiver does not know. */
	fake_unplug(1);
	fake_told("degraded sim2: the peer closed the connection|");
	fake_submit(3, "+15551234562", ALICE);
	fake_told("rejected 3 9 the peer closed the connection|");
	assert_int_equal(room(), 1);
}

static void test_receivers_stay(void **state)
{
	(void)state;
	size_t first, second;

	open_two();
	fake_submit(1, NULL, ALICE);
	fake_pass(0);
	first = fake.modems[0].said.len > 0 ? 0 : 1;
	for (uint64_t token = 2; token < 8; token++)
		fake_submit(token, NULL, ALICE);
	fake_pass(0);
	assert_int_equal(fake.modems[1 - first].said.len, 0);
	/* Others go elsewhere: of four, not all the same way. */
	for (uint64_t token = 10; token < 14; token++) {
		char to[16];

		(void)text_format(to, sizeof(to), "+1555777000%d", (int)token);
		fake_submit(token, NULL, to);
	}
	fake_pass(0);
	assert_int_not_equal(fake.modems[1 - first].said.len, 0);
	/* And when it is gone, by the other. */
	fake_unplug(first);
	fake_forget();
	second = 1 - first;
	fake_submit(20, NULL, ALICE);
	fake_pass(0);
	assert_int_not_equal(fake.modems[second].said.len, 0);
}

static void test_parts_go_together(void **state)
{
	(void)state;
	struct carrier_submit s = {
		.to = ALICE,
		.data = slice_of("a"),
		.is_more = true,
	};
	size_t first;

	open_two();
	fake_submit(1, NULL, ALICE);
	fake_pass(0);
	first = fake.modems[0].said.len > 0 ? 0 : 1;
	/* Its own modem is away when the first part is sent, and comes back
	 * before the second. */
	fake_unplug(first);
	fake_forget();
	s.token = 2;
	fake.carrier->ops->submit(fake.carrier, &s);
	fake_pass(0);
	fake_plug(first);
	fake_forget();
	s.token = 3;
	s.is_more = false;
	fake.carrier->ops->submit(fake.carrier, &s);
	fake_heard(1 - first, "AT+CMGS=14|");
	fake_submit(4, NULL, ALICE);
	fake_heard(first, "AT+CMGS=18|");
}

/* --- Receiving ----------------------------------------------------------- */

static void test_stored(void **state)
{
	(void)state;
	fake_answer(0, "AT+CMGL=4", ONE_STORED);
	fake_open(NULL);
	fake_told("up|incoming 1 +15557771111>+15551234567 x|");
	fake_heard(0, START "AT+CMGD=3|");
	fake_answer(0, "AT+CMGL=4",
		"\r\n+CMGL: 1,0,,20\r\n" TEXT_PDU "\r\n"
		"+CMGL: 2,1,\"Bob\",32\r\n" REPORT_PDU "\r\n" OK);
	fake_say(0, "\r\n+CMTI: \"SM\",1\r\n");
	fake_told("incoming 2 +15557771111>+15551234567 x|"
		  "report 3 sim1:7:7770000 2 status 0|");
	fake_heard(0, "AT+CMGL=4|AT+CMGD=1|AT+CMGD=2|");
}

static void test_settled_later(void **state)
{
	(void)state;
	open_one();
	fake.settles = false;
	fake_answer(0, "AT+CMGL=4", ONE_STORED);
	fake_say(0, "\r\n+CMTI: \"SM\",3\r\n");
	fake_told("incoming 1 +15557771111>+15551234567 x|");
	/* Read again, it is the same one. */
	fake_say(0, "\r\n+CMTI: \"SM\",4\r\n");
	fake_told("");
	fake_heard(0, "AT+CMGL=4|AT+CMGL=4|");
	/* Not on disk: it stays in the modem, and is told again. */
	fake.carrier->ops->settle(fake.carrier, 1, false);
	fake_heard(0, "");
	fake_say(0, "\r\n+CMTI: \"SM\",4\r\n");
	fake_told("incoming 2 +15557771111>+15551234567 x|");
	fake_forget();
	fake.carrier->ops->settle(fake.carrier, 2, true);
	fake.carrier->ops->settle(fake.carrier, 2, true);
	fake.carrier->ops->settle(fake.carrier, 99, true);
	assert_int_equal(fake.modems[0].said.len, 0);
	fake_heard(0, "AT+CMGD=3|");
}

static void test_not_deleted(void **state)
{
	(void)state;
	open_one();
	fake_answer(0, "AT+CMGL=4", ONE_STORED);
	fake_answer(0, "AT+CMGD=", "\r\n+CMS ERROR: 320\r\n");
	fake_say(0, "\r\n+CMTI: \"SM\",3\r\n");
	fake_told("incoming 1 +15557771111>+15551234567 x|");
	fake_say(0, "\r\n+CMTI: \"SM\",3\r\n");
	fake_told("");
	/* Another text in its place is one. */
	fake_answer(0, "AT+CMGL=4",
		"\r\n+CMGL: 3,0,,20\r\n"
		"07915155009099F9040B915155771711F10000621122110000400179"
		"\r\n" OK);
	fake_say(0, "\r\n+CMTI: \"SM\",3\r\n");
	fake_told("incoming 2 +15557771111>+15551234567 y|");
}

static void test_untold(void **state)
{
	(void)state;
	open_one();
	fake_answer(0, "AT+CMGL=4", ONE_STORED);
	fake_answer(0, "AT+CPMS?",
		"\r\n+CPMS: \"SM\",1,20,\"SM\",1,20,\"SM\",1,20\r\n" OK);
	fake_pass(61000);
	fake_told("incoming 1 +15557771111>+15551234567 x|");
}

static void test_other_memories(void **state)
{
	(void)state;
	open_one();
	fake_say(0, "\r\n+CDSI: \"SR\",3\r\n");
	fake_heard(0, "AT+CPMS=\"SR\"|AT+CMGL=4|");
	fake_answer(
		0, "AT+CMGL=4", "\r\n+CMGL: 3,0,,32\r\n" REPORT_PDU "\r\n" OK);
	fake_say(0, "\r\n+CDSI: \"SR\",3\r\n");
	fake_told("report 1 sim1:7:7770000 2 status 0|");
	fake_heard(0, "AT+CMGL=4|AT+CMGD=3|");
	/* A modem cannot have many. */
	for (char c = 'A'; c < 'Z'; c++) {
		char news[32];

		(void)text_format(
			news, sizeof(news), "\r\n+CMTI: \"%cM\",1\r\n", c);
		fake_say(0, news);
	}
	fake_heard(0,
		"AT+CPMS=\"AM\"|AT+CMGL=4|AT+CMGD=3|AT+CPMS=\"BM\"|AT+CMGL=4|"
		"AT+CMGD=3|AT+CPMS=\"SM\"|AT+CMGL=4|AT+CMGD=3|");
}

static void test_own_texts(void **state)
{
	(void)state;
	open_one();
	/* Drafts and copies, by their state or by what they are. */
	fake_answer(0, "AT+CMGL=4",
		"\r\n+CMGL: 1,2,,20\r\n" TEXT_PDU "\r\n"
		"+CMGL: 2,3,,20\r\n" TEXT_PDU "\r\n"
		"+CMGL: 3,1,,15\r\n"
		"07915155009099F931000B915155770700F00000A70161\r\n"
		"+CMGL: 4,1,,0\r\n" OK);
	fake_say(0, "\r\n+CMTI: \"SM\",1\r\n");
	fake_told("");
	fake_heard(0, "AT+CMGL=4|");
}

static void test_garbage(void **state)
{
	(void)state;
	open_one();
	fake_answer(0, "AT+CMGL=4", "\r\n+CMGL: 1,0,,3\r\n00606263\r\n" OK);
	fake_say(0, "\r\n+CMTI: \"SM\",1\r\n");
	/* It is not lost, and takes no place. The first octet is NUL. */
	fake_told("incoming 1 >+15551234567 |");
	fake_heard(0, "AT+CMGL=4|AT+CMGD=1|");
}

static void test_part(void **state)
{
	(void)state;
	open_one();
	fake_say(0, "\r\n+CMT: ,35\r\n"
		    "07915155009099F9440B915155771711F10000621122110000400F0500"
		    "03070202E061391D44BFBF01\r\n");
	fake_told("incoming 1 +15557771111>+15551234567 part two 2/2|");
}

static void test_direct(void **state)
{
	(void)state;
	open_one();
	fake.settles = false;
	fake_say(0, "\r\n+CMT: ,20\r\n" TEXT_PDU "\r\n");
	fake_told("incoming 1 +15557771111>+15551234567 x|");
	fake_heard(0, "");
	fake.carrier->ops->settle(fake.carrier, 1, true);
	fake_heard(0, "AT+CNMA|");
	fake_say(0, "\r\n+CDS: 32\r\n" REPORT_PDU "\r\n");
	fake_told("report 2 sim1:7:7770000 2 status 0|");
	fake.carrier->ops->settle(fake.carrier, 2, false);
	fake_heard(0, "AT+CNMA=2|");
}

static void test_direct_without_acks(void **state)
{
	(void)state;
	fake_answer(0, "AT+CSMS=1", "\r\nERROR\r\n");
	open_one();
	fake_say(0, "\r\n+CMT: ,20\r\n" TEXT_PDU "\r\n");
	fake_told("incoming 0 +15557771111>+15551234567 x|");
	fake_heard(0, "");
}

static void test_news_while_sending(void **state)
{
	(void)state;
	open_one();
	fake_answer(0, "AT+CMGS=",
		"\r\n+CMTI: \"SM\",3\r\n\r\n+CMT: ,20\r\n" TEXT_PDU "\r\n> ");
	fake_answer(0, "AT+CMGL=4", ONE_STORED);
	fake_answer(0, PAYLOAD,
		"\r\n+CDS: 32\r\n" REPORT_PDU "\r\n\r\n+CMGS: 7\r\n" OK);
	fake_submit(1, NULL, ALICE);
	fake_told("incoming 1 +15557771111>+15551234567 x|"
		  "report 2 sim1:7:7770000 2 status 0|"
		  "accepted 1 sim1:7:7770000|"
		  "incoming 3 +15557771111>+15551234567 x|");
	fake_heard(0, "AT+CMGS=18|AT+CNMA|AT+CNMA|AT+CMGL=4|AT+CMGD=3|");
}

static void test_many_unsettled(void **state)
{
	(void)state;
	struct str list;

	open_one();
	fake.settles = false;
	str_init(&list, 1 << 20);
	for (int i = 1; i <= 300; i++)
		str_addf(&list, "\r\n+CMGL: %d,0,,20\r\n" TEXT_PDU "\r\n", i);
	str_add(&list, OK);
	fake_answer(0, "AT+CMGL=4", str_text(&list));
	fake_say(0, "\r\n+CMTI: \"SM\",1\r\n");
	assert_non_null(strstr(str_text(&fake.events), "incoming 256 "));
	assert_null(strstr(str_text(&fake.events), "incoming 257 "));
	fake_forget();
	/* The others come when there is room. */
	fake.carrier->ops->settle(fake.carrier, 1, true);
	fake_told("incoming 257 +15557771111>+15551234567 x|");
	/* When the gateway cannot store them, it is not asked at once. */
	for (uint64_t ticket = 2; ticket <= 257; ticket++)
		fake.carrier->ops->settle(fake.carrier, ticket, false);
	fake_told("");
	fake_unplug(0);
	str_finish(&list);
}

static void test_stall(void **state)
{
	(void)state;
	open_one();
	fake_answer(0, "AT+CMGL=4", ONE_STORED);
	fake.carrier->ops->stall(fake.carrier, true);
	fake_say(0, "\r\n+CMTI: \"SM\",3\r\n");
	fake_told("");
	fake_heard(0, "");
	fake.carrier->ops->stall(fake.carrier, false);
	fake_told("incoming 1 +15557771111>+15551234567 x|");
}

static void test_memory_full(void **state)
{
	(void)state;
	open_one();
	fake_answer(0, "AT+CPMS?",
		"\r\n+CPMS: \"SM\",20,20,\"SM\",20,20,\"SM\",20,20\r\n" OK);
	fake_pass(61000);
	fake_told("degraded sim1: its memory is full: delete old texts|");
	fake_heard(0, "AT+CMGL=4|");
	/* Told by an indicator, or by a refusal, sooner. */
	fake_answer(0, "AT+CPMS?",
		"\r\n+CPMS: \"SM\",0,20,\"SM\",0,20,\"SM\",0,20\r\n" OK);
	fake_say(0, "\r\n+CIEV: 8,0\r\n");
	fake_pass(6000);
	fake_told("up|");
	fake_answer(0, "AT+CPMS?",
		"\r\n+CPMS: \"SM\",20,20,\"SM\",20,20,\"SM\",20,20\r\n" OK);
	fake_answer(0, PAYLOAD, "\r\n+CMS ERROR: 322\r\n");
	fake_answer(0, "AT+CMGL=4", ONE_STORED);
	fake_submit(1, NULL, ALICE);
	fake_told("rejected 1 1 memory full (CMS ERROR 322)|"
		  "incoming 1 +15557771111>+15551234567 x|"
		  "degraded sim1: its memory is full: delete old texts|"
		  "incoming 2 +15557771111>+15551234567 x|up|");
}

static void test_replugged_is_read_again(void **state)
{
	(void)state;
	open_one();
	fake.settles = false;
	fake_answer(0, "AT+CMGL=4", ONE_STORED);
	fake_say(0, "\r\n+CMTI: \"SM\",3\r\n");
	fake_told("incoming 1 +15557771111>+15551234567 x|");
	fake_unplug(0);
	fake_plug(0);
	fake_told("down sim1: the peer closed the connection|up|"
		  "incoming 2 +15557771111>+15551234567 x|");
	fake_forget();
	/* The old one may be another SIM's: nothing is deleted for it. */
	fake.carrier->ops->settle(fake.carrier, 1, true);
	fake_heard(0, "");
	fake.carrier->ops->settle(fake.carrier, 2, true);
	fake_heard(0, "AT+CMGD=3|");
}

/* --- The end ------------------------------------------------------------- */

static void test_drain(void **state)
{
	(void)state;
	open_one();
	fake_answer(0, PAYLOAD, NULL);
	fake_submit(1, NULL, ALICE);
	fake_submit(2, NULL, ALICE);
	fake_pass(0);
	fake.carrier->ops->drain(fake.carrier);
	assert_int_equal(room(), 0);
	fake_told("rejected 2 9 the modem is closed|");
	fake_say(0, "\r\n+CMGS: 8\r\n" OK);
	fake_told("accepted 1 sim1:8:7770000|down it is closed|");
}

static void test_drain_in_vain(void **state)
{
	(void)state;
	open_one();
	fake_answer(0, PAYLOAD, NULL);
	fake_submit(1, NULL, ALICE);
	fake_pass(0);
	fake.carrier->ops->drain(fake.carrier);
	fake_pass(10000);
	fake_told("lost 1|down it is closed|");
}

static void test_drain_absent(void **state)
{
	(void)state;
	fake.modems[0].is_absent = true;
	fake_open(NULL);
	fake_forget();
	fake.carrier->ops->drain(fake.carrier);
	fake_told("down it is closed|");
}

static void test_close_amid(void **state)
{
	(void)state;
	open_one();
	fake.settles = false;
	fake_answer(0, PAYLOAD, NULL);
	fake_answer(0, "AT+CMGL=4", ONE_STORED);
	fake_say(0, "\r\n+CMTI: \"SM\",3\r\n");
	fake_submit(1, NULL, ALICE);
	fake_submit(2, NULL, ALICE);
	fake_pass(0);
	fake_forget();
	fake.carrier->ops->close(&fake.carrier);
	assert_null(fake.carrier);
	fake_pass(300000);
	fake_told("");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fake_set_up, fake_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_start),
		TEST(test_refused_commands),
		TEST(test_no_pdu_mode),
		TEST(test_silence),
		TEST(test_late_answer),
		TEST(test_pin),
		TEST(test_pin_is_tried_once),
		TEST(test_blocked_sims),
		TEST(test_hot_plug),
		TEST(test_new_start),
		TEST(test_noise),
		TEST(test_liveness),
		TEST(test_registration),
		TEST(test_no_network_rejects),
		TEST(test_description),
		TEST(test_send),
		TEST(test_refusals),
		TEST(test_impossible),
		TEST(test_no_prompt),
		TEST(test_no_answer),
		TEST(test_half_an_answer),
		TEST(test_unplugged_while_sending),
		TEST(test_no_reports),
		TEST(test_number_chooses),
		TEST(test_receivers_stay),
		TEST(test_parts_go_together),
		TEST(test_stored),
		TEST(test_settled_later),
		TEST(test_not_deleted),
		TEST(test_untold),
		TEST(test_other_memories),
		TEST(test_own_texts),
		TEST(test_garbage),
		TEST(test_part),
		TEST(test_direct),
		TEST(test_direct_without_acks),
		TEST(test_news_while_sending),
		TEST(test_many_unsettled),
		TEST(test_stall),
		TEST(test_memory_full),
		TEST(test_replugged_is_read_again),
		TEST(test_drain),
		TEST(test_drain_in_vain),
		TEST(test_drain_absent),
		TEST(test_close_amid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
