/*
 * The carrier over real connections on loopback, to a scripted SMSC, on the
 * virtual clock.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/resolve.h"
#include "peer.h"
#include "sms_smpp/session.h"
#include "sms_smpp/smpp.h"
#include "sms_smpp/status.h"
#include "sms_smpp/tlv.h"

#define PEERS 24

static struct loop *loop;
static struct resolver *resolver;
static struct smpp_config config;
static struct carrier_setup setup;
static struct carrier *carrier;

/* --- The SMSC ------------------------------------------------------------ */

static int listener = -1;
static uint16_t port;
static struct watch *accepting;
static struct peer peers[PEERS];
static size_t peer_count;
static bool is_new_peer;
static struct peer caller; /* of an outbind */

static void on_accept(int fd, void *arg)
{
	int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)arg;
	assert_true(client >= 0);
	assert_true(peer_count < PEERS);
	peer_start(&peers[peer_count++], loop,
		conn_new(loop, client, "smsc", &smpp_conn_limits, NULL, NULL));
	is_new_peer = true;
}

static void serve(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	socklen_t len = sizeof(address);
	int on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	(void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(listener, (const void *)&address, len), 0);
	assert_int_equal(getsockname(listener, (void *)&address, &len), 0);
	assert_int_equal(listen(listener, 16), 0);
	port = ntohs(address.sin_port);
	accepting = watch_read(loop, "accept", listener, on_accept, NULL);
}

static void serve_no_more(void)
{
	watch_free(&accepting);
	close(listener);
	listener = -1;
}

/* The next connection comes within `ms`. */
static struct peer *await_peer(int64_t ms)
{
	is_new_peer = false;
	loop_settle(loop, ms, &is_new_peer);
	assert_true(is_new_peer);
	return &peers[peer_count - 1];
}

/* --- The gateway --------------------------------------------------------- */

static struct str told;
static uint64_t last_ticket;

static void on_link(void *arg, enum carrier_state state, const char *why)
{
	static const char *const names[] = { "down", "degraded", "up" };

	(void)arg;
	assert_non_null(why);
	str_addf(&told, "%s ", names[state]);
}

static void on_ready(void *arg)
{
	(void)arg;
	assert_true(carrier_smpp.room(carrier) > 0);
	str_add(&told, "ready ");
}

static void on_accepted(void *arg, uint64_t token, const char *id)
{
	(void)arg;
	str_addf(&told, "accepted:%u:%s ", (unsigned)token, id);
}

static void on_rejected(
	void *arg, uint64_t token, const struct carrier_refusal *refusal)
{
	(void)arg;
	str_addf(&told, "rejected:%u:%d:%s ", (unsigned)token,
		(int)refusal->class, refusal->text);
}

static void on_lost(void *arg, uint64_t token)
{
	(void)arg;
	str_addf(&told, "lost:%u ", (unsigned)token);
}

static void on_late(void *arg, uint64_t token, const char *id,
	const struct carrier_refusal *refusal)
{
	(void)arg;
	str_addf(&told, "late:%u:%s:%s ", (unsigned)token, id,
		refusal != NULL ? refusal->text : "");
}

static void on_report(void *arg, const struct carrier_report *report)
{
	(void)arg;
	last_ticket = report->ticket;
	str_addf(&told, "report:%s:%s:%d:%d:%s ", report->id, report->to.text,
		(int)report->state, (int)report->class,
		report->text != NULL ? report->text : "");
}

static void on_incoming(void *arg, const struct carrier_incoming *in)
{
	(void)arg;
	last_ticket = in->ticket;
	str_addf(&told, "text:%s:%d:%s:%d:%.*s", in->from.text,
		(int)in->from.origin, in->to.text, (int)in->alphabet,
		(int)in->data.len, in->data.data);
	if (in->part.total > 1)
		str_addf(&told, ":%u/%u:%u:%c", in->part.number, in->part.total,
			in->part.ref, in->part.method);
	str_add(&told, " ");
}

static const struct carrier_events events = {
	.link = on_link,
	.ready = on_ready,
	.accepted = on_accepted,
	.rejected = on_rejected,
	.lost = on_lost,
	.late = on_late,
	.report = on_report,
	.incoming = on_incoming,
};

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

static char host[] = "127.0.0.1", system_id[] = "esme1";

static int start(void **state)
{
	(void)state;
	clock_use_virtual(1700000000000);
	log_set_sink(quiet, NULL);
	str_init(&told, 100000);
	loop = loop_new();
	resolver = resolver_new(loop, "127.0.0.1:1");
	port = 0;
	peer_count = 0;
	serve();
	config = (struct smpp_config){
		.host = host,
		.port = port,
		.tls = SMPP_TLS_NONE,
		.system_id = system_id,
		.binds = 1,
		.window = 3,
		.enquire_link = 30,
		.inactivity = 180,
		.response_timeout = 60,
		.number_ton = 1,
		.number_npi = 1,
		.short_ton = 3,
		.word_ton = 5,
	};
	setup = (struct carrier_setup){
		.name = "main",
		.config = &config,
		.loop = loop,
		.resolver = resolver,
		.events = &events,
	};
	return 0;
}

static int stop(void **state)
{
	(void)state;
	carrier_smpp.close(&carrier);
	assert_null(carrier);
	for (size_t i = 0; i < peer_count; i++)
		peer_finish(&peers[i]);
	peer_finish(&caller);
	secret_free(&config.outbind.password);
	if (listener >= 0)
		serve_no_more();
	resolver_free(&resolver);
	loop_free(&loop);
	str_finish(&told);
	log_set_sink(NULL, NULL);
	clock_use_real();
	return 0;
}

static void open_carrier(void)
{
	const char *reason = NULL;

	carrier = carrier_smpp.open(&setup, &reason);
	assert_non_null(carrier);
}

static void take_bind(struct peer *p, uint32_t command)
{
	(void)peer_hear(p, command);
	peer_answer(p, 0, "");
}

/* One transceiver, bound. */
static struct peer *bound(void)
{
	struct peer *p;

	open_carrier();
	p = await_peer(1000);
	take_bind(p, SMPP_BIND_TRANSCEIVER);
	expect("up ready ");
	return p;
}

static void submit(uint64_t token, const char *to, bool is_more)
{
	const struct carrier_submit s = {
		.token = token,
		.from = "+15551234567",
		.to = to,
		.data = slice_of("hello"),
		.is_more = is_more,
		.wants_report = true,
	};

	carrier_smpp.submit(carrier, &s);
}

/* --- Sending ------------------------------------------------------------- */

static void test_submit(void **state)
{
	(void)state;
	struct peer *p = bound();
	const struct smpp_pdu *pdu;
	const struct carrier_submit s = {
		.token = 1,
		.from = "acme;phone-context=alpha.sms.example.org",
		.to = "+15551234567",
		.alphabet = SMS_UCS2,
		.header = slice_make("\x00\x03\x01\x02\x01", 5),
		.data = slice_make("\0A", 2),
		.wants_report = true,
		.valid_ms = (int64_t)(26 * 3600 + 61) * 1000,
	};

	assert_int_equal(carrier_smpp.caps(carrier), 0);
	assert_int_equal(carrier_smpp.room(carrier), 3);
	carrier_smpp.submit(carrier, &s);
	pdu = peer_hear(p, SMPP_SUBMIT_SM);
	assert_int_equal(pdu->source.ton, 5);
	assert_int_equal(pdu->source.npi, 0);
	assert_slice(pdu->source.digits, "ACME");
	assert_int_equal(pdu->destination.ton, 1);
	assert_int_equal(pdu->destination.npi, 1);
	assert_slice(pdu->destination.digits, "15551234567");
	assert_int_equal(pdu->esm_class, 0x40);
	assert_int_equal(pdu->data_coding, 0x08);
	assert_int_equal(pdu->registered_delivery, 1);
	assert_slice(pdu->validity, "000001020101000R");
	assert_octets(pdu->message, "050003010201 0041");
	assert_int_equal(carrier_smpp.room(carrier), 2);
	peer_answer(p, 0, "65546");
	expect("accepted:1:65546 ready ");
}

static void test_refusals(void **state)
{
	(void)state;
	struct peer *p = bound();

	submit(1, "+15550000003", false);
	(void)peer_hear(p, SMPP_SUBMIT_SM);
	peer_answer(p, 0x0B, "");
	expect("rejected:1:3:there is no such number (SMPP 0x0B RINVDSTADR) "
	       "ready ");
	/* Not before submit() returned. */
	submit(2, "hidden;phone-context=none.sms.example.org", false);
	assert_int_equal(told.len, 0);
	expect("rejected:2:3:the receiver is no number ");
	/* It was never taken. */
	peer_hang_up(p);
	expect("down ");
	assert_int_equal(carrier_smpp.room(carrier), 0);
	submit(3, "+15550000003", false);
	expect("rejected:3:9:the link to the provider is gone ");
}

static void test_lost(void **state)
{
	(void)state;
	struct peer *p = bound();

	submit(1, "+15551111111", false);
	submit(2, "+15552222222", false);
	(void)peer_hear(p, SMPP_SUBMIT_SM);
	peer_hang_up(p);
	expect("lost:1 lost:2 down ");
	/* It comes back by itself. */
	p = await_peer(2000);
	take_bind(p, SMPP_BIND_TRANSCEIVER);
	expect("up ready ");
}

static void test_late(void **state)
{
	(void)state;
	struct peer *p = bound();
	uint32_t sequences[2];

	for (unsigned i = 0; i < 2; i++) {
		submit(i + 1, "+15551111111", false);
		sequences[i] = peer_hear(p, SMPP_SUBMIT_SM)->sequence;
	}
	loop_settle(loop, 60000, NULL);
	assert_non_null(strstr(str_text(&told), "lost:1 lost:2 "));
	str_reset(&told);
	peer_answer_submit(p, sequences[0], SMPP_ROK, "4711");
	peer_answer_submit(p, sequences[1], 0x0B, "");
	expect("late:1:4711: late:2::there is no such number (SMPP 0x0B "
	       "RINVDSTADR) ");
}

static void test_throttled(void **state)
{
	(void)state;
	struct peer *p = bound();

	submit(1, "+15551111111", false);
	submit(2, "+15552222222", false);
	(void)peer_hear(p, SMPP_SUBMIT_SM);
	peer_answer(p, 0x58, "");
	(void)peer_hear(p, SMPP_SUBMIT_SM);
	peer_answer(p, 0x14, "");
	expect("rejected:1:2:too many texts in a short time (SMPP 0x58 "
	       "RTHROTTLED) "
	       "rejected:2:2:the provider's queue is full (SMPP 0x14 "
	       "RMSGQFUL) ");
	assert_int_equal(carrier_smpp.room(carrier), 0);
	loop_settle(loop, 999, NULL);
	expect("");
	loop_settle(loop, 2000, NULL);
	expect("ready ");
	assert_int_equal(carrier_smpp.room(carrier), 1);
}

static char abc[] = "abc";

/* What it refuses is left out, and the same comes again. */
static void test_refused_tlvs(void **state)
{
	(void)state;
	struct smpp_extra extra = { .tag = 0x1401, .text = abc };
	void *extras[] = { &extra };
	struct peer *p;
	const struct smpp_pdu *pdu;

	config.extras = (struct cfg_list){ .items = extras, .count = 1 };
	config.segments = SMPP_SEGMENTS_PAYLOAD;
	p = bound();
	assert_int_equal(carrier_smpp.caps(carrier), CARRIER_CUTS);
	submit(1, "+15551111111", false);
	pdu = peer_hear(p, SMPP_SUBMIT_SM);
	assert_int_equal(pdu->tlvs.len, 8);
	/* One that is missing is no reason. */
	peer_answer(p, 0xC3, "");
	expect("rejected:1:12:an optional parameter is missing (SMPP 0xC3 "
	       "RMISSINGTLV) ready ");
	submit(2, "+15551111111", false);
	assert_int_equal(peer_hear(p, SMPP_SUBMIT_SM)->tlvs.len, 8);
	peer_answer(p, 0xC1, "");
	loop_settle(loop, 0, NULL);
	assert_non_null(strstr(str_text(&told), "rejected:2:1:"));
	str_reset(&told);
	assert_int_equal(carrier_smpp.caps(carrier), 0);
	submit(3, "+15551111111", false);
	assert_int_equal(peer_hear(p, SMPP_SUBMIT_SM)->tlvs.len, 0);
	peer_answer(p, 0, "a");
	expect("accepted:3:a ready ");
}

static void test_rate(void **state)
{
	(void)state;
	struct peer *p;

	config.rate = 2;
	p = bound();
	assert_int_equal(carrier_smpp.room(carrier), 1);
	submit(1, "+15551111111", false);
	assert_int_equal(carrier_smpp.room(carrier), 0);
	(void)peer_hear(p, SMPP_SUBMIT_SM);
	peer_answer(p, 0, "a");
	expect("accepted:1:a ");
	loop_settle(loop, 499, NULL);
	expect("");
	loop_settle(loop, 2, NULL);
	expect("ready ");
}

/* --- Receiving ----------------------------------------------------------- */

static void deliver(struct peer *p, uint32_t sequence, uint8_t esm,
	uint8_t coding, struct slice message, const char *tlvs)
{
	struct str octets;
	struct smpp_pdu pdu = {
		.command = SMPP_DELIVER_SM,
		.sequence = sequence,
		.source = { 1, 1, slice_of("15557770000") },
		.destination = { 1, 1, slice_of("15551234567") },
		.esm_class = esm,
		.data_coding = coding,
		.message = message,
	};

	str_init(&octets, 1000);
	octets_add(&octets, tlvs);
	pdu.tlvs = str_slice(&octets);
	peer_say(p, &pdu);
	str_finish(&octets);
}

static void settle(struct peer *p, uint32_t sequence, bool ok)
{
	const struct smpp_pdu *pdu;

	carrier_smpp.settle(carrier, last_ticket, ok);
	pdu = peer_hear(p, SMPP_DELIVER_SM | SMPP_RESPONSE);
	assert_int_equal(pdu->sequence, sequence);
	assert_int_equal(pdu->status, ok ? 0 : SMPP_RX_T_APPN);
}

static void test_incoming(void **state)
{
	(void)state;
	struct peer *p = bound();

	deliver(p, 7, 0, 0, slice_of("hi"), "");
	expect("text:15557770000:1:15551234567:0:hi ");
	peer_hear_nothing(p, 1000);
	settle(p, 7, true);
	deliver(p, 8, 0x40, 0, slice_make("\x05\x00\x03\x2a\x03\x02xyz", 9),
		"");
	expect("text:15557770000:1:15551234567:0:xyz:2/3:42:8 ");
	settle(p, 8, false);
	/* In optional parameters, and the text too. */
	deliver(p, 9, 0, 3, slice_of(""),
		"0424 0002 6869 020c 0002 1234 020e 0001 02 020f 0001 01");
	expect("text:15557770000:1:15551234567:2:hi:1/2:4660:s ");
	settle(p, 9, true);
	/* Parts of nothing. */
	deliver(p, 10, 0, 0, slice_of("a"),
		"020c 0002 1234 020e 0001 02 020f 0001 03");
	expect("text:15557770000:1:15551234567:0:a ");
	settle(p, 10, true);
	/* A header longer than all of it. */
	deliver(p, 11, 0x40, 4, slice_make("\x20xy", 3), "");
	expect("text:15557770000:1:15551234567:3: xy ");
	settle(p, 11, true);
}

static void test_reports(void **state)
{
	(void)state;
	struct peer *p = bound();

	deliver(p, 1, 4, 0, slice_of("id:65546 stat:DELIVRD err:000"), "");
	expect("report:65546:15557770000:2:0: ");
	settle(p, 1, true);
	deliver(p, 2, 0x44, 0,
		slice_make(
			"\x05\x00\x03\x01\x01\x01id:1 stat:UNDELIV err:9", 29),
		"");
	expect("report:1:15557770000:5:0:error 9 ");
	settle(p, 2, false);
	deliver(p, 3, 4, 0, slice_of(""), "001e 0002 3900 0427 0001 02");
	expect("report:9:15557770000:2:0: ");
	settle(p, 3, true);
	deliver(p, 4, 0x20, 0, slice_of("id:1 stat:ENROUTE"), "");
	expect("report:1:15557770000:1:0: ");
	settle(p, 4, true);
	/* It says nothing: answered at once. */
	deliver(p, 5, 4, 0, slice_of("what"), "");
	expect("");
	assert_int_equal(
		peer_hear(p, SMPP_DELIVER_SM | SMPP_RESPONSE)->status, 0);
	/* What is no receipt is a text, whatever it reads like. */
	deliver(p, 6, 0, 0, slice_of("id:1 stat:DELIVRD"), "");
	expect("text:15557770000:1:15551234567:0:id:1 stat:DELIVRD ");
}

static void test_data_sm(void **state)
{
	(void)state;
	struct peer *p = bound();
	struct smpp_pdu pdu = {
		.command = SMPP_DATA_SM,
		.sequence = 5,
		.source = { 5, 0, slice_of("ACME") },
		.destination = { 6, 0, slice_of("12345") },
		.tlvs = slice_make("\x04\x24\x00\x02ok", 6),
	};

	peer_say(p, &pdu);
	expect("text:ACME:4:12345:0:ok ");
	carrier_smpp.settle(carrier, last_ticket, true);
	assert_int_equal(
		peer_hear(p, SMPP_DATA_SM | SMPP_RESPONSE)->sequence, 5);
}

/* A ticket of a session that is gone is nobody's. */
static void test_stale_ticket(void **state)
{
	(void)state;
	struct peer *p = bound();
	uint64_t stale;

	deliver(p, 1, 0, 0, slice_of("a"), "");
	stale = last_ticket;
	peer_hang_up(p);
	p = await_peer(2000);
	take_bind(p, SMPP_BIND_TRANSCEIVER);
	deliver(p, 1, 0, 0, slice_of("a"), "");
	assert_int_not_equal(stale, last_ticket);
	carrier_smpp.settle(carrier, stale, true);
	peer_hear_nothing(p, 1000);
	settle(p, 1, true);
}

/* --- Several sessions ---------------------------------------------------- */

static void test_pair(void **state)
{
	(void)state;
	struct peer *tx, *rx;

	config.binding = SMPP_BINDING_PAIR;
	open_carrier();
	while (peer_count < 2)
		(void)await_peer(1000);
	tx = &peers[0];
	rx = &peers[1];
	take_bind(rx, SMPP_BIND_RECEIVER);
	/* It carries nothing yet. */
	expect("");
	assert_int_equal(carrier_smpp.room(carrier), 0);
	take_bind(tx, SMPP_BIND_TRANSMITTER);
	expect("up ready ");
	submit(1, "+15551111111", false);
	(void)peer_hear(tx, SMPP_SUBMIT_SM);
	/* The receipt comes by the other, and earlier. */
	deliver(rx, 1, 4, 0, slice_of("id:a stat:DELIVRD"), "");
	expect("report:a:15557770000:2:0: ");
	settle(rx, 1, true);
	peer_answer(tx, 0, "a");
	expect("accepted:1:a ready ");
	peer_hang_up(rx);
	expect("degraded ");
	peer_hang_up(tx);
	expect("down ");
}

/* The segments of one text, and texts for one receiver, keep to a session. */
static void test_several_binds(void **state)
{
	(void)state;
	static const char one[] = "+15551111111", two[] = "+15552222222";
	uint32_t first;

	config.binds = 2;
	config.window = 2;
	open_carrier();
	while (peer_count < 2)
		(void)await_peer(1000);
	take_bind(&peers[0], SMPP_BIND_TRANSCEIVER);
	expect("degraded ready ");
	take_bind(&peers[1], SMPP_BIND_TRANSCEIVER);
	expect("up ready ");
	assert_int_equal(carrier_smpp.room(carrier), 4);
	/* Three segments: one more than the window. */
	submit(1, one, true);
	submit(2, one, true);
	submit(3, one, false);
	assert_int_equal(carrier_smpp.room(carrier), 1);
	submit(4, two, false);
	first = peer_hear(&peers[0], SMPP_SUBMIT_SM)->sequence;
	(void)peer_hear(&peers[0], SMPP_SUBMIT_SM);
	peer_hear_nothing(&peers[0], 100);
	(void)peer_hear(&peers[1], SMPP_SUBMIT_SM);
	peer_answer(&peers[1], 0, "d");
	expect("accepted:4:d ready ");
	/* Another for the first receiver waits behind those. */
	submit(5, one, false);
	peer_hear_nothing(&peers[1], 100);
	peer_answer_submit(&peers[0], first, 0, "a");
	(void)peer_hear(&peers[0], SMPP_SUBMIT_SM);
	str_reset(&told);
	/* What never left may be sent again, the rest may have arrived. */
	peer_hang_up(&peers[0]);
	expect("lost:2 lost:3 rejected:5:9:the link to the provider is gone "
	       "degraded ready ");
}

/* --- Coming back --------------------------------------------------------- */

/* How long it takes until the next connection. */
static int64_t next_attempt(int64_t max_ms)
{
	int64_t start_ms = clock_ms();

	(void)await_peer(max_ms);
	return clock_ms() - start_ms;
}

static void test_backoff(void **state)
{
	(void)state;
	int64_t bound_ms = 2000, longest_ms = 0;

	open_carrier();
	(void)await_peer(1000);
	for (int i = 0; i < 12; i++) {
		int64_t ms;

		peer_hang_up(&peers[peer_count - 1]);
		ms = next_attempt(61000);
		assert_in_range(ms, 1000, bound_ms);
		longest_ms = ms > longest_ms ? ms : longest_ms;
		bound_ms = bound_ms < 60000 ? 2 * bound_ms : 60000;
		bound_ms = bound_ms > 60000 ? 60000 : bound_ms;
	}
	assert_true(longest_ms > 4000);
	/* A session that lasts makes it forget. */
	take_bind(&peers[peer_count - 1], SMPP_BIND_TRANSCEIVER);
	loop_settle(loop, 61000, NULL);
	peer_hang_up(&peers[peer_count - 1]);
	assert_in_range(next_attempt(61000), 1000, 2000);
}

static void test_refused_login(void **state)
{
	(void)state;
	struct peer *p;
	int64_t bound_ms = 120000;

	open_carrier();
	p = await_peer(1000);
	for (int i = 0; i < 6; i++) {
		(void)peer_hear(p, SMPP_BIND_TRANSCEIVER);
		peer_answer(p, SMPP_RINVPASWD, "");
		assert_in_range(next_attempt(901000), 60000, bound_ms);
		bound_ms = bound_ms < 450000 ? 2 * bound_ms : 900000;
		p = &peers[peer_count - 1];
	}
	/* Another refusal is no lock-out. */
	(void)peer_hear(p, SMPP_BIND_TRANSCEIVER);
	peer_answer(p, 0x08, "");
	assert_true(next_attempt(901000) <= 60000);
}

static void test_nobody_listens(void **state)
{
	(void)state;
	serve_no_more();
	open_carrier();
	loop_settle(loop, 10000, NULL);
	expect("");
	serve();
	take_bind(await_peer(60000), SMPP_BIND_TRANSCEIVER);
	expect("up ready ");
}

static void test_unbound(void **state)
{
	(void)state;
	struct peer *p = bound();

	peer_say_head(p, SMPP_UNBIND, 0, 9);
	(void)peer_hear(p, SMPP_UNBIND | SMPP_RESPONSE);
	expect("down ");
	assert_true(next_attempt(2000) <= 2000);
}

/* It thinks that we are not bound: bind anew. */
static void test_wrong_bind_state(void **state)
{
	(void)state;
	struct peer *p = bound();

	submit(1, "+15551111111", false);
	(void)peer_hear(p, SMPP_SUBMIT_SM);
	peer_answer(p, SMPP_RINVBNDSTS, "");
	loop_settle(loop, 0, NULL);
	expect("rejected:1:9:the link is not ready (SMPP 0x04 RINVBNDSTS) "
	       "down ");
	(void)peer_hear(p, SMPP_UNBIND);
	peer_answer(p, 0, "");
	take_bind(await_peer(2000), SMPP_BIND_TRANSCEIVER);
	expect("up ready ");
}

/* --- Stalled ------------------------------------------------------------- */

static void test_stall(void **state)
{
	(void)state;
	struct peer *p = bound();

	carrier_smpp.stall(carrier, true);
	deliver(p, 1, 0, 0, slice_of("a"), "");
	loop_settle(loop, 300000, NULL);
	expect("");
	carrier_smpp.stall(carrier, false);
	expect("text:15557770000:1:15551234567:0:a ");
	settle(p, 1, true);
	/* It binds anew meanwhile, and reads nothing more than that. */
	carrier_smpp.stall(carrier, true);
	carrier_smpp.stall(carrier, true);
	peer_say_head(p, SMPP_UNBIND, 0, 2);
	carrier_smpp.stall(carrier, false);
	loop_settle(loop, 0, NULL);
	carrier_smpp.stall(carrier, true);
	p = await_peer(3000);
	take_bind(p, SMPP_BIND_TRANSCEIVER);
	expect("down up ready ");
	deliver(p, 1, 0, 0, slice_of("b"), "");
	loop_settle(loop, 300000, NULL);
	expect("");
	carrier_smpp.stall(carrier, false);
	expect("text:15557770000:1:15551234567:0:b ");
}

/* --- Outbind ------------------------------------------------------------- */

static char here[] = "127.0.0.1", elsewhere[] = "192.0.2.1";
static void *outbind_peers[] = { here };

/* A port that nobody listens on. */
static uint16_t free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (const void *)&address, len), 0);
	assert_int_equal(getsockname(fd, (void *)&address, &len), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static void open_with_outbind(void)
{
	outbind_peers[0] = here;
	config.binding = SMPP_BINDING_TRANSMITTER;
	config.outbind = (struct smpp_outbind_config){
		.listen = here,
		.port = free_port(),
		.peers = { outbind_peers, 1 },
		.password = secret_new(slice_of("pw")),
	};
	open_carrier();
	take_bind(await_peer(1000), SMPP_BIND_TRANSMITTER);
	expect("up ready ");
}

static void call(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)config.outbind.port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(
		connect(fd, (const void *)&address, sizeof(address)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	peer_start(&caller, loop,
		conn_new(loop, fd, "caller", &smpp_conn_limits, NULL, NULL));
	loop_settle(loop, 0, NULL);
}

static void say_outbind(const char *password)
{
	const struct smpp_pdu pdu = {
		.command = SMPP_OUTBIND,
		.sequence = 1,
		.system_id = slice_of("smsc"),
		.password = slice_of(password),
	};

	peer_say(&caller, &pdu);
}

static void test_outbind(void **state)
{
	(void)state;
	open_with_outbind();
	call();
	peer_hear_nothing(&caller, 5000);
	say_outbind("pw");
	take_bind(&caller, SMPP_BIND_RECEIVER);
	deliver(&caller, 1, 0, 0, slice_of("hi"), "");
	loop_settle(loop, 0, NULL);
	settle(&caller, 1, true);
	expect("text:15557770000:1:15551234567:0:hi ");
	/* It goes as it came: the link is as up as it was. */
	peer_say_head(&caller, SMPP_UNBIND, 0, 2);
	(void)peer_hear(&caller, SMPP_UNBIND | SMPP_RESPONSE);
	peer_hear_end(&caller, 5000);
	expect("");
}

static void test_outbind_refused(void **state)
{
	(void)state;
	open_with_outbind();
	call();
	say_outbind("wrong");
	peer_hear_end(&caller, 0);
	peer_finish(&caller);
	call();
	peer_say_head(&caller, SMPP_ENQUIRE_LINK, 0, 1);
	peer_hear_end(&caller, 0);
	peer_finish(&caller);
	call();
	peer_say_octets(&caller, slice_of("GET / HTTP/1.1\r\n\r\n"));
	peer_hear_end(&caller, 0);
	peer_finish(&caller);
	/* It says nothing. */
	call();
	peer_hear_nothing(&caller, 9900);
	peer_hear_end(&caller, 100);
	peer_finish(&caller);
	/* From where nobody may call. */
	outbind_peers[0] = elsewhere;
	call();
	peer_hear_end(&caller, 0);
	expect("");
}

static void test_outbind_port_taken(void **state)
{
	(void)state;
	const char *reason = NULL;

	outbind_peers[0] = here;
	config.outbind = (struct smpp_outbind_config){
		.listen = here,
		.port = port,
		.peers = { outbind_peers, 1 },
	};
	assert_null(carrier_smpp.open(&setup, &reason));
	assert_string_equal(reason, "the address and port are in use");
}

/* --- An administrator ---------------------------------------------------- */

static void test_reconnect(void **state)
{
	(void)state;
	struct peer *p = bound();

	submit(1, "+15551111111", false);
	(void)peer_hear(p, SMPP_SUBMIT_SM);
	carrier_smpp.reconnect(carrier);
	/* What is under way is answered first. */
	peer_answer(p, 0, "a");
	expect("down accepted:1:a ");
	(void)peer_hear(p, SMPP_UNBIND);
	peer_answer(p, 0, "");
	assert_in_range(next_attempt(10000), 0, 2000);
	take_bind(&peers[peer_count - 1], SMPP_BIND_TRANSCEIVER);
	expect("up ready ");
}

/* It need not wait until the SMSC has forgotten that it refused. */
static void test_reconnect_after_a_refusal(void **state)
{
	(void)state;
	struct peer *p;

	open_carrier();
	p = await_peer(1000);
	(void)peer_hear(p, SMPP_BIND_TRANSCEIVER);
	peer_answer(p, SMPP_RINVPASWD, "");
	loop_settle(loop, 5000, NULL);
	assert_int_equal(peer_count, 1);
	carrier_smpp.reconnect(carrier);
	assert_in_range(next_attempt(1000), 0, 100);
	take_bind(&peers[peer_count - 1], SMPP_BIND_TRANSCEIVER);
	expect("up ready ");
}

/* --- The end ------------------------------------------------------------- */

static void test_drain(void **state)
{
	(void)state;
	struct peer *p = bound();

	submit(1, "+15551111111", false);
	(void)peer_hear(p, SMPP_SUBMIT_SM);
	carrier_smpp.drain(carrier);
	assert_int_equal(carrier_smpp.room(carrier), 0);
	peer_answer(p, 0, "a");
	expect("accepted:1:a ");
	(void)peer_hear(p, SMPP_UNBIND);
	peer_answer(p, 0, "");
	expect("down ");
	loop_settle(loop, 600000, NULL);
	expect("");
	assert_int_equal(peer_count, 1);
}

static void test_drain_while_down(void **state)
{
	(void)state;
	serve_no_more();
	open_carrier();
	loop_settle(loop, 5000, NULL);
	carrier_smpp.drain(carrier);
	expect("down ");
}

/* --- For people ---------------------------------------------------------- */

static void test_describe(void **state)
{
	(void)state;
	struct str out;

	str_init(&out, 5000);
	open_carrier();
	carrier_smpp.describe(carrier, &out);
	assert_string_equal(str_text(&out),
		"0 of 1 sessions with 127.0.0.1, 0 texts a second, 0 waiting "
		"for an answer; connecting");
	take_bind(await_peer(1000), SMPP_BIND_TRANSCEIVER);
	loop_settle(loop, 0, NULL);
	submit(1, "+15551111111", false);
	str_reset(&out);
	carrier_smpp.describe(carrier, &out);
	assert_string_equal(str_text(&out),
		"1 of 1 sessions with 127.0.0.1, 0 texts a second, 1 waiting "
		"for an answer");
	str_reset(&out);
	carrier_smpp.measure(carrier, &out);
	assert_non_null(strstr(str_text(&out), "sessions_bound 1\n"));
	assert_non_null(strstr(str_text(&out), "submitted_total 1\n"));
	str_finish(&out);
}

static void test_wrong_ca(void **state)
{
	(void)state;
	char path[] = "/nonexistent/ca.pem";
	const char *reason = NULL;

	config.tls = SMPP_TLS_REQUIRED;
	config.verify = true;
	config.ca_file = path;
	assert_null(carrier_smpp.open(&setup, &reason));
	assert_non_null(reason);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_submit),
		TEST(test_refusals),
		TEST(test_lost),
		TEST(test_late),
		TEST(test_throttled),
		TEST(test_refused_tlvs),
		TEST(test_rate),
		TEST(test_incoming),
		TEST(test_reports),
		TEST(test_data_sm),
		TEST(test_stale_ticket),
		TEST(test_pair),
		TEST(test_several_binds),
		TEST(test_backoff),
		TEST(test_refused_login),
		TEST(test_nobody_listens),
		TEST(test_unbound),
		TEST(test_wrong_bind_state),
		TEST(test_stall),
		TEST(test_outbind),
		TEST(test_outbind_refused),
		TEST(test_outbind_port_taken),
		TEST(test_reconnect),
		TEST(test_reconnect_after_a_refusal),
		TEST(test_drain),
		TEST(test_drain_while_down),
		TEST(test_describe),
		TEST(test_wrong_ca),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
