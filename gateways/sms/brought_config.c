#include "sms/brought_config.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "sms_http/provider.h"

#define AT(field) .offset = offsetof(struct sms_brought_config, field)

static const struct cfg_item items[] = {
	{ .name = "providers",
		.type = CFG_STRING_LIST,
		AT(providers),
		.help = "The providers at which users may have accounts of "
			"their own, as \"twilio\", or files like theirs; "
			"empty: users cannot bring any." },
	{ .name = "callback_url",
		.type = CFG_STRING,
		AT(callback_url),
		.help = "Where these providers reach http.listen from outside, "
			"as \"https://example.org\". Without it no texts and "
			"no reports come." },
	{ .name = "most",
		.type = CFG_INT,
		AT(most),
		.def = "100",
		.min = 1,
		.max = 10000,
		.help = "So many accounts of all users together." },
	{ .name = NULL },
};

/* Where the requests go is the operator's choice: in the file. */
static bool has_address(const struct provider *p)
{
	for (size_t i = 0; i < p->needs.count; i++)
		if (strcmp(p->needs.items[i], "url") == 0)
			return false;
	return true;
}

/* False with `error`. */
static bool is_good(const char *name, const char *beside, struct str *error)
{
	struct str path = { .max = 2 * LIMIT_CONFIG_STRING };
	struct provider *p = NULL;
	bool good = false;
	if (provider_find(name, beside, &path) != 0)
		str_addf(error, "there is no provider \"%s\"", name);
	else
		p = provider_load(str_text(&path), error);
	if (p != NULL && !has_address(p))
		str_addf(error,
			"%s has another address for each account, so users "
			"cannot bring theirs: make a file with your address as "
			"its url",
			p->title);
	else
		good = p != NULL;
	provider_free(&p);
	str_finish(&path);
	return good;
}

static int check(const void *data, const char **key_r, const char **reason_r)
{
	static char message[LIMIT_LOG_LINE];
	const struct sms_brought_config *c = data;
	const char *url = c->callback_url;
	*key_r = "callback_url";
	*reason_r = "must begin with https:// or http://";
	if (url != NULL && strncasecmp(url, "https://", 8) != 0 &&
		strncasecmp(url, "http://", 7) != 0)
		return -1;
	*key_r = "providers";
	*reason_r = message;
	for (size_t i = 0; i < c->providers.count; i++) {
		struct str error = { .max = sizeof(message) };
		bool good =
			is_good(c->providers.items[i], c->place.file, &error);
		text_copy(message, sizeof(message), str_text(&error));
		str_finish(&error);
		if (!good)
			return -1;
	}
	return 0;
}

const struct cfg_group sms_brought_group = {
	.items = items,
	.size = sizeof(struct sms_brought_config),
	.check = check,
	.place_offset = offsetof(struct sms_brought_config, place),
};
