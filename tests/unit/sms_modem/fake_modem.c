#include "sms_modem/fake_modem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "sms_modem/config.h"
#include "sms_modem/modem.h"

struct fake fake;

/* --- The modems ---------------------------------------------------------- */

static const char *answer_to(const struct fake_modem *m, const char *command)
{
	for (size_t i = m->count; i > 0; i--) {
		const char *known = m->answers[i - 1].command;

		if (strncmp(command, known, strlen(known)) == 0)
			return m->answers[i - 1].answer;
	}
	return OK;
}

/* Questions that are asked from time to time tell nothing. */
static bool is_poll(const char *command)
{
	static const char *const polls[] = { "AT+CREG?", "AT+CSQ", "AT+COPS?",
		"AT+CPMS?" };

	for (size_t i = 0; i < COUNT(polls); i++)
		if (strcmp(command, polls[i]) == 0)
			return true;
	return false;
}

static void hear(struct fake_modem *m, const char *command)
{
	const char *answer = m->is_silent ? NULL : answer_to(m, command);

	if (strcmp(command, PAYLOAD) != 0 && !is_poll(command))
		str_addf(&m->said, "%s|", command);
	if (answer != NULL)
		assert_int_equal(conn_write(m->conn, slice_of(answer)), 0);
}

static void on_modem(struct conn *c, enum conn_event event, void *arg)
{
	struct fake_modem *m = arg;
	struct slice input = conn_input(c);
	char command[1024];
	size_t n = 0;
	size_t used = 0;

	if (event != CONN_DATA) {
		conn_close(&m->conn);
		return;
	}
	for (size_t i = 0; i < input.len; i++) {
		char at = input.data[i];

		assert_true(n < sizeof(command) - 1);
		if (at == '\x1b')
			continue;
		if (at != '\r' && at != '\x1a') {
			command[n++] = at;
			continue;
		}
		command[n] = '\0';
		if (at == '\x1a') {
			str_reset(&m->payload);
			str_add(&m->payload, command);
		}
		hear(m, at == '\x1a' ? PAYLOAD : command);
		n = 0;
		used = i + 1;
	}
	conn_consume(c, used);
}

static const struct conn_limits big = {
	.input_max = 1 << 20,
	.output_max = 1 << 20,
	.output_low = 1 << 20,
};

/* Paths end with the number of the modem. */
static struct conn *open_fake(struct loop *l, const char *path,
	int speed UNUSED, const struct conn_limits *limits, conn_fn fn,
	void *arg, const char **reason_r)
{
	struct fake_modem *m = &fake.modems[path[strlen(path) - 1] - '1'];
	int fds[2];

	if (m->is_absent) {
		*reason_r = "No such file or directory";
		return NULL;
	}
	conn_close(&m->conn);
	m->opened++;
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			0, fds),
		0);
	m->conn = conn_new(l, fds[0], "fake modem", &big, on_modem, m);
	return conn_new(l, fds[1], "modem", limits, fn, arg);
}

void fake_answer(size_t modem, const char *command, const char *answer)
{
	struct fake_modem *m = &fake.modems[modem];

	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->answers[i].command, command) == 0) {
			m->answers[i].answer = answer;
			return;
		}
	assert_true(m->count < FAKE_ANSWERS);
	m->answers[m->count].command = command;
	m->answers[m->count++].answer = answer;
}

void fake_say(size_t modem, const char *text)
{
	assert_non_null(fake.modems[modem].conn);
	assert_int_equal(
		conn_write(fake.modems[modem].conn, slice_of(text)), 0);
	fake_pass(0);
}

void fake_unplug(size_t modem)
{
	fake.modems[modem].is_absent = true;
	conn_close(&fake.modems[modem].conn);
	fake_pass(0);
}

void fake_plug(size_t modem)
{
	fake.modems[modem].is_absent = false;
	fake_pass(11000);
}

/* --- The gateway --------------------------------------------------------- */

static void settle(uint64_t ticket)
{
	if (fake.settles && ticket != 0)
		fake.carrier->ops->settle(fake.carrier, ticket, fake.takes);
}

static void on_link(void *arg, enum carrier_state state, const char *why)
{
	static const char *const names[] = { "down", "degraded", "up" };

	assert_ptr_equal(arg, &fake);
	str_addf(&fake.events, "%s%s%s|", names[state], why != NULL ? " " : "",
		why != NULL ? why : "");
}

static void on_ready(void *arg)
{
	assert_ptr_equal(arg, &fake);
}

static void on_accepted(void *arg UNUSED, uint64_t token, const char *id)
{
	str_addf(&fake.events, "accepted %d %s|", (int)token,
		id != NULL ? id : "-");
}

static void on_rejected(
	void *arg UNUSED, uint64_t token, const struct carrier_refusal *r)
{
	str_addf(&fake.events, "rejected %d %d %s|", (int)token, (int)r->class,
		r->text != NULL ? r->text : "-");
}

static void on_lost(void *arg UNUSED, uint64_t token)
{
	str_addf(&fake.events, "lost %d|", (int)token);
}

static void on_report(void *arg UNUSED, const struct carrier_report *r)
{
	str_addf(&fake.events, "report %d %s %d %s|", (int)r->ticket, r->id,
		(int)r->state, r->text);
	settle(r->ticket);
}

static void on_incoming(void *arg UNUSED, const struct carrier_incoming *in)
{
	assert_int_equal(strlen(in->id), 32);
	str_addf(&fake.events, "incoming %d %s>%s %.*s", (int)in->ticket,
		in->from.text, in->to.text, (int)in->data.len, in->data.data);
	if (in->part.total > 0)
		str_addf(&fake.events, " %u/%u", in->part.number,
			in->part.total);
	str_add_char(&fake.events, '|');
	settle(in->ticket);
}

static const struct carrier_events carrier_events = {
	.link = on_link,
	.ready = on_ready,
	.accepted = on_accepted,
	.rejected = on_rejected,
	.lost = on_lost,
	.report = on_report,
	.incoming = on_incoming,
};

/* --- Life ---------------------------------------------------------------- */

static void modem_set_up(size_t modem)
{
	struct fake_modem *m = &fake.modems[modem];

	str_init(&m->said, 1 << 20);
	str_init(&m->payload, 1024);
	fake_answer(modem, "AT+CPIN?", "\r\n+CPIN: READY\r\n" OK);
	fake_answer(modem, "AT+CPMS?",
		"\r\n+CPMS: \"SM\",0,20,\"SM\",0,20,\"SM\",0,20\r\n" OK);
	fake_answer(modem, "AT+CREG?", "\r\n+CREG: 1,1\r\n" OK);
	fake_answer(modem, "AT+CSQ", "\r\n+CSQ: 21,99\r\n" OK);
	fake_answer(modem, "AT+COPS?", "\r\n+COPS: 0,0,\"Net\"\r\n" OK);
	fake_answer(modem, "AT+CMGS=", "\r\n> ");
	fake_answer(modem, PAYLOAD, "\r\n+CMGS: 7\r\n" OK);
}

int fake_set_up(void **state)
{
	(void)state;
	clock_use_virtual(INT64_C(1795341600000));
	fake = (struct fake){
		.loop = loop_new(), .settles = true, .takes = true
	};
	str_init(&fake.events, 1 << 20);
	for (size_t i = 0; i < FAKE_MODEMS; i++)
		modem_set_up(i);
	return 0;
}

int fake_tear_down(void **state)
{
	(void)state;
	if (fake.carrier != NULL)
		fake.carrier->ops->close(&fake.carrier);
	cfg_free(fake.config, &modem_config_group);
	for (size_t i = 0; i < FAKE_MODEMS; i++) {
		conn_close(&fake.modems[i].conn);
		str_finish(&fake.modems[i].said);
		str_finish(&fake.modems[i].payload);
	}
	str_finish(&fake.events);
	loop_free(&fake.loop);
	clock_use_real();
	return 0;
}

void fake_open(const char *config)
{
	struct str error;

	if (config == NULL)
		config = "modems = ( { device = \"/dev/1\"; name = \"sim1\"; "
			 "number = \"+15551234567\"; } );";
	str_init(&error, 4096);
	fake.config = cfg_parse(config, "test", &modem_config_group, &error);
	assert_string_equal(str_text(&error), "");
	str_finish(&error);
	fake.setup = (struct carrier_setup){
		.name = "modems",
		.config = fake.config,
		.loop = fake.loop,
		.gateway = "sms.example.org",
		.events = &carrier_events,
		.arg = &fake,
	};
	fake.carrier = modem_open_on(&fake.setup, open_fake);
	assert_non_null(fake.carrier);
	fake_pass(3000);
}

void fake_pass(int64_t ms)
{
	loop_settle(fake.loop, ms, NULL);
}

static void compare(struct str *got, const char *want)
{
	assert_false(got->overflow);
	assert_string_equal(str_text(got), want);
	str_reset(got);
}

void fake_told(const char *events)
{
	fake_pass(0);
	compare(&fake.events, events);
}

void fake_heard(size_t modem, const char *commands)
{
	fake_pass(0);
	compare(&fake.modems[modem].said, commands);
}

void fake_forget(void)
{
	str_reset(&fake.events);
	for (size_t i = 0; i < FAKE_MODEMS; i++)
		str_reset(&fake.modems[i].said);
}

void fake_submit(uint64_t token, const char *from, const char *to)
{
	struct carrier_submit s = {
		.token = token,
		.from = from,
		.to = to,
		.data = slice_of("hello"),
		.wants_report = true,
	};

	fake.carrier->ops->submit(fake.carrier, &s);
}
