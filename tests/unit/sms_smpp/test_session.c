/*
 * One bind against a scripted SMSC, on the virtual clock.
 */
#include "base/clock.h"
#include "base/log.h"
#include "peer.h"
#include "sms_smpp/session.h"
#include "sms_smpp/status.h"

#define CAPACITY 20

static struct loop *loop;
static struct smpp_config config;
static struct smpp_session *session;
static struct peer peer;

/* What the session told, as one line of words. */
static struct str told;
static bool has_ended;
static uint32_t last_handle;

static void on_bound(void *arg)
{
	(void)arg;
	str_add(&told, "bound ");
}

static void on_answered(
	void *arg, uint64_t token, const struct smpp_pdu *response)
{
	(void)arg;
	str_addf(&told, "answered:%u:%u:%.*s ", (unsigned)token,
		response->status, (int)response->message_id.len,
		response->message_id.len > 0 ? response->message_id.data : "");
}

static void on_ready(void *arg)
{
	(void)arg;
	str_add(&told, "ready ");
}

static void on_lost(void *arg, uint64_t token, bool has_left)
{
	(void)arg;
	str_addf(&told, "%s:%u ", has_left ? "lost" : "kept", (unsigned)token);
}

static void on_late(void *arg, uint64_t token, const struct smpp_pdu *response)
{
	(void)arg;
	str_addf(&told, "late:%u:%u:%.*s ", (unsigned)token, response->status,
		(int)response->message_id.len, response->message_id.data);
}

static void on_delivered(void *arg, const struct smpp_pdu *pdu, uint32_t handle)
{
	(void)arg;
	last_handle = handle;
	str_addf(&told, "delivered:%.*s ", (int)pdu->message.len,
		pdu->message.data);
}

static void on_ended(
	void *arg, enum smpp_end end, uint32_t status, const char *why)
{
	static const char *const names[] = {
		[SMPP_END_LOST] = "lost",
		[SMPP_END_REFUSED] = "refused",
		[SMPP_END_UNBOUND] = "unbound",
		[SMPP_END_LEFT] = "left",
	};

	(void)arg;
	str_addf(&told, "ended:%s:%u:%s", names[end], status, why);
	has_ended = true;
	smpp_session_free(&session);
}

static const struct smpp_session_events events = { on_bound, on_answered,
	on_ready, on_lost, on_late, on_delivered, on_ended };

/* What was told since the last call is exactly this. */
static void expect(const char *words)
{
	loop_settle(loop, 0, NULL);
	assert_string_equal(str_text(&told), words);
	str_reset(&told);
}

static void quiet(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static int setup(void **state)
{
	struct conn *ends[2];
	const struct smpp_session_setup setup = {
		.config = &config,
		.name = "main/1",
		.role = SMPP_TRANSCEIVER,
		.capacity = CAPACITY,
		.events = &events,
	};
	struct smpp_session_setup mine = setup;

	(void)state;
	clock_use_virtual(1700000000000);
	log_set_sink(quiet, NULL);
	config = (struct smpp_config){
		.system_id = (char *)(uintptr_t) "esme1",
		.password = secret_new(slice_of("secret")),
		.window = 3,
		.enquire_link = 30,
		.inactivity = 180,
		.response_timeout = 60,
	};
	str_init(&told, 100000);
	has_ended = false;
	loop = loop_new();
	conn_pair(loop, ends, &smpp_conn_limits);
	peer_start(&peer, loop, ends[0]);
	mine.loop = loop;
	session = smpp_session_new(&mine, ends[1]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	smpp_session_free(&session);
	peer_finish(&peer);
	loop_free(&loop);
	secret_free(&config.password);
	str_finish(&told);
	log_set_sink(NULL, NULL);
	clock_use_real();
	return 0;
}

static void bind_it(void)
{
	(void)peer_hear(&peer, SMPP_BIND_TRANSCEIVER);
	peer_answer(&peer, 0, "");
	expect("bound ");
}

static void submit(uint64_t token)
{
	struct smpp_pdu pdu = {
		.command = SMPP_SUBMIT_SM,
		.message = slice_of("hello"),
	};

	assert_int_equal(
		smpp_session_submit(session, token, (uint32_t)token, &pdu), 0);
}

/* The sequence of the next submit that the SMSC hears. */
static uint32_t hear_submit(void)
{
	return peer_hear(&peer, SMPP_SUBMIT_SM)->sequence;
}

static void deliver(uint32_t sequence, const char *text)
{
	const struct smpp_pdu pdu = {
		.command = SMPP_DELIVER_SM,
		.sequence = sequence,
		.message = slice_of(text),
	};

	peer_say(&peer, &pdu);
}

/* --- Binding ------------------------------------------------------------- */

static void test_bind(void **state)
{
	(void)state;
	const struct smpp_pdu *pdu = peer_hear(&peer, SMPP_BIND_TRANSCEIVER);

	assert_int_equal(pdu->sequence, 1);
	assert_slice(pdu->system_id, "esme1");
	assert_slice(pdu->password, "secret");
	assert_int_equal(pdu->interface_version, 0x34);
	assert_false(smpp_session_is_bound(session));
	assert_int_equal(smpp_session_room(session), 0);
	peer_answer(&peer, 0, "");
	expect("bound ");
	assert_true(smpp_session_is_bound(session));
	assert_int_equal(smpp_session_room(session), 3);
}

static void test_bind_refused(void **state)
{
	(void)state;
	(void)peer_hear(&peer, SMPP_BIND_TRANSCEIVER);
	peer_answer(&peer, SMPP_RINVPASWD, "");
	expect("ended:refused:14:the password is wrong (SMPP 0x0E RINVPASWD)");
	peer_hear_end(&peer, 0);
}

static void test_bind_nacked(void **state)
{
	(void)state;
	(void)peer_hear(&peer, SMPP_BIND_TRANSCEIVER);
	peer_say_head(&peer, SMPP_GENERIC_NACK, SMPP_RINVCMDID, 1);
	expect("ended:refused:3:the provider knows no such request (SMPP 0x03 "
	       "RINVCMDID)");
}

static void test_bind_unanswered(void **state)
{
	(void)state;
	(void)peer_hear(&peer, SMPP_BIND_TRANSCEIVER);
	/* Answers to something else are none. */
	peer_say_head(&peer, SMPP_BIND_TRANSMITTER | SMPP_RESPONSE, 0, 1);
	peer_say_head(&peer, SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, 0, 2);
	loop_settle(loop, 14900, NULL);
	expect("");
	loop_settle(loop, 100, NULL);
	expect("ended:lost:0:the SMSC does not answer the bind");
}

/* Texts before the bind is answered are for later. */
static void test_early_delivery(void **state)
{
	(void)state;
	deliver(5, "early");
	(void)peer_hear(&peer, SMPP_BIND_TRANSCEIVER);
	assert_int_equal(
		peer_hear(&peer, SMPP_DELIVER_SM | SMPP_RESPONSE)->status,
		SMPP_RX_T_APPN);
	expect("");
}

/* --- The window ---------------------------------------------------------- */

static void test_window(void **state)
{
	(void)state;
	uint32_t sequences[5];

	bind_it();
	for (uint64_t i = 0; i < 5; i++)
		submit(i);
	assert_int_equal(smpp_session_room(session), 0);
	assert_int_equal(smpp_session_pending(session), 5);
	assert_int_equal(smpp_session_held(session), 2);
	assert_true(smpp_session_has(session, 4));
	assert_false(smpp_session_has(session, 5));
	for (size_t i = 0; i < 3; i++)
		sequences[i] = hear_submit();
	peer_hear_nothing(&peer, 1000);
	/* Out of order, twice, and to nothing. */
	peer_answer_submit(&peer, sequences[1], 0, "b");
	expect("answered:1:0:b ");
	peer_answer_submit(&peer, sequences[1], 0, "b");
	peer_answer_submit(&peer, 77, 0, "x");
	peer_answer_submit(&peer, 0, 0, "x");
	expect("");
	sequences[3] = hear_submit();
	/* One that is held cannot be answered. */
	peer_answer_submit(&peer, sequences[3] + 1, 0, "x");
	expect("");
	peer_answer_submit(&peer, sequences[0], 0x58, "");
	expect("answered:0:88: ");
	sequences[4] = hear_submit();
	peer_say_head(&peer, SMPP_GENERIC_NACK, 3, sequences[4]);
	expect("answered:4:3: ");
	peer_answer_submit(&peer, sequences[2], 0, "");
	peer_answer_submit(&peer, sequences[3], 0, "d");
	expect("answered:2:0: answered:3:0:d ");
	assert_int_equal(smpp_session_room(session), 3);
}

static void test_many_submits(void **state)
{
	(void)state;
	bind_it();
	for (uint64_t i = 0; i < 200; i++) {
		uint32_t sequence;

		submit(i);
		sequence = hear_submit();
		assert_in_range(sequence, 1, SMPP_SEQUENCE_MAX);
		peer_answer_submit(&peer, sequence, 0, "");
		loop_settle(loop, 0, NULL);
		assert_int_equal(smpp_session_pending(session), 0);
	}
}

static void test_response_timeout(void **state)
{
	(void)state;
	uint32_t first;

	bind_it();
	config.enquire_link = 0;
	submit(1);
	first = hear_submit();
	loop_settle(loop, 30000, NULL);
	submit(2);
	(void)hear_submit();
	loop_settle(loop, 29900, NULL);
	expect("");
	loop_settle(loop, 100, NULL);
	expect("lost:1 ");
	/* Too late; once. */
	peer_answer_submit(&peer, first, 0, "x");
	expect("late:1:0:x ");
	peer_answer_submit(&peer, first, 0, "x");
	expect("");
	loop_settle(loop, 30000, NULL);
	expect("lost:2 ");
	assert_true(smpp_session_is_bound(session));
}

/* Asked for a sign of life while the window is full, it gives one. */
static void test_enquire_with_full_window(void **state)
{
	(void)state;
	bind_it();
	for (uint64_t i = 0; i < 6; i++)
		submit(i);
	for (size_t i = 0; i < 3; i++)
		(void)hear_submit();
	peer_say_head(&peer, SMPP_ENQUIRE_LINK, 0, 12345);
	assert_int_equal(
		peer_hear(&peer, SMPP_ENQUIRE_LINK | SMPP_RESPONSE)->sequence,
		12345);
}

/* --- Silence ------------------------------------------------------------- */

static void test_enquire_link(void **state)
{
	(void)state;
	bind_it();
	peer_hear_nothing(&peer, 29900);
	(void)peer_hear(&peer, SMPP_ENQUIRE_LINK);
	peer_answer(&peer, 0, "");
	peer_hear_nothing(&peer, 29900);
	(void)peer_hear(&peer, SMPP_ENQUIRE_LINK);
	peer_hear_nothing(&peer, 29000);
	(void)peer_hear(&peer, SMPP_ENQUIRE_LINK);
	/* Anything is a sign of life. */
	deliver(1, "x");
	loop_settle(loop, 89900, NULL);
	expect("delivered:x ");
	loop_settle(loop, 100, NULL);
	expect("ended:lost:0:the SMSC does not answer enquire_link");
}

static void test_inactivity(void **state)
{
	(void)state;
	config.enquire_link = 0;
	bind_it();
	peer_hear_nothing(&peer, 179000);
	expect("");
	loop_settle(loop, 1000, NULL);
	expect("ended:lost:0:the SMSC is silent");
}

static void test_no_timers(void **state)
{
	(void)state;
	config.enquire_link = config.inactivity = 0;
	bind_it();
	peer_hear_nothing(&peer, (int64_t)30 * 24 * 3600 * 1000);
	expect("");
}

/* --- Octets -------------------------------------------------------------- */

static void test_byte_by_byte(void **state)
{
	(void)state;
	static const char hex[] =
		"0000002d 00000005 00000000 00000003 00 0000 3100 0000 3200"
		"000000 00 00 00 00 00 00 02 6869 3abc 0003 010203 00";
	struct str octets;

	bind_it();
	str_init(&octets, 1000);
	octets_add(&octets, hex);
	for (size_t i = 0; i < octets.len; i++) {
		expect("");
		loop_settle(loop, 100, NULL);
		peer_say_octets(&peer, slice_make(octets.data + i, 1));
	}
	expect("delivered:hi ");
	/* Two and a half at once. */
	str_reset(&octets);
	octets_add(&octets, hex);
	octets_add(&octets, hex);
	octets_add(&octets, "00000010 0000");
	peer_say_octets(&peer, str_slice(&octets));
	expect("delivered:hi delivered:hi ");
	/* The rest has ten seconds, however it drips. */
	for (int i = 0; i < 9; i++) {
		loop_settle(loop, 1000, NULL);
		peer_say_octets(&peer, slice_make("\0", 1));
	}
	expect("");
	loop_settle(loop, 1000, NULL);
	expect("ended:lost:0:the SMSC stopped in the middle of a PDU");
	str_finish(&octets);
}

static void test_not_smpp(void **state)
{
	(void)state;
	bind_it();
	submit(1);
	(void)hear_submit();
	peer_say_octets(&peer, slice_of("HTTP/1.1 400 Bad Request\r\n\r\n"));
	expect("lost:1 ended:lost:0:the SMSC does not speak SMPP");
	peer_hear_end(&peer, 0);
}

static void test_odd_requests(void **state)
{
	(void)state;
	const struct smpp_pdu *pdu;

	bind_it();
	/* Nobody knows it, we do not do it, it needs no answer. */
	peer_say_head(&peer, 0x0000dead, 0, 7);
	pdu = peer_hear(&peer, SMPP_GENERIC_NACK);
	assert_int_equal(pdu->status, SMPP_RINVCMDID);
	assert_int_equal(pdu->sequence, 7);
	peer_say_head(&peer, SMPP_SUBMIT_SM, 0, 8);
	pdu = peer_hear(&peer, SMPP_GENERIC_NACK);
	assert_int_equal(pdu->status, SMPP_RINVCMDID);
	peer_say_head(&peer, SMPP_ALERT_NOTIFICATION, 0, 9);
	peer_say_head(&peer, SMPP_OUTBIND, 0, 10);
	peer_say_head(&peer, 0x8000dead, 0, 11);
	/* Without a body. */
	peer_say_head(&peer, SMPP_DELIVER_SM, 0, 12);
	pdu = peer_hear(&peer, SMPP_DELIVER_SM | SMPP_RESPONSE);
	assert_int_equal(pdu->status, SMPP_RINVCMDLEN);
	assert_int_equal(pdu->sequence, 12);
	expect("");
	peer_hear_nothing(&peer, 1000);
}

/* --- Deliveries ---------------------------------------------------------- */

static void test_deliveries(void **state)
{
	(void)state;
	uint32_t handles[3];
	const struct smpp_pdu *pdu;
	static const char *const texts[] = { "a", "b", "c" };

	bind_it();
	for (uint32_t i = 0; i < 3; i++) {
		deliver(100 + i, texts[i]);
		handles[i] = last_handle;
	}
	expect("delivered:a delivered:b delivered:c ");
	peer_hear_nothing(&peer, 5000);
	smpp_session_answer(session, handles[1], SMPP_RX_T_APPN);
	pdu = peer_hear(&peer, SMPP_DELIVER_SM | SMPP_RESPONSE);
	assert_int_equal(pdu->sequence, 101);
	assert_int_equal(pdu->status, SMPP_RX_T_APPN);
	smpp_session_answer(session, handles[0], 0);
	pdu = peer_hear(&peer, SMPP_DELIVER_SM | SMPP_RESPONSE);
	assert_int_equal(pdu->sequence, 100);
	assert_int_equal(pdu->status, 0);
	/* Twice, or what never was: nothing. */
	smpp_session_answer(session, handles[0], 0);
	smpp_session_answer(session, 0, 0);
	smpp_session_answer(session, 99, 0);
	peer_hear_nothing(&peer, 1000);
	/* Places are used again. */
	deliver(200, "d");
	expect("delivered:d ");
	assert_true(last_handle <= 3);
	smpp_session_answer(session, last_handle, 0);
	assert_int_equal(
		peer_hear(&peer, SMPP_DELIVER_SM | SMPP_RESPONSE)->sequence,
		200);
}

static void test_too_many_deliveries(void **state)
{
	(void)state;
	const struct smpp_pdu *pdu;

	bind_it();
	for (uint32_t i = 0; i < 1000; i++)
		deliver(i + 1, "x");
	deliver(5000, "y");
	assert_null(strstr(str_text(&told), "y"));
	pdu = peer_hear(&peer, SMPP_DELIVER_SM | SMPP_RESPONSE);
	assert_int_equal(pdu->sequence, 5000);
	assert_int_equal(pdu->status, SMPP_RX_T_APPN);
	smpp_session_answer(session, last_handle, 0);
	(void)peer_hear(&peer, SMPP_DELIVER_SM | SMPP_RESPONSE);
	str_reset(&told);
	deliver(5001, "z");
	expect("delivered:z ");
}

static void test_stall(void **state)
{
	(void)state;
	bind_it();
	submit(1);
	(void)hear_submit();
	smpp_session_stall(session, true);
	deliver(1, "a");
	loop_settle(loop, 500000, NULL);
	expect("");
	/* What waited meanwhile is no delay of the SMSC. */
	smpp_session_stall(session, false);
	expect("delivered:a ");
	peer_answer_submit(&peer, 2, 0, "id");
	expect("answered:1:0:id ");
}

/* --- The end ------------------------------------------------------------- */

static void test_lost(void **state)
{
	(void)state;
	bind_it();
	for (uint64_t i = 0; i < 5; i++)
		submit(i);
	(void)hear_submit();
	peer_hang_up(&peer);
	expect("lost:0 lost:1 lost:2 kept:3 kept:4 ended:lost:0:the peer "
	       "closed the connection");
}

static void test_unbound_by_peer(void **state)
{
	(void)state;
	bind_it();
	submit(1);
	(void)hear_submit();
	peer_say_head(&peer, SMPP_UNBIND, 0, 44);
	expect("lost:1 ended:unbound:0:the SMSC ended the session");
	assert_int_equal(
		peer_hear(&peer, SMPP_UNBIND | SMPP_RESPONSE)->sequence, 44);
	peer_hear_end(&peer, 0);
}

static void test_leave(void **state)
{
	(void)state;
	uint32_t sequences[2];

	bind_it();
	submit(1);
	submit(2);
	sequences[0] = hear_submit();
	sequences[1] = hear_submit();
	smpp_session_leave(session);
	assert_int_equal(smpp_session_room(session), 0);
	peer_hear_nothing(&peer, 2000);
	peer_answer_submit(&peer, sequences[0], 0, "a");
	peer_answer_submit(&peer, sequences[1], 0, "b");
	expect("answered:1:0:a answered:2:0:b ");
	(void)peer_hear(&peer, SMPP_UNBIND);
	/* What comes meanwhile is still taken. */
	deliver(9, "x");
	expect("delivered:x ");
	smpp_session_answer(session, last_handle, 0);
	peer.pdu.command = SMPP_UNBIND;
	peer_answer(&peer, 0, "");
	expect("ended:left:0:unbound");
}

static void test_leave_impatiently(void **state)
{
	(void)state;
	bind_it();
	submit(1);
	(void)hear_submit();
	smpp_session_leave(session);
	peer_hear_nothing(&peer, 4900);
	(void)peer_hear(&peer, SMPP_UNBIND);
	loop_settle(loop, 4000, NULL);
	expect("");
	loop_settle(loop, 1000, NULL);
	expect("lost:1 ended:left:0:the SMSC does not answer the unbind");
}

static void test_leave_before_bound(void **state)
{
	(void)state;
	smpp_session_leave(session);
	expect("ended:left:0:given up before it was bound");
}

/* A peer that reads nothing: what cannot be sent is held, and the queue does
 * not grow without end. */
static void test_black_hole(void **state)
{
	(void)state;
	bind_it();
	conn_pause(peer.conn);
	for (uint32_t i = 0; i < 100000 && !has_ended; i++) {
		peer_say_head(&peer, SMPP_ENQUIRE_LINK, 0, i + 1);
		loop_settle(loop, 0, NULL);
	}
	expect("ended:lost:0:the SMSC does not read what is sent");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bind),
		TEST(test_bind_refused),
		TEST(test_bind_nacked),
		TEST(test_bind_unanswered),
		TEST(test_early_delivery),
		TEST(test_window),
		TEST(test_many_submits),
		TEST(test_response_timeout),
		TEST(test_enquire_with_full_window),
		TEST(test_enquire_link),
		TEST(test_inactivity),
		TEST(test_no_timers),
		TEST(test_byte_by_byte),
		TEST(test_not_smpp),
		TEST(test_odd_requests),
		TEST(test_deliveries),
		TEST(test_too_many_deliveries),
		TEST(test_stall),
		TEST(test_lost),
		TEST(test_unbound_by_peer),
		TEST(test_leave),
		TEST(test_leave_impatiently),
		TEST(test_leave_before_bound),
		TEST(test_black_hole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
