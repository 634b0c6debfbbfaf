/*
 * What is said to a modem before it carries texts, and later from time to time:
 * lists of commands, each with what is done with its answer.
 */
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "sms_modem/cause.h"
#include "sms_modem/device.h"

/* After what ends another program's command: the answer to that is noise. */
#define QUIET_MS 300

/* A modem that starts is deaf for some seconds. */
#define WAKE_MS    2000
#define WAKE_TRIES 5

/* A SIM that was opened reads its files first. */
#define PAUSE_MS  1000
#define SIM_TRIES 20

/* Only people can mend it. */
#define BARRED_MS 300000

#define COMMAND_SIZE 256

enum next {
	NEXT,   /* the next step */
	AGAIN,  /* this one, at once */
	BACK,   /* the one before, after a pause */
	LATER,  /* this one, after a pause */
	FAILED, /* modem_fail() was called */
};

struct step {
	const char *command;
	/* ... or what builds it; false: leave the step out. */
	bool (*put)(struct modem *m, struct str *out);
	const char *answer;
	void (*line)(void *arg, const struct at_line *line);
	/* NULL: NEXT whatever comes. */
	enum next (*done)(struct modem *m, const struct modem_talk_result *r);
};

static enum next fail(struct modem *m, int64_t delay_ms, const char *why)
{
	modem_fail(m, delay_ms, why);
	return FAILED;
}

/* --- Is anybody there? --------------------------------------------------- */

/* An answer may be one to an earlier try: what else comes is noise. */
static enum next woken(struct modem *m, const struct modem_talk_result *r)
{
	if (r->end == TALK_SILENCE && m->tries < WAKE_TRIES)
		return AGAIN;
	if (r->end != TALK_OK)
		return fail(m, 0, "it does not answer");
	timer_start(&m->pause, QUIET_MS);
	return NEXT;
}

static enum next must(struct modem *m, const struct modem_talk_result *r)
{
	if (r->end == TALK_OK)
		return NEXT;
	return fail(m, 0, cause_of_error(r->error, r->code).words);
}

/* --- The SIM ------------------------------------------------------------- */

static void hear_sim(void *arg, const struct at_line *line)
{
	struct modem *m = arg;

	/* The second PIN is for what we never do. */
	m->is_sim_open = slice_equals_nocase(line->args, "READY") ||
			 slice_equals_nocase(line->args, "SIM PIN2") ||
			 slice_equals_nocase(line->args, "SIM PUK2");
	m->wants_pin = slice_equals_nocase(line->args, "SIM PIN");
	m->is_sim_blocked = !m->is_sim_open && !m->wants_pin;
}

static enum next asked_sim(struct modem *m, const struct modem_talk_result *r)
{
	if (r->end != TALK_OK)
		return fail(m, 0, cause_of_error(r->error, r->code).words);
	if (m->is_sim_blocked)
		return fail(m, BARRED_MS,
			"the SIM is blocked, or bound to another phone: "
			"open it in a phone with its PUK");
	if (m->wants_pin && m->config->pin == NULL)
		return fail(m, BARRED_MS, "the SIM wants its PIN: set pin");
	if (m->wants_pin && m->is_pin_refused)
		return fail(m, BARRED_MS,
			"the SIM refused the PIN, which is not tried again: "
			"set the right one and start again");
	if (m->wants_pin && m->is_pin_given) {
		if (m->tries >= SIM_TRIES)
			return fail(m, 0, "the SIM does not open");
		return LATER;
	}
	return NEXT;
}

static bool put_pin(struct modem *m, struct str *out)
{
	if (!m->wants_pin)
		return false;
	str_addf(out, "AT+CPIN=\"%s\"", secret_reveal(m->config->pin).data);
	return true;
}

static enum next gave_pin(struct modem *m, const struct modem_talk_result *r)
{
	if (r->end == TALK_OK) {
		m->is_pin_given = true;
		return BACK;
	}
	/* Whatever went wrong: the SIM may have counted it. */
	m->is_pin_refused = true;
	log_error("sms", "[%s] the SIM refused its PIN", m->name);
	return fail(m, BARRED_MS, "the SIM refused its PIN");
}

/* --- What the operator wants --------------------------------------------- */

static bool put_init(struct modem *m, struct str *out)
{
	if (m->init_index >= m->config->init.count)
		return false;
	str_add(out, m->config->init.items[m->init_index]);
	return true;
}

static enum next gave_init(struct modem *m, const struct modem_talk_result *r)
{
	if (r->end != TALK_OK)
		log_warning("sms",
			"[%s] the modem refuses a command of init "
			"command=%s why=%s",
			m->name,
			(const char *)m->config->init.items[m->init_index],
			cause_of_error(r->error, r->code).words);
	m->init_index++;
	return AGAIN;
}

/* --- Where texts are kept, and how they are told ------------------------- */

static enum next asked_acks(struct modem *m, const struct modem_talk_result *r)
{
	m->acks = r->end == TALK_OK;
	return NEXT;
}

/* +CPMS: "SM",1,20,"SM",1,20,"ME",3,100: for reading, for writing, and where
 * texts arrive. */
static void hear_memory(void *arg, const struct at_line *line)
{
	struct modem *m = arg;
	struct slice args = line->args;
	struct slice name;

	while (at_value(&args, &name)) {
		m->used = at_number(&args);
		m->total = at_number(&args);
		if (m->step != NULL && m->state == MODEM_STARTING)
			modem_set_memory(m, name);
	}
}

static bool put_memory(struct modem *m, struct str *out)
{
	const char *name = m->config->memory;

	if (name != NULL)
		modem_set_memory(m, slice_of(name));
	name = m->memories[0].name;
	if (name[0] == '\0')
		return false;
	str_addf(out, "AT+CPMS=\"%s\",\"%s\",\"%s\"", name, name, name);
	return true;
}

/* Best first: texts and reports are kept; then reports are passed on; then
 * there are none. */
static const char *const ways[] = { "2,1,0,2,0", "1,1,0,2,0", "2,1,0,1,0",
	"1,1,0,1,0", "2,1,0,0,0", "2,1" };

static bool put_way(struct modem *m, struct str *out)
{
	str_addf(out, "AT+CNMI=%s", ways[m->tries]);
	return true;
}

static enum next gave_way(struct modem *m, const struct modem_talk_result *r)
{
	if (r->end == TALK_OK)
		return NEXT;
	if (m->tries + 1 < COUNT(ways))
		return AGAIN;
	log_warning("sms",
		"[%s] the modem does not tell of new texts, it is "
		"asked for them",
		m->name);
	return NEXT;
}

/* --- The network --------------------------------------------------------- */

/* The answer "+CREG: 2,1,..." or the news "+CREG: 1,...", where what follows
 * has four digits and as a rule quotes. */
void modem_hear_network(struct modem *m, const struct at_line *line)
{
	struct slice args = line->args;
	struct slice second;
	int number = at_number(&args);

	if (at_value(&args, &second) && second.len == 1)
		number = at_number(&second);
	if (number < 0 || number == m->registration)
		return;
	m->registration = number;
	m->network[0] = '\0';
	modem_changed(m);
}

static void hear_network(void *arg, const struct at_line *line)
{
	modem_hear_network(arg, line);
}

static void hear_signal(void *arg, const struct at_line *line)
{
	struct modem *m = arg;
	struct slice args = line->args;

	m->signal = at_number(&args);
	if (m->signal > 31)
		m->signal = -1;
}

static bool put_name(struct modem *m, struct str *out)
{
	if (m->network[0] != '\0' || m->registration <= 0)
		return false;
	str_add(out, "AT+COPS?");
	return true;
}

/* +COPS: 0,0,"Operator",7 */
static void hear_name(void *arg, const struct at_line *line)
{
	struct modem *m = arg;
	struct slice args = line->args;
	struct slice name;
	struct str clean;

	(void)at_number(&args);
	(void)at_number(&args);
	if (!at_value(&args, &name))
		return;
	str_init(&clean, 4 * AT_LINE_MAX);
	utf8_clean(&clean, name);
	(void)text_copy(m->network, sizeof(m->network), str_text(&clean));
	str_finish(&clean);
}

/* --- The lists ----------------------------------------------------------- */

static const struct step start_steps[] = {
	{ .command = "AT", .done = woken },
	{ .command = "ATE0" },
	{ .command = "AT+CMEE=1" },
	{ .command = "AT+CPIN?",
		.answer = "+CPIN",
		.line = hear_sim,
		.done = asked_sim },
	{ .put = put_pin, .done = gave_pin },
	{ .put = put_init, .done = gave_init },
	{ .command = "AT+CMGF=0", .done = must },
	{ .command = "AT+CSMS=1", .done = asked_acks },
	{ .command = "AT+CPMS?", .answer = "+CPMS", .line = hear_memory },
	{ .put = put_memory },
	{ .put = put_way, .done = gave_way },
	{ .command = "AT+CREG=1" },
	{ .command = "AT+CREG?", .answer = "+CREG", .line = hear_network },
	{ .command = NULL },
};

static const struct step poll_steps[] = {
	{ .command = "AT+CREG?", .answer = "+CREG", .line = hear_network },
	{ .command = "AT+CSQ", .answer = "+CSQ", .line = hear_signal },
	{ .put = put_name, .answer = "+COPS", .line = hear_name },
	{ .command = "AT+CPMS?", .answer = "+CPMS", .line = hear_memory },
	{ .command = NULL },
};

void modem_start(struct modem *m)
{
	m->step = start_steps;
	m->tries = 0;
	m->init_index = 0;
	m->is_sim_open = m->wants_pin = m->is_sim_blocked = false;
	m->is_pin_given = false;
	m->acks = false;
	m->registration = -1;
	m->signal = m->used = m->total = -1;
	m->network[0] = '\0';
	modem_talk_interrupt(&m->talk);
	timer_start(&m->pause, QUIET_MS);
}

/* --- From step to step --------------------------------------------------- */

static void enter(struct modem *m, const struct step *step)
{
	m->step = step;
	m->tries = 0;
}

static void on_done(void *arg, const struct modem_talk_result *r)
{
	struct modem *m = arg;
	const struct step *step = m->step;
	enum next next = NEXT;

	if (r->end == TALK_GONE || step == NULL)
		return;
	if (step->done != NULL)
		next = step->done(m, r);
	else if (r->end == TALK_SILENCE)
		next = fail(m, 0, "it does not answer");
	switch (next) {
	case NEXT:
		enter(m, step + 1);
		break;
	case BACK:
		enter(m, step - 1);
		timer_start(&m->pause, PAUSE_MS);
		break;
	case LATER:
		timer_start(&m->pause, PAUSE_MS);
		m->tries++;
		break;
	case AGAIN:
		m->tries++;
		break;
	case FAILED:
		break;
	}
	modem_kick(m);
}

static void say(struct modem *m, const struct step *step, const char *text)
{
	struct modem_talk_command command = {
		.text = text,
		.answer = step->answer,
		.timeout_ms = step == start_steps ? WAKE_MS : COMMAND_MS,
		.line = step->line,
		.done = on_done,
	};

	modem_talk_say(&m->talk, &command);
}

static bool is_last(const struct step *step)
{
	return step->command == NULL && step->put == NULL;
}

static void finish(struct modem *m)
{
	m->step = NULL;
	if (m->state == MODEM_STARTING) {
		m->is_poll_due = true;
		modem_started(m);
	} else if (m->used != 0) {
		/* Texts that it did not tell of, or that are to be read
		 * again. */
		modem_read_memories(m);
	}
}

bool modem_step(struct modem *m)
{
	struct str text;

	if (m->step == NULL && m->is_poll_due) {
		m->is_poll_due = false;
		enter(m, poll_steps);
	}
	if (m->step == NULL)
		return false;
	str_init(&text, COMMAND_SIZE);
	while (!is_last(m->step) && m->step->command == NULL &&
		!m->step->put(m, &text))
		enter(m, m->step + 1);
	if (is_last(m->step)) {
		finish(m);
		modem_kick(m);
	} else {
		say(m, m->step,
			m->step->command != NULL ? m->step->command
						 : str_text(&text));
	}
	/* It may have been the PIN. */
	if (text.data != NULL)
		explicit_bzero(text.data, text.len);
	str_finish(&text);
	return true;
}
