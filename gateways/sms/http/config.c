#include "sms_http/config.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"

#define TOKEN_MIN 16

/* --- With the provider --------------------------------------------------- */

void http_config_values(const struct http_config *config,
	const struct provider *p, struct template_values *out)
{
	struct slice *v = out->values;

	*out = (struct template_values){ .to = NULL };
	v[TEMPLATE_URL] = slice_of(config->url != NULL ? config->url : p->url);
	if (v[TEMPLATE_URL].len > 0 &&
		v[TEMPLATE_URL].data[v[TEMPLATE_URL].len - 1] == '/')
		v[TEMPLATE_URL].len--;
	v[TEMPLATE_ACCOUNT] = slice_of(config->account);
	v[TEMPLATE_KEY] = slice_of(config->key);
	v[TEMPLATE_SECRET] = secret_reveal(config->secret);
	v[TEMPLATE_APPLICATION] = slice_of(config->application);
	v[TEMPLATE_SIGNATURE] = secret_reveal(config->signature);
}

static bool has_need(const struct http_config *c, const char *need,
	const struct template_values *values)
{
	int variable = template_variable(need);

	if (strcmp(need, "token") == 0)
		return c->token != NULL;
	if (strcmp(need, "callback_url") == 0)
		return c->callback_url != NULL;
	return variable >= 0 && values->values[variable].len > 0;
}

static int check_needs(const struct http_config *c, const struct provider *p,
	struct str *error)
{
	struct template_values values;

	http_config_values(c, p, &values);
	for (size_t i = 0; i < p->needs.count; i++) {
		if (has_need(c, p->needs.items[i], &values))
			continue;
		str_addf(error, "%s needs %s, which is missing", p->title,
			(const char *)p->needs.items[i]);
		return -1;
	}
	return 0;
}

static int check_callbacks(const struct http_config *c,
	const struct provider *p, struct str *error)
{
	if (p->callbacks.rules.count == 0 || c->callback_url == NULL ||
		p->callbacks.verify.kind != VERIFY_TOKEN || c->token != NULL)
		return 0;
	str_addf(error,
		"%s signs nothing: token is needed, so that nobody "
		"else knows the URL of its callbacks",
		p->title);
	return -1;
}

struct provider *http_config_provider(
	const struct http_config *config, struct str *error)
{
	struct provider *p;
	struct str path;

	str_init(&path, LIMIT_CONFIG_STRING * 2);
	if (provider_find(config->provider, config->place.file, &path) != 0) {
		str_addf(error,
			"there is no provider \"%s\"; for a file of "
			"your own give its path",
			config->provider);
		str_finish(&path);
		return NULL;
	}
	p = provider_load(str_text(&path), error);
	str_finish(&path);
	if (p == NULL || (check_needs(config, p, error) == 0 &&
				 check_callbacks(config, p, error) == 0))
		return p;
	provider_free(&p);
	return NULL;
}

/* --- The schema ---------------------------------------------------------- */

static bool is_url(const char *text)
{
	return text == NULL || strncasecmp(text, "https://", 8) == 0 ||
	       strncasecmp(text, "http://", 7) == 0;
}

static bool is_token(struct slice token)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz0123456789-_";

	return token.len >= TOKEN_MIN && strspn(token.data, good) == token.len;
}

static int check(const void *data, const char **key_r, const char **reason_r)
{
	static char message[LIMIT_LOG_LINE];
	const struct http_config *c = data;
	struct provider *p;
	struct str error;

	*reason_r = "must begin with https:// or http://";
	*key_r = "url";
	if (!is_url(c->url))
		return -1;
	*key_r = "callback_url";
	if (!is_url(c->callback_url))
		return -1;
	*key_r = "token";
	*reason_r = "must be 16 or more of A-Z, a-z, 0-9, - and _";
	if (c->token != NULL && !is_token(secret_reveal(c->token)))
		return -1;
	str_init(&error, sizeof(message));
	p = http_config_provider(c, &error);
	(void)text_copy(message, sizeof(message), str_text(&error));
	str_finish(&error);
	*key_r = "provider";
	*reason_r = message;
	if (p == NULL)
		return -1;
	provider_free(&p);
	return 0;
}

#define AT(field) offsetof(struct http_config, field)

static const struct cfg_item items[] = {
	{ "provider", CFG_STRING, AT(provider), .flags = CFG_REQUIRED,
		.help = "twilio, signalwire, bandwidth, telnyx, vonage, "
			"kannel, jasmin, playsms or smsgate; or the path of a "
			"file like theirs." },
	{ "url", CFG_STRING, AT(url),
		.help = "Where the provider's interface is; needed where "
			"it is not the same for everybody. One without TLS "
			"has to be opened by network.allow." },
	{ "account", CFG_STRING, AT(account),
		.help = "The account, as the provider calls it." },
	{ "key", CFG_STRING, AT(key),
		.help = "The name of the key or of the user." },
	{ "secret", CFG_SECRET, AT(secret),
		.help = "The key itself, or the password." },
	{ "application", CFG_STRING, AT(application),
		.help = "The application, messaging profile or device." },
	{ "signature", CFG_SECRET, AT(signature),
		.help = "With which the provider signs its callbacks." },
	{ "callback_url", CFG_STRING, AT(callback_url),
		.help = "Where the provider reaches http.listen from outside, "
			"without a path of ours: \"https://example.org\". "
			"Without it no texts and no reports come." },
	{ "token", CFG_SECRET, AT(token),
		.help = "A secret part of the path of callbacks; needed where "
			"the provider does not sign them." },
	{ "rate", CFG_REAL, AT(rate), .min = 0, .max = 1000,
		.unit = "texts per second",
		.help = "How fast it is fed; 0: as its file says." },
	{ "parallel", CFG_INT, AT(parallel), .min = 0, .max = 50,
		.help = "Requests under way at a time; 0: as its file says." },
	{ "timeout", CFG_INT, AT(timeout_s), .def = "30", .min = 1, .max = 300,
		.unit = "seconds",
		.help = "How long an answer may take; what becomes of the text "
			"is unknown then." },
	{ "ca_file", CFG_STRING, AT(ca_file),
		.help = "Authorities to trust; the system's when empty." },
	{ "verify", CFG_BOOL, AT(verify), .def = "true",
		.help = "Whether certificates are verified." },
	{ .name = NULL },
};

const struct cfg_group http_config_schema = {
	.items = items,
	.size = sizeof(struct http_config),
	.check = check,
	.place_offset = AT(place),
};
