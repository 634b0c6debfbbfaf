#include "sms_law/audit_config.h"

#include <stddef.h>

/* In the order of enum sms_audit_target. */
static const char *const targets[] = { "log", "file", "none", NULL };

#define AUDIT(field) .offset = offsetof(struct sms_audit_config, field)

static const struct cfg_item items[] = {
	{ .name = "to",
		.type = CFG_CHOICE,
		AUDIT(to),
		.choices = targets,
		.def = "log",
		.flags = CFG_RELOADABLE,
		.help = "Where a line for each text goes: the daemon's log, a "
			"file of its own, or nowhere." },
	{ .name = "file",
		.type = CFG_STRING,
		AUDIT(file),
		.flags = CFG_RELOADABLE,
		.help = "That file. It is opened anew with SIGHUP, so that it "
			"can be moved away." },
	{ .name = "bodies",
		.type = CFG_BOOL,
		AUDIT(bodies),
		.flags = CFG_RELOADABLE,
		.help = "Write the words of people, too. Ask first whether "
			"your law lets you." },
	{ .name = NULL },
};

static int check(const void *data, const char **key_r, const char **reason_r)
{
	const struct sms_audit_config *c = data;

	*key_r = "file";
	*reason_r = "is missing, as \"to\" is \"file\"";
	return c->to != SMS_AUDIT_FILE || c->file != NULL ? 0 : -1;
}

const struct cfg_group sms_audit_group = {
	.items = items,
	.size = sizeof(struct sms_audit_config),
	.check = check,
	.place_offset = offsetof(struct sms_audit_config, place),
};
