#include "email/config.h"

#include <string.h>

#define OAUTH(field) .offset = offsetof(struct email_oauth_config, field)

static const struct cfg_item oauth_items[] = {
	{ .name = "provider",
		.type = CFG_STRING,
		OAUTH(provider),
		.flags = CFG_REQUIRED,
		.help = "\"google\", \"microsoft\", \"yahoo\" or \"yandex\"; or "
			"a name of your own, which needs the URLs and hosts "
			"below." },
	{ .name = "client_id",
		.type = CFG_STRING,
		OAUTH(client_id),
		.flags = CFG_REQUIRED,
		.help = "What the provider calls your gateway; you get it by "
			"registering an application there." },
	{ .name = "client_secret",
		.type = CFG_SECRET,
		OAUTH(client_secret),
		.help = "Its secret, if the provider gave one." },
	{ .name = "authorize_url",
		.type = CFG_STRING,
		OAUTH(authorize_url),
		.help = "Where the user logs in with his browser." },
	{ .name = "device_url",
		.type = CFG_STRING,
		OAUTH(device_url),
		.help = "Where a code for another device is asked for "
			"(RFC 8628)." },
	{ .name = "token_url",
		.type = CFG_STRING,
		OAUTH(token_url),
		.help = "Where tokens are given out." },
	{ .name = "scopes",
		.type = CFG_STRING,
		OAUTH(scopes),
		.help = "What is asked for, separated by spaces." },
	{ .name = "redirect_url",
		.type = CFG_STRING,
		OAUTH(redirect_url),
		.def = "http://localhost/",
		.help = "Where the browser ends, as you told the provider. "
			"Nobody has to listen there: the user pastes the "
			"URL." },
	{ .name = "hosts",
		.type = CFG_STRING_LIST,
		OAUTH(hosts),
		.help = "IMAP servers that belong to this provider." },
	{ .name = "ca_file",
		.type = CFG_STRING,
		OAUTH(ca_file),
		.help = "Trusted certificates for these URLs; the system's "
			"by default." },
	{ .name = NULL },
};

static const struct cfg_group oauth_group = {
	.items = oauth_items,
	.size = sizeof(struct email_oauth_config),
	.place_offset = offsetof(struct email_oauth_config, place),
};

#define PROVIDER(field) .offset = offsetof(struct email_provider_config, field)

/* Nothing is sent in clear text, so there is no "none". */
static const char *const tls_choices[] = { "required", "starttls", NULL };

enum tls_mode email_tls_mode(int choice)
{
	return choice == 0 ? TLS_REQUIRED : TLS_STARTTLS;
}

static const struct cfg_item provider_items[] = {
	{ .name = "name",
		.type = CFG_STRING,
		PROVIDER(name),
		.flags = CFG_REQUIRED,
		.help = "What users call it." },
	{ .name = "domains",
		.type = CFG_STRING,
		PROVIDER(domains),
		.flags = CFG_REQUIRED,
		.help = "Domains of its addresses, separated by spaces." },
	{ .name = "mx",
		.type = CFG_STRING,
		PROVIDER(mx),
		.help = "Hosts, separated by spaces: what is said here holds "
			"too for domains whose mail goes to one of them, or "
			"to a host below it." },
	{ .name = "imap_host",
		.type = CFG_STRING,
		PROVIDER(imap_host),
		.flags = CFG_REQUIRED,
		.help = "The server where mails are fetched; %EMAILDOMAIN% "
			"stands for the domain of the address." },
	{ .name = "imap_port",
		.type = CFG_INT,
		PROVIDER(imap_port),
		.max = 65535,
		.help = "Its port; 0: 993, or 143 with STARTTLS." },
	{ .name = "imap_tls",
		.type = CFG_CHOICE,
		PROVIDER(imap_tls),
		.choices = tls_choices,
		.help = "TLS from the first byte, or by STARTTLS." },
	{ .name = "smtp_host",
		.type = CFG_STRING,
		PROVIDER(smtp_host),
		.flags = CFG_REQUIRED,
		.help = "The server where mails are sent, likewise." },
	{ .name = "smtp_port",
		.type = CFG_INT,
		PROVIDER(smtp_port),
		.max = 65535,
		.help = "Its port; 0: 465, or 587 with STARTTLS." },
	{ .name = "smtp_tls",
		.type = CFG_CHOICE,
		PROVIDER(smtp_tls),
		.choices = tls_choices,
		.help = "TLS from the first byte, or by STARTTLS." },
	{ .name = "username",
		.type = CFG_STRING,
		PROVIDER(username),
		.help = "How users are called at login, if not by their "
			"address: \"%EMAILLOCALPART%\"." },
	{ .name = "saves_sent",
		.type = CFG_BOOL,
		PROVIDER(saves_sent),
		.help = "The server puts a copy of each mail into the Sent "
			"folder itself." },
	{ .name = "help",
		.type = CFG_STRING,
		PROVIDER(help),
		.help = "Told to users whose login fails." },
	{ .name = NULL },
};

static const struct cfg_group provider_group = {
	.items = provider_items,
	.size = sizeof(struct email_provider_config),
	.place_offset = offsetof(struct email_provider_config, place),
};

#define GATEWAY(field) .offset = offsetof(struct email_config, field)

static const char *const receipt_choices[] = { "smtp", "dsn", "never", NULL };

static const struct cfg_item gateway_items[] = {
	{ .name = "hold",
		.type = CFG_INT,
		GATEWAY(hold),
		.def = "20",
		.max = 600,
		.flags = CFG_RELOADABLE,
		.unit = "seconds",
		.help = "How long a mail waits, so that it can be corrected, "
			"withdrawn or continued." },
	{ .name = "receipt",
		.type = CFG_CHOICE,
		GATEWAY(receipt),
		.choices = receipt_choices,
		.def = "smtp",
		.flags = CFG_RELOADABLE,
		.help = "When a message counts as delivered: \"smtp\" when "
			"the user's mail server has taken it, \"dsn\" when a "
			"report says that it arrived (not every server sends "
			"one), or \"never\"." },
	{ .name = "workers",
		.type = CFG_INT,
		GATEWAY(workers),
		.def = "2",
		.min = 1,
		.max = 64,
		.help = "Processes that talk to mail servers and read mails; "
			"one serves thousands of mailboxes." },
	{ .name = "mails_per_hour",
		.type = CFG_INT,
		GATEWAY(mails_per_hour),
		.def = "60",
		.max = 100000,
		.flags = CFG_RELOADABLE,
		.help = "Mails that one mailbox sends in an hour before the "
			"user is asked to confirm; 0: no limit." },
	{ .name = "mails_per_day",
		.type = CFG_INT,
		GATEWAY(mails_per_day),
		.def = "300",
		.max = 100000,
		.flags = CFG_RELOADABLE,
		.help = "Mails that one mailbox may send in a day." },
	{ .name = "new_recipients_per_day",
		.type = CFG_INT,
		GATEWAY(new_per_day),
		.def = "30",
		.max = 100000,
		.flags = CFG_RELOADABLE,
		.help = "People whom a mailbox never wrote to before, in a "
			"day; for more the user is asked to confirm." },
	{ .name = "ca_file",
		.type = CFG_STRING,
		GATEWAY(ca_file),
		.flags = CFG_RELOADABLE,
		.help = "Trusted certificates of mail servers; the system's "
			"by default." },
	{ .name = "verify",
		.type = CFG_BOOL,
		GATEWAY(verify),
		.def = "true",
		.flags = CFG_RELOADABLE,
		.help = "Verify the certificates of mail servers." },
	{ .name = "autoconfig",
		.type = CFG_STRING,
		GATEWAY(autoconfig),
		.flags = CFG_RELOADABLE,
		.def = "https://autoconfig.thunderbird.net/v1.1/",
		.help = "Database of providers, asked for domains that are "
			"not known; the domain follows. Empty: none." },
	{ .name = "oauth",
		.type = CFG_GROUP_LIST,
		GATEWAY(oauth),
		.group = &oauth_group,
		.help = "Providers where users log in with their browser." },
	{ .name = "providers",
		.type = CFG_GROUP_LIST,
		GATEWAY(providers),
		.group = &provider_group,
		.help = "Servers of domains that you know, your own before "
			"all. Big providers are known anyway; others are "
			"looked up." },
	{ .name = NULL },
};

static bool is_https(const char *url)
{
	return url == NULL || strncmp(url, "https://", 8) == 0;
}

static int check(const void *data, const char **key_r, const char **reason_r)
{
	const struct email_config *c = data;

	*key_r = "autoconfig";
	*reason_r = "must begin with \"https://\"";
	if (!is_https(c->autoconfig))
		return -1;
	*key_r = "oauth";
	*reason_r = "its URLs must begin with \"https://\"";
	for (size_t i = 0; i < c->oauth.count; i++) {
		const struct email_oauth_config *o = c->oauth.items[i];

		if (!is_https(o->authorize_url) || !is_https(o->device_url) ||
			!is_https(o->token_url))
			return -1;
	}
	return 0;
}

const struct cfg_group email_config_group = {
	.items = gateway_items,
	.size = sizeof(struct email_config),
	.check = check,
	.place_offset = offsetof(struct email_config, place),
};
