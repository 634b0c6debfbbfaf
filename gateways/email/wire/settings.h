/*
 * What a provider says about its mail servers in an autoconfig document: the
 * worker reads the XML, the daemon decides. Names may hold the placeholders of
 * the format: %EMAILADDRESS%, %EMAILLOCALPART%, %EMAILDOMAIN%.
 */
#ifndef EMAIL_WIRE_SETTINGS_H
#define EMAIL_WIRE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "base/str.h"
#include "email_wire/frames.h"

/* Servers of one document that are looked at; those without TLS are not. */
#define SETTINGS_SERVERS_MAX 16

enum settings_login {
	SETTINGS_PASSWORD = 1, /* or nothing was said */
	SETTINGS_OAUTH = 2,
};

struct settings_server {
	enum link_protocol protocol;
	const char *host, *user;
	uint32_t port;    /* 1 to 65535 */
	bool is_starttls; /* else TLS from the first byte */
	uint32_t logins;  /* bits of enum settings_login */
};

struct settings {
	const char *title; /* of the provider, or NULL */
	/* In the provider's order of preference. */
	struct settings_server *servers;
	size_t server_count;
};

/* Append as a record. */
void settings_encode(struct str *out, const struct settings *s);
/* As mail_decode(): what is in it is what the worker says, and not to be
 * trusted beyond its form. */
int settings_decode(
	struct slice in, struct arena *arena, struct settings *s) MUST_CHECK;

#endif
