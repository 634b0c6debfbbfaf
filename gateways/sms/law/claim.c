#include "sms_law/claim.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/pack.h"
#include "base/utf8.h"

#define VERSION      1
#define DAY_MS       INT64_C(86400000)
#define LIFE_MS      (SMS_CLAIM_MINUTES * INT64_C(60000))
#define DIGITS_MAX   8
/* What is kept of so many fits into one record (LIMIT_KEPT). */
#define PER_DAY_MAX  1500
/* They live over midnight. */
#define CLAIMS_MAX   (2 * PER_DAY_MAX)
/* Numbers of one area differ by their last digits: hundred of them. */
#define AREA_DIGITS  2
/* Three things are counted for each code: the user, the number, its area. */
#define COUNTERS_MAX (3 * PER_DAY_MAX)
/* Of a JID in a text, at its begin and its end. */
#define SHOWN        40

const char sms_claim_answer[] =
	"If texts can reach this number, a code is on its way to it. It is "
	"good for 10 minutes.";
const char sms_claim_refusal[] =
	"Too many codes were asked for today. Try again tomorrow, or ask the "
	"administrator of this gateway for a number.";

/* --- Configuration ------------------------------------------------------- */

#define CLAIM(field) .offset = offsetof(struct sms_claim_config, field)

static const struct cfg_item items[] = {
	{ .name = "digits",
		.type = CFG_INT,
		CLAIM(digits),
		.def = "6",
		.min = 6,
		.max = DIGITS_MAX,
		.flags = CFG_RELOADABLE,
		.help = "Digits of the code that proves whose a number is." },
	{ .name = "per_user",
		.type = CFG_INT,
		CLAIM(per_user),
		.def = "3",
		.max = 1000,
		.flags = CFG_RELOADABLE,
		.help = "Codes that one user may ask for in a day; 0: users "
			"cannot bring numbers of their own." },
	{ .name = "per_number",
		.type = CFG_INT,
		CLAIM(per_number),
		.def = "3",
		.min = 1,
		.max = 1000,
		.flags = CFG_RELOADABLE,
		.help = "Codes that are sent to one number in a day." },
	{ .name = "per_area",
		.type = CFG_INT,
		CLAIM(per_area),
		.def = "10",
		.min = 1,
		.max = PER_DAY_MAX,
		.flags = CFG_RELOADABLE,
		.help = "Codes that are sent in a day to numbers that differ "
			"by their last two digits." },
	{ .name = "per_day",
		.type = CFG_INT,
		CLAIM(per_day),
		.def = "200",
		.min = 1,
		.max = PER_DAY_MAX,
		.flags = CFG_RELOADABLE,
		.help = "Codes of all users together in a day." },
	{ .name = NULL },
};

const struct cfg_group sms_claim_group = {
	.items = items,
	.size = sizeof(struct sms_claim_config),
	.place_offset = offsetof(struct sms_claim_config, place),
};

/* --- What is held -------------------------------------------------------- */

typedef unsigned char digest[SHA256_SIZE];

struct counter {
	digest who;
	int count;
};

struct claim {
	digest who;                /* user and number */
	char code[DIGITS_MAX + 1]; /* "": none was sent, and none is right */
	int64_t made_ms;
	int tries; /* that are left */
};

struct sms_claims {
	const struct sms_claim_config *config;
	int64_t day; /* that is counted */
	int asked;   /* of all users */
	struct counter *counters;
	size_t counter_count;
	struct claim *claims;
	size_t claim_count;
};

struct sms_claims *sms_claims_new(const struct sms_claim_config *config)
{
	struct sms_claims *c = xalloc(sizeof(*c));

	c->config = config;
	return c;
}

void sms_claims_configure(
	struct sms_claims *c, const struct sms_claim_config *config)
{
	c->config = config;
}

void sms_claims_free(struct sms_claims **slot)
{
	struct sms_claims *c = *slot;

	if (c == NULL)
		return;
	*slot = NULL;
	xfree(c->counters);
	xfree(c->claims);
	xfree(c);
}

/* `kind` and the texts, each with its NUL, so that no two mean the same. */
static void digest_of(char kind, const char *a, const char *b, digest out)
{
	struct str all = { .max = SIZE_MAX };

	str_add_char(&all, kind);
	str_add_bytes(&all, a, strlen(a) + 1);
	str_add(&all, b);
	crypto_sha256(str_slice(&all), out);
	str_finish(&all);
}

static bool is_live(const struct claim *claim, int64_t wall_ms)
{
	return claim->tries > 0 && claim->made_ms <= wall_ms &&
	       wall_ms - claim->made_ms < LIFE_MS;
}

/* Forget what is over. */
static void tidy(struct sms_claims *c, int64_t wall_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->claim_count; i++)
		if (is_live(&c->claims[i], wall_ms))
			c->claims[kept++] = c->claims[i];
	c->claim_count = kept;
	if (wall_ms / DAY_MS == c->day)
		return;
	c->day = wall_ms / DAY_MS;
	c->asked = 0;
	c->counter_count = 0;
}

/* --- Counting ------------------------------------------------------------ */

/* Counted up to `most`: false when that was reached before. */
static bool count(struct sms_claims *c, char kind, const char *who, int most)
{
	struct counter new = { .count = 1 };

	digest_of(kind, who, "", new.who);
	for (size_t i = 0; i < c->counter_count; i++) {
		struct counter *old = &c->counters[i];

		if (memcmp(old->who, new.who, sizeof(new.who)) != 0)
			continue;
		if (old->count >= most)
			return false;
		old->count++;
		return true;
	}
	if (most == 0 || c->counter_count >= COUNTERS_MAX)
		return false;
	c->counters = xrealloc(
		c->counters, c->counter_count + 1, sizeof(*c->counters));
	c->counters[c->counter_count++] = new;
	return true;
}

static bool count_number(struct sms_claims *c, const char *number)
{
	char area[32];
	size_t len = strlen(number);

	text_copy(area, sizeof(area), number);
	if (len > AREA_DIGITS && len < sizeof(area))
		area[len - AREA_DIGITS] = '\0';
	return count(c, 'n', number, c->config->per_number) &&
	       count(c, 'a', area, c->config->per_area);
}

/* --- Codes --------------------------------------------------------------- */

/* Every code is as likely as any other. */
static void make_code(char out[DIGITS_MAX + 1], int digits)
{
	for (int i = 0; i < digits; i++) {
		unsigned char byte;

		do
			crypto_random(&byte, 1);
		while (byte >= 250);
		out[i] = (char)('0' + byte % 10);
	}
	out[digits] = '\0';
}

static struct claim *find(
	struct sms_claims *c, const char *user, const char *number)
{
	digest who;

	digest_of('c', user, number, who);
	for (size_t i = 0; i < c->claim_count; i++)
		if (memcmp(c->claims[i].who, who, sizeof(who)) == 0)
			return &c->claims[i];
	return NULL;
}

static struct claim *renew(struct sms_claims *c, const char *user,
	const char *number, int64_t wall_ms)
{
	struct claim *claim = find(c, user, number);

	if (claim == NULL) {
		c->claims = xrealloc(
			c->claims, c->claim_count + 1, sizeof(*c->claims));
		claim = &c->claims[c->claim_count++];
	}
	*claim = (struct claim){ .made_ms = wall_ms, .tries = SMS_CLAIM_TRIES };
	digest_of('c', user, number, claim->who);
	return claim;
}

/* A long JID keeps its begin and its end, where the domain is. */
static void show_user(const char *user, char out[3 * SHOWN])
{
	size_t len = strlen(user);
	size_t begin = utf8_prefix(slice_make(user, len), SHOWN);
	size_t end = len > SHOWN ? len - SHOWN : 0;

	while (end < len && ((unsigned char)user[end] & 0xc0) == 0x80)
		end++;
	if (len <= (size_t)2 * SHOWN)
		text_copy(out, (size_t)3 * SHOWN, user);
	else
		text_format(out, (size_t)3 * SHOWN, "%.*s...%s", (int)begin,
			user, user + end);
}

enum sms_claim_start sms_claims_start(struct sms_claims *c, const char *user,
	const char *number, const char *gateway, int64_t wall_ms,
	char text[SMS_CLAIM_TEXT])
{
	char shown[3 * SHOWN];

	text[0] = '\0';
	tidy(c, wall_ms);
	if (c->asked >= c->config->per_day ||
		!count(c, 'u', user, c->config->per_user))
		return SMS_CLAIM_REFUSED;
	c->asked++;
	struct claim *claim = renew(c, user, number, wall_ms);
	if (!count_number(c, number))
		return SMS_CLAIM_SILENT;
	make_code(claim->code, c->config->digits);
	show_user(user, shown);
	text_format(text, SMS_CLAIM_TEXT,
		"%s is the code with which %s may text from this number by "
		"%s. If that is not you, ignore it.",
		claim->code, shown, gateway);
	return SMS_CLAIM_SEND;
}

/* The digits of what was typed; more than a code has are one more. */
static size_t digits_of(const char *text, char out[DIGITS_MAX + 1])
{
	size_t len = 0;

	for (; *text != '\0' && len <= DIGITS_MAX; text++)
		if (*text >= '0' && *text <= '9')
			out[len++] = *text;
	return len;
}

enum sms_claim_end sms_claims_try(struct sms_claims *c, const char *user,
	const char *number, const char *code, int64_t wall_ms)
{
	char typed[DIGITS_MAX + 1];

	tidy(c, wall_ms);
	struct claim *claim = find(c, user, number);
	if (claim == NULL)
		return SMS_CLAIM_OVER;
	size_t len = digits_of(code, typed);
	bool is_right =
		crypto_equals(slice_make(typed, len), slice_of(claim->code));
	claim->tries--;
	if (is_right && claim->code[0] != '\0') {
		claim->tries = 0;
		return SMS_CLAIM_PROVEN;
	}
	return claim->tries > 0 ? SMS_CLAIM_WRONG : SMS_CLAIM_OVER;
}

/* --- Store --------------------------------------------------------------- */

/* Digests are four numbers. */
static void pack_digest(struct str *out, const digest who)
{
	int64_t part;

	for (size_t i = 0; i < SHA256_SIZE; i += sizeof(part)) {
		memcpy(&part, who + i, sizeof(part));
		pack_number(out, part);
	}
}

static void unpack_digest(struct unpack *in, digest who)
{
	for (size_t i = 0; i < SHA256_SIZE; i += sizeof(int64_t)) {
		int64_t part = unpack_number(in);

		memcpy(who + i, &part, sizeof(part));
	}
}

void sms_claims_encode(const struct sms_claims *c, struct str *out)
{
	pack_number(out, VERSION);
	pack_number(out, c->day);
	pack_number(out, c->asked);
	pack_number(out, (int64_t)c->counter_count);
	for (size_t i = 0; i < c->counter_count; i++) {
		pack_digest(out, c->counters[i].who);
		pack_number(out, c->counters[i].count);
	}
	pack_number(out, (int64_t)c->claim_count);
	for (size_t i = 0; i < c->claim_count; i++) {
		const struct claim *claim = &c->claims[i];

		pack_digest(out, claim->who);
		pack_text(out, claim->code);
		pack_number(out, claim->made_ms);
		pack_number(out, claim->tries);
	}
}

/* A number from 0 to `most`. */
static int64_t take(struct unpack *in, int64_t most)
{
	int64_t number = unpack_number(in);

	if (number < 0 || number > most)
		in->is_broken = true;
	return in->is_broken ? 0 : number;
}

static void take_claim(struct unpack *in, struct claim *claim)
{
	unpack_digest(in, claim->who);
	const char *code = unpack_text(in);
	if (code == NULL || !text_copy(claim->code, sizeof(claim->code), code))
		in->is_broken = true;
	claim->made_ms = take(in, INT64_MAX);
	claim->tries = (int)take(in, SMS_CLAIM_TRIES);
}

int sms_claims_decode(struct sms_claims *c, struct slice data)
{
	struct unpack in = { .rest = data };
	struct sms_claims *new = sms_claims_new(c->config);

	if (unpack_number(&in) != VERSION)
		in.is_broken = true;
	new->day = take(&in, INT64_MAX);
	new->asked = (int)take(&in, PER_DAY_MAX);
	new->counter_count = (size_t)take(&in, COUNTERS_MAX);
	new->counters = xcalloc(new->counter_count + 1, sizeof(*new->counters));
	for (size_t i = 0; !in.is_broken && i < new->counter_count; i++) {
		unpack_digest(&in, new->counters[i].who);
		new->counters[i].count = (int)take(&in, PER_DAY_MAX);
	}
	new->claim_count = (size_t)take(&in, CLAIMS_MAX);
	new->claims = xcalloc(new->claim_count + 1, sizeof(*new->claims));
	for (size_t i = 0; !in.is_broken && i < new->claim_count; i++)
		take_claim(&in, &new->claims[i]);
	bool is_good = !in.is_broken && in.rest.len == 0;
	if (is_good) {
		struct sms_claims old = *c;

		*c = *new;
		*new = old;
	}
	sms_claims_free(&new);
	return is_good ? 0 : -1;
}
