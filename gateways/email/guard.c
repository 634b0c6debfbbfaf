#include "email/guard.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/str.h"
#include "email/outbox.h"
#include "email_wire/record.h"

#define DAY_MS 86400000LL

struct guard {
	struct email_session *session;
	int64_t day; /* since 1970 */
	unsigned sent, new;
	unsigned granted;  /* new ones that the user confirmed, today */
	uint32_t question; /* 0: none is open */
};

enum { GUARD_DAY = 1, GUARD_SENT, GUARD_NEW, GUARD_GRANTED };

static void keep(const struct guard *g)
{
	struct str data = { .max = 128 };

	record_put_number(&data, GUARD_DAY, g->day);
	record_put_number(&data, GUARD_SENT, g->sent);
	record_put_number(&data, GUARD_NEW, g->new);
	record_put_number(&data, GUARD_GRANTED, g->granted);
	const struct gw_kept item = { "a/guard", data.data, data.len, 2 };

	memory_keep(g->session->memory, &item, 1, NULL, NULL);
	str_finish(&data);
}

void guard_load(struct guard *g, struct slice data)
{
	uint8_t field;
	struct slice value;
	int64_t number;

	while (record_next(&data, &field, &value)) {
		if (record_number(value, &number) != 0)
			continue;
		if (field == GUARD_DAY)
			g->day = number;
		else if (field == GUARD_SENT)
			g->sent = (unsigned)number;
		else if (field == GUARD_NEW)
			g->new = (unsigned)number;
		else if (field == GUARD_GRANTED)
			g->granted = (unsigned)number;
	}
}

static void begin_day(struct guard *g)
{
	int64_t today = clock_wall_ms() / DAY_MS;

	if (today == g->day)
		return;
	g->day = today;
	g->sent = g->new = g->granted = 0;
}

static void ask(struct guard *g)
{
	static const struct gw_setting fields[] = {
		{ .name = "confirm",
			.label = "Is that you, and shall they leave?",
			.type = GW_BOOL,
			.def = "0",
			.required = true },
		{ .name = NULL },
	};
	char text[300];

	if (g->question != 0)
		return;
	text_format(text, sizeof(text),
		"Mails wait to people whom %s never wrote to before; today "
		"there were %u already.",
		email_own_address(g->session), g->new);
	g->question = gw_ask(g->session->session, text, fields);
}

enum guard_verdict guard_check(struct guard *g, unsigned new)
{
	const struct email_config *config = g->session->gateway->config;

	begin_day(g);
	if (g->sent >= (unsigned)config->mails_per_day)
		return GUARD_FULL;
	if (new > 0 &&
		g->new + new > (unsigned)config->new_per_day + g->granted) {
		ask(g);
		return GUARD_ASKED;
	}
	g->sent++;
	g->new += new;
	keep(g);
	return GUARD_PASS;
}

void guard_answer(struct guard *g, uint32_t question, const char *const *values)
{
	bool yes = values != NULL && strcmp(values[0], "1") == 0;

	if (question != g->question)
		return;
	g->question = 0;
	if (yes) {
		begin_day(g);
		g->granted = g->new +
			     (unsigned)g->session->gateway->config->new_per_day;
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
	xfree(*slot);
	*slot = NULL;
}
