#include "sms_law/limits.h"
#include "sms_law/repeats.h"

#define ROW(field, kind, usual, most, text)                             \
	{                                                               \
		.name = #field, .type = (kind),                         \
		.offset = offsetof(struct sms_limits_config, field),    \
		.def = (usual), .max = (most), .flags = CFG_RELOADABLE, \
		.help = (text)                                          \
	}

#define MINUTE "Segments in a minute; 0: no limit, as in all of these."
#define DAY    "Segments in a day (UTC)."
#define MONTH  "Segments in a month."
#define MONEY_MINUTE \
	"What segments may cost in a minute, by the prices of where they go."
#define MONEY_DAY   "What they may cost in a day."
#define MONEY_MONTH "What they may cost in a month."
#define NEW         "People never written to before, in a day."
#define SAME        "People who may get the same text within an hour."

static const struct cfg_item user_items[] = {
	ROW(per_minute, CFG_INT, "30", 1e6, MINUTE),
	ROW(per_day, CFG_INT, "300", 1e8, DAY),
	ROW(per_month, CFG_INT, "3000", 1e9, MONTH),
	ROW(money_per_minute, CFG_REAL, NULL, 1e9, MONEY_MINUTE),
	ROW(money_per_day, CFG_REAL, NULL, 1e9, MONEY_DAY),
	ROW(money_per_month, CFG_REAL, NULL, 1e9, MONEY_MONTH),
	ROW(new_per_day, CFG_INT, "30", 1e6, NEW),
	ROW(same_text, CFG_INT, "10", SMS_REPEATS_MAX, SAME),
	{ .name = NULL },
};

/* Several users may share a number. */
static const struct cfg_item number_items[] = {
	ROW(per_minute, CFG_INT, "60", 1e6, MINUTE),
	ROW(per_day, CFG_INT, "2000", 1e8, DAY),
	ROW(per_month, CFG_INT, "20000", 1e9, MONTH),
	ROW(money_per_minute, CFG_REAL, NULL, 1e9, MONEY_MINUTE),
	ROW(money_per_day, CFG_REAL, NULL, 1e9, MONEY_DAY),
	ROW(money_per_month, CFG_REAL, NULL, 1e9, MONEY_MONTH),
	ROW(new_per_day, CFG_INT, "200", 1e6, NEW),
	ROW(same_text, CFG_INT, "30", SMS_REPEATS_MAX, SAME),
	{ .name = NULL },
};

const struct cfg_group sms_user_limits_group = {
	.items = user_items,
	.size = sizeof(struct sms_limits_config),
	.place_offset = offsetof(struct sms_limits_config, place),
};

const struct cfg_group sms_number_limits_group = {
	.items = number_items,
	.size = sizeof(struct sms_limits_config),
	.place_offset = offsetof(struct sms_limits_config, place),
};
