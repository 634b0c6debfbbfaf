#include "sms_modem/device.h"

#include "base/log.h"

/* A device that is not there costs nothing to look for, and people who plug
 * one in watch. */
#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS 10000

/* After that it is looked at whether the modem still lives, what the signal is,
 * and whether it has texts that it did not tell of. */
#define POLL_MS      60000
#define POLL_SOON_MS 5000

bool modem_is_up(const struct modem *m)
{
	return m->state == MODEM_READY && m->why[0] == '\0';
}

void modem_kick(struct modem *m)
{
	deferred_start(&m->kick);
}

/* --- Whether it works ---------------------------------------------------- */

static bool is_registered(const struct modem *m)
{
	/* At home, roaming; both for texts alone; or it does not say. */
	return m->registration == 1 || m->registration == 5 ||
	       m->registration == 6 || m->registration == 7 ||
	       m->registration < 0;
}

static const char *why_not_registered(const struct modem *m)
{
	if (m->registration == 2)
		return "it looks for a network";
	if (m->registration == 3)
		return "the network does not accept the SIM";
	return "it is in no network";
}

/* The network may have come back. */
static void start_poll(struct modem *m)
{
	timer_start(&m->poll, modem_is_up(m) ? POLL_MS : POLL_SOON_MS);
}

void modem_changed(struct modem *m)
{
	bool was_up = modem_is_up(m);

	if (m->state != MODEM_READY)
		return;
	(void)text_copy(m->why, sizeof(m->why),
		is_registered(m) ? "" : why_not_registered(m));
	if (was_up != modem_is_up(m)) {
		log_info("sms", "[%s] modem is %s%s%s", m->name,
			was_up ? "down" : "up", was_up ? " why=" : "", m->why);
		start_poll(m);
	}
	modem_kick(m);
}

void modem_started(struct modem *m)
{
	m->state = MODEM_READY;
	backoff_reset(&m->backoff);
	modem_read_memories(m);
	start_poll(m);
	modem_changed(m);
}

void modem_fail(struct modem *m, int64_t delay_ms, const char *why)
{
	bool is_news = strcmp(m->why, why) != 0;

	(void)text_copy(m->why, sizeof(m->why), why);
	if (is_news)
		log_warning("sms", "[%s] modem is down device=%s why=%s",
			m->name, m->config->device, why);
	m->state = MODEM_ABSENT;
	m->step = NULL;
	m->is_poll_due = false;
	timer_stop(&m->poll);
	timer_stop(&m->pause);
	modem_talk_close(&m->talk);
	modem_receive_reset(m);
	timer_start(&m->retry,
		delay_ms > 0 ? delay_ms : backoff_next_ms(&m->backoff));
	modem_kick(m);
}

/* --- The line ------------------------------------------------------------ */

static void open_line(struct modem *m)
{
	const char *reason = "";
	struct conn *c = m->all->open_line(m->all->setup.loop,
		m->config->device, m->config->speed, &modem_talk_limits,
		modem_talk_on_conn, &m->talk, &reason);

	if (c == NULL) {
		modem_fail(m, 0, reason);
		return;
	}
	modem_talk_open(&m->talk, c);
	m->state = MODEM_STARTING;
	modem_start(m);
}

static void on_retry(void *arg)
{
	open_line(arg);
}

static void on_pause(void *arg)
{
	modem_kick(arg);
}

static void on_broken(void *arg, const char *why)
{
	modem_fail(arg, 0, why[0] != '\0' ? why : "the line broke");
}

static void on_news(void *arg, enum at_news news, const struct at_line *line)
{
	struct modem *m = arg;

	switch (news) {
	case AT_NEWS_NONE:
		break;
	case AT_NEWS_NETWORK:
		modem_hear_network(m, line);
		break;
	case AT_NEWS_SIM:
		if (m->state == MODEM_READY &&
			!slice_equals(line->args, "READY"))
			modem_fail(m, 0, "the SIM is gone");
		break;
	case AT_NEWS_BOOT:
		if (m->state == MODEM_READY)
			modem_fail(m, 0, "it has started anew");
		break;
	case AT_NEWS_INDICATOR:
		if (m->state == MODEM_READY)
			timer_start(&m->poll, POLL_SOON_MS);
		break;
	case AT_NEWS_STORED:
	case AT_NEWS_STORED_REPORT:
	case AT_NEWS_TEXT:
	case AT_NEWS_REPORT:
		modem_hear(m, news, line);
		break;
	}
	modem_kick(m);
}

static const struct modem_talk_owner modem_talk_owner = {
	.news = on_news,
	.broken = on_broken,
};

/* --- What to do next ----------------------------------------------------- */

static void on_poll(void *arg)
{
	struct modem *m = arg;

	m->is_poll_due = true;
	start_poll(m);
	modem_kick(m);
}

static void go_on(struct modem *m)
{
	if (!modem_talk_is_open(&m->talk) || modem_talk_is_busy(&m->talk) ||
		timer_is_running(&m->pause))
		return;
	if (m->state == MODEM_STARTING)
		(void)modem_step(m);
	else if (!modem_receive(m) && !modem_step(m))
		(void)modem_send(m);
}

static void on_kick(void *arg)
{
	struct modem *m = arg;

	modem_send_check(m);
	go_on(m);
	modems_tell(m->all);
}

/* --- Life ---------------------------------------------------------------- */

void modem_init(
	struct modem *m, struct modems *all, const struct modem_config *config)
{
	struct loop *l = all->setup.loop;

	*m = (struct modem){
		.all = all,
		.config = config,
		.name = modem_config_name(config),
		.signal = -1,
		.used = -1,
		.total = -1,
	};
	list_init(&m->queue);
	list_init(&m->letters);
	modem_talk_init(&m->talk, l, m->name, &modem_talk_owner, m);
	backoff_init(&m->backoff, RETRY_MIN_MS, RETRY_MAX_MS);
	timer_init(&m->retry, l, "modem retry", on_retry, m);
	timer_init(&m->pause, l, "modem pause", on_pause, m);
	timer_init(&m->poll, l, "modem poll", on_poll, m);
	deferred_init(&m->kick, l, "modem", on_kick, m);
	(void)text_copy(m->why, sizeof(m->why), "it is being opened");
	timer_start(&m->retry, 0);
}

void modem_finish(struct modem *m)
{
	timer_stop(&m->retry);
	timer_stop(&m->pause);
	timer_stop(&m->poll);
	deferred_stop(&m->kick);
	modem_talk_finish(&m->talk);
	modem_send_finish(m);
	modem_receive_reset(m);
}
