/*
 * Which servers are meant: from what providers, autoconfig documents and SRV
 * records say to one IMAP and one SMTP server for one address. Pure decisions;
 * servers without TLS are never taken.
 */
#ifndef EMAIL_SERVERS_H
#define EMAIL_SERVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "email/providers.h"
#include "email_wire/settings.h"
#include "net/dns.h"
#include "net/tls.h"

#define MAIL_USER_SIZE 256

struct mail_server {
	char host[256];
	uint16_t port;
	enum tls_mode tls; /* TLS_REQUIRED or TLS_STARTTLS */
};

struct mail_servers {
	struct mail_server imap, smtp;
	char user[MAIL_USER_SIZE]; /* login name */
};

/* False: both are needed, and something is missing or makes no sense. */
bool servers_of_provider(const struct provider *p, const char *address,
	struct mail_servers *out_r);
/* TLS from the first byte before STARTTLS (RFC 8314 section 3), else in the
 * provider's order. */
bool servers_of_settings(const struct settings *s, const char *address,
	struct mail_servers *out_r);

/* The names that are asked for, in this order: "_imaps._tcp" (RFC 6186,
 * RFC 8314). */
#define SERVERS_SRV 4
extern const char *const servers_srv_names[SERVERS_SRV];
/* By the answers to these. */
bool servers_of_srv(const struct dns_result *const answers[SERVERS_SRV],
	const char *address, struct mail_servers *out_r);

/* Do both stand below this domain, or are it? */
bool servers_are_below(const struct mail_servers *s, const char *domain);

/* Is it this host, or one below it? Case is ignored. */
bool host_is_below(const char *host, const char *domain);

/* Usual names, the best first; tried one by one. NULL host form at the end. */
struct server_guess {
	bool is_smtp;
	struct provider_server server;
};
extern const struct server_guess server_guesses[];

/* A host or login name with its placeholders replaced. False: it does not fit,
 * or there is one that is not known. */
bool servers_expand(
	const char *form, const char *address, char *out, size_t size);

#endif
