/*
 * What is known of providers, under what the operator says.
 */
#include <string.h>
#include <strings.h>

#include "email/oauth.h"
#include "email/providers.h"

#define MICROSOFT "https://login.microsoftonline.com/common/oauth2/v2.0/"
#define OFFICE    "https://outlook.office.com/"

static const struct oauth_client known[] = {
	/* Google's codes for devices are not given for mail. */
	{ .provider = "google",
		.authorize_url = "https://accounts.google.com/o/oauth2/v2/auth",
		.token_url = "https://oauth2.googleapis.com/token",
		.scopes = "https://mail.google.com/",
		/* Otherwise there is no refresh token the second time. */
		.extra = "access_type=offline&prompt=consent" },
	{ .provider = "microsoft",
		.authorize_url = MICROSOFT "authorize",
		.device_url = MICROSOFT "devicecode",
		.token_url = MICROSOFT "token",
		.scopes = OFFICE "IMAP.AccessAsUser.All " OFFICE
				 "SMTP.Send offline_access" },
	{ .provider = "yahoo",
		.authorize_url =
			"https://api.login.yahoo.com/oauth2/request_auth",
		.token_url = "https://api.login.yahoo.com/oauth2/get_token",
		.scopes = "mail-w" },
	{ .provider = "yandex",
		.authorize_url = "https://oauth.yandex.com/authorize",
		.device_url = "https://oauth.yandex.com/device/code",
		.token_url = "https://oauth.yandex.com/token",
		.scopes = "mail:imap_full mail:smtp" },
	{ .provider = "mail.ru",
		.authorize_url = "https://o2.mail.ru/login",
		.token_url = "https://o2.mail.ru/token",
		.scopes = "mail.imap" },
	{ .provider = NULL },
};

static const char *given(const char *text, const char *otherwise)
{
	return text != NULL ? text : otherwise;
}

static void fill(
	const struct email_oauth_config *config, struct oauth_client *out)
{
	const struct oauth_client *k = known;

	while (k->provider != NULL &&
		strcmp(k->provider, config->provider) != 0)
		k++;
	*out = (struct oauth_client){
		.provider = config->provider,
		.client_id = config->client_id,
		.client_secret = config->client_secret,
		.authorize_url = given(config->authorize_url, k->authorize_url),
		.device_url = given(config->device_url, k->device_url),
		.token_url = given(config->token_url, k->token_url),
		.scopes = given(config->scopes, k->scopes),
		.redirect_url = config->redirect_url,
		.extra = k->extra,
		.ca_file = config->ca_file,
	};
}

static bool serves(
	const struct email_oauth_config *config, const char *imap_host)
{
	const struct provider *p = provider_by_host(imap_host);

	for (size_t i = 0; i < config->hosts.count; i++)
		if (strcasecmp(config->hosts.items[i], imap_host) == 0)
			return true;
	return p != NULL && p->oauth != NULL &&
	       strcmp(p->oauth, config->provider) == 0;
}

bool oauth_client_get(const struct email_config *config, const char *provider,
	const char *imap_host, struct oauth_client *client_r)
{
	for (size_t i = 0; i < config->oauth.count; i++) {
		const struct email_oauth_config *o = config->oauth.items[i];

		if ((provider != NULL && strcmp(o->provider, provider) == 0) ||
			(imap_host != NULL && serves(o, imap_host))) {
			fill(o, client_r);
			return client_r->token_url != NULL;
		}
	}
	return false;
}
