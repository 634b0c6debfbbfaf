/*
 * What is known of big mail providers: their servers, how their users log in,
 * and what is peculiar about them. One constant table, no input or output; what
 * the operator adds is in provider_list.h.
 */
#ifndef EMAIL_PROVIDERS_H
#define EMAIL_PROVIDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/tls.h"

enum provider_flag {
	/* A copy of what is submitted appears in Sent by itself. */
	PROVIDER_SAVES_SENT = 1,
	/* Passwords are not taken for IMAP at all: OAuth only. */
	PROVIDER_OAUTH_ONLY = 2,
	/* Not the account's password, but one made for this program. */
	PROVIDER_APP_PASSWORD = 4,
	/* IMAP has to be turned on in the provider's settings first. */
	PROVIDER_TURN_ON = 8,
	/* On the user's own machine: the operator has to open the address. */
	PROVIDER_LOCAL = 16,
	/* Announces IDLE but does not push. */
	PROVIDER_NO_PUSH = 32,
	/* Offers no IMAP to anybody: `imap` and `smtp` are empty. */
	PROVIDER_NO_IMAP = 64,
};

struct provider_server {
	const char *host; /* perhaps with %EMAILDOMAIN% */
	uint16_t port;
	enum tls_mode tls; /* never TLS_NONE */
};

struct provider {
	const char *name;    /* "gmail": for the log and for tests */
	const char *title;   /* for people: "Gmail" */
	const char *domains; /* of addresses, separated by spaces; "x.*":
				x.com, x.fr, x.co.uk ...; NULL: its customers
				have domains of their own */
	const char *mx;      /* of MX hosts: these and what is below them; or
				NULL */
	struct provider_server imap, smtp;
	const char *user;     /* form of the login name; NULL: the address */
	const char *oauth;    /* "google", "microsoft", ...; or NULL */
	unsigned flags;       /* enum provider_flag */
	const char *help;     /* what a person must know to log in; or NULL */
	const char *help_url; /* or NULL */
};

/* Is this domain of an address, this host that takes mail, or this IMAP or SMTP
 * host one of its? */
bool provider_has_domain(const struct provider *p, const char *domain);
bool provider_has_mx(const struct provider *p, const char *host);
bool provider_has_host(const struct provider *p, const char *host);

/* By the domain of an address, in lower case. NULL: not a known one. */
const struct provider *provider_by_domain(const char *domain);
/* By the name of the host that takes a domain's mail. */
const struct provider *provider_by_mx(const char *host);
/* By the IMAP or SMTP host that a user gave. */
const struct provider *provider_by_host(const char *host);
/* By its name, as it was stored. */
const struct provider *provider_by_name(const char *name);
/* One after the other; NULL at the end. */
const struct provider *provider_at(size_t index);

#endif
