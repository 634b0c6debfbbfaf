#include "sms/admin.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "sms/admin_queue.h"
#include "sms/backend.h"
#include "sms/pairs.h"
#include "sms/rules.h"

/* --- Links ---------------------------------------------------------------- */

static void put_clean(struct str *out, const char *text)
{
	utf8_clean(out, slice_of(text));
}

static void put_refusal(const struct backend *b, struct str *out)
{
	char stamp[CLOCK_STAMP_SIZE];
	if (b->refusal == NULL)
		return;
	clock_format(stamp, b->refused_ms);
	str_addf(out, "\n  last refusal, %s: ", stamp);
	put_clean(out, b->refusal);
}

static void put_backend(const struct backend *b, struct str *out)
{
	static const char *const states[] = { "down", "degraded", "up" };
	const struct carrier_ops *ops = b->carrier->ops;
	struct str words = { .max = 4 * KIB };
	str_addf(out, "%s%s (%s): %s", out->len > 0 ? "\n" : "",
		b->config->name, ops->kind, states[b->state]);
	if (ops->describe != NULL)
		ops->describe(b->carrier, &words);
	else if (b->why != NULL)
		str_add(&words, b->why);
	if (words.len > 0) {
		str_add(out, "\n  ");
		put_clean(out, str_text(&words));
	}
	put_refusal(b, out);
	str_finish(&words);
}

static int backends(struct sms *s, const char *const *values, struct str *out)
{
	(void)values;
	list_for_each(it, &s->backends)
		put_backend(CONTAINER(it, struct backend, link), out);
	if (out->len == 0)
		str_add(out, "There are no backends.");
	return 0;
}

static const struct gw_setting backend_rows[] = {
	{ .name = "backend",
		.label = "Name of the backend",
		.type = GW_TEXT,
		.max = 200,
		.required = true },
	{ .name = NULL },
};

static int reconnect(struct sms *s, const char *const *values, struct str *out)
{
	struct backend *b = backend_find(s, values[0]);
	if (b == NULL || b->carrier->ops->reconnect == NULL) {
		str_add(out, b == NULL ? "There is no backend of that name."
				       : "This kind of backend has nothing to "
					 "reconnect: it tries all the time.");
		return -1;
	}
	b->carrier->ops->reconnect(b->carrier);
	str_add(out, "It connects anew.");
	return 0;
}

/* --- STOP ----------------------------------------------------------------- */

static int optouts(struct sms *s, const char *const *values, struct str *out)
{
	(void)values;
	pairs_list_stopped(s, out);
	return 0;
}

static const struct gw_setting optout_rows[] = {
	{ .name = "own",
		.label = "Your number",
		.type = GW_TEXT,
		.max = 100,
		.required = true },
	{ .name = "person",
		.label = "The person's number",
		.type = GW_TEXT,
		.max = 100,
		.required = true },
	{ .name = "stopped",
		.label = "Wants no texts from it",
		.type = GW_BOOL },
	{ .name = NULL },
};

static int optout(struct sms *s, const char *const *values, struct str *out)
{
	char own[NUMBER_SIZE], person[NUMBER_SIZE];
	const char *reason = "";
	bool is_stopped = values[2] != NULL && strcmp(values[2], "1") == 0;
	if (number_read(&s->place, values[0], own, &reason) != 0 ||
		number_read(&s->place, values[1], person, &reason) != 0) {
		str_add(out, reason);
		return -1;
	}
	rules_set_stopped(s, own, person, is_stopped);
	str_addf(out,
		is_stopped ? "Nothing is sent from %s to %s any more."
			   : "Texts from %s to %s are sent again.",
		own, person);
	return 0;
}

/* --- The table ------------------------------------------------------------ */

const struct gw_command sms_admin_commands[] = {
	{ .name = "backends",
		.label = "State of the links to the networks",
		.help = "Sessions, pace, and what was refused last" },
	{ .name = "reconnect",
		.label = "Connect a backend anew",
		.help = "In order, and without the wait after a failure",
		.settings = backend_rows },
	{ .name = "queues",
		.label = "Texts that wait",
		.help = "How many, where, and since when" },
	{ .name = "retry",
		.label = "Try again now what waits",
		.help = "Texts that were refused for a while",
		.settings = admin_retry_rows },
	{ .name = "drop",
		.label = "Give up texts that wait",
		.help = "Their senders get an error",
		.settings = admin_drop_rows },
	{ .name = "optouts",
		.label = "Who wants no texts (STOP)",
		.help = "From which of your numbers, and since when" },
	{ .name = "optout",
		.label = "Set or clear a STOP",
		.help = "As if the person had sent it, or START",
		.settings = optout_rows },
	{ .name = NULL },
};

static int (*const runs[])(
	struct sms *s, const char *const *values, struct str *out) = { backends,
	reconnect, admin_queues, admin_retry, admin_drop, optouts, optout };

int sms_administer(
	struct gw *gw, size_t index, const char *const *values, struct str *out)
{
	struct sms *s = sms_of(gw);
	if (!s->is_loaded) {
		str_add(out, "The gateway is starting. Try again in a moment.");
		return -1;
	}
	return runs[index](s, values, out);
}
