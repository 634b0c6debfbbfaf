/*
 * The operator's keys of an email gateway.
 */
#ifndef EMAIL_CONFIG_H
#define EMAIL_CONFIG_H

#include <stdbool.h>

#include "base/config.h"
#include "base/secret.h"
#include "net/tls.h"

/* Where users of a provider log in with their browser. Texts not given are
 * NULL; oauth_client_get() puts the provider's own there. */
struct email_oauth_config {
	char *provider; /* "google", "microsoft", or a name of one's own */
	char *client_id;
	struct secret *client_secret;
	char *authorize_url, *device_url, *token_url;
	char *scopes;          /* separated by spaces */
	char *redirect_url;    /* where the browser ends with the code */
	struct cfg_list hosts; /* IMAP servers that are this provider's */
	char *ca_file;         /* for these URLs; NULL: the system's */
	struct cfg_place place;
};

/* Servers of domains that the operator knows; texts not given are NULL. */
struct email_provider_config {
	char *name;         /* for people */
	char *domains, *mx; /* separated by spaces, as in struct provider */
	char *imap_host, *smtp_host;
	int imap_port, smtp_port; /* 0: the usual one */
	int imap_tls, smtp_tls;   /* email_tls_mode() */
	char *username;           /* form of the login name */
	bool saves_sent;
	char *help; /* what a person must know to log in */
	struct cfg_place place;
};

/* When a message counts as delivered (XEP-0184); in the order of its names. */
enum email_receipt {
	RECEIPT_SMTP,  /* the user's server took the mail */
	RECEIPT_DSN,   /* a report says that it arrived (RFC 3461) */
	RECEIPT_NEVER, /* nobody is told */
};

struct email_config {
	int hold;    /* seconds that a mail can still be changed */
	int receipt; /* enum email_receipt */
	int workers;
	int mails_per_hour, mails_per_day, new_per_day;
	char *ca_file;
	bool verify;
	char *autoconfig; /* URL of a database, the domain follows; or NULL */
	struct cfg_list oauth;     /* of struct email_oauth_config * */
	struct cfg_list providers; /* of struct email_provider_config * */
	struct cfg_place place;
};

extern const struct cfg_group email_config_group;

/* Of imap_tls or smtp_tls; never TLS_NONE. */
enum tls_mode email_tls_mode(int choice);

#endif
