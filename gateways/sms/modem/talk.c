#include "sms_modem/talk.h"

#include <assert.h>

#include "base/limits.h"
#include "base/log.h"

/* A modem that wants the PDU says so at once. */
#define PROMPT_MS 10000

#define PAYLOAD_MAX 1024

#define END_OF_PAYLOAD "\x1a"
#define ABORT_PAYLOAD  "\x1b"

const struct conn_limits modem_talk_limits = {
	.input_max = 64 * KIB,
	.output_max = 4 * KIB,
	.output_low = KIB,
};

/* --- The end of a command ------------------------------------------------ */

static void end_command(
	struct modem_talk *t, const struct modem_talk_result *result)
{
	if (!t->is_busy)
		return;
	t->is_busy = false;
	t->reader.wants_prompt = false;
	timer_stop(&t->timeout);
	t->command.done(t->arg, result);
}

static void end_without_answer(struct modem_talk *t, enum modem_talk_end end)
{
	struct modem_talk_result result = {
		.end = end,
		.code = -1,
		.was_given = t->was_given,
	};

	end_command(t, &result);
}

static void on_timeout(void *arg)
{
	struct modem_talk *t = arg;

	log_debug("sms", "[%s] no answer", t->name);
	end_without_answer(t, TALK_SILENCE);
}

static void broke(struct modem_talk *t, const char *why)
{
	end_without_answer(t, TALK_GONE);
	t->owner->broken(t->arg, why);
}

/* --- What it says -------------------------------------------------------- */

static void give_payload(struct modem_talk *t)
{
	timer_start(&t->timeout, t->command.timeout_ms);
	t->was_given = conn_write(t->conn, str_slice(&t->payload)) == 0;
	str_reset(&t->payload);
}

static void handle_line(struct modem_talk *t, const struct at_line *line)
{
	bool is_answer = t->is_busy && t->command.answer != NULL &&
			 slice_equals_nocase(line->name, t->command.answer);
	enum at_news news = AT_NEWS_NONE;

	/* No PDU: it is somebody's text. */
	log_debug("sms", "[%s] < %.*s", t->name, (int)line->name.len,
		line->name.data);
	if (is_answer)
		t->command.line(t->arg, line);
	else
		news = at_news(line);
	if (news != AT_NEWS_NONE)
		t->owner->news(t->arg, news, line);
}

static void handle(struct modem_talk *t, const struct at_line *line)
{
	struct modem_talk_result result = {
		.end = line->kind == AT_OK ? TALK_OK : TALK_ERROR,
		.error = line->error,
		.code = line->code,
		.was_given = t->was_given,
	};

	switch (line->kind) {
	case AT_LINE:
		handle_line(t, line);
		break;
	case AT_PROMPT:
		give_payload(t);
		break;
	case AT_OK:
	case AT_ERROR:
		/* One that nobody waits for is late. */
		log_debug("sms", "[%s] < %.*s", t->name, (int)line->text.len,
			line->text.data);
		end_command(t, &result);
		break;
	}
}

static void read_lines(struct modem_talk *t)
{
	struct slice input = conn_input(t->conn);
	size_t total = 0;
	size_t used;
	struct at_line line;
	bool found = true;

	while (found && t->conn != NULL) {
		found = at_next(&t->reader, input, &line, &used);
		if (found)
			handle(t, &line);
		input.data += used;
		input.len -= used;
		total += used;
	}
	if (t->conn != NULL)
		conn_consume(t->conn, total);
}

void modem_talk_on_conn(struct conn *c, enum conn_event event, void *arg)
{
	struct modem_talk *t = arg;

	switch (event) {
	case CONN_DATA:
		read_lines(t);
		break;
	case CONN_EOF:
	case CONN_ERROR:
		broke(t, conn_reason(c));
		break;
	case CONN_SECURE:
	case CONN_DRAINED:
		break;
	}
}

/* --- What is said to it -------------------------------------------------- */

/* What is after "=" can be the PIN. */
static void log_command(const struct modem_talk *t, const char *text)
{
	struct slice rest = slice_of(text);
	struct slice name = slice_cut(&rest, '=');

	log_debug("sms", "[%s] > %.*s", t->name, (int)name.len, name.data);
}

void modem_talk_say(
	struct modem_talk *t, const struct modem_talk_command *command)
{
	assert(t->conn != NULL && !t->is_busy);
	log_command(t, command->text);
	t->command = *command;
	t->command.text = NULL;
	t->command.payload = NULL;
	t->is_busy = true;
	t->was_given = false;
	str_reset(&t->payload);
	if (command->payload != NULL) {
		str_add(&t->payload, command->payload);
		str_add(&t->payload, END_OF_PAYLOAD);
	}
	t->reader.wants_prompt = command->payload != NULL;
	timer_start(&t->timeout,
		command->payload != NULL ? PROMPT_MS : command->timeout_ms);
	/* More than there is room for cannot wait: one goes at a time. */
	if (conn_write(t->conn, slice_of(command->text)) != 0 ||
		conn_write(t->conn, slice_of("\r")) != 0)
		log_warning("sms", "[%s] a command is too long", t->name);
}

void modem_talk_interrupt(struct modem_talk *t)
{
	if (conn_write(t->conn, slice_of(ABORT_PAYLOAD)) != 0)
		log_debug("sms", "[%s] the line is full", t->name);
}

/* --- Life ---------------------------------------------------------------- */

void modem_talk_init(struct modem_talk *t, struct loop *l, const char *name,
	const struct modem_talk_owner *owner, void *arg)
{
	*t = (struct modem_talk){ .owner = owner, .arg = arg, .name = name };
	timer_init(&t->timeout, l, "modem answer", on_timeout, t);
	str_init(&t->payload, PAYLOAD_MAX);
}

void modem_talk_open(struct modem_talk *t, struct conn *c)
{
	assert(t->conn == NULL);
	t->conn = c;
	t->reader = (struct at_reader){ 0 };
}

void modem_talk_close(struct modem_talk *t)
{
	conn_close(&t->conn);
	end_without_answer(t, TALK_GONE);
}

void modem_talk_finish(struct modem_talk *t)
{
	conn_close(&t->conn);
	timer_stop(&t->timeout);
	t->is_busy = false;
	str_finish(&t->payload);
}
