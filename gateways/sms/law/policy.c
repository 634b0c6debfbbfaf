#include "sms_law/policy.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sms_data/countries.h"
#include "sms_data/number.h"

#define DIGITS           "0123456789"
/* Numbers so short are for emergencies and services of a network, which only a
 * phone reaches. */
#define EMERGENCY_DIGITS 3

/* --- Configuration ------------------------------------------------------- */

static bool is_prefix(const char *text)
{
	text += text[0] == '+' ? 1 : 0;
	return text[0] != '\0' && strspn(text, DIGITS) == strlen(text);
}

#define PRICE(field) .offset = offsetof(struct sms_price_config, field)

static const struct cfg_item price_items[] = {
	{ .name = "prefix",
		.type = CFG_STRING,
		PRICE(prefix),
		.flags = CFG_REQUIRED | CFG_RELOADABLE,
		.help = "How the numbers begin: \"+1\"; without \"+\" those of "
			"short codes." },
	{ .name = "price",
		.type = CFG_REAL,
		PRICE(price),
		.max = 1000,
		.flags = CFG_RELOADABLE,
		.help = "What one segment costs, in your currency." },
	{ .name = NULL },
};

static int check_price(
	const void *data, const char **key_r, const char **reason_r)
{
	const struct sms_price_config *c = data;

	*key_r = "prefix";
	*reason_r = "is no beginning of a number: write digits, with \"+\" and "
		    "the code of the country in front";
	return is_prefix(c->prefix) ? 0 : -1;
}

static const struct cfg_group price_group = {
	.items = price_items,
	.size = sizeof(struct sms_price_config),
	.check = check_price,
	.place_offset = offsetof(struct sms_price_config, place),
};

#define POLICY(field) .offset = offsetof(struct sms_policy_config, field)

static const struct cfg_item policy_items[] = {
	{ .name = "countries",
		.type = CFG_STRING_LIST,
		POLICY(countries),
		.flags = CFG_RELOADABLE,
		.help = "Where texts may go: codes of ISO 3166, as \"US\", or "
			"\"*\" for all. Empty: only the gateway's own country, "
			"or that of its first number. "
			"Premium numbers and satellites stay closed." },
	{ .name = "allow",
		.type = CFG_STRING_LIST,
		POLICY(allow),
		.flags = CFG_RELOADABLE,
		.help = "Beginnings of numbers that are open too: \"+4930\", "
			"\"+8816\", or a short code. Premium numbers and "
			"satellites need one as long as what makes them so." },
	{ .name = "deny",
		.type = CFG_STRING_LIST,
		POLICY(deny),
		.flags = CFG_RELOADABLE,
		.help = "Beginnings of numbers that are closed. The longest "
			"that fits counts, here or in \"allow\"." },
	{ .name = "short_codes",
		.type = CFG_BOOL,
		POLICY(short_codes),
		.flags = CFG_RELOADABLE,
		.help = "Texts may go to short codes of open countries; some "
			"cost much. Three digits are always closed." },
	{ .name = "price",
		.type = CFG_REAL,
		POLICY(price),
		.max = 1000,
		.flags = CFG_RELOADABLE,
		.help = "What one segment costs where nothing in \"prices\" "
			"fits, in your currency." },
	{ .name = "prices",
		.type = CFG_GROUP_LIST,
		POLICY(prices),
		.group = &price_group,
		.flags = CFG_RELOADABLE,
		.help = "What one segment costs, by the longest beginning "
			"that fits." },
	{ .name = NULL },
};

static bool are_prefixes(const struct cfg_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!is_prefix(list->items[i]))
			return false;
	return true;
}

static int check(const void *data, const char **key_r, const char **reason_r)
{
	const struct sms_policy_config *c = data;

	*key_r = "countries";
	*reason_r = "holds what is no code of a country (ISO 3166), as \"US\"";
	for (size_t i = 0; i < c->countries.count; i++)
		if (strcmp(c->countries.items[i], "*") != 0 &&
			country_by_iso(c->countries.items[i]) == NULL)
			return -1;
	*reason_r = "holds what is no beginning of a number: write digits, "
		    "with \"+\" and the code of the country in front";
	*key_r = "allow";
	if (!are_prefixes(&c->allow))
		return -1;
	*key_r = "deny";
	return are_prefixes(&c->deny) ? 0 : -1;
}

const struct cfg_group sms_policy_group = {
	.items = policy_items,
	.size = sizeof(struct sms_policy_config),
	.check = check,
	.place_offset = offsetof(struct sms_policy_config, place),
};

/* --- Prefixes ------------------------------------------------------------ */

/* How long the prefix is where it fits; else 0. */
static size_t fits(const char *prefix, const char *number)
{
	size_t len = strlen(prefix);

	return strncmp(number, prefix, len) == 0 ? len : 0;
}

static size_t longest(const struct cfg_list *list, const char *number)
{
	size_t best = 0;

	for (size_t i = 0; i < list->count; i++) {
		size_t len = fits(list->items[i], number);

		best = len > best ? len : best;
	}
	return best;
}

static double price_of(
	const struct sms_policy_config *config, const char *number)
{
	double price = config->price;
	size_t best = 0;

	for (size_t i = 0; i < config->prices.count; i++) {
		const struct sms_price_config *p = config->prices.items[i];
		size_t len = fits(p->prefix, number);

		if (len > best) {
			best = len;
			price = p->price;
		}
	}
	return price;
}

/* --- The verdict --------------------------------------------------------- */

struct question {
	const struct sms_policy_config *config;
	const char *home; /* the gateway's country */
	const char *number;
	size_t allowed, denied; /* digits of the longest prefix, with "+" */
	struct sms_verdict *out;
};

#define CLOSED " Ask the administrator of this gateway to open them."

static bool refuse(struct question *q, const char *words)
{
	text_copy(q->out->words, sizeof(q->out->words), words);
	return false;
}

static bool is_open(const struct question *q, const char *iso)
{
	const struct cfg_list *countries = &q->config->countries;

	if (countries->count == 0)
		return q->home != NULL && strcasecmp(q->home, iso) == 0;
	for (size_t i = 0; i < countries->count; i++)
		if (strcmp(countries->items[i], "*") == 0 ||
			strcasecmp(countries->items[i], iso) == 0)
			return true;
	return false;
}

static bool refuse_country(struct question *q, const struct country *c)
{
	text_format(q->out->words, sizeof(q->out->words),
		"Texts to numbers of this country are closed here: %s (+%s)." CLOSED,
		c->name, c->code);
	return false;
}

/* How long a prefix in `allow` has to be, with "+"; 0: as it likes, or none. */
static size_t needed(const struct numbering *n, const char *number)
{
	size_t code = 1 + strlen(n->code);

	if (n->kind != NUMBERING_LAND)
		return code;
	size_t premium = numbering_premium(n, number + code);
	return premium > 0 ? code + premium : 0;
}

static bool check_number(struct question *q)
{
	const struct country *country = country_of(q->number);
	const struct numbering *n = numbering_of(q->number + 1);

	if (n == NULL)
		return refuse(q, "No country has this calling code.");
	if (q->denied > 0 && q->denied >= q->allowed)
		return refuse(q, "Texts to numbers that begin like this one "
				 "are closed here." CLOSED);
	size_t least = needed(n, q->number);
	if (q->allowed > 0 && q->allowed >= least)
		return true;
	if (country == NULL)
		return refuse(q,
			"Numbers of satellites and of services that "
			"belong to no country are closed here." CLOSED);
	if (least > 0)
		return refuse(q, "Premium numbers are closed here." CLOSED);
	return is_open(q, country->iso) || refuse_country(q, country);
}

static bool check_short(struct question *q)
{
	size_t digits = strspn(q->number, DIGITS);
	const char *context = strchr(q->number, '=');
	char iso[3] = "";

	if (digits <= EMERGENCY_DIGITS)
		return refuse(q, "Emergency numbers cannot be reached from "
				 "here: call or text them from a phone.");
	if (q->allowed > q->denied)
		return true;
	/* "...;phone-context=us.sms.example.org" */
	if (context != NULL)
		text_copy(iso, sizeof(iso), context + 1);
	return (q->denied == 0 && q->config->short_codes && is_open(q, iso)) ||
	       refuse(q, "Short codes are closed here." CLOSED);
}

static bool check_kind(struct question *q)
{
	switch (number_kind(q->number)) {
	case NUMBER_E164:
		return check_number(q);
	case NUMBER_SHORT:
		return check_short(q);
	case NUMBER_WORD:
		return refuse(q, "Nobody reads answers to a sender that is a "
				 "word. Look in its texts for a number or an "
				 "address.");
	case NUMBER_HIDDEN:
		return refuse(q, "Whoever hides his number cannot be "
				 "answered.");
	}
	return false;
}

void sms_policy_check(const struct sms_policy_config *config,
	const char *country, const char *number, struct sms_verdict *out)
{
	struct question q = {
		.config = config,
		.home = country,
		.number = number,
		.allowed = longest(&config->allow, number),
		.denied = longest(&config->deny, number),
		.out = out,
	};

	*out = (struct sms_verdict){
		.price = llround(price_of(config, number) * 1e6),
	};
	out->is_allowed = check_kind(&q);
}
