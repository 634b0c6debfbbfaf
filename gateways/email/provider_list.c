#include "email/provider_list.h"

#include "base/alloc.h"

struct provider_list {
	size_t count;
	struct provider rows[];
};

static uint16_t port_of(
	int port, enum tls_mode tls, uint16_t required, uint16_t starttls)
{
	if (port != 0)
		return (uint16_t)port;
	return tls == TLS_REQUIRED ? required : starttls;
}

/* What a known provider wants of its users it wants of these as well. */
static void inherit(struct provider *p)
{
	const struct provider *known = provider_by_host(p->imap.host);

	if (known == NULL)
		return;
	p->oauth = known->oauth;
	p->flags |= known->flags;
	if (p->help == NULL) {
		p->help = known->help;
		p->help_url = known->help_url;
	}
}

static struct provider row_of(const struct email_provider_config *c)
{
	enum tls_mode imap = email_tls_mode(c->imap_tls);
	enum tls_mode smtp = email_tls_mode(c->smtp_tls);
	struct provider p = {
		.name = c->name,
		.title = c->name,
		.domains = c->domains,
		.mx = c->mx,
		.imap = { c->imap_host, port_of(c->imap_port, imap, 993, 143),
			imap },
		.smtp = { c->smtp_host, port_of(c->smtp_port, smtp, 465, 587),
			smtp },
		.user = c->username,
		.flags = c->saves_sent ? PROVIDER_SAVES_SENT : 0,
		.help = c->help,
	};

	inherit(&p);
	return p;
}

struct provider_list *provider_list_new(const struct email_config *config)
{
	size_t count = config->providers.count;
	struct provider_list *list =
		xalloc(sizeof(*list) + count * sizeof(list->rows[0]));

	list->count = count;
	for (size_t i = 0; i < count; i++)
		list->rows[i] = row_of(config->providers.items[i]);
	return list;
}

void provider_list_free(struct provider_list **list)
{
	xfree(*list);
	*list = NULL;
}

/* --- Look-ups ------------------------------------------------------------ */

static const struct provider *find(const struct provider_list *list,
	bool (*has)(const struct provider *p, const char *name),
	const char *name)
{
	for (size_t i = 0; list != NULL && i < list->count; i++)
		if (has(&list->rows[i], name))
			return &list->rows[i];
	return NULL;
}

const struct provider *provider_list_by_domain(
	const struct provider_list *list, const char *domain)
{
	const struct provider *p = find(list, provider_has_domain, domain);

	return p != NULL ? p : provider_by_domain(domain);
}

const struct provider *provider_list_by_mx(
	const struct provider_list *list, const char *host)
{
	const struct provider *p = find(list, provider_has_mx, host);

	return p != NULL ? p : provider_by_mx(host);
}

const struct provider *provider_list_by_host(
	const struct provider_list *list, const char *host)
{
	const struct provider *p = provider_by_host(host);

	return p != NULL ? p : find(list, provider_has_host, host);
}
