#include "sms/config.h"

#include <string.h>

#include "sms_data/national.h"
#include "sms_data/number.h"

#define ASSIGN(field) .offset = offsetof(struct sms_assign_config, field)

static const struct cfg_item assign_items[] = {
	{ .name = "number",
		.type = CFG_STRING,
		ASSIGN(number),
		.flags = CFG_REQUIRED | CFG_RELOADABLE,
		.help = "One of your numbers, as \"+15551234567\"." },
	{ .name = "users",
		.type = CFG_STRING_LIST,
		ASSIGN(users),
		.flags = CFG_REQUIRED | CFG_RELOADABLE,
		.help = "Bare JIDs of those who send from it and get what is "
			"sent to it." },
	{ .name = "mode",
		.type = CFG_CHOICE,
		ASSIGN(mode),
		.def = "p2p",
		.choices = sms_number_modes,
		.flags = CFG_RELOADABLE,
		.help = "\"p2p\": it is a person's, who sees STOP as a hint; "
			"\"a2p\": a service's, where STOP holds." },
	{ .name = NULL },
};

static const struct cfg_group assign_group = {
	.items = assign_items,
	.size = sizeof(struct sms_assign_config),
	.place_offset = offsetof(struct sms_assign_config, place),
};

/* --- Backends ------------------------------------------------------------ */

const struct carrier_ops *sms_carrier_find(const char *kind)
{
	for (size_t i = 0; sms_carriers[i] != NULL; i++)
		if (strcmp(sms_carriers[i]->kind, kind) == 0)
			return sms_carriers[i];
	return NULL;
}

bool sms_list_has(const struct cfg_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], text) == 0)
			return true;
	return false;
}

static const struct cfg_group *extend_backend(
	const void *data, const char **reason_r)
{
	const struct sms_backend_config *b = data;
	const struct carrier_ops *ops =
		b->kind != NULL ? sms_carrier_find(b->kind) : NULL;
	if (ops != NULL)
		return ops->config;
	*reason_r = "is no kind of backend; there are \"smpp\", \"http\" and "
		    "\"modem\"";
	return NULL;
}

static const struct cfg_group *kind_of_backend(
	size_t index, const char **word_r)
{
	const struct carrier_ops *ops = sms_carriers[index];
	*word_r = ops != NULL ? ops->kind : NULL;
	return ops != NULL ? ops->config : NULL;
}

#define BACKEND(field) .offset = offsetof(struct sms_backend_config, field)

static const struct cfg_item backend_items[] = {
	{ .name = "kind",
		.type = CFG_STRING,
		BACKEND(kind),
		.flags = CFG_REQUIRED | CFG_RELOADABLE,
		.help = "\"smpp\": an SMSC or aggregator; \"http\": a "
			"provider's web interface; \"modem\": a SIM card of "
			"your own. The keys of the kind are reloadable, too: "
			"the backend ends what is under way and is opened anew." },
	{ .name = "name",
		.type = CFG_STRING,
		BACKEND(name),
		.flags = CFG_REQUIRED | CFG_RELOADABLE,
		.help = "What you call it, in logs and commands." },
	{ .name = "numbers",
		.type = CFG_STRING_LIST,
		BACKEND(numbers),
		.flags = CFG_RELOADABLE,
		.help = "Your numbers that texts leave and come by it; those "
			"that are not assigned are shared by all users." },
	{ .name = "prefixes",
		.type = CFG_STRING_LIST,
		BACKEND(prefixes),
		.flags = CFG_RELOADABLE,
		.help = "It carries texts to numbers that begin so, as "
			"\"+1\"; empty: to all." },
	{ .name = "users",
		.type = CFG_STRING_LIST,
		BACKEND(users),
		.flags = CFG_RELOADABLE,
		.help = "Bare JIDs and domains whose texts it carries; empty: "
			"everybody's." },
	{ .name = "resend_unacked",
		.type = CFG_BOOL,
		BACKEND(resend_unacked),
		.flags = CFG_RELOADABLE,
		.help = "Send a text again when the link broke before it was "
			"answered. It may then arrive, and be paid for, "
			"twice; otherwise its sender is told that it is not "
			"known whether it was sent." },
	{ .name = "languages",
		.type = CFG_STRING_LIST,
		BACKEND(languages),
		.flags = CFG_RELOADABLE,
		.help = "Languages whose alphabets texts are written in when "
			"that takes fewer segments, as \"tr\"; phones of "
			"their countries know them, old ones elsewhere may "
			"not. One of \"tr\", \"es\", \"pt\", \"bn\", \"gu\", "
			"\"hi\", \"kn\", \"ml\", \"or\", \"pa\", \"ta\", "
			"\"te\", \"ur\" each. Not for providers that cut "
			"texts themselves." },
	{ .name = "transliterate",
		.type = CFG_BOOL,
		BACKEND(transliterate),
		.flags = CFG_RELOADABLE,
		.help = "Write characters that the usual alphabet of texts "
			"lacks with others (plain quotes and dashes, letters "
			"without accents) when that takes fewer segments." },
	{ .name = "wide_ref",
		.type = CFG_BOOL,
		BACKEND(wide_ref),
		.flags = CFG_RELOADABLE,
		.help = "Number the parts of long texts with 16 bits instead "
			"of 8: many texts to one phone are not mixed up, each "
			"part has room for a character less, and some old "
			"phones do not know it." },
	{ .name = NULL },
};

const struct cfg_group sms_backend_group = {
	.items = backend_items,
	.size = sizeof(struct sms_backend_config),
	.extend = extend_backend,
	.variant = kind_of_backend,
	.extension_offset = offsetof(struct sms_backend_config, own),
	.place_offset = offsetof(struct sms_backend_config, place),
};

/* --- The gateway --------------------------------------------------------- */

#define GATEWAY(field) .offset = offsetof(struct sms_config, field)

static const struct cfg_item gateway_items[] = {
	{ .name = "country",
		.type = CFG_STRING,
		GATEWAY(country),
		.flags = CFG_RELOADABLE,
		.help = "How numbers without \"+\" are read: two letters, as "
			"\"US\". Without it they are refused." },
	{ .name = "validity",
		.type = CFG_INT,
		GATEWAY(validity),
		.def = "24",
		.min = 1,
		.max = 168,
		.unit = "hours",
		.flags = CFG_RELOADABLE,
		.help = "How long a text is tried to be sent, and worth "
			"delivering; then its sender gets an error." },
	{ .name = "max_segments",
		.type = CFG_INT,
		GATEWAY(max_segments),
		.def = "10",
		.min = 1,
		.max = 255,
		.flags = CFG_RELOADABLE,
		.help = "A message that is as long as more texts than this is "
			"refused." },
	{ .name = "destinations",
		.type = CFG_GROUP,
		GATEWAY(destinations),
		.group = &sms_policy_group,
		.help = "Where texts may go, and what they cost." },
	{ .name = "user_limits",
		.type = CFG_GROUP,
		GATEWAY(user_limits),
		.group = &sms_user_limits_group,
		.help = "What one user may send; 0: no limit." },
	{ .name = "number_limits",
		.type = CFG_GROUP,
		GATEWAY(number_limits),
		.group = &sms_number_limits_group,
		.help = "What may leave from one number, which several users "
			"may share; 0: no limit." },
	{ .name = "optout",
		.type = CFG_GROUP,
		GATEWAY(optout),
		.group = &sms_optout_group,
		.help = "What is answered to STOP, START and HELP where they "
			"hold: on shared numbers, and those of services." },
	{ .name = "claim",
		.type = CFG_GROUP,
		GATEWAY(claim),
		.group = &sms_claim_group,
		.help = "Codes by which users prove that a number is theirs." },
	{ .name = "audit",
		.type = CFG_GROUP,
		GATEWAY(audit),
		.group = &sms_audit_group,
		.help = "A line for each text that came or went: who, when, "
			"what it cost, what became of it." },
	{ .name = "own_accounts",
		.type = CFG_GROUP,
		GATEWAY(brought),
		.group = &sms_brought_group,
		.help = "Accounts at providers that users bring, to send from "
			"their own numbers at their own cost." },
	{ .name = "assign",
		.type = CFG_GROUP_LIST,
		GATEWAY(assign),
		.group = &assign_group,
		.flags = CFG_RELOADABLE,
		.help = "Numbers that belong to certain users. The others are "
			"shared." },
	{ .name = "backends",
		.type = CFG_GROUP_LIST,
		GATEWAY(backends),
		.group = &sms_backend_group,
		.help = "The ways to the telephone networks, in the order in "
			"which they are tried." },
	{ .name = NULL },
};

static bool is_number(const char *text)
{
	const struct number_place nowhere = { .domain = "" };
	return number_is_canonical(&nowhere, text) &&
	       number_kind(text) == NUMBER_E164;
}

static bool are_numbers(const struct cfg_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!is_number(list->items[i]))
			return false;
	return true;
}

/* As the core writes bare JIDs, so that they are found. */
static bool are_people(const struct cfg_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *user = list->items[i];
		const char *at = strchr(user, '@');
		if (at == NULL || at == user || at[1] == '\0' ||
			strpbrk(user, "ABCDEFGHIJKLMNOPQRSTUVWXYZ /") != NULL)
			return false;
	}
	return true;
}

static bool are_languages(const struct cfg_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (language_by_code(list->items[i]) <= 0)
			return false;
	return true;
}

static bool is_country(const char *text)
{
	return text == NULL ||
	       (strlen(text) == 2 && text[0] >= 'A' && text[0] <= 'Z' &&
		       text[1] >= 'A' && text[1] <= 'Z');
}

static bool are_names_different(const struct cfg_list *backends)
{
	for (size_t i = 0; i < backends->count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct sms_backend_config *a = backends->items[i];
			const struct sms_backend_config *b = backends->items[j];
			if (strcmp(a->name, b->name) == 0)
				return false;
		}
	return true;
}

static int check(const void *data, const char **key_r, const char **reason_r)
{
	const struct sms_config *c = data;

	*key_r = "country";
	*reason_r = "must be two capital letters, as \"US\"";
	if (!is_country(c->country))
		return -1;
	*key_r = "assign";
	*reason_r = "its numbers must look like \"+15551234567\"";
	for (size_t i = 0; i < c->assign.count; i++) {
		const struct sms_assign_config *a = c->assign.items[i];
		if (!is_number(a->number))
			return -1;
	}
	*reason_r = "its users are addresses in small letters, as "
		    "\"alice@example.org\"";
	for (size_t i = 0; i < c->assign.count; i++) {
		const struct sms_assign_config *a = c->assign.items[i];
		if (!are_people(&a->users))
			return -1;
	}
	*reason_r = "its numbers must look like \"+15551234567\"";
	*key_r = "backends";
	for (size_t i = 0; i < c->backends.count; i++) {
		const struct sms_backend_config *b = c->backends.items[i];
		if (!are_numbers(&b->numbers))
			return -1;
	}
	*reason_r = "has languages without an alphabet for texts; there are "
		    "\"tr\", \"es\", \"pt\", \"bn\", \"gu\", \"hi\", \"kn\", "
		    "\"ml\", \"or\", \"pa\", \"ta\", \"te\" and \"ur\"";
	for (size_t i = 0; i < c->backends.count; i++) {
		const struct sms_backend_config *b = c->backends.items[i];
		if (!are_languages(&b->languages))
			return -1;
	}
	*reason_r = "there may be 32 at most";
	if (c->backends.count > SMS_BACKENDS_MAX)
		return -1;
	*reason_r = "each needs a name of its own";
	return are_names_different(&c->backends) ? 0 : -1;
}

const struct cfg_group sms_config_group = {
	.items = gateway_items,
	.size = sizeof(struct sms_config),
	.check = check,
	.place_offset = offsetof(struct sms_config, place),
};
