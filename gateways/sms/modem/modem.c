/*
 * The carrier: which modem a text goes by, and what all of them together can
 * do. Nothing here says anything to a modem.
 */
#include "sms_modem/modem.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/magic.h"
#include "sms_modem/device.h"
#include "sms_modem/tty.h"

#define MODEMS_MAGIC 0x4d4f444du

/* Texts that one modem has at a time. It takes some three seconds for each, so
 * that the next has no need to wait here, where nobody knows after a crash
 * whether it left. */
#define ROOM 1

/* What is under way has as long. */
#define DRAIN_MS 8000

static struct modems *modems_of(struct carrier *c)
{
	struct modems *all = CONTAINER(c, struct modems, base);

	MAGIC_CHECK(all, MODEMS_MAGIC);
	return all;
}

static const struct modems *modems_of_const(const struct carrier *c)
{
	const struct modems *all = (const void *)c;

	MAGIC_CHECK(all, MODEMS_MAGIC);
	return all;
}

/* --- What there is ------------------------------------------------------- */

static size_t room_of(const struct modems *all)
{
	size_t room = 0;
	size_t queued = 0;

	if (all->is_draining)
		return 0;
	for (size_t i = 0; i < all->count; i++) {
		room += modem_is_up(&all->list[i]) ? ROOM : 0;
		queued += modem_queued(&all->list[i]);
	}
	return room > queued ? room - queued : 0;
}

/* The first one that is not as it should be says why. */
static enum carrier_state state_of(
	const struct modems *all, char *why, size_t size)
{
	size_t up = 0;
	bool is_whole = true;

	(void)text_copy(why, size, "");
	for (size_t i = 0; i < all->count; i++) {
		const struct modem *m = &all->list[i];
		const char *trouble = m->why;

		up += modem_is_up(m);
		if (modem_is_up(m) && modem_is_full(m))
			trouble = "its memory is full: delete old texts";
		if (trouble[0] == '\0')
			continue;
		if (is_whole)
			(void)text_format(
				why, size, "%s: %s", m->name, trouble);
		is_whole = false;
	}
	if (up == 0)
		return CARRIER_DOWN;
	return is_whole ? CARRIER_UP : CARRIER_DEGRADED;
}

static bool is_idle(const struct modems *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (modem_queued(&all->list[i]) > 0)
			return false;
	return true;
}

void modems_tell(struct modems *all)
{
	const struct carrier_events *events = all->setup.events;
	char why[sizeof(all->why)];
	enum carrier_state state = state_of(all, why, sizeof(why));
	size_t room = room_of(all);
	bool has_more = room > all->room;

	if (all->is_draining && is_idle(all)) {
		state = CARRIER_DOWN;
		(void)text_copy(why, sizeof(why), "it is closed");
	}
	all->room = room;
	if (state != all->state || strcmp(why, all->why) != 0) {
		all->state = state;
		(void)text_copy(all->why, sizeof(all->why), why);
		events->link(
			all->setup.arg, state, why[0] != '\0' ? why : NULL);
	}
	if (has_more)
		events->ready(all->setup.arg);
}

/* --- Life ---------------------------------------------------------------- */

static void on_drained(void *arg)
{
	struct modems *all = arg;

	for (size_t i = 0; i < all->count; i++)
		modem_send_abandon(&all->list[i]);
	modems_tell(all);
}

struct carrier *modem_open_on(
	const struct carrier_setup *setup, modem_line_fn open_line)
{
	struct modems *all = xalloc(sizeof(*all));

	all->magic = MODEMS_MAGIC;
	all->base.ops = &carrier_modem;
	all->setup = *setup;
	all->config = setup->config;
	all->open_line = open_line;
	all->count = all->config->modems.count;
	all->list = xcalloc(all->count, sizeof(all->list[0]));
	timer_init(&all->drain, setup->loop, "modem drain", on_drained, all);
	for (size_t i = 0; i < all->count; i++)
		modem_init(&all->list[i], all, all->config->modems.items[i]);
	/* That they are being opened is no news. */
	all->state = state_of(all, all->why, sizeof(all->why));
	return &all->base;
}

static struct carrier *modems_open(
	const struct carrier_setup *setup, const char **reason_r)
{
	/* A modem that is absent may come. */
	*reason_r = NULL;
	return modem_open_on(setup, tty_open);
}

static void modems_close(struct carrier **slot)
{
	struct modems *all;

	if (*slot == NULL)
		return;
	all = modems_of(*slot);
	*slot = NULL;
	for (size_t i = 0; i < all->count; i++)
		modem_finish(&all->list[i]);
	timer_stop(&all->drain);
	xfree(all->list);
	all->magic = 0;
	xfree(all);
}

static void kick_all(struct modems *all)
{
	for (size_t i = 0; i < all->count; i++)
		modem_kick(&all->list[i]);
}

static void modems_drain(struct carrier *c)
{
	struct modems *all = modems_of(c);

	if (all->is_draining)
		return;
	all->is_draining = true;
	timer_start(&all->drain, DRAIN_MS);
	kick_all(all);
}

static void modems_stall(struct carrier *c, bool on)
{
	struct modems *all = modems_of(c);

	all->is_stalled = on;
	if (!on)
		kick_all(all);
}

/* --- Texts --------------------------------------------------------------- */

static unsigned modems_caps(const struct carrier *c UNUSED)
{
	return 0;
}

static size_t modems_room(const struct carrier *c)
{
	return room_of(modems_of_const(c));
}

static bool has_number(const struct modem *m, const char *number)
{
	return m->config->number != NULL && number != NULL &&
	       strcmp(m->config->number, number) == 0;
}

/* The same for every text to one receiver, whenever that is. */
static size_t place_of(const struct modems *all, const char *to)
{
	size_t sum = 0;

	for (; *to != '\0'; to++)
		sum = sum * 31 + (unsigned char)*to;
	return sum % all->count;
}

/* The modem whose number it is to come from, up or not; or else one that is
 * up: the one where a text to the same receiver waits, or his own. */
static struct modem *choose(
	const struct modems *all, const char *from, const char *to)
{
	size_t start = place_of(all, to);

	for (size_t i = 0; i < all->count; i++)
		if (has_number(&all->list[i], from))
			return &all->list[i];
	for (size_t i = 0; i < all->count; i++)
		if (modem_is_up(&all->list[i]) &&
			modem_has_for(&all->list[i], to))
			return &all->list[i];
	for (size_t i = 0; i < all->count; i++) {
		struct modem *m = &all->list[(start + i) % all->count];

		if (modem_is_up(m))
			return m;
	}
	return &all->list[start];
}

static void modems_submit(struct carrier *c, const struct carrier_submit *s)
{
	struct modems *all = modems_of(c);

	modem_submit(choose(all, s->from, s->to), s);
	all->room = room_of(all);
}

static void modems_settle(struct carrier *c, uint64_t ticket, bool ok)
{
	struct modems *all = modems_of(c);

	for (size_t i = 0; i < all->count; i++)
		if (modem_settle(&all->list[i], ticket, ok))
			return;
	/* The modem was unplugged meanwhile. */
	log_debug("sms", "[%s] a ticket is not known", all->setup.name);
}

/* --- What people see ----------------------------------------------------- */

static void describe(const struct modem *m, struct str *out)
{
	str_addf(out, "%s: ", m->name);
	if (!modem_is_up(m)) {
		str_add(out, m->why);
		return;
	}
	str_add(out, m->network[0] != '\0' ? m->network : "up");
	if (m->registration == 5 || m->registration == 7)
		str_add(out, ", roaming");
	if (m->signal >= 0)
		str_addf(out, ", signal %d of 31", m->signal);
	if (m->total > 0)
		str_addf(out, ", %d of %d texts in its memory", m->used,
			m->total);
	if (modem_queued(m) > 0)
		str_addf(out, ", %zu waiting", modem_queued(m));
}

static void modems_describe(const struct carrier *c, struct str *out)
{
	const struct modems *all = modems_of_const(c);

	for (size_t i = 0; i < all->count; i++) {
		if (i > 0)
			str_add(out, "; ");
		describe(&all->list[i], out);
	}
}

static void measure(
	const struct modem *m, struct str *out, const char *what, int value)
{
	if (value >= 0)
		str_addf(out, "modem_%s{modem=\"%s\"} %d\n", what, m->name,
			value);
}

static void modems_measure(const struct carrier *c, struct str *out)
{
	const struct modems *all = modems_of_const(c);

	for (size_t i = 0; i < all->count; i++) {
		const struct modem *m = &all->list[i];

		measure(m, out, "up", modem_is_up(m));
		measure(m, out, "signal", m->signal);
		measure(m, out, "stored", m->used);
		measure(m, out, "stored_max", m->total);
		measure(m, out, "waiting", (int)modem_queued(m));
	}
}

const struct carrier_ops carrier_modem = {
	.kind = "modem",
	.config = &modem_config_group,
	.open = modems_open,
	.close = modems_close,
	.drain = modems_drain,
	.caps = modems_caps,
	.room = modems_room,
	.submit = modems_submit,
	.settle = modems_settle,
	.describe = modems_describe,
	.measure = modems_measure,
	.stall = modems_stall,
};
