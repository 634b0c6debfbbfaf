/*
 * Any text as a number, typed and received: what comes out is an address that
 * reads as itself everywhere, of characters that every JID can hold. The first
 * byte says where it is read and what a network calls it.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "sms_data/countries.h"
#include "sms_data/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DOMAIN "sms.example.org"

static const char *const countries[] = { NULL, "US", "DE", "IT", "RU", "AR",
	"BR", "BY" };

/* XEP-0106 escapes ten of them; capitals would be made small on the way. */
static void check_characters(const char *number)
{
	size_t len = strlen(number);

	assert(len > 0 && len < NUMBER_SIZE);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)number[i];

		assert(c >= ' ' && c < 0x7f);
		assert(c < 'A' || c > 'Z');
	}
	assert(number[0] != ' ' && number[len - 1] != ' ');
}

static void check(const struct number_place *place, const char *number)
{
	char out[NUMBER_SIZE];
	const char *reason;

	check_characters(number);
	assert(number_is_canonical(place, number));
	for (size_t i = 0; i < COUNT(countries); i++) {
		struct number_place other = { countries[i], DOMAIN };

		assert(number_read(&other, number, out, &reason) == 0);
		assert(strcmp(out, number) == 0);
	}
	number_bare(number, out);
	assert(out[0] != '\0');
	number_title(number, out);
	assert(out[0] != '\0');
	if (number_kind(number) == NUMBER_E164)
		assert(numbering_of(number + 1) != NULL);
	else
		assert(country_of(number) == NULL);
}

static bool none(const char *number, void *arg)
{
	(void)number;
	(void)arg;
	return false;
}

static bool all(const char *number, void *arg)
{
	check(arg, number);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char same[NUMBER_SIZE];
	char number[NUMBER_SIZE];
	const char *reason = NULL;

	if (size < 1)
		return 0;
	struct number_place place = { countries[data[0] % COUNT(countries)],
		DOMAIN };
	enum number_origin origin = (enum number_origin)(
		data[0] / COUNT(countries) % (NUMBER_ALPHANUMERIC + 1));
	char *text = strndup((const char *)data + 1, size - 1);
	assert(text != NULL);

	if (number_read(&place, text, number, &reason) == 0)
		check(&place, number);
	else
		assert(reason != NULL && reason[0] != '\0');
	number_receive(&place, origin, text, number);
	check(&place, number);
	number_receive_known(&place, origin, text, none, NULL, same);
	assert(strcmp(same, number) == 0);
	number_receive_known(&place, origin, text, all, &place, same);
	check(&place, same);
	free(text);
	return 0;
}
