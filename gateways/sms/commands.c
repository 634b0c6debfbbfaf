#include "sms/commands.h"

#include "base/limits.h"
#include "sms/brought.h"
#include "sms/group_begin.h"
#include "sms/rules.h"
#include "sms/shared.h"
#include "sms/status.h"

static const struct gw_setting group_settings[] = {
	{ .name = "people",
		.label = "People",
		.type = GW_TEXT_LIST,
		.required = true,
		.max = 100,
		.help = "Their phone numbers" },
	{ .name = NULL },
};

/* The number, by which others are written to, and what was sent. */
static void usage(
	struct owner *o, gw_request request, const char *const *values)
{
	struct str answer = { .max = 16 * KIB }, *out = &answer;
	(void)values;
	if (o->way != NULL)
		brought_describe(o, out);
	else if (number_is_assigned(o->sms, o->account))
		str_addf(out, "Your number is %s.\n", o->account);
	else
		str_addf(out,
			"Your phone is %s. What you send leaves from a number "
			"that others use, too.\n",
			o->account);
	if (!status_has_way(o))
		str_add(out, "The telephone network cannot be reached at "
			     "present: what you send waits.\n");
	rules_describe(o->sms, o, out);
	gw_done(o->session, request, str_text(&answer));
	str_finish(&answer);
}

static void group(
	struct owner *o, gw_request request, const char *const *values)
{
	group_begin(o, request, values[0]);
}

const struct gw_command sms_commands[] = {
	{ .name = "usage",
		.label = "Your number, and what you have sent",
		.help = "Texts, and what they cost where that is known" },
	{ .name = "group",
		.label = "Write to several people",
		.help = "Opens a room; what you write there is a text to all",
		.settings = group_settings },
	{ .name = NULL },
};

static void (*const runs[])(struct owner *o, gw_request request,
	const char *const *values) = { usage, group };

void sms_command(struct gw_session *session, gw_request request, size_t index,
	const char *const *values)
{
	runs[index](owner_of(session), request, values);
}
