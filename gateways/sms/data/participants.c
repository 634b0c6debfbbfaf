#include "sms_data/participants.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "sms_data/number.h"

static_assert(PARTICIPANTS_MAX < LIMIT_RECEIVERS, "the user is named, too");

/* So many are named in a title. */
#define NAMED_MAX 3

void participants_finish(struct participants *p)
{
	for (size_t i = 0; i < p->count; i++)
		xfree(p->numbers[i]);
	*p = (struct participants){ 0 };
}

/* The first that is not before it. */
static size_t place_of(const struct participants *p, const char *number)
{
	size_t i = 0;
	while (i < p->count && strcmp(p->numbers[i], number) < 0)
		i++;
	return i;
}

bool participants_have(const struct participants *p, const char *number)
{
	size_t i = place_of(p, number);
	return i < p->count && strcmp(p->numbers[i], number) == 0;
}

bool participants_add(struct participants *p, const char *number)
{
	enum number_kind kind = number_kind(number);
	if ((kind != NUMBER_E164 && kind != NUMBER_SHORT) ||
		participants_have(p, number))
		return true;
	if (p->count == PARTICIPANTS_MAX)
		return false;
	size_t at = place_of(p, number);
	memmove(&p->numbers[at + 1], &p->numbers[at],
		(p->count - at) * sizeof(p->numbers[0]));
	p->numbers[at] = xstrdup(number);
	p->count++;
	return true;
}

void participants_remove(struct participants *p, const char *number)
{
	size_t at = place_of(p, number);
	if (!participants_have(p, number))
		return;
	xfree(p->numbers[at]);
	p->count--;
	memmove(&p->numbers[at], &p->numbers[at + 1],
		(p->count - at) * sizeof(p->numbers[0]));
	p->numbers[p->count] = NULL;
}

/* --- Rooms ---------------------------------------------------------------- */

#define DIGITS (ROOM_NAME_SIZE - sizeof(ROOM_PREFIX) - 1)

void participants_room(
	const char *own, const struct participants *p, char out[ROOM_NAME_SIZE])
{
	struct str all = { .max = (PARTICIPANTS_MAX + 1) * NUMBER_SIZE };
	struct str hex = { .max = 64 };
	unsigned char digest[SHA256_SIZE];
	str_add(&all, own);
	for (size_t i = 0; i < p->count; i++)
		str_addf(&all, "\n%s", p->numbers[i]);
	crypto_sha256(str_slice(&all), digest);
	hex_encode(&hex, slice_make((const char *)digest, 16));
	text_format(out, ROOM_NAME_SIZE, ROOM_PREFIX "%.*s", (int)DIGITS,
		str_text(&hex));
	str_finish(&hex);
	str_finish(&all);
}

bool participants_are_room(const char *name)
{
	size_t len = strlen(ROOM_PREFIX);
	return strncmp(name, ROOM_PREFIX, len) == 0 &&
	       strspn(name + len, "0123456789abcdef") == DIGITS &&
	       name[len + DIGITS] == '\0';
}

void participants_title(const struct participants *p, struct str *out)
{
	char title[NUMBER_SIZE];
	for (size_t i = 0; i < p->count && i < NAMED_MAX; i++) {
		number_title(p->numbers[i], title);
		str_addf(out, "%s%s", i > 0 ? ", " : "", title);
	}
	if (p->count > NAMED_MAX)
		str_addf(out, " and %zu more", p->count - NAMED_MAX);
}

/* --- The store ------------------------------------------------------------ */

void participants_encode(const struct participants *p, struct str *out)
{
	pack_number(out, (int64_t)p->count);
	for (size_t i = 0; i < p->count; i++)
		pack_text(out, p->numbers[i]);
}

/* They are as they were written: in order, each once. */
static bool is_next(const struct participants *p, const char *number)
{
	enum number_kind kind = number_kind(number);
	return (kind == NUMBER_E164 || kind == NUMBER_SHORT) &&
	       strlen(number) < NUMBER_SIZE &&
	       (p->count == 0 || strcmp(p->numbers[p->count - 1], number) < 0);
}

int participants_decode(struct participants *p, struct unpack *in)
{
	int64_t count = unpack_number(in);
	*p = (struct participants){ 0 };
	if (count < 0 || count > PARTICIPANTS_MAX)
		in->is_broken = true;
	for (int64_t i = 0; !in->is_broken && i < count; i++) {
		const char *number = unpack_text(in);
		if (number == NULL || !is_next(p, number))
			in->is_broken = true;
		else
			p->numbers[p->count++] = xstrdup(number);
	}
	if (in->is_broken)
		participants_finish(p);
	return in->is_broken ? -1 : 0;
}
