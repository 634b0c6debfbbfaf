/*
 * Mail providers: those that the operator's configuration adds, and those that
 * are known anyway (providers.h).
 */
#ifndef EMAIL_PROVIDER_LIST_H
#define EMAIL_PROVIDER_LIST_H

#include "email/config.h"
#include "email/providers.h"

struct provider_list;

/* Of `providers` of the configuration, whose texts it uses. */
struct provider_list *provider_list_new(const struct email_config *config);
void provider_list_free(struct provider_list **list);

/* As provider_by_domain() and provider_by_mx(); the operator's come first. */
const struct provider *provider_list_by_domain(
	const struct provider_list *list, const char *domain);
const struct provider *provider_list_by_mx(
	const struct provider_list *list, const char *host);
/* As provider_by_host(); the operator's come last, as a domain of his may be
 * with a known provider. */
const struct provider *provider_list_by_host(
	const struct provider_list *list, const char *host);

#endif
