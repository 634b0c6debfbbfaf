#include "sms_law/repeats.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"

#define HOUR_MS INT64_C(3600000)

/* A text of fewer letters is what people say to everybody: "yes", "happy
 * birthday". */
#define LETTERS_MIN 16
/* What is compared of a long one. */
#define LETTERS_MAX 2000

struct sms_told {
	uint64_t text, to; /* the beginnings of digests */
	int64_t at_ms;
};

/* --- Digests ------------------------------------------------------------- */

static uint64_t digest(struct slice text)
{
	unsigned char sha256[SHA256_SIZE];
	uint64_t part;

	crypto_sha256(text, sha256);
	memcpy(&part, sha256, sizeof(part));
	return part;
}

/* Letters alone are compared: what is sent to many differs by a number or a
 * sign. False: too few of them. */
static bool describe(
	struct sms_told *t, const char *text, const char *to, int64_t wall_ms)
{
	char letters[LETTERS_MAX];
	size_t len = 0;

	for (; text != NULL && *text != '\0' && len < LETTERS_MAX; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x80 || (c >= 'a' && c <= 'z'))
			letters[len++] = *text;
		else if (c >= 'A' && c <= 'Z')
			letters[len++] = (char)(c | 0x20);
	}
	if (len < LETTERS_MIN)
		return false;
	*t = (struct sms_told){ digest(slice_make(letters, len)),
		digest(slice_of(to)), wall_ms };
	return true;
}

/* --- Counting ------------------------------------------------------------ */

static bool is_recent(const struct sms_told *t, int64_t wall_ms)
{
	return t->at_ms <= wall_ms && wall_ms - t->at_ms < HOUR_MS;
}

/* How many got this text, since when the first of them; `again_r`: this one is
 * among them. */
static size_t count_told(const struct sms_repeats *r,
	const struct sms_told *wanted, int64_t *first_ms_r, bool *again_r)
{
	size_t count = 0;

	*first_ms_r = wanted->at_ms;
	*again_r = false;
	for (size_t i = 0; i < r->count; i++) {
		const struct sms_told *t = &r->told[i];

		if (t->text != wanted->text || !is_recent(t, wanted->at_ms))
			continue;
		if (count++ == 0)
			*first_ms_r = t->at_ms;
		*again_r |= t->to == wanted->to;
	}
	return count;
}

int64_t sms_repeats_wait(const struct sms_repeats *r, const char *text,
	const char *to, size_t most, int64_t wall_ms)
{
	struct sms_told wanted;
	int64_t first_ms;
	bool again;

	if (most == 0 || !describe(&wanted, text, to, wall_ms))
		return 0;
	size_t count = count_told(r, &wanted, &first_ms, &again);
	return again || count < most ? 0 : first_ms + HOUR_MS;
}

/* What is too old, and the oldest where there is no room for another. */
static void forget(struct sms_repeats *r, int64_t wall_ms)
{
	size_t kept = 0;

	for (size_t i = r->count == SMS_REPEATS_MAX ? 1 : 0; i < r->count; i++)
		if (is_recent(&r->told[i], wall_ms))
			r->told[kept++] = r->told[i];
	r->count = kept;
}

void sms_repeats_count(struct sms_repeats *r, const char *text, const char *to,
	int64_t wall_ms)
{
	struct sms_told told;
	int64_t first_ms;
	bool again;

	if (!describe(&told, text, to, wall_ms))
		return;
	count_told(r, &told, &first_ms, &again);
	if (again)
		return;
	forget(r, wall_ms);
	if (r->count == r->cap) {
		r->cap = r->cap == 0 ? 8 : 2 * r->cap;
		r->told = xrealloc(r->told, r->cap, sizeof(*r->told));
	}
	r->told[r->count++] = told;
}

void sms_repeats_copy(struct sms_repeats *r, const struct sms_repeats *from)
{
	*r = (struct sms_repeats){ .count = from->count, .cap = from->count };
	if (from->count == 0)
		return;
	r->told = xcalloc(from->count, sizeof(*r->told));
	memcpy(r->told, from->told, from->count * sizeof(*r->told));
}

void sms_repeats_finish(struct sms_repeats *r)
{
	xfree(r->told);
	*r = (struct sms_repeats){ .told = NULL };
}

/* --- Store --------------------------------------------------------------- */

void sms_repeats_encode(const struct sms_repeats *r, struct str *out)
{
	pack_number(out, (int64_t)r->count);
	for (size_t i = 0; i < r->count; i++) {
		pack_number(out, (int64_t)r->told[i].text);
		pack_number(out, (int64_t)r->told[i].to);
		pack_number(out, r->told[i].at_ms);
	}
}

void sms_repeats_decode(struct sms_repeats *r, struct unpack *in)
{
	int64_t count = unpack_number(in);

	if (count < 0 || count > SMS_REPEATS_MAX)
		in->is_broken = true;
	if (in->is_broken || count == 0)
		return;
	r->cap = (size_t)count;
	r->told = xcalloc(r->cap, sizeof(*r->told));
	while (!in->is_broken && r->count < r->cap) {
		struct sms_told *t = &r->told[r->count++];

		t->text = (uint64_t)unpack_number(in);
		t->to = (uint64_t)unpack_number(in);
		t->at_ms = unpack_number(in);
		if (t->at_ms < 0)
			in->is_broken = true;
	}
}
