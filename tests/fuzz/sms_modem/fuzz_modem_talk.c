/*
 * A modem that says anything at any time, on virtual time: every text that was
 * submitted ends exactly once, and nothing is told of a carrier that is closed.
 * The input is a list of steps; between them the modem answers as one does,
 * unless it is mute.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macros.h"
#include "net/conn.h"
#include "sms_modem/config.h"
#include "sms_modem/modem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TOKENS_MAX 64
#define BYTES_MAX  (1 << 20)

enum step { SAY, MUTE, SUBMIT, SETTLE, UNPLUG, PLUG, PASS, STALL, DRAIN };

static struct {
	struct loop *loop;
	struct carrier *carrier;
	struct conn *modem; /* the other end of the line */
	bool is_mute, is_absent, is_stalled;
	bool is_over[TOKENS_MAX];
	uint64_t tokens, tickets;
} world;

/* --- The modem ----------------------------------------------------------- */

static const struct conn_limits limits = {
	.input_max = BYTES_MAX,
	.output_max = BYTES_MAX,
	.output_low = BYTES_MAX,
};

static const char *answer_to(struct slice command)
{
	static const struct {
		const char *start, *answer;
	} answers[] = {
		{ "AT+CPIN?", "\r\n+CPIN: READY\r\n\r\nOK\r\n" },
		{ "AT+CREG?", "\r\n+CREG: 1,1\r\n\r\nOK\r\n" },
		{ "AT+CPMS?",
			"\r\n+CPMS: \"SM\",1,2,\"SM\",1,2\r\n\r\nOK\r\n" },
		{ "AT+CMGS=", "\r\n> " },
		{ "AT+CMGL=",
			"\r\n+CMGL: 3,0,,20\r\n07915155009099F9040B915155771711"
			"F10000621122110000400178\r\n\r\nOK\r\n" },
	};

	for (size_t i = 0; i < COUNT(answers); i++)
		if (command.len >= strlen(answers[i].start) &&
			memcmp(command.data, answers[i].start,
				strlen(answers[i].start)) == 0)
			return answers[i].answer;
	return "\r\nOK\r\n";
}

static void say(struct slice text)
{
	if (world.modem != NULL && conn_write(world.modem, text) != 0)
		conn_close(&world.modem);
}

static void on_modem(struct conn *c, enum conn_event event, void *arg)
{
	struct slice rest = conn_input(c);

	assert(arg == NULL);
	if (event != CONN_DATA && event != CONN_DRAINED) {
		conn_close(&world.modem);
		return;
	}
	while (rest.len > 0) {
		struct slice command = slice_make(rest.data, 0);

		while (command.len < rest.len &&
			rest.data[command.len] != '\r' &&
			rest.data[command.len] != '\x1a')
			command.len++;
		if (!world.is_mute)
			say(slice_of(answer_to(command)));
		rest.data += command.len + (command.len < rest.len);
		rest.len -= command.len + (command.len < rest.len);
	}
	if (world.modem != NULL)
		conn_consume(c, conn_input(c).len);
}

static struct conn *open_line(struct loop *l, const char *path UNUSED,
	int speed UNUSED, const struct conn_limits *theirs, conn_fn fn,
	void *arg, const char **reason_r)
{
	int fds[2];

	*reason_r = "absent";
	if (world.is_absent)
		return NULL;
	conn_close(&world.modem);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
		return NULL;
	world.modem = conn_new(l, fds[0], "fuzz", &limits, on_modem, NULL);
	return conn_new(l, fds[1], "modem", theirs, fn, arg);
}

/* --- The gateway --------------------------------------------------------- */

static void end(uint64_t token)
{
	assert(world.carrier != NULL);
	assert(token > 0 && token <= world.tokens);
	assert(!world.is_over[token - 1]);
	world.is_over[token - 1] = true;
}

static void on_link(void *arg UNUSED, enum carrier_state state UNUSED,
	const char *why UNUSED)
{
	assert(world.carrier != NULL);
}

static void on_ready(void *arg UNUSED)
{
	assert(world.carrier != NULL);
}

static void on_accepted(void *arg UNUSED, uint64_t token, const char *id UNUSED)
{
	end(token);
}

static void on_rejected(
	void *arg UNUSED, uint64_t token, const struct carrier_refusal *refusal)
{
	assert(refusal->class > SMS_OK && refusal->class < SMS_CLASS_COUNT);
	assert(refusal->text != NULL && refusal->text[0] != '\0');
	end(token);
}

static void on_lost(void *arg UNUSED, uint64_t token)
{
	end(token);
}

static void on_report(void *arg UNUSED, const struct carrier_report *r)
{
	assert(world.carrier != NULL && r->id != NULL);
	if (r->ticket != 0)
		world.tickets = r->ticket;
}

static void on_incoming(void *arg UNUSED, const struct carrier_incoming *in)
{
	assert(world.carrier != NULL && in->id != NULL);
	if (in->ticket != 0)
		world.tickets = in->ticket;
}

static const struct carrier_events events = {
	.link = on_link,
	.ready = on_ready,
	.accepted = on_accepted,
	.rejected = on_rejected,
	.lost = on_lost,
	.report = on_report,
	.incoming = on_incoming,
};

/* --- The steps ----------------------------------------------------------- */

static unsigned next(struct slice *rest)
{
	unsigned byte = rest->len > 0 ? (unsigned char)rest->data[0] : 0;

	if (rest->len > 0) {
		rest->data++;
		rest->len--;
	}
	return byte;
}

static void submit(unsigned how)
{
	const struct carrier_submit s = {
		.token = world.tokens + 1,
		.to = how & 1 ? "+15557770000" : "12345",
		.data = slice_of("hello"),
		.is_more = (how & 2) != 0,
		.wants_report = true,
	};

	if (world.tokens >= TOKENS_MAX)
		return;
	world.tokens++;
	world.carrier->ops->submit(world.carrier, &s);
}

static void settle(unsigned how)
{
	uint64_t back = how >> 1;

	if (back <= world.tickets)
		world.carrier->ops->settle(
			world.carrier, world.tickets - back, (how & 1) != 0);
}

static void take_step(struct slice *rest)
{
	unsigned step = next(rest);
	unsigned value = next(rest);

	switch ((enum step)(step % (DRAIN + 1))) {
	case SAY:
		if (value > rest->len)
			value = (unsigned)rest->len;
		say(slice_make(rest->data, value));
		rest->data += value;
		rest->len -= value;
		break;
	case MUTE:
		world.is_mute = value & 1;
		break;
	case SUBMIT:
		submit(value);
		break;
	case SETTLE:
		settle(value);
		break;
	case UNPLUG:
		world.is_absent = true;
		conn_close(&world.modem);
		break;
	case PLUG:
		world.is_absent = false;
		break;
	case PASS:
		loop_settle(world.loop, 1000 * (int64_t)value, NULL);
		break;
	case STALL:
		world.carrier->ops->stall(world.carrier, value & 1);
		break;
	case DRAIN:
		world.carrier->ops->drain(world.carrier);
		break;
	}
	loop_settle(world.loop, 0, NULL);
}

/* Two minutes of silence end whatever is under way. */
static void check_all_over(void)
{
	world.is_mute = true;
	loop_settle(world.loop, 140000, NULL);
	for (uint64_t i = 0; i < world.tokens; i++)
		assert(world.is_over[i]);
}

static void ignore(
	enum log_level level UNUSED, const char *line UNUSED, void *arg UNUSED)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make((const char *)data, size);
	struct str error = { .max = 4096 };
	struct modem_backend_config *config =
		cfg_parse("modems = ( { device = \"/dev/x\"; } );", "fuzz",
			&modem_config_group, &error);
	struct carrier_setup setup = { .name = "fuzz", .events = &events };

	assert(config != NULL);
	log_set_sink(ignore, NULL);
	clock_use_virtual(INT64_C(1795341600000));
	memset(&world, 0, sizeof(world));
	world.loop = loop_new();
	setup.loop = world.loop;
	setup.config = config;
	world.carrier = modem_open_on(&setup, open_line);
	loop_settle(world.loop, 3000, NULL);
	while (rest.len > 0)
		take_step(&rest);
	check_all_over();
	world.carrier->ops->close(&world.carrier);
	loop_settle(world.loop, 1000, NULL);
	conn_close(&world.modem);
	loop_free(&world.loop);
	clock_use_real();
	log_set_sink(NULL, NULL);
	cfg_free(config, &modem_config_group);
	return 0;
}
