#include "email/servers.h"

#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "base/str.h"
#include "email_wire/address.h"
#include "net/resolve.h"

const char *const servers_srv_names[SERVERS_SRV] = { "_imaps._tcp",
	"_imap._tcp", "_submissions._tcp", "_submission._tcp" };

enum { SRV_IMAPS, SRV_IMAP, SRV_SUBMISSIONS, SRV_SUBMISSION };

#define BELOW(name) name ".%EMAILDOMAIN%"

const struct server_guess server_guesses[] = {
	{ false, { BELOW("imap"), 993, TLS_REQUIRED } },
	{ false, { BELOW("mail"), 993, TLS_REQUIRED } },
	{ false, { "%EMAILDOMAIN%", 993, TLS_REQUIRED } },
	{ false, { BELOW("imap"), 143, TLS_STARTTLS } },
	{ false, { BELOW("mail"), 143, TLS_STARTTLS } },
	{ true, { BELOW("smtp"), 465, TLS_REQUIRED } },
	{ true, { BELOW("mail"), 465, TLS_REQUIRED } },
	{ true, { "%EMAILDOMAIN%", 465, TLS_REQUIRED } },
	{ true, { BELOW("smtp"), 587, TLS_STARTTLS } },
	{ true, { BELOW("mail"), 587, TLS_STARTTLS } },
	{ false, { NULL, 0, TLS_NONE } },
};

/* --- Names --------------------------------------------------------------- */

static bool is_placeholder(const char *form, const char *name)
{
	return strncmp(form, name, strlen(name)) == 0;
}

/* What stands for the placeholder at `form`, whose end is `*end_r`. */
static struct slice value_of(
	const char *form, const char *address, const char **end_r)
{
	const char *domain = address_domain(address);
	const struct {
		const char *name;
		struct slice value;
	} rows[] = {
		{ "%EMAILADDRESS%", slice_of(address) },
		{ "%EMAILLOCALPART%",
			slice_make(address, (size_t)(domain - address) - 1) },
		{ "%EMAILDOMAIN%", slice_of(domain) },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (is_placeholder(form, rows[i].name)) {
			*end_r = form + strlen(rows[i].name);
			return rows[i].value;
		}
	}
	return slice_of(NULL);
}

bool servers_expand(
	const char *form, const char *address, char *out, size_t size)
{
	size_t len = 0;

	while (*form != '\0') {
		struct slice part = { form, 1 };
		const char *end = form + 1;

		if (*form == '%')
			part = value_of(form, address, &end);
		if (part.len == 0 || part.len >= size - len)
			return false;
		memcpy(out + len, part.data, part.len);
		len += part.len;
		form = end;
	}
	out[len] = '\0';
	return len > 0;
}

bool host_is_below(const char *host, const char *domain)
{
	size_t host_len = strlen(host), len = strlen(domain);

	if (len == 0 || host_len < len ||
		strcasecmp(host + host_len - len, domain) != 0)
		return false;
	return host_len == len || host[host_len - len - 1] == '.';
}

bool servers_are_below(const struct mail_servers *s, const char *domain)
{
	return host_is_below(s->imap.host, domain) &&
	       host_is_below(s->smtp.host, domain);
}

/* --- One server ---------------------------------------------------------- */

static bool take_server(struct mail_server *out, const char *host_form,
	uint32_t port, enum tls_mode tls, const char *address)
{
	if (!servers_expand(host_form, address, out->host, sizeof(out->host)) ||
		!resolve_is_host(out->host) || port == 0 || port > 65535)
		return false;
	for (char *c = out->host; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
	out->port = (uint16_t)port;
	out->tls = tls;
	return true;
}

bool servers_of_provider(
	const struct provider *p, const char *address, struct mail_servers *out)
{
	const char *user = p->user != NULL ? p->user : "%EMAILADDRESS%";

	return !(p->flags & PROVIDER_NO_IMAP) &&
	       take_server(&out->imap, p->imap.host, p->imap.port, p->imap.tls,
		       address) &&
	       take_server(&out->smtp, p->smtp.host, p->smtp.port, p->smtp.tls,
		       address) &&
	       servers_expand(user, address, out->user, sizeof(out->user));
}

/* --- Autoconfig ---------------------------------------------------------- */

static const struct settings_server *choose(const struct settings *s,
	enum link_protocol protocol, bool is_starttls, const char *address,
	struct mail_server *out)
{
	for (size_t i = 0; i < s->server_count; i++) {
		const struct settings_server *server = &s->servers[i];

		if (server->protocol == protocol &&
			server->is_starttls == is_starttls &&
			take_server(out, server->host, server->port,
				is_starttls ? TLS_STARTTLS : TLS_REQUIRED,
				address))
			return server;
	}
	return NULL;
}

static const struct settings_server *choose_best(const struct settings *s,
	enum link_protocol protocol, const char *address,
	struct mail_server *out)
{
	const struct settings_server *best =
		choose(s, protocol, false, address, out);

	return best != NULL ? best : choose(s, protocol, true, address, out);
}

bool servers_of_settings(
	const struct settings *s, const char *address, struct mail_servers *out)
{
	const struct settings_server *imap =
		choose_best(s, LINK_IMAP, address, &out->imap);

	/* One login name for both, as nearly everywhere. */
	return imap != NULL &&
	       choose_best(s, LINK_SMTP, address, &out->smtp) != NULL &&
	       servers_expand(
		       imap->user, address, out->user, sizeof(out->user));
}

/* --- SRV ----------------------------------------------------------------- */

static bool take_srv(const struct dns_result *answer, enum tls_mode tls,
	struct mail_server *out)
{
	if (answer->error != DNS_OK || answer->count == 0)
		return false;
	text_copy(out->host, sizeof(out->host), answer->hosts[0].host);
	out->port = answer->hosts[0].port;
	out->tls = tls;
	return true;
}

bool servers_of_srv(const struct dns_result *const answers[SERVERS_SRV],
	const char *address, struct mail_servers *out)
{
	return (take_srv(answers[SRV_IMAPS], TLS_REQUIRED, &out->imap) ||
		       take_srv(answers[SRV_IMAP], TLS_STARTTLS, &out->imap)) &&
	       (take_srv(answers[SRV_SUBMISSIONS], TLS_REQUIRED, &out->smtp) ||
		       take_srv(answers[SRV_SUBMISSION], TLS_STARTTLS,
			       &out->smtp)) &&
	       text_copy(out->user, sizeof(out->user), address);
}
