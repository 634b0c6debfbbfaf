#include "sms/person.h"

#include <string.h>

#include "base/str.h"
#include "sms_data/countries.h"

const char *person_is_mute(const char *person)
{
	switch (number_kind(person)) {
	case NUMBER_WORD:
		return "This sender is a word, not a number: nobody can "
		       "answer it.";
	case NUMBER_HIDDEN:
		return "This sender hides the number: nobody can answer. All "
		       "who hide theirs share this address.";
	case NUMBER_E164:
	case NUMBER_SHORT:
		break;
	}
	return NULL;
}

const char *person_name(const char *person, char out[NUMBER_SIZE])
{
	if (number_kind(person) == NUMBER_E164)
		return NULL;
	number_title(person, out);
	return out;
}

unsigned person_caps(
	struct gw_session *session, struct gw_room *room, const char *person)
{
	const unsigned of_written = GW_CAP_WRITE | GW_CAP_RECEIPTS |
				    GW_CAP_REPLY | GW_CAP_CORRECT |
				    GW_CAP_REACT;
	(void)session;
	return room == NULL && person_is_mute(person) != NULL ? ~of_written
							      : ~0u;
}

/* --- The profile ----------------------------------------------------------- */

static const char *kind_of_number(const char *number)
{
	const struct numbering *n =
		number[0] == '+' ? numbering_of(number + 1) : NULL;
	if (n == NULL)
		return "phone number";
	if (numbering_premium(n, number + 1 + strlen(n->code)) > 0)
		return "premium number";
	return n->kind == NUMBERING_SATELLITE ? "satellite phone"
	       : n->kind == NUMBERING_SERVICE ? "service number"
					      : "phone number";
}

/* "us" of "12345;phone-context=us.gateway". */
static const struct country *country_of_short(const char *person)
{
	char iso[3];
	const char *context = strchr(person, '=');
	if (context == NULL || strlen(context) < 3)
		return NULL;
	text_format(iso, sizeof(iso), "%.2s", context + 1);
	return country_by_iso(iso);
}

static void say(struct gw_session *session, gw_request request, const char *key,
	const char *value)
{
	const struct gw_item item = { .key = key, .value = value };
	gw_item(session, request, &item);
}

static void say_country(struct gw_session *session, gw_request request,
	const struct country *country)
{
	if (country != NULL)
		say(session, request, "country", country->name);
}

void person_lookup(struct gw_session *session, gw_request request,
	enum gw_lookup what, const char *person)
{
	char title[NUMBER_SIZE];
	if (what != GW_PROFILE) {
		gw_fail(session, request, GW_UNSUPPORTED,
			"The telephone network does not tell that.");
		return;
	}
	number_title(person, title);
	say(session, request, "nick", title);
	switch (number_kind(person)) {
	case NUMBER_E164:
		say(session, request, "phone", person);
		say(session, request, "kind of number", kind_of_number(person));
		say_country(session, request, country_of(person));
		break;
	case NUMBER_SHORT:
		say(session, request, "kind of number", "short code");
		say_country(session, request, country_of_short(person));
		break;
	case NUMBER_WORD:
	case NUMBER_HIDDEN:
		say(session, request, "description", person_is_mute(person));
		break;
	}
	gw_done(session, request, NULL);
}
