#include "email_worker/zones.h"

#include <glib.h>

#include "base/macros.h"

/* clang-format off */
static const struct {
	const char *name, *windows; /* windows: or NULL */
} zones[] = {
	{ "Europe/London", "GMT Standard Time" },
	{ "Europe/Dublin", NULL },
	{ "Europe/Lisbon", NULL },
	{ "Europe/Berlin", "W. Europe Standard Time" },
	{ "Europe/Paris", "Romance Standard Time" },
	{ "Europe/Madrid", NULL },
	{ "Europe/Rome", NULL },
	{ "Europe/Vienna", NULL },
	{ "Europe/Zurich", NULL },
	{ "Europe/Amsterdam", NULL },
	{ "Europe/Brussels", NULL },
	{ "Europe/Copenhagen", NULL },
	{ "Europe/Stockholm", NULL },
	{ "Europe/Oslo", NULL },
	{ "Europe/Prague", "Central Europe Standard Time" },
	{ "Europe/Budapest", NULL },
	{ "Europe/Warsaw", "Central European Standard Time" },
	{ "Europe/Helsinki", "FLE Standard Time" },
	{ "Europe/Athens", "GTB Standard Time" },
	{ "Europe/Bucharest", "E. Europe Standard Time" },
	{ "Europe/Kiev", NULL },
	{ "Europe/Kyiv", NULL },
	{ "Europe/Istanbul", "Turkey Standard Time" },
	{ "Europe/Moscow", "Russian Standard Time" },
	{ "Africa/Cairo", "Egypt Standard Time" },
	{ "Africa/Johannesburg", "South Africa Standard Time" },
	{ "Africa/Lagos", "W. Central Africa Standard Time" },
	{ "Africa/Nairobi", "E. Africa Standard Time" },
	{ "America/New_York", "Eastern Standard Time" },
	{ "America/Toronto", NULL },
	{ "America/Chicago", "Central Standard Time" },
	{ "America/Denver", "Mountain Standard Time" },
	{ "America/Phoenix", "US Mountain Standard Time" },
	{ "America/Los_Angeles", "Pacific Standard Time" },
	{ "America/Vancouver", NULL },
	{ "America/Anchorage", "Alaskan Standard Time" },
	{ "Pacific/Honolulu", "Hawaiian Standard Time" },
	{ "America/Halifax", "Atlantic Standard Time" },
	{ "America/Mexico_City", "Central Standard Time (Mexico)" },
	{ "America/Bogota", "SA Pacific Standard Time" },
	{ "America/Lima", NULL },
	{ "America/Santiago", "Pacific SA Standard Time" },
	{ "America/Sao_Paulo", "E. South America Standard Time" },
	{ "America/Argentina/Buenos_Aires", "Argentina Standard Time" },
	{ "Asia/Jerusalem", "Israel Standard Time" },
	{ "Asia/Dubai", "Arabian Standard Time" },
	{ "Asia/Riyadh", "Arab Standard Time" },
	{ "Asia/Tehran", "Iran Standard Time" },
	{ "Asia/Karachi", "Pakistan Standard Time" },
	{ "Asia/Kolkata", "India Standard Time" },
	{ "Asia/Calcutta", NULL },
	{ "Asia/Dhaka", "Bangladesh Standard Time" },
	{ "Asia/Bangkok", "SE Asia Standard Time" },
	{ "Asia/Jakarta", NULL },
	{ "Asia/Singapore", "Singapore Standard Time" },
	{ "Asia/Shanghai", "China Standard Time" },
	{ "Asia/Hong_Kong", NULL },
	{ "Asia/Taipei", "Taipei Standard Time" },
	{ "Asia/Tokyo", "Tokyo Standard Time" },
	{ "Asia/Seoul", "Korea Standard Time" },
	{ "Australia/Perth", "W. Australia Standard Time" },
	{ "Australia/Brisbane", "E. Australia Standard Time" },
	{ "Australia/Sydney", "AUS Eastern Standard Time" },
	{ "Australia/Melbourne", NULL },
	{ "Pacific/Auckland", "New Zealand Standard Time" },
	{ "UTC", "Coordinated Universal Time" },
	{ "Etc/UTC", NULL },
	{ "GMT", "Greenwich Standard Time" },
};
/* clang-format on */

static GTimeZone *loaded[COUNT(zones)];
static bool preloaded;

void zones_preload(void)
{
	if (preloaded)
		return;
	preloaded = true;
	for (size_t i = 0; i < COUNT(zones); i++)
		loaded[i] = g_time_zone_new_identifier(zones[i].name);
}

bool zones_offset(struct slice name, int64_t local, int64_t *offset_r)
{
	zones_preload();
	for (size_t i = 0; i < COUNT(zones); i++) {
		if (!slice_equals_nocase(name, zones[i].name) &&
			(zones[i].windows == NULL ||
				!slice_equals_nocase(name, zones[i].windows)))
			continue;
		if (loaded[i] == NULL)
			return false;
		gint64 when = local;
		int interval = g_time_zone_adjust_time(
			loaded[i], G_TIME_TYPE_STANDARD, &when);

		*offset_r = g_time_zone_get_offset(loaded[i], interval);
		return true;
	}
	return false;
}
