#include "sms/names.h"

#include <string.h>

#include "api/services.h"
#include "base/str.h"
#include "sms/sms.h"
#include "sms_data/countries.h"
#include "sms_data/participants.h"

static int read_person(const struct gw *gw, const char *text,
	struct gw_address *out, const char **reason_r)
{
	char number[NUMBER_SIZE];
	out->kind = GW_PERSON;
	out->account[0] = '\0';
	if (number_read(&sms_of(gw)->place, text, number, reason_r) != 0)
		return -1;
	return text_copy(out->name, sizeof(out->name), number) ? 0 : -1;
}

int sms_parse_address(const struct gw *gw, const char *local,
	struct gw_address *out, const char **reason_r)
{
	if (!participants_are_room(local))
		return read_person(gw, local, out, reason_r);
	out->kind = GW_ROOM;
	out->account[0] = '\0';
	return text_copy(out->name, sizeof(out->name), local) ? 0 : -1;
}

int sms_format_address(
	const struct gw *gw, const struct gw_address *a, char *out, size_t size)
{
	(void)gw;
	if (a->kind == GW_NETWORK)
		return -1;
	return text_copy(out, size, a->name) ? 0 : -1;
}

int sms_read_input(const struct gw *gw, const char *text,
	struct gw_address *out, const char **reason_r)
{
	if (read_person(gw, text, out, reason_r) != 0)
		return -1;
	/* "sms:anything" names nobody. */
	enum number_kind kind = number_kind(out->name);
	*reason_r = "There is no phone number in this address.";
	return strchr(text, ':') == NULL || kind == NUMBER_E164 ||
			       kind == NUMBER_SHORT
		       ? 0
		       : -1;
}

struct number_place sms_place_of(const struct gw_session *session)
{
	struct number_place place = sms_of(session->gw)->place;
	const char *country = gw_setting(session, SMS_COUNTRY_SETTING);
	/* One that is no longer known is none. */
	if (country_by_iso(country) != NULL)
		place.country = country;
	return place;
}

int sms_spell_out(const struct gw_session *session, const char *text, char *out,
	size_t size, const char **reason_r)
{
	const struct number_place place = sms_place_of(session);
	char number[NUMBER_SIZE];
	if (participants_are_room(text))
		return 0;
	if (number_read(&place, text, number, reason_r) != 0)
		return -1;
	enum number_kind kind = number_kind(number);
	if (kind != NUMBER_E164 && kind != NUMBER_SHORT)
		return 0;
	return text_copy(out, size, number) ? 1 : -1;
}

const char *sms_check_country(const char *value)
{
	return country_by_iso(value) != NULL
		       ? NULL
		       : "There is no such country. Enter its two letters, "
			 "like US or DE, or nothing.";
}

bool sms_country_in_use(const struct gw_session *session, const char *setting,
	char *out, size_t size)
{
	const char *country = sms_of(session->gw)->place.country;
	return strcmp(setting, SMS_COUNTRY_SETTING) == 0 && country != NULL &&
	       text_copy(out, size, country);
}

int sms_canonical_account(const struct gw *gw, const char *text, char *out,
	size_t size, const char **reason_r)
{
	char number[NUMBER_SIZE];
	if (number_read(&sms_of(gw)->place, text, number, reason_r) != 0)
		return -1;
	*reason_r = "This is not a phone number. Write it with \"+\" and the "
		    "code of its country, like +15551234567.";
	if (number_kind(number) != NUMBER_E164)
		return -1;
	return text_copy(out, size, number) ? 0 : -1;
}
