#include "email/guard.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "email/outbox.h"
#include "email_wire/shape.h"

#define HOUR_MS 3600000LL
#define DAY_MS  86400000LL

/* To one person or room: two machines that answer each other, or a client gone
 * wild, must not go on for ever. */
#define PACE_MS   60000
#define PACE_MAX  10
#define PACE_SIZE 128

/* A mail that left. */
struct step {
	int64_t at_ms; /* loop time */
	char to[MEMORY_ID_SIZE];
};

struct guard {
	struct email_session *session;
	int64_t day; /* since 1970 */
	unsigned sent, new;
	unsigned granted; /* new ones that the user confirmed, today */
	int64_t hour;     /* since 1970 */
	unsigned sent_hour;
	unsigned more_hour; /* mails that he confirmed, this hour */
	uint32_t question;  /* 0: none is open */
	/* Of the last minute, in their order, up to PACE_SIZE. */
	struct step *steps;
	size_t step_count;
};

/* What is kept. */
#define FIELD(number, kind, member) \
	SHAPE_FIELD(number, SHAPE_##kind, struct guard, member)

static const struct shape_field kept_fields[] = {
	FIELD(1, NUMBER, day),
	FIELD(2, SMALL, sent),
	FIELD(3, SMALL, new),
	FIELD(4, SMALL, granted),
	FIELD(5, NUMBER, hour),
	FIELD(6, SMALL, sent_hour),
	FIELD(7, SMALL, more_hour),
};
static const struct shape kept = { kept_fields, COUNT(kept_fields),
	sizeof(struct guard) };

static void keep(const struct guard *g)
{
	struct str data = { .max = 128 };

	shape_encode(&data, &kept, g);
	const struct gw_kept item = { "a/guard", data.data, data.len, 2 };

	memory_keep(g->session->memory, &item, 1, NULL, NULL);
	str_finish(&data);
}

void guard_load(struct guard *g, struct slice data)
{
	if (shape_decode(data, &kept, NULL, g) != 0)
		log_warning("email", "[%s] the count of mails is damaged",
			g->session->session->id);
}

static void begin_day(struct guard *g)
{
	int64_t wall_ms = clock_wall_ms();

	if (wall_ms / HOUR_MS != g->hour)
		g->sent_hour = g->more_hour = 0;
	if (wall_ms / DAY_MS != g->day)
		g->sent = g->new = g->granted = 0;
	g->hour = wall_ms / HOUR_MS;
	g->day = wall_ms / DAY_MS;
}

/* --- Asking -------------------------------------------------------------- */

static void ask(struct guard *g, const char *text)
{
	static const struct gw_setting fields[] = {
		{ .name = "confirm",
			.label = "Is that you, and shall they leave?",
			.type = GW_BOOL,
			.def = "0",
			.required = true },
		{ .name = NULL },
	};

	if (g->question == 0)
		g->question = gw_ask(g->session->session, text, fields);
}

static void ask_about_people(struct guard *g)
{
	char text[300];

	text_format(text, sizeof(text),
		"Mails wait to people whom %s never wrote to before; today "
		"there were %u already.",
		email_own_address(g->session), g->new);
	ask(g, text);
}

static void ask_about_mails(struct guard *g)
{
	char text[300];

	text_format(text, sizeof(text),
		"Mails wait: %s has sent %u in this hour already.",
		email_own_address(g->session), g->sent_hour);
	ask(g, text);
}

static void ask_about_pace(struct guard *g, const char *name)
{
	char text[GW_NAME_SIZE + 100];

	text_format(text, sizeof(text),
		"More than %d mails to %s in a minute: the rest waits.",
		PACE_MAX, name);
	ask(g, text);
}

/* --- Pace ---------------------------------------------------------------- */

static int64_t now_ms(const struct guard *g)
{
	return loop_now_ms(g->session->gateway->gw->env->loop);
}

static bool is_too_fast(const struct guard *g, const char *name)
{
	char to[MEMORY_ID_SIZE];
	unsigned count = 0;

	memory_id(name, to);
	for (size_t i = 0; i < g->step_count; i++)
		if (now_ms(g) - g->steps[i].at_ms < PACE_MS &&
			strcmp(g->steps[i].to, to) == 0)
			count++;
	return count >= PACE_MAX;
}

/* What is too old, and the oldest where there is no room for another. */
static void forget_old_steps(struct guard *g)
{
	size_t old = g->step_count == PACE_SIZE ? 1 : 0;

	while (old < g->step_count &&
		now_ms(g) - g->steps[old].at_ms >= PACE_MS)
		old++;
	g->step_count -= old;
	if (old > 0)
		memmove(g->steps, g->steps + old,
			g->step_count * sizeof(*g->steps));
}

static void note_step(struct guard *g, const char *name)
{
	struct step *s;

	forget_old_steps(g);
	g->steps = xrealloc(g->steps, g->step_count + 1, sizeof(*g->steps));
	s = &g->steps[g->step_count++];
	s->at_ms = now_ms(g);
	memory_id(name, s->to);
}

enum guard_verdict guard_check(struct guard *g, const char *name, unsigned new)
{
	const struct email_config *config = g->session->gateway->config;

	begin_day(g);
	if (g->sent >= (unsigned)config->mails_per_day)
		return GUARD_FULL;
	if (config->mails_per_hour > 0 &&
		g->sent_hour >=
			(unsigned)config->mails_per_hour + g->more_hour) {
		ask_about_mails(g);
		return GUARD_ASKED;
	}
	if (new > 0 &&
		g->new + new > (unsigned)config->new_per_day + g->granted) {
		ask_about_people(g);
		return GUARD_ASKED;
	}
	if (is_too_fast(g, name)) {
		ask_about_pace(g, name);
		return GUARD_ASKED;
	}
	note_step(g, name);
	g->sent++;
	g->sent_hour++;
	g->new += new;
	keep(g);
	return GUARD_PASS;
}

void guard_answer(struct guard *g, uint32_t question, const char *const *values)
{
	bool yes = values != NULL && strcmp(values[0], "1") == 0;
	const struct email_config *config = g->session->gateway->config;

	if (question != g->question)
		return;
	g->question = 0;
	if (yes) {
		g->step_count = 0;
		begin_day(g);
		g->granted = g->new + (unsigned)config->new_per_day;
		g->more_hour = g->sent_hour;
		keep(g);
	}
	email_outbox_confirmed(g->session->outbox, yes);
}

struct guard *guard_new(struct email_session *s)
{
	struct guard *g = xalloc(sizeof(*g));

	g->session = s;
	return g;
}

void guard_free(struct guard **slot)
{
	struct guard *g = *slot;

	if (g == NULL)
		return;
	*slot = NULL;
	xfree(g->steps);
	xfree(g);
}
